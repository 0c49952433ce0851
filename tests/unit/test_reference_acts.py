"""What Reference's parties understand of each other: descriptions, questions, replies."""

from typing import Any

import pytest

from pragenv.tasks.reference.acts import ReferenceActs, features, position
from pragenv.tasks.reference.vocabulary import noun_phrase, vocabulary
from pragenv.types import Act

ALL = tuple(vocabulary())
SPEAKER = ReferenceActs("speaker", ALL, (("colour", "blue"), ("shape", "star")), "train")
LISTENER = ReferenceActs("listener", ALL, (), "train")


def named(text: str) -> dict[str, str]:
    return {act.slot: act.value for act in SPEAKER.parse(text)}


@pytest.mark.parametrize("name", ALL)
def test_every_word_for_a_value_is_understood_in_a_sentence(name: str) -> None:
    for held in vocabulary()[name].values.values():
        for value, other in held.items():
            for word in (value, *other):
                for text in (word, f"It's the {word} one, I think.", f"Take the one that is {word}!"):
                    assert named(text) == {name: value}, text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The small blue square", {"size": "small", "colour": "blue", "shape": "square"}),
        ("the square, a blue one, rather small", {"size": "small", "colour": "blue", "shape": "square"}),
        ("THE TINY NAVY BOX", {"size": "small", "colour": "blue", "shape": "square"}),
        ("Hi! Thanks for asking; I mean the striped one, please.", {"pattern": "striped"}),
        ("the yelow trianngle", {"colour": "yellow", "shape": "triangle"}),
        ("not the red one, the blue one", {"colour": "blue"}),
        ("it is not red but blue", {"colour": "blue"}),
        ("It isn't wooden", {}),
        ("neither red nor blue", {}),
        ("the one without stripes", {}),
        ("no pattern", {"pattern": "plain"}),
        ("red or blue", {"colour": "red"}),
        ("What a lovely day", {}),
        ("Good to hear! Let's start, I'll be back later with a plan.", {}),
        ("", {}),
    ],
)
def test_descriptions_in_any_order_with_noise_slips_and_denials(text: str, found: dict[str, str]) -> None:
    assert named(text) == found


def test_the_order_of_mention_is_kept_and_foreign_attributes_are_left_out() -> None:
    acts = ReferenceActs("speaker", ("colour", "shape"), (), "train")
    assert acts.described("a wooden star, blue") == (("shape", "star"), ("colour", "blue"))
    assert features("a wooden star, blue")[0] == ("material", "wooden")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("3", 2),
        ("number 1", 0),
        ("the second one", 1),
        ("1 or 2", None),
        ("0", None),
        ("12345678", None),
        ("the blue one", None),
        ("", None),
    ],
)
def test_numbers(text: str, at: int | None) -> None:
    assert position(text) == at


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("What colour is it?", [("colour", "")]),
        ("Is it blue?", [("colour", "blue")]),
        ("Is it red or blue?", [("colour", "")]),
        ("How big is it, and what shape?", [("size", ""), ("shape", "")]),
        ("Do you mean the small square?", [("size", "small"), ("shape", "square")]),
        ("I like blue.", []),
        ("Where is it?", []),
    ],
)
def test_questions(text: str, asked: list[Any]) -> None:
    assert [(act.slot, act.value) for act in LISTENER.parse(text) if act.kind == "ask"] == asked


def test_what_an_agent_commits_to_is_neither_asked_nor_described() -> None:
    for acts in (SPEAKER, LISTENER):
        assert acts.parse("Okay.\nANSWER: the blue one") == (Act("commit", value="the blue one"),)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_all_wordings_of_replies_are_read_as_what_they_say(split: str) -> None:
    acts = ReferenceActs("speaker", ALL, (), split)
    for key in range(6):
        for kind in ("confirm", "deny", "unsure"):
            assert acts.read(acts.reply(Act(kind), key) or "", ()) == (Act(kind),)
        for name in ALL:
            assert acts.read(acts.reply(Act("request", name), key) or "", ()) == (Act("request", name),)
        assert [a.slot for a in acts.read(acts.reply(Act("request"), key) or "", ())] == []
        assert acts.reply(Act("not_understood"), key) is None


def test_wordings_of_test_are_never_said_in_training() -> None:
    def said(split: str) -> set[str | None]:
        speaks = ReferenceActs("speaker", ALL, (), split)
        listens = ReferenceActs("listener", ALL, (), split)
        acts = [Act(kind) for kind in ("confirm", "deny", "unsure", "request")]
        found = {speaks.reply(act, key) for act in acts for key in range(8)}
        found |= {listens.phrase(act, key) for act in listens.menu for key in range(8)}
        found |= {listens.reply(Act("inform", slot, "blue"), key) for slot in ("", "colour") for key in range(8)}
        return found | {speaks.phrase(Act("describe", "colour", "blue"), key) for key in range(8)}

    splits = [said(split) for split in ("train", "validation", "test")]
    assert len(set().union(*splits)) == sum(map(len, splits))


@pytest.mark.parametrize(
    ("text", "asked", "told"),
    [
        ("It's blue.", (Act("ask", "colour"),), (Act("inform", "colour", "blue"),)),
        ("Yes!", (Act("ask", "colour", "red"),), (Act("inform", "colour", "red"),)),
        ("No.", (Act("ask", "colour", "red"),), ()),
        ("No, it's blue.", (Act("ask", "colour", "red"),), (Act("inform", "colour", "blue"),)),
        ("Yes.", (Act("ask", "colour"),), ()),
        ("Sorry, I don't follow.", (Act("ask", "colour"),), ()),
        ("The small star.", (), (Act("inform", "size", "small"), Act("inform", "shape", "star"))),
    ],
)
def test_what_a_describing_user_tells(text: str, asked: tuple[Act, ...], told: tuple[Act, ...]) -> None:
    assert LISTENER.read(text, asked) == told


def test_noun_phrases_have_their_adjectives_in_order() -> None:
    assert noun_phrase({"shape": "star", "colour": "red", "size": "small"}) == "small red star"
    assert noun_phrase({"material": "glass", "pattern": "plain"}) == "plain glass one"
