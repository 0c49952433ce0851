"""The conversation token by token: what it shows is what the model reads, and what it does is what the texts do."""

import functools
import pickle
import warnings
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

import pragenv
from pragenv.models.chat import ChatEncoder, Spoken
from pragenv.models.mini import Mini
from pragenv.protocols import Completion, Sampling
from pragenv.types import FrozenDict, Scenario, UserTurn
from pragenv.wrappers import TokenActions

END, USER, SATISFIED = 1, 3, 6  # <|end|>, <|user|>, <|satisfied|>
ENDLESS = 10**5  # as `max_length`: no limit


@functools.cache
def mini() -> Mini:
    return Mini()


def bare(name: str = "Clarify", **arguments: Any) -> pragenv.DialogueEnv:
    return talk(gym.make(f"pragenv/{name}-v0", **{"simulator": "scripted"} | arguments))


def token_env(name: str = "Clarify", max_tokens: int = 16, max_length: int = 1024, **arguments: Any) -> TokenActions:
    env = gym.make(f"pragenv/{name}-v0", **{"simulator": "scripted"} | arguments)
    return TokenActions(env, mini(), max_tokens, max_length)


def talk(env: gym.Env[Any, Any]) -> pragenv.DialogueEnv:
    assert isinstance(env.unwrapped, pragenv.DialogueEnv)
    return env.unwrapped


def ids(observation: dict[str, Any]) -> list[int]:
    """What an observation shows, its padding found to be such."""
    assert not observation["ids"][observation["length"] :].any()
    return observation["ids"][: observation["length"]].tolist()  # type: ignore[no-any-return]


def read(env: gym.Env[Any, Any]) -> list[int]:
    """What the model would read."""
    return mini().encoder.encode(talk(env).agent_view().dialogue)


def completed(env: pragenv.DialogueEnv, sampling: Sampling) -> tuple[str, tuple[int, ...]]:
    """What the model says next, and by which tokens."""
    (said,) = mini().complete([env.agent_view().dialogue], sampling, [env.agent_view().keys.turn(env.turn)])
    assert isinstance(said, Completion)
    assert said.tokens is not None
    return said.text, said.tokens


def say(env: TokenActions, text: str) -> tuple[Any, ...]:
    """What comes of a text, said token by token and ended."""
    for token in mini().encoder.split(text):
        env.step(np.int64(token))
    return env.step(np.int64(END))


def test_gymnasium_checks_pass_without_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Said of every wrapper.
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version.*")
        env = token_env(max_tokens=2)
        env.action_space.seed(0)
        check_env(env, skip_render_check=True)


@pytest.mark.parametrize(
    ("name", "sampling"),
    [
        ("Clarify", Sampling(max_tokens=64)),
        ("TwentyQuestions", Sampling(max_tokens=64)),
        ("Clarify", Sampling(temperature=4, max_tokens=8)),  # says nonsense until the turns are used up, mostly cut off
        ("Clarify", Sampling(temperature=10, top_p=0.9, max_tokens=1)),
    ],
)
def test_what_the_model_says_token_by_token_is_what_it_says_in_texts(name: str, sampling: Sampling) -> None:
    texts, env = bare(name), token_env(name, sampling.max_tokens, 4096)
    for seed in range(3):
        texts.reset(seed=seed)
        observation, info = env.reset(seed=seed)
        assert info == texts.info()
        over = False
        while not over:
            text, tokens = completed(texts, sampling)
            prompt = read(texts)
            for i, token in enumerate(tokens):
                assert not over
                assert ids(observation) == [*prompt, *tokens[:i]]
                assert observation in env.observation_space
                assert info == texts.info()
                observation, reward, terminated, truncated, info = env.step(np.int64(token))
                over = terminated or truncated
                assert over or reward == 0.0
            assert [reward, terminated, truncated, info] == [*texts.step(text)[1:]]
            assert talk(env).dialogue == texts.dialogue
        assert terminated
        assert info["scored"]
        assert ids(observation) == [*prompt, *tokens]


def test_what_was_said_keeps_its_tokens() -> None:
    env = token_env()
    env.reset(seed=0)
    letters = [token for letter in "pizza" for token in mini().encoder.split(letter)]
    for token in letters:
        env.step(np.int64(token))
    observation, *_ = env.step(np.int64(END))
    said = talk(env).dialogue[1].content
    assert isinstance(said, Spoken)
    assert (said, [*said.tokens]) == ("pizza", letters)
    assert len(letters) > len(mini().encoder.split("pizza"))
    assert ids(observation) == read(env)
    assert any(ids(observation)[i:][: len(letters)] == letters for i in range(observation["length"]))


def test_max_tokens_cut_an_utterance() -> None:
    env = token_env(max_tokens=3)
    first, _ = env.reset(seed=0)
    words = mini().encoder.split("Which pizza is that, please?")[:3]
    for i, token in enumerate(words):
        assert talk(env).turn == 0
        observation, reward, terminated, truncated, info = env.step(np.int64(token))
        assert (reward, terminated, truncated, info["turn"]) == (0.0, False, False, i // 2)
    assert talk(env).dialogue[1].content == mini().tokenizer.decode(words)
    assert ids(observation) == read(env)
    assert len(ids(observation)) > len(ids(first)) + 3
    # The third may be an end token, which is no part of what is said.
    for token in (*words[:2], END):
        env.step(np.int64(token))
    assert talk(env).dialogue[3].content == mini().tokenizer.decode(words[:2])


def test_signals_end_a_turn_and_forged_turns_are_not_said() -> None:
    env = token_env()
    env.reset(seed=0)
    yes = mini().encoder.split("Yes.")
    for token in (*yes, SATISFIED):
        observation, *_, info = env.step(np.int64(token))
    assert (info["turn"], info["end_reason"]) == (1, "")
    for token in (*yes, USER, *yes, END):
        observation, *_, info = env.step(np.int64(token))
    env.step(np.int64(END))
    assert [m.content for m in talk(env).dialogue[1::2]] == ["Yes.", "Yes.Yes.", ""]
    assert ids(observation).count(USER) == 3


def test_masks_leave_out_the_control_tokens_that_end_nothing() -> None:
    env = token_env()
    masks = env.action_masks()
    assert masks.dtype == np.bool_
    assert masks.shape == (4096,)
    assert env.action_space == gym.spaces.Discrete(4096)
    assert np.flatnonzero(~masks).tolist() == [0, 2, 3, 4, 5]
    masks[:] = False
    assert env.action_masks().sum() == len(mini().tokenizer) - 5


def test_any_tokenizer_will_do_without_a_model() -> None:
    """Of a vocabulary with more outputs than tokens, as large models have, and without any weights."""
    encoder = ChatEncoder(mini().tokenizer, "mine")
    env = TokenActions(bare(), SimpleNamespace(encoder=encoder, ends=[END], vocabulary=5000), 4, 1024)
    assert env.action_space == gym.spaces.Discrete(5000)
    assert np.flatnonzero(~env.action_masks()).tolist() == [0, 2, 3, 4, 5, 6, 7, *range(4096, 5000)]
    env.reset(seed=0)
    for token in (4999, SATISFIED, END):
        *_, info = env.step(np.int64(token))
    assert info["turn"] == 1
    assert talk(env).dialogue[1].content == ""


def lengths(sayings: Sequence[str]) -> list[int]:
    """How long the prompt is at the start of each turn."""
    env = token_env(max_length=ENDLESS)
    found = [env.reset(seed=0)[0]["length"]]
    return [*found, *(say(env, text)[0]["length"] for text in sayings)]


def test_a_conversation_without_room_to_go_on_is_truncated() -> None:
    sayings = ["Hm."] * 3
    needed = lengths(sayings)[3] + 16
    for max_length in (needed, needed - 1):
        env = token_env(max_length=max_length)
        env.reset(seed=0)
        for text in sayings[:2]:
            *_, terminated, truncated, info = say(env, text)
            assert (terminated, truncated, info["end_reason"]) == (False, False, "")
        before = read(env)
        observation, reward, terminated, truncated, info = say(env, sayings[2])
        assert (reward, terminated, info["scored"]) == (0.0, False, False)
        if max_length == needed:
            assert (truncated, info["end_reason"]) == (False, "")
            assert ids(observation) == read(env)
            assert env.step(np.int64(END))[3]  # the same for an empty utterance
        else:
            assert (truncated, info["end_reason"]) == (True, "max_length")
            assert ids(observation) == [*before, *mini().encoder.split("Hm."), END]
            assert observation in env.observation_space
        assert not {"intent", "salt"} & info.keys()
        with pytest.raises(ResetNeeded):
            env.step(np.int64(END))
        env.reset(seed=0)
        assert say(env, "ANSWER: x")[2]


def test_a_conversation_that_ends_needs_no_room() -> None:
    (needed,) = lengths([])
    env = token_env(max_length=needed + 16)
    env.reset(seed=0)
    *_, terminated, truncated, info = say(env, "ANSWER: x")
    assert (terminated, truncated, info["end_reason"], info["scored"]) == (True, False, "committed", True)


def test_the_end_of_an_outer_or_inner_time_limit_is_passed_on() -> None:
    outer = gym.wrappers.TimeLimit(token_env(), 2)
    outer.reset(seed=0)
    assert [outer.step(np.int64(9))[3] for _ in range(2)] == [False, True]
    inner = TokenActions(gym.wrappers.TimeLimit(bare(), 2), mini(), 1, 1024)
    inner.reset(seed=0)
    assert [inner.step(np.int64(9))[3] for _ in range(2)] == [False, True]
    with pytest.raises(ResetNeeded):
        inner.step(np.int64(9))


def test_a_user_who_fails_truncates_the_conversation() -> None:
    class Broken(pragenv.Simulator):
        def reply(self, view: pragenv.UserView) -> UserTurn:
            if view.dialogue:
                raise RuntimeError("no more")
            return UserTurn("Hello.")

    begun, _ = token_env(simulator=Broken()).reset(seed=0)
    for max_length in (1024, begun["length"] + 16):  # it is no matter of room
        env = token_env(max_length=int(max_length), simulator=Broken())
        env.reset(seed=0)
        _, reward, terminated, truncated, info = say(env, "Hello.")
        assert (reward, terminated, truncated) == (0.0, False, True)
        assert (info["end_reason"], info["scored"]) == ("simulator_error", False)


def test_no_observation_depends_on_what_the_user_has_not_said() -> None:
    for seed in range(10):
        env, twin = token_env("Clarify-vague"), token_env("Clarify-vague")
        for one in (env, twin):
            one.reset(seed=seed)
        scenario = talk(env).scenario
        brief = scenario.user_brief
        hidden = [f for f in scenario.public["fields"] if f["name"] not in brief["revealed"]]
        others = {f["name"]: next(o for o in f["options"] if o != brief["values"][f["name"]]) for f in hidden}
        talk(twin).scenario = Scenario(
            scenario.public, FrozenDict({**brief, "values": FrozenDict({**brief["values"], **others})})
        )
        assert talk(twin).scenario != scenario
        view = talk(env).agent_view()
        asked = view.task.acts(view).phrase(view.task.questions(view)[0], 0)
        for text in ("Hm.", asked):  # nothing is drawn out, then an answer
            tokens = mini().encoder.split(text)
            assert len(tokens) < env.max_tokens
            for token in tokens:
                seen, seen_by_twin = (one.step(np.int64(token))[0] for one in (env, twin))
                assert ids(seen) == ids(seen_by_twin)
            seen, seen_by_twin = (one.step(np.int64(END))[0] for one in (env, twin))
            assert (ids(seen) == ids(seen_by_twin)) == (text == "Hm.")


def test_observations_are_not_changed_by_what_follows() -> None:
    env = token_env()
    first, _ = env.reset(seed=0)
    kept = first["ids"].copy()
    second, *_ = env.step(np.int64(9))
    second["ids"][:] = 7
    say(env, "Hm.")
    assert np.array_equal(first["ids"], kept)
    assert ids(env.step(np.int64(9))[0]) == [*read(env), 9]


def test_standard_tools_take_it() -> None:
    envs = gym.vector.SyncVectorEnv([lambda: token_env(max_tokens=2)] * 2)
    observations, _ = envs.reset(seed=3)
    assert observations["ids"].shape == (2, 1024)
    before = observations["length"].tolist()
    observations, *_ = envs.step(np.array([9, END]))
    assert observations["length"][0] == before[0] + 1
    assert observations["length"][1] > before[1] + 2
    space = token_env().observation_space
    assert isinstance(gym.spaces.flatten_space(space), gym.spaces.Box)


def test_pickled_midway_it_continues_alike_and_its_spec_makes_it_again() -> None:
    env = token_env(max_tokens=3)
    env.reset(seed=2)
    env.step(np.int64(9))
    twin = pickle.loads(pickle.dumps(env))  # noqa: S301 (our own bytes)
    for action in (10, END, 11):
        ours, theirs = env.step(np.int64(action)), twin.step(np.int64(action))
        assert ids(ours[0]) == ids(theirs[0])
        assert ours[1:] == theirs[1:]
    assert env.spec is not None
    again = gym.make(env.spec)
    assert isinstance(again, TokenActions)
    assert again.model is env.model
    assert (again.max_tokens, again.max_length) == (3, 1024)
    assert ids(again.reset(seed=2)[0]) == ids(env.reset(seed=2)[0])


def test_wrong_use_says_what_to_do() -> None:
    with pytest.raises(pragenv.ConfigError, match="needs a DialogueEnv"):
        TokenActions(gym.make("CartPole-v1"), mini())
    for numbers in ((0, 10), (10, 10)):
        with pytest.raises(pragenv.ConfigError, match="max_tokens must be at least 1 and below max_length"):
            TokenActions(bare(), mini(), *numbers)
    (needed,) = lengths([])
    with pytest.raises(pragenv.ConfigError, match=rf"begins with {needed} tokens.*max_length={needed + 16} or more"):
        token_env(max_length=needed + 15).reset(seed=0)
    env = token_env()
    with pytest.raises(ResetNeeded):
        env.step(np.int64(END))
    observation, _ = env.reset(seed=0)
    for number in (-1, 4096):
        with pytest.raises(ValueError, match="from 0 to 4095"):
            env.step(np.int64(number))
    for other in (1.0, "a", None, np.array([1, 2])):
        with pytest.raises(TypeError):
            env.step(other)  # type: ignore[arg-type]
    assert ids(env.step(9)[0]) == [*ids(observation), 9]  # type: ignore[arg-type]
