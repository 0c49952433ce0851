"""`pragenv bench`: its arguments, and which benchmark they stand for."""

from __future__ import annotations

import argparse
from pathlib import Path


def bench_arguments(bench: argparse.ArgumentParser) -> None:
    """Add the arguments to a parser."""
    bench.add_argument("what", choices=["env", "models", "belief"])
    bench.add_argument("--seconds", type=float, default=0.5, help="CPU seconds for each environment (in each repeat)")
    bench.add_argument("--out", type=Path, help="folder for bench.json, models.json or belief.json")
    env = bench.add_argument_group("env")
    env.add_argument("--peers", action="store_true", help="also time GEM and TextArena, in an environment of their own")
    env.add_argument("--repeats", type=int, default=7)
    env.add_argument("--peers-python", type=Path, help="interpreter of an environment that has the peers already")
    models = bench.add_argument_group("models")
    models.add_argument("--model", type=Path, help="folder of a model; the bundled one by default")
    models.add_argument("--device", default="cpu", help="cpu by default; on cuda, a larger model is timed too")
    models.add_argument("--threads", type=int, default=1, help="of PyTorch")
    models.add_argument("--sizes", type=int, nargs="+", default=[1, 16, 64, 256], help="conversations side by side")
    models.add_argument("--turns", type=int, default=10, help="of each conversation")
    models.add_argument("--reply", type=int, default=16, help="tokens of each reply")
    models.add_argument("--flip-tokens", type=int, default=20_000, help="tokens drawn for each rate of flips; 0: none")


def run(arguments: argparse.Namespace) -> str:
    """Run the benchmark; its table, and where it was written."""
    kind, name = {"env": (_env, "bench"), "models": (_models, "models"), "belief": (_belief, "belief")}[arguments.what]
    table = kind(arguments)
    return f"{table}\nwritten to {arguments.out / name}.json" if arguments.out else table


def _env(arguments: argparse.Namespace) -> str:
    from pragenv.bench import bench_env, table

    peers, python = arguments.peers, arguments.peers_python
    return table(bench_env(arguments.out, peers, arguments.seconds, arguments.repeats, python))


def _models(arguments: argparse.Namespace) -> str:
    from pragenv.bench.models import bench_models, table

    sizes, numbers = arguments.sizes, (arguments.turns, arguments.reply, arguments.flip_tokens, arguments.seconds)
    return table(bench_models(arguments.out, arguments.model, sizes, *numbers, arguments.device, arguments.threads))


def _belief(arguments: argparse.Namespace) -> str:
    from pragenv.bench.belief import bench_belief, table

    model = {"name": "mini", **({"path": str(arguments.model)} if arguments.model else {})}
    return table(bench_belief(arguments.out, model))
