"""Programming instructions from records in the public format: data, of which nothing is run or unpickled here."""

from __future__ import annotations

import ast
import binascii
import json
import pickletools
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from pragenv.errors import DataError
from pragenv.tasks.sharded.item import Item, text_of

_PREAMBLE = "import collections, functools, heapq, itertools, math, re, string\nfrom typing import *"
_UNPACKED = 64 << 20
"""Bytes that packed tests may have; a few kilobytes can be made to unpack to any size."""


def read(record: Mapping[str, Any], where: str) -> Item:
    """The item of a record: its tests are `public_test_cases` with `private_test_cases`, else those in `test`.

    Raises:
        DataError: names `where`, the field and the reason.
    """
    functional = "public_test_cases" in record
    name = _function(record, where)
    prompt = "" if functional and "prompt" not in record else text_of(record, "prompt", where)
    head, imports = _head(prompt, name, where)
    body = record.get("canonical_solution")
    return Item(
        id=text_of(record, "task_id", where),
        kind="code",
        context=str(record.get("starter_code") or head).strip(),
        full=prompt or text_of(record, "question_content", where),
        shards=tuple(shard["shard"] for shard in record["shards"]),
        target={  # type: ignore[arg-type]  # frozen by the item
            "function": name,
            "preamble": f"{_PREAMBLE}\n{imports}",
            "tests": list(_cases(record, where) if functional else _asserts(record, where)),
            "solution": prompt + body if isinstance(body, str) else "",
        },
    )


def _function(record: Mapping[str, Any], where: str) -> str:
    metadata = record.get("metadata")
    if isinstance(metadata, str):
        metadata = _json(metadata, f"{where}, metadata")
    field, holder = "entry_point", record
    if isinstance(metadata, Mapping) and "func_name" in metadata:
        field, holder = "func_name", metadata
    if not (name := text_of(holder, field, where)).isidentifier():
        raise DataError(f"{where}, {field}: {name!r} is no name of a function")
    return name


def _head(prompt: str, name: str, where: str) -> tuple[str, str]:
    """The line that opens the function, and the imports above it."""
    try:
        body = ast.parse(prompt).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise DataError(f"{where}, prompt: must be Python ({error})") from None
    imports = [ast.unparse(node) for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            node.body = [ast.Pass()]
            return ast.unparse(node).removesuffix("pass").rstrip(), "\n".join(imports)
    return f"def {name}(...):", "\n".join(imports)


# -- tests as JSON -----------------------------------------------------------------------------------------------------


def _cases(record: Mapping[str, Any], where: str) -> Iterator[list[Any]]:
    for field in ("public_test_cases", "private_test_cases"):
        at = f"{where}, {field}"
        if not (text := record.get(field)) and field != "public_test_cases":
            continue
        cases = _json(text, at, packed=field == "private_test_cases") if isinstance(text, str) else text
        if not isinstance(cases, list):
            raise DataError(f"{at}: must be a list of tests")
        for case in cases:
            if not isinstance(case, Mapping) or case.get("testtype", "functional") != "functional":
                raise DataError(f"{at}: only tests that call a function can be run, not {case!r:.80}")
            given, expected = text_of(case, "input", at), text_of(case, "output", at)
            yield [[_json(line, at) for line in given.strip().split("\n")], _json(expected, at)]


def _json(text: str, where: str, packed: bool = False) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if packed:
            return json.loads(_unpacked(text, where))
        raise DataError(f"{where}: must be JSON ({error})") from None


def _unpacked(text: str, where: str) -> str:
    """The text in LiveCodeBench's packing: pickled, compressed, in base 64. Its pickle is read without being run."""
    try:
        data = zlib.decompressobj().decompress(b64decode(text), _UNPACKED)
        texts = [value for code, value, _ in pickletools.genops(data) if "UNICODE" in code.name]
    except (ValueError, zlib.error, binascii.Error) as error:
        raise DataError(f"{where}: must be JSON, or JSON packed as LiveCodeBench does ({error})") from None
    if len(texts) != 1:
        raise DataError(f"{where}: is packed and holds {len(texts)} texts, must hold one")
    return str(texts[0])


# -- tests as asserts --------------------------------------------------------------------------------------------------


def _asserts(record: Mapping[str, Any], where: str) -> Iterator[list[Any]]:
    """The calls in a function `check(candidate)`, with what each must return.

    Asserts would be run beside the answer, which could make them pass; compared here, calls cannot be subverted.
    """
    at = f"{where}, test"
    try:
        body = ast.parse(text_of(record, "test", where)).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise DataError(f"{at}: must be Python ({error})") from None
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    if len(found) != 1:
        raise DataError(f"{at}: must define one function check(candidate)")
    count = 0
    for statement in found[0].body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        condition = statement.test if isinstance(statement, ast.Assert) else None
        if isinstance(condition, ast.Constant) and condition.value is True:
            continue
        try:
            yield _call(condition)
        except (ValueError, TypeError):
            raise DataError(
                f"{at}, line {statement.lineno}: only asserts that compare candidate(...) with a literal can be used"
            ) from None
        count += 1
    if not count:
        raise DataError(f"{at}: holds no assert")


def _call(condition: ast.expr | None) -> list[Any]:
    """The arguments, the expected value and, where the assert has one, the tolerance."""
    match condition:
        case ast.Call(func=ast.Name(id="candidate")):
            return [_arguments(condition), True]
        case ast.UnaryOp(op=ast.Not(), operand=call):
            return [_arguments(call), False]
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            call, literal = (left, right) if _holds_call(left) else (right, left)
            return [_arguments(call), ast.literal_eval(_inside(literal))]
        case ast.Compare(
            left=ast.Call(
                func=ast.Name(id="abs") | ast.Attribute(attr="fabs"),
                args=[ast.BinOp(left=call, op=ast.Sub(), right=literal)],
            ),
            ops=[ast.Lt() | ast.LtE()],
            comparators=[tolerance],
        ):
            return [_arguments(call), ast.literal_eval(literal), float(ast.literal_eval(tolerance))]
    raise ValueError


def _inside(node: ast.expr) -> ast.expr:
    """What `tuple(...)` or `list(...)` is made of: a list is as good as a tuple here."""
    match node:
        case ast.Call(func=ast.Name(id="tuple" | "list"), args=[inner], keywords=[]):
            return inner
    return node


def _holds_call(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id == "candidate" for part in ast.walk(node))


def _arguments(node: ast.expr) -> list[Any]:
    match _inside(node):
        case ast.Call(func=ast.Name(id="candidate"), args=arguments, keywords=[]):
            return [ast.literal_eval(argument) for argument in arguments]
    raise ValueError
