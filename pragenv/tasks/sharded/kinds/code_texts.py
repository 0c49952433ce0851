"""Families of functions on texts."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from pragenv.tasks.sharded.kinds.clauses import Slot, each
from pragenv.tasks.sharded.kinds.code_items import Family


def shorten(text: str, limit: int, ending: str, spaces: str, case: str) -> str:
    """The text, cut where it is too long."""
    if spaces == "single":
        text = " ".join(text.split())
    if case != "given":
        text = text.upper() if case == "upper" else text.lower()
    return text if len(text) <= limit else text[:limit] + ending


def mask(text: str, shown: int, side: str, sign: str, spaces: str) -> str:
    """The text, made unreadable but for one end."""
    visible = range(shown) if side == "first" else range(len(text) - shown, len(text))
    return "".join(c if i in visible or (spaces == "kept" and c == " ") else sign for i, c in enumerate(text))


def squeeze(text: str, order: str, ones: str, between: str, case: str) -> str:
    """The text with runs of a letter written as a count."""
    runs: list[tuple[str, int]] = []
    for c in text if case == "given" else text.lower():
        if runs and runs[-1][0] == c:
            runs[-1] = (c, runs[-1][1] + 1)
        else:
            runs.append((c, 1))
    counts = [(c, "" if n == 1 and ones == "left out" else str(n)) for c, n in runs]
    return between.join(c + n if order == "letter first" else n + c for c, n in counts)


def check_password(text: str, shortest: int, digits: int, capital: str, spaces: str) -> bool:
    """Whether the password will do."""
    return (
        len(text) >= shortest
        and sum(c.isdigit() for c in text) >= digits
        and (capital == "optional" or any(c.isupper() for c in text))
        and (spaces == "allowed" or " " not in text)
    )


def slug(text: str, between: str, case: str, digits: str, limit: int | None) -> str:
    """The text as it goes into an address."""
    if digits == "dropped":
        text = "".join(c for c in text if not c.isdigit())
    if case != "given":
        text = text.lower() if case == "lower" else text.upper()
    return between.join(text.split()[:limit])


_WORDS = "the and tea cat Cat soup Soup bread green Green ant apple table eel toast a of tent egg".split()


def _spaced(rng: Random, values: Mapping[str, Any]) -> tuple[str]:
    text = (" " * rng.randint(1, 2)).join(_words(rng, 6))
    return (text[: values["limit"] + rng.randint(-1, 2)] if rng.random() < 0.5 else text,)


def _card(rng: Random, values: Mapping[str, Any]) -> tuple[str]:
    groups = ["".join(rng.choices("0123456789", k=rng.randint(1, 4))) for _ in range(rng.randint(1, 4))]
    return (" ".join(groups),)


def _runs(rng: Random, values: Mapping[str, Any]) -> tuple[str]:
    return ("".join(rng.choice("aAbBc") * rng.choice([1, 1, 2, 3, 11]) for _ in range(rng.randint(1, 6))),)


def _password(rng: Random, values: Mapping[str, Any]) -> tuple[str]:
    length = values["shortest"] + rng.choice([-2, -1, 0, 0, 1, 3])
    letters = rng.choice(["abcdefg", "abcDEFG", "abcde fg"])
    made = [rng.choice(letters) for _ in range(length)]
    for i in rng.sample(range(length), rng.randint(0, 4)):
        made[i] = rng.choice("0123456789")
    return ("".join(made),)


def _title(rng: Random, values: Mapping[str, Any]) -> tuple[str]:
    words = ["Room12", "my", "Trip", "to", "Rome2024", "Summer", "notes", "v2b"]
    return (rng.choice([" ", "  "]).join(rng.sample(words, rng.randint(1, 7))),)


def _words(rng: Random, most: int = 12) -> list[str]:
    few = rng.sample(_WORDS, rng.randint(1, 6))  # few, so that they repeat
    return [rng.choice(few) for _ in range(rng.randint(1, most))]


TEXTS = (
    Family(
        shorten,
        ("shortened", "fit", "cut_text"),
        "(text: str) -> str",
        ("My texts are too long, I need a function that cuts them.", "Can you write something to shorten a text?"),
        "Write a function that takes a text and returns it cut short if it is too long.",
        (
            Slot("limit", 20, each("cut after {} characters", (8, 10, 12, 15, 20))),
            Slot(
                "ending",
                "",
                each("put '{}' after a text that was cut, on top of the limit", ("...", "~", " (more)"))
                | {"": "put nothing after a text that was cut"},
            ),
            Slot(
                "spaces",
                "given",
                {
                    "given": "leave all spaces as they are",
                    "single": "before cutting, make any run of spaces a single one and trim both ends",
                },
            ),
            Slot(
                "case",
                "given",
                {
                    "given": "leave capital and small letters as they are",
                    "upper": "turn it all into capital letters",
                    "lower": "turn it all into small letters",
                },
            ),
        ),
        (("",), ("Tea",), ("Green tea  and   toast with an Egg",), (" Soup of the day ",)),
        _spaced,
    ),
    Family(
        mask,
        ("masked", "hide", "cover"),
        "(text: str) -> str",
        ("I need to hide card numbers before I print them.", "Write something that makes a number unreadable, please."),
        "Write a function that takes a text and returns it with most of its characters replaced.",
        (
            Slot("shown", 4, each("leave {} characters readable, spaces counted", (2, 3, 4, 5))),
            Slot(
                "side",
                "last",
                {"last": "let the readable part be at the end", "first": "let the readable part be at the beginning"},
            ),
            Slot("sign", "*", each("use '{}' for what is hidden", ("*", "#", "x", "."))),
            Slot("spaces", "hidden", {"hidden": "hide spaces like anything else", "kept": "leave spaces as spaces"}),
        ),
        (("",), ("7",), ("1234",), ("1234 5678 9012",)),
        _card,
    ),
    Family(
        squeeze,
        ("squeezed", "compact", "run_lengths"),
        "(text: str) -> str",
        ("I want repeated letters written in a shorter way.", "I need a function that squeezes texts like aaabb."),
        "Write a function that takes a text of letters and returns it with each run of one letter as letter and count.",
        (
            Slot(
                "order",
                "letter first",
                {"letter first": "write the letter, then the count", "count first": "write the count, then the letter"},
            ),
            Slot(
                "ones",
                "written",
                {"written": "write the count even if it is 1", "left out": "leave the count out if it is 1"},
            ),
            Slot(
                "between", "", each("put '{}' between the runs", ("-", " ", ",")) | {"": "put nothing between the runs"}
            ),
            Slot(
                "case",
                "given",
                {
                    "given": "take capital and small letters as different",
                    "lower": "turn everything into small letters before you count",
                },
            ),
        ),
        (("",), ("a",), ("aaabb",), ("aAbBBBc",), ("cccccccccccca",)),
        _runs,
    ),
    Family(
        check_password,
        ("acceptable", "is_valid", "password_ok"),
        "(text: str) -> bool",
        ("I need to check passwords.", "Can you write a check for whether a password will do?"),
        "Write a function that takes a password and returns whether it is acceptable.",
        (
            Slot("shortest", 8, each("ask for at least {} characters", (6, 8, 10, 12))),
            Slot(
                "digits",
                0,
                {
                    0: "accept passwords without any digit",
                    1: "ask for at least one digit",
                    2: "ask for two digits or more",
                    3: "ask for three digits or more",
                },
            ),
            Slot(
                "capital",
                "optional",
                {
                    "optional": "accept passwords without a capital letter",
                    "needed": "ask for at least one capital letter",
                },
            ),
            Slot(
                "spaces",
                "allowed",
                {
                    "allowed": "accept passwords with spaces in them",
                    "forbidden": "refuse passwords with a space in them",
                },
            ),
        ),
        (("",), ("Abc12",), ("correct Horse 42 staple",), ("ABCDEFGH1234",), ("ABCDEFGHIJKLMN",)),
        _password,
    ),
    Family(
        slug,
        ("address_of", "to_slug", "page_name"),
        "(text: str) -> str",
        ("I need titles turned into page names.", "Make me a function that gets a file name out of a title."),
        "Write a function that takes a title (words with spaces between) and returns a name for its page.",
        (
            Slot("between", "-", each("put '{}' between the words", ("-", "_", ".", "+"))),
            Slot(
                "case",
                "lower",
                {
                    "lower": "use small letters only",
                    "given": "leave capital and small letters as they are",
                    "upper": "use capital letters only",
                },
            ),
            Slot("digits", "kept", {"kept": "keep digits", "dropped": "leave out all digits"}),
            Slot("limit", None, each("use only the first {} words", (2, 3, 4), none="use all the words")),
        ),
        (("",), ("Trip",), ("My Summer2024 trip  to Rome with notes",)),
        _title,
    ),
)
