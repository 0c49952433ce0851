"""What a user's words say of the points that every document has: form, length, tone and reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pragenv.tasks.draft.checks import LONG, SHORT
from pragenv.tasks.draft.cues import is_bare, matches
from pragenv.tasks.draft.document import Document
from pragenv.tasks.numerals import TENS, WORTH
from pragenv.types import Act

_RELATIVE = re.compile(r"\b(?:too|enough|less|more)\b|n't\b|\b(?:not|no|never|without|than)\b")
_UNLIKE = re.compile(
    r"n't\b|\bwhy (?:is|are|so|the|an?|all)\b|\b(?:too|less|not|no|nothing|nobody|never|without|than|overly"
    r"|excessively|stop|avoid"
    r"|tone down|way over|drop|cut|remove|lose|skip|rid of)\b|\b(?:can't|cannot)\b"
)
_ABSOLUTE = re.compile(
    r"\bmore\b.*\bthan\b|\brather\b.*\bthan\b|\bnot (?:only|just)\b|\bcould(?:n't)? (?:you|it|we)\b|\btoo,? please\b"
)
_LACKING = re.compile(
    r"\benough\b|\bthere(?:'s| is) no\b|\b(?:miss|missing|lacks?|forgot|short on|without any)\b|\bwhere(?:'s| is)\b"
)
# Of a draft, "that isn't formal" is a complaint; of anything else, a wish.
_DESCRIBED = re.compile(
    r"\b(?:this|it|that|you)(?: is|'s| does| sounds?| reads?)?(?:n't| not)\b(?! (?:to|supposed|meant|be|have|need))"
)
# "It's rather short" finds fault, said of a draft.
_FOUND_SO = re.compile(
    r"^\W*(?:\w+ )?(?:it|that|this|the \w+)(?:'s| is| sounds| reads| feels| looks| seems| comes across as)"
    r"(?: (?:a bit|a little|a tad|rather|quite|very|pretty|awfully|so|terribly|somewhat|kind of|sort of|really|still"
    r"|all))*"
    r" [\w-]+(?: (?:to|for) .*)?\W*$"
)
# Who a text is for, and not who is only spoken of ("my colleagues are noisy today").
FOR = re.compile(
    r"\b(?:for|to|at|towards?|addres\w+|read\w*|reach\w*|aim\w*|meant|target\w*|speak\w*|talk\w*|writ\w+|should"
    r"|wants?|wanted"
    r"|needs?|gets?|send\w*|invit\w+|rather|instead|not|audience|receiv\w+|see|hello|dear|please|only|wrong|must"
    r"|thank\w*"
    r"|ones?|make|mean|meant|is it|it's|them)\b|n't\b"
)
_LIKENED = re.compile(r"\b(?:reads|sounds|feels|looks) (?:a bit |rather |more |too |just )?(?:like|as if)\b")
_AMISS = re.compile(
    r"\b(?:wrong|amiss|another|other|different|differently|change|rethink|again)\b"
    r"|\b(?:is|'s|are|seems?|sounds?|feels?|bit|way|completely|all|totally) off\b"
    r"|n't (?:\w+ )?(?:right|like|work|suit|fit|happy|convince|what|how)|n't the \w+ (?:i|we)\b|\b(?:hate|fix|adjust)\b"
    r"|\bnot (?:\w+ )?(?:right|happy|the|that|those|so|quite|sure about|keen|convinced|fond|what)\b|\bdislike\b"
    r"|\bunhappy\b"
)
_SHORTER = re.compile(
    r"\b(?:shorter|trim|tighten|condense|shorten|cut (?:it|this|that|down)|abridge|halve|in half|prune|compress"
    r"|less text"
    r"|fewer (?:words|lines|sentences)|(?:too|so|pretty|rather|quite|very|a bit|awfully) (?:wordy|verbose)|rambl\w+"
    r"|long[- ]winded|wordy|verbose|waffl\w+|drags on|goes on and on|go(?:es)? on (?:for|too|forever)|never ends"
    r"|endless"
    r"|bloated|half (?:of that|as long|the length|that length)|boil it down|get to the point|cut to the chase"
    r"|too much text"
    r"|too much to read|too many words|reads? (?:that much|all (?:of )?(?:that|this|it))|(?:too|awfully|far) (?:long"
    r"|lengthy|wordy|detailed|extensive|much detail))\b"
)
_LONGER = re.compile(
    r"\b(?:longer|expand|lengthen|flesh|more (?:detail(?:s|ed)?|text|words|to it|substance|meat)|stretch|elaborate|beef"
    r"|pad it|fill it out|say more|write more|go on a bit|(?:greater|more) (?:length|depth)|twice (?:as long"
    r"|the length)"
    r"|double (?:the length|it)|skimpy|too (?:soon|abrupt)|meag(?:er|re)|sketchy|too (?:short|brief|little|terse"
    r"|concise|thin)|extend)\b"
    r"|(?:\bnot|n't) (?:\w+ )?(?:long|detailed) enough\b"
)
_NOT_TOO = re.compile(r"\b(?:not|n't) (?:\w+ )?(?:too|so|overly) (long|short|brief|lengthy)\b")
_IN_WORDS = re.compile(
    rf"\b(?:(a|one|two|three|four|five) hundred(?: and (ten|{'|'.join(TENS)}))?"
    rf"|({'|'.join(TENS)}))\b(?=.{{0,24}}\bwords\b)"
)
_HUNDREDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_WORDS = re.compile(r"\b(\d{1,4})(?:\s*(?:to|-|–|and|or)\s*(\d{1,4}))?(?:\s+\w+)?\s+words?\b|\bwords?:? (\d{1,4})\b")
_NUMBER_ONLY = re.compile(r"\b(\d{2,3})(?=\W*$)")
_MORE_THAN = re.compile(
    r"(?<!no )(?<!not )(?<!n't )(?<!never )\b(?:over|more than|above|at least|beyond|exceed|upwards of)\b"
)
_OPPOSITE = {"formal": "friendly", "friendly": "formal"}


def band(count: int) -> str:
    """The length of a text of so many words."""
    return "short" if count <= SHORT else "medium" if count <= LONG else "long"


def general(clause: str, document: Document, drafted: Mapping[str, str | None], asked: str) -> Iterator[Act]:
    """What a clause says of the general points.

    Args:
        clause: in lower case.
        document: that it is about.
        drafted: the profile of the draft that it follows; empty where it follows none.
        asked: the point that it answers, or empty.
    """
    held = matches(clause, document)
    named = [match.entries[0] for match in held]
    if any(point in document.by_name for point, _ in named):
        return  # words for other points only describe a fact ("warm clothes")
    if asked == "length":
        clause = _NUMBER_ONLY.sub(r"\1 words", clause)
    lengths = [value for point, value in named if point == "length"]
    if (act := _length(clause, lengths, drafted)) is not None:
        yield act
    relative = _RELATIVE.search(clause) is not None
    for point in ("form", "tone", "reader"):
        values = list(dict.fromkeys(value for name, value in named if name == point and value))
        if point == "reader" and not (FOR.search(clause) or asked == "reader" or is_bare(clause, held)):
            continue
        if len(values) == 1 and not (point == "reader" and relative and len(named) > 1):
            yield _said_of(point, values[0], clause, drafted)
        elif not values and (point, "") in named and _AMISS.search(clause):
            yield Act("deny", point)


def _said_of(point: str, value: str, clause: str, drafted: Mapping[str, str | None]) -> Act:
    """What a clause says of one value: that it is wanted, or that it is not."""
    lacking = _LACKING.search(clause) or (drafted and point == "tone" and _DESCRIBED.search(clause))
    unlike = _UNLIKE.search(_ABSOLUTE.sub("", clause)) or (
        drafted and point == "tone" and (_LIKENED.search(clause) or _FOUND_SO.search(clause))
    )
    if unlike and not lacking:
        return Act("inform", point, _OPPOSITE[value]) if value in _OPPOSITE else Act("deny", point, value)
    return Act("inform", point, value)


def _length(clause: str, named: Sequence[str], drafted: Mapping[str, str | None]) -> Act | None:
    if bounded := _NOT_TOO.search(clause):
        return Act("deny", "length", "long" if bounded[1].startswith("l") else "short")
    if (count := counted(clause)) is not None:
        return Act("inform", "length", count)
    values = set(filter(None, named))
    if drafted and len(values) == 1 and _FOUND_SO.search(clause):
        clause = f"too {values.copy().pop()}"
    for pattern, least, most in ((_SHORTER, "short", "long"), (_LONGER, "long", "short")):
        if pattern.search(clause):
            # From the far end there are two bands that it may be.
            return Act("deny", "length") if drafted.get("length") == most else Act("inform", "length", least)
    if len(values) == 1:
        return _said_of("length", values.pop(), clause, drafted)
    return Act("deny", "length") if named and not values and _AMISS.search(clause) else None


def counted(clause: str) -> str | None:
    """The length that a clause gives as a number of words."""
    found = _WORDS.search(_IN_WORDS.sub(_in_figures, clause))
    if found is None:
        return None
    low = int(found[1] or found[3])
    high = int(found[2] or low)
    return band((low + high + 1) // 2 + bool(_MORE_THAN.search(clause)))


def _in_figures(found: re.Match[str]) -> str:
    if found[3]:
        return str(WORTH[found[3]])
    return str(100 * _HUNDREDS[found[1]] + (WORTH[found[2]] if found[2] else 0))
