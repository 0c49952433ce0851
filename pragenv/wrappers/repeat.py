"""Users who say things again: recap and snowball, after the simulations of that name in Laban et al. (2025).

Users are stateless and judge what they have said by the dialogue. So the user inside is shown the dialogue as it would
be without restatements, and behaves as if nobody repeated anything. What was restated is known exactly, from the turns
before; nothing has to be found in a text, which might imitate it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, SimulatorError, unknown
from pragenv.protocols import Simulator, UserView
from pragenv.spaces import Chat
from pragenv.types import Message, UserTurn

_FRAMES = {"snowball": ("So far I have told you:", "\n\nNew: "), "recap": ("To recap:", "\n\n")}


class Repeating(Simulator):
    """A user around a user, who restates what was said before and then says the new.

    `snowball` restates in every turn after the opening. `recap` does so once: where there is nothing more to convey, or
    in the last turn before the announced limit, whichever comes first.

    Args:
        user: the simulator inside, with its personas: around this one they would change what it recognises.
        how: `recap` or `snowball`.
        turn_limit: the announced limit.

    Raises:
        ConfigError: for another `how`.
    """

    def __init__(self, user: Simulator, how: str, turn_limit: int) -> None:
        if how not in _FRAMES:
            raise unknown("way to repeat", how, _FRAMES)
        self.user, self.how, self.turn_limit = user, how, turn_limit

    def reply(self, view: UserView) -> UserTurn:
        """The inner user's turn, after a restatement where one is due."""
        plain, lead = self._plain(view)
        turn: UserTurn = _after(lead, self.user.reply(plain))
        return turn

    def reply_batch(self, views: Sequence[UserView]) -> list[UserTurn | SimulatorError]:
        """A turn for each view, of one call of the user inside."""
        found = [self._plain_or_failed(view) for view in views]
        fit = [plain for plain in found if not isinstance(plain, SimulatorError)]
        turns = iter(self.user.reply_batch([plain for plain, _ in fit]))
        return [p if isinstance(p, SimulatorError) else _after(p[1], next(turns)) for p in found]

    def _plain(self, view: UserView) -> tuple[UserView, str]:
        """The view without restatements, and the one that is due in this turn."""
        plain = view._replace(dialogue=())
        said: list[str] = []
        over = False  # a recap is given once
        for message in view.dialogue:
            if message.role == "user":
                lead = "" if over else self._lead(said)
                if lead and message.content.startswith(lead) and self._due(plain, len(said)):
                    message = Message("user", message.content.removeprefix(lead))
                    over = self.how == "recap"
                said.append(message.content)
            plain = plain._replace(dialogue=(*plain.dialogue, message))
        lead = self._lead(said) if not over and self._due(plain, len(said)) else ""
        return plain, lead

    def _plain_or_failed(self, view: UserView) -> tuple[UserView, str] | SimulatorError:
        try:
            return self._plain(view)
        except ConfigError:
            raise
        except Exception as error:  # of the task's; a failure takes its own place only
            return SimulatorError(f"{type(error).__name__}: {error}")

    def _lead(self, said: list[str]) -> str:
        """What comes before the new part of a turn after these; nothing before the opening."""
        heading, link = _FRAMES[self.how]
        return "\n- ".join((heading, *said)) + link if said else ""

    def _due(self, plain: UserView, turn: int) -> bool:
        """Whether the user restates in the turn that follows a dialogue without restatements."""
        if self.how == "snowball" or turn >= self.turn_limit - 1:
            return True
        return all(act.kind == "nothing_more" for act in plain.task.truth(plain._replace(turn=turn)))


def _after(lead: str, turn: Any) -> Any:
    # A third party's user may return anything, which is the environment's to refuse.
    return turn._replace(text=lead + turn.text) if isinstance(turn, UserTurn) and isinstance(turn.text, str) else turn


def newest(text: str) -> str:
    """What of a user's words follows a restatement, as far as a reader of the text alone can tell."""
    return text.rsplit("\n", 1)[-1].removeprefix(_FRAMES["snowball"][1].strip()).strip()


def repeating(simulator: Simulator, how: str, turn_limit: int) -> Simulator:
    """The user who repeats in this way; the same user where `how` is empty.

    Raises:
        ConfigError: for an unknown way.
    """
    return Repeating(simulator, how, turn_limit) if how else simulator


# Gymnasium 1.4 annotates `Wrapper.env` with the wrapper's own types; with Any it may hold an environment of others.
class _Repeats(gym.Wrapper[Chat, str, Any, Any], RecordConstructorArgs):
    how: ClassVar[str]

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)
        talk = env.unwrapped
        if not isinstance(talk, DialogueEnv):
            raise ConfigError(f"{type(self).__name__} needs a DialogueEnv, got {talk}")
        talk.simulator = repeating(talk.simulator, self.how, talk.setting.turn_limit)


class Recap(_Repeats):
    """The conversation with a user who at its end says once again all that it has said.

    Args:
        env: a `DialogueEnv`, wrapped or not; its user is changed.

    Raises:
        ConfigError: for another environment.
    """

    how = "recap"


class Snowball(_Repeats):
    """The conversation with a user who in every turn says again all that it has said before.

    Args:
        env: a `DialogueEnv`, wrapped or not; its user is changed.

    Raises:
        ConfigError: for another environment.
    """

    how = "snowball"
