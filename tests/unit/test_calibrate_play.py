"""Calibrate as it is played: what the user reacts, how commitments are graded, and what personas make of it."""

from collections.abc import Mapping
from itertools import product
from math import erf, sqrt
from typing import Any

import numpy as np
import pytest
from pragenv_simulators.personas import Inexpert, Noisy, OverDisclosing, Terse, Typist, Verbose
from pragenv_simulators.scripted import Scripted
from talk import committed, talk, user_view, within

from pragenv.protocols import UserView
from pragenv.tasks.calibrate import Calibrate
from pragenv.tasks.calibrate.context import feeling_in, space_in
from pragenv.tasks.calibrate.space import Space, spaces
from pragenv.types import Act, FrozenDict, Message, Scenario, mix

TASK = Calibrate()
Point = Mapping[str, float]
SOUP = {"salt": 3.0, "chilli": 2.0, "cream": 100.0}


def wanting(point: Point, name: str = "tomato_soup", slips: int = 0, split: str = "train", **knobs: Any) -> Scenario:
    """The scenario of a space with all its dimensions whose user wants this point."""
    setting = TASK.setting("default", {"dimensions": 0, **knobs})
    publics = (TASK.sample(key * 977, setting, split).public for key in range(400))
    public = next(public for public in publics if public["space"] == name)
    return Scenario(public, {"point": point, "slips": slips})


def after(scenario: Scenario, *made: Point | str) -> UserView:
    """What the user knows after these proposals (or other words)."""
    space = space_in(scenario.public)
    said = [text if isinstance(text, str) else f"PROPOSE: {space.write(text)}" for text in made]
    dialogue = (*talk(TASK, scenario, *said[:-1]), Message("assistant", said[-1]))
    return user_view(TASK, scenario, dialogue)


def reaction(scenario: Scenario, *made: Point | str) -> dict[str, str]:
    acts = TASK.truth(after(scenario, *made))
    assert all(act.kind == "inform" for act in acts), acts
    return {act.slot: act.value for act in acts}


def test_the_dimension_that_is_most_off_in_its_range_is_named() -> None:
    soup = wanting(SOUP)
    assert reaction(soup, {**SOUP, "salt": 5, "chilli": 3}) == {"salt": "too_much"}  # 2/8 and 1/6
    assert reaction(soup, {**SOUP, "salt": 4, "chilli": 0}) == {"chilli": "too_little"}  # 1/8 and 2/6
    assert reaction(soup, {"salt": 0, "chilli": 2, "cream": 0}) == {"cream": "too_little"}  # 3/8 and 4/8
    assert reaction(soup, SOUP) == {"proposal": "right"}
    assert reaction(soup, {**SOUP, "salt": 3.4}) == {"proposal": "right"}  # within half a step
    assert reaction(soup, {**SOUP, "salt": 3.6}) == {"salt": "too_much"}
    assert reaction(soup, {**SOUP, "salt": 900}) == {"salt": "too_much"}


def test_of_several_feedbacks_all_that_is_off_is_named() -> None:
    soup = wanting(SOUP, feedback="directions")
    assert reaction(soup, {"salt": 5, "chilli": 1, "cream": 100}) == {"salt": "too_much", "chilli": "too_little"}
    assert reaction(soup, SOUP) == {"proposal": "right"}


def test_a_comparison_is_with_the_proposal_before() -> None:
    soup = wanting(SOUP, feedback="comparison")
    far, near, mirrored = {**SOUP, "salt": 6}, {**SOUP, "salt": 4}, {**SOUP, "salt": 2}
    assert reaction(soup, far) == {"proposal": "wrong"}
    assert reaction(soup, far, near) == {"proposal": "closer"}
    assert reaction(soup, near, far) == {"proposal": "farther"}
    assert reaction(soup, near, mirrored) == {"proposal": "same"}
    assert reaction(soup, far, "Hm, what now?", near) == {"proposal": "closer"}
    assert reaction(soup, near, SOUP) == {"proposal": "right"}


@pytest.mark.parametrize("said", ["", "Hm.", "How do you like it?", "3 g or 4 g of salt?", "Thanks!", "中文？"])
def test_what_proposes_nothing_is_answered_as_such(said: str) -> None:
    assert TASK.truth(after(wanting(SOUP), SOUP, said)) == (Act("not_understood"),)


def test_with_interaction_a_dimension_is_felt_through_the_one_before_it() -> None:
    plain, mixed = (wanting(SOUP, interaction=c, feedback="directions") for c in (0.0, 0.4))
    too_hot = {**SOUP, "chilli": 6}  # 4/6 of the range: 0.27 is felt in cream, the next
    assert reaction(plain, too_hot) == {"chilli": "too_much"}
    assert reaction(mixed, too_hot) == {"chilli": "too_much", "cream": "too_much"}
    too_rich = {**SOUP, "cream": 200}  # the first dimension follows the last
    assert reaction(mixed, too_rich) == {"cream": "too_much", "salt": "too_much"}


@pytest.mark.parametrize("space", spaces(), ids=lambda space: space.name)
@pytest.mark.parametrize("interaction", [0.0, 0.4, 0.49])
def test_without_noise_only_the_point_itself_is_felt_to_be_right(space: Space, interaction: float) -> None:
    setting = TASK.setting("default", {"dimensions": 0, "interaction": interaction})
    drawn = (TASK.sample(key * 977, setting, space.split).public for key in range(400))
    feeling = feeling_in(next(public for public in drawn if public["space"] == space.name))
    steps = np.array(list(product(range(-2, 3), repeat=len(space.dimensions)))) * 2 * np.array(feeling.halves)
    off = feeling.felt(steps)
    right = (np.abs(off) < np.array(feeling.halves) - 1e-9).all(axis=1)
    assert right.sum() == 1
    assert not steps[right].any()


@pytest.mark.parametrize(("value", "excess"), [(3.0, 0.0), (4.0, 0.125), (5.0, 0.25), (2.0, -0.125)])
def test_noise_is_normal_with_the_declared_standard_deviation(value: float, excess: float) -> None:
    """Too much is felt where the deviation and the noise together exceed half a step (Thurstone's case V)."""
    n, noise, half = 1500, 0.1, 0.0625
    felt = 0
    for i in range(n):
        soup = noisy_soup(mix(41, i), noise)
        felt += reaction(soup, {**SOUP, "salt": value}).get("salt") == "too_much"
    assert within(felt, n, 0.5 * (1 + erf((excess - half) / (noise * sqrt(2)))))


_noisy = wanting(SOUP, noise=0.1, feedback="directions")


def noisy_soup(slips: int, noise: float) -> Scenario:
    assert _noisy.public["noise"] == noise
    return Scenario(_noisy.public, FrozenDict(point=FrozenDict(SOUP), slips=slips))


def test_noise_is_drawn_anew_in_each_turn_and_is_the_scenarios_own() -> None:
    made = [{**SOUP, "salt": 4}] * 12
    soup = noisy_soup(7, 0.1)
    told = [TASK.truth(after(soup, *made[:n])) for n in range(1, 13)]
    assert len(set(told)) > 1
    assert told == [TASK.truth(after(soup, *made[:n])) for n in range(1, 13)]
    assert told != [TASK.truth(after(noisy_soup(8, 0.1), *made[:n])) for n in range(1, 13)]
    other_user = after(soup, *made[:5])
    assert TASK.truth(other_user._replace(keys=other_user.keys._replace(episode=99))) == told[4]


@pytest.mark.parametrize("setting", ["default", "comparison", "directions", "hard"])
def test_what_is_said_holds_and_its_opposite_does_not(setting: str) -> None:
    flipped = {"too_much": "too_little", "too_little": "too_much", "closer": "farther", "farther": "closer"}
    checked = 0
    for key in range(60):
        scenario = TASK.sample(mix(5, key), TASK.setting(setting), "train")
        acts = TASK.acts(user_view(TASK, scenario))
        view = after(scenario, *(acts.phrase(act, key) for act in acts.menu[:2]))
        for act in TASK.truth(view):
            assert TASK.holds(view, act)
            if act.value in flipped:
                assert not TASK.holds(view, act._replace(value=flipped[act.value]))
                assert not TASK.holds(view, Act("inform", "proposal", "right"))
                checked += 1
    assert checked >= 50


def test_the_grade_is_the_mean_closeness_of_the_dimensions() -> None:
    soup = wanting(SOUP)

    def score(text: str) -> float:
        verdict = TASK.grade(soup, committed((), f"ANSWER: {text}"))
        assert verdict.solved == (verdict.score == 1.0)
        assert verdict.score is not None
        return verdict.score

    assert score("salt: 3; chilli: 2; cream: 100") == 1.0
    assert score("salt: 4; chilli: 2; cream: 100") == pytest.approx((0.5 + 1 + 1) / 3)  # an eighth of the range off
    assert score("salt: 5; chilli: 2; cream: 100") == pytest.approx(2 / 3)
    assert score("salt: 0; chilli: 2; cream: 100") == pytest.approx(2 / 3)
    assert score("salt: 3; chilli: 2; cream: 101") == pytest.approx((2 + 1 - 1 / 50) / 3)
    assert score("salt: 3; cream: 100") == pytest.approx(2 / 3)
    assert score("salt: 2; salt: 3; chilli: 2; cream: 100") == pytest.approx(2 / 3)
    assert score("salt 2 or 3 g, chilli 2 g, cream 100 ml") < 1
    assert score("I give up.") == 0.0
    assert score("salt: 3 g, chilli: 2 g and cream: 100 ml. Enjoy!") == 1.0


def test_listing_every_level_earns_nothing() -> None:
    soup = wanting(SOUP)
    for joint in ("; ", "\n", ", ", " or ", " and "):
        listed = joint.join(d.write(level) for d in space_in(soup.public).dimensions for level in d.levels)
        assert TASK.grade(soup, committed((), f"ANSWER: {listed}")).score == 0.0


def test_a_verdict_says_what_is_off() -> None:
    soup = wanting(SOUP)
    verdict = TASK.grade(soup, committed((), "ANSWER: salt: 4; chilli: 2"))
    assert verdict.reason == "off in salt by 1, cream, which is not given; it was salt: 3 g; chilli: 2 g; cream: 100 ml"
    assert TASK.grade(soup, committed((), "salt: 3 g; chilli: 2 g; cream: 100 ml")).reason == "no answer was given"


@pytest.mark.parametrize("reach", [0.25, 0.1, 1.0])
def test_chance_is_the_mean_grade_of_all_points(reach: float) -> None:
    poster = wanting({"headline": 50.0, "margin": 25.0}, "poster", split="test", reach=reach)
    space = space_in(poster.public)
    points = [
        dict(zip(space.by_name, values, strict=True)) for values in product(*(d.levels for d in space.dimensions))
    ]
    scores = [TASK.grade(poster, committed((), f"ANSWER: {space.write(point)}")).score for point in points]
    assert len(scores) == 81
    assert TASK.chance(poster) == pytest.approx(np.mean([score or 0.0 for score in scores]))


def test_a_mistaken_user_reacts_otherwise() -> None:
    changed = 0
    for key in range(60):
        scenario = TASK.sample(mix(6, key), TASK.setting("default"), "train")
        view = after(
            scenario, TASK.acts(user_view(TASK, scenario)).phrase(TASK.acts(user_view(TASK, scenario)).menu[0], 0)
        )
        mistaken = TASK.corrupt(view, mix(7, key))
        changed += TASK.truth(mistaken) != TASK.truth(view)
        assert mistaken.user_brief["slips"] == view.user_brief["slips"]
    assert changed >= 55


def test_terse_users_say_the_barest_and_verbose_ones_are_understood_too() -> None:
    soup = wanting(SOUP, feedback="directions")
    view = after(soup, {"salt": 5, "chilli": 1, "cream": 100})
    assert Terse(Scripted()).reply(view).text == "Too salty. Not spicy enough."
    said = Verbose(Scripted()).reply(view).text
    assert len(said) > len("Too salty. Not spicy enough.")
    acts = TASK.acts(view)
    assert {(a.slot, a.value) for a in acts.read(said, ())} == {("salt", "too_much"), ("chilli", "too_little")}


def test_a_noisy_persona_errs_as_often_as_it_says() -> None:
    soup = wanting(SOUP)
    n = 1000
    base = after(soup, {**SOUP, "salt": 5})
    erred = 0
    for i in range(n):
        turn = Noisy(Scripted(), 0.3).reply(base._replace(keys=base.keys._replace(episode=mix(3, i))))
        read = TASK.acts(base).read(turn.text, ())
        assert (read != TASK.truth(base)) == bool(turn.info.get("erred"))
        erred += read != TASK.truth(base)
    assert within(erred, n, 0.3)


def test_an_over_disclosing_persona_adds_a_true_complaint() -> None:
    view = after(wanting(SOUP), {"salt": 5, "chilli": 1, "cream": 100})
    said = OverDisclosing(Scripted(), 1.0).reply(view).text
    read = TASK.acts(view).read(said, ())
    assert {(act.slot, act.value) for act in read} == {("salt", "too_much"), ("chilli", "too_little")}
    assert all(TASK.holds(view, act) for act in read)
    assert TASK.volunteer(after(wanting(SOUP), SOUP)) == ()


def test_an_inexpert_persona_must_be_told_a_proposal_twice() -> None:
    soup = wanting(SOUP)
    once, twice = after(soup, {**SOUP, "salt": 5}), after(soup, {**SOUP, "salt": 5}, {**SOUP, "salt": 5})
    puzzled = Inexpert(Scripted(), 1.0).reply(once)
    assert puzzled.info["puzzled"] == "salt: 5; chilli: 2; cream: 100"
    assert TASK.acts(once).read(puzzled.text, ()) == ()
    assert Inexpert(Scripted(), 1.0).reply(twice).text == Scripted().reply(twice).text


def test_slips_of_the_pen_seldom_hide_a_reaction_and_seldom_turn_it_round() -> None:
    n = wrong = lost = 0
    for key in range(400):
        scenario = TASK.sample(mix(8, key), TASK.setting("default"), "train")
        acts = TASK.acts(user_view(TASK, scenario))
        view = after(scenario, acts.phrase(acts.menu[key % len(acts.menu)], key))._replace(turn=1)
        view = view._replace(keys=view.keys._replace(episode=mix(9, key)))
        read, meant = acts.read(Typist(Scripted()).reply(view).text, ()), TASK.truth(view)
        n, lost, wrong = n + 1, lost + (read == ()), wrong + (read not in ((), meant))
    assert lost <= 0.05 * n
    assert wrong <= 0.02 * n
