"""Markets: what is sold, for what prices, and the side terms that are settled with the price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

from pragenv.errors import DataError

STEPS = 120
"""A price is between the lowest and so many steps above it."""
LEVELS = 3


class Offer(NamedTuple):
    """All that is settled by a deal: the price in money, and the level of each side term, 0 the worst for the buyer."""

    price: int
    levels: tuple[int, ...]


@dataclass(frozen=True)
class Level:
    """A level of a side term: its label, phrases that name it by themselves, and words that do so with the term's."""

    label: str
    alone: tuple[str, ...]
    beside: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """A side term, with words for it and its levels, the worst for the buyer first."""

    name: str
    cues: tuple[str, ...]
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Market:
    """What is sold, the currency's sign, the lowest price and the step of prices in money, and the side terms."""

    name: str
    split: str
    item: str
    currency: str
    low: int
    step: int
    terms: tuple[Term, ...]

    @property
    def high(self) -> int:
        """The highest price."""
        return self.low + STEPS * self.step

    def thinkable(self, number: int) -> bool:
        """Whether a number without a currency could be a price."""
        return self.low / 4 <= number <= 2 * self.high

    def packages(self) -> list[tuple[int, ...]]:
        """All combinations of levels."""
        return list(product(range(LEVELS), repeat=len(self.terms)))

    def write(self, offer: Offer) -> str:
        """An offer in words: the price, then the levels in the order of the terms."""
        levels = (term.levels[i].label for term, i in zip(self.terms, offer.levels, strict=True))
        return ", ".join((f"{self.currency}{offer.price}", *levels))

    @staticmethod
    def key(offer: Offer) -> str:
        """The same in figures: what identifies an offer."""
        return "/".join(map(str, (offer.price, *offer.levels)))

    @staticmethod
    def offer(key: str) -> Offer:
        """The offer that `key` was made of."""
        price, *levels = map(int, key.split("/"))
        return Offer(price, tuple(levels))


@cache
def markets() -> tuple[Market, ...]:
    """The built-in markets, each with all its side terms.

    Raises:
        DataError: where a row of the file cannot be used, with its name.
    """
    rows = json.loads((files("pragenv.tasks.negotiate") / "markets.json").read_text(encoding="utf-8"))
    terms = {term.name: term for term in map(term_of, rows["terms"])}
    return tuple(market_of(row, terms) for row in rows["markets"])


@cache
def market(name: str, terms: tuple[str, ...]) -> Market:
    """A built-in market with only the side terms of these names, in this order."""
    found = next(one for one in markets() if one.name == name)
    by_name = {term.name: term for term in found.terms}
    facts = (found.name, found.split, found.item, found.currency, found.low, found.step)
    return Market(*facts, tuple(by_name[term] for term in terms))


def term_of(row: Mapping[str, Any]) -> Term:
    """The side term that a row of data describes.

    Raises:
        DataError: where a field is missing, or it has not three levels.
    """
    where = f"side term {row.get('name')!r}"
    try:
        levels = tuple(Level(one["label"], tuple(one["alone"]), tuple(one["with"])) for one in row["levels"])
        made = Term(row["name"], tuple(row["cues"]), levels)
    except KeyError as error:
        raise DataError(f"{where}: field {error} is missing; see `Term` and `Level`") from None
    if len(levels) != LEVELS:
        raise DataError(f"{where}: has {len(levels)} levels; give it {LEVELS}, the worst for the buyer first")
    return made


def market_of(row: Mapping[str, Any], terms: Mapping[str, Term]) -> Market:
    """The market that a row of data describes.

    Raises:
        DataError: where a field is missing or unknown, a term does not exist, or there are fewer than two.
    """
    where = f"market {row.get('name')!r}"
    try:
        made = Market(**{**row, "terms": tuple(terms[name] for name in row["terms"])})
    except KeyError as error:
        raise DataError(f"{where}: there is no field or side term {error}; see `Market`") from None
    except TypeError as error:
        raise DataError(f"{where}: {error}; see `Market` for its fields") from None
    if len(made.terms) < 2:
        raise DataError(f"{where}: has {len(made.terms)} side terms; give it at least 2")
    return made
