"""The knobs of Clarify and their named combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pragenv.intents import BELIEVERS
from pragenv.protocols import Setting
from pragenv.tasks.specialists import specialists
from pragenv.types import FrozenDict

_NEEDS_FORM = "the form is hidden, so there is nothing to take fields and options from"

_FOREIGN = FrozenDict(specialists("clarify"))
_USERS_OF_FORMS = ("answer_first", "ask_k", "ask_sometimes", "clarify_first", "random_ask", *BELIEVERS)


@dataclass(frozen=True, kw_only=True)
class ClarifySetting(Setting):
    """Knobs of Clarify.

    Attributes:
        forms: how many of the split's forms requests are about, the first by name; 0 means all.
        fields: how many of a form's fields count, drawn at random; 0 means all.
        reveal: share of the fields that an underspecified request reveals (rounded at random; never all).
        full: share of requests that are fully specified, so that asking is waste.
        skew: options have prior probability proportional to rank**-skew, ranks drawn anew and public; 0 is uniform.
        conflict: the truth is always one of the less probable half of the options.
        hidden: the agent does not see the form.
        grading: `exact` (1 if every field is right, else 0) or `weighted` (share right, weighted by importance).
        answers_per_turn: how many of the fields asked about in one utterance the user answers.
        revision: share of scenarios in which the user changes one value at its second or third turn, and says so.
    """

    forms: int = 0
    fields: int = 0
    reveal: float = 0.4
    full: float = 0.2
    skew: float = 0.0
    conflict: bool = False
    hidden: bool = False
    grading: str = "exact"
    answers_per_turn: int = 1
    revision: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.forms >= 0, "forms", "at least 0 (all)")
        self.require(self.fields == 0 or 1 <= self.fields <= 8, "fields", "0 (all) or 1 to 8")
        for share in ("reveal", "full", "revision"):
            self.require(0 <= getattr(self, share) <= 1, share, "a share in [0, 1]")
        self.require(0 <= self.skew <= 5, "skew", "in [0, 5]")
        self.require(not self.conflict or self.skew > 0, "conflict", "false unless skew > 0 (no option is improbable)")
        self.require(self.grading in ("exact", "weighted"), "grading", "'exact' or 'weighted'")
        self.require(self.answers_per_turn >= 1, "answers_per_turn", "at least 1")


def _setting(name: str, *tags: str, **knobs: Any) -> ClarifySetting:
    usual = {"turn_limit": 12, "turn_cost": 0.02, "agents_not_applicable": _FOREIGN}
    return ClarifySetting(**{"name": name, "tags": tags, **usual, **knobs})


SETTINGS: tuple[Setting, ...] = (
    _setting("default"),
    _setting("small", "size", fields=3),
    _setting("few_forms", "size", forms=4, fields=3),
    _setting("few_vague", "size", "information", forms=4, fields=3, reveal=0.0),
    _setting("large", "size", fields=8, reveal=0.25, full=0.1),
    _setting("vague", "information", reveal=0.0, full=0.0),
    _setting("specified", "information", full=1.0),
    _setting("mixed", "information", full=0.5),
    _setting("skewed", "prior", skew=1.5),
    _setting("conflict", "prior", skew=1.5, conflict=True),
    _setting(
        "hidden_form",
        "knowledge",
        hidden=True,
        agents_not_applicable=FrozenDict(dict.fromkeys(_USERS_OF_FORMS, _NEEDS_FORM) | _FOREIGN),
    ),
    _setting("weighted", "grading", grading="weighted"),
    _setting("costly", "cost", turn_cost=0.15),
    _setting("generous", "user", answers_per_turn=3),
    _setting("revision", "user", revision=1.0, full=0.0),
)
