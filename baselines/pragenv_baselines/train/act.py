"""`act`: prefer asking to answering, or the reverse, by what comes of it.

After "Learning to Clarify" (Chen et al. 2024), Action-Based Contrastive Self-Training: the two utterances of a pair
perform different actions; whether the one that is preferred was right is found out by simulating the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from pragenv import registration
from pragenv.protocols import Agent, Completion, Objective
from pragenv.registration import Ref
from pragenv_baselines.lm import instructions
from pragenv_baselines.train.gradient import asks, seen
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.preference import Pair, Ranked, learn_pairs
from pragenv_baselines.train.sequences import Step
from pragenv_baselines.train.talks import Talk, say

_TIE = 1e-9


class ActionContrast(Objective):
    """Learns from pairs of a question and an answer to the same dialogue.

    Some of each are drawn by telling the policy which they are to be; what it learns is to choose without being told.
    Where it cannot ask even so, the question is another agent's, as in the paper, whose data hold questions. Which
    action is preferred, the mean outcome says, and a pair weighs as much as the outcomes differ: one who guesses right
    saves a turn, one who guesses wrong loses everything, and both are as frequent.

    Args:
        beta: of DPO.
        anchor: weight of the preferred utterance's own likelihood; see `losses.preference`.
        asking: name of the prompt file under which questions are drawn.
        answering: name of the prompt file under which answers are drawn.
        samples: utterances of each action, with a future for each.
        asker: who asks where the policy does not.
    """

    altitude = "turn"

    def __init__(
        self,
        beta: float = 0.1,
        anchor: float = 1.0,
        asking: str = "pragmatic.v1",
        answering: str = "direct.v1",
        samples: int = 4,
        asker: Ref[Agent] = "clarify_first",
    ) -> None:
        require(beta > 0, "act", "beta", "above 0", beta)
        require(isinstance(samples, int) and samples >= 1, "act", "samples", "at least 1", samples)
        require(anchor >= 0, "act", "anchor", "at least 0", anchor)
        self._beta, self._anchor, self._samples = beta, anchor, samples
        self._asker = registration.agents.make(asker)
        self._asking, self._answering = instructions(asking), instructions(answering)

    def iterate(self, learner: Learner) -> Mapping[str, float]:
        """Let conversations go on by the better action of each turn, and learn from all pairs together."""
        live = learner.begin(group=1)
        pairs: list[Pair] = []
        ended: list[Talk] = []
        while live := [talk for talk in live if talk.live]:
            going, found = self._contrast(learner, live)
            pairs += found
            ended += [talk for talk in going if not talk.live]
            live = going
        learner.keep_pairs(pairs)
        return {**seen(ended), **learn_pairs(learner, pairs, self._beta, self._anchor)}

    def _contrast(self, learner: Learner, talks: Sequence[Talk]) -> tuple[list[Talk], list[Pair]]:
        """What each conversation goes on with, and the pairs among them."""
        questions = self._tried(learner, talks, asking=True)
        answers = self._tried(learner, talks, asking=False)
        going, pairs = [], []
        for talk, ask, tell in zip(talks, questions, answers, strict=True):
            if not ask or not tell:
                continue
            better, worse = (ask, tell) if _mean(ask) > _mean(tell) else (tell, ask)
            going.append(better[0].talk)
            if (gap := _mean(better) - _mean(worse)) > _TIE:
                pairs += [
                    Pair(one.step, other.step, gap)
                    for one, other in zip(better, worse, strict=False)
                    if asks(talk, one.step) != asks(talk, other.step)
                ]
        return going, pairs

    def _tried(self, learner: Learner, talks: Sequence[Talk], asking: bool) -> list[list[Ranked]]:
        """Utterances of one action for each conversation, said, with what came of each; without those that failed."""
        first = 0 if asking else self._samples
        forks = [talk.fork(first + s) for talk in talks for s in range(self._samples)]
        steps = learner.propose(forks, self._asking if asking else self._answering)
        if asking:
            steps = [
                step if isinstance(step, Step) and asks(fork, step) else self._asked(learner, fork)
                for fork, step in zip(forks, steps, strict=True)
            ]
        say(forks, steps)
        futures = [fork.fork(0) for fork in forks]
        learner.play(futures)
        found: list[list[Ranked]] = []
        for i in range(0, len(forks), self._samples):
            each = range(i, i + self._samples)
            found.append([Ranked(forks[k].steps[-1], forks[k], futures[k].reward) for k in each if futures[k].scored])
        return found

    def _asked(self, learner: Learner, talk: Talk) -> Step:
        view, chat, policy = talk.env.agent_view(), talk.chat(), learner.policy
        said = self._asker.act(view)
        tokens = policy.utterance(said)
        return Step(view, chat, policy.ids(chat), Completion(said, tokens, (0.0,) * len(tokens)))


def _mean(tried: Sequence[Ranked]) -> float:
    return fmean(one.reward for one in tried)
