"""How the user bargains: its tactics, what it tells, what it keeps to itself."""

from collections.abc import Sequence

import pytest
from bargains import TASK, hearing, selling
from pragenv_simulators.personas import Noisy, Typist
from pragenv_simulators.scripted import Scripted
from talk import talk

from pragenv.errors import ConfigError, DataError
from pragenv.tasks.negotiate.acts import negotiate_acts
from pragenv.tasks.negotiate.market import Market, Offer, market, market_of, markets, term_of
from pragenv.tasks.negotiate.money import figures
from pragenv.tasks.negotiate.reading import read_terms, withdraws
from pragenv.tasks.negotiate.setting import NegotiateSetting
from pragenv.tasks.negotiate.tactics import IMITATED, Manner, conceded, manners
from pragenv.types import Act, mix

BICYCLE = market("bicycle", ("delivery", "warranty"))


def demands(manner: Manner, rounds: int = 10) -> list[int]:
    return [manner.demands(0, turn, rounds) for turn in range(1, rounds)]


def test_who_concedes_with_time_gives_all_in_the_end_and_how_early_is_its_pace() -> None:
    late, evenly, early = (demands(Manner("concede", 16, pace)) for pace in (0.5, 1.0, 2.0))
    assert evenly == [16, 14, 12, 10, 8, 6, 4, 2, 0]
    assert late[0] == early[0] == 16
    assert late[-1] == early[-1] == 0
    assert all(a > b > c for a, b, c in zip(late[1:-1], evenly[1:-1], early[1:-1], strict=True))
    # The polynomial of Faratin et al. 1998, at half of the time.
    assert (late[4], early[4]) == (round(16 * (1 - 0.5**2)), round(16 * (1 - 0.5**0.5)))


def test_who_is_firm_never_concedes() -> None:
    assert demands(Manner("firm", 16, 1.0)) == [16] * 9


@pytest.mark.parametrize(
    ("prices", "steps"),
    [
        ([500], 0),  # nothing is conceded yet
        ([500, 490], 2),
        ([500, 490, 485], 3),
        ([600, 500], IMITATED),  # no more than that at a time
        ([500, 490, 500, 490], 2),  # the same ground twice
        ([490, 500], 0),
        ([500, 498], 0),  # less than a step
    ],
)
def test_tit_for_tat_counts_what_the_agents_offers_concede(prices: Sequence[int], steps: int) -> None:
    scenario = selling(tactic="tit_for_tat", demand=20)
    side = TASK.user_side(scenario.public, scenario.user_brief)
    assert conceded(BICYCLE, side, [Offer(price, (0, 0)) for price in prices]) == steps
    lines = [line for price in prices for line in (f"OFFER: £{price}, collection, no warranty", "Hm.")][:-1]
    (act,) = TASK.truth(hearing(scenario, *lines))
    assert BICYCLE.offer(act.value) == Offer(400 + 120 - 5 * (20 - steps), (2, 2))


def test_the_user_accepts_exactly_what_leaves_the_surplus_that_it_asks_for() -> None:
    scenario = selling(demand=8)  # £40
    assert TASK.truth(hearing(scenario, "OFFER: £460, next-day delivery, no warranty")) == (Act("confirm", "offer"),)
    (act,) = TASK.truth(hearing(scenario, "OFFER: £461, next-day delivery, no warranty"))
    assert act == Act("inform", "offer", "480/2/2")


def test_one_turn_may_ask_for_everything() -> None:
    said = "How important is the delivery to you? Does the warranty matter to you? What is your offer?"
    delivery, warranty = Act("inform", "delivery", "much"), Act("inform", "warranty", "little")
    assert TASK.truth(hearing(selling(), said)) == (delivery, warranty, Act("inform", "offer", "480/2/2"))


def test_the_limit_is_never_told_and_what_is_incomplete_is_asked_for() -> None:
    assert TASK.truth(hearing(selling(), "What is the most that you would pay?")) == (Act("deny", "limit"),)
    assert TASK.truth(hearing(selling(), "How about £400?")) == (Act("request", "delivery"),)
    assert TASK.truth(hearing(selling(), "£400 with collection")) == (Act("request", "warranty"),)
    both = (Act("inform", "delivery", "much"), Act("inform", "warranty", "little"))
    assert TASK.truth(hearing(selling(), "Tell me your priorities.")) == both
    assert TASK.truth(hearing(selling(), "Lovely weather.")) == (Act("not_understood"),)
    assert TASK.truth(hearing(selling(), "ANSWER: accept")) == (Act("not_understood"),)


def test_a_brief_says_what_the_user_knows() -> None:
    told = TASK.brief(selling().public, selling().user_brief)
    assert "pay at most £400" in told
    assert "delivery (matters much): collection is worth £0; standard delivery is worth £50" in told
    assert "£350" not in told


def test_a_mistaken_user_never_accepts_what_is_below_its_reservation() -> None:
    scenario = selling(demand=8)
    side = TASK.user_side(scenario.public, scenario.user_brief)
    changed = 0
    for key in range(200):
        price = 380 + 5 * (mix(key, 1) % 40)
        view = hearing(scenario, f"OFFER: £{price}, collection, 2-year warranty")
        told = TASK.truth(TASK.corrupt(view, key))
        changed += told != TASK.truth(view)
        assert told != (Act("confirm", "offer"),) or side.surplus(Offer(price, (0, 2))) >= 0
    assert changed > 150


def test_noise_is_heard_and_typos_are_read() -> None:
    scenario = selling(demand=8)
    asked = "How important is the delivery to you?"
    heard = set()
    for key in range(40):
        (said,) = [m.content for m in talk(TASK, scenario, asked, user=Noisy(Scripted(), 0.5), key=key)[2:]]
        heard.update(TASK.acts(hearing(scenario)).read(said, (Act("ask", "delivery"),)))
    assert Act("inform", "delivery", "much") in heard
    assert len(heard) > 1
    offer = "OFFER: £460, next-day delivery, no warranty"
    typed = [talk(TASK, scenario, offer, user=Typist(Scripted(), 0.3), key=key)[2].content for key in range(40)]
    acts = TASK.acts(hearing(scenario))
    assert sum(acts.read(text, acts.parse(offer)) == (Act("confirm", "offer"),) for text in typed) >= 38


@pytest.mark.parametrize(
    "price", ["£1,200", "£1 200", "£1\u00a0200", "£1'200", "£1.200", "1200 pounds", "1 200 pounds", "£1200.00"]
)
def test_prices_are_read_however_their_thousands_are_set_apart(price: str) -> None:
    assert read_terms(f"{price}, collection, no warranty", BICYCLE).complete == Offer(1200, (0, 0))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1.2k", "1200"),
        ("£3.25k", "£3250"),
        ("five grand", "5000"),
        ("two and a half thousand euros", "€2500"),
        ("two thousand five hundred", "2500"),
        ("thirty-two hundred dollars", "$3200"),
        ("four hundred and sixty quid", "£460"),
        ("three-eighty", "380"),
        ("four hundred, two-year warranty", "400, two-year warranty"),
        ("four hundred two-year warranty", "400 two-year warranty"),
        ("six hundred thirty days", "600 thirty days"),
        ("half a grand", "half a grand"),
        ("a few hundred", "a few hundred"),
        ("550 € in cash", "€550 in cash"),
        ("30 days, 400 euros", "30 days, €400"),
        ("usd 400", "$400"),
        ("430 yen", "¤430"),
    ],
)
def test_sums_of_money_are_put_in_figures_after_their_currency(text: str, written: str) -> None:
    assert figures(text) == written


OFFER = "£430, collection, no warranty"


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("I can't do £400, but £430, collection and no warranty works.", "430/0/0"),
        ("£400, collection, no warranty. No, wait, make that £430.", "430/0/0"),
        (f"{OFFER} – sorry, six months of warranty.", "430/0/1"),
        ("£390 for nothing but the frame? I'd do £430 with collection and no warranty.", "430/0/0"),
        ("£430, collection. Warranty? None.", "430/0/0"),
        ("If you pay £430, you can fetch it, but I don't do warranty.", "430/0/0"),
        ("£430, collection, and as for the warranty, there's none.", "430/0/0"),
        (f"{OFFER} – you said you have a car.", "430/0/0"),
        (f"{OFFER}. I can't go any lower.", "430/0/0"),
        (f"{OFFER}? You must be joking.", None),
        (f"{OFFER} – that's a no from me.", None),
        (f"A friend of mine got one for {OFFER}.", None),
        (f"As agreed earlier, it's {OFFER}.", None),
        (f"You're offering {OFFER}?", None),
        ("Had you come last week, I'd have let you have it for £430, collection, no warranty.", None),
        (f"Either {OFFER} or £460 with next-day delivery.", None),
        ("Anything from £400 to £430, collection, no warranty.", None),
        ("$430, collection, no warranty", None),
        ("430 francs, collection, no warranty", None),
    ],
)
def test_what_is_refused_corrected_or_another_offer_is_told_from_what_is_offered(said: str, made: str | None) -> None:
    offer = read_terms(said, BICYCLE).complete
    assert (offer and BICYCLE.key(offer)) == made


@pytest.mark.parametrize(
    ("said", "withdrawn"),
    [
        ("I have to take my offer back, my boss didn't approve it.", True),
        ("My £430 is off the table.", True),
        ("Forget what I offered, it doesn't stand any more.", True),
        ("Consider my offer withdrawn.", True),
        ("I won't take my offer back.", False),
        ("I'd withdraw my offer if you found another.", False),
        ("Should I withdraw my offer?", False),
        ("You withdrew your offer.", False),
    ],
)
def test_only_who_takes_an_offer_of_its_own_back_withdraws(said: str, withdrawn: bool) -> None:
    assert withdraws(said) == withdrawn


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("And the warranty? Important or not so much?", ["warranty"]),
        ("What about the delivery?", ["delivery"]),
        ("Is picking it up a nuisance for you?", ["delivery"]),
        ("How much could you pay at the very most?", ["limit"]),
        ("What do you want to pay?", ["offer"]),
        ("What do you think of my offer?", []),
        ("Standard delivery, no warranty. What do you think?", []),
    ],
)
def test_a_question_is_about_the_terms_that_it_names_or_the_one_before_names(said: str, asked: list[str]) -> None:
    found = TASK.acts(hearing(selling())).parse(said)
    assert [act.slot for act in found if act.kind == "ask"] == asked


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("What counts for me is the warranty. As for delivery, I don't mind.", "warranty=much delivery=little"),
        ("I care very much about the delivery and the warranty.", "delivery=much warranty=much"),
        ("I care a lot about delivery but not about the warranty.", "delivery=much warranty=little"),
        ("Delivery isn't a priority for me, the warranty is.", "delivery=little warranty=much"),
        ("To me, both are very important.", "delivery=much warranty=much"),
        ("I couldn't care less about either of them.", "delivery=little warranty=little"),
        ("Delivery: not really. The guarantee is so-so.", "delivery=little warranty=some"),
        ("The warranty matters, but not hugely.", "warranty=some"),
        ("The warranty matters more to me than delivery.", ""),
        ("The warranty matters to you, I see.", ""),
    ],
)
def test_what_matters_is_told_clause_by_clause(said: str, told: str) -> None:
    asked = (Act("ask", "delivery"), Act("ask", "warranty"))
    heard = TASK.acts(hearing(selling())).read(said, asked)
    assert {f"{act.slot}={act.value}" for act in heard} == set(told.split())


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        ("£430.50, collection, no warranty", "price"),
        ("£1e3, collection, no warranty", "price"),
        ("£400-430, collection, no warranty", "price"),
        ("£1k-2k, collection, no warranty", "price"),
        ("1200-1300 pounds, collection, no warranty", "price"),
        ("£430 or 450, collection, no warranty", "price"),
        ("430 or 450 pounds, collection, no warranty", "price"),
        ("It is 2 years old. £430, collection", "warranty"),
        ("£430 less 10%, collection, no warranty", "price"),
        ("£430 a month, collection, no warranty", "price"),
        ("£430, collection, without the 2-year warranty", "warranty"),
        ("£430, no next-day delivery, no warranty", "delivery"),
    ],
)
def test_what_is_not_understood_is_asked_for_and_never_guessed(said: str, lacking: str) -> None:
    terms = read_terms(said, BICYCLE)
    assert terms.complete is None
    assert terms.lacking(BICYCLE) == (lacking,)


def test_an_offer_stands_if_what_is_taken_back_is_an_older_one() -> None:
    offer, acts = "£430, collection, no warranty.", TASK.acts(hearing(selling()))
    made, back = Act("offer", "430/0/0"), Act("withdraw", "offer")
    assert acts.parse(f"{offer} I withdraw my offer.") == (back,)
    assert acts.parse(f"I withdraw my offer. {offer}") == (back, made)
    assert acts.parse(f"{offer} Forget my earlier offer.") == (back, made)


@pytest.mark.parametrize("sold", markets(), ids=lambda sold: sold.name)
def test_every_offer_in_the_markets_own_words_is_read_as_it_is(sold: Market) -> None:
    for i in range(len(sold.terms)):
        for j in range(i + 1, len(sold.terms)):
            pair = market(sold.name, (sold.terms[i].name, sold.terms[j].name))
            for levels in pair.packages():
                offer = Offer(pair.low + 50 * pair.step, levels)
                assert read_terms(pair.write(offer), pair).complete == offer
                assert read_terms(f"I could do {pair.write(offer).lower()}!", pair).complete == offer


def test_data_that_cannot_be_used_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match="side term 'gloss': has 1 levels; give it 3"):
        term_of({"name": "gloss", "cues": [], "levels": [{"label": "matt", "alone": [], "with": []}]})
    with pytest.raises(DataError, match="side term 'gloss': field 'cues' is missing"):
        term_of({"name": "gloss", "levels": []})
    row = {"name": "kite", "split": "train", "item": "a kite", "currency": "£", "low": 1, "step": 1}
    with pytest.raises(DataError, match="market 'kite': there is no field or side term 'gloss'"):
        market_of({**row, "terms": ["gloss"]}, {})
    with pytest.raises(DataError, match="market 'kite': has 0 side terms; give it at least 2"):
        market_of({**row, "terms": []}, {})
    with pytest.raises(DataError, match=r"market 'kite'.*colour"):
        market_of({**row, "terms": [], "colour": "red"}, {})


def test_settings_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ConfigError, match="unknown tactic 'firmly'; did you mean 'firm'"):
        NegotiateSetting(tactic="firmly")
    with pytest.raises(ConfigError, match="unknown role 'sellers'; did you mean 'seller'"):
        NegotiateSetting(role="sellers")
    with pytest.raises(ConfigError, match="takes bool"):
        TASK.setting("default", {"integrative": 1})


def test_splits_share_no_market_no_term_and_no_wording() -> None:
    named: dict[str, set[str]] = {}
    for split in TASK.SPLITS:
        drawn = [TASK.sample(mix(3, key), TASK.setting("default"), split).public for key in range(60)]
        named[split] = {name for public in drawn for name in (public["market"], *public["terms"])}
    assert not named["train"] & named["test"]
    assert not named["train"] & named["validation"]
    assert named["test_phrasing"] <= named["train"]
    wordings = {
        split: negotiate_acts("bicycle", ("delivery", "warranty"), "seller", split) for split in ("train", "test")
    }
    for act in (Act("confirm", "offer"), Act("inform", "delivery", "much"), Act("inform", "offer", "400/0/0")):
        train, test = ({acts.reply(act, key) for key in range(12)} for acts in wordings.values())
        assert len(train) == 3
        assert not train & test


def test_the_mixed_tactics_are_as_probable_as_each_other() -> None:
    tactics = [manner.tactic for manner in manners("mixed")]
    assert tactics.count("concede") == tactics.count("tit_for_tat") == tactics.count("firm")
