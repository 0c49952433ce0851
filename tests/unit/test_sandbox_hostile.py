"""Hostile programs and queries: none gets anything, none leaves anything behind, none outlives its time."""
# ruff: noqa: E501

from __future__ import annotations

import os
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

from pragenv.sandbox import Limits, run_python, run_sql

LIMITS = Limits(cpu=1.0, wall=1.0, memory_mb=200, output_kb=64, processes=8)
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
    "says nothing": "",
    "says nonsense": "SELECT \x00 FROM",
}


@pytest.fixture(scope="module")
def host() -> Iterator[dict[str, object]]:
    """What there is to be had on the host: a secret file, a listening socket, a process."""
    canary = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
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
    canary.kill()
    canary.wait()


def left_behind() -> tuple[set[str], set[str]]:
    """Scratch folders, and processes of sandboxes, that there are now."""
    folders = {path.name for path in Path(tempfile.gettempdir()).glob("pragenv-sandbox-*")}
    processes = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"What runs inside the sandbox" in path.read_bytes():
                processes.add(path.parent.name)
        except OSError:
            continue
    return folders, processes


@pytest.mark.xdist_group("sandbox")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hostile_program_gets_nothing(name: str, host: dict[str, object]) -> None:
    before = left_behind()
    source = "".join(f"{key} = {value!r}\n" for key, value in host.items()) + PROGRAMS[name]
    began = time.monotonic()
    (outcome,) = run_python(source, [("f", [])], LIMITS)
    assert time.monotonic() - began < LIMITS.wall + 1
    assert outcome.value != EXPECTED
    assert SECRET not in repr(outcome.value)
    assert "root:" not in repr(outcome.value)
    harmless = ("is a number", "forges a result", "changes the", "kills everyone", "kills its parent", "stops itself")
    assert not outcome.ok or name.startswith(harmless), outcome
    deadline = time.monotonic() + 1
    while left_behind() != before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left_behind() == before


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
def test_a_parent_that_is_killed_leaves_nothing_running() -> None:
    before = left_behind()[1]
    script = "from pragenv.sandbox import *\nrun_python('while True: pass', [('f', [])], Limits(wall=60, cpu=60))"
    parent = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.monotonic() + 20
    while left_behind()[1] == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_behind()[1] != before
    time.sleep(0.3)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 3
    while left_behind()[1] != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_behind()[1] == before


def test_there_are_enough_of_them() -> None:
    assert len(PROGRAMS) + len(QUERIES) >= 40
