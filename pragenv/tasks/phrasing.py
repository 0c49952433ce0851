"""How wordings are split: what is said in training is never how it is said in test."""

from __future__ import annotations


def phrasings(items: tuple[str, ...], split: str) -> tuple[str, ...]:
    """The wordings that a split may use: the last is kept for test, the one before for validation, the rest train."""
    if len(items) < 3:
        return items
    return {"train": items[:-2], "validation": items[-2:-1]}.get(split, items[-1:])
