"""Any server that speaks OpenAI's chat completions: vLLM, hosted models, `transformers serve`."""

from __future__ import annotations

import os
import warnings
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pragenv.errors import ConfigError, ModelError
from pragenv.models.endpoint_arguments import check_key, check_limits, check_mappings, check_url
from pragenv.protocols import Completion, LanguageModel, Sampling
from pragenv.types import Dialogue, mix

if TYPE_CHECKING:
    from pragenv.models.endpoint_session import Session

_IGNORED = {
    "logprobs": "gives no log-probabilities (Completion.logprobs is None)",
    "seed": "gives no system_fingerprint: it may not have used the seed, and the same key may not give the same text",
}


class Endpoint(LanguageModel):
    """A language model behind an OpenAI-compatible server.

    Requests of a call run side by side. A row that cannot be had, after retries, is a `ModelError` in its own place.
    Log-probabilities are those that the server reports; entropies and token ids are None, since it tells neither. What
    the server ignored is counted in `ignored` and warned of once. A request asks for one completion: `n` is never sent.

    Args:
        model: the server's name for it.
        base_url: up to and including `/v1`.
        api_key_env: NAME of the environment variable that holds the key; no key is sent where it isn't set, or is None.
        concurrency: requests at a time, from all threads together.
        timeout: seconds for one request, to the last byte of its response.
        deadline: seconds for one row with all its retries, once its turn has come.
        retries: after 408, 409, 425, 429, 5xx, time-outs, broken connections and bodies that are no completion.
        backoff: first pause in seconds; doubles each time, with jitter from the row's key. `Retry-After` is honoured.
        record: folder in which every answer is recorded, and from which it is taken next time. The key is everything
            that determines the answer: model, messages, sampling, seed, `extra_body`. The address is left out: a local
            server gets another port each time. So two servers that call different models the same need two folders.
        replay_only: never ask the server.
        prices: `prompt` and `completion`, for a million tokens each, in any currency.
        extra_body: further fields of the request. A null leaves out a field that is sent otherwise:
            `{max_tokens: null, max_completion_tokens: 96}`.

    Raises:
        ConfigError: for a value that cannot work.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key_env: str | None = "OPENAI_API_KEY",
        concurrency: int = 16,
        timeout: float = 60.0,
        deadline: float = 300.0,
        retries: int = 5,
        backoff: float = 0.5,
        record: str | Path | None = None,
        replay_only: bool = False,
        prices: Mapping[str, float] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(model, str) or not model:
            raise ConfigError(f"endpoint: model must be the server's name for a model, got {model!r}")
        check_limits(concurrency, timeout, deadline, retries, backoff)
        self.model, self.base_url, self.api_key_env = model, check_url(base_url), check_key(api_key_env)
        self._limits = (concurrency, timeout, deadline, retries, backoff)
        self.prices, self.extra_body = check_mappings(prices, extra_body)
        self.record = None if record is None else Path(record).expanduser().absolute()
        self.replay_only = replay_only
        if replay_only and (self.record is None or not self.record.is_dir()):
            raise ConfigError(f"endpoint: replay_only needs a recording; there is none in record={record!r}")
        if self.record is not None and self.record.exists() and not self.record.is_dir():
            raise ConfigError(f"endpoint: record must be a folder, {self.record} is a file")
        self._warned = False
        self._sessions: dict[int, Session] = {}
        weakref.finalize(self, _close, self._sessions)

    def __reduce__(self) -> tuple[Any, ...]:
        # Neither connections nor the key travel; another process makes its own, and counts for itself.
        places = self.model, self.base_url, self.api_key_env, *self._limits, self.record, self.replay_only
        return type(self), (*places, self.prices, self.extra_body)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.model!r}, base_url={self.base_url!r})"

    def complete(
        self, prompts: Sequence[Dialogue], sampling: Sampling, keys: Sequence[int]
    ) -> list[Completion | ModelError]:
        """The assistant's next message for each prompt, in order; see `LanguageModel.complete`."""
        requests = [self._request(prompt, sampling, key) for prompt, key in zip(prompts, keys, strict=True)]
        if not requests:
            return []
        rows = self._connect().complete(requests, keys)
        if self.ignored and not self._warned:
            self._warned = True
            what = "; ".join(_IGNORED[name] for name in sorted(self.ignored))
            warnings.warn(f"{self!r}: the server {what}. `ignored` counts how often.", stacklevel=2)
        return rows

    def score(self, prompts: Sequence[Dialogue], continuations: Sequence[str]) -> list[tuple[float, ...] | ModelError]:
        """A ModelError for each row: chat completions cannot be asked for the probability of a given text."""
        why = f"{self!r} cannot score a given text: chat completions have no such request; use model=local"
        return [ModelError(why) for _ in zip(prompts, continuations, strict=True)]

    @property
    def usage(self) -> Mapping[str, float | None]:
        """Totals of this object in this process.

        `answers` (of which `replayed` from the recording) and `errors` make up the rows; `requests` went to the server,
        `retries` of them again. Tokens and `cost` (None without prices) are those that the server charged now, where
        it said how many: `unmetered` answers did not.
        """
        counts = self._count("counts")
        names = ("answers", "replayed", "errors", "requests", "unmetered", "prompt_tokens", "completion_tokens")
        totals: dict[str, float | None] = {name: counts[name] for name in names}
        totals["retries"] = counts["requests"] - counts["asked"]
        costs = [counts[f"{name}_tokens"] * price for name, price in self.prices.items()]
        return MappingProxyType(totals | {"cost": sum(costs) / 1e6 if costs else None})

    @property
    def ignored(self) -> Mapping[str, int]:
        """What was asked for and not given (`logprobs`, `seed`): in how many answers."""
        return MappingProxyType(dict(self._count("ignored")))

    def _count(self, name: str) -> Counter[str]:
        session = self._sessions.get(os.getpid())
        return Counter() if session is None else getattr(session, name)

    def report(self) -> dict[str, Any]:
        """Model, usage and what was ignored, as JSON, for a record of the run."""
        return {"model": self.model, "usage": dict(self.usage), "ignored": dict(self.ignored)}

    def _request(self, prompt: Dialogue, sampling: Sampling, key: int) -> dict[str, Any]:
        # A tool's message needs the id of a call, which a dialogue has not; so the assistant hears it from the user.
        messages = [{"role": "user" if m.role == "tool" else m.role, "content": m.content} for m in prompt]
        request = {
            "model": self.model,
            "messages": messages,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": mix(key, 0) & 0x7FFFFFFF,  # servers take 32-bit integers, some of them signed
            "logprobs": True,
            **self.extra_body,
        }
        return {name: value for name, value in request.items() if value is not None}

    def _connect(self) -> Session:
        """This process's own session: after a fork, the parent's must be neither used nor closed."""
        if (pid := os.getpid()) not in self._sessions:
            from pragenv.models.chat_client import ChatClient
            from pragenv.models.endpoint_session import Session
            from pragenv.models.link import Limits

            key = os.environ.get(self.api_key_env or "", "").strip()
            limits = Limits(*self._limits)
            client = ChatClient(self.base_url, key, limits.timeout)
            made = Session(client, limits, self.record, self.replay_only)
            if self._sessions.setdefault(pid, made) is not made:  # another thread was faster
                made.close()
        return self._sessions[pid]


def _close(sessions: dict[int, Session]) -> None:
    if os.getpid() in sessions:
        sessions[os.getpid()].close()
