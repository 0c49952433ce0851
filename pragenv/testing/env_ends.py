"""Rules on environments: rewards, and the design's table of ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from gymnasium.error import ResetNeeded

from pragenv.errors import SimulatorError
from pragenv.protocols import Simulator, UserView
from pragenv.testing.cases import EnvCase, env_rules
from pragenv.testing.drive import asks, commits, loop, play, same, silent
from pragenv.testing.rules import Untestable
from pragenv.types import UserTurn

_TERMINATED = {"committed", "user_satisfied", "user_gave_up", "turn_limit"}


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


@env_rules.rule("return 0.0 from `step` until the episode ends, and score minus turn_cost for each agent turn then")
def reward_only_at_the_end(case: EnvCase) -> Iterator[str]:
    """The reward is exactly 0.0 on every step but the last, where it is the score less the cost of the turns."""
    for where, steps in case.episodes:
        for number, step in enumerate(steps):
            if type(step.reward) is not float:
                yield f"{where}: step {number} paid a {type(step.reward).__name__}, not a float"
            if not (step.terminated or step.truncated) and step.reward != 0.0:
                yield f"{where}: step {number} of an unfinished episode paid {step.reward!r}"
        last = steps[-1]
        due = last.info["score"] - case.setting.turn_cost * last.info["turn"] if last.info["scored"] else 0.0
        if not math.isclose(last.reward, due, abs_tol=1e-12):
            yield f"{where}: paid {last.reward!r} at the end, score less cost is {due!r}"


@env_rules.rule("set exactly one of the two at the end, and none before")
def one_end_only(case: EnvCase) -> Iterator[str]:
    """`terminated` and `truncated` are bools, never both true."""
    for where, steps in case.episodes:
        for number, step in enumerate(steps):
            if type(step.terminated) is not bool or type(step.truncated) is not bool:
                yield f"{where}: step {number} returned {step.terminated!r} and {step.truncated!r}, not two bools"
            if step.terminated and step.truncated:
                yield f"{where}: step {number} was terminated and truncated"


@env_rules.rule(
    "terminate for every reason but `simulator_error`, which truncates; leave `end_reason` empty before the end"
)
def ends_as_the_table_says(case: EnvCase) -> Iterator[str]:
    """Each end reason goes with its own flag, and the announced limit terminates."""
    limit = case.setting.turn_limit
    for where, steps in case.episodes:
        last = steps[-1]
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


@env_rules.rule("raise `gymnasium.error.ResetNeeded` from a step that is out of order")
def only_reset_follows_the_end(case: EnvCase) -> Iterator[str]:
    """A step before `reset`, or after the end, raises ResetNeeded."""
    env = case.make()
    for when in ("before the first reset", "after the end"):
        try:
            env.step("")
            yield f"a step {when} did not raise ResetNeeded"
        except ResetNeeded:
            play(env, commits, case.seeds[0])


@env_rules.rule("truncate with reward 0.0, `scored` False and the error in `info`; never make up an utterance")
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


@env_rules.rule("grade the dialogue alone; whether the user left satisfied is for the record")
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
