"""The knobs of Sharded and their named combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pragenv.errors import unknown
from pragenv.intents import BELIEVERS
from pragenv.protocols import Setting
from pragenv.tasks.specialists import specialists
from pragenv.types import FrozenDict

KINDS = ("math", "code", "database", "actions", "data_to_text", "summary", "translation")
VIEWS = ("full", "concat", "shuffle_concat", "sharded")
RULES = ("first", "any", "last")
REPEATS = ("recap", "snowball")
_COMPETENCE = "it works nothing out; take `solver`, or a language model"
_BARRED = FrozenDict(
    dict.fromkeys(("answer_first", "ask_k", "ask_sometimes", "clarify_first", "random_ask"), _COMPETENCE)
    | dict.fromkeys(BELIEVERS, "what an instruction may be is not declared, so there is nothing to believe")
    | specialists("sharded")
)


@dataclass(frozen=True, kw_only=True)
class ShardedSetting(Setting):
    """Knobs of Sharded.

    Attributes:
        kind: only instructions of this kind; empty means all.
        view: how much of the instruction the user says at once: `full` (the whole instruction as one text), `concat`
            (all shards as a list), `shuffle_concat` (the same, all but the first in another order), or `sharded` (the
            first shard, then one more a turn).
        attempts: when the task has completed, and which attempt counts: `first` (the first ends it), `any` (a right
            one ends it and a wrong one goes on: Laban et al. 2025), or `last` (one made after everything was told ends
            it; the last counts).
        recognise: whether an answer that does not keep to the commit form is taken for an attempt too, where the kind's
            rules or the task's judge recognise it.
    """

    kind: str = ""
    view: str = "sharded"
    attempts: str = "first"
    recognise: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind and self.kind not in KINDS:
            raise unknown("kind", self.kind, KINDS)
        if self.view not in VIEWS:
            raise unknown("view", self.view, VIEWS)
        if self.attempts not in RULES:
            raise unknown("rule on attempts", self.attempts, RULES)


def _setting(name: str, *tags: str, **knobs: Any) -> ShardedSetting:
    return ShardedSetting(**{"name": name, "turn_limit": 12, "agents_not_applicable": _BARRED, "tags": tags, **knobs})


SETTINGS: tuple[Setting, ...] = (
    _setting("default"),
    *(_setting(view, "view", view=view) for view in VIEWS if view != "sharded"),
    *(_setting(how, "view", repeats=how) for how in REPEATS),
    *(_setting(kind, "kind", kind=kind) for kind in KINDS if kind != "summary"),
    _setting("any", "attempts", attempts="any"),
)
"""Summaries, which nobody grades unless there is a judge, and the rule `last` are there as knobs."""
