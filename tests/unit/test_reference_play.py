"""Reference in play: what users reply and pick, and what that scores."""

from collections import Counter

import pytest
from fake_model import FakeModel
from pragenv_simulators.lm import LM
from pragenv_simulators.personas import Impatient, Inexpert, Noisy
from pragenv_simulators.scripted import Scripted
from reference_games import CORNER, TASK, corner, picking, play
from scipy import stats
from talk import ALPHA, committed, talk, user_view

from pragenv.registration import agents, make_env
from pragenv.tasks.reference.hearing import SURE, features_of
from pragenv.tasks.reference.rsa import game_of
from pragenv.testing.leaks import sampling
from pragenv.types import Act, Dialogue, Message, Scenario, mix


def replies(scenario: Scenario, *said: str) -> list[tuple[Act, ...]]:
    """What a faithful user conveys after each of these utterances."""
    dialogue: Dialogue = (Message("user", ""),)
    found = []
    for text in said:
        dialogue = (*dialogue, Message("assistant", text))
        found.append(TASK.truth(user_view(TASK, scenario, dialogue)))
        dialogue = (*dialogue, Message("user", ""))
    return found


def score(scenario: Scenario, *said: str) -> tuple[float | None, bool]:
    *before, last = said
    verdict = TASK.grade(scenario, committed(talk(TASK, scenario, *before), last))
    return verdict.score, verdict.solved


def test_a_listener_asks_back_while_it_is_torn_and_no_longer() -> None:
    assert TASK.truth(user_view(TASK, corner())) == (Act("request"),)
    assert replies(corner(), "It's blue.", "It's a square.") == [(Act("request", "shape"),), (Act("confirm"),)]
    assert replies(corner(depth=0), "It's blue.", "A square.") == [(Act("request", "shape"),), (Act("confirm"),)]
    assert replies(corner(alpha=8.0), "It's blue.") == [(Act("confirm"),)]
    assert replies(corner(), "the green one") == [(Act("confirm"),)]
    assert replies(corner(asks_back=False), "It's blue.") == [(Act("unsure"),)]
    sure = game_of(corner(alpha=8.0).public)
    assert sure.listener(1)[sure.index[("colour", "blue"),]].max() > SURE


def test_a_listener_says_so_where_nothing_fits_and_where_it_understood_nothing() -> None:
    assert replies(corner(), "the red one", "hm", "a wooden one") == [
        (Act("deny"),),
        (Act("not_understood"),),
        (Act("not_understood"),),
    ]
    assert replies(corner(), "green", "a circle") == [(Act("confirm"),), (Act("deny"),)]


def test_what_holds_is_what_is_so() -> None:
    """By which a guard judges users that a language model plays."""
    torn = user_view(TASK, corner(), (*talk(TASK, corner()), Message("assistant", "blue")))
    sure = torn._replace(dialogue=(*talk(TASK, corner()), Message("assistant", "green")))
    lost = torn._replace(dialogue=(*talk(TASK, corner()), Message("assistant", "red")))
    assert [TASK.holds(v, Act("confirm")) for v in (torn, sure, lost)] == [False, True, False]
    assert [TASK.holds(v, Act("deny")) for v in (torn, sure, lost)] == [False, False, True]
    assert TASK.holds(torn, Act("request", "size"))
    means = user_view(TASK, picking(0), (*talk(TASK, picking(0)), Message("assistant", "Which colour?")))
    assert [TASK.holds(means, Act("inform", "colour", value)) for value in ("blue", "red")] == [True, False]
    assert TASK.holds(means, Act("inform", "shape", "square"))


def test_a_listener_says_nothing_more_once_the_agent_has_committed() -> None:
    assert replies(corner(), "ANSWER: green") == [(Act("not_understood"),)]


def test_of_one_utterance_the_first_features_count() -> None:
    assert replies(corner(depth=0), "a blue square") == [(Act("request", "shape"),)]
    assert replies(corner(depth=0, span=2), "a blue square") == [(Act("confirm"),)]
    assert replies(corner(depth=0, span=2), "the square, the blue one") == [(Act("confirm"),)]


def test_what_a_listener_says_hangs_on_neither_the_target_nor_its_own_secrets() -> None:
    said = ("It's blue.", "It's a square.", "the green one", "what?")
    talks = {
        talk(TASK, corner(target, order, draw), *said)
        for target in range(3)
        for order in ((0, 1, 2), (2, 0, 1))
        for draw in (0.0, 0.9)
    }
    assert len(talks) == 1


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_picks_are_drawn_from_what_the_listener_believes(depth: int, order: tuple[int, ...]) -> None:
    game = game_of(CORNER)
    chance = game.listener(depth)[game.index[("colour", "blue"),]]
    for target in range(3):
        hits = [score(corner(target, order, i / 1000, depth=depth), "ANSWER: blue")[1] for i in range(1000)]
        assert abs(sum(hits) / 1000 - chance[target]) <= 0.001


def test_the_draws_of_scenarios_are_uniform() -> None:
    made = [TASK.sample(mix(3, i), TASK.setting("default"), "train").user_brief for i in range(1200)]
    assert stats.kstest([brief["draw"] for brief in made], "uniform").pvalue > ALPHA
    orders = Counter(brief["order"] for brief in made)
    assert len(orders) == 24
    assert stats.chisquare(list(orders.values())).pvalue > ALPHA


def test_a_pick_goes_by_everything_that_was_described() -> None:
    assert score(corner(0, draw=0.99, depth=0), "Blue.", "ANSWER: square") == (0.9, True)
    assert score(corner(0, draw=0.99, depth=0), "Blue.", "ANSWER: that one") == (0.0, False)
    assert score(corner(0, draw=0.99, depth=0), "Blue.", "Square.", "ANSWER: blue") == (pytest.approx(0.8), True)
    assert score(corner(0, draw=0.99, depth=0), "Blue.", "Square.", "ANSWER: that one") == (0.0, False)
    assert score(corner(0, draw=0.99, depth=0), "Blue.", "Square.", "ANSWER: wooden") == (0.0, False)
    assert score(corner(0, draw=0.99, depth=0), "Green.", "ANSWER: circle") == (0.0, False)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (("ANSWER: green",), 1.0),
        (("ANSWER: the green one",), 0.8),
        (("Well, let me see!", "ANSWER: green"), 0.6),
        (("one two three four five six seven eight nine ten ANSWER", "ANSWER: green"), 0.0),
    ],
)
def test_words_after_the_first_cost(said: tuple[str, ...], left: float) -> None:
    assert score(corner(2), *said) == (pytest.approx(left), left > 0)


def test_a_number_is_a_place_in_the_users_own_list() -> None:
    for target, place in ((2, 1), (0, 2), (1, 3)):
        assert score(corner(target, (2, 0, 1)), f"ANSWER: {place}") == (1.0, True)
        assert TASK.answer(corner(target, (2, 0, 1))) == f"ANSWER: {place}"
    assert score(corner(0, (2, 0, 1)), "ANSWER: the first") == (0.0, False)
    for nonsense in ("ANSWER: 4", "ANSWER: 0", "ANSWER:", "ANSWER: the nice one"):
        assert score(corner(0), nonsense) == (0.0, False)


def test_a_user_that_means_an_object_describes_it_and_answers_one_question_a_turn() -> None:
    scenario = picking(0)
    assert TASK.truth(user_view(TASK, scenario)) == (Act("inform", "colour", "blue"),)
    assert replies(scenario, "What shape is it?", "Is it green?", "Colour, and shape?", "Where is it?") == [
        (Act("inform", "shape", "square"),),
        (Act("inform", "colour", "blue"),),
        (Act("inform", "colour", "blue"),),
        (Act("not_understood"),),
    ]
    both = picking(0, (("colour", "blue"), ("shape", "square")), span=2)
    assert "blue square" in talk(TASK, both)[0].content


@pytest.mark.parametrize(
    ("answer", "solved"),
    [
        ("the blue square", True),
        ("number 1", True),
        ("1", True),
        ("square, the blue one", True),
        ("the blue one", False),
        ("the blue circle", False),
        ("2", False),
        ("the blue square or the green square", False),
        ("the wooden blue square", False),
        ("9", False),
        ("", False),
    ],
)
def test_who_listens_must_name_one_object(answer: str, solved: bool) -> None:
    assert score(picking(0), f"ANSWER: {answer}") == (float(solved), solved)


def test_nothing_but_a_commitment_is_graded() -> None:
    for scenario in (corner(2), picking(0)):
        dialogue = talk(TASK, scenario, "the blue square", "green")
        assert TASK.grade(scenario, dialogue).reason == "no answer was given"


# -- personas ----------------------------------------------------------------------------------------------------------


def said_by(persona: str | None, setting: str, text: str, n: int = 40) -> list[tuple[str, str]]:
    """Openings and replies to a text of so many users."""
    env = make_env("reference", setting, simulator="scripted", persona=persona)
    found = []
    for seed in range(n):
        env.reset(seed=seed)
        env.step(text)
        found.append((env.dialogue[0].content, env.dialogue[-1].content))
    return found


def test_terse_and_verbose_users_say_the_same_in_other_lengths() -> None:
    for setting, text in (("picking", "What shape is it? Or what colour, or what size?"), ("literal", "blue")):
        lengths = [sum(len(b) for _, b in said_by(p, setting, text)) for p in ("terse", None, "verbose")]
        assert lengths[0] <= lengths[1] < lengths[2]


def test_a_noisy_user_errs_in_answers_and_mishears_descriptions() -> None:
    for scenario in (corner(0, depth=0), picking(0)):
        for key in range(6):
            dialogue = (*talk(TASK, scenario), Message("assistant", "the blue one, what colour?"))
            view = user_view(TASK, scenario, dialogue)
            assert TASK.truth(TASK.corrupt(view, key)) != TASK.truth(view)
    env = make_env("reference", "default", simulator=Noisy(Scripted(), 1.0))
    played = [play(env, agents.make("answer_first"), seed) for seed in range(60)]
    faithful = make_env("reference", "default", simulator="scripted")
    assert played == [play(faithful, agents.make("answer_first"), seed) for seed in range(60)]  # the pick is what it is


def test_an_over_disclosing_user_tells_a_feature_more_and_a_listener_has_none_to_tell() -> None:
    scenario = picking(0)
    assert TASK.volunteer(user_view(TASK, scenario)) == (Act("inform", "shape", "square"),)
    assert TASK.volunteer(user_view(TASK, scenario, talk(TASK, scenario, "What shape is it?"))) == ()
    assert TASK.volunteer(user_view(TASK, corner(0), talk(TASK, corner(0), "blue"))) == ()


def test_an_inexpert_user_must_be_asked_twice_and_an_impatient_one_leaves() -> None:
    puzzled = make_env("reference", "picking", simulator=Inexpert(Scripted(), 1.0))
    puzzled.reset(seed=1)
    name = puzzled.scenario.public["attributes"][0]
    question = TASK.acts(puzzled.agent_view()).phrase(Act("ask", name), 0)
    puzzled.step(question)
    assert puzzled.user_info[-1] == {"puzzled": name}
    puzzled.step(question)
    assert puzzled.user_info[-1] == {}
    leaving = make_env("reference", "default", simulator=Impatient(Scripted(), 0))
    leaving.reset(seed=1)
    assert leaving.step("blue")[-1]["end_reason"] == "user_gave_up"


def test_what_a_user_that_a_model_plays_must_not_say_is_drawn_again() -> None:
    """It tells no more than was asked, contradicts nothing, and a listener does not know what it cannot know."""
    drafts: list[str] = []
    env = make_env("reference", "picking", simulator=LM(FakeModel(lambda prompt, key: drafts.pop(0))))
    scripted = make_env("reference", "picking", simulator="scripted")
    drafts += ["Hello.", scripted.reset(seed=0)[0][-1]["content"]]
    env.reset(seed=0)
    assert env.user_info[-1]["guard"]["faults"] == {"unanswered": 1}
    scenario, name = env.scenario, env.scenario.public["attributes"][0]
    mine = features_of(scenario.public, scenario.user_brief["target"])
    other = next(o[0] for o in scenario.public["objects"] if o[0] != mine[name])
    rest = " ".join(mine.values())
    drafts += [f"It's {other}.", f"The {rest} one.", f"It's {mine[name]}."]
    env.step(TASK.acts(env.agent_view()).phrase(Act("ask", name), 0))
    assert env.dialogue[-1].content == f"It's {mine[name]}."
    assert set(env.user_info[-1]["guard"]["faults"]) == {"contradicts", "unanswered", "discloses"}
    listening = make_env("reference", "default", simulator=LM(FakeModel(lambda prompt, key: drafts.pop(0))))
    listening.task = sampling(TASK, lambda _: corner(0))
    drafts += ["Which one do you mean?", "Got it, I know which one.", "None of them is like that."]
    listening.reset(seed=0)
    listening.step("the red one")
    assert listening.dialogue[-1].content == "None of them is like that."
    assert listening.user_info[-1]["guard"]["faults"]["contradicts"] == 1
