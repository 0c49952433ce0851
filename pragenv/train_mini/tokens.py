"""The mini model's tokenizer: byte-level BPE trained on the corpus, and a chat template of four control tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from pragenv.train_mini.talk import Talk

END, PAD = "<|end|>", "<|pad|>"
CONTROL = (PAD, END, "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|satisfied|>", "<|gave_up|>")
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def train_tokenizer(talks: Iterator[Talk], size: int) -> Any:
    """A tokenizer of `size` entries, control tokens included, trained on what is said in the talks."""
    tokenizer = Tokenizer(models.BPE())
    # Words with the space before them, single digits, runs of signs: what has to be copied comes in few pieces.
    pieces = Regex(r" ?\p{L}+(?:['’]\p{L}+)?|\p{N}| ?[^\s\p{L}\p{N}]+|\s+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(pieces, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    told = (text for talk in talks for text in (*(m.content for m in talk.chat), *talk.thoughts))
    tokenizer.train_from_iterator(told, trainer)
    wrapped: Any = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD)  # type: ignore[no-untyped-call]
    wrapped.chat_template = TEMPLATE
    return wrapped
