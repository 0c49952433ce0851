"""Calibrate's design spaces and words: the data, proposals in free text, and what users say of them."""

from collections import Counter
from itertools import combinations, product
from typing import Any

import pytest
from talk import agent_view, talk, user_view

from pragenv.errors import ConfigError, DataError
from pragenv.protocols import Setting
from pragenv.tasks.calibrate import Calibrate
from pragenv.tasks.calibrate.acts import WORDINGS, PointActs
from pragenv.tasks.calibrate.context import space_in
from pragenv.tasks.calibrate.feeling import LITTLE, MUCH, PROPOSAL
from pragenv.tasks.calibrate.reading import read_point
from pragenv.tasks.calibrate.space import Space, space_of, spaces
from pragenv.tasks.calibrate.spelling import slip
from pragenv.tasks.lexicon import normalise
from pragenv.types import Act

TASK = Calibrate()
each_space = pytest.mark.parametrize("space", spaces(), ids=lambda space: space.name)
SOUP, LOAF, MIX = (next(s for s in spaces() if s.name == n) for n in ("tomato_soup", "bread_loaf", "music_mix"))


def said_of(space: Space) -> dict[tuple[str, str], tuple[str, ...]]:
    complaints = {
        (d.name, v): said for d in space.dimensions for v, said in ((MUCH, d.too_much), (LITTLE, d.too_little))
    }
    return {**complaints, **{(PROPOSAL, value): said for value, said in WORDINGS.items()}}


def test_there_are_spaces_for_every_split_with_two_to_five_dimensions() -> None:
    found = Counter(space.split for space in spaces())
    assert found["train"] >= 6
    assert found["validation"] >= 2
    assert found["test"] >= 3
    assert set(found) == {"train", "validation", "test"}
    assert {len(space.dimensions) for space in spaces()} == {2, 3, 4, 5}
    assert len({space.name for space in spaces()}) == len(spaces())


@each_space
def test_levels_run_from_low_to_high_in_steps(space: Space) -> None:
    for d in space.dimensions:
        assert (d.levels[0], d.levels[-1]) == (d.low, d.high)
        assert len(d.levels) >= 5
        assert all(b - a == pytest.approx(d.step) for a, b in zip(d.levels, d.levels[1:], strict=False))
        assert d.middle in d.levels


@each_space
def test_no_two_wordings_of_a_space_are_the_same_and_each_meaning_has_several(space: Space) -> None:
    said = said_of(space)
    assert all(len(texts) >= 5 for texts in said.values())
    texts = [normalise(text) for texts in said.values() for text in texts]
    assert len(set(texts)) == len(texts)
    cues = [cue for d in space.dimensions for cue in d.cues]
    assert len(set(cues)) == len(cues)


@each_space
def test_every_wording_of_every_split_is_read_as_it_is_meant(space: Space) -> None:
    acts = PointActs(space, "train")
    for meant, texts in said_of(space).items():
        for text in texts:
            assert acts.read(text, ()) == (Act("inform", *meant),), text


@each_space
def test_two_complaints_in_a_turn_are_both_read(space: Space) -> None:
    acts = PointActs(space, "train")
    for (one, said), (two, other) in combinations(said_of(space).items(), 2):
        if PROPOSAL not in (one[0], two[0]) and one[0] != two[0]:
            assert set(acts.read(f"{said[3]} {other[4]}", ())) == {Act("inform", *one), Act("inform", *two)}


@each_space
def test_splits_share_no_wording(space: Space) -> None:
    train, validation, test = (PointActs(space, split) for split in ("train", "validation", "test"))
    for meant in said_of(space):
        pools = [set(acts.wordings[meant]) for acts in (train, validation, test)]
        assert all(pools)
        assert not any(a & b for a, b in combinations(pools, 2))
    assert not set(train.openings) & set(test.openings)
    act = train.menu[0]
    assert not {train.phrase(act, k) for k in range(12)} & {test.phrase(act, k) for k in range(12)}


def test_a_split_has_spaces_that_no_other_has_and_test_phrasing_has_those_of_training() -> None:
    drawn = {
        split: {TASK.sample(key * 977, TASK.setting("default"), split).public["space"] for key in range(200)}
        for split in TASK.SPLITS
    }
    for split in ("train", "validation", "test"):
        assert drawn[split] == {space.name for space in spaces() if space.split == split}
    assert drawn["test_phrasing"] == drawn["train"]
    assert TASK.sample(5, TASK.setting("default"), "test_phrasing").public["phrasing"] == "test"


@pytest.mark.parametrize(("dimensions", "counts"), [(1, {1}), (2, {2}), (3, {2, 3}), (0, {2, 3, 4, 5})])
def test_as_many_dimensions_count_as_the_setting_says(dimensions: int, counts: set[int]) -> None:
    setting = TASK.setting("default", {"dimensions": dimensions})
    assert {len(TASK.sample(k * 977, setting, "train").public["dimensions"]) for k in range(200)} == counts


def test_every_point_is_as_likely() -> None:
    setting = TASK.setting("default", {"dimensions": 1})
    drawn: dict[str, Counter[float]] = {}
    for key in range(4000):
        ((name, value),) = TASK.sample(key * 0x9E3779B97F4A7C15 >> 3, setting, "train").user_brief["point"].items()
        drawn.setdefault(name, Counter())[value] += 1
    for space in spaces():
        for d in space.dimensions:
            assert d.name not in drawn or space.split != "train" or set(drawn[d.name]) == set(d.levels)


ROW: dict[str, Any] = {
    "name": "tea",
    "split": "train",
    "title": "a tea",
    "openings": ["Tea, please."],
    "dimensions": [
        {
            "name": "milk",
            "label": "milk",
            "unit": "ml",
            "units": ["ml"],
            "low": 0,
            "high": 40,
            "step": 10,
            "cues": ["milk"],
        }
        | {key: [] for key in ("too_much", "too_little", "strong", "weak", "stronger", "weaker")}
    ],
}


@pytest.mark.parametrize(
    ("change", "dimension", "complaint"),
    [
        ({}, {"step": 15}, "'milk': 0 to 40 holds no whole number of steps of 15; choose a step"),
        ({}, {"step": 0}, "holds no whole number of steps of 0"),
        ({}, {"colour": "white"}, "dimension 'milk'.*colour.*see `Dimension`"),
        ({"openings": None}, {}, "design space 'tea': field 'openings' is missing"),
    ],
)
def test_a_bad_row_of_data_is_refused_with_its_place(
    change: dict[str, Any], dimension: dict[str, Any], complaint: str
) -> None:
    assert space_of(ROW).size == 5
    row = {**ROW, "dimensions": [{**ROW["dimensions"][0], **dimension}]}
    row = {key: value for key, value in (row | change).items() if value is not None}
    with pytest.raises(DataError, match=complaint):
        space_of(row)


@pytest.mark.parametrize(
    ("knobs", "complaint"),
    [
        ({"dimensions": 6}, "dimensions must be 0"),
        ({"feedback": "direct"}, "did you mean 'direction'"),
        ({"noise": 0.6}, "noise must be a share"),
        ({"interaction": 0.5}, "interaction must be in"),
        ({"reach": 0.0}, "reach must be a share"),
        ({"reach": "wide"}, "takes float"),
    ],
)
def test_a_knob_out_of_range_is_refused(knobs: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        TASK.setting("default", knobs)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("PROPOSE: salt: 3 g; chilli: 2 g; cream: 100 ml", {"salt": 3, "chilli": 2, "cream": 100}),
        ("cream 50 ml, salt 2", {"salt": 2, "cream": 50}),
        ("Salt = 3", {"salt": 3}),
        ("3 g", {}),  # of salt or of chilli?
        ("100 ml", {"cream": 100}),
        ("3 g of salt, 4 g of salt", {}),
        ("3 g or 4 g of salt and 50 ml cream", {}),
        ("3 g of salt. 3 g of salt!", {"salt": 3}),
        ("salt: 1,200 g", {"salt": 1200}),
        ("salt: 2.5 g.", {"salt": 2.5}),
        ("salt: -2 g", {"salt": -2}),
        ("three grams of salt", {"salt": 3}),
        ("twenty-five ml of cream", {"cream": 25}),
        ("two hundred ml of cream", {"cream": 200}),
        ("from 4 g of salt to 2 g", {"salt": 2}),
        ("salt from 4 g to 2 g", {"salt": 2}),
        ("no salt", {"salt": 0}),
        ("For the salt, let's say 4.", {"salt": 4}),
        ("salt salt salt", {}),
        ("", {}),
        ("salt: " + "9" * 400, {}),
        ("salt: 1e400", {}),
        ("salt: nan", {}),
        ("salt: ٣", {"salt": 3}),
        ("a hundred and fifty ml of cream", {"cream": 150}),
        ("one dl of cream", {"cream": 100}),
        ("4 g of slat and 100 ml of craem", {"salt": 4, "cream": 100}),
        ("skip the chilli altogether", {"chilli": 0}),
        ("leave the cream out", {"cream": 0}),
        ("salt - none", {"salt": 0}),
        ("which of the three should I change: salt, chilli or cream?", {}),
        ("here is one with more salt", {}),
        ("salt 4 g... wait, I mean 5 g", {"salt": 5}),
        ("4 g of salt, no, make that 5", {"salt": 5}),
        ("anything from 2 to 4 g of salt", {}),
        ("salt somewhere from 2 g to 4 g", {}),
        ("around 2 to 4 g of salt", {}),
        ("by another gram of salt", {}),
        ("2 g less salt", {}),
        ("up by 25 ml to 125 ml of cream", {"cream": 125}),
        ("I won't go above 5 g of salt", {}),
        ("so 5 g of salt was too much for you", {}),
        ("you said 5 g of salt was too much, so 4 g of salt", {"salt": 4}),
        ("most cooks use 3 g of salt", {}),
        ("What if the salt were 3 g?", {"salt": 3}),
        ("Why don't we try 3 g of salt?", {"salt": 3}),
    ],
)
def test_values_are_read_from_free_text(text: str, point: dict[str, float]) -> None:
    assert read_point(text, SOUP) == point


def test_a_unit_that_one_dimension_has_needs_no_name() -> None:
    assert read_point("4 g, 35 minutes at 230 °C", LOAF) == {"yeast": 4, "oven": 230, "time": 35}
    assert read_point("110 bpm with 20% and 2 seconds", MIX) == {"tempo": 110, "reverb": 20, "gap": 2}
    assert read_point("3 dB", MIX) == {}  # of bass or of treble?
    assert read_point("7 g for half an hour", LOAF) == {"yeast": 7, "time": 30}


def test_other_units_are_converted_but_only_where_nothing_else_is_measured_in_them_or_it_is_named() -> None:
    fit = next(s for s in spaces() if s.name == "bicycle_fit")
    assert read_point("the bars at 48 cm", fit) == {"reach": 480}
    assert read_point("70 cm", fit) == {"saddle": 70}
    assert read_point("an hour and a half at 230 degrees", LOAF) == {"oven": 230, "time": 90}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("It's still a bit salty.", {"salt": MUCH}),
        ("Less salt, more cream.", {"salt": MUCH, "cream": LITTLE}),
        ("Not too salty.", {}),
        ("Neither too salty nor too creamy, but it could be spicier.", {"chilli": LITTLE}),
        ("Not salty or spicy enough.", {"salt": LITTLE, "chilli": LITTLE}),
        ("It's less spicy than I'd like.", {"chilli": LITTLE}),
        ("It's saltier than before.", {}),
        ("Don't make it so salty.", {"salt": MUCH}),
        ("Don't add any more salt.", {}),
        ("I wouldn't mind more salt.", {"salt": LITTLE}),
        ("A pinch of salt wouldn't hurt.", {"salt": LITTLE}),
        ("I can hardly taste the salt.", {"salt": LITTLE}),
        ("The salt is nice, but there's too much of the cream.", {"cream": MUCH}),
        ("Turn the chilli down a notch.", {"chilli": MUCH}),
        ("the slat is to strong", {"salt": MUCH}),
        ("The cream? It's a bit much.", {"cream": MUCH}),
        ("More butter, please!", {}),
        ("My husband says it's too salty.", {}),
        ("Is it too salty?", {}),
        ("Would more cream help?", {}),
        ("Isn't it too salty?", {"salt": MUCH}),
        ("Why is it so salty?", {"salt": MUCH}),
        ("How come it's too salty?", {"salt": MUCH}),
        ("Why salt?", {}),
        ("Could it be a bit creamier?", {"cream": LITTLE}),
        ("Tell me if it's too salty.", {}),
        ("The last one was too salty.", {}),
        ("You're too hot to handle.", {}),
        ("Closer, but still too salty.", {"salt": MUCH, PROPOSAL: "closer"}),
        ("The one before was better.", {PROPOSAL: "farther"}),
        ("I prefer this to the last one.", {PROPOSAL: "closer"}),
        ("It isn't any better.", {PROPOSAL: "same"}),
        ("No change for the better or the worse.", {PROPOSAL: "same"}),
        ("The shop is closer than the station.", {}),
        ("Better wait a minute.", {}),
        ("The salt is just right.", {}),
        ("Almost perfect.", {}),
        ("Not exactly what I wanted.", {PROPOSAL: "wrong"}),
        ("Perfect, if only it were a bit creamier.", {"cream": LITTLE}),
        ("Hm, no.", {PROPOSAL: "wrong"}),
    ],
)
def test_complaints_and_verdicts_are_read_in_other_words(said: str, meant: dict[str, str]) -> None:
    assert {act.slot: act.value for act in PointActs(SOUP, "train").read(said, ())} == meant


def test_a_word_for_several_dimensions_is_about_the_one_that_is_named() -> None:
    acts = PointActs(next(s for s in spaces() if s.name == "home_heating"), "train")
    assert acts.read("It's too cold.", ()) == ()
    assert acts.read("The nights are too cold.", ()) == (Act("inform", "night", LITTLE),)
    assert set(acts.read("The days and the nights are too cold.", ())) == {
        Act("inform", name, LITTLE) for name in ("day", "night")
    }


@pytest.mark.parametrize(
    ("written", "meant", "slipped"),
    [
        ("slat", "salt", True),
        ("enuogh", "enough", True),
        ("corse", "coarse", True),
        ("leave", "leaven", False),  # an ending
        ("butter", "better", False),
        ("sat", "salt", False),
        ("other", "mother", False),
    ],
)
def test_a_slip_is_one_letter_that_no_other_word_comes_of(written: str, meant: str, slipped: bool) -> None:
    assert slip(written, meant) == slipped


@each_space
def test_every_point_is_read_from_its_own_writing(space: Space) -> None:
    for point in (dict(zip(space.by_name, values, strict=True)) for values in _corners(space)):
        assert read_point(space.write(point), space) == point
        assert space.point(space.key(point)) == point
        acts = PointActs(space, "test")
        for key in range(6):
            assert acts.parse(acts.phrase(Act("ask", space.key(point)), key)) == (Act("ask", space.key(point)),)


def _corners(space: Space) -> list[tuple[float, ...]]:
    return list(product(*((d.low, d.levels[1], d.high) for d in space.dimensions)))


def test_what_is_left_out_of_a_proposal_stays_as_it_was_at_first_in_the_middle() -> None:
    scenario = TASK.sample(3, TASK.setting("default"), "train")
    space = space_in(scenario.public)
    one, two, three = space.dimensions
    dialogue = talk(TASK, scenario, f"PROPOSE: {one.write(one.low)}", "Hm.", f"PROPOSE: {two.write(two.high)}")
    view = agent_view(TASK, TASK.setting("default"), scenario, dialogue)
    made = [point for point, _ in TASK.reactions(view)]
    assert made == [
        {one.name: one.low, two.name: two.middle, three.name: three.middle},
        {one.name: one.low, two.name: two.high, three.name: three.middle},
    ]


def test_a_commitment_is_the_only_act_of_its_utterance() -> None:
    acts = PointActs(SOUP, "train")
    assert acts.parse("Salt 3 g?\nANSWER: salt: 4") == (Act("commit", value="salt: 4"),)


@pytest.mark.parametrize("setting", TASK.SETTINGS, ids=lambda setting: setting.name)
def test_the_system_message_and_the_brief_tell_what_they_should(setting: Setting) -> None:
    scenario = TASK.sample(11, setting, "train")
    told = TASK.describe(scenario.public, None)
    space = space_in(scenario.public)
    assert all(f"- {d.label}: {d.low:g} to {d.high:g}" in told for d in space.dimensions)
    assert ("by chance" in told) == (scenario.public["noise"] > 0)
    assert ("felt in another" in told) == (scenario.public["interaction"] > 0)
    example = told.rpartition("ANSWER: ")[2]
    assert read_point(example, space) == {d.name: d.middle for d in space.dimensions}
    secret = TASK.brief(scenario.public, scenario.user_brief)
    assert all(d.write(scenario.user_brief["point"][d.name]) in secret for d in space.dimensions)


def test_the_opening_says_nothing_of_the_point() -> None:
    setting = TASK.setting("default")
    by_public: dict[str, set[str]] = {}
    for key in range(300):
        made = TASK.sample(key * 977, setting, "train")
        view = user_view(TASK, made)
        assert TASK.truth(view) == (Act("request"),)
        by_public.setdefault(made.public["space"], set()).add(TASK.say(view, TASK.truth(view), 1))
    assert all(len(said) == 1 for said in by_public.values())
