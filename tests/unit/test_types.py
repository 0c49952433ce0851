"""The frozen data: what cannot be changed, what is refused, and that a row read is the row written."""

import copy
import json
import math
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from records import episode
from scipy import stats

from pragenv.errors import DataError
from pragenv.types import (
    SCHEMA_VERSION,
    EndReason,
    Episode,
    FrozenDict,
    Message,
    Scenario,
    canonical_json,
    freeze,
    mix,
    uniform,
)

ALPHA = 1e-4
ODD_TEXTS = (
    "",
    "中文 ü 🙂",
    'quotes " and \\',
    "tab\t nul\x00",
    "line\nline\r\nline",
    "sep\u2028sep\x85",
    "\ud83d half",
)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.__setitem__("a", 2),
        lambda d: d.__setitem__("new", 2),
        lambda d: d.__delitem__("a"),
        lambda d: d.__ior__({"b": 1}),
        lambda d: d.clear(),
        lambda d: d.pop("a"),
        lambda d: d.pop("absent", None),
        lambda d: d.popitem(),
        lambda d: d.setdefault("a", 3),
        lambda d: d.setdefault("new", 3),
        lambda d: d.update(a=2),
    ],
)
def test_a_frozen_dict_refuses_every_change(change: Any) -> None:
    frozen = FrozenDict(a=1)
    with pytest.raises(TypeError, match="frozen"):
        change(frozen)
    assert frozen == {"a": 1}


def test_frozen_dicts_hash_by_value_whatever_the_order() -> None:
    one, two = FrozenDict(a=1, b=(2,)), FrozenDict(b=(2,), a=1)
    assert hash(one) == hash(two)
    assert {one: "held"}[two] == "held"
    assert hash(one) != hash(FrozenDict(a=1, b=(3,)))


def test_copies_and_pickles_of_a_frozen_dict_are_equal_and_frozen_and_drop_the_memo() -> None:
    frozen = freeze({"a": [1, {"b": None}], "c": "ü"})
    frozen.memo = "derived"
    assert copy.copy(frozen) is frozen
    assert copy.deepcopy({"held": frozen})["held"] == frozen
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(frozen, protocol))  # noqa: S301
        assert twin == frozen
        assert isinstance(twin, FrozenDict)
        assert isinstance(twin["a"][1], FrozenDict)
        assert twin.memo is None


def test_a_frozen_dict_is_plain_json() -> None:
    value = {"a": [1, 2.5, {"b": None}], "c": True}
    frozen = freeze(value)
    assert json.loads(json.dumps(frozen)) == value
    assert json.loads(canonical_json(frozen)) == value
    assert canonical_json({"b": 1, "a": 2}) == canonical_json({"a": 2, "b": 1}) == '{"a":2,"b":1}'


@pytest.mark.parametrize("wrap", [lambda d: d, FrozenDict], ids=["plain", "frozen_outside"])
def test_freezing_reaches_all_the_way_down(wrap: Any) -> None:
    frozen = freeze(wrap({"list": [1, [2]], "dict": {"inner": [3]}}), "top")
    assert frozen == {"list": (1, (2,)), "dict": {"inner": (3,)}}
    assert isinstance(frozen["dict"], FrozenDict)
    hash(frozen)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [0, {"b": object()}]}, r"^top\.a\[1\]\.b: scenario data must be JSON"),
        ({"a": {1: "x"}}, r"^top\.a: keys must be strings, got \[1\]"),
        ([math.nan], r"^top\[0\]: nan is not JSON"),
        ((1, math.inf), r"^top\[1\]: inf is not JSON"),
        ({"s": {1, 2}}, r"^top\.s: .*set"),
        (b"bytes", r"^top: .*bytes"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_path(value: Any, path: str) -> None:
    with pytest.raises(DataError, match=path):
        freeze(value, "top")


def test_a_scenario_freezes_what_it_is_given_and_keeps_no_tie_to_it() -> None:
    public, brief = {"options": ["a", "b"]}, {"value": "a"}
    scenario = Scenario(public, brief)
    public["options"].append("c")
    brief["value"] = "b"
    assert scenario.public == {"options": ("a", "b")}
    assert scenario.user_brief == {"value": "a"}
    assert scenario.agent_brief is None
    with pytest.raises(FrozenInstanceError):
        scenario.user_brief = {}  # type: ignore[misc]
    with pytest.raises(TypeError, match="frozen"):
        scenario.user_brief["value"] = "b"  # type: ignore[index]
    hash(scenario)


def test_a_scenario_names_the_part_that_is_no_json() -> None:
    with pytest.raises(DataError, match=r"scenario\.user_brief\.when"):
        Scenario({}, {"when": object()})


def test_a_row_read_is_the_row_written() -> None:
    row = episode(7, 0.25, turns=3, cost=0.1, traits={"patience": 4}, intent={"deep": [1, None, "ü"]})
    again = Episode.from_json(row.to_json())
    assert again == row
    assert again.to_json() == row.to_json()
    assert isinstance(again.end_reason, EndReason)
    assert all(isinstance(message, Message) for message in again.dialogue)
    assert again.scenario == row.scenario
    hash(again.user_brief)


@pytest.mark.parametrize("end", list(EndReason))
def test_a_row_keeps_how_the_episode_ended(end: EndReason) -> None:
    row = episode(end=end)
    again = Episode.from_json(row.to_json())
    assert again.end_reason is end
    assert (again.scored, again.score) == (row.scored, row.score)


@pytest.mark.parametrize("text", ODD_TEXTS, ids=ascii)
def test_any_str_that_is_said_makes_one_line_of_utf8_that_reads_back(text: str) -> None:
    row = episode(said=text)
    line = row.to_json()
    assert len(line.splitlines()) == 1
    assert Episode.from_json(line.encode().decode()).dialogue[0].content == text


def _changed(**changes: Any) -> str:
    return json.dumps({**json.loads(episode().to_json()), **changes})


def test_a_row_of_another_schema_is_refused_and_says_which() -> None:
    wanted = rf"^here: schema {SCHEMA_VERSION + 1}, this version reads {SCHEMA_VERSION}"
    with pytest.raises(DataError, match=wanted):
        Episode.from_json(_changed(schema=SCHEMA_VERSION + 1), "here")


def test_a_row_names_missing_and_unexpected_fields() -> None:
    row = json.loads(_changed(extra=1))
    del row["score"]
    with pytest.raises(DataError, match=r"^here: missing \['score'\], unexpected \['extra'\]"):
        Episode.from_json(json.dumps(row), "here")


@pytest.mark.parametrize("line", ["", "{", "nonsense", episode().to_json()[:-5]])
def test_a_broken_line_is_refused_with_its_place(line: str) -> None:
    with pytest.raises(DataError, match=r"^cell, line 3: not JSON"):
        Episode.from_json(line, "cell, line 3")


@pytest.mark.parametrize("line", ["[]", "3", "null"])
def test_json_that_is_no_object_is_refused(line: str) -> None:
    with pytest.raises(DataError, match="schema"):
        Episode.from_json(line)


def test_mix_gives_63_bits_and_follows_its_key_and_counter() -> None:
    drawn = [mix(key, n) for key in range(300) for n in range(30)]
    assert all(0 <= z < 1 << 63 for z in drawn)
    assert len(set(drawn)) == len(drawn)
    assert drawn == [mix(key, n) for key in range(300) for n in range(30)]


@pytest.mark.parametrize("stream", ["keys", "counters", "chain"])
def test_mixed_keys_are_uniform_and_serially_independent(stream: str) -> None:
    n = 20_000
    if stream == "chain":
        keys = [mix(1, 0)]
        while len(keys) < n:
            keys.append(mix(keys[-1], 0))
    else:
        keys = [mix(i, 5) if stream == "keys" else mix(5, i) for i in range(n)]
    u = np.array([uniform(key) for key in keys])
    assert ((u >= 0) & (u < 1)).all()
    assert stats.kstest(u, "uniform").pvalue > ALPHA
    bits = np.array([[key >> b & 1 for b in range(63)] for key in keys]).sum(axis=0)
    assert min(stats.binomtest(int(b), n, 0.5).pvalue for b in bits) > ALPHA / 63
    cells = np.histogram2d(u[:-1], u[1:], bins=10, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(cells.ravel()).pvalue > ALPHA


def test_uniform_stays_below_one_at_the_greatest_key() -> None:
    assert uniform(0) == 0.0
    assert uniform((1 << 63) - 1) < 1
