"""The knobs of Negotiate and their named combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pragenv.errors import unknown
from pragenv.intents import BELIEVERS
from pragenv.protocols import Setting
from pragenv.tasks.specialists import specialists
from pragenv.types import FrozenDict

TACTICS = ("concede", "tit_for_tat", "firm")
ROLES = ("buyer", "seller")
_BARRED = FrozenDict(
    dict.fromkeys(BELIEVERS, "what is settled is no value of a slot; take `integrative`, or `clarify_first`")
    | specialists("negotiate")
)


@dataclass(frozen=True, kw_only=True)
class NegotiateSetting(Setting):
    """Knobs of Negotiate.

    Attributes:
        tactic: how the user bargains (see `pragenv.tasks.negotiate.tactics`): `concede`, `tit_for_tat`, `firm`, or
            `mixed`, one of these, any as likely as another, which only the user knows.
        role: the agent's, `buyer`, `seller`, or `either`, drawn for each scenario.
        integrative: whether the sides weigh the side terms independently of each other, so that asking can create
            surplus; else both weigh them equally, and know it: what a level brings the buyer is what it costs the
            seller, and all deals leave the same to share.
    """

    tactic: str = "concede"
    role: str = "either"
    integrative: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for knob, known in (("tactic", (*TACTICS, "mixed")), ("role", (*ROLES, "either"))):
            if (given := getattr(self, knob)) not in known:
                raise unknown(knob, given, known)


def _setting(name: str, *tags: str, **knobs: Any) -> NegotiateSetting:
    usual = {"turn_limit": 10, "turn_cost": 0.01, "agents_not_applicable": _BARRED}
    return NegotiateSetting(**{"name": name, "tags": tags, **usual, **knobs})


SETTINGS: tuple[Setting, ...] = (
    _setting("default"),
    _setting("tit_for_tat", "user", tactic="tit_for_tat"),
    _setting("firm", "user", tactic="firm"),
    _setting("mixed", "user", tactic="mixed"),
    _setting("distributive", "surplus", integrative=False),
    _setting("short", "limit", turn_limit=5),
)
