"""Every id in Gymnasium's vector environments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv

from pragenv.registration import env_id, tasks
from pragenv.vector import DialogueVectorEnv

IDS = sorted(name for name in gym.registry if name.startswith("pragenv/"))
PLAYED = [name for name in IDS if "-User-" not in name]
DEFAULTS = [env_id(name) for name in tasks.names()]
SEEDS = [3, 4, 5]
TALK = ("Hello there, ünïcode 🙂", "ANSWER: no idea")


def made(name: str) -> gym.Env[Any, Any]:
    # On the user's side there is no simulator.
    return gym.make(name) if "-User-" in name else gym.make(name, simulator="scripted")


def makers(name: str) -> list[Callable[[], gym.Env[Any, Any]]]:
    return [lambda: made(name) for _ in SEEDS]


def alone(name: str, seed: int) -> Iterator[Any]:
    env = made(name)
    yield (env.reset(seed=seed)[0],)
    ended = False
    for text in TALK:
        if ended:  # as Gymnasium's vector environments do by default, in a step of its own
            yield env.reset()[0], 0.0, False, False
            continue
        chat, reward, terminated, truncated, _ = env.step(text)
        ended = terminated or truncated
        yield chat, reward, terminated, truncated


def check_equal_to_alone(envs: VectorEnv[Any, Any, Any], name: str) -> None:
    wanted = [list(alone(name, seed)) for seed in SEEDS]
    seen = [envs.reset(seed=SEEDS)[:1]]
    for text in TALK:
        seen.append(envs.step([text] * len(SEEDS))[:4])
        assert all(array.shape == (len(SEEDS),) for array in seen[-1][1:])
    for at, batched in enumerate(seen):
        assert [tuple(one) for one in zip(*batched, strict=True)] == [episode[at] for episode in wanted]
    envs.close()


@pytest.mark.parametrize("name", IDS)
def test_sync_equals_alone(name: str) -> None:
    check_equal_to_alone(SyncVectorEnv(makers(name)), name)


@pytest.mark.parametrize("name", PLAYED)
def test_make_vec_equals_gymnasiums_own(name: str) -> None:
    theirs = SyncVectorEnv(makers(name), autoreset_mode=AutoresetMode.SAME_STEP)
    ours = gym.make_vec(name, num_envs=len(SEEDS), simulator="scripted")
    assert type(ours) is DialogueVectorEnv
    assert ours.reset(seed=3)[0] == theirs.reset(seed=3)[0]
    for text in TALK * 2:
        row = [text] * len(SEEDS)
        (chats, *flags, info), (their_chats, *their_flags, their_info) = ours.step(row), theirs.step(row)
        assert chats == their_chats
        assert np.array_equal(flags, their_flags)
        assert data_equivalence(info, their_info)


@pytest.mark.parametrize("name", DEFAULTS)
def test_make_vec_equals_alone(name: str) -> None:
    check_equal_to_alone(gym.make_vec(name, simulator="scripted", num_envs=len(SEEDS), vectorization_mode="sync"), name)


@pytest.mark.parametrize("name", DEFAULTS)
def test_async_without_shared_memory_equals_alone(name: str) -> None:
    check_equal_to_alone(AsyncVectorEnv(makers(name), shared_memory=False), name)


@pytest.mark.parametrize("name", DEFAULTS)
def test_async_with_shared_memory_refuses_instead_of_returning_other_strings(name: str) -> None:
    with pytest.raises(ValueError, match="shared_memory"):
        AsyncVectorEnv(makers(name))


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_terminal_observation_is_not_lost_on_autoreset(name: str) -> None:
    envs = SyncVectorEnv(makers(name), autoreset_mode=AutoresetMode.SAME_STEP)
    envs.reset(seed=SEEDS)
    chats, _, terminated, _, info = envs.step([TALK[-1]] * len(SEEDS))
    assert terminated.all()
    assert [len(chat) for chat in chats] == [2] * len(SEEDS)
    for final in info["final_obs"]:
        assert final[-1] == {"role": "assistant", "content": TALK[-1]}
    assert list(info["final_info"]["end_reason"]) == ["committed"] * len(SEEDS)
