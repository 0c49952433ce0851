"""Runs one query on each of several databases, once closed in. Standard library only, fed as text."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any

# SQLite's codes for what an authorizer is asked: read, select, function, recursive.
_READ, _SELECT, _FUNCTION, _RECURSIVE = 20, 21, 31, 33
_BARRED = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}


def perform(job: dict[str, Any], say: Callable[[str], None]) -> None:
    """Build each database and run the query on it; say each outcome as it comes, `[number, ok, value or error]`."""
    limits = job["limits"]
    for number, script in enumerate(job["scripts"]):
        connection = sqlite3.connect(":memory:")
        try:
            connection.executescript(script)
            ok, value = _query(connection, job["query"], limits["cpu"] / len(job["scripts"]), limits["output_kb"] << 10)
        except Exception as error:
            ok, value = False, _why(error)
        connection.close()
        say(json.dumps([number, ok, value]))


def _query(connection: sqlite3.Connection, query: str, seconds: float, most: int) -> tuple[bool, Any]:
    connection.execute("PRAGMA query_only = 1")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 20)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_allowed)
    until = time.process_time() + seconds
    connection.set_progress_handler(lambda: time.process_time() > until, 1000)
    cursor = connection.execute(query)
    if cursor.description is None:
        return False, "not a query: it returns no table"
    rows, size = [], 0
    for found in cursor:
        if any(isinstance(value, bytes) for value in found):
            return False, "result is not JSON: it has a blob"
        rows.append(found)
        size += len(repr(found))
        if size > most:
            return False, "output: too many rows"
    return True, {"columns": [column[0] for column in cursor.description], "rows": rows}


def _allowed(action: int, _: str | None, name: str | None, database: str | None, trigger: str | None) -> int:
    if action in (_READ, _SELECT, _RECURSIVE) or (action == _FUNCTION and str(name).lower() not in _BARRED):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _why(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    if isinstance(error, sqlite3.OperationalError) and text == "interrupted":
        return "timeout: the query takes too long"
    return "memory: out of memory" if isinstance(error, MemoryError) else f"raised {type(error).__name__}: {text}"
