"""Sharded instructions from a file in the public format (Laban et al. 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pragenv.errors import DataError
from pragenv.tasks.records import load_records
from pragenv.tasks.sharded.item import Item, Kind

_PUBLIC_NAMES = {"data2text": "data_to_text"}


def load(path: str, kinds: Mapping[str, Kind], on_bad: str) -> tuple[tuple[Item, ...], tuple[str, ...], str]:
    """Items from a file.

    Args:
        path: a JSON list of records with `task_id`, `task` (a kind), `shards` (a list of `shard_id` and `shard`) and
            the kind's own fields.
        kinds: by name.
        on_bad: `stop` at the first bad record, or `skip` and list them.

    Returns:
        the items, what was wrong with each record skipped, and a digest of the file.

    Raises:
        DataError: where the file is missing or no list, or a record is bad, with its index, field and reason.
        ConfigError: for another `on_bad`.
    """
    return load_records(path, on_bad, lambda index, record: _loaded(index, record, kinds))


def _loaded(index: int, record: dict[str, Any], kinds: Mapping[str, Kind]) -> Item:
    where = f"record {index}"
    if not isinstance(record.get("task_id"), str) or not record["task_id"]:
        raise DataError(f"{where}, task_id: must be a text, is {record.get('task_id')!r:.80}")
    name = record.get("task")
    kind = kinds.get(_PUBLIC_NAMES.get(name, name)) if isinstance(name, str) else None
    if kind is None:
        raise DataError(f"{where}, task: must be one of {', '.join(kinds)}, is {name!r:.80}")
    shards = record.get("shards")
    if not isinstance(shards, list) or not shards:
        raise DataError(f"{where}, shards: must be a list with at least one shard, is {shards!r:.80}")
    numbers = []
    for i, shard in enumerate(shards):
        if not isinstance(shard, dict) or type(shard.get("shard_id")) is not int:
            raise DataError(f"{where}, shards[{i}].shard_id: must be a whole number, is {shard!r:.80}")
        if not isinstance(shard.get("shard"), str):
            raise DataError(f"{where}, shards[{i}].shard: must be a text, is {shard.get('shard')!r:.80}")
        numbers.append(shard["shard_id"])
    if len(set(numbers)) < len(numbers):
        raise DataError(f"{where}, shards: two have the same shard_id, of {numbers}")
    # Some public records end in an empty shard, and some ids come several times, with other shards. Those of summaries
    # hold no text, but which documents to show.
    said = [shard for shard in shards if shard["shard"].strip() or shard.keys() - {"shard_id", "shard"}]
    if not said:
        raise DataError(f"{where}, shards: all are empty")
    item = kind.load({**record, "shards": said}, where)
    return replace(item, id=f"{index}/{item.id}")
