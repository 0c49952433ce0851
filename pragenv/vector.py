"""N conversations side by side; of each turn, one call of the simulator for all users together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from pragenv.env import DialogueEnv, replied
from pragenv.errors import ConfigError, SimulatorError
from pragenv.protocols import Setting, Simulator, Task, UserView
from pragenv.spaces import Chat
from pragenv.types import EndReason, UserTurn

Chats = tuple[Chat, ...]
Array = np.ndarray[Any, np.dtype[Any]]


def answers(simulator: Simulator, views: Iterable[UserView]) -> Iterable[UserTurn | Exception]:
    """The users' turns, in order, of one call of the simulator; where it fails as a whole, each of them has failed."""
    if type(simulator).reply_batch is Simulator.reply_batch:
        # A loop, which might as well be ours: one conversation at a time stays in the processor's cache, and whatever
        # the user raises keeps its name.
        return map(replied, repeat(simulator), views)
    asked = list(views)
    return _answered(simulator, asked) if asked else []


def _answered(simulator: Simulator, views: Sequence[UserView]) -> list[UserTurn | Exception]:
    try:
        turns: list[UserTurn | Exception] = list(simulator.reply_batch(views))
    except ConfigError:
        raise
    except Exception as error:  # a third party's user may raise anything
        return [error] * len(views)
    if len(turns) != len(views):
        return [SimulatorError(f"reply_batch returned {len(turns)} turns for {len(views)} views")] * len(views)
    return turns


class _Ending(NamedTuple):
    chat: Chat
    reward: float
    failed: bool
    info: dict[str, Any]


class DialogueVectorEnv(VectorEnv[Chats, Sequence[str], Array]):
    """N conversations, each as `DialogueEnv` would have it, whose users speak together.

    `gym.make_vec("pragenv/…-v0", num_envs=N)` makes one. Spaces, seeds and `info` are laid out as in Gymnasium's
    `SyncVectorEnv`: observations and actions are tuples, conversation i is seeded with `seed + i`, and under `_key` a
    mask says which conversations have `info[key]`.

    A conversation that ends is followed by the next one in the same step: the step returns the new opening, and in
    `info` the `final_obs` and `final_info` of the one that ended. New users open in the same call of the simulator in
    which the others reply, except where a user's reply was itself the end: they open in a second call.

    A user that fails ends its own conversation, as `simulator_error`.

    Args:
        num_envs: how many conversations.
        task: the task object.
        setting: one of its settings, knobs applied.
        simulator: the user of all of them.
        split: which scenarios.
        render_mode: as for `DialogueEnv`.

    Attributes:
        envs: the conversations, for reading. Privileged: they hold the hidden intents.

    Raises:
        ConfigError: for an unknown split or render mode, or a number of conversations below 1.
    """

    def __init__(
        self,
        num_envs: int,
        task: Task,
        setting: Setting,
        simulator: Simulator,
        split: str = "train",
        render_mode: str | None = None,
    ) -> None:
        if type(num_envs) is not int or num_envs < 1:
            raise ConfigError(f"num_envs must be an int of at least 1, got {num_envs!r}")
        self.num_envs, self.simulator, self.render_mode = num_envs, simulator, render_mode
        self.envs = [DialogueEnv(task, setting, simulator, split, render_mode) for _ in range(num_envs)]
        self.metadata = {**DialogueEnv.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
        self.single_observation_space = self.envs[0].observation_space
        self.single_action_space = self.envs[0].action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._ready = False
        # Copied for every step: NumPy takes four times as long to fill an array as to copy it.
        self._nobody, self._everybody = np.zeros(num_envs, bool), np.ones(num_envs, bool)
        self._no_reason = np.full(num_envs, "", object)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Chats, dict[str, Any]]:
        """Begin every conversation anew.

        Args:
            seed: of the first conversation, the next ones counting up; or one for each; or None.
            options: as for `DialogueEnv`, the same for all.

        Raises:
            ConfigError: for unknown options.
            ValueError: where the number of seeds is not that of conversations.
        """
        if seed is None or isinstance(seed, int):
            seeds = [None if seed is None else seed + i for i in range(self.num_envs)]
        else:
            seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(f"{self.num_envs} conversations need as many seeds, got {len(seeds)}")
        self._ready = False
        chats = self._hear(self.envs, (env.begin(one, options) for env, one in zip(self.envs, seeds, strict=True)))
        self._ready = True
        return tuple(chats), self._infos()

    def step(self, actions: Sequence[str]) -> tuple[Chats, Array, Array, Array, dict[str, Any]]:
        """Say an utterance in each conversation; observations, rewards, terminated, truncated, infos.

        Raises:
            ResetNeeded: before `reset`, or after a step that raised.
            TypeError: where `actions` is no sequence of strings.
            ValueError: where there are not as many actions as conversations.
        """
        if not self._ready:
            raise ResetNeeded("the conversations have not begun (or a step broke off); call reset()")
        self._check(actions)
        self._ready = False
        ended: dict[int, _Ending] = {}
        chats = self._hear(self.envs, self._say(actions, ended))
        left = [i for i, env in enumerate(self.envs) if env.end_reason is not None]
        openings = self._hear([self.envs[i] for i in left], (self._follow(i, chats[i], ended) for i in left))
        for i, opening in zip(left, openings, strict=True):
            chats[i] = opening
        self._ready = True
        rewards, terminated, truncated = np.zeros(self.num_envs), self._nobody.copy(), self._nobody.copy()
        for i, ending in ended.items():
            rewards[i], terminated[i], truncated[i] = ending.reward, not ending.failed, ending.failed
        return tuple(chats), rewards, terminated, truncated, self._infos(ended)

    def render(self) -> tuple[Any, ...]:
        """What `DialogueEnv.render` gives, for each conversation."""
        return tuple(env.render() for env in self.envs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """The attribute of that name of each conversation; where it is a method, what it returns."""
        found = [env.get_wrapper_attr(name) for env in self.envs]
        return tuple(one(*args, **kwargs) if callable(one) else one for one in found)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """The attribute of that name of each conversation."""
        return self.call(name)

    def close_extras(self, **kwargs: Any) -> None:
        """Close the conversations."""
        for env in self.envs:
            env.close()

    def _check(self, actions: Sequence[str]) -> None:
        # A str is a sequence of strings, too: of as many as it has characters.
        if isinstance(actions, str) or not isinstance(actions, (Sequence, np.ndarray)):
            raise TypeError(f"actions are a sequence of str, one a conversation; got {type(actions).__name__}")
        if len(actions) != self.num_envs:
            raise ValueError(f"{self.num_envs} conversations need as many actions, got {len(actions)}")
        for i, action in enumerate(actions):
            if not isinstance(action, str):
                raise TypeError(f"an action is a str (an utterance), got {type(action).__name__} for conversation {i}")

    def _say(self, actions: Sequence[str], ended: dict[int, _Ending]) -> Iterator[UserView]:
        """Say the actions; what each user is to reply from, or the next one is to open from where that was the end."""
        for i, (env, action) in enumerate(zip(self.envs, actions, strict=True)):
            view = env.say(action)
            yield self._follow(i, env.observe(), ended) if view is None else view

    def _hear(self, envs: Sequence[DialogueEnv], views: Iterable[UserView]) -> list[Chat]:
        chats = []
        for env, answer in zip(envs, answers(self.simulator, views), strict=True):
            env.hear(answer)
            chats.append(env.observe())
        return chats

    def _follow(self, i: int, chat: Chat, ended: dict[int, _Ending]) -> UserView:
        """Note how a conversation ended, and begin the next."""
        env = self.envs[i]
        ended[i] = _Ending(chat, env.reward, env.end_reason is EndReason.SIMULATOR_ERROR, env.info())
        return env.begin()

    def _infos(self, ended: Mapping[int, _Ending] | None = None) -> dict[str, Any]:
        """The infos of all conversations, which have begun or go on, and of those that ended before."""
        copy = np.ndarray.copy
        infos: dict[str, Any] = {
            "turn": np.array([env.turn for env in self.envs]),
            "_turn": copy(self._everybody),
            "digest": np.fromiter([env.digest for env in self.envs], object, self.num_envs),
            "_digest": copy(self._everybody),
            "end_reason": copy(self._no_reason),
            "_end_reason": copy(self._everybody),
            "scored": copy(self._nobody),
            "_scored": copy(self._everybody),
        }
        if failed := {i: {"error": env.error} for i, env in enumerate(self.envs) if env.error}:
            infos |= self._stack(failed)
        if ended:
            infos |= self._stack({i: {"final_obs": ending.chat} for i, ending in ended.items()})
            infos["final_info"] = self._stack({i: ending.info for i, ending in ended.items()})
            infos["_final_info"] = copy(infos["_final_obs"])
        return infos

    def _stack(self, rows: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
        """The infos of some conversations, as `SyncVectorEnv` lays them out."""
        stacked: dict[str, Any] = {}
        for key in dict.fromkeys(key for row in rows.values() for key in row):
            kind = next(type(row[key]) for row in rows.values() if key in row)
            numeric = kind in (int, float, bool)
            column = np.zeros(self.num_envs, kind) if numeric else np.full(self.num_envs, None, object)
            mask = self._nobody.copy()
            for i, row in rows.items():
                if key in row:
                    column[i], mask[i] = row[key], True
            stacked[key], stacked[f"_{key}"] = column, mask
        return stacked
