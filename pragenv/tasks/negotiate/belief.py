"""What an agent may believe of the user, exactly: which reservation, which importance, which manner of bargaining."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pragenv.tasks.negotiate.acts import OFFER
from pragenv.tasks.negotiate.market import Market, Offer
from pragenv.tasks.negotiate.sides import IMPORTANCE, OTHER, Side, attainable, worth_of
from pragenv.tasks.negotiate.tactics import GAPS, Manner, conceded, manners
from pragenv.types import Act

Floats = NDArray[np.float64]
_EXACT = 1e-9


class Turn(NamedTuple):
    """A turn of the user's, as it is heard.

    Attributes:
        number: of the agent's utterance that it replies to, from 1.
        offers: all that the agent had offered by then.
        offered: whether the last utterance held an offer.
        heard: the user's acts.
    """

    number: int
    offers: tuple[Offer, ...]
    offered: bool
    heard: tuple[Act, ...]


class Users:
    """All that the user may be: R reservations, W importances of the terms, K manners, each combination as probable.

    Args:
        market: with the terms that are bargained over.
        mine: the agent's side.
        importance: the agent's, where nothing can be created, so that the user's is the same; else None.
        tactic: see `NegotiateSetting`.
        rounds: the announced limit.
    """

    def __init__(
        self, market: Market, mine: Side, importance: tuple[str, ...] | None, tactic: str, rounds: int
    ) -> None:
        self.market, self.mine, self.importance = market, mine, importance
        self.tactic, self.rounds = tactic, rounds
        self.importances = list(product(IMPORTANCE, repeat=len(market.terms))) if importance is None else [importance]
        self.manners: tuple[Manner, ...] = manners(tactic)
        role, sign = OTHER[mine.role], -1 if mine.role == "seller" else 1
        worths = [tuple(worth_of(market, role, i) for i in one) for one in self.importances]
        # A buyer pays more than the agent must have, a seller takes less than the agent would pay.
        self.sides = [[Side(role, mine.reservation - sign * gap * market.step, w) for w in worths] for gap in GAPS]
        self.shape = len(GAPS), len(worths), len(self.manners)
        self.contradictions = lru_cache(maxsize=512)(self._contradictions)  # all turns are looked at in every turn
        self.demands = lru_cache(maxsize=512)(self._demands)
        self.attainable = np.array([[attainable(mine, side) for side in row] for row in self.sides], float)

    @cached_property
    def packages(self) -> tuple[list[tuple[int, ...]], Floats]:
        """All combinations of levels, and the price of each that leaves a user nothing, shape (packages, R, W)."""
        listed = self.market.packages()
        prices = [[[side.price(levels, 0) for side in row] for row in self.sides] for levels in listed]
        return listed, np.array(prices, float)

    def surplus(self, offer: Offer) -> Floats:
        """What an offer is worth to the user, shape (R, W, 1)."""
        reservations = np.array([row[0].reservation for row in self.sides], float)[:, None]
        terms = np.array([side.terms(offer.levels) for side in self.sides[0]], float)
        gain = reservations - offer.price
        return np.asarray((gain if self.mine.role == "seller" else -gain) + terms)[:, :, None]

    def demanded(self, offers: Sequence[Offer], turn: int) -> Floats:
        """The surplus that a user would ask for in a turn after these offers, in money, shape (1, W, K)."""
        return np.array([self.demands(conceded(self.market, side, offers), turn) for side in self.sides[0]])[None]

    def _demands(self, given: int, turn: int) -> Floats:
        asked = [manner.demands(given, turn, self.rounds) for manner in self.manners]
        return np.array(asked, float) * self.market.step

    def prices(self, offers: Sequence[Offer], turn: int) -> Floats:
        """The price that a user would ask for, with its favourite terms; shape (R, W, K)."""
        left = self.surplus(Offer(0, self.sides[0][0].favourite)) - self.demanded(offers, turn)
        return np.asarray(left if self.mine.role == "seller" else -left)

    def _contradictions(self, turn: Turn) -> NDArray[np.int64]:
        """How much of what is heard in a turn each user would not have said; shape (R, W, K)."""
        wrong = np.zeros(self.shape, int)
        demanded = self.demanded(turn.offers, turn.number)
        for act in turn.heard:
            if act.kind == "confirm" and turn.offered:
                wrong += self.surplus(turn.offers[-1]) < demanded
            elif act.kind == "inform" and act.slot == OFFER:
                made = self.market.offer(act.value)
                wrong += np.abs(self.prices(turn.offers, turn.number) - made.price) > _EXACT
                if turn.offered:
                    wrong += self.surplus(turn.offers[-1]) >= demanded
            elif act.kind == "inform":
                term = [term.name for term in self.market.terms].index(act.slot)
                wrong += np.array([one[term] != act.value for one in self.importances])[None, :, None]
        return wrong


class Belief(NamedTuple):
    """The users that contradict least of what was heard (normally none of it).

    Attributes:
        users: all.
        held: which of them are possible, shape (R, W, K).
    """

    users: Users
    held: NDArray[np.bool_]

    def best(self) -> tuple[Offer, float]:
        """The last offer with the highest expected score, and that; the price that one of the users just accepts."""
        users = self.users
        mass = self.held.sum(axis=2) / self.held.sum()  # (R, W)
        possible = mass > 0
        weights, whole = mass[possible], users.attainable[possible]
        sells = users.mine.role == "seller"
        found: tuple[float, Offer] | None = None
        listed, thresholds = users.packages
        for levels, limit in zip(listed, thresholds, strict=True):
            limits = limit[possible]
            prices = np.unique(limits)
            taken = limits[None] >= prices[:, None] if sells else limits[None] <= prices[:, None]
            earned = np.array([users.mine.surplus(Offer(int(price), levels)) for price in prices], float)
            scores = np.maximum(earned, 0.0) * ((taken / whole) @ weights)
            at = int(scores.argmax())
            if found is None or scores[at] > found[0] + _EXACT:
                found = float(scores[at]), Offer(int(prices[at]), levels)
        assert found is not None
        return found[1], found[0]

    @property
    def worths(self) -> tuple[tuple[float, ...], ...]:
        """What each level of each term is worth to the user on average, in money."""
        mass = self.held.sum(axis=(0, 2)) / self.held.sum()
        found = np.array([side.worths for side in self.users.sides[0]], float)
        return tuple(map(tuple, np.tensordot(mass, found, 1).tolist()))

    def matters(self, term: int) -> set[str]:
        """How important a term may be."""
        return {self.users.importances[w][term] for w in np.flatnonzero(self.held.any(axis=(0, 2)))}

    def tells(self, offers: Sequence[Offer], turn: int) -> bool:
        """Whether the user's offer in a turn could tell its possible reservations apart any further."""
        prices = self.users.prices(offers, turn)
        return len(np.unique(prices[self.held])) > 1


@lru_cache(maxsize=512)
def users_of(market: Market, mine: Side, importance: tuple[str, ...] | None, tactic: str, rounds: int) -> Users:
    """The same object for equal arguments."""
    return Users(market, mine, importance, tactic, rounds)


def believed(users: Users, turns: Sequence[Turn]) -> Belief:
    """The belief after these turns."""
    wrong = np.zeros(users.shape, int)
    for turn in turns:
        wrong += users.contradictions(turn)
    return Belief(users, wrong == wrong.min())
