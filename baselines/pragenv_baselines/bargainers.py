"""Agents for Negotiate: one insists on its own terms, one gives tit for tat, one asks what matters and trades terms."""

from __future__ import annotations

from typing import NamedTuple

from pragenv.errors import ConfigError
from pragenv.protocols import COMMIT, Agent, AgentView
from pragenv.tasks.negotiate import Negotiate
from pragenv.tasks.negotiate.acts import OFFER
from pragenv.tasks.negotiate.dealing import table_of
from pragenv.tasks.negotiate.market import Market, Offer
from pragenv.tasks.negotiate.sides import Side, efficient
from pragenv.tasks.negotiate.tactics import GAPS
from pragenv.types import Act
from pragenv_baselines.home import home


class _Talk(NamedTuple):
    """What an agent bargains by: the task, its view, the market and its own interests."""

    task: Negotiate
    view: AgentView
    market: Market
    mine: Side

    @property
    def last(self) -> bool:
        """Whether there is no reply to come."""
        return self.view.turn >= self.view.turn_limit - 1

    def own_terms(self, surplus: int) -> Offer:
        """The offer with the levels that the agent likes best which leaves it a surplus."""
        return Offer(self.mine.price(self.mine.favourite, surplus), self.mine.favourite)

    def offered(self) -> list[Offer]:
        """The user's offers so far."""
        heard = (act for turn in self.task.turns(self.view) for act in turn.heard)
        return [self.market.offer(act.value) for act in heard if act.kind == "inform" and act.slot == OFFER]

    def bargain(self, asked: int, offer: Offer) -> str:
        """Accept what leaves the surplus that is asked for; else make an offer, at the last turn the last."""
        acts = self.task.acts(self.view)
        table = table_of(acts, self.view.dialogue)
        if table.closed:
            return "Agreed, that is our deal."
        if table.user is not None and self.mine.surplus(table.user) >= asked:
            return f"{COMMIT} accept"
        if self.last:
            return f"{COMMIT} {self.market.write(offer)}"
        return acts.phrase(Act("offer", self.market.key(offer)), self.view.keys.turn(self.view.turn))


class Positional(Agent):
    """Insists on the terms that it likes best and concedes on the price alone, with time (Faratin et al. 1998).

    It asks at first for the greatest gap that there may be between the limits, and in the end for the least, which a
    user whose terms are as it insists can always give.

    Args:
        pace: beta of its concessions: below 1 late, above 1 early.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self._pace = _above_zero("positional", pace)

    def act(self, view: AgentView) -> str:
        """An offer, acceptance, or the last offer.

        Raises:
            AgentError: in another task than Negotiate.
        """
        talk = _talk(view)
        asked = _target(talk, self._pace)
        return talk.bargain(asked, talk.own_terms(asked))


class TitForTat(Agent):
    """Insists on its own terms, and concedes on the price as much as the user's offers have improved for it.

    It opens and ends as `positional` does.
    """

    def act(self, view: AgentView) -> str:
        """An offer, acceptance, or the last offer.

        Raises:
            AgentError: in another task than Negotiate.
        """
        talk = _talk(view)
        worths = [talk.mine.surplus(offer) for offer in talk.offered()]
        least, most = (GAPS[i] * talk.market.step for i in (0, -1))
        asked = least if talk.last else max(least, most - (max(worths) - worths[0] if worths else 0))
        return talk.bargain(asked, talk.own_terms(asked))


class Integrative(Agent):
    """Asks what the terms matter to the user, then offers the levels that leave most to share; else as `positional`.

    To give way in what matters little to oneself for what matters much is logrolling (Froman and Cohen 1970).

    Args:
        pace: beta of its concessions: below 1 late, above 1 early.
        share: of the surplus that the terms create, what it asks for itself.
        asks: whether it asks; else it offers the levels that leave most to share on average.
    """

    def __init__(self, pace: float = 1.0, share: float = 0.5, asks: bool = True) -> None:
        self._pace = _above_zero("integrative", pace)
        if not 0 <= share <= 1:
            raise ConfigError(f"integrative: share must be in [0, 1], got {share!r}")
        self._share, self._asks = share, asks

    def act(self, view: AgentView) -> str:
        """A question, an offer, acceptance, or the last offer.

        Raises:
            AgentError: in another task than Negotiate.
        """
        talk = _talk(view)
        belief = talk.task.belief(view)
        unknown = [t.name for i, t in enumerate(talk.market.terms) if len(belief.matters(i)) > 1]
        if self._asks and unknown and view.turn == 0 and not talk.last:
            acts, key = talk.task.acts(view), view.keys.turn(0)
            return " ".join(acts.phrase(Act("ask", name), key + i) for i, name in enumerate(unknown))
        worths = belief.worths
        levels = efficient(talk.mine.worths, worths)
        created = talk.mine.terms(levels) + sum(worth[i] for worth, i in zip(worths, levels, strict=True))
        step = talk.market.step
        asked = _target(talk, self._pace) + int(self._share * created / step) * step
        return talk.bargain(asked, Offer(talk.mine.price(levels, asked), levels))


def _target(talk: _Talk, pace: float) -> int:
    """The surplus to ask for: from the greatest gap at the first turn to the least at the last, in whole steps."""
    elapsed = talk.view.turn / max(1, talk.view.turn_limit - 1)
    asked = GAPS[-1] - (GAPS[-1] - GAPS[0]) * elapsed ** (1 / pace)
    return (GAPS[0] if talk.last else round(asked)) * talk.market.step


def _above_zero(agent: str, pace: float) -> float:
    if not pace > 0:
        raise ConfigError(f"{agent}: pace must be above 0, got {pace!r}")
    return pace


def _talk(view: AgentView) -> _Talk:
    task = home(view, Negotiate)
    assert view.agent_brief is not None
    return _Talk(task, view, task.market(view), task.agent_side(view.public, view.agent_brief))
