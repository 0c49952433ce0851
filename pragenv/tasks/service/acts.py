"""Dialogue acts of Service: what a clerk asks, and what a user tells of its wish."""

from __future__ import annotations

from functools import lru_cache

from pragenv.protocols import commitment
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.service.asking import GO_AHEAD, Asking
from pragenv.tasks.service.closing import told
from pragenv.tasks.service.domain import Domain, domains
from pragenv.tasks.service.goals import SLOTS
from pragenv.tasks.service.telling import Telling
from pragenv.tasks.service.tools import said
from pragenv.tasks.service.wordings import ANSWERS, OTHERS, PICKED, QUESTIONS
from pragenv.tasks.speech import common_kind
from pragenv.types import Act

__all__ = ["GO_AHEAD", "ServiceActs", "service_acts"]


@lru_cache(maxsize=64)
def service_acts(domain: str, phrasing: str) -> ServiceActs:
    """The acts of a built-in domain in one phrasing; built once for all environments of a process."""
    return ServiceActs(domains()[domain], phrasing)


class ServiceActs:
    """The acts of one domain in one phrasing; satisfies `protocols.Acts`.

    Questions are of kind `ask`, with the value where they are about one; the slot `go_ahead` asks whether something
    may be done, and `guess` acts hold what the clerk takes for so. `pause` is an utterance without a word to the user.
    A commitment comes with a `tell` act for each reason that it gives.
    """

    def __init__(self, of: Domain, phrasing: str) -> None:
        self.of = of
        self.menu = tuple(Act("ask", slot) for slot in SLOTS)
        facts = {"places": of.places, "rate": of.rate, "fixed": of.rates["fixed"][0], "flex": of.rates["flex"][0]}
        questions = {**QUESTIONS, "a": of.a.questions, "b": of.b.questions}
        answers = {**ANSWERS, "a": of.a.said, "b": of.b.said}
        self._questions = {
            slot: tuple(text.format(**facts) for text in phrasings(pool, phrasing)) for slot, pool in questions.items()
        }
        self._answers = {slot: phrasings(pool, phrasing) for slot, pool in answers.items()}
        self._picked = {value: phrasings(pool, phrasing) for value, pool in PICKED.items()}
        self._openings = {kind: phrasings(pool, phrasing) for kind, pool in of.openings.items()}
        self._others = {kind: phrasings(pool, phrasing) for kind, pool in OTHERS.items()}
        self._asking, self._telling = Asking(of), Telling(of)
        self.parse = lru_cache(maxsize=2048)(self._parse)
        self.read = lru_cache(maxsize=2048)(self._read)

    # -- in words ------------------------------------------------------------------------------------------------------

    def phrase(self, act: Act, key: int) -> str:
        """A question in one of the task's own wordings."""
        return self._questions[act.slot][key % len(self._questions[act.slot])]

    def word(self, act: Act, key: int, terse: bool) -> str | None:
        """A user's wording of an act; None for those that all tasks have."""
        if act.kind != "inform":
            pool = self._others.get(act.kind)
            return None if pool is None else pool[key % len(pool)]
        if act.slot == "kind":
            pool = self._openings[act.value]
            return pool[0] if terse else pool[key % len(pool)]
        shown, of = act.value, self.of
        if act.slot == "pick":
            pool = self._picked[shown]
        else:
            pool = self._answers[act.slot]
            if act.slot == "places":
                shown = of.counted(int(shown))
            elif act.slot == "rate":
                shown = of.rates[shown][0]
        text = (pool[0] if terse else pool[key % len(pool)]).format(shown, rate=of.rate)
        return text[0].upper() + text[1:]

    # -- out of words --------------------------------------------------------------------------------------------------

    def _parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            reasons = sorted(told(committed, self.of.name).reasons)
            return (Act("commit", value=committed), *(Act("tell", "reason", reason) for reason in reasons))
        heard = said(utterance, self.of.name).words
        return self._asking.acts(heard) if heard.strip() else (Act("pause"),)

    def _read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        return () if common_kind(utterance) is not None else self._telling.acts(utterance, asked)
