"""What Hydra complains of, in one line that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pragenv.errors import ConfigError, PragEnvError, unknown
from pragenv.naming import config_dir


@contextmanager
def complaints(primary: str) -> Iterator[None]:
    """Within it, what is wrong with overrides of a primary configuration is told readably.

    Raises:
        ConfigError: in place of Hydra's and OmegaConf's own.
    """
    try:
        yield
    except MissingConfigException as error:
        group, _, name = (error.missing_cfg_file or "").rpartition("/")
        raise unknown(f"config in group {group!r}" if group else "config group", name, error.options or ()) from None
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        if isinstance(error, PragEnvError):
            raise
        raise _readable(error, primary) from None


def _readable(error: Exception, primary: str) -> ConfigError:
    """A complaint in one line, with the nearest key of the primary configuration where it is about a key."""
    first = "; ".join(" ".join(line.split()) for line in str(error).strip().split("\n")[:2])
    found = re.match(r"Could not override '([^']+)'|Key '([^']+)'", first)
    if found is None:
        cause = str(error.__cause__ or "").strip().split("\n")[0]
        return ConfigError(first + (f"; {cause}" if cause and cause not in first else ""))
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        plain: dict[str, Any] = OmegaConf.to_container(compose(primary))  # type: ignore[assignment]
    keys = {*plain, *(f"{a}.{b}" for a, held in plain.items() if isinstance(held, dict) for b in held)}
    name = found.group(1) or found.group(2)
    return ConfigError(first) if name in keys else unknown("configuration key", name, keys)
