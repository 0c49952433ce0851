"""Rational speech acts against the published example and plain sums; the plans against all that could be done."""

import math
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest

from pragenv.tasks.reference import Reference
from pragenv.tasks.reference.plans import best_descriptions, best_question
from pragenv.tasks.reference.rsa import Game, game_of
from pragenv.types import mix

TASK = Reference()
EXAMPLE = Game(("colour", "shape"), (("blue", "square"), ("blue", "circle"), ("green", "square")), 1, 1.0, 0.0)
"""The context of Frank and Goodman (2012), figure 1."""


def contexts(setting: str, n: int, **knobs: Any) -> list[Any]:
    return [TASK.sample(mix(77, i), TASK.setting(setting, knobs), "train") for i in range(n)]


def test_the_published_example() -> None:
    """Goodman and Frank (2016): hearing "blue", a pragmatic listener believes in the square at 0.6."""
    blue, green = EXAMPLE.index[("colour", "blue"),], EXAMPLE.index[("colour", "green"),]
    assert EXAMPLE.listener(0)[blue] == pytest.approx([1 / 2, 1 / 2, 0])
    assert EXAMPLE.speaker(1)[:, 1][blue] == pytest.approx(1 / 3)
    assert EXAMPLE.speaker(1)[:, 0][blue] == pytest.approx(1 / 2)
    assert EXAMPLE.listener(1)[blue] == pytest.approx([0.6, 0.4, 0])
    assert EXAMPLE.listener(1)[green] == pytest.approx([0, 0, 1])
    assert EXAMPLE.implied.tolist() == [True, False, False]
    assert EXAMPLE.clear.tolist() == [False, True, True]


def by_hand(game: Game, depth: int, who: str) -> dict[tuple[Any, int], float]:
    """The same in sums over dictionaries, straight from the definitions."""
    objects = [set(zip(game.attributes, values, strict=True)) for values in game.objects]
    said = game.utterances
    pairs = [(u, o) for u in said for o in range(len(objects))]
    cost = {u: -math.log(1 - game.word_cost * (len(u) - 1)) for u in said}
    if who == "listener":
        meant = (
            {(u, o): float(set(u) <= objects[o]) for u, o in pairs} if depth == 0 else by_hand(game, depth, "speaker")
        )
        return {(u, o): meant[u, o] / sum(meant[u, p] for p in range(len(objects))) for u, o in pairs}
    heard = (
        {(u, o): float(set(u) <= objects[o]) for u, o in pairs} if depth == 0 else by_hand(game, depth - 1, "listener")
    )
    weight = {
        (u, o): math.exp(game.alpha * (math.log(heard[u, o]) - cost[u])) if heard[u, o] else 0.0 for u, o in pairs
    }
    return {(u, o): weight[u, o] / sum(weight[v, o] for v in said) for u, o in pairs}


@pytest.mark.parametrize("setting", ["default", "wordy"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_speakers_and_listeners_are_those_of_the_definitions(setting: str, depth: int) -> None:
    for scenario in contexts(setting, 4):
        game = game_of(scenario.public)
        for who, found in (("speaker", game.speaker(depth)), ("listener", game.listener(depth))):
            wanted = by_hand(game, depth, who)
            table = [[wanted[u, o] for o in range(len(game.objects))] for u in game.utterances]
            assert found == pytest.approx(np.array(table), abs=1e-9)


def test_no_alpha_makes_a_speaker_speechless() -> None:
    game = Game(EXAMPLE.attributes, EXAMPLE.objects, 2, 100.0, 0.4)
    for depth in (0, 1, 2, 10):
        assert game.speaker(depth).sum(axis=0) == pytest.approx(np.ones(3))
        assert game.listener(depth).sum(axis=1) == pytest.approx(np.ones(len(game.utterances)))


def test_descriptions_add_up_count_once_and_may_conflict() -> None:
    blue, square = EXAMPLE.index[("colour", "blue"),], EXAMPLE.index[("shape", "square"),]
    green, circle = EXAMPLE.index[("colour", "green"),], EXAMPLE.index[("shape", "circle"),]
    assert EXAMPLE.posterior([blue, square], 0) == pytest.approx([1, 0, 0])
    assert EXAMPLE.posterior([blue, blue, blue], 1) == pytest.approx(EXAMPLE.listener(1)[blue])
    assert EXAMPLE.posterior([], 2) == pytest.approx([1 / 3] * 3)
    assert EXAMPLE.posterior([green, circle], 0) is None


def test_the_expected_score_is_the_sum_over_what_may_be_said() -> None:
    game = Game(EXAMPLE.attributes, EXAMPLE.objects, 2, 2.0, 0.1)
    said, heard = by_hand(game, 2, "speaker"), by_hand(game, 1, "listener")
    wanted = sum(said[u, 0] * heard[u, 0] * (1 - 0.1 * (len(u) - 1)) for u in game.utterances)
    assert game.expected_score(0, 2, 1) == pytest.approx(wanted)


@pytest.mark.parametrize(("setting", "cost"), [("default", 0.05), ("default", 0.0), ("wordy", 0.02), ("large", 0.1)])
def test_no_sequence_of_descriptions_beats_the_plan(setting: str, cost: float) -> None:
    for scenario in contexts(setting, 8):
        game, target = game_of(scenario.public), scenario.agent_brief["target"]
        value, rows = best_descriptions(game, target, 1, 3, cost)
        worth = {}
        for count in (1, 2, 3):
            for said in permutations(range(len(game.utterances)), count):
                belief = np.prod([game.listener(1)[row] for row in said], axis=0)
                sure = belief[target] / belief.sum() if belief.sum() > 0 else 0.0
                words = sum(len(game.utterances[row]) for row in said)
                worth[said] = sure * max(0.0, 1 - game.word_cost * (words - 1)) - cost * count
        assert value == pytest.approx(max(worth.values()))
        assert worth[rows] == pytest.approx(value)


def outcomes(game: Game, belief: np.ndarray, turns: int, cost: float) -> float:
    """The same by trying every question on every object that may be meant."""
    best = belief.max() - cost
    if turns == 1:
        return float(best)
    for column in range(len(game.attributes)):
        total = -cost
        for value in {made[column] for made in game.objects}:
            held = belief * [made[column] == value for made in game.objects]
            if held.sum() > 0:
                total += held.sum() * outcomes(game, held / held.sum(), turns - 1, cost)
        best = max(best, total)
    return float(best)


@pytest.mark.parametrize(("turns", "cost"), [(1, 0.05), (2, 0.05), (4, 0.05), (4, 0.25), (4, 0.0)])
def test_no_way_of_asking_beats_the_best_questions(turns: int, cost: float) -> None:
    for scenario in contexts("picking", 12, objects=5):
        game = game_of(scenario.public)
        row = game.index[scenario.user_brief["said"]]
        value, attribute = best_question(game, game.listener(1)[row], turns, cost)
        assert value == pytest.approx(outcomes(game, game.listener(1)[row], turns, cost))
        assert attribute in ("", *game.attributes)
        if turns == 1:
            assert attribute == ""


def test_clear_and_implied_objects_are_those_of_the_definitions() -> None:
    for scenario in contexts("wordy", 6):
        game = game_of(scenario.public)
        objects = [set(zip(game.attributes, values, strict=True)) for values in game.objects]
        for i, mine in enumerate(objects):
            told = [u for size in (1, 2) for u in combinations(sorted(mine), size)]
            alone = any(sum(set(u) <= other for other in objects) == 1 for u in told)
            assert game.clear[i] == alone
            heard = game.listener(1)
            means = any(
                all(heard[r, i] > heard[r, j] + 1e-9 for j in range(len(objects)) if j != i) for r in range(len(heard))
            )
            assert game.implied[i] == (means and not alone)
