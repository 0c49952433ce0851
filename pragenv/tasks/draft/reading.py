"""What a user's words say of a document's points: values, complaints, and what is to go in or out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from pragenv.tasks.draft.checks import LONG, SHORT
from pragenv.tasks.draft.document import IN, OUT, Document
from pragenv.tasks.lexicon import Lexicon, Match, words
from pragenv.types import Act

Entry = tuple[str, str]  # point and value; the value is empty for words that name the point only

_CUES: Mapping[Entry, str] = {
    ("form", ""): "form|format|structure|layout|laid out|lay it out|set out|set it out|arrangement|organised|organized",
    ("form", "paragraphs"): "paragraphs|paragraph|running text|prose|plain text|block of text|continuous text",
    ("form", "list"): "list|bullet list|bullet points|bullets|bullet|bulleted|itemised|itemized|items|list of points",
    ("form", "letter"): "letter|salutation|greeting|closing line|letter form",
    ("form", "headline"): "headline|heading|title",
    ("length", ""): "length|how long|word count|word limit|how many words|words",
    (
        "length",
        "short",
    ): "short|brief|concise|compact|crisp|snappy|to the point|couple of lines|few lines|few sentences",
    (
        "length",
        "medium",
    ): "medium|middling|moderate|neither short nor long|in between|average|medium length|hundred words",
    ("length", "long"): "long|lengthy|detailed|extensive|in depth|thorough|in detail",
    ("tone", ""): "tone|style|voice|register|mood|wording|how it sounds|sound",
    ("tone", "formal"): "formal|formally|official|polite|stiff|businesslike|serious|professional|dry|ceremonious",
    (
        "tone",
        "friendly",
    ): "friendly|friendlier|casual|informal|warm|warmer|warmth|chatty|relaxed|personal|easy going|loose",
    ("reader", ""): "reader|readers|readership|audience|recipients|recipient|addressees|target group|whom|addressing",
}
# Everyday words that a repair of misspelt ones would take for one of these.
_INNOCENT = """
    more from part parts time times work works year dear hear heard better need money read reading ready right write
    writing written send sending sent tell made make wrong song strong lost last least listen shirt shot sort warn
    warning storm person people polish police though through thought detail details information
""".split()

_MISSING = re.compile(
    r"\b(?:forg[eo]t(?:ten)?|miss(?:ed|es|ing)?|lack(?:s|ing)?|left out|omitted|skipped|there(?:'s| is) no(?:thing)?)\b"
    r"|\b(?:haven't|have not|didn't|did not|hasn't been|isn't|wasn't) (?:mention|include|add|state|say|said|put)"
    r"|\bwhere(?:'s| is| are| did)\b|(?:n't|\bnot|\bcannot) (?:\w+ )?(?:see|find|there)\b|\bnot in there\b"
    r"|\b(?:isn't|aren't|is not|are not) in\b"
)
_UNWANTED = re.compile(
    r"n't\b|\bwhy (?:is|are|do|does|did)\b|\b(?:not|no|nothing|none|never|without|leave|remove|drop|delete|cut|omit"
    r"|skip|exclude|lose|strike|rid|unnecessary|superfluous|irrelevant|take|keep \w+(?: \w+)? out|out|should go"
    r"|ha(?:s|ve) to go|nobody|private)\b"
)
_WANTED = re.compile(
    r"\b(?:yes|add|include|mention|put|need|needs|want|wants|must|should|essential|important|state|say|give|tell|has to"
    r"|have to|keep|please|with|in|belongs|matters|would be good|vital)\b"
)
_RELATIVE = re.compile(r"\b(?:too|enough|less|more)\b|n't\b|\b(?:not|no|never|without|than)\b")
_UNLIKE = re.compile(r"n't\b|\bwhy (?:is|are)\b|\b(?:too|less|not|no|nothing|nobody|never|without|than)\b")
_LACKING = re.compile(r"\benough\b|\bthere(?:'s| is) no\b|\b(?:miss|missing|lacks|forgot)\b")
# Of a draft, "that isn't formal" is a complaint; of anything else, a wish.
_DESCRIBED = re.compile(r"\b(?:this|it|that)(?: is|'s| does| sounds| reads)?(?:n't| not)\b(?! (?:to|supposed|meant))")
_INSTEAD = re.compile(r"\b(?:instead of|rather than|in place of)\b.*")
_SHORTER = re.compile(
    r"\b(?:shorter|trim|tighten|condense|shorten|cut (?:it|this|that)|too (?:long|lengthy|wordy|detailed))\b"
)
_LONGER = re.compile(
    r"\b(?:longer|expand|lengthen|flesh|more detail(?:s|ed)?|stretch|too (?:short|brief))\b"
    r"|(?:\bnot|n't) (?:\w+ )?(?:long|detailed) enough\b"
)
_NOT_TOO = re.compile(r"\bnot (?:\w+ )?too (long|short|brief|lengthy)\b")
_WORDS = re.compile(r"\b(\d{1,4})(?:\s*(?:to|-|–|and)\s*(\d{1,4}))?\s+words\b")
_MORE_THAN = re.compile(r"\b(?:over|more than|above|at least|beyond|exceed)\b")
_AMISS = re.compile(
    r"\b(?:wrong|off|amiss|another|other|different|differently|change|rethink|again)\b"
    r"|n't (?:\w+ )?(?:right|like|work|suit|fit|happy)"
    r"|\bnot (?:\w+ )?(?:right|happy|that|those|so|quite|sure about|keen)\b|\bdislike\b|\bunhappy\b"
)
_RIGHT = re.compile(
    r"\b(?:perfect|wonderful|excellent|brilliant|that works|just (?:right|what|like that)|looks? (?:good|great|fine)"
    r"|good (?:as it is|to go)|(?:fine|great) (?:as it is|now)|wouldn't change|exactly|love it|spot on|send it"
    r"|no (?:more )?(?:changes|complaints|comments)|nothing (?:to|i'd) (?:change|add|complain)|ready to (?:go|send)"
    r"|happy with (?:it|this|that)|that's (?:it|right|the one)|leave it (?:like that|as it is))\b"
)
_NOT_RIGHT = re.compile(r"\b(?:not|never|almost|nearly|isn't|but|aren't)\b")
_CLAUSES = re.compile(r"\band\b|\bbut\b|[,;]")
_OPPOSITE = {"formal": "friendly", "friendly": "formal", IN: OUT, OUT: IN}


def band(count: int) -> str:
    """The length of a text of so many words."""
    return "short" if count <= SHORT else "medium" if count <= LONG else "long"


@lru_cache(maxsize=64)
def lexicon(document: Document) -> Lexicon[Entry]:
    """The words for the points of a document and for their values."""
    rows = [(("", ""), word, 1.0) for word in _INNOCENT]
    rows += [(entry, cue, 1.0) for entry, cues in _CUES.items() for cue in cues.split("|")]
    rows += [(("reader", who), sign, 1.0) for who, signs in document.readers.items() for sign in signs]
    rows += [((fact.name, ""), cue, 1.0) for fact in document.facts for cue in (*fact.cues, fact.label, *fact.signs)]
    return Lexicon(rows)


def matches(text: str, document: Document) -> list[Match[Entry]]:
    """What a text names, in its order."""
    return [match for match in lexicon(document).find(words(text)) if match.entries[0][0]]


def read(text: str, document: Document, drafted: Mapping[str, str | None]) -> Iterator[Act]:
    """What a sentence of a user's says.

    Args:
        text: in lower case.
        document: that it is about.
        drafted: the profile of the draft that it follows; empty where it follows none. "Shorter" is understood by it.
    """
    found: dict[str, Act] = {}
    for clause in _CLAUSES.split(text.replace("’", "'")):
        clause = _INSTEAD.sub("", clause)
        for act in _clause(clause, document, drafted):
            # "Too long, make it short": what is wanted says more than what is amiss.
            if act.slot not in found or (found[act.slot].kind, act.kind) == ("deny", "inform"):
                found[act.slot] = act
    if not found and drafted and _RIGHT.search(text) and not _NOT_RIGHT.search(text):
        yield Act("inform", "draft", "right")
    yield from found.values()


def _clause(clause: str, document: Document, drafted: Mapping[str, str | None]) -> Iterator[Act]:
    named = [match.entries[0] for match in matches(clause, document)]
    facts = list(dict.fromkeys(point for point, _ in named if point in document.by_name))
    if facts:
        act = _of_facts(clause)
        yield from (act._replace(slot=fact) for fact in facts if act is not None)
        return
    if (act := _length(clause, [value for point, value in named if point == "length"], drafted)) is not None:
        yield act
    relative = _RELATIVE.search(clause) is not None
    for point in ("form", "tone", "reader"):
        values = list(dict.fromkeys(value for name, value in named if name == point and value))
        if len(values) == 1 and not (point == "reader" and relative and len(named) > 1):
            yield _said_of(point, values[0], clause, drafted)
        elif not values and (point, "") in named and _AMISS.search(clause):
            yield Act("deny", point)


def _of_facts(clause: str) -> Act | None:
    """What a clause wants of the facts that it names: in, out, or otherwise than drafted."""
    if _MISSING.search(clause):
        return Act("inform", value=IN)
    if _AMISS.search(clause):
        return Act("deny")
    if _UNWANTED.search(clause):
        return Act("inform", value=OUT)
    return Act("inform", value=IN) if _WANTED.search(clause) else None


def _said_of(point: str, value: str, clause: str, drafted: Mapping[str, str | None]) -> Act:
    """What a clause says of one value: that it is wanted, or that it is not."""
    lacking = _LACKING.search(clause) or (drafted and point == "tone" and _DESCRIBED.search(clause))
    if _UNLIKE.search(clause) and not lacking:
        return Act("inform", point, _OPPOSITE[value]) if value in _OPPOSITE else Act("deny", point, value)
    return Act("inform", point, value)


def _length(clause: str, named: Sequence[str], drafted: Mapping[str, str | None]) -> Act | None:
    if bounded := _NOT_TOO.search(clause):
        return Act("deny", "length", "long" if bounded[1].startswith("l") else "short")
    if counted := _WORDS.search(clause):
        low, high = int(counted[1]), int(counted[2] or counted[1])
        return Act("inform", "length", band((low + high + 1) // 2 + bool(_MORE_THAN.search(clause))))
    for pattern, least, most in ((_SHORTER, "short", "long"), (_LONGER, "long", "short")):
        if pattern.search(clause):
            # From the far end there are two bands that it may be.
            return Act("deny", "length") if drafted.get("length") == most else Act("inform", "length", least)
    values = set(filter(None, named))
    if len(values) == 1:
        return _said_of("length", values.pop(), clause, drafted)
    return Act("deny", "length") if named and not values and _AMISS.search(clause) else None
