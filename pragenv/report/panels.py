"""What is drawn in one panel of each figure: the agents of one task, setting and simulator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pragenv.intervals import Floats
from pragenv.report.labels import Label
from pragenv.report.tables import Row

_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444")  # Okabe and Ito (2008)
_MARKERS = "osD^vPX*"
_LINES = ("-", "--", "-.", ":")
INK, _GREY = "#333333", "#8a8a8a"
_REWARDS = (-0.25, 1.06)


class Style(NamedTuple):
    """How an agent is drawn in every figure of a report."""

    colour: str
    marker: str
    line: str


class Band(NamedTuple):
    """Bootstrap means of score and turns, shape (resamples, 2), and the two quantiles that bound an interval."""

    means: Floats
    tails: tuple[float, float]


Draw = Callable[[Axes, Sequence[Row]], list[Label]]
"""Draws rows into axes, and returns the labels to be placed once the layout is settled."""
Panels = list[tuple[str, list[Row]]]
"""What is drawn side by side: the title of each panel, and the rows in it."""


class Drawing(NamedTuple):
    """A figure: its panels, what draws them, the handles of its legend, and the height of a panel in inches."""

    panels: Panels
    draw: Draw
    handles: Sequence[Line2D]
    height: float


def styles(rows: Sequence[Row]) -> dict[str, Style]:
    """A style for each agent, from the lowest to the highest mean score; none recurs among 56."""
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        scores[row["agent"]].append(row["score"] if row["score"] is not None else 0.0)
    order = sorted(scores, key=lambda agent: (np.mean(scores[agent]), agent))
    return {agent: Style(_PALETTE[i % 7], _MARKERS[i % 8], _LINES[i // 7 % 4]) for i, agent in enumerate(order)}


def _short(name: str) -> str:
    """A name that fits a figure: its two ends if it is long."""
    return name if len(name) <= 24 else f"{name[:11]}…{name[-12:]}"


def legend(style: Mapping[str, Style]) -> list[Line2D]:
    """Handles for a legend of the agents' lines, the highest score first."""
    return [
        Line2D([], [], color=style[agent].colour, ls=style[agent].line, label=_short(agent)) for agent in [*style][::-1]
    ]


def _bounds(row: Row, name: str) -> tuple[float, float]:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    return value if low is None else low, value if high is None else high


def score_by_agent(style: Mapping[str, Style]) -> Draw:
    """Scores with intervals, one line an agent in the same order in every panel; dashed: the uniform expectation."""
    places = {agent: i for i, agent in enumerate(style)}

    def draw(axes: Axes, rows: Sequence[Row]) -> list[Label]:
        for row in rows:
            look, y, (low, high) = style[row["agent"]], places[row["agent"]], _bounds(row, "score")
            axes.plot([low, high], [y, y], color=look.colour, lw=2, marker="|", ms=7)
            axes.plot(row["score"], y, look.marker, color=look.colour, ms=6.5)
            at = axes.get_yaxis_transform()
            axes.text(1.02, y, f"{row['score']:.2f}", transform=at, va="center", color=INK, fontsize=8.5)
        chances = [row["expected_uniform"] for row in rows if row["expected_uniform"] is not None]
        if chances:
            axes.axvline(float(np.mean(chances)), color=_GREY, ls=(0, (4, 3)), lw=1, zorder=1)
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.6, len(places) - 0.4), xlabel="score")
        axes.set_yticks(list(places.values()), [_short(agent) for agent in places])
        axes.grid(axis="y", visible=False)
        spec = axes.get_subplotspec()
        axes.tick_params(labelleft=spec is None or spec.is_first_col())  # once a line of panels is enough
        return []

    return draw


def _points(axes: Axes, style: Mapping[str, Style], rows: Sequence[Row], across: str, up: str) -> list[Label]:
    """A point an agent, one field against another, with intervals both ways; their labels."""
    labels = []
    for row in rows:
        look, x, y = style[row["agent"]], row[across], row[up]
        (left, right), (bottom, top) = _bounds(row, across), _bounds(row, up)
        axes.plot([left, right], [y, y], color=look.colour, lw=1.4)
        axes.plot([x, x], [bottom, top], color=look.colour, lw=1.4)
        axes.plot(x, y, look.marker, color=look.colour, ms=6.5, mec="white", mew=0.6)
        labels.append(Label(x, y, _short(row["agent"]), (left, right, bottom, top)))
    return labels


def score_against_turns(style: Mapping[str, Style]) -> Draw:
    """A labelled point an agent, with intervals both ways."""

    def draw(axes: Axes, rows: Sequence[Row]) -> list[Label]:
        labels = _points(axes, style, rows, "turns", "score")
        most = max(label.whiskers[1] for label in labels)
        axes.set(xlim=(0, most * 1.2 + 0.5), ylim=(-0.07, 1.09), xlabel="agent turns per episode", ylabel="score")
        return labels

    return draw


def reward_against_questions(style: Mapping[str, Style]) -> Draw:
    """A labelled point an agent, with intervals both ways, under the ceiling (dashed where it is a bound)."""

    def draw(axes: Axes, rows: Sequence[Row]) -> list[Label]:
        labels = _points(axes, style, rows, "questions", "reward")
        if (ceiling := rows[0]["ceiling"]) is not None:
            exact = rows[0]["ceiling_kind"] == "exact"
            axes.axhline(ceiling, color=INK, ls="-" if exact else (0, (4, 3)), lw=1.2, zorder=1)
            if not exact:
                axes.axhspan(rows[0]["ceiling_reached"], ceiling, color=_GREY, alpha=0.2, lw=0, zorder=0)
        most, lowest = max(label.whiskers[1] for label in labels), min(label.whiskers[2] for label in labels)
        axes.set(xlim=(-0.02 * most - 0.1, most * 1.25 + 0.6), ylim=(min(-0.07, lowest - 0.05), 1.09))
        axes.set(xlabel="questions per episode", ylabel="reward")
        return labels

    return draw


class Crossing(NamedTuple):
    """The cost per turn at which two agents earn the same reward."""

    cost: float
    reward: float
    agents: tuple[str, str]


def crossings(rows: Sequence[Row]) -> list[Crossing]:
    """Where any two agents earn the same at a cost per turn between 0 and 1, the cheapest first."""
    found = []
    for i, one in enumerate(rows):
        for other in rows[:i]:
            turns = one["turns"] - other["turns"]
            cost = (one["score"] - other["score"]) / turns if abs(turns) > 1e-9 else 0.0
            if 0 < cost < 1:
                found.append(Crossing(cost, one["score"] - cost * one["turns"], (other["agent"], one["agent"])))
    return sorted(found)


def switches(rows: Sequence[Row]) -> list[Crossing]:
    """The crossings at which the best agent changes, among agents whose line meets another's.

    An agent that leads at any cost (an oracle, as a rule) meets nobody and would hide what asking is worth to the rest.
    """
    met = crossings(rows)
    rivals = [row for row in rows if any(row["agent"] in crossing.agents for crossing in met)]
    return [
        crossing
        for crossing in met
        if crossing.reward >= max(row["score"] - crossing.cost * row["turns"] for row in rivals) - 1e-9
    ]


def cost_of_asking(style: Mapping[str, Style], bands: Mapping[int, Band]) -> Draw:
    """Score less an assumed cost for each turn, a line an agent with its band; circles mark where lines cross.

    Args:
        style: by agent.
        bands: by the `id` of a row.
    """

    def draw(axes: Axes, rows: Sequence[Row]) -> list[Label]:
        decisive = switches(rows)
        reach = min(1.0, 1.5 * max((crossing.cost for crossing in decisive), default=0.15))
        costs = np.linspace(0, reach, 61)
        for row in rows:
            look, (means, tails) = style[row["agent"]], bands[id(row)]
            edges = np.quantile(means[:, :1] - means[:, 1:] * costs, tails, axis=0)
            axes.fill_between(costs, *edges, color=look.colour, alpha=0.15, lw=0)
            axes.plot(costs, row["score"] - costs * row["turns"], look.line, color=look.colour, lw=1.7)
        for crossing in crossings(rows):
            if crossing.cost <= reach:
                axes.plot(crossing.cost, crossing.reward, "o", mfc="white", mec=_GREY, ms=4, mew=0.9, zorder=5)
        labels = []
        for cost, reward, _ in decisive:
            axes.plot([cost, cost], [_REWARDS[0], reward], ":", color=INK, lw=1)
            axes.plot(cost, reward, "o", mfc="white", mec=INK, ms=5.5, mew=1.2, zorder=6)
            labels.append(Label(cost, reward, f"{cost:.3f}", (cost, cost, _REWARDS[0], reward)))
        axes.set(xlim=(0, reach), ylim=_REWARDS, xlabel="assumed cost per turn", ylabel="reward")
        return labels

    return draw
