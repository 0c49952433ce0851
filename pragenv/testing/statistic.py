"""Does the uniform agent score what the task says it should? A test a setting, one error rate for all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pragenv.env import DialogueEnv
from pragenv.errors import DataError
from pragenv.protocols import Agent, Setting, Task
from pragenv.registration import simulators
from pragenv.types import mix

ALPHA = 1e-4
"""The chance to accuse a family of right tasks wrongly."""


class UniformStatistic(NamedTuple):
    """Total score of the random guess, what it should be on these scenarios, and how surprising the difference is."""

    score: float
    expected: float
    episodes: int
    p_value: float


def uniform_statistic(
    task: Task, setting: Setting, episodes: int = 300, seed: int = 0, agent: Agent | None = None
) -> UniformStatistic:
    """Compare the total score of random guesses with the sum of `chance`; given the scenarios, scores are independent.

    Args:
        task: which declares `chance`.
        setting: of the task.
        episodes: how many scenarios.
        seed: of the scenarios and guesses.
        agent: who guesses; by default `guess` is called with a random key right after the opening.

    Raises:
        DataError: where an episode has no score, or `chance` is no probability.
    """
    env = DialogueEnv(task, setting, simulators.make("scripted"), task.SPLITS[0])
    scores, chances = [], []
    for episode in range(episodes):
        env.reset(seed=None if episode else seed)
        view = env.agent_view()
        key = mix(seed, episode)
        env.step(agent.act(view) if agent else task.guess(view, key))
        while env.end_reason is None:  # a task may let one try again
            view, key = env.agent_view(), mix(key, env.turn)
            env.step(agent.act(view) if agent else task.guess(view, key))
        chance = task.chance(env.scenario)
        if env.verdict.score is None or not 0 <= chance <= 1:
            raise DataError(f"episode {episode}: chance is {chance!r}, the random guess got {env.verdict}")
        scores.append(env.verdict.score)
        chances.append(chance)
    exact = set(scores) <= {0.0, 1.0}
    p_value = poisson_binomial(round(sum(scores)), chances) if exact else bounded_sum(sum(scores), chances)
    return UniformStatistic(float(sum(scores)), float(sum(chances)), episodes, p_value)


def poisson_binomial(hits: int, chances: Sequence[float]) -> float:
    """Two-sided p-value of a number of successes in independent trials of these chances: twice the lesser tail."""
    mass = np.ones(1)
    for chance in chances:
        mass = np.convolve(mass, (1 - chance, chance))
    return float(min(1.0, 2 * min(mass[: hits + 1].sum(), mass[hits:].sum())))


def bounded_sum(total: float, means: Sequence[float]) -> float:
    """Upper bound on the two-sided p-value of a sum of independent numbers in [0, 1] of these means.

    The lesser of Hoeffding's (1963, theorem 2) and Bernstein's bound; a number in [0, 1] of mean m has a variance of at
    most m(1 - m). Both bound one and the same probability, so taking the lesser costs nothing.
    """
    off = abs(total - math.fsum(means))
    if off < 1e-9:
        return 1.0
    variance = math.fsum(m * (1 - m) for m in means)
    exponent = max(2 * off**2 / len(means), off**2 / 2 / (variance + off / 3))
    return min(1.0, 2 * math.exp(-exponent))


def rejected(p_values: Mapping[str, float], alpha: float = ALPHA) -> list[str]:
    """The hypotheses that Holm's procedure (1979) rejects at a family-wise error rate."""
    names = sorted(p_values, key=lambda name: p_values[name])
    for rank, name in enumerate(names):
        if p_values[name] > alpha / (len(names) - rank):
            return names[:rank]
    return names
