"""Run episodes, for any agent, in blocks that are fixed by the configuration; one JSONL row each; resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError, ConfigError, DataError
from pragenv.files import write_json
from pragenv.protocols import Agent, UserView
from pragenv.types import EndReason, Episode, Verdict, mix
from pragenv.vector import answers

EPISODES = "episodes.jsonl"
Broken = dict[int, tuple[EndReason, str]]
"""What went wrong in which of a block's conversations, through no fault of its user."""
_ASKING = frozenset(("ask", "ask_open", "guess"))


@dataclass(frozen=True)
class Names:
    """What a row calls the parts of its cell."""

    task: str
    setting: str
    split: str
    simulator: str
    agent: str


def rollout(
    env: DialogueEnv, agent: Agent, names: Names, seed: int, episodes: int, start: int = 0, batch_size: int = 1
) -> Iterator[list[Episode]]:
    """Episodes `start` to `episodes`, a block at a time.

    Episode i is seeded by (seed, i) alone, so the scenarios are the same for every agent. A block is always run whole,
    also where only part of it is wanted, so that a resumed run batches as an undisturbed one does. A failing agent,
    simulator or grader ends its own episode, as data.

    Args:
        env: a fresh environment; it is forked for each further conversation of a block.
        agent: who plays.
        names: how the rows name the parts.
        seed: of the run.
        episodes: how many there are to be in all.
        start: the first one wanted.
        batch_size: conversations a block; agents act, and users reply, in batch over a block.
    """
    env.begin(seed=0)  # a conversation has to begin before it can be forked
    envs = [env, *(env.fork() for _ in range(batch_size - 1))]
    for block in range(start - start % batch_size, episodes, batch_size):
        indices = range(block, block + batch_size)
        rows = _play(envs, agent, names, seed, indices)
        yield [row for row in rows if start <= row.index < episodes]


def _play(envs: list[DialogueEnv], agent: Agent, names: Names, seed: int, indices: range) -> list[Episode]:
    broken: Broken = {}
    playing = _open(envs, seed, indices, broken)
    while playing:
        spoken = _act(agent, [envs[i].agent_view(agent.privileged) for i in playing])
        asked: dict[int, UserView] = {}
        for i, utterance in zip(playing, spoken, strict=True):
            if not isinstance(utterance, str):
                broken[i] = (EndReason.AGENT_ERROR, f"{type(utterance).__name__}: {utterance}")
                continue
            try:
                view = envs[i].say(utterance)
            except Exception as error:  # a task's grader is a plug-in too
                broken[i] = _task_error(error)
                continue
            if view is not None:
                asked[i] = view
        _hear(envs, asked, broken)
        playing = [i for i in asked if envs[i].end_reason is None and i not in broken]
    return [record(env, names, index, broken.get(i)) for i, (env, index) in enumerate(zip(envs, indices, strict=True))]


def _open(envs: list[DialogueEnv], seed: int, indices: range, broken: Broken) -> list[int]:
    """Begin a conversation for each index; those whose user could open."""
    starts = enumerate(zip(envs, indices, strict=True))
    _hear(envs, {i: env.begin(mix(seed, index), {"index": index}) for i, (env, index) in starts}, broken)
    for env in envs:
        if env.error:  # that is no business of the agent's
            env.say("")
    return [i for i, env in enumerate(envs) if env.end_reason is None]


def _hear(envs: list[DialogueEnv], asked: Mapping[int, UserView], broken: Broken) -> None:
    """Let the users that are asked speak, in one call of their simulator."""
    for i, answer in zip(asked, answers(envs[0].simulator, asked.values()), strict=True):
        try:
            envs[i].hear(answer)
        except Exception as error:
            broken[i] = _task_error(error)


def _task_error(error: Exception) -> tuple[EndReason, str]:
    return EndReason.TASK_ERROR, f"{type(error).__name__}: {error}"


def _act(agent: Agent, views: list[Any]) -> list[Any]:
    try:
        spoken = list(agent.act_batch(views))
    except ConfigError:  # a model that isn't there is no episode's failure
        raise
    except Exception as error:  # a batch that fails as a whole fails for each
        return [error] * len(views)
    if len(spoken) != len(views):
        return [AgentError(f"act_batch returned {len(spoken)} utterances for {len(views)} views")] * len(views)
    return [s if isinstance(s, (str, Exception)) else AgentError(f"an utterance is a str, got {s!r}") for s in spoken]


def record(env: DialogueEnv, names: Names, index: int, broken: tuple[EndReason, str] | None = None) -> Episode:
    """The row of a conversation that has ended, or that broke."""
    questions, needs_asking, expected_uniform = 0, False, None
    try:
        acts = env.task.acts(env.user_view())
        spoken = [acts.parse(m.content) for m in env.dialogue if m.role == "assistant"]
        questions = sum(any(act.kind in _ASKING for act in parsed) for parsed in spoken)
        needs_asking, expected_uniform = env.task.needs_asking(env.scenario), env.task.chance(env.scenario)
    except Exception as error:
        broken = broken or _task_error(error)
    reason, why = broken or (env.end_reason, env.error)
    assert reason is not None
    verdict = env.verdict if broken is None else Verdict(None, False, why)
    return Episode(
        index=index,
        key=env.scenario_key,
        task=names.task,
        setting=names.setting,
        split=names.split,
        simulator=names.simulator,
        agent=names.agent,
        public=env.scenario.public,
        user_brief=env.scenario.user_brief,
        agent_brief=env.scenario.agent_brief,
        dialogue=env.dialogue,
        user_info=tuple(env.user_info),
        end_reason=reason,
        scored=verdict.score is not None,
        score=None if verdict.score is None else float(verdict.score),
        solved=verdict.solved,
        reason=verdict.reason,
        reward=env.reward if broken is None else 0.0,
        turns=env.turn,
        questions=questions,
        needs_asking=needs_asking,
        expected_uniform=expected_uniform,
        error=why,
    )


def recorded(path: Path, names: Names) -> int:
    """How many episodes a cell's file holds, after cutting off a last line that a killed run left unfinished.

    Raises:
        DataError: where a finished line is not the row that belongs there, or is another cell's.
    """
    if not path.exists():
        return 0
    with path.open("rb+") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            file.truncate(whole)
    lines = data[:whole].split(b"\n")[:-1]
    for i, line in enumerate(lines):
        where = f"{path}, line {i + 1}"
        try:
            row = Episode.from_json(line.decode("utf-8"), where)
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: not UTF-8 ({error.reason}); move the file away and run again") from None
        if row.index != i:
            raise DataError(f"{where}: holds episode {row.index}, not {i}; move the file away and run again")
        found = Names(row.task, row.setting, row.split, row.simulator, row.agent)
        if found != names:
            raise DataError(f"{where}: belongs to {found}, not {names}; move the file away and run again")
    return len(lines)


def run_cell(
    directory: Path,
    meta: Mapping[str, Any],
    make: Callable[[], tuple[DialogueEnv, Agent]],
    names: Names,
    seed: int,
    episodes: int,
    batch_size: int,
    progress: Callable[[int], object],
) -> None:
    """Bring a cell's records up to `episodes`, from wherever an earlier run stopped.

    Each block is appended with one write, so a killed run leaves at most one unfinished line, which is cut off.

    Args:
        directory: the cell's own; made if missing.
        meta: written to `meta.json` before the first episode.
        make: makes environment and agent; not called where nothing is left to do.
        names: how the rows name the parts.
        seed: of the run.
        episodes: how many there are to be in all; a file that holds more is left as it is.
        batch_size: conversations a block.
        progress: told how many episodes have been added (or were found).

    Raises:
        DataError: where another process is writing this cell, or its records are not its own.
    """
    directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(directory / ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DataError(f"{directory}: another process is writing this cell; wait for it or stop it") from None
    with lock:
        write_json(directory / "meta.json", meta)
        done = recorded(directory / EPISODES, names)
        progress(min(done, episodes))
        if done >= episodes:
            return
        env, agent = make()
        with (directory / EPISODES).open("ab", buffering=0) as file:
            for rows in rollout(env, agent, names, seed, episodes, done, batch_size):
                file.write("".join(row.to_json() + "\n" for row in rows).encode("ascii"))
                progress(len(rows))
