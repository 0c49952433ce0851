"""A recording of a server's answers on disk: texts by the digest of what was asked. Nothing in it is ever unpickled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_RAW

from pragenv.errors import ModelError


class _Texts(diskcache.Disk):  # type: ignore[misc]
    """Strings in the database itself. A recording comes from other people: rows that ask for more are refused.

    The library's own disks, `JSONDisk` too, unpickle a row whose `mode` or `raw` column says so, open the file that its
    `filename` names, and delete that file when the row goes.
    """

    def put(self, key: Any) -> tuple[str, bool]:
        return str(key), True

    def get(self, key: Any, raw: Any) -> str:
        return str(key)

    def store(self, value: Any, read: bool, key: Any = None) -> tuple[int, int, None, str]:
        return 0, MODE_RAW, None, str(value)

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> str:
        if mode != MODE_RAW or not isinstance(value, str):
            raise ValueError("it holds a row that is no recorded text")
        return value

    def remove(self, file_path: Any) -> None:
        """No row has a file."""


class Cassette:
    """Answers by key, in a folder that several processes may share; the first answer recorded for a key stays.

    Opened by the first use of each thread, which has to close it too: so are SQLite's connections.

    Args:
        folder: made if missing.

    Raises:
        ModelError: from every method, where the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _cache(self) -> diskcache.Cache:
        # The library's defaults evict the oldest rows above a gigabyte: that would be a hole in a recording.
        settings = {"eviction_policy": "none", "cull_limit": 0, "statistics": 0, "tag_index": 0}
        return diskcache.Cache(str(self.folder), timeout=10, disk=_Texts, **settings)

    def get(self, key: str) -> str | None:
        """The text recorded for a key, if any."""
        with self._explained():
            text: str | None = self._cache.get(key)
        return text

    def keep(self, key: str, text: str) -> str:
        """Record a text unless there is one already; returns the one that is recorded."""
        with self._explained():
            # Not `retry=True`: that waits for ever on a folder that has become read-only.
            added = self._cache.add(key, text)
        return text if added else self.get(key) or text

    def close(self) -> None:
        """Close this thread's connection, if there is one; the next use opens another."""
        if "_cache" in self.__dict__:
            self._cache.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, diskcache.Timeout, OSError, ValueError, TypeError) as error:
            what = str(error) or type(error).__name__
            why = f"recording {self.folder}: {what}; see that the folder can be written, or record in another"
            raise ModelError(why) from None
