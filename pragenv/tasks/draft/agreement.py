"""Whether a turn says "yes" or "no" to what was asked, in whatever words."""

from __future__ import annotations

import re

# What people begin with before they answer.
_LEAD = re.compile(
    r"^(?:[\s\W]*(?:oh|ah|aha|(?:ha)+|hmm*|umm*|uhm?|er+m?|well|so|now|actually|honestly|look|good question|and|but|i think|i guess"
    r"|i'd say|i mean|frankly|thanks(?: for asking)?|thank you|good point|(?:right|well|hm+)?,? ?let me (?:think|see)"
    r"|to be honest|in that case|personally|who else|what else|ideally|for me|also|just|then|sorry)\b)*[\s\W]*"
)
_NO = re.compile(
    r"(?:(?:please |oh |absolutely |certainly |definitely |of course |probably |maybe |perhaps |rather |better |preferably )?"
    r"(?:not(?! (?:sure|bad|a bad|only|just|yet sure|certain))|no(?! (?:idea|clue|preference|opinion|problem|objections?"
    r"|doubt|matter|worries|wish|one|comment|strong|particular))|don't(?! (?:know|mind|care|worry)))"
    r"|no thanks|nope|nah|naw|never|noo+|negative|hardly|by no means|under no circumstances|on no account|no way"
    r"|(?:i|we|they|you|it|that|this) (?:really |definitely |certainly )?(?:don't|do not|wouldn't|would not|shouldn't"
    r"|should not|needn't|need not|isn't|is not|doesn't|does not|won't|can't|cannot|mustn't|aren't|'s not)"
    r"(?! (?:know|mind|care|matter|remember|bother me|understand|sure|forget))"
    r"|(?:it's|that's|that is|it is|they're) (?:really |definitely )?(?:not|unnecessary|needless|wrong)|i'd (?:really )?(?:rather|prefer) (?:you )?(?:not|didn't)"
    r"|(?:i'd|let's|we'd|i would) (?:rather )?(?:skip|leave|drop|avoid|not)|unnecessary|forget it|wrong|incorrect"
    r"|skip (?:it|that)|drop it|leave it)\b"
)
_YES = re.compile(
    r"(?:yes+|yea|ye|yeah+|yep|yup|ya|aye|sure|surely|definitely|absolutely|certainly|please|right|correct|indeed|of course"
    r"|by all means|ok|okay|okey|precisely|exactly|naturally|obviously|totally|affirmative|fine|gladly|perfect|great|true"
    r"|you bet|for sure|why not|sounds (?:good|great|right|fine|perfect)|go ahead|go for it|(?:please )?do(?: so| it| that)?(?! you)"
    r"|no (?:problem|objections?|doubt)|always|good idea|(?:that|it)(?:'s|'d| would| is| will)? (?:be |a )?(?:good|great|nice|fine|perfect|lovely|right"
    r"|correct|it|true|ok|okay|idea|best|ideal|the idea|works?|works|what i)|i'd (?:like|love|appreciate|be glad|be happy|rather you did)"
    r"|i (?:do|would|think so|guess so|suppose so|believe so|agree)|i'd say so|(?:we|you|they|it|that|she|he|this) "
    r"(?:really |definitely |certainly )?(?:do|does|should|must|may|can|could|is|are|would|will|has to|have to|ought to)"
    r"(?= |\W*$)(?! (?:not|have a|never|you|too|so))|you should|i suppose|makes sense|agreed|all right|alright|very well"
    r"|might as well|they're|it's them|you can|you may|feel free|that one|very much|nothing against)\b"
)
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
