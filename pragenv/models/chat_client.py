"""Requests to an OpenAI-compatible server: bounded in time and size, and with the key in no message."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx2
import openai

from pragenv.models.answer import Answer

LONGEST_BODY = 8 * 2**20
SHORTEST_SECRET = 8
"""Keys below this length are placeholders (`EMPTY`), which may well be words of a conversation."""

_HINTS = {
    401: "; set the variable that api_key_env names to a valid key",
    404: "; see that base_url ends as the server wants it (mostly in /v1), and that it has a model of that name",
}


class Fault(Exception):
    """A request that brought no answer.

    Args:
        message: why; without the key.
        retry: whether asking again may help.
        status: of the HTTP response, if there was one.
        after: how many seconds the server wants to be left alone.
    """

    def __init__(self, message: str, retry: bool, status: int | None = None, after: float | None = None) -> None:
        super().__init__(message)
        self.retry, self.status, self.after = retry, status, after


class ChatClient:
    """Asks for one chat completion after another, and remembers whether the server refuses log-probabilities.

    Args:
        base_url: of the server.
        key: sent as bearer token.
        timeout: seconds for a request, to the last byte of its response.

    Attributes:
        counts: `requests` sent.
    """

    def __init__(self, base_url: str, key: str, timeout: float) -> None:
        self.base_url, self._timeout, self._logprobs = base_url, timeout, True
        self.counts: Counter[str] = Counter()
        # Longest first, so that no part of a longer form is left standing.
        forms = {key, json.dumps(key)[1:-1], repr(key)[1:-1], quote(key, safe="")}
        self._secrets = sorted(forms, key=len, reverse=True) if len(key) >= SHORTEST_SECRET else []
        self._client = openai.AsyncOpenAI(
            api_key=key or "none",  # without one the client would not start
            base_url=base_url,
            timeout=timeout,
            # The client's own retries draw jitter from the process-global generator and do not cover malformed bodies.
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(event_hooks={"response": [_bound]}),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def scrub(self, text: str) -> str:
        """The text without the key."""
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return text

    def brief(self, text: str) -> str:
        """A text of somebody else's as part of an error message: without the key, on one line, not too long."""
        # In this order: a key that is cut in two would no longer be found.
        text = " ".join(self.scrub(text).split())
        return text if len(text) <= 300 else text[:300] + "…"

    async def ask(self, request: Mapping[str, Any]) -> Answer:
        """One answer to a request (the body); a second try only where the server may have refused log-probabilities.

        Raises:
            Fault: where there is none.
        """
        bare = {name: value for name, value in request.items() if name != "logprobs"}
        if not self._logprobs or bare == request:
            return await self._read(bare)
        try:
            return await self._read(request)
        except Fault as fault:
            if fault.status not in (400, 422):
                raise
        answer = await self._read(bare)
        self._logprobs = False  # now it is known that the server refused these and nothing else
        return answer

    async def _read(self, request: Mapping[str, Any]) -> Answer:
        body = await self._send(request)
        try:
            return Answer.parse(self.scrub(body.decode()))
        except ValueError as error:
            raise Fault(self.brief(f"the response is no chat completion: {error}"), retry=True) from None

    async def _send(self, request: Mapping[str, Any]) -> bytes:
        self.counts["requests"] += 1
        rest = {name: value for name, value in request.items() if name not in ("model", "messages")}
        create = self._client.chat.completions.with_raw_response.create
        try:
            async with asyncio.timeout(self._timeout):
                response = await create(model=request["model"], messages=request["messages"], extra_body=rest)
                return response.content
        except (TimeoutError, openai.APITimeoutError):
            raise Fault(f"no complete response within {self._timeout:g} s", retry=True) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise Fault(self.brief(f"no connection: {type(cause).__name__} {cause}"), retry=True) from None
        except openai.APIStatusError as error:
            status, after = error.status_code, _retry_after(error.response.headers.get("retry-after"))
            again = status in (408, 409, 425, 429) or status >= 500
            told = self.brief(f"HTTP {status}: {error.response.text}") + _HINTS.get(status, "")
            raise Fault(told, again, status, after) from None


def _retry_after(header: str | None) -> float | None:
    """Seconds from now, of a header that holds seconds or a date."""
    try:
        seconds = float(header or "")
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header or "").timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if seconds > 0 else None


class _Bounded(httpx2.AsyncByteStream):
    """A body that is cut off where no chat completion is that long: an endless one must not fill the memory."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for chunk in self._stream:
            received += len(chunk)
            if received > LONGEST_BODY:
                raise httpx2.ReadError(f"the response is longer than {LONGEST_BODY} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    response.stream = _Bounded(response.stream)
