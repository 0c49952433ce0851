"""The corpus as chats: who is to speak, under which prompt, and in which shares."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from pragenv import registration
from pragenv.protocols import UserView
from pragenv.train_mini.clarify import ClarifyCorpus
from pragenv.train_mini.played import PLAYED, PlayedCorpus
from pragenv.train_mini.talk import Question, Talk, pick
from pragenv.train_mini.twenty_questions import TwentyQuestionsCorpus
from pragenv.types import Message

TOP_LEVEL = 6
ASSISTANTS = 0.15
"""Share of the talks of which the assistant's side is learned."""
_MANY = 99
_WEIGHTS = {"clarify": 0.55, "twenty_questions": 0.45}
"""How often which task is drawn; any other as often as the two together."""


class Corpus:
    """An endless corpus: the talk of a number is a pure function of (seed, number, level).

    Args:
        seed: of all that is drawn.
        share: chance that an assistant which was told nothing about it asks, at a turn where something is missing.
        sides: who speaks in it: `user`, `assistant` or `both`.
        tasks: names of those that it is about.
    """

    def __init__(
        self, seed: int, share: float, sides: str = "both", tasks: Sequence[str] = ("clarify", "twenty_questions")
    ) -> None:
        self._seed, self._share, self._sides = seed, share, sides
        self._lm_user: Any = registration.simulators.make("lm")
        self._prompts = {name: _agent_prompt(name) for name in ("pragmatic", "direct")}
        self._tasks = {name: _corpus_of(name, seed) for name in tasks}
        self._drawn = [(_WEIGHTS.get(name, 1.0), name) for name in tasks]

    def talk(self, number: int, level: int) -> tuple[str, Talk]:
        """The talk of a number at a level of the curriculum (0 to `TOP_LEVEL`), and what it is an example of."""
        rng = random.Random(f"{self._seed}/{number}")
        level = level if rng.random() < 0.7 else rng.randint(0, level)  # what came easy is not to be forgotten
        task = pick(rng, self._drawn)
        corpus = self._tasks[task]
        sides = ((1 - ASSISTANTS, "user"), (ASSISTANTS, "assistant"))
        side = pick(rng, [(w, s) for w, s in sides if self._sides in ("both", s)])
        if side == "assistant":
            return f"{task}/assistant", self._agent_talk(corpus, rng, level)
        view, *learned = corpus.user_talk(rng, level)
        return f"{task}/user", Talk(self.user_chat(view), *learned)

    def question(self, number: int) -> Question:
        """The question of a number: what an agent says to a user of any task whose users name what they are asked."""
        rng = random.Random(f"{self._seed}/question {number}")
        naming = {name: corpus for name, corpus in self._tasks.items() if not isinstance(corpus, PlayedCorpus)}
        return naming[pick(rng, [(weight, name) for weight, name in self._drawn if name in naming])].question(rng)

    def user_chat(self, view: UserView) -> tuple[Message, ...]:
        """A finished view as the chat that the `lm` user would continue."""
        messages: tuple[Message, ...] = self._lm_user.messages(view)
        return messages

    def _agent_talk(
        self, corpus: ClarifyCorpus | TwentyQuestionsCorpus | PlayedCorpus, rng: random.Random, level: int
    ) -> Talk:
        if isinstance(corpus, PlayedCorpus):
            return corpus.agent_talk(rng)
        told = pick(rng, ((0.6, ""), (0.15, "direct"), (0.25, "pragmatic")))
        may_ask, share = {"direct": (0, 0.0), "pragmatic": (_MANY, 1.0)}.get(told, (_MANY, self._share))
        talk = corpus.agent_talk(rng, level, may_ask, share)
        if not told:
            return talk
        system = talk.chat[0]._replace(content=f"{talk.chat[0].content}\n{self._prompts[told]}")
        return talk._replace(chat=(system, *talk.chat[1:]))


def _corpus_of(name: str, seed: int) -> ClarifyCorpus | TwentyQuestionsCorpus | PlayedCorpus:
    if name in PLAYED:
        return PlayedCorpus(name)
    user, paraphrases = registration.make_simulator("scripted"), _paraphrases(name)
    return (ClarifyCorpus if name == "clarify" else TwentyQuestionsCorpus)(user, paraphrases, seed)


def _agent_prompt(name: str) -> str:
    return (files("pragenv_baselines") / "prompts" / f"{name}.v1.txt").read_text(encoding="utf-8").strip()


def _paraphrases(task: str) -> Any:
    return json.loads((files("pragenv.train_mini") / "data" / f"{task}.json").read_text(encoding="utf-8"))
