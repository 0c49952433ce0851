"""When somebody takes an offer of its own back, and what it says after that."""

from __future__ import annotations

import re

from pragenv.tasks.negotiate.money import SIGNS

_MINE = (
    r"(?:(?:my|our|the|this|that) (?:\w+ ){0,2}?(?:offer|proposal|bid|price|figure|package|quote)\b"
    r"(?: (?:that )?(?:i|we)(?:'ve| have)? (?:just )?(?:made|gave|put|proposed)(?: you)?)?"
    r"|the (?:deal|terms) (?:that )?(?:i|we) (?:offered|proposed|suggested)\b"
    rf"|(?:my|our|the|that) [{SIGNS}]?\s?\d[\d,.]*"
    r"|(?:what|everything|anything)(?: that)? (?:i|we)(?:'ve| have| had)? (?:just )?(?:offered|proposed|suggested"
    r"|put)\b)"
)
_BACK = (
    r"(?:withdraw(?:ing)?|retract(?:ing)?|rescind(?:ing)?|revok(?:e|ing)|cancel(?:l?ing)?|scrap(?:ping)?|scratch"
    r"|pull(?:ing)?"
    r"|drop(?:ping)?|forget(?: about)?|disregard|ignore|call(?:ing)? off)"
)
_GONE = (
    r"(?:(?:now|hereby|been|just|considered?) )*(?:off(?: the table)?\b|withdrawn|void|cancel(?:l?ed)\b|gone\b"
    r"|dead\b|expired"
    r"|lapsed|no longer (?:\w+ )?(?:stands?|valid|good|holds?|available|applies|counts|on(?: the table)?)\b"
    r"|(?:doesn't|does not) (?:stand|hold)"
    r"|(?:not|isn't) (?:valid|available|good) (?:any|no)|history\b)"
)
_WITHDRAWN = re.compile(
    rf"\b{_BACK} (?:back )?{_MINE}|\b(?:i|i'm|we|we're|i'd like to|must"
    rf"|have to)(?: hereby)? withdraw(?:ing)?(?: it| that| this)?(?=\s*(?:[.,:;!–—-]|$))"
    rf"|\b(?:tak(?:e|ing)|want|have|having|pull(?:ing)?) (?:{_MINE} (?:right )?(?:back\b|off the table)|back {_MINE})"
    rf"|{_MINE}(?:'s|'s| is| has| are)? (?:\w+ )?{_GONE}"
    rf"|\b(?:consider|treat|regard) {_MINE} (?:as )?{_GONE}"
    rf"|\b(?:no longer|don't|can't|not|cannot) (?:\w+ )?stand by {_MINE}|\bno longer offer(?:ing)?\b"
)
# What is asked, denied, put off or hung on a condition, and what is said of the other's offer.
_KEPT = re.compile(
    r"\?|\byours?(?: \w+)? (?:offer|proposal|bid|price)|\b(?:if|unless|until|when|once|before|might|may|could"
    r"|or i'll)\b"
    rf"|\b(?:not|never|\w+n't|without) (?:\w+ ){{0,3}}?(?:{_BACK}|tak(?:e|ing)|off the table|withdrawn)\b"
)
_OLDER = re.compile(r"\b(?:last|first|old|older|earlier|original|previous)\b")


def withdrawn(sentence: str) -> bool:
    """Whether a sentence takes an offer of the speaker's own back."""
    return _WITHDRAWN.search(sentence) is not None and _KEPT.search(sentence) is None


def withdrawn_older(sentence: str) -> bool:
    """Whether it is an older offer that the sentence takes back."""
    return withdrawn(sentence) and _OLDER.search(sentence) is not None
