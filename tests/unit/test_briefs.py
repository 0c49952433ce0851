"""What a user is told is enough to say what it should: a model that plays it has nothing else to go by."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from gymnasium.error import ResetNeeded

from pragenv import registration
from pragenv.protocols import Setting, Task, UserView
from pragenv.tasks.negotiate.tactics import manners
from pragenv.types import FrozenDict

AGENTS = {
    "calibrate": ("coordinate", "one_shot"),
    "clarify": ("clarify_first", "answer_first"),
    "draft": ("reviser", "interviewer"),
    "negotiate": ("integrative", "tit_for_tat"),
    "reference": ("rsa", "uniform"),
    "service": ("clerk",),
    "sharded": ("solver",),
    "twenty_questions": ("ask_by_gain",),
}
"""Whose talk brings the users of a task to say what there is to say."""
SEEDS = range(6)


def draws_lots(setting: Setting) -> bool:
    """Whether a user errs, or is vague, at random: no brief can say when."""
    return bool(getattr(setting, "noise", 0)) or 0 < getattr(setting, "vague", 0) < 1


def heard(task: str, setting: Setting, seed: int) -> Iterator[UserView]:
    """What a user of a scenario replies to, turn by turn, whoever it talks with."""
    for name in AGENTS[task]:
        if name in setting.agents_not_applicable:
            continue
        agent = registration.agents.make(name)
        env = registration.make_env(task, setting=setting.name, split="train", simulator="scripted")
        view = env.begin(seed)
        try:
            while view is not None:
                yield view
                env.hear(env.simulator.reply(view))
                view = env.say(agent.act(env.agent_view(privileged=True)))
        except ResetNeeded:
            continue


def said_by_another(task: Task, view: UserView, public: FrozenDict, user_brief: FrozenDict) -> bool:
    """Whether a user of another setting or intent, told the same in words, would say something else here."""
    other = view._replace(public=public, user_brief=user_brief)
    same_brief = task.brief(view.public, view.user_brief) == task.brief(public, user_brief)
    return same_brief and task.truth(view) != task.truth(other)


@pytest.mark.parametrize("task", sorted(AGENTS))
def test_who_is_told_the_same_in_another_setting_says_the_same(task: str) -> None:
    made = registration.tasks.make(task)
    settings = [setting for setting in made.SETTINGS if not draws_lots(setting)]
    wrong = set()
    for here, seed in product(settings, SEEDS):
        env = registration.make_env(task, setting=here.name, split="train", simulator="scripted")
        env.begin(seed)
        others = [
            (there.name, made.sample(key, there, "train")) for key, there in product([env.scenario_key], settings)
        ]
        for view, (there, scenario) in product(list(heard(task, here, seed)), others):
            if said_by_another(made, view, FrozenDict(scenario.public), FrozenDict(scenario.user_brief)):
                wrong.add((here.name, there))
    assert not wrong


def test_who_is_told_the_same_bargains_the_same() -> None:
    """However it bargains: no tactic, demand or pace is left out of what it is told."""
    task = registration.tasks.make("negotiate")
    for seed in SEEDS:
        for view in heard("negotiate", task.setting("mixed"), seed):
            for manner in manners("mixed"):
                assert not said_by_another(task, view, view.public, FrozenDict({**view.user_brief, **manner._asdict()}))
