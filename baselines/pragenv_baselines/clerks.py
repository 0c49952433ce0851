"""Agents for Service that ask for all that is missing at once: one keeps to the policy, one is too kind."""

from __future__ import annotations

from typing import ClassVar

from pragenv.protocols import Agent, AgentView
from pragenv.tasks.service import Service
from pragenv_baselines.home import home


class Clerk(Agent):
    """Asks, looks up, does what is wanted if the policy allows, and tells what came of it.

    It knows of the database what the tools have given, and asks for nothing that no longer matters.
    """

    heeds: ClassVar[bool] = True
    """Whether it keeps to the policy."""

    def act(self, view: AgentView) -> str:
        """Questions, a call, or the closing.

        Raises:
            AgentError: in another task than Service.
        """
        task = home(view, Service)
        return task.desk(view, self.heeds).utterance(task.acts(view))


class Lenient(Clerk):
    """Does whatever is wanted and can be done, whatever the policy says."""

    heeds = False
