"""From chats to token ids by a model's own template, without letting what is said become control tokens."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pragenv.errors import ConfigError, ModelError
from pragenv.types import Dialogue, Message, Role

# Private-use characters: no template holds them, and none trims them.
_MARK = "\ue000{}\ue001"
_PLAIN = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


class ChatEncoder:
    """Token ids of chats.

    A template is rendered once for each sequence of roles, around marks in the place of contents. Contents are split
    as plain text and put between the pieces: a user who types `<|im_end|>` types nine characters.

    Args:
        tokenizer: of the model (transformers); its chat template is used, or a plain one if it has none.

    Raises:
        ConfigError: where the template cannot take a simple chat.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._template = None if tokenizer.chat_template else _PLAIN
        self.pieces = lru_cache(maxsize=1024)(self._pieces)
        self.split = lru_cache(maxsize=65536)(self._split)
        try:
            self.pieces(("user",))
        except ModelError as error:
            raise ConfigError(f"the model's chat template cannot be used: {error}") from None

    def encode(self, dialogue: Dialogue, spoken: dict[int, tuple[int, ...]]) -> list[int]:
        """The prompt's ids, up to where the assistant is to speak.

        Args:
            dialogue: the chat.
            spoken: place of a message -> the ids by which the model said it, where they are still known.

        Raises:
            ModelError: where the template refuses these roles.
        """
        folded = self._folded(dialogue)
        shift = len(dialogue) - len(folded)
        pieces = self.pieces(tuple(m.role for m in folded))
        ids = [*pieces[0]]
        for i, (message, piece) in enumerate(zip(folded, pieces[1:], strict=True)):
            ids += spoken.get(i + shift) or self.split(message.content)
            ids += piece
        return ids

    def _folded(self, dialogue: Dialogue) -> Dialogue:
        """For a template that knows no system message, what the system says opens the user's first."""
        if len(dialogue) < 2 or dialogue[0].role != "system" or self._takes_system():
            return dialogue
        system, first, *rest = dialogue
        return (Message(first.role, f"{system.content}\n\n{first.content}"), *rest)

    @lru_cache(maxsize=1)  # noqa: B019 (one encoder a model, for the model's lifetime)
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
                chat, chat_template=self._template, tokenize=False, add_generation_prompt=True
            )
        except Exception as error:  # a template raises whatever its author liked
            raise ModelError(f"the chat template refuses the roles {', '.join(roles)}: {error}") from None
        pieces = []
        for mark in marks:
            before, found, text = text.partition(mark)
            if not found:
                raise ModelError(f"the chat template drops or reorders messages of the roles {', '.join(roles)}")
            pieces.append(before)
        return tuple(
            tuple(self.tokenizer(piece, add_special_tokens=False)["input_ids"]) if piece else ()
            for piece in (*pieces, text)
        )

    def _split(self, text: str) -> tuple[int, ...]:
        # Half a surrogate pair is a str, but no text that a tokenizer takes.
        plain = text.encode("utf-8", "replace").decode("utf-8")
        found = self.tokenizer(plain, add_special_tokens=False, split_special_tokens=True)
        return tuple(found["input_ids"])
