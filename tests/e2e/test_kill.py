"""A sweep that is killed again and again ends with the same bytes as one that was left in peace."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SLOW = '''
"""A third party's agent that takes its time."""

import time

from pragenv import Agent


class Slow(Agent):
    """Says something of its own, asks in its own words, then commits to the most probable answer."""

    def act(self, view):
        time.sleep(0.004)
        if view.turn == 0:
            return "Let me think… 🤔 Is it alive?"
        return view.task.guess(view)
'''
OVERRIDES = (
    "simulator=scripted",
    "task=twenty_questions",
    "task.setting=small",
    "persona=population",
    "batch_size=7",
    "episodes=150",
)
OVERRIDES += ("agent=target", "agent._target_=slow_agent.Slow", "seed=0,1")
KILLS = 10


def start(folder: Path, out: Path, *overrides: str) -> subprocess.Popen[bytes]:
    """The sweep in a process group of its own, so that all of it can be killed at once."""
    command = [sys.executable, "-m", "pragenv.cli", "sweep", *OVERRIDES, *overrides, "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    log = (folder / "log").open("ab")
    with log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder, start_new_session=True)


def records(out: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(out.glob("*/episodes.jsonl"))}


def size(out: Path) -> int:
    return sum(len(content) for content in records(out).values())


@pytest.mark.slow
def test_ten_kills_leave_the_episodes_of_an_uninterrupted_run(tmp_path: Path) -> None:
    (tmp_path / "slow_agent.py").write_text(SLOW, encoding="utf-8")
    undisturbed = start(tmp_path, tmp_path / "whole")
    assert undisturbed.wait(60) == 0, (tmp_path / "log").read_text()
    whole = records(tmp_path / "whole")
    assert [content.count(b"\n") for content in whole.values()] == [150, 150]

    # Each kill comes once the sweep has written something new, at a moment that falls anywhere within a block.
    rng, out, hits = random.Random(20), tmp_path / "killed", 0
    share = size(tmp_path / "whole") // (KILLS + 2)
    for _ in range(KILLS):
        held, process = size(out), start(tmp_path, out)
        wanted = held + rng.randrange(1, share)
        deadline = time.monotonic() + 20
        while process.poll() is None and size(out) < wanted and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(rng.random() * 0.03)
        hits += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert size(out) > held
        for name, content in records(out).items():
            finished = content[: content.rfind(b"\n") + 1]
            assert whole[name].startswith(finished)
    assert hits == KILLS
    assert records(out) != whole

    assert start(tmp_path, out).wait(60) == 0, (tmp_path / "log").read_text()
    assert records(out) == whole
    for name in ("summary.json", "summary.csv"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
