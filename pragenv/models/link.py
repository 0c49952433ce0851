"""One process's link to an OpenAI-compatible server: an event loop in a thread of its own, deadlines and retries.

The loop has a thread of its own so that it can be used from anywhere, from within a running event loop (Jupyter) too,
and so that connections outlive a call.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_before_delay

from pragenv.models.answer import Answer
from pragenv.models.chat_client import ChatClient, Fault
from pragenv.types import mix, uniform

Job: TypeAlias = tuple[Mapping[str, Any], int]
LONGEST_BACKOFF = 30.0
LONGEST_RETRY_AFTER = 120.0


@dataclass(frozen=True)
class Limits:
    """How long and how often a server is asked; seconds."""

    concurrency: int
    timeout: float
    deadline: float
    retries: int
    backoff: float


class Link:
    """Asks one server. Belongs to the process that made it.

    Args:
        client: to use; closed with the link.
        limits: of time and number.

    Attributes:
        counts: the client's, and the rows that were `asked`.
    """

    def __init__(self, client: ChatClient, limits: Limits) -> None:
        self._client, self._limits, self.counts = client, limits, client.counts
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=_turn, args=(self._loop,), name="pragenv-endpoint", daemon=True).start()

    def ask_all(self, jobs: Sequence[Job], then: Callable[[int, Answer | Exception], None]) -> None:
        """Ask for all jobs side by side.

        Args:
            jobs: the body of each request, and the key of its row, from which the jitter of its pauses is drawn.
            then: told the number of a job and its outcome, in the caller's thread and as soon as there is one.
        """
        outcomes: SimpleQueue[tuple[int, Answer | Exception]] = SimpleQueue()
        future = asyncio.run_coroutine_threadsafe(self._gather(jobs, outcomes), self._loop)
        try:
            heard = 0
            while heard < len(jobs):
                # Never for ever in one piece: a signal that comes just before such a wait (Ctrl-C) goes unheard.
                with suppress(Empty):
                    then(*outcomes.get(timeout=0.2))
                    heard += 1
        finally:
            future.cancel()  # of use where the caller was interrupted

    def close(self) -> None:
        """End loop and connections; does not wait, since it may be a garbage collector who calls from any thread."""
        if os.getpid() == self._pid and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop)

    async def _close(self) -> None:
        try:
            await self._client.close()
        finally:
            self._loop.stop()

    async def _gather(self, jobs: Sequence[Job], outcomes: SimpleQueue[tuple[int, Answer | Exception]]) -> None:
        async def one(i: int, request: Mapping[str, Any], key: int) -> None:
            outcome: Answer | Exception = Fault("interrupted", retry=False)
            try:
                outcome = await self._ask(request, key)
            except Exception as error:  # the caller's to report
                outcome = error
            finally:
                outcomes.put((i, outcome))

        await asyncio.gather(*(one(i, request, key) for i, (request, key) in enumerate(jobs)))

    async def _ask(self, request: Mapping[str, Any], key: int) -> Answer:
        """The server's answer, after as many retries as the limits allow; raises a Fault where there is none."""
        met: list[str] = []
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._limits.retries + 1) | stop_before_delay(self._limits.deadline),
            wait=self._pause(key),
            retry=retry_if_exception(lambda error: isinstance(error, Fault) and error.retry),
            before_sleep=lambda state: met.append(str(state.outcome and state.outcome.exception())),
            reraise=True,
        )
        try:
            async with self._slots, asyncio.timeout(self._limits.deadline):
                self.counts["asked"] += 1
                return await retrying(self._client.ask, request)
        except TimeoutError:
            last = f"; before that: {met[-1]}" if met else ""
            raise Fault(f"no answer within {self._limits.deadline:g} s{last}", retry=False) from None

    def _pause(self, key: int) -> Callable[[RetryCallState], float]:
        def seconds(state: RetryCallState) -> float:
            grown = min(self._limits.backoff * 2.0 ** (state.attempt_number - 1), LONGEST_BACKOFF)
            pause = grown * (0.5 + uniform(mix(key, state.attempt_number)))
            fault = state.outcome.exception() if state.outcome else None
            wanted = fault.after if isinstance(fault, Fault) else None
            return max(pause, min(wanted or 0.0, LONGEST_RETRY_AFTER))

        return seconds


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()
