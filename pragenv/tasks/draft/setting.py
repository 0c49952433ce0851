"""The knobs of Draft and their named combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pragenv.intents import BELIEVERS
from pragenv.protocols import Setting
from pragenv.tasks.specialists import specialists
from pragenv.types import FrozenDict

_BARRED = FrozenDict(
    dict.fromkeys(BELIEVERS, "a comment is about the first of several points; take `reviser`") | specialists("draft")
)


@dataclass(frozen=True, kw_only=True)
class DraftSetting(Setting):
    """Knobs of Draft.

    Attributes:
        requirements: how many points the user's specification has, drawn at random from form, length, tone, reader and
            the six facts of a document.
        comments: whether the user comments on drafts; else it only answers questions.
        vague: chance that a comment says which point is amiss, and not what is wanted instead; drawn with the intent.
    """

    requirements: int = 6
    comments: bool = True
    vague: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(1 <= self.requirements <= 10, "requirements", "1 to 10")
        self.require(0 <= self.vague <= 1, "vague", "a chance in [0, 1]")


def _setting(name: str, *tags: str, **knobs: Any) -> DraftSetting:
    usual = {"turn_limit": 16, "turn_cost": 0.02, "agents_not_applicable": _BARRED}
    return DraftSetting(**{"name": name, "tags": tags, **usual, **knobs})


SETTINGS: tuple[Setting, ...] = (
    _setting("default"),
    _setting("small", "size", requirements=3),
    _setting("large", "size", requirements=10),
    _setting("answers_only", "user", comments=False),
    _setting("vague", "user", vague=1.0),
    _setting("costly", "cost", turn_cost=0.1),
)
