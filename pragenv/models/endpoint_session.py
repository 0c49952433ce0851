"""What one process does with an endpoint: rows to answers, from the recording or the server, and what they cost."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
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

    The recording is used in the caller's thread and closed before `complete` returns: a process that forks while some
    other thread is within SQLite leaves its child with a lock that nobody opens.

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
        self._lock = threading.Lock()  # `complete` may be called from several threads

    def complete(self, requests: Sequence[Request], keys: Sequence[int]) -> list[Completion | ModelError]:
        """A row for each request, in order. Keys draw the jitter of pauses."""
        rows: dict[int, Completion | ModelError] = {}
        try:
            for i, request in enumerate(requests):
                if (outcome := self._recorded(request)) is not None:
                    rows[i] = self._row(request, outcome)
            asked = [i for i in range(len(requests)) if i not in rows]

            def settle(n: int, outcome: Answer | Exception) -> None:
                request = requests[asked[n]]
                rows[asked[n]] = self._row(request, self._paid(request, outcome))

            self._link.ask_all([(requests[i], keys[i]) for i in asked], settle)
        finally:
            if self._cassette:
                self._cassette.close()
        return [rows[i] for i in range(len(requests))]

    def close(self) -> None:
        """Close the link; nothing waits for it."""
        self._link.close()

    def _recorded(self, request: Request) -> Answer | Exception | None:
        if self._cassette is None:
            return None
        try:
            found = self._cassette.get(_digest(request))
            answer = None if found is None else Answer.parse(found)
        except (ModelError, ValueError) as error:
            return error
        if answer is None and self._replay_only:
            where = self._cassette.folder
            return ModelError(f"not in the recording {where}; record it once with replay_only=false")
        self._count({"replayed": answer is not None})
        return answer

    def _paid(self, request: Request, outcome: Answer | Exception) -> Answer | Exception:
        """The answer to go on with: the one recorded first, so that all that share a recording have heard the same."""
        if isinstance(outcome, Exception):
            return outcome
        prompt, _, completion = outcome.usage
        unmetered = None in (prompt, completion)
        self._count({"prompt_tokens": prompt or 0, "completion_tokens": completion or 0, "unmetered": unmetered})
        if self._cassette is None:
            return outcome
        try:
            return Answer.parse(self._cassette.keep(_digest(request), outcome.body()))
        except (ModelError, ValueError) as error:
            return error

    def _row(self, request: Request, outcome: Answer | Exception) -> Completion | ModelError:
        if isinstance(outcome, Exception):  # of whatever kind: the client's own may hold the key in their text
            self._count({"errors": 1})
            own = isinstance(outcome, (Fault, ModelError))
            why = str(outcome) if own else self._client.brief(f"{type(outcome).__name__}: {outcome}")
            return ModelError(f"model {request['model']!r} at {self._client.base_url}: {why}")
        self._count({"answers": 1})
        unseeded = "seed" in request and request.get("temperature") != 0 and not outcome.seeded
        missing = {"logprobs": "logprobs" in request and outcome.logprobs is None, "seed": unseeded}
        with self._lock:
            self.ignored.update(name for name, is_missing in missing.items() if is_missing)
        return Completion(outcome.text, logprobs=outcome.logprobs, finish=outcome.finish, usage=outcome.usage)

    def _count(self, more: Mapping[str, int]) -> None:
        with self._lock:
            self.counts.update(more)


def _digest(request: Request) -> str:
    """The key of a request in a recording."""
    # Log-probabilities do not change what is said, and may be refused halfway through a recording.
    asked = {name: value for name, value in request.items() if name != "logprobs"}
    return hashlib.sha256(canonical_json([1, asked]).encode("utf-8", "surrogatepass")).hexdigest()
