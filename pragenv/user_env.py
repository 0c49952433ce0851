"""The conversation from the other side: the user is the policy, an agent is part of the environment."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import gymnasium as gym
from gymnasium.error import ResetNeeded

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError, ConfigError
from pragenv.protocols import Agent
from pragenv.spaces import Chat, Utterance
from pragenv.spaces import Dialogue as DialogueSpace
from pragenv.types import EndReason, UserTurn

LEAVE = "LEAVE:"
_LEAVING = re.compile(r"^[ \t]*LEAVE:[ \t]*(satisfied|gave_up)\s*\Z", re.MULTILINE)


class UserEnv(gym.Env[Chat, str]):
    """A conversation in which the user's side is to be played, or trained.

    ## Description
    At `reset` the task draws a scenario; the policy is told the user's private brief and speaks first. Each `step` is
    one user utterance and, unless that ends the episode, one utterance of the agent inside.

    ## Action space
    `Utterance`: any string. One that ends with the line `LEAVE: satisfied` or `LEAVE: gave_up` leaves after saying what
    stands before it; the opening cannot leave.

    ## Observation space
    `Dialogue`: the brief as system message, then the conversation; the policy's own messages have the role `user`.

    ## Rewards
    0.0 on every step but the last; then what the agent would be paid: the task's score less the cost of its turns.

    ## Episode end
    As in `DialogueEnv`; truncated also where the agent inside fails (`agent_error`).

    Args:
        env: the conversation; its own simulator is never asked.
        agent: who is spoken to.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 4}  # type: ignore[misc]

    def __init__(self, env: DialogueEnv, agent: Agent) -> None:
        self._env, self._agent = env, agent
        self.render_mode = env.render_mode
        self.action_space, self.observation_space = Utterance(), DialogueSpace()
        self._failure = ""
        self._live = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Chat, dict[str, Any]]:
        """Draw a scenario; the policy is to open. Arguments as for `DialogueEnv.reset`."""
        super().reset(seed=seed)
        self._env.begin(seed, options)
        self._failure, self._live = "", True
        return self._observe(), self._info()

    def step(self, action: str) -> tuple[Chat, float, bool, bool, dict[str, Any]]:
        """Say `action` as the user; returns observation, reward, terminated, truncated, info.

        Raises:
            ResetNeeded: before `reset` or after the end.
            TypeError: where `action` is no string.
            ConfigError: where the agent inside cannot be used at all.
        """
        if not self._live:
            raise ResetNeeded("the conversation is over (or has not begun); call reset()")
        if not isinstance(action, str):
            raise TypeError(f"an action is a str (an utterance), got {type(action).__name__}")
        leaving = _LEAVING.search(action) if self._env.dialogue else None
        text = action[: leaving.start()].rstrip() if leaving else action
        self._live = False  # a grader's bug is not ours to hide: after it, only `reset` helps
        self._env.hear(UserTurn(text, leaving.group(1) if leaving else None))  # type: ignore[arg-type]
        if self._env.end_reason is None and (said := self._agent_says()) is not None:
            self._env.say(said)
        truncated, terminated = bool(self._failure), self._env.end_reason is not None
        self._live = not (truncated or terminated)
        return self._observe(), self._env.reward, terminated, truncated, self._info()

    def _agent_says(self) -> str | None:
        """The agent's utterance, or None where it fails: that ends this conversation, not the training."""
        try:
            said = self._agent.act(self._env.agent_view(self._agent.privileged))
            if isinstance(said, str):
                return said
            raise AgentError(f"an utterance is a str, got {said!r}")
        except ConfigError:  # a model that cannot be had fails every conversation
            raise
        except Exception as error:
            self._failure = f"{type(error).__name__}: {error}"
        return None

    def render(self) -> str | None:
        """The transcript so far in mode `ansi`; in mode `human` it has been printed already."""
        return self._env.render()

    def _observe(self) -> Chat:
        scenario = self._env.scenario
        brief = self._env.task.brief(scenario.public, scenario.user_brief)
        rules = f"You are the user. To leave, end with the line {LEAVE} satisfied or {LEAVE} gave_up"
        said = ({"role": role, "content": content} for role, content in self._env.user_view().dialogue)
        return ({"role": "system", "content": f"{brief}\n{rules}"}, *said)

    def _info(self) -> dict[str, Any]:
        if self._failure:
            return self._env.info() | {"end_reason": str(EndReason.AGENT_ERROR), "error": self._failure}
        return self._env.info()
