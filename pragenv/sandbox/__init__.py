"""Where untrusted code and queries run, and nowhere else: a process of its own that can reach nothing and nobody.

On Linux: new namespaces (mount, process, network, IPC, host name; as an ordinary user, within a user namespace), a file
system that holds a read-only standard library and an empty scratch folder, no network, no capabilities, a filter of
system calls, limits on time, memory, processes and output. Results come back as JSON. The set-up is done anew for each
run, and a run whose set-up fails in any part is not begun.

A program's results are its own claims: whatever it does to the interpreter that it runs in, it can only say values.
What is expected never enters the sandbox, and the caller compares, so that a forged result is a wrong or a right value
like any other.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pragenv.sandbox.outcome import Outcome, SandboxError, read

__all__ = [
    "Limits",
    "Outcome",
    "Protections",
    "SandboxError",
    "protections",
    "run_python",
    "run_sql",
    "run_sql_on",
]

_GRACE = 10.0  # seconds beyond the wall limit in which an interpreter must have started and its watcher reported
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64")
_UIDS = range(200_000, 260_000)


@dataclass(frozen=True)
class Limits:
    """What a run may use.

    Attributes:
        cpu: seconds of each process, rounded up to whole ones.
        wall: seconds in all, from when it is closed in.
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
            if not 0 < value < math.inf:
                raise ValueError(f"limits: {name} must be above 0 and finite, got {value!r}")


@dataclass(frozen=True)
class Protections:
    """What is in force around untrusted code on this machine."""

    system: str
    unprivileged_user: str
    in_force: tuple[str, ...] = (
        "own process, interpreter started clean",
        "own mount, process, network, IPC and host-name namespaces",
        "read-only standard library and an empty scratch folder, nothing else of the file system",
        "no capabilities, no new privileges, system calls filtered",
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
        TypeError: for arguments that are not JSON.
        ValueError: for arguments that contain themselves.
    """
    if not calls:
        return []
    arguments = [[name, list(given)] for name, given in calls]
    return _run("program.py", {"source": source, "calls": arguments}, len(calls), limits, python or sys.executable)


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
    return _run("query.py", {"scripts": list(scripts), "query": query}, len(scripts), limits, sys.executable)


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
    if not found.ok or found.value["files"] or found.value["sockets"]:
        raise SandboxError(f"the sandbox does not hold: {found.value or found.error}; untrusted code is not run here")
    return Protections(f"{sys.platform} {os.uname().release}", f"user {found.value['user']}")


_PROBE = """
import os, socket
def probe(secret):
    sockets = []
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_VSOCK"):
        try:
            sockets.append(str(socket.socket(getattr(socket, family))))
        except OSError:
            pass
    files = [path for path in ("/etc/passwd", "/proc/1/environ", "/home", "/dev", secret) if os.path.exists(path)]
    return {"files": files, "sockets": sockets, "user": os.getuid()}
"""


def _run(work: str, job: dict[str, Any], count: int, limits: Limits, python: str) -> list[Outcome]:
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"untrusted code runs on Linux only, this is {sys.platform}; take another kind of task")
    libraries = [path for path in dict.fromkeys((f"{_prefix(python)}/lib", *_SYSTEM)) if os.path.isdir(path)]
    job |= {"limits": asdict(limits), "libraries": libraries, "hidden": _packages(tuple(libraries))}
    # One user a run: the limit on processes is a user's.
    job |= {"work": _text(work), "uid": secrets.choice(_UIDS)}
    payload = json.dumps(job).encode()
    results, write = os.pipe()
    try:
        process = subprocess.Popen(
            [os.path.realpath(python), "-s", "-S", "-P", "-B", "-c", _text("child.py"), str(write)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(write,),
            env={"PYTHONHASHSEED": "0"},  # a set is walked in the same order in every run
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        os.close(results)
        raise SandboxError(f"the interpreter {python} does not start: {error}") from None
    finally:
        os.close(write)
    try:
        return _outcomes(process, payload, results, count, limits)
    finally:
        process.terminate()  # which has the watcher end the inner process; to kill the watcher would not
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        process.kill()
        process.wait()


def _outcomes(
    process: subprocess.Popen[bytes], payload: bytes, results: int, count: int, limits: Limits
) -> list[Outcome]:
    allowed = limits.output_kb << 10
    data = b""
    try:
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(payload)
        until = time.monotonic() + limits.wall + _GRACE
        poll = select.poll()
        poll.register(results, select.POLLIN)
        while len(data) <= allowed and poll.poll(max(0.0, until - time.monotonic()) * 1000):
            if not (chunk := os.read(results, 1 << 16)):
                break
            data += chunk
    finally:
        os.close(results)  # whoever still writes is not waited for
    return read(data, len(data) > allowed, count)


@cache
def _text(name: str) -> str:
    return files("pragenv.sandbox").joinpath(name).read_text(encoding="utf-8")


@cache
def _prefix(python: str) -> str:
    """The base prefix of an interpreter, by where it lies."""
    if python == sys.executable:
        return os.path.realpath(sys.base_prefix)
    return str(Path(os.path.realpath(python)).parents[1])


@cache
def _packages(libraries: tuple[str, ...]) -> list[str]:
    """Folders of installed packages and ours, which no untrusted program gets to see: ours hold right answers."""
    found = [p for lib in libraries for name in ("site", "dist") for p in Path(lib).glob(f"python3*/{name}-packages")]
    ours = Path(__file__).resolve().parents[1]
    for lib in libraries:
        if ours.is_relative_to(real := Path(lib).resolve()):
            seen = Path(lib, ours.relative_to(real))
            found += [] if any(seen.is_relative_to(path) for path in found) else [seen]
    return [str(path) for path in found if path.is_dir()]
