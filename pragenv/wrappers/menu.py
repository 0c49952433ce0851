"""The same conversation through a menu: discrete dialogue acts, and numbers for what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.protocols import AgentView
from pragenv.spaces import Chat
from pragenv.types import Act

Features = NDArray[np.float32]
BLOCKS = ("exists", "known", "priority", "confidence")
"""The features of a slot; `Menu.features` holds each for all slots, then the next."""

# Asking for what this conversation doesn't have must cost its turn whatever the task: no user finds a question in this.
_NOTHING = "Hm."


@dataclass(frozen=True)
class Menu:
    """Between an agent's view and the menu; stateless, so an agent that plays from views can use it without a wrapper.

    Slot i is the i-th question of the task's `acts.menu` in this conversation. Everything comes from the agent's view.

    Attributes:
        slots: how many questions the menu holds, whatever the conversation; at least 1. 8 are enough for Clarify.
    """

    slots: int = 8

    def __post_init__(self) -> None:
        if self.slots < 1:
            raise ConfigError(f"menu: slots must be at least 1, got {self.slots!r}")

    @property
    def commit(self) -> int:
        """The action that commits: the last."""
        return self.slots

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """The questions of this conversation, in the order of the slots.

        Raises:
            ConfigError: where there are more than the menu holds.
        """
        found = view.task.acts(view).menu
        if len(found) > self.slots:
            raise ConfigError(
                f"menu: a conversation of task {view.task.name!r} has {len(found)} questions and the menu holds "
                f"{self.slots}; make it with slots={len(found)} or more"
            )
        return found

    def features(self, view: AgentView) -> Features:
        """What is known, in [0, 1]: shape (4 * slots + 2,), float32.

        Four blocks of `slots` numbers, 0 for slots that do not exist: `exists` (1); `known` (1 if the task no longer
        counts it among the open questions); `priority` (of an open question, by the task's order: 1 for the most useful
        of m, down to 1/m for the least; else 0); `confidence` (1 if known, else the prior probability of the most
        common option if the public context declares `fields` with a `prior`, else 0). Then the share of turns left and
        the cost of a turn.
        """
        blocks = np.zeros((len(BLOCKS), self.slots), np.float32)
        exists, known, priority, confidence = blocks
        missing = view.task.questions(view)
        rank = {act: 1 - i / len(missing) for i, act in enumerate(missing)}
        prior = _priors(view.public)
        for i, act in enumerate(self.questions(view)):
            exists[i] = 1
            known[i] = act not in rank
            priority[i] = rank.get(act, 0)
            confidence[i] = prior.get(act.slot, 0) if act in rank else 1
        return np.append(blocks, np.array([1 - view.turn / view.turn_limit, view.turn_cost], np.float32))

    def masks(self, view: AgentView) -> NDArray[np.bool_]:
        """Which actions mean something here: asking for a slot that exists, and committing; shape (slots + 1,)."""
        masks = np.arange(self.slots + 1) < len(self.questions(view))
        masks[self.commit] = True
        return masks

    def utterance(self, view: AgentView, action: SupportsIndex) -> str:
        """The words for an action: a question in the task's own wording, or the best guess.

        Asking for a slot that does not exist says something that no user understands: a wasted turn.

        Raises:
            ValueError: for a number that is no action.
        """
        if not 0 <= (choice := action.__index__()) <= self.commit:
            raise ValueError(f"an action is an integer from 0 to {self.commit}, got {action!r}")
        if choice == self.commit:
            return view.task.guess(view)
        asked = self.questions(view)[choice : choice + 1]
        return view.task.acts(view).phrase(asked[0], view.keys.turn(view.turn)) if asked else _NOTHING


def _priors(public: Mapping[str, Any]) -> dict[str, float]:
    """Slot -> prior probability of its most common option, as far as the public context declares any."""
    fields = public.get("fields", ())
    return {f["name"]: max(f["prior"]) for f in fields if isinstance(f, Mapping) and {"name", "prior"} <= f.keys()}


# Gymnasium 1.4 annotates `Wrapper.env` with the wrapper's own types; with Any it may hold an environment of others.
class DialogueActMenu(gym.Wrapper[Any, Any, Chat, str], RecordConstructorArgs):
    """A dialogue environment with discrete actions and numeric observations, for any standard RL library.

    ## Action space
    `Discrete(slots + 1)`: action i asks for slot i, the last commits to the best guess (`Task.guess`). Asking for a
    slot that this conversation does not have wastes the turn; `action_masks()` (as in sb3-contrib) tells them apart.

    ## Observation space
    `Box(0, 1, (4 * slots + 2,), float32)`: see `Menu.features`. It holds nothing that the agent could not know.

    Rewards, ends and `info` are those of the conversation.

    Args:
        env: a `DialogueEnv`, wrapped or not.
        slots: how many questions the menu holds; fixed, so that conversations of all sizes share one policy.

    Raises:
        ConfigError: for fewer than one slot, another environment, or (at `reset`) a conversation with more questions.
    """

    def __init__(self, env: gym.Env[Chat, str], slots: int = 8) -> None:
        RecordConstructorArgs.__init__(self, slots=slots)
        super().__init__(env)
        if not isinstance(env.unwrapped, DialogueEnv):
            raise ConfigError(f"DialogueActMenu needs a DialogueEnv, got {env.unwrapped}")
        self._dialogue = env.unwrapped
        self.menu = Menu(slots)
        self.action_space = gym.spaces.Discrete(slots + 1)
        self.observation_space = gym.spaces.Box(0.0, 1.0, (len(BLOCKS) * slots + 2,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Features, dict[str, Any]]:
        """Begin a conversation; arguments as for `DialogueEnv.reset`."""
        _, info = self.env.reset(seed=seed, options=options)
        return self.menu.features(self._dialogue.agent_view()), info

    def step(self, action: np.int64) -> tuple[Features, SupportsFloat, bool, bool, dict[str, Any]]:
        """Say what an action stands for.

        Raises:
            ValueError: for a number that is no action.
        """
        utterance = self.menu.utterance(self._dialogue.agent_view(), action)
        _, reward, terminated, truncated, info = self.env.step(utterance)
        return self.menu.features(self._dialogue.agent_view()), reward, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Which actions mean something in this conversation; shape (slots + 1,)."""
        return self.menu.masks(self._dialogue.agent_view())
