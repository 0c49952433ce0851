"""Calibrate: nobody hits the point at the first attempt, and everybody finds it by proposing and listening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, cast

from pragenv.protocols import SPLITS, AgentView, Setting, Task, UserView, commitment
from pragenv.tasks.calibrate.acts import PointActs, point_acts
from pragenv.tasks.calibrate.ceiling import most, reached
from pragenv.tasks.calibrate.feeling import RIGHT, WRONG, Feeling
from pragenv.tasks.calibrate.reading import read_point
from pragenv.tasks.calibrate.search import Search, closeness
from pragenv.tasks.calibrate.setting import SETTINGS, CalibrateSetting
from pragenv.tasks.calibrate.space import Space, spaces, subspace
from pragenv.tasks.speech import speak
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, mix, uniform

_MOST_KEPT = 128
_EXACT = 1e-9
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

    def __init__(self) -> None:
        self._public = lru_cache(maxsize=None)(_public)
        self._description = lru_cache(maxsize=256)(_describe)
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
            for i, d in enumerate(_space(public).dimensions)
        )
        return Scenario(public, FrozenDict(point=FrozenDict(drawn), slips=mix(key, 2) if setting.noise else 0))

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The dimensions, how the user reacts, and how to propose and commit."""
        return self._description(cast(FrozenDict, public))

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The point, and how to react without giving it away."""
        space = _space(public)
        listed = "\n".join(f"- {d.write(user_brief['point'][d.name])}" for d in space.dimensions)
        return (
            f"You want {space.title}, exactly so:\n{listed}\nThe other proposes. {_REACTIONS[public['feedback']]} "
            "Say when it is right. Never name a value."
        )

    def acts(self, view: UserView | AgentView) -> PointActs:
        """The acts of the space."""
        public = view.public
        if public.memo is None:
            public.memo = point_acts(
                public["space"], tuple([d["name"] for d in public["dimensions"]]), public["phrasing"]
            )
        acts: PointActs = public.memo
        return acts

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """A reaction to what is proposed, if anything is."""
        if not view.dialogue:
            return (Act("request"),)
        perceived = self._perceived(view)
        if perceived is None:
            return (Act("not_understood"),)
        return _feeling(view.public).react(*perceived)

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether what is said of a dimension, or of the proposal, is what the user perceives."""
        if act.kind != "inform":
            return True
        perceived = self._perceived(view) if view.dialogue else None
        if perceived is None:
            return False
        feeling = _feeling(view.public)
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
        feeling, now = _feeling(view.public), perceived[0]
        telling = {act.slot for act in feeling.react(*perceived)}
        left = [
            i
            for i, name in enumerate(feeling.names)
            if name not in telling and abs(now[i]) >= feeling.halves[i] - _EXACT
        ]
        return tuple(feeling.complaint(i, now[i]) for i in sorted(left, key=lambda i: -abs(now[i]))[:1])

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A user who has another point in mind, one that changes the reaction where one of eight does."""
        faithful, space = self.truth(view), _space(view.public)
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
        space, feeling, brief = _space(view.public), _feeling(view.public), view.user_brief
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
        space, wanted = _space(scenario.public), scenario.user_brief["point"]
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
        return f"ANSWER: {_space(scenario.public).write(scenario.user_brief['point'])}"

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str]:
        """What no agent exceeds, what halving earns in this very scenario, and how both were found."""
        assert isinstance(setting, CalibrateSetting)
        space, feeling = _space(scenario.public), _feeling(scenario.public)
        upper = most(space, setting.reach, setting.feedback, setting.turn_cost, setting.turn_limit)
        brief = scenario.user_brief
        start = Search(space, feeling, setting.reach)
        return upper, reached(start, brief["point"], brief["slips"], setting), _BOUND

    # -- what agents need ----------------------------------------------------------------------------------------------

    def space(self, view: AgentView) -> Space:
        """The design space that an agent sees."""
        return _space(view.public)

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
        public, space = view.public, _space(view.public)
        heard = tuple((space.key(point), acts) for point, acts in self.reactions(view))
        known = len(heard)
        while known and (public, heard[:known]) not in self._kept:
            known -= 1
        made = self._kept[public, heard[:known]] if known else Search(space, _feeling(public), public["reach"])
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
        space = _space(view.public)
        if key is None:
            return f"ANSWER: {space.write(self.search(view).best)}"
        drawn = ((d, int(uniform(mix(key, i)) * len(d.levels))) for i, d in enumerate(space.dimensions))
        return f"ANSWER: {space.write({d.name: d.levels[place] for d, place in drawn})}"

    def chance(self, scenario: Scenario) -> float:
        """The mean closeness of all points."""
        space, wanted, reach = _space(scenario.public), scenario.user_brief["point"], scenario.public["reach"]
        means = [
            sum(closeness(level - wanted[d.name], d.high - d.low, reach) for level in d.levels) / len(d.levels)
            for d in space.dimensions
        ]
        return sum(means) / len(means)

    def needs_asking(self, scenario: Scenario) -> bool:
        """Always: the opening says nothing of the point."""
        return True


_REACTIONS = {
    "direction": "The user says of the dimension that is most off whether it is too much or too little.",
    "directions": "The user says of every dimension that is off whether it is too much or too little.",
    "comparison": "The user says whether it is closer than the proposal before or farther.",
}
_BOUND = "every reply taken for one that could tell all apart that it can; reached: halving what is possible"


def proposals(acts: PointActs, dialogue: Dialogue) -> Iterator[tuple[int, Mapping[str, float]]]:
    """The proposals of a dialogue, in full, each with the number of the agent's turn that it was made in.

    What one leaves out is as in the one before, at first in the middle.
    """
    space = acts.space
    standing: Mapping[str, float] = {d.name: d.middle for d in space.dimensions}
    turn = -1
    for message in dialogue:
        if message.role == "assistant":
            turn += 1
            for act in acts.parse(message.content):
                if act.kind == "ask":
                    standing = {**standing, **acts.point(act.slot)}
                    yield turn, standing


def _names(public: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple([d["name"] for d in public["dimensions"]])


def _space(public: Mapping[str, Any]) -> Space:
    return subspace(public["space"], _names(public))


def _feeling(public: Mapping[str, Any]) -> Feeling:
    space = _space(public)
    halves = tuple([d.step / (d.high - d.low) / 2 for d in space.dimensions])
    return Feeling(_names(public), halves, public["feedback"], public["noise"], public["interaction"])


def _public(name: str, chosen: frozenset[str], setting: CalibrateSetting, phrasing: str) -> FrozenDict:
    space = next(s for s in spaces() if s.name == name)
    listed = [
        {"name": d.name, "label": d.label, "unit": d.unit, "low": d.low, "high": d.high, "step": d.step}
        for d in space.dimensions
        if d.name in chosen
    ]
    return FrozenDict(
        space=name,
        dimensions=listed,
        feedback=setting.feedback,
        noise=setting.noise,
        interaction=setting.interaction,
        reach=setting.reach,
        phrasing=phrasing,
    )


def _describe(public: FrozenDict) -> str:
    space = _space(public)
    listed = "\n".join(
        f"- {d.label}: {d.low:g} to {d.high:g}{f' {d.unit}' if d.unit else ''} in steps of {d.step:g}"
        for d in space.dimensions
    )
    labels = [d.label for d in space.dimensions]
    told = [f"A user wants {space.title} of a certain kind:\n{listed}\nAny combination is as likely as any other."]
    told.append(f"Propose one a turn. {_REACTIONS[public['feedback']]}")
    told.append("What you leave out stays as it was, at first in the middle.")
    if public["interaction"]:
        after = ", ".join(f"that of {labels[i - 1]} in {label}" for i, label in enumerate(labels))
        told.append(f"A share of {public['interaction']:g} of one deviation is felt in another: {after}.")
    if public["noise"]:
        told.append(f"What the user feels is off by chance, by {public['noise']:.0%} of a range (standard deviation).")
    middle = space.write({d.name: d.middle for d in space.dimensions})
    told.append(
        f"What you commit to earns most where it is exact, and nothing from {public['reach']:.0%} of a range off.\n"
        f"Propose as PROPOSE: {middle}\nCommit once as ANSWER: {middle}"
    )
    return " ".join(told[:-1]) + "\n" + told[-1]
