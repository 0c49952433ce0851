"""Clarify: an underspecified request, and what asking about it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from pragenv.errors import ConfigError
from pragenv.protocols import SPLITS, AgentView, Setting, Task, UserView, commitment
from pragenv.tasks.clarify.acts import FormActs
from pragenv.tasks.clarify.answer import read_answer, write_answer
from pragenv.tasks.clarify.form import Field, Form, bank, load
from pragenv.tasks.phrasing import phrasings
from pragenv.tasks.speech import speak
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, freeze, mix, uniform

_NEEDS_FORM = "the form is hidden, so there is nothing to take fields and options from"


@dataclass(frozen=True, kw_only=True)
class ClarifySetting(Setting):
    """Knobs of Clarify.

    Attributes:
        fields: how many of a form's fields count, drawn at random; 0 means all.
        reveal: share of the fields that an underspecified request reveals (rounded at random; at least one is left out).
        full: share of requests that are fully specified, so that asking is waste.
        skew: options have prior probability proportional to rank**-skew, ranks drawn anew and public; 0 is uniform.
        conflict: the truth is always one of the less probable half of the options.
        hidden: the agent does not see the form.
        grading: `exact` (1 if every field is right, else 0) or `weighted` (share right, weighted by importance).
        answers_per_turn: how many of the fields asked about in one utterance the user answers.
        revision: share of scenarios in which the user changes one value at its second or third turn, and says so.
    """

    fields: int = 0
    reveal: float = 0.4
    full: float = 0.2
    skew: float = 0.0
    conflict: bool = False
    hidden: bool = False
    grading: str = "exact"
    answers_per_turn: int = 1
    revision: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.fields == 0 or 1 <= self.fields <= 8, "fields", "0 (all) or 1 to 8")
        for share in ("reveal", "full", "revision"):
            self.require(0 <= getattr(self, share) <= 1, share, "a share in [0, 1]")
        self.require(0 <= self.skew <= 5, "skew", "in [0, 5]")
        self.require(not self.conflict or self.skew > 0, "conflict", "false unless skew > 0 (no option is improbable)")
        self.require(self.grading in ("exact", "weighted"), "grading", "'exact' or 'weighted'")
        self.require(self.answers_per_turn >= 1, "answers_per_turn", "at least 1")


def _setting(name: str, *tags: str, **knobs: Any) -> ClarifySetting:
    return ClarifySetting(**{"name": name, "turn_limit": 12, "turn_cost": 0.02, "tags": tags, **knobs})


class Clarify(Task):
    """A user makes an underspecified request; the agent may ask before it commits.

    ## Description
    Behind the request lies a form of 2 to 8 fields with 2 to 8 options each; the hidden intent is one option a field.
    The opening reveals some fields. A share of requests is fully specified: there, asking is waste.

    ## Observation
    The system message lists fields, options and, where they differ, how common the options are (unless the form is
    hidden), then the conversation follows.

    ## Action
    Any text. The user answers one question a turn (`answers_per_turn`), or an open question with the next thing that it
    has not said. `ANSWER:` commits, followed by field and value pairs: lines, `;`-separated, or JSON. Several options for
    one field are wrong.

    ## Reward
    At the end: 1 if every field is right, else 0 (`grading=weighted`: the share that is right, weighted by importance),
    less `turn_cost` a turn.

    ## Termination
    On commitment, at the announced turn limit, or when the user leaves.

    ## Settings
    See `ClarifySetting` for the knobs and `Clarify.SETTINGS` for the named combinations. Scenarios are split by form and by
    phrasing; `test_phrasing` has training forms in test phrasings.

    Args:
        source: a file in the public intention format instead of the built-in forms. Its records are enumerated: each
            comes once before any comes twice. They are the same in every split.
        on_bad: what to do with a bad record of the source: `stop` or `skip`.

    Raises:
        DataError: for a source that cannot be used.
    """

    name = "clarify"
    SPLITS = (*SPLITS, "test_phrasing")
    SETTINGS: ClassVar[tuple[Setting, ...]] = (
        _setting("default"),
        _setting("small", "size", fields=3),
        _setting("large", "size", fields=8, reveal=0.25, full=0.1),
        _setting("vague", "information", reveal=0.0, full=0.0),
        _setting("specified", "information", full=1.0),
        _setting("mixed", "information", full=0.5),
        _setting("skewed", "prior", skew=1.5),
        _setting("conflict", "prior", skew=1.5, conflict=True),
        _setting(
            "hidden_form",
            "knowledge",
            hidden=True,
            agents_not_applicable=FrozenDict({a: _NEEDS_FORM for a in ("answer_first", "ask_k", "clarify_first")}),
        ),
        _setting("weighted", "grading", grading="weighted"),
        _setting("costly", "cost", turn_cost=0.15),
        _setting("generous", "user", answers_per_turn=3),
        _setting("revision", "user", revision=1.0, full=0.0),
    )

    def __init__(self, source: str | None = None, on_bad: str = "stop") -> None:
        self._arguments = (source, on_bad)
        self.skipped: tuple[str, ...] = ()
        self._digest = ""
        if source is None:
            if on_bad != "stop":
                raise ConfigError("on_bad is about the records of a source; the built-in forms have none that are bad")
            self._forms = bank()
        else:
            self._forms, self.skipped, self._digest = load(source, on_bad)
        self._by_name = {form.name: form for form in self._forms}
        self._by_split = {
            split: self._forms if source else tuple(f for f in self._forms if f.split == split.replace("test_phrasing", "train"))
            for split in self.SPLITS
        }
        self._loaded = source is not None
        # Everything derived from a form is kept by what it is derived from; nothing of a conversation is.
        self._acts = lru_cache(maxsize=4096)(self._build_acts)
        self._plain_public = lru_cache(maxsize=4096)(self._build_public)
        self._description = lru_cache(maxsize=4096)(self._build_description)

    def __reduce__(self) -> tuple[type[Clarify], tuple[str | None, str]]:
        return type(self), self._arguments

    def count(self, setting: Setting, split: str) -> int | None:
        """The number of records of a source; built-in forms are not enumerated."""
        return len(self._forms) if self._loaded else None

    def fingerprint(self) -> str:
        """A digest of the source file, empty for the built-in forms."""
        return self._digest

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """A form, its values, and what the opening reveals of them."""
        assert isinstance(setting, ClarifySetting)
        forms = self._by_split[split]
        which, bits = key % len(forms), mix(key, 1)
        form = forms[which]
        names = tuple(f.name for f in form.fields)
        if 0 < setting.fields < len(names):
            names = _choose(names, setting.fields, mix(key, 2))
        phrasing = "train" if form.loaded else split.removesuffix("_phrasing")
        if setting.skew:
            public = self._build_public(form.name, names, phrasing, setting.grading, setting.skew, mix(key, 3))
        else:
            public = self._plain_public(form.name, names, phrasing, setting.grading)
        values, revealed = {}, ()
        for shown, name in zip(public["fields"], names, strict=True):
            pool = shown["options"]
            if setting.conflict:
                order = sorted(range(len(pool)), key=lambda i, p=shown["prior"]: p[i])  # type: ignore[misc]
                pool = tuple(pool[i] for i in order[: len(pool) // 2])
            elif setting.skew:
                bits, draw = divmod(bits, 1 << 20)
                pool = (pool[_draw(shown["prior"], draw / (1 << 20))],)
                bits = mix(bits, 4)
            bits, i = divmod(bits, len(pool))
            values[name] = pool[i]
        if uniform(mix(key, 5)) < setting.full:
            revealed = names
        elif setting.reveal:
            shown_count = min(int(setting.reveal * len(names) + uniform(mix(key, 6))), len(names) - 1)
            revealed = _choose(names, shown_count, mix(key, 7))
        brief = {
            "form": form.name,
            "fields": names,
            "phrasing": phrasing,
            "values": FrozenDict(values),
            "revealed": revealed,
            "answers_per_turn": setting.answers_per_turn,
            "revision": None,
        }
        if setting.revision and uniform(mix(key, 8)) < setting.revision:
            brief["revision"] = _revision(values, public, mix(key, 9))
        if setting.hidden:
            public = freeze({"title": form.title, "form": None, "fields": (), "phrasing": phrasing})
        return Scenario(public, FrozenDict(brief))

    def _build_public(
        self, form: str, names: tuple[str, ...], phrasing: str, grading: str, skew: float = 0.0, key: int = 0
    ) -> Mapping[str, Any]:
        shown = []
        for field in self._by_name[form].subset(names).fields:
            n = len(field.options)
            weights = [(rank + 1.0) ** -skew for rank in range(n)]
            order = _permutation(n, key := mix(key, 0)) if skew else range(n)
            prior = tuple(weights[rank] / sum(weights) for rank in order)
            shown.append(
                FrozenDict(
                    name=field.name, label=field.label, importance=field.importance, options=field.options, prior=prior
                )
            )
        title = self._by_name[form].title
        return FrozenDict(
            title=title, form=form, fields=tuple(shown), phrasing=phrasing, grading=grading, skewed=skew > 0
        )

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The request's form as text."""
        if public["form"] is None or public["skewed"]:
            return _describe(public)
        return self._description(public["form"], tuple(f["name"] for f in public["fields"]), public["grading"])

    def _build_description(self, form: str, names: tuple[str, ...], grading: str) -> str:
        return _describe(self._plain_public(form, names, "train", grading))

    # -- the user ------------------------------------------------------------------------------------------------------

    def acts(self, view: UserView | AgentView) -> FormActs:
        """The acts of the form, as far as the reader of the view knows it."""
        return self._acts(*_form_key(view))

    def _build_acts(self, form: str | None, names: tuple[str, ...], phrasing: str) -> FormActs:
        known = self._by_name[form].subset(names) if form is not None else Form("", "", "", "", (), ())
        return FormActs(known, phrasing)

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """The opening's values; then a planned revision, then an answer to what is asked."""
        brief = view.user_brief
        values, revision = brief["values"], brief["revision"]
        if not view.dialogue:
            return (Act("request"), *(Act("inform", name, values[name]) for name in brief["revealed"]))
        conveyed: list[Act] = []
        if revision is not None and view.turn >= revision["turn"]:
            values = {**values, revision["field"]: revision["value"]}
            if view.turn == revision["turn"]:
                conveyed.append(Act("revise", revision["field"], revision["value"]))
        asked = self.acts(view).parse(view.dialogue[-1].content)
        answers = [Act("inform", a.slot, values[a.slot]) for a in asked if a.kind == "ask"][: brief["answers_per_turn"]]
        if not answers and any(a.kind == "ask_open" for a in asked):
            untold = self._untold(view)
            answers = [Act("inform", untold[0], values[untold[0]])] if untold else [Act("nothing_more")]
        return tuple(conveyed) + tuple(answers) or (Act("not_understood"),)

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """The next field that the user has not told."""
        values = self._values(view.user_brief, view.turn)
        return tuple(Act("inform", name, values[name]) for name in self._untold(view)[:1])

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A view in which every value of the intent has another option: whatever is said now is wrong."""
        form = self.acts(view).form
        brief = dict(view.user_brief)
        brief["values"] = FrozenDict(
            {name: _another(form.by_name[name], value, mix(key, i)) for i, (name, value) in enumerate(brief["values"].items())}
        )
        return view._replace(user_brief=FrozenDict(brief))

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in the form's wordings and the user's manner."""
        form, phrasing = self.acts(view).form, view.user_brief["phrasing"]
        return speak(acts, lambda act, k: self._word(form, phrasing, act, k), view.traits, key)

    def _word(self, form: Form, phrasing: str, act: Act, key: int) -> str | None:
        if act.kind == "request":
            pool = phrasings(form.requests, phrasing)
            return pool[key % len(pool)]
        if act.kind == "inform":
            pool = phrasings(form.by_name[act.slot].tells, phrasing)
            told = pool[key % len(pool)]
            # "at 2 p.m." ends its sentence itself.
            return told.replace("{value}." if act.value.endswith(".") else "{value}", act.value)
        return None

    def _untold(self, view: UserView) -> list[str]:
        """The fields neither revealed nor asked for so far, most important first; open questions take one each."""
        brief, acts = view.user_brief, self.acts(view)
        by_name = acts.form.by_name
        left = sorted((n for n in brief["fields"] if n not in brief["revealed"]), key=lambda n: -by_name[n].importance)
        for message in view.dialogue[:-1]:
            if message.role == "assistant":
                asked = acts.parse(message.content)
                slots = [a.slot for a in asked if a.kind == "ask"][: brief["answers_per_turn"]]
                if not slots and left and any(a.kind == "ask_open" for a in asked):
                    slots = left[:1]
                left = [name for name in left if name not in slots]
        return left

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
        solved = len(right) == len(values)
        weighted = scenario.public.get("grading") == "weighted"
        weights = {f.name: f.importance if weighted else 1 for f in form.fields}
        score = sum(weights[n] for n in right) / sum(weights.values()) if weighted else float(solved)
        wrong = [f"{form.by_name[n].label}: {answer.get(n) or 'no single option'}" for n in values if n not in right]
        return Verdict(score, solved, "every field is right" if solved else "wrong: " + "; ".join(wrong))

    def answer(self, scenario: Scenario) -> str:
        """A commitment to the values held at the start."""
        brief = scenario.user_brief
        return write_answer(brief["values"], self._by_name[brief["form"]])

    # -- what agents need ----------------------------------------------------------------------------------------------

    def known(self, view: AgentView) -> dict[str, str]:
        """The values that the user has given so far, the later of two."""
        acts, known, asked = self.acts(view), {}, ()
        for message in view.dialogue:
            if message.role == "assistant":
                asked = acts.parse(message.content)
            elif message.role == "user":
                known.update((act.slot, act.value) for act in acts.read(message.content, asked))
        return known

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


def _form_key(view: UserView | AgentView) -> tuple[str | None, tuple[str, ...], str]:
    if isinstance(view, UserView):
        brief = view.user_brief
        return brief["form"], brief["fields"], brief["phrasing"]
    return view.public["form"], tuple([f["name"] for f in view.public["fields"]]), view.public["phrasing"]


def _describe(public: Mapping[str, Any]) -> str:
    if public["form"] is None:
        return (
            f"A user wants help with {public['title']}. Find out the details that matter to them, then commit to all of "
            "them as ANSWER: detail: value; detail: value"
        )
    lines = [f"A user wants help with {public['title']}. What they want is one option for each of these fields:"]
    for field in public["fields"]:
        options = field["options"]
        if public["skewed"]:
            options = [f"{o} ({p:.0%} of users)" for o, p in zip(options, field["prior"], strict=True)]
        lines.append(f"- {field['label']}: {' | '.join(options)}")
    if public["grading"] == "weighted":
        weights = ", ".join(f"{f['label']} {f['importance']}" for f in public["fields"])
        lines.append(f"The score is the share of fields that are right, weighted by importance: {weights}.")
    lines.append("Commit to exactly one option for every field as ANSWER: field: option; field: option")
    return "\n".join(lines)


def _choose(names: tuple[str, ...], count: int, bits: int) -> tuple[str, ...]:
    """`count` of the names, uniformly, in their order (selection sampling; Knuth, TAOCP 2, 3.4.2, algorithm S)."""
    chosen = []
    for i, name in enumerate(names):
        bits, draw = divmod(bits, len(names) - i)
        if draw < count - len(chosen):
            chosen.append(name)
    return tuple(chosen)


def _permutation(n: int, bits: int) -> list[int]:
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        bits, j = divmod(bits, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def _draw(prior: tuple[float, ...], at: float) -> int:
    for i, p in enumerate(prior):
        at -= p
        if at < 0:
            return i
    return len(prior) - 1


def _another(field: Field, value: str, bits: int) -> str:
    others = [option for option in field.options if option != value]
    return others[bits % len(others)]


def _revision(values: Mapping[str, str], public: Mapping[str, Any], bits: int) -> Mapping[str, Any]:
    bits, which = divmod(bits, len(values))
    name = list(values)[which]
    others = [o for o in public["fields"][which]["options"] if o != values[name]]
    bits, turn = divmod(bits, 2)
    return FrozenDict(turn=1 + turn, field=name, value=others[bits % len(others)])
