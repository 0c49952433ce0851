"""Templates of built-in errands for going out and travelling."""

from __future__ import annotations

from collections.abc import Mapping

from pragenv.tasks.sharded.kinds.actions_tools import errand, option

_NAMES = ("Ada", "Ben", "Chloe", "Dev", "Elif", "Farid", "Greta", "Hugo")
_CITIES = ("Lisbon", "Oslo", "Vienna", "Dublin", "Athens", "Prague", "Turin", "Malmo")
_DAYS = ("Monday", "Tuesday", "Thursday", "Friday", "Saturday")
_CLOCK = {
    "12:30": "half past twelve at noon",
    "18:00": "six in the evening",
    "20:15": "a quarter past eight in the evening",
}
_ALARM_DAYS = {
    ("Mon", "Tue", "Wed", "Thu", "Fri"): "Monday to Friday",
    ("Sat", "Sun"): "Saturday and Sunday",
    ("Tue", "Thu"): "Tuesdays and Thursdays",
}


def _some(*choices: str) -> Mapping[tuple[str, ...], str]:
    """Values of a list, with the words for each: `a b` for "a and b"."""
    return {tuple(choice.split()): choice.replace(" ", " and ").replace("_", " ") for choice in choices}


TRIPS = (
    errand(
        "book_table",
        "Get me a table at {restaurant}, please.",
        "Book a table at the restaurant {restaurant} {day} at {time} for {people}, {area}.",
        option(
            "book_table",
            "people",
            (3, 4, 5, 6, 8),
            "There'll be {} of us.|There'll be two of us.",
            "{} people|two people",
        ),
        option(
            "book_table",
            "time",
            _CLOCK,
            "We'd come at {}.|We'd come at seven in the evening.",
            "{}|seven in the evening",
        ),
        option("book_table", "day", _DAYS, "It's for {}.|It's for today.", "on {}|today"),
        option(
            "book_table",
            "area",
            ("terrace", "bar"),
            "We'd like to sit in the area called {}.|We'd like to sit inside.",
            "in the area '{}'|inside",
        ),
        restaurant=("Bella", "Otto's", "The Heron", "Saffron", "Kiku", "Marlow"),
    ),
    errand(
        "set_alarm",
        "I need waking, {time} sharp.",
        "Set an alarm for {time} {days}; it plays the sound '{sound}', reminds every {snooze_minutes} minutes, "
        "and {vibrate}.",
        option(
            "set_alarm",
            "days",
            _ALARM_DAYS,
            "Every week, on {}.|Just the once.",
            "that repeats on {}|that does not repeat",
        ),
        option("set_alarm", "sound", ("birds", "radio"), "I want the {} to wake me.|I want the bell to wake me.", "{}"),
        option("set_alarm", "snooze_minutes", (3, 5, 15), "Snooze is {} minutes.", "{}"),
        option(
            "set_alarm",
            "vibrate",
            (True,),
            "The phone should vibrate, too.|The phone shouldn't vibrate.",
            "the phone vibrates|the phone does not vibrate",
        ),
        time=("05:45", "06:10", "06:30", "07:15", "07:40", "08:05"),
    ),
    errand(
        "book_flight",
        "Could you get me from {origin} to {destination} by plane?",
        "Book a flight from {origin} to {destination} for {passengers} in {cabin} class with {bags}; {flexible}.",
        option(
            "book_flight",
            "passengers",
            (2, 3, 4, 5),
            "We're {} passengers.|I'm travelling alone.",
            "{} passengers|one passenger",
        ),
        option("book_flight", "cabin", ("premium", "business"), "It should be {} class.|Economy is fine.", "{}"),
        option(
            "book_flight",
            "bags",
            (1, 2, 3),
            "Hold luggage: {} in all.|There's no hold luggage.",
            "this much hold luggage: {}|no hold luggage",
        ),
        option(
            "book_flight",
            "flexible",
            (True,),
            "I may have to change the ticket later, so make it flexible.|The ticket needn't be flexible.",
            "the ticket must be flexible|the ticket need not be flexible",
        ),
        origin=_CITIES[:4],
        destination=_CITIES[4:],
    ),
    errand(
        "transfer_money",
        "I owe {person} {amount}, can you send it?",
        "Send {amount} {currency} to {person} from the {account} account, {repeat}; {instant}.",
        option(
            "transfer_money",
            "currency",
            {"EUR": "euros", "GBP": "British pounds"},
            "That's in {}.|That's in US dollars.",
            "{}|US dollars",
        ),
        option(
            "transfer_money",
            "account",
            ("savings", "joint"),
            "Take it from my {} account.|Take it from my checking account.",
            "{}",
        ),
        option(
            "transfer_money", "repeat", ("weekly", "monthly"), "Send it {} from now on.|It's just this once.", "{}|once"
        ),
        option(
            "transfer_money",
            "instant",
            (True,),
            "It must be there at once, I'll pay the fee.|It can take its time to arrive.",
            "it must arrive at once|it need not arrive at once",
        ),
        person=_NAMES,
        amount=(12.5, 20, 35, 48.75, 60, 125),
    ),
    errand(
        "order_pizza",
        "I fancy a {pizza} pizza.",
        "Order {quantity} of the sort {pizza}, size {size}, with {extras}, {delivery}.",
        option("order_pizza", "quantity", (2, 3, 4), "Make that {} of them.|I need just one.", "{} pizzas|one pizza"),
        option("order_pizza", "size", ("small", "large"), "It should be {}.|Medium size, please.", "{}"),
        option(
            "order_pizza",
            "extras",
            _some("olives", "mushrooms onions", "peppers cheese", "onions olives"),
            "With extra {}.|No extras on it.",
            "extra {}|no extras",
        ),
        option(
            "order_pizza",
            "delivery",
            (False,),
            "I'll collect it.|I'd like it delivered.",
            "to be collected|to be delivered",
        ),
        pizza=("Margherita", "Funghi", "Diavola", "Marinara", "Capricciosa"),
    ),
    errand(
        "rent_car",
        "I'll need a car in {city}.",
        "Rent {category} in {city} for {days}, with {automatic} and {extras}.",
        option(
            "rent_car", "days", (2, 3, 5, 7, 10), "I'll have it for {} days.|I'll have it for a day.", "{} days|one day"
        ),
        option(
            "rent_car",
            "category",
            ("estate", "van"),
            "The category is {}.|A compact is big enough.",
            "a car of the category '{}'|a compact car",
        ),
        option(
            "rent_car",
            "automatic",
            (True,),
            "I can only drive an automatic.|I want a manual gearbox.",
            "an automatic gearbox|a manual gearbox",
        ),
        option(
            "rent_car",
            "extras",
            _some("child_seat", "roof_rack", "snow_chains", "child_seat roof_rack"),
            "I need a few things in it: {}.|I need no extras.",
            "these extras: {}|no extras",
        ),
        city=_CITIES,
    ),
    errand(
        "search_hotels",
        "I'm looking for somewhere to stay in {city}.",
        "Search for hotels in {city} for {nights} and {guests} with at least {stars} stars and {amenities}.",
        option(
            "search_hotels",
            "nights",
            (2, 3, 4, 6),
            "I'm staying {} nights.|I'm staying for one night.",
            "{} nights|one night",
        ),
        option("search_hotels", "guests", (3, 4, 5, 6), "There will be {} of us.", "{} guests"),
        option("search_hotels", "stars", (2, 4, 5), "It should have at least {} stars.", "{}"),
        option(
            "search_hotels",
            "amenities",
            _some("pool", "parking breakfast", "sauna pool", "breakfast"),
            "It must have {}.|I don't need anything special there.",
            "with {}|nothing special",
        ),
        city=_CITIES,
    ),
    errand(
        "get_forecast",
        "What will the weather be in {city}?",
        "Get the forecast for {city}, {days} ahead, in {units} units, {hourly}, and {include}.",
        option(
            "get_forecast",
            "days",
            (2, 3, 5, 7),
            "I want to know for {} days ahead.|I want to know for one day ahead.",
            "{} days|one day",
        ),
        option("get_forecast", "units", ("imperial",), "Give it in {} units.", "{}"),
        option(
            "get_forecast",
            "hourly",
            (True,),
            "I want it hour by hour.|I don't want it hour by hour.",
            "hour by hour|day by day",
        ),
        option(
            "get_forecast",
            "include",
            _some("wind", "pollen uv", "tides wind"),
            "Include {}, too.|I need nothing besides temperature and rain.",
            "with {}|with nothing else",
        ),
        city=_CITIES,
    ),
)
