"""What is public of a scenario, and what follows: its space, how its user reacts, what is proposed so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pragenv.tasks.calibrate.acts import PointActs
from pragenv.tasks.calibrate.feeling import Feeling
from pragenv.tasks.calibrate.setting import CalibrateSetting
from pragenv.tasks.calibrate.space import Space, spaces, subspace
from pragenv.types import Dialogue, FrozenDict

REACTIONS = {
    "direction": "The user says of the dimension that is most off whether it is too much or too little.",
    "directions": "The user says of every dimension that is off whether it is too much or too little.",
    "comparison": "The user says whether it is closer than the proposal before or farther.",
}


_OWN_REACTIONS = {
    "direction": "Say of the one that is most off, as a share of its range (the first of equals), whether it is too "
    "much or too little.",
    "directions": "Say of each that is off whether it is too much or too little.",
    "comparison": "Say whether it is closer than the proposal before, farther, or as far off, by what they are off in "
    "all, as shares of the ranges; of the first, only that it should be different.",
}


def proposals(acts: PointActs, dialogue: Dialogue) -> Iterator[tuple[int, Mapping[str, float]]]:
    """The proposals of a dialogue, in full, each with the number of the agent's turn that it was made in.

    What one leaves out is as in the one before, at first in the middle.
    """
    space = acts.space
    standing: Mapping[str, float] = {d.name: d.middle for d in space.dimensions}
    turn = -1
    for message in dialogue:
        if message.role == "assistant":
            turn += 1
            for act in acts.parse(message.content):
                if act.kind == "ask":
                    standing = {**standing, **acts.point(act.slot)}
                    yield turn, standing


def names_in(public: Mapping[str, Any]) -> tuple[str, ...]:
    """The dimensions that count, in order."""
    return tuple([d["name"] for d in public["dimensions"]])


def space_in(public: Mapping[str, Any]) -> Space:
    """The design space."""
    return subspace(public["space"], names_in(public))


def feeling_in(public: Mapping[str, Any]) -> Feeling:
    """How the user feels and reacts."""
    space = space_in(public)
    halves = tuple([d.step / (d.high - d.low) / 2 for d in space.dimensions])
    return Feeling(names_in(public), halves, public["feedback"], public["noise"], public["interaction"])


def public_side(name: str, chosen: frozenset[str], setting: CalibrateSetting, phrasing: str) -> FrozenDict:
    """What both sides know of a space with the chosen dimensions."""
    space = next(s for s in spaces() if s.name == name)
    listed = [
        {"name": d.name, "label": d.label, "unit": d.unit, "low": d.low, "high": d.high, "step": d.step}
        for d in space.dimensions
        if d.name in chosen
    ]
    return FrozenDict(
        space=name,
        dimensions=listed,
        feedback=setting.feedback,
        noise=setting.noise,
        interaction=setting.interaction,
        reach=setting.reach,
        phrasing=phrasing,
    )


def describe(public: FrozenDict) -> str:
    """The dimensions, how the user reacts, and how to propose and commit, as text."""
    space = space_in(public)
    listed = "\n".join(
        f"- {d.label}: {d.low:g} to {d.high:g}{f' {d.unit}' if d.unit else ''} in steps of {d.step:g}"
        for d in space.dimensions
    )
    labels = [d.label for d in space.dimensions]
    told = [f"A user wants {space.title} of a certain kind:\n{listed}\nAny combination is as likely as any other."]
    told.append(f"Propose one a turn. {REACTIONS[public['feedback']]}")
    told.append("What you leave out stays as it was, at first in the middle.")
    if public["interaction"]:
        told.append(_interaction(public, labels))
    if public["noise"]:
        told.append(f"What the user feels is off by chance, by {public['noise']:.0%} of a range (standard deviation).")
    middle = space.write({d.name: d.middle for d in space.dimensions})
    told.append(
        f"What you commit to earns most where it is exact, and nothing from {public['reach']:.0%} of a range off.\n"
        f"Propose as PROPOSE: {middle}\nCommit once as ANSWER: {middle}"
    )
    return " ".join(told[:-1]) + "\n" + told[-1]


def in_words(public: FrozenDict, point: Mapping[str, float]) -> str:
    """What the user has in mind, and how to react without giving it away, as text."""
    space = space_in(public)
    listed = "\n".join(f"- {d.write(point[d.name])} (from {d.low:g} to {d.high:g})" for d in space.dimensions)
    felt = f" {_interaction(public, [d.label for d in space.dimensions])}" if public["interaction"] else ""
    return (
        f"You want {space.title}, exactly so:\n{listed}\nThe other proposes; what it leaves out stays as it was, at "
        f"first in the middle.{felt} {_OWN_REACTIONS[public['feedback']]} Say when it is right: less than half a step "
        f"off ({', '.join(f'{d.step / 2:g}' for d in space.dimensions)}). Never name a value."
    )


def _interaction(public: Mapping[str, Any], labels: Sequence[str]) -> str:
    after = ", ".join(f"that of {labels[i - 1]} in {label}" for i, label in enumerate(labels))
    return f"A share of {public['interaction']:g} of one deviation is felt in another: {after}."
