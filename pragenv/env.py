"""The turn loop, and the only `gym.Env` of the project."""

from __future__ import annotations

import copy
import hashlib
import math
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import gymnasium as gym
from gymnasium.error import ResetNeeded

from pragenv.errors import ConfigError, PragEnvError, SimulatorError
from pragenv.protocols import COMMIT, AgentView, Keys, Setting, Simulator, Task, UserView, commitment
from pragenv.spaces import Chat, Utterance
from pragenv.spaces import Dialogue as DialogueSpace
from pragenv.types import (
    Dialogue,
    EndReason,
    FrozenDict,
    Message,
    Scenario,
    UserTurn,
    Verdict,
    canonical_json,
    freeze,
    mix,
)

_ENDS = {"satisfied": EndReason.USER_SATISFIED, "gave_up": EndReason.USER_GAVE_UP}
_UNSCORED = Verdict(None, False, "not finished")
_NO_TRAITS: Mapping[str, Any] = FrozenDict()
# A NamedTuple's own constructor costs twice this; a step makes three.
_new = tuple.__new__
_copy = dict[str, str].copy


def digest(salt: str, intent_json: str) -> str:
    """The commitment to a hidden intent: SHA-256 of salt and canonical JSON, in hex.

    Revealed with the salt in the final `info`, so that anybody can check that the intent preceded the first word.
    Unsalted it would give the intent away, since few intents are possible.
    """
    return hashlib.sha256(f"{salt}{intent_json}".encode()).hexdigest()


def replied(simulator: Simulator, view: UserView) -> UserTurn | Exception:
    """A user's turn, or why there is none. A third party's user may raise anything.

    Raises:
        ConfigError: the caller's own mistake (a model that isn't there), which no record should hide.
    """
    try:
        return simulator.reply(view)
    except ConfigError:  # no conversation of the run could do better
        raise
    except Exception as error:
        return error


class DialogueEnv(gym.Env[Chat, str]):
    """A conversation with a simulated user who holds a hidden intent.

    ## Description
    At `reset` the task draws a scenario and the user opens. Each `step` is one agent utterance and, unless that ends
    the episode, one user reply. What is to be achieved, and how to commit, is stated in the first (system) message.

    ## Action space
    `Utterance`: any string. A line that begins `ANSWER:` commits.

    ## Observation space
    `Dialogue`: the whole conversation as a tuple of `{"role", "content"}`: the MDP's state.

    ## Rewards
    0.0 on every step but the last; then the task's score minus `turn_cost` for each agent turn. 0.0 and
    `info["scored"] = False` where the dialogue could not be scored.

    ## Episode end
    Terminated: `committed`, `user_satisfied`, `user_gave_up`, `turn_limit` (announced, so part of the MDP). Truncated:
    `simulator_error`. The one that applies is `info["end_reason"]`, empty before the end.

    ## Information
    `turn`, `digest` (salted, of the hidden intent), `end_reason`, `scored`; at the end also `score` (nan if unscored),
    `solved`, `reason`, `intent` (JSON) and `salt`. After a simulator error, `error`.

    Args:
        task: the task object.
        setting: one of its settings, knobs applied.
        simulator: the user.
        split: `train`, `validation` or `test` (a task may define more).
        render_mode: None, `"ansi"` (render() returns the transcript) or `"human"` (printed as it goes).

    Raises:
        ConfigError: for an unknown split or render mode.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 4}  # type: ignore[misc]

    def __init__(
        self,
        task: Task,
        setting: Setting,
        simulator: Simulator,
        split: str = "train",
        render_mode: str | None = None,
    ) -> None:
        if split not in task.SPLITS:
            raise ConfigError(f"task {task.name!r} has no split {split!r}; it has {', '.join(task.SPLITS)}")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"render_mode must be None, 'ansi' or 'human', got {render_mode!r}")
        self.task, self.setting, self.simulator, self.split = task, setting, simulator, split
        self.render_mode = render_mode
        self.action_space = Utterance()
        self.observation_space = DialogueSpace()
        self._count = task.count(setting, split)
        self._turn_limit = setting.turn_limit
        cost = f" Each turn costs {setting.turn_cost:g}." if setting.turn_cost else ""
        self._rules = f"\nYou have {setting.turn_limit} turns.{cost} Commit with a line that begins {COMMIT}"
        self._own_end = type(task).ended is not Task.ended
        self._world_responds = type(task).respond is not Task.respond
        self._hears_part = type(task).audible is not Task.audible
        self._resets = self._start = self._printed = 0
        self._live = False
        self.turn, self.reward, self.error = 0, 0.0, ""
        self.user_info: list[Mapping[str, Any]] = []
        self._chat: list[dict[str, str]] = []
        self.end_reason: EndReason | None = None
        self.verdict = _UNSCORED
        self._dialogue: Dialogue = ()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Chat, dict[str, Any]]:
        """Draw a scenario and let the user open.

        Args:
            seed: starts the stream of scenarios again; the same seed gives the same scenarios whatever the agent does.
            options: `{"index": i}` takes the i-th scenario of a task that enumerates them. Without it each scenario
                comes once before any comes twice, from a start set by the seed.

        Raises:
            ConfigError: for other options.
        """
        self.hear(replied(self.simulator, self.begin(seed, options)))
        return self.observe(), self.info()

    def begin(self, seed: int | None = None, options: dict[str, Any] | None = None) -> UserView:
        """The half of `reset` before the user opens: draw a scenario, and say what the user is to open from.

        `begin` and `say` ask for a user's turn, `hear` takes it: for whoever lets many users speak at once.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._resets = 0
        given = self._given_index(options) if options else None
        # Four raw draws, so that no key tells anything of another: the agent knows one of them.
        drawn = self.np_random.bit_generator.random_raw(4).tolist()
        scenario_key, user_key, agent_key, salt = (key >> 1 for key in drawn)
        if self._count:
            if self._resets == 0:  # environments with different seeds walk the same records from different places
                self._start = mix(scenario_key, 0) % self._count
            index = self._start + self._resets if given is None else given
            scenario_key += index % self._count - scenario_key % self._count
        self._resets += 1
        self.scenario_key = scenario_key
        self.scenario: Scenario = self.task.sample(scenario_key, self.setting, self.split)
        self._user_keys, self._agent_keys, self._salt = Keys(user_key), Keys(agent_key), f"{salt:016x}"
        self._intent = canonical_json(self.scenario.user_brief)
        self.digest = digest(self._salt, self._intent)
        text = self.task.describe(self.scenario.public, self.scenario.agent_brief)
        self._system = Message("system", text + self._rules)
        self._dialogue = ()
        self._chat = [{"role": "system", "content": self._system[1]}]
        self.turn, self.reward, self.error = 0, 0.0, ""
        self.user_info, self.end_reason, self.verdict = [], None, _UNSCORED
        self._live, self._printed = True, 0
        return self.user_view()

    def step(self, action: str) -> tuple[Chat, float, bool, bool, dict[str, Any]]:
        """Say `action`; returns observation, reward, terminated, truncated, info.

        Raises:
            ResetNeeded: before `reset` or after the end.
            TypeError: where `action` is no string.
        """
        view = self.say(action)
        if view is not None:
            self.hear(replied(self.simulator, view))
        reason = self.end_reason
        if reason is None:
            # As `info` has it, without the call: every step comes this way.
            info = {"turn": self.turn, "digest": self.digest, "end_reason": "", "scored": False}
            return self.observe(), 0.0, False, False, info
        truncated = reason is EndReason.SIMULATOR_ERROR
        return self.observe(), self.reward, not truncated, truncated, self.info()

    def say(self, action: str) -> UserView | None:
        """The half of `step` before the user replies: what the user is to reply from, or None where that ended it.

        Raises:
            ResetNeeded: before `reset` or after the end.
            TypeError: where `action` is no string.
        """
        if not self._live:
            raise ResetNeeded("the conversation is over (or has not begun); call reset()")
        if not isinstance(action, str):
            raise TypeError(f"an action is a str (an utterance), got {type(action).__name__}")
        if self.error:  # the user could not even open: the first step can only say so
            self._finish(EndReason.SIMULATOR_ERROR)
        else:
            self.turn += 1
            dialogue = (*self._dialogue, _new(Message, ("assistant", action)))
            if self._world_responds:
                dialogue += tuple(self.task.respond(self.scenario, dialogue))
            done = (commitment(action) is not None or self._own_end) and self.task.ended(self.scenario, dialogue)
            self._dialogue = dialogue
            if not done and self.turn < self._turn_limit:
                return self.user_view()
            self._finish(EndReason.COMMITTED if done else EndReason.TURN_LIMIT)
        if self.render_mode == "human":
            self._print()
        return None

    def hear(self, reply: UserTurn | Exception) -> None:
        """The other half of `reset` and of `step`: the user's turn, or why there is none."""
        dialogue, end = self._dialogue, None
        try:
            if type(reply) is not UserTurn or type(text := reply[0]) is not str:
                if isinstance(reply, Exception):
                    raise reply
                raise SimulatorError(f"reply() must return a UserTurn with a str text, got {reply!r}")
            if (end := reply[1]) is not None and (end not in _ENDS or not dialogue):
                raise SimulatorError(
                    f"UserTurn.end must be None (always, in the opening), 'satisfied' or 'gave_up', got {end!r}"
                )
            notes = reply[2] if type(reply[2]) is FrozenDict else freeze(reply[2], "UserTurn.info")
        # A third party's user may return anything; the failure belongs to this episode's record, not to the sweep.
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            if dialogue:
                self._finish(EndReason.SIMULATOR_ERROR)
        else:
            self._dialogue = (*dialogue, _new(Message, ("user", text)))
            self.user_info.append(notes)
            if end is not None:
                self._finish(_ENDS[end])
        if self.render_mode == "human":
            self._print()

    def render(self) -> str | None:
        """The transcript so far in mode `ansi`; in mode `human` it has been printed already."""
        return self._transcript(0) if self.render_mode == "ansi" else None

    def fork(self) -> DialogueEnv:
        """An independent copy of the conversation, which continues identically for the same actions.

        Privileged: it carries the true intent. For training and analysis, never for an agent that is playing.
        """
        twin = copy.copy(self)
        twin.user_info, twin._chat = list(self.user_info), list(self._chat)
        twin._np_random = copy.deepcopy(self._np_random)
        twin.action_space, twin.observation_space = Utterance(), DialogueSpace()
        return twin

    def agent_view(self, privileged: bool = False) -> AgentView:
        """What an agent may know now; with the scenario if it is privileged."""
        return AgentView(
            self.task,
            cast(FrozenDict, self.scenario.public),
            cast(FrozenDict | None, self.scenario.agent_brief),
            (self._system, *self._dialogue),
            self._agent_keys,
            self.turn,
            self.setting,
            self.scenario if privileged else None,
        )

    def user_view(self) -> UserView:
        """What the user knows now. Privileged: it holds the hidden intent."""
        scenario, dialogue = self.scenario, self._dialogue
        if self._hears_part:
            dialogue = self.task.audible(dialogue, scenario.public)
        facts = (
            self.task,
            scenario.public,
            scenario.user_brief,
            dialogue,
            self._user_keys,
            self.turn,
            _NO_TRAITS,
        )
        return _new(UserView, facts)

    @property
    def dialogue(self) -> Dialogue:
        """The conversation so far, without the system message."""
        return self._dialogue

    def info(self) -> dict[str, Any]:
        """The `info` of the last reset or step, built anew."""
        if self.end_reason is not None:
            info = self._final_info(self.end_reason)
        else:
            info = {"turn": self.turn, "digest": self.digest, "end_reason": "", "scored": False}
        return info | {"error": self.error} if self.error else info

    def _final_info(self, reason: EndReason) -> dict[str, Any]:
        score = self.verdict.score
        return {
            "turn": self.turn,
            "digest": self.digest,
            "end_reason": str(reason),
            "scored": score is not None,
            "score": math.nan if score is None else float(score),
            "solved": self.verdict.solved,
            "reason": self.verdict.reason,
            "intent": self._intent,
            "salt": self._salt,
        }

    def _given_index(self, options: dict[str, Any]) -> int:
        if set(options) != {"index"} or type(options["index"]) is not int or options["index"] < 0:
            raise ConfigError(f"reset options: only {{'index': int >= 0}} is known, got {options!r}")
        return int(options["index"])

    def observe(self) -> Chat:
        """The conversation so far, as an observation."""
        # New dicts every time: whoever keeps an observation, or changes one, must not meet it again.
        chat = self._chat
        for message in self._dialogue[len(chat) - 1 :]:
            chat.append({"role": message[0], "content": message[1]})
        return (*map(_copy, chat),)

    def _finish(self, reason: EndReason) -> None:
        self._live = False
        self.end_reason = reason
        if reason is EndReason.SIMULATOR_ERROR:
            self.verdict = Verdict(None, False, self.error)
        else:
            self.verdict = verdict = self.task.grade(self.scenario, self._dialogue)
            if verdict.score is not None and not 0 <= verdict.score <= 1:  # a nan is not in [0, 1] either
                self.verdict = _UNSCORED
                raise PragEnvError(f"task {self.task.name!r}: a score is None or in [0, 1], got {verdict.score!r}")
        if self.verdict.score is not None:
            self.reward = float(self.verdict.score - self.setting.turn_cost * self.turn)

    def _transcript(self, start: int) -> str:
        messages = (self._system, *self._dialogue) if start == 0 else self._dialogue[start:]
        lines = [f"[{message.role}] {message.content}" for message in messages]
        if self.end_reason is not None:
            lines.append(f"[{self.end_reason}] score {self.verdict.score}: {self.verdict.reason}")
        return "\n".join(lines)

    def _print(self) -> None:
        # An utterance may hold what this terminal cannot show, even half a surrogate pair.
        encoding = sys.stdout.encoding or "utf-8"
        shown = self._transcript(self._printed).encode(encoding, "backslashreplace").decode(encoding)
        sys.stdout.write(shown + "\n")
        sys.stdout.flush()
        self._printed = len(self._dialogue)
