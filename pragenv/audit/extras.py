"""What an audit says beside its rates: how varied the user speaks, whether it repeats itself, how the parser errs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from typing import Any

from pragenv.audit.judge import Judged
from pragenv.audit.measures import Row, share
from pragenv.audit.talks import replies
from pragenv.protocols import Simulator, UserView
from pragenv.tasks.lexicon import words
from pragenv.types import UserTurn

_POOLED = 5_000
_REPEATED = 96


def diversity(judged: Sequence[Judged]) -> list[Row]:
    """Distinct-1, -2 and -3 (Li et al. 2016, section 5.2): the share of a text's n-grams that are different.

    Within scenarios: of all that a user says in one conversation, averaged over conversations. Across: of the replies
    of all conversations, up to 5,000 n-grams, since the share falls with the size of the text.
    """
    said: defaultdict[int, list[list[str]]] = defaultdict(list)
    for j in judged:
        if j.turn.reply is not None and not j.turn.over:
            said[j.turn.conversation].append(words(j.turn.reply.text))
    rows: list[Row] = []
    for n in (1, 2, 3):
        within = [grams for talk in said.values() if (grams := _grams(talk, n))]
        pooled = _grams((line for talk in said.values() for line in talk), n)[:_POOLED]
        rows.append({"scope": "within", "order": n, "distinct": _mean(map(_distinct, within)), "n": len(within)})
        rows.append({"scope": "across", "order": n, "distinct": _mean([_distinct(pooled)]), "n": len(pooled)})
    return rows


def _grams(lines: Iterable[list[str]], n: int) -> list[tuple[str, ...]]:
    return [tuple(line[i : i + n]) for line in lines for i in range(len(line) - n + 1)]


def _distinct(grams: Sequence[tuple[str, ...]]) -> float:
    return len(set(grams)) / len(grams) if grams else 0.0


def _mean(values: Iterable[float]) -> float | None:
    held = list(values)
    return sum(held) / len(held) if held else None


def reproducible(simulator: Simulator, judged: Sequence[Judged]) -> list[Row]:
    """How many of a sample of turns are said again word for word, asked for alone and in a batch of another order."""
    told = [j.turn for j in judged if j.turn.reply is not None]
    sample = told[:: max(1, -(-len(told) // _REPEATED))]
    views, was = [turn.view for turn in sample], [turn.reply for turn in sample]
    ways: dict[str, Callable[[Sequence[UserView]], Sequence[Any]]] = {
        "alone": lambda given: [replies(simulator, [view])[0] for view in given],
        "batch": lambda given: replies(simulator, given[::-1])[::-1],
    }
    rows = []
    for how, ask in ways.items():
        same = [_same(now, then) for now, then in zip(ask(views), was, strict=True)]
        rows.append({"how": how, **share(same, [turn.conversation for turn in sample])})
    return rows


def _same(now: Any, then: UserTurn | None) -> bool:
    return isinstance(now, UserTurn) and then is not None and (now.text, now.end) == (then.text, then.end)


def parser(task: str, judged: Sequence[Judged]) -> list[Row]:
    """How the task's parser errs: on the labelled studies that come with the package, and on this audit's probes.

    A probe that is misread counts against nobody, but a user that hears through the parser fails to answer it.
    """
    studies = json.loads(files("pragenv.audit").joinpath("parser_rates.json").read_text(encoding="utf-8"))
    rows: list[Row] = [row for row in studies if row["study"].rpartition("_")[0] == task]
    probed = [j.turn for j in judged if j.turn.probe is not None and not j.turn.over]
    missed = []
    for turn in probed:
        assert turn.probe is not None
        missed.append(turn.view.task.acts(turn.view).parse(turn.probe.text) != turn.probe.acts)
    found = share(missed, [turn.conversation for turn in probed])
    return [*rows, {"study": "probes of this audit", "measure": "misread", **found}]
