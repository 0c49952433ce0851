"""Reference in play: what users reply and pick, what that scores, and what agents earn by it."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from fake_model import FakeModel
from pragenv_baselines.rsa import RSA
from pragenv_simulators.lm import LM
from pragenv_simulators.personas import Impatient, Inexpert, Noisy
from pragenv_simulators.scripted import Scripted
from scipy import stats
from talk import ALPHA, agent_view, committed, talk, user_view, within

from pragenv import Agent
from pragenv.ceiling import ceiling, worth
from pragenv.errors import AgentError, ConfigError
from pragenv.registration import agents, make_env
from pragenv.tasks.reference import Reference
from pragenv.tasks.reference.hearing import SURE, features_of
from pragenv.tasks.reference.rsa import game_of
from pragenv.testing import check_agent
from pragenv.testing.leaks import sampling
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, mix

TASK = Reference()
CORNER = FrozenDict(
    role="speaker",
    attributes=("colour", "shape"),
    objects=(("blue", "square"), ("blue", "circle"), ("green", "square")),
    span=1,
    depth=1,
    alpha=1.0,
    word_cost=0.1,
    asks_back=True,
    phrasing="train",
)
"""The context of Frank and Goodman (2012): hearing "blue", a listener of depth 1 believes in the square at 0.6."""


def corner(target: int = 0, order: tuple[int, ...] = (0, 1, 2), draw: float = 0.3, **public: Any) -> Scenario:
    return Scenario(FrozenDict({**CORNER, **public}), FrozenDict(order=order, draw=draw), FrozenDict(target=target))


def picking(target: int = 0, said: Any = (("colour", "blue"),), **public: Any) -> Scenario:
    return Scenario(FrozenDict({**CORNER, "role": "listener", **public}), FrozenDict(target=target, said=said))


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
    assert score(corner(0, draw=0.99, depth=0), "Blue.", "Square.", "ANSWER: that one") == (pytest.approx(0.7), True)
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


# -- agents ------------------------------------------------------------------------------------------------------------


def play(env: Any, agent: Agent, seed: int) -> float:
    env.reset(seed=seed)
    while env.end_reason is None:
        env.step(agent.act(env.agent_view(agent.privileged)))
    return float(env.reward)


def excess(setting: str, agent: Agent, expected: Any, n: int, **knobs: Any) -> np.ndarray:
    """By how much the reward of each of n episodes differs from what is expected of its scenario."""
    env = make_env("reference", setting, split="test", simulator="scripted", knobs=knobs)
    return np.array([play(env, agent, seed) - expected(env.scenario, env.setting) for seed in range(n)])


def deviates(gaps: np.ndarray) -> bool:
    """Whether the mean is not 0, at `ALPHA`."""
    return bool(abs(gaps.mean()) > stats.norm.isf(ALPHA / 2) * gaps.std(ddof=1) / len(gaps) ** 0.5 + 1e-9)


def exact(speaker: int, listener: int) -> Any:
    def expected(scenario: Scenario, setting: Any) -> float:
        target = scenario.agent_brief["target"]  # type: ignore[index]
        return game_of(scenario.public).expected_score(target, speaker, listener) - setting.turn_cost

    return expected


@pytest.mark.parametrize(("listener", "setting"), [(0, "literal"), (1, "default"), (2, "deep")])
def test_pragmatic_speakers_beat_literal_ones_by_the_margin_that_is_computed(listener: int, setting: str) -> None:
    """Each speaker scores what is expected of it, and so does the margin between them, pair by pair."""
    n = 400
    gaps = {depth: excess(setting, RSA(depth), exact(depth, listener), n) for depth in (0, 1, 2)}
    assert not any(map(deviates, gaps.values()))
    for depth in (1, 2):
        assert not deviates(gaps[depth] - gaps[0])
        margins = excess(setting, RSA(depth), exact(0, listener), n)
        assert margins.mean() > stats.norm.isf(ALPHA) * margins.std(ddof=1) / n**0.5
    # A test that could not tell one depth from another would pass whatever the agent does.
    assert deviates(excess(setting, RSA(1), exact(0, listener), n))


@pytest.mark.parametrize("setting", ["picking_literal", "picking"])
def test_listeners_pick_the_target_as_often_as_they_believe_in_it(setting: str) -> None:
    def believed(depth: int) -> Any:
        def expected(scenario: Scenario, setting: Any) -> float:
            game = game_of(scenario.public)
            row = game.index[scenario.user_brief["said"]]
            return float(game.listener(depth)[row, scenario.user_brief["target"]]) - setting.turn_cost

        return expected

    for depth in (0, 1, 2):
        assert not deviates(excess(setting, RSA(depth), believed(depth), 300))


PLANNERS = {"literal": 1, "default": 2, "deep": 3, "wordy": 2, "implied": 2, "picking": 1, "picking_costly": 1}


@pytest.mark.parametrize(("setting", "depth"), PLANNERS.items())
def test_nobody_exceeds_the_ceiling_and_who_plans_for_this_user_reaches_it(setting: str, depth: int) -> None:
    def limit(scenario: Scenario, setting: Any) -> float:
        known = worth(TASK, setting, scenario)
        assert known is not None
        assert known.exact
        return known.value

    best = RSA(depth, choice="best", patient=True)
    # Users who are torn more often: where misses are rare, their rate cannot be estimated from a few hundred.
    assert not deviates(excess(setting, best, limit, 200, alpha=1.5))
    for name in ("answer_first", "clarify_first", "ask_k", "rsa"):
        gaps = excess(setting, agents.make(name), limit, 60)
        assert gaps.mean() <= stats.norm.isf(ALPHA) * gaps.std(ddof=1) / len(gaps) ** 0.5 + 1e-9, name


@pytest.mark.parametrize("setting", TASK.SETTINGS, ids=lambda s: s.name)
def test_every_setting_has_an_exact_ceiling(setting: Any) -> None:
    found = ceiling(TASK, setting, "test")
    assert found is not None
    assert found.kind == "exact"
    assert 1 / setting.objects - setting.turn_cost < found.value <= 1 - setting.turn_cost


@pytest.mark.parametrize("arguments", [{"patient": True}, {"depth": 0, "choice": "best"}, {"depth": 3, "alpha": 1.5}])
def test_agents_of_every_kind_keep_the_contract(arguments: dict[str, Any]) -> None:
    assert check_agent(RSA(**arguments), ["reference"], ["default", "wordy", "picking", "picking_costly"], range(2))


def test_a_literal_agent_takes_every_true_word_for_as_good_as_any_other() -> None:
    scenario = corner(0)
    view = agent_view(TASK, TASK.setting("default"), scenario, talk(TASK, scenario))
    said = Counter(RSA(0).act(view._replace(keys=type(view.keys)(mix(9, i)))) for i in range(600))
    assert set(said) == {"ANSWER: blue", "ANSWER: square"}
    assert within(said["ANSWER: blue"], 600, 0.5)


def test_an_agent_hears_more_than_a_description_and_believes_what_contradicts_least() -> None:
    setting = TASK.setting("picking")
    for heard, pick in (
        ((Message("user", "The blue one. It's a circle."),), "blue circle"),
        ((*talk(TASK, picking(0), "What shape is it?")[:2], Message("user", "It's a circle.")), "blue circle"),
        ((Message("user", "The green one. It's a circle."), *talk(TASK, picking(0), "Shape?")[1:]), "green square"),
        ((Message("user", "Hello!"),), None),
    ):
        view = agent_view(TASK, setting, picking(0), heard)
        said = RSA(1, choice="best").act(view)
        assert said == f"ANSWER: {pick}" if pick else said.startswith("ANSWER: ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"depth": -1}, "rsa: depth must be a whole number from 0 to 10, got -1"),
        ({"depth": True}, "rsa: depth must be"),
        ({"alpha": 0}, "rsa: alpha must be null, or above 0"),
        ({"choice": "any"}, "rsa: choice must be one of drawn, best, got 'any'"),
        ({"patient": 1}, "rsa: patient must be true or false, got 1"),
        ({"depth": 0, "patient": True}, "rsa: patient needs a depth of at least 1"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        RSA(**arguments)


def test_it_plays_no_other_task() -> None:
    env = make_env("clarify", simulator="scripted")
    env.reset(seed=1)
    with pytest.raises(AgentError, match="rsa plays the task 'reference' only, not 'clarify'"):
        RSA().act(env.agent_view())
    for task in ("clarify", "twenty_questions", "sharded"):
        barred = make_env(task, simulator="scripted").setting.agents_not_applicable
        assert barred["rsa"] == "it plays the task 'reference' only"
    assert "rsa" not in TASK.setting("default").agents_not_applicable
