"""Judged turns to rates with intervals clustered by conversation, to counts by whom they served, and to examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pragenv.audit.judge import MEASURES, SERVED, Judged
from pragenv.intervals import proportion
from pragenv.types import Act

Row = dict[str, Any]
EXAMPLES = 50
_AROUND = 4  # messages of the dialogue that an example shows


def share(hits: Sequence[bool], clusters: Sequence[int]) -> Row:
    """`rate`, `low`, `high`, `n`: a share with its 95% interval, None where there is nothing to take it of."""
    found = proportion(np.array(hits, dtype=np.bool_), np.array(clusters, dtype=np.intp))
    return {"rate": found.value, "low": found.low, "high": found.high, "n": len(hits)}


def rates(judged: Sequence[Judged]) -> list[Row]:
    """A row for each measure."""
    rows = []
    for measure in MEASURES:
        entered = [j for j in judged if measure in j.counted]
        hits = share([measure in j.failed for j in entered], [j.turn.conversation for j in entered])
        rows.append({"measure": measure, **hits})
    return rows


def by_turn(judged: Sequence[Judged], measure: str = "disclosed_early") -> list[Row]:
    """A measure at each of the user's turns (0 is the opening)."""
    entered = [j for j in judged if measure in j.counted]
    rows = []
    for t in sorted({j.turn.view.turn for j in entered}):
        here = [j for j in entered if j.turn.view.turn == t]
        hits = share([measure in j.failed for j in here], [j.turn.conversation for j in here])
        rows.append({"turn": t, **hits})
    return rows


def served(judged: Sequence[Judged]) -> list[Row]:
    """How many errors helped the agent, hindered it, or did neither, and the share of turns that hold one."""
    told = [j for j in judged if j.turn.reply is not None and not j.turn.over]
    rows = []
    for tag in dict.fromkeys(SERVED.values()):
        names = {name for name, whom in SERVED.items() if whom == tag}
        hits = share([bool(names & j.failed) for j in told], [j.turn.conversation for j in told])
        rows.append({"served": tag, "errors": sum(len(names & j.failed) for j in judged), **hits})
    return rows


def examples(judged: Iterable[Judged], limit: int = EXAMPLES) -> list[Row]:
    """Up to `limit` turns for each measure that was failed, in the order in which they were said."""
    rows: list[Row] = []
    seen = dict.fromkeys(MEASURES, 0)
    for j in judged:
        for measure in MEASURES:
            if measure in j.failed and seen[measure] < limit:
                seen[measure] += 1
                rows.append({"error": measure, "served": SERVED.get(measure, "minor"), **_example(j)})
    return rows


def _example(judged: Judged) -> Row:
    turn = judged.turn
    return {
        "conversation": turn.conversation,
        "turn": turn.view.turn,
        "split": turn.split,
        "intent": turn.scenario.user_brief,
        "dialogue": [[message.role, message.content] for message in turn.view.dialogue[:-1][-_AROUND:]],
        "kind": turn.probe.kind if turn.probe else "opening",
        "probe": turn.probe.text if turn.probe else "",
        "gold": [written(act) for act in (turn.probe.acts if turn.probe else ())],
        "due": [written(act) for act in judged.due],
        "reply": turn.reply.text if turn.reply else None,
        "end": turn.reply.end if turn.reply else None,
        "heard": [written(act) for act in judged.heard],
        "failure": turn.error,
    }


def written(act: Act) -> str:
    """An act in a few characters: `inform size=large`."""
    value = f"={act.value}" if act.slot and act.value else act.value
    return " ".join(filter(None, (act.kind, act.slot + value)))
