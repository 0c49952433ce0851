"""Hostile programs and queries: none gets anything, none leaves anything behind, none outlives its time."""
# ruff: noqa: E501

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pragenv.sandbox import Limits, Outcome, run_python, run_sql

LIMITS = Limits(cpu=1.0, wall=1.0, memory_mb=200, output_kb=64, processes=8)
_CHILD_SUBREAPER = 36
SECRET = "the-secret-word"
EXPECTED = 41_417
"""What the right answer to every program here would be. None may come up with it."""

PROGRAMS = {
    "reads the password file": "def f(): return open('/etc/passwd').read()",
    "reads a secret by its path": "def f(): return open(PATH).read()",
    "reads the repository": "def f(): return open(REPOSITORY + '/pyproject.toml').read()",
    "imports the package": "import pragenv\ndef f(): return 1",
    "imports the package by its path": "import sys\nsys.path.insert(0, REPOSITORY)\nimport pragenv\ndef f(): return 1",
    "writes outside": "def f(): open(PATH, 'w').write('x')",
    "writes to the library": "import json\ndef f(): open(json.__file__, 'w').write('x')",
    "removes the library": "import json, os\ndef f(): os.remove(json.__file__)",
    "links to a secret": "import os\ndef f():\n    os.symlink(PATH, 'link')\n    return open('link').read()",
    "climbs out by folders": "def f(): return open('../../../..' + PATH).read()",
    "chroots out": (
        "import os\ndef f():\n    os.mkdir('d')\n    os.chroot('d')\n    os.chdir('../../../..')\n    return open(PATH[1:]).read()"
    ),
    "mounts": (
        "import ctypes\ndef f():\n    r = ctypes.CDLL(None).mount(b'tmpfs', b'/scratch', b'tmpfs', 0, None)\n"
        "    assert r == 0\n    return 1"
    ),
    "makes a user namespace": (
        "import ctypes\ndef f():\n    r = ctypes.CDLL(None).unshare(0x10000000)\n    assert r == 0\n    return 1"
    ),
    "reads the parent's environment": "import os\ndef f(): return open(f'/proc/{os.getppid()}/environ').read()",
    "reads its environment": "import os\ndef f(): return os.environ['SECRET']",
    "reads inherited descriptors": (
        "import os\ndef f():\n    got = []\n    for n in range(3, 64):\n        try:\n            os.set_blocking(n, False)\n"
        "            got.append(os.read(n, 100).decode())\n        except OSError:\n            pass\n    return [g for g in got if g][0]"
    ),
    "connects to the host": "import socket\ndef f(): return socket.create_connection(('127.0.0.1', PORT), 0.5).recv(99).decode()",
    "connects outside": "import socket\ndef f(): return str(socket.create_connection(('1.1.1.1', 53), 0.5))",
    "resolves a name": "import socket\ndef f(): return socket.gethostbyname('example.org')",
    "kills its parent": "import os, signal\ndef f():\n    os.kill(os.getppid(), signal.SIGKILL)\n    return 1",
    "kills everyone": "import os, signal\ndef f():\n    os.kill(-1, signal.SIGKILL)\n    return 1",
    "kills the host's process": "import os, signal\ndef f():\n    os.kill(PID, signal.SIGKILL)\n    return 1",
    "forks without end": "import os\ndef f():\n    while True:\n        os.fork()",
    "forks and waits": "import os\ndef f():\n    while True:\n        try:\n            os.fork()\n        except OSError:\n            pass",
    "starts threads without end": (
        "import threading, time\ndef f():\n    while True:\n        threading.Thread(target=time.sleep, args=(60,)).start()"
    ),
    "outlives its parent": (
        "import os, time\ndef f():\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
        "            time.sleep(60)\n        os._exit(0)\n    time.sleep(60)"
    ),
    "takes memory": "def f(): return len(bytearray(10**9))",
    "takes memory bit by bit": "def f():\n    x = []\n    while True:\n        x.append(' ' * 10**6)",
    "maps memory": "import mmap\ndef f(): return len(mmap.mmap(-1, 10**10))",
    "raises its limits": (
        "import resource\ndef f():\n    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n    return len(bytearray(10**9))"
    ),
    "never ends": "def f():\n    while True:\n        pass",
    "never ends while it is loaded": "while True:\n    pass",
    "sleeps": "import time\ndef f(): time.sleep(3600)",
    "ignores signals": (
        "import signal\nfor s in range(1, 64):\n    try:\n        signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError):\n"
        "        pass\ndef f():\n    while True:\n        pass"
    ),
    "prints without end": "def f():\n    while True:\n        print('x' * 10000)",
    "writes to the descriptors without end": "import os\ndef f():\n    while True:\n        os.write(1, b'x' * 10000)",
    "answers without end": (
        "import os\ndef f():\n    while True:\n        for n in range(3, 64):\n            try:\n"
        "                os.write(n, b'x' * 10000)\n            except OSError:\n                pass"
    ),
    "answers at length": "def f(): return 'x' * 10**7",
    "fills the disk": "def f():\n    with open('big', 'wb') as file:\n        while True:\n            file.write(b'x' * 10**6)",
    "fills the disk with files": "def f():\n    for n in range(10**9):\n        open(str(n), 'wb').write(b'x' * 10**5)",
    "recurses": "def f(): return f()",
    "recurses without a limit": "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()",
    "makes a huge number": "def f(): return 9 ** (9 ** 9)",
    "answers with a huge number": "def f(): return 10 ** 100000",
    "answers nested without end": "def f():\n    x = []\n    for _ in range(10**5):\n        x = [x]\n    return x",
    "answers itself": "def f():\n    x = []\n    x.append(x)\n    return x",
    "exits": "import sys\ndef f(): sys.exit(0)",
    "exits at once": "import os\nos._exit(0)",
    "crashes": "import ctypes\ndef f(): return ctypes.string_at(0).decode()",
    "equals everything": "class E:\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef f(): return E()",
    "is a number that equals everything": (
        "class E(int):\n    def __eq__(self, other): return True\n    def __repr__(self): return '0'\ndef f(): return E(3)"
    ),
    "forges a result": (
        "import os, json\ndef f():\n    for n in range(3, 64):\n        try:\n"
        "            os.write(n, json.dumps([0, True, 'forged']).encode() + b'\\n')\n        except OSError:\n            pass\n    os._exit(0)"
    ),
    "forges a failure of the sandbox": (
        'import os\nfor n in range(3, 64):\n    try:\n        os.write(n, b\'["setup", "broken"]\\n["ready"]\\n["end", false, 0]\\n\')\n'
        "    except OSError:\n        pass\nos._exit(0)"
    ),
    "changes the builtins": (
        "import builtins, json\nbuiltins.isinstance = lambda *a: True\nbuiltins.callable = lambda *a: False\njson.dumps = None\n"
        "json.JSONEncoder.encode = lambda *a: 'x'\ndef f(): return 1"
    ),
    "changes the modules": "import sys\nsys.modules.clear()\ndef f(): return 1",
    "looks for the caller's expectation": (
        "import gc\ndef f():\n    found = [o for o in gc.get_objects() if isinstance(o, dict) and EXPECTED in o.values()]\n    return found[0]"
    ),
    "makes a socket that knows no namespace": "import socket\ndef f(): return str(socket.socket(40, socket.SOCK_STREAM))",
    "keeps memory in shared segments": (
        "import ctypes\ndef f():\n    segment = ctypes.CDLL(None).shmget(0, 10**9, 0o1600)\n    assert segment >= 0\n    return 1"
    ),
    "keeps memory in anonymous files": "import os\ndef f(): return os.memfd_create('x')",
    "reads the user's keys": (
        "import ctypes, platform\ndef f():\n    number = {'x86_64': 250, 'aarch64': 219}[platform.machine()]\n"
        "    key = ctypes.CDLL(None).syscall(number, 0, -3, 0)\n    assert key >= 0\n    return key"
    ),
    "lets go of its watcher": "import ctypes\ndef f():\n    r = ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n    assert r == 0\n    return 1",
    "traces a process": "import ctypes\ndef f():\n    r = ctypes.CDLL(None).ptrace(16, 1, 0, 0)\n    assert r == 0\n    return 1",
    "kills its group": "import os, signal\ndef f():\n    os.kill(0, signal.SIGKILL)\n    return 1",
    "stops its group": "import os, signal\ndef f():\n    os.kill(0, signal.SIGSTOP)\n    return 1",
    "runs a program": "import subprocess\ndef f(): return subprocess.check_output(['/bin/sh', '-c', 'cat /etc/passwd'], text=True)",
    "lists the processes": "import os\ndef f():\n    found = os.listdir('/proc')\n    assert found\n    return found",
    "lists the packages": (
        "import os, sysconfig\ndef f():\n    found = os.listdir(sysconfig.get_path('purelib'))\n    assert found\n    return found"
    ),
    "opens a device": "def f(): return open('/dev/urandom', 'rb').read(3).hex()",
    "makes a device": "import os, stat\ndef f(): return os.mknod('d', stat.S_IFBLK | 0o600, os.makedev(254, 0))",
    "fills the disk with empty files": "def f():\n    for n in range(10**9):\n        open(str(n), 'wb').close()",
    "raises what cannot be shown": "class E(Exception):\n    def __str__(self): raise E\ndef f(): raise E",
    "raises what is not to be shown": "def f(): raise ValueError('a\\x1b[31m\\n\\ud83d')",
    "answers with what is no text": "def f(): return '\\ud83d'",
    "answers nested deep": "def f():\n    x = []\n    for _ in range(500):\n        x = [x]\n    return x",
    "answers nested deep past the encoder": (
        "import os\ndef f():\n    for n in range(3, 64):\n        try:\n            os.write(n, b'[0, true, ' + b'[' * 900 + b']' * 900 + b']\\n')\n"
        "        except OSError:\n            pass\n    os._exit(0)"
    ),
    "says an error that is no text": (
        "import os\ndef f():\n    for n in range(3, 64):\n        try:\n            os.write(n, b'[0, false, ' + b'[' * 900 + b']' * 900 + b']\\n')\n"
        "        except OSError:\n            pass\n    os._exit(0)"
    ),
    "is a text that equals everything": (
        "class E(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\ndef f(): return E('x')"
    ),
    "is a list that counts as anything": (
        "class E(list):\n    def __eq__(self, other): return True\n    def __len__(self): return 3\ndef f(): return E()"
    ),
    "changes who speaks for it": (
        "import sys\ndef f():\n    frame = sys._getframe()\n    while frame:\n        for value in list(frame.f_locals.values()):\n"
        "            if isinstance(value, dict) and 'calls' in value:\n                value['calls'].clear()\n        frame = frame.f_back\n    return 1"
    ),
    "closes every descriptor": "import os\ndef f():\n    os.closerange(0, 4096)\n    return 1",
    "answers twice": "import os\ndef f(): return 1 if os.fork() else 2",
    "sends itself an alarm": "import signal\ndef f():\n    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)\n    signal.pause()",
    "stops itself": "import os, signal\ndef f(): os.kill(os.getpid(), signal.SIGSTOP)",
}

TABLES = "CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y');"
QUERIES = {
    "writes": "INSERT INTO t VALUES (3, 'z')",
    "updates and tells": "UPDATE t SET a = 3 RETURNING a",
    "drops": "DROP TABLE t",
    "attaches": "ATTACH DATABASE '/tmp/x.db' AS other",
    "vacuums into a file": "VACUUM INTO '/tmp/x.db'",
    "says several things": "SELECT 1; DROP TABLE t",
    "changes the settings": "PRAGMA query_only = 0",
    "lists the settings": "SELECT * FROM pragma_database_list",
    "loads an extension": "SELECT load_extension('/tmp/x.so')",
    "reads a file": "SELECT readfile('/etc/passwd')",
    "never ends": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
    "answers without end": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c",
    "multiplies": "SELECT count(*) FROM " + ", ".join(f"t AS t{n}" for n in range(40)),
    "makes a huge blob": "SELECT length(randomblob(1000000000))",
    "makes a huge text": "SELECT printf('%1000000000d', 1)",
    "makes a table": "CREATE TEMP TABLE u AS SELECT * FROM t",
    "begins": "BEGIN",
    "answers with a blob": "SELECT x'00ff'",
    "reads the pages": "SELECT * FROM sqlite_dbpage",
    "says nothing": "",
    "says nonsense": "SELECT \x00 FROM",
}


@pytest.fixture(scope="module")
def host() -> Iterator[dict[str, object]]:
    """What there is to be had on the host: a secret file, a listening socket, a process."""
    ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)
    canary = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    mounts = Path("/proc/self/mounts").read_text()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as server:
        secret = Path(folder, "secret")
        secret.write_text(SECRET, encoding="utf-8")
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    server.accept()[0].sendall(SECRET.encode())
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        os.environ["SECRET"] = SECRET
        os.set_inheritable(inherited := os.open(secret, os.O_RDONLY), True)
        repository = str(Path(__file__).parents[2])
        yield {"PATH": str(secret), "PORT": server.getsockname()[1], "PID": canary.pid, "REPOSITORY": repository}
        os.close(inherited)
        del os.environ["SECRET"]
        stop.set()
        thread.join()
        assert secret.read_text(encoding="utf-8") == SECRET
        assert canary.poll() is None
        assert Path("/proc/self/mounts").read_text() == mounts
    canary.kill()
    canary.wait()
    ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 0, 0, 0, 0)


def descendants() -> set[int]:
    """Live processes that this one or those that it started have started; orphans are this one's (see `host`)."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(path.parent.name))
    found: set[int] = set()
    level = [os.getpid()]
    while level:
        level = [child for parent in level for child in children.get(parent, [])]
        found.update(level)
    return found


def left_behind(before: set[int], seconds: float) -> set[int]:
    """Processes that there were not before and that do not end within some seconds."""
    deadline = time.monotonic() + seconds
    while (left := descendants() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


@pytest.mark.xdist_group("sandbox")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hostile_program_gets_nothing(name: str, host: dict[str, object]) -> None:
    before = descendants()
    source = "".join(f"{key} = {value!r}\n" for key, value in host.items()) + PROGRAMS[name]
    began = time.monotonic()
    (outcome,) = run_python(source, [("f", [])], LIMITS)
    assert time.monotonic() - began < LIMITS.wall + 1
    harmless(name, outcome)
    assert left_behind(before, 1.0) == set()


def harmless(name: str, outcome: Outcome) -> None:
    """The outcome is a failure, or one that says nothing and changes nothing."""
    assert SECRET not in repr(outcome)
    assert "root:" not in repr(outcome)
    assert outcome.value != EXPECTED
    assert outcome.error.isprintable()
    json.dumps(outcome.value, ensure_ascii=False).encode()
    assert type(outcome.value) in (type(None), int, str, list)
    allowed = ("is a", "forges a result", "changes", "kills everyone", "kills its", "stops its", "answers twice")
    assert not outcome.ok or name.startswith(allowed), outcome
    assert outcome.ok or outcome.error


@pytest.mark.xdist_group("sandbox")
@pytest.mark.parametrize("name", QUERIES)
def test_a_hostile_query_gets_nothing(name: str) -> None:
    began = time.monotonic()
    outcome = run_sql(TABLES, QUERIES[name], LIMITS)
    assert time.monotonic() - began < LIMITS.wall + 1
    if name == "makes a huge text":  # which SQLite leaves out
        assert outcome.value["rows"] == [[None]]
    else:
        assert not outcome.ok, outcome
        assert outcome.error
    assert not Path("/tmp/x.db").exists()


@pytest.mark.xdist_group("sandbox")
def test_a_parent_that_is_killed_leaves_nothing_running(host: dict[str, object]) -> None:
    before = descendants()
    script = "from pragenv.sandbox import *\nrun_python('while True: pass', [('f', [])], Limits(wall=60, cpu=60))"
    parent = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.monotonic() + 30
    while len(descendants() - before) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(descendants() - before) == 3  # the parent, the watcher, the program
    time.sleep(0.3)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert left_behind(before, 3.0) == set()


ORDINARY = """
import json, os, sys
from pragenv.sandbox import Limits, protections, run_python, run_sql
programs, python = json.load(sys.stdin)
protections(), run_sql("", "SELECT 1")  # what is read from the repository, which may be closed to others, is read now
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
limits = Limits(cpu=1, wall=1, memory_mb=200, output_kb=64, processes=8)
found = {name: run_python(source, [("f", [])], limits, python)[0] for name, source in programs.items()}
print(json.dumps({name: [o.ok, o.value, o.error] for name, o in found.items()}))
"""


@pytest.mark.xdist_group("sandbox")
@pytest.mark.skipif(os.geteuid() != 0, reason="the whole study runs as an ordinary user")
def test_an_ordinary_user_is_as_safe(host: dict[str, object]) -> None:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None or os.stat(os.path.realpath(python)).st_mode & 0o5 != 0o5:
        pytest.skip("there is no interpreter that any user may start")
    before = descendants()
    names = [
        "reads the password file", "writes outside", "connects to the host", "mounts", "makes a user namespace",
        "kills everyone", "kills its group", "stops its group", "kills the host's process", "lets go of its watcher",
        "forks and waits", "starts threads without end", "takes memory", "never ends", "fills the disk", "chroots out",
        "makes a socket that knows no namespace", "keeps memory in shared segments", "outlives its parent",
    ]  # fmt: skip
    lead = "".join(f"{key} = {value!r}\n" for key, value in host.items())
    programs = {"is an honest one": "import dataclasses\ndef f(): return 7"} | {n: lead + PROGRAMS[n] for n in names}
    command = [sys.executable, "-c", ORDINARY]
    done = subprocess.run(
        command, input=json.dumps([programs, python]), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found = {name: Outcome(*values) for name, values in json.loads(done.stdout).items()}
    assert found.pop("is an honest one") == Outcome(True, 7)
    assert found.keys() == set(names)
    for name, outcome in found.items():
        harmless(name, outcome)
    assert left_behind(before, 1.0) == set()


def test_there_are_enough_of_them() -> None:
    assert len(PROGRAMS) >= 60
    assert len(QUERIES) >= 20
