"""What a conversation did to an exact belief, told at its end."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from pragenv.belief import signals
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.spaces import Chat


# Gymnasium 1.4 annotates `Wrapper.env` with the wrapper's own types; with Any it may hold an environment of others.
class BeliefSignals(gym.Wrapper[Chat, str, Any, Any], RecordConstructorArgs):
    """Adds to the last `info` of an episode how each of the user's turns moved an exact belief.

    `info["information"]` and `info["truth"]` are the arrays of `pragenv.belief.Signals`. The reward is left alone.

    Args:
        env: a `DialogueEnv`, wrapped or not, of a task that declares its intents.
        noise: how often the user is taken to err; see `pragenv.belief.Belief`.

    Raises:
        ConfigError: for another environment.
    """

    def __init__(self, env: gym.Env[Any, Any], noise: float = 0.0) -> None:
        RecordConstructorArgs.__init__(self, noise=noise)
        super().__init__(env)
        talk = env.unwrapped
        if not isinstance(talk, DialogueEnv):
            raise ConfigError(f"BeliefSignals needs a DialogueEnv, got {talk}")
        self._talk, self._noise = talk, noise

    def step(self, action: str) -> tuple[Chat, SupportsFloat, bool, bool, dict[str, Any]]:
        """The step, with the signals where it is the last.

        Raises:
            ConfigError: where the task declares no intents here.
        """
        chat, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            talk = self._talk
            found = signals(talk.task, talk.setting, talk.scenario, talk.dialogue, self._noise)
            if found is None:
                raise ConfigError(f"task {talk.task.name!r} declares no intents in setting {talk.setting.name!r}")
            info = info | found._asdict()
        return chat, reward, terminated, truncated, info
