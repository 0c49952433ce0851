"""Programming instructions made by program: families of functions, the values of their slots, and tests that tell."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from random import Random
from typing import Any

from pragenv.tasks.sharded.item import Item
from pragenv.tasks.sharded.kinds.clauses import Slot, paragraph, shards

PER_FAMILY = 15
TESTS = 10
"""Calls that every answer is tested with, at least."""
_POOL = 80
_SEED = 20250506


@dataclass(frozen=True)
class Family:
    """A function with some freedom.

    Attributes:
        function: the reference. It takes the arguments of the function that is asked for, then the slots by name, and
            uses nothing but builtins: its source is the solver's answer.
        names: what the function that is asked for may be called.
        signature: its parameters and the type it returns.
        goals: what the user starts with.
        opening: what the whole instruction starts with.
        slots: what there is to tell, in the order of telling.
        edges: arguments that every item is tested with.
        draw: further arguments at random; knows the values, so as to come close to them.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]
    signature: str
    goals: tuple[str, ...]
    opening: str
    slots: tuple[Slot, ...]
    edges: tuple[tuple[Any, ...], ...]
    draw: Callable[[Random, Mapping[str, Any]], tuple[Any, ...]]

    def source(self, name: str, values: Mapping[str, Any]) -> str:
        """A program that defines the function `name` for these values."""
        parameters = ", ".join(list(inspect.signature(self.function).parameters)[: -len(self.slots)])
        settings = ", ".join(f"{slot}={value!r}" for slot, value in values.items())
        call = f"{self.function.__name__}({parameters}, {settings})"
        head = "from __future__ import annotations\n\n\n"
        return f"{head}{inspect.getsource(self.function)}\n\ndef {name}({parameters}):\n    return {call}\n"

    def items(self) -> Iterator[Item]:
        """Items without end, each another instruction, in which every fact that is not as assumed shows."""
        rng = Random(f"{_SEED} {self.function.__name__}")
        seen = set()
        while True:
            values = {slot.name: slot.draw(rng) for slot in self.slots}
            calls = self._calls(rng, values)
            if (key := tuple(values.values())) in seen or calls is None:
                continue
            seen.add(key)
            yield self._item(f"{self.function.__name__}-{len(seen)}", values, calls, rng)

    def _item(self, key: str, values: Mapping[str, Any], calls: Sequence[tuple[Any, ...]], rng: Random) -> Item:
        name = rng.choice(self.names)
        clauses = [slot.clauses[values[slot.name]] for slot in self.slots]
        target = {
            "template": self.function.__name__,
            "values": dict(values),
            "defaults": {slot.name: slot.default for slot in self.slots},
            "function": name,
            "tests": [[list(args), self.function(*args, **values)] for args in calls],
        }
        return Item(
            id=f"code-{key}",
            kind="code",
            context=f"def {name}{self.signature}:",
            full=paragraph(self.opening, clauses),
            shards=shards(rng.choice(self.goals), clauses, rng),
            target=target,  # type: ignore[arg-type]  # frozen by the item
        )

    def _calls(self, rng: Random, values: Mapping[str, Any]) -> list[tuple[Any, ...]] | None:
        """The edges, and calls that tell the values from others; None where not knowing a value does not show."""
        pool = [self.draw(rng, values) for _ in range(_POOL)]
        chosen = [*self.edges, *pool[: max(TESTS - len(self.edges), 2)]]
        right = {id(args): self.function(*args, **values) for args in (*self.edges, *pool)}
        for wrong, must in self._others(values):
            telling = (args for args in (*chosen, *pool) if self.function(*args, **wrong) != right[id(args)])
            if (call := next(telling, None)) is not None:
                chosen += [call] if not any(call is c for c in chosen) else []
            elif must:
                return None
        return chosen

    def _others(self, values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
        """Wrong values, and whether a test must tell them: those of somebody who lacks some of the facts."""
        told = {slot.name: slot.default for slot in self.slots if values[slot.name] != slot.default}
        for size in range(1, len(told) + 1):
            for unknown in combinations(told, size):
                yield {**values, **{name: told[name] for name in unknown}}, True
        for slot in self.slots:
            value = values[slot.name]
            near = [value - 1, value + 1] if type(value) is int else []
            yield from (({**values, slot.name: other}, False) for other in (*slot.clauses, *near) if other != value)


def generate(families: Iterable[Family]) -> tuple[Item, ...]:
    """`PER_FAMILY` items of each family."""
    return tuple(item for family in families for item in islice(family.items(), PER_FAMILY))


def near_numbers(rng: Random, values: Mapping[str, Any], low: int = -9, high: int = 30) -> list[int]:
    """Numbers at random, many of them at the values or next to them."""
    near = [v + d for v in values.values() if type(v) is int for d in (-1, 0, 1)]
    return [rng.choice([rng.randint(low, high), *near, 0]) for _ in range(rng.randint(1, 9))]
