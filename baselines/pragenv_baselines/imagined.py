"""Conversations that did not take place: an agent imagines a user, and both go on for some turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from pragenv.protocols import Agent, AgentView, Keys, Simulator, UserView, commitment
from pragenv.types import Dialogue, FrozenDict, Message, Scenario, UserTurn, mix

_USER, _OWN = 403, 404  # streams of the keys


class Term(NamedTuple):
    """One imagined conversation, and the terms of its reward.

    Attributes:
        score: of the task, in expectation over what the conversation leaves possible; 0 where no intent was imagined.
        tokens: of the agent's utterances, the candidate's included: words and signs.
        intrinsic: the critic's rating, in [0, 1]; 0 without one.
        reward: score - min(token_cost * tokens, 1) + intrinsic.
        dialogue: from the user's opening on.
    """

    score: float
    tokens: int
    intrinsic: float
    reward: float
    dialogue: Dialogue


@dataclass
class Talk:
    """A conversation that is being imagined.

    Attributes:
        view: from which it departs.
        agent: who speaks in it.
        scenario: whom it imagines; None for a user without an intent.
        dialogue: from the user's opening on.
        key: of its randomness.
        turn: the agent's utterances so far, those before it departed included.
        over: whether it has ended as conversations do.
        failed: whether it could not be followed.
        said: the agent's utterances since it departed.
    """

    view: AgentView
    agent: Agent
    scenario: Scenario | None
    dialogue: Dialogue
    key: int
    turn: int
    over: bool = False
    failed: bool = False
    said: list[str] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return not self.over and not self.failed

    def speak(self, utterance: str) -> None:
        """The agent's utterance, which may complete the task."""
        self.dialogue = (*self.dialogue, Message("assistant", utterance))
        self.said.append(utterance)
        self.turn += 1
        done = commitment(utterance) is not None
        try:
            if self.scenario is not None:
                done = self.view.task.ended(self.scenario, self.dialogue)
        except Exception:  # a task is a plug-in; this conversation cannot be followed
            self.failed = True
        self.over = done or self.turn >= self.view.turn_limit

    def agents(self) -> AgentView:
        """What the agent would know."""
        dialogue = (self.view.dialogue[0], *self.dialogue)
        return self.view._replace(dialogue=dialogue, keys=Keys(mix(self.key, _OWN)), turn=self.turn, scenario=None)

    def users(self) -> UserView:
        """What the imagined user would know."""
        brief = self.scenario.user_brief if self.scenario is not None else FrozenDict()
        turn = sum(message.role == "user" for message in self.dialogue)
        keys = Keys(mix(self.key, _USER))
        return UserView(self.view.task, self.view.public, cast(FrozenDict, brief), self.dialogue, keys, turn)


def imagine(talks: Sequence[Talk], window: int, user: Simulator, agents: Sequence[Agent], closer: Agent) -> None:
    """Let conversations go on for some turns, and have those that are not over answered; one batch a step.

    Args:
        talks: where the agent has spoken last. They are changed.
        window: turns, each a user's reply and, but for the last, an utterance of the talk's own agent.
        user: who speaks for the users.
        agents: the talks' own.
        closer: who speaks after the last reply.
    """
    for step in range(window):
        live = [talk for talk in talks if talk.live]
        for talk, turn in zip(live, user.reply_batch([talk.users() for talk in live]), strict=True):
            if isinstance(turn, UserTurn):
                talk.dialogue = (*talk.dialogue, Message("user", turn.text))
                talk.over = turn.end is not None
            else:
                talk.failed = True
        if step == window - 1:
            _let_speak(closer, [talk for talk in live if talk.live])
        else:
            for agent in agents:
                _let_speak(agent, [talk for talk in live if talk.live and talk.agent is agent])


def _let_speak(agent: Agent, talks: Sequence[Talk]) -> None:
    for talk, said in zip(talks, agent.act_batch([talk.agents() for talk in talks]), strict=True):
        if isinstance(said, str):
            talk.speak(said)
        else:
            talk.failed = True
