"""Numbers in words: of places, and amounts of money."""

from __future__ import annotations

import re

from pragenv.tasks.numerals import BELOW_HUNDRED, TEENS, UNITS, WORTH

COUNTED = {word: WORTH[word] for word in (*UNITS, *TEENS, "twenty")}
"""How many places somebody may speak of."""
_VALUES = WORTH | {"a": 1}
_EUROS = r"\s*(?:€|eur(?:os?)?\b)"
_SPELT = re.compile(
    rf"(?<!thousand )(?<!thousand and )(?<!hundred )(?<!hundred and )(?<![\w-])"
    rf"(?:(a|{'|'.join((*UNITS, *TEENS))})[ -]hundred(?:[ -](?:and[ -])?({BELOW_HUNDRED}))?|({BELOW_HUNDRED}))"
    rf"(?={_EUROS})"
)
_CENTS = re.compile(rf"{_EUROS}(?: and)? [\w-]+ cents?\b")


def number(word: str) -> int:
    """A whole number in figures, or one of `COUNTED`."""
    return int(word) if word.isdecimal() else COUNTED[word]


def euros_in_figures(text: str) -> str:
    """A lower-case text with whole amounts in words ("ninety-six euros") in figures."""

    def figures(match: re.Match[str]) -> str:
        hundreds, rest, below = match.groups()
        if _CENTS.match(text, match.end()):
            return match[0]
        words = re.split("[ -]", rest or below or "zero")
        return str(100 * _VALUES.get(hundreds, 0) + sum(_VALUES[word] for word in words))

    return _SPELT.sub(figures, text)
