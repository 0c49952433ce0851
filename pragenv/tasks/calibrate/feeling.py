"""What a user feels of a proposal, and what a reaction says of the point that it has in mind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from pragenv.types import Act, mix, uniform

Floats = NDArray[np.float64]

MUCH, LITTLE = "too_much", "too_little"
PROPOSAL = "proposal"
"""The slot of acts that are about a proposal as a whole; their values follow."""
RIGHT, WRONG, CLOSER, FARTHER, SAME = "right", "wrong", "closer", "farther", "same"
NEVER = -1000.0
"""Log-likelihood of what a faithful user would not say: whoever contradicts the least is believed."""
_NEARLY = 1e-9
_NORMAL = NormalDist()


class Feeling(NamedTuple):
    """How a user feels and reacts. Deviations are shares of the dimensions' ranges, positive where there is too much.

    Attributes:
        names: of the d dimensions.
        halves: half a step of each: what deviates less is right.
        feedback: see `CalibrateSetting`.
        noise: see there.
        interaction: see there.
    """

    names: tuple[str, ...]
    halves: tuple[float, ...]
    feedback: str
    noise: float
    interaction: float

    def felt(self, deviations: Floats) -> Floats:
        """What deviations feel like, without noise; shape (..., d)."""
        return deviations + self.interaction * np.roll(deviations, 1, axis=-1)

    def perceived(self, deviations: Sequence[float], key: int) -> tuple[float, ...]:
        """What they feel like in the turn of a key."""
        c = self.interaction
        plain = [own + c * deviations[i - 1] for i, own in enumerate(deviations)]
        if not self.noise:
            return tuple(plain)
        # The quantile of a number that is never 0 or 1.
        drawn = (_NORMAL.inv_cdf(min(max(uniform(mix(key, i)), 1e-12), 1 - 1e-12)) for i in range(len(plain)))
        return tuple(one + self.noise * error for one, error in zip(plain, drawn, strict=True))

    def react(self, now: Sequence[float], before: Sequence[float] | None) -> tuple[Act, ...]:
        """What a user says of a proposal that is perceived so, after another that was perceived so."""
        off = [i for i, one in enumerate(now) if abs(one) >= self.halves[i] - _NEARLY]
        if not off:
            return (Act("inform", PROPOSAL, RIGHT),)
        if self.feedback == "comparison":
            return (Act("inform", PROPOSAL, self._compared(now, before)),)
        if self.feedback == "direction":
            most = max(abs(now[i]) for i in off)
            off = [i for i in off if abs(now[i]) >= most - _NEARLY][:1]
        return tuple(self.complaint(i, now[i]) for i in off)

    def complaint(self, i: int, perceived: float) -> Act:
        """That there is too much or too little of a dimension."""
        return Act("inform", self.names[i], MUCH if perceived > 0 else LITTLE)

    def _compared(self, now: Sequence[float], before: Sequence[float] | None) -> str:
        if before is None:
            return WRONG
        gain = sum(map(abs, before)) - sum(map(abs, now))
        return SAME if abs(gain) < _NEARLY else CLOSER if gain > 0 else FARTHER

    def evidence(self, acts: Sequence[Act], now: Floats, before: Floats | None) -> Floats:
        """The log-likelihood of a reaction for points from which proposals deviate so.

        Exact up to a constant without noise; with it, parts of a reaction are taken for independent.

        Args:
            acts: of the user's turn; what is about no proposal says nothing.
            now: deviations of the proposal as felt, shape (n, d).
            before: of the one before; None if there was none.

        Returns:
            shape (n,).
        """
        said = {act.slot: act.value for act in acts if act.kind == "inform"}
        found = np.zeros(len(now))
        size, halves = np.abs(now), np.array(self.halves)
        whole = said.pop(PROPOSAL, None)
        if whole == RIGHT:
            return np.asarray(self._likely(halves - size, 1.0).sum(axis=1))
        if whole in (CLOSER, FARTHER, SAME) and before is not None:
            gain = np.abs(before).sum(axis=1) - size.sum(axis=1)
            if whole == SAME:
                found += 0.0 if self.noise else np.where(np.abs(gain) < _NEARLY, 0.0, NEVER)
            else:
                spread = float(np.sqrt(2 * now.shape[1]))
                found += self._likely((gain if whole == CLOSER else -gain) - 2 * _NEARLY, spread)
        if (whole is not None or said) and not self.noise:
            found += np.where((size < halves - _NEARLY).all(axis=1), NEVER, 0.0)
        return np.asarray(found + self._complaints(said, now, size, halves))

    def _complaints(self, said: Mapping[str, str], now: Floats, size: Floats, halves: Floats) -> Any:
        found: Any = 0.0
        named = [i for i, name in enumerate(self.names) if name in said]
        for i in named:
            excess = now[:, i] if said[self.names[i]] == MUCH else -now[:, i]
            found = found + self._likely(excess - halves[i] + 2 * _NEARLY, 1.0)
        others = [j for j in range(len(self.names)) if j not in named]
        if len(named) == 1 and self.feedback == "direction":  # the one that is most off
            # Of equals, the first is named.
            equals = np.where(np.array(others) > named[0], 2 * _NEARLY, 0.0)
            worst = size[:, named[0], None] - size[:, others] + equals
            found = found + self._likely(np.maximum(worst, halves[others] - size[:, others]), 2**0.5).sum(axis=1)
        if named and self.feedback == "directions":
            found = found + self._likely(halves[others] - size[:, others], 1.0).sum(axis=1)
        return found

    def _likely(self, margin: Floats, spread: float) -> Floats:
        """The log-probability that a margin is still positive once noise of so many standard deviations is on it."""
        if not self.noise:
            return np.where(margin > _NEARLY, 0.0, NEVER)
        return np.asarray(np.maximum(log_ndtr(margin / (self.noise * spread)), NEVER))
