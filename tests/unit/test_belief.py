"""Exact beliefs: against enumeration, whatever is asked in whatever order, and with users who err."""

from __future__ import annotations

from itertools import product
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from pragenv.belief import Belief, signals
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.intents import Factor, Intents, Structured
from pragenv.protocols import commitment
from pragenv.registration import agents, make_env, tasks
from pragenv.types import Act, mix
from pragenv.wrappers import BeliefSignals


def lots(*priors: tuple[float, ...], **knobs: Any) -> Intents:
    """Factors each with one question that reveals it."""
    return Intents(tuple(field(f"f{i}", prior) for i, prior in enumerate(priors)), **knobs)


def field(name: str, prior: tuple[float, ...]) -> Factor:
    values = tuple(f"{name}{chr(97 + i)}" for i in range(len(prior)))
    answers = np.arange(len(prior), dtype=np.int8)[:, None]
    return Factor(name, values, np.array(prior), (Act("ask", name),), values, answers, 1.0)


def thing(seed: int, n: int = 6, q: int = 5, uniform: bool = False) -> Factor:
    """A factor with yes/no/sometimes questions, at random."""
    rng = np.random.default_rng(seed)
    prior = np.full(n, 1 / n) if uniform else rng.dirichlet(np.ones(n))
    answers = rng.choice(3, size=(n, q), p=(0.5, 0.35, 0.15)).astype(np.int8)
    names = tuple(f"thing {i}" for i in range(n))
    return Factor("thing", names, prior, tuple(Act("ask", f"q{j}") for j in range(q)), ("no", "yes", "some"), answers)


def enumerated(factor: Factor, heard: list[tuple[int, str]], noise: float) -> np.ndarray[Any, Any]:
    """The posterior by Bayes' rule, value by value."""
    weights = []
    for v, prior in enumerate(factor.prior):
        weight = prior
        for question, reply in heard:
            said = factor.replies[factor.answers[v, question]] == reply
            weight *= 1 - noise if said else noise / (len(factor.replies) - 1)
        weights.append(weight)
    return np.array(weights) / sum(weights)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("seed", range(8))
def test_a_posterior_is_that_of_bayes_rule(seed: int, noise: float) -> None:
    factor = thing(seed)
    truth = mix(seed, 1) % len(factor.values)
    heard: list[tuple[int, str]] = []
    belief = Belief.start(Intents((factor,)), noise)
    for t in range(6):
        question = mix(seed, 10 + t) % len(factor.questions)
        lies = noise and mix(seed, 30 + t) % 3 == 0
        reply = factor.replies[(factor.answers[truth, question] + bool(lies)) % 3]
        heard.append((question, reply))
        belief = belief.hear([Act("inform", f"q{question}", reply)])
        assert belief.marginals[0] == pytest.approx(enumerated(factor, heard, noise))


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(4))
def test_a_question_tells_what_its_replies_are_expected_to(seed: int, noise: float) -> None:
    factor = thing(seed)
    belief = Belief.start(Intents((factor,)), noise)
    for j in range(len(factor.questions)):
        gain = top = 0.0
        for reply in factor.replies:
            after = belief.hear([Act("inform", f"q{j}", reply)])
            p = sum(
                prior * (1 - noise if factor.replies[factor.answers[v, j]] == reply else noise / 2)
                for v, prior in enumerate(factor.prior)
            )
            if p > 0:
                gain += p * after.divergence(belief)
                top += p * float(after.tops[0])
        assert belief.gains(0)[j] == pytest.approx(gain, abs=1e-9)
        assert belief.tops_after(0)[j] == pytest.approx(top, abs=1e-9)


def test_factors_are_never_multiplied_out() -> None:
    wide = lots(*((1 / 8,) * 8 for _ in range(200)))  # 8**200 intents
    belief = Belief.start(wide).hear([Act("inform", "f7", "f7c")])
    assert belief.entropies.sum() == pytest.approx(199 * 3)
    assert belief.best[7] == "f7c"
    assert belief.score == pytest.approx(8.0**-199, rel=1e-6)
    assert belief.surprise(tuple(f.values[2] for f in wide.factors)) == pytest.approx(199 * 3)


def test_the_score_of_a_share_is_the_weighted_mean() -> None:
    belief = Belief.start(lots((0.5, 0.5), (0.75, 0.25), shared=True))
    assert belief.score == pytest.approx((0.5 + 0.75) / 2)
    assert Belief.start(lots((0.5, 0.5), (0.75, 0.25))).score == pytest.approx(0.375)


def test_who_contradicts_itself_is_believed_where_it_does_so_least() -> None:
    factor = thing(3, uniform=True)
    belief = Belief.start(Intents((factor,)))
    wrong = np.zeros(len(factor.values))
    for j, reply in [(0, "yes"), (1, "no"), (2, "some"), (3, "yes"), (4, "some"), (0, "no")]:
        wrong += factor.answers[:, j] != factor.replies.index(reply)
        belief = belief.hear([Act("inform", f"q{j}", reply)])
    assert (belief.marginals[0] > 0).tolist() == (wrong == wrong.min()).tolist()


def test_a_guess_denied_rules_out_one_value_and_confirmed_all_others() -> None:
    belief = Belief.start(Intents((thing(1, uniform=True),)))
    denied = belief.hear([Act("deny", "thing", "thing 2")])
    assert denied.marginals[0].tolist() == pytest.approx([0.2, 0.2, 0, 0.2, 0.2, 0.2])
    assert belief.hear([Act("confirm", "thing", "thing 2")]).best == ("thing 2",)


def test_who_may_change_its_mind_means_what_it_said_last() -> None:
    acts = [Act("inform", "f0", "f0a"), Act("inform", "f0", "f0b")]
    assert Belief.start(lots((0.5, 0.5), revision=1.0)).hear(acts).best == ("f0b",)
    assert Belief.start(lots((0.5, 0.5))).hear(acts).tops[0] == pytest.approx(0.5)


@pytest.mark.parametrize("noise", [-0.1, 1.0, 2])
def test_a_noise_that_is_no_probability_is_refused(noise: float) -> None:
    with pytest.raises(ConfigError, match="noise must be in"):
        Belief.start(lots((0.5, 0.5)), noise)


# -- of the built-in tasks ---------------------------------------------------------------------------------------------


def played(task: str, setting: str, agent: str, seed: int, **knobs: Any) -> DialogueEnv:
    env = make_env(task, setting, knobs, "test", "scripted")
    env.reset(seed=seed)
    speaker = agents.make(agent)
    while env.end_reason is None:
        env.step(speaker.act(env.agent_view()))
    return env


@pytest.mark.parametrize("setting", [s.name for s in tasks.make("twenty_questions").SETTINGS])
def test_twenty_questions_believes_what_the_task_still_takes_for_possible(setting: str) -> None:
    env = make_env("twenty_questions", setting, split="test", simulator="scripted")
    for seed in range(4):
        env.reset(seed=seed)
        speaker = agents.make("random_ask")
        while env.end_reason is None:
            view = env.agent_view()
            belief = Belief.of(view)
            p = belief.marginals[0]
            held = tuple(v for v, one in zip(belief.intents.factors[0].values, p, strict=True) if one > 0)
            assert held == env.task.candidates(view)  # type: ignore[attr-defined]
            assert p.sum() == pytest.approx(1)
            env.step(speaker.act(view))


@pytest.mark.parametrize("setting", [s.name for s in tasks.make("clarify").SETTINGS if s.name != "hidden_form"])
def test_clarify_believes_what_was_told_and_nothing_else(setting: str) -> None:
    env = make_env("clarify", setting, split="test", simulator="scripted")
    task: Any = env.task
    for seed in range(6):
        env.reset(seed=seed)
        speaker = agents.make("clarify_first")
        while env.end_reason is None:
            view = env.agent_view()
            known, belief = task.known(view), Belief.of(view)
            for factor, p, value in zip(belief.intents.factors, belief.marginals, belief.best, strict=True):
                if factor.name in known:
                    assert (value, p.max()) == (known[factor.name], pytest.approx(1))
                else:
                    assert p == pytest.approx(factor.prior)
            env.step(speaker.act(view))


@pytest.mark.parametrize(("task", "setting"), [("clarify", "default"), ("clarify", "conflict"), ("clarify", "skewed")])
def test_intents_are_drawn_as_they_are_declared_to_be(task: str, setting: str) -> None:
    """The share of scenarios whose truth is the most probable value, against what the belief says of it."""
    made = tasks.make(task)
    assert isinstance(made, Structured)
    knobs = made.setting(setting)
    hits, expected, variance = 0, 0.0, 0.0
    for key in range(3000):
        scenario = made.sample(mix(99, key), knobs, "train")
        intents = made.intents(scenario.public, knobs)
        assert intents is not None
        factor, value = intents.factors[0], made.values(scenario)[0]
        hits += factor.values.index(value) == int(factor.prior.argmax())
        p = float(factor.prior.max())
        expected, variance = expected + p, variance + p * (1 - p)
    assert abs(hits - expected) < 4.4 * max(variance, 1) ** 0.5  # one in 100,000


def test_reading_on_is_the_same_as_reading_anew() -> None:
    from pragenv import belief as module

    env = played("twenty_questions", "default", "clarify_first", 5)
    view = env.agent_view()
    whole = view._replace(dialogue=view.dialogue[:-1])
    step_by_step = Belief.of(whole).marginals[0].tolist()
    module._kept.clear()
    assert Belief.of(whole).marginals[0].tolist() == step_by_step


def test_an_imagined_intent_fits_what_was_said_and_commits_to_itself() -> None:
    for task, setting in (("clarify", "default"), ("twenty_questions", "small")):
        env = make_env(task, setting, split="test", simulator="scripted")
        made: Any = env.task
        env.reset(seed=3)
        env.step(agents.make("clarify_first").act(env.agent_view()))
        view = env.agent_view()
        for key in range(20):
            values = Belief.of(view).draw(key)
            scenario = made.imagine(view, values)
            assert made.values(scenario) == values
            assert commitment(made.commit(view, values)) is not None
            said = (*env.dialogue, env.dialogue[0]._replace(role="assistant", content=made.commit(view, values)))
            assert made.grade(scenario, said).solved


# -- signals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "setting"), [("clarify", "vague"), ("clarify", "revision"), ("twenty_questions", "medium")]
)
def test_what_was_learnt_adds_up_to_the_truth(task: str, setting: str) -> None:
    for seed in range(5):
        env = played(task, setting, "clarify_first", seed)
        found = signals(env.task, env.setting, env.scenario, env.dialogue)
        assert found is not None
        assert len(found.information) == len(found.truth) == env.turn
        assert (found.information >= -1e-9).all()
        assert isinstance(env.task, Structured)
        start = Belief.opening(env.task, env.scenario, env.setting)
        assert start is not None
        prior = Belief.start(start.intents).surprise(env.task.values(env.scenario))
        if setting != "revision":  # there the truth itself moves
            assert found.truth.sum() == pytest.approx(prior)


def test_the_wrapper_tells_signals_at_the_end_only_and_pays_nothing() -> None:
    plain = gym.make("pragenv/TwentyQuestions-small-v0", simulator="scripted")
    env = BeliefSignals(gym.make("pragenv/TwentyQuestions-small-v0", simulator="scripted"))
    speaker = agents.make("clarify_first")
    for made in (plain, env):
        made.reset(seed=1)
    done = False
    while not done:
        talk: Any = env.unwrapped
        said = speaker.act(talk.agent_view())
        _, reward, terminated, truncated, info = env.step(said)
        assert plain.step(said)[1] == reward
        done = terminated or truncated
        assert ("information" in info) == ("truth" in info) == done
    assert info["truth"].sum() == pytest.approx(4)  # one of 16


def test_a_task_without_declared_intents_has_no_belief() -> None:
    env = make_env("sharded", simulator="scripted")
    env.reset(seed=0)
    assert signals(env.task, env.setting, env.scenario, env.dialogue) is None
    with pytest.raises(ConfigError, match="does not declare its intents"):
        Belief.of(env.agent_view())
    wrapped = BeliefSignals(env)
    wrapped.reset(seed=0)
    with pytest.raises(ConfigError, match="declares no intents"):
        wrapped.step("ANSWER: 1")


def test_intents_of_a_small_form_are_all_combinations() -> None:
    belief = Belief.start(lots((0.5, 0.5), (0.2, 0.3, 0.5)))
    total = sum(2.0 ** -belief.surprise(values) for values in product(*(f.values for f in belief.intents.factors)))
    assert total == pytest.approx(1)
