"""Agents that are language models: what the model is sent, and which of its drafts is said."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any

import pragenv_baselines
import pytest
from fake_model import FakeModel, Rule, system_of
from minimal import Coin, coin_env
from pragenv_baselines.lm import LMBestOfN, LMEntropy, LMGreedy, LMPrompted, LMSample, instructions, told, uncertainty
from talk import agent_view

from pragenv import AgentError, AgentView, ConfigError, Message, Scenario
from pragenv.errors import ModelError
from pragenv.protocols import Agent, Completion
from pragenv.registration import agents, make_env, models, register_model
from pragenv.rollout import Names, rollout
from pragenv.testing import check_agent
from pragenv.types import Dialogue, mix

COIN = Coin()
HEADS = Scenario({"sides": ("heads", "tails")}, {"side": "heads", "told": False}, {"note": "somebody tossed a coin"})
LIMIT = COIN.setting("default").turn_limit
PROMPTS = Path(pragenv_baselines.__file__).parent / "prompts"
PRAGMATIC, DIRECT = instructions("pragmatic.v1"), instructions("direct.v1")
KINDS = ("lm_greedy", "lm_sample", "lm_prompted", "lm_best_of_n", "lm_entropy")
every_agent = pytest.mark.parametrize("kind", KINDS)


def view(turn: int = 0, key: int = 1) -> AgentView:
    """Before the agent's turn, where the user has said the same in each of its own."""
    asked = tuple(m for _ in range(turn) for m in (Message("assistant", "Hm?"), Message("user", "Pardon?")))
    dialogue = (Message("user", "I tossed a coin."), *asked)
    return agent_view(COIN, COIN.setting("default"), HEADS, dialogue, key)


def agent(kind: str, rule: Rule, **arguments: Any) -> tuple[Agent, FakeModel]:
    model = FakeModel(rule)
    return agents.make({"name": kind, "model": model, **arguments}), model


def drawn(*texts: str | Completion | Exception, repeated: bool = True) -> Rule:
    """One text after the other, in the order in which they are drawn."""
    left = list(texts)

    def rule(prompt: Dialogue, key: int) -> str | Completion | Exception:
        said = left.pop(0)
        if repeated:
            left.append(said)
        return said

    return rule


def keyed(prompt: Dialogue, key: int) -> str:
    """An answer or a question by key alone."""
    return ("ANSWER: heads", "ANSWER: tails", "Which side is up?", "ANSWER:  Heads ")[key % 4]


# -- what the model is sent


def test_the_agent_is_sent_what_it_sees_and_nothing_else() -> None:
    greedy, model = agent("lm_greedy", lambda *_: "Which side?")
    assert greedy.act(view(1)) == "Which side?"
    (call,) = model.calls
    assert call.prompts == (view(1).dialogue,)
    assert "heads" not in str(call.prompts).replace("heads or tails", "")
    assert (call.sampling.temperature, call.sampling.max_tokens) == (0.0, 256)


def test_the_prompted_agent_is_told_more_at_the_end_of_the_system_message() -> None:
    prompted, model = agent("lm_prompted", lambda *_: "Which side?", max_tokens=9)
    prompted.act(view(1))
    system, *rest = model.calls[0].prompts[0]
    seen, *others = view(1).dialogue
    assert system == Message("system", f"{seen.content}\n{PRAGMATIC}")
    assert rest == others
    assert (model.calls[0].sampling.temperature, model.calls[0].sampling.max_tokens) == (0.0, 9)


def test_prompts_are_files() -> None:
    assert sorted(path.name for path in PROMPTS.iterdir()) == ["direct.v1.txt", "pragmatic.v1.txt"]
    assert PRAGMATIC.startswith("Be pragmatic: before you answer, ask")
    assert DIRECT.startswith("Do not ask anything.")
    assert told(view().dialogue, "") == view().dialogue


def test_another_prompt_file_can_be_named() -> None:
    prompted, model = agent("lm_prompted", lambda *_: "Hm.", prompt="direct.v1")
    prompted.act(view())
    assert system_of(model.calls[0]).endswith(DIRECT)


@pytest.mark.parametrize(
    "ref",
    [
        {"name": "lm_prompted", "prompt": "pragmatic.v2"},
        {"name": "lm_entropy", "asking": "pragmatic.v2"},
        {"name": "lm_entropy", "answering": "pragmatic.v2"},
    ],
)
def test_an_unknown_prompt_is_refused_with_the_nearest_one(ref: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"unknown prompt 'pragmatic\.v2'; did you mean 'pragmatic\.v1'"):
        agents.make(ref)


@pytest.mark.parametrize("kind", ["lm_sample", "lm_best_of_n", "lm_entropy"])
def test_sampling_reaches_the_model(kind: str) -> None:
    own, model = agent(kind, keyed, sampling={"temperature": 0.25, "top_p": 0.5, "max_tokens": 7})
    own.act(view())
    drawn_with = model.calls[0].sampling
    assert (drawn_with.temperature, drawn_with.top_p, drawn_with.max_tokens) == (0.25, 0.5, 7)
    assert system_of(model.calls[0]) == view().dialogue[0].content + (f"\n{DIRECT}" if kind == "lm_entropy" else "")


def test_keys_are_the_turns_own_and_differ_between_candidates() -> None:
    best, model = agent("lm_best_of_n", keyed, n=5)
    for seen in (view(), view(1), view(key=2)):
        best.act(seen)
    keys = [key for call in model.calls for key in call.keys]
    assert len(set(keys)) == len(keys) == 15
    best.act(view())
    assert model.calls[-1].keys == model.calls[0].keys


@every_agent
def test_thoughts_are_neither_said_nor_commit_to_anything(kind: str) -> None:
    for thought in ("<think>Say\nANSWER: tails</think>", "Say\nANSWER: tails\n</think>\n"):
        own, _ = agent(kind, lambda *_, t=thought: f"{t} Which side is up?")
        assert own.act(view()) == "Which side is up?"


# -- one by one and together


@every_agent
def test_together_agents_say_what_each_says_alone(kind: str) -> None:
    own, _ = agent(kind, keyed)
    seen = [view(i % LIMIT, key=mix(3, i)) for i in range(24)]
    together = own.act_batch(seen)
    assert together == [own.act(one) for one in seen]
    assert own.act_batch(seen[::-1]) == together[::-1]
    assert own.act_batch([]) == []
    assert len(set(together)) > 1


@every_agent
def test_all_drafts_of_a_turn_are_one_batch(kind: str) -> None:
    own, model = agent(kind, keyed, **({"n": 3} if kind in ("lm_best_of_n", "lm_entropy") else {}))
    own.act_batch([view(key=i) for i in range(6)])
    sizes = [len(call.prompts) for call in model.calls]
    if kind == "lm_entropy":
        assert sizes[0] == 18
        assert len(sizes) == 2
        assert 0 < sizes[1] <= 6
    else:
        assert sizes == [18 if kind == "lm_best_of_n" else 6]


@every_agent
def test_a_model_that_fails_in_one_row_fails_one_conversation(kind: str) -> None:
    seen = [view(key=1), view(1, key=2), view(key=3)]
    own, _ = agent(kind, lambda prompt, key: ModelError("429") if len(prompt) > 2 else "ANSWER: heads")
    one, failed, two = own.act_batch(seen)
    assert (one, two) == ("ANSWER: heads", "ANSWER: heads")
    assert isinstance(failed, AgentError)
    assert str(failed) == "429"
    with pytest.raises(AgentError, match="429"):
        own.act(seen[1])


@every_agent
def test_a_failure_is_a_row_of_the_record_and_its_neighbours_play_on(kind: str) -> None:
    own, _ = agent(kind, lambda prompt, key: ModelError("gone") if "Hi" in prompt[1].content else "ANSWER: heads")
    names = Names("coin", "default", "train", "scripted", kind)
    rows = [row for block in rollout(coin_env(), own, names, 1, 8, batch_size=4) for row in block]
    broken = [row for row in rows if row.end_reason == "agent_error"]
    assert 0 < len(broken) < 8
    assert {row.error for row in broken} == {"AgentError: gone"}
    assert all(row.scored for row in rows if row not in broken)


@every_agent
def test_a_model_that_cannot_be_had_is_no_failure_of_an_episode(kind: str) -> None:
    own, _ = agent(kind, lambda *_: ConfigError("model 'nowhere' cannot be loaded"))
    with pytest.raises(ConfigError, match="cannot be loaded"):
        own.act(view())


@pytest.mark.parametrize("kind", [LMGreedy, LMSample, LMPrompted, LMBestOfN, LMEntropy])
def test_an_agent_can_be_pickled_and_goes_by_the_name_of_its_model(kind: type[LMGreedy]) -> None:
    own = kind(FakeModel(keyed))
    assert pickle.loads(pickle.dumps(own)).act(view()) == own.act(view())  # noqa: S301
    assert len(pickle.dumps(kind())) < 2000


@pytest.mark.parametrize("kind", [LMGreedy, LMSample, LMPrompted, LMBestOfN, LMEntropy])
def test_an_agent_keeps_the_contract(kind: type[LMGreedy]) -> None:
    assert "agent/unmoved-by-the-hidden-intent" in check_agent(kind(FakeModel(keyed)), seeds=range(2))


# -- which draft is said


@pytest.mark.parametrize(
    ("drafts", "best"),
    [
        (["ANSWER: heads", "ANSWER: tails", "ANSWER: tails"], "ANSWER: tails"),
        (["ANSWER: heads", "ANSWER: tails", "Hm?"], "ANSWER: heads"),
        (["Hm?", "Well?", "ANSWER: tails"], "ANSWER: tails"),
        (["Hm?", "Well?", "Hm?"], "Hm?"),
        (["ANSWER: heads", "I see.\nANSWER:  TAILS", "ANSWER: tails"], "I see.\nANSWER:  TAILS"),
        (["ANSWER: a; b", "ANSWER: c", "ANSWER: b;  A;"], "ANSWER: a; b"),
        ([ModelError("429"), "Hm?", "ANSWER: tails"], "ANSWER: tails"),
        ([ModelError("429"), ModelError("429"), "Hm?"], "Hm?"),
    ],
)
def test_the_best_draft_is_the_answer_that_most_agree_on(drafts: list[Any], best: str) -> None:
    """An immediate reward: what an answer would be expected to earn if the talk ended here."""
    own, model = agent("lm_best_of_n", drawn(*drafts), n=3)
    assert own.act(view()) == best
    assert len(model.calls[0].prompts) == 3


@pytest.mark.parametrize(
    ("answers", "value"),
    [
        (["ANSWER: a"] * 4, 0.0),
        (["ANSWER: a", "ANSWER: b", "ANSWER: c", "ANSWER: d"], 1.0),
        (["ANSWER: a", "ANSWER: b"] * 2, log(2) / log(4)),
        (["ANSWER: a", "ANSWER: A ", "answer\nANSWER: a", "ANSWER:a"], 0.0),
        (["ANSWER: x: 1; y: 2", "ANSWER: y: 2; x: 1", "ANSWER: x: 1\ny: 2"], 0.0),
        # Who does not answer agrees with nobody; who failed said nothing at all.
        (["Hm?", "Hm?", "Hm?"], 1.0),
        (["ANSWER: a", "ANSWER: a", "Hm?", "Hm?"], (0.5 * log(2) + 0.5 * log(4)) / log(4)),
        (["ANSWER: a", AgentError("429"), "ANSWER: a"], 0.0),
        (["ANSWER: a", AgentError("429"), "ANSWER: b"], 1.0),
        (["ANSWER: a", AgentError("429")], 0.0),
        ([AgentError("429"), AgentError("429")], 0.0),
    ],
)
def test_uncertainty_is_the_normalised_entropy_of_answers(answers: Sequence[Any], value: float) -> None:
    assert uncertainty(answers) == pytest.approx(value, abs=1e-12)


def asking(prompt: Dialogue, key: int) -> str:
    """Asks where it may, and where not, answers something else each time."""
    if prompt[0].content.endswith(PRAGMATIC):
        return "Which side is up?"
    return f"ANSWER: {key}"


@pytest.mark.parametrize(
    ("answers", "threshold", "asks"),
    [
        (["heads"] * 4, 0.0, False),
        (["heads", "tails"] * 2, 0.49, True),
        (["heads", "tails"] * 2, 0.51, False),
        (["a", "b", "c", "d"], 0.99, True),
        (["a", "b", "c", "d"], 1, False),
        (["a", "a", "a", "b"], 0.0, True),
        (["a", "a", "a", "b"], 0.41, False),
    ],
)
def test_it_asks_where_its_answers_disagree_by_more_than_the_threshold(
    answers: list[str], threshold: float, asks: bool
) -> None:
    left = [f"ANSWER: {answer}" for answer in answers]
    own, model = agent(
        "lm_entropy",
        lambda prompt, key: "Which?" if prompt[0].content.endswith(PRAGMATIC) else left.pop(0),
        n=4,
        threshold=threshold,
    )
    assert own.act(view()) == ("Which?" if asks else f"ANSWER: {answers[0]}")
    assert len(model.calls) == 1 + asks
    assert model.calls[0].prompts == (told(view().dialogue, DIRECT),) * 4
    if asks:
        assert model.calls[1].prompts == (told(view().dialogue, PRAGMATIC),)
        assert model.calls[1].sampling.temperature == 0


def test_only_conversations_in_doubt_are_asked_about() -> None:
    own, model = agent("lm_entropy", lambda prompt, key: "ANSWER: a" if len(prompt) > 2 else asking(prompt, key))
    said = own.act_batch([view(), view(1), view(key=2)])
    assert said == ["Which side is up?", "ANSWER: a", "Which side is up?"]
    assert [len(call.prompts) for call in model.calls] == [24, 2]


def test_on_its_last_turn_it_answers_however_unsure_it_is() -> None:
    own, model = agent("lm_entropy", asking, threshold=0.0)
    said = [own.act(view(turn)) for turn in range(LIMIT)]
    assert said[:-1] == ["Which side is up?"] * (LIMIT - 1)
    assert said[-1].startswith("ANSWER: ")
    assert len(model.calls) == 2 * LIMIT - 1


def test_where_all_draws_of_the_answer_fail_the_agent_fails_and_does_not_ask() -> None:
    rule = lambda prompt, key: "Which?" if prompt[0].content.endswith(PRAGMATIC) else ModelError("429")  # noqa: E731
    own, model = agent("lm_entropy", rule, threshold=0.0)
    with pytest.raises(AgentError, match="429"):
        own.act(view())
    assert len(model.calls) == 1


def test_it_asks_until_the_user_has_answered() -> None:
    def rule(prompt: Dialogue, key: int) -> str:
        heard = [side for side in ("heads", "tails") if any(side in m.content for m in prompt[1:])]
        if heard:
            return f"ANSWER: {heard[0]}"
        return asking(prompt, key)

    own, _ = agent("lm_entropy", rule)
    env = coin_env()
    for seed in range(10):
        env.reset(seed=seed)
        env.step(own.act(env.agent_view()))
        assert env.end_reason is None
        env.step(own.act(env.agent_view()))
        assert env.verdict.solved


# -- what is refused


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ({"name": "lm_best_of_n", "n": 0}, "n must be a whole number, at least 1, got 0"),
        ({"name": "lm_best_of_n", "n": 2.5}, "n must be a whole number, at least 1, got 2.5"),
        ({"name": "lm_entropy", "n": 1}, "n must be a whole number, at least 2, got 1"),
        ({"name": "lm_entropy", "n": "8"}, "n must be a whole number, at least 2, got '8'"),
        ({"name": "lm_entropy", "threshold": -0.1}, r"threshold must be in \[0, 1\], got -0.1"),
        ({"name": "lm_entropy", "threshold": 1.1}, r"threshold must be in \[0, 1\], got 1.1"),
        ({"name": "lm_entropy", "threshold": float("nan")}, r"threshold must be in \[0, 1\], got nan"),
        ({"name": "lm_greedy", "max_tokens": 0}, "max_tokens must be at least 1"),
        ({"name": "lm_prompted", "max_tokens": "9"}, "max_tokens must be a number"),
        ({"name": "lm_greedy", "temperature": 1.0}, "unknown argument of agent 'lm_greedy' 'temperature'"),
        ({"name": "lm_sample", "sampling": {"topp": 1.0}}, "unknown sampling argument 'topp'; did you mean 'top_p'"),
    ],
)
def test_a_knob_out_of_range_is_refused(ref: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        agents.make(ref)


def test_of_the_bundled_model_the_checkpoint_that_knows_the_task_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_registered", {})
    asked: list[tuple[str | None, int]] = []

    class Recorded(FakeModel):
        def __init__(self, path: str | None = None) -> None:
            super().__init__(lambda prompt, key: f"{path} {key}")
            self.path = path

        def complete(self, prompts: Any, sampling: Any, keys: Any) -> Any:
            asked.append((self.path, len(prompts)))
            return super().complete(prompts, sampling, keys)

    register_model("mini", Recorded)
    envs = [make_env(task, simulator="scripted") for task in ("service", "clarify", "draft")]
    for env in envs:
        env.reset(seed=1)
    views = [env.agent_view() for env in envs]
    together = agents.make("lm_greedy").act_batch(views)
    assert asked == [("second", 2), (None, 1)]
    assert together == [agents.make("lm_greedy").act(view) for view in views]
    asked.clear()
    agents.make({"name": "lm_greedy", "model": {"name": "mini", "path": "mine"}}).act_batch(views)
    assert asked == [("mine", 3)]
