"""`belief_gain`: a policy gradient on a dense signal of turns that does know what a question is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pragenv.belief import Belief, signals
from pragenv.errors import ConfigError
from pragenv_baselines.train.gradient import Credits, PolicyGradient, left_out
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.next_turn import verdicts
from pragenv_baselines.train.options import require
from pragenv_baselines.train.talks import Talk


class BeliefGain(PolicyGradient):
    """Credits an utterance with what the reply to it did to an exact belief in the truth; discount 0.

    The change of the log-probability of the true intent, as a share of all that there is to learn (the entropy before
    the opening); the last utterance, to which nobody replies, has the task's verdict. The positive control: it looks no
    further than the next turn, as `next_turn` does, but at what the agent then knows rather than at what it has said.

    Args:
        terminal: weight of the conversation's reward, which every utterance is credited with besides; 0 for none.
        options: of every policy gradient.
    """

    altitude = "turn"

    def __init__(self, terminal: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        require(terminal >= 0, "belief_gain", "terminal", "at least 0", terminal)
        self._terminal = terminal

    def credits(self, learner: Learner, talks: Sequence[Talk]) -> Credits:
        """The advantage of each utterance over what others have said at the same turn."""
        return left_out(talks, [self._returns(talk) for talk in talks])

    def _returns(self, talk: Talk) -> list[float]:
        gains, scores = belief_gains(talk), verdicts(talk)
        earned = [*gains, *scores[len(gains) :]]
        return [one + self._terminal * talk.reward for one in earned]


def belief_gains(talk: Talk) -> list[float]:
    """For each utterance that was replied to, by how much that raised the log-probability of the truth.

    As a share of the entropy of the intents; what rules the truth out counts as a loss of all of it.

    Raises:
        ConfigError: where the task declares no intents.
    """
    env = talk.env
    found = signals(env.task, env.setting, env.scenario, env.dialogue)
    start = None if found is None else Belief.start(env.task.intents(env.scenario.public, env.setting))  # type: ignore[attr-defined]
    if found is None or start is None:
        raise ConfigError(f"belief_gain: task {env.task.name!r} declares no intents in setting {env.setting.name!r}")
    whole = float(start.entropies.sum())
    return np.clip(found.truth[1:] / max(whole, 1e-9), -1.0, 1.0).tolist()  # type: ignore[no-any-return]
