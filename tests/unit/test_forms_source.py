"""The loader of the public intention format, on records made for the purpose and on the public file."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pragenv_simulators.scripted import Scripted
from talk import agent_view, committed, talk, user_view

from pragenv.errors import ConfigError, DataError
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.clarify.acts import FormActs
from pragenv.tasks.clarify.form import load
from pragenv.types import Act, Message

SHARED = Path(os.environ.get("PRAGENV_SHARED", Path(__file__).parents[3] / "shared"))
PUBLIC = SHARED / "data" / "intentions.json"
needs_public = pytest.mark.skipif(not PUBLIC.is_file(), reason=f"no {PUBLIC}; set PRAGENV_SHARED to its folder")


def detail(label: str = "Size", *options: Any, **changes: Any) -> dict[str, Any]:
    made = {"description": label, "importance": "2", "inquiry": f"Which {label}?", "options": [*options] or ["L", "M"]}
    return made | changes


def record(*details: Any, **changes: Any) -> dict[str, Any]:
    return {"task": "Buy me a shirt.", "category": "shopping", "missing_details": [*details] or [detail()]} | changes


def write(folder: Path, content: Any) -> str:
    path = folder / "source.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_good_record_becomes_a_form_in_its_own_words(tmp_path: Path) -> None:
    path = write(tmp_path, [record(detail("Size", " L ", "M", importance=3), detail("Colour", "red", "blue"))])
    (form,), bad, digest = load(path)
    size, colour = form.fields
    assert (form.title, form.domain, form.loaded, bad) == ("Buy me a shirt.", "shopping", True, ())
    assert (size.label, size.importance, size.options, size.asks[0]) == ("Size", 3, ("L", "M"), "Which Size?")
    assert (colour.label, colour.importance, colour.options) == ("Colour", 2, ("red", "blue"))
    assert digest == hashlib.sha256(Path(path).read_bytes()).hexdigest() == Clarify(path).fingerprint()


def test_the_fingerprint_follows_the_file_and_the_bank_has_none(tmp_path: Path) -> None:
    first = Clarify(write(tmp_path, [record()])).fingerprint()
    assert first != Clarify(write(tmp_path, [record(task="Another.")])).fingerprint()
    assert Clarify().fingerprint() == ""


BAD = {
    "no object": ("text", r"record 1: must be an object, is str"),
    "no task": (record(task=None), r"record 1\.task: must be a text, is None"),
    "blank task": (record(task=" ?! "), r"record 1\.task: must be a text"),
    "no details": (record(missing_details=None), r"record 1, missing_details: must be a list"),
    "empty details": (record(missing_details=[]), r"record 1, missing_details: must be a list with at least one"),
    "detail no object": (record(detail(), "x"), r"record 1, missing_details\[1\]: must be an object, is str"),
    "no description": (record(detail(description=7)), r"record 1, missing_details\[0\]\.description: must be a text"),
    "no inquiry": (record(detail(inquiry="")), r"record 1, missing_details\[0\]\.inquiry: must be a text, is ''"),
    "importance 4": (record(detail(importance="4")), r"missing_details\[0\]\.importance: must be 1, 2 or 3, is '4'"),
    "importance true": (record(detail(importance=True)), r"missing_details\[0\]\.importance: must be .*True"),
    "no importance": (record(detail(importance=None)), r"missing_details\[0\]\.importance: must be .*None"),
    "options text": (record(detail(options="L, M")), r"missing_details\[0\]\.options: must be a list of texts"),
    "option number": (record(detail("Size", 1, 2)), r"missing_details\[0\]\.options: must be a list of texts"),
    "option blank": (record(detail("Size", "L", "-")), r"missing_details\[0\]\.options: must be a list of texts"),
    "one option": (record(detail("Size", "L")), r"missing_details\[0\]\.options: needs at least two, has 1"),
    "repeated option": (record(detail("Size", "L", "M", "l ")), r"missing_details\[0\]\.options: 'l ' repeats 'L'"),
    "repeated label": (record(detail("Size"), detail("size")), r"record 1, missing_details: two details have the same"),
}
each_bad = pytest.mark.parametrize(("bad", "reason"), BAD.values(), ids=BAD)


@each_bad
def test_a_bad_record_stops_the_load_with_its_index_field_and_reason(tmp_path: Path, bad: Any, reason: str) -> None:
    path = write(tmp_path, [record(), bad, record()])
    with pytest.raises(DataError, match=reason) as raised:
        load(path)
    assert path in str(raised.value)
    assert "on_bad=skip" in str(raised.value)
    assert "\n" not in str(raised.value)


@each_bad
def test_a_bad_record_is_skipped_and_listed_on_demand(tmp_path: Path, bad: Any, reason: str) -> None:
    task = Clarify(write(tmp_path, [record(), bad, record()]), on_bad="skip")
    assert task.count(task.setting("default"), "test") == 2
    (listed,) = task.skipped
    assert listed.startswith("record 1")
    with pytest.raises(DataError, match=reason):
        raise DataError(listed)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ({"records": []}, "must hold a list of records, holds dict"),
        ([], "holds no usable record"),
        ([1, 2], "must be an object"),
    ],
    ids=["empty", "cut", "too deep", "object", "no record", "no good record"],
)
def test_an_unusable_file_is_refused_by_name(tmp_path: Path, content: Any, reason: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=reason) as raised:
        load(path)
    assert path in str(raised.value)


def test_skipping_every_record_leaves_nothing_to_use_and_shows_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no usable record; the first: record 0"):
        load(write(tmp_path, [3]), "skip")


@pytest.mark.parametrize("path", ["absent.json", "."])
def test_a_missing_file_is_a_data_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load(str(tmp_path / path))


def test_bytes_that_are_no_text_are_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "source.json").write_bytes(b'["\xff\xfe\xfa"]')
    with pytest.raises(DataError, match="not JSON"):
        load(str(tmp_path / "source.json"))


def test_on_bad_is_stop_or_skip_and_needs_a_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'stop' or 'skip', got 'ignore'"):
        load(write(tmp_path, [record()]), "ignore")
    with pytest.raises(ConfigError, match="on_bad is about the records of a source"):
        Clarify(on_bad="skip")


TRICKY = [
    record(
        detail("Place", "Paris, France", "Rome; Italy", "ratio 1:2", "line\nbreak", "“quoted”, (bracketed)"),
        detail("Budget: total", "<5, or so", "5–10; no more", "{braces}", "a.m., p.m."),
        detail("Place, second", "Größe ü", "中文", "Size: L"),
    )
]
FORMATS = {
    "semicolons": lambda pairs: "; ".join(f"{key}: {value}" for key, value in pairs),
    "lines": lambda pairs: "\n" + "\n".join(f"- {key}: {value}" for key, value in pairs),
    "commas": lambda pairs: ", ".join(f"{key}: {value}" for key, value in pairs),
    "json": lambda pairs: json.dumps(dict(pairs)),
}


@pytest.mark.parametrize("written", FORMATS.values(), ids=FORMATS)
def test_options_may_hold_commas_semicolons_colons_and_line_breaks(tmp_path: Path, written: Any) -> None:
    task = Clarify(write(tmp_path, TRICKY))
    for key in range(60):
        scenario = task.sample(key * 7919, task.setting("vague"), "test")
        brief = scenario.user_brief
        labels = {f["name"]: f["label"] for f in scenario.public["fields"]}
        answer = written([(labels[name], value) for name, value in brief["values"].items()])
        assert task.grade(scenario, committed((), f"ANSWER: {answer}")).solved, answer
        assert task.grade(scenario, committed((), task.answer(scenario))).solved


def test_what_a_user_tells_of_such_options_is_read_back(tmp_path: Path) -> None:
    (form,), _, _ = load(write(tmp_path, TRICKY))
    own = FormActs(form, "train")
    for (name, value), tellings in own.tellings.items():
        for telling in tellings:
            for asked in (own.menu, (Act("ask", name),)):
                assert own.read(telling, asked) == (Act("inform", name, value),), telling


@needs_public
def test_of_the_public_file_597_records_are_good_and_three_are_named_as_bad() -> None:
    forms, bad, _ = load(str(PUBLIC), "skip")
    assert len(forms) == 597
    assert [text.partition(".")[0] for text in bad] == [
        "record 239, missing_details[0]",
        "record 457, missing_details[4]",
        "record 597, missing_details[0]",
    ]
    assert all("repeats" in text for text in bad)
    with pytest.raises(DataError, match=r"record 239, missing_details\[0\]\.options: '000' repeats '000'"):
        load(str(PUBLIC))


@needs_public
def test_in_the_public_file_every_telling_is_read_back_asked_or_not() -> None:
    misread = []
    for form in load(str(PUBLIC), "skip")[0]:
        own = FormActs(form, "train")
        for (name, value), tellings in own.tellings.items():
            for telling in tellings:
                for asked in ((Act("ask", name),), (own.menu[0],), ()):
                    if own.read(telling, asked) != (Act("inform", name, value),):
                        misread.append((form.name, telling, asked))
    assert misread == []


@needs_public
def test_in_the_public_file_every_question_put_for_a_detail_is_understood_as_asking_for_it() -> None:
    misread = []
    for form in load(str(PUBLIC), "skip")[0]:
        own = FormActs(form, "train")
        for act in own.menu:
            for question in {own.phrase(act, key) for key in range(6)}:
                if own.parse(question) != (act,):
                    misread.append((form.name, act.slot, question))
    assert misread == []


@needs_public
def test_of_each_public_record_the_opening_conveys_what_it_reveals_and_the_oracle_is_right() -> None:
    task = Clarify(str(PUBLIC), "skip")
    setting = task.setting("default")
    for index in range(597):
        scenario = task.sample(index, setting, "test")
        brief = scenario.user_brief
        view = user_view(task, scenario)
        informs = {(a.slot, a.value) for a in task.truth(view) if a.kind == "inform"}
        assert informs == {(name, brief["values"][name]) for name in brief["revealed"]}
        assert Scripted().reply(view).text.startswith(scenario.public["title"])
        assert task.grade(scenario, committed(talk(task, scenario), task.answer(scenario))).solved


@pytest.mark.parametrize(
    "options", [["< $50", "> $50"], ["10", "10+"], ["-5 degrees", "5 degrees"], ["C", "C++", "C#"], ["≤ 3", "≥ 3"]]
)
def test_options_that_differ_in_a_sign_are_different_and_are_told_apart(tmp_path: Path, options: list[str]) -> None:
    detail = {"description": "Limit", "importance": "2", "inquiry": "Which limit applies?", "options": options}
    record = {"task": "Do the thing.", "category": "Things", "missing_details": [detail]}
    (tmp_path / "signs.json").write_text(json.dumps([record]), encoding="utf-8")
    task = Clarify(str(tmp_path / "signs.json"))
    setting = task.setting("vague")
    told = set()
    for key in range(60):
        scenario = task.sample(key, setting, "test")
        view = user_view(task, scenario, (Message("user", "Hi."), Message("assistant", "Which limit applies?")), key)
        said = Message("user", task.say(view, task.truth(view), key))
        value = scenario.user_brief["values"]["detail_0"]
        assert task.known(agent_view(task, setting, scenario, (*view.dialogue, said))) == {"detail_0": value}
        assert task.grade(scenario, (Message("assistant", task.answer(scenario)),)).solved
        told.add(value)
    assert told == set(options)
