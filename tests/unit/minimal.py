"""A task as small as a task can be: the user has tossed a coin, and the agent has to know how it fell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pragenv import (
    Act,
    AgentView,
    DialogueEnv,
    Message,
    Scenario,
    Setting,
    Simulator,
    Task,
    UserTurn,
    UserView,
    Verdict,
    commitment,
)
from pragenv.registration import make_simulator
from pragenv.types import Dialogue, FrozenDict, mix, uniform

SIDES = ("heads", "tails")


class CoinActs:
    menu = (Act("ask", "side"),)

    def parse(self, utterance: str) -> tuple[Act, ...]:
        if (committed := commitment(utterance)) is not None:
            return (Act("commit", value=committed),)
        return self.menu if "side" in utterance.lower() else ()

    def read(self, utterance: str, asked: tuple[Act, ...]) -> tuple[Act, ...]:
        return tuple(Act("inform", "side", side) for side in SIDES if side in utterance.lower())

    def phrase(self, act: Act, key: int) -> str:
        return ("Which side is up?", "Tell me which side you see.")[key % 2]


class Coin(Task):
    name = "coin"
    SETTINGS = (
        Setting(turn_limit=4, turn_cost=0.1),
        Setting(name="told", turn_limit=4, tags=("told",)),
    )

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        brief = {"side": SIDES[mix(key, 1) % 2], "told": setting.name == "told"}
        return Scenario({"sides": SIDES}, brief, {"note": "somebody tossed a coin"})

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        assert agent_brief is not None
        return f"{agent_brief['note']}: {' or '.join(public['sides'])}?"

    def acts(self, view: UserView | AgentView) -> CoinActs:
        return CoinActs()

    def truth(self, view: UserView) -> tuple[Act, ...]:
        side = Act("inform", "side", view.user_brief["side"])
        if not view.dialogue:
            return (Act("request"), side) if view.user_brief["told"] else (Act("request"),)
        return (
            (side,) if self.acts(view).parse(view.dialogue[-1].content) == CoinActs.menu else (Act("not_understood"),)
        )

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        words = {"request": ("I tossed a coin.", "Hi, a coin fell.")[key % 2], "not_understood": "Pardon?"}
        return " ".join(words.get(act.kind) or f"It shows {act.value}." for act in acts)

    def corrupt(self, view: UserView, key: int) -> UserView:
        other = SIDES[view.user_brief["side"] == SIDES[0]]
        return view._replace(user_brief=FrozenDict({**view.user_brief, "side": other}))

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        return (Act("inform", "side", view.user_brief["side"]),)

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        last = dialogue[-1]
        right = last.role == "assistant" and commitment(last.content) == scenario.user_brief["side"]
        return Verdict(float(right), right, "right" if right else "wrong or no side was named")

    def answer(self, scenario: Scenario) -> str:
        return f"ANSWER: {scenario.user_brief['side']}"

    def guess(self, view: AgentView, key: int | None = None) -> str:
        heard = [a.value for m in view.dialogue if m.role == "user" for a in self.acts(view).read(m.content, ())]
        if key is not None:
            return f"ANSWER: {SIDES[uniform(key) < 0.5]}"
        return f"ANSWER: {(heard or SIDES)[0]}"

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        heard = any(self.acts(view).read(m.content, ()) for m in view.dialogue if m.role == "user")
        return () if heard else CoinActs.menu

    def chance(self, scenario: Scenario) -> float:
        return 0.5

    def needs_asking(self, scenario: Scenario) -> bool:
        return not scenario.user_brief["told"]


def coin_env(user: Simulator | None = None, setting: str = "default", **arguments: Any) -> DialogueEnv:
    """A conversation about a coin."""
    task = Coin()
    return DialogueEnv(task, task.setting(setting), user or make_simulator("scripted"), **arguments)


class Saying(Simulator):
    """Says the same in every turn, and leaves in a given one."""

    def __init__(self, text: str = "Hm.", end: Any = None, at: int = 1) -> None:
        self.text, self.end, self.at = text, end, at

    def reply(self, view: UserView) -> UserTurn:
        return UserTurn(self.text, self.end if view.turn == self.at else None)


def user_said(text: str) -> Message:
    return Message("user", text)
