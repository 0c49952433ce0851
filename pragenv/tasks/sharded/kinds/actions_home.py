"""Templates of built-in errands for home and office; some take two calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pragenv.tasks.sharded.kinds.actions_tools import errand, option

_NAMES = ("Ada", "Ben", "Chloe", "Dev", "Elif", "Farid", "Greta", "Hugo")
_FILES = ("budget.docx", "minutes.docx", "lease.docx", "menu.docx", "thesis.docx", "rota.docx", "invoice.docx")
_DAYS = ("Monday", "Tuesday", "Thursday", "Friday", "Saturday")
_MORNING = {
    "08:30": "half past eight in the morning",
    "11:00": "eleven in the morning",
    "14:00": "two in the afternoon",
}
_LATE = {"21:00": "nine in the evening", "23:30": "half past eleven at night", "20:00": "eight in the evening"}

ORDERED = frozenset({"publish"})
"""Templates whose calls must come in order."""


def _meeting(facts: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    when = {"day": facts["day"], "start": facts["start"]}
    event = {"title": facts["title"], **when, "minutes": facts["minutes"]}
    return [("create_event", event), ("book_room", {**when, "seats": facts["seats"]})]


def _publish(facts: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    resized = {key: facts[key] for key in ("image", "width", "sharpen")}
    return [("resize_image", resized), ("upload_image", {key: facts[key] for key in ("image", "album", "visibility")})]


HOME = (
    errand(
        "share_document",
        "I want {person} to have {document}.",
        "Share the document {document} with {person} as {role}; access {expires_days}, and {person} {notify}.",
        option(
            "share_document", "role", ("commenter", "editor"), "The role is {}.|They should only view it.", "{}|viewer"
        ),
        option(
            "share_document",
            "notify",
            (False,),
            "Don't send them an e-mail about it.|Do send them an e-mail about it.",
            "must not be told by e-mail|is to be told by e-mail",
        ),
        option(
            "share_document",
            "expires_days",
            (3, 7, 14, 30),
            "Their access should end after {} days.|Their access never ends.",
            "ends after {} days|never ends",
        ),
        person=_NAMES,
        document=_FILES,
    ),
    errand(
        "meeting",
        "We need to meet about the {title}; put it in the calendar and get us a room.",
        "Create the event '{title}' {day} at {start}, {minutes} minutes long, and book a room for then "
        "with {seats} seats.",
        option("create_event", "day", _DAYS, "Let's do it on {}.|Let's do it today.", "on {}|today"),
        option(
            "create_event",
            "start",
            _MORNING,
            "It starts at {}.|It starts at nine in the morning.",
            "{}|nine in the morning",
        ),
        option("create_event", "minutes", (30, 45, 90), "It'll take {} minutes.", "{}"),
        option("book_room", "seats", (6, 8, 10, 12), "The room must seat {}.", "{}"),
        calls=_meeting,
        title=("merger", "roadmap", "hiring plan", "office move", "annual report"),
    ),
    errand(
        "set_heating",
        "It's cold in the {room}.",
        "Heat the {room} to {celsius} °C in {mode} mode until {until}, {fan}.",
        option("set_heating", "celsius", (18.5, 21.0, 22.5, 23.0), "I'd like {:g} degrees there.", "{:g}"),
        option("set_heating", "mode", ("eco", "boost"), "Run it in {} mode.|Leave it in auto mode.", "{}"),
        option(
            "set_heating",
            "until",
            _LATE,
            "Keep it on until {}.|Keep it on until ten in the evening.",
            "{}|ten in the evening",
        ),
        option(
            "set_heating", "fan", (True,), "And turn the fan on.|Leave the fan off.", "with the fan on|with the fan off"
        ),
        room=("bathroom", "study", "kitchen", "nursery", "attic"),
    ),
    errand(
        "play_music",
        "I feel like some {artist}.",
        "Play {artist} in the {room} at a volume of {volume}%, {shuffle}, {repeat}.",
        option("play_music", "room", ("kitchen", "bedroom", "garage"), "I'm in the {}.", "{}"),
        option("play_music", "volume", (20, 30, 70, 80), "Set the volume to {}%.", "{}"),
        option("play_music", "shuffle", (True,), "Shuffle it.|Keep the tracks in order.", "shuffled|in order"),
        option(
            "play_music",
            "repeat",
            ("song", "album"),
            "Then repeat the {}.|Don't repeat anything.",
            "repeating the {}|repeating nothing",
        ),
        artist=("Nina Simone", "Mozart", "Björk", "Fela Kuti", "Miles Davis"),
    ),
    errand(
        "translate_document",
        "I need {document} in {language}.",
        "Translate {document} into {language} in a {tone} tone, as a {format} file, and {keep_layout}.",
        option("translate_document", "tone", ("formal", "friendly"), "The tone should be {}.", "{}"),
        option("translate_document", "format", ("pdf", "txt"), "I want a {} file back.", "{}"),
        option(
            "translate_document",
            "keep_layout",
            (False,),
            "The layout needn't be kept, so don't.|Keep the layout as it is.",
            "do not keep the layout|keep the layout",
        ),
        document=_FILES,
        language=("French", "Turkish", "Japanese", "Polish"),
    ),
    errand(
        "print_document",
        "Print {document} for me.",
        "Print {copies} of {document} {colour} on {paper} paper, using {sides}.",
        option(
            "print_document", "copies", (2, 5, 12, 20), "I need {} copies.|I need a single copy.", "{} copies|one copy"
        ),
        option(
            "print_document",
            "colour",
            (True,),
            "It should be in colour.|Black and white will do.",
            "in colour|in black and white",
        ),
        option(
            "print_document",
            "sides",
            ("both",),
            "Use {} sides of the paper.|Use one side of the paper.",
            "{} sides|one side",
        ),
        option("print_document", "paper", ("A3", "A5"), "The paper is {}.", "{}"),
        document=_FILES,
    ),
    errand(
        "add_task",
        "Remind me to {title}.",
        "Add the task '{title}' to the {list} list, due {due}, with {priority} priority, repeating {repeat}.",
        option("add_task", "list", ("work", "shopping"), "It goes on my {} list.", "{}"),
        option("add_task", "due", _DAYS, "It's due on {}.|It's due today.", "on {}|today"),
        option("add_task", "priority", ("low", "high"), "The priority is {}.", "{}"),
        option("add_task", "repeat", ("daily", "weekly"), "It comes back {}.|It never comes back.", "{}|never"),
        title=("call the bank", "water the ferns", "order toner", "renew the permit"),
    ),
    errand(
        "publish",
        "Put {image} into the gallery for me, but make it smaller first.",
        "Resize {image} to a width of {width} pixels, {sharpen}, and then upload it to the album {album}, visible to "
        "{visibility}.",
        option("resize_image", "width", (640, 800, 1280, 1600), "It should be {} pixels wide.", "{}"),
        option(
            "resize_image", "sharpen", (True,), "Sharpen it as well.|Don't sharpen it.", "sharpen it|do not sharpen it"
        ),
        option("upload_image", "album", ("Summer", "Family", "Garden"), "The album is {}.", "{}"),
        option(
            "upload_image",
            "visibility",
            ("friends", "public"),
            "Its visibility is {}.|Only I may see it.",
            "those called '{}'|nobody else",
        ),
        calls=_publish,
        image=("lake.jpg", "cat.png", "sunset.jpg", "party.jpg", "roof.png"),
    ),
)
