"""How descriptions are taken: which of them count, what a listener replies, and what is picked in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pragenv.protocols import COMMIT, commitment
from pragenv.tasks.lexicon import words
from pragenv.tasks.reference.acts import position, reference_acts
from pragenv.tasks.reference.reading import features
from pragenv.tasks.reference.rsa import Floats, Game, Utterance, game_of
from pragenv.tasks.reference.vocabulary import Feature
from pragenv.types import Act, Dialogue, Scenario

SURE = 0.8
"""A listener whose best guess is at least so probable asks nothing back."""


def features_of(public: Mapping[str, Any], target: int) -> dict[str, str]:
    """The value of each attribute of an object."""
    return dict(zip(public["attributes"], public["objects"][target], strict=True))


def utterance(public: Mapping[str, Any], named: tuple[Feature, ...]) -> Utterance:
    """The description that counts of the features named: the first `span`, in the order of the attributes."""
    heard = dict(named[: public["span"]])
    return tuple((name, heard[name]) for name in public["attributes"] if name in heard)


def rows_of(public: Mapping[str, Any], dialogue: Dialogue) -> list[int]:
    """The descriptions in an agent's words, commitments included, that are true of something."""
    index = game_of(public).index
    said = (_described(public, message.content) for message in dialogue if message.role == "assistant")
    return [index[one] for one in said if one in index]


def _described(public: Mapping[str, Any], text: str) -> Utterance:
    acts = reference_acts(public["role"], public["attributes"], (), public["phrasing"])
    return utterance(public, acts.described(text))


def heard(public: Mapping[str, Any], dialogue: Dialogue) -> Act:
    """A listener's reply to all that was described, the last utterance above all."""
    text = dialogue[-1].content
    found, last = game_of(public), _described(public, text)
    if not last or commitment(text) is not None:  # after a commitment there is nothing left to say
        return Act("not_understood")
    belief = found.posterior(rows_of(public, dialogue), public["depth"])
    if last not in found.index or belief is None:
        return Act("deny")
    if belief.max() >= SURE:
        return Act("confirm")
    return Act("request", _torn(found, belief)) if public["asks_back"] else Act("unsure")


def _torn(found: Game, belief: Floats) -> str:
    """The attribute whose value would leave a listener the surest of what it thinks possible."""

    def sure(column: int) -> float:
        most: dict[str, float] = {}
        for made, p in zip(found.objects, belief.tolist(), strict=True):
            most[made[column]] = max(p, most.get(made[column], 0.0))
        return sum(most.values())

    return found.attributes[max(range(len(found.attributes)), key=sure)]


def picked_by(scenario: Scenario, dialogue: Dialogue, answer: str) -> int | None:
    """What the user picks: by a number in its own list, else drawn from what it believes of all that was described.

    None where the commitment itself describes nothing that there is, or where what was described conflicts.

    Args:
        scenario: one in which the agent speaks.
        dialogue: the whole of it, commitment included.
        answer: what the agent commits to.
    """
    public, brief = scenario.public, scenario.user_brief
    order, at = brief["order"], position(answer)
    if at is not None and not features(answer):
        return int(order[at]) if at < len(order) else None
    found = game_of(public)
    belief = found.posterior(rows_of(public, dialogue), public["depth"])
    if belief is None or _described(public, dialogue[-1].content) not in found.index:
        return None
    mass = np.cumsum(belief[list(order)])
    return int(order[min(int(np.searchsorted(mass, brief["draw"] * mass[-1], "right")), len(order) - 1)])


def named(public: Mapping[str, Any], answer: str) -> int | None:
    """The one object that a listener's answer names: by all features that it holds, or by number."""
    held, objects = set(features(answer)), public["objects"]
    if not held:
        at = position(answer)
        return at if at is not None and at < len(objects) else None
    fitting = [i for i in range(len(objects)) if held <= set(features_of(public, i).items())]
    return fitting[0] if len(fitting) == 1 else None


def spoken(dialogue: Dialogue) -> int:
    """How many words an agent has said, the one that commits aside."""
    said = (message.content for message in dialogue if message.role == "assistant")
    return sum(len(words(text.replace(COMMIT, " "))) for text in said)
