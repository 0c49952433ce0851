"""What Clarify makes of users' own words: other sayings of options, refusals, and what nobody asked for."""

import pytest

from pragenv.tasks.clarify.acts import form_acts
from pragenv.tasks.clarify.form import bank
from pragenv.types import Act

FORMS = {form.name: form for form in bank()}


def read(form: str, asked: str, text: str) -> dict[str, str]:
    acts = form_acts(FORMS[form], tuple(f.name for f in FORMS[form].fields), "train")
    return {act.slot: act.value for act in acts.read(text, tuple(Act("ask", name) for name in asked.split()))}


@pytest.mark.parametrize(
    ("form", "asked", "text", "value"),
    [
        ("restaurant_booking", "time", "7:30", "half past seven"),
        ("conference_room", "start_time", "4pm", "4 p.m."),
        ("laptop_purchase", "budget", "1200", "around 1,200 euros"),
        ("city_break", "budget", "600-1000", "600 to 1000 euros"),
        ("wedding_catering", "guests", "200ish", "about two hundred"),
        ("coffee_order", "milk", "oat", "oat milk"),
        ("city_break", "company", "the kids", "with my children"),
        ("house_cleaning", "frequency", "Every two weeks.", "every other week"),
    ],
)
def test_an_option_is_said_in_figures_in_short_and_by_synonyms(form: str, asked: str, text: str, value: str) -> None:
    assert read(form, asked, text) == {asked: value}


@pytest.mark.parametrize(
    ("form", "asked", "text"),
    [
        ("city_break", "budget", "300"),
        ("laptop_purchase", "budget", "One thing first."),
        ("restaurant_booking", "seating", "Not at the bar."),
        ("city_break", "accommodation", "Anything but a hostel."),
        ("city_break", "season", "Spring or autumn, I can't decide."),
        ("restaurant_booking", "cuisine", "Is there a Thai place nearby?"),
    ],
)
def test_what_is_refused_left_open_or_ambiguous_tells_nothing(form: str, asked: str, text: str) -> None:
    assert read(form, asked, text) == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Not Thai, Italian.", "Italian"),
        ("Greek is out, so Italian rather than Thai.", "Italian"),
        ("I can't resist Italian.", "Italian"),
        ("Nothing other than Italian.", "Italian"),
    ],
)
def test_what_is_refused_gives_way_to_what_is_wanted(text: str, value: str) -> None:
    assert read("restaurant_booking", "cuisine", text) == {"cuisine": value}


def test_an_opening_reveals_options_in_free_words() -> None:
    text = "My partner and I want to get away for a couple of nights this autumn."
    assert read("city_break", "", text) == {"company": "with my partner", "length": "two nights", "season": "autumn"}


@pytest.mark.parametrize("form", FORMS)
def test_the_forms_own_openings_reveal_nothing(form: str) -> None:
    assert not any(read(form, "", f"Hi! {request}") for request in FORMS[form].requests)
