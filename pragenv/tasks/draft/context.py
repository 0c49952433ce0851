"""What is public of a scenario, and what follows: its document, its points, and what a dialogue leaves possible."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pragenv.tasks.draft.acts import DraftActs
from pragenv.tasks.draft.checks import LONG, SHORT
from pragenv.tasks.draft.document import Document, documents, profile_of
from pragenv.tasks.draft.setting import DraftSetting
from pragenv.types import Dialogue, FrozenDict, Scenario, mix, uniform

COMMENTING = {
    True: "Of a draft, name only the first thing that is not as you wish, or say that it is right.",
    False: "On a draft, do not comment.",
}
_COMMENTS = {
    True: "Of a draft it says what is amiss first, in the order above, or that it is right.",
    False: "It does not comment on drafts.",
}
_MEANINGS = {
    "form": "form: paragraphs, list (three items or more, in whatever text), letter (greeting and closing) or headline "
    "(above the text)",
    "length": f"length: short (at most {SHORT} words), medium, or long (more than {LONG})",
    "tone": "tone: formal or friendly",
}


def document_in(public: Mapping[str, Any]) -> Document:
    """What is to be written."""
    return documents()[public["document"]]


def points_in(public: Mapping[str, Any]) -> tuple[str, ...]:
    """The points of the specification, in order."""
    return tuple([point["name"] for point in public["points"]])


@lru_cache(maxsize=4096)  # agents that are compared meet the same scenarios one after another
def draw(key: int, setting: DraftSetting, split: str) -> Scenario:
    """The scenario of a key: a document, some of its points, and what is wanted on each."""
    pool = [d for d in documents().values() if d.split == split.replace("test_phrasing", "train")]
    document = pool[mix(key, 1) % len(pool)]
    # The smallest of independent draws: a uniform subset.
    ranked = sorted(enumerate(document.values), key=lambda place: mix(key, 16 + place[0]))
    points = tuple(point for _, point in sorted(ranked[: setting.requirements]))
    values = [document.values[point] for point in points]
    drawn = (held[int(uniform(mix(key, 32 + i)) * len(held))] for i, held in enumerate(values))
    wanted = FrozenDict(zip(points, drawn, strict=True))
    public = public_side(document.name, points, setting, split.removesuffix("_phrasing"))
    return Scenario(public, FrozenDict(wanted=wanted, slips=mix(key, 2) if setting.vague else 0))


@lru_cache(maxsize=4096)
def public_side(name: str, points: tuple[str, ...], setting: DraftSetting, phrasing: str) -> FrozenDict:
    """What both sides know of a document and a specification with these points."""
    document = documents()[name]
    return FrozenDict(
        document=name,
        points=[{"name": point, "values": list(document.values[point])} for point in points],
        facts=[{"name": fact.name, "label": fact.label, "text": fact.text} for fact in document.facts],
        comments=setting.comments,
        vague=float(setting.vague),
        phrasing=phrasing,
    )


def describe(public: FrozenDict) -> str:
    """What is to be written, the material, the points, and how to draft and commit, as text."""
    document = document_in(public)
    told = "\n".join(f"- {fact.label}: {fact.text}" for fact in document.facts)
    listed = "\n".join(f"- {_meaning(document, point)}" for point in points_in(public))
    vague = f" With a chance of {public['vague']:g} it does not say what it wants instead." if public["vague"] else ""
    return (
        f"A user wants {document.title}. What is known, for you to use or to leave out:\n{told}\n"
        f"It has wishes on these points, each value being as likely as any other:\n{listed}\n"
        f"You may ask about one point a turn, or show a draft. {_COMMENTS[public['comments']]}{vague}\n"
        "Show a draft as DRAFT: and the text, up to the end of your message.\nCommit once as ANSWER: and the text"
    )


def _meaning(document: Document, point: str) -> str:
    if point == "reader":
        *others, last = (signs[0] for signs in document.readers.values())
        return f"reader: {', '.join(others)} or {last}, whom the text is to address"
    return _MEANINGS[point] if point in _MEANINGS else f"{document.by_name[point].label}: in, or not to be mentioned"


def possible(acts: DraftActs, dialogue: Dialogue) -> Mapping[str, tuple[str, ...]]:
    """The values that each point may still have. Where a user contradicts itself, the last word counts.

    What a user says first of a draft is about the first point amiss: the points before it are as drafted.
    """
    values = {point: acts.document.values[point] for point in acts.points}
    left = dict(values)
    drafted: Mapping[str, str | None] = {}
    asked: tuple[Any, ...] = ()
    for message in dialogue:
        if message.role == "assistant":
            asked = acts.parse(message.content)
            drafted = profile_of(asked[0].slot) if asked and asked[0].kind == "draft" else {}
        elif message.role == "user" and asked:
            said = [act for act in acts.read(message.content, asked) if act.slot in left or act.slot == "draft"]
            if drafted and said:
                passed = acts.points[: acts.points.index(said[0].slot)] if said[0].slot in left else acts.points
                left |= {point: (value,) for point in passed if (value := drafted[point]) is not None}
            for act in said:
                if act.kind == "inform" and act.slot in left:
                    left[act.slot] = (act.value,)
                elif act.kind == "deny" and (refused := act.value or drafted.get(act.slot)):
                    kept = tuple(value for value in left[act.slot] if value != refused)
                    left[act.slot] = kept or tuple(value for value in values[act.slot] if value != refused)
    return left
