"""Conversations that a policy plays to learn from: what it read, the tokens that it drew, and how each ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pragenv.env import DialogueEnv
from pragenv.errors import ModelError
from pragenv.protocols import AgentView, Sampling, UserView
from pragenv.types import Dialogue, mix
from pragenv.vector import answers
from pragenv_baselines.lm import told
from pragenv_baselines.train.policy import Policy
from pragenv_baselines.train.sequences import Row, Step, rows_of

_SCENARIO, _SAMPLE, _COST = 501, 502, 503  # streams of the keys


@dataclass
class Talk:
    """A conversation under way.

    Attributes:
        env: where it takes place. Privileged: it holds the intent.
        key: of what the policy draws.
        scenario: equal for the talks of a group, which have one scenario and one user.
        token_cost: what each token of the policy's costs; said in its prompt.
        steps: what the policy has said.
        failed: why it could not go on, if it could not.
    """

    env: DialogueEnv
    key: int
    scenario: int
    token_cost: float = 0.0
    steps: list[Step] = field(default_factory=list)
    failed: str = ""

    @property
    def live(self) -> bool:
        """Whether the policy is to speak next."""
        return not self.failed and self.env.end_reason is None

    @property
    def scored(self) -> bool:
        """Whether it ended, and could be scored."""
        return not self.failed and self.env.end_reason is not None and self.env.verdict.score is not None

    @property
    def tokens(self) -> int:
        """How many tokens the policy has drawn."""
        return sum(len(step.completion.tokens or ()) for step in self.steps)

    @property
    def reward(self) -> float:
        """What the environment paid, less the cost of tokens."""
        return self.env.reward - self.token_cost * self.tokens

    def chat(self, text: str = "") -> Dialogue:
        """What the policy reads: the dialogue, what tokens cost, and a text at the end of the system message."""
        cost = f"Each token costs {self.token_cost:g}." if self.token_cost else ""
        return told(self.env.agent_view().dialogue, "\n".join(line for line in (cost, text) if line))

    def fork(self, sample: int) -> Talk:
        """A copy that goes on by itself, the policy drawing anew; for training only, since it carries the intent."""
        return replace(self, env=self.env.fork(), key=mix(self.key, _SAMPLE + sample), steps=list(self.steps))


def begin(
    envs: Sequence[DialogueEnv], seed: int, numbers: Iterable[int], group: int, token_costs: Sequence[float] = ()
) -> list[Talk]:
    """The openings of conversations, `group` for each number.

    Args:
        envs: of which each scenario is played in one.
        seed: of the run; the scenario of a number is a function of both.
        numbers: of the scenarios.
        group: how many conversations each scenario has.
        token_costs: of which each scenario has one.
    """
    firsts: list[tuple[int, DialogueEnv]] = []
    views: list[UserView] = []
    for number in numbers:
        env = envs[mix(mix(seed, _COST), number) % len(envs)]
        env.begin(seed=0)  # a conversation has to begin before it can be forked
        one = env.fork()
        views.append(one.begin(mix(mix(seed, _SCENARIO), number), {"index": number}))
        firsts.append((number, one))
    for (_, one), turn in zip(firsts, answers(envs[0].simulator, views), strict=True):
        one.hear(turn)
    talks = []
    for number, one in firsts:
        key = mix(mix(seed, _SAMPLE), number)
        cost = token_costs[key % len(token_costs)] if token_costs else 0.0
        talks += [Talk(one.fork(), mix(key, i), number, cost, failed=one.error) for i in range(group)]
    return talks


def play(policy: Policy, talks: Sequence[Talk], sampling: Sampling, turns: int | None = None, text: str = "") -> None:
    """Let conversations go on, all of them side by side: one batch of the policy and one of the users a turn.

    Args:
        policy: who speaks.
        talks: which go on; those that are over are left alone.
        sampling: how the policy's tokens are drawn.
        turns: most utterances of the policy's, each but the last followed by the user's reply; None: until the end.
        text: what the policy is told besides, which is not part of what it learns from.
    """
    said = 0
    while (live := [talk for talk in talks if talk.live]) and (turns is None or said < turns):
        say(live, speak(policy, live, sampling, text))
        said += 1


def speak(policy: Policy, talks: Sequence[Talk], sampling: Sampling, text: str = "") -> list[Step | ModelError]:
    """What the policy would say next in each conversation; nothing is said yet.

    What it learns from is how it would say that without the text.
    """
    states = [State(talk.env.agent_view(), talk.chat(), mix(talk.key, talk.env.turn)) for talk in talks]
    return complete(policy, states, sampling, [talk.chat(text) for talk in talks])


class State(NamedTuple):
    """Where the policy is to speak: its view, what it is shown, and the key of what it draws."""

    view: AgentView
    chat: Dialogue
    key: int


def complete(
    policy: Policy, states: Sequence[State], sampling: Sampling, shown: Sequence[Dialogue] | None = None
) -> list[Step | ModelError]:
    """An utterance for each state, drawn as if something else was `shown`, if anything is."""
    chats = [state.chat for state in states] if shown is None else shown
    found = policy.model.complete(chats, sampling, [state.key for state in states])
    return [
        one if isinstance(one, ModelError) else Step(state.view, state.chat, policy.ids(state.chat), one)
        for state, one in zip(states, found, strict=True)
    ]


def say(talks: Sequence[Talk], steps: Sequence[Step | ModelError]) -> None:
    """Say what was drawn in each conversation, and let the users reply."""
    asked: list[tuple[Talk, UserView]] = []
    for talk, step in zip(talks, steps, strict=True):
        if isinstance(step, ModelError):
            talk.failed = str(step)
            continue
        talk.steps.append(step)
        if (view := talk.env.say(step.said)) is not None:
            asked.append((talk, view))
    hear(asked)


def hear(asked: Sequence[tuple[Talk, UserView]]) -> None:
    """Let the users that are asked reply, in one call of their simulator."""
    if asked:
        simulator = asked[0][0].env.simulator
        for (talk, _), turn in zip(asked, answers(simulator, [view for _, view in asked]), strict=True):
            talk.env.hear(turn)


def by_scenario(talks: Sequence[Talk]) -> list[list[Talk]]:
    """The conversations of each scenario, in the order in which they began."""
    groups: dict[int, list[Talk]] = {}
    for talk in talks:
        groups.setdefault(talk.scenario, []).append(talk)
    return list(groups.values())


def rows_of_talks(talks: Sequence[Talk], values: Sequence[Sequence[float]]) -> list[Row]:
    """The rows of whole conversations, with a value for each utterance."""
    return [row for i, (talk, one) in enumerate(zip(talks, values, strict=True)) for row in rows_of(talk.steps, one, i)]
