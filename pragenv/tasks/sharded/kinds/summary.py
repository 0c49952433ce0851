"""Summaries: documents come a few at a time, and what they say about a question is to be summed up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pragenv.errors import DataError, ModelError
from pragenv.tasks.sharded.item import Item, Kind, text_of
from pragenv.tasks.sharded.judge import Judge
from pragenv.tasks.sharded.kinds.reports import collection
from pragenv.types import FrozenDict, Verdict, mix

_ITEMS = 60
_CITED = re.compile(r"\[(\d+)\]")


class Summary(Kind):
    """Summaries of several documents, after the task of that name in Laban et al. (2025).

    An item's target holds `insights`: what there is to say, each with the documents (number and index of the shard that
    has it) which say so.

    The score is the joint score of "Summary of a Haystack" (Laban et al. 2024): the mean over insights of how far a
    line covers it (1, 0.5 or 0, which the judge says) times the F1 of the documents that this line cites.

    Args:
        judge: says what an answer covers. Without one an answer is not scored at all, unless it is empty.
    """

    name = "summary"
    rules = (
        "Answer with a list, one line for each point, and after each point the numbers of the documents that make it, "
        "like this: - The bridge is closed [1][4]"
    )

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge = judge

    def items(self) -> tuple[Item, ...]:
        """Invented reports on invented projects."""
        made = []
        for i in range(_ITEMS):
            query, documents, insights = collection(i, 4 + mix(0x5077, i) % 3)
            goal = f"Please sum up what the documents that I have say about {query}."
            texts = [f"Document {n}: {text}" for n, text in enumerate(documents, start=1)]
            said = [[text, [[n, n - 1] for n in numbers]] for text, numbers in insights]
            made.append(_item(f"reports_{i}", goal, texts, texts, said))
        return tuple(made)

    def load(self, record: Mapping[str, Any], where: str) -> Item:
        """Takes `query`, `documents`, `insights`, and the numbers of its documents from each shard's `doc_idxs`."""
        query = text_of(record, "query", where)
        documents = _documents(record, where)
        shard_of: dict[int, int] = {}
        parts = []
        for i, shard in enumerate(record["shards"]):
            numbers = shard.get("doc_idxs")
            if (
                not isinstance(numbers, list)
                or not numbers
                or any(type(n) is not int or n not in documents for n in numbers)
            ):
                raise DataError(f"{where}, shards[{i}].doc_idxs: must list numbers of documents, is {numbers!r:.80}")
            shard_of |= dict.fromkeys(numbers, i)
            parts.append("\n\n".join(f"Document {n}:\n{documents[n]['document_text']}" for n in numbers))
        told = {n: d for n, d in documents.items() if n in shard_of}
        insights = []
        for i, insight in enumerate(_objects(record, "insights", where)):
            text, name = (text_of(insight, field, f"{where}, insights[{i}]") for field in ("insight", "insight_id"))
            if made_by := [[n, shard_of[n]] for n, d in told.items() if name in d["insights_included"]]:
                insights.append([text, made_by])
        if not insights:
            raise DataError(f"{where}, insights: none of them is made by a document that a shard shows")
        texts = [f"Document {n}:\n{d['document_text']}" for n, d in told.items()]
        goal = f"Please sum up what these documents say about this: {query}"
        return _item(record["task_id"], goal, texts, parts, insights)

    def grade(self, item: Item, answer: str) -> Verdict:
        """What the judge says; 0 for an empty answer, no score without a judge or where it fails."""
        if not answer.strip():
            return Verdict(0.0, False, "the answer is empty")
        if self._judge is None:
            return Verdict(None, False, "no judge: a summary is scored where the task has one (`judge=MODEL`)")
        lines = [line for line in answer.splitlines() if line.strip()]
        insights = item.target["insights"]
        try:
            covers = self._judge.covers([text for text, _ in insights], lines)
        except ModelError as error:
            return Verdict(None, False, f"the judge failed: {error}")
        shares = [
            cover.share * _f1({int(n) for n in _CITED.findall(lines[cover.line])}, {n for n, _ in documents})
            for cover, (_, documents) in zip(covers, insights, strict=True)
        ]
        score = sum(shares) / len(shares)
        return Verdict(score, score == 1, f"judged {score:.3f}")

    def solve(self, item: Item, known: frozenset[int]) -> str:
        """The points that the known documents make, each with those that make it."""
        lines = []
        for text, documents in item.target["insights"]:
            if cited := "".join(f"[{n}]" for n, shard in documents if shard in known):
                lines.append(f"- {text} {cited}")
        return "\n".join(lines)


def _f1(found: set[int], wanted: set[int]) -> float:
    return 2 * len(found & wanted) / (len(found) + len(wanted))


def _item(name: str, goal: str, documents: list[str], parts: list[str], insights: list[Any]) -> Item:
    shards = (f"{goal} The first of them: {parts[0]}", *parts[1:])
    return Item(name, Summary.name, "", "\n\n".join((goal, *documents)), shards, FrozenDict(insights=insights))


def _documents(record: Mapping[str, Any], where: str) -> dict[int, Mapping[str, Any]]:
    """The documents by their numbers."""
    found: dict[int, Mapping[str, Any]] = {}
    for i, document in enumerate(_objects(record, "documents", where)):
        here = f"{where}, documents[{i}]"
        text_of(document, "document_text", here)
        number, included = document.get("document_index"), document.get("insights_included")
        if type(number) is not int or number in found:
            raise DataError(f"{here}.document_index: must be a whole number of its own, is {number!r:.80}")
        if not isinstance(included, list):
            raise DataError(f"{here}.insights_included: must be a list, is {included!r:.80}")
        found[number] = document
    return found


def _objects(record: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    value = record.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(item, Mapping) for item in value):
        raise DataError(f"{where}, {name}: must be a list of objects, is {value!r:.80}")
    return value
