"""Offers in free text: which price and which levels a text names, and what it only talks about."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pragenv.tasks.lexicon import Lexicon, words
from pragenv.tasks.negotiate import refusals, withdrawing
from pragenv.tasks.negotiate.market import Market, Offer
from pragenv.tasks.negotiate.money import FIGURES, SIGNS, amount, figures

LONGEST = 4000
"""Characters that are read; nobody bargains in more at a time."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_AMOUNT = rf"({FIGURES})(?:[.,]00?\b)?(?![\d.,]*\d)(?![-–—][{SIGNS}]?\d)"
_MARKED = re.compile(rf"([{SIGNS}])\s?{_AMOUNT}(?!\w)")
# A number without a currency is a price, unless it counts something or is a year.
_BARE = re.compile(
    rf"(?<![\w.,{SIGNS}-]){_AMOUNT}(?!\w|\s?%|\s?(?:km|miles?|mm|cm|gb|mb|kg|kw|watts?|lit\w+|hours?|shots?"
    rf"|people)\b)"
)
_YEAR = re.compile(r"\b(?:from|in|since|of|built|made|bought|model|year) (?:19|20)\d\d\b|\b(?:19|20)\d\d model\b")
# Money that is not read as a price: what is left where `_MARKED` are blanked ("£430.50", "£400+"), shares, rates.
_BLANK = "§"
_UNREAD = re.compile(rf"[{SIGNS}]\s?[-–—]?\d|\d\s?(?:%|per ?cent\b)|[~≈]\s?[{_BLANK}\d]|{_BLANK}(?:\+(?!\w)|-?ish\b)")
_RATE = re.compile(r"\d\s?(?:/|\b(?:per|an?|each|every)\b)\s?(?:hour|day|week|month|year)\b")
_RANGE = re.compile(
    rf"(?<![\w.,])[{SIGNS}]?\s?({FIGURES})\s?(?:or|to|[-–—])\s?(?:up to "
    rf"|even )?[{SIGNS}]?\s?({FIGURES})\b(?![ -]?(?:%|day|week|month|year))"
)
_ASIDE = re.compile(r"(?:^|(?<=[.!?,] ))((?:and )?(?:the )?\w+)\? +(?=[\w' -]{1,20}(?:[.!,]|$))")
"""A term in a question that the next words answer: "Warranty? None."."""
_DENIED = re.compile(r"\b(?:no|not|without|minus|excluding|except)(?: the| an?| any| your| my)?$")
_POSSESSIVE = re.compile(r"\b(day|week|month|year)'s\b")
_AGE = re.compile(r"\b\w+[ -](?:day|week|month|year)s?[ -](?:old|ago)\b")
_PLAIN = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "，": ",", "’": "'"})
_NUMBER_WORDS = re.compile(r"\b(?:hundreds?|thousands?|dozen|grand)\b")
_PROPOSING = re.compile(
    r"\b(?:how|what|would|could|can|will|shall|let's|do|does|is|are|i|i'd|i'll|we|we'd|we'll|you|my|why not|okay"
    r"|ok|deal)\b"
)

_BESIDE = ("{} {}", "{1} {0}", "{1} is {0}", "{1} would be {0}", "{1} will be {0}", "{0} way of {1}")
"""How a word for a level stands by a word for its term."""

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
            said += [text.format(word, cue) for word in level.beside for cue in term.cues for text in _BESIDE]
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
    given: list[_Part] = []
    for sentence in sentences_of(_ASIDE.sub(r"\1: ", text)):
        if mentioned:
            given.append(_part(sentence, market))
        else:
            _hear(sentence, market, given)
    prices = frozenset[int]().union(*(part.prices for part in given))
    levels = (frozenset(i for part in given for t, i in part.named if t == term) for term in range(len(market.terms)))
    return Terms(prices, tuple(held - {-1} for held in levels), any(part.unread for part in given))


class _Part(NamedTuple):
    """What a part of a sentence names, the words around it, and whether it only echoes what the other has said."""

    prices: frozenset[int]
    named: tuple[Entry, ...]
    unread: bool
    rest: str
    echo: bool = False

    @property
    def bare(self) -> bool:
        """Whether it names nothing that could be offered."""
        return not self.prices and not self.unread and all(level < 0 for _, level in self.named)


def _part(text: str, market: Market) -> _Part:
    named, rest = _levels(text, market)
    prices, unread = _prices(text, rest, market)
    echo = bool(prices) and text.rstrip().endswith("?") and not _PROPOSING.search(text)
    return _Part(frozenset(prices), tuple(named), unread, rest, echo)


def _hear(sentence: str, market: Market, given: list[_Part]) -> None:
    """Add what a sentence offers to what was offered before it, without what it refuses or corrects."""
    offered: list[_Part] = []
    dropped = False
    for text in refusals.parts(sentence):
        part = _part(text, market)
        if part.bare:
            if refusals.refuses(part.rest):
                offered.clear()
                given.clear()
            if refusals.of_another(part.rest):
                return
        elif refusals.not_offered(part.rest):
            dropped = True
            if refusals.echoes(text):
                given.clear()
        else:
            if refusals.corrects(text):
                offered[:] = [_without(before, part) for before in offered]
                given[:] = [_without(before, part) for before in given]
            offered.append(part)
    # Where a part with the price is no offer, terms beside it are none.
    if dropped and not any(part.prices for part in offered):
        return
    if any(part.prices for part in offered):
        given[:] = [before for before in given if not before.echo]
    given += offered


def _without(before: _Part, newer: _Part) -> _Part:
    """What was named before, less what is named anew."""
    renamed = {t for t, level in newer.named if level >= 0}
    kept = tuple(entry for entry in before.named if entry[0] not in renamed)
    return before._replace(prices=frozenset() if newer.prices else before.prices, named=kept)


def withdraws(text: str) -> bool:
    """Whether somebody takes an offer of its own back."""
    return any(map(withdrawing.withdrawn, sentences_of(text)))


def since_withdrawal(text: str) -> str:
    """What a text says after it takes back what it offered itself; all of it where it takes back an older offer."""
    spoken = sentences_of(text)
    ends = [i + 1 for i, s in enumerate(spoken) if withdrawing.withdrawn(s) and not withdrawing.withdrawn_older(s)]
    return "\n".join(spoken[ends[-1] :]) if ends else text


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, in lower case, with sums of money in figures."""
    return [s for s in _SENTENCE.split(figures(text[:LONGEST].lower().translate(_PLAIN))) if s.strip()]


def named_terms(sentence: str, market: Market) -> tuple[int, ...]:
    """The terms that a sentence speaks of, in its order."""
    return tuple(dict.fromkeys(t for t, _ in _levels(sentence, market)[0]))


def apart_from_terms(sentence: str, market: Market) -> str:
    """A sentence without the levels of terms that it names: "no warranty" denies nothing. A price is one word."""
    return _levels(sentence, market)[1]


def _levels(sentence: str, market: Market) -> tuple[list[Entry], str]:
    """The terms and levels that a sentence names, and the sentence without those of which it names a level."""
    plain = _AGE.sub(" ", _MARKED.sub(f" {refusals.PRICE} ", sentence))
    spoken = words(_POSSESSIVE.sub(r"\1", plain))
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


def _prices(sentence: str, rest: str, market: Market) -> tuple[set[int], bool]:
    """The prices that a sentence names, and whether it names others that are not read.

    A price is what bears the market's currency, else any other number that could be one. A range names both its ends.
    """
    marked = _MARKED.findall(sentence)
    unread = bool(_UNREAD.search(_MARKED.sub(_BLANK, sentence)) or _RATE.search(sentence))
    unread = unread or any(sign != market.currency for sign, _ in marked)
    found = {amount(digits) for sign, digits in marked if sign == market.currency}
    if not marked and not _NUMBER_WORDS.search(rest):
        joined = _YEAR.sub(" ", re.sub(r"(?<=\d) (?=\d{3}\b)", "", rest))
        found = set(filter(market.thinkable, map(amount, _BARE.findall(joined))))
    for ends in _RANGE.findall(sentence):
        found.update(filter(market.thinkable, map(amount, ends)))
    return found, unread
