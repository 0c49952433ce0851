"""`mr_sft` and `mr_dpo`: rank candidates by the conversations that they lead to, and learn from the ranking.

After "CollabLLM" (Wu et al. 2025), section 3: the multiturn-aware reward of an utterance is the mean over sampled
futures (equation 2) of the task's score less a bounded penalty on tokens, plus what a judge makes of it (equation 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pragenv.errors import ModelError
from pragenv.protocols import LanguageModel, Objective
from pragenv.registration import Ref
from pragenv.types import Dialogue, Message
from pragenv_baselines.lm import instructions
from pragenv_baselines.rating import rate
from pragenv_baselines.train.gradient import seen
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.options import require
from pragenv_baselines.train.preference import Pair, Ranked, learn_chosen, learn_pairs
from pragenv_baselines.train.sequences import Step
from pragenv_baselines.train.talks import Talk, say

_TIE = 1e-9


class MultiturnSFT(Objective):
    """Learns to say the candidate with the best multiturn-aware reward.

    Args:
        n: candidates a turn, at least 2.
        window: turns that each is followed for, each a user's reply and, but for the last, the policy's next utterance;
            then it has to answer. 0 rewards the candidate as it stands.
        samples: futures of each candidate.
        token_cost: lambda, for each token of the policy's; the penalty is at most 1.
        gap: candidates whose rewards all lie within it teach nothing. Above what a token more or less costs, it keeps
            the cost from deciding where no candidate came to be better.
        critic: a model that rates each future (the intrinsic reward), or None.
        online: whether the policy as it is samples, or the one that it was at the start.
    """

    altitude = "conversation"

    def __init__(
        self,
        n: int = 4,
        window: int = 2,
        samples: int = 2,
        token_cost: float = 0.0005,
        gap: float = 0.0,
        critic: Ref[LanguageModel] | None = None,
        online: bool = True,
    ) -> None:
        name = type(self).__name__
        for option, value, least in (("n", n, 2), ("window", window, 0), ("samples", samples, 1)):
            require(isinstance(value, int) and value >= least, name, option, f"at least {least}", value)
        require(token_cost >= 0, name, "token_cost", "at least 0", token_cost)
        require(gap >= 0, name, "gap", "at least 0", gap)
        self._n, self._window, self._samples, self._token_cost, self._gap = n, window, samples, token_cost, gap
        self._critic, self._online = critic, online
        self._closing = instructions("direct.v1")

    def iterate(self, learner: Learner) -> Mapping[str, float]:
        """Let conversations go on by the best candidate of each turn, and learn from all turns together."""
        if not self._online:
            learner.sample_as_at_start()
        talks = learner.begin(group=1)
        ranked: list[list[Ranked]] = []
        live = talks
        ended: list[Talk] = []
        while live := [talk for talk in live if talk.live]:
            found = self._rank(learner, live)
            ranked += [one for one in found if one]
            going = [max(one, key=lambda r: r.reward).talk for one in found if one]
            ended += [talk for talk in going if not talk.live]
            live = going
        return {**seen(ended), **self._learn(learner, ranked)}

    def _learn(self, learner: Learner, ranked: Sequence[Sequence[Ranked]]) -> Mapping[str, float]:
        best = [max(one, key=lambda r: r.reward).step for one in self._telling(ranked)]
        return learn_chosen(learner, best)

    def _telling(self, ranked: Sequence[Sequence[Ranked]]) -> list[Sequence[Ranked]]:
        """The groups whose rewards differ by enough to learn from."""
        spread = [max(r.reward for r in one) - min(r.reward for r in one) for one in ranked]
        return [one for one, wide in zip(ranked, spread, strict=True) if wide > self._gap + _TIE]

    def _rank(self, learner: Learner, talks: Sequence[Talk]) -> list[list[Ranked]]:
        """The candidates for each conversation, said; those that could not be followed are left out."""
        forks = [talk.fork(k) for talk in talks for k in range(self._n)]
        steps = learner.propose(forks)
        futures = [fork.fork(s) for fork in forks for s in range(self._samples if self._window else 1)]
        each = len(futures) // len(forks)
        drawn = [step for step in steps for _ in range(each)]
        before = [talk.tokens for talk in futures]
        if self._window:
            say(futures, drawn)
            for _ in range(self._window - 1):
                learner.play(futures, turns=1)
            # Whoever has not answered by then has to; learned from is only the candidate.
            learner.play(futures, turns=1, text=self._closing)
        rewards = self._rewards(futures, drawn, before)
        say(forks, steps)
        found = []
        for i in range(len(talks)):
            mine = []
            for k in range(i * self._n, (i + 1) * self._n):
                known = [r for r in rewards[k * each : (k + 1) * each] if r is not None]
                step = steps[k]
                if known and isinstance(step, Step) and not forks[k].failed:
                    mine.append(Ranked(step, forks[k], sum(known) / len(known)))
            found.append(mine)
        return found

    def _rewards(
        self, futures: Sequence[Talk], drawn: Sequence[Step | ModelError], before: Sequence[int]
    ) -> list[float | None]:
        """Of each future; None where it could not be followed or scored."""
        dialogues = [self._followed(talk, step) for talk, step in zip(futures, drawn, strict=True)]
        ratings = (
            [0.0] * len(futures) if self._critic is None else rate(self._critic, dialogues, [t.key for t in futures])
        )
        rewards: list[float | None] = []
        for talk, step, dialogue, had, intrinsic in zip(futures, drawn, dialogues, before, ratings, strict=True):
            if talk.failed or isinstance(step, ModelError) or intrinsic is None:
                rewards.append(None)
                continue
            tokens = talk.tokens - had if self._window else len(step.completion.tokens or ())
            score = talk.env.task.grade(talk.env.scenario, dialogue).score
            rewards.append(None if score is None else score - min(self._token_cost * tokens, 1.0) + intrinsic)
        return rewards

    def _followed(self, talk: Talk, step: Step | ModelError) -> Dialogue:
        """A future as far as it went; without a window, the candidate is its last message."""
        if self._window or isinstance(step, ModelError):
            return talk.env.dialogue
        return (*talk.env.dialogue, Message("assistant", step.said))


class MultiturnDPO(MultiturnSFT):
    """Learns to prefer the best candidate to the worst.

    Args:
        beta: of DPO.
        options: as of `mr_sft`.
    """

    def __init__(self, beta: float = 0.1, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        require(beta > 0, "mr_dpo", "beta", "above 0", beta)
        self._beta = beta

    def _learn(self, learner: Learner, ranked: Sequence[Sequence[Ranked]]) -> Mapping[str, float]:
        pairs = []
        for one in self._telling(ranked):
            order = sorted(one, key=lambda r: r.reward)
            pairs.append(Pair(order[-1].step, order[0].step))
        learner.keep_pairs(pairs)
        return learn_pairs(learner, pairs, self._beta)
