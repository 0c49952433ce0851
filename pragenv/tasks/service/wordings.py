"""How both parties of Service put their acts into words: the last is kept for test, the one before for validation."""

from __future__ import annotations

from collections.abc import Mapping

QUESTIONS: Mapping[str, tuple[str, ...]] = {
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
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "name": ("My name is {}.", "It's {}.", "{} is the name.", "{}, that's me."),
    "held": ("The booking for {}.", "My booking is on {}.", "I'm booked for {}.", "It's the booking of {}."),
    "day": ("On {}.", "{} would suit me.", "{}, please.", "{} is best for me."),
    "places": ("{}.", "{}, please.", "It's {}.", "That would be {}."),
    "rate": ("The {} {rate}.", "{}, please.", "I'll take the {} {rate}.", "The {} {rate} will do."),
}
PICKED: Mapping[str, tuple[str, ...]] = {
    "earliest": ("The earliest.", "As early as possible.", "The first one there is.", "The earlier the better."),
    "latest": ("The latest.", "As late as possible.", "The last one there is.", "The later the better."),
    "cheapest": ("The cheapest.", "As cheap as possible.", "Whatever is cheapest.", "The cheaper the better."),
}
OTHERS: Mapping[str, tuple[str, ...]] = {
    "wait": ("Take your time.", "I'll wait.", "No hurry.", "I'm still here."),
    "confirm": ("Yes, please.", "Yes, go ahead.", "Yes, that's right.", "Yes, do that."),
    "indifferent": (
        "That doesn't come into it.",
        "That doesn't matter here.",
        "I have no wish as to that.",
        "It makes no difference.",
    ),
}
