"""What a user's words do: what they convey, in whose role they are, and whether they give the solution away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from pragenv.audit.talks import Turn
from pragenv.protocols import Acts, UserView, commitment
from pragenv.tasks.lexicon import normalise, words
from pragenv.types import Act, Message

_CONTENT = ("inform", "revise", "confirm", "deny")
_ALIKE = 92  # of 100: a turn that echoes the agent, slips aside
_WORDINGS = 8
_SHORT = 3
_ARTICLES = frozenset(("a", "an", "the", "some"))
_NAMING = frozenset("is it's it’s its i'm i’m am be of say called named answer solution word".split())
_ASSISTANT = re.compile(
    r"\b(?:as|i am|i'm) an? (?:ai|a\.i\.|artificial|virtual|(?:large )?language model|(?:helpful )?assistant)\b"
    r"|\bhow (?:can|could|may|might|shall) i (?:be of )?(?:help|assist|service|serve)\b"
    r"|\b(?:happy|glad|pleased|here|delighted) to (?:help|assist) (?:you|with)\b|\bwould you like me to\b"
    r"|\blet me know (?:if|how|what) (?:you(?:'d| would)? (?:need|want|like|have)|i can)\b"
    r"|\b(?:can|could|may) i (?:help|assist) you\b|\bi (?:cannot|can't|can not) assist\b"
    r"|\bhere (?:is|are) (?:your|the|some|a few) (?:answers?|options|recommendations|suggestions|solution|summary)\b"
    r"|\b(?:anything|something) else (?:that )?i can (?:do|help|assist)\b"
    r"|\bthank you for (?:contacting|reaching out)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"<\|[^>]{0,40}\|?>|<\/?(?:s|think|im_\w+)>|\[\/?INST\]|^\s*(?:assistant|user|system|ai|bot)\s*:", re.I
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def content(acts: Sequence[Act]) -> tuple[Act, ...]:
    """What acts convey; a change of mind conveys the new value."""
    held = (act._replace(kind="inform") if act.kind == "revise" else act for act in acts if act.kind in _CONTENT)
    return tuple(dict.fromkeys(held))


def about(act: Act) -> tuple[str, str]:
    """What an act is about, whatever it says of it."""
    return ("", act.slot) if act.kind == "inform" else (act.slot, act.value)


# -- in whose role -----------------------------------------------------------------------------------------------------


def assistant_like(text: str) -> bool:
    """Whether a text holds a phrase of an assistant's, or chat markup."""
    return _ASSISTANT.search(text) is not None or _MARKUP.search(text) is not None


def echoes(turn: Turn, acts: Acts, text: str) -> bool:
    """Whether the user says what the agent just said, or asks one of the questions that agents ask."""
    if not turn.view.dialogue:
        return False
    said, last = normalise(text), normalise(turn.view.dialogue[-1].content)
    if len(said.split()) > 2 and fuzz.ratio(said, last) >= _ALIKE:
        return True
    asked = [normalise(part) for part in _sentences(text) if part.endswith("?")]
    if not any(len(question.split()) > _SHORT for question in asked):
        return False  # "Which one?" is said by users too
    questions = {normalise(acts.phrase(act, key)) for act in acts.menu for key in range(_WORDINGS)}
    return any(question in questions and len(question.split()) > _SHORT for question in asked)


# -- the solution ------------------------------------------------------------------------------------------------------


def solves(turn: Turn, acts: Acts, gold: tuple[Act, ...], allowed: set[tuple[str, str]]) -> bool:
    """Whether a turn gives the solution away: the whole of it, in one turn, with no question that calls for it."""
    assert turn.reply is not None
    text, view = turn.reply.text, turn.plain
    if commitment(text) is not None:
        return True
    answer = words(commitment(view.task.answer(turn.scenario)) or "")
    if any(_holds_words(words(m.content), answer) for m in turn.view.dialogue if m.role == "assistant"):
        return False  # the agent has named it
    for part in dict.fromkeys((text, *_sentences(text))):
        heard = content(acts.read(part, gold))
        if _names(words(part), answer) and not (heard and _wordings_name(answer, view, heard)):
            return True
        asked_for = bool(heard) and set(map(about, heard)) <= allowed
        if not asked_for and (_grades(turn, part) or _tells_all(acts, heard)):
            return True
    return False


def _sentences(text: str) -> Iterator[str]:
    return (part.strip() for part in _SENTENCE.findall(text) if part.strip())


def _holds_words(spoken: list[str], answer: list[str]) -> bool:
    return bool(answer) and any(spoken[i : i + len(answer)] == answer for i in range(len(spoken)))


def _names(spoken: list[str], answer: list[str]) -> bool:
    """Whether words say what the answer is: "it's a cup of tea", "thinking of tea", but not "I have my tea here"."""
    for i in range(len(spoken)):
        if answer and spoken[i : i + len(answer)] == answer:
            before = [word for word in spoken[:i] if word not in _ARTICLES]
            if not before or before[-1] in _NAMING:
                return True
    return False


def _wordings_name(answer: list[str], view: UserView, heard: tuple[Act, ...]) -> bool:
    """Whether the task's own wordings of these acts hold the answer's words ("it's orange in colour": no orange)."""
    return any(_holds_words(words(view.task.say(view, heard, key)), answer) for key in range(_WORDINGS))


def _grades(turn: Turn, text: str) -> bool:
    """Whether the words, committed as they are, would solve the task, and not any would (all is to be left out)."""

    def solved(words: str) -> bool:
        said = (Message("user", words), Message("assistant", f"ANSWER: {words}"))
        return turn.plain.task.grade(turn.scenario, (*turn.plain.dialogue, *said)).solved

    return solved(text) and not solved("Hm.")


def _tells_all(acts: Acts, heard: tuple[Act, ...]) -> bool:
    """Whether all that there is to ask has been told; where that is one thing, telling it is an early disclosure."""
    return len(acts.menu) > 1 and {act.slot for act in acts.menu} <= {act.slot for act in heard}
