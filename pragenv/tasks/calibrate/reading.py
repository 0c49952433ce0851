"""Which values a text gives to the dimensions of a design space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from pragenv.tasks.calibrate.amounts import in_figures
from pragenv.tasks.calibrate.space import Space
from pragenv.tasks.calibrate.spelling import Speller
from pragenv.tasks.numerals import WORTH

LONGEST = 4000
"""Characters that are read; nobody proposes or reacts in more."""
_DIGITS = r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.\d{1,6})?(?![\d.]*\d|e[\d+-])"
_NUMBER = rf"(?<![\w.,]){_DIGITS}"
_SENTENCE = re.compile(r"([.!?])(?=[\s*]|$)|\n")
_PIECE = re.compile(r"[;/|\n]|,(?!\d{3}\b)|\b(?:but|so|because)\b")
_AND = re.compile(r"\band\b")
_JOINT = re.compile(r"[\s_-]+")
_ALTERNATIVE = re.compile(r"\b(?:or|vs|versus)\b")
_ONE_NUMBER = re.compile(_NUMBER)
_OPEN_RANGE = re.compile(
    rf"\bbetween\s+{_NUMBER}|\b(?:any|some)(?:thing|where)\b.{{0,40}}?\bfrom\s+{_NUMBER}.{{0,40}}?\bto\s+{_NUMBER}"
)
_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+|(?<!\w)\(\d{1,2}\)[ \t]", re.MULTILINE)
_CONVERTED: Mapping[str, Mapping[str, float]] = {
    "min": dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60),
    "s": dict.fromkeys(("min", "mins", "minute", "minutes"), 60),
    "ml": dict.fromkeys(("l", "litre", "litres", "liter", "liters"), 1000)
    | dict.fromkeys(("cl", "centilitre", "centilitres"), 10)
    | dict.fromkeys(("dl", "decilitre", "decilitres"), 100),
    "g": dict.fromkeys(("kg", "kilo", "kilos"), 1000),
    "mm": dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters"), 10),
    "cm": dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 100)
    | dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), 0.1),
}
"""Other units that a dimension's values are given in, by its unit, and what one of them is in it."""

_RESTART = re.compile(
    r"(?:(?:\b(?:wait|sorry|oops|whoops|typo|correction|actually|or rather|make (?:that|it)"
    r"|(?:scratch|strike) (?:that|it)|i mean|i meant(?: to \w+)?|on second thoughts?)\b|(?<=[,.…;–—-])\s*no\b(?=,))"
    r"[\s,:;.…–—-]*)+"
)
"""Where somebody begins anew: what a dimension is given from here on is what it is meant to be given."""
_WHICH = re.compile(
    r"\W*(?:(?:so|and|but|ok|okay|hm+|well|now|or)\W+)*"
    r"(?:which|who|whose|where|what (?:time|year|kind|sort)|(?:when|why) (?:did|do|does|is|are|was|were|will"
    r"|should)\b(?!n't)"
    r"|how (?:many|often|old|tall|far))\b"
)
_TOLD = re.compile(
    r"(?<!if )(?<!if it )(?<!if the )\b(?:was|wasn't|were|weren't)\b(?! (?:thinking|wondering|going to|planning"
    r"|hoping|considering))"
    r"|\byou(?:'ve| have| had)?(?: also| just| already| once)? (?:said|told|found|thought|felt|had|got|meant"
    r"|\w{2,}ed)\b"
    r"|\b(?:they|it|everyone|everybody|people|he|she)(?: all| just)? \w{2,}ed\b"
    r"|\b\w{2,}ed (?:you|them|him|her|everyone)\b|\b(?:left|made|gave|kept|hurt|burnt) (?:you|them|him|her)\b"
    r"|\b(?:last|previous|earlier) (?:time|week|month|year|one|try|cup|shot|bowl|loaf|glass|version|proposal)\b"
    r"|\byesterday\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\bago\b|\bmyself\b"
    r"|\b(?:experts?|most|many|some|other) (?:\w+ )?(?:\w+ )?(?:sits?|is|are|use|have|like|take|run|recommend|suggest"
    r"|say|prefer)\b"
    r"|\b(?:typical(?:ly)?|usual(?:ly)?|normal(?:ly)?|generally|on average|recommends?|recommended|rule of thumb)\b"
    r"|\b(?:calls for|according to|if you(?:'d)? (?:want|prefer|like|rather))\b"
    r"|\b(?:outside|outdoors|out there)\b"
)
"""What is told of something else: of an earlier proposal, of what others do. It proposes nothing."""
_PROPOSED = re.compile(
    r"\b(?:let's|let me|let us|i'll|i'd|i will|i would|i've|shall|next|try|propose|how about|what about|what if|suppose"
    r"|this (?:one|time|cup|shot|version|draft|loaf|glass|week|bowl|plan|mix))\b|\bnow\b"
)
_UNWILLING = re.compile(
    r"\b(?:don't|do not|won't|will not|wouldn't|would not|not going to|can't|cannot|couldn't|never|shouldn't)\b"
    r"(?! (?:i|we|you|it|they|that|this)\b)"
)


_FOLLOWS = re.compile(r"\s*(?:[:=→]|to|at|of|is)?\s*")


class _Amount(NamedTuple):
    """A number, its unit, and the dimension whose name it follows at once."""

    value: float
    unit: str
    before: str | None


class _Patterns(NamedTuple):
    """What is looked for in texts about one space."""

    spell: Speller
    token: re.Pattern[str]
    left_out: re.Pattern[str]
    former: re.Pattern[str]
    relative: re.Pattern[str]
    span: re.Pattern[str]
    converted: Mapping[str, Mapping[str, float]]
    cues: Mapping[str, str]
    units: Mapping[str, Mapping[str, float]]


@lru_cache(maxsize=256)
def _patterns(space: Space) -> _Patterns:
    cues = {cue.lower(): d.name for d in reversed(space.dimensions) for cue in (*d.cues, d.label, d.name)}
    units: dict[str, dict[str, float]] = {}
    for d in space.dimensions:
        for written in d.units:
            units.setdefault(written.lower(), {})[d.name] = 1
    converted: dict[str, dict[str, float]] = {}
    for d in space.dimensions:
        for written, factor in _CONVERTED.get(d.unit, {}).items():
            converted.setdefault(written, {})[d.name] = factor
    # What is a unit of one dimension counts for another only where that one is named: "the bars at 48 cm".
    units = {**converted, **units}
    cue, unit = _either(cues), _either(units) if units else r"(?!)"
    bears = rf"(?:[\s-]*(?:{unit})(?!\w))?"
    amount = rf"(?:{_NUMBER}|\b(?:one|a couple of|a few)\b){bears}"
    of_it = rf"(?:\s+(?:of\s+)?(?:the\s+)?(?P<cue>{cue})\b)?"
    not_any_more = (
        r"\b(?:from|instead of|rather than|in place of|not(?: quite| exactly)?(?: the)?|compared (?:to|with)|"
        r"(?:\w+er|more|less) than|at (?:least|most)|above|below|under|over|past|beyond)"
    )
    more = (
        r"(?:more|less|fewer|extra|higher|lower|longer|shorter|later|earlier|sooner|hotter|cooler|warmer|colder"
        r"|brighter|dimmer|bigger|larger|smaller|wider|narrower|finer|coarser|slower|faster|heavier|lighter"
        r"|shy)\b(?! like\b)"
    )
    return _Patterns(
        spell=Speller((*cues, *units, *WORTH)),
        token=re.compile(
            rf"(?P<number>{_NUMBER}|\bone(?=[\s-]+(?:{unit}|{cue})(?!\w)))(?:[\s-]*(?P<unit>{unit})(?!\w))?"
            rf"|(?<!\w)(?P<cue>{cue})(?!\w)"
        ),
        left_out=re.compile(
            rf"\b(?:no|without(?: any)?|skip|omit|remov(?:e|ing)|leav(?:e|ing) out|tak(?:e|ing) out|cut(?:ting)? out"
            rf"|get rid of|switch off|turn off)\s+(?:(?:the|any|all)\s+)*(?P<cue>{cue})(?!\w)(?!\s+chang)"
            rf"|\b(?:leav(?:e|ing)|left|tak(?:e|ing|en)|took|drop(?:ping)?|cut(?:ting)?|los(?:e|ing)|turn"
            rf"|switch)\s+(?:the\s+)?"
            rf"(?P<out>{cue})\s+(?:out|off|completely|altogether|entirely|away)(?!\s+of)\b"
            rf"|(?<!\w)(?P<none>{cue})\s*[:=–—-]\s*(?:none|nil|off)\b"
        ),
        former=re.compile(rf"{not_any_more}\s+{amount}{of_it}"),
        relative=re.compile(
            rf"\b(?:by|another|an (?:extra|additional)|a further)\s+{amount}"
            rf"|{amount}(?:\s+of\s+\w+)?\s+(?:a\s+(?:bit|little|touch)\s+)?{more}"
        ),
        span=re.compile(
            rf"{_NUMBER}(?:\s*(?P<one>{unit})(?!\w))?\s*(?:to|[-–—])\s*{_NUMBER}(?:\s*(?P<two>{unit})(?!\w))?"
        ),
        converted=converted,
        cues={_joined(cue): name for cue, name in cues.items()},
        units=units,
    )


def _either(texts: Iterable[str]) -> str:
    parts = (map(re.escape, _JOINT.split(text)) for text in sorted(texts, key=len, reverse=True))
    return "|".join(map(r"[\s_-]*".join, parts))


def _joined(cue: str) -> str:
    """A cue as it is looked up, however its words are joined."""
    return _JOINT.sub("", cue)


def read_point(text: str, space: Space) -> dict[str, float]:
    """The value of each dimension that a text gives one to; a dimension with several different ones is left out.

    A number belongs to the dimension whose unit it bears or that its clause names. What a value is changed from or
    by, what is offered as one of two, what is refused or told of something else counts for nothing; what is said after
    "sorry" or "I mean" counts instead of what was said before.
    """
    known = _patterns(space)
    found: dict[str, set[float]] = {}
    last: str | None = None
    plain = _BULLET.sub("; ", text[:LONGEST].lower().replace("’", "'").replace("**", ""))
    for part in _RESTART.split(in_figures(known.spell.mend(plain))):
        given: dict[str, set[float]] = {}
        for name, value in _given(part, known, last):
            given.setdefault(name, set()).add(value)
            last = name
        found.update(given)
    return {d.name: min(found[d.name]) for d in space.dimensions if len(found.get(d.name, ())) == 1}


def _given(text: str, known: _Patterns, last: str | None) -> Iterator[tuple[str, float]]:
    """The values that a text gives, in order. A number at its beginning may be of the dimension that was `last`."""
    pieces = _SENTENCE.split(text)
    for sentence, mark in zip(pieces[::2], [*pieces[1::2], None], strict=True):
        if mark == "?" and _WHICH.match(sentence):
            continue
        if _OPEN_RANGE.search(sentence):
            continue
        sentence = known.former.sub(lambda match: f" {match['cue'] or ''} ", sentence)
        sentence = known.relative.sub(" ", sentence)
        sentence = known.left_out.sub(lambda m: f"{m['cue'] or m['out'] or m['none']} 0", sentence)
        if _offers_several(sentence, known):
            continue
        waiting: str | None = last
        for clause in filter(str.strip, _clauses(sentence)):
            named, given = _tokens(clause, known)
            yield from _assigned(named or ([waiting] if waiting else []), given, known)
            waiting = named[-1] if named and not given else None
        last = None


def _clauses(sentence: str) -> Iterator[str]:
    """The clauses of a sentence that may propose, not those that refuse something or tell of something else."""
    for piece in _PIECE.split(sentence):
        if not _TOLD.search(piece) or _PROPOSED.search(piece):
            yield from (clause for clause in _AND.split(piece) if not _UNWILLING.search(clause))


def _offers_several(sentence: str, known: _Patterns) -> bool:
    """Whether it leaves open which of several numbers is meant."""
    places = [match.start() for match in _ONE_NUMBER.finditer(sentence)]
    between = any(places[0] < match.start() < places[-1] for match in _ALTERNATIVE.finditer(sentence) if places)
    return between or any(m["one"] in (None, m["two"]) for m in known.span.finditer(sentence))


def _tokens(clause: str, known: _Patterns) -> tuple[list[str], list[_Amount]]:
    """The dimensions that a clause names, each once, and its numbers with their units."""
    named: dict[str, None] = {}
    given: list[_Amount] = []
    before, end = None, 0  # the cue that the next number follows at once, and where it ends
    for match in known.token.finditer(clause):
        if cue := match["cue"]:
            before, end = known.cues[_joined(cue)], match.end()
            named[before] = None
        else:
            follows = before is not None and _FOLLOWS.fullmatch(clause, end, match.start())
            given.append(_Amount(_value(match["number"]), match["unit"] or "", before if follows else None))
            before = None
    return list(named), given


def _assigned(named: list[str], given: list[_Amount], known: _Patterns) -> Iterator[tuple[str, float]]:
    """The numbers of a clause with the dimensions that they belong to."""
    if len(named) == 1:
        owners_of = {unit: known.converted.get(unit, {}) for _, unit, _ in given}
        given = [
            a._replace(value=a.value * owners_of[a.unit][named[0]], unit="")
            if named[0] in owners_of[a.unit] and named[0] not in known.units[a.unit]
            else a
            for a in given
        ]
    bare = [name for name in named if not any(known.units[unit].keys() == {name} for _, unit, _ in given if unit)]
    for value, unit, before in given:
        owners = known.units.get(unit, {})
        if len(owners) == 1:
            ((name, factor),) = owners.items()
            yield name, value * factor
            continue
        fit = [name for name in bare if not unit or name in owners]
        if len(fit) > 1 and len(bare) != len(given):
            fit = [name for name in fit if name == before]
        if fit:
            yield fit[0], value * owners.get(fit[0], 1)
            if len(bare) > 1:
                bare.remove(fit[0])


def _value(text: str) -> float:
    return 1.0 if text == "one" else float(text.replace(",", "").replace("−", "-"))
