"""The curve of a training run as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

_NAMES = ("reward", "score", "questions")
_SAMPLED, _GREEDY = "#0072B2", "#D55E00"  # Okabe and Ito's


def draw_curve(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Reward, score and questions against conversations, as sampled and as validated greedily; PNG and SVG.

    Args:
        rows: of the curve.
        path: without ending.
    """
    figure = Figure(figsize=(10, 3), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(_NAMES)), _NAMES, strict=True):
        sampled = [(row["episodes"], row[name]) for row in rows if row.get(name) is not None]
        greedy = [(row["episodes"], row["validation"][name]) for row in rows if name in row.get("validation", {})]
        for points, colour, marker, text in (
            (sampled, _SAMPLED, "", "sampled"),
            (greedy, _GREEDY, "o", "greedy, validation"),
        ):
            if points:
                axes.plot(*zip(*points, strict=True), color=colour, marker=marker, markersize=4, label=text)
        axes.set(xlabel="conversations", ylabel=f"{name} a conversation")
        axes.grid(alpha=0.3)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    for ending in (".png", ".svg"):
        figure.savefig(path.with_suffix(ending), dpi=120, metadata={"Date": None} if ending == ".svg" else None)
