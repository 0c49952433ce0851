"""The policy: one set of weights that speaks through the local backend and learns through gradients."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch

from pragenv.errors import ConfigError
from pragenv.models.local import Local, quietly
from pragenv.protocols import LanguageModel
from pragenv.types import Dialogue
from pragenv_baselines.train.sequences import Batch


class Read(NamedTuple):
    """What a model makes of a batch, at its own tokens alone, in the order of `batch.own[batch.own]`.

    Attributes:
        logprobs: (tokens,), of the tokens that were drawn.
        entropies: (tokens,), of the distributions that they were drawn from, in nats; without gradient.
    """

    logprobs: torch.Tensor
    entropies: torch.Tensor


class Policy:
    """A local model that is trained while it speaks.

    Args:
        model: a local model that nobody else uses: its weights change.
        lora: rank of the adapters that are trained instead of all weights (peft); 0 trains all.
        autocast: whether updates are computed in bfloat16.

    Raises:
        ConfigError: for a model that is not local, or adapters without `peft`.
    """

    def __init__(self, model: LanguageModel, lora: int = 0, autocast: bool = False) -> None:
        if not isinstance(model, Local):
            raise ConfigError(f"train: only a local model can be trained, got {type(model).__name__}")
        self.model, self.autocast, self.lora = model, autocast, lora
        # Adapters are put into the network where it stands: what speaks has them, too.
        self._adapted: Any = _adapted(model.model, lora) if lora else None
        self.network: Any = model.model
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(not lora or "lora_" in name)

    @property
    def device(self) -> str:
        """Where it is."""
        return self.model.device

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        """What is trained."""
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    @cached_property
    def reference(self) -> Any:
        """The network as it is when this is first asked for; it stays so."""
        return copy.deepcopy(self.network).requires_grad_(False)

    def ids(self, chat: Dialogue) -> tuple[int, ...]:
        """What it reads of a chat, up to where it is to speak."""
        return tuple(self.model.encoder.encode(chat))

    def utterance(self, text: str) -> tuple[int, ...]:
        """The ids of something that is to be said, with what ends it."""
        return (*self.model.encoder.ids(text), self.model.tokenizer.eos_token_id)

    def read(self, batch: Batch, network: Any = None) -> Read:
        """Log-probabilities of what was drawn, with gradient where it is the policy's own network that reads."""
        network = self.network if network is None else network
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.autocast):
            logits = logits_of(network, batch, self._plain_head)
        logits = logits if logits.dtype is torch.float64 else logits.float()
        everything = logits.log_softmax(-1)
        drawn = everything.gather(-1, batch.ids[:, 1:][batch.own[:, 1:]][:, None])[:, 0]
        with torch.no_grad():
            entropies = -(everything.exp() * everything).sum(-1)
        return Read(drawn, entropies)

    @cached_property
    def _plain_head(self) -> bool:
        """Whether logits are the output embeddings of the last hidden states and no more (some models cap them)."""
        network, ids = self.model.model, torch.arange(1, 9, device=self.device)[None]
        with torch.no_grad():
            hidden = network.base_model(input_ids=ids, use_cache=False).last_hidden_state
            made = network.get_output_embeddings()(hidden)
            return bool(torch.allclose(made, network(input_ids=ids, use_cache=False).logits, atol=1e-4))

    def frozen(self) -> Policy:
        """Another policy with the weights that this one's model is loaded with."""
        build, arguments = self.model.__reduce__()
        return Policy(build(*arguments), autocast=self.autocast)

    def changed(self) -> None:
        """Its weights have changed: what was read with the old ones is forgotten."""
        self.model.forget()

    def save(self, folder: Path) -> None:
        """Write a folder that `transformers` loads, adapters merged in."""
        network = copy.deepcopy(self._adapted).merge_and_unload() if self.lora else self.network
        with quietly():
            network.save_pretrained(folder)
            self.model.tokenizer.save_pretrained(folder)


def logits_of(network: Any, batch: Batch, plain_head: bool) -> torch.Tensor:
    """Logits (own tokens, vocabulary) of what was drawn: the vocabulary is dear, and only they count."""
    own, read = batch.own[:, 1:], batch.ids[:, :-1]
    if plain_head:
        hidden = network.base_model(input_ids=read, use_cache=False).last_hidden_state
        logits: torch.Tensor = network.get_output_embeddings()(hidden[own])
        return logits
    columns = own.any(0).nonzero()[:, 0]
    found = network(input_ids=read, use_cache=False, logits_to_keep=columns).logits
    logits = found[own[:, columns]]
    return logits


def per_step(batch: Batch, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sums and counts over the own tokens of each utterance: two tensors (rows, most utterances in a row).

    Args:
        batch: of which.
        values: (own tokens,).
    """
    most = max(len(row.steps) for row in batch.rows)
    place = torch.arange(len(batch.rows), device=values.device)[:, None].expand_as(batch.step) * most + batch.step
    index = place[batch.own]
    sums = values.new_zeros(len(batch.rows) * most).index_add(0, index, values)
    counts = values.new_zeros(len(batch.rows) * most).index_add(0, index, torch.ones_like(values))
    return sums.view(-1, most), counts.view(-1, most)


def _adapted(network: Any, rank: int) -> Any:
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError:
        raise ConfigError("train.lora needs peft: pip install 'pragenv[train]'") from None
    # Drawn from a generator of the process: what is drawn must not depend on what was drawn before.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return get_peft_model(network, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear"))


def seeded(seed: int, *streams: int) -> torch.Generator:
    """A generator of one's own."""
    from pragenv.types import mix

    for stream in streams:
        seed = mix(seed, stream)
    return torch.Generator().manual_seed(seed)


def shuffled(rows: Sequence[Any], generator: torch.Generator) -> list[Any]:
    """The rows in a random order."""
    return [rows[i] for i in torch.randperm(len(rows), generator=generator).tolist()]
