"""Records to a table, figures and a page. Reads what runs wrote; never runs a model."""

from __future__ import annotations

from pathlib import Path

from pragenv.files import write_atomic, write_json
from pragenv.metrics import Row, against_ceilings, by_trait, summarise
from pragenv.reliability import by_first_answer, reliability
from pragenv.report.figures import write_figures
from pragenv.report.html import page
from pragenv.report.records import all_episodes, read, read_ceilings
from pragenv.report.repeated import reliability_text
from pragenv.report.tables import text_table, write_csv
from pragenv.report.users import AUDIT, read_audit, spread_rows, spread_text

__all__ = ["AUDIT", "CEILINGS", "RELIABILITY", "read", "reliability_text", "spread_text", "text_table", "write_report"]

SIMULATORS = "simulators.json"
RELIABILITY = "reliability.json"
CEILINGS = "ceilings.json"


def write_report(directory: Path, out: Path | None = None) -> list[Row]:
    """Sum up every run below a folder.

    Writes `summary.json` (the rows of `metrics.summarise`, with the ceilings of the folder's `ceilings.json`),
    `summary.csv`, `figures/` and `report.html`; where an agent met several simulators, `simulators.json` too, and where
    scenarios were played more than once, `reliability.json` (the rows of `reliability.reliability` and of
    `by_first_answer`). Shows the folder's `audit.json` if there is one. The same records give the same bytes.

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
    rows = against_ceilings(summarise(episodes), read_ceilings(directory / CEILINGS))
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
    pictures = write_figures(rows, episodes, out / "figures")
    audit = read_audit(directory / AUDIT)
    write_atomic(out / "report.html", page(cells, rows, by_trait(episodes), pictures, audit, repeated, answered))
    return rows
