"""What a task declares of its hidden intents: how probable they are, what can be asked, and what each answers.

From this alone follow exact beliefs (`pragenv.belief`), ceilings (`pragenv.ceiling`), and the agents that use them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pragenv.protocols import AgentView, Setting, Task
from pragenv.types import Act, Scenario

BELIEVERS = ("ask_by_gain", "ask_budget", "bayes_optimal", "thompson", "lookahead", "lookahead_privileged")
"""Agents that need declared intents."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Factor:
    """One part of a hidden intent, independent of the others: n values, q questions about it, k replies to each.

    Attributes:
        name: the slot of acts that name a value of it (`confirm`, `deny`).
        values: what it may be; n of them.
        prior: their probabilities, shape (n,).
        questions: the acts that ask about it, one for each slot; q of them.
        replies: the values of `inform` acts that answer any of them; k of them.
        answers: which reply a faithful user gives, shape (n, q), indices of `replies`.
        weight: its share of the score, where that is a sum.
    """

    name: str
    values: tuple[str, ...]
    prior: Floats
    questions: tuple[Act, ...]
    replies: tuple[str, ...]
    answers: NDArray[np.int8]
    weight: float = 1.0

    def __post_init__(self) -> None:
        n, q = len(self.values), len(self.questions)
        assert self.prior.shape == (n,), self.name
        assert self.answers.shape == (n, q), self.name

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """The column of a question by its slot."""
        return {act.slot: i for i, act in enumerate(self.questions)}

    @cached_property
    def one_hot(self) -> Floats:
        """Whether a value answers a question so, shape (n, k * q): reply r to question j at r * q + j."""
        return np.concatenate([self.answers == r for r in range(len(self.replies))], axis=1).astype(np.float64)

    @cached_property
    def reveals(self) -> bool:
        """Whether its one question tells the value apart from all others."""
        return len(self.questions) == 1 and len(set(self.answers[:, 0].tolist())) == len(self.values)

    def among(self, held: Mask) -> Factor:
        """The factor with only some of its values possible."""
        prior = self.prior[held] / self.prior[held].sum()
        values = tuple(value for value, one in zip(self.values, held, strict=True) if one)
        return replace(self, values=values, prior=prior, answers=self.answers[held])

    def evidence(self, act: Act) -> Mask | None:
        """The values for which a faithful user would say this, shape (n,); None where it is about something else."""
        if act not in self._masks:
            self._masks[act] = self._mask(act)
        return self._masks[act]

    @cached_property
    def _masks(self) -> dict[Act, Mask | None]:
        return {}

    def _mask(self, act: Act) -> Mask | None:
        if act.kind == "inform" and act.slot in self.columns and act.value in self.replies:
            return np.asarray(self.answers[:, self.columns[act.slot]] == self.replies.index(act.value))
        if act.kind in ("confirm", "deny") and act.slot == self.name and act.value in self.values:
            return np.asarray((np.arange(len(self.values)) == self.values.index(act.value)) == (act.kind == "confirm"))
        return None


@dataclass(frozen=True, eq=False)
class Intents:
    """A space of hidden intents: the product of its factors, which is never enumerated.

    Attributes:
        factors: its parts.
        shared: whether the score is the weighted share of factors that are right; else 1 if all are, and 0 otherwise.
        answers_per_turn: how many questions at once a user answers.
        guessing: whether a user says if a value that it is asked about is the right one (`Act("guess", value=…)`).
        revision: probability that the user changes one factor, drawn uniformly, to another value and says so, in its
            second or its third turn.
    """

    factors: tuple[Factor, ...]
    shared: bool = False
    answers_per_turn: int = 1
    guessing: bool = False
    revision: float = 0.0


class Structured(Task):
    """A task that declares its intents."""

    @abstractmethod
    def intents(self, public: Mapping[str, Any], setting: Setting) -> Intents | None:
        """The space of intents in a public context, before the opening; None where it hides what they may be.

        The same object for equal arguments.
        """

    @abstractmethod
    def values(self, scenario: Scenario, turn: int = 0) -> tuple[str, ...]:
        """The value of each factor in a scenario, as it is at one of the user's turns (the opening is turn 0)."""

    @abstractmethod
    def commit(self, view: AgentView, values: tuple[str, ...]) -> str:
        """The utterance that commits to a value for each factor."""

    @abstractmethod
    def imagine(self, view: AgentView, values: tuple[str, ...]) -> Scenario:
        """A scenario with these values that would have looked so far as the view does."""

    def laid_open(self, scenario: Scenario, setting: Setting) -> Scenario | None:
        """A scenario that hides what its intent may be, as it would be if it did not; None where that is not known."""
        return None

    @abstractmethod
    def openings(self, setting: Setting, split: str) -> Iterator[tuple[float, Scenario]] | None:
        """The situations that an agent may find itself in, each by one scenario, and how probable each is.

        Situations that are worth the same need not be told apart. None where there are too many.
        """


@runtime_checkable
class Bounded(Protocol):
    """A task that declares no intents, but knows how well the best possible agent does."""

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str] | None:
        """The expected reward that no agent exceeds, that which some agent earns, and how both were found.

        None where that is not known of the scenario.
        """
