"""Words before sentences: what a question is about can mostly be told from its words, whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch.nn.functional import cross_entropy, normalize

from pragenv.train_mini.talk import Question

_SHARPNESS = 16.0  # of a softmax over cosines


class Words(torch.nn.Module):
    """Draws the embeddings of a question's words to those of the words by which the user names what it asks about.

    A bag of words: the weighted mean of a question's embeddings against the mean of each label's, by cosine. It
    finds in seconds what next tokens teach slowly.

    Args:
        width: of the embeddings.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.salience = torch.nn.Parameter(torch.zeros(width))

    def loss(
        self, embeddings: torch.Tensor, questions: Sequence[Question], split: Callable[[str], Sequence[int]]
    ) -> torch.Tensor:
        """Cross-entropy of what the questions are about, among all that each could be about.

        Args:
            embeddings: of the vocabulary, shape (entries, width).
            questions: at least one.
            split: text -> token ids.
        """
        labels = {label: i for i, label in enumerate(dict.fromkeys(x for q in questions for x in q.among))}
        asked = self._mean(embeddings, [split(q.text) for q in questions], weighted=True)
        named = self._mean(embeddings, [split(f" {label}") for label in labels], weighted=False)
        possible = torch.full((len(questions), len(labels)), float("-inf"), device=embeddings.device)
        for row, question in zip(possible, questions, strict=True):
            row[[labels[label] for label in question.among]] = 0.0
        about = torch.tensor([labels[q.about] for q in questions], device=embeddings.device)
        return cross_entropy(_SHARPNESS * normalize(asked) @ normalize(named).T + possible, about)

    def _mean(self, embeddings: torch.Tensor, texts: Sequence[Sequence[int]], weighted: bool) -> torch.Tensor:
        """The mean embedding of each text's tokens, shape (texts, width); of no token, zeros."""
        device = embeddings.device
        of = torch.tensor([i for i, text in enumerate(texts) for _ in text], device=device)
        found = embeddings[torch.tensor([token for text in texts for token in text], device=device)]
        weight = (found @ self.salience * len(self.salience) ** 0.5).exp() if weighted else torch.ones_like(found[:, 0])
        sums = torch.zeros(len(texts), found.shape[1], device=device).index_add(0, of, found * weight[:, None])
        return sums / torch.zeros(len(texts), device=device).index_add(0, of, weight).clamp_min(1e-6)[:, None]
