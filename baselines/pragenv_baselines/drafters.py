"""Agents for Draft: one writes at once, one asks about every point, one drafts and mends what is commented on.

All write with the task's composer.
"""

from __future__ import annotations

from pragenv.protocols import COMMIT, Agent, AgentView
from pragenv.tasks.draft import Draft
from pragenv.tasks.draft.ceiling import any_amiss
from pragenv_baselines.home import home


class OneDraft(Agent):
    """Writes at once from the request, and commits to that."""

    def act(self, view: AgentView) -> str:
        """The commitment.

        Raises:
            AgentError: in another task than Draft.
        """
        return home(view, Draft).guess(view)


class Interviewer(Agent):
    """Asks about every point, one a turn, as long as an answer is worth the turn; then writes, and commits to that."""

    def act(self, view: AgentView) -> str:
        """A question, or the commitment.

        Raises:
            AgentError: in another task than Draft.
        """
        task = home(view, Draft)
        left = task.possible(view)
        open_ones = [act for act in task.questions(view) if (1 - 1 / len(left[act.slot])) / len(left) > view.turn_cost]
        if open_ones and view.turn < view.turn_limit - 1:
            return task.acts(view).phrase(open_ones[0], view.keys.turn(view.turn))
        return task.guess(view)


class Reviser(Agent):
    """Shows a draft, and mends what the user comments on.

    It commits once a draft brought no comment, once nothing can be amiss any more, or once what a comment would mend is
    not expected to be worth a turn.
    """

    def act(self, view: AgentView) -> str:
        """A draft, or the commitment.

        Raises:
            AgentError: in another task than Draft.
        """
        task = home(view, Draft)
        left, text = task.possible(view), task.guess(view)
        mended = any_amiss(tuple(map(len, left.values()))) / len(left)
        if view.turn >= view.turn_limit - 1 or mended <= view.turn_cost or _unheard(task, view, text):
            return text
        return text.replace(COMMIT, "DRAFT:", 1)


def _unheard(task: Draft, view: AgentView, text: str) -> bool:
    """Whether this very text was shown last, and the user's reply has changed nothing."""
    return view.turn > 0 and view.dialogue[-2].content == text.replace(COMMIT, "DRAFT:", 1)
