"""What a user's words say of a document's points: values, complaints, and what is to go in or out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pragenv.tasks.draft.agreement import approves
from pragenv.tasks.draft.cues import Entry, is_bare, matches
from pragenv.tasks.draft.document import IN, OUT, Document
from pragenv.tasks.draft.general import general
from pragenv.tasks.lexicon import Match
from pragenv.types import Act

# -- facts: what is missing, what is to go in, what is to go out

_PUT = (
    r"(?:mention(?:s|ed|ing)?|includ(?:e|es|ed|ing)|add(?:s|ed|ing)?|put(?:s|ting)?|stat(?:e|es|ed|ing)|say(?:s"
    r"|ing)?|said"
    r"|tell(?:s|ing)?|told|giv(?:e|es|en|ing)|nam(?:e|ed|ing)|bring(?:ing)? (?:\w+ ){0,4}up|brought up|list(?:ed"
    r"|ing)?|writ(?:e|ten|ing)"
    r"|cover(?:s|ed|ing)?|work(?:ed|ing)? in|remind(?:s|ed|ing)?|remember|keep|noted?|quot(?:e|ed)|stress(?:ed)?"
    r"|highlight(?:ed|ing)?|spell(?:ed)? out|point(?:ed)? out|refer(?:s|red|ence)?|warn(?:s|ed)?|explain(?:s|ed|ing)?"
    r"|describ(?:e|ed)|announc(?:e|ed)|advertis(?:e|ed)|show|talk(?:ing)?|speak(?:ing)?|touch on|go(?:ing)? into|insert"
    r"|emphasi[sz]ed?|specif(?:y|ied)|inform(?:ed)?|discuss(?:ed)?|reveal(?:ed)?|appears?|print(?:ed)?|work in"
    r"|let (?:\w+ )?\w+ know)"
)
_DROP = (
    r"(?:leav(?:e|ing)|omit(?:ted|ting)?|drop(?:ped|ping)?|skip(?:ped|ping)?|exclud(?:e|ed|ing)|remov(?:e|ed|ing)"
    r"|delet(?:e|ed|ing)|cut(?:ting)?|strik(?:e|ing)|struck|scrap(?:ped)?|lose|ditch|rid|avoid|scratch|cross|axe|spare"
    r"|forget about|taken? out|left out|took out|taking out|(?:be|is|are|go(?:es)?|stays?|kept) out|out (?:with"
    r"|of (?:it"
    r"|there|this))"
    r"|(?:quiet|silent) about|hide|hiding|conceal|withhold|secret)"
)
_MISSING = re.compile(
    r"\b(?:forg[eo]t(?:ten)?|miss(?:ed|es|ing)?|lack(?:s|ing)?|(?<!be )(?<!being )(?:left out|omitted|skipped)"
    r"|left (?:\w+ ){1,4}out"
    r"|overlooked"
    r"|absent|neglected|there(?:'s| is| was) no(?:thing)?|(?:says?|said|see|find|read|mentions?|contains?|have"
    r"|has) nothing"
    r"|nowhere|no (?:sign|trace|word)|fail(?:s|ed)? to)\b"
    rf"|\b(?:haven't|have not|hasn't|has not|didn't|did not|isn't|is not|wasn't|aren't|are not|weren't) (?:(?!worth"
    rf"|to|be)\w+ )?{_PUT}\b"
    rf"|(?:'re|'s| are| is) not (?:even )?{_PUT}\b"
    rf"|\b(?:you|it|that|this|text|draft) (?:don't|doesn't|do not|does not|never) (?:even )?{_PUT}\b"
    r"|\bwhere(?:'s| is| are| did)\b|(?:n't|\bnot|\bcannot) (?:\w+ )?(?:see|find|there)\b|\bnot in there\b"
    r"|\b(?:isn't|aren't|is not|are not) in\b|\bnot enough (?:about|on)\b"
    r"|\b(?:don't|doesn't|won't|can't|cannot|nobody|no one|not) (?:even )?(?:knows?|will know|understand)\b"
    r"|\bhow (?:\w+ ){1,12}(?:without|if)\b|\bwithout\b.{1,99}(?:n't|\bcannot|\bnobody|\bno one|\bno good|\buseless)\b"
    r"|\bforgotten\b"
)
# "What is the raffle doing in there?", "Who cares about the raffle?"
_IDLE = re.compile(
    r"\bdo (?:we|they|i|people|you) (?:really |actually )?(?:need|have to|want)\b|\bwhy (?:is|are|do|does|did"
    r"|on earth|mention|would)\b|\bwho (?:cares|needs|wants|asked)\b|\bdoing (?:in )?(?:here|there)"
    r"|\bwhat(?:'s| is) the (?:point|use)\b|\bneed(?:n't| not)\b"
)
_CONTENT = re.compile(rf"(\b{_PUT} (?:\w+ )?that)\b.*")  # "say that nobody was hurt" denies nothing
_NEGATION = re.compile(r"n't\b|\b(?:not|no|never|none|nothing|nobody|without|neither|nor|hardly|cannot|stop)\b")
_PUTTING, _DROPPING = re.compile(rf"\b{_PUT}\b"), re.compile(rf"\b{_DROP}\b")
# "I don't want it left out" wants it in; "no, leave it out" does not.
_KEPT = re.compile(
    rf"(?:n't|\bnot|\bnever)(?<!why not) (?:\w+ ){{0,3}}?(?:{_DROP}|forget|miss|do without|be missing)\b"
)
_NEEDED = re.compile(
    r"\b(?:yes|needs?|needed|wants?|wanted|must|should|essential|important|has to|have to|got to|ought|please|belongs?"
    r"|matters?|would be good|vital|crucial|deserves?|make sure|(?:i'd|i would) (?:like|love|prefer)|expected|required"
    r"|necessary)\b|\bin(?: it| there| here| too| as well| the \w+)?\W*$|^\W*with\b"
)
_HEDGES = re.compile(
    r"\b(?:(?:i'd|i would|i must|let's|as i|like i) (?:say|said)|they say|to say the least|you know|tell me"
    r"|(?<!['’])(?!it\b|that\b|this\b|text\b|draft\b|you\b|notice\b|nothing\b|to\b)\w+ (?:says|said|told me"
    r"|tells me)(?! so)"
    r"|(?:didn't|did not) (?:i|we) (?:say|tell you|ask)(?: you)?|i (?:told|asked) you(?= (?:not )?to))\b"
)
_NEEDLESS = re.compile(
    r"\b(?:unnecessary|superfluous|irrelevant|redundant|private|confidential|secret|pointless|should go|has to go"
    r"|have to go|can go|needless|unwanted|uncalled|do without|(?:too much|enough|less) (?:about|on|of)|rather not"
    r"|better not)\b"
)
_AMISS_OF_FACTS = re.compile(
    r"\b(?:is|are|'s|seems?|looks?|something|sounds?) (?:\w+ )?(?:wrong|off|amiss)\b"
    r"|n't (?:\w+ )?(?:right|like|correct|happy)\b|\bnot (?:\w+ )?(?:right|happy|so|quite|keen)\b|\bunhappy\b"
    r"|\bthink again\b"
    r"|\brethink\b"
)
_SHRUGS = re.compile(
    r"\bi (?:don't|do not|didn't|can't|couldn't) (?:really |even |quite )?(?:mind|care|know|remember|recall"
    r"|understand)\b"
    r"|\bno idea\b|\bnot sure (?:if|whether)\b"
)
_LEAVE_OUT = re.compile(
    r"\b(?:keep|leave|take|leaving|taking|keeping)\b((?:(?!\b(?:keep|leave|take|but)\b)[^,;.]){1,60}?)\bout\b"
)
_TURNED = re.compile(r"\b(?:turn|chang|convert|transform|switch|rework|rewrit)\w* [^.,;]{1,40}?\b(?:in)?to\b")
_AT_MOST = re.compile(r"\b(?:no|not) (?:more|longer) than\b")
_ANYTHING_BUT = re.compile(
    r"\b(?:(?:anything|everything|all)(?: of (?:it|them|that))?,? (?:but|except|apart from|save)(?: for)?|far from)\b"
)
_POLITE = re.compile(r"\b(?:can't|couldn't|won't|wouldn't|why don't|why not|why didn't) (you|we)\b")
_PRONOUN = re.compile(r"\b(?:it|that|them|this|those|these|they|one|so)\b")
_ENQUIRES = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|well) )*(?:when|where|what|which|who|how)\b(?! (?:about|if|of)\b)"
)
_WONDERS = re.compile(
    r"^\W*(?:and |but |so )*(?:is|are|was|were|do|does|did|have|has|will|(?:can|may) i(?! (?:have|get)))\b"
)
_WHAT_IS = re.compile(r"^\W*(?:and |but |so )*(?:what(?:'s| is| are) an?\b|what do you mean|what does)")
# What a user is going to do, for itself.
_ASIDE = re.compile(
    r"\bi(?:'ll| will| must| have to|'m going to| had to| need to) (?:\w+ )?(?:forward|show|ask|meet|see|call|check"
    r"|discuss"
    r"|talk|run|pass|read|think|get|bring|go|park|look)\b"
)
_POLITELY_ASKED = re.compile(r"^\W*(?:and |but )*(?:what|how) about\b")

_INSTEAD = re.compile(r"\b(?:instead of|rather than|in place of)\b.*")
_JOINS = re.compile(r"(\band\b(?! (?:\d|on\b))|\bbut\b|,(?!\d)|[;:–—])")


class Said:
    """What the sentences of one turn say, taken one by one.

    Args:
        document: that they are about.
        drafted: the profile of the draft that the turn follows; empty where it follows none. "Shorter" is understood
            by it, and a fact that is only named is missed.
        asked: what the turn answers. Facts that are only named are wanted where it answers what is to go in; where
            nothing was asked, facts are wanted only if a word says so.
    """

    def __init__(self, document: Document, drafted: Mapping[str, str | None], asked: tuple[Act, ...]) -> None:
        self._document, self._drafted, self._answering = document, drafted, bool(asked)
        first = asked[0] if asked else Act("")
        self._about = [first.slot] if first.slot in document.by_name else []
        self._open_question = first.kind == "ask_open" or first.slot == "facts"
        self._asked = first.slot
        self.found: dict[str, Act] = {}

    def add(self, act: Act) -> None:
        """What is wanted says more than what is amiss ("too long, make it short"); else the first word counts."""
        known = self.found.get(act.slot)
        if known is not None and known.kind == act.kind == "deny" and {known.value, act.value} == {"short", "long"}:
            self.found["length"] = Act("inform", "length", "medium")  # "not short, but not long either"
        if act.slot not in self.found or (self.found[act.slot].kind, act.kind) == ("deny", "inform"):
            self.found[act.slot] = act

    def hear(self, sentence: str) -> None:
        """Take a sentence in lower case."""
        text = _POLITE.sub(r"could \1", sentence.replace("’", "'"))
        text = _LEAVE_OUT.sub(r"omit \1", _HEDGES.sub("", text))
        text = _TURNED.sub("", text)
        text = _AT_MOST.sub("at most", text)
        text = _ANYTHING_BUT.sub("not", text)
        for sign in (sign for signs in self._document.readers.values() for sign in signs if " & " in sign):
            text = text.replace(sign.replace("&", "and"), sign)
        if _ASIDE.search(text) or ("?" in text and self._only_asks(text)):
            return
        before = len(self.found)
        self._facts(text)
        for clause in _JOINS.split(text)[::2]:
            for act in general(_INSTEAD.sub("", clause), self._document, self._drafted, self._asked):
                self.add(act)
        if len(self.found) == before and self._drafted and approves(text):
            self.add(Act("inform", "draft", "right"))

    def _only_asks(self, text: str) -> bool:
        """Whether a question wants to know something, and neither requests nor complains."""
        if _ENQUIRES.match(text):
            return not self._drafted or _WHAT_IS.match(text) is not None
        return _WONDERS.match(text) is not None and not (_MISSING.search(text) or _IDLE.search(text))

    # -- facts ---------------------------------------------------------------------------------------------------------

    def _facts(self, text: str) -> None:
        """The facts that each clause names, with what it says of them, or its neighbours where it says nothing."""
        asking = "?" in text and bool(self._drafted) and not _IDLE.search(text)
        carried: Act | None = None
        waiting: list[str] = []
        parts = _JOINS.split(text)
        for join, clause in zip(["", *parts[1::2]], parts[::2], strict=True):
            clause = _INSTEAD.sub("", clause)
            named = matches(clause, self._document)
            facts = self._named_facts(named)
            verdict = self._verdict(clause, asking and bool(facts))
            if join == "but":
                self._settle(waiting, None, asking)
            if facts:
                bare = is_bare(clause, named)
                if bare and (verdict is None or not _says(clause)):
                    verdict = verdict if verdict is not None else carried
                if verdict is None and not bare:
                    self._about = facts
                    continue
                if verdict is None:
                    waiting += facts
                else:
                    self._settle(waiting, verdict, asking) if join != "but" else None
                    self._judge(facts, verdict)
                self._about = facts
            elif verdict is not None:
                if waiting:
                    self._settle(waiting, verdict, asking)
                elif self._about and not any(m.entries[0][0] for m in named) and _refers(clause):
                    self._judge(self._about, verdict, anew=True)
            carried = verdict if verdict is not None else carried
        self._settle(waiting, None, asking)

    def _named_facts(self, named: Sequence[Match[Entry]]) -> list[str]:
        points = (match.entries[0][0] for match in named)
        return list(dict.fromkeys(point for point in points if point in self._document.by_name))

    def _settle(self, waiting: list[str], verdict: Act | None, asking: bool) -> None:
        """Facts of which nothing was said when they were named."""
        if verdict is None and (self._open_question or asking):
            verdict = Act("inform", value=IN)
        if verdict is not None:
            self._judge(waiting, verdict)
        waiting.clear()

    def _judge(self, facts: Sequence[str], verdict: Act, anew: bool = False) -> None:
        for fact in facts:
            if anew:
                self.found[fact] = verdict._replace(slot=fact)
            else:
                self.add(verdict._replace(slot=fact))

    def _verdict(self, clause: str, asking: bool) -> Act | None:
        """What a clause wants of the facts that it is about: in, out, or otherwise than drafted."""
        clause = _CONTENT.sub(r"\1", clause)
        if _SHRUGS.search(clause):
            return None
        if _KEPT.search(clause) or (_MISSING.search(clause) and not _IDLE.search(clause)):
            return Act("inform", value=IN)
        if asking and (_ENQUIRES.match(clause) or _POLITELY_ASKED.match(clause) or re.match(r"^\W*nothing\b", clause)):
            return Act("inform", value=IN)
        if _AMISS_OF_FACTS.search(clause):
            return Act("deny")
        if _IDLE.search(clause) or _NEEDLESS.search(clause) or _DROPPING.search(clause):
            return Act("inform", value=OUT)
        if not self._answering and not _PUTTING.search(clause):
            return None
        if _NEGATION.search(clause):
            return Act("inform", value=OUT)
        return Act("inform", value=IN) if _PUTTING.search(clause) or _NEEDED.search(clause) else None


def _says(clause: str) -> bool:
    return _PUTTING.search(clause) is not None or _NEGATION.search(clause) is not None


def _refers(clause: str) -> bool:
    """Whether a clause that names nothing speaks of what was named before: "remove it", "that needs to be in"."""
    said = _PUTTING.search(clause) or _DROPPING.search(clause) or _NEEDED.search(clause)
    return said is not None and _PRONOUN.search(clause) is not None
