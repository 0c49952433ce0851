"""Recap and snowball: the user inside never notices, and what is restated is exactly what was said."""

import copy
import pickle
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import pytest
from fake_model import FakeModel
from gymnasium.utils.env_checker import check_env
from minimal import Coin, Saying
from pragenv_simulators.lm import LM
from pragenv_simulators.personas import Impatient, OverDisclosing, Typist
from pragenv_simulators.scripted import Scripted
from talk import user_view

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, SimulatorError
from pragenv.protocols import Simulator, Task, UserView
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.sharded import Sharded
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.testing import check_dialogue_env, check_simulator
from pragenv.testing.drive import Recorder
from pragenv.testing.fuzz import ODD
from pragenv.types import Act, EndReason, Message, UserTurn, mix
from pragenv.wrappers.repeat import Recap, Repeating, Snowball, repeating

TASKS: tuple[Task, ...] = (Clarify(), TwentyQuestions())
WAYS = {"recap": Recap, "snowball": Snowball}
LIMIT = 6
Speaker = Callable[[DialogueEnv], str]

every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
every_way = pytest.mark.parametrize("how", WAYS)


def made(task: Task, how: str = "", user: Simulator | None = None, limit: int = LIMIT) -> DialogueEnv:
    setting = task.setting("default", {"turn_limit": limit})
    return DialogueEnv(task, setting, repeating(user or Scripted(), how, limit))


def asking(env: DialogueEnv) -> str:
    """A question from the menu, or an open one, or something else."""
    view = env.agent_view()
    menu = view.task.acts(view).menu
    key = mix(env.scenario_key, env.turn)
    return (view.task.acts(view).phrase(menu[key % len(menu)], key), "Anything else?", "Hm.")[key % 5 % 3]


def imitating(env: DialogueEnv) -> str:
    """What the user has said last, or the marks of restatements."""
    said = env.dialogue[-1].content
    return (said, f"So far I have told you:\n- {said}\n\nNew: {said}", "To recap:\n- all\n\n", "\n\nNew: ")[
        env.turn % 4
    ]


def spoken(env: DialogueEnv, say: Speaker, seed: int) -> list[str]:
    """The user's utterances in a conversation to its end."""
    env.reset(seed=seed)
    while env.end_reason is None:
        env.step(say(env))
    assert env.end_reason is EndReason.TURN_LIMIT, env.error
    return [message.content for message in env.dialogue if message.role == "user"]


def agents_words(env: DialogueEnv) -> Speaker:
    """Says again what the agent of another conversation said."""
    said = [message.content for message in env.dialogue if message.role == "assistant"]
    return lambda other: said[other.turn]


def bullets(texts: Sequence[str]) -> str:
    return "".join(f"\n- {text}" for text in texts)


def snowballed(plain: Sequence[str]) -> list[str]:
    later = [f"So far I have told you:{bullets(plain[:n])}\n\nNew: {plain[n]}" for n in range(1, len(plain))]
    return [plain[0], *later]


def recapped(plain: Sequence[str], at: int) -> list[str]:
    texts = list(plain)
    texts[at] = f"To recap:{bullets(plain[:at])}\n\n{plain[at]}"
    return texts


@every_task
@pytest.mark.parametrize("say", [asking, imitating])
def test_a_snowball_restates_all_earlier_turns_once_and_changes_nothing_else(task: Task, say: Speaker) -> None:
    for seed in range(12):
        rolling = made(task, "snowball")
        told = spoken(rolling, say, seed)
        plain = spoken(made(task), agents_words(rolling), seed)
        assert len(plain) == LIMIT
        assert told == snowballed(plain)


@every_task
@pytest.mark.parametrize("say", [asking, imitating])
def test_a_recap_is_given_once_when_nothing_is_left_or_in_the_last_turn(task: Task, say: Speaker) -> None:
    places = set()
    for seed in range(25):
        env = made(task, "recap")
        told = spoken(env, say, seed)
        plain_env = made(task)
        plain = spoken(plain_env, agents_words(env), seed)
        nothing = [n for n in range(1, LIMIT) if due(plain_env, n) == {"nothing_more"}]
        places.add(at := min([*nothing, LIMIT - 1]))
        assert told == recapped(plain, at)
    assert LIMIT - 1 in places
    assert (len(places) > 1) == (task.name == "clarify" and say is asking)  # nothing is ever left to ask in the other


def due(env: DialogueEnv, turn: int) -> set[str]:
    """The kinds of act that were due in the user's turn of a conversation without restatements."""
    heard = env.dialogue[: 2 * turn]
    return {act.kind for act in env.task.truth(env.user_view()._replace(dialogue=heard, turn=turn))}


@every_task
@every_way
def test_the_user_inside_is_shown_the_plain_conversation(task: Task, how: str) -> None:
    for seed in range(6):
        inside, alone = Recorder(Scripted()), Recorder(Scripted())
        env = made(task, how, inside)
        spoken(env, asking, seed)
        spoken(made(task, "", alone), agents_words(env), seed)
        assert [tuple(view)[1:] for view in inside.views] == [tuple(view)[1:] for view in alone.views]


@every_task
@every_way
@pytest.mark.parametrize("persona", [lambda user: Typist(user, 0.5), lambda user: OverDisclosing(user, 0.7)])
def test_personas_inside_behave_as_if_alone(task: Task, how: str, persona: Callable[[Simulator], Simulator]) -> None:
    for seed in range(6):
        env = made(task, how, persona(Scripted()))
        told = spoken(env, asking, seed)
        plain_env = made(task, "", persona(Scripted()))
        plain = spoken(plain_env, agents_words(env), seed)
        assert all(text.endswith(said) for text, said in zip(told, plain, strict=True))
        assert env.user_info == plain_env.user_info


@every_way
def test_a_user_who_leaves_leaves_with_its_notes(how: str) -> None:
    user = repeating(Impatient(OverDisclosing(Scripted(), 1.0), 2), how, LIMIT)
    env = DialogueEnv(TASKS[0], TASKS[0].setting("vague"), user)
    env.reset(seed=1)
    while env.end_reason is None:
        env.step("Hm.")
    assert env.end_reason is EndReason.USER_GAVE_UP
    assert env.turn == 3
    assert env.user_info[1] == {"disclosed": 1}
    assert env.dialogue[-1].content.endswith("This is taking too long. Never mind.")


@every_way
def test_an_instruction_in_shards_is_restated_piece_by_piece(how: str) -> None:
    task = Sharded()
    for seed in range(5):
        setting = task.setting("default", {"kind": "translation", "turn_limit": 8})
        env = DialogueEnv(task, setting, repeating(Scripted(), how, 8))
        told = spoken(env, lambda env: "Go on.", seed)
        shards = env.scenario.user_brief["shards"]
        nothing = told[len(shards)].rpartition("\n\nNew: " if how == "snowball" else "\n\n")[2]
        plain = [*shards, nothing]
        restated = snowballed(plain) if how == "snowball" else recapped(plain, len(shards))
        assert told[: len(plain)] == restated
        assert task.told(env.scenario, (Message("user", restated[-1]),)) == frozenset(range(len(shards)))


class Imitator(Simulator):
    """Says, by key, what restatements look like, and what this very dialogue would be restated as."""

    def reply(self, view: UserView) -> UserTurn:
        said = [message.content for message in view.dialogue if message.role == "user"]
        forged = (
            f"To recap:{bullets(said)}\n\n",
            f"So far I have told you:{bullets(said)}\n\nNew: ",
            f"To recap:{bullets(said[:1])}\n\n",
            "\n\nNew: ",
            "To recap:\n- ",
            "",
        )
        key = view.keys.turn(view.turn)
        return UserTurn(forged[key % 6] * (1 + key % 2) + forged[(key >> 9) % 6] + "x" * (key % 3))


@every_task
@every_way
def test_a_user_that_imitates_restatements_is_told_apart_from_them(task: Task, how: str) -> None:
    for seed in range(200):
        env = made(task, how, Imitator())
        told = spoken(env, imitating if seed % 2 else asking, seed)
        plain_env = made(task, "", Imitator())
        plain = spoken(plain_env, agents_words(env), seed)
        if how == "snowball":
            assert told == snowballed(plain)
        else:
            nothing = [n for n in range(1, LIMIT) if due(plain_env, n) == {"nothing_more"}]
            assert told == recapped(plain, min([*nothing, LIMIT - 1]))


@every_way
@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_words_of_both_parties_are_restated_as_they_are(how: str, text: str) -> None:
    told = spoken(made(TASKS[0], how, Saying(text)), lambda env: text, 0)
    if how == "snowball":
        assert told == snowballed([text] * LIMIT)
    else:
        assert told in [recapped([text] * LIMIT, at) for at in range(1, LIMIT)]


@every_way
def test_one_turn_leaves_nothing_to_restate(how: str) -> None:
    assert spoken(made(TASKS[0], how, limit=1), asking, 3) == spoken(made(TASKS[0], limit=1), asking, 3)


# -- one call for many -------------------------------------------------------------------------------------------------


class Batched(Scripted):
    """Notes the sizes of its batches, and fails for views whose last words are `fail`."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def reply(self, view: UserView) -> UserTurn:
        if view.dialogue and view.dialogue[-1].content == "fail":
            raise SimulatorError("as told")
        return super().reply(view)

    def reply_batch(self, views: Sequence[UserView]) -> list[UserTurn | SimulatorError]:
        self.sizes.append(len(views))
        return super().reply_batch(views)


def views(task: Task, user: Simulator, *said: str) -> list[UserView]:
    """The views of conversations in which the agent says one of these things last."""
    found = []
    for seed, text in enumerate(said):
        env = made(task, "", user)
        env.reset(seed=seed)
        env.step("Anything else?")
        found.append(env.user_view()._replace(dialogue=(*env.dialogue, Message("assistant", text)), turn=2))
    return found


@every_task
@every_way
def test_a_batch_is_one_call_and_a_failure_keeps_its_own_place(task: Task, how: str) -> None:
    inner = Batched()
    user = repeating(inner, how, LIMIT)
    asked = views(task, user, "Hm.", "fail", "Which one?", "fail", "Anything else?")
    turns = user.reply_batch(asked)
    assert inner.sizes == [5]
    assert [isinstance(turn, SimulatorError) for turn in turns] == [False, True, False, True, False]
    assert [turns[i] for i in (0, 2, 4)] == [user.reply(asked[i]) for i in (0, 2, 4)]
    with pytest.raises(SimulatorError, match="as told"):
        user.reply(asked[1])
    assert user.reply_batch([]) == []


def test_a_language_model_inside_is_called_once_for_all() -> None:
    model = FakeModel(lambda prompt, key: "It shows heads." if len(prompt) > 2 else "I tossed a coin.")
    user = repeating(LM(model, guard=False), "snowball", 4)
    task = Coin()
    begun = (Message("user", "I tossed a coin."), Message("assistant", "Which side?"))
    asked = [user_view(task, task.sample(i, task.SETTINGS[0], "train"), begun, key=i) for i in range(5)]
    texts = [turn.text for turn in user.reply_batch(asked) if isinstance(turn, UserTurn)]
    assert len(model.calls) == 1
    assert texts == ["So far I have told you:\n- I tossed a coin.\n\nNew: It shows heads."] * 5


class Broken(Coin):
    """Cannot say what is due in scenarios where the coin shows tails."""

    def truth(self, view: UserView) -> tuple[Act, ...]:
        if view.dialogue and view.user_brief["side"] == "tails":
            raise ZeroDivisionError("a bug")
        return super().truth(view)


def test_a_bug_of_the_task_takes_its_own_place() -> None:
    task = Broken()
    user = repeating(Saying(), "recap", 4)
    begun = (Message("user", "Hm."), Message("assistant", "Which side?"))
    asked = [user_view(task, task.sample(i, task.SETTINGS[0], "train"), begun) for i in range(8)]
    tails = [view.user_brief["side"] == "tails" for view in asked]
    assert len(set(tails)) == 2
    turns = user.reply_batch(asked)
    assert [isinstance(turn, SimulatorError) for turn in turns] == tails
    assert str(turns[tails.index(True)]) == "ZeroDivisionError: a bug"


def test_what_is_no_turn_is_left_for_the_environment_to_refuse() -> None:
    env = made(TASKS[0], "snowball", Saying(5))  # type: ignore[arg-type]
    env.reset(seed=0)
    env.step("Hm.")
    assert env.end_reason is EndReason.SIMULATOR_ERROR
    assert "must return a UserTurn with a str text" in env.error


# -- contracts ---------------------------------------------------------------------------------------------------------


@every_way
def test_the_contract_of_simulators_holds(how: str) -> None:
    assert "simulator/batch-equals-single" in check_simulator(
        repeating(Scripted(), how, LIMIT), tasks=TASKS, seeds=range(3)
    )


@every_way
def test_the_contract_of_environments_holds(how: str) -> None:
    for task in TASKS:
        held = check_dialogue_env(lambda task=task: WAYS[how](made(task)), seeds=range(2))  # type: ignore[misc]
        assert held


@pytest.mark.parametrize("name", ["pragenv/Clarify-v0", "pragenv/TwentyQuestions-v0"])
@every_way
def test_gymnasium_checks_pass_without_warnings_and_specs_survive(how: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Said of every wrapper.
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version.*")
        env = WAYS[how](gym.make(name, simulator="scripted", disable_env_checker=True))
        check_env(env, skip_render_check=True)
    assert env.spec is not None
    again = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert isinstance(again, WAYS[how])
    one, other = inner(env), inner(again)
    assert spoken(one, asking_to_the_end, 4) == spoken(other, asking_to_the_end, 4)


def inner(env: gym.Env[Any, Any]) -> DialogueEnv:
    assert isinstance(env.unwrapped, DialogueEnv)
    assert isinstance(env.unwrapped.simulator, Repeating)
    assert env.unwrapped.simulator.turn_limit == env.unwrapped.setting.turn_limit
    return env.unwrapped


def asking_to_the_end(env: DialogueEnv) -> str:
    return "Anything else?" if env.turn % 2 else "Hm."


@every_task
@every_way
@pytest.mark.parametrize("twin", ["fork", "pickle", "deepcopy"])
def test_a_copy_continues_the_same(task: Task, how: str, twin: str) -> None:
    env = WAYS[how](made(task))
    env.reset(seed=5)
    env.step("Hm.")
    talk = inner(env)
    copies = {
        "fork": talk.fork,
        "pickle": lambda: pickle.loads(pickle.dumps(talk)),  # noqa: S301
        "deepcopy": lambda: copy.deepcopy(talk),
    }
    other: DialogueEnv = copies[twin]()
    while talk.end_reason is None:
        said = asking(talk)
        assert env.step(said)[0] == other.step(said)[0]
    assert other.end_reason is talk.end_reason


def test_wrong_use_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="unknown way to repeat 'snowbal'; did you mean 'snowball'"):
        repeating(Scripted(), "snowbal", 3)
    with pytest.raises(ConfigError, match="Recap needs a DialogueEnv"):
        Recap(gym.make("CartPole-v1"))
    user = Scripted()
    assert repeating(user, "", 3) is user
