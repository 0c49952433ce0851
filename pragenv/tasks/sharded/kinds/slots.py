"""Built-in items from templates: a goal with facts that are given, and a slot for each further shard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

_USUAL = 0.14
"""Share of slots at their default, besides the one item of each template that has all of them there."""


@dataclass(frozen=True)
class Slot:
    """One fact that a shard adds.

    Attributes:
        name: of the fact, as the template's answer and full text know it.
        default: what people would assume if they were not told.
        others: the other values; where a mapping, each with the words for it.
        shard: how the user says it, `{}` being the value; what comes after `|` says the default.
        clause: the same within the full text.
    """

    name: str
    default: Any
    others: Collection[Any]
    shard: str
    clause: str

    def words(self, text: str, value: Any) -> str:
        """`text` with the value in it."""
        other, _, usual = text.partition("|")
        if value == self.default and usual:
            return usual
        return other.format(self.others[value] if isinstance(self.others, Mapping) else value)


@dataclass(frozen=True)
class Template:
    """A family of items.

    Attributes:
        name: unique among the kind's templates.
        goal: the first shard, with the given facts by name.
        full: the whole instruction, with the given facts and the slots' clauses by name.
        slots: the facts of the further shards, in order.
        answer: the answer from all facts by name.
        given: the values to draw each given fact from.
        unit: of the answer, for kinds whose answers have one.
    """

    name: str
    goal: str
    full: str
    slots: tuple[Slot, ...]
    answer: Callable[[Mapping[str, Any]], Any]
    given: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    unit: str = ""


class Draw(NamedTuple):
    """A template with values for its facts."""

    template: Template
    given: Mapping[str, Any]
    values: Mapping[str, Any]

    @property
    def answer(self) -> Any:
        """The template's answer to all facts."""
        return self.template.answer({**self.given, **self.values})

    @property
    def shards(self) -> tuple[str, ...]:
        """The goal and a shard for each slot."""
        said = (slot.words(slot.shard, self.values[slot.name]) for slot in self.template.slots)
        return (self.template.goal.format(**self.given), *said)

    @property
    def full(self) -> str:
        """The whole instruction."""
        clauses = {slot.name: slot.words(slot.clause, self.values[slot.name]) for slot in self.template.slots}
        return self.template.full.format(**self.given, **clauses)

    @property
    def facts(self) -> dict[str, Any]:
        """What `known_answer` goes by, for an item's target."""
        defaults = {slot.name: slot.default for slot in self.template.slots}
        return {"template": self.template.name, "given": self.given, "values": self.values, "defaults": defaults}


def known_answer(template: Template, target: Mapping[str, Any], known: frozenset[int]) -> Any:
    """The answer to the facts of the known shards, which the goal must be among, and the defaults of all others."""
    values = {
        slot.name: target["values" if i in known else "defaults"][slot.name] for i, slot in enumerate(template.slots, 1)
    }
    return template.answer({**target["given"], **values})


def draw(
    templates: Sequence[Template],
    each: int,
    seed: int,
    fits: Callable[[Any], bool],
    apart: Callable[[Any, Any], bool],
) -> Iterator[Draw]:
    """Draw items, always the same by seed, mixed.

    Args:
        templates: what to draw from.
        each: how many for each template, the first with all slots at their defaults.
        seed: of the generator.
        fits: whether an answer makes sense.
        apart: whether two answers are told apart by the grader. What is drawn has, for each slot that is not at its
            default, an answer apart from the one with the default.
    """
    rng = Random(seed)
    drawn: list[Draw] = []
    for template in templates:
        seen: set[str] = set()
        while len(seen) < each:
            made = _one(template, rng, usual=not seen)
            if made.full not in seen and fits(made.answer) and _tells(made, apart):
                seen.add(made.full)
                drawn.append(made)
    rng.shuffle(drawn)
    yield from drawn


def _one(template: Template, rng: Random, usual: bool) -> Draw:
    given = {name: rng.choice(values) for name, values in template.given.items()}
    values = {
        slot.name: slot.default if usual or rng.random() < _USUAL else rng.choice(list(slot.others))
        for slot in template.slots
    }
    return Draw(template, given, values)


def _tells(made: Draw, apart: Callable[[Any, Any], bool]) -> bool:
    changed = (slot for slot in made.template.slots if made.values[slot.name] != slot.default)
    without = (made._replace(values={**made.values, slot.name: slot.default}) for slot in changed)
    return all(apart(made.answer, other.answer) for other in without)
