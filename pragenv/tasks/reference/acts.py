"""Dialogue acts of Reference: which features a description names, what a question asks for, what a reply tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import Lexicon, Match, normalise, words
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.reference.vocabulary import Feature, vocabulary
from pragenv.tasks.requests import requests
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

_NEGATIONS = frozenset("not no never nor neither without except excluding non".split())
_TURNS = frozenset("but rather instead just only actually it's its".split())
_ORDINALS = {word: i for i, word in enumerate("first second third fourth fifth sixth seventh eighth".split())}
_REACH = 3
"""Words before a feature among which a negation denies it."""
_DESCRIBING = ("{}.", "It's {}.", "The one I mean is {}.", "I'd call it {}.", "Look for {}.")
_AGREEING = frozenset(("yes", "yeah", "yep", "right", "correct", "exactly", "indeed"))
_NOTHING_LIKE_IT = re.compile(
    r"\bnone\b|\bno such\b|\bnothing (?:like|here|of)\b|\b(?:don't|do not|can't|cannot) (?:see|find|have)\b"
    r"|\bthere (?:is|are|'s) (?:no|not)\b|\bthere(?:'s| isn't| aren't)(?: no| any)\b"
)
_SEVERAL = re.compile(
    r"\bmore than one\b|\bseveral\b|\b(?:two|three|four|some|many|a few) of (?:them|these|those)\b"
    r"|\bnot sure\b|\bunsure\b|\b(?:can't|cannot) (?:tell|say|decide)\b|\bambiguous\b"
    r"|\bcould be (?:any|either|several)\b"
)
_KNOWING = re.compile(
    r"\bgot it\b|\bi (?:think i )?(?:know|see|have) (?:which|it|the one|what you)\b|\bfound it\b|\bthat's clear\b"
    r"|\bthat settles it\b|\bi'm sure\b|\bmust be\b|\bclear enough\b"
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

# Everyday words that a repair of misspelt ones would take for a value.
_INNOCENT = """
    back start starting hear hearing heat late later plan planning play playing pain paid making formal float shared
    share side sides split sports speaks stories string tree meal meta point points painted spot granted glossy check
    checking checker corner length whistle strip pint solver forum mark
"""

_Entry = tuple[str, str]  # attribute and value; the value is empty for words that name the attribute, both for others


@cache
def _lexicon() -> Lexicon[_Entry]:
    rows: list[tuple[_Entry, str, float]] = [(("", ""), word, 1.0) for word in _INNOCENT.split()]
    for attribute in vocabulary().values():
        rows += [((attribute.name, ""), cue, 1.0) for cue in attribute.cues]
        for held in attribute.values.values():
            rows += [((attribute.name, value), word, 1.0) for value, other in held.items() for word in (value, *other)]
    return Lexicon(rows)


@lru_cache(maxsize=8192)
def features(text: str) -> tuple[Feature, ...]:
    """The features that a text names, in its order; what it denies is left out."""
    return tuple(dict.fromkeys(_named(words(text))))


def _named(spoken: list[str]) -> Iterator[Feature]:
    earlier: list[Match[_Entry]] = []
    for match in _lexicon().find(spoken):
        attribute, value = match.entries[0]
        if value and not _denied(spoken, match.start, earlier):
            yield attribute, value
        earlier.append(match)


def _denied(spoken: list[str], start: int, earlier: Iterable[Match[_Entry]]) -> bool:
    """Whether a negation reaches a phrase, over a few words; not past another feature, save by an "or"."""
    taken = {i for match in earlier for i in range(match.start, match.end)}
    linked = False
    for i in range(start - 1, max(start - 1 - _REACH, -1), -1):
        word = spoken[i].replace("’", "'")
        if word in _NEGATIONS or word.endswith("n't"):
            return True
        if word in _TURNS or (i in taken and not linked):
            return False
        linked = linked or word in ("or", "nor")
    return False


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
        asked: dict[str, set[str]] = {}
        for _, clauses in requests(utterance.lower()):
            for clause in clauses:
                for match in _lexicon().find(words(clause)):
                    attribute, value = match.entries[0]
                    if attribute in self._attributes:
                        asked.setdefault(attribute, set()).update(filter(None, [value]))
        return {name: next(iter(values)) if len(values) == 1 else "" for name, values in asked.items()}

    def read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What a user tells: features, where it describes; else whether it knows the object, and what it asks for."""
        if common_kind(utterance) is not None:  # that it did not understand tells nothing of what it knows
            return ()
        if not self._speaks:
            told = self.described(utterance)
            spoken = words(utterance)
            if not told and asked and asked[0].value and spoken and spoken[0] in _AGREEING:
                told = ((asked[0].slot, asked[0].value),)
            return tuple(Act("inform", *feature) for feature in told)
        if wanted := self._asked(utterance):
            return tuple(Act("request", name) for name in wanted)
        plain = f" {normalise(utterance).replace('’', chr(39))} "
        for kind, cue in (("deny", _NOTHING_LIKE_IT), ("unsure", _SEVERAL), ("confirm", _KNOWING)):
            if cue.search(plain):
                return (Act(kind),)
        return ()


def _filled(pool: tuple[str, ...], value: str, key: int) -> str:
    text = pool[key % len(pool)].format(value)
    return text[0].upper() + text[1:]


@lru_cache(maxsize=8192)
def reference_acts(
    role: str, attributes: tuple[str, ...], described: tuple[Feature, ...], phrasing: str
) -> ReferenceActs:
    """The acts of a context; the same object for equal arguments."""
    return ReferenceActs(role, attributes, described, phrasing)
