"""The test of the uniform agent: exact where it can be, a bound elsewhere, one error rate for a family."""

from __future__ import annotations

import numpy as np
import pytest
from minimal import Coin
from scipy.stats import binom

from pragenv import DataError, Scenario, Verdict
from pragenv.testing import rejected, uniform_statistic
from pragenv.testing.statistic import bounded_sum, poisson_binomial


@pytest.mark.parametrize(("hits", "trials", "chance"), [(0, 9, 0.2), (3, 9, 0.2), (9, 9, 0.2), (60, 200, 0.25)])
def test_equal_chances_give_the_two_sided_binomial(hits: int, trials: int, chance: float) -> None:
    law = binom(trials, chance)
    wanted = min(1.0, 2 * min(law.cdf(hits), law.sf(hits - 1)))
    assert poisson_binomial(hits, [chance] * trials) == pytest.approx(wanted, rel=1e-9)


def test_unequal_chances_give_the_law_of_their_sum() -> None:
    assert poisson_binomial(2, [0.5, 0.1]) == pytest.approx(2 * 0.05)
    assert poisson_binomial(0, [0.5, 0.1]) == pytest.approx(2 * 0.45)


@pytest.mark.parametrize(("hits", "chance"), [(0, 0.0), (5, 1.0)])
def test_certain_trials_surprise_only_by_what_cannot_be(hits: int, chance: float) -> None:
    assert poisson_binomial(hits, [chance] * 5) == 1.0
    assert poisson_binomial(5 - hits, [chance] * 5) == 0.0


@pytest.mark.parametrize("spread", [0.02, 0.5, 3.0])
def test_the_bound_is_never_below_the_tail_that_it_bounds(spread: float) -> None:
    """Against simulated sums of Beta variables: narrow, uniform-like and wide ones."""
    rng = np.random.default_rng(1)
    means = rng.uniform(0.05, 0.6, 60)
    sums = rng.beta(means * spread, (1 - means) * spread, (20_000, 60)).sum(axis=1)
    for quantile in (0.5, 0.9, 0.99, 0.999):
        total = float(np.quantile(sums, quantile))
        tail = float((np.abs(sums - means.sum()) >= abs(total - means.sum())).mean())
        assert bounded_sum(total, means.tolist()) >= tail


def test_the_bound_convicts_a_sum_that_is_far_off() -> None:
    assert bounded_sum(60.0, [0.3] * 100) < 1e-4
    assert bounded_sum(30.0, [0.3] * 100) == 1.0


def test_holm_rejects_in_order_and_stops_at_the_first_that_stands() -> None:
    p_values = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}
    assert rejected(p_values, 0.05) == ["d", "a"]
    assert rejected({"a": 0.02, "b": 0.02}, 0.05) == ["a", "b"]
    assert rejected({"a": 0.02}, 0.01) == []


class Half(Coin):
    """Half a point for naming any side."""

    def grade(self, scenario: Scenario, dialogue: object) -> Verdict:
        verdict = super().grade(scenario, dialogue)  # type: ignore[arg-type]
        return verdict._replace(score=0.5 + 0.5 * (verdict.score or 0.0), solved=True)

    def chance(self, scenario: Scenario) -> float:
        return 0.75


def test_partial_scores_are_judged_too() -> None:
    assert uniform_statistic(Half(), Half.SETTINGS[0], 200).p_value > 0.01


class Optimist(Half):
    def chance(self, scenario: Scenario) -> float:
        return 0.95


def test_a_wrong_expectation_is_convicted_under_partial_scores() -> None:
    assert uniform_statistic(Optimist(), Optimist.SETTINGS[0], 300).p_value < 1e-6


class Unlikely(Coin):
    def chance(self, scenario: Scenario) -> float:
        return 1.5


def test_a_chance_that_is_no_probability_is_refused() -> None:
    with pytest.raises(DataError, match=r"1\.5"):
        uniform_statistic(Unlikely(), Unlikely.SETTINGS[0], 1)
