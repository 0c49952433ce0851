"""Slips of the pen: which known word a misspelt one is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

from pragenv.tasks.lexicon import STOPWORDS

_WORD = re.compile(r"(?<![\w'’])[^\W\d_]{4,}(?![\w'’])")


def slip(written: str, meant: str) -> bool:
    """Whether a word is another with one slip: two letters swapped, one too many or too few, or a wrong one.

    The shorter the words, the fewer slips there are that no other word comes of: none before four letters, only swaps
    of four, wrong letters from seven on. The first letter is right, and an ending is no slip ("leave", "leaven").
    """
    longer = max(len(written), len(meant))
    if written.startswith(meant) or meant.startswith(written):
        return False
    if written[0] != meant[0] or min(len(written), len(meant)) < 4 or OSA.distance(written, meant, score_cutoff=1) != 1:
        return False
    if len(written) != len(meant):
        return longer >= 5
    return longer >= 7 or sorted(written) == sorted(meant)


class Speller:
    """Puts known words for misspelt ones.

    Args:
        texts: what holds the known words.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        known = {word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())}
        self._known = sorted(word for word in known if len(word) >= 4)
        self._left = known | STOPWORDS
        self._word = lru_cache(maxsize=8192)(self._mended)

    def mend(self, text: str) -> str:
        """A lower-case text with its misspelt words mended."""
        return _WORD.sub(lambda match: self._word(match[0]), text)

    def _mended(self, word: str) -> str:
        if word in self._left or word.removesuffix("s") in self._left:
            return word
        return next((known for known in self._known if slip(word, known)), word)
