"""Right and wrong answers to Sharded's programming and database items, made by program for the study of the graders."""

import ast
import re
import sqlite3
import textwrap
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from sharded_rewrites import REWRITES

from pragenv.tasks.sharded.item import Item
from pragenv.tasks.sharded.kinds.code import _FAMILIES, Code
from pragenv.tasks.sharded.kinds.database import Database, alike
from pragenv.tasks.sharded.kinds.database_rows import database, tables

CODE, SQL = Code(), Database()
Variant = tuple[str, Item, str]
"""What a variant is, the item that it answers, and the answer."""


def connections(item: Item, seeds: range) -> list[sqlite3.Connection]:
    found = []
    for seed in seeds:
        found.append(sqlite3.connect(":memory:"))
        found[-1].executescript(database(tables(item.target["schema"]), item.target["reference"], seed))
    return found


def found_by(sql: str, connections: list[sqlite3.Connection]) -> list[list[Any]]:
    """What a query that this project wrote finds."""
    return [connection.execute(sql).fetchall() for connection in connections]


def differs(one: list[list[Any]], other: list[list[Any]], ordered: bool) -> bool:
    return not all(alike(a, b, ordered) for a, b in zip(one, other, strict=True))


# -- right answers ------------------------------------------------------------------------------------------

Form = Callable[[str, str], str]
_FAMILY = re.compile(r"def (\w+)")
FORMS: dict[str, Form] = {
    "bare": lambda code, name: code,
    "fence without a language": lambda code, name: f"```\n{code}\n```",
    "fence that is not closed": lambda code, name: f"```py\n{code}",
    "prose around": lambda code, name: f"Sure! Here it is:\n\n```python\n{code}```\n\nIt handles `[]` as well.",
    "example beside it": lambda code, name: f"```python\n{code}```\nFor example:\n```python\nprint({name}(x))\n```",
    "the same twice": lambda code, name: f"```python\n{code}```\nAgain:\n```python\n{code}```",
    "indented block": lambda code, name: textwrap.indent(f"```python\n{code}```", "    "),
    "Windows line ends": lambda code, name: f"```python\n{code}```".replace("\n", "\r\n"),
    "reformatted": lambda code, name: f"```python\n{ast.unparse(ast.parse(code))}\n```",
    "helper renamed": lambda code, name: re.sub(rf"\b{_FAMILY.search(code)[1]}\b", "_inner", code),  # type: ignore[index]
    "lambda": lambda code, name: code + f"\n\n_kept = {name}\n{name} = lambda *args: _kept(*args)\n",
    "prints too": lambda code, name: f"import math\nprint('checking')\n{_head_off(code)}",
    "main guard": lambda code, name: code + "\n\nif __name__ == '__main__':\n    raise SystemExit(1)\n",
    "nested": lambda code, name: (
        f"def {name}(*args):\n{textwrap.indent(_head_off(code), '    ')}\n    return {name}(*args)\n"
    ),
}


def _head_off(code: str) -> str:
    return code.replace("from __future__ import annotations\n", "")


def source(item: Item) -> str:
    family = _FAMILIES[item.target["template"]]
    return family.source(item.target["function"], item.target["values"])


def right_code() -> Iterator[Variant]:
    items = CODE.items()
    for i, (form, make) in enumerate(FORMS.items()):
        for item in items[i::36]:
            yield form, item, make(source(item), item.target["function"])
    for family, text in REWRITES.items():
        for item in [item for item in items if item.target["template"] == family][::2]:
            settings = f"V = {dict(item.target['values'])!r}\n"
            yield "rewritten", item, f"```python\n{settings}{text.replace('NAME', item.target['function'])}```"


def _comma(join: re.Match[str]) -> str:
    return f", {join[1]} WHERE {join[2]}{' AND' if join[0].endswith('WHERE') else ''}"


def _as_in(exists: re.Match[str]) -> str:
    negated, table, own = exists.groups()
    return f"WHERE p.id {negated or ''}IN (SELECT {own} FROM {table} c WHERE {own} IS NOT NULL"


def _turned(order: re.Match[str]) -> str:
    column, way = order[1].rstrip(","), "" if order[2] == " DESC" else " DESC"
    return f" ORDER BY {column}{way}{',' if order[1].endswith(',') else ''}"


SAME_SQL: dict[str, Callable[[str], str]] = {
    "fence": lambda q: f"```sql\n{q}\n```",
    "fence without a language": lambda q: f"```\n{q};\n```",
    "semicolon": lambda q: f"{q} ;\n",
    "prose around": lambda q: f"This should do:\n```sql\n{q};\n```\nIt gives:\n```\nsome rows\n```",
    "lower case": lambda q: re.sub(r"\b[A-Z]{2,}\b", lambda m: m.group().lower(), q),
    "new lines": lambda q: re.sub(r" (FROM|WHERE|JOIN|AND|ORDER|GROUP|HAVING|LIMIT)\b", r"\n  \1", q),
    "comment": lambda q: f"-- what was asked for\n{q} -- done",
    "aliases": lambda q: re.sub(r"\bp\b", "par", re.sub(r"\bc\b", "kid", q)),
    "AS": lambda q: re.sub(r"\b(FROM|JOIN) (\w+) (c|p)\b", r"\1 \2 AS \3", q),
    "columns named": lambda q: re.sub(r"^(SELECT (?:DISTINCT )?)(\S+?)(,| FROM)", r"\1\2 AS first_one\3", q),
    "CTE": lambda q: f"WITH found AS ({q}) SELECT * FROM found",
    "subquery": lambda q: f"SELECT * FROM ({q})",
    ">= as >": lambda q: re.sub(r">= (\d+)", lambda m: f"> {int(m[1]) - 1}", q),
    "> as >=": lambda q: re.sub(r"> (\d+)", lambda m: f">= {int(m[1]) + 1}", q),
    "<= as NOT >": lambda q: re.sub(r"(\w\.\w+) <= (\d+)", r"NOT \1 > \2", q),
    "BETWEEN as >= and <=": lambda q: re.sub(r"(\w\.\w+) BETWEEN (\d+) AND (\d+)", r"\1 >= \2 AND \1 <= \3", q),
    "sides swapped": lambda q: re.sub(r"(\w\.\w+) < (\d+)", r"\2 > \1", q),
    "= as IN": lambda q: re.sub(r"= ('\w+')", r"IN (\1)", q),
    "<> as NOT IN": lambda q: re.sub(r"<> ('\w+')", r"NOT IN (\1)", q),
    "INNER JOIN": lambda q: q.replace(" JOIN ", " INNER JOIN "),
    "comma join": lambda q: re.sub(r" JOIN (\w+ p) ON (\S+ = \S+)(?: WHERE)?", _comma, q),
    "EXISTS as IN": lambda q: re.sub(r"WHERE (NOT )?EXISTS \(SELECT 1 FROM (\w+) c WHERE (\S+) = p.id", _as_in, q),
    "COUNT(*) as COUNT(id)": lambda q: q.replace("COUNT(*)", "COUNT(c.id)"),
    "AVG as SUM / COUNT": lambda q: re.sub(r"AVG\((\S+)\)", r"SUM(\1) * 1.0 / COUNT(\1)", q),
    "DISTINCT as GROUP BY": lambda q: re.sub(
        r"^SELECT DISTINCT (\S+) (.*?)( ORDER .*)?$", r"SELECT \1 \2 GROUP BY \1\3", q
    ),
    "columns swapped": lambda q: re.sub(r"^SELECT (\S+), (\S+) FROM", r"SELECT \2, \1 FROM", q),
    "order by number": lambda q: re.sub(r"ORDER BY p.name", "ORDER BY 1", q),
    "group by both": lambda q: q.replace("GROUP BY p.id", "GROUP BY p.id, p.name"),
}  # fmt: skip


def right_sql() -> Iterator[Variant]:
    items = SQL.items()
    for i, (form, make) in enumerate(SAME_SQL.items()):
        changed = [item for item in items[i % 5 :] if make(item.target["reference"]) != item.target["reference"]]
        for item in changed[:: max(len(changed) // 6, 1)][:6]:
            yield form, item, make(item.target["reference"])


# -- wrong answers ------------------------------------------------------------------------------------------

SPOILED: dict[str, Form] = {
    "prints instead of returning": lambda code, name: re.sub(r"    return (.*)\n\Z", r"    print(\1)\n", code),
    "another name": lambda code, name: code.replace(f"def {name}(", f"def {name}_2("),
    "syntax error": lambda code, name: code.replace("):\n", ":\n", 1),
    "a text of the result": lambda code, name: re.sub(r"return (.*)\n\Z", r"return str([\1])\n", code),
    "a list around it": lambda code, name: re.sub(r"return (.*)\n\Z", r"return [\1]\n", code),
    "raises": lambda code, name: code + f"\n\n{name}(1, 2, 3, 4)\n",
    "leaves": lambda code, name: f"import os\nos._exit(0)\n{_head_off(code)}",
    "prose": lambda code, name: f"I would write a function {name} that does all of this.",
    "half of it": lambda code, name: code[: len(code) // 2],
    "another argument": lambda code, name: re.sub(rf"def {name}\((\w+)", rf"def {name}(extra, \1", code),
    "what was given": lambda code, name: f"def {name}(given, *rest):\n    return given\n",
    "equal to anything": lambda code, name: (
        f"class A(list):\n    __eq__ = lambda s, o: True\n\n\ndef {name}(*a):\n    return A()\n"
    ),
}  # fmt: skip


def wrong_code() -> Iterator[Variant]:
    items = CODE.items()
    for i, (form, make) in enumerate(SPOILED.items()):
        for item in items[i::50]:
            yield form, item, make(source(item), item.target["function"])
    for item in items[::20]:
        other = _FAMILIES[item.target["template"]].source(item.target["function"], item.target["defaults"])
        yield "two answers", item, f"```python\n{source(item)}```\nor\n```python\n{other}```"
    for item in items[::9]:
        family, values = _FAMILIES[item.target["template"]], dict(item.target["values"])
        rng = Random(item.id)
        calls = [family.draw(rng, values) for _ in range(300)]
        for slot in family.slots:
            value = values[slot.name]
            others = [*slot.clauses, *([value - 1, value + 1] if type(value) is int else [])]
            for other in others:
                near = {**values, slot.name: other}
                if any(family.function(*call, **near) != family.function(*call, **values) for call in calls):
                    yield "near miss", item, f"```python\n{family.source(item.target['function'], near)}```"


_EXISTS = r"^(SELECT .*? FROM \w+ p) WHERE EXISTS \(SELECT 1 FROM (\w+ c) WHERE (\S+ = p.id)(.*?)\)"
NEAR_SQL: dict[str, Callable[[str], str]] = {
    ">= for >": lambda q: re.sub(r"> (\d)", r">= \1", q),
    "> for >=": lambda q: q.replace(">=", ">"),
    "< for <=": lambda q: q.replace("<=", "<"),
    "<= for <": lambda q: re.sub(r"< (\d)", r"<= \1", q),
    "one too many": lambda q: re.sub(r"([<>]=?) (\d+)", lambda m: f"{m[1]} {int(m[2]) + 1}", q),
    "one too few": lambda q: re.sub(r"([<>]=?) (\d+)", lambda m: f"{m[1]} {int(m[2]) - 1}", q),
    "end left out": lambda q: re.sub(r"AND (\d+)", lambda m: f"AND {int(m[1]) - 1}", q),
    "another text": lambda q: re.sub(r"'(\w+)'", "'Birch'", q),
    "= for <>": lambda q: q.replace("<>", "="),
    "missing ones let in": lambda q: re.sub(r"(c\.\w+) <> ('\w+')", r"\1 IS NOT \2", q),
    "no filter": lambda q: re.sub(r" WHERE (?!EXISTS|NOT)[^()]*?(?= GROUP| ORDER| LIMIT|$)", "", q),
    "last filter left out": lambda q: re.sub(r" AND [cp]\.\w+ (?:[<>=]+) \S+?(?=\)| GROUP| ORDER| LIMIT|$)", "", q),
    "OR for AND": lambda q: re.sub(r"AND ([cp]\.)", r"OR \1", q),
    "DISTINCT left out": lambda q: q.replace("DISTINCT ", ""),
    "DISTINCT put in": lambda q: re.sub(r"^SELECT (?!DISTINCT)", "SELECT DISTINCT ", q),
    "no order": lambda q: re.sub(r" ORDER BY .*?(?= LIMIT|$)", "", q),
    "other way round": lambda q: re.sub(r" ORDER BY (\S+)( DESC| ASC)?(?=,| LIMIT|$)", _turned, q),
    "one row more": lambda q: re.sub(r"LIMIT (\d+)", lambda m: f"LIMIT {int(m[1]) + 1}", q),
    "LEFT JOIN": lambda q: q.replace(" JOIN ", " LEFT JOIN "),
    "wrong join": lambda q: re.sub(r"ON p.id = c.\w+", "ON p.id = c.id", q),
    "no join condition": lambda q: re.sub(r" ON p.id = c.\w+", "", q),
    "JOIN for EXISTS": lambda q: re.sub(_EXISTS, r"\1 JOIN \2 ON \3 WHERE 1\4", q),
    "EXISTS turned": lambda q: re.sub(r"(NOT )?EXISTS", lambda m: "EXISTS" if m[1] else "NOT EXISTS", q),
    "SUM for AVG": lambda q: q.replace("AVG", "SUM"),
    "whole AVG": lambda q: re.sub(r"AVG\((\S+)\)", r"SUM(\1) / COUNT(\1)", q),
    "HAVING left out": lambda q: re.sub(r" HAVING COUNT\(\*\) >= \d", "", q),
    "another column": lambda q: re.sub(r"^SELECT ((?:DISTINCT )?)([cp])\.\w+", r"SELECT \1\2.id", q),
    "a column more": lambda q: re.sub(r"^SELECT ((?:DISTINCT )?)", r"SELECT \g<1>1, ", q),
}  # fmt: skip
BROKEN: dict[str, Callable[[str], str]] = {
    "syntax error": lambda q: q.replace("FROM", "FORM", 1),
    "no such column": lambda q: re.sub(r"^SELECT ", "SELECT c.nothing, ", q),
    "two queries": lambda q: f"{q}; {q}",
    "two answers": lambda q: f"```sql\n{q}\n```\nor\n```sql\nSELECT 1\n```",
    "two bare answers": lambda q: f"{q}\nor\n{q}",
    "a change": lambda q: "DELETE FROM " + re.search(r"FROM (\w+)", q)[1],  # type: ignore[index]
    "prose": lambda q: "You select the rows from the table and sort them.",
    "EXPLAIN": lambda q: f"EXPLAIN {q}",
    "nothing": lambda q: "```sql\n```",
}


def wrong_sql() -> Iterator[Variant]:
    items = SQL.items()
    for i, (form, make) in enumerate(NEAR_SQL.items()):
        count = 0
        for item in items[i % 3 :: 3]:
            answer = make(item.target["reference"])
            if count < 8 and answer != item.target["reference"] and _unlike(item, answer):
                yield form, item, answer
                count += 1
    for i, (form, make) in enumerate(BROKEN.items()):
        for item in items[i::60]:
            yield form, item, make(item.target["reference"])


def _unlike(item: Item, sql: str) -> bool:
    """Whether a query is another one, by databases that the grader does not have."""
    others = connections(item, range(1000, 1040))
    return differs(found_by(sql, others), found_by(item.target["reference"], others), item.target["ordered"])
