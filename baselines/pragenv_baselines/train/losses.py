"""Losses over batches, each a sum and what it is to be divided by."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn.functional import logsigmoid

from pragenv_baselines.train.policy import Policy, Read, per_step
from pragenv_baselines.train.sequences import Batch

TOKENS = ("all", "forking", "rest")


def chosen_tokens(entropies: torch.Tensor, tokens: str, share: float) -> torch.Tensor:
    """Which own tokens take part in an update: all, the share of highest entropy, or the others.

    After "Beyond the 80/20 Rule" (Wang et al. 2025), equation 5: the threshold is taken over the micro-batch.

    Args:
        entropies: (own tokens,).
        tokens: `all`, `forking` or `rest`.
        share: rho.
    """
    everything = torch.ones_like(entropies, dtype=torch.bool)
    if tokens == "all":
        return everything
    forking = torch.zeros_like(everything)
    forking[entropies.topk(math.ceil(share * len(entropies))).indices] = True
    return forking if tokens == "forking" else ~forking


def at_decision(batch: Batch) -> torch.Tensor:
    """Which own tokens are the first of their utterance, (own tokens,): there it becomes a question or an answer."""
    before = torch.nn.functional.pad(batch.step[:, :-1], (1, 0), value=-1)
    return (batch.step != before)[batch.own]


def policy_gradient(batch: Batch, read: Read, mask: torch.Tensor, clip: float) -> torch.Tensor:
    """The clipped surrogate of PPO (Schulman et al. 2017, equation 7), summed over chosen tokens.

    With one update a batch the ratio is 1, and its gradient that of REINFORCE.

    Args:
        batch: its `value` is the advantage of each utterance.
        read: by the policy.
        mask: (own tokens,), which count.
        clip: epsilon.
    """
    advantage = batch.value[batch.own]
    ratio = (read.logprobs - batch.old[batch.own]).exp()
    surrogate = torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)
    return -(surrogate * mask).sum()


def divergence(read: Read, reference: Read, mask: torch.Tensor) -> torch.Tensor:
    """An unbiased, never negative estimate of KL(policy, reference), summed over chosen tokens (Schulman's k3)."""
    gap = reference.logprobs.detach() - read.logprobs
    return ((gap.exp() - gap - 1) * mask).sum()


def likelihood(batch: Batch, read: Read) -> torch.Tensor:
    """Negative log-likelihood of own tokens, each weighted by its utterance's value, summed."""
    return -(read.logprobs * batch.value[batch.own]).sum()


def preference(
    batch: Batch, policy: Policy, network: Any, reference: Any, beta: float, anchor: float = 0.0
) -> tuple[torch.Tensor, float]:
    """The loss of DPO (Rafailov et al. 2023, equation 7), summed over pairs, and how many are ranked as given.

    Args:
        batch: rows of one utterance each, valued at what their pair weighs; pairs are neighbours, the preferred first.
        policy: reads.
        network: that learns.
        reference: that does not.
        beta: of DPO.
        anchor: weight of the preferred utterance's negative log-likelihood a token, without which both of a pair may
            become less probable (Pang et al. 2024, equation 2).
    """
    read = policy.read(batch, network).logprobs
    with torch.no_grad():
        before = policy.read(batch, reference).logprobs
    ratios, counts = per_step(batch, read - before)
    margins = beta * ratios.sum(1)
    gap = margins[0::2] - margins[1::2]
    losses = -logsigmoid(gap)
    if anchor:
        likelihoods, _ = per_step(batch, read)
        losses = losses - anchor * (likelihoods.sum(1) / counts.sum(1))[0::2]
    weights = torch.tensor([row.values[0] for row in batch.rows[0::2]], device=gap.device)
    return (losses * weights).sum(), float((gap > 0).sum())


def log_ratios(batch: Batch, policy: Policy, network: Any, reference: Any) -> torch.Tensor:
    """Log network - log reference of each utterance, (rows, most utterances in a row)."""
    with torch.no_grad():
        before = policy.read(batch, reference).logprobs
    sums, _ = per_step(batch, policy.read(batch, network).logprobs - before)
    return sums
