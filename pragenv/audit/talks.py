"""Conversations with the audited user, in lockstep: every turn of all of them is one batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pragenv import registration
from pragenv.audit.probes import Probe, Prober
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, SimulatorError
from pragenv.protocols import Agent, Setting, Simulator, Task, UserView
from pragenv.types import Dialogue, Message, Scenario, UserTurn, mix

_AGENTS = ("ask_k", "clarify_first")
_EVERY = 5  # one conversation in so many is led by a scripted agent
_LONGEST = 8
_AGENT_TURNS = 3  # what such a conversation is expected to take


@dataclass(frozen=True)
class Turn:
    """One turn of the user's.

    Attributes:
        conversation: its number within the audit.
        split: of its scenario.
        scenario: the facts behind it.
        view: what the user saw.
        plain: the same with each probe in its canonical wording, for `Task.truth`.
        probe: what was said last; None before the opening.
        reply: what the user said; None where it failed.
        over: whether the goal had been reached before: the agent had committed. No environment asks the user then.
        error: why it failed.
    """

    conversation: int
    split: str
    scenario: Scenario
    view: UserView
    plain: UserView
    probe: Probe | None
    reply: UserTurn | None
    over: bool = False
    error: str = ""


class _Conversation:
    """One conversation under way: the environment's own loop, with a second dialogue in plain words beside it."""

    def __init__(self, env: DialogueEnv, number: int, key: int, agents: Sequence[tuple[str, Agent]]) -> None:
        self.env, self.number = env, number
        self.view: UserView | None = env.begin(
            key, {"index": number} if env.task.count(env.setting, env.split) else None
        )
        self._plain: Dialogue = ()
        self.probe: Probe | None = None
        self._over = False
        self._agent = agents[number // _EVERY % len(agents)] if agents and number % _EVERY == _EVERY - 1 else None
        self._prober = Prober(env.task, self.view, env.agent_view(), env.scenario, mix(key, 1))
        length = min(_LONGEST, env.setting.turn_limit - 1)
        self.left = _AGENT_TURNS if self._agent else max(1, length)

    def hear(self, reply: UserTurn | Exception) -> Turn:
        """Take the user's reply, and go on to the next question if there is to be one."""
        view, over = self.view, self._over
        assert view is not None
        if over:  # the environment has ended already, and would not have asked
            error = "" if isinstance(reply, UserTurn) else str(reply)
        else:
            self.env.hear(reply)
            error = self.env.error
        heard = reply if isinstance(reply, UserTurn) and not error else None
        plain = self.env.task.audible(self._plain, view.public)
        facts = (self.number, self.env.split, self.env.scenario, view, view._replace(dialogue=plain))
        turn = Turn(*facts, self.probe, heard, over, error)
        if heard is not None:
            self._plain = (*self._plain, Message("user", heard.text))
        self.left = max(0, self.left - 1)
        finished = over or error or self.env.end_reason is not None
        self.view = None if finished else self._ask()
        return turn

    def _ask(self) -> UserView | None:
        """What the user is to reply to next."""
        if self._agent is not None:
            name, agent = self._agent
            said = agent.act(self.env.agent_view())
            # These agents word acts of the menu, or commit; what they mean is what the parser finds.
            probe = Probe(name, said, said, self.env.task.acts(self.env.user_view()).parse(said))
            self.left += 1
        else:
            drawn = self._prober.next() if self.left else None
            probe = self._closing() if drawn is None else drawn
        before = len(self.env.dialogue)
        view = self.env.say(probe.text)
        self.probe, self._over = probe, view is None
        self._plain = (*self._plain, Message("assistant", probe.canonical), *self.env.dialogue[before + 1 :])
        if self._over:
            self.left = 0
        return self.env.user_view() if view is None else view

    def _closing(self) -> Probe:
        """The right answer, after which a user has nothing left to say."""
        said = self.env.task.answer(self.env.scenario)
        return Probe("commit", said, said, self.env.task.acts(self.env.user_view()).parse(said))


def talks(
    task: Task,
    setting: Setting,
    simulator: Simulator,
    splits: Sequence[str],
    turns: int,
    seed: int,
    batch_size: int,
    progress: Callable[[int], object],
) -> Iterator[Turn]:
    """At least `turns` turns, each conversation's in order; conversations alternate between the splits.

    Args:
        task: what is talked about.
        setting: one of the task's.
        simulator: the user.
        splits: where scenarios and wordings come from.
        turns: of the user's, openings included; a last one after each commitment comes on top.
        seed: decides everything that is said to the user.
        batch_size: conversations side by side.
        progress: told how many turns have been added.
    """
    agents = _agents(setting)
    live: list[_Conversation] = []
    done = started = 0
    while True:
        while len(live) < batch_size and done + sum(c.left + (c.probe is None) for c in live) < turns:
            env = DialogueEnv(task, setting, simulator, splits[started % len(splits)])
            live.append(_Conversation(env, started, mix(seed, started), agents))
            started += 1
        if not live:
            return
        views = [c.view for c in live if c.view is not None]
        counted = 0
        for conversation, reply in zip(live, replies(simulator, views), strict=True):
            turn = conversation.hear(reply)
            counted += not turn.over
            yield turn
        done += counted
        progress(counted)
        live = [c for c in live if c.view is not None]


def replies(simulator: Simulator, views: Sequence[UserView]) -> Sequence[UserTurn | Exception]:
    """A turn for each view. A batch that fails as a whole fails for each.

    Raises:
        ConfigError: where the user, or its model, cannot be had at all.
    """
    try:
        found = list(simulator.reply_batch(views))
    except ConfigError:
        raise
    except Exception as error:  # a third party's user may raise anything
        return [error] * len(views)
    if len(found) != len(views):
        return [SimulatorError(f"reply_batch returned {len(found)} turns for {len(views)} views")] * len(views)
    return found


def _agents(setting: Setting) -> list[tuple[str, Agent]]:
    """The scripted agents that are installed and can play here."""
    made = []
    for name in _AGENTS:
        if name not in setting.agents_not_applicable:
            try:
                made.append((name, registration.agents.make(name)))
            except ConfigError:  # the core does without its baselines
                continue
    return made
