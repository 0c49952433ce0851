"""Every YAML file composes to cells that can be made, and nothing that is not in the schema gets through."""

import ast
from dataclasses import MISSING, asdict, fields, replace
from importlib.metadata import EntryPoint
from inspect import signature
from itertools import product
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore

from pragenv import registration, run
from pragenv.cli import main
from pragenv.errors import ConfigError
from pragenv.mirror import mirror
from pragenv.models.mini import FOLDER
from pragenv.registration import objectives, tasks
from pragenv.run import GROUPS, Config, config_dir, plan, store_configs
from pragenv.training import TrainConfig, compose_training

FILES = sorted(path.relative_to(config_dir()) for path in config_dir().rglob("*.yaml"))
OPTIONS = [(path.parent.as_posix(), path.stem) for path in FILES if path.parent != Path()]
TARGETS = {
    "task": "pragenv.tasks.twenty_questions.TwentyQuestions",
    "simulator": "pragenv_simulators.scripted:Scripted",
    "agent": "pragenv_baselines.askers.AskK",
    "model": "pragenv.models.mini.Mini",
}


def test_all_groups_are_there() -> None:
    assert Path("config.yaml") in FILES
    assert {group for group, _ in OPTIONS} == {*GROUPS, "objective", "logger", "launcher", "experiment"}


@pytest.fixture(scope="module")
def missing(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[str]]:
    """What an option leaves to its user to say."""
    recorded = tmp_path_factory.mktemp("recorded")
    assert main(["run", "simulator=scripted", "agent=mute", "episodes=1", f"out={recorded}"]) == 0
    return {
        ("simulator", "replay"): [f"simulator.path={recorded}"],
        ("task", "sharded"): ["agent=solver"],
        ("agent", "rsa"): ["task=reference"],
        **{("agent", name): ["task=calibrate"] for name in ("bisect", "coordinate", "one_shot")},
        **{("agent", name): ["task=negotiate"] for name in ("positional", "tit_for_tat", "integrative")},
        ("experiment", "altitude"): ["agent.training_seed=0"],  # the others differ in nothing but that number
        ("model", "local"): [f"model.path={FOLDER}"],
        ("model", "endpoint"): ["model.model=some-model", "model.base_url=http://127.0.0.1:9/v1"],
    }


@pytest.mark.parametrize(("group", "option"), [o for o in OPTIONS if o[0] != "objective"])
def test_every_option_composes_to_cells_that_can_be_made(
    group: str, option: str, missing: dict[tuple[str, str], list[str]]
) -> None:
    overrides = [f"{group}={option}", *missing.get((group, option), ())]
    if group not in ("simulator", "experiment", "model"):
        overrides.append("simulator=scripted")
    if option == "target":
        overrides.append(f"{group}._target_={TARGETS[group]}")
    cells = plan(overrides, sweep=True)
    assert len(cells) == 1 or group == "experiment"
    for cell in cells:
        env, agent = cell.make()
        env.reset(seed=0)
        assert isinstance(agent.privileged, bool)
        if group in ("task", "agent", "simulator") and option != "target":
            assert cell.config[group]["name"] == option
        if group == "logger":
            assert cell.config["logger"]["name"] == option


@pytest.mark.parametrize(("group", "option"), [o for o in OPTIONS if o[0] in GROUPS and o[1] != "target"])
def test_every_file_of_a_plug_in_is_about_one_that_exists(group: str, option: str) -> None:
    assert option in GROUPS[group].names()
    content = yaml.safe_load((config_dir() / group / f"{option}.yaml").read_text())
    assert content["name"] == option


@pytest.mark.parametrize("name", objectives.names())
def test_every_objective_composes_to_a_training_run_with_its_own_defaults(name: str) -> None:
    config = compose_training([f"objective={name}"])
    kind = type(objectives.make(config.objective))
    assert kind is objectives.factory(name)
    usual = {p.name: p.default for k in kind.__mro__ for p in signature(k.__init__).parameters.values()}
    assert all(usual[option] == value for option, value in config.objective.items() if option != "name")
    assert config == TrainConfig.of({**asdict(config)})


def test_the_defaults_of_training_are_the_schemas() -> None:
    config = compose_training([])
    usual = TrainConfig(objective=config.objective, task=config.task, model=config.model, simulator=config.simulator)
    assert replace(config, out="training", logger={}) == usual


def test_the_quickstart_is_what_it_says() -> None:
    cells = plan(["experiment=quickstart"], sweep=True)
    found = {(cell.names.task, cell.names.simulator, cell.names.agent.split("(")[0]) for cell in cells}
    rules = ("mute", "uniform", "answer_first", "ask_k", "clarify_first", "ask_by_gain", "oracle")
    assert found == set(
        product(("clarify", "twenty_questions"), ("scripted", "lm"), (*rules, "lm_greedy", "lm_prompted"))
    )
    assert {(cell.config["episodes"], cell.config["out"]) for cell in cells} == {(50, "results/quickstart")}


PERSONAS = [
    n for n in registration.simulators.names() if "user" in signature(registration.simulators.factory(n)).parameters
]


@pytest.mark.parametrize("name", PERSONAS)
def test_every_persona_can_be_swept_over(name: str) -> None:
    (cell,) = plan(["simulator=scripted", f"persona={name}"], sweep=True)
    assert cell.names.simulator == f"scripted+{name}"


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_plug_in_without_a_file_gets_a_node_of_its_own(group: str) -> None:
    store_configs()
    known = {Path(name).stem for name in ConfigStore.instance().repo.get(group, {})}
    shipped = {option for g, option in OPTIONS if g == group}
    assert set(GROUPS[group].names()) <= known | shipped


def test_an_installed_plug_in_is_swept_over_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    known = run.entry_points
    mine = EntryPoint("asks_some", "pragenv_baselines.askers:AskK", "pragenv.agents")
    for module in (run, registration):
        monkeypatch.setattr(
            module, "entry_points", lambda group: [*known(group=group), *[mine] * (group == mine.group)]
        )
    cells = plan(["agent=asks_some,mute"], sweep=True)
    assert [cell.names.agent for cell in cells] == ["asks_some", "mute"]
    (other,) = plan(["agent=asks_some", "+agent.k=4"], sweep=False)
    assert other.names.agent == "asks_some(k=4)"
    assert other.make()[1].k == 4  # type: ignore[attr-defined]
    ConfigStore.instance().repo["agent"].pop("asks_some.yaml")


@pytest.mark.parametrize(
    "override",
    [
        "color=red",
        "+color=red",
        "++episode=5",
        "episodes.max=5",
        "task.colour=red",
        "+task.colour=red",
        "+simulator.colour=red",
        "+agent.colour=red",
        "task.knobs.colour=red",
        "logger.color=red",
        "+logger.color=red",
        "+task@other=clarify",
    ],
)
def test_an_unknown_key_is_refused_in_a_line(
    override: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", override, "episodes=1", "agent=mute"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("pragenv: ")
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "override",
    ["episodes=few", "episodes=1.5", "seed=null", "batch_size=[1]", "persona=[terse]", "task=[]", "out=null"],
)
def test_a_value_of_the_wrong_kind_is_refused(override: str) -> None:
    with pytest.raises(ConfigError) as raised:
        plan([override], sweep=False)
    assert "\n" not in str(raised.value)


def test_every_key_of_the_schema_is_documented_and_nothing_else_is() -> None:
    tree = ast.parse(Path(run.__file__).read_text(encoding="utf-8"))
    (node,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Config"]
    lines = (ast.get_docstring(node) or "").split("Attributes:")[1].splitlines()
    documented = {line.split(":")[0].strip() for line in lines if line.startswith("    ") and line[4:5].strip()}
    assert documented == {f.name for f in fields(Config)}


@pytest.mark.parametrize(("group", "option"), [o for o in OPTIONS if o[0] in ("logger", *GROUPS)])
def test_every_key_of_a_file_is_documented_where_it_is_used(group: str, option: str) -> None:
    keys = set(yaml.safe_load((config_dir() / group / f"{option}.yaml").read_text()))
    keys -= {"name", "_target_", *(("setting", "knobs") if group == "task" else ())}
    used = mirror if group == "logger" else GROUPS[group].factory(option) if keys else None
    assert [key for key in keys if key not in (used.__doc__ or "")] == []


def test_the_defaults_are_the_schemas() -> None:
    store_configs()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        composed = compose("config")
    plain = {
        f.name: f.default if f.default_factory is MISSING else f.default_factory()
        for f in fields(Config)
        if f.name not in ("model", "task", "simulator", "agent", "logger")
    }
    assert {name: composed[name] for name in plain} == plain
    assert set(composed) == {f.name for f in fields(Config)}


@pytest.mark.parametrize("task", ["clarify", "twenty_questions"])
def test_the_ladders_play_every_setting_that_their_agents_can(task: str) -> None:
    cells = plan([f"experiment=ladder_{task}"], sweep=True)
    played = {cell.names.setting for cell in cells}
    settings = {setting.name for setting in tasks.make(task).SETTINGS}
    assert settings - played == ({"hidden_form"} if task == "clarify" else set())
    assert {"answer_first", "clarify_first", "ask_by_gain"} <= {cell.names.agent for cell in cells}
