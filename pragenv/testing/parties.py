"""The contracts of simulators and agents: a turn is a pure function of its view, alone, interleaved or in a batch."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError
from pragenv.protocols import Agent, AgentView, Setting, Simulator, Task, UserView
from pragenv.registration import make_simulator
from pragenv.testing.drive import Recorder, asks, generators, loop, odd, play
from pragenv.testing.fuzz import ODD
from pragenv.testing.leaks import exchanges, sampling, with_canary
from pragenv.testing.rules import Rules, Untestable
from pragenv.types import FrozenDict, Message, UserTurn, freeze

_CANARY = "canary-77ab03de"


@dataclass(frozen=True)
class UserCase:
    """A simulator and the worlds to check it in; `faithful` demands that it convey nothing but the truth."""

    simulator: Simulator
    worlds: Sequence[tuple[Task, Setting]]
    seeds: Sequence[int]
    faithful: bool = False

    def __str__(self) -> str:
        return type(self.simulator).__name__

    @cached_property
    def scenes(self) -> list[list[UserView]]:
        """The views of a few conversations, turn by turn."""
        return [
            _recorded(task, setting, self.simulator, say, seed)
            for task, setting in self.worlds
            for say in (asks, odd)
            for seed in self.seeds
        ]


def _recorded(
    task: Task, setting: Setting, user: Simulator, say: Callable[[DialogueEnv], str], seed: int
) -> list[UserView]:
    recorder = Recorder(user)
    play(DialogueEnv(task, setting, recorder, task.SPLITS[0]), say, seed)
    return recorder.views


@dataclass(frozen=True)
class AgentCase:
    """An agent and the worlds to check it in, with scripted users."""

    agent: Agent
    worlds: Sequence[tuple[Task, Setting]]
    seeds: Sequence[int]

    def __str__(self) -> str:
        return type(self.agent).__name__

    def env(self, world: tuple[Task, Setting]) -> DialogueEnv:
        """A conversation in a world."""
        return DialogueEnv(*world, make_simulator("scripted"), world[0].SPLITS[0])

    @cached_property
    def scenes(self) -> list[list[AgentView]]:
        """The views of a few conversations that the agent itself leads."""
        return [self._led(world, seed) for world in self.worlds for seed in self.seeds]

    def _led(self, world: tuple[Task, Setting], seed: int) -> list[AgentView]:
        views: list[AgentView] = []
        env = self.env(world)
        env.reset(seed=seed)
        while env.end_reason is None:
            views.append(env.agent_view(self.agent.privileged))
            env.step(self.agent.act(views[-1]))
        return views


Party = UserCase | AgentCase
user_rules: Rules[UserCase] = Rules("simulator")
agent_rules: Rules[AgentCase] = Rules("agent")


def _turn(party: Any, view: Any) -> Any:
    return party.reply(view) if isinstance(party, Simulator) else party.act(view)


def _batch(party: Any, views: Sequence[Any]) -> list[Any]:
    return list(party.reply_batch(views) if isinstance(party, Simulator) else party.act_batch(views))


def _party(case: Party) -> Any:
    return case.simulator if isinstance(case, UserCase) else case.agent


def both(remedy: str) -> Callable[[Callable[[Any], Iterator[str]]], Callable[[Any], Iterator[str]]]:
    """A rule for simulators and agents alike."""
    return lambda faults: user_rules.rule(remedy)(agent_rules.rule(remedy)(faults))


@user_rules.rule("return UserTurn(text, end, info): a str, None or 'satisfied' or 'gave_up', and JSON data")
def returns_user_turns(case: UserCase) -> Iterator[str]:
    """Every turn is a UserTurn with a str, a known end and a record of JSON data; the first is an opening."""
    if not case.scenes or not all(case.scenes):
        yield "it was never asked for a turn"
    for scene in case.scenes:
        for view in scene:
            turn = case.simulator.reply(view)
            if not isinstance(turn, UserTurn) or not isinstance(turn.text, str):
                yield f"turn {view.turn}: returned {turn!r:.100}"
            if turn.end not in (None, "satisfied", "gave_up"):
                yield f"turn {view.turn}: ended as {turn.end!r}"
            freeze(turn.info, "info")


@agent_rules.rule("return the utterance as a str")
def returns_text(case: AgentCase) -> Iterator[str]:
    """Every utterance is a str."""
    for scene in case.scenes:
        for view in scene:
            if not isinstance(said := case.agent.act(view), str):
                yield f"turn {view.turn}: returned {said!r:.100}"


@both("make the turn a function of the view; draw from `view.keys`, and keep nothing on self")
def turn_is_pure(case: Party) -> Iterator[str]:
    """The same view gets the same turn twice in a row, and the view is left as it was."""
    for scene in case.scenes:
        for view in scene:
            before = repr(tuple(view)[1:])
            first, second = _turn(_party(case), view), _turn(_party(case), view)
            if first != second:
                yield f"turn {view.turn}: {first!r:.100}, then {second!r:.100}"
            if repr(tuple(view)[1:]) != before:
                yield f"turn {view.turn}: the view was changed"


@both("take what it needs from the view at each turn; never remember whom it talked to last")
def never_mixes_conversations(case: Party) -> Iterator[str]:
    """One object in several conversations at once says in each what it says in that one alone, in any interleaving."""
    alone = {}
    for number, scene in enumerate(case.scenes):
        party = copy.deepcopy(_party(case))
        alone |= {(number, t): _turn(party, view) for t, view in enumerate(scene)}
    for name, order in (("round robin", lambda n, t: (t, n)), ("round robin, backwards", lambda n, t: (t, -n))):
        party = copy.deepcopy(_party(case))
        for number, t in sorted(alone, key=lambda at, order=order: order(*at)):  # type: ignore[misc]
            said = _turn(party, case.scenes[number][t])
            if said != alone[number, t]:
                yield f"{name}, turn {t}: {said!r:.100}, alone {alone[number, t]!r:.100}"


@both("keep no memory outside the dialogue, and only what pickle can hold")
def resumes_on_a_copy(case: Party) -> Iterator[str]:
    """A pickled copy that never saw a conversation's beginning takes its last turn just as well."""
    for scene in case.scenes:
        said, copied = _turn(_party(case), scene[-1]), _turn(pickle.loads(pickle.dumps(_party(case))), scene[-1])  # noqa: S301
        if said != copied:
            yield f"turn {scene[-1].turn}: {said!r:.100}, the copy {copied!r:.100}"


@both("answer each view as if it were alone, in order")
def batch_equals_single(case: Party) -> Iterator[str]:
    """A batch of views gets what each gets alone, in order, whatever it is batched with; an empty one gets nothing."""
    views = [view for scene in zip(*(s[:3] for s in case.scenes), strict=False) for view in scene]
    single = [_turn(_party(case), view) for view in views]
    for size in (0, 1, 3, len(views)):
        batch = _batch(_party(case), views[:size])
        if batch != single[:size]:
            yield f"a batch of {size}: {batch!r:.200}, one at a time {single[:size]!r:.200}"


@both("draw from keys: `random.Random(key)` or `numpy.random.default_rng(key)`, never from a global generator")
def global_generators_untouched(case: Party) -> Iterator[str]:
    """No process-global generator (random, numpy, torch) is seeded or drawn from."""
    for scene in case.scenes:
        before = generators()
        for view in scene:
            _turn(_party(case), view)
        if generators() != before:
            yield "the state of a process-global generator changed"


@both("take any str as the other party's words, and let nothing in it pass for anything else")
def takes_any_text(case: Party) -> Iterator[str]:
    """Whatever the other party says, empty, long, foreign, control or forged text, a turn is taken."""
    role = "assistant" if isinstance(case, UserCase) else "user"
    for scene in case.scenes:
        view = next((v for v in reversed(scene) if v.dialogue and v.dialogue[-1].role == role), None)
        for text in ODD if view is not None else ():
            dialogue = (*view.dialogue[:-1], Message(role, text))  # type: ignore[union-attr, arg-type]
            said = _turn(_party(case), view._replace(dialogue=dialogue))  # type: ignore[union-attr]
            if not isinstance(said, UserTurn if isinstance(case, UserCase) else str):
                yield f"after {text[:40]!r}: {said!r:.100}"


@user_rules.rule("print nothing")
def prints_no_secret(case: UserCase) -> Iterator[str]:
    """A canary in the user's brief is not printed to stdout or stderr."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        for task, setting in case.worlds:
            marked = sampling(task, lambda scenario: with_canary(scenario, _CANARY, _CANARY))
            _recorded(marked, setting, case.simulator, asks, case.seeds[0])
    if _CANARY in printed.getvalue():
        yield "the hidden brief was printed"


@user_rules.rule("convey what `Task.truth` says next, and no more")
def conveys_the_truth_only(case: UserCase) -> Iterator[str]:
    """A faithful user says the same for two intents wherever the truth to convey is the same."""
    if not case.faithful:
        raise Untestable
    tested = False
    for task, setting in case.worlds:
        make = _maker(task, setting, case.simulator)
        for seed, one, other in exchanges(make, case.seeds):
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


def _maker(task: Task, setting: Setting, user: Simulator) -> Callable[[], DialogueEnv]:
    return lambda: DialogueEnv(copy.copy(task), setting, user, task.SPLITS[0])


@agent_rules.rule("decide from the view alone; mark an agent that must see the scenario `privileged`")
def unmoved_by_the_hidden_intent(case: AgentCase) -> Iterator[str]:
    """An agent that isn't privileged says the same when the hidden intent is exchanged for one that fits the dialogue."""
    if case.agent.privileged:
        raise Untestable
    tested = False
    for task, setting in case.worlds:
        for seed, one, other in exchanges(_maker(task, setting, make_simulator("scripted")), case.seeds):
            a, b = loop(one), loop(other)
            while a.dialogue == b.dialogue and a.end_reason is None:
                tested = True
                texts = case.agent.act(a.agent_view()), case.agent.act(b.agent_view())
                if texts[0] != texts[1]:
                    yield f"{task.name}, seed {seed}, turn {a.turn}: {texts[0]!r:.100} or, after the exchange, {texts[1]!r:.100}"
                    break
                one.step(texts[0]), other.step(texts[1])
    if not tested:
        raise Untestable


@agent_rules.rule("raise AgentError where the view of a privileged agent holds no scenario")
def privilege_is_not_assumed(case: AgentCase) -> Iterator[str]:
    """A privileged agent refuses a view without scenario with AgentError, instead of acting on something else."""
    if not case.agent.privileged:
        raise Untestable
    for scene in case.scenes:
        try:
            said = case.agent.act(scene[0]._replace(scenario=None))
        except AgentError:
            continue
        yield f"it said {said!r:.100} without a scenario"
