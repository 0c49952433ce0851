"""Which objects are in sight, which one is meant, and what the user keeps to itself; all from a key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np

from pragenv.errors import ConfigError
from pragenv.tasks.reference.rsa import Game, game_of
from pragenv.tasks.reference.setting import ReferenceSetting
from pragenv.tasks.reference.vocabulary import vocabulary
from pragenv.types import FrozenDict, Scenario, mix, uniform

T = TypeVar("T")
_TRIES = 10_000
_VALUES = 3
"""Values of an attribute in one context, at most; two at least."""


@lru_cache(maxsize=4096)  # agents that are compared meet the same scenarios one after another
def draw(key: int, setting: ReferenceSetting, split: str) -> Scenario:
    """The scenario of a key.

    Raises:
        ConfigError: where the knobs leave no context of the kind that is due.
    """
    implied = uniform(mix(key, 0)) < setting.implicature
    for attempt in range(_TRIES):
        at = mix(mix(key, 1), attempt)
        public = _context(at, setting, split)
        if any(len(set(column)) == 1 for column in zip(*public["objects"], strict=True)):
            continue  # a respect in which nothing differs is none
        found = game_of(public)
        if targets := _targets(found, setting.role, implied):
            return _scenario(key, public, found, targets[int(uniform(mix(at, 1)) * len(targets))])
    kind = "with" if implied else "without"
    raise ConfigError(
        f"setting {setting.name!r}: no context {kind} implicature in {_TRIES} draws of {setting.objects} objects with "
        f"{setting.attributes} attributes; change `objects`, `attributes` or `implicature`"
    )


def _context(key: int, setting: ReferenceSetting, split: str) -> FrozenDict:
    drawn_names = _some(list(vocabulary()), setting.attributes, mix(key, 2))
    names = [name for name in vocabulary() if name in drawn_names]
    chosen = []
    for i, name in enumerate(names):
        values = list(vocabulary()[name].values[split.replace("test_phrasing", "train")])
        chosen.append(_some(values, 2 + mix(key, 8 + i) % (_VALUES - 1), mix(key, 16 + i)))
    made: dict[tuple[str, ...], None] = {}
    turn = 32
    while len(made) < setting.objects:
        drawn = [values[int(uniform(mix(key, turn + i)) * len(values))] for i, values in enumerate(chosen)]
        made[tuple(drawn)] = None
        turn += len(chosen)
    return FrozenDict(
        role=setting.role,
        attributes=tuple(names),
        objects=tuple(made),
        span=setting.span,
        depth=setting.depth,
        alpha=float(setting.alpha),
        word_cost=float(setting.word_cost),
        asks_back=setting.asks_back,
        phrasing=split.removesuffix("_phrasing"),
    )


def _targets(found: Game, role: str, implied: bool) -> list[int]:
    """What may be meant in a context; nothing where it is not of the kind that is due."""
    if role == "speaker":
        return np.flatnonzero(found.implied if implied else found.clear).tolist()
    # Whoever knows how contexts are drawn must not know anything of the target by it: all are as probable.
    return list(range(len(found.objects))) if found.implied.any() == implied else []


def _scenario(key: int, public: FrozenDict, found: Game, target: int) -> Scenario:
    if public["role"] == "speaker":
        order = tuple(_some(list(range(len(found.objects))), len(found.objects), mix(key, 3)))
        return Scenario(public, FrozenDict(order=order, draw=uniform(mix(key, 4))), FrozenDict(target=target))
    said = np.cumsum(found.speaker(public["depth"])[:, target])
    row = min(int(np.searchsorted(said, uniform(mix(key, 4)), "right")), len(said) - 1)
    return Scenario(public, FrozenDict(target=target, said=found.utterances[row]))


def _some(items: Sequence[T], count: int, key: int) -> list[T]:
    """So many of the items, in a random order: those with the smallest of independent draws."""
    ranked = sorted(range(len(items)), key=lambda i: mix(key, i))
    return [items[i] for i in ranked[:count]]
