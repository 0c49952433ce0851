"""A user who says what was said before."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pragenv.errors import DataError, SimulatorError
from pragenv.protocols import Simulator, UserView
from pragenv.rollout import EPISODES
from pragenv.types import EndReason, Episode, FrozenDict, UserTurn, canonical_json

_ENDS: dict[EndReason, Literal["satisfied", "gave_up"]] = {
    EndReason.USER_SATISFIED: "satisfied",
    EndReason.USER_GAVE_UP: "gave_up",
}


class Replay(Simulator):
    """Speaks from recorded dialogues of the same scenario, as long as the agent says what it said in one of them.

    Args:
        path: an `episodes.jsonl`, or a folder: all that lie below it.

    Raises:
        DataError: where there is none, or one cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser()
        files = [self._path] if self._path.is_file() else sorted(self._path.rglob(EPISODES))
        if not files:
            raise DataError(f"replay: {path} is no {EPISODES} and holds none; give the folder of a sweep")
        self._recorded: dict[str, list[Episode]] = {}
        for file in files:
            for i, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
                episode = Episode.from_json(line, f"{file}, line {i + 1}")
                self._recorded.setdefault(_of(episode.public, episode.user_brief), []).append(episode)

    def reply(self, view: UserView) -> UserTurn:
        """The recorded turn.

        Raises:
            SimulatorError: where the scenario was never recorded, or the agent leaves the recording.
        """
        recorded = self._recorded.get(_of(view.public, view.user_brief))
        if recorded is None:
            raise SimulatorError(f"replay: {self._path} holds no conversation of this scenario")
        at = len(view.dialogue)
        followed = [episode for episode in recorded if episode.dialogue[:at] == view.dialogue]
        for episode in followed:
            if at < len(episode.dialogue) and episode.dialogue[at].role == "user":
                end = _ENDS.get(episode.end_reason) if at == len(episode.dialogue) - 1 else None
                return UserTurn(episode.dialogue[at].content, end, FrozenDict(replayed=episode.index))
        if followed:
            raise SimulatorError(f"replay: the recording ends at the agent's turn {view.turn}")
        raise SimulatorError(f"replay: at its turn {view.turn} the agent says what it never said in the recording")


def _of(public: object, user_brief: object) -> str:
    return canonical_json([public, user_brief])
