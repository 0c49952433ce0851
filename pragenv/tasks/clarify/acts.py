"""Dialogue acts of a form: which fields an agent asks about, which values a user gives."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.clarify.form import Form
from pragenv.tasks.lexicon import STOPWORDS, Lexicon, Match, normalise, sentences, stem, words
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import is_plain_question, requests
from pragenv.types import Act

# How strongly a phrase points to its field. A cue or label decides alone; an option does so in a question; a word that
# merely occurs in an option, a wording of the question or beside a cue in the thesaurus needs company.
_CUE, _OPTION, _NEAR, _LABEL_WORD, _WORD = 1.0, 0.7, 0.65, 0.6, 0.45
_ENOUGH, _STRONG = 0.6, 0.95
# A field beside a far better supported one in the same clause is taken for a turn of phrase.
_BESIDE = 0.6
# Words for the same everyday matter. A field whose cues or label hold one of a row is also asked for by the others.
_THESAURUS = tuple(
    tuple(row.split("|"))
    for row in (
        "budget|price|cost|spend|price range|money|wallet|afford|how much|pay|expense|part with|upper limit",
        "amount|total|sum|how much|cost|bill|invoice",
        "duration|length|how long|hours|minutes|for how many days|run for|last",
        "when|date|time|day|start|hour|what time|departure|head off|set off|leave",
        "season|time of year|month|weather|when in the year|summer or winter",
        "frequency|how often|often|times a week|every time|regularly",
        "attendees|guests|people|headcount|party size|how many people|how many of you|heads|turn up|group size",
        "audience|reader|readers|who is it for|who will see|looking at|using it|aimed at|viewers|target",
        "company|companions|with you|alone|come along|coming along|joining you|by yourself",
        "accommodation|hotel|stay|sleep|staying|roof over",
        "location|place|where|area|region|address|venue",
        "style|look|type|kind|sort|model|design|genre|what kind",
        "size|how big|how large|how small|dimensions|large or small",
        "colour|color|shade|hue|palette",
        "diet|dietary|allergies|eat|vegetarian|intolerances|restrictions",
        "level|experience|skill|beginner|how good|how far along|ability|played before|expertise",
        "goal|purpose|aim|objective|achieve|reason|what for|accomplish|occasion|celebrating",
        "symptom|problem|wrong|trouble|troubling|happens|fails|complaint|ache",
        "urgency|urgent|how soon|deadline|wait|by when|rush|hurry|pressing",
        "severity|serious|badly|impact|how bad|affect",
        "metric|measure|measuring|number|kpi|success|decide|winner|keep an eye on",
        "source|come from|data from|where from|stored|feed",
        "period|time range|how far back|covering|timeframe|history",
        "format|file|output|delivered as|export|shape",
        "tone|voice|mood|formal|sound|feel|vibe",
        "transport|travel|get there|get around|go by|means of transport",
        "seat|sit|carriage",
        "delivery|collect|pick up|shipped|sent|payout|send",
        "login|sign in|authentication|identify|log on|account",
        "contact|reach you|get back to you|email or phone|call you",
        "volume|how much of it|how many gigabytes|how big is it|how large is it|quantity",
        "share|percentage|portion|how many of your",
        "pet|animal|dog or cat|species",
        "hosting|hosted|host|run|hardware|cloud|server",
    )
)
# Invitations to say more, whatever words surround them; and one that a named field overrides.
_OPEN = re.compile(
    r"\b(?:anything (?:else|more|further)|what else|(?:tell|give) me (?:a (?:bit|little) )?more\b|walk me through"
    r"|fill me in|more (?:details?|info|information|context|background)|in (?:more|greater) detail|elaborate"
    r"|expand on (?:that|this)|be more specific|(?:other|further|additional|extra) (?:details?|preferences?"
    r"|requirements?|wishes|information|constraints?|considerations?)|(?:the|a) (?:fuller|full|bigger|whole) picture"
    r"|(?:give|tell) me (?:all )?the (?:details|specifics)|what(?:'s| is) important to you)"
)
# Every match of it holds one of these words.
_OPENERS = frozenset(
    """
    else more further through in detail elaborate expand other additional extra picture details specifics important
    """.split()
)
_OPEN_UNLESS_NAMED = re.compile(
    r"\b(?:(?:have|had|got) in mind|picturing|envision\w*|(?:describe|explain) (?:what|your (?:needs|situation|wishes))"
    r"|what (?:exactly |specifically )?(?:are you (?:after|looking for)|do you (?:need|want)|would you like))"
)


@lru_cache(maxsize=4096)
def form_acts(form: Form, names: tuple[str, ...], phrasing: str) -> FormActs:
    """The acts of a form with only the fields of these names; built once for all environments of a process."""
    return FormActs(form.subset(names), phrasing)


class FormActs:
    """The acts of one form in one phrasing; satisfies `protocols.Acts`."""

    def __init__(self, form: Form, phrasing: str) -> None:
        self.form = form
        self.menu = tuple(Act("ask", f.name) for f in form.fields)
        self._single = tuple((act,) for act in self.menu)
        allowed = (lambda items, _: items) if form.loaded else phrasings
        self._asks = {f.name: allowed(f.asks, phrasing) for f in form.fields}
        self.requests = allowed(form.requests, phrasing)
        self.tellings = {
            (f.name, value): tuple(_tell(t, value) for t in allowed(f.tells, phrasing))
            for f in form.fields
            for value in f.options
        }
        self._exact = {" ".join(words(ask)): (Act("ask", f.name),) for f in form.fields for ask in f.asks}
        self._questions = self._question_lexicon()
        self._statements = self._statement_lexicon()
        self.parse = lru_cache(maxsize=1024)(self._parse)
        self.read = lru_cache(maxsize=1024)(self._read)

    def phrase(self, act: Act, key: int) -> str:
        """A question in one of the form's own wordings."""
        pool = self._asks[act.slot]
        return pool[key % len(pool)]

    def _question_lexicon(self) -> Lexicon[int]:
        fields = self.form.fields
        topic = {stem(w) for text in (self.form.title, *self.form.requests) for w in words(text)}
        # A word of the options or of the wordings is evidence only where no other field's hold it.
        content = [
            {stem(w): w for text in (*f.asks, *f.values) for w in words(text) if w not in STOPWORDS and len(w) > 2}
            for f in fields
        ]
        spread = Counter(s for found in content for s in found)
        rows: list[tuple[int, str, float]] = []
        for i, f in enumerate(fields):
            named = {normalise(phrase) for phrase in (*f.cues, f.label)}
            # What the whole request is about says little about any one of its fields.
            rows += [(i, p, _LABEL_WORD if stem(p) in topic and " " not in p else _CUE) for p in named]
            rows += [(i, option, _OPTION) for option in f.values]
            rows += [(i, w, _LABEL_WORD) for w in words(f.label) if w not in STOPWORDS and stem(w) not in topic]
            rows += [(i, w, _WORD) for s, w in content[i].items() if spread[s] == 1 and s not in topic]
            near = [row for row in _THESAURUS if named & set(row) or set(words(f.label)) & set(row)]
            taken = {normalise(p) for g in fields if g is not f for p in (*g.cues, g.label, *g.values)}
            rows += [(i, p, _NEAR) for row in near for p in row if p not in taken]
        return Lexicon(rows)

    def _statement_lexicon(self) -> Lexicon[tuple[int, str]]:
        rows: list[tuple[tuple[int, str], str, float]] = []
        for i, f in enumerate(self.form.fields):
            rows += [((i, ""), phrase, 1.0) for phrase in (*f.cues, f.label)]
            rows += [((i, value), phrase, 1.0) for phrase, value in f.values.items()]
        return Lexicon(rows)

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        spoken = words(utterance)
        if (exact := self._exact.get(" ".join(spoken))) is not None:
            return exact
        if is_plain_question(utterance) and (only := self._only_field(spoken)) is not None:
            return only
        asked: dict[Act, None] = {}
        for sentence, clauses in requests(utterance.lower()):
            if _OPEN.search(sentence):
                asked[Act("ask_open")] = None
                continue
            found = [i for clause in clauses for i in self._fields(clause)]
            if not found and clauses and clauses != [sentence]:
                found = self._fields(sentence)
            if not found and clauses and _OPEN_UNLESS_NAMED.search(sentence):
                asked[Act("ask_open")] = None
            for i in found:
                asked[self.menu[i]] = None
        return tuple(asked)

    def _only_field(self, spoken: list[str]) -> tuple[Act, ...] | None:
        """The act of a question in which everything points to one field: however its clauses are cut, it is that one.

        None where more has to be looked at.
        """
        if not _OPENERS.isdisjoint(spoken):
            return None
        field, total = -1, 0.0
        for entries, _, _, weight, _ in self._questions.find(spoken):
            if len(entries) > 1 or (field >= 0 and entries[0] != field):
                return None
            field, total = entries[0], total + weight
        return self._single[field] if total >= _ENOUGH else None

    def _fields(self, clause: str) -> list[int]:
        """The fields that a clause points to, in order of mention."""
        score: dict[int, float] = {}
        sure: set[int] = set()
        for match in self._questions.find(words(clause)):
            for i in match.entries:
                score[i] = score.get(i, 0.0) + match.weight / len(match.entries)
            if match.weight >= _STRONG and len(match.entries) == 1:
                sure.add(match.entries[0])
        if not score:
            return []
        most = max(score.values())
        if sure:
            return [i for i in score if i in sure and score[i] >= _BESIDE * most]
        return [i for i in score if score[i] == most][:1] if most >= _ENOUGH else []

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """The values that a user gives. An option that two fields share goes to the field named beside it or asked."""
        wanted = {self._index(act.slot) for act in asked if act.kind == "ask"}
        spoken, number, marks = sentences(utterance)
        matches = self._statements.find(spoken)
        named: list[set[int]] = [set() for _ in marks]
        for match in matches:
            named[number[match.start]].update(i for i, value in match.entries if not value)
        for n in range(1, len(marks)):
            if marks[n - 1] == "?" and not named[n]:  # "How long? I'd say a week.": the question names the field
                named[n] = named[n - 1]
        informs: dict[bool, dict[str, Act]] = {True: {}, False: {}}
        for match in matches:
            span = normalise(" ".join(spoken[match.start : match.end]))
            chosen = self._attribute(match, span, named[number[match.start]], wanted, bool(asked))
            if chosen is not None:
                name = self.form.fields[chosen[0]].name
                informs[match.literal][name] = Act("inform", name, chosen[1])
        # "I hope that helps" is not "hopeful": an inflected option counts only where none stands as it is.
        return tuple((informs[True] or informs[False]).values())

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


def _tell(wording: str, value: str) -> str:
    # "at 2 p.m." ends its sentence itself.
    return wording.replace("{value}." if value.endswith(".") else "{value}", value)
