"""The tables of repeated conversations: aptitude, unreliability, retention; and scores by the first answer's turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pragenv.metrics import LABELS, Row
from pragenv.report.tables import Column, aligned, interval, number, shown


def _name(field: str) -> Column:
    return Column(field, lambda row: str(row[field]), field, numeric=False)


def _estimate(heading: str, field: str) -> Column:
    return Column(heading, lambda row: interval(row, field), field)


def _runs(row: Mapping[str, Any]) -> str:
    return f"{row['scenarios']} × {'–'.join(map(str, sorted({*row['runs']})))}"


_NAMES = tuple(map(_name, LABELS))
RELIABILITY = (
    *_NAMES,
    Column("scenarios × runs", _runs, "scenarios"),
    _estimate("mean", "mean"),
    _estimate("A90", "aptitude"),
    _estimate("U90-10", "unreliability"),
    _estimate("retention", "retention"),
    Column("within", lambda row: number(row["within"], 3), "within"),
    Column("between", lambda row: number(row["between"], 3), "between"),
)
FIRST_ANSWER = (
    *_NAMES,
    Column("first answer in turn", lambda row: "never" if row["turn"] is None else str(row["turn"]), "turn"),
    Column("n", lambda row: str(row["episodes"]), "episodes"),
    _estimate("score", "score"),
)


def reliability_text(rows: Sequence[Row]) -> str:
    """The table of `reliability` as aligned plain text; empty where nothing was played twice."""
    return "\n".join(aligned(shown(RELIABILITY, rows), rows)) + "\n" if rows else ""
