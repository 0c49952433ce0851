"""The corpus of Twenty Questions: users of every concept, some with facts of another world; assistants that guess."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pragenv.env import DialogueEnv
from pragenv.protocols import Simulator, UserView
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.twenty_questions import TwentyQuestions, TwentyQuestionsSetting
from pragenv.tasks.twenty_questions.acts import question_acts
from pragenv.tasks.twenty_questions.knowledge import VALUES, Attribute, knowledge
from pragenv.train_mini.talk import LOST, Echoing, Question, Said, Talk, beginning, converse, pick, unkept
from pragenv.train_mini.wording import (
    blended,
    decorated,
    hasty,
    off_topic,
    open_question,
    skeletons,
    small_talk,
    spotted,
)
from pragenv.types import Act, FrozenDict, Scenario

_THANKS = "Thank you."  # asks for nothing
_ALL_WORDS = 2  # the level from which on questions are put in all their wordings
_FRAMES = (
    "Is it {x}?", "Does it have to do with {x}?", "{X}?", "Would you say {x}?", "Has it got anything to do with {x}?",
    "Could you say {x} of it?", "Is {x} the right word?", "Does {x} describe it?", "When you think of it, {x}?",
    "Is it true of it: {x}?", "So, {x}?", "Might it be {x}?", "Tell me whether {x} fits.", "Are we talking {x} here?",
    "Is this about {x}?", "I wonder: {x}?", "Would {x} come into it?", "Is it fair to say {x}?", "{x}",
    "{X}, yes or no?",
    "Am I right in thinking of {x}?", "Does {x} apply?", "Would somebody mention {x}?", "It's {x}, isn't it?",
)  # fmt: skip
_GUESSES = (
    "Is it {a}?", "Is it {the}?", "Could it be {a}?", "My guess is {a}.", "Are you thinking of {a}?", "I guess {a}.",
    "{X}?", "Is it {a}, perhaps?", "I bet it's {a}.", "Would it be {a}?", "Is the answer {x}?", "It's {a}, isn't it?",
    "Let me guess: {a}?", "Is it possibly {a}?", "Are we talking about {a}?", "You mean {a}?", "Is {x} what you mean?",
    "Could {a} be it?", "Would you call it {a}?", "Have I got it with {a}?", "Here's a try: {a}.", "Is {a} right?",
    "Would I be right with {a}?", "Were you thinking of {a} the whole time?", "Does {a} come near it?", "{a}?",
    "Might {the} be it?", "Was it {a} that you had thought of?", "Let me try {a}.", "So it's {a}?", "Perhaps {a}?",
)  # fmt: skip
_NO_YES_NO = (
    "What colour is it?", "How big is it?", "Where would I find it?", "What is it made of?", "Who uses it?",
    "When do people use it?", "What does it look like?", "How much does it cost?", "Why do people like it?",
    "What do you do with it?", "Which room is it in?", "How many legs has it got?", "What shape is it?",
    "What does it taste like?", "Where does it live?", "What is it?", "Can you describe it?", "Give me a hint.",
    "How heavy is it?", "What sound does it make?", "How old is it?", "What letter does it start with?",
)  # fmt: skip
Paraphrases = Mapping[str, Mapping[str, Sequence[str]]]


class TwentyQuestionsCorpus:
    """Draws conversations of Twenty Questions.

    Args:
        user: the scripted user.
        paraphrases: attribute -> `yes` or `no` (what a "yes" would mean) -> further wordings of its question.
        seed: of the worlds that are made up.
    """

    def __init__(self, user: Simulator, paraphrases: Paraphrases, seed: int = 0) -> None:
        self._user, self._task, self._known = user, TwentyQuestions(), knowledge()
        self._echoing = Echoing(user, lambda view, act: known_label(act))
        labels = [a.label for a in self._known.attributes]
        self._askable = (*labels, *(f"not {label}" for label in labels), *(c.name for c in self._known.concepts), LOST)
        rng = random.Random(seed)
        # The more facts, the harder: what a level may draw from begins with the easy ones.
        self._worlds = [_OtherWorld(rng, min(16, 4 + i // 6)) for i in range(72)]
        self._acts = question_acts("train")
        self._asks = {
            a.name: unkept((*phrasings(a.questions, "train"), *paraphrases.get(a.name, {}).get("yes", ())))
            for a in self._known.attributes
        }
        self._skeletons = skeletons(list(self._asks.values()))
        self._opposites = {
            a.name: unkept((*(f"Is it {o}?" for o in a.opposites), *paraphrases.get(a.name, {}).get("no", ())))
            for a in self._known.attributes
        }

    # -- the user ------------------------------------------------------------------------------------------------------

    def question(self, rng: random.Random) -> Question:
        """One utterance of an agent's that asks about at most one thing."""
        scenario = self._task.sample(rng.getrandbits(62), TwentyQuestionsSetting(), "train")
        view = beginning(self._task, scenario, rng)
        while True:
            said = self._question(view, (), _ALL_WORDS, rng)
            asked = self._acts.parse(said.canonical)
            if len(asked) < 2:
                return Question(said.text, known_label(asked[0]) if asked else LOST, self._askable)

    def user_talk(self, rng: random.Random, level: int) -> tuple[UserView, tuple[str, ...]]:
        """A view whose user messages are to be learned, and the words that decide in them."""
        setting = TwentyQuestionsSetting(size=rng.choice((0, 16, 64)))
        scenario = self._task.sample(rng.getrandbits(62), setting, "train")
        concept = self._known.concepts[rng.randrange(len(self._known.concepts))]
        scenario = Scenario(scenario.public, FrozenDict(concept=concept.name))
        manner = pick(rng, ((0.6, ""), (0.3, "terse"), (0.1, "verbose")))
        traits = FrozenDict(verbosity=manner) if manner else FrozenDict()
        # The real world has many facts for each concept: it comes in as the made-up ones get harder.
        real = rng.random() < 0.1 * level
        world = self._task if real else rng.choice(self._worlds[: 12 * (level + 1)])
        values = world.known.values[concept.name]
        so = [name for name, value in values.items() if value != "no"]
        turns = rng.randint(3, 4 + 2 * level)

        def agent(turn: int, view: UserView) -> Said:
            return self._question(view, so, level, rng)

        view = converse(world, scenario, self._echoing, agent, turns, rng, traits)
        return view, ("Yes", "No", "Sometimes")

    def _question(self, view: UserView, so: Sequence[str], level: int, rng: random.Random) -> Said:
        shares = (
            (0.55, "ask"), (0.1, "two"), (0.15, "guess"), (0.07, "idle"), (0.04, "off"), (0.03, "no_yes_no"),
            (0.04, "open"), (0.02, "commit"),
        )  # fmt: skip
        kind = pick(rng, shares)
        if kind == "commit":  # after which there is nothing left to tell
            return Said(f"ANSWER: {view.user_brief['concept']}", _THANKS)
        if kind == "guess":
            concept = view.user_brief["concept"] if rng.random() < 0.45 else rng.choice(view.public["concepts"])
            found = self._known.concepts[self._known.concept_index[concept]]
            name = rng.choice((found.name, *found.synonyms))
            a = f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
            text = rng.choice(_GUESSES).replace("{a}", rng.choice((a, a, name))).replace("{the}", f"the {name}")
            text = text.replace("{x}", name).replace("{X}", name[:1].upper() + name[1:])
            return Said(decorated(text, rng), f"Is it a {concept}?")
        if kind == "two":  # of which the first is answered
            first, second = (self._ask(rng.choice(self._known.attributes), level, rng) for _ in range(2))
            link = rng.choice((" ", " And ", " Also, ", " And also: ", "\n"))
            return Said(f"{first.text}{link}{second.text}", f"{first.canonical} {second.canonical}")
        if kind != "ask":
            if kind == "idle":
                return Said(small_talk(rng), _THANKS)
            said = off_topic(rng) if kind == "off" else open_question(rng) if kind == "open" else rng.choice(_NO_YES_NO)
            return Said(decorated(said, rng), _THANKS)
        name = rng.choice(so) if so and rng.random() < 0.5 else rng.choice(self._known.attributes).name
        return self._ask(self._known.attributes[self._known.attribute_index[name]], level, rng)

    def _ask(self, a: Attribute, level: int, rng: random.Random) -> Said:
        drawn = rng.random()
        if level < _ALL_WORDS:  # first in words near to those of the brief
            return Said(self._asks[a.name][rng.randrange(2)], self._acts.phrase(Act("ask", a.name), 0))
        if drawn < 0.08 and self._opposites[a.name] and a.opposites:
            canonical = f"Is it {a.opposites[0]}?"
            if self._acts.parse(canonical) == (Act("ask", a.name, "no"),):
                return Said(decorated(rng.choice(self._opposites[a.name]), rng), canonical)
        own = self._asks[a.name]
        text = blended(own, rng) if drawn < 0.25 else hasty(rng.choice(own), rng)
        if drawn > 0.7:
            cue = rng.choice(a.cues)
            if drawn > 0.84:
                made = spotted(cue, self._skeletons, rng)
            else:
                made = rng.choice(_FRAMES).replace("{x}", cue).replace("{X}", cue[:1].upper() + cue[1:])
            text = made if unkept((made,)) else text
        return Said(decorated(text, rng), self._acts.phrase(Act("ask", a.name), rng.getrandbits(30)))

    # -- the assistant -------------------------------------------------------------------------------------------------

    def agent_talk(self, rng: random.Random, level: int, may_ask: int, share: float) -> Talk:
        """A conversation whose assistant asks while it may, with this chance at each turn, and then guesses."""
        size = 16 if level < 4 or rng.random() < 0.6 else rng.choice((64, 0))
        env = DialogueEnv(self._task, TwentyQuestionsSetting(size=size, turn_limit=20, turn_cost=0.01), self._user)
        env.reset(seed=rng.getrandbits(31))
        while True:
            view = env.agent_view()
            questions = self._task.questions(view)
            if questions and env.turn < min(may_ask, 19) and rng.random() < share:
                env.step(rng.choice(self._asks[rng.choice(questions[:3]).slot][:4]))
                continue
            candidates = self._task.candidates(view)
            env.step(f"ANSWER: {rng.choice(candidates)}")
            return Talk(env.agent_view().dialogue)


def known_label(act: Act) -> str:
    """What a question is about, in words: a concept, an attribute, or that it is not so."""
    if act.kind == "guess":
        return str(act.value)
    known = knowledge()
    label = known.attributes[known.attribute_index[act.slot]].label
    return f"not {label}" if act.value == "no" else label


class _OtherWorld(TwentyQuestions):
    """The task with other facts, so that the brief has to be read and cannot be known by heart."""

    def __init__(self, rng: random.Random, most: int) -> None:
        super().__init__()
        matrix = np.zeros_like(self.known.matrix)
        for row in matrix:
            so = rng.sample(range(len(row)), rng.randint(2, most))
            row[so] = [VALUES.index("yes" if rng.random() < 0.8 else "sometimes") for _ in so]
        self.known = replace(self.known, matrix=matrix)
