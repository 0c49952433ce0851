"""Dialogue acts over shards: which piece a question asks about, and which pieces a user's words convey."""

from __future__ import annotations

import re
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import STOPWORDS, sentences, stem
from pragenv.tasks.requests import requests
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

_OPEN = (
    "Could you tell me more?",
    "Is there anything else that I should know?",
    "What else can you tell me?",
    "Please go on: what else is there to it?",
)
_RELATED = 0.2
"""Least share of a shard's content words that a question about it holds."""
_REWORDED = 0.6
"""The same of an utterance that conveys it in other words."""
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class ShardActs:
    """The acts of one instruction.

    Args:
        shards: its pieces in order; empty for an agent, who cannot know them.
        full: the whole instruction, by which an utterance that says all at once is known.
    """

    menu: tuple[Act, ...] = (Act("ask_open"),)

    def __init__(self, shards: tuple[str, ...], full: str) -> None:
        self._shards, self._full = shards, _plain(full)
        self._texts = tuple(map(_plain, shards))
        self._words = tuple(map(_content, shards))

    def parse(self, utterance: str) -> tuple[Act, ...]:
        """What is asked: the shards that a question's words point to, the nearest first, or an open question.

        A statement, and an attempt at an answer, ask for nothing.
        """
        text = utterance.strip()
        if text in _OPEN:
            return self.menu
        if commitment(text) is not None or not any(clauses for _, clauses in requests(text.lower()[:4000])):
            return ()
        asked = _content(text[:4000])
        near = [(len(asked & words) / len(words), -i) for i, words in enumerate(self._words) if words]
        found = [Act("ask", f"shard_{-i}") for share, i in sorted(near, reverse=True) if share >= _RELATED]
        return tuple(found) or self.menu

    def read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """The shards that a user's words convey: those said word for word, else the one that they come nearest to."""
        if (kind := common_kind(utterance)) is not None:
            return (Act(kind),)
        text = _plain(utterance)
        if self._full and self._full in text:
            return self._inform(range(len(self._shards)))
        said = []
        for i in sorted(range(len(self._texts)), key=lambda i: -len(self._texts[i])):  # a shard may hold another
            if self._texts[i] in text:
                said.append(i)
                text = text.replace(self._texts[i], "\n", 1)
        if said:
            return self._inform(sorted(said))
        words, numbers = _content(utterance), set(_NUMBER.findall(utterance))
        near = [
            (len(words & own) / len(own), -i)
            for i, own in enumerate(self._words)
            if own and set(_NUMBER.findall(self._shards[i])) <= numbers
        ]
        share, i = max(near, default=(0.0, 0))
        return self._inform([-i]) if share >= _REWORDED else ()

    def phrase(self, act: Act, key: int) -> str:
        """An open question."""
        return _OPEN[key % len(_OPEN)]

    def _inform(self, indices: range | list[int]) -> tuple[Act, ...]:
        return tuple(Act("inform", f"shard_{i}", self._shards[i]) for i in indices)


@lru_cache(maxsize=4096)
def shard_acts(shards: tuple[str, ...], full: str) -> ShardActs:
    """The acts of an instruction; those of agents are of no shards."""
    return ShardActs(shards, full)


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()


def _content(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in sentences(text)[0] if word not in STOPWORDS)
