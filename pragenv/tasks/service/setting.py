"""The knobs of Service and their named combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pragenv.intents import BELIEVERS
from pragenv.protocols import Setting
from pragenv.tasks.specialists import specialists
from pragenv.types import FrozenDict

_BARRED = FrozenDict(
    dict.fromkeys(BELIEVERS, "what there is to book is in a database, over which it holds no belief; take `clerk`")
    | specialists("service")
)


@dataclass(frozen=True, kw_only=True)
class ServiceSetting(Setting):
    """Knobs of Service.

    Attributes:
        reveal: chance that the opening tells a part of what is wanted, for each part; what kind of errand it is, it
            always tells.
        refused: share of users whose wish cannot be met or is against the policy; each reason is as frequent.
    """

    reveal: float = 0.3
    refused: float = 0.4

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(0 <= self.reveal <= 1, "reveal", "a share in [0, 1]")
        self.require(0 <= self.refused <= 1, "refused", "a share in [0, 1]")


def _setting(name: str, *tags: str, **knobs: Any) -> ServiceSetting:
    usual = {"turn_limit": 16, "turn_cost": 0.01, "agents_not_applicable": _BARRED}
    return ServiceSetting(**{"name": name, "tags": tags, **usual, **knobs})


SETTINGS: tuple[Setting, ...] = (
    _setting("default"),
    _setting("vague", "information", reveal=0.0),
    _setting("told", "information", reveal=1.0),
    _setting("barred", "policy", refused=1.0),
    _setting("costly", "cost", turn_cost=0.05),
)
