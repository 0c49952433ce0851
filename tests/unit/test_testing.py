"""Each rule of the contract catches the fault that it is there for."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from minimal import SIDES, Coin, CoinActs, coin_env

from pragenv import (
    Act,
    Agent,
    AgentError,
    ConfigError,
    DialogueEnv,
    PragEnvError,
    Scenario,
    Setting,
    Simulator,
    UserTurn,
    Verdict,
    testing,
)
from pragenv.intents import Factor, Intents, Structured
from pragenv.protocols import AgentView
from pragenv.registration import make_simulator
from pragenv.testing import ContractViolation, check, check_agent, check_dialogue_env, check_simulator, check_task
from pragenv.types import Message

# -- a sound task, user and agent hold every rule ----------------------------------------------------------------------


class Asker(Agent):
    def act(self, view: Any) -> str:
        questions = view.task.questions(view)
        return CoinActs().phrase(questions[0], 0) if questions else view.task.guess(view)


class Teller(Simulator):
    def reply(self, view: Any) -> UserTurn:
        return UserTurn(view.task.say(view, view.task.truth(view), view.keys.turn(view.turn)))


class Persona(Simulator):
    def __init__(self, user: Simulator) -> None:
        self.user = user

    def reply(self, view: Any) -> UserTurn:
        return self.user.reply(view)


class Knower(Agent):
    privileged = True

    def act(self, view: Any) -> str:
        if view.scenario is None:
            raise AgentError("no scenario")
        return view.task.answer(view.scenario)


def make_coin() -> DialogueEnv:
    return coin_env()


def needs_a_name(name: str) -> Coin:
    return Coin()


THING = 3


def by_kind(kind: str) -> set[str]:
    return {name for name in testing.RULES if name.startswith(f"{kind}/")}


def test_a_sound_task_holds_every_rule_but_those_on_gymnasium_ids() -> None:
    every = (by_kind("task") | by_kind("env")) - {"env/spec-survives-json"}
    assert set(check_task(Coin())) == every - {"task/intents-are-as-declared"}
    assert set(check_task(DeclaredCoin())) == every


def test_a_sound_simulator_holds_every_rule() -> None:
    assert set(check_simulator(Teller(), [Coin()], faithful=True)) == by_kind("simulator")
    assert by_kind("simulator") - set(check_simulator(Teller(), [Coin()])) == {"simulator/conveys-the-truth-only"}


def test_a_sound_agent_holds_every_rule_of_its_kind() -> None:
    assert by_kind("agent") - set(check_agent(Asker(), [Coin()])) == {"agent/privilege-is-not-assumed"}
    assert by_kind("agent") - set(check_agent("oracle", [Coin()])) == {"agent/unmoved-by-the-hidden-intent"}


@pytest.mark.parametrize("name", ["Coin", "make_coin"])
def test_check_finds_what_fits_a_path(name: str) -> None:
    held = check(f"{'minimal' if name == 'Coin' else __name__}:{name}")
    assert "env/reward-only-at-the-end" in held
    assert ("task/oracle-solves" in held) == (name == "Coin")


@pytest.mark.parametrize(("name", "kind"), [("Teller", "simulator"), ("Persona", "simulator"), ("Asker", "agent")])
def test_check_runs_a_party_in_the_registered_tasks(name: str, kind: str) -> None:
    held = check(f"{__name__}:{name}")
    assert held
    assert set(held) <= by_kind(kind)


@pytest.mark.parametrize("name", ["needs_a_name", "THING", "nothing_of_the_kind"])
def test_check_says_what_it_cannot_check(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        check(f"{__name__}:{name}")


def test_a_violation_names_rule_sight_and_remedy() -> None:
    error = ContractViolation("env/x", "saw y", "do z")
    assert str(error) == "env/x: saw y; do z"
    assert isinstance(error, PragEnvError)
    assert isinstance(error, AssertionError)


def test_every_rule_says_in_one_line_what_it_demands() -> None:
    assert all(about and "\n" not in about for about in testing.RULES.values())


# -- faulty environments -----------------------------------------------------------------------------------------------


class Env(DialogueEnv):
    """The loop with a coin; its faulty children change what it returns, or override one method."""

    def __init__(self, task: Coin | None = None) -> None:
        sound = coin_env()
        super().__init__(task or sound.task, sound.setting, sound.simulator)

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        chat, info = super().reset(seed=seed, options=options)
        return self.changed(chat, 0.0, False, False, info)[::4]

    def step(self, action: str) -> Any:
        return self.changed(*super().step(action))

    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        return chat, reward, terminated, truncated, info

    @property
    def side(self) -> str:
        return str(self.scenario.user_brief["side"])


class PaysEarly(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        return chat, reward if terminated else 0.01, terminated, truncated, info


class ForgetsTheCost(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        return chat, info.get("score", reward), terminated, truncated, info


class EndsTwice(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        return chat, reward, terminated, info["end_reason"] == "turn_limit", info


class TruncatesAtTheLimit(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        limit = info["end_reason"] == "turn_limit"
        return chat, reward, terminated and not limit, limit, info


class NeverEnds(Env):
    def step(self, action: str) -> Any:
        self.turn = min(self.turn, 1)
        return super().step(action)


class StepsOnAfterTheEnd(Env):
    def step(self, action: str) -> Any:
        try:
            return super().step(action)
        except ResetNeeded:
            return (), 0.0, True, False, {}


class PassesFailureOffAsAnEnd(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        if truncated:
            return (*chat, {"role": "user", "content": ""}), 0.0, True, False, info | {"end_reason": "user_gave_up"}
        return chat, reward, terminated, truncated, info


class PaysTheSatisfied(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        satisfied = info["end_reason"] == "user_satisfied"
        return chat, 1.0 if satisfied else reward, terminated, truncated, info


class TellsInInfo(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        return chat, reward, terminated, truncated, info | {"brief": self.scenario.user_brief}


class TellsOneFieldInInfo(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        return chat, reward, terminated, truncated, info | {"expected": self.side}


class TellsInTheSystemMessage(Env):
    def changed(self, chat: Any, *rest: Any) -> tuple[Any, ...]:
        content = chat[0]["content"] + " " * (self.side == "heads")
        return ({"role": "system", "content": content}, *chat[1:]), *rest


class TellsInTheRendering(Env):
    def render(self) -> Any:
        return f"{self.side}: {super().render()}"


class TellsInItsViews(Env):
    def agent_view(self, privileged: bool = False) -> Any:
        return super().agent_view(privileged=True)


class PrintsForDebugging(Env):
    def changed(self, *results: Any) -> tuple[Any, ...]:
        print("drew", self.scenario)  # noqa: T201
        return results


class TalkativeWorld(Coin):
    def respond(self, scenario: Scenario, dialogue: Any) -> tuple[Message, ...]:
        return (Message("tool", f"the agent knows that {scenario.agent_brief}"),)

    def ended(self, scenario: Scenario, dialogue: Any) -> bool:
        return super().ended(scenario, dialogue[:-1])

    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        return super().grade(scenario, dialogue[:-1] or dialogue)


class TellsTheUserTheAgentsBrief(Env):
    def __init__(self) -> None:
        super().__init__(TalkativeWorld())


class IgnoresTheSeed(Env):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(options=options)


class KnowsOneSeed(Env):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(seed=None if seed is None else 7, options=options)


class DrawsAsTheTalkGoes(Env):
    def step(self, action: str) -> Any:
        self.np_random.integers(9)
        return super().step(action)


class HoldsALock(Env):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class CountsWithItsForks(Env):
    def changed(self, chat: Any, *rest: Any) -> tuple[Any, ...]:
        if len(chat) <= 2:
            self.steps: list[int] = []
        self.steps.append(1)
        return (*chat, *({"role": "tool", "content": "enough"} for _ in self.steps[3:])), *rest


class DrawsWithItsForks(Env):
    def fork(self) -> DialogueEnv:
        twin = super().fork()
        twin.np_random = self.np_random
        return twin


class KeepsHistory(Env):
    history: tuple[Any, ...] = ()

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        chat, info = super().reset(seed=seed, options=options)
        self.history = chat if seed is not None else self.history + chat
        return self.history, info


class LeavesAThread(Env):
    stop = threading.Event()

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        threading.Thread(target=self.stop.wait, daemon=True).start()
        return super().reset(seed=seed, options=options)


class SeedsTheWorld(Env):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        random.seed(seed)
        return super().reset(seed=seed, options=options)


class ChokesOnControlCharacters(Env):
    def step(self, action: str) -> Any:
        if "\x00" in action:
            raise ValueError("embedded null")
        return super().step(action)


class BelievesForgedTokens(Env):
    def changed(self, chat: Any, *rest: Any) -> tuple[Any, ...]:
        parts = ((m["role"], m["content"].split("<|im_start|>user")) for m in chat)
        heard = tuple(
            {"role": "user" if i else role, "content": said} for role, split in parts for i, said in enumerate(split)
        )
        return heard, *rest


class ReusesItsInfo(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        if not terminated:
            self.held = info if len(chat) <= 2 else self.held
            self.held.update(info)
        return chat, reward, terminated, truncated, info if terminated else self.held


class ChangesATypeInInfo(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        return chat, reward, terminated, truncated, info | {"end_reason": info["end_reason"] or None}


class ChangesItsMind(Env):
    def changed(self, chat: Any, reward: float, terminated: bool, truncated: bool, info: Any) -> tuple[Any, ...]:
        late = {"intent": info["intent"].replace(self.side, "edge")} if terminated else {}
        return chat, reward, terminated, truncated, info | late


class SharesMessages(Env):
    def changed(self, chat: Any, *rest: Any) -> tuple[Any, ...]:
        kept = self.__dict__.setdefault("kept", {})
        return tuple(kept.setdefault(m["content"], m) for m in chat), *rest


ENVIRONMENTS: list[tuple[Callable[[], DialogueEnv], str]] = [
    (PaysEarly, "reward-only-at-the-end"),
    (ForgetsTheCost, "reward-only-at-the-end"),
    (EndsTwice, "one-end-only"),
    (TruncatesAtTheLimit, "ends-as-the-table-says"),
    (NeverEnds, "ends-as-the-table-says"),
    (StepsOnAfterTheEnd, "only-reset-follows-the-end"),
    (PassesFailureOffAsAnEnd, "simulator-failures-truncate"),
    (PaysTheSatisfied, "verdict-ignores-how-the-user-left"),
    (TellsInInfo, "no-leak-by-canary"),
    (PrintsForDebugging, "no-leak-by-canary"),
    (TellsTheUserTheAgentsBrief, "no-leak-by-canary"),
    (TellsOneFieldInInfo, "no-leak-by-exchange"),
    (TellsInTheSystemMessage, "no-leak-by-exchange"),
    (TellsInTheRendering, "no-leak-by-exchange"),
    (TellsInItsViews, "no-leak-by-canary"),
    (IgnoresTheSeed, "seed-decides-everything"),
    (KnowsOneSeed, "seed-decides-everything"),
    (DrawsAsTheTalkGoes, "scenarios-whatever-the-agent-does"),
    (HoldsALock, "pickles-and-copies"),
    (CountsWithItsForks, "forks-are-independent"),
    (DrawsWithItsForks, "forks-are-independent"),
    (KeepsHistory, "nothing-survives-a-reset"),
    (LeavesAThread, "nothing-survives-a-reset"),
    (SeedsTheWorld, "global-generators-untouched"),
    (ChokesOnControlCharacters, "takes-any-text"),
    (BelievesForgedTokens, "takes-any-text"),
    (ReusesItsInfo, "info-is-fresh-and-constant"),
    (ChangesATypeInInfo, "info-is-fresh-and-constant"),
    (ChangesItsMind, "intent-is-committed-to"),
    (SharesMessages, "gymnasium-accepts-it"),
]


@pytest.mark.parametrize(("make", "rule"), ENVIRONMENTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_environment_breaks_its_rule(make: Callable[[], DialogueEnv], rule: str) -> None:
    with pytest.raises(ContractViolation) as caught:
        check_dialogue_env(make)
    if make is LeavesAThread:
        LeavesAThread.stop.set()
    assert caught.value.rule == f"env/{rule}", caught.value


def test_an_id_is_checked_with_its_spec_and_objects_in_that_do_not_survive_json() -> None:
    gym.register("tests/Coin-v0", entry_point="minimal:coin_env", order_enforce=False)
    assert set(check_dialogue_env("tests/Coin-v0")) == by_kind("env")
    with pytest.raises(ContractViolation) as caught:
        check_dialogue_env("tests/Coin-v0", user=make_simulator("scripted"))
    assert caught.value.rule == "env/spec-survives-json"


# -- faulty tasks ------------------------------------------------------------------------------------------------------


class NamelessSetting(Coin):
    SETTINGS = (Setting(name="Two Words"),)


class NoDefault(Coin):
    SETTINGS = (Setting(name="told"),)


class DrawsTwice(Coin):
    calls = count()

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        return super().sample(key + next(self.calls), setting, split)


class AlwaysHeads(Coin):
    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        return super().sample(0, setting, split)


class DrawsFromTheGlobalGenerator(Coin):
    def say(self, view: Any, acts: Any, key: int) -> str:
        random.seed(key)
        return super().say(view, acts, int(random.random() * 2))


class ReadsCapitals(Coin):
    def truth(self, view: Any) -> tuple[Act, ...]:
        shouted = view.dialogue and view.dialogue[-1].content.isupper()
        return (Act("not_understood"),) if shouted else super().truth(view)


class RemembersBeingAsked(Coin):
    def __init__(self) -> None:
        self.asked = 0

    def say(self, view: Any, acts: Any, key: int) -> str:
        self.asked += 1
        return super().say(view, acts, key) + f" That is {self.asked}."


class MisreadsItself(Coin):
    class acts_type(CoinActs):
        def phrase(self, act: Act, key: int) -> str:
            return "Heads or tails?"

    def acts(self, view: Any) -> CoinActs:
        return self.acts_type()


class MumblesItsAnswer(Coin):
    def say(self, view: Any, acts: tuple[Act, ...], key: int) -> str:
        return super().say(view, acts, key).replace("heads", "the head's side")


class GradesGratitude(Coin):
    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        thanked = dialogue[-1].role == "user" and "thank" in dialogue[-1].content.lower()
        return Verdict(1.0, True, "thanked") if thanked else super().grade(scenario, dialogue)


class GradesByCount(Coin):
    def __init__(self) -> None:
        self.graded = 0

    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        self.graded += 1
        return super().grade(scenario, dialogue)._replace(reason=str(self.graded))


class ScoresTwo(Coin):
    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        verdict = super().grade(scenario, dialogue)
        return verdict._replace(score=2 * (verdict.score or 0))


class ParsesAnswersCarelessly(Coin):
    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        if dialogue[-1].content == "ANSWER:":
            raise IndexError("no word after the colon")
        return super().grade(scenario, dialogue)


class TakesAnything(Coin):
    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        verdict = super().grade(scenario, dialogue)
        return Verdict(1.0, True, "null") if dialogue[-1].content == "ANSWER: null" else verdict


class AnswersWrongly(Coin):
    def answer(self, scenario: Scenario) -> str:
        return "ANSWER: heads"


class SilenceIsGolden(Coin):
    def ended(self, scenario: Scenario, dialogue: Any) -> bool:
        return super().ended(scenario, dialogue) or dialogue[-1].content == ""


class ClaimsBetterChances(Coin):
    def chance(self, scenario: Scenario) -> float:
        return 0.75


class HidesWhatIsNeeded(Coin):
    def needs_asking(self, scenario: Scenario) -> bool:
        return False


class DeclaredCoin(Coin, Structured):
    """A coin that declares its sides; its faulty children declare something else."""

    prior = (0.5, 0.5)
    space: ClassVar[dict[type, Intents]] = {}

    def intents(self, public: Any, setting: Setting) -> Intents:
        answers = np.array([[0], [1]], dtype=np.int8)
        factor = Factor("side", SIDES, np.array(self.prior), CoinActs.menu, SIDES, answers)
        return self.space.setdefault(type(self), Intents((factor,)))

    def values(self, scenario: Scenario, turn: int = 0) -> tuple[str, ...]:
        return (scenario.user_brief["side"],)

    def commit(self, view: AgentView, values: tuple[str, ...]) -> str:
        return f"ANSWER: {values[0]}"

    def imagine(self, view: AgentView, values: tuple[str, ...]) -> Scenario:
        return Scenario(view.public, {"side": values[0], "told": False}, view.agent_brief)

    def openings(self, setting: Setting, split: str) -> Any:
        return iter([(1.0, self.sample(0, setting, split))])


class DeclaresTooMuch(DeclaredCoin):
    prior = (0.5, 0.6)


class RulesOutTheTruth(DeclaredCoin):
    prior = (1.0, 0.0)


class DeclaresAnotherValue(DeclaredCoin):
    def values(self, scenario: Scenario, turn: int = 0) -> tuple[str, ...]:
        return (SIDES[scenario.user_brief["side"] == SIDES[0]],)

    def imagine(self, view: AgentView, values: tuple[str, ...]) -> Scenario:
        return super().imagine(view, (SIDES[values[0] == SIDES[0]],))


class ImaginesHeads(DeclaredCoin):
    def imagine(self, view: AgentView, values: tuple[str, ...]) -> Scenario:
        return super().imagine(view, ("heads",))


class CommitsToNothing(DeclaredCoin):
    def commit(self, view: AgentView, values: tuple[str, ...]) -> str:
        return "ANSWER: a coin"


TASKS: list[tuple[type[Coin], str]] = [
    *((faulty, "intents-are-as-declared") for faulty in (DeclaresTooMuch, RulesOutTheTruth, DeclaresAnotherValue)),
    *((faulty, "intents-are-as-declared") for faulty in (ImaginesHeads, CommitsToNothing)),
    (NamelessSetting, "declares-itself"),
    (NoDefault, "declares-itself"),
    (DrawsTwice, "samples-are-pure"),
    (AlwaysHeads, "samples-are-pure"),
    (DrawsFromTheGlobalGenerator, "global-generators-untouched"),
    (ReadsCapitals, "truth-reads-text-through-acts"),
    (RemembersBeingAsked, "truth-is-pure"),
    (MisreadsItself, "own-wordings-are-understood"),
    (MumblesItsAnswer, "own-wordings-are-understood"),
    (GradesGratitude, "grading-is-pure"),
    (GradesByCount, "grading-is-pure"),
    (ParsesAnswersCarelessly, "nonsense-is-graded"),
    (TakesAnything, "nonsense-is-graded"),
    (AnswersWrongly, "oracle-solves"),
    (SilenceIsGolden, "mute-never-solves"),
    (ClaimsBetterChances, "uniform-scores-chance"),
    (HidesWhatIsNeeded, "nothing-missing-means-solved"),
]


def test_a_score_out_of_range_is_a_broken_rule_whichever_plays_it_first() -> None:
    with pytest.raises(ContractViolation, match=r"a score is None or in \[0, 1\], got 2.0"):
        check_task(ScoresTwo())


@pytest.mark.parametrize(("task", "rule"), TASKS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_task_breaks_its_rule(task: type[Coin], rule: str) -> None:
    with pytest.raises(ContractViolation) as caught:
        check_task(task())
    assert caught.value.rule == f"task/{rule}", caught.value


# -- faulty users ------------------------------------------------------------------------------------------------------


class ReturnsText(Simulator):
    def reply(self, view: Any) -> Any:
        return "heads"


class EndsItsOwnWay(Teller):
    def reply(self, view: Any) -> Any:
        return super().reply(view)._replace(end="<|done|>" if view.turn > 1 else None)


class CountsItsTurns(Teller):
    def __init__(self) -> None:
        self.turns = 0

    def reply(self, view: Any) -> UserTurn:
        self.turns += 1
        return UserTurn(f"{super().reply(view).text} ({self.turns})")


class KeepsTheGoal(Teller):
    brief: Any = None

    def reply(self, view: Any) -> UserTurn:
        if not view.dialogue:
            self.brief = view.user_brief
        return super().reply(view._replace(user_brief=self.brief or view.user_brief))


class RemembersTheOpening(Teller):
    def __init__(self) -> None:
        self.opened: set[int] = set()

    def reply(self, view: Any) -> UserTurn:
        if not view.dialogue:
            self.opened.add(view.keys.episode)
        return UserTurn(super().reply(view).text + "!" * (view.keys.episode in self.opened))


class AnswersTheBatchInOneTone(Teller):
    def reply_batch(self, views: Any) -> Any:
        return [self.reply(view)._replace(text=f"{i}") if i > 1 else self.reply(view) for i, view in enumerate(views)]


class TossesTheGlobalCoin(Teller):
    def reply(self, view: Any) -> UserTurn:
        np.random.seed(0)  # noqa: NPY002
        return super().reply(view)


class FailsOnSilence(Teller):
    def reply(self, view: Any) -> UserTurn:
        if view.dialogue and len(view.dialogue[-1].content) > 1000:
            raise MemoryError("context length")
        return super().reply(view)


class PrintsItsPrompt(Teller):
    def reply(self, view: Any) -> UserTurn:
        print(f"You are a user who wants: {dict(view.user_brief)}")  # noqa: T201
        return super().reply(view)


class TellsAll(Teller):
    def reply(self, view: Any) -> UserTurn:
        turn = super().reply(view)
        return turn._replace(text=f"{turn.text} {view.user_brief['side']}") if view.turn == 1 else turn


class Deaf(Coin):
    """A coin whose user never understands, so that whatever it tells is told unasked."""

    def truth(self, view: Any) -> tuple[Act, ...]:
        return (Act("not_understood"),) if view.dialogue else super().truth(view)


USERS: list[tuple[type[Simulator], Coin, str]] = [
    (ReturnsText, Coin(), "returns-user-turns"),
    (EndsItsOwnWay, Coin(), "returns-user-turns"),
    (CountsItsTurns, Coin(), "turn-is-pure"),
    (KeepsTheGoal, Coin(), "never-mixes-conversations"),
    (RemembersTheOpening, Coin(), "resumes-on-a-copy"),
    (AnswersTheBatchInOneTone, Coin(), "batch-equals-single"),
    (TossesTheGlobalCoin, Coin(), "global-generators-untouched"),
    (FailsOnSilence, Coin(), "takes-any-text"),
    (PrintsItsPrompt, Coin(), "prints-no-secret"),
    (TellsAll, Deaf(), "conveys-the-truth-only"),
]


@pytest.mark.parametrize(("user", "task", "rule"), USERS, ids=lambda value: getattr(value, "__name__", None))
def test_a_faulty_user_breaks_its_rule(user: type[Simulator], task: Coin, rule: str) -> None:
    with pytest.raises(ContractViolation) as caught:
        check_simulator(user(), [task], faithful=True)
    assert caught.value.rule == f"simulator/{rule}", caught.value


# -- faulty agents -----------------------------------------------------------------------------------------------------


class ReturnsNothing(Agent):
    def act(self, view: Any) -> Any:
        return None


class CountsItsActs(Asker):
    def __init__(self) -> None:
        self.turns = 0

    def act(self, view: Any) -> str:
        self.turns += 1
        return f"{super().act(view)} ({self.turns})"


class RemembersThePartner(Asker):
    last = ""

    def act(self, view: Any) -> str:
        if view.turn == 0:
            self.last = view.dialogue[1].content
            return "Which side?"
        return f"ANSWER: {self.last}"


class RemembersAsking(Asker):
    def __init__(self) -> None:
        self.asked: set[int] = set()

    def act(self, view: Any) -> str:
        if view.turn == 0:
            self.asked.add(view.keys.episode)
        return super().act(view) if view.keys.episode in self.asked else "Which side was it?"


class SpeaksForTheBatch(Asker):
    def act_batch(self, views: Any) -> Any:
        return [self.act(views[0]) for _ in views]


class RollsTheGlobalDice(Asker):
    def act(self, view: Any) -> str:
        random.random()
        return super().act(view)


class AsksTheScenarioOfTheTask(Asker):
    def act(self, view: Any) -> str:
        return f"ANSWER: {view.task.last}"


class LeakyCoin(Coin):
    last = ""

    def truth(self, view: Any) -> tuple[Act, ...]:
        self.last = view.user_brief["side"]
        return super().truth(view)


class NeedsPlainText(Asker):
    def act(self, view: Any) -> str:
        view.dialogue[-1].content.encode()
        return super().act(view)


class KnowsAnyway(Agent):
    privileged = True

    def act(self, view: Any) -> str:
        return view.task.answer(view.scenario) if view.scenario else "ANSWER: heads"


AGENTS: list[tuple[type[Agent], Coin, str]] = [
    (ReturnsNothing, Coin(), "returns-text"),
    (CountsItsActs, Coin(), "turn-is-pure"),
    (RemembersThePartner, Coin(), "never-mixes-conversations"),
    (RemembersAsking, Coin(), "resumes-on-a-copy"),
    (SpeaksForTheBatch, Coin(), "batch-equals-single"),
    (RollsTheGlobalDice, Coin(), "global-generators-untouched"),
    (NeedsPlainText, Coin(), "takes-any-text"),
    (AsksTheScenarioOfTheTask, LeakyCoin(), "unmoved-by-the-hidden-intent"),
    (KnowsAnyway, Coin(), "privilege-is-not-assumed"),
]


@pytest.mark.parametrize(("agent", "task", "rule"), AGENTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_faulty_agent_breaks_its_rule(agent: type[Agent], task: Coin, rule: str) -> None:
    with pytest.raises(ContractViolation) as caught:
        check_agent(agent(), [task])
    assert caught.value.rule == f"agent/{rule}", caught.value


def test_every_rule_has_a_violator() -> None:
    caught = {f"env/{rule}" for _, rule in ENVIRONMENTS} | {f"task/{rule}" for _, rule in TASKS}
    caught |= {f"simulator/{rule}" for *_, rule in USERS} | {f"agent/{rule}" for *_, rule in AGENTS}
    assert set(testing.RULES) - caught - {"env/spec-survives-json"} == set()
