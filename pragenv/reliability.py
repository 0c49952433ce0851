"""What repeated conversations over the same scenarios tell: how good an agent can be, and how little it varies.

After Laban et al. 2025 (section 6.1: aptitude and unreliability) and Yao et al. 2024 (pass^k).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import comb

import numpy as np

from pragenv.intervals import ALPHA, RESAMPLES, SEED, Estimate, Floats, bounded_mean, mean
from pragenv.metrics import LABELS, Row, grouped, is_scored, scenario_codes
from pragenv.protocols import commitment
from pragenv.types import Episode

BASELINE = "full"
"""The setting in which everything is said at once; retention is a setting's mean over that of this one."""
KS = (1, 2, 4, 8)


def reliability(episodes: Iterable[Episode]) -> list[Row]:
    """One row for each group of `LABELS` in which some scenario was played more than once.

    Over scenarios with at least two scored runs: `mean` of the scores; `aptitude` (A90, the mean over scenarios of the
    90th percentile of a scenario's scores) and `unreliability` (U90-10, the mean of the 90th less the 10th percentile),
    percentiles by linear interpolation; `runs`, the least and most runs of a scenario. Since U90-10 moves with the mean
    of scores that are 0 or 1, `within` (mean variance of a scenario's scores) and `between` (variance of the scenarios'
    means, less what `within` alone would make of it) stand beside it. `pass_all_k` (pass^k: all of k runs solve) and
    `pass_any_k` (pass@k: one of k does), unbiased (Chen et al. 2021, equation 1), for every k up to the least runs.
    `retention`: the mean over the mean in the setting `full` of the same knobs, on the scenarios that both played, with
    a paired bootstrap; None where there is no such setting. Intervals are clustered by scenario.
    """
    groups = {key: [e for e in members if is_scored(e)] for key, members in grouped(episodes).items()}
    rows = []
    for key, members in groups.items():
        runs = _runs(members)
        if not runs:
            continue
        scores = [np.array([e.score for e in run], dtype=np.float64) for run in runs]
        high, low = (np.array([np.quantile(s, q) for s in scores]) for q in (0.9, 0.1))
        codes = np.arange(len(runs))
        all_scores, all_codes = np.concatenate(scores), np.repeat(codes, [len(s) for s in scores])
        within = np.array([s.var(ddof=1) for s in scores])
        noise = float(np.mean([v / len(s) for v, s in zip(within, scores, strict=True)]))
        means = np.array([s.mean() for s in scores])
        row: Row = dict(zip(LABELS, key, strict=True))
        row |= {"scenarios": len(runs), "runs": [min(map(len, runs)), max(map(len, runs))]}
        row |= _named("mean", bounded_mean(all_scores, all_codes))
        row |= _named("aptitude", bounded_mean(high, codes))
        row |= _named("unreliability", bounded_mean(high - low, codes))
        row |= _named("within", mean(within, codes))
        row["between"] = max(0.0, float(means.var(ddof=1)) - noise) if len(runs) > 1 else None
        for k in (k for k in KS if k <= row["runs"][0]):
            solved = [(len(run), sum(e.solved for e in run)) for run in runs]
            all_k = np.array([comb(c, k) / comb(n, k) for n, c in solved])
            any_k = np.array([1 - comb(n - c, k) / comb(n, k) for n, c in solved])
            row |= _named(f"pass_all_{k}", bounded_mean(all_k, codes)) | _named(
                f"pass_any_{k}", bounded_mean(any_k, codes)
            )
        rows.append(row | _named("retention", _retention(members, groups.get(_baseline(key), []))))
    return rows


def by_first_answer(episodes: Iterable[Episode]) -> list[Row]:
    """The score against the turn in which the agent first answered, per group; those that never did, as turn None."""
    rows: list[Row] = []
    for key, members in grouped(episodes).items():
        turns: defaultdict[int | None, list[Episode]] = defaultdict(list)
        for episode in filter(is_scored, members):
            turns[first_answer(episode)].append(episode)
        for turn, chosen in sorted(turns.items(), key=lambda pair: (pair[0] is None, pair[0])):
            scores = np.array([e.score for e in chosen], dtype=np.float64)
            row: Row = {**dict(zip(LABELS, key, strict=True)), "turn": turn, "episodes": len(chosen)}
            rows.append(row | _named("score", bounded_mean(scores, scenario_codes(chosen))))
    return rows


def first_answer(episode: Episode) -> int | None:
    """The agent's turn, counted from 1, in which it first committed; None if it never did."""
    said = (message.content for message in episode.dialogue if message.role == "assistant")
    return next((turn for turn, text in enumerate(said, 1) if commitment(text) is not None), None)


def _runs(episodes: Sequence[Episode]) -> list[list[Episode]]:
    """The episodes of each scenario that was played more than once."""
    if not episodes:
        return []
    runs: defaultdict[int, list[Episode]] = defaultdict(list)
    for episode, code in zip(episodes, scenario_codes(episodes).tolist(), strict=True):
        runs[code].append(episode)
    return [run for run in runs.values() if len(run) > 1]


def _baseline(key: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of the same group in the setting in which everything is said at once, other knobs alike."""
    at = LABELS.index("setting")
    _, comma, knobs = key[at].partition(",")
    return (*key[:at], BASELINE + comma + knobs, *key[at + 1 :])


def _retention(here: Sequence[Episode], full: Sequence[Episode]) -> Estimate:
    # One key is one item in every view, whatever of it is said when.
    item = dict(zip((e.key for e in full), scenario_codes(full).tolist(), strict=True)) if full else {}
    pairs = [[(item[e.key], e.score) for e in group if e.key in item] for group in (here, full)]
    shared = sorted({code for code, _ in pairs[0]} & {code for code, _ in pairs[1]})
    if not shared:
        return Estimate()
    place = {code: i for i, code in enumerate(shared)}
    sums = np.array([_sums(pair, place) for pair in pairs])  # (2, items, 2): total and count
    totals = sums.sum(axis=1)
    if totals[1, 0] == 0:
        return Estimate()
    drawn = np.random.default_rng(SEED).multinomial(len(shared), np.full(len(shared), 1 / len(shared)), RESAMPLES)
    resampled = np.einsum("rm,gmk->grk", drawn, sums)
    means = resampled[..., 0] / np.maximum(resampled[..., 1], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = means[0] / means[1]
    low, high = np.nanquantile(ratios, [ALPHA / 2, 1 - ALPHA / 2])
    value = float((totals[0, 0] / totals[0, 1]) / (totals[1, 0] / totals[1, 1]))
    return Estimate(value, float(min(low, value)), float(max(high, value)))


def _sums(pairs: Sequence[tuple[int, float | None]], place: dict[int, int]) -> Floats:
    totals = np.zeros((len(place), 2))
    for code, score in pairs:
        if code in place:
            totals[place[code]] += (score or 0.0, 1.0)
    return totals


def _named(name: str, estimate: Estimate) -> Row:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
