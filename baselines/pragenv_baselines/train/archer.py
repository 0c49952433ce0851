"""`archer`: a critic of utterances that learns off-policy, over an actor of tokens.

After "ArCHer" (Zhou et al. 2024), section 3: twin Q and V of utterances, learned by temporal differences from a replay
buffer with slowly moving targets (equations 1 and 2), and a token-level policy gradient on Q - V (equation 3).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch

from pragenv_baselines.train.critic import Critic, Utterances, whole_talks
from pragenv_baselines.train.gradient import Credits, PolicyGradient
from pragenv_baselines.train.learner import Learner, descend
from pragenv_baselines.train.options import require
from pragenv_baselines.train.policy import shuffled
from pragenv_baselines.train.sequences import Batch, Row
from pragenv_baselines.train.talks import Talk, rows_of_talks


class Archer(PolicyGradient):
    """Credits an utterance with how much better than its state it is, as the critic has it.

    Args:
        buffer: conversations that are kept, the newest.
        updates: of the critic, an iteration.
        batch: conversations of each.
        rate: learning rate of the critic.
        tau: how far its targets move at each update.
        discount: of a turn.
        warmup: iterations in which only the critic learns.
        options: of every policy gradient.
    """

    altitude = "turn over token"

    def __init__(
        self,
        buffer: int = 1024,
        updates: int = 4,
        batch: int = 64,
        rate: float = 1e-3,
        tau: float = 0.1,
        discount: float = 1.0,
        warmup: int = 2,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        for name, value, least in (
            ("buffer", buffer, 1),
            ("updates", updates, 1),
            ("batch", batch, 1),
            ("warmup", warmup, 0),
        ):
            require(isinstance(value, int) and value >= least, "archer", name, f"at least {least}", value)
        require(rate > 0, "archer", "rate", "above 0", rate)
        require(0 < tau <= 1, "archer", "tau", "in (0, 1]", tau)
        require(0 <= discount <= 1, "archer", "discount", "in [0, 1]", discount)
        self._size, self._updates, self._batch, self._rate = buffer, updates, batch, rate
        self._tau, self._discount, self._warmup = tau, discount, warmup
        self._buffer: list[list[Row]] = []

    def start(self, learner: Learner) -> None:
        """Make the critic and its targets."""
        self._critic = Critic(learner.policy, {"q": 2, "v": 2}, learner.seed, self._rate)
        self._target = copy.deepcopy(self._critic).requires_grad_(False)

    def credits(self, learner: Learner, talks: Sequence[Talk]) -> Credits:
        """Let the critic learn, from what is kept and from these; then what it makes of these."""
        returns = [[*[0.0] * (len(talk.steps) - 1), talk.reward] for talk in talks]
        fresh = rows_of_talks(talks, returns)
        kept: dict[int, list[Row]] = {}
        for row in fresh:
            kept.setdefault(row.talk, []).append(row)
        self._buffer = [*self._buffer, *kept.values()][-self._size :]
        generator = learner.generator(602)
        for _ in range(self._updates):
            self._learn(learner, [*shuffled(self._buffer, generator)[: self._batch]], "q")
            # What a state is worth is what the present policy makes of it: only its own utterances tell.
            self._learn(learner, [*shuffled(list(kept.values()), generator)[: self._batch]], "v")
        if learner.progress.iteration < self._warmup:
            return [[0.0] * len(talk.steps) for talk in talks]
        worth = self._critic.worth(fresh, learner.limits.micro)
        return [[worth[i, t]["q"] - worth[i, t]["v"] for t in range(len(talk.steps))] for i, talk in enumerate(talks)]

    def _learn(self, learner: Learner, chosen: Sequence[Sequence[Row]], head: str) -> None:
        rows = [row for i, talk in enumerate(chosen) for row in (_numbered(row, i) for row in talk)]
        device, limits = learner.policy.device, learner.limits
        made = list(whole_talks(rows, limits.micro, device))
        descend(
            self._critic.optimiser, self._critic.parameters(), made, self._critic_loss(head), self._rate, limits.clip
        )
        with torch.no_grad():
            for slow, fast in zip(self._target.parameters(), self._critic.parameters(), strict=True):
                slow.lerp_(fast, self._tau)

    def _critic_loss(self, head: str) -> Any:
        def loss(batch: Batch) -> tuple[torch.Tensor, float]:
            said = Utterances.of(batch)
            found = self._critic(batch, said)[head]
            with torch.no_grad():
                slow = self._target(batch, said)
                if head == "q":
                    after = slow["v"].min(-1).values.roll(-1)
                    goal = said.value + self._discount * torch.where(said.last, torch.zeros_like(after), after)
                else:
                    goal = slow["q"].min(-1).values
            return ((found - goal[:, None]) ** 2).mean(-1).sum(), float(len(goal))

        return loss

    def state(self) -> Mapping[str, Any]:
        """Critic, targets, optimiser and buffer."""
        return {
            "critic": self._critic.state_dict(),
            "target": self._target.state_dict(),
            "optimiser": self._critic.optimiser.state_dict(),
            "buffer": json.dumps([[asdict(row) for row in talk] for talk in self._buffer]),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take them up."""
        self._critic.load_state_dict(state["critic"])
        self._target.load_state_dict(state["target"])
        self._critic.optimiser.load_state_dict(state["optimiser"])
        self._buffer = [[Row(**row) for row in talk] for talk in json.loads(state["buffer"])]


def _numbered(row: Row, talk: int) -> Row:
    return Row(row.ids, row.own, row.step, row.old, row.steps, talk, row.values)
