"""Every id in Gymnasium's vector environments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv

from pragenv.registration import env_id, tasks

IDS = sorted(name for name in gym.registry if name.startswith("pragenv/"))
DEFAULTS = [env_id(name) for name in tasks.names()]
SEEDS = [3, 4, 5]
TALK = ("Hello there, ünïcode 🙂", "ANSWER: no idea")


def makers(name: str) -> list[Callable[[], gym.Env[Any, Any]]]:
    return [lambda: gym.make(name) for _ in SEEDS]


def alone(name: str, seed: int) -> Iterator[Any]:
    env = gym.make(name)
    yield env.reset(seed=seed)[0]
    for text in TALK:
        yield env.step(text)[0]


def check_equal_to_alone(envs: VectorEnv[Any, Any, Any], name: str) -> None:
    wanted = [list(alone(name, seed)) for seed in SEEDS]
    seen = [envs.reset(seed=SEEDS)[0]]
    for text in TALK:
        chats, rewards, terminated, truncated, _ = envs.step([text] * len(SEEDS))
        assert rewards.shape == terminated.shape == truncated.shape == (len(SEEDS),)
        seen.append(chats)
    assert terminated.all()
    assert not truncated.any()
    for at, chats in enumerate(seen):
        assert [list(chat) for chat in chats] == [list(episode[at]) for episode in wanted]
    envs.close()


@pytest.mark.parametrize("name", IDS)
def test_sync_equals_alone(name: str) -> None:
    check_equal_to_alone(SyncVectorEnv(makers(name)), name)


@pytest.mark.parametrize("name", DEFAULTS)
def test_make_vec_equals_alone(name: str) -> None:
    check_equal_to_alone(gym.make_vec(name, num_envs=len(SEEDS), vectorization_mode="sync"), name)


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
