"""The stopwatch. It needs nothing but the standard library, so that the peers' process runs the very same one."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time
from typing import NamedTuple


class Sample(NamedTuple):
    """What was played in how many seconds of CPU time."""

    steps: int
    episodes: int
    cpu_s: float

    @property
    def speed(self) -> float:
        """Steps per CPU-second."""
        return self.steps / self.cpu_s


def timed(prepare: Callable[[], Callable[[], tuple[int, int]]], seconds: float) -> Sample:
    """Play batches of episodes until they have taken `seconds`.

    Args:
        prepare: makes a batch ready, off the clock; what it returns plays it and counts its steps and episodes.
        seconds: CPU time.
    """
    steps = episodes = 0
    spent = 0.0
    while spent < seconds:
        play = prepare()
        gc.collect()  # what was left by making ready is not to be cleared away on the clock
        start = process_time()
        more_steps, more_episodes = play()
        spent += process_time() - start
        steps, episodes = steps + more_steps, episodes + more_episodes
    return Sample(steps, episodes, spent)
