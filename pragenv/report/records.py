"""Reading what runs wrote: every `episodes.jsonl` below a folder, with the `meta.json` beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pragenv.errors import DataError
from pragenv.types import Episode, canonical_json

EPISODES, META = "episodes.jsonl", "meta.json"


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: its folder relative to what was read, how it was configured, and its episodes.

    `meta` holds `config`, `versions`, `commit` and `seed`, as the run wrote them.
    """

    name: str
    meta: Mapping[str, Any]
    episodes: tuple[Episode, ...]


def _meta(path: Path) -> Mapping[str, Any]:
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{path}: missing, so nothing says how the episodes beside it were made; run it again"
        ) from None
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error}); resume the run to repair it") from None
    if not isinstance(meta, dict):
        raise DataError(f"{path}: expected an object, got {type(meta).__name__}")
    return meta


def _episodes(path: Path, shared: dict[str, Mapping[str, Any]]) -> tuple[Episode, ...]:
    episodes = []
    with path.open("rb") as file:  # bytes: a row cut within a character must be reported with its line too
        for number, line in enumerate(file, 1):
            where = f"{path}:{number}"
            try:
                episode = Episode.from_json(line.decode(), where)
            except (ValueError, TypeError) as error:
                found = str(error) if isinstance(error, DataError) else f"{where}: not a row of episodes ({error})"
                raise DataError(f"{found}; if the run was interrupted, resume it to repair the file") from None
            # A public context recurs in many rows and can be large: one copy serves them all.
            public = shared.setdefault(canonical_json(episode.public), episode.public)
            episodes.append(replace(episode, public=public))
    return tuple(episodes)


def read(directory: Path) -> list[Cell]:
    """Every run below `directory`, by folder name.

    Raises:
        DataError: if there is no record, or one cannot be read; it names the file and the line.
    """
    if not directory.is_dir():
        raise DataError(f"{directory}: no such folder")
    shared: dict[str, Mapping[str, Any]] = {}
    cells = [
        Cell(path.parent.relative_to(directory).as_posix(), _meta(path.parent / META), _episodes(path, shared))
        for path in sorted(directory.rglob(EPISODES))
    ]
    if not any(cell.episodes for cell in cells):
        raise DataError(f"{directory}: no {EPISODES} with a row in it at any depth; is it the folder of a run?")
    return cells


def all_episodes(cells: Iterable[Cell]) -> list[Episode]:
    """The episodes of all runs, in order."""
    return [episode for cell in cells for episode in cell.episodes]


_CEILING = {"task": str, "setting": str, "split": str, "kind": str, "value": float, "reached": float, "margin": float}


def read_ceilings(path: Path) -> list[dict[str, Any]]:
    """The ceilings that a run left beside its records; none where there is no such file.

    Raises:
        DataError: where the file cannot be read.
    """
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        assert isinstance(rows, list)
        for row in rows:
            assert all(isinstance(row[name], kind) for name, kind in _CEILING.items())
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise DataError(
            f"{path}: holds no ceilings ({type(error).__name__} {error}); delete it and run again"
        ) from None
    return rows
