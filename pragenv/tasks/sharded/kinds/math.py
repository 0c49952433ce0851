"""Word problems: the answer is one number, with or without its unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isclose
from typing import Any, ClassVar

from pragenv.errors import DataError
from pragenv.tasks.sharded.item import Item, Kind, text_of
from pragenv.tasks.sharded.kinds.math_money import MONEY
from pragenv.tasks.sharded.kinds.math_plans import PLANS
from pragenv.tasks.sharded.kinds.quantities import UNITS, value_of
from pragenv.tasks.sharded.kinds.slots import draw, known_answer
from pragenv.types import FrozenDict, Verdict, mix

_TEMPLATES = {template.name: template for template in (*MONEY, *PLANS)}
_EACH = 14
_SEED = 20250506
_EXACT = 1e-6
_HALF_A_CENT = 0.005 + 1e-9
_HIGHEST = 999
_UNKNOWN = "unknown"
_LAST = 4000
"""How much of an utterance is looked at for an attempt, in characters from its end."""

_ASKED = re.compile(
    r"\bhow many (?:more |extra |total |whole |full )?([a-z]+)|\b(?:what|which) (percent)", re.IGNORECASE
)
_GIVEN = re.compile(r"####\s*(-?[\d,]*\.?\d+)\s*$")

_NUMBER = r"(?:[-−]\s?)?[$€£]?\s?\d[\d,]*(?:\.\d+)?(?:/\d+)?"
_WORDS = r"(?:\s?%|\s[a-zé²³]+(?:\s[a-z]+)?)?"
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_HASHES = re.compile(r"####\s*([^\n]*\d[^\n]*)")
_SAYS = re.compile(
    rf"\banswer(?:\s+is|\s*:|\s*=)\W{{0,4}}(?:about |exactly |simply )?({_NUMBER}{_WORDS})(?=\W|$)", re.IGNORECASE
)
_ENDS = re.compile(
    rf"(?:=|≈|\b(?:comes to|adds up to|(?:total|result) is))\s*\**({_NUMBER}{_WORDS})\W{{0,3}}$", re.IGNORECASE
)
_BOLD = re.compile(rf"\*\*\s*({_NUMBER}{_WORDS})\s*\*\*(?:\s[a-z]+){{0,4}}[.!]?$", re.IGNORECASE)
_PARTIAL = re.compile(
    r"\b(?:if|assuming|suppose|so far|subtotal|for now|not yet|need to know|first step)\b", re.IGNORECASE
)


class Math(Kind):
    """Word problems in the style of GSM8K (Cobbe et al. 2021), graded by value.

    An answer is right if the one number that it gives (see `value_of`) is the true one to a millionth of it. Where the
    truth has more than two decimals, one that is rounded to two is right as well.
    """

    name = "math"
    rules: ClassVar[str] = (
        "The task is a question whose answer is one number. When you know it, write `ANSWER:` and the number, with its "
        "unit if you like; you may round to two decimals."
    )

    def items(self) -> tuple[Item, ...]:
        """Problems of everyday life, from templates."""
        return self.draw(_EACH, _SEED)

    @staticmethod
    def draw(each: int, seed: int) -> tuple[Item, ...]:
        """As many items of each template, always the same by seed."""
        return _items(each, seed)

    def load(self, record: Mapping[str, Any], where: str) -> Item:
        """The item of a record with `question` and an `answer` that ends in `#### ` and a number."""
        question, answer = text_of(record, "question", where), text_of(record, "answer", where)
        given = _GIVEN.search(answer)
        if given is None:
            raise DataError(f"{where}, answer: must end in '#### ' and a number, ends in {answer[-40:]!r}")
        shards = sorted(record["shards"], key=lambda shard: int(shard["shard_id"]))
        target = FrozenDict(answer=_plain(float(given[1].replace(",", ""))), unit=_asked(question))
        told = tuple(shard["shard"] for shard in shards if shard["shard"].strip())  # a few records end in an empty one
        return Item(record["task_id"], self.name, "", question, told, target)

    def grade(self, item: Item, answer: str) -> Verdict:
        """1 for the right value, else 0."""
        value = value_of(answer, item.target["unit"])
        if value is None:
            return Verdict(0.0, False, "the answer is not one number, or its unit is another")
        if _matches(value, item.target["answer"]):
            return Verdict(1.0, True, "the right number")
        return Verdict(0.0, False, "another number")

    def solve(self, item: Item, known: frozenset[int]) -> str:
        """The number, with what is not known as people would assume; unknown without the goal."""
        if "template" in item.target and 0 in known:
            return str(_plain(known_answer(_TEMPLATES[item.target["template"]], item.target, known)))
        return str(item.target["answer"]) if known >= item.everything else _UNKNOWN

    def random(self, item: Item, key: int) -> str:
        """A whole number from 0 to 999."""
        return str(mix(key, 0) % (_HIGHEST + 1))

    def chance(self, item: Item) -> float:
        """That of the one whole number from 0 to 999 that is right, if there is one."""
        nearest = round(item.target["answer"])
        right = 0 <= nearest <= _HIGHEST and _matches(nearest, item.target["answer"])
        return right / (_HIGHEST + 1)

    def recognise(self, utterance: str) -> str | None:
        r"""What is in `\boxed{}`, or after `####` or "the answer is"; at the end also in bold, after `=`, and so on."""
        text = utterance.strip()[-_LAST:]
        for mark in (_BOXED, _HASHES):
            if found := mark.findall(text):
                return str(found[-1]).strip()
        if (said := _SAYS.search(text)) and not _asks(text, said.end()):
            return said[1].strip()
        last = text.rsplit("\n", 1)[-1]
        found_last = _ENDS.search(last) or _BOLD.search(last)
        if found_last is None or "?" in text or _PARTIAL.search(text):
            return None
        return found_last[1].strip()


def _asks(text: str, end: int) -> bool:
    """Whether the sentence that goes on at `end` is a question."""
    rest = re.search(r"[.!?\n](?:\s|$)", text[end:])
    return rest is not None and rest[0][0] == "?"


def _matches(value: float, truth: float) -> bool:
    if isclose(value, truth, rel_tol=_EXACT):
        return True
    rounded = not isclose(round(truth, 2), truth, rel_tol=1e-9)
    return rounded and abs(value - truth) <= _HALF_A_CENT


def _asked(question: str) -> str:
    """The unit that a question asks for last, where it is one that can be converted; else empty."""
    found = _ASKED.findall(question)
    if not found:
        return ""
    word = (found[-1][0] or found[-1][1]).lower()
    return next((name for name in (word, word.removesuffix("s")) if name in UNITS), "")


def _plain(value: float) -> float | int:
    """A whole number as such, any other without the noise of binary fractions."""
    return int(value) if value == int(value) else round(value, 9)


def _apart(one: float, other: float) -> bool:
    return abs(one - other) > 3 * _HALF_A_CENT


@lru_cache(maxsize=1)
def _items(each: int, seed: int) -> tuple[Item, ...]:
    drawn = draw(tuple(_TEMPLATES.values()), each, seed, fits=lambda answer: answer > 0, apart=_apart)
    return tuple(
        Item(
            f"{made.template.name}-{i}",
            "math",
            "",
            made.full,
            made.shards,
            FrozenDict(made.facts | {"answer": _plain(made.answer), "unit": made.template.unit}),
        )
        for i, made in enumerate(drawn)
    )
