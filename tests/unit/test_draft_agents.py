"""Who drafts how well: the agents, the ceiling, and that revising is what pays."""

from functools import cache
from itertools import product
from statistics import fmean, stdev

import pytest
from fake_model import FakeModel
from pragenv_baselines.drafters import Reviser
from pragenv_simulators.lm import LM

from pragenv.ceiling import worth
from pragenv.env import DialogueEnv
from pragenv.errors import ConfigError
from pragenv.intents import BELIEVERS
from pragenv.registration import agents, make_env, make_simulator
from pragenv.run import plan
from pragenv.tasks.draft import Draft
from pragenv.tasks.draft.ceiling import best
from pragenv.tasks.specialists import specialists
from pragenv.types import Act

TASK = Draft()
SETTINGS = [setting.name for setting in TASK.SETTINGS]
EPISODES = 100


@cache
def played(agent: str, setting: str) -> list[tuple[float, int, bool, float]]:
    """Reward, turns, whether it was solved, and the ceiling, in the same scenarios for all agents."""
    env, player = make_env("draft", setting, split="test", simulator="scripted"), agents.make(agent)
    found = []
    for seed in range(EPISODES):
        env.reset(seed=seed)
        while env.end_reason is None:
            _, reward, *_ = env.step(player.act(env.agent_view()))
        known = worth(TASK, env.setting, env.scenario)
        assert known is not None
        assert known.exact
        found.append((reward, env.turn, env.verdict.solved, known.value))
    return found


def mean(agent: str, setting: str) -> float:
    return fmean(reward for reward, *_ in played(agent, setting))


def above_the_ceiling(agent: str, setting: str) -> float:
    """By how many standard errors an agent earns more than the ceiling of what it met."""
    gaps = [reward - value for reward, _, _, value in played(agent, setting)]
    return fmean(gaps) / (stdev(gaps) / len(gaps) ** 0.5 + 1e-9)


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s != "answers_only"])
def test_revising_beats_interviewing_and_that_beats_one_draft(setting: str) -> None:
    assert mean("reviser", setting) > mean("interviewer", setting) > mean("one_draft", setting)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("agent", ["one_draft", "interviewer", "reviser"])
def test_nobody_earns_more_than_the_ceiling(agent: str, setting: str) -> None:
    assert above_the_ceiling(agent, setting) < 4.5


@pytest.mark.parametrize("setting", ["default", "small", "large", "costly"])
def test_the_reviser_reaches_it_where_comments_say_what_is_wanted(setting: str) -> None:
    assert above_the_ceiling("reviser", setting) > -4.5


def test_who_is_told_nothing_of_drafts_had_better_ask() -> None:
    ceilings = [value for *_, value in played("interviewer", "answers_only")]
    assert mean("interviewer", "answers_only") == pytest.approx(fmean(ceilings))
    assert all(turns == 2 for _, turns, *_ in played("reviser", "answers_only"))


@pytest.mark.parametrize("setting", ["default", "small", "large", "vague"])
def test_both_patient_agents_solve_all(setting: str) -> None:
    assert all(solved for agent in ("interviewer", "reviser") for _, _, solved, _ in played(agent, setting))


@pytest.mark.parametrize("agent", ["interviewer", "reviser"])
@pytest.mark.parametrize("persona", ["typist", "noisy", "over_disclosing", "inexpert", "verbose", "terse"])
def test_no_persona_throws_a_patient_agent_off_for_good(agent: str, persona: str) -> None:
    env = DialogueEnv(TASK, TASK.setting("default"), make_simulator("scripted", persona), "test")
    player, scores = agents.make(agent), []
    for seed in range(20):
        env.reset(seed=seed)
        while env.end_reason is None:
            env.step(player.act(env.agent_view()))
        scores.append(env.verdict.score or 0.0)
    assert fmean(scores) > 0.8


@pytest.mark.parametrize("how", ["recap", "snowball"])
def test_who_hears_things_again_is_not_misled(how: str) -> None:
    env = make_env("draft", split="test", simulator="scripted", knobs={"repeats": how})
    for seed in range(10):
        env.reset(seed=seed)
        while env.end_reason is None:
            _, reward, *_ = env.step(Reviser().act(env.agent_view()))
        assert reward == pytest.approx(played("reviser", "default")[seed][0])


def test_a_model_can_play_the_user_and_is_held_to_the_wishes() -> None:
    """It says the opposite first, which the guard has drawn again."""
    drafts = ["Please help me."]
    env = make_env("draft", simulator=LM(FakeModel(lambda prompt, key: drafts.pop(0))))
    env.reset(seed=0)
    view = env.user_view()
    (point, *_), wanted = env.task.acts(view).points, env.scenario.user_brief["wanted"]
    other = next(v for v in env.task.acts(view).document.values[point] if v != wanted[point])
    asked = env.task.acts(view).phrase(Act("ask", point), 0)
    drafts += [env.task.say(view, (Act("inform", point, value),), 0) for value in (other, wanted[point])]
    env.step(asked)
    assert dict(env.user_info[-1]["guard"])["faults"] == {"contradicts": 1, "discloses": 1, "unanswered": 1}
    assert env.dialogue[-1].content == env.task.say(view, (Act("inform", point, wanted[point]),), 0)


def test_agents_that_need_declared_intents_do_not_apply() -> None:
    for setting in TASK.SETTINGS:
        assert {*BELIEVERS, *specialists("draft")} == set(setting.agents_not_applicable)
    with pytest.raises(ConfigError, match="first of several points; take `reviser`"):
        plan(["task=draft", "agent=ask_by_gain"], sweep=False)


def test_the_experiment_plays_every_setting_with_all_three() -> None:
    cells = plan(["experiment=drafting"], sweep=True)
    found = {(cell.names.setting, cell.names.agent) for cell in cells}
    assert found == set(product(SETTINGS, ("one_draft", "interviewer", "reviser")))
    assert len(cells) == len(found)


# -- specifications so small that everything can be tried


@pytest.mark.parametrize("counts", [(2,), (4,), (2, 2), (3, 2), (2, 3), (2, 2, 2)])
@pytest.mark.parametrize("vague", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("cost", "limit"), [(0.0, 4), (0.02, 6), (0.1, 5), (0.25, 3)])
def test_the_ceiling_is_what_the_best_of_all_agents_earns(
    counts: tuple[int, ...], vague: float, cost: float, limit: int
) -> None:
    """Every question and every text, also those that are knowingly wrong (None), tried after every dialogue."""
    texts = list(product(*((*range(n), None) for n in counts)))

    @cache
    def most(held: frozenset[tuple[int, ...]], turns: int) -> float:
        """Reward of the best agent, summed over these equally probable specifications."""
        found = max(sum(fmean(a == b for a, b in zip(text, one, strict=True)) for one in held) for text in texts)
        found -= cost * len(held)
        if turns == 1 or len(held) == 1:
            return found
        for i in range(len(counts)):
            parts = split(held, lambda one, i=i: one[i])  # type: ignore[misc]
            found = max(found, sum(most(part, turns - 1) for part in parts.values()) - cost * len(held))
        for text in texts:
            first = split(held, lambda one, text=text: next((i for i, v in enumerate(one) if v != text[i]), None))  # type: ignore[misc]
            after = 0.0
            for i, part in first.items():
                plain = [part] if i is None else list(split(part, lambda one, i=i: one[i]).values())  # type: ignore[misc]
                after += (1 - vague) * sum(most(known, turns - 1) for known in plain) + vague * most(part, turns - 1)
            found = max(found, after - cost * len(held))
        return found

    every = frozenset(product(*map(range, counts)))
    exact = most(every, limit) / len(every)
    assert 1 + best(counts, len(counts), True, vague, cost, limit) == pytest.approx(exact)


def split(held, told):  # type: ignore[no-untyped-def]
    """The specifications by what a user says of them."""
    parts: dict[object, set[tuple[int, ...]]] = {}
    for one in held:
        parts.setdefault(told(one), set()).add(one)
    return {said: frozenset(part) for said, part in parts.items()}
