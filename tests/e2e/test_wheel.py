"""The wheel in an empty environment, away from the checkout, and a third party's wheel of twenty lines beside it."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pragenv", "pragenv_simulators", "pragenv_baselines")
THEIR_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "their-users"
version = "1.0"

[project.entry-points."pragenv.simulators"]
mine = "their_users:Mine"
"""
THEIR_MODULE = '''
from pragenv import Simulator, UserTurn


class Mine(Simulator):
    """A user who hums first."""

    def __init__(self, hum: str = "Hmm-hmm."):
        self.hum = hum

    def reply(self, view):
        said = view.task.say(view, view.task.truth(view), view.keys.turn(view.turn))
        return UserTurn(f"{self.hum} {said}")
'''

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]  # installed once, not by every worker


@dataclass(frozen=True)
class Installed:
    """An environment that holds both wheels and what they need, and the wheel that was built from the checkout."""

    bin: Path
    wheel: Path

    def run(self, folder: Path, *command: str) -> str:
        """The output of a program of the environment, in a folder, with nothing of this process's paths."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_", "VIRTUAL_ENV"))}
        program = str(self.bin / command[0])
        done = subprocess.run(
            [program, *command[1:]], cwd=folder, env=clean, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def build(project: Path, out: Path) -> Path:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    ours = build(ROOT, folder / "ours")
    (folder / "project").mkdir()
    (folder / "project" / "pyproject.toml").write_text(THEIR_PROJECT, encoding="utf-8")
    (folder / "project" / "their_users.py").write_text(THEIR_MODULE, encoding="utf-8")
    theirs = build(folder / "project", folder / "theirs")
    venv.create(folder / "env", with_pip=True)
    held = ROOT / "constraints.txt"
    constraint = ["--constraint", str(held)] if held.is_file() else []
    made = Installed(folder / "env" / ("Scripts" if os.name == "nt" else "bin"), ours)
    install = ["-m", "pip", "install", "--quiet", "--no-compile", *constraint, str(ours), str(theirs)]
    command = [str(made.bin / "python"), *install]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        path.parent.name: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted(out.glob("*/episodes.jsonl"))
    }


def test_the_wheel_holds_three_typed_packages_and_every_config(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = set(wheel.namelist())
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    configs = {f"pragenv/configs/{path.relative_to(ROOT / 'configs')}" for path in (ROOT / "configs").rglob("*.yaml")}
    assert len(configs) > 15
    assert configs <= names
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == set(PACKAGES)
    data = {
        str(path.relative_to(ROOT / "pragenv"))
        for path in (ROOT / "pragenv").rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".py")
    }
    assert {f"pragenv/{name}" for name in data} <= names


def test_the_packages_come_from_the_environment_and_not_from_the_checkout(installed: Installed, tmp_path: Path) -> None:
    script = "import pragenv, pragenv_simulators, pragenv_baselines as b; print(pragenv.__file__, b.__file__)"
    for place in installed.run(tmp_path, "python", "-c", script).split():
        assert Path(place).is_relative_to(installed.bin.parent)
        assert not Path(place).is_relative_to(ROOT)


def test_a_sweep_runs_away_from_the_checkout(installed: Installed, tmp_path: Path) -> None:
    said = installed.run(tmp_path, "pragenv", "sweep", "simulator=scripted", "agent=mute,oracle", "episodes=5")
    assert "oracle" in said
    found = rows(tmp_path / "results")
    assert [len(episodes) for episodes in found.values()] == [5, 5]
    summary = {row["agent"]: row["score"] for row in json.loads((tmp_path / "results" / "summary.json").read_text())}
    assert summary == {"mute": 0.0, "oracle": 1.0}
    assert (tmp_path / "results" / "report.html").stat().st_size > 1000
    for path in (tmp_path / "results").glob("*/meta.json"):
        assert json.loads(path.read_text())["commit"] is None


def test_gymnasium_imports_the_package_by_the_ids_prefix(installed: Installed, tmp_path: Path) -> None:
    script = (
        "import gymnasium as gym\n"
        "env = gym.make('pragenv:pragenv/Clarify-v0')\n"
        "observation, info = env.reset(seed=0)\n"
        "print(observation[0]['role'], env.step('ANSWER: nothing')[2])\n"
    )
    assert installed.run(tmp_path, "python", "-W", "error", "-c", script) == "system True\n"


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_somebody_elses_user_is_swept_over_by_name(installed: Installed, tmp_path: Path, launcher: str) -> None:
    assert "mine" in installed.run(tmp_path, "pragenv", "list")
    command = ["pragenv", "sweep", "simulator=mine,scripted", "agent=clarify_first,oracle", f"launcher={launcher}"]
    installed.run(tmp_path, *command, "episodes=5")
    found = rows(tmp_path / "results")
    assert len(found) == 4
    hummed = 0
    for episodes in found.values():
        assert len(episodes) == 5
        for row in episodes:
            assert row["score"] == 1.0
            said = [content for role, content in row["dialogue"] if role == "user"]
            assert all(line.startswith("Hmm-hmm. ") == (row["simulator"] == "mine") for line in said)
            hummed += sum(line.startswith("Hmm-hmm. ") for line in said)
    assert hummed > 10


def test_somebody_elses_user_takes_arguments_and_passes_the_contracts(installed: Installed, tmp_path: Path) -> None:
    overrides = ["simulator=mine", "+simulator.hum=La", "agent=oracle", "persona=terse", "episodes=2"]
    installed.run(tmp_path, "pragenv", "run", *overrides)
    ((first, second),) = rows(tmp_path / "results").values()
    assert first["dialogue"][0][1].startswith("La ")
    assert first["simulator"] == second["simulator"] == "mine(hum=La)+terse"
    assert "ok  " in installed.run(tmp_path, "pragenv", "check", "their_users:Mine")
