"""One token a row, drawn with that row's own number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from pragenv.protocols import Sampling

_BLOCK = 64
Array = np.ndarray[Any, np.dtype[Any]]


class Drawn(NamedTuple):
    """For each row: the token, its log-probability and the distribution's entropy (nats), before any sharpening."""

    tokens: torch.Tensor
    logprobs: torch.Tensor
    entropies: torch.Tensor


def draw(logits: torch.Tensor, sampling: Sampling, keys: Sequence[int], step: int) -> Drawn:
    """The next token of each row.

    Args:
        logits: (rows, vocabulary), of any precision. Half precisions are worked on in float32; running sums are made
            in float64, since over a large vocabulary they lose rare tokens in less.
        sampling: temperature and top_p.
        keys: of the rows; the token at `step` takes one uniform number from (key, step).
        step: how many tokens this turn has so far.
    """
    wide = logits if logits.dtype is torch.float64 else logits.float()
    p = wide.softmax(-1)
    if sampling.temperature == 0:
        tokens = wide.argmax(-1, keepdim=True)
    else:
        u = torch.tensor(_uniforms(keys, step), dtype=torch.float64, device=logits.device)
        sharpened = p if sampling.temperature == 1 else (wide / sampling.temperature).softmax(-1)
        tokens = _inverse(sharpened, sampling.top_p, u)
    # Flattening may draw a token whose own probability has vanished, and with it what that tells of the sum.
    sure = tokens if sampling.temperature <= 1 else wide.argmax(-1, keepdim=True)
    normaliser = wide.gather(-1, sure) - p.gather(-1, sure).log()
    # A token that cannot be drawn adds nothing: 0 times minus infinity is not a number.
    entropies = normaliser[:, 0] - torch.linalg.vecdot(p, wide.clamp(min=-1e9))
    return Drawn(tokens[:, 0], (wide.gather(-1, tokens) - normaliser)[:, 0], entropies)


def _uniforms(keys: Sequence[int], step: int) -> Array:
    """`uniform(mix(key, step))` for each key."""
    z = np.array(keys, np.uint64) + np.uint64((step + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def _inverse(p: torch.Tensor, top_p: float, u: torch.Tensor) -> torch.Tensor:
    """The token at quantile `u` of each row, in the vocabulary's order; for top_p < 1, the most probable first."""
    if top_p < 1:
        p, order = p.double().sort(stable=True, dim=-1, descending=True)
        p = p * (p.cumsum(-1) - p < top_p)  # the token that crosses the bound is still in
    # First the block, then the token in it: a running sum over the whole vocabulary would take most of the time.
    blocks = torch.nn.functional.pad(p, (0, -p.shape[-1] % _BLOCK)).reshape(len(p), -1, _BLOCK)
    sums = blocks.sum(-1, dtype=torch.float64)
    block, left = _reached(sums, u[:, None] * sums.sum(-1, keepdim=True))
    inside = blocks.gather(1, block[:, :, None].expand(-1, -1, _BLOCK))[:, 0].double()
    within, _ = _reached(inside, left)
    at = block * _BLOCK + within
    return order.gather(-1, at) if top_p < 1 else at


def _reached(p: torch.Tensor, goal: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the running sum of each row first exceeds its goal, and what of the goal is left before that."""
    upto = p.cumsum(-1)
    # Where rounding puts the goal at the far end, the last entry with any probability is meant, not one without.
    last = torch.searchsorted(upto, upto[:, -1:].contiguous())
    at = torch.searchsorted(upto, goal, right=True).minimum(last).clamp(max=p.shape[-1] - 1)
    return at, goal - (upto - p).gather(-1, at)
