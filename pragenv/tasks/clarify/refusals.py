"""What of a user's words is not wanted: denied, given up for something else, or one of two it cannot decide on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pragenv.tasks.lexicon import Match, words

# What follows one of these in its clause is not wanted.
_NEGATORS = frozenset(
    """
    not no never neither nor don't dont doesn't doesnt didn't didnt isn't isnt aren't arent wasn't wasnt weren't can't
    cant cannot couldn't won't wont wouldn't shouldn't except hate dislike avoid skip forget scrap drop ditch
    """.split()
)
# Words of which the pair with the next is a negator.
_PAIRS = {
    "instead": ("of",),
    "rather": ("than",),
    "other": ("than",),
    "away": ("from",),
    "anything": ("but",),
    "anyone": ("but",),
    "anybody": ("but",),
    "anywhere": ("but",),
    "everything": ("but",),
    "apart": ("from",),
    "allergic": ("to",),
    "fed": ("up",),
    "sick": ("of",),
    "tired": ("of",),
}
# A negator before one of these denies nothing that follows.
_HARMLESS_NEXT = frozenset(
    """
    more less fewer mind only just forget sure wait worse worry worries problem doubt matter resist help beat
    """.split()
)
_SIGNALS = _NEGATORS | _PAIRS.keys() | {"or"}
# What follows a break is another clause; "nothing but" is none.
_BREAK = re.compile(
    r"[;:—–()]|,(?!\d)|(?<=\s)-+(?=\s)|[?.!](?=\s|$)|\n|(?<!anything )(?<!anyone )(?<!anybody )(?<!anywhere )"
    r"(?<!everything )(?<!nothing )\bbut\b|(?<!rather )(?<!other )(?<!more )(?<!less )\bthan\b"
    r"|\b(?:so|because|unless|until|without|if|before)\b"
)


def refused(utterance: str, spoken: Sequence[str], matches: Sequence[Match[Any]]) -> set[int]:
    """The numbers of the matches that the user does not want or leaves open."""
    if not matches or _SIGNALS.isdisjoint(spoken[: matches[-1].start]):
        return set()
    inside = {at for match in matches for at in range(match.start, match.end)}
    starts = {match.start for match in matches}  # "no more than 500" is not "more than 500"
    clause = _clauses(utterance)
    if len(clause) != len(spoken):
        return set()
    denied = [-1] * len(spoken)  # the clause that is denied from this word on
    for at, word in enumerate(spoken):
        if at and clause[at] == clause[at - 1]:
            denied[at] = max(denied[at], denied[at - 1])
        following = spoken[at + 1] if at + 1 < len(spoken) else ""
        if at in inside:
            continue
        if following in _PAIRS.get(word, ()):
            # "nothing other than" denies nothing
            denied[at] = -1 if denied[at] >= 0 or "nothing" in spoken[at - 1 : at] else clause[at]
        elif word in _NEGATORS and (following not in _HARMLESS_NEXT or at + 1 in starts):
            denied[at] = clause[at]
    return {k for k, match in enumerate(matches) if denied[match.start] >= 0} | _undecided(spoken, matches)


def _undecided(spoken: Sequence[str], matches: Sequence[Match[Any]]) -> set[int]:
    """The matches with "or" and no more than an article between them, where they are options of one field."""
    found: set[int] = set()
    told = [(k, m, {e[0] for e in m.entries if e[1]}) for k, m in enumerate(matches)]
    for (k, one, fields), (other_k, other, others) in pairwise(told):
        if "or" in (between := spoken[one.end : other.start]) and len(between) <= 3 and fields & others:
            found |= {k, other_k}
    return found


def _clauses(utterance: str) -> list[int]:
    """For each word the number of its clause."""
    found: list[int] = []
    at = n = 0
    text = utterance.lower()
    for n, mark in enumerate(_BREAK.finditer(text)):
        cut = mark.end() if mark.group().isalpha() else mark.start()
        found += [n] * len(words(text[at:cut]))
        at = cut
    return found + [n + 1] * len(words(text[at:]))
