"""Sharded: an instruction comes piece by piece, and an answer to half of it is usually wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha256
from importlib import import_module
from typing import Any, ClassVar, cast

from pragenv.errors import ConfigError, ModelError
from pragenv.protocols import AgentView, LanguageModel, Setting, Task, UserView, commitment
from pragenv.tasks.sharded.acts import ShardActs, shard_acts
from pragenv.tasks.sharded.item import Item, Kind
from pragenv.tasks.sharded.judge import Judge
from pragenv.tasks.sharded.kinds.summary import Summary
from pragenv.tasks.sharded.setting import KINDS, SETTINGS, ShardedSetting
from pragenv.tasks.sharded.source import load
from pragenv.tasks.speech import conveyed, speak
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, mix

_ATTEMPTS = {
    "first": "Your first answer counts and ends the conversation.",
    "any": "You may answer more than once; a right answer ends the conversation.",
    "last": "You may answer more than once; the last answer counts.",
}
_OPENING = "Here is what I need:"
_NUMBER = re.compile(r"\d+")


class Sharded(Task):
    """The user has an instruction and reveals it shard by shard; the agent may answer at any time.

    After "LLMs Get Lost In Multi-Turn Conversation" (Laban et al. 2025), with seven kinds of instruction.

    ## Description
    The hidden intent is an instruction in shards, the goal first. In every turn the user says one more: that which the
    question asked about, where it is about one, else the next in order.

    ## Observation
    The system message says how an answer is to be written and, for some kinds, what there is to work with (a schema, a
    signature, tools); it is the same in every view. Then the conversation.

    ## Action
    Any text. `ANSWER:` commits to all that follows.

    ## Reward
    At the end the grade of the attempt that counts (see `ShardedSetting.attempts`), less `turn_cost` a turn; 0 where
    none was made. Summaries are not scored without a judge.

    ## Termination
    As `attempts` says, at the announced turn limit, or when the user leaves.

    ## Settings
    See `ShardedSetting` for the knobs and `Sharded.SETTINGS` for the named combinations. Splits differ in the items.

    Args:
        source: a file in the public format instead of the built-in items. They are the same in every split.
        on_bad: what to do with a bad record of the source: `stop` or `skip`.
        judge: a model that scores summaries, and, where `recognise` is on, tells an attempt from a remark when the
            kind's rules recognise none. In a specification or a config, a model's reference.

    Raises:
        DataError: for a source that cannot be used.
    """

    name = "sharded"
    SETTINGS: ClassVar[tuple[Setting, ...]] = SETTINGS

    def __init__(
        self, source: str | None = None, on_bad: str = "stop", judge: LanguageModel | Judge | None = None
    ) -> None:
        self.judge = Judge(judge) if isinstance(judge, LanguageModel) else judge
        self._arguments = (source, on_bad, self.judge)
        self.skipped: tuple[str, ...] = ()
        self._digest, self._loaded = "", None
        if source is not None:
            self._loaded, self.skipped, self._digest = load(source, {name: kind_of(name) for name in KINDS}, on_bad)
        elif on_bad != "stop":
            raise ConfigError("on_bad is about the records of a source; the built-in items have none that are bad")
        self._items = cache(self.items)

    def __reduce__(self) -> tuple[type[Sharded], tuple[str | None, str, Judge | None]]:
        return type(self), self._arguments

    def count(self, setting: Setting, split: str) -> int | None:
        """The number of items."""
        assert isinstance(setting, ShardedSetting)
        return len(self._items(setting.kind, split))

    def fingerprint(self) -> str:
        """A digest of the source file; empty for the built-in items."""
        return self._digest

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """The item at `key % count`, and the order in which its shards are told."""
        assert isinstance(setting, ShardedSetting)
        items = self._items(setting.kind, split)
        item = items[key % len(items)]
        public = {
            "kind": item.kind,
            "context": item.context,
            "attempts": setting.attempts,
            "recognise": setting.recognise,
            "turn_limit": setting.turn_limit,
        }
        brief = {"id": item.id, "full": item.full, "shards": item.shards, "target": item.target}
        # By the item, not by the key: the same instruction again is the same scenario.
        shuffle = int.from_bytes(sha256(item.id.encode()).digest()[:7]) if setting.view == "shuffle_concat" else None
        return Scenario(public, {**brief, "view": setting.view, "shuffle": shuffle})

    def items(self, kind: str, split: str) -> tuple[Item, ...]:
        """The items of a kind (of all that need no judge, where it is empty) in a split, mixed.

        Raises:
            ConfigError: where the source has none.
        """
        wanted = (kind,) if kind else tuple(name for name in KINDS if name != Summary.name)
        if self._loaded is not None:
            found = tuple(item for item in self._loaded if item.kind in wanted)
            if not found:
                kinds = sorted({item.kind for item in self._loaded})
                raise ConfigError(f"source {self._arguments[0]}: holds {', '.join(kinds)}, nothing of {wanted}")
            return found
        parts = {"train": (0, 1, 2), "validation": (3,), "test": (4,)}[split]
        chosen = [item for name in wanted for i, item in enumerate(kind_of(name).items()) if i % 5 in parts]
        return tuple(sorted(chosen, key=lambda item: mix(int.from_bytes(f"{item.kind}/{item.id}".encode()), 0)))

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """How to answer, and what there is to work with: the same in every view."""
        context = f"\n\n{public['context']}" if public["context"] else ""
        return (
            "A user needs your help with a task, and may tell you of it bit by bit. "
            f"{kind_of(public['kind']).rules} {_ATTEMPTS[public['attempts']]}{context}"
        )

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The shards in the order in which they are told."""
        shards = "\n".join(f"- {user_brief['shards'][i]}" for i in _order(user_brief))
        first = "Begin with the first" if user_brief["view"] == "sharded" else "Begin with all of them"
        then = "Then tell one piece a message, the one that is asked about or else the next; at last, that that is all."
        return f"What you need, in pieces:\n{shards}\n{first}. {then}"

    def acts(self, view: UserView | AgentView) -> ShardActs:
        """The acts over the user's shards; an agent cannot know them."""
        if isinstance(view, AgentView):
            return shard_acts((), "")
        return shard_acts(view.user_brief["shards"], view.user_brief["full"])

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """The opening; then the shard that is asked about and not told yet, else the next in order."""
        brief = view.user_brief
        if not view.dialogue:
            order = _order(brief)
            return tuple(_inform(brief, i) for i in (order[:1] if brief["view"] == "sharded" else order))
        untold = self._untold(view)
        asked = [int(act.slot.removeprefix("shard_")) for act in self._asked(view) if act.kind == "ask"]
        wanted = [i for i in asked if i in untold] or untold
        return (_inform(brief, wanted[0]),) if wanted else (Act("nothing_more"),)

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether it is one of the user's shards."""
        return act.kind != "inform" or act.value in view.user_brief["shards"]

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """The next shard that the user has neither told nor is about to tell."""
        telling = {act.slot for act in self.truth(view)}
        acts = (_inform(view.user_brief, i) for i in self._untold(view))
        return tuple(act for act in acts if act.slot not in telling)[:1]

    def corrupt(self, view: UserView, key: int) -> UserView:
        """The view of a user who has every number of the instruction one too high."""
        shards = tuple(_NUMBER.sub(lambda n: str(int(n.group()) + 1), shard) for shard in view.user_brief["shards"])
        return view._replace(user_brief=FrozenDict({**view.user_brief, "shards": shards}))

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The shards word for word; several at once as a list, or, in the view `full`, as the whole instruction."""
        if len(acts) > 1 and not view.dialogue:
            if view.user_brief["view"] == "full":
                full: str = view.user_brief["full"]
                return full
            return "\n- ".join((_OPENING, *(act.value for act in acts)))
        return speak(acts, lambda act, _: act.value or None, view.traits, key)

    def _asked(self, view: UserView) -> tuple[Act, ...]:
        said = [message.content for message in view.dialogue if message.role == "assistant"]
        return self.acts(view).parse(said[-1]) if said else ()

    def _untold(self, view: UserView) -> list[int]:
        """The shards that the user has not told so far, by its own words, in order."""
        told = {act.slot for act in conveyed(self.acts(view), view.dialogue)}
        return [i for i in _order(view.user_brief) if f"shard_{i}" not in told]

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def ended(self, scenario: Scenario, dialogue: Dialogue) -> bool:
        """Whether the last utterance is an attempt that completes the task under the rule on attempts."""
        try:
            answer = self.attempt(scenario, dialogue[-1].content)
        except ModelError:  # the verdict will say so
            return False
        if answer is None:
            return False
        rule = scenario.public["attempts"]
        if rule == "any":
            return self._verdict(_item(scenario), answer).solved
        return bool(rule == "first" or self.told_all(scenario, dialogue))

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """The verdict on the attempt that counts: the first, the best or the last."""
        said = [message.content for message in dialogue if message.role == "assistant"]
        try:
            answers = [answer for text in said if (answer := self.attempt(scenario, text)) is not None]
        except ModelError as error:
            return Verdict(None, False, f"the judge failed: {error}")
        if not answers:
            return Verdict(0.0, False, "no answer was given")
        rule = scenario.public["attempts"]
        counted = {"first": answers[:1], "last": answers[-1:]}.get(rule, answers)
        verdicts = [self._verdict(_item(scenario), answer) for answer in counted]
        return max(verdicts, key=lambda v: -1.0 if v.score is None else v.score)

    def attempt(self, scenario: Scenario, utterance: str) -> str | None:
        """The answer in an utterance: what it commits to, else, where the setting has it so, what is recognised.

        Raises:
            ModelError: where the judge fails.
        """
        answer = commitment(utterance)
        if answer is None and scenario.public["recognise"]:
            answer = kind_of(scenario.public["kind"]).recognise(utterance)
            if answer is None and self.judge is not None:
                answer = self.judge.attempt(utterance)
        return answer

    def _verdict(self, item: Item, answer: str) -> Verdict:
        return Summary(self.judge).grade(item, answer) if item.kind == Summary.name else _verdict(item, answer)

    def told(self, scenario: Scenario, dialogue: Dialogue) -> frozenset[int]:
        """The indices of the shards that the user's words in a dialogue have conveyed."""
        acts = shard_acts(scenario.user_brief["shards"], scenario.user_brief["full"])
        informs = (act for act in conveyed(acts, dialogue) if act.kind == "inform")
        return frozenset(int(act.slot.removeprefix("shard_")) for act in informs)

    def told_all(self, scenario: Scenario, dialogue: Dialogue) -> bool:
        """Whether the user has conveyed every shard."""
        return self.told(scenario, dialogue) == _item(scenario).everything

    def answer(self, scenario: Scenario) -> str:
        """The commitment to the right answer."""
        item = _item(scenario)
        return f"ANSWER: {kind_of(item.kind).solve(item, item.everything)}"

    def solve(self, scenario: Scenario, dialogue: Dialogue) -> str:
        """The commitment of a competent solver to whom the user has said this much: right if that is all."""
        item = _item(scenario)
        return f"ANSWER: {kind_of(item.kind).solve(item, self.told(scenario, dialogue))}"

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str] | None:
        """What the best possible agent does not exceed, what a perfect solver earns, and how that was found.

        A perfect solver waits for all shards, one a turn. Where a turn costs nothing, nobody does better; where it
        does, who guesses what is not told yet may, if lucky.
        """
        if scenario.public["kind"] == Summary.name and self.judge is None:
            return None
        brief = scenario.user_brief
        turns = len(brief["shards"]) if brief["view"] == "sharded" else 1
        enough = turns <= setting.turn_limit
        # Whoever is wrong under another rule than `first` goes on until the limit.
        lost = setting.turn_cost * (1 if scenario.public["attempts"] == "first" else setting.turn_limit)
        reached = 1.0 - setting.turn_cost * turns if enough else -lost
        surely = enough and (setting.turn_cost == 0 or turns == 1 or scenario.public["attempts"] == "last")
        return reached if surely else 1.0 - setting.turn_cost, reached, "turns that all shards take"

    # -- what agents need ----------------------------------------------------------------------------------------------

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """An open question, until the user says that there is nothing more."""
        done = any(act.kind == "nothing_more" for act in conveyed(self.acts(view), view.dialogue))
        return () if done else ShardActs.menu

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """That nothing is known; with a key, an answer at random."""
        if key is None:
            return "ANSWER: I don't know."
        kind = view.public["kind"]
        known = Item("", kind, view.public["context"], "unknown", ("unknown",), FrozenDict())
        return f"ANSWER: {kind_of(kind).random(known, key)}"

    def chance(self, scenario: Scenario) -> float:
        """The kind's; where any attempt may be right, that of one at each turn."""
        item = _item(scenario)
        kind = kind_of(item.kind)
        p = kind.chance(item)
        if scenario.public["attempts"] != "any" or kind.random(item, 0) == kind.random(item, 1):
            return p
        return float(1 - (1 - p) ** scenario.public["turn_limit"])

    def needs_asking(self, scenario: Scenario) -> bool:
        """Whether the opening leaves out a shard."""
        return scenario.user_brief["view"] == "sharded" and len(scenario.user_brief["shards"]) > 1


@cache
def kind_of(name: str) -> Kind:
    """The kind of that name."""
    module = import_module(f"pragenv.tasks.sharded.kinds.{name}")
    made: Kind = getattr(module, "".join(part.capitalize() for part in name.split("_")))()
    return made


def _item(scenario: Scenario) -> Item:
    public, brief = scenario.public, cast(FrozenDict, scenario.user_brief)
    if brief.memo is None:
        fields = (brief["id"], public["kind"], public["context"], brief["full"], brief["shards"], brief["target"])
        brief.memo = Item(*fields)
    item: Item = brief.memo
    return item


@lru_cache(maxsize=65536)
def _verdict(item: Item, answer: str) -> Verdict:
    """A kind's verdict. Pure, and a sandbox dear: kept for the whole process, since the same answers come again."""
    return kind_of(item.kind).grade(item, answer)


def _order(brief: Mapping[str, Any]) -> list[int]:
    """The indices of the shards in the order in which they are told: the goal first, the rest shuffled or not."""
    rest, key = range(1, len(brief["shards"])), brief["shuffle"]
    return [0, *(rest if key is None else sorted(rest, key=lambda i: mix(key, i)))]


def _inform(brief: Mapping[str, Any], index: int) -> Act:
    return Act("inform", f"shard_{index}", brief["shards"][index])
