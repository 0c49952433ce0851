"""What a user costs: scripted ones in single and vector environments, language models in rollouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from time import process_time
from typing import Any

import gymnasium as gym

from pragenv.bench.contestants import Script, script
from pragenv.bench.talkers import Endless
from pragenv.bench.timing import Sample, timed
from pragenv.registration import agents, env_id, make_env, simulators
from pragenv.rollout import Names, rollout

_ENVS, _EPISODES = 64, 4
TASKS = ("clarify", "twenty_questions")


def bench_parties(folder: str, seconds: float, reply: int) -> list[dict[str, Any]]:
    """Time scripted users in 64 conversations, one after the other and in a vector environment, and the model's users.

    Both environments play the same conversations. The model's users speak without a guard, for `reply` tokens a turn,
    to an agent that asks nine questions.

    Args:
        folder: of the model.
        seconds: CPU time for each environment with scripted users.
        reply: tokens of a user's turn.

    Returns:
        A row for each task and contestant: `task`, `contestant`, `steps_per_cpu_s`, and `over_single` (or for the
        model's users over those in blocks of one).
    """
    rows: list[dict[str, Any]] = []
    for task in TASKS:
        single, vector = timed(_single(task), seconds), timed(_vector(task), seconds)
        alone, together = _rollout(task, folder, reply, 1, 2), _rollout(task, folder, reply, _ENVS, _ENVS)
        for name, sample, yardstick in (
            ("scripted, single", single, single),
            (f"scripted, vector of {_ENVS}", vector, single),
            ("model, blocks of 1", alone, alone),
            ("model, blocks of 64", together, alone),
        ):
            rows.append(
                {
                    "task": task,
                    "contestant": name,
                    "steps_per_cpu_s": round(sample.speed, 1),
                    "over_single": round(sample.speed / yardstick.speed, 2),
                }
            )
    return rows


Scripts = list[list[Script]]
"""For each conversation, what the agent says in each of its episodes."""


def _scripts(task: str) -> Iterator[tuple[int, Scripts]]:
    """Seeds without end, and what is said to the conversations that are seeded by them, counting up."""
    twin: Any = gym.make(env_id(task), simulator="scripted").unwrapped
    for seed in count(step=_ENVS):
        said: Scripts = []
        for i in range(_ENVS):
            twin.reset(seed=seed + i)
            said.append([])
            for _ in range(_EPISODES):
                said[-1].append(script(twin.agent_view()))
                twin.reset()
        yield seed, said


def _single(task: str) -> Callable[[], Callable[[], tuple[int, int]]]:
    env, batches = gym.make(env_id(task), simulator="scripted"), _scripts(task)

    def play(seed: int, scripts: Scripts) -> tuple[int, int]:
        steps = 0
        for i, episodes in enumerate(scripts):
            env.reset(seed=seed + i)
            for said in episodes:
                for utterance in said:
                    env.step(utterance)
                steps += len(said)
                env.reset()  # as the vector environment opens the next one, wanted or not
        return steps, _ENVS * _EPISODES

    return lambda: partial(play, *next(batches))


def _vector(task: str) -> Callable[[], Callable[[], tuple[int, int]]]:
    envs, batches = gym.make_vec(env_id(task), num_envs=_ENVS, simulator="scripted"), _scripts(task)

    def play(seed: int, scripts: Scripts) -> tuple[int, int]:
        envs.reset(seed=seed)
        steps = 0
        for episode in range(_EPISODES):
            for said in zip(*(episodes[episode] for episodes in scripts), strict=True):
                envs.step(said)
                steps += len(said)
        return steps, _ENVS * _EPISODES

    return lambda: partial(play, *next(batches))


def _rollout(task: str, folder: str, reply: int, block: int, episodes: int) -> Sample:
    model = Endless(folder, threads=1)
    user = simulators.make("lm", model=model, guard=False, sampling={"max_tokens": reply})
    agent, names = agents.make("ask_k", k=9), Names(task, "default", "train", "lm", "ask_k")
    for seed, n in ((0, 1), (1, episodes)):  # the first warms up
        start = process_time()
        rows = [
            row for part in rollout(make_env(task, simulator=user), agent, names, seed, n, 0, block) for row in part
        ]
        spent = process_time() - start
    return Sample(sum(row.turns for row in rows), len(rows), spent)
