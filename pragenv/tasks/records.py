"""Files of records in somebody else's format: read whole, and refused record by record with index, field and reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from pragenv.errors import ConfigError, DataError

T = TypeVar("T")


def load_records(
    path: str, on_bad: str, make: Callable[[int, dict[str, Any]], T]
) -> tuple[tuple[T, ...], tuple[str, ...], str]:
    """What is made of each record of a file.

    Args:
        path: a JSON list of objects.
        on_bad: `stop` at the first bad record, or `skip` and list them.
        make: index and record -> what it stands for; raises DataError, with index, field and reason, for a bad one.

    Returns:
        what was made, what was wrong with each record skipped, and a digest of the file.

    Raises:
        DataError: where the file is missing, no list or without a usable record, or a record is bad.
        ConfigError: for another `on_bad`.
    """
    if on_bad not in ("stop", "skip"):
        raise ConfigError(f"on_bad must be 'stop' or 'skip', got {on_bad!r}")
    try:
        data = Path(path).expanduser().read_bytes()
        records = json.loads(data)
    except OSError as error:
        raise DataError(f"source {path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"source {path}: not JSON ({error})") from None
    if not isinstance(records, list):
        raise DataError(f"source {path}: must hold a list of records, holds {type(records).__name__}")
    made: list[T] = []
    bad: list[str] = []
    for index, record in enumerate(records):
        try:
            if not isinstance(record, dict):
                raise DataError(f"record {index}: must be an object, is {type(record).__name__}")
            made.append(make(index, record))
        except DataError as error:
            if on_bad == "stop":
                raise DataError(f"source {path}: {error}; mend it or set on_bad=skip") from None
            bad.append(str(error))
    if not made:
        raise DataError(f"source {path}: holds no usable record" + (f"; the first: {bad[0]}" if bad else ""))
    return tuple(made), tuple(bad), sha256(data).hexdigest()
