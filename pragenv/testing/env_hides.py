"""The rules on secrecy, for environments: what the agent can observe never depends on what only the user knows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from pragenv.env import DialogueEnv
from pragenv.testing.cases import EnvCase, env_rules
from pragenv.testing.drive import POLICIES, Env, Recorder, asks, loop, play, silent
from pragenv.testing.leaks import exchanges, sampling, with_canary
from pragenv.testing.rules import Untestable

_CANARY, _AGENTS = "canary-5f1e9c07", "canary-b2d84a66"


def _observables(env: DialogueEnv, observation: Any, info: dict[str, Any]) -> list[tuple[str, str]]:
    """All that an agent, or somebody who looks over its shoulder, can see; the task aside, which is no secret."""
    named = ("observation", observation), ("info", {k: v for k, v in info.items() if k != "digest"})
    view = env.agent_view()
    return [(name, repr(seen)) for name, seen in (*named, ("agent view", tuple(view)[1:]), ("rendering", env.render()))]


@env_rules.rule("keep user_brief to the simulator and the grader, agent_brief to the agent, and print neither")
def no_leak_by_canary(case: EnvCase) -> Iterator[str]:
    """The user's canary is in nothing the agent sees or anybody prints, and the agent's in no view of the user's."""
    for say in POLICIES:
        env, printed = case.make(), io.StringIO()
        inner = loop(env)
        inner.render_mode = "ansi"
        inner.task = sampling(inner.task, lambda scenario: with_canary(scenario, _CANARY, _AGENTS))
        inner.simulator = recorder = Recorder(inner.simulator)
        with redirect_stdout(printed), redirect_stderr(printed):
            steps = play(env, say, case.seeds[0])
        for number, step in enumerate(steps):
            revealed = {"intent"} if step.terminated or step.truncated else set()
            info = {k: v for k, v in step.info.items() if k not in revealed}
            for name, text in _observables(inner, step.observation, info):
                if _CANARY in text:
                    yield f"{say.__name__}, step {number}: the user's canary is in the {name}"
        if _CANARY in printed.getvalue():
            yield f"{say.__name__}: the user's canary was printed"
        if any(_AGENTS in repr(tuple(view)[1:]) for view in recorder.views):
            yield f"{say.__name__}: the agent's canary is in a view of the user's"


@env_rules.rule("compute what the agent sees from public, agent_brief and the dialogue alone")
def no_leak_by_exchange(case: EnvCase) -> Iterator[str]:
    """With the intent exchanged, everything observable stays equal, digest aside, until the user's words differ."""
    tested = False
    for seed, one, other in exchanges(case.make, case.seeds):
        tested = True
        for number, name in _tell_apart(one, other, seed):
            yield f"seed {seed}, step {number}: the {name} differed with the hidden intent, the dialogue being the same"
    if not tested:
        raise Untestable


def _tell_apart(one: Env, other: Env, seed: int) -> Iterator[tuple[int, str]]:
    a, b = loop(one), loop(other)
    a.render_mode = b.render_mode = "ansi"
    (chat_a, info_a), (chat_b, info_b) = one.reset(seed=seed), other.reset(seed=seed)
    for number in range(a.setting.turn_limit):
        if a.dialogue != b.dialogue or a.end_reason or b.end_reason or a.error or b.error:
            return
        for (name, seen), (_, twin) in zip(
            _observables(a, chat_a, info_a), _observables(b, chat_b, info_b), strict=True
        ):
            if seen != twin:
                yield number, name
        text = silent(a) if number == 0 else asks(a)
        chat_a, _, _, _, info_a = one.step(text)
        chat_b, _, _, _, info_b = other.step(text)
