"""Dialogue acts of Negotiate: offers, what is asked and told about the terms, and what counts as acceptance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from rapidfuzz import fuzz

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import normalise
from pragenv.tasks.negotiate.market import LEVELS, STEPS, Market, Offer, market
from pragenv.tasks.negotiate.reading import LONGEST, Terms, named_terms, read_terms, sentences_of, withdraws
from pragenv.tasks.negotiate.sides import LITTLE, MUCH, SOME
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

OFFER, LIMIT = "offer", "limit"
"""Slots of acts that are about offers, and about the reservation price, which no user tells."""
_OFFERING = (
    "OFFER: {}",
    "How about {}?",
    "I can offer {}.",
    "Would you take {}?",
    "Let's say {}.",
    "What do you say to {}?",
)
_ASKING = (
    "How important is the {} to you?",
    "What does the {} matter to you?",
    "Do you care much about the {}?",
    "What is the {} worth to you?",
    "How much weight do you put on the {}?",
)
_ASKING_OFFER = (
    "What is your offer?",
    "What would you propose?",
    "Please make me an offer.",
    "What terms do you have in mind?",
    "Name your terms, please.",
)
OPENINGS: Mapping[str, tuple[str, ...]] = {
    "seller": (
        "I have {} to sell. Shall we talk about the price and the rest?",
        "I'm selling {}. Let's see if we can agree.",
        "You are interested in {}? I have one for sale.",
        "I'd like to part with {}, if the terms are right.",
        "There's {} here that needs a new owner.",
    ),
    "buyer": (
        "I'd like to buy {}. Shall we talk about the price and the rest?",
        "I'm looking for {}. Let's see if we can agree.",
        "You are selling {}? I might take it.",
        "I could use {}, if the terms are right.",
        "I've come about {}.",
    ),
}
COUNTERS = (
    "I'd do {}.",
    "My offer: {}.",
    "Let me suggest {}.",
    "I could go for {}.",
    "What I have in mind is {}.",
)
ACCEPTING = (
    "Deal.",
    "I accept your offer.",
    "Agreed, let's do it.",
    "All right, you have a deal.",
    "Fine by me, let's shake on it.",
)
DECLINING = (
    "I'd rather keep my limit to myself.",
    "That's for me to know.",
    "I won't tell you how far I'd go.",
    "My limit stays with me.",
    "You can't expect me to lay my cards on the table.",
)
MISSING = (
    "What about the {}? I need all the terms.",
    "That leaves the {} open.",
    "And the {}? Give me one complete offer.",
    "You haven't settled the {}.",
    "I can't say before I know the {}.",
)
MATTERS: Mapping[str, tuple[str, ...]] = {
    MUCH: (
        "The {} matters a lot to me.",
        "The {} is very important to me.",
        "I care a great deal about the {}.",
        "The {} is high on my list.",
        "For me the {} is crucial.",
    ),
    SOME: (
        "The {} matters somewhat to me.",
        "The {} is fairly important to me.",
        "I care about the {} to a degree.",
        "The {} is in the middle of my list.",
        "For me the {} counts moderately.",
    ),
    LITTLE: (
        "The {} matters little to me.",
        "The {} is not important to me.",
        "I hardly care about the {}.",
        "The {} is low on my list.",
        "For me the {} is a minor point.",
    ),
}
"""How a user tells what a term matters."""

_SIMILAR = 70.0
"""Least similarity (of 100) of a longer word with slips of the pen to the word that it is taken for."""

_IMPORTANT = (
    r"matters?|import\w*|care|priorit\w*|worth|value[sd]?|weight|keen|crucial|essential|concern\w*|prefer\w*|vital|minor"
)
_ABOUT = re.compile(rf"\b(?:{_IMPORTANT}|need|mean|think|feel|interested|want)\b")
_QUESTION = re.compile(
    r"\?|\b(?:tell me|let me know|i(?:'d| would) like to know|i wonder|curious|say)\b|^\W*(?:how|what|which|do|does|is|are)\b"
)
_YOURS = re.compile(r"\byou(?:r|rs)?\b|\b(?:counter-?offer|other side)\b")
_LIMIT = re.compile(
    r"\b(?:reservation|limit|bottom line|walk(?:ing)?[- ]away|budget|(?:lowest|highest|least|most|maximum|minimum|max|min)\b"
    r".{0,30}\b(?:you|your|price|accept|take|pay|go)|your (?:lowest|highest|maximum|minimum|max|min)|how (?:low|high|far))\b"
)
_THEIR_OFFER = re.compile(
    r"\b(?:what(?:'s| is| are| would| do| did| could)?|make|name|give|state|hear|tell|propose|suggest|have)\b.{0,40}"
    r"\b(?:offer|counter-?offer|proposal|terms|propose|suggest|price|in mind|looking for|ask(?:ing)?)\b"
    r"|\bwhere (?:do|would) you (?:stand|start)\b|\byour (?:turn|move)\b|\bhow much\b.{0,30}\b(?:want|pay|ask)\w*\b"
)
_MUCH = re.compile(
    r"\b(?:very|really|extremely|highly|most|crucial|essential|vital|key|top|high|a lot|lots|great deal|greatly|much"
    r"|must|everything|above all|big|huge)\b"
)
_SOME = re.compile(
    r"\b(?:somewhat|some|fairly|moderate\w*|medium|middle|a degree|an extent|a bit|quite|reasonably|partly|nice to have"
    r"|average|so so|half)\b"
)
_LITTLE = re.compile(
    r"\b(?:little|hardly|barely|minor|low|least|indifferent|unimportant|nothing|slightly|negligible|scarcely|no (?:matter"
    r"|importance|big deal|great|concern|interest|value|use))\b|(?:\bnot|n't|n’t|\bnever)\b.{0,25}"
    r"\b(?:matter|important|care|worth|mind|need|priority|concern\w*|much|bother\w*|crucial|essential|fussed|big deal)\b"
)
_ACCEPT = re.compile(
    r"(?:^|[,;:]\s*|\b(?:okay|ok|yes|fine|then)\s+)(?:it(?:'s| is) (?:a )?|that(?:'s| is) a |you(?:'ve| have) (?:got )?(?:yourself )?a "
    r"|we(?:'ve| have) (?:got )?a )?deal\b|^(?:\w+, )?(?:agreed|accepted)\b|\bi (?:hereby |gladly |happily |do |can )?"
    r"(?:accept|agree)\b|\bi'll (?:gladly |happily )?(?:accept|take (?:it|that|this|the offer|your offer))\b"
    r"|\bi (?:will )?take (?:it|your offer)\b|\b(?:let's|we can) shake on (?:it|that)\b|^(?:accept|i accept|sold)\b"
    r"|\bthat(?:'s| is) fine (?:by|with) me\b|\baccept (?:your|the|this|that) (?:standing |last |current )?(?:offer|terms)\b"
)
_NO_ACCEPT = re.compile(
    r"\b(?:not|no|never|cannot|can't|won't|wouldn't|couldn't|don't|if|unless|once|when|but|only|would|could|might|may|almost"
    r"|nearly|provided|as long as|what|how|whether|before|though|we agreed|had|yet)\b|\?"
)


@lru_cache(maxsize=2048)
def negotiate_acts(name: str, terms: tuple[str, ...], role: str, phrasing: str) -> NegotiateActs:
    """The acts of a market with these terms; the same object for equal arguments."""
    return NegotiateActs(market(name, terms), role, phrasing)


class NegotiateActs:
    """The acts of one market; satisfies `protocols.Acts`.

    An agent asks (`ask`) for what a term matters to the user, for an offer of its own, or for its limit; it makes an
    offer (`offer`, its slot the offer), names a part of one (`incomplete`, its slot what is missing), or withdraws its
    own. A user informs of what a term matters and of its offer, confirms that it accepts the agent's, requests what an
    offer lacks, and denies its limit. The menu holds the questions, and offers with the terms that the agent likes
    best.

    Args:
        sold: the market.
        role: the agent's.
        phrasing: the split whose wordings are used.
    """

    def __init__(self, sold: Market, role: str, phrasing: str) -> None:
        self.market = sold
        levels = (LEVELS - 1 if role == "buyer" else 0,) * len(sold.terms)
        prices = (sold.low + sold.step * (STEPS * share // 10) for share in (2, 3, 4, 5, 6))
        asked = (*(term.name for term in sold.terms), OFFER)
        self.menu = (
            *(Act("ask", slot) for slot in asked),
            *(Act("offer", sold.key(Offer(price, levels))) for price in prices),
        )
        pools = {"offering": _OFFERING, "asking": _ASKING, "asking_offer": _ASKING_OFFER, "opening": OPENINGS["seller"]}
        pools |= {"confirm": ACCEPTING, "deny": DECLINING, "request": MISSING, "counter": COUNTERS, **MATTERS}
        pools["opening"] = OPENINGS["seller" if role == "buyer" else "buyer"]
        self._pools = {name: phrasings(said, phrasing) for name, said in pools.items()}
        self._said = {normalise(text): Act("confirm", OFFER) for text in ACCEPTING}
        for value, said in MATTERS.items():
            told = {normalise(text.format(t.name)): Act("inform", t.name, value) for text in said for t in sold.terms}
            self._said |= told
        self.parse = lru_cache(maxsize=4096)(self._parse)
        self.read = lru_cache(maxsize=4096)(self._read)

    def phrase(self, act: Act, key: int) -> str:
        """A question or an offer in one of the task's own wordings."""
        if act.kind == "offer":
            return self._filled("offering", self.market.write(self.market.offer(act.slot)), key)
        return self._filled("asking_offer" if act.slot == OFFER else "asking", act.slot, key)

    def reply(self, act: Act, key: int) -> str | None:
        """A user's wording of one of its acts; None for those that have a common one."""
        if act.kind == "inform":
            if act.slot == OFFER:
                return self._filled("counter", self.market.write(self.market.offer(act.value)), key)
            return self._filled(act.value, act.slot, key)
        if act.kind == "request":
            return self._filled("request", act.slot, key) if act.slot else self._filled("opening", self.market.item, key)
        return self._filled(act.kind, "", key) if act.kind in self._pools else None

    def barest(self, act: Act) -> str | None:
        """What a terse user says; None where it has nothing shorter."""
        if act.kind == "inform":
            return f"{self.market.write(self.market.offer(act.value))}." if act.slot == OFFER else None
        return ACCEPTING[0] if act.kind == "confirm" and self._pools["confirm"][0] in ACCEPTING[:3] else None

    def _filled(self, pool: str, value: str, key: int) -> str:
        said = self._pools[pool]
        return said[key % len(said)].format(value)

    # -- from text -----------------------------------------------------------------------------------------------------

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        found = [Act("withdraw", OFFER)] if withdraws(utterance) else []
        given = read_terms(utterance, self.market)
        if (offer := given.complete) is not None:
            found.append(Act("offer", self.market.key(offer)))
        elif given.prices or sum(map(bool, given.levels)) > 1:
            found.append(Act("incomplete", given.lacking(self.market)[0]))
        asked = dict.fromkeys(slot for s in sentences_of(utterance) for slot in self._asked(s, given))
        return (*found, *(Act("ask", slot) for slot in asked))

    def _asked(self, sentence: str, given: Terms) -> Iterator[str]:
        """What a sentence asks for: what terms matter, the user's limit, or an offer of its own."""
        if not _QUESTION.search(sentence) and not _THEIR_OFFER.search(sentence):
            return
        if read_terms(sentence, self.market).prices:  # an offer with a question mark
            return
        if _LIMIT.search(sentence):
            yield LIMIT
            return
        about = [self.market.terms[t].name for t in named_terms(sentence, self.market)]
        if about and _ABOUT.search(sentence):
            yield from about
        elif re.search(r"\b(?:which|what)\b.*\b(?:matters?|import\w*|priorit\w*|care)\b", sentence):
            yield from (term.name for term in self.market.terms)
        elif _THEIR_OFFER.search(sentence) and not given.complete:
            yield OFFER

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        if common_kind(utterance) is not None:
            return ()
        # Where a user says again what it said before, the new comes last (see `pragenv.wrappers.repeat`).
        newest = utterance.rpartition("\n\n")[2].removeprefix("New: ")[:LONGEST]
        found: dict[str, Act] = {}
        given = read_terms(newest, self.market)
        theirs = next((self.market.offer(act.slot) for act in asked if act.kind == "offer"), None)
        differs = theirs is not None and not given.agree_with(theirs)
        if accepts(newest, self._said) and not differs:
            found[OFFER] = Act("confirm", OFFER)
        elif (offer := given.complete) is not None:
            found[OFFER] = Act("inform", OFFER, self.market.key(offer))
        if withdraws(newest):
            found["withdraw"] = Act("withdraw", OFFER)
        subjects = [act.slot for act in asked if act.kind == "ask" and act.slot not in (OFFER, LIMIT)]
        for sentence in sentences_of(newest):
            for act in self._told(sentence, subjects):
                found.setdefault(act.slot, act)
        return tuple(found.values())

    def _told(self, sentence: str, subjects: list[str]) -> Iterator[Act]:
        """What terms matter by a sentence, clause by clause; one that names none is about the only one asked for."""
        if (known := self._said.get(normalise(sentence)) or _slipped(sentence, self._said)) is not None:
            if known.kind == "inform":
                yield known
            return
        if "?" in sentence or read_terms(sentence, self.market).prices:
            return
        for clause in re.split(r",|;|\bbut\b|\bwhile\b|\bwhereas\b|\band (?=the\b|i\b)", sentence):
            about = [self.market.terms[t].name for t in named_terms(clause, self.market)] or (
                subjects if len(subjects) == 1 else []
            )
            plain = clause.replace("’", "'")
            if about and (re.search(rf"\b(?:{_IMPORTANT})\b", plain) or not named_terms(clause, self.market) or _LITTLE.search(plain) or _MUCH.search(plain)):
                value = importance(plain)
                yield from (Act("inform", name, value) for name in about if value)


def importance(clause: str) -> str | None:
    """How much something matters by a clause; None where it does not say."""
    for value, cue in ((LITTLE, _LITTLE), (SOME, _SOME), (MUCH, _MUCH)):
        if cue.search(clause):
            return value
    return MUCH if re.search(r"\b(?:matters|priority|important|cares?)\b", clause) else None


def accepts(text: str, known: Mapping[str, Act] = {}) -> bool:  # noqa: B006 (never changed)
    """Whether a text accepts what was offered. What is hedged, conditional, refused or past accepts nothing."""
    plain = [s.replace("’", "'") for s in sentences_of(text)]
    if any(re.search(r"\b(?:no deal|can't accept|not accept|won't accept|don't accept|don't agree)\b", s) for s in plain):
        return False
    for sentence in plain:
        said = known.get(normalise(sentence)) or _slipped(sentence, known)
        if (said is not None and said.kind == "confirm") or (
            _ACCEPT.search(sentence) and not _NO_ACCEPT.search(sentence)
        ):
            return True
    return False


def _slipped(sentence: str, known: Mapping[str, Act]) -> Act | None:
    """What a sentence with slips of the pen is taken for: as many words, each like its own."""
    said = normalise(sentence).split()
    for text, act in known.items():
        meant = text.split()
        if len(said) == len(meant) > 1 and all(map(_alike, said, meant)):
            return act
    return None


def _alike(word: str, meant: str) -> bool:
    return word == meant or (len(meant) > 4 and fuzz.ratio(word, meant) >= _SIMILAR)
