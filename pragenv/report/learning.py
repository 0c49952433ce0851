"""What is drawn of trained agents: their learning curves, and success against the share of asking in their base."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pragenv.intervals import Floats
from pragenv.report.labels import Label
from pragenv.report.panels import INK, Draw, Drawing, Panels, Style, styles
from pragenv.report.tables import Row
from pragenv.report.trained import NAMES, Played, Point, Trained
from pragenv.report.training import ceiling_of

_MARKS = 12
_MEASURES: dict[str, Callable[[Point], float | None]] = {
    "reward on validation": lambda point: point.validated,
    "reward while sampling": lambda point: point.sampled,
}


def training_drawings(held: Trained, rows: Sequence[Row], ceilings: Sequence[Row]) -> dict[str, Drawing]:
    """Both figures, without a panel where there is nothing to draw.

    Args:
        held: from `trained.trained`.
        rows: those of `training.training_tables`.
        ceilings: from `records.read_ceilings`.
    """
    scored: list[Row] = [{"agent": line_of(row), "score": row["score"]} for row in rows]
    unscored = {_line_of(one) for one in held.played} - {row["agent"] for row in scored}
    style = styles([*scored, *({"agent": name, "score": None} for name in sorted(unscored))])
    handles = _legend(style)
    return {
        "learning_curves": Drawing(learning_panels(held, ceilings), learning_curves(style), handles, 3.4),
        "success_against_share": Drawing(share_panels(rows), success_against_share(style), handles, 3.4),
    }


def _legend(style: Mapping[str, Style]) -> list[Line2D]:
    return [
        Line2D([], [], color=look.colour, ls=look.line, marker=look.marker, ms=5, label=name)
        for name, look in [*style.items()][::-1]
    ]


def line_of(row: Mapping[str, Any]) -> str:
    """What a line is called: the objective, with options that tell it from another."""
    return f"{row['objective']} {row['options']}".strip()


def _line_of(one: Played) -> str:
    return line_of(dict(zip(NAMES, one.names, strict=True)))


def _curve(point_of: Callable[[Point], float | None], one: Played) -> tuple[Floats, Floats]:
    """Conversations sampled, increasing, and the measure at each: both of shape (n,), n may be 0."""
    points = [(point.episodes, point_of(point)) for point in one.training.curve or ()]
    known = sorted({at: value for at, value in points if value is not None}.items())
    return np.array([at for at, _ in known], dtype=np.float64), np.array([v for _, v in known], dtype=np.float64)


def _line(name: str, runs: Sequence[Played], measure: str) -> Row | None:
    """The mean over seeds with least and greatest, as far as all seeds have come; None where they share nothing."""
    curves = [curve for one in runs if len((curve := _curve(_MEASURES[measure], one))[0])]
    if not curves:
        return None
    first, last = max(at[0] for at, _ in curves), min(at[-1] for at, _ in curves)
    grid = np.unique(np.concatenate([at for at, _ in curves]))
    grid = grid[(grid >= first) & (grid <= last)]
    if not grid.size:
        return None
    values = np.array([np.interp(grid, at, rewards) for at, rewards in curves])
    edges = {"low": values.min(axis=0), "high": values.max(axis=0)}
    return {"line": name, "measure": measure, "at": grid, "mean": values.mean(axis=0), **edges}


def learning_panels(held: Trained, ceilings: Sequence[Row]) -> Panels:
    """A panel for each task and setting trained in, at the base share that most training runs have.

    Lines of a panel are of one measure: the reward on validation, unless some objective has none.
    """
    runs = [one for one in held.trainings if one.training.curve]
    if not runs:
        return []
    at = NAMES.index("base_share")
    share = Counter(one.names[at] for one in runs).most_common(1)[0][0]
    panels: defaultdict[tuple[str, str], defaultdict[str, list[Played]]] = defaultdict(lambda: defaultdict(list))
    for one in runs:
        if one.names[at] == share:
            panels[one.trained_in][_line_of(one)].append(one)
    found = []
    for (task, setting), lines in sorted(panels.items()):
        drawn = [[_line(*line, measure) for line in sorted(lines.items())] for measure in _MEASURES]
        rows = next((rows for rows in drawn if None not in rows), drawn[-1])
        above = {"ceiling": ceiling_of(ceilings, task, setting)}
        kept: list[Row] = [{**row, **above} for row in rows if row is not None]
        title = f"{task}\n{setting}" + ("" if share is None else f" · base share {share:g}")
        found += [(title, kept)] if kept else []
    return found


def learning_curves(style: Mapping[str, Style]) -> Draw:
    """Reward against the conversations sampled, a line an objective between its least and greatest seed."""

    def draw(axes: Axes, rows: Sequence[Row]) -> list[Label]:
        for row in rows:
            look = style[row["line"]]
            axes.fill_between(row["at"], row["low"], row["high"], color=look.colour, alpha=0.15, lw=0)
            marks = {"marker": look.marker, "ms": 3.5, "markevery": -(-row["at"].size // _MARKS)}
            axes.plot(row["at"], row["mean"], look.line, color=look.colour, lw=1.7, **marks)
        ends = [min(row["low"].min() for row in rows), max(row["high"].max() for row in rows)]
        if (ceiling := rows[0]["ceiling"]) is not None:
            axes.axhline(ceiling, color=INK, ls=(0, (4, 3)), lw=1.2, zorder=1)
            where = axes.get_yaxis_transform()
            axes.text(0.01, ceiling, "ceiling", transform=where, va="bottom", color=INK, fontsize=8.5)
            ends.append(ceiling)
        room = 0.1 * max(max(ends) - min(ends), 0.1)
        axes.set(ylim=(min(ends) - room, max(ends) + room), xlabel="conversations sampled", ylabel=rows[0]["measure"])
        axes.locator_params(axis="x", nbins=5)
        return []

    return draw


def share_panels(rows: Sequence[Row]) -> Panels:
    """The rows of `training_tables` that know their base's share, by task, setting, split and simulator."""
    panels: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["base_share"] is not None:
            panels[f"{row['task']} · {row['setting']}\n{row['split']} · {row['simulator']}"].append(row)
    return list(panels.items())


def success_against_share(style: Mapping[str, Style]) -> Draw:
    """Success against the share of asking in what training began from, a line an objective, with intervals."""

    def draw(axes: Axes, rows: Sequence[Row]) -> list[Label]:
        shares = [row["base_share"] for row in rows]
        lines: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            lines[line_of(row)].append(row)
        step = min(0.018, 0.07 / len(lines)) * ((max(shares) - min(shares)) or 0.1)
        for place, (name, members) in enumerate(sorted(lines.items())):
            look = style[name]
            shift = step * (place - (len(lines) - 1) / 2)  # so that intervals at one share stand side by side
            at = [row["base_share"] + shift for row in members]
            axes.plot(at, [row["success"] for row in members], look.line, color=look.colour, lw=1.5)
            for x, row in zip(at, members, strict=True):
                axes.plot(x, row["success"], look.marker, color=look.colour, ms=6, mec="white", mew=0.6, zorder=4)
                if row["success_low"] is not None:
                    axes.plot([x, x], [row["success_low"], row["success_high"]], color=look.colour, lw=1.3)
        margin = 0.12 * ((max(shares) - min(shares)) or 0.1)
        axes.set(xlim=(min(shares) - margin, max(shares) + margin), ylim=(-0.05, 1.07))
        axes.set(xlabel="share of asking in the base", ylabel="success")
        axes.locator_params(axis="x", nbins=6)
        return []

    return draw
