"""What a clerk asks: after slots, after leave to do something, or what is wanted at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pragenv.tasks.lexicon import Lexicon, words
from pragenv.tasks.requests import requests
from pragenv.tasks.service.domain import Domain
from pragenv.tasks.service.words import NOTHING, WEAK, Entry, count, counted, idle, plain, values
from pragenv.types import Act

GO_AHEAD = "go_ahead"
"""The slot of a question whether something may be done."""
_UNIT = "unit"
_CUES: Mapping[str, str] = {
    "name": "name|first name|last name|full name|surname|you called|be called|identify yourself"
    "|who is calling|who is this|who am i|who are you|who do i have|who shall i|who should i|who will be|to whom"
    "|whom do i have|whom have i|whom am i|whom shall i|whom should i|i speaking to|i speaking with|i talking to"
    "|i talking with"
    "|i'm speaking to|i'm speaking with|i'm talking to|i'm talking with|i am speaking to|i am talking to"
    "|who is travelling|who is coming|who is it for|whom it is for|who is this for|who is the booking for"
    "|who is the appointment for|who is the patient|who is the passenger|who is the traveller"
    "|who is the participant|who is the visitor",
    "held": "which booking|current booking|existing booking|original booking|current one|existing one|original one"
    "|which of your bookings|which reservation|your reservation|the reservation|booking number|booking reference"
    "|booking code|confirmation number|confirmation reference|confirmation code",
    "day": "day|date|when|weekday|how soon|which evening|what evening|which morning|what morning|which afternoon"
    "|what afternoon",
    "pick": "time|times|time of day|time of the day|departure time|arrival time|early or late|late or early|o'clock"
    "|morning|afternoon|evening|cheap or|matters more|matters most|how early|how late|what hour|which hour",
    "places": "how many|how many tickets|number of|how large|how big|headcount|group size|size of your group"
    "|size of the group|on your own|travelling alone|coming alone|by yourself|just you|only you|just for you"
    "|bring somebody|bring someone|bringing somebody|bringing someone|bringing anyone|anyone travelling"
    "|anyone else|anybody else|anyone coming|anyone with you|anybody travelling",
    "rate": "which rate|what rate|rates|able to change|able to move|able to rebook|change your mind|changeable",
}
_HELD = (
    r"\b(?:bookings?|booked|reservations?|reserved|current|existing|at present|at the moment|original|already have"
    r"|do you hold|signed up|enroll?ed|give up|return|ticket you have"
    r"|which (?:\w+ ){1,2}(?:have you got|do you have)|(?:is|was|have|hold|got) (?:your|the) {item}"
    r"|you (?:want|wish|would like|'d like) to (?:cancel|change|move|return|give up))\b"
)
_NEW = re.compile(r"\b(?:new|instead|rather|other|another|to (?:which|what))\b|\bto\W*$")
"""By which a question about a day is about the day to come, whatever booking it names."""
_WHICH = re.compile(
    r"\bwhich (?:of (?:the |your )?(?:two|three|four|them|these|those|\w+s)\b|ones?\b|(?:{item}|ticket|trip|visit"
    r"|class|session|departure)(?:e?s)?\b)"
    r"|^\W*(?:and |so |now )?which (?:would|will|is|are|do|does|did|suits?|works?|fits?|shall|should|can)\b"
    r"|\bwhat (?:would|do) you prefer\b"
)
_WHAT = re.compile(r"\bwhat (?:would|do) you prefer\b")
_MEANT = re.compile(r"\b(?:mean|meant|cancel\w*|change|changing|move|moving|about|give up|drop)\b")
_OPEN = re.compile(
    r"\b(?:anything|something|what) (?:else|more|further)\b|\btell (?:me|us) (?:\w+ ){0,3}(?:more|about it)\b"
    r"|\bmore (?:details?|information)\b|\bdetails\b"
    r"|\bhow (?:can|may|could|might) (?:i|we) (?:help|assist|serve|be)\b|\bwhat (?:can|may|could) (?:i|we) \w+"
    r"|\bwhat (?:exactly |else )?(?:do you|would you|can you) (?:need|like|want|have in mind|wish)\b"
    r"|\bwhat (?:is|'s) (?:it|this) (?:about|you|that you)\b|\bwhat brings you\b|\bon your mind\b"
    r"|\bbe more (?:specific|precise)\b|\belaborate\b|\bwhat (?:are you"
    r"|were you) (?:looking for|after)\b"
    r"|\b(?:book|booking)\b[^?]{0,40}\bor\b[^?]{0,40}\b(?:cancel|change|have)\b"
    r"|\b(?:is|are) your (?:request|wish|wishes|concern|enquiry|inquiry)\b|\bany (?:\w+ ){0,3}?(?:wishes|requests"
    r"|requirements|preferences)\b"
    r"|\b(?:explain|describe|tell (?:me|us)|say|know|clarify) (?:\w+ )?(?:what|how) (?:\w+ )?"
    r"(?:you|i can|we can|it is|this is)\b|\bhow may we\b"
)
_DOING = (
    r"book|reserve|cancel|change|move|proceed|confirm|do|switch|swap|rebook|re-book|reschedule|sign|enrol|enroll|make"
    r"|arrange|secure|finali[sz]e|complete|process|keep|shift|submit|continue|lock|hold|register|schedule|transfer|call"
    r"|go|carry on|(?:take|get|put|use|pick|choose)(?! (?:\w+ )?(?:name|number)\b| you as)|refund|place|start|enter"
)
_FINE = r"(?:ok|okay|right|correct|fine|good|great|alright|all right|agreed|acceptable|in order)"
_MAY_I = re.compile(
    rf"\b(?:shall|should|may|can|could) (?:i|we) (?:(?:just|now|then|please|really) )?(?:\w+ and )?(?:{_DOING})\b"
    r"|\b(?:shall|should|may) i\W*$"
    rf"|\bgo ahead\b|\b(?:is|are|was|would) (?:that|this|it|these|those|everything|all(?: of)? (?:this|that)) "
    rf"(?:be )?(?:all )?{_FINE}\b"
    rf"|^\W*(?:so |and )?(?:all )?{_FINE}(?: (?:with|by|for) you| so far| like that| then)?\W*$"
    rf"|\b(?:have|did|do) i (?:got |get |have |understood? |understand )?(?:that|this|it|you|everything|all)?\s*"
    r"(?:right|correct|correctly|down right)\b"
    r"|\bdo you (?:still|really) want (?!to (?:know|hear|see|go to|travel))"
    r"|\b(?:do you want|would you like|ready|happy|want) to (?:proceed|continue|go through|confirm|go for|accept"
    r"|(?:book|take|reserve|keep|cancel|change) (?:it|that|this|one))\b"
    r"|\b(?:do you want|would you like|do you accept|will you take) ?(?:it|that|this|that one|this one|(?:this"
    r"|that) {item})?\W*$"
    r"|\b(?:is|was) (?:that|this|it) (?:what|how)\b(?! (?:day|time))|\bready for me to\b|\b(?:do|shall) we go (?:with"
    r"|for)\b"
    rf"|^\W*(?:is )?(?:everything|all) (?:all )?{_FINE}\b"
    rf"|\bif (?:that|this|it)(?:'s| is| would be) {_FINE}\b|\bis that a yes\b"
    rf"|\b(?:{_FINE}) if (?:i|we)\b"
    r"|\bconfirm(?! (?:your (?!booking|cancellation)|which|what|how|whether you|where|when))\b"
    r"|\b(?:want|like|wish|prefer) me to\b(?! know| hear)|\bare you (?:sure|happy|okay|ok|fine|satisfied"
    r"|in agreement)\b"
    r"|\b(?:does|do|would|will) (?:that|this|it|these|everything) (?:all )?(?:work|suit|sound|fit|do|look)\b"
    r"|^\W*(?:sounds?|looks?) (?:good|right|ok|okay|fine|alright)\b"
    r"|\bhappy with (?:that|this|it)\b|\bany objections?\b|^\W*(?:agreed|deal|do you agree)\b|\bdo you agree\b"
    r"|\b(?:do|have) i have your (?:ok|okay|permission|consent|go-ahead)\b|\bgood to go\b|\bmay i\W*$"
)
_I_WILL = re.compile(rf"\b(?:i|we)(?:'ll| will| would|'d) (?:then )?(?:{_DOING})\b")
_WHAT_YOU_WANT = re.compile(r"\b(?:is|was) (?:that|this|it) (?:what|how)\b|\bconfirm that\b")
_TAG = re.compile(rf",\s*(?:is that )?(?:{_FINE}|yes|isn't it|is it|is that so|don't you|aren't you|would you|no)\W*$")
"""A question that a statement ends in: one for leave, if more than one thing is stated."""
_WH = re.compile(r"\b(?:what|which|when|where|who|whom|how|whose)\b")
_ABOUT = re.compile(
    r"\b(?:what|how) about\b|\bhow (?:does|do|would|is)\b.*\b(?:suit|sound|work|look|be|do|fit)\b|\bwhat if\b"
)
"""A question in whose words a value is proposed, though it begins as one that leaves all open."""
_TELL_ME = re.compile(r"\b(?:tell|give|say|state|need|share|specify|spell|know)\b")
_WHEN = re.compile(
    r"^\W*(?:(?:and|so|then|now|please|ok|okay|sorry),? )*(?:when|(?:on |for )?(?:what|which) (?:day|date))\b"
)
_OR_ELSE = re.compile(
    r"\bor (?:for |with |on )?(?:more|several|many|others?|something|someone|somebody|another|any other|the (?:second"
    r"|other|next))\b"
    r"|\bmore than (?:one|\d+)\b"
)
"""What leaves a value open that is named: "for one, or for more?"."""
_SEVERAL = re.compile(r"\band\b|,|\bor\b")
_JOINED = re.compile(
    r"(?:,\s*(?:and |or )?|\s+and )(?=(?:(?:under|for|on|in|at|from|to|with|by)\s+)?(?:what|which|whom?|whose|how|when"
    r"|where)\b)"
)
_EXCLAIMED = re.compile(r"\b(?:what an?|how \w+)\b[^.?!\n]*!")
_ASIDE = re.compile(
    r"^\W*(?:when|once|if|where|what|as soon as) (?!(?:is|are|was|do|does|did|will|would|can|could|shall|should"
    r"|may)\b)[^,.?!\n]*,"
)
"""What a statement begins with that looks like a question: "When you've seen the doctor, …"."""
_IDLE = re.compile(
    r"\bdid you (?!want|mean|say|need|prefer|wish|have|book|ask|already)|\bhave you (?:ever (?!tried|done|taken|had)"
    r"|heard\b|seen\b|been\b)"
    r"|\bdo you (?:know|happen|think|believe|collect|enjoy|often|ever|play|watch|follow)\b(?! (?:to know )?(?:yet"
    r"|which|what|when|where|how|your)\b)"
    r"|\bisn't (?:it|that|this) an?\b|\bwhat (?:time|day) is it\b(?! for)|\b(?:i'll|we'll|i will|we will|let me"
    r"|let's) (?:\w+ )?(?:see|check|find out|look|ask)\b|\btell you\b|\bhow are you\b"
    r"|\bwould be surprised\b"
)
"""Talk in the form of a question, and what the clerk will tell itself."""
_OF_OTHERS = re.compile(
    r"\b(?!(?:what|who|whose|it|that|here|there|patient|passenger|travell?er|participant|visitor|guest|customer|person"
    r"|owner|student|client)'s)\w+'s names?\b|\bnames? of (?!(?:the )?(?:person|passenger|patient|participant|visitor"
    r"|guest|customer|traveller|owner|whoever|who)\b)"
)
_NOUN = re.compile(r"^\W*(?:and |so )?(?:your|the) (?:\w+ ){0,3}\w+(?=,| and )")
"""What is asked for without a verb: "Your name, and where are you going?"."""
_LIST = re.compile(
    r"^(?=[^\n?!]*\b(?:need|require|missing|following|know|have|provide|details|tell)\b[^\n?!]*:\s*$)", re.MULTILINE
)
_AGAIN = re.compile(r"\b(?:again|once more|repeat|come again|spell)\b")


class Asking:
    """Reads the words that a clerk says to a user."""

    def __init__(self, of: Domain) -> None:
        told = list(values(of))
        cues = [((slot, ""), cue) for slot, held in _CUES.items() for cue in held.split("|")]
        cues += [((slot, ""), cue) for slot in ("a", "b") for cue in getattr(of, slot).cues]
        cues += [(("rate", ""), of.rate), *(((_UNIT, ""), word) for word in (of.places, *of.unit))]
        if "bicycle" in of.unit:
            cues += [((_UNIT, ""), "bike"), ((_UNIT, ""), "bikes")]
        known = {phrase.lower() for _, phrase, _ in told} | {cue.lower() for _, cue in cues}
        rest = list(idle(known))
        self._taken = Lexicon([*told, *rest])
        self._lexicon = Lexicon([*told, *rest, *((entry, cue, 1.0) for entry, cue in cues)])
        self._counted = counted(of)
        self._held = re.compile(_HELD.replace("{item}", of.item))
        self._may_i = re.compile(_MAY_I.pattern.replace("{item}", of.item))
        self._which = re.compile(_WHICH.pattern.replace("{item}", of.item))

    def acts(self, said: str) -> tuple[Act, ...]:
        """What is asked; with leave asked for, also what the clerk takes for so (`guess`)."""
        text = _LIST.sub("please state ", _EXCLAIMED.sub(" ", plain(said)))
        found: dict[str, set[str]] = {}
        asks_leave = asks_all = False
        before = ""
        for sentence, clauses in requests(text):
            asked: dict[str, set[str]] = {}
            leave = False
            for clause in self._clauses(sentence, clauses):
                slots = self._asked(clause)
                if self._for_leave(clause, slots):
                    leave = True
                else:
                    _add(asked, slots)
            if clauses and not asked and not leave:
                asked = self._left_open(sentence, before)
            _add(found, asked)
            asks_leave |= leave
            asks_all |= bool(clauses) and _OPEN.search(sentence) is not None
            before = sentence
        acts = [Act("ask", slot, min(v) if len(v) == 1 else "") for slot, v in found.items()]
        if asks_leave:
            acts += [Act("ask", GO_AHEAD), *(Act("guess", *entry) for entry in dict.fromkeys(self._guesses(text)))]
        elif not acts and asks_all:
            acts = [Act("ask_open")]
        return tuple(acts)

    @staticmethod
    def _clauses(sentence: str, clauses: list[str]) -> Iterator[str]:
        """The clauses, further apart: "… and on which day?"; none of a sentence that only looks like a question."""
        if clauses and _TAG.search(sentence):
            clauses = [sentence]
        elif (
            "?" not in sentence and (aside := _ASIDE.match(sentence)) and not re.search(r"\b(?:tell|give)\b", aside[0])
        ):
            rest = f"{sentence[aside.end() :].rstrip(' .!')}."
            clauses = [clause for _, found in requests(rest) for clause in found]
        if "?" in sentence and clauses and (noun := _NOUN.match(sentence)) and noun[0] not in clauses[0]:
            clauses = [noun[0], *clauses]
        for clause in clauses:
            if not _IDLE.search(clause):
                yield from _JOINED.split(clause)

    def _for_leave(self, clause: str, slots: Mapping[str, set[str]]) -> bool:
        if _WH.search(clause) and not _TAG.search(clause) and not _WHAT_YOU_WANT.search(clause):
            return False
        if any(len(held) > 1 for held in slots.values()):  # "Shall I book the earliest or the latest?"
            return False
        if _TAG.search(clause):
            return sum(map(len, slots.values())) > 1 or _I_WILL.search(clause) is not None
        if slots.keys() == {"day"} and re.search(r"\bis (?:that|this|it) \w+day\b", clause):
            return False
        return self._may_i.search(clause) is not None

    def _asked(self, clause: str) -> dict[str, set[str]]:
        """The slots that a clause asks for, with the values that it names; named values count where nothing else is."""
        cued: dict[str, set[str]] = {}
        valued: dict[str, set[str]] = {}
        for slot, value in self._entries(self._lexicon, _OF_OTHERS.sub(" ", clause)):
            (valued if value else cued).setdefault(slot, set()).update(filter(None, [value]))
        wh = _WH.search(clause) is not None and not _TAG.search(clause)
        if cued.pop(_UNIT, None) is not None and not cued and not valued:  # what is counted may be told in passing
            cued["places"] = set()
        for value in self._counts(clause):
            valued.setdefault("places", set()).add(value)
        if valued and not wh and not _TELL_ME.search(clause):  # "Do you want to go on Friday?" is about the day
            cued = {slot: held for slot, held in cued.items() if slot in valued or slot not in ("a", "b")}
        if "day" in cued and _WHEN.match(clause) and not _SEVERAL.search(clause):
            cued = {slot: held for slot, held in cued.items() if slot in ("day", "held")}
        if "day" in cued | valued and self._held.search(clause) and not _NEW.search(clause):
            cued["held"] = valued.pop("day", set()) | cued.pop("day", set())
        if "held" in cued and "day" in cued:
            del cued["held" if _NEW.search(clause) else "day"]
        if _OR_ELSE.search(clause):  # "For one, or for more?"
            cued, valued = {**cued, **{slot: {""} for slot in valued}}, {}
        several = {slot: held for slot, held in valued.items() if len(held) > 1}
        if cued:
            return several | {slot: (valued.get(slot, set()) | held) or {""} for slot, held in cued.items()}
        return several if wh and not _ABOUT.search(clause) else valued

    def _left_open(self, sentence: str, before: str) -> dict[str, set[str]]:
        """What is asked by words that stand elsewhere in the sentence, or in the one before ("Which one?")."""
        named = self._asked(sentence)
        if several := {slot: held for slot, held in named.items() if len(held) > 1}:
            return several
        if _AGAIN.search(sentence):
            return {slot: {""} for slot in self._asked(before)}
        if not self._which.search(sentence):
            return {}
        choice = {slot for slot, held in self._asked(before).items() if len(held) > 1}
        told = f"{before} {sentence}"
        if _WHAT.search(sentence) and not choice:
            return {}
        if choice - {"day", "held"}:
            return {slot: {""} for slot in choice}
        if self._held.search(told) or re.search(r"\byou(?:'re| are) in\b", told) or _MEANT.search(sentence):
            return {"held": {""}}
        return {"day" if choice else "pick": {""}}

    def _guesses(self, text: str) -> Iterator[Entry]:
        yield from self._entries(self._taken, text)
        for value in self._counts(text):
            yield "places", value

    def _counts(self, text: str) -> Iterator[str]:
        for match in self._counted.finditer(text):
            yield str(count(match))

    @staticmethod
    def _entries(lexicon: Lexicon[Entry], text: str) -> Iterator[Entry]:
        for match in lexicon.find(words(text)):
            for slot, value in match.entries:
                if (slot, value) != NOTHING:
                    yield ("pick" if slot == WEAK else slot), value


def _add(found: dict[str, set[str]], more: Mapping[str, set[str]]) -> None:
    for slot, held in more.items():
        found.setdefault(slot, set()).update(held)
