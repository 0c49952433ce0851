"""From text to meaning by phrases: tokens, stems, a phrase table with longest match, and repair of misspelt words.

Both built-in tasks understand both parties through it. Everything here is a pure function of text, so that acts are.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

import snowballstemmer
from rapidfuzz import fuzz, process

K = TypeVar("K", bound=Hashable)

# A full stop inside "2.4" or "p.m." is no break; one before a space or the end is.
_TOKEN = re.compile(r"\w+(?:['’]\w+)*|[?.!](?=\s|$)|\n")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_stemmer = snowballstemmer.stemmer("english")
_BREAKS = frozenset("?.!\n")
# Words that carry no topic: never evidence, never "repaired" into a term that looks like them.
STOPWORDS = frozenset(
    """
    a about actually again all also am an and any anyone anything are as at be because been before being but by can
    could did do does doing don't else ever few for from get give go going good got great had happy has have having
    he help her here him his how i i'd i'll i'm i've if in into is it it's its just kindly know lately let like
    likely little ll look looking made make many may maybe me might mind more most much must my need next no nor not
    now of off ok okay on once one only or other our out over own particular perhaps please quick quickly quite
    rather really right roughly s shall she should so some something sort specific specifically still such suit
    suits sure take tell than thank thanks that that's the their them then there these they thing things think this
    those through to too understand until up us use used usually very want wanted was way we well were what what's
    when where whether which while who whose why will with without wonder wondering would yes yet you you'd you'll
    you're your yours
    """.split()
)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The English Snowball stem of a lower-case word (Porter 2001), possessive ending dropped."""
    return str(_stemmer.stemWord(word.replace("’", "'").removesuffix("'s")))


def sentences(text: str) -> tuple[list[str], list[int], list[str]]:
    """Words and sentences of a text.

    Returns:
        the lower-case words; for each the number of its sentence; and for each sentence the mark that ends it (one of
        `?.!`, a line end, or empty at the end of the text).
    """
    found: list[str] = []
    numbers: list[int] = []
    marks = [""]
    for token in _TOKEN.findall(text.lower()):
        if token in _BREAKS:
            marks[-1] = token
            marks.append("")
        else:
            found.append(token)
            numbers.append(len(marks) - 1)
    return found, numbers, marks


# ASCII to lower case, with everything but letters, digits, underscores and apostrophes blanked.
_PLAIN = bytes(ord(chr(i).lower()) if chr(i).isalnum() or chr(i) in "_'" else 32 for i in range(128)) + bytes(128)


def words(text: str) -> list[str]:
    """Lower-case words only."""
    if not text.isascii():
        return _WORD.findall(text.lower())
    found = text.encode("ascii").translate(_PLAIN).decode("ascii").split()
    if "'" in text and any(w[0] == "'" or w[-1] == "'" for w in found):
        return _WORD.findall(text.lower())
    return found


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Text for comparison: lower case, words and numbers only, single spaces."""
    return " ".join(_WORD.findall(text.lower()))


class Match(NamedTuple, Generic[K]):
    """A phrase found at words [start, end), the entries that it stands for, its weight, and whether it stood so."""

    entries: tuple[K, ...]
    start: int
    end: int
    weight: float
    literal: bool


class _Memo(dict[str, Any]):
    """Word -> what the phrase table holds for it; fills itself, and forgets all when it has seen too many words."""

    def __init__(self, lexicon: Lexicon[Any]) -> None:
        super().__init__()
        self._resolve = lexicon.resolve

    def __missing__(self, word: str) -> Any:
        if len(self) > 50_000:
            self.clear()
        found = self[word] = self._resolve(word)
        return found


class Lexicon(Generic[K]):
    """A table of phrases, each standing for one or more entries.

    A word of a text is taken as it is where some phrase holds it; else for a word of the same stem ("budgets" for
    "budget"); else, from four letters on, for the most similar word (about one slip in six letters).

    Args:
        phrases: (entry, phrase, weight) triples.
    """

    def __init__(self, phrases: Iterable[tuple[K, str, float]]) -> None:
        table: dict[tuple[str, ...], dict[K, float]] = {}
        for entry, phrase, weight in phrases:
            if parts := tuple(words(phrase)):
                held = table.setdefault(parts, {})
                held[entry] = max(weight, held.get(entry, 0.0))
        self._by_first: dict[str, list[tuple[tuple[str, ...], tuple[K, ...], float]]] = {}
        for parts, held in table.items():
            self._by_first.setdefault(parts[0], []).append((parts, tuple(held), max(held.values())))
        for rows in self._by_first.values():
            rows.sort(key=lambda row: -len(row[0]))
        vocabulary = {w for parts in table for w in parts}
        # Of words with one stem, one that begins a phrase serves an unseen inflection best.
        self._by_stem = {stem(w): w for w in sorted(vocabulary, key=lambda w: (w in self._by_first, w))}
        self._vocabulary = vocabulary
        self._targets = sorted(w for w in vocabulary if len(w) >= 4)
        self._memo = _Memo(self)

    def resolve(self, word: str) -> tuple[str, list[tuple[tuple[str, ...], tuple[K, ...], float]]] | None:
        """The vocabulary's word for a word and the phrases that begin with it; None for a word in no phrase."""
        if word in self._vocabulary:
            known = word
        elif word.isdecimal():  # numbers have no stem and are never misspelt
            return None
        else:
            known = self._by_stem.get(stem(word)) or self._repair(word)
        return (known, self._by_first.get(known, [])) if known else None

    def _repair(self, word: str) -> str:
        if len(word) < 4 or not word.isalpha() or word in STOPWORDS:
            return ""
        near = process.extractOne(word, self._targets, scorer=fuzz.ratio, score_cutoff=83)
        return str(near[0]) if near and near[0][0] == word[0] else ""

    def find(self, spoken: list[str]) -> list[Match[K]]:
        """The longest phrase at each place of a list of words, left to right, not overlapping."""
        memo = self._memo
        resolved = [memo[w] for w in spoken]
        found: list[Match[K]] = []
        free = 0
        for start, here in enumerate(resolved):
            if here is None or start < free:
                continue
            for parts, entries, weight in here[1]:
                size = len(parts)
                if size > 1 and not _continues(parts, resolved[start : start + size]):
                    continue
                free = start + size
                literal = parts[0] == spoken[start] and (size == 1 or parts == tuple(spoken[start:free]))
                found.append(_new(Match, (entries, start, free, weight, literal)))
                break
        return found


_new = tuple.__new__  # half the cost of a NamedTuple's own constructor, in the innermost loop of every parse


def _continues(parts: tuple[str, ...], resolved: list[Any]) -> bool:
    return len(resolved) == len(parts) and all(
        here is not None and here[0] == part for part, here in zip(parts, resolved, strict=True)
    )
