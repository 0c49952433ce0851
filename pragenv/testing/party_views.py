"""Rules on simulators and agents: users tell what is true and asked, agents cannot know what is hidden."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError
from pragenv.protocols import Simulator
from pragenv.testing.cases import AgentCase, UserCase, World, agent_rules, user_rules
from pragenv.testing.drive import Recorder, asks, loop
from pragenv.testing.leaks import exchanges, sampling, with_canary
from pragenv.testing.rules import Untestable

_CANARY = "canary-77ab03de"


@user_rules.rule("print nothing")
def prints_no_secret(case: UserCase) -> Iterator[str]:
    """A canary in the user's brief is not printed to stdout or stderr."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        for task, setting in case.worlds:
            marked = sampling(task, lambda scenario: with_canary(scenario, _CANARY, _CANARY))
            case.record((marked, setting), asks, case.seeds[0])
    if _CANARY in printed.getvalue():
        yield "the hidden brief was printed"


@user_rules.rule("convey what `Task.truth` says next, and no more")
def conveys_the_truth_only(case: UserCase) -> Iterator[str]:
    """A faithful user says the same for two intents wherever the truth to convey is the same."""
    if not case.faithful:
        raise Untestable
    tested = False
    for task, setting in case.worlds:
        for seed, one, other in exchanges(_maker((task, setting), case.fresh()), case.seeds):
            a, b = loop(one), loop(other)
            recorders = a.simulator, b.simulator = Recorder(a.simulator), Recorder(b.simulator)
            one.reset(seed=seed), other.reset(seed=seed)
            while a.dialogue == b.dialogue and a.end_reason is None:
                tested = True
                text = asks(a)
                one.step(text), other.step(text)
                last = [r.views[-1] for r in recorders]
                if task.truth(last[0]) == task.truth(last[1]) and a.dialogue != b.dialogue:
                    yield f"{task.name}, seed {seed}: asked {text!r}, said {a.dialogue[-1]} or {b.dialogue[-1]}"
    if not tested:
        raise Untestable


def _maker(world: World, user: Simulator) -> Callable[[], DialogueEnv]:
    return lambda: DialogueEnv(*world, user, world[0].SPLITS[0])


@agent_rules.rule("decide from the view alone; mark an agent that must see the scenario `privileged`")
def unmoved_by_the_hidden_intent(case: AgentCase) -> Iterator[str]:
    """An agent that isn't privileged says the same when the intent is exchanged for another that fits the dialogue."""
    if case.agent.privileged:
        raise Untestable
    tested = False
    for task, setting in case.worlds:
        agent = case.fresh()
        for seed, one, other in exchanges(_maker((task, setting), case.user), case.seeds):
            a, b = loop(one), loop(other)
            while a.dialogue == b.dialogue and a.end_reason is None:
                tested = True
                said, swapped = agent.act(a.agent_view()), agent.act(b.agent_view())
                if said != swapped:
                    yield f"{task.name}, seed {seed}, turn {a.turn}: {said!r:.100}, after the exchange {swapped!r:.100}"
                one.step(said), other.step(said)
    if not tested:
        raise Untestable


@agent_rules.rule("raise AgentError where the view of a privileged agent holds no scenario")
def privilege_is_not_assumed(case: AgentCase) -> Iterator[str]:
    """A privileged agent refuses a view without scenario with AgentError, instead of acting on something else."""
    if not case.agent.privileged:
        raise Untestable
    for scene in case.scenes:
        try:
            said = case.fresh().act(scene[0]._replace(scenario=None))
        except AgentError:
            continue
        yield f"it said {said!r:.100} without a scenario"
