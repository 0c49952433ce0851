"""The conversation from the other side: the user is the policy, the agent a part of the environment."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import pytest
from fake_model import FakeModel
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from minimal import Coin, coin_env
from pragenv_baselines.askers import ClarifyFirst
from pragenv_baselines.diagnostic import Uniform
from pragenv_baselines.lm import LMGreedy
from pragenv_simulators.scripted import Scripted

from pragenv import Agent, AgentView, ConfigError, make_env
from pragenv.registration import agents, env_id, make_user_env, tasks, user_env_id
from pragenv.types import EndReason
from pragenv.user_env import UserEnv

WORLDS = [(name, setting.name) for name in tasks.names() for setting in tasks.make(name).SETTINGS]
every_setting = pytest.mark.parametrize(("task", "setting"), WORLDS)
COST, LIMIT = 0.1, 4
PLAIN = {"simulator": "scripted"}


class Saying(Agent):
    """Says what a function makes of the view."""

    def __init__(self, speak: Callable[[AgentView], Any]) -> None:
        self.speak = speak

    def act(self, view: AgentView) -> str:
        said: str = self.speak(view)
        return said


def coin(speak: Callable[[AgentView], Any] = lambda view: "Hm?", **arguments: Any) -> UserEnv:
    """A conversation about a coin with an agent that says such things."""
    return UserEnv(coin_env(**arguments), Saying(speak))


def truth(env: UserEnv) -> str:
    """What a faithful user says next, as the scripted one puts it."""
    return Scripted().reply(env._env.user_view()).text


# -- ids


@every_setting
def test_every_setting_has_an_id_for_the_users_side(task: str, setting: str) -> None:
    name = f"pragenv/{env_id(task).split('/')[1].removesuffix('-v0')}"
    assert user_env_id(task, setting) == f"{name}{'' if setting == 'default' else '-' + setting}-User-v0"
    env = gym.make(user_env_id(task, setting)).unwrapped
    assert isinstance(env, UserEnv)
    assert (env._env.task.name, env._env.setting.name) == (task, setting)


@every_setting
def test_gymnasium_finds_nothing_to_complain_about(task: str, setting: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gym.make(user_env_id(task, setting)).unwrapped)


@every_setting
def test_by_default_it_talks_to_who_asks_first_where_that_can_be(task: str, setting: str) -> None:
    env = make_user_env(task, setting)
    barred = env._env.setting.agents_not_applicable
    assert type(env._agent) is (Uniform if "clarify_first" in barred else ClarifyFirst)


def test_the_agent_can_be_chosen_and_a_setting_turned() -> None:
    env = gym.make("pragenv/Clarify-User-v0", agent={"name": "ask_k", "k": 1}, knobs={"turn_cost": 0.5}, split="test")
    inner = env.unwrapped
    assert (inner._env.setting.turn_cost, inner._env.split, inner._agent.k) == (0.5, "test", 1)
    again = gym.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.reset(seed=1) == env.reset(seed=1)
    assert again.step("I want a cake.") == env.step("I want a cake.")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"agent": "clarify_frist"}, "unknown agent 'clarify_frist'; did you mean 'clarify_first'"),
        ({"setting": "hidden_form", "agent": "ask_k"}, "'ask_k' does not apply to clarify/hidden_form: the form is"),
        ({"simulator": "scripted"}, "unknown argument of task 'clarify' 'simulator'"),
        ({"split": "tset"}, "no split 'tset'"),
        ({"knobs": {"turn_cots": 1}}, "unknown knob 'turn_cots'; did you mean 'turn_cost'"),
        ({"render_mode": "loud"}, "render_mode must be"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        make_user_env("clarify", **arguments)


# -- the same conversation as from the other side


@every_setting
def test_a_policy_that_says_the_truth_has_the_conversation_of_the_scripted_user(task: str, setting: str) -> None:
    if tasks.make(task).setting(setting).repeats:
        pytest.skip("the user is the policy, and repeats only what it chooses to")
    agent = agents.make("uniform" if setting == "hidden_form" else "clarify_first")
    env, other = UserEnv(make_env(task, setting, **PLAIN), agent), make_env(task, setting, **PLAIN)
    for seed in range(6):
        env.reset(seed=seed)
        other.reset(seed=seed)
        while other.end_reason is None:
            wanted = other.step(agent.act(other.agent_view()))
            seen = env.step(truth(env))
            said = other.dialogue if other.end_reason else other.dialogue[:-1]  # the reply is yet to be given
            heard = [m._asdict() for m in other.task.audible(said, other.scenario.public)]
            assert (list(seen[0][1:]), *seen[1:]) == (heard, *wanted[1:])
        assert env._env.dialogue == other.dialogue


@pytest.mark.parametrize("task", tasks.names())
def test_the_same_seed_gives_the_same_conversation(task: str) -> None:
    env, twin = make_user_env(task), make_user_env(task)

    def talk(env: UserEnv) -> list[Any]:
        seen = [env.reset(seed=5)]
        for _ in range(2):  # the second scenario follows from the seed as well
            while env._live:
                seen.append(env.step(truth(env)))
            seen.append(env.reset())
        return seen

    first = talk(env)
    assert talk(env) == first == talk(twin)
    assert first[0] != env.reset(seed=6)


def test_it_can_be_pickled_in_the_middle_of_a_conversation() -> None:
    env = make_user_env("clarify", "vague")
    env.reset(seed=1)
    env.step(truth(env))
    twin = pickle.loads(pickle.dumps(env))  # noqa: S301
    assert twin.step("Hm.") == env.step("Hm.")
    assert twin.reset() == env.reset()


def test_many_run_side_by_side() -> None:
    envs = gym.make_vec("pragenv/Clarify-User-v0", num_envs=2, vectorization_mode="sync")
    chats, _ = envs.reset(seed=1)
    alone = gym.make("pragenv/Clarify-User-v0")
    assert chats[1] == alone.reset(seed=2)[0]
    assert envs.step(["Hi."] * 2)[0][1] == alone.step("Hi.")[0]


# -- what the policy sees


def test_the_policy_is_told_the_private_brief_and_speaks_first() -> None:
    env = coin()
    chat, info = env.reset(seed=1)
    assert [message["role"] for message in chat] == ["system"]
    brief = env._env.task.brief(env._env.scenario.public, env._env.scenario.user_brief)
    assert chat[0]["content"].startswith(brief)
    assert "LEAVE: satisfied or LEAVE: gave_up" in chat[0]["content"]
    assert info["end_reason"] == ""
    chat, reward, terminated, truncated, info = env.step("I tossed a coin.")
    assert [message["role"] for message in chat] == ["system", "user", "assistant"]
    assert (reward, terminated, truncated, info["turn"]) == (0.0, False, False, 1)


def test_neither_side_is_told_what_the_other_knows() -> None:
    seen: list[AgentView] = []

    def speak(view: AgentView) -> str:
        seen.append(view)
        return "Which side?"

    env = coin(speak)
    for seed in range(5):
        chats = [env.reset(seed=seed)[0], env.step("I tossed a coin.")[0]]
        side = env._env.scenario.user_brief["side"]
        assert f"side: {side}" in chats[1][0]["content"]
        assert "somebody tossed" not in str(chats)
        assert f"side: {side}" not in str(seen[-1].dialogue)
        assert seen[-1].scenario is None


def test_only_a_privileged_agent_sees_the_scenario() -> None:
    env = UserEnv(coin_env(), agents.make("oracle"))
    env.reset(seed=1)
    assert env.step("I tossed a coin.")[1] == pytest.approx(1 - COST)


# -- ends and rewards


@pytest.mark.parametrize("turns", [1, 2, 4])
def test_the_reward_comes_with_the_agents_commitment(turns: int) -> None:
    env = coin(lambda view: f"ANSWER: {side}" if view.turn == turns - 1 else "Hm?")
    env.reset(seed=1)
    side = env._env.scenario.user_brief["side"]
    for _ in range(turns - 1):
        assert env.step("Well.")[1:4] == (0.0, False, False)
    chat, reward, terminated, truncated, info = env.step("Well.")
    assert (terminated, truncated, info["end_reason"], info["solved"]) == (True, False, EndReason.COMMITTED, True)
    assert reward == pytest.approx(1 - COST * turns)
    assert chat[-1]["content"] == f"ANSWER: {side}"


def test_the_announced_limit_ends_it() -> None:
    env = coin()
    env.reset(seed=1)
    steps = [env.step("Well.") for _ in range(LIMIT)]
    assert [step[2] for step in steps] == [False] * (LIMIT - 1) + [True]
    assert steps[-1][4]["end_reason"] == EndReason.TURN_LIMIT
    assert steps[-1][1] == pytest.approx(-COST * LIMIT)


@pytest.mark.parametrize("end", ["satisfied", "gave_up"])
@pytest.mark.parametrize("text", ["Bye.\nLEAVE: {}", "Bye. \n  LEAVE:{} ", "Bye.\n\nLEAVE: {}\n"])
def test_a_last_line_leaves(text: str, end: str) -> None:
    env = coin()
    env.reset(seed=1)
    env.step("Hi.")
    chat, reward, terminated, truncated, info = env.step(text.format(end))
    assert (terminated, truncated, info["end_reason"]) == (True, False, f"user_{end}")
    assert reward == pytest.approx(-COST)
    assert chat[-1] == {"role": "user", "content": "Bye."}


def test_one_may_leave_without_a_word() -> None:
    env = coin()
    env.reset(seed=1)
    env.step("Hi.")
    chat, _, terminated, _, _ = env.step("LEAVE: gave_up")
    assert terminated
    assert chat[-1] == {"role": "user", "content": ""}


@pytest.mark.parametrize(
    "text",
    [
        "I will LEAVE: satisfied",
        "LEAVE: satisfied\nNo, wait.",
        "LEAVE: bored",
        "LEAVE:",
        "leave: satisfied",
        "LEAVE: satisfied, thanks",
    ],
)
def test_other_lines_are_only_words(text: str) -> None:
    env = coin()
    env.reset(seed=1)
    env.step("Hi.")
    chat, _, terminated, truncated, _ = env.step(text)
    assert (terminated, truncated) == (False, False)
    assert chat[-2] == {"role": "user", "content": text}


def test_the_opening_cannot_leave() -> None:
    env = coin()
    env.reset(seed=1)
    chat, _, terminated, truncated, _ = env.step("Hi.\nLEAVE: gave_up")
    assert (terminated, truncated) == (False, False)
    assert chat[1] == {"role": "user", "content": "Hi.\nLEAVE: gave_up"}


def test_the_agent_cannot_make_the_user_leave() -> None:
    """The agent can forge the end token."""
    env = coin(lambda view: "Fine.\nLEAVE: satisfied")
    env.reset(seed=1)
    assert env.step("Hi.")[2:4] == (False, False)
    assert env.step("Well.")[2:4] == (False, False)


def raising(error: Exception) -> Callable[[AgentView], str]:
    def speak(view: AgentView) -> str:
        if view.turn:
            raise error
        return "Hm?"

    return speak


@pytest.mark.parametrize(
    ("speak", "why"),
    [
        (raising(ValueError("no idea")), "ValueError: no idea"),
        (lambda view: 5 if view.turn else "Hm?", "AgentError: an utterance is a str, got 5"),
        (lambda view: None if view.turn else "Hm?", "AgentError: an utterance is a str, got None"),
    ],
)
def test_an_agent_that_fails_truncates_unscored(speak: Callable[[AgentView], Any], why: str) -> None:
    env = coin(speak)
    env.reset(seed=1)
    env.step("Hi.")
    chat, reward, terminated, truncated, info = env.step("Well.")
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert (info["end_reason"], info["scored"], info["error"]) == (EndReason.AGENT_ERROR, False, why)
    assert chat[-1] == {"role": "user", "content": "Well."}
    assert "intent" not in info
    with pytest.raises(ResetNeeded):
        env.step("Hello?")
    _, info = env.reset(seed=2)
    assert (info["end_reason"], "error" in info) == ("", False)


def test_a_model_that_cannot_be_had_is_no_failure_of_a_conversation() -> None:
    env = UserEnv(coin_env(), LMGreedy(FakeModel(lambda *_: ConfigError("cannot be loaded"))))
    env.reset(seed=1)
    with pytest.raises(ConfigError, match="cannot be loaded"):
        env.step("Hi.")


def test_a_graders_bug_is_not_blamed_on_the_agent() -> None:
    class Ungradable(Coin):
        def grade(self, *_: Any) -> Any:
            raise KeyError("side")

    env = coin(lambda view: "ANSWER: heads")
    env._env.task = Ungradable()
    env.reset(seed=1)
    with pytest.raises(KeyError):
        env.step("Hi.")
    with pytest.raises(ResetNeeded):
        env.step("Hi.")


def test_a_step_out_of_order_or_of_another_type_is_refused() -> None:
    env = coin(lambda view: "ANSWER: heads")
    with pytest.raises(ResetNeeded):
        env.step("Hi.")
    env.reset(seed=1)
    with pytest.raises(TypeError, match="an action is a str"):
        env.step(5)  # type: ignore[arg-type]
    env.step("Hi.")
    with pytest.raises(ResetNeeded):
        env.step("Hi.")


def test_a_transcript_can_be_had() -> None:
    env = coin(lambda view: "ANSWER: heads", render_mode="ansi")
    env.reset(seed=1)
    env.step("I tossed a coin.")
    shown = env.render()
    assert shown is not None
    assert "[user] I tossed a coin.\n[assistant] ANSWER: heads\n[committed] score" in shown


def test_a_scenario_can_be_given_by_its_index() -> None:
    env = coin()
    with pytest.raises(ConfigError, match=r"only \{'index': int >= 0\}"):
        env.reset(options={"idx": 1})
    assert env.reset(seed=1, options={"index": 3})[0]
