"""Reading a commitment to a form: JSON, lines, or `;`-separated field and value pairs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from pragenv.tasks.clarify.form import Form
from pragenv.tasks.lexicon import normalise


@lru_cache(maxsize=4096)
def _anchor(keys: tuple[str, ...]) -> re.Pattern[str]:
    """Matches a known field's name or label where a pair can begin.

    Values are whatever stands between two anchors, so an option may hold commas, colons or semicolons.
    """
    spelt = sorted(
        {r"[\s_]+".join(re.escape(part) for part in re.split(r"[\s_]+", key) if part) for key in keys}, key=len
    )
    return re.compile(
        rf"(?:^|[;,\n{{])[\s>]*(?:[-*•]\s+|\d+[.)]\s+)?[*_`\"']*({'|'.join(reversed(spelt))})[*_`\"']*\s*[:=][*_`]*",
        re.IGNORECASE,
    )


def read_answer(text: str, form: Form) -> Mapping[str, str | None]:
    """Field name -> option, for each field that the text names; None where the value is no single option of it.

    A field that is given two different values is None: naming several is wrong, not half right.
    """
    plain = _plain_pairs(text, form)
    if plain is not None:
        return plain
    keys = {normalise(key.replace("_", " ")): f for f in form.fields for key in (f.label, f.name)}
    answer: dict[str, str | None] = {}
    for key, raw in _pairs(text, form):
        field = keys.get(normalise(key.replace("_", " ")))
        if field is None:
            continue
        # An option may hold line breaks; but what follows it on other lines may be a mere courtesy.
        value = field.values.get(normalise(raw)) or field.values.get(normalise(raw.strip().split("\n")[0]))
        answer[field.name] = value if answer.get(field.name, value) == value else None
    return answer


def _plain_pairs(text: str, form: Form) -> Mapping[str, str | None] | None:
    """The answer if it is `label: option; …` to the letter, each field once; else None. As above, but much faster."""
    answer: dict[str, str | None] = {}
    for pair in text.split("; "):
        label, _, value = pair.partition(": ")
        field = form.by_label.get(label)
        if field is None or value not in field.options or field.name in answer:
            return None
        answer[field.name] = value
    return answer


def _pairs(text: str, form: Form) -> list[tuple[str, str]]:
    body = re.sub(r"^\s*```(?:json)?", "", text).strip()
    if body.startswith("{"):
        try:
            # Every pair is kept, so that a key given twice is seen as such; what follows the object is not read.
            pairs, _ = json.JSONDecoder(object_pairs_hook=list).raw_decode(body)
            return [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in pairs]
        except (ValueError, RecursionError):
            pass
    anchors = list(_anchor(tuple(key for f in form.fields for key in (f.label, f.name))).finditer(body))
    ends = [*(a.start() for a in anchors), len(body)][1:]
    return [(a.group(1), body[a.end() : end]) for a, end in zip(anchors, ends, strict=True)]


def write_answer(values: Mapping[str, str], form: Form) -> str:
    """The commit utterance for these values."""
    return "ANSWER: " + "; ".join(f"{form.by_name[name].label}: {value}" for name, value in values.items())
