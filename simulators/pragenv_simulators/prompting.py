"""What a language model that plays the user is told. Prompts are versioned files, one for each conduct."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from pragenv.errors import unknown
from pragenv.protocols import UserView
from pragenv.types import Dialogue, Message, Role

GREETING = Message("user", "Hello!")
_MANNERS = {"terse": " Use as few words as you can.", "verbose": " Be chatty."}
_SWAPPED: Mapping[Role, Role] = {"user": "assistant", "assistant": "user", "tool": "user", "system": "system"}


class Conduct:
    """A prompt for playing the user.

    Args:
        name: of its file.
        text: what the file holds.

    Attributes:
        may_leave: whether it lets the user end the talk.
    """

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._template = Environment(undefined=StrictUndefined, autoescape=False).from_string(text.strip())
        self.may_leave = "{{ leaving }}" in text

    def __reduce__(self) -> tuple[Callable[[str], Conduct], tuple[str]]:
        return conduct, (self._name,)  # a compiled template cannot be pickled

    def messages(self, view: UserView, brief: str, leaving: str = "") -> Dialogue:
        """The chat that the model is to continue: it speaks as `assistant`, so that any chat model can play a user.

        Args:
            view: what the user knows.
            brief: its private brief, in words.
            leaving: how it ends the talk, where that takes more than a control token.
        """
        manner = _MANNERS.get(str(view.traits.get("verbosity", "")), "")
        system = Message("system", self._template.render(manner=manner, leaving=leaving, brief=brief))
        # Many chat templates want somebody else to speak first.
        return (system, GREETING, *(Message(_SWAPPED[role], content) for role, content in view.dialogue))


@cache
def conduct(name: str) -> Conduct:
    """The conduct of a prompt file, by its name without ending: `answers.v1`.

    Raises:
        ConfigError: where there is none of that name.
    """
    folder = files("pragenv_simulators") / "prompts"
    known = {p.name.removesuffix(".txt"): p for p in folder.iterdir() if p.name.endswith(".txt")}
    if name not in known:
        raise unknown("conduct", name, known)
    return Conduct(name, known[name].read_text(encoding="utf-8"))
