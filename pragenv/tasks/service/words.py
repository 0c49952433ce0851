"""The words of Service that both parties use: what stands for the values of its slots, and what only looks so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pragenv.tasks.service.domain import DAYS, PICKS, Domain, names
from pragenv.tasks.service.numbers import COUNTED, number

Entry = tuple[str, str]
"""A slot and a value; the value is empty for words that name the slot only."""
LONGEST = 2000
"""Characters of an utterance that are read."""
NOTHING: Entry = ("", "")
"""What words stand for that mean none of the slots."""
WEAK = "pick?"
"""The slot of words that tell which offer is wanted only where that was asked for: "first", but not "the first one"."""
_STRONG: dict[str, str] = {
    "earliest": "earliest|soonest|as soon as|as early as|the earlier the better|the sooner the better|first thing",
    "latest": "latest|as late as|the later the better",
    "cheapest": "cheapest|cheap|cheaper|least expensive|low price|lower price|lowest price|best price|inexpensive"
    "|cheaply|least money|lowest cost|most affordable|affordable|budget|costs least|costs the least|cost the least"
    "|save money|money's tight"
    "|price is what matters|price matters",
}
_ORDINAL: dict[str, tuple[str, ...]] = {
    "earliest": ("first", "early", "earlier"),
    "latest": ("last", "late", "later"),
    "cheapest": (),
}
_DAYS = {"Tuesday": "tue|tues", "Wednesday": "wed|weds", "Thursday": "thu|thur|thurs", "Friday": "fri"}
_IDLE = """
    good morning|good afternoon|good evening|good day|nice day|lovely day|great day|of the day|in the day|that day
    same day|all day|per day|day off|one day|days|today|first of all|first things first|the first time|first time
    first class|first visit|first floor|first aid|first course|at first|at last|at least|at the latest
    at the earliest|last name
    first name|last night|last week|last month|last year|last time|last minute|last spring|last summer|last autumn
    last winter|how late|how early|too late|too early|so late|running late|later on|sooner or later|see you later
    early bird|early birds|this time|next time|in time|on time|at a time|any time|some time|have time|take your time
    opening times|long time|time off|first time ever|my first time|notice|detail|details|expect|export|start|state
    weather|special|pain|patient|patients|forget|breaks|break|bike|bikes|poster|insect|short|plain|plant|plans|pricey|beast
""".replace("\n", "|")
"""What would be taken for one of the words above, or for the words of a question, and is none; or for a slip of it."""


_SHORTHAND = tuple(
    (re.compile(rf"\b(?:{short})\b"), full)
    for short, full in (
        ("half a dozen", "6"),
        ("a dozen", "12"),
        ("a couple(?: of)?", "2"),
        ("(?:both|the pair) of us", "two of us"),
        (r"(prefer (?:the )?\w+day) to", r"\1 rather than"),
        ("r u", "are you"),
        ("(who|what|where|when|how)'s", r"\1 is"),
        ("u", "you"),
        ("ur", "your"),
        ("pls|plz", "please"),
    )
)


def values(of: Domain) -> Iterator[tuple[Entry, str, float]]:
    """The words for each value of each slot."""
    for slot in ("a", "b"):
        attribute = getattr(of, slot)
        for value in attribute.values:
            yield (slot, value), value, 1.0
            for word in (value.removeprefix("Dr "), value.replace("Dr ", "doctor "), *attribute.words.get(value, ())):
                yield (slot, value), word, 1.0
    for day in DAYS:
        for word in (day, *_DAYS[day].split("|")):
            yield ("day", day), word, 1.0
    things = (of.item, "one", "slot", "time", "opening", "available", "possible")
    for pick in PICKS:
        for word in _STRONG[pick].split("|"):
            yield ("pick", pick), word, 1.0
        for word in _ORDINAL[pick]:
            yield (WEAK, pick), word, 1.0
            for thing in things:
                yield ("pick", pick), f"{word} {thing}", 1.0
    for rate, said_so in of.rates.items():
        for word in said_so:
            yield ("rate", rate), word, 1.0
    for name in names():
        for word in (name, *name.split()):
            yield ("name", name), word, 1.0


def idle(held: set[str]) -> Iterator[tuple[Entry, str, float]]:
    """Phrases that mean nothing here, but for those that are words of the domain."""
    for phrase in _IDLE.split("|"):
        if phrase.strip() and phrase.strip() not in held:
            yield NOTHING, phrase.strip(), 1.0


def counted(of: Domain) -> re.Pattern[str]:
    """So many places: "two seats", "a dozen people", "four of us", "a party of six"."""
    units = {
        of.places,
        *of.unit,
        "people",
        "persons",
        "places",
        "of us",
        "of you",
        "ticket",
        "tickets",
        "adults",
        "guests",
    }
    units |= {"bikes", "bike"} if "bicycle" in of.unit else {"person"}
    many = rf"(?<![\d:.,])(\d{{1,2}}|{'|'.join(COUNTED)})"
    return re.compile(
        rf"{many}\s+(?:{'|'.join(sorted(units))})\b|\b(?:party|group|class|family|team) of {many}\b(?! {of.item})"
        rf"|\bfor {many}(?=\s*(?:[,.;!?]|$|please\b))"
        rf"|\bwe(?:'re| are|'ll be| will be) {many}\b(?! (?:minutes|hours|days|weeks))"
    )


def count(match: re.Match[str]) -> int:
    """What a match of `counted` comes to."""
    return number(next(filter(None, match.groups())))


def plain(text: str) -> str:
    """A text as it is read: its beginning, in lower case, without shorthand."""
    text = text[:LONGEST].lower().replace("’", "'").replace("dr.", "dr")
    for short, full in _SHORTHAND:
        text = short.sub(full, text)
    return text
