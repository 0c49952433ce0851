"""Agents that hold an exact belief about the intent, and know what a question is worth."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from pragenv.belief import Belief
from pragenv.ceiling import best_questions, situations, worth_of_asking
from pragenv.ceiling.greedy import pick
from pragenv.errors import ConfigError, unknown
from pragenv.intents import Structured
from pragenv.protocols import Agent, AgentView, Setting
from pragenv.tasks.speech import changes_mind
from pragenv.types import Act, mix, uniform

CRITERIA = ("information", "reward")


class AskByGain(Agent):
    """Asks the question of the highest expected gain, and commits once asking no longer pays for its turns.

    Args:
        criterion: what is gained: `information` (bits) or `reward` (expected score after one more question).
        noise: how often the user is taken to err; see `Belief`.
    """

    def __init__(self, criterion: str = "information", noise: float = 0.0) -> None:
        if criterion not in CRITERIA:
            raise ConfigError(f"ask_by_gain: criterion must be one of {', '.join(CRITERIA)}, got {criterion!r}")
        if not 0 <= noise < 1:
            raise ConfigError(f"ask_by_gain: noise must be in [0, 1), got {noise!r}")
        self._criterion, self._noise = criterion, noise

    def act(self, view: AgentView) -> str:
        """A question, several at once where the user answers several, or the most probable answer."""
        belief = Belief.of(view, self._noise)
        return ask(view, self._questions(view, belief)) or commit(view, belief.best)

    def _questions(self, view: AgentView, belief: Belief) -> tuple[Act, ...]:
        """The questions to ask now; none where asking does not pay."""
        left = view.turn_limit - view.turn
        factors = belief.intents.factors
        if left < 2:
            return ()
        if all(factor.reveals for factor in factors):
            order = self._order(belief)
            at_once = belief.intents.answers_per_turn
            tops, best = belief.tops.copy(), belief.score
            for turn, start in enumerate(range(0, len(order), at_once), start=1):
                for i in order[start : start + at_once]:
                    tops[i] = belief.tops_after(i)[0]
                best = max(best, belief.score_if(tops) - view.turn_cost * turn) if turn < left else best
            if best <= belief.score + 1e-12:
                return ()
            return tuple(factors[i].questions[0] for i in order[:at_once])
        i = int(belief.entropies.argmax())
        gains = belief.gains(i)
        if gains.max() < 1e-9 or not _pays(belief, float(gains.max()), view, left):
            return ()
        if self._criterion == "reward":
            question = int(np.lexsort((gains, belief.tops_after(i)))[-1])
        else:
            question = pick(factors[i], belief.marginals[i], gains, left)
        return (factors[i].questions[question],)

    def _order(self, belief: Belief) -> list[int]:
        """The factors that a question would tell something of, the best first."""
        if self._criterion == "information":
            gains = np.array([belief.gains(i)[0] for i in range(len(belief.intents.factors))])
        else:
            gains = np.array([self._improved(belief, i) for i in range(len(belief.intents.factors))])
        return [int(i) for i in np.argsort(-gains, kind="stable") if gains[i] > 1e-9]

    @staticmethod
    def _improved(belief: Belief, i: int) -> float:
        tops = belief.tops.copy()
        tops[i] = belief.tops_after(i)[0]
        return belief.score_if(tops) - belief.score


def _pays(belief: Belief, gain: float, view: AgentView, left: int) -> bool:
    """Whether some number of questions, each telling as much as the best does now, is worth its turns.

    With b bits left to learn, the most probable value has a probability of about 2**-b.
    """
    bits = float(belief.entropies.sum())
    asks = np.arange(1, left)
    scores = np.exp2(-np.maximum(bits - gain * asks, 0.0)) - view.turn_cost * asks
    return bool(scores.max() > belief.score + 1e-12)


class BayesOptimal(Agent):
    """The best possible agent against a faithful user, wherever the ceiling is exact."""

    def act(self, view: AgentView) -> str:
        """The questions of the dynamic programme, or the most probable answer.

        Raises:
            ConfigError: where no exact solution is known.
        """
        belief = Belief.of(view)
        revised = any(m.role == "user" and changes_mind(m.content) for m in view.dialogue)
        return ask(view, best_questions(belief, view.setting, view.turn, revised)) or commit(view, belief.best)


class Thompson(Agent):
    """Draws two intents from its belief: commits to the first if they agree, else asks what tells them apart."""

    def act(self, view: AgentView) -> str:
        """A question or an answer, as the draws have it."""
        belief, key = Belief.of(view), view.keys.turn(view.turn)
        first, second = belief.draw(mix(key, 0)), belief.draw(mix(key, 1))
        questions = []
        for factor, one, other in zip(belief.intents.factors, first, second, strict=True):
            here, there = (factor.answers[factor.values.index(value)] for value in (one, other))
            apart = np.flatnonzero(here != there)
            if len(apart):
                questions.append(factor.questions[apart[mix(key, 2) % len(apart)]])
        if view.turn >= view.turn_limit - 1 or not questions:
            return commit(view, first)
        return ask(view, tuple(questions[: belief.intents.answers_per_turn]))


class RandomAsk(Agent):
    """Asks open questions in a random order until nothing is missing, in a random share of episodes; else answers.

    Args:
        share: of episodes in which it may ask.
    """

    def __init__(self, share: float = 1.0) -> None:
        self._share = _share("random_ask", share)

    def act(self, view: AgentView) -> str:
        """A random question that the dialogue leaves open, or the best answer."""
        may_ask = uniform(mix(view.keys.episode, 11)) < self._share and view.turn < view.turn_limit - 1
        if may_ask and (open_questions := view.task.questions(view)):
            key = view.keys.turn(view.turn)
            return view.task.acts(view).phrase(open_questions[mix(key, 3) % len(open_questions)], key)
        return view.task.guess(view)


class AskBudget(AskByGain):
    """May ask in a given share of episodes, and chooses those in which asking is worth most.

    It asks where what it expects to gain is in the highest so many of all openings of a split.

    Args:
        share: of episodes in which it may ask.
        split: the one that is played, whose openings it knows the distribution of.
        criterion: as of `AskByGain`.
    """

    def __init__(self, share: float = 0.1, split: str = "train", criterion: str = "information") -> None:
        super().__init__(criterion)
        self._share, self._split = _share("ask_budget", share), split

    def _questions(self, view: AgentView, belief: Belief) -> tuple[Act, ...]:
        if not view.turn:
            threshold, at_threshold = _threshold(view.task, view.setting, self._split, self._share)
            gain = worth_of_asking(belief, view.setting)
            tied = abs(gain - threshold) < 1e-9 and uniform(mix(view.keys.episode, 12)) < at_threshold
            if not tied and gain <= threshold + 1e-9:
                return ()
        return super()._questions(view, belief)


@lru_cache(maxsize=64)
def _threshold(task: Any, setting: Setting, split: str, share: float) -> tuple[float, float]:
    """The gain of asking that is in the highest `share` of openings, and the part of those at it that is needed."""
    assert isinstance(task, Structured)
    if split not in task.SPLITS:
        raise unknown("split", split, task.SPLITS)
    found = []
    for weight, scenario in situations(task, setting, split).listed:
        belief = Belief.opening(task, scenario, setting)
        if belief is None:
            raise ConfigError(f"task {task.name!r} does not declare its intents in setting {setting.name!r}")
        found.append((round(worth_of_asking(belief, setting), 9), weight))
    left = share * sum(weight for _, weight in found)
    for gain in sorted({gain for gain, _ in found}, reverse=True):
        here = sum(weight for other, weight in found if other == gain)
        if here >= left:
            return gain, left / here
        left -= here
    return -1.0, 1.0


def ask(view: AgentView, questions: tuple[Act, ...]) -> str:
    """The questions in one utterance; empty for none."""
    acts, key = view.task.acts(view), view.keys.turn(view.turn)
    return " ".join(acts.phrase(act, mix(key, i)) for i, act in enumerate(questions))


def commit(view: AgentView, values: tuple[str, ...]) -> str:
    """The commitment to these values."""
    assert isinstance(view.task, Structured)
    return view.task.commit(view, values)


def _share(agent: str, share: float) -> float:
    if not 0 <= share <= 1:
        raise ConfigError(f"{agent}: share must be in [0, 1], got {share!r}")
    return share
