"""Sharded's programming and database kinds: their items, their loaders, and a study of their graders."""

import base64
import json
import pickle
import sqlite3
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import pytest
from sharded_variants import (
    CODE,
    SQL,
    Variant,
    connections,
    differs,
    found_by,
    right_code,
    right_sql,
    wrong_code,
    wrong_sql,
)

from pragenv.errors import DataError
from pragenv.tasks.sharded.item import Item, Kind
from pragenv.tasks.sharded.kinds.code import _FAMILIES, same
from pragenv.tasks.sharded.kinds.database import DATABASES
from pragenv.tasks.sharded.kinds.database_items import query
from pragenv.tasks.sharded.kinds.database_rows import database, tables
from pragenv.types import Verdict

KINDS: list[Kind] = [CODE, SQL]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)


def grades(kind: Kind, answers: list[tuple[Item, str]]) -> list[Verdict]:
    """The verdicts; each waits for a process of its own, so several at a time."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda pair: kind.grade(*pair), answers))


def say(text: str) -> None:
    """Show a figure of the study, under `pytest -s`."""
    sys.stdout.write(f"{text}\n")


# -- items -------------------------------------------------------------------------------------------------------------


@kinds
def test_there_are_two_hundred_different_items_of_four_to_six_shards(kind: Kind) -> None:
    items = kind.items()
    assert items is kind.items()
    assert len(items) >= 200
    assert len({item.full for item in items}) == len({item.id for item in items}) == len(items)
    assert all(4 <= len(item.shards) <= 6 for item in items)
    assert all(len(set(item.shards)) == len(item.shards) for item in items)


@kinds
def test_about_a_fifth_of_the_facts_is_what_people_would_assume(kind: Kind) -> None:
    pairs = [
        (item.target["values"][s], item.target["defaults"][s]) for item in kind.items() for s in item.target["values"]
    ]
    assert 0.15 <= sum(value == default for value, default in pairs) / len(pairs) <= 0.25


def test_every_function_is_tested_by_eight_calls_or_more() -> None:
    assert min(len(item.target["tests"]) for item in CODE.items()) >= 8
    assert DATABASES >= 3


def unknown(item: Item) -> Iterator[dict[str, Any]]:
    """The values that are gone by, for each set of facts not as assumed, by somebody who lacks just those."""
    values, defaults = item.target["values"], item.target["defaults"]
    told = [slot for slot in values if values[slot] != defaults[slot]]
    for size in range(1, len(told) + 1):
        for lacking in combinations(told, size):
            yield {**values, **{slot: defaults[slot] for slot in lacking}}


def returned(item: Item, values: dict[str, Any]) -> list[Any]:
    family = _FAMILIES[item.target["template"]]
    return [family.function(*_lists(args), **values) for args, _ in item.target["tests"]]


def _lists(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_lists(v) for v in value]
    return {k: _lists(v) for k, v in value.items()} if isinstance(value, dict) else value


def test_no_function_is_right_without_a_fact_that_is_not_as_assumed() -> None:
    for item in CODE.items():
        right = returned(item, dict(item.target["values"]))
        assert _lists([expected for _, expected in item.target["tests"]]) == json.loads(json.dumps(right))
        assert all(returned(item, values) != right for values in unknown(item)), item.id


def test_no_query_is_right_without_a_fact_that_is_not_as_assumed() -> None:
    for item in SQL.items():
        target, open_ = item.target, connections(item, range(DATABASES))
        right = found_by(target["reference"], open_)
        assert any(right), f"{item.id}: finds nothing"
        for values in unknown(item):
            other = found_by(query(target["template"], target["world"], values), open_)
            assert differs(other, right, target["ordered"]), (item.id, values)


@pytest.mark.slow
@kinds
def test_every_item_is_solved_by_whoever_knows_everything_and_by_nobody_who_lacks_a_fact(kind: Kind) -> None:
    items = kind.items()
    full = grades(kind, [(item, kind.solve(item, item.everything)) for item in items])
    assert [(item.id, v) for item, v in zip(items, full, strict=True) if v.score != 1] == []
    goal = grades(kind, [(item, kind.solve(item, frozenset({0}))) for item in items])
    as_assumed = [item.target["values"] == item.target["defaults"] for item in items]
    assert [v.solved for v in goal] == as_assumed
    say(f"{kind.name}: {len(items)} items, {sum(as_assumed) / len(items):.1%} can be guessed from the goal alone")


@kinds
def test_a_solver_who_lacks_one_fact_is_wrong_unless_it_is_as_assumed(kind: Kind) -> None:
    cases = [(item, i) for item in kind.items()[::24] for i in range(1, len(item.shards))]
    verdicts = grades(kind, [(item, kind.solve(item, item.everything - {i})) for item, i in cases])
    slots = [(item, list(item.target["values"])[i - 1]) for item, i in cases]
    assert [v.solved for v in verdicts] == [i.target["values"][s] == i.target["defaults"][s] for i, s in slots]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "variants", "right"),
    [(CODE, right_code, True), (CODE, wrong_code, False), (SQL, right_sql, True), (SQL, wrong_sql, False)],
    ids=["code-right", "code-wrong", "database-right", "database-wrong"],
)
def test_study_of_the_graders(kind: Kind, variants: Callable[[], Iterator[Variant]], right: bool) -> None:
    made = list(variants())
    verdicts = grades(kind, [(item, answer) for _, item, answer in made])
    wrongly = [
        (form, item.id, v.reason, a) for (form, item, a), v in zip(made, verdicts, strict=True) if v.solved != right
    ]
    counts, slips = Counter(form for form, *_ in made), Counter(form for form, *_ in wrongly)
    say(f"\n{kind.name}, {'right' if right else 'wrong'} answers: {len(made)}, misjudged: {len(wrongly)}")
    say("\n".join(f"  {form:30} {count:4} {slips[form]:4}" for form, count in counts.items()))
    assert len(made) >= 100
    assert not wrongly, "\n\n".join(map(str, wrongly[:10]))


# -- single rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "alike"),
    [
        (1, True, False), (True, 1, False), (True, True, True), (3, 3.0, True), (0.1 + 0.2, 0.3, True),
        (1.00001, 1.0, False),
        ([1, [2]], (1, (2,)), True), ([1], [1, 2], False), ([True], [1], False), ("1", 1, False), (None, 0, False),
        ({"a": 1}, {"a": 1.0}, True), ({"a": 1, "b": 2}, {"a": 1}, False), ([], {}, False), (10**400, 1.5, False),
        (float("nan"), 1.0, False), (10**20 + 1, 10**20, False),
    ],
)  # fmt: skip
def test_values_are_the_same_if_type_and_value_agree(got: Any, expected: Any, alike: bool) -> None:
    assert same(got, expected) is alike


@kinds
@pytest.mark.parametrize(
    "answer", ["", "```", "``````", "\0", "\ud800", "(" * 5000, "x" * 200_000, "```python\n```", "SELECT", "'"]
)
def test_no_answer_makes_a_grader_fail(kind: Kind, answer: str) -> None:
    verdict = kind.grade(kind.items()[0], answer)
    assert verdict.score == 0
    assert verdict.reason


def test_an_answer_is_recognised_where_it_is_clear() -> None:
    code = "def f(x):\n    return x\n"
    assert CODE.recognise(f"So:\n```python\n{code}```\nand\n```\nf(1)\n```") == code
    assert CODE.recognise(code) is None
    assert CODE.recognise(f"```python\n{code}```\nor\n```python\n{code}#\n```") is None
    assert SQL.recognise("So:\n```sql\nSELECT 1\n```") == "SELECT 1"
    assert SQL.recognise("SELECT a FROM b WHERE c") == "SELECT a FROM b WHERE c"
    assert SQL.recognise("WITH t AS (SELECT 1) SELECT * FROM t") is not None
    for prose in ("Select a date from the list?", "With pleasure! As (I) said", "SELECT what?", "```python\nx\n```"):
        assert SQL.recognise(prose) is None


# -- records in the public format --------------------------------------------------------------------------------------

SHARDS = [{"shard_id": 1, "shard": "add things up"}, {"shard_id": 2, "shard": "twice"}]
ASSERTS = """
METADATA = {}
def check(candidate):
    "Tests."
    assert candidate([1, 2], 1.5) == 7.5, "first"
    assert abs(candidate([], 2) - 4.0) < 1e-3
    assert 2 == candidate([1], 0)
    assert tuple(candidate([-1], 1)) == (0,) if False else True
"""


def human_eval(**fields: Any) -> dict[str, Any]:
    prompt = 'from typing import List\n\n\ndef twice(xs: List[int], y: float) -> float:\n    """Sum, twice."""\n'
    record = {
        "task_id": "sharded-HumanEval/999",
        "task": "code",
        "shards": SHARDS,
        "prompt": prompt,
        "entry_point": "twice",
    }
    tests = "\n".join(ASSERTS.splitlines()[:-1])
    return record | {"test": tests, "canonical_solution": "    return (sum(xs) + y - .75 * (y == 1.5)) * 2\n"} | fields


def live_code(**fields: Any) -> dict[str, Any]:
    tests = [{"input": "[1, 2]\n3", "output": "[3, 6]", "testtype": "functional"}]
    hidden = [{"input": "[]\n3", "output": "[]", "testtype": "functional"}]
    packed = base64.b64encode(zlib.compress(pickle.dumps(json.dumps(hidden)))).decode()
    return {
        "task_id": "sharded-lcb/1", "task": "code", "shards": SHARDS, "question_content": "Multiply all by k.",
        "starter_code": "class Solution:\n    def times(self, xs: List[int], k: int) -> List[int]:\n        ",
        "metadata": {"func_name": "times"}, "public_test_cases": json.dumps(tests), "private_test_cases": packed,
    } | fields  # fmt: skip


def test_asserts_become_calls_that_are_compared_outside_of_the_sandbox() -> None:
    item = CODE.load(human_eval(), "record 0")
    assert _lists(item.target["tests"]) == [[[[1, 2], 1.5], 7.5], [[[], 2], 4.0, 1e-3], [[[1], 0], 2]]
    assert item.context == "def twice(xs: List[int], y: float) -> float:"
    solution = CODE.solve(item, item.everything)
    assert CODE.grade(item, solution).solved
    assert not CODE.grade(item, solution.replace(".75", ".5")).solved
    assert not CODE.grade(item, CODE.solve(item, frozenset({0}))).solved


def test_hidden_tests_are_read_without_being_unpickled(tmp_path: Any) -> None:
    item = CODE.load(live_code(), "record 0")
    assert _lists(item.target["tests"]) == [[[[1, 2], 3], [3, 6]], [[[], 3], []]]
    answer = (
        "class Solution:\n    def times(self, xs: List[int], k: int) -> List[int]:\n        return [x * k for x in xs]"
    )
    assert CODE.grade(item, f"```python\n{answer}\n```").solved
    assert CODE.grade(item, "def times(xs, k):\n    return [x * k for x in xs]").solved
    assert not CODE.grade(item, answer.replace("x * k", "x")).solved

    class Bomb:
        def __reduce__(self) -> Any:
            return open, (str(tmp_path / "made"), "w")

    packed = base64.b64encode(zlib.compress(pickle.dumps(Bomb()))).decode()
    with pytest.raises(DataError, match="record 0, private_test_cases"):
        CODE.load(live_code(private_test_cases=packed), "record 0")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (human_eval(test=ASSERTS), "test, line 8"),
        (
            human_eval(test="def check(candidate):\n    for i in range(3):\n        assert candidate(i) == i"),
            "test, line 2",
        ),
        (human_eval(test="def check(candidate):\n    pass"), "test"),
        (human_eval(test="x = 1"), "test"),
        (human_eval(test="def check(c:"), "test"),
        (human_eval(entry_point="not a name"), "entry_point"),
        (human_eval(prompt="def twice(:"), "prompt"),
        (human_eval(prompt=""), "prompt"),
        (live_code(metadata={}), "entry_point"),
        (live_code(metadata="{"), "metadata"),
        (live_code(public_test_cases="[1]"), "public_test_cases"),
        (live_code(public_test_cases='[{"input": "1", "output": "1", "testtype": "stdin"}]'), "public_test_cases"),
        (live_code(public_test_cases="{}"), "public_test_cases"),
        (live_code(private_test_cases="?"), "private_test_cases"),
        (live_code(question_content=None), "question_content"),
    ],
)
def test_a_record_that_cannot_be_tested_is_refused(record: dict[str, Any], field: str) -> None:
    with pytest.raises(DataError, match=f"record 7, {field}"):
        CODE.load(record, "record 7")


SCHEMA = """CREATE TABLE "concert" (
  "concert_ID" int, "Name" varchar(20) NOT NULL, "Year" text, "Price" decimal(10,2), `Stadium_ID` int,
  PRIMARY KEY ("concert_ID"),
  FOREIGN KEY ("Stadium_ID") REFERENCES "stadium"("Stadium_ID")
);
CREATE TABLE stadium (Stadium_ID int PRIMARY KEY, Location text, Capacity int DEFAULT 0); -- where
CREATE TABLE plays (concert_ID int REFERENCES concert(concert_ID), singer text, PRIMARY KEY (concert_ID, singer));
INSERT INTO stadium VALUES (1, 'a', 2);
"""
REFERENCE = (
    "SELECT T2.Location, count(*) FROM concert AS T1 JOIN stadium AS T2 ON T1.Stadium_ID = T2.Stadium_ID "
    "WHERE T1.Year >= 2014 AND T1.Name LIKE '%Auditions%' GROUP BY T2.Stadium_ID"
)


def spider(**fields: Any) -> dict[str, Any]:
    return {
        "task_id": "sharded-spider/1", "task": "database", "shards": SHARDS, "schema_sql": SCHEMA, "db_id": "concerts",
        "fully_specified_question": "How many concerts at each place?", "reference_sql": REFERENCE,
    } | fields  # fmt: skip


def test_databases_are_made_for_a_schema() -> None:
    found = {table.name: table for table in tables(SCHEMA)}
    assert [c.name for c in found["concert"].columns] == ["concert_ID", "Name", "Year", "Price", "Stadium_ID"]
    assert [c.type for c in found["concert"].columns] == ["int", "varchar", "text", "decimal", "int"]
    assert found["concert"].columns[4].refers == ("stadium", "stadium_id")
    assert found["plays"].unique == [("concert_id", "singer")]
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(database(tables(SCHEMA), REFERENCE, 3))
        assert connection.execute(REFERENCE).fetchall()
        assert (
            connection.execute("SELECT 1 FROM plays GROUP BY concert_ID, singer HAVING count(*) > 1").fetchall() == []
        )
        joined = "SELECT count(*) FROM concert NATURAL JOIN plays"
        assert connection.execute(joined).fetchone()[0] > 5


def test_a_query_of_a_record_is_graded_on_databases_made_for_it() -> None:
    item = SQL.load(spider(), "record 0")
    assert SQL.grade(item, SQL.solve(item, item.everything)).solved
    assert not SQL.grade(item, SQL.solve(item, frozenset({0}))).solved
    assert SQL.grade(item, REFERENCE.replace("SELECT T2.Location, count(*)", "SELECT count(*), T2.Location")).solved
    for old, new in (("2014", "2015"), ("LIKE '%Auditions%'", "IS NOT NULL"), (">=", ">"), ("Auditions", "Audition_s")):
        assert not SQL.grade(item, REFERENCE.replace(old, new)).solved
    assert not SQL.load(spider(), "").target["ordered"]
    assert SQL.load(spider(reference_sql="SELECT Name FROM concert ORDER BY Year"), "").target["ordered"]
    inner = "SELECT Name FROM concert WHERE Year = (SELECT Year FROM concert ORDER BY Year LIMIT 1)"
    assert not SQL.load(spider(reference_sql=inner), "").target["ordered"]


@pytest.mark.parametrize("reference", ["SELECT nothing FROM concert", "SELECT Name FROM concert WHERE 0"])
def test_where_the_reference_tells_nothing_there_is_no_score(reference: str) -> None:
    item = SQL.load(spider(reference_sql=reference), "record 0")
    assert SQL.grade(item, "SELECT 1").score is None


@pytest.mark.parametrize(
    "fields",
    [{"schema_sql": ""}, {"schema_sql": "no tables"}, {"reference_sql": None}, {"fully_specified_question": 3}],
)
def test_a_record_without_a_schema_a_query_or_a_question_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=f"record 2, {next(iter(fields))}"):
        SQL.load(spider(**fields), "record 2")
