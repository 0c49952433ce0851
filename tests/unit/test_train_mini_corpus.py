"""The corpus of the mini model: what is in it, what must not be, and how it becomes tokens."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest
from transformers import PreTrainedTokenizerFast

from pragenv.models.chat import ChatEncoder
from pragenv.protocols import commitment
from pragenv.registration import make_simulator
from pragenv.tasks.clarify.form import bank
from pragenv.train_mini.batches import encode, pool
from pragenv.train_mini.clarify import ClarifyCorpus
from pragenv.train_mini.corpus import TOP_LEVEL, Corpus
from pragenv.train_mini.talk import LOST, MORE, Talk, kept
from pragenv.train_mini.tokens import CONTROL, train_tokenizer
from pragenv.types import Message

N = 400


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(seed=5, share=0.5)


@pytest.fixture(scope="module")
def talks(corpus: Corpus) -> list[tuple[str, Talk]]:
    return [corpus.talk(i, TOP_LEVEL) for i in range(N)]


@pytest.fixture(scope="module")
def tokenizer(talks: list[tuple[str, Talk]]) -> PreTrainedTokenizerFast:
    return train_tokenizer((talk for _, talk in talks), 1024)


def test_a_talk_is_a_function_of_seed_number_and_level(corpus: Corpus) -> None:
    twin = Corpus(seed=5, share=0.5)
    assert [corpus.talk(i, 3) for i in (7, 3, 7)] == [twin.talk(i, 3) for i in (7, 3, 7)]
    assert corpus.talk(7, 3) != Corpus(seed=6, share=0.5).talk(7, 3)


def test_both_sides_of_every_task_are_in_it(talks: list[tuple[str, Talk]]) -> None:
    kinds = Counter(kind for kind, _ in talks)
    assert set(kinds) == {
        f"{task}/{side}" for task in ("clarify", "twenty_questions") for side in ("user", "assistant")
    }
    assert min(kinds.values()) > N / 20


def test_no_wording_that_is_kept_is_asked(talks: list[tuple[str, Talk]]) -> None:
    said = {m.content.lower() for _, talk in talks for m in talk.chat}
    assert len(kept()) > 600
    assert said & kept() == set()


def test_a_question_asks_about_one_of_what_it_could(corpus: Corpus) -> None:
    questions = [corpus.question(i) for i in range(N)]
    assert questions[:3] == [Corpus(seed=5, share=0.5).question(i) for i in range(3)]
    assert all(q.about in q.among for q in questions)
    assert {LOST, MORE} < {q.about for q in questions}
    assert {q.text.lower() for q in questions} & kept() == set()


def test_a_user_names_what_it_tells(talks: list[tuple[str, Talk]]) -> None:
    named = 0
    for kind, talk in talks:
        if kind == "clarify/user":
            labels = [line[2:].split(":")[0] for line in talk.chat[0].content.splitlines() if line.startswith("- ")]
            told = talk.chat[0].content.split("and mentions: ")[1].split(".\n")[0].rstrip(".")
            first = talk.chat[2].content
            assert first.count("As for ") >= (0 if told == "none of this" else 1 + told.count(";"))
            named += sum(f"As for {label}:" in first for label in labels)
    assert named > 50


def test_nothing_that_could_be_asked_is_kept(corpus: Corpus) -> None:
    for made in corpus._tasks.values():
        assert {w.lower() for asks in made._asks.values() for w in asks} & kept() == set()  # type: ignore[attr-defined]
        assert all(made._asks.values())  # type: ignore[attr-defined]


def test_the_assistant_never_meets_a_form_that_is_kept(corpus: Corpus) -> None:
    rng = random.Random(0)
    made = corpus._tasks["clarify"]
    titles = {form.title for form in bank() if form.split == "train"}
    for _ in range(60):
        system = made.agent_talk(rng, TOP_LEVEL, 3, 0.5).chat[0].content
        title = system.removeprefix("A user wants help with ").split(". What they want")[0]
        assert title in titles


def test_an_assistant_does_what_its_system_prompt_says(talks: list[tuple[str, Talk]]) -> None:
    asked: dict[str, list[bool]] = {"direct": [], "pragmatic": [], "": []}
    for kind, talk in talks:
        if kind == "clarify/assistant":
            system, first = talk.chat[0].content, talk.chat[2].content
            told = "direct" if "Do not ask" in system else "pragmatic" if "Be pragmatic" in system else ""
            asked[told].append(commitment(first) is None)
    assert not any(asked["direct"])
    assert sum(asked["pragmatic"]) > sum(asked[""]) * len(asked["pragmatic"]) / len(asked[""])


def test_the_users_values_are_those_of_its_brief() -> None:
    rng = random.Random(1)
    made = ClarifyCorpus(make_simulator("scripted"), {})
    for _ in range(40):
        view, _ = made.user_talk(rng, TOP_LEVEL)
        acts, asked = view.task.acts(view), ()
        for turn, message in enumerate(m for m in view.dialogue if m.role == "user"):
            for act in acts.read(message.content, asked):
                assert view.task.holds(view._replace(turn=turn), act), (message, act)


def test_training_and_speaking_read_a_chat_alike(
    talks: list[tuple[str, Talk]], tokenizer: PreTrainedTokenizerFast
) -> None:
    encoder = ChatEncoder(tokenizer)
    for kind, talk in talks:
        chat = talk.chat[: 1 + max(i for i, m in enumerate(talk.chat) if m.role == "user")]
        spoken = encode(kind, talk, tokenizer).ids
        prompt = encoder.encode(chat)
        assert spoken[: len(prompt)] == prompt[: len(spoken)]


def test_only_the_speakers_own_words_are_learned(tokenizer: PreTrainedTokenizerFast) -> None:
    talk = Talk(
        (Message("system", "Be brief."), Message("user", "Which one?"), Message("assistant", "The red one.")), ("red",)
    )
    made = encode("x", talk, tokenizer)
    learned = tokenizer.decode([i for i, own in zip(made.ids, made.own, strict=True) if own])
    assert learned == "The red one.<|end|>"
    assert "red" in tokenizer.decode([i for i, copied in zip(made.ids, made.copied, strict=True) if copied])


def test_what_the_agent_says_is_heard_by_users_alone(tokenizer: PreTrainedTokenizerFast) -> None:
    talk = Talk((Message("system", "Notes."), Message("user", "Which one?"), Message("assistant", "The red one.")))
    for kind, heard in (("clarify/user", "Which one?"), ("clarify/assistant", "")):
        made = encode(kind, talk, tokenizer)
        assert tokenizer.decode([i for i, said in zip(made.ids, made.heard, strict=True) if said]) == heard


@pytest.mark.parametrize("forged", CONTROL)
def test_text_holds_no_control_token(forged: str, tokenizer: PreTrainedTokenizerFast) -> None:
    made = encode("x", Talk((Message("user", f"Hi {forged}"), Message("assistant", forged))), tokenizer)
    control = set(tokenizer.convert_tokens_to_ids(list(CONTROL)))
    assert sum(i in control for i in made.ids) == 4


def test_a_pool_holds_each_talk_once_within_the_budget(corpus: Corpus, tokenizer: PreTrainedTokenizerFast) -> None:
    batches = list(pool(corpus, 0, 2, tokenizer, 3000))
    assert sum(len(b.kinds) for b in batches) == 96
    assert all(b.ids.numel() <= 3000 or len(b.kinds) == 1 for b in batches)
    again = next(islice(pool(corpus, 0, 2, tokenizer, 3000), 1))
    assert again.ids.equal(batches[0].ids)
