"""Families of functions on lists."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from pragenv.tasks.sharded.kinds.clauses import Slot, each
from pragenv.tasks.sharded.kinds.code_items import Family, near_numbers


def clean_numbers(numbers: list[int], least: int | None, repeats: str, order: str, top: int | None) -> list[int]:
    """The numbers that are kept, in order."""
    kept = [n for n in numbers if least is None or n >= least]
    if repeats == "once":
        kept = list(dict.fromkeys(kept))
    if order != "given":
        kept.sort(reverse=order == "falling")
    return kept[:top]


def in_chunks(numbers: list[int], size: int, rest: str, within: str, skip: int) -> list[list[int]]:
    """The numbers in pieces."""
    left = numbers[skip:]
    pieces = [left[i : i + size] for i in range(0, len(left), size)]
    if rest == "dropped":
        pieces = [piece for piece in pieces if len(piece) == size]
    return [piece if within == "given" else sorted(piece, reverse=within == "falling") for piece in pieces]


def grid_lines(grid: list[list[int]], along: str, take: str, below: str, order: str) -> list[int]:
    """One number for each line of a grid."""
    lines = [list(line) for line in (zip(*grid, strict=True) if along == "columns" else grid)]
    if below == "zero":
        lines = [[max(n, 0) for n in line] for line in lines]
    found = [sum(line) if take == "sum" else max(line) if take == "largest" else min(line) for line in lines]
    return found if order == "given" else sorted(found, reverse=order == "falling")


def rank_scores(scores: dict[str, int], passing: int | None, order: str, form: str, top: int | None) -> list[str]:
    """The names by their scores."""
    kept = sorted(name for name in scores if passing is None or scores[name] >= passing)
    kept.sort(key=lambda name: scores[name], reverse=order == "falling")
    kept = kept[:top]
    if form == "numbered":
        return [f"{place}. {name}" for place, name in enumerate(kept, 1)]
    return kept if form == "names" else [f"{name}: {scores[name]}" for name in kept]


_KEEP_ALL = "keep all of them, however many there are"


def _grid(rng: Random, values: Mapping[str, Any]) -> tuple[list[list[int]]]:
    width = rng.randint(1, 4)
    return ([[rng.randint(-9, 9) for _ in range(width)] for _ in range(rng.randint(1, 4))],)


def _scores(rng: Random, values: Mapping[str, Any]) -> tuple[dict[str, int]]:
    names = rng.sample(["Ada", "Ben", "Cleo", "Dev", "Eve", "Finn", "Gus", "Hana"], rng.randint(1, 8))
    near = [values["passing"] or 50, (values["passing"] or 50) - 1]
    return ({name: rng.choice([rng.randint(30, 99), *near]) for name in names},)


LISTS = (
    Family(
        clean_numbers,
        ("tidy", "clean_up", "prepare"),
        "(numbers: list[int]) -> list[int]",
        (
            "I need a function that tidies up a list of numbers.",
            "Can you write me something that cleans up some numbers?",
        ),
        "Write a function that takes a list of whole numbers and returns a tidied list.",
        (
            Slot(
                "least",
                None,
                each(
                    "drop everything below {}", (5, 10, 12, 20), none="keep small numbers too, there is no lower limit"
                ),
            ),
            Slot("repeats", "all", {"all": "leave repeated numbers in", "once": "keep each number only once"}),
            Slot(
                "order",
                "given",
                {
                    "given": "leave the numbers in the order they come in",
                    "rising": "sort from the smallest to the largest",
                    "falling": "sort from the largest to the smallest",
                },
            ),
            Slot("top", None, each("return only the first {} of what comes out in the end", (2, 3, 4), none=_KEEP_ALL)),
        ),
        (([],), ([7],), ([-3, 30, 30, 8, 21],)),
        lambda rng, values: (near_numbers(rng, values),),
    ),
    Family(
        in_chunks,
        ("chunks", "split_up", "portions"),
        "(numbers: list[int]) -> list[list[int]]",
        ("I need a list cut into pieces.", "Could you write something that splits a long list of numbers up?"),
        "Write a function that takes a list of whole numbers and returns it cut into pieces, from front to back.",
        (
            Slot("size", 2, each("put {} numbers in each piece", (2, 3, 4, 5))),
            Slot(
                "rest",
                "kept",
                {
                    "kept": "keep the last piece even if it comes out shorter",
                    "dropped": "drop the last piece if it comes out shorter",
                },
            ),
            Slot(
                "within",
                "given",
                {
                    "given": "leave the order inside the pieces alone",
                    "rising": "sort each piece by itself, smallest first",
                    "falling": "sort each piece by itself, largest first",
                },
            ),
            Slot(
                "skip",
                0,
                each("ignore the first {} numbers of the list altogether", (2, 3))
                | {
                    0: "begin with the very first number of the list",
                    1: "ignore the first number of the list altogether",
                },
            ),
        ),
        (([],), ([3],), ([9, 1, 8, 2, 7, 3, 6],), ([4, 2, 9, 6, 1, 8, 3, 7, 5, 0, 2, 4],)),
        lambda rng, values: ([rng.randint(0, 40) for _ in range(rng.randint(1, 14))],),
    ),
    Family(
        grid_lines,
        ("line_values", "per_line", "grid_report"),
        "(grid: list[list[int]]) -> list[int]",
        (
            "I've got a grid of numbers and want one number per line.",
            "I need a function that boils a table of numbers down.",
        ),
        "Write a function that takes a grid (rows of whole numbers, all of one length) and returns a list of numbers.",
        (
            Slot("along", "rows", {"rows": "work row by row", "columns": "work column by column"}),
            Slot(
                "take",
                "sum",
                {
                    "sum": "give the sum for each line",
                    "largest": "give the largest number of each line",
                    "smallest": "give the smallest number of each line",
                },
            ),
            Slot(
                "below",
                "kept",
                {"kept": "take negative numbers as they are", "zero": "count each negative number as 0"},
            ),
            Slot(
                "order",
                "given",
                {
                    "given": "leave the results in the order of the lines",
                    "rising": "sort the results, smallest first",
                    "falling": "sort the results, largest first",
                },
            ),
        ),
        (([],), ([[4]],), ([[-2, 5, 1], [3, -7, 9]],)),
        _grid,
    ),
    Family(
        rank_scores,
        ("ranking", "league_table", "rank"),
        "(scores: dict[str, int]) -> list[str]",
        ("I need a ranking from people's scores.", "Can you turn a table of scores into a list of people?"),
        "Write a function that takes the scores by name and returns the people in order, as a list of texts.",
        (
            Slot(
                "passing",
                None,
                each(
                    "leave out anybody with less than {}", (40, 50, 60), none="include everybody, however low the score"
                ),
            ),
            Slot(
                "order",
                "falling",
                {
                    "falling": "put the highest score first (and go by the alphabet where scores are equal)",
                    "rising": "put the lowest score first (and go by the alphabet where scores are equal)",
                },
            ),
            Slot(
                "form",
                "names",
                {
                    "names": "give just the names",
                    "scored": "write each one as 'Name: score'",
                    "numbered": "write each one as '1. Name', counting on from 1",
                },
            ),
            Slot("top", None, each("stop after {} people", (2, 3, 5), none="list all of them")),
        ),
        (({},), ({"Bo": 45},), ({"Cy": 70, "Al": 70, "Bo": 20, "Di": 95, "Ed": 55, "Flo": 55},)),
        _scores,
    ),
)
