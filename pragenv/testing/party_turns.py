"""Rules on simulators and agents alike: a turn is a pure function of its view, alone, interleaved or in a batch."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, TypeAlias

from pragenv.testing.cases import AgentCase, PartyCase, UserCase, agent_rules, user_rules
from pragenv.testing.drive import disturbs_generators
from pragenv.testing.fuzz import ODD
from pragenv.types import Message, UserTurn, freeze

Faults: TypeAlias = Callable[[PartyCase], Iterator[str]]


def both(remedy: str) -> Callable[[Faults], Faults]:
    """A rule for simulators and for agents."""

    def add(faults: Faults) -> Faults:
        user_rules.rule(remedy)(faults)
        agent_rules.rule(remedy)(faults)
        return faults

    return add


@user_rules.rule("return UserTurn(text, end, info): a str, None or 'satisfied' or 'gave_up', and JSON data")
def returns_user_turns(case: UserCase) -> Iterator[str]:
    """Every turn is a UserTurn with a str, a known end and a record of JSON data; the first is an opening."""
    if not case.scenes or not all(case.scenes):
        yield "it was never asked for a turn"
    for scene in case.scenes:
        for view in scene:
            turn = case.turn(case.fresh(), view)
            if not isinstance(turn, UserTurn) or not isinstance(turn.text, str):
                yield f"turn {view.turn}: returned {turn!r:.100}"
            if turn.end not in (None, "satisfied", "gave_up"):
                yield f"turn {view.turn}: ended as {turn.end!r}"
            if turn.end is not None and not view.dialogue:
                yield f"left ({turn.end}) in its opening"
            freeze(turn.info, "info")


@agent_rules.rule("return the utterance as a str")
def returns_text(case: AgentCase) -> Iterator[str]:
    """Every utterance is a str."""
    for scene in case.scenes:
        for view in scene:
            if not isinstance(said := case.turn(case.fresh(), view), str):
                yield f"turn {view.turn}: returned {said!r:.100}"


@both("make the turn a function of the view; draw from `view.keys`, and keep nothing on self")
def turn_is_pure(case: PartyCase) -> Iterator[str]:
    """The same view gets the same turn twice in a row, and the view is left as it was."""
    for scene in case.scenes:
        party = case.fresh()
        for view in scene:
            before = repr(tuple(view)[1:])
            first, second = case.turn(party, view), case.turn(party, view)
            if first != second:
                yield f"turn {view.turn}: {first!r:.100}, then {second!r:.100}"
            if repr(tuple(view)[1:]) != before:
                yield f"turn {view.turn}: the view was changed"


@both("take what it needs from the view at each turn; never remember whom it talked to last")
def never_mixes_conversations(case: PartyCase) -> Iterator[str]:
    """One object in several conversations at once says in each what it says in that one alone, in any interleaving."""
    alone: dict[tuple[int, int], Any] = {}
    for number, scene in enumerate(case.scenes):
        party = case.fresh()
        alone |= {(number, t): case.turn(party, view) for t, view in enumerate(scene)}
    for name, sign in (("round robin", 1), ("round robin, last first", -1)):
        party = case.fresh()
        for t, number in sorted((t, sign * number) for number, t in alone):
            number = abs(number)
            said = case.turn(party, case.scenes[number][t])
            if said != alone[number, t]:
                yield f"{name}, turn {t}: {said!r:.100}, alone {alone[number, t]!r:.100}"


@both("keep no memory outside the dialogue, and only what pickle can hold")
def resumes_on_a_copy(case: PartyCase) -> Iterator[str]:
    """A pickled copy that never saw a conversation's beginning takes its last turn just as well."""
    for scene in case.scenes:
        twin = pickle.loads(pickle.dumps(case.fresh()))  # noqa: S301
        said, copied = _turns(case, scene)[-1], case.turn(twin, scene[-1])
        if said != copied:
            yield f"turn {scene[-1].turn}: {said!r:.100}, the copy {copied!r:.100}"


@both("answer each view as if it were alone, in order")
def batch_equals_single(case: PartyCase) -> Iterator[str]:
    """A batch of views gets what each gets alone, in order, whatever it is batched with; an empty one gets nothing."""
    views = [view for scene in zip(*(s[:3] for s in case.scenes), strict=False) for view in scene]
    party = case.fresh()
    single = [case.turn(party, view) for view in views]
    for size in (0, 1, 3, len(views)):
        batch = case.batch(party, views[:size])
        if batch != single[:size]:
            yield f"a batch of {size}: {batch!r:.200}, one at a time {single[:size]!r:.200}"


@both("draw from keys: `random.Random(key)` or `numpy.random.default_rng(key)`, never from a global generator")
def global_generators_untouched(case: PartyCase) -> Iterator[str]:
    """No process-global generator (random, numpy, torch) is seeded or drawn from."""
    for scene in case.scenes:
        if disturbs_generators(partial(_turns, case, scene)):
            yield "the state of a process-global generator changed"


def _turns(case: PartyCase, scene: list[Any]) -> list[Any]:
    party = case.fresh()
    return [case.turn(party, view) for view in scene]


@both("take any str as the other party's words, and let nothing in it pass for anything else")
def takes_any_text(case: PartyCase) -> Iterator[str]:
    """Whatever the other party says, empty, long, foreign, control or forged text, a turn is taken."""
    for scene in case.scenes:
        heard = [view for view in scene if view.dialogue and view.dialogue[-1].role == case.other]
        for view, text in product(heard[-1:], ODD):
            said = case.turn(case.fresh(), view._replace(dialogue=(*view.dialogue[:-1], Message(case.other, text))))
            if not isinstance(said, UserTurn if isinstance(case, UserCase) else str):
                yield f"after {text[:40]!r}: {said!r:.100}"
