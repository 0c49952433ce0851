"""Configurations to cells: what a cell is called, what its key holds, and what a plan refuses."""

import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from minimal import Saying

import pragenv.run
from pragenv.errors import ConfigError
from pragenv.run import Cell, free_knobs, per_job, plan

RECORDS = """[{"id": "a", "category": "Trips", "task": "Book me a trip.", "missing_details": [
 {"description": "Length of the trip", "importance": "3", "inquiry": "How long?", "options": ["a day", "a week"]},
 {"description": "Budget", "importance": "2", "inquiry": "How much may it cost?", "options": ["little", "a lot"]}]}]"""


class Named(Saying):
    """A user of the tests' own."""


def cell(*overrides: str) -> Cell:
    (only,) = plan(free_knobs(list(overrides)), sweep=False)
    return only


def cells(*overrides: str) -> list[Cell]:
    return plan(free_knobs(list(overrides)), sweep=True)


@pytest.mark.parametrize(
    "overrides",
    [
        ["task=twenty_questions"],
        ["task.setting=conflict"],
        ["task.knobs.turn_cost=0.3"],
        ["task.knobs.reveal=0.1"],
        ["simulator=target", "simulator._target_=test_run.Named"],
        ["persona=terse"],
        ["split=train"],
        ["seed=1"],
        ["batch_size=2"],
        ["agent=mute"],
        ["agent=ask_k"],
        ["agent=target", "agent._target_=pragenv_baselines.askers.ClarifyFirst"],
    ],
    ids=" ".join,
)
def test_the_key_holds_everything_that_changes_results(overrides: list[str]) -> None:
    assert cell(*overrides).key != cell().key
    assert cell(*overrides).key == cell(*overrides).key


@pytest.mark.parametrize(
    ("fixed", "first", "second"),
    [
        (["simulator=target", "simulator._target_=test_run.Named"], "+simulator.text=Ha", "+simulator.text=Ho"),
        (["agent=ask_k"], "agent.k=1", "agent.k=2"),
        ([], "persona=terse+typist", "persona=typist+terse"),
        (["task.setting=weighted"], "task.knobs.turn_limit=3", "task.knobs.turn_limit=4"),
    ],
)
def test_arguments_are_in_the_key_and_in_the_name(fixed: list[str], first: str, second: str) -> None:
    one, other = cell(*fixed, first), cell(*fixed, second)
    assert one.key != other.key
    assert one.names != other.names


@pytest.mark.parametrize("override", ["episodes=7", "out=elsewhere", "logger=wandb", "launcher=joblib"])
def test_the_key_holds_nothing_else(override: str) -> None:
    assert cell(override).key == cell().key
    assert cell(override).directory.name == cell().directory.name


def test_the_key_follows_the_data_and_not_where_it_lies(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.json").write_text(RECORDS.replace("a week", "a month") if name == "c" else RECORDS)
    keys = {name: cell(f"task.source={tmp_path / name}.json").key for name in ("a", "b", "c")}
    assert keys["a"] == keys["b"] != keys["c"]
    assert cell().key not in keys.values()
    shutil.copy(tmp_path / "c.json", tmp_path / "a.json")
    assert cell(f"task.source={tmp_path / 'a'}.json").key == keys["c"]


def test_the_key_follows_the_version_and_the_setting_behind_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cell().key
    monkeypatch.setattr("pragenv.__version__", "99.0")
    assert (later := cell().key) != before
    monkeypatch.setattr(pragenv.run, "SCHEMA_VERSION", 99)
    assert cell().key not in (before, later)


def test_a_relative_source_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "records.json").write_text(RECORDS)
    monkeypatch.chdir(tmp_path)
    here = cell("task.source=records.json")
    assert here.config["task"]["source"] == str(tmp_path / "records.json")
    monkeypatch.chdir("/")
    assert here.task.count(here.setting, "test") == 1
    assert here.key == cell(f"task.source={tmp_path}/records.json").key


def test_names_say_what_differs_from_the_defaults() -> None:
    names = cell("agent=ask_k", "agent.k=3", "persona=terse+noisy", "task.knobs.turn_cost=0.3").names
    assert (names.task, names.setting, names.split) == ("clarify", "default,turn_cost=0.3", "test")
    assert (names.simulator, names.agent) == ("scripted+terse+noisy", "ask_k(k=3)")
    target = cell("simulator=target", "simulator._target_=test_run:Named", "+simulator.text=Ha").names
    assert target.simulator == f"{__name__}:Named(text=Ha)"
    assert cell().names.agent == "clarify_first"


def test_cells_that_differ_in_their_results_are_told_apart_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(RECORDS)
    (tmp_path / "b.json").write_text(RECORDS.replace("a week", "a month"))
    swept = [
        *cells("agent=ask_k", "agent.k=0,1", "task.setting=default,skewed", "task.knobs.turn_limit=3,4"),
        *cells("persona=null,terse", "split=train,test", "task=clarify,twenty_questions"),
        *cells("agent=target", "agent._target_=pragenv_baselines.askers.AskK", "+agent.k=0,1"),
        *cells(f"task.source={tmp_path}/a.json,{tmp_path}/b.json"),
    ]
    keys = defaultdict(set)
    for found in swept:
        keys[found.names].add(found.key)
    assert [names for names, held in keys.items() if len(held) > 1] == []
    assert len(keys) == 8 + 8 + 2 + 2
    assert len({found.directory for found in swept}) == len(keys)


def test_a_folder_is_named_readably_and_holds_nothing_odd() -> None:
    folder = cell("out=there", "agent=ask_k", "agent.k=3").directory
    assert folder.parent == Path("there")
    assert folder.name.startswith("clarify-default-scripted-ask_k")
    named = ["simulator=target", "simulator._target_=test_run.Named", "+simulator.text='../ä/ *?'"]
    odd = cell("out=there", *named).directory
    assert odd.parent == Path("there")
    assert len(odd.name) < 200
    assert not set(odd.name) & set("/ *?")


@pytest.mark.parametrize("agent", ["answer_first", "ask_k", "clarify_first"])
def test_an_agent_that_does_not_apply_is_refused_with_the_reason(agent: str) -> None:
    with pytest.raises(ConfigError, match=f"agent '{agent}' does not apply to clarify/hidden_form: the form is hidden"):
        cell("task.setting=hidden_form", f"agent={agent}")
    assert cell("task.setting=hidden_form", "agent=oracle").make()[1].privileged


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["agent=mute,oracle"], "use `pragenv sweep` for agent=mute,oracle"),
        (["agent=orcale"], "did you mean 'oracle'"),
        (["tsk=clarify"], "did you mean 'task'"),
        (["episode=3"], "did you mean 'episodes'"),
        (["task.knobs.turn_csot=1"], "did you mean 'turn_cost'"),
        (["episodes=0"], "episodes must be at least 1, got 0"),
        (["batch_size=-1"], "batch_size must be at least 1, got -1"),
        (["seed=-1"], "seed must be at least 0, got -1"),
        (["task=target"], "_target_"),
        (["task.on_bad=skip"], "on_bad"),
        (["agent.k=2"], "agent.k"),
        (["+agents=mute"], "agents"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_plan_refuses_what_cannot_run_in_one_line(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        cell(*overrides)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_plan_is_the_product_of_what_is_swept() -> None:
    found = cells("agent=mute,oracle", "seed=0,1,2", "out=there")
    pairs = [(c.config["agent"]["name"], c.config["seed"]) for c in found]
    assert pairs == [(agent, seed) for agent in ("mute", "oracle") for seed in range(3)]
    with pytest.raises(ConfigError, match="one folder for all its cells"):
        cells("out=a,b")


def test_an_experiment_is_a_sweep_and_the_command_line_overrides_it() -> None:
    assert len(cells("experiment=quickstart")) == 36
    fewer = cells("experiment=quickstart", "agent=mute", "simulator=lm", "episodes=3")
    assert [(c.names.task, c.config["episodes"]) for c in fewer] == [("clarify", 3), ("twenty_questions", 3)]


def test_knobs_need_no_plus_sign_and_nothing_else_is_changed() -> None:
    assert free_knobs(["task.knobs.reveal=1", "task.knobs={}", "+a=1", "x"]) == [
        "++task.knobs.reveal=1",
        "task.knobs={}",
        "+a=1",
        "x",
    ]


def test_meta_says_what_is_needed_to_make_the_cell_again() -> None:
    made = cell("agent=ask_k", "seed=5")
    meta: dict[str, Any] = made.meta()
    assert meta["key"] == made.key
    assert meta["seed"] == 5
    assert Cell(meta["config"]).key == made.key
    assert meta["names"] == vars(made.names)
    assert meta["versions"]["pragenv"] == pragenv.__version__
    assert {"gymnasium", "numpy", "python"} <= set(meta["versions"])
    assert "commit" in meta


def test_what_is_said_of_swept_agents_holds_for_each() -> None:
    overrides = per_job(["agent=random_ask,ask_budget", "agent.share=0.2", "episodes=3", "task.setting=vague"])
    assert overrides == ["agent=random_ask,ask_budget", "agent.share=choice(0.2)", "episodes=3", "task.setting=vague"]
    found = plan(overrides, sweep=True)
    assert [cell.config["agent"]["share"] for cell in found] == [0.2, 0.2]
    assert per_job(["agent=["]) == ["agent=["]
    assert per_job(["agent=ask_k", "agent.k=1,2"]) == ["agent=ask_k", "agent.k=1,2"]


def test_where_decisions_are_kept_is_no_part_of_an_agents_name() -> None:
    (cell,) = plan(["agent=lookahead", "agent.keep=/somewhere/kept.jsonl", "agent.n=3"], sweep=True)
    assert cell.names.agent == "lookahead(n=3)"
