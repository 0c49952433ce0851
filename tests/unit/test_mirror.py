"""The mirror: a cell as a run of Weights & Biases, offline, with nothing of the network or of the user's account."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from records import episode, logged, write_run

from pragenv.cli import main
from pragenv.errors import ConfigError
from pragenv.metrics import summarise
from pragenv.mirror import MODES, mirror
from pragenv.types import Episode

SummaryDict = pytest.importorskip("wandb.sdk.wandb_summary").SummaryDict


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no account, and no address but this machine's own."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_RUN_ID", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # the discard port: nobody answers
    connect = socket.socket.connect

    def local(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a connection to {address} was tried")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local)


def cell(folder: Path, said: str = "two\nlines 🎲") -> tuple[list[Episode], dict[str, Any]]:
    rows = [episode(key, float(key % 2), turns=3, questions=2, said=said) for key in range(6)]
    write_run(folder, rows)
    return rows, {"key": "0123456789ab", "config": {"agent": {"name": "ask_k"}}, "seed": 0}


def tables(folder: Path) -> dict[str, dict[str, Any]]:
    """The tables of the one offline run below a folder, by name."""
    (run,) = folder.glob("offline-run-*")
    found = sorted((run / "files").rglob("*.table.json"))
    return {path.name.split("_")[0]: json.loads(path.read_text(encoding="utf-8")) for path in found}


def test_an_offline_run_holds_scalars_table_and_transcripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, meta = cell(tmp_path / "runs" / "cell")
    sent: dict[str, Any] = {}
    update = SummaryDict.update
    monkeypatch.setattr(SummaryDict, "update", lambda self, values: (sent.update(values), update(self, values))[1])
    mirror(tmp_path / "runs" / "cell", meta, {"name": "wandb", "transcripts": 4})
    (summary,) = summarise(rows)
    numbers = {name: value for name, value in summary.items() if isinstance(value, (int, float))}
    assert numbers["score"] == 0.5
    assert {name: sent[name] for name in numbers} == numbers
    (log,) = (tmp_path / "runs" / "wandb").glob("offline-run-*/*.wandb")
    assert logged(log, numbers) == set(numbers)
    held = tables(tmp_path / "runs" / "wandb")
    assert held["summary"]["columns"] == list(summary)
    assert held["summary"]["data"] == [list(summary.values())]
    transcripts = held["transcripts"]
    assert [line[0] for line in transcripts["data"]] == [0, 1, 2, 3]
    assert rows[1].dialogue[0].content in transcripts["data"][1][transcripts["columns"].index("transcript")]


def test_an_offline_run_is_whole_and_carries_the_cells_key(tmp_path: Path) -> None:
    _, meta = cell(tmp_path / "runs" / "cell")
    mirror(tmp_path / "runs" / "cell", meta, {})
    ((run,),) = [list((tmp_path / "runs" / "wandb").glob("offline-run-*"))]
    assert run.name.endswith("0123456789ab")
    (log,) = run.glob("*.wandb")
    assert logged(log, ["score"]) == {"score"}
    assert (tmp_path / "runs" / "cell" / "episodes.jsonl").exists()


def test_lines_within_an_utterance_are_no_lines_of_the_file(tmp_path: Path) -> None:
    rows, meta = cell(tmp_path / "runs" / "cell", "one\u2028two\x85three\x1cfour")
    mirror(tmp_path / "runs" / "cell", meta, {})
    transcripts = tables(tmp_path / "runs" / "wandb")["transcripts"]["data"]
    assert len(transcripts) == len(rows)
    assert rows[0].dialogue[0].content in transcripts[0][1]


def test_a_disabled_mirror_writes_nothing(tmp_path: Path) -> None:
    _, meta = cell(tmp_path / "runs" / "cell")
    before = sorted(tmp_path.rglob("*"))
    mirror(tmp_path / "runs" / "cell", meta, {"mode": "disabled"})
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before and path.is_file()] == []


@pytest.mark.parametrize("mode", ["sometimes", "", None, "OFFLINE"])
def test_another_mode_is_refused_before_anything_is_written(tmp_path: Path, mode: object) -> None:
    _, meta = cell(tmp_path / "runs" / "cell")
    with pytest.raises(ConfigError, match=", ".join(MODES)):
        mirror(tmp_path / "runs" / "cell", meta, {"mode": mode})
    assert not (tmp_path / "runs" / "wandb").exists()


def test_a_sweep_mirrors_each_of_its_cells(tmp_path: Path) -> None:
    command = [
        "sweep",
        "simulator=scripted",
        "agent=mute,oracle",
        "episodes=2",
        "logger=wandb",
        "--out",
        str(tmp_path / "runs"),
    ]
    assert main(command) == 0
    keys = {json.loads(path.read_text())["key"] for path in (tmp_path / "runs").glob("*/meta.json")}
    runs = {path.name.rsplit("-", 1)[-1] for path in (tmp_path / "runs" / "wandb").glob("offline-run-*")}
    assert runs == keys
    assert len(keys) == 2
