"""Conversations that somebody else had, as rows to learn from."""

from __future__ import annotations

from collections.abc import Sequence

from pragenv.errors import AgentError
from pragenv.protocols import Agent
from pragenv.types import Dialogue
from pragenv_baselines.train.policy import Policy
from pragenv_baselines.train.sequences import Row
from pragenv_baselines.train.talks import Talk, hear


def demonstrate(agent: Agent, talks: Sequence[Talk]) -> None:
    """Let an agent play conversations to their ends, all of them side by side."""
    while live := [talk for talk in talks if talk.live]:
        said = agent.act_batch([talk.env.agent_view(agent.privileged) for talk in live])
        asked = []
        for talk, one in zip(live, said, strict=True):
            if isinstance(one, AgentError):
                talk.failed = str(one)
            elif (view := talk.env.say(one)) is not None:
                asked.append((talk, view))
        hear(asked)


def rows_of_dialogue(policy: Policy, dialogue: Dialogue, value: float = 1.0) -> list[Row]:
    """A dialogue, with its system message, as rows in which every utterance of the assistant's is to be learned."""
    rows: list[Row] = []
    for i, message in enumerate(dialogue):
        if message.role != "assistant":
            continue
        prompt = policy.ids(dialogue[:i])
        if not rows or list(prompt[: len(rows[-1].ids)]) != rows[-1].ids:
            rows.append(Row())
        tokens = policy.utterance(message.content)
        rows[-1].read(prompt[len(rows[-1].ids) :])
        rows[-1].say(i, tokens, [0.0] * len(tokens), value)
    return rows
