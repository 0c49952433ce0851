"""What cells and their parts are called; and where the YAML files are, which say what goes without saying."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

# What the setting's label says already, or what changes no result.
_LABELLED_ELSEWHERE = ("setting", "knobs", "source", "on_bad", "split", "task")
# What a model does with it is the same; how fast, is not.
_OPERATIONAL = (
    "batch_size",
    "cache_gb",
    "threads",
    "concurrency",
    "timeout",
    "retries",
    "deadline",
    "backoff",
    "prices",
    "keep",
    "folder",
)
# Where an answer comes from, not what it is.
_SOURCES = ("base_url", "api_key_env", "record", "replay_only")


def config_dir() -> Path:
    """Where the YAML files are: inside the package once installed, at the top level of a checkout."""
    package = Path(__file__).resolve().parent
    return next(d for d in (package / "configs", package.parent / "configs") if (d / "config.yaml").is_file())


def label(group: str, ref: Mapping[str, Any]) -> str:
    """The registered name or the import path, with those arguments that its YAML file does not set so."""
    name = str(ref.get("name") or ref["_target_"])
    path = config_dir() / group / f"{name}.yaml"
    usual: Mapping[Any, Any] = OmegaConf.to_container(OmegaConf.load(path)) if path.is_file() else {}  # type: ignore[assignment]
    own = {
        k: v for k, v in ref.items() if k not in ("name", "_target_", *_LABELLED_ELSEWHERE, *_OPERATIONAL, *_SOURCES)
    }
    texts = {k: _argument(k, v) for k, v in own.items() if v is not None}
    # Of an agent that is trained, what it is trained for is said always.
    shown = {k: text for k, text in texts.items() if k == "objective" or text != _argument(k, usual.get(k))}
    if isinstance(own.get("model"), dict) and shown.get("model") == "mini":  # the default goes without saying
        del shown["model"]
    return name + (f"({','.join(f'{k}={v}' for k, v in sorted(shown.items()))})" if shown else "")


def setting_label(task: Mapping[str, Any], fingerprint: str = "") -> str:
    """A task's setting with its knobs, and with its source where it has one: these are not pooled."""
    source = {"source": f"{Path(task['source']).name}@{fingerprint[:6]}"} if task.get("source") else {}
    changed = {**(task.get("knobs") or {}), **source}
    return (task.get("setting") or "default") + "".join(f",{k}={v}" for k, v in sorted(changed.items()))


def _argument(name: str, value: Any) -> Any:
    """What a label says of an argument: of one that is itself a reference, its own label."""
    if name == "base":  # of a trained agent: how often its corpus asks
        return None if value is None else value.get("share")
    is_reference = isinstance(value, Mapping) and not {"name", "_target_"}.isdisjoint(value)
    return label(name, value) if is_reference else value
