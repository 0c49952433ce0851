"""Agents that were made for one task and play no other."""

from __future__ import annotations

from collections.abc import Mapping

_HOMES: Mapping[str, str] = {
    "rsa": "reference",
    **dict.fromkeys(("positional", "tit_for_tat", "integrative"), "negotiate"),
    **dict.fromkeys(("bisect", "coordinate", "one_shot"), "calibrate"),
}


def specialists(task: str) -> dict[str, str]:
    """The agents that do not apply to a task because they play another, with the reason."""
    return {agent: f"it plays the task {home!r} only" for agent, home in _HOMES.items() if home != task}
