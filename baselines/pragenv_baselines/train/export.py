"""What was sampled, as JSONL that TRL reads: conversations for SFT, pairs for preference training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pragenv_baselines.train.learner import Kept

EXPORTS = SFT, PREFERENCES = "sft.jsonl", "preferences.jsonl"


def append(kept: Kept, folder: Path) -> None:
    """Add what was kept to the files of a folder, and forget it.

    TRL's conversational forms: `{"messages": [...]}` (with what the conversation earned beside it, which its trainers
    leave alone), and `{"prompt": [...], "chosen": [...], "rejected": [...]}`.
    """
    _append(folder / SFT, [{"messages": [m._asdict() for m in chat], "reward": reward} for reward, chat in kept.talks])
    _append(
        folder / PREFERENCES,
        [
            {"prompt": [m._asdict() for m in chat], "chosen": [chosen._asdict()], "rejected": [rejected._asdict()]}
            for chat, chosen, rejected in kept.pairs
        ],
    )
    kept.talks.clear()
    kept.pairs.clear()


def _append(path: Path, rows: list[dict[str, Any]]) -> None:
    if rows:
        with path.open("ab", buffering=0) as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows).encode("ascii"))
