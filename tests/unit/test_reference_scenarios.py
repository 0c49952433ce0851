"""Reference's scenarios and settings: which objects are in sight, which is meant, and who knows what."""

import pickle
from collections import Counter
from typing import Any

import pytest
from scipy import stats
from talk import ALPHA, agent_view, within

from pragenv.errors import ConfigError
from pragenv.registration import make_env
from pragenv.tasks.reference import Reference
from pragenv.tasks.reference.rsa import game_of
from pragenv.tasks.reference.vocabulary import vocabulary
from pragenv.types import mix

TASK = Reference()
SPLITS = ("train", "validation", "test")


def drawn(setting: str, n: int, split: str = "train", seed: int = 1, **knobs: Any) -> list[Any]:
    return [TASK.sample(mix(seed, i), TASK.setting(setting, knobs), split) for i in range(n)]


@pytest.mark.parametrize("setting", TASK.SETTINGS, ids=lambda s: s.name)
def test_a_scenario_is_a_function_of_its_key_and_shows_as_many_objects_as_it_should(setting: Any) -> None:
    twin = pickle.loads(pickle.dumps(TASK))  # noqa: S301
    made = [TASK.sample(mix(1, i), setting, "test") for i in range(20)]
    assert [twin.sample(mix(1, i), setting, "test") for i in reversed(range(20))][::-1] == made
    for scenario in made:
        objects, attributes = scenario.public["objects"], scenario.public["attributes"]
        assert len(set(objects)) == len(objects) == setting.objects
        assert len(set(attributes)) == setting.attributes
        assert {len(values) for values in objects} == {setting.attributes}
        assert all(2 <= len(set(column)) <= 3 for column in zip(*objects, strict=True))
        assert TASK.chance(scenario) == 1 / setting.objects


def test_no_value_is_in_two_splits_and_each_split_has_its_own_only() -> None:
    for name, attribute in vocabulary().items():
        values = [set(attribute.values[split]) for split in SPLITS]
        assert len(set().union(*values)) == sum(map(len, values)), name
        assert min(map(len, values)) >= 3
    for split in (*SPLITS, "test_phrasing"):
        own = "train" if split == "test_phrasing" else split
        for scenario in drawn("default", 30, split):
            for values in scenario.public["objects"]:
                for name, value in zip(scenario.public["attributes"], values, strict=True):
                    assert value in vocabulary()[name].values[own]
            assert scenario.public["phrasing"] == split.replace("test_phrasing", "test")


def test_no_word_stands_for_two_things() -> None:
    meant = Counter(
        word
        for attribute in vocabulary().values()
        for word in (
            *attribute.cues,
            *(w for held in attribute.values.values() for value, other in held.items() for w in (value, *other)),
        )
    )
    assert [word for word, count in meant.items() if count > 1] == []


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_target_is_told_by_implicature_as_often_as_the_knob_says(share: float) -> None:
    made = drawn("default", 400, implicature=share)
    targets = [(game_of(s.public), s.agent_brief["target"]) for s in made]
    implied = sum(bool(game.implied[target]) for game, target in targets)
    assert within(implied, len(made), share) if 0 < share < 1 else implied == share * len(made)
    assert all(game.implied[target] != game.clear[target] for game, target in targets)
    assert [TASK.needs_asking(s) for s in made] == [not game.clear[target] for game, target in targets]


def test_whoever_listens_learns_nothing_of_the_target_from_the_context() -> None:
    """Places in the list, and objects that are special in any way, are meant as often as others are."""
    made = drawn("picking", 1000, implicature=0.5)
    games = [game_of(s.public) for s in made]
    assert within(sum(bool(game.implied.any()) for game in games), len(made), 0.5)
    places = Counter(s.user_brief["target"] for s in made)
    assert stats.chisquare([places[i] for i in range(4)]).pvalue > ALPHA
    odds = sum(float(game.implied.mean()) for game in games)
    hits = sum(bool(game.implied[s.user_brief["target"]]) for game, s in zip(games, made, strict=True))
    spread = sum(float(game.implied.mean() * (1 - game.implied.mean())) for game in games) ** 0.5
    assert abs(hits - odds) < stats.norm.isf(ALPHA / 2) * spread


@pytest.mark.parametrize("setting", ["picking_literal", "picking"])
def test_users_describe_as_speakers_of_their_depth_do(setting: str) -> None:
    """What they say has the mean probability that draws from those probabilities have."""
    made = drawn(setting, 600)
    chances = [game_of(s.public).speaker(s.public["depth"])[:, s.user_brief["target"]] for s in made]
    said = [game_of(s.public).index[s.user_brief["said"]] for s in made]
    mean = sum(float((p**2).sum()) for p in chances)
    got = sum(float(p[row]) for p, row in zip(chances, said, strict=True))
    spread = sum(float((p**3).sum() - (p**2).sum() ** 2) for p in chances) ** 0.5
    assert abs(got - mean) < stats.norm.isf(ALPHA / 2) * spread


def test_the_agent_is_told_the_target_only_where_it_speaks_and_the_user_only_where_it_does() -> None:
    (speaks,), (listens,) = drawn("default", 1), drawn("picking", 1)
    assert set(speaks.agent_brief) == {"target"}
    assert set(speaks.user_brief) == {"order", "draw"}
    assert sorted(speaks.user_brief["order"]) == list(range(4))
    assert listens.agent_brief is None
    assert set(listens.user_brief) == {"target", "said"}
    names = TASK.names(speaks.public)
    meant = names[speaks.agent_brief["target"]]
    assert f"which one is meant: the {meant}" in TASK.describe(speaks.public, speaks.agent_brief)
    assert all(name in TASK.brief(speaks.public, speaks.user_brief) for name in names)
    assert "1. " not in TASK.describe(speaks.public, speaks.agent_brief)  # the numbers are the user's
    text = TASK.describe(listens.public, None)
    assert all(f"{i}. {name}" in text for i, name in enumerate(TASK.names(listens.public), start=1))
    assert TASK.names(listens.public)[listens.user_brief["target"]] in TASK.brief(listens.public, listens.user_brief)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("literal", "takes you literally: whatever"),
        ("default", "to somebody who takes you literally"),
        ("deep", "to somebody who thinks about what you could have said"),
        ("default", "depth 1, alpha 4"),
        (
            "default",
            "the first feature counts. If it is torn, it asks back. Each of your words after the first costs 0.02",
        ),
        ("wordy", "the first two features count"),
        ("picking", "somebody who takes it literally would understand best"),
    ],
)
def test_how_the_user_reasons_is_stated(setting: str, told: str) -> None:
    env = make_env("reference", setting, simulator="scripted")
    assert told in env.reset(seed=1)[0][0]["content"]


def test_what_does_not_hold_is_not_announced() -> None:
    env = make_env("reference", "implied", simulator="scripted", knobs={"word_cost": 0.0})
    text = env.reset(seed=1)[0][0]["content"]
    assert "asks back" not in text
    assert "words" not in text.replace("your words are true of", "")


@pytest.mark.parametrize(
    ("knobs", "reason"),
    [
        ({"role": "both"}, "role must be 'speaker' or 'listener', got 'both'"),
        ({"objects": 2}, "objects must be 3 to 8 with 3 attributes, got 2"),
        ({"objects": 5, "attributes": 2}, "objects must be 3 to 4 with 2 attributes, got 5"),
        ({"attributes": 6}, "attributes must be 2 to 5, got 6"),
        ({"span": 3}, "span must be 1 or 2, got 3"),
        ({"depth": 3}, "depth must be 0, 1 or 2, got 3"),
        ({"alpha": 0.0}, "alpha must be above 0"),
        ({"word_cost": 0.6}, r"word_cost must be in \[0, 0.5\], got 0.6"),
        ({"implicature": 1.5}, r"implicature must be a share in \[0, 1\], got 1.5"),
        ({"span": 2, "attributes": 2}, "implicature must be 0 where a span of 2 gives each object"),
    ],
)
def test_a_knob_out_of_range_is_refused(knobs: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        TASK.setting("default", knobs)


@pytest.mark.parametrize("role", ["speaker", "listener"])
@pytest.mark.parametrize(
    "knobs",
    [
        {"objects": 3, "attributes": 2},
        {"objects": 4, "attributes": 2},
        {"objects": 8, "attributes": 3},
        {"objects": 8, "attributes": 5},
        {"objects": 4, "attributes": 3, "span": 2},
        {"objects": 8, "attributes": 5, "span": 2},
        {"objects": 3, "attributes": 2, "span": 2, "implicature": 0.0},
    ],
)
def test_the_corners_of_the_space_of_knobs_have_scenarios(role: str, knobs: dict[str, Any]) -> None:
    shares = {knobs.get("implicature", 1.0), 0.0}
    for share in shares:
        assert drawn("default", 2, role=role, **{**knobs, "implicature": share})


def test_a_space_without_such_contexts_is_refused_with_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pragenv.tasks.reference.scenarios._targets", lambda *_: [])
    monkeypatch.setattr("pragenv.tasks.reference.scenarios._TRIES", 3)
    with pytest.raises(ConfigError, match=r"no context with implicature in 3 draws of 4 objects .* change `objects`"):
        drawn("implied", 1)


def test_a_menu_holds_what_is_true_of_the_target_for_those_who_know_it() -> None:
    (scenario,) = drawn("default", 1)
    view = agent_view(TASK, TASK.setting("default"), scenario, ())
    values = scenario.public["objects"][scenario.agent_brief["target"]]
    assert [act.value for act in TASK.acts(view).menu] == list(values)
    (listens,) = drawn("picking", 1)
    menu = TASK.acts(agent_view(TASK, TASK.setting("picking"), listens, ())).menu
    assert [(act.kind, act.slot, act.value) for act in menu] == [("ask", n, "") for n in listens.public["attributes"]]
