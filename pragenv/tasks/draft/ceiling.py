"""The best that anybody can do, exactly: dynamic programming over what is still open."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod


@lru_cache(maxsize=1 << 18)
def best(open_values: tuple[int, ...], count: int, comments: bool, vague: float, cost: float, turns: int) -> float:
    """The expected reward to come of the best agent, less 1: what it loses of the score, and its turns.

    All that can ever be known of a point is which values it may still have, all equally probable. A question settles
    its point. A comment on the draft's first point amiss settles all points before it (every text has exactly one value
    on a point, or none), and it settles its own, or where it is vague takes the drafted value away. So what matters
    is how many values each open point may still have. A draft had better have one of these on each: a text that is
    knowingly wrong on a point has its first point amiss no later, and knowing more never harms. `tests/unit/
    test_draft_agents.py` compares with a search over all texts.

    Args:
        open_values: how many values each open point may still have, in the order in which the user comments.
        count: of all points; each is worth its share.
        comments: whether the user comments on drafts.
        vague: see `DraftSetting`.
        cost: of a turn.
        turns: how many are left, at least 1.
    """
    commit = -sum(1 - 1 / n for n in open_values) / count - cost
    if turns == 1 or not open_values:
        return commit

    def then(left: tuple[int, ...]) -> float:
        return best(left, count, comments, vague, cost, turns - 1)

    found = max(commit, *(then(open_values[:i] + open_values[i + 1 :]) - cost for i in range(len(open_values))))
    return max(found, _drafting(open_values, vague, then) - cost) if comments else found


def _drafting(open_values: tuple[int, ...], vague: float, then: Callable[[tuple[int, ...]], float]) -> float:
    """What is to come after a draft that has a possible value on each open point."""
    right, total = 1.0, 0.0
    for i, n in enumerate(open_values):
        rest = open_values[i + 1 :]
        left = rest if n == 2 else (n - 1, *rest)
        total += right * (1 - 1 / n) * ((1 - vague) * then(rest) + vague * then(left))
        right /= n
    return total + right * then(())


def any_amiss(open_values: tuple[int, ...]) -> float:
    """The chance that a draft with possible values is not right on every point."""
    return 1 - 1 / prod(open_values)
