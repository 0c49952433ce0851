"""Which sentences of an utterance ask for something, and into which clauses they fall. Shared by the tasks' parsers."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ASKING = (
    r"(?:what|which|how|when|where|who|whose|whom|why|is|are|was|do|does|did|will|would|should|shall|can|could|have|has"
    r"|might|may|any|wich|wht)\b"
)
_REQUEST = re.compile(
    r"\b(?:let me know|tell me"
    r"|please (?:share|specify|confirm|choose|pick|state|indicate|provide|give|say|clarify|list|name|note|describe"
    r"|enter|select)"
    r"|(?:share|specify|confirm|indicate|clarify) (?:your|the|which|what|whether|how|if)"
    r"|(?:i|we)(?:'d| would|'ll| will)? (?:still )?(?:need|like|want|love|have) to (?:know|understand|hear|ask|check"
    r"|find out)"
    r"|(?:could|can|would|will) you|do you|are you|(?:i'm|i am) (?:wondering|curious)|i wonder"
    r"|just (?:wondering|checking|curious)|may i ask|remind me|(?:hear|know|say|see|wonder|ask|find out)"
    r" (?:if|whether)|(?:i|we)(?:'ll| will)? (?:still )?need (?:your|the|a)\b)"
    rf"|^\W*(?:(?:and|also|so|first|then|next|just|please|kindly),? )*(?:{_ASKING}|(?:specify|describe|enter|name|say"
    r"|state|give|choose|pick|list|note|share|confirm|indicate|clarify|provide|select)\b)"
)
_CLAUSE = re.compile(
    rf",?\s+(?:and|or|but)\s+(?:also\s+)?(?={_ASKING})|[,:—–]\s+(?:and\s+|so\s+|then\s+)?(?={_ASKING})"
)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d+[.):])\s+(?=\S)")
# A mark inside "2.4" or "p.m." ends nothing.
_SENTENCE = re.compile(r"[^?!.;\n]+(?:[?!.;](?=\S)[^?!.;\n]*)*[?!.;]*")
_MARK_INSIDE = re.compile(r"[?!.;\n](?!$)")


def is_plain_question(text: str) -> bool:
    """Whether a text is one sentence that ends in a question mark, for which parsers may take a short cut."""
    return (
        text[-1:] == "?"
        and "." not in text
        and "!" not in text
        and "\n" not in text
        and text.find("?") == len(text) - 1
    )


def requests(text: str) -> Iterator[tuple[str, list[str]]]:
    """The sentences of a lower-case text, each with the clauses that ask for something (none in a plain statement)."""
    if _MARK_INSIDE.search(text) is None:
        # The common case, one sentence, is worth a path that compiles no list of sentences.
        yield text, _clauses(text) if _asks(text, text) else []
        return
    requested = "?" in text or _REQUEST.search(text) is not None
    for line in text.split("\n"):
        bullet = _BULLET.match(line)
        listed = requested and bullet is not None  # what is listed under a request is requested
        for sentence in _SENTENCE.findall(line[bullet.end() :] if bullet else line):
            yield sentence, _clauses(sentence) if listed or _asks(sentence, text) else []


def _asks(sentence: str, text: str) -> bool:
    if "?" in sentence:
        return True
    # A chat line without any stop ("window or aisle seat") asks too.
    if sentence == text and sentence.rstrip()[-1:] not in (".", "!"):
        return True
    return _REQUEST.search(sentence) is not None


def _clauses(sentence: str) -> list[str]:
    if "," not in sentence and ":" not in sentence and " and " not in sentence and " or " not in sentence:
        return [sentence]
    clauses = _CLAUSE.split(sentence)
    # A lead-in ("Before I look for models, …") asks nothing where another clause does.
    return ([c for c in clauses if _REQUEST.search(c)] or clauses) if len(clauses) > 1 else clauses
