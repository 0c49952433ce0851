"""What the best possible agent would earn: over the task's acts, against a faithful user.

Exact by dynamic programming over beliefs, or, where there are too many, a proven upper bound with the best value known
to be reached beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from math import fsum, sqrt
from pathlib import Path
from statistics import stdev
from typing import Any, NamedTuple

import numpy as np
import orjson
from platformdirs import user_cache_dir

from pragenv.belief import Belief
from pragenv.ceiling.factored import Choice, Disclosure, State
from pragenv.ceiling.tree import Tree, bits
from pragenv.errors import ConfigError
from pragenv.files import write_json
from pragenv.intents import Bounded, Intents, Structured
from pragenv.protocols import Setting, Task
from pragenv.types import Act, Scenario, mix

_VERSION = 1
"""Raised whenever something here changes what is computed."""
SAMPLED = 200
"""Scenarios over which a ceiling is averaged where there are too many to enumerate."""
_SEED = 20261127
_Z = 1.96

_DISCLOSURE = "dynamic programming over the sets of untold factors"
_TREE = "branch and bound over decision trees"
_BOUND = "a tree whose questions may split in any way; reached: the most telling question each time"
_OPEN_FORM = "as if the form were open; reached: open questions until there is nothing more"


class Worth(NamedTuple):
    """What the best possible agent expects to earn from a conversation's opening on.

    Attributes:
        value: itself, or what it does not exceed.
        reached: what some agent is known to earn: the same where `value` is exact.
        how: the method.
    """

    value: float
    reached: float
    how: str

    @property
    def exact(self) -> bool:
        """Whether it is known exactly."""
        return self.reached >= self.value - 1e-12


@dataclass(frozen=True)
class Ceiling:
    """The expected reward of the best possible agent in a setting.

    Attributes:
        value: itself, or what it does not exceed.
        reached: what some agent is known to earn; the same where `value` is exact.
        kind: `exact`, or `bound`: reached <= ceiling <= value.
        margin: half the width of the 95% interval of either (the wider), where scenarios were too many to enumerate
            and some were drawn; else 0.
        scenarios: how many situations were worked out.
        how: the method.
    """

    value: float
    reached: float
    kind: str
    margin: float
    scenarios: int
    how: str


def ceiling(
    task: Task, setting: Setting, split: str = "test", progress: Callable[[], object] | None = None
) -> Ceiling | None:
    """The ceiling of a setting; what takes long is kept on disk, keyed by all that it depends on.

    Args:
        task: one that declares its intents (`pragenv.intents.Structured`) or knows its bounds (`Bounded`).
        setting: knobs applied.
        split: which scenarios.
        progress: called after each situation that is worked out.

    Returns:
        None where the task declares nothing to work it out from.
    """
    faced = situations(task, setting, split)
    if not faced.listed:
        return None
    key = key_of(task, setting, faced)
    kept = Path(user_cache_dir("pragenv")) / "ceilings" / f"{key}.json"
    if (found := _shipped().get(key) or _read(kept)) is None:
        made = average(task, setting, faced, progress)
        if made is None:
            return None
        found = asdict(made)
        if isinstance(task, Structured):
            with suppress(OSError):  # a home that cannot be written to costs time, and nothing else
                write_json(kept, found)
    return Ceiling(**found)


class Situations(NamedTuple):
    """What an agent may be faced with: scenarios with their probabilities, and whether they were drawn."""

    listed: tuple[tuple[float, Scenario], ...]
    drawn: bool


def situations(task: Task, setting: Setting, split: str) -> Situations:
    """All situations of a setting, or, where they are too many, `SAMPLED` of them; none where nothing is declared."""
    if isinstance(task, Structured):
        if (listed := task.openings(setting, split)) is not None:
            return Situations(tuple(listed), False)
    elif not isinstance(task, Bounded):
        return Situations((), False)
    count, drawn = task.count(setting, split), task.count(setting, split) is None
    keys = range(count) if count else [mix(_SEED, i) for i in range(SAMPLED)]
    return Situations(tuple((1 / len(keys), task.sample(key, setting, split)) for key in keys), drawn)


def key_of(task: Task, setting: Setting, faced: Situations) -> str:
    """A digest of what a ceiling is computed from: not of names, but of what is declared."""
    digest = sha256(f"{_VERSION} {setting.turn_limit} {setting.turn_cost}".encode())
    for weight, scenario in faced.listed:
        digest.update(f"{weight:.12g}".encode())
        belief = _opened(task, setting, scenario)
        if belief is None:
            digest.update(repr((scenario.public, scenario.user_brief)).encode())
            belief = _laid_open(task, setting, scenario)
        if belief is None:
            continue
        intents = belief.intents
        digest.update(f"{intents.shared} {intents.answers_per_turn} {intents.guessing} {intents.revision}".encode())
        for factor, top in zip(intents.factors, belief.tops, strict=True):
            digest.update(f"{factor.weight} {top:.12g} {len(factor.replies)}".encode())
            digest.update(factor.prior.tobytes() + np.ascontiguousarray(factor.answers).tobytes())
    return digest.hexdigest()


def _opened(task: Task, setting: Setting, scenario: Scenario) -> Belief | None:
    return Belief.opening(task, scenario, setting) if isinstance(task, Structured) else None


def _laid_open(task: Task, setting: Setting, scenario: Scenario) -> Belief | None:
    """What an agent might believe if nothing that is usually public were hidden; None where that is not known."""
    shown = task.laid_open(scenario, setting) if isinstance(task, Structured) else None
    return None if shown is None else _opened(task, setting, shown)


@cache
def _shipped() -> dict[str, Any]:
    """The ceilings of built-in settings."""
    found: dict[str, Any] = orjson.loads((files("pragenv.ceiling") / "known.json").read_bytes())
    return found


def _read(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None


def average(
    task: Task, setting: Setting, faced: Situations, progress: Callable[[], object] | None = None
) -> Ceiling | None:
    """The ceiling over these situations, worked out now; None where that of any is unknown."""
    weights, found = [], []
    for weight, scenario in faced.listed:
        if (known := worth(task, setting, scenario)) is None:
            return None
        weights.append(weight)
        found.append(known)
        if progress is not None:
            progress()
    total = fsum(weights)
    value = fsum(p * known.value for p, known in zip(weights, found, strict=True)) / total
    reached = fsum(p * known.reached for p, known in zip(weights, found, strict=True)) / total
    spread = max(stdev(k.value for k in found), stdev(k.reached for k in found)) if faced.drawn else 0.0
    margin = _Z * spread / sqrt(len(found))
    kind = "exact" if all(known.exact for known in found) else "bound"
    how = "; ".join(dict.fromkeys(known.how for known in found))
    return Ceiling(value, reached, kind, margin, len(found), how)


def worth(task: Task, setting: Setting, scenario: Scenario) -> Worth | None:
    """What the best possible agent expects to earn once it has heard a scenario's opening; None where unknown."""
    if (belief := _opened(task, setting, scenario)) is not None:
        return _worth(belief, setting)
    if (belief := _laid_open(task, setting, scenario)) is not None:
        asked = untold(belief).bit_count() + 1  # the last of them to hear that there is nothing more
        reached = 1.0 - setting.turn_cost * (asked + 1) if asked < setting.turn_limit else -setting.turn_cost
        return Worth(_worth(belief, setting).value, reached, _OPEN_FORM)
    found = task.bounds(scenario, setting) if isinstance(task, Bounded) else None
    return None if found is None else Worth(*found)


def _worth(belief: Belief, setting: Setting) -> Worth:
    intents = belief.intents
    if all(factor.reveals for factor in intents.factors):
        value = disclosure(belief, setting).best(State(untold(belief), 0)).value
        return Worth(value, value, _DISCLOSURE)
    if len(intents.factors) > 1:
        raise ConfigError("a ceiling is known for several factors only if each has one question that reveals it")
    tree, held = tree_of(intents, setting.turn_cost, setting.turn_limit), belief.marginals[0] > 0
    if tree.solvable:
        left = bits(held)
        value = tree.best(left, setting.turn_limit).value / tree.mass(left)
        return Worth(value, value, _TREE)
    if not held.all():
        tree = Tree(intents.factors[0].among(held), intents.guessing, setting.turn_cost, setting.turn_limit)
    return Worth(tree.upper, tree.reached, _BOUND)


def worth_of_asking(belief: Belief, setting: Setting) -> float:
    """What the best possible agent expects to gain over answering at once: its ceiling, or the bound, less that."""
    return _worth(belief, setting).value - (belief.score - setting.turn_cost)


def untold(belief: Belief) -> int:
    """The factors that are not certain, as a set of bits."""
    return sum(1 << i for i, top in enumerate(belief.tops) if top < 1 - 1e-9)


def disclosure(belief: Belief, setting: Setting) -> Disclosure:
    """The problem of finding out factors that have one question each."""
    start, left = Belief.start(belief.intents), untold(belief)
    tops = tuple((belief if left >> i & 1 else start).tops[i] for i in range(len(belief.tops)))
    return _disclosure(belief.intents, tops, setting.turn_cost, setting.turn_limit)


@lru_cache(maxsize=4096)
def _disclosure(intents: Intents, tops: tuple[float, ...], cost: float, limit: int) -> Disclosure:
    return Disclosure(intents, tops, cost, limit)


@lru_cache(maxsize=256)
def tree_of(intents: Intents, cost: float, limit: int) -> Tree:
    """The problem of finding out one factor by many questions."""
    return Tree(intents.factors[0], intents.guessing, cost, limit)


def best_questions(belief: Belief, setting: Setting, turn: int, revised: bool = False) -> tuple[Act, ...]:
    """What the best possible agent asks next, several at once where the user answers several; nothing: it commits.

    Args:
        belief: the present one, of a faithful user.
        setting: of the conversation.
        turn: the agent's utterances so far.
        revised: whether the user has changed its mind.

    Raises:
        ConfigError: where no exact solution is known.
    """
    intents = belief.intents
    left = setting.turn_limit - turn
    if all(factor.reveals for factor in intents.factors):
        choice: Choice = disclosure(belief, setting).best(State(untold(belief), turn, revised))
        return tuple(intents.factors[i].questions[0] for i in choice.ask)
    tree = tree_of(intents, setting.turn_cost, setting.turn_limit) if len(intents.factors) == 1 else None
    if tree is None or not tree.solvable:
        raise ConfigError("the best possible agent is not known here; its ceiling is a bound (see `pragenv ceiling`)")
    factor = intents.factors[0]
    question = tree.best(bits(belief.marginals[0] > 0), left).question
    if question < 0:
        return ()
    q = len(factor.questions)
    return (factor.questions[question] if question < q else Act("guess", value=factor.values[question - q]),)
