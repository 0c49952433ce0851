"""How well anybody can calibrate: a bound that no agent exceeds, and what halving earns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from pragenv.protocols import Setting
from pragenv.tasks.calibrate.feeling import Floats
from pragenv.tasks.calibrate.search import Search, closeness
from pragenv.tasks.calibrate.space import Space
from pragenv.types import mix


@lru_cache(maxsize=1024)
def most(space: Space, reach: float, feedback: str, cost: float, limit: int) -> float:
    """The expected reward that no agent exceeds, whatever the noise.

    Given what is drawn by chance, an agent's commitment depends on the replies alone. After k proposals there are at
    most r^k sequences of them, where r is how many different replies there are, so at most r^k commitments after k.
    A point earns from one of them its closeness to it. Whatever points share a commitment, one on the grid serves them
    best (in each dimension the sum of their closeness bends downwards at their own levels only), and no commitment has
    more closeness to give away than one to the middle, point by point in order. So the points earn at most the best of
    all that r^k commitments give away after each k, every point being given something once.
    """
    shares = -np.sort(-_from_middle(space, reach))
    replies = _replies(feedback, len(space.dimensions))
    n = len(shares)
    values, counts = [], []
    for k in range(limit):
        values.append(shares - cost * (k + 1))
        counts.append(np.full(n, min(float(replies) ** k, n)))
    worth, number = np.concatenate(values), np.concatenate(counts)
    order = np.argsort(-worth, kind="stable")
    given_before = np.cumsum(number[order]) - number[order]
    taken = np.clip(n - given_before, 0.0, number[order])
    return float(taken @ worth[order]) / n


def _replies(feedback: str, d: int) -> int:
    """How many different replies a proposal can get."""
    return int({"direction": 2 * d + 1, "directions": 3**d, "comparison": 4}[feedback])


def _from_middle(space: Space, reach: float) -> Floats:
    """The closeness of every point to the middle of the space."""
    total = np.zeros(1)
    for d in space.dimensions:
        own = np.array([closeness(level - d.middle, d.high - d.low, reach) for level in d.levels])
        total = (total[:, None] + own).ravel()
    return np.asarray(total / len(space.dimensions))


def reached(start: Search, point: Mapping[str, float], slips: int, setting: Setting) -> float:
    """The reward of proposing what halves the possible points, until being right is worth no further turn."""
    search, feeling, dimensions = start, start.feeling, start.space.dimensions
    wanted = [d.share(point[d.name]) for d in dimensions]
    before: tuple[float, ...] | None = None
    turn = 0
    while turn < setting.turn_limit - 1 and 1.0 - search.score > max(setting.turn_cost, 1e-3):
        proposed = search.proposal()
        here = [d.share(proposed[d.name]) for d in dimensions]
        off = [a - b for a, b in zip(here, wanted, strict=True)]
        now = feeling.perceived(off, mix(slips, turn))
        search = search.hear(here, feeling.react(now, before))
        before, turn = now, turn + 1
    best = search.best
    earned = [closeness(best[d.name] - point[d.name], d.high - d.low, start.reach) for d in dimensions]
    return sum(earned) / len(earned) - setting.turn_cost * (turn + 1)
