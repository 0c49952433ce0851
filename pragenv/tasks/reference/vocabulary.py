"""What objects can be like: attributes, their values in each split, and the words for both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Feature = tuple[str, str]
"""An attribute and its value."""


@dataclass(frozen=True)
class Attribute:
    """A respect in which objects differ.

    Attributes:
        name: as acts name it.
        cues: phrases that mark it in a question.
        questions: wordings that ask for it.
        values: split -> value -> other words for it. No value is in two splits.
        likened: value -> things that are known for it ("like grass").
    """

    name: str
    cues: tuple[str, ...]
    questions: tuple[str, ...]
    values: Mapping[str, Mapping[str, tuple[str, ...]]]
    likened: Mapping[str, tuple[str, ...]]


@cache
def vocabulary() -> Mapping[str, Attribute]:
    """The built-in attributes by name, in the order in which adjectives are said, the noun last."""
    text = (files("pragenv.tasks.reference") / "vocabulary.json").read_text(encoding="utf-8")
    splits = ("train", "validation", "test")
    return {
        name: Attribute(
            name=name,
            cues=tuple(row["cues"]),
            questions=tuple(row["ask"]),
            values={split: {value: tuple(other) for value, other in row[split].items()} for split in splits},
            likened={value: tuple(things) for value, things in row["likened"].items()},
        )
        for name, row in json.loads(text).items()
    }


def noun_phrase(features: Mapping[str, str]) -> str:
    """Features as one phrase: "small blue square", or "small blue one" where nothing says what it is."""
    said = [features[name] for name in vocabulary() if name in features]
    return " ".join(said if "shape" in features else [*said, "one"])
