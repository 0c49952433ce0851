"""One token a row, drawn with that row's own number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from pragenv.protocols import Sampling
from pragenv.types import mix, uniform


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
    logprobs = (logits if logits.dtype is torch.float64 else logits.float()).log_softmax(-1)
    p = logprobs.exp()
    # A token that cannot be drawn adds nothing: 0 times minus infinity is not a number.
    entropies = -torch.linalg.vecdot(p, logprobs.clamp(min=-1e9))
    if sampling.temperature == 0:
        tokens = logprobs.argmax(-1)
    else:
        u = torch.tensor([uniform(mix(key, step)) for key in keys], dtype=torch.float64, device=logits.device)
        sharpened = p if sampling.temperature == 1 else (logprobs / sampling.temperature).softmax(-1)
        tokens = _inverse(sharpened, sampling.top_p, u)
    return Drawn(tokens, logprobs.gather(-1, tokens[:, None])[:, 0], entropies)


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
    return (order.gather(-1, at) if top_p < 1 else at)[:, 0]
