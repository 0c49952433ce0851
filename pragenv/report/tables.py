"""The summary as JSON, as CSV, and as columns for the terminal and the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pragenv.files import write_atomic

Row = Mapping[str, Any]
_ABSENT = "–"


class Column(NamedTuple):
    """A column: its heading, what it shows of a row, the field that orders it, and whether it is a number."""

    heading: str
    text: Callable[[Row], str]
    field: str
    numeric: bool = True


def number(value: float | None, digits: int = 2) -> str:
    """A number of fixed decimals, or a dash for None."""
    return _ABSENT if value is None else f"{value:.{digits}f}"


def interval(row: Row, name: str) -> str:
    """A field's value with its interval, as far as it has one."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return number(row[name]) + ("" if low is None or high is None else f" [{number(low)}, {number(high)}]")


def _count(row: Row) -> str:
    scored, episodes = row["scored"], row["episodes"]
    return f"{episodes}" if scored == episodes else f"{scored}/{episodes}"


def _errors(row: Row) -> str:
    counts = {"user": row["simulator_errors"], "agent": row["agent_errors"], "task": row["task_errors"]}
    return ", ".join(f"{count} {who}" for who, count in counts.items() if count) or "0"


def _ceiling(row: Row) -> str:
    sign = "≤ " if row["ceiling_kind"] == "bound" else ""
    return sign + number(row["ceiling"], 3)


def _asked(row: Row) -> str:
    return f"{number(row['asked_when_needed'])} / {number(row['asked_when_not_needed'])}"


def _plain(field: str) -> Column:
    return Column(field, lambda row: str(row[field]), field, numeric=False)


def _value(heading: str, field: str, digits: int = 2) -> Column:
    return Column(heading, lambda row: number(row[field], digits), field)


def _estimate(field: str) -> Column:
    return Column(field, lambda row: interval(row, field), field)


_LABELS = tuple(_plain(name) for name in ("task", "setting", "split", "simulator", "agent"))
_COUNT = Column("n", _count, "scored")
_CEILING = Column("ceiling", _ceiling, "ceiling")
_LAST = (_value("uniform", "expected_uniform"), Column("errors", _errors, "simulator_errors"))
BRIEF = (
    *_LABELS,
    _COUNT,
    _estimate("score"),
    _value("success", "success"),
    _value("reward", "reward"),
    _CEILING,
    _value("turns", "turns", 1),
    _value("questions", "questions", 1),
    Column("asked need/not", _asked, "asked_when_needed"),
    *_LAST,
)
"""What fits a terminal."""

FULL = (
    *_LABELS,
    _COUNT,
    _estimate("score"),
    _estimate("success"),
    _estimate("reward"),
    _CEILING,
    _estimate("regret"),
    Column("of ceiling", lambda row: number(row["fraction_of_ceiling"]), "fraction_of_ceiling"),
    _value("turns", "turns", 1),
    _value("questions", "questions", 1),
    _value("asked if needed", "asked_when_needed"),
    _value("if not needed", "asked_when_not_needed"),
    *_LAST,
)
"""What fits a page."""


def shown(columns: Sequence[Column], rows: Sequence[Row]) -> list[Column]:
    """The columns without the split where all rows have one and the same."""
    several = len({row["split"] for row in rows}) > 1
    return [column for column in columns if column.field != "split" or several]


def ladder(rows: Sequence[Row]) -> list[Row]:
    """Rows with the agents of each cell in order of score, the lowest first."""

    def rank(row: Row) -> tuple[Any, ...]:
        score = -1.0 if row["score"] is None else row["score"]
        return *(row[name] for name in ("task", "setting", "split", "simulator")), score, row["agent"]

    return sorted(rows, key=rank)


def aligned(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """A table as lines of aligned text: the headings, a rule, and a line for each row."""
    cells = [[column.heading for column in columns], *([column.text(row) for column in columns] for row in rows)]
    widths = [max(map(len, texts)) for texts in zip(*cells, strict=True)]

    def line(texts: Sequence[str]) -> str:
        padded = (
            text.rjust(width) if column.numeric else text.ljust(width)
            for text, width, column in zip(texts, widths, columns, strict=True)
        )
        return "  ".join(padded).rstrip()

    head, *lines = map(line, cells)
    return [head, "  ".join("-" * width for width in widths), *lines]


def text_table(rows: Sequence[Row]) -> str:
    """The summary as aligned plain text, a rule between cells; scores with their 95% intervals."""
    ordered = ladder(rows)
    head, rule, *texts = aligned(shown(BRIEF, rows), ordered)
    lines, cell = [head], None
    for row, text in zip(ordered, texts, strict=True):
        if (here := tuple(row[name] for name in ("task", "setting", "split", "simulator"))) != cell:
            lines.append(rule)
            cell = here
        lines.append(text)
    return "\n".join(lines) + "\n"


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write at least one row of equal fields as CSV; None is an empty field."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(path, buffer.getvalue())
