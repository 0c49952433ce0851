"""When a deal exists: one side accepts an offer that the other really made and that still stands, with all its terms.

An offer stands until its maker makes another or withdraws it, or the other side answers it with an offer of its own.
"""

from __future__ import annotations

from typing import NamedTuple

from pragenv.protocols import commitment
from pragenv.tasks.negotiate.acts import OFFER, NegotiateActs
from pragenv.tasks.negotiate.market import Offer
from pragenv.tasks.negotiate.reading import read_terms
from pragenv.types import Act, Dialogue


class Table(NamedTuple):
    """What is on the table after a dialogue.

    Attributes:
        agent: the agent's offer that stands, if any.
        user: the user's.
        deal: what was agreed on, by an acceptance.
        last: the last offer of an agent that has committed to one that the user has not made.
        closed: whether nothing more can come of it: a deal, or a commitment.
    """

    agent: Offer | None = None
    user: Offer | None = None
    deal: Offer | None = None
    last: Offer | None = None
    closed: bool = False


def table_of(acts: NegotiateActs, dialogue: Dialogue) -> Table:
    """What is on the table; whatever follows a deal or a commitment changes nothing."""
    table = Table()
    asked: tuple[Act, ...] = ()
    for message in dialogue:
        if message.role == "assistant":
            if (answer := commitment(message.content)) is not None:
                return _committed(acts, table, answer)
            asked = acts.parse(message.content)
            table = _moved(acts, table, asked)
        elif message.role == "user":
            heard = acts.read(message.content, asked)
            if Act("confirm", OFFER) in heard and table.agent is not None:
                return table._replace(deal=table.agent, closed=True)
            table = _heard(acts, table, heard)
    return table


def _moved(acts: NegotiateActs, table: Table, said: tuple[Act, ...]) -> Table:
    for act in said:
        if act.kind == "withdraw":
            table = table._replace(agent=None)
        elif act.kind == "offer":
            table = Table(agent=acts.market.offer(act.slot))
    return table


def _heard(acts: NegotiateActs, table: Table, heard: tuple[Act, ...]) -> Table:
    for act in heard:
        if act.kind == "withdraw":
            table = table._replace(user=None)
        elif act.kind == "inform" and act.slot == OFFER:
            table = Table(user=acts.market.offer(act.value))
    return table


def _committed(acts: NegotiateActs, table: Table, answer: str) -> Table:
    """A commitment accepts the user's standing offer, in words or by its terms, or makes a last offer."""
    offer, named = read_terms(answer, acts.market).complete, read_terms(answer, acts.market, mentioned=True)
    accepted = table.user is not None and (
        offer == table.user or (offer is None and acts.accepts(answer) and named.agree_with(table.user))
    )
    if accepted:
        return table._replace(deal=table.user, closed=True)
    return table._replace(last=offer, closed=True)


def offers_of(acts: NegotiateActs, dialogue: Dialogue) -> list[Offer]:
    """The offers that an agent has made, in order."""
    said = (act for m in dialogue if m.role == "assistant" for act in acts.parse(m.content) if act.kind == "offer")
    return [acts.market.offer(act.slot) for act in said]
