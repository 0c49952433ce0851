"""Agents for Service: one finds out what is wanted and keeps to the policy, one does not ask, one is too kind."""

from __future__ import annotations

from typing import ClassVar

from pragenv.errors import AgentError
from pragenv.protocols import Agent, AgentView
from pragenv.tasks.service import Service


class Clerk(Agent):
    """Asks for all that is missing at once, looks up, does what is wanted if the policy allows, and tells the result.

    It knows of the database what the tools have given, and asks for nothing that no longer matters.
    """

    asks: ClassVar[bool] = True
    heeds: ClassVar[bool] = True

    def act(self, view: AgentView) -> str:
        """Questions, a call, or the closing.

        Raises:
            AgentError: in another task than Service.
        """
        if not isinstance(view.task, Service):
            raise AgentError(f"task {view.task.name!r} has no tools; this agent plays `service` only")
        found = view.task.desk(view, self.heeds)
        return found.utterance(view.task.acts(view)) if self.asks else found.step()


class Hasty(Clerk):
    """Asks nothing: acts at once on what the opening tells, and takes the first that there is for all else."""

    asks = False


class Lenient(Clerk):
    """Does whatever is wanted and can be done, whatever the policy says."""

    heeds = False
