"""A question at a time: which one to ask next about a factor, without planning to the end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pragenv.intents import Factor, Floats


def pick(factor: Factor, p: Floats, gains: Floats, turns: int) -> int:
    """The column of the question to ask.

    That which tells most. Where not enough turns are left to halve the candidates to one, the one after which
    most of them can still be told apart: as counted over the next two questions, and bounded for those after that.

    Args:
        factor: with q questions and k replies to each.
        p: the probabilities of its values, shape (n,).
        gains: what each question is expected to tell, by some measure, shape (q,).
        turns: those left, the one of committing included; at least 2.
    """
    asks, held = turns - 1, p > 0
    if asks >= 64 or 2**asks >= held.sum():
        return int(gains.argmax())
    told = _told_apart(factor.one_hot[held].astype(np.float32), len(factor.replies), asks)
    return int(np.lexsort((gains, told))[-1])


def _told_apart(rows: NDArray[np.float32], k: int, asks: int) -> Floats:
    """How many candidates can at most be told apart by each question and those after it, shape (q,)."""
    q = rows.shape[1] // k
    sizes = rows.sum(axis=0)
    parts = np.minimum(sizes, 1)
    if asks > 1:
        seconds = np.minimum(rows.T @ rows, float(k) ** min(asks - 2, 40)).reshape(k * q, k, q)
        parts = np.maximum(parts, seconds.sum(axis=1).max(axis=1))
    found: Floats = parts.reshape(k, q).sum(axis=0).astype(np.float64)
    return found


def information(replies: Floats) -> Floats:
    """What each question tells, in bits, from the probabilities of its replies, shape (k, q)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-np.where(replies > 0, replies * np.log2(replies), 0.0).sum(axis=0))


def parting(replies: Floats) -> Floats:
    """The probability that each question tells two draws apart (Gini's index), from those of its replies."""
    return np.asarray(1 - (replies**2).sum(axis=0))


def greedy_value(
    factor: Factor,
    cost: float,
    limit: int,
    measure: Callable[[Floats], Floats] = information,
    odds: Floats | None = None,
) -> float:
    """The expected reward of asking what `pick` picks by a measure, and of stopping wherever that is best.

    Args:
        factor: what is to be found out.
        cost: of a turn, that of committing included.
        limit: of turns, that of committing included.
        measure: of a question, from the probabilities of its replies.
        odds: by which those are reckoned, shape (n,); the prior by default.
    """
    odds = factor.prior if odds is None else odds

    def worth(held: NDArray[np.intp], turns: int) -> float:
        p = factor.prior[held]
        mass = p.sum()
        stop = float(p.max() - cost * mass)
        if turns == 1 or len(held) == 1:
            return stop
        everything = np.zeros(len(factor.values))
        everything[held] = odds[held] / odds[held].sum()
        replies = (everything @ factor.one_hot).reshape(len(factor.replies), -1)
        question = pick(factor, everything, measure(replies), turns)
        answers = factor.answers[held, question]
        parts = [held[answers == reply] for reply in np.unique(answers)]
        if len(parts) == 1:
            return stop
        return max(stop, sum(worth(part, turns - 1) for part in parts) - cost * float(mass))

    return worth(np.flatnonzero(factor.prior > 0), limit)
