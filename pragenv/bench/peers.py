"""Other people's environments, each step of theirs taken in a process and a virtual environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from pragenv.bench.timing import Sample
from pragenv.errors import PragEnvError

PEERS = ("gem", "textarena")
REQUIREMENTS = ("gem-llm==0.1.0", "textarena==0.7.4")


class Peers:
    """The peers' process, which plays when told to; a context manager.

    Args:
        python: the interpreter of a virtual environment that has the peers, or None for the one in the user's cache.

    Raises:
        PragEnvError: where the virtual environment cannot be made.
    """

    def __init__(self, python: Path | None = None) -> None:
        self._python = python or _installed()

    def __enter__(self) -> Self:
        self._log = TemporaryFile("w+", encoding="utf-8")
        script = Path(__file__).with_name("peer_games.py")
        try:
            self._process = subprocess.Popen(
                [self._python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
            )
        except OSError as error:
            self._log.close()
            raise PragEnvError(f"peers: {self._python} cannot be started ({error.strerror})") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._log.close()

    def play(self, name: str, seconds: float) -> Sample:
        """Let one peer play for so many seconds of CPU time.

        Raises:
            PragEnvError: where its process dies, with the last thing it said.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"name": name, "seconds": seconds}) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._process.wait()
            self._log.seek(0)
            raise PragEnvError(f"peers: {name} could not be played: {_last_line(self._log.read())}")
        return Sample(*json.loads(answer))


def _installed() -> Path:
    """The interpreter of the cached virtual environment, made anew unless it holds what is required."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "pragenv" / "peers-{}.{}".format(*sys.version_info)
    python, marker = folder / "bin" / "python", folder / "installed.txt"
    wanted = "\n".join(REQUIREMENTS)
    if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return python
    sys.stderr.write(f"installing {' and '.join(REQUIREMENTS)} in {folder} (once)\n")
    try:
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS]
        subprocess.run(pip, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise PragEnvError(f"peers: cannot be installed: {_last_line(error.stderr or error.stdout)}") from None
    except OSError as error:
        raise PragEnvError(f"peers: {folder} cannot be made: {error.strerror}") from None
    marker.write_text(wanted, encoding="utf-8")
    return python


def _last_line(text: str | bytes | None) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text or ""
    return said.strip().rpartition("\n")[2] or "it said nothing"
