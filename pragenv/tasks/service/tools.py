"""The tools as an agent sees them: names and types of parameters, and what of an utterance is calls, what is words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pragenv.protocols import COMMITTING
from pragenv.tasks.calls import LONGEST, Call, split_calls
from pragenv.tasks.service.domain import Domain, domains

MOST_CALLS = 8
"""Calls of one utterance that are carried out."""
MOST_PLACES = 99
_CODE = re.compile(r"[A-Z0-9]{2,8}")
_ATTEMPT = re.compile(
    r"^\s*(?:[{\[]\s*(?:[\"{'\[]|$)|(?:search|bookings|book|change|cancel)\s*\()"
    r"|.*\b(?:search|bookings|book|change|cancel)\((?:[^()=\"']*[=\"'][^()]*)?\)\W*$"
)
"""How a line begins or ends that is no sentence, but a call that cannot be read where it stands."""
_WITHIN = re.compile(
    r"\b(?:search|bookings|book|change|cancel)\([^()=\"']{0,60}[=\"'][^()]{0,400}\)|\{\s*[\"']name[\"']\s*:"
)
"""A call within a sentence, which may be one or be spoken of."""


class Tool(NamedTuple):
    """A tool: its parameters by slot, those that must be given, and what it does."""

    parameters: tuple[str, ...]
    required: tuple[str, ...]
    about: str


TOOLS: Mapping[str, Tool] = {
    "search": Tool(("a", "b", "day"), (), "lists what is offered, with free places and prices of one; all is optional"),
    "bookings": Tool(("name",), ("name",), "lists the bookings under a full name"),
    "book": Tool(("item", "places", "rate", "name"), ("item", "places", "rate", "name"), "makes a booking"),
    "change": Tool(("booking", "item"), ("booking", "item"), "moves a booking; its places and rate stay"),
    "cancel": Tool(("booking",), ("booking",), "cancels a booking"),
}


class Request(NamedTuple):
    """A call that has been checked: arguments by slot, in the order of the tool's parameters."""

    tool: str
    arguments: tuple[tuple[str, Any], ...]


class Said(NamedTuple):
    """An agent's utterance: what is asked of the tools (a text says why a call is none), and what the user hears."""

    requests: tuple[Request | str, ...]
    words: str


@lru_cache(maxsize=4096)
def said(utterance: str, domain: str) -> Said:
    """Tell calls and words apart. After `ANSWER:` there are words only."""
    closing = COMMITTING.search(utterance)
    before, after = (utterance[: closing.start()], utterance[closing.start() :]) if closing else (utterance, "")
    calls, words = split_calls(before)
    of = domains()[domain]
    requests: list[Request | str] = [checked(call, of) for call in calls[:MOST_CALLS]]
    if len(calls) > MOST_CALLS:
        requests.append(f"{len(calls) - MOST_CALLS} further calls were not made; at most {MOST_CALLS} at a time")
    heard = words.split("\n")
    unreadable = [line for line in heard if _ATTEMPT.match(line)]
    within = [] if unreadable else [line for line in heard if _WITHIN.search(line)]
    if unreadable or within:
        why = (
            f"no calls are read of more than {LONGEST} characters"
            if len(before) > LONGEST
            else "this is no call that can be read; calls stand on lines of their own, "
            'arguments of JSON under "arguments"'
        )
        requests.append(f"{why}: {(unreadable or within)[0].strip():.80}")
        heard = [line for line in heard if not _ATTEMPT.match(line)]
    return Said(tuple(requests), "\n".join((*heard, after)).strip())


def checked(call: Call, of: Domain) -> Request | str:
    """The request that a call makes; a text says what is wrong with it."""
    tool = TOOLS.get(call.name)
    if tool is None:
        return f"there is no tool {call.name:.40}; there are {', '.join(TOOLS)}"
    slots = {of.parameters[slot]: slot for slot in tool.parameters}
    given = dict(zip(slots, call.positional, strict=False))
    if len(given) < len(call.positional) or given.keys() & call.named.keys():
        return f"{call.name}: too many arguments, or one given twice"
    given |= call.named
    if unknown := given.keys() - slots.keys():
        return f"{call.name}: no parameter {min(unknown):.40}; it takes {', '.join(slots)}"
    if missing := [of.parameters[slot] for slot in tool.required if of.parameters[slot] not in given]:
        return f"{call.name}: {', '.join(missing)} must be given"
    found = []
    for name, slot in slots.items():
        if name not in given or (given[name] is None and slot not in tool.required):
            continue
        value, wanted = _value(slot, given[name], of)
        if value is None:
            return f"{call.name}: {name} must be {wanted}"
        found.append((slot, value))
    return Request(call.name, tuple(found))


def _value(slot: str, given: Any, of: Domain) -> tuple[Any, str]:
    """What is given for a slot, as the database holds it; None where it cannot be that, and what it must be."""
    if slot == "places":
        fits = isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= MOST_PLACES
        return given if fits else None, f"a whole number from 1 to {MOST_PLACES}"
    if not isinstance(given, str):
        return None, "a text"
    if slot in of.choices:
        names = of.choices[slot]
        found = next((i for i, name in enumerate(names) if name.lower() == given.strip().lower()), None)
        values = ("fixed", "flex") if slot == "rate" else names
        return None if found is None else values[found], f"one of {', '.join(names)}"
    if slot == "name":
        text = " ".join(given.split())
        return text if 1 <= len(text) <= 60 and text.isprintable() else None, "a name of at most 60 characters"
    code = given.strip().upper()
    return code if _CODE.fullmatch(code) else None, "a code of 2 to 8 letters and digits"


def signatures(of: Domain) -> str:
    """The tools as an agent is told of them, one on a line."""
    return "\n".join(
        f"- {name}({', '.join(of.parameters[slot] for slot in tool.parameters)}): {tool.about}"
        for name, tool in TOOLS.items()
    )


def given(request: Request, of: Domain) -> dict[str, Any]:
    """The arguments of a request by their parameters, as an agent writes them."""
    names = dict(zip(("fixed", "flex"), of.choices["rate"], strict=True))
    return {of.parameters[slot]: names[value] if slot == "rate" else value for slot, value in request.arguments}


def written(request: Request, of: Domain) -> str:
    """A request as a call."""
    shown = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in given(request, of).items())
    return f"{request.tool}({', '.join(shown)})"
