"""Families of functions that work numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from pragenv.tasks.sharded.kinds.clauses import Slot, each
from pragenv.tasks.sharded.kinds.code_items import Family, near_numbers


def middle_of(numbers: list[int], measure: str, skip: str, cap: int | None, empty: int | None) -> float | None:
    """One number that stands for all."""
    kept = [
        n if cap is None else min(n, cap)
        for n in numbers
        if not ((skip == "zeros" and n == 0) or (skip == "below" and n < 0))
    ]
    if not kept:
        return empty
    kept.sort()
    if measure == "mean":
        return sum(kept) / len(kept)
    if measure == "halfway":
        return (kept[0] + kept[-1]) / 2
    return (kept[(len(kept) - 1) // 2] + kept[len(kept) // 2]) / 2


def order_total(lines: list[list[int]], delivery: int, discount: int, free_from: int | None, bulk: int | None) -> float:
    """What an order costs."""
    goods = sum((quantity - (bulk is not None and quantity >= bulk)) * price for quantity, price in lines)
    waived = not lines or (free_from is not None and goods >= free_from)
    return goods * (100 - discount) / 100 + (0 if waived else delivery)


def count_up(last: int, first: int, multiple: int, word: str, way: str) -> list[int | str]:
    """The numbers of a counting game."""
    said = [word if n % multiple == 0 else n for n in range(first, last + 1)]
    return said[::-1] if way == "down" else said


def find_steps(numbers: list[int], least: int, kind: str, base: int, missing: int | None) -> int | None:
    """Where the numbers make a jump first."""
    for i in range(1, len(numbers)):
        jump = numbers[i] - numbers[i - 1]
        if (jump >= least and kind != "drop") or (-jump >= least and kind != "rise"):
            return i + base
    return missing


def _lines(rng: Random, values: Mapping[str, Any]) -> tuple[list[list[int]]]:
    lines = [[rng.randint(1, 8), rng.randint(1, 20)] for _ in range(rng.randint(1, 4))]
    if values["free_from"] and rng.random() < 0.5:  # goods at the threshold, and just under it
        lines = [[1, values["free_from"] - rng.randint(0, 2)]]
    return (lines,)


NUMBERS = (
    Family(
        middle_of,
        ("typical", "summarise", "middle"),
        "(numbers: list[int]) -> float | None",
        (
            "I want a function that gives me one typical number for a list.",
            "I have lists of numbers and need one figure for each.",
        ),
        "Write a function that takes a list of whole numbers and returns one typical value.",
        (
            Slot(
                "measure",
                "mean",
                {
                    "mean": "take the ordinary average (the mean)",
                    "median": "take the median (the mean of the two middle ones if their count is even)",
                    "halfway": "take the point halfway between the lowest and the highest",
                },
            ),
            Slot(
                "skip",
                "none",
                {
                    "none": "let every number count, zeros and negative ones too",
                    "zeros": "ignore zeros",
                    "below": "ignore negative numbers",
                },
            ),
            Slot(
                "cap",
                None,
                each("count anything above {0} as {0}", (10, 15, 20), none="take large numbers as they are"),
            ),
            Slot(
                "empty",
                None,
                each(
                    "return {} if there is nothing to go by", (0, -1), none="return None if there is nothing to go by"
                ),
            ),
        ),
        (([],), ([0],), ([-4],), ([0, 0, 12, 40, -6],)),
        lambda rng, values: (near_numbers(rng, values),),
    ),
    Family(
        order_total,
        ("amount_due", "bill", "to_pay"),
        "(lines: list[list[int]]) -> float",
        ("I need to work out what an order comes to.", "Write me the sum for my shop's orders, would you?"),
        "Write a function that takes the lines of an order (each a quantity and a price) and returns the total.",
        (
            Slot(
                "delivery",
                0,
                each("add {} for delivery, except if nothing was ordered", (3, 5, 8)) | {0: "add nothing for delivery"},
            ),
            Slot(
                "discount",
                0,
                each("take {} percent off the goods, not off any delivery", (5, 10, 20)) | {0: "give no discount"},
            ),
            Slot(
                "free_from",
                None,
                each(
                    "charge no delivery if the goods come to {} or more before any discount",
                    (30, 50, 80),
                    none="charge the same delivery however large the order is",
                ),
            ),
            Slot(
                "bulk",
                None,
                each(
                    "give one piece free on each line with a quantity of {} or more",
                    (3, 4, 6),
                    none="charge for every piece, whatever the quantity",
                ),
            ),
        ),
        (([],), ([[1, 10]],), ([[2, 25]],), ([[6, 20], [3, 5]],)),
        _lines,
    ),
    Family(
        count_up,
        ("count_game", "counting", "say_numbers"),
        "(last: int) -> list[int | str]",
        (
            "I want the counting game where some numbers are swapped for a word.",
            "I need a counting game for my kids, as a function.",
        ),
        "Write a function for a counting game: it takes the highest number and returns the list of what is said.",
        (
            Slot("first", 1, each("begin counting at {}", (0, 1, 2, 5))),
            Slot("multiple", 3, each("swap every multiple of {} for the word", (3, 4, 5, 7))),
            Slot("word", "fizz", each("use '{}' as the word", ("fizz", "buzz", "clap", "boom"))),
            Slot(
                "way",
                "up",
                {
                    "up": "list it from the lowest up to the highest",
                    "down": "list it from the highest down to the lowest",
                },
            ),
        ),
        ((0,), (1,), (5,), (7,), (21,), (16,)),
        lambda rng, values: (rng.randint(2, 40),),
    ),
    Family(
        find_steps,
        ("first_jump", "find_jump", "jump_at"),
        "(numbers: list[int]) -> int | None",
        ("I need to know where my readings jump.", "Write me a function that spots a jump in a list of readings."),
        "Write a function that takes a list of readings and returns the position of the first after a jump.",
        (
            Slot(
                "least",
                1,
                each("call it a jump only from a difference of {} on", (3, 5, 8, 10))
                | {1: "call any difference a jump"},
            ),
            Slot(
                "kind",
                "either",
                {
                    "either": "look for jumps up as well as down",
                    "rise": "look for jumps up only",
                    "drop": "look for jumps down only",
                },
            ),
            Slot("base", 0, {0: "count positions from 0", 1: "count positions from 1"}),
            Slot(
                "missing",
                -1,
                {
                    -1: "return -1 if there is no jump",
                    0: "return 0 if there is no jump",
                    None: "return None if there is no jump",
                },
            ),
        ),
        (([],), ([4],), ([5, 5, 5],), ([1, 2, 12, 3, 40],), ([9, 8, -9, 30],)),
        lambda rng, values: (near_numbers(rng, values, 0, 12),),
    ),
)
