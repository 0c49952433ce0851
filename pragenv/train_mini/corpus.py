"""The corpus as chats: who is to speak, under which prompt, and in which shares."""

from __future__ import annotations

import json
import random
from importlib.resources import files
from typing import Any

from pragenv import registration
from pragenv.protocols import UserView
from pragenv.train_mini.clarify import ClarifyCorpus
from pragenv.train_mini.talk import Question, Talk, pick
from pragenv.train_mini.twenty_questions import TwentyQuestionsCorpus
from pragenv.types import Message

TOP_LEVEL = 6
_MANY = 99
_TASKS = ((0.55, "clarify"), (0.45, "twenty_questions"))


class Corpus:
    """An endless corpus: the talk of a number is a pure function of (seed, number, level).

    Args:
        seed: of all that is drawn.
        share: chance that an assistant which was told nothing about it asks, at a turn where something is missing.
        sides: who speaks in it: `user`, `assistant` or `both`.
    """

    def __init__(self, seed: int, share: float, sides: str = "both") -> None:
        user = registration.make_simulator("scripted")
        self._seed, self._share, self._sides = seed, share, sides
        self._lm_user: Any = registration.simulators.make("lm")
        self._prompts = {name: _agent_prompt(name) for name in ("pragmatic", "direct")}
        self._tasks: dict[str, ClarifyCorpus | TwentyQuestionsCorpus] = {
            "clarify": ClarifyCorpus(user, _paraphrases("clarify"), seed),
            "twenty_questions": TwentyQuestionsCorpus(user, _paraphrases("twenty_questions"), seed),
        }

    def talk(self, number: int, level: int) -> tuple[str, Talk]:
        """The talk of a number at a level of the curriculum (0 to `TOP_LEVEL`), and what it is an example of."""
        rng = random.Random(f"{self._seed}/{number}")
        level = level if rng.random() < 0.7 else rng.randint(0, level)  # what came easy is not to be forgotten
        task = pick(rng, _TASKS)
        sides = ((0.85, "user"), (0.15, "assistant"))
        side = pick(rng, [(w, s) for w, s in sides if self._sides in ("both", s)])
        if side == "assistant":
            return f"{task}/assistant", self._agent_talk(task, rng, level)
        view, values = self._tasks[task].user_talk(rng, level)
        return f"{task}/user", Talk(self.user_chat(view), values)

    def question(self, number: int) -> Question:
        """The question of a number: what an agent says to a user of any task."""
        rng = random.Random(f"{self._seed}/question {number}")
        return self._tasks[pick(rng, _TASKS)].question(rng)

    def user_chat(self, view: UserView) -> tuple[Message, ...]:
        """A finished view as the chat that the `lm` user would continue."""
        messages: tuple[Message, ...] = self._lm_user.messages(view)
        return messages

    def _agent_talk(self, task: str, rng: random.Random, level: int) -> Talk:
        told = pick(rng, ((0.6, ""), (0.15, "direct"), (0.25, "pragmatic")))
        may_ask, share = {"direct": (0, 0.0), "pragmatic": (_MANY, 1.0)}.get(told, (_MANY, self._share))
        talk = self._tasks[task].agent_talk(rng, level, may_ask, share)
        if not told:
            return talk
        system = talk.chat[0]._replace(content=f"{talk.chat[0].content}\n{self._prompts[told]}")
        return talk._replace(chat=(system, *talk.chat[1:]))


def _agent_prompt(name: str) -> str:
    return (files("pragenv_baselines") / "prompts" / f"{name}.v1.txt").read_text(encoding="utf-8").strip()


def _paraphrases(task: str) -> Any:
    return json.loads((files("pragenv.train_mini") / "data" / f"{task}.json").read_text(encoding="utf-8"))
