"""Dialogue acts of Service: what a clerk asks, and what a user tells of its wish."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import Lexicon, stem, words, words_by_sentence
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import requests
from pragenv.tasks.service.closing import told
from pragenv.tasks.service.domain import DAYS, PICKS, Domain, domains, names
from pragenv.tasks.service.goals import SLOTS
from pragenv.tasks.service.tools import said
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

GO_AHEAD = "go_ahead"
"""The slot of a question whether something may be done."""
_UNIT = "unit"
_LONGEST = 2000
_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "name": ("What is your name?", "Under which name, please?", "May I have your full name?", "What are you called?"),
    "held": (
        "Which booking is it about?",
        "Which day is your booking for?",
        "For which day are you booked at present?",
        "What is the day of your current booking?",
    ),
    "day": ("Which day would you like?", "What day suits you?", "When should it be?", "On what date do you want it?"),
    "pick": (
        "Do you prefer the earliest, the latest or the cheapest?",
        "Which time do you prefer: the earliest, the latest, or whatever is cheapest?",
        "Should it be early, late or cheap?",
        "What is your preference as to time and price?",
    ),
    "places": (
        "How many {places}?",
        "For how many {places} shall it be?",
        "What number of {places} do you need?",
        "How many {places} would you like?",
    ),
    "rate": (
        "Which {rate}: {fixed} or {flex}?",
        "Would you like the {fixed} or the {flex} {rate}?",
        "What {rate} do you prefer?",
        "Is it the {fixed} {rate} or the {flex} one?",
    ),
}
_CUES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "first name", "last name", "called", "whom it is for", "who is it for", "who am i"),
    "held": (
        *(f"{which} {noun}" for which in ("which", "current", "existing", "original") for noun in ("booking", "one")),
        "reservation",
        "which of your bookings",
        *(f"{what} {code}" for what in ("booking", "confirmation") for code in ("number", "reference", "code")),
    ),
    "day": ("day", "date", "when", "weekday"),
    "pick": ("time", "times", "time of day", "early or late", "o'clock"),
    "places": ("how many", "number of", "how large", "how big"),
    "rate": ("rate",),
}
_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "name": ("My name is {}.", "It's {}.", "{} is the name.", "{}, that's me."),
    "held": ("The booking for {}.", "My booking is on {}.", "I'm booked for {}.", "It's the booking of {}."),
    "day": ("On {}.", "{} would suit me.", "{}, please.", "{} is best for me."),
    "places": ("{}.", "{}, please.", "It's {}.", "That would be {}."),
    "rate": ("The {} {rate}.", "{}, please.", "I'll take the {} {rate}.", "The {} {rate} will do."),
}
_PICKED: Mapping[str, tuple[str, ...]] = {
    "earliest": ("The earliest.", "As early as possible.", "The first one there is.", "The earlier the better."),
    "latest": ("The latest.", "As late as possible.", "The last one there is.", "The later the better."),
    "cheapest": ("The cheapest.", "As cheap as possible.", "Whatever is cheapest.", "The cheaper the better."),
}
_PICK_WORDS: Mapping[str, tuple[str, ...]] = {
    "earliest": ("earliest", "first", "early", "earlier", "soonest", "as soon as possible"),
    "latest": ("latest", "last", "late", "later"),
    "cheapest": ("cheapest", "cheap", "cheaper", "least expensive", "lowest price", "best price", "inexpensive"),
}
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "wait": ("Take your time.", "I'll wait.", "No hurry.", "I'm still here."),
    "confirm": ("Yes, please.", "Yes, go ahead.", "Yes, that's right.", "Yes, do that."),
    "indifferent": (
        "That doesn't come into it.",
        "That doesn't matter here.",
        "I have no wish as to that.",
        "It makes no difference.",
    ),
}
_KINDS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            "cancel",
            r"\bcancel|\bcall(?:ing)? (?:\w+ )?off\b|\bdrop (?:my|our|the|it)\b|\btake (?:my|our) \w+ back\b"
            r"|\btake me off\b|\bsign me out\b|\bscrap\b|\bwon't be (?:coming|travelling|attending)\b",
        ),
        (
            "change",
            r"\bchang|\bmov(?:e|ed|ing)\b|\breschedul|\bre-?book|\bpostpon|\bshift\b|\bswitch|\bswap\b|\bput \w+ off\b"
            r"|\bbring \w+ forward\b|\bhave a booking\b.*\binstead\b|\b(?:another|different) (?:day|date)\b",
        ),
        (
            "book",
            r"\bbook\b|\breserve\b|\bsign up\b|\benrol|\bjoin\b"
            r"|\bmake an? (?:\w+ )?(?:booking|reservation|appointment)\b|\blooking for\b|\bwant to travel\b"
            r"|\b(?:need|want|i'd like|get(?: me| us)?) (?:an?|one|two|three|four|\d+)\b|\blooked after\b"
            r"|\bneed to (?:see|travel)\b"
            r"|\b(?:have you|do you have|is there) (?:an? |any )?(?:room|opening|space)\b"
            r"|\bbring (?:\w+ )?\w+ in for\b",
        ),
    )
)
_HELD = (
    r"\b(?:bookings?|booked|reservations?|current|existing|at present|original|already have)\b"
    rf"|\bmy (?:{'|'.join(day.lower() for day in DAYS)})\b"
)
_NEW = re.compile(r"\b(?:new|instead|rather|other)\b|\bto\W*$")
"""By which a question about a day is about the day to come, whatever booking it names."""
_TOWARDS = frozenset(("to", "onto", "until", "till"))
_AWAY = frozenset(("from", "of", "my"))
_NOT = frozenset(("not", "isn't", "instead", "than"))
_OPEN = re.compile(
    r"\b(?:anything|something|what) (?:else|more|further)\b|\btell me (?:\w+ ){0,3}(?:more|about it)\b"
    r"|\bmore (?:details?|information)\b"
    r"|\bhow (?:can|may|could) (?:i|we) (?:help|assist)\b|\bwhat (?:can|may) (?:i|we) do\b|\bdetails\b"
    r"|\bwhat (?:exactly |else )?(?:do you|would you) (?:need|like|want)\b|\bwhat (?:is|'s) (?:it|this) about\b"
)
_MAY_I = re.compile(
    r"\b(?:shall|should|may|can|could) i (?:\w+ )?(?:go ahead|book|reserve|cancel|change|move|proceed|confirm|do)\b"
    r"|\bgo ahead\b|\b(?:is|are) (?:that|this|these|everything) (?:all )?(?:ok|okay|right|correct|fine|good|alright)\b"
    r"|\b(?:do you (?:still|really) want|(?:do you want|would you like) to (?:proceed|continue|go through))\b"
    r"|\b(?:ok|okay|all right|alright|fine) if i\b|\b(?:do you|please) confirm\b"
    r"|\b(?:would you like|do you want) me to\b|\bare you sure\b"
    r"|\bdoes (?:that|this|it) (?:work|suit|sound)\b"
)
_WH = re.compile(r"\b(?:what|which|when|where|who|whom|how|whose)\b")
_COUNTED = {w: i for i, w in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)}
_EITHER = re.compile(rf"\b(?:\d+|{'|'.join(_COUNTED)}) or (?:\d+|{'|'.join(_COUNTED)})\b")
_ALONE = re.compile(r"\b(?:just me|only me|alone|(?:by )?myself|just one|a single)\b")
_YES = re.compile(
    r"\W*(?:yes|yeah|yep|sure|ok|okay|correct|right|exactly|fine|certainly|of course|please do|go ahead|do (?:it|that)"
    r"|that's (?:right|correct|fine|it))\b"
)
_NO = re.compile(r"\W*(?:no|nope|nah|not (?:yet|now|that|quite|really)|don't|please don't|wait|stop)\b")

_Entry = tuple[str, str]


@lru_cache(maxsize=64)
def service_acts(domain: str, phrasing: str) -> ServiceActs:
    """The acts of a built-in domain in one phrasing; built once for all environments of a process."""
    return ServiceActs(domains()[domain], phrasing)


class ServiceActs:
    """The acts of one domain in one phrasing; satisfies `protocols.Acts`.

    Questions are of kind `ask`, with the value where they are about one; the slot `go_ahead` asks whether something
    may be done, and `guess` acts hold what the clerk takes for so. `pause` is an utterance without a word to the user.
    A commitment comes with a `tell` act for each reason that it gives.
    """

    def __init__(self, of: Domain, phrasing: str) -> None:
        self.of = of
        self.menu = tuple(Act("ask", slot) for slot in SLOTS)
        facts = {"places": of.places, "rate": of.rate, "fixed": of.rates["fixed"][0], "flex": of.rates["flex"][0]}
        questions = {**_QUESTIONS, "a": of.a.questions, "b": of.b.questions}
        answers = {**_ANSWERS, "a": of.a.said, "b": of.b.said}
        self._questions = {
            slot: tuple(text.format(**facts) for text in phrasings(pool, phrasing)) for slot, pool in questions.items()
        }
        self._answers = {slot: phrasings(pool, phrasing) for slot, pool in answers.items()}
        self._picked = {value: phrasings(pool, phrasing) for value, pool in _PICKED.items()}
        self._openings = {kind: phrasings(pool, phrasing) for kind, pool in of.openings.items()}
        self._others = {kind: phrasings(pool, phrasing) for kind, pool in _OTHERS.items()}
        values = tuple(_values(of))
        cues = [((slot, ""), cue, 1.0) for slot, held in _CUES.items() for cue in held]
        cues += [((slot, ""), cue, 1.0) for slot in ("a", "b") for cue in getattr(of, slot).cues]
        cues += [(("rate", ""), of.rate, 1.0), *(((_UNIT, ""), word, 1.0) for word in (of.places, *of.unit))]
        self._telling = Lexicon(values)
        self._asking = Lexicon([*values, *cues])
        self._held = re.compile(_HELD)
        counted = "|".join(sorted({of.places, *of.unit, "people", "persons", "of us", "places"}))
        self._counted = re.compile(rf"(?<![\d:.,])(\d{{1,2}}|{'|'.join(_COUNTED)})\s+(?:{counted})\b")
        self.parse = lru_cache(maxsize=2048)(self._parse)
        self.read = lru_cache(maxsize=2048)(self._read)

    # -- in words ------------------------------------------------------------------------------------------------------

    def phrase(self, act: Act, key: int) -> str:
        """A question in one of the task's own wordings."""
        return self._questions[act.slot][key % len(self._questions[act.slot])]

    def word(self, act: Act, key: int, terse: bool) -> str | None:
        """A user's wording of an act; None for those that all tasks have."""
        if act.kind != "inform":
            pool = self._others.get(act.kind)
            return None if pool is None else pool[key % len(pool)]
        if act.slot == "kind":
            pool = self._openings[act.value]
            return pool[0] if terse else pool[key % len(pool)]
        shown, of = act.value, self.of
        if act.slot == "pick":
            pool = self._picked[shown]
        else:
            pool = self._answers[act.slot]
            if act.slot == "places":
                shown = of.counted(int(shown))
            elif act.slot == "rate":
                shown = of.rates[shown][0]
        text = (pool[0] if terse else pool[key % len(pool)]).format(shown, rate=of.rate)
        return text[0].upper() + text[1:]

    # -- what a clerk asks ---------------------------------------------------------------------------------------------

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            reasons = sorted(told(committed, self.of.name).reasons)
            return (Act("commit", value=committed), *(Act("tell", "reason", reason) for reason in reasons))
        text = said(utterance, self.of.name).words[:_LONGEST].lower().replace("’", "'").replace("dr.", "dr")
        if not text.strip():
            return (Act("pause"),)
        found: dict[str, set[str]] = {}
        asks_leave = False
        for _, clauses in requests(text):
            for clause in clauses:
                if _MAY_I.search(clause) and not _WH.search(clause):
                    asks_leave = True
                else:
                    for slot, values in self._asked(clause).items():
                        found.setdefault(slot, set()).update(values)
        acts = [Act("ask", slot, min(v) if len(v) == 1 else "") for slot, v in found.items()]
        if asks_leave:
            taken = [match.entries[0] for match in self._telling.find(words(text))]
            taken += [("places", str(self._number(match[1]))) for match in self._counted.finditer(text)]
            acts += [Act("ask", GO_AHEAD), *(Act("guess", *entry) for entry in dict.fromkeys(taken))]
        elif not acts and _OPEN.search(text):
            acts = [Act("ask_open")]
        return tuple(acts)

    def _asked(self, clause: str) -> dict[str, set[str]]:
        """The slots that a clause asks for, with the values that it names; named values count where nothing else is."""
        cued: dict[str, set[str]] = {}
        valued: dict[str, set[str]] = {}
        for match in self._asking.find(words(clause)):
            for slot, value in match.entries:
                (valued if value else cued).setdefault(slot, set()).update(filter(None, [value]))
        if cued.pop(_UNIT, None) is not None and not cued and not valued:  # what is counted may be told in passing
            cued["places"] = set()
        for counted in self._counted.finditer(clause):
            valued.setdefault("places", set()).add(str(self._number(counted[1])))
        if "day" in cued | valued and self._held.search(clause) and not _NEW.search(clause):
            cued["held"] = valued.pop("day", set()) | cued.pop("day", set())
        if "held" in cued and "day" in cued:
            del cued["held" if _NEW.search(clause) else "day"]
        return {slot: valued.get(slot, set()) | held for slot, held in cued.items()} or valued

    # -- what a user tells ---------------------------------------------------------------------------------------------

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        if common_kind(utterance) is not None:
            return ()
        text = utterance[:_LONGEST].lower().replace("’", "'").replace("dr.", "dr")
        told = tuple(dict.fromkeys(self._told(text, {act.slot for act in asked})))
        # Who says two things of one ("Tuesday or Wednesday") has told neither.
        found = {act.slot: act for act in told if not any(a.slot == act.slot and a != act for a in told)}
        about = [act for act in asked if act.kind == "ask" and (act.value or act.slot == GO_AHEAD)]
        if found or not about:
            return tuple(found.values())
        if _YES.match(text):
            named = tuple(act._replace(kind="inform") for act in about if act.value)
            return named or (Act("confirm"),)
        return (Act("deny"),) if _NO.match(text) else ()

    def _told(self, text: str, asked: set[str]) -> Iterator[Act]:
        kind = next((kind for kind, pattern in _KINDS if pattern.search(text)), None)
        if kind is not None:
            yield Act("inform", "kind", kind)
        spoken = words_by_sentence(text)
        for sentence in spoken:
            yield from self._told_in(sentence, asked, kind)
        counted = [self._number(match[1]) for match in self._counted.finditer(text)]
        if not counted and "places" in asked:
            counted = [self._number(w) for sentence in spoken for w in sentence if w.isdecimal() or w in _COUNTED]
        if not counted and "places" in asked and _ALONE.search(text):
            counted = [1]
        if len(set(counted)) == 1 and not _EITHER.search(text):
            yield Act("inform", "places", str(counted[0]))

    def _told_in(self, sentence: list[str], asked: set[str], kind: str | None) -> Iterator[Act]:
        days: list[tuple[str, str]] = []
        end = 0
        for match in self._telling.find(sentence):
            (slot, value), ahead = match.entries[0], sentence[max(end, match.start - 2) : match.start]
            end = match.end
            # "Wed" is a day, a "wedding" is none.
            inflected = slot == "day" and not match.literal and stem(sentence[match.start]) == value[:3].lower()
            if inflected or _NOT.intersection(ahead):
                continue
            if slot == "day":
                days.append((value, ahead[-1] if ahead else ""))
            else:
                yield Act("inform", slot, value)
        about_held = self._held.search(" ".join(sentence)) is not None
        for value, before in days:
            if before in _TOWARDS:
                slot = "day"
            elif before in _AWAY or kind == "cancel":
                slot = "held"
            elif len({v for v, _ in days}) > 1:
                slot = "held" if (value, before) == days[0] and about_held else "day"
            elif about_held or ("held" in asked and "day" not in asked):
                slot = "held"
            else:
                slot = "day"
            yield Act("inform", slot, value)

    @staticmethod
    def _number(word: str) -> int:
        return int(word) if word.isdecimal() else _COUNTED[word]


def _values(of: Domain) -> Iterator[tuple[_Entry, str, float]]:
    """The words for each value of each slot."""
    for slot in ("a", "b"):
        for value in getattr(of, slot).values:
            yield (slot, value), value, 1.0
            if value.startswith("Dr "):
                yield (slot, value), value[3:], 1.0
    for day in DAYS:
        yield ("day", day), day, 1.0
        yield ("day", day), day[:3], 1.0
    for pick in PICKS:
        for word in _PICK_WORDS[pick]:
            yield ("pick", pick), word, 1.0
    for rate, said_so in of.rates.items():
        for word in said_so:
            yield ("rate", rate), word, 1.0
    for name in names():
        yield ("name", name), name, 1.0
        yield ("name", name), name.split()[-1], 1.0
