"""What a user replies, where it listens: that it knows the object, that there is none, or several; and a plain yes."""

from __future__ import annotations

import re

from pragenv.tasks.reference.reading import read

_COUNTS = r"(?:two|three|four|five|six|seven|eight|nine|[2-9])"
_SEEING = r"(?:(?:actually|really|even|possibly|seem to|just) )?(?:see|find|have|spot|locate|got|notice|identify)"
_MANY = (
    rf"(?:{_COUNTS}|several|some|many|most|(?:quite )?a few|a (?:couple|number|bunch)|both|all(?: {_COUNTS})?"
    r"|plenty|lots)"
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)")


_DENYING = _any(
    r"none(?: (?:of|whatsoever|here|fits?|match\w*|at all|is|are|like|that|in|on|i)| ?$)|no such|zero (?:<\d+>|of)",
    r"nothing(?:'s)? (?:\w+ )?(?:like|here|of|that|fits?|match\w*|is|on|in|looks?|i see|with|<\d+>)|(?:don't"
    r"|doesn't) (?:think|believe|look like) there(?:'s| is| are)",
    rf"(?:don't|do not|can't|cannot|can not|couldn't|could not|dont|cant|didn't|haven't|have not|doesn't) {_SEEING}"
    r"(?!(?: it)? (?:which|what|how|why|who|where|well|clearly|a (?:way|difference)|enough|time))",
    r"there(?:'s| is| are|s| was|'re) (?:no|not|none|nothing|nowhere)(?! (?:other|doubt|more|way|need|time|rush"
    r"|point|hurry))",
    r"there (?:isn't|aren't|ain't|wasn't|isnt) (?:an?y?|one|such)",
    r"no <\d+>(?: <\d+>)*|not (?:an?y? )?(?:single )?one of|not a single|not one <\d+>|not any|no one like",
    r"(?:isn't|aren't|not|ain't) (?:\w+ )?(?:here|there|among|on (?:my|the)|in (?:my|sight|view|the))|(?:doesn't"
    r"|don't) exist",
    r"(?:doesn't|does not|don't|do not) (?:seem to )?(?:fit|match|describe|apply|correspond)",
    r"no (?:match|matches|object|objects|thing|things|item|items|luck)(?: \w+)?",
    r"you(?: must| may| might)?(?: be|'re| are) (?:mistaken|looking at (?:something|another|a different)|wrong"
    r"|seeing things)",
    r"must be (?:some|a) (?:mistake|error|mix-?up)|is missing",
)
_UNDECIDED = _any(
    rf"(?:there(?:'re| are| were)|i(?:'ve got| see| have| count| can see)) (?:at least |still |about "
    rf"|only )?{_MANY}(?= ?(?:[.,!]|$))",
    r"more than one|another one like|not the only one|not alone|isn't the only|there are others",
    rf"{_MANY}(?: of)? (?:(?:them|these|those|the|my|that|your|objects?|things?|items?|{_COUNTS}|like|are|look|fit"
    rf"|fits|match|left"
    r"|could|possib\w+|candidates?|options?|choices|contenders|have|with|here|to choose)(?!\w)|<\d+>)(?! people)",
    r"not (?:\w+ )?(?:sure|certain|clear|obvious|enough|unique|specific)|unsure|uncertain|unclear|undecided"
    r"|ambiguous|unclear",
    r"(?:can't|cannot|can not|couldn't|hard to|difficult to|impossible to|cant) (?:\w+ )?(?:tell|say|decide|choose"
    r"|pick|narrow"
    r"|distinguish|be sure|know|determine|make up)",
    rf"could (?:still )?(?:be|mean) (?:any|either|several|both|one of|a few|{_COUNTS}|lots|many|more)",
    r"toss-?up|toss up|coin flip|coin toss|fifty fifty|50 50|torn|on the fence",
    rf"(?:between|down to|leaves?(?: me)?(?: with)?|still(?: have| got)?|left with) (?:the )?{_COUNTS}"
    rf"|{_COUNTS} (?:are )?left",
    r"(?:no|not much|not (?:really )?(?:a )?(?:much )?|doesn't|does not|isn't|didn't)(?: (?:really|much|a great|any"
    r"|of any))? help\w*",
    r"too vague|vague|(?:isn't|not|doesn't) (?:\w+ )?(?:enough|narrow)|tell (?:them|these|those) apart"
    r"|need (?:\w+ )?more"
    r"|more (?:info\w*|details?|clues?|hints?|to go on)|another (?:clue|hint)|say more|be more specific",
    rf"one of (?:the )?(?:{_MANY})|know more|(?:applies|apply|true|describes|fits|matches|goes)(?: to| of| for)?"
    r" (?:several|many|most|more|two|three|both|all|lots)|too many",
    r"either(?: one)?|a guess|only guess|have to guess|(?:don't|do not|dont) (?:\w+ )?(?:know|see) which|no idea which",
)
_KNOWING = _any(
    r"(?:got|get) (?:it|ti|ya|you|that|this one|him|her)(?! wrong)|gotcha|i'?(?:ve|m)? got (?:it|that|the one)",
    r"i (?:(?:think|believe|guess|do|now|can|clearly|already|definitely|can now|finally) )*(?:i )?(?:know|see|have"
    r"|found|spot|spotted"
    r"|located|can see|recogni[sz]e|'ve got|get)"
    r" (?:(?:exactly|now|just) )?(?:which|it|the|what (?:you|it|to)|that one|that|him|yours|exactly"
    r"|<\d+>)(?! (?:problem|issue))",
    r"(?:i|so i|now i|then i) know(?= ?(?:[.,!]|now|$))|found (?:it|them|him|the|that)|spotted(?: it| the)?|located"
    r"|there it is"
    r"|there we (?:go|are)|here it is|there you (?:are|go)",
    r"(?:that's|that is|all|it's|perfectly|quite|very|crystal) clear|clear (?:enough|now|thanks)|clear"
    r"|settles? (?:it|that|the)|understood",
    r"(?:i'm|i am|im) (?:\w+ )?(?:sure|certain|confident|positive|with you|there)|no doubt|without (?:a )?doubt|surely",
    r"(?:it|that|this|which|so) (?:must|has to|has got to|can only|would have to|could only)(?: \w+)? be|can only be"
    r"|must be (?:the|it"
    r"|this|that|mine|number)|only (?:be|mean)",
    r"(?:only|just|exactly) (?:the )?(?:a single )?one(?! (?:second|minute|moment|sec|thing|more|question|problem"
    r"|feature))(?: of| like"
    r"| that| with|)|the only (?:<\d+> ?)*(?:one|candidate|option|match|possibility)?|one and only|a single one|unique",
    r"no need to say more|(?:say|need) no more|that's (?:it|the one|all i need\w*|enough|easy|plenty)|that(?:'ll"
    r"| will) do"
    r"|narrows? it (?:right )?down to one|makes sense|easy|perfect|no other (?:one )?(?:\w+ )?(?:like|fits|match\w*"
    r"|is|here)",
)
_CONDITION = re.compile(
    r"\b(?:if|once|when|until|unless|whether|not|never|nothing|hardly|barely|before|\w+n't|would|wish)\b[^,.]*$"
)
_ASKING = re.compile(
    r"\?|\b(?:what|whats|what's|how|tell me|can you|could you|would you|do you mean|is it|is yours|does it)\b"
)
_ELSEWHERE = re.compile(
    r"^\W*(?:what|such) an?\b|\bi once\b|\bused to\b|\bwhen i was\b|\byears ago\b|\b(?:people|game)\b"
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]?")
_AGREEING = re.compile(
    r"^(?:(?:oh|ah|aha|well|um|hm+|haha|why|wow|ok|okay|but|and) ?,? )*(?:yes|yeah|yep|yup|yea|ya|aye|yessir|right"
    r"|correct|exactly|indeed"
    r"|absolutely|definitely|certainly|sure|surely|of course|precisely|totally|completely|affirmative|bingo|true"
    r"|spot on"
    r"|bang on|bullseye|naturally|agreed|very much|mhm|uh huh|quite|ok|perfect|you bet|nice|well (?:done|guessed"
    r"|spotted)|good guess|100)\b"
    r"|(?:^|[.,!] )(?:it|that|this|he|she) (?:(?:sure|really|most|certainly|definitely|very much|indeed) )*(?:is"
    r"|does|has|was)"
    r"(?: indeed| so| it| right| correct| true)? ?(?:[.,!]|$)"
    r"|\b(?:that's|that is|that'd be) (?:it|right|correct|the one|true|him|exactly it|what (?:it is|i (?:mean\w*"
    r"|said)))\b"
    r"|\byou(?:'ve| have)? (?:got|get|guessed|nailed|cracked|found|hit)(?: it| that| him)?\b|\byou(?:'re"
    r"| are) (?:\w+ )?right\b"
    r"|\byou could say (?:so|that)\b|\bi(?:'d| would)? (?:think|believe|say|guess|suppose|reckon) (?:so|yes|it is)\b"
    r"|\b(?:got|nailed) it\b|\bspot on\b"
    r"|\b(?:right|correct|yes|true) (?:on|to|in)? ?(?:both|all|every)\b|^both\b|\bindeed\b|\bin one\b"
    r"|\bon the (?:nose|money|head)\b"
)
_NO_YES = re.compile(
    r"\b(?:no|nope|nah|not|nor|none|neither|never|cannot|\w+n't|wrong|incorrect|half|partly|partially|close|almost"
    r"|nearly|unsure"
    r"|maybe|perhaps|either|if|(?<!that's )(?<!that is )what|which|how|why (?:do|would|are|is|not)|but|let me|other"
    r"|depends|except|one of)\b|\?"
)


_WITHOUT = re.compile(
    r"^(?:(?:oh|well|um|hm+|actually|there(?:'s| is)|it has|it's got|has|got) ?,? )*(?:none|nothing)(?: (?:at all"
    r"|really|that i can see"
    r"|whatsoever|on it))? ?[.!]?$|^(?:it |mine )?(?:doesn't|does not|hasn't) (?:really )?(?:have|got"
    r"|have got) (?:one|any|a <@\d+>)"
)


def reply(text: str) -> str | None:
    """The kind of act by which a listener's statements reply to a description: `deny`, `unsure`, `confirm`, or None."""
    line = read(text).line
    sentences = [s.strip() for s in _SENTENCE.findall(line) if not _ELSEWHERE.search(s)]
    stated = " ".join(s for s in sentences if not s.endswith("?"))
    if _DENYING.search(stated):
        return "deny"
    if _UNDECIDED.search(" ".join(sentences)):
        return "unsure"
    for match in _KNOWING.finditer(stated):
        if not _CONDITION.search(stated[max(0, match.start() - 40) : match.start()]):
            return "confirm"
    return None


def asks(text: str) -> bool:
    """Whether a reply has words or marks of a question, and not only what might be one in a text without any."""
    return _ASKING.search(read(text).line) is not None


def agrees(text: str) -> bool:
    """Whether a text says yes, to all that was asked."""
    line = read(text).line
    return _AGREEING.search(line) is not None and _NO_YES.search(line) is None


def has_none(text: str) -> bool:
    """Whether a text says that an object has nothing of what was asked about."""
    return _WITHOUT.search(read(text).line) is not None
