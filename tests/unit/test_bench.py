"""The speed benchmarks: their rows, their scripts, their dealings with the peers' process. Speeds are not tested."""

import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import tiny_models as tiny

from pragenv.bench import bench_env
from pragenv.bench.belief import auroc, bench_belief
from pragenv.bench.contestants import TURNS, scripts
from pragenv.bench.models import _flips, bandwidth, bench_models, table
from pragenv.bench.peers import PEERS, Peers
from pragenv.bench.talkers import BRIEF, SAID, Endless, model_folder, openings
from pragenv.cli import main
from pragenv.errors import ConfigError, PragEnvError
from pragenv.protocols import Completion, commitment
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


# -- language models ---------------------------------------------------------------------------------------------------


def test_every_way_of_speaking_has_a_row_for_each_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--sizes", "1", "3", "--turns", "2", "--reply", "3", "--flip-tokens", "150", "--seconds", "0.001"]
    folder = str(tiny.save(tmp_path / "model", "lfm2", tiny.TEMPLATE, max_position_embeddings=2048))
    assert main(["bench", "models", "--model", folder, "--out", str(tmp_path / "new"), *argv]) == 0
    found = json.loads((tmp_path / "new" / "models.json").read_text())
    assert (found["model"], found["device"], found["turns"], found["reply_tokens"]) == (folder, "cpu", 2, 3)
    assert [(row["batch"], row["contestant"]) for row in found["speeds"]] == [
        (size, name) for size in (1, 3) for name in ("single", "padded", "ours")
    ]
    for row in found["speeds"]:
        assert row["replies"] == 8
        assert row["tokens_per_s"] == pytest.approx(3 * row["replies_per_s"], rel=0.01)
        assert row["ours_over_it"] > 0
    assert [row["ours_over_it"] for row in found["speeds"] if row["contestant"] == "ours"] == [1, 1]
    assert [(row["dtype"], row["between"]) for row in found["flips"]] == [
        (dtype, between) for dtype in ("float32", "float64") for between in ("alone and batch", "alone and cached")
    ]
    for row in found["flips"]:
        assert row["tokens"] <= 200
        assert row["replies"] == 2
        assert row["flips"] == 0 or row["dtype"] == "float32"
    assert len(found["parties"]) == 4 * len(TASKS)
    assert all(row["steps_per_cpu_s"] > 0 for row in found["parties"])
    printed = capsys.readouterr().out
    assert printed.startswith(table(found))
    assert printed.endswith(f"written to {tmp_path / 'new' / 'models.json'}\n")


def test_flips_are_counted_up_to_the_first_of_a_reply() -> None:
    one = [Completion("", tokens=(1, 2, 3, 4)), Completion("", tokens=(1, 2, 3, 4)), Completion("", tokens=(5,))]
    other = [Completion("", tokens=(1, 9, 9, 4)), Completion("", tokens=(1, 2, 3, 4)), Completion("", tokens=(6,))]
    found = _flips(one, other)
    assert found == {"tokens": 7, "flips": 2, "rate": 2 / 7, "replies": 3, "replies_rate": 2 / 3}


def test_conversations_are_of_the_lengths_that_are_stated() -> None:
    with model_folder(None) as (folder, name):
        assert "mini" in name
        model = Endless(folder)
        begun = openings(model, 5, 0)
        assert len({*begun}) == 5
        assert openings(model, 5, 0) == begun != openings(model, 5, 1)
        for system, user in begun:
            assert BRIEF <= len(model.encoder.split(system.content)) < BRIEF + 30
            assert SAID <= len(model.encoder.split(user.content)) < SAID + 20
        assert [len(said.tokens or ()) for said in model.say(begun, range(5), 7)] == [7] * 5


def test_bandwidth_is_of_what_decoding_has_to_read(tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "model", "qwen3", tiny.TEMPLATE, max_position_embeddings=2048)
    (row,) = bandwidth(str(folder), [2], "cpu", tokens=8)
    assert set(row) == {"batch", "step_ms", "gb_per_s", "copy_gb_per_s", "fraction"}
    assert row["copy_gb_per_s"] > 0


@pytest.mark.parametrize(
    "arguments", [{"sizes": [0]}, {"turns": 0}, {"reply": 0}, {"flip_tokens": -1}, {"seconds": -1}]
)
def test_sizes_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="at least"):
        bench_models(**arguments)


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "models", "--model", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# -- beliefs and lookahead ---------------------------------------------------------------------------------------------


def test_beliefs_are_timed_and_uncertainty_is_ranked(tmp_path: Path) -> None:
    row = bench_belief(tmp_path, "mini", episodes=2, alone=1, scenarios=12, seconds=0.01)
    assert json.loads((tmp_path / "belief.json").read_text()) == row
    for name in ("updates_per_cpu_s", "lookahead_batched", "lookahead_alone", "ratio"):
        assert row[name] > 0
    assert 0 <= row["auroc_low"] <= row["auroc"] <= row["auroc_high"] <= 1


def test_a_ranking_is_measured_over_all_pairs() -> None:
    scores, positive = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True])
    assert auroc(scores, positive) == (0.5 + 1 + 1 + 1) / 4
    assert np.isnan(auroc(scores, np.array([True] * 4)))


@pytest.mark.parametrize("arguments", [{"episodes": 0}, {"alone": -1}, {"scenarios": 0}, {"seconds": 0.0}])
def test_numbers_that_are_not_positive_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        bench_belief(**arguments)
