"""Dialogue acts of Calibrate: which point an agent proposes, and how a user's words find it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.calibrate.feeling import CLOSER, FARTHER, LITTLE, MUCH, PROPOSAL, RIGHT, SAME, WRONG
from pragenv.tasks.calibrate.hearing import Heard, Hearing
from pragenv.tasks.calibrate.reading import LONGEST, read_point
from pragenv.tasks.calibrate.space import Space, subspace
from pragenv.tasks.calibrate.spelling import Speller, slip
from pragenv.tasks.calibrate.turns import claimed, clauses, complaining, elsewhere, pieces, sentences
from pragenv.tasks.calibrate.verdicts import Verdicts, refused
from pragenv.tasks.lexicon import STOPWORDS, normalise
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.speech import common_kind
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
_FIRST = (FARTHER, CLOSER, SAME, WRONG, RIGHT)
"""Which of several verdicts in a turn counts: a comparison tells most."""
_PROPOSED = frozenset("shot brew coffee lamp light bake run mix dough juice".split())
_NEARNESS = re.compile(r"\bgetting (?:warm|warmer|cold|colder|hot|hotter)$")
"""Said as in the game, of no warmth that is designed."""
"""Words for a dimension that may just as well stand for what is proposed."""


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
        self._opens = frozenset(
            normalise(sentence) for text in space.openings for sentence, _ in sentences(text.lower().replace("’", "'"))
        )
        by_length: dict[int, list[str]] = {}
        for text in self._said:
            by_length.setdefault(text.count(" "), []).append(text)
        self._by_length = by_length
        texts = (space.title, *space.openings, *(text for _, said in rows for text in said))
        things = frozenset(word for text in texts for word in normalise(text).split()) - STOPWORDS
        self._hearing, self._verdicts = Hearing(space, things), Verdicts(things)
        self._speller = Speller((*self._hearing.phrases, *self._said))
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
        if common_kind(utterance) is not None:
            return ()
        # Where a user says again what it said before, the new comes last (see `pragenv.wrappers.repeat`).
        newest = utterance.rpartition("\n\n")[2].removeprefix("New: ")[:LONGEST].lower().replace("’", "'")
        found: dict[str, Act] = {}
        rest = []
        for sentence, mark in sentences(newest):
            said = normalise(sentence)
            if said in self._opens:  # "just the way I like it", before there is anything to like
                continue
            if (known := self._said.get(said) or (None if mark == "?" else self._slipped(said))) is not None:
                found.setdefault(known.slot, known)
            elif (claim := claimed(self._speller.mend(sentence), mark)) is not None:
                rest.append(claim)
        verdicts = []
        carried = ""
        for claim in rest:
            named = self._hearing.names(claim)
            for piece in pieces(claim):
                heard = self._complaints(piece, carried, named)
                for name, sign in heard:
                    found.setdefault(name, Act("inform", name, MUCH if sign > 0 else LITTLE))
                carried = next(reversed(self._hearing.names(piece)), carried)
                if not heard and (verdict := self._verdict(piece)) is not None:
                    verdicts.append(verdict)
        if not found and refused(newest):
            verdicts = [WRONG]
        whole = next((v for v in _FIRST if v in verdicts), None)
        if whole is not None and (whole != RIGHT or not found):
            found.setdefault(PROPOSAL, Act("inform", PROPOSAL, whole))
        return tuple(found.values())

    def _complaints(self, piece: str, carried: str, named: Iterable[str]) -> list[Heard]:
        if not complaining(piece) or _NEARNESS.search(piece):
            return []
        return self._hearing.complaints(clauses(piece), carried, named)

    def _verdict(self, piece: str) -> str | None:
        """What a piece says of the proposal as a whole; nothing where it is about a dimension."""
        named = self._hearing.names(piece)
        if elsewhere(piece) or any(word not in _PROPOSED for word in named.values()):
            return None
        return self._verdicts.of(piece)

    def _slipped(self, said: str) -> Act | None:
        """The wording that a sentence is, but for slips of the pen in some of its words."""
        spoken = said.split(" ")
        for text in self._by_length.get(len(spoken) - 1, ()):
            pairs = [(a, b) for a, b in zip(spoken, text.split(" "), strict=True) if a != b]
            if len(pairs) < len(spoken) and all(slip(a, b) for a, b in pairs):
                return self._said[text]
        return None


def _around(space: Space) -> Iterator[dict[str, float]]:
    """The middle point, and by dimension those at the quarters of its range."""
    middle = {d.name: d.middle for d in space.dimensions}
    yield middle
    for d in space.dimensions:
        last = len(d.levels) - 1
        for place in (last // 4, last - last // 4):
            yield {**middle, d.name: d.levels[place]}
