"""Dialogue acts of Reference: which features a description names, what a question asks for, what a reply tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import words
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.reference.reading import Mention, features, read
from pragenv.tasks.reference.replies import agrees, asks, has_none, reply
from pragenv.tasks.reference.vocabulary import Feature, vocabulary
from pragenv.tasks.requests import requests
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

_ORDINALS = {word: i for i, word in enumerate("first second third fourth fifth sixth seventh eighth".split())}
_DESCRIBING = ("{}.", "It's {}.", "The one I mean is {}.", "I'd call it {}.", "Look for {}.")
_WHICH = re.compile(r"\bwhich(?: (?:one|of (?:the|them|those|these)|do|did|is|are|would)\b|$|\W)")
_EXCLAIMED = re.compile(r"^\W*(?:\w+ )?(?:what|such) an?\b")
_OR = re.compile(r"\bor\b|/")
_BARE = re.compile(
    r"^\W*(?:(?:the|an?|which|what|of|two|three|four|these|those|ah|oh|hm+|okay|ok) )*(?:<\d+> ?)+(?:ones?)?\W*$"
)
_REPLIES: Mapping[str, tuple[str, ...]] = {
    "opening": (
        "Which one do you mean?",
        "I see them all. Which one is it?",
        "Okay, tell me which one to take.",
        "I'm ready: which one should I pick?",
        "Tell me what you have in mind.",
    ),
    "description": (
        "The {}.",
        "I mean the {}.",
        "I'm looking for the {}, please.",
        "Can you see the {}?",
        "The {}, if you would.",
    ),
    "answer": ("It's {}.", "{}.", "The one that I mean is {}.", "{}, I'd say."),
    "confirm": ("I think I know which one.", "Got it, I see the one you mean.", "That's clear enough.", "Found it."),
    "deny": (
        "None of them is like that.",
        "There is no such thing here.",
        "I can't see anything like that.",
        "Nothing here is like that.",
    ),
    "unsure": (
        "More than one is like that.",
        "I can't tell yet which one.",
        "Several of them could be it.",
        "I'm not sure which one that is.",
    ),
}


def position(text: str) -> int | None:
    """The one position in a list that a text names ("number 3", "the third"), from 0; None where it is not one."""
    named = [int(w) - 1 if w.isdecimal() and len(w) < 4 else _ORDINALS.get(w) for w in words(text)]
    found = {i for i in named if i is not None and i >= 0}
    return found.pop() if len(found) == 1 else None


class ReferenceActs:
    """The acts of one context; satisfies `protocols.Acts`.

    Args:
        role: the agent's.
        attributes: in which the objects differ; nothing else counts as a feature.
        described: the features on the menu of an agent that speaks.
        phrasing: the split whose wordings are used.
    """

    def __init__(self, role: str, attributes: tuple[str, ...], described: tuple[Feature, ...], phrasing: str) -> None:
        self._speaks, self._attributes = role == "speaker", frozenset(attributes)
        self.menu = (
            tuple(Act("describe", *feature) for feature in described)
            if self._speaks
            else tuple(Act("ask", name) for name in attributes)
        )
        self._describing = phrasings(_DESCRIBING, phrasing)
        self._questions = {name: phrasings(vocabulary()[name].questions, phrasing) for name in attributes}
        self._replies = {kind: phrasings(said, phrasing) for kind, said in _REPLIES.items()}

    def phrase(self, act: Act, key: int) -> str:
        """A feature in a few words, or a question."""
        pool = self._describing if act.kind == "describe" else self._questions[act.slot]
        return _filled(pool, act.value, key)

    def reply(self, act: Act, key: int) -> str | None:
        """A user's wording of one of its acts: a description has no slot, its value is a phrase. None for others."""
        if act.kind == "request":
            return _filled(self._questions[act.slot] if act.slot else self._replies["opening"], "", key)
        kind = act.kind if act.kind != "inform" else "answer" if act.slot else "description"
        return _filled(self._replies[kind], act.value, key) if kind in self._replies else None

    def described(self, text: str) -> tuple[Feature, ...]:
        """The features of this context's attributes that a text names, the first of each attribute, in its order."""
        found: dict[str, str] = {}
        for attribute, value in features(text):
            if attribute in self._attributes:
                found.setdefault(attribute, value)
        return tuple(found.items())

    def parse(self, utterance: str) -> tuple[Act, ...]:
        """What is described, where the agent speaks; else what is asked for, with the value that is asked about."""
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        if self._speaks:
            return tuple(Act("describe", *feature) for feature in self.described(utterance))
        return tuple(Act("ask", name, value) for name, value in self._asked(utterance).items())

    def _asked(self, utterance: str) -> dict[str, str]:
        """The attributes that a text asks for; with a value where it names exactly one."""
        found: dict[str, str] = {}
        before: tuple[Mention, ...] = ()
        for sentence, clauses in requests(utterance.lower()):
            if _EXCLAIMED.search(sentence) and "?" not in sentence:
                continue
            mentions = self._mentions(sentence)
            if clauses:
                # A lead-in asks nothing, save where it lists what the question is about: "Red or blue, which one?"
                asking = tuple(m for clause in clauses for m in self._mentions(clause)) or mentions
                if not asking and _WHICH.search(sentence):
                    found |= dict.fromkeys(_several(before), "")
                for name, value in _topics(asking, _OR.search(sentence) is not None).items():
                    found[name] = value if found.get(name, value) == value else ""
            before = mentions
        return found

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        return tuple(m for m in read(text).mentions if m.attribute in self._attributes)

    def read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What a user tells: features, where it describes; else whether it knows the object, and what it asks for."""
        if common_kind(utterance) is not None:  # that it did not understand tells nothing of what it knows
            return ()
        if not self._speaks:
            told = self.described(utterance)
            about = tuple((act.slot, act.value) for act in asked if act.value)
            # Who says yes and names one of the things asked about says yes to what it names.
            if about and not {name for name, _ in told} & {name for name, _ in about} and agrees(utterance):
                told = (*about, *told)
            if not told and Act("ask", "pattern") in asked and has_none(utterance):
                told = (("pattern", "plain"),)
            return tuple(Act("inform", *feature) for feature in told)
        kind = reply(utterance)
        wanted = self._asked(utterance)
        if wanted and (kind is None or (asks(utterance) and not self._echoes(utterance))):
            return tuple(Act("request", name) for name in wanted)
        return () if kind is None else (Act(kind),)

    @staticmethod
    def _echoes(utterance: str) -> bool:
        """Whether all that a text asks is what was said to it: "The blue one? There is none."."""
        questions = [sentence for sentence, _ in requests(utterance.lower()) if "?" in sentence]
        return bool(questions) and all(_BARE.search(read(sentence).line) for sentence in questions)


def _several(mentions: Iterable[Mention]) -> list[str]:
    """The attributes of which several values are mentioned."""
    values: dict[str, set[str]] = {}
    for mention in mentions:
        values.setdefault(mention.attribute, set()).update(filter(None, [mention.value]))
    return [name for name, named in values.items() if len(named) > 1]


def _topics(mentions: tuple[Mention, ...], choice: bool) -> dict[str, str]:
    """The attributes that mentions ask for; with a value where they name exactly one.

    What all alternatives of a choice have in common is not asked: "small and yellow or large and yellow?".
    """
    meant = [m for m in mentions if m.told] or [m for m in mentions if m.denied]
    several = _several(meant)
    if choice and several:
        meant = [m for m in meant if not m.value or m.attribute in several]
    values = {m.attribute: "" for m in meant}
    values |= {m.attribute: m.value for m in meant if m.value}
    open_ones = {*several, *(m.attribute for m in meant if choice and not m.value)}
    return {name: "" if name in open_ones else value for name, value in values.items()}


def _filled(pool: tuple[str, ...], value: str, key: int) -> str:
    text = pool[key % len(pool)].format(value)
    return text[0].upper() + text[1:]


@lru_cache(maxsize=8192)
def reference_acts(
    role: str, attributes: tuple[str, ...], described: tuple[Feature, ...], phrasing: str
) -> ReferenceActs:
    """The acts of a context; the same object for equal arguments."""
    return ReferenceActs(role, attributes, described, phrasing)
