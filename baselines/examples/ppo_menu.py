"""Unmodified PPO from stable-baselines3 learns when to ask and when to commit, through the dialogue-act menu.

It trains on the training forms of Clarify and plays 500 test conversations after every rollout of 2,048 steps: held-out
forms, held-out phrasings, the most probable action. The baselines hold the same 500 conversations in the same rollouts;
intervals are over conversations on those forms. Every hyperparameter is the library's default (`MlpPolicy`, one
environment); only the seed and the device are named. No policy is selected: the table has the last one of each seed.

    python baselines/examples/ppo_menu.py

Writes `curve.json` (test reward of each seed against environment steps, and the table) and `curve.png` to `--out`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import stable_baselines3
import torch
from matplotlib.figure import Figure
from pragenv_baselines.askers import AnswerFirst, ClarifyFirst
from pragenv_baselines.diagnostic import Oracle, Uniform
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from tqdm import tqdm

import pragenv
from pragenv.metrics import compare, summarise
from pragenv.rollout import Names, rollout
from pragenv.wrappers import DialogueActMenu, Menu

EPISODES, BATCH, TEST_SEED, ROLLOUT = 500, 50, 20_000, 2048
BASELINES: dict[str, pragenv.Agent] = {
    "oracle": Oracle(),
    "clarify_first": ClarifyFirst(),
    "answer_first": AnswerFirst(),
    "uniform": Uniform(),
}
# Okabe and Ito's palette, and a dash pattern each, so that nothing rests on colour alone.
_SEED_STYLES = (("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#CC79A7", ":"), ("#E69F00", (0, (5, 1))))

Row = dict[str, Any]
Episodes = list[pragenv.Episode]


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
        return str(self.act_batch([view])[0])

    def act_batch(self, views: Sequence[pragenv.AgentView]) -> list[str | pragenv.AgentError]:
        """The same for many conversations at once."""
        actions, _ = self.model.predict(np.stack([self.menu.features(view) for view in views]), deterministic=True)
        return [self.menu.utterance(view, action) for view, action in zip(views, actions, strict=True)]


def play(env_id: str, name: str, agent: pragenv.Agent) -> Episodes:
    """The test conversations, which are the same for every agent."""
    env = gym.make(env_id, simulator="scripted", split="test").unwrapped
    assert isinstance(env, pragenv.DialogueEnv)
    names = Names(env.task.name, env.setting.name, env.split, "scripted", name)
    blocks = rollout(env, agent, names, TEST_SEED, EPISODES, batch_size=BATCH)
    return [episode for block in blocks for episode in block]


def train(env_id: str, seed: int, steps: int) -> tuple[list[Row], Episodes]:
    """The test reward of one seed after every rollout, and the test episodes of the last policy."""
    menu = Menu()
    arguments: dict[str, Any] = {"simulator": "scripted", "split": "train"}
    env = make_vec_env(lambda: DialogueActMenu(gym.make(env_id, **arguments), menu.slots), seed=seed)
    model = PPO("MlpPolicy", env, seed=seed, device="cpu")
    curve = []
    for done in tqdm(range(0, steps + 1, ROLLOUT), desc=f"PPO, seed {seed}"):
        if done:
            model.learn(ROLLOUT, reset_num_timesteps=False)
        played = play(env_id, f"ppo, seed {seed}", Learned(model, menu))
        row = summarise(played)[0]
        curve.append({"seed": seed, "steps": done} | {key: row[key] for key in ("reward", "reward_low", "reward_high")})
    return curve, played


def draw(env_id: str, curve: Sequence[Row], table: Sequence[Row], path: Path) -> None:
    """Learning curves with 95% bands, and the baselines as labelled horizontal lines."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    last = max(point["steps"] for point in curve)
    for line in table:
        if line["agent"] in BASELINES:
            axes.axhline(line["reward"], color="#444444", linewidth=1, linestyle=(0, (2, 2)), zorder=1)
            # The two best lie close together: one label above its line, the others below theirs.
            align = "bottom" if line["agent"] == "oracle" else "top" if line["agent"] == "clarify_first" else "center"
            text = f"{line['agent']} {line['reward']:.2f}"
            axes.text(1.01 * last, line["reward"], text, va=align, color="#222222", clip_on=False)
    for i, seed in enumerate(dict.fromkeys(point["seed"] for point in curve)):
        points = [point for point in curve if point["seed"] == seed]
        colour, dashes = _SEED_STYLES[i % len(_SEED_STYLES)]
        steps = [point["steps"] for point in points]
        style: Row = {"color": colour, "linestyle": dashes, "marker": "o", "markersize": 3}
        axes.plot(steps, [p["reward"] for p in points], label=f"PPO, seed {seed}", **style)
        low, high = ([p[bound] for p in points] for bound in ("reward_low", "reward_high"))
        axes.fill_between(steps, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set(xlabel="environment steps (turns)", ylabel="mean reward on held-out forms", xlim=(0, last))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(f"{env_id}: PPO through the dialogue-act menu, with 95% intervals", loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center right")
    figure.savefig(path, dpi=150)


def main() -> None:
    """Train every seed, play the baselines, write the files and print the table."""
    parser = argparse.ArgumentParser(description="PPO through the dialogue-act menu of Clarify")
    parser.add_argument("--steps", type=int, default=16 * ROLLOUT, help="environment steps a seed")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds: 0, 1, …")
    parser.add_argument("--env", default="pragenv/Clarify-v0", help="id of any setting of Clarify that shows the form")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(""), help="folder for the two files")
    options = parser.parse_args()
    torch.set_num_threads(1)

    played = {name: play(options.env, name, agent) for name, agent in BASELINES.items()}
    curve: list[Row] = []
    for seed in range(options.seeds):
        points, final = train(options.env, seed, options.steps)
        curve += points
        played[final[0].agent] = final
    # Beside each agent's estimates, the paired difference in reward to clarify_first on the same scenarios.
    table = [summarise(each)[0] | compare(each, played["clarify_first"]) for each in played.values()]

    options.out.mkdir(parents=True, exist_ok=True)
    versions = {"stable_baselines3": stable_baselines3.__version__, "torch": torch.__version__}
    result = {"env": options.env, "split": "test", "versions": versions, "table": table, "curve": curve}
    (options.out / "curve.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    draw(options.env, curve, table, options.out / "curve.png")
    for line in table:
        values = "  ".join(
            f"{name} {line[name]:6.3f} [{line[name + '_low']:6.3f}, {line[name + '_high']:6.3f}]"
            for name in ("reward", "success", "turns", "reward_difference")
        )
        sys.stdout.write(f"{line['agent']:14}  {values}\n")


if __name__ == "__main__":
    main()
