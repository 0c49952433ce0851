from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from records import episode

from pragenv.reliability import by_first_answer, first_answer, reliability
from pragenv.types import EndReason, Episode, Message


def played(scores: dict[str, list[float]], setting: str = "default", turn: int = 1) -> list[Episode]:
    """One episode for each score: `scores` holds the runs of each item."""
    said = [Message("user", "It is this."), *[Message("assistant", "Go on.")] * (turn - 1)]
    made = []
    for number, (item, runs) in enumerate(scores.items()):
        for score in runs:
            made.append(
                episode(
                    index=number,
                    key=number,
                    setting=setting,
                    user_brief={"item": item, "setting": setting},
                    score=score,
                    solved=score == 1.0,
                    dialogue=(*said, Message("assistant", "ANSWER: x")),
                )
            )
    return made


def test_aptitude_and_unreliability_are_percentiles_of_each_scenario() -> None:
    (row,) = reliability(played({"a": [0.0, 1.0], "b": [1.0, 1.0], "c": [0.0, 0.5]}))
    assert row["scenarios"] == 3
    assert row["runs"] == [2, 2]
    assert row["mean"] == pytest.approx(3.5 / 6)
    # By linear interpolation between two runs: the 90th percentile of 0 and 1 is 0.9, the 10th 0.1.
    assert row["aptitude"] == pytest.approx((0.9 + 1.0 + 0.45) / 3)
    assert row["unreliability"] == pytest.approx((0.8 + 0.0 + 0.4) / 3)
    assert row["within"] == pytest.approx((0.5 + 0.0 + 0.125) / 3)
    assert row["aptitude_low"] <= row["aptitude"] <= row["aptitude_high"]


def test_between_takes_out_what_the_runs_noise_alone_would_make() -> None:
    rng = np.random.default_rng(5)
    alike = reliability(played({str(i): rng.integers(0, 2, 20).astype(float).tolist() for i in range(200)}))[0]
    apart = reliability(played({str(i): [float(i % 2)] * 20 for i in range(200)}))[0]
    assert alike["between"] < 0.01
    assert alike["within"] == pytest.approx(0.25, abs=0.02)
    assert apart["between"] == pytest.approx(0.25, abs=0.01)
    assert apart["within"] == 0


def test_pass_all_and_pass_any_are_unbiased() -> None:
    (row,) = reliability(played({"a": [1.0, 1.0, 0.0, 0.0], "b": [1.0, 1.0, 1.0, 1.0]}))
    assert row["pass_all_1"] == row["pass_any_1"] == pytest.approx(0.75)
    assert row["pass_all_2"] == pytest.approx((1 / 6 + 1) / 2)
    assert row["pass_any_2"] == pytest.approx((5 / 6 + 1) / 2)
    assert row["pass_all_4"] == pytest.approx(0.5)
    assert "pass_all_8" not in row


def test_retention_is_the_mean_over_that_of_the_full_setting_on_shared_items() -> None:
    full = played({"a": [1.0, 1.0], "b": [1.0, 0.0], "only here": [0.0, 0.0]}, "full")
    sharded = played({"a": [1.0, 0.0], "b": [0.0, 0.0]})
    rows = {row["setting"]: row for row in reliability([*full, *sharded])}
    assert rows["default"]["retention"] == pytest.approx(0.25 / 0.75)
    assert rows["default"]["retention_low"] <= 1 / 3 <= rows["default"]["retention_high"]
    assert rows["full"]["retention"] == pytest.approx(1.0)
    other = played({"a": [1.0, 0.0]}, "default,kind=math")
    assert reliability([*full, *other])[0]["retention"] is None


def test_what_was_played_once_has_no_row_and_an_unscored_run_does_not_count() -> None:
    once = played({"a": [1.0], "b": [0.0]})
    assert reliability(once) == []
    failed = episode(index=0, key=0, user_brief={"item": "a", "setting": "default"}, end=EndReason.SIMULATOR_ERROR)
    assert reliability([*once, failed]) == []


def test_scores_by_the_turn_of_the_first_answer() -> None:
    early, late = played({"a": [0.0, 0.0]}), played({"b": [1.0, 1.0]}, turn=3)
    never = [episode(index=9, key=9, score=0.0, dialogue=(Message("user", "x"), Message("assistant", "Go on.")))]
    assert [first_answer(e) for e in (early[0], late[0], never[0])] == [1, 3, None]
    rows = by_first_answer([*early, *late, *never])
    assert [(row["turn"], row["episodes"], row["score"]) for row in rows] == [(1, 2, 0.0), (3, 2, 1.0), (None, 1, 0.0)]


def test_the_report_says_it_only_where_something_was_played_again(tmp_path: Path) -> None:
    from pragenv.report.repeated import reliability_text

    text = reliability_text(reliability(played({"a": [0.0, 1.0], "b": [1.0, 1.0]})))
    assert "2 × 2" in text
    assert "U90-10" in text
    assert reliability_text([]) == ""
