"""Rules on tasks: grading, and the scores of the diagnostic agents."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from pragenv.testing.cases import TaskCase, task_rules
from pragenv.testing.fuzz import ODD_COMMITMENTS
from pragenv.testing.rules import Untestable
from pragenv.testing.statistic import ALPHA, uniform_statistic
from pragenv.types import Message, Verdict

_FAREWELLS = ("Thank you, that is all.", "Forget it, I give up.", "")
_UNIFORM_EPISODES = 200


@task_rules.rule("let `grade` depend on its two arguments only, and not on farewells")
def grading_is_pure(case: TaskCase) -> Iterator[str]:
    """Grading again, or by a copy, gives the same verdict, changes nothing, and is unmoved by how the user ended."""
    twin = copy.deepcopy(case.task)
    for where, scenario, dialogue in case.dialogues():
        before = repr((scenario, dialogue))
        verdict = case.task.grade(scenario, dialogue)
        if fault := _unsound(verdict):
            yield f"{where}: {fault}"
        if case.task.grade(scenario, dialogue) != verdict or twin.grade(scenario, dialogue) != verdict:
            yield f"{where}: graded again, the verdict {verdict} changed"
        if repr((scenario, dialogue)) != before:
            yield f"{where}: grading changed what it graded"
        ends = {case.task.grade(scenario, (*dialogue, Message("user", text)))[:2] for text in _FAREWELLS}
        if dialogue[-1].role == "assistant" and len(ends) > 1:
            yield f"{where}: the farewells {_FAREWELLS} led to {ends}"


def _unsound(verdict: Verdict) -> str:
    score, solved, reason = verdict
    if score is not None and not 0 <= score <= 1:
        return f"the score is {score!r}, not in [0, 1]"
    if not isinstance(solved, bool) or not isinstance(reason, str) or (solved and not score):
        return f"{verdict} is not (number or None, bool, str) with a score where it is solved"
    return ""


@task_rules.rule("read any commitment, and grade one that makes no sense as wrong")
def nonsense_is_graded(case: TaskCase) -> Iterator[str]:
    """A commitment that makes no sense gets a verdict, does not solve, and raises nothing."""
    for seed, env in case.scenarios():
        for text in ODD_COMMITMENTS:
            if case.task.grade(env.scenario, (*env.dialogue, Message("assistant", text))).solved:
                yield f"seed {seed}: {text[:40]!r} solved it"


@task_rules.rule("let `answer` commit to the truth as of the opening, and `grade` accept it")
def oracle_solves(case: TaskCase) -> Iterator[str]:
    """`answer`, said at once, ends and solves every scenario with score 1, in every split."""
    for split in case.task.SPLITS:
        for seed in case.seeds:
            env = case.env(split)
            env.reset(seed=seed)
            env.step(text := case.task.answer(env.scenario))
            if env.end_reason != "committed" or env.verdict[:2] != (1.0, True):
                yield f"split {split}, seed {seed}: {text!r} ended {env.end_reason} with {env.verdict}"


@task_rules.rule("solve nothing, and end nothing, before something is said")
def mute_never_solves(case: TaskCase) -> Iterator[str]:
    """Saying nothing up to the limit neither commits nor solves."""
    for seed, env in case.scenarios():
        while env.end_reason is None:
            env.step("")
        if env.verdict.solved or env.end_reason == "committed":
            yield f"seed {seed}: silence ended {env.end_reason} with {env.verdict}"


@task_rules.rule("let `chance` return the exact expected score of `guess(view, key)` over keys")
def uniform_scores_chance(case: TaskCase) -> Iterator[str]:
    """Over seeded episodes the random guess scores what `chance` declares, for each scenario and on the whole."""
    found = uniform_statistic(case.task, case.setting, _UNIFORM_EPISODES, seed=case.seeds[0])
    if found.p_value < ALPHA / len(case.task.SETTINGS):
        yield f"{found}"


@task_rules.rule(
    "let `needs_asking` be False only where the opening tells all that the answer needs, and `guess` use it"
)
def nothing_missing_means_solved(case: TaskCase) -> Iterator[str]:
    """Where `needs_asking` says no, `questions` is empty and `guess` solves after the opening alone."""
    tested = False
    for seed, env in case.scenarios():
        if "answer_first" in case.setting.agents_not_applicable or case.task.needs_asking(env.scenario):
            continue
        tested = True
        view = env.agent_view()
        if questions := case.task.questions(view):
            yield f"seed {seed}: {questions} is left to ask after {env.dialogue[-1].content!r}"
        env.step(case.task.guess(view))
        if not env.verdict.solved:
            yield f"seed {seed}: after {env.dialogue[0].content!r} the guess was {env.verdict.reason}"
    if not tested:
        raise Untestable
