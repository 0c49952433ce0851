"""Negotiate: a price and two side terms, and more to share than either side sees alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from pragenv.protocols import COMMIT, SPLITS, AgentView, Setting, Task, UserView
from pragenv.tasks.negotiate import ceiling
from pragenv.tasks.negotiate.acts import LIMIT, OFFER, NegotiateActs, negotiate_acts
from pragenv.tasks.negotiate.belief import Belief, Turn, Users, believed, users_of
from pragenv.tasks.negotiate.context import describe, draw, in_words, market_in
from pragenv.tasks.negotiate.dealing import offers_of, table_of
from pragenv.tasks.negotiate.market import STEPS, Market, Offer
from pragenv.tasks.negotiate.setting import SETTINGS, NegotiateSetting
from pragenv.tasks.negotiate.sides import IMPORTANCE, OTHER, Side, attainable, dividing, side_of
from pragenv.tasks.negotiate.tactics import DEMANDS, IMITATED, conceded, manner_of
from pragenv.tasks.speech import conveyed, speak
from pragenv.types import Act, Dialogue, FrozenDict, Scenario, Verdict, mix, uniform


class Negotiate(Task):
    """Buyer and seller settle a price and two side terms; each knows its own reservation and what terms matter to it.

    ## Description
    A market (a bicycle, a bread oven) with two side terms of three levels each. What a deal is worth to a side is the
    price's distance from its reservation, plus what the levels are worth to it (to a seller they are costs). The sides
    weigh the terms differently, so that levels which leave more to share can be found by asking (integrative
    bargaining; the domains of Lewis et al. 2017 and Chawla et al. 2021 have points for items in place of money). The
    user asks for a surplus that its tactic sets (Faratin et al. 1998), always with the levels that it likes best.

    ## Observation
    The system message says what is bargained over, what levels are worth, the agent's own interests, and what is known
    of the user's; then the conversation.

    ## Action
    Any text. A user that is asked tells what a term matters to it, and makes an offer; its limit it keeps to itself. An
    offer names a price and a level of both terms; the user accepts it if it leaves the surplus that it asks for by now,
    and otherwise makes one of its own. `ANSWER: accept` takes the user's standing offer; `ANSWER:` with all terms is
    the last offer, which the user takes if it leaves it no worse off than no deal; anything else walks away.

    ## Deals
    A deal exists only where a side accepts an offer that the other really made, that is complete, and that still
    stands: until its maker makes another or withdraws it, or the other answers it with an offer of its own. What
    anybody says was agreed counts for nothing. An offer that the user has accepted binds: the next utterance of the
    agent, whatever it is, ends the talk.

    ## Reward
    At the end the agent's surplus as a share of the greatest that the scenario holds (all of the best joint surplus, a
    user that is left with none), less `turn_cost` a turn. No deal, or one that is worth less to the agent than none,
    scores 0. A deal that scores above 0 solves the task. The verdict's reason gives the joint surplus too.

    ## Termination
    On commitment, with the utterance after a deal, at the announced turn limit, or when the user leaves.

    ## Settings
    See `NegotiateSetting` for the knobs and `Negotiate.SETTINGS` for the named combinations. Splits differ in markets,
    side terms and wordings; `test_phrasing` has the markets of training in the wordings of test.
    """

    name = "negotiate"
    SETTINGS: ClassVar[tuple[Setting, ...]] = SETTINGS
    SPLITS = (*SPLITS, "test_phrasing")
    checkpoint = "second"

    def __init__(self) -> None:
        self._chance = lru_cache(maxsize=1024)(_chance)

    def __reduce__(self) -> tuple[type[Negotiate], tuple[()]]:
        return type(self), ()

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """A market, two of its terms, roles, and the interests of both sides."""
        assert isinstance(setting, NegotiateSetting)
        return draw(key, setting, split)

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """What is bargained over, the agent's interests, what is known of the user, and how a deal is closed."""
        return describe(public, agent_brief)

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The user's interests, and how it bargains."""
        role, market = OTHER[public["role"]], market_in(public)
        return (
            f"You are the {role} of {market.item}.\n{in_words(public, role, user_brief)}\nFirst only say what you want "
            f"to {'buy' if role == 'buyer' else 'sell'}. Say what a term matters to you when you are asked, never your "
            f"limit. {self._plan(public, user_brief)} Accept what is worth as much to you as the offer that you would "
            "make then, never less than your limit; else make that offer. Of an offer that leaves something open, ask "
            "for that."
        )

    def _plan(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """What the user offers in which of its turns, so far as that is settled beforehand."""
        side, market, manner = self.user_side(public, user_brief), market_in(public), manner_of(user_brief)

        prices = [
            f"{market.currency}{side.price(side.favourite, manner.demands(0, turn, public['rounds']) * market.step)}"
            for turn in range(1, max(2, public["rounds"]))
        ]
        terms = ", ".join(t.levels[i].label for t, i in zip(market.terms, side.favourite, strict=True))
        if manner.tactic == "firm":
            return f"You only ever offer {prices[0]}, {terms}."
        if manner.tactic == "tit_for_tat":
            most = IMITATED * market.step
            return (
                f"At first you would offer {prices[0]}, {terms}. Whenever the other offers you more than it ever did "
                f"before, give way in the price by as much, {market.currency}{most} at most at one time, and never "
                "beyond your limit."
            )
        return (
            "What you would offer, a price for each message of the other's, whatever that is about: "
            f"{', '.join(f'({n}) {price}' for n, price in enumerate(prices, start=1))}; always with {terms}."
        )

    def acts(self, view: UserView | AgentView) -> NegotiateActs:
        """The acts of the market."""
        return _acts(view.public)

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """What terms matter where that is asked; acceptance of an offer, or an offer of its own."""
        if not view.dialogue:
            return (Act("request"),)
        acts, brief = self.acts(view), view.user_brief
        if table_of(acts, view.dialogue).closed:  # nothing is left to say
            return (Act("not_understood"),)
        said = acts.parse(view.dialogue[-1].content)
        told: list[Act] = []
        for act in said:
            if act.kind == "offer":
                offer, side = acts.market.offer(act.slot), self.user_side(view.public, brief)
                if side.surplus(offer) >= self.demanded(view, side):
                    return (*told, Act("confirm", OFFER))
                told.append(self._offer(view))
            elif act.kind == "incomplete":
                told.append(Act("request", act.slot))
            elif act.kind == "ask" and act.slot == OFFER:
                told.append(self._offer(view))
            elif act.kind == "ask" and act.slot == LIMIT:
                told.append(Act("deny", LIMIT))
            elif act.kind == "ask":
                told.append(Act("inform", act.slot, brief["importance"][act.slot]))
        return tuple(dict.fromkeys(told)) or (Act("not_understood"),)

    def demanded(self, view: UserView, side: Side) -> int:
        """The surplus that the user asks for in this turn, in money."""
        acts = self.acts(view)
        given = conceded(acts.market, side, offers_of(acts, view.dialogue))
        turn = sum(m.role == "assistant" for m in view.dialogue)
        return manner_of(view.user_brief).demands(given, turn, view.public["rounds"]) * acts.market.step

    def _offer(self, view: UserView) -> Act:
        market, side = self.acts(view).market, self.user_side(view.public, view.user_brief)
        price = side.price(side.favourite, self.demanded(view, side))
        return Act("inform", OFFER, market.key(Offer(price, side.favourite)))

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether a term matters as is said, and whether what is offered or accepted is not below the reservation."""
        side, market = self.user_side(view.public, view.user_brief), self.acts(view).market
        if act.kind == "inform" and act.slot != OFFER:
            return bool(view.user_brief["importance"][act.slot] == act.value)
        if act.kind == "inform":
            return side.surplus(market.offer(act.value)) >= 0
        if act.kind == "confirm":
            offer = table_of(self.acts(view), view.dialogue).agent
            return offer is not None and side.surplus(offer) >= 0
        return True

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """What a term matters of which that was not told."""
        told = {act.slot for act in (*conveyed(self.acts(view), view.dialogue), *self.truth(view))}
        left = ((name, value) for name, value in view.user_brief["importance"].items() if name not in told)
        return next(((Act("inform", *pair),) for pair in left), ())

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A user mistaken about its interests; never so that it accepts what is below its reservation."""
        faithful, brief = self.truth(view), view.user_brief
        true_side, mistaken = self.user_side(view.public, brief), view
        acts = self.acts(view)
        for attempt in range(8):
            drawn = mix(key, attempt)
            others = {
                name: [i for i in IMPORTANCE if i != value][mix(drawn, n) % 2]
                for n, (name, value) in enumerate(brief["importance"].items())
            }
            demand = DEMANDS[(DEMANDS.index(brief["demand"]) + 1 + mix(drawn, 9) % (len(DEMANDS) - 1)) % len(DEMANDS)]
            changed = FrozenDict({**brief, "importance": FrozenDict(others), "demand": demand})
            mistaken = view._replace(user_brief=changed)
            told = self.truth(mistaken)
            accepted = (
                [acts.market.offer(a.slot) for a in acts.parse(view.dialogue[-1].content)]
                if (view.dialogue and Act("confirm", OFFER) in told)
                else []
            )
            if told != faithful and all(true_side.surplus(offer) >= 0 for offer in accepted):
                return mistaken
        return view._replace(user_brief=FrozenDict({**mistaken.user_brief, "demand": max(DEMANDS)}))

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in words; terse users say the barest."""
        known, terse = self.acts(view), view.traits.get("verbosity") == "terse"
        return speak(
            acts, lambda act, k: (known.barest(act) if terse else None) or known.reply(act, k), view.traits, key
        )

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def ended(self, scenario: Scenario, dialogue: Dialogue) -> bool:
        """Once the agent has committed, or has spoken after the user's acceptance."""
        return table_of(_acts(scenario.public), dialogue).closed

    def deal(self, scenario: Scenario, dialogue: Dialogue) -> Offer | None:
        """What was agreed on, if anything: by acceptance, or as a last offer that leaves the user no worse off."""
        table = table_of(_acts(scenario.public), dialogue)
        if table.deal is None and table.last is not None:
            return table.last if self.user_side(scenario.public, scenario.user_brief).surplus(table.last) >= 0 else None
        return table.deal

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """The agent's surplus as a share of the greatest; the joint surplus, likewise, is in the reason."""
        deal, market = self.deal(scenario, dialogue), market_in(scenario.public)
        if deal is None:
            refused = table_of(_acts(scenario.public), dialogue).last
            return Verdict(0.0, False, "no deal" + (f"; the user refuses {market.write(refused)}" if refused else ""))
        own, joint = self.shares(scenario, deal)
        told = f"{market.write(deal)}; joint surplus {joint:.3f} of the best"
        if own <= 0:
            return Verdict(0.0, False, f"a deal that is worth no more to the agent than none: {told}")
        return Verdict(min(1.0, own), True, f"deal: {told}")

    def shares(self, scenario: Scenario, deal: Offer | None) -> tuple[float, float]:
        """The agent's surplus and the joint surplus, as shares of the best joint surplus; 0 without a deal."""
        if deal is None:
            return 0.0, 0.0
        assert scenario.agent_brief is not None
        mine = self.agent_side(scenario.public, scenario.agent_brief)
        theirs = self.user_side(scenario.public, scenario.user_brief)
        most = attainable(mine, theirs)
        return mine.surplus(deal) / most, (mine.surplus(deal) + theirs.surplus(deal)) / most

    def answer(self, scenario: Scenario) -> str:
        """The last offer that leaves the user nothing, with the terms that leave most to share."""
        assert scenario.agent_brief is not None
        mine = self.agent_side(scenario.public, scenario.agent_brief)
        theirs = self.user_side(scenario.public, scenario.user_brief)
        return f"{COMMIT} {market_in(scenario.public).write(dividing(mine, theirs, attainable(mine, theirs)))}"

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str]:
        """What no agent exceeds that knows no more than this one, and what is reached; mostly the same."""
        assert scenario.agent_brief is not None
        users = self._users(scenario.public, scenario.agent_brief)
        return ceiling.best(users, setting)

    # -- what agents need ----------------------------------------------------------------------------------------------

    @staticmethod
    def agent_side(public: Mapping[str, Any], agent_brief: Mapping[str, Any]) -> Side:
        """The agent's interests."""
        return side_of(market_in(public), public["role"], agent_brief)

    @staticmethod
    def user_side(public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> Side:
        """The user's."""
        return side_of(market_in(public), OTHER[public["role"]], user_brief)

    def market(self, view: AgentView) -> Market:
        """What is bargained over."""
        return market_in(view.public)

    def turns(self, view: AgentView) -> Iterator[Turn]:
        """The user's replies so far, as they are read."""
        acts, number = self.acts(view), 0
        said: tuple[Act, ...] = ()
        offers: tuple[Offer, ...] = ()
        for message in view.dialogue:
            if message.role == "assistant":
                said, number = acts.parse(message.content), number + 1
                offers += tuple(acts.market.offer(act.slot) for act in said if act.kind == "offer")
            elif message.role == "user" and number:
                offered = any(act.kind == "offer" for act in said)
                yield Turn(number, offers, offered, acts.read(message.content, said))

    def belief(self, view: AgentView) -> Belief:
        """What the dialogue leaves possible of the user."""
        assert view.agent_brief is not None
        return believed(self._users(view.public, view.agent_brief), tuple(self.turns(view)))

    @staticmethod
    def _users(public: Mapping[str, Any], agent_brief: Mapping[str, Any]) -> Users:
        market = market_in(public)
        same = None if public["integrative"] else tuple(agent_brief["importance"][t.name] for t in market.terms)
        mine = side_of(market, public["role"], agent_brief)
        return users_of(market, mine, same, public["tactic"], public["rounds"])

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """What terms matter of which that is open; then the user's offer, while it can tell anything."""
        belief, acts = self.belief(view), self.acts(view)
        terms = acts.market.terms
        found = [Act("ask", term.name) for t, term in enumerate(terms) if len(belief.matters(t)) > 1]
        if belief.tells(offers_of(acts, view.dialogue), view.turn + 1):
            found.append(Act("ask", OFFER))
        return tuple(found) if 1.0 - belief.best()[1] > max(view.turn_cost, 1e-3) else ()

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """The last offer with the highest expected score; with a key, any price with any levels."""
        market = self.acts(view).market
        if key is None:
            return f"{COMMIT} {market.write(self.belief(view).best()[0])}"
        packages = market.packages()
        price = market.low + market.step * int(uniform(mix(key, 0)) * (STEPS + 1))
        return f"{COMMIT} {market.write(Offer(price, packages[int(uniform(mix(key, 1)) * len(packages))]))}"

    def chance(self, scenario: Scenario) -> float:
        """The mean score of all prices and levels."""
        assert scenario.agent_brief is not None
        market = market_in(scenario.public)
        mine = self.agent_side(scenario.public, scenario.agent_brief)
        return self._chance(market, mine, self.user_side(scenario.public, scenario.user_brief))

    def needs_asking(self, scenario: Scenario) -> bool:
        """Always: the opening says nothing of the user's interests."""
        return True


def _acts(public: Mapping[str, Any]) -> NegotiateActs:
    return negotiate_acts(public["market"], public["terms"], public["role"], public["phrasing"])


def _chance(market: Market, mine: Side, theirs: Side) -> float:
    prices = market.low + market.step * np.arange(STEPS + 1)
    total = 0
    for levels in market.packages():
        earned, left = (
            side.surplus(Offer(0, levels)) + (prices if side.role == "seller" else -prices) for side in (mine, theirs)
        )
        total += int(np.maximum(earned, 0)[left >= 0].sum())
    return total / attainable(mine, theirs) / len(prices) / len(market.packages())
