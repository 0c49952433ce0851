"""The real `transformers serve`, on loopback, with the bundled model: both sides of a conversation speak through it."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pragenv.models
from pragenv import Message
from pragenv.cli import main
from pragenv.models.endpoint import Endpoint
from pragenv.protocols import Completion, Sampling
from pragenv.rollout import EPISODES
from pragenv.run import quoted
from pragenv.types import Episode

MODEL = Path(pragenv.models.__file__).parent / "mini"
STARTS_WITHIN = 120.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (MODEL / "config.json").is_file(), reason="the bundled model has not been built"),
    pytest.mark.skipif(importlib.util.find_spec("uvicorn") is None, reason="needs transformers[serving]"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < limit:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"no server within {STARTS_WITHIN:g} s: {log.read_text()}")


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that was started for this module."""
    home = tmp_path_factory.mktemp("serve")
    (home / "hub").mkdir()  # it refuses to start without an existing cache
    offline = {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    port, log = free_port(), home / "log"
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(MODEL)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=os.environ | offline, cwd=home, stdout=out, stderr=out)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def episodes(out: Path) -> list[Episode]:
    (file,) = out.glob(f"*/{EPISODES}")
    return [Episode.from_json(line) for line in file.read_text(encoding="ascii").splitlines()]


def sweep(base_url: str, out: Path, *more: str) -> list[Episode]:
    """Four episodes in which user and agent speak through the server."""
    overrides = ["task=clarify", "simulator=lm", "agent=lm_greedy", "model=endpoint", "episodes=4", "batch_size=4"]
    overrides += [f"model.base_url={base_url}", f"model.model={quoted(str(MODEL))}", *more]
    assert main(["sweep", *overrides, "--out", str(out)]) == 0
    return episodes(out)


def test_what_the_server_ignores_is_reported(base_url: str) -> None:
    model = Endpoint(str(MODEL), base_url)
    prompts: list[Any] = [
        (Message("system", "Be brief."), Message("user", text)) for text in ("Hello!", "Book a table.")
    ]
    with pytest.warns(UserWarning, match="gives no log-probabilities"):
        rows = model.complete(prompts, Sampling(temperature=0.0, max_tokens=8), [1, 2])
    for row in rows:
        assert isinstance(row, Completion), row
        assert row.logprobs is None
        assert row.finish in ("stop", "length")
        assert (row.usage.completion or 0) <= 8
    assert model.ignored == {"logprobs": 2}
    assert json.loads(json.dumps(model.report()))["usage"]["errors"] == 0


def test_a_sweep_speaks_through_the_server_on_both_sides(base_url: str, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="gives no log-probabilities"):
        rows = sweep(base_url, tmp_path / "out")
    assert [row.index for row in rows] == [0, 1, 2, 3]
    assert not [row.error for row in rows if base_url in row.error]
    assert all(message.content for row in rows for message in row.dialogue if message.role == "user")


def test_a_recorded_sweep_replays_without_the_server(base_url: str, tmp_path: Path) -> None:
    tape = f"model.record={quoted(str(tmp_path / 'tape'))}"
    recorded = sweep(base_url, tmp_path / "recorded", tape)
    replayed = sweep("http://127.0.0.1:1/v1", tmp_path / "replayed", tape, "model.replay_only=true")
    assert [row.dialogue for row in replayed] == [row.dialogue for row in recorded]
    assert [row.end_reason for row in replayed] == [row.end_reason for row in recorded]
