"""Dialogue acts of Draft: what an agent asks or drafts, and what a user wants or finds amiss."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest

from rapidfuzz import fuzz, process

from pragenv.protocols import commitment
from pragenv.tasks.draft import wordings
from pragenv.tasks.draft.checks import LONGEST, profile
from pragenv.tasks.draft.composer import compose
from pragenv.tasks.draft.document import IN, OUT, documents, key_of, profile_of
from pragenv.tasks.draft.reading import matches, read
from pragenv.tasks.lexicon import normalise, words
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import requests
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

_KIND_OF_DRAFT = r"(?:(?:my|new|next|first|second|third|revised|updated|final)[ \t]+){0,2}draft"
_NUMBERED = r"(?:[ \t]+(?:v?\d{1,2}|two|three|\([^()\n]{1,20}\)))?[ \t]*(?:[:：][*_]*|[*_]*[ \t]*$)(.*)\Z"
_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL
_DRAFT = re.compile(rf"^[ \t#*_>]*{_KIND_OF_DRAFT}{_NUMBERED}", _FLAGS)
_HERE = re.compile(
    rf"^[^:\n]{{0,80}}\bhere(?:['’]s| is)[ \t]+(?:(?:an?|my|the|your)[ \t]+)?{_KIND_OF_DRAFT}{_NUMBERED}", _FLAGS
)
"""How a draft is announced where no line has the marker: "Sure! Here is my draft:"."""
_LATER = re.compile(r"[.!?:][ \t]+DRAFT:(.*)\Z", re.DOTALL)
"""The marker as it is told, though behind a sentence: "Thanks. DRAFT: ..."."""
_LEFT_OUT = re.compile(
    r"\b(?:leave|left|keep|take)\b.{0,99}\bout\b|\b(?:omit|drop(?:ped)?|skip(?:ped)?|exclude|avoid|remove|without)\b"
    r"|\bnot (?:be |to )?(?:mention|be in|in)"
)
_CONTENT = re.compile(
    r"\b(?:mention(?:ed)?|included?|contain|say|cover|facts?|details?|contents?|information|be in|put in|go in"
    r"|key points)\b"
)
_OPEN = re.compile(
    r"\b(?:(?:any|some)thing (?:else|more|further)|what else|other (?:wishes|requirements|points|preferences)"
    r"|tell me (?:a bit )?more|what (?:do you|would you like|you) (?:want|need|have in mind))\b"
)
_WHO = re.compile(
    r"\bwho(?:'s|m|'ll)?\b.{0,99}\b(?:for|read|reads|reading|reach|get|see|inviting|invited|audience|writing|addressed|to)\b"
    r"|\b(?:which|what) (?:people|group|persons)\b"
)
_ALTERNATIVES = re.compile(r"\bor\b|^\W*(?:and |so |but )?how\b|\bhow (?:formal|friendly|long|short)\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_YES = re.compile(
    r"(?:yes|yeah|yep|yup|sure|definitely|absolutely|certainly|please|right|correct|indeed|of course|by all means|ok"
    r"|okay)\b"
)
_NO = re.compile(r"(?:no|nope|nah|not|better not|rather not|i'd rather not|i'd (?:leave|skip|drop) (?:that|it))\b")
_SIMILAR = 88.0
"""Least similarity (of 100) of a sentence with slips of the pen to the wording that it is taken for."""
_SIMILAR_WORD = 60.0
"""Least similarity of each of its words."""


@lru_cache(maxsize=4096)
def draft_acts(document: str, points: tuple[str, ...], phrasing: str) -> DraftActs:
    """The acts of a built-in document; the same object for equal arguments."""
    return DraftActs(document, points, phrasing)


class DraftActs:
    """The acts of one document and specification in one phrasing; satisfies `protocols.Acts`.

    `ask` has a point for its slot, with the value that it is about, if it is about one; `facts` asks for any fact and
    `ask_open` for anything. `draft` has for its slot the values that the draft has on all points. An utterance with a
    draft is a draft, whatever is asked beside it. The menu holds a question for each point, and one draft.

    Args:
        document: name of the document.
        points: of the specification, in order.
        phrasing: the split whose wordings are used.
    """

    def __init__(self, document: str, points: tuple[str, ...], phrasing: str) -> None:
        self.document, self.points = documents()[document], points
        plain = {point: self.document.values[point][0] for point in points}
        self.menu = (*(Act("ask", point) for point in points), Act("draft", key_of(plain)))
        self._phrasing = phrasing
        self._said = _own_wordings(document)
        self.parse = lru_cache(maxsize=1024)(self._parse)
        self.read = lru_cache(maxsize=1024)(self._read)

    def phrase(self, act: Act, key: int) -> str:
        """A question in a few words, or a draft with the values that the act names."""
        if act.kind == "draft":
            return f"DRAFT:\n{compose(self.document, profile_of(act.slot))}"
        pool = phrasings(wordings.about(wordings.QUESTIONS, self.document, act.slot), self._phrasing)
        return pool[key % len(pool)]

    def reply(self, act: Act, commented: bool, terse: bool, key: int) -> str | None:
        """A user's wording of one of its acts, as a comment on a draft or as an answer; None for others."""
        document = self.document
        if act.kind == "request":
            pool = document.openings
        elif act.kind == "deny":
            pool = wordings.about(wordings.VAGUE, document, act.slot)
        elif act.kind in wordings.OTHERS or act.slot == "draft":
            pool = wordings.OTHERS["right" if act.slot == "draft" else act.kind]
        elif act.kind == "inform":
            pool = wordings.worded(wordings.COMMENTS if commented else wordings.ANSWERS, document, act.slot, act.value)
        else:
            return None
        if terse and act.kind != "request":
            return pool[0]
        pool = phrasings(pool, self._phrasing)
        return pool[key % len(pool)]

    # -- understanding an agent ----------------------------------------------------------------------------------------

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        drafted = next(filter(None, (marked.search(utterance) for marked in (_DRAFT, _LATER, _HERE))), None)
        if drafted is not None and words(text := drafted[1].strip()):
            return (Act("draft", key_of(profile(text, self.document, self.points))),)
        asked: dict[str, Act] = {}
        for act in self._asked(utterance[:LONGEST].lower()):
            asked.setdefault(act.slot, act)
        return tuple(asked.values())

    def _asked(self, text: str) -> Iterator[Act]:
        for _, clauses in requests(text):
            for clause in clauses:
                values: dict[str, set[str]] = {}
                for match in matches(clause, self.document):
                    point, value = match.entries[0]
                    values.setdefault(point, set()).update(filter(None, [value]))
                yield from self._asked_in(clause, values)
                if not values and (act := _general(clause)) is not None:
                    yield act

    def _asked_in(self, clause: str, values: Mapping[str, set[str]]) -> Iterator[Act]:
        facts = [point for point in values if point in self.document.by_name]
        # Beside a fact, words for other points only describe it ("warm clothes", "should tenants be told of ...").
        yield from (Act("ask", fact, OUT if _LEFT_OUT.search(clause) else IN) for fact in facts)
        if not facts:
            single = not _ALTERNATIVES.search(clause)
            for point, named in values.items():
                yield Act("ask", point, next(iter(named)) if len(named) == 1 and single else "")

    # -- understanding a user ------------------------------------------------------------------------------------------

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What a user wants or finds amiss, in the order in which it says so: own wordings first, then any others."""
        # Where a user says again what it said before, the new comes last (see `pragenv.wrappers.repeat`).
        newest = utterance.rpartition("\n\n")[2].removeprefix("New: ")[:LONGEST]
        drafted = next((profile_of(act.slot) for act in asked if act.kind == "draft"), {})
        found: dict[str, Act] = {}
        for sentence in _SENTENCE.split(newest):
            if not (said := normalise(sentence)) or common_kind(sentence) is not None:
                continue
            known = self._said.get(said) or self._slipped(said)
            for act in (known,) if known is not None else read(sentence.lower(), self.document, drafted):
                found.setdefault(act.slot, act)
        if (agreed := self._agreed(newest, asked)) is not None:
            found.setdefault(agreed.slot, agreed)
        return tuple(act for act in found.values() if act.kind in ("inform", "deny"))

    def _slipped(self, said: str) -> Act | None:
        if len(said) < 8:
            return None
        near = process.extractOne(said, list(self._said), scorer=fuzz.ratio, score_cutoff=_SIMILAR)
        return self._said[near[0]] if near is not None and _same_words(said, near[0]) else None

    def _agreed(self, text: str, asked: tuple[Act, ...]) -> Act | None:
        """What a "yes" or "no" says of the value that was asked about."""
        begins = text.lower().replace("’", "'").lstrip()
        if not asked or not asked[0].value or asked[0].kind != "ask":
            return None
        _, point, value = asked[0]
        if _YES.match(begins):
            return Act("inform", point, value)
        if not _NO.match(begins):
            return None
        others = [other for other in self.document.values[point] if other != value]
        return Act("inform", point, others[0]) if len(others) == 1 else Act("deny", point, value)


def _same_words(one: str, other: str) -> bool:
    """Whether two texts differ in the spelling of words only: "please drop it" is no slip of "please add it"."""
    pairs = list(zip_longest(one.split(), other.split(), fillvalue=""))
    return all(fuzz.ratio(a, b) >= _SIMILAR_WORD for a, b in pairs)


def _general(clause: str) -> Act | None:
    """What a clause asks for that names no point."""
    if _WHO.search(clause):
        return Act("ask", "reader")
    if _OPEN.search(clause):
        return Act("ask_open")
    return Act("ask", "facts") if _CONTENT.search(clause) else None


@lru_cache(maxsize=64)
def _own_wordings(name: str) -> dict[str, Act]:
    """What the user's own wordings of all splits mean; of those that serve two meanings, as one would take them."""
    document = documents()[name]
    found: dict[str, Act] = {}
    for point, values in document.values.items():
        for value in values:
            for table in (wordings.ANSWERS, wordings.COMMENTS):
                for text in wordings.worded(table, document, point, value):
                    found.setdefault(normalise(text), Act("inform", point, value))
        for text in wordings.about(wordings.VAGUE, document, point):
            found[normalise(text)] = Act("deny", point)
    for kind, pool in wordings.OTHERS.items():
        for text in pool:
            found[normalise(text)] = Act("inform", "draft", "right") if kind == "right" else Act(kind)
    # "Say sorry for the faulty kettle" names the occasion, and asks for no fact.
    found |= {normalise(sentence): Act("request") for text in document.openings for sentence in _SENTENCE.split(text)}
    return found
