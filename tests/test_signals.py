"""Hints for managers, each in the words of its rule: what shows it, and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from conflictctl.adjudication.dossier import events_of
from conflictctl.calendar import Calendar, parse_time
from conflictctl.cases.period import Period
from conflictctl.events import Event
from conflictctl.matching.profile import profiles_of
from conflictctl.mending import mended
from conflictctl.people import People
from conflictctl.policy.model import load_policy
from conflictctl.register.pairing import Wanted, among_all
from conflictctl.signals.deals import (
    Bench,
    File,
    beside,
    changed_phones,
    linked_pairs,
    swapped_phones,
)
from conflictctl.signals.habits import Levels, Pace, contacts_of, hasty, unhurried
from conflictctl.signals.values import Limits, Signal

CALENDAR = Calendar("Asia/Shanghai")
PACE = Pace({"H": 3, "A": 7, "B": 15, "C": 30}, "B")
LIMITS = Limits()
STAFF = [
    {"kind": "outlet", "outlet": "shop", "name": "展厅", "type": "store"},
    *(
        {"kind": "staff", "staff": staff, "name": staff, "role": role, "outlet": "shop"}
        for staff, role in [("li", "consultant"), ("wang", "consultant"), ("sun", "manager")]
    ),
]
Line = dict[str, Any]


def at(day: int, time: str = "10:00:00") -> str:
    moment = datetime.fromisoformat(f"2013-03-01T{time}+08:00") + timedelta(days=day - 1)
    return moment.isoformat()


def card(customer: str, day: int, by: str, name: str = "王芳", *phones: str, **more: Any) -> Line:
    line = {"kind": "customer", "customer": customer, "name": name, "by": by, "at": at(day)}
    return {**line, "phones": list(phones), "id": f"card-{customer}", **more}


def visit(customer: str, day: int, by: str, **more: Any) -> Line:
    line = {"kind": "visit", "customer": customer, "by": by, "at": at(day, "10:05:00")}
    return {**line, "asked": True, "answer": "none", "level": "B", **more}


def close(customer: str, day: int, by: str, **more: Any) -> Line:
    line = {"kind": "close", "customer": customer, "by": by, "at": at(day, "15:00:00")}
    return {**line, "id": f"close-{customer}", **more}


def recorded(*lines: Line) -> list[Event]:
    return events_of([{"at": at(1, "08:00:00"), **line} for line in [*STAFF, *lines]])


def bench(events: Sequence[Event], **limits: int) -> Bench:
    return Bench(
        load_policy("renault-zibo-2013"),
        People(events),
        CALENDAR,
        {},
        Period(),
        Limits(**limits),
    )


def of_two(relation: str, *lines: Line) -> list[Signal]:
    """The hints of the files K1 and K2."""
    events = recorded(*lines)
    files = [File(customer, events, mended(events)) for customer in ("K1", "K2")]
    return list(beside(files[0], files[1], relation, bench(events)))


# ----------------------------------------------------- a new file just before the close


def test_a_second_file_opened_shortly_before_another_closed() -> None:
    (hint,) = of_two(
        "same",
        card("K1", 1, "li"),
        visit("K1", 1, "li"),
        card("K2", 5, "wang"),
        close("K2", 8, "wang"),
    )
    assert (hint.code, hint.staff, hint.customers) == ("late_file", ("wang", "li"), ("K1", "K2"))
    assert hint.measured.plain() == "3 d"
    assert hint.evidence == ("card-K1", "card-K2", "close-K2")


def test_no_hint_where_the_holder_himself_closed() -> None:
    assert (
        of_two(
            "same",
            card("K1", 1, "li"),
            visit("K1", 1, "li"),
            card("K2", 5, "wang"),
            close("K2", 8, "li"),
        )
        == []
    )


def test_no_hint_where_the_holder_signed() -> None:
    signers = [{"staff": "wang", "share": "50"}, {"staff": "li", "share": "50"}]
    assert (
        of_two(
            "same",
            card("K1", 1, "li"),
            visit("K1", 1, "li"),
            card("K2", 5, "wang"),
            close("K2", 8, "wang", signers=signers),
        )
        == []
    )


def test_no_hint_where_nobody_held_the_first_file() -> None:
    assert of_two("same", card("K1", 1, "li"), card("K2", 5, "wang"), close("K2", 8, "wang")) == []


def test_no_hint_where_both_files_are_old() -> None:
    assert (
        of_two(
            "same",
            card("K1", 1, "li"),
            visit("K1", 1, "li"),
            card("K2", 2, "wang"),
            visit("K1", 15, "li"),
            close("K2", 20, "wang"),
        )
        == []
    )


# --------------------------------------------------------------- a deal on the spouse's


def test_a_deal_on_the_file_of_the_spouse_of_a_held_customer() -> None:
    lines = (
        card("K1", 1, "li"),
        visit("K1", 1, "li"),
        card("K2", 2, "wang", "李强"),
        visit("K1", 15, "li"),
        close("K2", 20, "wang"),
    )
    (hint,) = of_two("household", *lines)
    assert (hint.code, hint.staff) == ("other_name", ("wang", "li"))
    assert of_two("same", *lines) == []
    assert of_two("household", *lines[:-1], close("K2", 20, "li")) == []


def test_links_that_were_undone_join_nothing() -> None:
    tie = {"kind": "link", "customers": ["K1", "K2"], "relation": "same", "by": "sun"}
    untie = {"kind": "unlink", "customers": ["K1", "K2"], "by": "sun"}
    lines = (card("K1", 1, "li"), card("K2", 2, "li"))
    assert linked_pairs(recorded(*lines, tie)) == {("K1", "K2"): "same"}
    assert linked_pairs(recorded(*lines, tie, untie)) == {}
    assert linked_pairs(recorded(*lines, {**tie, "relation": "group"})) == {}


# ------------------------------------------------------------------------------ numbers


def changes(*lines: Line) -> list[Signal]:
    events = recorded(*lines)
    return list(changed_phones(File("K1", events, mended(events)), bench(events)))


OLD, NEW = "13800138001", "13900139005"


def edit(day: int, by: str, *phones: str, **more: Any) -> Line:
    return card("K1", day, by, "王芳", *phones, id=f"edit-{day}", **more)


def test_the_closer_replaces_the_numbers_of_anothers_customer() -> None:
    (hint,) = changes(
        card("K1", 1, "li", "王芳", OLD),
        visit("K1", 1, "li"),
        edit(6, "wang", NEW),
        close("K1", 8, "wang"),
    )
    assert (hint.code, hint.staff, hint.measured.plain()) == (
        "changed_phone",
        ("wang", "li"),
        "2 d",
    )
    assert hint.evidence == ("card-K1", "edit-6", "close-K1")


def test_a_correction_replaces_numbers_as_well() -> None:
    correction = {
        "kind": "correction",
        "corrects": "card-K1",
        "changes": {"phones": [NEW]},
        "by": "wang",
        "at": at(9),
        "id": "cor",
    }
    (hint,) = changes(
        card("K1", 1, "li", "王芳", OLD), visit("K1", 1, "li"), close("K1", 8, "wang"), correction
    )
    assert hint.evidence == ("card-K1", "cor", "close-K1")


@pytest.mark.parametrize(
    "change",
    [
        edit(6, "wang", OLD, NEW),  # a number is added
        edit(6, "wang", "138-0013-8001"),  # another spelling
        edit(6, "li", NEW),  # by who had the customer
        edit(30, "wang", NEW),  # long after the deal
    ],
)
def test_no_hint_where_a_number_stays_or_the_change_is_elsewhere(change: Line) -> None:
    lines = (card("K1", 1, "li", "王芳", OLD), visit("K1", 1, "li"))
    assert changes(*lines, change, close("K1", 8, "wang")) == []


def test_no_hint_where_nobody_else_had_the_customer() -> None:
    lines = (card("K1", 1, "wang", "王芳", OLD), visit("K1", 1, "wang"))
    assert changes(*lines, edit(6, "wang", NEW), close("K1", 8, "wang")) == []


def swaps(first: str, second: str, by: str) -> list[Signal]:
    events = recorded(
        card("K1", 1, "li", "王芳", first),
        visit("K1", 1, "li"),
        card("K2", 5, by, "王芳", second),
        visit("K2", 5, by),
    )
    found = profiles_of(events, ("K1", "K2"), CALENDAR)
    by_id = {profile.customer: profile for profile in found}
    return [
        hint
        for one in among_all(found, Wanted(1), [])
        for hint in swapped_phones(one, by_id, bench(events))
    ]


def test_two_consultants_have_one_number_but_for_a_slip() -> None:
    (hint,) = swaps("13800138001", "13800138010", "wang")
    assert (hint.code, hint.staff, hint.customers) == (
        "swapped_phone",
        ("wang", "li"),
        ("K1", "K2"),
    )
    assert swaps("13800138001", "13800138010", "li") == []
    assert swaps("13800138001", "13800138001", "wang") == []


# ------------------------------------------------------------------------------- habits


def entered(count: int, seconds: int, *, gap: int = 15, **more: Any) -> Iterator[Line]:
    """Follow-ups of `count` customers, `gap` days after the first, entered one after the other."""
    for number in range(count):
        customer = f"C{number:03d}"
        first = {"kind": "followup", "customer": customer, "by": "li", "at": at(1)}
        yield {
            **first,
            "note": f"第{number}次看车",
            "recorded_at": at(1, f"1{number % 8}:{number:02d}:00"),
        }
        moment = datetime.fromisoformat(at(1 + gap, "17:00:00")) + timedelta(
            seconds=number * seconds
        )
        line = {"kind": "followup", "customer": customer, "by": "li"}
        yield {**line, "at": at(1 + gap, "16:00:00"), "recorded_at": moment.isoformat(), **more}


def habits(lines: Sequence[Line], *, attested: bool = True, **limits: int) -> list[Signal]:
    events = events_of(lines, attested=attested)
    customers = sorted({event.customer or "" for event in events})
    contacts = [
        contact
        for customer in customers
        for contact in contacts_of(
            [event for event in events if event.customer == customer], PACE, CALENDAR
        )
    ]
    contacts.sort(key=lambda contact: (contact.staff, contact.recorded, contact.seq))
    return list(hasty(contacts, Limits(**limits)))


def codes(found: Sequence[Signal]) -> list[str]:
    return [hint.code for hint in found]


def test_the_same_note_for_five_customers_within_an_hour() -> None:
    (hint,) = habits(list(entered(5, 240, note="电话联系，客户考虑中")))
    assert (hint.code, hint.staff, len(hint.customers)) == ("same_notes", ("li",), 5)
    assert len(hint.evidence) == 5


def test_no_hint_for_four_customers_nor_for_notes_hours_apart_nor_for_short_ones() -> None:
    assert habits(list(entered(4, 240, note="电话联系，客户考虑中"))) == []
    assert habits(list(entered(5, 3700, note="电话联系，客户考虑中"))) == []
    assert habits(list(entered(5, 240, note="已回访"))) == []


def test_no_hint_where_a_clerk_typed_them_in() -> None:
    assert habits(list(entered(6, 60, note="电话联系，客户考虑中", recorded_by="desk"))) == []


def test_no_hint_for_an_import_whose_times_of_entry_are_its_own() -> None:
    lines = list(entered(6, 0, note="电话联系，客户考虑中"))
    assert habits(lines, attested=False) == []
    assert codes(habits(lines)) == ["same_notes"]


def test_eight_follow_ups_entered_at_once_on_their_last_day() -> None:
    (hint,) = habits(list(entered(8, 60)))
    assert (hint.code, len(hint.customers), hint.measured.plain()) == ("entry_burst", 8, "8")


def test_no_hint_where_they_were_not_due_or_not_at_once_or_fewer() -> None:
    assert habits(list(entered(8, 60, gap=9))) == []
    assert habits(list(entered(8, 600))) == []
    assert habits(list(entered(7, 60))) == []


def levels(*given: tuple[str, str, int]) -> list[Signal]:
    """Who gave which level to how many customers."""
    lines: list[Line] = []
    for staff, level, count in given:
        for _ in range(count):
            customer = f"C{len(lines):03d}"
            line = {"kind": "level", "customer": customer, "level": level, "by": staff}
            lines.append({**line, "at": at(2)})
    counted = Levels()
    for event in events_of(lines):
        counted.add([event], PACE)
    return list(unhurried(counted, People(recorded()), parse_time(at(30))[0], LIMITS))


def test_mostly_the_level_with_the_longest_time() -> None:
    (hint,) = levels(("li", "C", 14), ("li", "A", 2), ("wang", "C", 4), ("wang", "B", 16))
    assert (hint.code, hint.staff, hint.measured.plain()) == ("longest_level", ("li",), "87")


def test_no_hint_where_all_do_so_or_it_is_less_or_there_are_few() -> None:
    assert levels(("li", "C", 16), ("wang", "C", 15), ("wang", "B", 5)) == []
    assert levels(("li", "C", 8), ("li", "A", 8), ("wang", "B", 16)) == []
    assert levels(("li", "C", 14), ("wang", "B", 20)) == []


def test_no_hint_where_all_levels_have_one_time() -> None:
    assert Pace({"A": 7, "B": 7}, None).longest == frozenset()
