"""The wordings of both sides; what a split may use of each is `pragenv.tasks.phrasing`'s business."""

from __future__ import annotations

from collections.abc import Mapping

from pragenv.tasks.negotiate.sides import LITTLE, MUCH, SOME

OFFERING = (
    "OFFER: {}",
    "How about {}?",
    "I can offer {}.",
    "Would you take {}?",
    "Let's say {}.",
    "What do you say to {}?",
)
ASKING = (
    "How important is the {} to you?",
    "What does the {} matter to you?",
    "Do you care much about the {}?",
    "What is the {} worth to you?",
    "How much weight do you put on the {}?",
)
ASKING_OFFER = (
    "What is your offer?",
    "What would you propose?",
    "Please make me an offer.",
    "What terms do you have in mind?",
    "Name your terms, please.",
)
OPENINGS: Mapping[str, tuple[str, ...]] = {
    "seller": (
        "I have {} to sell. Shall we talk about the price and the rest?",
        "I'm selling {}. Let's see if we can agree.",
        "You are interested in {}? I have one for sale.",
        "I'd like to part with {}, if the terms are right.",
        "There's {} here that needs a new owner.",
    ),
    "buyer": (
        "I'd like to buy {}. Shall we talk about the price and the rest?",
        "I'm looking for {}. Let's see if we can agree.",
        "You are selling {}? I might take it.",
        "I could use {}, if the terms are right.",
        "I've come about {}.",
    ),
}
COUNTERS = (
    "I'd do {}.",
    "My offer: {}.",
    "Let me suggest {}.",
    "I could go for {}.",
    "What I have in mind is {}.",
)
ACCEPTING = (
    "Deal.",
    "I accept your offer.",
    "Agreed, let's do it.",
    "All right, you have a deal.",
    "Fine by me, let's shake on it.",
)
DECLINING = (
    "I'd rather keep my limit to myself.",
    "That's for me to know.",
    "I won't tell you how far I'd go.",
    "My limit stays with me.",
    "You can't expect me to lay my cards on the table.",
)
MISSING = (
    "What about the {}? I need all the terms.",
    "That leaves the {} open.",
    "And the {}? Give me one complete offer.",
    "You haven't settled the {}.",
    "I can't say before I know the {}.",
)
MATTERS: Mapping[str, tuple[str, ...]] = {
    MUCH: (
        "The {} matters a lot to me.",
        "The {} is very important to me.",
        "I care a great deal about the {}.",
        "The {} is high on my list.",
        "For me the {} is crucial.",
    ),
    SOME: (
        "The {} matters somewhat to me.",
        "The {} is fairly important to me.",
        "I care about the {} to a degree.",
        "The {} is in the middle of my list.",
        "For me the {} counts moderately.",
    ),
    LITTLE: (
        "The {} matters little to me.",
        "The {} is not important to me.",
        "I hardly care about the {}.",
        "The {} is low on my list.",
        "For me the {} is a minor point.",
    ),
}
"""How a user tells what a term matters."""
