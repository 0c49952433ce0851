"""Clarify's verdicts: how commitments are read, what they score, and what a guess is worth."""

import json
from collections import Counter
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from scipy import stats
from talk import ALPHA, agent_view, committed, talk

from pragenv.tasks.clarify import Clarify
from pragenv.tasks.clarify.answer import read_answer, write_answer
from pragenv.tasks.clarify.form import bank
from pragenv.types import Message, Scenario, Verdict, mix

TASK = Clarify()
FORM = next(form for form in bank() if form.name == "coffee_order")
TRUE = {
    "drink": "a flat white",
    "size": "large",
    "milk": "oat milk",
    "sweetness": "one lump",
    "serving": "a paper beaker",
}
LABEL = {field.name: field.label for field in FORM.fields}


def coffee(values: Mapping[str, str] = TRUE, setting: str = "vague", **brief: Any) -> Scenario:
    """A scenario of the coffee form with these values and no others."""
    drawn = (TASK.sample(mix(1, i), TASK.setting(setting), "test") for i in range(1000))
    made = next(s for s in drawn if s.user_brief["form"] == FORM.name)
    return Scenario(made.public, {**made.user_brief, "values": values, **brief})


def grade(answer: str, made: Scenario | None = None, *said: str) -> Verdict:
    made = made or coffee()
    return TASK.grade(made, committed(talk(TASK, made, *said), answer))


WRITINGS = {
    "semicolons": lambda p: "ANSWER: " + "; ".join(f"{k}: {v}" for k, v in p),
    "semicolons, stop": lambda p: "ANSWER: " + "; ".join(f"{k}: {v}" for k, v in p) + ".",
    "commas": lambda p: "ANSWER: " + ", ".join(f"{k}: {v}" for k, v in p),
    "equals": lambda p: "ANSWER: " + "; ".join(f"{k} = {v}" for k, v in p),
    "lines": lambda p: "ANSWER:\n" + "\n".join(f"{k}: {v}" for k, v in p),
    "crlf": lambda p: "ANSWER:\r\n" + "\r\n".join(f"{k}: {v}" for k, v in p),
    "bullets": lambda p: "ANSWER:\n" + "\n".join(f"- {k}: {v}" for k, v in p),
    "numbers": lambda p: "ANSWER:\n" + "\n".join(f"{i}. {k}: {v}" for i, (k, v) in enumerate(p, 1)),
    "markdown": lambda p: "ANSWER:\n" + "\n".join(f"* **{k}:** {v}" for k, v in p),
    "bold": lambda p: "ANSWER:\n" + "\n".join(f"- **{k}**: *{v}*" for k, v in p),
    "quotes": lambda p: "ANSWER: " + "; ".join(f'"{k}": "{v}"' for k, v in p),
    "capitals": lambda p: "ANSWER: " + "; ".join(f"{k.upper()}: {v.upper()}" for k, v in p),
    "reversed": lambda p: "ANSWER: " + "; ".join(f"{k}: {v}" for k, v in reversed(p)),
    "json": lambda p: "ANSWER: " + json.dumps(dict(p)),
    "indented json": lambda p: "ANSWER:\n" + json.dumps(dict(p), indent=2),
    "fenced json": lambda p: "ANSWER:\n```json\n" + json.dumps(dict(p)) + "\n```",
    "fence": lambda p: "ANSWER:\n```\n" + "\n".join(f"{k}: {v}" for k, v in p) + "\n```",
    "after talk": lambda p: "Here you go!\nANSWER: " + "; ".join(f"{k}: {v}" for k, v in p),
}


@pytest.mark.parametrize("by", ["label", "name"])
@pytest.mark.parametrize("written", WRITINGS.values(), ids=WRITINGS)
def test_a_right_answer_is_right_however_it_is_written(written: Any, by: str) -> None:
    pairs = [(LABEL[name] if by == "label" else name, value) for name, value in TRUE.items()]
    assert grade(written(pairs)) == Verdict(1.0, True, "every field is right")


@pytest.mark.parametrize("written", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("field", TRUE)
def test_one_wrong_field_is_a_wrong_answer_however_it_is_written(written: Any, field: str) -> None:
    wrong = next(option for option in FORM.by_name[field].options if option != TRUE[field])
    verdict = grade(written([(LABEL[name], value) for name, value in {**TRUE, field: wrong}.items()]))
    assert verdict == Verdict(0.0, False, f"wrong: {LABEL[field]}: {wrong}")


def test_an_alias_stands_for_its_option() -> None:
    for field in FORM.fields:
        for option, aliases in field.aliases.items():
            for alias in aliases:
                made = coffee({**TRUE, field.name: option})
                assert grade(write_answer({**made.user_brief["values"], field.name: alias}, FORM), made).solved


RIGHT = "; ".join(f"{LABEL[name]}: {value}" for name, value in TRUE.items() if name != "milk")


@pytest.mark.parametrize(
    "milk",
    [
        "milk: oat milk, soya milk",
        "milk: oat milk or soya milk",
        "milk: oat milk / soya milk",
        "milk: oat milk; soya milk",
        "milk: oat milk; milk: soya milk",
        "milk: soya milk; milk: oat milk",
        "milk: oat milk\nmilk: soya milk",
        "milk: oat milk; milk: soya milk; milk: oat milk",
        "milk: oat milk | soya milk | almond milk | skimmed milk | whole milk",
        "milk: [oat milk, soya milk]",
        "milk: not soya milk",
        "milk: any",
        "milk: ",
        "milk",
        "oat milk",
        "",
    ],
)
def test_naming_several_options_or_none_for_a_field_is_wrong(milk: str) -> None:
    verdict = grade(f"ANSWER: {RIGHT}; {milk}")
    assert (verdict.score, verdict.solved) == (0.0, False)
    assert "milk: no single option" in verdict.reason


@pytest.mark.parametrize("value", [["oat milk", "soya milk"], ["oat milk", "oat"], {"oat milk": 1}, None, True, 3, ""])
def test_in_json_too_a_field_needs_one_option(value: Any) -> None:
    assert not grade("ANSWER: " + json.dumps({**TRUE, "milk": value})).solved


@pytest.mark.parametrize("second", ["milk", "Milk", "MILK"])
def test_a_key_given_twice_in_json_is_wrong_unless_both_values_agree(second: str) -> None:
    body = json.dumps(TRUE)[:-1]
    assert not grade(f'ANSWER: {body}, "{second}": "soya milk"}}').solved
    assert grade(f'ANSWER: {body}, "{second}": "oat milk"}}').solved


def test_name_and_label_are_the_same_field_so_two_values_for_them_are_wrong() -> None:
    assert LABEL["drink"] != "drink"
    answer = write_answer(TRUE, FORM)
    assert grade(f"{answer}; drink: a flat white").solved
    assert not grade(f"{answer}; drink: a latte").solved


def test_repeating_one_value_is_no_second_option() -> None:
    assert grade(f"ANSWER: {RIGHT}; milk: oat milk; milk: Oat milk.").solved


def test_fields_that_the_form_does_not_have_are_passed_over() -> None:
    assert grade('ANSWER: {"table": "4", ' + json.dumps(TRUE)[1:]).solved


@pytest.mark.parametrize("said", ["", "a flat white, large, oat milk", "My ANSWER: x", write_answer(TRUE, FORM)[8:]])
def test_without_a_commitment_there_is_no_answer(said: str) -> None:
    assert grade(said) == Verdict(0.0, False, "no answer was given")


def test_what_the_user_says_commits_to_nothing() -> None:
    made = coffee()
    assert TASK.grade(made, (Message("user", write_answer(TRUE, FORM)),)) == Verdict(0.0, False, "no answer was given")
    assert TASK.grade(made, ()) == Verdict(0.0, False, "no answer was given")


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"a": NaN}', ": ; , =", "中文 \ud83d", '{"milk":' * 5000])
def test_odd_commitments_are_wrong_and_nothing_more(body: str) -> None:
    assert grade(f"ANSWER: {body}").solved is False


@pytest.mark.parametrize("name", sorted(TRUE))
def test_weighted_scores_are_the_share_right_by_importance(name: str) -> None:
    made = coffee(setting="weighted")
    weight = {field.name: field.importance for field in FORM.fields}
    only = grade(f"ANSWER: {LABEL[name]}: {TRUE[name]}", made)
    rest = grade(write_answer({k: v for k, v in TRUE.items() if k != name}, FORM), made)
    assert (only.score, only.solved) == (pytest.approx(weight[name] / sum(weight.values())), False)
    assert only.score is not None
    assert (rest.score, rest.solved) == (pytest.approx(1 - only.score), False)
    assert grade(write_answer(TRUE, FORM), made) == Verdict(1.0, True, "every field is right")


@pytest.mark.parametrize("turn", [1, 2])
def test_a_revised_value_counts_once_the_user_has_told_it_and_not_before(turn: int) -> None:
    made = coffee(revision={"turn": turn, "field": "milk", "value": "soya milk"})
    old, new = write_answer(TRUE, FORM), write_answer({**TRUE, "milk": "soya milk"}, FORM)
    for turns in range(4):
        told = turns >= turn
        assert grade(old, made, *["Hm."] * turns).solved is not told
        assert grade(new, made, *["Hm."] * turns).solved is told


def small(setting: str) -> Scenario:
    """A scenario of the coffee form cut down to two fields, of four and three options."""
    names = ("size", "serving")
    made = coffee({"size": "small", "serving": "my own flask"}, setting, fields=names, revealed=())
    shown = [f for f in made.public["fields"] if f["name"] in names]
    return Scenario({**made.public, "fields": shown}, made.user_brief)


@pytest.mark.parametrize("setting", ["vague", "weighted"])
def test_chance_is_the_mean_score_over_all_answers(setting: str) -> None:
    made = small(setting)
    fields = made.public["fields"]
    scores = [
        grade(write_answer(dict(zip(("size", "serving"), options, strict=True)), FORM), made).score
        for options in product(*(f["options"] for f in fields))
    ]
    assert len(scores) == 12
    assert TASK.chance(made) == pytest.approx(sum(s for s in scores if s is not None) / len(scores))


def test_a_guess_with_a_key_is_uniform_over_all_answers() -> None:
    made = small("vague")
    view = agent_view(TASK, TASK.setting("vague"), made, talk(TASK, made))
    drawn = Counter(TASK.guess(view, mix(5, i)) for i in range(4000))
    assert len(drawn) == 12
    assert stats.chisquare(list(drawn.values())).pvalue > ALPHA


def test_of_a_hidden_form_nothing_can_be_guessed() -> None:
    setting = TASK.setting("hidden_form")
    made = TASK.sample(3, setting, "test")
    view = agent_view(TASK, setting, made, talk(TASK, made))
    assert TASK.chance(made) == 0.0
    for key in (None, 1, 2):
        assert TASK.grade(made, committed((), TASK.guess(view, key))) == Verdict(
            0.0, False, TASK.grade(made, committed((), "ANSWER:")).reason
        )


@pytest.mark.parametrize("setting", ["skewed", "conflict", "default"])
def test_the_best_guess_is_what_is_known_and_else_the_most_probable_option(setting: str) -> None:
    chosen = TASK.setting(setting)
    for i in range(150):
        made = TASK.sample(mix(6, i), chosen, "train")
        view = agent_view(TASK, chosen, made, talk(TASK, made))
        form = TASK.acts(view).form
        found = read_answer(TASK.guess(view)[8:], form)
        for field in made.public["fields"]:
            name, probable = field["name"], field["options"][field["prior"].index(max(field["prior"]))]
            revealed = name in made.user_brief["revealed"]
            assert found[name] == (made.user_brief["values"][name] if revealed else probable)


@pytest.mark.parametrize("setting", ["default", "vague", "specified", "hidden_form"])
def test_asking_is_needed_exactly_where_the_opening_leaves_a_field_out(setting: str) -> None:
    for i in range(200):
        made = TASK.sample(mix(7, i), TASK.setting(setting), "train")
        assert TASK.needs_asking(made) == (set(made.user_brief["revealed"]) != set(made.user_brief["values"]))


def test_the_oracles_answer_is_right_in_every_setting_at_the_opening() -> None:
    for setting, i in product(TASK.SETTINGS, range(50)):
        made = TASK.sample(mix(8, i), setting, "validation")
        assert TASK.grade(made, committed(talk(TASK, made), TASK.answer(made))).solved
