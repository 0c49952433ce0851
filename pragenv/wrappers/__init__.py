"""Other views of the same conversation, as Gymnasium wrappers."""

from pragenv.wrappers.menu import DialogueActMenu, Menu
from pragenv.wrappers.repeat import Recap, Snowball
from pragenv.wrappers.signals import BeliefSignals
from pragenv.wrappers.tokens import TokenActions

__all__ = ["BeliefSignals", "DialogueActMenu", "Menu", "Recap", "Snowball", "TokenActions"]
