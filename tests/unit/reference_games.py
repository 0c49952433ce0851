"""Contexts of Reference that are small enough to work out by hand, and episodes in its environments."""

from typing import Any

import numpy as np
from scipy import stats
from talk import ALPHA

from pragenv import Agent
from pragenv.registration import make_env
from pragenv.tasks.reference import Reference
from pragenv.types import FrozenDict, Scenario

TASK = Reference()
CORNER = FrozenDict(
    role="speaker",
    attributes=("colour", "shape"),
    objects=(("blue", "square"), ("blue", "circle"), ("green", "square")),
    span=1,
    depth=1,
    alpha=1.0,
    word_cost=0.1,
    asks_back=True,
    phrasing="train",
)
"""The context of Frank and Goodman (2012): hearing "blue", a listener of depth 1 believes in the square at 0.6."""


def corner(target: int = 0, order: tuple[int, ...] = (0, 1, 2), draw: float = 0.3, **public: Any) -> Scenario:
    return Scenario(FrozenDict({**CORNER, **public}), FrozenDict(order=order, draw=draw), FrozenDict(target=target))


def picking(target: int = 0, said: Any = (("colour", "blue"),), **public: Any) -> Scenario:
    return Scenario(FrozenDict({**CORNER, "role": "listener", **public}), FrozenDict(target=target, said=said))


def play(env: Any, agent: Agent, seed: int) -> float:
    env.reset(seed=seed)
    while env.end_reason is None:
        env.step(agent.act(env.agent_view(agent.privileged)))
    return float(env.reward)


def excess(setting: str, agent: Agent, expected: Any, n: int, **knobs: Any) -> np.ndarray:
    """By how much the reward of each of n episodes differs from what is expected of its scenario."""
    env = make_env("reference", setting, split="test", simulator="scripted", knobs=knobs)
    return np.array([play(env, agent, seed) - expected(env.scenario, env.setting) for seed in range(n)])


def deviates(gaps: np.ndarray) -> bool:
    """Whether the mean is not 0, at `ALPHA`."""
    return bool(abs(gaps.mean()) > stats.norm.isf(ALPHA / 2) * gaps.std(ddof=1) / len(gaps) ** 0.5 + 1e-9)
