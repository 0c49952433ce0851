"""How like a text is to references, by what translations are measured by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric


def likeness(metric: str, answer: str, references: Sequence[str]) -> float:
    """The score of an answer against references, in [0, 1]: 1 for a reference, 0 for an empty answer.

    Args:
        metric: `bleu` (Papineni et al. 2002) or `chrf` (Popović 2015), as sacrebleu computes them (Post 2018).
        answer: the text.
        references: that it is held against.
    """
    if not answer.strip():
        return 0.0
    found = _metric(metric).sentence_score(answer.strip(), [reference.strip() for reference in references])
    return min(1.0, round(float(found.score) / 100, 9))  # a perfect score comes out a few units in the last place off


@cache
def _metric(name: str) -> Metric:
    # Slow to import, and most conversations are not about texts.
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return BLEU(effective_order=True) if name == "bleu" else CHRF()
