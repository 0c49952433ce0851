"""A user's turn in sentences, pieces and clauses, less those that say nothing of the proposal."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"([.!?]+)(?=[\s\"')]|$)|\n")
_PIECE = re.compile(r"[,;:()–—…]|\s-\s|\b(?:but|yet|though|although|however|whereas|because|only that)\b")
_JOINT = re.compile(r"\b(and|or|nor)\b")
_FILLER = r"(?:(?:oh|ok|okay|hm+|ah|so|and|but|well|now|right|yes|no|please|sorry|honestly|maybe|perhaps)\b[\s,]*)*"
_NEGATIVE_QUESTION = re.compile(
    rf"{_FILLER}(?:isn't|aren't|wasn't|doesn't|don't you (?:think|find)|didn't (?:you|i)|can't you|couldn't you"
    rf"|won't you)\b"
)
_ASKS_FOR = re.compile(
    rf"{_FILLER}(?:(?:can|could|may|might|shall) (?:you|we|i|it|they|the|that|this|there)|(?:would|will) (?:you|we)"
    r"|would it be (?:possible|ok|okay|too much)|would (?:it )?(?:be )?(?:ok|okay)|is (?:it|there) (?:possible"
    r"|any (?:chance|way))"
    r"|any chance|why not|why don't (?:you|we)|how about|what about|what if (?:you|we|it|they|there)|do you mind)\b"
)
_WHY_SO = re.compile(rf"{_FILLER}(?:why|how come)\b.{{0,60}}\b(?:so|too)\b")
_WHERE_IS = re.compile(rf"{_FILLER}where(?:'s| is| are| did) the\b")
_QUESTION = re.compile(
    rf"{_FILLER}(?:(?:what|which|who|whose|how|when|where|why)\b|(?:is|are|was|were|am|do|does|did|has|have|had|can"
    rf"|could"
    r"|will|would|should|shall|may|might|must) (?:i|you|we|he|she|it|they|the|that|this|these|those|there|my|your|an?"
    r"|any"
    r"|more|less|fewer|\w+er)\b|(?:would|could|should|does|is|will|do) )"
)
_ASKED_WITHOUT_MARK = re.compile(
    rf"{_FILLER}(?:what|which|who|whose|how|when|where) (?:is|are|was|were|do|does|did|can|could|will|would|should) "
)
_REPORTED = re.compile(
    r"(?<!\bi )(?<!\bwe )(?<!\blike i )\b(?:says|said|thinks|claims|reckons|swears|insists|tells|told|complains|likes"
    r"|loves|hates"
    r"|prefers|finds)\b"
)
_ELSEWHERE = re.compile(
    r"\byesterday\b|\blast (?:week|month|year|summer|winter|spring|autumn|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
    r"|\b(?:ago|used to|back then|usually|normally|outside|outdoors|weather|tomorrow|when i was|as a child"
    r"|in my (?:novel|book))\b"
    r"|\btoday\b|\b(?:my|our) (?:old|other|previous|usual|own|first|last)\b|\bi (?:drink|eat|sleep|work|drive|smoke)\b"
)
_FORMER = re.compile(
    r"\b(?:last|previous|earlier|first|other|old|former) (?:one|time|version|try|attempt|proposal|go|round|cup|shot"
    r"|bowl|loaf"
    r"|glass|plan|draft|chart|poster|mix|soup|setting|batch)\b.{0,60}\b(?:was|were|had|tasted|looked|sounded|felt)\b"
    r"|\b(?:was|were|had)\b.{0,60}\b(?:before|last time|earlier|previously)\b|\b(?:one|loaf|cup|bowl|glass"
    r"|version) before\b"
)
_UNCERTAIN = re.compile(
    r"\b(?:whether|if|in case|unless|until|as long as|lest|imagine|wonder(?:ing)?|suppose)\b(?! (?:you (?:can|could"
    r"|don't mind)|i (?:can|could)|possible))"
)
_NO_DENIAL = (
    (re.compile(r"\b(?:would|could)(?:n't| not) (?:mind|object to|say no to)\b"), "would like"),
    (re.compile(r"\b(?:would|could)(?:n't| not) (?:hurt|harm|go amiss|be amiss)\b"), "would help"),
    (re.compile(r"\bnot only\b|\bno doubt\b"), ""),
)
"""What is said with "not" but denies nothing, and the same without it."""
_WISH = re.compile(
    r"\b(?:if only|if it were|if it was|if it had|if there were|if there was|if you (?:made|put|used|added))\b"
)


def sentences(text: str) -> Iterator[tuple[str, str]]:
    """The sentences of a lower-case text, each with the mark that ends it."""
    parts = _SENTENCE.split(text)
    for said, mark in zip(parts[::2], [*parts[1::2], ""], strict=True):
        if said.strip():
            yield said.strip(), (mark or "")[-1:]


def claimed(sentence: str, mark: str) -> str | None:
    """A sentence as a claim or wish about the proposal; None where it is a question or about something else."""
    if _REPORTED.search(sentence):
        return None
    for said, meant in _NO_DENIAL:
        sentence = said.sub(meant, sentence)
    if _NEGATIVE_QUESTION.match(sentence):
        return _NEGATIVE_QUESTION.sub("", sentence) if mark == "?" or "don't you" in sentence else sentence
    if _ASKS_FOR.match(sentence) or _WHY_SO.match(sentence) or _WHERE_IS.match(sentence):
        return sentence
    if (mark == "?" and _QUESTION.match(sentence)) or _ASKED_WITHOUT_MARK.match(sentence):
        return None
    return sentence


def pieces(sentence: str) -> list[str]:
    """The parts of a sentence that commas, "but" and the like set apart."""
    return [piece.strip() for piece in _PIECE.split(sentence) if piece.strip()]


def complaining(piece: str) -> bool:
    """Whether a piece may complain of the proposal: it isn't about another, or something else, or only supposed."""
    supposed = _UNCERTAIN.search(piece) and not _WISH.search(piece)
    return not (supposed or _ELSEWHERE.search(piece) or _FORMER.search(piece))


def elsewhere(piece: str) -> bool:
    """Whether a piece is about what is no proposal at all."""
    return _ELSEWHERE.search(piece) is not None and not re.search(r"\blast week\b", piece)


def clauses(piece: str) -> list[tuple[str, str]]:
    """The clauses of a piece, each with the word that joins it to the one before; empty for the first."""
    parts = _JOINT.split(piece)
    joined = zip(["", *parts[1::2]], parts[::2], strict=True)
    return [(joint, text) for joint, text in joined if text.strip()]
