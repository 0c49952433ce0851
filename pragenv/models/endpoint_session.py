"""What one process does with an endpoint: rows to answers, from the recording or the server, and what they cost."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pragenv.errors import ModelError
from pragenv.models.answer import Answer
from pragenv.models.cassette import Cassette
from pragenv.models.chat_client import ChatClient, Fault
from pragenv.models.link import Limits, Link
from pragenv.protocols import Completion
from pragenv.types import canonical_json

Request = dict[str, Any]


class Session:
    """Answers requests, and counts.

    Args:
        client: of the server; closed with the session.
        limits: of its use.
        record: folder of the recording, if there is one.
        replay_only: never ask the server.

    Attributes:
        counts: what `Endpoint.usage` tells.
        ignored: what the server was asked for and did not give.
    """

    def __init__(self, client: ChatClient, limits: Limits, record: Path | None, replay_only: bool) -> None:
        self._client, self._link, self._replay_only = client, Link(client, limits), replay_only
        self._cassette = None if record is None else Cassette(record)
        self.counts, self.ignored = client.counts, Counter[str]()

    def complete(self, requests: Sequence[Request], keys: Sequence[int]) -> list[Completion | ModelError]:
        """A row for each request, in order. Keys draw the jitter of pauses."""
        return self._link.run(self._rows(requests, keys))

    def close(self) -> None:
        """Close link and recording; nothing waits for it."""
        self._link.close(self._cassette.close if self._cassette else None)

    async def _rows(self, requests: Sequence[Request], keys: Sequence[int]) -> list[Completion | ModelError]:
        return await asyncio.gather(*map(self._row, requests, keys))

    async def _row(self, request: Request, key: int) -> Completion | ModelError:
        try:
            answer = await self._answer(request, key)
        except Exception as error:  # whatever the client raises ends one row; its own text may hold the key
            self.counts["errors"] += 1
            own = isinstance(error, (Fault, ModelError))
            why = str(error) if own else self._client.brief(f"{type(error).__name__}: {error}")
            return ModelError(f"model {request['model']!r} at {self._client.base_url}: {why}")
        self.counts["answers"] += 1
        if "logprobs" in request and answer.logprobs is None:
            self.ignored["logprobs"] += 1
        if "seed" in request and request.get("temperature") != 0 and not answer.seeded:
            self.ignored["seed"] += 1
        return Completion(answer.text, logprobs=answer.logprobs, finish=answer.finish, usage=answer.usage)

    async def _answer(self, request: Request, key: int) -> Answer:
        if self._cassette is None:
            return await self._ask(request, key)
        # Log-probabilities do not change what is said, and may be refused halfway through a recording.
        asked = {name: value for name, value in request.items() if name != "logprobs"}
        digest = hashlib.sha256(canonical_json([1, asked]).encode("utf-8", "surrogatepass")).hexdigest()
        if (recorded := self._cassette.get(digest)) is not None:
            self.counts["replayed"] += 1
            return Answer.parse(recorded)
        if self._replay_only:
            where = self._cassette.folder
            raise ModelError(f"not in the recording {where}; record it once with replay_only=false")
        answer = await self._ask(request, key)
        # Who was faster decides, so that all that share a recording have heard the same.
        return Answer.parse(self._cassette.keep(digest, answer.body()))

    async def _ask(self, request: Request, key: int) -> Answer:
        answer = await self._link.ask(request, key)
        self.counts["prompt_tokens"] += answer.usage.prompt or 0
        self.counts["completion_tokens"] += answer.usage.completion or 0
        self.counts["unmetered"] += None in (answer.usage.prompt, answer.usage.completion)
        return answer
