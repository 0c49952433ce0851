"""The dense signals of recorded dialogues, beside their records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from omegaconf import OmegaConf

from pragenv.belief import signals
from pragenv.files import write_atomic
from pragenv.report.records import read
from pragenv.run import Cell

SIGNALS = "belief.jsonl"


def write_signals(directory: Path, noise: float = 0.0) -> Iterator[tuple[str, int]]:
    """Write `belief.jsonl` beside each `episodes.jsonl` below a folder: `index`, `information`, `truth`, all in bits.

    A value that is not finite (the truth was ruled out) is null.

    Args:
        directory: of runs.
        noise: how often users are taken to err; see `pragenv.belief.Belief`.

    Yields:
        each cell's folder, and how many rows it has now: 0 where its task declares no intents, and nothing is written.
    """
    for held in read(directory):
        cell = Cell.of(OmegaConf.create(dict(held.meta["config"])))
        rows = []
        for episode in held.episodes:
            found = signals(cell.task, cell.setting, episode.scenario, episode.dialogue, noise)
            if found is not None:
                finite = {name: [v if abs(v) < 1e300 else None for v in row] for name, row in found._asdict().items()}
                rows.append(json.dumps({"index": episode.index, **finite}) + "\n")
        if rows:
            write_atomic(directory / held.name / SIGNALS, "".join(rows))
        yield held.name, len(rows)
