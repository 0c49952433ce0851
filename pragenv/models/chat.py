"""From chats to token ids by a model's own template, without letting what is said become control tokens."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import Any, Self

from pragenv.errors import ConfigError, ModelError
from pragenv.types import Dialogue, Message, Role

SIGNALS = {"satisfied": "<|satisfied|>", "gave_up": "<|gave_up|>"}
"""What ends a turn with a meaning of its own, and the control token that a vocabulary may have for it."""

# Some chat templates open the block themselves, so that a completion only closes it.
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)|\A(?:(?!<think>).)*</think>", re.DOTALL)
# Private-use characters: no template holds them, and none trims them.
_MARK = "\ue000{}\ue001"
_PLAIN = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def without_thoughts(text: str) -> str:
    """What of a completion is said: what the model thinks is for nobody to hear, and commits to nothing.

    Where there are no thoughts, it is the text itself, with its ids if it has them (see `Spoken`).
    """
    said = _THOUGHT.sub("", text)
    return text if said == text else said.strip()


class Spoken(str):
    """A text together with the ids by which a model said it, which may not be those that its tokenizer would choose.

    The ids travel inside the dialogue, and in no table of the model's: so what is said next depends on the prompt
    alone, whoever else has said the same words. Whatever edits the text makes a plain `str` of it, which is split anew.

    Args:
        text: what was said.
        tokens: by which ids.
        source: name of the model, whose ids mean nothing to another.
    """

    tokens: tuple[int, ...]
    source: str

    def __new__(cls, text: str, tokens: tuple[int, ...], source: str) -> Self:
        """The text, with its ids."""
        made = super().__new__(cls, text)
        made.tokens, made.source = tokens, source
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Spoken, (str(self), self.tokens, self.source)


class ChatEncoder:
    """Token ids of chats.

    A template is rendered once for each sequence of roles, around marks in the place of contents. Contents are split
    as plain text and put between the pieces: a user who types `<|im_end|>` types ten characters.

    Args:
        tokenizer: of the model (transformers); its chat template is used, or a plain one if it has none.
        source: name of the model.

    Attributes:
        template: None where the tokenizer has one.

    Raises:
        ConfigError: where the template cannot take a simple chat.
    """

    def __init__(self, tokenizer: Any, source: str = "") -> None:
        self.tokenizer, self.source = tokenizer, source
        self.template: str | None = None if tokenizer.chat_template else _PLAIN
        self.pieces = lru_cache(maxsize=1024)(self._pieces)
        self.split = lru_cache(maxsize=65536)(self._split)
        # Some vocabularies do not declare as special what their template writes or what ends a turn.
        written = f"{tokenizer.chat_template}{''.join(SIGNALS.values())}"
        control = {*tokenizer.all_special_tokens, *(t for t in tokenizer.get_added_vocab() if t in written)}
        self._control = re.compile("|".join(map(re.escape, sorted(control, key=len, reverse=True))) or r"(?!)")
        try:
            self.pieces(("user",))
        except ModelError as error:
            raise ConfigError(f"the model's chat template cannot be used: {error}") from None

    def encode(self, dialogue: Dialogue) -> list[int]:
        """The prompt's ids, up to where the assistant is to speak.

        Raises:
            ModelError: where the chat is empty, or the template refuses its roles.
        """
        if not dialogue:
            raise ModelError("an empty chat cannot be continued")
        folded = self._folded(dialogue)
        pieces = self.pieces(tuple(m.role for m in folded))
        ids = [*pieces[0]]
        for (role, said), piece in zip(folded, pieces[1:], strict=True):
            # Nobody else's ids: what they spell is no part of what the user says.
            ids += self.ids(said) if role == "assistant" else self.split(said)
            ids += piece
        return ids

    def ids(self, said: str) -> tuple[int, ...]:
        """The ids of what the assistant says: those by which this model said it, if it did."""
        return said.tokens if isinstance(said, Spoken) and said.source == self.source else self.split(said)

    def spoken(self, tokens: list[int]) -> str:
        """The text of ids that the model has drawn, with the ids where the text tells all of them."""
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True).strip()
        # What the text leaves out must not live on unseen: the dialogue is all the memory that there is.
        if text != self.tokenizer.decode(tokens, skip_special_tokens=False).strip():
            return text
        return Spoken(text, tuple(tokens), self.source)

    def _folded(self, dialogue: Dialogue) -> Dialogue:
        """For a template that knows no system message, what the system says opens the user's first."""
        if dialogue[0].role != "system" or self._takes_system:
            return dialogue
        system, *rest = dialogue
        if rest and rest[0].role == "user":
            return (Message("user", f"{system.content}\n\n{rest[0].content}"), *rest[1:])
        return (Message("user", system.content), *rest)

    @cached_property
    def _takes_system(self) -> bool:
        try:
            self.pieces(("system", "user"))
        except ModelError:
            return False
        return True

    def _pieces(self, roles: tuple[Role, ...]) -> tuple[tuple[int, ...], ...]:
        marks = [_MARK.format(i) for i in range(len(roles))]
        chat = [{"role": role, "content": mark} for role, mark in zip(roles, marks, strict=True)]
        try:
            text: str = self.tokenizer.apply_chat_template(
                chat, chat_template=self.template, tokenize=False, add_generation_prompt=True
            )
        except Exception as error:  # a template raises whatever its author liked
            raise ModelError(f"the chat template refuses the roles {', '.join(roles)}: {error}") from None
        pieces = []
        for mark in marks:
            before, found, text = text.partition(mark)
            if not found:
                raise ModelError(f"the chat template drops or reorders messages of the roles {', '.join(roles)}")
            pieces.append(before)
        pieces.append(text)
        if any(_MARK[0] in piece for piece in pieces):
            raise ModelError(f"the chat template repeats messages of the roles {', '.join(roles)}")
        return tuple(
            tuple(self.tokenizer(piece, add_special_tokens=False)["input_ids"]) if piece else () for piece in pieces
        )

    def _split(self, text: str) -> tuple[int, ...]:
        if not text:
            return ()
        if (forged := self._control.search(text)) and len(text) > 1:
            # Told apart after its first character, it is no longer what it pretends to be.
            return (*self._split(text[: forged.start() + 1]), *self._split(text[forged.start() + 1 :]))
        # Half a surrogate pair is a str, but no text that a tokenizer takes.
        plain = text.encode("utf-8", "replace").decode("utf-8")
        found = self.tokenizer(plain, add_special_tokens=False, split_special_tokens=True)
        return tuple(found["input_ids"])
