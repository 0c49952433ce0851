"""How far does a pragmatic speaker beat a literal one, in play and by the exact computation?

    python tests/studies/being_clear.py --episodes 20000

Speakers of depth 0, 1 and 2 (the agent `rsa`, one description each) before listeners of depth 0, 1 and 2, all in the
same conversations. Margins are paired. Tests are two-sided, at one family-wise level of 10**-4 (Bonferroni over all
comparisons); exits with 1 where one fails.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from scipy import stats

from pragenv.registration import agents, make_env
from pragenv.tasks.reference.rsa import game_of

SETTINGS = ("literal", "default", "deep")
DEPTHS = (0, 1, 2)
LEVEL = 1e-4


def played(setting: str, depth: int, episodes: int) -> tuple[np.ndarray, np.ndarray]:
    """The score of each episode, and what is expected of its scenario; shapes (episodes,)."""
    env = make_env("reference", setting, split="test", simulator="scripted")
    agent = agents.make({"name": "rsa", "depth": depth})
    found = []
    for seed in range(episodes):
        env.reset(seed=seed)
        env.step(agent.act(env.agent_view()))
        public, brief = env.scenario.public, env.scenario.agent_brief
        assert brief is not None
        assert env.verdict.score is not None
        expected = game_of(public).expected_score(brief["target"], depth, public["depth"])
        found.append((env.verdict.score, expected))
    scores, exact = np.array(found).T
    return scores, exact


def line(name: str, scores: np.ndarray, exact: np.ndarray, comparisons: int) -> bool:
    """Print a mean with its 95% interval beside what is computed; whether the two agree."""
    gaps = scores - exact
    half = 1.959964 * float(scores.std(ddof=1)) / len(scores) ** 0.5
    error = float(gaps.std(ddof=1)) / len(gaps) ** 0.5
    agrees = abs(gaps.mean()) <= float(stats.norm.isf(LEVEL / 2 / comparisons)) * error
    sys.stdout.write(
        f"{name}: {scores.mean():.4f} [{scores.mean() - half:.4f}, {scores.mean() + half:.4f}], "
        f"exact {exact.mean():.4f}, difference {gaps.mean():+.4f} +- {1.959964 * error:.4f}"
        f"{'' if agrees else ' DISAGREES'}\n"
    )
    return bool(agrees)


def main() -> int:
    """Play, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=20_000)
    episodes = parser.parse_args().episodes
    comparisons = len(SETTINGS) * (2 * len(DEPTHS) - 1)
    agree = []
    for listener, setting in enumerate(SETTINGS):
        found = {depth: played(setting, depth, episodes) for depth in DEPTHS}
        for depth, (scores, exact) in found.items():
            agree.append(line(f"listener {listener}, speaker {depth}", scores, exact, comparisons))
        for depth in DEPTHS[1:]:
            scores, exact = found[depth][0] - found[0][0], found[depth][1] - found[0][1]
            agree.append(line(f"listener {listener}, speaker {depth} over 0", scores, exact, comparisons))
    return int(not all(agree))


if __name__ == "__main__":
    sys.exit(main())
