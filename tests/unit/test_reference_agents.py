"""What agents earn in Reference: what the exact computation says, and no more than the ceiling."""

from collections import Counter
from typing import Any

import pytest
from pragenv_baselines.rsa import RSA
from reference_games import TASK, corner, deviates, excess, picking
from scipy import stats
from talk import ALPHA, agent_view, talk, within

from pragenv.ceiling import ceiling, worth
from pragenv.errors import AgentError, ConfigError
from pragenv.registration import agents, make_env
from pragenv.tasks.reference.rsa import game_of
from pragenv.testing import check_agent
from pragenv.types import Message, Scenario, mix


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
    with pytest.raises(AgentError, match="this agent plays the task 'reference' only, not 'clarify'"):
        RSA().act(env.agent_view())
    for task in ("clarify", "twenty_questions", "sharded"):
        barred = make_env(task, simulator="scripted").setting.agents_not_applicable
        assert barred["rsa"] == "it plays the task 'reference' only"
    assert "rsa" not in TASK.setting("default").agents_not_applicable
