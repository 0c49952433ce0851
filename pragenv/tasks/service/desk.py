"""What a clerk knows by the conversation, has to ask, and does next. Of the database it knows what the tools gave."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pragenv.protocols import COMMIT, AgentView
from pragenv.tasks.service.acts import ServiceActs
from pragenv.tasks.service.closing import refusal, success
from pragenv.tasks.service.domain import DAYS, Domain
from pragenv.tasks.service.goals import WANTED, fitting
from pragenv.tasks.service.tools import Request, written
from pragenv.tasks.service.world import Offer
from pragenv.tasks.speech import conveyed
from pragenv.types import Act, Dialogue, mix

_NOBODY = "Guest"
Row = Mapping[str, Any]


class Desk(NamedTuple):
    """Where a conversation stands.

    Attributes:
        of: the domain.
        public: what both sides know.
        known: what the user has told, by slot; the last that it said of each.
        results: what the tools have given, the last last: tool, arguments by slot, and rows (None: it was refused).
        key: of the clerk's wordings.
        heeds: whether it keeps to the policy.
    """

    of: Domain
    public: Mapping[str, Any]
    known: Mapping[str, str]
    results: Sequence[tuple[str, Row, Any]]
    key: int
    heeds: bool

    @property
    def kind(self) -> str:
        """What is wanted; a booking, where that was not understood."""
        return self.known.get("kind", "book")

    def open(self) -> tuple[Act, ...]:
        """What is left to ask, as far as it matters by what is known."""
        if self._done() is not None:
            return ()
        missing = [slot for slot in WANTED[self.kind] if slot not in self.known]
        if self.kind == "book":
            barred = self.heeds and int(self.known.get("places", 1)) > self.public["most"]
            return () if barred else tuple(Act("ask", slot) for slot in missing)
        if "name" in missing:
            # Nothing can be looked up without the name; the rest may as well be asked with it.
            return tuple(Act("ask", slot) for slot in missing if slot != "held")
        held = self._held()
        if held is None or len(held) == 0:
            return ()
        if len(held) > 1 and "held" in missing:
            return tuple(Act("ask", slot) for slot in missing)
        if self.heeds and self._barred(self._chosen(held)):
            return ()
        return tuple(Act("ask", slot) for slot in missing if slot != "held")

    def utterance(self, acts: ServiceActs) -> str:
        """All open questions at once; where there are none, the next thing to do."""
        questions = self.open()
        return " ".join(acts.phrase(act, mix(self.key, i)) for i, act in enumerate(questions)) or self.step()

    def step(self) -> str:
        """The next thing to do by what is known, defaults for the rest: a call, or the closing."""
        if (done := self._done()) is not None:
            return done
        if self.kind == "book":
            return self._book()
        held = self._held()
        if held is None:
            return self._call("bookings", name=self.known.get("name", _NOBODY))
        if not held:
            return self._refuse("unknown")
        booking = self._chosen(held)
        if self.heeds and (reason := self._barred(booking)):
            return self._refuse(reason)
        if self.kind == "cancel":
            return self._call("cancel", booking=booking["booking"])
        kind = {"a": booking[self.of.a.parameter], "b": booking[self.of.b.parameter]}
        offer = self._offer(kind)
        return offer if isinstance(offer, str) else self._call("change", booking=booking["booking"], item=offer.id)

    def party(self) -> tuple[int, str]:
        """For how many, and at which rate: of a booking that is to be changed, its own."""
        if self.kind == "book" or not (held := self._held()):
            return int(self.known.get("places", 1)), self.known.get("rate", "fixed")
        booking = self._chosen(held)
        return booking[self.of.places], "flex" if booking[self.of.rate] == self.of.rates["flex"][0] else "fixed"

    def _book(self) -> str:
        known, (places, rate) = self.known, self.party()
        if self.heeds and places > self.public["most"]:
            return self._refuse("many")
        kind = {slot: known.get(slot, self.of.choices[slot][0]) for slot in ("a", "b")}
        offer = self._offer(kind)
        if isinstance(offer, str):
            return offer
        return self._call("book", item=offer.id, places=places, rate=rate, name=known.get("name", _NOBODY))

    def _offer(self, kind: Mapping[str, str]) -> Offer | str:
        """The offer that is wanted; or the search for it, or the refusal where there is none."""
        given = {**kind, "day": self.known.get("day", DAYS[0])}
        found = self._latest("search", given)
        if found is None:
            return self._call("search", **given)
        of = self.of
        keys = (of.item, of.a.parameter, of.b.parameter, "day", "time", "free", "free", *of.choices["rate"])
        offers = tuple(Offer(*(row[key] for key in keys)) for row in found if self.of.item in row)
        refused = {arguments["item"] for tool, arguments, rows in self.results if rows is None and "item" in arguments}
        offers = tuple(offer for offer in offers if offer.id not in refused)
        return fitting(offers, *self.party(), self.known.get("pick", "earliest")) or self._refuse("full")

    def _held(self) -> Sequence[Row] | None:
        """The active bookings under the name; None where they have not been looked up."""
        found = self._latest("bookings", {"name": self.known.get("name", _NOBODY)})
        return None if found is None else [row for row in found if row["status"] == "active"]

    def _chosen(self, held: Sequence[Row]) -> Row:
        """The booking that is meant; the first, where that is not known."""
        return next((row for row in held if row["day"] == self.known.get("held")), held[0])

    def _barred(self, booking: Row) -> str:
        """Why the policy forbids what is wanted of a booking, or empty."""
        hours, minutes = booking["time"].split(":")
        begins = (DAYS.index(booking["day"]) + 1) * 1440 + int(hours) * 60 + int(minutes)
        if begins - self.public["now"] < 60 * self.public["notice"]:
            return "late"
        fixed = booking[self.of.rate] == self.of.rates["fixed"][0]
        return "fixed" if self.kind == "change" and fixed else ""

    def _done(self) -> str | None:
        """The closing, once something was booked, changed or cancelled."""
        for tool, _, result in self.results:
            if tool in ("book", "change", "cancel") and result is not None:
                kind = "refund" if tool == "cancel" else "total"
                phrasing = self.public["phrasing"]
                return f"{COMMIT} {success(kind, result['booking'], result[kind], phrasing, self.key)}"
        return None

    def _latest(self, tool: str, given: Row) -> Any:
        found = [rows for name, arguments, rows in self.results if name == tool and arguments == given]
        return found[-1] if found else None

    def _call(self, tool: str, **given: Any) -> str:
        return written(Request(tool, tuple(given.items())), self.of)

    def _refuse(self, reason: str) -> str:
        return f"{COMMIT} {refusal(reason, self.of, self.public, self.key)}"


def desk(view: AgentView, acts: ServiceActs, heeds: bool = True) -> Desk:
    """Where the conversation stands that an agent sees."""
    known = {act.slot: act.value for act in conveyed(acts, view.dialogue) if act.kind == "inform"}
    if known.get("kind") == "cancel" and "day" in known:  # there is one day only that it can be about
        known.setdefault("held", known.pop("day"))
    key = view.keys.turn(view.turn)
    return Desk(acts.of, view.public, known, _results(view.dialogue, acts.of), key, heeds)


def _results(dialogue: Dialogue, of: Domain) -> list[tuple[str, Row, Any]]:
    slots = {name: slot for slot, name in of.parameters.items()}
    found: list[tuple[str, Row, Any]] = []
    for message in dialogue:
        if message.role == "tool":
            row = json.loads(message.content)
            if "tool" in row:
                given = {slots[name]: value for name, value in row["given"].items()}
                found.append((row["tool"], given, row.get("result")))
    return found
