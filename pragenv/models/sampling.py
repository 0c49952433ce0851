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
        logits: (rows, vocabulary).
        sampling: temperature and top_p.
        keys: of the rows; the token at `step` takes one uniform number from (key, step).
        step: how many tokens this turn has so far.
    """
    wide = logits.double()
    logprobs = wide.log_softmax(-1)
    entropies = -(logprobs.exp() * logprobs.clamp(min=-1e9)).sum(-1)
    if sampling.temperature == 0:
        tokens = logprobs.argmax(-1)
    else:
        u = torch.tensor([uniform(mix(key, step)) for key in keys], dtype=torch.float64, device=logits.device)
        tokens = _inverse(wide / sampling.temperature, sampling.top_p, u)
    return Drawn(tokens, logprobs.gather(-1, tokens[:, None])[:, 0], entropies)


def _inverse(logits: torch.Tensor, top_p: float, u: torch.Tensor) -> torch.Tensor:
    """The token at quantile `u` of each row, in the order of the vocabulary, or of falling probability for top_p < 1."""
    p = logits.softmax(-1)
    if top_p < 1:
        p, order = p.sort(-1, descending=True, stable=True)
        p = p * (p.cumsum(-1) - p < top_p)  # the token that crosses the bound is still in
    cumulative = p.cumsum(-1)
    at = torch.searchsorted(cumulative, (u * cumulative[:, -1])[:, None], right=True)[:, 0]
    # Rounding at the far end must not reach a token of probability zero.
    last = (p > 0).long().cumsum(-1).argmax(-1)
    at = torch.minimum(at, last)
    return order.gather(-1, at[:, None])[:, 0] if top_p < 1 else at
