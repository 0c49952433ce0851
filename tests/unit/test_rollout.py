"""Episodes to rows: the same ones however they are run, none lost, none twice, and every failure a row of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from minimal import Saying, coin_env

from pragenv import Agent, AgentError, AgentView, DialogueEnv, SimulatorError, UserTurn, UserView
from pragenv.errors import DataError
from pragenv.metrics import summarise
from pragenv.registration import agents, make_env
from pragenv.rollout import EPISODES, Names, recorded, rollout, run_cell
from pragenv.types import EndReason, Episode

NAMES = Names("coin", "default", "test", "scripted", "someone")
HOLDER = (
    "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('held', flush=True); input()"
)


class Speaking(Agent):
    """Says what a function makes of the view; raises what it raises."""

    def __init__(self, speak: Callable[[AgentView], Any]) -> None:
        self.speak = speak

    def act(self, view: AgentView) -> str:
        said: str = self.speak(view)
        return said


class Batch(Agent):
    """Returns what a function makes of all views."""

    def __init__(self, speak: Callable[[Sequence[AgentView]], Any]) -> None:
        self.speak = speak

    def act(self, view: AgentView) -> str:
        raise AssertionError("conversations are run in batches")

    def act_batch(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        said: list[str | AgentError] = self.speak(views)
        return said


def play(env: DialogueEnv, agent: Agent | str, episodes: int = 7, **arguments: Any) -> list[Episode]:
    blocks = rollout(env, agents.make(agent), NAMES, 3, episodes, **arguments)
    return [row for block in blocks for row in block]


def run(folder: Path, env: DialogueEnv, agent: Agent | str, episodes: int = 7, batch_size: int = 1) -> bytes:
    """The bytes that a cell holds after it was brought up to so many episodes."""
    run_cell(folder, {"of": "test"}, lambda: (env, agents.make(agent)), NAMES, 3, episodes, batch_size, lambda n: None)
    return (folder / EPISODES).read_bytes()


def clarify() -> DialogueEnv:
    return make_env("clarify", simulator="scripted", split="test", persona="population")


def fails(view: AgentView) -> bool:
    """In some episodes only."""
    return view.keys.episode % 3 == 0


def test_all_agents_meet_the_same_scenarios() -> None:
    met = {name: play(clarify(), name) for name in ("mute", "ask_k", "clarify_first", "oracle", "uniform")}
    facts = {name: [(r.index, r.key, r.scenario, r.dialogue[0]) for r in rows] for name, rows in met.items()}
    assert all(found == facts["mute"] for found in facts.values())
    assert len({row.key for row in met["mute"]}) == 7
    assert len({row.dialogue for rows in met.values() for row in rows}) > 20


@pytest.mark.parametrize("batch_size", [2, 5, 10])
def test_batching_changes_no_row(batch_size: int) -> None:
    assert play(clarify(), "clarify_first", batch_size=batch_size) == play(clarify(), "clarify_first")


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_run_goes_on_at_any_row(tmp_path: Path, batch_size: int) -> None:
    whole = run(tmp_path / "whole", clarify(), "ask_k", batch_size=batch_size)
    lines = whole.splitlines(keepends=True)
    assert [json.loads(line)["index"] for line in lines] == list(range(7))
    for done in range(8):
        folder = tmp_path / str(done)
        folder.mkdir()
        (folder / EPISODES).write_bytes(b"".join(lines[:done]))
        assert run(folder, clarify(), "ask_k", batch_size=batch_size) == whole


def test_a_last_line_that_was_cut_anywhere_is_written_anew(tmp_path: Path) -> None:
    agent = Speaking(lambda view: "Où? 🎲 哪一面?")
    whole = run(tmp_path, coin_env(), agent, 3)
    assert whole.isascii()
    cuts = [whole.rfind(rb"\ud83c") + 3, whole.rfind(rb"\u54ea") + 5, len(whole) - 1]
    assert min(cuts) > 5
    start = whole.rfind(b"\n", 0, -1) + 1
    for cut in [*cuts, start + 1, start]:
        (tmp_path / EPISODES).write_bytes(whole[:cut])
        assert run(tmp_path, coin_env(), agent, 3) == whole


def test_more_episodes_are_appended_and_fewer_take_nothing_away(tmp_path: Path) -> None:
    five = run(tmp_path / "a", clarify(), "ask_k", 5, batch_size=2)
    nine = run(tmp_path / "a", clarify(), "ask_k", 9, batch_size=2)
    assert nine.startswith(five)
    assert nine == run(tmp_path / "b", clarify(), "ask_k", 9, batch_size=2)
    assert run(tmp_path / "a", clarify(), "ask_k", 3, batch_size=2) == nine


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    assert run(tmp_path / "a", clarify(), "clarify_first") == run(tmp_path / "b", clarify(), "clarify_first")


def test_where_nothing_is_left_to_do_nothing_is_made(tmp_path: Path) -> None:
    run(tmp_path, coin_env(), "mute", 3)
    added: list[int] = []
    run_cell(tmp_path, {}, lambda: pytest.fail("made"), NAMES, 3, 3, 1, added.append)
    assert added == [3]


def spoilt(lines: list[str]) -> dict[str, tuple[list[str], str]]:
    other = json.dumps(json.loads(lines[1]) | {"schema": 99})
    short = json.dumps({k: v for k, v in json.loads(lines[1]).items() if k != "score"})
    return {
        "order": ([lines[0], lines[2], lines[1]], "line 2: holds episode 2, not 1"),
        "twice": ([lines[0], lines[0], lines[1]], "line 2: holds episode 0, not 1"),
        "foreign": ([lines[0], '{"some": "thing"}', lines[2]], "line 2: schema None"),
        "no JSON": ([lines[0], lines[1][:50], lines[2]], "line 2: not JSON"),
        "list": ([lines[0], "[]", lines[2]], "line 2: schema 'list'"),
        "schema": ([lines[0], other, lines[2]], "line 2: schema 99, this version reads 1"),
        "lacking": ([lines[0], short, lines[2]], r"line 2: missing \['score'\]"),
        "another's": ([lines[0], json.dumps(json.loads(lines[1]) | {"agent": "another"}), lines[2]], "line 2"),
        "empty": ([lines[0], "", lines[2]], "line 2: not JSON"),
    }


@pytest.mark.parametrize(
    "case", ["order", "twice", "foreign", "no JSON", "list", "schema", "lacking", "another's", "empty"]
)
def test_a_row_that_does_not_belong_stops_the_run_and_stays(tmp_path: Path, case: str) -> None:
    lines, said = spoilt(run(tmp_path, coin_env(), "mute", 3).decode().split("\n")[:3])[case]
    held = "".join(line + "\n" for line in lines).encode()
    (tmp_path / EPISODES).write_bytes(held)
    with pytest.raises(DataError, match=said):
        run(tmp_path, coin_env(), "mute", 5)
    assert (tmp_path / EPISODES).read_bytes() == held


def test_bytes_that_are_no_text_are_a_data_error(tmp_path: Path) -> None:
    (tmp_path / EPISODES).write_bytes(b"\xff\xfe\n")
    with pytest.raises(DataError, match="line 1"):
        recorded(tmp_path / EPISODES, Names("coin", "default", "test", "scripted", "mute"))


def test_a_cell_that_another_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DataError, match="another process"):
            run(tmp_path, coin_env(), "mute")
        assert not (tmp_path / EPISODES).exists()
        holder.communicate("\n")
    assert run(tmp_path, coin_env(), "mute").count(b"\n") == 7


def wrong_length(views: Sequence[AgentView]) -> list[str]:
    return ["ANSWER: heads"] * (len(views) + 1)


def no_utterance(views: Sequence[AgentView]) -> list[Any]:
    return [3 if fails(view) else "ANSWER: heads" for view in views]


def in_its_place(views: Sequence[AgentView]) -> list[Any]:
    return [AgentError("lost the thread") if fails(view) else "ANSWER: heads" for view in views]


def all_at_once(views: Sequence[AgentView]) -> list[Any]:
    raise MemoryError("no room")


def in_one(view: AgentView) -> str:
    if fails(view):
        raise KeyError("a bug of the agent's own")
    return "ANSWER: heads"


@pytest.mark.parametrize(
    ("agent", "said", "every"),
    [
        (Batch(wrong_length), "utterances for", True),
        (Batch(all_at_once), "MemoryError: no room", True),
        (Batch(no_utterance), "an utterance is a str, got 3", False),
        (Batch(in_its_place), "AgentError: lost the thread", False),
        (Speaking(in_one), "a bug of the agent's own", False),
        (Speaking(lambda view: None if fails(view) else "ANSWER: heads"), "got None", False),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 5])
def test_a_failing_agent_ends_its_own_episodes_only(agent: Agent, said: str, every: bool, batch_size: int) -> None:
    rows = play(coin_env(), agent, 10, batch_size=batch_size)
    broken = [row for row in rows if row.end_reason == EndReason.AGENT_ERROR]
    assert len(broken) == 10 if every else 0 < len(broken) < 10
    for row in broken:
        assert (row.scored, row.score, row.solved, row.reward) == (False, None, False, 0.0)
        assert said in row.error
    assert all(row.scored and not row.error for row in rows if row not in broken)
    (summary,) = summarise(rows)
    assert (summary["episodes"], summary["agent_errors"], summary["scored"]) == (10, len(broken), 10 - len(broken))


class Breaking(Saying):
    """Fails in some episodes, at a given turn."""

    def reply(self, view: UserView) -> UserTurn:
        if view.turn == self.at and view.keys.episode % 3 == 0:
            raise (SimulatorError if view.keys.episode % 2 else ZeroDivisionError)("out of words")
        return super().reply(view)


class Attentive(Agent):
    """Cannot do without an opening."""

    def act(self, view: AgentView) -> str:
        return "ANSWER: heads" if view.turn else f"You said {view.dialogue[1].content!r}?"


@pytest.mark.parametrize("batch_size", [1, 5])
@pytest.mark.parametrize("at", [0, 1])
def test_a_failing_user_is_not_charged_to_the_agent(at: int, batch_size: int) -> None:
    rows = play(coin_env(Breaking(at=at)), Attentive(), 20, batch_size=batch_size)
    broken = [row for row in rows if row.end_reason == EndReason.SIMULATOR_ERROR]
    (summary,) = summarise(rows)
    assert summary["agent_errors"] == summary["task_errors"] == 0
    assert 0 < summary["simulator_errors"] == len(broken) < 20
    assert {row.error.split(":")[0] for row in broken} == {"SimulatorError", "ZeroDivisionError"}
    assert all((row.scored, row.score, row.reward) == (False, None, 0.0) for row in broken)
    assert all(row.end_reason == EndReason.COMMITTED for row in rows if row not in broken)
