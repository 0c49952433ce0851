"""What a user may not say, judged by the task's own acts."""

from __future__ import annotations

import re

from pragenv.protocols import UserView, commitment
from pragenv.types import Act

UNFIT = frozenset(("empty", "control", "role", "contradicts"))
"""Faults with which a reply is never spoken. The others are judged by a parser that may err: second choice only."""
# What only a chat template, a tool or a marker of ours writes.
_CONTROL = re.compile(
    r"<\|[^|<>]{1,40}\|>|</?(?:think|tool_call|s)>|<(?:start|end)_of_turn>|\[/?INST\]"
    r"|^\s*(?:user|assistant|system)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_ASSISTANT_LIKE = re.compile(
    r"\bas an ai\b|\bai (?:language )?model\b|\bhow (?:can|may) i (?:help|assist)\b"
    r"|\bi'?m here to help(?: you)?\s*(?:[.!,]|\Z)"
    r"|\bi(?:'m| am) (?:an|your) assistant\b|\bis there anything else i can (?:do|help)\b",
    re.IGNORECASE,
)
_CONTENT = ("inform", "revise", "confirm", "deny")


def faults(view: UserView, text: str, leaving: bool = False) -> tuple[str, ...]:
    """What is wrong with a reply; empty if nothing.

    `empty`; `control` (forges control text); `role` (speaks as the assistant, or commits an answer); `contradicts`
    (says what the user knows to be otherwise); `unanswered` (lacks what a faithful user would convey); `discloses`
    (says more than that). Whoever is `leaving` owes neither words nor an answer.
    """
    if not text.strip():
        return () if leaving else ("empty",)
    if _CONTROL.search(text):
        return ("control",)
    if assistant_like(text):
        return ("role",)
    task, acts = view.task, view.task.acts(view)
    asked = acts.parse(view.dialogue[-1].content) if view.dialogue else ()
    heard = [act for act in acts.read(text, asked) if act.kind in _CONTENT]
    due = {_content(act) for act in task.truth(view)} - {None}
    said = {_content(act) for act in heard}
    return tuple(
        name
        for name, found in (
            ("contradicts", any(not task.holds(view, act) for act in heard)),
            ("unanswered", bool(due - said) and not leaving),
            ("discloses", bool(said - due)),
        )
        if found
    )


def assistant_like(text: str) -> bool:
    """Whether a user's text is one that only the assistant would say: an offer of help, or a commitment."""
    return _ASSISTANT_LIKE.search(text) is not None or commitment(text) is not None


def _content(act: Act) -> Act | None:
    if act.kind not in _CONTENT:
        return None
    return act._replace(kind="inform") if act.kind == "revise" else act
