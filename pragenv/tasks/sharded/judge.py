"""A language model as judge: what rules cannot tell of a summary, or of an answer that keeps to no form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pragenv.errors import ModelError
from pragenv.protocols import LanguageModel, Sampling
from pragenv.types import Message

_COVERS = (
    "You check a summary against one point that it should make. Reply with nothing but `full N` if line N makes the "
    "whole point, `partial N` if line N makes part of it and no line all of it, or `no` if no line does."
)
_ATTEMPTS = (
    "An assistant works on a task bit by bit. Shown its latest message, you tell whether it gives an answer that is "
    "meant as the solution, rather than a question, a plan, or a remark. Reply with nothing but that answer, copied "
    "word for word out of the message, or `NONE`."
)
_SHARES = {"full": 1.0, "partial": 0.5}
_COVERED = re.compile(r"\W*(full|partial)\W+(?:line\W+)?(\d+)\b|\W*no\b", re.IGNORECASE)
_FENCE = re.compile(r"\A```[\w+-]*\n(.*?)\n?```\Z", re.DOTALL)


class Cover(NamedTuple):
    """How far a line of a summary makes a point: 1 in full, 0.5 in part, 0 not at all (then `line` means nothing)."""

    share: float
    line: int


class Judge:
    """Asks a language model, at temperature 0, so that the same question has the same answer.

    Args:
        model: any; the bundled one is too small to be of use here.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._asked = lru_cache(maxsize=65536)(self._ask)

    def __reduce__(self) -> tuple[type[Judge], tuple[LanguageModel]]:
        return type(self), (self._model,)

    def covers(self, points: Sequence[str], lines: Sequence[str]) -> list[Cover]:
        """For each point the line that makes it, and how far.

        Raises:
            ModelError: where the model fails, or says anything else than what it was asked for.
        """
        numbered = "\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1))
        said = self._asked(_COVERS, tuple(f"The point:\n{point}\n\nThe summary:\n{numbered}" for point in points))
        return [_cover(text, len(lines)) for text in said]

    def attempt(self, utterance: str) -> str | None:
        """The answer that an utterance gives, or None; what the model makes up instead of copying it is no answer.

        Raises:
            ModelError: where the model fails.
        """
        (said,) = self._asked(_ATTEMPTS, (utterance,))
        fenced = _FENCE.match(said)
        answer = (fenced[1] if fenced else said).strip()
        return answer if answer and answer != "NONE" and answer in utterance else None

    def _ask(self, system: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        prompts = [(Message("system", system), Message("user", text)) for text in texts]
        found = self._model.complete(prompts, Sampling(temperature=0.0, max_tokens=1024), [0] * len(texts))
        for one in found:
            if isinstance(one, ModelError):
                raise one
            if one.finish == "length":
                raise ModelError("it was cut off before it had said what it was asked for")
        return tuple(one.text.strip() for one in found if not isinstance(one, ModelError))


def _cover(said: str, lines: int) -> Cover:
    found = _COVERED.match(said)
    if found is None or (found[2] and not 1 <= int(found[2]) <= lines):
        raise ModelError(f"asked for `full N`, `partial N` or `no`, with N from 1 to {lines}, it said {said!r:.80}")
    return Cover(_SHARES[found[1].lower()], int(found[2]) - 1) if found[1] else Cover(0.0, 0)
