"""Rational speech acts, exactly: what a literal or a pragmatic listener makes of a description, and who says which.

After Frank and Goodman (2012) and Goodman and Frank (2016): a literal listener takes what is said as true, a speaker of
depth n chooses what a listener of depth n - 1 takes rightly and what is short, a listener of depth n reasons about
a speaker of depth n. The prior over objects is uniform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pragenv.tasks.reference.vocabulary import Feature

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Utterance = tuple[Feature, ...]
"""A description: at most one value of an attribute, in the order of the context's attributes."""


@dataclass(frozen=True, eq=False)
class Game:
    """A context of n objects, and the m descriptions that are true of some of them.

    Attributes:
        attributes: in which the objects differ.
        objects: the value of each attribute, for each object.
        span: features that a description holds at most.
        alpha: how strongly speakers prefer the better description.
        word_cost: share of the score that each word after the first costs.
    """

    attributes: tuple[str, ...]
    objects: tuple[tuple[str, ...], ...]
    span: int
    alpha: float
    word_cost: float

    @cached_property
    def utterances(self) -> tuple[Utterance, ...]:
        """The m descriptions, the shorter first."""
        pairs = [tuple(zip(self.attributes, values, strict=True)) for values in self.objects]
        sizes = range(1, self.span + 1)
        return tuple(dict.fromkeys(u for size in sizes for pair in pairs for u in combinations(pair, size)))

    @cached_property
    def index(self) -> Mapping[Utterance, int]:
        """The row of a description."""
        return {utterance: i for i, utterance in enumerate(self.utterances)}

    @cached_property
    def true(self) -> Floats:
        """Of which objects each description is true: 0 or 1, shape (m, n)."""
        held = [set(zip(self.attributes, values, strict=True)) for values in self.objects]
        return np.array([[float(held_by.issuperset(u)) for held_by in held] for u in self.utterances])

    @cached_property
    def shares(self) -> Floats:
        """What is left of the score after each description's words, shape (m,). Its cost is minus the logarithm."""
        return np.array([self.share(len(u)) for u in self.utterances])

    def share(self, words: int) -> float:
        """What is left of the score after so many words."""
        return max(0.0, 1.0 - self.word_cost * max(0, words - 1))

    def listener(self, depth: int) -> Floats:
        """L_depth(object | description), shape (m, n); rows sum to 1 (Goodman and Frank 2016, equations 1 and 3)."""
        if depth not in self._listeners:
            meant = self.speaker(depth) if depth else self.true
            self._listeners[depth] = meant / meant.sum(axis=1, keepdims=True)
        return self._listeners[depth]

    def speaker(self, depth: int) -> Floats:
        """S_depth(description | object), shape (m, n); columns sum to 1.

        S_n is proportional to exp(alpha * (log L_{n-1} - cost)) (Goodman and Frank 2016, equation 2); a speaker of
        depth 0 says anything true, and minds the cost only.
        """
        if depth not in self._speakers:
            worth = (self.listener(depth - 1) if depth else self.true) * self.shares[:, None]
            with np.errstate(divide="ignore"):
                logs = self.alpha * np.log(worth)
            weights = np.exp(logs - logs.max(axis=0))  # so that no alpha makes all of them vanish
            self._speakers[depth] = weights / weights.sum(axis=0)
        return self._speakers[depth]

    @cached_property
    def _listeners(self) -> dict[int, Floats]:
        return {}

    @cached_property
    def _speakers(self) -> dict[int, Floats]:
        return {}

    def posterior(self, rows: Iterable[int], depth: int) -> Floats | None:
        """What a listener believes after these descriptions, each of which counts once; None where they conflict.

        What is believed after one is the prior of the next; in the listener's thoughts, speakers do not plan ahead.
        """
        belief = np.full(len(self.objects), 1.0 / len(self.objects))
        for row in sorted(set(rows)):
            belief = belief * self.listener(depth)[row]
        total = belief.sum()
        return None if total <= 0 else belief / total

    def expected_score(self, target: int, speaker: int, listener: int) -> float:
        """What a speaker of one depth scores with a listener of another who picks by one description, both drawing."""
        return float((self.speaker(speaker)[:, target] * self.listener(listener)[:, target] * self.shares).sum())

    @cached_property
    def clear(self) -> Mask:
        """The objects that some description is true of alone, shape (n,)."""
        alone = self.true.sum(axis=1) == 1
        return np.asarray((self.true[alone] > 0).any(axis=0))

    @cached_property
    def implied(self) -> Mask:
        """Those that none is true of alone, and that one means most of all to a listener of depth 1, shape (n,)."""
        heard = self.listener(1)
        most = heard >= heard.max(axis=1, keepdims=True) - 1e-9
        single = most & (most.sum(axis=1, keepdims=True) == 1)
        return np.asarray(single.any(axis=0) & ~self.clear)


@lru_cache(maxsize=2048)
def game(
    attributes: tuple[str, ...], objects: tuple[tuple[str, ...], ...], span: int, alpha: float, word_cost: float
) -> Game:
    """The game of a context; the same object for equal arguments."""
    return Game(attributes, objects, span, alpha, word_cost)


def game_of(public: Mapping[str, Any], alpha: float | None = None) -> Game:
    """The game in a public context, with its own alpha or another."""
    stated = public["alpha"] if alpha is None else alpha
    return game(public["attributes"], public["objects"], public["span"], stated, public["word_cost"])
