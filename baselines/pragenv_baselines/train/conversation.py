"""`conversation`: a policy gradient on what the whole conversation earns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, pstdev
from typing import Any

from pragenv_baselines.train.gradient import Credits, PolicyGradient, left_out
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.ppo import ValueHead
from pragenv_baselines.train.talks import Talk, by_scenario

ALGORITHMS = ("rloo", "grpo", "ppo")


class Conversation(PolicyGradient):
    """Credits every utterance with the reward at the end of its conversation.

    Args:
        algorithm: `rloo`, less the mean of the group's other conversations; `grpo`, less the group's mean, divided by
            its standard deviation (Shao et al. 2024, equation 3); `ppo`, generalised advantages by a value head
            (Schulman et al. 2017).
        value_rate: learning rate of the value head.
        gae: lambda of the generalised advantages, in [0, 1].
        options: of every policy gradient.
    """

    altitude = "conversation"

    def __init__(self, algorithm: str = "rloo", value_rate: float = 1e-3, gae: float = 0.95, **options: Any) -> None:
        super().__init__(**options)
        require(algorithm in ALGORITHMS, "conversation", "algorithm", f"one of {', '.join(ALGORITHMS)}", algorithm)
        require(value_rate > 0, "conversation", "value_rate", "above 0", value_rate)
        require(0 <= gae <= 1, "conversation", "gae", "in [0, 1]", gae)
        self._algorithm, self._value_rate, self._gae = algorithm, value_rate, gae
        self._head: ValueHead | None = None

    def start(self, learner: Learner) -> None:
        """Make the value head, if there is to be one."""
        if self._algorithm == "ppo":
            self._head = ValueHead(learner, self._value_rate, self._gae)

    def credits(self, learner: Learner, talks: Sequence[Talk]) -> Credits:
        """The advantage of each utterance; by `rloo` and `grpo`, that of its conversation."""
        if self._head is not None:
            return self._head.advantages(learner, talks)
        if self._algorithm == "grpo":
            return [[a] * len(t.steps) for t, a in zip(talks, standardised(talks), strict=True)]
        once = left_out(talks, [[talk.reward] for talk in talks])
        return [one * len(talk.steps) for talk, one in zip(talks, once, strict=True)]

    def state(self) -> Mapping[str, Any]:
        """Of the value head, if there is one."""
        return {} if self._head is None else self._head.state()

    def load(self, state: Mapping[str, Any]) -> None:
        """Take it up."""
        if self._head is not None:
            self._head.load(state)


def standardised(talks: Sequence[Talk]) -> list[float]:
    """Each reward less its group's mean, in the group's standard deviations; 0 where all are equal."""
    centres = {}
    for group in by_scenario(talks):
        rewards = [talk.reward for talk in group]
        centres[group[0].scenario] = fmean(rewards), pstdev(rewards)
    found = []
    for talk in talks:
        mean, spread = centres[talk.scenario]
        found.append((talk.reward - mean) / spread if spread > 1e-9 else 0.0)
    return found
