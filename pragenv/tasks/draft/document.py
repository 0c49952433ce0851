"""Documents that can be asked for: their readers, the facts that may go in, and the points of a specification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from pragenv.errors import DataError

FORMS = ("paragraphs", "list", "letter", "headline")
LENGTHS = ("short", "medium", "long")
TONES = ("formal", "friendly")
IN, OUT = "in", "out"
GENERAL = ("form", "length", "tone", "reader")
"""The points that every document has besides its facts, in the order in which a user comments on them."""

Profile = Mapping[str, str | None]
"""The value that a text has on each of some points; None where it has none of the values."""


@dataclass(frozen=True, eq=False)
class Fact:
    """A fact that may go into a document.

    Attributes:
        name: identifies it within its document.
        label: what it is called ("the date").
        text: a sentence that states it, with no mark of a tone.
        signs: what a text that mentions it holds at least one of.
        cues: words for it in questions and comments.
    """

    name: str
    label: str
    text: str
    signs: tuple[str, ...]
    cues: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Document:
    """What is to be written, how a user begins to speak of it, and the material.

    Attributes:
        name: identifies it.
        split: the one that it belongs to.
        title: what it is ("an invitation to a street party").
        headline: a headline for it.
        sender: who signs it.
        openings: what a user begins with.
        readers: whom it may be for, by the words for each; the first is the plain one.
        facts: what may go in, in order.
    """

    name: str
    split: str
    title: str
    headline: str
    sender: str
    openings: tuple[str, ...]
    readers: Mapping[str, tuple[str, ...]]
    facts: tuple[Fact, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Fact]:
        """Its facts by name."""
        return {fact.name: fact for fact in self.facts}

    @cached_property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """Every point that a specification of it may have, in order, with its values."""
        return {
            "form": FORMS,
            "length": LENGTHS,
            "tone": TONES,
            "reader": tuple(self.readers),
            **{fact.name: (IN, OUT) for fact in self.facts},
        }


def key_of(profile: Profile) -> str:
    """A profile as text: what identifies a draft."""
    return "; ".join(f"{point}: {value or '-'}" for point, value in profile.items())


def profile_of(key: str) -> dict[str, str | None]:
    """The profile that `key_of` wrote."""
    pairs = (pair.split(": ") for pair in key.split("; "))
    return {point: None if value == "-" else value for point, value in pairs}


@cache
def documents() -> Mapping[str, Document]:
    """The built-in documents by name.

    Raises:
        DataError: where a row of the file cannot be used, with its place.
    """
    rows = json.loads((files("pragenv.tasks.draft") / "documents.json").read_text(encoding="utf-8"))
    return {document.name: document for document in map(document_of, rows)}


def document_of(row: Mapping[str, Any]) -> Document:
    """The document that a row of data describes.

    Raises:
        DataError: where a field is missing or unknown, a point has two meanings, or its own sentence lacks its signs.
    """
    where = f"document {row.get('name')!r}"
    try:
        facts = tuple(
            Fact(**{**fact, "signs": tuple(fact["signs"]), "cues": tuple(fact["cues"])}) for fact in row["facts"]
        )
        readers = {reader["name"]: tuple(reader["signs"]) for reader in row["readers"]}
        plain = {k: v for k, v in row.items() if k not in ("facts", "readers", "openings")}
        made = Document(**plain, openings=tuple(row["openings"]), readers=readers, facts=facts)
    except KeyError as error:
        raise DataError(f"{where}: field {error} is missing; see `Document` and `Fact`") from None
    except TypeError as error:
        raise DataError(f"{where}: {error}; see `Document` and `Fact` for the fields") from None
    if len(made.values) != len(GENERAL) + len(facts):
        raise DataError(f"{where}: two points have one name; facts need names of their own, none of {GENERAL}")
    for fact in facts:
        if not any(sign.lower() in fact.text.lower() for sign in fact.signs):
            raise DataError(f"{where}: {fact.text!r} holds no sign of fact {fact.name!r}; add one to `signs`")
    return made
