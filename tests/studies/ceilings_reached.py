"""Does the best agent reach each ceiling, and does anybody exceed one? By playing, each conversation against its own.

    python tests/studies/ceilings_reached.py --episodes 100000 --task clarify
    python tests/studies/ceilings_reached.py --episodes 2000 --task twenty_questions --settings short small

Tests are two-sided for `bayes_optimal` and one-sided for the rest, at one family-wise level of 10**-4 (Bonferroni over
all settings and agents). Exits with 1 where one fails.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from scipy.special import ndtri

from pragenv.ceiling import worth
from pragenv.registration import agents, make_env, tasks
from pragenv.rollout import Names, rollout

PLAYERS = ("answer_first", "clarify_first", "random_ask", "thompson", "ask_by_gain", "bayes_optimal")
LEVEL = 1e-4


def main() -> int:
    """Play, test, print a line for each setting and agent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=100_000)
    parser.add_argument(
        "--task", choices=["clarify", "twenty_questions", "calibrate", "draft", "service"], required=True
    )
    parser.add_argument("--settings", nargs="+", help="all by default")
    parser.add_argument("--agents", nargs="+", default=PLAYERS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    task = tasks.make(given.task)
    chosen = [s for s in task.SETTINGS if s.name != "hidden_form" and (not given.settings or s.name in given.settings)]
    z = float(-ndtri(LEVEL / (2 * len(chosen) * len(given.agents))))
    failed = 0
    for setting in chosen:
        for name in given.agents:
            if name in setting.agents_not_applicable:
                continue
            start = time.process_time()
            env = make_env(given.task, setting.name, split="test", simulator="scripted")
            names = Names(given.task, setting.name, "test", "scripted", name)
            rewards, excess = [], []
            for block in rollout(env, agents.make(name), names, given.seed, given.episodes, 0, 64):
                for row in block:
                    known = worth(task, setting, row.scenario)
                    assert known is not None
                    assert not row.error, row.error
                    rewards.append(row.reward)
                    excess.append(row.reward - known.value)
            gap = np.array(excess)
            error = float(gap.std(ddof=1)) / len(gap) ** 0.5
            bad = gap.mean() > z * error + 1e-9 or (name == "bayes_optimal" and gap.mean() < -z * error - 1e-9)
            failed += bad
            sys.stdout.write(
                f"{given.task}/{setting.name} {name}: reward {np.mean(rewards):.5f}, less the ceiling "
                f"{gap.mean():+.5f} +- {error:.5f} (n {len(gap)}, {time.process_time() - start:.0f} s)"
                f"{' FAILED' if bad else ''}\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"z {z:.2f}; {failed} failed\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
