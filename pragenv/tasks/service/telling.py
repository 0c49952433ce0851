"""What a user tells of its wish, clause by clause: what it wants, rules out, corrects, or only talks about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from pragenv.tasks.lexicon import Lexicon, stem, words
from pragenv.tasks.service.asking import GO_AHEAD
from pragenv.tasks.service.clauses import HOW_I, UNSURE, Clause, agreement, asks_only, clauses_of, denies, ruled_out
from pragenv.tasks.service.domain import DAYS, Domain
from pragenv.tasks.service.goals import SLOTS
from pragenv.tasks.service.numbers import COUNTED, number
from pragenv.tasks.service.words import NOTHING, WEAK, count, counted, idle, plain, values
from pragenv.types import Act

_KINDS: Mapping[str, str] = {
    "cancel": r"cancel|annul|call(?:ing)? (?:\w+ ){0,3}off\b|drop (?:my|our|the|it|out)\b|take (?:(?:my|our) \w+ back"
    r"|back (?:my|our))\b"
    r"|take (?:me|us) off\b|sign (?:me|us) out\b|scrap\b|won't be (?:coming|travelling|attending|going)\b"
    r"|(?:get|be) rid of\b|give (?:up )?(?:my|our)(?: \w+)? (?:back|up|ticket|seat|place|slot)\b|give up (?:my|our)\b"
    r"|refund\b|money back\b|return (?:my|our)\b|withdraw\b|(?:pull|back) out\b|no longer (?:need|want|coming|going)\b"
    r"|(?:don't|won't) (?:need|want|be needing) (?:my|our|the) (?:\w+ )?\w+ any ?more\b|call it a day\b",
    "change": r"chang(?!\w* (?:(?:my|our|his|her) minds?|of)\b)(?!\w* something\.)|mov(?:e|ed|ing)\b|re-?schedul"
    r"|re-?book"
    r"|postpon|shift\b|switch|swap|put (?:\w+ )?off\b|put (?:my|our|the) (?:\w+ ){1,2}off\b|push (?:\w+ ){0,2}back\b"
    r"|bring (?:\w+ ){0,2}forward\b|transfer|delay\b|have a booking\b.*\binstead\b"
    r"|(?:another|different|later|earlier) (?:day|date)\b|another {item} (?:than|instead)\b",
    "book": r"book\b(?! (?:club|fair))|reserve\b|sign (?:me |us )?up\b|enrol|join\b|register\b|put (?:me|us|him|her"
    r"|them) down\b"
    r"|count (?:me|us) in\b|purchase\b|buy\b|looked after\b"
    r"|(?:make|arrange|schedule|get|have|set up) an? (?:\w+ )?(?:booking|reservation|appointment)\b",
}
_KINDS_UNASKED: Mapping[str, str] = {
    "change": r"(?:make|have) (?:that|it|this)(?: on)? (?:{days})\b|(?:can|could|may|might) (?:i"
    r"|we) (?:\w+ ){1,5}instead\b",
    "book": r"looking for\b|(?:tickets?|seats?) (?:to|from)\b|(?:want|need|like|love|hope|have) to (?:travel|see|visit"
    r"|do|try|attend|take part|take an?"
    r"|learn|(?:go|get) (?:to|from))\b"
    r"|(?:need|want|(?:'d|would) (?:like|love)|get(?: me| us)?|after) (?:an?|some|one|two|three|four|\d+)\b"
    r"(?! (?:new|other|different|refund))"
    r"|(?:need|want|like) (?:the )?(?:first|last|earliest|latest|cheapest) {item}\b"
    r"|(?:have you|have you got|do you have|is there|are there) (?:still )?(?:an? |any )?(?:room|opening|space|places?"
    r"|seats?|{item}s?|slots?)\b"
    r"|bring (?:\w+ )?\w+ in for\b|interested in (?:joining|booking|taking)\b",
}
"""Words for it where nothing else was asked for: as an answer, "I'd like a flexible one" tells no errand."""
_ITEMS = r"(?:{item}|slot|ticket|seat|place|booking|reservation|appointment|visit|class|lesson|session|trip)s?"
_HELD = (
    r"\b(?:bookings?|(?<!fully )booked(?! (?:up|out|solid))|reservations?|reserved|current|existing|at present"
    r"|original|already have|signed up"
    r"|enroll?ed|(?:is|am|are|'s|'re|'m) down for|as planned)\b"
    rf"|\b(?:my|our) (?:{{days}})\b|(?<!can )(?<!could )(?<!may )\b(?:i|we|he|she|you)(?:'ve|'s| have"
    rf"| has)(?: got)? (?:(?:an?|my|our|two|the) )?(?:\w+ )?{_ITEMS}\b"
)
_MINE = rf"\b(?:my|our) (?:\w+ )?{_ITEMS}|\b(?:the|that|this) (?:{{days}})(?:'s)? {_ITEMS}"
"""What is held by somebody who wants it changed; what is to be booked, is to be theirs as well."""
_NEW = re.compile(r"\b(?:new|instead|rather)\b")
_TOWARDS = frozenset(("to", "onto", "until", "till"))
_AWAY = frozenset(("from", "of", "my"))
_ARTICLES = frozenset(("the", "a", "this", "next", "coming"))
_AND = frozenset("or and nor the on in at to with".split())
_INSTEAD_OF = re.compile(r"^\W*(?:rather than|instead of)\b")
_SUPPOSED = re.compile(
    r"^\W*(?:in case|unless|even if|if (?!possible|you (?:can|could|have)|that's|it's (?:possible|ok)))\b"
)
_PERHAPS = re.compile(r"\b(?:might|may|could) (?:\w+ )?(?:have|need|want) to\b")
"""What may yet have to be done, is not wanted now."""
_BEFORE_NOW = re.compile(
    r"\b(?:last (?:week|year|month|time|night|spring|summer|autumn|winter)|yesterday|ago|used to|previously|in the past"
    r"|took|came|went|mended|fixed|repaired|saw|visited|attended|learnt|learned|loved|enjoyed|showed|tried|(?:i"
    r"|we) (?:left|lost|forgot|missed)|have been"
    r"|has been|i've been|we've been|(?:have|has|'ve|'s) (?:\w+ )?(?:done|taken|seen|visited|attended|tried|learnt))\b"
)
_CORRECTS = re.compile(
    r"^\W*(?:(?:oh|ah|um|er),? )?(?:no|nope|sorry|wait|actually|well|i mean|i meant|make (?:that|it)|rather|or rather"
    r"|correction|scratch that|on second thoughts?|better|hang on|hold on|so|this time|now|but|not)\b"
)
_ALSO = re.compile(r"\b(?:too|also|as well|either)\b")
_EITHER = re.compile(rf"\b(?:\d+|{'|'.join(COUNTED)}) or (?:\d+|{'|'.join(COUNTED)})\b")
_ALONE = re.compile(
    r"\b(?:just (?:for )?me|only (?:for )?me|(?:for )?me only|alone|(?:by |for )?myself|just one|a single|on my own"
    r"|solo"
    r"|nobody else|no one else|just the one)\b"
)
_BARE_COUNT = re.compile(
    rf"(?<![\d:.,])(?<!at )(?<!until )(?<!past )(?<!the first )(?<!\bthat )(?<!\bthis )(?<!\bwhich )(?<!\bno )"
    rf"(?<!\bthe )(\d{{1,2}}|{'|'.join(COUNTED)})\b"
    r"(?!\s*(?:o'clock|am\b|pm\b|past|to (?:\w+)$|days?|hours?|weeks?|minutes?|moment|sec|second|euros?|years?|[:.]\d))"
)
_COMPANION = (
    rf"(?:(?:(?:my|our) (?:{'|'.join(COUNTED)})|my|our|a|an|{'|'.join(COUNTED)}|\d{{1,2}})"
    r"(?: (?!and\b|plus\b|i\b|me\b)[\w'-]+){1,3}?)"
)
_COMPANIONS = rf"{_COMPANION}(?:(?:,? and |, | plus ){_COMPANION})*"
_PARTY = re.compile(
    rf"\b({_COMPANIONS})(?:,? and |, | plus )(?:me|i|myself)\b"
    rf"|\b(?:me|myself|i)(?:,|,? and|,? plus| with) ({_COMPANIONS}\b)"
)
"""Who comes, one after another: "my wife, my two kids and I"."""
_MEMBER = re.compile(
    rf"\b(?:(?:my|our) (?=(?:{'|'.join(COUNTED)})\b))?(my|our|a|an|{'|'.join(COUNTED)}|\d{{1,2}}) (?=[\w'-])"
)
_SUM = re.compile(
    rf"\b({'|'.join(COUNTED)}|\d{{1,2}}) (?:grown-?ups?|adults?|men|women|parents|pensioners?|seniors?),? (?:and|plus"
    rf"|with|&) "
    rf"({'|'.join(COUNTED)}|\d{{1,2}}) (?:\w+ )?(?:child|children|kids?|babies|baby|teenagers?|boys?|girls?|infants?)\b"
)


class Said(NamedTuple):
    """A value that a clause gives to a slot, and by which clause; whether it is ruled out."""

    slot: str
    value: str
    clause: int
    ruled_out: bool


class Telling:
    """Reads the words that a user says to a clerk."""

    def __init__(self, of: Domain) -> None:
        told = list(values(of))
        self._lexicon = Lexicon([*told, *idle({phrase.lower() for _, phrase, _ in told})])
        self._counted = counted(of)
        facts = {"{item}": of.item, "{days}": "|".join(day.lower() for day in DAYS)}
        both = {kind: "|".join(filter(None, (_KINDS[kind], _KINDS_UNASKED.get(kind)))) for kind in _KINDS}
        self._kinds, self._kinds_unasked = (
            {kind: re.compile(rf"\b(?:{_filled(pattern, facts)})") for kind, pattern in patterns.items()}
            for patterns in (_KINDS, both)
        )
        self._held = re.compile(_filled(_HELD, facts))
        self._mine = re.compile(_filled(_MINE, facts))

    def acts(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What is told, in the light of what was asked."""
        clauses = list(clauses_of(plain(utterance)))
        slots = {act.slot for act in asked}
        answers = bool(slots.intersection((*SLOTS, GO_AHEAD)))
        kind = self._kind(clauses, self._kinds if answers else self._kinds_unasked)
        said = self._all_said(clauses, slots, kind)
        if not kind and not answers and self._wants_another_day(said, clauses):
            kind = "change"
            said = self._all_said(clauses, slots, kind)
        about = [act for act in asked if act.kind == "ask" and (act.value or act.slot == GO_AHEAD)]
        found = [Act("inform", "kind", kind)] if kind else []
        for slot in dict.fromkeys(one.slot for one in said):
            wanted = [one for one in said if one.slot == slot and not one.ruled_out]
            if (value := _settled(wanted, clauses)) is not None:
                found.append(Act("inform", slot, value))
        agrees = agreement(clauses)
        if not about or (found and not (agrees and all(act.slot == "kind" for act in found))):
            return tuple(found)
        if agrees is None and any(one.ruled_out and Act("ask", one.slot, one.value) in about for one in said):
            agrees = False
        if agrees:
            named = tuple(act._replace(kind="inform") for act in about if act.value)
            return named or (Act("confirm"),)
        return () if agrees is None else (Act("deny"),)

    def _all_said(self, clauses: Sequence[Clause], asked: set[str], kind: str | None) -> list[Said]:
        spoken = (self._said(i, clause, asked, kind) for i, clause in enumerate(clauses))
        return [*chain.from_iterable(spoken), *self._places(clauses, asked)]

    def _wants_another_day(self, said: Sequence[Said], clauses: Sequence[Clause]) -> bool:
        """Whether a day is wanted beside that of a booking, or in place of one on which it cannot be kept."""
        held = any(one.slot == "held" for one in said)
        lost = any(one.slot == "day" and one.ruled_out and self._mine.search(clauses[one.clause].text) for one in said)
        return (held or lost) and any(one.slot == "day" and not one.ruled_out for one in said)

    @staticmethod
    def _kind(clauses: Sequence[Clause], patterns: Mapping[str, re.Pattern[str]]) -> str | None:
        """What the user wants to be done."""
        vague = (_SUPPOSED, _PERHAPS, UNSURE)
        live = [c.text for c in clauses if not any(v.search(c.text) for v in vague)]
        live = [c.text for c in clauses if c.text in live and (not asks_only(c) or HOW_I.search(c.text))]
        for kind, pattern in patterns.items():
            for text in live:
                for match in pattern.finditer(text):
                    before = words(text[: match.start()])[-4:]
                    if not any(denies([*before, *words(match[0])], i) for i in range(len(before))):
                        return kind
        return None

    def _said(self, at: int, clause: Clause, asked: set[str], kind: str | None) -> Iterator[Said]:
        """What a clause says of the slots that are told by words."""
        text = clause.text
        held = self._held.search(text) is not None
        # What was, is told only of what is held, or by somebody who was asked for that.
        if (
            _SUPPOSED.search(text)
            or asks_only(clause)
            or (_BEFORE_NOW.search(text) and not held and "held" not in asked)
        ):
            return
        held = held or (kind in ("change", "cancel") and self._mine.search(text) is not None)
        instead = _INSTEAD_OF.match(text) is not None
        unsure = UNSURE.search(text) is not None
        spoken = words(text)
        days: list[tuple[str, str, bool]] = []
        matches = [m for m in self._lexicon.find(spoken) if m.entries[0] != NOTHING]
        out, end = False, 0
        for i, match in enumerate(matches):
            slot, value = match.entries[0]
            # "Wed" is a day, a "wedding" is none.
            if slot == "day" and not match.literal and stem(spoken[match.start]) == value[:3].lower():
                continue
            linked = out and i > 0 and _AND.issuperset(spoken[end : match.start])
            after = matches[i + 1].start if i + 1 < len(matches) else len(spoken)
            out = instead or linked or ruled_out(spoken, end, match.start, match.end, after == len(spoken))
            ahead = [word for word in spoken[max(end, match.start - 3) : match.start] if word not in _ARTICLES]
            end = match.end
            if unsure:
                continue
            if slot == "day":
                days.append((value, ahead[-1] if ahead else "", out))
            elif "pick" in asked or (slot != WEAK and not (slot == "pick" and "rate" in asked)):
                yield Said("pick" if slot == WEAK else slot, value, at, out)
        yield from self._days(at, days, text, held, asked, kind)

    @staticmethod
    def _days(
        at: int, days: Sequence[tuple[str, str, bool]], text: str, held: bool, asked: set[str], kind: str | None
    ) -> Iterator[Said]:
        """The days of a clause: of the booking that there is, or of the one to come."""
        new = _NEW.search(text) is not None
        several = len({day for day, *_ in days}) > 1
        for i, (value, before, out) in enumerate(days):
            if before in _TOWARDS:
                slot = "day"
            elif out and kind in ("change", "cancel") and "held" not in asked:  # the day that they can't make any more
                slot, out = "held", False
            elif before in _AWAY or kind == "cancel":
                slot = "held"
            elif several:
                slot = "held" if i == 0 and held else "day"
            elif new:
                slot = "day"
            elif held or ("held" in asked and "day" not in asked):
                slot = "held"
            else:
                slot = "day"
            yield Said(slot, value, at, out)

    def _places(self, clauses: Sequence[Clause], asked: set[str]) -> Iterator[Said]:
        """For how many it is to be."""
        live = [(i, c.text) for i, c in enumerate(clauses) if not _SUPPOSED.search(c.text) and not asks_only(c)]
        whole = ", ".join(text for _, text in live)
        if summed := _SUM.search(whole):
            yield Said("places", str(number(summed[1]) + number(summed[2])), 0, False)
            return
        if _EITHER.search(whole):
            return
        found = [(i, text, match) for i, text in live for match in self._counted.finditer(text)]
        if not found and "places" in asked:
            found = [(i, text, match) for i, text in live for match in _BARE_COUNT.finditer(text)]
        party = _PARTY.search(whole) if "places" in asked else None
        if party and not any(
            re.search(r"\b(?:that's|altogether|total|so|makes|in all|of us)\b", t) for _, t, _ in found
        ):
            members = _MEMBER.findall(party[1] or party[2])
            many = sum(1 if word in ("my", "our", "a", "an") else number(word) for word in members)
            yield Said("places", str(1 + many), 0, False)
            return
        for i, text, match in found:
            before = words(text[: match.start()])
            out = any(denies([*before, match[0]], k) for k in range(max(0, len(before) - 2), len(before)))
            yield Said("places", str(count(match)), i, out)
        if not found and ("places" in asked or not asked) and any(_ALONE.search(text) for _, text in live):
            yield Said("places", "1", 0, False)


def _filled(pattern: str, facts: Mapping[str, str]) -> str:
    for name, fact in facts.items():
        pattern = pattern.replace(name, fact)
    return pattern


def _settled(wanted: Sequence[Said], clauses: Sequence[Clause]) -> str | None:
    """The value that is meant of those that were said.

    Who says two things of one ("Tuesday or Wednesday") has told neither, unless the later one corrects the earlier.
    """
    found = {one.value for one in wanted}
    if len(found) == 1:
        return wanted[0].value
    if not found:
        return None
    last = max(one.clause for one in wanted)
    before = max((one.clause for one in wanted if one.clause < last), default=last)
    latest = {one.value for one in wanted if one.clause == last}
    if any(_ALSO.search(clause.text) for clause in clauses[before + 1 : last + 1]):
        return None
    corrected = any(_CORRECTS.search(clause.text) for clause in clauses[before + 1 : last + 1])
    return latest.pop() if corrected and len(latest) == 1 else None
