"""The same measures over recorded conversations, where nobody wrote down what the agent meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from pragenv.audit.judge import Judge, Judged
from pragenv.audit.measures import Row, rates
from pragenv.audit.probes import Probe
from pragenv.audit.talks import Turn
from pragenv.metrics import scenario_codes
from pragenv.protocols import Keys, Task, UserView
from pragenv.types import EndReason, Episode, FrozenDict, UserTurn

PARSED = (
    "What the agent asked is taken from the task's parser, so a question that it misreads is held against the user; "
    "`pragenv audit` asks what it knows the meaning of."
)
JUDGED = 1_000
"""The most episodes that are judged of one simulator in one setting."""
_ENDS = {EndReason.USER_SATISFIED: "satisfied", EndReason.USER_GAVE_UP: "gave_up"}


def audit_episodes(episodes: Sequence[Episode], task: Task) -> list[Row]:
    """The measures over recorded episodes of one task, setting and simulator: rows without their names.

    What the agent asked is taken from the parser, so that what it misreads is held against the user. Intervals are
    clustered by scenario. Of more than `JUDGED` episodes, about that many are judged, evenly spaced.

    Args:
        episodes: as `rollout` recorded them.
        task: theirs.
    """
    step = max(1, -(-len(episodes) // JUDGED))
    chosen = episodes[::step]
    codes = scenario_codes(chosen).tolist()
    return rates([found for code, episode in zip(codes, chosen, strict=True) for found in judged(episode, task, code)])


def judged(episode: Episode, task: Task, number: int = 0) -> Iterator[Judged]:
    """The judged user turns of a recorded episode, under a number for its scenario."""
    judge, infos = Judge(), iter(episode.user_info)
    places = [at for at, message in enumerate(episode.dialogue) if message.role == "user"]
    for at in places:
        end = _ENDS.get(episode.end_reason) if at == places[-1] else None
        reply = UserTurn(episode.dialogue[at].content, end, next(infos, FrozenDict()))  # type: ignore[arg-type]
        yield judge.judge(_turn(episode, task, number, at, reply))
    if episode.end_reason is EndReason.SIMULATOR_ERROR:
        yield judge.judge(_turn(episode, task, number, len(episode.dialogue), None))


def _turn(episode: Episode, task: Task, number: int, at: int, reply: UserTurn | None) -> Turn:
    dialogue = task.audible(episode.dialogue[:at], episode.public)
    public, brief = cast(FrozenDict, episode.public), cast(FrozenDict, episode.user_brief)
    said = sum(message.role == "user" for message in dialogue)
    view = UserView(task, public, brief, dialogue, Keys(0), said)
    probe = None
    if spoken := [message.content for message in episode.dialogue[:at] if message.role == "assistant"]:
        probe = Probe(episode.agent, spoken[-1], spoken[-1], task.acts(view).parse(spoken[-1]))
    error = "" if reply is not None else episode.error
    return Turn(number, episode.split, episode.scenario, view, view, probe, reply, error=error)
