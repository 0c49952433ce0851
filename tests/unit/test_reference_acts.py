"""What Reference's parties understand of each other: descriptions, questions, replies."""

from time import process_time
from typing import Any

import pytest

from pragenv.tasks.reference.acts import ReferenceActs, position
from pragenv.tasks.reference.reading import features, read
from pragenv.tasks.reference.vocabulary import noun_phrase, vocabulary
from pragenv.types import Act

ALL = tuple(vocabulary())
SPEAKER = ReferenceActs("speaker", ALL, (("colour", "blue"), ("shape", "star")), "train")
LISTENER = ReferenceActs("listener", ALL, (), "train")
RED, SMALL = Act("inform", "colour", "red"), Act("inform", "size", "small")


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
        ("I don't think it's red.", {}),
        ("It isn't red, green or blue.", {}),
        ("not the big, red one", {}),
        ("Red isn't it.", {}),
        ("Red? Nope. Blue? Yep.", {"colour": "blue"}),
        ("anything but the red one", {}),
        ("All but the red one are wrong.", {"colour": "red"}),
        ("It's not just red but tiny, you can't miss it.", {"colour": "red", "size": "small"}),
        ("a square. No, hang on. A diamond.", {"shape": "diamond"}),
        ("The small, sorry, the large star", {"size": "large", "shape": "star"}),
        ("either red or blue", {}),
        ("the star to the left of the red circle", {"shape": "star"}),
        ("wood instead of metal", {"material": "wooden"}),
        ("Two of them are red. Mine is the star.", {"shape": "star"}),
        ("I love green, and my car is red.", {}),
        ("You said it was red.", {}),
        ("To cut a long story short: round.", {"shape": "circle"}),
        ("It's in a grey area, fingers crossed!", {}),
        ("the colour of grass", {"colour": "green"}),
        ("the same colour as a banana", {"colour": "yellow"}),
        ("think of a zebra", {"pattern": "striped"}),
        ("It's as flat as a pancake, and as white as paper.", {"size": "flat", "colour": "white"}),
        ("I saw some grass and a banana.", {}),
        ("covered in tiny specks", {"pattern": "speckled"}),
        ("the tallest, taller than the red one", {"size": "tall"}),
        ("the samll gerat galss one", {"size": "small", "material": "glass"}),
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
        ("Red or blue, which is it?", [("colour", "")]),
        ("Is it the small star or the large star?", [("size", "")]),
        ("Is it plain or patterned?", [("pattern", "")]),
        ("Isn't it red?", [("colour", "red")]),
        ("It isn't red, so is it blue?", [("colour", "blue")]),
        ("Is it next to the red one?", []),
        ("Do you like blue?", []),
        ("How long do I have?", []),
        ("How big is the screen?", []),
        ("Which colours do the rules allow?", []),
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
        ("It is indeed.", (Act("ask", "colour", "red"),), (Act("inform", "colour", "red"),)),
        ("Right on both.", (Act("ask", "colour", "red"), Act("ask", "size", "small")), (RED, SMALL)),
        ("Yes, and it's small.", (Act("ask", "colour", "red"),), (RED, SMALL)),
        ("Yes, red.", (Act("ask", "colour", "red"), Act("ask", "size", "small")), (RED,)),
        ("Yes and no.", (Act("ask", "colour", "red"),), ()),
        ("Right, let me think.", (Act("ask", "colour", "red"),), ()),
        ("Not sure, red or orange.", (Act("ask", "colour"),), ()),
        ("None at all.", (Act("ask", "pattern"),), (Act("inform", "pattern", "plain"),)),
        ("Sorry, I don't follow.", (Act("ask", "colour"),), ()),
        ("The small star.", (), (Act("inform", "size", "small"), Act("inform", "shape", "star"))),
    ],
)
def test_what_a_describing_user_tells(text: str, asked: tuple[Act, ...], told: tuple[Act, ...]) -> None:
    assert LISTENER.read(text, asked) == told


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I see two blue ones.", [Act("unsure")]),
        ("It's a toss-up, I can't tell them apart.", [Act("unsure")]),
        ("Not one of these is long.", [Act("deny")]),
        ("I see hearts, but no pink arrow.", [Act("deny")]),
        ("The blue one? I don't see any.", [Act("deny")]),
        ("Only one of them is thick, so I know.", [Act("confirm")]),
        ("ah ok I see the red one", [Act("confirm")]),
        ("I don't have it, but once I've got it I'll say so.", [Act("deny")]),
        ("One is striped and one is plain. Which do you mean?", [Act("request", "pattern")]),
        ("There are two reds. Which shape?", [Act("request", "shape")]),
        ("What a nice pattern they all have!", []),
        ("I used to have two red ones.", []),
    ],
)
def test_what_a_listening_user_replies(text: str, meant: list[Act]) -> None:
    assert list(SPEAKER.read(text, ())) == meant


@pytest.mark.parametrize("repeated", ["\n", "red, ", "not red or ", "no the ", "there are two ", "are there "])
def test_reading_takes_linear_time(repeated: str) -> None:
    def seconds(length: int) -> float:
        text = (repeated * length)[:length]
        spent = []
        for _ in range(3):
            start = process_time()
            read.__wrapped__(text)
            spent.append(process_time() - start)
        return min(spent)

    assert seconds(4000) < 8 * seconds(1000) + 0.05


def test_noun_phrases_have_their_adjectives_in_order() -> None:
    assert noun_phrase({"shape": "star", "colour": "red", "size": "small"}) == "small red star"
    assert noun_phrase({"material": "glass", "pattern": "plain"}) == "plain glass one"
