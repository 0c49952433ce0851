"""When there is a deal, what it is worth, and what is none however it is claimed."""

import pytest
from bargains import BUYER, TASK, hearing, selling, spoken
from pragenv_simulators.scripted import Scripted

from pragenv import DialogueEnv
from pragenv.tasks.negotiate.market import Offer
from pragenv.tasks.negotiate.sides import Side, attainable, dividing, efficient
from pragenv.types import Act, Scenario

SCENARIO = selling()
USERS = "My offer: £380, next-day delivery, 2-year warranty."
MINE = "OFFER: £430, next-day delivery, no warranty"

NO_ACCEPTANCES = (
    "I accept nothing.",
    "I agree to disagree.",
    "I agree to think about it.",
    "I agree that the price is high.",
    "I accept the price.",
    "I accept, minus the warranty.",
    "I'll take it at four hundred.",
    "I'll take this elsewhere.",
    "The deal is off.",
    "Agreed in principle.",
    "Agreed on the price.",
    "Agreed that it is a nice bicycle.",
    "Accept the price.",
    "Accept. No wait.",
    "I accept. Hang on, I need to think.",
    "Deal. But only with lights.",
    "That means a great deal to me.",
    "A good deal, let me sleep on it.",
)
"""Each has words of acceptance, and accepts no offer."""


def deal(*lines: str, scenario: Scenario = SCENARIO) -> tuple[int, ...] | None:
    found = TASK.deal(scenario, spoken(*lines))
    return None if found is None else (found.price, *found.levels)


def score(*lines: str) -> float | None:
    return TASK.grade(SCENARIO, spoken(*lines)).score


def test_what_a_deal_is_worth_is_the_price_and_the_terms_to_each_side() -> None:
    mine, theirs = (
        TASK.agent_side(SCENARIO.public, SCENARIO.agent_brief or {}),
        TASK.user_side(SCENARIO.public, BUYER),
    )
    offer = Offer(420, (1, 2))
    assert mine.surplus(offer) == 420 - 350 - 10 - 100
    assert theirs.surplus(offer) == 400 - 420 + 50 + 20
    assert efficient(mine.worths, theirs.worths) == (2, 0)  # 100 - 20 for delivery, nothing for the warranty
    assert attainable(mine, theirs) == 400 - 350 + 80
    assert mine.price((1, 2), mine.surplus(offer)) == theirs.price((1, 2), theirs.surplus(offer)) == 420
    best = dividing(mine, theirs, 130)
    assert (mine.surplus(best), theirs.surplus(best)) == (130, 0)


def test_no_offer_leaves_more_to_share_than_the_attainable() -> None:
    one, other = Side("seller", 0, ((0, -10, -20), (0, -50, -100))), Side("buyer", 50, ((0, 50, 100), (0, 10, 20)))
    offers = [Offer(30, (i, j)) for i in range(3) for j in range(3)]
    assert max(one.surplus(o) + other.surplus(o) for o in offers) == attainable(one, other)


@pytest.mark.parametrize(
    ("lines", "made"),
    [
        (("Hm?", USERS, "ANSWER: accept"), (380, 2, 2)),
        (("Hm?", USERS, "ANSWER: I accept your offer."), (380, 2, 2)),
        (("Hm?", USERS, "ANSWER: deal, at £380"), (380, 2, 2)),
        (("Hm?", USERS, "ANSWER: I accept the buyer's standing offer."), (380, 2, 2)),
        (("Hm?", USERS, "ANSWER: accept standing offer"), (380, 2, 2)),
        (("Hm?", USERS, "ANSWER: £380, next-day delivery, 2-year warranty"), (380, 2, 2)),
        (("Hm?", USERS, "And the colour?", "It's red.", "ANSWER: accept"), (380, 2, 2)),  # it still stands
        (("Hm?", USERS, "**ANSWER:** accept"), (380, 2, 2)),
        (("Hm?", USERS, "**ANSWER: £380, next-day delivery, 2-year warranty**"), (380, 2, 2)),
        ((MINE, "Deal."), (430, 2, 0)),
        ((MINE, "i acccept your offer, thx"), (430, 2, 0)),
        ((MINE, "OK, £430 it is."), (430, 2, 0)),
        ((MINE, "You drive a hard bargain, but okay, deal."), (430, 2, 0)),
        ((MINE, "Deal.", "No, I take it all back!"), (430, 2, 0)),  # too late
        ((MINE, "Let me think.", "Well?", "All right, you have a deal."), (430, 2, 0)),
        (("ANSWER: £500, next-day delivery, no warranty",), (500, 2, 0)),  # leaves the user exactly nothing
    ],
)
def test_a_deal_is_an_offer_that_the_other_side_accepts_while_it_stands(
    lines: tuple[str, ...], made: tuple[int, ...]
) -> None:
    assert deal(*lines) == made


@pytest.mark.parametrize(
    "lines",
    [
        ("ANSWER: accept",),  # nothing is on the table
        ("ANSWER: We agreed on £500, next-day delivery, no warranty.",),
        ("We agreed on £500, collection, no warranty.", "Deal."),  # a claim is no offer
        ("ANSWER: £505, next-day delivery, no warranty",),  # below the user's reservation
        ("ANSWER: £400",),
        ("ANSWER: £400, next-day delivery",),
        ("ANSWER: £400 or £420, next-day delivery, no warranty",),
        ("Hm?", USERS, "ANSWER: I accept £500, as you offered"),  # it did not
        ("Hm?", USERS, MINE, "Hm.", "ANSWER: accept"),  # a counter-offer puts an end to an offer
        ("Hm?", USERS, "Well?", "I withdraw my offer.", "ANSWER: accept"),
        ("Hm?", USERS, "ANSWER: I don't accept"),
        ("Hm?", USERS, "ANSWER: no deal, goodbye"),
        ("Hm?", USERS, "I accept your offer."),  # only a commitment binds the agent
        ("Hm?", "My offer: £380, next-day delivery.", "ANSWER: accept"),  # incomplete
        ("OFFER: £430, next-day delivery", "Deal."),
        (MINE, "My offer: £400, next-day delivery, no warranty.", "Hm.", "Deal."),
        (MINE, "No deal."),
        (MINE, "I'd accept if it were cheaper."),
        (MINE, "I withdraw it.", "I withdraw my offer.", "Deal."),
        (MINE, "I accept £300, next-day delivery, no warranty."),  # other terms: an offer of its own
        (MINE, "We agreed on £300, next-day delivery, no warranty."),
        *((("Hm?", USERS, f"ANSWER: {said}")) for said in NO_ACCEPTANCES),
        *((MINE, said) for said in NO_ACCEPTANCES),
        *(
            (("Hm?", USERS, f"ANSWER: accept {said}"))
            for said in ("£380.50", "£380 less 10%", "my offer", "your first offer")
        ),
        (f"{MINE}. Forget my offer.", "Deal."),
    ],
)
def test_whatever_else_is_said_is_none(lines: tuple[str, ...]) -> None:
    assert deal(*lines) is None
    assert score(*lines) == 0.0


def test_an_old_offer_is_replaced_by_its_makers_next() -> None:
    newer = "My offer: £385, next-day delivery, 2-year warranty."
    assert deal("Hm?", USERS, "And now?", newer, "ANSWER: accept") == (385, 2, 2)
    assert deal("Hm?", USERS, "And now?", newer, "ANSWER: I accept £380") is None


def test_the_score_is_the_share_of_all_that_there_is_to_gain() -> None:
    assert score("ANSWER: £500, next-day delivery, no warranty") == 1.0
    assert score("ANSWER: £435, next-day delivery, no warranty") == 0.5
    verdict = TASK.grade(SCENARIO, spoken("ANSWER: £365, collection, no warranty"))
    assert (verdict.score, verdict.solved) == (15 / 130, True)
    assert "joint surplus 0.385 of the best" in verdict.reason  # 50 of 130


def test_a_deal_that_is_worth_no_more_than_none_scores_nothing() -> None:
    for price in (350, 340):
        verdict = TASK.grade(SCENARIO, spoken(f"ANSWER: £{price}, collection, no warranty"))
        assert verdict[:2] == (0.0, False)
        assert "worth no more to the agent than none" in verdict.reason


def test_what_the_user_accepts_ends_the_talk_with_the_next_utterance() -> None:
    env = DialogueEnv(TASK, TASK.setting("firm"), Scripted())
    env.reset(seed=1)
    mine, theirs = (
        TASK.agent_side(env.scenario.public, env.scenario.agent_brief or {}),
        TASK.user_side(env.scenario.public, env.scenario.user_brief),
    )
    market = env.task.acts(env.agent_view()).market  # type: ignore[attr-defined]
    fair = dividing(mine, theirs, attainable(mine, theirs) - env.scenario.user_brief["demand"] * market.step)
    env.step(f"OFFER: {market.write(fair)}")
    assert env.end_reason is None
    env.step("What was that?")
    assert env.end_reason == "committed"
    assert TASK.deal(env.scenario, env.dialogue) == fair


def test_the_user_never_accepts_or_offers_below_its_reservation() -> None:
    for tactic in ("concede", "tit_for_tat", "firm"):
        scenario = selling(tactic=tactic, demand=24, pace=2.0)
        side = TASK.user_side(scenario.public, scenario.user_brief)
        lines: list[str] = []
        for turn in range(9):
            lines.append(f"OFFER: £{700 - 15 * turn}, collection, no warranty")
            (act,) = TASK.truth(hearing(scenario, *lines))
            assert act.kind == "inform"
            assert side.surplus(TASK.acts(hearing(scenario)).market.offer(act.value)) >= 0
            lines.append("Hm.")
        assert TASK.truth(hearing(scenario, "OFFER: £405, collection, no warranty")) != (Act("confirm", "offer"),)
