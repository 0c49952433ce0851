"""How fast are the environments? Steps per CPU-second, beside doing nothing and beside other people's environments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from pragenv.bench.contestants import Contestant, bare, dialogue
from pragenv.bench.peers import PEERS, Peers
from pragenv.bench.timing import Sample
from pragenv.errors import ConfigError

Row = dict[str, Any]
_YARDSTICKS = {"bare": "ratio_to_bare", **{peer: f"ratio_to_{peer}" for peer in PEERS}}


def bench_env(
    out: Path | None = None,
    peers: bool = False,
    seconds: float = 0.5,
    repeats: int = 7,
    peers_python: Path | None = None,
) -> list[Row]:
    """Time both tasks through `gym.make`, with the scripted user, full observations and resets included.

    `…_repeating` asks in the tasks' own wordings, which come again from episode to episode; `…_fresh` says nothing
    twice, so that no parse is remembered. All contestants are timed in turn within each repeat, so that a noisy machine
    hits them alike, and each plays one repeat beforehand that does not count.

    Args:
        out: where `bench.json` is written, or None.
        peers: also time GEM's and TextArena's GuessTheNumber, in a virtual environment of their own.
        seconds: CPU time for each contestant in each repeat, at least.
        repeats: how often each contestant is timed.
        peers_python: the interpreter of a virtual environment that has the peers; made on first use where not given.

    Returns:
        A row for each contestant: `name`, `steps_per_cpu_s` (median over repeats; `low` and `high` are the extremes),
        `ratio_to_bare` and with peers `ratio_to_gem` and `ratio_to_textarena` (medians of the ratios within repeats),
        `steps` and `episodes` in all.

    Raises:
        ConfigError: for a length of time or a number of repeats that is not positive.
        PragEnvError: where the peers cannot be installed or run.
    """
    if seconds <= 0 or repeats < 1:
        raise ConfigError(f"seconds must be positive and repeats at least 1, got {seconds!r} and {repeats!r}")
    with ExitStack() as stack:
        contestants: dict[str, Contestant] = {"bare": bare()}
        for task in ("clarify", "twenty_questions"):
            contestants[f"{task}_repeating"] = dialogue(task, fresh=False)
            contestants[f"{task}_fresh"] = dialogue(task, fresh=True)
        if peers:
            process = stack.enter_context(Peers(peers_python))
            contestants |= {name: partial(process.play, name) for name in PEERS}
        for play in contestants.values():
            play(seconds)
        rounds = [
            {name: play(seconds) for name, play in contestants.items()}
            for _ in tqdm(range(repeats), desc="bench env", disable=None, leave=False)
        ]
    rows = [_row(name, rounds) for name in contestants]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "bench.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as text."""
    columns = ["steps_per_cpu_s", *(c for c in rows[0] if c.startswith("ratio"))]
    lines = [f"{'':28}" + "".join(f"{c:>22}" for c in columns)]
    for row in rows:
        cells = (f"{row[c]:>22,.0f}" if c == columns[0] else f"{row[c]:>22,.3g}" for c in columns)
        lines.append(f"{row['name']:28}" + "".join(cells))
    return "\n".join(lines)


def _row(name: str, rounds: Sequence[Mapping[str, Sample]]) -> Row:
    speeds = [samples[name].speed for samples in rounds]
    ratios = {
        column: round(median(samples[name].speed / samples[other].speed for samples in rounds), 4)
        for other, column in _YARDSTICKS.items()
        if other in rounds[0]
    }
    return {
        "name": name,
        "steps_per_cpu_s": round(median(speeds), 1),
        "low": round(min(speeds), 1),
        "high": round(max(speeds), 1),
        **ratios,
        "steps": sum(samples[name].steps for samples in rounds),
        "episodes": sum(samples[name].episodes for samples in rounds),
    }
