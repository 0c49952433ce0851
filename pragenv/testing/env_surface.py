"""Rules on environments: what comes out, and Gymnasium's own checker."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout

import gymnasium as gym
from gymnasium.utils.env_checker import check_env

from pragenv.env import digest
from pragenv.testing.cases import EnvCase, env_rules
from pragenv.testing.drive import Env, asks_then_commits, play, same
from pragenv.testing.rules import Untestable

_EARLY = {"turn": int, "digest": str, "end_reason": str, "scored": bool, "error": str}
_LATE = {**_EARLY, "score": float, "solved": bool, "reason": str, "intent": str, "salt": str}


@env_rules.rule("build a new dict of str, int, float and bool at each step, with the documented keys")
def info_is_fresh_and_constant(case: EnvCase) -> Iterator[str]:
    """`info` is a new dict each time, with the documented keys and types; intent and salt only at the end."""
    for where, steps in case.episodes:
        if len({id(step.info) for step in steps}) < len(steps):
            yield f"{where}: two steps returned the same dict"
        for number, step in enumerate(steps):
            ended = step.terminated or step.truncated
            wanted = _LATE if ended else _EARLY
            if odd_keys := (step.info.keys() ^ wanted.keys()) - {"error"}:
                yield f"{where}: step {number}: missing or unexpected keys {sorted(odd_keys)}"
            for key in step.info.keys() & wanted.keys():
                if type(step.info[key]) is not wanted[key]:
                    yield f"{where}: step {number}: {key} is a {type(step.info[key]).__name__}"


@env_rules.rule("fix the scenario at reset, salt the digest anew, and reveal intent and salt only at the end")
def intent_is_committed_to(case: EnvCase) -> Iterator[str]:
    """The salted digest stays the same from `reset` on, and the final intent and salt verify it."""
    salts = []
    for where, steps in case.episodes:
        last = steps[-1].info
        if len({step.info["digest"] for step in steps}) > 1:
            yield f"{where}: the digest changed during the episode"
        if digest(last["salt"], last["intent"]) != last["digest"]:
            yield f"{where}: the digest is not that of the intent and salt revealed"
        salts.append(last["salt"])
    if len(set(salts)) < len(set(case.seeds)):
        yield "a salt was used for two seeds"


@env_rules.rule("give names, not objects, as arguments of `gymnasium.make`")
def spec_survives_json(case: EnvCase) -> Iterator[str]:
    """`spec.to_json`, read back and made, gives an environment that behaves the same."""
    env = case.make()
    if env.spec is None:
        raise Untestable
    twin: Env = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the passive checker has to say is another rule's business
        if not same(play(env, asks_then_commits, case.seeds[0]), play(twin, asks_then_commits, case.seeds[0])):
            yield "the environment made from the JSON spec behaved differently"


@env_rules.rule("see the message of Gymnasium's checker")
def gymnasium_accepts_it(case: EnvCase) -> Iterator[str]:
    """Gymnasium's `check_env` passes with every warning an error, in every render mode."""
    env = case.make().unwrapped
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        check_env(env, skip_render_check=env.spec is None)
    yield from ()
