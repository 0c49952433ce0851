"""Prefixes that a model has read already, kept by what was said in them."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from pragenv.models.slots import SlotCache
from pragenv.types import Dialogue


class Prefix(NamedTuple):
    """A row of a cache, in which some text has been read."""

    cache: SlotCache
    row: int

    def common(self, ids: Sequence[int]) -> int:
        """How many tokens `ids` begins with that have been read here."""
        return common([self.cache.ids[self.row], ids])


class Prefixes:
    """The most recently used prefixes, by the digest of their dialogue, within a bound on memory.

    Keyed by content alone: whoever says the same gets the same, and nobody else's conversation is reached. A row may
    have gone on to another text since it was added; what it still has in common with a prompt is seen from its ids.

    Args:
        most: bytes that may be kept.
    """

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0
        self._by_digest: OrderedDict[bytes, Prefix] = OrderedDict()
        self._uses: Counter[int] = Counter()  # of each cache, by its id
        self._sizes: dict[int, int] = {}  # as counted in `held`

    def __len__(self) -> int:
        return len(self._by_digest)

    def find(self, digests: Sequence[bytes]) -> Prefix | None:
        """The prefix of the longest dialogue among these (shortest first) that is known."""
        for digest in reversed(digests):
            if (found := self._by_digest.get(digest)) is not None:
                self._by_digest.move_to_end(digest)
                return found
        return None

    def add(self, digest: bytes, prefix: Prefix) -> None:
        """Keep a prefix, at the cost of those that have not been used for longest."""
        if prefix.cache.bytes > self.most:  # a batch too large to go on as a whole: some of its rows may
            prefix = Prefix(prefix.cache.cut(prefix.row), 0)
        if prefix.cache.bytes > self.most:
            return
        self._drop(digest)
        self._by_digest[digest] = prefix
        self._uses[id(prefix.cache)] += 1
        # Anew each time: a cache grows as conversations go on in it.
        self.held += prefix.cache.bytes - self._sizes.get(id(prefix.cache), 0)
        self._sizes[id(prefix.cache)] = prefix.cache.bytes
        while self.held > self.most:
            self._drop(next(iter(self._by_digest)))

    def _drop(self, digest: bytes) -> None:
        if (old := self._by_digest.pop(digest, None)) is None:
            return
        self._uses[id(old.cache)] -= 1
        if not self._uses[id(old.cache)]:
            del self._uses[id(old.cache)]
            self.held -= self._sizes.pop(id(old.cache))


def common(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with."""
    length = min(map(len, rows))
    first = tuple(rows[0][:length])
    if all(tuple(row[:length]) == first for row in rows):
        return length
    return next(i for i, same in enumerate(zip(*rows, strict=False)) if len(set(same)) > 1)


def digests(dialogue: Dialogue) -> list[bytes]:
    """A digest of each beginning of a dialogue, the shortest first."""
    chain, found = hashlib.blake2b(digest_size=16), []
    for role, content in dialogue:
        data = content.encode("utf-8", "surrogatepass")
        chain.update(f"{role}:{len(data)}:".encode() + data)
        found.append(chain.digest())
    return found
