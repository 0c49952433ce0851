"""`none`: the model as it is, to hold what was learned against."""

from __future__ import annotations

from collections.abc import Mapping

from pragenv.protocols import Objective
from pragenv_baselines.train.learner import Learner


class Nothing(Objective):
    """Learns nothing: the base model, with a row of its own beside what came of it."""

    altitude = "none"
    learns = False

    def iterate(self, learner: Learner) -> Mapping[str, float]:
        """Not called."""
        return {}
