"""From conversations to rows of token ids: one row each, where what was read goes on from what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from pragenv.models.chat import without_thoughts
from pragenv.protocols import AgentView, Completion
from pragenv.types import Dialogue


class Step(NamedTuple):
    """One utterance of the policy's.

    Attributes:
        view: what it knew.
        chat: what it was shown: the dialogue, and what it was told besides.
        prompt: the ids of that.
        completion: what it drew, token by token.
    """

    view: AgentView
    chat: Dialogue
    prompt: tuple[int, ...]
    completion: Completion

    @property
    def said(self) -> str:
        """What of it the user hears."""
        return without_thoughts(self.completion.text)


@dataclass
class Row:
    """A row of tokens, and which of them the policy drew.

    Attributes:
        ids: the tokens.
        own: whether each was drawn by the policy.
        step: to which of `steps` each own token belongs; -1 for all others.
        steps: the number of each utterance in the row, within its conversation.
        old: log-probability of each own token as it was drawn; 0 for all others.
        talk: which conversation.
        values: what is said of each utterance in the row: an advantage, a return, a weight.
    """

    ids: list[int] = field(default_factory=list)
    own: list[bool] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    old: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    talk: int = 0
    values: list[float] = field(default_factory=list)

    def read(self, ids: Sequence[int]) -> None:
        """Tokens that others have written."""
        n = len(ids)
        self.ids += ids
        self.own += [False] * n
        self.step += [-1] * n
        self.old += [0.0] * n

    def say(self, number: int, tokens: Sequence[int], logprobs: Sequence[float], value: float) -> None:
        """Tokens of the policy's, which are an utterance."""
        self.ids += tokens
        self.own += [True] * len(tokens)
        self.step += [len(self.steps)] * len(tokens)
        self.old += logprobs
        self.steps.append(number)
        self.values.append(value)


def rows_of(steps: Sequence[Step], values: Sequence[float], talk: int = 0) -> list[Row]:
    """The rows of a conversation's utterances: one, unless a prompt does not begin with all that came before it.

    (A chat template may leave out what a model thought in earlier turns.)

    Args:
        steps: utterances, in order.
        values: one for each.
        talk: the number of the conversation.
    """
    rows: list[Row] = []
    for number, (step, value) in enumerate(zip(steps, values, strict=True)):
        completion = step.completion
        assert completion.tokens is not None
        assert completion.logprobs is not None
        if not rows or list(step.prompt[: len(rows[-1].ids)]) != rows[-1].ids:
            rows.append(Row(talk=talk))
        row = rows[-1]
        row.read(step.prompt[len(row.ids) :])
        row.say(number, completion.tokens, completion.logprobs, value)
    return rows


@dataclass(frozen=True)
class Batch:
    """Rows side by side, padded on the right, where nothing that counts can see the padding.

    Attributes:
        ids, own, step, old: (rows, tokens), as of `Row`.
        value: (rows, tokens), the value of the utterance that each own token belongs to.
        rows: what they are made of.
    """

    ids: torch.Tensor
    own: torch.Tensor
    step: torch.Tensor
    old: torch.Tensor
    value: torch.Tensor
    rows: Sequence[Row]


def batches(rows: Sequence[Row], budget: int, device: str | torch.device = "cpu") -> Iterator[Batch]:
    """Rows of like length side by side, at most `budget` tokens each, padding included (and one row at least)."""
    order = sorted(rows, key=lambda row: len(row.ids))
    chosen: list[Row] = []
    for row in order:
        if chosen and (len(chosen) + 1) * len(row.ids) > budget:
            yield collate(chosen, device)
            chosen = []
        chosen.append(row)
    if chosen:
        yield collate(chosen, device)


def collate(rows: Sequence[Row], device: str | torch.device = "cpu") -> Batch:
    """The rows as tensors."""
    longest = max(len(row.ids) for row in rows)

    def padded(values: Sequence[Sequence[float]], fill: float, dtype: torch.dtype) -> torch.Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in values], dtype=dtype, device=device)

    each = [[row.values[s] if s >= 0 else 0.0 for s in row.step] for row in rows]
    return Batch(
        padded([row.ids for row in rows], 0, torch.long),
        padded([row.own for row in rows], False, torch.bool),
        padded([row.step for row in rows], -1, torch.long),
        padded([row.old for row in rows], 0.0, torch.float32),
        padded(each, 0.0, torch.float32),
        rows,
    )
