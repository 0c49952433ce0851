"""The dialogue-act menu: what it shows, what it does, and that a standard library learns through it."""

import copy
import pickle
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pragenv_baselines.askers import AnswerFirst, ClarifyFirst

import pragenv
from pragenv.types import FrozenDict, Scenario
from pragenv.wrappers import DialogueActMenu, Menu

SETTINGS = [setting.name for setting in pragenv.registration.tasks.factory("clarify").SETTINGS]  # type: ignore[attr-defined]


def menu_env(setting: str = "default", slots: int = 8, **arguments: Any) -> DialogueActMenu:
    name = pragenv.registration.env_id("clarify", setting)
    # The checker that `make` adds looks at the dialogues inside; here `check_env` looks at what the menu returns.
    return DialogueActMenu(gym.make(name, simulator="scripted", disable_env_checker=True, **arguments), slots)


def talk(env: DialogueActMenu) -> pragenv.DialogueEnv:
    assert isinstance(env.unwrapped, pragenv.DialogueEnv)
    return env.unwrapped


def blocks(features: np.ndarray) -> np.ndarray:
    return features[:-2].reshape(4, -1)


def ask_then_commit(features: np.ndarray) -> np.int64:
    """The first slot that exists and isn't known; none: commit. Sees the features only."""
    exists, known, *_ = blocks(features)
    missing = np.flatnonzero((exists == 1) & (known == 0))
    return np.int64(missing[0] if missing.size else exists.size)


def ask_most_useful(features: np.ndarray) -> np.int64:
    """The open question of highest priority; none: commit. Sees the features only."""
    priority = blocks(features)[2]
    return np.int64(priority.argmax() if priority.any() else priority.size)


def mean_reward(env: DialogueActMenu, policy: Any, episodes: int, seed: int) -> tuple[float, float]:
    """Mean reward and success of a policy over features."""
    rewards, solved = [], []
    for episode in range(episodes):
        features, _ = env.reset(seed=None if episode else seed)
        over = False
        while not over:
            features, reward, terminated, truncated, info = env.step(policy(features))
            over = terminated or truncated
        rewards.append(float(reward))
        solved.append(info["solved"])
    return float(np.mean(rewards)), float(np.mean(solved))


def agent_reward(env: DialogueActMenu, agent: pragenv.Agent, episodes: int, seed: int) -> tuple[float, float]:
    """The same for an agent that talks to the conversation inside."""
    inner, rewards, solved = talk(env), [], []
    for episode in range(episodes):
        inner.reset(seed=None if episode else seed)
        over = False
        while not over:
            _, reward, terminated, truncated, info = inner.step(agent.act(inner.agent_view()))
            over = terminated or truncated
        rewards.append(reward)
        solved.append(info["solved"])
    return float(np.mean(rewards)), float(np.mean(solved))


@pytest.mark.parametrize("setting", SETTINGS)
def test_gymnasium_checks_pass_without_warnings(setting: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Said of every wrapper.
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version.*")
        env = menu_env(setting)
        env.action_space.seed(0)
        check_env(env, skip_render_check=True)


@pytest.mark.parametrize("setting", SETTINGS)
def test_features_are_what_the_documentation_says(setting: str) -> None:
    env = menu_env(setting)
    for seed in range(20):
        features, _ = env.reset(seed=seed)
        view, brief = talk(env).agent_view(), talk(env).scenario.user_brief
        fields = view.public["fields"]
        exists, known, priority, confidence = blocks(features)
        assert features in env.observation_space
        assert exists.tolist() == [1.0] * len(fields) + [0.0] * (8 - len(fields))
        assert not np.stack([known, priority, confidence])[:, len(fields) :].any()
        assert [f["name"] for f, k in zip(fields, known, strict=False) if k] == [
            f["name"] for f in fields if f["name"] in brief["revealed"]
        ]
        importance = [f["importance"] for f, k in zip(fields, known, strict=False) if not k]
        ranks = priority[: len(fields)][known[: len(fields)] == 0]
        assert sorted(ranks) == pytest.approx([(i + 1) / len(ranks) for i in range(len(ranks))])
        assert [importance[i] for i in np.argsort(-ranks)] == sorted(importance, reverse=True)
        assert not priority[known == 1].any()
        for field, is_known, sure in zip(fields, known, confidence, strict=False):
            assert sure == (1 if is_known else pytest.approx(max(field["prior"])))
        assert features[-2] == 1
        assert features[-1] == pytest.approx(view.turn_cost)


def test_features_follow_the_conversation() -> None:
    env = menu_env("vague")
    before, _ = env.reset(seed=3)
    after, *_ = env.step(np.int64(1))
    assert blocks(before)[1, 1] == 0
    assert blocks(after)[1, 1] == blocks(after)[3, 1] == 1
    assert np.count_nonzero(blocks(after)[1]) == 1
    assert after[-2] == pytest.approx(1 - 1 / 12)


@pytest.mark.parametrize("setting", ["default", "large", "skewed", "conflict", "generous"])
def test_asking_for_all_that_is_missing_does_what_clarify_first_does(setting: str) -> None:
    env = menu_env(setting, split="test")
    reward, success = mean_reward(env, ask_then_commit, 200, seed=5)
    reference, reference_success = agent_reward(env, ClarifyFirst(), 200, seed=5)
    assert success == reference_success == 1.0
    assert reward == pytest.approx(reference)


def test_any_task_with_a_menu_can_be_played_through_it() -> None:
    inner = gym.make("pragenv/TwentyQuestions-v0", simulator="scripted", disable_env_checker=True, split="test")
    inner.reset(seed=0)
    assert isinstance(inner.unwrapped, pragenv.DialogueEnv)
    view = inner.unwrapped.agent_view()
    env = DialogueActMenu(inner, slots=len(view.task.acts(view).menu))
    features, _ = env.reset(seed=0)
    exists, known, *_ = blocks(features)
    open_slots = {act.slot for act in view.task.questions(view)}
    assert exists.all()
    assert [act.slot in open_slots for act in view.task.acts(view).menu] == (known == 0).tolist()
    reward, success = mean_reward(env, ask_most_useful, 30, seed=5)
    assert success > 0.9
    assert (reward, success) == pytest.approx(agent_reward(env, ClarifyFirst(), 30, seed=5))


@pytest.mark.parametrize("setting", ["default", "vague", "skewed", "conflict", "weighted"])
def test_no_feature_depends_on_what_the_user_has_not_said(setting: str) -> None:
    env = menu_env(setting)
    exchanged = 0
    for seed in range(30):
        features, _ = env.reset(seed=seed)
        twin = copy.deepcopy(env)
        scenario = talk(env).scenario
        brief = scenario.user_brief
        hidden = [f for f in scenario.public["fields"] if f["name"] not in brief["revealed"]]
        others = {f["name"]: next(o for o in f["options"] if o != brief["values"][f["name"]]) for f in hidden}
        changed = FrozenDict({**brief, "values": FrozenDict({**brief["values"], **others})})
        talk(twin).scenario = Scenario(scenario.public, changed)
        exchanged += talk(twin).scenario != scenario
        assert np.array_equal(features, twin.menu.features(talk(twin).agent_view()))
        # A turn that draws nothing out, then answers: what differs is the values said, which are no feature.
        for action in (7, *range(len(hidden))):
            (seen, *_), (seen_by_twin, *_) = env.step(np.int64(action)), twin.step(np.int64(action))
            assert np.array_equal(seen, seen_by_twin)
    assert exchanged > 20


def test_masks_and_waste() -> None:
    env = menu_env("small")
    for seed in range(30):
        before, info = env.reset(seed=seed)
        masks = env.action_masks()
        assert masks.dtype == np.bool_
        assert masks.tolist() == [True] * 3 + [False] * 5 + [True]
        assert np.array_equal(gym.wrappers.TimeLimit(env, 5).get_wrapper_attr("action_masks")(), masks)
        after, reward, terminated, truncated, info = env.step(np.int64(3))
        assert (reward, terminated, truncated, info["turn"]) == (0.0, False, False, 1)
        assert np.array_equal(np.delete(before, -2), np.delete(after, -2))


def test_a_form_that_is_hidden_has_no_slots() -> None:
    env = menu_env("hidden_form")
    features, _ = env.reset(seed=0)
    assert not features[:-2].any()
    assert env.action_masks().tolist() == [False] * 8 + [True]


@pytest.mark.parametrize("seed", range(5))
def test_the_words_are_the_task_own_and_info_is_passed_on(seed: int) -> None:
    env, bare = menu_env("vague"), talk(menu_env("vague"))
    _, info = env.reset(seed=seed)
    assert bare.reset(seed=seed)[1] == info
    for action in (2, 2, 1, 8):
        view = bare.agent_view()
        acts = view.task.acts(view)
        said = view.task.guess(view) if action == 8 else acts.phrase(acts.menu[action], view.keys.turn(view.turn))
        _, reward, terminated, truncated, info = env.step(np.int64(action))
        _, *expected = bare.step(said)
        assert [reward, terminated, truncated, info] == expected
        assert talk(env).dialogue == bare.dialogue
    assert terminated


def test_the_menu_is_given_the_view_of_an_unprivileged_agent() -> None:
    views = []

    class Spy(Menu):
        def questions(self, view: pragenv.AgentView) -> tuple[pragenv.Act, ...]:
            views.append(view)
            return super().questions(view)

    env = menu_env("vague")
    env.menu = Spy()
    env.reset(seed=0)
    env.action_masks()
    env.step(np.int64(0))
    assert len(views) == 4
    assert all(view.scenario is None for view in views)


def test_pickled_midway_it_continues_alike_and_its_spec_makes_it_again() -> None:
    env = menu_env("large", slots=9)
    env.reset(seed=2)
    env.step(np.int64(0))
    twin = pickle.loads(pickle.dumps(env))  # noqa: S301 (our own bytes)
    for action in (1, 9):
        ours, theirs = env.step(np.int64(action)), twin.step(np.int64(action))
        assert np.array_equal(ours[0], theirs[0])
        assert ours[1:] == theirs[1:]
    assert env.spec is not None
    again = gym.make(env.spec)
    assert isinstance(again, DialogueActMenu)
    assert np.array_equal(again.reset(seed=2)[0], env.reset(seed=2)[0])


def test_wrong_use_says_what_to_do() -> None:
    with pytest.raises(pragenv.ConfigError, match="slots must be at least 1"):
        Menu(0)
    with pytest.raises(pragenv.ConfigError, match="needs a DialogueEnv"):
        DialogueActMenu(gym.make("CartPole-v1"))
    with pytest.raises(pragenv.ConfigError, match=r"3 questions and the menu holds 2; make it with slots=3"):
        menu_env("small", slots=2).reset(seed=0)
    env = menu_env()
    env.reset(seed=0)
    for action in (-1, 9):
        with pytest.raises(ValueError, match="from 0 to 8"):
            env.step(np.int64(action))


def test_ppo_learns_to_ask() -> None:
    """Above answering at once by half of what asking is worth (all of it is what clarify_first gains)."""
    sb3 = pytest.importorskip("stable_baselines3", reason="the extra `rl` (stable-baselines3) isn't installed")
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = sb3.PPO("MlpPolicy", menu_env("small"), n_steps=512, seed=0, device="cpu")
        model.learn(5120)
    finally:
        torch.set_num_threads(threads)
    env = menu_env("small", split="test")
    reward, _ = mean_reward(env, lambda features: model.predict(features, deterministic=True)[0], 200, seed=1)
    answer_first, clarify_first = (
        agent_reward(env, agent, 200, seed=1)[0] for agent in (AnswerFirst(), ClarifyFirst())
    )
    assert reward > answer_first + 0.5 * (clarify_first - answer_first)
