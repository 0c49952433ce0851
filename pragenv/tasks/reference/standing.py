"""What the words around a mention say of it: that it is so, that it is not, or that something else is.

Lines are in lower case, with a mark in place of each mention (see `reading`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MARK = re.compile(r"<@?(\d+)>")
_NP = r"(?:(?:the|an?|that|this|my|your|any|all|other|another|one|both|of|being) ){0,3}<\d+>(?: <\d+>)*"
_REACH = {"no": 3, "none": 3, "nothing": 3, "less": 1, "lacks": 3, "lacking": 3, "without": 4, "non": 1, "un": 1}
_FAR = 7
"""Words over which a negation reaches; some reach less far."""
_NEGATIONS = frozenset(
    """
    not no none nothing never nor neither without non un cannot hardly barely scarcely isnt dont doesnt didnt
    wasnt aint arent cant less lacks lacking ignore avoid skip disregard exclude discard dismiss eliminate
    reject forget unlike
    """.split()
)
_EXCEPTIONS = frozenset("except excepting excluding besides minus bar save".split())
_TURNS = frozenset("just only actually instead rather it's its and so because since".split())
_ARTICLES = frozenset("the a an any either even".split())
_THINKING = frozenset("think say believe mean that if whether sure guess call claim reckon suppose know imply".split())


def _any(*patterns: str) -> str:
    return rf"\b(?:{'|'.join(patterns)})\b"


# Negations that deny nothing, and what begins or ends a question by one.
_HARMLESS = re.compile(
    _any(
        r"not (?:only|just|merely|simply|to mention|a problem|to worry|hard to (?:find|spot|see)|bad|surprisingly)",
        r"(?:there(?:'s| is) )?(?:no|without(?: an?y?)?|beyond) (?:(?:real|great|shadow of a) )?(?:doubts?|question"
        r"|need"
        r"|problem|problems|worries|pressure|rush|hurry|offence|offense|surprise|wonder|matter|kidding|joke|prizes"
        r"|trouble|biggie|mistake|fuss|further ado|more ado)(?: (?:about it|at all|that|to say more))?",
        r"(?:can't|cannot|couldn't|can not|cant|won't|don't|didn't"
        r"|wouldn't) (?:possibly )?(?:go (?:far )?wrong(?: with)?"
        r"|miss|overlook|be missed|fail to|be (?:any )?(?:clearer|plainer|simpler|easier)|worry|forget|help (?:but"
        r"|noticing)"
        r"|mind|hesitate|wait|stop)",
        r"why (?:not|don't (?:you|we))|(?:nothing|none|no|nobody) (?:other|else) than|nothing but|none but"
        r"|no less than",
        r"(?:can't|cannot|won't|couldn't) (?:really )?(?:say|tell|give|add)(?: you)? (?:anything |much "
        r"|any )?(?:more|else)"
        r"(?: (?:than|but|except)(?: that)?)?",
        r"more or less|(?:say|need) no more|no more,? no less|nothing (?:more|less|else|fancy)|(?:if"
        r"|unless) i'm (?:not )?mistaken",
        r"(?:or )?not sure what else|no idea what else|innit",
    )
    + r"|\b(?:isn't|doesn't|ain't|wasn't|hasn't|aren't|don't|can't|won't|didn't) (?:it|you|i|we|they|that|this)"
    r"(?= ?\?)"
    r"|(?:^|[.!?\n]\s{0,3})(?:(?:so|and|but|then|well),? )*(?:isn't|aren't|doesn't|wasn't|won't|wouldn't|couldn't|don't"
    r"|can't|didn't) (?=(?:it|that|this|you(?! dare)|yours|we|i|mine)\b)"
)
# "Anything but red" is not red; "everything but red" is spoken of as an exception; "no, the red one" takes back.
_REWRITTEN = (
    (re.compile(r"\b(?:anything (?:but|other than)|far from|nowhere near|not at all|by no means)\b"), "not"),
    (re.compile(r"\b(everything|all|any|anyone|every one|each|ones?) but\b"), r"\1 except"),
    (re.compile(r"\b(?:apart from|other than|aside from|but for)\b"), "except"),
    (
        re.compile(
            r"\b(?:rule out|leave out|forget about|cross(?:ing)? (?:out|off)|leave aside|stay away from"
            r"|steer clear of|don't (?:take|pick|choose|go for|select|click))\b"
        ),
        "ignore",
    ),
    (
        re.compile(r"\b(?:no|nope|nah)(?= (?:the|it's|it is|its|wait|sorry|i mean|i meant|actually|an?|that's|my)\b)"),
        "no,",
    ),
)


def without_harmless(text: str) -> str:
    """A lower-case text in which all negations that are left deny something, and are said alike."""
    text = _HARMLESS.sub(" ", text)
    for pattern, instead in _REWRITTEN:
        text = pattern.sub(instead, text)
    return text


_LIST = re.compile(r"<\d+> (?:, (?:(?:the|an?) )?<\d+> ){1,8},? ?n?or (?=(?:(?:the|an?) )?<\d+>)")


def joined_lists(line: str) -> str:
    """A line in which "red, green or blue" is "red or green or blue"."""
    return _LIST.sub(lambda match: match[0].replace(" , ", " or ").replace("or or", "or"), line)


# -- what is said of others ------------------------------------------------------------------------------------------

_COUNTS = r"(?:two|three|four|five|six|seven|eight|nine|[2-9])"
_SIGHT = (
    r"(?:(?:there (?:are|were)|(?:i|we|you)(?:'ve| have|'ll| can| will| do)? ?(?:see|got|have|find|also see|spot)?"
    r"|here are|almost|nearly|about|only|just|and|so|also|well|at least|as well as) )*"
)
_TARGET = (
    r"(?:one|ones|object|thing|target|item|shape|figure|piece|pick|choice|secret|right|correct|mystery|element|answer"
    r"|thingy|intended|whole|other|two|colour|color|material|pattern|size|outline|surface)"
)
_RELATIVES = (
    r"(?:aunt|uncle|mother|mum|mom|father|dad|sister|brother|son|daughter|kids?|child|children|wife|husband|partner"
    r"|friends?|neighbours?|neighbors?|gran|grandma|grandpa|granny|cousin|boss|cat|dog|car|house|kitchen|flat|desk"
    r"|screen|phone|computer|laptop|shirt|dress|jacket|coat|shoes|bike|room|door|garden|hair|eyes|family|favourite"
    r"|favorite|team|school|teacher)"
)
_LIKING = r"(?:like|likes|liked|love|loves|loved|hate|hates|hated|prefer|prefers|adore|enjoy|fancy|dislike|can't stand)"
_OF_OTHERS = re.compile(
    _any(
        rf"(?<!would )(?<!one )(?:i|you|we|they|people|everyone|he|she)(?: (?:do|did|really|always|never"
        rf"|also|just|don't|didn't|used to|quite|all))* {_LIKING}(?! (?:you|to|it if)\b)",
        r"(?:i|we|you|they|he|she) (?:used to|once|always|never) \w+|used to|i had|when i was|as a (?:child|kid)"
        r"|years ago|yesterday|last (?:week|month|year|time|round)|back home|at home|in the old days|i remember",
        r"(?:i'm|i am|you're|you are|he's|she's) wearing|(?:i|you|we) (?:wear|wore|own|owned|bought|painted)",
        r"mean by|(?:what(?:'s| is| are)|define)(?: an?)?(?= <\d)|favou?rites?|rules?\b.*|allowed|permitted|(?:this"
        r"|the) game",
        r"(?:you|he|she|they) (?:said|asked|mentioned|told|thought|guessed|wrote|keep|put|store|come|live|played|play"
        r"|been)",
        rf"my {_RELATIVES}",
        r"(?:if|suppose|supposing|imagine|wish) (?:only )?(?:it|mine|yours|that|this) (?:was|were|had)|(?:were|had) it",
        r"are (?:they|these|those|all|both)|(?:are|were) there\b.{0,60}\bones|how many|do (?:they|all|both)",
    )
    + r"|^(?:(?:and|but|so) )?why\b"
    r"|^(?:there(?:'s| is| are)|(?:i|you|we)(?: can)? (?:see|have)) (?:an?|one) [^<]*<.*\band (?:an?|one)\b"
    rf"|^{_SIGHT}(?:{_COUNTS}|many|several|a few|a couple|lots|plenty|a lot|loads|(?:some|most|both|half"
    rf"|all)(?= (?:of|are"
    rf"|have|the|these|those|{_COUNTS})\b)|all(?= <))"
    rf"(?: of)?(?: (?:these|those|them|the|{_COUNTS}|others?|objects|things|items))*"
    r" (?:<\d+>|(?:\w+ ){0,2}?(?:are|aren't|have|look|were|do|seem)\b)(?!.*\bon it\b)"
    r"|^(?:and |but )?(?:all )?the (?:others?|rest|remaining|other ones?)\b"
    rf"|<@\d+> an? (?!{_TARGET}\b)\w"
    rf"|<@\d+>(?: \w+)? (?:is|are|'s|does|do|has) (?:the|your|our|my|their|his|her|these|those) (?!{_TARGET}\b)\w"
)
_LANDMARK = re.compile(
    r"\b(?:(?:next|close|nearest|near|adjacent|similar|attached|opposite|parallel) to|beside|near|nearby|left of"
    r"|right of"
    r"|above|below|under|underneath|beneath|behind|in front of|between|opposite|alongside|touching|by the|than"
    r"|instead of|as opposed to|not to be confused with|as distinct from|in contrast (?:to|with)"
    r"|compar\w+ (?:to|with)|versus|vs|unlike|over the|around the|surround\w+ by|away from|same (?:\w+|<@\d+>) as)"
    rf" ((?:{_NP})(?: ones?)?(?: and (?=the |an? )(?:{_NP}))?)"
)
_WRONG = re.compile(
    r"<\d+>[^<]*\b(?:isn't|is not|aren't|are not|ain't|'s not|not|was not|wasn't)(?: (?:it|the (?:right )?one|mine"
    r"|right"
    r"|correct|what i\b.*|an option|meant|this one|my one))?$|\b(?:is|are|would be|'s) (?:all |just "
    r"|the )?(?:wrong(?: ones?)?"
    r"|out|incorrect|no good|ruled out|excluded|irrelevant|false|decoys?)$|<\d+>[^<]*\b(?:no|nope)$"
)
_ALTERNATIVES = re.compile(r"<\d+>[^<]*\bor\b[^<]*<\d+>")
_TORN = re.compile(
    _any(
        r"either|unsure|maybe|perhaps|depends|(?:could|might|may) be|hard to (?:tell|say)|no idea",
        r"(?:not sure|can't (?:tell|say|decide|see)|don't know)",
    )
)
COMPARED = re.compile(
    r"(?:<\d+> (?:as|like)|\bas (?!well|much|far|soon|good)\w+ as|\b(?:hard|smooth|solid|heavy|light|clear|cold"
    r"|sharp|tough|strong"
    r"|soft|bright|shiny|old) as)(?: (?:an?|the|some|my|your))?(?: (?:sheet|piece|block|pane|lump|slab) of)? <(\d+)>"
)
_BREAK = re.compile(r" ?([.?!;:,()\n*/–—…]|(?<=\s)-+(?=\s)|\b(?:but|though|although|while|whereas|however|yet)\b) ?|$")
_NO_ANSWER = re.compile(
    r"^(?:no|nope|nah|never|wrong|incorrect|(?:it's |that's )?not(?: it| quite| really| at all| this one| that)?"
    r"|(?:it|that) isn't|no idea|dunno|not sure|no way|afraid not|i don't think so)(?: it isn't| it's not)?$"
)
_CORRECTING = re.compile(
    r"\b(?:no|nope|wait|scratch|strike|correction|or rather|or (?:was|is) it|sorry|er+|erm|um|uh|oops|whoops"
    r"|actually|i mean|meant|make"
    r" (?:that|it)|my (?:mistake|bad)|changed? my mind|on second thoughts?|hang on|hold on|wrong|misspoke)\b|\*"
)
_CORRECTED = re.compile(
    r"^[ ,-]*(?:one )?[ ,-]*(?:sorry|i mean|i meant|rather|my (?:mistake|bad)|correction|actually|i should say)\b"
)


def corrects(between: str, after: str) -> bool:
    """Whether a value takes the place of one before it, by what stands between them and after."""
    return _CORRECTING.search(between) is not None or _CORRECTED.search(after) is not None


def standings(line: str, attributes: Sequence[str]) -> Iterator[tuple[int, bool, bool]]:
    """For each mention its number, whether it is said of something else, and whether it is denied.

    Args:
        line: with the marks.
        attributes: of the mentions, by number.
    """
    landmarks = {int(k) for match in _LANDMARK.finditer(line) for k in MARK.findall(match[1])}
    landmarks |= {int(match[1]) for match in COMPARED.finditer(line)}
    torn = _TORN.search(line) is not None
    found: list[tuple[int, bool, bool]] = []
    asked: list[int] = []  # what the sentence before asks, where it is a question
    sentence: list[int] = []
    last = -1  # the mention right before a comma, where it is denied
    start = 0
    for stop in _BREAK.finditer(line):
        part = line[start : stop.start()].strip()
        start = stop.end()
        if _NO_ANSWER.search(part):
            found += [(k, False, True) for k in asked]
        if part:
            asked = []
        aside = _OF_OTHERS.search(part) is not None or (torn and _ALTERNATIVES.search(part) is not None)
        first = MARK.match(part)
        goes_on = last >= 0 and first is not None and attributes[int(first[1])] != attributes[last]
        last = -1
        for k, denied in _denials(part, goes_on):
            found.append((k, aside or k in landmarks, denied))
            sentence.append(k)
            last = k if denied and stop[1] == "," and part.endswith(f"{k}>") else -1
        if stop[1] in (".", "?", "!", ";", "\n", None):
            asked, sentence = (sentence if stop[1] == "?" else []), []
    return iter(found)


def _denials(part: str, goes_on: bool) -> Iterator[tuple[int, bool]]:
    """For each mention of a part of a sentence its number, and whether the words before it, or all of it, deny it.

    A negation reaches over a few words, to the features that stand together or are joined by "or"; an exception to
    what is denied is told.

    Args:
        part: without breaks.
        goes_on: whether its first mention is denied with the one before: "not the big, red one".
    """
    wrong = _WRONG.search(part) is not None
    tokens = part.split()
    if tokens[:1] in (["no"], ["nope"], ["nah"]) and any(w in _NEGATIONS or w.endswith("n't") for w in tokens[1:4]):
        tokens = tokens[1:]
    reach, excepted = 0, False
    joined = before = goes_on
    previous = ""
    for word in tokens:
        mark = MARK.fullmatch(word)
        if mark:
            if not joined:
                before = (reach > 0 or wrong) != excepted
            yield int(mark[1]), before
            reach, excepted, joined = 0, False, True
        elif word in _NEGATIONS or word.endswith("n't"):
            reach, joined = _REACH.get(word, _FAR), False
        elif word in _EXCEPTIONS:
            excepted, joined = True, False
        elif word in ("or", "nor"):
            joined = before
        elif word in _TURNS and previous not in _THINKING:
            reach, joined = 0, False
        elif word not in _ARTICLES or not joined:
            reach, joined = max(0, reach - 1), False
        previous = word
