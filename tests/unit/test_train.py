"""Training: each objective learns a trivial conversation, comes to the same weights twice, and goes on where it was."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from pragenv_baselines.train.base import asking, assistant, corpus
from pragenv_baselines.train.demonstrations import demonstrate
from pragenv_baselines.train.losses import at_decision, preference
from pragenv_baselines.train.policy import Policy
from pragenv_baselines.train.ppo import generalised
from pragenv_baselines.train.run import environments, key_of, train
from pragenv_baselines.train.sequences import Row, Step, collate, rows_of
from pragenv_baselines.train.talks import begin, say
from records import logged
from safetensors.torch import load_file

from pragenv.errors import ConfigError, DataError, PragEnvError
from pragenv.models.mini import FOLDER
from pragenv.protocols import Completion
from pragenv.registration import agents, make_env, models, objectives
from pragenv.rollout import Names, rollout
from pragenv.tasks.calibrate import Calibrate
from pragenv.training import TrainConfig, compose_training
from pragenv.types import Message

SECOND = {"_target_": "tests.unit.trivial.Second", "setting": "vague", "knobs": {"turn_limit": 3}}
ASKED = {**SECOND, "_target_": "tests.unit.trivial.Asked", "knobs": {"turn_limit": 3, "turn_cost": 0.05}}
ALL = objectives.names()


def config(objective: str | dict[str, Any], **changes: Any) -> TrainConfig:
    given = {
        "objective": objective,
        "task": SECOND,
        "model": {"name": "mini", "batch_size": 64},
        "simulator": "scripted",
        "tokens": 400,
        "scenarios": 4,
        "group": 4,
        "max_tokens": 24,
        "warmup": 1,
        "validation": {"episodes": 8, "every": 1000},
    }
    return TrainConfig.of({**given, **changes})


def curve(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "curve.jsonl").read_text().splitlines()]


LEARNS: dict[str, dict[str, Any]] = {
    "imitate": {"objective": {"name": "imitate", "demonstrator": "oracle"}, "tokens": 2000},
    "next_turn": {"tokens": 3000},
    "conversation": {"tokens": 3000},
    "belief_gain": {"task": ASKED, "tokens": 8000, "rate": 1e-3},
    "expert_iteration": {"tokens": 3000},
    "mr_sft": {"objective": {"name": "mr_sft", "window": 1, "samples": 1}, "tokens": 3000},
    "mr_dpo": {"objective": {"name": "mr_dpo", "window": 1, "samples": 1}, "tokens": 4000, "rate": 1e-3},
    "archer": {"objective": {"name": "archer", "updates": 2, "batch": 32}, "tokens": 3300},
    "privileged": {"tokens": 5000, "rate": 5e-4},
    "act": {"task": ASKED, "tokens": 8000, "rate": 1e-3, "scenarios": 8},
    "ppo": {"objective": {"name": "conversation", "algorithm": "ppo"}, "tokens": 1800},
}
TINY: dict[str, dict[str, Any]] = {
    "archer": {"updates": 1, "batch": 8, "warmup": 1},
    "act": {"samples": 1},
    "ppo": {"algorithm": "ppo"},
}
LEARNERS = [name for name in ALL if name != "none"]


@pytest.mark.slow
@pytest.mark.parametrize("objective", LEARNS)
def test_it_learns_a_trivial_conversation(objective: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"objective": objective, "scenarios": 16, "validation": {"episodes": 64, "every": 1000}}
    train(config(**{**given, **LEARNS[objective]}), tmp_path)
    rows = curve(tmp_path)
    before, after = rows[0]["validation"], rows[-1]["validation"]
    if LEARNS[objective].get("task") is ASKED:
        assert before["questions"] < 0.5
        assert after["questions"] > 0.9
    else:
        assert after["score"] >= 0.95
    assert after["score"] > before["score"] or before["score"] == 1.0


def test_every_learner_is_tried() -> None:
    assert set(LEARNERS) <= set(LEARNS)


@pytest.mark.parametrize("objective", [*LEARNERS, "ppo"])
def test_it_comes_to_the_same_weights_twice_and_where_it_was_interrupted(
    objective: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"task": ASKED, "tokens": 400, "scenarios": 2, "export": True}
    options = TINY.get(objective, {})
    objective = "conversation" if objective == "ppo" else objective
    made = config({"name": objective, **options}, **changes)
    train(made, tmp_path / "a")
    kind, done = type(objectives.make(objective)), []
    iterate = kind.iterate

    def interrupted(self: Any, learner: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(learner.progress.iteration)
        return iterate(self, learner)

    monkeypatch.setattr(kind, "iterate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(made, tmp_path / "b")
    monkeypatch.undo()
    for name in ("curve.jsonl", "sft.jsonl", "preferences.jsonl"):  # as if it had been killed while it wrote
        with (tmp_path / "b" / name).open("a") as file:
            file.write('{"half')
    train(made, tmp_path / "b")
    assert (tmp_path / "a/curve.jsonl").read_bytes() == (tmp_path / "b/curve.jsonl").read_bytes()
    a, b = (load_file(tmp_path / run / "model/model.safetensors") for run in "ab")
    assert all(torch.equal(a[name], b[name]) for name in a)
    for name in ("sft.jsonl", "preferences.jsonl"):
        a_file, b_file = (tmp_path / run / name for run in "ab")
        assert (a_file.read_bytes() if a_file.exists() else b"") == b_file.read_bytes()


def test_what_comes_out_is_a_model_that_any_agent_can_load(tmp_path: Path) -> None:
    folder = train(config("conversation"), tmp_path)
    agent = agents.make({"name": "lm_greedy", "model": {"name": "mini", "path": str(folder)}})
    env = make_env("clarify", "small", simulator="scripted")
    (block,) = rollout(env, agent, Names("clarify", "small", "train", "scripted", "x"), 0, 2, batch_size=2)
    assert all(episode.scored for episode in block)
    assert {path.name for path in tmp_path.iterdir()} >= {"curve.png", "curve.svg", "timing.jsonl", "training.json"}
    about = json.loads((tmp_path / "training.json").read_text())
    assert about["done"]
    assert about["altitude"] == "conversation"


def test_a_run_is_made_once_and_another_is_refused_in_its_folder(tmp_path: Path) -> None:
    train(config("conversation"), tmp_path)
    before = (tmp_path / "model/model.safetensors").stat().st_mtime_ns
    train(config("conversation"), tmp_path)
    assert (tmp_path / "model/model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(DataError, match="another training run"):
        train(config("conversation", seed=1), tmp_path)


def test_a_run_is_told_by_the_checkpoint_that_it_begins_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(**model: str) -> str:
        return key_of(config("conversation", task={"name": "calibrate"}, model={"name": "mini", **model}))

    implied = key()
    assert implied == key(path="second")
    monkeypatch.setattr(Calibrate, "checkpoint", "third")
    assert key() != implied


def test_what_the_policy_thinks_is_learned_and_not_said() -> None:
    env = environments(config("conversation"))[0]
    (talk,) = begin([env], 0, range(1), 1)
    drawn = Completion("<think>ANSWER: red</think>Which colour?", tokens=(5, 6, 7), logprobs=(-1.0, -1.0, -1.0))
    say([talk], [Step(talk.env.agent_view(), talk.chat(), (1, 2), drawn)])
    assert [m.content for m in talk.env.dialogue if m.role == "assistant"] == ["Which colour?"]
    assert not talk.scored
    assert rows_of(talk.steps, [1.0])[0].ids == [1, 2, 5, 6, 7]


def test_numbers_that_are_not_finite_stop_it_with_the_last_good_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pragenv_baselines.train import learner

    real, calls = learner.descend, []

    def broken(optimiser: Any, parameters: Any, made: Any, loss: Any, rate: float, clip: float) -> Any:
        calls.append(1)
        nan = (lambda batch: (loss(batch)[0] * float("nan"), 1.0)) if len(calls) > 1 else loss
        return real(optimiser, parameters, made, nan, rate, clip)

    monkeypatch.setattr(learner, "descend", broken)
    with pytest.raises(PragEnvError, match=r"iteration 2.*model/ is the last good one"):
        train(config("imitate", tokens=2000), tmp_path)
    weights = load_file(tmp_path / "model/model.safetensors")
    assert all(torch.isfinite(weight).all() for weight in weights.values())
    assert [row["iteration"] for row in curve(tmp_path)] == [0, 1]


def test_exports_are_in_the_forms_that_trl_reads(tmp_path: Path) -> None:
    train(config("expert_iteration", tokens=1500, export=True), tmp_path / "sft")
    rows = [json.loads(line) for line in (tmp_path / "sft/sft.jsonl").read_text().splitlines()]
    assert all([m["role"] for m in row["messages"]][:2] == ["system", "user"] for row in rows)
    assert all(row["messages"][-1]["role"] == "assistant" for row in rows)
    assert rows
    train(config("act", task=ASKED, tokens=1500, export=True), tmp_path / "dpo")
    pairs = [json.loads(line) for line in (tmp_path / "dpo/preferences.jsonl").read_text().splitlines()]
    assert pairs
    for pair in pairs:
        assert set(pair) == {"prompt", "chosen", "rejected"}
        assert pair["prompt"][-1]["role"] == "user"
        assert [m["role"] for m in (*pair["chosen"], *pair["rejected"])] == ["assistant", "assistant"]
        assert pair["chosen"] != pair["rejected"]


def test_what_a_judge_makes_of_a_conversation_counts(tmp_path: Path) -> None:
    """Either drink may be wanted; to a judge who wants tea, coffee is never better."""

    def preferred(critic: dict[str, str] | None) -> set[str]:
        objective = {"name": "mr_dpo", "window": 0, "token_cost": 0.0, "critic": critic}
        out = tmp_path / str(critic is None)
        train(config(objective, task=ASKED, tokens=1500, scenarios=16, export=True), out)
        pairs = [json.loads(line) for line in (out / "preferences.jsonl").read_text().splitlines()]
        said = [(pair["chosen"][0]["content"], pair["rejected"][0]["content"]) for pair in pairs]
        return {
            drink
            for drink, other in (("tea", "coffee"), ("coffee", "tea"))
            if any(drink in chosen and other in rejected for chosen, rejected in said)
        }

    assert preferred(None) == {"tea", "coffee"}
    assert preferred({"_target_": "tests.unit.trivial.rater"}) == {"tea"}


def test_where_only_the_cost_of_tokens_differs_a_gap_leaves_the_group_out(tmp_path: Path) -> None:
    """With no turn ahead only an answer can be right; without a gap a question is preferred for being short."""

    def answers(gap: float) -> set[bool]:
        objective = {"name": "mr_dpo", "window": 0, "token_cost": 0.001, "gap": gap}
        out = tmp_path / str(gap)
        train(config(objective, task=ASKED, tokens=1500, scenarios=16, export=True), out)
        pairs = [json.loads(line) for line in (out / "preferences.jsonl").read_text().splitlines()]
        return {pair["chosen"][0]["content"].startswith("ANSWER") for pair in pairs}

    assert answers(0.0) == {True, False}
    assert answers(0.5) == {True}


def test_the_curve_is_mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_SILENT", "true")
    train(config("conversation", logger={"name": "wandb", "mode": "offline"}), tmp_path)
    (log,) = (tmp_path / "wandb").glob("offline-run-*/*.wandb")
    names = {"validation/score", "reward", "loss", "tokens"}
    assert logged(log, names) == names


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_corpus_holds_the_share_of_clarifying_turns_that_is_named(share: float) -> None:
    (env,) = environments(config("none", task={"name": "clarify", "setting": "few_forms"}))
    talks = begin([corpus(env)], 5, range(1500), 1)
    demonstrate(assistant(asking(env, share)), talks)
    turns = sum(talk.env.turn for talk in talks)
    assert (turns - len(talks)) / turns == pytest.approx(share, abs=0.03)  # each answers once, at its end


def test_a_share_that_no_corpus_can_hold_is_refused() -> None:
    (env,) = environments(config("none", task={"name": "clarify", "setting": "few_forms"}))
    with pytest.raises(ConfigError, match=r"base.share must be at most 0.5\d in clarify/few_forms"):
        asking(env, 0.9)


def test_the_first_token_of_each_utterance_is_where_it_is_decided() -> None:
    row = Row()
    row.read([1, 2])
    row.say(0, [3, 4], [0.0, 0.0], 1.0)
    row.say(1, [5], [0.0], 1.0)  # nothing was read in between
    row.read([6])
    row.say(2, [7, 8, 9], [0.0] * 3, 1.0)
    other = Row()
    other.say(0, [3, 3], [0.0] * 2, 1.0)
    batch = collate([row, other])
    assert at_decision(batch).tolist() == [True, False, True, True, False, False, True, False]


def test_a_pair_counts_as_much_as_it_weighs() -> None:
    policy = Policy(models.make({"name": "mini", "deterministic": False}))

    def loss(*weights: float) -> float:
        rows = []
        for weight in weights:
            for said in ("tea", "coffee"):
                tokens = policy.utterance(said)
                rows.append(Row())
                rows[-1].read(policy.ids((Message("user", "What is it?"),)))
                rows[-1].say(0, tokens, [0.0] * len(tokens), weight)
        value, _ = preference(collate(rows), policy, policy.network, policy.reference, beta=0.1, anchor=1.0)
        return float(value.detach())

    assert loss(1.0) > 0
    assert loss(0.25, 0.5) == pytest.approx(0.75 * loss(1.0), rel=1e-4)
    assert loss(0.0) == 0.0


def test_generalised_advantages_are_those_of_the_paper() -> None:
    values = [0.5, 0.25, 0.75]
    steps = [0.25 - 0.5, 0.75 - 0.25, 1.0 - 0.75]  # what each turn adds to the value; the last, the reward
    for gae in (0.0, 0.5, 1.0):
        wanted = [sum(gae**k * one for k, one in enumerate(steps[t:])) for t in range(3)]
        assert generalised(1.0, values, gae) == pytest.approx(wanted)
    assert generalised(1.0, values, 1.0) == pytest.approx([1.0 - v for v in values])


def test_costs_are_said_and_paid(tmp_path: Path) -> None:
    given = config("conversation", turn_costs=[0.0, 0.5], token_costs=[0.25], tokens=300, export=True)
    train(given, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "sft.jsonl").read_text().splitlines()]
    systems = {row["messages"][0]["content"] for row in rows}
    assert all("Each token costs 0.25." in text for text in systems)
    assert {"Each turn costs 0.5." in text for text in systems} == {True, False}
    assert all(row["reward"] < 0 for row in rows)


@pytest.mark.parametrize(
    "changes",
    [
        {"lora": 4},
        {"precision": "bfloat16"},
        {"objective": {"name": "conversation", "algorithm": "grpo", "epochs": 2, "kl": 0.05}},
        {"objective": {"name": "mr_dpo", "online": False, "window": 1}, "scenarios": 8},
        {"objective": {"name": "imitate", "demonstrator": "oracle", "filtered": 0.5}, "micro": 200},
    ],
)
def test_every_way_of_training_changes_what_the_saved_model_says(changes: dict[str, Any], tmp_path: Path) -> None:
    made = config(**{"objective": "conversation", "tokens": 600, **changes})
    after = load_file(train(made, tmp_path) / "model.safetensors")
    before = load_file(Path(FOLDER) / "model.safetensors")
    assert set(after) == set(before)
    assert any(not torch.equal(after[name].float(), before[name].float()) for name in before)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"objective": {"name": "conversation", "tokes": "all"}}, "tokes'; did you mean 'tokens'"),
        ({"objective": {"name": "conversation", "gae": 2.0}}, "gae must be in"),
        ({"tokens": 0}, "tokens must be a whole number, at least 1"),
        ({"rate": 0.0}, "rate must be above 0"),
        ({"precision": "float8"}, "precision must be float32 or bfloat16"),
        ({"turn_costs": [2.0]}, "turn_costs must be in"),
        ({"base": {"shar": 0.1}}, "base.share"),
        ({"base": {"share": 1.5}}, "base.share must be null or in"),
        ({"validation": {"every": 0}}, "validation.episodes and .every"),
        ({"tokns": 1}, "tokens"),
        ({"objective": "conversatoin"}, "conversation"),
        ({"objective": {"name": "conversation", "algorithm": "x"}}, "algorithm must be one of"),
        ({"objective": {"name": "next_turn", "tokens": "some"}}, "tokens must be one of all, forking, rest"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], match: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=match):
        train(config(**{"objective": "conversation", **changes}), tmp_path / "run")


def test_one_command_makes_one_run() -> None:
    with pytest.raises(ConfigError, match="makes one run"):
        compose_training(["seed=0,1"])
    assert replace(compose_training(["seed=3"]), seed=0) == compose_training([])
