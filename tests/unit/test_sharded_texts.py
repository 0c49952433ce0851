"""Sharded texts: items, references cut by shards, scores that order answers as they should, and public records."""

import json
import pickle
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fake_model import FakeModel

from pragenv.errors import ConfigError, DataError, ModelError
from pragenv.protocols import Completion
from pragenv.tasks.sharded.item import Item, Kind
from pragenv.tasks.sharded.judge import Judge
from pragenv.tasks.sharded.kinds.data_to_text import DataToText
from pragenv.tasks.sharded.kinds.summary import Summary
from pragenv.tasks.sharded.kinds.texts import METRICS, TextKind, cut
from pragenv.tasks.sharded.kinds.translation import Translation
from pragenv.types import Dialogue, FrozenDict, mix

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "sharded_translation.json"
KINDS: tuple[Kind, ...] = (DataToText(), Translation(), Summary())
GRADED: tuple[TextKind, ...] = tuple(kind(metric) for kind in (DataToText, Translation) for metric in METRICS)
LETTERS = "".join(map(chr, range(32))) + "\ud800\udfff\u202e\u0000 aä€𝄞.,"
NONSENSE = (
    "",
    " \n\t",
    "\x00\x01\x1b[31m",
    "\ud800 \udfff",
    "a" * 20_000,
    "a " * 10_000,
    "." * 20_000,
    "".join(LETTERS[mix(5, i) % len(LETTERS)] for i in range(20_000)),
)

all_kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
graded_kinds = pytest.mark.parametrize("kind", GRADED, ids=lambda kind: f"{kind.name}-{kind.metric}")


def score(kind: Kind, item: Item, answer: str) -> float:
    found = kind.grade(item, answer).score
    assert found is not None
    assert 0 <= found <= 1
    return found


def corrupted(text: str, words: int, key: int) -> str:
    """The text with so many of its words replaced; more words of the same key include the fewer."""
    split = text.split(" ")
    for at in sorted(range(len(split)), key=lambda i: mix(key, i))[:words]:
        split[at] = f"zzq{at}"
    return " ".join(split)


@all_kinds
def test_there_are_fifty_items_and_more_all_different_and_always_the_same(kind: Kind) -> None:
    items = kind.items()
    assert len(items) >= 50
    for part in ("id", "full", "shards"):
        assert len({getattr(item, part) for item in items}) == len(items), part
    assert type(kind)().items() == items
    assert {item.kind for item in items} == {kind.name}


@all_kinds
def test_an_instruction_comes_in_four_to_six_shards_that_say_what_the_whole_says(kind: Kind) -> None:
    for item in kind.items():
        assert 4 <= len(item.shards) <= 6
        assert not any(a.casefold() in b.casefold() for a in item.shards for b in item.shards if a is not b)
        for shard in item.shards:
            _, *first = re.split(r"The first row: |It begins: |The first of them: ", shard)
            told = first[0] if first else shard.removeprefix("Another row: ")
            assert told in item.full
            assert "\n" not in shard


@graded_kinds
def test_no_two_items_are_solved_by_the_same_answer(kind: TextKind) -> None:
    answers = [kind.solve(item, item.everything) for item in kind.items()]
    assert len(set(answers)) == len(answers)


@all_kinds
def test_any_text_could_be_an_attempt_so_none_is_recognised(kind: Kind) -> None:
    item = kind.items()[0]
    assert kind.recognise(kind.solve(item, item.everything)) is None


@graded_kinds
def test_who_knows_everything_says_exactly_the_reference(kind: TextKind) -> None:
    for item in kind.items():
        answer = kind.solve(item, item.everything)
        assert answer == item.target["references"][0]
        for reference in item.target["references"]:
            assert kind.grade(item, f"\n {reference} ")[:2] == (1.0, True)


@graded_kinds
def test_the_more_is_known_the_higher_the_score(kind: TextKind) -> None:
    for item in kind.items():
        scores = [score(kind, item, kind.solve(item, frozenset(range(n)))) for n in range(len(item.shards) + 1)]
        assert scores == sorted(set(scores))
        assert (scores[0], scores[-1]) == (0.0, 1.0)
        assert not kind.grade(item, kind.solve(item, item.everything - {1})).solved


@graded_kinds
def test_fewer_faults_score_higher(kind: TextKind) -> None:
    pairs = 0
    for number, item in enumerate(kind.items()):
        reference = item.target["references"][0]
        for few, many in ((0, 1), (1, 3), (3, 8)):
            better, worse = corrupted(reference, few, number), corrupted(reference, many, number)
            assert score(kind, item, better) > score(kind, item, worse), (better, worse)
            pairs += 1
    assert pairs >= 150


@graded_kinds
def test_a_part_scores_higher_than_another_text_and_lower_than_the_whole(kind: TextKind) -> None:
    items = kind.items()
    for item, other in pairwise(items):
        half = kind.solve(item, frozenset(range(len(item.shards) - 1)))
        strange = "Somebody else entirely writes of quite different matters."
        assert 1 > score(kind, item, half) > score(kind, item, strange)
        assert score(kind, item, kind.solve(other, other.everything)) < 1


@graded_kinds
@pytest.mark.parametrize("reference", ["Hello", "Hello!", "Good morning", "Where is it?", "10", "…", "I"])
def test_a_reference_of_one_to_three_tokens_is_worth_one(kind: TextKind, reference: str) -> None:
    item = Item("short", kind.name, "", "x", ("x",), FrozenDict(references=[reference], pieces=[reference]))
    assert kind.grade(item, reference)[:2] == (1.0, True)
    assert score(kind, item, "Quite another") < 0.5
    assert kind.grade(item, "")[:2] == (0.0, False)


@graded_kinds
def test_any_one_of_several_references_will_do(kind: TextKind) -> None:
    target = FrozenDict(
        references=["The mill is old.", "It is an ancient mill, they say."], pieces=["The mill is old."]
    )
    item = Item("two", kind.name, "", "x", ("x",), target)
    assert [kind.grade(item, text).solved for text in target["references"]] == [True, True]
    mixed = "It is an ancient mill, they"  # as long as the one is, in words that are all in the other
    assert not kind.grade(item, mixed).solved


@pytest.mark.parametrize("answer", NONSENSE, ids=range(len(NONSENSE)))
@all_kinds
def test_nonsense_is_graded_like_anything_else(kind: Kind, answer: str) -> None:
    item = kind.items()[0]
    verdict = kind.grade(item, answer)
    assert verdict.score is None or verdict.score < 0.1
    assert not verdict.solved
    assert (verdict.score == 0) >= (not answer.strip())


@pytest.mark.parametrize("answer", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_has_no_likeness_by_characters_either(answer: str) -> None:
    kind = Translation("chrf")
    assert score(kind, kind.items()[0], answer) < 0.2


@graded_kinds
def test_the_expected_score_of_knowing_nothing_is_exact(kind: TextKind) -> None:
    for item in kind.items():
        unknown = Item("", item.kind, item.context, "unknown", ("unknown",), FrozenDict())
        assert all(score(kind, item, kind.random(unknown, key)) == kind.chance(item) for key in range(3))


def test_the_metrics_are_two_and_differ() -> None:
    item = Translation().items()[0]
    answer = corrupted(Translation().solve(item, item.everything), 4, 1)
    assert score(Translation("bleu"), item, answer) != score(Translation("chrf"), item, answer)
    with pytest.raises(ConfigError, match="metric must be one of bleu, chrf, got 'meteor'"):
        DataToText("meteor")


def test_scores_are_those_of_the_library() -> None:
    import sacrebleu

    item = Translation().items()[7]
    reference = item.target["references"][0]
    answer = corrupted(reference, 5, 3)
    bleu = sacrebleu.corpus_bleu([answer], [[reference]]).score / 100
    chrf = sacrebleu.corpus_chrf([answer], [[reference]]).score / 100
    assert score(Translation("bleu"), item, answer) == pytest.approx(bleu, abs=1e-8)
    assert score(Translation("chrf"), item, answer) == pytest.approx(chrf, abs=1e-8)


@pytest.mark.parametrize("text", ["", "one", "one two  three\nfour", " a b c d e f g h i j "])
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_a_text_is_cut_into_parts_that_give_it_again(text: str, parts: int) -> None:
    pieces = cut(text, parts)
    assert len(pieces) == parts
    assert "".join(pieces) == text.rstrip()


# -- summaries ---------------------------------------------------------------------------------------------------------


def covered(prompt: Dialogue, key: int) -> str:
    """A judging model: finds a point where a line begins with its words, or, in part, with its first word."""
    point, summary = prompt[-1].content.removeprefix("The point:\n").split("\n\nThe summary:\n")
    lines = [line.partition(". ")[2].removeprefix("- ") for line in summary.splitlines()]
    for how, words in (("full", point), ("partial", point.split()[0])):
        for n, line in enumerate(lines, start=1):
            if line.startswith(words):
                return f"{how} {n}"
    return "no"


def test_a_summary_is_not_scored_without_a_judge() -> None:
    for item in Summary().items():
        verdict = Summary().grade(item, Summary().solve(item, item.everything))
        assert verdict[:2] == (None, False)
        assert verdict.reason.startswith("no judge: ")


def test_a_judge_scores_summaries_and_knowing_more_tells_more() -> None:
    kind = Summary(Judge(FakeModel(covered)))
    for item in kind.items():
        scores = [score(kind, item, kind.solve(item, frozenset(range(n)))) for n in range(len(item.shards) + 1)]
        assert scores == sorted(scores)
        assert (scores[0], scores[-1]) == (0.0, 1.0)
        assert kind.grade(item, kind.solve(item, item.everything)).solved


def test_a_summary_cites_only_documents_that_are_known() -> None:
    kind = Summary()
    for item in kind.items():
        for n in range(len(item.shards)):
            said = kind.solve(item, frozenset({n}))
            assert said.count("\n") == 0
            assert said.endswith(f" [{n + 1}]")


def test_a_point_made_in_part_or_cited_wrongly_earns_less() -> None:
    kind = Summary(Judge(FakeModel(covered)))
    item = Summary().items()[0]
    lines = kind.solve(item, item.everything).splitlines()
    first, cited = lines[0].removeprefix("- ").split(" [", 1)
    whole = len(lines)
    uncited = "\n".join([f"- {first}", *lines[1:]])
    assert score(kind, item, uncited) == pytest.approx((whole - 1) / whole)
    in_part = "\n".join([f"- {first.split()[0]} [{cited}", *lines[1:]])
    assert score(kind, item, in_part) == pytest.approx((whole - 0.5) / whole)
    documents = cited.count("[") + 1
    f1 = 2 * documents / (2 * documents + 1)
    assert score(kind, item, "\n".join([f"{lines[0]}[99]", *lines[1:]])) == pytest.approx((whole - 1 + f1) / whole)


def test_points_that_no_document_makes_are_not_asked_for() -> None:
    documents = [{"document_index": n, "document_text": f"Text {n}.", "insights_included": [f"i{n}"]} for n in (1, 2)]
    insights = [{"insight": f"Point {n}", "insight_id": f"i{n}"} for n in (1, 2)]
    shown = [{"shard_id": 1, "shard": "", "doc_idxs": [1]}]
    record = {"task_id": "s/1", "query": "it", "documents": documents, "insights": insights, "shards": shown}
    item = Summary().load(record, "record 0")
    assert [text for text, _ in item.target["insights"]] == ["Point 1"]
    judge = Summary(Judge(FakeModel(covered)))
    assert score(judge, item, "- Nothing is cited") == 0.0
    assert score(judge, item, judge.solve(item, item.everything)) == 1.0
    with pytest.raises(DataError, match=r"record 0, insights: none"):
        Summary().load({**record, "insights": insights[1:]}, "record 0")


def test_a_judge_that_was_cut_off_has_not_judged() -> None:
    judge = Judge(FakeModel(lambda *_: Completion("Good", finish="length")))
    with pytest.raises(ModelError, match="cut off"):
        judge.attempt("Good morning")


@pytest.mark.parametrize("said", ["", "maybe", "full", "full 0", "full 3", "partial 17", ModelError("unreachable")])
def test_a_judge_that_fails_leaves_the_answer_unscored(said: str | ModelError) -> None:
    kind = Summary(Judge(FakeModel(lambda *_: said)))
    verdict = kind.grade(kind.items()[0], "- A point [1]\n- Another [2]")
    assert verdict[:2] == (None, False)
    assert verdict.reason.startswith("the judge failed: ")


@all_kinds
def test_a_kind_can_be_pickled(kind: Kind) -> None:
    assert pickle.loads(pickle.dumps(kind)).items() == kind.items()  # noqa: S301


# -- records in the public format --------------------------------------------------------------------------------------

SHARDS = [{"shard_id": i, "shard": f"part {i}", "doc_idxs": [i + 1]} for i in range(3)]
RECORDS: dict[str, dict[str, Any]] = {
    "translation": {"document_de": "Eins.\nZwei.\nDrei.", "document_en": "One.\nTwo.\nThree."},
    "data_to_text": {
        "references": ["It is a small table of four cells."],
        "table_highlighted_html": "<table></table>",
        "fewshot_descriptions": "Another was larger.",
        "metadata": {"table_page_title": "Tables"},
    },
    "summary": {
        "query": "prices",
        "documents": [
            {"document_index": n, "document_text": f"text {n}", "insights_included": ["a", "b"][: n % 2 + 1]}
            for n in (1, 2, 3, 9)
        ],
        "insights": [{"insight_id": "a", "insight": "They rise."}, {"insight_id": "b", "insight": "Nobody knows."}],
    },
}


def record(kind: Kind, **changes: Any) -> dict[str, Any]:
    return {"task_id": "one", "task": kind.name, "shards": SHARDS, **RECORDS[kind.name], **changes}


@all_kinds
def test_a_record_becomes_an_item(kind: Kind) -> None:
    item = kind.load(record(kind), "record 4")
    assert (item.id, item.kind, len(item.shards)) == ("one", kind.name, 3)
    assert kind.solve(item, frozenset()) == ""
    assert kind.grade(item, kind.solve(item, item.everything)).solved == (kind.name != "summary")


def test_a_loaded_summary_cites_the_documents_that_its_shards_hold() -> None:
    kind = Summary()
    item = kind.load(record(kind), "record 4")
    assert kind.solve(item, item.everything) == "- They rise. [1][2][3]\n- Nobody knows. [1][3]"
    assert kind.solve(item, frozenset({1})) == "- They rise. [2]"
    assert "text 9" not in item.full


WRONG: list[tuple[str, str, Any]] = [
    ("translation", "document_de", None),
    ("translation", "document_en", " "),
    ("data_to_text", "references", []),
    ("data_to_text", "references", ["fine", 3]),
    ("data_to_text", "table_highlighted_html", None),
    ("data_to_text", "fewshot_descriptions", 5),
    ("data_to_text", "metadata", "none"),
    ("summary", "query", None),
    ("summary", "documents", []),
    ("summary", "documents", [{"document_index": 1}]),
    ("summary", "documents", [{"document_text": "x", "document_index": "1", "insights_included": []}]),
    ("summary", "documents", [{"document_text": "x", "document_index": 1}]),
    ("summary", "insights", ["x"]),
    ("summary", "insights", [{"insight_id": "a"}]),
    ("summary", "shards", [{"shard_id": 0, "shard": "x"}]),
    ("summary", "shards", [{"shard_id": 0, "shard": "x", "doc_idxs": [77]}]),
    ("summary", "shards", [{"shard_id": 0, "shard": "x", "doc_idxs": [[]]}]),
]


@pytest.mark.parametrize(("name", "field", "value"), WRONG, ids=range(len(WRONG)))
def test_a_bad_record_is_refused_with_its_place_field_and_reason(name: str, field: str, value: Any) -> None:
    kind = next(kind for kind in KINDS if kind.name == name)
    with pytest.raises(DataError, match=rf"record 4, {field}.*must"):
        kind.load(record(kind, **{field: value}), "record 4")


def test_a_translation_whose_lines_do_not_match_is_cut_evenly() -> None:
    kind = Translation()
    item = kind.load(record(kind, document_en="One. Two. Three. Four. Five. Six."), "record 4")
    assert item.target["pieces"] == ("One. Two.", " Three. Four.", " Five. Six.")


@pytest.mark.skipif(not SOURCE.is_file(), reason=f"no {SOURCE.name} beside the checkout")
@pytest.mark.parametrize("metric", METRICS)
def test_the_public_translations_load_and_are_solved_by_their_references(metric: str) -> None:
    kind = Translation(metric)
    records = json.loads(SOURCE.read_text(encoding="utf-8"))
    assert len(records) == 15
    for i, public in enumerate(records):
        item = kind.load(public, f"record {i}")
        assert len(item.shards) == sum(bool(shard["shard"].strip()) for shard in public["shards"])
        assert kind.solve(item, item.everything) == public["document_en"].strip()
        assert kind.grade(item, public["document_en"])[:2] == (1.0, True)
        scores = [score(kind, item, kind.solve(item, frozenset(range(n)))) for n in range(len(item.shards) + 1)]
        assert scores == sorted(set(scores))
