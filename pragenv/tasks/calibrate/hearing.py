"""What a user complains of: of which dimensions there is too much or too little, by the words of its clauses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from pragenv.tasks.calibrate import vocabulary as v
from pragenv.tasks.calibrate.space import Space
from pragenv.tasks.lexicon import STOPWORDS, Lexicon, Match, words

_LONGEST = 60
"""Words of a clause that are looked at; nobody's is longer, and what a word is about is sought among all of them."""
_NEARBY = 4
"""Words that may stand between a quantity and what it is a quantity of."""
_ARTICLES = frozenset(("a", "an", "the", "of"))
_FILLERS = STOPWORDS | frozenset("please hm ugh oh yes yeah bit touch tad slightly lot put bring still far way".split())


class Word(NamedTuple):
    """What a phrase stands for: its kind, the dimension that it is about (empty: any that is named), and its sign."""

    kind: str
    name: str = ""
    sign: int = 0


class Heard(NamedTuple):
    """A complaint: the dimension, and +1 where there is too much of it."""

    name: str
    sign: int


class _Spelt(Lexicon[Word]):
    """A lexicon of words that are spelt right: slips are mended before (see `Speller`)."""

    def _repair(self, word: str) -> str | None:
        return None


class Hearing:
    """Reads complaints about the dimensions of a space."""

    def __init__(self, space: Space, things: frozenset[str]) -> None:
        rows = [(Word(v.CUE, d.name), cue) for d in space.dimensions for cue in (*d.cues, d.label)]
        units = [unit for d in space.dimensions for unit in d.units if len(unit) > 3]
        rows += [(Word(v.UNIT, d.name), u) for d in space.dimensions for u in d.units if units.count(u) == 1]
        for d in space.dimensions:
            kinds = [(v.LEVEL, 1, d.strong), (v.LEVEL, -1, d.weak), (v.CHANGE, 1, d.stronger), (v.CHANGE, -1, d.weaker)]
            kinds += [(v.SIGN, 1, d.signs_of_much), (v.SIGN, -1, d.signs_of_little)]
            rows += [(Word(kind, d.name, sign), said) for kind, sign, phrases in kinds for said in phrases]
        rows += [(Word(kind, sign=sign), said) for (kind, sign), text in v.NAMED.items() for said in v.listed(text)]
        rows += [(Word(kind), said) for kind, text in v.MODIFIERS.items() for said in v.listed(text)]
        rows += [(Word(v.WAY, sign=sign), said) for said, sign in v.WAYS.items()]
        self.phrases = tuple(said for _, said in rows)
        self._lexicon = _Spelt((word, said, 1.0) for word, said in rows)
        self._things = things

    def names(self, text: str) -> dict[str, str]:
        """The dimensions that a text names, each by a word for it."""
        spoken = words(text)
        return {w.name: spoken[m.start] for m in self._lexicon.find(spoken) for w in m.entries if w.kind == v.CUE}

    def complaints(self, clauses: Iterable[tuple[str, str]], carried: str, named: Iterable[str]) -> list[Heard]:
        """What the clauses of a piece of a sentence complain of.

        Args:
            clauses: each with the word that joins it to the one before.
            carried: the dimension that was named last before them; empty where none was.
            named: the dimensions that the sentence names.
        """
        held = [_Clause(self._lexicon, joint, text, self._things) for joint, text in clauses]
        for clause, after in pairwise(held):
            clause.enough_after = bool(after.joint) and clause.ends_in_level() and after.has_enough()
        found: list[Heard] = []
        before: _Clause | None = None
        for clause in held:
            clause.follow(before, carried, frozenset(named))
            found += clause.complaints()
            carried = clause.cues[-1][2] if clause.cues else carried
            before = clause
        return found


class _Clause:
    """The words of a clause and what it takes over from the one before."""

    def __init__(self, lexicon: Lexicon[Word], joint: str, text: str, things: frozenset[str]) -> None:
        self.joint, self.text, self.words = joint, text, words(text)[:_LONGEST]
        self._mend_too(lexicon)
        self.matches = lexicon.find(self.words)
        self.kinds = [{w.kind for w in m.entries} for m in self.matches]
        self.cues = [(m.start, m.end, w.name) for m in self.matches for w in m.entries if w.kind in (v.CUE, v.UNIT)]
        cues = {self.words[m.start] for m, kinds in zip(self.matches, self.kinds, strict=True) if v.CUE in kinds}
        known = things | v.THINGS | cues
        owned = any(m[1] not in known for m in v.OWNED.finditer(text))
        about = v.SUBJECT.match(text)
        self.foreign = owned or bool(about and about[1] not in known) or bool(v.YOU_ARE.search(text))
        mine = v.OWNED_SUBJECT.match(text)
        self.foreign_sign = bool(mine and mine[1] not in known)
        self.degree: str = ""  # how the last level is given: too, very or bare
        self.quantity = 0  # the sign of the last complaint of a quantity
        self.negated_before = self.enough_after = False
        self.degree_before = ""
        self.carried = ""
        self.sentence: frozenset[str] = frozenset()
        self.subjects: list[str] = []

    def _mend_too(self, lexicon: Lexicon[Word]) -> None:
        """Puts "too" for "to" before an adjective: after "is" and the like, after what it is about, or first."""
        for i, word in enumerate(self.words[:-1]):
            if word == "to" and any(w.kind == v.LEVEL for m in lexicon.find([self.words[i + 1]]) for w in m.entries):
                before = self.words[i - 1] if i else "is"
                cue = any(w.kind in (v.CUE, v.VERY) for m in lexicon.find([before]) for w in m.entries)
                if cue or self.words[i + 1] in v.QUANTITIES or before in v.BE - {"it", "them", "find", "come"}:
                    self.words[i] = "too"

    def follow(self, before: _Clause | None, carried: str, sentence: frozenset[str]) -> None:
        """Takes over what the clause before says of this one too: "too cold and bluish", "not sweet or sour enough"."""
        self.carried, self.sentence = carried, sentence
        if before is None or self.joint not in ("and", "or", "nor"):
            return
        self.negated_before = self.joint != "and" and before.negated(len(before.words))
        if self.kinds and v.LEVEL in self.kinds[0] and self.matches[0].start == 0:
            self.degree_before = before.degree
        if self.cues and not self._degrees():
            self.quantity = before.quantity
        if before.cues and not before._degrees() and len(before.words) <= _NEARBY:
            self.subjects = [name for _, _, name in before.cues]

    def ends_in_level(self) -> bool:
        """Whether its last word is an adjective."""
        return bool(self.kinds) and v.LEVEL in self.kinds[-1] and self.matches[-1].end == len(self.words)

    def has_enough(self) -> bool:
        """Whether it says "enough" of an adjective that it begins with: "sour or sweet enough"."""
        return len(self.kinds) > 1 and v.LEVEL in self.kinds[0] and v.ENOUGH in self.kinds[1]

    def _degrees(self) -> bool:
        return any(kinds & {v.LEVEL, v.CHANGE, v.STATE, v.SIGN, v.WISH, v.ENOUGH, v.HARDLY} for kinds in self.kinds)

    def complaints(self) -> Iterator[Heard]:
        """What the clause complains of, in order."""
        if self.quantity and not self._degrees():
            yield from (Heard(name, self.quantity) for _, _, name in self.cues)
            return
        wish: list[Heard] = []
        said = False
        for i, match in enumerate(self.matches):
            kinds = self.kinds[i]
            if kinds & {v.LEVEL, v.CHANGE} and self._modifies(i):
                continue
            found: list[Heard] = []
            if v.LEVEL in kinds:
                found = self._of(i, v.LEVEL, self._level(i, match))
            if not found and v.CHANGE in kinds:
                found = self._of(i, v.CHANGE, self._change(match))
            if not found and v.SIGN in kinds and not self.negated(match.start):
                found = self._of(i, v.SIGN, 1)
            if not found and v.STATE in kinds and not self.negated(match.start):
                found = self._of(i, v.STATE, 1)
            if not found and v.WAY in kinds and self._moved(i) and not self.negated(match.start):
                found = self._of(i, v.WAY, -1)
            if not found and v.ENOUGH in kinds and self._bare_enough(i):
                found = self._of(i, v.ENOUGH, -1)
            if not found and v.HARDLY in kinds and not self._levels_after(i):
                found = self._of(i, v.HARDLY, -1)
            if not found and v.SENSED in kinds and self.negated(match.start) and not self._levels_after(i):
                found = self._of(i, v.SENSED, -1)
            if v.WISH in kinds and not self.negated(match.start):
                wish += self._of(i, v.WISH, 1)
            said = said or bool(found)
            yield from found
        if not said:
            yield from wish

    # -- how words modify each other -----------------------------------------------------------------------------------

    def negated(self, at: int) -> bool:
        """Whether there is a "not" before a word of the clause."""
        return self.negated_before or any(
            v.NOT in kinds and m.start < at for m, kinds in zip(self.matches, self.kinds, strict=True)
        )

    def _modifies(self, i: int) -> bool:
        """Whether a word only says how much of the next: "much too hot", "a little more", "less sweet"."""
        match = self.matches[i]
        word = self.words[match.start]
        following = self.words[match.end : match.end + 1]
        next_kinds = (
            self.kinds[i + 1] if i + 1 < len(self.matches) and self.matches[i + 1].start == match.end else set()
        )
        if word in ("little", "few") and match.start and self.words[match.start - 1] == "a":
            return following != ["of"]
        if word in ("much", "far", "little", "lot", "a") and next_kinds & {v.TOO, v.CHANGE}:
            return True
        return word in ("more", "less") and v.LEVEL in next_kinds

    def _before(self, i: int) -> str:
        start = self.matches[i].start
        return self.words[start - 1] if start else ""

    def _level(self, i: int, match: Match[Word]) -> int:
        """+1 where there is too much of what a level is much of, -1 where too little, 0 where it is no complaint."""
        before, start = self._before(i), match.start
        if before in ("more", "less"):
            wanted = 1 if v.THAN_MINE.search(self.text) else -1
            return 0 if self.negated(start - 1) else wanted if before == "more" else -wanted
        negated = self.negated(start)
        if "enough" in self.words[match.end : match.end + 2] or self.enough_after:
            return -1 if negated or self._hardly(start) else 0
        if self._hardly(start):
            return -1
        self.degree = self._degree(start, before) or self.degree_before
        if self.degree == v.TOO:
            return 0 if negated else 1
        if negated:
            if before not in v.NOT_VERY:
                return 0
            return 1 if v.OBLIGED.search(self.text) else -1
        return 1 if self.degree and not v.PLEASED & {*self.words} else 0

    def _degree(self, start: int, before: str) -> str:
        """Whether a level is "too" much, or said to be so with "very", "a bit" or "is"; empty where neither."""
        if any(v.TOO in k and 0 < start - m.start <= 2 for m, k in zip(self.matches, self.kinds, strict=True)):
            return v.TOO
        word = self.words[start]
        if before in v.MILDLY or (before.endswith("ly") and before not in ("only", "early")):
            return v.VERY
        if self.words[start - 2 : start] == ["on", "the"] and self.words[start + 1 : start + 2] == ["side"]:
            return v.VERY
        if word in v.TWO_FACED:
            return ""
        very = any(v.VERY in k and m.end == start for m, k in zip(self.matches, self.kinds, strict=True))
        if very or before in v.BE or before.endswith(("'re", "'s")):
            return v.VERY
        alone = all(w in _FILLERS for w in (*self.words[:start], *self.words[start + 1 :]))
        return v.VERY if alone and len(self.words) <= 3 and word != "sweet" and word not in _FILLERS else ""

    def _change(self, match: Match[Word]) -> int:
        """-1 where what is wanted is lacking, +1 where a comparative is of what there is, 0 where nothing is wanted."""
        if v.THAN_MINE.search(self.text):
            return 1
        if self.negated(match.start) or "any" in self.words[max(0, match.start - 2) : match.start]:
            return 0
        observed = v.OBSERVED.search(" ".join(self.words[: match.start]))
        return 0 if observed and v.THAN_BEFORE.search(self.text) else -1

    def _hardly(self, start: int) -> bool:
        return any(v.HARDLY in k and m.start < start for m, k in zip(self.matches, self.kinds, strict=True))

    def _moved(self, i: int) -> bool:
        """Whether "up" or "down" is where something is turned, or should be: "turn the bass down", "bass down"."""
        at = self.matches[i].start
        if i and v.CUE in self.kinds[i - 1] and self.matches[i - 1].end == at and len(self.words) <= _NEARBY + 2:
            return True
        return any(v.MOVE in k and 0 < at - m.start <= 5 for m, k in zip(self.matches[:i], self.kinds, strict=False))

    def _bare_enough(self, i: int) -> bool:
        """Whether there is not enough of what is named, rather than something not enough of a kind."""
        after_level = i > 0 and v.LEVEL in self.kinds[i - 1] and self.matches[i - 1].end == self.matches[i].start
        start = self.matches[i].start
        return not after_level and not self._levels_after(i) and (self.negated(start) or self._hardly(start))

    def _levels_after(self, i: int) -> bool:
        return any(kinds & {v.LEVEL, v.CHANGE, v.ENOUGH} for kinds in self.kinds[i + 1 :])

    # -- what it is about ----------------------------------------------------------------------------------------------

    def _of(self, i: int, kind: str, sign: int) -> list[Heard]:
        """The complaints of a word: about the dimensions whose own it is, else about the one that is named nearest."""
        if not sign:
            return []
        entries = [w for w in self.matches[i].entries if w.kind == kind]
        own = [w for w in entries if w.name]
        general = [w for w in entries if not w.name]
        names = [*self.subjects, *(name for _, _, name in self.cues)]
        here = [w for w in own if w.name in names]
        word = self.words[self.matches[i].start]
        if here:
            nearest = self._nearest(i, kind)
            chosen = here if self.subjects else [w for w in here if w.name == nearest] or here[:1]
        elif general and names:
            targets = [*self.subjects, self._nearest(i, kind)] if self.subjects else [self._nearest(i, kind)]
            chosen = [general[0]._replace(name=name) for name in targets if name]
        elif own:
            if (word in v.NEAR and not v.I_COULD.search(self.text)) or (
                self.foreign_sign if kind == v.SIGN else self.foreign
            ):
                return []
            among = [w for w in own if w.name in self.sentence] or [w for w in own if w.name == self.carried]
            chosen = own if len(own) == 1 else among if len(among) == 1 else []
        elif general and self.carried and self._points_back():
            chosen = [general[0]._replace(name=self.carried)]
        else:
            return []
        found = [Heard(w.name, sign * (w.sign or 1)) for w in chosen]
        if found and word in v.QUANTITIES:
            self.quantity = found[-1].sign
        return found

    def _points_back(self) -> bool:
        """Whether it is about what was named before: it says "it" or the like, or names nothing else."""
        return bool(v.POINTING & {*self.words}) or len(self.words) <= 1 + sum(
            w in _FILLERS or w in v.QUANTITIES for w in self.words
        )

    def _nearest(self, i: int, kind: str) -> str:
        """The dimension that a word is about: for quantities what follows soon, for the rest what went before."""
        match = self.matches[i]
        left = [name for _, end, name in self.cues if end <= match.start]
        right = [(start, name) for start, _, name in self.cues if start >= match.end]
        if right:
            start, name = right[0]
            between = self.words[match.end : start]
            adjacent = all(word in _ARTICLES for word in between)
            counted = self.words[match.start] in v.QUANTITIES or kind in (
                v.WISH,
                v.CHANGE,
                v.ENOUGH,
                v.SENSED,
                v.HARDLY,
            )
            if adjacent or (counted and len(between) <= _NEARBY) or not left:
                return name
        return left[-1] if left else ""
