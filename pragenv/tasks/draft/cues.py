"""The words for a document's points and their values, and the repair of misspelt ones. Both parties share them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pragenv.tasks.draft.document import Document
from pragenv.tasks.lexicon import STOPWORDS, Lexicon, Match, stem, words

Entry = tuple[str, str]  # point and value; the value is empty for words that name the point only

_CUES: Mapping[Entry, str] = {
    ("form", ""): (
        "form|format|formatted|structure|structured|layout|laid out|lay it out|set out|set it out|set up"
        "|set it up|arrangement|arranged|organised|organized|present it|present the information|look like"
        "|appearance"
    ),
    ("form", "paragraphs"): (
        "paragraphs|paragraph|running text|prose|plain text|block of text|continuous text|flowing text"
        "|body text|full sentences|whole sentences|normal text"
    ),
    ("form", "list"): (
        "list|bullet list|bullet points|bullets|bullet|bulleted|itemised|itemized|items|list of points"
        "|enumeration|enumerated|point by point|one point per line|numbered points|checklist"
    ),
    ("form", "letter"): (
        "letter|salutation|greeting|closing line|letter form|sign off|signature at the end|yours sincerely"
        "|dear so and so|dear sir"
    ),
    ("form", "headline"): "headline|heading|title|header|caption|headlined",
    ("length", ""): (
        "length|how long|word count|word limit|how many words|words|how much text|how much to write"
        "|how much do you want me to write|how much should i write|how big|how detailed|how many lines"
        "|how many sentences|how much detail|size"
    ),
    ("length", "short"): (
        "short|shortish|brief|briefly|concise|compact|crisp|snappy|succinct|terse|to the point|short one"
        "|couple of lines|few lines|few sentences|two lines|three lines|two sentences|three sentences"
        "|four sentences|two or three sentences|few words|as few words as possible|half a page|nutshell"
        "|sweet and short|no frills"
    ),
    ("length", "medium"): (
        "medium|middling|moderate|neither short nor long|neither long nor short|in between|average"
        "|medium length|medium sized|mid length|middle|medium long|not too long and not too short"
        "|standard length|normal length"
    ),
    ("length", "long"): (
        "long|lengthy|detailed|extensive|in depth|thorough|in detail|full length|comprehensive|elaborate"
        "|exhaustive|at length|into detail|more detail|lot of detail|much detail|all the details|whole page"
        "|full page"
    ),
    ("tone", ""): (
        "tone|style|voice|register|mood|wording|how it sounds|sound|vibe|kind of language|sort of language"
        "|language should|choice of words"
    ),
    ("tone", "formal"): (
        "formal|formally|official|officially|polite|politely|stiff|businesslike|serious|professional|dry"
        "|ceremonious|respectful|courteous|dignified|solemn|distant|stuffy|wooden|bureaucratic|corporate"
        "|stilted|impersonal|robotic|starchy|pompous|officialese|legalese|formality|sober|tax office"
        "|like a law|lawyer|lawyers|sounds cold|too cold|cold and distant|business letter|official letter"
        "|legal document|court letter"
    ),
    ("tone", "friendly"): (
        "friendly|friendlier|casual|casually|informal|informally|warm|warmer|warmth|warmly|chatty|relaxed"
        "|personal|easy going|loose|laid back|light hearted|lighthearted|chummy|pally|matey|familiar|cheerful"
        "|lively|cheery|upbeat|heartfelt|human|approachable|breezy|conversational|colloquial|jolly|cosy"
        "|buddies|mates|too nice|like a friend|to a friend|to friends|among friends|fun|funny|playful"
        "|flippant|slangy|slang|joke|jokes|joking|humour|humor|humorous|loosen|lighten|jokey|down to earth"
    ),
    ("reader", ""): (
        "reader|readers|readership|audience|recipients|recipient|addressees|addressee|target group|whom"
        "|wrong people|right people|addressing"
    ),
}
# Everyday words that a repair of misspelt ones would take for one of these, and phrases in which one of these means
# something else ("how long have you been here", "a long time", "the latter").
_INNOCENT = """
    more from part parts time times work works year dear hear heard better need money read reading ready right
    write writing written send sending sent tell made make wrong song strong lost last least listen shirt shot sort
    warn warning storm person people polish police though through thought detail details information latter former
    later bakery bakeries nice weird word world latest leader matter water inform informs informed change changes
    changed charged great greater treat street matters working worked lovely forget forgets chance chances process
    address addresses addressed packed adds find finds closer closest tried helps pieces piece remaining weather
    playing plan late waiting expensive content party parties train trained hard harder even event lose leave
    leaves purpose taken reads stuff shorten following drive workers contract live lives lived living fault finally
    final place please pleased related case cases price prices wordy worldly covers covering skipping feels raising
    picked picks carried plays fully caution heading heating wording booking looking cooking reason season clause
    stress dress press
""".split()
_INNOCENT_PHRASES = """
    how long has|how long have|how long had|how long did|how long does it take|how long will it take|how long ago
    how long until|how long before|how long do we have|long time|long ago|long years|long weeks|long days|long day
    long hours|long way|long week|long while|long since|as long as|so long as|no longer|not any longer|long story
    long term|short time|at short notice|shortly|short while|short of|all day|one day|some day|good day|nice day
    every day|these days|the other day|day off|have a nice day|on time|in time|first time|every time|this time
    last time|next time|take your time|some time|any time|long run|in other words|my words|your words|other words
    the words|letter from|on average|in the middle of the|set up a
""".replace("\n", "|").split("|")
# What the rules for sentences look for, where a slip of the pen would hide it.
_VERBS = """
    mention mentioned include included forgot forgotten missing please should remove removed without skip delete shorter
    longer perfect add leave omit
""".split()


_SPELT = re.compile(r"(?<![\w'’])[a-z]{4,}(?![\w'’])")
_BARE_WORDS = 1
"""Words without topic aside, as many as a clause may hold beside the facts that it names and nothing else."""
_IS = r"(?:is|are|was|were|do|does|did|have|has|will|can)"
_BEGINS_ASKING = re.compile(rf"^\W*(?:and |but |so )*(?:{_IS}|(?:how|when|where|why|who|what)(?: \w+)? {_IS}|why)\b")


@lru_cache(maxsize=64)
def lexicon(document: Document) -> Lexicon[Entry]:
    """The words for the points of a document and for their values."""
    own = {word for fact in document.facts for cue in (*fact.cues, *fact.signs) for word in words(cue)}
    own |= {word for signs in document.readers.values() for sign in signs for word in words(sign)}
    own |= {word for cues in _CUES.values() for cue in cues.split("|") for word in words(cue)}
    rows = [(("", ""), word.strip(), 1.0) for word in (*_INNOCENT, *_INNOCENT_PHRASES) if word.strip() not in own]
    rows += [(entry, cue, 1.0) for entry, cues in _CUES.items() for cue in cues.split("|")]
    rows += [(("reader", who), sign, 1.0) for who, signs in document.readers.items() for sign in signs]
    rows += [((fact.name, ""), cue, 1.0) for fact in document.facts for cue in (*fact.cues, fact.label, *fact.signs)]
    return Lexicon(rows)


def matches(text: str, document: Document) -> list[Match[Entry]]:
    """What a text names, in its order."""
    return [match for match in lexicon(document).find(words(text)) if match.entries[0][0]]


def is_bare(clause: str, named: Sequence[Match[Entry]]) -> bool:
    """Whether a clause names facts, and says hardly anything of them."""
    inside = {i for match in named for i in range(match.start, match.end)}
    rest = [word for i, word in enumerate(words(clause)) if i not in inside and word not in STOPWORDS]
    return len(rest) <= _BARE_WORDS and _BEGINS_ASKING.match(clause) is None


@lru_cache(maxsize=64)
def _targets(document: Document) -> list[str]:
    """The words that slips are mended to."""
    cues = [cue for held in _CUES.values() for cue in held.split("|")]
    cues += [sign for signs in document.readers.values() for sign in signs]
    cues += [cue for fact in document.facts for cue in (*fact.cues, fact.label)]
    every = {word for cue in cues for word in words(cue) if len(word) > 3 and word.isalpha()} - STOPWORDS
    return sorted(every | set(_VERBS))


def repaired(text: str, document: Document) -> str:
    """A lower-case text with its slips mended: a letter too many, too few or wrong, or two that changed places."""
    return _SPELT.sub(lambda found: _repaired(found[0], document), text)


@lru_cache(maxsize=65536)
def _repaired(word: str, document: Document) -> str:
    if word in STOPWORDS or word in _VERBS or lexicon(document).holds(word):
        return word
    near = process.extractOne(word, _targets(document), scorer=OSA.distance, score_cutoff=1)
    if near is None or near[0][0] != word[0] or stem(near[0]) == stem(word):
        return word
    # The shorter a word, the more others are near it.
    swapped, same_length = sorted(near[0]) == sorted(word), len(near[0]) == len(word)
    return str(near[0]) if swapped or len(word) > (5 if same_length else 4) else word
