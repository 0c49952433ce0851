"""What a scenario is drawn from, and what its parties are told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pragenv.protocols import COMMIT
from pragenv.tasks.negotiate.market import Market, Offer, market, markets
from pragenv.tasks.negotiate.setting import ROLES, NegotiateSetting
from pragenv.tasks.negotiate.sides import IMPORTANCE, OTHER, side_of, worth_of
from pragenv.tasks.negotiate.tactics import GAPS, IMITATED, manners
from pragenv.types import FrozenDict, Scenario, mix, uniform

TERMS = 2
"""Side terms that are bargained over."""
_RESERVATIONS = range(40, 56)
"""The agent's reservation price, in steps above the lowest price: however far the user's lies beyond, there is room."""
_TACTICS = {
    "concede": "It asks for less with time: its demand falls to nothing by its last reply, early, evenly or late.",
    "tit_for_tat": "It concedes as much as you do from one offer to the next, up to {} a turn.",
    "firm": "It never concedes.",
    "mixed": "It concedes with time, or gives tit for tat (up to {} a turn), or never concedes.",
}


def market_in(public: Mapping[str, Any]) -> Market:
    """The market, with the terms that are bargained over."""
    return market(public["market"], public["terms"])


@lru_cache(maxsize=4096)  # agents that are compared meet the same scenarios one after another
def draw(key: int, setting: NegotiateSetting, split: str) -> Scenario:
    """The scenario of a key."""
    source = split.replace("test_phrasing", "train")
    pool = [one for one in markets() if one.split == source]
    sold = pool[mix(key, 1) % len(pool)]
    listed = [term.name for term in sold.terms]
    chosen = sorted(listed, key=lambda name: mix(key, 16 + listed.index(name)))[:TERMS]
    terms = tuple(name for name in listed if name in chosen)
    role = ROLES[mix(key, 2) % 2] if setting.role == "either" else setting.role
    public = FrozenDict(
        market=sold.name,
        terms=terms,
        role=role,
        tactic=setting.tactic,
        integrative=setting.integrative,
        rounds=setting.turn_limit,
        phrasing=split.removesuffix("_phrasing"),
    )
    mine = _one(key, 3, _RESERVATIONS)
    gap = _one(key, 4, GAPS) * (1 if role == "seller" else -1)
    manner = _one(key, 5, manners(setting.tactic))
    kinds = tuple(IMPORTANCE)
    importance = [FrozenDict({name: _one(key, at + i, kinds) for i, name in enumerate(terms)}) for at in (32, 40)]
    agent_brief = FrozenDict(reservation=sold.low + mine * sold.step, importance=importance[0])
    user_brief = FrozenDict(
        reservation=sold.low + (mine + gap) * sold.step,
        importance=importance[1] if setting.integrative else importance[0],
        tactic=manner.tactic,
        demand=manner.demand,
        pace=manner.pace,
    )
    return Scenario(public, user_brief, agent_brief)


def _one(key: int, stream: int, items: Any) -> Any:
    return items[int(uniform(mix(key, stream)) * len(items))]


def in_words(public: Mapping[str, Any], role: str, brief: Mapping[str, Any]) -> str:
    """What a side's interests are: its limit, and what each level is worth to it, or costs it."""
    sold = market_in(public)
    side, sign = side_of(sold, role, brief), sold.currency
    verb = "is worth" if role == "buyer" else "costs you"
    lines = [
        f"- {term.name} (matters {_adverb(brief['importance'][term.name])}): "
        + "; ".join(f"{level.label} {verb} {sign}{abs(v)}" for level, v in zip(term.levels, worth, strict=True))
        for term, worth in zip(sold.terms, side.worths, strict=True)
    ]
    plain = ", ".join(term.levels[0].label for term in sold.terms)
    most = "pay at most" if role == "buyer" else "take at least"
    return f"With {plain} you would {most} {sign}{brief['reservation']} (your limit).\n" + "\n".join(lines)


def _adverb(importance: str) -> str:
    return "much" if importance == "much" else importance if importance == "little" else "somewhat"


@lru_cache(maxsize=1024)
def _scale(sold: Market) -> str:
    found = []
    for importance in IMPORTANCE:
        values = [abs(v) for v in worth_of(sold, "buyer", importance)[1:]]
        found.append(
            f"{sold.currency}{values[0]} and {sold.currency}{values[1]} where it matters {_adverb(importance)}"
        )
    return f"The second and third level of a term is worth to a buyer, and costs a seller, {', '.join(found)}."


def describe(public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
    """The system message, without the limits."""
    sold, role = market_in(public), public["role"]
    other, sign = OTHER[role], sold.currency
    levels = "\n".join(f"- {term.name}: {' / '.join(level.label for level in term.levels)}" for term in sold.terms)
    near, far = (sign + str(GAPS[i] * sold.step) for i in (0, -1))
    tells = (
        "What a term matters to it you can ask; any answer is as likely as another."
        if public["integrative"]
        else "Each term matters to it as much as to you."
    )
    told = [
        f"You are the {role} of {sold.item} and talk to a {other}. Settle a price, from {sign}{sold.low} to "
        f"{sign}{sold.high}, and the terms:\n{levels}",
        _scale(sold),
    ]
    if agent_brief is not None:
        told.append(in_words(public, role, agent_brief))
    told.append(
        f"The {other}'s limit leaves room: it is {near} to {far} {'above' if role == 'seller' else 'below'} yours, and "
        f"any as likely. {tells} It asks for the terms that it likes best, and at first for {sign}{8 * sold.step} to "
        f"{sign}{24 * sold.step} beyond its limit. "
        + _TACTICS[public["tactic"]].format(f"{sign}{IMITATED * sold.step}")
    )
    example = sold.write(Offer(sold.low + 50 * sold.step, (1,) * len(sold.terms)))
    told.append(
        "You earn your gain over no deal, as a share of the most that could be had; a deal beyond your limit earns "
        "nothing. A deal takes an offer with price and all terms that the other side accepts while it stands.\n"
        f"Offer as OFFER: {example}\nTake the {other}'s standing offer with {COMMIT} accept, or make your last offer, "
        f"which it takes if that is within its limit, as {COMMIT} {example}"
    )
    return "\n".join(told)
