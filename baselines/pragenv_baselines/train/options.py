"""Options of objectives, refused where they are out of range."""

from __future__ import annotations

from pragenv.errors import ConfigError


def require(holds: bool, objective: str, option: str, wanted: str, value: object) -> None:
    """Refuse an option's value unless `holds`.

    Raises:
        ConfigError: with what was wanted.
    """
    if not holds:
        raise ConfigError(f"objective {objective}: {option} must be {wanted}, got {value!r}")
