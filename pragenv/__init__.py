"""PragEnv: dialogue as an episodic MDP, with simulated users who hold hidden intents.

Importing it registers the Gymnasium ids `pragenv/…` and loads no deep-learning library, tracker or plug-in.
"""

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError, ConfigError, DataError, ModelError, PragEnvError, SimulatorError
from pragenv.protocols import (
    Acts,
    Agent,
    AgentView,
    Completion,
    Keys,
    LanguageModel,
    Sampling,
    Setting,
    Simulator,
    Task,
    UserView,
    commitment,
)
from pragenv.registration import (
    make_env,
    register_agent,
    register_ids,
    register_model,
    register_simulator,
    register_task,
)
from pragenv.types import Act, EndReason, Episode, Message, Scenario, UserTurn, Verdict
from pragenv.user_env import UserEnv
from pragenv.vector import DialogueVectorEnv

__version__ = "0.2.0"
__all__ = [
    "Act",
    "Acts",
    "Agent",
    "AgentError",
    "AgentView",
    "Completion",
    "ConfigError",
    "DataError",
    "DialogueEnv",
    "DialogueVectorEnv",
    "EndReason",
    "Episode",
    "Keys",
    "LanguageModel",
    "Message",
    "ModelError",
    "PragEnvError",
    "Sampling",
    "Scenario",
    "Setting",
    "Simulator",
    "SimulatorError",
    "Task",
    "UserEnv",
    "UserTurn",
    "UserView",
    "Verdict",
    "commitment",
    "make_env",
    "register_agent",
    "register_model",
    "register_simulator",
    "register_task",
]

register_ids()
