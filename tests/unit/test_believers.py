"""Agents that hold beliefs: what they ask, when they stop, and how they spend a budget."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pragenv.belief import Belief
from pragenv.ceiling import worth_of_asking
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.protocols import commitment
from pragenv.registration import agents, make_env
from pragenv.rollout import Names, rollout
from pragenv.types import Episode, mix

NAMES = Names("t", "s", "test", "u", "a")


def play(agent: Any, episodes: int, task: str = "clarify", setting: str = "default", **knobs: Any) -> list[Episode]:
    env = make_env(task, setting, knobs, "test", "scripted")
    return [row for block in rollout(env, agents.make(agent), NAMES, 3, episodes, 0, 32) for row in block]


def opened(task: str = "clarify", setting: str = "vague", seed: int = 0, **knobs: Any) -> DialogueEnv:
    env = make_env(task, setting, knobs, "test", "scripted")
    env.reset(seed=seed)
    return env


def asked(env: DialogueEnv, agent: Any) -> list[str]:
    """The kinds of the acts of an agent's next utterance."""
    return [act.kind for act in env.task.acts(env.user_view()).parse(agents.make(agent).act(env.agent_view()))]


@pytest.mark.parametrize("criterion", ["information", "reward"])
def test_asking_by_gain_asks_where_it_has_to_and_nowhere_else(criterion: str) -> None:
    rows = play({"name": "ask_by_gain", "criterion": criterion}, 400, setting="mixed")
    assert all((row.questions > 0) == row.needs_asking for row in rows)
    assert all(row.solved for row in rows)


@pytest.mark.parametrize("agent", ["ask_by_gain", "bayes_optimal"])
def test_several_questions_are_put_at_once_where_several_are_answered(agent: str) -> None:
    assert asked(opened(setting="vague", answers_per_turn=3), agent).count("ask") == 3
    assert asked(opened(setting="vague"), agent) == ["ask"]


@pytest.mark.parametrize("agent", ["ask_by_gain", "bayes_optimal"])
def test_asking_stops_where_a_turn_costs_more_than_it_brings(agent: str) -> None:
    for task, setting in (("clarify", "vague"), ("twenty_questions", "small")):
        knobs: dict[str, Any] = {"size": 8} if task == "twenty_questions" else {}
        assert asked(opened(task, setting, turn_cost=0.9, **knobs), agent) == ["commit"]
        assert asked(opened(task, setting, turn_cost=0.0, **knobs), agent) == ["ask"]


@pytest.mark.parametrize("agent", ["ask_by_gain", "bayes_optimal", "thompson", "random_ask", "ask_budget"])
def test_the_last_turn_commits(agent: str) -> None:
    for task, setting in (("clarify", "vague"), ("twenty_questions", "short")):
        assert asked(opened(task, setting, turn_limit=1), agent) == ["commit"]


def test_the_most_telling_question_splits_most_evenly() -> None:
    env = opened("twenty_questions", "default")
    view = env.agent_view()
    belief = Belief.of(view)
    (act,) = env.task.acts(view).parse(agents.make("ask_by_gain").act(view))
    factor = belief.intents.factors[0]
    gains = belief.gains(0)
    assert gains[factor.columns[act.slot]] == gains.max()


def test_a_noisy_user_is_asked_again() -> None:
    """With errors in one answer in five, an agent that allows for them is right more often than one that does not."""
    env = make_env("twenty_questions", "small", {"turn_cost": 0.0}, "test", "scripted", "noisy")
    right = []
    for noise in (0.0, 0.15):
        agent = agents.make({"name": "ask_by_gain", "noise": noise})
        rows = [row for block in rollout(env, agent, NAMES, 5, 200, 0, 50) for row in block]
        right.append(np.mean([row.solved for row in rows]))
    assert right[1] > right[0] + 0.05


def test_thompson_answers_as_often_as_two_draws_agree() -> None:
    env = opened(setting="vague", fields=1)
    view = env.agent_view()
    agree = float((Belief.of(view).marginals[0] ** 2).sum())
    said = [agents.make("thompson").act(view._replace(keys=type(view.keys)(mix(8, i)))) for i in range(2000)]
    share = np.mean([commitment(text) is not None for text in said])
    assert abs(share - agree) < 4.4 * (agree * (1 - agree) / 2000) ** 0.5


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_random_asking_asks_in_its_share_of_episodes(share: float) -> None:
    rows = play({"name": "random_ask", "share": share}, 1000, setting="vague")
    found = np.mean([row.questions > 0 for row in rows])
    assert abs(found - share) <= 4.4 * (share * (1 - share) / 1000) ** 0.5
    assert all(row.solved for row in rows if row.questions)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_budget_is_kept_and_spent_where_it_is_worth_most(share: float) -> None:
    """Against the exact best choice among these very episodes, and against as many drawn at random."""
    episodes = 3000
    rows = play({"name": "ask_budget", "share": share, "split": "test"}, episodes, setting="mixed")
    asked_in = np.array([row.questions > 0 for row in rows])
    assert asked_in.mean() < share + 4.4 * (share * (1 - share) / episodes) ** 0.5
    env = make_env("clarify", "mixed", split="test", simulator="scripted")
    task: Any = env.task
    beliefs = [Belief.opening(task, row.scenario, env.setting) for row in rows]
    worth = np.array([worth_of_asking(belief, env.setting) for belief in beliefs if belief is not None])
    best = np.sort(worth)[::-1][: round(share * episodes)].sum()
    assert worth[asked_in].sum() >= 0.9 * best
    drawn = play({"name": "random_ask", "share": share}, episodes, setting="mixed")
    at_random = worth[[row.questions > 0 for row in drawn]].sum()
    assert at_random < 0.75 * best  # most of what is gained is gained by choosing


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ({"name": "ask_by_gain", "criterion": "luck"}, "criterion must be one of"),
        ({"name": "ask_by_gain", "noise": 1.5}, "noise must be in"),
        ({"name": "random_ask", "share": -0.1}, "share must be in"),
        ({"name": "ask_budget", "share": 2}, "share must be in"),
    ],
)
def test_arguments_out_of_range_are_refused(agent: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        agents.make(agent)


def test_the_best_agent_says_where_none_is_known() -> None:
    env = opened("twenty_questions", "default")
    with pytest.raises(ConfigError, match="its ceiling is a bound"):
        agents.make("bayes_optimal").act(env.agent_view())


def test_a_hidden_intent_changes_nothing_that_is_said() -> None:
    """Two scenarios with the same public side and opening: what is said first is the same."""
    for name in ("ask_by_gain", "thompson", "ask_budget", "random_ask"):
        env = opened("twenty_questions", "default", seed=1)
        agent, other = agents.make(name), opened("twenty_questions", "default", seed=1)
        scenario: Any = env.scenario
        other.scenario = type(scenario)(scenario.public, {"concept": scenario.public["concepts"][7]})
        assert agent.act(env.agent_view()) == agent.act(other.agent_view())
