"""What `pragenv audit` and sweeps write of their users, and what reports make of it."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from records import episode, write_run
from refusal import refused

from pragenv import Simulator, UserTurn, UserView
from pragenv.audit import audit
from pragenv.audit.judge import MEASURES
from pragenv.audit.page import write_audit
from pragenv.cli import main
from pragenv.errors import DataError
from pragenv.metrics import summarise
from pragenv.registration import make_simulator, register_simulator, simulators
from pragenv.report import spread_text, write_report
from pragenv.tasks.clarify import Clarify

KEYS = {"task", "measure", "rate", "low", "high", "n"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written by mistake is written there."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


class Marking(Simulator):
    """Speaks in markup."""

    def reply(self, view: UserView) -> UserTurn:
        return UserTurn("</script><script>alert(1)</script><img src=x onerror=alert(2)>")


@pytest.fixture
def marking() -> Iterator[None]:
    register_simulator("<b>marking</b>", Marking)
    yield
    del simulators._registered["<b>marking</b>"]


class Tags(HTMLParser):
    """The elements of a page, and its text outside scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        assert not any(
            name in ("src", "href") and not str(value).startswith(("data:", "#", "tasks/")) for name, value in attrs
        )

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] not in ("script", "style"):
            self.text += data


def written(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "audit.json").read_text())
    return found


def test_the_command_writes_rows_page_and_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["simulator=scripted", "persona=noisy", "task=clarify,twenty_questions", "--turns", "200"]
    assert main(["audit", *command, "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {"audit.json", "audit.html", "examples.jsonl"}
    found = written(out)
    assert all(set(row) == KEYS for row in found["rows"])
    assert [(row["task"], row["measure"]) for row in found["rows"]] == [
        (task, measure) for task in ("clarify", "twenty_questions") for measure in MEASURES
    ]
    assert all(row["n"] >= 200 for row in found["rows"] if row["measure"] == "simulator_errors")
    assert found["about"]["simulator"] == "scripted+noisy"
    assert found["about"]["tasks"]["clarify"]["splits"] == ["test", "test_phrasing"]
    examples = [json.loads(line) for line in (out / "examples.jsonl").read_text().splitlines()]
    assert {"contradicts"} <= {row["error"] for row in examples} <= set(MEASURES)
    rate = next(row["rate"] for row in found["rows"] if row["measure"] == "contradicts")
    assert f"clarify contradicts {rate:.1%}" in " ".join(capsys.readouterr().out.split())
    page = Tags((out / "audit.html").read_text())
    assert f"{rate:.1%}" in page.text
    assert all(name in page.text for name in (*MEASURES, "Disclosure by turn", "clarify_user", "distinct-2"))
    assert list(Path.cwd().iterdir()) == []


def test_the_same_command_writes_the_same_bytes(tmp_path: Path) -> None:
    for out in ("one", "two"):
        command = ["audit", "simulator=scripted", "persona=over_disclosing", "--turns", "60", "--out"]
        assert main([*command, str(tmp_path / out)]) == 0
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / out).iterdir()} for out in ("one", "two"))
    assert one == two
    assert len(one) == 3


def test_settings_splits_and_seeds_are_overrides(tmp_path: Path) -> None:
    command = ["audit", "simulator=scripted", "task.setting=vague", "task.knobs.turn_cost=0.1", "split=train", "seed=5"]
    assert main([*command, "--turns", "50", "--out", str(tmp_path)]) == 0
    about = written(tmp_path)["about"]
    assert about["tasks"]["clarify"]["setting"] == "vague,turn_cost=0.1"
    assert about["tasks"]["clarify"]["splits"] == ["train"]
    assert (about["seed"], about["batch_size"], about["turns"]) == (5, 64, 50)


def test_a_setting_for_which_the_usual_agent_does_not_apply_can_be_audited(tmp_path: Path) -> None:
    command = ["audit", "simulator=scripted", "task.setting=hidden_form", "--turns", "50", "--out", str(tmp_path)]
    assert main(command) == 0
    assert written(tmp_path)["rows"][0]["rate"] == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ("simulator=scripted --turns 0", "turns must be at least 1"),
        ("simulator=scripted --quick", "'--quick'"),
        ("simulator=bogus", "'bogus'"),
        ("simulator=scripted persona=null,noisy", "an audit is of one simulator; got scripted, scripted+noisy"),
        ("simulator=scripted task.setting=small,large", "one setting and split for each task"),
        ("simulator=scripted seed=1,2", "an audit is of one seed"),
    ],
)
def test_what_cannot_be_audited_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: str, said: str
) -> None:
    assert said in refused(capsys, "audit", *argv.split(), "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_audit_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    class Interrupted(Simulator):
        said = 0

        def reply(self, view: UserView) -> UserTurn:
            self.said += 1
            if self.said > 30:
                raise KeyboardInterrupt
            return UserTurn("Hm.")

    globals()["Interrupted"] = Interrupted
    try:
        user = ["simulator=target", f"simulator._target_={__name__}.Interrupted"]
        assert main(["audit", *user, "--turns", "100", "--out", str(tmp_path / "out")]) == 130
    finally:
        del globals()["Interrupted"]
    assert not (tmp_path / "out").exists()


def test_no_text_becomes_markup(tmp_path: Path, marking: None) -> None:
    user = make_simulator("<b>marking</b>")
    findings = audit(Clarify(), Clarify().setting("default"), user, "<i>clarify</i>", turns=80)
    write_audit(tmp_path, [findings], {"simulator": "<b>marking</b>", "seed": 0, "turns": 80, "batch_size": 64})
    page = Tags((tmp_path / "audit.html").read_text())
    assert page.tags.count("script") == 1
    assert not {"b", "i"} & set(page.tags)
    assert page.tags.count("img") == 1
    assert "<img src=x onerror=alert(2)>" in page.text
    assert "<b>marking</b>" in page.text


def test_a_user_without_fault_has_no_examples(tmp_path: Path) -> None:
    findings = audit(Clarify(), Clarify().setting("default"), make_simulator("scripted"), turns=20)
    assert findings.examples == []
    write_audit(tmp_path, [findings], {"simulator": "scripted", "seed": 0, "turns": 20, "batch_size": 64})
    assert "No error was found." in Tags((tmp_path / "audit.html").read_text()).text


# -- sweeps and reports ------------------------------------------------------------------------------------------------


def test_a_sweep_carries_the_audit_of_its_users_and_the_spread_of_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs"
    command = ["simulator=scripted", "persona=null,noisy", "agent=ask_k,clarify_first", "episodes=60"]
    assert main(["sweep", *command, "--out", str(out)]) == 0
    rows = written(out)["rows"]
    assert all(set(row) == KEYS | {"setting", "simulator"} for row in rows)
    assert [row["simulator"] for row in rows] == ["scripted"] * len(MEASURES) + ["scripted+noisy"] * len(MEASURES)
    wrong = {row["simulator"]: row["rate"] for row in rows if row["measure"] == "contradicts"}
    assert wrong["scripted"] == 0 < wrong["scripted+noisy"]
    summary = {(row["simulator"], row["agent"]): row["score"] for row in json.loads((out / "summary.json").read_text())}
    across = json.loads((out / "simulators.json").read_text())
    assert [row["agent"] for row in across] == ["ask_k", "clarify_first"]
    for row in across:
        met = [summary[simulator, row["agent"]] for simulator in ("scripted", "scripted+noisy")]
        assert row["spread"] == pytest.approx(max(met) - min(met))
    page = Tags((out / "report.html").read_text()).text
    assert "How faithful were the users?" in page
    assert f"{wrong['scripted+noisy']:.1%}" in page
    assert "Under different users" in page
    assert "scripted+noisy  spread" in capsys.readouterr().out


def test_a_report_of_one_user_that_nobody_audited_has_neither(tmp_path: Path) -> None:
    write_run(tmp_path / "cell", [episode(k, k % 2) for k in range(4)])
    write_report(tmp_path)
    page = Tags((tmp_path / "report.html").read_text()).text
    assert "How faithful" not in page
    assert "Under different users" not in page
    assert not (tmp_path / "simulators.json").exists()


def test_the_spread_is_over_simulators_that_an_agent_met() -> None:
    rows = summarise(
        [
            *(episode(k, 1.0, simulator="task", agent="a") for k in range(4)),
            *(episode(k, float(k % 2), simulator="other", agent="a") for k in range(4)),
            *(episode(k, 0.0, simulator="third", agent="b") for k in range(4)),
        ]
    )
    lines = spread_text(rows).splitlines()
    assert lines[0].split() == ["task", "setting", "agent", "other", "task", "spread"]
    assert lines[2].split()[0] == "clarify"
    assert lines[2].endswith("0.50")
    assert len(lines) == 3
    assert spread_text(rows[:1]) == ""


def test_an_audit_in_the_folder_is_shown_as_text(tmp_path: Path) -> None:
    write_run(tmp_path / "cell", [episode(k, k % 2) for k in range(4)])
    facts = {"measure": "<u>odd</u>", "rate": 0.25, "low": 0.1, "high": 0.5, "n": 4}
    row = {"task": "<b>t</b>", "setting": "s", "simulator": "u", **facts}
    held = {"about": {"gold": "<i>how</i>", "measures": {"<u>odd</u>": "x", "lacking": "y"}}, "rows": [row]}
    (tmp_path / "audit.json").write_text(json.dumps(held))
    write_report(tmp_path)
    page = Tags((tmp_path / "report.html").read_text())
    assert not {"u", "b", "i"} & set(page.tags)
    assert "25.0% [10.0%, 50.0%]" in page.text


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"rows": [{}], "about": {"gold": "", "measures": {}}}'])
def test_a_file_of_that_name_that_is_no_audit_is_named(tmp_path: Path, content: str) -> None:
    write_run(tmp_path / "cell", [episode(k) for k in range(2)])
    (tmp_path / "audit.json").write_text(content)
    with pytest.raises(DataError, match=r"audit\.json: not an audit"):
        write_report(tmp_path)


def test_users_that_cannot_be_judged_leave_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Clarify, "holds", lambda *_: 1 / 0)
    assert main(["run", "simulator=scripted", "agent=clarify_first", "episodes=2", "--out", str(tmp_path)]) == 0
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert list(written(tmp_path)["about"]["unjudged"]) == ["clarify/default/scripted"]
