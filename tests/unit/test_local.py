"""The local backend says what the model says: alone, in any batch, from the cache, and whatever the model's kind."""

import functools
import json
import logging
import math
import pickle
import random
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny_models as tiny
import torch
from safetensors.torch import load_file, save_file

from pragenv.errors import ConfigError, ModelError
from pragenv.models.chat import Spoken
from pragenv.models.local import Local
from pragenv.models.mini import Mini
from pragenv.models.slots import ConvolutionSlots, SlotReader
from pragenv.protocols import Completion, Sampling
from pragenv.types import Dialogue, Message, mix

SAMPLINGS = (
    Sampling(temperature=0, max_tokens=10),
    Sampling(max_tokens=14),
    Sampling(temperature=0.7, top_p=0.9, max_tokens=12),
)
SYSTEM = "You are a user of a service. Answer what you are asked."
# Two share a system message, three have none, lengths are uneven, and one is longer than every window.
OPENINGS = (
    tiny.chat("Which pizza?", system=SYSTEM),
    tiny.chat("Is it an animal? Does it live in the water, then?", system=SYSTEM),
    tiny.chat("No."),
    tiny.chat("I want a large pizza with olives, and the table for seven people at half past eight. " * 2),
    tiny.chat("Number 4059?"),
    tiny.chat("thank you", system="Under the name of Ångström."),
)


@pytest.fixture(autouse=True)
def loud(request: pytest.FixtureRequest) -> Iterator[None]:
    """No model falls back unless the test says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def local(name: str, **arguments: Any) -> Local:
    """A new model, nothing read. Those in float64 share their weights, which takes a third off the time."""
    made = Local(str(tiny.folder(name)), **{"deterministic": True} | arguments)
    if made.dtype is torch.float64:
        vars(made).update(loaded(name))
    return made


@functools.cache
def loaded(name: str) -> dict[str, Any]:
    first = Local(str(tiny.folder(name)), deterministic=True)
    return {"model": first.model, "tokenizer": first.tokenizer}


def one(model: Local, prompt: Dialogue, key: int = 1, **sampling: Any) -> Completion:
    (found,) = model.complete([prompt], Sampling(**sampling), [key])
    assert isinstance(found, Completion), found
    return found


def converse(
    model: Local, sampling: Sampling, turns: int = 4, together: bool = True, moved: bool = False
) -> list[list[Completion]]:
    """All conversations for some turns; what the user says next depends on what it was told."""
    dialogues, found = list(OPENINGS), []
    for turn in range(turns):
        keys = [mix(i, turn) for i in range(len(dialogues))]
        if together:
            said = model.complete(dialogues, sampling, keys)
        else:
            said = [model.complete([d], sampling, [k])[0] for d, k in zip(dialogues, keys, strict=True)]
        found.append(said)
        dialogues = [
            (*d, Message("assistant", s.text), Message("user", f"{turn} {s.text[:6]}?"))
            for d, s in zip(dialogues, said, strict=True)
        ]
        if moved:
            model, dialogues = pickle.loads(pickle.dumps((model, dialogues)))  # noqa: S301
    return found


def spoken(name: str, sampling: Sampling, turns: int = 4) -> list[list[list[int]]]:
    """What `converse` must give, from a plain loop."""
    path = tiny.folder(name)
    encoder, dialogues, found = tiny.plain(path)[2], list(OPENINGS), []
    for turn in range(turns):
        said = [
            tiny.reference(path, encoder.encode(dialogue), sampling, mix(i, turn))
            for i, dialogue in enumerate(dialogues)
        ]
        ends = {1, 6, 7, *tiny.plain(path)[0].generation_config.eos_token_id}
        texts = [encoder.spoken(tokens[:-1] if tokens[-1] in ends else tokens) for tokens in said]
        dialogues = [
            (*d, Message("assistant", t), Message("user", f"{turn} {t[:6]}?"))
            for d, t in zip(dialogues, texts, strict=True)
        ]
        found.append(said)
    return found


def tokens(found: Sequence[Sequence[Completion]]) -> list[list[list[int]]]:
    return [[list(completion.tokens or ()) for completion in turn] for turn in found]


# -- the same, however it is asked -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=["greedy", "sampled", "nucleus"])
@pytest.mark.parametrize("name", tiny.SLOTTED)
def test_conversations_are_those_of_a_plain_loop(name: str, sampling: Sampling) -> None:
    expected = spoken(name, sampling)
    model = local(name)
    assert tokens(converse(model, sampling)) == expected
    lengths = {len(said) for turn in expected for said in turn}
    assert len(lengths) > 2 or not sampling.temperature  # rows did end at different steps
    # Again, now that every prompt is known; alone; without the cache; in small batches; in other processes.
    assert tokens(converse(model, sampling)) == expected
    assert tokens(converse(local(name), sampling, turns=3, together=False)) == expected[:3]
    assert tokens(converse(local(name, cache_gb=0), sampling, turns=2)) == expected[:2]
    assert tokens(converse(local(name, cache_gb=0), sampling, turns=2, together=False)) == expected[:2]
    assert tokens(converse(local(name, batch_size=2), sampling, turns=3)) == expected[:3]
    assert tokens(converse(local(name), sampling, turns=2, moved=True)) == expected[:2]


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_cannot_be_kept_by_slot_is_read_plainly_and_says_so() -> None:
    sampling = SAMPLINGS[2]
    with pytest.warns(UserWarning, match=r"one conversation at a time.*\(layers of kind linear_attention\)"):
        found = converse(local("mamba"), sampling, turns=2)
    assert tokens(found) == spoken("mamba", sampling, turns=2)
    assert found[1][0].usage.cached == 0


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_other_precisions_pass_the_check_on_slots(dtype: str) -> None:
    model = local("qwen3_sliding", deterministic=False, dtype=dtype)
    found = one(model, OPENINGS[0], max_tokens=5)
    assert model._reader is not None
    assert found.tokens


@pytest.mark.parametrize("cache_gb", [1.0, 3e-4], ids=["ample", "scarce"])
@pytest.mark.parametrize("name", ["lfm2", "gemma3", "gpt2"])
def test_forks_repeats_and_returns_are_all_read_rightly(name: str, cache_gb: float) -> None:
    """Conversations go on, part way, twice at once, from an earlier turn, in any company; and some calls break off."""
    rng = random.Random(5)
    model, plain = local(name, batch_size=6, cache_gb=cache_gb), local(name, cache_gb=0)
    known, broken = list(OPENINGS), 0
    for call in range(14):
        # Mostly what was said last, as in a rollout; then anything, more than once too.
        chosen = known[-6:] if call % 3 else rng.choices(known, k=rng.randint(1, 9))
        chosen = chosen[: rng.choice([6, 5, 2])] if call % 3 == 1 else chosen
        sampling, keys = SAMPLINGS[rng.randrange(3)], [rng.randrange(3) for _ in chosen]
        if call % 4 == 3:
            broken += breaks_off(model, [(*d, *tiny.chat("", "Well.", "What?")[1:]) for d in chosen], keys)
        found = model.complete(chosen, sampling, keys)
        assert tokens([found]) == tokens([plain.complete(chosen, sampling, keys)])  # type: ignore[list-item]
        assert model._prefixes.held <= model._prefixes.most
        for dialogue, said in zip(chosen, found, strict=True):
            assert isinstance(said, Completion)
            follow = Message("user", rng.choice(["And?", "Which one, the large pizza or the small one?", ""]))
            known.append((*dialogue, Message("assistant", said.text), follow))

    assert broken


def breaks_off(model: Local, prompts: Sequence[Dialogue], keys: Sequence[int]) -> bool:
    """Let the machine fail at the second token; whether it came to that."""
    original, steps = SlotReader.logits, iter(range(100))

    def fails(*arguments: Any) -> torch.Tensor:
        if next(steps) == 1:
            raise MemoryError
        return original(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SlotReader, "logits", fails)
        try:
            model.complete(prompts, Sampling(max_tokens=30), keys)
        except MemoryError:
            return True
    return False


def test_weights_can_still_be_trained() -> None:
    model = Local(str(tiny.folder("gpt2")))
    one(model, OPENINGS[0], max_tokens=2)
    model.model(input_ids=torch.tensor([[1, 2, 3]]), labels=torch.tensor([[1, 2, 3]])).loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.model.parameters())


def test_keys_tell_equal_prompts_apart() -> None:
    said = local("lfm2").complete([OPENINGS[0]] * 4, Sampling(max_tokens=12), [1, 2, 1, 3])
    first, second, third, fourth = (s.tokens for s in said if isinstance(s, Completion))
    assert first == third
    assert len({first, second, fourth}) == 3


# -- what is read ------------------------------------------------------------------------------------------------------


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each forward pass is given, pads included."""
    sizes: list[int] = []
    original = SlotReader._forward

    def counted(self: Any, model: Any, tokens: torch.Tensor, *rest: Any, **named: Any) -> Any:
        sizes.append(tokens.numel())
        return original(self, model, tokens, *rest, **named)

    monkeypatch.setattr(SlotReader, "_forward", counted)
    return sizes


def test_what_was_read_is_not_read_again(fed: list[int]) -> None:
    model = local("lfm2")
    assert model._reader is not None
    dialogue, known = OPENINGS[3], 0
    for turn in range(4):
        fed.clear()
        said = one(model, dialogue, turn, max_tokens=8)
        prompt, cached, drawn = said.usage
        assert prompt is not None
        assert cached is not None
        assert sum(fed) == prompt - cached + drawn - 1
        assert cached == known
        assert sum(fed) < 40 < prompt or not turn
        known = prompt + drawn - 1
        dialogue = (*dialogue, Message("assistant", said.text), Message("user", "And then?"))
    fed.clear()
    again = one(model, dialogue[:-2], 3, max_tokens=8)  # the same prompt: only the last token is read
    assert again.tokens == said.tokens
    assert again.usage == (prompt, prompt - 1, drawn)
    assert sum(fed) == drawn


def test_what_new_conversations_have_in_common_is_read_once(fed: list[int]) -> None:
    model = local("qwen3")
    assert model._reader is not None
    prompts = [tiny.chat(text, system=SYSTEM * 3) for text in ("One?", "Two??", "Three???")]
    fed.clear()
    said = model.complete(prompts, Sampling(max_tokens=1), [1, 2, 3])
    usages = [s.usage for s in said if isinstance(s, Completion)]
    # The shorter two read some of it again, so as to end in one column with the longest.
    left = {(u.prompt or 0) - (u.cached or 0) for u in usages}
    assert len(left) == 1
    assert sum(fed[1:]) == 3 * left.pop() < 60
    assert fed[0] >= max(u.cached or 0 for u in usages) > 50


def test_the_cache_is_keyed_by_content() -> None:
    model = local("llama")
    dialogue = tiny.chat("Which pizza?", "A large one.", "With olives?")
    one(model, dialogue[:1], max_tokens=4)
    first = one(model, dialogue, max_tokens=4)
    same = one(model, tuple(Message(m.role, f"{m.content}") for m in dialogue), max_tokens=4)
    assert same.tokens == first.tokens
    assert same.usage.cached == (first.usage.prompt or 0) - 1
    for other in (tiny.chat("Which pizza", "A large one.", "With olives?"), tiny.chat("Which pizza? A large one.")):
        assert one(model, other, max_tokens=4).usage.cached == 0
        assert one(model, other, max_tokens=4).tokens == one(local("llama"), other, max_tokens=4).tokens


def test_an_edited_reply_is_read_from_where_it_differs() -> None:
    model = local("gpt2")
    said = one(model, OPENINGS[3], max_tokens=12)
    for edited in (f"<think>well</think>{said.text}", said.text[2:], "", "Quite another."):
        dialogue = (*OPENINGS[3], Message("assistant", edited), Message("user", "And?"))
        found = one(model, dialogue, 5, max_tokens=8)
        assert found.tokens == one(local("gpt2", cache_gb=0), dialogue, 5, max_tokens=8).tokens
        assert (found.usage.cached or 0) >= (said.usage.prompt or 0)


def test_a_reply_is_not_split_anew() -> None:
    model = local("lfm2")
    uncanonical = 0
    for key in range(20):
        said = one(model, OPENINGS[0], key, max_tokens=6)
        ended = said.finish == "stop"
        drawn = said.tokens[: -1 if ended else None] if said.tokens else ()
        if not isinstance(said.text, Spoken):
            continue
        follow = (*OPENINGS[0], Message("assistant", said.text), Message("user", "And?"))
        ids = model.encoder.encode(follow)
        before = said.usage.prompt or 0
        assert tuple(ids[before : before + len(drawn)]) == drawn
        assert (one(model, follow, max_tokens=1).usage.cached or 0) == before + len(said.tokens or ()) - 1
        # The same words by somebody else: read as the tokenizer splits them, whatever the model has said before.
        plain = (*OPENINGS[0], Message("assistant", str(said.text)), Message("user", "And?"))
        assert model.encoder.encode(plain) == local("lfm2").encoder.encode(plain)
        uncanonical += model.encoder.encode(plain) != ids
    assert uncanonical > 5


def test_memory_stays_within_its_bound() -> None:
    prompts = [tiny.chat(f"Number {i}, and the table for seven people at half past eight?") for i in range(12)]
    expected = [s.tokens for s in local("lfm2").complete(prompts, Sampling(max_tokens=4), range(12)) if s]  # type: ignore[union-attr]
    model = local("lfm2", cache_gb=200_000 / 2**30)
    for _ in range(2):
        found = [one(model, prompt, i, max_tokens=4) for i, prompt in enumerate(prompts)]
        assert [f.tokens for f in found] == expected
        assert 0 < model._prefixes.held <= 200_000
        assert 0 < len(model._prefixes) < 12
    assert found[0].usage.cached == 0  # thrown out by the eleven that came after
    one(model, prompts[-1], 11, max_tokens=4)
    assert one(model, prompts[-1], 11, max_tokens=4).usage.cached == (found[-1].usage.prompt or 0) - 1
    tiny_cache = local("lfm2", cache_gb=1000 / 2**30)
    assert [one(tiny_cache, prompts[0], 0, max_tokens=4).usage.cached for _ in range(2)] == [0, 0]
    assert tiny_cache._prefixes.held == 0


# -- what is told of it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=["greedy", "sampled", "nucleus"])
def test_log_probabilities_and_entropies_are_those_before_sharpening(sampling: Sampling) -> None:
    path = tiny.folder("qwen3")
    said = one(local("qwen3"), OPENINGS[0], temperature=sampling.temperature, top_p=sampling.top_p, max_tokens=9)
    ids = tiny.plain(path)[2].encode(OPENINGS[0])
    assert said.tokens is not None
    assert said.logprobs is not None
    assert said.entropies is not None
    for i, token in enumerate(said.tokens):
        full = tiny.distribution(path, [*ids, *said.tokens[:i]])
        assert said.logprobs[i] == pytest.approx(full[token].item(), abs=1e-9)
        assert said.entropies[i] == pytest.approx(-(full.exp() * full).sum().item(), abs=1e-9)


@pytest.mark.parametrize("name", ["gemma3", "lfm2"])
def test_a_score_is_what_was_reported_when_it_was_said(name: str) -> None:
    model = local(name)
    for prompt in OPENINGS:
        said = one(model, prompt, temperature=0, max_tokens=6)
        assert said.logprobs is not None
        assert isinstance(said.text, Spoken)
        (scored,) = model.score([prompt], [said.text])
        assert not isinstance(scored, ModelError)
        kept = len(said.text.tokens)
        assert scored[:kept] == pytest.approx(said.logprobs[:kept], abs=1e-9)
        assert len(scored) == kept + 1
    plain, empty = model.score([OPENINGS[0]] * 2, ["A large one.", ""])
    assert len(plain) == len(model.encoder.split("A large one.")) + 1  # type: ignore[arg-type]
    assert len(empty) == 1  # type: ignore[arg-type]
    assert all(p < 0 for p in (*plain, *empty))  # type: ignore[misc]


def changed(name: str, to: Path, **weights: torch.Tensor | None) -> Local:
    """A model with other weights."""
    shutil.copytree(tiny.folder(name), to)
    held = load_file(to / "model.safetensors")
    for key, value in weights.items():
        if value is None:
            del held[key.replace("__", ".")]
        else:
            held[key.replace("__", ".")] = value
    save_file(held, to / "model.safetensors", {"format": "pt"})
    return Local(str(to), deterministic=True)


def always(token: int) -> dict[str, torch.Tensor]:
    """Weights by which GPT-2 says one token whatever it has read."""
    direction = torch.zeros(32, dtype=torch.float64)
    direction[0] = 30
    embedding = torch.zeros(384, 32, dtype=torch.float64)
    embedding[token, 0] = 1
    return {
        "transformer__ln_f__weight": torch.zeros(32, dtype=torch.float64),
        "transformer__ln_f__bias": direction,
        "transformer__wte__weight": embedding,
    }


@pytest.mark.parametrize(
    ("token", "finish", "signal"), [(6, "stop", "satisfied"), (7, "stop", "gave_up"), (1, "stop", None)]
)
def test_signals_end_a_turn_and_are_told_apart(token: int, finish: str, signal: str | None, tmp_path: Path) -> None:
    model = changed("gpt2", tmp_path / "m", **always(token))
    assert dict(model.signals) == {"satisfied": "<|satisfied|>", "gave_up": "<|gave_up|>"}
    said = one(model, OPENINGS[0], temperature=0)
    assert (said.text, said.tokens, said.finish, said.signal) == ("", (token,), finish, signal)


def test_a_reply_that_does_not_end_is_cut(tmp_path: Path) -> None:
    model = changed("gpt2", tmp_path / "m", **always(100))
    said = one(model, OPENINGS[0], temperature=0, max_tokens=5)
    assert (said.tokens, said.finish, said.signal, said.usage.completion) == ((100,) * 5, "length", None, 5)


def test_control_tokens_that_are_drawn_do_not_live_on_unseen(tmp_path: Path) -> None:
    model = changed("gpt2", tmp_path / "m", **always(3))  # <|user|>
    said = one(model, OPENINGS[0], temperature=0, max_tokens=3)
    assert said.text == ""
    assert not isinstance(said.text, Spoken)


def test_outputs_that_are_no_numbers_are_an_error(tmp_path: Path) -> None:
    broken = {"transformer__ln_f__weight": torch.full((32,), math.nan, dtype=torch.float64)}
    model = changed("gpt2", tmp_path / "m", **broken)
    with pytest.warns(UserWarning, match="cannot be kept by slot"):
        (found,) = model.complete([OPENINGS[0]], Sampling(max_tokens=3), [1])
    assert isinstance(found, ModelError)
    assert "not finite" in str(found)


# -- what cannot be done -----------------------------------------------------------------------------------------------


def test_a_prompt_that_cannot_be_read_fails_in_its_own_place() -> None:
    model = local("gemma3")  # whose template knows no tools and wants roles to take turns
    long = tiny.chat("word " * 600)
    tool = (*tiny.chat("Hello?"), Message("tool", "42"))
    twice = (*tiny.chat("Hello?"), Message("user", "Hello??"))
    found = model.complete([OPENINGS[0], long, tool, twice, ()], Sampling(max_tokens=3), range(5))
    assert isinstance(found[0], Completion)
    reasons = ["leaves no room", "refuses the roles user, tool", "must alternate", "empty chat"]
    for error, reason in zip(found[1:], reasons, strict=True):
        assert isinstance(error, ModelError)
        assert reason in str(error)
    assert [type(s) for s in model.score([long, OPENINGS[0]], ["a", "b"])] == [ModelError, tuple]
    assert model.complete([], Sampling(), []) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"dtype": "int8"}, "dtype must be one of float64, float32, bfloat16, float16, got 'int8'"),
        ({"batch_size": 0}, "batch_size and threads must be at least 1"),
        ({"threads": 0}, "batch_size and threads must be at least 1"),
        ({"cache_gb": -1}, "cache_gb at least 0"),
        ({"deterministic": True, "device": "cuda"}, "deterministic needs device=cpu"),
    ],
)
def test_arguments_out_of_range_are_refused_before_anything_is_loaded(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as error:
        Local("nowhere", **arguments)
    assert "\n" not in str(error.value)


def refused(model: Local) -> str:
    with pytest.raises(ConfigError) as error:
        model.complete([OPENINGS[0]], Sampling(max_tokens=1), [1])
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_missing_folder_or_device_is_one_line(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in refused(Local(str(tmp_path / "none")))
    (tmp_path / "empty").mkdir()
    assert "cannot be loaded" in refused(Local(str(tmp_path / "empty")))
    if not torch.cuda.is_available():
        assert "model.device 'cuda' cannot be used" in refused(local("gpt2", deterministic=False, device="cuda"))
    assert "model.device 'abacus' cannot be used" in refused(local("gpt2", deterministic=False, device="abacus"))


def test_missing_weights_are_not_made_up(tmp_path: Path) -> None:
    assert "lack transformer.h.1.attn.c_attn.weight" in refused(
        changed("gpt2", tmp_path / "m", transformer__h__1__attn__c_attn__weight=None)
    )


def test_nothing_is_unpickled_and_no_code_of_the_models_is_run(tmp_path: Path) -> None:
    path = tmp_path / "pickled"
    shutil.copytree(tiny.folder("gpt2"), path)
    (path / "model.safetensors").unlink()
    trap = tmp_path / "sprung"
    (path / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(str(trap))))
    assert "cannot be loaded" in refused(Local(str(path)))
    coded = tmp_path / "coded"
    shutil.copytree(tiny.folder("gpt2"), coded)
    config = json.loads((coded / "config.json").read_text())
    config |= {"model_type": "trap", "auto_map": {"AutoConfig": "trap.TrapConfig", "AutoModelForCausalLM": "trap.Trap"}}
    (coded / "config.json").write_text(json.dumps(config))
    (coded / "trap.py").write_text(f"open({str(trap)!r}, 'w').close()")
    assert "cannot be loaded" in refused(Local(str(coded)))
    assert not trap.exists()


class Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.path, "w")


# -- the check on slots ------------------------------------------------------------------------------------------------


def test_the_check_sees_pads_uneven_rows_single_tokens_and_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[torch.Tensor, int]] = []
    original = SlotReader._forward

    def watched(self: Any, model: Any, tokens: torch.Tensor, slots: torch.Tensor, *rest: Any, **named: Any) -> Any:
        seen.append((tokens, slots.clone()))
        return original(self, model, tokens, slots, *rest, **named)

    monkeypatch.setattr(SlotReader, "_forward", watched)
    SlotReader(tiny.plain(tiny.folder("lfm2"))[0]).gap()
    assert any((tokens[:, -1] == 0).any() and (tokens[:, -1] != 0).any() for tokens, _ in seen if len(tokens) > 1)
    assert any(len(slots) == 2 and slots.shape[1] == 1 and slots[0] != slots[1] for _, slots in seen)
    assert {len(tokens) for tokens, _ in seen} == {1, 2}


@pytest.mark.parametrize("fault", ["mask", "window", "slot", "convolution"])
def test_the_check_catches_what_would_change_outputs(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"window": "mistral", "convolution": "lfm2"}.get(fault, "qwen3_sliding")
    model = local(name)
    if fault == "window":  # our masks know nothing of it
        monkeypatch.setattr("pragenv.models.slots._kinds", lambda config: ("full_attention",) * 4)
    elif fault == "mask":  # pads are seen
        monkeypatch.setattr(SlotReader, "_as_given", lambda self, mask: torch.ones_like(mask))
    elif fault == "slot":  # rows are taken to be of one length
        original = SlotReader._forward
        monkeypatch.setattr(
            SlotReader,
            "_forward",
            lambda self, m, t, s, *rest, **named: original(
                self, m, t, s.max(0).values.expand_as(s).contiguous(), *rest, **named
            ),
        )
    else:  # what came before is forgotten
        update = ConvolutionSlots.update_conv_state

        def forgetful(self: Any, states: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            found = update(self, states, *rest, **named)
            found[:, :, : -states.shape[2]] = 0
            return found

        monkeypatch.setattr(ConvolutionSlots, "update_conv_state", forgetful)
    with pytest.warns(UserWarning, match="cannot be kept by slot"):
        assert model._reader is None


def test_a_window_far_longer_than_the_check_is_checked_all_the_same(tmp_path: Path) -> None:
    path = tiny.save(tmp_path / "wide", "mistral", tiny.TEMPLATE, sliding_window=400)
    model = Local(str(path), deterministic=True)
    assert model._reader is not None
    assert model._reader.kinds == ("sliding_attention",) * 4
    assert model.model.config.sliding_window == 400


@pytest.mark.parametrize("change", [{"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}}])
def test_angles_that_depend_on_the_length_are_not_kept(change: dict[str, Any], tmp_path: Path) -> None:
    model = Local(str(tiny.save(tmp_path / "m", "llama", tiny.TEMPLATE, **change)), deterministic=True)
    with pytest.warns(UserWarning, match="depend on the length"):
        assert model._reader is None


# -- manners -----------------------------------------------------------------------------------------------------------


def test_loading_is_silent_and_leaves_logging_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging as their_logging

    logger = logging.getLogger("transformers")
    before = (logger.level, their_logging.is_progress_bar_enabled())
    for name in ("lfm2", "qwen3"):
        one(Local(str(tiny.folder(name))), OPENINGS[0], max_tokens=1)
    assert (logger.level, their_logging.is_progress_bar_enabled()) == before
    assert capfd.readouterr() == ("", "")


def test_nothing_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, pragenv; heavy = {'torch', 'transformers'}; assert not heavy & set(sys.modules), 'at import'\n"
        "from pragenv.registration import models\n"
        "models.make({'name': 'local', 'path': 'nowhere'}); models.make('mini')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_bundled_model_is_exact_on_the_cpu_and_can_be_moved() -> None:
    path = str(tiny.folder("lfm2"))
    mini = Mini(path, batch_size=3)
    assert mini.dtype is torch.float64
    assert Mini(path, device="cuda").dtype is torch.float32
    assert Mini(path, dtype="bfloat16", deterministic=False).dtype is torch.bfloat16
    copy = pickle.loads(pickle.dumps(mini))  # noqa: S301
    assert (type(copy), copy.batch_size) == (Mini, 3)
    assert one(copy, OPENINGS[0], max_tokens=4) == one(local("lfm2"), OPENINGS[0], max_tokens=4)
