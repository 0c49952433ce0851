"""The knowledge base of Twenty Questions: concepts, yes/no/sometimes attributes, and the words for both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

VALUES = ("no", "yes", "sometimes")


@dataclass(frozen=True)
class Attribute:
    """A property of concepts: the clauses that state it, the wordings that ask for it, the phrases that mark it."""

    name: str
    statements: Mapping[str, str]
    questions: tuple[str, ...]
    cues: tuple[str, ...]
    opposites: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name as words."""
        return self.name.removeprefix("is_").replace("_", " ")


@dataclass(frozen=True)
class Concept:
    """A thing to think of. `frequency` (1 to 100) is how often people would."""

    name: str
    synonyms: tuple[str, ...]
    domain: str
    frequency: int


@dataclass(frozen=True)
class Knowledge:
    """All concepts and attributes. `matrix[c, a]` indexes `VALUES` (int8, concepts x attributes)."""

    concepts: tuple[Concept, ...]
    attributes: tuple[Attribute, ...]
    matrix: NDArray[np.int8]

    @cached_property
    def concept_index(self) -> Mapping[str, int]:
        """Row of a concept by name."""
        return {c.name: i for i, c in enumerate(self.concepts)}

    @cached_property
    def attribute_index(self) -> Mapping[str, int]:
        """Column of an attribute by name."""
        return {a.name: i for i, a in enumerate(self.attributes)}

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """The domains, sorted."""
        return tuple(sorted({c.domain for c in self.concepts}))

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, str]]:
        """Concept -> attribute -> `yes`, `no` or `sometimes`."""
        names = [a.name for a in self.attributes]
        return {
            c.name: dict(zip(names, (VALUES[v] for v in row), strict=True))
            for c, row in zip(self.concepts, self.matrix.tolist(), strict=True)
        }


@cache
def knowledge() -> Knowledge:
    """The built-in knowledge base."""
    rows = {name: _read(name) for name in ("attributes", "concepts")}
    attributes = tuple(
        Attribute(
            name=a["name"],
            statements={value: a[value] for value in VALUES},
            questions=tuple(a["questions"]),
            cues=tuple(a["cues"]),
            opposites=tuple(a["opposites"]),
        )
        for a in rows["attributes"]
    )
    concepts = tuple(Concept(c["name"], tuple(c["synonyms"]), c["domain"], c["frequency"]) for c in rows["concepts"])
    column = {a.name: i for i, a in enumerate(attributes)}
    matrix = np.zeros((len(concepts), len(attributes)), dtype=np.int8)
    for i, c in enumerate(rows["concepts"]):
        for value in ("yes", "sometimes"):
            matrix[i, [column[name] for name in c[value]]] = VALUES.index(value)
    matrix.setflags(write=False)
    return Knowledge(concepts, attributes, matrix)


def _read(name: str) -> Any:
    return json.loads((files("pragenv.tasks.twenty_questions") / f"{name}.json").read_text(encoding="utf-8"))
