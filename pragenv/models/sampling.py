"""One token a row, drawn with that row's own number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from pragenv.protocols import Sampling

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
    # One pass over the vocabulary less than by way of all log-probabilities.
    most = wide.argmax(-1, keepdim=True)
    normaliser = (wide.gather(-1, most) - p.gather(-1, most).log())[:, 0]
    # A token that cannot be drawn adds nothing: 0 times minus infinity is not a number.
    entropies = normaliser - torch.linalg.vecdot(p, wide.clamp(min=-1e9))
    if sampling.temperature == 0:
        tokens = most
    else:
        u = torch.tensor(_uniforms(keys, step), dtype=torch.float64, device=logits.device)
        sharpened = p if sampling.temperature == 1 else (wide / sampling.temperature).softmax(-1)
        tokens = _inverse(sharpened, sampling.top_p, u)
    return Drawn(tokens[:, 0], wide.gather(-1, tokens)[:, 0] - normaliser, entropies)


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
    cumulative = p.cumsum(-1, dtype=torch.float64)
    total = cumulative[:, -1:].contiguous()
    at = torch.searchsorted(cumulative, u[:, None] * total, right=True)
    # Where rounding takes `u` to the far end, the last token that can be drawn is meant, not one of probability zero.
    at = torch.minimum(at, torch.searchsorted(cumulative, total)).clamp(max=p.shape[-1] - 1)
    return order.gather(-1, at) if top_p < 1 else at
