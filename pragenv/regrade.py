"""Grade recorded dialogues again: a changed grader costs seconds, not a new run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from pragenv.errors import DataError
from pragenv.files import write_atomic
from pragenv.report.records import read
from pragenv.rollout import EPISODES
from pragenv.run import Cell
from pragenv.types import EndReason, Episode

# What broke was never graded, and is not now.
_UNGRADED = frozenset((EndReason.SIMULATOR_ERROR, EndReason.AGENT_ERROR, EndReason.TASK_ERROR))


def regrade(directory: Path) -> Iterator[dict[str, Any]]:
    """Replace the verdicts and rewards of every record below a folder by those of the present grader.

    Yields:
        for each cell its folder, how many episodes it has, how many verdicts changed, and the mean score before and
        after (None where nothing is scored).

    Raises:
        DataError: where records cannot be read, or their task's data is no longer there.
    """
    cells = []
    for held in read(directory):
        try:
            cell = Cell.of(OmegaConf.create(dict(held.meta["config"])))
            data = held.meta["data"]
        except KeyError as error:
            raise DataError(f"{held.name}/meta.json: lacks {error}; it was not written by a run") from None
        if cell.task.fingerprint() != data:
            raise DataError(f"{held.name}: the task's data has changed since it was recorded; put the old data back")
        cells.append((held, [_graded(episode, cell) for episode in held.episodes]))
    for held, graded in cells:  # only now that every cell has been graded is anything written
        changed = sum(new != old for new, old in zip(graded, held.episodes, strict=True))
        if changed:
            lines = "".join(episode.to_json() + "\n" for episode in graded)
            write_atomic(directory / held.name / EPISODES, lines)
        yield {
            "cell": held.name,
            "episodes": len(graded),
            "changed": changed,
            "score_before": _mean(held.episodes),
            "score_after": _mean(graded),
        }


def _graded(episode: Episode, cell: Cell) -> Episode:
    if episode.end_reason in _UNGRADED:
        return episode
    verdict = cell.task.grade(episode.scenario, episode.dialogue)
    score = None if verdict.score is None else float(verdict.score)
    return replace(
        episode,
        scored=score is not None,
        score=score,
        solved=verdict.solved,
        reason=verdict.reason,
        reward=0.0 if score is None else score - cell.setting.turn_cost * episode.turns,
    )


def _mean(episodes: list[Episode] | tuple[Episode, ...]) -> float | None:
    scores = [e.score for e in episodes if e.score is not None]
    return sum(scores) / len(scores) if scores else None
