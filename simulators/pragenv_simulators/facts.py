"""Which facts a rewording of a text must keep: numbers, names, quotations, code, operators and negations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from pragenv.tasks.lexicon import STOPWORDS

_QUOTED = re.compile(r"[\"“”„]([^\"“”„]*)[\"“”]|(?<!\w)['‘]([^'‘’\n]+)['’](?!\w)|«([^«»]*)»")
_CODE = re.compile(
    r"```.*?```|`[^`]*`"
    r"|(?<![\w.+-])[\w.+-]+@[\w.-]*\w|\b\w+://\S*[\w/]|\b\w+(?:[/\\]\w+)+"
    r"|\b\w*_\w+|\b[^\W\d_]+\d\w*|\b\w+\([^()\n]*\)|\b(?!e\.g|i\.e)[A-Za-z]\w*(?:\.[A-Za-z_]\w*)+|\b[a-z]+[A-Z]\w*|[\[{][^\[\]{}\n]*[\]}]",
    re.DOTALL,
)
# A hyphen between letters joins words; anywhere else it may be a minus.
_OPERATOR = re.compile(r"[<>=+*/%^≤≥≠×÷$€£−]|(?<![^\W\d_])-|-(?![^\W\d_])")
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_](?:[\w'’]*\w)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_COUNTED = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_NUMBERS = {word: str(n) for n, word in enumerate(_COUNTED.split(), start=2)}
_NUMBERS |= {
    word: word
    for word in (
        "thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen half quarter twice double triple"
    ).split()
}
"""Words for numbers, with the digits where these say the same; "one" is mostly no number."""
_NEGATIONS = frozenset("not no never without nor neither none nothing nobody nowhere".split())
_FINITE = frozenset(
    """and are bought buys can could did does earned earns eats found finds gave gets gives goes got had has have is
    likes lived lives made makes needed needs paid pays plays ran runs said says sells sold takes took uses used wants
    wanted was went were will works worked would""".split()
)
"""What follows a name at the beginning of a sentence, and seldom a word that is no name."""


def keeps_facts(before: str, after: str) -> list[str]:
    """What a rewording has lost or added; empty where it keeps all facts.

    Facts are numbers (in digits or words), names, quotations, code, operators and negations; each must occur as often
    as before. Names are words with a capital inside a sentence, and at its beginning those that look like one. It errs
    on the side of faulting a rewording.

    Args:
        before: a text.
        after: the same in other words.

    Returns:
        the facts that occur less often than before, then those that occur more often, these with `added ` in front.
    """
    old, new = _facts(before), _facts(after)
    words, spoken = (Counter(word for word, _, _ in _words(text)) for text in (before, after))
    for name in set(_names(before)):
        old[name], new[name] = words[name], spoken[name]
    known = {word.casefold() for word in words}
    new.update(name for name in _names(after) if name.casefold() not in known)
    return [*(old - new), *(f"added {fact}" for fact in new - old)]


def is_prose(text: str) -> bool:
    """Whether a text holds neither quotations nor code nor operators, so that its words can be exchanged for others."""
    return not (_QUOTED.search(text) or _CODE.search(text) or _OPERATOR.search(text))


def _facts(text: str) -> Counter[str]:
    """Everything but names, with how often it occurs."""
    found: Counter[str] = Counter()
    for match in _QUOTED.finditer(text):
        found[f'"{match[1] or match[2] or match[3] or ""}"'] += 1
    text = _QUOTED.sub(" ", text)
    found.update(_CODE.findall(text))
    text = _CODE.sub(" ", text)
    found.update(sign.replace("−", "-") for sign in _OPERATOR.findall(text))
    for word in _WORD.findall(text):
        plain = word.lower().replace("’", "'")
        if plain[0].isdigit():
            found[plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain] += 1
        elif plain in _NUMBERS:
            found[_NUMBERS[plain]] += 1
        elif plain.endswith("n't") or plain == "cannot":
            found["not"] += 1
        elif plain in _NEGATIONS:
            found[plain] += 1
    return found


def _words(text: str) -> Iterator[tuple[str, bool, str]]:
    """Each word that is neither quoted nor code, without possessive ending; whether it begins a sentence; the next."""
    text = _CODE.sub(" _ ", _QUOTED.sub(" _ ", text))
    end = 0
    for match, following in pairwise((*_WORD.finditer(text), None)):
        assert match is not None
        gap = text[end : match.start()].rstrip(" \t(-*•") if end else "\n"
        yield re.sub(r"['’]s$", "", match[0]), gap[-1:] in (*".!?\n",), following[0] if following else ""
        end = match.end()


def _names(text: str) -> Iterator[str]:
    """The words that are taken for names."""
    for word, begins, following in _words(text):
        if not word[0].isupper() or word.lower().replace("’", "'") in STOPWORDS or word.lower() in _NUMBERS:
            continue
        if word.lower() in _NEGATIONS or word.lower().endswith(("n't", "n’t")):
            continue
        if not begins or (len(word) > 1 and word.isupper()) or following[:1].isupper() or following in _FINITE:
            yield word
