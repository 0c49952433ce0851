"""Bad input on the command line: one line that says why, exit status 2, no traceback, nothing written."""

import sys
from pathlib import Path

import pytest
from refusal import refused

from pragenv.cli import main

PLUGINS = """
from pragenv import Agent, Simulator, UserTurn


class Absent(Simulator):
    def __init__(self):
        raise OSError("the model file is missing")

    def reply(self, view):
        return UserTurn("x")


class Line(Agent):
    def act(self, view):
        return "one\\u2028two\\x85three"
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written is written there; modules of a third party lie on the path."""
    (tmp_path / "here").mkdir()
    (tmp_path / "their_parts.py").write_text(PLUGINS)
    (tmp_path / "their_broken_parts.py").write_text("raise RuntimeError('half installed')")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("their_parts", "their_broken_parts"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ("sweep agent=bogus", "'bogus'; known: answer_first"),
        ("sweep agent=orcale", "did you mean 'oracle'"),
        ("run seed=0,1", "use `pragenv sweep`"),
        ("run episodes=many", "episodes=many"),
        ("run episodes=0", "at least 1"),
        ("run colour=red", "'colour'"),
        ("run a", "'a'"),
        ("run agent=mute)", "extraneous"),
        ("run --quick", "'--quick'"),
        ("run split=tset", "'tset'"),
        ("run persona=rude", "'rude'"),
        ("run task.setting=hidden_form agent=ask_k", "does not apply"),
        ("run task=target", "_target_"),
        ("run simulator=target simulator._target_=no_such.User", "no_such"),
        ("run simulator=target simulator._target_=their_broken_parts.User", "half installed"),
        ("run simulator=target simulator._target_=their_parts.Absent", "the model file is missing"),
        ("run agent=ask_k agent.k=few", "few"),
        ("run task.knobs=3", "knobs"),
        ("run simulator=null", "simulator"),
        ("run task.source=nowhere.json", "nowhere.json"),
        ("run logger=wandb logger.mode=sometimes episodes=1", "sometimes"),
        ("report nowhere", "nowhere: no such folder"),
        ("report .", "no episodes.jsonl"),
        ("regrade nowhere", "nowhere: no such folder"),
        ("compare nowhere a b", "nowhere: no such folder"),
        ("play clarfy", "did you mean 'clarify'"),
        ("play clarify --setting hard", "'hard'"),
        ("play clarify --simulator bot", "'bot'"),
        ("check no_such:Thing", "no_such:Thing"),
        ("check their_broken_parts:Thing", "half installed"),
        ("check pragenv.types:Episode", "Episode"),
        ("check pragenv.types:SCHEMA_VERSION", "a int"),
        ("bench env --seconds 0", "seconds must be positive"),
        ("train-mini --out mini --share 2", "share must be in [0, 1], got 2.0"),
        ("train-mini --out mini --steps 1", "steps must be at least 2, got 1"),
        ("bench env --repeats 0", "repeats at least 1"),
    ],
)
def test_bad_input_is_a_line(capsys: pytest.CaptureFixture[str], argv: str, said: str) -> None:
    assert said in refused(capsys, *argv.split())
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    "argv",
    [
        "",
        "fly",
        "report",
        "compare x y",
        "play",
        "bench",
        "bench gpu",
        "train-mini",
        "bench env --seconds fast",
        "list all",
    ],
)
def test_a_command_that_there_is_not_ends_with_the_usage(capsys: pytest.CaptureFixture[str], argv: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv.split())
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "error:" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_records_of_another_schema_are_a_line(capsys: pytest.CaptureFixture[str], launcher: str) -> None:
    command = ["sweep", "simulator=scripted", "agent=mute,oracle", f"launcher={launcher}", "--out", "runs"]
    assert main([*command, "episodes=1"]) == 0
    path = next(Path("runs").rglob("*mute*/episodes.jsonl"))
    path.write_text(held := path.read_text().replace('"schema":1', '"schema":0'))
    capsys.readouterr()
    assert "line 1: schema 0" in refused(capsys, *command, "episodes=2")
    assert path.read_text() == held


def test_the_agents_compared_have_to_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "simulator=scripted", "agent=mute,oracle", "episodes=1", "--out", "runs"]) == 0
    capsys.readouterr()
    assert "did you mean 'oracle'" in refused(capsys, "compare", "runs", "orcale", "mute")


def test_a_source_that_is_gone_cannot_be_graded_again(capsys: pytest.CaptureFixture[str]) -> None:
    field = '{"description": "Size", "importance": "1", "inquiry": "Which size?", "options": ["small", "large"]}'
    Path("s.json").write_text(f'[{{"id": "a", "category": "C", "task": "A pizza!", "missing_details": [{field}]}}]')
    assert main(["run", "simulator=scripted", "task.source=s.json", "episodes=1", "--out", "runs"]) == 0
    capsys.readouterr()
    Path("s.json").unlink()
    assert "s.json" in refused(capsys, "regrade", "runs")


def test_lines_within_an_utterance_are_no_lines_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "run",
                "simulator=scripted",
                "agent=target",
                "agent._target_=their_parts.Line",
                "episodes=2",
                "--out",
                "runs",
            ]
        )
        == 0
    )
    for command in ("report", "regrade"):
        assert main([command, "runs"]) == 0
    assert "0 of 2 verdicts changed" in capsys.readouterr().out
