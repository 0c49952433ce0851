"""A cache in which a token's slot is its position, so that rows of any length sit side by side without gaps.

Keys, values and the inputs of short convolutions are all kept by slot. Whatever a prefix has in common with another
can therefore be cut out, kept, and put under another row, exactly.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin, LinearAttentionLayer

Slots = tuple[torch.Tensor, ...]
"""What one layer keeps: tensors with rows along their first axis and slots along their third."""


class Place:
    """Where the tokens of the forward pass under way belong; shared by all layers.

    Attributes:
        rows: (rows, 1), counting up.
        slots: (rows, tokens), the position of each.
        used: how many slots are attended to; beyond all of `slots`.
    """

    rows: torch.Tensor
    slots: torch.Tensor
    used: int


class AttentionSlots(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """Keys and values of one attention layer, each of shape (rows, heads, slots, width)."""

    is_sliding = False

    def __init__(self, place: Place, rows: int, capacity: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._place, self._rows, self._capacity = place, rows, capacity

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Make room, once it is known how wide keys and values are."""
        self.fill((_room(key_states, self._rows, self._capacity), _room(value_states, self._rows, self._capacity)))

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Put the tokens' keys and values into their slots; returns all that are in use."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        keys, values = self._held
        rows, slots = self._place.rows, self._place.slots
        for kept, states in ((keys, key_states), (values, value_states)):
            kept.transpose(1, 2)[rows, slots] = states.transpose(1, 2)
        return keys[:, :, : self._place.used], values[:, :, : self._place.used]

    @property
    def _held(self) -> tuple[torch.Tensor, torch.Tensor]:
        assert self.keys is not None
        assert self.values is not None
        return self.keys, self.values

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what is attended to."""
        return self._place.used, 0

    def get_seq_length(self) -> int:
        """Slots in use before this pass; positions are always given, so nothing counts from it."""
        return 0

    def get_max_length(self) -> int:
        """How many slots there are."""
        return self._capacity

    def tensors(self) -> Slots:
        """Keys and values, once there are any."""
        return self._held if self.is_initialized else ()

    def fill(self, tensors: Slots) -> None:
        """Hold these keys and values instead."""
        self.keys, self.values = tensors
        self.is_initialized = True


class ConvolutionSlots(LinearAttentionLayer):
    """The inputs of one short causal convolution, of shape (rows, 1, slots, width)."""

    def __init__(self, place: Place, rows: int, capacity: int) -> None:
        super().__init__()
        self._place, self._rows, self._capacity = place, rows, capacity
        self.inputs: torch.Tensor | None = None
        self.record_past = True  # makes the model hand over every input, also of a single token

    def update_conv_state(
        self, conv_states: torch.Tensor, state_idx: int = 0, conv_kernel_size: int | None = None, **kwargs: Any
    ) -> torch.Tensor:
        """Put the inputs, (rows, width, tokens), into their slots; returns them with those that they reach back to."""
        if state_idx or conv_kernel_size is None:
            raise NotImplementedError("only layers with one short convolution can be kept by slot")
        rows, slots = self._place.rows, self._place.slots
        if self.inputs is None:
            self.inputs = _room(conv_states.transpose(1, 2)[:, None], self._rows, self._capacity)
        held = self.inputs[:, 0]
        held[rows, slots] = conv_states.transpose(1, 2)
        reach = torch.arange(1 - conv_kernel_size, 0, device=slots.device) + slots[:, :1]
        before = held[rows, reach.clamp(min=0)] * (reach >= 0)[:, :, None]
        return torch.cat([before.transpose(1, 2), conv_states], dim=-1)

    def tensors(self) -> Slots:
        """The inputs, once there are any."""
        return () if self.inputs is None else (self.inputs,)

    def fill(self, tensors: Slots) -> None:
        """Hold these inputs instead."""
        (self.inputs,) = tensors


class SlotCache(Cache):
    """The cache of a batch; conversations may go on in it turn after turn.

    Args:
        kinds: for each layer `conv`, or anything else for attention.
        rows: of the batch.
        capacity: slots a row.

    Attributes:
        reach: how many slots of its rows have been in use, at most.
        ids: for each row, the tokens whose slots are sure to hold what they should, from the first one on. Beyond them
            lies what pads have left, and what is being written.
    """

    def __init__(self, kinds: Sequence[str], rows: int, capacity: int) -> None:
        self.place, self.rows, self.capacity, self.reach = Place(), rows, capacity, 0
        self.ids: list[Sequence[int]] = [()] * rows
        self._kinds = kinds
        self._slotted: list[AttentionSlots | ConvolutionSlots] = [
            (ConvolutionSlots if kind == "conv" else AttentionSlots)(self.place, rows, capacity) for kind in kinds
        ]
        super().__init__(layers=[*self._slotted])

    @property
    def bytes(self) -> int:
        """How much memory it takes; on the CPU, what has never been written to takes none."""
        slots = self.reach if self.lazy else self.capacity
        return slots * sum(
            held.element_size() * held[:, :, 0].numel() for layer in self._slotted for held in layer.tensors()
        )

    @property
    def lazy(self) -> bool:
        """Whether it is in a memory that gives room only as it is used."""
        return all(held.device.type == "cpu" for layer in self._slotted for held in layer.tensors())

    def put(self, i: int, source: SlotCache, row: int, length: int) -> None:
        """Let a row begin with the first tokens of another cache's row."""
        for layer, other in zip(self._slotted, source._slotted, strict=True):
            if not layer.tensors():
                layer.fill(tuple(_room(held, self.rows, self.capacity) for held in other.tensors()))
            for held, given in zip(layer.tensors(), other.tensors(), strict=True):
                held[i, :, :length] = given[row, :, :length]
        self.ids[i] = source.ids[row][:length]
        self.reach = max(self.reach, length)

    def taken(self, rows: Sequence[int]) -> SlotCache:
        """A copy with these rows only."""
        made = SlotCache(self._kinds, len(rows), self.capacity)
        for layer, other in zip(made._slotted, self._slotted, strict=True):
            layer.fill(tuple(_room(held, len(rows), self.capacity) for held in other.tensors()))
            for held, given in zip(layer.tensors(), other.tensors(), strict=True):
                held[:, :, : self.reach] = given[rows, :, : self.reach]
        made.ids, made.reach = [self.ids[i] for i in rows], self.reach
        return made

    def cut(self, row: int) -> SlotCache:
        """A copy of one row, no larger than what is sure to be right."""
        made = SlotCache(self._kinds, 1, len(self.ids[row]))
        made.put(0, self, row, made.capacity)
        return made


def _room(like: torch.Tensor, rows: int, capacity: int) -> torch.Tensor:
    """Slots for such keys, values or inputs. Zeros: what is hidden from attention must be numbers all the same."""
    shape = (rows, like.shape[1], capacity, like.shape[3])
    if like.device.type != "cpu":
        return like.new_zeros(shape)
    # PyTorch would write every zero; what the system hands out as zeros costs nothing until it is used. In small pages:
    # in a huge one the first slots of a row bring those of the next rows with them.
    memory = mmap.mmap(-1, math.prod(shape) * like.element_size())
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return torch.frombuffer(memory, dtype=like.dtype).view(shape)


class SlotReader:
    """Has a model read tokens into slots.

    Args:
        model: a causal language model (transformers).

    Attributes:
        token_bytes: what a cache keeps of one token; known once `gap` has been.

    Raises:
        NotImplementedError: where its layers are known to need more than slots.
    """

    def __init__(self, model: Any) -> None:
        self.model, self._config = model, model.config.get_text_config()
        self.kinds = _kinds(self._config)
        self.token_bytes = 0

    def cache(self, rows: int, capacity: int) -> SlotCache:
        """An empty cache."""
        return SlotCache(self.kinds, rows, capacity)

    @torch.inference_mode()
    def read(self, tokens: torch.Tensor, slots: torch.Tensor, cache: SlotCache, used: int) -> None:
        """Read tokens that nothing is to be predicted from.

        Args:
            tokens: (rows, n). Each row is contiguous; a row that has fewer is padded at its end.
            slots: (rows, n), where they belong. What a pad leaves is hidden until another token takes its slot.
            cache: where they are put.
            used: one more than the largest slot, so that every token, pads too, attends to itself at least.
        """
        self._forward(self.model.base_model, tokens, slots, cache, used)

    @torch.inference_mode()
    def logits(self, tokens: torch.Tensor, slots: torch.Tensor, cache: SlotCache, used: int) -> torch.Tensor:
        """Read tokens as `read` does, none of them pads; logits (rows, vocabulary) of what follows the last."""
        found: torch.Tensor = self._forward(self.model, tokens, slots, cache, used, logits_to_keep=1).logits
        return found[:, -1]

    def _forward(
        self, model: Any, tokens: torch.Tensor, slots: torch.Tensor, cache: SlotCache, used: int, **arguments: Any
    ) -> Any:
        cache.place.rows = torch.arange(len(slots), device=slots.device)[:, None]
        cache.place.slots, cache.place.used = slots, used
        cache.reach = max(cache.reach, used)
        masks = self._masks(slots, used)
        return model(
            input_ids=tokens, position_ids=slots, attention_mask=masks, cache=cache, use_cache=True, **arguments
        )

    def _masks(self, slots: torch.Tensor, used: int) -> Any:
        """What each token attends to, for each kind of layer."""
        behind = slots[:, None, :, None] - torch.arange(used, device=slots.device)
        masks: dict[str, torch.Tensor | None] = {}
        for kind in set(self.kinds):
            if kind == "conv":
                masks[kind] = None
            else:
                sees = behind >= 0
                if kind == "sliding_attention":
                    sees &= behind < self._config.sliding_window
                masks[kind] = self._as_given(sees)
        return masks if len(masks) > 1 else next(iter(masks.values()))

    def _as_given(self, mask: torch.Tensor) -> torch.Tensor:
        if self._config._attn_implementation == "sdpa":
            return mask
        dtype = self.model.dtype
        return torch.zeros_like(mask, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)

    @torch.inference_mode()
    def gap(self) -> float:
        """How far log-probabilities read by slot are from those read in one go, in spreads of the latter.

        Two rows of different lengths are read in parts, the shorter one padded; then single tokens follow, in slots
        that differ; one row is dropped; at last the other is cut and goes on in a cache of its own.
        """
        device, size = self.model.device, self._config.vocab_size
        rows = [[(7 * i * (i + n)) % size for i in range(1, 32)] for n in (1, 2)]
        lengths = [8, 14]

        def tensor(values: Sequence[Any]) -> torch.Tensor:
            return torch.tensor(values, device=device)

        with self._narrow():
            cache, gaps = self.cache(2, 32), []

            def advance(cache: SlotCache, live: Sequence[int]) -> None:
                at = [lengths[i] for i in live]
                last = tensor([rows[i][n] for i, n in zip(live, at, strict=True)])
                found = self.logits(last[:, None], tensor(at)[:, None], cache, max(at) + 1)
                for i, logits in zip(live, found, strict=True):
                    gaps.append(self._apart(logits, rows[i][: lengths[i] + 1]))
                    lengths[i] += 1

            for first, stop in ((0, 4), (4, 5), (5, 14)):
                part = [[*row[:n], *[0] * 32][first:stop] for row, n in zip(rows, lengths, strict=True)]
                self.read(tensor(part), torch.arange(first, stop, device=device).expand(2, -1), cache, stop)
            self.token_bytes = cache.bytes // (2 * (cache.reach if cache.lazy else cache.capacity))
            for _ in range(3):
                advance(cache, [0, 1])
            cache = cache.taken([1])
            advance(cache, [1])
            lengths[1] -= 2
            cache.ids[0] = rows[1][: lengths[1]]
            own = self.cache(1, 32)
            own.put(0, cache.cut(0), 0, lengths[1])
            for _ in range(3):
                advance(own, [1])
        return max(gaps)

    def _apart(self, logits: torch.Tensor, ids: list[int]) -> float:
        whole = self.model(input_ids=torch.tensor([ids], device=logits.device), use_cache=False).logits[0, -1].double()
        whole = whole.log_softmax(-1)
        return float((logits.double().log_softmax(-1) - whole).abs().max() / whole.std())

    @contextmanager
    def _narrow(self) -> Iterator[None]:
        # So that a few tokens reach beyond the window; the model's own masks look it up at each pass, as ours do.
        if "sliding_attention" not in self.kinds:
            yield
            return
        window = self._config.sliding_window
        self._config.sliding_window = min(window, 5)
        try:
            yield
        finally:
            self._config.sliding_window = window


def _kinds(config: Any) -> tuple[str, ...]:
    """The kind of each layer. Where the configuration names none, all slide if there is a window."""
    kinds = getattr(config, "layer_types", None)
    if kinds is None:
        window = getattr(config, "sliding_window", None)
        kinds = ["sliding_attention" if window else "full_attention"] * config.num_hidden_layers
    if strange := sorted(set(kinds) - {"full_attention", "sliding_attention", "conv"}):
        raise NotImplementedError(f"layers of kind {strange[0]}")
    rotary = str(getattr(config, "rope_parameters", None))
    if "'dynamic'" in rotary or "'longrope'" in rotary:
        raise NotImplementedError("positions are turned by angles that depend on the length of the text")
    return tuple(kinds)
