"""Rule agents that differ in one thing: how long they ask before they commit.

Each commits on its last turn, with the most probable answer given what it has heard.
"""

from __future__ import annotations

from pragenv.errors import ConfigError
from pragenv.protocols import Agent, AgentView
from pragenv.types import mix, uniform


def ask_or_commit(view: AgentView, may_ask: bool, key: int | None = None) -> str:
    """The most useful open question if asking is allowed, possible and in time to be answered; else the best answer.

    Args:
        view: of the agent.
        may_ask: whether asking is allowed.
        key: of the question's wording; None draws one at every turn.
    """
    if may_ask and view.turn < view.turn_limit - 1 and (open_questions := view.task.questions(view)):
        return view.task.acts(view).phrase(open_questions[0], view.keys.turn(view.turn) if key is None else key)
    return view.task.guess(view)


class AnswerFirst(Agent):
    """Commits at once, taking the most probable value for what it does not know."""

    def act(self, view: AgentView) -> str:
        """The best answer so far."""
        return ask_or_commit(view, may_ask=False)


class AskK(Agent):
    """Asks up to k questions, then commits.

    Args:
        k: how many; at least 0.
    """

    def __init__(self, k: int = 2) -> None:
        if not isinstance(k, int) or k < 0:
            raise ConfigError(f"ask_k: k must be a whole number, at least 0, got {k!r}")
        self.k = k

    def act(self, view: AgentView) -> str:
        """A question during the first k turns while any is open."""
        return ask_or_commit(view, may_ask=view.turn < self.k)


class ClarifyFirst(Agent):
    """Asks until nothing is missing, and asks nothing where nothing is."""

    def act(self, view: AgentView) -> str:
        """A question while any is open."""
        return ask_or_commit(view, may_ask=True)


class AskSometimes(Agent):
    """Asks until nothing is missing in a share of conversations, and nothing in the others.

    Args:
        share: the chance that a conversation is one of them.
        wording: key of the words that every question is asked in; None draws them at every turn.
    """

    def __init__(self, share: float = 0.1, wording: int | None = None) -> None:
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise ConfigError(f"ask_sometimes: share must be in [0, 1], got {share!r}")
        self._share, self._wording = share, wording

    def act(self, view: AgentView) -> str:
        """A question, if the conversation's draw has it so and any is open; else the best answer."""
        return ask_or_commit(view, may_ask=uniform(mix(view.keys.turn(0), 13)) < self._share, key=self._wording)
