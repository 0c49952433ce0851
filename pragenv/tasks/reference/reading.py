"""Which features a text names, and which of them it tells of the object that is meant.

A text is made into a line of words in which each mention of a feature is a mark, `<0>`, `<1>`, …, or `<@1>` where only
an attribute is named; what the words around the marks say of them is found by patterns over this line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from pragenv.tasks.lexicon import Lexicon
from pragenv.tasks.reference import standing
from pragenv.tasks.reference.asides import PHRASES
from pragenv.tasks.reference.vocabulary import Feature, vocabulary

LONGEST = 4000
"""Characters that are read; nobody describes an object in more."""
_THING = "like"  # in place of an attribute, of a thing that objects are likened to
_Entry = tuple[str, str]  # attribute and value; the value is empty for words that name the attribute, both for others
_TOKEN = re.compile(r"\w+(?:'\w+)*|[.?!;:,()\n*/–—…]|(?<=\s)-+(?=\s)")
_LIKENING = re.compile(
    r"(?:\blike|\bas(?: on| in)?|\bresembl\w+|\b(?:similar|close|identical) to|\bremind\w* \w+ of|\bthink of|<@\d+> of"
    r"|\bsame (?:<@\d+> )?as|\bmatch\w*)(?: (?:an?|the|some|your|my|that of|those of|one of|on an?|in an?|scottish"
    r"|typical))*$"
)
_LIKENED = frozenset("coloured colored colour color shaped shape like pattern patterned print style esque ish".split())
_COMMON = "the this that it is of made from which what tell got found know with like one made".split()
"""Words, besides those for features, in which two letters that changed places are put back."""


@dataclass
class Mention:
    """A feature, or an attribute where the value is empty, and where its mark stands in the line.

    Attributes:
        attribute: its name.
        value: empty for words that name the attribute.
        start: of the mark, in characters.
        end: of the mark.
        told: whether it is told of the object that is meant.
        denied: whether it is told that it is not so.
    """

    attribute: str
    value: str
    start: int
    end: int
    told: bool = True
    denied: bool = False


@dataclass(frozen=True)
class Read:
    """A text's line of words and marks, and its mentions in the order of their marks."""

    line: str
    mentions: tuple[Mention, ...]


@cache
def _lexicon() -> Lexicon[_Entry]:
    rows: list[tuple[_Entry, str, float]] = [(("", ""), phrase, 1.0) for phrase in PHRASES]
    rows += [((_THING, thing), thing, 1.0) for thing in _things()]
    for attribute in vocabulary().values():
        rows += [((attribute.name, ""), cue, 1.0) for cue in attribute.cues]
        for held in attribute.values.values():
            for value, other in held.items():
                rows += [((attribute.name, value), word, 1.0) for word in (value, *other)]
    return Lexicon(rows)


def _compared(word: str) -> tuple[str, ...]:
    """The comparative and the superlative of a short adjective."""
    root = re.sub("y$", "i", word.removesuffix("e"))
    if re.search(r"[^aeiou][aeiou][^aeiouwxy]$", word):
        root += root[-1]
    return f"{root}er", f"{root}est"


@cache
def _things() -> Mapping[str, Mapping[str, str]]:
    """What objects are likened to -> attribute -> value."""
    found: dict[str, dict[str, str]] = {}
    for attribute in vocabulary().values():
        for value, things in attribute.likened.items():
            for thing in things:
                found.setdefault(thing, {})[attribute.name] = value
    return found


@cache
def _respelt() -> Mapping[str, str]:
    """Words that stand for one in the table: with two neighbouring letters swapped, or a comparative of a size.

    The lexicon would repair neither in short words, and would take other words for comparatives if it held them.
    """
    cues = [w for a in vocabulary().values() for w in a.cues]
    said = {
        name: [w for held in a.values.values() for value, other in held.items() for w in (value, *other)]
        for name, a in vocabulary().items()
    }
    whole = {w for w in (*cues, *(w for held in said.values() for w in held), *_COMMON) if w.isalpha()}
    longer = sorted(w for w in whole if len(w) > 3 or w in _COMMON)
    swapped = {w[:i] + w[i + 1] + w[i] + w[i + 2 :]: w for w in longer for i in range(len(w) - 1)}
    compared = {c: w for name in ("size", "colour") for w in said[name] if w.isalpha() for c in _compared(w)}
    return {slip: word for slip, word in (swapped | compared).items() if slip not in whole | _REAL_WORDS}


_REAL_WORDS = frozenset("form wired sliver bread slat calm trail who own on no to fo sa was cheque rosy".split())


@lru_cache(maxsize=8192)
def read(text: str) -> Read:
    """The line and the mentions of a text."""
    respelt = _respelt()
    plain = standing.without_harmless(text[:LONGEST].lower().replace("’", "'"))
    spoken = [respelt.get(word, word) for word in _TOKEN.findall(plain)]
    marked: list[str] = []
    likened: set[int] = set()
    named: list[_Entry] = []
    of_pattern: set[int] = set()
    free = 0
    for match in _lexicon().find(spoken):
        marked += spoken[free : match.start]
        free = match.end
        entry: _Entry | None = match.entries[0]
        if entry == ("", "") or (entry and entry[0] == _THING):
            entry = _likened(entry[1], marked, named, spoken[free : free + 1]) if entry[1] else None
            likened |= {len(named)} if entry else set()
        if entry is None:
            marked += spoken[match.start : free]
            continue
        if entry[0] == "pattern" and spoken[free - 1].endswith("s"):  # "tiny specks" are no tiny object
            of_pattern |= set(_sizes_before(marked, named))
        marked.append(f"<{len(named)}>" if entry[1] else f"<@{len(named)}>")
        named.append(entry)
    line = standing.joined_lists(" ".join([*marked, *spoken[free:]]))
    mentions = tuple(Mention(*named[int(m[1])], *m.span()) for m in standing.MARK.finditer(line))
    for k in of_pattern:
        mentions[k].told = False
    _judge(line, mentions, likened)
    return Read(line, mentions)


def _likened(thing: str, before: list[str], named: list[_Entry], after: list[str]) -> _Entry | None:
    """The feature that a thing is named for, by what is likened: "the colour of", "shaped like"."""
    said = " ".join(before[-6:])
    if standing.COMPARED.search(f"{said} <0>") or not (_LIKENING.search(said) or (after and after[0] in _LIKENED)):
        return None
    known = _things()[thing]
    topics = [name for name, value in named[-1:] if not value and name in known]
    topics += [name for name in known if after and after[0].startswith(name[:4])]
    if len(known) > 1 and not topics:
        return None
    name = topics[0] if topics else next(iter(known))
    return name, known[name]


def _sizes_before(marked: list[str], named: list[_Entry]) -> Iterator[int]:
    """The sizes among the features that stand right before."""
    for word in reversed(marked):
        mark = standing.MARK.fullmatch(word)
        if mark is None:
            return
        k = int(mark[1])
        if named[k][0] == "size" and named[k][1]:
            yield k


def _judge(line: str, mentions: tuple[Mention, ...], likened: set[int]) -> None:
    """Says of each mention whether it is told, or denied; what is corrected is told no more."""
    for k, aside, denied in standing.standings(line, [m.attribute for m in mentions]):
        if aside and k not in likened:
            mentions[k].told = False
        elif denied:
            mentions[k].told, mentions[k].denied = False, True
    last: dict[str, Mention] = {}
    for mention in mentions:
        if not mention.value or not mention.told:
            continue
        before = last.get(mention.attribute)
        if before is not None and before.value != mention.value:
            if not standing.corrects(
                line[max(before.end, mention.start - 80) : mention.start], line[mention.end : mention.end + 40]
            ):
                continue
            before.told = False
        last[mention.attribute] = mention


@lru_cache(maxsize=8192)
def features(text: str) -> tuple[Feature, ...]:
    """The features that a text tells, in its order; what it denies, takes back or says of others is left out."""
    return tuple(dict.fromkeys((m.attribute, m.value) for m in read(text).mentions if m.value and m.told))
