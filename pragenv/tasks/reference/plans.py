"""The best that can be done: which descriptions to give, one after another, and which questions to ask."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np

from pragenv.tasks.reference.rsa import Floats, Game


def best_descriptions(
    game: Game, target: int, depth: int, turns: int, turn_cost: float
) -> tuple[float, tuple[int, ...]]:
    """The descriptions by which a listener of a depth picks the target most profitably.

    Nothing that such a listener says tells an agent anything that it cannot work out, so that the whole of it can be
    planned. One word a feature is the least that can be said.

    Args:
        game: the context.
        target: the object that is meant.
        depth: of the listener.
        turns: how many may be given, one a turn; at least 1.
        turn_cost: what each costs.

    Returns:
        the expected reward, and the rows of the descriptions; among equals the fewest, then the first.
    """
    true = np.flatnonzero(game.true[:, target])
    found: tuple[float, tuple[int, ...]] = (-np.inf, ())
    for count in range(1, min(turns, len(true)) + 1):
        if game.share(count) - turn_cost * count <= found[0]:  # so many words and turns cannot pay any more
            break
        for rows in combinations(true.tolist(), count):
            share = game.share(sum(len(game.utterances[row]) for row in rows))
            belief = game.posterior(rows, depth)
            assert belief is not None  # all of them are true of the target
            value = float(belief[target]) * share - turn_cost * count
            if value > found[0] + 1e-12:
                found = value, rows
    return found


def best_question(game: Game, belief: Floats, turns: int, turn_cost: float) -> tuple[float, str]:
    """What is best to do about a belief over objects: ask for an attribute, or commit to the most probable object.

    Args:
        game: the context.
        belief: probabilities, shape (n,).
        turns: those left, the one of committing included; at least 1.
        turn_cost: what each costs.

    Returns:
        the expected reward, and the attribute; empty to commit.
    """
    value, question = _ask(game.objects, tuple(belief.tolist()), turns, turn_cost)
    return value / float(belief.sum()), game.attributes[question] if question >= 0 else ""


@lru_cache(maxsize=65536)
def _ask(
    objects: tuple[tuple[str, ...], ...], weights: tuple[float, ...], turns: int, cost: float
) -> tuple[float, int]:
    """The same for weights that need not sum to 1: the worth is as much less."""
    mass = sum(weights)
    best = max(weights) - cost * mass, -1
    if turns > 1:
        for column in range(len(objects[0])):
            values = dict.fromkeys(made[column] for made, weight in zip(objects, weights, strict=True) if weight > 0)
            if len(values) > 1:
                worth = -cost * mass
                for value in values:
                    left = tuple(w if o[column] == value else 0.0 for o, w in zip(objects, weights, strict=True))
                    worth += _ask(objects, left, turns - 1, cost)[0]
                if worth > best[0] + 1e-12:
                    best = worth, column
    return best
