"""The contracts: Task, Simulator and Agent, and the views that they are given.

A view holds what its reader may know and nothing else. Simulators and agents are stateless: everything that they may
depend on is in the view, so a conversation can be forked, resumed, batched or replayed.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, NamedTuple, Protocol, Self, TypeVar

from pragenv.errors import AgentError, ConfigError, ModelError, SimulatorError, unknown
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, UserTurn, Verdict

V = TypeVar("V")
T = TypeVar("T")
F = TypeVar("F", bound=Exception)

SPLITS = ("train", "validation", "test")
COMMIT = "ANSWER:"
COMMITTING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+)?(?P<mark>[*_]{0,3})ANSWER(?::(?P=mark)|(?P=mark):|(?P<open>:))", re.MULTILINE
)
"""How a line begins that commits. Markdown may set it, or the marker alone, in bold or italics, or as a heading."""


def commitment(utterance: str) -> str | None:
    """What an utterance commits to: all that follows the first line that begins `ANSWER:`, or None."""
    if "ANSWER" not in utterance or (found := COMMITTING.search(utterance)) is None:
        return None
    line, end, rest = utterance[found.end() :].partition("\n")
    if found["open"]:  # the marks close where the line ends
        line = line.rstrip().removesuffix(found["mark"])
    return (line + end + rest).strip()


class Keys(NamedTuple):
    """Where one party's randomness comes from: an integer for the episode, and one for each turn."""

    episode: int

    def turn(self, t: int) -> int:
        """The key of turn `t` (63 bits): one multiply-xorshift round, since one is drawn at every step."""
        z = ((self[0] + t * 0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93) & 0xFFFFFFFFFFFFFFFF
        return (z ^ (z >> 32)) >> 1


class UserView(NamedTuple):
    """What a user knows. `turn` counts the user's utterances so far; `dialogue` has no system message.

    `traits` are what a persona sets (`verbosity`, …): a simulator honours those that it knows.
    """

    task: Task
    public: FrozenDict
    user_brief: FrozenDict
    dialogue: Dialogue
    keys: Keys
    turn: int
    traits: Mapping[str, Any] = FrozenDict()


class AgentView(NamedTuple):
    """What an agent knows. `turn` counts its utterances so far; `dialogue` begins with the system message.

    `setting` is what the environment's id says, and as public. `scenario` is None for every agent that isn't marked
    `privileged`.
    """

    task: Task
    public: FrozenDict
    agent_brief: FrozenDict | None
    dialogue: Dialogue
    keys: Keys
    turn: int
    setting: Setting
    scenario: Scenario | None = None

    @property
    def turn_limit(self) -> int:
        """The announced limit."""
        return self.setting.turn_limit

    @property
    def turn_cost(self) -> float:
        """What each agent turn costs."""
        return self.setting.turn_cost


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A named point in a task's space of difficulty; tasks subclass it to add knobs.

    Attributes:
        name: unique within the task; part of the Gymnasium id.
        turn_limit: the announced limit, in turns (one agent and one user message each); at least 1.
        turn_cost: subtracted from the score for each agent turn.
        repeats: whether the user says things again: `recap` (all of it, once there is nothing more to say) or
            `snowball` (in every turn, all that went before); empty: neither. See `pragenv.wrappers.repeat`.
        agents_not_applicable: agents that cannot play here, with the reason.
        tags: what the setting varies.
    """

    name: str = "default"
    turn_limit: int = 10
    turn_cost: float = 0.0
    repeats: str = ""
    agents_not_applicable: Mapping[str, str] = FrozenDict()
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.require(self.turn_limit >= 1, "turn_limit", "at least 1")
        self.require(0 <= self.turn_cost <= 1, "turn_cost", "in [0, 1]")
        self.require(self.repeats in ("", "recap", "snowball"), "repeats", "'', 'recap' or 'snowball'")

    def require(self, holds: bool, knob: str, wanted: str) -> None:
        """Refuse a knob's value unless `holds`."""
        if not holds:
            raise ConfigError(f"setting {self.name!r}: {knob} must be {wanted}, got {getattr(self, knob)!r}")

    def with_knobs(self, knobs: Mapping[str, Any]) -> Self:
        """This setting with some knobs changed.

        Raises:
            ConfigError: for a knob that does not exist, or a value of the wrong type or range.
        """
        current = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in knobs.items():
            if name not in current or name in ("name", "tags", "agents_not_applicable"):
                raise unknown("knob", name, set(current) - {"name", "tags", "agents_not_applicable"})
            old = current[name]
            fits = isinstance(value, type(old)) or (isinstance(old, float) and isinstance(value, int))
            if old is not None and (not fits or isinstance(value, bool) != isinstance(old, bool)):
                raise ConfigError(f"knob {name!r} takes {type(old).__name__}, got {value!r}")
        return replace(self, **knobs) if knobs else self


class Acts(Protocol):
    """A finite set of dialogue acts and the two directions between acts and text."""

    menu: tuple[Act, ...]
    """The questions that an agent can choose from, in a fixed order."""

    def parse(self, utterance: str) -> tuple[Act, ...]:
        """The acts of an agent's utterance; empty where nothing is understood."""

    def read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        """The acts of a user's utterance that follows the acts `asked`."""

    def phrase(self, act: Act, key: int) -> str:
        """An agent's wording of one of its acts, varied by key."""


class Task(ABC):
    """What is to be achieved: who knows what, what acts mean, and when it is solved. Stateless and deterministic.

    Everything that `truth` takes from text it takes through `acts`; `grade` is pure and does not look at how the user
    ended the talk.
    """

    name: ClassVar[str]
    SETTINGS: ClassVar[tuple[Setting, ...]]
    SPLITS: ClassVar[tuple[str, ...]] = SPLITS
    checkpoint: ClassVar[str | None] = None
    """The checkpoint of the bundled model that speaks for its parties: `second`, a folder, or None (the first)."""

    @property
    def default_user(self) -> str:
        """The name of the simulator that speaks for the user of an environment unless told otherwise."""
        return "scripted"

    @classmethod
    def setting(cls, name: str, knobs: Mapping[str, Any] | None = None) -> Setting:
        """The setting of that name, with knobs changed."""
        for candidate in cls.SETTINGS:
            if candidate.name == name:
                return candidate.with_knobs(knobs or {})
        raise unknown(f"setting of task {cls.name!r}", name, (s.name for s in cls.SETTINGS))

    def count(self, setting: Setting, split: str) -> int | None:
        """How many scenarios there are to enumerate (`key % count` selects one), or None where they are generated."""
        return None

    def fingerprint(self) -> str:
        """A digest of the data behind the task, so that records of other data are never continued."""
        return ""

    @abstractmethod
    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """The scenario of a key: a pure function of its arguments."""

    @abstractmethod
    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The system message, without the limits: what the task is and how to commit."""

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """What the user knows, in words: the private brief of a language-model user. By default, all that it holds."""
        return "\n".join(f"{name}: {value}" for name, value in user_brief.items() if value is not None)

    @abstractmethod
    def acts(self, view: UserView | AgentView) -> Acts:
        """The acts of this conversation, as far as the reader of the view can know them."""

    @abstractmethod
    def truth(self, view: UserView) -> tuple[Act, ...]:
        """What a faithful user conveys next."""

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether what a user's act says (inform, confirm, deny) is so. By default, judged by `truth` alone."""
        return all(act.value == due.value for due in self.truth(view) if due.slot == act.slot)

    @abstractmethod
    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """A user's wording of acts, varied by key and by the view's traits."""

    def corrupt(self, view: UserView, key: int) -> UserView:
        """The view of a user who is mistaken about what it is about to convey (the `noisy` persona speaks from it)."""
        return view

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """What a user could disclose without being asked, next in order; empty if nothing."""
        return ()

    def respond(self, scenario: Scenario, dialogue: Dialogue) -> Sequence[Message]:
        """Messages that the world adds after an agent's utterance (tool results)."""
        return ()

    def audible(self, dialogue: Dialogue, public: Mapping[str, Any]) -> Dialogue:
        """What of a dialogue reaches the user, turn by turn: by default all of it, but for instance no tool results."""
        return dialogue

    def ended(self, scenario: Scenario, dialogue: Dialogue) -> bool:
        """Whether the task has completed: by default, once the agent's last utterance commits."""
        return commitment(dialogue[-1].content) is not None

    @abstractmethod
    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """The verdict on a dialogue (without system message), complete or not."""

    @abstractmethod
    def answer(self, scenario: Scenario) -> str:
        """An utterance that commits to the truth (for the oracle)."""

    @abstractmethod
    def guess(self, view: AgentView, key: int | None = None) -> str:
        """An utterance that commits to the most probable answer, or with a key to a uniformly random one."""

    @abstractmethod
    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """The questions that the dialogue leaves open, most useful first; empty once nothing is missing."""

    @abstractmethod
    def chance(self, scenario: Scenario) -> float:
        """The exact expected score of `guess` with a random key, said until the episode ends (mostly once)."""

    @abstractmethod
    def needs_asking(self, scenario: Scenario) -> bool:
        """Whether the user's opening leaves out anything that the answer needs."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How completions are drawn.

    Attributes:
        temperature: 0 takes the most probable token.
        top_p: only the most probable tokens that together have this probability; in (0, 1].
        max_tokens: longest completion, in tokens.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 256

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise ConfigError(f"sampling: temperature must be in [0, 10], got {self.temperature!r}")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"sampling: top_p must be in (0, 1], got {self.top_p!r}")
        if self.max_tokens < 1:
            raise ConfigError(f"sampling: max_tokens must be at least 1, got {self.max_tokens!r}")


class Usage(NamedTuple):
    """Tokens of one completion. `cached` of the prompt's were not computed again; None: the backend does not say."""

    prompt: int | None = None
    cached: int | None = None
    completion: int | None = None


class Completion(NamedTuple):
    """What a model says next.

    Attributes:
        text: without control tokens.
        tokens: the ids as drawn, end token included; None where the backend does not tell.
        logprobs: natural log-probability of each token under the distribution that it was drawn from before temperature
            and top_p; None where the backend does not tell.
        entropies: of that distribution at each token, in nats; None where the backend does not tell.
        finish: `stop` (the model ended its turn), `length` (cut off at max_tokens), or what else a server says.
        signal: the name of the signal (see `LanguageModel.signals`) that ended the turn, if one did.
        usage: tokens read and written.
    """

    text: str
    tokens: tuple[int, ...] | None = None
    logprobs: tuple[float, ...] | None = None
    entropies: tuple[float, ...] | None = None
    finish: str = "stop"
    signal: str | None = None
    usage: Usage = Usage()


class LanguageModel(ABC):
    """Continues chats. Stateless: a completion is a function of prompt, sampling and key; caches are keyed by content.

    Attributes:
        signals: name -> control token by which the model can end a turn with a meaning of its own (`satisfied`).
            No text can hold one. Empty where the model has none.
    """

    signals: Mapping[str, str] = FrozenDict()

    @abstractmethod
    def complete(
        self, prompts: Sequence[Dialogue], sampling: Sampling, keys: Sequence[int]
    ) -> list[Completion | ModelError]:
        """The assistant's next message for each prompt; a failure takes its own place only.

        Args:
            prompts: chats, each ending with a message that is not the assistant's.
            sampling: the same for all.
            keys: a 63-bit integer for each prompt, from which its tokens are drawn.
        """

    @abstractmethod
    def score(self, prompts: Sequence[Dialogue], continuations: Sequence[str]) -> list[tuple[float, ...] | ModelError]:
        """The natural log-probability of each token of each continuation, the end of the turn included."""


class Simulator(ABC):
    """A user. Stateless: a turn is a pure function of the view."""

    @abstractmethod
    def reply(self, view: UserView) -> UserTurn:
        """The user's next turn; an empty dialogue asks for the opening.

        Raises:
            SimulatorError: where no faithful turn can be produced.
        """

    def reply_batch(self, views: Sequence[UserView]) -> list[UserTurn | SimulatorError]:
        """A turn for each view, in order; a failure, of whatever kind, takes its own place only."""
        return [_outcome(self.reply, view, SimulatorError) for view in views]


class Agent(ABC):
    """The party that is measured and trained. Stateless: an utterance is a pure function of the view."""

    privileged: ClassVar[bool] = False
    """Whether its views carry the scenario (oracles and solvers only)."""

    @abstractmethod
    def act(self, view: AgentView) -> str:
        """The agent's next utterance."""

    def act_batch(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        """An utterance for each view, in order; a failure, of whatever kind, takes its own place only."""
        return [_outcome(self.act, view, AgentError) for view in views]


def _outcome(party: Callable[[V], T], view: V, failure: type[F]) -> T | F:
    try:
        return party(view)
    except failure as error:
        return error
    except ConfigError:
        raise
    # A bug in one conversation must not end its neighbours', or the size of a batch would change results.
    except Exception as error:
        return failure(f"{type(error).__name__}: {error}")


class Objective(ABC):
    """One way to train a policy: gets from conversations to updates, an iteration at a time.

    `learner` is the trainer's own (`pragenv_baselines.train.learner.Learner`): it samples conversations and takes
    steps.
    What an objective keeps between iterations is in its `state`.
    """

    altitude: ClassVar[str]
    """What its signal is about: `token`, `turn` or `conversation`."""

    learns: ClassVar[bool] = True
    """Whether it changes the policy at all."""

    def start(self, learner: Any) -> None:  # noqa: B027 (most need nothing)
        """Make what is needed besides the policy, which is as it will be at the start."""

    @abstractmethod
    def iterate(self, learner: Any) -> Mapping[str, float]:
        """Sample, update, and return what is to be seen in the curve."""

    def state(self) -> Mapping[str, Any]:
        """What a resumed run needs: tensors, numbers, strings, and containers of them only."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:  # noqa: B027 (as `state`)
        """Take up what `state` returned."""
