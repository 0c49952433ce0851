"""Speaking and hearing: how a scripted user puts acts into words, and what a user's words so far have conveyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pragenv.protocols import Acts
from pragenv.types import Act, Dialogue, mix

_WORDINGS: Mapping[str, tuple[str, ...]] = {
    "not_understood": (
        "Sorry, I don't follow.",
        "I'm not sure what you're asking.",
        "Hm, I don't understand the question.",
        "Could you put that another way?",
        "That doesn't tell me what you need from me.",
    ),
    "nothing_more": (
        "No, that's everything.",
        "That's all I can think of.",
        "Nothing else, you have it all.",
        "I've told you all there is.",
    ),
    "unsure": (
        "I'm not quite sure what that means. Can you explain?",
        "What exactly do you mean by that?",
        "Hm, can you ask that more simply?",
        "I'm no expert, so I can't answer that as it stands.",
    ),
    "request": ("Can you help me?", "I have a request.", "I'd like your help with something."),
    "revise": (
        "Actually, I've changed my mind.",
        "Wait, I need to change something.",
        "Sorry, one thing is different now.",
    ),
}
_KINDS = {wording: kind for kind, wordings in _WORDINGS.items() for wording in wordings}
_BEFORE = (
    "Thanks for asking!",
    "Good question.",
    "Right, let me think.",
    "Ah yes, I should have said.",
    "Well, since you ask.",
)
_AFTER = (
    "Sorry, I do ramble.",
    "I've been going back and forth on this, to be honest.",
    "My sister always says I overthink these things.",
    "Anyway, do carry on, I have my tea here.",
)

SMALL_TALK = (*_KINDS, *_BEFORE, *_AFTER)
"""The common wordings, and what verbose users say around what they convey."""
Words = Callable[[Act, int], str | None]


def speak(acts: tuple[Act, ...], words: Words, traits: Mapping[str, Any], key: int) -> str:
    """The acts as one utterance.

    Args:
        acts: what is conveyed, in order.
        words: a task's own wording of an act by key, or None to take the common one. What terse users say is its
            business, since only the task knows what a bare value would mean.
        traits: of these, `verbosity` is honoured: `verbose` adds small talk.
        key: varies the wordings.
    """
    verbosity = traits.get("verbosity") if traits else None
    parts = []
    for act in acts:
        if act.kind == "revise":
            parts += [_common("revise", key), words(act._replace(kind="inform"), key) or act.value]
        else:
            parts.append(words(act, key) or _common(act.kind, key))
        key = (key >> 7) ^ (key << 5 & 0xFFFFFFFF)
    if verbosity == "verbose" and acts and acts[0].kind != "request":
        key = mix(key, 0)
        parts = [_BEFORE[key % len(_BEFORE)], *parts, _AFTER[(key >> 8) % len(_AFTER)]]
    return " ".join(parts)


def conveyed(acts: Acts, dialogue: Dialogue) -> Iterator[Act]:
    """What the user has conveyed, by its own words, in order; each turn is read in the light of what was asked."""
    asked: tuple[Act, ...] = ()
    for message in dialogue:
        if message.role == "assistant":
            asked = acts.parse(message.content)
        elif message.role == "user":
            yield from acts.read(message.content, asked)


def common_kind(text: str) -> str | None:
    """The kind of act that a text is one of the common wordings of, or None."""
    return _KINDS.get(text.strip())


def changes_mind(text: str) -> bool:
    """Whether a text holds one of the common wordings of a revision."""
    return any(wording in text for wording in _WORDINGS["revise"])


def _common(kind: str, key: int) -> str:
    pool = _WORDINGS[kind]
    return pool[key % len(pool)]
