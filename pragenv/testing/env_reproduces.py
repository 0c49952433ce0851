"""Rules on environments: the same seed and actions give the same conversation, wherever it is held."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

from pragenv.env import DialogueEnv
from pragenv.testing.cases import EnvCase, env_rules
from pragenv.testing.drive import (
    POLICIES,
    Env,
    asks,
    asks_then_commits,
    commits,
    disturbs_generators,
    loop,
    odd,
    play,
    same,
    silent,
)


@env_rules.rule("draw everything from keys made of `self.np_random` at reset, and call `super().reset(seed=seed)`")
def seed_decides_everything(case: EnvCase) -> Iterator[str]:
    """The same seed gives the same episodes, in one environment and in two; different seeds give different ones."""
    one, two = case.make(), case.make()
    firsts = set()
    for seed in case.seeds:
        for say in (asks_then_commits, odd):
            runs = [play(one, say, seed), play(two, say, seed), play(one, say, seed)]
            nexts = [play(one, say), play(two, say)]
            if not same(runs[0], runs[1]) or not same(runs[0], runs[2]):
                yield f"{say.__name__}, seed {seed}: the same seed and actions gave two episodes"
            if not same(nexts[0], nexts[1]):
                yield f"{say.__name__}, seed {seed}: the episode after that of the seed differed"
        firsts.add(repr((runs[0][0], runs[0][-1].info["salt"])))
    if len(case.seeds) > 1 and len(firsts) == 1:
        yield f"seeds {list(case.seeds)} all gave the same episode"


@env_rules.rule("draw the scenario at reset, from a key of its own")
def scenarios_whatever_the_agent_does(case: EnvCase) -> Iterator[str]:
    """The scenarios that follow a seed are the same whatever the agent says, and if it breaks off."""

    def scenarios(say: Callable[[DialogueEnv], str] | None) -> list[Any]:
        env, found = case.make(), []
        for episode in range(4):
            env.reset(seed=None if episode else case.seeds[0])
            found.append(loop(env).scenario)
            if say:
                play(env, say, reset=False)
        return found

    wanted = scenarios(None)
    for say in POLICIES:
        if scenarios(say) != wanted:
            yield f"an agent that {say.__name__} met other scenarios than one that says nothing at all"


@env_rules.rule("keep only what pickle can hold; give simulators and tasks a `__reduce__` where they hold more")
def pickles_and_copies(case: EnvCase) -> Iterator[str]:
    """A pickled or deep copy made in mid-conversation continues identically, in the next episode too."""
    ways: dict[str, Callable[[Env], Env]] = {"pickle": _pickled, "deepcopy": copy.deepcopy}
    for name, duplicate in ways.items():
        env = case.make()
        env.reset(seed=case.seeds[0])
        if loop(env).setting.turn_limit > 1:
            env.step(asks(loop(env)))
        twin = duplicate(env)
        for reset in (False, True):
            if not same(play(env, asks_then_commits, reset=reset), play(twin, asks_then_commits, reset=reset)):
                yield f"{name}: the copy went on differently{' in the next episode' if reset else ''}"


def _pickled(env: Env) -> Env:
    copied: Env = pickle.loads(pickle.dumps(env))  # noqa: S301
    return copied


@env_rules.rule("let `fork` copy whatever a step changes")
def forks_are_independent(case: EnvCase) -> Iterator[str]:
    """`fork` gives a conversation that replays identically and, whatever becomes of it, leaves the original alone."""
    for seed in case.seeds:
        base = loop(case.make())
        base.reset(seed=seed)
        if base.setting.turn_limit > 1:
            base.step(asks(base))
        played = [play(base.fork(), say, reset=False) for say in (asks_then_commits, odd, asks_then_commits)]
        strayed = base.fork()
        play(strayed, commits, reset=False)
        play(strayed, odd)
        mine = play(base, asks_then_commits, reset=False)
        if not (same(played[0], mine) and same(played[2], mine)):
            yield f"seed {seed}: a fork and its original gave different replies to the same actions"
        fresh = loop(case.make())
        fresh.reset(seed=seed)
        if not same(play(fresh, silent), play(base, silent)):
            yield f"seed {seed}: playing a fork changed the next episode of the original"


@env_rules.rule("start the dialogue anew in `reset`, keep nothing of the last one, and run no thread")
def nothing_survives_a_reset(case: EnvCase) -> Iterator[str]:
    """After many episodes, most broken off, the same seed gives what it gave at first, and no thread is left behind."""
    env, threads = case.make(), threading.active_count()
    first = play(env, asks_then_commits, case.seeds[0])
    for episode in range(case.resets):
        observation, _ = env.reset()
        if len(observation) > 2:
            yield f"episode {episode} began with {len(observation)} messages, not a system message and an opening"
        env.step(asks(loop(env)))
    if not same(play(env, asks_then_commits, case.seeds[0]), first):
        yield f"seed {case.seeds[0]} gave another episode after {case.resets} episodes"
    if threading.active_count() > threads:
        yield f"{threading.active_count() - threads} threads were left running"


@env_rules.rule(
    "draw from keys: `random.Random(key)` or `numpy.random.default_rng(key)`, never from a global generator"
)
def global_generators_untouched(case: EnvCase) -> Iterator[str]:
    """No process-global generator (random, numpy, torch) is seeded or drawn from."""
    if disturbs_generators(lambda: play(case.make(), asks_then_commits, case.seeds[0])):
        yield "the state of a process-global generator changed"
