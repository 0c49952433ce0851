"""The contract of a task: scenarios, acts, truth and grading are pure, and the diagnostic agents bracket the score."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pragenv.env import DialogueEnv
from pragenv.protocols import Keys, Setting, Simulator, Task, UserView
from pragenv.testing.drive import POLICIES, asks_then_commits, generators, opening_view, play
from pragenv.testing.fuzz import ODD_COMMITMENTS, utterances
from pragenv.testing.rules import Rules, Untestable
from pragenv.testing.statistic import ALPHA, uniform_statistic
from pragenv.types import Act, Dialogue, Message, Scenario, Verdict, canonical_json

_FAREWELLS = ("Thank you, that is all.", "Forget it, I give up.", "")
_UNIFORM_EPISODES = 200


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


rules: Rules[TaskCase] = Rules("task")


@rules.rule("give the class a `name`, a tuple of splits, and `SETTINGS` with unique names, one of them `default`")
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


@rules.rule("make `sample` a pure function of key, setting and split")
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


@rules.rule("let `truth` read text with `acts` only")
def truth_reads_text_through_acts(case: TaskCase) -> Iterator[str]:
    """Utterances that parse to the same acts get the same truth, as the last word and as history; paraphrases are fuzzed."""
    for seed, env in case.scenarios():
        acts = case.task.acts(opening_view(env, env.scenario))
        meanings: dict[tuple[Act, ...], list[str]] = {}
        for text in utterances(acts, seed):
            meanings.setdefault(acts.parse(text), []).append(text)
        groups = list(meanings.values())
        for texts, earlier in zip(groups, groups[1:] + groups[:1], strict=True):
            for said in ([[t] for t in texts], [[t, texts[0]] for t in earlier], [[earlier[0], t] for t in texts]):
                truths = [case.task.truth(_heard(env, utterance)) for utterance in said]
                for utterance, truth in zip(said, truths, strict=True):
                    if truth != truths[0]:
                        yield f"seed {seed}: {truths[0]} after {said[0]!r:.200}, {truth} after {utterance!r:.200}"


def _heard(env: DialogueEnv, said: Sequence[str]) -> UserView:
    """The user's view after it has opened and the agent has said these things; answered faithfully in between."""
    view = opening_view(env, env.scenario, key=1)
    for turn, text in enumerate(said):
        task = view.task
        mine = Message("user", task.say(view, task.truth(view), turn))
        view = view._replace(dialogue=(*view.dialogue, mine, Message("assistant", text)), turn=turn + 1)
    return view


@rules.rule("make `truth`, `say` and `corrupt` functions of their arguments, and keep nothing on the task")
def truth_is_pure(case: TaskCase) -> Iterator[str]:
    """What a user conveys, and its wording, is the same asked twice, asked of a copy, and after other conversations."""
    views = [_heard(env, said) for seed, env in case.scenarios() for said in _questions(env, seed)]

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


@rules.rule("let `acts.parse` understand every wording of `acts.phrase`, and `acts.read` those of `say`")
def own_wordings_are_understood(case: TaskCase) -> Iterator[str]:
    """`parse` gives back what `phrase` was given, and `read` finds in what the user says whatever it informs about."""
    for seed, env in case.scenarios():
        acts = case.task.acts(opening_view(env, env.scenario))
        for act in acts.menu:
            for key in range(seed, seed + 4):
                text = acts.phrase(act, key)
                if acts.parse(text) != (act,):
                    yield f"seed {seed}: {text!r} stands for {act}, was parsed as {acts.parse(text)}"
                view = _heard(env, [text])
                truth = case.task.truth(view)
                said = case.task.say(view, truth, key)
                informs = {a for a in truth if a.kind == "inform"}
                if not informs <= set(acts.read(said, (act,))):
                    yield f"seed {seed}: {said!r} says {informs}, was read as {acts.read(said, (act,))}"


@rules.rule("let `grade` depend on its two arguments only, and not on farewells")
def grading_is_pure(case: TaskCase) -> Iterator[str]:
    """Grading twice, or by a copy, gives the same verdict, leaves the dialogue alone, and is unmoved by how the user ended."""
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


@rules.rule("read any commitment, and grade one that makes no sense as wrong")
def nonsense_is_graded(case: TaskCase) -> Iterator[str]:
    """A commitment that makes no sense gets a verdict, does not solve, and raises nothing."""
    for seed, env in case.scenarios():
        for text in ODD_COMMITMENTS:
            if case.task.grade(env.scenario, (*env.dialogue, Message("assistant", text))).solved:
                yield f"seed {seed}: {text[:40]!r} solved it"


@rules.rule("let `answer` commit to the truth as of the opening, and `grade` accept it")
def oracle_solves(case: TaskCase) -> Iterator[str]:
    """`answer`, said at once, ends and solves every scenario with score 1, in every split."""
    for split in case.task.SPLITS:
        for seed in case.seeds:
            env = case.env(split)
            env.reset(seed=seed)
            env.step(text := case.task.answer(env.scenario))
            if env.end_reason != "committed" or env.verdict[:2] != (1.0, True):
                yield f"split {split}, seed {seed}: {text!r} ended {env.end_reason} with {env.verdict}"


@rules.rule("solve nothing, and end nothing, before something is said")
def mute_never_solves(case: TaskCase) -> Iterator[str]:
    """Saying nothing up to the limit neither commits nor solves."""
    for seed, env in case.scenarios():
        while env.end_reason is None:
            env.step("")
        if env.verdict.solved or env.end_reason == "committed":
            yield f"seed {seed}: silence ended {env.end_reason} with {env.verdict}"


@rules.rule("let `chance` return the exact expected score of `guess(view, key)` over keys")
def uniform_scores_chance(case: TaskCase) -> Iterator[str]:
    """Over seeded episodes the random guess scores what `chance` declares, for each scenario and on the whole."""
    found = uniform_statistic(case.task, case.setting, _UNIFORM_EPISODES, seed=case.seeds[0])
    if found.p_value < ALPHA / len(case.task.SETTINGS):
        yield f"{found}"


@rules.rule("let `needs_asking` be False only where the opening tells all that the answer needs, and `guess` use it")
def nothing_missing_means_solved(case: TaskCase) -> Iterator[str]:
    """Where `needs_asking` says no, `questions` is empty and `guess` solves after the opening alone."""
    tested = False
    for seed, env in case.scenarios():
        if case.setting.agents_not_applicable or case.task.needs_asking(env.scenario):
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


@rules.rule("draw from keys: `random.Random(key)` or `numpy.random.default_rng(key)`, never from a global generator")
def global_generators_untouched(case: TaskCase) -> Iterator[str]:
    """No process-global generator (random, numpy, torch) is seeded or drawn from by any part of the task."""
    steps: dict[str, Callable[[], object]] = {
        "sample": lambda: case.task.sample(case.seeds[0], case.setting, case.task.SPLITS[0]),
        "a conversation": lambda: play(case.env(), asks_then_commits, case.seeds[0]),
        "truth, say and corrupt": lambda: next(truth_is_pure(case), None),
        "guess": lambda: uniform_statistic(case.task, case.setting, 2, seed=case.seeds[0]),
    }
    for name, run in steps.items():
        before = generators()
        run()
        if generators() != before:
            yield f"{name} changed the state of a process-global generator"
