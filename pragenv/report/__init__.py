"""Records to a table, figures and a page. Reads what runs wrote; never runs a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pragenv.files import write_atomic, write_json
from pragenv.metrics import LABELS, Row, against_ceilings, by_trait, summarise
from pragenv.reliability import by_first_answer, reliability
from pragenv.report.figures import write_figures
from pragenv.report.html import page
from pragenv.report.learning import training_drawings
from pragenv.report.records import all_episodes, read, read_ceilings
from pragenv.report.repeated import reliability_text
from pragenv.report.tables import text_table, write_csv
from pragenv.report.task_pages import task_pages
from pragenv.report.trained import ABOUT, trained
from pragenv.report.training import TRAINING, training_tables
from pragenv.report.users import AUDIT, read_audit, spread_rows, spread_text

__all__ = ["AUDIT", "CEILINGS", "RELIABILITY", "read", "reliability_text", "spread_text", "text_table", "write_report"]

SIMULATORS = "simulators.json"
RELIABILITY = "reliability.json"
CEILINGS = "ceilings.json"


def write_report(directory: Path, out: Path | None = None) -> list[Row]:
    """Sum up every run below a folder.

    Writes `summary.json` (the rows of `metrics.summarise`, with the ceilings of the folder's `ceilings.json`, and for
    trained agents `trained.ABOUT`), `summary.csv`, `figures/`, `report.html` and for each task `tasks/NAME.html`; where
    an agent met several simulators,
    `simulators.json` too; where scenarios were played more than once, `reliability.json` (the rows of
    `reliability.reliability` and of `by_first_answer`); and where agents were trained, `training.json` (see
    `training.training_tables`). Shows the folder's `audit.json` if there is one. The same records give the same bytes.

    Args:
        directory: holds `episodes.jsonl` files at any depth, each with its `meta.json`.
        out: where to write; `directory` itself by default.

    Returns:
        the rows of `summary.json`.

    Raises:
        DataError: if there is no record, or one cannot be read.
    """
    out = directory if out is None else out
    cells = read(directory)
    episodes = all_episodes(cells)
    ceilings = read_ceilings(directory / CEILINGS)
    learned = trained(cells, directory)
    rows = [_beside(row, learned.about) for row in against_ceilings(summarise(episodes), ceilings)]
    write_json(out / "summary.json", rows)
    write_csv(out / "summary.csv", rows)
    if across := spread_rows(rows):
        write_json(out / SIMULATORS, across)
    else:
        (out / SIMULATORS).unlink(missing_ok=True)  # an earlier, larger report's
    repeated = reliability(episodes)
    answered = by_first_answer(episodes) if repeated else []
    if repeated:
        write_json(out / RELIABILITY, {"reliability": repeated, "by_first_answer": answered})
    else:
        (out / RELIABILITY).unlink(missing_ok=True)
    training = training_tables(learned, ceilings)
    if training:
        write_json(out / TRAINING, training)
    else:
        (out / TRAINING).unlink(missing_ok=True)
    further = training_drawings(learned, training["rows"] if training else [], ceilings)
    pictures = write_figures(rows, episodes, out / "figures", further)
    audit = read_audit(directory / AUDIT)
    about = task_pages(rows, episodes)
    for one in about:
        write_atomic(out / one.path, one.html.encode(errors="backslashreplace"))  # a half of a surrogate pair
    links = [(one.task, one.path) for one in about]
    text = page(cells, rows, by_trait(episodes), pictures, audit, repeated, answered, training, links)
    write_atomic(out / "report.html", text)
    return rows


def _beside(row: Row, about: Mapping[tuple[str, ...], Row]) -> Row:
    """A row of the summary with what its agent was trained for, if it was, after the agent's name."""
    names = {name: row[name] for name in LABELS}
    return names | about.get(tuple(names.values()), dict.fromkeys(ABOUT)) | row
