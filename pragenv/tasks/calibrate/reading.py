"""Which values a text gives to the dimensions of a design space."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from pragenv.tasks.calibrate.space import Space

LONGEST = 4000
"""Characters that are read; nobody proposes or reacts in more."""
_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_ONES += ["seventeen", "eighteen", "nineteen"]
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: i for i, word in enumerate(_ONES)} | {word: 10 * i for i, word in enumerate(_TENS, start=2)}
_SPELT = "|".join(sorted(_WORDS, key=len, reverse=True))
_COUNT = rf"(?:(?:{_SPELT})(?:[ -](?:{'|'.join(_ONES[1:10])}))?)(?: hundred)?\b"
_DIGITS = r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.\d{1,6})?(?![\d.]*\d|e[\d+-])"
_NUMBER = rf"(?<![\w.,])(?:{_DIGITS}|{_COUNT})"
_SENTENCE = re.compile(r"[.!?](?=\s|$)|\n")
_CLAUSE = re.compile(r"[;/\n]|,(?!\d{3}\b)|\band\b")
_JOINT = re.compile(r"[\s_-]+")
_ALTERNATIVE = re.compile(r"\b(?:or|vs|versus)\b")
_ONE_NUMBER = re.compile(_NUMBER)
_BETWEEN = re.compile(rf"\bbetween\s+{_NUMBER}")
_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+", re.MULTILINE)


class _Patterns(NamedTuple):
    """What is looked for in texts about one space."""

    token: re.Pattern[str]
    left_out: re.Pattern[str]
    former: re.Pattern[str]
    cues: Mapping[str, str]
    units: Mapping[str, frozenset[str]]


@lru_cache(maxsize=256)
def _patterns(space: Space) -> _Patterns:
    cues = {_spaced(cue.lower()): d.name for d in reversed(space.dimensions) for cue in (*d.cues, d.label, d.name)}
    written = {unit.lower() for d in space.dimensions for unit in d.units}
    units = {u: frozenset(d.name for d in space.dimensions if u in map(str.lower, d.units)) for u in written}
    cue, unit = _either(cues), _either(units) if units else r"(?!)"
    amount = rf"{_NUMBER}(?:\s*(?:{unit})(?!\w))?"
    not_any_more = r"\b(?:from|instead of|rather than|in place of|not)"
    return _Patterns(
        token=re.compile(rf"(?P<number>{_NUMBER})(?:\s*(?P<unit>{unit})(?!\w))?|(?<!\w)(?P<cue>{cue})(?!\w)"),
        left_out=re.compile(rf"\b(?:no|without(?: any)?|leave out(?: the)?)\s+(?P<cue>{cue})(?!\w)"),
        former=re.compile(rf"{not_any_more}\s+{amount}(?:\s+(?:of\s+)?(?P<cue>{cue})\b)?"),
        cues=cues,
        units=units,
    )


def _either(texts: Mapping[str, object]) -> str:
    spelt = (re.escape(text).replace(r"\ ", r"[\s_-]+") for text in sorted(texts, key=len, reverse=True))
    return "|".join(spelt)


def _spaced(cue: str) -> str:
    """A cue as it is looked up, however its words are joined."""
    return _JOINT.sub(" ", cue)


def read_point(text: str, space: Space) -> dict[str, float]:
    """The value of each dimension that a text gives one to; a dimension with several different ones is left out.

    A number belongs to the dimension whose unit it bears or that its clause names. What a value is changed from, and
    what is offered as one of two, counts for nothing.
    """
    known = _patterns(space)
    found: dict[str, set[float]] = {}
    for sentence in _SENTENCE.split(_BULLET.sub("", text[:LONGEST].lower())):
        sentence = known.former.sub(lambda match: f" {match['cue'] or ''} ", sentence)
        sentence = known.left_out.sub(r"\g<cue> 0", sentence)
        if _offers_several(sentence):
            continue
        waiting: str | None = None
        for clause in _CLAUSE.split(sentence):
            named, given = _tokens(clause, known)
            for name, value in _assigned(named or ([waiting] if waiting else []), given, known):
                found.setdefault(name, set()).add(value)
            waiting = named[-1] if named and not given else None
    return {d.name: min(found[d.name]) for d in space.dimensions if len(found.get(d.name, ())) == 1}


def _offers_several(sentence: str) -> bool:
    """Whether it leaves open which of several numbers is meant."""
    places = [match.start() for match in _ONE_NUMBER.finditer(sentence)]
    between = any(places[0] < match.start() < places[-1] for match in _ALTERNATIVE.finditer(sentence) if places)
    return between or _BETWEEN.search(sentence) is not None


def _tokens(clause: str, known: _Patterns) -> tuple[list[str], list[tuple[float, str]]]:
    """The dimensions that a clause names, each once, and its numbers with their units."""
    named: dict[str, None] = {}
    given: list[tuple[float, str]] = []
    for match in known.token.finditer(clause):
        if cue := match["cue"]:
            named[known.cues[_spaced(cue)]] = None
        elif match["number"] != "one" or match["unit"]:  # "here is one with …" counts nothing
            given.append((_value(match["number"]), match["unit"] or ""))
    return list(named), given


def _assigned(named: list[str], given: list[tuple[float, str]], known: _Patterns) -> Iterator[tuple[str, float]]:
    """The numbers of a clause with the dimensions that they belong to."""
    bare = [name for name in named if not any(known.units[unit] == {name} for _, unit in given if unit)]
    for value, unit in given:
        owners = known.units.get(unit, frozenset())
        if len(owners) == 1:
            yield next(iter(owners)), value
            continue
        fit = [name for name in bare if not unit or name in owners]
        if len(fit) == 1 or (fit and len(bare) == len(given)):
            yield fit[0], value
            if len(bare) > 1:
                bare.remove(fit[0])


def _value(text: str) -> float:
    if text[-1].isdigit():
        return float(text.replace(",", "").replace("−", "-"))
    *counted, last = text.replace("-", " ").split()
    words, times = (counted, 100) if last == "hundred" else ([*counted, last], 1)
    return float(times * sum(_WORDS[word] for word in words))
