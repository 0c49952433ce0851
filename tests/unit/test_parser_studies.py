"""The labelled studies of the parsers: the committed rates are those that are measured now."""

import importlib.util
import json
import math
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scipy import stats

from pragenv import audit
from pragenv.tasks.calibrate.acts import WORDINGS
from pragenv.tasks.calibrate.space import spaces
from pragenv.tasks.clarify.form import bank
from pragenv.tasks.draft.document import Document, documents
from pragenv.tasks.lexicon import normalise
from pragenv.tasks.negotiate.market import market
from pragenv.tasks.negotiate.sides import IMPORTANCE
from pragenv.tasks.reference.vocabulary import vocabulary
from pragenv.tasks.service.acts import GO_AHEAD
from pragenv.tasks.service.domain import DAYS, KINDS, PICKS, domains, names
from pragenv.tasks.service.goals import REASONS, SLOTS
from pragenv.tasks.twenty_questions.knowledge import knowledge
from pragenv.types import Act

FOLDER = Path(__file__).parents[1] / "studies"
AGENTS, USERS = ("clarify_agent", "twenty_questions_agent"), ("clarify_user", "twenty_questions_user")
AGENTS, USERS = (*AGENTS, "calibrate_agent", "reference_agent"), (*USERS, "calibrate_user", "reference_user")
AGENTS, USERS = (*AGENTS, "draft_agent", "service_agent"), (*USERS, "draft_user", "service_user")
AGENTS, USERS = (*AGENTS, "negotiate_agent"), (*USERS, "negotiate_user")
SPACES = {space.name: space for space in spaces()}
LEAST = {"reference_user": 260, "draft_agent": 240, "negotiate_agent": 260, "negotiate_user": 270}
"""Rows of a study that has fewer than 300."""
each_study = pytest.mark.parametrize("study", [*AGENTS, *USERS, "draft_texts"])


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("studies_rates", FOLDER / "rates.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


RATES: Any = _module()


def about(row: dict[str, Any]) -> str | None:
    """The form, the design space, the role, the document, the domain or the market that a row is about."""
    return next((row[n] for n in ("form", "space", "role", "document", "domain", "market") if n in row), None)


def acts_of_a_market(row: dict[str, Any]) -> set[str]:
    """Those acts of a row that its market has: offers with its levels, and what is said of its terms."""
    sold = market(row["market"], tuple(row["terms"]))
    terms = [term.name for term in sold.terms]
    offers = {
        act
        for act in (*row["acts"], *row.get("asked", ()))
        if re.fullmatch(r"(offer:|inform:offer=)\d+(/[012]){2}", act)
    }
    asked = {f"ask:{slot}" for slot in (*terms, "offer", "limit")} | {
        f"incomplete:{slot}" for slot in (*terms, "price")
    }
    told = {f"inform:{name}={value}" for name in terms for value in IMPORTANCE}
    return {"commit", "withdraw", "confirm", "deny", *offers, *asked, *told}


def acts_of_a_space(row: dict[str, Any]) -> set[str]:
    """Those acts of a row that its space has: a point of it, or what can be said of its dimensions."""
    space = SPACES[row["space"]]
    points = (act.removeprefix("ask:") for act in row["acts"] if act.startswith("ask:"))
    said = {f"inform:{d.name}={value}" for d in space.dimensions for value in ("too_much", "too_little")}
    whole = {f"inform:proposal={value}" for value in WORDINGS}
    return {"commit", *said, *whole, *(f"ask:{key}" for key in points if space.key(space.point(key)) == key)}


@pytest.mark.parametrize("study", AGENTS)
def test_a_study_has_300_utterances_none_of_them_twice_and_none_used_in_development(study: str) -> None:
    said = [(about(row), normalise(row["utterance"])) for row in RATES.rows(study)]
    developed = {(about(row), normalise(row["utterance"])) for row in RATES.rows(f"{study}_dev")}
    assert len(said) == len(set(said)) >= LEAST.get(study, 300)
    assert not developed & set(said)


@pytest.mark.parametrize("study", USERS)
def test_a_study_has_300_turns_of_users_none_of_them_twice(study: str) -> None:
    said = [(about(row), normalise(row["question"]), normalise(row["utterance"])) for row in RATES.rows(study)]
    assert len(said) == len(set(said)) >= LEAST.get(study, 300)


def _features(pattern: str) -> set[str]:
    """Every attribute of Reference with every value, in a pattern."""
    return {
        pattern.format(name, value)
        for name, attribute in vocabulary().items()
        for values in attribute.values.values()
        for value in values
    }


def _acts_on(document: Document) -> set[str]:
    """What an agent can do about a document."""
    asked = {f"ask:{point}:{value}" for point, values in document.values.items() for value in values}
    return {"draft", "commit", "ask_open", "ask:facts", *asked, *(f"ask:{point}" for point in document.values)}


def _wishes(document: Document) -> set[str]:
    """What a user can want of a document."""
    values = {point: (*values, "other") for point, values in document.values.items()} | {"draft": ("right",)}
    return {f"inform:{point}={value}" for point, held in values.items() for value in held}


def acts_of_a_domain(name: str) -> tuple[set[str], set[str]]:
    """What an agent of Service can say in a domain, and what a user can."""
    of = domains()[name]
    held: dict[str, tuple[str, ...]] = {"name": names(), "held": DAYS, "pick": PICKS, "kind": KINDS, "day": DAYS}
    held |= {"a": of.a.values, "b": of.b.values, "rate": ("fixed", "flex"), "places": tuple(map(str, range(1, 13)))}
    values = {(slot, value) for slot, some in held.items() for value in some}
    asks = {f"ask:{slot}" for slot in (*SLOTS, GO_AHEAD)} | {f"ask:{slot}:{value}" for slot, value in values}
    tells = {f"tell:reason={reason}" for reason in REASONS} | {f"guess:{value}" for _, value in values}
    return {"commit", "ask_open", "pause", *asks, *tells}, {
        "confirm",
        "deny",
        *(f"inform:{slot}={value}" for slot, value in values),
    }


@pytest.mark.parametrize("study", AGENTS)
def test_every_gold_act_exists(study: str) -> None:
    known = {form.name: {"ask_open", "commit", *(f"ask:{field.name}" for field in form.fields)} for form in bank()}
    attributes = {f"ask:{a.name}:{polarity}" for a in knowledge().attributes for polarity in ("yes", "no")}
    concepts = {f"guess:{c.name}" for c in knowledge().concepts}
    known |= {name: _acts_on(document) for name, document in documents().items()}
    known |= {"speaker": {"commit", *_features("describe:{}={}")}}
    known |= {"listener": {"commit", *_features("ask:{}:{}"), *(f"ask:{name}" for name in vocabulary())}}
    known |= {name: acts_of_a_domain(name)[0] for name in domains()}
    for row in [*RATES.rows(study), *RATES.rows(f"{study}_dev")]:
        others = acts_of_a_space(row) if "space" in row else {"commit", *attributes, *concepts}
        others = acts_of_a_market(row) if "market" in row else others
        assert set(row["acts"]) <= known.get(about(row), others)
        assert len(set(row["acts"])) == len(row["acts"])
        assert row["tag"]


@pytest.mark.parametrize("study", USERS)
def test_every_gold_act_of_a_user_exists_and_what_was_asked_does_too(study: str) -> None:
    options = {form.name: {f.name: set(f.options) for f in form.fields} for form in bank()}
    attributes = {a.name for a in knowledge().attributes}
    values = {f"inform:{name}={value}" for name in attributes for value in ("yes", "no", "sometimes")}
    concepts = {f"{kind}:{c.name}" for c in knowledge().concepts for kind in ("confirm", "deny")}
    for row in RATES.rows(study):
        known = values | concepts | (acts_of_a_space(row) if "space" in row else set())
        if "market" in row:
            known = acts_of_a_market(row)
        elif "form" in row:
            known = {f"inform:{name}={o}" for name, held in options[row["form"]].items() for o in held}
        elif "document" in row:
            known = _wishes(documents()[row["document"]])
        elif "role" in row:
            replies = {"confirm", "deny", "unsure", *(f"request:{name}" for name in vocabulary())}
            known = replies if row["role"] == "speaker" else _features("inform:{}={}")
        elif "domain" in row:
            known = acts_of_a_domain(row["domain"])[1]
        assert set(row["acts"]) <= known, row
        assert len(set(row["acts"])) == len(row["acts"])
        assert row["tag"]
        asks = acts_of_a_domain(row["domain"])[0] if "domain" in row else set()
        asks |= acts_of_a_market(row) if "market" in row else set()
        asks |= {"ask_open", "ask:facts"} if "document" in row else set()
        for act in RATES.asked(row):
            slots = options[row["form"]] if "form" in row else vocabulary() if "role" in row else attributes
            slots = documents()[row["document"]].values if "document" in row else slots
            assert act.slot in slots or act.kind in ("guess", "draft") or RATES.label(act) in asks


def test_every_label_of_a_document_exists_and_no_document_is_there_twice() -> None:
    rows = RATES.rows("draft_texts")
    assert len({normalise(row["text"]) for row in rows}) == len(rows) >= 48
    for row in rows:
        document = documents()[row["document"]]
        assert set(row["labels"]["facts"]) <= set(document.by_name)
        for point in ("form", "length", "tone", "reader"):
            assert row["labels"][point] in (None, *document.values[point])


@each_study
def test_the_committed_table_is_what_is_measured_now(study: str) -> None:
    committed = (FOLDER / "README.md").read_text(encoding="utf-8")
    stale = "python tests/studies/rates.py --write"
    assert RATES.table(study) in committed, f"the parser or the study has changed; run {stale} and commit the outcome"


def test_the_page_around_the_tables_is_generated_too() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == RATES.readme()


def test_the_rates_in_the_package_are_those_of_the_page() -> None:
    rows = json.loads((Path(audit.__file__).parent / "parser_rates.json").read_text(encoding="utf-8"))
    assert rows == json.loads(RATES.packaged())
    assert {row["study"] for row in rows} == {*AGENTS, *USERS, "draft_texts"}
    assert all(0 <= row["low"] <= row["rate"] <= row["high"] <= 1 for row in rows)


def test_rates_count_what_was_missed_and_what_was_made_up() -> None:
    found = RATES.rates(
        [
            ({"ask:a"}, {"ask:a"}),
            ({"ask:a", "ask:b"}, {"ask:b", "ask:c"}),
            ({"commit"}, set()),
            (set(), {"ask:a", "ask:b"}),
            (set(), set()),
        ]
    )
    assert found == RATES.Rates(
        exact=(2, 5),
        false_rejects=(2, 4),
        false_accepts=(3, 5),
        misled=(2, 5),
    )


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (1, 10), (5, 10), (62, 324), (9, 9)])
def test_intervals_are_wilsons(hits: int, n: int) -> None:
    low, high = RATES.Share(hits, n).interval()
    exact = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert math.isclose(low, exact.low, abs_tol=1e-9)
    assert math.isclose(high, exact.high, abs_tol=1e-9)
    assert low < high


def test_nothing_of_nothing_has_no_rate() -> None:
    assert str(RATES.Share(0, 0)) == "–"
    assert RATES.Share(0, 0).interval() == (0.0, 1.0)


@pytest.mark.parametrize(
    ("act", "label"),
    [
        (Act("ask", "size"), "ask:size"),
        (Act("ask", "is_big", "no"), "ask:is_big:no"),
        (Act("ask_open"), "ask_open"),
        (Act("guess", value="hot dog"), "guess:hot dog"),
        (Act("commit", value="size: large"), "commit"),
        (Act("inform", "size", "large"), "inform:size=large"),
        (Act("confirm", "concept", "hot dog"), "confirm:hot dog"),
        (Act("describe", "colour", "red"), "describe:colour=red"),
        (Act("request", "colour"), "request:colour"),
        (Act("offer", "400/1/0"), "offer:400/1/0"),
        (Act("incomplete", "price"), "incomplete:price"),
    ],
)
def test_acts_are_labelled_as_the_studies_write_them(act: Act, label: str) -> None:
    assert RATES.label(act) == label
