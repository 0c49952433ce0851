"""The corpus of the other tasks: users of every scenario, who hear rule agents, single questions, and idle talk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from pragenv import registration
from pragenv.env import DialogueEnv
from pragenv.protocols import Setting, Task, UserView, commitment
from pragenv.tasks.lexicon import STOPWORDS, words
from pragenv.train_mini.talk import Question, pick
from pragenv.train_mini.wording import blended, decorated, hasty, off_topic, open_question, small_talk
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, mix

PLAYED = ("calibrate", "draft", "negotiate", "reference", "service")
_LED = ("answer_first", "bisect", "clarify_first", "clerk", "coordinate", "integrative", "interviewer", "lenient",
        "one_draft", "one_shot", "positional", "reviser", "rsa", "tit_for_tat", "uniform")  # fmt: skip
_SPLIT = 301  # of the keys
_WORDINGS = 8
_MANNERS = ((0.55, ""), (0.35, "terse"), (0.1, "verbose"))


class PlayedCorpus:
    """Draws conversations of a task, each turn of the agent's a rule agent's, a question of the menu, or neither.

    Args:
        name: of the task.
    """

    def __init__(self, name: str) -> None:
        self._task = _in_training_words(type(registration.tasks.make(name)))()
        # Whoever errs by chance says what nothing in its brief accounts for.
        self._settings = [s for s in self._task.SETTINGS if not getattr(s, "noise", 0)]
        self._users = {m: registration.make_simulator("scripted", m or None) for _, m in _MANNERS}

    def user_talk(self, rng: random.Random, level: int) -> tuple[UserView, tuple[str, ...]]:
        """A view whose user messages are to be learned, and the words that they take from the brief."""
        setting = rng.choice(self._settings)
        manner = pick(rng, _MANNERS)
        env = DialogueEnv(self._task, setting, self._users[manner], "train")
        env.reset(seed=rng.getrandbits(31))
        led = registration.agents.make(rng.choice(self._leaders[setting.name]))
        spoken: list[tuple[str, str]] = []  # as understood, and as said
        for _ in range(rng.randint(1, 3 + 2 * level)):
            utterance = led.act(env.agent_view()) if rng.random() < 0.5 else None
            if utterance is None or (commitment(utterance) is not None and rng.random() < 0.9):
                utterance, said = self._aside(env, rng)
            else:
                said = utterance
            spoken.append((utterance, said))
            view = env.say(utterance)
            if view is None:  # nobody replies to what ends the talk
                break
            env.hear(env.simulator.reply(view))
        view = env.user_view()
        view = view._replace(
            dialogue=_as_said(view.dialogue, spoken),
            traits=FrozenDict(verbosity=manner) if manner else FrozenDict(),
        )
        return view, self._copied(view)

    @cached_property
    def _leaders(self) -> dict[str, list[str]]:
        """The rule agents that can play in each setting."""
        return {s.name: [name for name in _LED if name not in s.agents_not_applicable] for s in self._settings}

    def question(self, rng: random.Random) -> Question:
        """Words are not learned apart here: there are no labels that a question has to be matched with."""
        raise NotImplementedError(f"no questions are drawn for {self._task.name!r}")

    def _aside(self, env: DialogueEnv, rng: random.Random) -> tuple[str, str]:
        """An utterance that no rule agent plans, as understood and as said."""
        acts = self._task.acts(env.user_view())
        kind = pick(rng, ((0.72, "ask"), (0.08, "two"), (0.08, "open"), (0.07, "idle"), (0.05, "off")))
        if kind in ("ask", "two") and acts.menu:
            drawn = [rng.choice(acts.menu) for _ in range(1 if kind == "ask" else 2)]
            meant = [acts.phrase(act, rng.getrandbits(30)) for act in drawn]
            return " ".join(meant), " ".join(
                self._worded(env, act, text, rng) for act, text in zip(drawn, meant, strict=True)
            )
        if kind in ("ask", "two"):
            said = self._proposal(env, rng)
            return said, said
        if kind == "open":
            said = decorated(open_question(rng), rng)
            return "Anything else?", said
        said = small_talk(rng) if kind == "idle" else off_topic(rng)
        return "Thank you.", decorated(said, rng)

    def _worded(self, env: DialogueEnv, act: Act, text: str, rng: random.Random) -> str:
        """A question of the menu, or its words in another order, or some of them."""
        acts = self._task.acts(env.user_view())
        if any(sign.isdigit() for sign in text):  # a proposal, of which no word can be spared
            return decorated(text, rng)
        if rng.random() < 0.25:
            own = tuple(dict.fromkeys(acts.phrase(act, k) for k in range(_WORDINGS)))
            text = blended(own, rng) if len(own) > 1 else text
        elif rng.random() < 0.3:
            text = hasty(text, rng)
        return decorated(text, rng)

    def _proposal(self, env: DialogueEnv, rng: random.Random) -> str:
        """Any answer, said as a suggestion."""
        answer = commitment(self._task.guess(env.agent_view(), rng.getrandbits(30))) or ""
        return f"{rng.choice(('PROPOSE: ', 'How about this: ', 'What about ', 'Shall we say ', 'Try this: '))}{answer}"

    def _copied(self, view: UserView) -> tuple[str, ...]:
        told = set(words(view.task.brief(view.public, view.user_brief)))
        said = {word for m in view.dialogue if m.role == "user" for word in words(m.content)}
        return tuple(sorted(word for word in said & told if word not in STOPWORDS))


def _in_training_words(task: type[Task]) -> type[Task]:
    """A task with the scenarios of all its splits, spoken of in training wordings."""

    def sample(self: Task, key: int, setting: Setting, split: str) -> Scenario:
        drawn = task.SPLITS[mix(key, _SPLIT) % len(task.SPLITS)]
        scenario = task.sample(self, key, setting, drawn)
        return replace(scenario, public=FrozenDict({**scenario.public, "phrasing": "train"}))

    return type(f"Every{task.__name__}", (task,), {"sample": sample})


def _as_said(dialogue: Dialogue, spoken: Sequence[tuple[str, str]]) -> Dialogue:
    """A dialogue with each of the agent's utterances as it was said; those with calls are heard as they are."""
    waiting = iter(spoken)
    found = []
    for message in dialogue:
        if message.role == "assistant":
            understood, said = next(waiting)
            message = message._replace(content=said) if message.content == understood else message
        found.append(message)
    return tuple(found)
