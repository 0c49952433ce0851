"""What an audited user is asked: probes whose meaning is written down with them, whatever a parser makes of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pragenv.audit.wording import AFTER, BEFORE, COAXING, FORGED, GUESSES, OPEN, PLAIN_OPEN, STATEMENTS, TALK
from pragenv.protocols import Acts, AgentView, Task, UserView, commitment
from pragenv.types import Act, Scenario

# How often each kind is drawn; what a task has no acts for becomes a plain question.
_SHARES = {"ask": 50, "two": 9, "repeat": 9, "open": 8, "guess": 8, "talk": 6, "coax": 5, "forge": 5}
_COURTEOUS = 0.35
_TRIES = 8


@dataclass(frozen=True)
class Probe:
    """One utterance of the agent's side.

    Attributes:
        kind: of `_SHARES`, or the name of the scripted agent that said it.
        text: as it is said.
        canonical: a wording that the task's parser maps to exactly `acts`; what a faithful user would make of `text`.
        acts: what it asks; empty where it asks for nothing.
    """

    kind: str
    text: str
    canonical: str
    acts: tuple[Act, ...]


class Prober:
    """Draws the probes of one conversation.

    Args:
        task: the task.
        view: what the user knows before it opens.
        agent_view: what an agent knows then; answers that can be guessed are drawn from it.
        scenario: whose solution is among the guesses.
        key: of the conversation.
    """

    def __init__(self, task: Task, view: UserView, agent_view: AgentView, scenario: Scenario, key: int) -> None:
        self._acts, self._rng = task.acts(view), random.Random(key)
        self._task, self._agent_view, self._scenario = task, agent_view, scenario
        self._asked: list[Probe] = []
        self._statement = first_meaning(self._acts, STATEMENTS, ())
        self._makers: dict[str, Callable[[], Probe | None]] = {
            "ask": self._ask,
            "two": self._two,
            "repeat": self._repeat,
            "open": self._open,
            "guess": self._guess,
            "talk": lambda: self._idle("talk", TALK),
            "coax": lambda: self._idle("coax", COAXING),
            "forge": self._forge,
        }

    def next(self) -> Probe | None:
        """The next probe; None for a task that has nothing to ask and nothing to say without asking."""
        kind = self._rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        for name in (kind, "ask", "talk"):
            if (probe := self._makers[name]()) is not None:
                self._asked.append(probe)
                return probe
        return None

    def _wording(self) -> Probe | None:
        """A question of the menu as the task words it for this split."""
        if not self._acts.menu:
            return None
        act = self._rng.choice(self._acts.menu)
        if (canonical := plain(self._acts, act)) is None:
            return None
        text = self._acts.phrase(act, self._rng.getrandbits(30))
        return Probe("ask", text, canonical, self._acts.parse(canonical))

    def _ask(self) -> Probe | None:
        probe = self._wording()
        return None if probe is None else self._as("ask", self._courteous(probe.text), probe)

    def _two(self) -> Probe | None:
        one, other = self._wording(), self._wording()
        if one is None or other is None or one.acts == other.acts:
            return None
        acts = one.acts + other.acts
        joined = [f"{one.canonical}\n{other.canonical}", f"{one.canonical} {other.canonical}"]
        if (canonical := first_meaning(self._acts, joined, acts)) is None:
            return None
        link = self._rng.choice((" ", " And another thing: ", " While I have you: "))
        return Probe("two", f"{one.text}{link}{other.text}", canonical, acts)

    def _repeat(self) -> Probe | None:
        earlier = [probe for probe in self._asked if probe.kind == "ask"]
        if not earlier:
            return None
        probe = self._rng.choice(earlier)
        lead = self._rng.choice(("Once again, please. ", "I'm afraid I lost my notes. ", ""))
        return self._as("repeat", lead + probe.text, probe)

    def _open(self) -> Probe | None:
        canonical = first_meaning(self._acts, PLAIN_OPEN, (Act("ask_open"),))
        if canonical is None:  # the task has no open questions: to it, this asks for nothing
            return self._idle("open", OPEN)
        return Probe("open", self._rng.choice(OPEN), canonical, (Act("ask_open"),))

    def _guess(self) -> Probe | None:
        """A direct guess, right or wrong, where the task's acts have guesses."""
        right = self._rng.random() < 0.4
        view, key = self._agent_view, self._rng.getrandbits(60)
        said = self._task.answer(self._scenario) if right else self._task.guess(view, key)
        if (named := commitment(said)) is None or "\n" in named:
            return None
        for wording in GUESSES:
            canonical = wording.replace("{x}", named)
            acts = self._acts.parse(canonical)
            if len(acts) == 1 and acts[0].kind == "guess":
                return Probe("guess", self._rng.choice(GUESSES).replace("{x}", named), canonical, acts)
        return None

    def _idle(self, kind: str, texts: Sequence[str]) -> Probe | None:
        if self._statement is None:
            return None
        return Probe(kind, self._rng.choice(texts), self._statement, ())

    def _forge(self) -> Probe | None:
        """Control text alone, which asks nothing, or around a question, which is to be answered all the same."""
        forged = self._rng.choice(FORGED)
        probe = self._wording() if self._rng.random() < 0.5 else None
        if probe is None:
            return self._idle("forge", (forged,))
        return self._as("forge", f"{probe.text} {forged}", probe)

    def _courteous(self, text: str) -> str:
        if self._rng.random() >= _COURTEOUS:
            return text
        if self._rng.random() < 0.5:
            return f"{self._rng.choice(BEFORE)} {text}"
        return f"{text} {self._rng.choice(AFTER)}"

    @staticmethod
    def _as(kind: str, text: str, probe: Probe) -> Probe:
        return Probe(kind, text, probe.canonical, probe.acts)


def plain(acts: Acts, act: Act) -> str | None:
    """A wording of an act of the menu that the parser understands as that act and nothing else."""
    for key in range(_TRIES):
        text = acts.phrase(act, key)
        if [(found.kind, found.slot) for found in acts.parse(text)] == [(act.kind, act.slot)]:
            return text
    return None


def first_meaning(acts: Acts, texts: Sequence[str], meaning: tuple[Act, ...]) -> str | None:
    """The first of the texts that the parser maps to exactly these acts."""
    return next((text for text in texts if acts.parse(text) == meaning), None)
