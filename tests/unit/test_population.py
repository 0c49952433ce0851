"""Personas around personas, and the population: who is drawn, that it is recorded, and that it holds."""

import json
import math
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from minimal import Saying, coin_env
from pragenv_simulators.personas import OverDisclosing, Persona, Population, Terse, Typist, Verbose
from pragenv_simulators.scripted import Scripted
from scipy import stats
from talk import ALPHA, views

from pragenv.registration import make_env, make_simulator, simulators
from pragenv.tasks.clarify import Clarify
from pragenv.testing.statistic import poisson_binomial
from pragenv.types import EndReason, mix

CLARIFY = Clarify()
PLAIN = Scripted()
N = 20_000
NAMES = ["cooperative", "terse", "verbose", "impatient", "over_disclosing", "noisy", "inexpert", "typist", "population"]


def test_personas_compose_the_first_named_innermost() -> None:
    user = make_simulator("scripted", "terse+over_disclosing + typist")
    chain = []
    while isinstance(user, Persona):
        chain.append(type(user))
        user = user.user
    assert (chain, type(user)) == ([Typist, OverDisclosing, Terse], Scripted)


def test_the_outer_persona_works_on_what_the_inner_one_said() -> None:
    view = next(views(CLARIFY, 1, opening=True))
    extra = OverDisclosing(PLAIN, 1.0).reply(view).text[len(PLAIN.reply(view).text) + 1 :]
    assert extra
    assert OverDisclosing(Typist(PLAIN, 1.0), 1.0).reply(view).text.endswith(extra)
    assert not Typist(OverDisclosing(PLAIN, 1.0), 1.0).reply(view).text.endswith(extra)


@pytest.mark.parametrize("name", NAMES)
def test_every_persona_wraps_a_user_that_it_does_not_know(name: str) -> None:
    leaving = simulators.make(name, user=Saying("I am leaving now.", end="satisfied", at=1))
    turns = [leaving.reply(view) for view in views(CLARIFY, 60)]
    assert {turn.end for turn in turns if "puzzled" not in turn.info} == {"satisfied"}
    talking = simulators.make(name, user=Saying("Hm."))
    assert sum(talking.reply(view).text.startswith("Hm.") for view in views(CLARIFY, 60)) > 30


@pytest.mark.parametrize("name", NAMES)
def test_every_persona_is_known_by_name_and_works_around_any_task(name: str) -> None:
    assert name in simulators.names()
    env = coin_env(make_simulator("scripted", name))
    env.reset(seed=1)
    env.step("Which side is up?")
    assert env.end_reason is not EndReason.SIMULATOR_ERROR, env.error


@cache
def people() -> tuple[Any, ...]:
    return tuple(Population.draw(mix(77, i)) for i in range(N))


def column(name: str) -> np.ndarray:
    return np.array([person[name] for person in people()], dtype=float)


def test_expertise_is_uniform_and_accuracy_follows_from_it() -> None:
    expertise = column("expertise")
    # Traits are rounded to four places, which the test would see; a little noise of that width undoes it.
    spread = np.clip(expertise + np.random.default_rng(0).uniform(-5e-5, 5e-5, N), 0, 1)
    assert stats.kstest(spread, "uniform").pvalue > ALPHA
    assert np.abs(column("accuracy") - (0.85 + 0.15 * expertise)).max() < 2e-4


def test_given_expertise_disclosure_is_drawn_as_declared() -> None:
    expertise, disclosure = column("expertise"), column("disclosure")
    clear = expertise > 0.2
    u = (1 - disclosure[clear] / 0.4) / expertise[clear]
    assert (u > -0.01).all()
    assert (u < 1.01).all()
    assert stats.kstest(u, "uniform").pvalue > ALPHA
    assert abs(stats.spearmanr(u, expertise[clear]).statistic) < 4.5 / math.sqrt(clear.sum())


def test_patience_is_four_and_a_geometric_number_with_mean_six() -> None:
    counts = Counter(person["patience"] - 4 for person in people())
    assert min(counts) == 0
    expected = [N / 7 * (6 / 7) ** k for k in range(20)]
    observed = [counts[k] for k in range(20)]
    assert stats.chisquare([*observed, N - sum(observed)], [*expected, N - sum(expected)]).pvalue > ALPHA


@pytest.mark.parametrize(
    ("manner", "chance"),
    [("terse", lambda e: 0.2 + 0.2 * e), ("plain", lambda e: 0.5 - 0.2 * e), ("verbose", lambda e: 0.3)],
)
def test_given_expertise_verbosity_is_drawn_as_declared(manner: str, chance: Any) -> None:
    for low, high in ((0, 0.5), (0.5, 1.01)):
        some = [person for person in people()[:4000] if low <= person["expertise"] < high]
        hits = sum(person["verbosity"] == manner for person in some)
        assert poisson_binomial(hits, [chance(person["expertise"]) for person in some]) > ALPHA


def test_patience_and_manner_are_drawn_apart_from_each_other() -> None:
    table = Counter((person["verbosity"], min(person["patience"], 12)) for person in people())
    rows = [[table[manner, patience] for patience in range(4, 13)] for manner in ("terse", "plain", "verbose")]
    # Expertise moves the manner but not the patience.
    assert stats.chi2_contingency(rows).pvalue > ALPHA


@pytest.mark.parametrize("task", ["clarify", "twenty_questions"])
def test_traits_are_recorded_in_every_turn_and_constant_within_an_episode(task: str) -> None:
    env = make_env(
        task, simulator="scripted", persona="population", setting="vague" if task == "clarify" else "default"
    )
    seen = set()
    for seed in range(40):
        env.reset(seed=seed)
        while env.end_reason is None:
            env.step("Hm.")
        traits = {json.dumps(info["traits"], sort_keys=True) for info in env.user_info}
        assert len(traits) == 1
        assert sum(m.role == "user" for m in env.dialogue) == len(env.user_info)
        seen |= traits
    assert len(seen) == 40


def test_a_drawn_person_leaves_when_its_patience_ends() -> None:
    env = make_env("clarify", simulator="scripted", persona="population", knobs={"turn_limit": 40})
    for seed in range(40):
        env.reset(seed=seed)
        while env.end_reason is None:
            env.step("Hm.")
        patience = env.user_info[0]["traits"]["patience"]
        assert (env.end_reason, env.turn) == (
            (EndReason.USER_GAVE_UP, patience + 1) if patience < 40 else (EndReason.TURN_LIMIT, 40)
        )


def test_a_drawn_person_errs_as_often_as_its_accuracy_says() -> None:
    erred, chances = 0, []
    for view in views(CLARIFY, 4000):
        info = Population(PLAIN).reply(view).info
        if "puzzled" not in info:
            erred += bool(info.get("erred"))
            chances.append(1 - info["traits"]["accuracy"])
    assert poisson_binomial(erred, chances) > ALPHA


def test_a_drawn_person_speaks_in_its_manner() -> None:
    users = {"terse": Terse(PLAIN), "plain": PLAIN, "verbose": Verbose(PLAIN)}
    spoken = Counter[str]()
    for view in views(CLARIFY, 300):
        turn = Population(PLAIN).reply(view)
        if not turn.info.keys() & {"erred", "disclosed", "puzzled"}:
            manner = turn.info["traits"]["verbosity"]
            assert turn.text == users[manner].reply(view).text
            spoken[manner] += 1
    assert min(spoken[manner] for manner in users) > 20


def test_a_population_is_a_function_of_the_episode_key() -> None:
    for i in range(50):
        assert Population.draw(mix(5, i)) == Population.draw(mix(5, i))
    asked = list(views(CLARIFY, 30))
    first = [Population(PLAIN).reply(view) for view in asked]
    assert [Population(Scripted()).reply(view) for view in reversed(asked)][::-1] == first
