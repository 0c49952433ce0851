"""What rules are about: an environment, a task in a setting, a simulator or an agent, with seeds to check on."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pragenv.env import DialogueEnv
from pragenv.protocols import Agent, AgentView, Setting, Simulator, Task, UserView
from pragenv.testing.drive import POLICIES, Env, Policy, Recorder, Step, asks, loop, odd, play
from pragenv.testing.rules import Rules
from pragenv.types import Dialogue, Role, Scenario

World = tuple[Task, Setting]


@dataclass(frozen=True)
class EnvCase:
    """An environment to check.

    Attributes:
        label: what to call it.
        make: builds it anew at each call.
        seeds: on which it is checked.
        resets: how many episodes are begun to see whether one leaves anything behind.
    """

    label: str
    make: Callable[[], Env]
    seeds: Sequence[int]
    resets: int = 200

    def __str__(self) -> str:
        return self.label

    @cached_property
    def setting(self) -> Setting:
        """The setting that it is in."""
        return loop(self.make()).setting

    @cached_property
    def episodes(self) -> list[tuple[str, list[Step]]]:
        """An episode for each policy and seed: where, and the steps."""
        found = []
        for say in POLICIES:
            env = self.make()
            found += [(f"{say.__name__}, seed {seed}", play(env, say, seed)) for seed in self.seeds]
        return found


@dataclass(frozen=True)
class TaskCase:
    """A task in one of its settings, to check on the scenarios of some keys."""

    task: Task
    setting: Setting
    simulator: Simulator
    seeds: Sequence[int]

    def __str__(self) -> str:
        return f"{self.task.name}/{self.setting.name}"

    def env(self, split: str | None = None) -> DialogueEnv:
        """A conversation with the case's user."""
        return DialogueEnv(self.task, self.setting, self.simulator, split or self.task.SPLITS[0])

    def scenarios(self) -> Iterator[tuple[int, DialogueEnv]]:
        """A freshly opened conversation for each seed."""
        for seed in self.seeds:
            env = self.env()
            env.reset(seed=seed)
            yield seed, env

    def dialogues(self) -> Iterator[tuple[str, Scenario, Dialogue]]:
        """Finished conversations, and every beginning of them."""
        for say in POLICIES:
            for seed in self.seeds:
                env = self.env()
                play(env, say, seed)
                for end in range(1, len(env.dialogue) + 1):
                    yield f"{say.__name__}, seed {seed}, {end} messages", env.scenario, env.dialogue[:end]


@dataclass(frozen=True)
class PartyCase(ABC):
    """A simulator or an agent, whose turns the rules compare; `scenes` are the views of a few conversations."""

    worlds: Sequence[World]
    seeds: Sequence[int]
    other: Role

    @property
    @abstractmethod
    def party(self) -> Any:
        """The simulator or agent."""

    @property
    @abstractmethod
    def scenes(self) -> list[list[Any]]:
        """Views in the order in which the party met them, for each of a few conversations."""

    @staticmethod
    @abstractmethod
    def turn(party: Any, view: Any) -> Any:
        """The party's turn."""

    @staticmethod
    @abstractmethod
    def batch(party: Any, views: Sequence[Any]) -> list[Any]:
        """The party's turns in many conversations at once."""

    def fresh(self) -> Any:
        """A copy of the party that has met nobody, so that no rule sees what another left behind."""
        return copy.deepcopy(self.party)

    def __str__(self) -> str:
        return type(self.party).__name__


@dataclass(frozen=True, kw_only=True)
class UserCase(PartyCase):
    """A simulator; `faithful` demands that it convey nothing but the truth."""

    simulator: Simulator
    faithful: bool = False
    other: Role = "assistant"

    @property
    def party(self) -> Simulator:
        """The simulator."""
        return self.simulator

    @cached_property
    def scenes(self) -> list[list[UserView]]:
        """The views of a conversation full of questions and one full of odd texts, for each world and seed."""
        talks = [(world, say, seed) for world in self.worlds for say in (asks, odd) for seed in self.seeds]
        return [self.record(*talk) for talk in talks]

    def record(self, world: World, say: Policy, seed: int) -> list[UserView]:
        """The views that the simulator is given in one conversation."""
        recorder = Recorder(self.fresh())
        play(DialogueEnv(*world, recorder, world[0].SPLITS[0]), say, seed)
        return recorder.views

    @staticmethod
    def turn(party: Simulator, view: UserView) -> Any:
        """The user's turn."""
        return party.reply(view)

    @staticmethod
    def batch(party: Simulator, views: Sequence[UserView]) -> list[Any]:
        """The user's turns in many conversations."""
        return list(party.reply_batch(views))


@dataclass(frozen=True, kw_only=True)
class AgentCase(PartyCase):
    """An agent, who talks to `user`."""

    agent: Agent
    user: Simulator
    other: Role = "user"

    @property
    def party(self) -> Agent:
        """The agent."""
        return self.agent

    @cached_property
    def scenes(self) -> list[list[AgentView]]:
        """The views of conversations that the agent itself leads, for each world and seed."""
        return [self._lead(world, seed) for world in self.worlds for seed in self.seeds]

    def _lead(self, world: World, seed: int) -> list[AgentView]:
        views: list[AgentView] = []
        agent = self.fresh()
        env = DialogueEnv(*world, self.user, world[0].SPLITS[0])
        env.reset(seed=seed)
        while env.end_reason is None:
            views.append(env.agent_view(self.agent.privileged))
            env.step(agent.act(views[-1]))
        return views

    @staticmethod
    def turn(party: Agent, view: AgentView) -> Any:
        """The agent's utterance."""
        return party.act(view)

    @staticmethod
    def batch(party: Agent, views: Sequence[AgentView]) -> list[Any]:
        """The agent's utterances in many conversations."""
        return list(party.act_batch(views))


env_rules: Rules[EnvCase] = Rules("env")
task_rules: Rules[TaskCase] = Rules("task")
user_rules: Rules[UserCase] = Rules("simulator")
agent_rules: Rules[AgentCase] = Rules("agent")
