"""Made-up customers, each with one delivered deal, so that every clause decides for some."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import generate

from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event, read_line
from conflictctl.people import People

EVENTS_PER_CUSTOMER = 9


class Made(NamedTuple):
    """Customers as a register gives them: each one's events in the order of the register."""

    people: People
    staff: list[Event]
    customers: dict[str, list[Event]]
    calendar: Calendar
    as_of: Moment


def made(number: int, seed: int = 2013) -> Made:
    """So many customers; the same arguments, the same events."""
    staff = [_event(place, line) for place, line in enumerate(generate.setting_up(), 1)]
    place = len(staff)
    customers: dict[str, list[Event]] = {}
    lengths = generate.lengths(number, number * EVENTS_PER_CUSTOMER)
    for index, length in enumerate(lengths, 1):
        story = generate.Story(index, seed)
        lines = [line for _, line in _told(story, length)]
        lines.sort(key=lambda line: line["recorded_at"])
        events = []
        for line in lines:
            place += 1
            events.append(_event(place, line))
        customers[story.customer] = events
    calendar = Calendar("Asia/Shanghai")
    last = max(event.recorded_at for events in customers.values() for event in events)
    return Made(People(staff), staff, customers, calendar, last)


def _event(place: int, line: dict[str, Any]) -> Event:
    draft = read_line(line)
    assert draft.at is not None
    recorded = draft.recorded_at if draft.recorded_at is not None else draft.at
    return Event(
        "main",
        place,
        f"e{place}",
        draft.kind,
        draft.at,
        draft.offset,
        recorded,
        recorded,
        draft.by,
        draft.recorded_by,
        draft.customer,
        draft.fields,
        1,
    )


def _told(story: generate.Story, length: int) -> list[generate.Timed]:
    """A customer received and followed up by one, then sold in one of the ways below."""
    dice = story.dice
    first, second = dice.sample(generate.CONSULTANTS, 2)
    ending = dice.choices((sale, collision, filed, ordered), (30, 40, 15, 15))[0]
    starter = dice.choice(generate.OUTLET_STAFF) if ending is filed else first
    last_day = dice.choice((6, 9, 14, 20, 40))
    story.add(0, "customer", None, name="王伟", phones=["13900000000"])
    if ending is filed and dice.random() < 0.4:
        # The showroom was first: its file is live or has lapsed by the outlet's reception.
        story.add(0, "visit", second, outlet="main", level=dice.choice("HABC"))
        story.add(dice.randrange(1, 5), "visit", starter, outlet="east", level="A")
    else:
        outlet = "east" if ending is filed else "main"
        story.add(0, "visit", starter, outlet=outlet, level=dice.choice(generate.LEVELS))
    if ending is filed:
        story.add(dice.randrange(5, 7), "filing", starter, to=generate.MANAGER)
    for day in sorted(dice.randrange(1, last_day) for _ in range(max(length - 5, 1))):
        story.contact(day, starter)
    ending(story, last_day, starter, second)
    return story.lines


def sale(story: generate.Story, day: int, first: str, second: str) -> None:
    """The one who received the customer takes the order and delivers."""
    story.add(day, "order", first, amount="5000", currency="CNY")
    story.add(day + 7, "close", first, amount="129800", currency="CNY")


def collision(story: generate.Story, day: int, first: str, second: str) -> None:
    """A colleague closes; the first one was in touch or not, and claims in time, late or never."""
    dice = story.dice
    if dice.random() < 0.6:
        story.add(day, "followup", first, channel="phone", level=dice.choice("HABC"))
    story.add(day, "visit", second, outlet="main", level="A")
    close = day + dice.choice((0, 1, 3, 8, 12))
    story.add(close, "close", second, amount="129800", currency="CNY")
    if dice.random() < 0.85:
        story.add(close + dice.choice((0, 1, 2, 2, 3)), "claim", first)


def filed(story: generate.Story, day: int, first: str, second: str) -> None:
    """An outlet received and filed the customer, who buys at the store, perhaps too late."""
    story.add(day, "visit", second, outlet="main", level="H")
    close = day + story.dice.choice((1, 5, 30))
    story.add(close, "close", second, amount="142000", currency="CNY")
    story.add(close + 1, "claim", first)


def ordered(story: generate.Story, day: int, first: str, second: str) -> None:
    """A colleague takes the order, which stands or is cancelled, and another delivers."""
    story.add(day, "order", second, amount="5000", currency="CNY")
    if story.dice.random() < 0.2:
        story.add(day + 1, "cancel_order", second)
    deliverer = story.dice.choice([first, second, "s40"])
    story.add(day + 7, "close", deliverer, amount="129800", currency="CNY")
