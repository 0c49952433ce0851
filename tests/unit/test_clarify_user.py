"""Clarify's user: what it conveys when, how that is worded, and that it is read as it was meant."""

from functools import cache
from itertools import product
from typing import Any

import pytest
from talk import agent_view, committed, talk, user_view

from pragenv.registration import make_env
from pragenv.tasks.clarify import Clarify
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, mix

TASK = Clarify()
OPEN = "Anything else I should know?"


@cache
def scenario(setting: str = "vague", form: str = "coffee_order", split: str = "test", **knobs: Any) -> Scenario:
    """The first scenario of that form."""
    chosen = TASK.setting(setting, knobs)
    drawn = (TASK.sample(mix(3, i), chosen, split) for i in range(1000))
    return next(s for s in drawn if s.user_brief["form"] == form)


def revising(turn: int, **knobs: Any) -> Scenario:
    """A scenario in which the milk is changed at that turn of the user."""
    made = scenario("vague", **knobs)
    values = {**made.user_brief["values"], "milk": "oat milk"}
    change = {"turn": turn, "field": "milk", "value": "soya milk"}
    return Scenario(made.public, {**made.user_brief, "values": values, "revision": change})


def truths(made: Scenario, *said: str) -> tuple[Act, ...]:
    """What the user conveys after the last of these."""
    dialogue: Dialogue = (*talk(TASK, made, *said[:-1]), Message("assistant", said[-1])) if said else ()
    return TASK.truth(user_view(TASK, made, dialogue))


def inform(made: Scenario, *names: str) -> tuple[Act, ...]:
    return tuple(Act("inform", name, made.user_brief["values"][name]) for name in names)


@pytest.mark.parametrize("setting", ["vague", "default", "specified", "large"])
def test_the_opening_is_a_request_and_the_revealed_values(setting: str) -> None:
    made = scenario(setting)
    assert truths(made) == (Act("request"), *inform(made, *made.user_brief["revealed"]))


def test_one_field_is_answered_a_turn_the_first_that_is_asked_for() -> None:
    made = scenario()
    assert truths(made, "Which milk? What size?") == inform(made, "milk")
    assert truths(made, "What size? Which milk?") == inform(made, "size")


@pytest.mark.parametrize(("limit", "told"), [(2, 2), (3, 3), (5, 3)])
def test_as_many_fields_are_answered_a_turn_as_the_setting_says(limit: int, told: int) -> None:
    made = scenario(answers_per_turn=limit)
    asked = "Which milk? What size? Do you take sugar?"
    assert truths(made, asked) == inform(made, "milk", "size", "sweetness")[:told]


def test_a_field_asked_for_again_is_answered_again() -> None:
    made = scenario()
    assert truths(made, "Which milk?", "Which milk?") == inform(made, "milk")


def test_open_questions_get_the_untold_fields_one_by_one_most_important_first_then_nothing() -> None:
    made = scenario()
    weight = {f["name"]: f["importance"] for f in made.public["fields"]}
    order = sorted(weight, key=lambda name: -weight[name])
    for told, name in enumerate(order):
        assert truths(made, *[OPEN] * (told + 1)) == inform(made, name)
    assert truths(made, *[OPEN] * (len(order) + 1)) == (Act("nothing_more"),)


def test_open_questions_pass_over_what_was_revealed_or_asked_for() -> None:
    made = scenario("default", reveal=0.4, full=0.0)
    brief = made.user_brief
    left = [name for name in brief["fields"] if name not in brief["revealed"]]
    ask = TASK.acts(user_view(TASK, made)).phrase(Act("ask", left[0]), 0)
    conveyed = [truths(made, ask, *[OPEN] * n)[0].slot for n in range(1, len(left))]
    assert sorted(conveyed) == sorted(left[1:])


def test_an_open_question_beside_a_particular_one_is_passed_over() -> None:
    made = scenario()
    assert truths(made, f"Which milk? {OPEN}") == inform(made, "milk")


@pytest.mark.parametrize("said", ["", "Hm.", "Thanks, noted.", "Qwrtz?", "中文", "I'll get you oat milk."])
def test_what_asks_for_nothing_is_answered_as_not_understood(said: str) -> None:
    assert truths(scenario(), said) == (Act("not_understood"),)


@pytest.mark.parametrize("turn", [1, 2])
def test_a_revision_is_announced_at_its_turn_with_the_answer_and_holds_from_then_on(turn: int) -> None:
    made = revising(turn)
    asks = ["Which milk?"] * 3
    for at in (1, 2, 3):
        conveyed = truths(made, *asks[:at])
        # The change of the very field that was asked for answers the question too.
        kind, value = ("revise" if at == turn else "inform"), ("oat milk" if at < turn else "soya milk")
        assert conveyed == (Act(kind, "milk", value),)
    other = truths(made, *["What size?"] * turn)
    assert other == (Act("revise", "milk", "soya milk"), Act("inform", "size", made.user_brief["values"]["size"]))


def test_a_revision_is_announced_even_where_nothing_was_understood() -> None:
    assert truths(revising(1), "Hm.") == (Act("revise", "milk", "soya milk"),)


def test_an_agent_that_listens_takes_the_later_value_from_a_revision() -> None:
    made = revising(2)
    dialogue = talk(TASK, made, "Which milk?", "What size?")
    known = TASK.known(agent_view(TASK, TASK.setting("vague"), made, dialogue))
    assert known == {"milk": "soya milk", "size": made.user_brief["values"]["size"]}
    before = TASK.known(agent_view(TASK, TASK.setting("vague"), made, dialogue[:3]))
    assert before == {"milk": "oat milk"}


@pytest.mark.parametrize("split", TASK.SPLITS)
@pytest.mark.parametrize("verbosity", ["plain", "terse", "verbose"])
def test_the_opening_in_every_manner_conveys_what_it_reveals_and_nothing_else(split: str, verbosity: str) -> None:
    chosen = TASK.setting("mixed")
    for i in range(400):
        made = TASK.sample(mix(8, i), chosen, split)
        view = user_view(TASK, made, (), key=i, traits={"verbosity": verbosity})
        said = Message("user", TASK.say(view, TASK.truth(view), mix(9, i)))
        known = TASK.known(agent_view(TASK, chosen, made, (said,)))
        assert known == {name: made.user_brief["values"][name] for name in made.user_brief["revealed"]}, said


@pytest.mark.parametrize("verbosity", ["plain", "terse", "verbose"])
def test_every_answer_in_every_manner_is_read_as_it_was_meant(verbosity: str) -> None:
    chosen = TASK.setting("generous")
    for i in range(300):
        made = TASK.sample(mix(10, i), chosen, "test_phrasing")
        view = user_view(TASK, made, traits={"verbosity": verbosity})
        acts = TASK.acts(view)
        for asked in [acts.menu[:1], acts.menu[-1:], acts.menu[:3], acts.menu[1:4]]:
            answer = inform(made, *(a.slot for a in asked))
            said = TASK.say(view, answer, mix(11, i))
            assert set(acts.read(said, asked)) == set(answer), said


@pytest.mark.parametrize("kind", ["not_understood", "unsure", "nothing_more"])
def test_what_conveys_no_value_is_read_as_none_in_any_form_and_manner(kind: str) -> None:
    misread = set()
    for name, form in TASK._by_name.items():
        made = scenario(form=name, split=form.split)
        for manner, key in product(("plain", "terse", "verbose"), range(60)):
            view = user_view(TASK, made, traits={"verbosity": manner})
            said = TASK.say(view, (Act(kind),), mix(14, key))
            for asked in TASK.acts(view).menu:
                misread |= {(name, said, found.value) for found in TASK.acts(view).read(said, (asked,))}
    assert misread == set()


def test_terse_users_say_bare_values_and_verbose_ones_say_more_than_plain_ones() -> None:
    made = scenario()
    answer = inform(made, "milk")
    asked = (Message("user", "Hello."), Message("assistant", "Which milk?"))
    said = {
        manner: TASK.say(user_view(TASK, made, asked, traits={"verbosity": manner}), answer, 5)
        for manner in ("plain", "terse", "verbose")
    }
    assert said["terse"] == answer[0].value
    assert said["plain"] in said["verbose"]
    assert len(said["verbose"]) > len(said["plain"]) + 20


def test_the_key_varies_the_wording_and_repeats_it() -> None:
    made = scenario(split="train", form="city_break")
    view = user_view(TASK, made)
    answer = inform(made, made.user_brief["fields"][0])
    said = [TASK.say(view, answer, key) for key in range(30)]
    assert len(set(said)) >= 3
    assert said == [TASK.say(view, answer, key) for key in range(30)]


def test_a_mistaken_user_has_every_value_wrong_and_within_the_form() -> None:
    for i in range(200):
        made = TASK.sample(mix(12, i), TASK.setting("vague"), "train")
        view = user_view(TASK, made)
        form = TASK.acts(view).form
        wrong = TASK.corrupt(view, mix(13, i)).user_brief["values"]
        assert wrong.keys() == made.user_brief["values"].keys()
        assert all(wrong[name] != value for name, value in made.user_brief["values"].items())
        assert all(value in form.by_name[name].options for name, value in wrong.items())


@pytest.mark.parametrize("turn", [1, 2])
def test_a_mistaken_user_has_the_value_that_it_changed_its_mind_to_wrong_too(turn: int) -> None:
    made = revising(turn)
    view = user_view(TASK, made, (*talk(TASK, made, *["Hm."] * turn), Message("assistant", "Which milk?")))
    assert TASK.truth(view) == (Act("inform", "milk", "soya milk"),)
    for key in range(10):
        assert TASK.truth(TASK.corrupt(view, mix(15, key))) != TASK.truth(view)


def test_what_is_volunteered_was_neither_revealed_nor_asked_for() -> None:
    made = scenario("default", full=0.0)
    told = set(made.user_brief["revealed"])
    dialogue = talk(TASK, made)
    acts = TASK.acts(user_view(TASK, made))
    for act in (a for a in acts.menu if a.slot not in told):
        now = user_view(TASK, made, (*dialogue, Message("assistant", acts.phrase(act, 0))))
        assert act.slot not in {a.slot for a in TASK.volunteer(now)}


def test_what_was_volunteered_is_not_volunteered_again() -> None:
    made = scenario()
    view = user_view(TASK, made)
    first = TASK.volunteer(view)
    opening = Message("user", TASK.say(view, (Act("request"), *first), 0))
    again = TASK.volunteer(user_view(TASK, made, (opening, Message("assistant", "Hm."))))
    assert first
    assert again
    assert again != first


def test_a_user_who_has_told_everything_volunteers_nothing() -> None:
    assert TASK.volunteer(user_view(TASK, scenario("specified"))) == ()


def test_what_the_user_conveys_depends_on_its_view_alone() -> None:
    made, other = scenario(), scenario(form="restaurant_booking", split="train")
    dialogue = committed(talk(TASK, made), "Which milk?")
    first = TASK.truth(user_view(TASK, made, dialogue))
    TASK.truth(user_view(TASK, other, committed(talk(TASK, other), "When is it?")))
    assert TASK.truth(user_view(Clarify(), made, dialogue)) == first
    changed = FrozenDict({**made.user_brief, "values": FrozenDict({**made.user_brief["values"], "milk": "whole milk"})})
    assert TASK.truth(user_view(TASK, made, dialogue)._replace(user_brief=changed)) == (
        Act("inform", "milk", "whole milk"),
    )


def test_a_change_of_mind_is_no_answer_to_an_open_question_besides() -> None:
    """Whoever asks about a field and for anything else is told of the field, changed or not, and of nothing more."""
    env = make_env("clarify", "revision", split="test", simulator="scripted")
    for seed in range(40):
        env.reset(seed=seed)
        brief = env.scenario.user_brief
        field = brief["revision"]["field"]
        acts = env.task.acts(env.user_view())
        question = acts.phrase(Act("ask", field), 0)
        for _ in range(brief["revision"]["turn"] - 1):
            env.step("Hm.")
        env.step(f"{question} Anything else?")
        told = acts.read(env.dialogue[-1].content, ())
        assert {act.slot for act in told} <= {field}
