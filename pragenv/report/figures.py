"""The figures as files: panels in a grid, pages of panels, each page as PNG and as SVG."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pragenv.files import write_atomic
from pragenv.intervals import resample, tails
from pragenv.metrics import LABELS, grouped, is_scored, scenario_codes
from pragenv.report.labels import place
from pragenv.report.panels import (
    Band,
    Draw,
    Drawing,
    Panels,
    cost_of_asking,
    legend,
    reward_against_questions,
    score_against_turns,
    score_by_agent,
    styles,
)
from pragenv.report.tables import Row
from pragenv.types import Episode

PANELS_PER_PAGE = 9
_COLUMNS = 3
STYLE: Any = {
    "svg.hashsalt": "pragenv",  # ids in the SVG then depend on nothing but its content
    "text.parse_math": False,  # a name may hold dollar signs
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.edgecolor": "#8a8a8a",
    "grid.color": "#e8e8e8",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
}
CAPTIONS = {
    "score_by_agent": "Score by agent, with 95% intervals; agents in one order throughout. The dashed line is what an "
    "agent that answers uniformly at random is expected to score.",
    "score_against_turns": "Score against the turns that an agent takes, with 95% intervals both ways. Up and to the "
    "left is better.",
    "reward_against_questions": "Reward against the questions that an agent asks, with 95% intervals both ways. The "
    "line is the ceiling: what the best possible agent would earn against a faithful user. Where it is dashed it is an "
    "upper bound, and the band reaches down to what some agent is known to earn. Agents that are told the intent may "
    "exceed it.",
    "cost_of_asking": "Reward (score less cost) as a turn is made to cost more, from the recorded dialogues: agents do "
    "not adapt to the cost. Bands are pointwise 95% intervals; circles mark where lines cross, and a number the cost "
    "at which the best agent changes, leaving aside agents that no other line meets.",
    "learning_curves": "Reward as training goes on, against the conversations sampled: the mean over training seeds, "
    "as far as all of them have come, in a band from the least to the greatest seed. The dashed line is the ceiling.",
    "success_against_share": "Success against the share of asking in the base that training began from, with 95% "
    "intervals over training seeds. Points at one share stand side by side.",
}


class Picture(NamedTuple):
    """One page of a figure: which figure, its file without suffix, and the SVG."""

    figure: str
    name: str
    svg: bytes


def _panels(rows: Sequence[Row]) -> Panels:
    """The scored rows of each task, setting, split and simulator, under a title that says which."""
    names = [name for name in LABELS[1:-1] if name != "split" or len({row["split"] for row in rows}) > 1]
    found: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row["scored"]:
            found[row["task"], " · ".join(row[name] for name in names)].append(row)
    return [("\n".join(title), members) for title, members in found.items()]


def _bands(rows: Sequence[Row], episodes: Sequence[Episode]) -> dict[int, Band]:
    """A band for each row with scored episodes, by its `id`."""
    groups, found = grouped(filter(is_scored, episodes)), {}
    for row in rows:
        if group := groups.get(tuple(row[name] for name in LABELS)):
            codes = scenario_codes(group)
            values = np.array([(episode.score, episode.turns) for episode in group], dtype=np.float64)
            found[id(row)] = Band(resample(values, codes), tails(codes))
    return found


def pages(panels: Panels, draw: Draw, handles: Sequence[Line2D], height: float) -> Iterator[Figure]:
    """Figures of at most `PANELS_PER_PAGE` panels, each `height` inches high, above a legend of the handles."""
    for start in range(0, len(panels), PANELS_PER_PAGE):
        page = panels[start : start + PANELS_PER_PAGE]
        columns = 2 if len(page) == 4 else min(_COLUMNS, len(page))
        lines = -(-len(page) // columns)
        width = 4.2 * columns + 0.6
        entry = 0.6 + 0.075 * max((len(str(handle.get_label())) for handle in handles), default=0)  # inches, about
        entries = -(-len(handles) // max(1, int(width / entry)))  # lines of the legend, which must not eat the panels
        size = (width, height * lines + 0.4 + 0.2 * max(0, entries - 2))
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(lines, columns, squeeze=False)
        labels = []
        for axes, (title, rows) in zip(grid.flat, page, strict=False):
            axes.set_title(title)
            labels.append((axes, draw(axes, rows)))
        for axes in grid.flat[len(page) :]:
            axes.set_axis_off()
        if handles:
            figure.legend(handles=handles, loc="outside lower center", ncols=-(-len(handles) // entries))
        figure.draw_without_rendering()  # settles the layout, which decides where there is room for labels
        for axes, texts in labels:
            place(axes, texts)
        yield figure


def _save(figure: Figure, folder: Path, name: str) -> bytes:
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=150)
    figure.savefig(svg, format="svg", metadata={"Date": None})
    write_atomic(folder / f"{name}.png", png.getvalue())
    write_atomic(folder / f"{name}.svg", svg.getvalue())
    return svg.getvalue()


def write_figures(
    rows: Sequence[Row], episodes: Sequence[Episode], folder: Path, further: Mapping[str, Drawing]
) -> list[Picture]:
    """Draw all figures into `folder`, as `NAME.png` and `NAME.svg`, further pages as `NAME_2` and so on.

    Args:
        rows: from `metrics.against_ceilings`.
        episodes: those that the rows sum up.
        folder: made if missing; pages left by an earlier, larger report are removed.
        further: figures by name, beside those of the rows.
    """
    style, panels = styles(rows), _panels(rows)
    agents = len(style)
    drawings = {
        "score_by_agent": Drawing(panels, score_by_agent(style), [], 1.3 + 0.28 * agents),
        "score_against_turns": Drawing(panels, score_against_turns(style), [], 3.4),
        "reward_against_questions": Drawing(panels, reward_against_questions(style), [], 3.4),
        "cost_of_asking": Drawing(panels, cost_of_asking(style, _bands(rows, episodes)), legend(style), 3.4),
        **further,
    }
    pictures = []
    for figure, drawing in drawings.items():
        for old in (*folder.glob(f"{figure}*.png"), *folder.glob(f"{figure}*.svg")):
            old.unlink()
        with mpl.rc_context(STYLE):
            for number, page in enumerate(pages(*drawing), 1):
                name = figure if number == 1 else f"{figure}_{number}"
                pictures.append(Picture(figure, name, _save(page, folder, name)))
    return pictures
