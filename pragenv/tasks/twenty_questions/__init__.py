"""Twenty Questions: commit too early and be wrong, or too late and pay for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from pragenv.errors import ConfigError, unknown
from pragenv.intents import Factor, Intents, Structured
from pragenv.protocols import AgentView, Setting, UserView, commitment
from pragenv.tasks.specialists import specialists
from pragenv.tasks.speech import conveyed, speak
from pragenv.tasks.twenty_questions.acts import QuestionActs, question_acts
from pragenv.tasks.twenty_questions.knowledge import VALUES, Attribute, Concept, knowledge
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, mix, uniform


@dataclass(frozen=True, kw_only=True)
class TwentyQuestionsSetting(Setting):
    """Knobs of Twenty Questions.

    Attributes:
        size: how many concepts are possible, drawn at random for each scenario; 0 means all (of the domain).
        domain: only concepts of this domain; empty means all.
        prior: `uniform`, or `frequency`: how often people think of each concept. Public either way.
    """

    size: int = 0
    domain: str = ""
    prior: str = "uniform"

    def __post_init__(self) -> None:
        super().__post_init__()
        domains = knowledge().domains
        if self.domain and self.domain not in domains:
            raise unknown("domain", self.domain, domains)
        pool = sum(not self.domain or c.domain == self.domain for c in knowledge().concepts)
        self.require(self.size == 0 or 2 <= self.size <= pool, "size", f"0 (all) or 2 to {pool}")
        if self.prior not in ("uniform", "frequency"):
            raise ConfigError(f"setting {self.name!r}: prior must be 'uniform' or 'frequency', got {self.prior!r}")


_FOREIGN = FrozenDict(specialists("twenty_questions"))
_TOO_MANY = FrozenDict(
    {"bayes_optimal": "there are too many concepts for an exact solution; the ceiling is a bound"} | _FOREIGN
)


def _setting(name: str, *tags: str, **knobs: Any) -> TwentyQuestionsSetting:
    solved = name in ("small", "costly", "short")
    usual = {"turn_limit": 20, "turn_cost": 0.01, "agents_not_applicable": _FOREIGN if solved else _TOO_MANY}
    return TwentyQuestionsSetting(**{"name": name, "tags": tags, **usual, **knobs})


class TwentyQuestions(Structured):
    """The user thinks of one concept; the agent asks yes/no questions in free text and commits.

    ## Description
    The hidden intent is a concept of a knowledge base of everyday things with yes / no / sometimes attributes.

    ## Observation
    The system message lists the possible concepts (with how common each is, where that differs), then the conversation.

    ## Action
    Any text. Questions are understood through a lexicon, with repair of misspelt words; one is answered a turn. Direct
    guesses ("Is it a dog?") are answered too. What is not understood is answered as such, and costs the turn. `ANSWER:`
    commits to one concept, by name or synonym; naming several is wrong.

    ## Reward
    At the end: 1 for the right concept, else 0, less `turn_cost` a turn.

    ## Termination
    On commitment, at the announced turn limit, or when the user leaves.

    ## Settings
    See `TwentyQuestionsSetting` for the knobs and `TwentyQuestions.SETTINGS` for the named combinations. Splits differ
    in the wordings of questions.
    """

    name = "twenty_questions"
    SETTINGS: ClassVar[tuple[Setting, ...]] = (
        _setting("default"),
        _setting("small", "size", size=16),
        _setting("medium", "size", size=64),
        _setting("animals", "domain", domain="animals"),
        _setting("food", "domain", domain="food"),
        _setting("frequency", "prior", prior="frequency"),
        _setting("short", "limit", turn_limit=6),
        _setting("costly", "cost", turn_cost=0.1, size=16),
    )

    def __init__(self) -> None:
        self.known = knowledge()
        self._answers = lru_cache(maxsize=None)(self._build_answers)
        self._whole_public = lru_cache(maxsize=None)(self._build_public)
        self._description = lru_cache(maxsize=64)(_describe)
        self._brief = lru_cache(maxsize=None)(self._build_brief)
        self._intents = lru_cache(maxsize=1024)(self._build_intents)

    def __reduce__(self) -> tuple[type[TwentyQuestions], tuple[()]]:
        return type(self), ()

    @property
    def default_user(self) -> str:
        """The bundled language model, which was trained on this task."""
        return "lm"

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """The possible concepts, and the one that the user thinks of."""
        assert isinstance(setting, TwentyQuestionsSetting)
        public = self._whole_public(setting.domain, setting.prior, split, setting.size, key if setting.size else 0)
        at, concepts = uniform(mix(key, 1)), public["concepts"]
        if public["prior"] is None:
            concept = concepts[int(at * len(concepts))]
        else:
            concept = concepts[min(int(np.searchsorted(np.cumsum(public["prior"]), at, "right")), len(concepts) - 1)]
        return Scenario(public, FrozenDict(concept=concept))

    def _build_public(self, domain: str, prior: str, split: str, size: int, key: int) -> Mapping[str, Any]:
        pool = [c for c in self.known.concepts if not domain or c.domain == domain]
        if size:
            # The `size` smallest of independent draws: a uniform subset.
            chosen = set(sorted(range(len(pool)), key=lambda i: mix(key, 16 + i))[:size])
            pool = [c for i, c in enumerate(pool) if i in chosen]
        total = sum(c.frequency for c in pool)
        return FrozenDict(
            concepts=tuple(c.name for c in pool),
            prior=tuple(c.frequency / total for c in pool) if prior == "frequency" else None,
            phrasing=split,
        )

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The list of concepts as text."""
        return self._description(public["concepts"], public["prior"])

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The concept, and what of it is so, is sometimes so, and is not."""
        return self._brief(user_brief["concept"])

    def acts(self, view: UserView | AgentView) -> QuestionActs:
        """The acts over the knowledge base."""
        public = view.public
        if public.memo is None:
            public.memo = question_acts(public["phrasing"])
        acts: QuestionActs = public.memo
        return acts

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """An answer to the first question that is understood."""
        if not view.dialogue:
            return (Act("request"),)
        concept = view.user_brief["concept"]
        for act in self.acts(view).parse(view.dialogue[-1][1]):
            if act[0] == "ask":
                return (Act("inform", act[1], self.known.values[concept][act[1]]),)
            if act.kind == "guess":
                return (Act("confirm" if act.value == concept else "deny", "concept", act.value),)
        return (Act("not_understood"),)

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether the concept has the attribute's value that is told, is the one confirmed, or not the one denied."""
        concept = view.user_brief["concept"]
        if act.kind == "inform":
            return self.known.values[concept].get(act.slot) == act.value
        return act.kind not in ("confirm", "deny") or (act.value == concept) == (act.kind == "confirm")

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """Something that is true of the concept and was not asked about."""
        acts, concept = self.acts(view), view.user_brief["concept"]
        asked = {a.slot for m in view.dialogue if m.role == "assistant" for a in acts.parse(m.content)}
        asked |= {act.slot for act in conveyed(acts, view.dialogue)}
        row = self.known.matrix[self.known.concept_index[concept]]
        true = [
            a.name for a, value in zip(self.known.attributes, row, strict=True) if value == 1 and a.name not in asked
        ]
        return (Act("inform", true[mix(view.keys.turn(view.turn), 2) % len(true)], "yes"),) if true else ()

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A user who thinks of another concept, one that changes the answer where there is one."""
        faithful = self.truth(view)
        concepts = view.public["concepts"]
        others = [c for c in concepts if c != view.user_brief["concept"]]
        start = key % len(others)
        for other in others[start:] + others[:start]:
            mistaken = view._replace(user_brief=FrozenDict(concept=other))
            if self.truth(mistaken) != faithful:
                return mistaken
        return view

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in words. An answer begins with yes, no or sometimes; then it says what of."""
        if (
            len(acts) == 1 and view.dialogue and not view.traits and acts[0][0] == "inform"
        ):  # the one answer that nearly every turn is
            _, slot, value = acts[0]
            asked = self.acts(view).parse(view.dialogue[-1][1])
            if len(asked) == 1 and asked[0][1] == slot:
                answers = self._answers(slot, value, asked[0][2])
                return answers[key % len(answers)]
        return speak(acts, lambda act, k: self._word(view, act, k), view.traits, key)

    def _word(self, view: UserView, act: Act, key: int) -> str | None:
        if act.kind == "request":
            return _OPENINGS[key % len(_OPENINGS)]
        if act.kind in ("confirm", "deny"):
            pool = _CONFIRM if act.kind == "confirm" else _DENY
            return pool[key % len(pool)].replace("{concept}", act.value)
        if act.kind != "inform":
            return None
        asked = self.acts(view).parse(view.dialogue[-1][1]) if view.dialogue else ()
        question = next((a for a in asked if a[0] == "ask" and a[1] == act[1]), None)
        answers = self._answers(act.slot, act.value, "" if question is None else question.value)
        if len(asked) > 1:  # to "wood, metal or plastic?" a bare no would deny all three
            return answers[-1 - key % 2] if len(answers) > 1 else answers[0]
        return answers[0] if view.traits.get("verbosity") == "terse" else answers[key % len(answers)]

    def _build_brief(self, concept: str) -> str:
        found = self.known.concepts[self.known.concept_index[concept]]
        return confide(found, self.known.attributes, self.known.values[concept])

    def _build_answers(self, attribute: str, value: str, polarity: str) -> tuple[str, ...]:
        """The wordings of a value, the barest first; with no polarity, of a value that was not asked for."""
        statement = self.known.attributes[self.known.attribute_index[attribute]].statements[value]
        sentence = f"{statement[0].upper()}{statement[1:]}."
        if not polarity:
            return (sentence,)
        lead = {"yes": "No", "no": "Yes"}.get(value, value.capitalize()) if polarity == "no" else value.capitalize()
        return (f"{lead}.", f"{lead}, I'd say.", f"{lead}, {statement}.", f"{lead}. {sentence}")

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """Whether the last message commits to the concept and to nothing else."""
        committed = commitment(dialogue[-1].content) if dialogue and dialogue[-1].role == "assistant" else None
        if committed is None:
            return Verdict(0.0, False, "no answer was given")
        concept = scenario.user_brief["concept"]
        named = question_acts(scenario.public["phrasing"]).concept(committed)
        if named is None:
            return Verdict(0.0, False, f"no single concept is named; it was {concept}")
        solved = named == concept
        return Verdict(float(solved), solved, f"it was {concept}" if solved else f"{named} was named; it was {concept}")

    def answer(self, scenario: Scenario) -> str:
        """The commitment to the concept."""
        return f"ANSWER: {scenario.user_brief['concept']}"

    # -- what may be believed ------------------------------------------------------------------------------------------

    def intents(self, public: Mapping[str, Any], setting: Setting) -> Intents:
        """One factor, the concept, with a question for each attribute."""
        return self._intents(public["concepts"], public["prior"])

    def _build_intents(self, concepts: tuple[str, ...], prior: tuple[float, ...] | None) -> Intents:
        n = len(concepts)
        matrix = self.known.matrix[[self.known.concept_index[concept] for concept in concepts]]
        questions = tuple(Act("ask", attribute.name) for attribute in self.known.attributes)
        weights = np.full(n, 1.0 / n) if prior is None else np.array(prior)
        return Intents((Factor("concept", concepts, weights, questions, VALUES, matrix),), guessing=True)

    def values(self, scenario: Scenario, turn: int = 0) -> tuple[str, ...]:
        """The concept."""
        return (scenario.user_brief["concept"],)

    def commit(self, view: AgentView, values: tuple[str, ...]) -> str:
        """The commitment to a concept."""
        return f"ANSWER: {values[0]}"

    def imagine(self, view: AgentView, values: tuple[str, ...]) -> Scenario:
        """The user who thinks of this concept."""
        return Scenario(view.public, FrozenDict(concept=values[0]))

    def openings(self, setting: Setting, split: str) -> Iterator[tuple[float, Scenario]] | None:
        """The one list of concepts; none where it is drawn anew for each scenario."""
        assert isinstance(setting, TwentyQuestionsSetting)
        return None if setting.size else iter([(1.0, self.sample(0, setting, split))])

    # -- what agents need ----------------------------------------------------------------------------------------------

    def heard(self, view: AgentView) -> tuple[dict[str, str], dict[str, bool]]:
        """Attribute values, and concepts confirmed or denied, that the user has given so far; the later of two."""
        attributes: dict[str, str] = {}
        guesses: dict[str, bool] = {}
        for act in conveyed(self.acts(view), view.dialogue):
            if act.kind == "inform":
                attributes[act.slot] = act.value
            else:
                guesses[act.value] = act.kind == "confirm"
        return attributes, guesses

    def candidates(self, view: AgentView) -> tuple[str, ...]:
        """The concepts that contradict the fewest answers (normally none)."""
        concepts = view.public["concepts"]
        attributes, guesses = self.heard(view)
        rows = [self.known.concept_index[c] for c in concepts]
        wrong = np.zeros(len(concepts), dtype=np.int64)
        for name, value in attributes.items():
            wrong += self.known.matrix[rows, self.known.attribute_index[name]] != VALUES.index(value)
        for concept, confirmed in guesses.items():
            wrong += np.array([(c == concept) != confirmed for c in concepts]) * (
                len(attributes) + 1 if confirmed else 1
            )
        return tuple(concepts[i] for i in np.flatnonzero(wrong == wrong.min()))

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """The attributes that still split the candidates, most even split first; none once one candidate is left."""
        left = self.candidates(view)
        if len(left) == 1:
            return ()
        attributes, _ = self.heard(view)
        rows = self.known.matrix[[self.known.concept_index[c] for c in left]]
        counts = np.stack([(rows == value).sum(axis=0) for value in range(len(VALUES))])
        expected_left = (counts.astype(float) ** 2).sum(axis=0)
        order = np.argsort(expected_left, kind="stable")
        menu = self.acts(view).menu
        splits = counts.max(axis=0) < len(left)
        return tuple(menu[i] for i in order if splits[i] and menu[i].slot not in attributes)

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """The most probable candidate; with a key, any concept."""
        concepts, prior = view.public["concepts"], view.public["prior"]
        if key is not None:
            return f"ANSWER: {concepts[int(uniform(key) * len(concepts))]}"
        left = self.candidates(view)
        weight = dict(zip(concepts, prior, strict=True)) if prior else {}
        return f"ANSWER: {max(left, key=lambda c: weight.get(c, 0.0))}"

    def chance(self, scenario: Scenario) -> float:
        """One in the number of concepts."""
        return 1.0 / len(scenario.public["concepts"])

    def needs_asking(self, scenario: Scenario) -> bool:
        """Always: the opening says nothing of the concept."""
        return True


_OPENINGS = (
    "I'm thinking of something. Ask me yes or no questions!",
    "I've got something in mind. Can you find out what it is?",
    "Okay, I've picked a thing. Go ahead and ask.",
    "Let's play: I have something in my head, and you guess what.",
)
_CONFIRM = ("Yes, that's it!", "Yes, {concept} it is.", "Yes. You've got it.")
_DENY = ("No, that's not it.", "No, not {concept}.", "No. Keep trying.")


def confide(concept: Concept, attributes: Sequence[Attribute], values: Mapping[str, str]) -> str:
    """What the user knows of a concept, as text."""
    names = " or ".join((concept.name, *concept.synonyms))
    so = [f"- {a.label}: {values[a.name]}" for a in attributes if values[a.name] != "no"]
    return "\n".join(
        (
            f"You are thinking of: {names}",
            *so,
            "- all else: no",
            "First ask the other to guess. Then answer one yes/no question a message, and never name it first.",
        )
    )


def _describe(concepts: tuple[str, ...], prior: tuple[float, ...] | None) -> str:
    listed = concepts if prior is None else [f"{c} ({p:.1%})" for c, p in zip(concepts, prior, strict=True)]
    odds = "" if prior is None else ", with how often users think of it"
    return (
        f"A user is thinking of one of these {len(concepts)} things{odds}: {', '.join(listed)}.\n"
        "Ask yes/no questions, one a turn, to find out which. Commit to exactly one as ANSWER: thing"
    )
