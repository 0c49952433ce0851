"""Offers in free text: which price and which levels a text names, and what it only talks about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pragenv.tasks.lexicon import Lexicon, words
from pragenv.tasks.negotiate.market import Market, Offer

LONGEST = 4000
"""Characters that are read; nobody bargains in more at a time."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_AMOUNT = r"(\d{1,3}(?:[,. '’]\d{3}\b){1,2}|\d{1,9})(?:[.,]00?\b)?(?![\d.,]*\d)\s?(k\b)?(?![-–—][£$€]?\d)"
_MARKED = re.compile(
    rf"[£$€]\s?{_AMOUNT}(?!\w)|(?<![\w.,–—-]){_AMOUNT}\s?(?:[£$€]|(?:pounds?|quid|euros?|dollars?|gbp|eur|usd)\b)"
)
_BARE = re.compile(rf"(?<![\w.,£$€-]){_AMOUNT}(?!\w|\s?%)")
# Money that is not read as a price: what is left where `_MARKED` are blanked ("£1.2k", "£430 or 450"), shares, rates.
_BLANK = "¤"
_UNREAD = re.compile(
    rf"[£$€]\s?[-–—]?\d|\d\s?(?:%|per ?cent\b)"
    rf"|{_BLANK}\s?(?:or|to|[-–—])\s?\d+\b(?![ -](?:day|week|month|year))|\d\s?(?:or|to|[-–—])\s?{_BLANK}"
)
_RATE = re.compile(r"\d\s?(?:/|\b(?:per|an?|each|every)\b)\s?(?:hour|day|week|month|year)\b")
_DENIED = re.compile(r"\b(?:no|not|without|minus|excluding|except)(?: the| an?| any| your| my)?$")
_AGE = re.compile(r"\b\w+[ -](?:day|week|month|year)s?[ -](?:old|ago)\b")
_PLAIN = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "，": ","})
_NUMBER_WORDS = re.compile(r"\b(?:hundred|thousand|dozen)\b")
# What is refused, bounded, vague, or said about another offer, is no offer.
_NOT_OFFERED = re.compile(
    r"\b(?:not|never|cannot|\w+n['’]t|neither|nor|refuse|no way"
    r"|too (?:much|high|low|little|expensive|cheap|steep)"
    r"|(?:more|less|lower|higher|other|rather|instead|better|worse) (?:than|of)|at (?:least|most)|up to|under|below"
    r"|above|over|between|around|about|roughly|or so|either|maximum|minimum|starting from|agreed|agreement|settled"
    r"|discussed|withdraw|forget|you (?:said|offered|asked|wanted|proposed|quoted|mentioned|promised)"
    r"|(?:was|were|used to)|earlier|previous(?:ly)?|originally"
    r"|(?:your|my|the) (?:last|first|old|earlier|original|previous)"
    r"|(?:your|her|his|their) (?:offer|price|bid|figure|proposal)"
    r"|(?:another|other|someone|somebody|elsewhere|shop|competitors?))\b"
)
_MEANT_ANYWAY = re.compile(
    r"\b(?:how|what) about\b|\bwhy not\b|\bover to you\b|\babout the\b|\bagreed[:,.!]|\bdo you agree\b"
)
_WITHDRAWN = re.compile(
    r"\b(?:withdraw|take back|retract|cancel|scrap|forget(?: about)?)\b.{0,20}\b(?:offer|proposal|bid|price)\b"
    r"|\b(?:offer|proposal|bid|price)\b.{0,20}"
    r"\b(?:off the table|no longer (?:stands|valid)|withdrawn|doesn['’]?t stand)\b"
)
_OLDER = re.compile(r"\b(?:last|first|old|older|earlier|original|previous)\b")

Entry = tuple[int, int]  # the place of a term, and of its level; -1 where the term alone is named


class Terms(NamedTuple):
    """What a text offers: the prices that it names, of each term the levels, and whether some price is not read."""

    prices: frozenset[int]
    levels: tuple[frozenset[int], ...]
    unread: bool

    @property
    def complete(self) -> Offer | None:
        """The offer, where there is exactly one price and one level of each term."""
        if self.unread or len(self.prices) != 1 or any(len(held) != 1 for held in self.levels):
            return None
        return Offer(min(self.prices), tuple([min(held) for held in self.levels]))

    def agree_with(self, offer: Offer) -> bool:
        """Whether nothing in it differs from an offer."""
        return (
            not self.unread
            and self.prices <= {offer.price}
            and all(held <= {level} for held, level in zip(self.levels, offer.levels, strict=True))
        )

    def lacking(self, market: Market) -> tuple[str, ...]:
        """What is missing for an offer, or named more than once: `price`, or the names of terms."""
        names = ("price", *(term.name for term in market.terms))
        given = (frozenset() if self.unread else self.prices, *self.levels)
        return tuple(name for name, held in zip(names, given, strict=True) if len(held) != 1)


@lru_cache(maxsize=256)
def lexicon(market: Market) -> Lexicon[Entry]:
    """The words for the terms of a market and their levels."""
    rows: list[tuple[Entry, str, float]] = []
    for t, term in enumerate(market.terms):
        rows += [((t, -1), cue, 1.0) for cue in term.cues]
        for i, level in enumerate(term.levels):
            said = [level.label, *level.alone]
            said += [text for word in level.beside for cue in term.cues for text in (f"{word} {cue}", f"{cue} {word}")]
            rows += [((t, i), text, 1.0) for text in said]
    return Lexicon(rows)


@lru_cache(maxsize=8192)
def read_terms(text: str, market: Market, mentioned: bool = False) -> Terms:
    """What a text offers. Sentences that refuse, that are vague, or that tell of another offer, offer nothing.

    Args:
        text: of either side.
        market: with the terms that are bargained over.
        mentioned: whether what is not offered counts too, as long as it is named.
    """
    prices: set[int] = set()
    levels: list[set[int]] = [set() for _ in market.terms]
    unread = False
    for sentence in sentences_of(text):
        named, rest = _levels(sentence, market)
        if not mentioned and _NOT_OFFERED.search(_MEANT_ANYWAY.sub(" ", rest)):
            continue
        prices.update(_prices(sentence, rest, market))
        unread = unread or bool(_UNREAD.search(_MARKED.sub(_BLANK, sentence)) or _RATE.search(sentence))
        for t, i in named:
            if i >= 0:
                levels[t].add(i)
    return Terms(frozenset(prices), tuple(frozenset(held) for held in levels), unread)


def withdraws(text: str) -> bool:
    """Whether somebody takes an offer of its own back."""
    return any(map(_withdraws, sentences_of(text)))


def since_withdrawal(text: str) -> str:
    """What a text says after it takes back what it offered itself; all of it where it takes back an older offer."""
    spoken = sentences_of(text)
    ends = [i + 1 for i, s in enumerate(spoken) if _withdraws(s) and not _OLDER.search(s)]
    return "\n".join(spoken[ends[-1] :]) if ends else text


def _withdraws(sentence: str) -> bool:
    return _WITHDRAWN.search(sentence) is not None and "your" not in sentence and "if " not in sentence


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, in lower case."""
    return [s for s in _SENTENCE.split(text[:LONGEST].lower().translate(_PLAIN)) if s.strip()]


def named_terms(sentence: str, market: Market) -> tuple[int, ...]:
    """The terms that a sentence speaks of, in its order."""
    return tuple(dict.fromkeys(t for t, _ in _levels(sentence, market)[0]))


def apart_from_terms(sentence: str, market: Market) -> str:
    """A sentence without the levels of terms that it names: "no warranty" denies nothing."""
    return _levels(sentence, market)[1]


def _levels(sentence: str, market: Market) -> tuple[list[Entry], str]:
    """The terms and levels that a sentence names, and the sentence without those of which it names a level."""
    plain = _AGE.sub(" ", _MARKED.sub(" ", sentence))
    spoken = words(plain)
    named: list[Entry] = []
    left: list[str] = list(spoken)
    for match in lexicon(market).find(spoken):
        t, level = match.entries[0]
        # "Without the 2-year warranty" names no level: which one is meant instead is not said.
        denied = "no," not in sentence and _DENIED.search(" ".join(spoken[max(0, match.start - 2) : match.start]))
        named.append((t, -1 if denied else level))
        if level >= 0:
            left[match.start : match.end] = [""] * (match.end - match.start)
    return named, " ".join(filter(None, left))


def _prices(sentence: str, rest: str, market: Market) -> Iterator[int]:
    """The prices that a sentence names: what bears a currency, else any other number that could be one."""
    marked = [_value(*filter(None, match.groups())) for match in _MARKED.finditer(sentence)]
    if marked:
        yield from marked
    elif not _NUMBER_WORDS.search(rest):
        joined = re.sub(r"(?<=\d) (?=\d{3}\b)", "", rest)
        bare = (_value(*filter(None, match.groups())) for match in _BARE.finditer(joined))
        yield from (value for value in bare if market.low / 4 <= value <= 2 * market.high)


def _value(digits: str, thousands: str = "") -> int:
    return int(re.sub(r"\D", "", digits)) * (1000 if thousands else 1)
