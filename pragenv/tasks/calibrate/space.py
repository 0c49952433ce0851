"""Design spaces: what can be calibrated, along which dimensions, and the words for too much and too little of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from math import isclose, prod
from typing import Any

from pragenv.errors import DataError


@dataclass(frozen=True, eq=False)
class Dimension:
    """One dimension of a design space: an evenly spaced grid of levels.

    Attributes:
        name: identifies it within its space.
        label: what it is called.
        unit: what it is measured in; empty where it is a bare number.
        units: ways to write the unit.
        low: its least level.
        high: its greatest.
        step: between two levels.
        cues: words for it.
        too_much: what a user says of too much of it, the barest first.
        too_little: and of too little.
        strong: adjectives for much of it; `stronger` are their comparatives.
        weak: adjectives for little of it; `weaker` are their comparatives.
        signs_of_much: what is said of what comes of too much of it.
        signs_of_little: and of too little.
    """

    name: str
    label: str
    unit: str
    units: tuple[str, ...]
    low: float
    high: float
    step: float
    cues: tuple[str, ...]
    too_much: tuple[str, ...]
    too_little: tuple[str, ...]
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    stronger: tuple[str, ...]
    weaker: tuple[str, ...]
    signs_of_much: tuple[str, ...] = ()
    signs_of_little: tuple[str, ...] = ()

    @cached_property
    def levels(self) -> tuple[float, ...]:
        """The levels, ascending."""
        return tuple(self.low + i * self.step for i in range(round((self.high - self.low) / self.step) + 1))

    @property
    def middle(self) -> float:
        """The middle level, the lower of two."""
        return self.levels[(len(self.levels) - 1) // 2]

    def share(self, value: float) -> float:
        """Where a value lies in the range: 0 at its low end, 1 at its high end."""
        return (value - self.low) / (self.high - self.low)

    def write(self, value: float) -> str:
        """A value with its label and unit."""
        unit = self.unit if self.unit in ("", "%") else f" {self.unit}"
        return f"{self.label}: {value:g}{unit}"


@dataclass(frozen=True, eq=False)
class Space:
    """A design space: what is designed, how a user begins to speak of it, and its dimensions in order."""

    name: str
    split: str
    title: str
    openings: tuple[str, ...]
    dimensions: tuple[Dimension, ...]

    @property
    def size(self) -> int:
        """How many points its grid has."""
        return prod(len(d.levels) for d in self.dimensions)

    @cached_property
    def by_name(self) -> Mapping[str, Dimension]:
        """Its dimensions by name."""
        return {d.name: d for d in self.dimensions}

    def subset(self, names: tuple[str, ...]) -> Space:
        """The space with only the dimensions of these names."""
        return replace(self, dimensions=tuple(d for d in self.dimensions if d.name in names))

    def write(self, point: Mapping[str, float]) -> str:
        """The values of a point, in the order of the dimensions, as text that acts can be read from."""
        return "; ".join(d.write(point[d.name]) for d in self.dimensions if d.name in point)

    def key(self, point: Mapping[str, float]) -> str:
        """The same by names and without units: what identifies a proposal."""
        return "; ".join(f"{d.name}: {point[d.name]:g}" for d in self.dimensions if d.name in point)

    def point(self, key: str) -> dict[str, float]:
        """The values that `key` was made of."""
        pairs = (pair.split(": ") for pair in key.split("; "))
        return {name: float(value) for name, value in pairs}


@cache
def spaces() -> tuple[Space, ...]:
    """The built-in design spaces.

    Raises:
        DataError: where a row of the file cannot be used, with its place.
    """
    rows = json.loads((files("pragenv.tasks.calibrate") / "spaces.json").read_text(encoding="utf-8"))
    return tuple(space_of(row) for row in rows)


@cache
def subspace(name: str, dimensions: tuple[str, ...]) -> Space:
    """A built-in space with only the dimensions of these names."""
    return next(space for space in spaces() if space.name == name).subset(dimensions)


def space_of(row: Mapping[str, Any]) -> Space:
    """The space that a row of data describes.

    Raises:
        DataError: where a field is missing or unknown, or a range holds no whole number of steps.
    """
    where = f"design space {row.get('name')!r}"
    try:
        plain = {name: row[name] for name in ("name", "split", "title")}
        dimensions = tuple(_dimension(d, where) for d in row["dimensions"])
        return Space(**plain, openings=tuple(row["openings"]), dimensions=dimensions)
    except KeyError as error:
        raise DataError(f"{where}: field {error} is missing; see `Space` and `Dimension`") from None


def _dimension(row: Mapping[str, Any], where: str) -> Dimension:
    try:
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}
        made = Dimension(**fields)
    except TypeError as error:
        raise DataError(f"{where}: dimension {row.get('name')!r}: {error}; see `Dimension` for its fields") from None
    steps = (made.high - made.low) / made.step if made.step > 0 else 0.0
    if steps < 1 or not isclose(steps, round(steps), abs_tol=1e-9):
        raise DataError(
            f"{where}: dimension {made.name!r}: {made.low:g} to {made.high:g} holds no whole number of steps of "
            f"{made.step:g}; choose a step that divides the range"
        )
    return made
