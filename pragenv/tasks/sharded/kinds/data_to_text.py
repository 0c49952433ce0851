"""Data to text: a table comes row by row, and is to be described in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pragenv.errors import DataError
from pragenv.tasks.sharded.item import Item, text_of
from pragenv.tasks.sharded.kinds.tables import DOMAINS, Domain, Row, table
from pragenv.tasks.sharded.kinds.texts import TextKind, cut
from pragenv.types import FrozenDict, mix

_ITEMS = 60
_CLOSINGS = (
    ("Close with the sentence that all figures are provisional.", "All figures are provisional."),
    ("Close with the source, which is the yearbook of 2023.", "Source: the yearbook of 2023."),
    ("Close with the sentence that no other records are kept.", "No other records are kept."),
)


class DataToText(TextKind):
    """Tables into text, after the task of that name in Laban et al. (2025), scored by BLEU or chrF.

    Each row takes one sentence. What both sides see from the start is a table of another subject with its description,
    which fixes wording and order.
    """

    name = "data_to_text"
    rules = (
        "Answer with a description of the data as running text and nothing else. Mention all that the user asks for, "
        "in the wording and order of the example, if there is one."
    )

    def items(self) -> tuple[Item, ...]:
        """Invented clubs, towns and devices."""
        return tuple(_made(DOMAINS[i % len(DOMAINS)], i) for i in range(_ITEMS))

    def load(self, record: Mapping[str, Any], where: str) -> Item:
        """Takes `references`, `table_highlighted_html`, `fewshot_descriptions` and `metadata` (ToTTo's, by name)."""
        references, metadata = record.get("references"), record.get("metadata")
        if not isinstance(references, list) or not references:
            raise DataError(f"{where}, references: must be a list with at least one text, is {references!r:.80}")
        if not all(isinstance(text, str) and text.strip() for text in references):
            raise DataError(f"{where}, references: must hold texts, holds {references!r:.80}")
        if not isinstance(metadata, Mapping):
            raise DataError(f"{where}, metadata: must be an object, is {metadata!r:.80}")
        parts = (
            "Describe the highlighted cells of this table in one sentence.",
            text_of(record, "table_highlighted_html", where),
            *(f"{name}: {value}" for name, value in metadata.items()),
            f"Descriptions of other tables, as examples:\n{text_of(record, 'fewshot_descriptions', where)}",
        )
        shards = tuple(shard["shard"] for shard in record["shards"])
        target = FrozenDict(references=references, pieces=cut(references[0], len(shards)))
        return Item(record["task_id"], self.name, "", "\n\n".join(parts), shards, target)


def _made(domain: Domain, number: int) -> Item:
    """One item: the goal with its first row, three or four more rows in the domain's order, and a closing."""
    key = mix(0xDA7A, number)
    subject, rows = table(domain, key)
    closing = _CLOSINGS[mix(key, 2) % len(_CLOSINGS)]
    chosen = _thinned(rows, 3 + mix(key, 3) % 2, mix(key, 4))
    goal = f"Please write a short description of {domain.noun} for {domain.reader}, from the table that I have here."
    shards = [f"{goal} The first row: {_cells(chosen[0])}", *(f"Another row: {_cells(row)}" for row in chosen[1:])]
    shards.append(closing[0])
    lines = "\n".join(_cells(row) for row in chosen)
    pieces = [f"{said} " for said in (*(row.said for row in chosen), closing[1])]
    return Item(
        f"{domain.name}_{number}",
        DataToText.name,
        _example(domain, subject),
        f"{goal}\n{lines}\n{closing[0]}",
        tuple(shards),
        FrozenDict(references=["".join(pieces).strip()], pieces=pieces),
    )


def _thinned(rows: list[Row], extra: int, key: int) -> list[Row]:
    """The first row and so many of the others, in order."""
    others = sorted(range(1, len(rows)), key=lambda i: mix(key, i))[:extra]
    return [rows[0], *(rows[i] for i in sorted(others))]


def _cells(row: Row) -> str:
    return f"{row.name} | {row.value}"


def _example(domain: Domain, subject: str) -> str:
    """The whole table of another subject, and its description."""
    key = next(key for key in range(100) if table(domain, key)[0] != subject)
    _, rows = table(domain, key)
    lines = "\n".join(_cells(row) for row in rows)
    return f"Example of a table:\n{lines}\nIts description:\n{' '.join(row.said for row in rows)}"
