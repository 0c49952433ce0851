"""Estimates: intervals that cover, that never claim certainty, and that know repetition from evidence."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from records import episode
from scipy.stats import binom, binomtest

from pragenv.errors import DataError
from pragenv.intervals import Codes, Estimate, Floats, bounded_mean, mean, net_mean, proportion, resample
from pragenv.metrics import by_trait, compare, scenario_codes, summarise
from pragenv.types import EndReason, Message

RNG = np.random.default_rng
Estimator = Callable[[Floats, Codes], Estimate]


def bounds(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.value, estimate.low, estimate.high


def hits(k: int, n: int) -> np.ndarray:
    return np.arange(n) < k


@pytest.mark.parametrize("n", [10, 40, 200])
def test_wilson_covers(n: int) -> None:
    """Exactly, by summing over all outcomes; it swings about 0.95 as p varies, more so for small n."""
    intervals = [bounds(proportion(hits(k, n), np.arange(n))) for k in range(n + 1)]
    shares = np.linspace(0.05, 0.95, 91)
    covered = [
        sum(binom.pmf(k, n, p) for k, (_, low, high) in enumerate(intervals) if low <= p <= high) for p in shares
    ]
    assert np.mean(covered) >= 0.948
    assert min(covered) >= (0.83 if n == 10 else 0.92)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 50), (50, 50), (7, 50)])
def test_wilson_is_scipys(k: int, n: int) -> None:
    low, high = binomtest(k, n).proportion_ci(method="wilson")
    assert bounds(proportion(hits(k, n), np.arange(n))) == pytest.approx((k / n, low, high))


@pytest.mark.parametrize(("scenarios", "repeats"), [(1, 5), (2, 2), (10, 3), (40, 5)])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_no_interval_claims_certainty_or_leaves_the_bounds(scenarios: int, repeats: int, share: float) -> None:
    n = scenarios * repeats
    codes = np.repeat(np.arange(scenarios), repeats)
    values = hits(round(share * n), n)
    estimates = [proportion(values, codes), bounded_mean(values * 1.0, codes), bounded_mean(np.full(n, share), codes)]
    for value, low, high in map(bounds, estimates):
        assert 0 <= low <= value <= high <= 1
        assert high - low > 0.01


def test_repeating_a_scenario_is_no_evidence() -> None:
    """Fifty copies of each of eight outcomes say about as much as the eight alone."""
    once = hits(6, 8)
    codes = np.arange(8)
    _, low, high = bounds(proportion(once, codes))
    _, low_copied, high_copied = bounds(proportion(np.repeat(once, 50), np.repeat(codes, 50)))
    _, low_naive, high_naive = bounds(proportion(np.repeat(once, 50), np.arange(400)))
    assert high_copied - low_copied > 0.9 * (high - low)
    assert high_copied - low_copied > 4 * (high_naive - low_naive)


def clustered(rng: np.random.Generator, scenarios: int, repeats: int) -> tuple[Floats, Codes]:
    """Outcomes of 0 or 1, with a mean of 0.3 and strong correlation within a scenario."""
    difficulty = rng.beta(0.6, 1.4, size=scenarios)
    return (rng.random((scenarios, repeats)) < difficulty[:, None]).astype(float).ravel(), np.repeat(
        np.arange(scenarios), repeats
    )


def coverage(estimate: Estimator, draw: Callable[[np.random.Generator], tuple[Floats, Codes]], truth: float) -> float:
    rng, covered = RNG(7), 0
    for _ in range(400):
        _, low, high = bounds(estimate(*draw(rng)))
        covered += low <= truth <= high
    return covered / 400


def test_clustered_proportion_covers_where_the_naive_one_does_not() -> None:
    def draw(rng: np.random.Generator) -> tuple[Floats, Codes]:
        return clustered(rng, 30, 8)

    assert coverage(lambda values, codes: proportion(values == 1, codes), draw, 0.3) >= 0.93
    assert coverage(lambda values, _: proportion(values == 1, np.arange(values.size)), draw, 0.3) < 0.85


@pytest.mark.parametrize("scenarios", [6, 40])
def test_bootstrap_covers_the_mean_of_partial_scores(scenarios: int) -> None:
    def draw(rng: np.random.Generator) -> tuple[Floats, Codes]:
        level = np.repeat(rng.beta(2, 2, size=scenarios), 4)
        return np.clip(level + rng.uniform(-0.1, 0.1, size=level.size), 0, 1), np.repeat(np.arange(scenarios), 4)

    assert coverage(bounded_mean, draw, 0.5) >= 0.91
    assert coverage(mean, draw, 0.5) >= 0.91


def test_equal_partial_scores_leave_room_for_the_unseen() -> None:
    """The rule of three: with 61 draws alike, no more than about 5% of others can be ruled out."""
    _, low, high = bounds(bounded_mean(np.full(61, 0.5), np.arange(61)))
    unseen = 1 - 0.05 ** (1 / 60)
    assert (low, high) == pytest.approx((0.5 - 0.5 * unseen, 0.5 + 0.5 * unseen))
    assert bounds(bounded_mean(np.full(3, 0.5), np.zeros(3, dtype=np.intp))) == (0.5, 0.0, 1.0)


def test_scenarios_with_equal_means_are_no_certainty_either() -> None:
    _, low, high = bounds(bounded_mean(np.tile([0.25, 0.75], 20), np.repeat(np.arange(20), 2)))
    assert high - low > 0.1


def test_bootstrap_is_reproducible_and_leaves_global_generators_alone() -> None:
    values, codes = RNG(0).random((50, 2)), np.arange(50)
    state = np.random.get_state()[1].tolist()  # noqa: NPY002 - what must not be touched
    assert (resample(values, codes) == resample(values, codes)).all()
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_bootstrap_draws_whole_scenarios_and_their_columns_together() -> None:
    values = RNG(1).random(60)
    means = resample(np.column_stack([values, 3 * values]), np.arange(60) // 3)
    assert means[:, 1] == pytest.approx(3 * means[:, 0])
    per_scenario = values.reshape(20, 3).mean(axis=1)
    assert means[:, 0].std() == pytest.approx(per_scenario.std() / np.sqrt(20), rel=0.08)


def test_reward_is_no_surer_than_the_score_behind_it() -> None:
    codes = np.arange(50)
    score = bounded_mean(np.ones(50), codes)
    net = net_mean(np.ones(50), np.full(50, 0.1), codes)
    assert bounds(net) == pytest.approx(tuple(x - 0.1 for x in bounds(score)))
    _, low, high = bounds(net_mean(np.ones(50), RNG(0).random(50) / 10, codes))
    assert high - low > bounds(score)[2] - bounds(score)[1]


def test_one_scenario_gives_no_interval_for_an_unbounded_mean() -> None:
    assert mean(np.array([3.0, 5.0]), np.zeros(2, dtype=np.intp)) == Estimate(4.0)


def test_scenarios_are_told_apart_by_content_not_by_key() -> None:
    same = [episode(1, intent="cat"), episode(2, intent="cat"), episode(3, intent="dog")]
    assert scenario_codes(same).tolist() == [0, 0, 1]
    assert len({*scenario_codes([episode(1), episode(1, task="other"), episode(1, agent_brief={"x": 1})])}) == 3


def test_unscored_episodes_are_counted_and_never_averaged() -> None:
    ends = [EndReason.SIMULATOR_ERROR] * 3 + [EndReason.AGENT_ERROR] * 2 + [EndReason.TASK_ERROR]
    broken = [episode(100 + i, end=end, turns=9, questions=9) for i, end in enumerate(ends)]
    good = [episode(i, score=i % 2, turns=2, questions=1) for i in range(10)]
    (row,), (clean,) = summarise(good + broken), summarise(good)
    assert (row["episodes"], row["scored"]) == (16, 10)
    assert (row["simulator_errors"], row["agent_errors"], row["task_errors"]) == (3, 2, 1)
    counts = {"episodes", "simulator_errors", "agent_errors", "task_errors"}
    assert {k: v for k, v in row.items() if k not in counts} == {k: v for k, v in clean.items() if k not in counts}
    assert (row["score"], row["success"], row["turns"]) == (0.5, 0.5, 2.0)


def test_nothing_to_estimate_is_null_and_the_rows_are_valid_json() -> None:
    rows = summarise([episode(0, end=EndReason.SIMULATOR_ERROR, expected_uniform=None)])
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    for name in ("score", "score_low", "success_high", "reward", "turns_low", "asked_when_needed", "expected_uniform"):
        assert rows[0][name] is None


def test_asking_is_judged_by_whether_it_was_needed() -> None:
    needed = [episode(i, questions=int(i < 6)) for i in range(8)]
    complete = [episode(10 + i, questions=int(i < 1), needs_asking=False) for i in range(4)]
    (row,) = summarise(needed + complete)
    assert (row["asked_when_needed"], row["asked_when_not_needed"]) == (0.75, 0.25)
    assert row["asked_when_needed_low"] < 0.75 < row["asked_when_needed_high"]
    (never,) = summarise(needed)
    assert never["asked_when_not_needed"] is None


def test_ends_without_a_commitment_are_counted_among_the_scored() -> None:
    ends = [EndReason.TURN_LIMIT, EndReason.USER_GAVE_UP, EndReason.COMMITTED, EndReason.SIMULATOR_ERROR]
    (row,) = summarise([episode(i, end=end) for i, end in enumerate(ends)])
    assert row["never_attempted"] == 2


def test_rows_keep_groups_apart_in_a_fixed_order() -> None:
    episodes = [episode(i, agent=a, setting=s) for i in range(3) for a in ("b", "a") for s in ("hard", "easy")]
    rows = summarise(episodes)
    assert [(row["setting"], row["agent"]) for row in rows] == [
        ("easy", "a"),
        ("easy", "b"),
        ("hard", "a"),
        ("hard", "b"),
    ]
    assert rows == summarise(episodes[::-1])


def pair_of_agents(n: int = 40) -> tuple[list, list]:
    rng = RNG(5)
    base = rng.random(n)
    first = [episode(k, float(base[k] < 0.8), agent="a", turns=4) for k in range(n)]
    second = [episode(k, float(base[k] < 0.5), agent="b", turns=1) for k in range(n)]
    return first, second


def test_comparison_is_paired_by_scenario_not_by_order() -> None:
    first, second = pair_of_agents()
    row = compare(first, second[::-1])
    gain = np.mean([a.score - b.score for a, b in zip(first, second, strict=True)])
    assert row["score_difference"] == pytest.approx(gain)
    assert (row["turns_difference"], row["turns_difference_low"], row["turns_difference_high"]) == (3, 3, 3)
    assert (row["pairs"], row["unpaired_first"], row["unpaired_second"], row["unscored"]) == (40, 0, 0, 0)
    unpaired = np.sqrt(sum(np.var([e.score for e in side]) for side in (first, second)) / 40)
    assert row["score_difference_high"] - row["score_difference_low"] < 2 * 1.96 * unpaired


def test_comparison_counts_what_it_leaves_out() -> None:
    first, second = pair_of_agents()
    broken = [*second[:30], episode(30, end=EndReason.SIMULATOR_ERROR, agent="b"), episode(99, agent="b")]
    row = compare(first, broken)
    assert (row["pairs"], row["unpaired_first"], row["unpaired_second"], row["unscored"]) == (30, 9, 1, 1)


def test_mcnemar_is_the_exact_test() -> None:
    first, second = pair_of_agents()
    row = compare(first, second)
    ups = sum(a.solved > b.solved for a, b in zip(first, second, strict=True))
    assert (row["first_only"], row["second_only"]) == (ups, 0)
    assert row["mcnemar_p"] == pytest.approx(binomtest(ups, ups).pvalue)
    mixed = [replace(e, solved=i % 3 == 0) for i, e in enumerate(first)]
    row = compare(mixed, second)
    n = row["first_only"] + row["second_only"]
    assert min(row["first_only"], row["second_only"]) > 0
    assert row["mcnemar_p"] == pytest.approx(binomtest(row["first_only"], n).pvalue)
    assert compare(first, first)["mcnemar_p"] == 1.0


def test_equal_agents_have_an_interval_around_zero() -> None:
    first, _ = pair_of_agents()
    row = compare(first, [replace(e, agent="b") for e in first])
    assert row["score_difference"] == 0
    assert row["score_difference_low"] < -0.01 < 0.01 < row["score_difference_high"]


def test_repeated_keys_pair_one_to_one_and_count_once() -> None:
    first = [episode(k, 1.0) for k in (1, 1, 2)]
    second = [episode(k, 0.0) for k in (1, 1, 1, 2)]
    row = compare(first, second)
    assert (row["pairs"], row["unpaired_first"], row["unpaired_second"], row["first_only"]) == (3, 0, 1, 2)


def test_comparison_refuses_what_does_not_match() -> None:
    with pytest.raises(DataError, match="0 scenarios are shared"):
        compare([episode(1)], [episode(2)])
    with pytest.raises(DataError, match="0 scenarios are shared"):
        compare([episode(1)], [episode(1, setting="hard")])
    with pytest.raises(DataError, match="key 1 stands for different scenarios"):
        compare([episode(1, intent="cat")], [episode(1, intent="dog")])
    with pytest.raises(DataError, match="1 scenarios are shared, none of them scored"):
        compare([episode(1)], [episode(1, end=EndReason.SIMULATOR_ERROR)])


def levels(values: list, trait: str = "patience") -> dict[str, int]:
    episodes = [episode(i, traits={trait: value}) for i, value in enumerate(values)]
    return {row["level"]: row["episodes"] for row in by_trait(episodes)}


def test_traits_are_binned_by_their_kind() -> None:
    assert levels([0.1, 0.2, 0.5, 0.9, 1.0]) == {"low": 2, "mid": 1, "high": 2}
    assert list(levels([10.0, 3.5, 7.0, 40.0, 5.0, 6.0])) == ["low", "mid", "high"]
    assert levels([2, 10, 2]) == {"2": 2, "10": 1}
    assert list(levels([2, 10, 2])) == ["2", "10"]
    assert levels(["terse", "verbose", "terse"]) == {"terse": 2, "verbose": 1}
    assert levels([True, False, True]) == {"False": 1, "True": 2}
    assert levels([["a"], ["a"], {"b": 1}]) == {'["a"]': 2, '{"b":1}': 1}


def test_trait_rows_hold_scored_episodes_of_one_agent() -> None:
    episodes = [episode(i, i % 2, agent=a, traits={"patience": 0.1}) for i in range(6) for a in ("x", "y")]
    episodes += [
        episode(50, traits={"patience": 0.1}, agent="x", end=EndReason.SIMULATOR_ERROR),
        episode(51, agent="x"),
    ]
    rows = by_trait(episodes)
    assert [(row["agent"], row["trait"], row["episodes"], row["score"]) for row in rows] == [
        ("x", "patience", 6, 0.5),
        ("y", "patience", 6, 0.5),
    ]
    assert rows[0]["score_low"] < 0.5 < rows[0]["score_high"]
    assert by_trait([episode(1, user_info=(), dialogue=(Message("user", "hi"),))]) == []
