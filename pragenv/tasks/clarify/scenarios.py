"""Scenarios of Clarify: what is public of a form, and what one user wants and says of it, all drawn from keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from pragenv.intents import Factor, Intents
from pragenv.tasks.clarify.form import Field, Form
from pragenv.tasks.clarify.setting import ClarifySetting
from pragenv.types import Act, FrozenDict, mix, uniform


def public_side(form: Form, phrasing: str, grading: str, skew: float = 0.0, key: int = 0) -> FrozenDict:
    """Fields, options and the prior over options: proportional to rank**-skew, the ranks permuted by key."""
    shown = []
    for field in form.fields:
        n = len(field.options)
        weights = [(rank + 1.0) ** -skew for rank in range(n)]
        order = _permutation(n, key := mix(key, 0)) if skew else range(n)
        shown.append(
            FrozenDict(
                name=field.name,
                label=field.label,
                importance=field.importance,
                options=field.options,
                prior=tuple(weights[rank] / sum(weights) for rank in order),
            )
        )
    return FrozenDict(
        title=form.title, form=form.name, fields=tuple(shown), phrasing=phrasing, grading=grading, skewed=skew > 0
    )


def hidden(public: Mapping[str, Any]) -> FrozenDict:
    """The public side where the agent may not see the form."""
    return FrozenDict({**public, "form": None, "fields": (), "skewed": False})


def user_side(form: str, public: Mapping[str, Any], phrasing: str, setting: ClarifySetting, key: int) -> FrozenDict:
    """The hidden intent, which fields the opening reveals, and how the user will behave."""
    names = tuple([f["name"] for f in public["fields"]])
    values: dict[str, str] = {}
    bits = mix(key, 1)
    for field in public["fields"]:
        pool = field["options"]
        if setting.conflict:
            order = sorted(range(len(pool)), key=field["prior"].__getitem__)
            pool = tuple(pool[i] for i in order[: len(pool) // 2])
        elif setting.skew:
            bits = mix(bits, 4)
            pool = (pool[_draw(field["prior"], uniform(bits))],)
        bits, i = divmod(bits, len(pool))
        values[field["name"]] = pool[i]
    revealed: tuple[str, ...] = ()
    if uniform(mix(key, 5)) < setting.full:
        revealed = names
    elif setting.reveal:
        count = min(int(setting.reveal * len(names) + uniform(mix(key, 6))), len(names) - 1)
        revealed = choose(names, count, mix(key, 7))
    revises = setting.revision and uniform(mix(key, 8)) < setting.revision
    return FrozenDict(
        form=form,
        fields=names,
        phrasing=phrasing,
        values=FrozenDict(values),
        revealed=revealed,
        answers_per_turn=setting.answers_per_turn,
        revision=_revision(values, public, mix(key, 9)) if revises else None,
    )


def describe(public: Mapping[str, Any]) -> str:
    """The public side as text for the agent."""
    if public["form"] is None:
        return (
            f"A user wants help with {public['title']}. Find out the details that matter to them, then commit to all "
            "of them as ANSWER: detail: value; detail: value"
        )
    lines = [f"A user wants help with {public['title']}. What they want is one option for each of these fields:"]
    for field in public["fields"]:
        options = field["options"]
        if public["skewed"]:
            options = [f"{o} ({p:.0%} of users)" for o, p in zip(options, field["prior"], strict=True)]
        lines.append(f"- {field['label']}: {' | '.join(options)}")
    if public["grading"] == "weighted":
        weights = ", ".join(f"{f['label']} {f['importance']}" for f in public["fields"])
        lines.append(f"The score is the share of fields that are right, weighted by importance: {weights}.")
    lines.append("Commit to exactly one option for every field as ANSWER: field: option; field: option")
    return "\n".join(lines)


def confide(title: str, form: Form, brief: Mapping[str, Any]) -> str:
    """The user's side as text for whoever is to speak for the user."""
    values, revealed, revision = brief["values"], brief["revealed"], brief["revision"]
    lines = [f"You want help with {title}. What you want:"]
    lines += [f"- {f.label}: {values[f.name]}" for f in sorted(form.fields, key=lambda f: -f.importance)]
    told = "; ".join(form.by_name[name].label for name in revealed) or "none of this"
    lines.append(f"Your first message is your request, and mentions: {told}.")
    if brief["answers_per_turn"] > 1:
        lines.append(f"Answer up to {brief['answers_per_turn']} questions in a message.")
    if revision is not None:
        label = form.by_name[revision["field"]].label
        lines.append(f"In message {revision['turn'] + 1} say that you changed your mind: {label}: {revision['value']}")
    return "\n".join(lines)


def choose(names: tuple[str, ...], count: int, bits: int) -> tuple[str, ...]:
    """`count` of the names, uniformly, in their order (selection sampling; Knuth, TAOCP 2, 3.4.2, algorithm S)."""
    chosen: list[str] = []
    for i, name in enumerate(names):
        bits, draw = divmod(bits, len(names) - i)
        if draw < count - len(chosen):
            chosen.append(name)
    return tuple(chosen)


def _permutation(n: int, bits: int) -> list[int]:
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        bits, j = divmod(bits, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def _draw(prior: tuple[float, ...], at: float) -> int:
    for i, p in enumerate(prior):
        at -= p
        if at < 0:
            return i
    return len(prior) - 1


def another(field: Field, value: str, bits: int) -> str:
    """An option of the field other than `value`."""
    others = [option for option in field.options if option != value]
    return others[bits % len(others)]


def _revision(values: Mapping[str, str], public: Mapping[str, Any], bits: int) -> Mapping[str, Any]:
    bits, which = divmod(bits, len(values))
    name = list(values)[which]
    others = [o for o in public["fields"][which]["options"] if o != values[name]]
    bits, turn = divmod(bits, 2)
    return FrozenDict(turn=1 + turn, field=name, value=others[bits % len(others)])


def intents(
    fields: tuple[tuple[str, tuple[str, ...], tuple[float, ...], int], ...],
    conflict: bool,
    shared: bool,
    answers_per_turn: int,
    revision: float,
) -> Intents:
    """The space of intents of fields, each with its name, options, their prior, and its importance."""
    factors = []
    for name, options, prior, importance in fields:
        n = len(options)
        weights = np.array(prior)
        if conflict:  # uniform over the less probable half, as `user_side` draws
            rarer = np.argsort(weights, kind="stable")[: n // 2]
            weights = np.zeros(n)
            weights[rarer] = 1.0 / len(rarer)
        answers = np.arange(n, dtype=np.int8)[:, None]
        factors.append(Factor(name, options, weights, (Act("ask", name),), options, answers, float(importance)))
    return Intents(tuple(factors), shared, answers_per_turn, revision=revision)


def openings(form: Form, setting: ClarifySetting, phrasing: str) -> Iterator[tuple[float, FrozenDict, FrozenDict]]:
    """Public side and user's side of each choice of fields and of what the opening reveals, with probabilities.

    The values are some; of orders of the options by prior, which all are worth the same, there is one.
    """
    phrasing = "train" if form.loaded else phrasing
    names = tuple(field.name for field in form.fields)
    count = setting.fields if 0 < setting.fields < len(names) else len(names)
    for chosen in combinations(names, count):
        public = public_side(form.subset(chosen), phrasing, setting.grading, setting.skew)
        brief = user_side(form.name, public, phrasing, setting, 0)
        shown = hidden(public) if setting.hidden else public
        for share, told in _told(count, setting):
            for revealed in combinations(chosen, told):
                weight = share / comb(len(names), count) / comb(count, told)
                yield weight, shown, FrozenDict({**brief, "revealed": revealed, "revision": None})


def _told(count: int, setting: ClarifySetting) -> Iterator[tuple[float, int]]:
    """How many of so many fields an opening reveals, with probabilities; as `user_side` draws."""
    shares: dict[int, float] = {count: setting.full}
    wanted = setting.reveal * count
    for told, share in ((int(wanted), 1 - wanted % 1), (int(wanted) + 1, wanted % 1)):
        told = min(told, count - 1)
        shares[told] = shares.get(told, 0.0) + (1 - setting.full) * share
    return ((share, told) for told, share in shares.items() if share)
