"""Dialogue acts of Draft: what an agent asks or drafts, and what a user wants or finds amiss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.draft import wordings
from pragenv.tasks.draft.agreement import agreement
from pragenv.tasks.draft.checks import LONGEST, profile
from pragenv.tasks.draft.composer import compose
from pragenv.tasks.draft.cues import is_bare, matches, repaired
from pragenv.tasks.draft.document import IN, OUT, documents, key_of, profile_of
from pragenv.tasks.draft.general import FOR, counted
from pragenv.tasks.draft.reading import Said
from pragenv.tasks.lexicon import normalise, words
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import requests
from pragenv.tasks.speech import SMALL_TALK
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
    r"^\W*(?:(?:so|then|and|or) )*no\b|\b(?:leave|left|leaving|keep|kept|take|taken|stay)\b.{0,99}\bout\b|\bbe out\b"
    r"|\b(?:omit\w*|drop(?:ped)?"
    r"|skip(?:ped)?|exclud\w+"
    r"|avoid\w*|remov\w+|delet\w+|cut|scrap|strike|ditch|without|unmentioned|unsaid|forget|spare|silent|quiet|hide"
    r"|conceal|withhold|gloss over"
    r"|rid of|unnecessary|irrelevant|needless|(?:say|mention) nothing|nothing (?:about|on)|do without|no need)\b"
    r"|(?:n't|\bnot) (?:be |to |have to |need to )?(?:mention|include|be in|in|say|bring|state|put|give|tell|talk"
    r"|list|name)"
)
# "Shall I describe the fault, and leave out the rest?" says two things.
_TWOFOLD = re.compile(
    r"(?:,|;|\band\b|\bbut\b)+\s+(?:also |then |and |but |rather )*(?=(?:leave|omit|drop|skip|mention|include|say"
    r"|add|put"
    r"|keep|describe|tell|not|cut|bring|remove|state|name|exclude)\b)"
)
_CONTENT = re.compile(
    r"\b(?:mention(?:ed)?|included?|contain|say|said|cover(?:ed)?|facts?|details?|contents?|information|info|be in"
    r"|be on|put in"
    r"|put on|go in(?:to|side)?|goes in(?:to)?|key points|points?|things|need to know|learn|material|stress"
    r"|emphasi[sz]e"
    r"|highlight|leave out|left out)\b|\bwhat\b.{0,40}\b(?:in it|know|write about|tell them|tell people|be told)\b"
)
_OPEN = re.compile(
    r"\b(?:(?:any|some)thing (?:else|more|further)|anything (?:(?:that )?you'd|i forgot|i missed|(?:that )?you"
    r"|i should|i need|to add|you want)"
    r"|is (?:that|this) (?:all|everything)|how (?:can|may) i help|what can i do|what else|other (?:wishes"
    r"|requirements|points|preferences|thoughts|requests|instructions|things|details)"
    r"|(?:further|more) (?:wishes|instructions|requests|requirements|details|information)"
    r"|tell me (?:a (?:bit|little) )?more|what (?:do you|would you like|you) (?:want|need|have in mind)"
    r"(?! (?:me|them|people|in|it|mentioned|included|to|said|covered)\b))\b"
)
_WHO = re.compile(
    r"\b(?:who|whom|who's|who'll|whose)\b.{0,99}\b(?:for|reads?|reading|reach|gets?|receiv\w+|see|inviting|invited?"
    r"|audience"
    r"|writ\w+|addres\w+|to|thank\w*|complain\w*|tell\w*|inform\w*|notify\w*|target\w*|at|aim\w*|contact\w*"
    r"|apologi\w+|with"
    r"|looking|want|speak\w*|talk\w*|recipients?|hear|announc\w+)\b"
    r"|\b(?:which|what) (?:(?:kind|sort|type|group)s? of )?(?:people|group|persons?|crowd|public)\b|\bwho\W*$"
)
# "Who wrote the first version?" is about no reader.
_NOT_FOR = re.compile(r"\bwho (?:are you|made|wrote|won|came|pays|paid|organi[sz]e[sd]?|told|is responsible)\b")
_ALTERNATIVES = re.compile(r"\bor\b|^\W*(?:and |so |but )?how\b|\bhow (?:formal|friendly|long|short)\b")
# Of a fact is asked whether it is to go in: by a word for that, or where hardly anything else is said.
_WHETHER_IN = re.compile(
    r"\b(?:should|shall|may|can|could|must|do (?:we|i|they)|does (?:it|the \w+) matter|would you|want|needs?|needed"
    r"|ok|okay"
    r"|all right|alright|fine|mention\w*|includ\w+|part of|important|to be|to go|in (?:it|there)|belongs?|matter"
    r"|deserve|add"
    r"|worth|rather|better|mind|would it|will (?:i|we|it)|am i|are we|i'd|put|say|state|in or out|yes or no|necessary"
    r"|relevant|wish|(?:would|'d|would you) like)\b"
)
# "How many neighbours do you have?" asks for no reader.
_OF_THE_WORLD = re.compile(
    r"^\W*(?:and |so )?(?:how (?:many|old|often|far|fast|come|are|is|was|did|do)|when|where|why)\b"
)
_OF_DOINGS = re.compile(r"^\W*(?:and |so )?(?:do|does|did|have|has|had)\b")
# "How long will the water be off?" is no question about the text.
_LASTS = re.compile(
    r"\bhow long (?:will|is|does|do|did|was|are|were|can|must) (?:the|your|you|they|we|this|that) (?!text|notice"
    r"|invitation|invite"
    r"|update|complaint|memo|announcement|advert|ad|apology|thank|note|draft|letter|message|document|list|version|piece"
    r"|whole|final|finished|result|want|need|like|have|be|prefer)\w+"
)
_WHICH = re.compile(r"^\W*(?:and |so )?(?:what|which)\b")
_EXCLAIMS = re.compile(r"^\W*(?:what an?|how \w+)\b")
_TAG = re.compile(
    r"[,;.]?\s{0,3}(?:is (?:that|this) (?:right|correct|so|ok|okay|fine)|(?:am i )?right|correct|yes|isn't it|okay|ok"
    r"|agreed)\s*\?"
)
_BACK = re.compile(r"\b(?:it|that|this|they|them|those|these|so)\b")
# Questions that lack their object have it in what was said just before ("length: do you have something in mind?").
_ELLIPTIC = re.compile(
    r"^\W*(?:(?:and|so|now|well|then) )*(?:(?:could|can|would|will) you (?:please )?(?:tell|say|help|clarify"
    r"|specify)\b(?! me (?:a bit |more|what|which|who|how))"
    r"|do you (?:have|know)\b.{0,20}\b(?:something|anything|idea|preferences?|in mind|a wish)|any (?:preferences?"
    r"|wish(?:es)?|ideas?|thoughts)\W*$"
    r"|what (?:do|would) you (?:think|prefer|say|like|suggest)\W*$|what(?:'s| is) your preference|which (?:do"
    r"|would) you (?:prefer|like)\W*$"
    r"|(?:do|would) you mind"
    r"|(?:shall|should|can|may|must|do|could) (?:i|we) (?:mention|include|say|leave|add|put|bring|keep|drop|omit"
    r"|skip) (?:it|that|this"
    r"|them|so)\b)"
)
_OPEN_MATTER = re.compile(
    r"\b(?:don't|do not|doesn't) (?:yet |really )?know|not (?:yet )?sure|unclear|undecided|still (?:open|missing)"
    r"|(?:like|want|need|have) to (?:check|know|ask|confirm)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")


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
        """What an utterance asks, sentence by sentence."""
        text = repaired(text.replace("’", "'"), self.document)
        before = ""
        for sentence, clauses in requests(_TAG.sub("?", text)):
            if sentence.rstrip().endswith("!") and _EXCLAIMS.match(sentence):
                clauses = []
            elif not clauses and _OPEN_MATTER.search(sentence):
                clauses = [sentence]
            acts = self._one_value([act for clause in clauses for act in self._asked_in(clause)])
            if clauses and all(act.slot in ("", "facts") for act in acts) and _ELLIPTIC.search(clauses[-1]):
                acts = self._about_before(sentence, before) or acts
            elif not acts and clauses and len(clauses) == 1 and clauses[0] != sentence:
                acts = list(self._asked_in(sentence))
            named_fact = any(act.slot in self.document.by_name for act in acts)
            yield from (act for act in acts if not (named_fact and act.slot == "facts" and _BACK.search(sentence)))
            before = sentence

    def _about_before(self, sentence: str, before: str) -> list[Act]:
        """What a question without an object is about: what its own sentence names, else the one before."""
        for said in (sentence, before):
            points = list(dict.fromkeys(match.entries[0][0] for match in matches(said, self.document)))
            facts = [point for point in points if point in self.document.by_name]
            if facts and _WHETHER_IN.search(sentence):
                return [Act("ask", fact, OUT if _LEFT_OUT.search(sentence) else IN) for fact in facts]
            if points and not facts and (said is sentence or _OPEN_MATTER.search(said)):
                return [Act("ask", point) for point in points]
        return []

    def _one_value(self, acts: list[Act]) -> list[Act]:
        """The acts of a sentence; where it offers two values of a point, none is asked about."""
        found: dict[str, Act] = {}
        for act in acts:
            known = found.setdefault(act.slot or act.kind, act)
            if known.value != act.value and act.slot not in self.document.by_name:
                found[act.slot] = Act("ask", act.slot)
        return list(found.values())

    def _asked_in(self, clause: str) -> Iterator[Act]:
        named: list[tuple[str, str]] = []
        for part in _TWOFOLD.split(clause):
            held = matches(part, self.document)
            named += [match.entries[0] for match in held]
            facts = list(
                dict.fromkeys(match.entries[0][0] for match in held if match.entries[0][0] in self.document.by_name)
            )
            if _WHETHER_IN.search(clause) or is_bare(clause, matches(clause, self.document)):
                yield from (Act("ask", fact, OUT if _LEFT_OUT.search(part) else IN) for fact in facts)
        # Beside a fact, words for other points only describe it ("warm clothes", "should tenants be told of ...").
        if not any(point in self.document.by_name for point, _ in named):
            values: dict[str, set[str]] = {}
            for point, value in named:
                values.setdefault(point, set()).update(filter(None, [value]))
            single = not _ALTERNATIVES.search(clause)
            if _OF_THE_WORLD.search(clause) or (_OF_DOINGS.match(clause) and not FOR.search(clause)):
                values.pop("reader", None)
            if _LASTS.search(clause):
                values.pop("length", None)
            if _CONTENT.search(clause) and set(values) == {"reader"} and _WHICH.match(clause):
                values = {"facts": set()}
            if (count := counted(clause)) is not None:
                values["length"] = {count}
            for point, given in values.items():
                yield Act("ask", point, next(iter(given)) if len(given) == 1 and single else "")
        if not named and (act := _asked_generally(clause)) is not None:
            yield act

    # -- understanding a user ------------------------------------------------------------------------------------------

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What a user wants or finds amiss, in the order in which it says so: own wordings first, then any others."""
        # Where a user says again what it said before, the new comes last (see `pragenv.wrappers.repeat`).
        newest = utterance.rpartition("\n\n")[2].removeprefix("New: ")[:LONGEST]
        drafted = next((profile_of(act.slot) for act in asked if act.kind == "draft"), {})
        said = Said(self.document, drafted, asked)
        own: list[Act] = []
        for sentence in _SENTENCE.split(newest):
            if not (plain := normalise(sentence)) or sentence.strip() in SMALL_TALK:
                continue
            mended = repaired(sentence.lower(), self.document)
            known = self._said.get(plain) or self._said.get(normalise(mended))
            if known is not None and (known.slot != "draft" or drafted or not asked):
                own.append(known)
                said.add(known)
            else:
                said.hear(mended)
        if not own and (agreed := self._agreed(newest, asked)) is not None:
            said.add(agreed)
        found = [act for act in said.found.values() if act.kind in ("inform", "deny")]
        # "Lovely! Just add the date" is not content.
        return tuple(act for act in found if act.slot != "draft") or tuple(found)

    def _agreed(self, text: str, asked: tuple[Act, ...]) -> Act | None:
        """What a "yes" or "no" says of the value that was asked about."""
        if not asked or not asked[0].value or asked[0].kind != "ask":
            return None
        _, point, value = asked[0]
        agrees = agreement(text)
        if agrees is None:
            return None
        if agrees:
            return Act("inform", point, value)
        others = [other for other in self.document.values[point] if other != value]
        return Act("inform", point, others[0]) if len(others) == 1 else Act("deny", point, value)


def _asked_generally(clause: str) -> Act | None:
    """What a clause asks for that names no point."""
    if _WHO.search(clause) and not _NOT_FOR.search(clause):
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
