"""Who bargains how well: what is believed, the agents, the ceiling, and that asking creates surplus for both."""

from functools import cache
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from bargains import TASK, selling, spoken
from pragenv_baselines.bargainers import Integrative, Positional, TitForTat
from talk import agent_view, talk

from pragenv import Agent, AgentView, DialogueEnv
from pragenv.ceiling import ceiling, worth
from pragenv.errors import AgentError, ConfigError
from pragenv.registration import agents, make_env, make_simulator
from pragenv.tasks.negotiate.belief import Belief
from pragenv.tasks.negotiate.tactics import GAPS
from pragenv.types import Act, Scenario

SETTINGS = [setting.name for setting in TASK.SETTINGS]
EVERYTHING = "How important is the {} to you? Does the {} matter to you? What is your offer?"
EPISODES = 60


def play(agent: Agent, setting: str) -> list[tuple[float, float, float, float]]:
    """Joint, own and the user's surplus (as shares), and the reward, in the same scenarios for all agents."""
    env = make_env("negotiate", setting, split="test", simulator="scripted")
    found = []
    for seed in range(EPISODES):
        env.reset(seed=seed)
        reward = 0.0
        while env.end_reason is None:
            _, reward, *_ = env.step(agent.act(env.agent_view()))
        own, joint = TASK.shares(env.scenario, TASK.deal(env.scenario, env.dialogue))
        found.append((joint, own, joint - own, reward))
    return found


@cache
def played(agent: str, setting: str) -> np.ndarray:
    return np.array(play(agents.make(agent), setting))


def least(values: np.ndarray) -> float:
    """The lower end of a 95% interval of the mean."""
    return float(values.mean() - 1.96 * values.std(ddof=1) / len(values) ** 0.5)


@pytest.mark.parametrize("setting", ["default", "tit_for_tat", "firm", "mixed", "short"])
def test_asking_creates_surplus_that_insisting_leaves(setting: str) -> None:
    gaps = played("integrative", setting) - played("positional", setting)
    assert least(gaps[:, 0]) > 0  # for both sides together
    assert least(gaps[:, 1]) > 0  # and for the agent
    intervals = [played(agent, setting)[:, 0] for agent in ("positional", "integrative")]
    assert least(intervals[1]) > -least(-intervals[0])


def test_of_what_is_created_some_takes_asking() -> None:
    told, supposed = played("integrative", "default"), np.array(play(Integrative(asks=False), "default"))
    assert least(told[:, 0] - supposed[:, 0]) > 0
    assert least(supposed[:, 0] - played("positional", "default")[:, 0]) > 0


def test_where_nothing_can_be_created_asking_gains_nothing() -> None:
    assert (played("integrative", "distributive") == played("positional", "distributive")).all()
    assert played("positional", "distributive")[:, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("setting", SETTINGS)
def test_nobody_earns_more_than_the_ceiling(setting: str) -> None:
    found = ceiling(TASK, TASK.setting(setting))
    assert found is not None
    assert found.kind == ("bound" if setting in ("tit_for_tat", "mixed") else "exact")
    assert found.reached <= found.value <= 1.0 - TASK.setting(setting).turn_cost
    for agent in ("positional", "integrative"):
        assert played(agent, setting)[:, 3].mean() < found.value


class AsksAll(Agent):
    """Asks for everything at once, then for offers while they tell anything, then makes the best last offer."""

    def act(self, view: AgentView) -> str:
        if view.turn == 0:
            return EVERYTHING.format(*view.public["terms"])
        return "What is your offer?" if TASK.questions(view) else TASK.guess(view)


@pytest.mark.parametrize("setting", ["default", "firm", "distributive", "short"])
def test_an_exact_ceiling_is_earned_by_who_asks_for_all_at_once(setting: str) -> None:
    """What is said to be attainable is attained: to wait for what offers tell is the best that can be done."""
    env = make_env("negotiate", setting, split="test", simulator="scripted")
    excess = []
    for seed, (*_, reward) in enumerate(play(AsksAll(), setting)):
        env.reset(seed=seed)
        known = worth(TASK, TASK.setting(setting), env.scenario)
        assert known is not None
        excess.append(reward - known.value)
    error = float(np.std(excess, ddof=1)) / len(excess) ** 0.5
    assert abs(fmean(excess)) < 4 * error + 1e-9, (fmean(excess), error)


def believes(scenario: Scenario, *said: str) -> Belief:
    setting = TASK.setting(scenario.public["tactic"].replace("concede", "default"))
    return TASK.belief(agent_view(TASK, setting, scenario, talk(TASK, scenario, *said)))


def test_a_belief_holds_the_users_that_would_have_said_so_and_the_true_one() -> None:
    scenario = selling(demand=12)
    before, after = believes(scenario), believes(scenario, EVERYTHING.format("delivery", "warranty"))
    assert before.held.all()
    w = after.users.importances.index(("much", "little"))
    true = GAPS.index(10), w, [m.demand for m in after.users.manners].index(12)
    assert after.held[true]
    assert not np.delete(after.held, w, axis=1).any()
    # The offer leaves the difference of reservation and demand only: -2 steps.
    gaps, demands = np.nonzero(after.held[:, w])
    assert {GAPS[r] - after.users.manners[k].demand for r, k in zip(gaps, demands, strict=True)} == {-2}


def test_offers_of_a_user_that_concedes_give_its_reservation_away() -> None:
    scenario = selling(tactic="concede", demand=12)
    said = [EVERYTHING.format("delivery", "warranty"), *["What is your offer?"] * 4]
    belief = believes(scenario, *said)
    assert belief.held.any(axis=(1, 2)).sum() == 1
    offer, expected = belief.best()
    assert (offer, expected) == ((500, (2, 0)), pytest.approx(1.0))


def test_a_refusal_tells_as_much_as_the_offer_that_goes_with_it() -> None:
    scenario = selling(demand=12)
    asked = believes(scenario, EVERYTHING.format("delivery", "warranty"))
    said = "OFFER: £560, collection, no warranty. " + EVERYTHING.format("delivery", "warranty")
    assert (believes(scenario, said).held == asked.held).all()


def test_chance_is_the_mean_over_all_prices_and_levels() -> None:
    scenario = selling()
    market = TASK.acts(agent_view(TASK, TASK.SETTINGS[0], scenario, spoken())).market
    scores = []
    for levels in market.packages():
        for price in range(market.low, market.high + 1, market.step):
            text = ", ".join((f"£{price}", *(t.levels[i].label for t, i in zip(market.terms, levels, strict=True))))
            scores.append(TASK.grade(scenario, spoken(f"ANSWER: {text}")).score or 0.0)
    assert TASK.chance(scenario) == pytest.approx(fmean(scores))


def line(agent: Agent, scenario: Scenario, *said: str) -> str:
    setting = TASK.setting("firm", {"turn_limit": scenario.public["rounds"]})
    return agent.act(agent_view(TASK, setting, scenario, spoken(*said)))


@pytest.mark.parametrize("agent", [Positional(), TitForTat(), Integrative()])
def test_agents_take_a_good_offer_and_close_a_deal(agent: Agent) -> None:
    good = "My offer: £600, collection, no warranty."
    told = "The delivery matters a lot to me. The warranty matters little to me. "
    assert line(agent, selling(), "Hm?", told + good) == "ANSWER: accept"
    offered = "OFFER: £600, collection, no warranty"
    assert line(agent, selling(), offered, "Deal.").startswith("Agreed")


def test_agents_open_with_the_greatest_gap_and_end_with_the_least() -> None:
    assert "£470, collection, no warranty" in line(Positional(), selling())
    assert "£470, collection, no warranty" in line(TitForTat(), selling())
    assert line(Positional(), selling(rounds=1)) == "ANSWER: £370, collection, no warranty"
    asked = TASK.acts(agent_view(TASK, TASK.SETTINGS[0], selling(), spoken())).parse(line(Integrative(), selling()))
    assert asked == (Act("ask", "delivery"), Act("ask", "warranty"))
    told = "The delivery matters a lot to me. The warranty matters little to me."
    # A ninth of the way down from 24 steps to 4 (22), and half of what delivery creates (8 of 16).
    assert "£520, next-day delivery, no warranty" in line(Integrative(), selling(), "Hm?", told)


def test_tit_for_tat_concedes_what_the_user_has() -> None:
    first, second = (f"My offer: £{price}, next-day delivery, 2-year warranty." for price in (400, 415))
    assert "£455, collection" in line(TitForTat(), selling(), "Hm?", first, "Hm?", second)


def test_arguments_and_other_tasks_are_refused() -> None:
    for made in (Positional, Integrative):
        with pytest.raises(ConfigError, match="pace must be above 0, got 0"):
            made(pace=0)
    with pytest.raises(ConfigError, match=r"share must be in \[0, 1\], got 2"):
        Integrative(share=2)
    env = DialogueEnv(*_clarify(), make_simulator("scripted"))
    env.reset(seed=0)
    for agent in (Positional(), TitForTat(), Integrative()):
        with pytest.raises(AgentError, match="this agent plays the task 'negotiate' only, not 'clarify'"):
            agent.act(env.agent_view())


def _clarify() -> Any:
    from pragenv.tasks.clarify import Clarify

    return Clarify(), Clarify.SETTINGS[0]
