"""The command line: every command does its work, and bad input is one line and exit status 2."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from refusal import refused

import pragenv.env
from pragenv import __version__
from pragenv.cli import main
from pragenv.tasks.clarify import Clarify
from pragenv.types import Verdict

ARTEFACTS = {"summary.json", "summary.csv", "report.html", "figures", "tasks"}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sweep; tests that change it take a copy."""
    out = tmp_path_factory.mktemp("cli") / "runs"
    overrides = ["agent=answer_first,clarify_first", "task.setting=vague", "task.knobs.turn_cost=0.05"]
    assert main(["sweep", "simulator=scripted", *overrides, "episodes=4", "--out", str(out)]) == 0
    return out


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written by mistake is written there."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        path.parent.name: [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(folder.rglob("episodes.jsonl"))
    }


def test_a_sweep_writes_cells_and_report(swept: Path) -> None:
    assert {path.name for path in swept.iterdir()} > ARTEFACTS
    assert [len(episodes) for episodes in rows(swept).values()] == [4, 4]
    assert all("default" not in name and "turn_cost=0.05" in name for name in rows(swept))
    for path in swept.rglob("meta.json"):
        assert json.loads(path.read_text())["key"] in path.parent.name
    summary = {row["agent"]: row for row in json.loads((swept / "summary.json").read_text())}
    assert summary["clarify_first"]["score"] == 1.0
    assert {(row["episodes"], row["setting"]) for row in summary.values()} == {(4, "vague,turn_cost=0.05")}


def test_the_same_command_again_adds_nothing(
    swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(swept, out := tmp_path / "runs")
    monkeypatch.setattr(Clarify, "sample", lambda *_: pytest.fail("an episode was run"))
    overrides = ["agent=answer_first,clarify_first", "task.setting=vague", "task.knobs.turn_cost=0.05", "episodes=4"]
    assert main(["sweep", "simulator=scripted", *overrides, f"out={out}"]) == 0
    assert rows(out) == rows(swept)
    said = capsys.readouterr().out
    assert "clarify_first" in said
    assert f"report: {out / 'report.html'}" in said


def test_run_runs_one_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "run",
                "simulator=scripted",
                "task=twenty_questions",
                "agent=oracle",
                "episodes=2",
                "--out",
                str(tmp_path / "one"),
            ]
        )
        == 0
    )
    ((name, found),) = rows(tmp_path / "one").items()
    assert name.startswith("twenty_questions-default-scripted-oracle-")
    assert [row["score"] for row in found] == [1.0, 1.0]
    assert "1.00" in capsys.readouterr().out
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("name", ["a folder", "a,b", "a=b", "half (1)", "[x]", "ü"])
def test_out_may_have_any_name(tmp_path: Path, name: str) -> None:
    assert main(["run", "simulator=scripted", "agent=mute", "episodes=1", "--out", str(tmp_path / name)]) == 0
    assert len(rows(tmp_path / name)) == 1


def test_a_dry_run_says_everything_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        "sweep",
        "simulator=scripted",
        "agent=mute,oracle",
        "seed=0,1",
        "episodes=1000",
        "--dry-run",
        "--out",
        str(tmp_path / "new"),
    ]
    assert main(command) == 0
    *listed, total = capsys.readouterr().out.splitlines()
    assert len(set(listed)) == 4
    assert all(line.startswith(str(tmp_path / "new")) and line.endswith("1000 episodes") for line in listed)
    assert total == "4 cells, 4000 episodes in all; nothing was run"
    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


def test_report_goes_where_it_is_told(swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(swept, runs := tmp_path / "runs")
    for name in ("summary.json", "report.html"):
        (runs / name).unlink()
    assert main(["report", str(runs), "--out", str(tmp_path / "new")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == ARTEFACTS
    assert not (runs / "summary.json").exists()
    assert "clarify_first" in capsys.readouterr().out
    assert main(["report", str(runs)]) == 0
    assert (runs / "summary.json").read_bytes() == (tmp_path / "new" / "summary.json").read_bytes()


def test_compare_pairs_and_writes_what_it_prints(
    swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(swept), "clarify_first", "answer_first", "--out", str(tmp_path / "new")]) == 0
    (row,) = json.loads((tmp_path / "new" / "compare.json").read_text())
    scores = {name.split("-")[3]: [r["score"] for r in found] for name, found in rows(swept).items()}
    gap = (sum(scores["clarify_first"]) - sum(scores["answer_first"])) / 4
    assert (row["pairs"], row["score_difference"]) == (4, pytest.approx(gap))
    said = capsys.readouterr().out
    assert "test scripted: clarify_first minus answer_first, 4 pairs" in said.split("\n")[0]
    assert f"score    {gap:+.3f}" in said


def test_a_changed_grader_changes_verdicts_and_simulates_nothing(
    swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(swept, runs := tmp_path / "runs")
    assert main(["regrade", str(runs), "--out", str(tmp_path / "same")]) == 0
    assert [row["changed"] for row in json.loads((tmp_path / "same" / "regrade.json").read_text())] == [0, 0]
    monkeypatch.setattr(Clarify, "grade", lambda *_: Verdict(0.25, False, "stricter"))
    for simulating in ("reset", "step"):
        monkeypatch.setattr(pragenv.env.DialogueEnv, simulating, lambda *_, **__: pytest.fail("simulated"))
    capsys.readouterr()
    assert main(["regrade", str(runs), "--out", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.count("4 of 4 verdicts changed") == 2
    report = json.loads((tmp_path / "new" / "regrade.json").read_text())
    assert [(row["changed"], row["episodes"], row["score_after"]) for row in report] == [(4, 4, 0.25)] * 2
    assert report[1]["score_before"] == 1.0
    verdict = {"score", "solved", "reason", "reward"}
    for before, after in zip(rows(swept).values(), rows(runs).values(), strict=True):
        for old, new in zip(before, after, strict=True):
            assert {k: v for k, v in old.items() if k not in verdict} == {
                k: v for k, v in new.items() if k not in verdict
            }
            assert new["reward"] == pytest.approx(0.25 - 0.05 * new["turns"])
            assert (new["score"], new["solved"], new["reason"]) == (0.25, False, "stricter")


def test_play_shows_the_talk_and_then_the_intent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Is it alive?\nANSWER: a dog\n"))
    assert main(["play", "twenty_questions", "--seed", "3", "--setting", "small", "--persona", "terse"]) == 0
    said = capsys.readouterr().out
    before, after = said.split("The intent was")
    assert before.count("turns left") == 2
    assert "user: " in before
    concept = after.split("concept: ")[1].split("\n")[0]
    assert concept in said
    assert "committed" in before
    assert "--seed 3" in after
    assert list(Path.cwd().iterdir()) == []


def test_play_ends_where_the_input_ends(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["play", "clarify"]) == 0
    assert "agent_error" in capsys.readouterr().out


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    for name in ("pragenv/Clarify-v0", "pragenv/TwentyQuestions-small-v0", "scripted", "population", "clarify_first"):
        assert name in said


def test_check_runs_the_contracts_on_somebody_elses_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "pragenv_baselines.diagnostic:Mute"]) == 0
    held = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok  ", "no case  ")) for line in held)
    assert sum(line.startswith("ok  ") for line in held) >= 3


def test_check_names_the_rule_that_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("forgetful_user.py").write_text(
        "import itertools\nfrom pragenv import Simulator, UserTurn\n\n\nclass Counting(Simulator):\n"
        "    said = itertools.count()\n\n    def reply(self, view):\n        return UserTurn(f'{next(self.said)}')\n"
    )
    assert "Counting" in refused(capsys, "check", "forgetful_user:Counting")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"pragenv {__version__}\n"


def test_a_sweep_is_set_against_its_ceilings(swept: Path) -> None:
    (known,) = json.loads((swept / "ceilings.json").read_text())
    assert (known["task"], known["setting"], known["kind"]) == ("clarify", "vague,turn_cost=0.05", "exact")
    for row in json.loads((swept / "summary.json").read_text()):
        assert row["ceiling"] == known["value"]
        assert row["regret"] == pytest.approx(known["value"] - row["reward"])


def test_ceilings_are_printed_for_all_settings_or_those_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ceiling", "task=clarify", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    found = json.loads((tmp_path / "ceilings.json").read_text())
    assert [row["setting"] for row in found] == [setting.name for setting in Clarify.SETTINGS]
    assert all(row["setting"] in printed for row in found)
    assert main(["ceiling", "task=clarify", "task.setting=vague", "task.knobs.turn_cost=0.3,0.9"]) == 0
    assert capsys.readouterr().out.count("vague,turn_cost=") == 2
    assert main(["ceiling", "task=sharded", "task.setting=default", "task.knobs.kind=summary"]) == 0
    assert "no ceiling is known" in capsys.readouterr().out


def test_beliefs_are_written_beside_records(swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(swept, tmp_path / "runs")
    assert main(["belief", str(tmp_path / "runs")]) == 0
    assert capsys.readouterr().out.count("4 episodes") == 2
    for path in (tmp_path / "runs").rglob("belief.jsonl"):
        episodes = rows(path.parent)[path.parent.name]
        for line, episode in zip(path.read_text().splitlines(), episodes, strict=True):
            row = json.loads(line)
            assert row["index"] == episode["index"]
            assert len(row["information"]) == len(row["truth"]) == episode["turns"]
            assert sum(row["truth"]) == pytest.approx(sum(row["information"]))  # nobody lied


def test_records_without_declared_intents_have_no_beliefs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "runs"
    sweep = ["sweep", "task=sharded", "task.setting=math", "agent=mute", "episodes=1", "task.knobs.turn_limit=1"]
    assert main([*sweep, "--out", str(out)]) == 0
    assert main(["belief", str(out)]) == 0
    assert "declares no intents" in capsys.readouterr().out
    assert not list(out.rglob("belief.jsonl"))
