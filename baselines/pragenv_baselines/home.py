"""What agents that were made for one task need of it."""

from __future__ import annotations

from typing import TypeVar

from pragenv.errors import AgentError
from pragenv.protocols import AgentView, Task

T = TypeVar("T", bound=Task)


def home(view: AgentView, kind: type[T]) -> T:
    """The view's task, which has to be of a kind.

    Raises:
        AgentError: where it is another.
    """
    if not isinstance(view.task, kind):
        raise AgentError(f"this agent plays the task {kind.name!r} only, not {view.task.name!r}")
    return view.task
