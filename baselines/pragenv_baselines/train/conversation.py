"""`conversation`: a policy gradient on what the whole conversation earns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import Any

from pragenv_baselines.train.gradient import Credits, PolicyGradient, left_out
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.talks import Talk

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
    groups: defaultdict[int, list[float]] = defaultdict(list)
    for talk in talks:
        groups[talk.scenario].append(talk.reward)
    centre = {scenario: (fmean(found), pstdev(found)) for scenario, found in groups.items()}
    return [
        (talk.reward - mean) / spread if (spread := centre[talk.scenario][1]) > 1e-9 else 0.0
        for talk in talks
        for mean in (centre[talk.scenario][0],)
    ]
