"""Names to things: what is known by which name, and what is said where nothing is."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.envs.registration import EnvSpec
from minimal import Coin, Saying
from pragenv_baselines.askers import AskK
from pragenv_simulators.personas import Impatient, Terse
from pragenv_simulators.scripted import Scripted

import pragenv
from pragenv import registration
from pragenv.errors import ConfigError
from pragenv.registration import Registry, camel, env_id, make_env, make_simulator, register_ids, register_task
from pragenv.tasks.clarify import Clarify

HEAVY = (
    "torch",
    "transformers",
    "wandb",
    "hydra",
    "omegaconf",
    "matplotlib",
    "pragenv_simulators",
    "pragenv_baselines",
)


@pytest.fixture
def users() -> Registry[Any]:
    """A registry that shares nothing with the process's own but the entry points."""
    return Registry("simulator", pragenv.Simulator)


@pytest.fixture
def clean() -> Iterator[None]:
    """Ids and names as they were, afterwards."""
    ids, named = dict(gym.registry), dict(registration.tasks._registered)
    yield
    gym.registry.clear()
    gym.registry.update(ids)
    registration.tasks._registered.clear()
    registration.tasks._registered.update(named)


def installed(monkeypatch: pytest.MonkeyPatch, kind: str, name: str, value: str) -> None:
    """As if a wheel with this entry point were installed beside everything else."""
    known = registration.entry_points
    point = EntryPoint(name, value, f"pragenv.{kind}s")
    monkeypatch.setattr(
        registration, "entry_points", lambda group: [*known(group=group), *[point] * (group == point.group)]
    )


def test_a_reference_is_a_name_a_mapping_a_path_or_the_object_itself(users: Registry[Any]) -> None:
    users.register("mine", Saying)
    assert isinstance(users.make("scripted"), Scripted)
    assert users.make("mine").text == "Hm."
    assert users.make({"name": "mine", "text": "Ha."}).text == "Ha."
    assert users.make({"name": "mine", "text": "Ha."}, text="default", at=3).text == "Ha."
    assert users.make({"name": "mine"}, at=3).at == 3
    assert users.make({"_target_": "minimal.Saying", "at": 2}).at == 2
    assert users.make({"_target_": "minimal:Saying"}).at == 1
    here = Saying()
    assert users.make(here) is here


def test_a_registered_name_goes_before_an_entry_point(users: Registry[Any]) -> None:
    users.register("scripted", Saying)
    assert isinstance(users.make("scripted"), Saying)
    assert users.names().count("scripted") == 1
    assert {"population", "terse"} < set(users.names())


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("scriptd", "unknown simulator 'scriptd'; did you mean 'scripted'"),
        ({"name": "mine", "txet": "x"}, "'txet'; did you mean 'text'"),
        ({"name": "impatient"}, "'user' is missing"),
        ({"text": "x"}, "needs a 'name' or a '_target_', has ['text']"),
        (3, "got 3"),
        (None, "got None"),
        ({"_target_": "minimal.Sayings"}, "'minimal.Sayings' cannot be imported"),
        ({"_target_": "no_such_module.X"}, "No module named 'no_such_module'"),
        ({"_target_": "Saying"}, "'Saying' cannot be imported"),
        ({"_target_": "minimal.Coin"}, "made a Coin, not a Simulator"),
    ],
)
def test_what_cannot_be_made_says_why_in_a_line(users: Registry[Any], ref: Any, said: str) -> None:
    users.register("mine", Saying)
    with pytest.raises(ConfigError) as raised:
        users.make(ref)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"task": "twenty_question"}, "did you mean 'twenty_questions'"),
        ({"setting": "conflcit"}, "did you mean 'conflict'"),
        ({"knobs": {"turncost": 0.1}}, "unknown knob 'turncost'; did you mean 'turn_cost'"),
        ({"knobs": {"name": "x"}}, "unknown knob 'name'"),
        ({"knobs": {"turn_cost": "free"}}, "knob 'turn_cost' takes float, got 'free'"),
        ({"knobs": {"turn_limit": True}}, "knob 'turn_limit' takes int, got True"),
        ({"knobs": {"reveal": 1.5}}, "reveal must be a share in [0, 1], got 1.5"),
        ({"split": "tset"}, "has no split 'tset'"),
        ({"persona": "tersee"}, "did you mean 'terse'"),
        ({"persona": "terse+"}, "unknown simulator ''"),
        ({"persona": "scripted"}, "argument of simulator 'scripted' 'user'"),
        ({"simulator": "scriptd"}, "did you mean 'scripted'"),
        ({"sorce": "x.json"}, "did you mean 'source'"),
        ({"render_mode": "humn"}, "got 'humn'"),
    ],
)
def test_an_environment_refuses_what_it_does_not_know(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        make_env(**{"task": "clarify"} | arguments)
    assert said in str(raised.value)


def test_arguments_for_a_task_that_is_made_already_are_not_dropped_in_silence() -> None:
    with pytest.raises(ConfigError):
        make_env(Clarify(), simulator="scripted", source="no_such_file.json")


def test_personas_go_around_the_user_the_first_innermost() -> None:
    user = make_simulator({"name": "scripted"}, "terse + impatient")
    assert isinstance(user, Impatient)
    assert isinstance(user.user, Terse)
    assert isinstance(user.user.user, Scripted)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import a_library_that_is_not_there", "No module named 'a_library_that_is_not_there'"),
        ("User = 1 +", "invalid syntax"),
        ("raise RuntimeError('half installed')", "half installed"),
        ("class Usr: pass", "has no attribute 'User'"),
    ],
)
def test_a_plug_in_that_cannot_be_imported_is_named_with_the_reason(
    users: Registry[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, said: str
) -> None:
    (tmp_path / "third_party_user.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "third_party_user", raising=False)
    installed(monkeypatch, "simulator", "theirs", "third_party_user:User")
    assert "theirs" in users.names()
    assert isinstance(users.make("scripted"), Scripted)
    with pytest.raises(ConfigError) as raised:
        users.make("theirs")
    message = str(raised.value)
    assert said in message
    assert "theirs" in message
    assert "third_party_user:User" in message


def test_an_installed_plug_in_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "agent", "asker", "pragenv_baselines.askers:AskK")
    made = registration.agents.make({"name": "asker", "k": 5})
    assert isinstance(made, AskK)
    assert made.k == 5


def test_an_installed_task_gets_its_id_without_being_imported(monkeypatch: pytest.MonkeyPatch, clean: None) -> None:
    installed(monkeypatch, "task", "absent_game", "no_such_module:Game")
    register_ids()
    assert "pragenv/AbsentGame-v0" in gym.registry
    with pytest.raises(ConfigError, match="no_such_module:Game"):
        gym.make("pragenv/AbsentGame-v0")
    assert gym.make("pragenv/Clarify-v0", simulator="scripted").reset(seed=0)


@pytest.mark.parametrize(
    ("name", "shown"), [("clarify", "Clarify"), ("twenty_questions", "TwentyQuestions"), ("a_b2_cD", "AB2CD")]
)
def test_ids_are_in_camel_case(name: str, shown: str) -> None:
    assert camel(name) == shown
    assert env_id(name) == f"pragenv/{shown}-v0"
    assert env_id(name, "hard_one") == f"pragenv/{shown}-hard_one-v0"


@pytest.mark.parametrize("name", registration.tasks.names())
def test_every_setting_of_every_task_has_an_id(name: str) -> None:
    for setting in registration.tasks.factory(name).SETTINGS:
        assert env_id(name, setting.name) in gym.registry


def test_a_registered_task_gets_an_id_for_each_setting(clean: None) -> None:
    register_task(Coin)
    for setting, cost in (("default", 0.1), ("told", 0.0)):
        env = gym.make(env_id("coin", setting), simulator="scripted").unwrapped
        assert isinstance(env.task, Coin)
        assert env.setting.name == setting
        env.reset(seed=1)
        assert env.step(env.task.answer(env.scenario))[1] == 1 - cost
    register_task(Coin)
    assert "coin" in registration.tasks.names()


@pytest.mark.parametrize("attributes", [{"name": "nothing", "SETTINGS": ()}, {"SETTINGS": Coin.SETTINGS, "name": None}])
def test_a_task_needs_a_name_and_settings(clean: None, attributes: dict[str, Any]) -> None:
    before = dict(gym.registry)
    with pytest.raises(ConfigError, match="needs a `name`"):
        register_task(type("Half", (Coin,), attributes))
    assert dict(gym.registry) == before


def test_a_spec_survives_json_and_makes_the_same_environment() -> None:
    arguments = {"knobs": {"turn_cost": 0.5}, "split": "test", "persona": "terse", "simulator": {"name": "scripted"}}
    env = gym.make("pragenv/Clarify-conflict-v0", **arguments)
    assert env.spec is not None
    again = gym.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.unwrapped.setting == env.unwrapped.setting
    assert again.unwrapped.setting.turn_cost == 0.5
    for seed in range(3):
        assert again.reset(seed=seed) == env.reset(seed=seed)
        assert again.step("Could you tell me more?") == env.step("Could you tell me more?")


def test_importing_the_package_loads_no_heavy_library_and_no_plug_in() -> None:
    script = f"import sys, pragenv; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    script = script.replace("pragenv;", "pragenv.run;")  # what this looks for can be found
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "hydra" in done.stdout


def test_everything_public_is_there() -> None:
    assert [name for name in pragenv.__all__ if not hasattr(pragenv, name)] == []
