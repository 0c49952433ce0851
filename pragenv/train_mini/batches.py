"""From talks to batches: token ids, which of them are learned, and which are values to be taken from the prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch

from pragenv.models.chat import ChatEncoder
from pragenv.train_mini.corpus import Corpus
from pragenv.train_mini.talk import Talk
from pragenv.train_mini.tokens import END

POOL = 96
MAX_TOKENS = 4096  # what the model takes
_NAMED = re.compile(r"(?<=You mean )[^?]+|(?<=As for )[^:,.?!]+(?=:)")  # see `Echoing`


class Example(NamedTuple):
    """A talk in tokens.

    Where the speaker thinks, each of its turns is learned on a branch of its own, behind the talk: what it thought
    before its other turns is not part of what it sees. A branch repeats the last tokens before the turn, for short
    convolutions to pass over; attention passes these by and sees the talk itself.

    Attributes:
        kind: what it is an example of.
        ids: the tokens.
        position: of each in the conversation.
        branch: number of the branch, from 1; 0 for the talk.
        stem: on a branch, the position up to which it sees the talk.
        own: those to learn.
        copied: those of them that are part of a value, or of what a question is taken to be about.
        opening: the first of each message to learn, which decides what kind of reply it is, and thoughts.
        heard: what an agent says to the user that is learned.
    """

    kind: str
    ids: list[int]
    position: list[int]
    branch: list[int]
    stem: list[int]
    own: list[bool]
    copied: list[bool]
    opening: list[bool]
    heard: list[bool]


class Batch(NamedTuple):
    """Examples side by side, padded on the right; all of shape (rows, tokens). `kinds` has one entry a row."""

    kinds: tuple[str, ...]
    ids: torch.Tensor
    position: torch.Tensor
    branch: torch.Tensor
    stem: torch.Tensor
    own: torch.Tensor
    copied: torch.Tensor
    opening: torch.Tensor
    heard: torch.Tensor

    def sees(self) -> torch.Tensor | None:
        """Which token (third axis) sees which (fourth) in attention, shape (rows, 1, tokens, tokens); None: causal."""
        if not self.branch.any():
            return None
        at, seen = self.position[:, :, None], self.position[:, None, :]
        on, off = self.branch[:, :, None], self.branch[:, None, :]
        talk = (off == 0) & (seen <= torch.where(on == 0, at, torch.minimum(at, self.stem[:, :, None])))
        own = (off == on) & (on > 0) & (seen > self.stem[:, :, None]) & (seen <= at)
        return (talk | own)[:, None]


class _Token(NamedTuple):
    """One row of an `Example`."""

    id: int
    position: int
    branch: int = 0
    stem: int = 0
    own: bool = False
    copied: bool = False
    opening: bool = False
    heard: bool = False


def encode(kind: str, talk: Talk, tokenizer: Any, lead: int = 0) -> Example:
    """The tokens of a talk. What anybody says is split as plain text, so that no control token can be forged.

    Args:
        kind: what it is an example of.
        talk: the talk.
        tokenizer: the model's.
        lead: how many tokens before a branch the convolutions of the model reach back to.
    """
    tokens: list[_Token] = []
    branches: list[list[_Token]] = []
    end = tokenizer.convert_tokens_to_ids(END)
    thoughts = iter(talk.thoughts)
    for message in talk.chat:
        mine = message.role == "assistant"
        tokens.append(_Token(tokenizer.convert_tokens_to_ids(f"<|{message.role}|>"), len(tokens)))
        if mine and talk.thoughts:
            number, stem = len(branches) + 1, len(tokens) - 1
            thinks = next(thoughts)
            repeated = [t._replace(branch=number, stem=stem, heard=False) for t in tokens[-1 - lead :]]
            learned = _learned(f"{thinks}{message.content}", len(thinks), talk.values, tokenizer, end)
            placed = [t._replace(position=stem + 1 + i, branch=number, stem=stem) for i, t in enumerate(learned)]
            branches.append([*repeated, *placed])
        if mine and not talk.thoughts:
            learned = _learned(message.content, 0, talk.values, tokenizer, end)
            tokens += [t._replace(position=len(tokens) + i) for i, t in enumerate(learned)]
            continue
        said = _encoder(tokenizer).split(message.content)
        heard = message.role == "user" and kind.endswith("/user")
        tokens += [_Token(word, len(tokens) + i, heard=heard) for i, word in enumerate(said)]
        tokens.append(_Token(end, len(tokens)))
    # Of a talk that is too long for all of its branches the last are kept: the first are those of shorter talks.
    while branches and len(tokens) + sum(map(len, branches)) > MAX_TOKENS:
        del branches[0]
    columns = zip(*[*tokens, *(token for branch in branches for token in branch)][:MAX_TOKENS], strict=True)
    return Example(kind, *(list(column) for column in columns))


def _learned(text: str, thought: int, values: Sequence[str], tokenizer: Any, end: int) -> list[_Token]:
    """What the speaker says, of which so many characters are thought; positions are yet to be given."""
    found = tokenizer(text, split_special_tokens=True, return_offsets_mapping=True)
    spans = _spans(text, values)
    tokens = [
        _Token(word, 0, own=True, copied=any(a < y and x < b for x, y in spans), opening=a <= thought)
        for word, (a, b) in zip(found["input_ids"], found["offset_mapping"], strict=True)
    ]
    return [*tokens, _Token(end, 0, own=True, opening=not tokens)]


@lru_cache(maxsize=1)
def _encoder(tokenizer: Any) -> ChatEncoder:
    """Splits what others say as it will be split when the model speaks, forged control text too."""
    return ChatEncoder(tokenizer)


def _spans(text: str, values: Sequence[str]) -> list[tuple[int, int]]:
    found = [match.span() for match in _NAMED.finditer(text)]
    for value in values:
        at = text.find(value)
        while at >= 0:
            found.append((at, at + len(value)))
            at = text.find(value, at + 1)
    return found


def pool(corpus: Corpus, number: int, level: int, tokenizer: Any, budget: int, lead: int = 0) -> Iterator[Batch]:
    """The batches of the pool of a number: a fixed count of talks, those of like length together.

    Args:
        corpus: where they come from.
        number: of the pool.
        level: of the curriculum.
        tokenizer: the model's.
        budget: most tokens in a batch, padding included.
        lead: see `encode`.
    """
    talks = (corpus.talk(number * POOL + i, level) for i in range(POOL))
    encoded = (encode(*talk, tokenizer, lead) for talk in talks)
    examples = sorted((e for e in encoded if any(e.own)), key=lambda e: len(e.ids))
    batches: list[list[Example]] = [[]]
    for example in examples:
        if batches[-1] and (len(batches[-1]) + 1) * len(example.ids) > budget:
            batches.append([])
        batches[-1].append(example)
    order = torch.randperm(len(batches), generator=torch.Generator().manual_seed(number)).tolist()
    for i in order:
        yield pad(batches[i], tokenizer.pad_token_id)


def pad(examples: list[Example], filler: int) -> Batch:
    """Examples as one batch; ids are filled up with `filler`."""
    longest = max(len(e.ids) for e in examples)

    def padded(rows: list[list[int]] | list[list[bool]], fill: int | bool) -> torch.Tensor:
        return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])

    return Batch(
        tuple(e.kind for e in examples),
        padded([e.ids for e in examples], filler),
        padded([e.position for e in examples], MAX_TOKENS),  # behind all, so that nothing sees it
        padded([e.branch for e in examples], 0),
        padded([e.stem for e in examples], 0),
        padded([e.own for e in examples], False),
        padded([e.copied for e in examples], False),
        padded([e.opening for e in examples], False),
        padded([e.heard for e in examples], False),
    )
