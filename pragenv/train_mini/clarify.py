"""The corpus of Clarify: users of every form, and of forms made up of others' parts; assistants of training forms."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pragenv.env import DialogueEnv
from pragenv.protocols import Simulator, UserView
from pragenv.tasks.clarify import Clarify
from pragenv.tasks.clarify.answer import write_answer
from pragenv.tasks.clarify.form import Field, Form, bank
from pragenv.tasks.clarify.setting import ClarifySetting
from pragenv.tasks.phrasing import phrasings
from pragenv.train_mini.talk import LOST, MORE, Echoing, Question, Said, Talk, beginning, converse, pick, unkept
from pragenv.train_mini.wording import (
    blended,
    choice_question,
    decorated,
    hasty,
    off_topic,
    open_question,
    skeletons,
    small_talk,
    spotted,
    topic_question,
)
from pragenv.types import Act, FrozenDict

MIXED = 2000
_THANKS = "Thank you."  # asks for nothing
_MORE = "Anything else?"
_PLAIN_TELLS = ("{label}: {value}.", "As for {label}: {value}.", "{label}? {value}.", "On {label}, put {value}.")
_PLAIN_ASKS = ("Could you tell me about this: {label}?", "What should I note under {label}?")
Paraphrases = Mapping[str, Mapping[str, Sequence[str]]]


class _EveryForm(Clarify):
    """All built-in forms, spoken of in training wordings."""

    FORMS = tuple(replace(f, split="train") for f in bank())


class _TrainForms(Clarify):
    FORMS = tuple(f for f in bank() if f.split == "train")


class ClarifyCorpus:
    """Draws conversations of Clarify.

    Args:
        user: the scripted user.
        paraphrases: form -> field -> further wordings of its question.
        seed: of the forms that are made up.
    """

    def __init__(self, user: Simulator, paraphrases: Paraphrases, seed: int = 0) -> None:
        self._user = user
        self._echoing = Echoing(user, lambda view, act: _form(view).by_name[act.slot].label)
        rng = random.Random(seed)
        self._asks = {
            (form.name, f.name): unkept((*phrasings(f.asks, "train"), *paraphrases.get(form.name, {}).get(f.name, ())))
            for form in bank()
            for f in form.fields
        }
        self._skeletons = skeletons(list(self._asks.values()))
        self._every, self._train = _EveryForm(), _TrainForms()
        self._mixed = self._made_up(bank(), rng, "mixed")
        self._mixed_train = self._made_up(_TrainForms.FORMS, rng, "made")

    def _made_up(self, forms: Sequence[Form], rng: random.Random, name: str) -> Clarify:
        """A task whose forms take fields from several others, with options that are not their own."""
        pool = [(form, f) for form in forms for f in form.fields]
        options = sorted({o for _, f in pool for o in f.options})
        words = sorted({w for o in options for w in o.split() if w.isalpha()})
        labels = sorted({f.label for _, f in pool})
        made = []
        for i in range(MIXED):
            own: dict[str, Field] = {}
            taken: set[str] = set()
            most = rng.randint(2, 8)
            for form, f in rng.sample(pool, 12):
                if len(own) < most and f.label not in own and not _cues(f) & taken:
                    taken |= _cues(f)
                    own[f.label] = self._strange(form, f, options, words, labels, rng)
            fields = tuple({f.label: f for f in own.values()}.values())
            source = rng.choice(forms)
            made.append(Form(f"{name}_{i}", "", "train", source.title, phrasings(source.requests, "train"), fields))
        task: Clarify = type("MadeUp", (Clarify,), {"FORMS": tuple(made)})()
        return task

    def _strange(
        self, form: Form, f: Field, options: Sequence[str], words: Sequence[str], labels: Sequence[str],
        rng: random.Random,
    ) -> Field:  # fmt: skip
        """A field with another's options; a third of the time under a label that nobody has heard of."""
        values = tuple(rng.sample(options, rng.randint(2, 6)))
        if rng.random() < 0.4:
            values = tuple(dict.fromkeys(" ".join(rng.sample(words, rng.randint(1, 3))) for _ in range(4)))
        name = f"{form.name}__{f.name}"
        tells = phrasings(f.tells, "train")
        if rng.random() < 0.35:
            label = " ".join(
                rng.sample(words, rng.randint(1, 3)) + ([rng.choice(labels)] if rng.random() < 0.3 else [])
            )
            asks = tuple(a.replace("{label}", label) for a in _PLAIN_ASKS)
            tells = tuple(t.replace("{label}", label) for t in _PLAIN_TELLS)
            name = f"strange_{rng.getrandbits(40)}"
            return Field(name, label, rng.randint(1, 3), values, asks, tells)
        return Field(name, f.label, rng.randint(1, 3), values, phrasings(f.asks, "train"), tells, f.cues)

    # -- the user ------------------------------------------------------------------------------------------------------

    def question(self, rng: random.Random) -> Question:
        """One utterance of an agent's that asks about at most one thing."""
        task = self._task(rng)
        scenario = task.sample(rng.getrandbits(62), ClarifySetting(fields=rng.randint(2, 8)), "train")
        view = beginning(task, scenario, rng)
        acts, labels = task.acts(view), tuple(f.label for f in _form(view).fields)
        while True:
            said = self._question(view, rng)
            asked = acts.parse(said.canonical)
            if len(asked) < 2:
                break
        about = LOST if not asked else acts.form.by_name[asked[0].slot].label if asked[0].kind == "ask" else MORE
        return Question(said.text, about, (*labels, LOST, MORE))

    def _task(self, rng: random.Random) -> Clarify:
        return self._every if rng.random() < 0.8 else self._mixed

    def user_talk(self, rng: random.Random, level: int) -> tuple[UserView, tuple[str, ...]]:
        """A view whose user messages are to be learned, and the values told; more fields at higher levels."""
        task = self._task(rng)
        opens_only = rng.random() < 0.2  # long openings are rare otherwise, and hard
        setting = ClarifySetting(
            fields=min(8, rng.randint(2, 2 + level)),
            reveal=rng.choice((0.0, 0.0, 0.3, 0.5)),
            full=0.5 if opens_only else 0.1,
            answers_per_turn=1 if rng.random() < 0.85 else rng.randint(2, 3),
            revision=0.12,
        )
        scenario = task.sample(rng.getrandbits(62), setting, "train")
        # Terse users fit more questions into as many tokens: which field is meant is the hard part to learn.
        manner = pick(rng, ((0.55, ""), (0.35, "terse"), (0.1, "verbose")))
        traits = FrozenDict(verbosity=manner) if manner else FrozenDict()
        turns = 0 if opens_only else rng.randint(2, 4 + (3 if manner == "terse" else 1) * level)
        view = converse(task, scenario, self._echoing, lambda t, v: self._question(v, rng), turns, rng, traits)
        return view, tuple(scenario.user_brief["values"].values())

    def _question(self, view: UserView, rng: random.Random) -> Said:
        shares = ((0.68, "ask"), (0.1, "open"), (0.07, "several"), (0.07, "idle"), (0.05, "off"), (0.03, "commit"))
        kind = pick(rng, shares)
        if kind == "open":
            return Said(decorated(open_question(rng), rng), _MORE)
        if kind == "idle":
            return Said(small_talk(rng), _THANKS)
        if kind == "off":
            return Said(decorated(off_topic(rng), rng), _THANKS)
        if kind == "commit":  # after which there is nothing left to tell
            return Said(write_answer(view.user_brief["values"], _form(view)), _THANKS)
        form = view.task.acts(view).form  # type: ignore[attr-defined]
        fields = rng.sample(form.fields, min(len(form.fields), 1 if kind == "ask" else 2))
        acts = view.task.acts(view)
        text = " ".join(decorated(self._wording(form, f, rng), rng) for f in fields)
        return Said(text, "\n".join(acts.phrase(Act("ask", f.name), rng.getrandbits(30)) for f in fields))

    def _wording(self, form: Form, f: Field, rng: random.Random) -> str:
        """A question for a field; only its label tells what a made-up one is about."""
        drawn, topics = rng.random(), (f.label, *f.cues)
        if f.name.startswith("strange_"):
            return topic_question(f.label, rng) if drawn < 0.8 else rng.choice(f.asks)
        if drawn < 0.2:
            return topic_question(rng.choice(topics), rng)
        if drawn < 0.35:
            return spotted(rng.choice(topics), self._skeletons, rng)
        if drawn < 0.4:
            return topic_question(f.label, rng)
        if drawn < 0.46 and "__" not in f.name:
            return choice_question(f.options, rng)
        own = self._own_asks(form, f)
        return blended(own, rng) if drawn < 0.65 and len(own) > 1 else hasty(rng.choice(own), rng)

    def _own_asks(self, form: Form, f: Field) -> Sequence[str]:
        """The wordings written for a field, wherever it was taken from."""
        own = form.name if "__" not in f.name else f.name.split("__")[0]
        return self._asks.get((own, f.name.split("__")[-1]), f.asks)

    # -- the assistant -------------------------------------------------------------------------------------------------

    def agent_talk(self, rng: random.Random, level: int, may_ask: int, share: float) -> Talk:
        """A conversation whose assistant asks while it may, with this chance at each turn, and then answers."""
        task = self._train if rng.random() < 0.6 else self._mixed_train
        setting = ClarifySetting(
            fields=min(8, rng.randint(2, 2 + level)),
            reveal=rng.choice((0.0, 0.4, 0.4, 0.7)),
            full=0.2,
            skew=rng.choice((0.0, 0.0, 0.0, 1.5)),
            turn_limit=12,
            turn_cost=0.02,
            grading=rng.choice(("exact", "exact", "weighted")),
        )
        env = DialogueEnv(task, setting, self._user)
        env.reset(seed=rng.getrandbits(31))
        while True:
            view = env.agent_view()
            missing = task.questions(view)
            if missing and env.turn < min(may_ask, setting.turn_limit - 1) and rng.random() < share:
                env.step(self._clarifying(task, env, missing[0], rng))
                continue
            known = task.known(view)
            fields = view.public["fields"]
            values = {f["name"]: known.get(f["name"]) or rng.choices(f["options"], f["prior"])[0] for f in fields}
            env.step(write_answer(values, task.acts(view).form))
            return Talk(env.agent_view().dialogue, tuple(values.values()))

    def _clarifying(self, task: Clarify, env: DialogueEnv, act: Act, rng: random.Random) -> str:
        acts = task.acts(env.agent_view())
        f = acts.form.by_name[act.slot]
        text = topic_question(rng.choice((f.label, *f.cues)), rng)
        # What the assistant learns to say, the task should understand.
        understood = rng.random() < 0.3 and acts.parse(text) == (act,)
        return text if understood else rng.choice(self._own_asks(acts.form, f))


def _form(view: UserView) -> Form:
    form: Form = view.task.acts(view).form  # type: ignore[attr-defined]
    return form


def _cues(f: Field) -> set[str]:
    """The words by which a field is asked for: two fields that share one would be hard to tell apart."""
    return {w for phrase in (f.label, *f.cues) for w in phrase.split() if len(w) > 3}
