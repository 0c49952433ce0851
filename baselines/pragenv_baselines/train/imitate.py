"""`imitate`: next-token likelihood on demonstrations (behaviour cloning)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pragenv import registration
from pragenv.protocols import Agent, Objective
from pragenv.registration import Ref
from pragenv_baselines.train.base import asking, assistant
from pragenv_baselines.train.demonstrations import demonstrate, rows_of_dialogue
from pragenv_baselines.train.gradient import seen
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.preference import learn_rows
from pragenv_baselines.train.talks import Talk


class Imitate(Objective):
    """Learns to say what a demonstrator says, token by token.

    Args:
        demonstrator: who is imitated; by default the assistants in the corpus of the base model.
        filtered: the share of conversations, the best by return, that are learned from; 1 takes all.
    """

    altitude = "token"

    def __init__(self, demonstrator: Ref[Agent] | None = None, filtered: float = 1.0) -> None:
        require(0 < filtered <= 1, "imitate", "filtered", "in (0, 1]", filtered)
        self._filtered = filtered
        self._demonstrator = None if demonstrator is None else registration.agents.make(demonstrator)

    def start(self, learner: Learner) -> None:
        """Find out how often the assistants in the corpus of the base model ask."""
        if self._demonstrator is None:
            self._demonstrator = assistant(asking(learner.envs[0], learner.share))

    def iterate(self, learner: Learner) -> Mapping[str, float]:
        """As many demonstrations as other objectives sample conversations."""
        assert self._demonstrator is not None  # `start` comes first
        limits = learner.limits
        talks = learner.begin(group=1, scenarios=limits.scenarios * limits.group)  # in a group, all would be alike
        demonstrate(self._demonstrator, talks)
        rows = []
        for talk in best([talk for talk in talks if talk.scored], self._filtered):
            rows += rows_of_dialogue(learner.policy, talk.env.agent_view().dialogue)
        learner.progress.tokens += sum(sum(row.own) for row in rows)
        return {**seen(talks), **learn_rows(learner, rows)}


def best(talks: Sequence[Talk], share: float) -> list[Talk]:
    """The share of highest return, at least one of them; of equals, those that came first."""
    order = sorted(range(len(talks)), key=lambda i: -talks[i].reward)
    kept = sorted(order[: max(1, round(share * len(talks)))])
    return [talks[i] for i in kept]
