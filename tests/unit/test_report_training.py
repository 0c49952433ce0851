"""Reports of trained agents: means over training seeds, paired differences, curves, and training that is not there."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from records import episode, write_run

from pragenv.files import write_json
from pragenv.intervals import student
from pragenv.report import write_report
from pragenv.report.learning import learning_panels
from pragenv.report.records import read, read_ceilings
from pragenv.report.trained import trained
from pragenv.report.training import training_tables, training_text
from pragenv.types import Message

T2 = 4.302652729911275
"""The 0.975 quantile of Student's t with two degrees of freedom, from a table."""
SOLVED = {"next_turn": (1, 1, 2), "conversation(tokens=forking)": (2, 3, 4)}
"""How many of four conversations each training seed solves."""
REACHED = {"next_turn": (None, None, 300), "conversation(tokens=forking)": (100, 200, 300)}
"""The conversations sampled when validation first is at 90% of a ceiling of 0.8."""
FIGURES = ("learning_curves", "success_against_share")


def config(objective: str, seed: int, share: float, **options: Any) -> dict[str, Any]:
    name, _, rest = objective.partition("(tokens=")
    ref = {"name": name, "tokens": rest.rstrip(")")} if rest else name
    base = {"share": share, "steps": 300}
    return {"name": "trained", "objective": ref, "base": base, "training_seed": seed, "folder": "/away"} | options


def write_training(folder: Path, objective: str, seed: int, share: float, reached: int | None, lines: int = 6) -> None:
    """A training run of a validation every 100 conversations, 30 seconds an iteration."""
    folder.mkdir(parents=True)
    facts = {"objective": objective, "training_seed": seed, "base_share": share, "task": "clarify"}
    write_json(folder / "training.json", facts | {"setting": "default", "episodes": 50 * lines, "tokens": 9})
    curve, timing = [], []
    for i in range(lines):
        at = 50 * (i + 1)
        line: dict[str, Any] = {"iteration": i, "episodes": at, "tokens": at, "reward": 0.1 * i, "questions": None}
        if at % 100 == 0:
            reward = 0.72 if reached is not None and at >= reached else 0.1 + 0.0005 * at + 0.02 * seed
            line["validation"] = {"score": reward, "reward": reward, "questions": 1.0, "episodes": 8}
        curve.append(json.dumps(line) + "\n")
        timing.append(json.dumps({"iteration": i, "seconds": 30.0 * (i + 1)}) + "\n")
    (folder / "curve.jsonl").write_text("".join(curve))
    (folder / "timing.jsonl").write_text("".join(timing))


def write_cell(
    out: Path, objective: str, seed: int, share: float = 0.1, *, solved: int = 2, requests: int = 4, **changes: Any
) -> Path:
    """A cell of some conversations; those about an even key need asking."""
    agent = f"trained(base={share},objective={objective},training_seed={seed})"
    rows = [
        episode(
            k,
            float(k < solved),
            agent=agent,
            questions=k,
            turns=k + 1,
            cost=0.1,
            needs_asking=k % 2 == 0,
            dialogue=(Message("user", "hello"), Message("assistant", "How many guests, please?" if k else "ANSWER: 4")),
            **changes,
        )
        for k in range(requests)
    ]
    folder = f"training/{objective}-{seed}-{share}"
    cell = out / f"cell-{len(list(out.glob('cell-*')))}"
    write_run(cell, rows, training=folder, config={"agent": config(objective, seed, share)})
    return out / folder


def sweep(out: Path, shares: tuple[float, ...] = (0.1,), seeds: int = 3) -> Path:
    for share in shares:
        for objective in SOLVED:
            for seed in range(seeds):
                folder = write_cell(out, objective, seed, share, solved=SOLVED[objective][seed])
                write_training(folder, objective, seed, share, REACHED[objective][seed])
    known = {"task": "clarify", "setting": "default", "split": "test"}
    write_json(out / "ceilings.json", [known | {"value": 0.8, "reached": 0.8, "kind": "exact", "margin": 0.0}])
    return out


def tables(out: Path) -> dict[str, Any]:
    """What a report writes to `training.json`."""
    found = training_tables(trained(read(out), out), read_ceilings(out / "ceilings.json"))
    assert found is not None
    return found


def test_means_are_over_seeds_with_students_interval(tmp_path: Path) -> None:
    conversation, reference = tables(sweep(tmp_path))["rows"]
    assert (conversation["objective"], conversation["base_share"]) == ("conversation(tokens=forking)", 0.1)
    assert (conversation["seeds"], conversation["training_seeds"], conversation["episodes"]) == (3, [0, 1, 2], 12)
    half = T2 * 0.25 / np.sqrt(3)  # of 0.5, 0.75 and 1
    for name in ("score", "success"):
        found = [conversation[f"{name}{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([0.75, 0.75 - half, 0.75 + half])
    # A turn costs 0.1, and there are 1, 2, 3 and 4 of them.
    assert conversation["reward"] == pytest.approx(0.75 - 0.25)
    assert conversation["reward_high"] == pytest.approx(0.5 + half)
    assert conversation["fraction_of_ceiling"] == pytest.approx(0.5 / 0.8)
    assert conversation["fraction_of_ceiling_low"] == pytest.approx((0.5 - half) / 0.8)
    assert conversation["turns"] == 2.5
    assert (conversation["questions"], conversation["questions_low"]) == (1.5, 1.5)
    assert (conversation["asked_when_needed"], conversation["asked_when_not_needed"]) == (0.5, 1.0)
    assert conversation["agent_tokens"] == (3 + 3 * 6) / 4  # "ANSWER: 4", and "How many guests, please?"
    assert reference["score"] == pytest.approx(1 / 3)


def test_differences_are_paired_by_training_seed(tmp_path: Path) -> None:
    (row,) = tables(sweep(tmp_path))["differences"]
    assert (row["objective"], row["reference"], row["pairs"]) == ("conversation(tokens=forking)", "next_turn", 3)
    gaps = np.array([0.25, 0.5, 0.5])
    half = T2 * gaps.std(ddof=1) / np.sqrt(3)
    for name in ("score", "reward"):
        found = [row[f"{name}_difference{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([gaps.mean(), gaps.mean() - half, gaps.mean() + half])
        assert row[f"{name}_excludes_0"] is True


def test_seeds_that_had_other_requests_are_not_paired(tmp_path: Path) -> None:
    for objective, requests in (("next_turn", (4, 4)), ("conversation", (6, 4))):
        for seed in range(2):
            write_cell(tmp_path, objective, seed, solved=2, requests=requests[seed])
    (row,) = tables(tmp_path)["differences"]
    assert (row["pairs"], row["score_difference"]) == (1, 0.0)


def test_a_difference_that_may_be_nothing_says_so(tmp_path: Path) -> None:
    for objective, solved in (("next_turn", (2, 3)), ("conversation", (3, 3))):
        for seed in range(2):
            write_cell(tmp_path, objective, seed, solved=solved[seed])
    (row,) = tables(tmp_path)["differences"]
    assert (row["score_difference"], row["score_excludes_0"]) == (0.125, False)
    assert row["score_difference_low"] == pytest.approx(0.125 - 12.706204736 * 0.125)


def test_time_to_the_ceiling_is_by_seed_and_never_is_infinite_in_the_median(tmp_path: Path) -> None:
    conversation, reference = tables(sweep(tmp_path))["rows"]
    assert conversation["episodes_to_90"] == [100, 200, 300]
    assert conversation["minutes_to_90"] == [1.0, 2.0, 3.0]
    assert (conversation["episodes_to_90_median"], conversation["minutes_to_90_median"]) == (200, 2.0)
    assert reference["episodes_to_90"] == [None, None, 300]
    assert (reference["episodes_to_90_median"], reference["minutes_to_90_median"]) == (None, None)
    assert reference["episodes_to_90_known"] == 3


def test_the_ceiling_of_another_split_serves_where_the_own_has_none(tmp_path: Path) -> None:
    sweep(tmp_path)
    write_json(
        tmp_path / "ceilings.json", [json.loads((tmp_path / "ceilings.json").read_text())[0] | {"split": "train"}]
    )
    found = tables(tmp_path)["rows"][0]
    assert (found["split"], found["episodes_to_90_median"]) == ("test", 200)
    assert found["fraction_of_ceiling"] == pytest.approx(0.5 / 0.8)
    (tmp_path / "ceilings.json").unlink()
    found = tables(tmp_path)["rows"][0]
    assert (found["fraction_of_ceiling"], found["episodes_to_90"]) == (None, [None, None, None])
    assert found["episodes_to_90_known"] == 0


def test_one_seed_has_no_interval(tmp_path: Path) -> None:
    found = tables(sweep(tmp_path, seeds=1))
    for row in found["rows"]:
        assert (row["seeds"], row["score_low"], row["score_high"]) == (1, None, None)
    (row,) = found["differences"]
    assert (row["score_difference"], row["score_difference_low"], row["score_excludes_0"]) == (0.25, None, None)
    assert "0.50 " in training_text(found)
    assert student(np.array([])).value is None


def test_rows_of_the_summary_say_what_their_agent_was_trained_for(tmp_path: Path) -> None:
    sweep(tmp_path, seeds=1)
    write_run(tmp_path / "other", [episode(k, agent="mute") for k in range(3)])
    rows = {row["agent"]: row for row in write_report(tmp_path)}
    assert {(row["objective"], row["training_seed"], row["base_share"]) for row in rows.values()} == {
        (None, None, None),
        ("next_turn", 0, 0.1),
        ("conversation(tokens=forking)", 0, 0.1),
    }
    assert rows["mute"]["objective"] is None
    head = (tmp_path / "summary.csv").read_text().splitlines()[0]
    assert head.startswith("task,setting,split,simulator,agent,objective,training_seed,base_share,episodes,")


def test_without_trained_agents_nothing_is_written(tmp_path: Path) -> None:
    sweep(tmp_path)
    write_report(tmp_path)
    assert {path.stem for path in (tmp_path / "figures").iterdir()} > {*FIGURES}
    for cell in tmp_path.glob("cell-*"):
        shutil.rmtree(cell)
    write_run(tmp_path / "other", [episode(k, agent="mute") for k in range(3)])
    write_report(tmp_path)
    assert not (tmp_path / "training.json").exists()
    assert {path.stem for path in (tmp_path / "figures").iterdir()}.isdisjoint(FIGURES)
    assert 'id="training"' not in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: shutil.rmtree(folder), r"next_turn-0-0\.1: missing"),
        (lambda folder: (folder / "curve.jsonl").unlink(), r"curve\.jsonl: missing"),
        (lambda folder: (folder / "curve.jsonl").write_text('{"iteration": 0'), r"curve\.jsonl: JSONDecodeError"),
        (lambda folder: (folder / "curve.jsonl").write_text('{"iteration": 0}'), r"curve\.jsonl: KeyError"),
        (lambda folder: (folder / "curve.jsonl").write_text('[{"reward": NaN}]'), r"NaN is no number"),
        (lambda folder: (folder / "timing.jsonl").write_text("[]"), r"timing\.jsonl: TypeError"),
        (lambda folder: (folder / "training.json").write_text("3"), r"training\.json: TypeError"),
    ],
)
def test_training_that_cannot_be_read_is_named_and_the_rest_is_reported(tmp_path: Path, damage: Any, said: str) -> None:
    before = tables(sweep(tmp_path))
    damage(tmp_path / "training" / "next_turn-0-0.1")
    found = tables(tmp_path)
    (line,) = found["missing"]
    assert re.search(said, line)
    assert found["differences"] == before["differences"]
    assert [row["score"] for row in found["rows"]] == [row["score"] for row in before["rows"]]
    assert f"not read: {line}" in training_text(found)


def test_seeds_without_a_curve_are_left_out_of_the_median(tmp_path: Path) -> None:
    sweep(tmp_path)
    (tmp_path / "training" / "conversation(tokens=forking)-2-0.1" / "curve.jsonl").unlink()
    found = tables(tmp_path)["rows"][0]
    assert (found["episodes_to_90"], found["episodes_to_90_known"]) == ([100, 200, None], 2)
    assert found["episodes_to_90_median"] == 150


def test_a_cell_that_names_no_training_is_described_by_its_configuration(tmp_path: Path) -> None:
    for seed in range(2):
        rows = [episode(k, float(k <= seed), agent=f"trained({seed})") for k in range(4)]
        agent = config("conversation(tokens=all)", seed, 0.3)
        write_run(tmp_path / f"cell{seed}", rows, config={"agent": agent})
    found = tables(tmp_path)
    (row,) = found["rows"]
    assert (row["objective"], row["base_share"], row["training_seeds"]) == ("conversation(tokens=all)", 0.3, [0, 1])
    assert found["missing"] == ["the training of cell0: missing", "the training of cell1: missing"]


def test_an_objective_whose_training_is_gone_is_called_as_others_call_it(tmp_path: Path) -> None:
    sweep(tmp_path)
    for path in (tmp_path / "training").glob("conversation*/training.json"):
        path.write_text(path.read_text().replace("(tokens=forking)", "(short)"))  # as one with other defaults might be
    shutil.rmtree(tmp_path / "training" / "conversation(tokens=forking)-2-0.1")
    conversation, _ = tables(tmp_path)["rows"]
    assert (conversation["objective"], conversation["seeds"]) == ("conversation(short)", 3)


def test_agents_that_differ_in_another_option_are_not_pooled(tmp_path: Path) -> None:
    def play(name: str, solved: int, agent: dict[str, Any]) -> None:
        rows = [episode(k, float(k < solved), agent=name) for k in range(4)]
        write_run(tmp_path / name, rows, config={"agent": agent})

    for seed in range(2):
        for steps in (100, 300):
            base = {"share": 0.1, "steps": steps}
            # What goes with the objective is no option: it is the objective's recipe.
            play(f"c{seed}-{steps}", 2, config("conversation", seed, 0.1, base=base, rate=0.1))
            play(f"n{seed}-{steps}", 1 if steps == 100 else 2, config("next_turn", seed, 0.1, base=base, rate=0.2))
    found = tables(tmp_path)
    assert [(row["objective"], row["options"], row["seeds"]) for row in found["rows"]] == [
        (objective, f"base.steps={steps}", 2) for objective in ("conversation", "next_turn") for steps in (100, 300)
    ]
    assert [(row["options"], row["score_difference"]) for row in found["differences"]] == [
        ("base.steps=100", 0.25),
        ("base.steps=300", 0.0),
    ]


def test_conversations_of_one_training_from_several_cells_are_one_seed(tmp_path: Path) -> None:
    for index, solved in enumerate((0, 4)):
        write_cell(tmp_path, "next_turn", 0, solved=solved, index=index)
    (row,) = tables(tmp_path)["rows"]
    assert (row["seeds"], row["episodes"], row["score"]) == (1, 8, 0.5)


def test_curves_are_means_over_seeds_as_far_as_all_have_come(tmp_path: Path) -> None:
    sweep(tmp_path)
    path = tmp_path / "training" / "next_turn-0-0.1" / "curve.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))
    held, ceilings = trained(read(tmp_path), tmp_path), json.loads((tmp_path / "ceilings.json").read_text())
    ((title, (conversation, reference)),) = learning_panels(held, ceilings)
    assert title == "clarify\ndefault · base share 0.1"
    assert [*conversation["at"]] == [100, 200, 300]
    assert [*conversation["mean"]] == pytest.approx([(0.72 + 0.17 + 0.19) / 3, (0.72 + 0.72 + 0.24) / 3, 0.72])
    assert [*conversation["low"]] == pytest.approx([0.17, 0.24, 0.72])
    assert [*conversation["high"]] == [0.72, 0.72, 0.72]
    assert [*reference["at"]] == [100, 200]
    assert {(row["measure"], row["ceiling"]) for row in (conversation, reference)} == {("reward on validation", 0.8)}


def test_sampled_rewards_are_drawn_where_an_objective_has_no_validation(tmp_path: Path) -> None:
    sweep(tmp_path, seeds=1)
    path = tmp_path / "training" / "next_turn-0-0.1" / "curve.jsonl"
    lines = [{k: v for k, v in json.loads(line).items() if k != "validation"} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ((_, rows),) = learning_panels(trained(read(tmp_path), tmp_path), [])
    assert {row["measure"] for row in rows} == {"reward while sampling"}
    assert [*rows[0]["at"]] == [50, 100, 150, 200, 250, 300]


def test_curves_are_of_the_base_share_that_most_runs_have(tmp_path: Path) -> None:
    sweep(tmp_path, shares=(0.3,))
    write_training(write_cell(tmp_path, "next_turn", 0, 0.1), "next_turn", 0, 0.1, 100)
    ((title, rows),) = learning_panels(trained(read(tmp_path), tmp_path), [])
    assert title.endswith("base share 0.3")
    assert len(rows) == 2


def test_the_page_has_a_section_and_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    sweep(tmp_path / "runs", shares=(0.1, 0.3))
    shutil.rmtree(tmp_path / "runs" / "training" / "next_turn-0-0.1")
    for out in ("one", "two"):
        write_report(tmp_path / "runs", tmp_path / out)
    one, two = (
        {p.relative_to(tmp_path / d): p.read_bytes() for p in (tmp_path / d).rglob("*.*")} for d in ("one", "two")
    )
    assert one == two
    assert json.loads(one[Path("training.json")]) == tables(tmp_path / "runs")
    assert {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")} < {path.name for path in one}
    page = (tmp_path / "one" / "report.html").read_text(encoding="utf-8")
    assert "training/next_turn-0-0.1: missing" in page
    section = page[page.index('<section id="training">') : page.index('<section id="figures">')]
    assert all(f'alt="{name}"' in section for name in FIGURES)
    assert section.count("<table") == 2
    assert not any(f'alt="{name}"' in page.replace(section, "") for name in FIGURES)


def test_the_text_names_objectives_seeds_and_differences(tmp_path: Path) -> None:
    text = training_text(tables(sweep(tmp_path)))
    assert re.search(r"conversation\(tokens=forking\) +0\.1 +3 +0\.75 \[0\.13, 1\.37\].* 200 \(3/3\)", text)
    assert re.search(r"next_turn +0\.1 +3 .*– \(1/3\)", text)
    assert re.search(r"next_turn +3 +0\.42 \[0\.06, 0\.78\].*score, reward", text)
    assert "options" not in text
