"""PragEnv: dialogue as an episodic MDP, with simulated users who hold hidden intents.

Importing it registers the Gymnasium ids `pragenv/…` and loads no deep-learning library, tracker or plug-in.
"""

from pragenv.env import DialogueEnv
from pragenv.errors import AgentError, ConfigError, DataError, PragEnvError, SimulatorError
from pragenv.protocols import Acts, Agent, AgentView, Keys, Setting, Simulator, Task, UserView, commitment
from pragenv.registration import make_env, register_agent, register_ids, register_simulator, register_task
from pragenv.types import Act, EndReason, Episode, Message, Scenario, UserTurn, Verdict

__version__ = "0.1.0"
__all__ = [
    "Act",
    "Acts",
    "Agent",
    "AgentError",
    "AgentView",
    "ConfigError",
    "DataError",
    "DialogueEnv",
    "EndReason",
    "Episode",
    "Keys",
    "Message",
    "PragEnvError",
    "Scenario",
    "Setting",
    "Simulator",
    "SimulatorError",
    "Task",
    "UserTurn",
    "UserView",
    "Verdict",
    "commitment",
    "make_env",
    "register_agent",
    "register_simulator",
    "register_task",
]

register_ids()
