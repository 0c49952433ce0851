"""Train a language model on Sharded's built-in items in the full view only, and so make one that can get lost.

    python baselines/examples/sharded_lm.py --out results/sharded_lm
    pragenv sweep experiment=lost_in_conversation_lm model=mini model.path=results/sharded_lm

Next-token loss on the right answer to everything said at once (the train split): single-turn preference data in
miniature. About ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path

import torch
from pragenv_baselines.lm import instructions, told
from torch.nn.functional import cross_entropy
from tqdm import trange
from transformers import AutoModelForCausalLM, AutoTokenizer

from pragenv.models.chat import ChatEncoder
from pragenv.models.mini import FOLDER
from pragenv.registration import make_env
from pragenv.types import Dialogue

TOKENS = 8192  # in a batch, padding included


def examples(kinds: list[str]) -> list[tuple[Dialogue, str]]:
    """What an agent sees of each item of the train split, told to answer at once, and the right answer."""
    found = []
    for kind in kinds:
        env = make_env("sharded", "full", {"kind": kind}, "train", "scripted")
        for index in range(env.task.count(env.setting, "train") or 0):
            env.reset(seed=0, options={"index": index})
            prompt = told(env.agent_view().dialogue, instructions("direct.v1"))
            found.append((prompt, env.task.answer(env.scenario)))
    return found


def batches(rows: list[tuple[list[int], int]], rng: random.Random) -> list[list[tuple[list[int], int]]]:
    """Rows of token ids (with the place where the answer begins), those of like length together, in random order."""
    made: list[list[tuple[list[int], int]]] = [[]]
    for row in sorted(rows, key=lambda row: len(row[0]) + rng.random()):
        if made[-1] and (len(made[-1]) + 1) * len(row[0]) > TOKENS:
            made.append([])
        made[-1].append(row)
    rng.shuffle(made)
    return made


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--start", default=FOLDER, help="folder of the model to begin with; the bundled one by default")
    parser.add_argument("--kinds", nargs="+", default=["math", "actions"])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    tokenizer = AutoTokenizer.from_pretrained(arguments.start)
    model = AutoModelForCausalLM.from_pretrained(arguments.start, dtype=torch.float32).train()
    encoder = ChatEncoder(tokenizer)
    rows = []
    for prompt, answer in examples(arguments.kinds):
        before = list(encoder.encode(prompt))
        rows.append(([*before, *encoder.split(answer), tokenizer.eos_token_id], len(before)))
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=0.01)
    bar = trange(arguments.epochs, desc=f"{len(rows)} items", unit="epoch")
    for epoch in bar:
        total, right, tokens = 0.0, 0, 0
        for step, batch in enumerate(made := batches(rows, rng)):
            done = (epoch + step / len(made)) / arguments.epochs
            for group in optimiser.param_groups:
                group["lr"] = arguments.rate * min(1.0, 20 * done) * 0.5 * (1 + math.cos(math.pi * done))
            longest = max(len(ids) for ids, _ in batch)
            ids = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row, _ in batch])
            own = torch.tensor([[begin <= i < len(row) for i in range(1, longest)] for row, begin in batch])
            hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
            logits, target = model.lm_head(hidden[own]), ids[:, 1:][own]
            loss = cross_entropy(logits, target)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            total += loss.item() * len(target)
            right += int((logits.argmax(-1) == target).sum())
            tokens += len(target)
        bar.set_postfix(loss=f"{total / tokens:.3f}", right=f"{right / tokens:.3f}")
    model.save_pretrained(arguments.out)
    tokenizer.save_pretrained(arguments.out)


if __name__ == "__main__":
    main()
