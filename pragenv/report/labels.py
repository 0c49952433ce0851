"""Text beside points such that it covers neither points, whiskers nor other text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, hypot, pi, sin
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

_RADII = (7, 13, 20, 28, 37, 48)
_ANGLES = tuple(i * pi / 8 for i in (0, 2, -2, 4, -4, 6, -6, 8, 1, -1, 7, -7))
_FAR, _MARKER = 10.0, 5.0
_INK = "#333333"


class Label(NamedTuple):
    """A text for the point (x, y), and the box (low x, high x, low y, high y) of its whiskers, all in data units."""

    x: float
    y: float
    text: str
    whiskers: tuple[float, float, float, float]


def _obstacles(axes: Axes, label: Label) -> list[Bbox]:
    """The marker and the two whiskers of a point, in pixels."""
    to_pixels = axes.transData.transform
    left, right, bottom, top = label.whiskers
    x, y = to_pixels((label.x, label.y))
    (x0, y0), (x1, y1) = to_pixels((left, bottom)), to_pixels((right, top))
    marker = Bbox.from_extents(x - _MARKER, y - _MARKER, x + _MARKER, y + _MARKER)
    return [marker, Bbox.from_extents(x0, y - 1, x1, y + 1), Bbox.from_extents(x - 1, y0, x + 1, y1)]


def _overlap(one: Bbox, other: Bbox) -> float:
    shared = Bbox.intersection(one, other)
    return 0.0 if shared is None else float(shared.width * shared.height)


def _candidates() -> Iterator[tuple[tuple[float, float], str]]:
    """Offsets in points, nearest first, each with the alignment that keeps the text clear of its point."""
    for radius in _RADII:
        for angle in _ANGLES:
            dx, dy = radius * cos(angle), radius * sin(angle)
            yield (dx, dy), "center" if abs(dx) < radius / 4 else "left" if dx > 0 else "right"


def place(axes: Axes, labels: Sequence[Label]) -> None:
    """Write each label at the nearest free place around its point, with a thin line to it once it is far away.

    The axes must have their final size and limits. Where no place is free, the one that covers least is taken.
    """
    taken = [box for label in labels for box in _obstacles(axes, label)]
    frame = axes.get_window_extent()
    for label in sorted(labels, key=lambda item: (item.x, item.y, item.text)):
        note = axes.annotate(label.text, (label.x, label.y), (0, 0), textcoords="offset points", va="center")
        note.set(color=_INK, fontsize=8.5, path_effects=[withStroke(linewidth=2.5, foreground="white")])
        note.set_in_layout(False)
        options = []
        for offset, align in _candidates():
            note.set(position=offset, horizontalalignment=align)
            box = note.get_window_extent().padded(1)
            outside = box.width * box.height - _overlap(box, frame)
            options.append((sum(_overlap(box, other) for other in taken) + outside, offset, align, box))
            if options[-1][0] < 1e-6:
                break
        _, offset, align, box = min(options, key=lambda option: option[0])  # the first, so the nearest, among equals
        note.set(position=offset, horizontalalignment=align)
        taken.append(box)
        if hypot(*offset) > _FAR:
            line = {"arrowstyle": "-", "color": _INK, "lw": 0.6, "shrinkA": 1, "shrinkB": 3}
            axes.annotate("", (label.x, label.y), offset, textcoords="offset points", arrowprops=line)
