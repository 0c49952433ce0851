"""Dialogue acts of Twenty Questions: which attribute or concept a question is about, and what an answer says of it."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import Lexicon, Match, normalise, words, words_by_sentence
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import is_plain_question, requests
from pragenv.tasks.twenty_questions import answers
from pragenv.tasks.twenty_questions.knowledge import VALUES, Knowledge, knowledge
from pragenv.tasks.twenty_questions.statements import (
    EXAMPLES,
    FILLERS,
    FLIPPED,
    JOINING,
    NEGATIONS,
    SIZE,
    denies,
    of_all_of_it,
    of_few_words,
    stated,
)
from pragenv.types import Act

_DENYING = (("free", "of"), ("free", "from"), ("rule", "out"), ("other", "than"), ("anything", "but"))
_FAR = frozenset(("unusual", "unlikely", "uncommon", "exclude", "rule"))  # "unusual to see it in an office"
# After "n't", what a question inverts: "so isn't it …?", "don't people …?" deny nothing.
_INVERTED = frozenset("it this that these those there they you people we one he she the".split())
_AUXILIARIES = frozenset("do does did can could would will should may might".split())
_COMPARING = frozenset(("than", "like", "as", "resemble", "resembles", "unlike"))
_GUESSING = frozenset(("it", "it's", "its", "be", "guess", "is", "that", "answer", "you", "say", "about", "this"))

# A question that yes or no cannot answer is not understood; "how about" and "what about" put one that they can.
_NO_YES_NO = re.compile(
    r"^\W*(?:(?:and|so|then|okay|well|now),? )*(?:what|which|where|when|who|whose|why|how)\b(?! about| if)"
)
# Questions about the players or about the word, not about the thing.
_BESIDE_IT = re.compile(
    r"^\W*(?:(?:and|so|then|okay|well|now),? )*(?:are you (?!thinking|talking|picturing|referring|looking|imagining"
    r"|able|likely|supposed|meant)|shall (?:we|i)\b|should i (?:guess|ask|keep|try)\b|did you (?!mean))"
    r"|\b(?:rhymes?|synonym|spelled|spelt|syllables?|letters long|its name|does the (?:word|name)|is the (?:word|name)"
    r" (?:long|short)\w*|(?:start|begin)s? with (?:an?|the) (?:letter|vowel|consonant))\b"
)
_BESIDE_WORDS = frozenset(
    "are shall should did rhyme rhymes synonym spelled spelt syllable syllables letters name word start starts begin"
    " begins".split()
)
# Where a person is what the question is about, and no one who has to do with it ("would a person wear it?").
_IS_PERSON = re.compile(
    r"(?:^|\b(?:is (?:it|this|that|he|she|the answer)|it's|it is|be|being|as|or|and|have|about|thinking of"
    r"|call it|describe|looking for|the answer))"
    r"(?: (?:a|an|the|some|any|kind|sort|type|of|actually|really|just|maybe))*(?: \w+)?$"
)
_WH = frozenset(("what", "which", "where", "when", "who", "whose", "why", "how"))
_LOOK_TWICE = _WH | NEGATIONS | {"free", "rule", "anything"}
_OF_PLAYERS = frozenset(("are", "shall", "should", "did"))
_GUESS_LEAD = re.compile(
    r"\b(?:guess|say (?:it's|it is)|leaning|feeling|bet|think (?:it's|it is)|believe|going with|go with|reckon)\b"
)
_DESCRIBED = (["that"], ["which"], ["with"], ["without"], ["of"])  # "an animal that has no legs" asks about legs
_PLAINLY: tuple[list[str], ...] = (
    [],
    ["i'd", "say"],
)  # what an answer may go on with and be no more than yes, no or sometimes
_SEPARATORS = re.compile(r"[,;/|&\n]|\b(?:and|or)\b")
_UNNAMING = frozenset("a an the it it's its is answer my i think".split())

_Entry = tuple[str, int, str]  # ("attribute", column, polarity) or ("concept", row, "")


@cache
def question_acts(phrasing: str) -> QuestionActs:
    """The acts over the built-in knowledge base; built once for all environments of a process."""
    return QuestionActs(knowledge(), phrasing)


class _Phrases(Lexicon[_Entry]):
    """A lexicon that also mends two letters that changed places ("brid")."""

    def _repair(self, word: str) -> str | None:
        if (near := super()._repair(word)) is not None or not 4 <= len(word) <= 12:
            return near
        swapped = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
        return next((w for w in swapped if w != word and self.holds(w)), None)


class QuestionActs:
    """The acts over a knowledge base in one phrasing; satisfies `protocols.Acts`."""

    def __init__(self, known: Knowledge, phrasing: str) -> None:
        self.known = known
        self.menu = tuple(Act("ask", a.name) for a in known.attributes)
        self._single = {(i, v): (Act("ask", a.name, v),) for i, a in enumerate(known.attributes) for v in FLIPPED}
        self._wordings = {a.name: phrasings(a.questions, phrasing) for a in known.attributes}
        self._exact = {normalise(q): (Act("ask", a.name, "yes"),) for a in known.attributes for q in a.questions}
        self._statements = {normalise(a.statements[v]): (a.name, v) for a in known.attributes for v in VALUES}
        self._names = {_plain(n): c.name for c in known.concepts for n in (c.name, *c.synonyms)}
        self._person, self._animal = (known.attribute_index[name] for name in ("is_person", "is_animal"))
        rows: list[tuple[_Entry, str, float]] = []
        for i, a in enumerate(known.attributes):
            rows += [(("attribute", i, "yes"), cue, 1.0) for cue in a.cues]
            rows += [(("attribute", i, "no"), cue, 1.0) for cue in a.opposites]
        rows += [(("concept", i, ""), n, 1.0) for i, c in enumerate(known.concepts) for n in (c.name, *c.synonyms)]
        self._lexicon = _Phrases(rows)
        self.parse = lru_cache(maxsize=4096)(self._parse)
        self.read = lru_cache(maxsize=4096)(self._read)

    def phrase(self, act: Act, key: int) -> str:
        """A question in one of the knowledge base's own wordings, or a guess."""
        if act.kind == "guess":
            return f"Is it {act.value}?"
        pool = self._wordings[act.slot]
        return pool[key % len(pool)]

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        if is_plain_question(utterance) and (only := self._only_attribute(words(utterance))) is not None:
            return only
        if (exact := self._exact.get(normalise(utterance))) is not None:
            return exact
        asked: dict[Act, None] = {}
        for sentence, clauses in requests(utterance.lower()):
            found = [act for clause in clauses if not _NO_YES_NO.match(clause) for act in self._clause(clause)]
            if not found and clauses and clauses != [sentence] and not any(map(_NO_YES_NO.match, clauses)):
                found = self._clause(sentence)
            if not clauses and _GUESS_LEAD.search(sentence):
                found = [act for act in self._clause(sentence) if act.kind == "guess"]
            asked.update(dict.fromkeys(found))
        return tuple(asked)

    def _only_attribute(self, spoken: list[str]) -> tuple[Act, ...] | None:
        """The act of a question that holds one phrase, an attribute's; None where more has to be looked at."""
        matches = self._lexicon.find(spoken)
        if len(matches) != 1 or len(entries := matches[0][0]) > 1 or entries[0][0] != "attribute":
            return None
        if not _LOOK_TWICE.isdisjoint(spoken) or "n't" in "".join(spoken[1:]):
            return None
        if entries[0][1] == self._person or spoken[0] in _OF_PLAYERS:
            return None
        return self._single[entries[0][1:]]

    def _clause(self, clause: str) -> list[Act]:
        spoken = words(clause)
        if not _BESIDE_WORDS.isdisjoint(spoken) and _BESIDE_IT.search(clause):
            return []
        guesses: list[Act] = []
        attributes: list[tuple[bool, Act]] = []
        aside: list[tuple[bool, Act]] = []  # who or what has to do with it, believed where nothing else is asked
        for match in self._lexicon.find(spoken):
            before = _last_meaningful(spoken, match.start)
            kind, i, polarity = _preferred(match)
            if kind == "attribute":
                if i == self._person and not _IS_PERSON.search(" ".join(spoken[: match.start])):
                    continue
                negated = _negated(spoken, match.start)
                asked = FLIPPED[polarity] if negated else polarity
                found = (match.literal, Act("ask", self.known.attributes[i].name, asked))
                described = i == self._animal and spoken[match.end : match.end + 1] in _DESCRIBED
                instead = before == "instead" or (before == "than" and "rather" in spoken)
                is_aside = described or instead or (before in _AUXILIARIES and match.start <= 3)
                (aside if is_aside else attributes).append(found)
            elif before not in _COMPARING:
                guess = Act("guess", value=self.known.concepts[i].name)
                # "Is it a dog?" is a guess whatever else is said with it; "would a dog chase it" is none.
                if before in _GUESSING or before == "":
                    return [guess]
                guesses.append(guess)
        # "spot" for "spots" is believed only where nothing stands as the knowledge base has it.
        attributes = attributes or aside
        literal = [found for found in attributes if found[0]] or attributes
        return [act for _, act in literal] or guesses

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What an answer says: full statements first, else a yes, no or sometimes to the first question asked."""
        informs: dict[str, Act] = {}
        value, plain = "", True
        for sentence in words_by_sentence(utterance):
            # A full statement counts after any of the plain values, too ("Well, since you ask: yes, it can fly").
            starts = [0, *(i + 1 for i, w in enumerate(sentence) if w in VALUES)]
            complete = False
            for i in starts:
                if (stated := self._statements.get(" ".join(sentence[i:]))) is not None:
                    informs[stated[0]] = Act("inform", *stated)
                    complete = True
            if sentence[0] in VALUES and (complete or sentence[1:] in _PLAINLY):
                value = value or sentence[0]
            elif not complete:
                plain = False
        first = asked[0] if asked else None
        if first is not None and first.kind == "guess":
            return self._judged(first, list(answers.clauses(utterance)), informs)
        if not plain:
            return self._freely(list(answers.clauses(utterance)), asked, informs)
        if first is not None and value and first.slot not in informs:
            informs[first.slot] = _answering(first, value)
        return tuple(informs.values())

    def _freely(
        self, spoken: list[tuple[str, bool]], asked: tuple[Act, ...], informs: dict[str, Act]
    ) -> tuple[Act, ...]:
        """What an answer in words of one's own says, beside the full statements in it."""
        told = self._told(spoken, asked)
        if asked and (said := answers.verdict(spoken)) is not None:
            first = asked[0]
            # "No, it has no tail" to "has it no tail?" is meant as it is stated.
            if first.value != "no" or first.slot not in told:
                told[first.slot] = (
                    Act("inform", first.slot, said.value) if said.absolute else _answering(first, said.value)
                )
        return tuple((told | informs).values())

    def _judged(self, guess: Act, spoken: list[tuple[str, bool]], informs: dict[str, Act]) -> tuple[Act, ...]:
        """What is said to a guess: whether it is right, perhaps by its name, and what else is so."""
        correct = answers.right(spoken)
        for clause in (words(text) for text, asks in spoken if correct is None and not asks):
            for match in self._lexicon.find(clause):
                kind, i, _ = _preferred(match)
                if correct is None and kind == "concept" and self.known.concepts[i].name == guess.value:
                    before = clause[: match.start]
                    if any(map(denies, before)):
                        correct = False
                    elif of_few_words(before):
                        correct = True
        told = () if correct is None else (Act("confirm" if correct else "deny", "concept", guess.value),)
        return (*told, *(self._told(spoken, ()) | informs).values())

    def _told(self, spoken: list[tuple[str, bool]], asked: tuple[Act, ...]) -> dict[str, Act]:
        """What clauses state by the first cue in each: of what was asked in few words, of all else in whole clauses."""
        told: dict[str, Act] = {}
        slots = {act.slot for act in asked}
        for clause, asks in spoken:
            if asks or EXAMPLES.match(clause):
                continue
            said = words(JOINING.sub("", clause))
            if (size := SIZE.match(clause)) is not None:
                told |= {s: Act("inform", s, "no" if size[1] else "yes") for s in slots if s.startswith("bigger_than")}
            matches = (m for m in self._lexicon.find(said) if m.literal or slots.intersection(self._slots(m)))
            match = next(matches, None)
            if match is None or not of_few_words(said[: match.start]):
                continue
            found = self._slots(match)
            slot = next((slot for slot in found if slot in slots), next(iter(found)) if len(found) == 1 else "")
            before, after = said[: match.start], said[match.end :]
            whole = match.literal and of_all_of_it(before, after)
            if slot and slot not in told and (slot in slots or whole):
                told[slot] = Act("inform", slot, stated(before, found[slot]))
        return told

    def _slots(self, match: Match[_Entry]) -> dict[str, str]:
        """The attributes that a phrase is a cue of, with its polarity."""
        return {self.known.attributes[i].name: polarity for kind, i, polarity in match.entries if kind == "attribute"}

    def concept(self, text: str) -> str | None:
        """The one concept that a commitment names, by name or synonym, articles and slips of the pen aside.

        None where it names none, more than one, or none for certain.
        """
        head, _, rest = text.strip().partition("\n")
        # A courtesy on further lines is no part of the answer; another name there is.
        if any(_preferred(match)[0] == "concept" for match in self._lexicon.find(words(rest))):
            head = text
        parts = [plain for part in _SEPARATORS.split(head.lower()) if (plain := _plain(part))]
        named = {self._named(part) for part in parts}
        return named.pop() if len(named) == 1 else None

    def _named(self, plain: str) -> str | None:
        if (exact := self._names.get(plain)) is not None:
            return exact
        for other in (f"{plain}s", plain.removesuffix("s"), plain.removesuffix("es")):
            if (plural := self._names.get(other)) is not None:
                return plural
        # One slip, two in a long name; but another word, or a denial, is no slip.
        slips = 0 if len(plain) < 6 else 1 if len(plain) < 9 else 2
        spoken = plain.split()
        if not slips or not NEGATIONS.isdisjoint(spoken) or all(self._lexicon.holds(word) for word in spoken):
            return None
        near = (name for name in self._names if name[0] == plain[0] and OSA.distance(name, plain) <= slips)
        concepts = {self._names[name] for name in near}
        return concepts.pop() if len(concepts) == 1 else None


def _plain(text: str) -> str:
    """A name without articles and without the words that people put around an answer."""
    return " ".join(w for w in words(text) if w not in _UNNAMING)


def _answering(asked: Act, value: str) -> Act:
    """What a yes, no or sometimes to a question tells."""
    return Act("inform", asked.slot, FLIPPED.get(value, value) if asked.value == "no" else value)


def _preferred(match: Match[_Entry]) -> _Entry:
    """A phrase that is both a concept's name and an attribute's cue is taken for the name."""
    return max(match.entries, key=lambda entry: entry[0] == "concept")


def _negated(spoken: list[str], start: int) -> bool:
    """Whether a negation stands just before a phrase. "Isn't it …?" at the head of a question negates nothing."""
    near = range(max(0, start - 4), start)
    if not _FAR.isdisjoint(spoken[max(0, start - 8) : start]):
        return True
    return any(spoken[i] in NEGATIONS or tuple(spoken[i : i + 2]) in _DENYING or _not_at(spoken, i) for i in near)


def _not_at(spoken: list[str], i: int) -> bool:
    return i > 0 and spoken[i].endswith(("n't", "n’t")) and (i > 2 or spoken[i + 1] not in _INVERTED)


def _last_meaningful(spoken: list[str], start: int) -> str:
    """The last word before `start` that is no article or filler."""
    while start > 0 and spoken[start - 1] in FILLERS:
        start -= 1
    return spoken[start - 1] if start > 0 else ""
