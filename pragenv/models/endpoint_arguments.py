"""What an endpoint's arguments may be. No message repeats a value that could be a key."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from pragenv.errors import ConfigError, unknown

SENT = ("temperature", "top_p", "max_tokens", "seed", "logprobs")
_OURS = ("model", "messages", "stream", "n")


def check_url(base_url: str) -> str:
    """The address without a slash at its end.

    Raises:
        ConfigError: where it is none, or holds a key or password.
    """
    try:
        parts = urlsplit(base_url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except (ValueError, AttributeError, TypeError):
        parts, fits = urlsplit(""), False
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError("endpoint: base_url must hold no user, password, query or fragment; keys go into api_key_env")
    if not fits or re.search(r"\s", base_url):
        raise ConfigError(f"endpoint: base_url must look like http://127.0.0.1:8000/v1, got {base_url!r}")
    if re.search(r"/(chat|completions)/*$", base_url):
        raise ConfigError(f"endpoint: base_url ends before /chat/completions (mostly in /v1), got {base_url!r}")
    return base_url.rstrip("/")


def check_key(variable: str | None) -> str | None:
    """The name of the variable.

    Raises:
        ConfigError: where it is no name (but perhaps the key itself), or what the variable holds cannot be sent.
    """
    if variable is None:
        return None
    if not isinstance(variable, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
        raise ConfigError("endpoint: api_key_env is the NAME of an environment variable, such as OPENAI_API_KEY")
    if not re.fullmatch(r"[!-~]*", os.environ.get(variable, "").strip()):
        raise ConfigError(f"endpoint: the key in {variable} holds characters that no HTTP header takes; set it again")
    return variable


def check_limits(concurrency: int, timeout: float, deadline: float, retries: int, backoff: float) -> None:
    """Refuse numbers out of range.

    Raises:
        ConfigError: naming the first.
    """
    for name, value, least, most in (("concurrency", concurrency, 1, 1024), ("retries", retries, 0, 100)):
        if type(value) is not int or not least <= value <= most:
            raise ConfigError(f"endpoint: {name} must be a whole number from {least} to {most}, got {value!r}")
    for name, seconds in (("timeout", timeout), ("deadline", deadline)):
        if type(seconds) not in (int, float) or not 0 < seconds < math.inf:
            raise ConfigError(f"endpoint: {name} must be a number of seconds above 0, got {seconds!r}")
    if type(backoff) not in (int, float) or not 0 <= backoff < math.inf:
        raise ConfigError(f"endpoint: backoff must be a number of seconds, 0 or more, got {backoff!r}")
    if deadline < timeout:
        raise ConfigError(
            f"endpoint: deadline ({deadline:g} s, for all retries) must be at least timeout ({timeout:g})"
        )


def check_mappings(
    prices: Mapping[str, float] | None, extra_body: Mapping[str, Any] | None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Prices and further fields, as dicts.

    Raises:
        ConfigError: for another price, or a field that is the endpoint's own.
    """
    for name, given in (("prices", prices), ("extra_body", extra_body)):
        if given is not None and not isinstance(given, Mapping):
            raise ConfigError(f"endpoint: {name} must be a mapping, got a {type(given).__name__}")
    for name, price in (prices or {}).items():
        if name not in ("prompt", "completion"):
            raise unknown("price of an endpoint", name, ("prompt", "completion"))
        if type(price) not in (int, float) or not 0 <= price < math.inf:
            raise ConfigError(f"endpoint: prices.{name} must be a price for a million tokens, got {price!r}")
    for name, value in (extra_body or {}).items():
        if name in _OURS:
            raise ConfigError(f"endpoint: extra_body must not hold {name!r}, which the endpoint sets itself")
        if name in SENT and value is not None:
            raise ConfigError(f"endpoint: extra_body can only leave out {name!r} (null); sampling sets it")
    try:
        orjson.dumps(dict(extra_body or {}))
    except TypeError as error:
        raise ConfigError(f"endpoint: extra_body must be JSON: {error}") from None
    return dict(prices or {}), dict(extra_body or {})
