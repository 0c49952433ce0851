"""A value head, and the advantages that it gives utterances (PPO)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pragenv_baselines.train.critic import Critic, Utterances, whole_talks
from pragenv_baselines.train.gradient import Credits
from pragenv_baselines.train.learner import Learner, descend
from pragenv_baselines.train.sequences import Batch
from pragenv_baselines.train.talks import Talk, rows_of_talks


class ValueHead:
    """Learns what a state is worth to the present policy.

    Args:
        learner: whose policy's network is copied below the head.
        rate: learning rate of the head and the copy.
        gae: lambda; 1 trusts what the conversation earned, 0 the value of the next state.
    """

    def __init__(self, learner: Learner, rate: float, gae: float) -> None:
        self._critic = Critic(learner.policy, {"v": 1}, learner.seed, rate)
        self._gae = gae

    def advantages(self, learner: Learner, talks: Sequence[Talk]) -> Credits:
        """The advantage of each utterance, in standard deviations over the batch; then one step of the head."""
        whole = rows_of_talks(talks, [[talk.reward] * len(talk.steps) for talk in talks])
        worth = self._critic.worth(whole, learner.limits.micro)
        values = [[worth[i, t]["v"] for t in range(len(talk.steps))] for i, talk in enumerate(talks)]
        found = [generalised(talk.reward, mine, self._gae) for talk, mine in zip(talks, values, strict=True)]
        goals = [[a + v for a, v in zip(*both, strict=True)] for both in zip(found, values, strict=True)]
        self._fit(learner, talks, goals)
        return _standardised(found)

    def _fit(self, learner: Learner, talks: Sequence[Talk], goals: Credits) -> None:
        def loss(batch: Batch) -> tuple[torch.Tensor, float]:
            said = Utterances.of(batch)
            return ((self._critic(batch, said)["v"][:, 0] - said.value) ** 2).sum(), float(len(said.value))

        critic, limits = self._critic, learner.limits
        made = whole_talks(rows_of_talks(talks, goals), limits.micro, learner.policy.device)
        descend(critic.optimiser, critic.parameters(), made, loss, critic.rate, limits.clip)

    def state(self) -> Mapping[str, Any]:
        """The critic and its optimiser."""
        return {"critic": self._critic.state_dict(), "optimiser": self._critic.optimiser.state_dict()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take them up."""
        self._critic.load_state_dict(state["critic"])
        self._critic.optimiser.load_state_dict(state["optimiser"])


def generalised(reward: float, values: Sequence[float], gae: float) -> list[float]:
    """The advantage of each utterance of a conversation that is rewarded at its end, not discounted.

    Schulman et al. 2016, equation 16, with gamma = 1.

    Args:
        reward: of the conversation.
        values: of the state before each utterance.
        gae: lambda.
    """
    found, after, carried = [], reward, 0.0
    for value in reversed(values):
        carried = after - value + gae * carried
        found.append(carried)
        after = value
    return found[::-1]


def _standardised(credits: Credits) -> Credits:
    flat = torch.tensor([one for mine in credits for one in mine], dtype=torch.float64)
    mean, spread = float(flat.mean()), float(flat.std(correction=0))
    return [[(one - mean) / (spread + 1e-8) for one in mine] for mine in credits]
