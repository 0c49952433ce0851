"""Other views of the same conversation, as Gymnasium wrappers."""

from pragenv.wrappers.menu import DialogueActMenu, Menu
from pragenv.wrappers.repeat import Recap, Snowball

__all__ = ["DialogueActMenu", "Menu", "Recap", "Snowball"]
