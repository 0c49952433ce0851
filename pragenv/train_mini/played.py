"""The corpus of the other tasks.

Its users are those of every scenario, and hear rule agents, single questions and idle talk; its assistants are a good
rule agent of each task, in the training split.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from pragenv import registration
from pragenv.env import DialogueEnv
from pragenv.protocols import Acts, Setting, Task, UserView, commitment
from pragenv.tasks.calibrate.acts import PointActs
from pragenv.tasks.draft.acts import DraftActs
from pragenv.tasks.lexicon import STOPWORDS, words
from pragenv.tasks.negotiate.acts import OFFER, NegotiateActs
from pragenv.tasks.reference.acts import ReferenceActs
from pragenv.train_mini.planning import plan
from pragenv.train_mini.talk import Talk, pick
from pragenv.train_mini.thinking import thought
from pragenv.train_mini.wording import blended, decorated, hasty, off_topic, open_question, small_talk
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, mix

PLAYED = ("calibrate", "draft", "negotiate", "reference", "service")
_LED = ("answer_first", "bisect", "clarify_first", "clerk", "coordinate", "integrative", "interviewer", "lenient",
        "one_draft", "one_shot", "positional", "reviser", "rsa", "tit_for_tat", "uniform")  # fmt: skip
_BEST: Mapping[str, Mapping[str, Any]] = {
    "calibrate": {"name": "coordinate"},
    "draft": {"name": "reviser"},
    "negotiate": {"name": "integrative"},
    "reference": {"name": "rsa", "patient": True, "choice": "best"},
    "service": {"name": "clerk"},
}
"""Whom an assistant learns from."""
_SPLIT = 301  # of the keys
_WORDINGS = 8
_MANNERS = ((0.55, ""), (0.35, "terse"), (0.1, "verbose"))


class PlayedCorpus:
    """Draws conversations of a task, each turn of the agent's a rule agent's, a question of the menu, or neither.

    Args:
        name: of the task.
    """

    def __init__(self, name: str) -> None:
        self._train = registration.tasks.make(name)
        self._task = _in_training_words(type(self._train))()
        self._best = registration.agents.make(_BEST[name])
        # Whoever errs by chance says what nothing in its brief accounts for.
        self._settings = [s for s in self._task.SETTINGS if not getattr(s, "noise", 0)]
        self._users = {m: registration.make_simulator("scripted", m or None) for _, m in _MANNERS}

    def user_talk(self, rng: random.Random, level: int) -> tuple[UserView, tuple[str, ...], tuple[str, ...]]:
        """A view whose user messages are to be learned, the words that they take from the brief, and the thoughts."""
        setting = rng.choice(self._settings)
        manner = pick(rng, _MANNERS)
        env = DialogueEnv(self._task, setting, self._users[manner], "train")
        env.reset(seed=rng.getrandbits(31))
        led = registration.agents.make(rng.choice(self._leaders[setting.name]))
        spoken: list[tuple[str, str]] = []  # as understood, and as said
        for _ in range(rng.randint(1, 3 + 2 * level)):
            utterance = led.act(env.agent_view()) if rng.random() < 0.5 else None
            if utterance is None or (commitment(utterance) is not None and rng.random() < 0.8):
                utterance, said = self._aside(env, rng)
            else:
                said = utterance
            spoken.append((utterance, said))
            view = env.say(utterance)
            if view is None:
                break
            env.hear(env.simulator.reply(view))
        plain = env.user_view()
        if plain.dialogue[-1].role == "assistant":
            # Nobody is asked to reply to what ends the talk; who is asked all the same should know that it is over.
            plain = plain._replace(dialogue=(*plain.dialogue, Message("user", env.simulator.reply(plain).text)))
        thoughts = tuple(thought(begun) for begun in _turns(plain))
        view = plain._replace(
            dialogue=_as_said(plain.dialogue, spoken),
            traits=FrozenDict(verbosity=manner) if manner else FrozenDict(),
        )
        return view, self._copied(view), thoughts

    def agent_talk(self, rng: random.Random) -> Talk:
        """A conversation of the training split whose assistant is a rule agent."""
        env = DialogueEnv(self._train, rng.choice(self._settings), self._users[pick(rng, _MANNERS)], "train")
        env.reset(seed=rng.getrandbits(31))
        over, plans = False, []
        while not over:
            view = env.agent_view()
            said = self._best.act(view)
            plans.append(plan(view, said))
            *_, over, cut, _ = env.step(said)
            over = over or cut
        return Talk(env.agent_view().dialogue, thoughts=tuple(p for p in plans if p is not None))

    @cached_property
    def _leaders(self) -> dict[str, list[str]]:
        """The rule agents that can play in each setting."""
        return {s.name: [name for name in _LED if name not in s.agents_not_applicable] for s in self._settings}

    def _aside(self, env: DialogueEnv, rng: random.Random) -> tuple[str, str]:
        """An utterance that no rule agent plans, as understood and as said."""
        acts = self._task.acts(env.user_view())
        kind = pick(rng, ((0.72, "ask"), (0.08, "two"), (0.08, "open"), (0.07, "idle"), (0.05, "off")))
        if kind in ("ask", "two"):
            drawn = [rng.choice(acts.menu) for _ in range(1 if kind == "ask" else 2)]
            meant = [acts.phrase(act, rng.getrandbits(30)) for act in drawn]
            said = [self._worded(acts, act, text, rng) for act, text in zip(drawn, meant, strict=True)]
            return " ".join(meant), " ".join(said)
        if kind == "open":
            return "Anything else?", decorated(open_question(rng), rng)
        return "Thank you.", decorated(small_talk(rng) if kind == "idle" else off_topic(rng), rng)

    @staticmethod
    def _worded(acts: Acts, act: Act, text: str, rng: random.Random) -> str:
        """An act of the menu in one of many wordings, or its words in another order, or some of them."""
        frames, parts = _paraphrased(acts, act)
        if frames and rng.random() < 0.7:
            text = _filled(rng.choice(frames), parts)
        worded = text
        if rng.random() < 0.2:
            own = tuple(dict.fromkeys((*(acts.phrase(act, k) for k in range(_WORDINGS)), text)))
            worded = blended(own, rng) if len(own) > 1 else text
        elif rng.random() < 0.2:
            worded = hasty(text, rng)
        # What is asked about, or proposed, must be among the words that are left.
        return decorated(worded if parts["x"] in worded else text, rng)

    @staticmethod
    def _copied(view: UserView) -> tuple[str, ...]:
        """The words that the user takes from its brief."""
        told = set(words(view.task.brief(view.public, view.user_brief)))
        said = {word for m in view.dialogue if m.role == "user" for word in words(m.content)}
        return tuple(sorted(word for word in said & told if word not in STOPWORDS))


def _paraphrased(acts: Any, act: Act) -> tuple[Sequence[str], Mapping[str, str]]:
    """Frames for an act of a task's menu, and what goes into them; no frames where there are none."""
    if isinstance(acts, PointActs):
        return _frames()["calibrate"]["proposal"], {"x": acts.space.write(acts.space.point(act.slot))}
    if isinstance(acts, DraftActs):
        fact = acts.document.by_name.get(act.slot)
        frames = _frames()["draft"].get(act.slot if fact is None else "fact", ())
        return (frames if act.kind == "ask" else ()), {"x": "" if fact is None else fact.label}
    if isinstance(acts, NegotiateActs):
        if act.kind == "offer":
            return _frames()["negotiate"]["offer"], {"x": acts.market.write(acts.market.offer(act.slot))}
        return _frames()["negotiate"]["asking_offer" if act.slot == OFFER else "term"], {"x": act.slot}
    if isinstance(acts, ReferenceActs):
        return _frames()["reference"][act.kind], {"x": act.value if act.kind == "describe" else act.slot}
    of = acts.of
    parts = {"a": of.a.parameter, "b": of.b.parameter, "places": of.unit[1], "rate": of.rate}
    rates = {"fixed": of.rates["fixed"][0], "flex": of.rates["flex"][0]}
    about = parts.get(act.slot, "")
    asked = (*_frames()["service"].get(act.slot, ()), *_frames()["service"].get(about, ()))
    return asked, {"x": about, **rates}


@cache
def _frames() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = (files("pragenv.train_mini") / "data" / "played.json").read_text(encoding="utf-8")
    frames: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(text)
    return frames


def _filled(frame: str, parts: Mapping[str, str]) -> str:
    text = frame.format(**parts)
    return text[:1].upper() + text[1:]


def _in_training_words(task: type[Task]) -> type[Task]:
    """A task with the scenarios of all its splits, spoken of in training wordings."""

    def sample(self: Task, key: int, setting: Setting, split: str) -> Scenario:
        drawn = task.SPLITS[mix(key, _SPLIT) % len(task.SPLITS)]
        scenario = task.sample(self, key, setting, drawn)
        return replace(scenario, public=FrozenDict({**scenario.public, "phrasing": "train"}))

    return type(f"Every{task.__name__}", (task,), {"sample": sample})


def _turns(view: UserView) -> Iterator[UserView]:
    """What the user knew before each of its turns."""
    turn = 0
    for at, message in enumerate(view.dialogue):
        if message.role == "user":
            yield view._replace(dialogue=view.dialogue[:at], turn=turn)
        turn += message.role == "assistant"


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
