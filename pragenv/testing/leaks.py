"""Does the hidden intent reach anyone who mustn't know it? By canary, and by exchange of intents."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pragenv.env import DialogueEnv
from pragenv.protocols import Task
from pragenv.testing.drive import Env, heard, loop, opening_view
from pragenv.types import Act, FrozenDict, Scenario, mix

T = TypeVar("T", bound=Task)
POOL = 400
"""How many scenarios are searched for one that differs in the intent only."""


def sampling(task: T, change: Callable[[Scenario], Scenario]) -> T:
    """A copy of a task whose scenarios are changed as they are drawn."""
    changed = copy.copy(task)
    vars(changed)["sample"] = lambda key, setting, split: change(task.sample(key, setting, split))
    return changed


def with_canary(scenario: Scenario, user: str, agent: str) -> Scenario:
    """The scenario with a further secret of the user's, and one of the agent's where it has a brief."""
    agent_brief = scenario.agent_brief and {**scenario.agent_brief, "canary": agent}
    return Scenario(scenario.public, {**scenario.user_brief, "canary": user}, agent_brief)


def exchanges(make: Callable[[], Env], seeds: Sequence[int]) -> Iterator[tuple[int, Env, Env]]:
    """Pairs of environments, reset to seeds, that differ in the hidden intent and in nothing said so far."""
    for seed in seeds:
        one, other = make(), make()
        one.reset(seed=seed)
        inner, twin = loop(one), loop(other)
        found = exchanged(inner)
        if found is None:
            continue
        twin.task = sampling(twin.task, lambda _, found=found: found)  # type: ignore[misc]
        one.reset(seed=seed), other.reset(seed=seed)
        # An environment that ignores seeds is another rule's business.
        if inner.dialogue == twin.dialogue and inner.agent_view().keys == twin.agent_view().keys:
            yield seed, one, other


def exchanged(env: DialogueEnv) -> Scenario | None:
    """A scenario equal to the environment's in what is public, what the agent knows and what the user says first.

    First looked for among other scenarios of the task. Failing that, made from the scenario itself: every part of the
    intent that the opening does not depend on is taken from another intent (another scenario's, or a mistaken user's).
    None where the opening gives everything away.
    """
    task, mine = env.task, env.scenario
    drawn = (task.sample(mix(key, 1), env.setting, env.split) for key in range(POOL))
    others = [s for s in drawn if s.user_brief != mine.user_brief and _shown(s) == _shown(mine)]
    if (wanted := _opening(env, mine)) is None:
        return None
    for scenario in others:
        if _opens(env, scenario, wanted):
            return scenario
    acts = task.acts(opening_view(env, mine))
    views = [opening_view(env, mine), *(heard(env, [acts.phrase(act, 0)]) for act in acts.menu[:5])]
    for brief in (*(s.user_brief for s in others[:3]), *(task.corrupt(view, 0).user_brief for view in views)):
        made = mine
        for path, value in _differences(mine.user_brief, brief):
            candidate = Scenario(made.public, _put(made.user_brief, path, value), made.agent_brief)
            if _opens(env, candidate, wanted):
                made = candidate
        if made is not mine:
            return made
    return None


def _shown(scenario: Scenario) -> tuple[Any, ...]:
    return scenario.public, scenario.agent_brief


def _opening(env: DialogueEnv, scenario: Scenario) -> tuple[tuple[Act, ...], str] | None:
    view = opening_view(env, scenario)
    # An intent put together from two may be one that the task never draws and cannot handle.
    try:
        return env.task.truth(view), env.simulator.reply(view).text
    except Exception:
        return None


def _opens(env: DialogueEnv, scenario: Scenario, wanted: tuple[tuple[Act, ...], str]) -> bool:
    """Whether the user of a scenario begins so. What it would convey is looked at first: words can be dear."""
    view = opening_view(env, scenario)
    try:
        return env.task.truth(view) == wanted[0] and env.simulator.reply(view).text == wanted[1]
    except Exception:
        return False


def _differences(a: Mapping[str, Any], b: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    for name in (n for n in a if n in b):
        if isinstance(a[name], Mapping) and isinstance(b[name], Mapping):
            yield from _differences(a[name], b[name], (*path, name))
        elif a[name] != b[name]:
            yield (*path, name), b[name]


def _put(brief: Mapping[str, Any], path: tuple[str, ...], value: Any) -> FrozenDict:
    name, *rest = path
    return FrozenDict({**brief, name: _put(brief[name], tuple(rest), value) if rest else value})
