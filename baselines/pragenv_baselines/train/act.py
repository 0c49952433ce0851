"""`act`: prefer asking to answering, or the reverse, by what comes of it.

After "Learning to Clarify" (Chen et al. 2024), Action-Based Contrastive Self-Training: the two utterances of a pair
perform different actions; whether the one that is preferred was right is found out by simulating the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pragenv import registration
from pragenv.errors import ModelError
from pragenv.protocols import Agent, Completion, Objective
from pragenv.registration import Ref
from pragenv_baselines.lm import instructions
from pragenv_baselines.train.gradient import asks, seen
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.preference import Pair, learn_pairs
from pragenv_baselines.train.sequences import Step
from pragenv_baselines.train.talks import Talk, say

_TIE = 1e-9


class ActionContrast(Objective):
    """Learns from pairs of a question and an answer to the same dialogue.

    One of each is drawn by telling the policy which it is to be; what it learns is to choose without being told. Where
    it cannot ask even so, the question is another agent's, as in the paper, whose data hold questions.

    Args:
        beta: of DPO.
        anchor: weight of the preferred utterance's own likelihood; see `losses.preference`.
        asking: name of the prompt file under which questions are drawn.
        answering: name of the prompt file under which answers are drawn.
        samples: futures by which each is judged.
        asker: who asks where the policy does not.
    """

    altitude = "turn"

    def __init__(
        self,
        beta: float = 0.1,
        anchor: float = 1.0,
        asking: str = "pragmatic.v1",
        answering: str = "direct.v1",
        samples: int = 1,
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
        forks = [[talk.fork(0) for talk in talks], [talk.fork(1) for talk in talks]]
        drawn = [learner.propose(forks[0], self._asking), learner.propose(forks[1], self._answering)]
        drawn[0] = [
            step if isinstance(step, Step) and asks(talk, step) else self._asked(learner, talk)
            for talk, step in zip(talks, drawn[0], strict=True)
        ]
        rewards = [self._outcomes(learner, side, steps) for side, steps in zip(forks, drawn, strict=True)]
        for side, steps in zip(forks, drawn, strict=True):
            say(side, steps)
        going, pairs = [], []
        for i in range(len(talks)):
            question, answer = drawn[0][i], drawn[1][i]
            ask, tell = rewards[0][i], rewards[1][i]
            if not isinstance(question, Step) or not isinstance(answer, Step) or ask is None or tell is None:
                continue
            going.append(forks[0 if ask > tell else 1][i])
            contrast = asks(talks[i], question) and not asks(talks[i], answer)
            if contrast and abs(ask - tell) > _TIE:
                pairs.append(Pair(question, answer) if ask > tell else Pair(answer, question))
        return going, pairs

    def _asked(self, learner: Learner, talk: Talk) -> Step:
        view, chat, policy = talk.env.agent_view(), talk.chat(), learner.policy
        said = self._asker.act(view)
        tokens = policy.utterance(said)
        return Step(view, chat, policy.ids(chat), Completion(said, tokens, (0.0,) * len(tokens)))

    def _outcomes(
        self, learner: Learner, talks: Sequence[Talk], steps: Sequence[Step | ModelError]
    ) -> list[float | None]:
        """The mean return of the conversations in which each is said and the policy goes on by itself."""
        futures = [talk.fork(s) for talk in talks for s in range(self._samples)]
        say(futures, [step for step in steps for _ in range(self._samples)])
        learner.play(futures)
        means: list[float | None] = []
        for i in range(len(talks)):
            mine = [f.reward for f in futures[i * self._samples : (i + 1) * self._samples] if f.scored]
            means.append(sum(mine) / len(mine) if mine else None)
        return means
