"""A page for each task: its table, and one good and one bad transcript, chosen by score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pragenv.files import file_name
from pragenv.metrics import Row
from pragenv.report.html import render, table
from pragenv.report.tables import FULL, ladder, shown
from pragenv.types import Episode


class TaskPage(NamedTuple):
    """A task's name, where its page lies from the report, and its HTML."""

    task: str
    path: str
    html: str


def extremes(episodes: Iterable[Episode]) -> tuple[Episode, Episode] | None:
    """The episodes of the highest and of the lowest score; None where none was scored.

    Among equals the shortest that has at least two turns, for in one turn there is no conversation to look at; then the
    first by key, index and agent, so that the same records give the same page.
    """
    scored = [(episode.score, episode) for episode in episodes if episode.score is not None]
    if not scored:
        return None

    def rank(episode: Episode) -> tuple[Any, ...]:
        return episode.turns < 2, episode.turns, episode.key, episode.index, episode.setting, episode.agent

    good = min(scored, key=lambda one: (-one[0], rank(one[1])))
    bad = min(scored, key=lambda one: (one[0], rank(one[1])))
    return good[1], bad[1]


def task_pages(rows: Sequence[Row], episodes: Sequence[Episode]) -> list[TaskPage]:
    """The page of each task, by name.

    Args:
        rows: from `metrics.against_ceilings`.
        episodes: all that were played.
    """
    pages = []
    for task in sorted({str(row["task"]) for row in rows}):
        mine = [row for row in rows if row["task"] == task]
        found = extremes(episode for episode in episodes if episode.task == task)
        html = render(
            "report/task.html",
            task=task,
            total=sum(row["episodes"] for row in mine),
            summary=table(shown(FULL, mine), ladder(mine)),
            transcripts=[] if found is None else [_told("A good one", found[0]), _told("A bad one", found[1])],
        )
        pages.append(TaskPage(task, f"tasks/{file_name(task)}.html", html))
    return pages


def _told(title: str, episode: Episode) -> dict[str, Any]:
    """What the template shows of an episode."""
    traits = episode.user_info[0].get("traits") if episode.user_info else None
    facts = {
        "setting": episode.setting,
        "user": episode.simulator,
        "agent": episode.agent,
        "hidden intent": _plain(episode.user_brief),
        "agent's brief": "" if episode.agent_brief is None else _plain(episode.agent_brief),
        "user's traits": _plain(traits) if traits else "",
        "score": f"{episode.score:.2f}",
        "verdict": episode.reason,
        "reward": f"{episode.reward:.2f}",
        "end": str(episode.end_reason),
    }
    return {
        "title": title,
        "facts": [(name, text) for name, text in facts.items() if text],
        "talk": [(m.role, "agent" if m.role == "assistant" else m.role, m.content) for m in episode.dialogue],
    }


def _plain(value: Any) -> str:
    """A structure as one would write it down."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_plain(held)}" for name, held in value.items())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_plain(held) for held in value) + "]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
