"""What an agent's last message tells: booking numbers, amounts of money, and reasons why something is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.service.domain import DAYS, Domain, domains, names
from pragenv.tasks.service.numbers import COUNTED, euros_in_figures

LONGEST = 2000
"""Characters of a closing that are read."""
_REFERENCE = re.compile(r"\b[A-Z]\d[A-Z]\d[A-Z]\b")
_MONEY = r"(\d{1,6}|\d{1,3}(?:,\d{3})+)(?:[.,]00?|\.-)?(?![\d.,]*\d)"
_AMOUNT = re.compile(
    rf"(?:€|\beur(?:os?)?(?=[\s\d]))\s*{_MONEY}|(?<![\d.,]){_MONEY}\s*(?:€|eur(?:os?)?\b)"
    r"|\b(?:total|refund|price|cost|amount)(?: (?:price|cost|amount))?(?: in euros?| \(?(?:€|eur(?:os?)?)\)?)?"
    rf"(?: ?[:=]| is| will be| comes to)\s*{_MONEY}"
)
_MARKUP = str.maketrans("_\u00a0", "  ", "*`")
"""Emphasis as in Markdown is no part of the words."""
_NOTHING = re.compile(
    r"\b(?:no|zero|without(?: a| any)?) (?:refund|money back)\b|\bnot? (?:be )?refund(?:ed|able)\b"
    r"|(?:\bnot|n't)(?: (?:be|get|receive))? (?:a|any) (?:refund|money back)\b"
    r"|n't (?:be )?(?:get a )?refund(?:ed|able)?\b|\bnon-?refundable\b"
    r"|\bnothing (?:is |will be |to be )?(?:back|refunded)\b"
    r"|\b(?:get|pay|give|receive) (?:you )?nothing (?:back|in return)\b"
    r"|\bnot (?:eligible|entitled|qualified)[^.;!?]{0,12} (?:to|for) (?:a |any )?refund\b"
    r"|\bzero euros\b|\brefund(?: amount)?(?: ?:| is| of| will be) (?:zero|none|nothing)\b"
    r"|\brefund (?:is|will be)(?:n't| not) (?:possible|available|due|given|paid)\b"
    r"|\bno money is (?:refunded|paid back)\b"
)
_N = rf"(?:\d+|{'|'.join(COUNTED)})"
_DAYS = rf"(?:{'|'.join(day.lower() for day in DAYS)})"
_HOURS = r"{n}[ -]?h(?:ours?|rs?)?\b"
_NOT = (
    r"(?:\bnot\b|n't\b|\bcannot\b|\bno\b|\bnon|\bnever\b|\bwithout\b|\bun(?=chang|alter|able)|\bimpossible\b"
    r"|\bout of the question\b)"
)
_MOVE = (
    r"(?:\b(?:re)?(?:chang|mov(?!able)|-?book(?=(?:ed|ing)? (?:you|it) (?:on|to|for))|-?schedul|alter|switch|swap"
    r"|shift|modif"
    r"|amend|transfer|postpon|exchang)|\brebook|\b(?:on|to|for) an?(?:other| different) (?:{items}|day|date)\b)"
)
_LEFT = r"(?:left|free|vacant|available|open|remain\w*|to spare)"
_DENIED = re.compile(
    r"(?:\bnot|n't|\bnever) (?:\w+ )?(?:too (?:late|many|close)|sold out|full|fully booked)\b|\bno limits?\b"
)
"""A reason that is said not to hold."""
_REFUSES = re.compile(rf"{_NOT}|\b(?:too|sorry|afraid|unfortunately|sadly|regret\w*|only|needed|had you|if you had)\b")
_SOON = re.compile(
    r"\b(?:is|are|be|'s|leav\w+|depart\w*|begin\w*|start\w*|takes? place|due)(?: \w+){0,2}? (?:already )?"
    r"(?:today|tonight|tomorrow|this (?:morning|afternoon|evening)|in (?:\w+ )?(?:an hour|a few hours|{n} hours))\b"
    r"|\b(?:hear\w*|ask\w*|call\w*|tell|told|know|contact\w*|com(?:e|ing)|get|got|let us know|writ\w+)(?: \w+){0,4}"
    r" (?:earlier|sooner|yesterday|last week|in time)\b".replace("{n}", _N)
)
"""Words for "late" in a closing that refuses; else they tell when something is."""
_PATTERNS: Mapping[str, str] = {
    "full": r"\b(?:sold|booked) out\b|\bfully (?:booked|taken|occupied)\b|\b(?:booked|filled) (?:up|solid)\b"
    r"|\b(?:is|are|was|were|all|already) (?:all |completely |quite )?(?:full|taken|gone|occupied|packed)\b|\b(?:ran"
    r"|run|running) out of (?:{units}|{items}|room|space|places)\b"
    r"|(?:\bno\b|\bnot\b|\bnone\b|\bnothing\b|n't\b|\bnowhere\b)(?! longer\b)(?![^.;!?]{0,30}\b(?:time"
    r"|hours?)\b)[^.;!?]{0,40}"
    r"\b(?:left|free|vacant|vacanc\w+|availab\w+|open(?:ings?)?|to spare)\b"
    r"|(?:\bno\b|\bnot\b|\bnone\b|n't\b)[^.;!?]{0,40}\b(?:enough|sufficient|room|space|capacity)\b(?! notice| time)"
    r"|\bunavailable\b|\bout of {units}\b|\boverbooked\b|\bat capacity\b|\btoo few {units}\b|\blast {units} (?:went"
    r"|have|has|was|were)\b"
    r"|(?:n't|\bcannot|\bnot) (?:seat|fit|squeeze|accommodate)\b"
    r"|\bonly (?:\w+ )?(?:room|space|places?) for {n}\b"
    rf"|\b(?:only|just) {{n}}(?: {{units}})?[^.;!?]{{0,12}} {_LEFT}\b"
    r"|\bno (?:more |further |free )?{units}\b(?! (?:than|at|a) )|\b(?:fewer|less) than {n} (?:{units}|left)\b"
    r"|\b(?:all|every)\b[^.;!?]{0,30}\b(?:busy|taken|gone|packed|filled|reserved)\b|\b(?:not a|no) single {units}\b"
    r"|\bnone of [^.;!?]{0,25}{items}\b|\bno {items} (?:from|to|with|at|in (?!your|our|the|my|that|this))\b"
    r"|\bno (?:more |other |such |suitable )?{items} (?:left|that (?:day|fits?)|runs?|on {days}|to be had)\b",
    "late": r"\b(?:too|so|this|that) (?:late|close|near|soon)\b|\b(?:notice|warning|deadline|cut-?off|last[- ]minute)\b"
    r"|\b{n}-hour\b|\b(?:{hours}|(?:a|{n}) (?:full |whole )?days?) (?:ahead|before|beforehand|prior|in advance"
    r"|earlier)\b"
    r"|\b(?:less|fewer|sooner|later) than (?:the )?(?:{hours}|(?:a|one|two|1|2) days?\b|an hour\b)"
    r"|\b(?:within|under|inside|in) (?:the )?(?:last |next )?(?:{hours}|a day\b(?! or)|an hour\b)"
    r"|\b(?:{hours}|a day) (?:away|left|to go|from now|off)\b|\bpast the (?:time|point)\b|\b(?:ask|requir|need"
    r"|insist)\w*(?: \w+){0,2} {hours}|(?:\bnot|n't"
    r"|\bno) (?:\w+ )?enough time\b"
    r"|\b(?:should|would|ought to) have (?:(?:had|needed) to )?(?:be done|been done|cancel|change|ask|call|tell|told"
    r"|let|come|contact)"
    r"|\balready (?:left|departed|started|begun)\b"
    r"|\b(?:time|window|period)(?: \w+){0,3} (?:has|is|have) (?:passed|over|gone|expired|closed|run out)\b",
    "many": r"\btoo (?:many|large|big)\b|\b(?:at|the) most\b(?! {hours})|\bmaximum\b(?! of {hours})|\bmax\b"
    r"|(?<!time )\blimit(?:ed|s)?\b(?! availab| of {hours})|\bexceed|\bcap(?:ped)?\b"
    r"|\b(?:more|larger|bigger) (?:{units} )?than (?!{hours}|the {hours}|a day|(?:a|one|two) days?)"
    rf"|\b(?:up to|only)[^.;!?]{{0,20}} {{n}} {{units}}\b(?![^.;!?]{{0,12}} {_LEFT}\b)"
    r"|\b{n} (?:{units} )?(?:per|for each|for every|in one|in a single) (?:booking|customer|person|reservation)\b"
    r"|\b(?:that|so) many {units}[^.;!?]{0,20}\b(?:at once|at a time|in one|together)\b|\bstop at {n}\b"
    r"|\b{n} (?:{units} )?is all\b|\bsuch a (?:big|large)\b"
    r"|\b(?:groups?|part(?:y|ies)) (?:of that size|that (?:size|big|large))\b",
    "unknown": r"\b(?:no|any) (?!(?:\w+ )?{items} (?:on|for) (?:that|this|the|your) (?:\w+ )?(?:day|date|{days})\b)"
    r"(?:\w+ )?(?:bookings?|reservations?|{items}) (?:\w+ )?"
    r"(?:under|with us|found|exists?|of yours|booked|registered"
    r"|(?:in|by|on|for) (?:that|this|the|your?|our|file|record|an?y? {names}|{names}))\b"
    r"|(?:\bno\b|\bnot\b|n't|\bunable\b|\bnever\b)[^.;!?]{0,30}\b(?:find|see|locate|found|have an?y?|hold an?y?|made)\b"
    r"[^.;!?]{0,25}\b(?:booking|reservation|entry|record|anything|name|{items})\b"
    r"(?! (?:with (?:room|enough)|that|for {n}))"
    r"|(?:\bnot\b|n't|\bunable\b|\bcannot\b)[^.;!?]{0,15}\b(?:have|find|see|locate) you\b|\bno {names}\b"
    r"|(?:\bnot\b|n't|\bnever\b) (?:\w+ )?booked (?:anything|with us|yet)\b"
    r"|\b(?:hold|have) no (?:booking|reservation)"
    r"|\b(?:name|you)(?: is| are)?(?:n't| not|'re not)[^.;!?]{0,15}\b(?:in|on) (?:our|the|my|any|it)\b"
    r"|\b(?:name|booking|reservation|you)\b[^.;!?]{0,20}(?:n't|\bnot) (?:\w+ )?(?:exist|appear|show|come up|listed"
    r"|registered"
    r"|enroll?ed|on (?:the|our|my|any) )"
    r"|\b(?:nobody|no one|no-one)\b[^.;!?]{0,30}\b(?:called|named|name|enroll?ed|booked|registered|{names})\b"
    r"|\b{names} (?:is|are)(?:n't| not) (?:\w+ )?(?:on|in|listed|registered|enroll?ed|booked|known)\b"
    r"|\b(?:search|look|check)\w*[^.;!?]{0,40}\b(?:found nothing|nothing (?:came|comes|turned) up|no results?"
    r"|in vain)\b"
    r"|\bnothing (?:is )?(?:booked )?(?:under|in|by|for) (?:that|this|the|your|{names})\b(?! day| date)"
    r"|\bno (?:record|entry|trace|sign|results?|match(?:es)?|such (?:booking|reservation|name))\b"
    r"|(?:\bnot|n't) (?:\w+ )?(?:have|contain|include|list|show|know) (?:your name|you)\b"
    r"|\bnot (?:found|on file)\b|\bno (?:booking|reservation)s? (?:match|(?:for|of) {names}\b)",
}
"""By which words a closing gives a reason; what is in braces is the domain's."""
_REFUSALS: Mapping[str, tuple[str, ...]] = {
    "full": (
        "I'm sorry, nothing of the kind is available for {places} on that day.",
        "I'm afraid it is sold out.",
        "Unfortunately there is nothing left that fits.",
        "Sorry, everything that day is fully booked.",
    ),
    "late": (
        "I'm sorry, it is too late for that: it takes {notice} hours' notice.",
        "I'm afraid that is less than {notice} hours away, too late to do anything.",
        "Unfortunately the deadline of {notice} hours has passed.",
        "Sorry, this would have to be done {notice} hours before.",
    ),
    "fixed": (
        "I'm sorry, bookings at the {fixed} {rate} cannot be changed.",
        "I'm afraid the {fixed} {rate} does not allow changes.",
        "Unfortunately your {rate} is {fixed}, which can't be moved.",
        "Sorry, with the {fixed} {rate} no change is possible.",
    ),
    "many": (
        "I'm sorry, a booking takes at most {most} {places}.",
        "I'm afraid those are too many {places}; {most} is the limit.",
        "Unfortunately the maximum is {most} {places} a booking.",
        "Sorry, we can't book more than {most} {places} at once.",
    ),
    "unknown": (
        "I'm sorry, I find no booking under that name.",
        "I'm afraid there is no booking in your name.",
        "Unfortunately I can't find a booking of yours.",
        "Sorry, nothing is booked under this name.",
    ),
}
_DONE: Mapping[str, tuple[str, ...]] = {
    "total": (
        "It is done. Your booking number is {reference}, and the total is {amount} euros.",
        "That's booked as {reference}, for {amount} euros in all.",
        "All set: number {reference}, {amount} euros altogether.",
        "Booking {reference} is confirmed; the price comes to €{amount}.",
    ),
    "refund": (
        "Your booking is cancelled; you get {amount} euros back.",
        "It is cancelled. The refund is {amount} euros.",
        "Cancelled, with a refund of {amount} euros.",
        "I've cancelled it, and €{amount} will be refunded.",
    ),
}


class Told(NamedTuple):
    """What a closing tells."""

    references: frozenset[str]
    amounts: frozenset[int]
    reasons: frozenset[str]


@lru_cache(maxsize=4096)
def told(closing: str, domain: str) -> Told:
    """Read a closing."""
    text = closing[:LONGEST].replace("’", "'").translate(_MARKUP)
    plain = euros_in_figures(text.lower())
    amounts = {int("".join(groups).replace(",", "")) for groups in _AMOUNT.findall(plain)}
    if _NOTHING.search(plain):
        amounts.add(0)
    return Told(frozenset(_REFERENCE.findall(text.upper())), frozenset(amounts), frozenset(_reasons(plain, domain)))


def _reasons(text: str, domain: str) -> Iterator[str]:
    """The reasons that a closing gives, whether of this or of other things it refuses."""
    text = _DENIED.sub(" ", text)
    known = _patterns(domain)
    refuses = _REFUSES.search(text) is not None
    for reason, pattern in known.reasons.items():
        if pattern.search(text):
            yield reason
    if refuses and _SOON.search(text):
        yield "late"
    if refuses and known.bound.search(text) and known.move.search(text):
        yield "fixed"


class _Patterns(NamedTuple):
    """What is looked for in closings of a domain: words for a reason, that something is bound, that it is moved."""

    reasons: Mapping[str, re.Pattern[str]]
    bound: re.Pattern[str]
    move: re.Pattern[str]


@lru_cache(maxsize=64)
def _patterns(domain: str) -> _Patterns:
    of = domains()[domain]
    units = f"(?:{'|'.join(map(re.escape, (*of.unit, of.places, 'places', 'people')))})"
    loose = "|".join(map(re.escape, of.rates["flex"]))
    firm = "|".join(map(re.escape, of.rates["fixed"]))
    binds = f"{firm}|{re.escape(of.rate)}|rate"
    known = f"(?:{'|'.join(re.escape(part) for name in names() for part in name.lower().split())})"
    parts = {"units": units, "items": f"{of.item}s?", "hours": _HOURS, "n": _N, "days": _DAYS, "names": known}
    found = {reason: re.compile(_filled(pattern, **parts)) for reason, pattern in _PATTERNS.items()}
    clause, move = r"[^.;!?]{0,60}", _filled(_MOVE, **parts)
    found["fixed"] = re.compile(
        rf"\b(?:{binds})\b{clause}{_NOT}{clause}{move}|{_NOT}{clause}{move}{clause}\b(?:{binds})\b"
        rf"|{move}{clause}{_NOT}{clause}\b(?:{binds})\b|{_NOT}[ -](?:be )?(?:chang|mov|alter|transfer|exchang)e?able\b"
        rf"|\bonly\b{clause}\b(?:{loose})\b{clause}{move}|{_NOT} (?:\w+ )?(?:an? "
        rf"|on (?:an? )?)(?:{loose})(?= (?:{re.escape(of.rate)}|fare|ticket|one|booking)|\W*$|[.,;!?])"
        rf"|\b(?:{firm})\b[^.;!?]{{0,40}}\b(?:binding|binds?|ties|tied|stays?|final|locked|fixed)\b"
        rf"|\b(?:{binds})\b{clause}\b(?:rules? out|exclud\w*|forbid\w*|prohibit\w*|prevent\w*)\b{clause}{move}"
        rf"|\b(?:if|had|unless|need\w*|requir\w*)\b{clause}\b(?:{loose})\b{clause}{move}"
        rf"|{move}{clause}\bonly\b{clause}\b(?:{loose})\b"
    )
    bound = re.compile(
        r"\b(?:is|are|was|have|has|had|bought|booked|chose|took|got|holds?|on|with|of|under|at|as|since|because|for"
        r"|it's)\b"
        rf"[^.;!?]{{0,20}}\b(?:{firm})\b"
    )
    return _Patterns(found, bound, re.compile(move))


def _filled(pattern: str, **parts: str) -> str:
    for name, part in parts.items():
        pattern = pattern.replace(f"{{{name}}}", part)
    return pattern


def refusal(reason: str, of: Domain, public: Mapping[str, object], key: int) -> str:
    """A reason in words."""
    pool = phrasings(_REFUSALS[reason], str(public["phrasing"]))
    facts = {"places": of.places, "fixed": of.rates["fixed"][0], "rate": of.rate}
    return pool[key % len(pool)].format(**facts, notice=public["notice"], most=public["most"])


def success(kind: str, reference: str, amount: int, phrasing: str, key: int) -> str:
    """What came of a request in words; `kind` is `total` or `refund`."""
    pool = phrasings(_DONE[kind], phrasing)
    return pool[key % len(pool)].format(reference=reference, amount=amount)
