"""What a played user thinks before it speaks: what it is asked, and the working that leads to its reply.

A model this small cannot weigh in one step what several facts decide; it learns to do it in steps that it writes down
(scratchpads, Nye et al. 2021). Its thoughts stand in `<think>…</think>` before a reply, and nobody hears them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from pragenv.protocols import UserView
from pragenv.tasks.calibrate.context import feeling_in, proposals, space_in
from pragenv.tasks.draft.context import points_in
from pragenv.tasks.draft.document import profile_of
from pragenv.tasks.negotiate.acts import OFFER
from pragenv.tasks.negotiate.dealing import offers_of
from pragenv.tasks.negotiate.market import Market, Offer
from pragenv.tasks.negotiate.sides import Side
from pragenv.tasks.negotiate.tactics import manner_of
from pragenv.tasks.reference.hearing import rows_of
from pragenv.tasks.reference.rsa import game_of
from pragenv.tasks.service.acts import GO_AHEAD
from pragenv.tasks.service.domain import domains
from pragenv.tasks.service.goals import WANTED
from pragenv.tasks.speech import conveyed
from pragenv.types import Act

_PLAIN = ("not_understood", "wait", "silent")
"""Acts that need no working."""


def thought(view: UserView) -> str:
    """The thought before the turn of a view, whose dialogue is as understood; control text and all.

    What is asked comes first, in the words of the brief; then what decides; then the acts that are due, so that only
    wording is left to the reply.
    """
    acts = view.task.acts(view)
    heard = acts.parse(view.dialogue[-1].content) if view.dialogue else ()
    due = view.task.truth(view)
    worked = [] if not view.dialogue or due[0].kind in _PLAIN else list(_WORKING[view.task.name](view, heard))
    said = "; ".join(_named(act) for act in due)
    return f"<think>{'; '.join([*worked, said])}</think>"


def _named(act: Act) -> str:
    if act.slot == OFFER:  # worked out by then
        return f"{act.kind} offer"
    told = " ".join(part for part in (act.slot, act.value) if part)
    return told if act.kind == "inform" else f"{act.kind} {told}".strip()


def _notes(view: UserView) -> list[str]:
    """The list in the brief, in its order."""
    lines = view.task.brief(view.public, view.user_brief).splitlines()
    return [line.removeprefix("- ") for line in lines if line.startswith("- ")]


def _until_left(notes: Mapping[str, str], view: UserView, most: int) -> Iterator[str]:
    """Notes one after another, each with whether it was told, until so many are left to tell."""
    told = {act.slot for act in conveyed(view.task.acts(view), view.dialogue) if act.kind == "inform"}
    for slot, note in notes.items():
        yield f"{note} ({'told' if slot in told else 'left'})"
        most -= slot not in told
        if not most:
            return


# -- the tasks ---------------------------------------------------------------------------------------------------------


def _service(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    of, goal = domains()[view.public["domain"]], view.user_brief["goal"]
    notes = dict(zip(WANTED[goal["kind"]], _notes(view), strict=True))
    if heard == (Act("ask_open"),):
        yield "anything else?"
        yield from _until_left(notes, view, 2)
        return
    names = {"a": of.a.parameter, "b": of.b.parameter, "places": of.places, "rate": of.rate}
    for act in heard:
        # There is one day only that a cancellation can be about.
        slot = "held" if act.slot == "day" and goal["kind"] == "cancel" else act.slot
        note = notes.get(slot, f"{names.get(slot, slot)}: not listed")
        if act.kind == "ask" and slot != GO_AHEAD:
            yield f"asked {note}"
        elif act.kind == "guess":
            yield f"taken for {of.rates[act.value][0] if act.slot == 'rate' else act.value}: {note}"
    if Act("ask", GO_AHEAD) in heard:
        yield "may it?"


def _draft(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    points, wanted = points_in(view.public), view.user_brief["wanted"]
    notes = dict(zip(points, _notes(view), strict=True))
    kind, slot, _ = heard[0]
    if kind == "draft":
        drafted = profile_of(slot)
        for point in points:
            yield f"{point} {drafted[point]} for {wanted[point]}"
            if drafted[point] != wanted[point]:
                return
    elif kind == "ask" and slot != "facts":
        yield f"asked {notes.get(slot, f'{slot}: not a wish')}"
    else:
        asked = notes if kind == "ask_open" else {p: notes[p] for p in points if wanted[p] in ("in", "out")}
        yield "anything else?" if kind == "ask_open" else "what is to be in?"
        yield from _until_left(asked, view, 1)


def _negotiate(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    task: Any = view.task
    market, side = task.acts(view).market, task.user_side(view.public, view.user_brief)
    message = sum(m.role == "assistant" for m in view.dialogue)
    for act in heard:
        if act.kind == "offer" or act == Act("ask", OFFER):
            mine = side.favourite
            own = Offer(side.price(mine, task.demanded(view, side)), mine)
            if manner_of(view.user_brief).tactic == "tit_for_tat":
                gains = _gains(side, offers_of(task.acts(view), view.dialogue))
                yield f"offered more by {' '.join(map(str, gains)) or 0}"
            yield f"message {message}: {market.write(own)}"
            if act.kind == "offer":
                yield from _weighed(market, side, own, market.offer(act.slot))
        elif act.kind == "ask":
            note = next((n for t, n in zip(market.terms, _notes(view), strict=True) if t.name == act.slot), act.slot)
            yield f"asked {note.partition(':')[0]}"


def _gains(side: Side, offers: Sequence[Offer]) -> list[int]:
    """By how much each offer that was better than all before it was better."""
    surpluses = [side.surplus(offer) for offer in offers]
    best = list(accumulate(surpluses, max))
    return [now - before for before, now in pairwise(best) if now > before]


def _weighed(market: Market, side: Side, own: Offer, given: Offer) -> Iterator[str]:
    """An offer against one's own: term by term, the price that would be as good, up to the price that is given."""
    price, towards = own.price, -1 if side.role == "buyer" else 1
    for term, worth, mine, theirs in zip(market.terms, side.worths, own.levels, given.levels, strict=True):
        less = worth[mine] - worth[theirs]
        price += towards * less
        yield f"{term.levels[theirs].label} {less} less: {price}"
    yield f"they {given.price}"


def _reference(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    public = view.public
    if public["role"] == "listener":
        yield f"asked {next(act.slot for act in heard if act.kind == 'ask')}"
        return
    found = game_of(public)
    rows = rows_of(public, view.dialogue)
    for row in rows:
        described = found.utterances[row]
        fits = [
            str(place)
            for place, at in enumerate(view.user_brief["order"], start=1)
            if set(described) <= set(zip(public["attributes"], public["objects"][at], strict=True))
        ]
        yield f"{' '.join(value for _, value in described)}: {' '.join(fits)}"
    described = tuple((act.slot, act.value) for act in heard if act.kind == "describe")[: public["span"]]
    if not rows or not set(described) <= set(found.utterances[rows[-1]]):
        yield f"{' '.join(value for _, value in described)}: none"
    belief = found.posterior(rows, public["depth"])
    if belief is not None:
        held = belief[list(view.user_brief["order"])]
        yield ", ".join(f"{place} {p:.1%}" for place, p in enumerate(held.tolist(), start=1) if p >= 0.005)


def _calibrate(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    space, feeling, wanted = space_in(view.public), feeling_in(view.public), view.user_brief["point"]
    task: Any = view.task
    made = [point for _, point in proposals(task.acts(view), view.dialogue)]
    compared = view.public["feedback"] == "comparison"
    for when, point in zip(("now", "before"), reversed(made[-2:] if compared else made[-1:]), strict=False):
        off = [d.share(point[d.name]) - d.share(wanted[d.name]) for d in space.dimensions]
        for d in space.dimensions:
            # In steps from the lowest value, so that all that is to be worked out is in small numbers.
            given, wish = point[d.name], wanted[d.name]
            at, due, last = ((value - d.low) / d.step for value in (given, wish, d.high))
            yield f"{d.label} {given:g} is {at:.3g}, {wish:g} is {due:.3g}, {at - due:+.3g} of {last:.3g}"
        felt = feeling.perceived(off, 0)
        if view.public["interaction"]:
            yield "felt " + " ".join(f"{d.label} {by:+.1%}" for d, by in zip(space.dimensions, felt, strict=True))
        if compared:
            yield f"{when} {sum(map(abs, felt)):.1%}"


_WORKING: Mapping[str, Callable[[UserView, Sequence[Act]], Iterator[str]]] = {
    "calibrate": _calibrate,
    "draft": _draft,
    "negotiate": _negotiate,
    "reference": _reference,
    "service": _service,
}
