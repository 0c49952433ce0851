"""One conversation of the corpus: what the speaker that is trained was told, and what both said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from pragenv.protocols import Keys, Simulator, Task, UserView
from pragenv.tasks.clarify.form import bank
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.twenty_questions.knowledge import knowledge
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, UserTurn, mix

LOST, MORE = "I don't follow", "anything else"
"""What is said of utterances that ask for nothing, and of those that ask for whatever is left."""


class Talk(NamedTuple):
    """A chat in which the `assistant` messages are the ones to be learned.

    Attributes:
        chat: what both say.
        values: what the assistant takes from the chat.
        thoughts: what it thinks before each of its messages; none, or as many as messages. A thought is no part of what
            comes after the message that it leads to.
    """

    chat: Dialogue
    values: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()


class Said(NamedTuple):
    """An agent's utterance: as it is said, and in the task's own wording, by which the scripted user understands it."""

    text: str
    canonical: str


_NO_TRAITS = FrozenDict()


class Question(NamedTuple):
    """What an agent says, what it asks about, and all that it could ask about: both as the user names them."""

    text: str
    about: str
    among: tuple[str, ...]


class Echoing(Simulator):
    """Names what it tells before it tells it: "You mean has fur? No", "As for the budget: 500 euros".

    Finding the label, and then the fact under it, is two steps that a small model learns; telling at once is one that
    it does not.

    Args:
        user: who answers.
        label: what the brief calls that which an act is about.
    """

    def __init__(self, user: Simulator, label: Callable[[UserView, Act], str]) -> None:
        self._user, self._label = user, label

    def reply(self, view: UserView) -> UserTurn:
        """The user's turn, each statement after what it is about."""
        turn = self._user.reply(view)
        asked = view.task.acts(view).parse(view.dialogue[-1].content) if view.dialogue else ()
        if asked and asked[0].kind in ("ask", "guess"):
            return turn._replace(text=f"You mean {self._label(view, asked[0])}? {turn.text}")
        truth = view.task.truth(view)
        if not truth or truth[-1].kind != "inform":
            return turn
        said = [] if view.dialogue else [view.task.say(view, truth[:1], view.keys.turn(0))]
        for i, act in enumerate(truth[len(said) :]):
            words = view.task.say(view, (act,), mix(view.keys.turn(view.turn), i))
            said.append(f"As for {self._label(view, act)}: {words}")
        return turn._replace(text=" ".join(said))


def beginning(task: Task, scenario: Scenario, rng: random.Random, traits: FrozenDict = _NO_TRAITS) -> UserView:
    """What a user knows before it opens."""
    public, brief = FrozenDict(scenario.public), FrozenDict(scenario.user_brief)
    return UserView(task, public, brief, (), Keys(rng.getrandbits(62)), 0, traits)


def converse(
    task: Task, scenario: Scenario, user: Simulator, agent: Callable[[int, UserView], Said], turns: int,
    rng: random.Random, traits: FrozenDict,
) -> UserView:  # fmt: skip
    """The user's view of a conversation in which a scripted user answers what it is asked, however that is put.

    Args:
        task: of the conversation.
        scenario: one of its scenarios.
        user: the scripted one.
        agent: what is said at a turn, given the conversation in the task's own wordings.
        turns: how many utterances of the agent's.
        rng: gives the user's keys.
        traits: the user's manner.

    Returns:
        The view, its dialogue as it was said, ending with the user's last reply.
    """
    view = beginning(task, scenario, rng, traits)
    said: list[Message] = [Message("user", user.reply(view).text)]
    understood = list(said)
    for turn in range(turns):
        utterance = agent(turn, view._replace(dialogue=tuple(understood)))
        said.append(Message("assistant", utterance.text))
        understood.append(Message("assistant", utterance.canonical))
        view = view._replace(dialogue=tuple(understood), turn=turn + 1)
        reply = Message("user", user.reply(view).text)
        said.append(reply)
        understood.append(reply)
    return view._replace(dialogue=tuple(said))


@cache
def kept() -> frozenset[str]:
    """The wordings of questions that any task keeps for validation and test, in lower case."""
    wordings = [f.asks for form in bank() for f in form.fields] + [a.questions for a in knowledge().attributes]
    return frozenset(w.lower() for asks in wordings for split in ("validation", "test") for w in phrasings(asks, split))


def unkept(wordings: Iterable[str]) -> tuple[str, ...]:
    """Those that may be trained on: what one form says in training, another may keep for test."""
    return tuple(w for w in wordings if w.lower() not in kept())


def pick(rng: random.Random, weighted: Sequence[tuple[float, str]]) -> str:
    """A name drawn by weight."""
    return rng.choices([name for _, name in weighted], [weight for weight, _ in weighted])[0]
