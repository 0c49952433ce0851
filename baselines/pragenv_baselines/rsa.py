"""Agents that reason about what the other makes of words, by exact rational speech acts (Goodman and Frank 2016)."""

from __future__ import annotations

import numpy as np

from pragenv.errors import ConfigError
from pragenv.protocols import COMMIT, Agent, AgentView
from pragenv.tasks.reference import Reference
from pragenv.tasks.reference.hearing import utterance
from pragenv.tasks.reference.plans import best_descriptions, best_question
from pragenv.tasks.reference.rsa import Floats, Game, game_of
from pragenv.types import mix, uniform
from pragenv_baselines.home import home

CHOICES = ("drawn", "best")


class RSA(Agent):
    """A speaker or listener of Reference of a given depth: says one description, or picks an object, at once.

    Args:
        depth: how far it reasons; as a speaker of depth n it talks to a listener of depth n - 1, and of depth 0 it
            says anything true; as a listener of depth n it listens to a speaker of depth n, and of depth 0 literally.
        alpha: how strongly a speaker, itself included, prefers the better description; null: as the user is said to.
        choice: `drawn` from its distribution over descriptions or objects, or the `best` of it.
        patient: whether it takes more turns where they pay, describing further or asking. As a speaker it then plans
            the best for a listener of depth n - 1, and `choice` is of no account.
    """

    def __init__(
        self, depth: int = 1, alpha: float | None = None, choice: str = "drawn", patient: bool = False
    ) -> None:
        if isinstance(depth, bool) or not isinstance(depth, int) or not 0 <= depth <= 10:
            raise ConfigError(f"rsa: depth must be a whole number from 0 to 10, got {depth!r}")
        if alpha is not None and (
            isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not 0 < alpha <= 100
        ):
            raise ConfigError(f"rsa: alpha must be null, or above 0 and at most 100, got {alpha!r}")
        if choice not in CHOICES:
            raise ConfigError(f"rsa: choice must be one of {', '.join(CHOICES)}, got {choice!r}")
        if not isinstance(patient, bool):
            raise ConfigError(f"rsa: patient must be true or false, got {patient!r}")
        if patient and depth == 0:
            raise ConfigError(
                "rsa: patient needs a depth of at least 1: at depth 0 it thinks of no listener to plan for"
            )
        self._depth, self._alpha, self._choice, self._patient = depth, alpha, choice, patient

    def act(self, view: AgentView) -> str:
        """A description, a question or a commitment.

        Raises:
            AgentError: for another task than Reference.
        """
        task = home(view, Reference)
        found = game_of(view.public, self._alpha)
        if view.agent_brief is None:
            return self._listen(view, task, found)
        target = view.agent_brief["target"]
        if self._patient:
            return self._plan(view, found, target)
        row = self._choose(found.speaker(self._depth)[:, target], view)
        return f"{COMMIT} {_said(found, row)}"

    def _plan(self, view: AgentView, found: Game, target: int) -> str:
        """The next of the best descriptions; the last commits."""
        limit, cost = view.turn_limit, view.turn_cost
        _, rows = best_descriptions(found, target, self._depth - 1, limit, cost)
        row = rows[min(view.turn, len(rows) - 1)]
        return f"{COMMIT if view.turn >= len(rows) - 1 else ''} {_said(found, row)}".strip()

    def _listen(self, view: AgentView, task: Reference, found: Game) -> str:
        belief = self._belief(view, task, found)
        if self._patient:
            _, attribute = best_question(found, belief, view.turn_limit - view.turn, view.turn_cost)
            if attribute:
                acts = task.acts(view)
                return acts.phrase(next(act for act in acts.menu if act.slot == attribute), view.keys.turn(view.turn))
        return f"{COMMIT} {task.names(view.public)[self._choose(belief, view)]}"

    def _belief(self, view: AgentView, task: Reference, found: Game) -> Floats:
        """What is believed of the objects, shape (n,): the description pragmatically, all else literally.

        Where that leaves nothing, whatever contradicts the fewest things told.
        """
        told = task.told(view)
        possible = np.zeros(len(found.objects))
        possible[task.candidates(view)] = 1.0
        row = found.index.get(utterance(view.public, told[0])) if told else None
        belief = possible if row is None else possible * found.listener(self._depth)[row]
        if belief.sum() == 0:
            belief = possible
        return np.asarray(belief / belief.sum())

    def _choose(self, weights: Floats, view: AgentView) -> int:
        at = uniform(mix(view.keys.turn(view.turn), 17))
        if self._choice == "best":
            weights = (weights >= weights.max() - 1e-12).astype(np.float64)
        mass = np.cumsum(weights)
        return min(int(np.searchsorted(mass, at * mass[-1], "right")), len(weights) - 1)


def _said(found: Game, row: int) -> str:
    return " ".join(value for _, value in found.utterances[row])
