"""Multi-turn-aware at inference: candidates are followed into imagined conversations, and the best in the end is said.

After "CollabLLM" (Wu et al. 2025), section 3: the multiturn-aware reward of a response is the expected reward of the
conversations that it leads to (equation 1), sampled with a user model (equation 2); a conversation's reward is the
task's score (equation 3) less a penalty on tokens, plus what a judge makes of it (equation 4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pragenv import registration
from pragenv.belief import Belief, intents_of
from pragenv.errors import AgentError, ConfigError
from pragenv.intents import Structured
from pragenv.protocols import Agent, AgentView, Keys, LanguageModel, Simulator
from pragenv.registration import Ref
from pragenv.types import FrozenDict, Scenario, mix
from pragenv_baselines.imagined import Talk, Term, imagine
from pragenv_baselines.rating import rate

_CANDIDATE, _INTENT, _GRADED = 401, 402, 1000  # streams of the keys
_GRADERS = 64
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Considered(NamedTuple):
    """A candidate, the mean reward of the conversations imagined from it, and those. NaN where none succeeded."""

    utterance: str
    reward: float
    terms: tuple[Term, ...]


class Lookahead(Agent):
    """Draws several utterances from an agent, imagines where each leads to, and says the one with the best end.

    It never knows the true intent: intents are drawn from the exact posterior, the same ones for all candidates; where
    a task declares none, the user model is asked without a brief, and a critic has to rate what comes of it.

    Args:
        agents: who propose, in turns, and each speak in the imagined turns after what they proposed. By default
            `lm_sample` over `model`, as it is and told to be pragmatic: among candidates that all answer, or all ask,
            there would be nothing to choose.
        closer: who answers at the end of an imagined conversation that has not committed; by default `model`, told to
            answer at once.
        user: who speaks for imagined users. It may be another than the real one.
        model: of the defaults of `agents` and `closer`.
        sampling: of the default `agents`: `temperature`, `top_p`, `max_tokens`.
        n: candidates; at least 1.
        window: imagined turns after a candidate, each a user's reply and, but for the last, the agent's next utterance.
            0 rewards the candidate as it stands.
        samples: imagined conversations for each candidate.
        token_cost: lambda, for each token of the agent's.
        critic: a model that rates each conversation (the intrinsic reward), or None.
        keep: a file to which every decision is appended as a line of JSON, with all candidates, samples and terms.
    """

    def __init__(
        self,
        agents: Sequence[Ref[Agent]] | None = None,
        closer: Ref[Agent] | None = None,
        user: Ref[Simulator] = "scripted",
        model: Ref[LanguageModel] = "mini",
        sampling: Mapping[str, Any] = FrozenDict(),
        n: int = 4,
        window: int = 2,
        samples: int = 2,
        token_cost: float = 0.0005,
        critic: Ref[LanguageModel] | None = None,
        keep: str | None = None,
    ) -> None:
        for name, value, least in (("n", n, 1), ("window", window, 0), ("samples", samples, 1)):
            if not isinstance(value, int) or value < least:
                raise ConfigError(f"lookahead: {name} must be a whole number, at least {least}, got {value!r}")
        if not token_cost >= 0:
            raise ConfigError(f"lookahead: token_cost must be at least 0, got {token_cost!r}")
        usual = {"name": "lm_sample", "model": model, "sampling": dict(sampling)}
        proposing = agents if agents is not None else (usual, usual | {"prompt": "pragmatic.v1"})
        closing = {"name": "lm_prompted", "model": model, "prompt": "direct.v1"}
        if isinstance(proposing, (str, Mapping)) or not proposing:
            raise ConfigError(f"lookahead: agents must be a list of agents, got {agents!r}")
        self._agents = tuple(registration.agents.make(one) for one in proposing)
        self._closer = registration.agents.make(closer if closer is not None else closing)
        if any(one.privileged for one in (*self._agents, self._closer)):
            raise ConfigError("lookahead: a privileged agent would be given the intent, which is only imagined here")
        self._user = registration.make_simulator(user)
        self._n, self._window, self._samples, self._token_cost = n, window, samples, token_cost
        self._critic, self._keep = critic, Path(keep) if keep else None

    def act(self, view: AgentView) -> str:
        """The best candidate.

        Raises:
            AgentError: where no candidate could be followed.
        """
        (said,) = self.act_batch([view])
        if isinstance(said, AgentError):
            raise said
        return said

    def act_batch(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        """For each view its best candidate, the first of those with the highest mean reward."""
        said: list[str | AgentError] = []
        for view, found in zip(views, self.consider(views), strict=True):
            if isinstance(found, AgentError):
                said.append(found)
                continue
            followed = [candidate for candidate in found if candidate.terms]
            if not followed:
                said.append(AgentError("no candidate could be followed to the end of an imagined conversation"))
                continue
            said.append(max(followed, key=lambda candidate: candidate.reward).utterance)
            if self._keep is not None:
                self._append(view, found, str(said[-1]))
        return said

    def consider(self, views: Sequence[AgentView]) -> list[tuple[Considered, ...] | AgentError]:
        """For each view its candidates with all that was imagined; one batch a step over views, candidates, samples.

        A view whose user cannot be imagined fails alone.
        """
        views = [view._replace(scenario=view.scenario if self.privileged else None) for view in views]
        drawn = self._propose(views)
        scenarios = [self._scenarios_or_failed(view) for view in views]
        talks: dict[tuple[int, int], list[Talk]] = {}
        for at, utterance in enumerate(drawn):
            i, k = divmod(at, self._n)
            users = scenarios[i]
            if isinstance(utterance, str) and not isinstance(users, AgentError):
                agent = self._agents[k % len(self._agents)]
                talks[i, k] = [self._begin(views[i], utterance, agent, s, one) for s, one in enumerate(users)]
        everything = [talk for group in talks.values() for talk in group]
        imagine(everything, self._window, self._user, self._agents, self._closer)
        ratings = self._rate(everything)
        found: list[tuple[Considered, ...] | AgentError] = []
        for i in range(len(views)):
            if isinstance(failed := scenarios[i], AgentError):
                found.append(failed)
                continue
            mine = []
            for k in range(self._n):
                if (i, k) in talks:
                    ended = (self._term(talk, ratings[id(talk)]) for talk in talks[i, k] if not talk.failed)
                    terms = tuple(term for term in ended if term is not None)
                    mean = sum(term.reward for term in terms) / len(terms) if terms else float("nan")
                    mine.append(Considered(str(drawn[i * self._n + k]), mean, terms))
            found.append(tuple(mine))
        return found

    def _propose(self, views: Sequence[AgentView]) -> list[str | AgentError]:
        """`n` candidates for each view, the agents taking turns; one batch an agent."""
        drawn: list[str | AgentError] = [AgentError("nothing proposed")] * (len(views) * self._n)
        for a, agent in enumerate(self._agents):
            places = [i * self._n + k for i in range(len(views)) for k in range(a, self._n, len(self._agents))]
            asked = []
            for place in places:
                view = views[place // self._n]
                key = mix(view.keys.turn(view.turn), _CANDIDATE + 16 * (place % self._n))
                asked.append(view._replace(keys=Keys(key), scenario=None))
            for place, said in zip(places, agent.act_batch(asked), strict=True):
                drawn[place] = said
        return drawn

    def _scenarios_or_failed(self, view: AgentView) -> list[Scenario | None] | AgentError:
        try:
            return self._scenarios(view)
        except ConfigError:
            raise
        except Exception as error:  # a task is a plug-in; its failure takes its own place only
            return error if isinstance(error, AgentError) else AgentError(f"{type(error).__name__}: {error}")

    def _scenarios(self, view: AgentView) -> list[Scenario | None]:
        """What the user may have in mind, one for each sample."""
        if intents_of(view) is None:
            if self._critic is None:
                raise ConfigError(
                    f"lookahead: task {view.task.name!r} declares no intents, so imagined users have none and nothing "
                    "can be scored; give a critic=MODEL, and user=uncommitted"
                )
            return [None] * self._samples
        assert isinstance(view.task, Structured)
        belief, key = Belief.of(view), mix(view.keys.turn(view.turn), _INTENT)
        return [view.task.imagine(view, belief.draw(mix(key, s))) for s in range(self._samples)]

    @staticmethod
    def _begin(view: AgentView, utterance: str, agent: Agent, sample: int, scenario: Scenario | None) -> Talk:
        # The same key for all candidates: what differs between them is what they say.
        key = mix(view.keys.turn(view.turn), _INTENT + 16 * (sample + 1))
        talk = Talk(view, agent, scenario, view.dialogue[1:], key, view.turn)
        talk.speak(utterance)
        return talk

    def _rate(self, talks: Sequence[Talk]) -> dict[int, float]:
        """The critic's rating of each conversation, by identity; one that fails takes its conversation out."""
        if self._critic is None:
            return {id(talk): 0.0 for talk in talks}
        ratings = rate(self._critic, [talk.dialogue for talk in talks], [talk.key for talk in talks])
        for talk, rating in zip(talks, ratings, strict=True):
            talk.failed |= rating is None
        return {id(talk): rating or 0.0 for talk, rating in zip(talks, ratings, strict=True)}

    def _term(self, talk: Talk, intrinsic: float) -> Term | None:
        """The reward of a conversation and its terms; None where it cannot be graded."""
        try:
            possible = self._possible(talk)
            scores = [talk.view.task.grade(scenario, talk.dialogue).score or 0.0 for scenario in possible]
        except Exception:  # a task is a plug-in
            return None
        score = sum(scores) / len(scores) if scores else 0.0
        tokens = sum(len(_TOKEN.findall(utterance)) for utterance in talk.said)
        reward = score - min(self._token_cost * tokens, 1.0) + intrinsic
        return Term(score, tokens, intrinsic, reward, talk.dialogue)

    def _possible(self, talk: Talk) -> list[Scenario]:
        """Whom the end of a conversation is graded for: draws from what it lets an agent believe.

        The expected score is the same as for the one user that was imagined, and varies far less.
        """
        if talk.scenario is None:
            return []
        view = talk.agents()
        assert isinstance(view.task, Structured)
        belief = Belief.of(view)
        return [view.task.imagine(view, belief.draw(mix(talk.key, _GRADED + j))) for j in range(_GRADERS)]

    def _append(self, view: AgentView, found: tuple[Considered, ...], chosen: str) -> None:
        assert self._keep is not None
        candidates = [
            candidate._asdict() | {"terms": [term._asdict() for term in candidate.terms]} for candidate in found
        ]
        row = {"dialogue": view.dialogue, "turn": view.turn, "chosen": chosen, "candidates": candidates}
        self._keep.parent.mkdir(parents=True, exist_ok=True)
        with self._keep.open("a", encoding="ascii") as file:
            file.write(json.dumps(row) + "\n")


class LookaheadPrivileged(Lookahead):
    """The same with the true intent, for training: its imagined users are the real one.

    Args:
        agents, closer, user, model, sampling, n, window, samples, token_cost, critic, keep: as of `Lookahead`.
    """

    privileged = True

    def _scenarios(self, view: AgentView) -> list[Scenario | None]:
        if view.scenario is None:
            raise AgentError("lookahead_privileged needs a privileged view (env.unwrapped.agent_view(privileged=True))")
        return [view.scenario] * self._samples

    def _possible(self, talk: Talk) -> list[Scenario]:
        return [talk.scenario] if talk.scenario is not None else []
