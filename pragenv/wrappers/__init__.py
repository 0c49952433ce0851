"""Other views of the same conversation, as Gymnasium wrappers."""

from pragenv.wrappers.menu import DialogueActMenu, Menu

__all__ = ["DialogueActMenu", "Menu"]
