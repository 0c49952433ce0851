"""Texts as answers: references in pieces, one for each shard, and the scores against them."""

from __future__ import annotations

import re
from itertools import pairwise

from pragenv.errors import ConfigError
from pragenv.tasks.likeness import likeness
from pragenv.tasks.sharded.item import Item, Kind
from pragenv.types import Verdict

METRICS = ("bleu", "chrf")
SOLVED = 0.999
"""Least score of an answer that counts as right: the reference, but for its spaces."""


class TextKind(Kind):
    """A kind whose answer is a text, scored by its likeness to references.

    An item's target holds `references` (texts) and `pieces`: the first reference cut into as many as there are shards,
    so that a solver who knows some shards can say what they amount to.

    Args:
        metric: `bleu` (Papineni et al. 2002) or `chrf` (Popović 2015), as sacrebleu computes them (Post 2018), over the
            answer as one segment, as Laban et al. (2025) do. BLEU is taken over as many orders as the answer has tokens
            for: a reference of one to three words is worth 1 too.

    Raises:
        ConfigError: for another metric.
    """

    def __init__(self, metric: str = "bleu") -> None:
        if metric not in METRICS:
            raise ConfigError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
        self.metric = metric

    def grade(self, item: Item, answer: str) -> Verdict:
        """The likeness to the references, in [0, 1]; solved from 0.999 on.

        BLEU against several counts what is in any of them, so that a mixture can score 1; only what is like one solves.
        """
        references = item.target["references"]
        score = likeness(self.metric, answer, references)
        solved = score >= SOLVED and any(likeness(self.metric, answer, [one]) >= SOLVED for one in references)
        return Verdict(score, solved, f"{self.metric} {score:.3f}")

    def solve(self, item: Item, known: frozenset[int]) -> str:
        """The pieces of the reference that the known shards are about, in order."""
        return "".join(piece for i, piece in enumerate(item.target["pieces"]) if i in known).strip()

    def chance(self, item: Item) -> float:
        """What the answer that cannot be right scores all the same: it may share a full stop with a reference."""
        return self.grade(item, self.random(item, 0)).score or 0.0


def cut(text: str, parts: int) -> list[str]:
    """A text in so many parts of about as many words each, which joined give the text; some may be empty."""
    words = re.findall(r"\s*\S+", text)
    bounds = [round(i * len(words) / parts) for i in range(parts + 1)]
    return ["".join(words[a:b]) for a, b in pairwise(bounds)]
