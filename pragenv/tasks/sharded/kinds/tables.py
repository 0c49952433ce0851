"""Tables of invented clubs, towns and devices, with a sentence about each row."""

from __future__ import annotations

from typing import NamedTuple

from pragenv.types import mix


class Domain(NamedTuple):
    """What tables are about.

    Attributes:
        name: as in the ids of items.
        noun: what a table describes.
        reader: whom a description is for.
        subjects: the names of what is described; the first row.
        opening: the sentence on the name.
        rows: the name of each further row, the values that it may have, and its sentence, in which `{a}` and `{b}` are
            the parts of the value (separated by `, `); `{s}` in the opening is the subject.
    """

    name: str
    noun: str
    reader: str
    subjects: tuple[str, ...]
    opening: str
    rows: tuple[tuple[str, tuple[str, ...], str], ...]


class Row(NamedTuple):
    """A row, and what is said of it."""

    name: str
    value: str
    said: str


_CLUB = Domain(
    "club",
    "a sports club",
    "the programme of the county games",
    ("Norwick Falcons", "Elmford Rovers", "Saltbay Herons", "Greywater Lions", "Tarn Valley Wolves", "Oxley Wanderers"),
    "{s} are one of the clubs of the county.",
    (
        (
            "Founded",
            ("1921", "1934", "1948", "1956", "1963", "1979"),
            "The club was founded in {a}.",
        ),
        (
            "Ground, seats",
            ("Mill Lane, 4200", "Harbour Park, 7850", "Quarry Road, 3100", "Abbey Field, 9600"),
            "They play at {a}, which seats {b} people.",
        ),
        (
            "Coach, since",
            ("Mara Lindt, 2019", "Owen Pryce, 2021", "Ada Okoro, 2016", "Felix Brandt, 2022", "Nora Quist, 2018"),
            "The coach, {a}, has been in charge since {b}.",
        ),
        (
            "Won, lost",
            ("18, 6", "14, 9", "21, 3", "11, 13", "16, 8"),
            "Last season they won {a} matches and lost {b}.",
        ),
        (
            "Best scorer, goals",
            ("Sam Adeyemi, 17", "Lea Novak, 22", "Tom Hardwick, 13", "Inga Rocha, 19", "Juno Park, 15"),
            "Their best scorer was {a} with {b} goals.",
        ),
    ),
)
_TOWN = Domain(
    "town",
    "a town",
    "a walking guide",
    ("Brackenby", "Little Aster", "Ostrand", "Velmouth", "Kirkholm", "Sandrow", "Port Ellery"),
    "{s} is a town in the north of the island.",
    (
        (
            "Population, year",
            ("12400, 2020", "8350, 2019", "21900, 2021", "5600, 2022", "17250, 2018"),
            "It had {a} inhabitants in {b}.",
        ),
        (
            "River, bridges",
            ("Arle, 3", "Wend, 2", "Tamsin, 5", "Orr, 4"),
            "The river {a}, crossed by {b} bridges, runs through it.",
        ),
        (
            "Known for",
            ("its glass", "its plum orchards", "its tidal pool", "its clock museum", "its rope walk"),
            "The town is best known for {a}.",
        ),
        (
            "Market day, place",
            ("Tuesday, Corn Square", "Thursday, Old Quay", "Saturday, Castle Street", "Friday, Well Green"),
            "A market is held every {a} on {b}.",
        ),
        (
            "Highest point, metres",
            ("Beacon Hill, 214", "Raven Tor, 388", "Gull Head, 97", "Long Ridge, 156"),
            "Its highest point is {a} at {b} metres.",
        ),
    ),
)
_DEVICE = Domain(
    "device",
    "a device",
    "a mail-order catalogue",
    ("Lumo 3 desk lamp", "Kessa kettle", "Trail 40 radio", "Aria clock", "Brisk fan", "Nimbus speaker"),
    "The {s} is new in our range.",
    (
        (
            "Price, currency",
            ("39, pounds", "54, pounds", "72, pounds", "118, pounds", "26, pounds"),
            "It costs {a} {b}.",
        ),
        (
            "Weight, height",
            ("820 grams, 31 centimetres", "640 grams, 18 centimetres", "1150 grams, 42 centimetres"),
            "It weighs {a} and stands {b} tall.",
        ),
        (
            "Colours",
            ("black and sand", "white and moss green", "navy and copper", "grey and coral"),
            "It comes in {a}.",
        ),
        (
            "Battery, charging",
            ("14 hours, 2 hours", "9 hours, 90 minutes", "30 hours, 4 hours", "22 hours, 3 hours"),
            "The battery lasts {a} and charges in {b}.",
        ),
        (
            "Guarantee, maker",
            ("2 years, Holm & Daughters", "5 years, Fenwright", "3 years, Ostrand Works", "10 years, Calder Brothers"),
            "{b} give a guarantee of {a}.",
        ),
    ),
)
DOMAINS = (_CLUB, _TOWN, _DEVICE)


def table(domain: Domain, key: int) -> tuple[str, list[Row]]:
    """A subject and its whole table, by key."""
    subject = domain.subjects[mix(key, 10) % len(domain.subjects)]
    rows = [Row("Name", subject, domain.opening.format(s=subject))]
    for i, (name, values, wording) in enumerate(domain.rows):
        value = values[mix(key, 20 + i) % len(values)]
        a, _, b = value.partition(", ")
        rows.append(Row(name, value, wording.format(a=a, b=b)))
    return subject, rows
