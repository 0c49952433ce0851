"""How faithful is a simulator? Probes whose meaning is written down with them, judged by the task's own truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from pragenv.audit import extras, measures
from pragenv.audit.judge import Judge, Judged
from pragenv.audit.measures import Row
from pragenv.audit.recorded import audit_episodes
from pragenv.audit.talks import talks
from pragenv.errors import ConfigError
from pragenv.protocols import Setting, Simulator, Task

TURNS, BATCH_SIZE = 2000, 64
__all__ = ["BATCH_SIZE", "TURNS", "Findings", "audit", "audit_episodes"]


@dataclass(frozen=True)
class Findings:
    """What an audit of one task found; the fields are the parts of `audit.json`, as rows without their `task`."""

    task: str
    setting: str
    splits: tuple[str, ...]
    conversations: int
    rows: list[Row]
    by_turn: list[Row]
    served: list[Row]
    diversity: list[Row]
    reproducible: list[Row]
    parser: list[Row]
    examples: list[Row]


def audit(
    task: Task,
    setting: Setting,
    simulator: Simulator,
    name: str | None = None,
    splits: Sequence[str] | None = None,
    turns: int = TURNS,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
) -> Findings:
    """Talk to a user and judge what it says.

    Args:
        task: what is talked about.
        setting: one of the task's.
        simulator: the user.
        name: how rows call the task.
        splits: where scenarios and the wordings of questions come from; by default those whose name begins with "test".
        turns: of the user's, at least, openings included.
        seed: decides what is said to the user, and its keys.
        batch_size: conversations side by side.

    Raises:
        ConfigError: for a number out of range, or where no split is left.
    """
    for what, value, least in (("turns", turns, 1), ("seed", seed, 0), ("batch_size", batch_size, 1)):
        if value < least:
            raise ConfigError(f"{what} must be at least {least}, got {value}")
    chosen = tuple(split for split in task.SPLITS if split.startswith("test")) if splits is None else tuple(splits)
    if not chosen:
        raise ConfigError(f"task {task.name!r} has no split whose name begins with 'test'; name one by split=…")
    label = name or task.name
    judged = _converse(task, setting, simulator, chosen, turns, seed, batch_size, label)
    return Findings(
        task=label,
        setting=setting.name,
        splits=chosen,
        conversations=len({j.turn.conversation for j in judged}),
        rows=measures.rates(judged),
        by_turn=measures.by_turn(judged),
        served=measures.served(judged),
        diversity=extras.diversity(judged),
        reproducible=extras.reproducible(simulator, judged),
        parser=extras.parser(task.name, judged),
        examples=measures.examples(judged),
    )


def _converse(
    task: Task,
    setting: Setting,
    simulator: Simulator,
    splits: tuple[str, ...],
    turns: int,
    seed: int,
    batch_size: int,
    label: str,
) -> list[Judged]:
    """All judged turns, conversation by conversation."""
    judges: dict[int, Judge] = {}
    judged = []
    with tqdm(total=turns, desc=f"audit {label}", unit="turn", disable=None, dynamic_ncols=True) as bar:
        for turn in talks(task, setting, simulator, splits, turns, seed, batch_size, bar.update):
            judged.append(judges.setdefault(turn.conversation, Judge()).judge(turn))
    return sorted(judged, key=lambda j: (j.turn.conversation, len(j.turn.view.dialogue)))
