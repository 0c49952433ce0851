"""By which words one knows a question about terms, what a term matters, and that somebody accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from pragenv.tasks.lexicon import normalise
from pragenv.tasks.negotiate.market import Market
from pragenv.tasks.negotiate.reading import apart_from_terms, sentences_of
from pragenv.tasks.negotiate.sides import LITTLE, MUCH, SOME

_SIMILAR = 70.0
"""Least similarity (of 100) of a longer word with slips of the pen to the word that it is taken for."""


def _any(*patterns: str) -> str:
    return rf"\b(?:{'|'.join(patterns)})\b"


_MATTERING = (
    r"matters?|import\w*|care|priorit\w*|worth|value[sd]?|weight|keen|crucial|essential|vital|minor"
    r"|(?:concern|prefer)\w*"
)
IMPORTANT = re.compile(_any(_MATTERING))
ABOUT = re.compile(_any(_MATTERING, "must|need|mean|think|feel|interested|want"))
PRIORITIES = re.compile(
    r"\b(?:which|what)\b.*\b(?:matters?|import\w*|priorit\w*|care)\b"
    r"|\byour priorities\b|\bhow important are the terms\b"
)
CLAUSES = re.compile(r",|;|\bbut\b|\bwhile\b|\bwhereas\b|\band (?=the\b|i\b)")
LIMIT = re.compile(
    _any(
        r"reservation|limit|bottom line|walk(?:ing)?[- ]away|budget|how (?:low|high|far)",
        r"(?:lowest|highest|least|most|maximum|minimum|max|min)\b.{0,30}\b(?:you|your|price|accept|take|pay|go)",
        r"your (?:lowest|highest|maximum|minimum|max|min)",
    )
)
THEIR_OFFER = re.compile(
    _any(
        r"(?:what(?:'s| is| are| would| do| did| could)?|make|name|give|state|hear|tell|propose|suggest|have)\b.{0,40}"
        r"\b(?:offer|counter-?offer|proposal|terms|propose|suggest|price|in mind|looking for|ask(?:ing)?)",
        r"where (?:do|would) you (?:stand|start)|your (?:turn|move)",
        r"how much\b.{0,30}\b(?:want|pay|ask)",
        r"what (?:would|do|will) you (?:\w+ ){0,3}(?:pay|give|get|offer|charge)",
    )
)
OFFER_TOO = re.compile(r"\band what\b.*\b(?:offer|propose|suggest|pay)\b")
_QUESTION = re.compile(
    r"\?|^\W*(?:how|what|which|do|does|is|are)\b|"
    + _any(r"tell me|let me know|i(?:'d| would) like to know|i wonder|curious|say")
)
SECRET = re.compile(
    _any(
        r"secret|private|to myself|none of your|(?:rather|will|would|like to|prefer to) (?:not|keep)",
        r"(?:won['’]t|not going to|can['’]t|don['’]t want to) (?:say|tell|disclose|reveal)",
    )
)
_MUCH = re.compile(
    _any(
        r"very|really|extremely|highly|most|crucial|essential|vital|key|top|high|a lot|lots|great deal|greatly|much",
        r"must|everything|above all|big|huge",
    )
)
_SOME = re.compile(
    _any(
        r"somewhat|some|fairly|moderate\w*|medium|middle|a degree|an extent|a bit|quite|reasonably|partly|nice to have",
        r"average|so so|half",
    )
)
_LITTLE = re.compile(
    _any(
        r"little|hardly|barely|minor|low|least|indifferent|unimportant|nothing|slightly|negligible|scarcely|not at all",
        r"no (?:matter|importance|big deal|great|concern|interest|value|use)",
    )
    + r"|(?:\bnot|n't|\bnever)\b.{0,25}"
    + _any(
        "matter|important|care|worth|mind|need|priority|much|crucial|essential|fussed|big deal",
        r"(?:concern|bother)\w*",
    )
)
_PLAINLY = re.compile(_any("matters|priority|important|cares?"))
# What one says yes to by "accept" and "agree", which else may be anything ("agree to think about it", "the price").
_TERMS = (
    r"(?:to |with )?(?:(?:it|this|that)(?= *$| (?:at|for|then|now|and|please|thanks?)\b)"
    r"|(?:all (?:of )?)?(?:your|the|this|that|these|those|\w+'s) (?:[\w']+ ){0,2}"
    r"(?:offer|counter-?offer|terms|proposal|bid|conditions|deal))"
)
_GOES_ON = (
    rf"(?= *$| (?:{_TERMS}|at|for|with|and|then|thanks?|please|great|now|gladly|happily|let's|we|you|deal|\d+)\b)"
)
# What is tested for acceptance has no marks, and no levels of terms.
_ACCEPT = re.compile(
    r"(?:^|"
    + _any("okay|ok|yes|fine|then|done|got|yourself", "(?:it|that)(?:'s| is)", "(?:you|we)(?:'ve| have)")
    + r" )(?:a )?deal\b(?! with| breaker)|^sold\b"
    r"|^(?:\w+ )?(?:\w+ )?(?:agreed|accepted)\b(?! (?:that|about|on (?!all|every)[a-z]|to (?!your|these|all)))|"
    rf"^accept(?:{_GOES_ON}| (?:[\w']+ )?(?:offer|terms|proposal|deal|accept)\b)|"
    + _any(
        r"(?:offer is|terms are) accepted|works for me|that(?:'s| is) fine (?:by|with) me",
        r"(?:let's|we can) shake on (?:it|that)",
        rf"i (?:(?:hereby|gladly|happily|do|can|will) )?(?:accept|agree){_GOES_ON}",
        rf"i'll (?:(?:gladly|happily) )?(?:accept|agree){_GOES_ON}",
        r"i(?:'ll| will)? (?:gladly |happily )?take (?:it|that|this|the offer|your offer)",
        r"accept (?:your|the|this|that) (?:standing |last |current )?(?:offer|terms)",
    )
)
_NO_ACCEPT = re.compile(
    _any(
        r"not|no|never|cannot|\w+n't|if|unless|once|when|but|only|would|could|might|may|almost|nearly",
        r"provided|as long as|what|how|whether|before|though|(?:we|you|they|i) agreed|had|yet|later",
        r"nothing|none|neither|off|principle|without|minus|except|excluding|apart|plus|instead|rather|elsewhere|half",
        r"under|first|original|initial|earlier|previous|old|my (?:\w+ )?(?:offer|terms|proposal)|hundred|thousand",
    )
)
_REFUSED = re.compile(_any("no deal", "(?:can't|cannot|not|won't|don't) (?:accept|agree)"))


def asks(sentence: str) -> bool:
    """Whether a sentence asks for something."""
    return _QUESTION.search(sentence) is not None or THEIR_OFFER.search(sentence) is not None


def importance(clause: str) -> str | None:
    """How much something matters by a clause; None where it does not say."""
    plain = normalise(clause).replace("’", "'")
    for value, cue in ((LITTLE, _LITTLE), (SOME, _SOME), (MUCH, _MUCH), (MUCH, _PLAINLY)):
        if cue.search(plain):
            return value
    return None


def accepts(text: str, sold: Market, known: Iterable[str]) -> bool:
    """Whether a text accepts what was offered. What asks, hedges, refuses, sets a condition or is past accepts nothing.

    Args:
        text: a user's turn, or what an agent commits to.
        sold: the market.
        known: wordings of acceptance, normalised; slips of the pen in them are forgiven.
    """
    accepted = False
    for sentence in sentences_of(text):
        plain = apart_from_terms(sentence, sold).replace("’", "'")
        if _REFUSED.search(plain):
            return False
        told = _ACCEPT.search(plain) is not None and _NO_ACCEPT.search(plain) is None
        accepted = accepted or ("?" not in sentence and (told or slipped(sentence, known) is not None))
    return accepted


def slipped(sentence: str, known: Iterable[str]) -> str | None:
    """The wording that a sentence is, or is with slips of the pen: as many words, each like its own."""
    text = normalise(sentence)
    said = text.split()
    for wording in known:
        meant = wording.split()
        if text == wording or (len(said) == len(meant) > 1 and all(map(_alike, said, meant))):
            return wording
    return None


def _alike(word: str, meant: str) -> bool:
    return word == meant or (len(meant) > 4 and fuzz.ratio(word, meant) >= _SIMILAR)
