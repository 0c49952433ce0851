"""How the command line refuses bad input."""

import pytest

from pragenv.cli import main


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line that the command says before it ends with status 2."""
    assert main(list(argv)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("pragenv: ")
    assert said.err.count("\n") == 1
    assert said.err.endswith("\n")
    return said.err
