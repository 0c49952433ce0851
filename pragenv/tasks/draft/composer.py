"""Writes a document of a given profile from public material: for rule agents, and as a specification's reference."""

from __future__ import annotations

from pragenv.tasks.draft.checks import ITEMS, LONG, SHORT
from pragenv.tasks.draft.document import GENERAL, IN, Document, Profile
from pragenv.tasks.lexicon import words

# By tone: the sentence that a text begins with, the one that it ends with, a greeting and a closing.
_FRAMES = {
    "formal": (
        "We would like to inform our {reader} of the following.",
        "Please do not hesitate to contact us.",
        "Dear {reader},",
        "Yours sincerely,",
    ),
    "friendly": (
        "Hey {reader}, here's what's going on!",
        "Just drop us a line, we'd love to hear from you!",
        "Hi {reader},",
        "Cheers,",
    ),
}
# What can be said of anything, with no mark of a tone, of a reader or of a fact.
_MORE = (
    "This message holds all that is settled so far.",
    "More will follow as soon as it is known.",
    "It takes only a minute to read, and it may be passed on to others.",
    "We have thought about this with care, and we hope that it is of use.",
    "Some points may still change, and whoever reads this will hear of it early.",
    "Ideas on how it could be done better are welcome, and each of them is looked at.",
    "It helps us when people tell one another, since not everybody reads what is sent.",
    "A short reply is enough to let us know that this has been seen.",
    "Whatever is left open here can be asked, and somebody will answer within a few days.",
    "We know that everybody has much to do, and that makes your attention worth the more.",
    "Things like this work only where many take part, and we count on that once more.",
    "In the end it is up to each person what to make of it, and that is as it should be.",
    "We look back on what went well last year, and we hope for as much again.",
    "This text will stay where it can be found, in case somebody wants to read it later.",
)


def compose(document: Document, wanted: Profile) -> str:
    """A text that has the wanted value on every point; of points that are not given, a plain one.

    Facts that are not given are left out.
    """
    chosen = {**{point: document.values[point][0] for point in GENERAL}, "length": "medium", **wanted}
    begin, end, greeting, closing = _FRAMES[chosen["tone"] or "formal"]
    address = document.readers[chosen["reader"] or next(iter(document.readers))][0]
    body = [fact.text for fact in document.facts if chosen.get(fact.name) == IN]
    least = ITEMS if chosen["form"] == "list" else 1
    more = iter(_MORE)
    while len(body) < least:
        body.append(next(more))

    def laid_out() -> str:
        lead, last = begin.format(reader=address), end
        if chosen["form"] == "list":
            return "\n".join((lead, *(f"- {item}" for item in body), last))
        told = " ".join(body)
        if chosen["form"] == "letter":
            return f"{greeting.format(reader=address)}\n\n{lead} {told} {last}\n\n{closing}\n{document.sender}"
        if chosen["form"] == "headline":
            return f"{document.headline}\n\n{lead} {told} {last}"
        return f"{lead} {told}\n\n{last}"

    floor = {"short": 0, "medium": SHORT, "long": LONG}[chosen["length"] or "medium"]
    while len(words(text := laid_out())) <= floor:
        body.append(next(more))
    return text
