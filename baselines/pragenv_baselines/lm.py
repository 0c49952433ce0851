"""Agents that are language models. They differ in what they are told and in how one utterance is chosen of several."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import log
from typing import Any

from pragenv import registration
from pragenv.errors import AgentError, ConfigError, ModelError, unknown
from pragenv.models.chat import without_thoughts
from pragenv.protocols import Agent, AgentView, LanguageModel, Sampling, Task, commitment
from pragenv.registration import Ref
from pragenv.types import Dialogue, FrozenDict, Message, mix

_STREAM = 301  # of the keys
Said = str | AgentError


@cache
def instructions(name: str) -> str:
    """The text of a prompt file, by its name without ending: `pragmatic.v1`.

    Raises:
        ConfigError: where there is none of that name.
    """
    folder = files("pragenv_baselines") / "prompts"
    known = {p.name.removesuffix(".txt"): p for p in folder.iterdir() if p.name.endswith(".txt")}
    if name not in known:
        raise unknown("prompt", name, known)
    return known[name].read_text(encoding="utf-8").strip()


def told(dialogue: Dialogue, text: str) -> Dialogue:
    """The dialogue with a text at the end of its system message."""
    system, *rest = dialogue
    return (Message("system", f"{system.content}\n{text}"), *rest) if text else dialogue


class LMGreedy(Agent):
    """Says what the model finds most probable, token by token.

    Args:
        model: the model's reference. Of the bundled one, the checkpoint speaks that knows the task.
        max_tokens: longest utterance.
    """

    prompt = ""

    def __init__(self, model: Ref[LanguageModel] = "mini", max_tokens: int = 256) -> None:
        self._model = model
        self._sampling = registration.make_sampling({"temperature": 0.0, "max_tokens": max_tokens})

    def model(self, task: Task) -> LanguageModel:
        """The model that speaks in a task, loaded once for all parties of a process."""
        return registration.shared_model(registration.knowing(self._model, task))

    def act(self, view: AgentView) -> str:
        """The model's next utterance.

        Raises:
            AgentError: where the model fails.
        """
        (said,) = self.act_batch([view])
        if isinstance(said, AgentError):
            raise said
        return said

    def act_batch(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        """An utterance for each view, from one batch."""
        return [said for (said,) in self.candidates(views, 1, self.prompt, self._sampling)]

    def candidates(self, views: Sequence[AgentView], n: int, text: str, sampling: Sampling) -> list[list[Said]]:
        """`n` utterances for each view, all from one batch of each model; only the keys tell them apart."""
        tasks = {id(view.task): view.task for view in views}
        models = {place: self.model(task) for place, task in tasks.items()}
        said: dict[int, list[Said]] = {}
        for model in {id(model): model for model in models.values()}.values():
            asked = [i for i, view in enumerate(views) if models[id(view.task)] is model]
            prompts = [told(views[i].dialogue, text) for i in asked for _ in range(n)]
            keys = [mix(views[i].keys.turn(views[i].turn), _STREAM + k) for i in asked for k in range(n)]
            drawn = [
                AgentError(str(found)) if isinstance(found, ModelError) else without_thoughts(found.text).strip()
                for found in model.complete(prompts, sampling, keys)
            ]
            said |= {i: drawn[at * n : (at + 1) * n] for at, i in enumerate(asked)}
        return [said[i] for i in range(len(views))]


class LMSample(LMGreedy):
    """Says what it draws from the model.

    Args:
        model: the model's reference.
        sampling: `temperature`, `top_p`, `max_tokens`.
        prompt: name of a prompt file, or None.
    """

    def __init__(
        self,
        model: Ref[LanguageModel] = "mini",
        sampling: Mapping[str, Any] = FrozenDict(),
        prompt: str | None = None,
    ) -> None:
        super().__init__(model)
        self._sampling = registration.make_sampling(sampling)
        self.prompt = instructions(prompt) if prompt else ""


class LMPrompted(LMGreedy):
    """The greedy agent, told to be pragmatic and to ask first.

    Args:
        model: the model's reference.
        prompt: name of a prompt file.
        max_tokens: longest utterance.
    """

    def __init__(self, model: Ref[LanguageModel] = "mini", prompt: str = "pragmatic.v1", max_tokens: int = 256) -> None:
        super().__init__(model, max_tokens)
        self.prompt = instructions(prompt)


class LMBestOfN(LMSample):
    """Draws several utterances and says the one with the highest immediate reward, as a rater of single turns sees it.

    That reward takes the present turn for the last: it is what the answer would be expected to score, judged by the
    model's own draws (the share of them that agree). An utterance that does not answer earns nothing by itself.

    Args:
        model: the model's reference.
        n: how many are drawn; at least 1.
        sampling: `temperature`, `top_p`, `max_tokens`.
    """

    def __init__(
        self, model: Ref[LanguageModel] = "mini", n: int = 8, sampling: Mapping[str, Any] = FrozenDict()
    ) -> None:
        super().__init__(model, sampling)
        if not isinstance(n, int) or n < 1:
            raise ConfigError(f"lm_best_of_n: n must be a whole number, at least 1, got {n!r}")
        self._n = n

    def act_batch(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        """For each view the best of its candidates; the first drawn, where none answers."""
        return [_best(drawn) for drawn in self.candidates(views, self._n, self.prompt, self._sampling)]


class LMEntropy(LMSample):
    """Asks while its own answers disagree.

    Answers are drawn under a prompt that allows nothing else. Where their entropy, divided by its maximum, the
    logarithm of their number, is above the threshold, it speaks under the prompt that has it ask first; else it says
    the answer drawn most often.

    Args:
        model: the model's reference.
        n: how many answers are drawn; at least 2.
        threshold: in [0, 1].
        answering: name of the prompt file under which answers are drawn.
        asking: name of the prompt file under which it asks.
        sampling: of the answers: `temperature`, `top_p`, `max_tokens`.
    """

    def __init__(
        self,
        model: Ref[LanguageModel] = "mini",
        n: int = 8,
        threshold: float = 0.3,
        answering: str = "direct.v1",
        asking: str = "pragmatic.v1",
        sampling: Mapping[str, Any] = FrozenDict(),
    ) -> None:
        super().__init__(model, sampling)
        if not isinstance(n, int) or n < 2:
            raise ConfigError(f"lm_entropy: n must be a whole number, at least 2, got {n!r}")
        if not 0 <= threshold <= 1:
            raise ConfigError(f"lm_entropy: threshold must be in [0, 1], got {threshold!r}")
        self._n, self._threshold = n, threshold
        self._answering, self._asking = instructions(answering), instructions(asking)

    def act_batch(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        """A question for each view whose answers disagree and that has a turn left to hear more; else the answer."""
        drawn = self._draws(views)
        said = [_best(answers) for answers in drawn]
        unsure = [
            i
            for i, view in enumerate(views)
            if view.turn < view.turn_limit - 1 and uncertainty(drawn[i]) > self._threshold
        ]
        greedy = Sampling(temperature=0.0, max_tokens=self._sampling.max_tokens)
        asked = self.candidates([views[i] for i in unsure], 1, self._asking, greedy)
        for i, (question,) in zip(unsure, asked, strict=True):
            said[i] = question
        return said

    def uncertainties(self, views: Sequence[AgentView]) -> list[float]:
        """For each view the normalised entropy that the threshold is held against."""
        return [uncertainty(answers) for answers in self._draws(views)]

    def _draws(self, views: Sequence[AgentView]) -> list[list[Said]]:
        return self.candidates(views, self._n, self._answering, self._sampling)


def uncertainty(drawn: Sequence[Said]) -> float:
    """The entropy of drawn answers divided by the logarithm of their number: 0 all agree, 1 no two do.

    A draw that does not answer agrees with no other. Draws that failed tell nothing, and do not count.
    """
    said = [text for text in drawn if isinstance(text, str)]
    answers = [_answer(text) for text in said]
    counts = Counter(i if answer is None else answer for i, answer in enumerate(answers))
    entropy = sum(n / len(said) * log(len(said) / n) for n in counts.values())
    return entropy / log(len(said)) if len(said) > 1 else 0.0


def _best(drawn: Sequence[Said]) -> Said:
    """The answer that most draws give, in the words of the first that gives it; else the first draw at all."""
    said = [text for text in drawn if isinstance(text, str)]
    answers = [answer for text in said if (answer := _answer(text)) is not None]
    if not answers:
        return said[0] if said else drawn[0]
    most = Counter(answers).most_common(1)[0][0]
    return next(text for text in said if _answer(text) == most)


def _answer(text: str) -> tuple[str, ...] | None:
    """What an utterance commits to, or None; the same for however its parts are ordered, cased and spaced."""
    committed = commitment(text)
    if committed is None:
        return None
    return tuple(sorted(" ".join(part.split()) for part in re.split(r"[;\n]", committed.lower()) if part.strip()))
