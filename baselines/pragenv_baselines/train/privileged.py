"""`privileged`: a critic that is told the intent gives turns their advantage; the policy learns from what it prefers.

After "SWEET-RL" (Zhou et al. 2025), section 4: the advantage of an utterance is the mean log-ratio of its tokens under
a model that reads what only training knows (equation 4), learned from pairs of whole conversations by the Bradley-Terry
model (equation 3); then DPO on candidates that the advantage ranks.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch.nn.functional import logsigmoid

from pragenv.protocols import Objective
from pragenv.types import mix
from pragenv_baselines.lm import told
from pragenv_baselines.train.gradient import seen
from pragenv_baselines.train.learner import Learner, descend
from pragenv_baselines.train.losses import log_ratios
from pragenv_baselines.train.options import require
from pragenv_baselines.train.policy import per_step
from pragenv_baselines.train.preference import Pair, learn_pairs
from pragenv_baselines.train.sequences import Batch, Row, Step, collate, rows_of
from pragenv_baselines.train.talks import State, Talk, by_scenario

_CANDIDATE = 611  # stream of the keys


class Secret(NamedTuple):
    """What one conversation's critic is told besides."""

    text: str

    @classmethod
    def of(cls, talk: Talk) -> Secret:
        """What the user knows."""
        scenario = talk.env.scenario
        return cls("What the user wants:\n" + talk.env.task.brief(scenario.public, scenario.user_brief))


class Privileged(Objective):
    """Learns to prefer the candidate with the highest advantage to the one with the lowest, at every turn.

    Args:
        n: candidates a turn, at least 2.
        beta: of DPO, and of the model of preferences between conversations.
        rate: learning rate of the critic.
        warmup: iterations in which only the critic learns.
    """

    altitude = "turn"

    def __init__(self, n: int = 4, beta: float = 0.1, rate: float = 1e-3, warmup: int = 2) -> None:
        require(isinstance(n, int) and n >= 2, "privileged", "n", "a whole number, at least 2", n)
        require(beta > 0, "privileged", "beta", "above 0", beta)
        require(rate > 0, "privileged", "rate", "above 0", rate)
        require(isinstance(warmup, int) and warmup >= 0, "privileged", "warmup", "at least 0", warmup)
        self._n, self._beta, self._rate, self._warmup = n, beta, rate, warmup

    def start(self, learner: Learner) -> None:
        """Make the critic: a copy of the policy, which reads the intent besides."""
        policy = learner.policy
        self._critic: Any = copy.deepcopy(policy.reference).requires_grad_(True)
        self._optimiser = torch.optim.AdamW(
            self._critic.parameters(), lr=self._rate, betas=(0.9, 0.98), weight_decay=0.0
        )

    def iterate(self, learner: Learner) -> Mapping[str, float]:
        """Sample conversations; teach the critic from them, then the policy from what the critic prefers."""
        begun = learner.begin()
        talks = learner.play(begun)
        found = {**seen(begun), **self._teach(learner, contrasts(talks))}
        if learner.progress.iteration >= self._warmup:
            pairs = self._prefer(learner, {talk.scenario: talk for talk in talks})
            learner.keep_pairs(pairs)
            found |= learn_pairs(learner, pairs, self._beta)
        return found

    def _teach(self, learner: Learner, pairs: Sequence[tuple[Talk, Talk]]) -> Mapping[str, float]:
        """One step of the critic: the better conversation of each pair is to have the higher sum of advantages."""
        if not pairs:
            return {"critic_pairs": 0.0}
        policy, right = learner.policy, 0

        def loss(batch: Batch) -> tuple[torch.Tensor, float]:
            nonlocal right
            sums = _advantages(batch, policy, self._critic).sum(1)
            sides = torch.tensor([row.talk for row in batch.rows], device=sums.device)
            totals = sums.new_zeros(int(sides.max()) + 1).index_add(0, sides, sums)
            gaps = self._beta * (totals[0::2] - totals[1::2])
            right += int((gaps > 0).sum())
            return -logsigmoid(gaps).sum(), float(len(gaps))

        made = []
        for two in pairs:
            rows = [
                row
                for side, talk in enumerate(two)
                for row in rows_of(_told(learner, talk), [1.0] * len(talk.steps), side)
            ]
            made.append(rows)
        batches = list(_together(made, learner.limits.micro, policy.device))
        found = descend(self._optimiser, self._critic.parameters(), batches, loss, self._rate, learner.limits.clip)
        return {"critic_loss": found["loss"], "critic_ranked": right / len(pairs), "critic_pairs": float(len(pairs))}

    def _prefer(self, learner: Learner, talks: Mapping[int, Talk]) -> list[Pair]:
        """At every turn of these conversations, the best and the worst of some candidates by their advantage."""
        states, secrets = [], []
        for talk in talks.values():
            for step in talk.steps:
                for k in range(self._n):
                    key = mix(mix(talk.key, _CANDIDATE + k), step.view.turn)
                    states.append(State(step.view, step.chat, key))
                    secrets.append(Secret.of(talk))
        drawn = learner.draw(states)
        if not all(isinstance(step, Step) for step in drawn):
            return []
        steps = [step for step in drawn if isinstance(step, Step)]
        rows = [
            rows_of([_privileged(learner, step, secret)], [1.0], i)[0]
            for i, (step, secret) in enumerate(zip(steps, secrets, strict=True))
        ]
        gains = [0.0] * len(steps)
        for batch in _together([[row] for row in rows], learner.limits.micro, learner.policy.device, renumber=False):
            with torch.no_grad():
                for row, gain in zip(
                    batch.rows, _advantages(batch, learner.policy, self._critic).sum(1).tolist(), strict=True
                ):
                    gains[row.talk] = gain
        pairs = []
        for i in range(0, len(steps), self._n):
            order = sorted(range(i, i + self._n), key=gains.__getitem__)
            if (
                gains[order[-1]] > gains[order[0]]
                and steps[order[-1]].completion.text != steps[order[0]].completion.text
            ):
                pairs.append(Pair(steps[order[-1]], steps[order[0]]))
        return pairs

    def state(self) -> Mapping[str, Any]:
        """The critic and its optimiser."""
        return {"critic": self._critic.state_dict(), "optimiser": self._optimiser.state_dict()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take them up."""
        self._critic.load_state_dict(state["critic"])
        self._optimiser.load_state_dict(state["optimiser"])


def contrasts(talks: Sequence[Talk]) -> list[tuple[Talk, Talk]]:
    """Of each scenario the conversations that earned most and least, where they differ."""
    found = []
    for group in by_scenario(talks):
        order = sorted(group, key=lambda talk: talk.reward)
        if order[-1].reward > order[0].reward:
            found.append((order[-1], order[0]))
    return found


def _advantages(batch: Batch, policy: Any, critic: Any) -> torch.Tensor:
    """The mean log-ratio of each utterance's tokens, (rows, most utterances in a row)."""
    sums = log_ratios(batch, policy, critic, policy.reference)
    _, counts = per_step(batch, torch.ones_like(batch.value[batch.own]))
    return sums / counts.clamp(min=1)


def _privileged(learner: Learner, step: Step, secret: Secret) -> Step:
    chat = told(step.chat, secret.text)
    return step._replace(chat=chat, prompt=learner.policy.ids(chat))


def _told(learner: Learner, talk: Talk) -> list[Step]:
    secret = Secret.of(talk)
    return [_privileged(learner, step, secret) for step in talk.steps]


def _together(groups: Sequence[list[Row]], budget: int, device: str, renumber: bool = True) -> list[Batch]:
    """Batches that keep the rows of a group together; the sides of the i-th pair in a batch are 2i and 2i + 1."""
    made: list[Batch] = []
    chosen: list[Row] = []
    pairs = 0
    for group in sorted(groups, key=lambda group: max(len(row.ids) for row in group)):
        if chosen and (len(chosen) + len(group)) * max(len(row.ids) for row in group) > budget:
            made.append(collate(chosen, device))
            chosen, pairs = [], 0
        if renumber:
            for row in group:
                row.talk += 2 * pairs
        chosen += group
        pairs += 1
    if chosen:
        made.append(collate(chosen, device))
    return made
