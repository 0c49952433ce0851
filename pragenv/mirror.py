"""Mirror a cell to Weights & Biases. The JSONL stays the record of truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pragenv.errors import ConfigError, unknown
from pragenv.metrics import summarise
from pragenv.report.records import all_episodes, read
from pragenv.types import Episode

KEYS = ("name", "mode", "project", "transcripts")
MODES = ("offline", "online", "disabled")


def check(logger: Mapping[str, Any]) -> None:
    """Refuse a logger's configuration before anything is run.

    Raises:
        ConfigError: for another logger, mode or key.
    """
    if logger.get("name", "none") not in ("none", "wandb"):
        raise unknown("logger", logger["name"], ("none", "wandb"))
    for key in logger:
        if key not in KEYS:
            raise unknown("configuration key", f"logger.{key}", (f"logger.{known}" for known in KEYS))
    if not isinstance(logger.get("transcripts", 0), int):
        raise ConfigError(f"logger.transcripts: a number is needed, got {logger['transcripts']!r}")
    if logger.get("mode", "offline") not in MODES:
        raise ConfigError(f"logger.mode must be one of {', '.join(MODES)}, got {logger['mode']!r}")


def mirror(directory: Path, meta: Mapping[str, Any], logger: Mapping[str, Any]) -> None:
    """Log a cell's scalars, its summary row as a table, and some transcripts, as one run.

    Args:
        directory: the cell's; the offline run is written to `wandb/` beside the cells.
        meta: of the cell; becomes the run's config.
        logger: `project`, `mode` (offline by default: no key and no network) and how many `transcripts`.

    Raises:
        ConfigError: for another mode.
    """
    import wandb

    check(logger)
    episodes = all_episodes(read(directory))
    (row,) = summarise(episodes)
    with wandb.init(
        project=logger.get("project", "pragenv"),
        name=directory.name,
        id=str(meta["key"]),
        resume="allow",
        mode=logger.get("mode", "offline"),
        dir=str(directory.parent),
        config=dict(meta),
    ) as run:
        run.summary.update({k: v for k, v in row.items() if isinstance(v, (int, float))})
        run.log({"summary": wandb.Table(columns=list(row), data=[list(row.values())])})
        shown = episodes[: int(logger.get("transcripts", 10))]
        columns: list[str | int] = ["index", "transcript", "intent", "end", "score", "reason"]
        data = [[e.index, _text(e), str(dict(e.user_brief)), str(e.end_reason), e.score, e.reason] for e in shown]
        run.log({"transcripts": wandb.Table(columns=columns, data=data)})


def _text(episode: Episode) -> str:
    return "\n".join(f"[{message.role}] {message.content}" for message in episode.dialogue)


@contextmanager
def curve(
    directory: Path, key: str, config: Mapping[str, Any], logger: Mapping[str, Any]
) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Log a training run's curve while it is drawn; a resumed run goes on in the same one.

    Args:
        directory: the run's; the offline run is written to `wandb/` in it.
        key: of the run.
        config: of the run.
        logger: as for `mirror`; another than `wandb` logs nothing.

    Yields:
        what takes a row of the curve; nested numbers are logged as `validation/score`.
    """
    check(logger)
    if logger.get("name") != "wandb":
        yield lambda row: None
        return
    import wandb

    with wandb.init(
        project=logger.get("project", "pragenv"),
        name=directory.name,
        id=key,
        resume="allow",
        mode=logger.get("mode", "offline"),
        dir=str(directory),
        config=dict(config),
    ) as run:
        yield lambda row: run.log(_flat(row), step=int(row["iteration"]))


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= _flat(value, f"{prefix}{name}/") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat
