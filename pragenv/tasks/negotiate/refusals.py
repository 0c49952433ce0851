"""By which words one knows that a price or a level is only talked about: refused, vague, or another's offer."""

from __future__ import annotations

import re

from pragenv.tasks.negotiate.money import SIGNS

PRICE = "_price_"
"""The word that stands for a price in what the patterns are searched in: words, without levels of terms and marks."""


def _any(*patterns: str) -> str:
    return rf"\b(?:{'|'.join(patterns)})\b"


# Of one sentence each part is offered, refused or an aside by itself.
_PARTS = re.compile(
    r"\s[-–—]+\s|[;()—]|, so\b|, (?:and )?(?=not\b)|(?<!nothing )(?<!anything )(?<!all )\bbut\b"
    r"|, (?=(?:let's|how about|the best|my best)\b)| and (?=don't\b)"
    r"|(?:, and|,| and) (?=(?:i|we|you|it|that|there|he|she|they)(?:'\w+| \w+n't| cannot| said)\b)"
    r"|[,:] (?=(?:no, )?(?:wait|hang on|hold on|sorry|make (?:that|it)|scratch that|i mean|i meant)\b)"
    rf"|, (?=no,? [{SIGNS}\d])"
)
_CORRECTING = re.compile(
    r"^\W*(?:(?:oh|oops|ah|er+|um+|hm+|no|sorry|well)\W+)*(?:sorry\b|oops\b|actually\b|(?:or )?rather\b"
    r"|correction\b|make (?:that|it)\b"
    rf"|(?:wait|hang on|hold on|scratch that|scrap that|i mean|i meant)\b|no,? [{SIGNS}\d])"
)
_SHOPS = (
    r"(?:shops?|stores?|dealers?|garden cent(?:re|er)s?|websites?|competitors?|friends?|neighbou?rs?|mates?|brother"
    r"|sister|cousin|uncle|aunt|colleagues?|manufacturer|ads?|advert\w*|listing|brochure|catalogue|label|tag)"
)
_PEOPLE = r"(?:buyers?|sellers?|owners?|customers?|guys?|man|woman|person|people|places?|companies|company)"
_TRADES = (
    r"(?:sells?|sold|selling|ask(?:s|ed|ing)?|want(?:s|ed)?|offer(?:s|ed|ing)?|charg(?:e|es|ed|ing)|pay(?:s|ing)?"
    r"|paid"
    r"|bought|quot(?:e|es|ed)|list(?:s|ed)?|got|says?|said|recommend(?:s|ed)?)"
)
_HAS = rf"(?:{_TRADES}|gets?|had|has|have|goes|go|went|takes?|took|costs?|was|were|does|did|states?)"
_BETWEEN = r"(?:(?!you\b|i\b|we\b|let)[\w']+ ){0,4}?"
ELSEWHERE = re.compile(
    _any(
        rf"(?:an?|the|my|your|his|her|our|most|some|many|every|in) (?:\w+ )?{_SHOPS} {_BETWEEN}{_HAS}",
        rf"(?:an?|another|other|most|some|many|few|previous|one|that) (?:\w+ )?{_PEOPLE} {_BETWEEN}{_HAS}",
        rf"the {_PEOPLE} (?:before|who|next|down|across|over|from) {_BETWEEN}{_HAS}",
        rf"(?:they|he|someone|somebody|everyone|everybody)(?:'re|'s|'d)?(?: \w+)?? {_TRADES}",
        rf"(?:an)?other {_PEOPLE}|(?:an)?other {_SHOPS}|others|elsewhere|online|ebay|amazon|next door|down the road",
        r"\w+s? like (?:this|it|that|these)(?: one)? (?:go|goes|cost|costs|sell|sells|fetch|fetches)|going rate"
        r"|retails",
        r"(?:market|list|retail|shop) price|usually|normally|typically|generally|on average",
        r"you (?:said|offered|asked|wanted|proposed|quoted|mentioned|promised|wrote|told|were|already)",
        r"you(?:'re| are) (?:offering|asking|proposing|saying|suggesting)|did you (?:say|mean|offer)",
        r"(?:i|we|he|she|you) (?:\w+ )?paid|costs? (?:me|us)|(?:had|made) a deal|our deal was|that's what",
        r"if only|wish|if (?:i|we) (?:had|were|could|won|knew)",
        r"agreed|agreement|settled|discussed|shook hands|promised|remember when",
        r"was|were|used to|offered|bought|saw|seen|noticed|heard|earlier|previous(?:ly)?|originally|yesterday",
        r"last (?:week|month|year|time|night)|(?:last|first|old|original|initial)"
        rf" (?:offer|price|bid|figure|proposal|quote|number|package|terms|{_PEOPLE})",
        r"(?:your|her|his|their) (?:offer|price|bid|figure|proposal)",
        r"(?:would|could|might|should|i'd|you'd|we'd|they'd)(?:'ve| have)"
        r" (?:\w+ed|let|sold|paid|given|taken|got|gone|done|made|been|come)",
    )
    + r"|^(?:\w+ )?had (?:i|you|we|he|she|they)\b"
)
_VAGUE = re.compile(
    _any(
        r"at (?:least|most)|maximum|minimum|between|or so|give or take|thereabouts|either|anything from"
        r"|depend\w*",
        r"(?:rather|sooner) (?:keep|not|give|throw|walk)|(?:starting|start) from|something like|somewhere|imagine"
        r"|guess|withdraw|forget",
        r"(?:more|less|lower|higher|other|rather|instead|better|worse) (?:than|of)",
        rf"(?:up to|under|below|above|over|around|about|roughly|approximately|nearly|almost"
        rf"|beyond) (?:\w+ )?(?:{PRICE}"
        rf"|\d+)",
    )
)
_NEGATED = re.compile(_any(r"not|never|cannot|\w+n't|neither|nor|refuse|nothing (?:i|we)"))
_REFUSED = re.compile(
    _any(
        r"no (?:way|chance|thanks|thank you|can do|deal)|nope|not a chance|(?:absolutely|certainly|definitely) not",
        r"(?:you|you're|you've|be|be you|are you) (?:\w+ ){0,2}?(?:joking|kidding|dreaming|serious|mad|crazy)"
        r"|dream on|forget it",
        r"too (?:much|high|low|little|expensive|cheap|steep)|overkill|over the (?:top|odds)|(?:far|way) (?:above"
        r"|below)",
        r"(?:above|below|beyond|over|outside|out of) (?:what|my|our|the question|reach|budget)",
        r"more than (?:i|we|it|my|our|what)|(?:a|it's|that's|is) (?:\w+ )?no (?:from|for) (?:me|us)|no from (?:me"
        r"|us)",
        r"(?:would|will|'d) (?:ruin|bankrupt)|(?:at|making|make|makes) (?:me |us )?(?:a )?loss|broke|bust|los(?:e"
        r"|ing) money|cost me money|impossible|unacceptable",
        r"ridiculous|absurd|outrageous|insult\w*|laughable|unreali\w+|unreasonable|overpriced|unaffordable|excessive",
        r"robbery|rip off|i think not|of course not",
        r"(?:not|isn't|aren't) (?:\w+ )?(?:possible|enough|going to|happening|acceptable|for me|with me|worth it)",
        r"(?:won't|doesn't|wouldn't|don't|not) (?:work|do|happen|fly|think so|suit|cut it)",
        r"(?:can't|cannot|couldn't|won't|can not) (?:\w+ )??(?:do|accept|agree|afford|manage|justify|go for|say yes)",
        r"(?:sorry|afraid)(?: but)?(?: i| we)? (?:can't|cannot|no|not)",
    )
)
_STAYS_FIRM = re.compile(r"\b(?:lower|higher|further|better|fairer|cheaper|haggl\w+|yours?)\b")
_MEANT_ANYWAY = re.compile(
    _any(
        r"(?:how|what) about|why (?:not|don't (?:you|we))|do you agree|(?:would|could|can|wo|do)n't (?:you|we)"
        r"|over to you",
        r"(?:i|we) (?:was|were) (?:thinking|hoping|looking|planning|going)|if (?:it|i) were (?:up )?to|don't mind"
        r"|don't want to (?:haggle|argue|bargain)",
        r"you (?:said|told me|mentioned) (?:that )?(?:you|your|it|it's|the|this)|if (?:you|that|it) \w+n't \w+",
        r"not (?:only|just)|more than (?:fair|happy|enough|generous)",
    )
    + rf"|^(?:would|could|is|can|won)(?:'t|n't) (?:you|we|it|that|{PRICE})\b"
    rf"|^(?:(?:ok|okay|fine|yes|right) )?agreed (?:at )?(?={PRICE})"
)
# "I don't do support", set apart from the price, "support not included" and "we skip the support" are no support.
_LEFT_OUT = re.compile(
    r"^\W*(?:(?:and|then) )?(?:i|we|you|it|there|that)?(?:'d| would)? ?(?:don't|doesn't|won't|can't|cannot|do not"
    r"|will not"
    r"|isn't|wouldn't|not)"
    r"(?: \w+)?? (?:do|offer|include|provide|give|get|have|need|want|be|come with|expect|ask for"
    r"|count on)(?: you)?(?: an?| any)? (?=\w)"
)
_EXCLUDED = re.compile(
    r"\b(?:as for )?(?:the )?(\w+)(?:,? there(?:'s| is|'ll be) none|,? (?:(?:is|are) not|isn't|aren't"
    r"|not) (?:included|part of it))\b"
)
_SKIPPED = re.compile(r"\b(?:skip(?:ping)?|leav(?:e|ing) out|drop(?:ping)?|forget) the (?=\w)")


def parts(sentence: str) -> list[str]:
    """What of a sentence is offered, refused or an aside by itself; terms that are left out are written as "no …"."""
    return [_LEFT_OUT.sub("no ", p) if not re.search(r"\d\d\d", p) else p for p in _split(sentence)]


def _split(sentence: str) -> list[str]:
    return [part for part in _PARTS.split(_SKIPPED.sub("no ", _EXCLUDED.sub(r"no \1", sentence))) if part.strip()]


def corrects(part: str) -> bool:
    """Whether what a part names replaces what was named before."""
    return _CORRECTING.search(part) is not None


def echoes(text: str) -> bool:
    """Whether a part is about what was said before it: "that's what they ask next door"."""
    return re.match(r"\W*(?:that|this|it|which)(?:'s| is| was)\b", text) is not None


def of_another(rest: str) -> bool:
    """Whether something was said, done or agreed before, or by others."""
    return ELSEWHERE.search(_meant(rest)) is not None


def not_offered(rest: str) -> bool:
    """Whether the price and levels that words surround are bounded, vague, refused or of another offer."""
    meant = _meant(rest)
    return any(cue.search(meant) is not None for cue in (_VAGUE, _NEGATED, _REFUSED, ELSEWHERE))


def refuses(rest: str) -> bool:
    """Whether words that name no price or level refuse what was named before them."""
    return _REFUSED.search(rest) is not None and _STAYS_FIRM.search(rest) is None


def _meant(rest: str) -> str:
    return _MEANT_ANYWAY.sub(" ", rest)
