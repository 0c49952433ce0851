"""Who speaks in `bench models`, and what is said to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers

from pragenv.errors import ModelError, PragEnvError
from pragenv.models.local import Local, quietly
from pragenv.models.mini import FOLDER
from pragenv.protocols import Completion, Sampling
from pragenv.train_mini.recipe import Recipe
from pragenv.train_mini.talk import Talk
from pragenv.train_mini.tokens import train_tokenizer
from pragenv.types import Dialogue, Message, mix

BRIEF, SAID = 120, 15  # tokens of the system message, and of what is said to the model at each turn
_WORDS = (
    "the a an of to in for with on from and or not is are was would like please could you i we it that this which "
    "when where who book order table ticket train hotel pizza large small olives cheese monday friday seven half past "
    "eight number name animal water larger than house found kitchen does live can fly eat made metal wood green red"
).split()

Talker = Callable[[Sequence[Dialogue], Sequence[int]], None]
"""Says the next message of each dialogue, with these keys."""


class Endless(Local):
    """A model that never ends its turn: all contestants then speak for equally long."""

    _ends: Mapping[int, str | None] = {}

    @property
    def token_bytes(self) -> int:
        """What the cache keeps of one token."""
        return self._reader.token_bytes if self._reader else 0

    def say(self, prompts: Sequence[Dialogue], keys: Sequence[int], tokens: int) -> list[Completion]:
        """The next message of each dialogue.

        Raises:
            PragEnvError: where one cannot be continued.
        """
        found = self.complete(prompts, Sampling(max_tokens=tokens), keys)
        for said in found:
            if isinstance(said, ModelError):
                raise PragEnvError(f"bench models: {said}")
        return found  # type: ignore[return-value]


def generator(model: Local, tokens: int, batch: int) -> Talker:
    """`transformers.generate`, in batches padded on the left, from chats to texts as its users write it.

    What has been read is kept within a reply, not from turn to turn.
    """
    untyped: Any = transformers.GenerationConfig
    config = untyped(do_sample=True, top_k=0, max_new_tokens=tokens, pad_token_id=0)
    model.model.generation_config.eos_token_id = None  # what the configuration leaves open is taken from there
    tokenizer, template = model.tokenizer, model.encoder.template

    def speak(prompts: Sequence[Dialogue], keys: Sequence[int]) -> None:
        for first in range(0, len(prompts), batch):
            chats = [[message._asdict() for message in prompt] for prompt in prompts[first : first + batch]]
            given = tokenizer.apply_chat_template(
                chats,
                chat_template=template,
                add_generation_prompt=True,
                padding=True,
                return_dict=True,
                return_tensors="pt",
                tokenizer_kwargs={"padding_side": "left"},
            )
            ids, mask = (given[name].to(model.device) for name in ("input_ids", "attention_mask"))
            with quietly():
                found = model.model.generate(ids, attention_mask=mask, generation_config=config)
            assert found.shape == (len(chats), ids.shape[1] + tokens)
            tokenizer.batch_decode(found[:, ids.shape[1] :], skip_special_tokens=True)

    return speak


def words(rng: random.Random, model: Local, tokens: int) -> str:
    """A text of about so many tokens."""
    said: list[str] = []
    while len(model.encoder.split(" ".join(said))) < tokens:
        said.append(rng.choice(_WORDS))
    return " ".join(said)


def openings(model: Local, count: int, seed: int) -> list[Dialogue]:
    """So many conversations, each with a brief of its own, up to the first message to the model."""
    rng = random.Random(seed)
    return [
        (Message("system", words(rng, model, BRIEF)), Message("user", words(rng, model, SAID))) for _ in range(count)
    ]


def follow(model: Local, dialogues: Sequence[Dialogue], said: Sequence[Completion], seed: int) -> list[Dialogue]:
    """The conversations, each with a reply and what is said to it."""
    rng = random.Random(seed)
    return [
        (*dialogue, Message("assistant", reply.text), Message("user", words(rng, model, SAID)))
        for dialogue, reply in zip(dialogues, said, strict=True)
    ]


def keys(count: int, turn: int) -> list[int]:
    """A key for each conversation."""
    return [mix(i, turn) for i in range(count)]


@contextmanager
def model_folder(path: Path | None) -> Iterator[tuple[str, str]]:
    """A model's folder and what to call it: the one given, else the bundled one, else a random one of its shape."""
    if path is not None:
        yield str(path), str(path)
    elif (Path(FOLDER) / "config.json").exists():
        yield FOLDER, "mini"
    else:
        with TemporaryDirectory() as made:
            save_random(Recipe().model(pad=0, end=1), Path(made))
            yield made, "random weights in the mini model's shape"


@contextmanager
def large_folder() -> Iterator[tuple[str, str]]:
    """A randomly initialised model in the shape of Qwen2.5-0.5B, with Qwen3's layers, in bfloat16."""
    config = transformers.Qwen3Config(
        vocab_size=151_936,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=1,
        dtype=torch.bfloat16,
    )
    with TemporaryDirectory() as made:
        save_random(transformers.Qwen3ForCausalLM(config).bfloat16(), Path(made))
        yield made, "random weights, 0.5 billion parameters"


def save_random(model: Any, folder: Path) -> None:
    """Write a model with a tokenizer for the texts of this benchmark."""
    rng = random.Random(0)
    talks = [Talk((Message("user", " ".join(rng.choices(_WORDS, k=200))),)) for _ in range(100)]
    train_tokenizer(iter(talks), 4096).save_pretrained(folder)
    with quietly():
        model.save_pretrained(folder)
