"""The knobs of Reference and their named combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pragenv.intents import BELIEVERS
from pragenv.protocols import Setting
from pragenv.tasks.reference.vocabulary import vocabulary
from pragenv.tasks.specialists import specialists
from pragenv.types import FrozenDict

ROLES = ("speaker", "listener")
DEPTHS = (0, 1, 2)
MOST_OBJECTS = 8
_GRADED = "a description makes objects more or less probable, not possible or impossible; take `rsa`"
_BARRED = FrozenDict(dict.fromkeys(BELIEVERS, _GRADED) | specialists("reference"))


@dataclass(frozen=True, kw_only=True)
class ReferenceSetting(Setting):
    """Knobs of Reference.

    Attributes:
        role: the agent's: `speaker` (it describes, the user picks) or `listener` (the user describes, it picks).
        objects: how many there are, 3 to 8.
        attributes: in how many respects they differ, 2 to 5, drawn for each scenario.
        span: how many features of one utterance count, 1 or 2.
        depth: how far the user reasons, 0 (literally), 1 or 2. Public.
        alpha: how strongly a speaker in the user's thoughts, or the user as a speaker, prefers the better description.
        word_cost: share of the score that each of a speaker's words after the first costs.
        asks_back: whether a user who is torn between objects asks for an attribute that would settle it.
        implicature: share of scenarios in which something can be told by implicature only: no description is true of an
            object alone, and one means it most of all to a listener of depth 1. Where the agent speaks, that object is
            the target, and in the other scenarios the target is one that a description is true of alone. Where it
            listens, the context holds such an object, or none, and any object is the target as probably as another.
    """

    role: str = "speaker"
    objects: int = 4
    attributes: int = 3
    span: int = 1
    depth: int = 1
    alpha: float = 4.0
    word_cost: float = 0.02
    asks_back: bool = True
    implicature: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.role in ROLES, "role", "'speaker' or 'listener'")
        most = min(MOST_OBJECTS, 2**self.attributes)
        self.require(2 <= self.attributes <= len(vocabulary()), "attributes", f"2 to {len(vocabulary())}")
        self.require(3 <= self.objects <= most, "objects", f"3 to {most} with {self.attributes} attributes")
        self.require(self.span in (1, 2), "span", "1 or 2")
        self.require(self.depth in DEPTHS, "depth", "0, 1 or 2")
        self.require(0 < self.alpha <= 100, "alpha", "above 0, and at most 100")
        self.require(0 <= self.word_cost <= 0.5, "word_cost", "in [0, 0.5]")
        self.require(0 <= self.implicature <= 1, "implicature", "a share in [0, 1]")
        self.require(
            self.implicature == 0 or self.span == 1 or (self.attributes > 2 and self.objects > 3),
            "implicature",
            "0 where a span of 2 gives each object a description of its own (2 attributes, or 3 objects)",
        )


def _setting(name: str, *tags: str, **knobs: Any) -> ReferenceSetting:
    usual = {"turn_limit": 6, "turn_cost": 0.05, "agents_not_applicable": _BARRED}
    return ReferenceSetting(**{"name": name, "tags": tags, **usual, **knobs})


SETTINGS: tuple[Setting, ...] = (
    _setting("default"),
    _setting("literal", "depth", depth=0),
    _setting("deep", "depth", depth=2),
    _setting("implied", "information", "user", implicature=1.0, asks_back=False),
    _setting("wordy", "cost", span=2, word_cost=0.1, objects=6),
    _setting("large", "size", objects=8, attributes=4),
    _setting("picking", "role", role="listener"),
    _setting("picking_literal", "role", "depth", role="listener", depth=0),
    _setting("picking_costly", "role", "cost", role="listener", turn_cost=0.25),
)
