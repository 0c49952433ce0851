"""The ladder of agents: what each asks, when it commits, and with what."""

import io
from typing import Any

import pytest
from pragenv_baselines.askers import AnswerFirst, AskK, ClarifyFirst
from pragenv_baselines.diagnostic import Mute, Oracle, Uniform
from pragenv_baselines.human import Human
from pragenv_simulators.scripted import Scripted

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError, ConfigError
from pragenv.protocols import Agent, commitment
from pragenv.registration import agents
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.types import EndReason, Scenario, mix

TASKS = {"clarify": Clarify(), "twenty_questions": TwentyQuestions()}
SETTINGS = [(name, setting.name) for name, task in TASKS.items() for setting in task.SETTINGS]
every_setting = pytest.mark.parametrize(("task", "setting"), SETTINGS)
where_forms_show = pytest.mark.parametrize(("task", "setting"), [s for s in SETTINGS if s[1] != "hidden_form"])
LADDER = [Mute(), Uniform(), AnswerFirst(), AskK(2), ClarifyFirst(), Oracle()]


def new_env(task: str, setting: str = "default", split: str = "test", **knobs: Any) -> DialogueEnv:
    return DialogueEnv(TASKS[task], TASKS[task].setting(setting, knobs), Scripted(), split)


def play(env: DialogueEnv, agent: Agent, seed: int) -> list[str]:
    """What the agent says in one episode."""
    env.reset(seed=seed)
    said = []
    while env.end_reason is None:
        said.append(agent.act(env.agent_view(agent.privileged)))
        env.step(said[-1])
    return said


def asked(env: DialogueEnv, said: list[str]) -> list[str]:
    """The slots of the questions among what was said, one each."""
    acts = env.task.acts(env.user_view())
    parsed = [acts.parse(text) for text in said if commitment(text) is None]
    assert all(len(found) == 1 and found[0].kind == "ask" for found in parsed), said
    return [found[0].slot for found in parsed]


@every_setting
def test_mute_says_nothing_and_never_solves(task: str, setting: str) -> None:
    env = new_env(task, setting)
    for seed in range(5):
        assert play(env, Mute(), seed) == [""] * env.setting.turn_limit
        assert (env.end_reason, env.verdict.score, env.verdict.solved) == (EndReason.TURN_LIMIT, 0.0, False)


@every_setting
def test_uniform_commits_at_once_to_a_random_answer_of_its_own_key(task: str, setting: str) -> None:
    env = new_env(task, setting)
    said = set()
    for seed in range(30):
        (only,) = play(env, Uniform(), seed)
        assert env.end_reason is EndReason.COMMITTED
        assert play(env, Uniform(), seed) == [only]
        said.add(only)
    assert len(said) > 5 or setting == "hidden_form"


@every_setting
def test_the_oracle_commits_at_once_and_solves(task: str, setting: str) -> None:
    env = new_env(task, setting)
    for seed in range(20):
        assert len(play(env, Oracle(), seed)) == 1
        assert (env.verdict.score, env.verdict.solved) == (1.0, True)
        assert env.reward == pytest.approx(1 - env.setting.turn_cost)


def test_the_oracle_refuses_a_view_without_the_scenario() -> None:
    env = new_env("clarify")
    env.reset(seed=1)
    with pytest.raises(AgentError, match="privileged view"):
        Oracle().act(env.agent_view())


def test_only_the_oracle_is_privileged() -> None:
    assert [type(agent) for agent in (*LADDER, Human()) if agent.privileged] == [Oracle]


@where_forms_show
def test_answer_first_commits_at_once_to_the_best_guess(task: str, setting: str) -> None:
    env = new_env(task, setting)
    for seed in range(20):
        (only,) = play(env, AnswerFirst(), seed)
        env.reset(seed=seed)
        assert only == env.task.guess(env.agent_view())


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("k", [0, 1, 2, 4])
def test_ask_k_asks_k_questions_while_any_is_open_and_then_commits(task: str, k: int) -> None:
    env = new_env(task)
    counts = set()
    for seed in range(40):
        said = play(env, AskK(k), seed)
        needed = play(env, ClarifyFirst(), seed)
        assert env.end_reason is EndReason.COMMITTED
        assert len(asked(env, said)) == min(k, len(needed) - 1)
        assert said[:k] == needed[:k] or len(needed) <= k
        counts.add(len(said) - 1)
    assert max(counts) == k


def test_ask_0_is_answer_first() -> None:
    env = new_env("clarify", "skewed")
    assert all(play(env, AskK(0), seed) == play(env, AnswerFirst(), seed) for seed in range(20))


def test_a_negative_number_of_questions_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"k must be .*at least 0, got -1"):
        AskK(-1)
    with pytest.raises(ConfigError, match="at least 0"):
        agents.make({"name": "ask_k", "k": -3})


@pytest.mark.parametrize("split", TASKS["clarify"].SPLITS)
def test_clarify_first_asks_for_each_unrevealed_field_once_most_important_first_and_for_no_other(split: str) -> None:
    env = new_env("clarify", "mixed", split)
    full = 0
    for seed in range(100):
        said = play(env, ClarifyFirst(), seed)
        brief = env.scenario.user_brief
        weight = {f["name"]: f["importance"] for f in env.scenario.public["fields"]}
        missing = [name for name in brief["fields"] if name not in brief["revealed"]]
        assert asked(env, said) == sorted(missing, key=lambda name: -weight[name])
        assert env.verdict.solved
        full += not missing
    assert 20 < full < 80


@where_forms_show
def test_clarify_first_solves_what_can_be_solved_in_the_turns_there_are(task: str, setting: str) -> None:
    env = new_env(task, setting)
    for seed in range(40):
        said = play(env, ClarifyFirst(), seed)
        assert env.end_reason is EndReason.COMMITTED
        assert env.verdict.solved or len(said) == env.setting.turn_limit, env.dialogue
        assert len(set(asked(env, said))) == len(said) - 1


@pytest.mark.parametrize("agent", [AskK(9), ClarifyFirst()], ids=["ask_k", "clarify_first"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_askers_commit_on_their_last_turn_to_the_best_that_they_know(agent: Agent, task: str, limit: int) -> None:
    env = new_env(task, turn_limit=limit) if task != "clarify" else new_env(task, "vague", turn_limit=limit)
    last_turn = 0
    for seed in range(20):
        said = play(env, agent, seed)
        assert env.end_reason is EndReason.COMMITTED
        assert len(said) <= limit
        last_turn += len(said) == limit
        env.reset(seed=seed)
        for text in said[:-1]:
            env.step(text)
        assert said[-1] == env.task.guess(env.agent_view())
    assert last_turn


def test_asking_pays_where_the_request_is_vague_and_costs_nothing_where_it_is_full() -> None:
    def solved(env: DialogueEnv, agent: Agent) -> int:
        verdicts = []
        for seed in range(40):
            play(env, agent, seed)
            verdicts.append(env.verdict.solved)
        return sum(verdicts)

    vague, full = new_env("clarify", "vague"), new_env("clarify", "specified")
    assert solved(vague, ClarifyFirst()) == solved(full, ClarifyFirst()) == solved(full, AnswerFirst()) == 40
    assert solved(vague, AnswerFirst()) < 10
    assert all(len(play(full, ClarifyFirst(), seed)) == 1 for seed in range(20))


@where_forms_show
def test_an_unprivileged_agent_says_the_same_whatever_the_intent_until_the_user_gives_it_away(
    task: str, setting: str
) -> None:
    env = new_env(task, setting)
    for seed in range(10):
        env.reset(seed=seed)
        twin = env.fork()
        twin.scenario = _exchanged(env, seed)
        for agent in LADDER[:-1]:
            assert agent.act(env.agent_view()) == agent.act(twin.agent_view())


def _exchanged(env: DialogueEnv, seed: int) -> Scenario:
    """The scenario with another intent."""
    brief = dict(env.scenario.user_brief)
    if "concept" in brief:
        brief["concept"] = next(c for c in env.scenario.public["concepts"] if c != brief["concept"])
    else:
        brief = dict(env.task.corrupt(env.user_view(), mix(seed, 1)).user_brief)
    assert brief != env.scenario.user_brief
    return Scenario(env.scenario.public, brief, env.scenario.agent_brief)


def test_agents_keep_nothing_from_one_conversation_to_the_next() -> None:
    one, two = new_env("clarify"), new_env("twenty_questions")
    for agent in LADDER[:-1]:
        alone = [play(one, agent, 3), play(two, agent, 4)]
        one.reset(seed=3)
        two.reset(seed=4)
        mixed: list[list[str]] = [[], []]
        while one.end_reason is None or two.end_reason is None:
            for env, said in zip((one, two), mixed, strict=True):
                if env.end_reason is None:
                    said.append(agent.act(env.agent_view()))
                    env.step(said[-1])
        assert mixed == alone


def test_a_person_sees_what_is_new_and_says_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env = new_env("clarify", "vague")
    env.reset(seed=2)
    monkeypatch.setattr("sys.stdin", io.StringIO("Which size? \n\nANSWER: x"))
    system, opening = env.agent_view().dialogue
    assert Human().act(env.agent_view()) == "Which size? "
    shown = capsys.readouterr().out
    assert f"system: {system.content}" in shown
    assert f"user: {opening.content}" in shown
    assert f"{env.setting.turn_limit} turns left" in shown
    env.step("Which size? ")
    assert Human().act(env.agent_view()) == ""
    shown = capsys.readouterr().out
    assert f"user: {env.dialogue[-1].content}" in shown
    assert opening.content not in shown
    assert f"{env.setting.turn_limit - 1} turns left" in shown
    assert Human().act(env.agent_view()) == "ANSWER: x"
    with pytest.raises(AgentError, match="input ended"):
        Human().act(env.agent_view())
