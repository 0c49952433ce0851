"""Dialogue acts of Twenty Questions: which attribute or concept a question is about, and what an answer says of it."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import Lexicon, Match, normalise, words, words_by_sentence
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import is_plain_question, requests
from pragenv.tasks.twenty_questions.knowledge import VALUES, Knowledge, knowledge
from pragenv.types import Act

_NEGATIONS = frozenset(("not", "no", "never", "without", "non", "lack", "lacks", "lacking", "neither"))
_COMPARING = frozenset(("than", "like", "as", "resemble", "resembles", "unlike"))
_FILLERS = frozenset(
    "a an the some any kind of sort type maybe perhaps possibly by chance just actually really".split()
)
_GUESSING = frozenset(("it", "it's", "its", "be", "guess", "is", "that", "answer", "you", "say", "about", "this"))

# A question that yes or no cannot answer is not understood; "how about" and "what about" put one that they can.
_NO_YES_NO = re.compile(
    r"^\W*(?:(?:and|so|then|okay|well|now),? )*(?:what|which|where|when|who|whose|why|how)\b(?! about| if)"
)
_WH = frozenset(("what", "which", "where", "when", "who", "whose", "why", "how"))
_GUESS_LEAD = re.compile(
    r"\b(?:guess|say (?:it's|it is)|leaning|feeling|bet|think (?:it's|it is)|believe|going with|go with|reckon)\b"
)
_FLIPPED = {"yes": "no", "no": "yes"}
_SEPARATORS = re.compile(r"[,;/|&\n]|\b(?:and|or)\b")
_UNNAMING = frozenset("a an the it it's its is answer my i think".split())

_Entry = tuple[str, int, str]  # ("attribute", column, polarity) or ("concept", row, "")


@cache
def question_acts(phrasing: str) -> QuestionActs:
    """The acts over the built-in knowledge base; built once for all environments of a process."""
    return QuestionActs(knowledge(), phrasing)


class QuestionActs:
    """The acts over a knowledge base in one phrasing; satisfies `protocols.Acts`."""

    def __init__(self, known: Knowledge, phrasing: str) -> None:
        self.known = known
        self.menu = tuple(Act("ask", a.name) for a in known.attributes)
        self._single = {(i, v): (Act("ask", a.name, v),) for i, a in enumerate(known.attributes) for v in _FLIPPED}
        self._wordings = {a.name: phrasings(a.questions, phrasing) for a in known.attributes}
        self._exact = {normalise(q): (Act("ask", a.name, "yes"),) for a in known.attributes for q in a.questions}
        self._statements = {normalise(a.statements[v]): (a.name, v) for a in known.attributes for v in VALUES}
        self._names = {_plain(n): c.name for c in known.concepts for n in (c.name, *c.synonyms)}
        rows: list[tuple[_Entry, str, float]] = []
        for i, a in enumerate(known.attributes):
            rows += [(("attribute", i, "yes"), cue, 1.0) for cue in a.cues]
            rows += [(("attribute", i, "no"), cue, 1.0) for cue in a.opposites]
        rows += [(("concept", i, ""), n, 1.0) for i, c in enumerate(known.concepts) for n in (c.name, *c.synonyms)]
        self._lexicon = Lexicon(rows)
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
        if not _WH.isdisjoint(spoken) or not _NEGATIONS.isdisjoint(spoken) or "n't" in "".join(spoken[1:]):
            return None
        return self._single[entries[0][1:]]

    def _clause(self, clause: str) -> list[Act]:
        spoken = words(clause)
        guesses: list[Act] = []
        attributes: list[tuple[bool, Act]] = []
        for match in self._lexicon.find(spoken):
            before = _last_meaningful(spoken, match.start)
            kind, i, polarity = _preferred(match)
            if kind == "attribute":
                negated = _negated(spoken, match.start)
                asked = _FLIPPED[polarity] if negated else polarity
                act = Act("ask", self.known.attributes[i].name, asked)
                attributes.append((match.literal, act))
            elif before not in _COMPARING:
                guess = Act("guess", value=self.known.concepts[i].name)
                # "Is it a dog?" is a guess whatever else is said with it; "would a dog chase it" is none.
                if before in _GUESSING or before == "":
                    return [guess]
                guesses.append(guess)
        # "spot" for "spots" is believed only where nothing stands as the knowledge base has it.
        literal = [found for found in attributes if found[0]] or attributes
        return [act for _, act in literal] or guesses

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """What an answer says: full statements first, else a bare yes, no or sometimes to the first question asked."""
        informs: dict[str, Act] = {}
        verdict = ""
        for sentence in words_by_sentence(utterance):
            # "Yes" answers where a sentence begins or ends with it ("Ah yes, I should have said" answers nothing); a
            # full statement counts after any of them ("Well, since you ask: yes, it can fly").
            if sentence[0] in VALUES or sentence[-1] in VALUES:
                verdict = verdict or (sentence[0] if sentence[0] in VALUES else sentence[-1])
            starts = [0, *(i + 1 for i, w in enumerate(sentence) if w in VALUES)]
            for stated in filter(None, (self._statements.get(" ".join(sentence[i:])) for i in starts)):
                informs[stated[0]] = Act("inform", *stated)
        first = asked[0] if asked else None
        if first is None or not verdict:
            return tuple(informs.values())
        if first.kind == "guess":
            return (Act("confirm" if verdict == "yes" else "deny", "concept", first.value), *informs.values())
        if first.kind == "ask" and first.slot not in informs:
            value = _FLIPPED.get(verdict, verdict) if first.value == "no" else verdict
            informs[first.slot] = Act("inform", first.slot, value)
        return tuple(informs.values())

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
        if not slips or not _NEGATIONS.isdisjoint(spoken) or all(self._lexicon.holds(word) for word in spoken):
            return None
        near = (name for name in self._names if name[0] == plain[0] and OSA.distance(name, plain) <= slips)
        concepts = {self._names[name] for name in near}
        return concepts.pop() if len(concepts) == 1 else None


def _plain(text: str) -> str:
    """A name without articles and without the words that people put around an answer."""
    return " ".join(w for w in words(text) if w not in _UNNAMING)


def _preferred(match: Match[_Entry]) -> _Entry:
    """A phrase that is both a concept's name and an attribute's cue is taken for the name."""
    return max(match.entries, key=lambda entry: entry[0] == "concept")


def _negated(spoken: list[str], start: int) -> bool:
    """Whether a negation stands just before a phrase. "Isn't it …?" at the head of a question negates nothing."""
    near = range(max(0, start - 4), start)
    return any(spoken[i] in _NEGATIONS or (i > 0 and spoken[i].endswith(("n't", "n’t"))) for i in near)


def _last_meaningful(spoken: list[str], start: int) -> str:
    """The last word before `start` that is no article or filler."""
    while start > 0 and spoken[start - 1] in _FILLERS:
        start -= 1
    return spoken[start - 1] if start > 0 else ""
