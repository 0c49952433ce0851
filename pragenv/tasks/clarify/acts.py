"""Dialogue acts of a form: which fields an agent asks about, which values a user gives."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.clarify.form import Form, phrasings
from pragenv.tasks.lexicon import STOPWORDS, Lexicon, Match, normalise, sentences, stem, words
from pragenv.types import Act

# How strongly a phrase points to its field. A cue or label decides alone; an option does so in a question; a word that
# merely occurs in some wording of the question counts by how few other fields share it.
_CUE, _OPTION, _LABEL_WORD, _ASK_WORD = 1.0, 0.7, 0.6, 0.45
_ENOUGH, _STRONG = 0.6, 0.95
_OPEN = re.compile(
    r"\b(?:anything (?:else|more|further)|what else|tell me (?:a (?:bit|little) )?more\b|more (?:details?|info|information|context)"
    r"|(?:other|further|additional|extra) (?:details?|preferences?|requirements?|wishes|information|constraints?)"
    r"|(?:elaborate|be more specific|fill me in|walk me through)|(?:have|had|got) in mind|what(?:'s| is) important to you"
    r"|what (?:exactly )?(?:are you (?:after|looking for)|do you (?:need|want))\s*(?:\?|exactly)"
    r"|(?:describe|explain) (?:what|your (?:needs|situation|wishes))|give me (?:the )?(?:details|specifics|a fuller picture))"
)
_REQUEST = re.compile(
    r"\b(?:let me know|tell me|please (?:share|specify|confirm|choose|pick|state|indicate|provide|give|say|clarify|list|name|note)"
    r"|(?:share|specify|confirm|indicate|clarify) (?:your|the|which|what|whether|how|if)|i(?:'d| would)? (?:need|like|want|love) to (?:know|understand|hear|ask|check)"
    r"|(?:could|can|would|will) you|do you|are you|i(?:'m| am) (?:wondering|curious)|i wonder|just (?:wondering|checking|curious)"
    r"|may i ask|remind me|(?:i|we)(?:'ll| will)? (?:still )?need (?:your|the|a)\b)"
    r"|^\s*(?:what|which|how|when|where|who|whose|is|are|do|does|did|will|would|should|shall|any)\b"
)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d+[.):])\s*\S")


class FormActs:
    """The acts of one form in one phrasing; satisfies `protocols.Acts`."""

    def __init__(self, form: Form, phrasing: str) -> None:
        self.form = form
        self.menu = tuple(Act("ask", f.name) for f in form.fields)
        self._asks = {f.name: phrasings(f.asks, phrasing) for f in form.fields}
        self._exact = {normalise(ask): (Act("ask", f.name),) for f in form.fields for ask in f.asks}
        self._questions = self._question_lexicon()
        self._statements = self._statement_lexicon()
        self.parse = lru_cache(maxsize=16384)(self._parse)
        self.read = lru_cache(maxsize=16384)(self._read)

    def phrase(self, act: Act, key: int) -> str:
        """A question in one of the form's own wordings."""
        pool = self._asks[act.slot]
        return pool[key % len(pool)]

    def _question_lexicon(self) -> Lexicon[int]:
        rows: list[tuple[int, str, float]] = []
        # A word counts for a field by the share of the wordings it is in, less if other fields' wordings hold it too.
        spread: Counter[str] = Counter()
        content = []
        for f in self.form.fields:
            found = {stem(w): w for ask in f.asks for w in words(ask) if w not in STOPWORDS and len(w) > 2}
            content.append(found)
            spread.update(found.keys())
        title = {stem(w) for w in words(self.form.title)}
        for i, f in enumerate(self.form.fields):
            rows += [(i, phrase, _CUE) for phrase in (*f.cues, f.label)]
            rows += [(i, option, _OPTION) for option in f.values]
            rows += [
                (i, w, _LABEL_WORD) for w in words(f.label) if w not in STOPWORDS and stem(w) not in title
            ]
            rows += [(i, w, _ASK_WORD) for s, w in content[i].items() if spread[s] == 1 and s not in title]
        return Lexicon(rows)

    def _statement_lexicon(self) -> Lexicon[tuple[int, str]]:
        rows: list[tuple[tuple[int, str], str, float]] = []
        for i, f in enumerate(self.form.fields):
            rows += [((i, ""), phrase, 1.0) for phrase in (*f.cues, f.label)]
            rows += [((i, value), phrase, 1.0) for phrase, value in f.values.items()]
        return Lexicon(rows, fuzzy=True)

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        if (exact := self._exact.get(normalise(utterance))) is not None:
            return exact
        asked: dict[Act, None] = {}
        lowered = utterance.lower()
        for sentence in _sentences(lowered):
            if not _is_request(sentence, lowered):
                continue
            fields = self._fields(sentence)
            if not fields and _OPEN.search(sentence):
                asked[Act("ask_open")] = None
            for i in fields:
                asked[self.menu[i]] = None
        return tuple(asked)

    def _fields(self, sentence: str) -> list[int]:
        """The fields that a sentence points to, in order of mention."""
        score: dict[int, float] = {}
        strong: dict[int, float] = {}
        for match in self._questions.find(words(sentence)):
            share = match.weight / len(match.entries)
            for i in match.entries:
                score[i] = score.get(i, 0.0) + share
                if len(match.entries) == 1:
                    strong[i] = max(strong.get(i, 0.0), match.weight)
        sure = [i for i in score if strong.get(i, 0.0) >= _STRONG]
        if sure:
            return sure
        best = max(score, key=lambda i: score[i], default=None)
        return [best] if best is not None and score[best] >= _ENOUGH else []

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """The values that a user gives. An option that two fields share goes to the field named beside it or asked."""
        wanted = {self._index(act.slot) for act in asked if act.kind == "ask"}
        informs: dict[str, Act] = {}
        spoken, number = sentences(utterance)
        matches = list(self._statements.find(spoken))
        named: dict[int, set[int]] = {}
        for match in matches:
            named.setdefault(number[match.start], set()).update(i for i, value in match.entries if not value)
        for match in matches:
            span = " ".join(spoken[match.start : match.end])
            chosen = self._attribute(match, span, named[number[match.start]], wanted, bool(asked))
            if chosen is not None:
                field, value = self.form.fields[chosen[0]], chosen[1]
                informs[field.name] = Act("inform", field.name, value)
        return tuple(informs.values())

    def _attribute(
        self, match: Match[tuple[int, str]], span: str, named: set[int], wanted: set[int], answering: bool
    ) -> tuple[int, str] | None:
        values: dict[int, str] = {}
        for i, value in match.entries:
            if value:
                values[i] = self.form.fields[i].values.get(span, value)
        if not values:
            return None
        for preferred in (named & wanted, named, wanted):
            if len(hits := preferred & values.keys()) == 1:
                return (i := hits.pop()), values[i]
        # Unasked and with no field named beside it, a word that happens to be an option means nothing.
        if answering and len(values) == 1 and not named:
            return next(iter(values.items()))
        return None

    def _index(self, name: str) -> int:
        return next((i for i, f in enumerate(self.form.fields) if f.name == name), -1)


def _sentences(text: str) -> list[str]:
    """Sentences with their closing mark; a line end closes one too."""
    return [s for line in text.split("\n") for s in re.findall(r"[^?!.;]+(?:[?!.;](?!\s|$)[^?!.;]*)*[?!.;]*", line)]


def _is_request(sentence: str, utterance: str) -> bool:
    if "?" in sentence or _REQUEST.search(sentence):
        return True
    return bool(_BULLET.match(sentence)) and ("?" in utterance or _REQUEST.search(utterance) is not None)
