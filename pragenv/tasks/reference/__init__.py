"""Reference: the words that are true are not yet the words by which the other finds the thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from pragenv.protocols import COMMIT, AgentView, Setting, Task, UserView, commitment
from pragenv.tasks.reference import scenarios
from pragenv.tasks.reference.acts import ReferenceActs, reference_acts
from pragenv.tasks.reference.hearing import SURE, features_of, heard, named, picked_by, rows_of, spoken
from pragenv.tasks.reference.plans import best_descriptions, best_question
from pragenv.tasks.reference.rsa import Game, Utterance, game_of
from pragenv.tasks.reference.setting import SETTINGS, ReferenceSetting
from pragenv.tasks.reference.vocabulary import Feature, noun_phrase
from pragenv.tasks.speech import conveyed, speak
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, Verdict, mix, uniform

_REASONING = (
    "It takes you literally: whatever your words are true of is equally probable.",
    "It thinks about what you could have said instead, to somebody who takes you literally.",
    "It thinks about what you could have said instead, to somebody who thinks about what you could have said instead.",
)
_LISTENING = (
    "Take the other literally: whatever its words are true of is as probable.",
    "Think about what the other could have said instead, to somebody who takes it literally.",
    "Think about what the other could have said instead, to somebody who thinks about what it could have said instead.",
)
_SPEAKING = (
    "It says anything that is true.",
    "It says what somebody who takes it literally would understand best.",
    "It says what somebody who thinks about what it could have said instead would understand best.",
)


class Reference(Task):
    """One party knows which object is meant and describes it, so that the other picks it out of those in sight.

    Listeners and speakers are those of rational speech acts (Frank and Goodman 2012), to a stated depth.

    ## Description
    A context of objects with attributes (size, pattern, colour, material, shape). Where the agent speaks, only it
    knows the target; the user's secrets are the order in which it sees the objects, and how it falls where it is torn.
    Where the agent listens, the user knows the target and opens with a description.

    ## Observation
    The system message lists the objects, says how the user reasons and, to an agent that speaks, which is the target;
    then the conversation.

    ## Action
    Any text, understood through a lexicon, with repair of misspelt words. A speaker's utterance describes, and counts
    once; `ANSWER:` with a last description lets the user pick by all that was described. Of one utterance the first
    `span` features count. A user who is torn asks back. A listener asks for attributes, of which one is answered a
    turn, and names one object after `ANSWER:`. A number is a place in one's own list: the user's means nothing to an
    agent that speaks.

    ## Reward
    At the end: 1 for the target, less (where the agent speaks) `word_cost` for each of its words after the first, else
    0; less `turn_cost` a turn.

    ## Termination
    On commitment, at the announced turn limit, or when the user leaves.

    ## Users
    The scripted user replies, and describes, as its depth has it. Of the personas, `terse` and `verbose` change its
    words; `impatient` leaves; `noisy` answers for another object or, as a listener, mishears what is described (its
    reply is beside the point, its pick is not affected); `inexpert` must be asked twice and `over_disclosing` tells a
    feature more, and both have nothing to do where it listens.

    ## Settings
    See `ReferenceSetting` for the knobs and `Reference.SETTINGS` for the named combinations. Splits differ in the
    values of attributes, hence in all objects, and in wordings; `test_phrasing` has the objects of training and the
    wordings of test.
    """

    name = "reference"
    SETTINGS: ClassVar[tuple[Setting, ...]] = SETTINGS
    SPLITS: ClassVar[tuple[str, ...]] = ("train", "validation", "test", "test_phrasing")
    checkpoint = "second"

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """A context, a target, and the user's secrets."""
        assert isinstance(setting, ReferenceSetting)
        return scenarios.draw(key, setting, split)

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The objects, who knows what, and how the user reasons."""
        names, depth, cost = self.names(public), public["depth"], public["word_cost"]
        terms = f"(As a rational speaker or listener: depth {depth}, alpha {public['alpha']:g}.)"
        if agent_brief is None:
            listed = "\n".join(f"{i}. {name}" for i, name in enumerate(names, start=1))
            return (
                f"You and a user see the same {len(names)} objects:\n{listed}\n"
                f"The user means one of them, and describes it. {_SPEAKING[depth]} {terms} "
                "You may ask for one thing a turn. Commit to one object as ANSWER: object"
            )
        listed = "\n".join(f"- {name}" for name in names)
        counted = "the first feature counts" if public["span"] == 1 else "the first two features count"
        costs = f" Each of your words after the first costs {cost:g}." if cost else ""
        back = " If it is torn, it asks back." if public["asks_back"] else ""
        return (
            f"You and a user see the same {len(names)} objects, each in an order of its own:\n{listed}\n"
            f"Only you know which one is meant: the {names[agent_brief['target']]}. Describe it, so that the user "
            f"picks it. {_REASONING[depth]} {terms} Of what you say at one time, only {counted}.{back}{costs} "
            "Commit as ANSWER: description; the user then picks by all that you have described"
        )

    @staticmethod
    def names(public: Mapping[str, Any]) -> list[str]:
        """The objects in words."""
        return [noun_phrase(dict(zip(public["attributes"], values, strict=True))) for values in public["objects"]]

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The objects as the user sees them, and what it is to do."""
        names = self.names(public)
        if public["role"] == "speaker":
            listed = "\n".join(f"{i}. {names[at]}" for i, at in enumerate(user_brief["order"], start=1))
            counted = "feature" if public["span"] == 1 else "two features"
            torn = "ask for what would settle it" if public["asks_back"] else "say that you are not sure"
            return (
                f"You see these objects, and do not know which is meant:\n{listed}\nHave it described to you. Of what "
                f"is said at one time, only the first {counted} of an object count. {_LISTENING[public['depth']]} If "
                f"one is probable by {SURE:.0%} or more, say that you know; if none fits, say so; else {torn}. Never "
                "say which one you think it is."
            )
        said = noun_phrase(dict(user_brief["said"]))
        return (
            f"You see: {', '.join(names)}\nYou mean: {names[user_brief['target']]}\n"
            f"First describe it only as: {said}. Then answer one question a message, and tell nothing else."
        )

    def acts(self, view: UserView | AgentView) -> ReferenceActs:
        """The acts over what is in sight. The menu of a speaker is what is true of the target, as far as one knows."""
        public = view.public
        described: tuple[Feature, ...] = ()
        if public["role"] == "speaker":
            brief = view.agent_brief if isinstance(view, AgentView) else None
            shown = public["objects"] if brief is None else (public["objects"][brief["target"]],)
            pairs = (pair for values in shown for pair in zip(public["attributes"], values, strict=True))
            described = tuple(dict.fromkeys(pairs))
        return reference_acts(public["role"], public["attributes"], described, public["phrasing"])

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """A listener's reply to what it makes of all descriptions so far; a speaker's description, then its answers."""
        acts, public = self.acts(view), view.public
        if public["role"] == "speaker":
            return (heard(public, view.dialogue),) if view.dialogue else (Act("request"),)
        if not view.dialogue:
            return tuple(Act("inform", *feature) for feature in view.user_brief["said"])
        mine = features_of(public, view.user_brief["target"])
        asked = next((act for act in acts.parse(view.dialogue[-1].content) if act.kind == "ask"), None)
        return (Act("not_understood") if asked is None else Act("inform", asked.slot, mine[asked.slot]),)

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether the target has the value that is told; of a listener, whether it does or does not know the object."""
        if view.public["role"] == "speaker":
            return act.kind not in ("confirm", "deny") or act.kind in {due.kind for due in self.truth(view)}
        if act.kind != "inform":
            return super().holds(view, act)
        return features_of(view.public, view.user_brief["target"]).get(act.slot) == act.value

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """A feature of the target that was not told; a listener has nothing to volunteer."""
        if view.public["role"] == "speaker":
            return ()
        told = {act.slot for act in (*conveyed(self.acts(view), view.dialogue), *self.truth(view))}
        mine = features_of(view.public, view.user_brief["target"])
        return next(((Act("inform", *pair),) for pair in mine.items() if pair[0] not in told), ())

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A speaker who means another object, or a listener who mishears; one that changes the reply, if there is."""
        public, brief, faithful = view.public, view.user_brief, self.truth(view)
        if public["role"] == "speaker":
            order = brief["order"]
            view = view._replace(user_brief=FrozenDict({**brief, "order": order[1:] + order[:1]}))
            if not view.dialogue:
                return view
            acts = self.acts(view)
            misheard = [acts.phrase(act, key) for act in acts.menu]
            mistaken = [view._replace(dialogue=(*view.dialogue[:-1], Message("assistant", text))) for text in misheard]
        else:
            others = [i for i in range(len(public["objects"])) if i != brief["target"]]
            mistaken = [view._replace(user_brief=FrozenDict({**brief, "target": i})) for i in others]
        start = key % len(mistaken)
        ordered = mistaken[start:] + mistaken[:start]
        return next((one for one in ordered if self.truth(one) != faithful), ordered[0])

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in words. What is told before anything was asked is one phrase; an answer is a feature."""
        informs = {act.slot: act.value for act in acts if act.kind == "inform"}
        if informs and not view.dialogue:
            acts = (Act("inform", value=noun_phrase(informs)),)
        return speak(acts, lambda act, k: self._word(view, act, k), view.traits, key)

    def _word(self, view: UserView, act: Act, key: int) -> str | None:
        if act.kind == "inform" and view.traits.get("verbosity") == "terse":
            return f"{act.value[0].upper()}{act.value[1:]}."
        return self.acts(view).reply(act, key)

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """Whether the object that is picked is the target, and in how few words."""
        answer = commitment(dialogue[-1].content) if dialogue and dialogue[-1].role == "assistant" else None
        if answer is None:
            return Verdict(0.0, False, "no answer was given")
        public, speaks = scenario.public, scenario.agent_brief is not None
        target = (scenario.agent_brief or scenario.user_brief)["target"]
        picked = picked_by(scenario, dialogue, answer) if speaks else named(public, answer)
        names = self.names(public)
        if picked is None:
            why = "nothing that fits was described" if speaks else "no single object is named"
            return Verdict(0.0, False, f"{why}; it was the {names[target]}")
        if picked != target:
            return Verdict(0.0, False, f"the {names[picked]} was picked; it was the {names[target]}")
        share = game_of(public).share(spoken(dialogue)) if speaks else 1.0
        return Verdict(share, share > 0, f"the {names[target]} was picked")

    def answer(self, scenario: Scenario) -> str:
        """The target: by its number in the user's own list, which only the privileged know, or by its name."""
        if scenario.agent_brief is not None:
            return f"{COMMIT} {scenario.user_brief['order'].index(scenario.agent_brief['target']) + 1}"
        return f"{COMMIT} {self.names(scenario.public)[scenario.user_brief['target']]}"

    # -- what may be believed ------------------------------------------------------------------------------------------

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str]:
        """What the best possible agent expects to earn, exactly: descriptions are planned, questions searched."""
        public, found = scenario.public, game_of(scenario.public)
        limit, cost = setting.turn_limit, setting.turn_cost
        if scenario.agent_brief is not None:
            value, _ = best_descriptions(found, scenario.agent_brief["target"], public["depth"], limit, cost)
            return value, value, "search over all sets of descriptions"
        meant = found.speaker(public["depth"])[found.index[scenario.user_brief["said"]]]
        value, _ = best_question(found, meant / meant.sum(), limit, cost)
        return value, value, "dynamic programming over what questions leave possible"

    # -- what agents need ----------------------------------------------------------------------------------------------

    def told(self, view: AgentView) -> list[tuple[Feature, ...]]:
        """What the user has told of the target, turn by turn: its description, then its answers."""
        acts = self.acts(view)
        asked: tuple[Act, ...] = ()
        found = []
        for message in view.dialogue:
            if message.role == "assistant":
                asked = acts.parse(message.content)
            elif message.role == "user":
                informs = [act for act in acts.read(message.content, asked) if act.kind == "inform"]
                found.append(tuple((act.slot, act.value) for act in informs))
        return found

    def candidates(self, view: AgentView) -> list[int]:
        """The objects that contradict the fewest things that a user told (normally none), taken literally."""
        told = {feature for one in self.told(view) for feature in one}
        objects = range(len(view.public["objects"]))
        wrong = [len(told - set(features_of(view.public, i).items())) for i in objects]
        return [i for i in objects if wrong[i] == min(wrong)]

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """What still tells the candidates apart, the most even split first; where it speaks, what is left to say.

        A speaker has nothing left to say once its next description is true of the target alone.
        """
        public = view.public
        if view.agent_brief is None:
            left = self.candidates(view)
            sizes = {act: self._largest(public, left, act.slot) for act in self.acts(view).menu}
            return tuple(act for act in sorted(sizes, key=lambda act: sizes[act]) if sizes[act] < len(left))
        found, rows = game_of(public), rows_of(public, view.dialogue)
        if self._literal(view)[0] >= 1 - 1e-9:
            return ()
        target = view.agent_brief["target"]
        single = {act: found.index[((act.slot, act.value),)] for act in self.acts(view).menu}
        open_acts = [act for act, row in single.items() if row not in rows]
        worth = {act: self._believed(found, [*rows, single[act]], target) for act in open_acts}
        return tuple(sorted(open_acts, key=lambda act: -worth[act]))

    @staticmethod
    def _largest(public: Mapping[str, Any], left: list[int], attribute: str) -> int:
        column = public["attributes"].index(attribute)
        values = [public["objects"][i][column] for i in left]
        return max(map(values.count, values))

    @staticmethod
    def _believed(found: Game, rows: list[int], target: int) -> float:
        belief = found.posterior(rows, 0)
        return 0.0 if belief is None else float(belief[target])

    def _literal(self, view: AgentView) -> tuple[float, Utterance]:
        """How surely a literal listener picks the target after the best next description, and that, the shortest."""
        assert view.agent_brief is not None
        found, target = game_of(view.public), view.agent_brief["target"]
        rows = rows_of(view.public, view.dialogue)
        true = np.flatnonzero(found.true[:, target]).tolist()
        worth = [(self._believed(found, [*rows, row], target), -i) for i, row in enumerate(true)]
        most, i = max(worth)
        return most, found.utterances[true[-i]]

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """The most probable object, or the best description for a literal listener; with a key, any object's number."""
        public = view.public
        if key is not None:
            return f"{COMMIT} {int(uniform(mix(key, 0)) * len(public['objects'])) + 1}"
        if view.agent_brief is not None:
            return f"{COMMIT} {' '.join(value for _, value in self._literal(view)[1])}"
        return f"{COMMIT} {self.names(public)[self.candidates(view)[0]]}"

    def chance(self, scenario: Scenario) -> float:
        """One in the number of objects."""
        return 1.0 / len(scenario.public["objects"])

    def needs_asking(self, scenario: Scenario) -> bool:
        """Whether the opening is true of other objects too; where the agent speaks, whether any one description is."""
        found = game_of(scenario.public)
        if scenario.agent_brief is not None:
            return not found.clear[scenario.agent_brief["target"]]
        return bool(found.true[found.index[scenario.user_brief["said"]]].sum() > 1)
