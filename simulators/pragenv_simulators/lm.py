"""A language model that plays the user."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

from pragenv import registration
from pragenv.errors import ConfigError, ModelError, SimulatorError
from pragenv.protocols import Completion, LanguageModel, Simulator, UserView
from pragenv.registration import Ref
from pragenv.types import Dialogue, FrozenDict, UserTurn, mix
from pragenv_simulators.guard import UNFIT, faults
from pragenv_simulators.prompting import conduct as load_conduct

_STREAM = 201  # of the keys, so that a persona around this user draws other numbers
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_ENDS = ("satisfied", "gave_up")
_End = Literal["satisfied", "gave_up"]


class _Draft(NamedTuple):
    """A reply before it is spoken."""

    text: str
    end: _End | None
    faults: tuple[str, ...]


class LM(Simulator):
    """Speaks through a model that is told the private brief and how to conduct itself.

    Args:
        model: the model's reference.
        conduct: name of a prompt file. Where it lets the user leave, the user does so by a signal that no agent can
            forge: a control token of the model's, or for a model without them a word that is secret to the episode.
        sampling: `temperature`, `top_p`, `max_tokens`.
        guard: whether replies with faults (see `pragenv_simulators.guard`) are drawn again with fresh keys.
        tries: how often in all. Then an unfit reply is a failure; one that only the parser faults is taken.
    """

    def __init__(
        self,
        model: Ref[LanguageModel] = "mini",
        conduct: str = "answers.v1",
        sampling: Mapping[str, Any] = FrozenDict(temperature=0.7),
        guard: bool = True,
        tries: int = 4,
    ) -> None:
        if tries < 1:
            raise ConfigError(f"tries must be at least 1, got {tries!r}")
        self._model, self._conduct = model, load_conduct(conduct)
        self._sampling = registration.make_sampling(sampling)
        self._guard, self._tries = guard, tries if guard else 1

    def messages(self, view: UserView) -> Dialogue:
        """The chat that the model is to continue as `assistant`."""
        leaving = ""
        if self._conduct.may_leave and not self._signals():
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
        """A turn for each view; every round of drafts is one batch."""
        model = registration.shared_model(self._model)
        prompts = [self.messages(view) for view in views]
        drafts: list[list[_Draft]] = [[] for _ in views]
        notes: list[Counter[str]] = [Counter() for _ in views]
        turns: dict[int, UserTurn | SimulatorError] = {}
        for attempt in range(self._tries):
            waiting = [i for i in range(len(views)) if i not in turns]
            if not waiting:
                break
            keys = [mix(views[i].keys.turn(views[i].turn), _STREAM + attempt) for i in waiting]
            said = model.complete([prompts[i] for i in waiting], self._sampling, keys)
            for i, completion in zip(waiting, said, strict=True):
                if isinstance(completion, ModelError):
                    turns[i] = SimulatorError(str(completion))
                    continue
                drafts[i].append(self._draft(views[i], completion))
                notes[i].update(prompt_tokens=completion.usage.prompt or 0, tokens=completion.usage.completion or 0)
                if not drafts[i][-1].faults:
                    turns[i] = self._turn(drafts[i], drafts[i][-1], notes[i])
        return [turns[i] if i in turns else self._settle(drafts[i], notes[i]) for i in range(len(views))]

    def _draft(self, view: UserView, completion: Completion) -> _Draft:
        text = _THOUGHT.sub("", completion.text).strip()
        end = cast("_End | None", completion.signal if completion.signal in _ENDS else None)
        for name in _ENDS if self._conduct.may_leave and end is None else ():
            marker = f"[{self._secret(view, name)}]"
            if text.endswith(marker):
                text, end = text.removesuffix(marker).strip(), cast("_End", name)
        if not view.dialogue or not self._conduct.may_leave:
            end = None
        return _Draft(text, end, self.faults(view, text) if self._guard else ())

    def faults(self, view: UserView, text: str) -> tuple[str, ...]:
        """What the guard finds wrong with a reply."""
        return faults(view, text)

    def _settle(self, drafts: list[_Draft], notes: Counter[str]) -> UserTurn | SimulatorError:
        """After the last try: the first draft that can be spoken at all."""
        for draft in drafts:
            if not UNFIT.intersection(draft.faults):
                return self._turn(drafts, draft, notes)
        found = Counter(fault for draft in drafts for fault in draft.faults)
        listed = ", ".join(f"{name} {n} times" for name, n in found.most_common())
        return SimulatorError(f"no reply in {len(drafts)} tries was fit to be spoken: {listed}")

    def _turn(self, drafts: list[_Draft], spoken: _Draft, notes: Counter[str]) -> UserTurn:
        info: dict[str, Any] = dict(notes)
        if faulty := [draft for draft in drafts if draft.faults]:
            info["guard"] = {
                "resampled": len(drafts) - 1,
                "faults": dict(sorted(Counter(f for draft in faulty for f in draft.faults).items())),
            }
        return UserTurn(spoken.text, spoken.end, FrozenDict(info))

    def _signals(self) -> Mapping[str, str]:
        return registration.shared_model(self._model).signals

    @staticmethod
    def _secret(view: UserView, end: str) -> str:
        return f"{end} {mix(view.keys.episode, _STREAM - 1 - _ENDS.index(end)):016x}"


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
        tries: int = 4,
    ) -> None:
        super().__init__(model, conduct, sampling, guard, tries)

    def brief(self, view: UserView) -> str:
        """What both sides know."""
        return view.task.describe(view.public, None)

    def faults(self, view: UserView, text: str) -> tuple[str, ...]:
        """There is no truth yet that a reply could contradict or leave out."""
        return tuple(fault for fault in faults(view, text) if fault in ("empty", "control", "role"))
