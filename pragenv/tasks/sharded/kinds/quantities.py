"""The one number that a text gives as its answer: digits or words, with units, out of markup and working."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import pairwise, takewhile
from math import isclose
from typing import NamedTuple

from pragenv.tasks.numerals import BELOW_HUNDRED, WORTH

_LONGEST = 4000
_SCALES: Mapping[str, Mapping[str, float]] = {
    "time": {"second sec s": 1, "minute min m": 60, "hour hr h": 3600, "day": 86400, "week wk": 604800},
    "calendar": {"month": 1, "year yr": 12},  # in weeks or days they differ from one to the next
    "length": {
        "millimetre millimeter mm": 0.001,
        "centimetre centimeter cm": 0.01,
        "metre meter m": 1,
        "kilometre kilometer km": 1000,
        "inch inches": 0.0254,
        "foot feet ft": 0.3048,
        "yard yd": 0.9144,
        "mile mi": 1609.344,
    },
    "mass": {
        "milligram mg": 0.001,
        "gram gramme g": 1,
        "kilogram kilo kg": 1000,
        "pound lb": 453.59237,
        "ounce oz": 28.349523125,
    },
    "volume": {"millilitre milliliter ml": 0.001, "centilitre centiliter cl": 0.01, "litre liter l": 1},
    "dollars": {"$ dollar usd buck": 1, "cent ¢": 0.01},
    "euros": {"€ euro eur": 1},
    "sterling": {"£ pound gbp quid": 1, "pence": 0.01},
    "share": {"% percent": 1},
}
UNITS: dict[str, dict[str, float]] = {}
"""For each unit known by name: its size on each of the scales that it may belong to ("pound" is on two)."""
for _scale, _sizes in _SCALES.items():
    for _names, _size in _sizes.items():
        for _name in _names.split():
            UNITS.setdefault(_name, {})[_scale] = _size

_WORTH = WORTH | {"a": 1}
_BELOW_1000 = rf"(?:(?:a|{BELOW_HUNDRED}) hundred(?:(?: and)? {BELOW_HUNDRED})?|{BELOW_HUNDRED})"
_WORDS = re.compile(rf"\b(?:(?:a|{_BELOW_1000}) thousand(?:(?: and)? {_BELOW_1000})?|{_BELOW_1000})\b")
_FEW_WORDS = 8
"""A longer text with no digit in it, but "one" or "two", is no answer in words."""
_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_PART = re.compile(rf"\b(\d+|an?)[- ]({'|'.join(_PARTS)})s?\b")

_QUANTITY = re.compile(
    r"(?<![\w.])(?P<sign>[-+]|minus |negative )?\s?(?P<before>[$€£]|usd |eur |gbp )?\s?(?P<inner>-)?"
    r"(?:(?:(?P<whole>\d{1,9}) )?(?P<top>\d{1,15}) ?/ ?(?P<bottom>\d{1,15})(?![\d/.])"
    r"|(?P<number>\d{1,3}(?:[, ]\d{3})+(?![\d.]*\d)|\d{1,3}(?:[, ]\d{3})+\.\d+|\d+\.\d+|\d+|\.\d+)"
    r"(?P<power>e[-+]?\d{1,2}(?!\d))?)"
    r"(?P<times>(?: ?k| (?:hundred|thousand|million|billion|dozen))(?![a-z]))?"
    r"(?: ?-?(?P<after>%|[$€£¢]|(?!x\b)[a-z]+[23]?))?"
)
_TIMES = {"k": 1e3, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "dozen": 12}
_OPERATOR = re.compile(r"[-–+*/×÷x^]")
_OR = re.compile(r"\bor\b(?:\s+[a-z]+){0,2}$")
_AND = re.compile(r",?(?:\s*and)?")
_BOUND = re.compile(r"(?:\bnot|n't|at least|at most|\b(?:more|less|fewer) than|up to|[<>≤≥≠])\s*$")
"""What turns the number after it into something else than the answer."""
_BEFORE = 16
"""How far before the number that is looked for, in characters."""

_BOXED = re.compile(r"\\boxed\s*\{([^{}]*)\}( ?(?:%|[a-z]+))?")
_HASHES = re.compile(r"####\s*([^\n]+)")
_SAYS = re.compile(r"\banswer(?:\s+is|\s+was|\s+would be|\s*:|\s*=)\s*:?\s*([^\n]*?)(?=[.!;](?:\s|$)|\n|$)")
_BOLD = re.compile(r"\*\*([^*\n]*\d[^*\n]*)\*\*( ?(?:%|[a-z]+))?")
_MARKED = (_BOXED, _HASHES, _SAYS, _BOLD)
_ASIDE = re.compile(r"\b(?:because|since)\b|\([^()]*[+*/×÷][^()]*\)")
_UNKNOWNS = re.compile(r"(?:^|\W)([a-z])\s*=[^=]+?\b(?!\1)[a-z]\s*=")
"""Values of two unknowns: nobody can tell which is the answer."""
_EQUALS = re.compile(r"(?<![!<>])[=≈]")


class Quantity(NamedTuple):
    """A number in a text, the unit beside it (empty: none), and where it stands."""

    value: float
    unit: str
    start: int
    end: int
    signed: bool


def value_of(text: str, unit: str) -> float | None:
    r"""The number that an answer comes down to, in a unit; None where it gives none, or more than one.

    It is taken from, in this order: a first line that holds little else; `\boxed{}`; `####`; "the answer is"; bold
    type; the last side of the last equation that is no working; the whole text. Several numbers that are equal once
    they are converted are one. "1 hour 30 minutes" is one, too. No arithmetic is carried out, but for fractions.

    Args:
        text: any.
        unit: what is asked for: a unit that `UNITS` knows, a noun for things that are counted, or empty where unknown.
            A unit given on the same scale is converted, one on another is refused, an unknown one is taken for the
            noun. A percentage is itself where `%` is asked for, and else a hundredth of it.
    """
    if len(text) > _LONGEST:
        return None
    plain = _plain(text)
    if _alternatives(plain, unit):
        return None
    first, *others = [line for line in plain.split("\n") if line.strip()] or [""]
    if others and _bare(first):
        return _agreed([_value(line, unit) for line in (first, *takewhile(_bare, others))])
    for mark in _MARKED:
        if found := ["".join(part or "" for part in m.groups()) for m in mark.finditer(plain)]:
            return _agreed([_said(region, unit) for region in found])
    return _said(plain, unit)


def _plain(text: str) -> str:
    """The text in lower case and in the commonest characters, without LaTeX; in digits, where it is short."""
    spaced = "".join(f" {c}" if unicodedata.decomposition(c).startswith("<fraction>") else c for c in text)
    plain = unicodedata.normalize("NFKC", spaced).lower().replace("\u2044", "/").replace("\u2212", "-")
    plain = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r" \1/\2", plain)
    plain = re.sub(r"\\(?:text|mathrm|mathbf)\s*\{([^{}]*)\}", r"\1", plain)
    plain = plain.replace("{,}", ",").replace("\\times", "*").replace("\\cdot", "*").replace("\\approx", "=")
    plain = re.sub(r"\\(?:left|right|[,;! ()\[\]])", " ", plain)
    plain = re.sub(r"(?<!\\)\$(?=\S)([^$\n]*[^\s$\\])\$(?!\d)", r"\1", plain)
    plain = re.sub(r"\\([$%€£])", r"\1", plain).replace("per cent", "percent")
    if not any(c.isdigit() for c in plain) and len(plain.split()) <= _FEW_WORDS:
        plain = re.sub(r"\ba dozen\b", "12", _WORDS.sub(lambda m: str(_number(m.group())), plain))
    plain = _PART.sub(lambda m: f"{m[1] if m[1].isdecimal() else 1}/{_PARTS[m[2]]}", plain)
    return re.sub(r"(?<=\d) and (?=\d+/\d)", " ", plain)


def _number(words: str) -> int:
    total = part = 0
    for word in re.split(r"[- ]", words):
        if word == "hundred":
            part *= 100
        elif word == "thousand":
            total, part = part * 1000, 0
        elif word != "and":
            part += _WORTH[word]
    return total + part


def _quantities(text: str) -> list[Quantity]:
    found = []
    for m in _QUANTITY.finditer(text):
        if m["number"]:
            value = float(re.sub("[, ]", "", m["number"]) + (m["power"] or ""))
        elif int(m["bottom"]) == 0:
            continue
        else:
            value = int(m["whole"] or 0) + int(m["top"]) / int(m["bottom"])
        if m["times"]:
            value *= _TIMES[m["times"].strip()]
        if (m["sign"] or "+") != "+" or m["inner"]:
            value = -value
        found.append(Quantity(value, _unit(m["before"], m["after"]), m.start(), m.end(), bool(m["sign"])))
    return found


def _unit(*beside: str | None) -> str:
    """The first known unit among the words beside a number, in the singular."""
    words = [word.strip() for word in beside if word]
    known = [name for word in words for name in (word, word.removesuffix("s")) if name in UNITS]
    return known[0] if known else ""


def _converted(quantity: Quantity, unit: str) -> float | None:
    have, want = UNITS.get(quantity.unit, {}), UNITS.get(unit, {})
    if "share" in have and "share" not in want:
        return quantity.value / 100
    if not have or not unit:
        return quantity.value
    return next((quantity.value * have[scale] / want[scale] for scale in want if scale in have), None)


def _said(text: str, unit: str) -> float | None:
    """The value of a statement: of the last side of its equations that is no working."""
    if _UNKNOWNS.search(text):
        return None
    for side in reversed(_EQUALS.split(text)):
        side = _ASIDE.split(side)[0]
        if _quantities(side) and not _working(side):
            return _value(side, unit)
    return None


def _working(text: str) -> bool:
    """Whether numbers in it are joined by operators, or digits in it are part of no number."""
    found = _quantities(text)
    if any(c.isdigit() for c in _QUANTITY.sub("", text)):
        return True
    between = [(text[a.end : b.start].strip(), b) for a, b in pairwise(found)]
    return any(_OPERATOR.fullmatch(gap) or (b.signed and not gap) for gap, b in between)


def _value(text: str, unit: str) -> float | None:
    """The value of a text that gives one quantity, or the same one several times."""
    values: list[float | None] = []
    last: Quantity | None = None
    for quantity in _quantities(text):
        value = _converted(quantity, unit)
        if _BOUND.search(text[max(0, quantity.start - _BEFORE) : quantity.start]):
            value = None
        if last and values[-1] is not None and value is not None and _continues(last, quantity, text):
            values[-1] += value
        else:
            values.append(value)
        last = quantity
    return _agreed(values)


def _continues(last: Quantity, this: Quantity, text: str) -> bool:
    """Whether this is the smaller part of one quantity: the minutes after the hours."""
    sizes, parts = UNITS.get(last.unit, {}), UNITS.get(this.unit, {})
    smaller = any(parts[scale] < sizes[scale] for scale in sizes if scale in parts)
    return smaller and not this.signed and _AND.fullmatch(text[last.end : this.start].strip()) is not None


def _alternatives(text: str, unit: str) -> bool:
    """Whether it offers one number or another."""
    pairs = ((a, b) for a, b in pairwise(_quantities(text)) if _OR.search(text[a.start : b.start].strip()))
    return any(_agreed([_converted(a, unit), _converted(b, unit)]) is None for a, b in pairs)


def _bare(line: str) -> bool:
    """Whether a line holds a number and little else."""
    found = _quantities(line)
    return len(found) == 1 and "=" not in line and len(_QUANTITY.sub("", line).split()) <= 3


def _agreed(values: Iterable[float | None]) -> float | None:
    """The value that all of these are, or None."""
    first, *others = [*values] or [None]
    if first is None or not all(v is not None and isclose(v, first, rel_tol=1e-9) for v in others):
        return None
    return first
