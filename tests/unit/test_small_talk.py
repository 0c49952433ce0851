"""What users say around what they convey tells no reader anything; openings tell what they are to tell, and no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pragenv import registration
from pragenv.env import DialogueEnv
from pragenv.protocols import UserView
from pragenv.tasks import speech
from pragenv.types import Act

AROUND = (*speech._BEFORE, *speech._AFTER, *speech._WORDINGS["not_understood"], *speech._WORDINGS["unsure"])
CONTENT = ("inform", "revise", "confirm", "deny")


def openings(task: str) -> Iterator[UserView]:
    made = registration.tasks.make(task)
    for setting in made.SETTINGS:
        for split in made.SPLITS:
            env = DialogueEnv(made, setting, registration.make_simulator("scripted"), split)
            for seed in range(4):
                env.reset(seed=seed)
                yield env.user_view()


def told(acts: tuple[Act, ...]) -> set[Act]:
    return {act for act in acts if act.kind in CONTENT}


@pytest.mark.parametrize("task", registration.tasks.names())
def test_what_is_said_around_content_tells_nothing(task: str) -> None:
    made = registration.tasks.make(task)
    for view in openings(task):
        acts = made.acts(view)
        for text in AROUND:
            for asked in ((), *((act,) for act in acts.menu[:4])):
                assert not told(acts.read(text, asked)), (text, asked)


@pytest.mark.parametrize("task", registration.tasks.names())
def test_an_opening_tells_what_it_is_to_tell(task: str) -> None:
    made = registration.tasks.make(task)
    for view in openings(task):
        said = told(made.acts(view).read(view.dialogue[0].content, ()))
        assert said <= set(made.truth(view._replace(dialogue=(), turn=0))), view.dialogue[0].content
