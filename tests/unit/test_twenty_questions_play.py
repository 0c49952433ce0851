"""Twenty Questions as it is played: what the user answers, how that is read, and what is left."""

from collections import Counter
from itertools import product
from typing import Any

import pytest
from pragenv_simulators.personas import Terse, Verbose
from pragenv_simulators.scripted import Scripted
from scipy import stats
from talk import ALPHA, agent_view, committed, talk, user_view

from pragenv.registration import make_env
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.tasks.twenty_questions.acts import question_acts
from pragenv.tasks.twenty_questions.knowledge import VALUES, knowledge
from pragenv.types import Act, Message, Scenario, mix

KNOWN = knowledge()
TASK = TwentyQuestions()
DEFAULT = TASK.setting("default")
FLIPPED = {"yes": "no", "no": "yes", "sometimes": "sometimes"}


def thinking_of(concept: str, setting: str = "default", split: str = "train") -> Scenario:
    return Scenario(TASK.sample(1, TASK.setting(setting), split).public, {"concept": concept})


def conveyed(concept: str, *said: str) -> tuple[Act, ...]:
    made = thinking_of(concept)
    dialogue = (*talk(TASK, made, *said[:-1]), Message("assistant", said[-1])) if said else ()
    return TASK.truth(user_view(TASK, made, dialogue))


def test_the_opening_says_nothing_of_the_concept() -> None:
    assert conveyed("dog") == (Act("request"),)
    said = [
        {Scripted().reply(user_view(TASK, thinking_of(concept), (), key)).text for key in range(40)}
        for concept in ("dog", "volcano")
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize("concept", [c.name for c in KNOWN.concepts[::50]])
def test_every_question_in_every_wording_is_answered_by_the_table(concept: str) -> None:
    for attribute in KNOWN.attributes:
        truth = (Act("inform", attribute.name, KNOWN.values[concept][attribute.name]),)
        assert {conveyed(concept, question) for question in attribute.questions} == {truth}


def test_of_two_questions_the_first_is_answered() -> None:
    one, two = (KNOWN.attribute_index[name] for name in ("is_animal", "can_fly"))
    asked = f"{KNOWN.attributes[two].questions[0]} {KNOWN.attributes[one].questions[0]}"
    assert [act.slot for act in conveyed("dog", asked)] == ["can_fly"]


def test_a_reversed_question_is_about_the_same_attribute_the_other_way_round() -> None:
    asked = 0
    for attribute in KNOWN.attributes:
        for opposite in attribute.opposites:
            acts = TASK.acts(user_view(TASK, thinking_of("dog")))
            assert acts.parse(f"Is it {opposite}?") == (Act("ask", attribute.name, "no"),), opposite
            assert acts.parse(f"Is it not {opposite}?") == (Act("ask", attribute.name, "yes"),), opposite
            asked += 1
    assert asked >= 50


@pytest.mark.parametrize("value", VALUES)
def test_a_yes_to_a_reversed_question_denies_the_attribute(value: str) -> None:
    attribute = next(a for a in KNOWN.attributes if a.opposites and value in {v[a.name] for v in KNOWN.values.values()})
    concept = next(name for name, values in KNOWN.values.items() if values[attribute.name] == value)
    made = thinking_of(concept)
    question = f"Is it {attribute.opposites[0]}?"
    for key in range(12):
        dialogue = talk(TASK, made, question, user=Terse(Scripted()), key=key)
        assert dialogue[-1].content.lower().startswith(FLIPPED[value])
        known, _ = TASK.heard(agent_view(TASK, DEFAULT, made, dialogue))
        assert known == {attribute.name: value}


def test_a_guess_is_confirmed_or_denied_and_remembered() -> None:
    made = thinking_of("dog")
    assert conveyed("dog", "Is it a dog?") == (Act("confirm", "concept", "dog"),)
    assert conveyed("dog", "Is it a hound?") == (Act("confirm", "concept", "dog"),)
    assert conveyed("dog", "Could it be a cat?") == (Act("deny", "concept", "cat"),)
    for key in range(12):
        dialogue = talk(TASK, made, "Is it a cat?", "Is it a dog?", key=key)
        assert TASK.heard(agent_view(TASK, DEFAULT, made, dialogue))[1] == {"cat": False, "dog": True}
    left = TASK.candidates(agent_view(TASK, DEFAULT, made, talk(TASK, made, "Is it a cat?")))
    assert set(made.public["concepts"]) - set(left) == {"cat"}
    assert TASK.candidates(agent_view(TASK, DEFAULT, made, dialogue)) == ("dog",)


@pytest.mark.parametrize("said", ["", "Hm.", "What colour is it?", "How big is it?", "Thanks!", "Qwrtz?", "中文？"])
def test_what_is_not_understood_is_answered_as_such_and_costs_the_turn(said: str) -> None:
    assert conveyed("dog", said) == (Act("not_understood"),)
    env = make_env("twenty_questions", simulator="scripted", knobs={"turn_cost": 0.1, "turn_limit": 3})
    env.reset(seed=1)
    env.step(said)
    assert env.turn == 1
    _, reward, *_ = env.step(env.task.answer(env.scenario))
    assert reward == pytest.approx(1 - 2 * 0.1)


@pytest.mark.parametrize(
    "user", [Scripted(), Terse(Scripted()), Verbose(Scripted())], ids=["plain", "terse", "verbose"]
)
def test_every_answer_in_every_wording_is_read_as_it_was_meant(user: Any) -> None:
    for split, concept in product(TASK.SPLITS, ("dog", "volcano")):
        made = thinking_of(concept, split=split)
        acts = TASK.acts(user_view(TASK, made))
        for act, key in product(acts.menu, range(4)):
            dialogue = talk(TASK, made, acts.phrase(act, key), user=user, key=key)
            found = acts.read(dialogue[-1].content, acts.parse(dialogue[1].content))
            assert found == (Act("inform", act.slot, KNOWN.values[concept][act.slot]),), dialogue


def test_every_statement_is_read_whether_or_not_it_was_asked_for() -> None:
    acts = TASK.acts(user_view(TASK, thinking_of("dog")))
    view = user_view(TASK, thinking_of("dog"))
    for attribute, value in product(KNOWN.attributes, VALUES):
        said = TASK.say(view, (Act("inform", attribute.name, value),), 0)
        assert acts.read(said, ()) == (Act("inform", attribute.name, value),)
        other = acts.menu[attribute is KNOWN.attributes[0]]
        assert Act("inform", attribute.name, value) in acts.read(said, (other._replace(value="yes"),))


@pytest.mark.parametrize("verbosity", ["plain", "terse", "verbose"])
def test_what_conveys_no_value_is_read_as_none(verbosity: str) -> None:
    view = user_view(TASK, thinking_of("dog"), traits={"verbosity": verbosity})
    acts = TASK.acts(view)
    asked: list[tuple[Act, ...]] = [(), (acts.menu[0]._replace(value="no"),), (Act("guess", "", "dog"),)]
    for kind, key, before in product(("not_understood", "unsure"), range(60), asked):
        said = TASK.say(view, (Act(kind),), mix(9, key))
        assert acts.read(said, before) == (), said


@pytest.mark.parametrize("setting", ["default", "small", "animals", "frequency"])
def test_with_a_faithful_user_the_candidates_shrink_to_the_concept_and_questions_end_with_them(setting: str) -> None:
    chosen = TASK.setting(setting)
    for i in range(25):
        made = TASK.sample(mix(6, i), chosen, "test")
        dialogue, left = talk(TASK, made), len(made.public["concepts"])
        while True:
            view = agent_view(TASK, chosen, made, dialogue)
            candidates, questions = TASK.candidates(view), TASK.questions(view)
            assert made.user_brief["concept"] in candidates
            assert (questions == ()) == (len(candidates) == 1)
            if not questions:
                break
            asked = [m.content for m in dialogue if m.role == "assistant"]
            dialogue = talk(TASK, made, *asked, TASK.acts(view).phrase(questions[0], i))
            assert len(candidates) <= left
            left = len(candidates)
        assert len(dialogue) < 2 * 20
        assert TASK.grade(made, committed(dialogue, TASK.guess(view))).solved


def test_the_first_question_splits_the_candidates_most_evenly() -> None:
    made = thinking_of("dog")
    first = TASK.questions(agent_view(TASK, DEFAULT, made, talk(TASK, made)))[0].slot
    expected = {
        a.name: sum(n * n for n in Counter(values[a.name] for values in KNOWN.values.values()).values())
        for a in KNOWN.attributes
    }
    assert expected[first] == min(expected.values())


def test_an_answer_that_contradicts_the_rest_leaves_those_that_contradict_the_fewest() -> None:
    made = thinking_of("dog")
    attribute = KNOWN.attributes[KNOWN.attribute_index["is_animal"]]
    lie = (Message("assistant", attribute.questions[0]), Message("user", "No."))
    view = agent_view(TASK, DEFAULT, made, (*talk(TASK, made, "Is it a dog?"), *lie))
    assert TASK.candidates(view) == ("dog",)


def test_guesses_take_the_most_probable_candidate_and_with_a_key_any_concept() -> None:
    chosen = TASK.setting("frequency", {"domain": "nature"})
    made = TASK.sample(1, chosen, "train")
    view = agent_view(TASK, chosen, made, talk(TASK, made))
    likeliest = max(zip(made.public["prior"], made.public["concepts"], strict=True))[1]
    assert TASK.guess(view) == f"ANSWER: {likeliest}"
    drawn = Counter(TASK.guess(view, mix(7, i))[8:] for i in range(4000))
    assert stats.chisquare([drawn[c] for c in made.public["concepts"]]).pvalue > ALPHA


def test_a_mistaken_user_gives_another_answer_wherever_there_is_one() -> None:
    for i in range(60):
        made = TASK.sample(mix(8, i), DEFAULT, "train")
        acts = TASK.acts(user_view(TASK, made))
        view = user_view(TASK, made, (*talk(TASK, made), Message("assistant", acts.phrase(acts.menu[i], 0))))
        assert TASK.truth(TASK.corrupt(view, mix(9, i))) != TASK.truth(view)


def test_what_is_volunteered_is_true_and_was_not_asked_about() -> None:
    for i in range(60):
        made = TASK.sample(mix(10, i), DEFAULT, "train")
        acts = TASK.acts(user_view(TASK, made))
        view = user_view(TASK, made, (*talk(TASK, made), Message("assistant", acts.phrase(acts.menu[i], 0))), key=i)
        for act in TASK.volunteer(view):
            assert act.slot != acts.menu[i].slot
            assert KNOWN.values[made.user_brief["concept"]][act.slot] == act.value == "yes"


def read_of(said: str, *asked: Act) -> set[tuple[str, str, str]]:
    return {(act.kind, act.slot, act.value) for act in question_acts("train").read(said, asked)}


FLYING = Act("ask", "can_fly", "yes")
TAILLESS = Act("ask", "has_tail", "no")


@pytest.mark.parametrize(
    ("value", "answers"),
    [
        (
            "yes",
            "yep|Yeah, sure!|uh-huh|I'd say so.|It does.|That would be a yes.|It's funny you ask, but yes.",
        ),
        (
            "no",
            "nope|nooo|not really|I don't think so|It can't.|That's a no from me.|I'd have to say no.|haha nah",
        ),
        ("sometimes", "kinda|It depends.|Some can, some can't.|Yes and no.|Not always.|every now and then, yeah"),
    ],
)
def test_answers_are_read_in_words_of_ones_own(value: str, answers: str) -> None:
    for said in answers.split("|"):
        assert read_of(said, FLYING) == {("inform", "can_fly", value)}, said
        assert read_of(said) == set(), said


@pytest.mark.parametrize("said", ["No idea.", "Not sure.", "Maybe.", "Hard to say yes or no.", "Right, let me think."])
def test_who_does_not_know_tells_nothing(said: str) -> None:
    assert read_of(said, FLYING) == read_of(said, Act("guess", "", "dog")) == set()


def test_a_bare_answer_is_about_what_was_asked_and_a_statement_about_the_thing() -> None:
    assert read_of("Yep.", TAILLESS) == read_of("Exactly, no tail.", TAILLESS) == {("inform", "has_tail", "no")}
    assert (
        read_of("No, it has no tail.", TAILLESS) == read_of("It has none.", TAILLESS) == {("inform", "has_tail", "no")}
    )
    assert read_of("Nah.", TAILLESS) == read_of("It does have one.", TAILLESS) == {("inform", "has_tail", "yes")}
    assert read_of("No, it's made of metal.", FLYING) == {("inform", "can_fly", "no"), ("inform", "of_metal", "yes")}


def test_a_guess_is_confirmed_or_denied_in_many_words() -> None:
    guess = Act("guess", "", "dog")
    for said in ("You got it!", "Bingo!", "Correct.", "yep, dog", "It is a dog indeed.", "How did you know?!"):
        assert read_of(said, guess) == {("confirm", "concept", "dog")}, said
    for said in (
        "Not a dog, sorry.",
        "Close, but no.",
        "Try again!",
        "It isn't.",
        "You're warmer, but not that.",
    ):
        assert read_of(said, guess) == {("deny", "concept", "dog")}, said
    assert read_of("Good guess!", guess) == set()


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("Would it be unusual to see it in an office?", ("in_offices", "no")),
        ("Can I rule out that it's an animal?", ("is_animal", "no")),
        ("So isn't it alive?", ("alive", "yes")),
        ("Would a person normally wear this?", ("is_worn", "yes")),
        ("Is it an animal that has no legs?", ("has_legs", "no")),
        ("Is it a brid?", ("is_bird", "yes")),
    ],
)
def test_what_a_question_is_about_and_which_way_round(question: str, label: tuple[str, str]) -> None:
    assert question_acts("train").parse(question) == (Act("ask", *label),)


@pytest.mark.parametrize("said", ["Are you a human?", "Does its name start with the letter B?", "Shall we play?"])
def test_questions_about_the_players_or_the_word_are_not_understood(said: str) -> None:
    assert question_acts("train").parse(said) == ()
