"""Arrays to estimates with 95% intervals, for observations that cluster. Nothing here knows what an episode is.

Observations of one scenario resemble one another, so every function takes, beside the values, the scenario of each
value as an integer code, and counts scenarios rather than observations as the independent draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri, stdtrit

ALPHA = 0.05
RESAMPLES = 2000
SEED = 20_011
"""Seed of every bootstrap: the same records give the same intervals, whatever else is estimated beside them."""

_BLOCK = 4_000_000
Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class Estimate(NamedTuple):
    """A value and its 95% interval; None where there is nothing to estimate it from."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


def _ordered(value: float, low: float, high: float) -> Estimate:
    """An estimate whose interval contains its value in spite of rounding."""
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def _effective(sizes: Floats) -> float:
    """How many scenarios of equal size are worth those of these sizes (Kish 1965, section 8.2)."""
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def _totals(values: Floats, clusters: Codes) -> tuple[Floats, Floats]:
    """Sum of the values and number of observations for each scenario: shapes (m, k) and (m,) from (n, k) and (n,)."""
    _, codes = np.unique(clusters, return_inverse=True)
    sums = np.zeros((int(codes.max()) + 1, values.shape[1]))
    np.add.at(sums, codes, values)
    return sums, np.bincount(codes).astype(np.float64)


def proportion(hits: NDArray[np.bool_], clusters: Codes) -> Estimate:
    """The share of hits: Wilson's interval, or a clustered exact one where a scenario holds several observations.

    Clustered: Clopper-Pearson on the effective sample size of Korn and Graubard (1998, Survey Methodology 24), which
    divides by the design effect and corrects for the few degrees of freedom that m scenarios leave. At 0 and 1 the data
    say nothing about the design effect; there it is taken to be the largest possible, one draw a scenario.

    Args:
        hits: shape (n,).
        clusters: shape (n,), the scenario of each observation.
    """
    n = hits.size
    if not n:
        return Estimate()
    share = float(hits.mean())
    sums, sizes = _totals(hits.astype(np.float64)[:, None] - share, clusters)
    m = sizes.size
    if m == n:
        z2 = ndtri(1 - ALPHA / 2) ** 2
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
        return _ordered(share, max(0.0, centre - half), min(1.0, centre + half))
    if share in (0, 1) or m == 1:
        worth = _effective(sizes)
    else:
        effect = m / (m - 1) * float((sums**2).sum()) / n**2 / (share * (1 - share) / (n - 1))
        shrink = float(stdtrit(n - 1, ALPHA / 2) / stdtrit(m - 1, ALPHA / 2)) ** 2
        worth = min(float(n), n / effect * shrink) if effect > 0 else float(n)
    x = share * worth
    low = betaincinv(x, worth - x + 1, ALPHA / 2) if x > 0 else 0.0
    high = betaincinv(x + 1, worth - x, 1 - ALPHA / 2) if x < worth else 1.0
    return _ordered(share, low, high)


def resample(values: Floats, clusters: Codes) -> Floats:
    """Bootstrap means, drawing whole scenarios: shape (RESAMPLES, k) from values (n, k), columns drawn together."""
    sums, sizes = _totals(values, clusters)
    m = sizes.size
    stacked = np.column_stack([sums, sizes])
    rng = np.random.default_rng(SEED)
    step = max(1, _BLOCK // m)  # bounds the memory of a block of draws, whatever the number of scenarios
    blocks = []
    for start in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - start)
        drawn = rng.integers(m, size=(rows, m)) + m * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * m).reshape(rows, m)
        blocks.append(weights @ stacked)
    totals = np.concatenate(blocks)
    return np.asarray(totals[:, :-1] / totals[:, -1:])


def tails(clusters: Codes) -> tuple[float, float]:
    """The quantiles of the bootstrap means that bound a 95% interval.

    Plain percentiles are too narrow for few scenarios; these are widened as Student's interval is against the normal
    one (the expanded percentile interval: Hesterberg 2015, The American Statistician 69, section 4.4).
    """
    m = np.unique(clusters).size
    if m < 2:
        return 0.0, 1.0
    tail = float(ndtr(np.sqrt(m / (m - 1)) * stdtrit(m - 1, ALPHA / 2)))
    return tail, 1 - tail


def mean(values: Floats, clusters: Codes) -> Estimate:
    """The mean of an unbounded quantity with a bootstrap interval clustered by scenario.

    Equal values give an interval of zero width. A single scenario has no interval: it says nothing about others.

    Args:
        values: shape (n,).
        clusters: shape (n,), the scenario of each value.
    """
    if not values.size:
        return Estimate()
    if np.unique(clusters).size == 1:
        return Estimate(float(values.mean()))
    low, high = np.quantile(resample(values[:, None], clusters)[:, 0], tails(clusters))
    return _ordered(values.mean(), low, high)


def student(values: Floats) -> Estimate:
    """The mean of independent draws, each itself a mean (of a training seed, say), with Student's interval.

    A single draw has no interval.

    Args:
        values: shape (n,).
    """
    n = values.size
    if n < 2:
        return Estimate(float(values[0])) if n else Estimate()
    half = float(stdtrit(n - 1, 1 - ALPHA / 2) * values.std(ddof=1) / np.sqrt(n))
    return _ordered(values.mean(), values.mean() - half, values.mean() + half)


def bounded_mean(values: Floats, clusters: Codes, floor: float = 0.0, ceiling: float = 1.0) -> Estimate:
    """The mean of a quantity that lies in [floor, ceiling], with an interval that is never of zero width.

    Values at the two bounds only are a proportion. Otherwise the bootstrap, except where all scenarios have one and the
    same mean: a bootstrap cannot see past equal data. A share q of other scenarios stays unseen in m draws with a
    probability of at most (1 - q)**(m - 1), so with 95% confidence q is no more than what makes that 0.05 (the rule of
    three), and that share may lie anywhere between the bounds.

    Args:
        values: shape (n,), in [floor, ceiling].
        clusters: shape (n,), the scenario of each value.
        floor: the least value possible.
        ceiling: the greatest value possible.
    """
    if not values.size:
        return Estimate()
    span = ceiling - floor
    units = (values - floor) / span
    if np.isin(units, (0.0, 1.0)).all():
        found = proportion(units == 1, clusters)
    else:
        sums, sizes = _totals(units[:, None], clusters)
        average = float(units.mean())
        if np.ptp(sums[:, 0] / sizes) < 1e-12:
            draws = _effective(sizes) - 1
            unseen = 1 - ALPHA ** (1 / draws) if draws > 1e-9 else 1.0
            found = _ordered(average, average * (1 - unseen), average + (1 - average) * unseen)
        else:
            low, high = np.quantile(resample(units[:, None], clusters)[:, 0], tails(clusters))
            found = _ordered(average, max(0.0, low), min(1.0, high))
    return Estimate(*(None if x is None else floor + span * x for x in found))


def net_mean(scores: Floats, costs: Floats, clusters: Codes) -> Estimate:
    """The mean of scores in [0, 1] less unbounded costs: the bootstrap, unless scores or costs never vary.

    Where one of them is constant the bootstrap would miss what `bounded_mean` adds for the score, so the interval is
    put together from those of the two; it is conservative.

    Args:
        scores: shape (n,), in [0, 1].
        costs: shape (n,), in units of the score.
        clusters: shape (n,), the scenario of each.
    """
    whole = mean(scores - costs, clusters)
    score, cost = bounded_mean(scores, clusters), mean(costs, clusters)
    if score.low is None or score.high is None or cost.low is None or cost.high is None or whole.value is None:
        return whole
    if min(np.ptp(scores), np.ptp(costs)) > 1e-12:
        return whole
    return _ordered(whole.value, score.low - cost.high, score.high - cost.low)
