"""Domains of Service: what is offered, by which two attributes it is told apart, and how people speak of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pragenv.errors import DataError

DAYS = ("Tuesday", "Wednesday", "Thursday", "Friday")
"""The days that there are offers on; every conversation takes place on the Monday before."""
PICKS = ("earliest", "latest", "cheapest")
"""Which of several offers of a day is wanted, of those that have enough room."""
KINDS = ("book", "change", "cancel")
"""What a user may want."""


@dataclass(frozen=True)
class Attribute:
    """One of the two attributes that tell a domain's offers apart.

    Attributes:
        parameter: what the tools call it.
        values: what it may be; no word is a value of two attributes.
        words: what else people call them.
        cues: words by which a question is about it.
        questions: an agent's wordings.
        said: a user's wordings, with `{}` for the value.
    """

    parameter: str
    values: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    cues: tuple[str, ...]
    questions: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """A service that takes bookings.

    Attributes:
        name: unique; `split` is where it is met.
        title: who offers.
        item: what is booked, also the tools' parameter for it; `prefix` begins its codes.
        places: the parameter for how many places are booked; `unit` one of them, and several.
        rate: the parameter for the rate.
        rates: names of the rate that binds (`fixed`) and of the one that doesn't (`flex`), the tools' own first.
        capacity: fewest and most places of an offer.
        price: lowest and highest price of a place, in euros.
        hours: first and last hour of a day at which an offer may begin.
        a, b: the attributes.
        openings: how users begin, by what they want.
    """

    name: str
    split: str
    title: str
    item: str
    prefix: str
    places: str
    unit: tuple[str, str]
    rate: str
    rates: Mapping[str, tuple[str, ...]]
    capacity: tuple[int, int]
    price: tuple[int, int]
    hours: tuple[int, int]
    a: Attribute
    b: Attribute
    openings: Mapping[str, tuple[str, ...]]

    @property
    def parameters(self) -> Mapping[str, str]:
        """What the tools call each slot."""
        return {
            **{slot: slot for slot in ("name", "day", "booking")},
            "a": self.a.parameter,
            "b": self.b.parameter,
            "item": self.item,
            "places": self.places,
            "rate": self.rate,
        }

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The values of the slots that have a list of them, as the tools take and return them."""
        rates = (self.rates["fixed"][0], self.rates["flex"][0])
        return {"a": self.a.values, "b": self.b.values, "day": DAYS, "rate": rates}

    def counted(self, places: int) -> str:
        """So many places in words."""
        return f"{places} {self.unit[places != 1]}"


@cache
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((files("pragenv.tasks.service") / "domains.json").read_text(encoding="utf-8"))
    return found


@cache
def domains() -> Mapping[str, Domain]:
    """The built-in domains by name.

    Raises:
        DataError: where a row of the file cannot be used.
    """
    return {row["name"]: domain_of(row) for row in _data()["domains"]}


@cache
def names() -> tuple[str, ...]:
    """Whom a booking can be for."""
    return tuple(_data()["names"])


def domain_of(row: Mapping[str, Any]) -> Domain:
    """The domain that a row of data describes.

    Raises:
        DataError: where a field is missing or unknown, or a value stands for two attributes.
    """
    try:
        fields: dict[str, Any] = {name: _frozen(value) for name, value in row.items()}
        made = Domain(**{**fields, "a": Attribute(**fields["a"]), "b": Attribute(**fields["b"])})
    except (KeyError, TypeError) as error:
        raise DataError(f"domain {row.get('name')!r}: {error}; see `Domain` for its fields") from None
    listed = [value.lower() for values in made.choices.values() for value in values]
    if len(set(listed)) < len(listed):
        raise DataError(f"domain {made.name!r}: a value is listed twice in {listed}; choose others")
    return made


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(part) for key, part in value.items()}
    return tuple(value) if isinstance(value, list) else value
