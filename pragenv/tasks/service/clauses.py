"""The clauses of a user's turn: which only ask, which deny, and whether the whole agrees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pragenv.tasks.lexicon import words

_NOT = frozenset(
    "not no nor never neither without except than avoid hate dislike cannot isn't aren't wasn't don't doesn't didn't"
    " won't wouldn't can't couldn't shouldn't isnt arent dont doesnt didnt wont wouldnt cant couldnt".split()
)
_NO_DENIAL = frozenset(
    "mind care know only just sure problem problems preference idea hurry rush matter matters wait worries objection"
    " objections doubt issue trouble you we complaints longer later earlier more question bother fussed fussy".split()
)
"""After these two or three words on, a negation rules nothing out: "I don't mind", "no problem"."""
_RULED_OUT = frozenset("away busy impossible unavailable out".split())
UNSURE = re.compile(r"\b(?:not|n't|isn't|wasn't) (?:\w+ )?(?:sure|certain|know|decided)\b|\bno idea\b|\bdunno\b")
_SENTENCE = re.compile(r"[^?!.;\n…]+(?:[?!.;…](?=\w)[^?!.;\n…]*)*[?!.;…]*")
_APART = re.compile(
    r"[,:()]+(?=\s|$)|\s[-–—]+\s|—|\b(?=(?:but|because|since|(?<!guess )(?<!think )(?<!suppose )(?<!hope )(?<!do )so"
    r"|though|although|rather than|instead of)\b)"
    r"|\band (?=(?:i|we|it|please|there|then)\b)|\b(?=(?:in case|if|unless)\b)"
)
_ANYONE_BUT = re.compile(r"\b(?:(?:any|every|all)\w*(?: \w+)?|all|everything|everyone|everybody|nothing|nobody) but\b")
_QUESTION = re.compile(
    r"^\W*(?:(?:and|so|but|well|oh|hi|hello|sorry),? )*(?:(?:what|how)(?! about)|why|who|where|when|which|what's|how's"
    r"|are|was|were|do (?!you have|you still have|you've)|does|did|has|is (?!there|it possible|it ok|it okay)"
    r"|have (?!you))\b"
)
_POSSIBLE = re.compile(r"\b(?:ok|okay|possible|available|free|fine|alright|all right|any good|too late)\b|\bwork for\b")
HOW_I = re.compile(r"\bhow (?:do|can|could|would|may) (?:i|we)\b")
_INQUIRY = re.compile(
    r"^\W*(?:how (?:much|many|late|early|long|far) (?:is|are|does|do|in)|what (?:does|time) (?:is|does|do|it)|why"
    r"|when (?:is|does|do)"
    r"|where (?:is|does|do))\b"
)
"""A question, with its mark or without."""
_FILLER = r"^\W*(?:(?:oh|well|um|uh|er|ah|hm+|and|i think|i guess|i suppose|thanks|thank you|so|please)\b[ ,]*)*"
_GOOD = (
    r"(?:right|correct|fine|good|great|perfect|perfectly|ok|okay|alright|all right|lovely|wonderful|excellent|it"
    r"|wanted|the one|what i|what we)"
)
_YES = re.compile(
    _FILLER + r"(?:yes|yeah|yep|yup|yea|ya|aye|sure|surely|ok|okay|alright|all right|absolutely|definitely|certainly"
    r"|of course|by all means|indeed|correct|right(?!,? let)|exactly|precisely|perfect|great|fine|lovely|wonderful"
    r"|excellent|brilliant|agreed|deal|please(?: do\b|(?=\W*$))|go (?:ahead|for it|on)|do (?:it|that|so)\b|why not"
    r"|affirmative"
    r"|feel free|spot on|very (?:good|well)|let's (?:do|go)|you (?:may|can)\b|i have nothing against|no (?:objections?"
    r"|problem|worries|doubt)|good(?! (?:question|morning|day|evening|afternoon))"
    r"|(?:that|it|this|everything|all)(?:'s| is| all| sounds| looks| seems| would be| will be| works| suits)? "
    rf"(?:\w+ ){{0,2}}?{_GOOD}\b|(?:that|it|this) (?:suits|works|will do|does|would do|'ll do)\b|that'll do"
    r"|suits (?:me|us)|works for|sounds|looks|i (?:am|do|could|can|would|will|agree|did)\b|i'd (?:like|love|be"
    r"|appreciate)"
    r"|i (?:guess|think|suppose|believe) so|we (?:are|do|could|can|would|will|agree)\b|(?:it|that|he|she|there) (?:is"
    r"|are|does|would|will)(?=\W*$)|speaking(?=\W*$)"
    r"|you(?:'ve| have)? (?:got|have) (?:it|that)|book (?:it|that)|cancel (?:it|that)|take (?:it|that)|happy with"
    r"|i'm (?:happy|ok|okay|fine|in)|thumbs up)\b"
)
_NO = re.compile(
    _FILLER + r"(?:no|nope|nah|not|don't|please don't|do not|never|rather not|i'd rather|i would rather|i'd prefer"
    r"|wrong|incorrect|wait|stop|forget it|keep it|leave it|negative)\b|\btoo (?:expensive|dear|late|early|much|far"
    r"|long|many|few)\b"
)
_RESERVED = re.compile(
    r"\b(?:but|however|only if|unless|before you|if|almost|nearly|not quite|let me (?:check|think|see|ask))\b"
)


class Clause(NamedTuple):
    """A part of a user's turn that says one thing, with the mark of its sentence."""

    text: str
    mark: str


def clauses_of(text: str) -> Iterator[Clause]:
    """The clauses of a lower-case text."""
    for sentence in _SENTENCE.findall(_ANYONE_BUT.sub("not", text)):
        mark = "?" if "?" in sentence[-3:] else ""
        for part in _APART.split(sentence):
            if part and part.strip():
                yield Clause(part.strip(), mark)


def asks_only(clause: Clause) -> bool:
    """Whether it asks something of the clerk, and tells nothing."""
    if clause.mark == "?" and _QUESTION.search(clause.text):
        return _POSSIBLE.search(clause.text) is None
    return _INQUIRY.search(clause.text) is not None


def denies(spoken: Sequence[str], i: int) -> bool:
    """Whether a word denies what follows."""
    return spoken[i] in _NOT and not _NO_DENIAL.intersection(spoken[i + 1 : i + 3])


def ruled_out(spoken: Sequence[str], since: int, start: int, end: int, last: bool) -> bool:
    """Whether a value is denied by words before it ("not on Friday"), or after the last one ("Friday's no good")."""
    if any(denies(spoken, i) or spoken[i] in ("busy", "away") for i in range(max(since, start - 5), start)):
        return True
    after = range(end, min(len(spoken), end + 4))
    too = any(spoken[i : i + 1] == ["too"] for i in after[:-1])
    return last and (too or any(denies(spoken, i) or spoken[i] in _RULED_OUT for i in after))


def agreement(clauses: Sequence[Clause]) -> bool | None:
    """Whether a turn says yes or no; None where it does neither, both, or not without reserve."""
    yes = no = False
    for text, _ in clauses:
        if text.strip(" .!") == "please" and len(clauses) > 1:
            continue
        spoken = words(text)
        denied = any(denies(spoken, i) for i in range(len(spoken)))
        agreed = _YES.search(text) is not None and not denied
        yes |= agreed
        no |= not agreed and (denied or (_NO.search(text) is not None and not _NO_DENIAL.intersection(spoken[1:3])))
    if yes == no or (yes and any(_RESERVED.search(text) for text, _ in clauses)):
        return None
    return yes
