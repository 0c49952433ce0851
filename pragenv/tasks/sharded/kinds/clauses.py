"""What an instruction made by program is put together from: slots, their values, and a clause for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

AS_ASSUMED = 0.2
"""How often a slot's value is what people would assume anyway, so that some instructions can be guessed early."""
_FRAMES = (
    "{}",
    "also, {}",
    "oh, and {}",
    "and {}, please",
    "one more thing: {}",
    "what I forgot: {}",
    "it should also {}",
    "then I need it to {}",
)


@dataclass(frozen=True)
class Slot:
    """One fact of an instruction.

    Attributes:
        name: of the slot, unique in its template.
        default: the value that people assume when they are told nothing.
        clauses: for each possible value, the default among them, what it asks for; in the imperative.
    """

    name: str
    default: Any
    clauses: Mapping[Any, str]

    def draw(self, rng: Random) -> Any:
        """A value: the default in a share of `AS_ASSUMED`, and otherwise any of the others."""
        others = [value for value in self.clauses if value != self.default]
        return self.default if rng.random() < AS_ASSUMED else rng.choice(others)


def each(clause: str, values: Sequence[Any], **others: str) -> dict[Any, str]:
    """A clause with a gap, filled by each of the values; a keyword `none` is the clause for None."""
    filled: dict[Any, str] = {None: others["none"]} if others else {}
    return filled | {value: clause.format(value) for value in values}


def shards(goal: str, clauses: Sequence[str], rng: Random) -> tuple[str, ...]:
    """The goal, then every clause as a casual sentence of its own."""
    frames = rng.sample(_FRAMES, len(clauses))
    return (goal, *(_sentence(frame.format(clause)) for frame, clause in zip(frames, clauses, strict=True)))


def paragraph(opening: str, clauses: Sequence[str]) -> str:
    """The whole instruction in one sentence: what it opens with, then all it asks for."""
    return f"{opening} It should {'; '.join(clauses[:-1])}; and {clauses[-1]}."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
