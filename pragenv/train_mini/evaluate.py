"""What a trained mini model does as an assistant: how much it asks, and what that earns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pragenv import registration
from pragenv.intervals import bounded_mean, proportion
from pragenv.rollout import Names, rollout
from pragenv.types import Episode

TASKS = ("clarify", "twenty_questions")
_BATCH = 64


def played(
    task: str, agent: Mapping[str, Any], model: Path, episodes: int, split: str, turn_limit: int | None = None
) -> Iterator[Episode]:
    """Episodes of a language-model agent with scripted users."""
    knobs = {} if turn_limit is None else {"turn_limit": turn_limit}
    env = registration.make_env(task, split=split, simulator="scripted", knobs=knobs)
    speaker = registration.agents.make({**agent, "model": {"name": "mini", "path": str(model), "cache_gb": 0.25}})
    names = Names(task, "default", split, "scripted", agent["name"])
    for block in rollout(env, speaker, names, 0, episodes, batch_size=_BATCH):
        yield from block


def asking(
    task: str,
    agent: Mapping[str, Any],
    model: Path,
    episodes: int = 192,
    split: str = "test",
    turn_limit: int | None = None,
) -> dict[str, Any]:
    """How often an agent asks anything, of the episodes that need it, and how many of all episodes it solves.

    Args:
        task: name.
        agent: a language-model agent, by name and arguments.
        model: the checkpoint's folder.
        episodes: how many are played.
        split: of the scenarios; `test` has forms that the assistant never saw.
        turn_limit: another than the default setting's.

    Returns:
        `asks` and `solved`, each with its 95% interval, beside what was played.
    """
    rows = list(played(task, agent, model, episodes, split, turn_limit))
    return {
        "task": task,
        "agent": agent["name"],
        "split": split,
        "episodes": len(rows),
        "asks": _share([row.questions > 0 for row in rows if row.needs_asking]),
        "solved": _share([row.solved for row in rows]),
    }


def scoring(
    task: str, agent: Mapping[str, Any], model: Path, episodes: int, split: str, turn_limit: int | None = None
) -> dict[str, Any]:
    """What an agent scores.

    Args:
        task: name.
        agent: a language-model agent, by name and arguments.
        model: the checkpoint's folder.
        episodes: how many are played; those without a commitment score nothing.
        split: of the scenarios.
        turn_limit: another than the default setting's.

    Returns:
        `score`, the mean with its 95% interval, and `chance`, that of an answer at random, beside what was played.
    """
    rows = list(played(task, agent, model, episodes, split, turn_limit))
    scores = np.array([row.score or 0.0 for row in rows])
    return {
        "task": task,
        "agent": agent["name"],
        "split": split,
        "episodes": len(rows),
        "score": bounded_mean(scores, np.arange(len(rows)))._asdict(),
        "chance": float(np.mean([row.expected_uniform for row in rows if row.expected_uniform is not None])),
    }


def _share(hits: list[bool]) -> dict[str, float | None]:
    """Rate and 95% interval (Wilson)."""
    return proportion(np.array(hits), np.arange(len(hits)))._asdict()
