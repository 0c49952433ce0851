"""Trained agents over their training seeds: a row an objective, and differences from the reference objective."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import inf, isinf
from typing import Any

import numpy as np

from pragenv.intervals import Estimate, student
from pragenv.report.tables import Column, Row, aligned, interval, number, shown
from pragenv.report.trained import NAMES, Played, Trained, Training
from pragenv.types import Episode

TRAINING = "training.json"
REFERENCE = "next_turn"
REACH = 0.9
"""The share of the ceiling that training is timed to."""
VALUES = (
    *("score", "success", "reward", "questions", "asked_when_needed", "asked_when_not_needed", "turns"),
    *("agent_tokens", "fraction_of_ceiling", "score_when_not_needed"),
)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_COMPARED = ("score", "reward")


def ceiling_of(ceilings: Sequence[Row], task: str, setting: str, split: str | None = None) -> float | None:
    """The ceiling of a task and setting: of this split where it is known, else of any; None unless above zero."""
    known = {row["split"]: float(row["value"]) for row in ceilings if (row["task"], row["setting"]) == (task, setting)}
    value = known.get(str(split), next(iter(known.values()), 0.0))
    return value if value > 0 else None


def seed_values(episodes: Sequence[Episode], ceiling: float | None) -> dict[str, float | None]:
    """The means of `VALUES` over one trained agent's scored episodes; None where there is nothing to take one of."""

    def mean(of: Callable[[Episode], Any], among: Sequence[Episode] = episodes) -> float | None:
        return float(np.mean([float(of(episode)) for episode in among])) if among else None

    def asked(episode: Episode) -> bool:
        return episode.questions > 0

    clear = [episode for episode in episodes if not episode.needs_asking]
    reward = mean(lambda episode: episode.reward)
    return {
        "score": mean(lambda episode: episode.score),
        "success": mean(lambda episode: episode.solved),
        "reward": reward,
        "questions": mean(lambda episode: episode.questions),
        "asked_when_needed": mean(asked, [episode for episode in episodes if episode.needs_asking]),
        "asked_when_not_needed": mean(asked, clear),
        "score_when_not_needed": mean(lambda episode: episode.score, clear),
        "turns": mean(lambda episode: episode.turns),
        "agent_tokens": mean(_agent_tokens),
        "fraction_of_ceiling": None if ceiling is None or reward is None else reward / ceiling,
    }


def _agent_tokens(episode: Episode) -> int:
    """Words and signs that the agent uttered."""
    return sum(len(_TOKEN.findall(message.content)) for message in episode.dialogue if message.role == "assistant")


def _reached(training: Training, ceiling: float | None) -> tuple[float | None, float | None]:
    """Conversations and minutes until validation reached `REACH`: infinite if it never did, None if that is unknown."""
    validated = [point for point in training.curve or () if point.validated is not None]
    if ceiling is None or not validated:
        return None, None
    for point in validated:
        if point.validated is not None and point.validated >= REACH * ceiling - 1e-9:
            seconds = training.seconds.get(point.iteration)
            return float(point.episodes), None if seconds is None else seconds / 60
    return inf, inf


def _times(name: str, found: Sequence[float | None]) -> dict[str, Any]:
    """The times of each seed, and their median, in which never is infinite; in both it is written as None."""
    known = [time for time in found if time is not None]
    median = float(np.median(known)) if known else inf
    return {
        f"{name}_to_90": [None if time is None or isinf(time) else time for time in found],
        f"{name}_to_90_median": None if isinf(median) else median,
        f"{name}_to_90_known": len(known),
    }


def _named(name: str, estimate: Estimate) -> dict[str, Any]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _over_seeds(values: Sequence[float | None]) -> Estimate:
    return student(np.array([value for value in values if value is not None], dtype=np.float64))


def _row(names: Sequence[Any], members: Sequence[tuple[Played, Row]], ceilings: Sequence[Row]) -> Row:
    played = [one for one, _ in members]
    reached = [_reached(one.training, ceiling_of(ceilings, *one.trained_in)) for one in played]
    row: dict[str, Any] = dict(zip(NAMES, names, strict=True))
    row |= {"seeds": len(played), "training_seeds": [one.seed for one in played]}
    row["episodes"] = sum(len(one.episodes) for one in played)
    for name in VALUES:
        row |= _named(name, _over_seeds([values[name] for _, values in members]))
    episodes, minutes = zip(*reached, strict=True)
    return row | _times("episodes", episodes) | _times("minutes", minutes)


def training_tables(held: Trained, ceilings: Sequence[Row]) -> dict[str, Any] | None:
    """What `training.json` says; None where no agent was trained.

    Args:
        held: from `trained.trained`.
        ceilings: from `records.read_ceilings`.

    Returns:
        `rows`, one for each value of `NAMES`: `VALUES` as means over training seeds, each seed its own mean, with 95%
        Student intervals (None for a single seed); `episodes_to_90` and `minutes_to_90`, by seed as in
        `training_seeds`, the conversations sampled and minutes taken until the reward on validation was 90% of the
        ceiling of what was trained in (None where it never was, or is not known), with medians over the seeds whose
        curve tells (`..._known` of them), in which never is infinite (and again None).
        `differences`: each objective less `REFERENCE`, paired by training seed where both had as many requests, with
        Student intervals.
        `missing`: what could not be read of the training runs.
    """
    groups: defaultdict[tuple[Any, ...], list[tuple[Played, Row]]] = defaultdict(list)
    for one in held.played:
        if one.episodes:
            task, setting, split, *_ = one.names
            groups[one.names].append((one, seed_values(one.episodes, ceiling_of(ceilings, task, setting, split))))
    if not held.played:
        return None
    rows = [_row(names, members, ceilings) for names, members in groups.items()]
    by_seed = {names: {(one.seed, len(one.episodes)): v for one, v in members} for names, members in groups.items()}
    return {"rows": rows, "differences": _differences(by_seed), "missing": list(held.missing)}


def _differences(by_seed: Mapping[tuple[Any, ...], Mapping[tuple[int | None, int], Row]]) -> list[Row]:
    at = NAMES.index("objective")
    found: list[Row] = []
    for names, ours in by_seed.items():
        for others, theirs in by_seed.items():
            alike = (*names[:at], *names[at + 1 :]) == (*others[:at], *others[at + 1 :])
            if not alike or not _is_reference(others[at]) or _is_reference(names[at]):
                continue
            shared = [seed for seed in ours if seed in theirs]
            row = {**dict(zip(NAMES, names, strict=True)), "reference": others[at], "pairs": len(shared)}
            for name in _COMPARED:
                gap = _over_seeds([ours[seed][name] - theirs[seed][name] for seed in shared])
                row |= _named(f"{name}_difference", gap)
                row[f"{name}_excludes_0"] = None if gap.low is None or gap.high is None else gap.low > 0 or gap.high < 0
            found.append(row)
    return found


def _is_reference(objective: str) -> bool:
    return objective.partition("(")[0] == REFERENCE


def _plain(field: str) -> Column:
    return Column(field.replace("_", " "), lambda row: str(row[field]), field, numeric=False)


def _estimate(heading: str, field: str) -> Column:
    return Column(heading, lambda row: interval(row, field), field)


def _time(heading: str, name: str, digits: int) -> Column:
    def text(row: Mapping[str, Any]) -> str:
        known, reached = row[f"{name}_known"], sum(time is not None for time in row[name])
        return number(row[f"{name}_median"], digits) + (f" ({reached}/{known})" if known else "")

    return Column(heading, text, f"{name}_median")


def _without_0(row: Row) -> str:
    return ", ".join(name for name in _COMPARED if row[f"{name}_excludes_0"]) or "–"


_SHARE = Column("base share", lambda row: "–" if row["base_share"] is None else f"{row['base_share']:g}", "base_share")
_NAMED = (*(_plain(name) for name in NAMES[:-2]), _SHARE, _plain("options"))
_SEEDS = Column("seeds", lambda row: str(row["seeds"]), "seeds")
_EPISODES = _time("episodes to 90%", "episodes_to_90", 0)
BRIEF = (
    *_NAMED,
    _SEEDS,
    _estimate("score", "score"),
    _estimate("reward", "reward"),
    Column("of ceiling", lambda row: number(row["fraction_of_ceiling"]), "fraction_of_ceiling"),
    Column("questions", lambda row: number(row["questions"], 1), "questions"),
    _EPISODES,
)
FULL = (
    *_NAMED,
    _SEEDS,
    *(_estimate(name, name) for name in VALUES[:3]),
    _estimate("of ceiling", "fraction_of_ceiling"),
    _estimate("questions", "questions"),
    _estimate("asked if needed", "asked_when_needed"),
    _estimate("if not needed", "asked_when_not_needed"),
    _estimate("score if not needed", "score_when_not_needed"),
    _estimate("turns", "turns"),
    _estimate("agent's tokens", "agent_tokens"),
    _EPISODES,
    _time("minutes to 90%", "minutes_to_90", 1),
)
DIFFERENCES = (
    *_NAMED,
    Column("less", lambda row: row["reference"], "reference", numeric=False),
    Column("pairs", lambda row: str(row["pairs"]), "pairs"),
    _estimate("score", "score_difference"),
    _estimate("reward", "reward_difference"),
    Column("without 0", _without_0, "score_excludes_0", numeric=False),
)


def columns_of(columns: Sequence[Column], rows: Sequence[Row]) -> list[Column]:
    """The columns without the split and the options where they tell no row from another."""
    return [c for c in shown(columns, rows) if c.field != "options" or any(row["options"] for row in rows)]


def training_text(tables: Mapping[str, Any]) -> str:
    """The same as aligned plain text, with what could not be read."""
    parts = [
        "\n".join(aligned(columns_of(columns, rows), rows)) + "\n"
        for columns, rows in ((BRIEF, tables["rows"]), (DIFFERENCES, tables["differences"]))
        if rows
    ]
    return "\n".join([*parts, *(f"not read: {line}" for line in tables["missing"])])
