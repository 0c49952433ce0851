"""Policy gradients: objectives that differ in what an utterance is credited with."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import torch

from pragenv.protocols import Objective
from pragenv_baselines.train.learner import Learner
from pragenv_baselines.train.losses import TOKENS, at_decision, chosen_tokens, divergence, policy_gradient
from pragenv_baselines.train.options import require
from pragenv_baselines.train.policy import Read
from pragenv_baselines.train.sequences import Batch, Step
from pragenv_baselines.train.talks import Talk, rows_of_talks

_NOTHING = 1e-9
Credits = list[list[float]]
"""For each conversation, the advantage of each utterance."""


class PolicyGradient(Objective):
    """Samples conversations, credits each utterance, and makes those of positive credit more probable.

    Args:
        tokens: of an utterance, those that are updated: `all`, `forking` (the `share` of highest entropy) or `rest`.
        share: rho, in (0, 1).
        kl: weight of the divergence from the policy as it was at the start.
        clip: epsilon of the clipped surrogate.
        epochs: passes over what was sampled.
    """

    def __init__(
        self,
        tokens: str = "all",
        share: float = 0.2,
        kl: float = 0.0,
        clip: float = 0.2,
        epochs: int = 1,
    ) -> None:
        name = type(self).__name__
        require(tokens in TOKENS, name, "tokens", f"one of {', '.join(TOKENS)}", tokens)
        require(0 < share < 1, name, "share", "in (0, 1)", share)
        require(kl >= 0, name, "kl", "at least 0", kl)
        require(clip > 0, name, "clip", "above 0", clip)
        require(isinstance(epochs, int) and epochs >= 1, name, "epochs", "a whole number, at least 1", epochs)
        self._tokens, self._share, self._kl, self._clip, self._epochs = tokens, share, kl, clip, epochs

    @abstractmethod
    def credits(self, learner: Learner, talks: Sequence[Talk]) -> Credits:
        """What each utterance of some conversations is credited with."""

    def iterate(self, learner: Learner) -> Mapping[str, float]:
        """One iteration.

        Its row also says which share of the policy's tokens are the first of an utterance (`decisions`), and which of
        those of highest entropy are (`decisions_among_forking`): there an utterance becomes a question or an answer.
        """
        begun = learner.begin()
        talks = learner.play(begun)
        learner.keep_talks(talks)
        found = {**seen(begun)}
        if talks:
            rows = rows_of_talks(talks, self.credits(learner, talks))
            if not self._kl:  # where no utterance is credited with anything, there is nothing to compute
                rows = [row for row in rows if any(abs(value) > _NOTHING for value in row.values)]
            seats: Counter[str] = Counter()
            for _ in range(self._epochs):
                found |= learner.update(rows, lambda batch: self._loss(learner, batch, seats))
            if seats["all"]:
                found["decisions"] = seats["decisions"] / seats["all"]
                found["decisions_among_forking"] = seats["forking decisions"] / seats["forking"]
        return found

    def _loss(self, learner: Learner, batch: Batch, seats: Counter[str]) -> tuple[torch.Tensor, float]:
        read = learner.policy.read(batch)
        first, forking = at_decision(batch), chosen_tokens(read.entropies, "forking", self._share)
        seats.update({"all": len(first), "decisions": int(first.sum()), "forking": int(forking.sum())})
        seats["forking decisions"] += int((first & forking).sum())
        mask = chosen_tokens(read.entropies, self._tokens, self._share)
        loss = policy_gradient(batch, read, mask, self._clip)
        if self._kl:
            with torch.no_grad():
                reference: Read = learner.policy.read(batch, learner.policy.reference)
            loss = loss + self._kl * divergence(read, reference, mask)
        return loss, float(mask.sum())


def seen(talks: Sequence[Talk]) -> Mapping[str, float]:
    """Means over sampled conversations, as a curve shows them."""
    scored = [talk for talk in talks if talk.scored]
    if not scored:
        return {}
    n = len(scored)
    asked = [questions(talk) for talk in scored]
    return {
        "reward": sum(talk.reward for talk in scored) / n,
        "score": sum(float(talk.env.verdict.score or 0.0) for talk in scored) / n,
        "questions": sum(asked) / n,
        "turns": sum(talk.env.turn for talk in scored) / n,
    }


def questions(talk: Talk) -> int:
    """How many of the agent's utterances hold a question."""
    acts = talk.env.task.acts(talk.env.user_view())
    said = [acts.parse(message.content) for message in talk.env.dialogue if message.role == "assistant"]
    return sum(any(act.kind in ASKING for act in parsed) for parsed in said)


ASKING = ("ask", "ask_open", "guess")


def asks(talk: Talk, step: Step) -> bool:
    """Whether an utterance holds a question."""
    return any(act.kind in ASKING for act in talk.env.task.acts(step.view).parse(step.said))


def left_out(talks: Sequence[Talk], returns: Credits) -> Credits:
    """Each return less the mean of the same turn's in the other conversations of its group.

    The baseline of REINFORCE leave-one-out (Kool et al. 2019; Ahmadian et al. 2024, equation 9). Where the group has
    no other conversation that went so far, the others of the batch stand in.
    """
    group: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    batch: defaultdict[int, list[float]] = defaultdict(list)
    for talk, mine in zip(talks, returns, strict=True):
        for t, value in enumerate(mine):
            group[talk.scenario, t].append(value)
            batch[t].append(value)

    def others(talk: Talk, t: int, value: float) -> float:
        for known in (group[talk.scenario, t], batch[t]):
            if len(known) > 1:
                return (sum(known) - value) / (len(known) - 1)
        return value

    return [[v - others(talk, t, v) for t, v in enumerate(mine)] for talk, mine in zip(talks, returns, strict=True)]
