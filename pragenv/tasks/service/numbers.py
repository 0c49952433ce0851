"""Numbers in words: of places, and amounts of money."""

from __future__ import annotations

import re

_ONES = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
COUNTED = {word: i for i, word in enumerate((*_ONES, *_TEENS, "twenty"), 1)}
"""How many places somebody may speak of."""
_VALUES = COUNTED | {word: 10 * i for i, word in enumerate(_TENS, 2)} | {"zero": 0, "a": 1}
_BELOW = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join((*_TEENS, *_ONES, 'zero'))})"
_EUROS = r"\s*(?:€|eur(?:os?)?\b)"
_SPELT = re.compile(
    rf"(?<!thousand )(?<!thousand and )(?<!hundred )(?<!hundred and )(?<![\w-])"
    rf"(?:(a|{'|'.join((*_ONES, *_TEENS))})[ -]hundred(?:[ -](?:and[ -])?({_BELOW}))?|({_BELOW}))(?={_EUROS})"
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
