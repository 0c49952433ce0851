"""The task itself: views, what the user says next, rules on attempts, sources. Kinds have tests of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from fake_model import FakeModel
from pragenv_baselines.lm import instructions

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, DataError, ModelError
from pragenv.protocols import Keys, UserView
from pragenv.registration import agents, make_dialogue, make_env, make_simulator
from pragenv.tasks.sharded import Sharded, kind_of
from pragenv.tasks.sharded.setting import KINDS, VIEWS
from pragenv.testing import check_task
from pragenv.types import Act, Dialogue, Message, Scenario

SHARED = Path(__file__).parents[3] / "shared" / "data"
GRADED = [kind for kind in KINDS if kind != "summary"]
RECORD = {
    "task_id": "books/1",
    "task": "math",
    "question": "Ann has 3 books and buys 4 more on Monday. She gives 2 to Bob. How many does she have?",
    "answer": "3 + 4 - 2 = <<3+4-2=5>>5\n#### 5",
    "shards": [
        {"shard_id": 2, "shard": "Ann owns 3 books."},
        {"shard_id": 1, "shard": "How many books does Ann have in the end?"},
        {"shard_id": 3, "shard": "On Monday she buys 4 more."},
        {"shard_id": 4, "shard": "She hands 2 of them over to Bob."},
    ],
}


def written(tmp_path: Path, *records: Any) -> str:
    path = tmp_path / "items.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    return str(path)


@pytest.fixture
def books(tmp_path: Path) -> Sharded:
    return Sharded(source=written(tmp_path, RECORD))


def opened(task: Sharded, **knobs: Any) -> DialogueEnv:
    env = DialogueEnv(task, task.setting("default", knobs), make_simulator("scripted"))
    env.reset(seed=0)
    return env


def said(env: DialogueEnv) -> list[str]:
    return [message.content for message in env.dialogue if message.role == "user"]


# -- what the user says ------------------------------------------------------------------------------------------------


def test_one_shard_a_turn_in_order_whatever_the_agent_says(books: Sharded) -> None:
    env = opened(books)
    for text in ("", "I see.", "Go on.", "Right."):
        env.step(text)
    told = [shard["shard"] for shard in sorted(RECORD["shards"], key=lambda s: s["shard_id"])]
    assert said(env)[:4] == told
    assert Act("nothing_more") in books.truth(env.user_view())
    assert said(env)[4] not in told


def test_a_question_gets_the_shard_that_it_is_about(books: Sharded) -> None:
    env = opened(books)
    env.step("How many does she hand over to Bob?")
    assert said(env)[-1] == "She hands 2 of them over to Bob."
    env.step("And how many does she hand to Bob, again?")  # told already: the next in order
    assert said(env)[-1] == "Ann owns 3 books."
    env.step("What did she buy on Monday?")
    assert said(env)[-1] == "On Monday she buys 4 more."


@pytest.mark.parametrize("view", ["full", "concat", "shuffle_concat"])
def test_what_is_said_at_once_leaves_nothing_to_ask(books: Sharded, view: str) -> None:
    env = opened(books, view=view)
    assert books.told_all(env.scenario, env.dialogue)
    assert not books.needs_asking(env.scenario)
    env.step("Anything else?")
    assert books.truth(env.user_view()) == (Act("nothing_more"),)
    if view == "full":
        assert said(env)[0] == RECORD["question"]
    else:
        assert [line.removeprefix("- ") in said(env)[0] for line in said(env)[0].split("\n")[1:]] == [True] * 4
        assert said(env)[0].split("\n")[1] == "- How many books does Ann have in the end?"


def test_shuffling_keeps_the_goal_first_and_shuffles_the_rest() -> None:
    task = Sharded()
    setting = task.setting("shuffle_concat")
    shuffled = 0
    for key in range(40):
        scenario = task.sample(key * 7919, setting, "train")
        view = UserView(task, scenario.public, scenario.user_brief, (), Keys(1), 0)  # type: ignore[arg-type]
        told = [act.value for act in task.truth(view)]
        assert told[0] == scenario.user_brief["shards"][0]
        assert sorted(told) == sorted(scenario.user_brief["shards"])
        shuffled += told != list(scenario.user_brief["shards"])
    assert shuffled > 25


@pytest.mark.parametrize("kind", KINDS)
def test_the_system_message_is_the_same_in_every_view(kind: str) -> None:
    """PEERS: full and concat prompts carry format rules that sharded ones never show."""
    messages = set()
    for name in ("full", "concat", "shuffle_concat", "default", "recap", "snowball"):
        env = make_env("sharded", name, {"kind": kind}, simulator="scripted")
        observation, _ = env.reset(seed=3)
        messages.add(observation[0]["content"])
    (message,) = messages
    assert kind_of(kind).rules in message


# -- attempts ----------------------------------------------------------------------------------------------------------


def test_the_first_attempt_ends_it_and_counts(books: Sharded) -> None:
    env = opened(books)
    _, reward, terminated, _, info = env.step("ANSWER: 7")
    assert (reward, terminated, info["end_reason"]) == (0.0, True, "committed")
    env = opened(books)
    assert env.step("ANSWER: 5")[1] == 1.0


def test_any_attempt_may_be_right_and_a_wrong_one_goes_on(books: Sharded) -> None:
    env = opened(books, attempts="any")
    assert not env.step("ANSWER: 7")[2]
    _, reward, terminated, _, info = env.step("ANSWER: 5")
    assert (reward, terminated, info["turn"]) == (1.0, True, 2)


def test_the_last_attempt_counts_once_everything_is_told(books: Sharded) -> None:
    env = opened(books, attempts="last")
    for text in ("ANSWER: 5", "ANSWER: 6", "Go on."):  # right too early; then wrong
        assert not env.step(text)[2]
    _, reward, terminated, _, _ = env.step("ANSWER: 7")
    assert (reward, terminated) == (0.0, True)


def test_at_the_limit_the_last_attempt_counts(books: Sharded) -> None:
    env = opened(books, attempts="last", turn_limit=2)
    env.step("ANSWER: 7")
    _, reward, terminated, _, info = env.step("ANSWER: 5")
    assert (reward, terminated, info["solved"]) == (1.0, True, True)


def test_never_attempted_scores_nothing_and_says_so(books: Sharded) -> None:
    """PEERS: a never-attempted task yields None in one place and 0 in another."""
    for rule in ("first", "any", "last"):
        env = opened(books, attempts=rule, turn_limit=2)
        env.step("Hm.")
        _, reward, terminated, _, info = env.step("So it is 5, I think.")
        assert (reward, terminated, info["score"], info["scored"]) == (0.0, True, 0.0, True)
        assert info["reason"] == "no answer was given"


def test_an_answer_without_the_commit_form_counts_where_it_may_be_recognised(books: Sharded) -> None:
    env = opened(books, recognise=True)
    _, reward, terminated, _, _ = env.step("So the answer is \\boxed{5}.")
    assert (reward, terminated) == (1.0, True)
    env = opened(books)
    assert not env.step("So the answer is \\boxed{5}.")[2]


def judged(said: str | ModelError) -> DialogueEnv:
    task = {"name": "sharded", "judge": FakeModel(lambda *_: said)}
    env = make_env(task, "full", {"kind": "translation", "recognise": True}, simulator="scripted")
    env.reset(seed=0)
    return env


def test_a_judge_tells_attempts_that_rules_do_not_recognise() -> None:
    env = judged("Good morning to you.")
    assert not env.step("What register do you want?")[2]
    _, _, terminated, _, info = env.step("Sure! Good morning to you.")
    assert (terminated, info["scored"]) == (True, True)


def test_what_a_judge_makes_up_is_no_attempt() -> None:
    env = judged("Good evening to you.")
    assert not env.step("Sure! Good morning to you.")[2]
    assert not judged("NONE").step("NONE of this is clear to me.")[2]


def test_where_a_judge_fails_the_episode_is_not_scored() -> None:
    env = judged(ModelError("unreachable"))
    while env.end_reason is None:
        info = env.step("Sure! Good morning to you.")[-1]
    assert (info["scored"], info["reason"]) == (False, "the judge failed: unreachable")


def test_a_judge_scores_summaries_in_the_environment() -> None:
    for judge, scored in (({"judge": FakeModel(lambda *_: "no")}, True), ({}, False)):
        env = make_env({"name": "sharded", **judge}, "full", {"kind": "summary"}, simulator="scripted")
        env.reset(seed=0)
        assert env.step("ANSWER: - All is well [1]")[-1]["scored"] is scored


# -- agents ------------------------------------------------------------------------------------------------------------


def score(task: Sharded, policy: str, **knobs: Any) -> float:
    env, agent = opened(task, **knobs), agents.make({"name": "solver", "policy": policy})
    while env.end_reason is None:
        env.step(agent.act(env.agent_view(privileged=True)))
    assert env.verdict.score is not None
    return env.verdict.score


def test_solvers_differ_in_when_they_answer_and_in_nothing_else(books: Sharded) -> None:
    assert score(books, "wait_and_answer") == score(books, "clarify_first") == 1.0
    assert score(books, "answer_each_turn") == score(books, "answer_first") == 0.0
    for policy in ("answer_each_turn", "answer_first", "wait_and_answer", "clarify_first"):
        assert score(books, policy, view="full") == 1.0


def test_answering_each_turn_is_locked_in_on_its_first_guess(books: Sharded) -> None:
    assert score(books, "answer_each_turn", attempts="any") == 0.0
    assert score(books, "wait_and_answer", attempts="any") == 1.0


def test_a_solver_needs_a_task_that_can_be_solved() -> None:
    from pragenv.errors import AgentError

    env = make_env("clarify", simulator="scripted")
    env.reset(seed=0)
    with pytest.raises(AgentError, match="has no solver"):
        agents.make("solver").act(env.agent_view(privileged=True))
    with pytest.raises(ConfigError, match="policy must be one of"):
        agents.make({"name": "solver", "policy": "wait"})


# -- every kind and view -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", GRADED)
def test_conformance_of_every_kind_in_every_view(kind: str, view: str) -> None:
    held = check_task("sharded", ["default"], range(2), {"kind": kind, "view": view})
    assert "task/oracle-solves" in held


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_solves_every_item_and_mute_none(kind: str) -> None:
    task = Sharded()
    setting = task.setting("default", {"kind": kind})
    for split in task.SPLITS:
        count = task.count(setting, split)
        assert count
        for index in range(count):
            scenario = task.sample(index, setting, split)
            dialogue = (Message("user", scenario.user_brief["shards"][0]), Message("assistant", task.answer(scenario)))
            assert task.ended(scenario, dialogue)
            verdict = task.grade(scenario, dialogue)
            assert verdict[:2] == ((None, False) if kind == "summary" else (1.0, True)), (scenario, verdict)
            assert task.grade(scenario, (*dialogue[:1], Message("assistant", ""))).score == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_splits_share_no_item(kind: str) -> None:
    task = Sharded()
    setting = task.setting("default", {"kind": kind})
    seen: set[str] = set()
    for split in task.SPLITS:
        ids = {task.sample(i, setting, split).user_brief["full"] for i in range(task.count(setting, split) or 0)}
        assert not seen & ids
        seen |= ids
    assert len(seen) >= (200 if kind in ("math", "code", "database", "actions") else 50)


def walked(task: Sharded, scenario: Scenario) -> Dialogue:
    """The dialogue in which a verbatim user is only told to go on."""
    dialogue: Dialogue = ()
    user = make_simulator("scripted")
    for turn in range(len(scenario.user_brief["shards"])):
        view = UserView(task, scenario.public, scenario.user_brief, dialogue, Keys(1), turn)  # type: ignore[arg-type]
        dialogue += (Message("user", user.reply(view).text), Message("assistant", "Go on."))
    return dialogue


@pytest.mark.parametrize("kind", KINDS)
def test_every_built_in_item_is_told_shard_by_shard(kind: str) -> None:
    task = Sharded()
    setting = task.setting("default", {"kind": kind})
    for index in range(task.count(setting, "test") or 0):
        scenario = task.sample(index, setting, "test")
        dialogue = walked(task, scenario)
        assert [m.content for m in dialogue if m.role == "user"] == list(scenario.user_brief["shards"])
        assert task.told_all(scenario, dialogue)
        assert not task.told_all(scenario, dialogue[:-2])


# -- sources -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"task_id": ""}, "task_id"),
        ({"task": "maths"}, "task"),
        ({"shards": []}, "shards"),
        ({"shards": [{"shard_id": "1", "shard": "x"}]}, "shards[0].shard_id"),
        ({"shards": [{"shard_id": 1, "shard": 5}]}, "shards[0].shard"),
        ({"shards": [{"shard_id": 1, "shard": " "}]}, "shards"),
        ({"shards": [{"shard_id": 1, "shard": "x"}] * 2}, "shards"),
        ({"question": None}, "question"),
        ({"answer": "five"}, "answer"),
    ],
)
def test_a_bad_record_is_refused_with_index_field_and_reason(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    path = written(tmp_path, RECORD, {**RECORD, "task_id": "books/2", **change})
    with pytest.raises(DataError) as raised:
        Sharded(source=path)
    assert f"record 1, {field}" in str(raised.value)
    skipped = Sharded(source=path, on_bad="skip")
    assert len(skipped.skipped) == 1
    assert skipped.count(skipped.setting("default"), "train") == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "nonsense"])
def test_a_file_that_holds_no_records_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "items.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"items\.json"):
        Sharded(source=str(path))


def test_public_ids_may_repeat_and_shards_may_be_empty(tmp_path: Path) -> None:
    """Among the public records are both."""
    empty = {**RECORD, "shards": [*RECORD["shards"], {"shard_id": 5, "shard": " "}]}  # type: ignore[misc]
    task = Sharded(source=written(tmp_path, RECORD, empty))
    scenarios = [task.sample(index, task.setting("default"), "train") for index in range(2)]
    assert {len(scenario.user_brief["shards"]) for scenario in scenarios} == {4}
    assert len({scenario.user_brief["id"] for scenario in scenarios}) == 2


def test_a_source_without_the_kind_asked_for_is_refused(books: Sharded) -> None:
    with pytest.raises(ConfigError, match="holds math"):
        opened(books, kind="code")


@pytest.mark.parametrize(("name", "kind", "count"), [("gsm8k", "math", 349), ("translation", "translation", 15)])
def test_the_public_items_are_solved_by_the_oracle_and_not_by_silence(name: str, kind: str, count: int) -> None:
    path = SHARED / f"sharded_{name}.json"
    if not path.exists():
        pytest.skip("the public data is not here")
    task = Sharded(source=str(path))
    setting = task.setting("default", {"kind": kind})
    assert task.count(setting, "test") == count
    for index in range(count):
        scenario = task.sample(index, setting, "test")
        opening = (Message("user", scenario.user_brief["shards"][0]),)
        assert task.grade(scenario, (*opening, Message("assistant", task.answer(scenario))))[:2] == (1.0, True)
        assert task.grade(scenario, (*opening, Message("assistant", ""))).score == 0.0
        assert task.told_all(scenario, walked(task, scenario))


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"kind": "maths"}, "did you mean 'math'"),
        ({"view": "shard"}, "did you mean 'sharded'"),
        ({"attempts": "best"}, "unknown rule on attempts 'best'"),
        ({"repeats": "recaps"}, "repeats must be"),
    ],
)
def test_a_knob_out_of_range_is_refused(knobs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        gym.make("pragenv/Sharded-v0", knobs=knobs)
    assert message in str(raised.value)


# -- the experiment ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["math", "actions", "data_to_text"])
def test_answering_at_once_loses_what_cannot_be_guessed_and_waiting_loses_nothing(kind: str) -> None:
    """The harness itself loses nothing: every difference between views is what the goal alone does not tell."""
    task = Sharded()
    setting = task.setting("default", {"kind": kind})
    count = task.count(setting, "test") or 0
    scenarios = [task.sample(index, setting, "test") for index in range(count)]
    first = [(Message("user", scenario.user_brief["shards"][0]),) for scenario in scenarios]
    guessed = [
        task.grade(scenario, (*opening, Message("assistant", task.solve(scenario, opening)))).score
        for scenario, opening in zip(scenarios, first, strict=True)
    ]
    found = {}
    for view in ("full", "concat", "sharded"):
        for policy in ("answer_each_turn", "wait_and_answer"):
            made = task.setting("default", {"kind": kind, "view": view})
            env = DialogueEnv(task, made, make_simulator("scripted"), "test")
            agent, scores = agents.make({"name": "solver", "policy": policy}), []
            for index in range(count):
                env.reset(seed=0, options={"index": index})
                while env.end_reason is None:
                    env.step(agent.act(env.agent_view(privileged=True)))
                scores.append(env.verdict.score)
            found[view, policy] = sorted(scores)
    assert found["sharded", "answer_each_turn"] == sorted(guessed)
    assert sum(s or 0 for s in guessed) < 0.5 * count
    for view in ("full", "concat"):
        assert found[view, "answer_each_turn"] == found[view, "wait_and_answer"] == [1.0] * count
    assert found["sharded", "wait_and_answer"] == [1.0] * count


@pytest.mark.parametrize(
    ("policy", "spoken"),
    [
        ("answer_each_turn", ["ANSWER: 5"]),
        ("answer_first", ["ANSWER: 5"]),
        ("wait_and_answer", ["Go on."] * 4 + ["ANSWER: 5"]),
        ("clarify_first", ["Is there more?"] * 4 + ["ANSWER: 5"]),
    ],
)
def test_the_same_policies_over_a_language_model(books: Sharded, policy: str, spoken: list[str]) -> None:
    direct = instructions("direct.v1")
    model = FakeModel(lambda prompt, key: "ANSWER: 5" if prompt[0].content.endswith(direct) else "Is there more?")
    agent = agents.make({"name": "lm_solver", "model": model, "policy": policy})
    env = opened(books)
    while env.end_reason is None:
        env.step(agent.act(env.agent_view()))
    assert [message.content for message in env.dialogue if message.role == "assistant"] == spoken
    assert env.verdict.solved
    assert len(model.calls) == sum(text != "Go on." for text in spoken)


def test_a_language_model_that_keeps_on_answering_may_yet_be_right(books: Sharded) -> None:
    model = FakeModel(lambda prompt, key: "ANSWER: 5" if "4 more" in prompt[-1].content else "ANSWER: 7")
    agent = agents.make({"name": "lm_solver", "model": model})
    env = opened(books, attempts="any")
    while env.end_reason is None:
        env.step(agent.act(env.agent_view()))
    assert (env.verdict.solved, env.turn) == (True, 3)
    agent = agents.make({"name": "lm_solver", "model": model, "policy": "answer_first"})
    env = opened(books, attempts="any")
    while env.end_reason is None:
        env.step(agent.act(env.agent_view()))
    assert (env.verdict.solved, env.turn, env.end_reason) == (False, 12, "turn_limit")
    with pytest.raises(ConfigError, match="policy must be one of"):
        agents.make({"name": "lm_solver", "model": model, "policy": "answer"})


@pytest.mark.parametrize(
    ("setting", "answers"), [("full", 1), ("concat", 1), ("default", 4), ("recap", 5), ("snowball", 5)]
)
def test_a_language_model_answers_each_turn_in_which_it_has_heard_anything(
    books: Sharded, setting: str, answers: int
) -> None:
    agent = agents.make({"name": "lm_solver", "model": FakeModel(lambda *_: "ANSWER: 7")})
    env = make_dialogue(books, books.setting(setting, {"attempts": "any"}), make_simulator("scripted"))
    env.reset(seed=0)
    while env.end_reason is None:
        env.step(agent.act(env.agent_view()))
    own = [message.content for message in env.dialogue if message.role == "assistant"]
    assert own == ["ANSWER: 7"] * answers + ["You have my answer."] * (12 - answers)
