"""What a user wants, what the policy makes of it, and how scenarios are drawn. All of it follows from a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pragenv.errors import ConfigError
from pragenv.tasks.service.database import replay
from pragenv.tasks.service.domain import DAYS, KINDS, PICKS, domains
from pragenv.tasks.service.setting import ServiceSetting
from pragenv.tasks.service.tools import Request
from pragenv.tasks.service.world import WORLDS, Booking, Offer, offered, world_of
from pragenv.types import FrozenDict, Scenario, mix, uniform

REASONS = ("full", "late", "fixed", "many", "unknown")
"""Why a wish is refused: nothing has room, too little notice, a rate that binds, too many places, no such booking."""
SLOTS = ("name", "held", "a", "b", "day", "pick", "places", "rate")
"""What a wish may consist of: for whom, the day of the booking that it is about, and what is to be booked."""
WANTED: Mapping[str, tuple[str, ...]] = {
    "book": ("name", "a", "b", "day", "pick", "places", "rate"),
    "change": ("name", "held", "day", "pick"),
    "cancel": ("name", "held"),
}
"""The slots of each kind of wish."""
_NOTICES, _MOSTS, _HOURS = (24, 48), (4, 6), (12, 15, 18)
_KIND_OF = {
    "full": ("book", "change"),
    "late": ("change", "cancel"),
    "fixed": ("change",),
    "many": ("book",),
    "unknown": ("change", "cancel"),
}
_TRIES = 10_000


class Solution(NamedTuple):
    """What is right for a user: the one request that changes the database, or the reasons to refuse.

    Attributes:
        reasons: any of which may be told; empty where the wish is to be met.
        request: None where it is refused.
        reference: the number of the booking that is made or concerned.
        amount: what has to be told: the total price, or what is refunded.
        bookings: all bookings as they should be at the end.
    """

    reasons: frozenset[str]
    request: Request | None
    reference: str
    amount: int
    bookings: tuple[Booking, ...]


def fitting(offers: tuple[Offer, ...], places: int, rate: str, pick: str) -> Offer | None:
    """The offer that is wanted of several: the earliest, latest or cheapest that has room."""
    room = [offer for offer in offers if offer.free >= places]
    if pick == "cheapest":
        return min(room, key=lambda offer: offer.price(rate), default=None)
    return (min if pick == "earliest" else max)(room, key=lambda offer: offer.begins, default=None)


@lru_cache(maxsize=8192)
def solve(public: FrozenDict, goal: FrozenDict, world: int) -> Solution:
    """What is right by the policy, for a user with this goal."""
    domain, rows = public["domain"], world_of(public["domain"], world)
    if goal["kind"] == "book":
        places, rate, kind = goal["places"], goal["rate"], (goal["a"], goal["b"])
        reasons = {"many"} if places > public["most"] else set()
        held = None
    else:
        mine = [b for b in rows.bookings if b.name == goal["name"] and rows.offer(b.offer).day == goal["held"]]
        if not mine:
            return Solution(frozenset(("unknown",)), None, "", 0, rows.bookings)
        held = mine[0]
        was = rows.offer(held.offer)
        places, rate, kind = held.places, held.rate, (was.a, was.b)
        reasons = {"late"} if was.begins - public["now"] < 60 * public["notice"] else set()
        if goal["kind"] == "change" and rate == "fixed":
            reasons.add("fixed")
    request: Request | None = None
    if held is not None and goal["kind"] == "cancel":
        request = Request("cancel", (("booking", held.reference),))
    else:
        offers = offered(domain, world)[(*kind, goal["day"])]
        if (offer := fitting(offers, places, rate, goal["pick"])) is None:
            reasons.add("full")
        elif held is not None:
            request = Request("change", (("booking", held.reference), ("item", offer.id)))
        else:
            given = (("item", offer.id), ("places", places), ("rate", rate), ("name", goal["name"]))
            request = Request("book", given)
    if reasons or request is None:
        return Solution(frozenset(reasons), None, "", 0, rows.bookings)
    played = replay(domain, world, (request,))
    result = played.results[0]["result"]
    amount = result["refund"] if request.tool == "cancel" else result["total"]
    return Solution(frozenset(), request, result["booking"], amount, played.bookings)


@lru_cache(maxsize=4096)  # agents that are compared meet the same scenarios one after another
def draw(key: int, setting: ServiceSetting, split: str) -> Scenario:
    """The scenario of a key.

    Raises:
        ConfigError: where no wish of the kind that is due is found (which the built-in data does not bring about).
    """
    source = split.replace("test_phrasing", "train")
    pool = [name for name, domain in domains().items() if domain.split == source]
    public = FrozenDict(
        domain=pool[mix(key, 1) % len(pool)],
        phrasing=split.removesuffix("_phrasing"),
        now=60 * _HOURS[mix(key, 2) % len(_HOURS)],
        notice=_NOTICES[mix(key, 3) % len(_NOTICES)],
        most=_MOSTS[mix(key, 4) % len(_MOSTS)],
    )
    refused = uniform(mix(key, 5)) < setting.refused
    reason = REASONS[mix(key, 6) % len(REASONS)] if refused else ""
    kinds = _KIND_OF.get(reason, KINDS)
    kind = kinds[mix(key, 7) % len(kinds)]
    for world, goal in _goals(public, kind, reason, mix(key, 8)):
        reasons = solve(public, goal, world).reasons
        # Too many places are mostly more than there are, too.
        if (reasons - {"full"} if reason == "many" else reasons) == ({reason} if reason else set()):
            said = tuple(s for i, s in enumerate(WANTED[kind]) if uniform(mix(key, 16 + i)) < setting.reveal)
            return Scenario(public, FrozenDict(goal=goal, said=said, world=world))
    raise ConfigError(f"domain {public['domain']!r}: no wish to {kind} in {_TRIES} draws that is {reason or 'met'}")


def _goals(public: Mapping[str, Any], kind: str, reason: str, key: int) -> Iterator[tuple[int, FrozenDict]]:
    """Worlds and goals of this kind, at random."""
    of = domains()[public["domain"]]
    for attempt in range(_TRIES):
        at = mix(key, attempt)
        world = mix(at, 0) % WORLDS
        rows = world_of(of.name, world)
        with_bookings = {booking.name for booking in rows.bookings}
        callers = [c for c in rows.customers if kind == "book" or (c in with_bookings) == (reason != "unknown")]
        name = callers[mix(at, 1) % len(callers)]
        places = public["most"] + 1 + mix(at, 2) % 3 if reason == "many" else 1 + mix(at, 2) % 4
        mine = [rows.offer(b.offer).day for b in rows.bookings if b.name == name] or DAYS
        held = mine[mix(at, 3) % len(mine)]
        drawn: dict[str, Any] = {
            "name": name,
            "held": held,
            "a": of.a.values[mix(at, 4) % len(of.a.values)],
            "b": of.b.values[mix(at, 5) % len(of.b.values)],
            "day": _other(DAYS, held, mix(at, 6)) if kind == "change" else DAYS[mix(at, 6) % len(DAYS)],
            "pick": PICKS[mix(at, 7) % len(PICKS)],
            "places": places,
            "rate": ("fixed", "flex")[mix(at, 8) % 2],
        }
        yield world, FrozenDict(kind=kind, **{slot: drawn[slot] for slot in WANTED[kind]})


def _other(values: tuple[str, ...], one: str, key: int) -> str:
    left = [value for value in values if value != one]
    return left[key % len(left)]
