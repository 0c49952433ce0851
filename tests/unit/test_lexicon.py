"""From text to meaning: words and sentences, the phrase table, and which sentences ask."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pragenv.tasks.lexicon import STOPWORDS, Lexicon, normalise, sentences, stem, words
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.requests import is_plain_question, requests

TEXT = st.text(st.sampled_from("abAB 019_.,!?;:'’\"-\n\téßİ中🙂"), max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("...?!", []),
        ("What's the Price-Range?", ["what's", "the", "price", "range"]),
        ("the dogs' 'own' bowl", ["the", "dogs", "own", "bowl"]),
        ("don’t", ["don’t"]),
        ("at 2.4 km, 10:30", ["at", "2", "4", "km", "10", "30"]),
        ("Café 中文 ÜBER", ["café", "中文", "über"]),
        ("snake_case", ["snake_case"]),
    ],
)
def test_words_are_lower_case_and_without_punctuation(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@settings(deadline=None, max_examples=500, derandomize=True)
@given(TEXT)
@example("a''b")
def test_a_text_has_the_same_words_by_every_route(text: str) -> None:
    spoken, number, marks = sentences(text)
    assert words(text) == spoken
    assert normalise(text) == " ".join(spoken)
    assert len(number) == len(spoken)
    assert number == sorted(number)
    assert all(0 <= n < len(marks) for n in number)


def test_sentences_end_at_stops_and_lines_but_not_inside_numbers_and_abbreviations() -> None:
    spoken, number, marks = sentences("At 2.4 p.m. today? Yes!\nFine")
    by_sentence = [[w for w, n in zip(spoken, number, strict=True) if n == k] for k in range(len(marks))]
    assert [found for found in by_sentence if found] == [["at", "2", "4", "p", "m"], ["today"], ["yes"], ["fine"]]
    assert marks == [".", "?", "!", "\n", ""]


@pytest.mark.parametrize("forms", [("budget", "budgets"), ("travel", "travelling"), ("dog", "dogs", "dog's")])
def test_inflections_share_a_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_both_apostrophes_make_a_possessive() -> None:
    assert stem("dog's") == stem("dog’s") == stem("dog")


PHRASES = Lexicon[str](
    [
        ("price", "price", 0.5),
        ("range", "price range", 1.0),
        ("budget", "budget", 1.0),
        ("days", "10 days", 1.0),
        ("large", "2", 1.0),
        ("cocoa", "hot chocolate", 1.0),
        ("sweet", "chocolate", 1.0),
        ("plural", "spots", 1.0),
        ("code", "level4", 1.0),
        ("both", "either way", 0.3),
        ("way", "either way", 0.8),
        ("café", "café", 1.0),
    ]
)


def _found(text: str) -> list[tuple[tuple[str, ...], int, int, bool]]:
    return [(m.entries, m.start, m.end, m.literal) for m in PHRASES.find(words(text))]


def test_the_longest_phrase_at_a_place_is_taken() -> None:
    assert _found("the price range") == [(("range",), 1, 3, True)]
    assert _found("the price, range aside") == [(("range",), 1, 3, True)]
    assert _found("the price of a range") == [(("price",), 1, 2, True)]


def test_matches_run_left_to_right_and_do_not_overlap() -> None:
    found = _found("budget price range hot chocolate budget")
    assert [entries for entries, *_ in found] == [("budget",), ("range",), ("cocoa",), ("budget",)]
    assert all(a[2] <= b[1] for a, b in pairwise(found))


def test_a_phrase_of_two_entries_stands_for_both_with_the_greater_weight() -> None:
    (match,) = PHRASES.find(["either", "way"])
    assert set(match.entries) == {"both", "way"}
    assert match.weight == 0.8


@pytest.mark.parametrize(("word", "entry"), [("budgets", "budget"), ("spot", "plural"), ("cafés", "café")])
def test_an_inflection_stands_for_the_word_but_not_literally(word: str, entry: str) -> None:
    assert _found(word) == [((entry,), 0, 1, False)]


@pytest.mark.parametrize(
    ("typed", "entry"),
    [
        ("budgt", "budget"),
        ("bugdet", "budget"),
        ("buddget", "budget"),
        ("chocolote", "sweet"),
        ("hot chocolote", "cocoa"),
    ],
)
def test_slips_of_the_pen_are_repaired_and_are_not_literal(typed: str, entry: str) -> None:
    assert [(entries, literal) for entries, _, _, literal in _found(typed)] == [((entry,), False)]


@pytest.mark.parametrize("word", ["bridge", "gadget", "udget", "bud", "way", "ranged"])
def test_words_that_are_merely_similar_are_not_repaired(word: str) -> None:
    assert _found(word) == []


@pytest.mark.parametrize("number", ["20", "3", "100", "12", "22", "11", "level5", "level44"])
def test_numbers_are_never_repaired(number: str) -> None:
    assert _found(number) == []
    assert _found(f"{number} days") == []


def test_a_number_stands_for_itself() -> None:
    assert _found("2") == [(("large",), 0, 1, True)]
    assert _found("10 days") == [(("days",), 0, 2, True)]


def test_a_known_word_is_never_taken_for_a_similar_one() -> None:
    similar = Lexicon[str]([("a", "casting", 1.0), ("b", "coasting", 1.0), ("c", "castings", 1.0)])
    for word, entry in (("casting", "a"), ("coasting", "b"), ("castings", "c")):
        assert [(m.entries, m.literal) for m in similar.find([word])] == [((entry,), True)]


@pytest.mark.parametrize("word", sorted(w for w in STOPWORDS if len(w) >= 4 and "'" not in w))
def test_words_without_a_topic_are_never_repaired(word: str) -> None:
    near_misses = [word + word[-1], word[:-1] + "x", word[0] + "x" + word[1:], word[:-1]]
    lexicon = Lexicon[str]([("wrong", near, 1.0) for near in near_misses if stem(near) != stem(word)])
    assert lexicon.find([word]) == []


@pytest.mark.parametrize(("word", "phrase"), [("do", "doing"), ("kindly", "kind")])
def test_words_without_a_topic_stand_for_no_other_word_of_their_stem(word: str, phrase: str) -> None:
    assert word in STOPWORDS
    assert Lexicon[str]([("wrong", phrase, 1.0)]).find([word]) == []


def test_a_lexicon_of_no_words_finds_nothing() -> None:
    assert Lexicon[str]([("a", "?!", 1.0)]).find(["a", "b"]) == []


def _asking(text: str) -> list[str]:
    return [clause.strip() for _, clauses in requests(text.lower()) for clause in clauses if re.search(r"\w", clause)]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("What is your budget?", ["what is your budget?"]),
        ("Great. What is your budget?", ["what is your budget?"]),
        ("What's the budget, and when do you travel?", ["what's the budget", "when do you travel?"]),
        ("Is it red or is it blue?", ["is it red", "is it blue?"]),
        ("Before I look for one, how big should it be?", ["how big should it be?"]),
        ("Tell me your budget.", ["tell me your budget."]),
        ("I'd like to know your size.", ["i'd like to know your size."]),
        ("Please specify the milk.", ["please specify the milk."]),
        ("window or aisle seat", ["window or aisle seat"]),
        ("Is 2.4 or 9:30 fine?", ["is 2.4 or 9:30 fine?"]),
    ],
)
def test_questions_and_requests_ask_clause_by_clause(text: str, clauses: list[str]) -> None:
    assert _asking(text) == clauses


@pytest.mark.parametrize("text", ["", "Thanks!", "The budget is fine.", "I see. The milk is noted.", "?!.", "\n\n"])
def test_statements_ask_nothing(text: str) -> None:
    assert _asking(text) == []


@pytest.mark.parametrize("bullet", ["-", "*", "•", "1)", "1:", "1."])
@pytest.mark.parametrize("lead", ["Please share:", "Could you tell me a few things?"])
def test_every_point_of_a_list_asks_where_its_lead_does(bullet: str, lead: str) -> None:
    points = [bullet, bullet.replace("1", "2")]
    text = f"{lead}\n{points[0]} the size\n{points[1]} the milk"
    asked = " / ".join(_asking(text))
    assert "size" in asked
    assert "milk" in asked


def test_a_list_after_a_plain_statement_asks_nothing() -> None:
    assert _asking("Noted so far.\n- the size.\n- the milk.") == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Which size?", True),
        ("?", True),
        ("", False),
        ("Which size", False),
        ("Which? Size?", False),
        ("Fine! Which size?", False),
        ("Which\nsize?", False),
        ("At 2.4?", False),
    ],
)
def test_a_plain_question_is_one_sentence_with_one_mark(text: str, plain: bool) -> None:
    assert is_plain_question(text) is plain


@pytest.mark.parametrize("n", range(3, 9))
def test_wordings_are_split_three_ways_without_overlap(n: int) -> None:
    items = tuple(map(str, range(n)))
    parts = [phrasings(items, split) for split in ("train", "validation", "test")]
    assert all(parts)
    assert sorted(sum(parts, ())) == sorted(items)


def test_too_few_wordings_to_split_serve_all() -> None:
    assert {phrasings(("a", "b"), split) for split in ("train", "validation", "test")} == {("a", "b")}
