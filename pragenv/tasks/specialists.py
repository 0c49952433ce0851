"""Agents that were made for one task and play no other."""

from __future__ import annotations

from collections.abc import Mapping

HOMES: Mapping[str, str] = {
    "rsa": "reference",
    **dict.fromkeys(("positional", "tit_for_tat", "integrative"), "negotiate"),
    **dict.fromkeys(("bisect", "coordinate", "one_shot"), "calibrate"),
    **dict.fromkeys(("one_draft", "interviewer", "reviser"), "draft"),
    **dict.fromkeys(("clerk", "lenient"), "service"),
}
"""Each with the task that it plays."""


def specialists(task: str) -> dict[str, str]:
    """The agents that do not apply to a task because they play another, with the reason."""
    return {agent: f"it plays the task {home!r} only" for agent, home in HOMES.items() if home != task}
