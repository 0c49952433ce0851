"""The contracts over everything that is registered: ids, tasks in every setting, users, agents."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import gymnasium as gym
import pytest
from pragenv_baselines import believers

from pragenv import DialogueEnv, Simulator
from pragenv.intents import Structured
from pragenv.registration import agents, env_id, make_simulator, simulators, tasks
from pragenv.testing import (
    RULES,
    check_agent,
    check_dialogue_env,
    check_simulator,
    check_task,
    rejected,
    uniform_statistic,
)

IDS = sorted(name for name in gym.registry if name.startswith("pragenv/") and not name.endswith("-User-v0"))
WORLDS = [(name, setting.name) for name in tasks.names() for setting in tasks.make(name).SETTINGS]
PEOPLE = {"human"}
"""Agents that wait for somebody at a keyboard."""
NEEDED = {"solver": "solve"}
"""What agents that play some tasks only need of a task."""
SEEDS = range(20)


def plain_users() -> list[str]:
    """The users that can be made from nothing, or around another; what needs a file or a model is checked apart."""
    needed = {name: _needed(name) for name in simulators.names()}
    plain = [name for name, arguments in needed.items() if arguments <= {"user"}]
    return [name for name in plain if not speaks_through_a_model(simulators.factory(name))]


def _needed(name: str) -> set[str]:
    parameters = inspect.signature(simulators.factory(name)).parameters.values()
    return {p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def user(name: str) -> Simulator:
    return make_simulator("scripted", name) if _needed(name) else make_simulator(name)


def speaks_through_a_model(factory: Callable[..., object]) -> bool:
    """Whether a turn of a party's costs ten thousand times a scripted one's; such parties have tests of their own."""
    return "model" in inspect.signature(factory).parameters


def rules(kind: str) -> set[str]:
    return {rule for rule in RULES if rule.startswith(f"{kind}/")}


def _needs(task: str, setting: str) -> list[bool]:
    made = tasks.make(task)
    drawn = (made.sample(key, made.setting(setting), made.SPLITS[0]) for key in range(50))
    return [made.needs_asking(scenario) for scenario in drawn]


def tells_all(task: str, setting: str) -> bool:
    """Whether no opening leaves anything out, so that there is nothing to exchange."""
    return not any(_needs(task, setting))


def asks_always(task: str, setting: str) -> bool:
    return all(_needs(task, setting))


def test_ids_and_settings_are_the_same_thing() -> None:
    assert sorted(env_id(*world) for world in WORLDS) == IDS


@pytest.mark.parametrize("name", IDS)
def test_environment(name: str) -> None:
    held = set(check_dialogue_env(name, simulator="scripted"))
    world = next(world for world in WORLDS if env_id(*world) == name)
    assert rules("env") - held <= ({"env/no-leak-by-exchange"} if tells_all(*world) else set())


@pytest.mark.parametrize("task", ["clarify", "twenty_questions"])
def test_environment_with_its_default_user(task: str) -> None:
    """A language model, whose turns cost ten thousand times a scripted one's: one setting, and short conversations.

    What its opening says can hang on all of its brief, so that no other intent need open in the same words.
    """
    assert type(gym.make(env_id(task)).unwrapped.simulator) is simulators.factory("lm")
    held = set(check_dialogue_env(env_id(task), range(1), resets=6, knobs={"turn_limit": 3}))
    assert rules("env") - held <= {"env/no-leak-by-exchange"}


@pytest.mark.parametrize(("task", "setting"), WORLDS)
def test_task(task: str, setting: str) -> None:
    held = set(check_task(task, [setting]))
    undeclared = not isinstance(tasks.make(task), Structured) or setting == "hidden_form"
    lacking = {"task/nothing-missing-means-solved"} | ({"task/intents-are-as-declared"} if undeclared else set())
    assert rules("task") - held <= lacking


@pytest.mark.parametrize("task", tasks.names())
def test_a_request_that_tells_all_is_solved_without_asking(task: str) -> None:
    """The one rule that only some scenarios can test is tested wherever a setting draws such."""
    made = tasks.make(task)
    settings = [
        s for s in made.SETTINGS if "answer_first" not in s.agents_not_applicable and not asks_always(task, s.name)
    ]
    if not settings:
        pytest.skip("every request leaves something out")
    assert "task/nothing-missing-means-solved" in check_task(task, [settings[0].name], range(30))


@pytest.mark.parametrize("task", tasks.names())
@pytest.mark.parametrize("name", plain_users())
def test_user(name: str, task: str) -> None:
    settings = [setting.name for setting in tasks.make(task).SETTINGS]
    held = set(check_simulator(user(name), [task], settings, range(2)))
    assert rules("simulator") - held == {"simulator/conveys-the-truth-only"}


@pytest.mark.parametrize(("task", "setting"), WORLDS)
def test_the_scripted_user_conveys_the_truth_only(task: str, setting: str) -> None:
    held = check_simulator("scripted", [task], [setting], faithful=True)
    assert "simulator/conveys-the-truth-only" in held or tells_all(task, setting)


@pytest.fixture
def few_situations(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`ask_budget` compares an opening with few others: with how many decides none of these rules, and is dear."""
    believers._threshold.cache_clear()
    monkeypatch.setattr("pragenv.ceiling.SAMPLED", 20)
    yield
    believers._threshold.cache_clear()


@pytest.mark.usefixtures("few_situations")
@pytest.mark.parametrize(("task", "setting"), WORLDS)
@pytest.mark.parametrize(
    "name", [n for n in agents.names() if n not in PEOPLE and not speaks_through_a_model(agents.factory(n))]
)
def test_agent(name: str, task: str, setting: str) -> None:
    if name in NEEDED and not hasattr(tasks.make(task), NEEDED[name]):
        pytest.skip(f"the task has no `{NEEDED[name]}`, which it plays by")
    if reason := tasks.make(task).setting(setting).agents_not_applicable.get(name):
        pytest.skip(reason)
    held = set(check_agent(name, [task], [setting], range(2)))
    spared = "agent/unmoved-by-the-hidden-intent" if agents.make(name).privileged else "agent/privilege-is-not-assumed"
    assert rules("agent") - held <= {
        spared,
        *(["agent/unmoved-by-the-hidden-intent"] if tells_all(task, setting) else []),
    }


def verdicts(agent: str, task: str, setting: str, persona: str | None = None) -> list[tuple[float | None, bool]]:
    made, player = tasks.make(task), agents.make(agent)
    env = DialogueEnv(made, made.setting(setting), make_simulator("scripted", persona), made.SPLITS[-1])
    found = []
    for seed in SEEDS:
        env.reset(seed=seed)
        while env.end_reason is None:
            env.step(player.act(env.agent_view(player.privileged)))
        found.append((env.verdict.score, env.verdict.solved))
    return found


@pytest.mark.parametrize(("task", "setting"), WORLDS)
def test_the_oracle_always_solves(task: str, setting: str) -> None:
    assert verdicts("oracle", task, setting) == [(1.0, True)] * len(SEEDS)


@pytest.mark.parametrize(("task", "setting"), WORLDS)
def test_mute_never_solves(task: str, setting: str) -> None:
    assert verdicts("mute", task, setting) == [(0.0, False)] * len(SEEDS)


@pytest.mark.parametrize("task", tasks.names())
def test_oracle_and_mute_bracket_the_task_whoever_the_user_is(task: str) -> None:
    for persona in (name for name in plain_users() if _needed(name)):
        assert verdicts("oracle", task, "default", persona) == [(1.0, True)] * len(SEEDS), persona
        assert not any(solved for _, solved in verdicts("mute", task, "default", persona)), persona


def test_uniform_scores_what_every_task_says_it_should() -> None:
    """One test a setting and a family-wise error rate of 1e-4 over all of them; seeds are fixed, nothing is retried."""
    found = {}
    for name, setting in WORLDS:
        task = tasks.make(name)
        found[env_id(name, setting)] = uniform_statistic(task, task.setting(setting), 300, agent=agents.make("uniform"))
    assert not rejected({name: statistic.p_value for name, statistic in found.items()}), found
