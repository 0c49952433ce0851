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

    Attributes:
        kind: what it is an example of.
        ids: the tokens.
        own: those to learn.
        copied: those of them that are part of a value, or of what a question is taken to be about.
        opening: the first of each message to learn, which decides what kind of reply it is.
        heard: what an agent says to the user that is learned.
    """

    kind: str
    ids: list[int]
    own: list[bool]
    copied: list[bool]
    opening: list[bool]
    heard: list[bool]


class Batch(NamedTuple):
    """Examples side by side, padded on the right; all of shape (rows, tokens). `kinds` has one entry a row."""

    kinds: tuple[str, ...]
    ids: torch.Tensor
    own: torch.Tensor
    copied: torch.Tensor
    opening: torch.Tensor
    heard: torch.Tensor


def encode(kind: str, talk: Talk, tokenizer: Any) -> Example:
    """The tokens of a talk. What anybody says is split as plain text, so that no control token can be forged."""
    ids: list[int] = []
    own: list[bool] = []
    copied: list[bool] = []
    opening: list[bool] = []
    heard: list[bool] = []
    end = tokenizer.convert_tokens_to_ids(END)
    for message in talk.chat:
        mine = message.role == "assistant"
        if mine:
            found = tokenizer(message.content, split_special_tokens=True, return_offsets_mapping=True)
            said, spans = found["input_ids"], _spans(message.content, talk.values)
            held = [any(a < y and x < b for x, y in spans) for a, b in found["offset_mapping"]]
        else:
            said = _encoder(tokenizer).split(message.content)
            held = [False] * len(said)
        ids += [tokenizer.convert_tokens_to_ids(f"<|{message.role}|>"), *said, end]
        own += [False, *[mine] * len(said), mine]
        copied += [False, *held, False]
        opening += [False, mine, *[False] * len(said)]
        heard += [False, *[message.role == "user" and kind.endswith("/user")] * len(said), False]
    return Example(kind, *(row[:MAX_TOKENS] for row in (ids, own, copied, opening, heard)))  # type: ignore[arg-type]


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


def pool(corpus: Corpus, number: int, level: int, tokenizer: Any, budget: int) -> Iterator[Batch]:
    """The batches of the pool of a number: a fixed count of talks, those of like length together.

    Args:
        corpus: where they come from.
        number: of the pool.
        level: of the curriculum.
        tokenizer: the model's.
        budget: most tokens in a batch, padding included.
    """
    talks = (corpus.talk(number * POOL + i, level) for i in range(POOL))
    examples = sorted((encode(*talk, tokenizer) for talk in talks), key=lambda e: len(e.ids))
    batches: list[list[Example]] = [[]]
    for example in examples:
        if batches[-1] and (len(batches[-1]) + 1) * len(example.ids) > budget:
            batches.append([])
        batches[-1].append(example)
    order = torch.randperm(len(batches), generator=torch.Generator().manual_seed(number)).tolist()
    for i in order:
        yield _pad(batches[i], tokenizer.pad_token_id)


def _pad(examples: list[Example], pad: int) -> Batch:
    longest = max(len(e.ids) for e in examples)

    def padded(rows: list[list[int]] | list[list[bool]], fill: int | bool) -> torch.Tensor:
        return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])

    return Batch(
        tuple(e.kind for e in examples),
        padded([e.ids for e in examples], pad),
        padded([e.own for e in examples], False),
        padded([e.copied for e in examples], False),
        padded([e.opening for e in examples], False),
        padded([e.heard for e in examples], False),
    )
