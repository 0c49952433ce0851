"""Names to things: lazy registries of tasks, simulators, agents, loggers, and the Gymnasium ids.

A reference is a name, a mapping of `name` (or `_target_`, an import path) and keyword arguments, or the object itself.
Names stay strings until they are needed, so environment specs are JSON and the core imports no plug-in.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from importlib import metadata
from typing import Any, Generic, TypeAlias, TypeVar

import gymnasium as gym

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, PragEnvError, unknown
from pragenv.protocols import Agent, LanguageModel, Objective, Sampling, Setting, Simulator, Task
from pragenv.types import canonical_json
from pragenv.user_env import UserEnv
from pragenv.vector import DialogueVectorEnv
from pragenv.wrappers.repeat import repeating

T = TypeVar("T")
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
Ref: TypeAlias = str | Mapping[str, Any] | T


def entry_points(group: str) -> tuple[metadata.EntryPoint, ...]:
    """What installed packages offer under a group, looked up once for each `sys.path`: a scan takes 10 ms."""
    return _entry_points(group, tuple(sys.path))


@lru_cache(maxsize=64)
def _entry_points(group: str, path: tuple[str, ...]) -> tuple[metadata.EntryPoint, ...]:
    return tuple(metadata.entry_points(group=group))


class Registry(Generic[T]):
    """Factories by name, from `register` calls and from the entry points of one group.

    Args:
        kind: the singular noun for error messages, which is also the entry-point group `pragenv.<kind>s`.
        base: what a factory must make.
    """

    def __init__(self, kind: str, base: type[T]) -> None:
        self.kind, self.base = kind, base
        self._registered: dict[str, Callable[..., T]] = {}

    def register(self, name: str, factory: Callable[..., T]) -> None:
        """Make `name` known in this process; a name can be given anew, also over an entry point."""
        self._registered[name] = factory

    def names(self) -> list[str]:
        """All known names, sorted. Nothing is imported."""
        return sorted({*self._registered, *(point.name for point in self._points())})

    def _points(self) -> Iterable[metadata.EntryPoint]:
        return entry_points(group=f"pragenv.{self.kind}s")

    def factory(self, name: str) -> Callable[..., T]:
        """The class or function behind a name.

        Raises:
            ConfigError: for an unknown name (with the nearest known one), or one whose module cannot be imported.
        """
        if name in self._registered:
            return self._registered[name]
        for point in self._points():
            if point.name == name:
                try:
                    loaded: Callable[..., T] = point.load()
                except Exception as error:  # a plug-in's module may raise anything
                    raise ConfigError(f"{self.kind} {name!r}: {point.value} cannot be imported ({error})") from error
                return loaded
        raise unknown(self.kind, name, self.names())

    def make(self, ref: Ref[T], **defaults: Any) -> T:
        """The object that a reference stands for.

        Args:
            ref: name, mapping, or object.
            defaults: arguments given to the factory unless the mapping has them.

        Raises:
            ConfigError: for an unknown name or argument, or a factory that makes something else.
        """
        if isinstance(ref, self.base):
            if defaults:
                raise ConfigError(f"{self.kind}: {sorted(defaults)} cannot be given for one that is made already")
            return ref
        if isinstance(ref, str):
            ref = {"name": ref}
        if not isinstance(ref, Mapping):
            raise ConfigError(f"{self.kind}: a name, a mapping or a {self.base.__name__} is needed, got {ref!r}")
        arguments = {**defaults, **ref}
        target = arguments.pop("_target_", None)
        name = arguments.pop("name", None)
        if target is None and name is None:
            raise ConfigError(f"{self.kind}: the mapping needs a 'name' or a '_target_', has {sorted(ref)}")
        factory = import_target(target) if target is not None else self.factory(str(name))
        label = f"{self.kind} {target or name!r}"
        _check_arguments(label, factory, arguments)
        if self.kind == "task" and arguments.get("judge") is not None:  # a task's model, which it cannot look up itself
            arguments["judge"] = shared_model(arguments["judge"])
        try:
            made = factory(**arguments)
        except PragEnvError:
            raise
        except Exception as error:
            refused = re.search(r"unexpected keyword argument '(\w+)'", str(error))
            if isinstance(error, TypeError) and refused is not None and refused.group(1) in arguments:
                raise unknown(f"argument of {label}", refused.group(1), _accepted(factory)) from None
            raise ConfigError(f"{label} cannot be made: {type(error).__name__}: {error}") from error
        if not isinstance(made, self.base):
            raise ConfigError(f"{label}: made a {type(made).__name__}, not a {self.base.__name__}")
        return made


def import_target(path: str) -> Callable[..., Any]:
    """The object at `package.module.Name` or `package.module:Name`.

    Raises:
        ConfigError: where there is none.
    """
    module, _, attribute = path.replace(":", ".").rpartition(".")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # so may a module of the user's own
        raise ConfigError(f"_target_ {path!r} cannot be imported: {error}") from error
    return found


def _check_arguments(label: str, factory: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(factory).parameters
    except (TypeError, ValueError):
        return
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    for name in arguments:
        if name not in parameters:
            raise unknown(f"argument of {label}", name, parameters)
    for name, parameter in parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        if needed and name not in arguments:
            raise ConfigError(f"{label}: argument {name!r} is missing")


def _accepted(factory: Callable[..., Any]) -> set[str]:
    """The names of arguments that a class and those that it hands its options on to take."""
    makers = factory.__mro__[:-1] if isinstance(factory, type) else (factory,)
    return {p.name for made in makers for p in inspect.signature(made).parameters.values() if p.kind in _NAMED}


tasks: Registry[Task] = Registry("task", Task)  # type: ignore[type-abstract]
simulators: Registry[Simulator] = Registry("simulator", Simulator)  # type: ignore[type-abstract]
agents: Registry[Agent] = Registry("agent", Agent)  # type: ignore[type-abstract]
models: Registry[LanguageModel] = Registry("model", LanguageModel)  # type: ignore[type-abstract]
objectives: Registry[Objective] = Registry("objective", Objective)  # type: ignore[type-abstract]


def shared_model(ref: Ref[LanguageModel]) -> LanguageModel:
    """The model of a reference; the same object for all who ask with an equal one, so that weights are loaded once."""
    if isinstance(ref, LanguageModel):
        return ref
    return _shared_model(canonical_json({"name": ref} if isinstance(ref, str) else ref))


def knowing(ref: Ref[LanguageModel], task: Task) -> Ref[LanguageModel]:
    """The reference; that of the bundled model with the checkpoint that knows the task, unless it says which."""
    given = {"name": ref} if isinstance(ref, str) else ref
    if isinstance(given, Mapping) and given.get("name") == "mini" and not given.get("path") and task.checkpoint:
        return {**given, "path": task.checkpoint}
    return ref


@lru_cache(maxsize=4)
def _shared_model(ref: str) -> LanguageModel:
    return models.make(json.loads(ref))


def make_sampling(given: Mapping[str, Any]) -> Sampling:
    """How completions are drawn, from a configuration.

    Raises:
        ConfigError: for an unknown name or a value out of range.
    """
    known = [f.name for f in fields(Sampling)]
    for name, value in given.items():
        if name not in known:
            raise unknown("sampling argument", name, known)
        if isinstance(value, bool) or not isinstance(value, int if name == "max_tokens" else (int, float)):
            raise ConfigError(f"sampling: {name} must be a number, got {value!r}")
    return Sampling(**given)


def register_model(name: str, factory: Callable[..., LanguageModel]) -> None:
    """Make a language model known by name in this process."""
    models.register(name, factory)
    _shared_model.cache_clear()


def register_simulator(name: str, factory: Callable[..., Simulator]) -> None:
    """Make a simulator known by name in this process."""
    simulators.register(name, factory)


def register_agent(name: str, factory: Callable[..., Agent]) -> None:
    """Make an agent known by name in this process."""
    agents.register(name, factory)


def register_task(task: type[Task]) -> None:
    """Make a task known by its `name`, and create its Gymnasium ids, one for each setting.

    Raises:
        ConfigError: where the class lacks a `name` or `SETTINGS`.
    """
    if not isinstance(getattr(task, "name", None), str) or not getattr(task, "SETTINGS", None):
        raise ConfigError(f"{task.__name__}: a task class needs a `name` and a non-empty tuple `SETTINGS`")
    tasks.register(task.name, task)
    for setting in task.SETTINGS:
        register_id(task.name, setting.name)


def camel(name: str) -> str:
    """`twenty_questions` -> `TwentyQuestions`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def env_id(task: str, setting: str = "default") -> str:
    """The Gymnasium id of a task's setting: `pragenv/Clarify-v0`, `pragenv/Clarify-conflict-v0`."""
    return f"pragenv/{camel(task)}{'' if setting == 'default' else '-' + setting}-v0"


def user_env_id(task: str, setting: str = "default") -> str:
    """The id of the same conversation from the user's side: `pragenv/Clarify-User-v0`."""
    return env_id(task, setting).removesuffix("-v0") + "-User-v0"


def register_id(task: str, setting: str = "default") -> None:
    """Create (or replace) the Gymnasium ids of a task's setting: one for each side of the conversation."""
    here = "pragenv.registration"
    for name, maker, vector_maker in (
        (env_id(task, setting), f"{here}:make_env", f"{here}:make_vector_env"),
        (user_env_id(task, setting), f"{here}:make_user_env", None),
    ):
        gym.registry.pop(name, None)
        gym.register(
            name,
            entry_point=maker,
            vector_entry_point=vector_maker,
            # The loop itself refuses a step out of order and a wrong action; wrappers would only say so a second time.
            order_enforce=False,
            disable_env_checker=True,
            kwargs={"task": task, "setting": setting},
        )


def make_simulator(simulator: Ref[Simulator] = "scripted", persona: str | None = None) -> Simulator:
    """A simulator, with personas around it.

    Args:
        simulator: a reference.
        persona: names joined by `+`, the first innermost: `"terse+impatient"`.
    """
    user = simulators.make(simulator)
    for name in persona.split("+") if persona else ():
        user = simulators.make(name.strip(), user=user)
    return user


def make_env(
    task: Ref[Task],
    setting: str = "default",
    knobs: Mapping[str, Any] | None = None,
    split: str = "train",
    simulator: Ref[Simulator] | None = None,
    persona: str | None = None,
    render_mode: str | None = None,
    **arguments: Any,
) -> DialogueEnv:
    """The environment behind every `pragenv/…` id.

    Args:
        task: a task's reference; `arguments` are passed to its factory (`source=FILE`).
        setting: name of one of its settings.
        knobs: changes to the setting: `{"turn_cost": 0.1}`.
        split: which scenarios.
        simulator: the user's reference; by default the task's `default_user`: the bundled language model where it was
            trained on the task. `scripted` is the fast and exact one.
        persona: personas around the user, joined by `+`.
        render_mode: None, `ansi` or `human`.
        arguments: of the task.

    Raises:
        ConfigError: for anything unknown or out of range.
    """
    made = tasks.make(task, **arguments)
    user = make_simulator(made.default_user if simulator is None else simulator, persona)
    return make_dialogue(made, made.setting(setting, knobs), user, split, render_mode)


def make_dialogue(
    task: Task, setting: Setting, user: Simulator, split: str = "train", render_mode: str | None = None
) -> DialogueEnv:
    """The environment of parts that are made already; the user says things again where the setting has it so."""
    return DialogueEnv(task, setting, repeating(user, setting.repeats, setting.turn_limit), split, render_mode)


def make_user_env(
    task: Ref[Task],
    setting: str = "default",
    agent: Ref[Agent] | None = None,
    knobs: Mapping[str, Any] | None = None,
    split: str = "train",
    render_mode: str | None = None,
    **arguments: Any,
) -> UserEnv:
    """The environment behind every `pragenv/…-User-v0` id: the user is the policy, and repeats what it chooses to.

    Args:
        task: a task's reference; `arguments` are passed to its factory (`source=FILE`).
        setting: name of one of its settings.
        agent: the reference of who is spoken to; by default `clarify_first`, or `uniform` where that cannot play.
        knobs: changes to the setting: `{"turn_cost": 0.1}`.
        split: which scenarios.
        render_mode: None, `ansi` or `human`.
        arguments: of the task.

    Raises:
        ConfigError: for anything unknown or out of range, or an agent that does not apply to the setting.
    """
    made = tasks.make(task, **arguments)
    env = DialogueEnv(made, made.setting(setting, knobs), make_simulator("scripted"), split, render_mode)
    barred = env.setting.agents_not_applicable
    if agent is None:
        agent = "uniform" if "clarify_first" in barred else "clarify_first"
    if isinstance(agent, str) and agent in barred:
        raise ConfigError(f"agent {agent!r} does not apply to {made.name}/{setting}: {barred[agent]}")
    return UserEnv(env, agents.make(agent))


def make_vector_env(num_envs: int = 1, max_episode_steps: int | None = None, **arguments: Any) -> DialogueVectorEnv:
    """The environment behind `gym.make_vec` of every `pragenv/…` id.

    Args:
        num_envs: how many conversations.
        max_episode_steps: not to be had here: an outer limit is a wrapper around a single environment.
        arguments: as for `make_env`.

    Raises:
        ConfigError: for a `max_episode_steps`, and as `make_env`.
    """
    if max_episode_steps is not None:
        raise ConfigError("max_episode_steps: give knobs={'turn_limit': …}, or take vectorization_mode='sync'")
    one = make_env(**arguments)
    return DialogueVectorEnv(num_envs, one.task, one.setting, one.simulator, one.split, one.render_mode)


def register_ids() -> None:
    """Create the ids of all tasks known by entry point. A third party's is imported only when its id is made."""
    for name in tasks.names():
        point = next((p for p in entry_points(group="pragenv.tasks") if p.name == name), None)
        built_in = point is not None and point.value.startswith("pragenv.")
        try:
            settings = [s.name for s in tasks.factory(name).SETTINGS] if built_in else ["default"]  # type: ignore[attr-defined]
        except PragEnvError:
            settings = ["default"]
        for setting in settings:
            register_id(name, setting)
