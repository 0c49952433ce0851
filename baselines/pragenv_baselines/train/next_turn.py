"""`next_turn`: a policy gradient on how helpful each utterance is by itself."""

from __future__ import annotations

from collections.abc import Sequence

from pragenv_baselines.train.gradient import Credits, PolicyGradient, left_out
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.talks import Talk


class NextTurn(PolicyGradient):
    """Credits an utterance with the verdict that the task would give if the conversation ended with it; discount 0.

    That is what a rater of single turns sees: an answer may be right, a question has answered nothing yet.
    """

    altitude = "turn"

    def credits(self, learner: Learner, talks: Sequence[Talk]) -> Credits:
        """The advantage of each utterance over what others have said at the same turn."""
        return left_out(talks, [verdicts(talk) for talk in talks])


def verdicts(talk: Talk) -> list[float]:
    """For each of the agent's utterances, the score of the dialogue up to it; 0 where it cannot be scored."""
    env = talk.env
    ends = [i for i, message in enumerate(env.dialogue, start=1) if message.role == "assistant"]
    return [float(env.task.grade(env.scenario, env.dialogue[:end]).score or 0.0) for end in ends]
