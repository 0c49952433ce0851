"""Sums of money, however they are written, as a currency's sign and figures: "twelve hundred quid" as "£1200"."""

from __future__ import annotations

import re

from pragenv.tasks.numerals import TWO_DIGITS, UNITS
from pragenv.tasks.numerals import WORTH as OF_WORDS

SIGNS = "£$€¤"
"""Signs of currencies; ¤ stands for any that no market has."""
FIGURES = r"(?:\d{1,3}(?:[,. '’]\d{3}\b){1,2}|\d{1,9})"
_CURRENCIES = (
    ("£", r"pounds?|quid|sterling", "gbp"),
    ("$", r"dollars?|bucks", "usd"),
    ("€", r"euros?", "eur"),
    (
        "¤",
        r"yen|yuan|francs?|kron(?:a|e|or|er)|rupees?|zloty|pesos?|roubles?",
        "jpy|cny|rmb|chf|sek|nok|dkk|inr|pln|cad|aud",
    ),
)
"""For each sign its names, and the codes that may stand before a sum too."""
_WORTH = OF_WORDS | {"a": 1}
_SMALL = rf"(?:{TWO_DIGITS}|{'|'.join(UNITS)})"
# A number of days or months that follows is none of the sum: "six hundred, thirty days", "four hundred two-day".
_NO_TIME = r"\b(?![ -](?:day|week|month|year|hour|per|percent|hundred|thousand)|%)"
_SPELT = re.compile(
    rf"(?<![\w.-])(?<!half )(?:"
    rf"(?P<thousands>{_SMALL}|a|\d{{1,3}})(?P<half> and a half)?[ -](?:thousand|grand|k)\b"
    rf"(?:(?:,| and)?[ -](?P<more>{_SMALL}|a|\d)[ -]hundred\b)?(?:(?: and)?[ -](?P<rest>{_SMALL}){_NO_TIME})?"
    rf"|(?P<hundreds>{_SMALL}|a|\d{{1,2}})[ -]hundred\b(?:(?: and)?[ -](?P<units>{_SMALL}){_NO_TIME})?"
    rf"|(?P<before>{_SMALL})[ -](?P<after>{TWO_DIGITS}){_NO_TIME}"
    r")"
)
_THOUSANDS = re.compile(r"(?<![\w.,])(\d{1,3})(?:[.,](\d{1,2}))?\s?(?:k|grand|thousand)\b")
_AFTER = [
    (
        re.compile(
            rf"(?<![\w.,])[{SIGNS}]?\s?({FIGURES}(?:[.,]\d\d?)?)\s?(?:{re.escape(sign)}(?!\s?\d)|(?:{names}|{codes})\b)"
        ),
        sign,
    )
    for sign, names, codes in _CURRENCIES
]
_BEFORE = [(re.compile(rf"\b(?:{codes})\s?[{SIGNS}]?\s?(?=\d)"), sign) for sign, _, codes in _CURRENCIES]
_OTHERS = str.maketrans({"¥": "¤", "₹": "¤"})


def figures(text: str) -> str:
    """A lower-case text with its sums of money in figures, each after its currency's sign where it has a currency."""
    text = _THOUSANDS.sub(_thousands, _SPELT.sub(_spelt, text.translate(_OTHERS).replace("us$", "$")))
    for pattern, sign in _AFTER:
        text = pattern.sub(rf"{sign}\1", text)
    for pattern, sign in _BEFORE:
        text = pattern.sub(sign, text)
    return text


def amount(written: str) -> int:
    """The number that figures stand for, whatever sets their thousands apart."""
    return int(re.sub(r"\D", "", written))


def _thousands(found: re.Match[str]) -> str:
    whole, tenths = found.groups()
    return str(1000 * int(whole) + 10 * int(f"{tenths or 0:0<2}"))


def _spelt(found: re.Match[str]) -> str:
    of = {name: _small(said) for name, said in found.groupdict(default="").items()}
    thousands = 1000 * of["thousands"] + (500 if found["half"] else 0)
    return str(thousands + 100 * (of["more"] + of["hundreds"] + of["before"]) + of["rest"] + of["units"] + of["after"])


def _small(said: str) -> int:
    return int(said) if said.isdecimal() else sum(_WORTH.get(word, 0) for word in re.split("[ -]", said))
