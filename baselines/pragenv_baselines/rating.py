"""What a model makes of conversations: the intrinsic part of CollabLLM's reward (Wu et al. 2025, equation 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pragenv import registration
from pragenv.errors import ModelError
from pragenv.protocols import LanguageModel, Sampling
from pragenv.registration import Ref
from pragenv.types import Dialogue, Message

_RATE = (
    "Rate how well the assistant in this conversation works with the user towards what the user wants: reply with "
    "nothing but a whole number from 0 (not at all) to 10 (as well as can be)."
)
_NUMBER = re.compile(r"\b(10|\d)\b")


def rate(critic: Ref[LanguageModel], dialogues: Sequence[Dialogue], keys: Sequence[int]) -> list[float | None]:
    """A rating in [0, 1] of each dialogue (without system message); None where the model gives no number.

    Args:
        critic: the model's reference.
        dialogues: to be rated.
        keys: one for each.
    """
    prompts = [
        (Message("system", _RATE), Message("user", "\n".join(f"{m.role}: {m.content}" for m in dialogue)))
        for dialogue in dialogues
    ]
    said = registration.shared_model(critic).complete(prompts, Sampling(temperature=0.0, max_tokens=16), keys)
    found = [None if isinstance(one, ModelError) else _NUMBER.search(one.text) for one in said]
    return [int(number[1]) / 10 if number else None for number in found]
