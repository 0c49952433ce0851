"""What the mini model is and how it is trained: every number that its card states."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from transformers import Lfm2Config, Lfm2ForCausalLM


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run.

    Attributes:
        tasks: those whose parties it is to speak for, separated by commas.
        seed: of corpus, initial weights and order.
        share: chance that an assistant that was told nothing about it asks, at a turn where something is missing.
        steps: optimiser steps.
        tokens: most tokens in a step, padding included.
        vocabulary: entries of the tokenizer.
        tokenizer_talks: how many talks the tokenizer is trained on.
        width: of the model.
        layers: half of them short convolutions, half attention, in turns.
        matrix_rate: learning rate of Muon, for matrices (Jordan et al. 2024; scaled as in Liu et al. 2025).
        rate: learning rate of AdamW, for all else.
        warmup: steps until the rates are full. From then on they fall linearly.
        words: steps in which the words of questions are learned before anything else, and beside it from then on (see
            `Words`); 0: never.
        decisive: weight in the loss of the tokens that decide a reply (its first, what it takes the question to be
            about, values, and thoughts), against 1 for its other words.
        bare: share of users' talks in which all layers pass what the agent says as bare embeddings, so that words, and
            not turns of phrase that it knows by heart, have to tell what a question is about. (Stochastic depth, Huang
            et al. 2016, of these tokens alone.)
        copes: share of value tokens that must be right before the curriculum gets harder.
    """

    tasks: str = "clarify,twenty_questions"
    seed: int = 0
    share: float = 0.1
    steps: int = 13000
    tokens: int = 4096
    vocabulary: int = 4096
    tokenizer_talks: int = 6000
    width: int = 128
    layers: int = 4
    matrix_rate: float = 4e-3
    rate: float = 3e-3
    warmup: int = 100
    words: int = 600
    decisive: float = 4.0
    bare: float = 0.5
    copes: float = 0.85

    def rate_at(self, step: int) -> float:
        """The factor on both learning rates."""
        return min(1.0, (step + 1) / self.warmup) * max(0.02, 1 - step / self.steps)

    def least_level(self, step: int, top: int) -> int:
        """The level of the curriculum at a step, whether the model copes or not: the top by half-time."""
        return min(top, int(2 * top * step / self.steps))

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return asdict(self)

    def model(self, pad: int, end: int) -> Lfm2ForCausalLM:
        """A new model: LFM2's gated short convolutions before attention, which let a small model learn to copy."""
        torch.manual_seed(self.seed)
        config = Lfm2Config(
            vocab_size=self.vocabulary,
            hidden_size=self.width,
            intermediate_size=3 * self.width,
            block_auto_adjust_ff_dim=False,
            num_hidden_layers=self.layers,
            num_attention_heads=self.width // 32,
            num_key_value_heads=self.width // 32,
            layer_types=["conv", "full_attention"] * (self.layers // 2),
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            pad_token_id=pad,
            bos_token_id=None,
            eos_token_id=end,
        )
        return Lfm2ForCausalLM(config)

    def optimisers(self, model: torch.nn.Module) -> list[torch.optim.Optimizer]:
        """Muon for the matrices inside, AdamW for embeddings, norms and convolutions."""
        matrices: list[torch.nn.Parameter] = []
        others: list[torch.nn.Parameter] = []
        for name, parameter in model.named_parameters():
            (matrices if parameter.ndim == 2 and "embed" not in name else others).append(parameter)
        return [
            torch.optim.Muon(matrices, lr=self.matrix_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=self.rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]


SECOND = Recipe(
    tasks="calibrate,draft,negotiate,reference,service",
    steps=21000,
    vocabulary=2048,
    tokenizer_talks=3000,
    width=96,
    layers=8,
    words=0,
    decisive=2.0,
    bare=0.0,
)
"""The checkpoint that speaks for the parties of the other tasks: these talk about numbers and lists, so that it is
narrower and deeper."""
QUICK = Recipe(steps=120, tokens=2048, vocabulary=2048, tokenizer_talks=400, width=64, words=20)
"""Two minutes on one core: shows that the pipeline runs; the model that comes out is of no use."""
