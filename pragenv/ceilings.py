"""The ceilings of what was run, or is asked for: beside the records, for the report, and as a table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pragenv.ceiling import SAMPLED, ceiling
from pragenv.files import write_json
from pragenv.report import CEILINGS
from pragenv.report.records import read_ceilings
from pragenv.report.tables import Column, aligned, number
from pragenv.run import Cell

_KEY = ("task", "setting", "split")
_TABLE = (
    *(Column(name, itemgetter(name), name, numeric=False) for name in _KEY),
    Column("ceiling", lambda row: number(row["value"], 4), "value"),
    Column("±", lambda row: number(row["margin"], 4) if row["margin"] else "", "margin"),
    Column("reached", lambda row: number(row["reached"], 4), "reached"),
    Column("kind", lambda row: row["kind"], "kind", numeric=False),
    Column("how", lambda row: row["how"], "how", numeric=False),
)


def ceilings(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """A row for each task, setting and split of these cells that has a ceiling; those that are slow show progress."""
    rows = {}
    for cell in cells:
        key = (cell.names.task, cell.names.setting, cell.config["split"])
        if key in rows:
            continue
        with tqdm(total=SAMPLED, desc=f"ceiling of {key[0]}/{key[1]}", delay=3, disable=None, leave=False) as bar:
            try:
                found = ceiling(cell.task, cell.setting, key[2], partial(bar.update, 1))
            except Exception as error:  # another's task may declare what it does not keep; its episodes are there
                print(f"pragenv: no ceiling of {'/'.join(key)}: {type(error).__name__}: {error}", file=sys.stderr)
                continue
        if found is not None:
            rows[key] = dict(zip(_KEY, key, strict=True)) | asdict(found)
    return list(rows.values())


def of_all_settings(cells: Iterable[Cell]) -> list[Cell]:
    """The cells in every setting of their tasks."""
    return [
        Cell({**cell.config, "task": {**cell.config["task"], "setting": setting.name}})
        for cell in cells
        for setting in cell.task.SETTINGS
    ]


def write_ceilings(cells: Iterable[Cell], out: Path) -> None:
    """Bring a folder's `ceilings.json` up to date with these cells; other rows of it stay."""
    rows = {tuple(row[name] for name in _KEY): row for row in read_ceilings(out / CEILINGS)}
    rows |= {tuple(row[name] for name in _KEY): row for row in ceilings(cells)}
    if rows:
        write_json(out / CEILINGS, [row for _, row in sorted(rows.items())])


def text_table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as aligned text."""
    return "\n".join(aligned(_TABLE, rows)) + "\n"
