"""The knobs of Calibrate and their named combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pragenv.errors import unknown
from pragenv.intents import BELIEVERS
from pragenv.protocols import Setting
from pragenv.tasks.specialists import specialists
from pragenv.types import FrozenDict

FEEDBACK = ("direction", "directions", "comparison")
_BARRED = FrozenDict(
    dict.fromkeys(BELIEVERS, "a reply is about several dimensions at once; take `bisect`") | specialists("calibrate")
)


@dataclass(frozen=True, kw_only=True)
class CalibrateSetting(Setting):
    """Knobs of Calibrate.

    Attributes:
        dimensions: how many of a space's dimensions count, drawn at random; 0 means all (a space has 2 to 5).
        feedback: what the user says of a proposal: `direction` (of the dimension that is most off, whether it is too
            much or too little), `directions` (the same of every one that is off), or `comparison` (whether it is closer
            than the proposal before or farther). Any of them says when a proposal is right.
        noise: standard deviation of what is felt of a dimension around what is there, as a share of its range, drawn
            anew in each turn (Thurstone 1927, case V).
        interaction: how much of the deviation of the dimension before it (the first follows the last) is felt in a
            dimension besides its own.
        reach: how far off, as a share of a dimension's range, a commitment earns nothing for it.
    """

    dimensions: int = 3
    feedback: str = "direction"
    noise: float = 0.0
    interaction: float = 0.0
    reach: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(0 <= self.dimensions <= 5, "dimensions", "0 (all) or 1 to 5")
        if self.feedback not in FEEDBACK:
            raise unknown("feedback", self.feedback, FEEDBACK)
        self.require(0 <= self.noise <= 0.5, "noise", "a share in [0, 0.5]")
        # From one half on, a proposal that is felt to be right could be more than half a step off.
        self.require(0 <= self.interaction < 0.5, "interaction", "in [0, 0.5)")
        self.require(0 < self.reach <= 1, "reach", "a share in (0, 1]")


def _setting(name: str, *tags: str, **knobs: Any) -> CalibrateSetting:
    usual = {"turn_limit": 24, "turn_cost": 0.01, "agents_not_applicable": _BARRED}
    return CalibrateSetting(**{"name": name, "tags": tags, **usual, **knobs})


SETTINGS: tuple[Setting, ...] = (
    _setting("default"),
    _setting("small", "size", dimensions=2),
    _setting("large", "size", dimensions=0, turn_limit=36),
    _setting("directions", "feedback", feedback="directions"),
    _setting("comparison", "feedback", feedback="comparison", turn_limit=36),
    _setting("noisy", "noise", noise=0.05),
    _setting("interacting", "interaction", interaction=0.4),
    _setting(
        "hard", "feedback", "noise", "interaction", feedback="comparison", noise=0.05, interaction=0.4, turn_limit=36
    ),
    _setting("costly", "cost", turn_cost=0.05),
    _setting("short", "limit", turn_limit=6),
)
