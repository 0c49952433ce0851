"""An audit as files: `audit.json`, `audit.html` and `examples.jsonl`, each whole or not there at all."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pragenv import __version__
from pragenv.audit import Findings
from pragenv.audit.judge import MEASURES, SERVED
from pragenv.audit.measures import Row
from pragenv.files import write_atomic, write_json
from pragenv.report.figures import STYLE
from pragenv.report.html import render, table
from pragenv.report.tables import Column, aligned
from pragenv.report.users import AUDIT, percent

WRITTEN = (
    "What the agent asked is written down with each probe, so a question that the parser misreads is not held "
    + ("against the user. Replies are read by the task's parser, in the light of what was asked.")
)
INTERVALS = "95%, clustered by conversation (Korn and Graubard 1998; Wilson 1927 where each holds one observation)"
_PARTS = ("rows", "by_turn", "served", "diversity", "reproducible", "parser")


def _plain(name: str, heading: str = "") -> Column:
    return Column(heading or name, lambda row: str(row[name]), name, numeric=False)


def _count(name: str) -> Column:
    return Column(name, lambda row: str(row[name]), name)


_RATE = Column("rate", percent, "rate")
_TASK, _N = _plain("task"), _count("n")
_TABLES: Mapping[str, tuple[Column, ...]] = {
    "rows": (_TASK, _plain("measure"), _RATE, _N),
    "served": (_TASK, _plain("served", "the errors"), _count("errors"), _RATE, _N),
    "diversity": (
        _TASK,
        _plain("scope"),
        Column("distinct", lambda row: f"distinct-{row['order']}", "order"),
        Column("share", lambda row: "–" if row["distinct"] is None else f"{row['distinct']:.3f}", "distinct"),
        _N,
    ),
    "reproducible": (_TASK, _plain("how", "asked again"), _RATE, _N),
    "parser": (_TASK, _plain("study"), _plain("measure"), _RATE, _N),
}


def write_audit(out: Path, findings: Sequence[Findings], about: Mapping[str, Any]) -> None:
    """Write the three files; `audit.json` last, so that where it is the others are too.

    Args:
        out: folder, made if missing.
        findings: one for each task.
        about: what was audited and how: `simulator`, `seed`, `turns`, `batch_size`.
    """
    facts = {
        **about,
        "version": __version__,
        "tasks": {
            f.task: {"setting": f.setting, "splits": f.splits, "conversations": f.conversations} for f in findings
        },
        "gold": WRITTEN,
        "intervals": INTERVALS,
        "measures": MEASURES,
        "served": SERVED,
    }
    parts = {part: [{"task": f.task, **row} for f in findings for row in getattr(f, part)] for part in _PARTS}
    examples: list[Row] = [{"task": f.task, **row} for f in findings for row in f.examples]
    write_atomic(out / "examples.jsonl", "".join(json.dumps(row) + "\n" for row in examples))
    write_atomic(out / "audit.html", _page(facts, parts, examples))
    write_json(out / AUDIT, {"about": facts, **parts})


def text_table(findings: Sequence[Findings]) -> str:
    """The measures as aligned plain text."""
    return "\n".join(aligned(_TABLES["rows"], [{"task": f.task, **row} for f in findings for row in f.rows])) + "\n"


def _page(about: Mapping[str, Any], parts: Mapping[str, Sequence[Row]], examples: Sequence[Row]) -> str:
    shown: dict[str, list[Row]] = {}
    for row in examples:
        shown.setdefault(f"{row['error']} · {row['task']}", []).append(row)
    return render(
        "audit/page.html",
        about=about,
        tables={name: table(columns, parts[name]) for name, columns in _TABLES.items()},
        figure=b64encode(_by_turn(parts["by_turn"])).decode(),
        examples=[(title, rows[0]["served"], rows) for title, rows in shown.items()],
    )


def _by_turn(rows: Sequence[Row]) -> bytes:
    """Early disclosures at each of the user's turns, a line for each task, as SVG."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.2), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for at, task in enumerate(dict.fromkeys(row["task"] for row in rows)):
            own = [row for row in rows if row["task"] == task and row["rate"] is not None]
            turns, rates = [row["turn"] + 0.08 * at for row in own], [row["rate"] for row in own]
            away = [[r["rate"] - r["low"] for r in own], [r["high"] - r["rate"] for r in own]]
            axes.errorbar(turns, rates, yerr=away, marker="o", markersize=4, capsize=2, label=task)
        axes.set(xlabel="user's turn (0 is the opening)", ylabel="share of turns", ylim=(0, None))
        axes.set_title("Disclosed before being asked, by turn")
        if rows:
            axes.legend()
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
        return drawn.getvalue()
