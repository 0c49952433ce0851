"""Values of states and utterances, read off the hidden states of a network of their own."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pragenv_baselines.train.policy import Policy, seeded
from pragenv_baselines.train.sequences import Batch, Row, collate


@dataclass(frozen=True)
class Utterances:
    """The utterances of a batch in the order of its rows, those of a conversation one after the other.

    Attributes:
        row: (n,), in which row each stands.
        before: (n,), where its prompt ends: the state.
        after: (n,), where it ends: the state and the utterance.
        value: (n,), what it is valued at.
        last: (n,), whether it is its conversation's last.
    """

    row: torch.Tensor
    before: torch.Tensor
    after: torch.Tensor
    value: torch.Tensor
    last: torch.Tensor

    @classmethod
    def of(cls, batch: Batch) -> Utterances:
        """The utterances of a batch whose rows of one conversation are neighbours."""
        found: list[tuple[int, int, int, float, int]] = []
        for r, row in enumerate(batch.rows):
            ends: dict[int, tuple[int, int]] = {}
            for at, s in enumerate(row.step):
                if s >= 0:
                    ends[s] = (ends.get(s, (at, at))[0], at)
            found += [(r, first - 1, end, row.values[s], row.talk) for s, (first, end) in sorted(ends.items())]
        device = batch.ids.device
        rows, before, after, values, talks = zip(*found, strict=True)
        last = [i + 1 == len(talks) or talks[i + 1] != talk for i, talk in enumerate(talks)]
        return cls(
            torch.tensor(rows, device=device),
            torch.tensor(before, device=device),
            torch.tensor(after, device=device),
            torch.tensor(values, dtype=torch.float32, device=device),
            torch.tensor(last, device=device),
        )


class Critic(torch.nn.Module):
    """Heads on a copy of the policy's network, which learns with them.

    Args:
        policy: whose network is copied.
        heads: name -> how many of them; each is read at the end of a prompt (`v`) or of an utterance (`q`).
        seed: of the heads' weights.
        rate: learning rate of AdamW.
    """

    def __init__(self, policy: Policy, heads: dict[str, int], seed: int, rate: float) -> None:
        super().__init__()
        self.trunk: Any = copy.deepcopy(policy.network).requires_grad_(True)
        width = policy.model.model.config.get_text_config().hidden_size
        made = {}
        drawn = seeded(seed, 601)
        for name, count in heads.items():
            made[name] = torch.nn.Sequential(
                torch.nn.Linear(width, width), torch.nn.GELU(), torch.nn.Linear(width, count)
            )
            for parameter in made[name].parameters():
                with torch.no_grad():
                    scale = parameter.shape[-1] ** -0.5 if parameter.ndim == 2 else 0.0
                    parameter.copy_(torch.randn(parameter.shape, generator=drawn) * scale)
        self.heads = torch.nn.ModuleDict(made)
        self.to(policy.device)
        self.optimiser = torch.optim.AdamW(self.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.rate = rate

    def forward(self, batch: Batch, said: Utterances) -> dict[str, torch.Tensor]:
        """What each head says of each utterance: name -> (utterances, heads)."""
        hidden = self.trunk.base_model(input_ids=batch.ids, use_cache=False).last_hidden_state
        at = {"v": hidden[said.row, said.before], "q": hidden[said.row, said.after]}
        return {name: head(at[name].float()) for name, head in self.heads.items()}

    def worth(self, rows: Sequence[Row], budget: int) -> dict[tuple[int, int], dict[str, float]]:
        """What each head says of each utterance, the least of its outputs: (talk, number) -> name -> value.

        Args:
            rows: of conversations.
            budget: most tokens that are read at once.
        """
        found = {}
        for batch in whole_talks(rows, budget, next(self.parameters()).device):
            with torch.no_grad():
                heads = {name: out.min(-1).values.tolist() for name, out in self(batch, Utterances.of(batch)).items()}
            places = [(row.talk, number) for row in batch.rows for number in row.steps]
            for i, place in enumerate(places):
                found[place] = {name: values[i] for name, values in heads.items()}
        return found


def whole_talks(rows: Sequence[Row], budget: int, device: str | torch.device) -> Iterator[Batch]:
    """Batches in which the rows of each conversation are neighbours, and together."""
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.talk, []).append(row)
    chosen: list[Row] = []
    for group in sorted(groups.values(), key=lambda group: max(len(row.ids) for row in group)):
        if chosen and (len(chosen) + len(group)) * max(len(row.ids) for row in group) > budget:
            yield collate(chosen, device)
            chosen = []
        chosen += group
    if chosen:
        yield collate(chosen, device)
