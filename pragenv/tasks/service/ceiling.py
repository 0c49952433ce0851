"""What a clerk earns in a given scenario who asks for all that is missing at once, found by playing it."""

from __future__ import annotations

from pragenv.protocols import AgentView, Keys, Setting, Task, UserView
from pragenv.tasks.service.acts import service_acts
from pragenv.tasks.service.desk import desk
from pragenv.types import Dialogue, FrozenDict, Message, Scenario


def reached(task: Task, scenario: Scenario, setting: Setting) -> float:
    """Its reward with a faithful user, whose words and its own do not vary."""
    public, brief = FrozenDict(scenario.public), FrozenDict(scenario.user_brief)
    acts, keys = service_acts(public["domain"], public["phrasing"]), Keys(0)
    dialogue: Dialogue = ()
    for turn in range(setting.turn_limit):
        user = UserView(task, public, brief, task.audible(dialogue, public), keys, turn)
        dialogue = (*dialogue, Message("user", task.say(user, task.truth(user), 0)))
        view = AgentView(task, public, None, (Message("system", ""), *dialogue), keys, turn, setting)
        dialogue = (*dialogue, Message("assistant", desk(view, acts).utterance(acts)))
        if task.ended(scenario, dialogue):
            return (task.grade(scenario, dialogue).score or 0.0) - setting.turn_cost * (turn + 1)
        dialogue = (*dialogue, *task.respond(scenario, dialogue))
    return -setting.turn_cost * setting.turn_limit
