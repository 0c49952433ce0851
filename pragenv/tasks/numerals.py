"""Whole numbers below a hundred in words."""

from __future__ import annotations

UNITS = "one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
WORTH = {word: i for i, word in enumerate(("zero", *UNITS, *TEENS))} | {word: 10 * i for i, word in enumerate(TENS, 2)}
"""What each of these words stands for."""
TWO_DIGITS = rf"(?:(?:{'|'.join(TENS)})(?:[ -](?:{'|'.join(UNITS)})\b)?|{'|'.join(TEENS)})"
"""A pattern of the numbers from ten on, "twenty one" and "twenty-one" alike."""
BELOW_HUNDRED = rf"(?:{TWO_DIGITS}|zero|{'|'.join(UNITS)})"
"""A pattern of them all."""
