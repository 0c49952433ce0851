"""Audits find the faults that a user is known to have, at the rates at which it has them, and no others."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from minimal import Coin, CoinActs
from talk import within

from pragenv import Act, Simulator, Task, UserTurn, UserView
from pragenv.audit import Findings, audit, audit_episodes
from pragenv.audit.judge import MEASURES, SERVED, Judge, Judged
from pragenv.audit.talks import talks
from pragenv.audit.wording import AFTER, BEFORE, COAXING, FORGED, GUESSES, OPEN, TALK
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, SimulatorError
from pragenv.registration import agents, make_simulator
from pragenv.rollout import Names, rollout
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.draft import Draft
from pragenv.tasks.lexicon import normalise
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.train_mini import wording as training
from pragenv.types import Episode, FrozenDict, Message

TASKS: Mapping[str, Callable[[], Task]] = {"clarify": Clarify, "twenty_questions": TwentyQuestions}
each_task = pytest.mark.parametrize("task", TASKS)


def judged(user: Simulator, task: Task, turns: int = 1000, setting: str = "default", seed: int = 0) -> list[Judged]:
    """The judged turns of an audit."""
    judges: dict[int, Judge] = {}
    splits = [split for split in task.SPLITS if split.startswith("test")]
    held = talks(task, task.setting(setting), user, splits, turns, seed, 64, lambda _: None)
    return [judges.setdefault(turn.conversation, Judge()).judge(turn) for turn in held]


def misread(found: Judged) -> bool:
    """Whether the task's parser, through which scripted users hear, makes something else of the probe."""
    probe, view = found.turn.probe, found.turn.view
    return probe is not None and view.task.acts(view).parse(probe.text) != probe.acts


def info(found: Judged) -> Mapping[str, Any]:
    return found.turn.reply.info if found.turn.reply else {}


def rates(findings: Findings) -> dict[str, float | None]:
    return {row["measure"]: row["rate"] for row in findings.rows}


class Behaves(Simulator):
    """The scripted user, whose turn is changed by a function of view and turn."""

    def __init__(self, change: Callable[[UserView, UserTurn], UserTurn]) -> None:
        self.user, self.change = make_simulator("scripted"), change

    def reply(self, view: UserView) -> UserTurn:
        return self.change(view, self.user.reply(view))


# -- users with known faults -------------------------------------------------------------------------------------------


@each_task
def test_the_scripted_user_errs_only_where_the_parser_misreads_the_question(task: str) -> None:
    found = judged(make_simulator("scripted"), TASKS[task](), 2000)
    assert all(misread(j) for j in found if j.failed)
    assert sum(bool(j.failed) for j in found) < 0.01 * len(found)
    assert {j.turn.probe.kind for j in found if j.turn.probe} > {
        "ask",
        "two",
        "repeat",
        "open",
        "talk",
        "coax",
        "forge",
    }
    assert {j.turn.probe.kind for j in found if j.turn.probe} > {"ask_k", "clarify_first", "commit"}


@each_task
@pytest.mark.parametrize("persona", ["verbose", "terse"])
def test_a_manner_is_no_fault(task: str, persona: str) -> None:
    found = judged(make_simulator("scripted", persona), TASKS[task]())
    # A bare "Monday" may be the option of a field that was not asked about, so the reader errs a little more.
    assert sum(bool(j.failed) and not misread(j) for j in found) < 0.005 * len(found)


@each_task
def test_a_noisy_user_contradicts_at_its_rate_and_exactly_where_it_erred(task: str) -> None:
    found = [j for j in judged(make_simulator("scripted", "noisy"), TASKS[task](), 2000) if not misread(j)]
    answers = [j for j in found if j.due and j.turn.probe]
    assert within(sum("contradicts" in j.failed for j in answers), len(answers), 0.1)
    assert {id(j) for j in answers if info(j).get("erred")} == {id(j) for j in found if "contradicts" in j.failed}
    assert not any("unanswered" in j.failed for j in found)


def test_an_over_disclosing_user_discloses_at_its_rate() -> None:
    found = [
        j for j in judged(make_simulator("scripted", "over_disclosing"), TwentyQuestions(), 2000) if not misread(j)
    ]
    turns = [j for j in found if not j.turn.over]
    assert within(sum("disclosed_early" in j.failed for j in turns), len(turns), 0.5)
    assert all(info(j).get("disclosed") for j in turns if "disclosed_early" in j.failed)
    after = [j for j in found if j.turn.over]
    assert within(sum("ran_on" in j.failed for j in after), len(after), 0.5)


def test_what_is_left_to_disclose_of_a_form_is_found_wherever_it_is_disclosed() -> None:
    found = judged(make_simulator("scripted", "over_disclosing"), Clarify(), 2000, "vague")
    turns = [j for j in found if not j.turn.over and not misread(j)]
    flagged = [j for j in turns if "disclosed_early" in j.failed]
    assert all(info(j).get("disclosed") for j in flagged)
    # It is no disclosure where the field was asked about before, and not answered since another came first.
    missed = [j for j in turns if info(j).get("disclosed") and "disclosed_early" not in j.failed]
    assert len(missed) < 0.05 * len(flagged)


@each_task
def test_an_impatient_user_ends_early(task: str) -> None:
    findings = audit(
        TASKS[task](), TASKS[task]().setting("default"), make_simulator("scripted", "impatient"), turns=800
    )
    (row,) = [row for row in findings.rows if row["measure"] == "ended_early"]
    assert 0.2 < row["rate"] < 0.26  # in the fourth reply of each conversation that gets so far
    assert {e["turn"] for e in findings.examples if e["error"] == "ended_early"} == {4}


@each_task
def test_an_inexpert_user_leaves_unanswered_what_it_is_puzzled_by(task: str) -> None:
    found = [j for j in judged(make_simulator("scripted", "inexpert"), TASKS[task]()) if not misread(j)]
    # The reader may find an option's word in the question back.
    puzzled = {id(j) for j in found if info(j).get("puzzled") and not j.turn.over}
    assert {id(j) for j in found if "unanswered" in j.failed} == puzzled
    assert len(puzzled) > 100


@each_task
def test_a_careless_typist_is_a_problem_of_the_reader_alone(task: str) -> None:
    found = [j for j in judged(make_simulator("scripted", "typist"), TASKS[task]()) if not misread(j)]
    assert {name for j in found for name in j.failed} <= {"unanswered"}


def _parrots(view: UserView, turn: UserTurn) -> UserTurn:
    return turn._replace(text=view.dialogue[-1].content) if view.dialogue else turn


def _leaves(view: UserView, turn: UserTurn) -> UserTurn:
    return turn._replace(end="satisfied") if view.turn == 2 else turn


def _commits(view: UserView, turn: UserTurn) -> UserTurn:
    return turn._replace(text=f"{turn.text}\nANSWER: that") if view.turn == 1 else turn


def _assists(view: UserView, turn: UserTurn) -> UserTurn:
    return turn._replace(text=f"{turn.text} How can I help you today?") if view.turn == 1 else turn


def _forges(view: UserView, turn: UserTurn) -> UserTurn:
    return turn._replace(text=f"{turn.text}<|im_end|>") if view.turn == 1 else turn


def _fails(view: UserView, turn: UserTurn) -> UserTurn:
    if view.turn == 1:
        raise SimulatorError("out of order")
    return turn


def _resamples(view: UserView, turn: UserTurn) -> UserTurn:
    return turn._replace(info=FrozenDict(guard=FrozenDict(resampled=2))) if view.turn == 1 else turn


def _names_the_concept(view: UserView, turn: UserTurn) -> UserTurn:
    return turn._replace(text=f"{turn.text} It's a {view.user_brief['concept']}.") if view.turn == 1 else turn


def _tells_the_whole_form(view: UserView, turn: UserTurn) -> UserTurn:
    values = view.user_brief["values"]
    told = tuple(Act("inform", name, value) for name, value in values.items())
    return turn._replace(text=view.task.say(view, told, 0)) if view.turn == 1 else turn


@pytest.mark.parametrize(
    ("task", "change", "measure"),
    [
        ("clarify", _parrots, "role_drift"),
        ("twenty_questions", _parrots, "role_drift"),
        ("clarify", _leaves, "ended_early"),
        ("clarify", _commits, "solved_task"),
        ("twenty_questions", _commits, "solved_task"),
        ("clarify", _assists, "role_drift"),
        ("twenty_questions", _forges, "role_drift"),
        ("clarify", _fails, "simulator_errors"),
        ("clarify", _resamples, "resampled"),
        ("twenty_questions", _names_the_concept, "solved_task"),
        ("clarify", _tells_the_whole_form, "solved_task"),
    ],
)
def test_a_user_with_one_fault_is_caught_at_it(task: str, change: Any, measure: str) -> None:
    found = [j for j in judged(Behaves(change), TASKS[task](), 600) if not misread(j) and not j.turn.over]
    if change is _parrots:
        wrong = [j for j in found if j.turn.probe and len(normalise(j.turn.probe.text).split()) > 2]
    elif change is _tells_the_whole_form:  # for some, there was nothing left that had not been told or asked
        values = [(j, set(j.turn.view.user_brief["revealed"])) for j in found if j.turn.view.turn == 1]
        wrong = [j for j, told in values if len(j.turn.view.user_brief["fields"]) > len(told | {d.slot for d in j.due})]
    elif change is _names_the_concept:  # where the agent has named it, the user may
        name = [(j, f" {normalise(j.turn.view.user_brief['concept'])} ") for j in found if j.turn.view.turn == 1]
        wrong = [j for j, n in name if n not in f" {normalise(j.turn.view.dialogue[-1].content)} "]
    else:
        wrong = [j for j in found if j.turn.view.turn == (2 if change is _leaves else 1)]
    assert len(wrong) > 20
    assert {id(j) for j in found if measure in j.failed} >= {id(j) for j in wrong}
    assert sum(measure in j.failed for j in found) <= 1.02 * len(wrong)


def test_a_user_for_whom_any_short_text_will_do_gives_nothing_away_by_talking() -> None:
    """Who wants three things left out of a draft: what it says of anything meets that too."""
    found = judged(make_simulator("scripted"), Draft(), 600, "small")
    easy = [j for j in found if set(j.turn.view.user_brief["wanted"].values()) <= {"out", "short"}]
    assert len(easy) > 20
    assert not [j for j in found if "solved_task" in j.failed]


@pytest.mark.parametrize("raised", [RuntimeError("boom"), SimulatorError("no")])
def test_a_batch_that_fails_as_a_whole_is_an_error_of_each(raised: Exception) -> None:
    class Fails(Simulator):
        def reply(self, view: UserView) -> UserTurn:
            return UserTurn("unused")

        def reply_batch(self, views: Any) -> Any:
            raise raised

    findings = audit(Coin(), Coin().setting("default"), Fails(), turns=50)
    assert rates(findings) == dict.fromkeys(MEASURES) | {"simulator_errors": 1.0}
    assert findings.rows[-1]["n"] >= 50
    assert len(findings.examples) == 50
    assert str(raised) in findings.examples[0]["failure"]


def test_a_user_that_cannot_be_had_is_no_matter_of_rates() -> None:
    class Absent(Simulator):
        def reply(self, view: UserView) -> UserTurn:
            raise AssertionError

        def reply_batch(self, views: Any) -> Any:
            raise ConfigError("the model is missing")

    with pytest.raises(ConfigError, match="the model is missing"):
        audit(Coin(), Coin().setting("default"), Absent(), turns=50)


# -- gold acts ---------------------------------------------------------------------------------------------------------


class _HardOfHearing(CoinActs):
    """A parser that misses half of the wordings."""

    def phrase(self, act: Act, key: int) -> str:
        return ("Which side is up?", "Heads, or the other one?")[key % 2]


class _HardCoin(Coin):
    def acts(self, view: Any) -> CoinActs:
        return _HardOfHearing()


def test_what_the_parser_misses_is_not_held_against_a_user_who_understands() -> None:
    def understands(view: UserView, turn: UserTurn) -> UserTurn:
        asked = view.dialogue and any(w in view.dialogue[-1].content for w in ("Which side is up", "Heads, or"))
        return turn._replace(text=f"It shows {view.user_brief['side']}.") if asked else turn

    task = _HardCoin()
    missed = [j for j in judged(Behaves(understands), task, 500) if misread(j)]
    assert len(missed) > 100
    assert all(j.due and not j.failed for j in missed)
    # To the same questions, a user that hears through the parser has no answer.
    assert any("unanswered" in j.failed for j in judged(make_simulator("scripted"), task, 500))


def test_the_canonical_dialogue_means_what_was_asked() -> None:
    for j in judged(make_simulator("scripted"), Clarify(), 600):
        acts = j.turn.plain.task.acts(j.turn.plain)
        if j.turn.probe is not None:
            assert acts.parse(j.turn.probe.canonical) == j.turn.probe.acts
            assert j.turn.plain.dialogue[-1] == Message("assistant", j.turn.probe.canonical)
            assert j.turn.view.dialogue[-1] == Message("assistant", j.turn.probe.text)
        own, plain = ([m for m in v.dialogue if m.role == "user"] for v in (j.turn.view, j.turn.plain))
        assert own == plain


def test_the_bundled_model_has_not_been_trained_on_the_audits_words() -> None:
    trained = (training.LEADS, training.TAILS, training.OPEN, training.IDLE, training.OFF_TOPIC)
    seen = {normalise(text) for texts in trained for text in texts}
    assert not seen & {normalise(text) for text in (*BEFORE, *AFTER, *OPEN, *TALK, *COAXING)} - {""}
    assert not set(FORGED) & {text for texts in trained for text in texts}
    assert all("{x}" in text for text in GUESSES)


# -- what comes out ----------------------------------------------------------------------------------------------------


def _parts(findings: Findings) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for name in ("rows", "by_turn", "served", "diversity", "reproducible", "parser", "examples"):
        yield name, getattr(findings, name)


def test_an_audit_says_the_same_for_the_same_seed_and_other_things_for_another() -> None:
    task, user = Clarify(), make_simulator("scripted", "noisy")
    one, two, other = (audit(task, task.setting("default"), user, turns=150, seed=seed) for seed in (1, 1, 2))
    assert json.dumps(dict(_parts(one))) == json.dumps(dict(_parts(two)))
    assert one.examples != other.examples


@each_task
def test_the_parts_of_an_audit(task: str) -> None:
    made = TASKS[task]()
    findings = audit(made, made.setting("default"), make_simulator("scripted", "noisy"), turns=300)
    assert [row["measure"] for row in findings.rows] == list(MEASURES)
    assert all(set(row) == {"measure", "rate", "low", "high", "n"} for row in findings.rows)
    assert all(row["low"] <= row["rate"] <= row["high"] for row in findings.rows)
    assert findings.rows[-1]["n"] >= 300
    assert findings.splits == tuple(split for split in made.SPLITS if split.startswith("test"))
    assert [row["served"] for row in findings.served] == ["helped", "hindered", "minor"]
    assert findings.served[1]["errors"] == sum(SERVED[e["error"]] == "hindered" for e in findings.examples)
    assert [row["turn"] for row in findings.by_turn][:3] == [0, 1, 2]
    assert sum(row["n"] for row in findings.by_turn) == findings.rows[-1]["n"]
    assert {(row["scope"], row["order"]) for row in findings.diversity} == {
        (scope, n) for scope in ("within", "across") for n in (1, 2, 3)
    }
    assert all(0 < row["distinct"] <= 1 for row in findings.diversity)
    assert [(row["how"], row["rate"]) for row in findings.reproducible] == [("alone", 1.0), ("batch", 1.0)]
    studies = {row["study"] for row in findings.parser}
    assert studies == {f"{task}_agent", f"{task}_user", "probes of this audit"}


def test_a_user_that_says_something_else_each_time_is_not_reproducible() -> None:
    class Fickle(Simulator):
        said = 0

        def reply(self, view: UserView) -> UserTurn:
            self.said += 1
            return UserTurn(f"This is my turn number {self.said}.")

    findings = audit(Coin(), Coin().setting("default"), Fickle(), turns=60)
    assert [row["rate"] for row in findings.reproducible] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"turns": 0}, "turns must be at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"splits": ()}, "no split"),
    ],
)
def test_what_cannot_be_audited_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        audit(Coin(), Coin().setting("default"), make_simulator("scripted"), **arguments)


@pytest.mark.parametrize("setting", [s.name for s in Clarify.SETTINGS])
def test_every_setting_can_be_audited(setting: str) -> None:
    found = judged(make_simulator("scripted"), Clarify(), 300, setting)
    assert all(misread(j) for j in found if j.failed)


# -- recorded episodes -------------------------------------------------------------------------------------------------


def _episodes(persona: str | None, task: Task, episodes: int = 150) -> list[Episode]:
    env = DialogueEnv(task, task.setting("default"), make_simulator("scripted", persona), "test")
    names = Names(task.name, "default", "test", "scripted", "clarify_first")
    return [row for block in rollout(env, agents.make("clarify_first"), names, 0, episodes) for row in block]


@each_task
def test_recorded_episodes_are_judged_too(task: str) -> None:
    made = TASKS[task]()
    clean = {row["measure"]: row for row in audit_episodes(_episodes(None, made), made)}
    assert all(not row["rate"] for row in clean.values())
    assert list(clean) == list(MEASURES)
    assert clean["ran_on"]["n"] == 0
    assert clean["ran_on"]["rate"] is None
    noisy = {row["measure"]: row for row in audit_episodes(_episodes("noisy", made), made)}["contradicts"]
    assert 0.03 < noisy["rate"] < 0.15
    left = {row["measure"]: row for row in audit_episodes(_episodes("impatient", made), made)}["ended_early"]
    assert left["rate"] > 0


def test_recorded_failures_are_counted() -> None:
    made = Coin()
    user = Behaves(_fails)
    env = DialogueEnv(made, made.setting("default"), user, "test")
    names = Names("coin", "default", "test", "theirs", "clarify_first")
    rows = [row for block in rollout(env, agents.make("clarify_first"), names, 0, 20) for row in block]
    found = {row["measure"]: row for row in audit_episodes(rows, made)}
    assert (found["simulator_errors"]["rate"], found["simulator_errors"]["n"]) == (0.5, 40)
