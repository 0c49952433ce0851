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
from pragenv.tasks.numerals import TEENS, UNITS, WORTH

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
# Any other: a few words, with a name below them ("Big hugs,\nAnn").
_SIGNED = re.compile(r"^(?:[\w&.'’-]+[ ,]+){0,4}[\w'’-]+\s?[,!–-]$")
_NAME_WORDS = 6
_HEADLINE_WORDS, _GREETING_WORDS = 12, 12
_END_OF_SENTENCE = (".", ";", ",", ":")

# What people write where they are formal, and where they are friendly; of a text that has both, one kind must prevail.
_FORMAL = re.compile(
    r"\b(?:would like to|wish(?:es)? to|begs? to|(?:we|i) (?:deeply |sincerely )?regret|regrets?|regrettabl[ey]|kindly"
    r"|hereby|herewith|henceforth|hitherto|thereby|therein|thereof|inform(?:ed|s)?|(?:please be |are )?advised"
    r"|do not hesitate|therefore|thus|furthermore|moreover|however|nevertheless|consequently|accordingly|regarding"
    r"|concerning|with (?:regard|respect|reference|immediate effect)|in (?:accordance|compliance)|pursuant|should you"
    r"|requested|requests? that|requests for|upon request|sincerely|faithfully|respectfully|(?:kind|best) regards"
    r"|cordially|apologi[sz]e|sincere (?:apologies|thanks)|inconvenience|pleased to|delighted to|privilege|we remain"
    r"|on behalf of|invited to|invites|sir or madam|to whom it may concern|assist(?:ance)?|in advance|at your earliest"
    r"|gratitude|grateful|appreciat(?:e|ion)|the undersigned|do not|cannot|will not|is not|are not|shall"
    r"|in (?:the event|case|view|light|respect) of|inclement|due to|owing to|prior to|subsequent(?:ly)?|as of|as per"
    r"|upon|commenc\w+|terminat\w+|undertake\w*|attend(?:ance|ees)?|submit\w*|submission|permitted"
    r"|prohibited|obliged|compelled|entitled|require[sd]?|requirements?|necessary|mandatory|provid(?:ed|es)"
    r"|remunerat\w+|reimburs\w+|purchased?|notif(?:y|ied|ication)|enquir(?:y|ies)|inquir(?:y|ies)|queries|consult"
    r"|appliance|premises|employment|vacancy|applications?|the above|aforementioned|in writing|at no charge"
    r"|it has come to|attention (?:of|is)|take note|please note|(?:be|is|are) reminded|please find|enclosed"
    r"|unacceptable"
    r"|dissatisfaction|take effect|into force|are asked to|is asked to|in due course|on this occasion"
    r"|convey|ensure|relocated|transferred|suspen\w+|supersede[sd]?|approximately|beforehand|duly)\b"
    # Passives of what will or has to be done: "applications must be submitted".
    r"|\b(?:may|must|shall|should|will|would) (?:not )?be \w{2,}(?:ed|en)\b|\b(?:has|have) (?:not )?been \w{2,}ed\b"
    r"|\b(?:is|are) to be \w+"
)
_FRIENDLY = re.compile(
    r"\b\w+(?:n['’]t|['’](?:ll|re|ve|d|m))\b|\b(?:it|that|there|here|what|who|he|she|let|how|where|everyone|everybody"
    r"|nobody|somebody)['’]s\b"
    r"|(?<!\bits )(?<!\bour )(?<!\bmy )(?<!\bsincere )(?<!\bof )\bthanks\b(?! (?:all|its|the|every|to all|each))"
    r"|\b(?:hey|hi|hiya|folks|guys|cheers|awesome|great news|good news|super|cool|yay|hooray|wow|oops|ouch|phew"
    r"|gonna|wanna"
    r"|lots of|loads of|a bunch|grab|pop (?:in|by|round|over|into)|drop (?:by|in|us|me)|come (?:along|on|over)"
    r"|join (?:us|in)|see you|yeah|yep|nope|okay|you bet|no worries|no problem|stuff|kids|mums?|dads?|gran|little ones"
    r"|bring your|have fun|fun|chat|give (?:us|me) a (?:shout|ring|call|buzz)|shout|quick|big thank you|thanks a"
    r"|lovely|heads[- ]up|guess what|so happy|sorry about|sorry again|really sorry|hope to see|hugs|a bit|mates?|buddy"
    r"|amazing|fantastic|brand-new|lucky you|fingers crossed|oh|so much)\b"
    r"|[!]|[\U0001F300-\U0001FAFF☀-⛿✨❤]|[:;]-?[()]"
)
_ADDRESSING = r"(?:dear|hi|hello|hey|attention|to|for|our|all|invites?|informs?)"
_BETWEEN = r"(?:,|\s|\b(?:all|our|the|my|valued|fellow|you|to)\b){0,16}"

_MONTHS = "january february march april may june july august september october november december".split()
_NUMBERS = ("zero", *UNITS, *TEENS, "twenty")
_DAYS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth".split()
)
_DAYS += "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
_DAYS += [f"twenty-{day}" for day in _DAYS[:9]] + ["thirtieth", "thirty-first"]
_MONTH = "|".join(_MONTHS)
_DAY = "|".join(reversed(_DAYS))
# What may follow a bare number for it to be an hour: "we open at 9, so", "from 8 to noon", but not "from 9 euros".
_NO_UNIT = (
    r"(?=[ \t]*(?:$|[\n,;!?()–-]|[.:](?!\d)"
    r"|(?:and|to|till|until|on|every|each|daily|sharp|now|instead|in|so|onwards|or|as)\b))"
)
# Times, dates and prices as people write them, and the one way in which they are compared. A date in figures has the
# day first ("14/6", "14.6.", "14/06/2025"), or the year ("2025-06-14").
_REWRITTEN: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<=\w)['’]s\b"), ""),
    (re.compile(rf"\b({'|'.join(_NUMBERS)})\b"), lambda found: str(WORTH[found[1]])),
    (re.compile(r"\b\d{4}-(\d\d)-(\d\d)\b"), lambda found: _date(found[0], found[2], found[1])),
    (
        re.compile(
            r"(?<![\d/.])(\d{1,2})(?:/(\d{1,2})(?![\d/])|([/.-])(\d{1,2})\3(?:20)?\d\d\b|\.[ ]?(\d{1,2})\.(?!\d))"
        ),
        lambda found: _date(found[0], found[1], found[2] or found[4] or found[5]),
    ),
    (re.compile(r"\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"), lambda found: _month(found[0])),
    (re.compile(rf"\b({_DAY})(?=\s+(?:of\s+)?(?:{_MONTH})\b)"), lambda found: str(_DAYS.index(found[1]) + 1)),
    (
        re.compile(rf"\b({_MONTH})\s+(?:the\s+)?({_DAY})\b"),
        lambda found: f"{found[1]} {_DAYS.index(found[2]) + 1}",
    ),
    (re.compile(r"\b(\d{1,2})[snrt][tdh]\b(?:\s+(?:day\s+)?of\b)?"), r"\1"),
    (re.compile(rf"\b(\d{{1,2}})\s+of\s+(?={_MONTH})"), r"\1 "),
    (re.compile(rf"\b({_MONTH})\s+the\s+(?=\d)"), r"\1 "),
    (
        re.compile(r"\b0?(\d{1,2})(?:[:.]00)? ?(?:([ap])\.? ?m\b|in the (?:(morning)|afternoon|evening))"),
        lambda found: _time(found),
    ),
    (
        re.compile(rf"\b(at|from|by|till|until|since|between|before) (\d{{1,2}}){_NO_UNIT}", re.MULTILINE),
        r"\1 \2 o'clock",
    ),
    (re.compile(r"[.,]00(?= ?(?:€|eur))"), ""),
    (re.compile(r"€|\beuros?\b|(?<![a-z])eur\b"), " euros "),
)


def _month(short: str) -> str:
    return next(month for month in _MONTHS if month.startswith(short[:3]))


def _date(written: str, day: str, month: str) -> str:
    return f"{int(day)} {_MONTHS[int(month) - 1]} " if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else written


def _time(found: re.Match[str]) -> str:
    half = found[2] or ("a" if found[3] else "p")
    return f"{found[1]} {half}m"


def form(text: str) -> str | None:
    """How a text is laid out.

    `list`: at least three lines are items. Else `letter`: it begins with a greeting on a line of its own and has a
    closing among its last four lines (a usual one, or at most five words that end in a comma or an exclamation mark,
    with a name as the last line). Else `headline`: a first line of at most 12 words that ends no sentence, with
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
        if any(_CLOSING.match(line) for line in lines[1:][-4:]) or _is_signed(lines[1:]):
            return "letter"
    elif len(lines) > 1 and len(lines[0].split()) <= _HEADLINE_WORDS and not lines[0].endswith(_END_OF_SENTENCE):
        return "headline"
    return "paragraphs" if len(re.split(r"\n\s*\n", text[:LONGEST].strip())) > 1 else None


def _is_signed(lines: Sequence[str]) -> bool:
    """Whether a text ends in a closing of the writer's own, and a name."""
    if len(lines) < 2 or _SIGNED.match(lines[-2]) is None:
        return False
    return len(lines[-1].split()) <= _NAME_WORDS and not lines[-1].endswith((".", "!", "?", ","))


def greets(line: str) -> bool:
    """Whether a line is a greeting and nothing else."""
    return len(line.split()) <= _GREETING_WORDS and _GREETING.match(line.strip()) is not None


def length(text: str) -> str | None:
    """Whether a text is `short` (at most 80 words), `medium`, or `long` (more than 140); None for no word at all."""
    count = len(words(text[:LONGEST]))
    return None if not count else "short" if count <= SHORT else "medium" if count <= LONG else "long"


def tone(text: str) -> str | None:
    """`formal` or `friendly`: which has marks in the text, at least twice as many as the other; else None."""
    read = text[:LONGEST].lower()
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
    addressed: list[tuple[int, str]] = []
    named: list[tuple[int, str]] = []
    single: list[tuple[int, str]] = []
    for who, signs in readers:
        sign = rf"\b(?:{'|'.join(re.escape(one) for one in signs)})\b"
        addressed += [
            (found.start(), who) for found in [re.search(rf"\b{_ADDRESSING}\b{_BETWEEN}{sign}", low)] if found
        ]
        named += [(found.start(), who) for found in [re.search(sign, low)] if found]
        # "No tenant will have to freeze" is for tenants if nobody else is named.
        one = rf"\b(?:{'|'.join(re.escape(sign[:-1]) for sign in signs if sign.endswith('s'))})\b"
        single += [(found.start(), who) for found in [re.search(one, low)] if found]
    found_first = addressed or named or single
    return min(found_first)[1] if found_first else None


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


@lru_cache(maxsize=16384)  # all facts of a document are looked for in one text, and all texts for the same signs
def _normal(text: str) -> str:
    text = text.lower().replace("’", "'")
    for pattern, instead in _REWRITTEN:
        text = pattern.sub(instead, text)
    return normalise(text)
