"""Driving conversations: what a check says to an environment, and what it notes of the answer."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import gymnasium as gym
import numpy as np

from pragenv.env import DialogueEnv
from pragenv.protocols import Keys, Simulator, UserView
from pragenv.testing.fuzz import ODD
from pragenv.types import Message, Scenario, UserTurn, freeze

Env: TypeAlias = gym.Env[Any, Any]
Policy: TypeAlias = Callable[[DialogueEnv], str]


class Step(NamedTuple):
    """What a `step` returned; the first of an episode holds what `reset` returned."""

    observation: Any
    reward: Any
    terminated: Any
    truncated: Any
    info: Any


def loop(env: Env) -> DialogueEnv:
    """The turn loop inside an environment.

    Raises:
        TypeError: where there is another environment inside.
    """
    inner = env.unwrapped
    if not isinstance(inner, DialogueEnv):
        raise TypeError(f"a DialogueEnv is needed, possibly wrapped; got {type(inner).__name__}")
    return inner


def play(env: Env, say: Policy, seed: int | None = None, reset: bool = True) -> list[Step]:
    """One episode, or the rest of one with `reset=False`. Stops one step after the limit if the environment doesn't."""
    inner = loop(env)
    steps = []
    if reset:
        observation, info = env.reset(seed=seed)
        steps.append(Step(observation, 0.0, False, False, info))
    for _ in range(inner.setting.turn_limit + 1):
        steps.append(Step(*env.step(say(inner))))
        if steps[-1].terminated or steps[-1].truncated:
            break
    return steps


def opening_view(env: DialogueEnv, scenario: Scenario, key: int = 0) -> UserView:
    """What the user of a scenario knows before anything is said."""
    return UserView(env.task, freeze(scenario.public), freeze(scenario.user_brief), (), Keys(key), 0)


def heard(env: DialogueEnv, said: Sequence[str]) -> UserView:
    """The user's view after it has opened and the agent has said these things; answered faithfully in between."""
    view = opening_view(env, env.scenario, key=1)
    for turn, text in enumerate(said):
        task = view.task
        mine = Message("user", task.say(view, task.truth(view), turn))
        view = view._replace(dialogue=(*view.dialogue, mine, Message("assistant", text)), turn=turn + 1)
    return view


def silent(env: DialogueEnv) -> str:
    """Says nothing."""
    return ""


def odd(env: DialogueEnv) -> str:
    """Says odd things."""
    return ODD[env.turn % len(ODD)]


def asks(env: DialogueEnv) -> str:
    """Asks from the user's own menu, so that the user understands even where the agent wouldn't know what to ask."""
    acts = env.task.acts(opening_view(env, env.scenario))
    if not acts.menu:
        return "Could you tell me more?"
    return acts.phrase(acts.menu[(env.scenario_key + env.turn) % len(acts.menu)], env.turn)


def commits(env: DialogueEnv) -> str:
    """Commits to the truth."""
    return env.task.answer(env.scenario)


def asks_then_commits(env: DialogueEnv) -> str:
    """Two questions, then the truth as it was at the start."""
    return asks(env) if env.turn < 2 else commits(env)


POLICIES: tuple[Policy, ...] = (asks_then_commits, silent, asks, odd, commits)


class Recorder(Simulator):
    """Keeps the views that the user inside is given."""

    def __init__(self, user: Simulator) -> None:
        self.user = user
        self.views: list[UserView] = []

    def reply(self, view: UserView) -> UserTurn:
        """The inner user's turn."""
        self.views.append(view)
        return self.user.reply(view)


def disturbs_generators(run: Callable[[], object]) -> bool:
    """Whether `run` changes the state of a process-global generator; torch's counts if somebody has imported torch."""
    torch = sys.modules.get("torch")
    held = random.getstate(), np.random.get_state(), torch.get_rng_state() if torch else None  # noqa: NPY002
    # One draw from each, or a run that seeds them as an earlier one did would leave no trace.
    random.random(), np.random.random(), torch.rand(1) if torch else None  # noqa: NPY002
    before = _states()
    try:
        run()
        return _states() != before
    finally:
        random.setstate(held[0])
        np.random.set_state(held[1])  # noqa: NPY002
        if torch:
            torch.set_rng_state(held[2])


def _states() -> tuple[object, ...]:
    torch = sys.modules.get("torch")
    numpys: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    return (
        random.getstate(),
        repr(numpys["state"]["key"].tolist()),
        numpys["state"]["pos"],
        torch and torch.get_rng_state().numpy().tobytes(),
    )


def same(a: Any, b: Any) -> bool:
    """Equality of what environments return, in which a nan equals a nan and 1 differs from 1.0 and True."""
    return repr(a) == repr(b)
