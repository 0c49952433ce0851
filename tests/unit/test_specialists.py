"""Agents that were made for one task."""

import pytest

from pragenv.errors import AgentError
from pragenv.registration import agents, make_env, tasks
from pragenv.tasks.specialists import HOMES, specialists


@pytest.mark.parametrize(("name", "task"), HOMES.items())
def test_in_another_task_a_specialist_says_which_one_it_plays(name: str, task: str) -> None:
    env = make_env("twenty_questions", simulator="scripted")
    env.reset(seed=1)
    with pytest.raises(AgentError, match=f"this agent plays the task '{task}' only, not 'twenty_questions'"):
        agents.make(name).act(env.agent_view())


@pytest.mark.parametrize("task", tasks.names())
def test_a_task_bars_the_specialists_of_others_and_not_its_own(task: str) -> None:
    assert set(specialists(task)) == {name for name, home in HOMES.items() if home != task}
    for setting in tasks.make(task).SETTINGS:
        assert set(specialists(task)) <= set(setting.agents_not_applicable)
