"""A language model without weights: says what a rule makes of prompt and key, and remembers what it was asked."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pragenv.errors import ModelError
from pragenv.protocols import Completion, LanguageModel, Sampling, Usage
from pragenv.types import Dialogue, FrozenDict

Rule = Callable[[Dialogue, int], str | Completion | Exception]
SIGNALS = FrozenDict(satisfied="<|satisfied|>", gave_up="<|gave_up|>")


class Call(NamedTuple):
    """One batch."""

    prompts: tuple[Dialogue, ...]
    sampling: Sampling
    keys: tuple[int, ...]


class FakeModel(LanguageModel):
    """A rule gives the text, a whole completion, or the failure of a row; what is no `ModelError` fails the batch."""

    def __init__(self, rule: Rule, signals: Mapping[str, str] = FrozenDict()) -> None:
        self.rule, self.signals = rule, signals
        self.calls: list[Call] = []

    def complete(
        self, prompts: Sequence[Dialogue], sampling: Sampling, keys: Sequence[int]
    ) -> list[Completion | ModelError]:
        self.calls.append(Call(tuple(prompts), sampling, tuple(keys)))
        return [self._said(self.rule(prompt, key)) for prompt, key in zip(prompts, keys, strict=True)]

    @staticmethod
    def _said(said: str | Completion | Exception) -> Completion | ModelError:
        if isinstance(said, str):
            return Completion(said, usage=Usage(100, 0, len(said.split())))
        if isinstance(said, Completion | ModelError):
            return said
        raise said

    def score(self, prompts: Sequence[Dialogue], continuations: Sequence[str]) -> list[tuple[float, ...] | ModelError]:
        raise AssertionError("nobody asks for scores")


class Rounds:
    """Says the first text to whatever it is asked first, the next in the next batch, and the last one for ever."""

    def __init__(self, *said: str | Completion | Exception) -> None:
        self.said = said
        self.seen: dict[Dialogue, int] = {}

    def __call__(self, prompt: Dialogue, key: int) -> str | Completion | Exception:
        n = self.seen[prompt] = self.seen.get(prompt, -1) + 1
        return self.said[min(n, len(self.said) - 1)]


def coin_user(prompt: Dialogue, key: int) -> str:
    """A faithful user of the coin task, who knows nothing but its prompt."""
    found = re.search(r"side: (\w+)\ntold: (\w+)", prompt[0].content)
    assert found is not None
    side, told = found.groups()
    shown = (f"It shows {side}.", f"{side.capitalize()}, I see.")[key % 2]
    if len(prompt) == 2:
        return "I tossed a coin." + (f" {shown}" if told == "True" else "")
    return shown if "side" in prompt[-1].content else "Pardon?"


def careless_coin_user(prompt: Dialogue, key: int) -> str | Exception:
    """The same one, but now and then wrong, silent, beside the point, or not to be had."""
    said = coin_user(prompt, key)
    wrong = said.replace("heads", "tails") if "heads" in said else said.replace("tails", "heads")
    slips = {1: wrong, 2: "", 3: "Hm, let me see.", 4: ModelError("unreachable")}
    return slips.get(key % 7, said)


def leaving(text: str, signal: str) -> Completion:
    """A turn that ends by a control token."""
    return Completion(text, signal=signal)


def system_of(call: Call, row: int = 0) -> str:
    return call.prompts[row][0].content
