"""How else an option is said: in figures or in words, in other units, by a synonym, or by its telling word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from pragenv.tasks.clarify.form import Field
from pragenv.tasks.lexicon import STOPWORDS, stem, words
from pragenv.tasks.numerals import TENS, UNITS, WORTH

Words = tuple[str, ...]

_FIGURES = {word: str(n) for word, n in WORTH.items()}
_FIGURES |= {f"{tens} {unit}": str(WORTH[tens] + WORTH[unit]) for tens in TENS for unit in UNITS}
_FIGURES |= {"a hundred": "100", "one hundred": "100", "two hundred": "200"}
_IN_WORDS = {figures: word for word, figures in _FIGURES.items()}
# Said for each other wherever one of them stands in an option.
_SAME = tuple(
    tuple(tuple(phrase.split()) for phrase in row.split("|"))
    for row in (
        "minutes|mins|min|minute",
        "hours|hour|hrs|hr|h",
        "hour|hr",
        "weeks|wks|week",
        "months|month",
        "pounds|quid|gbp|pound",
        "euros|euro|eur|bucks",
        "dollars|bucks|usd|dollar",
        "inches|inch",
        "percent|per cent|pct",
        "gb|gigs|gigabytes|gig",
        "tb|terabytes|terabyte",
        "kilos|kg|kilograms|kilo",
        "kilo|kg|kilogram",
        "times|x|times a week|times per week",
        "a single|one|just one",
        "under|less than|below|fewer than|no more than|<",
        "fewer than|under|less than|below|<",
        "over|more than|above|>",
        "more than|over|above|>",
        "up to|at most|max|maximum|no more than",
        "at least|over|more than|minimum",
        "about|around|roughly|approximately|some",
        "around|about|roughly|approximately|some",
        "a full|a whole|one|a|an entire|the whole|full|whole",
        "a whole|a full|one|a|an entire|the whole|full|whole",
        "one kilo|a kilo",
        "half a day|half day",
        "half an hour|thirty minutes|30 minutes|30 mins",
        "thirty minutes|half an hour",
        "30 minutes|half an hour",
        "one hour|an hour",
        "ninety minutes|an hour and a half|one and a half hours|1.5 hours",
        "one week|a week|seven days",
        "two weeks|a fortnight|a couple of weeks",
        "one month|a month",
        "one day|a day|single day",
        "one night|a night|single night|overnight",
        "two nights|a couple of nights",
        "two hours|a couple of hours",
        "three months|a quarter",
        "six months|half a year",
        "next year|in the new year",
        "once a week|every week|weekly|one time a week",
        "weekly|every week|once a week|each week",
        "twice a week|two times a week|2x a week",
        "once a month|every month|monthly",
        "every other week|every two weeks|fortnightly|every fortnight|every second week",
        "daily|every day|once a day|each day",
        "hourly|every hour|once an hour",
        "every night|nightly|each night|once a night",
        "every time|each time|every single time|always",
        "twice|two times|2 x",
        "once|one time|1 x",
        "only once|just once|once",
        "just this once|one off|just once|just the once|once",
        "only occasionally|now and then|occasionally|now and again|from time to time|once in a while|sometimes",
        "as soon as possible|asap|soon as you can|as soon as you can|right away|straight away|immediately",
        "immediately|right away|straight away|right now|asap",
        "noon|midday|12 pm",
        "late in the evening|late at night|late evening",
        "at weekends|on weekends|weekends|at the weekend|saturdays and sundays",
        "a weekend|the weekend",
        "children|kids|little ones|child|kid",
        "friends|mates|pals|buddies",
        "with my partner|my partner and i|my husband and i|my wife and i|me and my partner|partner and me",
        "me and my partner|my partner and i|my husband and i|my wife and i|with my partner",
        "partner|boyfriend|girlfriend|husband|wife|spouse",
        "my mother|my mum|my mom",
        "parents|mum and dad|mom and dad|folks",
        "on my own|alone|solo|by myself|just me|on my tod",
        "by me alone|by myself|do it myself|on my own|myself",
        "just me|by myself|on my own|do it myself|alone|solo|myself",
        "myself|me|for me",
        "at my own house|at my place|my own place|my place|at home|at my house|my home|my house",
        "at my own home|at my place|my own place|my place|at home|at my house|my home|my house",
        "at my home|at my place|my place|at home|at my house|my house|to my door",
        "in person|face to face",
        "over the phone|by phone|on the phone|by telephone|phone call|a call",
        "by video|video call|over video|zoom",
        "over video calls|online|over zoom|by video|on zoom|via zoom|video lessons",
        "by post|in the post|by mail|in the mail|posted|post it",
        "home delivery|delivered to my door|delivered to my house|delivered",
        "electronically|online|electronic",
        "by bank transfer|straight to my bank account|into my bank account",
        "macos|mac os|mac|macbook|imac",
        "ios|iphone|ipad",
        "both ios and android|iphone and android|ios and android|android and iphone|both platforms",
        "science fiction|sci fi|scifi",
        "crime|detective|murder mystery",
        "gaming|playing games|games",
        "programming|coding",
        "advertising|ads|adverts|advertisements",
        "donations|tips",
        "open source|foss",
        "funny|humorous|hilarious",
        "humorous|funny",
        "pre owned|second hand|secondhand|used",
        "pedals alone|no motor|without a motor|no electric|nothing electric",
        "vegan|plant based",
        "gluten free|coeliac|celiac|without gluten",
        "dairy free|lactose free|no dairy|without dairy|lactose intolerant",
        "nut free|no nuts|nut allergy|without nuts|allergic to nuts",
        "alcohol free|non alcoholic|without alcohol",
        "self employed|freelance|freelancer|sole trader",
        "retired|a pensioner|pensioner",
        "unemployed|out of work|between jobs",
        "an employee|employed",
        "complete beginner|total beginner|absolute beginner|beginner|never held|never played|from scratch|newbie",
        "total novice|total beginner|complete beginner|beginner|newbie|new to the gym|novice",
        "zero|from scratch|none at all|complete beginner|total beginner|beginner",
        "lose weight|lose some weight|lose a few pounds|losing weight|slim down|shed some weight|shed a few pounds",
        "build muscle|build some muscle|building muscle|bulk up|put on muscle|gain muscle",
        "relieve stress|de stress|unwind|stress relief",
        "get stronger|gain strength|build strength|getting stronger",
        "save money|saving money|cheaply|spend less",
        "eat more vegetables|more veg|more vegetables|more veggies",
        "trouble sleeping|can't sleep|insomnia|sleeping badly|sleep badly|can't get to sleep",
        "back pain|sore back|bad back|back hurts|back ache|backache|back is killing me",
        "persistent cough|a cough|coughing|cough that won't go away",
        "any available doctor|whoever is free|whoever's free|any doctor|anyone available|whoever is available"
        "|don't mind who",
        "fully refundable|refundable|money back|refund",
        "no changes|direct|without changing|without changes|no change",
        "paper beaker|to take away|take away|takeaway|to go|paper cup",
        "under 1|less than 1",
        "any|whichever",
        "read heavy|mostly reads|mainly reads|reads mostly|lots of reads",
        "write heavy|mostly writes|mainly writes|writes mostly|lots of writes",
        "a merger|merging",
        "trade magazines|trade press",
        "a new job|for work|job|work",
        "an upcoming trip|a trip|travelling|holiday",
        "pure curiosity|out of curiosity|for fun|just curious|curiosity",
    )
)
_BY_FIRST: dict[str, list[tuple[Words, tuple[Words, ...]]]] = {}
for _row in _SAME:
    _BY_FIRST.setdefault(_row[0][0], []).append((_row[0], _row[1:]))
# Words that an option may be said without, at its beginning.
_LEADING = (STOPWORDS | {"via"}) - {"no", "not", "without", *_FIGURES}
_BOUNDS = frozenset("under below less fewer over above more most least up than between < >".split())
_STRICT = frozenset("under below less fewer over above more < >".split())
_MULTIPLES = frozenset("hundred thousand million k".split())
# What is written without a space after a number.
_JOINED = frozenset("am pm h hr hrs min mins m k kg gb gig gigs tb x kw".split())
# Words of options that say little where nobody asked.
_VAGUE = frozenset(
    """
    age best better building call calls card class company custom day desk evening evenly family garden group home house
    joke kind list look lunch main month name number office order party people person place private product program
    quality question rate room score server service shop site source space street style system team thing things time
    trip type user value video week weekend work working year years
    """.split()
)


def sayings(field: Field) -> Mapping[str, tuple[str, bool]]:
    """Phrases for the options of a field beside options and aliases: each with its option, and whether it says enough.

    What does not is understood only as an answer, or beside a name of the field. A phrase that may mean two options
    means none.
    """
    said: dict[Words, str] = {}
    hints: dict[Words, str] = {}
    taken = {tuple(words(phrase)) for phrase in (*field.values, *field.cues, field.label)}
    counts = Counter(n for option in field.options for n in {*_figures(tuple(words(option)))} if n.isdecimal())
    by_option: dict[str, list[Words]] = {}
    for phrase, option in field.values.items():
        by_option.setdefault(option, []).append(tuple(words(phrase)))
    for option, phrases in by_option.items():
        itself = tuple(words(option))
        for said_so in phrases:
            for other in _variants(said_so):
                if (
                    len(other) == 1
                    and (is_number(other[0]) or other[0][0].isdecimal())
                    and (counts[_FIGURES.get(other[0], other[0])] > 1 or not _STRICT.isdisjoint(itself))
                ):
                    continue  # "300" of "under 300" and "300 to 600"
                few = len(other) == 1 or said_so != itself
                enough = (any(map(_tells, other)) or _is_idiom(other)) and not (few and other[-1] in _VAGUE)
                enough = enough and (len(other) > 1 or said_so == itself)
                _claim(said if enough else hints, other, option)
    # A word of an option that no other option's phrases hold stands for it.
    held = {option: {stem(w) for phrase in phrases for w in phrase} for option, phrases in by_option.items()}
    spread = Counter(s for found in held.values() for s in found)
    topic = {stem(w) for phrase in (*field.cues, field.label) for w in words(phrase)}
    for option in by_option:
        proper = {w.lower() for w in option.split() if w[:1].isupper() and w[1:].islower()}
        parts = words(option)
        telling = proper | {parts[-1]}
        for word in proper if any(map(is_number, parts)) else parts:
            if spread[stem(word)] > 1 or stem(word) in topic or (word,) in taken or not _tells(word):
                continue
            enough = word in telling and len(word) > 3 and word not in _VAGUE
            _claim(said if enough else hints, (word,), option)
    return {
        " ".join(phrase): (option, table is said)
        for table in (hints, said)
        for phrase, option in table.items()
        if option and phrase not in taken
    }


def _claim(table: dict[Words, str], phrase: Words, option: str) -> None:
    if table.setdefault(phrase, option) != option:
        table[phrase] = ""


def _content(word: str) -> bool:
    return is_number(word) or (word not in STOPWORDS and word not in _BOUNDS and (len(word) > 2 or not word.isalpha()))


def _tells(word: str) -> bool:
    """Whether a word is more than a number and more than a word without topic."""
    return _content(word) and not is_number(word)


def _is_idiom(phrase: Words) -> bool:
    """Whether words that say little say something together: "now and then"."""
    return len(phrase) > 2 and not any(map(is_number, phrase))


def _variants(phrase: Words) -> Iterator[Words]:
    """The phrase, with synonyms, with figures, and without what leads it in; not itself."""
    wordings = dict.fromkeys(_with_synonyms(phrase))
    for wording in tuple(wordings):
        wordings |= dict.fromkeys(_in_figures(wording))
    for wording in tuple(wordings):
        wordings |= dict.fromkeys(_shortened(wording))
    # "three-course" of "a three-course meal"
    wordings |= dict.fromkeys(pair for pair in pairwise(phrase) if all(map(_content, pair)))
    wordings.pop(phrase, None)
    yield from wordings


def _with_synonyms(phrase: Words) -> Iterator[Words]:
    yield phrase
    for at, word in enumerate(phrase):
        for first, others in _BY_FIRST.get(word, ()):
            if phrase[at : at + len(first)] == first:
                yield from (phrase[:at] + other + phrase[at + len(first) :] for other in others)


def _figures(phrase: Words) -> list[str]:
    """The phrase with its numbers in figures, one word each."""
    figures = list(phrase)
    for at in range(len(figures)):
        pair = " ".join(figures[at : at + 2])
        if pair in _FIGURES:
            figures[at : at + 2] = [_FIGURES[pair]]
        elif at < len(figures) and figures[at] in _FIGURES and (figures[at] != "one" or len(figures) <= 3):
            figures[at] = _FIGURES[figures[at]]
    # "10,000" is two words.
    for at in range(len(figures) - 1, 0, -1):
        if (
            len(figures[at]) == 3
            and figures[at].isdecimal()
            and figures[at - 1].isdecimal()
            and len(figures[at - 1]) < 3
        ):
            figures[at - 1 : at + 1] = [figures[at - 1] + figures[at]]
    # "2 p.m." is three.
    if figures[-2:] in (["a", "m"], ["p", "m"]):
        figures[-2:] = ["".join(figures[-2:])]
    return figures


def _in_figures(phrase: Words) -> Iterator[Words]:
    """The phrase with its numbers in figures, in words, and as they are put together with units: "2pm", "10h", "5k"."""
    figures = _figures(phrase)
    if figures[:2] == ["half", "past"] and len(figures) == 3:
        yield from ((figures[2], "30"), ("half", _IN_WORDS[figures[2]]), ("half", figures[2]))
        yield (_IN_WORDS[figures[2]], "thirty")
    yield tuple(figures)
    yield tuple(_IN_WORDS.get(word, word) for word in figures)
    numbers = [word for word in figures if word.isdecimal()]
    if len(numbers) == 2 and "to" in figures:
        unit = tuple(figures[figures.index(numbers[1]) + 1 :])
        for between in ((), ("to",), ("and",)):
            yield (numbers[0], *between, numbers[1], *unit)
        yield ("between", numbers[0], "and", numbers[1], *unit)
    for at, word in enumerate(figures):
        if word.isdecimal():
            rest = figures[at + 1 :]
            if rest and rest[0] in _JOINED:
                yield (*figures[:at], word + rest[0], *rest[1:])
            elif word.endswith("000"):
                yield (*figures[:at], word[:-3] + "k", *rest)
            elif word.endswith("00") and len(word) > 3:
                yield (*figures[:at], word[:-3], word[-3] + "k", *rest)


def _shortened(phrase: Words) -> Iterator[Words]:
    """The phrase without its leading words, as long as something is left, and without the unit after its number."""
    rest = phrase
    while rest and rest[0] in _LEADING and rest[0] not in _BOUNDS:
        rest = rest[1:]
        if any(map(_content, rest)):
            yield rest
    numbers = [at for at, word in enumerate(phrase) if is_number(word) or word[0].isdecimal()]
    if numbers and len(numbers) <= 2 and not _MULTIPLES & set(phrase):
        yield phrase[: numbers[-1] + 1]
        # A bound is not said by its number alone.
        if len(numbers) == 1 and _STRICT.isdisjoint(phrase):
            yield (phrase[numbers[0]],)


def is_number(word: str) -> bool:
    """Whether a word is a number, in figures or in words."""
    return word.isdecimal() or word in _FIGURES
