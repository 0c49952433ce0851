"""The database: SQLite in memory, built from a world, worked by tools only. Values are always bound, never spliced.

Nothing is kept between calls: `replay` builds the database, makes the requests in order and returns what they gave.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from functools import lru_cache
from typing import Any, NamedTuple

from pragenv.tasks.service.domain import Domain, domains
from pragenv.tasks.service.tools import Request
from pragenv.tasks.service.world import Booking, reference, world_of

SCHEMA = """
CREATE TABLE offer (
  id TEXT PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL, day TEXT NOT NULL, time TEXT NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity > 0), free INTEGER NOT NULL CHECK (free BETWEEN 0 AND capacity),
  fixed INTEGER NOT NULL, flex INTEGER NOT NULL
) STRICT;
CREATE TABLE booking (
  reference TEXT PRIMARY KEY, name TEXT NOT NULL, offer TEXT NOT NULL REFERENCES offer (id),
  places INTEGER NOT NULL CHECK (places > 0), rate TEXT NOT NULL CHECK (rate IN ('fixed', 'flex')),
  status TEXT NOT NULL CHECK (status IN ('active', 'cancelled'))
) STRICT;
"""
MOST_ROWS = 12
"""Offers that one search lists; it says how many more there are."""
Result = Mapping[str, Any]


class Refused(Exception):
    """A request that the database does not carry out, with the reason for the agent."""


class Played(NamedTuple):
    """What requests gave, one result each, and the bookings after them, in the order of their making."""

    results: tuple[Result, ...]
    bookings: tuple[Booking, ...]


@lru_cache(maxsize=4096)
def replay(domain: str, world: int, requests: tuple[Request, ...]) -> Played:
    """Build the database and make the requests. Pure: equal arguments give equal results."""
    with closing(connect(domain, world)) as db:
        results = perform(db, domains()[domain], world, requests)
        rows = db.execute("SELECT reference, name, offer, places, rate, status FROM booking ORDER BY rowid")
        return Played(results, tuple(Booking(*row) for row in rows))


def perform(db: sqlite3.Connection, of: Domain, world: int, requests: Iterable[Request]) -> tuple[Result, ...]:
    """Make requests of an open database of this domain and world."""
    tools = _Tools(db, of, world)
    return tuple(tools.answer(request) for request in requests)


def connect(domain: str, world: int) -> sqlite3.Connection:
    """The database as it is before anybody calls; the caller closes it."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.deserialize(_snapshot(domain, world))
    db.execute("PRAGMA foreign_keys = ON")
    return db


@lru_cache(maxsize=512)
def _snapshot(domain: str, world: int) -> bytes:
    rows = world_of(domain, world)
    with closing(sqlite3.connect(":memory:")) as db, db:
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO offer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows.offers)
        db.executemany("INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?)", rows.bookings)
        db.commit()
        return db.serialize()


class _Tools:
    """The tools at work on one open database."""

    def __init__(self, db: sqlite3.Connection, of: Domain, world: int) -> None:
        self._db, self._of, self._world = db, of, world
        self._names = dict(zip(("fixed", "flex"), of.choices["rate"], strict=True))

    def answer(self, request: Request) -> Result:
        """The result of a request, or `error`; all of a request happens, or nothing does."""
        tools: Mapping[str, Callable[..., Any]] = {
            "search": self._search,
            "bookings": self._bookings,
            "book": self._book,
            "change": self._change,
            "cancel": self._cancel,
        }
        self._db.execute("BEGIN")
        try:
            result = tools[request.tool](**dict(request.arguments))
        except Refused as error:
            self._db.execute("ROLLBACK")
            return {"error": str(error)}
        self._db.execute("COMMIT")
        return {"result": result}

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    def _search(self, a: str | None = None, b: str | None = None, day: str | None = None) -> Any:
        rows = self._rows(
            "SELECT id, a, b, day, time, free, fixed, flex FROM offer "
            "WHERE (? IS NULL OR a = ?) AND (? IS NULL OR b = ?) AND (? IS NULL OR day = ?) ORDER BY rowid",
            *(a, a, b, b, day, day),
        )
        of = self._of
        keys = (of.item, of.a.parameter, of.b.parameter, "day", "time", "free", *self._names.values())
        found: list[Any] = [dict(zip(keys, row, strict=True)) for row in rows[:MOST_ROWS]]
        return found if len(rows) <= MOST_ROWS else [*found, {"more": len(rows) - MOST_ROWS}]

    def _bookings(self, name: str) -> Any:
        rows = self._rows(
            "SELECT reference, offer, a, b, day, time, places, rate, status FROM booking JOIN offer ON offer = id "
            "WHERE name = ? COLLATE NOCASE ORDER BY booking.rowid",
            name,
        )
        of = self._of
        keys = ("booking", of.item, of.a.parameter, of.b.parameter, "day", "time", of.places, of.rate, "status")
        return [dict(zip(keys, (*row[:7], self._names[row[7]], row[8]), strict=True)) for row in rows]

    def _book(self, item: str, places: int, rate: str, name: str) -> Any:
        price = self._take(item, places, rate)
        n = self._rows("SELECT count(*) FROM booking")[0][0]
        while self._rows("SELECT 1 FROM booking WHERE reference = ?", code := reference(self._world, n)):
            n += 1
        self._rows("INSERT INTO booking VALUES (?, ?, ?, ?, ?, 'active')", code, name, item, places, rate)
        return {"booking": code, "total": places * price}

    def _change(self, booking: str, item: str) -> Any:
        offer, places, rate = self._held(booking)
        if offer == item:
            raise Refused(f"booking {booking} is for {item} already")
        price = self._take(item, places, rate)
        self._rows("UPDATE offer SET free = free + ? WHERE id = ?", places, offer)
        self._rows("UPDATE booking SET offer = ? WHERE reference = ?", item, booking)
        return {"booking": booking, "total": places * price}

    def _cancel(self, booking: str) -> Any:
        offer, places, rate = self._held(booking)
        self._rows("UPDATE offer SET free = free + ? WHERE id = ?", places, offer)
        self._rows("UPDATE booking SET status = 'cancelled' WHERE reference = ?", booking)
        return {"booking": booking, "refund": places * self._price(offer, rate) if rate == "flex" else 0}

    def _held(self, booking: str) -> tuple[str, int, str]:
        rows = self._rows("SELECT offer, places, rate FROM booking WHERE reference = ? AND status = 'active'", booking)
        if not rows:
            raise Refused(f"there is no active booking {booking}")
        offer, places, rate = rows[0]
        return offer, places, rate

    def _price(self, item: str, rate: str) -> int:
        rows = self._rows("SELECT fixed, flex FROM offer WHERE id = ?", item)
        if not rows:
            raise Refused(f"there is no {self._of.item} {item}")
        return int(rows[0][rate == "flex"])

    def _take(self, item: str, places: int, rate: str) -> int:
        """Take places of an offer; the price of one."""
        price = self._price(item, rate)
        taking = "UPDATE offer SET free = free - ? WHERE id = ? AND free >= ? RETURNING free"
        if not self._rows(taking, places, item, places):
            raise Refused(f"{item} has fewer than {places} places left")
        return price
