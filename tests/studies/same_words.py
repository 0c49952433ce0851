"""Do batching, a kill and a resumption change what language models say to each other?

`python tests/studies/same_words.py` plays the same conversations (language models on both sides,
`deterministic=true`, users drawing at temperature 0.7) twice: side by side, and one at a time with a kill in the
middle. It exits with 0 where all dialogues are the same to the letter, over at least 5,000 turns.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LEAST = 5000  # turns
_EXPERIMENT = (
    *("task=twenty_questions", "simulator=lm", "agent=lm_prompted", "model=mini", "model.deterministic=true"),
    *("simulator.guard=false",),  # eight drafts a turn would only make it slower
)


def start(out: Path, *overrides: str) -> subprocess.Popen[bytes]:
    """A sweep in a process group of its own, so that all of it can be killed at once."""
    command = [sys.executable, "-m", "pragenv.cli", "sweep", *_EXPERIMENT, *overrides, "--out", str(out)]
    with (out.parent / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def written(out: Path) -> bytes:
    """The records so far."""
    return b"".join(path.read_bytes() for path in sorted(out.glob("*/episodes.jsonl")))


def dialogues(out: Path) -> list[Any]:
    """What was said in each episode, and how it ended."""
    rows = map(json.loads, written(out).splitlines())
    return [(row["dialogue"], row["end_reason"], row["score"]) for row in rows]


def turns(played: list[Any]) -> int:
    """How many messages either side said in these dialogues."""
    return sum(role != "system" for dialogue, *_ in played for role, _ in dialogue)


def killed(out: Path, at: int, *overrides: str) -> bool:
    """Start a sweep, and kill it once its records hold `at` bytes; whether it was still running then."""
    process = start(out, *overrides)
    while process.poll() is None and len(written(out)) < at:
        time.sleep(0.02)
    running = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return running


def compare(folder: Path, conversations: int) -> tuple[list[Any], list[Any], bool]:
    """The dialogues in batches of 64; those of a sweep one at a time, killed half-way and resumed; was it killed?

    Raises:
        RuntimeError: where a sweep fails; its output is in `folder/log`.
    """
    episodes = f"episodes={conversations}"
    together, alone = folder / "together", folder / "alone"
    _finish(start(together, episodes, "batch_size=64"), folder)
    hit = killed(alone, len(written(together)) // 2, episodes, "batch_size=1")
    _finish(start(alone, episodes, "batch_size=1"), folder)
    return dialogues(together), dialogues(alone), hit


def _finish(process: subprocess.Popen[bytes], folder: Path) -> None:
    if process.wait():
        raise RuntimeError((folder / "log").read_text(encoding="utf-8")[-2000:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=900)
    wanted = parser.parse_args().conversations
    with tempfile.TemporaryDirectory() as made:
        one, other, hit = compare(Path(made), wanted)
    said = turns(one)
    counts = f"{len(one)} conversations, {said} turns of either side"
    sys.stdout.write(f"{counts}; killed half-way: {hit}; the same: {one == other}\n")
    raise SystemExit(not (hit and one == other and said >= LEAST))
