"""Programming: the answer is a Python function, and runs on tests in the sandbox."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Mapping
from functools import cache
from textwrap import dedent
from typing import Any, ClassVar

from pragenv.sandbox import run_python
from pragenv.tasks.sharded.item import Item, Kind
from pragenv.tasks.sharded.kinds.code_items import generate
from pragenv.tasks.sharded.kinds.code_lists import LISTS
from pragenv.tasks.sharded.kinds.code_numbers import NUMBERS
from pragenv.tasks.sharded.kinds.code_records import read
from pragenv.tasks.sharded.kinds.code_texts import TEXTS
from pragenv.tasks.sharded.kinds.code_words import WORDS
from pragenv.types import Verdict

_FAMILIES = {family.function.__name__: family for family in (*LISTS, *NUMBERS, *WORDS, *TEXTS)}
_BLOCK = re.compile(r"```(?:[\w+-]*[ \t]*\r?\n)?(.*?)(?:```|\Z)", re.S)
_SHOWN = reprlib.Repr()
_SHOWN.maxlist = _SHOWN.maxdict = 12
_SHOWN.maxstring = _SHOWN.maxother = 120


class Code(Kind):
    """Write a function. It must return what is expected on every test."""

    name = "code"
    rules: ClassVar[str] = (
        "After `ANSWER:`, give the whole Python function, under the name below, in one ```python block, with any "
        "imports and helpers that it needs."
    )

    def items(self) -> tuple[Item, ...]:
        """Functions of 17 families."""
        return _items()

    def load(self, record: Mapping[str, Any], where: str) -> Item:
        """An item in the form of LiveCodeBench (`public_test_cases`) or of HumanEval (`test`)."""
        return read(record, where)

    def grade(self, item: Item, answer: str) -> Verdict:
        """1 where the function returns what every test expects."""
        name, tests = item.target["function"], item.target["tests"]
        programs = _programs(answer, name)
        if len(programs) != 1:
            return Verdict(0.0, False, f"{len(programs)} different blocks define {name}, not one")
        source = _complete(programs[0], name, item.target.get("preamble", ""))
        outcomes = run_python(source, [(name, args) for args, *_ in tests])
        for (args, expected, *tolerance), outcome in zip(tests, outcomes, strict=True):
            call = f"{name}({', '.join(_shown(arg) for arg in args)})"
            if not outcome.ok:
                return Verdict(0.0, False, f"{call} failed: {outcome.error:.200}")
            if not same(outcome.value, expected, *tolerance):
                return Verdict(0.0, False, f"{call} gave {_shown(outcome.value)}, expected {_shown(expected)}")
        return Verdict(1.0, True, f"right on all {len(tests)} tests")

    def solve(self, item: Item, known: frozenset[int]) -> str:
        """The family's function with what is known, and else what people would assume."""
        target = item.target
        if "template" not in target:
            solution: str = target["solution"] if known == item.everything else ""
            return f"```python\n{solution}\n```" if solution else "I don't know."
        values = {
            slot: value if i in known else target["defaults"][slot]
            for i, (slot, value) in enumerate(target["values"].items(), 1)
        }
        return f"```python\n{_FAMILIES[target['template']].source(target['function'], values)}```"

    def recognise(self, utterance: str) -> str | None:
        """The one fenced block that defines a function."""
        found = {block for block in _BLOCK.findall(utterance) if re.search(r"^def \w+\(", block, re.M)}
        return found.pop() if len(found) == 1 else None


def same(got: Any, expected: Any, tolerance: float = 1e-9) -> bool:
    """Whether two JSON values are the same: a bool is no number, a tuple is a list, and floats need only be close."""
    if isinstance(got, bool) or isinstance(expected, bool):
        return got is expected
    if isinstance(got, (int, float)) and isinstance(expected, (int, float)):
        return got == expected or (float in (type(got), type(expected)) and _close(got, expected, tolerance))
    if isinstance(expected, (list, tuple)):
        alike = isinstance(got, (list, tuple)) and len(got) == len(expected)
        return alike and all(same(g, e, tolerance) for g, e in zip(got, expected, strict=True))
    if isinstance(expected, Mapping):
        alike = isinstance(got, Mapping) and got.keys() == expected.keys()
        return alike and all(same(got[key], value, tolerance) for key, value in expected.items())
    return bool(got == expected)


def _close(got: float, expected: float, tolerance: float) -> bool:
    try:
        return math.isclose(got, expected, rel_tol=1e-6, abs_tol=tolerance)
    except OverflowError:  # an integer beyond any float
        return False


@cache
def _items() -> tuple[Item, ...]:
    return generate(_FAMILIES.values())


def _programs(answer: str, name: str) -> list[str]:
    """The different programs in an answer: its blocks that define the name, or all of it where it has no blocks."""
    blocks = [dedent(block).strip() for block in _BLOCK.findall(answer)]
    if not blocks:
        return [dedent(answer).strip().strip("`")]
    defines = re.compile(rf"\bdef\s+{name}\b|^{name}\s*[:=]", re.M)
    return list(dict.fromkeys(block for block in blocks if defines.search(block)))


def _complete(program: str, name: str, preamble: str) -> str:
    """The program with the imports that its record gives, and the function at the top where it is a class's method."""
    if re.search(r"^class Solution\b", program, re.M) and not re.search(rf"^(async )?def {name}\b", program, re.M):
        program += f"\n\n\ndef {name}(*args):\n    return Solution().{name}(*args)\n"
    # What a program imports from the future must stay its first line; the typing names are not looked up then.
    return program if "from __future__" in program else f"{preamble}\n{program}"


def _shown(value: Any) -> str:
    """The value as people read it: not too long, and with a list where freezing made it a tuple."""
    return _SHOWN.repr(list(value) if isinstance(value, tuple) else value)
