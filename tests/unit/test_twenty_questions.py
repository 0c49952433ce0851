"""The knowledge base of Twenty Questions, and commitments to one of its concepts."""

from collections import Counter
from collections.abc import Iterator
from itertools import permutations

import numpy as np
import pytest
from talk import committed

from pragenv.tasks.lexicon import normalise, words
from pragenv.tasks.twenty_questions import TwentyQuestions
from pragenv.tasks.twenty_questions.acts import QuestionActs
from pragenv.tasks.twenty_questions.knowledge import VALUES, knowledge
from pragenv.types import Act, Scenario

KNOWN = knowledge()
TASK = TwentyQuestions()
ACTS = QuestionActs(KNOWN, "test")
NAMES = [(name, concept.name) for concept in KNOWN.concepts for name in (concept.name, *concept.synonyms)]
YES = VALUES.index("yes")


def solved(answer: str, concept: str) -> bool:
    scenario = Scenario({"concepts": [c.name for c in KNOWN.concepts], "phrasing": "test"}, {"concept": concept})
    return TASK.grade(scenario, committed((), f"ANSWER: {answer}")).solved


def with_article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def test_there_are_150_concepts_in_several_domains_and_60_attributes() -> None:
    assert len(KNOWN.concepts) >= 150
    assert len(KNOWN.attributes) >= 60
    assert len(KNOWN.domains) >= 5
    assert min(Counter(c.domain for c in KNOWN.concepts).values()) >= 10
    assert KNOWN.matrix.shape == (len(KNOWN.concepts), len(KNOWN.attributes))


def test_every_pair_of_concepts_differs_somewhere_in_yes_against_no() -> None:
    for i, row in enumerate(KNOWN.matrix):
        others = KNOWN.matrix[:i]
        apart = (row != others) & (row <= YES) & (others <= YES)
        assert apart.any(axis=1).all(), KNOWN.concepts[i].name


def test_every_attribute_is_true_of_some_concepts_and_not_of_others() -> None:
    for column, attribute in zip(KNOWN.matrix.T, KNOWN.attributes, strict=True):
        assert len(set(column.tolist()) - {VALUES.index("sometimes")}) == 2, attribute.name


def test_no_two_attributes_say_the_same_of_every_concept() -> None:
    assert len({column.tobytes() for column in np.ascontiguousarray(KNOWN.matrix.T)}) == len(KNOWN.attributes)


def test_the_table_cannot_be_changed_and_agrees_with_its_words() -> None:
    with pytest.raises(ValueError, match="read-only"):
        KNOWN.matrix[0, 0] = 0
    for concept, row in zip(KNOWN.concepts, KNOWN.matrix, strict=True):
        assert list(KNOWN.values[concept.name].values()) == [VALUES[v] for v in row]


def test_a_name_or_synonym_belongs_to_one_concept() -> None:
    assert len({normalise(name) for name, _ in NAMES}) == len(NAMES)
    assert any(" " in name for name, _ in NAMES)
    assert all(1 <= concept.frequency <= 100 for concept in KNOWN.concepts)


def test_every_attribute_has_several_questions_and_a_statement_for_each_value() -> None:
    statements = [normalise(a.statements[value]) for a in KNOWN.attributes for value in VALUES]
    assert all(statements)
    assert len(set(statements)) == len(statements)
    questions = [normalise(q) for a in KNOWN.attributes for q in a.questions]
    assert all(questions)
    assert len(set(questions)) == len(questions)
    assert all(len(a.questions) >= 3 for a in KNOWN.attributes)


FORMS = (
    "{name}",
    "{article}",
    "the {name}",
    "{name}.",
    "{name}!",
    '"{name}"',
    "**{name}**",
    "It's {article}.",
    "it is {article}",
    "I think it's {article}!",
    "my answer is {name}",
    "\n{name}\n",
    "  {article} ",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", [str, str.upper, str.title])
def test_every_name_and_synonym_wins_in_every_form(form: str, case: type[str]) -> None:
    lost = [n for n, c in NAMES if not solved(case(form.format(name=n, article=with_article(n))), c)]
    assert lost == []


def test_names_of_several_words_win_with_a_hyphen_too() -> None:
    several = [(name, concept) for name, concept in NAMES if " " in name]
    assert len(several) >= 50
    assert [name for name, concept in several if not solved(name.replace(" ", "-"), concept)] == []


def slips(name: str) -> Iterator[str]:
    """A letter dropped, doubled or exchanged with the next, inside each word of five letters or more."""
    for word in words(name):
        for i in range(1, len(word) - 1) if len(word) >= 5 and word.isalpha() else ():
            head, a, b, tail = word[:i], word[i], word[i + 1], word[i + 2 :]
            for typed in (head + b + tail, head + a + a + b + tail, head + b + a + tail):
                yield name.lower().replace(word, typed)


def test_a_slip_of_the_pen_in_a_name_of_nine_letters_or_more_wins_in_99_of_100_cases_and_never_names_another() -> None:
    typed = [(slip, concept) for name, concept in NAMES if len(name) >= 9 for slip in slips(name)]
    named = [ACTS.concept(slip) for slip, _ in typed]
    assert len(typed) > 3000
    assert sum(one == concept for one, (_, concept) in zip(named, typed, strict=True)) >= 0.99 * len(typed)
    assert all(one in (concept, None) for one, (_, concept) in zip(named, typed, strict=True))


@pytest.mark.parametrize("joint", [", ", " or ", " and ", "/", "; ", "\n", " | ", ", or maybe "])
def test_naming_two_concepts_loses_in_any_order(joint: str) -> None:
    concepts = [concept.name for concept in KNOWN.concepts]
    pairs = [(a, b) for i, a in enumerate(concepts) for b in (concepts[(i * 7 + 5) % len(concepts)],) if a != b]
    named = {(a, b): ACTS.concept(f"{a}{joint}{b}") for pair in pairs for a, b in permutations(pair)}
    assert {pair: one for pair, one in named.items() if one} == {}


@pytest.mark.parametrize("joint", [", ", "; ", "\n", "/"])
def test_two_concepts_whose_names_make_a_third_name_are_still_two(joint: str) -> None:
    several = {normalise(name) for name, _ in NAMES if " " in name}
    pairs = [(a, b) for (a, c), (b, d) in permutations(NAMES, 2) if c != d and normalise(f"{a} {b}") in several]
    assert {pair: ACTS.concept(joint.join(pair)) for pair in pairs if ACTS.concept(joint.join(pair))} == {}


def test_listing_every_candidate_loses() -> None:
    concepts = [concept.name for concept in KNOWN.concepts]
    for joint in (", ", "\n", " or "):
        assert not any(solved(joint.join(concepts), concept) for concept in concepts)


NEGATIONS = ("not {a}", "it isn't {a}", "it's no {name}", "anything but {a}", "never {a}", "neither {a}", "non-{name}")


@pytest.mark.parametrize("form", NEGATIONS)
def test_a_negated_name_loses(form: str) -> None:
    won = [n for n, c in NAMES if solved(form.format(name=n, a=with_article(n)), c)]
    assert won == []


@pytest.mark.parametrize("answer", ["", " ", "a", "the", "?", "something", "I don't know", "x" * 500, "{}", "\ud83d"])
def test_an_answer_that_names_nothing_loses(answer: str) -> None:
    assert ACTS.concept(answer) is None


def test_another_concept_loses_and_the_verdict_names_both() -> None:
    scenario = Scenario({"concepts": ["cat", "dog"], "phrasing": "test"}, {"concept": "dog"})
    verdict = TASK.grade(scenario, committed((), "ANSWER: a cat"))
    assert (verdict.score, verdict.solved, verdict.reason) == (0.0, False, "cat was named; it was dog")
    nothing = TASK.grade(scenario, committed((), "Is it a dog?"))
    assert (nothing.score, nothing.solved, nothing.reason) == (0.0, False, "no answer was given")


def test_a_word_that_other_names_hold_is_no_slip_of_a_name() -> None:
    spelt: dict[str, set[str]] = {}
    for name, concept in NAMES:
        for word in words(name):
            spelt.setdefault(word, set()).add(concept)
    taken = {word: ACTS.concept(word) for word in spelt}
    assert {word: one for word, one in taken.items() if one and one not in spelt[word]} == {}


def test_a_commitment_is_the_only_act_of_its_utterance() -> None:
    assert ACTS.parse("Is it big?\nANSWER: a dog") == (Act("commit", value="a dog"),)
