"""The corpus of users whose tasks are played: whose words are in it, and that its users are faithful."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import torch
from pragenv_simulators.guard import faults

from pragenv import registration
from pragenv.env import DialogueEnv
from pragenv.protocols import COMMIT, Task, UserView
from pragenv.tasks.lexicon import normalise, words
from pragenv.train_mini import played
from pragenv.train_mini.batches import Example, encode, pad, pool
from pragenv.train_mini.corpus import TOP_LEVEL, Corpus
from pragenv.train_mini.planning import plan
from pragenv.train_mini.played import PLAYED, PlayedCorpus
from pragenv.train_mini.recipe import QUICK
from pragenv.train_mini.talk import Talk
from pragenv.train_mini.thinking import thought
from pragenv.train_mini.tokens import train_tokenizer

N = 60


@pytest.fixture(scope="module", params=PLAYED)
def views(request: pytest.FixtureRequest) -> list[UserView]:
    corpus = PlayedCorpus(request.param)
    return [corpus.user_talk(random.Random(i), TOP_LEVEL)[0] for i in range(N)]


def test_a_talk_is_a_function_of_seed_number_and_level() -> None:
    corpus, twin = (Corpus(seed=5, share=0.5, tasks=PLAYED) for _ in range(2))
    assert [corpus.talk(i, 3) for i in (7, 3, 7)] == [twin.talk(i, 3) for i in (7, 3, 7)]
    assert corpus.talk(7, 3) != Corpus(seed=6, share=0.5, tasks=PLAYED).talk(7, 3)
    kinds = {kind for kind, _ in map(corpus.talk, range(150), [3] * 150)}
    assert kinds == {f"{task}/{side}" for task in PLAYED for side in ("user", "assistant")}


def test_its_wordings_are_those_of_training(views: list[UserView]) -> None:
    said = {message.content for view in views for message in view.dialogue if message.role == "assistant"}
    assert not said & _wordings(views[0].task.name, "test")


@pytest.mark.parametrize("name", PLAYED)
def test_its_frames_are_no_wordings_that_are_kept(name: str) -> None:
    made = registration.tasks.make(name)
    kept = {normalise(text) for split in ("validation", "test") for text in _wordings(name, split)}
    filled = set()
    for setting in made.SETTINGS:
        for key in range(20):
            env = DialogueEnv(made, setting, registration.make_simulator("scripted"), "train")
            env.reset(seed=key)
            acts = made.acts(env.user_view())
            for act in acts.menu:
                frames, parts = played._paraphrased(acts, act)
                filled |= {normalise(played._filled(frame, parts)) for frame in frames}
    assert len(filled) > 50
    assert not filled & kept


def test_its_scenarios_are_of_every_split(views: list[UserView]) -> None:
    made = registration.tasks.make(views[0].task.name)
    for split in ("train", "validation", "test"):
        found = (made.sample(key, setting, split) for setting in made.SETTINGS for key in range(200))
        briefs = {made.brief(s.public, s.user_brief).splitlines()[0] for s in found}
        assert any(view.task.brief(view.public, view.user_brief).splitlines()[0] in briefs for view in views), split


def _wordings(task: str, split: str) -> set[str]:
    """What agents ask in the wordings that a split keeps."""
    made = registration.tasks.make(task)
    kept, free = set(), set()
    for setting in made.SETTINGS:
        for key in range(20):
            for phrasing, into in ((split, kept), ("train", free)):
                env = DialogueEnv(made, setting, registration.make_simulator("scripted"), split)
                env.reset(seed=key)
                view = env.user_view()
                acts = made.acts(view._replace(public=type(view.public)({**view.public, "phrasing": phrasing})))
                into |= {acts.phrase(act, k) for act in acts.menu for k in range(6)}
    return kept - free


def test_what_its_users_say_has_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the agent's words are those by which they are understood."""
    monkeypatch.setattr(PlayedCorpus, "_worded", lambda self, acts, act, text, rng: text)
    monkeypatch.setattr(played, "decorated", lambda text, rng: text)
    monkeypatch.setattr(played, "open_question", lambda rng: "Anything else?")
    for idle in ("small_talk", "off_topic"):
        monkeypatch.setattr(played, idle, lambda rng: "Thank you.")
    wrong = []
    for name in PLAYED:
        corpus = PlayedCorpus(name)
        for i in range(20):
            view, _, _ = corpus.user_talk(random.Random(i), TOP_LEVEL)
            for at, message in enumerate(view.dialogue):
                if message.role == "user" and (at == 0 or COMMIT not in view.dialogue[at - 1].content):
                    before = view._replace(
                        dialogue=view.dialogue[:at], turn=sum(m.role == "assistant" for m in view.dialogue[:at])
                    )
                    wrong += [(name, i, at, fault) for fault in faults(before, message.content)]
    assert not wrong


def test_what_decides_a_reply_is_among_what_is_taken_from_the_brief() -> None:
    """Every value that a user of Service tells, word for word."""
    corpus, told = PlayedCorpus("service"), 0
    for i in range(N):
        view, copied, _ = corpus.user_talk(random.Random(i), TOP_LEVEL)
        said = " ".join(words(" ".join(m.content for m in view.dialogue if m.role == "user")))
        for slot in ("name", "held", "day"):
            value = " ".join(words(str(view.user_brief["goal"].get(slot, "-"))))
            if value and value in said:
                told += 1
                assert set(value.split()) <= set(copied)
    assert told > N


@pytest.mark.parametrize("layers", [2, 4, 6])
def test_a_turn_is_learned_as_if_only_words_had_been_said_before_it(layers: int) -> None:
    recipe = replace(
        QUICK, tasks="calibrate,draft,negotiate,reference,service", width=32, layers=layers, vocabulary=600
    )
    corpus = Corpus(seed=0, share=0.1, sides="user", tasks=PLAYED)
    talks = [corpus.talk(i, 2) for i in range(12)]
    tokenizer = train_tokenizer(iter(talk for _, talk in talks), recipe.vocabulary)
    model = recipe.model(tokenizer.pad_token_id, tokenizer.eos_token_id).double().eval()
    examples = [encode(kind, talk, tokenizer, lead=layers) for kind, talk in talks]
    batch = next(pool(corpus, 0, 2, tokenizer, 1500, lead=layers))
    assert batch.branch.any()
    compared = 0
    with torch.no_grad():
        for (kind, talk), example in zip(talks, examples, strict=True):
            together = _made(model, [example])[0]
            for number in range(1, len(talk.thoughts) + 1):
                alone = encode(kind, _only(talk, number), tokenizer)
                learned = [i for i, at in enumerate(example.branch) if at == number and example.own[i]]
                said = [i for i in range(len(alone.ids)) if alone.own[i]][-len(learned) :]
                assert [example.ids[i] for i in learned] == [alone.ids[i] for i in said]
                plain = model.model(input_ids=torch.tensor([alone.ids])).last_hidden_state[0]
                got, wanted = together[[i - 1 for i in learned]], plain[[i - 1 for i in said]]
                assert torch.allclose(got, wanted, atol=1e-9)
                compared += 1
        beside = _made(model, examples[:3])
        for row, example in zip(beside, examples[:3], strict=True):
            n = len(example.ids)
            assert torch.allclose(row[:n], _made(model, [example])[0], atol=1e-9)
    assert compared > 20


def _made(model: Any, examples: list[Example]) -> torch.Tensor:
    batch = pad(examples, 0)
    mask = {"full_attention": batch.sees(), "conv": None}
    return model.model(input_ids=batch.ids, attention_mask=mask, position_ids=batch.position).last_hidden_state


def _only(talk: Talk, number: int) -> Talk:
    """The talk up to one turn, thought and reply in one, and what was thought before left out."""
    at = [i for i, m in enumerate(talk.chat) if m.role == "assistant"][number - 1]
    spoken = talk.chat[at]._replace(content=talk.thoughts[number - 1] + talk.chat[at].content)
    return Talk((*talk.chat[:at], spoken))


def test_there_is_a_thought_for_each_turn_and_none_is_spoken(views: list[UserView]) -> None:
    corpus = PlayedCorpus(views[0].task.name)
    for i in range(10):
        view, _, thoughts = corpus.user_talk(random.Random(i), TOP_LEVEL)
        said = [m.content for m in view.dialogue if m.role == "user"]
        assert len(said) == len(thoughts)
        assert all(t.startswith("<think>") and t.endswith("</think>") and t.count("think") == 2 for t in thoughts)
        assert not any("think>" in text for text in said)


@pytest.mark.parametrize("name", PLAYED)
def test_its_assistants_are_rule_agents_in_the_training_split(name: str) -> None:
    corpus, made = PlayedCorpus(name), registration.tasks.make(name)
    described = {split: _words(made, split) for split in ("train", "validation", "test")}
    kept = (described["validation"] | described["test"]) - described["train"]
    assert kept
    for i in range(20):
        talk = corpus.agent_talk(random.Random(i))
        assert not set(words(talk.chat[0].content)) & kept
        assert talk.chat == corpus.agent_talk(random.Random(i)).chat
        assert COMMIT in [m for m in talk.chat if m.role == "assistant"][-1].content or name == "negotiate"


def _words(task: Task, split: str) -> set[str]:
    """All words, figures aside, by which scenarios of a split are described."""
    found = (task.sample(key, setting, split) for setting in task.SETTINGS for key in range(60))
    return {word for s in found for word in words(task.describe(s.public, s.agent_brief)) if word.isalpha()}


_ESPRESSO = (
    "dose 20 is 6, 14 is 0, +6 of 8: +75.0%; brew time 30 is 5, 24 is 2, +3 of 10: +30.0%; "
    "grind setting 5 is 4, 1 is 0, +4 of 8: +50.0%; "
)
_BEFORE = (
    "dose 16 is 2, 14 is 0, +2 of 8: +25.0%; brew time 30 is 5, 24 is 2, +3 of 10: +30.0%; "
    "grind setting 5 is 4, 1 is 0, +4 of 8: +50.0%; "
)
_TRIED = (
    "PROPOSE: dose: 16 g; brew time: 30 s; grind setting: 5",
    "PROPOSE: dose: 20 g; brew time: 30 s; grind setting: 5",
)
_DRAFTED = (
    "DRAFT:\nWe would like to inform our sellers of the following. The order has the number 4471.\n\n"
    "Please do not hesitate to contact us."
)
_COLOURS = "1 green 2 yellow 3 yellow 4 yellow"
_YELLOW = (  # how many have each feature, and what a listener of depth 1 makes of it
    "left 2 3 4; 2 long 1 plain 1 yellow 3; 3 large 3 striped 1 yellow 3; 4 large 3 dotted 2 yellow 3; "
    "2 3.8%, 3 7.5%, 4 88.6%"
)
_BARGAINED = ("OFFER: €440, basic equipment, standard delivery", "OFFER: €430, basic equipment, collection")
_WEIGHED = (
    "full equipment, next-day delivery; basic equipment 10 less: 390; collection 20 less: 370; they 430; inform offer"
)


@pytest.mark.parametrize(
    ("task", "setting", "seed", "said", "wanted"),
    [
        ("calibrate", "default", 1, _TRIED, f"{_ESPRESSO}most +75.0% +75.0% +75.0%; dose too_much"),
        (
            "calibrate",
            "default",
            1,
            ("PROPOSE: dose: 16 g; brew time: 30 s; grind setting: 5",),
            f"{_BEFORE}most +25.0% +30.0% +50.0%; grind too_much",
        ),
        # 6/8 + 3/10 + 4/8, and 2/8 + 3/10 + 4/8
        ("calibrate", "comparison", 1, _TRIED, f"{_ESPRESSO}now 155.0%; {_BEFORE}before 105.0%; proposal farther"),
        ("calibrate", "default", 1, ("Hello there.",), "not_understood"),
        ("draft", "default", 1, ("What tone would you like?",), "asked It should sound formal.; tone formal"),
        (
            "draft",
            "default",
            1,
            ("Which layout would you like?", "Anything else?"),
            "anything else?; told 1; 1 told; 2 left: Short, 80 words at most.; length short",
        ),
        (
            "draft",
            "default",
            1,
            (_DRAFTED,),
            "1 form paragraphs for paragraphs; 2 length short for short; 3 tone formal for formal; "
            "4 the order number in for in; 5 the length of the delay out for in; delay in",
        ),
        ("draft", "default", 1, ("Should I mention the refund?",), "asked refund: not a wish; indifferent"),
        (
            "service",
            "default",
            1,
            ("Under which name, please?", "Anything else?"),
            "anything else?; told 1 2 3; 1 told; 2 told; 3 told; 4 left: which of those with room: cheapest; "
            "pick cheapest",
        ),
        (
            "service",
            "default",
            2,
            ("Shall I book it for Friday?",),
            "taken for Friday: day: Thursday; may it?; day Thursday",
        ),
        ("negotiate", "default", 3, _BARGAINED, f"message 2: €400, {_WEIGHED}"),
        ("negotiate", "tit_for_tat", 3, _BARGAINED, f"offered more by 0; message 2: €400, {_WEIGHED}"),
        ("reference", "default", 1, ("Green.",), f"green: {_COLOURS}; left 1; confirm"),
        ("reference", "default", 1, ("Yellow.",), f"yellow: {_COLOURS}; {_YELLOW}; confirm"),
        (
            "reference",
            "default",
            1,
            ("Yellow.", "Green."),
            f"yellow: {_COLOURS}; green: 2 yellow 3 yellow 4 yellow; left none; deny",
        ),
        (
            "reference",
            "default",
            1,
            ("Yellow.", "Green.", "Yellow."),
            f"yellow: {_COLOURS}; green: 2 yellow 3 yellow 4 yellow; left none; deny",
        ),
        ("reference", "picking", 1, ("What colour is it?",), "asked colour; colour white"),
    ],
)
def test_a_thought_holds_the_working_and_what_is_due(
    task: str, setting: str, seed: int, said: tuple[str, ...], wanted: str
) -> None:
    made = registration.tasks.make(task)
    env = DialogueEnv(made, made.setting(setting), registration.make_simulator("scripted"), "train")
    env.reset(seed=seed)
    for text in said[:-1]:
        env.step(text)
    view = env.say(said[-1])
    assert view is not None
    assert thought(view) == f"<think>{wanted}</think>"


_TICKET = "kind book; name Viktor Horak; a Aldern; b Farrow; day Thursday; pick latest; places 1; rate flex"
_LATE = "Y6Q5S Wednesday active movable, 38 of 48 hours; Z8M3E Friday active firm, 90 of 48 hours"


@pytest.mark.parametrize(
    ("task", "agent", "seed", "wanted"),
    [
        (
            "calibrate",
            "coordinate",
            1,
            (
                "first the middle",
                "dose too much, moved 0 before: 18 to 16; propose",
                "grind setting too much, moved 0 before: 5 to 3; propose",
                "brew time too much, moved 0 before: 30 to 26; propose",
                "dose too much, moved 1 before: 16 to 15; propose",
            ),
        ),
        (
            "service",
            "clerk",
            4,
            (
                "kind book; name ?; a ?; b ?; day Thursday; pick ?; places ?; rate ?; ask name a b pick places rate",
                f"{_TICKET}; search",
                f"{_TICKET}; R274 6 of 1: 09:15; R175 1 of 1: 10:50; book",
                f"{_TICKET}; close",
            ),
        ),
        (
            "service",
            "clerk",
            2,
            (
                "kind change; name ?; held ?; day Thursday; pick ?; ask name pick",
                "kind change; name Jonas Weaver; held ?; day Thursday; pick earliest; bookings",
                "kind change; name Jonas Weaver; held ?; day Thursday; pick earliest; ask held",
                f"kind change; name Jonas Weaver; held Wednesday; day Thursday; pick earliest; {_LATE}; close",
            ),
        ),
    ],
)
def test_an_assistant_thinks_what_leads_to_its_move(task: str, agent: str, seed: int, wanted: tuple[str, ...]) -> None:
    made, speaks = registration.tasks.make(task), registration.agents.make(agent)
    env = DialogueEnv(made, made.setting("default"), registration.make_simulator("scripted"), "train")
    env.reset(seed=seed)
    for due in wanted:
        view = env.agent_view()
        said = speaks.act(view)
        assert plan(view, said) == f"<think>{due}</think>"
        env.step(said)


@pytest.mark.parametrize("name", PLAYED)
def test_an_assistant_thinks_before_every_turn_or_before_none(name: str) -> None:
    corpus, thinks = PlayedCorpus(name), 0
    for i in range(20):
        talk = corpus.agent_talk(random.Random(i))
        turns = sum(m.role == "assistant" for m in talk.chat)
        assert len(talk.thoughts) in (0, turns)
        thinks += bool(talk.thoughts)
    assert (thinks > 0) == (name in ("calibrate", "service"))
