"""From text to meaning by phrases: tokens, stems, a phrase table with longest match, and repair of misspelt words.

All built-in tasks understand both parties through it. Everything here is a pure function of text, so that acts are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

import snowballstemmer
from rapidfuzz import fuzz, process

K = TypeVar("K", bound=Hashable)
_new = tuple.__new__  # half the cost of a NamedTuple's own constructor, in the innermost loop of every parse

# "C++", "C#", "10+", "-5" and "<" are words, since options may differ in nothing else. A full stop inside "2.4" or
# after "vs" is no break; one before a space or the end is.
_WORD = re.compile(r"[<>≤≥]|(?:(?<!\w)-(?=\d))?\w+(?:['’]\w+)*(?:\+{1,2}|#)?")
_SIGNS = re.compile(r"[+#<>]|''|(?:^|\W)-\d")
_TOKEN = re.compile(_WORD.pattern + r"|(?<!\bvs)(?<!\betc)(?<!\be\.g)(?<!\bi\.e)[?.!](?=\s|$)|\n")
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


def words_by_sentence(text: str) -> list[list[str]]:
    """The lower-case words of each sentence that has any."""
    spoken, number, _ = sentences(text)
    return [[word for word, _ in group] for _, group in groupby(zip(spoken, number, strict=True), itemgetter(1))]


# ASCII to lower case, with everything but letters, digits, underscores and apostrophes blanked.
_PLAIN = bytes(ord(chr(i).lower()) if chr(i).isalnum() or chr(i) in "_'" else 32 for i in range(128)) + bytes(128)


def words(text: str) -> list[str]:
    """Lower-case words only."""
    if not text.isascii() or _SIGNS.search(text):
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
    """Word -> what `resolve` makes of it; fills itself, and forgets all when it has seen too many words."""

    def __init__(self, resolve: Callable[[str], Any]) -> None:
        super().__init__()
        self._resolve = resolve

    def __missing__(self, word: str) -> Any:
        if word.isdecimal():  # there is no end of numbers, and none is worth keeping
            return self._resolve(word)
        if len(self) > 50_000:
            self.clear()
        found = self[word] = self._resolve(word)
        return found


_Row = tuple[tuple[str, ...], tuple[K, ...], float]  # a phrase, what it stands for, its weight


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
        # First word -> the phrase that is this word alone, and by its second word those that go on, the longest first.
        self._by_first: dict[str, tuple[_Row[K] | None, dict[str, list[_Row[K]]]]] = {}
        for parts, held in sorted(table.items(), key=lambda item: -len(item[0])):
            row = (parts, tuple(held), max(held.values()))
            alone, longer = self._by_first.get(parts[0], (None, {}))
            if len(parts) > 1:
                longer.setdefault(parts[1], []).append(row)
            self._by_first[parts[0]] = (row if len(parts) == 1 else alone, longer)
        vocabulary = {w for parts in table for w in parts}
        # Of words with one stem, one that begins a phrase serves an unseen inflection best.
        self._by_stem = {stem(w): w for w in sorted(vocabulary, key=lambda w: (w in self._by_first, w))}
        self._vocabulary = vocabulary
        self._targets = sorted(w for w in vocabulary if len(w) >= 4)
        self._known = _Memo(self._resolve)
        self._starts = _Memo(lambda word: self._by_first.get(self._resolve(word) or ""))

    def _resolve(self, word: str) -> str | None:
        """The vocabulary's word that a word stands for; numbers and words without topic only for themselves."""
        if word in self._vocabulary:
            return word
        if word.isdecimal() or word in STOPWORDS:
            return None
        return self._by_stem.get(stem(word)) or self._repair(word)

    def _repair(self, word: str) -> str | None:
        if len(word) < 4 or not word.isalpha():
            return None
        near = process.extractOne(word, self._targets, scorer=fuzz.ratio, score_cutoff=83)
        return str(near[0]) if near and near[0][0] == word[0] else None

    def holds(self, word: str) -> bool:
        """Whether a word stands in some phrase as it is."""
        return word in self._vocabulary

    def meant(self, word: str) -> str | None:
        """The word of the phrases that a word stands for, if any."""
        known: str | None = self._known[word]
        return known

    def find(self, spoken: list[str]) -> list[Match[K]]:
        """The longest phrase at each place of a list of words, left to right, not overlapping."""
        starts = self._starts
        found: list[Match[K]] = []
        free = 0
        for start, node in enumerate([starts[word] for word in spoken]):
            if node is None or start < free:
                continue
            row, longer = node
            if longer and (going_on := self._longer(longer, spoken, start)) is not None:
                row = going_on
            if row is not None:
                parts, entries, weight = row
                free = start + len(parts)
                literal = spoken[start] == parts[0] and (len(parts) == 1 or tuple(spoken[start:free]) == parts)
                found.append(_new(Match, (entries, start, free, weight, literal)))
        return found

    def _longer(self, longer: dict[str, list[_Row[K]]], spoken: list[str], start: int) -> _Row[K] | None:
        known = self._known
        if start + 1 < len(spoken) and (rows := longer.get(known[spoken[start + 1]])) is not None:
            for row in rows:
                rest = row[0][2:]
                if not rest or tuple([known[word] for word in spoken[start + 2 : start + len(row[0])]]) == rest:
                    return row
        return None
