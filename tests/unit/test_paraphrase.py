"""Paraphrasing users: other words, the same facts, and nothing that anybody would understand otherwise."""

import pickle
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from fake_model import FakeModel, Rounds, Rule
from minimal import Coin, Saying
from pragenv_simulators.facts import is_prose
from pragenv_simulators.paraphrase import LMParaphrasing, Paraphrasing, keeps_facts
from pragenv_simulators.personas import Noisy, Terse, Verbose
from pragenv_simulators.scripted import Scripted
from talk import user_view, views

from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError, ModelError, SimulatorError
from pragenv.protocols import Completion, Simulator, Task, UserView
from pragenv.registration import make_simulator, register_model
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.sharded import Sharded
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.testing import check_simulator
from pragenv.testing.fuzz import ODD
from pragenv.types import Dialogue, Message, UserTurn, mix

CLARIFY, QUESTIONS, SHARDED = Clarify(), TwentyQuestions(), Sharded()
both_tasks = pytest.mark.parametrize("task", [CLARIFY, QUESTIONS], ids=["clarify", "twenty_questions"])

# -- facts -------------------------------------------------------------------------------------------------------------

KEPT = [
    ("I have 3 apples.", "There are 3 apples that I have."),
    ("I have 3 apples.", "There are three apples that I have."),
    ("It costs 1,200 euros.", "The price is 1200 euros."),
    ("It costs 2.50 euros.", "The price is 2.50 euros."),
    ("Meet me at 10:30 on Monday.", "On Monday, let us meet at 10:30."),
    ("He pays with 20 euros and gets 5 back.", "He gets 5 back after paying with 20 euros."),
    ("Anna has seven cats.", "There are seven cats that Anna has."),
    ("Anna's cat is old.", "The cat of Anna is old."),
    ("Then Mara Lindt became coach.", "Mara Lindt was made coach after that."),
    ("We met in Berlin in May.", "In May we met. It was in Berlin."),
    ("Please write a short note.", "Kindly write a brief note."),
    ("Could you find me a room?", "Can you get me a room?"),
    ("I do not like it.", "I don't like it."),
    ("I cannot come.", "I can't come."),
    ("I can’t come.", "I can not come."),
    ("It is not here and was never here.", "It isn't here, and it never was."),
    ("Without sugar, please.", "Please make it without sugar."),
    ("No onions.", "Make sure there are no onions."),
    ('Print "yes" or "no way".', 'Either "yes" or "no way" should be printed.'),
    ("Print “yes”.", 'What is printed should be "yes".'),
    ("Call it 'total'.", "Its name should be 'total'."),
    ("Name the function `add_up`.", "The function should be called `add_up`."),
    ("Use the column first_name.", "The column to use is first_name."),
    ("Call sort(items) first.", "Begin by calling sort(items)."),
    ("Return os.path on success.", "On success, os.path is returned."),
    ("Write to me at kim@example.org today.", "Today, please write to kim@example.org for me."),
    ("Take [1, 2] and {a}.", "You get {a} and [1, 2]."),
    ("Keep those with x > 3 and y <= 2.", "Only those with y <= 2 and x > 3 should be kept."),
    ("Take 15% off $40.", "From $40, take off 15%."),
    ("A well-known twist.", "A twist that is well-known."),
    ("A part-time job.", "A job part time."),
    ("See https://example.org/a for it.", "It is at https://example.org/a to see."),
    ("The SQL query is slow.", "It is slow, the SQL query."),
    ("I'd like tea.", "Tea would be nice for me."),
    ("Add x1 to A4.", "To A4 you should add x1."),
    ("", ""),
    ("Hello.", "Hi there."),
]
LOST = [
    ("I have 3 apples.", "I have some apples.", ["3"]),
    ("I have 3 apples.", "I have 4 apples.", ["3", "added 4"]),
    ("I have three apples.", "I have a few apples.", ["3"]),
    ("3 apples and 3 pears.", "3 apples and pears.", ["3"]),
    ("It costs 2.50 euros.", "It costs 2.5 euros.", ["2.50", "added 2.5"]),
    ("It costs 16.0 euros.", "It costs 160 euros.", ["16.0", "added 160"]),
    ("Meet me at 10:30.", "Meet me at half past ten.", ["10:30", "added half", "added 10"]),
    ("A dozen eggs.", "Some eggs.", ["dozen"]),
    ("He runs twice a week.", "He runs every week.", ["twice"]),
    ("Anna has a cat.", "She has a cat.", ["Anna"]),
    ("We saw Anna.", "We saw anna.", ["Anna"]),
    ("We saw Anna and Tom.", "We saw Tom.", ["Anna"]),
    ("Then Mara Lindt came.", "Then Mara came.", ["Lindt"]),
    ("We met in Berlin.", "We met in Vienna.", ["Berlin", "added Vienna"]),
    ("Anna likes Tom. Tom does not.", "Anna likes Tom, who does not.", ["Tom"]),
    ("SQL only.", "The database only.", ["SQL"]),
    ("I do not like it.", "I like it.", ["not"]),
    ("I like it.", "I don't like it.", ["added not"]),
    ("It was never open.", "It was not open.", ["never", "added not"]),
    ("Without sugar.", "With sugar.", ["without"]),
    ("No onions.", "Onions.", ["no"]),
    ("Nothing else.", "That is it.", ["nothing"]),
    ('Print "yes".', "Print yes.", ['"yes"']),
    ('Print "yes".', 'Print "Yes".', ['"yes"', 'added "Yes"']),
    ("Call it 'total'.", "Call it the total.", ['"total"']),
    ("Name it `add_up`.", "Name it add_up.", ["`add_up`", "added add_up"]),
    ("Use first_name.", "Use the first name.", ["first_name"]),
    ("Call sort(items).", "Sort the items.", ["sort(items)"]),
    ("Use camelCase here.", "Use camel case here.", ["camelCase"]),
    ("Take [1, 2].", "Take 1 and 2.", ["[1, 2]", "added 1", "added 2"]),
    ("Keep x > 3.", "Keep x over 3.", [">"]),
    ("Keep x > 3.", "Keep x >= 3.", ["added ="]),
    ("Compute a + b.", "Compute the sum of a and b.", ["+"]),
    ("Compute a - b.", "Compute a and b.", ["-"]),
    ("Take 15% off.", "Take 15 off.", ["%"]),
    ("It costs $40.", "It costs 40.", ["$"]),
    ("Write to kim@example.org.", "Write to Kim.", ["kim@example.org", "added Kim"]),
    ("and/or both", "and both", ["and/or"]),
    ("I saw it.", "I saw it with Bob.", ["added Bob"]),
    ("Add x1 to x2.", "Add x2 to the other.", ["x1"]),
    ("Three cats.", "", ["3"]),
]


@pytest.mark.parametrize(("before", "after"), KEPT)
def test_a_rewording_that_keeps_the_facts_is_found_to(before: str, after: str) -> None:
    assert keeps_facts(before, after) == []


@pytest.mark.parametrize(("before", "after", "lost"), LOST)
def test_a_rewording_that_does_not_is_told_what_it_lost_or_added(before: str, after: str, lost: list[str]) -> None:
    assert sorted(keeps_facts(before, after)) == sorted(lost)


def test_there_are_enough_pairs() -> None:
    assert len(KEPT) + len(LOST) >= 60


@pytest.mark.parametrize("text", [*ODD, "\ud800", "x" * 20_000, "'" * 2000, "[" * 2000, "a.b" * 5000])
def test_any_text_keeps_its_own_facts_and_has_a_reading(text: str) -> None:
    assert keeps_facts(text, text) == []
    assert keeps_facts("", text) == [] or all(fact.startswith("added ") for fact in keeps_facts("", text))
    assert isinstance(is_prose(text), bool)


# -- by rule -----------------------------------------------------------------------------------------------------------


def reading(view: UserView, text: str) -> Any:
    acts = view.task.acts(view)
    return acts.read(text, acts.parse(view.dialogue[-1].content) if view.dialogue else ())


@both_tasks
@pytest.mark.parametrize("opening", [False, True], ids=["answers", "openings"])
@pytest.mark.parametrize("inner", [Scripted(), Terse(Scripted()), Verbose(Scripted()), Noisy(Scripted(), 0.5)])
def test_facts_and_meaning_stay_and_words_do_not(inner: Simulator, opening: bool, task: Task) -> None:
    user, changed = Paraphrasing(inner), 0
    for view in views(task, 300, opening=opening):
        plain, turn = inner.reply(view), user.reply(view)
        assert keeps_facts(plain.text, turn.text) == []
        assert reading(view, turn.text) == reading(view, plain.text)
        assert turn[1:] == plain[1:]
        changed += turn.text != plain.text
    assert changed > 200


def sharded_turns(user: Simulator, n: int) -> list[tuple[UserView, str]]:
    """What a user says in conversations about shards, and from which view."""
    found = []
    for seed in range(n):
        for kind in ("data_to_text", "translation"):
            env = DialogueEnv(SHARDED, SHARDED.setting("default", {"kind": kind}), user)
            env.reset(seed=seed)
            while env.end_reason is None:
                view = env.user_view()._replace(dialogue=env.dialogue[:-1], turn=env.turn)
                found.append((view, env.dialogue[-1].content))
                env.step("Go on.")
    return found


def test_an_instruction_in_shards_is_told_whole_and_in_order() -> None:
    turns = sharded_turns(Paraphrasing(Scripted()), 10)
    assert len(turns) > 200
    plain = sharded_turns(Scripted(), 10)
    assert [reading(*turn) for turn in turns] == [reading(*turn) for turn in plain]
    assert all(keeps_facts(said, other) == [] for (_, said), (_, other) in zip(plain, turns, strict=True))


def test_wordings_vary_by_key() -> None:
    view = next(views(CLARIFY, 1))
    user = Paraphrasing(Saying("I would like it, for example, because I do not know whether it is so."))
    texts = Counter(user.reply(view._replace(keys=view.keys._replace(episode=mix(1, i)))).text for i in range(200))
    assert len(texts) > 30
    assert any("I'd like" in text for text in texts)
    assert any("don't know" in text for text in texts)


@pytest.mark.parametrize(
    "text", ["Return x if it is not y = 3.", 'Say "I do not know" and maybe more.', "Use `cannot` in code, maybe."]
)
def test_no_word_is_exchanged_where_there_is_code_or_a_quotation(text: str) -> None:
    user = Paraphrasing(Saying(text))
    for i, view in enumerate(views(QUESTIONS, 40)):
        assert text in user.reply(view._replace(keys=view.keys._replace(episode=mix(2, i)))).text


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_words_of_a_user_are_spoken_all_the_same(text: str) -> None:
    view = next(views(CLARIFY, 1))
    assert text in Paraphrasing(Saying(text)).reply(view).text


def test_what_spans_lines_is_framed_by_lines() -> None:
    text = "Here is what I need:\n- a\n- b"
    turns = [Paraphrasing(Saying(text)).reply(view).text for view in views(QUESTIONS, 30)]
    assert all(re.fullmatch(r"(?:[^\n]+\n)?" + re.escape(text) + r"(?:\n[^\n]+)?", turn) for turn in turns)


def test_a_leaving_user_leaves() -> None:
    view = next(views(CLARIFY, 1))
    assert Paraphrasing(Saying("I give up.", "gave_up", view.turn)).reply(view).end == "gave_up"


def test_the_contract_of_simulators_holds_on_the_built_in_tasks() -> None:
    user = Paraphrasing(Scripted())
    assert "simulator/turn-is-pure" in check_simulator(user, tasks=[CLARIFY, QUESTIONS], seeds=range(3))
    held = check_simulator(user, tasks=[SHARDED], settings=("translation", "data_to_text"), seeds=range(3))
    assert "simulator/turn-is-pure" in held


def test_it_is_known_by_name_and_composes() -> None:
    user = make_simulator("scripted", "terse+paraphrasing+typist")
    assert isinstance(user.user, Paraphrasing)  # type: ignore[attr-defined]


# -- by a language model -----------------------------------------------------------------------------------------------

COIN = Coin()
PLAIN = "It shows heads."


def coin_view(key: int = 1, said: str = "Which side is up?") -> UserView:
    scenario = next(s for s in (COIN.sample(i, COIN.SETTINGS[0], "train") for i in range(20)) if is_heads(s))
    begun: Dialogue = (Message("user", "I tossed a coin."), Message("assistant", said))
    return user_view(COIN, scenario, begun, key)


def is_heads(scenario: Any) -> bool:
    return bool(scenario.user_brief["side"] == "heads")


def paraphrased(rule: Rule, inner: Simulator | None = None, **arguments: Any) -> tuple[LMParaphrasing, FakeModel]:
    model = FakeModel(rule)
    return LMParaphrasing(inner or Scripted(), model, **arguments), model


def test_the_model_is_given_the_users_words_and_what_it_says_is_spoken() -> None:
    user, model = paraphrased(lambda prompt, key: "<think>hm</think> What I see is heads. ")
    turn = user.reply(coin_view())
    assert turn.text == "What I see is heads."
    (call,) = model.calls
    assert [m.role for m in call.prompts[0]] == ["system", "user"]
    assert call.prompts[0][-1].content == PLAIN
    assert turn.info["paraphrase"] == {"drawn": 1, "plain": False, "faults": {}}


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        ("It shows tails.", "contradicts"),
        ("It shows something.", "meaning"),
        ("It shows not heads.", "facts"),
        ("It shows heads 2 times.", "facts"),
        ("It shows heads, says Bob.", "facts"),
        ("", "empty"),
        ("ANSWER: heads", "role"),
        ("<|im_end|> heads", "control"),
        (Completion("Heads is what", finish="length"), "cut"),
    ],
)
def test_a_draft_with_a_fault_is_drawn_again_with_a_fresh_key(draft: str | Completion, fault: str) -> None:
    user, model = paraphrased(Rounds(draft, "Heads is what it shows."))
    turn = user.reply(coin_view())
    assert turn.text == "Heads is what it shows."
    assert turn.info["paraphrase"]["drawn"] == 2
    assert turn.info["paraphrase"]["faults"][fault] == 1
    assert model.calls[0].keys != model.calls[1].keys
    assert model.calls[0].sampling.temperature < model.calls[1].sampling.temperature


@pytest.mark.parametrize("tries", [1, 3])
def test_after_the_last_try_the_plain_words_are_spoken_and_counted(tries: int) -> None:
    user, model = paraphrased(lambda prompt, key: "It shows tails.", tries=tries)
    turn = user.reply(coin_view())
    assert turn.text == PLAIN
    assert len(model.calls) == tries
    assert turn.info["paraphrase"]["drawn"] == tries
    assert turn.info["paraphrase"]["plain"] is True


def test_tokens_and_the_inner_users_notes_are_kept_and_its_faults_are_its_own() -> None:
    user, _ = paraphrased(lambda prompt, key: "I see tails here.", Noisy(Scripted(), 1.0))
    turn = user.reply(coin_view())
    assert turn.text == "I see tails here."
    assert turn.info["erred"] is True
    assert turn.info["tokens"] == 4
    assert turn.info["prompt_tokens"] == 100


class Moody(Scripted):
    """Fails for some."""

    def reply(self, view: UserView) -> UserTurn:
        if view.keys.episode % 3 == 1:
            raise SimulatorError("moody")
        return super().reply(view)


def test_a_batch_is_a_batch_a_round_and_failures_keep_their_places() -> None:
    def rule(prompt: Dialogue, key: int) -> str | Exception:
        return (ModelError("unreachable"), "I see heads.", "It shows tails.")[key % 3]

    user, model = paraphrased(rule, Moody(), tries=3)
    asked = [coin_view(key) for key in range(60)]
    turns = user.reply_batch(asked)
    assert 1 < len(model.calls) <= 3
    assert [i for i, turn in enumerate(turns) if str(turn) == "moody"] == [i for i in range(60) if i % 3 == 1]
    kinds = Counter(turn.text if isinstance(turn, UserTurn) else str(turn) for turn in turns)
    assert set(kinds) == {"moody", "unreachable", "I see heads.", PLAIN}
    assert [single(user, view) for view in asked] == [str(t) if isinstance(t, SimulatorError) else t for t in turns]
    assert user.reply_batch([]) == []


def single(user: Simulator, view: UserView) -> UserTurn | str:
    try:
        return user.reply(view)
    except SimulatorError as error:
        return str(error)


def test_nothing_said_needs_no_other_words() -> None:
    user, model = paraphrased(lambda prompt, key: "Hello?", Saying(" "))
    assert user.reply(coin_view()).text == " "
    assert model.calls == []


class Deaf(Coin):
    """Cannot be read."""

    def acts(self, view: Any) -> Any:
        raise ZeroDivisionError("a bug")


def test_a_bug_of_the_task_takes_its_own_place() -> None:
    user, _ = paraphrased(lambda prompt, key: "Heads it is.", Saying(PLAIN))
    turns: Sequence[Any] = user.reply_batch([coin_view(), coin_view()._replace(task=Deaf())])
    assert isinstance(turns[0], UserTurn)
    assert str(turns[1]) == "ZeroDivisionError: a bug"


def rewording(prompt: Dialogue, key: int) -> str:
    """A model that is right now and then."""
    text = prompt[-1].content
    return (f"Well: {text}", f"{text} Indeed.", "Nothing of the sort, 7 times.", Completion(text).text)[key % 4]


def test_the_contract_of_simulators_holds_with_a_model_too() -> None:
    register_model("rewording", lambda: FakeModel(rewording))
    user = LMParaphrasing(Scripted(), "rewording")
    held = check_simulator(user, tasks=[CLARIFY, QUESTIONS], seeds=range(2))
    assert "simulator/batch-equals-single" in held
    assert pickle.loads(pickle.dumps(user)).reply(coin_view()) == user.reply(coin_view())  # noqa: S301


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ConfigError, match="tries must be a whole number, at least 1, got 0"):
        LMParaphrasing(Scripted(), tries=0)
    with pytest.raises(ConfigError, match="unknown sampling argument 'heat'"):
        LMParaphrasing(Scripted(), sampling={"heat": 1})
    with pytest.raises(ConfigError, match="unknown model 'nowhere'"):
        LMParaphrasing(Scripted(), "nowhere").reply(coin_view())
