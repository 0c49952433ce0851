"""Templates of built-in word problems that ask for money, or for how long it takes to save it."""

from __future__ import annotations

from math import ceil

from pragenv.tasks.sharded.kinds.slots import Slot, Template

MONEY = (
    Template(
        "museum",
        "What's our trip to the museum going to cost? A ticket is ${price}.",
        "How many dollars does a trip to the museum cost in all, if a ticket is ${price}, {people}, {discount}, "
        "and {parking}?",
        (
            Slot(
                "people", 1, range(2, 9), "There will be {} of us.|I'm going on my own.", "{} people go|one person goes"
            ),
            Slot(
                "discount",
                0,
                (10, 20, 25, 50),
                "We get {}% off the tickets.|There's no discount on the tickets.",
                "tickets are {}% off|there is no discount",
            ),
            Slot(
                "parking", 0, (4, 5, 6, 8), "Parking is ${} on top.|Parking is free.", "parking is ${}|parking is free"
            ),
        ),
        lambda v: v["price"] * v["people"] * (100 - v["discount"]) / 100 + v["parking"],
        {"price": (8, 9, 11, 12, 14, 15, 16, 18)},
        "$",
    ),
    Template(
        "bicycle",
        "How many weeks until I can buy that bicycle? It costs ${price}.",
        "A bicycle costs ${price}. {sale}, {saved}, {gift}, and ${weekly} can be put aside at the end of each week. "
        "After how many weeks is there enough money to buy it?",
        (
            Slot("weekly", 10, (15, 20, 25, 30), "I can put aside ${} a week.", "{}"),
            Slot(
                "sale",
                0,
                (10, 20, 25),
                "It's {}% off at the moment.|It isn't on sale.",
                "It is {}% off|It is not on sale",
            ),
            Slot(
                "saved",
                0,
                (40, 60, 75, 90),
                "I've saved ${} already.|I've saved nothing so far.",
                "${} is saved already|nothing is saved yet",
            ),
            Slot(
                "gift",
                0,
                (30, 50, 80),
                "My gran will give me ${} towards it.|Nobody is chipping in.",
                "a grandmother adds ${}|nobody adds anything",
            ),
        ),
        lambda v: ceil((v["price"] * (100 - v["sale"]) / 100 - v["saved"] - v["gift"]) / v["weekly"]),
        {"price": (240, 280, 300, 360, 400, 450, 520)},
        "week",
    ),
    Template(
        "wages",
        "What am I going to take home this week? I get ${rate} an hour.",
        "A waiter is paid ${rate} an hour and works {hours} hours this week. {tax} of these wages; after that {bonus}, "
        "and {tips}. How many dollars does the waiter take home?",
        (
            Slot("hours", 40, (18, 24, 30, 35), "I work {} hours this week.", "{}"),
            Slot(
                "tax",
                0,
                (10, 15, 20, 25),
                "They take {}% tax off my wages.|There's no tax on my wages.",
                "Tax takes {}%|Tax takes nothing",
            ),
            Slot(
                "bonus",
                0,
                (20, 45, 60),
                "There's a bonus of ${}, tax free.|There's no bonus this week.",
                "there is a bonus of ${}|there is no bonus",
            ),
            Slot(
                "tips", 0, (15, 32, 50, 75), "I made ${} in tips.|I got no tips.", "tips come to ${}|there are no tips"
            ),
        ),
        lambda v: v["rate"] * v["hours"] * (100 - v["tax"]) / 100 + v["bonus"] + v["tips"],
        {"rate": (12, 14, 15, 16, 18, 20)},
        "$",
    ),
    Template(
        "gym",
        "What's my gym going to cost me? It's ${fee} a month.",
        "A gym charges ${fee} a month. Somebody stays for {months} months; {joining}, {discount} on the monthly fee, "
        "and {employer}. How many dollars does the member pay in all?",
        (
            Slot("months", 12, (3, 6, 9, 10), "I'll be a member for {} months.", "{}"),
            Slot(
                "joining",
                0,
                (25, 40, 60),
                "There's a joining fee of ${}.|There's no joining fee.",
                "joining costs ${}|joining is free",
            ),
            Slot(
                "discount",
                0,
                (10, 20, 25),
                "Students get {}% off the monthly fee, and I'm one.|I don't get any discount.",
                "there is a student discount of {}%|there is no discount",
            ),
            Slot(
                "employer",
                0,
                (35, 50, 55),
                "My company pays me back ${} once.|My company pays nothing.",
                "an employer pays ${} of the total|nobody else pays",
            ),
        ),
        lambda v: v["fee"] * v["months"] * (100 - v["discount"]) / 100 + v["joining"] - v["employer"],
        {"fee": (20, 24, 30, 35, 40)},
        "$",
    ),
    Template(
        "bill",
        "What does each of us owe for dinner? The food came to ${food}.",
        "The food at a dinner comes to ${food}; {drinks}. {tip} on everything, and then {voucher}. {people} share "
        "what is to be paid equally. How many dollars does each owe?",
        (
            Slot("people", 2, (3, 4, 5, 6, 8), "There were {} of us.", "{} people"),
            Slot(
                "drinks",
                0,
                (12, 18, 27, 30),
                "Drinks were ${} on top.|We had no drinks.",
                "drinks come to ${} more|there are no drinks",
            ),
            Slot(
                "tip", 0, (10, 15, 20), "We leave a {}% tip.|We leave no tip.", "There is a tip of {}%|There is no tip"
            ),
            Slot(
                "voucher",
                0,
                (10, 15, 20),
                "We have a voucher, ${} off the total.|We have no voucher.",
                "a voucher takes off ${}|nothing is taken off",
            ),
        ),
        lambda v: ((v["food"] + v["drinks"]) * (100 + v["tip"]) / 100 - v["voucher"]) / v["people"],
        {"food": (60, 72, 80, 96, 110, 120)},
        "$",
    ),
    Template(
        "stall",
        "How much will our cake stall raise? We've baked {cakes} cakes.",
        "A stall has {cakes} cakes to sell at ${price} each. {unsold} and {costs}; {match}. How many dollars does "
        "the stall raise after costs?",
        (
            Slot("price", 2, (2.5, 3, 4, 5), "A cake goes for ${:.2f}.", "{:.2f}"),
            Slot(
                "unsold",
                0,
                (4, 6, 9, 11),
                "There were {} cakes that nobody bought.|Every cake was sold.",
                "{} cakes are not sold|All are sold",
            ),
            Slot(
                "costs",
                0,
                (10, 14, 22),
                "The ingredients cost ${}.|The ingredients were given to us.",
                "the ingredients cost ${}|the ingredients cost nothing",
            ),
            Slot(
                "match",
                0,
                (20, 50, 75),
                "The school adds ${} to it.|The school doesn't add anything.",
                "the school adds ${}|the school adds nothing",
            ),
        ),
        lambda v: v["price"] * (v["cakes"] - v["unsold"]) - v["costs"] + v["match"],
        {"cakes": (30, 36, 40, 48, 52, 60)},
        "$",
    ),
)
