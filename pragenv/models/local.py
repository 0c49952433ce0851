"""Any causal language model that `transformers` loads, with a decode loop and a prefix cache of our own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from pragenv.errors import ConfigError, ModelError
from pragenv.models.chat import ChatEncoder
from pragenv.models.prefixes import Prefix, Prefixes, digests
from pragenv.models.sampling import draw
from pragenv.models.slots import SlotCache
from pragenv.protocols import Completion, LanguageModel, Sampling, Usage
from pragenv.types import Dialogue, FrozenDict, Message

_DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_SIGNALS = FrozenDict(satisfied="<|satisfied|>", gave_up="<|gave_up|>")
_PREFILL = 256  # tokens read at once: bounds the attention mask


@dataclass
class _Row:
    """One prompt on its way to a completion."""

    place: int
    key: int
    prompt: Dialogue
    ids: list[int]
    chain: list[bytes]
    prefix: Prefix | None
    start: int = 0
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)


class Local(LanguageModel):
    """A model in this process. Loaded at the first use; what it has read of a conversation is not read again.

    Args:
        path: folder, or name on the Hugging Face hub. Only safetensors are read; no code of the model's is run.
        device: `cpu`, `cuda`, `cuda:1`, …
        dtype: float32, float64, bfloat16 or float16.
        deterministic: float64 on the CPU, so that a completion is the same alone, in any batch and from the cache.
        batch_size: most prompts that are continued side by side.
        cache_gb: memory for what has been read, in 2**30 bytes; 0 reads everything anew.
        threads: of PyTorch, for this whole process; None leaves them alone.

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
        if batch_size < 1 or cache_gb < 0:
            raise ConfigError(f"model: batch_size must be at least 1 and cache_gb at least 0: {batch_size}, {cache_gb}")
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
        loaded = self._load(AutoModelForCausalLM, dtype=self.dtype, use_safetensors=True)
        try:
            return loaded.to(self.device).eval()
        except (RuntimeError, AssertionError) as error:  # torch raises either where there is no such device
            raise ConfigError(f"model.device {self.device!r} cannot be used: {error}") from None

    @cached_property
    def tokenizer(self) -> Any:
        """The `transformers` tokenizer."""
        from transformers import AutoTokenizer

        return self._load(AutoTokenizer)

    def _load(self, kind: Any, **arguments: Any) -> Any:
        try:
            return kind.from_pretrained(self.path, **arguments)
        except Exception as error:  # many kinds, for missing folders, missing files and unknown architectures
            reason = str(error).strip().split("\n")[0]
            raise ConfigError(f"model {self.path!r} cannot be loaded: {reason}") from None

    @cached_property
    def encoder(self) -> ChatEncoder:
        """From chats to ids."""
        return ChatEncoder(self.tokenizer)

    @property
    def signals(self) -> Mapping[str, str]:  # type: ignore[override]
        """The signals whose control tokens the model's vocabulary holds."""
        special = set(self.tokenizer.all_special_tokens) | set(self.tokenizer.get_added_vocab())
        return FrozenDict({name: token for name, token in _SIGNALS.items() if token in special})

    @cached_property
    def _ends(self) -> Mapping[int, str | None]:
        """Token id that ends a turn -> the signal that it is."""
        ends: dict[int, str | None] = {}
        for found in (self.model.generation_config.eos_token_id, self.tokenizer.eos_token_id):
            ends |= dict.fromkeys(found if isinstance(found, list) else [] if found is None else [found])
        for name, token in self.signals.items():
            ends[self.tokenizer.convert_tokens_to_ids(token)] = name
        return ends

    @cached_property
    def _config(self) -> Any:
        return self.model.config.get_text_config()

    @cached_property
    def _kinds(self) -> tuple[str, ...]:
        layers = self._config.num_hidden_layers
        return tuple(getattr(self._config, "layer_types", None) or ["full_attention"] * layers)

    # -- reading and speaking ------------------------------------------------------------------------------------------

    def complete(
        self, prompts: Sequence[Dialogue], sampling: Sampling, keys: Sequence[int]
    ) -> list[Completion | ModelError]:
        """The assistant's next message for each prompt; one that cannot be read is a `ModelError` in its place."""
        done: list[Completion | ModelError] = [ModelError("not reached")] * len(prompts)
        rows: list[_Row] = []
        for place, (prompt, key) in enumerate(zip(prompts, keys, strict=True)):
            try:
                rows.append(self._row(place, prompt, key, sampling))
            except ModelError as error:
                done[place] = error
        if self._slotted:
            self._read_heads([row for row in rows if row.prefix is None])
        rows.sort(key=lambda row: len(row.ids) - row.start)
        size = self.batch_size if self._slotted else 1
        for first in range(0, len(rows), size):
            for row in self._speak(rows[first : first + size], sampling):
                done[row.place] = self._completion(row)
        return done

    def _row(self, place: int, prompt: Dialogue, key: int, sampling: Sampling) -> _Row:
        chain = digests(prompt)
        ids = self.encoder.encode(prompt, self._prefixes.spoken(chain))
        limit = getattr(self._config, "max_position_embeddings", None)
        if limit is not None and len(ids) + sampling.max_tokens > limit:
            raise ModelError(f"a prompt of {len(ids)} tokens leaves no room for an answer; the model takes {limit}")
        row = _Row(place, key, prompt, ids, chain, self._prefixes.find(chain) if self._keeps else None)
        self._reuse(row)
        return row

    @staticmethod
    def _reuse(row: _Row) -> None:
        # At least the last token is read: it is the one whose successor is drawn.
        row.start = min(row.prefix.common(row.ids), len(row.ids) - 1) if row.prefix else 0

    def _read_heads(self, rows: list[_Row]) -> None:
        """Read once what several new conversations begin with: the first message, mostly a system prompt."""
        by_head: dict[bytes, list[_Row]] = {}
        for row in rows if self._keeps else ():
            by_head.setdefault(row.chain[0], []).append(row)
        shared = {head: same for head, same in by_head.items() if len(same) > 1}
        heads = [_Row(-1, 0, (), _common([row.ids for row in same]), [head], None) for head, same in shared.items()]
        for first in range(0, len(heads), self.batch_size):
            batch = [head for head in heads[first : first + self.batch_size] if len(head.ids) > 1]
            if batch:
                cache = self._read(batch, 0)
                for i, head in enumerate(batch):
                    self._prefixes.add(head.chain[0], self._prefix(cache, i, head.ids[:-1]))
        for head, same in shared.items():
            for row in same:
                row.prefix = self._prefixes.find([head])
                self._reuse(row)

    def _read(self, rows: list[_Row], room: int) -> SlotCache:
        """A cache in which all but the last token of each prompt has been read, with room for more."""
        # One slot beyond all that is used takes what pads write.
        capacity = max(len(row.ids) for row in rows) + room + 1
        cache = SlotCache(self._kinds, len(rows), capacity)
        for i, row in enumerate(rows):
            if row.start:
                assert row.prefix is not None
                cache.put(i, row.prefix.kept, row.start)
        starts = torch.tensor([row.start for row in rows], device=self.device)
        longest = max(len(row.ids) - 1 - row.start for row in rows)
        pad = self.tokenizer.pad_token_id or 0
        for at in range(0, longest, _PREFILL):
            width = min(_PREFILL, longest - at)
            chunks = [row.ids[row.start + at : len(row.ids) - 1][:width] for row in rows]
            tokens = torch.tensor([chunk + [pad] * (width - len(chunk)) for chunk in chunks], device=self.device)
            slots = starts[:, None] + torch.arange(at, at + width, device=self.device)
            used = max(row.start + at + len(chunk) for row, chunk in zip(rows, chunks, strict=True))
            self._forward(tokens, slots.clamp(max=capacity - 1), cache, used)
        return cache

    @torch.inference_mode()
    def _forward(self, tokens: torch.Tensor, slots: torch.Tensor, cache: SlotCache, used: int) -> torch.Tensor:
        """Logits (rows, vocabulary) after the last of the tokens."""
        cache.place.slots, cache.place.used = slots, used
        out = self.model(
            input_ids=tokens,
            position_ids=slots,
            attention_mask=self._masks(slots, used),
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = out.logits[:, -1]
        return logits

    def _masks(self, slots: torch.Tensor, used: int) -> Any:
        """What each token attends to, for each kind of layer."""
        behind = slots[:, None, :, None] - torch.arange(used, device=self.device)
        full = behind >= 0
        window = getattr(self._config, "sliding_window", None)
        kinds = dict.fromkeys(set(self._kinds), full) | ({"conv": None} if "conv" in self._kinds else {})
        if "sliding_attention" in kinds or (window and not hasattr(self._config, "layer_types")):
            kinds["sliding_attention"] = full & (behind < window)
        masks = {kind: None if mask is None else self._as_given(mask) for kind, mask in kinds.items()}
        return masks if len(set(self._kinds)) > 1 else next(iter(masks.values()))

    def _as_given(self, mask: torch.Tensor) -> torch.Tensor:
        if self._config._attn_implementation == "sdpa":
            return mask
        return torch.zeros_like(mask, dtype=self.dtype).masked_fill(~mask, torch.finfo(self.dtype).min)

    def _speak(self, rows: list[_Row], sampling: Sampling) -> Iterator[_Row]:
        """Draw tokens until every row has ended its turn; rows come out as they end."""
        cache = self._read(rows, sampling.max_tokens) if self._slotted else None
        feed = torch.tensor([row.ids[-1] for row in rows], device=self.device)
        slots = torch.tensor([len(row.ids) - 1 for row in rows], device=self.device)
        live = list(range(len(rows)))  # places in the batch that still speak
        for step in range(sampling.max_tokens):
            if cache is None:
                logits = self._plain_forward(rows[0])
            else:
                logits = self._forward(feed[:, None], slots[:, None], cache, int(slots.max()) + 1)
            drawn = draw(logits, sampling, [row.key for row in rows], step)
            told = [t.tolist() for t in drawn]
            still = []
            for i in live:
                row = rows[i]
                for own, all_rows in zip((row.tokens, row.logprobs, row.entropies), told, strict=True):
                    own.append(all_rows[i])
                if row.tokens[-1] in self._ends or step == sampling.max_tokens - 1:
                    self._remember(row, cache, i)
                    yield row
                else:
                    still.append(i)
            if not (live := still):
                return
            feed = drawn.tokens
            slots = slots.clone()
            slots[live] += 1
            # Rows that have ended cost as much as others until they are dropped; dropping copies the cache.
            if cache is not None and len(live) <= len(rows) // 2:
                keep = torch.tensor(live, device=self.device)
                cache.keep(keep)
                feed, slots, rows = feed[keep], slots[keep], [rows[i] for i in live]
                live = list(range(len(rows)))

    def _remember(self, row: _Row, cache: SlotCache | None, i: int) -> None:
        if cache is None or not self._keeps:
            return
        # The last token was drawn but never read.
        prefix = self._prefix(cache, i, [*row.ids, *row.tokens[:-1]])
        self._prefixes.add(row.chain[-1], prefix)

    @staticmethod
    def _prefix(cache: SlotCache, i: int, ids: list[int]) -> Prefix:
        return Prefix(tuple(ids), cache.row(i, len(ids)))

    def _completion(self, row: _Row) -> Completion:
        ended = row.tokens[-1] in self._ends
        said = row.tokens[:-1] if ended else row.tokens
        text = self.tokenizer.decode(said, skip_special_tokens=True).strip()
        self._prefixes.spoke(digests((*row.prompt, Message("assistant", text)))[-1], tuple(said))
        return Completion(
            text=text,
            tokens=tuple(row.tokens),
            logprobs=tuple(row.logprobs),
            entropies=tuple(row.entropies),
            finish="stop" if ended else "length",
            signal=self._ends.get(row.tokens[-1]),
            usage=Usage(len(row.ids), row.start, len(row.tokens)),
        )

    def score(self, prompts: Sequence[Dialogue], continuations: Sequence[str]) -> list[tuple[float, ...] | ModelError]:
        """The log-probability of each token of each continuation, the end of the turn included."""
        scored: list[tuple[float, ...] | ModelError] = []
        for prompt, said in zip(prompts, continuations, strict=True):
            try:
                head = self.encoder.encode(prompt, {})
            except ModelError as error:
                scored.append(error)
                continue
            end = () if self.tokenizer.eos_token_id is None else (self.tokenizer.eos_token_id,)
            tail = [*self.encoder.split(said), *end]
            scored.append(self._scored(head, tail))
        return scored

    @torch.inference_mode()
    def _scored(self, head: list[int], tail: list[int]) -> tuple[float, ...]:
        tokens = torch.tensor([[*head, *tail]], device=self.device)
        logits = self.model(input_ids=tokens, use_cache=False).logits[0, len(head) - 1 : -1]
        found = logits.double().log_softmax(-1).gather(-1, tokens[0, len(head) :, None])[:, 0]
        return tuple(found.tolist())

    # -- models that cannot be kept by slot ----------------------------------------------------------------------------

    @torch.inference_mode()
    def _plain_forward(self, row: _Row) -> torch.Tensor:
        tokens = torch.tensor([[*row.ids, *row.tokens]], device=self.device)
        logits: torch.Tensor = self.model(input_ids=tokens, use_cache=False, logits_to_keep=1).logits[:, -1]
        return logits

    @cached_property
    def _slotted(self) -> bool:
        """Whether reading by slot, in uneven parts, gives what the model gives; tried once, since models differ."""
        try:
            with torch.inference_mode():
                gap = self._gap()
        except Exception as error:  # a cache of a kind that slots know nothing of
            why = f"{type(error).__name__}: {str(error).split(chr(10))[0]}"
        else:
            if gap < (1e-6 if self.dtype is torch.float64 else 1e-3 if self.dtype is torch.float32 else 0.1):
                return True
            why = f"its outputs would change by {gap:.2g}"
        warnings.warn(
            f"model {self.path!r} is read anew at every token, one conversation at a time: its layers cannot be kept "
            f"by slot ({why})",
            stacklevel=2,
        )
        return False

    def _gap(self) -> float:
        """The largest difference between log-probabilities read by slot and read in one go."""
        size = self._config.vocab_size
        rows = [[(7 * i * (i + n)) % size for i in range(1, 6 + 9 * n)] for n in (1, 2)]
        cache = SlotCache(self._kinds, 2, 40)
        for part in (slice(0, 4), slice(4, 5), slice(5, 14)):  # the shorter row is padded in the last
            tokens = torch.tensor([(row + [0] * 40)[part] for row in rows], device=self.device)
            slots = torch.arange(part.start, part.stop, device=self.device).expand(2, -1)
            self._forward(tokens, slots, cache, part.stop)
        gaps = []
        for i, row in enumerate(rows):
            own = SlotCache(self._kinds, 1, 40)
            own.put(0, cache.row(i, 12), 12)
            at = torch.tensor([[12]], device=self.device)
            here = self._forward(torch.tensor([[row[12]]], device=self.device), at, own, 13)
            whole = self.model(input_ids=torch.tensor([row[:13]], device=self.device), use_cache=False).logits[:, -1]
            gaps.append((here.double().log_softmax(-1) - whole.double().log_softmax(-1)).abs().max().item())
        return max(gaps)


def _common(rows: list[list[int]]) -> list[int]:
    """What all rows begin with."""
    shortest = min(rows, key=len)
    differs = (i for i, token in enumerate(shortest) if any(row[i] != token for row in rows))
    return shortest[: next(differs, len(shortest))]
