"""Writing files so that a reader, or a killed process, never sees or leaves half of one."""

from __future__ import annotations

import json
import os
from pathlib import Path


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: a reader, or a killed process, never leaves half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write a value as strict JSON: a NaN is an error, not a token that few readers take."""
    write_atomic(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def file_name(text: str) -> str:
    """A readable text as the name of a file or folder, on any system."""
    return "".join(c if c.isalnum() or c in "-_+=,." else "_" for c in text)[:120]
