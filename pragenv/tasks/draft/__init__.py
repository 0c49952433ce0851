"""Draft: what somebody wants of a text shows when they see one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, cast

from pragenv.protocols import COMMIT, SPLITS, AgentView, Setting, Task, UserView, commitment
from pragenv.tasks.draft.acts import DraftActs, draft_acts
from pragenv.tasks.draft.ceiling import best
from pragenv.tasks.draft.checks import profile
from pragenv.tasks.draft.composer import compose
from pragenv.tasks.draft.context import COMMENTING, describe, document_in, draw, points_in, possible
from pragenv.tasks.draft.document import IN, profile_of
from pragenv.tasks.draft.setting import SETTINGS, DraftSetting
from pragenv.tasks.lexicon import words
from pragenv.tasks.likeness import likeness
from pragenv.tasks.speech import conveyed, speak
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, mix, uniform

_RIGHT = Act("inform", "draft", "right")


class Draft(Task):
    """The user wants a short document to a specification of its own; the agent asks, drafts, revises, and commits.

    In small what CollabLLM's MediumDocEdit is at large (Wu et al. 2025).

    ## Description
    The public context is what is to be written (an invitation, a complaint, ...), its material (six facts) and the
    points of the specification: form, length, tone, reader, and of some facts whether they must be in or must not. The
    hidden intent is the wanted value of each point, any as likely as any other. The user answers one question a turn,
    and comments on a draft by the first point amiss, in the listed order.

    ## Observation
    The system message with material, points and their values; then the conversation.

    ## Action
    Any text. A line that begins `DRAFT:` (or says "Here is my draft:") shows all that follows as a draft; `ANSWER:`
    commits to all that follows. All else is read as a question.

    ## Reward
    At the end the share of points on which the committed text has the wanted value, by the checkers in
    `pragenv.tasks.draft.checks`, which are pure functions of the text; less `turn_cost` a turn.

    ## Termination
    On commitment, at the announced turn limit, or when the user leaves.

    ## Settings
    See `DraftSetting` for the knobs and `Draft.SETTINGS` for the named combinations. Splits differ in the kinds of
    documents and in wordings; `test_phrasing` has training documents in test wordings.
    """

    name = "draft"
    SETTINGS: ClassVar[tuple[Setting, ...]] = SETTINGS
    SPLITS = (*SPLITS, "test_phrasing")
    checkpoint = "second"

    def __init__(self) -> None:
        self._description = lru_cache(maxsize=1024)(describe)

    def __reduce__(self) -> tuple[type[Draft], tuple[()]]:
        return type(self), ()

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """A document, points of its specification, what is wanted on each, and the key of which comments are vague."""
        assert isinstance(setting, DraftSetting)
        return draw(key, setting, split)

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """What is to be written, the material, the points, and how to draft and commit."""
        return self._description(cast(FrozenDict, public))

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The specification, and how to react."""
        document = document_in(public)
        acts = draft_acts(document.name, points_in(public), "train")

        def wish(point: str, value: str) -> str:
            if (fact := document.by_name.get(point)) is not None:
                return f"{fact.label}: {'mention it' if value == IN else 'leave it out'}"
            return cast(str, acts.reply(Act("inform", point, value), False, False, 1))

        listed = (wish(point, user_brief["wanted"][point]) for point in acts.points)
        wishes = "\n".join(f"{number}. {said}" for number, said in enumerate(listed, start=1))
        vague = ""
        if public["comments"] and public["vague"]:
            some = "" if public["vague"] == 1 else f", with a chance of {public['vague']:g}"
            vague = f" But do not say what you want instead{some}."
        return (
            f"You want {document.title}. Your wishes, in the order in which you look at them:\n{wishes}\n"
            "Answer one question a message, and tell nothing else; what is not among your wishes you do not mind. "
            f"{COMMENTING[public['comments']]}{vague}"
        )

    def acts(self, view: UserView | AgentView) -> DraftActs:
        """The acts of the document."""
        public = view.public
        if public.memo is None:
            public.memo = draft_acts(public["document"], points_in(public), public["phrasing"])
        acts: DraftActs = public.memo
        return acts

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """The answer to the first question, or the comment on a draft."""
        if not view.dialogue:
            return (Act("request"),)
        asked = self.acts(view).parse(view.dialogue[-1].content)
        if not asked or asked[0].kind == "commit":
            return (Act("not_understood"),)
        wanted: Mapping[str, str] = view.user_brief["wanted"]
        kind, point, _ = asked[0]
        if kind == "draft":
            return (self._comment(view, profile_of(point)),)
        if kind == "ask" and point != "facts":
            return (Act("inform", point, wanted[point]) if point in wanted else Act("indifferent"),)
        facts = document_in(view.public).by_name
        untold = self._untold(view, [p for p in points_in(view.public) if kind == "ask_open" or p in facts])
        return (untold,) if untold is not None else (Act("nothing_more"),)

    def _comment(self, view: UserView, drafted: Mapping[str, str | None]) -> Act:
        public, wanted = view.public, view.user_brief["wanted"]
        if not public["comments"]:
            return Act("silent")
        amiss = next((point for point in points_in(public) if drafted[point] != wanted[point]), None)
        if amiss is None:
            return _RIGHT
        turn = sum(m.role == "assistant" for m in view.dialogue)
        if uniform(mix(view.user_brief["slips"], turn)) < public["vague"]:
            return Act("deny", amiss)
        return Act("inform", amiss, wanted[amiss])

    def _untold(self, view: UserView, points: list[str], known: tuple[Act, ...] = ()) -> Act | None:
        """What is wanted on the first of these points that the user has not told yet."""
        told = {act.slot for act in (*conveyed(self.acts(view), view.dialogue), *known) if act.kind == "inform"}
        point = next((point for point in points if point not in told), None)
        return None if point is None else Act("inform", point, view.user_brief["wanted"][point])

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether a value is wanted; whether one that is denied (or was drafted) is not; whether a draft is right."""
        wanted, drafted = view.user_brief["wanted"], self._drafted(view)
        if act == _RIGHT:
            return drafted is not None and all(drafted[point] == value for point, value in wanted.items())
        if act.kind == "deny":
            refused = act.value or (drafted or {}).get(act.slot, wanted.get(act.slot))
            return act.slot in wanted and wanted[act.slot] != refused
        return act.kind != "inform" or wanted.get(act.slot) == act.value

    def _drafted(self, view: UserView) -> Mapping[str, str | None] | None:
        """The profile of the draft that was said last; None where something else was."""
        last = self.acts(view).parse(view.dialogue[-1].content) if view.dialogue else ()
        return profile_of(last[0].slot) if last and last[0].kind == "draft" else None

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """What is wanted on the first point that was not told."""
        untold = self._untold(view, list(points_in(view.public)), self.truth(view))
        return () if untold is None else (untold,)

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A user who wants something else: of eight drawn, the first who conveys something else, if any."""
        faithful, values, brief = self.truth(view), document_in(view.public).values, view.user_brief
        points = points_in(view.public)
        others = [view]
        for attempt in range(8):
            drawn = mix(key, attempt)
            wanted = {p: values[p][int(uniform(mix(drawn, i)) * len(values[p]))] for i, p in enumerate(points)}
            if wanted != brief["wanted"]:
                others.append(view._replace(user_brief=FrozenDict({**brief, "wanted": FrozenDict(wanted)})))
        return next((other for other in others if self.truth(other) != faithful), others[-1])

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in words: as a comment where the draft has another value than the wanted one, else as an answer."""
        known, drafted = self.acts(view), self._drafted(view)
        terse = view.traits.get("verbosity") == "terse"

        def word(act: Act, k: int) -> str | None:
            # "Too formal" would be false of a draft that is neither formal nor friendly.
            commented = drafted is not None and drafted.get(act.slot) not in (None, act.value)
            return known.reply(act, commented, terse, k)

        return speak(acts, word, view.traits, key)

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """The share of points on which the last message's text is as wanted."""
        text = self._committed(dialogue)
        if text is None:
            return Verdict(0.0, False, "no answer was given")
        wanted = scenario.user_brief["wanted"]
        given = profile(text, document_in(scenario.public), wanted)
        # A text without a word mentions nothing, which is no merit.
        unmet = [point for point in wanted if given[point] != wanted[point]] if words(text) else list(wanted)
        if not unmet:
            return Verdict(1.0, True, f"all {len(wanted)} points are met")
        told = ", ".join(f"{point} ({given[point] or 'none'}, not {wanted[point]})" for point in unmet)
        return Verdict(1 - len(unmet) / len(wanted), False, f"not as wanted: {told}")

    def likeness(self, scenario: Scenario, dialogue: Dialogue, metric: str = "bleu") -> float | None:
        """How like the reference the last message's text is, in [0, 1]; None where none is committed.

        The reference is what the shared composer makes of the specification, so that agents which write with it score 1
        where they meet all points. It is no part of the reward.

        Args:
            scenario: with the specification.
            dialogue: that ends with the commitment.
            metric: `bleu` or `chrf`, as `sharded` computes them.
        """
        text = self._committed(dialogue)
        reference = compose(document_in(scenario.public), scenario.user_brief["wanted"])
        return None if text is None else likeness(metric, text, [reference])

    @staticmethod
    def _committed(dialogue: Dialogue) -> str | None:
        return commitment(dialogue[-1].content) if dialogue and dialogue[-1].role == "assistant" else None

    def answer(self, scenario: Scenario) -> str:
        """The text of the specification."""
        return f"{COMMIT}\n{compose(document_in(scenario.public), scenario.user_brief['wanted'])}"

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str]:
        """What the best possible agent expects to earn, exactly."""
        assert isinstance(setting, DraftSetting)
        counts = tuple(len(point["values"]) for point in scenario.public["points"])
        cost, limit = setting.turn_cost, setting.turn_limit
        value = 1 + best(counts, len(counts), setting.comments, setting.vague, cost, limit)
        return value, value, "dynamic programming over the values that points may still have"

    # -- what agents need ----------------------------------------------------------------------------------------------

    def possible(self, view: AgentView) -> Mapping[str, tuple[str, ...]]:
        """The values that each point may still have, as far as the dialogue tells, in order."""
        return possible(self.acts(view), view.dialogue)

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """The points that may still have several values."""
        return tuple(Act("ask", point) for point, values in self.possible(view).items() if len(values) > 1)

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """The text with the first possible value on every point; with a key, any."""
        document = document_in(view.public)
        if key is None:
            return f"{COMMIT}\n{compose(document, {point: left[0] for point, left in self.possible(view).items()})}"
        drawn = {
            point: document.values[point][int(uniform(mix(key, i)) * len(document.values[point]))]
            for i, point in enumerate(points_in(view.public))
        }
        return f"{COMMIT}\n{compose(document, drawn)}"

    def chance(self, scenario: Scenario) -> float:
        """The mean over points of one in the number of values."""
        counts = [len(point["values"]) for point in scenario.public["points"]]
        return sum(1 / n for n in counts) / len(counts)

    def needs_asking(self, scenario: Scenario) -> bool:
        """Always: the opening says nothing of the specification."""
        return True
