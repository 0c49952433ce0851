"""N conversations side by side are N conversations: told by Gymnasium's own vector environment, to the last array."""

import pickle
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from minimal import Coin, Saying

from pragenv import DialogueEnv, Message, Scenario, Simulator, SimulatorError, UserTurn, UserView, Verdict
from pragenv.errors import ConfigError
from pragenv.registration import agents, make_env, make_simulator, make_vector_env
from pragenv.rollout import Names, rollout
from pragenv.vector import DialogueVectorEnv

N = 5
SAID = ("Which side is up?", "Hm.", "Où? 🎲", "ANSWER: heads", "ANSWER: tails")


class Judging(Coin):
    """The world answers each utterance, and completes the task itself at the third."""

    def respond(self, scenario: Scenario, dialogue: Any) -> tuple[Message, ...]:
        return (Message("tool", f"{len(dialogue)} messages"),)

    def ended(self, scenario: Scenario, dialogue: Any) -> bool:
        return sum(m.role == "assistant" for m in dialogue) == 3

    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        return Verdict(0.5, True, "half right")


class Unscored(Coin):
    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        return Verdict(None, False, "the grader's server is down")


class Ungradable(Coin):
    def grade(self, scenario: Scenario, dialogue: Any) -> Verdict:
        raise ZeroDivisionError("the grader has a bug")


class Moody(Simulator):
    """Fails, babbles or leaves at random, by its key; now and then it cannot even open."""

    def reply(self, view: UserView) -> UserTurn:
        mood = view.keys.turn(view.turn) % 8
        if mood == 0:
            raise SimulatorError("out of words")
        if mood == 1:
            raise KeyError("a bug")
        if mood == 2:
            return "no turn"  # type: ignore[return-value]
        end: Any = {3: "gave_up", 4: "satisfied"}.get(mood) if view.dialogue else None
        return UserTurn(f"Turn {view.turn}, mood {mood}.", end, {"mood": [mood]})


class Together(Simulator):
    """Another user, in batches: counts them, and remembers what was asked."""

    def __init__(self, user: Simulator) -> None:
        self.user, self.calls = user, list[list[UserView]]()

    def reply(self, view: UserView) -> UserTurn:
        return self.user.reply(view)

    def reply_batch(self, views: Sequence[UserView]) -> list[Any]:
        self.calls.append(list(views))
        return [self._one(view) for view in views]

    def _one(self, view: UserView) -> Any:
        try:
            return self.user.reply(view)
        except Exception as error:
            return error


class Batch(Together):
    """Returns what a function makes of the turns of a batch, openings apart."""

    def __init__(self, change: Callable[[list[Any]], Any]) -> None:
        super().__init__(Saying("Hm."))
        self.change = change

    def reply_batch(self, views: Sequence[UserView]) -> list[Any]:
        turns = super().reply_batch(views)
        changed: list[Any] = self.change(turns) if all(view.dialogue for view in views) else turns
        return changed


def vector(user: Simulator | None = None, task: Coin | None = None, n: int = N, **arguments: Any) -> DialogueVectorEnv:
    return DialogueVectorEnv(n, task or Coin(), Coin.SETTINGS[0], user or make_simulator("scripted"), **arguments)


def singles(user: Simulator | None = None, task: Coin | None = None) -> SyncVectorEnv[Any, Any]:
    """As many single environments, put together by Gymnasium."""
    makers = [
        lambda: DialogueEnv(task or Coin(), Coin.SETTINGS[0], user or make_simulator("scripted")) for _ in range(N)
    ]
    return SyncVectorEnv(makers, autoreset_mode=AutoresetMode.SAME_STEP)


def talk(steps: int, n: int = N, seed: int = 0) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    return [[SAID[i] for i in rng.integers(len(SAID), size=n)] for _ in range(steps)]


def same(one: Any, other: Any) -> bool:
    """Equal in structure, type and value; nan is nan."""
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray)
            and (one.dtype, one.shape) == (other.dtype, other.shape)
            and all(map(same, one.tolist(), other.tolist()))
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other or (one != one and other != other))


def check_same(one: Any, other: Any, rows: Iterable[Sequence[str]], seed: Any = 7, options: Any = None) -> set[str]:
    """Both tell the same at every step; how conversations ended."""
    assert same(one.reset(seed=seed, options=options), other.reset(seed=seed, options=options))
    ends: set[str] = set()
    for row in rows:
        mine, theirs = one.step(row), other.step(row)
        assert same(mine, theirs)
        ended = mine[4].get("final_info", {"end_reason": []})["end_reason"]
        ends |= {end for end in ended if end is not None}
    one.close()
    other.close()
    return ends


# -- equal to single environments


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("task", "user", "ends"),
    [
        (Coin, None, {"committed", "turn_limit"}),
        (Coin, lambda: make_simulator("scripted", "population"), {"committed", "turn_limit"}),
        (Coin, lambda: Saying("Bye.", "gave_up", at=2), {"committed", "user_gave_up"}),
        (Coin, Moody, {"committed", "turn_limit", "simulator_error", "user_gave_up", "user_satisfied"}),
        (Judging, Moody, {"committed", "simulator_error", "user_gave_up", "user_satisfied"}),
        (Judging, None, {"committed"}),
        (Unscored, None, {"committed", "turn_limit"}),
    ],
)
def test_n_conversations_side_by_side_are_n_single_ones(
    task: type[Coin], user: Callable[[], Simulator] | None, ends: set[str], batched: bool
) -> None:
    made = (user or (lambda: make_simulator("scripted")))()
    mine = vector(Together(made) if batched else made, task())
    rows = talk(60, seed=1)
    if task is Coin:  # some conversations run into the limit
        rows += [["Hm."] * N] * 8
    assert check_same(mine, singles(made, task()), rows) == ends


@pytest.mark.parametrize("name", ["pragenv/Clarify-v0", "pragenv/TwentyQuestions-v0"])
@pytest.mark.parametrize("persona", [None, "terse+noisy", "population"])
def test_so_are_those_of_the_built_in_tasks(name: str, persona: str | None) -> None:
    arguments = {"simulator": "scripted", "persona": persona, "split": "test"}
    theirs = SyncVectorEnv([lambda: gym.make(name, **arguments)] * N, autoreset_mode="SameStep")
    rows = [["Is it alive?" if i % 2 else "How much may it cost?" for i in range(N)]] * 12 + talk(8)
    assert "committed" in check_same(gym.make_vec(name, num_envs=N, **arguments), theirs, rows)


@pytest.mark.parametrize("seed", [0, 7, [3, 1, 4, 1, 5], (9, 2, 6, 5, 3)])
def test_seeds_are_counted_up_or_given_one_by_one(seed: Any) -> None:
    check_same(vector(), singles(), talk(12), seed=seed)


def test_an_index_asks_all_for_the_same_scenario() -> None:
    mine = make_vector_env(N, task="twenty_questions", simulator="scripted")
    theirs = SyncVectorEnv(
        [lambda: make_env("twenty_questions", simulator="scripted")] * N, autoreset_mode=AutoresetMode.SAME_STEP
    )
    check_same(mine, theirs, talk(3), seed=[4] * N, options={"index": 3})
    mine.reset(seed=[4] * N, options={"index": 3})
    assert len({str(env.scenario) for env in mine.envs}) == 1


def test_the_same_seed_gives_the_same_conversations_and_none_others() -> None:
    mine = vector(Moody())
    first, again, other = (mine.reset(seed=seed)[1]["digest"].tolist() for seed in (3, 3, None))
    assert first == again
    assert not set(first) & set(other)
    assert len(set(first)) == N


def test_spaces_and_metadata_are_those_of_gymnasium() -> None:
    mine, theirs = vector(), singles()
    assert mine.observation_space == theirs.observation_space
    assert mine.action_space == theirs.action_space
    assert mine.single_observation_space == theirs.single_observation_space
    assert mine.single_action_space == theirs.single_action_space
    assert mine.metadata == theirs.metadata
    assert mine.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert mine.reset(seed=0)[0] in mine.observation_space
    assert mine.step(mine.action_space.sample())[0] in mine.observation_space


# -- the end of a conversation


def test_the_terminal_observation_and_info_are_kept_and_the_next_conversation_has_begun() -> None:
    mine = vector(Saying("Hello."))
    before, _ = mine.reset(seed=0)
    sides = [env.scenario.user_brief["side"] for env in mine.envs]
    said = ["Hm.", f"ANSWER: {sides[1]}", "Hm.", "ANSWER: edge", "Hm."]
    chats, rewards, terminated, truncated, infos = mine.step(said)
    ended = [False, True, False, True, False]
    assert terminated.tolist() == infos["_final_obs"].tolist() == infos["_final_info"].tolist() == ended
    assert not truncated.any()
    assert rewards.tolist() == [0.0, pytest.approx(0.9), 0.0, pytest.approx(-0.1), 0.0]
    assert [len(chat) for chat in chats] == [4, 2, 4, 2, 4]
    for i in (1, 3):
        assert infos["final_obs"][i] == (*before[i], {"role": "assistant", "content": said[i]})
    assert [final for final in infos["final_obs"] if final is None] == [None] * 3
    final = infos["final_info"]
    assert final["end_reason"].tolist() == [None, "committed", None, "committed", None]
    assert final["_score"].tolist() == ended
    assert final["score"].tolist() == [0, 1, 0, 0, 0]
    assert infos["end_reason"].tolist() == [""] * N
    assert infos["turn"].tolist() == [1, 0, 1, 0, 1]
    assert infos["digest"][1] != final["digest"][1]


def test_where_none_has_ended_there_is_nothing_final() -> None:
    mine = vector()
    assert set(mine.reset(seed=0)[1]) == {
        f"{_}{key}" for key in ("turn", "digest", "end_reason", "scored") for _ in ("", "_")
    }
    assert not [key for key in mine.step(["Hm."] * N)[4] if "final" in key]


def test_the_announced_limit_terminates_and_a_failing_user_truncates() -> None:
    mine = vector(Saying())
    mine.reset(seed=0)
    for _ in range(3):
        assert not mine.step(["Hm."] * N)[2].any()
    _, _, terminated, truncated, infos = mine.step(["Hm."] * N)
    assert terminated.all()
    assert not truncated.any()
    assert set(infos["final_info"]["end_reason"]) == {"turn_limit"}
    broken = vector(Batch(lambda turns: [SimulatorError("unreachable")] * len(turns)))
    broken.reset(seed=0)
    _, rewards, terminated, truncated, infos = broken.step(["Hm."] * N)
    assert truncated.all()
    assert not terminated.any()
    assert not rewards.any()
    assert not infos["final_info"]["scored"].any()


def test_history_does_not_leak_into_the_next_conversations() -> None:
    mine, longest = vector(Saying("Hello.")), 0
    mine.reset(seed=0)
    for row in talk(200):
        chats, *_, infos = mine.step(row)
        finals = [chat for chat in infos.get("final_obs", ()) if chat is not None]
        longest = max(longest, *(len(str(chat)) for chat in (*chats, *finals)))
    assert longest < 1000
    assert all(len(env.user_info) <= 4 for env in mine.envs)


def test_changing_an_observation_changes_nothing_else() -> None:
    mine = vector(Saying("Hello."))
    kept = []
    for step in (lambda: mine.reset(seed=0), *(lambda row=row: mine.step(row) for row in talk(12))):
        chats, *_, infos = step()
        for chat in (*chats, *(final for final in infos.get("final_obs", ()) if final is not None)):
            assert "tampered" not in {message["content"] for message in chat}
            for message in chat:
                message["content"] = "tampered"
            kept.append(chat)
    assert len({id(message) for chat in kept for message in chat}) == sum(map(len, kept))


def test_no_array_is_given_out_twice() -> None:
    mine = vector(Saying("Hello."))
    given: list[Any] = [*mine.reset(seed=0)[1].values()]
    for row in talk(12):
        _, *flags, infos = mine.step(row)
        given += [*flags, *infos.values(), *infos.get("final_info", {}).values()]
    arrays = [one for one in given if isinstance(one, np.ndarray)]
    assert len(arrays) > 100
    assert len({id(array) for array in arrays}) == len(arrays)
    assert all(array.base is None for array in arrays)


# -- one call for all users


def test_the_users_of_a_turn_reply_in_one_call() -> None:
    user = Together(Saying())
    mine = vector(user)
    mine.reset(seed=0)
    assert [len(views) for views in user.calls] == [N]
    mine.step(["Hm."] * N)
    mine.step(["Hm."] * N)
    assert [len(views) for views in user.calls] == [N] * 3
    mine.step(["Hm.", "ANSWER: heads", "Hm.", "ANSWER: heads", "ANSWER: heads"])
    assert [len(view.dialogue) for view in user.calls[3]] == [6, 0, 6, 0, 0], "the next ones open in the same call"
    assert len(user.calls) == 4


def test_those_who_follow_a_user_who_left_open_in_a_second_call() -> None:
    user = Together(Saying("Bye.", "gave_up"))
    mine = vector(user)
    mine.reset(seed=0)
    *_, infos = mine.step(["Hm.", "ANSWER: heads", "Hm.", "Hm.", "Hm."])
    assert [len(views) for views in user.calls] == [N, N, N - 1]
    assert set(infos["final_info"]["end_reason"]) == {"user_gave_up", "committed"}


@pytest.mark.parametrize(
    ("change", "said", "whom"),
    [
        (lambda turns: turns[:-1], "SimulatorError: reply_batch returned 4 turns for 5 views", range(N)),
        (lambda turns: [*turns, turns[0]], "SimulatorError: reply_batch returned 6 turns for 5 views", range(N)),
        (lambda turns: None, "TypeError", range(N)),
        (lambda turns: 1 / 0, "ZeroDivisionError: division by zero", range(N)),
        (lambda turns: [turns[0], SimulatorError("unreachable"), *turns[2:]], "SimulatorError: unreachable", [1]),
        (lambda turns: [*turns[:4], TimeoutError("late")], "TimeoutError: late", [4]),
        (lambda turns: [None, *turns[1:]], "must return a UserTurn with a str text, got None", [0]),
        (lambda turns: [*turns[:2], UserTurn(3), *turns[3:]], "UserTurn with a str text", [2]),  # type: ignore[arg-type]
        (lambda turns: [*turns[:2], UserTurn("a", "<end>"), *turns[3:]], "UserTurn.end must be", [2]),  # type: ignore[arg-type]
    ],
)
def test_a_failing_user_ends_its_own_conversation_only(
    change: Callable[[list[Any]], Any], said: str, whom: Sequence[int]
) -> None:
    mine = vector(Batch(change))
    mine.reset(seed=0)
    chats, _, terminated, truncated, infos = mine.step(["Hm."] * N)
    assert not terminated.any()
    assert np.flatnonzero(truncated).tolist() == list(whom)
    final = infos["final_info"]
    assert {i: end for i, end in enumerate(final["end_reason"]) if end} == dict.fromkeys(whom, "simulator_error")
    assert all(said in final["error"][i] for i in whom)
    assert [len(chat) for chat in chats] == [2 if i in whom else 4 for i in range(N)]
    assert "error" not in infos


def test_a_user_that_cannot_open_says_so_at_once_and_ends_at_the_first_step() -> None:
    mine = vector(Saying(end="gave_up", at=0))
    chats, infos = mine.reset(seed=0)
    assert [len(chat) for chat in chats] == [1] * N
    assert all("in the opening" in error for error in infos["error"])
    _, _, _, truncated, infos = mine.step(["Hm."] * N)
    assert truncated.all()
    assert infos["_error"].all()
    assert set(infos["final_info"]["turn"]) == {0}


# -- what is refused


@pytest.mark.parametrize(
    ("actions", "error", "said"),
    [
        (["Hm."] * (N - 1), ValueError, "5 conversations need as many actions, got 4"),
        ([], ValueError, "got 0"),
        ("hello", TypeError, "got str"),
        (b"hello", TypeError, "got int for conversation 0"),
        (dict.fromkeys("hello", "Hm."), TypeError, "got dict"),
        ((text for text in ["Hm."] * N), TypeError, "got generator"),
        (None, TypeError, "got NoneType"),
        (["Hm.", "Hm.", 3, "Hm.", "Hm."], TypeError, "got int for conversation 2"),
        (["Hm."] * (N - 1) + [None], TypeError, "got NoneType for conversation 4"),
    ],
)
def test_wrong_actions_are_refused_and_change_nothing(actions: Any, error: type[Exception], said: str) -> None:
    mine = vector()
    mine.reset(seed=0)
    before = [env.dialogue for env in mine.envs]
    with pytest.raises(error, match=re.escape(said)):
        mine.step(actions)
    assert [env.dialogue for env in mine.envs] == before
    mine.step(np.array(["Hm."] * N, dtype=object))


def test_a_step_before_reset_needs_a_reset() -> None:
    with pytest.raises(ResetNeeded):
        vector().step(["Hm."] * N)


def test_a_step_that_broke_off_needs_a_reset() -> None:
    mine = vector(task=Ungradable())
    mine.reset(seed=0)
    with pytest.raises(ZeroDivisionError):
        mine.step(["Hm."] * (N - 1) + ["ANSWER: heads"])
    broken_off = mine.get_attr("dialogue")
    with pytest.raises(ResetNeeded):
        mine.step(["Hm."] * N)
    assert mine.get_attr("dialogue") == broken_off
    mine.reset()
    assert mine.step(["Hm."] * N)[4]["turn"].tolist() == [1] * N


def test_wrong_seeds_options_and_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="5 conversations need as many seeds, got 2"):
        vector().reset(seed=[1, 2])
    with pytest.raises(ConfigError, match="reset options"):
        vector().reset(options={"place": 1})
    for number in (0, -1, 2.0, True):
        with pytest.raises(ConfigError, match="num_envs"):
            vector(n=number)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="exam"):
        vector(split="exam")


# -- what Gymnasium makes of it


def test_make_vec_makes_it_and_the_other_modes_are_gymnasiums_own() -> None:
    made: dict[str | None, Any] = {
        mode: gym.make_vec("pragenv/Clarify-v0", 2, mode, simulator="scripted", **kwargs)
        for mode, kwargs in ((None, {}), ("sync", {}), ("async", {"vector_kwargs": {"shared_memory": False}}))
    }
    types = {None: DialogueVectorEnv, "sync": SyncVectorEnv, "async": AsyncVectorEnv}
    assert {mode: type(envs) for mode, envs in made.items()} == types
    openings = {str(envs.reset(seed=5)[0]) for envs in made.values()}
    assert len(openings) == 1
    for envs in made.values():
        envs.close()


def test_make_vec_takes_what_make_takes() -> None:
    asked = {
        "knobs": {"turn_limit": 2, "turn_cost": 0.25},
        "split": "test",
        "persona": "terse",
        "simulator": "scripted",
    }
    mine: Any = gym.make_vec("pragenv/Clarify-v0", num_envs=3, render_mode="ansi", **asked)
    theirs: Any = gym.make("pragenv/Clarify-v0", render_mode="ansi", **asked).unwrapped
    for env in mine.envs:
        assert (env.setting, env.split, env.render_mode) == (theirs.setting, "test", "ansi")
        assert type(env.simulator) is type(theirs.simulator)
    assert mine.spec.id == "pragenv/Clarify-v0"
    assert gym.make_vec(mine.spec).num_envs == 3
    with pytest.raises(ConfigError, match="did you mean 'turn_limit'"):
        gym.make_vec("pragenv/Clarify-v0", num_envs=3, knobs={"turn_limt": 3})
    with pytest.raises(ConfigError, match="vectorization_mode='sync'"):
        gym.make_vec("pragenv/Clarify-v0", num_envs=3, max_episode_steps=3)


def test_gymnasiums_wrappers_go_around_it() -> None:
    envs = gym.wrappers.vector.DictInfoToList(gym.wrappers.vector.RecordEpisodeStatistics(vector(Saying())))
    envs.reset(seed=0)
    envs.step(["Hm."] * N)
    *_, infos = envs.step(["ANSWER: edge"] * N)
    assert [info["final_info"]["end_reason"] for info in infos] == ["committed"] * N
    assert [info["episode"]["l"] for info in infos] == [2] * N


def test_a_pickled_twin_goes_on_in_the_same_way() -> None:
    mine = vector(Moody())
    mine.reset(seed=3)
    for row in talk(7):
        mine.step(row)
    twin = pickle.loads(pickle.dumps(mine))  # noqa: S301
    assert all(same(mine.step(row), twin.step(row)) for row in talk(20, seed=5))


def test_attributes_renderings_and_closing_reach_each_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    mine = vector(Saying("Hello."), render_mode="ansi")
    mine.reset(seed=0)
    mine.step(["Unheard-of."] * N)
    assert all("Unheard-of." in text for text in mine.render())
    assert mine.get_attr("turn") == (1,) * N
    assert mine.call("agent_view") == tuple(env.agent_view() for env in mine.envs)
    mine.close()
    assert mine.closed
    human = vector(Saying("Hello."), render_mode="human", n=2)
    human.reset(seed=0)
    human.step(["Unheard-of.", "ANSWER: edge"])
    printed = capsys.readouterr().out
    assert (printed.count("Unheard-of."), printed.count("[committed]"), printed.count("[system]")) == (1, 1, 3)


# -- rollouts


@pytest.mark.parametrize("batch_size", [1, 4])
def test_users_reply_in_batches_in_a_rollout_too(batch_size: int) -> None:
    names, user = Names("coin", "default", "train", "someone", "mute"), Together(Moody())

    def rows(simulator: Simulator, size: int) -> list[Any]:
        env = DialogueEnv(Coin(), Coin.SETTINGS[0], simulator)
        return [row for block in rollout(env, agents.make("mute"), names, 3, 12, batch_size=size) for row in block]

    assert rows(user, batch_size) == rows(Moody(), 1)
    sizes = [len(views) for views in user.calls]
    assert sizes.count(batch_size) >= 12 / batch_size
    # One call for the openings of a block, and one a turn, of which there are at most three that a user answers.
    assert len(sizes) <= 12 / batch_size * 4
    for views in user.calls:
        assert len({view.turn for view in views}) == 1
