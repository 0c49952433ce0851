"""Clarify: an underspecified request, and what asking about it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar

from pragenv.errors import ConfigError
from pragenv.intents import Intents, Structured
from pragenv.protocols import SPLITS, AgentView, Setting, UserView, commitment
from pragenv.tasks.clarify import scenarios
from pragenv.tasks.clarify.acts import FormActs, form_acts
from pragenv.tasks.clarify.answer import read_answer, write_answer
from pragenv.tasks.clarify.form import Form, bank, form_of, load
from pragenv.tasks.clarify.setting import SETTINGS, ClarifySetting
from pragenv.tasks.speech import conveyed, speak
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, mix

# Twice as fast as a NamedTuple's own constructor, for what is made at every turn.
_new = tuple.__new__
_UNKNOWN = Form("", "", "", "", (), ())  # what an agent knows that may not see the form
__all__ = ["Clarify", "ClarifySetting", "Form", "form_of"]


class Clarify(Structured):
    """A user makes an underspecified request; the agent may ask before it commits.

    ## Description
    Behind the request lies a form of 2 to 8 fields with 2 to 8 options each; the hidden intent is one option a field.
    The opening reveals some fields. A share of requests is fully specified: there, asking is waste.

    ## Observation
    The system message lists fields, options and, where they differ, how common the options are (unless the form is
    hidden), then the conversation follows.

    ## Action
    Any text. The user answers one question a turn (`answers_per_turn`), or an open question with the next thing that
    it has not said. `ANSWER:` commits, followed by field and value pairs: lines, `;`-separated, or JSON. Several
    options for one field are wrong.

    ## Reward
    At the end: 1 if every field is right, else 0 (`grading=weighted`: the share that is right, weighted by importance),
    less `turn_cost` a turn.

    ## Termination
    On commitment, at the announced turn limit, or when the user leaves.

    ## Settings
    See `ClarifySetting` for the knobs and `Clarify.SETTINGS` for the named combinations. Scenarios are split by form
    and by phrasing; `test_phrasing` has training forms in test phrasings.

    Args:
        source: a file in the public intention format instead of the built-in forms. Its records are enumerated: each
            comes once before any comes twice. They are the same in every split.
        on_bad: what to do with a bad record of the source: `stop` or `skip`.

    Raises:
        DataError: for a source that cannot be used.
    """

    name = "clarify"
    SPLITS = (*SPLITS, "test_phrasing")
    SETTINGS: ClassVar[tuple[Setting, ...]] = SETTINGS
    FORMS: ClassVar[tuple[Form, ...]] = ()
    """The forms of a task of one's own (see `form_of`); empty for the built-in ones."""

    def __init__(self, source: str | None = None, on_bad: str = "stop") -> None:
        self._arguments = (source, on_bad)
        self.skipped: tuple[str, ...] = ()
        self._digest = sha256(repr(self.FORMS).encode()).hexdigest() if self.FORMS else ""
        if source is None:
            if on_bad != "stop":
                raise ConfigError("on_bad is about the records of a source; the built-in forms have none that are bad")
            self._forms = self.FORMS or bank()
        else:
            self._forms, self.skipped, self._digest = load(source, on_bad)
        self._by_name = {form.name: form for form in self._forms}
        self._by_split = {
            split: tuple(f for f in self._forms if f.loaded or f.split == split.replace("test_phrasing", "train"))
            for split in self.SPLITS
        }
        self._loaded = source is not None
        # Everything derived from a form is kept by what it is derived from; nothing of a conversation is.
        self._plain_public = lru_cache(maxsize=4096)(self._build_public)
        self._description = lru_cache(maxsize=4096)(self._build_description)
        self._intents = lru_cache(maxsize=4096)(scenarios.intents)

    def __reduce__(self) -> tuple[type[Clarify], tuple[str | None, str]]:
        return type(self), self._arguments

    @property
    def default_user(self) -> str:
        """The bundled language model for the built-in forms, which it was trained on; else `scripted`."""
        return "scripted" if self._loaded or self.FORMS else "lm"

    def count(self, setting: Setting, split: str) -> int | None:
        """The number of records of a source; built-in forms are not enumerated."""
        return len(self._forms) if self._loaded else None

    def fingerprint(self) -> str:
        """A digest of the source file or of the task's own forms; empty for the built-in ones."""
        return self._digest

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """A form, its values, and what the opening reveals of them."""
        assert isinstance(setting, ClarifySetting)
        forms = self._forms_of(setting, split)
        form = forms[key % len(forms)]
        names = tuple(f.name for f in form.fields)
        if 0 < setting.fields < len(names):
            names = scenarios.choose(names, setting.fields, mix(key, 2))
        phrasing = "train" if form.loaded else split.removesuffix("_phrasing")
        if setting.skew:
            public = scenarios.public_side(form.subset(names), phrasing, setting.grading, setting.skew, mix(key, 3))
        else:
            public = self._plain_public(form.name, names, phrasing, setting.grading)
        brief = scenarios.user_side(form.name, public, phrasing, setting, key)
        return Scenario(scenarios.hidden(public) if setting.hidden else public, brief)

    def _forms_of(self, setting: ClarifySetting, split: str) -> tuple[Form, ...]:
        return self._by_split[split][: setting.forms or None]

    def _build_public(self, form: str, names: tuple[str, ...], phrasing: str, grading: str) -> FrozenDict:
        return scenarios.public_side(self._by_name[form].subset(names), phrasing, grading)

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The request's form as text."""
        if public["form"] is None or public["skewed"]:
            return scenarios.describe(public)
        return self._description(public["form"], tuple([f["name"] for f in public["fields"]]), public["grading"])

    def _build_description(self, form: str, names: tuple[str, ...], grading: str) -> str:
        return scenarios.describe(self._plain_public(form, names, "train", grading))

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """What the user wants, most important first, what to begin with, and when to change its mind."""
        form = self._acts(user_brief["form"], user_brief["fields"], user_brief["phrasing"]).form
        return scenarios.confide(public["title"], form, user_brief)

    def acts(self, view: UserView | AgentView) -> FormActs:
        """The acts of the form, as far as the reader of the view knows it."""
        known = view.user_brief if isinstance(view, UserView) else view.public
        if known.memo is None:
            names = known["fields"] if isinstance(view, UserView) else tuple([f["name"] for f in known["fields"]])
            known.memo = self._acts(known["form"], names, known["phrasing"])
        acts: FormActs = known.memo
        return acts

    def _acts(self, form: str | None, names: tuple[str, ...], phrasing: str) -> FormActs:
        return form_acts(_UNKNOWN if form is None else self._by_name[form], names, phrasing)

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """The opening's values; then a planned revision, then an answer to what is asked."""
        brief = view.user_brief
        values, revision = brief["values"], brief["revision"]
        if not view.dialogue:
            return (Act("request"), *(Act("inform", name, values[name]) for name in brief["revealed"]))
        asked = self.acts(view).parse(view.dialogue[-1][1])
        if revision is None and len(asked) == 1 and (act := asked[0])[0] == "ask":
            return (_new(Act, ("inform", act[1], values[act[1]])),)
        values = self._values(brief, view.turn)
        revised: tuple[Act, ...] = ()
        if revision is not None and view.turn == revision["turn"]:
            revised = (Act("revise", revision["field"], revision["value"]),)
        named = [Act("inform", a.slot, values[a.slot]) for a in asked if a.kind == "ask"][: brief["answers_per_turn"]]
        answers = [a for a in named if a._replace(kind="revise") not in revised]
        if not named and any(a.kind == "ask_open" for a in asked):
            untold = self._untold(view)
            answers = [Act("inform", untold[0], values[untold[0]])] if untold else [Act("nothing_more")]
        return (*revised, *answers) or (Act("not_understood"),)

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether a field has the value that is given."""
        return act.kind != "inform" or self._values(view.user_brief, view.turn).get(act.slot) == act.value

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """The most important field that the user has neither told nor is about to tell."""
        values, telling = self._values(view.user_brief, view.turn), {act.slot for act in self.truth(view)}
        return tuple(Act("inform", name, values[name]) for name in self._untold(view) if name not in telling)[:1]

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A view in which every value of the intent has another option: whatever is said now is wrong."""
        form = self.acts(view).form
        brief = dict(view.user_brief)
        brief["values"] = FrozenDict(
            {
                name: scenarios.another(form.by_name[name], value, mix(key, i))
                for i, (name, value) in enumerate(brief["values"].items())
            }
        )
        if (revision := brief["revision"]) is not None:
            wrong = scenarios.another(
                form.by_name[revision["field"]], revision["value"], mix(key, len(brief["values"]))
            )
            brief["revision"] = FrozenDict({**revision, "value": wrong})
        return view._replace(user_brief=FrozenDict(brief))

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in the form's wordings and the user's manner."""
        own = self.acts(view)
        if not view.traits:
            if len(acts) == 1 and (act := acts[0])[0] == "inform":
                pool = own.tellings[act[1], act[2]]
                return pool[key % len(pool)]
            if acts[0][0] == "request":
                pool = own.requests
                parts = [pool[key % len(pool)]]
                for act in acts[1:]:
                    pool = own.tellings[act[1], act[2]]
                    parts.append(pool[(key := key >> 7) % len(pool)])
                return " ".join(parts)

        asked = (
            own.parse(view.dialogue[-1].content) if view.traits.get("verbosity") == "terse" and view.dialogue else ()
        )

        def word(act: Act, k: int) -> str | None:
            if act.kind == "inform" and Act("ask", act.slot) in asked and len(acts) == 1:
                return act.value
            pool = own.requests if act.kind == "request" else own.tellings.get(act[1:])
            return pool[k % len(pool)] if pool else None

        return speak(acts, word, view.traits, key)

    def _untold(self, view: UserView) -> list[str]:
        """The fields that the user has not told so far, by its own words, most important first."""
        acts = self.acts(view)
        told = {*view.user_brief["revealed"], *(act.slot for act in conveyed(acts, view.dialogue))}
        fields = (f for f in acts.form.fields if f.name not in told)
        return [f.name for f in sorted(fields, key=lambda f: -f.importance)]

    @staticmethod
    def _values(brief: Mapping[str, Any], user_turn: int) -> Mapping[str, str]:
        """The values that the user holds at one of its turns (the opening is turn 0)."""
        revision = brief["revision"]
        if revision is not None and user_turn >= revision["turn"]:
            return {**brief["values"], revision["field"]: revision["value"]}
        values: Mapping[str, str] = brief["values"]
        return values

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """Compare the last message's commitment with the values that the user had stated or held by then."""
        committed = commitment(dialogue[-1].content) if dialogue and dialogue[-1].role == "assistant" else None
        if committed is None:
            return Verdict(0.0, False, "no answer was given")
        brief = scenario.user_brief
        values = self._values(brief, sum(m.role == "user" for m in dialogue) - 1)
        form = self._acts(brief["form"], brief["fields"], brief["phrasing"]).form
        answer = read_answer(committed, form)
        right = {name for name, value in values.items() if answer.get(name) == value}
        if len(right) == len(values):
            return Verdict(1.0, True, "every field is right")
        score = 0.0
        if scenario.public.get("grading") == "weighted":
            weights = {f.name: f.importance for f in form.fields}
            score = sum(weights[n] for n in right) / sum(weights.values())
        wrong = [f"{form.by_name[n].label}: {answer.get(n) or 'no single option'}" for n in values if n not in right]
        return Verdict(score, False, "wrong: " + "; ".join(wrong))

    def answer(self, scenario: Scenario) -> str:
        """A commitment to the values held at the start."""
        brief = scenario.user_brief
        return write_answer(brief["values"], self._by_name[brief["form"]])

    # -- what may be believed ------------------------------------------------------------------------------------------

    def intents(self, public: Mapping[str, Any], setting: Setting) -> Intents | None:
        """A factor for each field; None where the form is hidden. `conflict` leaves only what is improbable."""
        assert isinstance(setting, ClarifySetting)
        if public["form"] is None:
            return None
        fields = tuple([(f["name"], f["options"], f["prior"], f["importance"]) for f in public["fields"]])
        shared = public["grading"] == "weighted"
        return self._intents(fields, setting.conflict, shared, setting.answers_per_turn, setting.revision)

    def values(self, scenario: Scenario, turn: int = 0) -> tuple[str, ...]:
        """The option of each field, in the form's order."""
        held = self._values(scenario.user_brief, turn)
        return tuple(held[name] for name in scenario.user_brief["fields"])

    def commit(self, view: AgentView, values: tuple[str, ...]) -> str:
        """The commitment to an option for each field."""
        names = (field["name"] for field in view.public["fields"])
        return write_answer(dict(zip(names, values, strict=True)), self.acts(view).form)

    def imagine(self, view: AgentView, values: tuple[str, ...]) -> Scenario:
        """The user who wants these options, and does not change its mind."""
        assert isinstance(view.setting, ClarifySetting)
        names = tuple(field["name"] for field in view.public["fields"])
        brief = FrozenDict(
            form=view.public["form"],
            fields=names,
            phrasing=view.public["phrasing"],
            values=FrozenDict(zip(names, values, strict=True)),
            revealed=(),  # what the opening said is in the dialogue
            answers_per_turn=view.setting.answers_per_turn,
            revision=None,
        )
        return Scenario(view.public, brief)

    def laid_open(self, scenario: Scenario, setting: Setting) -> Scenario | None:
        """A scenario whose form is hidden, as it would be if it were not; None where that is not known."""
        assert isinstance(setting, ClarifySetting)
        brief = scenario.user_brief
        if setting.skew:
            return None
        facts = (brief["form"], brief["fields"], brief["phrasing"], scenario.public["grading"])
        return Scenario(self._plain_public(*facts), brief)

    def openings(self, setting: Setting, split: str) -> Iterator[tuple[float, Scenario]]:
        """Each form, with each choice of its fields that count, and of those that the opening reveals."""
        assert isinstance(setting, ClarifySetting)
        forms = self._forms_of(setting, split)
        for form in forms:
            for share, public, brief in scenarios.openings(form, setting, split.removesuffix("_phrasing")):
                yield share / len(forms), Scenario(public, brief)

    # -- what agents need ----------------------------------------------------------------------------------------------

    def known(self, view: AgentView) -> dict[str, str]:
        """The values that the user has given so far, the later of two."""
        return {act.slot: act.value for act in conveyed(self.acts(view), view.dialogue)}

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """A question for each field without a value, most important first."""
        known = self.known(view)
        missing = [f for f in view.public["fields"] if f["name"] not in known]
        return tuple(Act("ask", f["name"]) for f in sorted(missing, key=lambda f: -f["importance"]))

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """What is known, and for the rest the most probable option; with a key, any option for every field."""
        if view.public["form"] is None:
            return "ANSWER: I do not know the form."
        known = self.known(view) if key is None else {}
        values = {}
        for i, field in enumerate(view.public["fields"]):
            options, prior = field["options"], field["prior"]
            best = prior.index(max(prior)) if key is None else mix(key, i) % len(options)
            values[field["name"]] = known.get(field["name"], options[best])
        return write_answer(values, self.acts(view).form)

    def chance(self, scenario: Scenario) -> float:
        """Product over the fields of 1/options (`weighted`: their weighted mean); 0 where the form is hidden."""
        fields = scenario.public["fields"]
        if not fields:
            return 0.0
        if scenario.public["grading"] == "weighted":
            return float(
                sum(f["importance"] / len(f["options"]) for f in fields) / sum(f["importance"] for f in fields)
            )
        product = 1.0
        for field in fields:
            product /= len(field["options"])
        return product

    def needs_asking(self, scenario: Scenario) -> bool:
        """Whether the opening leaves out a field."""
        brief = scenario.user_brief
        return len(brief["revealed"]) < len(brief["fields"])
