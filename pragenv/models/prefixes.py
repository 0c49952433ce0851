"""Prefixes that a model has read already, kept by what was said in them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from pragenv.models.slots import Slots
from pragenv.types import Dialogue


@dataclass(frozen=True)
class Prefix:
    """Tokens that were read, and what they left in each layer."""

    ids: tuple[int, ...]
    kept: tuple[Slots, ...]
    bytes: int = field(init=False)

    def __post_init__(self) -> None:
        size = sum(t.numel() * t.element_size() for slots in self.kept for t in slots)
        object.__setattr__(self, "bytes", size)

    def common(self, ids: list[int]) -> int:
        """How many tokens `ids` begins with that this prefix begins with too."""
        if list(self.ids) == ids[: len(self.ids)]:
            return len(self.ids)
        return next(i for i, (a, b) in enumerate(zip((*self.ids, -1), (*ids, -2), strict=False)) if a != b)


class Prefixes:
    """The most recently used prefixes, by the digest of their dialogue, within a bound on memory.

    Keyed by content alone: whoever says the same gets the same, and nobody else's conversation is reached.

    Args:
        most: bytes that may be kept.
    """

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._by_digest: OrderedDict[bytes, Prefix] = OrderedDict()
        # The ids by which the model said a text, under the digest of the dialogue that ends with it.
        self._spoken: OrderedDict[bytes, tuple[int, ...]] = OrderedDict()

    def find(self, digests: list[bytes]) -> Prefix | None:
        """The prefix of the longest dialogue among these (shortest first) that is known."""
        for digest in reversed(digests):
            if (found := self._by_digest.get(digest)) is not None:
                self._by_digest.move_to_end(digest)
                return found
        return None

    def add(self, digest: bytes, prefix: Prefix) -> None:
        """Keep a prefix, at the cost of those that have not been used for longest."""
        if prefix.bytes > self._most:
            return
        if (old := self._by_digest.pop(digest, None)) is not None:
            self._held -= old.bytes
        self._by_digest[digest] = prefix
        self._held += prefix.bytes
        while self._held > self._most:
            self._held -= self._by_digest.popitem(last=False)[1].bytes

    def spoke(self, digest: bytes, ids: tuple[int, ...]) -> None:
        """Remember by which ids the last message of a dialogue was said."""
        self._spoken[digest] = ids
        if len(self._spoken) > 100_000:
            self._spoken.popitem(last=False)

    def spoken(self, digests: list[bytes]) -> dict[int, tuple[int, ...]]:
        """Place of a message -> the ids by which it was said, where they are known."""
        return {i: ids for i, digest in enumerate(digests) if (ids := self._spoken.get(digest)) is not None}


def digests(dialogue: Dialogue) -> list[bytes]:
    """A digest of each beginning of a dialogue, the shortest first."""
    chain, found = hashlib.blake2b(digest_size=16), []
    for role, content in dialogue:
        data = content.encode("utf-8", "surrogatepass")
        chain.update(f"{role}:{len(data)}:".encode() + data)
        found.append(chain.digest())
    return found
