"""Calibrate: nobody hits the point at the first attempt, and everybody finds it by proposing and listening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, cast

from pragenv.protocols import SPLITS, AgentView, Setting, Task, UserView, commitment
from pragenv.tasks.calibrate.acts import PointActs, point_acts
from pragenv.tasks.calibrate.ceiling import most, reached
from pragenv.tasks.calibrate.context import describe, feeling_in, in_words, names_in, proposals, public_side, space_in
from pragenv.tasks.calibrate.feeling import RIGHT, WRONG
from pragenv.tasks.calibrate.reading import read_point
from pragenv.tasks.calibrate.search import Search, closeness
from pragenv.tasks.calibrate.setting import SETTINGS, CalibrateSetting
from pragenv.tasks.calibrate.space import Space, spaces
from pragenv.tasks.speech import speak
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, mix, uniform

_MOST_KEPT = 128
"""Posteriors that are kept for conversations that go on; one of five dimensions takes a megabyte."""
_EXACT = 1e-9
_BOUND = "all replies there can be, each as telling as it can be; reached: halving what is possible"
_Heard = tuple[str, tuple[Act, ...]]  # a proposal by its key, and the reaction


class Calibrate(Task):
    """The user holds a point in a design space and reacts to proposals by comparison; the agent commits to a point.

    ## Description
    The hidden intent is a point on the grid of a design space (a recipe, a heating schedule, the style of a chart), any
    as likely as any other. In every turn the user reacts to the proposal: "Too salty.", or "Closer." The noise of what
    it feels is drawn with the intent.

    ## Observation
    The system message lists the dimensions with their ranges and steps, and says how the user reacts; then the
    conversation.

    ## Action
    Any text. A proposal gives values to dimensions (`PROPOSE: salt: 3 g; cream: 100 ml`, or a plain sentence); what it
    leaves out stays as last proposed, at first in the middle. `ANSWER:` commits to a point in the same words; what
    a commitment leaves out, or gives several values to, earns nothing.

    ## Reward
    At the end the mean over dimensions of how close the commitment is (1 where right, falling evenly to 0 at `reach` of
    the range), less `turn_cost` a turn.

    ## Termination
    On commitment, at the announced turn limit, or when the user leaves.

    ## Settings
    See `CalibrateSetting` for the knobs and `Calibrate.SETTINGS` for the named combinations. Splits differ in design
    spaces and wordings; `test_phrasing` has training spaces in test wordings.
    """

    name = "calibrate"
    SETTINGS: ClassVar[tuple[Setting, ...]] = SETTINGS
    SPLITS = (*SPLITS, "test_phrasing")
    checkpoint = "second"

    def __init__(self) -> None:
        self._public = lru_cache(maxsize=None)(public_side)
        self._description = lru_cache(maxsize=256)(describe)
        self._kept: dict[tuple[FrozenDict, tuple[_Heard, ...]], Search] = {}

    def __reduce__(self) -> tuple[type[Calibrate], tuple[()]]:
        return type(self), ()

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """A space, those of its dimensions that count, the point, and the key of what its user feels amiss."""
        assert isinstance(setting, CalibrateSetting)
        source = split.replace("test_phrasing", "train")
        pool = [space for space in spaces() if space.split == source]
        space = pool[mix(key, 1) % len(pool)]
        names = [d.name for d in space.dimensions]
        if 0 < setting.dimensions < len(names):
            # The smallest of independent draws: a uniform subset.
            names = sorted(names, key=lambda name: mix(key, 16 + names.index(name)))[: setting.dimensions]
        public = self._public(space.name, frozenset(names), setting, split.replace("test_phrasing", "test"))
        drawn = (
            (d.name, d.levels[int(uniform(mix(key, 32 + i)) * len(d.levels))])
            for i, d in enumerate(space_in(public).dimensions)
        )
        return Scenario(public, FrozenDict(point=FrozenDict(drawn), slips=mix(key, 2) if setting.noise else 0))

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The dimensions, how the user reacts, and how to propose and commit."""
        return self._description(cast(FrozenDict, public))

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The point, and how to react without giving it away."""
        return in_words(cast(FrozenDict, public), user_brief["point"])

    def acts(self, view: UserView | AgentView) -> PointActs:
        """The acts of the space."""
        public = view.public
        if public.memo is None:
            public.memo = point_acts(public["space"], names_in(public), public["phrasing"])
        acts: PointActs = public.memo
        return acts

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """A reaction to what is proposed, if anything is."""
        if not view.dialogue:
            return (Act("request"),)
        perceived = self._perceived(view)
        if perceived is None:
            return (Act("not_understood"),)
        return feeling_in(view.public).react(*perceived)

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether what is said of a dimension, or of the proposal, is what the user perceives."""
        if act.kind != "inform":
            return True
        perceived = self._perceived(view) if view.dialogue else None
        if perceived is None:
            return False
        feeling = feeling_in(view.public)
        if act.slot in feeling.names:
            i = feeling.names.index(act.slot)
            return feeling.complaint(i, perceived[0][i]) == act
        (whole,) = feeling._replace(feedback="comparison").react(*perceived)
        return act == whole or (act.value == WRONG and whole.value != RIGHT)

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """Of another dimension that is off, whether there is too much or too little; the one that is most off."""
        perceived = self._perceived(view) if view.dialogue else None
        if perceived is None:
            return ()
        feeling, now = feeling_in(view.public), perceived[0]
        telling = {act.slot for act in feeling.react(*perceived)}
        left = [
            i
            for i, name in enumerate(feeling.names)
            if name not in telling and abs(now[i]) >= feeling.halves[i] - _EXACT
        ]
        return tuple(feeling.complaint(i, now[i]) for i in sorted(left, key=lambda i: -abs(now[i]))[:1])

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A user who has another point in mind, one that changes the reaction where one of eight does."""
        faithful, space = self.truth(view), space_in(view.public)
        for attempt in range(8):
            drawn = mix(key, attempt)
            point = {
                d.name: d.levels[int(uniform(mix(drawn, i)) * len(d.levels))] for i, d in enumerate(space.dimensions)
            }
            mistaken = view._replace(user_brief=FrozenDict({**view.user_brief, "point": FrozenDict(point)}))
            if self.truth(mistaken) != faithful:
                return mistaken
        return view

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in words; terse users say the barest."""
        known = self.acts(view)

        def word(act: Act, k: int) -> str | None:
            if act.kind == "request":
                return known.openings[k % len(known.openings)]
            if act.kind != "inform":
                return None
            pool = known.wordings[act.slot, act.value]
            return pool[0] if view.traits.get("verbosity") == "terse" else pool[k % len(pool)]

        return speak(acts, word, view.traits, key)

    def _perceived(self, view: UserView) -> tuple[tuple[float, ...], tuple[float, ...] | None] | None:
        """What the user perceives of the last proposal and of the one before; None where the last turn holds none."""
        space, feeling, brief = space_in(view.public), feeling_in(view.public), view.user_brief
        made = list(proposals(self.acts(view), view.dialogue))
        if not made or made[-1][0] != sum(m.role == "assistant" for m in view.dialogue) - 1:
            return None
        felt = [
            feeling.perceived(
                [d.share(point[d.name]) - d.share(brief["point"][d.name]) for d in space.dimensions],
                mix(brief["slips"], turn),
            )
            for turn, point in made[-2:]
        ]
        return felt[-1], felt[0] if len(felt) > 1 else None

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """How close the last message's commitment is."""
        committed = commitment(dialogue[-1].content) if dialogue and dialogue[-1].role == "assistant" else None
        if committed is None:
            return Verdict(0.0, False, "no answer was given")
        space, wanted = space_in(scenario.public), scenario.user_brief["point"]
        given = read_point(committed, space)
        off = {d: given[d.name] - wanted[d.name] for d in space.dimensions if d.name in given}
        reach = scenario.public["reach"]
        score = sum(closeness(by, d.high - d.low, reach) for d, by in off.items()) / len(space.dimensions)
        wrong = [d for d in space.dimensions if abs(off.get(d, 1.0)) > _EXACT]
        if not wrong:
            return Verdict(1.0, True, f"it was {space.write(wanted)}")
        told = ", ".join(
            f"{d.label} by {abs(off[d]):g}" if d in off else f"{d.label}, which is not given" for d in wrong
        )
        return Verdict(score, False, f"off in {told}; it was {space.write(wanted)}")

    def answer(self, scenario: Scenario) -> str:
        """The commitment to the point."""
        return f"ANSWER: {space_in(scenario.public).write(scenario.user_brief['point'])}"

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str]:
        """What no agent exceeds, what halving earns in this very scenario, and how both were found."""
        assert isinstance(setting, CalibrateSetting)
        space, feeling = space_in(scenario.public), feeling_in(scenario.public)
        upper = most(space, setting.reach, setting.feedback, setting.turn_cost, setting.turn_limit)
        brief = scenario.user_brief
        start = Search(space, feeling, setting.reach)
        return upper, reached(start, brief["point"], brief["slips"], setting), _BOUND

    # -- what agents need ----------------------------------------------------------------------------------------------

    def space(self, view: AgentView) -> Space:
        """The design space that an agent sees."""
        return space_in(view.public)

    def reactions(self, view: AgentView) -> Iterator[tuple[Mapping[str, float], tuple[Act, ...]]]:
        """The agent's proposals so far, in full, each with the user's reaction as it is read."""
        acts = self.acts(view)
        said = [m.content for m in view.dialogue if m.role == "assistant"]
        replies = [m.content for m in view.dialogue if m.role == "user"][1:]
        for turn, point in proposals(acts, view.dialogue):
            if turn < len(replies):
                yield point, acts.read(replies[turn], acts.parse(said[turn]))

    def search(self, view: AgentView) -> Search:
        """What the dialogue leaves possible. Only what was said since the last call is worked in."""
        public, space = view.public, space_in(view.public)
        heard = tuple((space.key(point), acts) for point, acts in self.reactions(view))
        known = len(heard)
        while known and (public, heard[:known]) not in self._kept:
            known -= 1
        made = self._kept[public, heard[:known]] if known else Search(space, feeling_in(public), public["reach"])
        for end in range(known, len(heard)):
            key, acts = heard[end]
            made = made.hear([d.share(space.point(key)[d.name]) for d in space.dimensions], acts)
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[public, heard[: end + 1]] = made
        return made

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """The proposal that halves what is possible; none once being right is worth no further turn."""
        found = self.search(view)
        if 1.0 - found.score <= max(view.turn_cost, 1e-3):
            return ()
        return (Act("ask", found.space.key(found.proposal())),)

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """The point with the highest expected score; with a key, any."""
        space = space_in(view.public)
        if key is None:
            return f"ANSWER: {space.write(self.search(view).best)}"
        drawn = ((d, int(uniform(mix(key, i)) * len(d.levels))) for i, d in enumerate(space.dimensions))
        return f"ANSWER: {space.write({d.name: d.levels[place] for d, place in drawn})}"

    def chance(self, scenario: Scenario) -> float:
        """The mean closeness of all points."""
        space, wanted, reach = space_in(scenario.public), scenario.user_brief["point"], scenario.public["reach"]
        means = [
            sum(closeness(level - wanted[d.name], d.high - d.low, reach) for level in d.levels) / len(d.levels)
            for d in space.dimensions
        ]
        return sum(means) / len(means)

    def needs_asking(self, scenario: Scenario) -> bool:
        """Always: the opening says nothing of the point."""
        return True
