"""What runs inside the sandbox. Standard library only; read as text and fed to a clean interpreter, never imported.

The first process stays outside the new process namespace and watches the clock; the second, its first process, closes
itself in and then runs what is not to be trusted. Results leave by one pipe, a line of JSON for each.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_NO_NEW_PRIVS, _PDEATHSIG = 38, 1
_NOBODY = 65534
# SQLite's codes for what an authorizer is asked: read, select, function, recursive.
_READ, _SELECT, _FUNCTION, _RECURSIVE = 20, 21, 31, 33
_BARRED = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _mount(source, target, kind, flags, options=""):
    _check(
        _libc.mount(source.encode(), target.encode(), kind and kind.encode(), ctypes.c_ulong(flags), options.encode()),
        f"mount {target}",
    )


def _separate():
    """New namespaces; as an ordinary user, within a user namespace."""
    uid, gid = os.geteuid(), os.getegid()
    flags = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET
    _check(_libc.unshare(flags | (_NEWUSER if uid else 0)), "unshare")
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    return uid == 0


def _close_off(root, libraries, hidden, scratch_mb):
    """A file system of what an interpreter imports, read-only, and an empty scratch folder."""
    _mount("none", "/", None, _REC | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    for path in libraries:
        inside = root + path
        os.makedirs(inside, exist_ok=True)
        _mount(path, inside, None, _BIND | _REC)
        _mount(path, inside, None, _BIND | _REMOUNT | _RDONLY | _NOSUID | _NODEV)
    for path in hidden:
        _mount("tmpfs", root + path, "tmpfs", _NOSUID | _NODEV | _RDONLY, "size=4k,mode=755")
    os.makedirs(root + "/scratch")
    _mount("tmpfs", root + "/scratch", "tmpfs", _NOSUID | _NODEV, f"size={scratch_mb}m,mode=777")
    _mount("tmpfs", root, None, _REMOUNT | _RDONLY | _NOSUID | _NODEV)
    # In a chroot no user namespace can be made (user_namespaces(7)), so what is given up below does not come back.
    os.chroot(root)
    os.chdir("/scratch")


def _limit(limits):
    cpu = max(1, -int(-limits["cpu"] // 1))
    memory = int(limits["memory_mb"]) << 20
    for name, soft, hard in (
        ("CPU", cpu, cpu + 1),
        ("AS", memory, memory),
        ("NPROC", limits["processes"], limits["processes"]),
        ("FSIZE", 8 << 20, 8 << 20),
        ("NOFILE", 64, 64),
        ("CORE", 0, 0),
        ("STACK", 8 << 20, 8 << 20),
    ):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (soft, hard))


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def _give_up(root_user, uid):
    """Every right that the set-up needed."""
    if root_user:  # the limit on processes does not bind the superuser; leaving it clears the capabilities too
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    else:
        header, nothing = _Header(0x20080522, 0), (ctypes.c_uint32 * 6)()
        _check(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")
    _check(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(_libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")


def _watch(pid, seconds):
    """Wait for the inner process; end it, and with it all that it started, when its time is over or we are told to."""

    def end(*_):
        os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    _check(_libc.prctl(_PDEATHSIG, signal.SIGTERM, 0, 0, 0), "pdeathsig")
    late = not select.select([os.pidfd_open(pid)], [], [], seconds)[0]
    if late:
        end()
    _, status = os.waitpid(pid, 0)
    return late, os.waitstatus_to_exitcode(status)


def _tell(out, row):
    # A short write would be taken for a broken line.
    data = row.encode() + b"\n"
    while data:
        data = data[os.write(out, data) :]


def _short(error):
    text = " ".join(str(error).split())[:200]
    return f"raised {type(error).__name__}: {text}" if text else f"raised {type(error).__name__}"


def _python(job, say):
    space = {"__name__": "solution", "__builtins__": __builtins__}
    module = type(sys)("solution")
    module.__dict__.update(space)
    sys.modules["solution"] = module  # dataclasses and typing look a class's module up
    encode = json.JSONEncoder().encode
    failed = None
    try:
        exec(compile(job["source"], "<answer>", "exec"), module.__dict__)
    except MemoryError:
        failed = "memory: out of memory"
    except BaseException as error:
        failed = _short(error)
    for number, (name, arguments) in enumerate(job["calls"]):
        row = [number, False, failed]
        if failed is None:
            try:
                function = module.__dict__.get(name)
                if not callable(function):
                    row[2] = f"there is no function {name!r}"
                else:
                    value = function(*arguments)
                    try:
                        row = [number, True, json.loads(encode(value))]
                    except (TypeError, ValueError, RecursionError) as error:
                        row[2] = f"result is not JSON: {_short(error)}"
            except MemoryError:
                row[2] = "memory: out of memory"
            except BaseException as error:
                row[2] = _short(error)
        say(encode(row))


def _sql(job, say):
    import sqlite3
    import time

    def allowed(action, one, two, database, trigger):
        if action in (_READ, _SELECT, _RECURSIVE) or (action == _FUNCTION and str(two).lower() not in _BARRED):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    for number, script in enumerate(job["scripts"]):
        row = [number, False, ""]
        connection = sqlite3.connect(":memory:")
        try:
            connection.executescript(script)
            connection.execute("PRAGMA query_only = 1")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 20)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.set_authorizer(allowed)
            until = time.process_time() + job["limits"]["cpu"] / len(job["scripts"])
            connection.set_progress_handler(lambda until=until: time.process_time() > until, 1000)
            cursor = connection.execute(job["query"])
            if cursor.description is None:
                row[2] = "not a query: it returns no table"
            else:
                rows, size = [], 0
                for found in cursor:
                    if any(isinstance(value, bytes) for value in found):
                        raise ValueError("a blob is no result")
                    rows.append(found)
                    size += len(repr(found))
                    if size > job["limits"]["output_kb"] << 10:
                        raise ValueError("output: too many rows")
                row = [number, True, {"columns": [column[0] for column in cursor.description], "rows": rows}]
        except sqlite3.OperationalError as error:
            row[2] = "timeout: the query takes too long" if "interrupted" in str(error) else _short(error)
        except Exception as error:
            row[2] = _short(error)
        connection.close()
        say(json.dumps(row))


def main():
    out = int(sys.argv[1])
    job = json.loads(sys.stdin.buffer.read())
    limits = job["limits"]
    try:
        root_user = _separate()
        pid = os.fork()
        if pid == 0:
            _close_off(job["root"], job["libraries"], job["hidden"], 16)
    except OSError as error:
        _tell(out, json.dumps(["setup", str(error)]))
        os._exit(3)
    if pid:
        late, code = _watch(pid, limits["wall"])
        _tell(out, json.dumps(["end", late, code]))
        os._exit(0)
    try:
        os.closerange(3, out)
        os.closerange(out + 1, 4096)
        _limit(limits)
        _give_up(root_user, job["uid"])
    except OSError as error:
        _tell(out, json.dumps(["setup", str(error)]))
        os._exit(3)
    _tell(out, json.dumps(["ready"]))  # from here on, nothing that is said need be true
    if job["kind"] == "python":
        _python(job, lambda row: _tell(out, row))
    else:
        _sql(job, lambda row: _tell(out, row))
    os._exit(0)


main()
