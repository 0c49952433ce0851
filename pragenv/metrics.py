"""Episodes to estimates with 95% intervals: per group, paired between agents, and by persona trait.

An episode that could not be scored (a user, agent or task that failed) is counted, and enters no mean or proportion.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import bdtr

from pragenv.errors import DataError
from pragenv.intervals import Codes, Estimate, Floats, bounded_mean, mean, net_mean, proportion
from pragenv.types import EndReason, Episode, canonical_json

LABELS = ("task", "setting", "split", "simulator", "agent")
"""What groups episodes into a row."""

Row = dict[str, Any]
_NO_ATTEMPT = (EndReason.TURN_LIMIT, EndReason.USER_SATISFIED, EndReason.USER_GAVE_UP)
_MAX_CATEGORIES = 6


def is_scored(episode: Episode) -> bool:
    """Whether the episode enters the means."""
    return episode.scored and episode.score is not None


def labels(episode: Episode) -> tuple[str, ...]:
    """The values of `LABELS` for an episode."""
    return tuple(getattr(episode, name) for name in LABELS)


def grouped(episodes: Iterable[Episode]) -> dict[tuple[str, ...], list[Episode]]:
    """Episodes by their labels, groups in the order of their labels."""
    groups: defaultdict[tuple[str, ...], list[Episode]] = defaultdict(list)
    for episode in episodes:
        groups[labels(episode)].append(episode)
    return dict(sorted(groups.items()))


def scenario_codes(episodes: Sequence[Episode]) -> Codes:
    """An integer for each episode, shape (n,), equal where the scenario is equal in content, whatever its key.

    Enumerated tasks give one scenario many keys, so that a key alone would hide repetitions.
    """
    public: dict[int, str] = {}  # by identity: episodes of one file share their public context
    codes: dict[Hashable, int] = {}
    found = []
    for episode in episodes:
        if (text := public.get(id(episode.public))) is None:
            text = public[id(episode.public)] = canonical_json(episode.public)
        identity = (episode.task, episode.setting, text, canonical_json([episode.user_brief, episode.agent_brief]))
        found.append(codes.setdefault(identity, len(codes)))
    return np.array(found, dtype=np.intp)


def _column(episodes: Sequence[Episode], name: str) -> Floats:
    return np.array([getattr(episode, name) for episode in episodes], dtype=np.float64)


def _spread(name: str, estimate: Estimate) -> Row:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _estimates(episodes: Sequence[Episode]) -> Row:
    """The estimates of one group."""
    scored = [episode for episode in episodes if is_scored(episode)]
    codes = scenario_codes(scored)
    scores, questions = _column(scored, "score"), _column(scored, "questions")
    needed = np.array([episode.needs_asking for episode in scored], dtype=np.bool_)
    chances = [e.expected_uniform for e in episodes if e.expected_uniform is not None]
    ends = Counter(episode.end_reason for episode in episodes)
    return {
        "episodes": len(episodes),
        "scored": len(scored),
        **_spread("score", bounded_mean(scores, codes)),
        **_spread("success", proportion(_column(scored, "solved") == 1, codes)),
        **_spread("reward", net_mean(scores, scores - _column(scored, "reward"), codes)),
        **_spread("turns", mean(_column(scored, "turns"), codes)),
        **_spread("questions", mean(questions, codes)),
        **_spread("asked_when_needed", proportion(questions[needed] > 0, codes[needed])),
        **_spread("asked_when_not_needed", proportion(questions[~needed] > 0, codes[~needed])),
        "simulator_errors": ends[EndReason.SIMULATOR_ERROR],
        "agent_errors": ends[EndReason.AGENT_ERROR],
        "task_errors": ends[EndReason.TASK_ERROR],
        "never_attempted": sum(episode.end_reason in _NO_ATTEMPT for episode in scored),
        "expected_uniform": float(np.mean(chances)) if len(chances) == len(episodes) else None,
    }


def summarise(episodes: Iterable[Episode]) -> list[Row]:
    """One row for each group of equal `LABELS`, in their order.

    Means and proportions are over the scored episodes; those of an empty set are None, and so are the bounds of an
    unbounded mean (reward, turns, questions) that rests on a single scenario. `asked_when_needed` is the share that
    asked anything among episodes whose opening left something out; `never_attempted` counts scored episodes that ended
    without a commitment.
    """
    return [dict(zip(LABELS, key, strict=True)) | _estimates(group) for key, group in grouped(episodes).items()]


def against_ceilings(rows: Iterable[Row], ceilings: Iterable[Row]) -> list[Row]:
    """Rows of `summarise` with what the best possible agent would earn beside them.

    Args:
        rows: of `summarise`.
        ceilings: with `task`, `setting`, `split` and the fields of `pragenv.ceiling.Ceiling`.

    Returns:
        each row with `ceiling`, `ceiling_reached` (what some agent is known to earn), `ceiling_kind` (`exact` or
        `bound`), `regret` (ceiling less reward) and `fraction_of_ceiling`, both with intervals, which also hold what is
        unsure of a ceiling that is a mean over drawn scenarios. All None where no ceiling is known. An agent that is
        told the intent, or whose user tells more than it is asked, can exceed a ceiling.
    """
    known = {tuple(row[name] for name in ("task", "setting", "split")): row for row in ceilings}
    return [row | _against(row, known.get(tuple(row[name] for name in ("task", "setting", "split")))) for row in rows]


def _against(row: Row, ceiling: Row | None) -> Row:
    names = ("regret", "fraction_of_ceiling")
    none = Estimate(None, None, None)
    if ceiling is None or row["reward"] is None:
        spread = _spread(names[0], none) | _spread(names[1], none)
        return {"ceiling": None, "ceiling_reached": None, "ceiling_kind": None} | spread
    value, margin = ceiling["value"], ceiling["margin"]
    reward = Estimate(row["reward"], row["reward_low"], row["reward_high"])
    low = None if reward.low is None else reward.low - margin
    high = None if reward.high is None else reward.high + margin
    regret = Estimate(value - row["reward"], *(None if end is None else value - end for end in (high, low)))
    shares = (None if end is None or value <= 0 else end / value for end in (row["reward"], low, high))
    return {
        "ceiling": value,
        "ceiling_reached": ceiling["reached"],
        "ceiling_kind": ceiling["kind"],
        **_spread(names[0], regret),
        **_spread(names[1], Estimate(*shares)),
    }


def compare(first: Sequence[Episode], second: Sequence[Episode]) -> Row:
    """The paired difference, first minus second, over the scenarios that both played.

    Episodes pair by task, setting, split, simulator and key; bootstrap intervals are clustered by scenario. Success is
    also tested by McNemar's exact two-sided test (for scenarios played several times: the sign test over scenarios).

    Returns:
        counts (`unscored` pairs are dropped); for each of score, success, reward and turns the two means and
        `*_difference` with its interval; for success `first_only`, `second_only` and `mcnemar_p`.

    Raises:
        DataError: if no scored scenario is shared, or a shared key stands for different scenarios.
    """
    sides: list[defaultdict[Hashable, list[Episode]]] = [defaultdict(list), defaultdict(list)]
    for side, episodes in zip(sides, (first, second), strict=True):
        for episode in episodes:
            side[(*labels(episode)[:-1], episode.key)].append(episode)
    left, right = sides
    matched = [(i, a, b) for i, key in enumerate(left) for a, b in zip(left[key], right.get(key, ()), strict=False)]
    for _, a, b in matched:
        if a.scenario != b.scenario:
            raise DataError(
                f"{a.task}/{a.setting}: key {a.key} stands for different scenarios in the two sets; "
                "they come from different data or versions and cannot be paired"
            )
    pairs = [pair for pair in matched if is_scored(pair[1]) and is_scored(pair[2])]
    if not pairs:
        raise DataError(f"nothing to compare: {len(matched)} scenarios are shared, none of them scored on both sides")
    codes = scenario_codes([a for _, a, _ in pairs])
    row: Row = {
        "pairs": len(pairs),
        "unpaired_first": len(first) - len(matched),
        "unpaired_second": len(second) - len(matched),
        "unscored": len(matched) - len(pairs),
    }
    for name, source in (("score", "score"), ("success", "solved"), ("reward", "reward"), ("turns", "turns")):
        ours, theirs = _column([a for _, a, _ in pairs], source), _column([b for *_, b in pairs], source)
        gap, bounded = ours - theirs, name in ("score", "success")
        row |= {f"{name}_first": float(ours.mean()), f"{name}_second": float(theirs.mean())}
        row |= _spread(f"{name}_difference", bounded_mean(gap, codes, -1.0, 1.0) if bounded else mean(gap, codes))
    gains: Counter[int] = Counter()
    for code, (_, a, b) in zip(codes.tolist(), pairs, strict=True):
        gains[code] += a.solved - b.solved
    ups, downs = (sum(sign * gain > 0 for gain in gains.values()) for sign in (1, -1))
    p = min(1.0, 2 * float(bdtr(min(ups, downs), ups + downs, 0.5)))
    return row | {"first_only": ups, "second_only": downs, "mcnemar_p": p}


def _traits(episode: Episode) -> Mapping[str, Any]:
    """The persona's traits, each a JSON scalar (anything else as its JSON text, to be a category)."""
    found = episode.user_info[0].get("traits") if episode.user_info else None
    scalars = (str, int, float, bool, type(None))
    items = found.items() if isinstance(found, Mapping) else ()
    return {name: value if isinstance(value, scalars) else canonical_json(value) for name, value in items}


def _levels(values: Sequence[Any]) -> list[tuple[int, str]]:
    """A rank and a name for each value of a trait: thirds of [0, 1] or of the data if it is continuous, else itself."""
    distinct = set(values)
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in distinct)
    if not numeric or (all(isinstance(value, int) for value in distinct) and len(distinct) <= _MAX_CATEGORIES):
        names = sorted(distinct) if numeric else sorted(distinct, key=str)
        rank = {value: i for i, value in enumerate(names)}
        return [(rank[value], str(value)) for value in values]
    data = np.array(values, dtype=np.float64)
    cuts = np.array([1 / 3, 2 / 3]) if data.min() >= 0 and data.max() <= 1 else np.quantile(data, [1 / 3, 2 / 3])
    return [(int(bin_), ("low", "mid", "high")[bin_]) for bin_ in np.searchsorted(cuts, data)]


def by_trait(episodes: Sequence[Episode]) -> list[Row]:
    """Score and turns of scored episodes by each trait of the user's persona, as its first utterance recorded them."""
    scored = [episode for episode in episodes if is_scored(episode)]
    codes, scores, turns = scenario_codes(scored), _column(scored, "score"), _column(scored, "turns")
    held: defaultdict[str, list[tuple[int, Any]]] = defaultdict(list)
    for i, episode in enumerate(scored):
        for trait, value in _traits(episode).items():
            held[trait].append((i, value))
    cells: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for trait, members in held.items():
        for (i, _), level in zip(members, _levels([value for _, value in members]), strict=True):
            cells[(*labels(scored[i]), trait, *level)].append(i)
    rows = []
    for (*names, trait, _, level), cell in sorted(cells.items()):
        row = dict(zip(LABELS, names, strict=True)) | {"trait": trait, "level": level, "episodes": len(cell)}
        row |= _spread("score", bounded_mean(scores[cell], codes[cell]))
        rows.append(row | {"turns": float(turns[cell].mean())})
    return rows
