"""The words that complaints are made of, whatever is designed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Kinds of words. The sign of a level is +1 where it is much, of a change +1 where more is wanted, of a sign and a state
# that of what there is, of a wish -1: what is wished for is lacking.
CUE, UNIT, LEVEL, CHANGE, SIGN, STATE, WISH = "cue", "unit", "level", "change", "sign", "state", "wish"
NOT, HARDLY, TOO, VERY, ENOUGH, SENSED, MOVE, WAY = "not", "hardly", "too", "very", "enough", "sensed", "move", "way"

NAMED: Mapping[tuple[str, int], str] = {
    (LEVEL, 1): "big, large, huge, high, long, strong, heavy, much, many, great, intense, loud, powerful, prominent, "
    "generous, a lot, lots, heavy-handed",
    (LEVEL, -1): "small, low, short, weak, little, few, tiny, faint, slight, scarce, stingy, sparing, feeble, subtle",
    (
        CHANGE,
        1,
    ): "extra, bigger, larger, higher, longer, more, stronger, greater, fuller, heavier, louder, raise, increase, "
    "add, boost, lift, enlarge, extend, lengthen, strengthen, double, heighten, turn up, crank up, dial up, bump up, "
    "put up, bring up, push up, go up, up the, bring out, step up, beef up, more generous, be generous",
    (
        CHANGE,
        -1,
    ): "smaller, lower, shorter, less, fewer, weaker, lighter, quieter, reduce, cut, decrease, shrink, shorten, "
    "trim, halve, limit, weaken, lessen, soften, tame, subtler, drop, mute, roll off, take off, dial back, "
    "turn back, turn down, tone down, dial down, lose, remove, take out, get rid of, ditch, cut back, cut "
    "down, hold back, go easy, go easier, easy on, easier on, easy with, go light on, go lighter on, ease "
    "off, ease up, rein in, scale back, scale down, back off, calm down, take down, bring down, play down, "
    "put down, go down, take back, knock back, pull back, less generous",
    (
        STATE,
        1,
    ): "dwarfs, overdone, overdid, overdo, overpowering, overwhelming, overwhelms, overpowers, drowns, dominates, "
    "smothers, excessive, overboard, a bit much, bit much, rather much, takes over, take over, over the top, "
    "too strongly, too heavily, out of control, off the charts, killing me, kills me, "
    "killed me, wears me out, wore me out, all i can taste, all i can hear, through the roof",
    (
        STATE,
        -1,
    ): "lacks, lacking, missing, absent, insufficient, inadequate, invisible, short of, short on, low on, lack "
    "of, gets lost, get lost, shy with, skimp on, skimped on, hardly there, barely there, inaudible",
    (
        WISH,
        -1,
    ): "needs, could do with, could use, could take, crying out for, cries out for, would help, would be nice, "
    "would be good, would be lovely, give me some, give us some, give it some, where is the, where's the, "
    "where are the, i miss the, i miss, add some, i'd like some, would like some, i want some",
}
"""Words that are about a dimension where it is named, by kind and sign."""
MODIFIERS: Mapping[str, str] = {
    NOT: "not, no, never, neither, nor, none, nobody, nothing, isn't, aren't, wasn't, weren't, doesn't, don't, "
    "didn't, can't, cannot, couldn't, won't, wouldn't, shouldn't, needn't, haven't, hasn't, ain't, isnt, "
    "arent, doesnt, dont, didnt, cant, wont, wasnt",
    HARDLY: "hardly, barely, scarcely",
    TOO: "too, overly, excessively, unbearably",
    VERY: "so, very, really, rather, quite, pretty, still, bit, touch, tad, shade, slightly, awfully, terribly, "
    "that, incredibly, extremely, somewhat, super, such, particularly, especially, horribly, painfully, far, "
    "way, bone, stone, pitch",
    ENOUGH: "enough, sufficiently",
    SENSED: "taste, feel, hear, see, read, notice, smell, detect, find, make out, pick up, get any, getting any",
    MOVE: "turn, come, crank, dial, push, put, bring, bump, move, take, set, pull, nudge, ease, tone, calm, scale, "
    "wind",
}
WAYS = {"up": 1, "down": -1}
QUANTITIES = frozenset("much many more extra less fewer little few lot lots".split())
NEAR = frozenset(("closer", "nearer", "farther", "further"))
"""Words for a dimension only where it is named: alone they are about the proposal."""
TWO_FACED = frozenset(
    "fine far cool close near light late early rich sharp icy fast quick white dead thin long".split()
)
"""Adjectives that say something else by themselves: "That's fine.", "So far so good."."""
MILDLY = frozenset("bit little touch tad shade rather slightly somewhat".split())
NOT_VERY = frozenset("very so that really particularly especially terribly super".split())
BE = frozenset(
    "is are was were am it's its they're that's thats i'm looks look sounds sound tastes taste feels feel seems seem "
    "smells gets got comes came turned sits hangs runs remains stays gone it them come find".split()
)
PLEASED = frozenset(
    "nice nicely lovely good great love like enjoy glad pleasantly wonderfully beautifully perfect fine".split()
)
I_COULD = re.compile(r"\bi(?:'d| can| could| want| would| should)\b")
POINTING = frozenset("it it's its they they're them that that's this these those there there's".split())
BODY = frozenset(
    "arms arm legs leg knees feet foot toes back neck hands hand fingers eyes ears mouth tongue teeth head nose throat "
    "stomach face wrists shoulders hips guests plants seedlings tomatoes".split()
)
THINGS = BODY | frozenset(
    "taste flavour flavor sound look feel thing things result whole rest balance picture room house place drink dish "
    "ride route course crumb crust inside middle top bottom light one stuff".split()
)
OWNED = re.compile(r"(?<!\bfor )(?<!\bto )(?<!\bthan )(?<!\bin )(?<!\bon )\b(?:my|his|her|our|their) (\w+)")
"""What is somebody's, and what is said to be so: of no concern where it is nothing that is designed."""
SUBJECT = re.compile(
    r"^\W*(?:\w+ )?(?:the|this|that|these|those) (\w+) (?:is|are|was|were|looks?|seems?|feels?|sounds?|has)\b"
)
OWNED_SUBJECT = re.compile(r"^\W*(?:my|his|her|our|their) (\w+)")
YOU_ARE = re.compile(r"\b(?:you're|you are|you were)\b")
OBLIGED = re.compile(
    r"^\W*(?:please )?(?:don't|do not)\b|\b(?:need|needs|needn't|have to|has to|should|shouldn't|must|mustn't|make"
    r"|supposed to)\b"
)
THAN_MINE = re.compile(r"\bthan (?:i|we|my|our|it should|they should|is good|necessary|needed)\b")
OBSERVED = re.compile(r"(?:\b(?:is|are|was|were|got|gets|tastes?|looks?|sounds?|feels?)|'s|'re)(?: \w+){0,2} ?$")
THAN_BEFORE = re.compile(r"\b(?:than (?:before|the (?:last|previous|one)|last|it was)|now)\b")


def listed(text: str) -> Iterator[str]:
    """The words and phrases of a table."""
    yield from text.split(", ")
