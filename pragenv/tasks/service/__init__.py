"""Service: to do what a user wants with tools, as far as the policy allows, and to say what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, cast

from pragenv.protocols import COMMIT, SPLITS, AgentView, Setting, Task, UserView, commitment
from pragenv.tasks.service.acts import GO_AHEAD, ServiceActs, service_acts
from pragenv.tasks.service.ceiling import reached
from pragenv.tasks.service.closing import refusal, success, told
from pragenv.tasks.service.database import replay
from pragenv.tasks.service.desk import Desk, desk
from pragenv.tasks.service.domain import DAYS, PICKS, Domain, domains, names
from pragenv.tasks.service.goals import REASONS, SLOTS, WANTED, Solution, draw, solve
from pragenv.tasks.service.setting import SETTINGS, ServiceSetting
from pragenv.tasks.service.tools import Request, given, said, signatures, written
from pragenv.tasks.speech import conveyed, speak
from pragenv.types import Act, Dialogue, FrozenDict, Message, Scenario, Verdict, mix

_ERRANDS = {"book": "to book", "change": "to move a booking to another day", "cancel": "to cancel a booking"}


class Service(Task):
    """A clerk with tools over a database serves a user whose wish it has to find out, under a policy.

    The idea is that of tau-bench (Yao et al. 2024) and tau2-bench (Barres et al. 2025); domains and data are our own.

    ## Description
    A user wants something booked, changed or cancelled. The agent asks, works tools over a SQLite database, and keeps
    to the policy. The wish may not be possible or not be allowed: then it is to be refused, with the reason. The user
    hears the agent's words, and neither its calls nor their results.

    ## Observation
    The system message describes tools and policy; then the conversation, with a message of the role `tool` for each
    call.

    ## Action
    Any text. Calls stand on lines of their own (`book(train="R123", seats=2, fare="basic", name="…")`), in a fenced
    block, or are JSON (`{"name": "book", "arguments": {…}}`); all else is said to the user. `ANSWER:` closes with a
    last message, which has to tell what came of it.

    ## Reward
    At the end 1 if the bookings are as they should be and the closing tells what it has to (of a booking or change its
    number and total price, of a cancellation the refund, of a refusal a reason that holds and no other), else 0; less
    `turn_cost` a turn.

    ## Termination
    On `ANSWER:`, at the announced turn limit, or when the user leaves.

    ## Settings
    See `ServiceSetting` for the knobs and `Service.SETTINGS` for the named combinations. Splits differ in domains and
    wordings; `test_phrasing` has training domains in test wordings.
    """

    name = "service"
    SETTINGS: ClassVar[tuple[Setting, ...]] = SETTINGS
    SPLITS = (*SPLITS, "test_phrasing")
    checkpoint = "second"

    def __init__(self) -> None:
        self._description = lru_cache(maxsize=256)(_describe)

    def __reduce__(self) -> tuple[type[Service], tuple[()]]:
        return type(self), ()

    # -- scenarios -----------------------------------------------------------------------------------------------------

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        """A domain, its database, a policy, a wish, and what of it the opening tells."""
        assert isinstance(setting, ServiceSetting)
        return draw(key, setting, split)

    def describe(self, public: Mapping[str, Any], agent_brief: Mapping[str, Any] | None) -> str:
        """The tools, the policy, and how to close."""
        return self._description(cast(FrozenDict, public))

    # -- the user ------------------------------------------------------------------------------------------------------

    def brief(self, public: Mapping[str, Any], user_brief: Mapping[str, Any]) -> str:
        """The wish, and how to go about it."""
        of, goal = domains()[public["domain"]], user_brief["goal"]
        labels = {"name": "your name", "held": "the day of your booking", "pick": "which of those with room"}
        labels |= {"a": of.a.parameter, "b": of.b.parameter, "places": of.places, "rate": of.rate, "day": "day"}
        shown = {**goal, "rate": of.rates[goal["rate"]][0]} if "rate" in goal else goal
        wanted = enumerate(WANTED[goal["kind"]], start=1)
        listed = "\n".join(f"{number}. {labels[slot]}: {shown[slot]}" for number, slot in wanted)
        said = [labels[slot] for slot in user_brief["said"]]
        told = f", and of the rest only this: {'; '.join(said)}" if said else ", and nothing else"
        return (
            f"You write to {of.title}. You want {_ERRANDS[goal['kind']]} ({of.item}).\n{listed}\n"
            f"First say what you want{told}. Then say what you are asked for, and agree to what fits; what is not "
            "listed you do not mind. Asked whether there is anything else, tell the next two things on the list. "
            "You know nothing of what there is to book."
        )

    def acts(self, view: UserView | AgentView) -> ServiceActs:
        """The acts of the domain."""
        return service_acts(view.public["domain"], view.public["phrasing"])

    def audible(self, dialogue: Dialogue, public: Mapping[str, Any]) -> Dialogue:
        """The words: no calls, no results."""
        return tuple(
            Message("assistant", said(m.content, public["domain"]).words) if m.role == "assistant" else m
            for m in dialogue
            if m.role != "tool"
        )

    def truth(self, view: UserView) -> tuple[Act, ...]:
        """What is asked for; leave for what fits, and what is wrong with what does not."""
        goal = view.user_brief["goal"]
        if not view.dialogue:
            return tuple(_inform(goal, slot) for slot in ("kind", *view.user_brief["said"]))
        spoken = next((m.content for m in reversed(view.dialogue) if m.role == "assistant"), "")
        acts = self.acts(view).parse(spoken)
        if acts == (Act("pause"),):
            return (Act("wait"),)
        if acts == (Act("ask_open"),):
            return self._untold(view)[:2] or (Act("nothing_more"),)
        if goal["kind"] == "cancel":  # there is one day only that it can be about
            acts = tuple(act._replace(slot="held") if act.slot == "day" else act for act in acts)
        asked = [act.slot for act in acts if act.kind == "ask" and act.slot != GO_AHEAD]
        due = [_inform(goal, slot) if slot in goal else Act("indifferent", slot) for slot in asked]
        if Act("ask", GO_AHEAD) in acts:
            guesses = [act for act in acts if act.kind == "guess" and not _fits(goal, act)]
            wrong = [_inform(goal, slot) for slot in dict.fromkeys(g.slot for g in guesses) if slot not in asked]
            due += wrong or ([] if asked else [Act("confirm")])
        return tuple(dict.fromkeys(due)) or (Act("not_understood"),)

    def holds(self, view: UserView, act: Act) -> bool:
        """Whether what is said is so."""
        if act.kind != "inform":
            return act.kind != "deny"
        goal = view.user_brief["goal"]
        return act.slot in goal and str(goal[act.slot]) == act.value

    def volunteer(self, view: UserView) -> tuple[Act, ...]:
        """The next part of the wish that was neither told nor asked for."""
        due = {act.slot for act in self.truth(view)}
        return tuple(act for act in self._untold(view) if act.slot not in due)[:1]

    def _untold(self, view: UserView) -> tuple[Act, ...]:
        goal, acts = view.user_brief["goal"], self.acts(view)
        known = {act.slot for act in conveyed(acts, self.audible(view.dialogue, view.public)) if act.kind == "inform"}
        return tuple(_inform(goal, slot) for slot in ("kind", *WANTED[goal["kind"]]) if slot not in known)

    def corrupt(self, view: UserView, key: int) -> UserView:
        """A user who is mistaken about a part of its wish, one that changes what it says where one does."""
        of, goal, faithful = domains()[view.public["domain"]], view.user_brief["goal"], self.truth(view)
        for i, slot in enumerate(s for s in SLOTS if s in goal):
            values = [value for value in _alternatives(of, slot) if value != goal[slot]]
            wrong = FrozenDict({**goal, slot: values[mix(key, i) % len(values)]})
            mistaken = view._replace(user_brief=FrozenDict({**view.user_brief, "goal": wrong}))
            if self.truth(mistaken) != faithful:
                break
        return mistaken

    def say(self, view: UserView, acts: tuple[Act, ...], key: int) -> str:
        """The acts in words; terse users say the barest."""
        known, terse = self.acts(view), view.traits.get("verbosity") == "terse"
        return speak(acts, lambda act, k: known.word(act, k, terse), view.traits, key)

    # -- the world -----------------------------------------------------------------------------------------------------

    def respond(self, scenario: Scenario, dialogue: Dialogue) -> tuple[Message, ...]:
        """A message for each call of the last utterance: tool, arguments, and result or error, as JSON.

        It depends on the world's number, the calls and nothing else of the scenario.
        """
        public = scenario.public
        asked = said(dialogue[-1].content, public["domain"]).requests
        if not asked:
            return ()
        of = domains()[public["domain"]]
        made = _requests(dialogue, of)
        before = len(made) - sum(isinstance(one, Request) for one in asked)
        results = iter(replay(of.name, scenario.user_brief["world"], made).results[before:])
        return tuple(
            Message("tool", json.dumps({"error": one} if isinstance(one, str) else _shown(one, next(results), of)))
            for one in asked
        )

    def ended(self, scenario: Scenario, dialogue: Dialogue) -> bool:
        """Whether the agent's last utterance closes; results may follow it."""
        return _closing(dialogue) is not None

    # -- the verdict ---------------------------------------------------------------------------------------------------

    def grade(self, scenario: Scenario, dialogue: Dialogue) -> Verdict:
        """Whether the bookings are as they should be, and what had to be told was told."""
        public, world = scenario.public, scenario.user_brief["world"]
        closing = _closing(dialogue)
        if closing is None:
            return Verdict(0.0, False, "the agent did not close")
        of, right = domains()[public["domain"]], _right(scenario)
        if replay(of.name, world, _requests(dialogue, of)).bookings != right.bookings:
            due = "be left as they are" if right.request is None else f"be as after {written(right.request, of)}"
            return Verdict(0.0, False, f"the bookings should {due}")
        tells = told(closing, of.name)
        if right.request is None:
            if not tells.reasons or not tells.reasons <= right.reasons:
                given = ", ".join(sorted(tells.reasons)) or "none"
                return Verdict(0.0, False, f"the reason is {', '.join(sorted(right.reasons))}; told was {given}")
            return Verdict(1.0, True, f"refused, since {', '.join(sorted(right.reasons))}")
        if right.amount not in tells.amounts or len(tells.amounts) > 2:
            return Verdict(0.0, False, f"the amount is {right.amount} euros; told was {sorted(tells.amounts)}")
        if right.request.tool != "cancel" and tells.references != {right.reference}:
            return Verdict(0.0, False, f"the number is {right.reference}; told was {sorted(tells.references)}")
        return Verdict(1.0, True, f"done: {written(right.request, of)}")

    def answer(self, scenario: Scenario) -> str:
        """The right call, and a closing that tells what it has to."""
        public = scenario.public
        of, right = (
            domains()[public["domain"]],
            solve(public, scenario.user_brief["goal"], scenario.user_brief["world"]),
        )
        if right.request is None:
            return f"{COMMIT} {refusal(min(right.reasons), of, public, 0)}"
        kind = "refund" if right.request.tool == "cancel" else "total"
        closing = success(kind, right.reference, right.amount, public["phrasing"], 0)
        return f"{written(right.request, of)}\n{COMMIT} {closing}"

    # -- what may be believed ------------------------------------------------------------------------------------------

    def bounds(self, scenario: Scenario, setting: Setting) -> tuple[float, float, str]:
        """All but the cost of one turn, which no agent exceeds; and what a clerk earns who asks for all at once."""
        how = "the cost of one turn; reached: asking for all at once, then acting"
        return 1.0 - setting.turn_cost, reached(self, scenario, setting), how

    # -- what agents need ----------------------------------------------------------------------------------------------

    def desk(self, view: AgentView, heeds: bool = True) -> Desk:
        """Where the conversation stands for a clerk, who keeps to the policy if it `heeds`."""
        return desk(view, self.acts(view), heeds)

    def questions(self, view: AgentView) -> tuple[Act, ...]:
        """What is left to ask, as far as it matters by the policy and what the tools have given."""
        return self.desk(view).open()

    def guess(self, view: AgentView, key: int | None = None) -> str:
        """The next thing to do by what is known: a call, or the closing. With a key, a refusal for any reason."""
        if key is None:
            return self.desk(view).step()
        of = domains()[view.public["domain"]]
        return f"{COMMIT} {refusal(REASONS[mix(key, 0) % len(REASONS)], of, view.public, key)}"

    def chance(self, scenario: Scenario) -> float:
        """Where the wish is to be refused, the share of reasons that hold; else nothing, without a call."""
        return len(_right(scenario).reasons) / len(REASONS)

    def needs_asking(self, scenario: Scenario) -> bool:
        """Always, if only the tools: no opening tells what there is to book."""
        return True


def _right(scenario: Scenario) -> Solution:
    brief = scenario.user_brief
    return solve(cast(FrozenDict, scenario.public), brief["goal"], brief["world"])


def _inform(goal: Mapping[str, Any], slot: str) -> Act:
    return Act("inform", slot, str(goal[slot]))


def _fits(goal: Mapping[str, Any], guess: Act) -> bool:
    """Whether something that the clerk takes for so is: a day that it names for the new one may be the old one."""
    slots = ("day", "held") if guess.slot == "day" else (guess.slot,)
    held = [str(goal[slot]) for slot in slots if slot in goal]
    return not held or guess.value in held


def _alternatives(of: Domain, slot: str) -> tuple[Any, ...]:
    lists = {"name": names(), "held": DAYS, "pick": PICKS, "places": (1, 2, 3, 4), "rate": ("fixed", "flex")}
    return lists.get(slot) or of.choices[slot]


def _closing(dialogue: Dialogue) -> str | None:
    """What the last utterance of the agent commits to, if nothing but results came after it."""
    for message in reversed(dialogue):
        if message.role != "tool":
            return commitment(message.content) if message.role == "assistant" else None
    return None


def _requests(dialogue: Dialogue, of: Domain) -> tuple[Request, ...]:
    """All requests of a dialogue that could be made, in order."""
    spoken = (said(m.content, of.name).requests for m in dialogue if m.role == "assistant")
    return tuple(one for requests in spoken for one in requests if isinstance(one, Request))


def _shown(request: Request, result: Mapping[str, Any], of: Domain) -> dict[str, Any]:
    return {"tool": request.tool, "given": given(request, of), **result}


def _describe(public: FrozenDict) -> str:
    of = domains()[public["domain"]]
    fixed, flex = of.choices["rate"]
    listed = "; ".join(f"{of.parameters[slot]}: {', '.join(values)}" for slot, values in of.choices.items())
    example = f'search({of.a.parameter}="{of.a.values[0]}", day="{DAYS[0]}")'
    return (
        f"You are the clerk of {of.title}. It is Monday, {public['now'] // 60}:00. A user writes to you. Find out what "
        f"it wants ({of.item}: book, change or cancel), and do it with these tools, as far as the policy allows:\n"
        f"{signatures(of)}\n"
        f"{listed}.\n"
        f'Write calls on lines of their own, as {example} or {{"name": "search", "arguments": {{…}}}}. '
        "The user sees neither calls nor results, only your other words.\n"
        "Policy:\n"
        f"- A booking takes at most {public['most']} {of.places}.\n"
        f"- Nothing is changed or cancelled less than {public['notice']} hours before it begins.\n"
        f"- A booking whose {of.rate} is {fixed} cannot be changed, and if it is cancelled, nothing is refunded; if it "
        f"is {flex}, all is.\n"
        "- What is against the policy, or cannot be had, is refused, and all stays as it is.\n"
        "Close with a last message to the user after ANSWER: of a booking or change it tells the booking number and "
        "the total in euros, of a cancellation the refund in euros, of a refusal the one reason (nothing is available, "
        f"there is too little notice, the {of.rate} cannot be changed, those are too many {of.places}, no booking was "
        "found)."
    )
