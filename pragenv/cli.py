"""The command line. Exit status 0 on success, 2 on bad input with one line that says why."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pragenv import __version__
from pragenv.bench.command import bench_arguments
from pragenv.errors import ConfigError, DataError, PragEnvError
from pragenv.types import Episode


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and not getattr(arguments, "takes_overrides", False):
        parser.error(f"unrecognised arguments: {' '.join(rest)}")
    arguments.overrides = rest
    sys.path.insert(0, os.getcwd())  # where `_target_` and `check` find a module of the user's own
    try:
        status: int | None = arguments.run(arguments)
    except PragEnvError as error:
        print(f"pragenv: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
        return 1
    except OSError as error:
        print(f"pragenv: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pragenv: interrupted; run the same command again to continue", file=sys.stderr)
        return 130
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pragenv", description="Dialogue as an episodic MDP.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"pragenv {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int | None], text: str, **defaults: Any) -> Any:
        sub = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        sub.set_defaults(run=run, **defaults)
        return sub

    for name, text in (
        ("run", "Run one cell: pragenv run task=clarify agent=clarify_first episodes=100"),
        ("sweep", "Run many cells and report: pragenv sweep agent=answer_first,clarify_first"),
    ):
        sub = command(name, _run, text, takes_overrides=True)
        sub.add_argument("--dry-run", action="store_true", help="print every cell and its size; run and write nothing")
        sub.add_argument("--out", help="folder for the cells (the same as out=DIR)")
    sub = command(
        "train",
        _train,
        "Train a language model: pragenv train objective=conversation task.setting=small seed=0 out=DIR",
        takes_overrides=True,
    )
    sub.add_argument("--dry-run", action="store_true", help="print what would be trained; run and write nothing")
    sub = command(
        "audit",
        _audit,
        "Is a simulator faithful? pragenv audit simulator=scripted persona=noisy task=clarify,twenty_questions",
        takes_overrides=True,
    )
    sub.add_argument("--turns", type=int, default=2000, help="turns of the user's for each task, at least (2000)")
    sub.add_argument("--out", type=Path, default=Path("audit"), help="folder for audit.json and audit.html (audit)")
    sub = command(
        "ceiling",
        _ceiling,
        "What would the best possible agent earn? pragenv ceiling task=clarify,twenty_questions (all their settings)",
        takes_overrides=True,
    )
    sub.add_argument("--out", type=Path, help="folder for ceilings.json")
    sub = command("report", _report, "Write summary.json, summary.csv, figures and report.html for a folder of runs.")
    sub.add_argument("directory", type=Path)
    sub.add_argument("--out", type=Path, help="where to write; the folder itself by default")
    sub = command("regrade", _regrade, "Grade recorded dialogues again, simulating nothing.")
    sub.add_argument("directory", type=Path)
    sub.add_argument("--out", type=Path, help="folder for regrade.json")
    sub = command("belief", _belief, "Write belief.jsonl beside records: how each turn moved an exact belief.")
    sub.add_argument("directory", type=Path)
    sub.add_argument("--noise", type=float, default=0.0, help="how often users are taken to err (0)")
    sub = command("compare", _compare, "Paired difference between two agents on the same scenarios.")
    sub.add_argument("directory", type=Path)
    sub.add_argument("first", metavar="A")
    sub.add_argument("second", metavar="B")
    sub.add_argument("--out", type=Path, help="folder for compare.json")
    sub = command("play", _play, "Be the agent yourself, in a terminal.")
    sub.add_argument("task")
    sub.add_argument("--setting", default="default")
    sub.add_argument("--split", default="test")
    sub.add_argument("--simulator", help="the task's default user by default: a language model, where there is one")
    sub.add_argument("--persona")
    sub.add_argument("--seed", type=int, help="random by default")
    sub = command("check", _check, "Check a task, simulator or agent of your own: pragenv check my_module:MyUser")
    sub.add_argument("target", metavar="MODULE:NAME")
    sub.add_argument("--faithful", action="store_true", help="a simulator must also convey nothing but the truth")
    command("list", _list, "List environment ids, tasks with their settings, simulators and agents.")
    _train_mini_arguments(command("train-mini", _train_mini, "Train the bundled model from nothing, with its card."))
    bench_arguments(command("bench", _bench, "Time the environments, the language models, or beliefs and lookahead."))
    return parser


def _train_mini_arguments(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--out", type=Path, required=True, help="folder for the model; the same call goes on with its run")
    sub.add_argument("--quick", action="store_true", help="two minutes, to see that it works; the model is of no use")
    sub.add_argument("--second", action="store_true", help="the checkpoint that speaks in the later tasks")
    sub.add_argument("--device", default="cpu", help="of PyTorch (cpu)")
    for name, kind, text in (
        ("share", float, "chance that an assistant asks at a turn where something is missing"),
        ("steps", int, "optimiser steps"),
        ("seed", int, "of corpus, weights and order"),
    ):
        sub.add_argument(f"--{name}", type=kind, help=f"{text}; the recipe's by default")


def _run(arguments: argparse.Namespace) -> None:
    from pragenv.ceilings import write_ceilings
    from pragenv.run import free_knobs, launch, plan, quoted

    sweep = arguments.command == "sweep"
    overrides = free_knobs(_overrides(arguments)) + ([f"out={quoted(arguments.out)}"] if arguments.out else [])
    cells = plan(overrides, sweep)
    if arguments.dry_run:
        for cell in cells:
            print(f"{cell.directory}  {cell.config['episodes']} episodes")
        print(f"{len(cells)} cells, {sum(cell.config['episodes'] for cell in cells)} episodes in all; nothing was run")
        return
    for line in dict.fromkeys(line for cell in cells for line in getattr(cell.task, "skipped", ())):
        print(f"skipped: {line}")
    launch(overrides, sweep)
    out = Path(cells[0].config["out"])
    _audit_records(out)
    write_ceilings(cells, out)
    _print_report(out, out)


def _train(arguments: argparse.Namespace) -> None:
    import json
    from dataclasses import asdict

    from pragenv.run import free_knobs
    from pragenv.training import compose_training, train

    config = compose_training(free_knobs(_overrides(arguments)))
    if arguments.dry_run:
        print(json.dumps(asdict(config), indent=2))
        return
    folder = train(config)
    print(f"trained: {folder}\nplay it: pragenv sweep agent=lm_greedy,lm_sample model.path={folder}")


def _overrides(arguments: argparse.Namespace) -> list[str]:
    given: list[str] = arguments.overrides
    if unknown := [word for word in given if word.startswith("-")]:
        raise ConfigError(f"unknown option {unknown[0]!r}; overrides look like name=value")
    return given


def _audit_records(out: Path) -> None:
    """Judge the users of all runs below a folder, for its report."""
    from omegaconf import OmegaConf

    from pragenv.audit import audit_episodes
    from pragenv.audit.judge import MEASURES
    from pragenv.audit.recorded import JUDGED, PARSED
    from pragenv.files import write_json
    from pragenv.report import AUDIT
    from pragenv.report.records import read
    from pragenv.run import Cell

    names = ("task", "setting", "simulator")
    groups: dict[tuple[str, ...], list[Any]] = {}
    for held in read(out):
        for episode in held.episodes:
            groups.setdefault(tuple(getattr(episode, name) for name in names), []).append((episode, held.meta))
    rows, unjudged = [], {}
    for key, members in sorted(groups.items()):
        label = dict(zip(names, key, strict=True))
        try:
            task = Cell.of(OmegaConf.create(dict(members[0][1]["config"]))).task
            rows += [label | row for row in audit_episodes([episode for episode, _ in members], task)]
        except Exception as error:  # another's task may be gone or broken; the episodes are there, and have a report
            unjudged["/".join(key)] = f"{type(error).__name__}: {error}"
            print(
                f"pragenv: the users of {'/'.join(key)} could not be judged: {unjudged['/'.join(key)]}", file=sys.stderr
            )
    about = {"gold": PARSED, "measures": MEASURES, "episodes_each": JUDGED, "unjudged": unjudged}
    write_json(out / AUDIT, {"about": about, "rows": rows})


def _ceiling(arguments: argparse.Namespace) -> None:
    from pragenv.ceilings import ceilings, of_all_settings, text_table
    from pragenv.files import write_json
    from pragenv.report import CEILINGS
    from pragenv.run import free_knobs, plan

    overrides = free_knobs(_overrides(arguments))
    cells = plan([*overrides, "agent=mute"], sweep=True)
    given = any(o.startswith("task.setting=") for o in overrides)
    rows = ceilings(cells if given else of_all_settings(cells))
    if arguments.out:
        write_json(arguments.out / CEILINGS, rows)
    print(text_table(rows) if rows else "no ceiling is known: the task declares no intents (pragenv.intents)")


def _belief(arguments: argparse.Namespace) -> None:
    from pragenv.signals import write_signals

    for cell, rows in write_signals(arguments.directory, arguments.noise):
        print(f"{cell}: {rows} episodes" if rows else f"{cell}: its task declares no intents")


def _audit(arguments: argparse.Namespace) -> None:
    from pragenv.audit import BATCH_SIZE, audit
    from pragenv.audit.page import text_table, write_audit
    from pragenv.registration import make_simulator
    from pragenv.run import free_knobs, plan

    given = free_knobs(_overrides(arguments))
    named = {override.lstrip("+~").split("=")[0] for override in given}
    usual = {"agent": "agent=mute", "batch_size": f"batch_size={BATCH_SIZE}"}  # what is audited has no agent
    cells = plan([*given, *(line for name, line in usual.items() if name not in named)], sweep=True)
    for what, values in (
        ("simulator", {cell.names.simulator for cell in cells}),
        ("seed, batch size or agent", {(c.config["seed"], c.config["batch_size"], c.names.agent) for c in cells}),
    ):
        if len(values) > 1:
            raise ConfigError(f"an audit is of one {what}; got {', '.join(map(str, sorted(values)))}")
    if len({cell.names.task for cell in cells}) < len(cells):
        raise ConfigError("an audit has one setting and split for each task; sweep over tasks only")
    simulator = make_simulator(cells[0].config["simulator"], cells[0].config["persona"])
    findings = []
    for cell in cells:
        splits = (cell.config["split"],) if "split" in named else None
        facts = {"turns": arguments.turns, "seed": cell.config["seed"], "batch_size": cell.config["batch_size"]}
        found = audit(cell.task, cell.setting, simulator, cell.names.task, splits, **facts)
        findings.append(replace(found, setting=cell.names.setting))
    write_audit(arguments.out, findings, {"simulator": cells[0].names.simulator, **facts})
    print(text_table(findings))
    print(f"audit: {arguments.out / 'audit.html'}")


def _print_report(directory: Path, out: Path) -> None:
    import json

    from pragenv.report import RELIABILITY, reliability_text, spread_text, text_table, write_report
    from pragenv.report.training import TRAINING, training_text

    rows = write_report(directory, out)
    print(text_table(rows))
    if across := spread_text(rows):
        print(across)
    if (out / RELIABILITY).exists():
        print(reliability_text(json.loads((out / RELIABILITY).read_text(encoding="utf-8"))["reliability"]))
    if (out / TRAINING).exists():
        print(training_text(json.loads((out / TRAINING).read_text(encoding="utf-8"))))
    print(f"report: {out / 'report.html'}")


def _report(arguments: argparse.Namespace) -> None:
    _print_report(arguments.directory, arguments.out or arguments.directory)


def _regrade(arguments: argparse.Namespace) -> None:
    from pragenv.files import write_json
    from pragenv.regrade import regrade

    rows = []
    for row in regrade(arguments.directory):
        rows.append(row)
        print(f"{row['cell']}: {row['changed']} of {row['episodes']} verdicts changed")
    if arguments.out:
        write_json(arguments.out / "regrade.json", rows)


def _compare(arguments: argparse.Namespace) -> None:
    from pragenv.errors import unknown
    from pragenv.files import write_json
    from pragenv.metrics import compare
    from pragenv.report.records import all_episodes, read

    episodes = all_episodes(read(arguments.directory))
    agents = {episode.agent for episode in episodes}
    for name in (arguments.first, arguments.second):
        if name not in agents:
            raise unknown("agent in these records", name, agents)
    rows = []
    for labels in sorted({_group(episode) for episode in episodes}):
        group = [episode for episode in episodes if _group(episode) == labels]
        sides = [[e for e in group if e.agent == name] for name in (arguments.first, arguments.second)]
        if not all(sides):
            continue
        row = {**dict(zip(_GROUP, labels, strict=True)), "first": arguments.first, "second": arguments.second}
        rows.append(row | compare(*sides))
        _print_comparison(rows[-1])
    if not rows:
        raise DataError(f"{arguments.first} and {arguments.second} did not play the same task, setting and simulator")
    if arguments.out:
        write_json(arguments.out / "compare.json", rows)


_GROUP = ("task", "setting", "split", "simulator")


def _group(episode: Episode) -> tuple[str, ...]:
    return episode.task, episode.setting, episode.split, episode.simulator


def _print_comparison(row: Mapping[str, Any]) -> None:
    print(f"{row['task']}/{row['setting']} {row['split']} {row['simulator']}:", end=" ")
    print(f"{row['first']} minus {row['second']}, {row['pairs']} pairs ({row['unscored']} unscored)")
    for name in ("score", "success", "reward", "turns"):
        low, high = (row[f"{name}_difference_{end}"] for end in ("low", "high"))
        bounds = "" if low is None else f"  [{low:+.3f}, {high:+.3f}]"
        print(f"  {name:8} {row[f'{name}_difference']:+.3f}{bounds}")
    print(f"  solved by the first only: {row['first_only']}, by the second only: {row['second_only']};", end=" ")
    print(f"McNemar exact p = {row['mcnemar_p']:.3g}")


def _play(arguments: argparse.Namespace) -> None:
    import secrets

    from pragenv.registration import agents, make_env
    from pragenv.rollout import Names, rollout

    if arguments.seed is not None and arguments.seed < 0:
        raise ConfigError(f"--seed must be at least 0, got {arguments.seed}")
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    env = make_env(arguments.task, arguments.setting, None, arguments.split, arguments.simulator, arguments.persona)
    user = arguments.simulator or env.task.default_user
    names = Names(arguments.task, arguments.setting, arguments.split, user, "human")
    ((episode,),) = rollout(env, agents.make("human"), names, seed, 1)
    for message in episode.dialogue[-1:] if episode.dialogue[-1].role == "user" else ():
        print(f"\n{message.role}: {message.content}")
    print(f"\n\n{episode.end_reason}: {episode.reason}")
    intent = "; ".join(f"{k}: {v}" for k, v in episode.user_brief.items() if v is not None)
    print(f"The intent was {intent}")
    score = "none" if episode.score is None else f"{episode.score:g}"
    print(f"Score {score}, reward {episode.reward:g}, {episode.turns} turns. Play it again with --seed {seed}")


def _check(arguments: argparse.Namespace) -> None:
    from pragenv.testing import RULES, check

    held = check(arguments.target, arguments.faithful)
    family = held[0].split("/")[0] if held else ""
    for name, about in RULES.items():
        if name in held:
            print(f"ok       {name}: {about}")
        elif name.startswith(f"{family}/"):
            print(f"no case  {name}: {about}")


def _list(arguments: argparse.Namespace) -> None:
    from pragenv import registration

    for name in registration.tasks.names():
        print(f"task {name}")
        try:
            settings = registration.tasks.factory(name).SETTINGS  # type: ignore[attr-defined]
        except PragEnvError as error:  # a broken plug-in must not hide the rest
            print(f"  {error}")
            continue
        for setting in settings:
            tags = f"  ({', '.join(setting.tags)})" if setting.tags else ""
            print(f"  {registration.env_id(name, setting.name)}  setting={setting.name}{tags}")
    for kind, registry in (("simulators", registration.simulators), ("agents", registration.agents)):
        print(f"{kind}: {', '.join(registry.names())}")


def _train_mini(arguments: argparse.Namespace) -> None:
    from pragenv.train_mini.command import train_mini

    changes = {name: value for name in ("share", "steps", "seed") if (value := getattr(arguments, name)) is not None}
    print(f"written to {train_mini(arguments.out, arguments.quick, changes, arguments.device, arguments.second)}")


def _bench(arguments: argparse.Namespace) -> None:
    from pragenv.bench.command import run

    print(run(arguments))


if __name__ == "__main__":
    sys.exit(main())
