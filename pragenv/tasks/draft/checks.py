"""The checkers: what a text is like on each point of a specification. Pure functions of the text.

Each gives a text one value or none: a text meets a requirement if and only if it has the wanted value. How often they
err is studied on labelled texts (`tests/studies/README.md`, `draft_texts`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from pragenv.tasks.draft.document import IN, OUT, Document, Profile
from pragenv.tasks.lexicon import normalise, words

LONGEST = 8000
"""Characters of a text that are read."""
SHORT, LONG = 80, 140
"""A text of at most so many words is short; one of more than so many is long."""
ITEMS = 3
"""Least number of list items that make a list."""

_ITEM = re.compile(r"^[\s>]*(?:[-*+•–—·◦‣▪●○✓✔➢]|\*{0,2}\(?(?:\d{1,2}|[a-z])[.)](?:\*\*)?)\s+\S")
_GREETING = re.compile(
    r"^(?:(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|greetings|to all|to whom)\b"
    r"(?:\b(?:mr|mrs|ms|dr)\.|[^.?])*|to (?:our|the)\b[^.?]*,)$",
    re.IGNORECASE,
)
# With at most a few words of who signs on the same line ("Kind regards, Ann", "Best wishes from all of us").
_CLOSING = re.compile(
    r"^(?:yours(?: \w+){0,2}|(?:with )?(?:kind|kindest|best|warm|warmest|many)? ?(?:regards|wishes|thanks)"
    r"(?: and (?:best|kind|warm) (?:regards|wishes))?|(?:all the )?best|thanks (?:so much|again)|warmly|hugs"
    r"|sincerely|respectfully|cheers|thank you(?: very much)?|take care|(?:lots of )?love|see you(?: \w+){0,2}"
    r"|looking forward(?: to [\w ]{1,30})?|cordially|with gratitude)"
    r"(?: yours)?\s*(?:[,.!–-]*|(?:[,!–-]+|from)(?:\s+[\w&.'’-]+){1,5})$",
    re.IGNORECASE,
)
_HEADLINE_WORDS, _GREETING_WORDS = 12, 8
_END_OF_SENTENCE = (".", ";", ",", ":")

# What people write where they are formal, and where they are friendly; of a text that has both, one kind must prevail.
_FORMAL = re.compile(
    r"\b(?:would like to|wish to|(?:we|i) regret|kindly|hereby|herewith|inform(?:ed|s)?|please be advised|advised"
    r"|do not hesitate|therefore|furthermore|moreover|however|consequently|accordingly|regarding|concerning"
    r"|with (?:regard|respect|reference) to|in accordance|pursuant|should you|are (?:kindly )?requested"
    r"|request(?:s|ed)? that|(?:yours )?(?:sincerely|faithfully|respectfully)|(?:kind|best) regards|cordially"
    r"|apologi[sz]e for|sincere (?:apologies|thanks)|inconvenience|pleased to|we remain|on behalf of|is invited to"
    r"|are invited to|to whom it may concern|assistance|in advance|at your earliest|gratitude|the undersigned"
    r"|do not|cannot|will not|is not|are not|shall)\b",
    re.IGNORECASE,
)
_FRIENDLY = re.compile(
    r"\b\w+(?:n['’]t|['’](?:ll|re|ve|d|m))\b|\b(?:it|that|there|here|what|who|he|she|let|how|where)['’]s\b"
    r"|\b(?:hey|hi|hiya|folks|guys|cheers|thanks|awesome|great news|super|cool|yay|wow|oops|gonna|wanna|lots of"
    r"|a bunch|grab|pop (?:in|by|round|over)|drop (?:by|in|us|me)|come along|join (?:us|in)|see you|can['’]?t wait|yeah"
    r"|no worries|stuff|kids|bring your|have fun|fun|chat|give us a (?:shout|ring|call)|shout|quick|big thank you"
    r"|lovely|heads[- ]up|guess what|so happy|sorry about|hope to see)\b|[!]|[\U0001F300-\U0001FAFF☀-⛿✨❤]|[:;]-?\)",
    re.IGNORECASE,
)
_ADDRESSING = r"(?:dear|hi|hello|hey|attention|to|for|our|all|invites?|informs?)"
_BETWEEN = r"(?:,|\s|\b(?:all|our|the|my|valued|fellow|you|to)\b){0,16}"

_MONTHS = "january february march april may june july august september october november december".split()
# Times, dates and prices as people write them, and the one way in which they are compared.
_REWRITTEN: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b0?(\d{1,2})(?:[:.]00)? ?([ap])\.? ?m\b"), r"\1 \2m"),
    (re.compile(r"\b(\d{1,2})[snrt][tdh]\b(?:\s+of\b)?"), r"\1"),
    (re.compile(r"\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"), lambda found: _month(found[0])),
    (re.compile(rf"\b({'|'.join(_MONTHS)})\s+the\s+(?=\d)"), r"\1 "),
    (re.compile(r"[.,]00(?= ?(?:€|eur))"), ""),
    (re.compile(r"€|\beuros?\b|(?<![a-z])eur\b"), " euros "),
)


def _month(short: str) -> str:
    return next(month for month in _MONTHS if month.startswith(short[:3]))


def form(text: str) -> str | None:
    """How a text is laid out.

    `list`: at least three lines are items. Else `letter`: it begins with a greeting on a line of its own and has a
    closing among its last four lines. Else `headline`: a first line of at most 12 words that ends no sentence, with
    more below. Else `paragraphs`: at least two, with an empty line between them. None for a single block.
    """
    lines = [_plain(line) for line in text[:LONGEST].splitlines() if line.strip()]
    if lines and lines[0].lower().startswith("subject:"):
        lines = lines[1:]
    if not lines:
        return None
    if sum(bool(_ITEM.match(line)) for line in text[:LONGEST].splitlines()) >= ITEMS:
        return "list"
    if greets(lines[0]):
        if any(_CLOSING.match(line) for line in lines[1:][-4:]):
            return "letter"
    elif len(lines) > 1 and len(lines[0].split()) <= _HEADLINE_WORDS and not lines[0].endswith(_END_OF_SENTENCE):
        return "headline"
    return "paragraphs" if len(re.split(r"\n\s*\n", text[:LONGEST].strip())) > 1 else None


def greets(line: str) -> bool:
    """Whether a line is a greeting and nothing else."""
    return len(line.split()) <= _GREETING_WORDS and _GREETING.match(line.strip()) is not None


def length(text: str) -> str | None:
    """Whether a text is `short` (at most 80 words), `medium`, or `long` (more than 140); None for no word at all."""
    count = len(words(text[:LONGEST]))
    return None if not count else "short" if count <= SHORT else "medium" if count <= LONG else "long"


def tone(text: str) -> str | None:
    """`formal` or `friendly`: which has marks in the text, at least twice as many as the other; else None."""
    read = text[:LONGEST]
    formal, friendly = (sum(1 for _ in marks.finditer(read)) for marks in (_FORMAL, _FRIENDLY))
    if formal and formal >= 2 * friendly:
        return "formal"
    return "friendly" if friendly and friendly >= 2 * formal else None


def reader(text: str, readers: Iterable[tuple[str, Sequence[str]]]) -> str | None:
    """Whom a text is for: the reader that it addresses first ("Dear neighbours", "for all tenants"), else names first.

    Args:
        text: of the document.
        readers: who may be meant, each with the words for it.
    """
    low = text[:LONGEST].lower()
    addressed, named = [], []
    for who, signs in readers:
        sign = rf"\b(?:{'|'.join(re.escape(one) for one in signs)})\b"
        addressed += [
            (found.start(), who) for found in [re.search(rf"\b{_ADDRESSING}\b{_BETWEEN}{sign}", low)] if found
        ]
        named += [(found.start(), who) for found in [re.search(sign, low)] if found]
    return min(addressed or named)[1] if named else None


def mentions(text: str, signs: Sequence[str]) -> bool:
    """Whether a text holds any of the signs of a fact, as whole words, whatever their case and stops."""
    spoken = f" {_normal(text[:LONGEST])} "
    return any(f" {_normal(sign)} " in spoken for sign in signs)


def profile(text: str, document: Document, points: Iterable[str]) -> Profile:
    """The value that a text has on each of these points of a document's specification."""
    found: dict[str, str | None] = {}
    for point in points:
        if point == "reader":
            found[point] = reader(text, document.readers.items())
        elif point in document.by_name:
            found[point] = IN if mentions(text, document.by_name[point].signs) else OUT
        else:
            found[point] = {"form": form, "length": length, "tone": tone}[point](text)
    return found


def _plain(line: str) -> str:
    """A line without the marks of Markdown."""
    return line.strip().strip("#*_ ").strip()


@lru_cache(maxsize=1024)  # all facts of a document are looked for in one text, and all texts for the same signs
def _normal(text: str) -> str:
    text = text.lower().replace("’", "'")
    for pattern, instead in _REWRITTEN:
        text = pattern.sub(instead, text)
    return normalise(text)
