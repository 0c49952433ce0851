"""Scenarios of Negotiate whose every part is given: a bicycle, with delivery and warranty."""

from collections.abc import Mapping
from typing import Any

from talk import user_view

from pragenv.protocols import UserView
from pragenv.tasks.negotiate import Negotiate
from pragenv.types import Dialogue, FrozenDict, Message, Scenario

TASK = Negotiate()
OPENING = Message("user", "I've come about a second-hand bicycle.")
BUYER: Mapping[str, Any] = {
    "reservation": 400,
    "importance": {"delivery": "much", "warranty": "little"},
    "tactic": "firm",
    "demand": 8,
    "pace": 1.0,
}
"""The user's side; a step is £5: delivery is worth £50 and £100 to it, the warranty £10 and £20."""


def selling(integrative: bool = True, rounds: int = 10, tactic: str = "firm", **brief: Any) -> Scenario:
    """The agent sells from £350 on; delivery costs it £10 and £20, the warranty £50 and £100."""
    public = FrozenDict(
        market="bicycle",
        terms=("delivery", "warranty"),
        role="seller",
        tactic=tactic,
        integrative=integrative,
        rounds=rounds,
        phrasing="train",
    )
    mine = {"reservation": 350, "importance": {"delivery": "little", "warranty": "much"}}
    return Scenario(public, {**BUYER, "tactic": tactic, **brief}, mine)


def spoken(*lines: str) -> Dialogue:
    """A dialogue after the opening, the agent's and the user's words by turns."""
    roles = ("assistant", "user")
    return (OPENING, *(Message(roles[i % 2], line) for i, line in enumerate(lines)))  # type: ignore[arg-type]


def hearing(scenario: Scenario, *lines: str, **traits: Any) -> UserView:
    """What the user knows after these words."""
    return user_view(TASK, scenario, spoken(*lines), traits=traits)
