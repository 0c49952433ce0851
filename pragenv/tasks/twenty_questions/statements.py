"""What a clause of an answer states of an attribute, by the words around the attribute's cue."""

from __future__ import annotations

import re
from itertools import pairwise

NEGATIONS = frozenset(
    """
    not no never without non lack lacks lacking neither nobody nothing unlikely unusual uncommon unable incapable devoid
    missing exclude hardly rarely seldom
    """.split()
)
FILLERS = frozenset("a an the some any kind of sort type maybe perhaps possibly by chance just actually really".split())
JOINING = re.compile(
    r"^(?:(?:and|but|so|because|also|well|oh|actually|though|then|i (?:think|guess|believe|suppose|would say)"
    r"|i'd say)\b[ ,]*)+"
)
EXAMPLES = re.compile(r"(?:like|such as|for (?:example|instance)|say)\b")
"""How a clause begins that gives examples: "a plain part of one, like a fruit or a root" tells of no fruit."""
SIZE = re.compile(
    r"(?:(?:it's|it is|they're|much|way|far|a lot|even|quite a bit|somewhat|slightly|no|yes) )*"
    r"(?:(smaller|tinier)|bigger|larger)(?: than (?:that|one|it))?$"
)
_OF_IT = (["it"], ["it's"], ["its"])
_RARELY = frozenset(
    ("nobody", "none", "hardly", "rarely", "seldom", "nothing", "cannot", "dont", "doesnt", "isnt", "cant")
)
_AT_TIMES = frozenset(("sometimes", "occasionally", "some", "partly", "often", "most"))
_WHOLLY = frozenset(("always", "all", "necessarily", "every", "only", "entirely"))
# What may stand before the cue of a statement, denials aside ("you'd usually find it in the", "it's made of").
_BEFORE = frozenset(
    """
    many it it's its they they're you you'd you'll would people one we he she these those them this that's that is are
    was be been being has have got having can could may might does do did will should there there's made out mainly
    mostly usually normally generally typically always often definitely certainly indeed very quite pretty rather in on
    at to for with by from up about around inside found find see get kept keep keeps give gives off used uses use using
    lives live comes come belongs belong counts count as considered called call classed grows grow grown runs run needs
    need requires works work also both too so well oh yes but and because like such more than most consists consist
    contains eats eat drinks drink wears wear holds hold say think guess suppose believe obviously clearly probably
    technically basically ones thing something someone part parts piece item covered full these days his her your home
    then two three four six eight big small long large lot lots couple bit
    """.split()
)
_STATING = (FILLERS - {"maybe", "perhaps", "possibly"}) | _AT_TIMES | _WHOLLY | _BEFORE
_TRAILING = frozenset(
    "mainly mostly usually normally too though actually indeed itself for sure at all as well yes".split()
)
FLIPPED = {"yes": "no", "no": "yes"}


def denies(word: str) -> bool:
    """Whether a word denies what is said with it."""
    return word in NEGATIONS or word in _RARELY or word.endswith(("n't", "n’t"))


def stated(before: list[str], polarity: str) -> str:
    """The value that a statement gives, by the words before its cue."""
    denied = any(map(denies, before))
    if not _AT_TIMES.isdisjoint(before) or (denied and not _WHOLLY.isdisjoint(before)):
        return "sometimes"
    if not denied and any(pair in (("can", "be"), ("could", "be"), ("may", "be")) for pair in pairwise(before)):
        return "sometimes"
    return FLIPPED[polarity] if denied else polarity


def of_few_words(before: list[str]) -> bool:
    """Whether nothing but pronouns, auxiliaries and the like stand before a cue, and so say no more than it does."""
    return all(word in _STATING or denies(word) for word in before)


def of_all_of_it(before: list[str], after: list[str]) -> bool:
    """Whether a clause says this of the thing, and nothing else ("it's made of metal")."""
    return before[:1] in _OF_IT and _TRAILING.issuperset(after)
