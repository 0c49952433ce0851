"""What a child says, read as what it is: claims in lines of JSON, which need be neither true nor well-formed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pragenv.errors import PragEnvError

# The first line of one that is closed in, or was ended (by the clock, or for memory) before it could be.
_BEGAN = (["ready"], ["end", True, -9], ["end", False, -9])
_DEPTH = 100  # of a value; what is nested deeper would exceed the recursion limit of who compares or prints it


class SandboxError(PragEnvError, RuntimeError):
    """This machine cannot close untrusted code in."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call or query: a JSON value, or what went wrong, in a line."""

    ok: bool
    value: Any = None
    error: str = ""


def read(data: bytes, over: bool, count: int) -> list[Outcome]:
    """The outcome of each job from the lines that a child wrote; where it wrote too much, of those before that.

    Raises:
        SandboxError: where it was not closed in.
    """
    rows = [row for line in data.split(b"\n")[:-1] if isinstance(row := _json(line), list) and row]
    if not rows or rows[0] not in _BEGAN:
        why = str(rows[0][1]) if rows and rows[0][0] == "setup" and len(rows[0]) == 2 else "it did not start"
        raise SandboxError(
            f"untrusted code cannot be closed in here ({why}); namespaces must be allowed: as an ordinary user, "
            "kernel.unprivileged_userns_clone=1 and no AppArmor restriction on user namespaces"
        )
    found: dict[int, Outcome] = {}
    ended = "exited: it was ended"
    for row in rows:
        if len(row) == 3 and type(row[0]) is int and 0 <= row[0] < count:
            found.setdefault(row[0], _outcome(row[1] is True, row[2]))
        elif len(row) == 3 and row[0] == "end":
            ended = "timeout: its time is over" if row[1] is True else f"exited: code {row[2]!s:.20}"
    if over:
        ended = "output: too much"
    return [found.get(i) or Outcome(False, None, ended) for i in range(count)]


def _outcome(ok: bool, value: Any) -> Outcome:
    """What was said, as far as it can be stored and shown by whoever gets it."""
    if not ok:
        line = " ".join(value.split()) if isinstance(value, str) else "failed"
        return Outcome(False, None, "".join(c if c.isprintable() else "?" for c in line)[:400])
    level, depth = [value], 0
    while level := [
        item for v in level if isinstance(v, list | dict) for item in (v.values() if isinstance(v, dict) else v)
    ]:
        depth += 1
        if depth > _DEPTH:
            return Outcome(False, None, "result is not JSON: it is nested too deep")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Outcome(False, None, "result is not JSON: its text is not Unicode")
    return Outcome(True, value)


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # a broken line, an integer of too many digits, or nested too deep
        return None
