"""The contract of an environment: Gymnasium's own, the table of ends, and what must be reproducible."""

from __future__ import annotations

import copy
import io
import math
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from pragenv.env import DialogueEnv, digest
from pragenv.errors import SimulatorError
from pragenv.protocols import Simulator, UserView
from pragenv.testing.drive import (
    POLICIES,
    Env,
    Step,
    asks,
    asks_then_commits,
    commits,
    generators,
    loop,
    odd,
    play,
    silent,
)
from pragenv.testing.fuzz import ODD, ODD_COMMITMENTS
from pragenv.testing.rules import Rules, Untestable
from pragenv.types import UserTurn

_TERMINATED = {"committed", "user_satisfied", "user_gave_up", "turn_limit"}
_EARLY = {"turn": int, "digest": str, "end_reason": str, "scored": bool, "error": str}
_LATE = {**_EARLY, "score": float, "solved": bool, "reason": str, "intent": str, "salt": str}
_EPISODES = 200


@dataclass(frozen=True)
class EnvCase:
    """An environment to check.

    Attributes:
        label: what to call it.
        make: builds it anew at each call.
        seeds: on which it is checked.
    """

    label: str
    make: Callable[[], Env]
    seeds: Sequence[int]

    def __str__(self) -> str:
        return self.label

    def episodes(self) -> Iterator[tuple[str, Env, list[Step]]]:
        """An episode for each policy and seed: where, the environment afterwards, the steps."""
        for say in POLICIES:
            for seed in self.seeds:
                env = self.make()
                yield f"{say.__name__}, seed {seed}", env, play(env, say, seed)


rules: Rules[EnvCase] = Rules("env")


class _Failing(Simulator):
    """Fails in the turn given."""

    def __init__(self, user: Simulator, turn: int) -> None:
        self.user, self.turn = user, turn

    def reply(self, view: UserView) -> UserTurn:
        if view.turn == self.turn:
            raise SimulatorError("unreachable")
        return self.user.reply(view)


class _Leaving(Simulator):
    """Says what the user inside says, and leaves after the first answer."""

    def __init__(self, user: Simulator, end: Any) -> None:
        self.user, self.end = user, end

    def reply(self, view: UserView) -> UserTurn:
        return self.user.reply(view)._replace(end=self.end if view.turn else None)


def same(a: Any, b: Any) -> bool:
    """Equality of what environments return, in which a nan equals a nan and 1 differs from 1.0 and True."""
    return repr(a) == repr(b)


@rules.rule("return 0.0 from `step` until the episode ends, and score minus turn_cost for each agent turn then")
def reward_only_at_the_end(case: EnvCase) -> Iterator[str]:
    """The reward is exactly 0.0 on every step but the last, where it is the score less the cost of the turns."""
    for where, env, steps in case.episodes():
        for number, step in enumerate(steps):
            if type(step.reward) is not float:
                yield f"{where}: step {number} paid a {type(step.reward).__name__}, not a float"
            if not (step.terminated or step.truncated) and step.reward != 0.0:
                yield f"{where}: step {number} of an unfinished episode paid {step.reward!r}"
        last, cost = steps[-1], loop(env).setting.turn_cost
        due = last.info["score"] - cost * last.info["turn"] if last.info["scored"] else 0.0
        if not math.isclose(last.reward, due, abs_tol=1e-12):
            yield f"{where}: paid {last.reward!r} at the end, score less cost is {due!r}"


@rules.rule("set exactly one of the two at the end, and none before")
def one_end_only(case: EnvCase) -> Iterator[str]:
    """`terminated` and `truncated` are bools, never both true."""
    for where, _, steps in case.episodes():
        for number, step in enumerate(steps):
            if type(step.terminated) is not bool or type(step.truncated) is not bool:
                yield f"{where}: step {number} returned {step.terminated!r} and {step.truncated!r}, not two bools"
            if step.terminated and step.truncated:
                yield f"{where}: step {number} was terminated and truncated"


@rules.rule(
    "terminate for every reason but `simulator_error`, which truncates; leave `end_reason` empty before the end"
)
def ends_as_the_table_says(case: EnvCase) -> Iterator[str]:
    """Each end reason goes with its own flag, the announced limit terminates, and after the end only `reset` helps."""
    for where, env, steps in case.episodes():
        last, limit = steps[-1], loop(env).setting.turn_limit
        if early := [s for s in steps[:-1] if s.info["end_reason"] or s.info["scored"]]:
            yield f"{where}: an unfinished episode was given the end {early[0].info['end_reason']!r}, or scored"
        if not (last.terminated or last.truncated):
            yield f"{where}: no end after {len(steps) - 1} steps, the announced limit is {limit}"
        reason = last.info["end_reason"]
        if last.terminated != (reason in _TERMINATED) or last.truncated != (reason == "simulator_error"):
            yield f"{where}: {reason!r} with terminated={last.terminated}, truncated={last.truncated}"
        if reason == "turn_limit" and last.info["turn"] != limit:
            yield f"{where}: turn_limit at turn {last.info['turn']} of {limit}"
        if last.info["turn"] != len(steps) - 1:
            yield f"{where}: {len(steps) - 1} steps are counted as {last.info['turn']} turns"
        try:
            env.step("")
        except ResetNeeded:
            continue
        yield f"{where}: a step after the end did not raise ResetNeeded"


@rules.rule("truncate with reward 0.0, `scored` False and the error in `info`; never make up an utterance")
def simulator_failures_truncate(case: EnvCase) -> Iterator[str]:
    """A user that fails, at the opening or later, truncates the episode unscored and says why."""
    for turn in (0, 1):
        env = case.make()
        inner = loop(env)
        if turn >= inner.setting.turn_limit:
            continue
        inner.simulator = _Failing(inner.simulator, turn)
        last = play(env, silent, case.seeds[0])[-1]
        got = (last.reward, last.terminated, last.truncated, last.info["end_reason"], last.info["scored"])
        if got != (0.0, False, True, "simulator_error", False) or "unreachable" not in last.info.get("error", ""):
            yield f"failure in user turn {turn}: (reward, terminated, truncated, end_reason, scored) = {got}"


@rules.rule("grade the dialogue alone; whether the user left satisfied is for the record")
def verdict_ignores_how_the_user_left(case: EnvCase) -> Iterator[str]:
    """The score is the same whether the user leaves satisfied or gives up, and either terminates."""
    for seed in case.seeds:
        verdicts = {}
        for end in ("satisfied", "gave_up"):
            env = case.make()
            inner = loop(env)
            if inner.setting.turn_limit == 1:
                raise Untestable
            inner.simulator = _Leaving(inner.simulator, end)
            last = play(env, asks, seed)[-1]
            if last.info["end_reason"] in ("committed", "turn_limit"):
                raise Untestable  # the question itself completed the task
            if (last.terminated, last.info["end_reason"]) != (True, f"user_{end}"):
                yield f"seed {seed}: a user who left ({end}) ended the episode as {last.info['end_reason']!r}"
            verdicts[end] = (last.reward, inner.verdict)
        if not same(verdicts["satisfied"], verdicts["gave_up"]):
            yield f"seed {seed}: {verdicts}"


@rules.rule("draw everything from keys made of `self.np_random` at reset, and call `super().reset(seed=seed)`")
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


@rules.rule("draw the scenario at reset, from a key of its own")
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


@rules.rule("keep only what pickle can hold; give simulators and tasks a `__reduce__` where they hold more")
def pickles_and_copies(case: EnvCase) -> Iterator[str]:
    """`pickle` and `copy.deepcopy` in mid-conversation give an environment that continues identically, next episode too."""
    for name, duplicate in (("pickle", lambda e: pickle.loads(pickle.dumps(e))), ("deepcopy", copy.deepcopy)):  # noqa: S301
        env = case.make()
        env.reset(seed=case.seeds[0])
        if loop(env).setting.turn_limit > 1:
            env.step(asks(loop(env)))
        twin = duplicate(env)
        for reset in (False, True):
            if not same(play(env, asks_then_commits, reset=reset), play(twin, asks_then_commits, reset=reset)):
                yield f"{name}: the copy went on differently{' in the next episode' if reset else ''}"


@rules.rule("let `fork` copy whatever a step changes")
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


@rules.rule("take any str, add it to the dialogue as it is, and let nothing in it pass for a message of another role")
def takes_any_text(case: EnvCase) -> Iterator[str]:
    """Empty, long, foreign, control and forged text is an action like any other and appears verbatim, as one message."""
    env = case.make()
    for text in (*ODD, *ODD_COMMITMENTS):
        env.reset(seed=case.seeds[0])
        observation, _, _, _, info = env.step(text)
        said = [m["content"] for m in observation if m["role"] == "assistant"]
        users = sum(m["role"] == "user" for m in observation)
        if text not in env.action_space or observation not in env.observation_space:
            yield f"{text[:40]!r}, or what it led to, is outside the spaces"
        if said != [text] or users > 2 or info["turn"] != 1:
            yield f"{text[:40]!r} became {[s[:40] for s in said]} with {users} user messages"


@rules.rule("start the dialogue anew in `reset`, keep nothing of the last one, and run no thread")
def nothing_survives_a_reset(case: EnvCase) -> Iterator[str]:
    """After 200 episodes, many broken off, the same seed gives what it gave at first, and no thread is left behind."""
    env, threads = case.make(), threading.active_count()
    first = play(env, asks_then_commits, case.seeds[0])
    for episode in range(_EPISODES):
        observation, _ = env.reset()
        if len(observation) > 2:
            yield f"episode {episode} began with {len(observation)} messages, not a system message and an opening"
        env.step(asks(loop(env)))
    if not same(play(env, asks_then_commits, case.seeds[0]), first):
        yield f"seed {case.seeds[0]} gave another episode after {_EPISODES} episodes"
    if threading.active_count() > threads:
        yield f"{threading.active_count() - threads} threads were left running"


@rules.rule("draw from keys: `random.Random(key)` or `numpy.random.default_rng(key)`, never from a global generator")
def global_generators_untouched(case: EnvCase) -> Iterator[str]:
    """No process-global generator (random, numpy, torch) is seeded or drawn from."""
    before = generators()
    play(case.make(), asks_then_commits, case.seeds[0])
    if generators() != before:
        yield "the state of a process-global generator changed"


@rules.rule("build a new dict of str, int, float and bool at each step, with the documented keys")
def info_is_fresh_and_constant(case: EnvCase) -> Iterator[str]:
    """`info` is a new dict each time, with the documented keys and types; intent and salt only at the end."""
    for where, _, steps in case.episodes():
        if len({id(step.info) for step in steps}) < len(steps):
            yield f"{where}: two steps returned the same dict"
        for number, step in enumerate(steps):
            ended = step.terminated or step.truncated
            wanted = _LATE if ended else _EARLY
            if odd_keys := step.info.keys() ^ wanted.keys() - {"error"}:
                yield f"{where}: step {number}: missing or unexpected keys {sorted(odd_keys)}"
            for key in step.info.keys() & wanted.keys():
                if type(step.info[key]) is not wanted[key]:
                    yield f"{where}: step {number}: {key} is a {type(step.info[key]).__name__}"


@rules.rule("fix the scenario at reset, salt the digest anew, and reveal intent and salt only at the end")
def intent_is_committed_to(case: EnvCase) -> Iterator[str]:
    """The salted digest stays the same from `reset` on, and the final intent and salt verify it."""
    salts = []
    for where, _, steps in case.episodes():
        last = steps[-1].info
        if len({step.info["digest"] for step in steps}) > 1:
            yield f"{where}: the digest changed during the episode"
        if digest(last["salt"], last["intent"]) != last["digest"]:
            yield f"{where}: the digest is not that of the intent and salt revealed"
        salts.append(last["salt"])
    if len(set(salts)) < len(set(case.seeds)):
        yield "a salt was used for two seeds"


@rules.rule("give names, not objects, as arguments of `gymnasium.make`")
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


@rules.rule("see the message of Gymnasium's checker")
def gymnasium_accepts_it(case: EnvCase) -> Iterator[str]:
    """Gymnasium's `check_env` passes with every warning an error, in every render mode."""
    env = case.make().unwrapped
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        check_env(env, skip_render_check=env.spec is None)
    yield from ()
