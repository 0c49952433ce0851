"""The functions that the built-in errands may call, some that they need not, and how to write a template for one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pragenv.tasks.sharded.kinds.slots import Slot, Template

Calls = Callable[[Mapping[str, Any]], list[tuple[str, dict[str, Any]]]]
"""From facts to calls: the names of functions, with their arguments."""
_REQUIRED = object()


def _p(kind: str, about: str, default: Any = _REQUIRED, enum: str = "", of: str = "") -> dict[str, Any]:
    """A parameter's schema: `enum` lists its values, or those in the list if it is one (`of` says of what)."""
    schema: dict[str, Any] = {"type": kind, "description": about}
    if kind == "array":
        schema |= {"items": {"type": of} | ({"enum": enum.split()} if enum else {}), "uniqueItems": True}
    elif enum:
        schema["enum"] = enum.split()
    return schema if default is _REQUIRED else schema | {"default": default}


def _tool(name: str, about: str, **parameters: dict[str, Any]) -> dict[str, Any]:
    required = [key for key, schema in parameters.items() if "default" not in schema]
    properties = {"type": "object", "properties": parameters, "required": required}
    return {"name": name, "description": about, "parameters": properties}


_DAY = "day of the week in English, or 'today'"
_CLOCK = "time as HH:MM on the 24-hour clock"

_ALL = (
    _tool(
        "book_table",
        "Book a table at a restaurant.",
        restaurant=_p("string", "name of the restaurant"),
        people=_p("integer", "how many people", 2),
        time=_p("string", _CLOCK, "19:00"),
        day=_p("string", _DAY, "today"),
        area=_p("string", "where to sit", "inside", "inside terrace bar"),
    ),
    _tool("cancel_table", "Cancel a table at a restaurant.", restaurant=_p("string", "name of the restaurant")),
    _tool(
        "share_document",
        "Share a document with a person.",
        document=_p("string", "file name"),
        person=_p("string", "first name of the person"),
        role=_p("string", "what the person may do", "viewer", "viewer commenter editor"),
        notify=_p("boolean", "whether to tell the person by e-mail", True),
        expires_days=_p("integer", "days until access ends; 0 means never", 0),
    ),
    _tool("delete_document", "Delete a document.", document=_p("string", "file name")),
    _tool(
        "set_alarm",
        "Set an alarm.",
        time=_p("string", _CLOCK),
        days=_p("array", "days on which it repeats; empty means once", [], "Mon Tue Wed Thu Fri Sat Sun", "string"),
        sound=_p("string", "what to play", "bell", "bell birds radio"),
        snooze_minutes=_p("integer", "minutes between reminders", 10),
        vibrate=_p("boolean", "whether the phone vibrates as well", False),
    ),
    _tool("set_timer", "Count down and then ring.", minutes=_p("integer", "how long")),
    _tool(
        "book_flight",
        "Book a flight.",
        origin=_p("string", "city of departure"),
        destination=_p("string", "city of arrival"),
        passengers=_p("integer", "how many travel", 1),
        cabin=_p("string", "class of travel", "economy", "economy premium business"),
        bags=_p("integer", "pieces of hold luggage in all", 0),
        flexible=_p("boolean", "whether the ticket can be changed", False),
    ),
    _tool("flight_status", "Look up whether a flight is on time.", flight=_p("string", "flight number")),
    _tool(
        "transfer_money",
        "Send money to a person.",
        person=_p("string", "first name of the person"),
        amount=_p("number", "how much"),
        currency=_p("string", "of the amount", "USD", "USD EUR GBP"),
        account=_p("string", "account to take it from", "checking", "checking savings joint"),
        repeat=_p("string", "how often", "once", "once weekly monthly"),
        instant=_p("boolean", "whether it must arrive at once, for a fee", False),
    ),
    _tool("account_balance", "Look up the balance of an account.", account=_p("string", "name of the account")),
    _tool(
        "order_pizza",
        "Order pizzas of one sort.",
        pizza=_p("string", "name of the pizza"),
        quantity=_p("integer", "how many", 1),
        size=_p("string", "of each", "medium", "small medium large"),
        extras=_p("array", "what to add", [], "olives mushrooms onions peppers cheese", "string"),
        delivery=_p("boolean", "whether to deliver rather than have it collected", True),
    ),
    _tool("order_taxi", "Order a taxi to come at once.", address=_p("string", "where to")),
    _tool(
        "create_event",
        "Put an event into the calendar.",
        title=_p("string", "what it is called"),
        day=_p("string", _DAY, "today"),
        start=_p("string", _CLOCK, "09:00"),
        minutes=_p("integer", "how long it lasts", 60),
    ),
    _tool(
        "book_room",
        "Reserve a meeting room.",
        day=_p("string", _DAY, "today"),
        start=_p("string", _CLOCK, "09:00"),
        seats=_p("integer", "how many seats it must have", 4),
    ),
    _tool("delete_event", "Delete an event from the calendar.", title=_p("string", "what it is called")),
    _tool(
        "set_heating",
        "Heat a room.",
        room=_p("string", "which room"),
        celsius=_p("number", "temperature to reach", 20.0),
        mode=_p("string", "how to heat", "auto", "auto eco boost"),
        until=_p("string", _CLOCK, "22:00"),
        fan=_p("boolean", "whether the fan runs", False),
    ),
    _tool("open_window", "Open a window.", room=_p("string", "which room")),
    _tool(
        "rent_car",
        "Rent a car.",
        city=_p("string", "where to pick it up"),
        days=_p("integer", "for how many days", 1),
        category=_p("string", "kind of car", "compact", "compact estate van"),
        automatic=_p("boolean", "whether it has an automatic gearbox", False),
        extras=_p("array", "what it is fitted with", [], "child_seat roof_rack snow_chains", "string"),
    ),
    _tool(
        "play_music",
        "Play an artist's music.",
        artist=_p("string", "name of the artist"),
        room=_p("string", "where to play it", "living room"),
        volume=_p("integer", "loudness in percent", 50),
        shuffle=_p("boolean", "whether to mix the order", False),
        repeat=_p("string", "what to repeat", "none", "none song album"),
    ),
    _tool("stop_music", "Stop the music.", room=_p("string", "where it plays")),
    _tool(
        "translate_document",
        "Translate a document.",
        document=_p("string", "file name"),
        language=_p("string", "language to translate into, in English"),
        tone=_p("string", "how it should sound", "neutral", "neutral formal friendly"),
        format=_p("string", "file type to write", "docx", "docx pdf txt"),
        keep_layout=_p("boolean", "whether the layout stays as it is", True),
    ),
    _tool(
        "print_document",
        "Print a document.",
        document=_p("string", "file name"),
        copies=_p("integer", "how many", 1),
        colour=_p("boolean", "whether to print in colour", False),
        sides=_p("string", "sides of the paper to use", "one", "one both"),
        paper=_p("string", "format of the paper", "A4", "A3 A4 A5"),
    ),
    _tool(
        "add_task",
        "Add a task to a list.",
        title=_p("string", "what is to be done"),
        list=_p("string", "which list", "home", "home work shopping"),
        due=_p("string", _DAY, "today"),
        priority=_p("string", "how important it is", "normal", "low normal high"),
        repeat=_p("string", "how often it comes back", "never", "never daily weekly"),
    ),
    _tool("finish_task", "Mark a task as done.", title=_p("string", "what was to be done")),
    _tool(
        "search_hotels",
        "Search for hotels.",
        city=_p("string", "where"),
        nights=_p("integer", "for how long", 1),
        guests=_p("integer", "how many people", 2),
        stars=_p("integer", "at least this many", 3),
        amenities=_p("array", "what there must be", [], "pool parking sauna breakfast", "string"),
    ),
    _tool("hotel_reviews", "Read what guests say about a hotel.", hotel=_p("string", "name of the hotel")),
    _tool(
        "resize_image",
        "Make an image smaller.",
        image=_p("string", "file name"),
        width=_p("integer", "in pixels", 1024),
        sharpen=_p("boolean", "whether to sharpen it as well", False),
    ),
    _tool(
        "upload_image",
        "Upload an image to the gallery.",
        image=_p("string", "file name"),
        album=_p("string", "which album", "General"),
        visibility=_p("string", "who may see it", "private", "private friends public"),
    ),
    _tool(
        "get_forecast",
        "Get a weather forecast.",
        city=_p("string", "where"),
        days=_p("integer", "how many days ahead", 1),
        units=_p("string", "system of units", "metric", "metric imperial"),
        hourly=_p("boolean", "whether for each hour rather than each day", False),
        include=_p("array", "what to add to temperature and rain", [], "wind pollen uv tides", "string"),
    ),
    _tool("air_quality", "Get the air quality at this moment.", city=_p("string", "where")),
)
TOOLS: Mapping[str, Mapping[str, Any]] = {tool["name"]: tool for tool in _ALL}
"""By name, each as JSON schema describes it."""


def errand(name: str, goal: str, full: str, *slots: Slot, calls: Calls | None = None, **given: Any) -> Template:
    """A template; unless `calls` says otherwise, of one call, of the function `name`, with all facts as arguments."""
    return Template(name, goal, full, slots, calls or (lambda facts: [(name, dict(facts))]), given)


def option(function: str, name: str, others: Collection[Any], shard: str, clause: str) -> Slot:
    """The slot of an argument. What people would assume is the default that the function has for it."""
    default = TOOLS[function]["parameters"]["properties"][name]["default"]
    return Slot(name, tuple(default) if isinstance(default, list) else default, others, shard, clause)
