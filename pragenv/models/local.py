"""Any causal language model that `transformers` loads, with a decode loop and a prefix cache of our own."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from pragenv.errors import ConfigError, ModelError
from pragenv.models.chat import SIGNALS, ChatEncoder
from pragenv.models.prefixes import Prefix, Prefixes, common, digests
from pragenv.models.sampling import Drawn, draw
from pragenv.models.slots import SlotCache, SlotReader
from pragenv.protocols import Completion, LanguageModel, Sampling, Usage
from pragenv.types import Dialogue, FrozenDict

_DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_GAPS = {torch.float64: 1e-6, torch.float32: 1e-3}  # see `SlotReader.gap`; half precision is that much coarser
_READ = 4096  # tokens read at once, all rows together: what they take at a time stays near the processor
_WIDEST = 512  # of one row: bounds the attention mask


@dataclass
class _Row:
    """One prompt on its way to a completion."""

    place: int
    key: int
    ids: list[int]
    chain: list[bytes]
    prefix: Prefix | None = None
    start: int = 0  # how many of the ids need not be read
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)


class Local(LanguageModel):
    """A model in this process. Loaded at the first use; what it has read of a conversation is not read again.

    A reply carries its token ids (`Spoken`), so that a dialogue that quotes it is not split anew.

    Args:
        path: folder, or name on the Hugging Face hub. Only safetensors are read; no code of the model's is run.
        device: `cpu`, `cuda`, `cuda:1`, …
        dtype: float32, float64, bfloat16 or float16.
        deterministic: float64 on the CPU, so that a completion is the same alone, in any batch and from the cache.
        batch_size: most prompts that are continued side by side.
        cache_gb: memory for what has been read, in 2**30 bytes; 0 reads everything anew.
        threads: of PyTorch, for this whole process (`torch.set_num_threads`); None leaves them alone.

    Raises:
        ConfigError: for an argument out of range, and on first use for a model that cannot be loaded.
    """

    def __init__(
        self,
        path: str,
        device: str = "cpu",
        dtype: str = "float32",
        deterministic: bool = False,
        batch_size: int = 256,
        cache_gb: float = 1.0,
        threads: int | None = None,
    ) -> None:
        if dtype not in _DTYPES:
            raise ConfigError(f"model.dtype must be one of {', '.join(_DTYPES)}, got {dtype!r}")
        if deterministic and device != "cpu":
            raise ConfigError(f"model.deterministic needs device=cpu, got {device!r}")
        if batch_size < 1 or cache_gb < 0 or (threads is not None and threads < 1):
            given = f"{batch_size}, {cache_gb} and {threads}"
            raise ConfigError(f"model: batch_size and threads must be at least 1, cache_gb at least 0, got {given}")
        self._arguments = (path, device, dtype, deterministic, batch_size, cache_gb, threads)
        self.path, self.device, self.batch_size, self._threads = path, device, batch_size, threads
        self.dtype = torch.float64 if deterministic else _DTYPES[dtype]
        self._prefixes = Prefixes(int(cache_gb * 2**30))
        self._keeps = cache_gb > 0

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._arguments

    # -- what is loaded ------------------------------------------------------------------------------------------------

    @cached_property
    def model(self) -> Any:
        """The `transformers` model.

        Raises:
            ConfigError: where it cannot be loaded.
        """
        from transformers import AutoModelForCausalLM

        if self._threads is not None:
            torch.set_num_threads(self._threads)
        # Not as inference tensors, which nobody could train any more.
        with quietly(), torch.inference_mode(False):
            arguments = {"dtype": self.dtype, "use_safetensors": True, "output_loading_info": True}
            loaded, found = self._load(AutoModelForCausalLM, **arguments)
            if missing := sorted(found["missing_keys"]):
                raise ConfigError(f"model {self.path!r} cannot be loaded: its weights lack {missing[0]}")
            try:
                model = loaded.to(self.device).eval()
            except (RuntimeError, AssertionError) as error:  # torch raises either where there is no such device
                reason = _first_line(error)
                raise ConfigError(f"model.device {self.device!r} cannot be used: {reason}") from None
            # What transformers says once, at the first use, is said here.
            with torch.no_grad():
                model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=self.device))
        return model

    @cached_property
    def tokenizer(self) -> Any:
        """The `transformers` tokenizer.

        Raises:
            ConfigError: where it cannot be loaded.
        """
        from transformers import AutoTokenizer

        with quietly():
            return self._load(AutoTokenizer)

    def _load(self, kind: Any, **arguments: Any) -> Any:
        try:
            return kind.from_pretrained(self.path, trust_remote_code=False, **arguments)
        except Exception as error:  # many kinds, for missing folders, missing files and unknown architectures
            raise ConfigError(f"model {self.path!r} cannot be loaded: {_first_line(error)}") from None

    @cached_property
    def encoder(self) -> ChatEncoder:
        """From chats to ids."""
        return ChatEncoder(self.tokenizer, self.path)

    @property
    def signals(self) -> Mapping[str, str]:  # type: ignore[override]
        """The signals whose control tokens the model's vocabulary holds."""
        special = {*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab()}
        return FrozenDict({name: token for name, token in SIGNALS.items() if token in special})

    @cached_property
    def _ends(self) -> Mapping[int, str | None]:
        """Token id that ends a turn -> the signal that it is."""
        ends: dict[int, str | None] = {}
        for found in (self.model.generation_config.eos_token_id, self.tokenizer.eos_token_id):
            ends |= dict.fromkeys(found if isinstance(found, list) else [] if found is None else [found])
        for name, token in self.signals.items():
            ends[self.tokenizer.convert_tokens_to_ids(token)] = name
        return ends

    @property
    def ends(self) -> Mapping[int, str | None]:
        """The token ids that end a turn, each with the name of the signal that it is, or None."""
        return self._ends

    @property
    def vocabulary(self) -> int:
        """How many token ids the model tells apart: its outputs, of which its tokenizer may use fewer."""
        return int(self.model.config.get_text_config().vocab_size)

    @cached_property
    def _limit(self) -> int | None:
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    @cached_property
    def _reader(self) -> SlotReader | None:
        """Reads by slot, where that gives what the model gives; tried once, since models differ."""
        try:
            reader = SlotReader(self.model)
            gap = reader.gap()
        except ConfigError:
            raise
        except Exception as error:  # a cache of a kind that slots know nothing of
            why = _first_line(error)
        else:
            if gap < _GAPS.get(self.dtype, 0.2):
                return reader
            why = f"its outputs would change by {gap:.2g} of their spread"
        warnings.warn(
            f"model {self.path!r} is read anew at every token, one conversation at a time: its layers cannot be kept "
            f"by slot ({why})",
            stacklevel=2,
        )
        return None

    def forget(self) -> None:
        """Forget what was read: the weights have changed."""
        self._prefixes = Prefixes(self._prefixes.most)

    # -- reading and speaking ------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def complete(
        self, prompts: Sequence[Dialogue], sampling: Sampling, keys: Sequence[int]
    ) -> list[Completion | ModelError]:
        """The assistant's next message for each prompt; one that cannot be read is a `ModelError` in its place."""
        done: list[Completion | ModelError] = [ModelError("not reached")] * len(prompts)
        rows: list[_Row] = []
        for place, (prompt, key) in enumerate(zip(prompts, keys, strict=True)):
            try:
                rows.append(_Row(place, key, self._ids(prompt, sampling.max_tokens), digests(prompt)))
            except ModelError as error:
                done[place] = error
        reader = self._reader if rows else None
        if reader is None:
            spoken = (self._speak_plainly(row, sampling) for row in rows)
        else:
            if self._keeps:
                for row in rows:
                    row.prefix = self._prefixes.find(row.chain)
                self._read_heads(reader, [row for row in rows if row.prefix is None])
            batches = self._batches(rows, sampling.max_tokens)
            spoken = (row for batch, cache in batches for row in self._speak(reader, batch, cache, sampling))
        for row in spoken:
            done[row.place] = self._completion(row)
        return done

    def _ids(self, prompt: Dialogue, room: int) -> list[int]:
        ids = self.encoder.encode(prompt)
        if self._limit is not None and len(ids) + room > self._limit:
            most = f"the model takes {self._limit}"
            raise ModelError(f"a prompt of {len(ids)} tokens leaves no room for {room} more: {most}")
        return ids

    def _read_heads(self, reader: SlotReader, rows: list[_Row]) -> None:
        """Read once what several new conversations begin with: the first message, mostly a system prompt."""
        by_head: dict[bytes, list[_Row]] = {}
        for row in rows:
            by_head.setdefault(row.chain[0], []).append(row)
        shared = {digest: same for digest, same in by_head.items() if len(same) > 1}
        heads = [_Row(-1, 0, _head([row.ids for row in same]), [digest]) for digest, same in shared.items()]
        heads = [head for head in heads if head.ids]
        for first in range(0, len(heads), self.batch_size):
            batch = heads[first : first + self.batch_size]
            cache, _ = self._read(reader, batch, None, 0)
            for i, head in enumerate(batch):
                cache.ids[i] = head.ids
                self._prefixes.add(head.chain[0], Prefix(cache, i))
                for row in shared[head.chain[0]]:
                    row.prefix = Prefix(cache, i)

    def _batches(self, rows: list[_Row], room: int) -> list[tuple[list[_Row], SlotCache | None]]:
        """What is spoken side by side, and where: in the cache of the last turn, if it can hold all that goes on."""
        by_cache: dict[int, list[_Row]] = {}
        for row in rows:
            by_cache.setdefault(id(row.prefix and row.prefix.cache), []).append(row)
        going_on = [self._in_place(same, room) for same in by_cache.values()]
        if None not in going_on:
            return [batch for batch in going_on if batch]
        # Rows of like length side by side: few pads, and each batch as short as can be.
        rows = sorted(rows, key=lambda row: len(row.ids))
        return [(rows[i : i + self.batch_size], None) for i in range(0, len(rows), self.batch_size)]

    def _in_place(self, rows: list[_Row], room: int) -> tuple[list[_Row], SlotCache] | None:
        """Rows in the order of the cache that they all have their prefixes in; None where they had better be copied."""
        if rows[0].prefix is None:
            return None
        cache = rows[0].prefix.cache
        places = {row.prefix.row: row for row in rows if row.prefix}
        fits = max(len(row.ids) for row in rows) + room < cache.capacity
        # Rows that nobody asks for cost as much as others.
        if len(places) < len(rows) or not fits or not 0.75 * cache.rows <= len(rows) <= self.batch_size:
            return None
        # Such a row repeats a token behind what it holds, where it does no harm.
        return [places.get(i) or _Row(-1, 0, [*ids, 0], [], Prefix(cache, i)) for i, ids in enumerate(cache.ids)], cache

    def _read(
        self, reader: SlotReader, rows: list[_Row], cache: SlotCache | None, room: int
    ) -> tuple[SlotCache, torch.Tensor]:
        """Read what of the prompts has not been read; their cache, and logits of what follows each.

        Args:
            reader: of the model.
            rows: the prompts; one that is not to be spoken to (`place` -1) has been read up to its last token.
            cache: which they go on in, or None for a new one.
            room: how many tokens are to follow.
        """
        for row in rows:
            # Only now: a batch before this one may have gone on in the same rows. The last token is read always.
            row.start = min(row.prefix.common(row.ids) if row.prefix else 0, len(row.ids) - 1)
        width = max(len(row.ids) - row.start for row in rows)
        if even := all(len(row.ids) >= width for row in rows):
            # Rather than pads at the end, a few tokens are read again: then the last ones stand in one column.
            for row in rows:
                row.start = len(row.ids) - width
        if cache is None:
            cache = self._begun(reader, rows, max(len(row.ids) for row in rows) + room)
        for i, row in enumerate(rows):
            if row.chain:
                cache.ids[i] = row.ids[: row.start]
        part = min(max(_READ // len(rows), 16), _WIDEST)
        for at in range(0, width - (not even), part):
            n = min(part, width - (not even) - at)
            texts = [row.ids[row.start + at : len(row.ids) - (not even)][:n] for row in rows]
            tokens = torch.tensor([text + [0] * (n - len(text)) for text in texts], device=self.device)
            starts = torch.tensor([row.start + at for row in rows], device=self.device)
            slots = (starts[:, None] + torch.arange(n, device=self.device)).clamp(max=cache.capacity - 1)
            used = min(max(row.start for row in rows) + at + n, cache.capacity)
            if even and at + n == width:
                return cache, reader.logits(tokens, slots, cache, used)
            reader.read(tokens, slots, cache, used)
        last = torch.tensor([[row.ids[-1]] for row in rows], device=self.device)
        ends = [len(row.ids) - 1 for row in rows]
        return cache, reader.logits(last, torch.tensor(ends, device=self.device)[:, None], cache, max(ends) + 1)

    def _begun(self, reader: SlotReader, rows: list[_Row], needed: int) -> SlotCache:
        """A new cache that holds what is known of the prompts, with space for some turns to go on in."""
        most = int(self._prefixes.most / (reader.token_bytes * len(rows)))
        capacity = max(needed, min(4 * needed, most))
        cache = reader.cache(len(rows), min(capacity, self._limit or capacity))
        for i, row in enumerate(rows):
            if row.start:
                assert row.prefix is not None
                cache.put(i, row.prefix.cache, row.prefix.row, row.start)
        return cache

    def _speak(
        self, reader: SlotReader, rows: list[_Row], cache: SlotCache | None, sampling: Sampling
    ) -> Iterator[_Row]:
        """Draw tokens until every row has ended its turn; rows come out when their batch ends or shrinks."""
        cache, logits = self._read(reader, rows, cache, sampling.max_tokens)
        live = [i for i, row in enumerate(rows) if row.place >= 0]  # who still speaks
        # Where the next token belongs. It stays there for a row that has ended: what it holds is not to be touched.
        slots = [min(len(row.ids), cache.capacity - 1) for row in rows]
        lengths, drawn = [0] * len(rows), list[Drawn]()  # since the batch has shrunk last
        for step in range(sampling.max_tokens):
            drawn.append(draw(logits, sampling, [row.key for row in rows], step))
            tokens = drawn[-1].tokens.tolist()
            for i in live:
                lengths[i] += 1
            live = [i for i in live if tokens[i] not in self._ends] if step < sampling.max_tokens - 1 else []
            # Rows that have ended cost as much as others until they are dropped; dropping copies the cache.
            if len(live) <= len(rows) // 2:
                _tell(rows, drawn, lengths)
                for i in sorted({i for i, row in enumerate(rows) if row.place >= 0}.difference(live)):
                    self._remember(rows[i], cache, i)
                    yield rows[i]
                if not live:
                    return
                cache, feed = cache.taken(live), drawn[-1].tokens[torch.tensor(live, device=self.device)]
                rows, slots = [rows[i] for i in live], [slots[i] for i in live]
                live, lengths, drawn = list(range(len(rows))), [0] * len(rows), []
            else:
                feed = drawn[-1].tokens
            at = torch.tensor(slots, device=self.device)
            logits = reader.logits(feed[:, None], at[:, None], cache, max(slots) + 1)
            for i in live:
                slots[i] += 1

    def _speak_plainly(self, row: _Row, sampling: Sampling) -> _Row:
        """The same for a model that cannot be read by slot."""
        for step in range(sampling.max_tokens):
            tokens = torch.tensor([[*row.ids, *row.tokens]], device=self.device)
            logits = self.model(input_ids=tokens, use_cache=False, logits_to_keep=1).logits[:, -1]
            _tell([row], [draw(logits, sampling, [row.key], step)], [1])
            if row.tokens[-1] in self._ends:
                break
        return row

    def _remember(self, row: _Row, cache: SlotCache, i: int) -> None:
        if self._keeps:
            # The last token was drawn but never read.
            cache.ids[i] = [*row.ids, *row.tokens[:-1]]
            self._prefixes.add(row.chain[-1], Prefix(cache, i))

    def _completion(self, row: _Row) -> Completion | ModelError:
        if not all(map(math.isfinite, row.logprobs)):
            return ModelError("the model gives no probabilities: its outputs are not finite numbers")
        ended = row.tokens[-1] in self._ends
        return Completion(
            text=self.encoder.spoken(row.tokens[:-1] if ended else row.tokens),
            tokens=tuple(row.tokens),
            logprobs=tuple(row.logprobs),
            entropies=tuple(row.entropies),
            finish="stop" if ended else "length",
            signal=self._ends.get(row.tokens[-1]),
            usage=Usage(len(row.ids), row.start, len(row.tokens)),
        )

    # -- scoring -------------------------------------------------------------------------------------------------------

    def score(self, prompts: Sequence[Dialogue], continuations: Sequence[str]) -> list[tuple[float, ...] | ModelError]:
        """The log-probability of each token of each continuation, the end of the turn included."""
        scored: list[tuple[float, ...] | ModelError] = []
        for prompt, said in zip(prompts, continuations, strict=True):
            tail = [*self.encoder.ids(said), *([] if (end := self.tokenizer.eos_token_id) is None else [end])]
            try:
                scored.append(self._scored(self._ids(prompt, len(tail)), tail))
            except ModelError as error:
                scored.append(error)
        return scored

    @torch.inference_mode()
    def _scored(self, head: list[int], tail: list[int]) -> tuple[float, ...]:
        tokens = torch.tensor([[*head, *tail]], device=self.device)
        logits = self.model(input_ids=tokens, use_cache=False, logits_to_keep=len(tail) + 1).logits[0, :-1]
        found = logits.double().log_softmax(-1).gather(-1, tokens[0, len(head) :, None])[:, 0]
        return tuple(found.tolist())


def _tell(rows: list[_Row], drawn: list[Drawn], lengths: list[int]) -> None:
    """Let each row have as much as it has said of what was drawn at some steps."""
    told = [torch.stack(found, 1).tolist() for found in zip(*drawn, strict=True)]
    for row, length, tokens, logprobs, entropies in zip(rows, lengths, *told, strict=True):
        row.tokens += tokens[:length]
        row.logprobs += logprobs[:length]
        row.entropies += entropies[:length]


def _head(rows: list[list[int]]) -> list[int]:
    return rows[0][: common(rows)]


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__


@contextmanager
def quietly() -> Iterator[None]:
    """Without the progress bars and notices of transformers, which then are as they were before."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
