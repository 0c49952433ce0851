"""Views and conversations without an environment."""

from collections.abc import Iterator, Mapping
from typing import Any

from pragenv_simulators.scripted import Scripted
from scipy import stats

from pragenv.protocols import AgentView, Keys, Setting, Simulator, Task, UserView
from pragenv.types import Dialogue, FrozenDict, Message, Scenario, mix

ALPHA = 1e-4
"""The chance that a test of a rate fails although the rate is as declared."""


def within(hits: int, n: int, rate: float) -> bool:
    """Whether `hits` of `n` fit a rate, by the exact binomial test at `ALPHA`."""
    return float(stats.binomtest(hits, n, rate).pvalue) > ALPHA


def user_view(
    task: Task, scenario: Scenario, dialogue: Dialogue = (), key: int = 1, traits: Mapping[str, Any] | None = None
) -> UserView:
    """What the user knows before it speaks."""
    turn = sum(m.role == "user" for m in dialogue)
    facts: Any = (task, scenario.public, scenario.user_brief, dialogue, Keys(key), turn, FrozenDict(traits or {}))
    return UserView(*facts)


def agent_view(
    task: Task, setting: Setting, scenario: Scenario, dialogue: Dialogue, key: int = 1, privileged: bool = False
) -> AgentView:
    """What the agent knows before it speaks."""
    system = Message("system", task.describe(scenario.public, scenario.agent_brief))
    turn = sum(m.role == "assistant" for m in dialogue)
    facts: Any = (task, scenario.public, scenario.agent_brief, (system, *dialogue), Keys(key), turn, setting)
    return AgentView(*facts, scenario if privileged else None)


def talk(task: Task, scenario: Scenario, *said: str, user: Simulator | None = None, key: int = 1) -> Dialogue:
    """The conversation in which the agent says these things: opened, and each answered."""
    user = user or Scripted()
    dialogue: Dialogue = (Message("user", user.reply(user_view(task, scenario, (), key)).text),)
    for text in said:
        dialogue += (Message("assistant", text),)
        dialogue += (Message("user", user.reply(user_view(task, scenario, dialogue, key)).text),)
    return dialogue


def committed(dialogue: Dialogue, answer: str) -> Dialogue:
    """The conversation, ended by that commitment."""
    return (*dialogue, Message("assistant", answer))


def views(task: Task, n: int, *, opening: bool = False, said: str | None = None) -> Iterator[UserView]:
    """What users of many episodes know when they are asked their first question (or are to open)."""
    setting = task.setting("vague" if task.name == "clarify" else "default")
    for i in range(n):
        made = task.sample(mix(31, i), setting, "train")
        view = user_view(task, made, talk(task, made, key=mix(32, i)), key=mix(32, i))
        if opening:
            yield view._replace(dialogue=(), turn=0)
        else:
            acts = task.acts(view)
            asked = said if said is not None else acts.phrase(acts.menu[i % len(acts.menu)], i)
            yield view._replace(dialogue=(*view.dialogue, Message("assistant", asked)))
