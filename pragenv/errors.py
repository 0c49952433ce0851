"""One error type for each boundary; every message says what is wrong, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class PragEnvError(Exception):
    """Anything that PragEnv reports to its caller as the caller's to mend."""


class ConfigError(PragEnvError, ValueError):
    """A name, knob or value that does not exist or does not fit."""


class DataError(PragEnvError, ValueError):
    """A data file or record that cannot be used."""


class SimulatorError(PragEnvError, RuntimeError):
    """A simulated user could not produce its turn."""


class ModelError(PragEnvError):
    """A language model gave no completion: unreachable, refused, or nothing that can be used."""


class AgentError(PragEnvError, RuntimeError):
    """An agent could not produce its turn."""


def unknown(kind: str, name: object, known: Iterable[str]) -> ConfigError:
    """The error for a name that is not among the known ones, with the nearest of them."""
    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}."
    return ConfigError(f"unknown {kind} {name!r}; {hint}")
