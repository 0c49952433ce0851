"""A user who says what was said before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from gymnasium.utils.seeding import np_random

from pragenv.errors import DataError, SimulatorError
from pragenv.protocols import Simulator, UserView
from pragenv.rollout import EPISODES
from pragenv.types import EndReason, Episode, FrozenDict, UserTurn, canonical_json, mix

_ENDS: dict[EndReason, Literal["satisfied", "gave_up"]] = {
    EndReason.USER_SATISFIED: "satisfied",
    EndReason.USER_GAVE_UP: "gave_up",
}


class _Recording(NamedTuple):
    """An episode, and the key that its user had, where that can be told."""

    episode: Episode
    user_key: int | None


class Replay(Simulator):
    """Speaks from recorded dialogues of the same scenario, as long as the agent says what it said in one of them.

    Of several that fit, the one of the same episode of the same seed goes first: a sweep that is run again with the
    same agents hears what it heard.

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
        self._recorded: dict[str, list[_Recording]] = {}
        for file in files:
            for recording in _recordings(file):
                of = _scenario(recording.episode.public, recording.episode.user_brief)
                self._recorded.setdefault(of, []).append(recording)

    def reply(self, view: UserView) -> UserTurn:
        """The recorded turn.

        Raises:
            SimulatorError: where the scenario was never recorded, or the agent leaves the recording.
        """
        recorded = self._recorded.get(_scenario(view.public, view.user_brief))
        if recorded is None:
            raise SimulatorError(f"replay: {self._path} holds no conversation of this scenario")
        at = len(view.dialogue)
        heard = [(r, view.task.audible(r.episode.dialogue, view.public)) for r in recorded]
        followed = [(r, dialogue) for r, dialogue in heard if dialogue[:at] == view.dialogue]
        for (episode, _), dialogue in sorted(followed, key=lambda one: one[0].user_key != view.keys.episode):
            if at < len(dialogue) and dialogue[at].role == "user":
                end = _ENDS.get(episode.end_reason) if at == len(dialogue) - 1 else None
                return UserTurn(dialogue[at].content, end, FrozenDict(replayed=episode.index))
        if followed:
            raise SimulatorError(f"replay: the recording ends at the agent's turn {view.turn}")
        raise SimulatorError(f"replay: at its turn {view.turn} the agent says what it never said in the recording")


def _recordings(file: Path) -> Iterator[_Recording]:
    seed = _seed(file.with_name("meta.json"))
    for i, line in enumerate(file.read_bytes().splitlines()):
        where = f"{file}, line {i + 1}"
        try:
            episode = Episode.from_json(line.decode("utf-8"), where)
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: not UTF-8 ({error.reason})") from None
        yield _Recording(episode, None if seed is None else _user_key(seed, episode.index))


def _seed(meta: Path) -> int | None:
    """The seed of a run, where one is told."""
    try:
        seed = json.loads(meta.read_bytes()).get("seed") if meta.exists() else None
    except (ValueError, AttributeError) as error:
        raise DataError(f"{meta}: cannot be read ({error})") from None
    return seed if isinstance(seed, int) else None


def _user_key(seed: int, index: int) -> int:
    """The key that `rollout` and `DialogueEnv.begin` give the user of an episode."""
    bits = np_random(mix(seed, index))[0].bit_generator
    return int(bits.random_raw(2)[1]) >> 1


def _scenario(public: object, user_brief: object) -> str:
    return canonical_json([public, user_brief])
