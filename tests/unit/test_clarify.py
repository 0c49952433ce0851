"""Clarify's scenarios: what is drawn, what is shown, and in which order records come."""

import json
import pickle
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from talk import ALPHA, user_view, within

from pragenv.registration import make_env
from pragenv.tasks.clarify import Clarify
from pragenv.types import Scenario, mix

TASK = Clarify()
N = 2000


@cache
def drawn(setting: str = "default", split: str = "train", n: int = N, **knobs: Any) -> tuple[Scenario, ...]:
    chosen = TASK.setting(setting, knobs)
    return tuple(TASK.sample(mix(20_250, i), chosen, split) for i in range(n))


def partial(scenarios: tuple[Scenario, ...]) -> list[Scenario]:
    return [s for s in scenarios if len(s.user_brief["revealed"]) < len(s.user_brief["fields"])]


@pytest.mark.parametrize("setting", TASK.SETTINGS, ids=lambda s: s.name)
def test_a_scenario_is_a_function_of_its_key(setting: Any) -> None:
    twin = pickle.loads(pickle.dumps(TASK))  # noqa: S301
    for split in TASK.SPLITS:
        first = [TASK.sample(mix(1, i), setting, split) for i in range(40)]
        assert [twin.sample(mix(1, i), setting, split) for i in reversed(range(40))][::-1] == first
        assert len(set(first)) > 1


@pytest.mark.parametrize("setting", TASK.SETTINGS, ids=lambda s: s.name)
def test_the_intent_is_one_option_of_every_field_that_counts(setting: Any) -> None:
    for scenario in drawn(setting.name, n=300):
        brief = scenario.user_brief
        form = TASK.acts(user_view(TASK, scenario)).form
        assert tuple(brief["values"]) == brief["fields"] == tuple(f.name for f in form.fields)
        assert all(brief["values"][f.name] in f.options for f in form.fields)
        assert set(brief["revealed"]) <= set(brief["fields"])
        if not setting.hidden:
            shown = scenario.public["fields"]
            assert [(f["name"], f["options"]) for f in shown] == [(f.name, f.options) for f in form.fields]


@pytest.mark.parametrize("full", [0.0, 0.2, 0.5, 1.0])
def test_the_share_of_full_requests_is_as_declared(full: float) -> None:
    scenarios = drawn(full=full)
    hits = N - len(partial(scenarios))
    assert within(hits, N, full) if 0 < full < 1 else hits == full * N


@pytest.mark.parametrize(
    ("fields", "reveal", "least", "extra"), [(4, 0.4, 1, 0.6), (5, 0.25, 1, 0.25), (2, 0.3, 0, 0.6)]
)
def test_the_share_revealed_is_as_declared_rounded_at_random(
    fields: int, reveal: float, least: int, extra: float
) -> None:
    found = partial(drawn(fields=fields, reveal=reveal, full=0.1))
    found = [s for s in found if len(s.user_brief["fields"]) == fields]
    counts = Counter(len(s.user_brief["revealed"]) for s in found)
    assert set(counts) == {least, least + 1}
    assert within(counts[least + 1], len(found), extra)


def test_every_field_is_as_likely_to_be_revealed_as_any_other() -> None:
    found = [s for s in partial(drawn(fields=4, reveal=0.5, full=0.0)) if len(s.user_brief["fields"]) == 4]
    places = Counter(s.user_brief["fields"].index(name) for s in found for name in s.user_brief["revealed"])
    assert all(within(places[i], len(found), 0.5) for i in range(4))


@pytest.mark.parametrize("reveal", [0.0, 0.4, 0.99, 1.0])
def test_a_request_that_is_not_full_leaves_a_field_out(reveal: float) -> None:
    scenarios = drawn(reveal=reveal, full=0.0)
    assert len(partial(scenarios)) == N
    if reveal in (0.0, 1.0):
        missing = {len(s.user_brief["fields"]) - len(s.user_brief["revealed"]) for s in scenarios}
        assert missing == {1} if reveal else all(not s.user_brief["revealed"] for s in scenarios)


@pytest.mark.parametrize("fields", [1, 2, 3, 5])
def test_so_many_fields_count_all_equally_likely_and_in_the_forms_order(fields: int) -> None:
    scenarios = drawn(fields=fields)
    names = {form.name: [f.name for f in form.fields] for form in TASK._forms}
    for scenario in scenarios:
        every, chosen = names[scenario.user_brief["form"]], scenario.user_brief["fields"]
        assert len(chosen) == min(fields, len(every))
        assert sorted(chosen, key=every.index) == list(chosen)
    of_form = [s.user_brief for s in scenarios if s.user_brief["form"] == "city_break"]
    for name in names["city_break"]:
        assert within(sum(name in b["fields"] for b in of_form), len(of_form), fields / len(names["city_break"]))


def test_requests_may_be_about_few_forms_of_the_split_all_equally_likely() -> None:
    for split in TASK.SPLITS:
        seen = Counter(s.user_brief["form"] for s in drawn("few_forms", split))
        assert sorted(seen) == sorted({s.user_brief["form"] for s in drawn("small", split)})[:4]
        assert all(within(count, N, 1 / 4) for count in seen.values())


def test_without_skew_every_option_is_equally_likely_and_revealing_says_nothing_of_the_value() -> None:
    rows = []
    for scenario in drawn(reveal=0.5, full=0.0):
        brief = scenario.user_brief
        for field in scenario.public["fields"]:
            assert set(field["prior"]) == {1 / len(field["options"])}
            if len(field["options"]) == 4:
                rows.append(
                    (field["options"].index(brief["values"][field["name"]]), field["name"] in brief["revealed"])
                )
    counts = Counter(rows)
    table = [[counts[i, revealed] for i in range(4)] for revealed in (False, True)]
    assert stats.chisquare([a + b for a, b in zip(*table, strict=True)]).pvalue > ALPHA
    assert stats.chi2_contingency(table).pvalue > ALPHA


@pytest.mark.parametrize("skew", [0.7, 1.5, 5.0])
def test_skewed_options_follow_a_power_of_their_rank_and_the_prior_is_public(skew: float) -> None:
    ranks, places = Counter[int](), Counter[int]()
    weights = [(rank + 1) ** -skew for rank in range(4)]
    for scenario in drawn(skew=skew):
        assert scenario.public["skewed"]
        for field in scenario.public["fields"]:
            assert sum(field["prior"]) == pytest.approx(1)
            if len(field["options"]) == 4:
                order = sorted(field["prior"], reverse=True)
                assert order == pytest.approx([w / sum(weights) for w in weights])
                value = scenario.user_brief["values"][field["name"]]
                ranks[order.index(field["prior"][field["options"].index(value)])] += 1
                places[field["prior"].index(order[0])] += 1
    expected = [w / sum(weights) * ranks.total() for w in weights]
    assert stats.chisquare([ranks[i] for i in range(4)], expected).pvalue > ALPHA
    assert stats.chisquare([places[i] for i in range(4)]).pvalue > ALPHA


def test_in_conflict_the_truth_is_always_in_the_less_probable_half_evenly() -> None:
    ranks = Counter[int]()
    for scenario in drawn("conflict"):
        for field in scenario.public["fields"]:
            value = scenario.user_brief["values"][field["name"]]
            ascending = sorted(field["prior"])
            rank = ascending.index(field["prior"][field["options"].index(value)])
            assert rank < len(field["options"]) // 2
            if len(field["options"]) in (4, 5):
                ranks[rank] += 1
    assert within(ranks[0], ranks.total(), 0.5)


@pytest.mark.parametrize("revision", [0.3, 1.0])
def test_a_revision_is_as_frequent_as_declared_and_changes_a_value_at_the_second_or_third_turn(revision: float) -> None:
    planned = [s.user_brief for s in drawn(revision=revision, full=0.0) if s.user_brief["revision"]]
    assert within(len(planned), N, revision) if revision < 1 else len(planned) == N
    for brief in planned:
        change = brief["revision"]
        assert change["value"] != brief["values"][change["field"]]
        assert change["value"] in TASK._by_name[brief["form"]].by_name[change["field"]].options
    turns = Counter(brief["revision"]["turn"] for brief in planned)
    assert set(turns) == {1, 2}
    assert within(turns[1], len(planned), 0.5)


def test_no_revision_is_planned_unless_declared() -> None:
    assert all(s.user_brief["revision"] is None for s in drawn())


def test_of_a_hidden_form_the_agent_is_shown_the_title_only() -> None:
    rests = set()
    for scenario in drawn("hidden_form", n=300):
        form = TASK._by_name[scenario.user_brief["form"]]
        assert scenario.agent_brief is None
        rules = {"grading": "exact", "skewed": False}
        assert scenario.public == {"title": form.title, "form": None, "fields": (), "phrasing": "train", **rules}
        rests.add(TASK.describe(scenario.public, None).replace(form.title, ""))
    assert len(rests) == 1


def test_the_description_lists_every_field_and_option_and_how_to_commit() -> None:
    for scenario in drawn(n=100):
        text = TASK.describe(scenario.public, None)
        for field in scenario.public["fields"]:
            assert f"- {field['label']}: {' | '.join(field['options'])}" in text
        assert "ANSWER:" in text
        assert "%" not in "".join(line for line in text.splitlines() if not line.startswith("- "))


def test_the_description_tells_how_common_options_are_where_that_differs() -> None:
    for scenario in drawn("skewed", n=100):
        text = TASK.describe(scenario.public, None)
        for field in scenario.public["fields"]:
            for option, p in zip(field["options"], field["prior"], strict=True):
                assert f"{option} ({p:.0%} of users)" in text
    assert not any("of users)" in TASK.describe(s.public, None) for s in drawn(n=100))


def test_the_description_tells_the_weights_where_they_count() -> None:
    for scenario in drawn("weighted", n=100):
        text = TASK.describe(scenario.public, None)
        assert all(f"{f['label']} {f['importance']}" in text for f in scenario.public["fields"])
    assert not any("weighted" in TASK.describe(s.public, None) for s in drawn(n=100))


def _records(folder: Path, n: int) -> str:
    details = [{"description": "Size", "importance": "1", "inquiry": "Which size?", "options": ["L", "M"]}]
    records = [{"task": f"Buy shirt {i}.", "category": "c", "missing_details": details} for i in range(n)]
    (folder / "source.json").write_text(json.dumps(records), encoding="utf-8")
    return str(folder / "source.json")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_records_come_once_each_before_any_comes_twice(tmp_path: Path, seed: int) -> None:
    env = make_env("clarify", simulator="scripted", source=_records(tmp_path, 7))
    assert env.task.count(env.setting, "test") == 7
    titles = []
    for i in range(14):
        env.reset(seed=None if i else seed)
        titles.append(env.scenario.public["title"])
    assert len(set(titles[:7])) == 7
    assert titles[:7] == titles[7:]


def test_seeds_start_the_records_at_different_places_and_an_index_takes_one(tmp_path: Path) -> None:
    env = make_env("clarify", simulator="scripted", source=_records(tmp_path, 7))
    assert len({(env.reset(seed=seed), env.scenario.public["title"])[1] for seed in range(40)}) == 7
    for index in (3, 0, 6, 10):
        env.reset(seed=5, options={"index": index})
        assert env.scenario.public["title"] == f"Buy shirt {index % 7}."


def test_built_in_forms_are_drawn_not_enumerated() -> None:
    assert TASK.count(TASK.setting("default"), "train") is None
    forms = Counter(s.user_brief["form"] for s in drawn())
    assert stats.chisquare(list(forms.values())).pvalue > ALPHA
