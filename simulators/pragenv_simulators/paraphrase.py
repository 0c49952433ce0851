"""Personas that say the same in other words: by rule, or by a language model whose rewordings are checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pragenv import registration
from pragenv.errors import ConfigError, ModelError, SimulatorError
from pragenv.protocols import Completion, LanguageModel, Simulator, UserView
from pragenv.registration import Ref
from pragenv.types import Act, Dialogue, FrozenDict, Message, UserTurn, mix
from pragenv_simulators.facts import is_prose, keeps_facts
from pragenv_simulators.guard import UNFIT, faults
from pragenv_simulators.personas import Persona, with_info

_SCRIPT, _MODEL = 106, 301  # of the keys, so that composed personas draw other numbers
_WARMER = 0.1  # each draft after the first is drawn at so much more temperature: what was wrong was probable
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)|\A(?:(?!<think>).)*</think>", re.DOTALL)
_REWORDINGS = {
    "do not": "don't",
    "don't": "do not",
    "is not": "isn't",
    "isn't": "is not",
    "cannot": "can't",
    "can't": "cannot",
    "i am": "I'm",
    "i'm": "I am",
    "i would like": "I'd like",
    "i'd like": "I would like",
    "it is": "it's",
    "could you": "can you",
    "can you": "could you",
    "would you": "could you",
    "maybe": "perhaps",
    "perhaps": "maybe",
    "mainly": "mostly",
    "for example": "for instance",
    "in order to": "to",
    "a lot of": "plenty of",
}
_REWORDED = re.compile(rf"\b(?:{'|'.join(_REWORDINGS)})(?= \w)", re.IGNORECASE)
_FRAMES = {
    "opening": (("Hi there.", "Hello.", "Good day."), ("Thanks in advance.", "That would be great.", "Cheers.")),
    "reply": (
        ("Okay.", "Let me see.", "Hm.", "Well.", "Let me think."),
        ("Thanks.", "Hope that helps.", "Is that clear?"),
    ),
}
"""What can be put before and after any words of a user."""
_TASK = (
    "You reword messages. Say the message that you are given in other words, as the same person would. Keep every "
    "number, name, quotation, piece of code, operator and negation exactly as it is. Leave nothing out, add nothing, "
    "and do not answer it. Write the reworded message and nothing else."
)


class Paraphrasing(Persona):
    """Says what the user inside says in other words, by rule: phrases before and after, contractions, safe synonyms.

    All facts stay (see `keeps_facts`), and so does what the task's acts read in it; where that leaves no other wording
    the user is left as it is. In a text with quotations, code or operators no word is exchanged.
    """

    def after(self, view: UserView, turn: UserTurn) -> UserTurn:
        """The turn in other words."""
        key = mix(view.keys.turn(view.turn), _SCRIPT)
        plain, reworded = turn.text, _reworded(turn.text, mix(key, 0))
        ends = key % 4 or int(reworded == plain)  # before, after, both; neither where words were exchanged
        for text in (_framed(reworded, ends, view, key), reworded, _framed(plain, ends, view, key)):
            if plain.strip() and not keeps_facts(plain, text) and _reading(view, text) == _reading(view, plain):
                return turn._replace(text=text)
        return turn


def _reworded(text: str, key: int) -> str:
    """The text with about half of the words that can be exchanged exchanged."""

    def other(match: re.Match[str]) -> str:
        if mix(key, match.start()) % 2:
            return match[0]
        new = _REWORDINGS[match[0].lower()]
        return new[0].upper() + new[1:] if match[0][0].isupper() else new

    return _REWORDED.sub(other, text) if is_prose(text) else text


def _framed(text: str, ends: int, view: UserView, key: int) -> str:
    """The text with a phrase before it (1), after it (2), or both (3)."""
    before, after = _FRAMES["reply" if view.dialogue else "opening"]
    parts = [before[(key >> 8) % len(before)]] if ends & 1 else []
    parts.append(text)
    if ends & 2:
        parts.append(after[(key >> 16) % len(after)])
    return ("\n" if "\n" in text else " ").join(parts)


class LMParaphrasing(Persona):
    """Says what the user inside says in the words of a language model.

    A draft that loses or adds a fact (see `keeps_facts`), is cut off, is unfit for a user to say, or changes what the
    task's acts read in it is drawn again. After the last try the user is left as it is. `info["paraphrase"]` says how
    often was drawn, what was found wrong, and whether the plain words were spoken.

    Args:
        user: the simulator inside.
        model: the model's reference. The bundled one can hardly reword, so that plain words are spoken: name another.
        sampling: `temperature`, `top_p`, `max_tokens`.
        tries: how often a draft is drawn in all, with fresh keys and a little warmer each time.
    """

    def __init__(
        self,
        user: Simulator,
        model: Ref[LanguageModel] = "mini",
        sampling: Mapping[str, Any] = FrozenDict(temperature=0.7, max_tokens=512),
        tries: int = 4,
    ) -> None:
        super().__init__(user)
        if not isinstance(tries, int) or tries < 1:
            raise ConfigError(f"tries must be a whole number, at least 1, got {tries!r}")
        self._model, self._tries = model, tries
        self._sampling = registration.make_sampling(sampling)

    def reply(self, view: UserView) -> UserTurn:
        """The inner turn in the model's words.

        Raises:
            SimulatorError: where the user inside or the model fails.
        """
        (turn,) = self.reply_batch([view])
        if isinstance(turn, SimulatorError):
            raise turn
        return turn

    def reply_batch(self, views: Sequence[UserView]) -> list[UserTurn | SimulatorError]:
        """A turn for each view; the users inside speak in one batch, and so does every round of drafts.

        Raises:
            ConfigError: where the model cannot be had at all.
        """
        model = registration.shared_model(self._model)
        turns = self.user.reply_batch(views)
        works = {
            i: _Work(view, turn)
            for i, (view, turn) in enumerate(zip(views, turns, strict=True))
            if isinstance(turn, UserTurn) and turn.text.strip()
        }
        for attempt in range(self._tries):
            waiting = [work for work in works.values() if work.turn is None]
            if not waiting:
                break
            keys = [mix(work.view.keys.turn(work.view.turn), _MODEL + attempt) for work in waiting]
            warmer = replace(self._sampling, temperature=min(10.0, self._sampling.temperature + _WARMER * attempt))
            said = model.complete([work.prompt for work in waiting], warmer, keys)
            for work, completion in zip(waiting, said, strict=True):
                work.consider(completion)
        return [works[i].spoken() if i in works else turn for i, turn in enumerate(turns)]


@dataclass
class _Work:
    """A turn in the making: `turn` once a draft is taken, or it is found to be impossible."""

    view: UserView
    plain: UserTurn
    drawn: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    turn: UserTurn | SimulatorError | None = None

    @property
    def prompt(self) -> Dialogue:
        """What the model is to continue."""
        return (Message("system", _TASK), Message("user", self.plain.text))

    def consider(self, completion: Completion | ModelError) -> None:
        """Take a draft, or note what is wrong with it; a model's failure is the user's."""
        if isinstance(completion, ModelError):
            self.turn = SimulatorError(str(completion))
            return
        self.drawn += 1
        for name, n in (("prompt_tokens", completion.usage.prompt), ("tokens", completion.usage.completion)):
            self.tokens[name] += n or 0
        text = _THOUGHT.sub("", completion.text).strip()
        try:
            found = ["cut"] if completion.finish == "length" else _faults(self.view, self.plain.text, text)
        except Exception as error:  # of the task's; a failure takes its own place only
            self.turn = SimulatorError(f"{type(error).__name__}: {error}")
            return
        self.faults.update(found)
        if not found:
            self.turn = self._noted(text, plain=False)

    def spoken(self) -> UserTurn | SimulatorError:
        """The turn, after the last try."""
        return self._noted(self.plain.text, plain=True) if self.turn is None else self.turn

    def _noted(self, text: str, plain: bool) -> UserTurn:
        notes = {"drawn": self.drawn, "plain": plain, "faults": dict(sorted(self.faults.items()))}
        tokens = {name: self.plain.info.get(name, 0) + n for name, n in self.tokens.items() if n}
        return with_info(self.plain._replace(text=text), **tokens, paraphrase=notes)


def _faults(view: UserView, plain: str, draft: str) -> list[str]:
    """What is wrong with a draft; what is wrong with the plain words too is the inner user's business."""
    new = UNFIT.intersection(faults(view, draft)) - set(faults(view, plain))
    found = [*sorted(new), *(["facts"] if keeps_facts(plain, draft) else [])]
    return found or ([] if _reading(view, draft) == _reading(view, plain) else ["meaning"])


def _reading(view: UserView, text: str) -> tuple[Act, ...]:
    """What the task's acts read in the user's words here: users know by it what they have told."""
    acts = view.task.acts(view)
    return acts.read(text, acts.parse(view.dialogue[-1].content) if view.dialogue else ())
