"""What a user says of a proposal as a whole: that it is right or wrong, closer than the one before or farther."""

from __future__ import annotations

import re

from pragenv.tasks.calibrate.feeling import CLOSER, FARTHER, RIGHT, SAME, WRONG

_FORMER = (
    r"(?:(?:last|previous|earlier|first|other|old|former|prior)(?: (?:one|time|version|try|attempt|proposal|go|round"
    r"|\w+))?"
    r"|one before|\w+ before(?: (?:this|that|it|last)(?: one)?)?|before this(?: one)?|one you (?:had|made|showed|gave)"
    r"|what (?:we|i|you) had|earlier|previously)"
)
_NOT = re.compile(r"\b(?:not|no|never|neither|nor|hardly|isnt|didnt|doesnt)\b|n't\b")
_BETTER = (
    r"\b(?:closer|nearer|better|improve[sd]?|improving|improvement|progress|step (?:forward|closer|up)|upgrade"
    r"|(?:right|good) (?:direction|way|track|path|lines)|on (?:the right )?track|closing in|homing in"
    r"|getting (?:there|close|warm)"
    r"|(?:getting )?warmer|suit(?:s|ed) me (?:more|better)|nicer|tastier|preferable|beats|tops|warm now"
    r"|much more like it|more like it)\b"
)
_WORSE = (
    r"\b(?:(?:farther|further)(?= (?:away|off|from|out|than|now|still|yet|and)\b|$)|worse|colder|worsened|backwards?"
    r"|step back|steps back|(?:moving|drifting|going|getting"
    r"|drifted|went|moved)"
    r" (?:further |farther )?(?:away|astray|off)|(?:wrong|opposite|other) (?:direction|way|track)|off track|downhill"
    r"|(?:not|n't) as good"
    r"|less (?:good|close|right)|losing it|away from it|lost it|going cold|getting cold|took a wrong turn|downgrade)\b"
)
_SAME = re.compile(
    r"\b(?:the same|same (?:as|again|distance|thing|difference)|about the same|same|no (?:real )?(?:difference|change"
    r"|different)|nothing(?:'s| has)? changed"
    r"|(?:as|equally) (?:far|close|near|good|bad)(?: off| away)?\b|equally|unchanged|no (?:further|farther|nearer"
    r"|closer|better)|neither here nor there"
    r"|(?:not|n't|cannot)(?: really)? (?:see|seeing|taste|tasting|hear|hearing|feel|feeling|notice|noticing|find|tell)"
    r" (?:the|any|a|much)(?: real)? (?:difference|change|improvement)|as (?:good|bad|far off|far|close) as"
    r"|can't (?:tell|see|taste|hear|feel|notice) (?:the|any|a) difference|makes no difference"
    r"|six of one|on a par|much of a muchness|identical|changed nothing|either way|no improvement|no progress)\b"
)
_NOT_AS_GOOD = re.compile(r"(?:\bnot|n't)\b(?: \w+)? (?:as|so) (?:good|close|near|nice)\b")
_PREFERS_FORMER = re.compile(
    rf"\b(?:prefer(?:red)?|rather (?:have|had|go|take|stick|keep)|like[ds]?|loved|go(?:ing)? back|take me back"
    rf"|back to|take|bring back"
    rf"|return to|miss(?:ed)?|stick with|keep|want|give me)\b(?: \w+){{0,3}}? (?:the|your|that) (?:\w+ )?{_FORMER}\b"
    r"|\b(?:prefer(?:red)?|liked) (?:it|the \w+)(?: \w+)? (?:before|earlier|how it was|as it was)\b|\bliked (?:the"
    r"|your) \w+ before\b|\bgo back\b"
)
_PREFERS_THIS = re.compile(
    r"\b(?:prefer|like|enjoy|love)\b(?: \w+)? (?:this|that)(?: (?:one|version|\w+))?(?: (?:more|better|best|much more"
    r"|a lot more|much better)| to | over | than )"
    r"|\bi(?:'d)? (?:do )?prefer (?:this|that)(?: one| version)?$|\bover the (?:last|previous)\b"
)
_BETTERS = re.compile(_BETTER)
_WORSES = re.compile(_WORSE)
_WAS_BETTER = re.compile(
    r"\b(?:it|we|you|they|i)(?:'d| had)? (?:was|were|had it|been) (?:\w+ )?(?:better|closer|nearer)\b"
    r"|\bused to be (?:better|closer)\b"
)
_FORMER_FIRST = re.compile(rf"\b(?:the|your|that|my) (?:\w+ )?{_FORMER}\b")
_RIGHT = re.compile(
    r"\b(?:perfect|perfectly|perfection|just (?:right|so|how|the way|as i|what)|spot on|exactly(?: (?:it|right|what"
    r"|how|the|this|like|so|that|as|my)\b.*)?$"
    r"|that's (?:it|right|the one|the \w+ (?:i|for me)|us done|what i)|this is (?:it|the one)|that is (?:it|the one)"
    r"|bingo|ideal|bull's-eye|bullseye|flawless"
    r"|(?:wouldn't|would not|don't|do not|needn't|no need to) (?:change|touch|alter|adjust) (?:a thing|anything|it"
    r"|another thing|a single thing)"
    r"|don't change|leave it (?:like|as|at|just|there|alone|exactly)|keep it (?:like|as|so|exactly|there|just"
    r"|that way)|nail(?:ed)? (?:it|this)"
    r"|(?:i )?(?:absolutely |really |just )?love it$|(?:dead|bang|right) on\b|hits? the spot|nothing (?:to|i'd"
    r"|i would) change|couldn't be better|can't be improved"
    r"|(?:you(?:'ve)?|we(?:'ve)?) (?:got|found|cracked|nailed|done) it|i (?:was after|had in mind|pictured|imagined"
    r"|was looking for|dreamed of|wanted)"
    r"|stop (?:there|here|right there)|suits me (?:perfectly|fine|down)|way i (?:like|want|wanted) it|how i (?:like"
    r"|want|wanted) it|that's my \w+$|got it in one|no changes needed|happy with (?:it|this|that)|satisfied"
    r"|nothing to add|works for me|that'll do|no complaints)\b"
)
_ALMOST = re.compile(
    r"\b(?:almost|nearly|close to|near(?:er)? to|closer to|not far|would be|could be|will be|be perfect if|if|until"
    r"|before it's|for it to be|to be|practically|just about)\b"
)
_WRONG = re.compile(
    r"(?:\bnot|n't) it\b(?! (?:that|just|only))|(?:\bnot|n't)(?: \w+)? (?:right|there|the one|what i|quite|exactly"
    r"|perfect|how i|the way i|my \w+|yet|like that|working|for me|ideal|so sure|spot on)\b(?! you)"
    r"|\b(?:something|it|that|this|still|a bit|way|bit)(?:'s| is)?(?: still| a bit| way| quite| somehow)? (?:off"
    r"|wrong|amiss|not right)$"
    r"|\bsomething(?:'s| is)(?: \w+)? (?:off|wrong|amiss|missing|not right)\b|\b(?:try|keep) (?:again|another|trying"
    r"|something else|looking)\b"
    r"|\bshould be different\b|\bdoesn't (?:work|do it|hit)\b|\b(?:no good|not good|misses the mark|wide of the mark"
    r"|no cigar)\b"
)
_ALONE_WRONG = re.compile(
    r"(?:(?:hm+|um|ugh|oh|well|sorry)\W+)*(?:(?:no|nope|nah|wrong|not really|afraid not"
    r"|sorry)\W*)+$"
)
_BETTER_AFTER = re.compile(
    r"better(?: (?:than|the (?:first|last|other|previous)|before|earlier|last time|now|already|again|though|overall"
    r"|still|yet|by|too|i think|to me"
    r"|for me|this time|in here|loaf|one|this|that|version|cup|shot|"
    r"soup|bowl|plan|mix|chart|poster|glass|week|light|fit|so|indeed|thanks|and|or|nor)\b|$)"
)
_GREETING = re.compile(
    r"\b(?:better|further|closer) (?:not|wait|go|get|ask|leave|stop|safe|late|half|look|be|hurry|to be|to the \w+ of"
    r"|station|shop)\b"
)
_OWNED = re.compile(r"\b(?:my|his|her|our|their|the) (\w+)")
_COMMON = frozenset(
    "one last previous other first second third same right wrong better worse closer bit little lot touch tad "
    "step whole next new good best way direction track before old former latest version try attempt proposal go "
    "round result change improvement taste two most difference distance combination setting settings earlier big "
    "huge small great real nice opposite much definite clear slight moment world time half dozen".split()
)


class Verdicts:
    """Reads what is said of a proposal as a whole.

    Args:
        things: nouns for what is proposed and what belongs to it.
    """

    def __init__(self, things: frozenset[str]) -> None:
        self._known = things | _COMMON

    def of(self, piece: str) -> str | None:
        """The verdict of a piece of a sentence; None where it holds none."""
        if _GREETING.search(piece):
            return None
        return self._compared(piece) or self._absolute(piece)

    def _foreign(self, piece: str) -> bool:
        """Whether it begins with something that is no part of a proposal: "the shop is closer"."""
        found = _OWNED.search(piece)
        return found is not None and found[1] not in self._known

    def _compared(self, piece: str) -> str | None:
        if _NOT_AS_GOOD.search(piece):
            return FARTHER
        if _PREFERS_THIS.search(piece):
            return CLOSER
        if _PREFERS_FORMER.search(piece):
            return FARTHER
        up, down = _BETTERS.search(piece), _WORSES.search(piece)
        if up and up[0] == "better" and not _BETTER_AFTER.match(piece, up.start()):
            up = None
        if up and down:
            return SAME
        if _SAME.search(piece):
            return SAME
        first = up or down
        if first is None:
            return None
        if self._foreign(piece[: first.start()]):
            return None
        if _NOT.search(piece, 0, first.start()):
            return SAME if up else None
        former = _FORMER_FIRST.search(piece, 0, first.start())
        inverted = _WAS_BETTER.search(piece) or (former and " than " not in piece[: first.start()])
        return (CLOSER if up else FARTHER) if not inverted else (FARTHER if up else CLOSER)

    def _absolute(self, piece: str) -> str | None:
        if _WRONG.search(piece):
            return WRONG
        found = _RIGHT.search(piece)
        if found is None or _ALMOST.search(piece, 0, found.start()) or self._foreign(piece[: found.start()]):
            return None
        return WRONG if _NOT.search(piece, 0, found.start()) else RIGHT


def refused(turn: str) -> bool:
    """Whether a whole turn is nothing but a "no"."""
    return _ALONE_WRONG.match(turn.strip()) is not None
