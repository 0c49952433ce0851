"""Rules on tasks: what they declare and draw."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator

from pragenv.testing.cases import TaskCase, task_rules
from pragenv.testing.drive import asks_then_commits, disturbs_generators, play
from pragenv.testing.statistic import uniform_statistic
from pragenv.testing.task_meaning import truth_is_pure
from pragenv.types import canonical_json


@task_rules.rule("give the class a `name`, a tuple of splits, and `SETTINGS` with unique names, one of them `default`")
def declares_itself(case: TaskCase) -> Iterator[str]:
    """Name, splits and settings are declared, with unique names that can be part of an id, one of them `default`."""
    task = case.task
    names = [setting.name for setting in task.SETTINGS]
    if bad := [n for n in (task.name, *names) if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", n)]:
        yield f"names are lower_snake_case, got {bad}"
    if len(set(names)) < len(names) or "default" not in names:
        yield f"the settings are called {names}"
    if not task.SPLITS or len(set(task.SPLITS)) < len(task.SPLITS):
        yield f"the splits are {task.SPLITS}"
    if not isinstance(case.setting.tags, tuple) or not isinstance(task.fingerprint(), str):
        yield "`tags` must be a tuple and `fingerprint()` a str"
    if any(not reason for reason in case.setting.agents_not_applicable.values()):
        yield "an agent is declared not applicable for no reason"
    for split in task.SPLITS:
        count = task.count(case.setting, split)
        if count is not None and count < 1:
            yield f"split {split} has {count} scenarios"


@task_rules.rule("make `sample` a pure function of key, setting and split")
def samples_are_pure(case: TaskCase) -> Iterator[str]:
    """The same key gives the same scenario, also from a copy of the task, in every split; keys vary the scenario."""
    twin = copy.deepcopy(case.task)
    for split in case.task.SPLITS:
        drawn = [case.task.sample(key, case.setting, split) for key in case.seeds]
        again = [twin.sample(key, case.setting, split) for key in reversed(case.seeds)][::-1]
        if drawn != again or drawn != [case.task.sample(key, case.setting, split) for key in case.seeds]:
            yield f"split {split}: a key gave two scenarios"
        for scenario in drawn:
            canonical_json([scenario.public, scenario.user_brief, scenario.agent_brief])
        many = (case.task.sample(key * 0x9E3779B97F4A7C15 >> 3, case.setting, split) for key in range(1, 65))
        if len({canonical_json(s.user_brief) for s in many}) == 1 and case.task.count(case.setting, split) != 1:
            yield f"split {split}: 64 keys gave one and the same intent"


@task_rules.rule(
    "draw from keys: `random.Random(key)` or `numpy.random.default_rng(key)`, never from a global generator"
)
def global_generators_untouched(case: TaskCase) -> Iterator[str]:
    """No process-global generator (random, numpy, torch) is seeded or drawn from by any part of the task."""
    steps: dict[str, Callable[[], object]] = {
        "sample": lambda: case.task.sample(case.seeds[0], case.setting, case.task.SPLITS[0]),
        "a conversation": lambda: play(case.env(), asks_then_commits, case.seeds[0]),
        "truth, say and corrupt": lambda: next(truth_is_pure(case), None),
        "guess": lambda: uniform_statistic(case.task, case.setting, 2, seed=case.seeds[0]),
    }
    for name, run in steps.items():
        if disturbs_generators(run):
            yield f"{name} changed the state of a process-global generator"
