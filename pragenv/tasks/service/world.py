"""What a service has to offer and who has booked, before anybody calls: drawn from a number, by rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import NamedTuple

from pragenv.tasks.service.domain import DAYS, Domain, domains, names
from pragenv.types import mix

WORLDS = 64
"""How many databases a domain has."""
_CUSTOMERS = 10
_SOLD_OUT = 0.15
"""Share of days on which all that is offered of a kind is taken."""
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"


class Offer(NamedTuple):
    """Something that can be booked; prices are per place, in euros."""

    id: str
    a: str
    b: str
    day: str
    time: str
    capacity: int
    free: int
    fixed: int
    flex: int

    def price(self, rate: str) -> int:
        """What a place costs at a rate (`fixed` or `flex`)."""
        return self.fixed if rate == "fixed" else self.flex

    @property
    def begins(self) -> int:
        """When it begins, in minutes since Monday, 00:00."""
        hours, minutes = self.time.split(":")
        return (DAYS.index(self.day) + 1) * 1440 + int(hours) * 60 + int(minutes)


class Booking(NamedTuple):
    """Who has booked what; `status` is `active` or `cancelled`."""

    reference: str
    name: str
    offer: str
    places: int
    rate: str
    status: str = "active"


class World(NamedTuple):
    """All rows of a database, and who may call: the last few customers have no booking."""

    offers: tuple[Offer, ...]
    bookings: tuple[Booking, ...]
    customers: tuple[str, ...]

    def offer(self, code: str) -> Offer:
        """The offer of that code."""
        return next(offer for offer in self.offers if offer.id == code)


def reference(world: int, n: int) -> str:
    """The number of the n-th booking ever made, such as `K7Q2X`; not to be guessed from those before it."""
    drawn = mix(mix(world, 7), n)
    code = ""
    for symbols in (_LETTERS, _DIGITS, _LETTERS, _DIGITS, _LETTERS):
        code += symbols[drawn % len(symbols)]
        drawn //= len(symbols)
    return code


@lru_cache(maxsize=512)
def world_of(domain: str, number: int) -> World:
    """The rows of a domain's world: two or three offers for each day and kind, and bookings of some customers."""
    of, drawn = domains()[domain], Random(f"{domain}/{number}")
    customers = tuple(drawn.sample(names(), _CUSTOMERS))
    offers = _offers(of, drawn)
    bookings: list[Booking] = []
    for name in customers[: _CUSTOMERS - 3]:
        for day in drawn.sample(DAYS, drawn.choice((1, 2))):
            open_ones = [i for i, offer in enumerate(offers) if offer.day == day and offer.free]
            i = drawn.choice(open_ones)
            places = drawn.randint(1, min(3, offers[i].free))
            offers[i] = offers[i]._replace(free=offers[i].free - places)
            code = reference(number, len(bookings))
            bookings.append(Booking(code, name, offers[i].id, places, drawn.choice(("fixed", "flex"))))
    return World(tuple(offers), tuple(bookings), customers)


def _offers(of: Domain, drawn: Random) -> list[Offer]:
    kinds = [(a, b, day) for a in of.a.values for b in of.b.values for day in DAYS]
    codes = iter(drawn.sample(range(100, 1000), 3 * len(kinds)))
    made = []
    for a, b, day in kinds:
        count, full = drawn.choice((2, 3)), drawn.random() < _SOLD_OUT
        hours = sorted(drawn.sample(range(of.hours[0], of.hours[1] + 1), count))
        # Even prices that differ: the cheapest is one offer, and so it is at half as much again.
        prices = drawn.sample(range(of.price[0], of.price[1] + 1, 2), count)
        for hour, price in zip(hours, prices, strict=True):
            capacity = drawn.randint(*of.capacity)
            free = 0 if full else drawn.randint(0, capacity)
            time = f"{hour:02d}:{drawn.randrange(0, 60, 5):02d}"
            code = f"{of.prefix}{next(codes)}"
            made.append(Offer(code, a, b, day, time, capacity, free, price, price * 3 // 2))
    return made


@lru_cache(maxsize=512)
def offered(domain: str, number: int) -> Mapping[tuple[str, str, str], tuple[Offer, ...]]:
    """The offers of a world by attributes and day."""
    found: dict[tuple[str, str, str], tuple[Offer, ...]] = {}
    for offer in world_of(domain, number).offers:
        key = offer.a, offer.b, offer.day
        found[key] = (*found.get(key, ()), offer)
    return found
