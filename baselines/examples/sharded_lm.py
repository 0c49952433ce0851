"""Train a language model on Sharded's built-in items in the full view only, and so make one that can get lost.

    python baselines/examples/sharded_lm.py --out results/sharded_lm
    pragenv sweep experiment=lost_in_conversation_lm model=mini model.path=results/sharded_lm

Next-token loss on the right answer to everything said at once: single-turn preference data in miniature. Each epoch has
new items from the templates of the built-in ones, none of them a validation or test item. Over an hour on one core.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable
from pathlib import Path

import torch
from pragenv_baselines.lm import instructions, told
from torch.nn.functional import cross_entropy
from tqdm import trange
from transformers import AutoModelForCausalLM, AutoTokenizer

from pragenv.models.chat import ChatEncoder
from pragenv.models.mini import FOLDER
from pragenv.registration import make_dialogue, make_simulator
from pragenv.tasks.sharded import Sharded
from pragenv.tasks.sharded.item import Item
from pragenv.tasks.sharded.kinds.actions import Actions
from pragenv.tasks.sharded.kinds.math import Math
from pragenv.types import Dialogue

KINDS: dict[str, Callable[[int, int], tuple[Item, ...]]] = {"math": Math.draw, "actions": Actions.draw}
TOKENS = 8192  # in a batch, padding included


class Drawn(Sharded):
    """The task with newly drawn items to train on.

    Args:
        each: how many of each template.
        seed: which.
    """

    def __init__(self, each: int, seed: int) -> None:
        self._each, self._seed = each, seed
        super().__init__()

    def items(self, kind: str, split: str) -> tuple[Item, ...]:
        """New items of the kind, without those held out."""
        held_out = {item.full for other in ("validation", "test") for item in super(Drawn, self).items(kind, other)}
        return tuple(item for item in KINDS[kind](self._each, self._seed) if item.full not in held_out)


def examples(task: Sharded, kinds: list[str]) -> list[tuple[Dialogue, str]]:
    """What an agent sees of each item in the full view, told to answer at once, and the right answer."""
    found = []
    for kind in kinds:
        env = make_dialogue(task, task.setting("full", {"kind": kind}), make_simulator("scripted"), "train")
        for index in range(task.count(env.setting, "train") or 0):
            env.reset(seed=0, options={"index": index})
            prompt = told(env.agent_view().dialogue, instructions("direct.v1"))
            found.append((prompt, task.answer(env.scenario)))
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
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--each", type=int, default=100, help="new items of each template in an epoch")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    tokenizer = AutoTokenizer.from_pretrained(arguments.start)
    model = AutoModelForCausalLM.from_pretrained(arguments.start, dtype=torch.float32).train()
    encoder = ChatEncoder(tokenizer)
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=0.01)
    bar = trange(arguments.epochs, unit="epoch")
    for epoch in bar:
        rows = []
        for prompt, answer in examples(Drawn(arguments.each, arguments.seed + 1 + epoch), arguments.kinds):
            before = list(encoder.encode(prompt))
            rows.append(([*before, *encoder.split(answer), tokenizer.eos_token_id], len(before)))
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
        model.save_pretrained(arguments.out)
        bar.set_postfix(loss=f"{total / tokens:.3f}", right=f"{right / tokens:.3f}")
    tokenizer.save_pretrained(arguments.out)


if __name__ == "__main__":
    main()
