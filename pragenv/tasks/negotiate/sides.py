"""What a deal is worth to either side, in money: additive over issues (Keeney and Raiffa 1976), linear in the price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pragenv.tasks.negotiate.market import LEVELS, Market, Offer

LITTLE, SOME, MUCH = "little", "some", "much"
IMPORTANCE: Mapping[str, int] = {LITTLE: 4, SOME: 12, MUCH: 20}
"""What the best level of a term is worth to a buyer, or costs a seller, in steps of the price."""
SHARES = (0.0, 0.5, 1.0)
"""How much of that each level is."""
OTHER: Mapping[str, str] = {"buyer": "seller", "seller": "buyer"}


Worths = Sequence[Sequence[float]]
"""For each term, what each level is worth."""


class Side(NamedTuple):
    """One party's interests.

    Attributes:
        role: `buyer` or `seller`.
        reservation: the price at which a deal with all terms at level 0 is worth as much to it as none.
        worths: for each term what each level is worth to it, in money; what it costs a seller is negative.
    """

    role: str
    reservation: int
    worths: tuple[tuple[int, ...], ...]

    @property
    def favourite(self) -> tuple[int, ...]:
        """The levels that it likes best."""
        return (LEVELS - 1 if self.role == "buyer" else 0,) * len(self.worths)

    def surplus(self, offer: Offer) -> int:
        """What a deal is worth to it beyond no deal."""
        gain = offer.price - self.reservation
        return (gain if self.role == "seller" else -gain) + self.terms(offer.levels)

    def price(self, levels: tuple[int, ...], surplus: int) -> int:
        """The price that leaves it a surplus, given the levels of the terms."""
        off = surplus - self.terms(levels)
        return self.reservation + (off if self.role == "seller" else -off)

    def terms(self, levels: tuple[int, ...]) -> int:
        """What the levels of the terms are worth to it."""
        return sum([worth[i] for worth, i in zip(self.worths, levels, strict=True)])


def side_of(market: Market, role: str, brief: Mapping[str, Any]) -> Side:
    """The side that a brief (the agent's or the user's) describes."""
    worths = tuple([worth_of(market, role, brief["importance"][term.name]) for term in market.terms])
    return Side(role, brief["reservation"], worths)


def worth_of(market: Market, role: str, importance: str) -> tuple[int, ...]:
    """What each level of a term of that importance is worth, in money."""
    sign = 1 if role == "buyer" else -1
    return tuple([sign * int(share * IMPORTANCE[importance]) * market.step for share in SHARES])


def efficient(one: Worths, other: Worths) -> tuple[int, ...]:
    """The levels that leave two sides most to share, the lowest of equals, by what they are worth to each."""
    sums = ([a + b for a, b in zip(*pair, strict=True)] for pair in zip(one, other, strict=True))
    return tuple([joint.index(max(joint)) for joint in sums])


def attainable(one: Side, other: Side) -> int:
    """The greatest joint surplus: what one side earns if the other is left with nothing."""
    best = efficient(one.worths, other.worths)
    return one.surplus(Offer(0, best)) + other.surplus(Offer(0, best))


def dividing(mine: Side, theirs: Side, surplus: int) -> Offer:
    """The offer that leaves the first side a surplus, with the levels that leave most to share."""
    levels = efficient(mine.worths, theirs.worths)
    return Offer(mine.price(levels, surplus), levels)
