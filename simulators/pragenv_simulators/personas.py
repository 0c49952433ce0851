"""Personas: wrappers that change a user's manner, reliability or patience. They compose, and wrap any simulator.

A persona acts on the view before the user speaks (what it believes, how it is told to speak) or on the turn afterwards.
Rates are decided by keys, so a persona is as reproducible as the user inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pragenv.errors import ConfigError
from pragenv.protocols import Simulator, UserView
from pragenv.types import Act, FrozenDict, UserTurn, mix, uniform

# Each persona draws from a stream of its own, so that composing two does not correlate them.
_NOISE, _TYPOS, _DISCLOSURE, _EXPERTISE, _POPULATION = range(101, 106)


class Persona(Simulator):
    """A user around a user; the base of all personas.

    Args:
        user: the simulator inside.
    """

    def __init__(self, user: Simulator) -> None:
        self.user = user

    def reply(self, view: UserView) -> UserTurn:
        """The inner user's turn on the view as this persona sees it, as this persona puts it."""
        return self.after(view, self.user.reply(self.before(view)))

    def before(self, view: UserView) -> UserView:
        """The view that the inner user speaks from."""
        return view

    def after(self, view: UserView, turn: UserTurn) -> UserTurn:
        """What becomes of the inner user's turn."""
        return turn


def with_info(turn: UserTurn, **notes: Any) -> UserTurn:
    """The turn with notes added to its record."""
    return turn._replace(info=FrozenDict({**turn.info, **notes}))


def _rate(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ConfigError(f"{name} must be in [0, 1], got {value!r}")
    return float(value)


class Cooperative(Persona):
    """The user as it is."""


class Terse(Persona):
    """Says as little as it can."""

    def before(self, view: UserView) -> UserView:
        """Ask for bare values."""
        return view._replace(traits=FrozenDict({**view.traits, "verbosity": "terse"}))


class Verbose(Persona):
    """Wraps every answer in small talk."""

    def before(self, view: UserView) -> UserView:
        """Ask for small talk."""
        return view._replace(traits=FrozenDict({**view.traits, "verbosity": "verbose"}))


class Impatient(Persona):
    """Leaves, dissatisfied, instead of taking more than `patience` of the agent's turns.

    Args:
        user: the simulator inside.
        patience: agent turns that it answers; at least 0.
    """

    def __init__(self, user: Simulator, patience: int = 3) -> None:
        super().__init__(user)
        if patience < 0:
            raise ConfigError(f"patience must be at least 0, got {patience!r}")
        self.patience = patience

    def reply(self, view: UserView) -> UserTurn:
        """The inner turn, or the farewell."""
        if view.turn > self.patience:
            return UserTurn("This is taking too long. Never mind.", "gave_up")
        return super().reply(view)


class OverDisclosing(Persona):
    """Adds, at a rate, something that nobody asked about.

    Args:
        user: the simulator inside.
        rate: share of its turns in which it does.
    """

    def __init__(self, user: Simulator, rate: float = 0.5) -> None:
        super().__init__(user)
        self.rate = _rate("rate", rate)

    def after(self, view: UserView, turn: UserTurn) -> UserTurn:
        """Add the next thing that the task says could be volunteered."""
        key = mix(view.keys.turn(view.turn), _DISCLOSURE)
        extra = view.task.volunteer(view) if turn.end is None and uniform(key) < self.rate else ()
        if not extra:
            return turn
        # In plain words: the turn that it is added to has had its small talk.
        said = view.task.say(view._replace(traits=FrozenDict()), extra, mix(key, 1))
        return with_info(turn._replace(text=f"{turn.text} {said}"), disclosed=len(extra))


class Noisy(Persona):
    """Is mistaken, at a rate, in what it answers (never in its opening).

    Args:
        user: the simulator inside.
        rate: share of its answers that are wrong.
    """

    def __init__(self, user: Simulator, rate: float = 0.1) -> None:
        super().__init__(user)
        self.rate = _rate("rate", rate)

    def reply(self, view: UserView) -> UserTurn:
        """The inner user's turn, from a mistaken view where it errs."""
        key = mix(view.keys.turn(view.turn), _NOISE)
        if view.dialogue and uniform(key) < self.rate:
            mistaken = view.task.corrupt(view, mix(key, 1))
            if view.task.truth(mistaken) != view.task.truth(view):  # else there is nothing to be wrong about
                return with_info(self.user.reply(mistaken), erred=True)
        return self.user.reply(view)


class Inexpert(Persona):
    """Does not understand a question the first time, for a share of the questions fixed by the episode.

    Args:
        user: the simulator inside.
        rate: share of the questions that it must be asked twice.
    """

    def __init__(self, user: Simulator, rate: float = 0.3) -> None:
        super().__init__(user)
        self.rate = _rate("rate", rate)

    def reply(self, view: UserView) -> UserTurn:
        """The inner user's turn, or a question back."""
        if view.dialogue:
            acts = view.task.acts(view)
            asked = [acts.parse(m.content) for m in view.dialogue if m.role == "assistant"]
            fresh = [a for a in asked[-1] if a.kind == "ask" and not any(a in before for before in asked[:-1])]
            if fresh and self._puzzled(view, fresh[0]):
                # A change of mind is due whatever was asked.
                revised = [act for act in view.task.truth(view) if act.kind == "revise"]
                said = view.task.say(view, (*revised, Act("unsure", fresh[0].slot)), view.keys.turn(view.turn))
                return UserTurn(said, None, FrozenDict(puzzled=fresh[0].slot))
        return self.user.reply(view)

    def _puzzled(self, view: UserView, act: Act) -> bool:
        key = mix(view.keys.episode, _EXPERTISE)
        for letter in act.slot:  # str hashes differ between processes
            key = mix(key, ord(letter))
        return uniform(key) < self.rate


_NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopqsdfghjklaxcvbnmz", strict=True))


class Typist(Persona):
    """A careless typist: swaps, drops, doubles or mistypes letters of longer words, and drops their capitals.

    Args:
        user: the simulator inside.
        rate: share of those words that are hit.
    """

    def __init__(self, user: Simulator, rate: float = 0.15) -> None:
        super().__init__(user)
        self.rate = _rate("rate", rate)

    def after(self, view: UserView, turn: UserTurn) -> UserTurn:
        """The text with slips."""
        key = mix(view.keys.turn(view.turn), _TYPOS)
        typed = [self._type(word, mix(key, i)) for i, word in enumerate(turn.text.split(" "))]
        return turn._replace(text=" ".join(typed))

    def _type(self, word: str, key: int) -> str:
        if len(word) < 5 or not word.isalpha() or uniform(key) >= self.rate:
            return word
        at, kind = 1 + key % (len(word) - 2), (key >> 20) % 4
        a, b = word[at], word[at + 1]
        slip = (b + a, b, a + a + b, _NEIGHBOURS.get(a.lower(), a) + b)[kind]
        return (word[:at] + slip + word[at + 2 :]).lower()


class Population(Persona):
    """Nobody's users are all the same: each episode draws one person from a declared joint distribution.

    Expertise is uniform on [0, 1]. Given expertise e: accuracy is 0.85 + 0.15·e (experts err less); disclosure, the
    chance to volunteer something in a turn, is 0.4·(1 - u·e) with u uniform (experts volunteer less); patience is 4 + a
    geometric number with mean 6; verbosity is terse, plain or verbose with probabilities 0.2 + 0.2·e, 0.5 - 0.2·e, 0.3;
    a question must be asked twice with probability 0.3·(1 - e). Traits hold for the episode and are recorded.
    """

    def reply(self, view: UserView) -> UserTurn:
        """The turn of the person drawn for this episode."""
        traits = self.draw(view.keys.episode)
        user: Simulator = OverDisclosing(self.user, traits["disclosure"])
        user = Noisy(user, 1 - traits["accuracy"])
        user = Inexpert(user, 0.3 * (1 - traits["expertise"]))
        user = Impatient(user, traits["patience"])
        manner = {"verbosity": traits["verbosity"]}
        return with_info(user.reply(view._replace(traits=FrozenDict({**view.traits, **manner}))), traits=traits)

    @staticmethod
    def draw(key: int) -> Mapping[str, Any]:
        """The traits of an episode's key."""
        u = [uniform(mix(mix(key, _POPULATION), i)) for i in range(4)]
        expertise = u[0]
        patience = 4
        bits = mix(mix(key, _POPULATION), 9)
        while bits % 7 and patience < 60:  # geometric: leaves with probability 1/7 at each further turn
            bits, patience = mix(bits, 0), patience + 1
        terse = 0.2 + 0.2 * expertise
        verbosity = "terse" if u[2] < terse else "verbose" if u[2] >= 0.7 else "plain"
        return FrozenDict(
            expertise=round(expertise, 4),
            accuracy=round(0.85 + 0.15 * expertise, 4),
            disclosure=round(0.4 * (1 - u[1] * expertise), 4),
            patience=patience,
            verbosity=verbosity,
        )
