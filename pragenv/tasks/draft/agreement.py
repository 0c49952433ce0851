"""Whether a turn says "yes" or "no" to what was asked, or that a draft is right, in whatever words."""

from __future__ import annotations

import re

# What people begin with before they answer.
_LEAD = re.compile(
    r"^(?:[\s\W]*(?:oh|ah|aha|(?:ha)+|hmm*|umm*|uhm?|er+m?|well|so|now|actually|honestly|look|good question|and|but"
    r"|i think|i guess"
    r"|i'd say|i mean|frankly|thanks(?: for asking)?|thank you|good point|(?:right|well|hm+)?,? ?let me (?:think|see)"
    r"|to be honest|in that case|personally|who else|what else|ideally|for me|also|just|then|sorry)\b)*[\s\W]*"
)
_NO = re.compile(
    r"(?:(?:please |oh |absolutely |certainly |definitely |of course |probably |maybe |perhaps |rather |better "
    r"|preferably )?"
    r"(?:not(?! (?:sure|bad|a bad|only|just|yet sure|certain))|no(?! (?:idea|clue|preference|opinion|problem"
    r"|objections?"
    r"|doubt|matter|worries|wish|one|comment|strong|particular))|don't(?! (?:know|mind|care|worry)))"
    r"|(?:quite |just )?the opposite|on the contrary|no thanks|nope|nah|naw|never|noo+|negative|hardly|by no means"
    r"|under no circumstances|on no account|no way"
    r"|(?:i|we|they|you|it|that|this) (?:really |definitely |certainly )?(?:don't|do not|wouldn't|would not|shouldn't"
    r"|should not|needn't|need not|isn't|is not|doesn't|does not|won't|can't|cannot|mustn't|aren't|'s not)"
    r"(?! (?:hurt|harm|know|mind|care|matter|remember|bother me|understand|sure|forget))"
    r"|(?:it's|that's|that is|it is|they're) (?:really |definitely )?(?:not|unnecessary|needless|wrong)"
    r"|i'd (?:really )?(?:rather|prefer) (?:you )?(?:not|didn't)"
    r"|(?:i'd|let's|we'd|i would) (?:rather )?(?:skip|leave|drop|avoid|not)|unnecessary|forget it|wrong|incorrect"
    r"|skip (?:it|that)|drop it|leave it)\b"
)
_YES = re.compile(
    r"(?:yes+|yea|ye|yeah+|yep|yup|ya|aye|sure|surely|definitely|absolutely|certainly|please|right|correct|indeed"
    r"|of course"
    r"|by all means|ok|okay|okey|precisely|exactly|naturally|obviously|totally|affirmative|fine|gladly|perfect|great"
    r"|true"
    r"|you bet|for sure|why not|sounds (?:good|great|right|fine|perfect)|go ahead|go for it|(?:please )?do(?: so| it"
    r"| that)?(?! you)"
    r"|no (?:problem|objections?|doubt)|let's(?: do (?:that|it|so))?(?! (?:not|skip|leave|drop))\b|always|(?:it"
    r"|that) (?:can't|couldn't|won't|wouldn't) (?:hurt|harm)|good idea"
    r"|(?:that|it)(?:'s|'d| would| is| will)? (?:be |a )?(?:good|great|nice|fine|perfect|lovely|right"
    r"|correct|it|true|ok|okay|idea|best|ideal|the idea|works?|works|what i)|i'd (?:like|love|appreciate|be glad"
    r"|be happy|rather you did)"
    r"|i (?:do|would|think so|guess so|suppose so|believe so|agree)|i'd say so|(?:we|you|they|it|that|she|he|this) "
    r"(?:really |definitely |certainly )?(?:do|does|should|must|may|can|could|is|are|would|will|has to|have to"
    r"|ought to)"
    r"(?= |\W*$)(?! (?:not|have a|never|you|too|so))|you should|i suppose|makes sense|agreed|all right|alright"
    r"|very well"
    r"|might as well|they're|it's them|you can|you may|feel free|that one|very much|nothing against)\b"
)
_RIGHT = re.compile(
    r"\b(?:perfect|wonderful|excellent|brilliant|superb|fantastic|flawless|ideal|amazing|splendid|marvell?ous"
    r"|that works|works for me|just (?:right|what|like that|as)|looks? (?:good|great|fine|perfect|right)"
    r"|sounds (?:good|great|right|perfect)|reads well|good (?:as it is|to go|enough)|all good|(?:fine|great"
    r"|good) (?:as it is|now|by me|with me)"
    r"|wouldn't (?:change|touch|alter)|don't (?:change|touch)|exactly|love it|love this|like it (?:a lot|very much"
    r"|just)"
    r"|spot on|bang on|send it|print it|ship it|post it|publish it|(?:couldn't|can't|could not) (?:be|get|ask for"
    r"|have (?:put|said|done|written)) (?:\w+ )?(?:better|more|it better)"
    r"|nailed it|well done|bravo|approved?|thumbs up|no (?:more |further )?(?:changes|complaints|comments|objections"
    r"|notes)"
    r"|nothing (?:to|i'd|i would|more to|else to|left to) (?:change|add|complain|improve|do|say|critici[sz]e|correct"
    r"|object)|can't (?:fault|complain)"
    r"|ready to (?:go|send|print)|(?:happy|satisfied|pleased|content|delighted) with (?:it|this|that|the draft"
    r"|everything)"
    r"|that's (?:it|right|the one|great|good|fine|lovely|all i wanted)|that(?:'ll| will) do|it'll do|go with (?:it"
    r"|that|this)"
    r"|(?:leave|keep|take|use) it (?:like|as|just)|bingo|hits? the (?:nail|mark|spot)|(?:great|good|nice"
    r"|excellent) (?:job|work)"
    r"|(?:it|that|this)(?:'s| is) (?:very |really |just |all |absolutely )?(?:fine|good|great|okay|ok|right|ideal)"
    r"|everything(?:'s| is) (?:right|fine|good|perfect|there|in there)|what (?:i|we) (?:want(?:ed)?|need(?:ed)?"
    r"|was looking for|had in mind|asked for|meant)|no objections?"
    r"|you(?:'ve| have)? got it(?: right)?|i'd sign (?:it|that)"
    r"|lovely|it's great|very nice|i'll take it|i (?:really |do |quite )?(?:like|love) (?:it|this|that))\b"
    r"|^\W*(?:great|super|good|very good|fine|yes|yep|yeah)\W*$"
)
_NOT_RIGHT = re.compile(
    r"\b(?:almost|nearly|but|except|apart from|though|however|only|if|would be|isn't|wasn't|aren't|never|not|yet"
    r"|so far|start|better if|could be)\b"
)
_BETTER = re.compile(r"\b(?:couldn't|can't|could not|cannot) (?:be|get|ask|have)\b")
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n")


def agreement(text: str) -> bool | None:
    """Whether a turn agrees: by its first sentence that begins with a word of assent or refusal, else None."""
    for sentence in _SENTENCES.split(text.lower().replace("’", "'")):
        begins = sentence[_LEAD.match(sentence).end() :]  # type: ignore[union-attr]
        if _NO.match(begins):
            return False
        if _YES.match(begins) and (begins.startswith("why not") or not sentence.rstrip().endswith("?")):
            return True
    return None


def approves(text: str) -> bool:
    """Whether a sentence in lower case finds a draft right as it is."""
    return _RIGHT.search(text) is not None and _NOT_RIGHT.search(_BETTER.sub("", text)) is None
