"""Lookahead: what is imagined, what it is worth, and that the truth never enters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_model import FakeModel

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError, ConfigError, ModelError, SimulatorError
from pragenv.protocols import Agent, AgentView, Simulator, UserView, commitment
from pragenv.registration import agents, make_env
from pragenv.types import Scenario, UserTurn

ANSWER = "ANSWER: I don't know"


class Scripted(Agent):
    """Proposes by key one of several utterances, or what a rule makes of the view."""

    def __init__(self, *said: Any) -> None:
        self.said = said
        self.views: list[AgentView] = []
        self.batches: list[int] = []

    def act(self, view: AgentView) -> str:
        self.views.append(view)
        made = self.said[view.keys.turn(view.turn) % len(self.said)]
        if isinstance(made, Exception):
            raise made
        return str(made(view) if callable(made) else made)

    def act_batch(self, views: Any) -> Any:
        self.batches.append(len(views))
        return super().act_batch(views)


class Guess(Agent):
    """Answers with the most probable values."""

    def act(self, view: AgentView) -> str:
        return view.task.guess(view)


def asking(view: AgentView) -> str:
    """The first open question, or the best answer."""
    open_questions = view.task.questions(view)
    return view.task.acts(view).phrase(open_questions[0], 0) if open_questions else view.task.guess(view)


def opened(setting: str = "vague", seed: int = 0, **knobs: Any) -> DialogueEnv:
    env = make_env("clarify", setting, knobs, "test", "scripted")
    env.reset(seed=seed)
    return env


def lookahead(*proposers: Agent, **knobs: Any) -> Any:
    return agents.make({"name": "lookahead", "agents": list(proposers), "closer": Guess(), "n": 2, **knobs})


ASKS, ANSWERS = Scripted(asking), Scripted(lambda view: view.task.guess(view))


@pytest.mark.parametrize(("window", "asks"), [(0, False), (1, True), (2, True)])
def test_asking_is_chosen_once_its_answer_is_seen(window: int, asks: bool) -> None:
    """CollabLLM: with a window of 0, immediate reward, answering wins; from 1 on, a question pays."""
    said = lookahead(ANSWERS, ASKS, window=window, samples=4, token_cost=0.0).act(opened(fields=2).agent_view())
    assert (commitment(said) is None) == asks


def test_where_nothing_is_missing_the_answer_is_given() -> None:
    for window in (0, 1, 2):
        said = lookahead(ASKS, ANSWERS, window=window).act(opened("specified").agent_view())
        assert commitment(said) is not None


@pytest.mark.parametrize("window", [1, 2, 3])
def test_a_window_counts_turns(window: int) -> None:
    """After the candidate, each turn has a user's reply; then whoever closes answers."""
    agent = lookahead(Scripted(asking), window=window, n=1, samples=1, token_cost=0.0)
    ((candidate,),) = agent.consider([opened(turn_limit=12, fields=5).agent_view()])
    roles = [message.role for message in candidate.terms[0].dialogue]
    assert roles == ["user", "assistant"] + ["user", "assistant"] * window
    assert commitment(candidate.terms[0].dialogue[-1].content) is not None


def test_imagined_conversations_end_at_the_announced_limit() -> None:
    agent = lookahead(Scripted("Hm."), window=9, n=1, samples=1)
    ((candidate,),) = agent.consider([opened(turn_limit=3).agent_view()])
    said = [message for message in candidate.terms[0].dialogue if message.role == "assistant"]
    assert len(said) == 3


def test_the_reward_is_made_of_its_terms() -> None:
    rate = FakeModel(lambda prompt, key: "7")
    agent = lookahead(ANSWERS, ASKS, window=1, samples=3, token_cost=0.01, critic=rate)
    for candidate in agent.consider([opened(fields=2).agent_view()])[0]:
        for term in candidate.terms:
            assert term.intrinsic == 0.7
            assert 0 <= term.score <= 1
            assert term.tokens > 3
            assert term.reward == pytest.approx(term.score - min(0.01 * term.tokens, 1) + 0.7)
        assert candidate.reward == pytest.approx(sum(t.reward for t in candidate.terms) / len(candidate.terms))


def test_tokens_cost_one_at_most() -> None:
    agent = lookahead(Scripted("Hm. " * 500), window=0, n=1, samples=1, token_cost=0.5)
    ((candidate,),) = agent.consider([opened().agent_view()])
    assert candidate.terms[0].reward == -1.0


def test_all_that_is_imagined_is_said_in_one_batch_a_step() -> None:
    proposer, views = Scripted(asking), [opened(seed=i, fields=4).agent_view() for i in range(5)]
    lookahead(proposer, window=2, n=3, samples=4).consider(views)
    assert proposer.batches == [5 * 3, 5 * 3 * 4]


def test_candidates_are_compared_over_the_same_users() -> None:
    agent = lookahead(ASKS, ASKS, window=1, samples=6)
    one, other = agent.consider([opened().agent_view()])[0]
    assert [term.dialogue for term in one.terms] == [term.dialogue for term in other.terms]


def test_an_utterance_is_a_function_of_the_view_alone_or_in_a_batch() -> None:
    agent = lookahead(Scripted(asking, ANSWER, "Hm."), window=2, n=4)
    views = [opened(seed=i).agent_view() for i in range(6)]
    assert agent.act_batch(views) == [agent.act(view) for view in views]


class Spy(Simulator):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.briefs: list[Any] = []

    def reply(self, view: UserView) -> UserTurn:
        self.briefs.append(view.user_brief)
        return UserTurn("Hm.")


def exchanged(env: DialogueEnv) -> Scenario:
    """Another intent that fits the dialogue so far."""
    brief = dict(env.scenario.user_brief)
    fields = {field["name"]: field["options"] for field in env.scenario.public["fields"]}
    brief["values"] = {name: fields[name][fields[name].index(v) - 1] for name, v in brief["values"].items()}
    return Scenario(env.scenario.public, brief)


@pytest.mark.parametrize("window", [0, 1, 2])
def test_the_true_intent_never_enters(window: int) -> None:
    """The exchange test: another intent that fits as well changes nothing, not even if the view should carry it."""
    spy = Spy()
    agent = lookahead(Scripted(asking, ANSWER), window=window, samples=5, user=spy)
    for seed in range(4):
        env = opened(seed=seed)
        said = agent.act(env.agent_view())
        assert agent.act(env.agent_view(privileged=True)) == said
        env.scenario = exchanged(env)
        assert agent.act(env.agent_view(privileged=True)) == said
    drawn = {brief["values"] for brief in spy.briefs}
    assert window == 0 or len(drawn) > 4


def test_the_privileged_variant_knows_and_says_so() -> None:
    env, spy = opened(), Spy()
    arguments = {"agents": [ASKS], "closer": Guess(), "user": spy, "n": 1}
    agent = agents.make({"name": "lookahead_privileged", **arguments})
    assert agent.privileged
    agent.act(env.agent_view(privileged=True))
    assert {brief["values"] for brief in spy.briefs} == {env.scenario.user_brief["values"]}
    with pytest.raises(AgentError, match="privileged view"):
        agent.act(env.agent_view())


def test_decisions_are_kept_with_every_term(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "lookahead.jsonl"
    agent = lookahead(ANSWERS, ASKS, window=1, samples=3, keep=str(path))
    said = [agent.act(opened(seed=i).agent_view()) for i in range(3)]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["chosen"] for row in rows] == said
    for row in rows:
        assert len(row["candidates"]) == 2
        for candidate in row["candidates"]:
            assert len(candidate["terms"]) == 3
            assert set(candidate["terms"][0]) == {"score", "tokens", "intrinsic", "reward", "dialogue"}


class Broken(Simulator):
    """Fails at every reply."""

    def reply(self, view: UserView) -> UserTurn:
        raise SimulatorError("gone")


def test_what_cannot_be_followed_is_not_chosen() -> None:
    agent = lookahead(ASKS, ANSWERS, window=1, user=Broken())
    assert commitment(agent.act(opened().agent_view())) is not None  # only an answer needs no user
    with pytest.raises(AgentError, match="no candidate could be followed"):
        lookahead(ASKS, window=1, user=Broken()).act(opened().agent_view())
    with pytest.raises(AgentError, match="no candidate"):
        lookahead(Scripted(AgentError("mute"))).act(opened().agent_view())


def test_a_failure_takes_its_own_place_only() -> None:
    arguments = {"agents": [ANSWERS], "closer": Guess(), "n": 1}
    agent = agents.make({"name": "lookahead_privileged", **arguments})
    env = opened()
    good, bad = agent.act_batch([env.agent_view(privileged=True), env.agent_view()])
    assert commitment(good) is not None
    assert isinstance(bad, AgentError)


def test_a_critic_that_fails_takes_its_conversation_out() -> None:
    critic = FakeModel(lambda prompt, key: ModelError("gone"))
    with pytest.raises(AgentError, match="no candidate"):
        lookahead(ANSWERS, critic=critic).act(opened().agent_view())


def test_where_no_intents_are_declared_a_critic_and_a_user_without_a_brief_serve() -> None:
    env = make_env("sharded", "math", split="test", simulator="scripted")
    env.reset(seed=0)
    with pytest.raises(ConfigError, match="declares no intents"):
        lookahead(Scripted("Go on.")).act(env.agent_view())
    likes_questions = FakeModel(lambda prompt, key: "9" if "What else?" in prompt[-1].content else "2")
    spy = Spy()
    agent = lookahead(
        Scripted("ANSWER: 1"), Scripted("What else?"), critic=likes_questions, user=spy, window=1, token_cost=0.0
    )
    assert agent.act(env.agent_view()) == "What else?"
    assert set(spy.briefs) == {type(spy.briefs[0])()}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"n": 0}, "n must be"),
        ({"window": -1}, "window must be"),
        ({"samples": 0}, "samples must be"),
        ({"token_cost": -1.0}, "token_cost must be"),
        ({"agents": "lm_sample"}, "must be a list"),
        ({"agents": []}, "must be a list"),
        ({"agents": ["oracle"]}, "privileged"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        agents.make({"name": "lookahead", **arguments})
