"""What a dialogue leaves possible: a posterior over the points of a grid, and the proposal that halves it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pragenv.tasks.calibrate.feeling import Feeling, Floats
from pragenv.tasks.calibrate.space import Space
from pragenv.types import Act

_POSSIBLE = -20.0
"""Least log-probability, relative to the most probable point's, of one that is worth a proposal."""
_TRIED, _HELD = 48, 1500
"""How many proposals are compared by how they would split how many points."""


@lru_cache(maxsize=64)
def grid(space: Space) -> Floats:
    """All points of a space as shares of the ranges, shape (n, d)."""
    return np.array(list(product(*([d.share(v) for v in d.levels] for d in space.dimensions))))


@lru_cache(maxsize=64)
def _middle(space: Space) -> Floats:
    return np.array([d.share(d.middle) for d in space.dimensions])


class Search:
    """A posterior over the points of a space. Immutable: what is heard next makes a new one.

    Args:
        space: the design space.
        feeling: how its user reacts.
        reach: see `CalibrateSetting`.
        logs: unnormalised log-probability of each point of the grid, shape (n,); uniform where None.
        last: the proposal that was reacted to last, shape (d,); None before the first.
    """

    def __init__(
        self, space: Space, feeling: Feeling, reach: float, logs: Floats | None = None, last: Floats | None = None
    ) -> None:
        self.space, self.feeling, self.reach = space, feeling, reach
        self.points = grid(space)
        self._logs = np.zeros(len(self.points)) if logs is None else logs
        self._last = last

    def hear(self, proposal: Sequence[float], acts: Sequence[Act]) -> Search:
        """What is believed after a reaction to a proposal (in shares of the ranges)."""
        here = np.array(proposal)
        now = self.feeling.felt(here - self.points)
        before = None if self._last is None else self.feeling.felt(self._last - self.points)
        logs = self._logs + self.feeling.evidence(acts, now, before)
        return Search(self.space, self.feeling, self.reach, logs - logs.max(), here)

    @cached_property
    def weights(self) -> Floats:
        """The probability of each point, shape (n,)."""
        found = np.exp(self._logs - self._logs.max())
        return np.asarray(found / found.sum())

    @cached_property
    def marginals(self) -> tuple[Floats, ...]:
        """The probabilities of each dimension's levels."""
        table = self.weights.reshape([len(d.levels) for d in self.space.dimensions])
        axes = range(table.ndim)
        return tuple(table.sum(axis=tuple(a for a in axes if a != axis)) for axis in axes)

    @cached_property
    def _expected(self) -> tuple[Floats, ...]:
        """The expected closeness of committing to each level, by dimension."""
        return tuple(
            _closeness(d.levels[-1] - d.low, d.levels, self.reach) @ p
            for d, p in zip(self.space.dimensions, self.marginals, strict=True)
        )

    @property
    def best(self) -> dict[str, float]:
        """The point whose expected score is highest; of equals, the one nearest to the medians."""
        found = {}
        for d, p, expected in zip(self.space.dimensions, self.marginals, self._expected, strict=True):
            median = int(np.searchsorted(np.cumsum(p), 0.5 - 1e-12))
            ties = np.flatnonzero(expected > expected.max() - 1e-12)
            found[d.name] = d.levels[int(ties[np.abs(ties - median).argmin()])]
        return found

    @property
    def score(self) -> float:
        """The expected score of committing to `best`."""
        return float(np.mean([expected.max() for expected in self._expected]))

    def proposal(self) -> dict[str, float]:
        """What to propose: what halves the possible points, one of them where that can be.

        Where the user names dimensions, this is the possible point that is nearest to the median of each dimension.
        Where it only compares, the one of some possible points whose comparison with the last splits them most evenly.
        """
        held = np.flatnonzero(self._logs >= self._logs.max() + _POSSIBLE)
        if self.feeling.feedback == "comparison" and self._last is not None:
            at = self._splitting(held)
        else:
            dims = zip(self.space.dimensions, self.marginals, strict=True)
            medians = [d.share(d.levels[int(np.searchsorted(np.cumsum(p), 0.5 - 1e-12))]) for d, p in dims]
            centre = _middle(self.space) if self._last is None else np.array(medians)
            at = held[int(np.abs(self.points[held] - centre).sum(axis=1).argmin())]
        return self._named(int(at))

    def _splitting(self, held: NDArray[np.intp]) -> int:
        tried = held[np.linspace(0, len(held) - 1, min(len(held), _TRIED)).astype(int)]
        some = held[np.linspace(0, len(held) - 1, min(len(held), _HELD)).astype(int)]
        points, weights = self.points[some], self.weights[some]
        assert self._last is not None
        before = np.abs(self.feeling.felt(self._last - points)).sum(axis=1)
        now = np.abs(self.feeling.felt(self.points[tried][:, None] - points)).sum(axis=2)
        closer = (now < before) @ weights / weights.sum()
        return int(tried[int(np.abs(closer - 0.5).argmin())])

    def _named(self, at: int) -> dict[str, float]:
        places = np.unravel_index(at, [len(d.levels) for d in self.space.dimensions])
        return {d.name: d.levels[int(i)] for d, i in zip(self.space.dimensions, places, strict=True)}


def closeness(off: float, width: float, reach: float) -> float:
    """What a dimension of a commitment earns: 1 where it is right, falling evenly to 0 at `reach` of the range."""
    return max(0.0, 1.0 - abs(off) / (reach * width))


@lru_cache(maxsize=256)
def _closeness(width: float, levels: tuple[float, ...], reach: float) -> Floats:
    """The closeness of each level (row) to each (column)."""
    return np.array([[closeness(a - b, width, reach) for b in levels] for a in levels])
