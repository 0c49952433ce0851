"""Spaces that hold any text."""

from __future__ import annotations

import json
import pickle
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.spaces.utils import flatten_space
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector.utils import batch_space, create_shared_memory
from hypothesis import given
from hypothesis import strategies as st

from pragenv.spaces import ROLES, Dialogue, Utterance

SPACES = [Utterance, Dialogue]
messages = st.fixed_dictionaries({"role": st.sampled_from(ROLES), "content": st.text(st.characters())})


@given(st.text(st.characters()))
def test_every_string_is_an_utterance(text: str) -> None:
    assert text in Utterance()
    assert Utterance().from_jsonable(json.loads(json.dumps(Utterance().to_jsonable([text])))) == [text]


@given(st.lists(messages).map(tuple))
def test_every_tuple_of_messages_is_a_dialogue(chat: Any) -> None:
    assert chat in Dialogue()
    assert Dialogue().from_jsonable(json.loads(json.dumps(Dialogue().to_jsonable([chat])))) == [chat]


@pytest.mark.parametrize("other", [None, 1, b"text", ["text"], ("text",)])
def test_what_is_no_str_is_no_utterance(other: Any) -> None:
    assert other not in Utterance()


@pytest.mark.parametrize(
    "other",
    [
        "text",
        [],
        [{"role": "user", "content": ""}],
        ({"role": "user"},),
        ({"role": "user", "content": "", "name": "Ann"},),
        ({"role": "User", "content": ""},),
        ({"role": "user", "content": None},),
        (("user", ""),),
    ],
)
def test_what_is_no_tuple_of_whole_messages_is_no_dialogue(other: Any) -> None:
    assert other not in Dialogue()


@pytest.mark.parametrize("space", SPACES)
def test_samples_are_inside_varied_and_decided_by_the_seed(space: type[Any]) -> None:
    one, two, other = space(seed=1), space(), space(seed=2)
    two.seed(1)
    drawn = [one.sample() for _ in range(50)]
    assert drawn == [two.sample() for _ in range(50)]
    assert drawn != [other.sample() for _ in range(50)]
    assert all(sample in one for sample in drawn)
    assert len({repr(sample) for sample in drawn}) > 40


def test_samples_hold_line_breaks_and_letters_beyond_ascii() -> None:
    space = Utterance(seed=0)
    text = "".join(space.sample() for _ in range(200))
    assert "\n" in text
    assert any(ord(letter) > 0xFFFF for letter in text)


@pytest.mark.parametrize("space", SPACES)
def test_masks_are_refused(space: type[Any]) -> None:
    with pytest.raises(ValueError, match="mask"):
        space().sample(mask=())


def test_equality_is_by_kind() -> None:
    assert Utterance() == Utterance(seed=3)
    assert Dialogue() == Dialogue(seed=3)
    assert Utterance() != Dialogue()
    assert Utterance() != gym.spaces.Text(5)


@pytest.mark.parametrize("space", SPACES)
def test_a_pickled_space_goes_on_with_the_same_samples(space: type[Any]) -> None:
    held = space(seed=4)
    held.sample()
    copied = pickle.loads(pickle.dumps(held))  # noqa: S301
    assert copied == held
    assert [copied.sample() for _ in range(9)] == [held.sample() for _ in range(9)]


@pytest.mark.parametrize("space", SPACES)
def test_a_batch_is_a_tuple_of_as_many(space: type[Any]) -> None:
    held = space(seed=0)
    batch = batch_space(held, 3)
    assert isinstance(batch, gym.spaces.Tuple)
    assert list(batch) == [held] * 3
    sample = batch.sample()
    assert all(part in held for part in sample)
    assert len({repr(part) for part in sample}) > 1, "each has a generator of its own"
    assert data_equivalence(batch.from_jsonable(json.loads(json.dumps(batch.to_jsonable([sample])))), [sample])


@pytest.mark.parametrize("space", SPACES)
def test_shared_memory_and_flattening_are_refused(space: type[Any]) -> None:
    assert not space().is_np_flattenable
    with pytest.raises((TypeError, NotImplementedError, gym.error.CustomSpaceError)):
        create_shared_memory(space(), 2)
    with pytest.raises(NotImplementedError):
        flatten_space(space())
