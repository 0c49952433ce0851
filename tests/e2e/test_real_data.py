"""Real requests: every valid record of the public file once, solved by the oracle and all but solved by asking."""

import json
from pathlib import Path
from typing import Any

import pytest

from pragenv.cli import main
from pragenv.types import canonical_json

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "intentions.json"
BAD = 3
AGENTS = ("answer_first", "clarify_first", "oracle")

pytestmark = pytest.mark.skipif(not SOURCE.is_file(), reason=f"no {SOURCE.name} beside the checkout")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The summary's rows and the records, by agent."""
    out = tmp_path_factory.mktemp("real") / "runs"
    task = ["task=clarify", f"task.source={SOURCE}", "task.on_bad=skip"]
    assert (
        main(["sweep", "simulator=scripted", *task, f"agent={','.join(AGENTS)}", "episodes=597", "--out", str(out)])
        == 0
    )
    summary = {row["agent"]: row for row in json.loads((out / "summary.json").read_text(encoding="utf-8"))}
    records = {}
    for path in out.glob("*/episodes.jsonl"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
        records[rows[0]["agent"]] = rows
    return summary, records


def test_every_valid_record_is_played_once_by_each(sweep: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given = json.loads(SOURCE.read_text(encoding="utf-8"))
    described: dict[str, int] = {}
    for record in given:
        options = [[o.strip() for o in detail["options"]] for detail in record["missing_details"]]
        described[canonical_json(options)] = described.get(canonical_json(options), 0) + 1
    _, records = sweep
    assert set(records) == set(AGENTS)
    for rows in records.values():
        assert len(rows) == len(given) - BAD == 597
        assert len({row["public"]["form"] for row in rows}) == 597
        played: dict[str, int] = {}
        for row in rows:
            options = canonical_json([field["options"] for field in row["public"]["fields"]])
            played[options] = played.get(options, 0) + 1
        assert sum(min(count, described.get(options, 0)) for options, count in played.items()) == 597


def test_the_agents_stand_where_they_should(sweep: tuple[dict[str, Any], dict[str, Any]]) -> None:
    summary, _ = sweep
    assert summary["oracle"]["score"] == 1.0
    assert summary["clarify_first"]["score"] >= 0.98
    assert summary["answer_first"]["score_high"] < summary["clarify_first"]["score_low"]
    for row in summary.values():
        assert (row["episodes"], row["scored"], row["simulator_errors"]) == (597, 597, 0)
        assert (row["agent_errors"], row["task_errors"]) == (0, 0)


def test_bad_records_stop_the_run_unless_they_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["run", "simulator=scripted", f"task.source={SOURCE}", "agent=mute", "episodes=1", "out=runs"]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "record" in said
    assert not Path("runs").exists()
    assert main([*command, "task.on_bad=skip"]) == 0
    skipped = [line for line in capsys.readouterr().out.splitlines() if line.startswith("skipped: ")]
    assert len(skipped) == BAD
    assert said.split("record ")[1].split()[0].strip(":,") in skipped[0]
