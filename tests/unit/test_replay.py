"""The user who says what was said before: to the letter, and no further than the recording goes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from minimal import Coin, Saying, coin_env
from pragenv_simulators.replay import Replay
from records import episode, write_run
from talk import user_view

from pragenv import ConfigError, DialogueEnv, Message, SimulatorError, UserTurn, UserView
from pragenv.errors import DataError
from pragenv.registration import Ref, agents, make_env, make_simulator
from pragenv.rollout import EPISODES, Names, rollout, run_cell
from pragenv.types import EndReason, Episode

SEED = 3


def names(simulator: str = "scripted", agent: str = "ask_k") -> Names:
    return Names("coin", "default", "train", simulator, agent)


def record(folder: Path, env: DialogueEnv, agent: Ref[Any], episodes: int = 40, seed: int = SEED) -> list[Episode]:
    """A cell of a sweep, as `run_cell` leaves it."""
    own = names(agent=str(agent))
    run_cell(folder, {"seed": seed}, lambda: (env, agents.make(agent)), own, seed, episodes, 4, lambda n: None)
    return read(folder)


def read(folder: Path) -> list[Episode]:
    return [Episode.from_json(line) for line in (folder / EPISODES).read_text().splitlines()]


def played(env: DialogueEnv, agent: Ref[Any], episodes: int = 40, seed: int = SEED) -> list[Episode]:
    blocks = rollout(env, agents.make(agent), names(agent=str(agent)), seed, episodes)
    return [row for block in blocks for row in block]


def same(rows: list[Episode]) -> list[tuple[Any, ...]]:
    """What is to be the same of a conversation, whoever the user is called."""
    return [(r.index, r.dialogue, r.end_reason, r.score, r.reward, r.turns, r.error) for r in rows]


@pytest.mark.parametrize("agent", ["uniform", "ask_k", "clarify_first"])
@pytest.mark.parametrize(
    ("task", "setting", "persona"),
    [
        ("clarify", "default", None),
        ("clarify", "revision", "population"),
        # A few concepts, each the intent of many episodes, whose users speak differently.
        ("twenty_questions", "costly", "verbose"),
    ],
)
def test_a_sweep_is_replayed_exactly(tmp_path: Path, task: str, setting: str, persona: str | None, agent: str) -> None:
    recorded = record(tmp_path / "cell", make_env(task, setting, simulator="scripted", persona=persona), agent)
    again = played(make_env(task, setting, simulator={"name": "replay", "path": str(tmp_path)}), agent)
    assert same(again) == same(recorded)
    assert not any(row.error for row in again)


def test_scenarios_that_repeat_are_told_apart_by_the_seed_of_the_run(tmp_path: Path) -> None:
    recorded = record(tmp_path, coin_env(), "clarify_first")
    assert len({row.dialogue for row in recorded}) > len({row.user_brief["side"] for row in recorded})
    again = played(coin_env(Replay(str(tmp_path))), "clarify_first")
    assert [row.user_info[0]["replayed"] for row in again] == [row.index for row in recorded]
    (tmp_path / "meta.json").unlink()  # without it, the first that fits
    loose = played(coin_env(Replay(str(tmp_path / EPISODES))), "clarify_first")
    assert {row.user_info[0]["replayed"] for row in loose if not row.error} < set(range(len(recorded)))


def test_several_agents_are_heard_out_of_one_folder(tmp_path: Path) -> None:
    recorded = {agent: record(tmp_path / agent, coin_env(), agent) for agent in ("uniform", "clarify_first", "mute")}
    user = Replay(str(tmp_path))
    for agent, rows in recorded.items():
        assert same(played(coin_env(user), agent)) == same(rows)


def test_a_scenario_that_was_recorded_often_is_followed_along_any_of_its_recordings(tmp_path: Path) -> None:
    view = _view()
    rows = [_row(0, "Which side?", "Heads."), _row(1, "Which side, please?", "It shows heads.")]
    write_run(tmp_path, rows)
    user = Replay(str(tmp_path))
    for row in rows:
        turn = user.reply(view._replace(dialogue=row.dialogue[:2], turn=1))
        assert turn == UserTurn(row.dialogue[2].content, None, {"replayed": row.index})


def _view() -> UserView:
    task = Coin()
    return user_view(task, task.sample(0, task.setting("default"), "train"))


def _row(index: int, asked: str, told: str, **changes: Any) -> Episode:
    view = _view()
    dialogue = (Message("user", "Hi."), Message("assistant", asked), Message("user", told))
    own = {"public": view.public, "user_brief": view.user_brief, "dialogue": dialogue} | changes
    return episode(**{"key": index, "index": index} | own)


@pytest.mark.parametrize(
    ("end", "reason"), [("satisfied", EndReason.USER_SATISFIED), ("gave_up", EndReason.USER_GAVE_UP)]
)
def test_who_left_leaves_again_in_the_same_way(tmp_path: Path, end: str, reason: EndReason) -> None:
    recorded = record(tmp_path, coin_env(Saying("Bye.", end, at=2)), "mute")
    assert {row.end_reason for row in recorded} == {reason}
    again = played(coin_env(Replay(str(tmp_path))), "mute")
    assert same(again) == same(recorded)


def failing(text: str, at: int) -> Saying:
    class Failing(Saying):
        def reply(self, view: UserView) -> UserTurn:
            if view.turn == self.at:
                raise SimulatorError("the model is gone")
            return super().reply(view)

    return Failing(text, at=at)


@pytest.mark.parametrize("at", [0, 1])
def test_where_the_recording_broke_off_replay_says_that_it_ends(tmp_path: Path, at: int) -> None:
    record(tmp_path, coin_env(failing("Hm.", at)), "mute", 4)
    again = played(coin_env(Replay(str(tmp_path))), "mute", 4)
    assert {row.error for row in again} == {f"SimulatorError: replay: the recording ends at the agent's turn {at}"}
    assert not any(row.scored for row in again)


def test_an_agent_that_leaves_the_recording_is_told_where(tmp_path: Path) -> None:
    record(tmp_path, coin_env(), "clarify_first")
    env = coin_env(Replay(str(tmp_path)))
    env.reset(seed=1)
    *_, terminated, truncated, info = env.step("What is the weather like?")
    assert (terminated, truncated) == (False, True)
    assert "at its turn 1 the agent says what it never said in the recording" in info["error"]


def test_an_agent_that_talks_on_where_the_recorded_one_committed_is_told_that_it_ends(tmp_path: Path) -> None:
    row = _row(0, "ANSWER: heads", "").to_json()
    (tmp_path / EPISODES).write_text(row.replace(',["user",""]', "") + "\n")
    view = _view()
    dialogue = (Message("user", "Hi."), Message("assistant", "ANSWER: heads"))
    with pytest.raises(SimulatorError, match="the recording ends at the agent's turn 1"):
        Replay(str(tmp_path)).reply(view._replace(dialogue=dialogue, turn=1))


def test_a_scenario_that_was_never_recorded_has_no_user(tmp_path: Path) -> None:
    record(tmp_path, make_env("clarify", simulator="scripted"), "uniform", 2)
    env = make_env("clarify", simulator=Replay(str(tmp_path)))
    env.reset(seed=12345)
    assert "holds no conversation of this scenario" in env.error


def test_together_users_say_what_each_says_alone(tmp_path: Path) -> None:
    record(tmp_path, coin_env(), "clarify_first")
    user, seen = Replay(str(tmp_path)), _view()
    seen_later = seen._replace(dialogue=(Message("user", "?"), Message("assistant", "!")), turn=1)
    first, second = user.reply_batch([seen, seen_later])
    assert first == user.reply(seen)
    assert isinstance(second, SimulatorError)
    assert pickle.loads(pickle.dumps(user)).reply(seen) == first  # noqa: S301


# -- what cannot be read


def cut(line: str) -> str:
    return line[: len(line) // 2]


BROKEN: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "half a line": (cut, "not JSON"),
    "no row": (lambda line: "[1, 2]", "schema 'list'"),
    "an empty line": (lambda line: "", "not JSON"),
    "another schema": (lambda line: line.replace('"schema":1', '"schema":99'), "schema 99"),
    "a field too few": (lambda line: line.replace('"salt', '"pepper').replace('"turns"', '"torns"'), "missing"),
    "no UTF-8": (lambda line: b"\xff\xfe" + line.encode(), "not UTF-8"),
}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, fault: str, at: int) -> None:
    """Broken lines silently skipped."""
    spoil, why = BROKEN[fault]
    lines: list[str | bytes] = [_row(i, "Which side?", "Heads.").to_json() for i in range(3)]
    lines[at - 1] = spoil(str(lines[at - 1]))
    whole = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    (tmp_path / EPISODES).write_bytes(whole)
    with pytest.raises(DataError, match=rf"episodes\.jsonl, line {at}: .*{why}"):
        Replay(str(tmp_path))


def test_a_meta_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write_run(tmp_path, [_row(0, "Which side?", "Heads.")])
    for text in ("{", "[]"):
        (tmp_path / "meta.json").write_text(text)
        with pytest.raises(DataError, match=r"meta\.json: cannot be read"):
            Replay(str(tmp_path))
    (tmp_path / "meta.json").write_text(json.dumps({"seed": None}))
    assert Replay(str(tmp_path)).reply(_view()).text == "Hi."


@pytest.mark.parametrize("path", ["", "nowhere", "empty"])
def test_a_folder_without_recordings_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"is no episodes\.jsonl and holds none"):
        Replay(str(tmp_path / path))


def test_replay_needs_a_path() -> None:
    with pytest.raises(ConfigError, match="argument 'path' is missing"):
        make_simulator("replay")
