"""Gymnasium spaces that hold any Unicode text.

`gymnasium.spaces.Text` cannot: it has a fixed alphabet and, in shared memory, returns wrong strings. These are no
subclasses of it, so a vector environment that would share memory refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import gymnasium as gym
import numpy as np

from pragenv.types import Role

ROLES: tuple[str, ...] = get_args(Role)
Chat = tuple[dict[str, str], ...]
# What `sample` draws from: ASCII, accents, other scripts, an emoji outside the basic plane, and line breaks.
_ALPHABET = "abcdefghijklmnopqrstuvwxyz ABCDEF 0123456789 .,;:!?'\"-(){}<|>\n\téüñøçßЖلא中日🙂"


class Utterance(gym.Space[str]):
    """All strings; `sample` draws up to `max_sample_length` characters of mixed scripts."""

    def __init__(self, max_sample_length: int = 40, seed: int | np.random.Generator | None = None) -> None:
        super().__init__(None, None, seed)
        self.max_sample_length = max_sample_length

    @property
    def is_np_flattenable(self) -> bool:
        """Text has no numeric form."""
        return False

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """A random string; masks are not supported."""
        if mask is not None or probability is not None:
            raise ValueError("Utterance.sample takes neither mask nor probability")
        length = int(self.np_random.integers(0, self.max_sample_length + 1))
        return "".join(_ALPHABET[i] for i in self.np_random.integers(0, len(_ALPHABET), size=length))

    def contains(self, x: Any) -> bool:
        """Whether `x` is a `str`."""
        return isinstance(x, str)

    def to_jsonable(self, sample_n: Iterable[str]) -> list[str]:
        """Strings are JSON as they are."""
        return list(sample_n)

    def from_jsonable(self, sample_n: list[Any]) -> list[str]:
        """The inverse of `to_jsonable`."""
        return [str(x) for x in sample_n]

    def __repr__(self) -> str:
        return "Utterance()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Utterance)

    __hash__ = object.__hash__


class Dialogue(gym.Space[Chat]):
    """All tuples of chat messages: dicts of exactly a `role` (see `types.Role`) and a `content` (any string)."""

    def __init__(self, max_sample_length: int = 4, seed: int | np.random.Generator | None = None) -> None:
        self.max_sample_length = max_sample_length
        self._utterance = Utterance()
        super().__init__(None, None, seed)

    @property
    def is_np_flattenable(self) -> bool:
        """Text has no numeric form."""
        return False

    def seed(self, seed: int | None = None) -> int:
        """Seed this space and the one that its contents are drawn from."""
        self._utterance.seed(seed)
        return int(super().seed(seed))

    def sample(self, mask: Any = None, probability: Any = None) -> Chat:
        """A random dialogue; masks are not supported."""
        if mask is not None or probability is not None:
            raise ValueError("Dialogue.sample takes neither mask nor probability")
        length = int(self.np_random.integers(1, self.max_sample_length + 1))
        return tuple(
            {"role": ROLES[int(self.np_random.integers(len(ROLES)))], "content": self._utterance.sample()}
            for _ in range(length)
        )

    def contains(self, x: Any) -> bool:
        """Whether `x` is a tuple of well-formed messages."""
        return isinstance(x, tuple) and all(
            isinstance(m, dict)
            and m.keys() == {"role", "content"}
            and m["role"] in ROLES
            and isinstance(m["content"], str)
            for m in x
        )

    def to_jsonable(self, sample_n: Iterable[Chat]) -> list[list[dict[str, str]]]:
        """Tuples become lists."""
        return [list(chat) for chat in sample_n]

    def from_jsonable(self, sample_n: list[Any]) -> list[Chat]:
        """The inverse of `to_jsonable`."""
        return [tuple(dict(m) for m in chat) for chat in sample_n]

    def __repr__(self) -> str:
        return "Dialogue()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dialogue)

    __hash__ = object.__hash__
