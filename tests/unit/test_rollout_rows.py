"""What a row says of an episode: what was asked, how it ended, what it was worth. Whatever fails becomes a row."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from minimal import Coin, Saying, coin_env

from pragenv import Agent, AgentView, DialogueEnv, Scenario, Setting, Simulator, UserTurn, UserView, Verdict
from pragenv.metrics import summarise
from pragenv.registration import make_simulator
from pragenv.rollout import EPISODES, Names, rollout, run_cell
from pragenv.types import Dialogue, EndReason, Episode, Message, mix

NAMES = Names("coin", "default", "test", "scripted", "someone")


class Reciting(Agent):
    """Says the given lines, one a turn."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    def act(self, view: AgentView) -> str:
        return self.lines[view.turn]


class Noting(Simulator):
    """Puts something into its notes."""

    def __init__(self, info: Any) -> None:
        self.info = info

    def reply(self, view: UserView) -> UserTurn:
        return UserTurn("Hm.", None, self.info)


def world(task: Coin, user: Simulator | None = None, setting: str = "default") -> DialogueEnv:
    return DialogueEnv(task, task.setting(setting), user or make_simulator("scripted"), "test")


def play(env: DialogueEnv, agent: Agent, episodes: int = 1, seed: int = 3, batch_size: int = 1) -> list[Episode]:
    return [row for rows in rollout(env, agent, NAMES, seed, episodes, 0, batch_size) for row in rows]


def test_a_row_is_the_conversation_as_the_environment_has_it() -> None:
    (row,) = play(coin_env(split="test"), Reciting("Nice weather.", "Which side is it?", "So?", "ANSWER: heads"))
    env = coin_env(split="test")
    env.reset(seed=mix(3, 0), options={"index": 0})
    for line in ("Nice weather.", "Which side is it?", "So?"):
        assert env.step(line)[1:4] == (0.0, False, False)
    reward = env.step("ANSWER: heads")[1]
    side = env.scenario.user_brief["side"]
    assert (row.index, row.key, row.scenario) == (0, env.scenario_key, env.scenario)
    assert row.dialogue == env.dialogue
    assert [m.role for m in row.dialogue] == ["user", "assistant"] * 4
    assert row.dialogue[4] == Message("user", f"It shows {side}.")
    assert (row.turns, row.questions, row.needs_asking, row.expected_uniform) == (4, 1, True, 0.5)
    assert (row.solved, row.score) == (side == "heads", float(side == "heads"))
    assert row.reward == reward == pytest.approx(row.score - 0.4)
    assert (row.end_reason, row.scored, row.error) == (EndReason.COMMITTED, True, "")
    assert (row.task, row.setting, row.split, row.simulator, row.agent) == tuple(vars(NAMES).values())
    assert len(row.user_info) == 4


def test_where_everything_was_told_there_was_nothing_to_ask() -> None:
    told = play(coin_env(setting="told"), Reciting("ANSWER: heads"), 6)
    assert {(row.needs_asking, row.questions, row.turns) for row in told} == {(False, 0, 1)}
    assert {row.score for row in told} == {0.0, 1.0}


@pytest.mark.parametrize(
    ("user", "lines", "end", "turns"),
    [
        (Saying(), ("a", "b", "c", "d"), EndReason.TURN_LIMIT, 4),
        (Saying(end="satisfied"), ("a",), EndReason.USER_SATISFIED, 1),
        (Saying(end="gave_up", at=2), ("a", "b"), EndReason.USER_GAVE_UP, 2),
        (Saying(), ("a", "ANSWER: neither"), EndReason.COMMITTED, 2),
    ],
)
def test_every_end_is_scored_and_paid_for(user: Simulator, lines: tuple[str, ...], end: EndReason, turns: int) -> None:
    (row,) = play(coin_env(user), Reciting(*lines))
    assert (row.end_reason, row.turns, row.scored, row.score, row.solved) == (end, turns, True, 0.0, False)
    assert row.reward == pytest.approx(-0.1 * turns)


def test_a_row_survives_json_whatever_is_said() -> None:
    said = 'quotes " and \\ and \u2028 \x85 \x1c \r\n\t 🎲 \x00 <script>'
    (row,) = play(coin_env(Saying(said)), Reciting(said, said, said, said))
    assert "\n" not in row.to_json()
    assert Episode.from_json(row.to_json()) == row
    assert {message.content for message in row.dialogue} == {said}


def raised(message: str) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise LookupError(message)

    return fail


def odd_task(method: str, replacement: Callable[..., Any]) -> Coin:
    """The coin with one method replaced."""
    return type("Odd", (Coin,), {method: replacement})()


@pytest.mark.parametrize(
    ("method", "replacement"),
    [
        ("grade", raised("a bug of the grader's")),
        ("grade", lambda *_: None),
        ("grade", lambda *_: Verdict("1", True, "a word for a number")),  # type: ignore[arg-type]
        ("grade", lambda *_: Verdict(math.nan, False, "0 / 0")),
        ("ended", raised("cannot tell")),
        ("respond", raised("no tools")),
        ("respond", lambda *_: 3),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_failing_task_is_a_row_and_no_verdict(
    method: str, replacement: Callable[..., Any], batch_size: int, tmp_path: Path
) -> None:
    env = world(odd_task(method, replacement))
    run_cell(tmp_path, {}, lambda: (env, Reciting("ANSWER: heads")), NAMES, 3, 4, batch_size, lambda n: None)
    rows = [Episode.from_json(line) for line in (tmp_path / EPISODES).read_text().splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert (row.end_reason, row.scored, row.score, row.reward) == (EndReason.TASK_ERROR, False, None, 0.0)
        assert row.error
    (summary,) = summarise(rows)
    assert (summary["task_errors"], summary["scored"], summary["score"]) == (4, 0, None)


@pytest.mark.parametrize("method", ["needs_asking", "chance"])
def test_a_task_that_cannot_say_what_a_row_needs_does_not_stop_the_run(method: str) -> None:
    rows = play(world(odd_task(method, raised("a bug of the task's"))), Reciting("ANSWER: heads"), 3)
    assert [row.end_reason for row in rows] == [EndReason.TASK_ERROR] * 3


def test_a_dialogue_that_could_not_be_scored_is_no_zero() -> None:
    unscored = odd_task("grade", lambda *_: Verdict(None, False, "the judge was out"))
    (row,) = play(world(unscored), Reciting("ANSWER: heads"))
    assert (row.end_reason, row.scored, row.score, row.reward) == (EndReason.COMMITTED, False, None, 0.0)
    assert row.reason == "the judge was out"


@pytest.mark.parametrize("info", [{"made": object()}, {"rate": math.nan}])
def test_notes_that_no_row_can_hold_are_the_users_failure(tmp_path: Path, info: Any) -> None:
    run_cell(
        tmp_path, {}, lambda: (world(Coin(), Noting(info)), Reciting("ANSWER: heads")), NAMES, 3, 2, 1, lambda n: None
    )
    rows = [Episode.from_json(line) for line in (tmp_path / EPISODES).read_text().splitlines()]
    assert [row.end_reason for row in rows] == [EndReason.SIMULATOR_ERROR] * 2


@pytest.mark.parametrize("by", ["agent", "user"])
def test_half_a_character_is_written_or_refused_but_stops_nothing(tmp_path: Path, by: str) -> None:
    half = "\ud83d"  # what a decoder that cuts within a character leaves behind
    user, agent = (Saying(), Reciting(*[half] * 4)) if by == "agent" else (Saying(half), Reciting(*["a"] * 4))
    run_cell(tmp_path, {}, lambda: (world(Coin(), user), agent), NAMES, 3, 2, 1, lambda n: None)
    rows = [Episode.from_json(line) for line in (tmp_path / EPISODES).read_text(encoding="utf-8").splitlines()]
    assert [row.index for row in rows] == [0, 1]
    failure = EndReason.AGENT_ERROR if by == "agent" else EndReason.SIMULATOR_ERROR
    assert all(half in row.to_json() or "\\ud83d" in row.to_json() or row.end_reason == failure for row in rows)


class Enumerated(Coin):
    """Three coins, by number."""

    def count(self, setting: Setting, split: str) -> int | None:
        return 3

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        return Scenario({"sides": ("heads", "tails")}, {"side": "heads", "told": False, "coin": key % 3}, {"note": ""})


def test_enumerated_scenarios_come_once_before_any_comes_twice() -> None:
    rows = play(world(Enumerated()), Reciting("ANSWER: heads"), 7)
    assert [row.user_brief["coin"] for row in rows] == [0, 1, 2, 0, 1, 2, 0]


def test_the_grade_does_not_look_at_how_the_user_left() -> None:
    graded: list[Dialogue] = []

    class Watching(Coin):
        def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
            graded.append(dialogue)
            return super().grade(scenario, dialogue)

    for end in ("satisfied", "gave_up"):
        play(world(Watching(), Saying(end=end)), Reciting("Well?"))
    assert graded[0] == graded[1]
