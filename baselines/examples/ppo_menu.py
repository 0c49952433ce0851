"""Unmodified PPO from stable-baselines3 learns when to ask and when to commit, through the dialogue-act menu.

It trains on the training forms of Clarify and plays 500 test conversations after every rollout of 2,048 steps: held-out
forms, held-out phrasings, the most probable action. The baselines hold the same 500 conversations in the same loop.
Every hyperparameter is the library's default (`MlpPolicy`, one environment); only the seed and the device are named.
No policy is selected: the table gives the last one of each seed. From the root of the repository:

    python baselines/examples/ppo_menu.py

Writes `curve.json` (test reward of each seed against environment steps, and the table) and `curve.png` to `--out`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import stable_baselines3
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pragenv_baselines.askers import AnswerFirst, ClarifyFirst
from pragenv_baselines.diagnostic import Oracle, Uniform
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from tqdm import tqdm

import pragenv
from pragenv.intervals import Estimate, bounded_mean, mean, net_mean, proportion
from pragenv.wrappers import DialogueActMenu, Menu

EPISODES, TEST_SEED, ROLLOUT = 500, 20_000, 2048
BASELINES: dict[str, pragenv.Agent] = {
    "oracle": Oracle(),
    "clarify_first": ClarifyFirst(),
    "answer_first": AnswerFirst(),
    "uniform": Uniform(),
}
# Okabe and Ito's palette, and a dash pattern each, so that nothing rests on colour alone.
_SEED_STYLES = (("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#CC79A7", ":"), ("#E69F00", (0, (5, 1))))

Row = dict[str, Any]


class Learned(pragenv.Agent):
    """A trained policy as an agent: what it knows and says goes through the menu.

    Args:
        model: trained on a `DialogueActMenu` of the same size as `menu`.
        menu: the menu.
    """

    def __init__(self, model: PPO, menu: Menu) -> None:
        self.model, self.menu = model, menu

    def act(self, view: pragenv.AgentView) -> str:
        """The words for the policy's most probable action."""
        action, _ = self.model.predict(self.menu.features(view), deterministic=True)
        return self.menu.utterance(view, action)


class Played(NamedTuple):
    """What an agent earned in each episode: arrays of shape (episodes,).

    `scenarios` has an integer for each distinct scenario; `reach` is the widest difference possible between two rewards.
    """

    scores: NDArray[np.float64]
    rewards: NDArray[np.float64]
    turns: NDArray[np.float64]
    scenarios: NDArray[np.intp]
    reach: float


def play(agent: pragenv.Agent, env_id: str, episodes: int = EPISODES) -> Played:
    """Let an agent hold the test conversations, which are the same for every agent."""
    env = gym.make(env_id, split="test")
    talk = env.unwrapped
    assert isinstance(talk, pragenv.DialogueEnv)
    seen: dict[pragenv.Scenario, int] = {}
    rows = []
    for episode in range(episodes):
        _, info = env.reset(seed=None if episode else TEST_SEED)
        over = False
        while not over:
            _, reward, terminated, truncated, info = env.step(agent.act(talk.agent_view(agent.privileged)))
            over = terminated or truncated
        rows.append((info["score"], float(reward), info["turn"], seen.setdefault(talk.scenario, len(seen))))
    scores, rewards, turns, scenarios = (np.array(column) for column in zip(*rows, strict=True))
    reach = 1 + talk.setting.turn_limit * talk.setting.turn_cost
    return Played(scores, rewards, turns.astype(np.float64), scenarios.astype(np.intp), reach)


def train(env_id: str, seed: int, steps: int) -> tuple[list[Row], Played]:
    """The test reward of one seed after every rollout, and the episodes of the last policy."""
    menu = Menu()
    env = make_vec_env(lambda: DialogueActMenu(gym.make(env_id, split="train"), menu.slots), seed=seed)
    model = PPO("MlpPolicy", env, seed=seed, device="cpu")
    agent, curve = Learned(model, menu), []
    for done in tqdm(range(0, steps + 1, ROLLOUT), desc=f"PPO seed {seed}"):
        if done:
            model.learn(ROLLOUT, reset_num_timesteps=False)
        played = play(agent, env_id)
        curve.append({"seed": seed, "steps": done, **spread("reward", reward(played))})
    return curve, played


def reward(played: Played) -> Estimate:
    """Mean reward with its 95% interval."""
    return net_mean(played.scores, played.scores - played.rewards, played.scenarios)


def spread(name: str, estimate: Estimate) -> Row:
    """An estimate as three columns."""
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def row(agent: str, played: Played, reference: Played, seed: int | None = None) -> Row:
    """One line of the table; `difference` is the paired one to clarify_first's reward on the same scenarios."""
    gap = bounded_mean(played.rewards - reference.rewards, played.scenarios, -played.reach, played.reach)
    return {
        "agent": agent,
        "seed": seed,
        "episodes": played.scores.size,
        **spread("reward", reward(played)),
        **spread("success", proportion(played.scores == 1, played.scenarios)),
        **spread("turns", mean(played.turns, played.scenarios)),
        **spread("difference", gap),
    }


def draw(curve: Sequence[Row], table: Sequence[Row], path: Path) -> None:
    """Learning curves with 95% bands, and the baselines as labelled horizontal lines."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    last = max(point["steps"] for point in curve)
    for line in table:
        if line["seed"] is None:
            axes.axhline(line["reward"], color="#444444", linewidth=1, linestyle=(0, (2, 2)), zorder=1)
            # The two best lie close together: one label above its line, the others below theirs.
            align = "bottom" if line["agent"] == "oracle" else "top" if line["agent"] == "clarify_first" else "center"
            text = f"{line['agent']} {line['reward']:.2f}"
            axes.text(1.01 * last, line["reward"], text, va=align, color="#222222", clip_on=False)
    for i, seed in enumerate(dict.fromkeys(point["seed"] for point in curve)):
        points = [point for point in curve if point["seed"] == seed]
        colour, dashes = _SEED_STYLES[i % len(_SEED_STYLES)]
        steps = [point["steps"] for point in points]
        axes.plot(steps, [p["reward"] for p in points], color=colour, linestyle=dashes, label=f"PPO, seed {seed}")
        low, high = ([p[bound] for p in points] for bound in ("reward_low", "reward_high"))
        axes.fill_between(steps, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set(xlabel="environment steps (turns)", ylabel="mean reward on held-out forms", xlim=(0, last))
    axes.set_title("PPO through the dialogue-act menu, with 95% intervals", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center right")
    figure.savefig(path, dpi=150)


def main() -> None:
    """Train every seed, play the baselines, write the files and print the table."""
    parser = argparse.ArgumentParser(description="PPO through the dialogue-act menu of Clarify")
    parser.add_argument("--steps", type=int, default=20 * ROLLOUT, help="environment steps a seed")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds: 0, 1, …")
    parser.add_argument("--env", default="pragenv/Clarify-v0", help="id of any setting of Clarify that shows the form")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(""), help="folder for the two files")
    options = parser.parse_args()
    torch.set_num_threads(1)

    played = {name: play(agent, options.env) for name, agent in BASELINES.items()}
    reference = played["clarify_first"]
    table = [row(name, each, reference) for name, each in played.items()]
    curve: list[Row] = []
    for seed in range(options.seeds):
        points, final = train(options.env, seed, options.steps)
        curve += points
        table.append(row("ppo", final, reference, seed))

    options.out.mkdir(parents=True, exist_ok=True)
    versions = {"stable_baselines3": stable_baselines3.__version__, "torch": torch.__version__}
    result = {"env": options.env, "split": "test", "versions": versions, "table": table, "curve": curve}
    (options.out / "curve.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    draw(curve, table, options.out / "curve.png")
    for line in table:
        name = line["agent"] if line["seed"] is None else f"{line['agent']}, seed {line['seed']}"
        values = "  ".join(
            f"{column} {line[column]:6.3f} [{line[column + '_low']:6.3f}, {line[column + '_high']:6.3f}]"
            for column in ("reward", "success", "turns", "difference")
        )
        sys.stdout.write(f"{name:14}  {values}\n")


if __name__ == "__main__":
    main()
