"""The built-in forms, and that what is worded from them is understood."""

from collections import Counter
from functools import cache

import pytest

from pragenv.tasks.clarify import Clarify
from pragenv.tasks.clarify.acts import FormActs
from pragenv.tasks.clarify.form import Form, bank
from pragenv.tasks.lexicon import normalise, stem, words
from pragenv.types import Act

SPLITS = ("train", "validation", "test")
FORMS = {form.name: form for form in bank()}
each_form = pytest.mark.parametrize("name", sorted(FORMS))


@cache
def acts(name: str, split: str = "train") -> FormActs:
    return FormActs(FORMS[name], split)


def asked(name: str) -> tuple[Act, ...]:
    return (Act("ask", name),)


def test_there_are_forty_forms_over_many_domains_for_every_split() -> None:
    assert len(FORMS) == len(bank()) >= 40
    assert len({form.domain for form in bank()}) >= 8
    by_split = Counter(form.split for form in bank())
    assert set(by_split) == set(SPLITS)
    assert min(by_split.values()) >= 5


@each_form
def test_a_form_has_2_to_8_fields_with_2_to_8_options_and_several_wordings(name: str) -> None:
    form = FORMS[name]
    assert 2 <= len(form.fields) <= 8
    assert len(form.by_name) == len(form.by_label) == len(form.fields)
    assert len({request.strip() for request in form.requests}) >= 3
    for field in form.fields:
        assert 2 <= len(field.options) <= 8
        assert field.importance in (1, 2, 3)
        assert len(set(field.asks)) >= 3
        assert len(set(field.tells)) >= 3


@each_form
def test_every_wording_says_something_and_every_telling_has_a_place_for_the_value(name: str) -> None:
    form = FORMS[name]
    texts = [form.title, form.domain, *form.requests]
    for field in form.fields:
        texts += [field.name, field.label, *field.options, *field.asks, *field.tells, *field.cues]
        texts += [alias for aliases in field.aliases.values() for alias in aliases]
        assert all(tell.count("{value}") == 1 for tell in field.tells)
        assert not any("{" in ask for ask in field.asks)
    assert all(normalise(text) for text in texts)
    assert not any("{" in request for request in form.requests)


@each_form
def test_an_option_or_alias_stands_for_one_option_of_its_field(name: str) -> None:
    for field in FORMS[name].fields:
        spelt = [normalise(text) for text in (*field.options, *(a for ts in field.aliases.values() for a in ts))]
        assert len(set(spelt)) == len(spelt)
        assert set(field.aliases) <= set(field.options)
        assert all(field.values[normalise(option)] == option for option in field.options)


@each_form
def test_no_wording_of_one_split_is_used_in_another(name: str) -> None:
    by_split = [acts(name, split) for split in SPLITS]
    requests = [set(found.requests) for found in by_split]
    assert all(requests)
    assert not requests[0] & requests[1] | requests[1] & requests[2] | requests[0] & requests[2]
    for act in by_split[0].menu:
        pools = [{found.phrase(act, key) for key in range(40)} for found in by_split]
        assert sum(map(len, pools)) == len(set().union(*pools))
    for telling in by_split[0].tellings:
        pools = [set(found.tellings[telling]) for found in by_split]
        assert all(pools)
        assert sum(map(len, pools)) == len(set().union(*pools))


def test_a_split_has_forms_that_no_other_split_has_and_test_phrasing_has_those_of_training() -> None:
    task = Clarify()
    drawn = {
        split: {task.sample(key, task.setting("default"), split).public["form"] for key in range(400)}
        for split in task.SPLITS
    }
    for split in SPLITS:
        assert drawn[split] == {form.name for form in bank() if form.split == split}
    assert drawn["test_phrasing"] == drawn["train"]


def test_the_training_forms_in_test_phrasings_share_no_wording_with_training() -> None:
    task = Clarify()
    train, test = (task.sample(0, task.setting("default"), split).public for split in ("train", "test_phrasing"))
    assert (train["phrasing"], test["phrasing"]) == ("train", "test")
    assert train["form"] == test["form"]


@each_form
@pytest.mark.parametrize("split", SPLITS)
def test_every_telling_is_read_back_as_that_value_whatever_was_asked(name: str, split: str) -> None:
    own = acts(name, split)
    contexts = [(), (Act("ask_open"),), own.menu, *((act,) for act in own.menu)]
    misread = [
        (telling, context, own.read(telling, context))
        for (field, value), tellings in own.tellings.items()
        for telling in tellings
        for context in contexts
        if own.read(telling, context) != (Act("inform", field, value),)
    ]
    assert misread == []


@each_form
def test_a_bare_option_or_alias_answers_the_question_that_was_asked(name: str) -> None:
    for field in FORMS[name].fields:
        for spelt, value in field.values.items():
            for text in (spelt, f"{spelt.capitalize()}, please."):
                assert acts(name).read(text, asked(field.name)) == (Act("inform", field.name, value),)


@each_form
def test_unasked_a_bare_option_means_itself_or_nothing(name: str) -> None:
    named = [normalise(text) for f in FORMS[name].fields for text in (*f.cues, f.label)]
    for field in FORMS[name].fields:
        for option in field.options:
            # Unless it holds a word that names a field.
            if {stem(w) for w in words(option)}.isdisjoint(stem(w) for phrase in named for w in words(phrase)):
                assert acts(name).read(option, ()) in ((), (Act("inform", field.name, option),))


def _own_questions(lead: str = "") -> list[tuple[str, str, str, tuple[Act, ...]]]:
    return [
        (form.name, field.name, ask, acts(form.name).parse(lead + ask))
        for form in bank()
        for field in form.fields
        for ask in field.asks
    ]


def test_every_own_question_is_understood_as_asking_for_its_field() -> None:
    assert [row for row in _own_questions() if row[3] != asked(row[1])] == []


@pytest.mark.parametrize("lead", ["Sure. ", "Happy to help! First: ", "Noted, thanks.\n"])
def test_own_questions_after_a_pleasantry_are_understood_in_98_of_100_cases(lead: str) -> None:
    """The pleasantry defeats the table of exact wordings, so this is the lexicon's own doing."""
    found = _own_questions(lead)
    assert sum(parsed == asked(field) for _, field, _, parsed in found) >= 0.98 * len(found)


@each_form
def test_questions_that_are_nobodys_field_are_not_understood(name: str) -> None:
    for text in ("Is that really so?", "Hm.", "", "Qwrtz?", "Thanks, noted.", "123?"):
        assert acts(name).parse(text) == ()


def test_two_questions_in_one_utterance_ask_for_both_fields_in_order() -> None:
    own = acts("coffee_order")
    assert own.parse("What size would you like, and which milk?") == (Act("ask", "size"), Act("ask", "milk"))
    assert own.parse("Which milk? What size?") == (Act("ask", "milk"), Act("ask", "size"))


def test_a_commitment_is_the_only_act_of_its_utterance() -> None:
    assert acts("coffee_order").parse("Which milk?\nANSWER: milk: oat milk") == (Act("commit", value="milk: oat milk"),)


@pytest.mark.parametrize(
    "text", ["Anything else I should know?", "Could you tell me more?", "What else matters?", "Tell me more, please."]
)
def test_an_invitation_to_say_more_is_an_open_question_in_every_form(text: str) -> None:
    assert {acts(name).parse(text) for name in FORMS} == {(Act("ask_open"),)}


def test_a_user_can_give_several_values_at_once() -> None:
    own, values = acts("coffee_order"), {"size": "large", "milk": "oat milk", "serving": "my own flask"}
    text = " ".join(own.tellings[slot, value][0] for slot, value in values.items())
    assert own.read(text, ()) == tuple(Act("inform", slot, value) for slot, value in values.items())


def test_of_two_values_for_one_field_the_later_holds() -> None:
    own = acts("coffee_order")
    (found,) = own.read(f"{own.tellings['size', 'small'][0]} {own.tellings['size', 'large'][1]}", asked("size"))
    assert found == Act("inform", "size", "large")


def test_a_part_of_a_form_keeps_the_forms_order() -> None:
    form: Form = FORMS["coffee_order"]
    assert [f.name for f in form.subset(("milk", "drink")).fields] == ["drink", "milk"]
