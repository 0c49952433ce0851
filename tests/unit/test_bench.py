"""The speed benchmark: its rows, its scripts, its dealings with the peers' process. Speeds are not tested."""

import json
import sys
from itertools import islice
from pathlib import Path

import gymnasium as gym
import pytest

from pragenv.bench import bench_env
from pragenv.bench.contestants import TURNS, scripts
from pragenv.bench.peers import PEERS, Peers
from pragenv.errors import ConfigError, PragEnvError
from pragenv.protocols import commitment
from pragenv.registration import env_id

TASKS = ("clarify", "twenty_questions")
OURS = {"bare", *(f"{task}_{kind}" for task in TASKS for kind in ("repeating", "fresh"))}
PEER_SCRIPT = """
import json, sys
for line in sys.stdin:
    order = json.loads(line)
    if order["seconds"] > 1:
        sys.exit("out of breath")
    print(json.dumps([50, 5, 0.5]), flush=True)
"""


def test_every_contestant_has_a_row_of_positive_numbers_on_disk(tmp_path: Path) -> None:
    rows = bench_env(tmp_path / "new", seconds=0.001, repeats=2)
    assert {row["name"] for row in rows} == OURS
    assert json.loads((tmp_path / "new" / "bench.json").read_text()) == rows
    for row in rows:
        assert set(row) == {"name", "steps_per_cpu_s", "low", "high", "ratio_to_bare", "steps", "episodes"}
        assert all(value > 0 for column, value in row.items() if column != "name")
        assert row["low"] <= row["steps_per_cpu_s"] <= row["high"]
        assert row["steps"] == TURNS * row["episodes"]
    assert rows[0] | {"name": "bare", "ratio_to_bare": 1.0} == rows[0]


@pytest.mark.parametrize("task", TASKS)
def test_fresh_scripts_never_say_a_thing_twice_and_repeating_ones_do(task: str) -> None:
    said = {
        fresh: [u for _, batch in islice(scripts(task, fresh), 3) for script in batch for u in script]
        for fresh in (True, False)
    }
    assert len(set(said[True])) == len(said[True])
    assert len(set(said[False])) < len(said[False])


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_scripts_fit_the_scenarios_they_are_played_in(task: str, fresh: bool) -> None:
    env = gym.make(env_id(task), simulator="scripted").unwrapped
    seed, batch = next(scripts(task, fresh))
    env.reset(seed=seed)
    understood = 0
    for script in batch:
        env.reset()
        acts = env.task.acts(env.agent_view())
        understood += sum(bool(acts.parse(question)) for question in script[:-1])
        assert [commitment(u) is not None for u in script] == [False] * (TURNS - 1) + [True]
        ends = [env.step(utterance)[2] for utterance in script]
        assert ends == [False] * (TURNS - 1) + [True]
        assert env.end_reason == "committed"
    assert understood > 0.95 * (TURNS - 1) * len(batch)


@pytest.mark.parametrize("arguments", [{"seconds": 0}, {"repeats": 0}])
def test_no_time_or_no_repeats_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="positive"):
        bench_env(**arguments)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter that plays both peers at 100 steps per CPU-second."""
    (tmp_path / "games.py").write_text(PEER_SCRIPT)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path}/games.py\n")
    python.chmod(0o755)
    return python


def test_peers_add_rows_and_ratios(stand_in: Path) -> None:
    rows = {row["name"]: row for row in bench_env(peers=True, seconds=0.001, repeats=2, peers_python=stand_in)}
    assert set(rows) == OURS | set(PEERS)
    for row in rows.values():
        assert row["ratio_to_gem"] == row["ratio_to_textarena"] == pytest.approx(row["steps_per_cpu_s"] / 100, rel=1e-3)


def test_a_peer_that_dies_is_reported_in_its_last_words(stand_in: Path) -> None:
    with pytest.raises(PragEnvError, match="gem could not be played: out of breath"), Peers(stand_in) as peers:
        peers.play("gem", 2.0)


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    with pytest.raises(PragEnvError, match="nowhere cannot be started"), Peers(tmp_path / "nowhere"):
        pass


def test_a_failed_installation_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("pragenv.bench.peers.REQUIREMENTS", ("./no-such-package",))
    with pytest.raises(PragEnvError, match=r"cannot be installed: .*no-such-package"):
        Peers()
    assert not list(tmp_path.rglob("installed.txt"))
