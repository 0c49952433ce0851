"""The training loop: next-token loss on the speaker's own turns, a curriculum, and checkpoints to go on from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import AutoTokenizer

from pragenv.errors import DataError, PragEnvError
from pragenv.files import write_json
from pragenv.models.chat import ChatEncoder
from pragenv.tasks.clarify.acts import form_acts
from pragenv.train_mini.batches import Batch, pool
from pragenv.train_mini.corpus import TOP_LEVEL, Corpus
from pragenv.train_mini.recipe import Recipe
from pragenv.train_mini.tokens import train_tokenizer
from pragenv.train_mini.words import Words

_TOKENIZER_TALKS = 10**9  # their numbers begin where no training run gets to
_SAVE_EVERY = 250
_RENEWED_EVERY = 25  # pools
_QUESTIONS = 48  # a step, of whose words something is learned
_WORDS_WEIGHT = 2.0  # of that, beside next tokens


@dataclass
class Progress:
    """Where a run stands. `right`: kind of talk -> running share of value tokens that were predicted."""

    step: int = 0
    pool: int = 0
    batch: int = 0
    level: int = 0
    tokens: int = 0
    loss: float = math.nan
    right: dict[str, float] = field(default_factory=dict)

    def saw(self, loss: float, tokens: int, right: dict[str, tuple[int, int]]) -> None:
        """Count a step: `right` holds, for each kind, how many value tokens were right, of how many."""
        self.step += 1
        self.batch += 1
        self.tokens += tokens
        self.loss = loss if math.isnan(self.loss) else 0.98 * self.loss + 0.02 * loss
        for kind, (hits, n) in right.items():
            weight = min(0.1, n / 4000) if kind in self.right else 1.0
            self.right[kind] = (1 - weight) * self.right.get(kind, 0.0) + weight * hits / n

    def climb(self, recipe: Recipe) -> None:
        """Go up a level once the present one is coped with, or time demands it."""
        copes = all(self.right.get(f"{task}/user", 0.0) > recipe.copes for task in recipe.tasks.split(","))
        level = min(TOP_LEVEL, max(self.level + copes, recipe.least_level(self.step, TOP_LEVEL)))
        if level > self.level:
            self.right.clear()
        self.level = level


class Trainer:
    """A run in a folder: begun there, or gone on with from its last checkpoint.

    Args:
        recipe: what to train.
        out: folder; holds `checkpoint.pt`, `curve.jsonl`, and at the end the model.
        device: of PyTorch.
        sides: who speaks in the corpus (see `Corpus`).
        start: a trained model's folder to start from instead of from nothing.

    Raises:
        DataError: where the folder holds a run of another recipe.
    """

    def __init__(
        self, recipe: Recipe, out: Path, device: str = "cpu", sides: str = "both", start: Path | None = None
    ) -> None:
        self.recipe, self.out, self.device = recipe, out, device
        out.mkdir(parents=True, exist_ok=True)
        self._claim({**recipe.as_dict(), "sides": sides, "start": start and start.name})
        self._sides = sides
        self.corpus = Corpus(recipe.seed, recipe.share, sides, recipe.tasks.split(","))
        self.tokenizer = self._tokenizer(start)
        self.model: Any
        if start is None:
            self.model = recipe.model(self.tokenizer.pad_token_id, self.tokenizer.eos_token_id)
        else:
            from transformers import AutoModelForCausalLM

            self.model = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
        self.model.to(device).train()
        self.words = Words(recipe.width).to(device)
        self._split = lru_cache(maxsize=4096)(ChatEncoder(self.tokenizer).split)
        self._bare: torch.Tensor | None = None
        for layer in self.model.model.layers:
            layer.register_forward_hook(self._pass_bare)
        self.optimisers = recipe.optimisers(torch.nn.ModuleDict({"model": self.model, "words": self.words}))
        self._base = [[group["lr"] for group in o.param_groups] for o in self.optimisers]
        self.progress = Progress(level=0 if start is None else TOP_LEVEL)
        self._resume()

    def _claim(self, made_by: dict[str, Any]) -> None:
        path = self.out / "recipe.json"
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) != made_by:
            raise DataError(f"{self.out}: holds a run of another recipe; give another --out, or remove it")
        write_json(path, made_by)

    def _tokenizer(self, start: Path | None) -> Any:
        if start is None and not (self.out / "tokenizer.json").exists():
            talks = range(_TOKENIZER_TALKS, _TOKENIZER_TALKS + self.recipe.tokenizer_talks)
            shown = tqdm(talks, "tokenizer", unit="talk", mininterval=2)
            made = train_tokenizer((self.corpus.talk(n, TOP_LEVEL)[1] for n in shown), self.recipe.vocabulary)
            made.save_pretrained(self.out)
        return AutoTokenizer.from_pretrained(start or self.out)

    # -- the loop ------------------------------------------------------------------------------------------------------

    def run(self) -> Progress:
        """Train to the end of the recipe; interrupted, it goes on from the last checkpoint when called again.

        Raises:
            PragEnvError: where the loss is no number any more; the last checkpoint is kept.
        """
        progress = self.progress
        if progress.step == 0:
            self._learn_words()
        bar = tqdm(total=self.recipe.steps, initial=progress.step, desc="training", unit="step", mininterval=5)
        with bar, (self.out / "curve.jsonl").open("a", encoding="ascii") as curve:
            for batch in islice(self._batches(), self.recipe.steps - progress.step):
                self._step(batch)
                bar.update()
                if progress.step % 50 == 0:
                    right = {kind: round(share, 4) for kind, share in sorted(progress.right.items())}
                    row = {"step": progress.step, "tokens": progress.tokens, "level": progress.level}
                    curve.write(json.dumps({**row, "loss": round(progress.loss, 4), "right": right}) + "\n")
                    curve.flush()
                    bar.set_postfix(level=progress.level, loss=f"{progress.loss:.3f}")
                if progress.step % _SAVE_EVERY == 0:
                    self._save()
        self._save()
        self.model.save_pretrained(self.out)
        return progress

    def _batches(self) -> Iterator[Batch]:
        """Batches from where the run stands, for ever."""
        progress, recipe = self.progress, self.recipe
        while True:
            if progress.pool % _RENEWED_EVERY == 0:
                # Thousands of made-up forms leave gigabytes in the caches behind; a corpus made anew says the same.
                form_acts.cache_clear()
                self.corpus = Corpus(recipe.seed, recipe.share, self._sides, recipe.tasks.split(","))
            level = progress.level
            # A convolution passes over three tokens, and half of the layers are convolutions: `layers` tokens back.
            made = pool(self.corpus, progress.pool, level, self.tokenizer, recipe.tokens, lead=recipe.layers)
            yield from islice(made, progress.batch, None)
            progress.pool, progress.batch = progress.pool + 1, 0
            progress.climb(self.recipe)

    def _learn_words(self) -> None:
        """Before the first step: what the words of questions have to do with those of the brief."""
        embeddings = self.model.get_input_embeddings().weight
        learned = torch.optim.AdamW([embeddings, *self.words.parameters()], lr=self.recipe.rate, weight_decay=0.01)
        for step in tqdm(range(self.recipe.words), "words", unit="step", mininterval=5):
            for group in learned.param_groups:
                group["lr"] = self.recipe.rate * (1 - step / self.recipe.words)
            self._words_loss(-1 - step, 8 * _QUESTIONS).backward()  # type: ignore[no-untyped-call]
            learned.step()
            learned.zero_grad()

    def _words_loss(self, step: int, count: int) -> torch.Tensor:
        questions = [self.corpus.question(step * count + i) for i in range(count)]
        return self.words.loss(self.model.get_input_embeddings().weight, questions, self._split)

    def _step(self, batch: Batch) -> None:
        ids, own = batch.ids.to(self.device), batch.own[:, 1:].to(self.device)
        for optimiser, base in zip(self.optimisers, self._base, strict=True):
            for group, rate in zip(optimiser.param_groups, base, strict=True):
                group["lr"] = rate * self.recipe.rate_at(self.progress.step)
        self._bare = self._drawn_bare(batch).to(self.device)
        with torch.autocast(self.device.split(":")[0], dtype=torch.bfloat16):
            hidden = self._hidden(batch, ids[:, :-1])
            # The vocabulary is as dear as a layer: only where something is to be learned.
            logits = self.model.lm_head(hidden[own]).float()
        self._bare = None
        target = ids[:, 1:][own]
        decides = (batch.copied | batch.opening)[:, 1:].to(self.device)[own]
        weight = torch.where(decides, self.recipe.decisive, 1.0)
        loss = next_token = (weight * cross_entropy(logits, target, reduction="none")).sum() / weight.sum()
        if self.recipe.words:
            loss = loss + _WORDS_WEIGHT * self._words_loss(self.progress.step, _QUESTIONS)
        if not torch.isfinite(loss):
            raise PragEnvError(f"{self.out}: the loss is {loss.item()} at step {self.progress.step}; lower the rates")
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        hit = torch.zeros_like(own)
        hit[own] = logits.argmax(-1) == target
        self.progress.saw(next_token.item(), ids.numel(), _right(batch, hit.cpu()))

    def _hidden(self, batch: Batch, ids: torch.Tensor) -> torch.Tensor:
        """The last hidden states, shape (rows, tokens, width)."""
        sees, n = batch.sees(), ids.shape[1]
        placed: dict[str, Any] = {}
        if sees is not None:
            mask = {"full_attention": sees[:, :, :n, :n].to(self.device), "conv": None}
            placed = {"attention_mask": mask, "position_ids": batch.position[:, :n].to(self.device)}
        hidden: torch.Tensor = self.model.model(input_ids=ids, use_cache=False, **placed).last_hidden_state
        return hidden

    def _drawn_bare(self, batch: Batch) -> torch.Tensor:
        """Which tokens the layers leave as they are, shape (rows, tokens, 1)."""
        drawn = torch.Generator().manual_seed(self.recipe.seed + self.progress.step)
        rows = torch.rand(len(batch.ids), 1, generator=drawn) < self.recipe.bare
        return (batch.heard & rows)[:, :-1, None]

    def _pass_bare(self, layer: Any, given: tuple[torch.Tensor, ...], made: torch.Tensor) -> torch.Tensor:
        return made if self._bare is None else torch.where(self._bare, given[0], made)

    # -- checkpoints ---------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        state = {
            "progress": vars(self.progress),
            "model": self.model.state_dict(),
            "words": self.words.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
        }
        partial = self.out / "checkpoint.pt.partial"
        torch.save(state, partial)
        partial.replace(self.out / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.progress = Progress(**state["progress"])
        self.model.load_state_dict(state["model"])
        self.words.load_state_dict(state["words"])
        for optimiser, held in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(held)


def _right(batch: Batch, hit: torch.Tensor) -> dict[str, tuple[int, int]]:
    """Kind of talk -> how many of its value tokens were predicted, of how many."""
    copied = batch.copied[:, 1:]
    found: dict[str, tuple[int, int]] = {}
    for i, kind in enumerate(batch.kinds):
        hits, n = found.get(kind, (0, 0))
        found[kind] = (hits + int(hit[i][copied[i]].sum()), n + int(copied[i].sum()))
    return {kind: (hits, n) for kind, (hits, n) in found.items() if n}
