"""What runs in the sandbox runs as it should."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
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
    if found or (shim := shutil.which("python3.13")) is None:
        return str(found[-1]) if found else None
    # What lies on the path may be a script that looks for the interpreter where the sandbox has nothing.
    asked = subprocess.run(
        [shim, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


@pytest.mark.parametrize("python", [sys.executable, newer()], ids=["this", "3.13"])
def test_correct_code_runs(python: str | None) -> None:
    if python is None:
        pytest.skip("there is no Python 3.13 here")
    calls: list[tuple[str, list[object]]] = [
        ("factorial", [10]),
        ("fib", [80]),
        ("shapes", ["aab b"]),
        ("lines", []),
        ("factorial", ["x"]),
    ]
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


def test_each_limit_says_that_it_was_met() -> None:
    source = "def spin():\n    while True: pass\ndef take(): return bytearray(10**9)\ndef say(): return 'x' * 10**6\n"
    (cpu,) = run_python(source, [("spin", [])], Limits(cpu=1, wall=10))
    assert cpu.error == "timeout: its time is over"
    taken, said = run_python(source, [("take", []), ("say", [])])
    assert taken.error == "memory: out of memory"
    assert said.error == "output: too much"
    (started,) = run_python(source, [("take", [])], Limits(memory_mb=1))
    assert started.error.startswith(("memory", "exited"))


def test_arguments_that_are_not_json_are_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        run_python("def f(x): return x", [("f", [{1}])])


def test_honest_code_of_many_kinds_runs() -> None:
    source = """
import asyncio, enum, random, tempfile, threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
class Colour(enum.Enum):
    RED = 1
class Point(NamedTuple):
    x: int
class Stack(Generic[T]):
    def __init__(self): self.items: list[T] = []
class Shape(ABC):
    @abstractmethod
    def area(self): ...
class Square(Shape):
    def area(self): return 4

async def later(): return 5

def f():
    with tempfile.TemporaryFile("w+") as file, ThreadPoolExecutor(2) as pool:
        file.write("abc")
        file.seek(0)
        return [Colour.RED.value, Point(2), Square().area(), asyncio.run(later()), list(pool.map(abs, [-6])),
                file.read(), 0 <= random.random() < 1]
"""
    (found,) = run_python(source, [("f", [])])
    assert found == Outcome(True, [1, [2], 4, 5, [6], "abc", True])


def test_sets_are_walked_in_the_same_order_in_every_run() -> None:
    source = "def f():\n    return list({'a', 'b', 'c', 'd', 'e'})\n"
    assert run_python(source, [("f", [])]) == run_python(source, [("f", [])])


def test_threads_run_their_own() -> None:
    def run(n: int) -> list[Outcome]:
        return run_python("def f(x): return x", [("f", [n])])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(8))) == [[Outcome(True, n)] for n in range(8)]


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
    assert "system calls filtered" in str(held)
    assert "user" in str(held)
    assert "\n" not in str(held)


def refusing(monkeypatch: pytest.MonkeyPatch, replace: str, by: str) -> None:
    """Have the child's set-up go otherwise."""
    harness = Path(sandbox.__file__).with_name("child.py").read_text(encoding="utf-8")
    assert replace in harness
    texts = {"child.py": harness.replace(replace, by), "program.py": "def perform(job, say): say('[0, true, 1]')"}
    monkeypatch.setattr(sandbox, "_text", texts.__getitem__)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("    _check(_libc.unshare(", "unshare: not permitted"),
        ("    os.chroot(", "chroot: not permitted"),
        ("    _prctl(_NO_NEW_PRIVS", "prctl: not permitted"),
        ("    _prctl(_SECCOMP", "seccomp: not permitted"),
        ("        resource.setrlimit(", "setrlimit: not permitted"),
    ],
)
def test_without_the_minimum_nothing_is_run(monkeypatch: pytest.MonkeyPatch, step: str, reason: str) -> None:
    indent = step[: len(step) - len(step.lstrip())]
    refusing(monkeypatch, step, f"{indent}raise OSError(1, {reason!r})\n{step}")
    with pytest.raises(SandboxError, match=rf"cannot be closed in here \(.*{reason}.*namespaces must be allowed"):
        run_python("def f(): pass", [("f", [])])


def test_a_machine_without_a_list_of_system_calls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, "machine = os.uname().machine", "machine = 'vax'")
    with pytest.raises(SandboxError, match="no list of system calls for vax"):
        run_python("def f(): pass", [("f", [])])


def test_a_sandbox_that_does_not_hold_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"files": ["/etc/passwd"], "sockets": [], "user": 0}
    monkeypatch.setattr(sandbox, "run_python", lambda *_: [Outcome(True, value)])
    protections.cache_clear()
    with pytest.raises(SandboxError, match=r"does not hold.*/etc/passwd"):
        protections()


def test_an_interpreter_that_does_not_start_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxError, match="does not start"):
        run_python("def f(): pass", [("f", [])], python="/no/such/python")
    with pytest.raises(SandboxError, match="it did not start"):
        run_python("def f(): pass", [("f", [])], python="/bin/false")
    monkeypatch.setattr(
        sandbox, "_text", lambda name: "import os, sys\nos.write(int(sys.argv[1]), b'[0, true, 1]\\n')\n"
    )
    with pytest.raises(SandboxError, match="it did not start"):
        run_python("def f(): pass", [("f", [])])


def test_on_another_system_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="Linux only"):
        run_python("def f(): pass", [("f", [])])


def test_our_own_package_is_hidden_wherever_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    packages, apart = tmp_path / "lib/python3.11/site-packages", tmp_path / "lib/apart/pragenv"
    for folder in (packages / "pragenv", apart):
        folder.mkdir(parents=True)
    (tmp_path / "lib64").symlink_to("lib")
    libraries = (str(tmp_path / "lib"), str(tmp_path / "lib64"))
    also = tmp_path / "lib64"
    for ours, hidden in (
        (packages / "pragenv", [packages, also / "python3.11/site-packages"]),
        (apart, [packages, also / "python3.11/site-packages", apart, also / "apart/pragenv"]),
    ):
        monkeypatch.setattr(sandbox, "__file__", str(ours / "sandbox/__init__.py"))
        sandbox._packages.cache_clear()
        assert sandbox._packages(libraries) == [str(path) for path in hidden]


def test_limits_are_above_nothing() -> None:
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="wall must be above 0"):
            Limits(wall=wrong)
    assert run_python("raise SystemExit", []) == []
    assert run_sql_on([], "SELECT 1") == []
