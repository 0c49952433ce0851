"""What the README shows works: its Python blocks, and the commands of the blocks that are marked to be run."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
MARK = "<!-- run -->"
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
_EPISODES = re.compile(r"\bepisodes=\d+")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, in which language, whether the line before it is the mark, and its text."""

    line: int
    language: str
    marked: bool
    text: str


def blocks(source: str) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(source):
        before = source[: match.start()]
        lines = before.splitlines()
        marked = bool(lines) and lines[-1].strip() == MARK
        found.append(Block(len(lines) + 1, match.group(1), marked, match.group(2)))
    return found


def commands(text: str) -> list[list[str]]:
    """The `pragenv` commands of a block, with few episodes (where they are run at all), as argument lists."""
    lines = [line.removeprefix("$ ") for line in text.replace("\\\n", " ").splitlines()]
    words = [shlex.split(line, comments=True) for line in lines if line.startswith("pragenv ")]
    return [argv if "--dry-run" in argv else [_EPISODES.sub("episodes=3", word) for word in argv] for argv in words]


def run(folder: Path, command: list[str]) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


BLOCKS = blocks(README.read_text(encoding="utf-8"))
PYTHON = [block for block in BLOCKS if block.language == "python"]
MARKED = [block for block in BLOCKS if block.marked]


def test_there_is_something_to_run() -> None:
    """An environment, and a task, a user and an agent of one's own; and commands."""
    text = "\n".join(block.text for block in PYTHON)
    for shown in ("gym.make(", "register_task(", "register_simulator(", "register_agent("):
        assert shown in text
    assert MARKED
    assert {block.language for block in MARKED} <= {"bash", "console", "sh"}
    assert all(commands(block.text) for block in MARKED)
    assert README.read_text(encoding="utf-8").count(MARK) == len(MARKED)


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: f"line{block.line}")
def test_a_python_block_runs_by_itself(block: Block, tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(block.text, encoding="utf-8")
    assert run(tmp_path, [sys.executable, "-W", "error", "shown.py"]).strip()


@pytest.mark.parametrize("block", MARKED, ids=lambda block: f"line{block.line}")
def test_the_commands_of_a_marked_block_run_in_order(block: Block, tmp_path: Path) -> None:
    for _, *arguments in commands(block.text):
        assert run(tmp_path, [sys.executable, "-m", "pragenv.cli", *arguments]).strip()


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: f"line{block.line}")
def test_what_is_made_of_ones_own_takes_under_twenty_lines(block: Block) -> None:
    assert len([line for line in block.text.splitlines() if line.strip()]) < 20


def test_blocks_are_found_with_their_marks() -> None:
    source = (
        f"a\n\n{MARK}\n```bash\npragenv run a=1 \\\n  episodes=500  # c\nls\n$ pragenv list\n```\n\n```python\nx\n```\n"
    )
    shell, python = blocks(source)
    assert (shell.marked, shell.language, shell.line) == (True, "bash", 4)
    assert (python.marked, python.text) == (False, "x\n")
    assert commands(shell.text) == [["pragenv", "run", "a=1", "episodes=3"], ["pragenv", "list"]]
