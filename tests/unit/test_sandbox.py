"""What runs in the sandbox runs as it should."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from pragenv import sandbox
from pragenv.sandbox import Limits, Outcome, SandboxError, protections, run_python, run_sql, run_sql_on

MODULE = """
from __future__ import annotations
import collections, dataclasses, functools, heapq, itertools, json, math, re, string, typing
from datetime import date

@dataclasses.dataclass
class Pair:
    left: int
    right: typing.Optional[int] = None

def helper(n):
    return 1 if n < 2 else n * helper(n - 1)

@functools.lru_cache(None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def factorial(n):
    return helper(n)

def shapes(text):
    pair = Pair(len(text))
    return {"pair": dataclasses.asdict(pair), "tuple": (1, 2.5, None, True), "year": date(2024, 2, 29).year,
            "top": collections.Counter(text).most_common(1), "words": re.findall(r"\\w+", text)}

def lines():
    print("noise " * 100_000)
    return "done"

if __name__ == "__main__":
    raise SystemExit("not run as a script")
"""


def newer() -> str | None:
    """An interpreter of Python 3.13, where there is one."""
    found = sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python3.13"))
    return str(found[-1]) if found else shutil.which("python3.13")


@pytest.mark.parametrize("python", [sys.executable, newer()], ids=["this", "3.13"])
def test_correct_code_runs(python: str | None) -> None:
    if python is None:
        pytest.skip("there is no Python 3.13 here")
    calls = [("factorial", [10]), ("fib", [80]), ("shapes", ["aab b"]), ("lines", []), ("factorial", ["x"])]
    outcomes = run_python(MODULE, calls, python=python)
    assert [o.value for o in outcomes[:4]] == [
        3628800,
        23416728348467685,
        {
            "pair": {"left": 5, "right": None},
            "tuple": [1, 2.5, None, True],
            "year": 2024,
            "top": [["a", 2]],
            "words": ["aab", "b"],
        },
        "done",
    ]
    assert outcomes[4].error.startswith("raised TypeError")


def test_what_fails_says_why_and_leaves_the_rest_alone() -> None:
    source = "def f(x):\n    return 1 / x\ndef g():\n    return {1, 2}\nh = 3\n"
    found = run_python(source, [("f", [2]), ("f", [0]), ("g", []), ("h", []), ("absent", []), ("f", [4])])
    assert found[0] == Outcome(True, 0.5)
    assert found[1].error == "raised ZeroDivisionError: division by zero"
    assert found[2].error.startswith("result is not JSON")
    assert found[3].error == "there is no function 'h'"
    assert found[4].error == "there is no function 'absent'"
    assert found[5] == Outcome(True, 0.25)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def f(:\n", "raised SyntaxError"),
        ("raise ValueError('no')", "raised ValueError: no"),
        ("import nothing_of_the_kind", "raised ModuleNotFoundError"),
        ("\x00", "raised"),
        ("x = '\ud83d'", "raised"),
    ],
)
def test_a_module_that_fails_fails_every_call(source: str, error: str) -> None:
    found = run_python(source, [("f", []), ("f", [])])
    assert [outcome.ok for outcome in found] == [False, False]
    assert all(outcome.error.startswith(error) for outcome in found)


def test_a_call_that_never_returns_takes_none_of_the_earlier_answers_with_it() -> None:
    source = "def f(x):\n    while x:\n        pass\n    return x\n"
    found = run_python(source, [("f", [0]), ("f", [1]), ("f", [0])], Limits(wall=0.5))
    assert found[0] == Outcome(True, 0)
    assert [outcome.error for outcome in found[1:]] == ["timeout: its time is over"] * 2


def test_sets_are_walked_in_the_same_order_in_every_run() -> None:
    source = "def f():\n    return list({'a', 'b', 'c', 'd', 'e'})\n"
    assert run_python(source, [("f", [])]) == run_python(source, [("f", [])])


def test_one_query_on_several_databases() -> None:
    scripts = [f"CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), ({n}, NULL);" for n in (2, 3)]
    found = run_sql_on(scripts, "WITH c AS (SELECT a, upper(b) AS u FROM t) SELECT * FROM c ORDER BY a DESC;")
    assert [o.value for o in found] == [
        {"columns": ["a", "u"], "rows": [[2, None], [1, "X"]]},
        {"columns": ["a", "u"], "rows": [[3, None], [1, "X"]]},
    ]
    assert run_sql(scripts[0], "SELECT zilch FROM t").error.startswith("raised OperationalError: no such column")


def test_what_is_in_force_is_said_and_tried_out() -> None:
    held = protections()
    assert "namespaces" in str(held)
    assert "user" in str(held)


def test_without_the_minimum_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_harness", lambda: "import os\nos.write(3, b'')\n")
    with pytest.raises(SandboxError, match="cannot be closed in here"):
        run_python("def f(): pass", [("f", [])])
    harness = Path(sandbox.__file__).with_name("child.py").read_text(encoding="utf-8")
    refused = harness.replace(
        "_check(_libc.unshare(", 'raise OSError(1, "unshare: not permitted")\n    _check(_libc.unshare('
    )
    assert refused != harness
    monkeypatch.setattr(sandbox, "_harness", lambda: refused)
    with pytest.raises(SandboxError, match="unshare: not permitted"):
        run_python("def f(): pass", [("f", [])])
    with pytest.raises(SandboxError, match="does not start"):
        run_python("def f(): pass", [("f", [])], python="/no/such/python")


def test_on_another_system_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="Linux only"):
        run_python("def f(): pass", [("f", [])])


def test_limits_are_above_nothing() -> None:
    with pytest.raises(ValueError, match="wall must be above 0"):
        Limits(wall=0)
    assert run_python("raise SystemExit", []) == []
    assert run_sql_on([], "SELECT 1") == []
