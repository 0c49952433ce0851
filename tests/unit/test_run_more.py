"""A sweep of several products, and labels of arguments that are references."""

import json
from pathlib import Path
from typing import Any

import pytest
from pragenv_baselines.diagnostic import Mute

from pragenv import registration
from pragenv.cli import main
from pragenv.errors import ConfigError
from pragenv.protocols import Agent
from pragenv.run import Cell, plan

MORE = "more=[{agent: ask_k, agent.k: '1,3'}, {agent: 'mute,oracle', persona: null}]"


def named(*overrides: str) -> list[tuple[str, str, int]]:
    return [(c.names.agent, c.names.simulator, c.config["seed"]) for c in plan([*overrides], sweep=True)]


def test_further_products_follow_the_first_and_stand_over_it() -> None:
    found = named("persona=terse", "seed=0,1", MORE)
    first = [("clarify_first", "scripted+terse", 0), ("clarify_first", "scripted+terse", 1)]
    asked = [(agent, "scripted+terse", seed) for agent in ("ask_k(k=1)", "ask_k(k=3)") for seed in (0, 1)]
    # The command line names the persona, so `more` does not change it.
    others = [(agent, "scripted+terse", seed) for agent in ("mute", "oracle") for seed in (0, 1)]
    assert found == first + asked + others


def test_an_entry_overrides_what_the_experiment_sweeps_and_keeps_the_rest() -> None:
    found = plan(
        ["experiment=ladder_clarify", "more=[{agent: mute, task.setting: 'small,large', seed: 7}]"], sweep=True
    )
    first = plan(["experiment=ladder_clarify"], sweep=True)
    assert [cell.config for cell in found[: len(first)]] == [cell.config for cell in first]
    assert [(c.names.setting, c.names.agent, c.config["seed"]) for c in found[len(first) :]] == [
        ("small", "mute", 7),
        ("large", "mute", 7),
    ]
    assert {c.config["out"] for c in found} == {"results/ladder_clarify"}
    fewer = plan(["experiment=ladder_clarify", "agent=mute", "more=[{agent: oracle, seed: 7}]"], sweep=True)
    assert {c.names.agent for c in fewer} == {"mute"}


def test_null_in_an_entry_is_null() -> None:
    assert [simulator for _, simulator, _ in named("more=[{persona: terse}, {persona: null, seed: 1}]")] == [
        "scripted",
        "scripted+terse",
        "scripted",
    ]


def test_a_cell_that_several_products_hold_is_planned_once() -> None:
    assert named("agent=mute", "seed=0,1", "more=[{agent: oracle}, {split: test}]") == named("agent=mute", "seed=0,1")


def test_more_is_no_part_of_a_cell_and_a_single_run_ignores_it() -> None:
    (plain,) = plan([], sweep=False)
    (cell,) = plan([MORE], sweep=False)
    assert (cell.key, cell.config) == (plain.key, plain.config)
    assert "more" not in cell.meta()["config"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("3", "more"),
        ("[mute]", "more"),
        ("[{agnet: mute}]", "did you mean 'agent'"),
        ("[{agent: orcale}]", "did you mean 'oracle'"),
        ("[{agent: '['}]", "'['"),
        ("[{episodes: 0}]", "episodes must be at least 1"),
        ("[{out: elsewhere}]", "one folder for all its cells"),
    ],
)
def test_a_bad_entry_is_refused_in_a_line(more: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        plan([f"more={more}"], sweep=True)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_all_products_are_run(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    more = "more=[{agent: ask_k, agent.k: '1,2'}, {agent: 'clarify_first,mute'}]"
    assert main(["sweep", "simulator=scripted", "task.setting=vague", "episodes=2", more, f"out={out}"]) == 0
    rows = json.loads((out / "summary.json").read_text())
    assert [row["agent"] for row in rows] == ["ask_k", "ask_k(k=1)", "clarify_first", "mute"]
    assert {row["episodes"] for row in rows} == {2}
    assert {(row["objective"], row["training_seed"], row["base_share"]) for row in rows} == {(None, None, None)}


class Learner(Mute):
    """An agent with an objective, as trained ones have."""

    def __init__(self, objective: Any = "next_turn", training_seed: int = 0, folder: str = "") -> None:
        """Keeps nothing."""


@pytest.fixture
def learner() -> Any:
    registration.agents.register("learner", Learner)
    yield
    registration.agents._registered.pop("learner")


def of(**agent: Any) -> Cell:
    (cell,) = plan([], sweep=False)
    return Cell({**cell.config, "agent": {"name": "learner", **agent}})


def test_an_argument_that_is_a_reference_is_shown_by_its_label(learner: None) -> None:
    objective = {"name": "conversation", "tokens": "forking", "clip": None}
    shown = of(objective=objective, training_seed=1, folder="/somewhere").names.agent
    assert shown == "learner(objective=conversation(tokens=forking),training_seed=1)"
    assert of(objective={"name": "next_turn"}).names.agent == of(objective="next_turn").names.agent
    assert of(objective={"name": "next_turn"}).names.agent == "learner(objective=next_turn)"
    target = {"_target_": "my.module:Goal", "judge": {"name": "strict", "level": 2}}
    assert of(objective=target).names.agent == "learner(objective=my.module:Goal(judge=strict(level=2)))"
    assert isinstance(of(objective="next_turn").make()[1], Agent)


def test_where_training_is_kept_is_no_part_of_a_cell(learner: None) -> None:
    one, other = of(folder="/here", training_seed=1), of(folder="/there", training_seed=1)
    assert (one.key, one.names) == (other.key, other.names)
    assert one.key != of(folder="/here", training_seed=2).key


def test_what_is_said_of_an_agent_that_the_experiment_chooses_holds_for_it() -> None:
    (cell,) = plan(["experiment=altitude_quick", "agent.objective=none", "agent.training_seed=3"], sweep=True)
    assert cell.config["agent"]["name"] == "trained"
    assert (cell.config["agent"]["objective"], cell.config["agent"]["training_seed"]) == ("none", 3)
