"""The page: one file that holds the table, the figures and the transcripts, and loads nothing from anywhere."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from pragenv.metrics import grouped
from pragenv.report.figures import CAPTIONS, Picture
from pragenv.report.records import Cell, all_episodes
from pragenv.report.repeated import FIRST_ANSWER, RELIABILITY
from pragenv.report.tables import FULL, Column, Row, interval, ladder, number, shown
from pragenv.report.training import DIFFERENCES, columns_of
from pragenv.report.training import FULL as TRAINED
from pragenv.report.users import Audit, spread
from pragenv.types import Episode

EMBEDDED = 5_000
"""The most transcripts that a page carries: about what a browser loads without delay."""

_FIELDS = (
    *("index", "key", "task", "setting", "split", "simulator", "agent", "public", "user_brief", "agent_brief"),
    *("dialogue", "user_info", "end_reason", "scored", "score", "solved", "reason", "reward", "turns", "questions"),
    *("needs_asking", "error"),
)
_OF_TRAINING = ("learning_curves", "success_against_share")
_TRAITS = (
    *(column for column in FULL if column.field in ("task", "setting", "split", "simulator", "agent")),
    Column("level", lambda row: row["level"], "level", numeric=False),
    Column("n", lambda row: str(row["episodes"]), "episodes"),
    Column("score", lambda row: interval(row, "score"), "score"),
    Column("turns", lambda row: number(row["turns"], 1), "turns"),
)


def sample(episodes: Sequence[Episode], limit: int) -> list[Episode]:
    """At most `limit` episodes: as even a share of every group as their sizes allow, evenly spaced within it."""
    groups = list(grouped(episodes).values())
    quotas, left = {}, limit
    for rank, i in enumerate(sorted(range(len(groups)), key=lambda i: len(groups[i]))):
        quotas[i] = min(len(groups[i]), left // (len(groups) - rank))
        left -= quotas[i]
    return [group[len(group) * n // quotas[i]] for i, group in enumerate(groups) for n in range(quotas[i])]


def _payload(episodes: Sequence[Episode]) -> dict[str, Any]:
    """What the page's script reads: rows of `_FIELDS`, with each public context held once and referred to by number."""
    places: dict[int, int] = {}
    contexts: list[Mapping[str, Any]] = []
    rows = []
    for episode in episodes:
        if id(episode.public) not in places:
            places[id(episode.public)] = len(contexts)
            contexts.append(episode.public)
        row = {name: getattr(episode, name) for name in _FIELDS}
        # A key has 63 bits, of which JavaScript's numbers would keep 53.
        rows.append(list((row | {"public": places[id(episode.public)], "key": str(episode.key)}).values()))
    return {"fields": _FIELDS, "contexts": contexts, "episodes": rows}


def script_json(value: object) -> str:
    """JSON that is safe inside a script element: no text within it can close the element or open another."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)  # in ASCII, so line separators are escaped too
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def table(columns: Sequence[Column], rows: Sequence[Row]) -> dict[str, Any]:
    """A table for the template: headings, and rows of (text, sort key, is numeric)."""
    return {
        "head": [(column.heading, column.numeric) for column in columns],
        "rows": [
            [(c.text(row), "" if row[c.field] is None else row[c.field], c.numeric) for c in columns] for row in rows
        ],
    }


def render(template: str, **values: Any) -> str:
    """A page: a template of the package, by its path within it, with every value escaped that is not marked safe."""
    loader = FunctionLoader(lambda name: files("pragenv").joinpath(name).read_text(encoding="utf-8"))
    settings: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    return Environment(loader=loader, autoescape=True, **settings).get_template(template).render(**values)


def _figures(pictures: Sequence[Picture]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The caption of each figure, with the name and the SVG in base64 of each of its pages."""
    return [
        (CAPTIONS[name], [(picture.name, b64encode(picture.svg).decode()) for picture in group])
        for name, group in groupby(pictures, key=lambda picture: picture.figure)
    ]


def _training(training: Row, pictures: Sequence[Picture]) -> dict[str, Any]:
    """The section on training: its two tables, either of which may be missing, its figures, and what was not read."""

    def of(columns: Sequence[Column], rows: Sequence[Row]) -> dict[str, Any] | None:
        return table(columns_of(columns, rows), rows) if rows else None

    return {
        "table": of(TRAINED, training["rows"]),
        "differences": of(DIFFERENCES, training["differences"]),
        "figures": _figures([picture for picture in pictures if picture.figure in _OF_TRAINING]),
        "missing": training["missing"],
    }


def page(
    cells: Sequence[Cell],
    rows: Sequence[Row],
    traits: Sequence[Row],
    pictures: Sequence[Picture],
    audit: Audit | None = None,
    repeated: Sequence[Row] = (),
    answered: Sequence[Row] = (),
    training: Row | None = None,
    tasks: Sequence[tuple[str, str]] = (),
) -> str:
    """The HTML of the report.

    Args:
        cells: the runs, whose configs and episodes are shown.
        rows: from `metrics.against_ceilings`.
        traits: from `metrics.by_trait`; may be empty.
        pictures: from `figures.write_figures`.
        audit: from `users.read_audit`, if the runs were audited.
        repeated: from `reliability.reliability`; may be empty.
        answered: from `reliability.by_first_answer`; may be empty.
        training: from `training.training_tables`.
        tasks: each task's name, and where its page lies.
    """
    episodes = all_episodes(cells)
    chosen = sample(episodes, EMBEDDED)
    by_name = sorted(traits, key=lambda row: row["trait"])
    return render(
        "report/template.html",
        total=len(episodes),
        unscored=len(episodes) - sum(row["scored"] for row in rows),
        chosen=len(chosen),
        summary=table(shown(FULL, rows), ladder(rows)),
        spread=table(*across) if (across := spread(rows))[1] else None,
        reliability=table(shown(RELIABILITY, repeated), repeated) if repeated else None,
        answered=table(shown(FIRST_ANSWER, answered), answered) if answered else None,
        faithful=audit
        and {"note": audit.note, "table": table(audit.columns, audit.rows), "measures": list(audit.measures.items())},
        training=training and _training(training, pictures),
        figures=_figures([picture for picture in pictures if picture.figure not in _OF_TRAINING]),
        traits=[
            (name, table(shown(_TRAITS, rows), list(group)))
            for name, group in groupby(by_name, key=lambda row: row["trait"])
        ],
        tasks=tasks,
        cells=[(cell.name, len(cell.episodes), json.dumps(cell.meta, indent=2, ensure_ascii=False)) for cell in cells],
        payload=script_json(_payload(chosen)),
    )
