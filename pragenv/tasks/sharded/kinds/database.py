"""Questions to a database: the answer is a query in SQL, and runs on populated databases in the sandbox."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations
from typing import Any, ClassVar

from pragenv.errors import DataError
from pragenv.sandbox import Outcome, run_sql_on
from pragenv.tasks.sharded.item import Item, Kind, text_of
from pragenv.tasks.sharded.kinds.database_items import generate, query
from pragenv.tasks.sharded.kinds.database_rows import database, tables, tokens
from pragenv.types import FrozenDict, Verdict

Rows = Sequence[Sequence[Any]]

DATABASES = 24
"""How many databases every answer runs on."""
_BLOCK = re.compile(r"```(?:([\w+-]*)[ \t]*\r?\n)?(.*?)(?:```|\Z)", re.S)
# In one case throughout: "Select a date" and "With pleasure" begin a sentence.
_QUERY = re.compile(r"(?:SELECT|select)\s.+?\s(?:FROM|from)\s|(?:WITH|with)\s+\w+.*?\s(?:AS|as)\s*\(", re.S)
_PERMUTED = 5
"""Columns up to which their order does not matter."""


class Database(Kind):
    """Write a query. It must find what the reference finds, in order only where an order is asked for."""

    name = "database"
    rules: ClassVar[str] = "After `ANSWER:`, give one SQL query (SQLite) for the schema below, in one ```sql block."

    def items(self) -> tuple[Item, ...]:
        """Five templates in eight worlds of two tables."""
        return _items()

    def load(self, record: Mapping[str, Any], where: str) -> Item:
        """An item in the form of Spider: `fully_specified_question`, `schema_sql` and `reference_sql` (or `query`).

        The databases of Spider are no part of the records: rows are made for the schema.
        """
        schema = text_of(record, "schema_sql", where)
        if not tables(schema):
            raise DataError(f"{where}, schema_sql: holds no CREATE TABLE with columns, so no database can be made")
        reference = text_of(record, "reference_sql" if "reference_sql" in record else "query", where)
        target = {"schema": schema, "reference": reference, "ordered": _ordered(reference)}
        return Item(
            id=text_of(record, "task_id", where),
            kind=self.name,
            context=schema.strip(),
            full=text_of(record, "fully_specified_question", where),
            shards=tuple(shard["shard"] for shard in record["shards"]),
            target=target,  # type: ignore[arg-type]  # frozen by the item
        )

    def grade(self, item: Item, answer: str) -> Verdict:
        """1 where the query finds the same as the reference; no score where the reference finds nothing anywhere."""
        candidates = _queries(answer)
        if len(candidates) != 1:
            return Verdict(0.0, False, f"{len(candidates)} different queries, not one")
        scripts, references = _expected(item.target)
        if not all(outcome.ok for outcome in references):
            return Verdict(None, False, f"the reference failed: {next(o.error for o in references if not o.ok):.200}")
        expected = [outcome.value["rows"] for outcome in references]
        if not any(expected):
            return Verdict(None, False, "the reference finds nothing in any database, so that no answer can be told")
        outcomes = run_sql_on(scripts, candidates[0])
        if failed := next((outcome for outcome in outcomes if not outcome.ok), None):
            return Verdict(0.0, False, f"the query failed: {failed.error:.200}")
        width, found = len(references[0].value["columns"]), len(outcomes[0].value["columns"])
        if found != width:
            return Verdict(0.0, False, f"{found} columns instead of {width}")
        results = [outcome.value["rows"] for outcome in outcomes]
        if not any(_all_alike(results, expected, order, item.target["ordered"]) for order in _orders(width)):
            return Verdict(0.0, False, _difference(results, expected, item.target["ordered"]))
        return Verdict(1.0, True, f"the same as the reference on {len(expected)} databases")

    def solve(self, item: Item, known: frozenset[int]) -> str:
        """The template's query with what is known, and else what people would assume."""
        target = item.target
        if "template" not in target:
            return f"```sql\n{target['reference']}\n```" if known == item.everything else "I don't know."
        values = {
            slot: value if i in known else target["defaults"][slot]
            for i, (slot, value) in enumerate(target["values"].items(), 1)
        }
        return f"```sql\n{query(target['template'], target['world'], values)};\n```"

    def recognise(self, utterance: str) -> str | None:
        """The one ```sql block, or an utterance that is a query."""
        blocks = {text.strip() for language, text in _BLOCK.findall(utterance) if _is_sql(language)}
        if blocks:
            return blocks.pop() if len(blocks) == 1 else None
        return utterance if _QUERY.match(utterance.strip()) else None


@cache
def _items() -> tuple[Item, ...]:
    return generate()


def _expected(target: FrozenDict) -> tuple[list[str], list[Outcome]]:
    """The databases of an item and what the reference finds there; remembered once the reference has run."""
    if target.memo is None:
        # Where the user says nothing on ties, they would make two right queries differ.
        ties, schema = "template" in target, tables(target["schema"])
        scripts = [database(schema, target["reference"], seed, ties) for seed in range(DATABASES)]
        outcomes = run_sql_on(scripts, target["reference"])
        if not all(outcome.ok for outcome in outcomes):
            return scripts, outcomes
        target.memo = (scripts, outcomes)
    found: tuple[list[str], list[Outcome]] = target.memo
    return found


def _queries(answer: str) -> list[str]:
    """The different queries in an answer: its blocks of SQL, else its blocks, else all of it."""
    found = _BLOCK.findall(answer)
    labelled = [text for language, text in found if _is_sql(language)]
    blocks = labelled or [text for _, text in found] or [answer.strip().strip("`")]
    return list(dict.fromkeys(stripped for block in blocks if (stripped := block.strip().rstrip("; \n\t"))))


def _is_sql(language: str) -> bool:
    return "sql" in language.lower()


def _ordered(reference: str) -> bool:
    """Whether the query puts its result in order, and not just some part within brackets."""
    depth = 0
    for token in tokens(reference):
        depth += (token == "(") - (token == ")")
        if token.upper() == "ORDER" and not depth:
            return True
    return False


# -- comparing results -------------------------------------------------------------------------------------------------


def _orders(width: int) -> Iterator[tuple[int, ...]]:
    """The orders in which columns may come: any, but for wide tables the given one."""
    yield from permutations(range(width)) if width <= _PERMUTED else [tuple(range(width))]


def _all_alike(results: Sequence[Rows], expected: Sequence[Rows], order: Sequence[int], ordered: bool) -> bool:
    return all(
        len(got) == len(right) and alike([[row[i] for i in order] for row in got], right, ordered)
        for got, right in zip(results, expected, strict=True)
    )


def alike(got: Rows, expected: Rows, ordered: bool) -> bool:
    """Whether two results are the same: as lists of rows where ordered, else as multisets."""
    if len(got) != len(expected):
        return False
    if not ordered:
        got, expected = sorted(got, key=_key), sorted(expected, key=_key)
    return all(len(g) == len(e) and all(map(_same, g, e)) for g, e in zip(got, expected, strict=True))


def _key(row: Sequence[Any]) -> list[str]:
    return [f"{float(v):.6g}" if isinstance(v, (int, float)) else repr(v) for v in row]


def _same(got: Any, expected: Any) -> bool:
    if isinstance(got, (int, float)) and isinstance(expected, (int, float)):
        return math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-9)
    return type(got) is type(expected) and bool(got == expected)


def _difference(results: Sequence[Rows], expected: Sequence[Rows], ordered: bool) -> str:
    """Where the results differ first, for the record."""
    for i, (got, right) in enumerate(zip(results, expected, strict=True), 1):
        if len(got) != len(right):
            return f"{len(got)} rows instead of {len(right)} in database {i} of {len(expected)}"
        if not alike(got, right, ordered):
            how = ", or another order," if ordered else ""
            return f"other values{how} in database {i} of {len(expected)}"
    return "columns in an order that does not hold throughout"
