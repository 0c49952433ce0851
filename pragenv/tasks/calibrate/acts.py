"""Dialogue acts of Calibrate: which point an agent proposes, and how a user's words find it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from rapidfuzz import fuzz, process

from pragenv.protocols import commitment
from pragenv.tasks.calibrate.feeling import CLOSER, FARTHER, LITTLE, MUCH, PROPOSAL, RIGHT, SAME, WRONG
from pragenv.tasks.calibrate.reading import LONGEST, read_point
from pragenv.tasks.calibrate.space import Dimension, Space, subspace
from pragenv.tasks.lexicon import normalise, words_by_sentence
from pragenv.tasks.phrasing import phrasings
from pragenv.types import Act

_PROPOSALS = (
    "PROPOSE: {point}",
    "How about this: {point}?",
    "Let's try {point}.",
    "Next one: {point}.",
    "What do you think of {point}?",
    "Would you care for {point}?",
)
WORDINGS: Mapping[str, tuple[str, ...]] = {
    RIGHT: (
        "Just right.",
        "That's it, exactly.",
        "Perfect, that's the one.",
        "Leave it like that, it's ideal.",
        "Bang on.",
    ),
    WRONG: (
        "Not it yet.",
        "That's not what I have in mind.",
        "No, it should be different.",
        "Hm, no, go on.",
        "Something is off.",
    ),
    CLOSER: (
        "Closer.",
        "That's closer than before.",
        "Better than the last one.",
        "Warmer, go on.",
        "You're getting nearer.",
    ),
    FARTHER: (
        "Farther.",
        "That's farther off than before.",
        "Worse than the last one.",
        "Colder, turn round.",
        "You're drifting away.",
    ),
    SAME: (
        "As far off as before.",
        "Neither closer nor farther.",
        "No better and no worse.",
        "It's the same distance.",
        "That changed nothing for me.",
    ),
}
"""What a user says of a proposal as a whole, the barest first."""
_SIMILAR = 88.0
"""Least similarity (of 100) of a sentence with slips of the pen to the wording that it is taken for."""

_WHOLE = {
    SAME: r"\b(?:same|neither|equally|no difference|as far off|(?:no|not any) (?:closer|nearer|better)|as good as)\b",
    FARTHER: r"\b(?:farther|further|worse|colder|backwards?|away|not as good|(?:was|were) better"
    r"|(?:liked|preferred) the)\b",
    CLOSER: r"\b(?:closer|nearer|better|warmer|improve[sd]?|improvement|getting there)\b",
    RIGHT: r"\b(?:perfect(?:ly)?|just (?:right|how)|spot on|exactly|that's (?:it|right|the)|bingo|ideal|wouldn't change"
    r"|i was after)\b",
}
_WHOLES = tuple((value, re.compile(pattern)) for value, pattern in _WHOLE.items())
"""What is said of a proposal as a whole in other words, to be looked for in this order."""

_CLAUSES = re.compile(r"\band\b|\bbut\b")
_EVERYWHERE = {
    "strong": ("big", "large", "high", "long", "strong", "much", "many"),
    "weak": ("small", "low", "short", "weak", "little", "few"),
    "stronger": ("bigger", "larger", "higher", "longer", "more", "stronger", "raise", "increase", "add"),
    "weaker": ("smaller", "lower", "shorter", "less", "fewer", "weaker", "reduce", "cut"),
}
"""Words that are about a dimension only where it is named."""

_Row = tuple[str, re.Pattern[str]]
_AMOUNTS: tuple[_Row, ...] = (
    (LITTLE, re.compile(r"(?:\bnot|n't)\b.*\benough\b|\b(?:lacks|needs|short of|hardly)\b")),
    (MUCH, re.compile(r"\boverdone\b")),
)
"""What is said of amounts, of a dimension that is named."""


@lru_cache(maxsize=1024)
def point_acts(space: str, dimensions: tuple[str, ...], phrasing: str) -> PointActs:
    """The acts of a built-in space in one phrasing; built once for all environments of a process."""
    return PointActs(subspace(space, dimensions), phrasing)


class PointActs:
    """The acts of one design space in one phrasing; satisfies `protocols.Acts`.

    A proposal asks for a reaction: its act is of kind `ask`, its slot the point. The menu holds the middle of the space
    and, along each dimension, a point at either quarter of the range.
    """

    def __init__(self, space: Space, phrasing: str) -> None:
        self.space = space
        self.menu = tuple(Act("ask", space.key(point)) for point in _around(space))
        self.openings = phrasings(space.openings, phrasing)
        self.wordings = {(PROPOSAL, value): phrasings(said, phrasing) for value, said in WORDINGS.items()}
        for d in space.dimensions:
            self.wordings[d.name, MUCH] = phrasings(d.too_much, phrasing)
            self.wordings[d.name, LITTLE] = phrasings(d.too_little, phrasing)
        self._proposals = phrasings(_PROPOSALS, phrasing)
        rows = [((PROPOSAL, value), said) for value, said in WORDINGS.items()]
        rows += [((d.name, MUCH), d.too_much) for d in space.dimensions]
        rows += [((d.name, LITTLE), d.too_little) for d in space.dimensions]
        self._said = {normalise(text): Act("inform", *meant) for meant, said in rows for text in said}
        self._heard = [_Words(d) for d in space.dimensions]
        self.point = lru_cache(maxsize=1024)(space.point)
        self.parse = lru_cache(maxsize=1024)(self._parse)
        self.read = lru_cache(maxsize=1024)(self._read)

    def phrase(self, act: Act, key: int) -> str:
        """A proposal in one of the task's own wordings."""
        return self._proposals[key % len(self._proposals)].format(point=self.space.write(self.space.point(act.slot)))

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        point = read_point(utterance, self.space)
        return (Act("ask", self.space.key(point)),) if point else ()

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What a user says of the proposal, whatever it was: its own wordings first, then complaints in other words."""
        # Where a user says again what it said before, the new comes last (see `pragenv.wrappers.repeat`).
        newest = utterance.rpartition("\n\n")[2].removeprefix("New: ")[:LONGEST]
        found: dict[str, Act] = {}
        rest = []
        for sentence in words_by_sentence(newest):
            said = " ".join(sentence)
            if (known := self._said.get(said) or self._slipped(said)) is not None:
                found.setdefault(known.slot, known)
            else:
                rest.append(said)
        for act in (act for said in rest for clause in _CLAUSES.split(said) for act in self._complaints(clause)):
            found.setdefault(act.slot, act)
        if not found:
            plain = newest.lower().replace("’", "'")
            whole = next((value for value, pattern in _WHOLES if pattern.search(plain)), None)
            return () if whole is None else (Act("inform", PROPOSAL, whole),)
        return tuple(found.values())

    def _slipped(self, said: str) -> Act | None:
        if len(said) < 8:
            return None
        near = process.extractOne(said, list(self._said), scorer=fuzz.ratio, score_cutoff=_SIMILAR)
        return self._said[near[0]] if near else None

    def _complaints(self, clause: str) -> Iterator[Act]:
        """What a clause complains of: of the dimensions it names or whose own adjectives it uses."""
        named = [w for w in self._heard if w.cue.search(clause)]
        for words in self._heard:
            alone = not named or words in named
            if alone and (value := words.complaint(clause, words in named)) is not None:
                yield Act("inform", words.name, value)


class _Words:
    """The words for one dimension."""

    def __init__(self, d: Dimension) -> None:
        self.name = d.name
        self.cue = re.compile(rf"\b(?:{_any((*d.cues, d.label))})\b")
        kinds = ("strong", "weak", "stronger", "weaker")
        own = {kind: getattr(d, kind) for kind in kinds}
        self._own = _degrees(own)
        # Where it is named, the words that suit any dimension are about this one, and so is what there isn't enough of.
        self._named = (*_degrees({kind: own[kind] + _EVERYWHERE[kind] for kind in kinds}), *_AMOUNTS)

    def complaint(self, clause: str, named: bool) -> str | None:
        """Whether a clause finds too much or too little of it; None where it says neither."""
        return next((value for value, said in (self._named if named else self._own) if said.search(clause)), None)


def _degrees(words: Mapping[str, tuple[str, ...]]) -> tuple[_Row, ...]:
    """What is said with adjectives for much and for little, and with their comparatives."""
    much, little, up, down = (_any(words[kind]) for kind in ("strong", "weak", "stronger", "weaker"))
    return (
        (LITTLE, re.compile(rf"(?:\bnot|n't)\b.*\b(?:{much}) enough\b")),
        (MUCH, re.compile(rf"(?:\bnot|n't)\b.*\b(?:{little}) enough\b")),
        (LITTLE, re.compile(rf"\btoo (?:{little})\b|\b(?:{up})\b|\bmore (?:{much})\b")),
        (MUCH, re.compile(rf"\btoo (?:{much})\b|\b(?:{down})\b|\bless (?:{much})\b")),
    )


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word.lower()) for word in sorted(words, key=len, reverse=True)) or "(?!)"


def _around(space: Space) -> Iterator[dict[str, float]]:
    """The middle point, and by dimension those at the quarters of its range."""
    middle = {d.name: d.middle for d in space.dimensions}
    yield middle
    for d in space.dimensions:
        last = len(d.levels) - 1
        for place in (last // 4, last - last // 4):
            yield {**middle, d.name: d.levels[place]}
