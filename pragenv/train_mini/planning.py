"""What a played assistant thinks before it speaks, in the tasks where what it says has to be worked out.

As with users (`thinking`): the steps from the conversation to the next move, for a model that cannot take them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from pragenv.protocols import AgentView, commitment
from pragenv.tasks.calibrate.reading import read_point
from pragenv.tasks.service.domain import DAYS
from pragenv.tasks.service.goals import WANTED


def plan(view: AgentView, utterance: str) -> str | None:
    """The thought that leads to an utterance; None in the tasks and settings in which assistants do not think."""
    worked = _WORKING.get(view.task.name)
    if worked is None or view.public.get("feedback") == "comparison":
        return None
    return f"<think>{'; '.join(worked(view, utterance))}</think>"


def _calibrate(view: AgentView, utterance: str) -> Iterator[str]:
    """What the complaint is, how often that dimension was moved before, and where it is moved."""
    task: Any = view.task
    space, heard = task.space(view), list(task.reactions(view))
    if not heard:
        yield "first the middle"
        return
    said = commitment(utterance)
    following = read_point(utterance if said is None else said, space) or {}
    made = [point for point, _ in heard]
    told = {act.slot: act.value for act in heard[-1][1] if act.kind == "inform"}
    for d in space.dimensions:
        now, after = made[-1][d.name], {**made[-1], **following}[d.name]
        if now != after:
            moves = sum(a[d.name] != b[d.name] for a, b in pairwise(made))
            verdict = told.get(d.name, "unsaid").replace("_", " ")
            yield f"{d.label} {verdict}, moved {moves} before: {now:g} to {after:g}"
        elif d.name in told:
            yield f"{d.label} {told[d.name].replace('_', ' ')}: stays {now:g}"
    yield "commit" if said is not None else "propose"


def _service(view: AgentView, utterance: str) -> Iterator[str]:
    """What is known and what is left to ask; then what the tools have given, and what that leads to."""
    task: Any = view.task
    at = task.desk(view, True)
    slots = ("kind", *WANTED[at.kind])
    yield "; ".join(f"{slot} {at.known.get(slot, '?')}" for slot in slots)
    if questions := at.open():
        yield "ask " + " ".join(act.slot for act in questions)
        return
    yield from _looked_up(at)
    said = commitment(utterance)
    yield "close" if said is not None else utterance.partition("(")[0]


def _looked_up(at: Any) -> Iterator[str]:
    of, public = at.of, at.public
    if at.kind == "book" and int(at.known.get("places", 1)) > public["most"]:
        yield f"{at.known['places']} over {public['most']}"
    if not at.results:
        return
    tool, _, rows = at.results[-1]
    if rows is None or tool not in ("search", "bookings"):
        return
    places, rate = at.party()
    for row in rows:
        if tool == "bookings":
            begins = (DAYS.index(row["day"]) + 1) * 24 + int(row["time"].partition(":")[0])
            left = f"{begins - public['now'] // 60} of {public['notice']} hours"
            yield f"{row['booking']} {row['day']} {row['status']} {row[of.rate]}, {left}"
        elif row["free"] < places:
            yield f"{row[of.item]} {row['free']} of {places}"
        else:
            decides = row[of.rates[rate][0]] if at.known.get("pick") == "cheapest" else row["time"]
            yield f"{row[of.item]} {row['free']} of {places}: {decides}"


_WORKING: Mapping[str, Callable[[AgentView, str], Iterator[str]]] = {"calibrate": _calibrate, "service": _service}
