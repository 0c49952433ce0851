"""Ceilings: against brute force on small instances, and agents against them by playing."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri
from test_belief import lots, thing

import pragenv.ceiling as ceilings
from pragenv.belief import Belief
from pragenv.ceiling import Ceiling, ceiling, worth
from pragenv.ceiling.factored import Disclosure, State
from pragenv.ceiling.greedy import greedy_value
from pragenv.ceiling.tree import Tree, bound_by_weight, huffman
from pragenv.intents import Factor, Intents, Structured
from pragenv.metrics import against_ceilings
from pragenv.protocols import Setting, Task
from pragenv.registration import agents, make_env, tasks
from pragenv.report.records import read_ceilings
from pragenv.rollout import Names, rollout
from pragenv.tasks.clarify.answer import write_answer
from pragenv.tasks.speech import common_kind, conveyed
from pragenv.types import Act

SETTINGS = [(name, s.name) for name in ("clarify", "twenty_questions") for s in tasks.make(name).SETTINGS]


# -- one factor, many questions ----------------------------------------------------------------------------------------


def brute_tree(factor: Factor, held: frozenset[int], cost: float, turns: int) -> float:
    """The best over all adaptive ways to ask, with no cleverness at all; unnormalised."""
    mass = sum(float(factor.prior[v]) for v in held)
    best = max(float(factor.prior[v]) for v in held) - cost * mass
    if turns == 1:
        return best
    splits = [[frozenset(v for v in held if factor.answers[v, j] == r) for r in range(3)] for j in range(5)]
    splits += [[frozenset({v}), held - {v}] for v in held]
    for parts in splits:
        worth_of = sum(brute_tree(factor, part, cost, turns - 1) for part in parts if part)
        best = max(best, worth_of - cost * mass)
    return best


@pytest.mark.parametrize("uniform", [True, False])
@pytest.mark.parametrize(("cost", "limit"), [(0.0, 3), (0.02, 4), (0.2, 4), (0.5, 3), (0.02, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_a_tree_is_the_best_of_all(seed: int, cost: float, limit: int, uniform: bool) -> None:
    factor = thing(seed, uniform=uniform)
    tree = Tree(factor, True, cost, limit)
    exact = brute_tree(factor, frozenset(range(6)), cost, limit)
    assert tree.best(tree.everything(), limit).value == pytest.approx(exact, abs=1e-12)
    assert greedy_value(factor, cost, limit) <= exact + 1e-12 <= tree.upper + 2e-12


@pytest.mark.parametrize("cost", [0.0, 0.03])
@pytest.mark.parametrize("seed", range(3))
def test_a_short_tree_over_many_candidates_is_the_best_of_all(seed: int, cost: float) -> None:
    factor = thing(seed, n=24, q=5, uniform=True)  # more than are searched without caps
    tree = Tree(factor, False, cost, 4)
    assert tree.solvable

    def brute(held: frozenset[int], turns: int) -> float:
        mass = len(held) / 24
        best = 1 / 24 - cost * mass
        if turns > 1:
            for j in range(5):
                parts = [frozenset(v for v in held if factor.answers[v, j] == r) for r in range(3)]
                best = max(best, sum(brute(part, turns - 1) for part in parts if part) - cost * mass)
        return best

    assert tree.best(tree.everything(), 4).value == pytest.approx(brute(frozenset(range(24)), 4), abs=1e-12)


def alike(seed: int, n: int, q: int) -> Factor:
    """Values of which some give the same answers to everything, so that only a guess tells them apart."""
    made = thing(seed, n=n, q=q, uniform=True)
    return replace(made, answers=np.repeat(made.answers[: n // 2], 2, axis=0))


@pytest.mark.parametrize(("n", "q", "limit", "cost"), [(10, 1, 3, 0.05), (12, 3, 4, 0.0), (18, 2, 4, 0.01)])
def test_a_guess_is_reckoned_with_where_only_it_tells(n: int, q: int, limit: int, cost: float) -> None:
    for seed in range(4):
        factor = alike(seed, n, q)

        def brute(held: frozenset[int], turns: int, factor: Factor = factor) -> float:
            mass = len(held) / n
            best = 1 / n - cost * mass
            if turns > 1:
                splits = [[frozenset(v for v in held if factor.answers[v, j] == r) for r in range(3)] for j in range(q)]
                splits += [[frozenset({v}), held - {v}] for v in held]
                for parts in splits:
                    best = max(best, sum(brute(part, turns - 1) for part in parts if part) - cost * mass)
            return best

        tree = Tree(factor, True, cost, limit)
        exact = brute(frozenset(range(n)), limit)
        assert tree.reached <= exact + 1e-12 <= tree.upper + 2e-12
        assert tree.solvable == (n <= 16)
        if tree.solvable:
            assert tree.best(tree.everything(), limit).value == pytest.approx(exact, abs=1e-12)


def test_where_there_is_one_reply_only_guesses_tell() -> None:
    factor = Factor("x", ("a", "b", "c"), np.array([0.5, 0.3, 0.2]), (), ("ok",), np.zeros((3, 0), dtype=np.int8))
    tree = Tree(factor, True, 0.05, 3)
    assert tree.best(tree.everything(), 3).value == pytest.approx(1 - 0.05 * (1 + 1 + 0.5))
    assert tree.upper >= 1 - 0.05 * 2.5 - 1e-12


def test_what_an_opening_told_counts() -> None:
    """A factor that an opening has narrowed down is worth what is left to find out."""
    setting = Setting(turn_limit=5, turn_cost=0.1)
    answers = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.int8)
    questions = (Act("ask", "q0"), Act("ask", "q1"))
    intents = Intents((Factor("x", tuple("abcd"), np.full(4, 0.25), questions, ("no", "yes"), answers),))
    belief = Belief.start(intents)
    values = [ceilings._worth(belief, setting).value]
    for slot in ("q0", "q1"):
        belief = belief.hear([Act("inform", slot, "yes")])
        values.append(ceilings._worth(belief, setting).value)
    assert values == pytest.approx([0.7, 0.8, 0.9])


@pytest.mark.parametrize("key", range(3))
def test_bounds_hold_where_the_exact_value_is_known(key: int) -> None:
    task = tasks.make("twenty_questions")
    assert isinstance(task, Structured)
    for name in ("small", "costly"):
        setting = task.setting(name, {"size": 12})
        intents = task.intents(task.sample(key, setting, "test").public, setting)
        assert intents is not None
        tree = Tree(intents.factors[0], True, setting.turn_cost, setting.turn_limit)
        exact = tree.best(tree.everything(), setting.turn_limit).value
        reached = greedy_value(intents.factors[0], setting.turn_cost, setting.turn_limit)
        weights = intents.factors[0].prior.tolist()
        assert reached <= exact + 1e-12
        assert exact <= tree.upper + 1e-12
        assert exact <= bound_by_weight(weights, 3, setting.turn_cost) + 1e-12


def test_a_huffman_code_is_the_shortest() -> None:
    """All binary and ternary trees over five weights, by merging any groups in any order."""

    def shortest(weights: tuple[float, ...], arity: int) -> float:
        if len(weights) == 1:
            return 0.0
        best = float("inf")
        for size in range(2, arity + 1):
            for group in combinations(range(len(weights)), min(size, len(weights))):
                merged = sum(weights[i] for i in group)
                rest = tuple(w for i, w in enumerate(weights) if i not in group)
                best = min(best, merged + shortest((*rest, merged), arity))
        return best

    for weights in ((0.5, 0.2, 0.2, 0.05, 0.05), (0.2,) * 5, (0.9, 0.05, 0.05), (1.0,)):
        for arity in (2, 3):
            assert huffman(weights, arity) == pytest.approx(shortest(weights, arity))


# -- several factors, one question each --------------------------------------------------------------------------------


def brute_orders(tops: tuple[float, ...], cost: float, limit: int, at_once: int, shared: bool) -> float:
    """The best over all orders of asking and all places to stop."""
    n, best = len(tops), -np.inf
    for order in permutations(range(n)):
        for asked in range(n + 1):
            turns = -(-asked // at_once)
            if turns > limit - 1:
                continue
            told = [1.0 if i in order[:asked] else tops[i] for i in range(n)]
            score = float(np.mean(told) if shared else np.prod(told))
            best = max(best, score - cost * (turns + 1))
    return best


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.parametrize("limit", [1, 2, 4, 9])
@pytest.mark.parametrize("cost", [0.0, 0.05, 0.3, 0.6])
def test_disclosure_is_the_best_of_all_orders(cost: float, limit: int, at_once: int, shared: bool) -> None:
    intents = lots((0.5, 0.5), (0.2, 0.8), (0.1, 0.6, 0.3), (1.0, 0.0), shared=shared, answers_per_turn=at_once)
    problem = Disclosure(intents, (0.5, 0.8, 0.6, 1.0), cost, limit)
    exact = brute_orders((0.5, 0.8, 0.6, 1.0), cost, limit, at_once, shared)
    assert problem.best(State(0b0111, 0)).value == pytest.approx(exact)


def brute_revision(tops: tuple[float, ...], cost: float, limit: int, revision: float) -> float:
    """By plans: the best of all functions from what has happened to what to do, worlds enumerated."""
    n = len(tops)

    def go(unknown: frozenset[int], turn: int, worlds: tuple[tuple[float, int, int], ...]) -> float:
        """`worlds`: probability, turn (0: never) and field of the user's change of mind, given all so far."""
        total = sum(p for p, _, _ in worlds)
        score = float(np.prod([tops[i] for i in unknown])) if unknown else 1.0
        best = total * (score - cost)
        if turn >= limit - 1:
            return best
        for asked in unknown or {-1}:
            if asked < 0:
                break
            value = -cost * total
            left = unknown - {asked}
            for field in range(n):
                now = tuple(w for w in worlds if w[1] == turn + 1 and w[2] == field)
                if now:
                    value += go(left - {field}, turn + 1, now)
            later = tuple(w for w in worlds if w[1] != turn + 1)
            if later:
                value += go(left, turn + 1, later)
            best = max(best, value)
        return best

    worlds = [(revision / 2 / n, turn, field) for turn in (1, 2) for field in range(n)] + [(1 - revision, 0, 0)]
    return go(frozenset(range(n)), 0, tuple(w for w in worlds if w[0] > 0))


@pytest.mark.parametrize("revision", [0.3, 1.0])
@pytest.mark.parametrize(("cost", "limit"), [(0.02, 9), (0.2, 9), (0.35, 9), (0.02, 3), (0.02, 2)])
def test_a_user_who_may_change_its_mind_is_planned_for(cost: float, limit: int, revision: float) -> None:
    tops = (0.5, 0.7, 0.3)
    problem = Disclosure(lots((0.5, 0.5), (0.7, 0.3), (0.3, 0.3, 0.4), revision=revision), tops, cost, limit)
    assert problem.best(State(0b111, 0)).value == pytest.approx(brute_revision(tops, cost, limit, revision))


# -- of the built-in tasks ---------------------------------------------------------------------------------------------


def value_of_stopping(problem: Disclosure, state: State, stop_at_once: bool) -> float:
    """What is earned by committing at once, or by asking one untold factor a turn until nothing is left."""
    if stop_at_once or not state.unknown or state.turn >= problem._limit - 1:
        return problem.commit(state.unknown)
    first = (state.unknown & -state.unknown).bit_length() - 1
    after = problem.outcomes(state, (first,))
    return sum(p * value_of_stopping(problem, to, False) for p, to in after) - problem._cost


@pytest.mark.parametrize("setting", [s.name for s in tasks.make("clarify").SETTINGS if s.name != "hidden_form"])
def test_rules_of_thumb_fall_short_exactly_where_they_stop_elsewhere(setting: str) -> None:
    """Clarify's ceilings against the exact worth of `answer_first` and of asking everything, one question a turn."""
    task = tasks.make("clarify")
    assert isinstance(task, Structured)
    knobs = task.setting(setting)
    for stop_at_once in (True, False):
        gap, differs = 0.0, 0.0
        for weight, scenario in ceilings.situations(task, knobs, "test").listed:
            belief = Belief.opening(task, scenario, knobs)
            assert belief is not None
            problem = ceilings.disclosure(belief, knobs)
            state = State(ceilings.untold(belief), 0)
            best = problem.best(state)
            gap += weight * (best.value - value_of_stopping(problem, state, stop_at_once))
            does = bool(state.unknown) and not stop_at_once
            differs += weight * (does != bool(best.ask) or len(best.ask) > 1)
        if setting == "conflict" and not stop_at_once:
            continue  # the asker does not know what is certain: its questions are others
        assert gap >= -1e-12
        assert (gap > 1e-9) == (differs > 0), (stop_at_once, gap, differs)


def paired(
    name: str, setting: str, agent: str, episodes: int, knobs: dict[str, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The rewards of an agent, and each conversation's own ceiling."""
    env = make_env(name, setting, knobs, "test", "scripted")
    names = Names(name, setting, "test", "scripted", agent)
    rows = [row for block in rollout(env, agents.make(agent), names, 11, episodes, 0, 64) for row in block]
    assert not [row.error for row in rows if row.error]
    task: Task = env.task
    found = [worth(task, env.setting, row.scenario) for row in rows]
    assert all(known is not None for known in found)
    return np.array([row.reward for row in rows]), np.array([known.value for known in found if known is not None])


# tests/studies/ceilings_reached.py has the same for all settings, with 100,000 episodes each where that takes minutes.
QUICK: dict[str, tuple[int, dict[str, Any]]] = {
    "small": (24, {"size": 10}),
    "costly": (24, {"size": 10}),
    "medium": (40, {}),
}
PLAYERS = ("answer_first", "clarify_first", "random_ask", "thompson", "ask_by_gain", "ask_budget", "bayes_optimal")


@pytest.mark.parametrize(("name", "setting"), [s for s in SETTINGS if s[1] not in ("hidden_form", "short")])
def test_nobody_exceeds_a_ceiling_and_the_best_agent_reaches_it(name: str, setting: str) -> None:
    barred = tasks.make(name).setting(setting).agents_not_applicable
    quick = QUICK if name == "twenty_questions" else {}
    for agent in PLAYERS:
        if agent in barred:
            continue
        rewards, limits = paired(name, setting, agent, *quick.get(setting, (300, {})))
        excess = rewards - limits
        error = max(float(excess.std(ddof=1)) / len(excess) ** 0.5, 1e-12)
        z = float(-ndtri(1e-4 / (2 * len(SETTINGS) * len(PLAYERS))))
        assert excess.mean() <= z * error + 1e-9, (agent, excess.mean(), error)
        if agent == "bayes_optimal":
            assert excess.mean() >= -z * error - 1e-9, (excess.mean(), error)
        if agent == "ask_by_gain":
            assert rewards.mean() >= 0.95 * limits.mean() - z * error


@pytest.mark.parametrize("name", ["clarify", "twenty_questions"])
def test_the_shipped_ceilings_are_found_by_what_they_depend_on(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(ceilings, "user_cache_dir", lambda _: str(tmp_path))
    monkeypatch.setattr(Tree, "best", None)  # which takes seconds, and is not asked
    task = tasks.make(name)
    for setting in task.SETTINGS:
        found = ceiling(task, setting, "test")
        assert found is not None
        assert found.reached <= found.value <= 1
        assert (found.kind == "exact") == (found.reached == pytest.approx(found.value, abs=1e-12))
        assert (found.margin > 0) == (getattr(setting, "size", 0) > 0)


def test_a_shipped_ceiling_is_what_is_computed() -> None:
    task = tasks.make("twenty_questions")
    setting = task.setting("medium")
    faced = ceilings.situations(task, setting, "test")
    assert ceilings._shipped()[ceilings.key_of(task, setting, faced)] == pytest.approx(
        vars(ceilings.average(task, setting, faced))
    )


def test_what_was_computed_is_kept_and_half_a_file_is_not_believed(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(ceilings, "user_cache_dir", lambda _: str(tmp_path))
    task = tasks.make("clarify")
    setting = task.setting("default", {"turn_cost": 0.011})
    first = ceiling(task, setting, "test")
    (kept,) = tmp_path.rglob("*.json")
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"how": "kept"}))
    assert ceiling(task, setting, "test").how == "kept"  # type: ignore[union-attr]
    kept.write_text(kept.read_text()[:20])
    assert ceiling(task, setting, "test") == first


def test_a_home_that_cannot_be_written_to_costs_no_ceiling(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(ceilings, "user_cache_dir", lambda _: str(tmp_path / "file"))
    task = tasks.make("clarify")
    assert ceiling(task, task.setting("default", {"turn_cost": 0.013}), "test") is not None


def test_other_knobs_have_other_ceilings() -> None:
    task = tasks.make("clarify")
    values = [
        ceiling(task, task.setting("default", knobs), "test").value  # type: ignore[union-attr]
        for knobs in ({}, {"turn_cost": 0.1}, {"turn_limit": 2}, {"answers_per_turn": 2}, {"fields": 2}, {"skew": 2.0})
    ]
    assert len({round(value, 9) for value in values}) == len(values) - 1  # asking pays here whatever the prior
    assert values[0] == pytest.approx(values[-1], abs=1e-12)


def test_a_hidden_form_counts_with_all_that_it_hides() -> None:
    task = tasks.make("clarify")
    keys, values = set(), set()
    for knobs in ({}, {"revision": 1.0}, {"grading": "weighted"}, {"turn_cost": 0.03}):
        setting = task.setting("hidden_form", knobs)
        faced = ceilings.situations(task, setting, "test")
        keys.add(ceilings.key_of(task, setting, faced))
        values.add(ceilings.average(task, setting, faced))
    assert len(keys) == 4
    assert len(values) >= 3


def test_what_is_reached_with_a_hidden_form_is_reached_by_open_questions() -> None:
    """Whoever asks for more until there is no more, and then commits to all that it was told, earns just that."""
    env = make_env("clarify", "hidden_form", split="test", simulator="scripted")
    task: Any = env.task
    for seed in range(60):
        env.reset(seed=seed)
        acts = task.acts(env.user_view())
        while common_kind(env.dialogue[-1].content) != "nothing_more":
            env.step("Anything else?")
        told = {act.slot: act.value for act in conveyed(acts, env.dialogue) if act.kind == "inform"}
        env.step(write_answer(told, acts.form))
        known = worth(task, env.setting, env.scenario)
        assert known is not None
        assert env.reward == pytest.approx(known.reached)
        assert known.reached < known.value


@pytest.mark.parametrize("setting", ["conflict", "skewed", "default"])
def test_who_changes_its_mind_to_the_improbable_is_believed(setting: str) -> None:
    knobs = {"revision": 1.0, "full": 0.0}
    rewards, limits = paired("clarify", setting, "bayes_optimal", 300, knobs)
    gap = rewards - limits
    assert abs(gap.mean()) <= 4.4 * float(gap.std(ddof=1)) / 300**0.5 + 1e-9


@pytest.mark.parametrize("rule", ["first", "any", "last"])
def test_what_is_reached_without_turns_enough_is_what_silence_costs(rule: str) -> None:
    task: Any = tasks.make("sharded")
    setting = task.setting("math", {"turn_limit": 2, "turn_cost": 0.02, "attempts": rule})
    env = make_env("sharded", "math", {"turn_limit": 2, "turn_cost": 0.02, "attempts": rule}, "test", "scripted")
    env.reset(seed=0)
    while env.end_reason is None:
        env.step("ANSWER: I don't know.")
    known = worth(task, setting, env.scenario)
    assert known is not None
    assert known.reached == pytest.approx(env.reward)


def test_shards_take_their_turns() -> None:
    task: Any = tasks.make("sharded")
    for knobs, exact in (({}, True), ({"turn_cost": 0.05}, False), ({"turn_cost": 0.05, "view": "full"}, True)):
        found = ceiling(task, task.setting("math", knobs), "test")
        assert found is not None
        assert (found.kind == "exact") == exact
        assert found.value <= 1 - knobs.get("turn_cost", 0.0)
    assert ceiling(task, task.setting("default", {"kind": "summary"}), "test") is None


def test_a_source_has_a_ceiling_too(tmp_path: Path) -> None:
    details = [
        {"description": name, "importance": "2", "inquiry": f"Which {name}?", "options": ["one", "two", "three"]}
        for name in ("colour", "size")
    ]
    path = tmp_path / "forms.json"
    path.write_text(json.dumps([{"task": "Knit me a hat", "category": "x", "missing_details": details}]))
    task = tasks.make({"name": "clarify", "source": str(path)})
    found = ceiling(task, task.setting("vague"), "test")
    assert found is not None
    assert (found.kind, found.value) == ("exact", pytest.approx(1 - 0.02 * 3))


def test_a_task_that_declares_nothing_has_none() -> None:
    from minimal import Coin

    task = Coin()
    assert ceiling(task, task.SETTINGS[0], "test") is None


# -- in reports --------------------------------------------------------------------------------------------------------

LABELS = {"task": "t", "setting": "s", "split": "test"}
KNOWN = LABELS | vars(Ceiling(0.8, 0.7, "bound", 0.02, 5, "somehow"))
ROW = LABELS | {"reward": 0.6, "reward_low": 0.5, "reward_high": 0.7}


def test_regret_is_what_is_missing_from_the_ceiling() -> None:
    (row,) = against_ceilings([ROW], [KNOWN])
    assert (row["ceiling"], row["ceiling_reached"], row["ceiling_kind"]) == (0.8, 0.7, "bound")
    regret = [row[name] for name in ("regret", "regret_low", "regret_high")]
    assert regret == pytest.approx([0.2, 0.08, 0.32])
    share = [row[name] for name in ("fraction_of_ceiling", "fraction_of_ceiling_low", "fraction_of_ceiling_high")]
    assert share == pytest.approx([0.75, 0.6, 0.9])


@pytest.mark.parametrize("row", [ROW | {"setting": "other"}, ROW | dict.fromkeys(list(ROW)[3:])])
def test_where_there_is_no_ceiling_or_no_reward_there_is_no_regret(row: dict[str, Any]) -> None:
    (found,) = against_ceilings([row], [KNOWN])
    assert {found[name] for name in found if name not in row} == {None}


def test_ceilings_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    from pragenv.errors import DataError

    assert read_ceilings(tmp_path / "ceilings.json") == []
    for text in ("", "{}", "[1]", json.dumps([LABELS])):
        (tmp_path / "ceilings.json").write_text(text)
        with pytest.raises(DataError, match=r"ceilings\.json"):
            read_ceilings(tmp_path / "ceilings.json")


def test_several_factors_with_many_questions_are_refused() -> None:
    from pragenv.errors import ConfigError

    two = Intents((thing(0), thing(1)))
    with pytest.raises(ConfigError, match="several factors"):
        ceilings._worth(Belief.start(two), Setting())
    with pytest.raises(ConfigError, match="not known here"):
        ceilings.best_questions(Belief.start(two), Setting(), 0)
