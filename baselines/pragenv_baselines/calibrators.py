"""Agents for Calibrate: one does not search, one goes dimension by dimension, one halves what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pragenv.errors import ConfigError
from pragenv.protocols import Agent, AgentView
from pragenv.tasks.calibrate import Calibrate
from pragenv.tasks.calibrate.feeling import CLOSER, MUCH, PROPOSAL, RIGHT, SAME
from pragenv.tasks.calibrate.space import Space
from pragenv.types import Act
from pragenv_baselines.home import home

Places = list[int]
"""A point by the places of its levels."""


class OneShot(Agent):
    """Proposes nothing and commits at once, to the point that is expected to be closest: the middle."""

    def act(self, view: AgentView) -> str:
        """The commitment.

        Raises:
            AgentError: in another task than Calibrate.
        """
        return home(view, Calibrate).guess(view)


class Bisect(Agent):
    """Holds an exact posterior over the points and proposes what halves it.

    It knows how the user reacts, with what noise and interaction; with noise, the posterior is nearly exact.

    Args:
        sure: expected closeness from which on it commits; None where it is to commit once being right is worth no
            further turn.
    """

    def __init__(self, sure: float | None = None) -> None:
        if sure is not None and not 0 <= sure <= 1:
            raise ConfigError(f"bisect: sure must be None or in [0, 1], got {sure!r}")
        self._sure = sure

    def act(self, view: AgentView) -> str:
        """A proposal, or the commitment.

        Raises:
            AgentError: in another task than Calibrate.
        """
        task = home(view, Calibrate)
        if view.turn >= view.turn_limit - 1:
            return task.guess(view)
        if self._sure is None:
            proposed = task.questions(view)
        else:
            found = task.search(view)
            proposed = () if found.score >= self._sure else (Act("ask", found.space.key(found.proposal())),)
        return task.acts(view).phrase(proposed[0], view.keys.turn(view.turn)) if proposed else task.guess(view)


class Coordinate(Agent):
    """Changes one dimension at a time and keeps no belief; takes what the user says as it is.

    Where the user names a dimension, that one is moved against the complaint, by a quarter of its range at first and by
    half as much each time after. Where the user only compares, the first dimension that is not settled is mirrored in
    the middle of what its comparisons leave. It commits to what is right, to what it would propose a second time, and
    on its last turn.
    """

    def act(self, view: AgentView) -> str:
        """A proposal, or the commitment.

        Raises:
            AgentError: in another task than Calibrate.
        """
        task = home(view, Calibrate)
        space, heard = task.space(view), list(task.reactions(view))
        made = [_places(space, point) for point, _ in heard]
        replies = [{act.slot: act.value for act in acts if act.kind == "inform"} for _, acts in heard]
        if replies and replies[-1].get(PROPOSAL) == RIGHT:
            return f"ANSWER: {space.write(heard[-1][0])}"
        compares = view.public["feedback"] == "comparison"
        following = _mirrored(space, made, replies) if compares else _moved(space, replies)
        point = {d.name: d.levels[place] for d, place in zip(space.dimensions, following, strict=True)}
        # To hear the same comparison twice is no sign of a circle: it depends on what came before.
        circling = following in made[-1:] if compares else following in made
        if circling or view.turn >= view.turn_limit - 1:
            return f"ANSWER: {space.write(point)}"
        return task.acts(view).phrase(Act("ask", space.key(point)), view.keys.turn(view.turn))


def _moved(space: Space, replies: Sequence[Mapping[str, str]]) -> Places:
    """Where complaints lead to from the middle."""
    found, steps = _middle(space), [max(1, (len(d.levels) - 1) // 4) for d in space.dimensions]
    for said in replies:
        i = next((i for i, d in enumerate(space.dimensions) if d.name in said), None)
        if i is None:
            continue
        d = space.dimensions[i]
        moved = found[i] - steps[i] if said[d.name] == MUCH else found[i] + steps[i]
        found[i], steps[i] = min(max(moved, 0), len(d.levels) - 1), max(1, steps[i] // 2)
    return found


def _mirrored(space: Space, made: Sequence[Places], replies: Sequence[Mapping[str, str]]) -> Places:
    """What to compare next, or the point itself once comparisons have settled all dimensions."""
    if not made:
        return _middle(space)
    least, greatest = [0] * len(space.dimensions), [len(d.levels) - 1 for d in space.dimensions]
    for before, now, said in zip(made, made[1:], replies[1:], strict=False):
        changed = [i for i in range(len(now)) if before[i] != now[i]]
        if len(changed) != 1 or PROPOSAL not in said:
            continue
        i, total = changed[0], before[changed[0]] + now[changed[0]]
        if said[PROPOSAL] == SAME:
            least[i] = greatest[i] = total // 2
        elif (said[PROPOSAL] == CLOSER) == (now[i] > before[i]):
            least[i] = max(least[i], total // 2 + 1)
        else:
            greatest[i] = min(greatest[i], (total + 1) // 2 - 1)
    last = made[-1]
    following = [low if low >= high else place for low, high, place in zip(least, greatest, last, strict=True)]
    following = [min(place, len(d.levels) - 1) for d, place in zip(space.dimensions, following, strict=True)]
    open_ones = [i for i in range(len(last)) if least[i] < greatest[i]]
    if open_ones:
        i = open_ones[0]
        mirrored = min(max(least[i] + greatest[i] - last[i], 0), len(space.dimensions[i].levels) - 1)
        following[i] = mirrored if mirrored != last[i] else greatest[i] if greatest[i] != last[i] else least[i]
    return following


def _middle(space: Space) -> Places:
    return [(len(d.levels) - 1) // 2 for d in space.dimensions]


def _places(space: Space, point: Mapping[str, float]) -> Places:
    """The places of the levels that are nearest to a point."""
    return [
        min(range(len(d.levels)), key=lambda place, d=d: abs(d.levels[place] - point[d.name]))  # type: ignore[misc]
        for d in space.dimensions
    ]
