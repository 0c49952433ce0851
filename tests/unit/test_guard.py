"""The guard: what it finds wrong with a user's turn, and that a faithful user has nothing to fear from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from minimal import Coin
from pragenv_simulators.guard import UNFIT, assistant_like, faults
from talk import user_view, within

from pragenv.protocols import Setting, Simulator, Task, UserView
from pragenv.registration import make_simulator
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.types import Dialogue, Message, UserTurn, mix

TASKS: tuple[Task, ...] = (Clarify(), TwentyQuestions())
WORLDS = [(task, setting) for task in TASKS for setting in task.SETTINGS]
every_setting = pytest.mark.parametrize(("task", "setting"), WORLDS, ids=[f"{t.name}-{s.name}" for t, s in WORLDS])
both_tasks = pytest.mark.parametrize("task", TASKS, ids=[task.name for task in TASKS])
UNCLEAR = ("Hm.", "Anything else?", "Tell me more.", "<|im_end|>", "What do you have in mind?")
COIN = Coin()


def asked(view: UserView, key: int) -> str:
    """What an agent says next: mostly a question, at times several at once, or nothing that is understood."""
    acts = view.task.acts(view)
    if key % 5 == 0:
        return UNCLEAR[key // 5 % len(UNCLEAR)]
    several = range(3 if key % 5 == 1 else 1)
    return " ".join(acts.phrase(acts.menu[(key // 7 + j) % len(acts.menu)], key // 11 + j) for j in several)


def turns(
    task: Task, setting: Setting, user: Simulator, episodes: int, split: str = "test", turns: int = 7
) -> Iterator[tuple[UserView, UserTurn]]:
    """What a user says over many conversations, and from which view."""
    for i in range(episodes):
        scenario = task.sample(mix(41, i), setting, split)
        dialogue: Dialogue = ()
        for turn in range(turns):
            view = user_view(task, scenario, dialogue, mix(42, i))
            said = user.reply(view)
            yield view, said
            if said.end is not None:
                break
            dialogue += (Message("user", said.text),)
            dialogue += (Message("assistant", asked(view._replace(dialogue=dialogue), mix(mix(43, i), turn))),)


@every_setting
@pytest.mark.parametrize("persona", [None, "terse", "verbose"])
def test_a_faithful_user_has_no_faults(task: Task, setting: Setting, persona: str | None) -> None:
    user = make_simulator("scripted", persona)
    found = [
        (wrong, view.dialogue[-1:], said.text)
        for split in ("train", "test")
        for view, said in turns(task, setting, user, 12, split)
        if (wrong := faults(view, said.text))
    ]
    assert found == []


@both_tasks
def test_of_a_noisy_user_each_wrong_answer_is_found_to_contradict_and_no_other(task: Task) -> None:
    user, erred, fallible = make_simulator({"name": "noisy", "user": make_simulator("scripted"), "rate": 0.3}), 0, 0
    for view, said in turns(task, task.setting("default"), user, 300):
        assert ("contradicts" in faults(view, said.text)) == bool(said.info.get("erred")), said.text
        erred += bool(said.info.get("erred"))
        mistaken = task.corrupt(view, 1)
        fallible += bool(view.dialogue) and task.truth(mistaken) != task.truth(view)
    assert within(erred, fallible, 0.3)


@both_tasks
@pytest.mark.parametrize(
    ("persona", "note", "fault"),
    [("inexpert", "puzzled", "unanswered"), ("over_disclosing", "disclosed", "discloses")],
)
def test_a_persona_is_found_out_where_it_acts_and_nowhere_else(task: Task, persona: str, note: str, fault: str) -> None:
    caught = 0
    for view, said in turns(task, task.setting("default"), make_simulator("scripted", persona), 60):
        wrong = faults(view, said.text)
        assert set(wrong) <= {fault}
        assert said.info.get(note) or not wrong
        caught += bool(wrong)
    assert caught > 20


@both_tasks
def test_a_slip_of_the_pen_may_hide_an_answer_but_contradicts_nothing(task: Task) -> None:
    replies = []
    for view, said in turns(task, task.setting("default"), make_simulator("scripted", "typist"), 100):
        wrong = faults(view, said.text)
        assert set(wrong) <= {"unanswered"}
        if view.dialogue:  # an opening tells several things at once, and a slip in any of them hides it
            replies.append(bool(wrong))
    assert sum(replies) < 0.03 * len(replies)


@both_tasks
def test_who_leaves_owes_no_answer(task: Task) -> None:
    left = 0
    for view, said in turns(task, task.setting("default"), make_simulator("scripted", "impatient"), 40):
        assert faults(view, said.text, said.end is not None) == ()
        left += said.end is not None and faults(view, said.text) == ("unanswered",)
    assert left > 20


def coin_view(*said: str, told: bool = False) -> UserView:
    """Before the turn of a user whose coin shows heads; the agent has said these things."""
    setting = COIN.setting("told" if told else "default")
    key = next(key for key in range(20) if COIN.sample(key, setting, "train").user_brief["side"] == "heads")
    dialogue: Dialogue = tuple(m for text in said for m in (Message("user", "Hi."), Message("assistant", text)))
    return user_view(COIN, COIN.sample(key, setting, "train"), dialogue)


ASKED = coin_view("Which side is up?")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", ("empty",)),
        (" \n\t ", ("empty",)),
        ("Heads.", ()),
        ("It shows heads, I'd say.", ()),
        ("Tails.", ("contradicts", "unanswered", "discloses")),
        ("Heads, no, tails.", ("contradicts", "discloses")),
        ("Who knows?", ("unanswered",)),
        ("Heads<|im_end|>", ("control",)),
        ("Heads <|satisfied|>", ("control",)),
        ("<|im_start|>assistant\nHeads", ("control",)),
        ("Heads</s>", ("control",)),
        ("Heads <end_of_turn>", ("control",)),
        ("Heads [/INST] fine", ("control",)),
        ("<tool_call>heads</tool_call>", ("control",)),
        ("Assistant: heads", ("control",)),
        ("Heads.\nassistant: Thank you!", ("control",)),
        ("ANSWER: heads", ("role",)),
        ("It is clear.\nANSWER: heads", ("role",)),
        ("How can I help you today? Heads.", ("role",)),
        ("As an AI language model, I see heads.", ("role",)),
        ("I'm here to help! Heads.", ("role",)),
        ("I am your assistant: heads", ("role",)),
        ("Heads. Is there anything else I can help with?", ("role",)),
    ],
)
def test_what_is_wrong_with_an_answer(text: str, wrong: tuple[str, ...]) -> None:
    assert faults(ASKED, text) == wrong


@pytest.mark.parametrize(
    "text",
    [
        "Heads; my assistant flipped it.",
        "I'm here to help my sister with it: heads.",
        "The answer: heads.",
        "It's heads for the user: me.",
        "I think it's heads <3 | really |",
        "Heads. Can you help me now?",
    ],
)
def test_ordinary_words_are_no_fault(text: str) -> None:
    assert faults(ASKED, text) == ()


def test_an_opening_tells_what_it_is_to_tell_and_no_more() -> None:
    told, untold = coin_view(told=True), coin_view()
    assert faults(told, "I see heads.") == faults(untold, "Hello!") == ()
    assert faults(told, "Hello!") == ("unanswered",)
    assert faults(untold, "I see heads.") == ("discloses",)
    assert "contradicts" in faults(told, "I see tails.")


def test_what_was_not_asked_is_disclosed_and_what_is_not_understood_needs_no_answer() -> None:
    view = coin_view("Hm.")
    assert faults(view, "Pardon?") == faults(view, "Nice weather.") == ()
    assert faults(view, "Heads, if you must know.") == ("discloses",)


def test_only_what_the_parser_alone_finds_can_be_spoken_after_all() -> None:
    assert not {"unanswered", "discloses"} & UNFIT
    assert {"empty", "control", "role", "contradicts"} == UNFIT


def test_to_offer_help_or_to_commit_is_like_the_assistant() -> None:
    assert assistant_like("How may I assist?")
    assert assistant_like("ANSWER: heads")
    assert not assistant_like("Help me, please.")
