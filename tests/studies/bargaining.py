"""Who creates surplus, and who gets it? From the records of `pragenv sweep experiment=bargaining`.

    python tests/studies/bargaining.py results/bargaining

Shares of the best joint surplus with 95% intervals (bootstrap over scenarios): what both sides gain together, what the
agent gains, what the user gains. No deal is worth 0; a joint surplus can lie below 0. Then the same less what
`positional` reaches in the same scenarios.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from pragenv.intervals import Estimate, mean
from pragenv.report.records import all_episodes, read
from pragenv.tasks.negotiate import Negotiate
from pragenv.types import Episode

TASK = Negotiate()
AGAINST = "positional"


def shares(row: Episode) -> tuple[float, float, float]:
    """Joint, the agent's and the user's surplus of an episode, as shares of the best joint surplus."""
    own, joint = TASK.shares(row.scenario, TASK.deal(row.scenario, row.dialogue))
    return joint, own, joint - own


def line(values: np.ndarray) -> str:
    """Means of the columns with their intervals."""
    found: list[Estimate] = [mean(column, np.arange(len(column))) for column in values.T]
    names = ("joint", "agent", "user")
    return ", ".join(f"{n} {e.value:.3f} [{e.low:.3f}, {e.high:.3f}]" for n, e in zip(names, found, strict=True))


def main() -> None:
    """Read, estimate, print."""
    played: defaultdict[tuple[str, str], dict[int, tuple[float, float, float]]] = defaultdict(dict)
    for row in all_episodes(read(Path(sys.argv[1]))):
        played[row.setting, row.agent][row.index] = shares(row)
    for (setting, agent), found in sorted(played.items()):
        sys.stdout.write(f"{setting} {agent}: {line(np.array(list(found.values())))} (n {len(found)})\n")
    for (setting, agent), found in sorted(played.items()):
        other = played.get((setting, AGAINST), {})
        if agent != AGAINST and other:
            gaps = np.array([np.subtract(found[i], other[i]) for i in found if i in other])
            sys.stdout.write(f"{setting} {agent} less {AGAINST}: {line(gaps)} (n {len(gaps)})\n")


if __name__ == "__main__":
    main()
