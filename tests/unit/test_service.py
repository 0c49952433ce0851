"""Service: what is wanted and what is right, the user, what closings tell, and who serves how well."""

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
import yaml
from pragenv_baselines.clerks import Clerk
from scipy import stats
from talk import agent_view, talk, user_view

from pragenv.ceiling import worth
from pragenv.env import DialogueEnv
from pragenv.errors import AgentError, ConfigError, DataError
from pragenv.intents import BELIEVERS
from pragenv.registration import agents, make_env, make_simulator
from pragenv.run import config_dir
from pragenv.tasks.service import Service
from pragenv.tasks.service.acts import GO_AHEAD, ServiceActs, service_acts
from pragenv.tasks.service.closing import told
from pragenv.tasks.service.domain import DAYS, _data, domain_of, domains, names
from pragenv.tasks.service.goals import KINDS, REASONS, WANTED, Solution, solve
from pragenv.tasks.service.world import WORLDS, world_of
from pragenv.types import Act, FrozenDict, Message, Scenario, mix

TASK = Service()
SETTINGS = [setting.name for setting in TASK.SETTINGS]
each_domain = pytest.mark.parametrize("name", domains())
EPISODES = 120


def drawn(split: str, n: int, setting: str = "default") -> list[Scenario]:
    return [TASK.sample(mix(17, i), TASK.setting(setting), split) for i in range(n)]


def right(scenario: Scenario) -> Solution:
    return solve(FrozenDict(scenario.public), scenario.user_brief["goal"], scenario.user_brief["world"])


# -- scenarios


def test_every_split_has_domains_of_its_own_and_far_more_than_60_scenarios_of_each() -> None:
    assert Counter(domain.split for domain in domains().values()) == {"train": 2, "validation": 1, "test": 2}
    for split in TASK.SPLITS:
        met = [(s.public["domain"], s.user_brief["goal"], s.user_brief["world"]) for s in drawn(split, 250)]
        source = split.replace("test_phrasing", "train")
        assert {name for name, *_ in met} == {d.name for d in domains().values() if d.split == source}
        assert min(Counter(name for name, *_ in set(met)).values()) > 60


def test_a_wish_is_refused_as_often_as_the_knob_says_each_reason_alike() -> None:
    made = drawn("train", 400)
    reasons = Counter(min(right(s).reasons - {"full"}, default="full") for s in made if right(s).reasons)
    assert stats.binomtest(sum(reasons.values()), len(made), 0.4).pvalue > 1e-4
    assert set(reasons) == set(REASONS)
    assert stats.chisquare(list(reasons.values())).pvalue > 1e-4
    assert {s.user_brief["goal"]["kind"] for s in made} == set(KINDS)
    assert all(right(s).reasons for s in drawn("test", 50, "barred"))


def test_what_is_right_is_what_a_reader_of_policy_and_rows_finds() -> None:
    """The rules once more, from the rows alone and the other way round: every offer is tried."""
    for scenario in drawn("test", 200):
        goal, public = scenario.user_brief["goal"], scenario.public
        rows, found = world_of(public["domain"], scenario.user_brief["world"]), right(scenario)
        mine = [b for b in rows.bookings if b.name == goal["name"]]
        held = next((b for b in mine if rows.offer(b.offer).day == goal.get("held")), None)
        if goal["kind"] != "book" and held is None:
            assert found.reasons == {"unknown"}
            continue
        like = rows.offer(held.offer) if held else None
        a, b = (like.a, like.b) if like else (goal["a"], goal["b"])
        places, rate = (held.places, held.rate) if held else (goal["places"], goal["rate"])
        fits = [o for o in rows.offers if (o.a, o.b, o.day) == (a, b, goal.get("day")) and o.free >= places]
        reasons = set()
        if goal["kind"] != "cancel" and not fits:
            reasons.add("full")
        if goal["kind"] == "book" and places > public["most"]:
            reasons.add("many")
        if like and (DAYS.index(like.day) + 1) * 24 * 60 + _minutes(like.time) < public["now"] + public["notice"] * 60:
            reasons.add("late")
        if goal["kind"] == "change" and rate == "fixed":
            reasons.add("fixed")
        assert found.reasons == reasons
        assert (found.request is None) == bool(reasons)
        if found.request and goal["kind"] != "cancel":
            chosen = rows.offer(dict(found.request.arguments)["item"])
            ranked = sorted((o.price(rate) if goal["pick"] == "cheapest" else _minutes(o.time), o) for o in fits)
            assert chosen == ranked[-1 if goal["pick"] == "latest" else 0][1]
            assert found.amount == places * chosen.price(rate)
            assert found.bookings != rows.bookings


def _minutes(time: str) -> int:
    hours, minutes = map(int, time.split(":"))
    return 60 * hours + minutes


@each_domain
def test_worlds_are_sound(name: str) -> None:
    of = domains()[name]
    for number in range(0, WORLDS, 8):
        rows = world_of(name, number)
        assert len({o.id for o in rows.offers}) == len(rows.offers)
        assert len({b.reference for b in rows.bookings}) == len(rows.bookings)
        for a in of.a.values:
            for b in of.b.values:
                for day in DAYS:
                    some = [o for o in rows.offers if (o.a, o.b, o.day) == (a, b, day)]
                    for told_apart in (lambda o: o.time, lambda o: o.fixed, lambda o: o.flex):
                        assert len({told_apart(o) for o in some}) == len(some) in (2, 3)
        for name_ in rows.customers:
            days = [rows.offer(b.offer).day for b in rows.bookings if b.name == name_]
            assert len(set(days)) == len(days) <= 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"places": None, "extra": 1}, "extra"),
        ({"a": {"parameter": "x"}}, "missing"),
        ({"rates": {"fixed": ["Tuesday"], "flex": ["open"]}}, "listed twice"),
    ],
)
def test_a_row_of_data_that_cannot_be_used_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(DataError, match=why):
        domain_of({**_data()["domains"][0], **change})


@pytest.mark.parametrize("knobs", [{"reveal": 1.5}, {"refused": -0.1}])
def test_knobs_out_of_range_are_refused(knobs: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="a share in"):
        TASK.setting("default", knobs)


# -- the user


@each_domain
@pytest.mark.parametrize("phrasing", ["train", "validation", "test"])
def test_every_wording_of_a_user_is_read_as_it_is_meant(name: str, phrasing: str) -> None:
    acts, of = service_acts(name, phrasing), domains()[name]
    values = {"name": names(), "held": DAYS, "day": DAYS, "pick": ("earliest", "latest", "cheapest"), "a": of.a.values}
    values |= {"b": of.b.values, "places": tuple("1234567"), "rate": ("fixed", "flex"), "kind": KINDS}
    for slot, held in values.items():
        for value in held:
            for key in range(4):
                for terse in (False, True):
                    meant = Act("inform", slot, value)
                    text = acts.word(meant, key, terse) or ""
                    assert acts.read(text, (Act("ask", slot),)) == (meant,), text


def test_splits_share_no_wording() -> None:
    for name in domains():
        found = [{a.phrase(act, k) for act in a.menu for k in range(4)} for a in _phrasings(name)]
        assert len(set.union(*found)) == sum(map(len, found))


def _phrasings(name: str) -> list[ServiceActs]:
    return [service_acts(name, phrasing) for phrasing in ("train", "validation", "test")]


GOAL = FrozenDict(
    kind="book", name="Ada Keller", a="Aldern", b="Farrow", day="Friday", pick="earliest", places=2, rate="flex"
)
PUBLIC = FrozenDict(domain="rail", phrasing="train", now=720, notice=24, most=4)
ADA = Scenario(PUBLIC, {"goal": GOAL, "said": ("day",), "world": 3})


def reply(text: str, scenario: Scenario = ADA) -> set[str]:
    dialogue = (*talk(TASK, scenario), Message("assistant", text))
    return {"/".join(filter(None, act)) for act in TASK.truth(user_view(TASK, scenario, dialogue))}


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("What is your name?", {"inform/name/Ada Keller"}),
        ("Where from, where to, and how many seats?", {"inform/a/Aldern", "inform/b/Farrow", "inform/places/2"}),
        ("Which booking is it?", {"indifferent/held"}),
        ("A flexible seat from Aldern on Friday. Do you want to proceed?", {"confirm"}),
        ("Is it ok if I book it?", {"confirm"}),
        ("Do you still want it?", {"confirm"}),
        ("What else should I know?", {"inform/name/Ada Keller", "inform/a/Aldern"}),
        ("Is Tuesday right?", {"inform/day/Friday"}),
        ("A flexible seat from Aldern on Friday. Shall I book it?", {"confirm"}),
        ("A basic seat from Corin on Friday. Shall I book it?", {"inform/rate/flex", "inform/a/Aldern"}),
        ("For 3 seats, is that right?", {"inform/places/2"}),
        ("search(day='Friday')", {"wait"}),
        ("", {"wait"}),
        ("The weather is fine.", {"not_understood"}),
        ("什么？", {"not_understood"}),
    ],
)
def test_a_user_says_what_it_is_asked_for_and_agrees_to_what_fits(said: str, due: set[str]) -> None:
    assert reply(said) == due


@pytest.mark.parametrize(
    "said",
    [
        "Which day is it?",
        "Shall I cancel the one on Tuesday?",
        "Did you mean the Tuesday or the Friday one?",
        "Do you have your booking number?",
    ],
)
def test_who_cancels_has_one_day_to_tell_and_no_number(said: str) -> None:
    goal = FrozenDict(kind="cancel", name="Ada Keller", held="Friday")
    assert reply(said, Scenario(PUBLIC, {"goal": goal, "said": (), "world": 3})) == {"inform/held/Friday"}


@pytest.mark.parametrize(
    ("text", "asked", "told"),
    [
        ("Not Corin, Brackwell.", "a", {"a/Brackwell"}),
        ("Not Tuesday; Wednesday.", "day", {"day/Wednesday"}),
        ("To Farrow, for a wedding.", "b", {"b/Farrow"}),
        ("Wed, please.", "day", {"day/Wednesday"}),
        ("Move it from Tuesday to Friday.", "", {"kind/change", "held/Tuesday", "day/Friday"}),
        (
            "I have a booking for Wednesday and want Friday instead.",
            "",
            {"kind/change", "held/Wednesday", "day/Friday"},
        ),
        ("Friday.", "held", {"held/Friday"}),
        ("Friday.", "day", {"day/Friday"}),
        ("Two of us, at 08:05.", "places", {"places/2"}),
        ("Two or three seats.", "places", set()),
        ("A dozen, please.", "places", {"places/12"}),
        ("My wife, my two kids and I.", "places", {"places/4"}),
        ("Two adults and one child.", "places", {"places/3"}),
        ("Three. No, four.", "places", {"places/4"}),
        ("Anyone, but not on Friday.", "day", set()),
        ("Friday I'm away, so Thursday.", "day", {"day/Thursday"}),
        ("Thursday's no good, Wednesday please.", "day", {"day/Wednesday"}),
        ("I don't mind, Friday is fine.", "day", {"day/Friday"}),
        ("Friday would be good, but Thursday is fine too.", "day", set()),
        ("Is Thursday possible?", "day", {"day/Thursday"}),
        ("Are the Thursday trains crowded?", "day", set()),
        ("If it rains, Friday.", "day", {"day/Friday"}),
        ("Aldern was last year; this time it's Corin.", "a", {"a/Corin"}),
        ("I came in from Corin last week.", "", set()),
        ("Friday rather than Tuesday, please change it.", "", {"kind/change", "held/Tuesday", "day/Friday"}),
        (
            "I can't travel on Thursday, could you move me to Friday?",
            "",
            {"kind/change", "held/Thursday", "day/Friday"},
        ),
        ("I don't want to cancel, just move it.", "", {"kind/change"}),
        ("If it rains I may have to cancel.", "", set()),
        ("How do I cancel?", "", {"kind/cancel"}),
        ("The flexible one, in case my plans change.", "rate", {"rate/flex"}),
        ("What was the first one again?", "pick", set()),
        ("It's my first time.", "pick", set()),
        ("First, please.", "pick", {"pick/earliest"}),
        ("At first I thought of Corin.", "a", {"a/Corin"}),
        ("Not Wanda, Tilda Berg.", "name", {"name/Tilda Berg"}),
        ("Tuesday or Wednesday.", "day", set()),
    ],
)
def test_a_users_words_are_read_in_the_light_of_what_was_asked(text: str, asked: str, told: set[str]) -> None:
    acts = service_acts("rail", "train").read(text, (Act("ask", asked),) if asked else ())
    assert {f"{act.slot}/{act.value}" for act in acts} == told


@pytest.mark.parametrize(
    ("text", "asked", "meant"),
    [
        ("By all means.", "go_ahead", (Act("confirm"),)),
        ("No objections, go ahead.", "go_ahead", (Act("confirm"),)),
        ("Yes, cancel it.", "go_ahead", (Act("confirm"),)),
        ("I am, yes.", "day/Friday", (Act("inform", "day", "Friday"),)),
        ("I'd rather you didn't.", "go_ahead", (Act("deny"),)),
        ("That's not right.", "go_ahead", (Act("deny"),)),
        ("I'm busy on Friday.", "day/Friday", (Act("deny"),)),
        ("No, on Thursday.", "day/Friday", (Act("inform", "day", "Thursday"),)),
        ("Yes, but let me check first.", "go_ahead", ()),
        ("I don't know.", "go_ahead", ()),
        ("How much was it again?", "go_ahead", ()),
    ],
)
def test_a_user_agrees_in_many_words_and_with_reserve_in_none(text: str, asked: str, meant: tuple[Act, ...]) -> None:
    assert service_acts("rail", "train").read(text, (Act("ask", *asked.split("/")),)) == meant


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("There are several trains that day. Which one would suit you?", {"pick/"}),
        ("You have two bookings, on Tuesday and Friday. Which one is it?", {"held/"}),
        ("I could offer you Wednesday or Friday. Which is better?", {"day/"}),
        ("Corin or Aldern: where will it be?", {"a/"}),
        ("Shall I take the earliest or the latest?", {"pick/"}),
        ("For one person, or for more?", {"places/"}),
        ("Do you want to go on Friday?", {"day/Friday"}),
        ("I didn't catch your name. Could you say it again?", {"name/"}),
        ("Your name, and where are you going?", {"name/", "b/"}),
        ("I'd need:\n- your name\n- the day you'd like", {"name/", "day/"}),
        ("You're going to Farrow, right?", {"b/Farrow"}),
        ("What's your dog's name?", set()),
        ("What a lovely day!", set()),
        ("When you have seen it, you will know which day suits you.", set()),
        ("Did you see the match on Tuesday?", set()),
        ("I know how much you want to see Farrow.", set()),
    ],
)
def test_a_question_is_read_in_its_words_and_those_before_it(said: str, asked: set[str]) -> None:
    acts = service_acts("rail", "train").parse(said)
    assert {act.kind for act in acts} <= {"ask"}
    assert {f"{act.slot}/{act.value}" for act in acts} == asked


def test_leave_is_asked_for_in_many_words() -> None:
    told = "Two seats to Farrow on Friday"
    guesses = {Act("guess", "places", "2"), Act("guess", "b", "Farrow"), Act("guess", "day", "Friday")}
    for asked in (". Shall I?", ", right?", ". Okay with you?", ". Have I got that right?", ". Do you want me to?"):
        assert set(service_acts("rail", "train").parse(told + asked)) == {Act("ask", GO_AHEAD), *guesses}


@pytest.mark.parametrize(
    "text", ["my wife, ", "not ", "two and ", "book(", "a hundred and ", "which day or ", "no Friday, "]
)
def test_a_turn_of_any_length_is_read_as_a_long_one(text: str) -> None:
    acts, asked = service_acts("rail", "train"), (Act("ask", "places"),)
    long, endless = text * 200, text * 5000
    assert acts.read(endless, asked) == acts.read(long, asked)
    assert acts.parse(f"{endless}?") == acts.parse(f"{long}?")
    assert told(endless, "rail") == told(long, "rail")


def test_the_opening_tells_the_errand_and_what_is_drawn_for_it() -> None:
    view = user_view(TASK, ADA)
    assert TASK.truth(view) == (Act("inform", "kind", "book"), Act("inform", "day", "Friday"))
    assert TASK.holds(view, Act("inform", "rate", "flex"))
    assert not TASK.holds(view, Act("inform", "rate", "fixed"))
    assert not TASK.holds(view, Act("inform", "held", "Friday"))


# -- what closings tell


@pytest.mark.parametrize(
    ("closing", "references", "amounts", "reasons"),
    [
        ("Your number is K7Q2X, 84 euros in total.", {"K7Q2X"}, {84}, set()),
        ("k7q2x it is, at €84.00 (2 seats at 42 EUR).", {"K7Q2X"}, {84, 42}, set()),
        ("That makes 1,250 euros, not 84.50 euros.", set(), {1250}, set()),
        ("It is cancelled; there is no refund.", set(), {0}, set()),
        ("Cancelled. You won't be refunded, it's non-refundable.", set(), {0}, set()),
        ("I'm sorry, all trains that day are sold out.", set(), set(), {"full"}),
        ("There are not enough seats left on Friday.", set(), set(), {"full"}),
        ("It leaves in less than 24 hours.", set(), set(), {"late"}),
        ("Changes must be made 48 hours before departure.", set(), set(), {"late"}),
        ("A basic fare can't be changed, I'm afraid.", set(), set(), {"fixed"}),
        ("Your fare doesn’t allow moving it.", set(), set(), {"fixed"}),
        ("We cannot book more than four seats at once.", set(), set(), {"many"}),
        ("At most 4 seats a booking, sorry.", set(), set(), {"many"}),
        ("I could not find any booking in your name.", set(), set(), {"unknown"}),
        ("Nothing is booked under that name.", set(), set(), {"unknown"}),
        ("Sorry, I can't do that.", set(), set(), set()),
        ("Sorry, nothing is available.", set(), set(), {"full"}),
        ("There is too little notice.", set(), set(), {"late"}),
        ("The fare cannot be changed.", set(), set(), {"fixed"}),
        ("Those are too many seats.", set(), set(), {"many"}),
        ("No booking was found.", set(), set(), {"unknown"}),
        ("Goodbye!", set(), set(), set()),
        ("**K7Q2X**, **84** euros.", {"K7Q2X"}, {84}, set()),
        ("Booking number: `K7Q2X`. Total: 84", {"K7Q2X"}, {84}, set()),
        ("The total price is EUR84 for 2 seats.", set(), {84}, set()),
        ("It is cancelled. You are not eligible for a refund.", set(), {0}, set()),
        ("Cancelled. You will not receive any refund.", set(), {0}, set()),
        ("Cancelled; the refund is zero.", set(), {0}, set()),
        ("I'm sorry, only 2 seats are left.", set(), set(), {"full"}),
        ("There are only two seats available that day.", set(), set(), {"full"}),
        ("I can book only 4 seats at once.", set(), set(), {"many"}),
        ("No train on that day has 3 seats free.", set(), set(), {"full"}),
        ("There is no booking for Ada Keller.", set(), set(), {"unknown"}),
        ("No reservation matches your name.", set(), set(), {"unknown"}),
        ("That comes to ninety-five euros.", set(), {95}, set()),
        ("A hundred and twenty euros, that is forty euros each.", set(), {120, 40}, set()),
        ("Two thousand three hundred euros, or eighty euros and fifty cents.", set(), set(), set()),
        ("It's not too late, and it isn't sold out.", set(), set(), set()),
        ("It departs tomorrow morning, I'm sorry.", set(), set(), {"late"}),
        ("Your train departs tomorrow morning.", set(), set(), set()),
        ("You have a basic fare, so I couldn't put you on another train.", set(), set(), {"fixed"}),
        ("Only flexible tickets may be moved.", set(), set(), {"fixed"}),
        ("Cancelled; basic fares are not refunded.", set(), {0}, set()),
        ("Nobody called Samir Nasser has a ticket.", set(), set(), {"unknown"}),
        ("There are only four places open.", set(), set(), {"full"}),
        ("Four is our limit per booking.", set(), set(), {"many"}),
    ],
)
def test_closings_are_read_in_other_words(closing: str, references: Any, amounts: Any, reasons: Any) -> None:
    assert told(closing, "rail") == (references, amounts, reasons)


def graded(scenario: Scenario, *said: str) -> tuple[float | None, str]:
    dialogue: Any = talk(TASK, scenario, *said[:-1])
    verdict = TASK.grade(scenario, (*dialogue, Message("assistant", said[-1])))
    return verdict.score, verdict.reason


def test_a_booking_is_right_only_if_made_once_and_told_with_number_and_price() -> None:
    solution = right(ADA)
    assert solution.request is not None
    call, closing = TASK.answer(ADA).split("\n")
    number, amount = solution.reference, solution.amount
    assert graded(ADA, call, closing) == graded(ADA, f"{call}\n{closing}")
    assert graded(ADA, call, closing)[0] == 1.0
    for said, why in [
        ((closing,), "should be as after"),
        ((call, call, closing), "should be as after"),
        ((call.replace("seats=2", "seats=1"), closing), "should be as after"),
        ((call, f"cancel(booking='{number}')", closing), "should be as after"),
        ((call, "ANSWER: Done!"), "the amount is"),
        ((call, f"ANSWER: That is {amount} euros."), "the number is"),
        ((call, f"ANSWER: {number}, {amount + 1} euros."), "the amount is"),
        ((call, f"ANSWER: {number} or A1B2C, {amount} euros."), "the number is"),
        ((call, f"ANSWER: {number}, {amount} or {amount + 1} or {amount + 2} euros."), "the amount is"),
        ((call,), "did not close"),
    ]:
        score, reason = graded(ADA, *said)
        assert (score, why in reason) == (0.0, True), (said, reason)


def test_of_a_refusal_the_reason_is_told_and_no_other_and_nothing_is_done() -> None:
    goal = FrozenDict({**GOAL, "places": 7})
    many = Scenario(PUBLIC, {**ADA.user_brief, "goal": goal})
    assert "many" in right(many).reasons
    assert graded(many, "ANSWER: Sorry, at most 4 seats a booking.")[0] == 1.0
    assert graded(many, "ANSWER: Sorry.")[0] == 0.0
    assert graded(many, "ANSWER: Sorry, that is too many, too late, and there is no booking under that name.")[0] == 0.0
    call = TASK.answer(ADA).split("\n")[0]
    assert graded(many, call, "ANSWER: Sorry, at most 4 seats a booking.")[0] == 0.0


# -- who serves how well


@cache
def played(agent: str, setting: str) -> list[tuple[bool, int]]:
    """Whether it was solved, and the turns, in the same scenarios for all agents."""
    env, player = make_env("service", setting, split="test", simulator="scripted"), agents.make(agent)
    found = []
    for seed in range(EPISODES):
        env.reset(seed=seed)
        while env.end_reason is None:
            env.step(player.act(env.agent_view()))
        found.append((env.verdict.solved, env.turn))
    return found


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_clerk_serves_everybody_and_whoever_asks_for_one_thing_at_a_time_takes_longer(setting: str) -> None:
    for agent in ("clerk", "clarify_first"):
        assert all(solved for solved, _ in played(agent, setting))
    fast, slow = (sum(turns for _, turns in played(agent, setting)) for agent in ("clerk", "clarify_first"))
    assert fast == slow if setting == "told" else fast < slow


def test_guessing_and_breaking_the_policy_cost_what_they_should() -> None:
    def share(agent: str, setting: str) -> float:
        return sum(solved for solved, _ in played(agent, setting)) / EPISODES

    assert share("answer_first", "vague") < share("answer_first", "default") < 0.5
    assert share("answer_first", "told") == 1.0
    env = make_env("service", "default", split="test", simulator="scripted")
    for seed, (solved, _) in enumerate(played("lenient", "default")):
        env.reset(seed=seed)
        reasons = right(env.scenario).reasons
        assert solved == (not reasons & {"late", "fixed", "many"} or "full" in reasons)


@pytest.mark.parametrize("setting", SETTINGS)
def test_nobody_exceeds_the_bound_and_a_clerk_earns_what_is_said_to_be_reached(setting: str) -> None:
    env, chosen = make_env("service", setting, split="test", simulator="scripted"), TASK.setting(setting)
    for seed in range(30):
        env.reset(seed=seed)
        known = worth(TASK, chosen, env.scenario)
        assert known is not None
        solved, turns = played("clerk", setting)[seed]
        assert solved
        assert known.reached == pytest.approx(1 - chosen.turn_cost * turns)
        assert known.reached <= known.value == 1 - chosen.turn_cost


@pytest.mark.parametrize("persona", ["terse", "verbose", "inexpert", "over_disclosing"])
def test_a_clerk_serves_people_of_all_manners(persona: str) -> None:
    env, clerk = make_env("service", split="test", simulator="scripted", persona=persona), Clerk()
    for seed in range(25):
        env.reset(seed=seed)
        while env.end_reason is None:
            env.step(clerk.act(env.agent_view()))
        assert env.verdict.solved, env.verdict


def test_a_clerk_knows_what_it_was_told_and_what_tools_gave_and_nothing_else() -> None:
    """Another database gives the same first moves until a result differs."""
    clerk, setting = Clerk(), TASK.setting("default")
    for scenario in drawn("test", 20):
        twin = Scenario(scenario.public, {**scenario.user_brief, "world": (scenario.user_brief["world"] + 1) % WORLDS})
        dialogue = talk(TASK, scenario)
        assert talk(TASK, twin) == dialogue
        assert clerk.act(agent_view(TASK, setting, scenario, dialogue)) == clerk.act(
            agent_view(TASK, setting, twin, dialogue)
        )


def test_agents_made_for_service_refuse_other_tasks_and_believers_do_not_apply() -> None:
    env = make_env("clarify", simulator="scripted")
    env.reset(seed=0)
    with pytest.raises(AgentError, match=r"plays the task .service. only"):
        Clerk().act(env.agent_view())
    assert set(BELIEVERS) | {"bisect", "rsa"} <= set(TASK.setting("default").agents_not_applicable)


def test_the_experiment_plays_every_setting_with_four_agents() -> None:
    swept = yaml.safe_load((config_dir() / "experiment" / "service.yaml").read_text())["hydra"]["sweeper"]["params"]
    assert swept["task.setting"].split(",") == SETTINGS
    assert swept["agent"].split(",") == ["answer_first", "lenient", "clarify_first", "clerk"]


def test_what_the_agent_reads_names_tools_policy_and_no_secret() -> None:
    for scenario in drawn("train", 20):
        text = TASK.describe(scenario.public, None)
        goal = scenario.user_brief["goal"]
        assert all(f"- {tool}(" in text for tool in ("search", "bookings", "book", "change", "cancel"))
        assert f"at most {scenario.public['most']}" in text
        assert f"less than {scenario.public['notice']} hours" in text
        assert goal["name"] not in text
        assert json.dumps(scenario.public).find(goal["name"]) == -1
        assert set(goal) == {"kind", *WANTED[goal["kind"]]}


def test_a_user_who_leaves_has_not_been_served() -> None:
    env = DialogueEnv(TASK, TASK.setting("default"), make_simulator("scripted", "impatient"), "test")
    env.reset(seed=1)
    while env.end_reason is None:
        env.step("One moment, please.")
    assert (env.end_reason, env.verdict.solved) == ("user_gave_up", False)
