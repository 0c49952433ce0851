"""Training the mini model: it learns, it resumes to the same numbers, and it refuses what is not its own."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pragenv.cli import main
from pragenv.errors import ConfigError, DataError, PragEnvError
from pragenv.registration import make_env, make_simulator
from pragenv.train_mini.command import train_mini
from pragenv.train_mini.played import PLAYED
from pragenv.train_mini.recipe import QUICK, Recipe
from pragenv.train_mini.talk import Question
from pragenv.train_mini.train import Progress, Trainer
from pragenv.train_mini.words import Words
from pragenv.types import UserTurn

TINY = replace(QUICK, steps=12, tokens=1024, vocabulary=512, tokenizer_talks=60, width=32, layers=2, words=2)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


class _Stop(Exception):
    pass


def test_a_run_that_was_interrupted_ends_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pragenv.train_mini.train._SAVE_EVERY", 5)
    whole = Trainer(TINY, tmp_path / "whole")
    whole.run()
    step = Trainer._step

    def stopping(self: Trainer, batch: object) -> None:
        if self.progress.step == 8:
            raise _Stop
        step(self, batch)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", stopping)
        with pytest.raises(_Stop):
            Trainer(TINY, tmp_path / "cut").run()
    resumed = Trainer(TINY, tmp_path / "cut")
    assert resumed.progress.step == 5
    resumed.run()
    assert vars(resumed.progress) == vars(whole.progress)
    for (name, a), b in zip(whole.model.state_dict().items(), resumed.model.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_the_loss_falls(tmp_path: Path) -> None:
    trainer = Trainer(replace(TINY, steps=200, warmup=10), tmp_path)
    first = Trainer(replace(TINY, steps=2), tmp_path / "first").run().loss
    assert trainer.run().loss < 0.85 * first


def test_a_folder_of_another_recipe_is_refused(tmp_path: Path) -> None:
    Trainer(TINY, tmp_path)
    with pytest.raises(DataError, match="another recipe"):
        Trainer(replace(TINY, share=0.9), tmp_path)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    trainer = Trainer(TINY, tmp_path)
    with torch.no_grad():
        trainer.model.lm_head.weight.fill_(float("nan"))
    with pytest.raises(PragEnvError, match="loss is nan at step 0"):
        trainer.run()


@pytest.mark.parametrize(("changes", "named"), [({"share": 1.5}, "share"), ({"steps": 0}, "steps")])
def test_a_change_out_of_range_is_refused(changes: dict[str, float], named: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=named):
        train_mini(tmp_path, True, changes)


def test_rates_rise_and_fall() -> None:
    recipe = Recipe(steps=1000, warmup=100)
    rates = [recipe.rate_at(step) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[99] == pytest.approx(0.901)
    assert rates[499] == pytest.approx(0.501)
    assert rates[-1] == pytest.approx(0.02)


def test_the_curriculum_climbs_when_the_model_copes_and_when_time_runs_out() -> None:
    recipe = Recipe(steps=1200)
    copes = Progress(step=10, right={"clarify/user": 0.9, "twenty_questions/user": 0.9})
    copes.climb(recipe)
    assert (copes.level, copes.right) == (1, {})
    struggles = Progress(step=10, right={"clarify/user": 0.9, "twenty_questions/user": 0.5})
    struggles.climb(recipe)
    assert struggles.level == 0
    late = Progress(step=600, right={})
    late.climb(recipe)
    assert late.level == 6
    top = Progress(step=700, level=6, right={"clarify/user": 0.9, "twenty_questions/user": 0.9})
    top.climb(recipe)
    assert (top.level, len(top.right)) == (6, 2)


def test_layers_pass_what_is_bare_and_only_while_a_step_asks_for_it(tmp_path: Path) -> None:
    trainer = Trainer(replace(TINY, bare=1.0), tmp_path)
    batch = next(trainer._batches())
    ids, embed = batch.ids[:, :-1], trainer.model.get_input_embeddings()
    seen: list[torch.Tensor] = []
    trainer.model.model.layers[-1].register_forward_hook(lambda _, __, made: seen.append(made))
    trainer._bare = trainer._drawn_bare(batch)
    trainer.model(input_ids=ids)
    trainer._bare = None
    trainer.model(input_ids=ids)
    heard = batch.heard[:, :-1]
    assert heard.any()
    assert torch.equal(seen[0][heard], embed(ids)[heard])
    assert not torch.equal(seen[1][heard], embed(ids)[heard])
    assert not trainer._drawn_bare(batch._replace(heard=torch.zeros_like(batch.heard))).any()


def test_words_are_learned_for_the_questions_that_hold_them() -> None:
    tokens = {
        w: i for i, w in enumerate("which colour shade hue should it have cost price budget is the please".split())
    }

    def split(text: str) -> list[int]:
        return [tokens[word] for word in text.split()]

    said = {"which shade should it have": "colour", "which hue please": "colour", "cost please": "budget"}
    taught = [Question(text, about, ("colour", "budget")) for text, about in said.items()]
    torch.manual_seed(0)
    words, embeddings = Words(16), torch.nn.Parameter(0.02 * torch.randn(len(tokens), 16))
    new = [
        Question("is it the hue", "colour", ("budget", "colour")),
        Question("the cost", "budget", ("colour", "budget")),
    ]
    before = words.loss(embeddings, new, split).item()
    optimiser = torch.optim.AdamW([embeddings, *words.parameters()], lr=0.01)
    for _ in range(100):
        words.loss(embeddings, taught, split).backward()
        optimiser.step()
        optimiser.zero_grad()
    assert words.loss(embeddings, new, split).item() < 0.2 < before


def test_what_a_question_cannot_be_about_is_not_held_against_it() -> None:
    words, embeddings = Words(4), torch.eye(4)
    split = {"q": [0], " a": [0], " b": [0], " c": [1]}.__getitem__
    alone = words.loss(embeddings, [Question("q", "a", ("a", "c"))], split)
    beside = words.loss(embeddings, [Question("q", "a", ("a", "c")), Question("q", "a", ("a", "b"))], split)
    assert alone.item() < 1e-6
    assert beside.item() == pytest.approx((alone.item() + torch.log(torch.tensor(2.0)).item()) / 2, abs=1e-5)


@pytest.mark.slow
def test_the_command_writes_a_model_with_its_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(QUICK, tokens=1024, tokenizer_talks=60, vocabulary=512, words=2)
    monkeypatch.setattr("pragenv.train_mini.command.QUICK", small)
    monkeypatch.setattr("pragenv.train_mini.command._QUICK_EPISODES", 4)
    monkeypatch.setattr("pragenv.train_mini.command._QUICK_TURNS", 1)
    out = tmp_path / "mini"
    assert main(["train-mini", "--quick", "--steps", "4", "--share", "0.3", "--out", str(out)]) == 0
    report = json.loads((out / "evaluation.json").read_text())
    assert report["progress"]["step"] == 4
    assert report["recipe"]["share"] == 0.3
    assert {row["agent"] for row in report["agents"]} == {"lm_greedy", "lm_prompted", "lm_sample"}
    card = (out / "README.md").read_text()
    assert "4 steps" in card
    assert (out / "share.png").stat().st_size > 1000
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {p.name for p in out.iterdir()}


def test_the_command_writes_the_second_checkpoint_with_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(QUICK, tokens=1024, tokenizer_talks=60, vocabulary=512)
    monkeypatch.setattr("pragenv.train_mini.command.QUICK", small)
    out = tmp_path / "users"
    assert main(["train-mini", "--second", "--quick", "--steps", "4", "--out", str(out)]) == 0
    report = json.loads((out / "evaluation.json").read_text())
    assert {row["task"] for row in report["audit"]} == set(PLAYED)
    assert {(row["task"], row["split"]) for row in report["scores"]} == set(product(PLAYED, ("train", "test")))
    card = (out / "README.md").read_text()
    assert "4 steps" in card
    assert all(card.count(f"| {task} |") == 3 for task in PLAYED)
    assert load_file(out / "model.safetensors")["model.embed_tokens.weight"].dtype == torch.bfloat16
    user = make_simulator({"name": "lm", "model": {"name": "mini", "path": str(out)}, "guard": False})
    assert isinstance(user.reply(make_env("service", simulator="scripted").begin(1)), UserTurn)
