"""A language model that plays the user."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, cast

from pragenv import registration
from pragenv.errors import ConfigError, ModelError, SimulatorError
from pragenv.models.chat import without_thoughts
from pragenv.protocols import Completion, LanguageModel, Simulator, UserView
from pragenv.registration import Ref
from pragenv.types import Dialogue, FrozenDict, UserTurn, mix
from pragenv_simulators.guard import UNFIT, faults
from pragenv_simulators.prompting import conduct as load_conduct

_STREAM = 201  # of the keys, so that a persona around this user draws other numbers
_WARMER = 0.1  # each draft after the first is drawn at so much more temperature: what was wrong was probable
_ENDS = ("satisfied", "gave_up")
_End = Literal["satisfied", "gave_up"]


class _Draft(NamedTuple):
    """A reply before it is spoken."""

    text: str
    end: _End | None
    faults: tuple[str, ...]


@dataclass
class _Work:
    """A turn in the making: `turn` once it is found, or found to be impossible."""

    view: UserView
    model: LanguageModel
    prompt: Dialogue = ()
    drafts: list[_Draft] = field(default_factory=list)
    tokens: Counter[str] = field(default_factory=Counter)
    turn: UserTurn | SimulatorError | None = None

    @property
    def found(self) -> Counter[str]:
        """How often which fault was found."""
        return Counter(fault for draft in self.drafts for fault in draft.faults)

    def speak(self, draft: _Draft) -> None:
        """Take a draft for the turn, with what it took to get it."""
        info: dict[str, Any] = dict(self.tokens)
        if found := self.found:
            info["guard"] = {"resampled": len(self.drafts) - 1, "faults": dict(sorted(found.items()))}
        self.turn = UserTurn(draft.text, draft.end, FrozenDict(info))

    def settle(self) -> None:
        """After the last try: take the first draft that can be spoken at all."""
        for draft in self.drafts:
            if not UNFIT.intersection(draft.faults):
                return self.speak(draft)
        listed = ", ".join(f"{name} {n} times" for name, n in self.found.most_common())
        self.turn = SimulatorError(f"no reply in {len(self.drafts)} tries was fit to be spoken: {listed}")


class LM(Simulator):
    """Speaks through a model that is told the private brief and how to conduct itself.

    Args:
        model: the model's reference. Of the bundled one, the checkpoint speaks that knows the task.
        conduct: name of a prompt file. Where it lets the user leave, the user does so by a signal that no agent can
            forge: a control token of the model's, or for a model without them a word that is secret to the episode.
        sampling: `temperature`, `top_p`, `max_tokens`.
        guard: whether replies with faults (see `pragenv_simulators.guard`) are drawn again, with fresh keys and a
            little warmer each time.
        tries: how often in all. Then an unfit reply is a failure; one that only the parser faults is taken.
    """

    def __init__(
        self,
        model: Ref[LanguageModel] = "mini",
        conduct: str = "answers.v1",
        sampling: Mapping[str, Any] = FrozenDict(temperature=0.7),
        guard: bool = True,
        tries: int = 8,
    ) -> None:
        if not isinstance(tries, int) or tries < 1:
            raise ConfigError(f"tries must be a whole number, at least 1, got {tries!r}")
        self._model, self._conduct = model, load_conduct(conduct)
        self._sampling = registration.make_sampling(sampling)
        self._guard, self._tries = guard, tries if guard else 1

    def messages(self, view: UserView) -> Dialogue:
        """The chat that the model is to continue as `assistant`."""
        leaving = ""
        if self._conduct.may_leave and not self._speaking(view).signals:
            words = [f"[{self._secret(view, end)}]" for end in _ENDS]
            leaving = f": end your last message with {words[0]} if you are satisfied, with {words[1]} if you give up"
        return self._conduct.messages(view, self.brief(view), leaving)

    def brief(self, view: UserView) -> str:
        """What the model is told that only the user knows."""
        return view.task.brief(view.public, view.user_brief)

    def reply(self, view: UserView) -> UserTurn:
        """The model's turn.

        Raises:
            SimulatorError: where the model fails, or no draft is fit to be spoken.
        """
        (turn,) = self.reply_batch([view])
        if isinstance(turn, SimulatorError):
            raise turn
        return turn

    def reply_batch(self, views: Sequence[UserView]) -> list[UserTurn | SimulatorError]:
        """A turn for each view; every round of drafts is one batch.

        Raises:
            ConfigError: where the model cannot be had at all.
        """
        works = [_Work(view, self._speaking(view)) for view in views]
        for work in works:
            with _failing_alone(work):
                work.prompt = self.messages(work.view)
        for attempt in range(self._tries):
            waiting = [work for work in works if work.turn is None]
            if not waiting:
                break
            temperature = min(10.0, self._sampling.temperature + _WARMER * attempt)
            warmer = replace(self._sampling, temperature=temperature)
            for model in {id(work.model): work.model for work in waiting}.values():
                asked = [work for work in waiting if work.model is model]
                keys = [mix(work.view.keys.turn(work.view.turn), _STREAM + attempt) for work in asked]
                said = model.complete([work.prompt for work in asked], warmer, keys)
                for work, completion in zip(asked, said, strict=True):
                    with _failing_alone(work):
                        self._consider(work, completion)
        for work in works:
            if work.turn is None:
                work.settle()
        return [cast("UserTurn | SimulatorError", work.turn) for work in works]

    def _consider(self, work: _Work, completion: Completion | ModelError) -> None:
        if isinstance(completion, ModelError):
            raise SimulatorError(str(completion))
        text, end = self._understood(work.view, completion)
        draft = _Draft(text, end, self.faults(work.view, text, end is not None) if self._guard else ())
        work.drafts.append(draft)
        for name, n in (("prompt_tokens", completion.usage.prompt), ("tokens", completion.usage.completion)):
            if n is not None:
                work.tokens[name] += n
        if not draft.faults:
            work.speak(draft)

    def _understood(self, view: UserView, completion: Completion) -> tuple[str, _End | None]:
        """What the user says, and how it leaves. The words by which it leaves are for no one else to see."""
        text = without_thoughts(completion.text).strip()
        if not self._conduct.may_leave:
            return text, None
        end = completion.signal
        for name in _ENDS:
            words = rf"\s*\[?{self._secret(view, name)}\]?"
            end = name if re.search(rf"{words}\W*\Z", text) else end
            text = re.sub(rf"{words}(\W*\Z)?", "", text).strip()
        return text, cast(_End, end) if end in _ENDS and view.dialogue else None

    def faults(self, view: UserView, text: str, leaving: bool) -> tuple[str, ...]:
        """What the guard finds wrong with a reply."""
        return faults(view, text, leaving)

    def _speaking(self, view: UserView) -> LanguageModel:
        return registration.shared_model(registration.knowing(self._model, view.task))

    @staticmethod
    def _secret(view: UserView, end: str) -> str:
        return f"{end} {mix(view.keys.episode, _STREAM - 1 - _ENDS.index(end)):016x}"


@contextmanager
def _failing_alone(work: _Work) -> Iterator[None]:
    """A failure, of whatever kind, is its own turn's; but a model that cannot be had fails for all."""
    try:
        yield
    except ConfigError:
        raise
    except SimulatorError as error:
        work.turn = error
    except Exception as error:
        work.turn = SimulatorError(f"{type(error).__name__}: {error}")


class Uncommitted(LM):
    """The same user without an intent: it is told what could be meant, and makes something up as it goes.

    Args:
        model: the model's reference.
        conduct: name of a prompt file.
        sampling: `temperature`, `top_p`, `max_tokens`.
        guard: whether replies that are empty, forge control text or speak as the assistant are drawn again.
        tries: how often in all.
    """

    def __init__(
        self,
        model: Ref[LanguageModel] = "mini",
        conduct: str = "uncommitted.v1",
        sampling: Mapping[str, Any] = FrozenDict(temperature=0.7),
        guard: bool = True,
        tries: int = 8,
    ) -> None:
        super().__init__(model, conduct, sampling, guard, tries)

    def brief(self, view: UserView) -> str:
        """What both sides know."""
        return view.task.describe(view.public, None)

    def faults(self, view: UserView, text: str, leaving: bool) -> tuple[str, ...]:
        """There is no truth yet that a reply could contradict or leave out."""
        return tuple(fault for fault in faults(view, text, leaving) if fault in ("empty", "control", "role"))
