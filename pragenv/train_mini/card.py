"""The model card: data, steps, figures and limits, from the numbers of the run alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pragenv.files import write_atomic
from pragenv.train_mini.corpus import ASSISTANTS

_FRONT = """\
---
license: mit
language: en
library_name: transformers
pipeline_tag: text-generation
---

"""
_CARD = """\
# The mini model of PragEnv

A causal language model of {parameters:,} parameters that speaks for either party of Clarify and Twenty Questions:
for the user, given the private brief; for the assistant, given the dialogue alone. It knows nothing else. Rebuild it
with `pragenv train-mini --out DIR`.

## Architecture
LFM2 (`Lfm2ForCausalLM`): {layers} layers, gated short convolutions and attention in turns, width {width}, a byte-level
BPE vocabulary of {vocabulary}. The chat template marks messages with `<|system|>`, `<|user|>`, `<|assistant|>`,
`<|tool|>` and ends each with `<|end|>`.

## Data
Generated while it trains; nothing comes from outside. Of 20 conversations 17 are a user's, told by the scripted user
from a private brief: of every built-in form, and of forms put together from others' fields with strange options
and labels, so that values have to be copied from the brief; of every concept, and of concepts in made-up worlds, so
that facts have to be read there. It names what it takes a question to be about before it answers, and what it tells
unasked before it tells it. What agents say to these users is varied by wordings written for it
(`pragenv/train_mini/data`), blends of two of them, frames, courtesies, slips, omissions, digressions and control text;
the wordings that the tasks keep for validation and test are in none of it. Words that point to a field (its cues) are
used whether or not a kept wording holds them, some of them among words that tell nothing of the topic.

The others are an assistant's, of training forms alone. Told nothing about it, it asks at a turn where something is
missing with chance {share:g} and else answers, guessing what it was not told; two in five carry a system prompt
(`direct.v1`: ask nothing; `pragmatic.v1`: ask about all that is missing) and follow it.

## Training
{training}
Two losses. In the embeddings a question's words, as a weighted bag, are drawn to the words by which the user names what
it is about (cosine softmax over all that it could be about); a run from nothing begins with this alone. Then, beside
it, next-token loss on the speaker's own turns, in which the tokens that decide a reply (its first, what it takes the
question to be about, values) weigh {decisive:g} times as much as its other words; in a share of {bare:g} of the users'
talks all layers pass the agent's words as bare embeddings. Muon for matrices, AdamW for the rest, bfloat16 autocast on
the CPU. A curriculum of seven levels (few fields, and facts in near words, first) climbs
when the model copes or time demands it.
Final loss {loss:.3f}; value tokens predicted, running mean: {right}.

## Measured
Scripted users, default settings, split `test` (forms and wordings that the assistant never saw), 95% intervals.

| task | agent | asks where it has to | solves |
|---|---|---|---|
{agents}

Asking against the share of clarifying turns in the corpus (the model trained on for {more} steps on assistants' turns
with that share; Clarify, scripted users):

![Asking rate against the share of clarifying turns](share.png)

| share | asks, greedy | asks, sampled |
|---|---|---|
{shares}

How faithful the user is, `pragenv audit simulator=lm` measures; the project's README has the figures.

## Limits
It speaks of nothing but these tasks, in the scripted user's wordings. Values of more than a few rare words, and
questions far from any that it has seen, are its weak spots. As an assistant it often guesses wrong by design.
"""

_SECOND_CARD = """\
# The second checkpoint of PragEnv's mini model

A causal language model of {parameters:,} parameters that speaks for the users of these tasks, given the private brief,
and for assistants: {tasks}. It knows nothing else. Rebuild it with `pragenv train-mini --second --out DIR`.

## Architecture
LFM2 (`Lfm2ForCausalLM`): {layers} layers, gated short convolutions and attention in turns, width {width}, a byte-level
BPE vocabulary of {vocabulary}, weights in bfloat16. The chat template is that of the model beside it.

## Data
Generated while it trains; nothing comes from outside. The scripted user speaks in it, in every setting in which it does
not err by chance, with the scenarios of all splits and training wordings. It hears a rule agent that is drawn for the
conversation, questions and proposals of the task's own, alone or two at a time, and talk that asks for nothing. What
agents say is varied by wordings written for it (`pragenv/train_mini/data/played.json`), blends of two of them,
courtesies, slips, omissions, digressions and control text; wordings that the tasks keep for validation and test are in
none of it. Before each turn the user thinks, in `<think>…</think>`: what it is asked, the working that decides (what
deviates by how much, what an offer leaves it, what was told already), and what is due
(`pragenv/train_mini/thinking.py`). Thoughts are not spoken and not remembered; each turn is learned as if only words
had been said before it. In {assistants:.0%} of talks the assistant is learned instead: a rule agent, in the training
split, which in Calibrate (but where users only compare) and Service thinks as well
(`pragenv/train_mini/planning.py`).

## Training
{training}
Next-token loss on the speaker's own turns, in which thoughts, the first token of a reply and what it takes from the
brief weigh {decisive:g} times as much as other words. Muon for matrices, AdamW for the rest, bfloat16 autocast on the
CPU; conversations get longer level by level.
Final loss {loss:.3f}; words of the brief predicted, in thoughts too, running mean: {right}.

## Measured
`pragenv audit simulator=lm`, default settings, splits whose name begins with `test`, 95% intervals; in brackets without
the guard.

| task | {measures} |
|---|{rule}|
{audit}

As an assistant (`lm_greedy`, scripted users, default settings), mean score, beside that of an answer at random:

| task | split | score | at random |
|---|---|---|---|
{scores}

## Limits
It speaks of nothing but these tasks, in the scripted user's wordings. As an assistant it imitates a rule agent's words
without the reckoning behind them.
"""

_SHOWN = ("contradicts", "unanswered", "disclosed_early", "ended_early", "solved_task", "simulator_errors")
_TRAINING = "{steps:,} steps of at most {tokens:,} tokens, {seen:.1f} million tokens in all with padding."


def write_card(out: Path, report: Mapping[str, Any], parameters: int) -> None:
    """Write `README.md` and `share.png` into the model's folder.

    Args:
        out: the folder.
        report: what `evaluation.json` holds.
        parameters: of the model.
    """
    agents = [f"| {r['task']} | {r['agent']} | {_share(r['asks'])} | {_share(r['solved'])} |" for r in report["agents"]]
    shares = [
        f"| {r['share']:g} | {_share(r['agents'][0]['asks'])} | {_share(r['agents'][1]['asks'])} |"
        for r in report["shares"]
    ]
    more = report["shares"][0]["steps"]
    _write(out, _CARD, report, parameters, more=more, agents="\n".join(agents), shares="\n".join(shares))
    _figure(report["shares"]).savefig(out / "share.png", dpi=110)


def write_second_card(out: Path, report: Mapping[str, Any], parameters: int) -> None:
    """Write `README.md` into the folder of the second checkpoint.

    Args:
        out: the folder.
        report: what `evaluation.json` holds.
        parameters: of the model.
    """
    tasks = report["recipe"]["tasks"].split(",")
    found = {
        (row["task"], row["guard"], row["measure"]): _share({**row, "value": row["rate"]}) for row in report["audit"]
    }
    rows = [f"| {t} | {' | '.join(f'{found[t, True, m]} ({found[t, False, m]})' for m in _SHOWN)} |" for t in tasks]
    measures, rule = " | ".join(m.replace("_", " ") for m in _SHOWN), "|".join("---" for _ in _SHOWN)
    scores = [
        f"| {row['task']} | {row['split']} | {_value(row['score'])} | {row['chance']:.2f} |" for row in report["scores"]
    ]
    _write(
        out, _SECOND_CARD, report, parameters, tasks=", ".join(tasks), measures=measures, rule=rule,
        audit="\n".join(rows), scores="\n".join(scores), assistants=ASSISTANTS,
    )  # fmt: skip


def _write(out: Path, card: str, report: Mapping[str, Any], parameters: int, **own: Any) -> None:
    """A card from what every report holds, and what is the card's own."""
    recipe, progress = report["recipe"], report["progress"]
    text = card.format(
        **{k: recipe[k] for k in ("layers", "width", "vocabulary", "share", "decisive", "bare")},
        parameters=parameters,
        training=report.get("training") or _TRAINING.format(**recipe | {"seen": progress["tokens"] / 1e6}),
        loss=progress["loss"],
        right=", ".join(f"{kind} {share:.1%}" for kind, share in sorted(progress["right"].items())),
        **own,
    )
    write_atomic(out / "README.md", (_FRONT + text).encode())


def _figure(shares: Sequence[Mapping[str, Any]]) -> Figure:
    figure = Figure(figsize=(5, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    x = [row["share"] for row in shares]
    for i, (label, colour) in enumerate((("greedy", "#0072b2"), ("sampled", "#d55e00"))):
        y = [row["agents"][i]["asks"] for row in shares]
        axes.plot(x, [e["value"] for e in y], "o-", color=colour, label=label)
        axes.fill_between(x, [e["low"] for e in y], [e["high"] for e in y], color=colour, alpha=0.15, linewidth=0)
    axes.plot([0, 1], [0, 1], color="#8a8a8a", linewidth=0.8, linestyle=":", label="a question at that chance")
    axes.set(xlabel="share of clarifying turns in the corpus", ylabel="asks where it has to", ylim=(-0.02, 1.02))
    axes.legend(frameon=False)
    return figure


def _value(estimate: Mapping[str, Any]) -> str:
    return f"{estimate['value']:.2f} [{estimate['low']:.2f}, {estimate['high']:.2f}]"


def _share(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "–"
    return f"{estimate['value']:.1%} [{estimate['low']:.1%}, {estimate['high']:.1%}]"
