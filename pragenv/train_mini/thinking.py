"""What a played user thinks before it speaks: what it is asked, and the working that leads to its reply.

A model this small cannot weigh in one step what several facts decide; it learns to do it in steps that it writes down
(scratchpads, Nye et al. 2021). Its thoughts stand in `<think>…</think>` before a reply, and nobody hears them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from pragenv.protocols import UserView
from pragenv.tasks.calibrate.context import feeling_in, proposals, space_in
from pragenv.tasks.draft.context import document_in, points_in
from pragenv.tasks.draft.document import profile_of
from pragenv.tasks.negotiate.acts import OFFER
from pragenv.tasks.negotiate.dealing import offers_of
from pragenv.tasks.negotiate.market import Market, Offer
from pragenv.tasks.negotiate.sides import Side
from pragenv.tasks.negotiate.tactics import manner_of
from pragenv.tasks.reference.hearing import features_of, rows_of
from pragenv.tasks.reference.rsa import Utterance, game_of
from pragenv.tasks.service.acts import GO_AHEAD
from pragenv.tasks.service.domain import domains
from pragenv.tasks.service.goals import WANTED
from pragenv.tasks.speech import conveyed
from pragenv.types import Act

_PLAIN = ("not_understood", "wait", "silent")
"""Acts that need no working."""


def thought(view: UserView) -> str:
    """The thought before the turn of a view, whose dialogue is as understood; control text and all.

    What is asked comes first, in the words of the brief; then what decides; then the acts that are due, so that only
    wording is left to the reply.
    """
    acts = view.task.acts(view)
    heard = acts.parse(view.dialogue[-1].content) if view.dialogue else ()
    due = view.task.truth(view)
    worked = [] if not view.dialogue or due[0].kind in _PLAIN else list(_WORKING[view.task.name](view, heard))
    said = "; ".join(_named(act) for act in due)
    return f"<think>{'; '.join([*worked, said])}</think>"


def _named(act: Act) -> str:
    if act.slot == OFFER:  # worked out by then
        return f"{act.kind} offer"
    told = " ".join(part for part in (act.slot, act.value) if part)
    return told if act.kind == "inform" else f"{act.kind} {told}".strip()


_LISTED = re.compile(r"^(?:- |\d+\. )(.+)$", re.MULTILINE)


def _notes(view: UserView) -> list[str]:
    """The list in the brief, in its order."""
    return _LISTED.findall(view.task.brief(view.public, view.user_brief))


def _until_left(notes: Mapping[str, str], among: Container[str], view: UserView, most: int) -> Iterator[str]:
    """What was told, by the numbers of the notes, and then one note after another until so many are left to tell."""
    number = {slot: at for at, slot in enumerate(notes, start=1)}
    said = (act.slot for act in conveyed(view.task.acts(view), view.dialogue) if act.kind == "inform")
    told = dict.fromkeys(slot for slot in said if slot in notes)
    yield f"told {' '.join(str(number[slot]) for slot in told) or 'nothing'}"
    for slot, note in notes.items():
        if slot not in among:
            continue
        yield f"{number[slot]} {'told' if slot in told else f'left: {note}'}"
        most -= slot not in told
        if not most:
            return


# -- the tasks ---------------------------------------------------------------------------------------------------------


def _service(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    of, goal = domains()[view.public["domain"]], view.user_brief["goal"]
    notes = dict(zip(WANTED[goal["kind"]], _notes(view), strict=True))
    if heard == (Act("ask_open"),):
        yield "anything else?"
        yield from _until_left(notes, notes, view, 2)
        return
    names = {"a": of.a.parameter, "b": of.b.parameter, "places": of.places, "rate": of.rate}
    for act in heard:
        # There is one day only that a cancellation can be about.
        slot = "held" if act.slot == "day" and goal["kind"] == "cancel" else act.slot
        note = notes.get(slot, f"{names.get(slot, slot)}: not listed")
        if act.kind == "ask" and slot != GO_AHEAD:
            yield f"asked {note}"
        elif act.kind == "guess":
            yield f"taken for {of.rates[act.value][0] if act.slot == 'rate' else act.value}: {note}"
    if Act("ask", GO_AHEAD) in heard:
        yield "may it?"


def _draft(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    points, wanted, facts = points_in(view.public), view.user_brief["wanted"], document_in(view.public).by_name
    notes = dict(zip(points, _notes(view), strict=True))
    called = {point: facts[point].label if point in facts else point for point in points}
    kind, slot, _ = heard[0]
    if kind == "draft":
        drafted = profile_of(slot)
        for number, point in enumerate(points, start=1):
            yield f"{number} {called[point]} {drafted[point]} for {wanted[point]}"
            if drafted[point] != wanted[point]:
                return
    elif kind == "ask" and slot != "facts":
        yield f"asked {notes.get(slot, f'{slot}: not a wish')}"
    else:
        yield "anything else?" if kind == "ask_open" else "what is to be in?"
        yield from _until_left(notes, notes if kind == "ask_open" else facts, view, 1)


def _negotiate(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    task: Any = view.task
    market, side = task.acts(view).market, task.user_side(view.public, view.user_brief)
    message = sum(m.role == "assistant" for m in view.dialogue)
    if len(heard) > 1:  # so that the second is not forgotten over the working for the first
        yield " and ".join("offer" if act.kind == "offer" else act.slot for act in heard)
    for act in heard:
        if act.kind == "offer" or act == Act("ask", OFFER):
            mine = side.favourite
            own = Offer(side.price(mine, task.demanded(view, side)), mine)
            if manner_of(view.user_brief).tactic == "tit_for_tat":
                gains = _gains(side, offers_of(task.acts(view), view.dialogue))
                yield f"offered more by {' '.join(map(str, gains)) or 0}"
            yield f"message {message}: {market.write(own)}"
            if act.kind == "offer":
                yield from _weighed(market, side, own, market.offer(act.slot))
        elif act.kind == "ask":
            note = next((n for t, n in zip(market.terms, _notes(view), strict=True) if t.name == act.slot), act.slot)
            yield f"asked {note.partition(':')[0]}"


def _gains(side: Side, offers: Sequence[Offer]) -> list[int]:
    """By how much each offer that was better than all before it was better."""
    surpluses = [side.surplus(offer) for offer in offers]
    best = list(accumulate(surpluses, max))
    return [now - before for before, now in pairwise(best) if now > before]


def _weighed(market: Market, side: Side, own: Offer, given: Offer) -> Iterator[str]:
    """An offer against one's own: term by term, the price that would be as good, up to the price that is given."""
    price, towards = own.price, -1 if side.role == "buyer" else 1
    for term, worth, mine, theirs in zip(market.terms, side.worths, own.levels, given.levels, strict=True):
        less = worth[mine] - worth[theirs]
        price += towards * less
        yield f"{term.levels[theirs].label} {less} less: {price}"
    yield f"they {given.price}"


def _reference(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    public = view.public
    if public["role"] == "listener":
        yield f"asked {next(act.slot for act in heard if act.kind == 'ask')}"
        return
    found, order = game_of(public), view.user_brief["order"]
    said = rows_of(public, view.dialogue)
    rows = list(dict.fromkeys(said))
    left = list(range(len(order)))
    for described in (found.utterances[row] for row in rows):
        held = {place: _held(public, order[place], described) for place in left}
        left = [place for place in left if held[place] == _said(described)]
        shown = " ".join(f"{place + 1} {value}" for place, value in held.items())
        yield f"{_said(described)}: {shown or 'none'}"
    last = tuple((act.slot, act.value) for act in heard if act.kind == "describe")[: public["span"]]
    if not said or not set(last) <= set(found.utterances[said[-1]]):
        yield f"{_said(last)}: none"
    yield f"left {' '.join(str(place + 1) for place in left) or 'none'}"
    belief = found.posterior(rows, public["depth"])
    if belief is None or len(left) < 2:
        return
    if public["depth"]:  # how many have each of its features: by that, what else could have been said is judged
        for place in left:
            features = zip(public["attributes"], public["objects"][order[place]], strict=True)
            counts = (f"{value} {found.true[found.index[(name, value),]].sum():.0f}" for name, value in features)
            yield f"{place + 1} {' '.join(counts)}"
    yield ", ".join(f"{place + 1} {belief[order[place]]:.1%}" for place in left)


def _said(described: Utterance) -> str:
    return " ".join(value for _, value in described)


def _held(public: Mapping[str, Any], at: int, described: Utterance) -> str:
    """What an object is in the attributes that are described."""
    return _said(tuple((name, features_of(public, at)[name]) for name, _ in described))


def _calibrate(view: UserView, heard: Sequence[Act]) -> Iterator[str]:
    space, feeling, wanted = space_in(view.public), feeling_in(view.public), view.user_brief["point"]
    task: Any = view.task
    made = [point for _, point in proposals(task.acts(view), view.dialogue)]
    compared = view.public["feedback"] == "comparison"
    for when, point in zip(("now", "before"), reversed(made[-2:] if compared else made[-1:]), strict=False):
        off = [d.share(point[d.name]) - d.share(wanted[d.name]) for d in space.dimensions]
        for d, by in zip(space.dimensions, off, strict=True):
            # In steps from the lowest value, so that all that is to be worked out is in small numbers.
            given, wish = point[d.name], wanted[d.name]
            at, due, last = ((value - d.low) / d.step for value in (given, wish, d.high))
            yield f"{d.label} {given:g} is {at:.3g}, {wish:g} is {due:.3g}, {at - due:+.3g} of {last:.3g}: {by:+.1%}"
        felt = feeling.perceived(off, 0)
        if view.public["interaction"]:
            yield "felt " + " ".join(f"{d.label} {by:+.1%}" for d, by in zip(space.dimensions, felt, strict=True))
        if view.public["feedback"] == "direction":  # the largest so far, one after another
            most: Iterator[float] = accumulate(
                felt, lambda largest, by: by if abs(by) > abs(largest) + 1e-9 else largest
            )
            yield "most " + " ".join(f"{by:+.1%}" for by in most)
        if compared:
            yield f"{when} {sum(map(abs, felt)):.1%}"


_WORKING: Mapping[str, Callable[[UserView, Sequence[Act]], Iterator[str]]] = {
    "calibrate": _calibrate,
    "draft": _draft,
    "negotiate": _negotiate,
    "reference": _reference,
    "service": _service,
}
