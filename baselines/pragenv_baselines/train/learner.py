"""The core that all objectives share: sampling, updating, validating, and going on where a run stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from pragenv.env import DialogueEnv
from pragenv.errors import ModelError, PragEnvError
from pragenv.protocols import Sampling
from pragenv.types import Dialogue, Message
from pragenv_baselines.train.policy import Policy, seeded
from pragenv_baselines.train.sequences import Batch, Row, Step, batches
from pragenv_baselines.train.talks import State, Talk, begin, complete, play, speak

_EPSILON = 1e-5
"""Of Adam: with a smaller one, weights whose gradient is mere noise move as far as all others."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is sampled and learned at once.

    Attributes:
        scenarios: of an iteration.
        group: conversations that each of them has.
        max_tokens: longest utterance.
        micro: most tokens that are read at once, padding included.
        rate: learning rate of AdamW, after `warmup` updates.
        clip: largest norm of a gradient.
        token_costs: of which each scenario has one.
    """

    scenarios: int = 16
    group: int = 8
    max_tokens: int = 64
    micro: int = 8192
    rate: float = 3e-4
    warmup: int = 5
    clip: float = 1.0
    token_costs: Sequence[float] = ()


@dataclass
class Progress:
    """Where a run stands: what was sampled so far. `scenarios` counts those that were begun."""

    iteration: int = 0
    updates: int = 0
    scenarios: int = 0
    episodes: int = 0
    tokens: int = 0


@dataclass
class Kept:
    """What was sampled, for export: whole conversations with what they earned, and preferences with their prompts."""

    talks: list[tuple[float, Dialogue]] = field(default_factory=list)
    pairs: list[tuple[Dialogue, Message, Message]] = field(default_factory=list)


def _said(step: Step) -> Message:
    return Message("assistant", str(step.completion.text))


class Learner:
    """A policy and the conversations that it learns from.

    Args:
        policy: that learns.
        envs: in which it plays, each scenario in one of them: they differ in what a turn costs.
        seed: of the run.
        limits: how much at once.
        share: of clarifying turns in the corpus of the base model.
        keeps: told of every step that was sampled and every pair that was learned from, for export.
    """

    def __init__(
        self,
        policy: Policy,
        envs: Sequence[DialogueEnv],
        seed: int,
        limits: Limits,
        share: float = 0.0,
        keeps: Kept | None = None,
    ) -> None:
        self.policy, self.envs, self.seed, self.limits, self.share = policy, envs, seed, limits, share
        self._kept = keeps
        self.sampling = Sampling(temperature=1.0, max_tokens=limits.max_tokens)
        self.progress = Progress()
        self._frozen: Policy | None = None
        self.optimiser = torch.optim.AdamW(
            policy.parameters, lr=limits.rate, betas=(0.9, 0.98), eps=_EPSILON, weight_decay=0.0
        )

    # -- sampling ------------------------------------------------------------------------------------------------------

    def begin(self, group: int | None = None, scenarios: int | None = None) -> list[Talk]:
        """The openings of the next scenarios, each as many times as a group has conversations."""
        n, first = scenarios or self.limits.scenarios, self.progress.scenarios
        self.progress.scenarios += n
        group = self.limits.group if group is None else group
        self.progress.episodes += n * group
        return begin(self.envs, self.seed, range(first, first + n), group, self.limits.token_costs)

    def play(self, talks: Sequence[Talk], turns: int | None = None, text: str = "") -> list[Talk]:
        """Let conversations go on, and count what is sampled; those that have ended and can be learned from."""
        before = sum(talk.tokens for talk in talks)
        play(self.sampler, talks, self.sampling, turns, text)
        self.progress.tokens += sum(talk.tokens for talk in talks) - before
        ended = [talk for talk in talks if talk.scored]
        if talks and all(talk.failed for talk in talks):
            raise PragEnvError(f"no conversation could go on: {talks[0].failed}")
        return ended

    def propose(self, talks: Sequence[Talk], text: str = "") -> list[Step | ModelError]:
        """What would be said next in each conversation, counted as sampled; nothing is said yet."""
        return self._counted(speak(self.sampler, talks, self.sampling, text))

    def draw(self, states: Sequence[State]) -> list[Step | ModelError]:
        """An utterance for each state, counted as sampled."""
        return self._counted(complete(self.sampler, states, self.sampling))

    def _counted(self, steps: list[Step | ModelError]) -> list[Step | ModelError]:
        self.progress.tokens += sum(len(s.completion.tokens or ()) for s in steps if isinstance(s, Step))
        return steps

    @property
    def sampler(self) -> Policy:
        """Who speaks in what is sampled: the policy, or the one that it was at the start."""
        return self._frozen or self.policy

    def sample_as_at_start(self) -> None:
        """From now on, sample from the policy as it was at the start (offline learning)."""
        if self._frozen is None:
            self._frozen = self.policy.frozen()

    def keep_talks(self, talks: Sequence[Talk]) -> None:
        """For export: conversations that were learned from as wholes."""
        if self._kept is not None:
            self._kept.talks += [
                (talk.reward, (*talk.steps[-1].chat, _said(talk.steps[-1]))) for talk in talks if talk.steps
            ]

    def keep_pairs(self, pairs: Sequence[tuple[Step, Step, float]]) -> None:
        """For export: utterances to the same dialogue, the preferred one first, and what the pair weighs."""
        if self._kept is not None:
            self._kept.pairs += [(chosen.chat, _said(chosen), _said(rejected)) for chosen, rejected, _ in pairs]

    def generator(self, stream: int) -> torch.Generator:
        """A generator for this iteration."""
        return seeded(self.seed, stream, self.progress.iteration)

    # -- updating ------------------------------------------------------------------------------------------------------

    def update(self, rows: Sequence[Row], loss: Callable[[Batch], tuple[torch.Tensor, float]]) -> Mapping[str, float]:
        """One step of the policy on rows, the gradient accumulated over batches.

        Args:
            rows: to learn from.
            loss: of a batch: a sum, and by what the sum of all of them is divided.

        Raises:
            PragEnvError: where loss or gradient is no finite number; the weights are as they were.
        """
        return self.update_on(list(batches(rows, self.limits.micro, self.policy.device)), loss)

    def update_on(
        self, made: Sequence[Batch], loss: Callable[[Batch], tuple[torch.Tensor, float]]
    ) -> Mapping[str, float]:
        """The same on batches that are made already."""
        found = descend(self.optimiser, self.policy.parameters, made, loss, self._rate(), self.limits.clip)
        self.progress.updates += 1
        self.policy.changed()
        return found

    def _rate(self) -> float:
        return self.limits.rate * min(1.0, (self.progress.updates + 1) / self.limits.warmup)


def descend(
    optimiser: torch.optim.Optimizer,
    parameters: Iterable[torch.nn.Parameter],
    made: Iterable[Batch],
    loss: Callable[[Batch], tuple[torch.Tensor, float]],
    rate: float,
    clip: float,
) -> Mapping[str, float]:
    """One step of an optimiser; its loss, and the norm of its gradient before it was clipped."""
    parameters = list(parameters)
    optimiser.zero_grad()
    total, divisor = 0.0, 0.0
    for batch in made:
        value, count = loss(batch)
        if value.requires_grad:  # else nothing in the batch counts
            value.backward()  # type: ignore[no-untyped-call]
        total, divisor = total + float(value.detach()), divisor + count
    if not divisor:
        return {"loss": 0.0, "gradient": 0.0}
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad /= divisor
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, clip))
    if not (torch.isfinite(torch.tensor([total, norm])).all()):
        optimiser.zero_grad()
        raise PragEnvError(f"the loss is {total / divisor} and its gradient {norm}; lower the rate")
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    return {"loss": total / divisor, "gradient": norm}
