"""Twenty Questions' scenarios and settings: which concepts are possible, which is meant, and what is shown."""

import pickle
from collections import Counter
from typing import Any

import pytest
from scipy import stats
from talk import ALPHA

from pragenv.errors import ConfigError
from pragenv.registration import make_env
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.tasks.twenty_questions.knowledge import knowledge
from pragenv.types import mix

KNOWN = knowledge()
TASK = TwentyQuestions()


@pytest.mark.parametrize("setting", TASK.SETTINGS, ids=lambda s: s.name)
def test_a_scenario_is_a_function_of_its_key_and_holds_one_of_the_concepts_shown(setting: Any) -> None:
    twin = pickle.loads(pickle.dumps(TASK))  # noqa: S301
    drawn = [TASK.sample(mix(1, i), setting, "test") for i in range(60)]
    assert [twin.sample(mix(1, i), setting, "test") for i in reversed(range(60))][::-1] == drawn
    assert all(s.user_brief["concept"] in s.public["concepts"] for s in drawn)
    assert all(len(set(s.public["concepts"])) == len(s.public["concepts"]) for s in drawn)


@pytest.mark.parametrize(("setting", "size"), [("small", 16), ("medium", 64), ("costly", 16), ("default", 0)])
def test_so_many_concepts_are_possible_as_the_setting_says(setting: str, size: int) -> None:
    drawn = [TASK.sample(mix(2, i), TASK.setting(setting), "train") for i in range(200)]
    assert {len(s.public["concepts"]) for s in drawn} == {size or len(KNOWN.concepts)}
    assert all(TASK.chance(s) == 1 / len(s.public["concepts"]) for s in drawn)
    assert all(TASK.needs_asking(s) for s in drawn)


def test_every_concept_is_as_likely_to_be_possible_and_to_be_meant_as_any_other() -> None:
    setting = TASK.setting("default", {"domain": "food", "size": 10})
    drawn = [TASK.sample(mix(3, i), setting, "train") for i in range(4000)]
    food = [c.name for c in KNOWN.concepts if c.domain == "food"]
    meant = Counter(s.user_brief["concept"] for s in drawn)
    assert stats.chisquare([meant[c] for c in food]).pvalue > ALPHA
    shown = Counter(c for s in drawn for c in s.public["concepts"])
    assert min(stats.binomtest(shown[c], len(drawn), 10 / len(food)).pvalue for c in food) > ALPHA / len(food)


@pytest.mark.parametrize("domain", KNOWN.domains)
def test_a_domain_holds_its_own_concepts_only(domain: str) -> None:
    made = TASK.sample(5, TASK.setting("default", {"domain": domain}), "train")
    assert set(made.public["concepts"]) == {c.name for c in KNOWN.concepts if c.domain == domain}


def test_frequent_concepts_are_meant_more_often_and_the_prior_is_public() -> None:
    setting = TASK.setting("frequency", {"domain": "animals"})
    drawn = [TASK.sample(mix(4, i), setting, "train") for i in range(6000)]
    concepts, prior = drawn[0].public["concepts"], drawn[0].public["prior"]
    weights = {c.name: c.frequency for c in KNOWN.concepts if c.domain == "animals"}
    assert prior == pytest.approx([weights[c] / sum(weights.values()) for c in concepts])
    meant = Counter(s.user_brief["concept"] for s in drawn)
    assert stats.chisquare([meant[c] for c in concepts], [p * len(drawn) for p in prior]).pvalue > ALPHA
    text = TASK.describe(drawn[0].public, None)
    assert all(f"{c} ({p:.1%})" in text for c, p in zip(concepts, prior, strict=True))


def test_without_a_prior_the_description_lists_the_concepts_only() -> None:
    made = TASK.sample(1, TASK.setting("small"), "train")
    text = TASK.describe(made.public, None)
    assert ", ".join(made.public["concepts"]) in text
    assert made.public["prior"] is None
    assert "%" not in text


@pytest.mark.parametrize(
    ("knobs", "reason"),
    [
        ({"domain": "animal"}, r"unknown domain 'animal'; did you mean 'animals'\?"),
        ({"size": 1}, r"size must be 0 \(all\) or 2 to \d+, got 1"),
        ({"size": 100_000}, r"size must be"),
        ({"domain": "transport", "size": 100}, r"size must be 0 \(all\) or 2 to 18"),
        ({"prior": "zipf"}, r"prior must be 'uniform' or 'frequency', got 'zipf'"),
    ],
)
def test_knobs_out_of_range_are_refused(knobs: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make_env("twenty_questions", simulator="scripted", knobs=knobs)
