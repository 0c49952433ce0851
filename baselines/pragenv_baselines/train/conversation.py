"""`conversation`: a policy gradient on what the whole conversation earns."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import Any

from pragenv_baselines.train.gradient import Credits, PolicyGradient, left_out
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.talks import Talk, by_scenario

ALGORITHMS = ("rloo", "grpo")


class Conversation(PolicyGradient):
    """Credits every utterance with the reward at the end of its conversation.

    Args:
        algorithm: `rloo`, less the mean of the group's other conversations; `grpo`, less the group's mean, divided by
            its standard deviation (Shao et al. 2024, equation 3).
        options: of every policy gradient.
    """

    altitude = "conversation"

    def __init__(self, algorithm: str = "rloo", **options: Any) -> None:
        super().__init__(**options)
        require(algorithm in ALGORITHMS, "conversation", "algorithm", f"one of {', '.join(ALGORITHMS)}", algorithm)
        self._algorithm = algorithm

    def credits(self, learner: Learner, talks: Sequence[Talk]) -> Credits:
        """The advantage of each conversation, for each of its utterances."""
        if self._algorithm == "grpo":
            return [[a] * len(t.steps) for t, a in zip(talks, standardised(talks), strict=True)]
        once = left_out(talks, [[talk.reward] for talk in talks])
        return [one * len(talk.steps) for talk, one in zip(talks, once, strict=True)]


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
