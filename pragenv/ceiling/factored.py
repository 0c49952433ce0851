"""The best way to find out several factors, each by one question that reveals it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from math import prod
from typing import NamedTuple

from pragenv.intents import Intents

_REVISIONS = (1, 2)
"""The user's turns (the opening is turn 0) in one of which it may change its mind, each as probable."""


class State(NamedTuple):
    """What matters of a conversation.

    Attributes:
        unknown: the factors that the user has not told, as a set of bits.
        turn: of the agent, from 0.
        revised: whether the user has changed its mind.
    """

    unknown: int
    turn: int
    revised: bool = False


class Choice(NamedTuple):
    """What to do in a state, and the expected reward from there on. No factors to ask about: commit."""

    value: float
    ask: tuple[int, ...] = ()


class Disclosure:
    """Finding out factors one by one, or several at once where the user answers several.

    Args:
        intents: whose factors each have one question that reveals them.
        best: the probability of each factor's most probable value, as it is believed while untold.
        cost: of a turn, that of committing included.
        limit: of turns, that of committing included.
    """

    def __init__(self, intents: Intents, best: Sequence[float], cost: float, limit: int) -> None:
        self._best, self._cost, self._limit = tuple(best), cost, limit
        self._revision, self._at_once = intents.revision, intents.answers_per_turn
        total = sum(factor.weight for factor in intents.factors)
        self._weights = tuple(factor.weight / total for factor in intents.factors) if intents.shared else None
        self.best = lru_cache(maxsize=None)(self._decide)

    def commit(self, unknown: int) -> float:
        """The expected reward of committing, the turn's cost included."""
        told = [p if unknown >> i & 1 else 1.0 for i, p in enumerate(self._best)]
        score = prod(told) if self._weights is None else sum(map(float.__mul__, self._weights, told))
        return score - self._cost

    def ask(self, state: State, factors: tuple[int, ...]) -> float:
        """The expected reward of asking about these factors and going on as well as possible."""
        return sum(p * self.best(after).value for p, after in self.outcomes(state, factors)) - self._cost

    def outcomes(self, state: State, factors: tuple[int, ...]) -> list[tuple[float, State]]:
        """Where asking about these factors leads to, with probabilities."""
        left = state.unknown & ~sum(1 << i for i in factors)
        turn = state.turn + 1
        changes = self._hazard(turn) if not state.revised else 0.0
        found = [(1 - changes, State(left, turn, state.revised))] if changes < 1 else []
        if changes:
            n = len(self._best)
            found += [(changes / n, State(left & ~(1 << i), turn, True)) for i in range(n)]
        return found

    def _hazard(self, turn: int) -> float:
        """The probability that the user changes its mind in a turn, if it has not before."""
        if not self._revision or turn not in _REVISIONS:
            return 0.0
        each = self._revision / len(_REVISIONS)
        return each / (1 - each * _REVISIONS.index(turn))

    def _decide(self, state: State) -> Choice:
        choice = Choice(self.commit(state.unknown))
        if state.turn >= self._limit - 1:
            return choice
        unknown = [i for i in range(len(self._best)) if state.unknown >> i & 1]
        for factors in combinations(unknown, min(self._at_once, len(unknown))):
            if factors and (value := self.ask(state, factors)) > choice.value + 1e-12:
                choice = Choice(value, factors)
        return choice
