"""Draft's documents and words: the data, the checkers, the composer, and what both parties say."""

import random
from collections import Counter
from itertools import combinations, product
from time import process_time
from typing import Any

import pytest
from talk import user_view

from pragenv.errors import ConfigError, DataError
from pragenv.tasks.draft import Draft, checks, wordings
from pragenv.tasks.draft.acts import DraftActs, draft_acts
from pragenv.tasks.draft.composer import compose
from pragenv.tasks.draft.context import document_in
from pragenv.tasks.draft.document import IN, Document, document_of, documents, key_of, profile_of
from pragenv.tasks.lexicon import normalise
from pragenv.types import Act, mix

TASK = Draft()
each_document = pytest.mark.parametrize("document", documents().values(), ids=lambda d: d.name)
PARTY = documents()["street_party"]


def acts_of(document: Document, phrasing: str = "train") -> DraftActs:
    return draft_acts(document.name, tuple(document.values), phrasing)


def test_there_are_documents_for_every_split_and_test_phrasing_has_those_of_training() -> None:
    assert Counter(d.split for d in documents().values()) == {"train": 5, "validation": 2, "test": 3}
    drawn = {
        s: {TASK.sample(mix(1, k), TASK.SETTINGS[0], s).public["document"] for k in range(100)} for s in TASK.SPLITS
    }
    for split in ("train", "validation", "test"):
        assert drawn[split] == {d.name for d in documents().values() if d.split == split}
    assert drawn["test_phrasing"] == drawn["train"]
    assert TASK.sample(5, TASK.SETTINGS[0], "test_phrasing").public["phrasing"] == "test"


@each_document
def test_a_document_has_six_facts_and_three_readers_that_no_two_share_a_sign_of(document: Document) -> None:
    assert (len(document.facts), len(document.readers), len(document.openings)) == (6, 3, 5)
    owners = [*document.readers.values(), *(fact.signs for fact in document.facts)]
    for one, other in combinations(({normalise(sign) for sign in signs} for signs in owners), 2):
        assert not one & other
    for fact in document.facts:
        mentioned = [other.name for other in document.facts if checks.mentions(fact.text, other.signs)]
        assert mentioned == [fact.name]
        assert checks.tone(fact.text) is None


@each_document
def test_what_is_composed_has_the_wanted_value_on_every_point(document: Document) -> None:
    """All general points with none and with all of the facts; the rest at random."""
    general = [document.values[point] for point in ("form", "length", "tone", "reader")]
    drawn = random.Random(document.name)
    for values in product(*general):
        for inside in ("in", "out", None):
            wanted = dict(zip(("form", "length", "tone", "reader"), values, strict=True))
            wanted |= {f.name: inside or drawn.choice(("in", "out")) for f in document.facts}
            text = compose(document, wanted)
            assert checks.profile(text, document, wanted) == wanted, text


ROW: dict[str, Any] = {
    "name": "tea",
    "split": "train",
    "title": "a note on tea",
    "headline": "Tea",
    "sender": "us",
    "openings": ["A note on tea, please."],
    "readers": [{"name": "guests", "signs": ["guests"]}],
    "facts": [{"name": "milk", "label": "the milk", "text": "There is milk.", "signs": ["milk"], "cues": ["milk"]}],
}


@pytest.mark.parametrize(
    ("change", "fact", "complaint"),
    [
        ({"title": None}, {}, "document 'tea'.*title"),
        ({"readers": None}, {}, "document 'tea': field 'readers' is missing"),
        ({}, {"name": "tone"}, "two points have one name"),
        ({}, {"signs": ["cream"]}, "'There is milk.' holds no sign of fact 'milk'; add one"),
        ({}, {"colour": "white"}, "colour.*see `Document` and `Fact`"),
    ],
)
def test_a_bad_row_of_data_is_refused_with_its_place(
    change: dict[str, Any], fact: dict[str, Any], complaint: str
) -> None:
    assert list(document_of(ROW).values) == ["form", "length", "tone", "reader", "milk"]
    row = {**ROW, "facts": [{**ROW["facts"][0], **fact}], **change}
    with pytest.raises(DataError, match=complaint):
        document_of({name: value for name, value in row.items() if value is not None})


@pytest.mark.parametrize(
    ("knobs", "complaint"),
    [
        ({"requirements": 0}, "requirements must be 1 to 10"),
        ({"requirements": 11}, "requirements must be 1 to 10"),
        ({"vague": 1.5}, "vague must be a chance"),
        ({"comments": 1}, "takes bool"),
    ],
)
def test_a_knob_out_of_range_is_refused(knobs: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        TASK.setting("default", knobs)


# -- the checkers


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("One block of text.", None),
        ("", None),
        ("One.\n\nTwo.", "paragraphs"),
        ("Come:\n- one\n- two\n- three", "list"),
        ("1. one\n2) two\n• three", "list"),
        ("Come:\n- one\n- two", None),
        ("Dear all,\n\nyes.\n\nKind regards,\nAnn", "letter"),
        ("Hi team!\nyes.\nCheers,\nAnn\nThe office", "letter"),
        ("Subject: news\n\nDear all,\n\nyes.\n\nBest,\nAnn", "letter"),
        ("Dear all,\n\nno closing here.", "paragraphs"),
        ("Dear all,\n- one\n- two\n- three\nCheers,\nAnn", "list"),
        ("(1) one\n(2) two\n(3) three", "list"),
        ("✓ one\n+ two\n**3.** three", "list"),
        ("Dear Mr. Lee,\n\nyes.\n\nKind regards, Ann", "letter"),
        ("To our customers,\n\nyes.\n\nLooking forward to seeing you,\nAnn", "letter"),
        ("Dear all,\n\nyes.\n\nKindest regards,\nAnn\nOrganiser\nElm Road", "letter"),
        ("Dear all,\n\nyes.\n\nBig hugs,\nAnn", "letter"),
        ("Dear all,\n\nyes.\n\nHappy reading!\nYour librarians", "letter"),
        ("Dear all,\n\nCome on Saturday,\nwe start at four.", "paragraphs"),
        ("Dear all,\n\nyes.\n\nThanks, we will see to it by and by.", "paragraphs"),
        ("# News!\n\nYes.", "headline"),
        ("**News of the day**\nYes.", "headline"),
        ("This is a sentence.\n\nAnd another.", "paragraphs"),
        ("News", None),
    ],
)
def test_forms(text: str, form: str | None) -> None:
    assert checks.form(text) == form


@pytest.mark.parametrize(
    ("count", "length"), [(0, None), (1, "short"), (80, "short"), (81, "medium"), (140, "medium"), (141, "long")]
)
def test_lengths(count: int, length: str | None) -> None:
    assert checks.length("word " * count) == length
    assert checks.length("- word\n" * count) == length


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("The shop is open.", None),
        ("We would like to inform you that the shop is open.", "formal"),
        ("Hey, the shop's open!", "friendly"),
        ("Hey! We regret this.", "friendly"),  # two marks to one
        ("We regret this!", None),
        ("We regret to inform you. Please do not hesitate to call!", "formal"),
        ("We’re closed", "friendly"),
        ("Applications must be submitted.", "formal"),
        ("The office thanks all of you.", None),
        ("Thanks for coming.", "friendly"),
        ("✔ We regret this.", "formal"),  # a bullet is no emoji
    ],
)
def test_tones(text: str, tone: str | None) -> None:
    assert checks.tone(text) == tone


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        ("Come!", None),
        ("Dear neighbors,", "neighbours"),
        ("Our colleagues said yes. Dear parents, come!", "colleagues"),
        ("Colleagues said yes. Dear parents, come!", "parents"),
        ("A party, you neighbours and colleagues!", "neighbours"),
        ("For all our staff", "colleagues"),
        ("teammates", None),
        ("A party that no parent will forget.", "parents"),
    ],
)
def test_readers(text: str, reader: str | None) -> None:
    assert checks.reader(text, PARTY.readers.items()) == reader


@pytest.mark.parametrize(
    ("text", "signs", "mentioned"),
    [
        ("on JUNE, 14", ("June 14",), True),
        ("on June 140", ("June 14",), False),
        ("for €12", ("euros 12",), True),
        ("a husband", ("band",), False),
        ("", ("band",), False),
    ],
)
def test_mentions(text: str, signs: tuple[str, ...], mentioned: bool) -> None:
    assert checks.mentions(text, signs) == mentioned


@pytest.mark.parametrize(
    ("document", "fact", "texts"),
    [
        (
            "street_party",
            "date",
            "14 June|Sat 14 Jun.|the 14th of June|June the 14th|14. June|14/6|14.6.|14/06/2025|2025-06-14",
        ),
        ("street_party", "date", "the fourteenth of June|June the fourteenth"),
        ("street_party", "time", "4 pm|4:00 p.m.|4p.m.|4 PM|04:00 pm|four o’clock|16.00"),
        ("library_hours", "opening", "9 a.m.|9:00|9 o'clock|nine in the morning|at nine, so come|from 9 to 5"),
        ("class_trip", "fee", "€15|15 €|15€|15 euro|EUR 15|€15.00|15.00 euros|fifteen euros"),
        ("recall", "fault", "the handle"),
    ],
)
def test_a_fact_is_found_however_it_is_written(document: str, fact: str, texts: str) -> None:
    signs = documents()[document].by_name[fact].signs
    assert [text for text in texts.split("|") if not checks.mentions(f"It is {text}, then.", signs)] == []


@pytest.mark.parametrize(
    ("document", "fact", "text"),
    [
        ("street_party", "time", "14 pm"),
        ("street_party", "date", "14 July"),
        ("street_party", "date", "6/14"),  # the day comes first
        ("library_hours", "opening", "from 9 euros"),
        ("class_trip", "fee", "115 euros"),
        ("recall", "fault", "We handle every request."),
    ],
)
def test_what_only_looks_like_a_fact_is_none(document: str, fact: str, text: str) -> None:
    assert not checks.mentions(text, documents()[document].by_name[fact].signs)


def test_words_for_whom_a_text_is_for_take_linear_time() -> None:
    """Each of these words may begin an address and go on with it."""
    for word, count in (("to ", 2600), ("all ", 2000)):
        started = process_time()
        assert checks.reader(word * count, PARTY.readers.items()) is None
        assert process_time() - started < 0.5


@pytest.mark.parametrize("text", ["", "\x00\ud83d", "- " * 9000, "Dear " * 5000, "\n" * 20_000, "中文 👩‍👩‍👧"])
def test_any_text_has_a_profile(text: str) -> None:
    found = checks.profile(text, PARTY, PARTY.values)
    assert all(value is None or value in PARTY.values[point] for point, value in found.items())
    assert profile_of(key_of(found)) == found


# -- words


@each_document
def test_every_wording_of_every_split_is_read_as_it_is_meant(document: Document) -> None:
    acts = acts_of(document)
    for point, values in document.values.items():
        for value, table in product(values, (wordings.ANSWERS, wordings.COMMENTS)):
            for text in wordings.worded(table, document, point, value):
                assert acts.read(text, ()) == (Act("inform", point, value),), text
        for text in wordings.about(wordings.VAGUE, document, point):
            assert acts.read(text, ()) == (Act("deny", point),), text
        for text in wordings.about(wordings.QUESTIONS, document, point):
            assert [(a.kind, a.slot) for a in acts.parse(text)] == [("ask", point)], text
    assert all(acts.read(text, ()) == (Act("inform", "draft", "right"),) for text in wordings.OTHERS["right"])
    assert not any(acts.read(text, ()) for kind in ("silent", "indifferent") for text in wordings.OTHERS[kind])


def test_splits_share_no_wording() -> None:
    for act in (Act("inform", "tone", "formal"), Act("deny", "form"), Act("inform", "draft", "right"), Act("request")):
        pools = [
            {acts_of(PARTY, s).reply(act, True, False, k) for k in range(9)} for s in ("train", "validation", "test")
        ]
        assert not pools[0] & pools[2]
        assert not pools[1] & (pools[0] | pools[2])
    asked = [
        {acts_of(PARTY, s).phrase(Act("ask", "tone"), k) for k in range(9)} for s in ("train", "validation", "test")
    ]
    assert not asked[0] & asked[2]


@pytest.mark.parametrize(
    ("text", "drafted"),
    [
        ("DRAFT:\nHey all!", True),
        ("I have two questions. Who is it for?\n\n**Draft 2:** Hey all!", True),
        ("Revised draft: Hey all!", True),
        ("Here's my revised draft: Hey all!", True),
        ("DRAFT\n\nHey all!", True),
        ("Draft (version 2): Hey all!", True),
        ("DRAFT:", False),
        ("DRAFT: ...", False),
        ("DRAFT: \n\n", False),
        ("Here is a draft of it.", False),
        ("The draft: short", False),
    ],
)
def test_a_draft_is_what_follows_its_line(text: str, drafted: bool) -> None:
    kinds = [act.kind for act in acts_of(PARTY).parse(text)]
    assert kinds == ["draft"] if drafted else "draft" not in kinds


def test_the_marker_goes_before_other_words_for_a_draft() -> None:
    marked = "DRAFT:\nHi team!\n\nCome.\n\nCheers,\nAnn"
    assert acts_of(PARTY).parse(f"Sure! Here is my draft:\n\n{marked}") == acts_of(PARTY).parse(marked)


def test_a_commitment_is_the_only_act_of_its_utterance() -> None:
    (act,) = acts_of(PARTY).parse("DRAFT: one\nANSWER: two. Who is it for?")
    assert act == Act("commit", value="two. Who is it for?")


@pytest.mark.parametrize(
    ("text", "length", "value"),
    [
        ("Shorter, please.", "medium", Act("inform", "length", "short")),
        ("Shorter, please.", "long", Act("deny", "length")),  # medium or short?
        ("Too short!", "medium", Act("inform", "length", "long")),
        ("Too short!", "short", Act("deny", "length")),
        ("Cut it to 100 words.", "long", Act("inform", "length", "medium")),
    ],
)
def test_shorter_and_longer_are_understood_by_the_draft(text: str, length: str, value: Act) -> None:
    assert acts_of(PARTY).read(text, (Act("draft", f"length: {length}"),)) == (value,)


def test_a_slip_of_the_pen_is_repaired_and_another_word_is_none() -> None:
    acts = acts_of(PARTY)
    assert acts.read("Please add the bnad.", ()) == (Act("inform", "music", "in"),)
    assert acts.read("Please drop the band.", ()) == (Act("inform", "music", "out"),)
    assert acts.read("No list, please.", ()) == (Act("deny", "form", "list"),)


_DRAFTED = Act("draft", "length: medium")
_IN, _OUT = Act("inform", "music", "in"), Act("inform", "music", "out")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("You forgot the band and the date.", (_IN, Act("inform", "date", "in"))),
        ("The band, the date: drop them.", (_OUT, Act("inform", "date", "out"))),
        ("Leave the date and the band out.", (Act("inform", "date", "out"), _OUT)),
        ("The band can't come, so strike it.", (_OUT,)),
        ("And the band?", (_IN,)),
        ("Nothing about the band? That has to be in.", (_IN,)),
        ("The band isn't mentioned.", (_IN,)),
        ("The band shouldn't be mentioned.", (_OUT,)),
        ("The band should be left out.", (_OUT,)),
        ("Don't leave out the band.", (_IN,)),
        ("Nobody will come if they don't know about the band.", (_IN,)),
        ("They don't have to know about the band.", (_OUT,)),
        ("I don't care about the band.", ()),
        ("My brother plays in a band as well.", ()),
        ("I'll show it to the band.", ()),
        ("Do you like bands?", ()),
        ("What's a brass band?", ()),
        ("My colleagues are noisy today.", ()),
        ("Colleagues should read it.", (Act("inform", "reader", "colleagues"),)),
        ("It's rather long.", (Act("inform", "length", "short"),)),
        ("It's way too nice and casual.", (Act("inform", "tone", "formal"),)),
        ("Reads like a business letter.", (Act("inform", "tone", "friendly"),)),
        ("Turn the list into paragraphs.", (Act("inform", "form", "paragraphs"),)),
        ("Anything but a list.", (Act("deny", "form", "list"),)),
        ("Two hundred words would be right.", (Act("inform", "length", "long"),)),
        ("No more than sixty words.", (Act("inform", "length", "short"),)),
        ("Lovely! Just add the band.", (_IN,)),
        ("You nailed it.", (Act("inform", "draft", "right"),)),
        ("It's not perfect.", ()),
        ("frendlier, and mroe abuot the bnad", (Act("inform", "tone", "friendly"),)),
    ],
)
def test_what_is_said_of_a_draft(text: str, said: tuple[Act, ...]) -> None:
    assert acts_of(PARTY).read(text, (_DRAFTED,)) == said


@pytest.mark.parametrize(
    ("about", "text", "said"),
    [
        ("in", "Haha, well, yes, sure.", (_IN,)),
        ("in", "Precisely.", (_IN,)),
        ("in", "We do.", (_IN,)),
        ("in", "Why not?", (_IN,)),
        ("in", "Please don't.", (_OUT,)),
        ("in", "Not at this point.", (_OUT,)),
        ("in", "No idea.", ()),
        ("in", "Which band?", ()),
        ("in", "Does it matter?", ()),
        ("out", "Please don't.", (_IN,)),
        ("out", "No, people ask about it.", (_IN,)),
        ("out", "I'd prefer you to mention it.", (_IN,)),
        ("out", "Yes, leave it out.", (_OUT,)),
    ],
)
def test_answers_to_whether_a_fact_is_to_go_in(about: str, text: str, said: tuple[Act, ...]) -> None:
    assert acts_of(PARTY).read(text, (Act("ask", "music", about),)) == said


def test_what_is_only_named_is_wanted_where_the_question_was_what_to_mention() -> None:
    text = "The band and the date, but nothing about the rain."
    said = acts_of(PARTY).read(text, (Act("ask", "facts"),))
    assert [(act.slot, act.value) for act in said] == [("music", "in"), ("date", "in"), ("rain", "out")]
    assert acts_of(PARTY).read("About 120.", (Act("ask", "length"),)) == (Act("inform", "length", "medium"),)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Who gets this invitation?", "reader:"),
        ("How much should I write?", "length:"),
        ("Now, length: do you have something in mind?", "length:"),
        ("The band is a nice idea. Should I mention it?", "music:in"),
        ("I take it you want it formal, right?", "tone:formal"),
        ("Is a short text enough, or do you want a long one?", "length:"),
        ("Should I mention the band, and leave out the rain?", "music:in rain:out"),
        ("May I leave the band unmentioned?", "music:out"),
        ("What about the band, does that go in?", "music:in"),
        ("How long has the band been around?", ""),
        ("How long will the party last?", ""),
        ("Did you hear the band?", ""),
        ("How many neighbours do you have?", ""),
        ("Do yuo want it shrot?", "length:short"),
    ],
)
def test_what_an_agent_asks(text: str, asked: str) -> None:
    assert " ".join(f"{act.slot}:{act.value}" for act in acts_of(PARTY).parse(text)) == asked


@pytest.mark.parametrize("text", ["leave ", "keep the ", "how a ", "and ", "haha ", "is it ", "not short ", "\n", "1/"])
def test_words_are_read_in_linear_time(text: str) -> None:
    started = process_time()
    acts_of(PARTY).parse(text * 1000)
    acts_of(PARTY).read(text * 1000, (_DRAFTED,))
    acts_of(PARTY).read(text * 1000, (Act("ask", "music", "in"),))
    assert process_time() - started < 1.5


@pytest.mark.parametrize("setting", TASK.SETTINGS, ids=lambda s: s.name)
def test_the_system_message_and_the_brief_tell_what_they_should(setting: Any) -> None:
    scenario = TASK.sample(mix(11, 0), setting, "train")
    told, document = TASK.describe(scenario.public, None), document_in(scenario.public)
    assert all(fact.text in told for fact in document.facts)
    assert told.count("\n- ") == 6 + setting.requirements
    assert ("does not comment" in told) == (not setting.comments)
    acts = TASK.acts(user_view(TASK, scenario))
    secret = TASK.brief(scenario.public, scenario.user_brief)
    for number, (point, value) in enumerate(scenario.user_brief["wanted"].items(), start=1):
        fact = document.by_name.get(point)
        told = acts.reply(Act("inform", point, value), False, False, 1)
        wish = told if fact is None else f"{fact.label}: {'mention it' if value == IN else 'leave it out'}"
        assert f"\n{number}. {wish}\n" in secret


def test_no_opening_tells_what_is_wanted() -> None:
    for document in documents().values():
        acts = draft_acts(document.name, tuple(document.values), "test")
        assert not [text for text in document.openings if acts.read(text, ())]


@pytest.mark.parametrize("before", ["Thanks. ", "Once again, please. ", "Very good, carrying on. "])
def test_the_marker_is_seen_behind_a_sentence(before: str) -> None:
    document = next(iter(documents().values()))
    acts = draft_acts(document.name, tuple(document.values), "test")
    (alone,), (behind,) = (
        acts.parse("DRAFT:\nDear all,\nGood news."),
        acts.parse(f"{before}DRAFT:\nDear all,\nGood news."),
    )
    assert behind == alone
    assert acts.parse("I have no draft: what form is it to have?") != (alone,)
