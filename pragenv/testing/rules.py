"""What a rule is: a name, a line on what it demands, a remedy, and a search for the first thing that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from pragenv.errors import PragEnvError

C = TypeVar("C")


class ContractViolation(PragEnvError, AssertionError):
    """A rule of the contract is broken.

    Attributes:
        rule: its name, as in the table of rules.
        seen: what was observed, and on what.
        remedy: what to do about it.
    """

    def __init__(self, rule: str, seen: str, remedy: str) -> None:
        super().__init__(rule, seen, remedy)
        self.rule, self.seen, self.remedy = rule, seen, remedy

    def __str__(self) -> str:
        return f"{self.rule}: {self.seen}; {self.remedy}"


class Untestable(Exception):
    """Raised by a rule that finds nothing to apply itself to; such a rule counts neither as passed nor as broken."""


class Rule(NamedTuple, Generic[C]):
    """A rule about cases of type `C`; `faults` yields what breaks it, one line each."""

    about: str
    remedy: str
    faults: Callable[[C], Iterator[str]]


class Rules(Generic[C]):
    """The rules for one kind of thing, in the order in which they are checked.

    Args:
        kind: prefix of their names.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rules: dict[str, Rule[C]] = {}

    def rule(self, remedy: str) -> Callable[[Callable[[C], Iterator[str]]], Callable[[C], Iterator[str]]]:
        """Make a generator of faults a rule: its name becomes the rule's, its docstring what the table says of it."""

        def add(faults: Callable[[C], Iterator[str]]) -> Callable[[C], Iterator[str]]:
            name = f"{self.kind}/{faults.__name__.replace('_', '-')}"
            self.rules[name] = Rule((faults.__doc__ or "").strip(), remedy, faults)
            return faults

        return add

    def check(self, case: C) -> list[str]:
        """The names of the rules that hold for a case.

        Raises:
            ContractViolation: at the first rule that does not, or that cannot be checked because something raised.
        """
        held = []
        for name, rule in self.rules.items():
            try:
                fault = next(rule.faults(case), None)
            except Untestable:
                continue
            except Exception as error:
                raise ContractViolation(name, f"{case}: {type(error).__name__}: {error}", rule.remedy) from error
            if fault is not None:
                raise ContractViolation(name, f"{case}: {fault}", rule.remedy)
            held.append(name)
        return held
