"""Service's tools: what is a call and what is words, what is checked, and that no call can harm the database."""

import ast
import inspect
import json
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from talk import user_view

from pragenv.env import DialogueEnv
from pragenv.registration import make_env
from pragenv.tasks.service import Service, database
from pragenv.tasks.service.database import connect, perform, replay
from pragenv.tasks.service.domain import domains
from pragenv.tasks.service.tools import MOST_CALLS, TOOLS, Request, said, signatures, written
from pragenv.tasks.service.world import world_of
from pragenv.types import Message, Scenario

TASK, RAIL = Service(), domains()["rail"]
SCENARIO = next(
    made
    for made in (TASK.sample(k, TASK.setting("default"), "train") for k in range(99))
    if made.public["domain"] == "rail"
)
BOOK = Request("book", (("item", "R123"), ("places", 2), ("rate", "fixed"), ("name", "Ada Keller")))
JSON = '{"name": "book", "arguments": {"train": "R123", "seats": 2, "fare": "basic", "name": "Ada Keller"}}'
PLAIN = 'book(train="R123", seats=2, fare="basic", name="Ada Keller")'


# -- what is a call


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN, ""),
        ("book('r123', 2, 'BASIC', name=' Ada  Keller ')", ""),
        (JSON, ""),
        (f"[{JSON}]", ""),
        *((JSON.replace("arguments", key), "") for key in ("parameters", "input", "kwargs", "args")),
        (JSON.replace("{", '{"type": "tool_use", "id": "1", ', 1).replace("arguments", "input"), ""),
        (f"```json\n{JSON}\n```", ""),
        (f"<tool_call>\n{JSON}\n</tool_call>", ""),
        (f"One moment, please.\n{PLAIN}", "One moment, please."),
        (f"{PLAIN}\nIs that all?", "Is that all?"),
        (f"One moment.\n{json.dumps(json.loads(JSON), indent=2)}\nThanks!", "One moment.\nThanks!"),
        (f"{PLAIN}\nANSWER: Done.", "ANSWER: Done."),
        ("One moment.\n" + PLAIN.replace(", ", ",\n  ").replace("(", "(\n  ") + "\nThanks!", "One moment.\nThanks!"),
    ],
)
def test_a_call_may_take_any_of_these_forms_and_is_no_words(text: str, words: str) -> None:
    assert said(text, "rail") == ((BOOK,), words)


@pytest.mark.parametrize(
    "text",
    [
        "Shall I book it?",
        "Shall I book (or change) it?",
        f"ANSWER: I did {PLAIN}",
        f"ANSWER: Done.\n{PLAIN}",
        "It is (nearly) full.",
        "",
        "x" * 20_000,
        "(" * 20_000,
    ],
)
def test_all_else_is_words(text: str) -> None:
    assert said(text, "rail") == ((), text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("delete(train='R123')", "there is no tool delete"),
        ("cancel()", "cancel: booking must be given"),
        ("cancel('A1B2C', 3)", "too many arguments"),
        ("cancel('A1B2C', booking='A1B2C')", "one given twice"),
        ("cancel(booking='A1B2C', force=True)", "no parameter force"),
        ('cancel(booking="A1B2C\'; DROP TABLE booking; --")', "booking must be a code"),
        ("cancel(booking=['A1B2C'])", "booking must be a text"),
        ("search(day='Sunday')", "day must be one of Tuesday"),
        ("bookings(name='')", "name must be a name"),
        ("bookings(name='\\ud800')", "name must be a name"),
        (f"bookings(name='{'x' * 61}')", "name must be a name"),
        *(
            (PLAIN.replace("=2", f"={v}"), "seats must be a whole number")
            for v in ("0", "-1", "100", "2.0", "True", "'2'")
        ),
        *((JSON.replace("2,", f"{v},"), "seats must be a whole number") for v in ("NaN", "1e999", "9" * 400, "null")),
        (JSON.replace('"seats": 2', '"seats": 1, "seats": 2'), "no call that can be read"),
        ('{"name": "book", "arguments": ' + '{"a":' * 1000, "no call that can be read"),
        ("book(train=", "no call that can be read"),
        (f"Let me see: {PLAIN}", "calls stand on lines of their own"),
        (f"- **{PLAIN}**", "calls stand on lines of their own"),
        (f"Shall I do {PLAIN} for you?", "calls stand on lines of their own"),
        (f"Let me send {JSON} at once.", "calls stand on lines of their own"),
        ('{"name": "search", "day": "Friday"}', 'arguments of JSON under "arguments"'),
        (JSON[:-1] + ', "input": {}}', "no call that can be read"),
        (PLAIN + "\nHm." * 3000, "of more than 8000 characters"),
        ("book(train=open('/etc/passwd').read())", "no call that can be read"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_and_nothing_is_done(text: str, why: str) -> None:
    (found,) = said(text, "rail").requests
    assert isinstance(found, str)
    assert why in found


def test_the_user_hears_a_sentence_with_a_call_in_it() -> None:
    text = f"Shall I do {PLAIN} for you?"
    assert said(text, "rail").words == text


def test_of_many_calls_at_once_a_few_are_made() -> None:
    found = said("\n".join(["cancel('A1B2C')"] * 100), "rail").requests
    assert found[:MOST_CALLS] == (Request("cancel", (("booking", "A1B2C"),)),) * MOST_CALLS
    assert found[MOST_CALLS:] == (f"{100 - MOST_CALLS} further calls were not made; at most {MOST_CALLS} at a time",)


@pytest.mark.parametrize("name", domains())
def test_what_is_written_of_a_request_is_read_as_that_request(name: str) -> None:
    of = domains()[name]
    values: dict[str, Any] = {"name": 'Ada "X" O\'Hara', "day": "Friday", "booking": "A1B2C", "item": "R123"}
    values |= {"places": 3, "rate": "flex", "a": of.a.values[1], "b": of.b.values[2]}
    for tool, about in TOOLS.items():
        request = Request(tool, tuple((slot, values[slot]) for slot in about.parameters))
        assert said(written(request, of), name) == ((request,), "")
        assert f"- {tool}({', '.join(of.parameters[slot] for slot in about.parameters)}):" in signatures(of)


# -- what the user hears


def test_the_user_hears_words_and_neither_calls_nor_results() -> None:
    env = make_env("service", split="test", simulator="scripted")
    env.reset(seed=3)
    first = env.scenario.public["domain"]
    chat, *_ = env.step(f"One moment, please.\nsearch(day='Friday')\n{JSON}")
    assert [m["role"] for m in chat[-4:]] == ["assistant", "tool", "tool", "user"]
    heard = env.user_view().dialogue
    assert [m.role for m in heard] == ["user", "assistant", "user"]
    assert heard[1].content == "One moment, please."
    assert json.loads(chat[-3]["content"])["tool"] == "search"
    assert first in ("tours", "garage")
    env.step("search(day='Friday')")
    assert env.user_view().dialogue[-2] == Message("assistant", "")
    assert env.user_view().dialogue[-1].content in TASK.acts(env.user_view())._others["wait"]


# -- the database


def counted(env: DialogueEnv, text: str) -> list[dict[str, Any]]:
    before = len(env.dialogue)
    env.step(text)
    return [json.loads(m.content) for m in env.dialogue[before:] if m.role == "tool"]


def test_results_follow_from_the_world_and_the_calls_and_not_from_the_wish() -> None:
    setting = TASK.setting("default")
    one, other = (TASK.sample(key, setting, "train") for key in (1, 2))
    twin = Scenario(one.public, {**other.user_brief, "world": one.user_brief["world"]})
    name = world_of(one.public["domain"], one.user_brief["world"]).customers[0]
    told = (Message("user", "Hello."), Message("assistant", f"search(day='Friday')\nbookings(name='{name}')"))
    assert one.user_brief != twin.user_brief
    assert TASK.respond(one, told) == TASK.respond(twin, told)


def test_what_was_done_is_undone_by_nothing_but_what_is_done_next() -> None:
    of, rows = RAIL, world_of("rail", 5)
    offer = next(o for o in rows.offers if o.free >= 3)
    book = Request("book", (("item", offer.id), ("places", 2), ("rate", "flex"), ("name", "Ada Keller")))
    look = Request("search", (("a", offer.a), ("b", offer.b), ("day", offer.day)))

    def free(*requests: Request) -> int:
        (row,) = [r for r in replay("rail", 5, (*requests, look)).results[-1]["result"] if r["train"] == offer.id]
        return int(row["free"])

    booked = replay("rail", 5, (book,))
    assert booked.results[0]["result"]["total"] == 2 * offer.flex
    assert free() == offer.free
    assert free(book) == offer.free - 2
    cancel = Request("cancel", (("booking", booked.bookings[-1].reference),))
    cancelled = replay("rail", 5, (book, cancel, cancel))
    assert cancelled.results[1]["result"]["refund"] == 2 * offer.flex
    assert "error" in cancelled.results[2]
    assert cancelled.bookings == (*rows.bookings, booked.bookings[-1]._replace(status="cancelled"))
    assert free(book, cancel) == offer.free
    many = replay("rail", 5, (book,) * 50)
    assert sum("result" in result for result in many.results) == offer.free // 2
    assert of.item == "train"


def test_every_statement_is_a_constant_and_its_values_are_bound() -> None:
    tree = ast.parse(inspect.getsource(database))
    constants = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("execute", "executemany", "executescript", "_rows")
    ]
    others = [a for a in calls if not isinstance(a, ast.Constant) and getattr(a, "id", "") not in constants]
    assert len(calls) > 15
    assert [ast.unparse(a) for a in others] == ["sql"]  # `_rows` itself, which binds what it is given


HOSTILE = st.one_of(
    st.sampled_from(
        [
            "'; DROP TABLE booking; --",
            '" OR 1=1 --',
            "A1B2C' UNION SELECT * FROM offer",
            "Robert'); DELETE FROM offer;--",
            "\x00",
            "\ud83d",
            "ＡＢＣ",
            "٣",
            "🙂" * 30,
            "R" * 5000,
            "",
        ]
    ),
    st.integers(),
    st.sampled_from([2**63, -(2**63) - 1, 10**400, 0, -1, 1]),
    st.floats(),
    st.booleans(),
    st.none(),
    st.just([[[[[]]]]]),
    st.just({"a": {"b": 1}}),
    st.text(max_size=8),
)
"""What is given in place of a value."""
RAW = st.sampled_from(
    [
        "[" * 3000,
        '{"name": "book", "arguments": {"seats": 1, "seats": 2}}',
        '{"name": "cancel", "arguments": ' + '{"a": ' * 200 + "1" + "}" * 200 + "}",
        "cancel(booking=__import__('os').system('true'))",
        "book(" + "-" * 2000 + "1)",
        "\n".join(["search()"] * 700),
        '<tool_call>{"name": "drop", "arguments": "{}"}</tool_call>',
        "ANSWER: over\ncancel(booking='A1B2C')",
        "Hello, what is your name?",
        "a." * 2000 + "b()",
    ]
)


@st.composite
def hostile_utterances(draw: st.DrawFn) -> list[tuple[str, str, dict[str, Any]] | str]:
    """A few utterances: text as it is, or a call of a tool with values that are right, or hostile."""
    found: list[Any] = []
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.integers(0, 4)) == 0:
            found.append(draw(RAW))
            continue
        tool = draw(st.sampled_from(list(TOOLS)))
        replaced = {s: draw(HOSTILE) for s in TOOLS[tool].parameters if draw(st.integers(0, 3)) == 0}
        found.append((tool, draw(st.sampled_from(("json", "python"))), replaced, draw(st.integers(0, 10**6))))
    return found


def uttered(one: Any, world: int) -> str:
    if isinstance(one, str):
        return one
    tool, form, replaced, pick = one
    rows = world_of("rail", world)
    offer, booking = rows.offers[pick % len(rows.offers)], rows.bookings[pick % len(rows.bookings)]
    right = {"a": offer.a, "b": offer.b, "day": offer.day, "item": offer.id, "booking": booking.reference}
    right |= {"name": booking.name, "places": 1 + pick % 9, "rate": ("basic", "flexible")[pick % 2]}
    given = {RAIL.parameters[s]: replaced.get(s, right[s]) for s in TOOLS[tool].parameters}
    if form == "python":
        call = f"{tool}({', '.join(f'{name}={value!r}' for name, value in given.items())})"
    else:
        call = json.dumps({"name": tool, "arguments": given})
    return "\n".join([call] * (1 + pick % 3))


@given(hostile_utterances(), st.integers(0, 7))
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
def test_no_call_harms_the_database_or_the_environment(utterances: list[Any], world: int) -> None:
    """A thousand episodes of malformed, repeated and hostile calls: the database stays sound and nothing raises."""
    scenario = Scenario(SCENARIO.public, {**SCENARIO.user_brief, "world": world})
    dialogue: tuple[Message, ...] = (Message("user", "Hello."),)
    made: list[Request] = []
    for one in utterances:
        text = uttered(one, world)
        dialogue = (*dialogue, Message("assistant", text))
        asked = said(text, "rail").requests
        results = TASK.respond(scenario, dialogue)
        assert len(results) == len(asked) <= MOST_CALLS + 2
        assert all(("error" in row) != ("result" in row) for row in (json.loads(m.content) for m in results))
        made += [request for request in asked if isinstance(request, Request)]
        dialogue = (*dialogue, *results)
        view = user_view(TASK, scenario, TASK.audible(dialogue, scenario.public))
        dialogue = (*dialogue, Message("user", TASK.say(view, TASK.truth(view), 0)))
    assert not TASK.grade(scenario, dialogue).solved
    rows = world_of("rail", world)
    with closing(connect("rail", world)) as db:
        tables = db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        perform(db, RAIL, world, made)
        assert db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall() == tables
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not db.in_transaction
        offers = db.execute(
            "SELECT id, a, b, day, time, capacity, free, fixed, flex FROM offer ORDER BY rowid"
        ).fetchall()
        taken = dict(db.execute("SELECT offer, sum(places) FROM booking WHERE status = 'active' GROUP BY offer"))
        held = db.execute("SELECT reference FROM booking ORDER BY rowid").fetchall()
    before: dict[str, int] = {}
    for booking in rows.bookings:
        before[booking.offer] = before.get(booking.offer, 0) + booking.places
    for now, was in zip(offers, rows.offers, strict=True):
        assert now == (*was[:6], now[6], *was[7:])
        assert 0 <= now[6] <= was.capacity
        assert now[6] + taken.get(was.id, 0) == was.free + before.get(was.id, 0)
    assert [r for (r,) in held][: len(rows.bookings)] == [b.reference for b in rows.bookings]
