"""Where untrusted code and queries run, and nowhere else: a process of its own that can reach nothing and nobody.

On Linux: new namespaces (mount, process, network, IPC, host name; as an ordinary user, within a user namespace), a file
system that holds a read-only standard library and an empty scratch folder, no network, no capabilities, limits on time,
memory, processes and output. Results come back as JSON.

A program's results are its own claims: whatever it does to the interpreter that it runs in, it can only say values.
What is expected never enters the sandbox, and the caller compares, so that a forged result is a wrong or a right value
like any other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pragenv.errors import PragEnvError

_GRACE = 2.0  # seconds beyond the wall limit in which the supervisor must have reported
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64")
_UIDS = range(200_000, 260_000)


class SandboxError(PragEnvError, RuntimeError):
    """This machine cannot close untrusted code in."""


@dataclass(frozen=True)
class Limits:
    """What a run may use.

    Attributes:
        cpu: seconds of each process.
        wall: seconds in all.
        memory_mb: address space of each process, in 2**20 bytes.
        output_kb: results in all, in 2**10 bytes.
        processes: at once.
    """

    cpu: float = 2.0
    wall: float = 4.0
    memory_mb: int = 256
    output_kb: int = 256
    processes: int = 16

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise ValueError(f"limits: {name} must be above 0, got {value!r}")


@dataclass(frozen=True)
class Outcome:
    """What came of a call or query: a JSON value, or what went wrong, in a line."""

    ok: bool
    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class Protections:
    """What is in force around untrusted code on this machine."""

    system: str
    unprivileged_user: str
    in_force: tuple[str, ...] = (
        "own process, interpreter started clean",
        "own mount, process, network, IPC and host-name namespaces",
        "read-only standard library and an empty scratch folder, nothing else of the file system",
        "no capabilities, no new privileges",
        "limits on time, memory, processes, file size and output",
    )

    def __str__(self) -> str:
        return f"sandbox on {self.system}, as {self.unprivileged_user}: {'; '.join(self.in_force)}"


def run_python(
    source: str, calls: Sequence[tuple[str, Sequence[Any]]], limits: Limits = Limits(), python: str | None = None
) -> list[Outcome]:
    """Run a module once, and then call its functions.

    Args:
        source: the module; `__name__` is not `__main__`.
        calls: names of its functions, each with JSON arguments.
        limits: of the whole run.
        python: another interpreter (3.11 or later) than this one's.

    Returns:
        an outcome for each call, in order. Where the module itself fails, each call fails with that; a call that does
        not come back fails with all that follow it. Tuples come back as lists.

    Raises:
        SandboxError: where this machine cannot close it in.
        ValueError: for arguments that are not JSON.
    """
    if not calls:
        return []
    arguments = [[name, list(given)] for name, given in calls]
    return _run({"kind": "python", "source": source, "calls": arguments}, len(calls), limits, python or sys.executable)


def run_sql_on(scripts: Sequence[str], query: str, limits: Limits = Limits()) -> list[Outcome]:
    """Run one untrusted query, read-only, on several SQLite databases in memory.

    Args:
        scripts: trusted SQL that builds each database.
        query: one statement that returns a table; no other is allowed.
        limits: of the whole run; each database gets an equal part of `cpu`.

    Returns:
        an outcome for each database: `{"columns": [...], "rows": [[...], ...]}`. A value that is a blob fails.

    Raises:
        SandboxError: where this machine cannot close it in.
    """
    if not scripts:
        return []
    return _run({"kind": "sql", "scripts": list(scripts), "query": query}, len(scripts), limits, sys.executable)


def run_sql(script: str, query: str, limits: Limits = Limits()) -> Outcome:
    """`run_sql_on` for one database."""
    return run_sql_on([script], query, limits)[0]


@cache
def protections() -> Protections:
    """What is in force here, tried out once.

    Raises:
        SandboxError: where the minimum is missing.
    """
    with tempfile.NamedTemporaryFile() as secret:
        (found,) = run_python(_PROBE, [("probe", [secret.name])])
    if not found.ok or found.value["files"] or found.value["network"]:
        raise SandboxError(f"the sandbox does not hold: {found.value or found.error}; untrusted code is not run here")
    return Protections(f"{sys.platform} {os.uname().release}", f"user {found.value['user']}")


_PROBE = """
import os, socket
def probe(secret):
    try:
        network = socket.create_connection(("127.0.0.1", 9), 0.2) is not None
    except OSError as error:
        network = "refused" in str(error).lower() and len(socket.if_nameindex()) > 1
    files = [path for path in ("/etc/passwd", "/proc/1/environ", "/home", secret) if os.path.exists(path)]
    return {"files": files, "network": network, "user": os.getuid()}
"""


def _run(job: dict[str, Any], count: int, limits: Limits, python: str) -> list[Outcome]:
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"untrusted code runs on Linux only, this is {sys.platform}; take another kind of task")
    prefix = _prefix(python)
    libraries = [path for path in dict.fromkeys((f"{prefix}/lib", *_SYSTEM)) if os.path.isdir(path)]
    job |= {"limits": asdict(limits), "libraries": libraries, "hidden": _packages(tuple(libraries))}
    with tempfile.TemporaryDirectory(prefix="pragenv-sandbox-") as root:
        os.chmod(root, 0o755)
        job |= {"root": root, "uid": _UIDS[os.getpid() % len(_UIDS)]}
        payload = json.dumps(job).encode()
        read, write = os.pipe()
        with os.fdopen(read, "rb") as results:
            try:
                process = subprocess.Popen(
                    [os.path.realpath(python), "-s", "-S", "-P", "-B", "-c", _harness(), str(write)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(write,),
                    env={"PYTHONHASHSEED": "0"},  # a set is walked in the same order in every run
                    cwd="/",
                    start_new_session=True,
                )
            except OSError as error:
                os.close(write)
                raise SandboxError(f"the interpreter {python} does not start: {error}") from None
            os.close(write)
            try:
                return _outcomes(process, payload, results, count, limits)
            finally:
                process.kill()
                process.wait()


def _outcomes(
    process: subprocess.Popen[bytes], payload: bytes, results: Any, count: int, limits: Limits
) -> list[Outcome]:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(payload)
        process.stdin.close()
    allowed = limits.output_kb << 10
    data = results.read(allowed + 4096)
    results.close()  # whoever still writes is not waited for
    over = len(data) >= allowed + 4096
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(limits.wall + _GRACE)
    return _read(data, over, count)


def _read(data: bytes, over: bool, count: int) -> list[Outcome]:
    lines = data.split(b"\n")[:-1]
    rows = [row for line in lines if isinstance(row := _json(line), list) and row]
    if not rows or rows[0] != ["ready"]:
        why = str(rows[0][1]) if rows and rows[0][0] == "setup" and len(rows[0]) == 2 else "it did not start"
        raise SandboxError(
            f"untrusted code cannot be closed in here ({why}); namespaces must be allowed: as an ordinary user, "
            "kernel.unprivileged_userns_clone=1 and no AppArmor restriction on user namespaces"
        )
    found: dict[int, Outcome] = {}
    ended = "it was ended"
    for row in rows[1:]:
        if len(row) == 3 and type(row[0]) is int and 0 <= row[0] < count:
            found.setdefault(
                row[0], Outcome(True, row[2]) if row[1] is True else Outcome(False, None, str(row[2])[:400])
            )
        elif len(row) == 3 and row[0] == "end":
            ended = "timeout: its time is over" if row[1] is True else f"exited: code {row[2]!s:.20}"
    if over:
        ended = "output: too much"
    return [found.get(i) or Outcome(False, None, ended) for i in range(count)]


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # a broken line, an integer of too many digits, or nested too deep
        return None


@cache
def _harness() -> str:
    return files("pragenv.sandbox").joinpath("child.py").read_text(encoding="utf-8")


@cache
def _prefix(python: str) -> str:
    """The base prefix of an interpreter, by where it lies."""
    if python == sys.executable:
        return os.path.realpath(sys.base_prefix)
    return str(Path(os.path.realpath(python)).parents[1])


@cache
def _packages(libraries: tuple[str, ...]) -> list[str]:
    """Folders of installed packages, which no untrusted program gets to see: ours hold right answers."""
    found = [
        str(p) for lib in libraries for name in ("site", "dist") for p in Path(lib).glob(f"python3*/{name}-packages")
    ]
    return [path for path in found if os.path.isdir(path)]
