"""Amounts in figures, however they are written: "a hundred and thirty" as "130", "half an hour" as "0.5 hour"."""

from __future__ import annotations

import re

from pragenv.tasks.numerals import BELOW_HUNDRED, WORTH

_SMALL = rf"{BELOW_HUNDRED}\b"
_HUNDREDS = rf"(?:{_SMALL}|a|\d{{1,2}})[ -]hundred(?:(?: and)?[ -]{_SMALL})?"
_SPELT = re.compile(
    rf"(?<![\w-])(?:(?:(?:{_HUNDREDS}|{_SMALL}|a) thousand(?:(?: and)? (?:{_HUNDREDS}|{_SMALL}))?)|{_HUNDREDS}"
    rf"|{_SMALL})"
    r"(?!\w|-(?:thirds?|quarters?|fold|{0})\b)".replace("{0}", "|".join(WORTH))
)
# "Here is one with …", "the next one", "the three of them": words that count nothing of a dimension.
_NO_AMOUNT = re.compile(r"\b(?:the|these|those|all|both|other|this|that|next|last|which|another|no|any|each|every) $")
_SHARES = {"half": 0.5, "quarter": 0.25, "quarters": 0.25, "third": 1 / 3}
_SHARE = r"(?P<share>half|quarters?)"
_WHOLE = r"(?P<unit>hours?|minutes?|lit(?:re|er)s?|met(?:re|er)s?|kilos?|gram(?:me)?s?|teaspoons?)"
_PART = re.compile(rf"\b(?:(?P<count>\d+|a)[ -])?{_SHARE}[ -](?:of )?(?:an? )?(?={_WHOLE}\b)")
_AND_PART = re.compile(
    rf"(?<![\w.])(?:(?P<one>an?|one)|(?P<count>\d+))(?: {_WHOLE})? and (?:a (?P<single>half|quarter)|3 quarters)\b"
)
_DECIMAL = re.compile(r"(?<![\w.])(\d+) point (\d)(?= ?(?:degrees|°))")
_AN_HOUR = re.compile(r"\ban? (?:full |whole )?(?=hour\b|lit(?:re|er)\b|met(?:re|er)\b)")
_HOURS_AND_MINUTES = re.compile(
    r"(?<![\w.])(\d{1,2}) ?(?:h|hours?|hrs?)(?:,? (?:and )?)?(\d{1,2})(?: ?(?:min|mins|minutes?|m))?\b(?! ?\w*hour)"
)


def in_figures(text: str) -> str:
    """A lower-case text with its amounts in figures. "One" stays as it is where it may count nothing."""
    text = _SPELT.sub(_figures, text)
    text = _DECIMAL.sub(r"\1.\2", text)
    text = _AND_PART.sub(_with_part, text)
    text = _PART.sub(_part, text)
    text = _AN_HOUR.sub("1 ", text)
    return _HOURS_AND_MINUTES.sub(lambda match: f"{60 * int(match[1]) + int(match[2])} minutes", text)


def _figures(match: re.Match[str]) -> str:
    words = match[0].replace("-", " ").split()
    if words == ["one"] or (
        len(words) == 1 and _NO_AMOUNT.search(match.string[max(0, match.start() - 12) : match.start()])
    ):
        return match[0]
    thousands = below = 0
    for word in words:
        if word == "hundred":
            below = 100 * max(below, 1)
        elif word.isdecimal():
            below = int(word)
        elif word == "thousand":
            thousands, below = 1000 * max(below, 1), 0
        else:
            below += WORTH.get(word, 0)  # "a" and "and" count nothing
    return str(thousands + below)


def _with_part(match: re.Match[str]) -> str:
    whole = 1 if match["one"] else int(match["count"])
    return f"{whole + _SHARES.get(match['single'], 0.75):g} {match['unit'] or ''}".rstrip()


def _part(match: re.Match[str]) -> str:
    times = int(match["count"]) if match["count"] and match["count"].isdecimal() else 1
    return f"{times * _SHARES[match['share']]:g} "
