"""By which words one knows a question about terms, what a term matters, and that somebody accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz, process

from pragenv.tasks.lexicon import normalise
from pragenv.tasks.negotiate.market import Market
from pragenv.tasks.negotiate.reading import apart_from_terms, sentences_of
from pragenv.tasks.negotiate.refusals import PRICE
from pragenv.tasks.negotiate.sides import LITTLE, MUCH, SOME

_SIMILAR = 70.0
"""Least similarity (of 100) of a longer word with slips of the pen to the word that it is taken for."""

_SLIP = 83.0
"""The same for a word of acceptance in a text of any wording."""


def _any(*patterns: str) -> str:
    return rf"\b(?:{'|'.join(patterns)})\b"


_MATTERING = (
    r"matters?|import\w*|care|cares|caring|priorit\w*|worth|valu\w*|weight|keen|crucial|essential|vital|minor|counts?"
    r"|difference|critical|relevant|indispensable|necessary|decisive|interest\w*|need|big (?:deal|thing|issue)"
    r"|(?:deal|make or)[ -]?break\w*|must[ -]haves?|fussed|bother\w*|mind|(?:concern|prefer)\w*"
)
ABOUT = re.compile(
    _any(
        _MATTERING,
        r"must|mean|think|feel\w*|want|rather|expect\w*|rely|require\w*|(?:live|do|manage) without|help|use"
        r"|useful|helpful|handy|nice|attractive|appeal\w*|urgent|nuisance|hassle|problem|trouble",
        r"inconvenien\w*|rank|rate|rating|attached|benefit|insist|set on|stand|position|picky|particular|flexible",
        r"keeps? you (?:up|awake)|lose sleep|(?:high|low|top)\w*",
    )
)
PRIORITIES = re.compile(
    r"\b(?:which|what)\b.*\b(?:matters?|import\w*|priorit\w*|care|counts?|valu\w*)\b"
    r"|\b(?:your|any) (?:\w+ )?priorit\w+|\bhow important are the terms\b|\brank (?:the|these|your|them)\b"
)
_MILDLY = (
    r"\bbut not (?:hugely|very|really|that|too|so|a lot|much|enormously|terribly|crucial\w*|essential\w*|vital\w*"
    r"|decisive)\b"
)
CLAUSES = re.compile(
    rf",(?! {_MILDLY})|;|:|—|\s[-–]\s|(?!{_MILDLY})\bbut\b|"
    r"\bwhile\b|\bwhereas\b|\b(?:al)?though\b|\band (?=the\b|i\b|for\b|as\b)"
)
_LIMIT_NOUN = r"(?:price|figure|sum|amount|number|offer|bid)"
LIMIT = re.compile(
    _any(
        r"reservation|reserve price|limit|bottom line|walk(?:ing)?[- ]away|budget|how (?:low|high|far)|rock bottom",
        r"(?:lowest|highest|least|most|smallest|biggest|largest|maximum|minimum|max|min)\b.{0,30}\b(?:you|your"
        r"|price|accept|take|pay|go)",
        rf"your (?:\w+ )?(?:lowest|highest|maximum|minimum|max|min|ceiling|floor|threshold|cap)(?: {_LIMIT_NOUN})?",
        r"how (?:much|little)\b.{0,40}\bat (?:the )?(?:very |absolute )?(?:most|least|max\w*|min\w*)",
        r"(?:draw|cross) the line|upper limit|lower limit|(?:price )?ceiling|as (?:low|high|far) as you",
    )
)
_PROPOSES = r"offer|bid|counter-?offer|counter|proposal|terms|propose|suggest|price|in mind|looking for|ask(?:ing)?"
THEIR_OFFER = re.compile(
    _any(
        r"what(?:'s| is| would be) yours",
        r"(?:what(?! they\b| he\b| she\b)(?:'s| is| are| would| do| did| could)?|make|name|give|state|hear|tell"
        r"|propose|suggest|have|show)"
        rf"\b.{{0,40}}\b(?:{_PROPOSES})",
        r"where (?:do|would|are) you (?:like to |want to )?(?:stand|start|begin|at)|your (?:turn|move)"
        r"|you (?:go first|start)|(?:make|start) the first",
        r"how much\b.{0,30}\b(?:want|pay|ask(?:ing)?)|what (?:do|would) you want for|what would it take"
        r"|what (?:can|could|would) you do for me",
        r"(?:name|give|tell)\b.{0,20}\b(?:figure|number)|what (?:figure|number|sum)\b.{0,30}\byou",
        r"what(?: would|'d| do|'re| are| will| can| could)? you(?:'d|'re)? (?:[\w']+ ){0,3}(?:pay|give|get|offer"
        r"|charge|spend|accept|take)",
    )
)
TO_PAY = re.compile(
    r"\b(?<=what )((?:do|would|are|did) you )(?:want|like|expect|hope|willing|prepared|going) to (?:pay|spend|get)\b"
)
_MY_OFFER = re.compile(_any(r"(?:my|our|this|that) (?:\w+ )?(?:offer|proposal|price|terms|package|figure)"))
_YOUR_OFFER = re.compile(_any(r"your (?:\w+ )?(?:offer|counter\S*|proposal|price|terms|figure|number|bid)|first move"))
OFFER_TOO = re.compile(r"\band (?:what|how much)\b.*\b(?:offer|propose|suggest|pay|price|terms)\b")
TOPIC = re.compile(r"^\W*(?:(?:and|so|now|ok|okay|well|then),? )*(?:(?:what|how) about|any (?:thoughts|views) on)\b")
_QUESTION = re.compile(
    r"\?|^\W*(?:how|what|which|do|does|is|are)\b|"
    + _any(
        r"tell me|let me know|i(?:'d| would) like to know|i wonder|curious|wondering|say|help me understand"
        r"|want to know"
    )
)
SECRET = re.compile(
    _any(
        r"secret|private|confidential|to myself|to ourselves|my (?:own )?business|none of your|no comment"
        r"|nice try|under wraps|classified|show (?:you )?my hand|(?:have to|keep) guess\w*",
        r"(?:rather|will|would|like to|prefer to) (?:not|keep)|prefer not|never (?:tells?|says?|reveals?"
        r"|discuss\w*)|not (?:telling|saying)",
        r"(?:won't|not going to|can't|cannot|don't|do not|wouldn't|never)(?: \w+){0,2} (?:say|tell|disclose"
        r"|reveal|share|discuss|give away)",
        r"for me to know|stays (?:with|between) (?:me|us)|(?:don't|needn't) (?:need to )?know"
        r"|wouldn't you like to|cards (?:close|on the table)|(?:close|near) to my chest|like to know that",
    )
)
_MUCH_WORDS = (
    r"very|really|extremely|highly|most|crucial|essential|vital|key|top|high|lots?|great deal|greatly|(?<!too )much"
    r"|must|everything|above all|(?<!no )big|huge|hugely|massive\w*|enormous\w*|immense\w*|tremendous\w*|critical"
    r"|decisive"
    r"|indispensable|main|number one|paramount|absolutely|definitely|especially|particularly|badly|super"
    r"|great (?:importance|value|weight|interest)|(?:can't|couldn't|cannot) (?:do|manage|live) without|all about"
    r"|set on"
    r"|(?:deal|make or)[ -]?break\w*|non negotiable|comes first|priority|\w+n't \w+ (?:it )?without"
)
_MUCH = re.compile(_any(_MUCH_WORDS))
# What is so whatever it is said of, and what only is beside a word of importance ("basic equipment is quite full").
_PLAINLY_SOME = (
    r"somewhat|moderate\w*|medium|middling|a degree|an extent|some extent|up to a point|partly|nice to have"
    r"|average|so so"
    r"|half and half|fifty fifty|in (?:the middle|between)|(?:would|will|'d) be (?:nice|good|handy|welcome"
    r"|useful)|a plus"
    r"|kind of|sort of|kinda|a fair (?:amount|bit)|(?:nice|welcome) (?:bonus|extra|touch)|within reason"
)
_SOME = re.compile(
    _any(
        _PLAINLY_SOME,
        r"some|fairly|middle|a (?:little )?bit|quite|reasonably|a certain",
        rf"(?:pretty|rather|relatively) (?:{_MATTERING})",
    )
)
_SOME_AT_MOST = re.compile(_MILDLY)
_PLAINLY_LITTLE = (
    r"irrelevant|immaterial|trivial|negligible|unimportant|indifferent|neither here nor there"
    r"|take (?:it )?or leave|afterthought"
    r"|(?:can|could|would|'d) (?:easily |happily |well |gladly )?(?:do|live|manage) without|(?:couldn't"
    r"|could) care less"
    r"|(?:makes|make|is) no difference|all the same to (?:me|us)|don't mind|whatever|who cares"
    r"|one way or (?:the other|another)"
    r"|bottom of|last (?:on|of)|next to nothing|no preference|no use for|least of my"
)
_LITTLE = re.compile(
    _any(
        _PLAINLY_LITTLE,
        r"little|hardly|barely|minor|low|least|nothing|slightly|scarcely|not at all|secondary|either way|nah|no big",
        r"no (?:matter|importance|real|great|concern|interest|value|use|difference|need|thing)|means nothing",
    )
    + r"|(?:\bnot|n't|\bnever|\bneither)\b.{0,25}"
    + _any(_MATTERING, _MUCH_WORDS)
)
_PLAINLY = re.compile(_any(_PLAINLY_SOME, _PLAINLY_LITTLE))
IMPORTANT = re.compile(_any(_MATTERING))
_PLAINLY_MUCH = re.compile(
    _any(
        "matters|importan(?:t|ce)|cares?|counts|value",
        "need(?! to| time| more| all| a)",
        r"makes? (?:a|all the) (?:\w+ )?difference",
    )
)
# A clause about what matters to the other side.
_TO_YOU = re.compile(_any(r"(?:to|for) you", r"you (?:\w+ )?(?:care|value|want|need|mind)"))
_TO_ME = re.compile(_any(r"i|i'm|i'd|i've|me|my|we|we're|us|our"))
_COMPARED = re.compile(r"\b(?:more|less)\b.*\bthan (?!anything|all|everything)")
ALL_OF_THEM = re.compile(_any(r"both|neither|either of|(?:the|those|these) two|all of (?:it|them)"))
# What one says yes to by "accept" and "agree", which else may be anything ("agree to think about it", "the price").
_TERMS = (
    r"(?:to |with )?(?:(?:it|this|that)(?= *$| (?:at|for|then|now|and|please|thanks?|_price_)\b)"
    r"|(?:all (?:of )?)?(?:your|the|this|that|these|those|\w+'s) (?:[\w']+ ){0,2}"
    r"(?:offer|counter-?offer|terms|proposal|bid|conditions|deal))"
)
_GOES_ON = (
    rf"(?= *$| (?:{_TERMS}|(?:to |with )?{PRICE}|at|for|with|and|then|thanks?|please|great|now|gladly|happily"
    rf"|let's|we|you|deal|\d+)\b)"
)
# What is tested for acceptance has no marks, and no levels of terms.
_ACCEPT = re.compile(
    r"(?:^|(?<!\ba )(?<!the )"
    + _any(
        r"okay|ok|yes|yep|yeah|sure|fine|great|perfect|super|excellent|alright|right|then|done|got|sounds \w+"
        r"|yourself|consider (?:it|this|that)|call (?:it|this|that)|make it",
        r"(?:it|that)(?:'s| is)|(?:you|we)(?:'ve| have)",
    )
    + r" )(?:a )?(?:done )?deal\b(?! with| breaker)|^(?:sold|done)\b(?! [a-z])"
    r"|^(?:\w+ )?(?:\w+ )?(?:agreed|accepted)\b(?! (?:that|about|on (?!all|every)[a-z]|to (?!your|these|all)))|"
    rf"^accept(?:{_GOES_ON}| (?:[\w']+ )?(?:offer|terms|proposal|deal|accept)\b)|"
    + _any(
        r"(?:offer is|terms are) accepted|works for (?:me|us)|that(?:'s| is) (?:fine|okay|ok|good) (?:by|with"
        r"|for) (?:me|us)",
        r"(?:let's|we can|i'll|we'll) shake (?:hands )?on (?:it|that|this)|you(?:'re| are) on(?= *$)|(?:i'm|we're"
        r"|count me) in(?= *$)",
        r"(?:i'm|i am|we're|we are) (?:happy|fine|good|okay|ok) with (?:that|this|it|(?:your|the|that"
        r"|this) (?:offer|terms|proposal))",
        r"(?:i|we) can live with (?:that|this|it)|(?:it's|it is) (?:all )?yours(?= *$)",
        rf"(?:i|we) (?:(?:hereby|gladly|happily|do|can|will) )?(?:accept|agree){_GOES_ON}",
        rf"(?:i'll|we'll|i'm happy to|we're happy to|happy to|glad to) (?:(?:gladly|happily) )?(?:accept"
        rf"|agree){_GOES_ON}",
        r"(?:i|we)(?:'ll| will)? (?:gladly |happily )?take (?:it|that|this|the offer|your offer)",
        rf"{PRICE} it is",
        r"accept (?:your|the|this|that) (?:standing |last |current )?(?:offer|terms)",
    )
)
_NO_ACCEPT = re.compile(
    _any(
        r"not|no|never|cannot|\w+n't|if|unless|once|when|but|only|would|could|might|may|almost|nearly",
        r"provided|as long as|what|how|whether|before|though|(?:we|you|they|i) agreed|had|yet|later",
        r"nothing|none|neither|off|principle|without|minus|except|excluding|apart|plus|instead|rather|elsewhere|half",
        r"under|first|original|initial|earlier|previous|old|my (?:\w+ )?(?:offer|terms|proposal)|hundreds?"
        r"|thousands?|grand",
    )
)
_REFUSED = re.compile(_any("no deal", "(?:can't|cannot|not|won't|don't) (?:accept|agree)"))
_TAKEN_BACK = re.compile(
    r"^\W*(?:oh |actually |sorry |well )*(?:no(?! (?:problem|worries|more|doubt|hassle|need|rush))|wait|hang on"
    r"|hold on"
    r"|never ?mind|scratch that|scrap that|forget (?:it|that)|on second thoughts?|i take (?:it|that) back|not)\b"
    r"|^\W*(?:but|provided|as long as|only if|on (?:the )?condition)\b"
)
_CONCEDED = re.compile(
    r"^.*\bbut (?=(?:okay|ok|fine|yes|alright|all right|deal|agreed|i accept|i'll take|you have a|you've got a)\b)"
)
_SPELT = ("accept", "accepted", "agree", "agreed", "offer", "terms")


def asks(sentence: str) -> bool:
    """Whether a sentence asks for something."""
    return _QUESTION.search(sentence) is not None or asks_offer(sentence)


def asks_offer(sentence: str) -> bool:
    """Whether a sentence asks for an offer of the other side, and not for what it thinks of one's own."""
    if _MY_OFFER.search(sentence) and not _YOUR_OFFER.search(sentence):
        return False
    return THEIR_OFFER.search(sentence) is not None


def importance(clause: str) -> str | None:
    """How much something matters by a clause; None where it does not say."""
    plain = normalise(clause).replace("’", "'")
    if (_TO_YOU.search(plain) and not _TO_ME.search(plain)) or _COMPARED.search(plain):
        return None
    for value, cue in ((SOME, _SOME_AT_MOST), (LITTLE, _LITTLE), (SOME, _SOME), (MUCH, _MUCH), (MUCH, _PLAINLY_MUCH)):
        if cue.search(plain):
            return value
    return None


def plainly(clause: str) -> bool:
    """Whether a clause can only be about what matters, whatever it names."""
    plain = normalise(clause)
    return IMPORTANT.search(plain) is not None or _PLAINLY.search(plain) is not None


def likewise(clause: str, value: str) -> str | None:
    """How much the terms of a clause without words of importance matter, after others that matter so much.

    "I care about the delivery and the warranty", "… but not about the warranty", "delivery doesn't, the price does".
    """
    plain = normalise(clause)
    if re.search(r"^(?:and )?not\b|\b(?:is|do|does)(?: not|n't)$", plain):
        return LITTLE
    if re.search(r"\b(?:less|more)\b", plain):
        return None
    return MUCH if value == LITTLE and re.search(r"\b(?:is|does)$", plain) else value


def accepts(text: str, sold: Market, known: Iterable[str]) -> bool:
    """Whether a text accepts what was offered. What asks, hedges, refuses, sets a condition or is past accepts nothing.

    Args:
        text: a user's turn, or what an agent commits to.
        sold: the market.
        known: wordings of acceptance, normalised; slips of the pen in them are forgiven.
    """
    accepted = False
    for sentence in sentences_of(text):
        plain = " ".join(map(_spelt, apart_from_terms(sentence, sold).split()))
        plain = _CONCEDED.sub("", plain)
        if _REFUSED.search(plain) or (accepted and _TAKEN_BACK.search(plain)):
            return False
        told = _ACCEPT.search(plain) is not None and _NO_ACCEPT.search(plain) is None
        accepted = accepted or ("?" not in sentence and (told or slipped(sentence, known) is not None))
    return accepted


@lru_cache(maxsize=8192)
def _spelt(word: str) -> str:
    """A word of acceptance without its slip of the pen; any other word as it is."""
    if len(word) < 5 or word in _SPELT:
        return word
    near = process.extractOne(word, _SPELT, scorer=fuzz.ratio, score_cutoff=_SLIP)
    return str(near[0]) if near and near[0][0] == word[0] else word


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
