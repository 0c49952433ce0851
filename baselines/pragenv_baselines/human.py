"""A person as the agent, in a terminal."""

from __future__ import annotations

import sys

from pragenv.errors import AgentError
from pragenv.protocols import Agent, AgentView


class Human(Agent):
    """Shows what the person has not seen yet and reads one line."""

    def act(self, view: AgentView) -> str:
        """The line that the person types.

        Raises:
            AgentError: where the input has ended.
        """
        unseen = view.dialogue if view.turn == 0 else view.dialogue[-1:]
        for message in unseen:
            sys.stdout.write(f"\n{message.role}: {message.content}\n")
        sys.stdout.write(f"\nyou ({view.turn_limit - view.turn} turns left): ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise AgentError("the input ended before the conversation did")
        return line.rstrip("\n")
