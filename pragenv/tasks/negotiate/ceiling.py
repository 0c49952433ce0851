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

import numpy as np

from pragenv.protocols import Setting
from pragenv.tasks.negotiate.belief import Floats, Users, believed, users_of
from pragenv.tasks.negotiate.market import Market, markets
from pragenv.tasks.negotiate.sides import Side, attainable
from pragenv.tasks.negotiate.tactics import GAPS, Manner

PLAN = "dynamic programming over the offers that the user makes"
BOUND = (
    "a last offer at once, or all that is attainable a turn later; reached: the best without an offer before the last"
)
_User = tuple[int, Manner]
"""How far its reservation lies beyond the agent's, and how it bargains; in steps, as all here is."""


def best(users: Users, setting: Setting) -> tuple[float, float, str]:
    """What the best possible agent expects to earn from the opening on, what is known to be reached, and how."""
    return _best(_plain(users), setting.turn_cost, setting.turn_limit)


def _plain(users: Users) -> Users:
    """The same problem in steps from the agent's reservation: whatever is sold, it is worth the same."""
    step, mine = users.market.step, users.mine
    worths = tuple(tuple(value // step for value in worth) for worth in mine.worths)
    anything = Market("", "", "", "", 0, 1, markets()[0].terms[: len(worths)])
    return users_of(anything, Side(mine.role, 0, worths), users.importance, users.tactic, users.rounds)


@lru_cache(maxsize=1024)
def _best(users: Users, cost: float, limit: int) -> tuple[float, float, str]:
    at_once = believed(users, ()).best()[1] - cost
    imitates = any(manner.tactic == "tit_for_tat" for manner in users.manners)
    # Who makes no offer before its last concedes nothing, and whoever gives tit for tat then concedes nothing either.
    value = at_once if limit == 1 else max(at_once, _first_turn(users, cost, limit, tries=not imitates))
    if not imitates:
        return value, value, PLAN
    return (at_once if limit == 1 else max(at_once, 1.0 - 2 * cost)), value, BOUND


def _first_turn(users: Users, cost: float, limit: int, tries: bool) -> float:
    """What asking at once for everything earns, with the best offer beside it if there may be one, or none."""
    everyone = tuple((gap, manner) for gap in GAPS for manner in users.manners)
    nodes = _children(everyone, 1, limit)
    sizes = np.array([len(node) for node in nodes], float)
    joints = [attainable(users.mine, side) - GAPS[0] for side in users.sides[0]]
    later = np.array([[_after(joint, limit, cost, node, 2, tries) for node in nodes] for joint in joints])
    found = float((later @ sizes).mean() / sizes.sum())
    if not tries:
        return found
    # Of the users of a node, none or all accept an offer; they share the difference of reservation and demand.
    slack = np.array([gap - manner.demands(0, 1, limit) for gap, manner in (node[0] for node in nodes)], float)
    shares = np.array([[sum(1 / (gap + joint) for gap, _ in node) for node in nodes] for joint in joints])
    for levels in users.market.packages():
        # What the levels leave a user whose reservation is the agent's own, if the agent earns nothing.
        free = np.array([users.mine.terms(levels) + side.terms(levels) for side in users.sides[0]], float)
        for mine in range(1, int(GAPS[-1] + free.max()) + 1):
            accepted = slack + free[:, None] - mine >= 0
            worth = np.where(accepted, mine * shares - 2 * cost * sizes, sizes * later)
            found = max(found, float(worth.sum(axis=1).mean() / sizes.sum()))
    return found


@lru_cache(maxsize=65536)
def _after(joint: int, limit: int, cost: float, users: tuple[_User, ...], turn: int, tries: bool) -> float:
    """What is earned on average at the agent's given turn from users whose offers have been the same so far.

    `joint` is what the terms add to the gap between the reservations.
    """
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
    later = np.array([_after(joint, limit, cost, node, turn + 1, tries) for node in nodes])
    place = {user: i for i, node in enumerate(nodes) for user in node}
    continued = later[[place[user] for user in users]]
    found = max(last, float(continued.mean()))
    if tries:
        slack = np.array([gap - manner.demands(0, turn, limit) for gap, manner in users], float)
        worth = np.where(mine <= slack + joint, scores - cost * (turn + 1), continued)
        found = max(found, float(worth.mean(axis=1).max()))
    return found


def _children(users: tuple[_User, ...], turn: int, limit: int) -> list[tuple[_User, ...]]:
    """The users by the offer that they make in a turn."""
    found: defaultdict[int, list[_User]] = defaultdict(list)
    for gap, manner in users:
        found[gap - manner.demands(0, turn, limit)].append((gap, manner))
    return [tuple(node) for node in found.values()]
