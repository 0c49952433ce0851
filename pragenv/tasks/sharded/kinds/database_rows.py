"""Populated databases for a schema: rows at random, which come close to what a query asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

Value = int | float | str | None

_SIZES = (16, 30, 60)
_FEW = (12, 18)
"""Rows of a table that others refer to: few, so that each is referred to often."""
_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|\d+(?:\.\d+)?|\w+|<>|[<>!=]=|\S""", re.S
)
_NO_COLUMN = {"PRIMARY", "FOREIGN", "UNIQUE", "CONSTRAINT", "CHECK", "KEY", "INDEX"}
_TYPES = frozenset(
    "INT INTEGER BIGINT SMALLINT TINYINT MEDIUMINT NUMBER NUMERIC DECIMAL REAL FLOAT DOUBLE PRECISION TEXT VARCHAR "
    "CHAR CHARACTER NVARCHAR NCHAR CLOB STRING DATE DATETIME TIMESTAMP TIME YEAR BOOL BOOLEAN BIT BLOB UNSIGNED "
    "VARYING".split()
)
_TEXTS = ("Alder", "Birch", "Cedar", "Elm", "Fir")
_MISSING = 0.1
_WEIGHTS = (0.01, 0.1, 1, 2)


@dataclass
class Column:
    """A column: its name, its declared type, whether it may be NULL, and the table and column that it refers to."""

    name: str
    type: str
    nullable: bool
    refers: tuple[str, str] | None = None


@dataclass
class Table:
    """A table: its name, its columns, and the sets of columns that identify a row; names are lower-case in the sets."""

    name: str
    columns: list[Column] = field(default_factory=list)
    unique: list[tuple[str, ...]] = field(default_factory=list)


def tokens(sql: str) -> list[str]:
    """The words, names, literals and signs of a text in SQL; comments are left out."""
    return [token for token in _TOKEN.findall(sql) if not token.startswith(("--", "/*"))]


def tables(schema: str) -> list[Table]:
    """The tables that the CREATE TABLE statements in a schema describe; other statements are passed over."""
    found, words = [], tokens(schema)
    for i, word in enumerate(words):
        if word.upper() == "TABLE" and i and words[i - 1].upper() in ("CREATE", "TEMP", "TEMPORARY"):
            start = i + 4 if words[i + 1 : i + 2] and words[i + 1].upper() == "IF" else i + 1
            if start + 1 < len(words) and words[start + 1] == "(":
                found.append(_table(_name(words[start]), words[start + 2 :]))
    return [table for table in found if table.columns]


def database(schema: Sequence[Table], query: str, seed: int, ties: bool = True) -> str:
    """The statements that make and fill the tables.

    Args:
        schema: the tables.
        query: whose literals the rows are to be about: equal to them, and just next to them.
        seed: of the rows.
        ties: whether rows may agree on what the query puts them in order by.
    """
    rng = Random(seed)
    near, ordering = _literals(schema, query)
    held: dict[tuple[str, str], list[Value]] = {}
    parents = {column.refers[0] for table in schema for column in table.columns if column.refers}
    statements = []
    for table in _parents_first(schema):
        names = [column.name.lower() for column in table.columns]
        rows: dict[tuple[Value, ...], list[Value]] = {}
        columns = []
        root = table.name.lower() in parents and not any(column.refers for column in table.columns)
        size = rng.randint(*_FEW) if root else rng.choice(_SIZES)
        for column, name in zip(table.columns, names, strict=True):
            drawn = _values(column, size, near.get(name, []), held, rng)
            columns.append(_apart(drawn) if (name,) in table.unique or (name in ordering and not ties) else drawn)
        keys = [[names.index(name) for name in key if name in names] for key in table.unique]
        for values in zip(*columns, strict=True):  # of rows that agree on a key, the last
            rows[tuple(values[i] for i in keys[0]) if keys else (len(rows),)] = list(values)
        for i, name in enumerate(names):
            held[table.name.lower(), name] = [row[i] for row in rows.values()]
        declared = ", ".join(f"{_quoted(column.name)} {column.type}" for column in table.columns)
        statements.append(f"CREATE TABLE {_quoted(table.name)} ({declared});")
        for row in rows.values():
            statements.append(f"INSERT INTO {_quoted(table.name)} VALUES ({', '.join(map(_literal, row))});")
    return "\n".join(statements)


# -- schemas -----------------------------------------------------------------------------------------------------------


def _table(name: str, words: Sequence[str]) -> Table:
    table = Table(name)
    for part in _parts(words):
        upper = [word.upper() for word in part]
        refers = upper.index("REFERENCES") if "REFERENCES" in upper else None
        if upper[0] not in _NO_COLUMN:
            end = next((i for i, word in enumerate(upper) if i and not (word.isalpha() and word in _TYPES)), len(part))
            key = "PRIMARY" in upper or "UNIQUE" in upper
            column = Column(_name(part[0]), " ".join(part[1:end]), not key and "NOT" not in upper)
            table.columns.append(column)
            table.unique += [(column.name.lower(),)] if key else []
            if refers is not None:
                column.refers = _referred(part[refers + 1 :], column.name)
        elif refers is not None:
            for own in (_name(word) for word in part[upper.index("(") + 1 : upper.index(")")] if word != ","):
                for column in table.columns:
                    if column.name.lower() == own.lower():
                        column.refers = _referred(part[refers + 1 :], own)
        elif ("PRIMARY" in upper or "UNIQUE" in upper) and "(" in upper:
            inner = part[upper.index("(") + 1 : upper.index(")")]
            table.unique.append(tuple(_name(word).lower() for word in inner if word != ","))
    return table


def _parts(words: Sequence[str]) -> Iterator[list[str]]:
    """What stands between the commas of a list, up to its closing bracket."""
    part: list[str] = []
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth < 0 or (word == "," and not depth):
            if part:
                yield part
            part = []
            if depth < 0:
                return
        else:
            part.append(word)


def _referred(part: Sequence[str], own: str) -> tuple[str, str]:
    column = part[2] if len(part) > 2 and part[1] == "(" else own
    return _name(part[0]).lower(), _name(column).lower()


def _parents_first(schema: Sequence[Table]) -> list[Table]:
    """The tables so that most come after those that they refer to."""
    left, ordered = list(schema), []
    while left:
        names = {table.name.lower() for table in left}
        free = [t for t in left if not any(c.refers and c.refers[0] in names - {t.name.lower()} for c in t.columns)]
        ordered.append(free[0] if free else left[0])
        left.remove(ordered[-1])
    return ordered


# -- values ------------------------------------------------------------------------------------------------------------


def _literals(schema: Sequence[Table], query: str) -> tuple[dict[str, list[Value]], set[str]]:
    """For each column the literals that follow it in the query; and the columns that it puts rows in order by."""
    names = {column.name.lower() for table in schema for column in table.columns}
    near: dict[str, list[Value]] = {}
    ordered: set[str] = set()
    column, ordering = "", False
    for token in tokens(query):
        name = _name(token).lower()
        ordering = token.upper() == "ORDER" or (ordering and token not in (")", ";"))
        if name in names:
            column = name
            if ordering:
                ordered.add(name)
        elif re.fullmatch(r"\d+", token):
            near.setdefault(column, []).extend(int(token) + d for d in (-1, 0, 0, 1, *_far(int(token))))
        elif re.fullmatch(r"\d+\.\d+", token):
            near.setdefault(column, []).extend(float(token) + d for d in (-0.5, 0, 0.5))
        elif token[0] in "'\"":
            near.setdefault(column, []).append(_text(token))
    return near, ordered


def _far(number: int) -> tuple[int, int]:
    """How far from a number a row is clearly on one side of it: a year, or any other figure."""
    return (-12, 12) if number > 1000 else (-number // 2, number // 2 + 2)


def _text(token: str) -> str:
    """The text in a literal; of a pattern, one that matches it."""
    return token[1:-1].replace(token[0] * 2, token[0]).replace("%", "x").replace("_", "y")


def _values(
    column: Column, size: int, near: Sequence[Value], held: dict[tuple[str, str], list[Value]], rng: Random
) -> list[Value]:
    if column.refers and held.get(column.refers):
        pool: list[Value] = list(held[column.refers])
    else:
        usual = list(_usual(column))
        pool = [*near, *near, *(rng.sample(usual, 3) if near else usual)]
    # Parents with many rows, with one and with none show what joins and counts do; rare values, what DISTINCT does.
    uneven = column.refers or rng.random() < 0.3
    weights = [rng.choice(_WEIGHTS) if uneven else 1.0 for _ in pool]
    drawn = rng.choices(pool, weights, k=size)
    return [None if column.nullable and rng.random() < _MISSING else value for value in drawn]


def _usual(column: Column) -> Sequence[Any]:
    declared, name = column.type.upper(), column.name.lower()
    if re.search("CHAR|TEXT|CLOB|STRING", declared):
        return _TEXTS
    if re.search("DATE|TIME", declared) or "date" in name:
        return [f"20{y:02}-{m:02}-{d:02}" for y in (8, 15, 21) for m, d in ((1, 9), (6, 30), (11, 17))]
    if "year" in name:
        return range(1995, 2024, 4)
    if re.search("REAL|FLOA|DOUB|DEC|NUM", declared):
        return [n / 2 for n in range(2, 60, 5)]
    return [0, 1] if "BOOL" in declared or "BIT" in declared else range(1, 13)


def _apart(values: Sequence[Value]) -> list[Value]:
    """The values, with repeated ones changed until none is."""
    seen: set[Value] = set()
    apart = []
    for i, value in enumerate(values):
        while value is not None and value in seen:
            value = f"{value} {i}" if isinstance(value, str) else value + 1
        seen.add(value)
        apart.append(value)
    return apart


def _name(token: str) -> str:
    return token[1:-1] if token[0] in '"`[' else token


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "NULL" if value is None else repr(value)
