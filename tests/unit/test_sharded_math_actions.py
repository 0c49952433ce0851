"""Word problems and function calls: the items, and a study of the graders and of what counts as an attempt."""

import ast
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pragenv.errors import DataError
from pragenv.tasks.calls import calls_in
from pragenv.tasks.sharded.item import Item, Kind
from pragenv.tasks.sharded.kinds.actions import Actions
from pragenv.tasks.sharded.kinds.math import Math
from pragenv.tasks.sharded.kinds.quantities import value_of
from pragenv.types import canonical_json

MATH, ACTIONS = Math(), Actions()
KINDS: list[Kind] = [MATH, ACTIONS]
SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "sharded_gsm8k.json"
NONSENSE = (
    "", " ", "nan", "inf", "-inf", "1e999999", "1e99", "9" * 20_000, "(" * 20_000, "[" * 3_000, "{" * 3_000,
    "-" * 3_900 + "1", "f(" * 1_000 + ")" * 1_000, "a." * 3_000 + "b()", "1+" * 3_000 + "1", '{"name": ' * 500,
    "\ud800", "f(a='\ud800')", "\x00f(a=1)", "1/0", "5/0 apples", "\\boxed{}", "\\boxed{" * 500, "**", "= = =",
    "ANSWER:", "f(**{})", "f(*a)", "f(a=1, a=2)", "f()()", "a" * 20_000, '{"name": "f", "arguments": "["}',
    '{"name": "f", "arguments": 3}', '{"name": 3}', "[[[]]]", "null", "f(a=" + "9" * 5_000 + ")", "²", "½", "①", "٣",
    "one " * 900, "1 " * 1_900, "1,000" * 700, "f(a=1e999)", "f(a=1j)", "f(a=...)", "f(a={**b})", "``````",
)  # fmt: skip


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


# -- the items ---------------------------------------------------------------------------------------------------------


def test_there_are_many_items_all_of_them_different(kind: Kind) -> None:
    items = kind.items()
    assert len(items) >= 200
    assert items is kind.items()
    assert len({item.id for item in items}) == len({item.full for item in items}) == len(items)
    assert len({item.target["template"] for item in items}) >= 12
    assert all(item.kind == kind.name and 4 <= len(item.shards) <= 6 for item in items)
    assert all(len(set(item.shards)) == len(item.shards) for item in items)
    assert all("{" not in text and "|" not in text for item in items for text in (item.full, *item.shards))


def test_everything_known_is_solved_and_a_missing_fact_is_not(kind: Kind) -> None:
    usual = slots = 0
    for item in kind.items():
        assert kind.grade(item, kind.solve(item, item.everything)).score == 1.0, item
        assert kind.grade(item, kind.solve(item, item.everything - {0})).score == 0.0
        values, defaults = item.target["values"], item.target["defaults"]
        for i, name in enumerate(values, 1):
            same = values[name] == defaults[name]
            assert kind.grade(item, kind.solve(item, item.everything - {i})).solved is same, (item, name)
            usual, slots = usual + same, slots + 1
    assert 0.15 <= usual / slots <= 0.25


def test_a_known_share_of_items_can_be_guessed_from_the_goal(kind: Kind) -> None:
    items = kind.items()
    lucky = sum(kind.grade(item, kind.solve(item, frozenset({0}))).solved for item in items)
    print(f"{kind.name}: {len(items)} items, {lucky / len(items):.1%} right from the goal alone")  # noqa: T201
    assert 0.05 <= lucky / len(items) <= 0.1


def test_the_full_text_says_every_number_of_the_shards(kind: Kind) -> None:
    def numbers(text: str) -> set[str]:
        return set("".join(c if c.isdigit() or c == "." else " " for c in text).replace(". ", " ").split()) - {"."}

    for item in kind.items():
        said = set().union(*map(numbers, item.shards))
        assert {n.rstrip(".") for n in said} <= {n.rstrip(".") for n in numbers(item.full)}, item


def test_items_survive_json(kind: Kind) -> None:
    for item in kind.items()[::20]:
        again = Item(item.id, item.kind, item.context, item.full, item.shards, json.loads(canonical_json(item.target)))
        assert again == item
        assert kind.grade(again, kind.solve(again, again.everything)).solved


# -- what the graders accept -------------------------------------------------------------------------------------------

Variant = tuple[Item, str, bool]
_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
    """.split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_PLURAL = {
    "$": "dollars",
    "%": "percent",
    "minute": "minutes",
    "week": "weeks",
    "day": "days",
    "litre": "litres",
    "g": "grams",
}
_OTHERS = {
    "$": (("cents", 100, 1), ("hours", 1, 0), ("kg", 1, 0)),
    "minute": (("hours", Fraction(1, 60), 1), ("seconds", 60, 1), ("hours", 1, 0), ("km", 1, 0), ("dollars", 1, 0)),
    "week": (("days", 7, 1), ("days", 1, 0), ("litres", 1, 0), ("months", 1, 0)),
    "day": (("hours", 24, 1), ("weeks", 1, 0), ("dollars", 1, 0)),
    "litre": (("ml", 1000, 1), ("ml", 1, 0), ("kg", 1, 0)),
    "kg": (("g", 1000, 1), ("grams", 1, 0), ("litres", 1, 0)),
    "g": (("kg", Fraction(1, 1000), 1), ("kg", 1, 0), ("minutes", 1, 0)),
    "km": (("m", 1000, 1), ("metres", 1, 0), ("miles", 1, 0), ("kg", 1, 0)),
    "%": (("dollars", 1, 0), ("minutes", 1, 0)),
    "sweets": (("minutes", 1, 0), ("dollars", 1, 0), ("kg", 1, 0)),
}
"""By unit: another unit, what to multiply with, and whether the result is right."""


def _words(n: int) -> str:
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f"-{_ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{_ONES[n // 100]} hundred" + (f" and {_words(n % 100)}" if n % 100 else "")
    return f"{_words(n // 1000)} thousand" + (f" {_words(n % 1000)}" if n % 1000 else "")


def _math_right(item: Item) -> Iterator[str]:
    v, unit = item.target["answer"], item.target["unit"]
    noun = _PLURAL.get(unit, unit)
    yield from (
        f"{v}",
        f" {v} ",
        f"{v}.",
        f"**{v}**",
        f"\\boxed{{{v}}}",
        f"$\\boxed{{{v}}}$",
        f"x = {v}",
        f"#### {v}",
        f"${v}$",
    )
    yield from (
        f"The answer is {v}",
        f"The answer is **{v} {noun}**.",
        f"{v} {noun}",
        f"{v} {noun} in total",
        f"about {v}",
        f"{v}\n",
    )
    yield from (
        f"It comes to {v} {noun}.",
        f"1 + 2 = 3, so it is = {v}",
        f"3 * 4 = {v} {noun}",
        f"{v} (that is 3 + 4)",
        f"`{v}`",
    )
    yield from (
        f"{v}\nBecause 3 + 4 = {v}.",
        f"Total: {v}",
        f"{v} = 3 + 4",
        f"{v}, because there are 3 of them",
        f"{v * 10}e-1",
    )
    yield from (
        f"\\boxed{{{v}\\text{{ {noun}}}}}",
        f"{v:,}",
        f"+{v}",
        f"{float(v):.4f}",
        f"({v})",
        f'{{"answer": {v}}}',
        f"{v}!",
    )
    yield from (
        f"{v} or {v} {noun}",
        f"so: {v} {noun}\n\nI added it all up.",
        f"2 x 6 = {v}",
        f"\\frac{{{v * 2}}}{{2}}" if v == int(v) else f"{v}",
    )
    if v == int(v):
        yield from (
            f"{v}.0",
            f"{v}.00",
            f"{v * 3}/3",
            _words(v),
            f"{_words(v)} {noun}".capitalize(),
            f"{v:,}".replace(",", " "),
        )
    else:
        yield f"{v:.2f}"
    if unit == "$":
        yield from (f"${v}", f"${v:,.2f}", f"USD {v}", f"{v} USD", f"{v}$", f"US${v}", f"\\${v}", f"${v} per person")
    if unit == "%":
        yield from (f"{v}%", f"{v} %", f"{v} per cent", f"{v}\\%")
    for name, factor, right in _OTHERS[unit]:
        if right:
            given = float(v * factor)
            yield from (f"{given} {name}", f"**{given}** {name}", f"{v} {noun} ({given} {name})")
    if unit == "minute" and v == int(v) and v > 60 and v % 60:
        yield from (
            f"{v // 60} hours {v % 60} minutes",
            f"{v // 60} h and {v % 60} min",
            f"{v // 60} hours, {v % 60} minutes",
        )


def _math_wrong(item: Item) -> Iterator[str]:
    v, unit = item.target["answer"], item.target["unit"]
    noun = _PLURAL.get(unit, unit)
    yield from (
        f"{v + 1}",
        f"{v - 1}",
        f"{v * 10}",
        f"{v * 2}",
        f"-{v}",
        f"−{v}",
        f"minus {v}",
        f"{v} or {v + 3}",
        f"{v + 3} or {v}",
    )
    yield from (
        f"{v}, {v + 3}, {v + 6}",
        f"between {v} and {v + 10}",
        f"{v} to {v + 10}",
        f"{v}-{v + 10}",
        f"{v}\n{v + 1}",
        f"not {v}",
    )
    yield from (
        f"{v}\nor {v + 1}",
        f"x = {v} or {v + 1}",
        f"**{v}** or **{v + 1}**",
        f"\\boxed{{{v}}} \\boxed{{{v + 1}}}",
        f"{v}; {v + 1}",
    )
    yield from (
        f"more than {v}",
        f"at least {v}",
        f"> {v}",
        f"1 + 2 = {v + 1}",
        f"{v} + 0",
        f"{v} - 0",
        f"1/{v}",
        f"{v}e1",
        f"{v}k",
    )
    yield from (
        "I don't know",
        "unknown",
        "",
        "nan",
        "inf",
        f"{v}.{v}.{v}",
        f"the answer is {v + 1}",
        f"{v} thousand",
        f"{v} dozen",
    )
    yield from (
        f"The answer is {v}. The answer is {v + 1}.",
        f"{v}{v}",
        f"{v + 1} {noun}",
        f"{float(v) + 0.05:.3f}",
    )
    yield from (
        f"{v} (or {v + 1})",
        f"either {v} or maybe {v + 1}",
        f"{v + 1} = 3 + 4",
        f"£{v}",
        f"€{v}",
        f"{v} / {v}",
        f"{v}/2",
    )
    if unit != "%":
        yield f"{v}%"
    for name, factor, right in _OTHERS[unit]:
        if not right:
            yield from (f"{float(v * factor)} {name}", f"**{v} {name}**")
    if unit == "%":
        yield from (f"{v / 100}", f"{v / 100}%")
    if v == int(v):
        yield from (_words(v + 1), f"{_words(v)} or {_words(v + 1)}")


def _actions_calls(item: Item) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, dict(call.named)) for call in calls_in(ACTIONS.solve(item, item.everything))]


def _python(calls: list[tuple[str, dict[str, Any]]], write: Callable[[Any], str] = repr, between: str = "\n") -> str:
    return between.join(f"{name}({', '.join(f'{k}={write(v)}' for k, v in args.items())})" for name, args in calls)


def _as_json(calls: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [{"name": name, "arguments": args} for name, args in calls]


def _schemas(item: Item) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool["parameters"]["properties"] for tool in json.loads(item.context)}


def _actions_right(item: Item) -> Iterator[str]:
    calls, schemas = _actions_calls(item), _schemas(item)
    assert all(isinstance(ast.parse(line).body[0], ast.Expr) for line in _python(calls).split("\n"))
    yield from (
        _python(calls),
        _python(calls, between="; "),
        f"[{_python(calls, between=', ')}]",
        f"```python\n{_python(calls)}\n```",
    )
    yield _python(calls, lambda v: json.dumps(v))  # double quotes, and true for True
    yield from (
        f"  {_python(calls)}  ",
        f"```\n{_python(calls)}\n```",
        f"Sure! This does it:\n```py\n{_python(calls)}\n```\nAnything else?",
    )
    yield from (
        f"I'd call {_python(calls, between=' and then ')}.",
        _python(calls).replace(", ", ",\n    "),
        _python(calls).replace("=", " = "),
    )
    yield "\n".join(f"result = {line}" for line in _python(calls).split("\n"))
    flipped = [(name, dict(reversed(args.items()))) for name, args in calls]
    yield from (_python(flipped), json.dumps(_as_json(flipped)))
    dumped = _as_json(calls)
    yield from (
        json.dumps(dumped),
        json.dumps(dumped, indent=2),
        f"```json\n{json.dumps(dumped)}\n```",
        "\n".join(map(json.dumps, dumped)),
    )
    yield from (f"Here you are: {json.dumps(dumped)} I hope that helps.", repr(dumped))
    yield "\n".join(f"<tool_call>\n{json.dumps(one)}\n</tool_call>" for one in dumped)
    openai = [
        {"id": "1", "type": "function", "function": {**one, "arguments": json.dumps(one["arguments"])}}
        for one in dumped
    ]
    yield from (
        json.dumps({"tool_calls": openai}),
        json.dumps(openai),
        json.dumps([{"name": n, "parameters": a} for n, a in calls]),
    )
    least = [(n, {k: v for k, v in a.items() if schemas[n][k].get("default") != v}) for n, a in calls]
    most = [(n, {k: p["default"] for k, p in schemas[n].items() if "default" in p} | a) for n, a in calls]
    yield from (_python(least), json.dumps(_as_json(least)), _python(most), json.dumps(_as_json(most)))
    first = [(name, [args.get(k, p.get("default")) for k, p in schemas[name].items()]) for name, args in calls]
    yield "\n".join(f"{name}({', '.join(map(repr, values))})" for name, values in first)
    for (name, values), (_, args) in zip(first[:1], calls[:1], strict=True):
        by_name = ", ".join(f"{k}={args[k]!r}" for k in list(schemas[name])[1:] if k in args)
        yield "\n".join([f"{name}({values[0]!r}, {by_name})", *filter(None, [_python(calls[1:])])])
    for i, (name, args) in enumerate(calls):
        for key, value in args.items():
            schema = schemas[name][key]
            if "enum" in schema:
                yield _python(_with(calls, i, key, value.upper()))
            elif isinstance(value, str):
                yield _python(_with(calls, i, key, f" {value} "))
            elif isinstance(value, list) and len(value) > 1:
                yield _python(_with(calls, i, key, value[::-1]))
            elif schema["type"] == "number":
                yield _python(_with(calls, i, key, float(value)))
                yield _python(_with(calls, i, key, int(value) if value == int(value) else value))
    if len(calls) > 1 and not item.target["ordered"]:
        yield from (_python(calls[::-1]), json.dumps(_as_json(calls[::-1])))


def _with(calls: list[tuple[str, dict[str, Any]]], i: int, key: str, value: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(name, {**args, key: value} if j == i else args) for j, (name, args) in enumerate(calls)]


def _actions_wrong(item: Item) -> Iterator[str]:
    calls, schemas = _actions_calls(item), _schemas(item)
    other = next(name for name in schemas if name not in {n for n, _ in calls})
    yield from (
        "",
        "I don't know",
        "[]",
        "{}",
        "()",
        calls[0][0],
        f"{calls[0][0]}()",
        f"{_python(calls)}\n{other}(a=1)",
        f"{other}(a=1)",
    )
    yield from (
        _python([*calls, calls[0]]),
        f"{_python(calls)} or {_python([(calls[0][0], {})])}",
        _python([(n + "s", a) for n, a in calls]),
    )
    yield from (
        _python([(n.title(), a) for n, a in calls]),
        _python(calls)[:-1],
        _python(calls).replace("=", ": "),
        json.dumps(_as_json(calls))[:-2],
    )
    yield json.dumps([{"name": other, "arguments": args} for _, args in calls])
    yield f"{_python(calls[:1])}(1)"
    if len(calls) > 1:
        yield from (_python(calls[:1]), _python(calls[1:]), _python([calls[0], calls[0]]))
        if item.target["ordered"]:
            yield from (_python(calls[::-1]), json.dumps(_as_json(calls[::-1])))
    for i, (name, args) in enumerate(calls):
        yield _python(_with(calls, i, "extra", 1))
        yield _python(calls).replace(")", f", {next(iter(args))}=1)", 1)
        for key, value in args.items():
            schema, less = schemas[name][key], {k: v for k, v in args.items() if k != key}
            if schema.get("default") != value:
                yield _python([(n, less if j == i else a) for j, (n, a) in enumerate(calls)])
            yield _python([(n, {**less, key + "_": value} if j == i else a) for j, (n, a) in enumerate(calls)])
            near: tuple[Any, ...]
            match value:
                case bool():
                    near = (not value, str(value), int(value), None)
                case str():
                    near = (value + "s", value[:-1], [value], None, "", 0, True)
                case list():
                    near = ([*value, "more"], value[:-1] if value else None, " ".join(value), None, {"a": value})
                case _:
                    near = (value + 1, -value - 1, value * 10 + 1, str(value), [value], None, True, value + 0.5)
            yield from (_python(_with(calls, i, key, v)) for v in near)
            if isinstance(value, int) and not isinstance(value, bool) and schema["type"] == "integer":
                yield _python(_with(calls, i, key, float(value)))


STUDIES = {"math": (_math_right, _math_wrong), "actions": (_actions_right, _actions_wrong)}


def test_no_right_answer_is_refused_and_no_wrong_one_accepted(kind: Kind) -> None:
    items = kind.items()[::3]
    faults: list[Variant] = []
    counts = []
    for right, variants in zip((True, False), STUDIES[kind.name], strict=True):
        tried = [(item, answer) for item in items for answer in variants(item)]
        faults += [(i, answer, right) for i, answer in tried if kind.grade(i, answer).solved is not right]
        counts.append(len(tried))
        assert len(tried) >= 100
    refused = [answer for _, answer, right in faults if right]
    accepted = len(faults) - len(refused)
    print(f"{kind.name}: {counts[0]} right, {len(refused)} refused; {counts[1]} wrong, {accepted} accepted")  # noqa: T201
    assert not faults, [
        (i.target["template"], i.target.get("answer"), answer, right) for i, answer, right in faults[:20]
    ]


@pytest.mark.parametrize("answer", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_wrong_and_harmless(kind: Kind, answer: str) -> None:
    for item in kind.items()[:3]:
        assert kind.grade(item, answer).score == 0.0
    kind.recognise(answer)


# -- word problems -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("16.0", "", 16), ("$100.00", "", 100), ("5,000", "", 5000), ("1 200", "", 1200), ("1/2", "", 0.5),
        ("2 1/2", "", 2.5), ("½", "", 0.5), ("2½ hours", "minute", 150), ("50%", "", 0.5), ("50%", "%", 50),
        ("0.5", "%", 0.5), ("50%", "$", 0.5), ("12 apples", "", 12), ("€12", "", 12), ("€12", "$", None),
        ("12.", "", 12), ("twelve", "", 12), ("ninety-nine", "", 99), ("one hundred and twenty", "", 120),
        ("a hundred", "", 100), ("1.2e3", "", 1200), ("-3", "", -3), ("−3", "", -3), ("-$3", "$", -3),
        ("3 + 4 = 7", "", 7), ("1.5 hours", "minute", 90), ("1 hour 30 minutes", "minute", 90),
        ("90 kg", "minute", None), ("12 or 15", "", None), ("12, 15, 18", "", None), ("between 10 and 20", "", None),
        ("10–20", "", None), ("5 pounds", "kg", 2.26796185), ("£5", "£", 5), ("$3 and 50 cents", "$", 3.5),
        ("5 feet 6 inches", "inch", 66), ("1.2 million", "", 1.2e6), ("two thirds", "", 2 / 3),
        ("a dozen eggs", "eggs", 12), ("No one knows how many of them there are in it", "", None),
        ("12m", "minute", 12), ("3:30", "", None), ("$12$", "minute", 12), ("\\$12", "$", 12),
        ("\\(\\frac{3}{4}\\)", "", 0.75), ("5{,}000", "", 5000), ("≈ 12", "", 12), ("12 m2", "", 12),
        ("Tom has 3 bags of 4, so the answer is 12.", "", 12), ("3 bags of 4 make 12", "", None), ("5 - 5", "", None),
        ("5 + 5", "", None), ("12, not 15", "", None),
        ("12\n\nWhy:\n- tickets: 3\n- parking: 9", "", 12), ("12\n\n15", "", None), ("x = 12, y = 15", "", None),
        ("x = 3 * 4 = 12", "", 12), ("x = 3y, so x = 12", "", 12), ("12/5/2024", "", None), ("three or four", "", None),
        ("1 year", "month", 12), ("2 years", "month", 24),
    ],
)  # fmt: skip
def test_the_number_in_a_text(text: str, unit: str, value: float | None) -> None:
    assert value_of(text, unit) == (None if value is None else pytest.approx(value, rel=1e-9))


def test_more_than_two_decimals_may_be_rounded_to_two() -> None:
    item = next(i for i in MATH.items() if not float(i.target["answer"] * 1000).is_integer())
    value = item.target["answer"]
    for answer, right in ((f"{value:.2f}", 1), (f"{value:.3f}", 1), (f"{value:.1f}", 0), (f"{value + 0.01:.2f}", 0)):
        assert MATH.grade(item, answer).score == right, (value, answer)


def test_the_chance_of_a_random_number_is_exact() -> None:
    whole = [item for item in MATH.items() if isinstance(item.target["answer"], int)][:8]
    others = [item for item in MATH.items() if item not in whole and not 0 <= item.target["answer"] <= 999]
    broken = [item for item in MATH.items() if isinstance(item.target["answer"], float)][:4]
    for item, expected in ((item, items is whole) for items in (whole, broken, others[:4]) for item in items):
        assert sum(MATH.grade(item, str(n)).solved for n in range(1000)) == 1000 * MATH.chance(item) == expected
    assert {MATH.random(MATH.items()[0], key) for key in range(20_000)} == set(map(str, range(1000)))


@pytest.mark.skipif(not SOURCE.is_file(), reason=f"no {SOURCE.name} beside the checkout")
def test_every_public_word_problem_loads_and_is_solved() -> None:
    records = json.loads(SOURCE.read_text(encoding="utf-8"))
    assert len(records) == 349
    for index, record in enumerate(records):
        item = MATH.load(record, f"record {index}")
        answer = record["answer"].split("####")[1].strip()
        assert item.full == record["question"]
        assert MATH.grade(item, answer).score == MATH.grade(item, MATH.solve(item, item.everything)).score == 1.0
        assert all(MATH.grade(item, MATH.solve(item, item.everything - {i})).score == 0.0 for i in item.everything)
        assert MATH.grade(
            item, f"The answer is ${answer}." if not item.target["unit"] else f"{answer} {item.target['unit']}"
        ).solved


def test_a_word_problem_without_its_number_is_refused() -> None:
    shards = [{"shard_id": 2, "shard": "b"}, {"shard_id": 1, "shard": "a"}]
    record = {"task_id": "x", "shards": shards, "question": "How many hours?", "answer": "because #### 5,000"}
    item = MATH.load(record, "record 7")
    assert (item.shards, item.target["answer"], item.target["unit"]) == (("a", "b"), 5000, "hour")
    for wrong in ("5", "#### five", 5, None, "#### 1 or 2"):
        with pytest.raises(DataError, match="record 7, answer"):
            MATH.load({**record, "answer": wrong}, "record 7")
    with pytest.raises(DataError, match="record 7, question"):
        MATH.load({**record, "question": " "}, "record 7")


# -- function calls ----------------------------------------------------------------------------------------------------

_TOOL = {
    "name": "shop.order",
    "description": "Order things.",
    "parameters": {
        "type": "dict",
        "properties": {
            "item": {"type": "string"},
            "count": {"type": "integer"},
            "price": {"type": "float"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "to": {"type": "dict", "properties": {"street": {"type": "string"}, "number": {"type": "integer"}}},
            "gift": {"type": "boolean"},
        },
        "required": ["item"],
    },
}
_RECORD = {
    "task_id": "sharded-bfcl-1",
    "task": "actions",
    "language": "Python",
    "function": [_TOOL, {**_TOOL, "name": "shop.cancel"}],
    "fully_specified_question": [[{"role": "user", "content": "Order two red mugs."}]],
    "reference_answer": [
        {
            "shop.order": {
                "item": ["red mug", "mug, red"],
                "count": [2],
                "price": [5.0, ""],
                "tags": [["a", "b"], ""],
                "to": [{"street": ["Main St."], "number": [3, ""]}, ""],
                "gift": ["", False],
            }
        },
        {"shop.order": {"item": ["red mug"]}},
    ],
    "shards": [{"shard_id": 2, "shard": "Two."}, {"shard_id": 1, "shard": "Order mugs."}],
}


@pytest.mark.parametrize(
    ("first", "right"),
    [
        ('item="red mug", count=2', 1),
        ('item="Red  Mug", count=2, price=5, gift=False', 1),
        ('item="mug red", count=2, tags=["A", "b"]', 1),
        ('item="red mug", count=2, to={"street": "main st"}', 1),
        ('item="red mug", count=2, to={"street": "Main St", "number": 3}', 1),
        ('item="red mug", count=2, to={"number": 3}', 0),
        ('item="red mug", count=2, to={"street": "Main St", "zip": 3}', 0),
        ('item="red mug", count=2, tags=["b", "a"]', 0),
        ('item="red mug", count=2, tags=["a"]', 0),
        ('item="red mug", count="2"', 0),
        ('item="red mug", count=2.0', 0),
        ('item="red mug", count=True', 0),
        ('item="red mug", count=2, price="5"', 0),
        ('item="red mug", count=2, gift=True', 0),
        ('item="blue mug", count=2', 0),
        ("count=2", 0),
    ],
)
def test_public_calls_are_graded_by_their_acceptable_values(first: str, right: int) -> None:
    item = ACTIONS.load(_RECORD, "record 0")
    second = 'shop.order(item="red mug")'
    assert ACTIONS.grade(item, f"[{second}, shop.order({first})]").score == right
    assert ACTIONS.grade(item, f"[shop_order({first}), {second}]").score == right
    assert ACTIONS.grade(item, f"shop.order({first})").score == 0.0


def test_a_public_record_of_calls_is_loaded_and_solved() -> None:
    item = ACTIONS.load(_RECORD, "record 0")
    assert (item.shards, item.full) == (("Order mugs.", "Two."), "Order two red mugs.")
    assert ACTIONS.grade(item, ACTIONS.solve(item, item.everything)).score == 1.0
    assert ACTIONS.grade(item, ACTIONS.solve(item, frozenset({0}))).score == 0.0
    assert ACTIONS.chance(item) == ACTIONS.grade(item, ACTIONS.random(item, 5)).score == 0.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("function", None), ("function", []), ("function", [3]), ("function", [{"name": "f"}]),
        ("function", [{**_TOOL, "name": 3}]), ("reference_answer", None), ("reference_answer", []),
        ("reference_answer", [{"f": {}}]), ("reference_answer", ["f"]),
        ("reference_answer", [{"shop.order": {"item": "mug"}}]), ("reference_answer", [{"shop.order": {"item": []}}]),
        ("fully_specified_question", None), ("fully_specified_question", []),
        ("fully_specified_question", [[{"content": " "}]]),
    ],
)  # fmt: skip
def test_a_bad_record_of_calls_is_refused_by_field(field: str, value: Any) -> None:
    with pytest.raises(DataError, match=f"record 4, {field}"):
        ACTIONS.load({**_RECORD, field: value}, "record 4")


# -- attempts ----------------------------------------------------------------------------------------------------------

_MATH_ATTEMPTS = """\
So it comes to $42. | It all adds up to 42 dollars. | The total is 42. | That costs you 42 dollars.
You need 42 sweets.
The answer is 42. | The answer is $42. | So the final answer is 42 apples. | Answer: 42 | **Answer:** 42
\\boxed{42} | Adding up, we get $\\boxed{42}$. | #### 42 | 3 * 14 = 42\\n#### 42 | 6 * 7 = 42 | So 6 * 7 = 42.
Total = $42.00 | x = 42 | The total is **42** | That makes **42 apples**. | **42** | In all you pay **$42**.
12 + 30 = 42 dollars | 84 / 2 = **42** | The answer is **42**. | The answer is 1/2. | The answer is -3.
The answer is 42%. | You need 100 - 58 = 42 litres. | Final answer: 42 minutes | The answer is: 42 | My answer is 42.
The answer is about 42 km. | 5 × 8 + 2 = 42 | Let's see.\\n6 * 7 = 42 | It costs **42 dollars** in total.
answer = 42 | The answer is 1,042. | = 42 | The answer is 42. Does that help? | So you get \\boxed{42 \\text{ km}}.
2 * 20 = 40\\n40 + 2 = 42 | The cost is 21 * 2 = $42!"""
_MATH_OTHERS = """\
If a ticket is $14 then two are 2 * 14 = 28. | A ticket costs $12, then. | There are 5 people and 2 cars.
How many apples are there? | So that is 3 apples so far, how many does Tom have? | I can't tell yet.
Could you give me more details? | What does a ticket cost? | I need to know the price first. | Is it 42?
Would you say the answer is 42? | Got it, 5 people. | Each ticket is $12, right?
With 5 people that would be 5 * 12 = 60, but is there a discount? | So far = 12 | Sure, tell me more.
There are 3 bags with 4 apples each. | The answer depends on the 3 prices. | I don't know.
Okay, 20% off. Anything else? | Let me note: **3 bags**, and what else? | Subtotal: 3 * 4 = 12 | That depends.
Sorry, I can't help with that. | Thanks! | So for now 3 * 4 = 12 | What is the answer? | How long is 1 lap?
I'd need the number of days to give an answer. | 2 of 5 are red. | **Details needed:** the price
1. the price\\n2. the people | Do you want the answer in hours? | The answer is not clear yet.
First, 12 tickets. Then? | Understood: there are 12 of you. | Is the speed = 60? | Noted.
Please state the distance."""
_CALL_ATTEMPTS = """\
book_table(restaurant="Bella", people=2) || f(a=1) || ```python\\nf(a=1)\\n``` || ```\\nset_alarm(time='06:30')\\n```
[f(a=1), g(b=2)] || {"name": "f", "arguments": {"a": 1}} || [{"name": "f", "arguments": {}}]
```json\\n{"name": "f", "arguments": {"a": 1}}\\n```
{"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]} || I'd call set_alarm(time="06:30").
Sure: f(a=[1, 2]) || Here you go: `play_music(artist="Mozart")` || result = f(a=1) || shop.order(item="mug")
f(a=1); g(b=True) || f(a={"b": 1}) || {"function": {"name": "f", "arguments": {"a": "x"}}}
print_document(document="a.docx", copies=2) || f(a=-1.5) || f("x", b=2)
I have called get_forecast(city="Oslo", days=3) for you. || Do this: book_flight(origin="Oslo", destination="Rome").
f(a=None) || First resize_image(image="a.jpg", width=640), then upload_image(image="a.jpg").
open_window(room="attic") || f(\\n  a=1,\\n) || {"name": "stop_music", "parameters": {"room": "attic"}}
f(a='it\\'s') || rent_car("Oslo") || add_task(title="x (y)") || Done: transfer_money(person="Ada", amount=20)
f(a=()) || f(a="", b='') || get_forecast(city="Malmö") || set_timer(minutes=5)"""
_CALL_OTHERS = """\
Which restaurant? || How many people (including you)? || I can't do that. || What time suits you?
I can use book_table for that. || Shall I call book_table? || Do you want it inside(terrace is full)?
I need the date(s) and the time(s). || {"note": 1} || [1, 2] || Could you tell me more?
The function set_alarm takes a time. || Sorry! || ```\\nno call here\\n``` || x = 3 || f(x) = 3x || Thanks.
Use f(x)? || I'd need the city (for book_flight). || What is `people`? || book_table(restaurant=..., people=?)
book_table(restaurant=name) || Economy (the default) or business? || Okay (noted). || {"city": "Oslo"} || print(x)
Should the role be viewer, commenter or editor? || Do you mean Oslo(Norway)? || 2 * (3 + 4) || the table(s)
I don't know which function(s) to call. || set_alarm needs a time. || Please say when. || Is it urgent (yes/no)?
set_alarm( || arguments: city, days || Which file (name)? || f || () || null || "f" || (a=1) || Tell me the width=?
name: f || I could print it, in colour? || Anything else, e.g. extras? || Let me check(ing). || []"""


def _phrases(text: str, between: str) -> list[str]:
    return [p.strip().replace("\\n", "\n") for line in text.split("\n") for p in line.split(between)]


@pytest.mark.parametrize(
    ("kind", "attempts", "others"),
    [
        (MATH, _phrases(_MATH_ATTEMPTS, " | "), _phrases(_MATH_OTHERS, " | ")),
        (ACTIONS, _phrases(_CALL_ATTEMPTS, " || "), _phrases(_CALL_OTHERS, " || ")),
    ],
    ids=["math", "actions"],
)
def test_attempts_are_told_from_other_talk(kind: Kind, attempts: list[str], others: list[str]) -> None:
    missed = [text for text in attempts if kind.recognise(text) is None]
    false = [text for text in others if kind.recognise(text) is not None]
    print(f"{kind.name}: {len(missed)} of {len(attempts)} attempts missed, {len(false)} of {len(others)} others taken")  # noqa: T201
    assert len(attempts) + len(others) >= 60
    assert len(missed) <= 0.1 * len(attempts), missed
    assert len(false) <= 0.1 * len(others), false


def test_what_is_recognised_can_be_graded(kind: Kind) -> None:
    for item in kind.items()[::10]:
        answer = kind.solve(item, item.everything)
        said = f"The answer is {answer}." if kind is MATH else f"Then I call this:\n{answer}"
        found = kind.recognise(said)
        assert found is not None
        assert kind.grade(item, found).solved
