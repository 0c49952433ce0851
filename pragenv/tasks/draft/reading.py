"""What a user's words say of a document's points: values, complaints, and what is to go in or out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pragenv.tasks.draft.checks import LONG, SHORT
from pragenv.tasks.draft.cues import Entry, matches
from pragenv.tasks.draft.document import IN, OUT, Document
from pragenv.tasks.lexicon import STOPWORDS, Match, words
from pragenv.types import Act

# -- facts: what is missing, what is to go in, what is to go out

_PUT = (
    r"(?:mention(?:s|ed|ing)?|includ(?:e|es|ed|ing)|add(?:s|ed|ing)?|put(?:s|ting)?|stat(?:e|es|ed|ing)|say(?:s|ing)?|said"
    r"|tell(?:s|ing)?|told|giv(?:e|es|en|ing)|nam(?:e|ed|ing)|bring(?:ing)? (?:\w+ ){0,4}up|brought up|list(?:ed|ing)?|writ(?:e|ten|ing)"
    r"|cover(?:s|ed|ing)?|work(?:ed|ing)? in|remind(?:s|ed|ing)?|remember|keep|noted?|quot(?:e|ed)|stress(?:ed)?"
    r"|highlight(?:ed|ing)?|spell(?:ed)? out|point(?:ed)? out|refer(?:s|red|ence)?|warn(?:s|ed)?|explain(?:s|ed|ing)?"
    r"|describ(?:e|ed)|announc(?:e|ed)|advertis(?:e|ed)|show|talk(?:ing)?|speak(?:ing)?|touch on|go(?:ing)? into|insert"
    r"|emphasi[sz]ed?|specif(?:y|ied)|inform(?:ed)?|discuss(?:ed)?|reveal(?:ed)?|appears?|print(?:ed)?|work in"
    r"|let (?:\w+ )?\w+ know)"
)
_DROP = (
    r"(?:leav(?:e|ing)|omit(?:ted|ting)?|drop(?:ped|ping)?|skip(?:ped|ping)?|exclud(?:e|ed|ing)|remov(?:e|ed|ing)"
    r"|delet(?:e|ed|ing)|cut(?:ting)?|strik(?:e|ing)|struck|scrap(?:ped)?|lose|ditch|rid|avoid|scratch|cross|axe|spare"
    r"|forget about|taken? out|took out|taking out|(?:be|is|are|go(?:es)?|stays?|kept) out|out (?:with|of (?:it|there|this))"
    r"|(?:quiet|silent) about|hide|hiding|conceal|withhold|secret)"
)
_MISSING = re.compile(
    r"\b(?:forg[eo]t(?:ten)?|miss(?:ed|es|ing)?|lack(?:s|ing)?|left out|left (?:\w+ ){1,4}out|omitted|skipped|overlooked"
    r"|absent|neglected|there(?:'s| is| was) no(?:thing)?|(?:says?|said|see|find|read|mentions?|contains?|have|has) nothing"
    r"|nowhere|no (?:sign|trace|word)|fail(?:s|ed)? to)\b"
    rf"|\b(?:haven't|have not|hasn't|has not|didn't|did not|isn't|is not|wasn't|aren't|are not|weren't) (?:\w+ )?{_PUT}\b"
    rf"|\b(?:you|it|that|this|text|draft) (?:don't|doesn't|do not|does not|never) (?:even )?{_PUT}\b"
    r"|\bwhere(?:'s| is| are| did)\b|(?:n't|\bnot|\bcannot) (?:\w+ )?(?:see|find|there)\b|\bnot in there\b"
    r"|\b(?:isn't|aren't|is not|are not) in\b|\bnot enough (?:about|on)\b"
    r"|\b(?:don't|doesn't|won't|can't|cannot|nobody|no one|not) (?:even )?(?:knows?|will know|understand)\b"
    r"|\bhow (?:\w+ ){1,12}(?:without|if)\b|\bwithout\b.{1,99}(?:n't|\bcannot|\bnobody|\bno one|\bno good|\buseless)\b"
    r"|\bforgotten\b"
)
# "What is the raffle doing in there?", "Who cares about the raffle?"
_IDLE = re.compile(
    r"\bwhy (?:is|are|do|does|did|on earth|mention|would)\b|\bwho (?:cares|needs|wants|asked)\b|\bdoing (?:in )?(?:here|there)"
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
    r"\b(?:(?:i'd|i would|i must|let's|as i|like i) (?:say|said)|they say|to say the least|you know|tell me)\b"
)
_NEEDLESS = re.compile(
    r"\b(?:unnecessary|superfluous|irrelevant|redundant|private|confidential|secret|pointless|should go|has to go"
    r"|have to go|can go|needless|unwanted|uncalled|do without|enough of|rather not|better not)\b"
)
_AMISS_OF_FACTS = re.compile(
    r"\b(?:is|are|'s|seems?|looks?|something|sounds?) (?:\w+ )?(?:wrong|off|amiss)\b"
    r"|n't (?:\w+ )?(?:right|like|correct|happy)\b|\bnot (?:\w+ )?(?:right|happy|so|quite|keen)\b|\bunhappy\b|\bthink again\b"
    r"|\brethink\b"
)
_SHRUGS = re.compile(
    r"\bi (?:don't|do not|didn't|can't|couldn't) (?:really |even |quite )?(?:mind|care|know|remember|recall|understand)\b"
    r"|\bno idea\b|\bnot sure (?:if|whether)\b"
)
_LEAVE_OUT = re.compile(
    r"\b(?:keep|leave|take|leaving|taking|keeping)\b((?:(?!\b(?:keep|leave|take|but)\b)[^,;.]){1,60}?)\bout\b"
)
_ANYTHING_BUT = re.compile(
    r"\b(?:(?:anything|everything|all)(?: of (?:it|them|that))?,? (?:but|except|apart from|save)(?: for)?|far from)\b"
)
_POLITE = re.compile(r"\b(?:can't|couldn't|won't|wouldn't|why don't|why not|why didn't) (you|we)\b")
_PRONOUN = re.compile(r"\b(?:it|that|them|this|those|these|they|one|so)\b")
_BARE_WORDS = 1
"""Words without topic aside, as many as a clause may hold beside the facts that it names and nothing else."""
_IS = r"(?:is|are|was|were|do|does|did|have|has|will|can)"
_BEGINS_ASKING = re.compile(rf"^\W*(?:and |but |so )*(?:{_IS}|(?:how|when|where|why|who|what)(?: \w+)? {_IS}|why)\b")
_ENQUIRES = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|well) )*(?:when|where|what|which|who|how)\b(?! (?:about|if|of)\b)"
)
_POLITELY_ASKED = re.compile(r"^\W*(?:and |but )*(?:what|how) about\b")

# -- the general points

_RELATIVE = re.compile(r"\b(?:too|enough|less|more)\b|n't\b|\b(?:not|no|never|without|than)\b")
_UNLIKE = re.compile(
    r"n't\b|\bwhy (?:is|are|so)\b|\b(?:too|less|not|no|nothing|nobody|never|without|than|overly|excessively|stop|avoid"
    r"|tone down|way over)\b|\b(?:can't|cannot)\b"
)
_ABSOLUTE = re.compile(
    r"\bmore\b.*\bthan\b|\brather\b.*\bthan\b|\bnot (?:only|just)\b|\bcould(?:n't)? (?:you|it|we)\b|\btoo,? please\b"
)
_LACKING = re.compile(
    r"\benough\b|\bthere(?:'s| is) no\b|\b(?:miss|missing|lacks?|forgot|short on|without any)\b|\bwhere(?:'s| is)\b"
)
# Of a draft, "that isn't formal" is a complaint; of anything else, a wish.
_DESCRIBED = re.compile(
    r"\b(?:this|it|that|you)(?: is|'s| does| sounds?| reads?)?(?:n't| not)\b(?! (?:to|supposed|meant|be|have|need))"
)
# "It's rather short" finds fault, said of a draft.
_FOUND_SO = re.compile(
    r"^\W*(?:it|that|this|the \w+)(?:'s| is| sounds| reads| feels| looks| seems| comes across as)"
    r"(?: (?:a bit|a little|a tad|rather|quite|very|pretty|awfully|so|terribly|somewhat|kind of|sort of|really|still|all))*"
    r" [\w-]+(?: (?:to|for) .*)?\W*$"
)
# Who a text is for, and not who is only spoken of ("my colleagues are noisy today").
_FOR = re.compile(
    r"\b(?:for|to|at|towards?|addres\w+|read\w*|reach\w*|aim\w*|meant|target\w*|speak\w*|talk\w*|writ\w+|should|wants?|wanted"
    r"|needs?|gets?|send\w*|invit\w+|rather|instead|not|audience|receiv\w+|see|hello|dear|please|only|wrong|must|thank\w*"
    r"|ones?|make|mean|meant|is it|it's|them)\b|n't\b"
)
_LIKENED = re.compile(r"\b(?:reads|sounds|feels|looks) (?:a bit |rather |more |too |just )?(?:like|as if)\b")
_INSTEAD = re.compile(r"\b(?:instead of|rather than|in place of)\b.*")
_SHORTER = re.compile(
    r"\b(?:shorter|trim|tighten|condense|shorten|cut (?:it|this|that|down)|abridge|halve|in half|prune|compress|less text"
    r"|fewer (?:words|lines|sentences)|(?:too|so|pretty|rather|quite|very|a bit|awfully) (?:wordy|verbose)|rambl\w+"
    r"|long[- ]winded|wordy|verbose|waffl\w+|drags on|goes on and on|go(?:es)? on (?:for|too|forever)|never ends|endless"
    r"|bloated|half (?:of that|as long|the length|that length)|boil it down|get to the point|cut to the chase|too much text"
    r"|(?:too|awfully|far) (?:long|lengthy|wordy|detailed|extensive|much detail))\b"
)
_LONGER = re.compile(
    r"\b(?:longer|expand|lengthen|flesh|more (?:detail(?:s|ed)?|text|words|to it|substance|meat)|stretch|elaborate|beef"
    r"|pad it|fill it out|say more|write more|go on a bit|(?:greater|more) (?:length|depth)|twice (?:as long|the length)"
    r"|double (?:the length|it)|skimpy|meag(?:er|re)|sketchy|too (?:short|brief|little|terse|concise|thin)|extend)\b"
    r"|(?:\bnot|n't) (?:\w+ )?(?:long|detailed) enough\b"
)
_NOT_TOO = re.compile(r"\b(?:not|n't) (?:\w+ )?(?:too|so|overly) (long|short|brief|lengthy)\b")
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_IN_WORDS = re.compile(
    rf"\b(?:(a|one|two|three|four|five) hundred(?: and (fifty|{'|'.join(_TENS)}|ten))?|({'|'.join(_TENS)}))\b(?=.{{0,24}}\bwords\b)"
)
_HUNDREDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_WORDS = re.compile(r"\b(\d{1,4})(?:\s*(?:to|-|–|and|or)\s*(\d{1,4}))?(?:\s+\w+)?\s+words?\b|\bwords?:? (\d{1,4})\b")
_MORE_THAN = re.compile(
    r"(?<!no )(?<!not )(?<!n't )(?<!never )\b(?:over|more than|above|at least|beyond|exceed|upwards of)\b"
)
_AMISS = re.compile(
    r"\b(?:wrong|amiss|another|other|different|differently|change|rethink|again)\b"
    r"|\b(?:is|'s|are|seems?|sounds?|feels?|bit|way|completely|all|totally) off\b"
    r"|n't (?:\w+ )?(?:right|like|work|suit|fit|happy|convince|what|how)|n't the \w+ (?:i|we)\b|\b(?:hate|fix|adjust)\b"
    r"|\bnot (?:\w+ )?(?:right|happy|that|those|so|quite|sure about|keen|convinced|fond|what)\b|\bdislike\b|\bunhappy\b"
)
_RIGHT = re.compile(
    r"\b(?:perfect|wonderful|excellent|brilliant|superb|fantastic|flawless|ideal|amazing|splendid|marvell?ous"
    r"|that works|works for me|just (?:right|what|like that|as)|looks? (?:good|great|fine|perfect|right)"
    r"|sounds (?:good|great|right|perfect)|reads well|good (?:as it is|to go|enough)|all good|(?:fine|great|good) (?:as it is|now|by me|with me)"
    r"|wouldn't (?:change|touch|alter)|don't (?:change|touch)|exactly|love it|love this|like it (?:a lot|very much|just)"
    r"|spot on|bang on|send it|print it|ship it|post it|publish it|(?:couldn't|can't|could not) (?:be|get|ask for|have (?:put|said|done|written)) (?:\w+ )?(?:better|more|it better)"
    r"|nailed it|well done|bravo|approved?|thumbs up|no (?:more |further )?(?:changes|complaints|comments|objections|notes)"
    r"|nothing (?:to|i'd|i would|more to|else to|left to) (?:change|add|complain|improve|do|say)|can't (?:fault|complain)"
    r"|ready to (?:go|send|print)|(?:happy|satisfied|pleased|content|delighted) with (?:it|this|that|the draft|everything)"
    r"|that's (?:it|right|the one|great|good|fine|lovely|all i wanted)|that(?:'ll| will) do|it'll do|go with (?:it|that|this)"
    r"|(?:leave|keep|take|use) it (?:like|as|just)|bingo|hits? the (?:nail|mark|spot)|(?:great|good|nice|excellent) (?:job|work)"
    r"|(?:it|that|this)(?:'s| is) (?:very |really |just |all |absolutely )?(?:fine|good|great|okay|ok|right|ideal)"
    r"|what (?:i|we) (?:want(?:ed)?|need(?:ed)?|was looking for|had in mind|asked for|meant)|no objections?"
    r"|lovely|it's great|very nice|i'll take it|i (?:really |do |quite )?(?:like|love) (?:it|this|that))\b|^\W*(?:great|super|good|very good|fine)\W*$"
)
_NOT_RIGHT = re.compile(
    r"\b(?:almost|nearly|but|except|apart from|though|however|only|if|would be|isn't|wasn't|aren't|never|not|yet|so far|start|better if|could be)\b"
)
_BETTER = re.compile(r"\b(?:couldn't|can't|could not|cannot) (?:be|get|ask|have)\b")
_JOINS = re.compile(r"(\band\b(?! (?:\d|on\b))|\bbut\b|,(?!\d)|[;:–—])")
_OPPOSITE = {"formal": "friendly", "friendly": "formal", IN: OUT, OUT: IN}


def band(count: int) -> str:
    """The length of a text of so many words."""
    return "short" if count <= SHORT else "medium" if count <= LONG else "long"


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
        self._asked_reader = first.slot == "reader"
        self.found: dict[str, Act] = {}

    def add(self, act: Act) -> None:
        """What is wanted says more than what is amiss ("too long, make it short"); else the first word counts."""
        known = self.found.get(act.slot)
        if act.slot == "length" and known is not None and {known[2], act[2]} == {"short", "long"}:
            if known.kind == act.kind == "deny":  # "not short, but not long either"
                self.found["length"] = Act("inform", "length", "medium")
        if act.slot not in self.found or (self.found[act.slot].kind, act.kind) == ("deny", "inform"):
            self.found[act.slot] = act

    def hear(self, sentence: str) -> None:
        """Take a sentence in lower case."""
        text = _POLITE.sub(r"could \1", sentence.replace("’", "'"))
        text = _LEAVE_OUT.sub(r"omit \1", _HEDGES.sub("", text))
        text = _ANYTHING_BUT.sub("not", text)
        for sign in (sign for signs in self._document.readers.values() for sign in signs if " & " in sign):
            text = text.replace(sign.replace("&", "and"), sign)
        if _ENQUIRES.match(text) and "?" in text and not self._drafted:
            return
        before = len(self.found)
        self._facts(text)
        for clause in _JOINS.split(text)[::2]:
            self._general(_INSTEAD.sub("", clause))
        if len(self.found) == before and self._drafted and _RIGHT.search(text):
            if not _NOT_RIGHT.search(_BETTER.sub("", text)):
                self.add(Act("inform", "draft", "right"))

    # -- facts ---------------------------------------------------------------------------------------------------------

    def _facts(self, text: str) -> None:
        """Of each clause the facts that it names, with what it says of them, or its neighbours where it says nothing."""
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

    # -- the general points --------------------------------------------------------------------------------------------

    def _general(self, clause: str) -> None:
        held = matches(clause, self._document)
        named = [match.entries[0] for match in held]
        if any(point in self._document.by_name for point, _ in named):
            return  # words for other points only describe a fact ("warm clothes")
        lengths = [value for point, value in named if point == "length"]
        if (act := _length(clause, lengths, self._drafted)) is not None:
            self.add(act)
        relative = _RELATIVE.search(clause) is not None
        for point in ("form", "tone", "reader"):
            values = list(dict.fromkeys(value for name, value in named if name == point and value))
            if point == "reader" and not (_FOR.search(clause) or self._asked_reader or is_bare(clause, held)):
                continue
            if len(values) == 1 and not (point == "reader" and relative and len(named) > 1):
                self.add(_said_of(point, values[0], clause, self._drafted))
            elif not values and (point, "") in named and _AMISS.search(clause):
                self.add(Act("deny", point))


def is_bare(clause: str, named: Sequence[Match[Entry]]) -> bool:
    """Whether a clause names facts, and says hardly anything of them."""
    inside = {i for match in named for i in range(match.start, match.end)}
    rest = [word for i, word in enumerate(words(clause)) if i not in inside and word not in STOPWORDS]
    return len(rest) <= _BARE_WORDS and _BEGINS_ASKING.match(clause) is None


def _says(clause: str) -> bool:
    return _PUTTING.search(clause) is not None or _NEGATION.search(clause) is not None


def _refers(clause: str) -> bool:
    """Whether a clause that names nothing speaks of what was named before: "remove it", "that needs to be in"."""
    said = _PUTTING.search(clause) or _DROPPING.search(clause) or _NEEDED.search(clause)
    return said is not None and _PRONOUN.search(clause) is not None


def _said_of(point: str, value: str, clause: str, drafted: Mapping[str, str | None]) -> Act:
    """What a clause says of one value: that it is wanted, or that it is not."""
    lacking = _LACKING.search(clause) or (drafted and point == "tone" and _DESCRIBED.search(clause))
    unlike = _UNLIKE.search(_ABSOLUTE.sub("", clause)) or (
        drafted and point == "tone" and (_LIKENED.search(clause) or _FOUND_SO.search(clause))
    )
    if unlike and not lacking:
        return Act("inform", point, _OPPOSITE[value]) if value in _OPPOSITE else Act("deny", point, value)
    return Act("inform", point, value)


def _length(clause: str, named: Sequence[str], drafted: Mapping[str, str | None]) -> Act | None:
    if bounded := _NOT_TOO.search(clause):
        return Act("deny", "length", "long" if bounded[1].startswith("l") else "short")
    if counted := _WORDS.search(_IN_WORDS.sub(_in_figures, clause)):
        low = int(counted[1] or counted[3])
        high = int(counted[2] or low)
        return Act("inform", "length", band((low + high + 1) // 2 + bool(_MORE_THAN.search(clause))))
    values = set(filter(None, named))
    if drafted and len(values) == 1 and _FOUND_SO.search(clause):
        clause = f"too {values.copy().pop()}"
    for pattern, least, most in ((_SHORTER, "short", "long"), (_LONGER, "long", "short")):
        if pattern.search(clause):
            # From the far end there are two bands that it may be.
            return Act("deny", "length") if drafted.get("length") == most else Act("inform", "length", least)
    if len(values) == 1:
        return _said_of("length", values.pop(), clause, drafted)
    return Act("deny", "length") if named and not values and _AMISS.search(clause) else None


def _in_figures(found: re.Match[str]) -> str:
    if found[3]:
        return str(_TENS[found[3]])
    return str(100 * _HUNDREDS[found[1]] + (_TENS.get(found[2], 10) if found[2] else 0))
