"""A training run in a folder: begun there, or gone on with from its last iteration."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from tqdm import tqdm

import pragenv
from pragenv import mirror, registration
from pragenv.env import DialogueEnv
from pragenv.errors import DataError, PragEnvError
from pragenv.files import write_atomic, write_json
from pragenv.naming import label, setting_label
from pragenv.protocols import Sampling, Task
from pragenv.training import TrainConfig
from pragenv.types import canonical_json, mix
from pragenv_baselines.train.base import base_model
from pragenv_baselines.train.export import EXPORTS, append
from pragenv_baselines.train.figure import draw_curve
from pragenv_baselines.train.gradient import seen
from pragenv_baselines.train.learner import Kept, Learner, Limits, Progress
from pragenv_baselines.train.policy import Policy
from pragenv_baselines.train.talks import begin, play

ABOUT, CURVE, TIMING, CHECKPOINT, MODEL = "training.json", "curve.jsonl", "timing.jsonl", "checkpoint.pt", "model"
_VALIDATION = 701  # stream of the keys
_ELSEWHERE = ("out", "logger", "validation", "export")  # what changes no weight


def train(config: TrainConfig, out: Path) -> Path:
    """Train in a folder, or go on there; returns the folder of the model, which `transformers` loads.

    Raises:
        ConfigError: for anything unknown or out of range.
        DataError: where the folder holds another run.
        PragEnvError: where training came to numbers that are not finite; `model/` is the last good one.
    """
    out.mkdir(parents=True, exist_ok=True)
    with FileLock(str(out / ".lock")):  # whoever needs the same run waits for it
        about = out / ABOUT
        if about.exists():
            held = json.loads(about.read_text(encoding="utf-8"))
            if held.get("key") != key_of(config):
                raise DataError(f"{out}: holds another training run; give another out=DIR, or remove it")
            if held["done"]:
                return out / MODEL
        return Run(config, out).finish()


def key_of(config: TrainConfig) -> str:
    """A digest of everything that changes what comes out."""
    facts, task = {k: v for k, v in asdict(config).items() if k not in _ELSEWHERE}, _task(config)
    facts["task"] = {k: v for k, v in config.task.items() if k != "source"} | {"data": task.fingerprint()}
    facts["model"] = registration.knowing(config.model, task)
    return hashlib.sha256(canonical_json({**facts, "version": pragenv.__version__}).encode()).hexdigest()[:12]


def _task(config: TrainConfig) -> Task:
    own = {k: v for k, v in config.task.items() if k not in ("setting", "knobs") and v is not None}
    return registration.tasks.make(own)


def environments(config: TrainConfig, split: str | None = None) -> list[DialogueEnv]:
    """The environment of a run, or one for each cost of a turn."""
    task = _task(config)
    user = registration.make_simulator(config.simulator, config.persona)
    knobs = dict(config.task.get("knobs") or {})
    costs = [{"turn_cost": float(cost)} for cost in config.turn_costs] or [{}]
    name = config.task.get("setting") or "default"
    settings = [task.setting(name, knobs | cost) for cost in costs]
    return [registration.make_dialogue(task, setting, user, split or config.split) for setting in settings]


class Run:
    """A training run.

    Args:
        config: what it is.
        out: its folder.
    """

    def __init__(self, config: TrainConfig, out: Path) -> None:
        self.config, self.out = config, out
        self.objective = registration.objectives.make(config.objective)
        envs = environments(config)
        self._validating = environments(config, config.validation["split"])
        begun: Any = registration.knowing(config.model, envs[0].task)
        model = dict(begun)
        if config.base["share"] is not None:
            model["path"] = str(base_model(model, config, envs[0], out.parent / "bases"))
        # Updates are in float32, and what is sampled is to be just what is learned from.
        model |= {"deterministic": False} if "deterministic" in model else {}
        self._kept = Kept() if config.export else None
        policy = Policy(registration.models.make(model), config.lora, config.precision == "bfloat16")
        limits = Limits(**{f.name: getattr(config, f.name) for f in fields(Limits)})
        self.learner = Learner(policy, envs, config.seed, limits, config.base["share"] or 0.0, self._kept)
        self.objective.start(self.learner)
        self._rows: list[dict[str, Any]] = []
        self._seconds: list[dict[str, Any]] = []
        self._resume()
        self._describe(done=False)

    def finish(self) -> Path:
        """Go on to the end."""
        progress, config = self.learner.progress, self.config
        name = str(config.objective.get("name") or config.objective.get("_target_"))
        bar = tqdm(
            total=config.tokens,
            initial=progress.tokens,
            desc=f"train {name}",
            unit="tok",
            unit_scale=True,
            disable=None,
        )
        with bar, mirror.curve(self.out, key_of(config), asdict(config), config.logger) as log:
            began = time.perf_counter() - (self._seconds[-1]["seconds"] if self._seconds else 0.0)
            if not self._rows:
                self._note({"validation": self._validate()}, time.perf_counter() - began, log)
            while self.objective.learns and progress.tokens < config.tokens:
                before = progress.tokens
                try:
                    found = self.objective.iterate(self.learner)
                except PragEnvError as error:
                    self.learner.policy.save(self.out / MODEL)
                    raise type(error)(
                        f"{self.out}, iteration {progress.iteration + 1}: {error}; {MODEL}/ is the last good one"
                    ) from error
                progress.iteration += 1
                if progress.tokens == before:
                    raise PragEnvError(f"{self.out}: nothing could be sampled in iteration {progress.iteration}")
                row: dict[str, Any] = dict(found)
                if progress.iteration % config.validation["every"] == 0 or progress.tokens >= config.tokens:
                    row["validation"] = self._validate()
                self._note(row, time.perf_counter() - began, log)
                bar.update(progress.tokens - before)
                bar.set_postfix({k: f"{row[k]:.2f}" for k in ("reward", "questions") if row.get(k) is not None})
        self.learner.policy.save(self.out / MODEL)
        draw_curve(self._rows, self.out / "curve")
        self._describe(done=True)
        (self.out / CHECKPOINT).unlink(missing_ok=True)
        return self.out / MODEL

    def _validate(self) -> dict[str, float]:
        """What the greedy policy does on scenarios of its own."""
        config, sampling = self.config, Sampling(temperature=0.0, max_tokens=self.config.max_tokens)
        n = config.validation["episodes"]
        talks = begin(self._validating, mix(config.seed, _VALIDATION), range(n), 1, tuple(config.token_costs))
        play(self.learner.policy, talks, sampling)
        self.learner.policy.changed()  # what was read then must not tell on what is read next
        return {**seen(talks), "episodes": float(n)}

    def _note(self, found: Mapping[str, Any], seconds: float, log: Callable[[Mapping[str, Any]], None]) -> None:
        """A line of the curve. The checkpoint holds all lines: what a killed run leaves beside it, it puts right."""
        progress = self.learner.progress
        row = {"iteration": progress.iteration, "episodes": progress.episodes, "tokens": progress.tokens, **found}
        self._rows.append(row)
        self._seconds.append({"iteration": progress.iteration, "seconds": round(seconds, 3)})
        if self._kept is not None:
            append(self._kept, self.out)
        self._save()
        for name, lines in ((CURVE, self._rows), (TIMING, self._seconds)):
            with (self.out / name).open("a", encoding="ascii") as file:
                file.write(_line(lines[-1]))
        log(row)

    # -- where it stands -----------------------------------------------------------------------------------------------

    def _save(self) -> None:
        learner = self.learner
        state = {
            "progress": asdict(learner.progress),
            "weights": [parameter.detach() for parameter in learner.policy.parameters],
            "optimiser": learner.optimiser.state_dict(),
            "objective": dict(self.objective.state()),
            "rows": self._rows,
            "seconds": self._seconds,
            "exported": {name: _size(self.out / name) for name in EXPORTS},
        }
        partial = self.out / f"{CHECKPOINT}.partial"
        torch.save(state, partial)
        partial.replace(self.out / CHECKPOINT)

    def _resume(self) -> None:
        path, learner = self.out / CHECKPOINT, self.learner
        if not path.exists():
            for name in (CURVE, TIMING, *EXPORTS):
                (self.out / name).unlink(missing_ok=True)
            return
        assert learner.policy.reference is not None  # as it is now, before the weights are others
        state = torch.load(path, map_location=learner.policy.device, weights_only=True)
        learner.progress = Progress(**state["progress"])
        with torch.no_grad():
            for parameter, held in zip(learner.policy.parameters, state["weights"], strict=True):
                parameter.copy_(held)
        learner.optimiser.load_state_dict(state["optimiser"])
        self.objective.load(state["objective"])
        learner.policy.changed()
        self._rows, self._seconds = state["rows"], state["seconds"]
        for name, lines in ((CURVE, self._rows), (TIMING, self._seconds)):
            write_atomic(self.out / name, "".join(map(_line, lines)))
        for name, size in state["exported"].items():
            if _size(self.out / name) > size:
                os.truncate(self.out / name, size)

    def _describe(self, done: bool) -> None:
        config, progress = self.config, self.learner.progress
        write_json(
            self.out / ABOUT,
            {
                "key": key_of(config),
                "done": done,
                "objective": label("objective", config.objective),
                "altitude": self.objective.altitude,
                "training_seed": config.seed,
                "base_share": config.base["share"],
                "task": label("task", config.task),
                "setting": setting_label(config.task),
                "episodes": progress.episodes,
                "tokens": progress.tokens,
                "config": asdict(config),
            },
        )


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, allow_nan=False) + "\n"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
