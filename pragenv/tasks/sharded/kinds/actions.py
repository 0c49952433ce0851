"""Function calls: the answer is the calls that do what is wanted, with the right arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from math import isclose
from random import Random
from typing import Any, ClassVar

from pragenv.errors import DataError
from pragenv.tasks.calls import Call, calls_in
from pragenv.tasks.sharded.item import Item, Kind
from pragenv.tasks.sharded.kinds.actions_home import HOME, ORDERED
from pragenv.tasks.sharded.kinds.actions_tools import TOOLS
from pragenv.tasks.sharded.kinds.actions_trips import TRIPS
from pragenv.tasks.sharded.kinds.slots import Draw, draw, known_answer
from pragenv.types import FrozenDict, Verdict, freeze

_TEMPLATES = {template.name: template for template in (*HOME, *TRIPS)}
_EACH = 14
_SEED = 20250507
_DISTRACTORS = 3
_OMITTED = ""
"""Among an argument's acceptable values: it may be left out (as in BFCL)."""
_UNTOLD = "I can't tell which call you want."
_LOOSE = re.compile(r"[ ,./\-_*^]")
_ATTEMPT = re.compile(r"\w\(|\"(?:name|tool_calls)\"")

Schema = Mapping[str, Any]


class Actions(Kind):
    """Calls in the style of BFCL (Patil et al. 2025), compared by structure and type.

    Right are exactly the calls expected (in any order, unless `target.ordered`), each with the arguments expected, by
    name or position. An argument with a default may be left out if the default is meant. Whole numbers stand for
    floats; nothing else is converted. Texts are compared without spaces at the ends, and those of an `enum` without
    case; lists in order, unless their schema says `uniqueItems`. In items of the public format, texts are compared as
    BFCL does: without case, spaces and the signs `,./-_*^`.
    """

    name = "actions"
    rules: ClassVar[str] = (
        "The task is to call the functions below so that they do what the user wants. When you know how, write "
        '`ANSWER:` and nothing but the call or calls, such as `f(a=1, b="x")`, or as JSON with `name` and `arguments`.'
    )

    def items(self) -> tuple[Item, ...]:
        """Errands from templates, each with functions that are not needed as well."""
        return self.draw(_EACH, _SEED)

    @staticmethod
    def draw(each: int, seed: int) -> tuple[Item, ...]:
        """As many items of each template, always the same by seed."""
        return _items(each, seed)

    def load(self, record: Mapping[str, Any], where: str) -> Item:
        """The item of a record with `function` (or `tools`), `reference_answer` and `fully_specified_question`."""
        field = "function" if "function" in record else "tools"
        tools = _checked_tools(record.get(field), f"{where}, {field}")
        calls = _checked_calls(record.get("reference_answer"), tools, f"{where}, reference_answer")
        full = record.get("fully_specified_question")
        try:
            full = full if isinstance(full, str) else full[0][0]["content"]  # type: ignore[index]
        except (TypeError, LookupError):
            full = None
        if not isinstance(full, str) or not full.strip():
            raise DataError(f"{where}, fully_specified_question: must be a text, or lists of messages with a `content`")
        shards = sorted(record["shards"], key=lambda shard: int(shard["shard_id"]))
        told = tuple(shard["shard"] for shard in shards)
        target = FrozenDict(calls=calls, ordered=False, loose=True)
        return Item(record["task_id"], self.name, _context(tools), full, told, target)

    def grade(self, item: Item, answer: str) -> Verdict:
        """1 for the right calls, else 0."""
        calls, expected = calls_in(answer), item.target["calls"]
        if len(calls) != len(expected):
            return Verdict(0.0, False, f"{len(calls)} calls, {len(expected)} expected")
        tools, loose = _tools(item.context), item.target["loose"]
        faults = [[_fault(call, wanted, tools, loose) for call in calls] for wanted in expected]
        if item.target["ordered"]:
            found = [row[i] for i, row in enumerate(faults) if row[i]]
        else:
            found = [] if _assignable(faults) else [min(row) for row in faults if all(row)] or ["one call for two"]
        return Verdict(0.0, False, found[0]) if found else Verdict(1.0, True, "the right calls")

    def solve(self, item: Item, known: frozenset[int]) -> str:
        """The calls, with what is not known as people would assume; none without the goal."""
        if "template" in item.target and 0 in known:
            calls = known_answer(_TEMPLATES[item.target["template"]], item.target, known)
        elif known >= item.everything:
            wanted = [call for calls in item.target["calls"] for call in calls.items()]
            return json.dumps([{"name": name, "arguments": _chosen(arguments)} for name, arguments in wanted])
        else:
            return _UNTOLD
        return "\n".join(f"{name}({', '.join(f'{k}={_literal(v)}' for k, v in args.items())})" for name, args in calls)

    def recognise(self, utterance: str) -> str | None:
        """The utterance, if there is a call in it, fenced or bare, or as JSON."""
        return utterance.strip() if _ATTEMPT.search(utterance) and calls_in(utterance) else None


def _fault(call: Call, wanted: Mapping[str, Any], tools: Mapping[str, Schema], loose: bool) -> str:
    """What is wrong with a call, or empty."""
    [(name, acceptable)] = wanted.items()
    if call.name.replace(".", "_") != name.replace(".", "_"):
        return f"{call.name:.40} is not the function to call"
    properties = tools[name]["parameters"]["properties"]
    given = dict(zip(properties, call.positional, strict=False))
    if len(given) < len(call.positional) or given.keys() & call.named.keys():
        return "too many arguments, or one given twice"
    given |= call.named
    for argument, value in given.items():
        if argument not in acceptable:
            return f"argument {argument:.40} is not expected"
        schema = properties.get(argument, {})
        if not any(_same(value, one, schema, loose) for one in acceptable[argument] if loose or one != _OMITTED):
            return f"argument {argument} has another value or type"
    missing = [argument for argument, values in acceptable.items() if argument not in given and _OMITTED not in values]
    return f"argument {missing[0]} is missing" if missing else ""


def _same(given: Any, wanted: Any, schema: Schema, loose: bool) -> bool:
    """Whether an argument's value is the one wanted, in type and value."""
    if isinstance(wanted, str):
        return isinstance(given, str) and _text(given, schema, loose) == _text(wanted, schema, loose)
    if isinstance(wanted, tuple):
        return isinstance(given, list) and _same_lists(given, wanted, schema, loose)
    if isinstance(wanted, Mapping):
        return isinstance(given, dict) and _same_objects(given, wanted, schema, loose)
    if wanted is None or isinstance(wanted, bool) or given is None or isinstance(given, bool):
        return given is wanted
    whole = schema.get("type") == "integer" and isinstance(wanted, int)
    return isinstance(given, int if whole else (int, float)) and _equal(given, wanted)


def _equal(given: float, wanted: float) -> bool:
    if isinstance(given, int) and isinstance(wanted, int):
        return given == wanted
    try:
        return isclose(given, wanted, rel_tol=1e-9)
    except OverflowError:  # an integer beyond all floats
        return False


def _text(text: str, schema: Schema, loose: bool) -> str:
    if loose:
        return _LOOSE.sub("", text).lower().replace("'", '"')
    return text.strip().casefold() if "enum" in schema else text.strip()


def _same_lists(given: list[Any], wanted: tuple[Any, ...], schema: Schema, loose: bool) -> bool:
    of = schema.get("items", {})
    if len(given) != len(wanted):
        return False
    if not schema.get("uniqueItems"):
        return all(_same(a, b, of, loose) for a, b in zip(given, wanted, strict=True))
    return all(any(_same(a, b, of, loose) for a in given) for b in wanted)


def _same_objects(given: dict[Any, Any], wanted: Mapping[str, Any], schema: Schema, loose: bool) -> bool:
    """Whether an object has acceptable values, as BFCL lists them by key."""
    of = schema.get("properties", {})
    fits = all(k in wanted and any(_same(v, one, of.get(k, {}), loose) for one in wanted[k]) for k, v in given.items())
    return fits and all(k in given or _OMITTED in values for k, values in wanted.items())


def _assignable(faults: list[list[str]]) -> bool:
    """Whether each row can have a column of its own where there is no fault (by augmenting paths; Kuhn 1955)."""
    owner: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column, fault in enumerate(faults[row]):
            if not fault and column not in tried:
                tried.add(column)
                if column not in owner or place(owner[column], tried):
                    owner[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(faults)))


def _chosen(acceptable: Any) -> dict[str, Any]:
    """The first acceptable value of each argument that must be given."""
    return {name: _concrete(values[0]) for name, values in acceptable.items() if _OMITTED not in values}


def _literal(value: Any) -> str:
    return repr(list(value) if isinstance(value, tuple) else value)


def _concrete(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_concrete(one) for one in value]
    return _chosen(value) if isinstance(value, Mapping) else value


# -- the public format -------------------------------------------------------------------------------------------------


def _checked_tools(tools: Any, where: str) -> list[Schema]:
    tools = [tools] if isinstance(tools, dict) else tools
    if not isinstance(tools, list) or not tools:
        raise DataError(f"{where}: must be a list of functions, is {tools!r:.80}")
    for i, tool in enumerate(tools):
        parameters = tool.get("parameters") if isinstance(tool, dict) else None
        properties = parameters.get("properties") if isinstance(parameters, dict) else None
        if not isinstance(properties, dict) or not all(isinstance(p, dict) for p in properties.values()):
            raise DataError(f"{where}[{i}]: must have `parameters` with `properties`, is {tool!r:.80}")
        if not isinstance(tool.get("name"), str):
            raise DataError(f"{where}[{i}].name: must be a text, is {tool.get('name')!r:.80}")
    return tools


def _checked_calls(calls: Any, tools: list[Schema], where: str) -> list[Any]:
    known = {tool["name"] for tool in tools}
    if not isinstance(calls, list) or not calls:
        raise DataError(f"{where}: must be a list of calls, is {calls!r:.80}")
    for i, call in enumerate(calls):
        if not isinstance(call, dict) or len(call) != 1 or not known >= call.keys():
            raise DataError(f"{where}[{i}]: must map one of {sorted(known)} to its arguments, is {call!r:.80}")
        [arguments] = call.values()
        if not isinstance(arguments, dict) or not all(isinstance(v, list) and v for v in arguments.values()):
            raise DataError(f"{where}[{i}]: must give a list of acceptable values for each argument, is {call!r:.80}")
    return calls


# -- the built-in items ------------------------------------------------------------------------------------------------


def _context(tools: list[Schema]) -> str:
    """Functions as a JSON list, one a line."""
    return "[\n" + ",\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools) + "\n]"


@lru_cache(maxsize=1024)
def _tools(context: str) -> dict[str, Schema]:
    return {tool["name"]: tool for tool in json.loads(context)}


def _acceptable(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A call in BFCL's form: arguments at their default may be left out."""
    schemas = TOOLS[name]["parameters"]["properties"]
    defaults = {key: freeze(schema["default"]) for key, schema in schemas.items() if "default" in schema}
    optional = {key for key, value in defaults.items() if arguments.get(key, value) == value}
    meant = defaults | dict(arguments)
    return {name: {key: [value, *([_OMITTED] if key in optional else [])] for key, value in meant.items()}}


def _item(i: int, made: Draw) -> Item:
    calls = made.answer
    needed = {name for name, _ in calls}
    shown = sorted(needed.union(Random(i).sample(sorted(TOOLS.keys() - needed), _DISTRACTORS)))
    target = {"calls": [_acceptable(*call) for call in calls], "ordered": made.template.name in ORDERED, "loose": False}
    context = _context([TOOLS[name] for name in shown])
    return Item(
        f"{made.template.name}-{i}", "actions", context, made.full, made.shards, FrozenDict(made.facts | target)
    )


@lru_cache(maxsize=1)
def _items(each: int, seed: int) -> tuple[Item, ...]:
    drawn = draw(tuple(_TEMPLATES.values()), each, seed, fits=bool, apart=lambda one, other: bool(one != other))
    return tuple(_item(i, made) for i, made in enumerate(drawn))
