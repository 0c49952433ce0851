"""How fast are beliefs and lookahead, and how well does a language model's own uncertainty tell who needs asking?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from scipy.stats import rankdata, spearmanr

from pragenv.belief import Belief
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.files import write_json
from pragenv.intents import Structured
from pragenv.protocols import AgentView, Keys
from pragenv.registration import Ref, agents, make_env
from pragenv.types import Act, mix

Row = dict[str, Any]
_RESAMPLES = 2000


def bench_belief(
    out: Path | None = None,
    model: Ref[Any] = "mini",
    episodes: int = 64,
    alone: int = 8,
    scenarios: int = 256,
    seconds: float = 2.0,
) -> Row:
    """Three figures, all of one process.

    Args:
        out: where `belief.json` is written, or None.
        model: of lookahead's candidates and of `lm_entropy`.
        episodes: conversations that look ahead in one batch.
        alone: of these, how many also do so one imagined conversation at a time.
        scenarios: of Clarify's mixed setting, whose openings `lm_entropy` is to rank.
        seconds: of CPU time for the updates.

    Returns:
        `updates_per_cpu_s` (posteriors over Twenty Questions' 246 concepts after one more answer); `lookahead_batched`
        and `lookahead_alone` (imagined conversations per CPU-second, 4 candidates, a window of 2) with their `ratio`;
        `auroc` (how well the entropy of sampled answers ranks openings that leave something out above others, with its
        95% bootstrap interval) and `spearman` with the exact entropy.

    Raises:
        ConfigError: for a number that is not positive.
    """
    given = {"episodes": episodes, "alone": alone, "scenarios": scenarios, "seconds": seconds}
    for name, value in given.items():
        if value <= 0:
            raise ConfigError(f"bench belief: {name} must be positive, got {value!r}")
    row = {"updates_per_cpu_s": round(_updates(seconds))} | _lookahead(model, episodes, min(alone, episodes))
    row |= _ranking(model, scenarios)
    if out is not None:
        write_json(out / "belief.json", row)
    return row


def table(row: Mapping[str, Any]) -> str:
    """The figures as text."""
    return "\n".join(f"{name:22}{value:>14,}" for name, value in row.items())


def _updates(seconds: float) -> float:
    env = _opened("twenty_questions", "default", 1)[0]
    task = env.task
    assert isinstance(task, Structured)
    intents = task.intents(env.scenario.public, env.setting)
    assert intents is not None
    factor = intents.factors[0]
    start = Belief.start(intents)
    heard = [
        [
            Act("inform", factor.questions[j].slot, factor.replies[factor.answers[concept, j]])
            for j in (mix(concept, t) % len(factor.questions) for t in range(10))
        ]
        for concept in range(len(factor.values))
    ]
    done, begin = 0, process_time()
    while process_time() - begin < seconds:
        for acts in heard:
            belief = start
            for act in acts:
                belief = belief.hear((act,))
                assert belief.marginals
            done += len(acts)
    return done / (process_time() - begin)


def _lookahead(model: Ref[Any], episodes: int, alone: int) -> Row:
    asking = {"name": "lm_sample", "model": model, "prompt": "pragmatic.v1"}
    views = [env.agent_view() for env in _opened("clarify", "default", episodes)]

    def made(n: int) -> Any:
        facts = {"name": "lookahead", "agents": [asking], "model": model, "n": n, "window": 2, "samples": 1}
        return agents.make(facts)

    one, four = made(1), made(4)
    one.consider(views[:1])  # loads the model
    batched = _spent(lambda: four.consider(views)) / (4 * episodes)
    apart = [view._replace(keys=Keys(mix(view.keys.episode, k))) for view in views[:alone] for k in range(4)]
    single = _spent(lambda: [one.consider([view]) for view in apart]) / (4 * alone)
    return {
        "lookahead_batched": round(1 / batched, 2),
        "lookahead_alone": round(1 / single, 2),
        "ratio": round(single / batched, 2),
    }


def _spent(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return process_time() - begin


def _ranking(model: Ref[Any], scenarios: int) -> Row:
    envs = _opened("clarify", "mixed", scenarios)
    views: list[AgentView] = [env.agent_view() for env in envs]
    asker: Any = agents.make({"name": "lm_entropy", "model": model})
    unsure = np.array(asker.uncertainties(views))
    needed = np.array([env.task.needs_asking(env.scenario) for env in envs])
    exact = np.array([float(Belief.of(view).entropies.sum()) for view in views])
    rng = np.random.default_rng(0)
    drawn = (rng.integers(0, scenarios, scenarios) for _ in range(_RESAMPLES))
    spread = [auroc(unsure[rows], needed[rows]) for rows in drawn]
    low, high = np.nanquantile(spread, [0.025, 0.975])
    return {
        "auroc": round(auroc(unsure, needed), 4),
        "auroc_low": round(float(low), 4),
        "auroc_high": round(float(high), 4),
        "spearman": round(float(spearmanr(unsure, exact).statistic), 4),
    }


def auroc(scores: Any, positive: Any) -> float:
    """The probability that a positive scores above a negative, ties counting half; NaN without either."""
    many, few = int(positive.sum()), int((~positive).sum())
    if not many or not few:
        return float("nan")
    return float((rankdata(scores)[positive].sum() - many * (many + 1) / 2) / (many * few))


def _opened(task: str, setting: str, count: int) -> list[DialogueEnv]:
    env = make_env(task, setting, split="train", simulator="scripted")
    found: list[DialogueEnv] = []
    for seed in range(count):
        twin = env.fork() if found else env
        twin.reset(seed=seed)
        found.append(twin)
    return found
