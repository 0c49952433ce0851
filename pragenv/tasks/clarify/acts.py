"""Dialogue acts of a form: which fields an agent asks about, which values a user gives."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.clarify.form import Form
from pragenv.tasks.clarify.refusals import refused
from pragenv.tasks.clarify.sayings import is_number, sayings
from pragenv.tasks.clarify.thesaurus import THESAURUS
from pragenv.tasks.lexicon import STOPWORDS, Lexicon, Match, normalise, sentences, stem, words
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import is_plain_question, requests
from pragenv.tasks.speech import SMALL_TALK
from pragenv.types import Act

# How strongly a phrase points to its field. A cue or label decides alone; an option does so in a question; a word that
# merely occurs in an option, a wording of the question or beside a cue in the thesaurus needs company.
_CUE, _OPTION, _NEAR, _LABEL_WORD, _WORD = 1.0, 0.7, 0.65, 0.6, 0.45
_ENOUGH, _STRONG = 0.6, 0.95
# A field beside a far better supported one in the same clause is taken for a turn of phrase.
_BESIDE = 0.6
# An option as the form words it, and one that is understood where neither it is asked for nor its field is named.
_ASKED, _OWN, _ALONE = 0, 1, 2
_OWN_ALONE = _OWN | _ALONE
# How else a number of people is announced.
_HEADS = frozenset(("guests", "people", "attendees", "headcount", "party size", "number of guests", "how many people"))
_HEADED = ("of us", "we'll be", "we will be", "there'll be", "there will be", "table for", "party of", "people")
# A question of the user's own tells nothing, unless it asks for a favour or for leave.
_ASKING_BACK = frozenset("what what's which why who how is are does do would should".split())
_AFTER_NUMBER = frozenset(
    "max maximum tops each total altogether pls plz ta cheers hopefully pounds euros dollars".split()
)
_ENDINGS = frozenset(("", "s", "es", "d", "ed", "e", "ing", "er"))
_LEAVE = frozenset("about ok okay fine possible alright".split())
# What says that a number beside it is of something else.
_ISH = re.compile(r"(\d)-?ish\b")
_BESIDE_NUMBER = frozenset("thing things more other others another way under over above below than".split())
_Said = tuple[int, str, int]  # a field, its option (none: a name of the field), and how far the phrase goes
# Invitations to say more, whatever words surround them; and one that a named field overrides.
_OPEN = re.compile(
    r"\b(?:anything (?:else|more|further)|what else|(?:tell|give) me (?:a (?:bit|little) )?more\b|walk me through"
    r"|fill me in|more (?:details?|info|information|context|background)|in (?:more|greater) detail|elaborate"
    r"|expand on (?:that|this)|be more specific|(?:other|further|additional|extra) (?:details?|preferences?"
    r"|requirements?|wishes|information|constraints?|considerations?)|(?:the|a) (?:fuller|full|bigger|whole) picture"
    r"|(?:give|tell) me (?:all )?the (?:details|specifics)|what(?:'s| is) important to you)"
)
# A second question that begins with a preposition: "..., and for how long?"
_AND = re.compile(r",? and (?=(?:for|by|at|on|in|from|to|with|about) (?:what|which|how|whom|when|where)\b)")
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


def _stems(text: str) -> str:
    return " ".join(map(stem, words(text)))


_SMALL_TALK = " ".join(map(_stems, SMALL_TALK))


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
        # The form's own wordings are read without being looked into; each stands for one act.
        self._told = {text: (Act("inform", *key),) for key, texts in self.tellings.items() for text in texts}
        self._exact = {" ".join(words(ask)): (Act("ask", f.name),) for f in form.fields for ask in f.asks}
        self._short: dict[tuple[int, str], str] = {}  # what says an option only if nothing else is said
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
            near = [row for row in THESAURUS if named & set(row) or set(words(f.label)) & set(row)]
            taken = {normalise(p) for g in fields if g is not f for p in (*g.cues, g.label, *g.values)}
            rows += [(i, p, _NEAR) for row in near for p in row if p not in taken]
            rows += [
                (i, p, _OPTION if enough else _WORD)
                for p, (_, enough) in sayings(f).items()
                if p not in taken and not _is_weak(p, self.form, topic)
            ]
        return Lexicon(rows)

    def _statement_lexicon(self) -> Lexicon[_Said]:
        fields = self.form.fields
        own = [{normalise(p) for p in (*f.values, *f.cues, f.label)} for f in fields]
        topic = {stem(w) for text in (self.form.title, *self.form.requests) for w in words(text)}
        # What users say around their options, or of other fields, is no option.
        around = [*self.form.requests, *(tell for f in fields for tell in f.tells)]
        taken = f" {_stems(' '.join(around))} {_SMALL_TALK} "
        rows: list[tuple[_Said, str, float]] = []
        for i, f in enumerate(fields):
            rows += [((i, "", _OWN), phrase, 1.0) for phrase in (*f.cues, f.label)]
            rows += [
                ((i, value, _OWN if _is_weak(phrase, self.form, topic) else _OWN_ALONE), phrase, 1.0)
                for phrase, value in f.values.items()
            ]
            if not _HEADS.isdisjoint(own[i]):
                rows += [((i, "", _OWN), phrase, 1.0) for phrase in _HEADED]
            others = set().union(*(held for held in own if held is not own[i]))
            for phrase, (value, enough) in sayings(f).items():
                if phrase in others or f" {_stems(phrase)} " in taken:
                    self._short[i, phrase] = value
                else:
                    alone = enough and not _is_weak(phrase, self.form, topic)
                    rows.append(((i, value, _ALONE if alone else _ASKED), phrase, 1.0))
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
            found = [i for clause in clauses for part in _AND.split(clause) for i in self._fields(part)]
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
        if (told := self._told.get(utterance)) is not None:
            return told
        if not asked:  # the form's own openings tell nothing; what comes after them may
            for request in self.requests:
                if utterance.startswith(request):
                    utterance = utterance[len(request) :].lstrip()
                    if (told := self._told.get(utterance)) is not None:
                        return told
                    break
        if not utterance:
            return ()
        wanted = {self._index(act.slot) for act in asked if act.kind == "ask"}
        spoken, number, marks = sentences(_ISH.sub(r"\1", utterance) if "ish" in utterance else utterance)
        if len(spoken) <= 3 and len(wanted) == 1:
            i = next(iter(wanted))
            if (value := self._short.get((i, " ".join(spoken)))) is not None:
                return (Act("inform", self.form.fields[i].name, value),)
        matches = self._statements.find(spoken)
        named: list[set[int]] = [set() for _ in marks]
        for match in matches:
            named[number[match.start]].update(i for i, value, _ in match.entries if not value)
        for n in range(1, len(marks)):
            if marks[n - 1] == "?" and not named[n]:  # "How long? I'd say a week.": the question names the field
                named[n] = named[n - 1]
        ignored = refused(utterance, spoken, matches)
        if asked and "?" in marks:
            ignored |= self._asking_back(spoken, number, marks, matches)
        given: dict[int, _Said] = {}
        slips: dict[int, _Said] = {}
        literal = False
        for k, match in enumerate(matches):
            if k in ignored:
                continue
            straight = match.literal or self._inflected(spoken[match.start : match.end])
            if match.end - match.start == 1 and is_number(spoken[match.start]) and _counts(k, matches, spoken, number):
                continue
            chosen = self._attribute(match, straight, named[number[match.start]], wanted, bool(asked))
            if chosen is None:
                continue
            literal = literal or match.literal
            held = given if straight else slips
            # Of two options the last counts; one that is only hinted at gives way.
            if chosen[2] or not held.get(chosen[0], chosen)[2]:
                held[chosen[0]] = chosen
        # "I hope that helps" is not "hopeful": what is like an option counts only where none stands as it is.
        if not literal:
            given = slips | given
        return tuple([Act("inform", self.form.fields[i].name, value) for i, value, _ in given.values()])

    def _inflected(self, span: list[str]) -> bool:
        """Whether words differ from a phrase's in their endings only."""
        return all(_same_but_ending(word, self._statements.meant(word)) for word in span)

    def _asking_back(
        self, spoken: list[str], number: list[int], marks: list[str], matches: list[Match[_Said]]
    ) -> set[int]:
        """The matches in questions that the user wants answered."""
        asking = {
            n
            for n, word, before in zip(number, spoken, [-1, *number], strict=False)
            if n != before and marks[n] == "?" and word in _ASKING_BACK
        } - {n for n, word in zip(number, spoken, strict=True) if word in _LEAVE}
        return {k for k, match in enumerate(matches) if number[match.start] in asking}

    def _attribute(
        self, match: Match[_Said], straight: bool, named: set[int], wanted: set[int], answering: bool
    ) -> _Said | None:
        said = {entry[0]: entry for entry in match.entries if entry[1]}
        if not said:
            return None
        for preferred in (named & wanted, named, wanted):
            if len(hits := preferred & said.keys()) == 1:
                return said[hits.pop()]
        if len(said) > 1:
            return None
        only = next(iter(said.values()))
        if answering and not named and only[2] & _OWN:
            return only
        # Unasked and with no field named beside it, a number or a vague word that happens to be an option means
        # nothing; in an answer to something else, no single word does.
        if straight and only[2] & _ALONE and (not answering or only[2] & _OWN or match.end - match.start > 1):
            return only
        return None

    def _index(self, name: str) -> int:
        return next((i for i, f in enumerate(self.form.fields) if f.name == name), -1)


def _same_but_ending(word: str, meant: str | None) -> bool:
    """Whether two words are one in two forms: "crashing" and "crash", but not "hope" and "hopeful"."""
    if word == meant:
        return True
    if meant is None or stem(word) != stem(meant):
        return False
    short, long = sorted((word.replace("’", "'").removesuffix("'s"), meant), key=len)
    return len(long) - len(short) <= 4 and long[len(short.rstrip("e")) :].lstrip(short[-1]) in _ENDINGS


def _counts(k: int, matches: list[Match[_Said]], spoken: list[str], number: list[int]) -> bool:
    """Whether a number alone, which is one of the matches, counts something else ("one thing", "under 800")."""
    match = matches[k]
    if any(trust & _OWN for _, _, trust in match.entries):
        return False
    at = match.start
    if at and spoken[at - 1] in _BESIDE_NUMBER:
        return True
    if match.end == len(spoken) or number[match.end] != number[at]:
        return False
    after = spoken[match.end]
    if spoken[at] == "one" and after != "of":
        return True
    named = k + 1 < len(matches) and matches[k + 1].start == match.end
    return not (named or after in _AFTER_NUMBER or (after in STOPWORDS and after not in _BESIDE_NUMBER))


def _is_weak(phrase: str, form: Form, topic: set[str]) -> bool:
    """Whether a phrase holds nothing but numbers, words without topic, and what the whole request is about."""
    parts = words(phrase)
    if parts[-1] in ("am", "pm") or parts[-2:] in (["a", "m"], ["p", "m"]):
        return False
    telling = [w for w in parts if w not in STOPWORDS and not is_number(w)]
    if not telling:  # "now and then" says something, "two" alone does not
        return len(parts) < 3 or any(map(is_number, parts))
    if all(stem(w) in topic for w in telling):
        return len(telling) < 2 or any(phrase in normalise(request) for request in form.requests)
    return False


def _tell(wording: str, value: str) -> str:
    # "at 2 p.m." ends its sentence itself.
    return wording.replace("{value}." if value.endswith(".") else "{value}", value)
