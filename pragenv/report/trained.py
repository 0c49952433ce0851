"""Reading trained agents: which cells hold one, what they were trained for, and how their training went."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pragenv.metrics import LABELS, Row, grouped, is_scored
from pragenv.report.records import Cell
from pragenv.types import Episode, canonical_json

AGENT = "trained"
ABOUT = ("objective", "training_seed", "base_share")
"""What a row of the summary says of how its agent was trained."""
NAMES = ("task", "setting", "split", "simulator", "objective", "base_share", "options")
"""What groups trained agents into a row; they then differ in their training seed only."""
_NOT_OPTIONS = ("name", "_target_", "objective", "training_seed", "folder", "base.share")


class Point(NamedTuple):
    """An iteration of training: conversations sampled so far, and the mean rewards then, as far as they were taken."""

    iteration: int
    episodes: int
    sampled: float | None
    validated: float | None


@dataclass(frozen=True)
class Training:
    """A training run: its folder as the cells name it, the task and setting it was in, its curve, and its seconds.

    `curve` is None where it could not be read; `seconds` are by iteration.
    """

    folder: str
    facts: Mapping[str, Any]
    curve: tuple[Point, ...] | None
    seconds: Mapping[int, float]


@dataclass(frozen=True)
class Played:
    """What one trained agent did: the values of `NAMES`, its training, and its scored episodes.

    `options` are those arguments of the agent's in which it differs from another that is named the same otherwise.
    """

    names: tuple[Any, ...]
    seed: int | None
    training: Training
    episodes: tuple[Episode, ...]

    @property
    def trained_in(self) -> tuple[str, str]:
        """Task and setting that it was trained in: those that it played, where the training does not say."""
        task, setting = (self.training.facts.get(name) for name in ("task", "setting"))
        return (str(task), str(setting)) if task and setting else (self.names[0], self.names[1])


class Trained(NamedTuple):
    """All that a report has of trained agents; `missing` says which training could not be read, and why."""

    played: Sequence[Played]
    about: Mapping[tuple[str, ...], Row]
    missing: Sequence[str]

    @property
    def trainings(self) -> list[Played]:
        """One trained agent of each training run."""
        return list({one.training.folder: one for one in self.played}.values())


_Held = defaultdict[tuple[Any, ...], list[tuple[dict[str, str], Training, list[Episode]]]]


def _refuse(token: str) -> float:
    raise ValueError(f"{token} is no number")


def _lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    return [json.loads(line, parse_constant=_refuse) for line in text.splitlines() if line.strip()]


def _mean(value: Any) -> float | None:
    return None if value is None else float(value)


def _point(line: Mapping[str, Any]) -> Point:
    validated = (line.get("validation") or {}).get("reward")
    return Point(int(line["iteration"]), int(line["episodes"]), _mean(line.get("reward")), _mean(validated))


_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError)


def read_training(directory: Path, name: str) -> tuple[Training, list[str]]:
    """A training run, and what of it could not be read; a report goes on without that.

    Args:
        directory: the report's.
        name: the run's folder within it.
    """
    facts: Mapping[str, Any] = {}
    curve: tuple[Point, ...] | None = None
    seconds: Mapping[int, float] = {}
    missing = []

    def unread(file: str, error: Exception) -> None:
        why = "missing" if isinstance(error, FileNotFoundError) else f"{type(error).__name__}: {error}"
        missing.append(f"{name}/{file}: {why}")

    if not (directory / name).is_dir():
        return Training(name, facts, curve, seconds), [f"{name}: missing"]
    try:
        facts = dict(json.loads((directory / name / "training.json").read_text(encoding="utf-8")))
    except _BROKEN as error:
        unread("training.json", error)
    try:
        curve = tuple(map(_point, _lines(directory / name / "curve.jsonl")))
    except _BROKEN as error:
        unread("curve.jsonl", error)
    try:
        lines = _lines(directory / name / "timing.jsonl")
        seconds = {int(line["iteration"]): float(line["seconds"]) for line in lines}
    except _BROKEN as error:
        unread("timing.jsonl", error)
    return Training(name, facts, curve, seconds), missing


def _label(objective: Any) -> str:
    """An objective as the agent's label shows it: its name, and the arguments that it is given."""
    if not isinstance(objective, Mapping):
        return str(objective)
    given = {k: v for k, v in sorted(objective.items()) if k not in ("name", "_target_") and v is not None}
    name = str(objective.get("name") or objective.get("_target_"))
    return name + (f"({','.join(f'{k}={_label(v)}' for k, v in given.items())})" if given else "")


def _agent(cell: Cell) -> Mapping[str, Any]:
    config = cell.meta.get("config")
    agent = config.get("agent") if isinstance(config, Mapping) else None
    return agent if isinstance(agent, Mapping) else {}


def _objective(agent: Mapping[str, Any]) -> str:
    return canonical_json(agent.get("objective"))


def _about(agent: Mapping[str, Any], facts: Mapping[str, Any], called: Mapping[str, str]) -> Row:
    """The values of `ABOUT`: as the training run says, else (as it may be gone) as the cell is configured.

    Args:
        agent: as it is configured.
        facts: from the training run.
        called: what other runs call an objective, by its configuration.
    """
    base = agent.get("base")
    objective = facts.get("objective") or called.get(_objective(agent)) or _label(agent.get("objective", "unknown"))
    seed = facts.get("training_seed", agent.get("training_seed"))
    share = facts.get("base_share", base.get("share") if isinstance(base, Mapping) else None)
    return {
        "objective": str(objective),
        "training_seed": seed if isinstance(seed, int) else None,
        "base_share": float(share) if isinstance(share, int | float) else None,
    }


def _options(agent: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, Any] = {}
    for name, value in agent.items():
        flat |= {f"{name}.{k}": v for k, v in value.items()} if isinstance(value, Mapping) else {name: value}
    return {
        k: canonical_json(v)
        for k, v in flat.items()
        if k not in _NOT_OPTIONS and not k.startswith("objective.") and v is not None
    }


def _differing(options: Iterable[Mapping[str, str]]) -> set[str]:
    held = list(options)
    return {name for one in held for name in one if len({other.get(name) for other in held}) > 1}


def trained(cells: Iterable[Cell], directory: Path) -> Trained:
    """The trained agents among cells: those with `training` in their meta, or whose agent is called so.

    Args:
        cells: from `records.read`.
        directory: where they were read; their training folders are relative to it.
    """
    trainings: dict[str, Training] = {}
    missing: list[str] = []
    called: dict[str, str] = {}
    chosen: list[tuple[Cell, Training]] = []
    for cell in cells:
        if "training" not in cell.meta and _agent(cell).get("name") != AGENT:
            continue
        folder = str(cell.meta.get("training") or f"the training of {cell.name}")
        if folder not in trainings:
            trainings[folder], unread = read_training(directory, folder)
            missing += unread
        chosen.append((cell, trainings[folder]))
        if name := trainings[folder].facts.get("objective"):
            called[_objective(_agent(cell))] = str(name)
    about: dict[tuple[str, ...], Row] = {}
    held: _Held = defaultdict(list)
    for cell, training in chosen:
        agent = _agent(cell)
        facts = _about(agent, training.facts, called)
        for key, episodes in grouped(cell.episodes).items():
            about[key] = facts
            names = (*key[: LABELS.index("agent")], facts["objective"], facts["base_share"], facts["training_seed"])
            held[names].append((_options(agent), training, [e for e in episodes if is_scored(e)]))
    return Trained(_merged(held), about, missing)


def _merged(held: _Held) -> list[Played]:
    """What belongs to one agent as one, in order of names and seed."""
    # An option in which agents of the same names differ keeps them apart; one that goes with the objective does not.
    differing = {name for same in held.values() for name in _differing(options for options, *_ in same)}
    merged: dict[tuple[Any, ...], Played] = {}
    for (*named, seed), same in held.items():
        for options, training, episodes in same:
            option = ",".join(f"{k}={v}" for k, v in sorted(options.items()) if k in differing)
            key = (*named, option, seed)
            before = merged[key].episodes if key in merged else ()
            merged[key] = Played((*named, option), seed, training, (*before, *episodes))
    return sorted(merged.values(), key=lambda one: [(x is not None, x) for x in (*one.names, one.seed)])
