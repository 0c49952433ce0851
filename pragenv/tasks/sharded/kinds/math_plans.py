"""Templates of built-in word problems that ask for time, amounts and counts."""

from __future__ import annotations

from math import ceil

from pragenv.tasks.sharded.kinds.slots import Slot, Template

PLANS = (
    Template(
        "pancakes",
        "How much flour do I have to buy for my pancakes, in grams? The recipe says {grams} g.",
        "A pancake recipe takes {grams} g of flour. {batches}; {oats}. For dusting {dusting}, and {home}. "
        "How many grams of flour must be bought?",
        (
            Slot(
                "batches",
                1,
                (2, 3, 4, 5),
                "I'm making {} batches.|I'm making just one batch.",
                "The cook makes {} batches|The cook makes one batch",
            ),
            Slot(
                "oats",
                0,
                (10, 20, 25, 50),
                "I'm swapping {}% of the flour for oats.|I'm not swapping any of the flour for oats.",
                "{}% of the recipe's flour is replaced by oats|none of the recipe's flour is replaced by oats",
            ),
            Slot(
                "dusting",
                0,
                (20, 30, 40, 60),
                "I want {} g extra for dusting.|I need nothing extra for dusting.",
                "{} g is needed|nothing is needed",
            ),
            Slot(
                "home",
                0,
                (15, 25, 35, 50),
                "There's {} g in the cupboard already.|There's no flour in the cupboard.",
                "{} g is in the cupboard already|none is in the cupboard",
            ),
        ),
        lambda v: v["grams"] * v["batches"] * (100 - v["oats"]) / 100 + v["dusting"] - v["home"],
        {"grams": (150, 200, 240, 250, 300, 320)},
        "g",
    ),
    Template(
        "drive",
        "How long are we going to be on the road, in minutes? It's {km} km.",
        "A town is {km} km away. A family drives {ways} at an average of {speed} km/h; {stop} on the whole trip, "
        "and {traffic}. How many minutes are they on the road altogether, stops included?",
        (
            Slot(
                "ways",
                1,
                (2,),
                "We go there and back the same day.|It's just one way.",
                "there and back|there and stays",
            ),
            Slot("speed", 60, (45, 70, 80, 90, 100), "We'll average {} km/h.", "{}"),
            Slot(
                "stop",
                0,
                (10, 15, 20, 40),
                "We'll stop for {} minutes in all.|We won't stop on the way.",
                "they stop for {} minutes|they do not stop",
            ),
            Slot(
                "traffic",
                0,
                (5, 12, 25, 30),
                "Roadworks will cost us {} minutes altogether.|The road is clear.",
                "roadworks cost {} minutes|nothing holds them up",
            ),
        ),
        lambda v: v["km"] * v["ways"] * 60 / v["speed"] + v["stop"] + v["traffic"],
        {"km": (90, 120, 150, 180, 240, 270, 300)},
        "minute",
    ),
    Template(
        "fence",
        "How many litres of paint do I need to buy for my fence? It's {area} square metres.",
        "A fence has {area} square metres on each side. {sides} with {coats}; a litre covers {cover} square metres, "
        "and {left}. How many litres of paint must be bought?",
        (
            Slot(
                "sides",
                1,
                (2,),
                "I'm painting both sides.|I'm only painting the front.",
                "Both sides are painted|Only the front is painted",
            ),
            Slot("coats", 1, (2, 3), "It'll get {} coats.|One coat will do.", "{} coats|one coat"),
            Slot("cover", 10, (4, 5, 8), "A litre covers {} square metres.", "{}"),
            Slot(
                "left",
                0,
                (1, 2, 3),
                "I've got {} litres left over.|I've got no paint left over.",
                "{} litres are left over from before|none is left over from before",
            ),
        ),
        lambda v: v["area"] * v["sides"] * v["coats"] / v["cover"] - v["left"],
        {"area": (20, 40, 50, 60, 80, 100)},
        "litre",
    ),
    Template(
        "novel",
        "How many days will it take me to get through this novel? It has {pages} pages.",
        "A novel has {pages} pages, of which {read} and {skip}. The reader manages {daily} pages a day and {off}. "
        "How many days does it take from now to finish the novel?",
        (
            Slot("daily", 20, (15, 25, 30, 40), "I read {} pages a day.", "{}"),
            Slot(
                "read",
                0,
                (30, 48, 60, 90),
                "I've read {} pages already.|I haven't started yet.",
                "{} are read already|none are read yet",
            ),
            Slot(
                "skip",
                0,
                (16, 24, 35),
                "I'll skip the {} pages of notes.|I'm not skipping any pages.",
                "{} are notes to be skipped|none are to be skipped",
            ),
            Slot(
                "off",
                0,
                (2, 3, 4, 5),
                "There'll be {} days when I don't read at all.|I'll read every day.",
                "does not read at all on {} of the days|reads every day",
            ),
        ),
        lambda v: ceil((v["pages"] - v["read"] - v["skip"]) / v["daily"]) + v["off"],
        {"pages": (200, 240, 280, 320, 360, 400, 480)},
        "day",
    ),
    Template(
        "party",
        "How many sweets should I get for the party bags? I want {sweets} in each.",
        "Each party bag holds {sweets} sweets. {children} and {spare}. {bowl} for a bowl on the table, "
        "and {have}. How many sweets must be bought?",
        (
            Slot(
                "children", 10, (6, 8, 12, 14, 15), "{} children are coming.", "There is a bag for each of {} children"
            ),
            Slot("spare", 0, (2, 3, 4), "I want {} spare bags too.|I want no spare bags.", "{} to spare|none to spare"),
            Slot(
                "bowl",
                0,
                (20, 25, 30),
                "I want {} more sweets for a bowl on the table.|I want no sweets on the table.",
                "{} sweets are wanted|None are wanted",
            ),
            Slot(
                "have",
                0,
                (9, 13, 18),
                "I have {} sweets here already.|I have no sweets here yet.",
                "{} sweets are there already|none are there yet",
            ),
        ),
        lambda v: v["sweets"] * (v["children"] + v["spare"]) + v["bowl"] - v["have"],
        {"sweets": (4, 5, 6, 7, 8)},
        "sweets",
    ),
    Template(
        "orchard",
        "How many kilos of apples can I sell this year? I have {trees} trees.",
        "An orchard has {trees} trees, each of which bears {crop} kg of apples. {frost} of all this, then {family}, "
        "and {cider}. How many kilograms of apples are left to sell?",
        (
            Slot("crop", 20, (15, 25, 30, 40), "Each tree bears {} kg.", "{}"),
            Slot(
                "frost",
                0,
                (10, 20, 25),
                "Frost has spoilt {}% of the apples.|Nothing was spoilt by frost.",
                "Frost spoils {}%|Frost spoils nothing",
            ),
            Slot(
                "family",
                0,
                (8, 12, 30),
                "The family keeps {} kg.|The family doesn't keep any.",
                "the family keeps {} kg|the family keeps none",
            ),
            Slot(
                "cider",
                0,
                (45, 60, 90),
                "Another {} kg goes into cider.|None of them go into cider.",
                "{} kg goes into cider|none goes into cider",
            ),
        ),
        lambda v: v["trees"] * v["crop"] * (100 - v["frost"]) / 100 - v["family"] - v["cider"],
        {"trees": (12, 15, 18, 20, 24)},
        "kg",
    ),
    Template(
        "running",
        "How far am I going to run in my training plan, in km? I do {km} km each time.",
        "A training plan has {runs} runs a week of {km} km each, for {weeks}. {missed}, and {race} at the end. "
        "How many kilometres is that in all?",
        (
            Slot("runs", 3, (2, 4, 5, 6), "I run {} times a week.", "{}"),
            Slot("weeks", 1, (4, 6, 8, 10), "The plan is for {} weeks.|The plan is for one week.", "{} weeks|one week"),
            Slot(
                "missed",
                0,
                (1, 2),
                "I'll miss {} of the runs.|I won't miss a run.",
                "The runner misses {} of the runs|The runner misses none of them",
            ),
            Slot(
                "race",
                0,
                (15, 21, 25),
                "At the end there's a race of {} km as well.|There's no race at the end.",
                "there is a race of {} km|there is no race",
            ),
        ),
        lambda v: v["km"] * (v["runs"] * v["weeks"] - v["missed"]) + v["race"],
        {"km": (4, 5, 6, 7, 8, 9)},
        "km",
    ),
    Template(
        "battery",
        "What will my phone's battery be at when I get home? It's at {start}% now.",
        "A phone's battery is at {start}%. It loses {drain} percentage points an hour for {hours}, {video}, "
        "and {charge}. At what percentage is it in the end?",
        (
            Slot("hours", 1, (2, 3, 4, 5), "I'll be out for {} hours.|I'll be out for an hour.", "{} hours|one hour"),
            Slot("drain", 5, (3, 4, 6, 8), "It loses {} points an hour.", "{}"),
            Slot(
                "video",
                0,
                (2, 7, 11),
                "A video call will take {} points more.|There's no video call.",
                "a video call takes {} more|there is no video call",
            ),
            Slot(
                "charge",
                0,
                (9, 13, 19),
                "I can charge it by {} points on the way.|I can't charge it on the way.",
                "charging on the way adds {}|it is not charged on the way",
            ),
        ),
        lambda v: v["start"] - v["hours"] * v["drain"] - v["video"] + v["charge"],
        {"start": (55, 60, 64, 70, 75, 80)},
        "%",
    ),
    Template(
        "plants",
        "How many litres of water will my plants take while I'm away? One gets {ml} ml a time.",
        "{plants} given {ml} ml of water each time, {times} for {weeks}, and {spill}. "
        "How many litres of water is that in all?",
        (
            Slot(
                "plants",
                1,
                (4, 5, 8, 10, 12),
                "I've got {} plants.|It's only the one plant.",
                "{} plants are each|One plant is",
            ),
            Slot(
                "times",
                1,
                (2, 3, 4, 7),
                "They get water {} times a week.|They get water once a week.",
                "{} times a week|once a week",
            ),
            Slot("weeks", 1, (2, 3, 4), "I'm away for {} weeks.|I'm away for a week.", "{} weeks|a week"),
            Slot(
                "spill",
                0,
                (0.5, 1.5, 2),
                "My neighbour will spill about {} l overall, count that in.|My neighbour won't spill any.",
                "{} l more is spilt|nothing is spilt",
            ),
        ),
        lambda v: v["plants"] * v["ml"] * v["times"] * v["weeks"] / 1000 + v["spill"],
        {"ml": (100, 150, 200, 250, 300, 400)},
        "litre",
    ),
)
