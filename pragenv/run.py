"""The Hydra application: a configuration names a cell; a cell is built, keyed, run and recorded."""

from __future__ import annotations

import copy
import hashlib
import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import MISSING, DictConfig, OmegaConf
from tqdm import tqdm

import pragenv
from pragenv import mirror, registration
from pragenv.complaints import complaints
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, PragEnvError, unknown
from pragenv.files import file_name
from pragenv.naming import config_dir, label, setting_label
from pragenv.protocols import Agent, Setting, Task
from pragenv.rollout import Names, run_cell
from pragenv.types import SCHEMA_VERSION, canonical_json

GROUPS: dict[str, registration.Registry[Any]] = {
    "model": registration.models,
    "task": registration.tasks,
    "simulator": registration.simulators,
    "agent": registration.agents,
}
_VERSIONED = ("pragenv", "gymnasium", "numpy", "hydra-core", "rapidfuzz")


@dataclass
class Config:
    """The schema of `config.yaml`; unknown keys are refused.

    Attributes:
        model: `name` (or `_target_`) and arguments: what language-model users and agents speak through, unless
            `simulator.model` or `agent.model` says otherwise.
        task: `name` (or `_target_`), `setting`, `knobs`, and the task's own arguments.
        simulator: `name` (or `_target_`) and arguments.
        agent: `name` (or `_target_`) and arguments.
        persona: personas around the user, joined by `+`, the first innermost; null for none.
        split: which scenarios.
        episodes: how many there are to be in the cell.
        seed: of the run.
        batch_size: conversations that run side by side.
        out: folder for all cells of a sweep.
        logger: where results are mirrored to.
        more: further products of a sweep, each a mapping of overrides to values that stands over what
            `hydra.sweeper.params` says; no part of a cell.
    """

    model: dict[str, Any] = MISSING
    task: dict[str, Any] = MISSING
    simulator: dict[str, Any] = MISSING
    agent: dict[str, Any] = MISSING
    persona: str | None = None
    split: str = "test"
    episodes: int = 100
    seed: int = 0
    batch_size: int = 64
    out: str = "results"
    logger: dict[str, Any] = field(default_factory=dict)
    more: list[dict[str, Any]] = field(default_factory=list)


def store_configs() -> None:
    """Put the schema into Hydra's store, and a node for every plug-in that has no YAML file of its own."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    for group in (*GROUPS, "objective"):
        extra = {"setting": "default", "knobs": {}} if group == "task" else {}
        for point in registration.entry_points(f"pragenv.{group}s"):
            if not (config_dir() / group / f"{point.name}.yaml").exists():
                store.store(group=group, name=point.name, node={"name": point.name, **extra})


@dataclass(frozen=True)
class Cell:
    """One task, setting, simulator, agent and seed: what a row of the summary is about."""

    config: Mapping[str, Any]

    @classmethod
    def of(cls, config: DictConfig) -> Cell:
        """The cell of a composed configuration, with paths made absolute.

        Raises:
            ConfigError: for a number out of range.
        """
        plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)  # type: ignore[assignment]
        for name in plain:
            if name not in Config.__dataclass_fields__:
                raise unknown("configuration key", name, Config.__dataclass_fields__)
        plain.pop("more", None)
        for name, least in (("episodes", 1), ("batch_size", 1), ("seed", 0)):
            if plain[name] < least:
                raise ConfigError(f"{name} must be at least {least}, got {plain[name]}")
        for group in GROUPS:
            if not isinstance(plain[group], dict):
                raise ConfigError(f"{group}: a name or a mapping is needed, got {plain[group]!r}")
        task = plain["task"]
        if not isinstance(task.get("knobs") or {}, dict):
            raise ConfigError(f"task.knobs: a mapping is needed, got {task['knobs']!r}")
        mirror.check(plain["logger"])
        if task.get("source") is not None:
            if not isinstance(task["source"], str):
                raise ConfigError(f"task.source: a path is needed, got {task['source']!r}")
            task["source"] = str(Path(task["source"]).expanduser().absolute())
        task["setting"] = task.get("setting") or "default"
        return cls(plain)

    @cached_property
    def task(self) -> Task:
        """The task object."""
        arguments = {k: v for k, v in self.config["task"].items() if k not in ("setting", "knobs") and v is not None}
        return registration.tasks.make(arguments)

    @cached_property
    def setting(self) -> Setting:
        """The setting, knobs applied."""
        return self.task.setting(self.config["task"]["setting"], self.config["task"].get("knobs"))

    @cached_property
    def names(self) -> Names:
        """How rows and folders name the cell's parts."""
        task = self.config["task"]
        setting = setting_label(task, self.task.fingerprint())
        simulator = label("simulator", self.config["simulator"])
        if self.config["persona"]:
            simulator += f"+{self.config['persona']}"
        return Names(
            label("task", task),
            setting,
            self.config["split"],
            simulator,
            label("agent", self.config["agent"]),
        )

    @cached_property
    def key(self) -> str:
        """A digest of everything that changes results (not of how many episodes there are)."""
        parts = {k: self.config[k] for k in ("simulator", "persona", "split", "seed", "batch_size")}
        agent = {k: v for k, v in self.config["agent"].items() if k != "folder"}  # where it is kept, not what it is
        task = {k: v for k, v in self.config["task"].items() if k != "source"}
        facts = {
            **parts,
            "agent": agent,
            "task": task,
            "setting": repr(self.setting),
            "data": self.task.fingerprint(),
            "version": pragenv.__version__,
            "schema": SCHEMA_VERSION,
        }
        return hashlib.sha256(canonical_json(facts).encode()).hexdigest()[:12]

    @property
    def directory(self) -> Path:
        """Where the records are: under `out`, readable, and one for each key."""
        readable = "-".join((self.names.task, self.names.setting, self.names.simulator, self.names.agent))
        return Path(self.config["out"]) / f"{file_name(readable)}-{self.key}"

    def make(self) -> tuple[DialogueEnv, Agent]:
        """Environment and agent.

        Raises:
            ConfigError: for anything unknown or out of range, or an agent that does not apply to the setting.
        """
        agent_name = self.config["agent"].get("name")
        if (why := self.setting.agents_not_applicable.get(str(agent_name))) is not None:
            raise ConfigError(f"agent {agent_name!r} does not apply to {self.names.task}/{self.names.setting}: {why}")
        simulator = registration.make_simulator(self.config["simulator"], self.config["persona"])
        env = registration.make_dialogue(self.task, self.setting, simulator, self.config["split"])
        return env, registration.agents.make(self.config["agent"])

    def meta(self) -> dict[str, Any]:
        """What `meta.json` says; of an agent that is trained, also where its training run is."""
        run = getattr(registration.agents.make(self.config["agent"]), "folder", None)
        out = Path(self.config["out"]).absolute()
        return {
            **({} if run is None else {"training": os.path.relpath(Path(run).absolute(), out)}),
            "key": self.key,
            "config": self.config,
            "names": vars(self.names),
            "seed": self.config["seed"],
            "data": self.task.fingerprint(),
            "schema": SCHEMA_VERSION,
            "versions": {name: _version(name) for name in _VERSIONED} | {"python": sys.version.split()[0]},
            "commit": _commit(),
        }

    def run(self) -> None:
        """Bring the cell up to its number of episodes and mirror it to the logger."""
        title = f"{self.names.task}/{self.names.setting} {self.names.simulator} {self.names.agent}"
        total = self.config["episodes"]
        with tqdm(total=total, desc=title, unit="ep", disable=None, dynamic_ncols=True) as bar:
            seed, batch_size = self.config["seed"], self.config["batch_size"]
            run_cell(self.directory, self.meta(), self.make, self.names, seed, total, batch_size, bar.update)
        if self.config["logger"].get("name") == "wandb":
            mirror.mirror(self.directory, self.meta(), self.config["logger"])


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the checkout that the package lies in, if it lies in one."""
    here = Path(__file__).resolve().parent
    if not (here.parent / ".git").exists():
        return None
    result = subprocess.run(["git", "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return result.stdout.strip() or None


def plan(overrides: list[str], sweep: bool) -> list[Cell]:
    """All cells that these overrides stand for, each once, checked by building it. Runs and writes nothing.

    Raises:
        ConfigError: for anything unknown or out of range, in one line.
    """
    store_configs()
    with complaints("config"), initialize_config_dir(str(config_dir()), version_base="1.3"):
        parser = OverridesParser.create()
        given = parser.parse_overrides(overrides)
        for o in given:
            if o.key_or_group in GROUPS and o.value() is None:
                raise ConfigError(f"{o.key_or_group}: a name is needed, got null")
        fixed, swept = _parted(overrides)
        if swept and not sweep:
            raise ConfigError(f"`pragenv run` runs one cell; use `pragenv sweep` for {' '.join(swept)}")
        base = _sweep_config(fixed)
        params = base.hydra.sweeper.params or {} if sweep else {}
        jobs = []
        for product in _products(overrides, base) if sweep else [overrides]:
            named = {o.key_or_group for o in parser.parse_overrides(product)}
            # Hydra's own rule: what the command line says overrides what an experiment sweeps.
            arguments = [f"{k}={v}" for k, v in params.items() if k not in named] + product
            batches = BasicSweeper.split_arguments(parser.parse_overrides(arguments), None)
            jobs += [job for batch in batches for job in batch]
        composed = [Cell.of(config) for config in _composed(jobs)]
        cells = list({canonical_json(cell.config): cell for cell in composed}.values())
    for cell in cells:
        cell.make()
    if len({cell.config["out"] for cell in cells}) > 1:
        raise ConfigError("out: a sweep has one folder for all its cells; do not sweep over it")
    return cells


def _composed(jobs: Iterable[Sequence[str]]) -> Iterator[DictConfig]:
    """The configuration of each job. What files it is made of is worked out once for all that choose the same ones.

    Hydra takes 0.2 s to put files together, and would do so for each of the hundreds of cells of a sweep.
    """
    parser = OverridesParser.create()
    made: dict[tuple[str, ...], DictConfig] = {}
    for job in jobs:
        parsed = parser.parse_overrides(list(job))
        values = [o for o in parsed if _is_value(o)]
        files = tuple(str(o.input_line) for o in parsed if not _is_value(o))
        if files not in made:
            made[files] = compose("config", overrides=list(files))
        config = copy.deepcopy(made[files])
        ConfigLoaderImpl._apply_overrides_to_config(values, config)
        yield config


def _is_value(override: Override) -> bool:
    """Whether an override changes a value of the cell, and not which files it is made of."""
    key, _, inner = override.key_or_group.partition(".")
    known = override.package is None and key in Config.__dataclass_fields__
    return known and (bool(inner) or key not in (*GROUPS, "logger"))


def _parted(overrides: list[str]) -> tuple[list[str], list[str]]:
    """Those that say one thing, and those that are swept over."""
    parsed = OverridesParser.create().parse_overrides(overrides)
    swept = [line for line, o in zip(overrides, parsed, strict=True) if o.is_sweep_override()]
    return [line for line in overrides if line not in swept], swept


def _sweep_config(fixed: list[str]) -> DictConfig:
    """What is swept, as the overrides have it: those of a group's members wait until the members are chosen."""
    own = [line for line in fixed if not line.lstrip("+").startswith(tuple(f"{group}." for group in GROUPS))]
    return compose("config", overrides=own, return_hydra_config=True)


def _products(overrides: list[str], base: DictConfig) -> list[list[str]]:
    """The overrides of each product of a sweep: those given, then for each entry of `more` its own beneath them."""
    chosen = [str(key) for key in base.hydra.sweeper.params or {} if key in GROUPS]
    named = {o.key_or_group for o in OverridesParser.create().parse_overrides(overrides)}
    further = [
        [f"{k}={'null' if v is None else v}" for k, v in entry.items() if str(k).lstrip("+") not in named]
        for entry in base.more
    ]
    return [per_job(entry + overrides, chosen) for entry in ([], *further)]


def quoted(text: str) -> str:
    """A text as a value in an override, whatever characters it holds."""
    return "'" + text.replace("'", "\\'") + "'"


def free_knobs(overrides: list[str]) -> list[str]:
    """Overrides in which `task.knobs.NAME=VALUE` needs no plus sign: which knobs there are is the task's business."""
    return [f"++{o}" if o.startswith("task.knobs.") else o for o in overrides]


def per_job(overrides: list[str], chosen: Collection[str] = ()) -> list[str]:
    """Overrides in which what is said of a group that is swept over holds for each of its members.

    Hydra would hold `agent.k=3` against the agent by default before it looks at `agent=ask_k,mute`. A choice of one is
    left for the jobs. What cannot be parsed is left for `plan` to complain of.

    Args:
        overrides: those given.
        chosen: groups that an experiment sweeps over.
    """
    try:
        parsed = OverridesParser.create().parse_overrides(overrides)
    except HydraException:
        return overrides
    own = {o.key_or_group for o in parsed if o.is_sweep_override() and o.key_or_group in GROUPS}
    swept = tuple(f"{group}." for group in own.union(chosen))
    return [
        f"{line.partition('=')[0]}=choice({line.partition('=')[2]})"
        if o.key_or_group.startswith(swept) and not o.is_sweep_override() and line.partition("=")[2]
        else line
        for line, o in zip(overrides, parsed, strict=True)
    ]


def job(config: DictConfig) -> PragEnvError | None:
    """What Hydra runs: one cell. Picklable, so that launchers can send it to other processes.

    Returns:
        What went wrong, instead of raising it: Hydra would print its own account of it.
    """
    try:
        Cell.of(config).run()
    except PragEnvError as error:
        return error
    return None


def launch(overrides: list[str], sweep: bool) -> None:
    """Run the cells through Hydra, with the launcher that the configuration names.

    Raises:
        PragEnvError: the first that a cell met, after all cells have been tried.
    """
    store_configs()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        app = GlobalHydra.instance().hydra
        assert app is not None
        jobs: list[Any] = []
        if sweep:
            for product in _products(overrides, _sweep_config(_parted(overrides)[0])):
                returned: Any = app.multirun(config_name="config", task_function=job, overrides=product)
                jobs += [done for batch in returned for done in batch]
        else:
            jobs.append(app.run(config_name="config", task_function=job, overrides=overrides))
    for done in jobs:
        if isinstance(done.return_value, PragEnvError):
            raise done.return_value
