"""The frozen data that every part of PragEnv exchanges. Nothing here knows a task, a model or an environment."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Literal, NamedTuple, NoReturn

import orjson

from pragenv.errors import DataError

SCHEMA_VERSION = 1
"""Version of the rows in `episodes.jsonl`; raised whenever a field changes its meaning."""

Role = Literal["system", "user", "assistant", "tool"]
_MASK = (1 << 64) - 1


def mix(key: int, n: int) -> int:
    """A 63-bit integer from a key and a counter (the splitmix64 finaliser; Steele et al. 2014, figure 17).

    Streams derived with different `n` are independent for all practical purposes; no generator is built.
    """
    z = (key + (n + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return (z ^ (z >> 31)) >> 1


def uniform(key: int) -> float:
    """A number in [0, 1) from a key (of 63 bits, as `mix` gives)."""
    return (key >> 10) * 2.0**-53


class FrozenDict(dict[str, Any]):
    """A dict that cannot be changed: hashable, picklable, and plain JSON to `json.dumps`.

    `memo` is for whoever derives something from the mapping that is slow to derive: it is no part of its value, and is
    dropped by copies and pickles.
    """

    __slots__ = ("memo",)
    memo: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.memo = None
        for key, value in self.items():
            if type(value) is list or type(value) is dict:
                super().__setitem__(key, freeze(value, key))

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("scenario data is frozen; build a new mapping instead")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[str, Any]]]:
        return FrozenDict, (dict(self),)

    def __copy__(self) -> FrozenDict:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenDict:
        return self


def freeze(value: Any, where: str = "value") -> Any:
    """`value` with lists made tuples and mappings made `FrozenDict`, all the way down.

    Raises:
        DataError: where the value holds something that JSON cannot, with its path.
    """
    if value is None or isinstance(value, (str, int, FrozenDict)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise DataError(f"{where}: {value} is not JSON")
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise DataError(f"{where}: keys must be strings, got {list(value)[:5]}")
        return FrozenDict({key: freeze(item, f"{where}.{key}") for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item, f"{where}[{i}]") for i, item in enumerate(value))
    raise DataError(f"{where}: scenario data must be JSON (str, number, bool, null, list, dict), got {type(value)}")


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces; what digests and keys are taken of."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # half a surrogate pair, or an integer of more than 64 bits
        return json.dumps(value, sort_keys=True, separators=(",", ":"))


class Message(NamedTuple):
    """One message of a dialogue. `content` is any Unicode text."""

    role: Role
    content: str


Dialogue = tuple[Message, ...]


class Act(NamedTuple):
    """A dialogue act: what an utterance does, apart from how it is worded.

    Kinds in use: `ask`, `ask_open`, `guess`, `describe`, `tell`, `pause`, `commit` (agent); `request`, `inform`,
    `revise`, `confirm`, `deny`, `unsure`, `indifferent`, `wait`, `not_understood`, `nothing_more` (user).
    """

    kind: str
    slot: str = ""
    value: str = ""


class UserTurn(NamedTuple):
    """What a simulator returns: the text, whether the user leaves, and notes for the record (never for the agent)."""

    text: str
    end: Literal["satisfied", "gave_up"] | None = None
    info: Mapping[str, Any] = FrozenDict()


class Verdict(NamedTuple):
    """A grade. `score` is in [0, 1], or None where the dialogue could not be scored (which is not a 0)."""

    score: float | None
    solved: bool
    reason: str


class EndReason(StrEnum):
    """How an episode ended; the design's table of ends, and the two ends that only a rollout can record."""

    COMMITTED = "committed"
    USER_SATISFIED = "user_satisfied"
    USER_GAVE_UP = "user_gave_up"
    TURN_LIMIT = "turn_limit"
    SIMULATOR_ERROR = "simulator_error"
    AGENT_ERROR = "agent_error"
    TASK_ERROR = "task_error"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One episode's facts, split by who may know them. Frozen on construction: the intent precedes the first word.

    Attributes:
        public: what both sides may know, structured (a form's fields, the list of concepts). Any mapping of JSON values
            is taken, here and below, and held as a `FrozenDict`.
        user_brief: what only the user knows: the hidden intent and planned revisions of it.
        agent_brief: what only the agent knows, or None.
    """

    public: Mapping[str, Any]
    user_brief: Mapping[str, Any]
    agent_brief: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if type(self.public) is FrozenDict and type(self.user_brief) is FrozenDict and self.agent_brief is None:
            return
        for name in ("public", "user_brief", "agent_brief"):
            object.__setattr__(self, name, freeze(getattr(self, name), f"scenario.{name}"))


_ROW_TYPES: Mapping[str, Any] = {
    **dict.fromkeys(("index", "key", "turns", "questions"), int),
    **dict.fromkeys(("scored", "solved", "needs_asking"), bool),
    **dict.fromkeys(("score", "expected_uniform"), float | int | None),
    **dict.fromkeys(("task", "setting", "split", "simulator", "agent", "reason", "error"), str),
    "reward": float | int,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One row of `episodes.jsonl`: all that is needed to read, grade or replay a conversation, and no wall clock.

    `reward` is what the environment paid; `score` is None unless `scored`. `questions` counts the agent's turns that
    held a question. `expected_uniform` is the exact expected score of an agent that answers uniformly at random.
    """

    index: int
    key: int
    task: str
    setting: str
    split: str
    simulator: str
    agent: str
    public: Mapping[str, Any]
    user_brief: Mapping[str, Any]
    agent_brief: Mapping[str, Any] | None
    dialogue: Dialogue
    user_info: tuple[Mapping[str, Any], ...]
    end_reason: EndReason
    scored: bool
    score: float | None
    solved: bool
    reason: str
    reward: float
    turns: int
    questions: int
    needs_asking: bool
    expected_uniform: float | None
    error: str = ""
    schema: int = field(default=SCHEMA_VERSION)

    def to_json(self) -> str:
        """The row as one line of JSON."""
        row = asdict(self)
        row["dialogue"] = [list(message) for message in self.dialogue]
        # In ASCII: half a surrogate pair, or what some readers take for a line end, cannot break a line.
        return json.dumps(row, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str, where: str = "row") -> Episode:
        """The row that `to_json` wrote.

        Raises:
            DataError: where the line is no JSON, has another schema, or lacks or adds a field.
        """
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"{where}: not JSON ({error})") from None
        if not isinstance(row, dict) or row.get("schema") != SCHEMA_VERSION:
            found = row.get("schema") if isinstance(row, dict) else type(row).__name__
            raise DataError(f"{where}: schema {found!r}, this version reads {SCHEMA_VERSION}; run it again")
        if set(row) != (names := {f.name for f in fields(cls)}):
            raise DataError(f"{where}: missing {sorted(names - set(row))}, unexpected {sorted(set(row) - names)}")
        try:
            row["dialogue"] = tuple(Message(role, content) for role, content in row["dialogue"])
            row["end_reason"] = EndReason(row["end_reason"])
            for name in ("public", "user_brief", "agent_brief", "user_info"):
                row[name] = freeze(row[name], name)
            for name, kinds in _ROW_TYPES.items():
                if not isinstance(row[name], kinds):
                    raise TypeError(f"{name} is {row[name]!r}")
        except (TypeError, ValueError) as error:
            raise DataError(f"{where}: not a row of episodes ({error})") from None
        return cls(**row)

    @property
    def scenario(self) -> Scenario:
        """The scenario as it was played, for grading again."""
        return Scenario(self.public, self.user_brief, self.agent_brief)
