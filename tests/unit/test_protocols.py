"""Commitments, settings and keys."""

from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import pytest
from scipy import stats

from pragenv.errors import AgentError, ConfigError, SimulatorError
from pragenv.protocols import Agent, AgentView, Keys, Setting, Simulator, UserView, commitment
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.clarify.setting import ClarifySetting
from pragenv.types import FrozenDict, UserTurn, uniform


@pytest.mark.parametrize(
    ("utterance", "committed"),
    [
        ("ANSWER: a dog", "a dog"),
        ("ANSWER:a dog", "a dog"),
        ("  \t ANSWER:  a dog  ", "a dog"),
        ("I have it.\nANSWER: a dog", "a dog"),
        ("I have it.\r\nANSWER: a dog\r\n", "a dog"),
        ("ANSWER: size: large\nmilk: oat\n", "size: large\nmilk: oat"),
        ("ANSWER:\n{\n}", "{\n}"),
        ("ANSWER: 狗 🐕 ü", "狗 🐕 ü"),
        ("ANSWER:", ""),
        ("ANSWER: one\nANSWER: two", "one\nANSWER: two"),
        ("**ANSWER:** a dog", "a dog"),
        ("**ANSWER**: a dog", "a dog"),
        ("Right.\n**ANSWER: a dog**", "a dog"),
        ("**ANSWER: size: large**  \nmilk: *oat*", "size: large\nmilk: *oat*"),
        ("_ANSWER:_ a dog", "a dog"),
        ("***ANSWER:*** **a dog**", "**a dog**"),
        ("## ANSWER: a dog", "a dog"),
        ("### **ANSWER:**\na dog", "a dog"),
    ],
)
def test_all_that_follows_the_first_line_that_begins_with_answer_is_committed(utterance: str, committed: str) -> None:
    assert commitment(utterance) == committed


@pytest.mark.parametrize(
    "utterance",
    [
        "",
        "a dog",
        "My ANSWER: a dog",
        "The format is ANSWER: thing",
        "“ANSWER: a dog”",
        "answer: a dog",
        "Answer: a dog",
        "ANSWER a dog",
        "ANSWER : a dog",
        "ANSWERS: a dog",
        "**ANSWER** a dog",
        "**My ANSWER:** a dog",
        "- ANSWER: a dog",
        "Is it a dog?\nIf so I'll say ANSWER: a dog",
    ],
)
def test_what_does_not_begin_a_line_commits_to_nothing(utterance: str) -> None:
    assert commitment(utterance) is None


def test_known_knobs_make_a_changed_copy_and_leave_the_setting_as_it_was() -> None:
    setting = Clarify.setting("default")
    changed = setting.with_knobs({"turn_limit": 3, "turn_cost": 0.5, "grading": "weighted", "hidden": True})
    assert isinstance(changed, ClarifySetting)
    assert (changed.turn_limit, changed.turn_cost, changed.grading, changed.hidden) == (3, 0.5, "weighted", True)
    assert setting == Clarify.setting("default")
    assert (changed.name, changed.tags) == (setting.name, setting.tags)


def test_a_whole_number_is_taken_for_a_knob_that_holds_a_fraction() -> None:
    assert Setting().with_knobs({"turn_cost": 1}).turn_cost == 1


def test_an_unknown_knob_gets_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match=r"unknown knob 'turn_limt'; did you mean 'turn_limit'\?"):
        Setting().with_knobs({"turn_limt": 3})


def test_a_knob_like_no_other_gets_the_list() -> None:
    with pytest.raises(ConfigError, match=r"unknown knob 'zzz'; known: repeats, turn_cost, turn_limit"):
        Setting().with_knobs({"zzz": 3})


@pytest.mark.parametrize("name", ["name", "tags", "agents_not_applicable"])
def test_what_identifies_a_setting_is_no_knob(name: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown knob '{name}'"):
        Setting().with_knobs({name: ""})


@pytest.mark.parametrize(
    ("knob", "value", "wanted"),
    [
        ("turn_limit", "3", "int"),
        ("turn_limit", 3.0, "int"),
        ("turn_limit", True, "int"),
        ("turn_limit", None, "int"),
        ("turn_cost", "0.1", "float"),
        ("turn_cost", False, "float"),
        ("hidden", 1, "bool"),
        ("hidden", "true", "bool"),
        ("grading", 1, "str"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name_and_type(knob: str, value: Any, wanted: str) -> None:
    with pytest.raises(ConfigError, match=f"knob '{knob}' takes {wanted}, got {value!r}"):
        Clarify.setting("default", {knob: value})


@pytest.mark.parametrize(
    ("knobs", "culprit"),
    [
        ({"turn_limit": 0}, "turn_limit"),
        ({"turn_cost": -0.1}, "turn_cost"),
        ({"turn_cost": 1.1}, "turn_cost"),
        ({"turn_cost": float("nan")}, "turn_cost"),
        ({"fields": 9}, "fields"),
        ({"fields": -1}, "fields"),
        ({"reveal": 1.1}, "reveal"),
        ({"full": -0.1}, "full"),
        ({"revision": 2}, "revision"),
        ({"skew": 5.1}, "skew"),
        ({"skew": -1}, "skew"),
        ({"conflict": True}, "conflict"),
        ({"grading": "partial"}, "grading"),
        ({"answers_per_turn": 0}, "answers_per_turn"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name_and_says_what_fits(knobs: dict[str, Any], culprit: str) -> None:
    value = next(iter(knobs.values()))
    with pytest.raises(ConfigError, match=rf"setting 'default': {culprit} must be .+, got {value!r}"):
        Clarify.setting("default", knobs)


def test_an_unknown_setting_gets_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match=r"unknown setting of task 'clarify' 'skewd'; did you mean 'skewed'\?"):
        Clarify.setting("skewd")


def test_a_knob_without_a_value_so_far_takes_any_type() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Optional(Setting):
        path: str | None = None

    assert Optional().with_knobs({"path": "here"}).path == "here"


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Setting().turn_limit = 3  # type: ignore[misc]


def test_the_keys_of_turns_are_repeatable_distinct_and_have_63_bits() -> None:
    drawn = [Keys(episode).turn(t) for episode in range(1, 500) for t in range(20)]
    assert drawn == [Keys(episode).turn(t) for episode in range(1, 500) for t in range(20)]
    assert len(set(drawn)) == len(drawn)
    assert all(0 <= key < 1 << 63 for key in drawn)


@pytest.mark.parametrize("turn", [0, 1, 7])
def test_the_keys_of_a_turn_are_uniform_over_episodes(turn: int) -> None:
    scale = 0x2545F4914F6CDD1D
    drawn = [uniform(Keys(episode * scale % (1 << 63)).turn(turn)) for episode in range(1, 10_000)]
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4


class _Picky(Simulator, Agent):
    def reply(self, view: UserView) -> UserTurn:
        if view.turn == 1:
            raise SimulatorError("not the second")
        return UserTurn(str(view.turn))

    def act(self, view: AgentView) -> str:
        if view.turn == 1:
            raise AgentError("not the second")
        return str(view.turn)


def test_in_a_batch_a_failure_takes_its_own_place_only() -> None:
    empty, task = FrozenDict(), Clarify()
    users = [UserView(task, empty, empty, (), Keys(0), turn) for turn in range(3)]
    agents = [AgentView(task, empty, None, (), Keys(0), turn, Setting()) for turn in range(3)]
    said, done = _Picky().reply_batch(users), _Picky().act_batch(agents)
    assert [said[0], said[2]] == [UserTurn("0"), UserTurn("2")]
    assert isinstance(said[1], SimulatorError)
    assert [done[0], done[2]] == ["0", "2"]
    assert isinstance(done[1], AgentError)
