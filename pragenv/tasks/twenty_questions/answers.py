"""Whether a turn says yes, no or sometimes to a question, or that a guess is right or wrong, in whatever words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


def _any(*lists: str) -> str:
    """A pattern for any of the phrases in comma-separated lists; each may be a pattern itself."""
    return "(?:" + "|".join(phrase.strip() for text in lists for phrase in text.split(",") if phrase.strip()) + ")"


_STRETCHED = re.compile(r"([a-z])\1\1+")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n|\.\.+|…|\s[-–—]+\s|—")
_CLAUSE = re.compile(r"[,:;]\s*|\s+(?=(?:but|because|though|although|except|unless)\b)|(?<!\bsay)\s+(?=so \w)")
_RECALLING = re.compile(r"\b[ao]h (?:yes|yeah),? i (?:should have|forgot|remember)\b[^.!?]*")  # answers nothing
_LONGEST = 90
_EDGES = " .!?\"'()*~"
_ADVERB = _any(
    "really, sure, certainly, definitely, surely, indeed, actually, usually, normally, generally, mostly, typically",
    "always, probably, obviously, clearly, totally, absolutely, most likely, very likely, likely, presumably, also",
    "of course, still, technically, basically, kind of, naturally, almost certainly, most certainly, apparently",
)
# What people begin with before they answer, and what they wrap the answer in.
_LEAD = _any(
    "o+h+, a+h+, aha, (?:ha)+h?, hehe, lol, h+m+, u+m+, u+h+, e+r+m?, e+h+, e+w+, m+, yuck, ugh, p?hew, well, "
    "so, ok, okay, and, but, honestly",
    "look, hey, wow, damn, god, good god, gosh, heck, hell, dear, man, dude, sorry, unfortunately, sadly, "
    "luckily, i wish",
    "strictly speaking, essentially, in fact, in theory, in principle, alright, thanks, because, though, "
    "although, then",
    "to be honest, to be fair, tbh, i mean, now, again, afraid, i'm afraid, i am afraid, (?:i'm )?pretty sure, "
    "just, why",
    "i (?:think|guess|suppose|believe|reckon|bet|hope|fear)(?: it's)?, guess, suppose, a, an, the, big, clear, "
    "firm, hard",
    "solid, definite, resounding, simple, very, quite, fat, in (?:this|that|my) case, on balance, all in all, "
    "you know, you know what, only",
    "(?:i )?(?:(?:i'd|i would|i'll|i'm|i) )?(?:have to |going to |gonna |inclined to )?(?:say|go with|going"
    " with|go for|lean towards|leaning towards)(?: it's)?",
    "(?:that|it|this)(?:'s| is| would be|'d be| will be|'ll be| has to be| must be|'s going to be)",
    "(?:the |my )?answer(?:'s| is| would be)?(?: to (?:that|this))?(?: is)?",
    _ADVERB,
)
_TAIL = _any(
    "indeed, so, too, very much, all right, as well, at all, either, one, to me, though, then, yes, yeah, no, "
    "sorry, lol",
    "haha, like that, in general, as a rule, as a whole, i think, i guess, i suppose, i'd say, i believe, i'm afraid",
    "for me, for (?:sure|most people|the most part), from me, on that, to that, by nature, mine, of them, today",
    "these days, anymore, any more, there, please, again, my friend, mate, dude, sir, still, now, tbh, "
    "to be honest, ever, it",
    "that, this, not, in my (?:opinion|book|view|experience), this one, that one, this time",
    _ADVERB,
)
_SUBJECT = _any(
    "it, they, he, she, that, this, you, we, i, one, people, mine, everyone, everybody, all, both, they all, you all",
    "(?:all|every one|every single one|each|both) of (?:them|these|those), there, people",
)
_AUX = "(?:is|are|was|does|do|did|has|have|had|can|could|would|will|should|must|'s|'re)"
_NOT = (
    "(?:(?:(?:is|are|was|does|do|did|has|have|ca|could|would|wo|should)n'?t|ain't|cannot"
    rf"|{_AUX} (?:{_ADVERB} )?(?:not|never)|never {_AUX}))"
)
_FEW = _any("nobody, no ?one, none, none of (?:them|these|those), neither, hardly any\\w*, not one, not a single one")
_SOME = (
    "(?:in )?(?:some|certain|a few|many|most|lots|plenty|several|not all|not every\\w*)(?: of (?:them|these"
    "|those|it))?"
    "(?: (?:ones?|people|folks|kinds?|types?|sorts?|models?|varieties|species|places|cases|\\w+s))?(?: of"
    " (?:them|these))?"
)
_DO_SO = r"(?: (?:have|use|own|keep|want|eat|need|wear) (?:one|it|them|that))"
_SOMETIMES = re.compile(
    rf"(?:{_LEAD} )*?(?:"
    + _any(
        "(?:maybe )?some ?times?, soemtimes, sometiems, somtimes, occasionally, at times, on occasions?, "
        "(?:every )?now and (?:then|"
        "again), every now and (?:then|again), (?:every )?once in a (?:while|blue moon), from time to time, "
        "every so often",
        "(?:it |that |it all |it really |that really |really )?depends?(?:ing)?(?! (?:on )?what you mean)(?:"
        " (?:on|who|what|how|which|where|if) .*)?",
        "(?:it |they |that |this )?(?:really |can )?(?:varies|vary|differs), "
        "(?:yeah |yes |well |no )?(?:kinda|kind of|sorta)",
        "(?:yeah |yes |well |no )?sort of, partly, partially, in part, in parts, in a way, in some ways, in a sense",
        "(?:it |they )?may or may not(?: be)?, there are (?:some|those) that \\w+, half and half, "
        "(?:a )?bit of both, yes (?:and|&) no, no and yes, fifty[- ]fifty, 50[-/ ]50, often, frequently",
        "not (?:always|necessarily|all|entirely|completely|every \\w+|all of (?:them|these)|in all cases)",
        "(?:it |they |that |one |you )?(?:can|could|may|might) (?:sometimes )?be",
        rf"(?:it|they|that|one|you) {_AUX} (?:sometimes|occasionally|at times), sometimes (?:it|they) {_AUX}",
        rf"(?:it|they|that|one|you) (?:sometimes|occasionally) {_AUX}",
    )
    + rf"|only (?:if|when|at|in|on|for|with) .*|{_SOME}(?: (?:{_AUX}|{_NOT}|might|may))?{_DO_SO}?)(?: {_TAIL})*$"
)
_YES = re.compile(
    rf"(?:{_LEAD} )*?(?:"
    + _any(
        "y, ja, uh[- ]?hu[hn], m+[- ]?h+m+, mmhm+, correct, right, exactly, precisely, true, affirmative, positively",
        "undoubtedly, in general, by all means, for sure, 100%, without (?:a )?doubt, no doubt(?: about it)?, "
        "no question",
        "you bet, you betcha, you got it, you've got it, pretty much, more or less, of course, all the time, entirely",
        "(?:i )?(?:'m |am )?(?:afraid|think|guess|suppose|believe|would say|'d say|imagine|hope|would think"
        "|should think|reckon|assume) so",
        "(?:i'd|i would|i'll|would|i should|i'd have to) (?:say|think) so, (?:you|one|i) (?:could|can|might|may) say"
        " (?:so|that)",
        "(?:i'd|i would|you could|you can|one could|some would) call it that, completely, fully, largely, "
        "for the most part",
        "(?:that|it|this)(?:'s| is|s) (?:right|correct|true|it|so|the case|a fact|accurate|what it is), true",
        "(?:you're|you are|youre|ur) (?:absolutely |totally |quite |exactly )?(?:right|correct), as a matter of fact",
        "right (?:you are|on|again), (?:very )?much so, duh, ofc, '?course(?: it is)?, spot on, bang on, "
        "on the nose, by and large, without exception, every (?:single )?(?:one|time)(?: of them)?",
        _ADVERB,
    )
    + rf"|sure (?:is|does|do|has|can|are|thing|would|will|enough)|{_SUBJECT}(?: "
    rf"|(?='))(?:{_ADVERB} )*{_AUX}(?:{_DO_SO})?" + rf"|(?:does|is|has|can|would) indeed)(?: {_TAIL})*$"
)
_NO = re.compile(
    rf"(?:{_LEAD} )*?(?:"
    + _any(
        "n, nein, not(?! sure), "
        "not (?:really|rly|usually|normally|generally|typically|ordinarily|particularly|especially)",
        "not (?:exactly|precisely|quite|truly|much|often|likely|remotely|at all|a chance|a bit|one bit|by any means)",
        "not (?:even )?(?:close|remotely|slightly), not in (?:the (?:slightest|least)|a million years), "
        "no(?:t a)? chance",
        "not (?:that|as far as) i(?:'m| am| can)? (?:know|aware|tell)(?: of)?, not to my knowledge, no way, "
        "false, untrue",
        "never, hardly, hardly ever, barely, scarcely, rarely, seldom, very rarely, wrong, incorrect, "
        "negative, fat chance",
        "far from(?: it)?, "
        "(?:quite |just |exactly |rather )?the (?:very |exact |complete )?(?:opposite|contrary|reverse)",
        "on the contrary, by no means, in no way, under no circumstances, nothing (?:of the (?:sort|kind)|like that)",
        "anything but(?: that)?, nowhere near, nowhere near it, not by a long (?:shot|way), i wish, if only, as if",
        "(?:you're|you are) (?:wrong|mistaken|way off), (?:that|it|this)(?:'s| is) (?:wrong|incorrect|false|untrue)",
        "(?:that|it|this)(?:'s| is) not (?:right|correct|true|so|the case), "
        "(?:i )?(?:really |highly )?doubt (?:it|that|so)",
        "(?:i )?(?:really |honestly )?(?:do not|don't|dont|wouldn't|would not) (?:really )?(?:think|believe|say"
        "|suppose) so",
        "(?:i )?(?:really )?(?:do not|don't|dont|wouldn't) (?:think|believe|say|suppose|call it)(?: (?:that|it"
        " (?:is|does|can|"
        "has|would)|they (?:do|are|can|have)))",
        "(?:i )?(?:should |would )?(?:think|guess|suppose|believe|hope|say|afraid) not",
        rf"{_FEW}(?: (?:{_ADVERB}|ever|i know|{_AUX}))*",
    )
    + rf"|{_SUBJECT}(?: |(?='))(?:{_ADVERB} )*{_NOT}(?:{_DO_SO})?|(?:does|is|has|can|would)n't)(?: {_TAIL})*$"
)
# Words that answer whatever follows them.
_OPENING_YES = re.compile(
    rf"(?:{_LEAD} )*?(?:yes+|yeah+|yea|yeh|ye|yep+(?:er)?s?|yup+|ya|yah|aye|yes+ir)\b(?!-| (?:or|and) no\b| nah\b)"
)
_OPENING_NO = re.compile(
    rf"(?:{_LEAD} )*?(?:yeah )?(?:nop+e*|nah+|naw|nay|nuh[- ]?uh|uh[- ]uh|no)\b(?! yes\b)(?P<rest> .*)?"
)
_NOT_OF_IT = re.compile(
    r" (?:idea|clue|doubt|question|problem|worries|opinion|comment|matter|rush|hurry|expert|offen[cs]e|hints?"
    r"|need|or yes"
    r"|more|sure|way (?:to|of)|guarantee|i (?:don't|do not) (?:know|think you)|thanks)\b"
)
_OF_WHAT_WAS_ASKED = re.compile(
    r" (?:it|they|that|this|he|she|not|you|never|way|no|nope|i|we|lol|haha|sorry|nothing|mine|nobody|definitely"
    r"|chance)\b"
)
# Said of the thing itself, whatever was asked: "it has none" answers "has it no tail?" as it does "has it a tail?".
_NONE = re.compile(
    rf"(?:{_LEAD} )*?(?:none at all|none whatsoever|zero|without any|(?:it|they|mine)(?: (?:has|have)|'s got) none"
    r"|(?:it|they|mine|at least mine) (?:hasn't|haven't|doesn't have|don't have|does not have|has not)(?: got)?"
    rf" (?:any|one|a single one))(?: {_TAIL})*$"
)
_ONE = re.compile(
    rf"(?:{_LEAD} )*?(?:it|they|mine) (?:does have|do have|has got|has|have) (?:one|some|several)(?: {_TAIL})*$"
)
_ENDS = re.compile(
    r"(?:^|\b(?:say|is|a|answer|but|so|well|it|can|does|has|and) )(?:\S+ ){0,2}(yes|no|yeah|yep|yup|nope|nah)$"
)
_UNSAID = re.compile(
    r"\b(?:couldn't|can't|cannot|wouldn't|won't|hard to|difficult to|if i|neither|whether|or|not|never|know|why"
    r"|said)\b"
)
_BARE = re.compile(rf"(?:{_LEAD} )*(?:yes|yeah|yep|no|nope|sometimes|kinda)$")

_RIGHT = re.compile(
    r"\b(?:you(?:'ve| have)? (?:just )?(?:got|guessed|nailed|found|cracked|hit|figured|solved|win|won) ?(?:it"
    r"|that|me)?"
    r"|got (?:it|me)|right first time|bingo|bulls ?eye|jackpot|spot on|bang on|nailed it|dead on|on the (?:nose"
    r"|money)"
    r"|that(?:'s| is| was) (?:it|the one|what i|exactly|my (?:word|thing)|the (?:thing|word|answer|right)|right"
    r"|correct|true)"
    r"|right (?:answer|guess)|guessed (?:right|it)|(?:you're|you are|absolutely|quite) (?:absolutely )?(?:right"
    r"|correct)"
    r"|well (?:done|guessed)|congrat\w*|bravo|winner|ding|ta-?da|how did you (?:know|guess|figure|do)|hooray|woohoo"
    r"|exactly|what i (?:was|had)|couldn't be (?:more right|righter)|correct|read my mind|mind reader|(?:great"
    r"|good|nice)"
    r" (?:job|work))(?! if)\b"
)
_WRONG = re.compile(
    r"\b(?:wrong|incorrect|not (?:it|that|quite|even|what i|the (?:one|thing|answer)|there|this|correct|right)"
    r"(?! sure| certain)|close"
    r"|(?:nice|good) try|try (?:again|something|another)|guess (?:again|something|another)|another guess"
    r"|something else"
    r"|keep (?:guessing|trying|going|asking|looking|thinking)|someone else|somewhere else|anything but|almost|nearly"
    r"|warm|warmer|cold|colder|far from|way off|miles off|off the mark|missed|no luck|no cigar|better luck"
    r"|(?:isn't|wasn't|ain't|is not|was not) (?:it|that|what i|the one|right|correct|my)|mistaken|lose that bet"
    r"|no dice"
    r"|nowhere near|thinking of something different)\b"
)
_ASTONISHED = ("no way", "right")


class Verdict(NamedTuple):
    """`yes`, `no` or `sometimes`; absolute where it is of the thing itself, not of what was asked about it."""

    value: str
    absolute: bool = False


def clauses(text: str) -> Iterator[tuple[str, bool]]:
    """The clauses of a text in lower case without marks, and whether the sentence of each is a question."""
    text = _RECALLING.sub("", _STRETCHED.sub(r"\1", text.lower().replace("’", "'")))
    for sentence in _SENTENCE.split(text):
        asks = sentence.rstrip(_EDGES.replace("?", "")).endswith("?")
        for part in _CLAUSE.split(sentence):
            if stripped := part.strip(_EDGES):
                yield stripped, asks


def verdict(spoken: list[tuple[str, bool]]) -> Verdict | None:
    """What a turn says to a question: what the first clause that answers says, or "sometimes" if a later one does."""
    first: Verdict | None = None
    for clause, asks in spoken:
        # "Right" answers where it stands alone; elsewhere it begins a turn, as in "Right, let me think".
        if (asks and not _BARE.match(clause)) or (clause == "right" and len(spoken) > 1):
            continue
        found = _said(clause)
        if first is None or (found is not None and found.value == "sometimes"):
            first = found or first
    return first


def _said(clause: str) -> Verdict | None:
    """What one clause says. Who answers at length begins or ends with the answer: a long clause is no phrase."""
    if len(clause) > _LONGEST:
        return _opening(clause[:_LONGEST]) or _ending(clause[-_LONGEST:])
    if _NONE.match(clause):
        return Verdict("no", absolute=True)
    if _ONE.match(clause):
        return Verdict("yes", absolute=True)
    for value, pattern in (("sometimes", _SOMETIMES), ("no", _NO), ("yes", _YES)):
        if pattern.match(clause):
            return Verdict(value)
    return _opening(clause) or _ending(clause)


def _opening(clause: str) -> Verdict | None:
    if _OPENING_YES.match(clause):
        return Verdict("yes")
    if (no := _OPENING_NO.match(clause)) is None or _NOT_OF_IT.match(rest := no["rest"] or ""):
        return None
    return Verdict("no", absolute=bool(rest) and not _OF_WHAT_WAS_ASKED.match(rest))


def _ending(clause: str) -> Verdict | None:
    ends = _ENDS.search(clause)
    return None if ends is None or _UNSAID.search(clause) else Verdict("yes" if ends[1][0] == "y" else "no")


def right(spoken: list[tuple[str, bool]]) -> bool | None:
    """Whether a guess is said to be right: by a plain yes or no, else by praise or comfort; None by neither."""
    told = [clause for clause, asks in spoken if not asks or clause.startswith("how did") or _BARE.match(clause)]
    for clause in told:
        said = None if clause in _ASTONISHED else _said(clause)
        if said is not None and said.value != "sometimes":
            return said.value == "yes"
    if any(_WRONG.search(clause) for clause in told):
        return False
    return True if any(_RIGHT.search(clause) for clause in told) else None
