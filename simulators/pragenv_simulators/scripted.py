"""The agenda user: says what a faithful user would say, in varied words. Fast and exact."""

from __future__ import annotations

from pragenv.protocols import Simulator, UserView
from pragenv.types import UserTurn


class Scripted(Simulator):
    """Speaks `Task.truth` through `Task.say`; never errs, never leaves."""

    def reply(self, view: UserView) -> UserTurn:
        """What a faithful user conveys next, worded by the turn's key and the view's traits."""
        task = view.task
        return UserTurn(task.say(view, task.truth(view), view.keys.turn(view.turn)))
