"""How both parties of Draft put their acts into words: the last is kept for test, the one before for validation."""

from __future__ import annotations

from collections.abc import Mapping

from pragenv.tasks.draft.checks import LONG, SHORT
from pragenv.tasks.draft.document import IN, OUT, Document

Pool = tuple[str, ...]
FACT = "fact"
"""Stands for any fact in the tables below."""

ANSWERS: Mapping[tuple[str, str], Pool] = {
    ("form", "paragraphs"): (
        "Plain paragraphs.",
        "Paragraphs of running text, please.",
        "Just ordinary paragraphs.",
        "I'd like it in paragraphs.",
        "Set it in a few paragraphs.",
    ),
    ("form", "list"): (
        "A list.",
        "I want a list of bullet points.",
        "As a list, please.",
        "Bullet points would suit it.",
        "Make it an itemised list.",
    ),
    ("form", "letter"): (
        "A letter.",
        "A letter, with a greeting and a close.",
        "It should be a proper letter.",
        "Lay it out as a letter.",
        "I see it as a letter with a salutation.",
    ),
    ("form", "headline"): (
        "With a headline.",
        "A headline first, then the text.",
        "It needs a headline on top.",
        "Start it with a headline.",
        "Open with a heading, please.",
    ),
    ("length", "short"): (
        "Short.",
        f"Short, {SHORT} words at most.",
        "It should be short.",
        "Keep it brief.",
        f"I'd say no more than {SHORT} words.",
    ),
    ("length", "medium"): (
        "Medium.",
        f"Of medium length, {SHORT + 1} to {LONG} words.",
        "Neither short nor long.",
        "A medium length would do.",
        f"Somewhere between {SHORT} and {LONG} words.",
    ),
    ("length", "long"): (
        "Long.",
        f"Long, more than {LONG} words.",
        "It should be long.",
        "I'd like it lengthy.",
        f"I'd say over {LONG} words.",
    ),
    ("tone", "formal"): (
        "Formal.",
        "It should sound formal.",
        "A formal tone, please.",
        "Let it be formal and polite.",
        "An official tone is best.",
    ),
    ("tone", "friendly"): (
        "Friendly.",
        "It should sound friendly.",
        "A friendly tone, please.",
        "Let it be casual and warm.",
        "An informal tone is best.",
    ),
    ("reader", ""): (
        "{value}.",
        "It's for {value}.",
        "The readers are {value}.",
        "I'm sending it to {value}.",
        "It goes out to {value}.",
    ),
    (FACT, IN): (
        "Yes, mention {value}.",
        "{value} must be in.",
        "Please include {value}.",
        "I want {value} in it.",
        "Do put in {value}.",
    ),
    (FACT, OUT): (
        "No, leave out {value}.",
        "{value} must not be in.",
        "Please don't mention {value}.",
        "I don't want {value} in it.",
        "Do keep {value} out.",
    ),
}
"""What a user answers, the barest first; `{value}` is the reader, or what the fact is called."""

COMMENTS: Mapping[tuple[str, str], Pool] = {
    ("form", "paragraphs"): (
        "Paragraphs, please.",
        "I wanted plain paragraphs instead.",
        "Turn that into ordinary paragraphs.",
        "Could that be in paragraphs?",
        "I'd rather read it in a few paragraphs.",
    ),
    ("form", "list"): (
        "A list, please.",
        "Put it as a list.",
        "That should be a list of bullet points.",
        "Could you turn it into a list?",
        "I'd rather have it itemised as a list.",
    ),
    ("form", "letter"): (
        "A letter, please.",
        "Make it a letter with a greeting and a close.",
        "That should be a letter.",
        "Could you turn it into a letter?",
        "I'd rather have a letter with a salutation.",
    ),
    ("form", "headline"): (
        "A headline, please.",
        "It needs a headline at the top.",
        "There should be a headline first.",
        "Could you start with a headline?",
        "I'd rather see a heading above it.",
    ),
    ("length", "short"): (
        "Make it short.",
        f"Shorter, please, {SHORT} words at most.",
        "That's too long, I want it short.",
        "Could you keep it brief?",
        f"Cut it down to no more than {SHORT} words.",
    ),
    ("length", "medium"): (
        "Make it medium.",
        f"The length is off, {SHORT + 1} to {LONG} words would do.",
        "I want it of medium length.",
        "Could it be neither short nor long?",
        f"Bring it to between {SHORT} and {LONG} words.",
    ),
    ("length", "long"): (
        "Make it long.",
        f"Longer, please, more than {LONG} words.",
        "That's too short, I want it long.",
        "Could it be lengthy?",
        f"Stretch it to over {LONG} words.",
    ),
    ("tone", "formal"): (
        "More formal.",
        "That's not formal enough.",
        "It's too casual for them.",
        "Could it sound more formal?",
        "A more official tone, please.",
    ),
    ("tone", "friendly"): (
        "Friendlier.",
        "That's too formal for them.",
        "It's not friendly enough.",
        "Could it sound more friendly?",
        "A more informal tone, please.",
    ),
    ("reader", ""): (
        "It's meant for {value}.",
        "Address it to {value}, please.",
        "That should speak to {value}.",
        "Could you write it for {value}?",
        "The ones who will read it are {value}.",
    ),
    (FACT, IN): (
        "You forgot {value}.",
        "{value} is missing.",
        "Please add {value}.",
        "Could you put in {value}?",
        "I don't see {value} in there.",
    ),
    (FACT, OUT): (
        "Leave out {value}.",
        "{value} should go.",
        "Please take out {value}.",
        "Could you drop {value}?",
        "There's no need for {value}.",
    ),
}
"""What a user says of the first thing that is amiss in a draft."""

VAGUE: Mapping[str, Pool] = {
    "form": (
        "Not that form.",
        "I'm not happy with the form.",
        "The layout isn't right.",
        "Something is wrong with the structure.",
        "I'd set it out differently.",
    ),
    "length": (
        "Not that length.",
        "I'm not happy with the length.",
        "The length isn't right.",
        "Something is wrong with the length.",
        "I had another length in mind.",
    ),
    "tone": (
        "Not that tone.",
        "I'm not happy with the tone.",
        "The tone isn't right.",
        "Something is wrong with the tone.",
        "I had another tone in mind.",
    ),
    "reader": (
        "Not those readers.",
        "I'm not happy with the audience.",
        "The readers aren't right.",
        "Something is wrong with whom it speaks to.",
        "I had other readers in mind.",
    ),
    FACT: (
        "Not so with {value}.",
        "I'm not happy about {value}.",
        "{value}: that isn't right.",
        "Something is wrong about {value}.",
        "Think again about {value}.",
    ),
}
"""What a vague user says of it."""

OTHERS: Mapping[str, Pool] = {
    "right": (
        "That's right.",
        "That's just what I need.",
        "Perfect, leave it like that.",
        "I wouldn't change a thing.",
        "It's good as it is.",
    ),
    "silent": (
        "I don't comment on drafts.",
        "I'd rather answer questions than read drafts.",
        "I can't judge a draft, just ask me.",
        "No time for drafts, ask me what you need.",
        "Drafts are no use to me, but I'll answer what you ask.",
    ),
    "indifferent": (
        "I don't mind about that.",
        "That's up to you.",
        "It doesn't matter to me.",
        "I have no wish there.",
        "Either way is fine with me.",
    ),
}

QUESTIONS: Mapping[str, Pool] = {
    "form": (
        "What form should it have?",
        "How should it be laid out?",
        "Which structure do you want?",
        "What format do you have in mind?",
        "Which layout would you like?",
    ),
    "length": (
        "How long should it be?",
        "What length do you want?",
        "How many words should it have?",
        "What length do you have in mind?",
        "Would you like it short or long?",
    ),
    "tone": (
        "What tone should it have?",
        "Should it be formal or friendly?",
        "Which tone do you want?",
        "How formal should it be?",
        "What tone would you like?",
    ),
    "reader": (
        "Who is it for?",
        "Who will read it?",
        "Which readers do you have in mind?",
        "Who is the audience?",
        "Who are the readers?",
    ),
    FACT: (
        "Should it mention {value}?",
        "Do you want {value} in it?",
        "Should I include {value}?",
        "Is {value} to be mentioned?",
        "Would you like me to put in {value}?",
    ),
}
"""What an agent asks."""


def capital(text: str) -> str:
    """A text with its first letter a capital."""
    return text[:1].upper() + text[1:]


def worded(table: Mapping[tuple[str, str], Pool], document: Document, point: str, value: str) -> Pool:
    """The wordings in a table of what is wanted on a point of a document."""
    if point == "reader":
        return _filled(table["reader", ""], f"{document.readers[value][0]}")
    fact = document.by_name.get(point)
    return table[point, value] if fact is None else _filled(table[FACT, value], fact.label)


def about(table: Mapping[str, Pool], document: Document, point: str) -> Pool:
    """The wordings in a table that name a point of a document, and no value of it."""
    fact = document.by_name.get(point)
    return table[point] if fact is None else _filled(table[FACT], fact.label)


def _filled(pool: Pool, value: str) -> Pool:
    return tuple(capital(text.format(value=value)) for text in pool)
