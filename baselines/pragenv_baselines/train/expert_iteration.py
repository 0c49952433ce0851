"""`expert_iteration`: sample, keep the best, fine-tune, repeat.

After "STaR-GATE" (Andukuri et al. 2024), which keeps the best of several simulated conversations of each user; there
the best is the one after which the model finds a gold answer most probable, here the one that earns most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from pragenv.protocols import Objective
from pragenv_baselines.train.gradient import seen
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.preference import learn_rows
from pragenv_baselines.train.talks import Talk, by_scenario, rows_of_talks


class ExpertIteration(Objective):
    """Learns to say again what was said in the best conversation of each scenario.

    Args:
        epochs: passes over what was kept.
    """

    altitude = "conversation"

    def __init__(self, epochs: int = 1) -> None:
        require(isinstance(epochs, int) and epochs >= 1, "expert_iteration", "epochs", "at least 1", epochs)
        self._epochs = epochs

    def iterate(self, learner: Learner) -> Mapping[str, float]:
        """One iteration; where nothing was better than the rest, nothing is learned."""
        begun = learner.begin()
        kept = winners(learner.play(begun))
        learner.keep_talks(kept)
        rows = rows_of_talks(kept, [[1.0] * len(talk.steps) for talk in kept])
        found = {**seen(begun), "kept": float(len(kept))}
        for _ in range(self._epochs):
            found |= learn_rows(learner, rows)
        return found


def winners(talks: Sequence[Talk]) -> list[Talk]:
    """The conversation of each scenario that earned most, if that is more than its group's mean."""
    found = []
    for group in by_scenario(talks):
        best = max(group, key=lambda talk: talk.reward)
        if best.reward > fmean(talk.reward for talk in group) + 1e-9:
            found.append(best)
    return found
