"""An agent that is trained when it is first asked to speak, so that a sweep can hold objectives against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pragenv import registration
from pragenv.protocols import LanguageModel, Task
from pragenv.registration import Ref
from pragenv.training import TrainConfig
from pragenv.types import FrozenDict
from pragenv_baselines.lm import LMGreedy, instructions
from pragenv_baselines.train.run import key_of, train


class Trained(LMGreedy):
    """Says what a trained model finds most probable. The same training run is made once, and kept in a folder.

    Args:
        objective: what it is trained for.
        training_seed: of the run.
        base: how the model is prepared first: `share`, …
        task: what it is trained on.
        model: what it begins from.
        simulator: whom it talks to in training; a sweep may let it meet others.
        persona: personas around that user.
        training: whatever else `pragenv train` takes.
        folder: where runs are kept.
        max_tokens: longest utterance.
        prompt: name of a prompt file that it is told when it is tried, though not in training; None for none.
    """

    def __init__(
        self,
        objective: Ref[Any] = "conversation",
        training_seed: int = 0,
        base: Mapping[str, Any] = FrozenDict(),
        task: Ref[Any] = "clarify",
        model: Ref[LanguageModel] = "mini",
        simulator: Ref[Any] = "scripted",
        persona: str | None = None,
        training: Mapping[str, Any] = FrozenDict(),
        folder: str = "results/training",
        max_tokens: int = 64,
        prompt: str | None = None,
    ) -> None:
        super().__init__(model, max_tokens)
        self.prompt = "" if prompt is None else instructions(prompt)
        given = {
            "objective": objective,
            "seed": training_seed,
            "base": dict(base),
            "task": task,
            "model": dict(model) if isinstance(model, Mapping) else {"name": model},
            "simulator": simulator,
            "persona": persona,
            "max_tokens": max_tokens,
        }
        self.config = TrainConfig.of({**given, **training})
        registration.objectives.make(self.config.objective)  # before anything is run, it is refused if it cannot be
        name = str(self.config.objective.get("name") or "objective")
        self.folder = Path(folder) / f"{name}-{key_of(self.config)}"

    def model(self, task: Task) -> LanguageModel:
        """The trained model, whatever is talked about; trained now, unless it was before."""
        trained = train(self.config, self.folder.absolute())
        return registration.shared_model({**self.config.model, "path": str(trained)})
