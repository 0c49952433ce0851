"""The contracts as checks that anyone can run on their own plug-in: `pragenv check my_module:MyUser`.

Each check goes through named rules (`RULES`), returns the names of those that hold, and raises `ContractViolation` at
the first that does not. A rule that finds nothing to apply itself to is left out of the names returned.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium as gym

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, PragEnvError
from pragenv.protocols import Agent, Setting, Simulator, Task
from pragenv.registration import Ref, agents, import_target, make_simulator, simulators
from pragenv.registration import tasks as known_tasks
from pragenv.testing.cases import AgentCase, EnvCase, TaskCase, UserCase, agent_rules, env_rules, task_rules, user_rules
from pragenv.testing.drive import Env
from pragenv.testing.rules import ContractViolation
from pragenv.testing.statistic import UniformStatistic, rejected, uniform_statistic
from pragenv.testing.table import RULES

__all__ = [
    "RULES",
    "ContractViolation",
    "UniformStatistic",
    "check",
    "check_agent",
    "check_dialogue_env",
    "check_simulator",
    "check_task",
    "rejected",
    "uniform_statistic",
]


def check_dialogue_env(
    make: str | Callable[[], Env], seeds: Sequence[int] = range(3), resets: int = 200, **arguments: Any
) -> list[str]:
    """Check an environment: a Gymnasium id with arguments, or a function that makes a new one at each call.

    Args:
        make: the id or function.
        seeds: on which it is checked.
        resets: how many episodes are begun to see whether one leaves anything behind; fewer where users are dear.
        arguments: of an id's environment.

    Raises:
        ContractViolation: at the first rule that is broken.
    """
    if isinstance(make, str):
        name = make
        return env_rules.check(
            EnvCase(name, lambda: gym.make(name, disable_env_checker=True, **arguments), tuple(seeds), resets)
        )
    return env_rules.check(EnvCase(getattr(make, "__name__", "environment"), make, tuple(seeds), resets))


def check_task(
    task: Ref[Task],
    settings: Sequence[str] | None = None,
    seeds: Sequence[int] = range(6),
    knobs: Mapping[str, Any] | None = None,
) -> list[str]:
    """Check a task in its settings (all of them by default), and the environments made of it with the scripted user.

    Args:
        task: its reference.
        settings: names of some of its settings.
        seeds: on which it is checked.
        knobs: changes to every setting.

    Raises:
        ContractViolation: at the first rule that is broken.
        ConfigError: for a reference to nothing, or an unknown setting.
    """
    made, user = known_tasks.make(task), make_simulator("scripted")
    held: dict[str, None] = {}
    for name in settings if settings is not None else [s.name for s in made.SETTINGS]:
        setting = made.setting(name, knobs)
        held |= dict.fromkeys(task_rules.check(TaskCase(made, setting, user, tuple(seeds))))

        def make(setting: Setting = setting) -> Env:
            return DialogueEnv(made, setting, user, made.SPLITS[0])

        held |= dict.fromkeys(env_rules.check(EnvCase(f"{made.name}/{name}", make, tuple(seeds)[:3])))
    return list(held)


def check_simulator(
    simulator: Ref[Simulator],
    tasks: Sequence[Ref[Task]] | None = None,
    settings: Sequence[str] = ("default",),
    seeds: Sequence[int] = range(6),
    faithful: bool = False,
) -> list[str]:
    """Check a simulated user in some tasks (every registered one by default).

    Args:
        simulator: a reference.
        tasks: references.
        settings: names; those that a task does not have are left out.
        seeds: of the conversations.
        faithful: also demand that it convey nothing but the truth, which a persona that errs or chats does not.

    Raises:
        ContractViolation: at the first rule that is broken.
        ConfigError: for a reference to nothing.
    """
    user = simulators.make(simulator)
    return user_rules.check(UserCase(_worlds(tasks, settings), tuple(seeds), simulator=user, faithful=faithful))


def check_agent(
    agent: Ref[Agent],
    tasks: Sequence[Ref[Task]] | None = None,
    settings: Sequence[str] = ("default",),
    seeds: Sequence[int] = range(6),
) -> list[str]:
    """Check an agent in some tasks (every registered one by default), in those settings that apply to it by name.

    Raises:
        ContractViolation: at the first rule that is broken.
        ConfigError: for a reference to nothing.
    """
    made = agents.make(agent)
    name = agent if isinstance(agent, str) else ""
    worlds = [(t, s) for t, s in _worlds(tasks, settings) if name not in s.agents_not_applicable]
    return agent_rules.check(AgentCase(worlds, tuple(seeds), agent=made, user=make_simulator("scripted")))


def check(path: str, faithful: bool = False) -> list[str]:
    """Import `module:Name` and run the checks that fit it.

    Args:
        path: leads to a Task, Simulator or Agent (class, object, or function that makes one), or to a function that
            makes an environment. A persona is put around the scripted user.
        faithful: also demand of a simulator that it convey nothing but the truth.

    Raises:
        ContractViolation: at the first rule that is broken.
        ConfigError: where there is nothing of that name, or nothing that can be checked.
    """
    found: Any = import_target(path)
    try:
        made = _made(found, path)
    except PragEnvError:
        raise
    except Exception as error:
        raise ConfigError(f"{path} cannot be made: {type(error).__name__}: {error}") from error
    if isinstance(made, Task):
        return check_task(made)
    if isinstance(made, Simulator):
        return check_simulator(made, faithful=faithful)
    if isinstance(made, Agent):
        return check_agent(made)
    if isinstance(made, gym.Env) and callable(found):
        return check_dialogue_env(found)
    raise ConfigError(
        f"{path} gives a {type(made).__name__}; a Task, Simulator, Agent or a maker of environments is needed"
    )


def _made(found: Any, path: str) -> Any:
    if not callable(found) or isinstance(found, (Task, Simulator, Agent)):
        return found
    needed = [
        name
        for name, p in inspect.signature(found).parameters.items()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if needed == ["user"]:
        return found(user=make_simulator("scripted"))
    if needed:
        raise ConfigError(f"{path} needs the arguments {needed}; check a function without arguments that calls it")
    return found()


def _worlds(tasks: Sequence[Ref[Task]] | None, settings: Sequence[str]) -> list[tuple[Task, Setting]]:
    made = [known_tasks.make(ref) for ref in (known_tasks.names() if tasks is None else tasks)]
    return [(task, s) for task in made for s in task.SETTINGS if s.name in settings]
