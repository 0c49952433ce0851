"""What an OpenAI-compatible server answers, read strictly: what it does not say is None, never a default."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import orjson

from pragenv.protocols import Usage


class Answer(NamedTuple):
    """One chat completion.

    Attributes:
        text: of the first choice; '' where the server sent null.
        finish: the server's `finish_reason`, or `unknown`.
        logprobs: of each token, as the server reports them, or None.
        usage: as far as the server counts.
        seeded: whether the server vouches for its seed by a `system_fingerprint`.
    """

    text: str
    finish: str
    logprobs: tuple[float, ...] | None
    usage: Usage
    seeded: bool

    @classmethod
    def parse(cls, body: str | bytes) -> Answer:
        """The answer in the body of a response.

        Raises:
            ValueError: where it is no chat completion.
        """
        read = orjson.loads(body)
        try:
            choice = read["choices"][0]
            text = choice["message"].get("content")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise ValueError(f"it has no choices: {body!r:.200}") from None
        if not isinstance(text, str | None):
            raise ValueError(f"its content is a {type(text).__name__}")
        finish = choice.get("finish_reason")
        return cls(
            text or "",
            finish if isinstance(finish, str) else "unknown",
            _logprobs(choice.get("logprobs")),
            _usage(read.get("usage")),
            bool(read.get("system_fingerprint")),
        )

    def body(self) -> str:
        """What `parse` reads this answer from: the part of a response's body that is worth recording."""
        prompt, cached, completion = self.usage
        details = None if cached is None else {"cached_tokens": cached}
        given = None if self.logprobs is None else {"content": [{"logprob": value} for value in self.logprobs]}
        choice = {"message": {"content": self.text}, "finish_reason": self.finish, "logprobs": given}
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "prompt_tokens_details": details}
        whole = {"choices": [choice], "usage": usage, "system_fingerprint": "given" if self.seeded else None}
        return orjson.dumps(whole).decode()


def _logprobs(given: Any) -> tuple[float, ...] | None:
    content = given.get("content") if isinstance(given, dict) else None
    if not isinstance(content, list) or not content:
        return None
    values = []
    for token in content:
        value: Any = token.get("logprob") if isinstance(token, dict) else None
        if type(value) not in (int, float) or not math.isfinite(value):
            return None
        values.append(float(value))
    return tuple(values)


def _usage(given: Any) -> Usage:
    usage = given if isinstance(given, dict) else {}
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    return Usage(_count(usage.get("prompt_tokens")), _count(cached), _count(usage.get("completion_tokens")))


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None
