"""How a user bargains: what surplus it asks for in each of its turns, and what it accepts.

The time-dependent tactic (its polynomial form) and the one that gives absolute tit for tat are those of Faratin, Sierra
and Jennings (1998, "Negotiation decision functions for autonomous agents"), in surplus instead of price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pragenv.tasks.negotiate.market import Market, Offer
from pragenv.tasks.negotiate.sides import Side

GAPS = tuple(range(4, 25, 2))
"""How far the user's reservation price may lie beyond the agent's, in steps of the price; any is as probable."""
DEMANDS = (8, 12, 16, 20, 24)
"""The surplus that a user asks for at first, in steps; any is as probable."""
PACES = (0.5, 1.0, 2.0)
"""Beta of a user that concedes (Boulware, linear, Conceder); any is as probable."""
IMITATED = 4
"""The most that a user who gives tit for tat concedes in one turn, in steps."""


class Manner(NamedTuple):
    """How one user bargains: its tactic, its first demand in steps, and the beta of its concessions."""

    tactic: str
    demand: int
    pace: float

    def demands(self, conceded: int, turn: int, rounds: int) -> int:
        """The surplus that it asks for, in steps; never below 0, its reservation.

        Args:
            conceded: what the agent has conceded so far as far as it is imitated, in steps.
            turn: of the agent's utterance that is replied to, from 1.
            rounds: the announced limit; the last reply is to the utterance before the last.
        """
        if self.tactic == "concede":
            return round(self.demand * (1.0 - float(_elapsed(turn, rounds) ** (1 / self.pace))))
        return max(0, self.demand - conceded) if self.tactic == "tit_for_tat" else self.demand


def _elapsed(turn: int, rounds: int) -> float:
    """The share of time that is over: 0 at the first reply, 1 at the last."""
    return min(1.0, (turn - 1) / max(1, rounds - 2))


@lru_cache(maxsize=16)
def manners(tactic: str) -> tuple[Manner, ...]:
    """The manners that a user of a tactic may have, any as probable as another of the same tactic.

    With `mixed` the tactics are as probable as each other; that one which has fewer manners has each several times.
    """
    if tactic == "mixed":
        return (*manners("concede"), *manners("tit_for_tat") * len(PACES), *manners("firm") * len(PACES))
    paces = PACES if tactic == "concede" else (1.0,)
    return tuple(Manner(tactic, demand, pace) for demand in DEMANDS for pace in paces)


def manner_of(brief: Mapping[str, Any]) -> Manner:
    """The manner in a user's brief."""
    return Manner(brief["tactic"], brief["demand"], brief["pace"])


def conceded(market: Market, side: Side, offers: Sequence[Offer]) -> int:
    """What offers to a side concede one after another, in steps, of each the imitated part: only new ground counts."""
    total, best = 0, None
    for offer in offers:
        surplus = side.surplus(offer)
        if best is not None and surplus > best:
            total += min(IMITATED, (surplus - best) // market.step)
        best = surplus if best is None else max(best, surplus)
    return total
