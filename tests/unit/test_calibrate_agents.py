"""Who calibrates how well: what is believed, the agents, the bound, and that iterating is what pays."""

from collections.abc import Sequence
from functools import cache
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from pragenv_baselines.calibrators import Bisect, OneShot
from talk import agent_view, talk

from pragenv.ceiling import ceiling, worth
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.intents import BELIEVERS
from pragenv.registration import agents, make_env, make_simulator
from pragenv.run import plan
from pragenv.tasks.calibrate import Calibrate
from pragenv.tasks.calibrate.ceiling import most, reached
from pragenv.tasks.calibrate.feeling import Feeling
from pragenv.tasks.calibrate.search import Search, closeness
from pragenv.tasks.calibrate.space import Dimension, Space
from pragenv.tasks.specialists import specialists
from pragenv.types import mix

TASK = Calibrate()
SETTINGS = [setting.name for setting in TASK.SETTINGS]
EPISODES = 60


@cache
def rewards(agent: str, setting: str) -> list[tuple[float, int, bool]]:
    """Reward, turns, and whether it was solved, in the same scenarios for all agents."""
    env, player = make_env("calibrate", setting, split="test", simulator="scripted"), agents.make(agent)
    found = []
    for seed in range(EPISODES):
        env.reset(seed=seed)
        while env.end_reason is None:
            _, reward, *_ = env.step(player.act(env.agent_view()))
        found.append((reward, env.turn, env.verdict.solved))
    return found


def mean(agent: str, setting: str) -> float:
    return fmean(reward for reward, _, _ in rewards(agent, setting))


@pytest.mark.parametrize("setting", ["default", "small", "large", "directions", "comparison", "interacting"])
def test_iterating_earns_nine_tenths_of_the_bound_and_one_shot_less_than_half_of_that(setting: str) -> None:
    known = ceiling(TASK, TASK.setting(setting))
    assert known is not None
    for agent in ("bisect", "coordinate"):
        assert mean(agent, setting) >= 0.9 * known.value
    assert mean("one_shot", setting) <= 0.45 * known.value


@pytest.mark.parametrize("setting", ["default", "small", "directions", "comparison"])
@pytest.mark.parametrize("agent", ["bisect", "coordinate", "clarify_first"])
def test_without_noise_every_point_is_found(agent: str, setting: str) -> None:
    assert all(solved for _, _, solved in rewards(agent, setting))


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_bound_holds_and_halving_earns_in_each_scenario_what_is_said_to_be_reached(setting: str) -> None:
    chosen = TASK.setting(setting)
    env = make_env("calibrate", setting, split="test", simulator="scripted")
    values = []
    for seed in range(EPISODES):
        env.reset(seed=seed)
        known = worth(TASK, chosen, env.scenario)
        assert known is not None
        assert known.reached == pytest.approx(rewards("bisect", setting)[seed][0])
        values.append(known.value)
    for agent in ("bisect", "coordinate", "one_shot"):
        assert mean(agent, setting) <= fmean(values)


def test_noise_costs_whoever_knows_nothing_of_it_more() -> None:
    for setting in ("noisy", "hard"):
        assert mean("coordinate", setting) < mean("bisect", setting) < mean("bisect", "default")
        assert sum(s for _, _, s in rewards("coordinate", setting)) < sum(s for _, _, s in rewards("bisect", setting))


def test_with_little_time_the_rest_is_guessed() -> None:
    assert all(turns <= 6 for _, turns, _ in rewards("bisect", "short"))
    assert mean("bisect", "short") > mean("coordinate", "short") > mean("one_shot", "short")


def test_one_shot_commits_to_the_middle_at_once() -> None:
    env = make_env("calibrate", split="test", simulator="scripted")
    env.reset(seed=4)
    view = env.agent_view()
    said = OneShot().act(view)
    space = TASK.space(view)
    assert said == f"ANSWER: {space.write({d.name: d.middle for d in space.dimensions})}"
    search = TASK.search(view)
    middle = [d.share(d.middle) for d in space.dimensions]
    assert search.score == pytest.approx(np.maximum(0.0, 1 - np.abs(search.points - middle) / 0.25).mean())


def test_bisect_commits_as_soon_as_it_is_as_sure_as_it_is_to_be() -> None:
    env = make_env("calibrate", split="test", simulator="scripted")
    turns = []
    for sure in (0.0, 0.6, 0.9, 1.0):
        env.reset(seed=5)
        while env.end_reason is None:
            env.step(Bisect(sure).act(env.agent_view()))
        turns.append(env.turn)
    assert turns == sorted(turns)
    assert turns[0] == 1 < turns[-1]


@pytest.mark.parametrize("sure", [-0.1, 1.1])
def test_bisect_refuses_to_be_more_than_sure(sure: float) -> None:
    with pytest.raises(ConfigError, match="sure must be None or in"):
        Bisect(sure)


@pytest.mark.parametrize("agent", ["bisect", "coordinate"])
@pytest.mark.parametrize("persona", ["typist", "noisy", "over_disclosing", "inexpert", "verbose", "population"])
def test_no_persona_throws_an_iterating_agent_off_for_good(agent: str, persona: str) -> None:
    env = DialogueEnv(TASK, TASK.setting("default"), make_simulator("scripted", persona), "test")
    player, scores = agents.make(agent), []
    for seed in range(30):
        env.reset(seed=seed)
        while env.end_reason is None:
            env.step(player.act(env.agent_view()))
        scores.append(env.verdict.score or 0.0)
    assert fmean(scores) > 2 * mean("one_shot", "default")


@pytest.mark.parametrize("how", ["recap", "snowball"])
def test_who_hears_things_again_is_not_misled(how: str) -> None:
    env = make_env("calibrate", split="test", simulator="scripted", knobs={"repeats": how})
    for seed in range(20):
        env.reset(seed=seed)
        while env.end_reason is None:
            _, reward, *_ = env.step(Bisect().act(env.agent_view()))
        assert reward == pytest.approx(rewards("bisect", "default")[seed][0])


def test_agents_that_need_declared_intents_do_not_apply() -> None:
    for setting in TASK.SETTINGS:
        assert {*BELIEVERS, *specialists("calibrate")} == set(setting.agents_not_applicable)
    with pytest.raises(ConfigError, match="several dimensions at once; take `bisect`"):
        plan(["task=calibrate", "agent=ask_by_gain"], sweep=False)


def test_the_experiment_plays_every_setting_with_all_three() -> None:
    cells = plan(["experiment=iteration"], sweep=True)
    assert {cell.names.setting for cell in cells} == set(SETTINGS)
    assert {cell.names.agent for cell in cells} == {"one_shot", "coordinate", "bisect"}
    assert len(cells) == 3 * len(SETTINGS)


# -- on spaces so small that everything can be tried -------------------------------------------------------------------


def tiny(*sizes: int) -> Space:
    """A space with so many levels a dimension."""
    nothing: Any = ((),) * 7
    dimensions = (Dimension(f"d{i}", f"d{i}", "", (), 0, n - 1, 1, *nothing) for i, n in enumerate(sizes))
    return Space("tiny", "train", "something", (), tuple(dimensions))


def feels(space: Space, feedback: str, noise: float = 0.0, interaction: float = 0.0) -> Feeling:
    halves = tuple(d.step / (d.high - d.low) / 2 for d in space.dimensions)
    return Feeling(tuple(space.by_name), halves, feedback, noise, interaction)


@pytest.mark.parametrize("feedback", ["direction", "directions", "comparison"])
@pytest.mark.parametrize("interaction", [0.0, 0.4])
@pytest.mark.parametrize("key", range(8))
def test_what_is_left_possible_is_what_would_have_led_to_the_same_reactions(
    feedback: str, interaction: float, key: int
) -> None:
    space = tiny(5, 7, 6)
    feeling = feels(space, feedback, interaction=interaction)
    search = Search(space, feeling, 0.25)
    target = search.points[mix(key, 1) % len(search.points)]
    left = np.ones(len(search.points), bool)
    before: Any = None
    for turn in range(4):
        proposal = search.points[mix(key, 2 + turn) % len(search.points)]

        def react(point: Sequence[float], proposal: Any = proposal, before: Any = before) -> Any:
            now = feeling.perceived([a - b for a, b in zip(proposal, point, strict=True)], 0)
            then = None if before is None else feeling.perceived([a - b for a, b in zip(before, point, strict=True)], 0)
            return feeling.react(now, then)

        said = react(target)
        left &= [react(point) == said for point in search.points]
        search = search.hear(proposal, said)
        assert ((search.weights > 1e-9) == left).all()
        before = proposal


@pytest.mark.parametrize("feedback", ["direction", "directions", "comparison"])
@pytest.mark.parametrize("sizes", [(5,), (9,), (3, 3), (2, 4)])
@pytest.mark.parametrize(("cost", "limit"), [(0.0, 4), (0.02, 6), (0.1, 6), (0.3, 3)])
def test_the_best_possible_agent_earns_no_more_than_the_bound_and_no_less_than_halving(
    feedback: str, sizes: tuple[int, ...], cost: float, limit: int
) -> None:
    """The best is found by trying every proposal of the grid after every dialogue."""
    space, reach = tiny(*sizes), 0.5
    feeling = feels(space, feedback)
    points = [tuple(point) for point in Search(space, feeling, reach).points.tolist()]

    def off(a: Sequence[float], b: Sequence[float]) -> tuple[float, ...]:
        return feeling.perceived([x - y for x, y in zip(a, b, strict=True)], 0)

    def close(a: Sequence[float], b: Sequence[float]) -> float:
        return fmean(closeness(x - y, 1.0, reach) for x, y in zip(a, b, strict=True))

    @cache
    def best(left: frozenset[tuple[float, ...]], last: tuple[float, ...] | None, turns: int) -> float:
        """Total reward, over these points, of the best agent with so many turns left."""
        found = max(sum(close(point, one) for one in left) for point in points) - cost * len(left)
        if turns == 1 or len(left) == 1:
            return found
        for proposal in points:
            told: dict[Any, set[tuple[float, ...]]] = {}
            for one in left:
                said = feeling.react(off(proposal, one), None if last is None else off(last, one))
                told.setdefault(said, set()).add(one)
            if len(told) > 1 or feedback == "comparison":
                compared = proposal if feedback == "comparison" else None
                parts = (best(frozenset(part), compared, turns - 1) for part in told.values())
                found = max(found, sum(parts) - cost * len(left))
        return found

    value = best(frozenset(points), None, limit) / len(points)
    assert value <= most(space, reach, feedback, cost, limit) + 1e-9
    setting = TASK.setting("default", {"turn_cost": cost, "turn_limit": limit, "feedback": feedback, "reach": reach})
    wanted = (
        {d.name: d.low + share * (d.high - d.low) for d, share in zip(space.dimensions, p, strict=True)} for p in points
    )
    halving = fmean(reached(Search(space, feeling, reach), point, 0, setting) for point in wanted)  # type: ignore[arg-type]
    assert halving <= value + 1e-9


def test_the_guess_is_what_earns_most_if_the_belief_is_right() -> None:
    setting = TASK.setting("noisy")
    for key in range(10):
        scenario = TASK.sample(mix(3, key), setting, "test")
        view = agent_view(TASK, setting, scenario, talk(TASK, scenario))
        acts = TASK.acts(view)
        dialogue = talk(TASK, scenario, *(acts.phrase(act, 0) for act in acts.menu[1:4]))
        search = TASK.search(agent_view(TASK, setting, scenario, dialogue))
        space = search.space
        shares = [d.share(search.best[d.name]) for d in space.dimensions]
        near = np.maximum(0.0, 1 - np.abs(search.points[:, None] - search.points) / 0.25).mean(axis=2) @ search.weights
        at = int(np.abs(search.points - shares).sum(axis=1).argmin())
        assert search.score == pytest.approx(near[at])
        assert search.score == pytest.approx(near.max())
