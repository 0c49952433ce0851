"""Function calls out of text, in Python's syntax or as JSON. Nothing is ever evaluated."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

LONGEST = 8000
"""Characters of a text in which calls are looked for."""
_MOST = 64
"""Openings of calls that are looked at within prose, and lines that a call may take among words."""
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n?(.*?)```", re.DOTALL)
_BLOCK = re.compile(
    r"```[\w+-]*[ \t]*\n?(.*?)```|<(?:tool_?call|function_?call)s?>(.*?)</(?:tool_?call|function_?call)s?>", re.DOTALL
)
_TAG = re.compile(r"</?(?:tool_?call|function_?call)s?>")
_OPENING = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*\(")
_NAMES = {"true": True, "false": False, "null": None}
"""JSON's constants, which people write in Python's syntax, too."""
_ARGUMENTS = ("arguments", "parameters", "input", "kwargs", "args")
"""Under which keys JSON holds a call's arguments."""
_BESIDE = frozenset(("name", "id", "type"))
"""What may stand beside the name of a call without arguments."""
_UNREADABLE = (SyntaxError, ValueError, TypeError, RecursionError, MemoryError)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(held := dict(pairs)) < len(pairs):
        raise ValueError("a key is given twice")
    return held


_decoder = json.JSONDecoder(object_pairs_hook=_once)


class Call(NamedTuple):
    """A call: the arguments by position and by name, as JSON values."""

    name: str
    positional: tuple[Any, ...]
    named: Mapping[str, Any]


def calls_in(text: str) -> tuple[Call, ...]:
    """The calls that a text consists of; failing that, those that stand within its prose. Never raises.

    Read are Python (`f(a=1)`, several of them on lines of their own or in a list), and JSON: `{"name", "arguments"}`
    (or another key of `_ARGUMENTS`, but not two), the same in a list, one after another or in tags, and the
    `tool_calls` of an OpenAI message. Where a text has fenced blocks, only these count.
    """
    text = text.strip()
    if len(text) > LONGEST:
        return ()
    if fenced := _FENCE.findall(text):
        text = "\n".join(fenced).strip()
    text = _TAG.sub("\n", text).strip("`").strip()
    within = text[text.find("{") : text.rfind("}") + 1]
    return _from_json(text) or _from_python(text) or _from_json(within) or tuple(_from_prose(text))


def split_calls(text: str) -> tuple[tuple[Call, ...], str]:
    """The calls of a text, and its words without them. Never raises.

    Calls stand by themselves: in a fenced block, in tags, or on lines of their own, in the forms that `calls_in` reads.
    What looks like a call within a sentence is words.
    """
    if len(text) > LONGEST or not ("(" in text or "{" in text):
        return (), text
    found: list[Call] = []

    def take(block: re.Match[str]) -> str:
        calls = _by_themselves(block[1] or block[2] or "")
        found.extend(calls)
        return "\n" if calls else block[0]

    rest = _BLOCK.sub(take, text)
    if calls := _by_themselves(rest):
        return (*found, *calls), ""
    words, lines = [], rest.split("\n")
    while lines:
        calls = _by_themselves(lines[0])
        taken = 1
        if not calls and lines[0].lstrip()[:1] in ("{", "["):  # JSON over several lines
            calls, taken = _leading_json(lines)
        elif not calls and _OPENING.match(lines[0].strip()):  # likewise a call in Python's syntax
            calls, taken = _leading_python(lines)
        if calls:
            found += calls
        else:
            words.append(lines[0])
        del lines[:taken]
    return tuple(found), "\n".join(words).strip()


def _by_themselves(text: str) -> tuple[Call, ...]:
    text = text.strip().strip("`").strip()
    if text[-1:] not in (")", "}", "]", ";", ","):  # most lines are words, and need no parser
        return ()
    return _from_json(text) or _from_python(text)


def _leading_json(lines: list[str]) -> tuple[tuple[Call, ...], int]:
    """The calls of the JSON that lines begin with, and how many lines it takes (1 where there is none)."""
    text = "\n".join(lines)
    start = len(text) - len(text.lstrip())
    try:
        value, end = _decoder.raw_decode(text, start)
        rest_of_line = text[end:].partition("\n")[0].strip(" \t\r,;")
        return (tuple(_calls_of(value)), text.count("\n", 0, end) + 1) if not rest_of_line else ((), 1)
    except _UNREADABLE:
        return (), 1


def _leading_python(lines: list[str]) -> tuple[tuple[Call, ...], int]:
    """The same of the call that lines begin with, which ends at the end of one of the first `_MOST`."""
    text = "\n".join(lines[:_MOST])
    end = _closing(text, text.index("(") + 1)
    if end is None or text[end:].partition("\n")[0].strip(" \t\r,;"):
        return (), 1
    return _from_python(text[:end].strip()), text.count("\n", 0, end) + 1


def _from_json(text: str) -> tuple[Call, ...]:
    """All calls of a text that is JSON; none where it is not, or not all of it is calls."""
    calls: list[Call] = []
    try:
        while text:
            value, end = _decoder.raw_decode(text)
            calls += _calls_of(value)
            text = text[end:].lstrip(" \t\r\n,;")
    except _UNREADABLE:
        return ()
    return tuple(calls)


def _calls_of(value: Any) -> list[Call]:
    if isinstance(value, list):
        return [call for part in value for call in _calls_of(part)]
    if not isinstance(value, dict):
        raise ValueError("no call")
    if "tool_calls" in value:
        return _calls_of(value["tool_calls"])
    if isinstance(value.get("function"), dict):
        return _calls_of(value["function"])
    under = [key for key in _ARGUMENTS if key in value]
    if len(under) > 1 or (not under and not value.keys() <= _BESIDE):
        raise ValueError("which are the arguments is not clear")
    arguments = value[under[0]] if under else {}
    if isinstance(arguments, str):
        arguments = _decoder.decode(arguments)
    if not isinstance(value.get("name"), str) or not isinstance(arguments, dict):
        raise ValueError("no call")
    return [Call(value["name"], (), arguments)]


def _from_python(text: str) -> tuple[Call, ...]:
    """All calls of a text that is Python; none where it is not, or not all of it is calls."""
    try:
        with warnings.catch_warnings():  # about "\d" and the like within strings
            warnings.simplefilter("ignore")
            statements = ast.parse(text).body
        return tuple(call for statement in statements for call in _calls_at(statement))
    except _UNREADABLE:
        return ()


def _calls_at(node: ast.AST) -> list[Call]:
    match node:
        case ast.Expr(value=value) | ast.Assign(value=value):
            return _calls_at(value)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [call for element in elements for call in _calls_at(element)]
        case ast.Dict():
            return _calls_of(_value(node))
        case ast.Call(func=function, args=positional, keywords=keywords):
            named = {keyword.arg: _value(keyword.value) for keyword in keywords if keyword.arg is not None}
            if len(named) < len(keywords):
                raise ValueError("an argument is given twice, or unpacked")
            return [Call(_dotted(function), tuple(map(_value, positional)), named)]
    raise ValueError("no call")


def _dotted(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
    raise ValueError("no name")


def _value(node: ast.AST) -> Any:
    match node:
        case ast.Constant(value=None | str() | bool() | int() | float() as value):
            return value
        case ast.Name(id="true" | "false" | "null" as name):
            return _NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return [_value(element) for element in elements]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return _once([(_value(k), _value(v)) for k, v in zip(keys, values, strict=True) if k is not None])
    raise ValueError("no literal")


def _from_prose(text: str) -> Iterator[Call]:
    """The calls within prose that look like one: with a named argument, or with `_` or `.` in the name."""
    end = 0
    for opening in islice(_OPENING.finditer(text), _MOST):
        close = _closing(text, opening.end())
        if opening.start() < end or close is None or text[close : close + 1] in ("(", "["):  # f(a=1)(2) is no call of f
            continue
        for call in _from_python(text[opening.start() : close]):
            if call.named or "_" in call.name or "." in call.name:
                end = close
                yield call


def _closing(text: str, start: int) -> int | None:
    """Where the bracket closes that opens right before `start`, quotes respected."""
    depth, quote, escaped = 1, "", False
    for i in range(start, len(text)):
        c = text[i]
        if escaped:
            escaped = False
        elif quote:
            escaped, quote = c == "\\", "" if c == quote else quote
        elif c in "\"'":
            quote = c
        elif c in "()":
            depth += 1 if c == "(" else -1
            if depth == 0:
                return i + 1
    return None
