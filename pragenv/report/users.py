"""What a sweep says of its users: how faithful they were, and how far scores depend on which one was met."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pragenv.errors import DataError
from pragenv.report.tables import Column, Row, aligned, interval, number, shown

AUDIT = "audit.json"
_KEYS = ("task", "setting", "split", "agent")


class Audit(NamedTuple):
    """An `audit.json` as a table: how it was made, what its measures mean, and a row for each user."""

    note: str
    measures: Mapping[str, str]
    columns: Sequence[Column]
    rows: Sequence[Row]


def percent(row: Row, name: str = "rate") -> str:
    """A rate with its interval in per cent, or a dash for None."""
    if row[name] is None:
        return "–"
    return f"{row[name]:.1%} [{row['low']:.1%}, {row['high']:.1%}]"


def read_audit(path: Path) -> Audit | None:
    """The audit that a sweep wrote beside its cells; None where there is none.

    Raises:
        DataError: where the file is not such an audit.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for row in held["rows"]:
            named = {name: str(row.get(name, "")) for name in ("task", "setting", "simulator")}
            user = found.setdefault(tuple(named.values()), named)
            user |= {row["measure"]: row["rate"], f"{row['measure']}_shown": percent(row)}
        about: Mapping[str, Any] = held["about"]
        measures = {str(name): str(text) for name, text in about["measures"].items()}
        rows = [{**dict.fromkeys((*measures, *(f"{m}_shown" for m in measures))), **row} for row in found.values()]
        return Audit(str(about["gold"]), measures, _columns(measures), rows)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not an audit ({type(error).__name__}: {error}); move it away") from None


def _columns(measures: Mapping[str, str]) -> list[Column]:
    def column(name: str) -> Column:
        return Column(name.replace("_", " "), lambda row: row[f"{name}_shown"] or "–", name)

    return [*(_plain(name) for name in ("task", "setting", "simulator")), *map(column, measures)]


def _plain(name: str) -> Column:
    return Column(name, lambda row: str(row[name]), name, numeric=False)


def spread_rows(rows: Sequence[Row]) -> list[Row]:
    """For each agent that met several simulators: its score under each, with interval, and the highest less the lowest.

    Args:
        rows: from `metrics.summarise`.
    """
    met: defaultdict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        if row["scored"]:
            met[tuple(row[name] for name in _KEYS)][row["simulator"]] = row
    found: list[Row] = []
    for key, under in sorted(met.items()):
        if len(under) > 1:
            scores = [row["score"] for row in under.values()]
            held = {s: {k: row[k] for k in ("score", "score_low", "score_high")} for s, row in sorted(under.items())}
            found.append({**dict(zip(_KEYS, key, strict=True)), "scores": held, "spread": max(scores) - min(scores)})
    return found


def spread(rows: Sequence[Row]) -> tuple[list[Column], list[Row]]:
    """The same as a table with a column for each simulator."""
    across = spread_rows(rows)
    simulators = sorted({name for row in across for name in row["scores"]})

    def column(name: str) -> Column:
        return Column(name, lambda row: interval(row["scores"][name], "score") if name in row["scores"] else "–", name)

    # A simulator may be called "task".
    fields = [column(name)._replace(field=f"under {name}") for name in simulators]
    flat: list[Row] = [
        {**row, **{f"under {name}": row["scores"].get(name, {}).get("score") for name in simulators}} for row in across
    ]
    columns = [*map(_plain, _KEYS), *fields, Column("spread", lambda r: number(r["spread"]), "spread")]
    return (shown(columns, flat) if flat else columns), flat


def spread_text(rows: Sequence[Row]) -> str:
    """The same as aligned plain text; empty where no agent met two simulators."""
    columns, flat = spread(rows)
    return "\n".join(aligned(columns, flat)) + "\n" if flat else ""
