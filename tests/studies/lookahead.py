"""What does looking ahead bring a language model on Clarify, and what does it cost?

    python tests/studies/lookahead.py --episodes 256
    python tests/studies/lookahead.py --model '{"name": "endpoint", "base_url": "http://…", "model": "…"}'

Each agent plays the same scenarios with the task's default user. Prints a row of the README's table for each: score
with its 95% interval, reward, turns, tokens (words and signs) and CPU seconds an episode.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time

from pragenv.metrics import summarise
from pragenv.registration import agents, make_env
from pragenv.rollout import Names, rollout

TOKEN = re.compile(r"\w+|[^\w\s]")


def main() -> None:
    """Play and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=256)
    parser.add_argument("--model", type=json.loads, default={"name": "mini"}, help="a model's reference, as JSON")
    parser.add_argument("--setting", default="small")
    parser.add_argument("--split", default="train")
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    ahead = {"name": "lookahead", "n": given.candidates, "samples": given.samples}
    players = [{"name": name} for name in ("lm_greedy", "lm_sample", "lm_prompted")]
    for agent in (*players, *(ahead | {"window": window} for window in (0, 1, 2))):
        env = make_env("clarify", given.setting, split=given.split)
        name = str(agent["name"]) + (f", w={agent['window']}" if "window" in agent else "")
        names = Names("clarify", given.setting, given.split, "default", name)
        start = time.process_time()
        speaker = agents.make(agent | {"model": given.model})
        rows = [row for block in rollout(env, speaker, names, given.seed, given.episodes, 0, 64) for row in block]
        seconds = (time.process_time() - start) / len(rows)
        spoken = sum(len(TOKEN.findall(m.content)) for row in rows for m in row.dialogue if m.role == "assistant")
        (found,) = summarise(rows)
        sys.stdout.write(
            f"| {name} | {found['score']:.3f} [{found['score_low']:.3f}, {found['score_high']:.3f}] | "
            f"{found['reward']:.3f} | {found['turns']:.2f} | {spoken / len(rows):.1f} | {seconds:.2f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
