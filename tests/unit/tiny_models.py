"""Randomly initialised models of every kind that `local` meets, and a slow, plain reader of each."""

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from pragenv.models.chat import ChatEncoder
from pragenv.models.local import quietly
from pragenv.protocols import Sampling
from pragenv.types import Dialogue, Message, mix, uniform

END, PAD = "<|end|>", "<|pad|>"
CONTROL = (PAD, END, "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|satisfied|>", "<|gave_up|>")
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
# As Gemma's: no system message, no tool, and roles take turns.
STRICT = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if message['role'] == 'tool' or (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}"
    "<|{{ message['role'] }}|>\n{{ message['content'] | trim }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
_TEXT = (
    "Which pizza would you like, a large one or a small one? I want a large pizza with olives, thank you. "
    "You are a user of a service. Answer what you are asked. Is it an animal? Does it live in water? No, it doesn't. "
    "Please book the table for seven people at half past eight; number 4059, under the name of Ångström. "
) * 8
_COMMON = {
    "vocab_size": 384,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    # Large enough weights that what comes next depends on what came before, far back too.
    "initializer_range": 0.35,
    "pad_token_id": 0,
    "bos_token_id": None,
    # Many, so that rows of a batch end at different steps.
    "eos_token_id": [1, *range(20, 384, 11)],
    "tie_word_embeddings": True,
}
_SLIDING = ["sliding_attention", "full_attention"] * 2
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen3": ("Qwen3Config", _COMMON),
    "qwen3_sliding": (
        "Qwen3Config",
        _COMMON | {"layer_types": _SLIDING, "sliding_window": 9, "use_sliding_window": True},
    ),
    "llama": ("LlamaConfig", _COMMON),
    "gemma3": (
        "Gemma3TextConfig",
        _COMMON | {"layer_types": _SLIDING, "sliding_window": 9, "tie_word_embeddings": False},
    ),
    "gpt2": (
        "GPT2Config",
        {k: _COMMON[k] for k in ("vocab_size", "initializer_range", "pad_token_id", "eos_token_id")}
        | {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 512, "bos_token_id": None},
    ),
    "mistral": ("MistralConfig", _COMMON | {"sliding_window": 9}),
    "lfm2": (
        "Lfm2Config",
        {k: v for k, v in _COMMON.items() if k != "head_dim"}
        | {"layer_types": ["conv", "full_attention"] * 2, "block_auto_adjust_ff_dim": False},
    ),
    "mamba": (
        "MambaConfig",
        {k: _COMMON[k] for k in ("vocab_size", "hidden_size", "pad_token_id", "bos_token_id", "eos_token_id")}
        | {"num_hidden_layers": 2, "state_size": 4, "expand": 1},
    ),
}
SLOTTED = tuple(name for name in CONFIGS if name != "mamba")


@functools.cache
def tokenizer() -> Any:
    """Byte-level BPE with the mini model's control tokens."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=384, special_tokens=list(CONTROL), initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([_TEXT], trainer)
    wrapped = transformers.PreTrainedTokenizerFast(tokenizer_object=made, eos_token=END, pad_token=PAD)
    wrapped.chat_template = TEMPLATE
    return wrapped


@functools.cache
def _root() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="pragenv-tiny-")


@functools.cache
def folder(name: str, template: str | None = "own") -> Path:
    """The folder of a tiny model; made once a process, in float64, with a fixed seed.

    Args:
        name: one of `CONFIGS`.
        template: its chat template; by default what suits its kind.
    """
    if template == "own":
        template = {"gpt2": None, "gemma3": STRICT}.get(name, TEMPLATE)
    return save(Path(_root().name) / f"{name}-{len(template or '')}", name, template)


def save(path: Path, name: str, template: str | None, **changes: Any) -> Path:
    """Write a tiny model, with changes to its configuration."""
    kind, arguments = CONFIGS[name]
    config = getattr(transformers, kind)(**arguments | changes)
    before = torch.random.get_rng_state()
    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(config).double()
    for parameter in model.parameters():
        if parameter.ndim == 1:  # norms and biases, which a new model has at one and zero
            parameter.data += 0.2 * torch.randn_like(parameter)
    torch.random.set_rng_state(before)
    with quietly():
        model.save_pretrained(path)
    own = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer()._tokenizer, eos_token=END, pad_token=PAD)
    own.chat_template = template
    own.save_pretrained(path)
    return path


@functools.cache
def plain(path: Path) -> tuple[Any, Any, ChatEncoder]:
    """Model, tokenizer and encoder of a folder, in float64, loaded without any of ours but the encoder."""
    with quietly():
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float64).eval()
    own = transformers.AutoTokenizer.from_pretrained(path)
    return model, own, ChatEncoder(own, str(path))


@torch.inference_mode()
def distribution(path: Path, ids: Sequence[int]) -> torch.Tensor:
    """Log-probabilities of what follows `ids`, all read in one go."""
    found: torch.Tensor = plain(path)[0](input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0, -1]
    return found.double().log_softmax(-1)


def reference(path: Path, ids: Sequence[int], sampling: Sampling, key: int) -> list[int]:
    """What a plain loop says: every token read anew for each, drawn by hand."""
    said: list[int] = []
    ends = {1, 6, 7, *plain(path)[0].generation_config.eos_token_id}
    for step in range(sampling.max_tokens):
        logprobs = distribution(path, [*ids, *said])
        said.append(_drawn(logprobs, sampling, uniform(mix(key, step))))
        if said[-1] in ends:
            break
    return said


def _drawn(logprobs: torch.Tensor, sampling: Sampling, u: float) -> int:
    if sampling.temperature == 0:
        return int(logprobs.argmax())
    p = (logprobs / sampling.temperature).softmax(-1).tolist()
    order = list(range(len(p)))
    if sampling.top_p < 1:
        order.sort(key=lambda i: -p[i])
        total, kept = 0.0, []
        for i in order:
            if total >= sampling.top_p:
                break
            kept.append(i)
            total += p[i]
        order = kept
    u *= sum(p[i] for i in order)
    for i in order:
        u -= p[i]
        if u < 0:
            return i
    return order[-1]


def chat(*said: str, system: str | None = None) -> Dialogue:
    """A chat in which user and assistant take turns."""
    head = () if system is None else (Message("system", system),)
    return head + tuple(Message(("user", "assistant")[i % 2], text) for i, text in enumerate(said))  # type: ignore[arg-type]
