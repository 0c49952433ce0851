"""Forms: what lies behind a request. Loaded from the built-in bank or from a file in the public intention format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from pragenv.errors import ConfigError, DataError
from pragenv.tasks.lexicon import normalise
from pragenv.tasks.records import load_records

# How a field is told and asked for where nobody wrote wordings for it.
_TELLS = ("{label}: {value}.", "As for {label}: {value}.", "{label}? {value}.", "On {label}, put {value}.")
_ASKS = ("Could you tell me about this: {label}?", "What should I note under {label}?")
IMPORTANCE = {1, 2, 3}


@dataclass(frozen=True)
class Field:
    """A field of a form: how it is asked for, how it is told, and its options."""

    name: str
    label: str
    importance: int
    options: tuple[str, ...]
    asks: tuple[str, ...]
    tells: tuple[str, ...]
    cues: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """Normalised option or alias -> option."""
        table = {normalise(alias): value for value, aliases in self.aliases.items() for alias in aliases}
        return table | {normalise(value): value for value in self.options}


@dataclass(frozen=True, eq=False)
class Form:
    """A request and its fields. `loaded` forms have one phrasing for all splits, and belong to every split."""

    name: str
    domain: str
    split: str
    title: str
    requests: tuple[str, ...]
    fields: tuple[Field, ...]
    loaded: bool = False

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by name."""
        return {f.name: f for f in self.fields}

    @cached_property
    def by_label(self) -> Mapping[str, Field]:
        """Fields by label."""
        return {f.label: f for f in self.fields}

    def subset(self, names: tuple[str, ...]) -> Form:
        """The form with only some of its fields, in the form's order."""
        return replace(self, fields=tuple(f for f in self.fields if f.name in names))


@cache
def bank() -> tuple[Form, ...]:
    """The built-in forms, by name."""
    folder = files("pragenv.tasks.clarify") / "forms"
    paths = sorted((p for p in folder.iterdir() if p.name.endswith(".json")), key=lambda p: p.name)
    return tuple(_built_in(json.loads(p.read_text(encoding="utf-8"))) for p in paths)


def _built_in(record: dict[str, Any]) -> Form:
    fields = tuple(
        Field(
            name=f["name"],
            label=f["label"],
            importance=f["importance"],
            options=tuple(o["value"] for o in f["options"]),
            asks=tuple(f["asks"]),
            tells=tuple(f["tells"]),
            cues=tuple(f["cues"]),
            aliases={o["value"]: tuple(o["aliases"]) for o in f["options"]},
        )
        for f in record["fields"]
    )
    return Form(record["name"], record["domain"], record["split"], record["title"], tuple(record["requests"]), fields)


def form_of(title: str, request: str, **fields: tuple[str, ...]) -> Form:
    """A form in a few words, with plain wordings, for a task of one's own.

    Args:
        title: what the user wants help with: `"a pizza"`.
        request: how the user opens; gives no option away.
        fields: name of a field -> its options, at least two.
    """
    for name, options in fields.items():
        distinct = {normalise(option) for option in options}
        if type(options) is not tuple or len(distinct) < max(2, len(options)):
            raise ConfigError(f"form {title!r}: {name} needs two or more different options, got {options!r}")
    made = tuple(_plain_field(name, name.replace("_", " "), 2, options) for name, options in fields.items())
    return Form(normalise(title).replace(" ", "_"), "", "", title, (request,), made, loaded=True)


def _plain_field(
    name: str, label: str, importance: int, options: tuple[str, ...], inquiry: tuple[str, ...] = ()
) -> Field:
    return Field(
        name=name,
        label=label,
        importance=importance,
        options=options,
        asks=(*inquiry, *(ask.replace("{label}", label) for ask in _ASKS)),
        tells=tuple(tell.replace("{label}", label) for tell in _TELLS),
    )


def load(path: str, on_bad: str = "stop") -> tuple[tuple[Form, ...], tuple[str, ...], str]:
    """Forms from a file in the public intention format.

    Args:
        path: a JSON list of records with `task`, `category` and `missing_details`: a list of `description`,
            `importance` ("1" to "3"), `inquiry` and `options`.
        on_bad: `stop` at the first bad record, or `skip` and list them.

    Returns:
        The forms, what was wrong with each record skipped, and a digest of the file.

    Raises:
        DataError: where the file is missing or no list, or a record is bad, with its index, field and reason.
        ConfigError: for another `on_bad`.
    """
    return load_records(path, on_bad, _loaded)


def _loaded(index: int, record: dict[str, Any]) -> Form:
    where = f"record {index}"
    task = _text(record, "task", where)
    details = record.get("missing_details")
    if not isinstance(details, list) or not details:
        raise DataError(f"{where}, missing_details: must be a list with at least one detail")
    fields = tuple(_loaded_field(i, detail, f"{where}, missing_details[{i}]") for i, detail in enumerate(details))
    # A question that two details share asks for neither.
    inquiries = Counter(normalise(f.asks[0]) for f in fields)
    fields = tuple(replace(f, asks=f.asks[1:]) if inquiries[normalise(f.asks[0])] > 1 else f for f in fields)
    labels = [normalise(f.label) for f in fields]
    if len(set(labels)) < len(labels):
        raise DataError(f"{where}, missing_details: two details have the same description")
    return Form(f"record_{index}", str(record.get("category", "")), "", task, (task,), fields, loaded=True)


def _loaded_field(index: int, detail: Any, where: str) -> Field:
    if not isinstance(detail, dict):
        raise DataError(f"{where}: must be an object, is {type(detail).__name__}")
    label, inquiry = _text(detail, "description", where), _text(detail, "inquiry", where)
    importance = detail.get("importance")
    if str(importance) not in map(str, IMPORTANCE):
        raise DataError(f"{where}.importance: must be 1, 2 or 3, is {importance!r}")
    options = detail.get("options")
    if not isinstance(options, list) or not all(isinstance(o, str) and normalise(o) for o in options):
        raise DataError(f"{where}.options: must be a list of texts that hold a letter or digit")
    if len(options) < 2:
        raise DataError(f"{where}.options: needs at least two, has {len(options)}")
    seen: dict[str, str] = {}
    for option in options:
        if (known := normalise(option)) in seen:
            raise DataError(f"{where}.options: {option!r} repeats {seen[known]!r}")
        seen[known] = option
    stripped = tuple(o.strip() for o in options)
    return _plain_field(f"detail_{index}", label, int(str(importance)), stripped, (inquiry,))


def _text(record: dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not normalise(value):
        raise DataError(f"{where}.{name}: must be a text, is {value!r}")
    return value.strip()
