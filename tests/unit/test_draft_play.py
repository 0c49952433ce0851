"""Draft as it is played: what the user answers and comments, how texts are graded, and what personas make of it."""

from typing import Any

import pytest
from talk import committed, talk, user_view

from pragenv.protocols import UserView
from pragenv.tasks.draft import Draft
from pragenv.tasks.draft.composer import compose
from pragenv.tasks.draft.context import document_in, possible, public_side
from pragenv.tasks.draft.setting import DraftSetting
from pragenv.types import Act, FrozenDict, Message, Scenario, mix

TASK = Draft()
WANTED = {"form": "list", "length": "short", "tone": "friendly", "reader": "parents", "date": "in", "food": "out"}
PLAIN = {"form": "letter", "length": "long", "tone": "formal", "reader": "neighbours", "date": "out", "food": "in"}
RIGHT = Act("inform", "draft", "right")


def wanting(wanted: dict[str, str] = WANTED, **knobs: Any) -> Scenario:
    """The scenario of the street party with these wishes."""
    setting = TASK.setting("default", {"requirements": len(wanted), **knobs})
    assert isinstance(setting, DraftSetting)
    public = public_side("street_party", tuple(wanted), setting, "train")
    return Scenario(public, {"wanted": wanted, "slips": 5})


def drafting(scenario: Scenario, **changed: str) -> str:
    return f"DRAFT:\n{compose(document_in(scenario.public), {**scenario.user_brief['wanted'], **changed})}"


def after(scenario: Scenario, *said: str) -> UserView:
    dialogue = (*talk(TASK, scenario, *said[:-1]), Message("assistant", said[-1]))
    return user_view(TASK, scenario, dialogue)


def told(scenario: Scenario, *said: str) -> Act:
    (act,) = TASK.truth(after(scenario, *said))
    return act


def test_a_comment_is_about_the_first_point_amiss_in_the_listed_order() -> None:
    scenario = wanting()
    for i, point in enumerate(WANTED):
        changed = dict(list(PLAIN.items())[i:])
        assert told(scenario, drafting(scenario, **changed)) == Act("inform", point, WANTED[point])
    assert told(scenario, drafting(scenario)) == RIGHT
    assert told(scenario, "DRAFT: nothing of all that") == Act("inform", "form", "list")


def test_a_vague_user_says_which_point_and_not_what_is_wanted() -> None:
    scenario = wanting(vague=1.0)
    assert told(scenario, drafting(scenario, tone="formal")) == Act("deny", "tone")
    assert told(scenario, drafting(scenario)) == RIGHT
    half = [wanting(vague=0.5).user_brief | {"slips": k} for k in range(200)]
    public = wanting(vague=0.5).public
    kinds = [told(Scenario(public, brief), drafting(scenario, tone="formal")).kind for brief in half]
    assert 60 < kinds.count("deny") < 140


def test_who_does_not_comment_still_answers() -> None:
    scenario = wanting(comments=False)
    assert told(scenario, drafting(scenario)) == told(scenario, drafting(scenario, tone="formal")) == Act("silent")
    assert told(scenario, "What tone should it have?") == Act("inform", "tone", "friendly")


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("Who is it for?", Act("inform", "reader", "parents")),
        ("How long should it be, and who is it for?", Act("inform", "length", "short")),
        ("Should I mention the date?", Act("inform", "date", "in")),
        ("Should I leave out the food?", Act("inform", "food", "out")),
        ("Should I mention the band?", Act("indifferent")),
        ("Nice weather.", Act("not_understood")),
        ("", Act("not_understood")),
    ],
)
def test_one_question_is_answered(said: str, act: Act) -> None:
    assert told(wanting(), said) == act


def test_open_questions_are_answered_by_what_was_not_told() -> None:
    scenario = wanting()
    said = ["Anything else?"] * 7
    assert [told(scenario, *said[:n]).slot for n in range(1, 7)] == list(WANTED)
    assert told(scenario, *said) == Act("nothing_more")
    content = ["What should it mention?"] * 3
    assert [told(scenario, *content[:n]).slot for n in (1, 2)] == ["date", "food"]
    assert told(scenario, *content) == Act("nothing_more")


def test_a_comment_is_worded_as_one_and_an_answer_as_one() -> None:
    scenario = wanting()
    acts = (Act("inform", "date", "in"),)
    terse = FrozenDict(verbosity="terse")
    without = after(scenario, drafting(scenario, date="out"))._replace(traits=terse)
    assert TASK.say(without, acts, 1) == "You forgot the date."
    with_it = after(scenario, drafting(scenario))._replace(traits=terse)
    assert TASK.say(with_it, acts, 1) == "Yes, mention the date."  # volunteered: nothing was forgotten


def test_no_comment_calls_a_draft_without_a_tone_too_formal_or_too_casual() -> None:
    for tone, slander in (("friendly", "formal"), ("formal", "casual")):
        scenario = wanting({"tone": tone})
        view = after(scenario, "DRAFT: The day is Saturday.")
        assert TASK.truth(view) == (Act("inform", "tone", tone),)
        assert not any(slander in TASK.say(view, TASK.truth(view), key).split() for key in range(20))
        other = after(scenario, drafting(scenario, tone="formal" if tone == "friendly" else "friendly"))
        assert any(f"too {slander}" in TASK.say(other, TASK.truth(other), key) for key in range(20))


def test_what_is_said_holds_and_other_things_do_not() -> None:
    scenario = wanting()
    view = after(scenario, drafting(scenario, tone="formal"))
    assert TASK.holds(view, Act("inform", "tone", "friendly"))
    assert TASK.holds(view, Act("deny", "tone"))
    assert TASK.holds(view, Act("deny", "tone", "formal"))
    assert not TASK.holds(view, Act("inform", "tone", "formal"))
    assert not TASK.holds(view, Act("deny", "form"))
    assert not TASK.holds(view, Act("inform", "music", "in"))
    assert not TASK.holds(view, RIGHT)
    assert TASK.holds(after(scenario, drafting(scenario)), RIGHT)
    assert not TASK.holds(after(scenario, "Who is it for?"), RIGHT)


def test_the_grade_is_the_share_of_points_met() -> None:
    scenario = wanting()

    def graded(text: str) -> tuple[float | None, bool]:
        return TASK.grade(scenario, committed((), text))[:2]

    assert graded(TASK.answer(scenario)) == (1.0, True)
    assert graded(drafting(scenario, tone="formal").replace("DRAFT", "ANSWER")) == (pytest.approx(5 / 6), False)
    assert graded("ANSWER:") == graded("ANSWER: ...") == (0.0, False)  # no word is no text
    assert graded(drafting(scenario)) == (0.0, False)  # shown, not committed to
    assert graded("ANSWER: Hi!") == (pytest.approx(3 / 6), False)  # short, friendly, and silent on the food
    reason = TASK.grade(scenario, committed((), drafting(scenario, tone="formal").replace("DRAFT", "ANSWER"))).reason
    assert reason == "not as wanted: tone (formal, not friendly)"


@pytest.mark.parametrize("metric", ["bleu", "chrf"])
def test_likeness_is_to_what_the_composer_makes_of_the_wishes(metric: str) -> None:
    scenario = wanting()
    assert TASK.likeness(scenario, committed((), TASK.answer(scenario)), metric) == 1.0
    other = drafting(scenario, form="letter").replace("DRAFT", "ANSWER")
    assert 0.2 < (TASK.likeness(scenario, committed((), other), metric) or 0.0) < 1.0
    assert TASK.likeness(scenario, committed((), "ANSWER:"), metric) == 0.0
    assert TASK.likeness(scenario, (), metric) is None


def left(scenario: Scenario, *said: str) -> dict[str, tuple[str, ...]]:
    view = user_view(TASK, scenario)
    return dict(possible(TASK.acts(view), talk(TASK, scenario, *said)))


def test_a_comment_tells_of_its_point_and_of_all_before_it() -> None:
    scenario = wanting()
    found = left(scenario, drafting(scenario, tone="formal"))
    assert all(found[point] == (WANTED[point],) for point in ("form", "length", "tone"))
    assert all(len(found[point]) > 1 for point in ("reader", "date", "food"))
    assert left(scenario, drafting(scenario)) == {point: (value,) for point, value in WANTED.items()}
    assert left(scenario, "Who is it for?")["reader"] == ("parents",)
    assert left(wanting(vague=1.0), drafting(scenario, form="letter"))["form"] == ("paragraphs", "list", "headline")


def test_the_last_word_of_a_user_who_contradicts_itself_counts() -> None:
    scenario = wanting()
    said = ("Should it be formal?", "Sure?", drafting(scenario))
    dialogue = talk(TASK, scenario, *said)
    mistaken = tuple(m._replace(content="Formal.") if i == 2 else m for i, m in enumerate(dialogue))
    view = user_view(TASK, scenario)
    assert possible(TASK.acts(view), mistaken[:3])["tone"] == ("formal",)
    assert possible(TASK.acts(view), mistaken)["tone"] == ("friendly",)


def test_a_mistaken_user_wants_something_else() -> None:
    for key in range(50):
        scenario = TASK.sample(mix(7, key), TASK.setting("small"), "train")
        view = after(scenario, TASK.acts(user_view(TASK, scenario)).menu[0].slot + "?")
        assert TASK.corrupt(view, key).user_brief["wanted"] != view.user_brief["wanted"]


def test_every_value_of_a_point_is_as_likely() -> None:
    drawn: dict[str, list[str]] = {}
    for key in range(3000):
        for point, value in TASK.sample(mix(9, key), TASK.setting("large"), "train").user_brief["wanted"].items():
            drawn.setdefault(point, []).append(value)
    for point, share in (("form", 1 / 4), ("length", 1 / 3), ("tone", 1 / 2)):
        for value in set(drawn[point]):
            assert drawn[point].count(value) / 3000 == pytest.approx(share, abs=0.04)
