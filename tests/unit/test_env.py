"""The turn loop: every end, rewards, rendering, options, and what is refused."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.wrappers import TimeLimit
from minimal import Coin, Saying, coin_env

from pragenv import ConfigError, DialogueEnv, Message, Scenario, Setting, SimulatorError, UserTurn, Verdict, make_env
from pragenv.env import digest
from pragenv.types import canonical_json

COST, LIMIT = 0.1, 4


class Failing(Saying):
    """Fails in the turn given, with the error given."""

    def __init__(self, at: int, error: Exception) -> None:
        super().__init__(at=at)
        self.error = error

    def reply(self, view: Any) -> UserTurn:
        if view.turn == self.at:
            raise self.error
        return super().reply(view)


class Returning(Saying):
    """Returns something that is no turn."""

    def __init__(self, turn: Any, at: int = 1) -> None:
        super().__init__(at=at)
        self.turn = turn

    def reply(self, view: Any) -> Any:
        return self.turn if view.turn == self.at else super().reply(view)


def last(env: DialogueEnv, said: Sequence[str], seed: int = 0) -> tuple[float, bool, bool, dict[str, Any]]:
    env.reset(seed=seed)
    for text in said[:-1]:
        _, reward, terminated, truncated, info = env.step(text)
        assert (reward, terminated, truncated, info["end_reason"], info["scored"]) == (0.0, False, False, "", False)
    _, reward, terminated, truncated, info = env.step(said[-1])
    return reward, terminated, truncated, info


# -- the table of ends


@pytest.mark.parametrize("turns", [1, 2, 4])
@pytest.mark.parametrize("right", [True, False])
def test_a_commitment_terminates_and_pays_score_less_the_cost_of_its_turns(turns: int, right: bool) -> None:
    env = coin_env()
    env.reset(seed=0)
    side = env.scenario.user_brief["side"]
    answer = f"ANSWER: {side if right else 'edge'}"
    reward, terminated, truncated, info = last(env, ["Hm."] * (turns - 1) + [answer])
    assert (terminated, truncated, info["end_reason"]) == (True, False, "committed")
    assert reward == pytest.approx(right - COST * turns)
    assert (info["turn"], info["scored"], info["score"], info["solved"]) == (turns, True, float(right), right)


@pytest.mark.parametrize("end", ["satisfied", "gave_up"])
def test_a_user_who_leaves_terminates_and_the_dialogue_is_scored_as_it_stands(end: str) -> None:
    reward, terminated, truncated, info = last(coin_env(Saying("Bye.", end, at=2)), ["Hm.", "Hm."])
    assert (terminated, truncated, info["end_reason"]) == (True, False, f"user_{end}")
    assert (reward, info["score"], info["scored"]) == (-2 * COST, 0.0, True)


def test_the_announced_limit_terminates() -> None:
    env = coin_env()
    reward, terminated, truncated, info = last(env, ["Hm."] * LIMIT)
    assert (terminated, truncated, info["end_reason"], info["scored"]) == (True, False, "turn_limit", True)
    assert reward == pytest.approx(-LIMIT * COST)
    assert env.dialogue[-1] == Message("assistant", "Hm.")
    assert f"{LIMIT} turns" in env.agent_view().dialogue[0].content


def test_a_commitment_on_the_last_turn_is_a_commitment() -> None:
    assert last(coin_env(), ["Hm."] * (LIMIT - 1) + ["ANSWER: edge"])[3]["end_reason"] == "committed"


@pytest.mark.parametrize("error", [SimulatorError("unreachable"), KeyError("unreachable"), TimeoutError("unreachable")])
def test_a_user_that_fails_truncates_unscored_and_says_why(error: Exception) -> None:
    env = coin_env(Failing(2, error))
    reward, terminated, truncated, info = last(env, ["Hm.", "Hm."])
    assert (reward, terminated, truncated, info["end_reason"]) == (0.0, False, True, "simulator_error")
    assert info["scored"] is False
    assert math.isnan(info["score"])
    assert type(error).__name__ in info["error"]
    assert "unreachable" in info["error"]
    assert env.dialogue[-1] == Message("assistant", "Hm."), "no utterance is made up"


def test_a_user_that_fails_to_open_truncates_at_the_first_step() -> None:
    env = coin_env(Failing(0, SimulatorError("unreachable")))
    chat, info = env.reset(seed=0)
    assert [m["role"] for m in chat] == ["system"]
    assert "unreachable" in info["error"]
    _, reward, terminated, truncated, info = env.step("Hello?")
    assert (reward, terminated, truncated, info["end_reason"]) == (0.0, False, True, "simulator_error")
    assert (info["scored"], info["turn"]) == (False, 0)


@pytest.mark.parametrize("turn", ["just text", None, UserTurn("Bye.", "<|done|>"), UserTurn(None)])  # type: ignore[arg-type]
def test_a_user_that_returns_no_turn_has_failed(turn: Any) -> None:
    info = last(coin_env(Returning(turn)), ["Hm."])[3]
    assert info["end_reason"] == "simulator_error"
    assert "UserTurn" in info["error"]


def test_a_failure_is_forgotten_at_the_next_reset() -> None:
    env = coin_env(Failing(1, SimulatorError("unreachable")))
    last(env, ["Hm."])
    assert "error" not in env.reset()[1]


def test_an_outer_time_limit_truncates_with_reward_0() -> None:
    env = TimeLimit(coin_env(), max_episode_steps=2)
    env.reset(seed=0)
    assert env.step("Hm.")[1:4] == (0.0, False, False)
    _, reward, terminated, truncated, info = env.step("Hm.")
    assert (reward, terminated, truncated, info["end_reason"], info["scored"]) == (0.0, False, True, "", False)


class Unscored(Coin):
    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        return Verdict(None, False, "the grader's server is down")


def test_a_dialogue_that_cannot_be_scored_pays_0_and_is_not_a_0() -> None:
    env = DialogueEnv(Unscored(), Coin.SETTINGS[0], Saying())
    reward, terminated, truncated, info = last(env, ["ANSWER: heads"])
    assert (reward, terminated, truncated, info["scored"]) == (0.0, True, False, False)
    assert math.isnan(info["score"])


class Judging(Coin):
    """The world answers each utterance, and completes the task itself at the second."""

    def respond(self, scenario: Scenario, dialogue: Any) -> tuple[Message, ...]:
        return (Message("tool", f"{len(dialogue)} messages"),)

    def ended(self, scenario: Scenario, dialogue: Any) -> bool:
        return sum(m.role == "assistant" for m in dialogue) == 2

    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        return Verdict(0.5, True, "half right")


def test_a_task_can_respond_and_say_itself_when_it_is_complete() -> None:
    env = DialogueEnv(Judging(), Coin.SETTINGS[0], Saying())
    env.reset(seed=0)
    chat, *_ = env.step("look")
    assert [m["role"] for m in chat] == ["system", "user", "assistant", "tool", "user"]
    chat, reward, terminated, _, info = env.step("look")
    assert [m["role"] for m in chat][-2:] == ["assistant", "tool"]
    assert (terminated, info["end_reason"], reward) == (True, "committed", pytest.approx(0.5 - 2 * COST))


# -- what is refused


def test_a_step_before_reset_or_after_the_end_needs_a_reset() -> None:
    env = coin_env()
    with pytest.raises(ResetNeeded):
        env.step("Hm.")
    last(env, ["ANSWER: heads"])
    with pytest.raises(ResetNeeded):
        env.step("Hm.")


@pytest.mark.parametrize("action", [0, None, b"Hm.", ["Hm."], {"content": "Hm."}])
def test_an_action_that_is_no_str_is_a_type_error_and_changes_nothing(action: Any) -> None:
    env = coin_env()
    env.reset(seed=0)
    before = env.dialogue
    with pytest.raises(TypeError, match=type(action).__name__):
        env.step(action)
    assert (env.dialogue, env.turn) == (before, 0)


@pytest.mark.parametrize("options", [{"place": 1}, {"index": -1}, {"index": "1"}, {"index": 1, "split": "test"}])
def test_unknown_reset_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="reset options"):
        coin_env().reset(options=options)


def test_unknown_split_and_render_mode_are_refused() -> None:
    with pytest.raises(ConfigError, match="exam"):
        coin_env(split="exam")
    with pytest.raises(ConfigError, match="rgb_array"):
        coin_env(render_mode="rgb_array")


# -- scenarios that are enumerated


class Deck(Coin):
    """Seven coins, enumerated."""

    def count(self, setting: Setting, split: str) -> int | None:
        return 7

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        return Scenario(
            {"sides": ("heads", "tails"), "card": key % 7}, {"side": "heads", "told": False}, {"note": "a deck"}
        )


def cards(env: DialogueEnv, count: int, seed: int | None = 0) -> list[int]:
    found = []
    for i in range(count):
        env.reset(seed=None if i else seed)
        found.append(env.scenario.public["card"])
        if i % 2:
            env.step("ANSWER: heads")
    return found


def deck() -> DialogueEnv:
    return DialogueEnv(Deck(), Coin.SETTINGS[0], Saying())


@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_each_scenario_comes_once_before_any_comes_twice(seed: int | None) -> None:
    drawn = cards(deck(), 21, seed)
    for lap in (drawn[:7], drawn[7:14], drawn[14:]):
        assert sorted(lap) == list(range(7))


def test_seeds_start_the_walk_in_different_places_and_a_seed_starts_it_anew() -> None:
    env = deck()
    walks = {seed: cards(env, 5, seed) for seed in range(12)}
    assert len({walk[0] for walk in walks.values()}) > 1
    assert all(cards(env, 5, seed) == walk for seed, walk in walks.items())


def test_a_scenario_can_be_asked_for_by_index() -> None:
    env = deck()
    by_index = {}
    for index in range(14):
        env.reset(seed=5, options={"index": index})
        by_index[index] = env.scenario.public["card"]
    assert sorted(list(by_index.values())[:7]) == list(range(7))
    assert all(by_index[i] == by_index[i + 7] for i in range(7))


# -- what can be seen


def test_info_reveals_intent_and_salt_only_at_the_end_and_they_fit_the_digest() -> None:
    env = coin_env()
    _, early = env.reset(seed=0)
    assert set(early) == {"turn", "digest", "end_reason", "scored"}
    *_, late = env.step("ANSWER: heads")
    assert late["intent"] == canonical_json(env.scenario.user_brief)
    assert digest(late["salt"], late["intent"]) == early["digest"] == late["digest"]
    assert digest("", late["intent"]) != late["digest"]


def test_observations_are_the_conversation_and_changing_one_changes_nothing_else() -> None:
    env = coin_env(Saying("Hello."))
    chat, _ = env.reset(seed=0)
    assert [m["role"] for m in chat] == ["system", "user"]
    chat[1]["content"] = "tampered"
    again, *_ = env.step("Hm.")
    assert [m["content"] for m in again[1:]] == ["Hello.", "Hm.", "Hello."]
    assert env.dialogue == tuple(Message(m["role"], m["content"]) for m in again[1:])  # type: ignore[arg-type]


def test_the_system_message_states_task_limit_cost_and_how_to_commit() -> None:
    system = coin_env().reset(seed=0)[0][0]["content"]
    assert all(part in system for part in ("heads or tails", "4 turns", "0.1", "ANSWER:"))
    assert "cost" not in coin_env(setting="told").reset(seed=0)[0][0]["content"]


def test_only_a_privileged_view_holds_the_scenario() -> None:
    env = coin_env()
    env.reset(seed=0)
    assert env.agent_view().scenario is None
    assert env.agent_view(privileged=True).scenario is env.scenario
    assert not hasattr(env.user_view(), "agent_brief")


def test_ansi_renders_the_transcript_with_the_verdict_at_the_end() -> None:
    env = coin_env(Saying("Hello."), render_mode="ansi")
    env.reset(seed=0)
    assert str(env.render()).endswith("[user] Hello.")
    env.step("ANSWER: edge")
    assert "[assistant] ANSWER: edge\n[committed] score 0.0" in str(env.render())


def test_human_prints_each_message_once(capsys: pytest.CaptureFixture[str]) -> None:
    env = coin_env(Saying("Hello."), render_mode="human")
    env.reset(seed=0)
    env.step("Unheard-of.")
    env.step("ANSWER: edge")
    assert env.render() is None
    printed = capsys.readouterr().out
    assert printed.count("[system]") == printed.count("Unheard-of.") == printed.count("[committed]") == 1
    assert printed.count("[user] Hello.") == 2
    assert (
        printed.index("[system]")
        < printed.index("[user]")
        < printed.index("Unheard-of.")
        < printed.index("[committed]")
    )


def test_human_prints_what_the_terminal_cannot_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal := io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    env = coin_env(Saying("Grüße."), render_mode="human")
    env.reset(seed=0)
    env.step("half a pair: \ud83d")
    assert terminal.tell() > 0


def test_without_a_render_mode_nothing_is_rendered(capsys: pytest.CaptureFixture[str]) -> None:
    env = coin_env()
    env.reset(seed=0)
    assert env.render() is None
    assert capsys.readouterr().out == ""


# -- making one


def test_knobs_split_and_persona_reach_the_conversation() -> None:
    env = make_env(
        Coin(), simulator="scripted", knobs={"turn_limit": 2, "turn_cost": 0.25}, split="test", persona="terse"
    )
    reward, _, _, info = last(env, ["Hm.", "Hm."])
    assert (info["end_reason"], reward, env.split) == ("turn_limit", -0.5, "test")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"setting": "defaults"}, "did you mean 'default'"),
        ({"knobs": {"turn_limt": 3}}, "did you mean 'turn_limit'"),
        ({"knobs": {"turn_limit": 0}}, "at least 1"),
        ({"knobs": {"turn_limit": "3"}}, "takes int"),
        ({"simulator": "scriptd"}, "did you mean 'scripted'"),
        ({"persona": "ters"}, "did you mean 'terse'"),
    ],
)
def test_what_does_not_exist_is_named_with_its_nearest(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        make_env(Coin(), **{"simulator": "scripted"} | arguments)


def test_an_id_takes_the_same_arguments() -> None:
    env = gym.make("pragenv/Clarify-v0", simulator="scripted", knobs={"turn_limit": 1}, split="validation")
    env.reset(seed=0)
    assert env.step("Hello?")[4]["end_reason"] == "turn_limit"
