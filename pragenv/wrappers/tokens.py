"""The same conversation one token at a time: a token-level MDP for a learner that brings its own policy."""

from __future__ import annotations

import operator
from collections.abc import Collection
from typing import Any, Protocol, SupportsFloat, TypeAlias

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.models.chat import ChatEncoder
from pragenv.spaces import Chat

Tokens: TypeAlias = dict[str, Any]
OVERLONG = "max_length"
"""`info["end_reason"]` of a conversation that the observation has no room to go on with."""


class Vocabulary(Protocol):
    """What of a model its token ids need. `pragenv.models.local.Local` has it; so may any object, with no weights."""

    @property
    def encoder(self) -> ChatEncoder:
        """From chats to ids."""

    @property
    def ends(self) -> Collection[int]:
        """The ids that end a turn."""

    @property
    def vocabulary(self) -> int:
        """How many ids there are: as many as the policy has outputs."""


# Gymnasium 1.4 annotates `Wrapper.env` with the wrapper's own types; with Any it may hold an environment of others.
class TokenActions(gym.Wrapper[Any, Any, Chat, str], RecordConstructorArgs):
    """A dialogue environment whose actions are tokens, and whose observations are the ids that a model would read.

    ## Action space
    `Discrete(vocabulary)`: the next token of the utterance under way. One of the model's end tokens (its signals, as
    `<|satisfied|>`, among them) ends the utterance, and so does the `max_tokens`-th token; then it is said, and the
    user replies within the same step. Other control tokens are dropped from what is said, as they are when the model
    speaks; `action_masks()` tells them apart.

    ## Observation space
    `Dict`: `ids`, a `Box(0, vocabulary - 1, (max_length,), int64)`, padded with 0 on the right, and `length`, a
    `Discrete(max_length + 1)`: how many of them count. They are the prompt up to where the agent is to speak (system
    message, turns, generation prompt; as `ChatEncoder.encode` gives it), then what has been said of the utterance. What
    the agent said keeps the ids by which it was said. The last observation of an episode ends with the last action: to
    what the user says after it, nobody is to reply.

    ## Rewards
    0.0 for every token but the last of the conversation; then the environment's reward.

    ## Episode end
    As of the conversation. Besides, truncated where the user's reply leaves no room for an utterance of `max_tokens`
    within `max_length`. Like the end by an outer `TimeLimit`, this is none of the conversation's own: its reward is
    0.0, nothing of the hidden intent is revealed, and `info` has `scored` False and the `end_reason` `max_length`.

    `info` is that of the conversation.

    Args:
        env: a `DialogueEnv`, wrapped or not.
        model: whose tokens: `pragenv.registration.shared_model("mini")`, any `Local`, or another `Vocabulary`:
            `SimpleNamespace(encoder=ChatEncoder(tokenizer), ends=[tokenizer.eos_token_id], vocabulary=len(tokenizer))`.
        max_tokens: longest utterance, in tokens, its end token included.
        max_length: longest observation, in tokens.

    Raises:
        ConfigError: for another environment, numbers out of range, or (at `reset`) a conversation that begins without
            room for an utterance.
        ModelError: at `reset` and `step`, where the model's chat template refuses the conversation.
    """

    def __init__(
        self, env: gym.Env[Chat, str], model: Vocabulary, max_tokens: int = 128, max_length: int = 2048
    ) -> None:
        # Not copied: the copy of a model would load its weights again.
        RecordConstructorArgs.__init__(
            self, _disable_deepcopy=True, model=model, max_tokens=max_tokens, max_length=max_length
        )
        super().__init__(env)
        if not isinstance(env.unwrapped, DialogueEnv):
            raise ConfigError(f"TokenActions needs a DialogueEnv, got {env.unwrapped}")
        if not 1 <= max_tokens < max_length:
            given = f"{max_tokens!r} and {max_length!r}"
            raise ConfigError(f"tokens: max_tokens must be at least 1 and below max_length, got {given}")
        self._dialogue, self.model, self.max_tokens, self.max_length = env.unwrapped, model, max_tokens, max_length
        self._count, self._ends, self._masks = model.vocabulary, frozenset(model.ends), _masks(model)
        self._ids = np.zeros(max_length, np.int64)
        self._start = self._length = 0  # of the utterance under way; of all that is known
        self._live = False
        self.action_space = gym.spaces.Discrete(self._count)
        self.observation_space = gym.spaces.Dict(
            ids=gym.spaces.Box(0, self._count - 1, (max_length,), np.int64),
            length=gym.spaces.Discrete(max_length + 1),
        )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Tokens, dict[str, Any]]:
        """Begin a conversation; arguments as for `DialogueEnv.reset`."""
        _, info = self.env.reset(seed=seed, options=options)
        needed = self._read() + self.max_tokens
        self._live = needed <= self.max_length
        if not self._live:
            raise ConfigError(
                f"tokens: a conversation begins with {needed - self.max_tokens} tokens, which leaves no room for "
                f"{self.max_tokens} more; make it with max_length={needed} or more"
            )
        return self._observe(), info

    def step(self, action: np.int64) -> tuple[Tokens, SupportsFloat, bool, bool, dict[str, Any]]:
        """Add a token to the utterance, and say it where that ends it.

        Raises:
            ResetNeeded: before `reset` or after the end.
            TypeError: where `action` is no integer.
            ValueError: for a number that is no token.
        """
        if not self._live:
            raise ResetNeeded("the conversation is over (or has not begun); call reset()")
        token = operator.index(action)
        if not 0 <= token < self._count:
            raise ValueError(f"an action is an integer from 0 to {self._count - 1}, got {action!r}")
        self._ids[self._length] = token
        self._length += 1
        ended = token in self._ends
        if not ended and self._length - self._start < self.max_tokens:
            return self._observe(), 0.0, False, False, self._dialogue.info()
        said = self.model.encoder.spoken(self._ids[self._start : self._length - ended].tolist())
        _, reward, terminated, truncated, info = self.env.step(said)
        if not (terminated or truncated) and self._read() + self.max_tokens > self.max_length:
            truncated, info = True, info | {"end_reason": OVERLONG, "scored": False}
        self._live = not (terminated or truncated)
        return self._observe(), reward, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Which tokens may be said: all but control tokens that end no turn; shape (vocabulary,), always the same."""
        return self._masks.copy()

    def _read(self) -> int:
        """Take what the agent reads now, if an utterance fits behind it; how many tokens that is."""
        ids = self.model.encoder.encode(self._dialogue.agent_view().dialogue)
        if len(ids) + self.max_tokens <= self.max_length:
            self._start = self._length = len(ids)
            self._ids[:] = 0
            self._ids[: len(ids)] = ids
        return len(ids)

    def _observe(self) -> Tokens:
        return {"ids": self._ids.copy(), "length": np.int64(self._length)}


def _masks(model: Vocabulary) -> NDArray[np.bool_]:
    """Which ids may be said."""
    encoder, ids = model.encoder, np.arange(model.vocabulary)
    tokenizer = encoder.tokenizer
    # A vocabulary may hold added words, too; but a control token is in no text.
    unwritten = [token for text, token in tokenizer.get_added_vocab().items() if token not in encoder.split(text)]
    control = np.isin(ids, [*tokenizer.all_special_ids, *unwritten])
    # A model may have more outputs than its tokenizer has tokens.
    return (ids < len(tokenizer)) & ~control | np.isin(ids, [*model.ends])
