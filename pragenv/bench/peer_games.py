"""The peers' games, run by the peers' own interpreter: one line of JSON in, one timing out."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pragenv.bench.timing import timed
else:
    from timing import timed  # PragEnv isn't installed there; a script's own folder is on the path

_BATCH = 100
_NUMBERS = range(1, 21)


def gem() -> Callable[[], tuple[int, int]]:
    """GEM's GuessTheNumber with its history wrapper: at most seven guesses, of numbers up to 50."""
    import gem
    import gem.envs
    from gem.wrappers.wrapper_factory import get_wrapper_fns

    env = gem.make("game:GuessTheNumber-v0-hard")
    for wrap in get_wrapper_fns("concat"):
        env = wrap(env)
    guesses = [f"\\boxed{{{n}}}" for n in _NUMBERS]

    def play() -> tuple[int, int]:
        steps = 0
        for _ in range(_BATCH):
            env.reset()
            for guess in guesses:
                _, _, terminated, truncated, _ = env.step(guess)
                steps += 1
                if terminated or truncated:
                    break
        return steps, _BATCH

    return play


def textarena() -> Callable[[], tuple[int, int]]:
    """TextArena's with its default wrappers: at most ten guesses, of numbers up to 20.

    Its history is cleared at each reset; as shipped it grows from game to game.
    """
    import textarena

    env = textarena.make("GuessTheNumber-v0")
    history: Any = env
    while "full_observations" not in vars(history):  # wrappers delegate attributes, so hasattr would not do
        history = history.env
    guesses = [f"[{n}]" for n in _NUMBERS]

    def play() -> tuple[int, int]:
        steps = 0
        for _ in range(_BATCH):
            env.reset(num_players=1)
            history.full_observations = {}
            for guess in guesses:
                env.get_observation()
                done, _ = env.step(guess)
                steps += 1
                if done:
                    break
            env.close()
        return steps, _BATCH

    return play


def main() -> None:
    """Answer each `{"name", "seconds"}` with `[steps, episodes, cpu_s]`."""
    answers, sys.stdout = sys.stdout, sys.stderr  # the libraries print
    random.seed(0)
    games = {"gem": gem(), "textarena": textarena()}
    for line in sys.stdin:
        order = json.loads(line)
        sample = timed(lambda play=games[order["name"]]: play, order["seconds"])  # type: ignore[misc]
        answers.write(json.dumps(sample) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
