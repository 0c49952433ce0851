"""Exact beliefs about hidden intents: the posterior that a dialogue leaves, from what the task declares.

A belief is a probability for each value of each factor. Factors are independent before a conversation, and a question
is about one of them, so they stay so; their product is never enumerated.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np

from pragenv.errors import ConfigError
from pragenv.intents import Factor, Floats, Intents, Structured
from pragenv.protocols import AgentView, Keys, Setting, Task, UserView
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, mix, uniform

_NEVER = -1000.0
"""Log-likelihood of what a faithful user would not say: whoever contradicts the least is believed."""
_MOST_KEPT = 8192
_kept: dict[tuple[Intents, float, Dialogue], Belief] = {}


class Belief:
    """A posterior over an intent. Immutable: what is heard next makes a new one.

    Args:
        intents: the space.
        logs: for each factor the unnormalised log-probabilities of its values, each shape (n,).
        noise: probability that a user's answer is a wrong one, each of those equally likely. 0 is a faithful user; one
            who is caught in a contradiction is then believed where it contradicts the least.
    """

    def __init__(self, intents: Intents, logs: tuple[Floats, ...], noise: float = 0.0) -> None:
        self.intents, self.noise = intents, noise
        self._logs = logs

    @classmethod
    def start(cls, intents: Intents, noise: float = 0.0) -> Belief:
        """What is believed before the opening.

        Raises:
            ConfigError: for a noise outside [0, 1).
        """
        if not 0 <= noise < 1:
            raise ConfigError(f"noise must be in [0, 1), got {noise!r}")
        with np.errstate(divide="ignore"):
            return cls(intents, tuple(np.log(factor.prior) for factor in intents.factors), noise)

    @classmethod
    def opening(cls, task: Structured, scenario: Scenario, setting: Setting) -> Belief | None:
        """What a faithful user's opening lets an agent believe; None where the task declares no intents here."""
        intents = task.intents(scenario.public, setting)
        if intents is None:
            return None
        public, brief = cast(FrozenDict, scenario.public), cast(FrozenDict, scenario.user_brief)
        return cls.start(intents).hear(task.truth(UserView(task, public, brief, (), Keys(0), 0)))

    @classmethod
    def of(cls, view: AgentView, noise: float = 0.0) -> Belief:
        """What an agent's view lets it believe. Only what was said since the last call is read.

        Raises:
            ConfigError: where the task does not declare its intents, or hides what they may be.
        """
        intents = intents_of(view)
        if intents is None:
            raise ConfigError(f"task {view.task.name!r} does not declare its intents in setting {view.setting.name!r}")
        dialogue = view.dialogue
        known = len(dialogue)
        while known and (intents, noise, dialogue[:known]) not in _kept:
            known -= 1
        belief = _kept[intents, noise, dialogue[:known]] if known else cls.start(intents, noise)
        if known < len(dialogue):
            acts = view.task.acts(view)
            asked = next((m.content for m in dialogue[:known][::-1] if m.role == "assistant"), None)
            for message in dialogue[known:]:
                if message.role == "assistant":
                    asked = message.content
                elif message.role == "user":
                    belief = belief.hear(acts.read(message.content, acts.parse(asked) if asked is not None else ()))
            if len(_kept) >= _MOST_KEPT:
                _kept.clear()
            _kept[intents, noise, dialogue] = belief
        return belief

    def hear(self, acts: Iterable[Act]) -> Belief:
        """The belief after a user's acts. Those that are about no factor change nothing."""
        logs = list(self._logs)
        for act in acts:
            for i, factor in enumerate(self.intents.factors):
                if (mask := factor.evidence(act)) is not None:
                    # Whoever may change its mind is believed to mean what it said last.
                    before = np.zeros(len(factor.prior)) if self.intents.revision else logs[i]
                    logs[i] = np.where(mask, before + self._hit, before + self._miss(factor, act))
                    break
        return Belief(self.intents, tuple(logs), self.noise)

    @property
    def _hit(self) -> float:
        return float(np.log1p(-self.noise))

    def _miss(self, factor: Factor, act: Act) -> float:
        if not self.noise:
            return _NEVER
        others = len(factor.replies) - 1 if act.kind == "inform" else 1
        return float(np.log(self.noise / max(others, 1)))

    @cached_property
    def marginals(self) -> tuple[Floats, ...]:
        """The probabilities of each factor's values, each shape (n,)."""
        weights = (np.exp(log - log.max()) for log in self._logs)
        return tuple(weight / weight.sum() for weight in weights)

    @cached_property
    def entropies(self) -> Floats:
        """The entropy of each factor, in bits."""
        return np.array([_bits(p) for p in self.marginals])

    @cached_property
    def tops(self) -> Floats:
        """The probability of each factor's most probable value."""
        return np.array([p.max() for p in self.marginals])

    @property
    def best(self) -> tuple[str, ...]:
        """Each factor's most probable value, the first of several."""
        return tuple(f.values[int(p.argmax())] for f, p in zip(self.intents.factors, self.marginals, strict=True))

    @property
    def score(self) -> float:
        """The expected score of committing to `best` now."""
        return self.score_if(self.tops)

    def score_if(self, tops: Floats) -> float:
        """The expected score of the best commitment where the most probable values have these probabilities."""
        if not self.intents.shared:
            return float(tops.prod())
        weights = np.array([factor.weight for factor in self.intents.factors])
        return float(weights @ tops / weights.sum())

    def gains(self, i: int) -> Floats:
        """What each question about a factor is expected to tell, in bits, shape (q,)."""
        factor, p = self.intents.factors[i], self.marginals[i]
        replies, k = (p @ factor.one_hot).reshape(len(factor.replies), -1), len(factor.replies)
        if self.noise and k > 1:
            replies = replies * (1 - self.noise) + (1 - replies) * (self.noise / (k - 1))
            certain = np.full(k, self.noise / (k - 1))
            certain[0] = 1 - self.noise
            return np.asarray(np.maximum(_bits(replies) - _bits(certain), 0.0))
        return np.asarray(_bits(replies))

    def tops_after(self, i: int) -> Floats:
        """The expected probability of a factor's most probable value after each question about it, shape (q,)."""
        factor, p = self.intents.factors[i], self.marginals[i]
        k, q = len(factor.replies), len(factor.questions)
        miss = self.noise / (k - 1) if k > 1 else 0.0
        likelihood = factor.one_hot * (1 - self.noise - miss) + miss
        joint = (p[:, None] * likelihood).reshape(len(p), k, q)
        return np.asarray(joint.max(axis=0).sum(axis=0))

    def draw(self, key: int) -> tuple[str, ...]:
        """An intent drawn from the belief, by key."""
        drawn = []
        for i, (factor, p) in enumerate(zip(self.intents.factors, self.marginals, strict=True)):
            at = int(np.searchsorted(np.cumsum(p), uniform(mix(key, i)), "right"))
            drawn.append(factor.values[min(at, int(np.flatnonzero(p)[-1]))])
        return tuple(drawn)

    def surprise(self, values: tuple[str, ...]) -> float:
        """The negative log-probability of an intent, in bits."""
        factors = zip(self.intents.factors, self.marginals, values, strict=True)
        with np.errstate(divide="ignore"):
            return float(-sum(np.log2(p[factor.values.index(value)]) for factor, p, value in factors))

    def divergence(self, before: Belief) -> float:
        """What was learnt since an earlier belief: the Kullback-Leibler divergence from it, in bits."""
        total = 0.0
        for p, q in zip(self.marginals, before.marginals, strict=True):
            held = p > 0
            with np.errstate(divide="ignore"):
                total += float(np.sum(p[held] * (np.log2(p[held]) - np.log2(q[held]))))
        return total


class Signals(NamedTuple):
    """How a conversation moved an exact belief, for each of the user's turns, the opening first; shapes (turns,).

    Dense, and for study only: no environment pays them.

    Attributes:
        information: what was learnt, in bits (the divergence of the belief from the one before).
        truth: by how much the log-probability of the true intent rose, in bits; minus infinity once it is ruled out.
    """

    information: Floats
    truth: Floats


def signals(task: Task, setting: Setting, scenario: Scenario, dialogue: Dialogue, noise: float = 0.0) -> Signals | None:
    """The signals of a dialogue (without system message); None where the task declares no intents here."""
    intents = task.intents(scenario.public, setting) if isinstance(task, Structured) else None
    if intents is None:
        return None
    assert isinstance(task, Structured)
    public = cast(FrozenDict, scenario.public)
    before = Belief.start(intents, noise)
    information: list[float] = []
    truth: list[float] = []
    for end, message in enumerate(dialogue, start=1):
        if message.role == "user":
            said = (Message("system", ""), *dialogue[:end])
            belief = Belief.of(AgentView(task, public, None, said, Keys(0), 0, setting), noise)
            values = task.values(scenario, len(truth))
            information.append(belief.divergence(before))
            # Both before and after by what is true now: a change of mind is no one's gain or loss.
            rise = before.surprise(values) - belief.surprise(values)
            truth.append(rise if rise == rise else 0.0)  # of what was ruled out already
            before = belief
    return Signals(np.array(information), np.array(truth))


def intents_of(view: AgentView) -> Intents | None:
    """The space of intents that an agent faces, or None where the task declares none."""
    return view.task.intents(view.public, view.setting) if isinstance(view.task, Structured) else None


def _bits(p: Floats) -> Any:
    """The entropy of distributions along the first axis, in bits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.where(p > 0, p * np.log2(p), 0.0).sum(axis=0)
