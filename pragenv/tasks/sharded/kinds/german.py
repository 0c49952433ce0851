"""A small grammar of German and English: tales of a few sentences, each with its translation."""

from __future__ import annotations

from typing import NamedTuple

from pragenv.types import mix

Pair = tuple[str, str]


class _Thing(NamedTuple):
    """Something that is found: with the indefinite article (accusative), with the definite one, and as a pronoun.

    What lies in it is named in the nominative plural.
    """

    one: Pair
    the: Pair
    inside: Pair
    it: str
    """The German pronoun in the nominative."""

    @property
    def it_accusative(self) -> str:
        """The same in the accusative, in which only the masculine differs."""
        return "ihn" if self.it == "er" else self.it

    @property
    def the_accusative(self) -> str:
        """The German noun with its article in the accusative."""
        return self.the[0].replace("der ", "den ", 1)

    @property
    def inside_it(self) -> str:
        """Where its contents lie: the German phrase in the dative."""
        article, _, noun = self.the[0].partition(" ")
        return f"{'in der' if article == 'die' else 'im'} {noun}"


class _Person(NamedTuple):
    """Somebody with a name; `she` gives the pronouns."""

    name: str
    she: bool

    @property
    def pronoun(self) -> Pair:
        """In the nominative."""
        return ("sie", "she") if self.she else ("er", "he")

    @property
    def own(self) -> Pair:
        """The possessive before a feminine noun in the dative."""
        return ("ihrer", "her") if self.she else ("seiner", "his")


_PEOPLE = (
    *(_Person(name, True) for name in ("Klara Vogt", "Hanna Reimers", "Ida Sommer", "Petra Lohmann", "Ruth Eggers")),
    *(_Person(name, False) for name in ("Jonas Weber", "Anton Krull", "Emil Hartwig", "Karl Behrens", "Otto Lindner")),
)
_THINGS = (
    _Thing(("einen roten Koffer", "a red suitcase"), ("der Koffer", "the suitcase"), ("Briefe", "letters"), "er"),
    _Thing(("einen alten Rucksack", "an old backpack"), ("der Rucksack", "the backpack"), ("Bücher", "books"), "er"),
    _Thing(("einen kleinen Korb", "a small basket"), ("der Korb", "the basket"), ("Äpfel", "apples"), "er"),
    _Thing(("eine schwarze Tasche", "a black bag"), ("die Tasche", "the bag"), ("Schlüssel", "keys"), "sie"),
    _Thing(("eine hölzerne Kiste", "a wooden box"), ("die Kiste", "the box"), ("Münzen", "coins"), "sie"),
    _Thing(("eine blaue Mappe", "a blue folder"), ("die Mappe", "the folder"), ("Landkarten", "maps"), "sie"),
    _Thing(("ein graues Paket", "a grey parcel"), ("das Paket", "the parcel"), ("Fotos", "photographs"), "es"),
    _Thing(("ein altes Fass", "an old barrel"), ("das Fass", "the barrel"), ("Flaschen", "bottles"), "es"),
)
_WHEN = (
    ("Am Montag", "On Monday"),
    ("Am Freitag", "On Friday"),
    ("Im Frühling", "In spring"),
    ("Im Oktober", "In October"),
    ("Vor drei Jahren", "Three years ago"),
    ("Letzte Woche", "Last week"),
    ("An einem kalten Morgen", "On a cold morning"),
)
_WHERE = (
    ("in der alten Bibliothek", "in the old library"),
    ("hinter dem Bahnhof", "behind the station"),
    ("am Ufer des Flusses", "on the bank of the river"),
    ("unter einer Brücke", "under a bridge"),
    ("im Garten der Schule", "in the garden of the school"),
    ("neben der Mühle", "next to the mill"),
    ("auf dem Dach des Theaters", "on the roof of the theatre"),
)
_WEATHER = (
    ("es stark regnete", "it was raining heavily"),
    ("es schon dunkel war", "it was already dark"),
    ("der letzte Bus weg war", "the last bus had gone"),
    ("der Wind immer stärker wurde", "the wind was getting stronger and stronger"),
)
_OFFICE = (
    ("zur Polizei", "to the police"),
    ("zum Rathaus", "to the town hall"),
    ("zum Pfarrer", "to the priest"),
    ("zur Post", "to the post office"),
)
_KIN = (
    ("Schwester", "sister"),
    ("Tante", "aunt"),
    ("Nachbarin", "neighbour"),
    ("Tochter", "daughter"),
)
_OWNER = (
    ("einem Lehrer aus Kiel", "a teacher from Kiel"),
    ("einer Ärztin aus Bremen", "a doctor from Bremen"),
    ("einem Bäcker aus dem Nachbardorf", "a baker from the next village"),
    ("einer Malerin aus Wien", "a painter from Vienna"),
)
_THANKS = (
    ("einen Kuchen", "a cake"),
    ("zwanzig Euro", "twenty euros"),
    ("eine Karte für das Konzert", "a ticket for the concert"),
    ("einen langen Brief", "a long letter"),
)
_END = (
    ("Seitdem schreiben sich die beiden jeden Monat.", "Since then the two have written to each other every month."),
    ("Davon erzählt man im Dorf noch heute.", "People in the village still talk about it today."),
    ("Am Ende waren alle zufrieden.", "In the end everyone was content."),
    ("Danach gingen alle zusammen essen.", "Afterwards they all went to eat together."),
)
_NUMBERS = (
    ("zwei", "two"),
    ("drei", "three"),
    ("vier", "four"),
    ("fünf", "five"),
    ("sieben", "seven"),
    ("zwölf", "twelve"),
)


def story(key: int) -> list[Pair]:
    """A tale of eight or nine sentences: each in German, and in English."""
    who, thing = _PEOPLE[mix(key, 0) % len(_PEOPLE)], _THINGS[mix(key, 1) % len(_THINGS)]
    pools = (_WHEN, _WHERE, _WEATHER, _OFFICE, _KIN, _OWNER, _THANKS, _END, _NUMBERS, _NUMBERS)
    when, where, weather, office, kin, owner, thanks, end, n, m = (
        pool[mix(key, i) % len(pool)] for i, pool in enumerate(pools, start=2)
    )
    er, he = who.pronoun
    seiner, his = who.own
    sentences: list[Pair] = [
        (
            f"{when[0]} fand {who.name} {where[0]} {thing.one[0]}.",
            f"{when[1]} {who.name} found {thing.one[1]} {where[1]}.",
        ),
        (
            f"{_capital(thing.inside_it)} lagen {n[0]} {thing.inside[0]}.",
            f"There were {n[1]} {thing.inside[1]} in {thing.the[1]}.",
        ),
        (
            f"Niemand wusste, wem {thing.the[0]} gehörte.",
            f"Nobody knew whom {thing.the[1]} belonged to.",
        ),
        (
            f"Weil {weather[0]}, nahm {er} {thing.it_accusative} mit nach Hause.",
            f"Because {weather[1]}, {he} took it home.",
        ),
        (
            f"Dort zeigte {er} {thing.the_accusative} {seiner} {kin[0]}.",
            f"There {he} showed {thing.the[1]} to {his} {kin[1]}.",
        ),
        (
            f"„Du musst {thing.it_accusative} {office[0]} bringen“, sagte die {kin[0]}.",
            f'"You have to take it {office[1]}," said the {kin[1]}.',
        ),
        (
            f"Nach {m[0]} Tagen war klar, dass {thing.it} {owner[0]} gehörte.",
            f"After {m[1]} days it was clear that it belonged to {owner[1]}.",
        ),
        (
            f"Zum Dank bekam {who.name} {thanks[0]}.",
            f"As thanks {who.name} was given {thanks[1]}.",
        ),
        end,
    ]
    # Two of the sentences the tale can do without, one at a time.
    dropped = (1, 2, None)[mix(key, 20) % 3]
    return [pair for i, pair in enumerate(sentences) if i != dropped]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
