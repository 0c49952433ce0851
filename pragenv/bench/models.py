"""How fast does a language model speak, beside `transformers.generate`? And does batching change what it says?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from pragenv.bench.parties import bench_parties
from pragenv.bench.talkers import Endless, Talker, follow, generator, keys, large_folder, model_folder, openings
from pragenv.errors import ConfigError
from pragenv.files import write_json
from pragenv.protocols import Completion

Row = dict[str, Any]
SIZES = (1, 16, 64, 256)
_SINGLES = 4  # conversations that are spoken one at a time, whatever the size of the batch


def bench_models(
    out: Path | None = None,
    model: Path | None = None,
    sizes: Sequence[int] = SIZES,
    turns: int = 10,
    reply: int = 16,
    flip_tokens: int = 20_000,
    seconds: float = 0.5,
    device: str = "cpu",
    threads: int = 1,
) -> dict[str, Any]:
    """Time replies to `turns`-turn conversations: brief 120 tokens, 15 said to the model at each turn.

    Every reply is `reply` tokens long for all contestants (none may end its turn sooner), drawn at temperature 1 in
    float32. All go from chats to texts, and are given the same chats, in turns, so that a noisy machine hits them
    alike. Seconds are those of CPU time with one thread, of the clock with more or on a GPU.

    Args:
        out: where `models.json` is written, or None.
        model: a folder; by default the bundled model, or random weights in its shape where there is none.
        sizes: conversations side by side.
        turns: of each conversation.
        reply: tokens of each reply.
        flip_tokens: how many tokens are drawn for each rate of flips, at least; 0 leaves them out.
        seconds: CPU time for each environment with scripted users; 0 leaves the environments out.
        device: where the models run; on a GPU, a larger one is timed too.
        threads: of PyTorch, for all contestants.

    Returns:
        `model`, `device`, `threads`; `speeds`: a row for each size and contestant (`single`: one conversation at a time
        through `generate`, timed on four of them; `padded`: batches through `generate`; `ours`) with `replies_per_s`,
        `tokens_per_s`, and `ours_over_it`; `flips`: see `flip_rates`; `parties`: see `bench_parties`; with a
        GPU, `large`: `speeds` of the larger model, and `bandwidth`.

    Raises:
        ConfigError: for a size or number out of range, or a model or device that cannot be used.
    """
    if min(turns, reply, threads, *sizes) < 1 or flip_tokens < 0 or seconds < 0:
        raise ConfigError(
            "bench models: sizes, turns, reply and threads must be at least 1, flip_tokens and seconds at least 0"
        )
    found: dict[str, Any] = {"device": device, "threads": threads, "turns": turns, "reply_tokens": reply}
    with model_folder(model) as (folder, name):
        found["model"] = name
        found["speeds"] = speeds(folder, "float32", sizes, turns, reply, device, threads)
        found["flips"] = flip_rates(folder, flip_tokens) if flip_tokens else []
        found["parties"] = bench_parties(folder, seconds, reply) if seconds else []
    if device != "cpu":
        found["large"], found["bandwidth"] = _large(large_folder(), sizes, turns, reply, device)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "models.json", found)
    return found


def _large(
    made: AbstractContextManager[tuple[str, str]], sizes: Sequence[int], turns: int, reply: int, device: str
) -> tuple[list[Row], list[Row]]:
    with made as (folder, _):
        return speeds(folder, "bfloat16", sizes, turns, reply, device, 1), bandwidth(folder, sizes, device)


def speeds(
    folder: str, dtype: str, sizes: Sequence[int], turns: int, reply: int, device: str, threads: int
) -> list[Row]:
    """The rows of the table of speeds."""
    rows = []
    with tqdm(total=len(sizes) * turns, desc="bench models", disable=None, leave=False) as bar:
        for size in sizes:
            model = Endless(folder, device, dtype, batch_size=size, threads=threads)
            timed = _play(model, size, turns, reply, bar)
            speed = {name: replies / spent for name, (replies, spent) in timed.items()}
            for name, (replies, spent) in timed.items():
                rows.append(
                    {
                        "batch": size,
                        "contestant": name,
                        "replies_per_s": round(speed[name], 2),
                        "tokens_per_s": round(speed[name] * reply, 1),
                        "ours_over_it": round(speed["ours"] / speed[name], 2),
                        "replies": replies,
                        "seconds": round(spent, 3),
                    }
                )
    return rows


def _play(model: Endless, size: int, turns: int, reply: int, bar: Any) -> dict[str, tuple[int, float]]:
    """Replies and seconds of each contestant."""
    count = max(size, _SINGLES)
    single, padded = generator(model, reply, 1), generator(model, reply, size)

    def ours(prompts: Sequence[Any], drawn: Sequence[int]) -> None:
        for first in range(0, len(prompts), size):
            said.extend(model.say(prompts[first : first + size], drawn[first : first + size], reply))

    contestants: dict[str, tuple[Talker, int]] = {"single": (single, _SINGLES), "padded": (padded, count)}
    contestants["ours"] = (ours, count)
    spent = dict.fromkeys(contestants, 0.0)
    dialogues, said = openings(model, count, size), list[Completion]()
    for talker, n in contestants.values():  # once to warm up, on conversations that do not come again
        talker(openings(model, n, -1 - size), keys(n, 0))
    for turn in range(turns):
        said.clear()
        for name, (talker, n) in contestants.items():
            start = clock(model.device)
            talker(dialogues[:n], keys(n, turn))
            spent[name] += clock(model.device) - start
        dialogues = follow(model, dialogues, said, turn)
        bar.update()
    return {name: (n * turns, spent[name]) for name, (_, n) in contestants.items()}


def clock(device: str) -> float:
    """Seconds of CPU time; with several threads or a GPU, once that has done what it was told, those of the clock."""
    if device != "cpu":
        torch.cuda.synchronize()
    return time.process_time() if device == "cpu" and torch.get_num_threads() == 1 else time.perf_counter()


def flip_rates(folder: str, tokens: int, reply: int = 100) -> list[Row]:
    """How often a drawn token is another one in a batch than alone, and from the cache than read anew.

    A reply is compared up to its first difference: after that it is another text.

    Args:
        folder: of the model.
        tokens: how many are drawn each way, at least.
        reply: tokens of each reply.

    Returns:
        A row for each precision and comparison: `dtype`, `between`, `tokens` compared, `flips`, `rate` (of tokens),
        `replies`, `replies_rate`.
    """
    rows = []
    count = -(-tokens // reply)
    for dtype in ("float32", "float64"):
        plain = Endless(folder, dtype=dtype, cache_gb=0, batch_size=64, threads=1)
        alone = Endless(folder, dtype=dtype, cache_gb=0, batch_size=1, threads=1)
        cached = Endless(folder, dtype=dtype, batch_size=64, threads=1)
        begun = openings(plain, count, 0)
        prompts = follow(plain, begun, cached.say(begun, keys(count, 0), 8), 0)
        drawn = keys(count, 1)
        said = {
            "batch": plain.say(prompts, drawn, reply),
            "cached": cached.say(prompts, drawn, reply),
            "alone": [
                alone.say([prompt], [key], reply)[0]
                for prompt, key in tqdm(
                    list(zip(prompts, drawn, strict=True)), desc=f"flips in {dtype}", disable=None, leave=False
                )
            ],
        }
        for one, other in (("alone", "batch"), ("alone", "cached")):
            rows.append({"dtype": dtype, "between": f"{one} and {other}", **_flips(said[one], said[other])})
    return rows


def _flips(one: Sequence[Any], other: Sequence[Any]) -> Row:
    flips = compared = 0
    for a, b in zip(one, other, strict=True):
        first = next((i for i, (x, y) in enumerate(zip(a.tokens, b.tokens, strict=True)) if x != y), None)
        flips += first is not None
        compared += len(a.tokens) if first is None else first + 1
    rates = {"rate": flips / compared, "replies": len(one), "replies_rate": flips / len(one)}
    return {"tokens": compared, "flips": flips, **rates}


def bandwidth(folder: str, sizes: Sequence[int], device: str, tokens: int = 64) -> list[Row]:
    """The share of the memory's bandwidth that decoding reaches: bytes of weights and cache that a step must read.

    The yardstick is a copy of a gigabyte (on the CPU, of 64 MB), read and written, on the same device.

    Returns:
        A row for each batch size: `batch`, `step_ms`, `gb_per_s`, `copy_gb_per_s`, `fraction`.
    """
    model = Endless(folder, device, "bfloat16", threads=1)
    weights = sum(p.numel() * p.element_size() for p in model.model.parameters())
    peak, rows = _copy_speed(device), []
    for size in sizes:
        prompts = openings(model, size, size)
        model.say(prompts, keys(size, 0), tokens)
        spent = []
        for n in (1, tokens):  # the prompts are in the cache, so both read the same and differ by the steps
            start = clock(device)
            model.say(prompts, keys(size, 0), n)
            spent.append(clock(device) - start)
        step = (spent[1] - spent[0]) / (tokens - 1)
        length = max(len(model.encoder.encode(prompt)) for prompt in prompts) + tokens / 2
        read = (weights + size * length * model.token_bytes) / step / 1e9
        rows.append(
            {
                "batch": size,
                "step_ms": round(1e3 * step, 3),
                "gb_per_s": round(read, 1),
                "copy_gb_per_s": round(peak, 1),
                "fraction": round(read / peak, 3),
            }
        )
    return rows


def _copy_speed(device: str) -> float:
    size = 1 << (26 if device == "cpu" else 30)
    source = torch.zeros(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    best = 0.0
    for _ in range(5):
        start = clock(device)
        for _ in range(5):
            target.copy_(source)
        best = max(best, 5 * 2 * size / (clock(device) - start) / 1e9)
    return best


def table(found: dict[str, Any]) -> str:
    """The findings as text."""
    lines = [
        f"{found['model']} on {found['device']}; replies of {found['reply_tokens']} tokens, {found['turns']} turns"
    ]
    for name in ("speeds", "large", "bandwidth", "flips", "parties"):
        if rows := found.get(name):
            lines += ["", name, *_columns(rows)]
    return "\n".join(lines)


def _columns(rows: Sequence[Row]) -> list[str]:
    names = list(rows[0])
    cells = [names, *([f"{row[c]:.3g}" if type(row[c]) is float else str(row[c]) for c in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
