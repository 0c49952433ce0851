"""`pragenv train`: a configuration names a training run. What trains is found by name, like every plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import MISSING, OmegaConf

from pragenv import mirror, registration
from pragenv.complaints import complaints
from pragenv.errors import ConfigError, unknown
from pragenv.naming import config_dir
from pragenv.run import store_configs

BASE = {"share": None, "steps": 600, "conversations": 24, "rate": 3e-3, "seed": 0}
VALIDATION = {"split": "train", "episodes": 128, "every": 5}
TRAINER = "pragenv_baselines.train.run:train"


@dataclass
class TrainConfig:
    """The schema of `train.yaml`; unknown keys are refused.

    Attributes:
        objective: `name` (or `_target_`) and options: what the policy is trained for.
        task: what it is trained on: `name`, `setting`, `knobs` and the task's own arguments.
        model: what it begins from, and is evaluated as: a local model; of the bundled one, the checkpoint that knows
            the task.
        simulator: whom it talks to.
        persona: personas around the user, joined by `+`; null for none.
        split: which scenarios it is trained on.
        seed: of the run.
        base: how the model is prepared first: `share` of the assistants' turns in its corpus that are clarifying ones
            (null: it is not prepared); `steps`, `conversations` a step, `rate`, `seed`.
        tokens: how many tokens are sampled, at least; demonstrations count as sampled.
        scenarios: begun in an iteration.
        group: conversations that each of them has, where an objective samples whole conversations.
        max_tokens: longest utterance.
        turn_costs: costs of a turn, of which each scenario has one; empty: the setting's. Prompts say it.
        token_costs: costs of a token, of which each scenario has one; empty: none. Prompts say it.
        rate: learning rate of AdamW.
        warmup: updates until it is full.
        clip: largest norm of a gradient.
        micro: most tokens that are read at once for an update, padding included; more are accumulated.
        precision: of updates: `float32`, or `bfloat16` by autocast.
        lora: rank of the adapters that are trained instead of all weights; 0 trains all. Needs peft.
        validation: `split`, `episodes`, and after how many iterations (`every`) the greedy policy is tried.
        export: whether to write what was sampled for SFT and for preference training, as TRL reads it.
        out: folder of the run.
        logger: where the curve is mirrored to.
    """

    objective: dict[str, Any] = MISSING
    task: dict[str, Any] = MISSING
    model: dict[str, Any] = MISSING
    simulator: dict[str, Any] = MISSING
    persona: str | None = None
    split: str = "train"
    seed: int = 0
    base: dict[str, Any] = field(default_factory=lambda: dict(BASE))
    tokens: int = 150_000
    scenarios: int = 16
    group: int = 8
    max_tokens: int = 64
    turn_costs: list[float] = field(default_factory=list)
    token_costs: list[float] = field(default_factory=list)
    rate: float = 3e-4
    warmup: int = 5
    clip: float = 1.0
    micro: int = 8192
    precision: str = "float32"
    lora: int = 0
    validation: dict[str, Any] = field(default_factory=lambda: dict(VALIDATION))
    export: bool = False
    out: str = "training"
    logger: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> TrainConfig:
        """The configuration of a mapping, with its numbers checked.

        Raises:
            ConfigError: for an unknown key, or a value out of range.
        """
        for name in given:
            if name not in cls.__dataclass_fields__:
                raise unknown("training option", name, cls.__dataclass_fields__)
        made = cls(**given)
        for name in ("objective", "task", "model", "simulator"):
            if isinstance(ref := getattr(made, name), str):
                setattr(made, name, {"name": ref})
        for name, usual in (("base", BASE), ("validation", VALIDATION)):
            own = getattr(made, name) or {}
            for part in own:
                if part not in usual:
                    raise unknown("training option", f"{name}.{part}", (f"{name}.{known}" for known in usual))
            setattr(made, name, {**usual, **own})
        made._check()
        return made

    def _check(self) -> None:
        whole = {
            "tokens": 1,
            "scenarios": 1,
            "group": 1,
            "max_tokens": 1,
            "warmup": 1,
            "micro": 1,
            "seed": 0,
            "lora": 0,
        }
        for name, least in whole.items():
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ConfigError(f"train: {name} must be a whole number, at least {least}, got {value!r}")
        for name in ("rate", "clip"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"train: {name} must be above 0, got {getattr(self, name)!r}")
        for name in ("turn_costs", "token_costs"):
            if not all(0 <= cost <= 1 for cost in getattr(self, name)):
                raise ConfigError(f"train: {name} must be in [0, 1], got {list(getattr(self, name))!r}")
        if self.precision not in ("float32", "bfloat16"):
            raise ConfigError(f"train: precision must be float32 or bfloat16, got {self.precision!r}")
        if any(type(self.validation[name]) is not int or self.validation[name] < 1 for name in ("episodes", "every")):
            raise ConfigError(f"train: validation.episodes and .every must be at least 1, got {self.validation!r}")
        base = self.base
        if (
            any(type(base[name]) is not int or base[name] < 1 for name in ("steps", "conversations"))
            or not base["rate"] > 0
        ):
            raise ConfigError(f"train: base.steps and .conversations must be at least 1, .rate above 0, got {base!r}")
        if base["share"] is not None and not 0 <= base["share"] <= 1:
            raise ConfigError(f"train: base.share must be null or in [0, 1], got {base['share']!r}")
        mirror.check(self.logger)


def compose_training(overrides: list[str]) -> TrainConfig:
    """The training run that overrides stand for.

    Raises:
        ConfigError: for anything unknown or out of range, in one line.
    """
    store_configs()
    ConfigStore.instance().store(name="train_schema", node=TrainConfig)
    with complaints("train"), initialize_config_dir(str(config_dir()), version_base="1.3"):
        if swept := [
            str(o.input_line) for o in OverridesParser.create().parse_overrides(overrides) if o.is_sweep_override()
        ]:
            raise ConfigError(
                f"`pragenv train` makes one run; to compare some, sweep over agent=trained, not {' '.join(swept)}"
            )
        plain: Any = OmegaConf.to_container(compose("train", overrides=overrides), resolve=True, throw_on_missing=True)
    return TrainConfig.of(plain)


def train(config: TrainConfig) -> Path:
    """Run a training run, or go on with it; returns the folder of the trained model.

    Raises:
        ConfigError: for anything unknown or out of range.
        DataError: where the folder holds another run.
        PragEnvError: where training came to numbers that are not finite.
    """
    made: Path = registration.import_target(TRAINER)(config, Path(config.out).expanduser().absolute())
    return made
