"""The best way to find out one factor by questions: a decision tree that may stop early, and bounds on its worth.

Values of a set of candidates are kept unnormalised: for weights w that sum to W, a tree is worth the weight that it
commits to rightly less the cost of a turn, c, for all the weight that is still there at that turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np

from pragenv.ceiling.greedy import greedy_value, information, parting
from pragenv.intents import Factor, Floats, Mask

_FEW = 16
"""Candidates up to which trees are searched whatever the limit."""
_SHORT = 6
"""Turns up to which trees of any number of equally probable candidates are searched."""
_WIDE = 8
_EPSILON = 1e-12


class Move(NamedTuple):
    """What to do about a set of candidates, and what that is worth.

    Attributes:
        value: unnormalised.
        question: column of the question to ask; q + i asks whether it is value i; -1 commits.
    """

    value: float
    question: int = -1


class Tree:
    """Decision trees over the values of a factor.

    Args:
        factor: what is to be found out.
        guessing: whether the user answers direct guesses, too.
        cost: of a turn, that of committing included.
        limit: of turns, that of committing included.
    """

    def __init__(self, factor: Factor, guessing: bool, cost: float, limit: int) -> None:
        self.factor, self.cost, self.limit = factor, cost, limit
        self._weights = factor.prior.tolist()
        self._n = len(factor.values)
        self._unit = 1.0 / self._n if np.allclose(factor.prior, 1.0 / self._n) else 0.0
        # Where all can be told apart by questions, a guess tells no more of them apart: of two that a tree leaves
        # together, some question put before it parts these two instead.
        self._no_need_to_guess = not guessing or len(np.unique(factor.answers, axis=0)) == self._n
        self._sizes_bound = self._unit > 0 and len(factor.replies) <= 3
        self._splits = dict(self._partitions(guessing))
        k = len(factor.replies)
        rare = (bits(column) for column in (factor.answers == k - 1).T)
        self._rare = sorted(set(rare) - {0}) if k > 2 else []
        self._moves: dict[tuple[int, int], Move] = {}
        self._caps: list[float] = []

    def _partitions(self, guessing: bool) -> Iterator[tuple[tuple[int, ...], int]]:
        """The parts that each question makes of all candidates, as bit sets, with its column; equal ones once."""
        seen: set[tuple[int, ...]] = set()
        rows = [self.factor.answers[:, j] for j in range(self.factor.answers.shape[1])]
        if guessing:
            rows += list(np.eye(self._n, dtype=np.int8))
        for j, row in enumerate(rows):
            parts = tuple(sorted(bits(row == r) for r in np.unique(row)))
            if len(parts) > 1 and parts not in seen:
                seen.add(parts)
                yield parts, j

    @property
    def solvable(self) -> bool:
        """Whether `best` is exact within seconds."""
        return self._n <= _FEW or (self._unit > 0 and self.limit <= _SHORT and self._no_need_to_guess)

    def everything(self) -> int:
        """The set of all candidates."""
        return (1 << self._n) - 1

    # -- exact ---------------------------------------------------------------------------------------------------------

    def best(self, candidates: int, turns: int) -> Move:
        """The best move with this many turns left, by dynamic programming with branch and bound.

        Args:
            candidates: which values are possible, as a set of bits.
            turns: those left, the one of committing included; at least 1.
        """
        if self._unit and not self._caps and self._n > _FEW:
            free = Tree(self.factor, False, 0.0, self.limit)
            free._caps = [1.0]
            for asks in range(1, self.limit - 1):
                free._moves.clear()
                free._caps.append(free.best(self.everything(), asks + 1).value / self._unit)
            self._caps = free._caps
        return self._search(candidates, min(turns, candidates.bit_count()))

    def _search(self, s: int, turns: int) -> Move:
        found = self._moves.get((s, turns))
        if found is None:
            found = self._moves[s, turns] = self._expand(s, turns)
        return found

    def _expand(self, s: int, turns: int) -> Move:
        mass, size = self.mass(s), s.bit_count()
        best = Move(self._top(s) - self.cost * mass)
        if turns == 1 or size == 1:
            return best
        shortcut = turns == 3 and size > _WIDE and self._unit and self._no_need_to_guess
        if shortcut and (pair := self._two_questions(s)) is not None:
            return max(best, pair, key=lambda move: move.value)
        bound = self._bounds(s, turns - 1)
        options: dict[tuple[int, ...], tuple[float, int]] = {}
        for parts, question in self._splits.items():
            split = tuple(sorted([left for part in parts if (left := part & s)]))
            if len(split) > 1 and split not in options:
                options[split] = (sum(map(bound, split)) - self.cost * mass, question)
        for split, (most, question) in sorted(options.items(), key=lambda item: -item[1][0]):
            if most <= best.value + _EPSILON:
                break
            value = most
            for part in sorted(split, key=int.bit_count, reverse=True):
                value += self._search(part, min(turns - 1, part.bit_count())).value - bound(part)
                if value <= best.value + _EPSILON:
                    break
            else:
                best = Move(value, question)
        return best

    def _two_questions(self, s: int) -> Move | None:
        """The best with two questions left, over all pairs at once; None where a guess might be better.

        Of equal weights only.
        """
        rows = self.factor.one_hot[[i for i in range(self._n) if s >> i & 1]].astype(np.float32)
        q, k = len(self.factor.questions), len(self.factor.replies)
        size, c = len(rows), self.cost
        sizes = rows.sum(axis=0).astype(np.float64)  # of each part that a first question makes, (k * q,)
        # What a second question makes of it: how many parts, at most.
        parts = (rows.T @ rows > 0.5).reshape(k * q, k, q).sum(axis=1).max(axis=1).astype(np.float64)
        ends = np.where(sizes == 1, 1 - c, np.maximum(1 - c * sizes, parts - 2 * c * sizes))
        values = np.where(sizes > 0, ends, 0.0).reshape(k, q).sum(axis=0) - c * size
        at = int(values.argmax())
        most = float((sizes.reshape(k, q) > 0).sum(axis=0).max())  # parts that any question makes of any of them
        guess = 1 - c + max(1 - c * (size - 1), most - 2 * c * (size - 1)) - c * size
        return Move(float(values[at]) * self._unit, at) if values[at] >= guess else None

    def _bounds(self, s: int, turns: int) -> Callable[[int], float]:
        """What no tree over a part of a set exceeds. Quick, for the order of the search."""
        if not self._sizes_bound:
            return self._bound_by_weight
        if self._caps:  # by how many candidates this many questions can tell apart at all
            c, cap = self.cost, self._caps[turns - 1]
            sizes = range(s.bit_count() + 1)
            worth = [max(1 - c * m, min(m, cap) - 2 * c * m) if m > 1 else 1 - c for m in sizes]
        else:
            rare = max([(column & s).bit_count() for column in self._rare], default=0)
            worth = self._relaxed[rare][min(turns, self._n)].tolist()
        return lambda part: worth[part.bit_count()] * self._unit

    def _bound_by_weight(self, s: int) -> float:
        weights = [w for i, w in enumerate(self._weights) if s >> i & 1]
        return bound_by_weight(weights, len(self.factor.replies), self.cost)

    @cached_property
    def _relaxed(self) -> dict[int, Floats]:
        most = max((column.bit_count() for column in self._rare), default=0)
        k = len(self.factor.replies)
        return {rare: bound_by_size(self._n, rare, k, self.cost, min(self.limit, self._n)) for rare in range(most + 1)}

    def mass(self, s: int) -> float:
        """The weight of a set of candidates."""
        return s.bit_count() * self._unit or sum(w for i, w in enumerate(self._weights) if s >> i & 1)

    def _top(self, s: int) -> float:
        return self._unit or max(w for i, w in enumerate(self._weights) if s >> i & 1)

    # -- bounds --------------------------------------------------------------------------------------------------------

    @cached_property
    def upper(self) -> float:
        """No way to ask is worth more, from all candidates on."""
        k = len(self.factor.replies)
        if not self._sizes_bound:
            return bound_by_weight(self._weights, k, self.cost)
        rare = max((column.bit_count() for column in self._rare), default=0)
        return float(bound_by_size(self._n, rare, k, self.cost, self.limit)[self.limit, self._n]) / self._n

    @cached_property
    def reached(self) -> float:
        """What asking the most telling question each time is worth: the best of two measures and two kinds of odds."""
        even = (self.factor.prior > 0).astype(np.float64)
        tried = ((measure, odds) for measure in (information, parting) for odds in (self.factor.prior, even))
        return max(greedy_value(self.factor, self.cost, self.limit, measure, odds) for measure, odds in tried)


def bits(held: Mask) -> int:
    """A mask as a set of bits."""
    return sum(1 << int(i) for i in np.flatnonzero(held))


def bound_by_size(n: int, rare: int, replies: int, cost: float, limit: int) -> Floats:
    """What trees over m equal weights of 1 may at most be worth with t turns, shape (limit + 1, n + 1).

    They are allowed to split a set in any two parts, and off it, where there are three replies, any third of at most
    `rare` candidates, since no question has more that give the last reply.
    """
    worth = np.zeros((limit + 1, n + 1))
    sizes = np.arange(n + 1)
    for t in range(1, limit + 1):
        worth[t] = 1 - cost * sizes
        worth[t, 0] = 0.0
        if t == 1:
            continue
        below = worth[t - 1]
        halves = np.array([(below[: m // 2 + 1] + below[m - np.arange(m // 2 + 1)]).max() for m in range(n + 1)])
        for m in range(2, n + 1):
            thirds = np.arange(min(rare if replies > 2 else 0, m - 1) + 1)
            worth[t, m] = max(worth[t, m], float((below[thirds] + halves[m - thirds]).max()) - cost * m)
    return worth


def bound_by_weight(weights: Sequence[float], replies: int, cost: float) -> float:
    """What trees over candidates of these weights may at most be worth, whatever the questions and the limit.

    A tree that tells some candidates apart has for each of them a leaf of its own, and their mean depth is that of a
    Huffman code at least; the heaviest are worth most at any depths.
    """
    ordered = sorted(weights, reverse=True)
    best, total, arity = 0.0, 0.0, max(replies, 2)
    for m, weight in enumerate(ordered, start=1):
        total += weight
        best = max(best, total - cost * huffman(ordered[:m], arity))
    return best - cost * sum(weights)


def huffman(weights: Sequence[float], arity: int) -> float:
    """The least total of weight times depth over trees with at most `arity` branches (Huffman 1952)."""
    heap = list(weights) + [0.0] * (-(len(weights) - 1) % (arity - 1) if len(weights) > 1 else 0)
    heapify(heap)
    total = 0.0
    while len(heap) > 1:
        merged = sum(heappop(heap) for _ in range(arity))
        total += merged
        heappush(heap, merged)
    return total
