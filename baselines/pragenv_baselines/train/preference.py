"""Learning from pairs of utterances (DPO) and from chosen ones (SFT), shared by the objectives that rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch

from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.losses import likelihood, preference
from pragenv_baselines.train.sequences import Batch, Row, Step, collate, rows_of
from pragenv_baselines.train.talks import Talk


class Pair(NamedTuple):
    """Two utterances in answer to the same dialogue, the preferred one first, and what the pair weighs."""

    chosen: Step
    rejected: Step
    weight: float = 1.0


class Ranked(NamedTuple):
    """An utterance, the conversation in which it is said, and what came of it."""

    step: Step
    talk: Talk
    reward: float


def learn_chosen(learner: Learner, steps: Sequence[Step]) -> Mapping[str, float]:
    """One step towards saying these utterances."""
    return learn_rows(learner, [row for step in steps for row in rows_of([step], [1.0])])


def learn_rows(learner: Learner, rows: Sequence[Row]) -> Mapping[str, float]:
    """One step towards the own tokens of these rows, each utterance weighing what it is valued at."""

    def loss(batch: Batch) -> tuple[torch.Tensor, float]:
        return likelihood(batch, learner.policy.read(batch)), float(batch.value[batch.own].sum())

    return learner.update(rows, loss) if rows else {}


def learn_pairs(learner: Learner, pairs: Sequence[Pair], beta: float, anchor: float = 0.0) -> Mapping[str, float]:
    """One step of DPO, against the policy as it was at the start."""
    if not pairs:
        return {"pairs": 0.0}
    policy, right = learner.policy, 0.0

    def loss(batch: Batch) -> tuple[torch.Tensor, float]:
        nonlocal right
        total, ranked = preference(batch, policy, policy.network, policy.reference, beta, anchor)
        right += ranked
        return total, sum(row.values[0] for row in batch.rows) / 2

    found = learner.update_on(list(paired(pairs, learner.limits.micro, policy.device)), loss)
    return {**found, "pairs": float(len(pairs)), "ranked": right / len(pairs)}


def paired(pairs: Sequence[Pair], budget: int, device: str) -> Iterator[Batch]:
    """Batches in which the two rows of a pair are neighbours."""
    rows = [tuple(rows_of([step], [pair.weight])[0] for step in (pair.chosen, pair.rejected)) for pair in pairs]
    rows.sort(key=lambda two: max(len(row.ids) for row in two))
    chosen: list[Row] = []
    for two in rows:
        if chosen and (len(chosen) + 2) * max(len(row.ids) for row in two) > budget:
            yield collate(chosen, device)
            chosen = []
        chosen += two
    if chosen:
        yield collate(chosen, device)
