"""Runs a module and calls its functions, once closed in. Standard library only, fed as text."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any


def perform(job: dict[str, Any], say: Callable[[str], None]) -> None:
    """Run the module and make the calls; say each outcome as it comes, `[number, ok, value or error]`."""
    module = type(sys)("solution")
    sys.modules["solution"] = module  # dataclasses and typing look a class's module up
    encode = json.JSONEncoder().encode
    failed = ""
    try:
        exec(compile(job["source"], "<answer>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except BaseException as error:
        failed = _short(error)
    for number, (name, arguments) in enumerate(job["calls"]):
        if failed:
            row = [number, False, failed]
        else:
            try:
                row = [number, *_call(module.__dict__.get(name), name, arguments, encode)]
            except BaseException as error:
                row = [number, False, _short(error)]
        say(encode(row))


def _call(function: Any, name: str, arguments: list[Any], encode: Callable[[Any], str]) -> tuple[bool, Any]:
    if not callable(function):
        return False, f"there is no function {name!r}"
    value = function(*arguments)
    try:
        return True, json.loads(encode(value))  # the second encoding sees plain types only
    except (TypeError, ValueError, RecursionError) as error:
        return False, f"result is not JSON: {_short(error)}"


def _short(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "memory: out of memory"
    text = " ".join(str(error).split())[:200]
    return f"raised {type(error).__name__}: {text}" if text else f"raised {type(error).__name__}"
