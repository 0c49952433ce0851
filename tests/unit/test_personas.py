"""Personas: each does what it declares, at the rate that it declares, around any user."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from minimal import Saying
from pragenv_simulators.personas import (
    Cooperative,
    Impatient,
    Inexpert,
    Noisy,
    OverDisclosing,
    Persona,
    Terse,
    Typist,
    Verbose,
)
from pragenv_simulators.scripted import Scripted
from talk import views, within

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.protocols import Simulator, Task, UserView
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.types import Act, EndReason, Message, UserTurn

CLARIFY, QUESTIONS = Clarify(), TwentyQuestions()
PLAIN = Scripted()
N = 1500
MAKERS: dict[str, Callable[[Simulator], Persona]] = {
    "cooperative": Cooperative,
    "terse": Terse,
    "verbose": Verbose,
    "impatient": lambda user: Impatient(user, 1),
    "over_disclosing": lambda user: OverDisclosing(user, 0.5),
    "noisy": lambda user: Noisy(user, 0.5),
    "inexpert": lambda user: Inexpert(user, 0.5),
    "typist": lambda user: Typist(user, 0.5),
}


def conveyed(view: UserView, turn: UserTurn) -> set[Act]:
    acts = view.task.acts(view)
    return set(acts.read(turn.text, acts.parse(view.dialogue[-1].content)))


both_tasks = pytest.mark.parametrize("task", [CLARIFY, QUESTIONS], ids=["clarify", "twenty_questions"])
rates = pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])


def fits(hits: int, n: int, rate: float) -> bool:
    return within(hits, n, rate) if 0 < rate < 1 else hits == rate * n


@both_tasks
@pytest.mark.parametrize("name", MAKERS)
def test_a_turn_is_a_function_of_its_view(name: str, task: Task) -> None:
    user = MAKERS[name](PLAIN)
    twin = pickle.loads(pickle.dumps(user)) if name in ("cooperative", "terse", "verbose") else MAKERS[name](Scripted())  # noqa: S301
    asked = [*views(task, 40), *views(task, 40, opening=True)]
    first = [user.reply(view) for view in asked]
    assert [twin.reply(view) for view in reversed(asked)][::-1] == first
    assert user.reply_batch(asked) == first


@both_tasks
def test_a_cooperative_user_is_the_user_inside(task: Task) -> None:
    assert all(Cooperative(PLAIN).reply(view) == PLAIN.reply(view) for view in views(task, 50))


@both_tasks
def test_a_terse_user_says_less_and_a_verbose_one_more_but_both_convey_the_same(task: Task) -> None:
    lengths = {"terse": 0, "plain": 0, "verbose": 0}
    users = {"terse": Terse(PLAIN), "plain": PLAIN, "verbose": Verbose(PLAIN)}
    misread = []
    for view in views(task, 300):
        for manner, user in users.items():
            turn = user.reply(view)
            lengths[manner] += len(turn.text)
            if conveyed(view, turn) != set(task.truth(view)):
                misread.append((manner, view.dialogue[-1].content, turn.text, task.truth(view)))
    assert lengths["terse"] < 0.7 * lengths["plain"]
    assert lengths["verbose"] > 1.5 * lengths["plain"]
    assert misread == []


@pytest.mark.parametrize("patience", [0, 1, 4])
def test_an_impatient_user_answers_so_many_turns_and_then_leaves_unscored_by_itself(patience: int) -> None:
    env = DialogueEnv(CLARIFY, CLARIFY.setting("default"), Impatient(PLAIN, patience))
    env.reset(seed=4)
    for _ in range(patience):
        assert env.step("Which one?")[2:4] == (False, False)
    _, reward, terminated, truncated, info = env.step("Which one?")
    assert (terminated, truncated, info["end_reason"]) == (True, False, EndReason.USER_GAVE_UP)
    assert info["scored"]
    assert reward == pytest.approx(-env.setting.turn_cost * (patience + 1))


@both_tasks
@rates
@pytest.mark.parametrize("opening", [False, True], ids=["answers", "openings"])
def test_an_over_disclosing_user_adds_something_untold_at_its_rate(task: Task, rate: float, opening: bool) -> None:
    user, disclosed = OverDisclosing(PLAIN, rate), 0
    for view in views(task, N, opening=opening):
        turn, plain = user.reply(view), PLAIN.reply(view)
        added = bool(turn.info.get("disclosed"))
        disclosed += added
        assert added == (turn.text != plain.text)
        if added:
            assert turn.text.startswith(plain.text + " ")
    assert fits(disclosed, N, rate)


@both_tasks
@pytest.mark.parametrize("manner", [Cooperative, Terse, Verbose])
def test_what_is_disclosed_is_true_and_is_understood_in_every_manner(manner: type[Persona], task: Task) -> None:
    user = manner(OverDisclosing(PLAIN, 1.0))
    for view in views(task, 200, opening=True):
        turn = user.reply(view)
        found = task.acts(view).read(turn.text, ())
        assert len(found) == 1, turn.text
        question = Message("assistant", task.acts(view).phrase(Act("ask", found[0].slot), 0))
        assert task.truth(view._replace(dialogue=(question,), turn=1)) == found, turn.text


def test_over_a_conversation_an_over_disclosing_user_tells_everything_and_nothing_twice() -> None:
    env = DialogueEnv(CLARIFY, CLARIFY.setting("vague"), OverDisclosing(PLAIN, 1.0))
    env.reset(seed=4)
    while env.turn < 6:
        env.step("Hm.")
    acts = CLARIFY.acts(env.user_view())
    told = [found.slot for m in env.dialogue if m.role == "user" for found in acts.read(m.content, ())]
    assert sorted(told) == sorted(env.scenario.user_brief["fields"])


@both_tasks
@rates
def test_a_noisy_user_is_wrong_at_its_rate_and_otherwise_right(task: Task, rate: float) -> None:
    user, wrong = Noisy(PLAIN, rate), 0
    for view in views(task, N):
        turn = user.reply(view)
        erred = conveyed(view, turn) != set(task.truth(view))
        assert erred == bool(turn.info.get("erred"))
        wrong += erred
    assert fits(wrong, N, rate)


@both_tasks
def test_a_noisy_user_opens_faithfully(task: Task) -> None:
    assert all(Noisy(PLAIN, 1.0).reply(v) == PLAIN.reply(v) for v in views(task, 100, opening=True))


@both_tasks
def test_a_user_who_conveys_nothing_has_not_erred(task: Task) -> None:
    for view in views(task, 20, said="Hm."):
        turn = Noisy(PLAIN, 1.0).reply(view)
        assert turn.text == PLAIN.reply(view).text
        assert not turn.info.get("erred")


@both_tasks
@rates
def test_an_inexpert_user_is_puzzled_by_its_share_of_the_questions(task: Task, rate: float) -> None:
    user, puzzled = Inexpert(PLAIN, rate), 0
    for view in views(task, N):
        turn = user.reply(view)
        (act, *_) = task.acts(view).parse(view.dialogue[-1].content)
        if slot := turn.info.get("puzzled"):
            puzzled += 1
            assert slot == act.slot
            assert conveyed(view, turn) == set()
        else:
            assert turn == PLAIN.reply(view)
    assert fits(puzzled, N, rate)


@both_tasks
def test_an_inexpert_user_answers_a_question_when_it_is_asked_again_and_opens_as_ever(task: Task) -> None:
    user = Inexpert(PLAIN, 1.0)
    for view in views(task, 50):
        puzzled = user.reply(view)
        again = (*view.dialogue, Message("user", puzzled.text), view.dialogue[-1])
        later = view._replace(dialogue=again, turn=view.turn + 1)
        assert user.reply(later) == PLAIN.reply(later)
    assert all(user.reply(v) == PLAIN.reply(v) for v in views(task, 20, opening=True))


def test_what_puzzles_an_inexpert_user_is_fixed_for_the_episode() -> None:
    user = Inexpert(PLAIN, 0.5)
    for view in views(CLARIFY, 60):
        padded = (*view.dialogue[:1], Message("assistant", "Hm."), Message("user", "What?"), *view.dialogue[1:])
        later = view._replace(dialogue=padded, turn=view.turn + 1)
        assert ("puzzled" in user.reply(view).info) == ("puzzled" in user.reply(later).info)


WORDS = "Wonderful weather around London today: 12345, bathe. the cat x2y34"
LONG = {0, 1, 2, 3}


@rates
def test_a_typist_hits_its_share_of_the_longer_words_and_no_other_word(rate: float) -> None:
    user, hits = Typist(Saying(WORDS), rate), 0
    for view in views(CLARIFY, N):
        typed = user.reply(view).text.split(" ")
        assert len(typed) == len(WORDS.split(" "))
        changed = {i for i, (a, b) in enumerate(zip(typed, WORDS.split(" "), strict=True)) if a != b}
        assert changed <= LONG
        hits += len(changed)
        assert all(typed[i].islower() and typed[i][0] == WORDS.split(" ")[i][0].lower() for i in changed)
    assert fits(hits, N * len(LONG), rate)


@pytest.mark.parametrize("persona", [OverDisclosing, Noisy, Inexpert, Typist])
@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_share(persona: Any, rate: float) -> None:
    with pytest.raises(ConfigError, match=r"rate must be in \[0, 1\]"):
        persona(PLAIN, rate)


def test_patience_is_not_negative() -> None:
    with pytest.raises(ConfigError, match="patience must be at least 0, got -1"):
        Impatient(PLAIN, -1)
