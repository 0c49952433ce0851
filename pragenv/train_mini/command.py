"""`pragenv train-mini`: from nothing to a folder that `transformers` loads, with a card that says what is in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import torch

from pragenv import registration
from pragenv.audit import audit
from pragenv.errors import ConfigError
from pragenv.files import write_json
from pragenv.train_mini.card import write_card, write_second_card
from pragenv.train_mini.evaluate import TASKS, asking, scoring
from pragenv.train_mini.recipe import QUICK, SECOND, Recipe
from pragenv.train_mini.train import Trainer

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares of clarifying turns whose effect the card shows."""
_QUICK_EPISODES, _QUICK_TURNS = 16, 3  # what has learned nothing talks until it is stopped
_AUDITED = 2000  # turns of each task's users
AGENTS = ("lm_greedy", "lm_prompted", "lm_sample")
_BRIEFLY = {"max_tokens": 24}


def train_mini(out: Path, quick: bool, changes: Mapping[str, Any], device: str = "cpu", second: bool = False) -> Path:
    """Train, evaluate and describe a mini model; interrupted, the same call goes on where it was.

    Args:
        out: folder for the model; what the run needs to go on is kept under `run/` in it.
        quick: two minutes, to see that it works.
        changes: to the recipe.
        device: of PyTorch.
        second: whether it is to speak for the parties of the tasks in `SECOND` instead of the others.

    Returns:
        The folder.

    Raises:
        ConfigError: for a change out of range.
        DataError: where the folder holds a run of another recipe.
    """
    recipe = _recipe(quick, second, changes)
    trainer = Trainer(recipe, out / "run", device)
    progress = trainer.run()
    # What is left of a number in sixteen bits is enough to speak, and takes half the room.
    trainer.model.to(torch.bfloat16 if second else torch.float32).save_pretrained(out)
    trainer.tokenizer.save_pretrained(out)
    os.chmod(out / "model.safetensors", 0o644)
    found = _judged(recipe, out, quick) if second else _played(recipe, out, quick, device)
    report = {"recipe": recipe.as_dict(), "progress": vars(progress), **found}
    write_json(out / "evaluation.json", report)
    (write_second_card if second else write_card)(out, report, trainer.model.num_parameters())
    return out


def _played(recipe: Recipe, out: Path, quick: bool, device: str) -> dict[str, Any]:
    """What the model does as an assistant."""
    episodes, turns = (_QUICK_EPISODES, _QUICK_TURNS) if quick else (256, None)
    played = [asking(task, _agent(a, quick), out, episodes, turn_limit=turns) for task in TASKS for a in AGENTS]
    shares = [_with_share(share, recipe, out, quick, device) for share in ((0.0, 1.0) if quick else SHARES)]
    return {"agents": played, "shares": shares}


def _judged(recipe: Recipe, out: Path, quick: bool) -> dict[str, Any]:
    """How faithful its users are, with the guard and without, and what its assistants score."""
    rows = []
    # What has learned nothing would babble to the last token, and be drawn again for it.
    briefly = {"tries": 1, "sampling": {"max_tokens": _QUICK_TURNS}} if quick else {}
    model = {"name": "mini", "path": str(out)}
    for name, guard in product(recipe.tasks.split(","), (True, False)):
        task = registration.tasks.make(name)
        user = registration.make_simulator({"name": "lm", "model": model, "guard": guard, **briefly})
        found = audit(task, task.setting("default"), user, turns=_QUICK_EPISODES if quick else _AUDITED)
        rows += [{"task": name, "guard": guard, **row} for row in found.rows]
    episodes, turns = (1, 1) if quick else (256, None)
    tasks, splits = recipe.tasks.split(","), ("train", "test")
    greedy = _agent("lm_greedy", quick)
    scores = [scoring(task, greedy, out, episodes, split, turns) for task in tasks for split in splits]
    return {"audit": rows, "scores": scores}


def _agent(name: str, quick: bool) -> Mapping[str, Any]:
    """An agent, cut short where the model has learned nothing."""
    brief = {"sampling": _BRIEFLY} if name == "lm_sample" else _BRIEFLY
    return {"name": name, **(brief if quick else {})}


def _recipe(quick: bool, second: bool, changes: Mapping[str, Any]) -> Recipe:
    recipe = QUICK if quick else SECOND if second else Recipe()
    if second:
        recipe = replace(recipe, tasks=SECOND.tasks, words=0, bare=0.0)
    recipe = replace(recipe, **changes)
    if not 0 <= recipe.share <= 1:
        raise ConfigError(f"share must be in [0, 1], got {recipe.share!r}")
    if recipe.steps < 2:
        raise ConfigError(f"steps must be at least 2, got {recipe.steps!r}")
    return recipe


def _with_share(share: float, recipe: Recipe, start: Path, quick: bool, device: str) -> dict[str, Any]:
    """How much the model's assistant asks after it has learned some more from a corpus with this share."""
    steps = 10 if quick else max(2, recipe.steps // 65)
    gentle = replace(recipe, rate=1e-3, matrix_rate=1e-3, warmup=20, words=0, bare=0.0)
    more = replace(gentle, share=share, steps=steps, seed=recipe.seed + 1)
    folder = start / "run" / f"share-{share:g}"
    done = folder / "asking.json"
    if not done.exists():
        trainer = Trainer(more, folder, device, sides="assistant", start=start)
        trainer.run()
        trainer.tokenizer.save_pretrained(folder)
        episodes, turns = (_QUICK_EPISODES, _QUICK_TURNS) if quick else (192, None)
        agents = [_agent(name, quick) for name in ("lm_greedy", "lm_sample")]
        write_json(done, [asking("clarify", agent, folder, episodes, turn_limit=turns) for agent in agents])
    return {"share": share, "steps": steps, "agents": json.loads(done.read_text(encoding="utf-8"))}
