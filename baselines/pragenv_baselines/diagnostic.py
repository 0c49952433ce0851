"""Agents that bracket every task: `mute` never solves, `uniform` scores chance, `oracle` always solves."""

from __future__ import annotations

from pragenv.errors import AgentError
from pragenv.protocols import Agent, AgentView


class Mute(Agent):
    """Says nothing. Never solves anything."""

    def act(self, view: AgentView) -> str:
        """The empty utterance."""
        return ""


class Uniform(Agent):
    """Commits at once to a uniformly random answer; scores what the task declares as chance."""

    def act(self, view: AgentView) -> str:
        """A random commitment."""
        return view.task.guess(view, view.keys.turn(view.turn))


class Oracle(Agent):
    """Privileged: commits at once to the truth. Always solves."""

    privileged = True

    def act(self, view: AgentView) -> str:
        """The true commitment.

        Raises:
            AgentError: where it is not given the scenario.
        """
        if view.scenario is None:
            raise AgentError("the oracle needs a privileged view (env.unwrapped.agent_view(privileged=True))")
        return view.task.answer(view.scenario)
