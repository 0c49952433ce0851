"""Families of functions on words."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from pragenv.tasks.sharded.kinds.clauses import Slot, each
from pragenv.tasks.sharded.kinds.code_items import Family


def count_words(text: str, case: str, shortest: int, least: int, stop: str | None) -> dict[str, int]:
    """How often each word comes up."""
    counts: dict[str, int] = {}
    for word in text.split():
        if case == "ignored":
            word = word.lower()
        if len(word) >= shortest and word != stop:
            counts[word] = counts.get(word, 0) + 1
    return {word: count for word, count in counts.items() if count >= least}


def group_words(words: list[str], key: str, order: str, least: int, shortest: int) -> dict[str, list[str]]:
    """The words in groups."""
    groups: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= shortest:
            groups.setdefault(word[0] if key == "first" else word[-1], []).append(word)
    ordered = {k: g if order == "given" else sorted(g, reverse=order == "backwards") for k, g in groups.items()}
    return {k: group for k, group in ordered.items() if len(group) >= least}


def find_word(words: list[str], wanted: str, which: str, base: int, case: str, missing: int | None) -> int | None:
    """Where a word is."""
    if case == "ignored":
        words, wanted = [word.lower() for word in words], wanted.lower()
    places = [i + base for i, word in enumerate(words) if word == wanted]
    if which == "second":
        places = places[1:2]
    if not places:
        return missing
    return places[-1] if which == "last" else places[0]


def join_names(names: list[str], between: str, last: str | None, empty: str, form: str) -> str:
    """The names in one text."""
    if not names:
        return empty
    names = [n.upper() if form == "upper" else n.capitalize() if form == "capitalised" else n for n in names]
    if last is None or len(names) == 1:
        return between.join(names)
    return between.join(names[:-1]) + last + names[-1]


_CASE = Slot(
    "case",
    "given",
    {"given": "take capital and small letters as different", "ignored": "ignore case, and use small letters"},
)

_WORDS = "the and tea cat Cat soup Soup bread green Green ant apple table eel toast a of tent egg".split()


def _words(rng: Random, most: int = 12) -> list[str]:
    few = rng.sample(_WORDS, rng.randint(1, 6))  # few, so that they repeat
    return [rng.choice(few) for _ in range(rng.randint(1, most))]


def _text(rng: Random, values: Mapping[str, Any]) -> tuple[str]:
    return (" ".join(_words(rng)),)


def _names(rng: Random, values: Mapping[str, Any]) -> tuple[list[str]]:
    return (rng.sample(["ada", "ben", "cleo", "dev", "eve", "finn"], rng.randint(1, 5)),)


def _wanted(rng: Random, values: Mapping[str, Any]) -> tuple[list[str], str]:
    words = _words(rng)
    return words, rng.choice([*words, rng.choice(_WORDS)])


WORDS = (
    Family(
        count_words,
        ("word_counts", "tally", "count_words_in"),
        "(text: str) -> dict[str, int]",
        ("I want to know how often words come up in a text.", "I need something that counts words."),
        "Write a function that takes a text of words with spaces between and returns how often each word comes up.",
        (
            _CASE,
            Slot(
                "shortest", 1, each("skip words of fewer than {} letters", (3, 4, 5)) | {1: "count words of any length"}
            ),
            Slot(
                "least",
                1,
                each("leave out words that come up fewer than {} times", (2, 3))
                | {1: "list words even if they come up only once"},
            ),
            Slot(
                "stop",
                None,
                each(
                    "leave out the word '{}'",
                    ("the", "and", "of"),
                    none="count every kind of word, 'the' and 'and' too",
                ),
            ),
        ),
        (("",), ("tea",), ("the cat and the Cat of the soup Soup",)),
        _text,
    ),
    Family(
        group_words,
        ("grouped", "sort_into_groups", "by_letter"),
        "(words: list[str]) -> dict[str, list[str]]",
        ("I'd like a list of words put into groups.", "I need words grouped by a letter."),
        "Write a function that takes a list of words and returns them in groups, by a letter.",
        (
            Slot(
                "key", "first", {"first": "group them by their first letter", "last": "group them by their last letter"}
            ),
            Slot(
                "order",
                "given",
                {
                    "given": "leave the words of a group in the order they come in",
                    "alphabet": "sort the words of a group as Python sorts texts",
                    "backwards": "sort the words of a group in reverse",
                },
            ),
            Slot(
                "least",
                1,
                each("leave out groups of fewer than {} words", (2, 3))
                | {1: "list a group even if it has just one word"},
            ),
            Slot(
                "shortest",
                1,
                each("ignore words of fewer than {} letters altogether", (3, 4)) | {1: "take words of any length"},
            ),
        ),
        (([],), (["tea"],), (["toast", "tea", "tent", "apple", "ant", "a", "eel", "egg", "tea"],)),
        lambda rng, values: (_words(rng),),
    ),
    Family(
        find_word,
        ("position", "where_is", "find_it"),
        "(words: list[str], wanted: str) -> int | None",
        ("I need to find a word in a list.", "Where in my list is a word? I want a function for that."),
        "Write a function that takes a list of words and a wanted word and returns its position.",
        (
            Slot(
                "which",
                "first",
                {
                    "first": "go by the first place where it comes up",
                    "last": "go by the last place where it comes up",
                    "second": "go by the second place where it comes up, and take it as missing if there is no second",
                },
            ),
            Slot("base", 0, {0: "count positions from 0", 1: "count positions from 1"}),
            Slot(
                "case",
                "given",
                {"given": "take capital and small letters as different", "ignored": "ignore case when comparing"},
            ),
            Slot(
                "missing",
                -1,
                {
                    -1: "return -1 if it is missing",
                    None: "return None if it is missing",
                    999: "return 999 if it is missing",
                },
            ),
        ),
        (([], "tea"), (["tea"], "tea"), (["cat", "tea", "Cat", "cat", "Tea"], "cat"), (["ant"], "Ant")),
        _wanted,
    ),
    Family(
        join_names,
        ("join_up", "name_list", "as_text"),
        "(names: list[str]) -> str",
        ("I need to put a list of names into one line.", "Write me something that turns names into a piece of text."),
        "Write a function that takes a list of first names in small letters and returns them as one text.",
        (
            Slot("between", ", ", each("put '{}' between the names", (", ", "; ", " / ", " - "))),
            Slot(
                "last",
                None,
                each(
                    "put '{}' before the last name instead, if there are two or more",
                    (" and ", " or ", " & "),
                    none="join the last name just like the others",
                ),
            ),
            Slot(
                "empty",
                "",
                each("return '{}' for an empty list", ("nobody", "no names", "-"))
                | {"": "return an empty text for an empty list"},
            ),
            Slot(
                "form",
                "given",
                {
                    "given": "leave the names in small letters",
                    "capitalised": "start each name with a capital letter",
                    "upper": "write the names all in capital letters",
                },
            ),
        ),
        (([],), (["ada"],), (["ada", "ben"],), (["ada", "ben", "cleo"],)),
        _names,
    ),
)
