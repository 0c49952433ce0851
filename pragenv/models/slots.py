"""A cache in which a token's slot is its position, so that rows of any length sit side by side without gaps.

Keys, values and the inputs of short convolutions are all kept by slot. Whatever a prefix has in common with another
can therefore be cut out, kept, and put under another row, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin, LinearAttentionLayer

Slots = tuple[torch.Tensor, ...]
"""What one row keeps in one layer: tensors with the slots along their second axis."""


class Place:
    """Where the tokens of the forward pass under way belong; shared by all layers.

    Attributes:
        slots: (rows, tokens), the position of each.
        used: how many slots hold anything that is attended to.
    """

    slots: torch.Tensor
    used: int


class AttentionSlots(CacheLayerMixin):
    """Keys and values of one attention layer, each of shape (rows, heads, slots, width)."""

    is_sliding = False

    def __init__(self, place: Place, rows: int, capacity: int) -> None:
        super().__init__()
        self._place, self._rows, self._capacity = place, rows, capacity

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Make room, once it is known how wide keys and values are."""
        self.keys, self.values = (
            states.new_zeros(self._rows, states.shape[1], self._capacity, states.shape[3])
            for states in (key_states, value_states)
        )
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Put the tokens' keys and values into their slots; returns all that are in use."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        assert self.keys is not None and self.values is not None
        index = self._place.slots[:, None, :, None]
        for kept, states in ((self.keys, key_states), (self.values, value_states)):
            kept.scatter_(2, index.expand_as(states), states)
        return self.keys[:, :, : self._place.used], self.values[:, :, : self._place.used]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what is attended to."""
        return self._place.used, 0

    def get_seq_length(self) -> int:
        """Slots in use before this pass; positions are always given, so nothing counts from it."""
        return 0

    def get_max_length(self) -> int:
        """How many slots there are."""
        return self._capacity

    def row(self, i: int, length: int) -> Slots:
        """A copy of the first slots of a row."""
        assert self.keys is not None and self.values is not None
        return self.keys[i, :, :length].clone(), self.values[i, :, :length].clone()

    def put(self, i: int, slots: Slots, length: int) -> None:
        """Fill the first slots of a row."""
        if not self.is_initialized:
            self.lazy_initialization(*(s[None] for s in slots))
        assert self.keys is not None and self.values is not None
        self.keys[i, :, :length], self.values[i, :, :length] = (s[:, :length] for s in slots)

    def keep(self, rows: torch.Tensor) -> None:
        """Drop all other rows."""
        assert self.keys is not None and self.values is not None
        self.keys, self.values = self.keys[rows], self.values[rows]


class ConvolutionSlots(LinearAttentionLayer):
    """The inputs of one short causal convolution, of shape (rows, width, slots)."""

    def __init__(self, place: Place, rows: int, capacity: int) -> None:
        super().__init__()
        self._place, self._rows, self._capacity = place, rows, capacity
        self.inputs: torch.Tensor | None = None
        self.record_past = True  # makes the model hand over every input, also of a single token

    def update_conv_state(
        self, conv_states: torch.Tensor, state_idx: int = 0, conv_kernel_size: int | None = None, **kwargs: Any
    ) -> torch.Tensor:
        """Put the inputs into their slots; returns them with those that the convolution reaches back to."""
        if state_idx or conv_kernel_size is None:
            raise NotImplementedError("only layers with one short convolution can be kept by slot")
        slots = self._place.slots
        if self.inputs is None:
            self.inputs = conv_states.new_zeros(self._rows, conv_states.shape[1], self._capacity)
        self.inputs.scatter_(2, slots[:, None].expand_as(conv_states), conv_states)
        reach = torch.arange(1 - conv_kernel_size, 0, device=slots.device) + slots[:, :1]
        before = self.inputs.gather(2, reach.clamp(min=0)[:, None].expand(-1, conv_states.shape[1], -1))
        return torch.cat([before * (reach >= 0)[:, None], conv_states], dim=-1)

    def row(self, i: int, length: int) -> Slots:
        """A copy of the first slots of a row."""
        assert self.inputs is not None
        return (self.inputs[i, :, :length].clone(),)

    def put(self, i: int, slots: Slots, length: int) -> None:
        """Fill the first slots of a row."""
        (given,) = slots
        if self.inputs is None:
            self.inputs = given.new_zeros(self._rows, given.shape[0], self._capacity)
        self.inputs[i, :, :length] = given[:, :length]

    def keep(self, rows: torch.Tensor) -> None:
        """Drop all other rows."""
        assert self.inputs is not None
        self.inputs = self.inputs[rows]


class SlotCache(Cache):
    """The cache of a batch.

    Args:
        kinds: for each layer `conv`, or anything else for attention.
        rows: of the batch.
        capacity: slots a row.
    """

    def __init__(self, kinds: Sequence[str], rows: int, capacity: int) -> None:
        self.place = Place()
        made = {"conv": ConvolutionSlots}
        super().__init__(layers=[made.get(kind, AttentionSlots)(self.place, rows, capacity) for kind in kinds])

    def row(self, i: int, length: int) -> tuple[Slots, ...]:
        """What the first tokens of a row left in each layer."""
        return tuple(layer.row(i, length) for layer in self.layers)

    def put(self, i: int, kept: tuple[Slots, ...], length: int) -> None:
        """Let a row begin with tokens that have been read before."""
        for layer, slots in zip(self.layers, kept, strict=True):
            layer.put(i, slots, length)

    def keep(self, rows: torch.Tensor) -> None:
        """Drop all rows but these."""
        for layer in self.layers:
            layer.keep(rows)
