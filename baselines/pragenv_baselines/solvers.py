"""Agents that tell conversation from competence: what is worked out is always right, what differs is when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pragenv.errors import AgentError, ConfigError
from pragenv.protocols import Agent, AgentView, LanguageModel
from pragenv.registration import Ref
from pragenv.tasks.speech import common_kind
from pragenv.types import Dialogue, FrozenDict
from pragenv.wrappers.repeat import newest
from pragenv_baselines.lm import LMSample, instructions

POLICIES = ("answer_each_turn", "answer_first", "wait_and_answer", "clarify_first")
_LISTENING = (_GO_ON, _DONE) = ("Go on.", "You have my answer.")


class Solver(Agent):
    """Privileged: its answer is right if and only if all that is needed has been said, and else the best guess.

    Args:
        policy: when it answers: `answer_each_turn` (always, locked in on its first guess), `answer_first` (in the first
            turn, and never again), `wait_and_answer` (once the user has told everything; until then it only listens) or
            `clarify_first` (the same, but it asks).
    """

    privileged = True

    def __init__(self, policy: str = "wait_and_answer") -> None:
        self.policy = _known(policy)

    def act(self, view: AgentView) -> str:
        """An answer, where the policy has one now.

        Raises:
            AgentError: where it is not given the scenario, or the task has no solver.
        """
        if view.scenario is None:
            raise AgentError("a solver needs a privileged view (env.unwrapped.agent_view(privileged=True))")
        task: Any = view.task
        if not hasattr(task, "solve"):
            raise AgentError(f"task {task.name!r} has no solver (a method `solve(scenario, dialogue)`)")
        said = view.dialogue[1:]
        if self.policy.startswith("answer"):
            return _DONE if view.turn and self.policy == "answer_first" else self._solve(view, said[:1])
        left = task.questions(view)
        # A user who says that there is nothing more has told what it will, understood or not.
        if view.turn >= view.turn_limit - 1 or not left or task.told_all(view.scenario, said):
            return self._solve(view, said)
        if self.policy == "wait_and_answer":
            return _GO_ON
        return view.task.acts(view).phrase(left[0], view.keys.turn(view.turn))

    @staticmethod
    def _solve(view: AgentView, said: Dialogue) -> str:
        task: Any = view.task
        answer: str = task.solve(view.scenario, said)
        return answer


class LMSolver(LMSample):
    """The same policies over a language model, which works the answer out itself and knows only what it was told.

    That the user has told everything it knows from the user's words: it says that there is nothing more.

    Args:
        model: the model's reference.
        policy: as of `Solver`; locked in on nothing, for it answers anew from all that was said. `answer_each_turn`
            stops where it has answered all that the user had to say, as the simulation of Laban et al. (2025) does.
        answering: name of the prompt file under which it answers.
        asking: name of the prompt file under which `clarify_first` asks.
        sampling: `temperature`, `top_p`, `max_tokens`.
    """

    def __init__(
        self,
        model: Ref[LanguageModel] = "mini",
        policy: str = "answer_each_turn",
        answering: str = "direct.v1",
        asking: str = "pragmatic.v1",
        sampling: Mapping[str, Any] = FrozenDict(),
    ) -> None:
        super().__init__(model, sampling)
        self.policy = _known(policy)
        self._answering, self._asking = instructions(answering), instructions(asking)

    def act_batch(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        """For each view an answer, a question, or that it listens, as the policy has it; from one batch a prompt."""
        plans = [self._plan(view) for view in views]
        said: dict[int, str | AgentError] = {i: plan for i, plan in enumerate(plans) if plan in _LISTENING}
        for prompt in (self._answering, self._asking):
            asked = [i for i, plan in enumerate(plans) if plan == prompt and i not in said]
            drawn = self.candidates([views[i] for i in asked], 1, prompt, self._sampling)
            said |= {i: text for i, (text,) in zip(asked, drawn, strict=True)}
        return [said[i] for i in range(len(views))]

    def _plan(self, view: AgentView) -> str:
        """The prompt to speak under, or what to say without one."""
        if self.policy == "answer_first":
            return _DONE if view.turn else self._answering
        if self.policy == "answer_each_turn":
            return _DONE if _has_heard_all(view) else self._answering
        if view.turn >= view.turn_limit - 1 or not view.task.questions(view):
            return self._answering
        return _GO_ON if self.policy == "wait_and_answer" else self._asking


def _has_heard_all(view: AgentView) -> bool:
    """Whether the user says that there is nothing more, or has said so before with a restatement of the rest."""
    *before, last = (message.content for message in view.dialogue if message.role == "user")
    return "nothing_more" in (common_kind(last), *(common_kind(newest(text)) for text in before))


def _known(policy: str) -> str:
    if policy not in POLICIES:
        raise ConfigError(f"policy must be one of {', '.join(POLICIES)}, got {policy!r}")
    return policy
