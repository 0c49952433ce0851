"""The figures: score by agent, score against turns, and what asking costs; a panel for each task, setting and user."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pragenv.intervals import Floats, resample, tails
from pragenv.metrics import grouped, is_scored, scenario_codes
from pragenv.report.labels import place
from pragenv.report.tables import Row, write_atomic
from pragenv.types import Episode

PANELS_PER_PAGE = 9
_COLUMNS = 3
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#333333")  # Okabe and Ito 2008
_MARKERS = "osD^vPX*"
_LINES = ("-", "--", "-.", ":")
_GREY = "#8a8a8a"
_RC: dict[str, Any] = {
    "svg.hashsalt": "pragenv",  # ids in the SVG depend on its content only
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
}


class Style(NamedTuple):
    """How an agent is drawn in every figure of a report."""

    colour: str
    marker: str
    line: str


Panel = tuple[str, list[Row]]
Draw = Callable[[Axes, list[Row]], None]


def styles(rows: Sequence[Row]) -> dict[str, Style]:
    """A style for each agent, from the lowest to the highest mean score; colours recur only with another marker."""
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        scores[row["agent"]].append(row["score"] if row["score"] is not None else 0.0)
    order = sorted(scores, key=lambda agent: (np.mean(scores[agent]), agent))
    return {
        agent: Style(_PALETTE[i % 7], _MARKERS[i % 8], _LINES[i // 7 % 4]) for i, agent in enumerate(order)
    }


def panels(rows: Sequence[Row]) -> list[Panel]:
    """The rows of each task, setting, split and simulator, under a title that says which."""
    names = ["task", "setting", "split", "simulator"]
    if len({row["split"] for row in rows}) == 1:
        names.remove("split")
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["scored"]:
            found[f"{row[names[0]]}\n" + " · ".join(row[name] for name in names[1:])].append(row)
    return list(found.items())


def _whiskers(row: Row, name: str) -> list[list[float]] | None:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return None if low is None or high is None else [[row[name] - low], [high - row[name]]]


def _by_agent(style: Mapping[str, Style]) -> Draw:
    places = {agent: i for i, agent in enumerate(style)}

    def draw(axes: Axes, rows: list[Row]) -> None:
        for row in rows:
            look, y = style[row["agent"]], places[row["agent"]]
            bars = _whiskers(row, "score")
            axes.errorbar(row["score"], y, xerr=bars, fmt=look.marker, color=look.colour, capsize=3, ms=6, lw=1.6)
            axes.annotate(f"{row['score']:.2f}", (1.02, y), xycoords=("axes fraction", "data"), va="center", color="#444444")
        chances = [row["expected_uniform"] for row in rows if row["expected_uniform"] is not None]
        if chances:
            axes.axvline(float(np.mean(chances)), color=_GREY, ls=(0, (4, 3)), lw=1, zorder=1)
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.6, len(places) - 0.4), xlabel="score")
        axes.set_yticks(list(places.values()), list(places))
        axes.grid(axis="y", visible=False)

    return draw


def _against_turns(style: Mapping[str, Style]) -> Draw:
    def draw(axes: Axes, rows: list[Row]) -> None:
        for row in rows:
            look = style[row["agent"]]
            axes.errorbar(
                row["turns"], row["score"], _whiskers(row, "score"), _whiskers(row, "turns"),
                fmt=look.marker, color=look.colour, capsize=2, ms=6, lw=1.3,
            )  # fmt: skip
        most = max(row["turns_high"] or row["turns"] for row in rows)
        axes.set(xlim=(0, most * 1.15 + 0.5), ylim=(-0.06, 1.08), xlabel="agent turns per episode", ylabel="score")
        place(axes, [(row["turns"], row["score"], row["agent"], style[row["agent"]].colour) for row in rows])

    return draw


def crossings(rows: Sequence[Row]) -> list[tuple[float, float, str, str]]:
    """Where two agents earn the same: cost per turn in (0, 1), that reward, who leads below, and who leads above it."""
    found = []
    for i, one in enumerate(rows):
        for other in rows[:i]:
            more, less = (one, other) if one["turns"] > other["turns"] else (other, one)
            if more["turns"] - less["turns"] > 1e-9:
                cost = (more["score"] - less["score"]) / (more["turns"] - less["turns"])
                if 0 < cost < 1:
                    found.append((cost, more["score"] - cost * more["turns"], more["agent"], less["agent"]))
    return sorted(found)


def _cost(style: Mapping[str, Style], bands: Mapping[tuple[str, ...], tuple[Floats, tuple[float, float]]]) -> Draw:
    def draw(axes: Axes, rows: list[Row]) -> None:
        met = crossings(rows)
        # The best of the agents whose line meets another's: one that leads at any cost has no price to show.
        rivals = [row for row in rows if any(row["agent"] in pair[2:] for pair in met)]

        def best(cost: float) -> float:
            return max(row["score"] - cost * row["turns"] for row in rivals)

        switches = [pair for pair in met if pair[1] >= best(pair[0]) - 1e-9]
        reach = min(1.0, 1.5 * max((pair[0] for pair in switches), default=0.15))
        costs = np.linspace(0, reach, 61)
        for row in rows:
            look, (means, (low, high)) = style[row["agent"]], bands[tuple(row[name] for name in _KEY)]
            axes.plot(costs, row["score"] - costs * row["turns"], look.line, color=look.colour, lw=1.7)
            edges = np.quantile(means[:, :1] - means[:, 1:] * costs, [low, high], axis=0)
            axes.fill_between(costs, *edges, color=look.colour, alpha=0.16, lw=0)
        axes.set(xlim=(0, reach), ylim=(-0.25, 1.06), xlabel="assumed cost per turn", ylabel="reward")
        for cost, reward, *_ in met:
            if cost <= reach:
                axes.plot(cost, reward, "o", mfc="white", mec="#333333", ms=4.5, mew=1, zorder=5)
        for cost, reward, *_ in switches:
            axes.plot([cost, cost], [-0.25, reward], ":", color="#333333", lw=1)
        place(axes, [(cost, reward, f"{cost:.3f}", "#333333") for cost, reward, *_ in switches])

    return draw


_KEY = ("task", "setting", "split", "simulator", "agent")


def _bands(episodes: Sequence[Episode]) -> dict[tuple[str, ...], tuple[Floats, tuple[float, float]]]:
    """Bootstrap means of score and turns, shape (RESAMPLES, 2), for each group with scored episodes, and the tails."""
    found = {}
    for key, group in grouped(filter(is_scored, episodes)).items():
        codes = scenario_codes(group)
        values = np.array([(episode.score, episode.turns) for episode in group], dtype=np.float64)
        found[key] = resample(values, codes), tails(codes)
    return found


def _pages(stem: str, all_panels: Sequence[Panel], draw: Draw, handles: Sequence[Line2D], height: float) -> Iterator[tuple[str, Figure]]:
    for first in range(0, len(all_panels), PANELS_PER_PAGE):
        page = all_panels[first : first + PANELS_PER_PAGE]
        columns = min(_COLUMNS, len(page)) if len(page) != 4 else 2
        lines = -(-len(page) // columns)
        figure = Figure(figsize=(max(5.0, 3.9 * columns), height * lines + 0.5), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
        grid = figure.subplots(lines, columns, squeeze=False)
        if handles:
            figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 2 * columns + 1))
        for axes, (title, _) in zip(grid.flat, page, strict=False):
            axes.set_title(title)
        for axes in list(grid.flat)[len(page) :]:
            axes.set_axis_off()
        for axes, (_, rows) in zip(grid.flat, page, strict=False):
            draw(axes, rows)
        number = first // PANELS_PER_PAGE + 1
        yield stem if number == 1 else f"{stem}_{number}", figure
