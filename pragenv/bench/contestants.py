"""Our contestants: both tasks, and an environment that does nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any

import gymnasium as gym

from pragenv.bench.timing import Sample, timed
from pragenv.protocols import COMMIT, AgentView
from pragenv.registration import env_id
from pragenv.spaces import Utterance

TURNS = 10
_BATCH = 100  # episodes made ready at a time
_BARE = "pragenv-bench/Bare-v0"

Contestant = Callable[[float], Sample]
"""Plays for so many seconds of CPU time."""
Script = list[str]
"""What the agent says in an episode."""


class Bare(gym.Env[str, str]):
    """Text in, text out, nothing in between: what Gymnasium itself costs."""

    action_space = Utterance()
    observation_space = Utterance()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Start counting."""
        super().reset(seed=seed)
        self._turn = 0
        return "Turn 0.", {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Count a turn."""
        self._turn += 1
        return f"Turn {self._turn}.", 0.0, self._turn >= TURNS, False, {}


def bare() -> Contestant:
    """Ten turns of nothing."""
    if _BARE not in gym.registry:
        gym.register(_BARE, entry_point=f"{__name__}:Bare")
    batch = [["Hello?"] * TURNS] * _BATCH
    env = gym.make(_BARE)
    return partial(timed, lambda: partial(_play, env, batch))


def dialogue(task: str, fresh: bool) -> Contestant:
    """A task in its default setting, asked ten-turn scripts: questions, then a commitment."""
    env, batches = gym.make(env_id(task), simulator="scripted"), scripts(task, fresh)

    def prepare() -> Callable[[], tuple[int, int]]:
        seed, batch = next(batches)
        env.reset(seed=seed)
        return partial(_play, env, batch)

    return partial(timed, prepare)


def scripts(task: str, fresh: bool) -> Iterator[tuple[int, list[Script]]]:
    """Batches without end: a seed, and a script for each episode that follows a reset with it.

    Scenarios do not depend on what is said, so a second environment foretells them; the one that is timed has never
    seen them. With `fresh` no utterance comes twice.
    """
    twin: Any = gym.make(env_id(task), simulator="scripted").unwrapped
    numbers = count(1)
    for seed in count():
        twin.reset(seed=seed)
        batch = []
        for _ in range(_BATCH):
            twin.reset()
            asked = script(twin.agent_view())
            batch.append([_unheard(said, next(numbers)) for said in asked] if fresh else asked)
        yield seed, batch


def script(view: AgentView) -> Script:
    """Questions in the task's own wordings, then a commitment."""
    acts, key = view.task.acts(view), view.keys.episode
    asked = (acts.menu[(key + i) % len(acts.menu)] for i in range(min(TURNS, view.turn_limit) - 1))
    # The peers' agents say a few characters a turn; ours asks in the shortest wording it has.
    return [*(min((acts.phrase(act, k) for k in range(8)), key=len) for act in asked), view.task.guess(view)]


def _unheard(utterance: str, number: int) -> str:
    if utterance.startswith(COMMIT):
        return f"That was number {number}.\n{utterance}"
    if number % 2:
        return f"Question {number}: {utterance}"
    return f"{utterance[:-1]}, for case {number}{utterance[-1]}"


def _play(env: gym.Env[Any, str], batch: Sequence[Script]) -> tuple[int, int]:
    steps = 0
    for said in batch:
        env.reset()
        for utterance in said:
            _, _, terminated, truncated, _ = env.step(utterance)
            steps += 1
            if terminated or truncated:
                break
    return steps, len(batch)
