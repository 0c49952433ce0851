"""The best that can be done: when to ask for the user's offer, when to try one, and when to make the last.

Whoever wants to know the user asks at once for all that it tells: what the terms matter to it, and its offer. From then
on the efficient levels of the terms are known, so that an offer is one number, the agent's surplus. Of a user that
concedes with time or not at all, the offers depend on nothing that the agent does, and whether one of the agent's own
is accepted follows from the offer that the user would make instead. So beliefs are a tree of the offers that the user
makes, and dynamic programming over it is exact.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pragenv.protocols import Setting
from pragenv.tasks.negotiate.belief import Belief, Floats, Users
from pragenv.tasks.negotiate.market import Offer
from pragenv.tasks.negotiate.sides import attainable
from pragenv.tasks.negotiate.tactics import GAPS, Manner, manners

PLAN = "dynamic programming over the offers that the user makes"
BOUND = "a last offer at once, or all that is attainable a turn later; reached: a last offer at once"
_User = tuple[int, Manner]
"""How far its reservation lies beyond the agent's, and how it bargains; in steps, as all here is."""


def best(users: Users, belief: Belief, setting: Setting) -> tuple[float, float, str]:
    """What the best possible agent expects to earn from the opening on, what is known to be reached, and how."""
    cost, limit = setting.turn_cost, setting.turn_limit
    at_once = belief.best()[1] - cost
    tactic = users.manners[0].tactic if len({m.tactic for m in users.manners}) == 1 else "mixed"
    if tactic not in ("concede", "firm"):
        return (at_once if limit == 1 else max(at_once, 1.0 - 2 * cost)), at_once, BOUND
    value = at_once if limit == 1 else max(at_once, _first_turn(users, tactic, cost, limit))
    return value, value, PLAN


def _first_turn(users: Users, tactic: str, cost: float, limit: int) -> float:
    """What asking at once for everything earns, with the best offer beside it, or none."""
    step = users.market.step
    plans = []
    for w in range(len(users.importances)):
        joint = attainable(users.mine, users.sides[0][w]) // step - GAPS[0]
        plans.append(Plan(joint, limit, cost))
    after = [[plan.after(node, 2) for node in _children(_all(tactic), 1, limit)] for plan in plans]
    tried = [None] + [
        Offer(price, levels)
        for levels in users.market.packages()
        for price in {int(users.mine.price(levels, s * step)) for s in range(1, max(p.most for p in plans) + 1)}
    ]
    nodes = _children(_all(tactic), 1, limit)
    sizes = np.array([len(node) for node in nodes], float)
    # Of the users of a node, none or all accept an offer; they share the difference of reservation and demand.
    slack = np.array([node[0][0] - node[0][1].demands(0, 1, limit) for node in nodes], float)
    total = sizes.sum() * len(plans)
    found = -np.inf
    for offer in tried:
        worth = 0.0
        for w, plan in enumerate(plans):
            if offer is None:
                worth += float(sizes @ np.array(after[w]))
                continue
            mine = users.mine.surplus(offer) / step
            # What the offer leaves a user whose reservation is the agent's own.
            left = users.sides[0][w].surplus(offer) / step - GAPS[0]
            accepted = slack + left >= -1e-9
            scores = np.array([sum(max(0.0, mine) / (gap + plan.joint) for gap, _ in node) for node in nodes])
            worth += float(np.where(accepted, scores - 2 * cost * sizes, sizes * np.array(after[w])).sum())
        found = max(found, worth / total)
    return found


class Plan(NamedTuple):
    """What is best once the terms are settled: `joint` is what they add to the gap, in steps."""

    joint: int
    limit: int
    cost: float

    @property
    def most(self) -> int:
        """The greatest surplus that there can be."""
        return GAPS[-1] + self.joint

    def after(self, users: tuple[_User, ...], turn: int) -> float:
        """What is earned on average from users of whom the same offers were heard, at the agent's given turn."""
        return _after(self.joint, self.limit, self.cost, users, turn)


@lru_cache(maxsize=65536)
def _after(joint: int, limit: int, cost: float, users: tuple[_User, ...], turn: int) -> float:
    gaps = np.array([gap for gap, _ in users], float)
    most = gaps + joint
    if (gaps == gaps[0]).all():
        return 1.0 - cost * turn
    mine: Floats = np.arange(1.0, most.max() + 1)[:, None]
    scores = mine / most
    last = float((scores * (mine <= most)).mean(axis=1).max()) - cost * turn
    if turn >= limit:
        return last
    nodes = _children(users, turn, limit)
    later = np.array([_after(joint, limit, cost, node, turn + 1) for node in nodes])
    place = {user: i for i, node in enumerate(nodes) for user in node}
    at = np.array([place[user] for user in users])
    slack = np.array([gap - manner.demands(0, turn, limit) for gap, manner in users], float)
    accepted = mine <= slack + joint
    tried = np.where(accepted, scores - cost * (turn + 1), later[at]).mean(axis=1)
    return max(last, float(tried.max()), float(later[at].mean()))


def _children(users: tuple[_User, ...], turn: int, limit: int) -> list[tuple[_User, ...]]:
    """The users by the offer that they make in a turn."""
    found: defaultdict[int, list[_User]] = defaultdict(list)
    for gap, manner in users:
        found[gap - manner.demands(0, turn, limit)].append((gap, manner))
    return [tuple(node) for node in found.values()]


def _all(tactic: str) -> tuple[_User, ...]:
    return tuple((gap, manner) for gap in GAPS for manner in manners(tactic))
