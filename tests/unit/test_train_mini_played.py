"""The corpus of users whose tasks are played: whose words are in it, and that its users are faithful."""

from __future__ import annotations

import random

import pytest
from pragenv_simulators.guard import faults

from pragenv import registration
from pragenv.env import DialogueEnv
from pragenv.protocols import COMMIT, UserView
from pragenv.tasks.lexicon import words
from pragenv.train_mini import played
from pragenv.train_mini.corpus import TOP_LEVEL, Corpus
from pragenv.train_mini.played import PLAYED, PlayedCorpus

N = 60


@pytest.fixture(scope="module", params=PLAYED)
def views(request: pytest.FixtureRequest) -> list[UserView]:
    corpus = PlayedCorpus(request.param)
    return [corpus.user_talk(random.Random(i), TOP_LEVEL)[0] for i in range(N)]


def test_a_talk_is_a_function_of_seed_number_and_level() -> None:
    corpus, twin = (Corpus(seed=5, share=0.5, tasks=PLAYED) for _ in range(2))
    assert [corpus.talk(i, 3) for i in (7, 3, 7)] == [twin.talk(i, 3) for i in (7, 3, 7)]
    assert corpus.talk(7, 3) != Corpus(seed=6, share=0.5, tasks=PLAYED).talk(7, 3)
    assert {kind for kind, _ in map(corpus.talk, range(60), [3] * 60)} == {f"{task}/user" for task in PLAYED}


def test_its_wordings_are_those_of_training(views: list[UserView]) -> None:
    said = {message.content for view in views for message in view.dialogue if message.role == "assistant"}
    assert not said & _wordings(views[0].task.name, "test")


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
            view, _ = corpus.user_talk(random.Random(i), TOP_LEVEL)
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
        view, copied = corpus.user_talk(random.Random(i), TOP_LEVEL)
        said = " ".join(words(" ".join(m.content for m in view.dialogue if m.role == "user")))
        for slot in ("name", "held", "day"):
            value = " ".join(words(str(view.user_brief["goal"].get(slot, "-"))))
            if value and value in said:
                told += 1
                assert set(value.split()) <= set(copied)
    assert told > N
