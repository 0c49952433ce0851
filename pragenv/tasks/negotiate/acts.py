"""Dialogue acts of Negotiate: offers, what is asked and told about the terms, and what counts as acceptance."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.lexicon import normalise
from pragenv.tasks.negotiate import cues, wordings
from pragenv.tasks.negotiate.market import LEVELS, STEPS, Market, Offer, market
from pragenv.tasks.negotiate.reading import LONGEST, named_terms, read_terms, sentences_of, since_withdrawal, withdraws
from pragenv.tasks.negotiate.sides import SOME
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

OFFER, LIMIT = "offer", "limit"
"""Slots of acts that are about offers, and about the reservation price, which no user tells."""
_SHORT = 5
"""Words of a clause or question that only names a term."""


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
        pools = {
            "offering": wordings.OFFERING,
            "asking": wordings.ASKING,
            "asking_offer": wordings.ASKING_OFFER,
            "opening": wordings.OPENINGS["seller" if role == "buyer" else "buyer"],
            "confirm": wordings.ACCEPTING,
            "deny": wordings.DECLINING,
            "request": wordings.MISSING,
            "counter": wordings.COUNTERS,
            **wordings.MATTERS,
        }
        self._pools = {name: phrasings(said, phrasing) for name, said in pools.items()}
        self._said = {normalise(text): Act("confirm", OFFER) for text in wordings.ACCEPTING}
        self._said |= {normalise(text): Act("deny", LIMIT) for text in wordings.DECLINING}
        for value, said in wordings.MATTERS.items():
            for t in sold.terms:
                self._said |= {normalise(text.format(t.name)): Act("inform", t.name, value) for text in said}
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
            return (
                self._filled("request", act.slot, key) if act.slot else self._filled("opening", self.market.item, key)
            )
        return self._filled(act.kind, "", key) if act.kind in self._pools else None

    def barest(self, act: Act) -> str | None:
        """What a terse user says; None where it has nothing shorter."""
        bare = act.kind == "inform" and act.slot == OFFER
        return f"{self.market.write(self.market.offer(act.value))}." if bare else None

    def accepts(self, text: str) -> bool:
        """Whether a text accepts what was offered."""
        return cues.accepts(text, self.market, {said for said, act in self._said.items() if act.kind == "confirm"})

    def _filled(self, pool: str, value: str, key: int) -> str:
        said = self._pools[pool]
        return said[key % len(said)].format(value)

    # -- from text -----------------------------------------------------------------------------------------------------

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        found = [Act("withdraw", OFFER)] if withdraws(utterance) else []
        given = read_terms(since_withdrawal(utterance), self.market)
        if (offer := given.complete) is not None:
            found.append(Act("offer", self.market.key(offer)))
        asked: dict[str, None] = {}
        before: list[str] = []
        for sentence in sentences_of(utterance):
            asked |= dict.fromkeys(self._asked(sentence, before))
            before = self._bare(sentence)
        # Several prices are a range or a choice, of which nothing is offered.
        if offer is None and (
            len(given.prices) == 1 or (not given.prices and sum(map(bool, given.levels)) > 1 and not asked)
        ):
            found.append(Act("incomplete", given.lacking(self.market)[0]))
        return (*found, *(Act("ask", slot) for slot in asked))

    def _bare(self, sentence: str) -> list[str]:
        """The terms that a sentence names, where it gives neither a price nor a level."""
        given = read_terms(sentence, self.market, mentioned=True)
        return [] if given.prices or any(given.levels) else self._named(sentence)

    def _named(self, text: str) -> list[str]:
        return [self.market.terms[t].name for t in named_terms(text, self.market)]

    def _asked(self, sentence: str, before: list[str]) -> Iterator[str]:
        """What a sentence asks for: what terms matter, the user's limit, or an offer of its own.

        Args:
            sentence: in lower case.
            before: the terms that the sentence before it names, which "is that important?" is about.
        """
        given = read_terms(sentence, self.market)  # an offer may have a question mark
        if given.prices or withdraws(sentence) or not cues.asks(sentence):
            return
        if cues.LIMIT.search(sentence):
            yield LIMIT
            return
        sentence = cues.TO_PAY.sub(r"\1offer", sentence)
        about = self._named(sentence) or (before if "?" in sentence else [])
        offers = sum(map(bool, given.levels)) > 1
        if about and (cues.IMPORTANT if offers else cues.ABOUT).search(sentence):
            yield from about
            if cues.OFFER_TOO.search(sentence):
                yield OFFER
        elif cues.PRIORITIES.search(sentence):
            yield from (term.name for term in self.market.terms)
        elif cues.asks_offer(sentence):
            yield OFFER
        elif cues.TOPIC.search(sentence):
            yield from self._bare(sentence)

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        if common_kind(utterance) is not None:
            return ()
        # Where a user says again what it said before, the new comes last (see `pragenv.wrappers.repeat`).
        newest = utterance.rpartition("\n\n")[2].removeprefix("New: ")[:LONGEST]
        found: dict[str, Act] = {}
        given = read_terms(since_withdrawal(newest), self.market)
        theirs = next((self.market.offer(act.slot) for act in asked if act.kind == "offer"), None)
        differs = theirs is not None and not read_terms(newest, self.market, mentioned=True).agree_with(theirs)
        if self.accepts(newest) and not differs:
            found[OFFER] = Act("confirm", OFFER)
        elif (offer := given.complete) is not None:
            found[OFFER] = Act("inform", OFFER, self.market.key(offer))
        if withdraws(newest):
            found["withdraw"] = Act("withdraw", OFFER)
        subjects = [act.slot for act in asked if act.kind == "ask" and act.slot not in (OFFER, LIMIT)]
        told = list(self._told(sentences_of(newest), subjects))
        for act in (*(act for act, plainly in told if plainly), *(act for act, plainly in told if not plainly)):
            found.setdefault(act.slot, act)
        if Act("ask", LIMIT) in asked and cues.SECRET.search(newest.lower().replace("’", "'")):
            found.setdefault(LIMIT, Act("deny", LIMIT))
        return tuple(found.values())

    def _told(self, sentences: list[str], subjects: list[str]) -> Iterator[tuple[Act, bool]]:
        """What terms matter, clause by clause, and whether that is said plainly of them.

        A clause that names no term is about those that the ones before it only name ("Delivery? I don't mind."), else
        about the only one that was asked for.
        """
        topic: list[str] = []
        for sentence in sentences:
            if (known := cues.slipped(sentence, self._said)) is not None:
                if self._said[known].kind != "confirm":
                    yield self._said[known], True
                continue
            if "?" in sentence or read_terms(sentence, self.market).prices:
                topic = self._bare(sentence) if len(sentence.split()) <= _SHORT else []
                continue
            value = None
            for clause in cues.CLAUSES.split(sentence):
                named = self._named(clause)
                plainly = cues.plainly(clause)
                about = named or self._referred(clause, subjects) or topic or (subjects if len(subjects) == 1 else [])
                said = cues.importance(clause) if about else None
                if named and said is None and value and len(clause.split()) <= _SHORT:
                    said, plainly = cues.likewise(clause, value), True
                elif said and not plainly and (said == SOME if named else not set(about) <= set(subjects)):
                    said = None
                if said:
                    yield from ((Act("inform", name, said), bool(named) or plainly) for name in about)
                    value, topic = said, []
                elif named:
                    topic = [*topic, *named]
            topic = []

    def _referred(self, clause: str, subjects: list[str]) -> list[str]:
        """All terms that are spoken of, where a clause is about both or neither."""
        if not cues.ALL_OF_THEM.search(clause):
            return []
        return subjects if len(subjects) > 1 else [term.name for term in self.market.terms]
