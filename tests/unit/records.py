"""Synthetic episodes, and folders of them, for tests of estimates and reports."""

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pragenv.types import EndReason, Episode, Message, freeze

_ERRORS = (EndReason.SIMULATOR_ERROR, EndReason.AGENT_ERROR, EndReason.TASK_ERROR)


def episode(
    key: int = 0,
    score: float = 1.0,
    *,
    turns: int = 1,
    questions: int = 0,
    cost: float = 0.0,
    end: EndReason = EndReason.COMMITTED,
    intent: object = None,
    traits: Mapping[str, Any] | None = None,
    said: str = "book me a table",
    **changes: Any,
) -> Episode:
    """One consistent row; the intent is the key's own unless given."""
    scored = end not in _ERRORS
    row: dict[str, Any] = {
        "index": key,
        "key": key,
        "task": "clarify",
        "setting": "default",
        "split": "test",
        "simulator": "scripted",
        "agent": "ask_2",
        "public": freeze({"form": "table", "fields": {"guests": ["two", "four"]}}),
        "user_brief": freeze({"guests": key if intent is None else intent}),
        "agent_brief": None,
        "dialogue": (Message("user", said), Message("assistant", "ANSWER: guests: two")),
        "user_info": (freeze({"traits": traits} if traits else {}),),
        "end_reason": end,
        "scored": scored,
        "score": score if scored else None,
        "solved": scored and score == 1,
        "reason": "all fields right" if score == 1 else "guests is wrong",
        "reward": score - cost * turns if scored else 0.0,
        "turns": turns,
        "questions": questions,
        "needs_asking": True,
        "expected_uniform": 0.5,
        "error": "" if scored else "it broke",
    }
    return Episode(**row | changes)


def write_run(folder: Path, episodes: Iterable[Episode], **changes: Any) -> Path:
    """A run's folder: its episodes and its meta file, with changes to it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "episodes.jsonl").write_text("".join(row.to_json() + "\n" for row in episodes), encoding="utf-8")
    meta = {"config": {"agent": "ask_2"}, "versions": {"pragenv": "0.1"}, "commit": "abc", "seed": 0}
    (folder / "meta.json").write_text(json.dumps(meta | changes), encoding="utf-8")
    return folder


def logged(log: Path, names: Iterable[str], patience: float = 60.0) -> set[str]:
    """Which names a log holds. wandb's own process writes it, and may still be at it when the run has ended."""
    end = time.monotonic() + patience
    while missing := [name for name in names if name.encode() not in log.read_bytes()]:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return set(names) - set(missing)
