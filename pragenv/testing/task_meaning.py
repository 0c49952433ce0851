"""Rules on tasks: acts, and what a faithful user conveys."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from pragenv.env import DialogueEnv
from pragenv.intents import Structured
from pragenv.protocols import Task
from pragenv.testing.cases import TaskCase, task_rules
from pragenv.testing.drive import heard, opening_view
from pragenv.testing.fuzz import utterances
from pragenv.testing.rules import Untestable
from pragenv.types import Act, Message


@task_rules.rule("let `truth` read text with `acts` only")
def truth_reads_text_through_acts(case: TaskCase) -> Iterator[str]:
    """Utterances that parse to the same acts get the same truth, as last word and as history, fuzzed paraphrases."""
    for seed, env in case.scenarios():
        acts = case.task.acts(opening_view(env, env.scenario))
        meanings: dict[tuple[Act, ...], list[str]] = {}
        for text in utterances(acts, seed):
            meanings.setdefault(acts.parse(text), []).append(text)
        groups = list(meanings.values())
        for texts, earlier in zip(groups, groups[1:] + groups[:1], strict=True):
            for said in ([[t] for t in texts], [[t, texts[0]] for t in earlier], [[earlier[0], t] for t in texts]):
                truths = [case.task.truth(heard(env, utterance)) for utterance in said]
                for utterance, truth in zip(said, truths, strict=True):
                    if truth != truths[0]:
                        yield f"seed {seed}: {truths[0]} after {said[0]!r:.200}, {truth} after {utterance!r:.200}"


@task_rules.rule("make `truth`, `say` and `corrupt` functions of their arguments, and keep nothing on the task")
def truth_is_pure(case: TaskCase) -> Iterator[str]:
    """What a user conveys, and its wording, is the same asked twice, asked of a copy, and after other conversations."""
    views = [heard(env, said) for seed, env in case.scenarios() for said in _questions(env, seed)]

    def told(task: Task) -> list[tuple[object, ...]]:
        seen: list[tuple[object, ...]] = []
        for number, view in enumerate(views):
            own = view._replace(task=task)
            truth = task.truth(own)
            wrong = task.truth(task.corrupt(own, number))
            seen.append((truth, task.say(own, truth, number), task.volunteer(own), wrong))
        return seen

    first = told(case.task)
    for name, task in (("the same task", case.task), ("a copy of the task", copy.deepcopy(case.task))):
        for view, was, now in zip(views, first, told(task), strict=True):
            if was != now:
                yield f"{name}, after {view.dialogue[-1].content!r:.80}: {was} became {now}"


def _questions(env: DialogueEnv, seed: int) -> list[list[str]]:
    acts = env.task.acts(opening_view(env, env.scenario))
    texts = [acts.phrase(act, seed) for act in acts.menu[:6]]
    return [[], *([t] for t in texts), texts[:3]] if texts else []


@task_rules.rule("let `acts.parse` understand every wording of `acts.phrase`, and `acts.read` those of `say`")
def own_wordings_are_understood(case: TaskCase) -> Iterator[str]:
    """`parse` gives back the act that `phrase` was given (its value aside), `read` all that the user informs about."""
    for seed, env in case.scenarios():
        acts = case.task.acts(opening_view(env, env.scenario))
        for act in acts.menu:
            for key in range(seed, seed + 4):
                text = acts.phrase(act, key)
                asked = acts.parse(text)
                if [(a.kind, a.slot) for a in asked] != [(act.kind, act.slot)]:
                    yield f"seed {seed}: {text!r} stands for {act}, was parsed as {asked}"
                view = heard(env, [text])
                truth = case.task.truth(view)
                said = case.task.say(view, truth, key)
                informs = {a for a in truth if a.kind == "inform"}
                if not informs <= set(acts.read(said, asked)):
                    yield f"seed {seed}: {said!r} says {informs}, was read as {acts.read(said, asked)}"


@task_rules.rule("declare in `intents` what `sample` draws and `truth` conveys")
def intents_are_as_declared(case: TaskCase) -> Iterator[str]:
    """Priors sum to 1 and allow the truth, a faithful user says what fits it, and imagined intents are as asked for."""
    task, applied = case.task, False
    for seed, env in case.scenarios():
        intents = task.intents(env.scenario.public, case.setting) if isinstance(task, Structured) else None
        if intents is None:
            continue
        assert isinstance(task, Structured)
        applied = True
        values = task.values(env.scenario)
        held = list(zip(intents.factors, values, strict=True))
        for factor, value in held:
            if abs(float(factor.prior.sum()) - 1) > 1e-9 or factor.prior[factor.values.index(value)] <= 0:
                yield f"seed {seed}: {factor.name} is {value!r}, the prior is {factor.prior.tolist()}"
        for said in _questions(env, seed):
            view = heard(env, said)
            now = dict(zip((factor.name for factor, _ in held), task.values(env.scenario, len(said)), strict=True))
            for act in task.truth(view):
                for factor, _ in held:
                    mask = factor.evidence(act)
                    if mask is not None and not mask[factor.values.index(now[factor.name])]:
                        yield f"seed {seed}: {act} is conveyed where {factor.name} is {now[factor.name]!r}"
        view_of_agent = env.agent_view()
        if (imagined := task.values(task.imagine(view_of_agent, values))) != values:
            yield f"seed {seed}: imagined {values}, the scenario has {imagined}"
        committed = Message("assistant", task.commit(view_of_agent, values))
        if not task.grade(env.scenario, (*env.dialogue, committed)).solved:
            yield f"seed {seed}: {committed.content!r} does not solve what has the values {values}"
    if not applied:
        raise Untestable
