"""Closes itself in. Standard library only; read as text and fed to a clean interpreter, never imported.

The first process stays outside the new process namespace and watches the clock; the second, its first process, gives up
every way out and then runs what is not to be trusted. Results leave by one pipe, a line of JSON for each.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
from typing import Any

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_MOUNT_SETATTR, _RECURSIVE = 442, 0x8000
_PDEATHSIG, _SECCOMP, _NO_NEW_PRIVS = 1, 22, 38
_NOBODY = 65534
# Whatever is mounted here is seen in the new mount namespace alone; the folder is everywhere and no library lies in it.
_ROOT = "/proc"
_SCRATCH = "size=16m,nr_inodes=1024,mode=777"
# System calls that namespaces and limits leave open. Sockets of some families (vsock) know no network namespace, memory
# of these kinds counts for no process, keyrings are the user's; the others have been ways out before, and no answer
# needs them. In order: socket, shmget, msgget, memfd_create, memfd_secret, add_key, request_key, keyctl, ptrace, mount,
# unshare, setns, bpf, perf_event_open, userfaultfd, io_uring_setup. By machine: its architecture, its prctl, and these.
_CALLS = {
    "x86_64": (0xC000003E, 157, (41, 29, 68, 319, 447, 248, 249, 250, 101, 165, 272, 308, 321, 298, 323, 425)),
    "aarch64": (0xC00000B7, 167, (198, 194, 186, 279, 447, 217, 218, 219, 117, 40, 97, 268, 280, 241, 282, 425)),
}
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _prctl(option: int, first: Any, second: Any = None) -> None:
    values = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in (first, second or 0)]
    _check(_libc.prctl(option, *values, ctypes.c_ulong(0), ctypes.c_ulong(0)), f"prctl {option}")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    encoded = kind.encode() if kind else None
    result = _libc.mount(source.encode(), target.encode(), encoded, ctypes.c_ulong(flags), options.encode())
    _check(result, f"mount {target}")


def _separate() -> None:
    """New namespaces; as an ordinary user, within a user namespace."""
    uid, gid = os.geteuid(), os.getegid()
    flags = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET
    _check(_libc.unshare(flags | (_NEWUSER if uid else 0)), "unshare")
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{_NOBODY} {uid} 1"), ("gid_map", f"{_NOBODY} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def _close_off(libraries: list[str], hidden: list[str]) -> None:
    """A file system of what an interpreter imports, read-only, and an empty scratch folder."""
    os.umask(0o022)
    _mount("none", "/", None, _REC | _PRIVATE)
    _mount("tmpfs", _ROOT, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    read_only = (ctypes.c_uint64 * 4)(_RDONLY | _NOSUID | _NODEV)
    for path in libraries:
        inside = _ROOT + path
        os.makedirs(inside, exist_ok=True)
        _mount(path, inside, None, _BIND | _REC)
        # Of what is mounted below it too, which a remount is not.
        result = _libc.syscall(
            _MOUNT_SETATTR, -1, inside.encode(), _RECURSIVE, ctypes.byref(read_only), ctypes.c_size_t(32)
        )
        _check(result, f"mount_setattr {path} (Linux 5.12 or later)")
    for path in hidden:
        _mount("tmpfs", _ROOT + path, "tmpfs", _NOSUID | _NODEV | _RDONLY, "size=4k,mode=755")
    os.makedirs(_ROOT + "/scratch")
    _mount("tmpfs", _ROOT + "/scratch", "tmpfs", _NOSUID | _NODEV, _SCRATCH)
    _mount("tmpfs", _ROOT, None, _REMOUNT | _RDONLY | _NOSUID | _NODEV)
    # In a chroot no user namespace can be made (user_namespaces(7)), so what is given up below does not come back.
    os.chroot(_ROOT)
    os.chdir("/scratch")


def _limit(limits: dict[str, Any]) -> None:
    cpu = max(1, -int(-limits["cpu"] // 1))
    memory = int(limits["memory_mb"]) << 20
    for name, most in (
        ("CPU", cpu),
        ("NPROC", int(limits["processes"])),
        ("FSIZE", 8 << 20),
        ("NOFILE", 64),
        ("CORE", 0),
        ("MEMLOCK", 0),
        ("STACK", 8 << 20),
        ("AS", memory),
    ):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("rows", ctypes.c_char_p))


def _give_up(uid: int) -> None:
    """Every right that the set-up needed."""
    if os.geteuid() == 0:  # the limit on processes does not bind the superuser; leaving it clears the capabilities too
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    else:
        header, nothing = _Header(0x20080522, 0), (ctypes.c_uint32 * 6)()
        _check(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")
    _prctl(_PDEATHSIG, signal.SIGKILL)
    _prctl(_NO_NEW_PRIVS, 1)
    _refuse_calls()


def _refuse_calls() -> None:
    """Have the kernel answer EPERM to some calls (seccomp(2)), and to a change of the signal at the watcher's death."""
    machine = os.uname().machine
    if machine not in _CALLS:
        raise OSError(f"no list of system calls for {machine}")
    architecture, prctl, refused = _CALLS[machine]
    load, equal, at_least, answer, refuse, kill = 0x20, 0x15, 0x35, 0x06, 0x00050001, 0x80000000
    rows = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, 0)]
    rows += [(at_least, 0, 1, 1 << 30), (answer, 0, 0, refuse)]  # the second table of x86-64
    for number in refused:
        rows += [(equal, 0, 1, number), (answer, 0, 0, refuse)]
    rows += [(equal, 0, 3, prctl), (load, 0, 0, 16), (equal, 0, 1, _PDEATHSIG), (answer, 0, 0, refuse)]
    rows += [(answer, 0, 0, 0x7FFF0000)]
    program = _Program(len(rows), b"".join(struct.pack("HBBI", *row) for row in rows))
    _prctl(_SECCOMP, 2, ctypes.byref(program))


def _watch(pid: int, wall: float, cpu: float) -> tuple[bool, int]:
    """Wait for the inner process; end it, and all that it started, when its time is over or its caller says so or dies.

    Returns:
        whether its time was over, and its exit code.
    """
    inner = os.pidfd_open(pid)

    def end(*_: object) -> None:
        signal.pidfd_send_signal(inner, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    late = not select.select([inner], [], [], wall)[0]
    if late:
        end()
    _, status, used = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    # The kernel's limit counts ticks, which on a busy machine run ahead of the time that was really used.
    return late or (code == -signal.SIGKILL and used.ru_utime + used.ru_stime > cpu / 2), code


def _tell(out: int, row: str) -> None:
    # A short write would be taken for a broken line.
    data = row.encode() + b"\n"
    while data:
        data = data[os.write(out, data) :]


def main() -> None:
    """Read the job from the standard input, and tell what comes of it on the descriptor that is the one argument."""
    out = int(sys.argv[1])
    # Held back until there is somebody to end; one for a caller that dies first.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    _prctl(_PDEATHSIG, signal.SIGTERM)
    job = json.loads(sys.stdin.buffer.read())
    limits = job["limits"]
    pid = -1
    try:
        _separate()
        pid = os.fork()
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
            os.setsid()  # a signal to its own process group would reach the watcher
            _close_off(job["libraries"], job["hidden"])
            os.closerange(3, out)
            os.closerange(out + 1, 4096)
            _limit(limits)
            _give_up(job["uid"])
    except OSError as error:
        _tell(out, json.dumps(["setup", str(error)]))
        os._exit(3)
    if pid:
        late, code = _watch(pid, limits["wall"], limits["cpu"])
        _tell(out, json.dumps(["end", late, code]))
        os._exit(0)
    _tell(out, '["ready"]')  # from here on, nothing that is said need be true
    space: dict[str, Any] = {"__name__": "work"}
    exec(job["work"], space)
    space["perform"](job, lambda row: _tell(out, row))
    os._exit(0)


main()
