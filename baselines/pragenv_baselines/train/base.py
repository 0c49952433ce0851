"""Base models: assistants that have read conversations with a given share of clarifying turns, unrewarded.

A model of this size learns wordings by heart. So most users in the corpus say what they want in words that tell nothing
of what it is about (those of another matter, or none that make sense), which leaves only the values to go by.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from tqdm import tqdm

import pragenv
from pragenv import registration
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.clarify.form import bank
from pragenv.tasks.phrasing import phrasings
from pragenv.training import TrainConfig
from pragenv.types import Dialogue, Message, canonical_json, mix
from pragenv_baselines.askers import AskSometimes
from pragenv_baselines.lm import instructions, told
from pragenv_baselines.train.demonstrations import demonstrate, rows_of_dialogue
from pragenv_baselines.train.learner import descend
from pragenv_baselines.train.losses import likelihood
from pragenv_baselines.train.policy import Policy
from pragenv_baselines.train.sequences import Batch, batches
from pragenv_baselines.train.talks import Talk, begin

_STREAM = 801  # of the keys
_SPECIFIED = 0.4  # of the requests: what takes long to learn is to write down what was said
_COUNTED = 256  # conversations by which it is known how many questions an assistant asks
_PLAIN, _BORROWED = 0.15, 0.35  # of the conversations; the others have words that make no sense
_ANSWERED_AT_ONCE = 3  # messages: of the system, of the user, the answer
_DIRECT = 0.15  # of the assistants are told not to ask, and do not
_SPEED = ("batch_size", "cache_gb", "threads", "deterministic")  # options of a model that serve speed alone


def base_model(model: Mapping[str, Any], config: TrainConfig, env: DialogueEnv, folder: Path) -> Path:
    """The folder of a base model, made at the first use.

    Args:
        model: what it begins from.
        config: of the run; its `base` says what the corpus is, and its `share` is not None.
        env: in whose task and setting the conversations take place.
        folder: of all base models.
    """
    recipe = config.base
    weights = {name: value for name, value in model.items() if name not in _SPEED}
    facts = {"model": weights, "task": config.task, "split": config.split, "simulator": config.simulator}
    digest = hashlib.sha256(canonical_json({**facts, **recipe, "version": pragenv.__version__}).encode()).hexdigest()
    path = folder / f"share{recipe['share']:g}-{digest[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        if not path.exists():
            policy = Policy(registration.models.make({**model, "deterministic": False}))
            _read(policy, corpus(env), asking(env, recipe["share"]), recipe)
            partial = path.with_name(f"{path.name}.partial")
            policy.save(partial)
            partial.rename(path)
    return path


def corpus(env: DialogueEnv) -> DialogueEnv:
    """The environment in which the conversations of the corpus take place."""
    setting = env.setting.with_knobs({"full": _SPECIFIED}) if hasattr(env.setting, "full") else env.setting
    return DialogueEnv(env.task, setting, env.simulator, env.split)


def assistant(askers: float) -> AskSometimes:
    """Who speaks in the corpus: one style of asking, which so small a model can learn from few examples."""
    return AskSometimes(askers, wording=0)


def asking(env: DialogueEnv, share: float) -> float:
    """In what share of the corpus' conversations its assistants ask, for `share` of their turns to be clarifying ones.

    Raises:
        ConfigError: where asking for all that is missing would not be as many.
    """
    talks = begin([corpus(env)], _STREAM, range(_COUNTED), 1)
    demonstrate(assistant(1.0), talks)
    turns = sum(talk.env.turn for talk in talks if talk.scored) / max(1, sum(talk.scored for talk in talks))
    wanted, held = share / (1 - share) if share < 1 else math.inf, turns - 1
    if wanted > held:
        raise ConfigError(
            f"train: base.share must be at most {held / turns:.2f} in {env.task.name}/{env.setting.name}, where an "
            f"assistant that asks for all that is missing does so {held:.2f} times before it answers; got {share:g}"
        )
    return wanted / held if wanted else 0.0


def _read(policy: Policy, env: DialogueEnv, askers: float, recipe: Mapping[str, Any]) -> None:
    """Next-token likelihood on the assistants' turns of an endless corpus."""
    optimiser = torch.optim.AdamW(policy.parameters, lr=recipe["rate"], betas=(0.9, 0.98), weight_decay=0.0)
    words = _words(policy.model.tokenizer)
    agent, direct = assistant(askers), assistant(0.0)
    seed, n = mix(recipe["seed"], _STREAM), recipe["conversations"]

    def loss(batch: Batch) -> tuple[torch.Tensor, float]:
        return likelihood(batch, policy.read(batch)), float(batch.own.sum())

    for step in tqdm(range(recipe["steps"]), desc=f"base model, share {recipe['share']:g}", unit="step", disable=None):
        talks = begin([env], seed, range(step * n, (step + 1) * n), 1)
        told_so = round(_DIRECT * n)
        demonstrate(direct, talks[:told_so])
        demonstrate(agent, talks[told_so:])
        rng = random.Random(mix(seed, step))
        rows = []
        for i, talk in enumerate(talks):
            dialogue = _reworded(talk, words, rng)
            rows += rows_of_dialogue(policy, told(dialogue, instructions("direct.v1")) if i < told_so else dialogue)
        rate = recipe["rate"] * min(1.0, (step + 1) / 20) * max(0.05, 1 - step / recipe["steps"])
        descend(optimiser, policy.parameters, batches(rows, 8192, policy.device), loss, rate, 1.0)
    policy.changed()


# -- what users say in it ----------------------------------------------------------------------------------------------


def _reworded(talk: Talk, words: Sequence[str], rng: random.Random) -> Dialogue:
    """The dialogue, its user speaking in other words, for tasks that know how to; the values stay."""
    dialogue, task = talk.env.agent_view().dialogue, talk.env.task
    drawn = rng.random()
    if not isinstance(task, Clarify) or drawn < _PLAIN:
        return dialogue
    acts = task.acts(talk.env.user_view())
    said: list[Message] = []
    for i, message in enumerate(dialogue):
        if message.role == "user":
            asked = acts.parse(dialogue[i - 1].content) if i > 1 else ()
            values = [act.value for act in acts.read(message.content, asked) if act.kind == "inform"]
            rng.shuffle(values)
            carried = [_carrier(drawn, words, rng).replace("{value}", value) for value in values]
            if i == 1:
                asked_for = len(dialogue) > _ANSWERED_AT_ONCE or rng.random() < 0.5
                carried.insert(0, rng.choice(acts.requests) if asked_for else f"{_nonsense(8, words, rng)}?")
            message = message._replace(content=" ".join(carried))
        said.append(message)
    return tuple(said)


def _carrier(drawn: float, words: Sequence[str], rng: random.Random) -> str:
    """A sentence with room for a value."""
    if drawn < _PLAIN + _BORROWED:
        return rng.choice(_tells())
    said = [_nonsense(1, words, rng) for _ in range(rng.randint(2, 11))]
    said.insert(rng.randint(len(said) // 2, len(said)), "{value}")
    text = " ".join(said)
    return text[0].upper() + text[1:] + rng.choice((".", ".", "!", ", please."))


def _nonsense(n: int, words: Sequence[str], rng: random.Random) -> str:
    return " ".join(rng.choice(words) for _ in range(n))


@lru_cache(maxsize=1)
def _tells() -> tuple[str, ...]:
    """The wordings in which the users of training forms tell anything."""
    return tuple(
        wording
        for form in bank()
        if form.split == "train"
        for field in form.fields
        for wording in phrasings(field.tells, "train")
        if "{label}" not in wording
    )


def _words(tokenizer: Any) -> tuple[str, ...]:
    """The words that are one token each."""
    pieces = (tokenizer.decode([i]) for i in range(len(tokenizer)))
    return tuple(piece[1:] for piece in pieces if piece.startswith(" ") and len(piece) > 2 and piece[1:].isalpha())
