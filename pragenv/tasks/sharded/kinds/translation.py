"""Translation: a German text comes in parts, and is to be put into English as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pragenv.tasks.sharded.item import Item, text_of
from pragenv.tasks.sharded.kinds.german import story
from pragenv.tasks.sharded.kinds.texts import TextKind, cut
from pragenv.types import FrozenDict, mix

_ITEMS = 60
_GOAL = "Please translate this German text into English:"
_FIRST = "Please translate a German text into English. I get it in parts, and need one translation of all of them."


class Translation(TextKind):
    """German into English, after the task of that name in Laban et al. (2025), scored by BLEU or chrF."""

    name = "translation"
    rules = (
        "Answer with the English translation of the whole German text, in the order of the original, and no comments."
    )

    def items(self) -> tuple[Item, ...]:
        """Short tales in German by a small grammar, with the translation that it gives."""
        made = []
        for i in range(_ITEMS):
            key = mix(0x7E47, i)
            tale = story(key)
            parts = _grouped(tale, max(4 + key % 3, (len(tale) + 1) // 2))  # one or two sentences each
            german = [" ".join(de for de, _ in part) for part in parts]
            english = [" ".join(en for _, en in part) + " " for part in parts]
            made.append(_item(f"tale_{i}", german, english, " ".join(german), "".join(english).strip()))
        return tuple(made)

    def load(self, record: Mapping[str, Any], where: str) -> Item:
        """Takes `document_de` and `document_en`. Where their lines match, so do the pieces of the reference."""
        german, english = text_of(record, "document_de", where), text_of(record, "document_en", where)
        # One of the public records ends with an empty shard.
        parts: list[str] = [shard["shard"] for shard in record["shards"] if shard["shard"].strip()]
        lines = english.splitlines(keepends=True)
        counts = [len(part.splitlines()) for part in parts]
        if sum(counts) == len(lines):
            starts = [sum(counts[:i]) for i in range(len(counts))]
            pieces = ["".join(lines[start : start + n]) for start, n in zip(starts, counts, strict=True)]
        else:
            pieces = cut(english, len(parts))
        return _item(record["task_id"], parts, pieces, german, english)


def _item(name: str, parts: list[str], pieces: list[str], german: str, english: str) -> Item:
    shards = (f"{_FIRST} It begins: {parts[0]}", *parts[1:])
    target = FrozenDict(references=[english], pieces=pieces)
    return Item(name, Translation.name, "", f"{_GOAL}\n{german}", shards, target)


def _grouped(tale: list[tuple[str, str]], parts: int) -> list[list[tuple[str, str]]]:
    bounds = [round(i * len(tale) / parts) for i in range(parts + 1)]
    return [tale[a:b] for a, b in pairwise(bounds)]
