"""What is wrong with a user's turn, judged by the task's acts and truth: none of the guard's code is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pragenv.audit.conduct import about, assistant_like, content, echoes, solves
from pragenv.audit.talks import Turn
from pragenv.types import Act

MEASURES = {
    "contradicts": "Of the turns that say anything: something said is not so.",
    "unanswered": "Of the turns in which something was due: something due was not conveyed.",
    "disclosed_early": "Something was conveyed that was neither due nor ever asked or told before.",
    "ended_early": "Of the turns after the opening: the user left before the agent had committed.",
    "ran_on": "Of the turns asked for after the agent had committed: the user conveyed something yet.",
    "role_drift": "The turn is one of the assistant's: its phrases, its questions, what it just said, or chat markup.",
    "solved_task": "The turn commits an answer, or states the solution unasked.",
    "resampled": "The user's guard had a draft drawn again.",
    "simulator_errors": "No turn could be produced.",
}
SERVED = {
    "disclosed_early": "helped",
    "solved_task": "helped",
    "contradicts": "hindered",
    "unanswered": "hindered",
    "ended_early": "hindered",
    "ran_on": "minor",
    "role_drift": "minor",
}
"""Whom an error served: it helped the agent, hindered it, or did neither."""


@dataclass(frozen=True)
class Judged:
    """A turn with its judgement: what was due, what was heard, and the measures that it enters and fails."""

    turn: Turn
    due: tuple[Act, ...]
    heard: tuple[Act, ...]
    counted: frozenset[str]
    failed: frozenset[str]


class Judge:
    """Judges the turns of one conversation, in order."""

    def __init__(self) -> None:
        self._open: set[tuple[str, str]] = set()  # what has been asked or told so far

    def judge(self, turn: Turn) -> Judged:
        """The turn, judged by what a faithful user would make of its canonical dialogue."""
        if turn.reply is None:
            found = frozenset() if turn.over else frozenset({"simulator_errors"})
            return Judged(turn, (), (), found, found)
        view, reply = turn.plain, turn.reply
        acts = view.task.acts(view)
        gold = turn.probe.acts if turn.probe else ()
        heard = content(acts.read(reply.text, gold))
        if turn.over:
            return Judged(turn, (), heard, frozenset({"ran_on"}), frozenset({"ran_on"} if heard else ()))
        due = content(view.task.truth(view))
        allowed = self._open | set(map(about, due)) | {("", act.slot) for act in gold if act.kind == "ask"}
        told = set(map(about, heard))
        faults = {
            "contradicts": any(not view.task.holds(view, act) for act in heard),
            "unanswered": not set(map(about, due)) <= told,
            "disclosed_early": not told <= allowed,
            "ended_early": reply.end is not None,
            "role_drift": assistant_like(reply.text) or echoes(turn, acts, reply.text),
            "solved_task": solves(turn, acts, gold, allowed),
            "resampled": _resampled(reply.info),
            "simulator_errors": False,
        }
        self._open |= allowed | told
        left_out = {
            "contradicts": not heard,
            "unanswered": not due or reply.end is not None,  # it left instead, which is counted there
            "ended_early": not view.dialogue,
        }
        counted = frozenset(name for name in faults if not left_out.get(name))
        return Judged(turn, due, heard, counted, frozenset(name for name in counted if faults[name]))


def _resampled(info: Mapping[str, Any]) -> bool:
    guard = info.get("guard")
    return isinstance(guard, Mapping) and bool(guard.get("resampled"))
