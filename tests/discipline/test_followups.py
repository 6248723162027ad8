"""Who owed which follow-up, and what became of it: cases worked by hand, in March 2013.

Limits of the policy: H 3 days, A 7, B 15, C 30.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictctl.calendar import parse_time
from conflictctl.deadlines import outlook
from conflictctl.discipline.followups import Conduct, conduct, limits, measures
from conflictctl.events import Event
from conflictctl.history import CONTACT_KINDS
from conflictctl.people import People
from conflictctl.policy.model import Policy, load_policy
from tests.histories import CUSTOMERS, histories, parameter_settings
from tests.in_memory import RENAULT, SHANGHAI, dossier_of, events_of, staff_events
from tests.test_second_judge import history

FILED = "01 10:00 wang visit level=A"  # next contact by 24:00 of the 8th


def moment(text: str) -> int:
    return parse_time(f"2013-{text}:00+08:00")[0]


def looked_at(
    table: str, now: str = "03-31T12:00", policy: Policy = RENAULT, **readings: Any
) -> Conduct:
    return of_events(events_of(history(table)), "K1", moment(now), readings, policy)


def of_events(
    events: Sequence[Event],
    customer: str,
    as_of: int,
    readings: dict[str, Any],
    policy: Policy = RENAULT,
) -> Conduct:
    dossier = dossier_of(events, customer)
    return conduct(
        dossier,
        members_of(dossier, customer),
        policy=policy,
        people=People(staff_events(events)),
        calendar=SHANGHAI,
        as_of=as_of,
        settings=readings,
    )


def members_of(dossier: Sequence[Event], customer: str) -> list[str]:
    return sorted({e.customer for e in dossier if e.kind == "customer" and e.customer}) or [
        customer
    ]


def told(found: Conduct) -> list[tuple[Any, ...]]:
    """Who, day of March on which it fell due, what became of it, by how many days."""
    first = date(2013, 3, 1).toordinal() - 1
    return [
        (
            one.staff,
            one.due_day - first,
            f"{one.outcome}, owed" if one.open else one.outcome,
            one.days_late,
        )
        for one in sorted(found.follow_ups, key=lambda one: one.due_day)
    ]


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        # the last day counts to its end
        ("08 23:59 wang followup", ("wang", 8, "in_time", 0)),
        ("09 00:00 wang followup", ("wang", 8, "late", 1)),
        ("11 10:00 wang call direction=in", ("wang", 8, "late", 3)),
        # an attempt and a colleague's contact are none; the next of his own is on the 20th
        ("05 10:00 wang followup reached=false\n20 10:00 wang visit", ("wang", 8, "late", 12)),
        ("05 10:00 li visit\n20 10:00 wang visit", ("wang", 8, "late", 12)),
        # what is entered on a later day is none by this policy
        ("05 10:00 wang followup rec=07/09:00\n20 10:00 wang visit", ("wang", 8, "late", 12)),
        # what was voided never was
        ("05 10:00 wang followup\n05 11:00 wang void voids=e2\n09 10:00 wang visit",
         ("wang", 8, "late", 1)),
    ],
)  # fmt: skip
def test_the_next_contact_is_due_before_the_end_of_the_last_day(
    then: str, expected: tuple[Any, ...]
) -> None:
    assert told(looked_at(f"{FILED}\n{then}"))[0] == expected


def test_every_contact_starts_the_time_anew_by_the_level_it_has() -> None:
    # 1st A: by the 8th, made on the 4th as H: by the 7th, made on the 9th; A no more but H: by
    # the 12th, which is not over at noon of the 12th
    table = f"{FILED}\n04 10:00 wang followup level=H\n09 10:00 wang followup"
    assert told(looked_at(table, "03-12T12:00")) == [
        ("wang", 7, "late", 2),
        ("wang", 8, "in_time", 0),
    ]
    assert told(looked_at(table, "03-13T00:00"))[-1] == ("wang", 12, "missed, owed", 1)


def test_several_contacts_on_one_day_are_one() -> None:
    # ten notes in one minute keep nobody's customer better than one
    notes = "\n".join(f"04 10:{minute} wang followup" for minute in range(10, 20))
    assert told(looked_at(f"{FILED}\n{notes}", "03-12T12:00")) == [
        ("wang", 8, "in_time", 0),
        ("wang", 11, "missed, owed", 1),
    ]
    # and the last of them says the level
    told_twice = f"{FILED}\n01 18:00 wang followup level=H"
    assert told(looked_at(told_twice, "03-06T12:00")) == [("wang", 4, "missed, owed", 2)]


def test_who_holds_the_customer_on_the_last_day_owes_it() -> None:
    noticed = "\n10 09:00 sun notice to=wang\n11 09:00 sun reassign to=zhang cause=overdue"
    found = looked_at(FILED + noticed + "\n18 10:00 zhang followup")
    # Wang was late by three days when he lost her; Zhang began anew on the 11th with level A
    assert told(found)[:2] == [("wang", 8, "missed", 3), ("zhang", 18, "in_time", 0)]
    assert [(lapse.staff, lapse.day) for lapse in found.lapses] == [
        ("wang", date(2013, 3, 11).toordinal())
    ]


def test_who_lost_the_customer_before_the_last_day_owed_nothing() -> None:
    # He left on the 5th; on the 6th she is Zhang's, whose week runs to the 13th.
    table = (
        f"{FILED}\n05 09:00 sun staff_left staff=wang\n06 09:00 sun reassign to=zhang cause=left"
    )
    assert told(looked_at(table)) == [("zhang", 13, "missed, owed", 18)]
    assert looked_at(table).lapses == []
    assert {one.outlet for one in looked_at(table).follow_ups} == {"shop"}


def test_nothing_is_due_from_the_order_to_the_delivery() -> None:
    ordered = f"{FILED}\n05 10:00 wang order"
    assert told(looked_at(ordered)) == []
    assert told(looked_at(f"{ordered}\n20 10:00 wang close")) == []
    # overdue before it ordered, and made by the order's day
    assert told(looked_at(f"{FILED}\n12 10:00 wang order")) == [("wang", 8, "missed", 4)]
    # an order that was taken back is none
    cancelled = f"{ordered}\n06 10:00 wang cancel_order"
    assert told(looked_at(cancelled)) == [("wang", 8, "missed, owed", 23)]


def test_a_new_deal_begins_with_a_new_file() -> None:
    table = f"{FILED}\n05 10:00 wang close\n20 10:00 li visit level=H\n22 10:00 li followup"
    assert told(looked_at(table, "03-27T12:00")) == [
        ("li", 23, "in_time", 0),
        ("li", 25, "missed, owed", 2),
    ]


def test_a_lost_customer_is_owed_nothing() -> None:
    early = f"{FILED}\n07 09:00 wang lost reason=bought_elsewhere"
    assert told(looked_at(early)) == []
    late = f"{FILED}\n11 09:00 wang lost reason=bought_elsewhere"
    assert told(looked_at(late)) == [("wang", 8, "missed", 3)]
    # back, and contacted in time by the day that counts from then
    back = f"{early}\n10 09:00 wang reopened\n12 10:00 wang visit level=A\n19 10:00 wang followup"
    assert told(looked_at(back, "03-26T12:00")) == [("wang", 19, "in_time", 0)]


def test_without_a_level_nothing_falls_due() -> None:
    found = looked_at("01 10:00 wang visit\n20 10:00 wang visit")
    assert told(found) == []
    assert [one.day - date(2013, 3, 1).toordinal() + 1 for one in found.undated] == [1, 20]
    assumed = looked_at("01 10:00 wang visit\n20 10:00 wang visit", default_level="B")
    assert told(assumed)[0] == ("wang", 16, "late", 4)


def test_what_became_of_entries() -> None:
    found = looked_at(
        f"{FILED}\n04 10:00 wang followup rec=06/09:00\n05 10:00 wang followup"
        "\n05 11:00 wang void voids=e3\n06 10:00 wang followup"
        "\n06 12:00 wang correction corrects=e5 changes=channel:sms"
        "\n07 10:00 li followup"
    )
    marks = {
        (one.staff, one.day - date(2013, 3, 1).toordinal() + 1): (
            one.late,
            one.refused,
            one.voided,
            one.corrected,
        )
        for one in found.contacts
    }
    assert marks == {
        ("wang", 1): (False, False, False, False),
        ("wang", 4): (True, True, False, False),
        ("wang", 5): (False, False, True, False),
        ("wang", 6): (False, False, False, True),
        ("li", 7): (False, False, False, False),
    }
    # a policy that counts what is entered late refuses nothing
    kind = looked_at(f"{FILED}\n04 10:00 wang followup rec=06/09:00", late_followup_record="accept")
    assert [(one.late, one.refused) for one in kind.contacts] == [(False, False), (True, False)]


def test_a_holding_that_silence_ends_is_lost_by_lapse() -> None:
    # Ten days of silence release the customer to the next who received her: Wang was in time on
    # the 8th (until the 11th) and silent from then on, until the 18th; she was Li's from the
    # 19th on, whose ten days from then end with the 29th.
    table = f"{FILED}\n05 10:00 li visit\n08 10:00 wang followup\n20 10:00 wang followup"
    found = looked_at(table, policy=load_policy("property-validity"))
    assert [one[:3] for one in told(found)] == [
        ("wang", 11, "in_time"),
        ("wang", 18, "missed"),
    ]
    assert [(lapse.staff, lapse.day) for lapse in found.lapses] == [
        ("wang", date(2013, 3, 18).toordinal())
    ]


def test_a_policy_may_have_no_such_time() -> None:
    assert measures(RENAULT)
    assert limits(RENAULT, {}) == {"H": 3, "A": 7, "B": 15, "C": 30}
    assert measures(load_policy("property-validity"))
    assert limits(load_policy("property-validity")) == {}
    assert not measures(load_policy("meiteng-2015"))


@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(
    histories(),
    parameter_settings(),
    st.integers(0, 40),
    st.sampled_from([None, "A"]),
    st.randoms(use_true_random=False),
)
def test_what_is_still_owed_stands_on_the_list_of_the_day(
    lines: list[dict[str, Any]],
    readings: dict[str, Any],
    days: int,
    default_level: str | None,
    dice: random.Random,
) -> None:
    if default_level is not None:
        readings = {**readings, "default_level": default_level}
    events = events_of(lines)
    people = People(staff_events(events))
    as_of = max(event.at for event in events) + days * 86_400_000_000
    for customer in CUSTOMERS:
        dossier = dossier_of(events, customer)
        members = members_of(dossier, customer)
        rows = outlook(
            dossier,
            members,
            policy=RENAULT,
            people=people,
            calendar=SHANGHAI,
            as_of=as_of,
            settings=readings,
        ).rows
        found = of_events(events, customer, as_of, readings)
        listed = sorted(
            (row.staff, row.level or "", row.due_day, row.days)
            for row in rows
            if row.type == "followup" and (row.days or 0) > 0
        )
        owed = sorted(
            (one.staff, one.level or "", one.due_day, one.days_late)
            for one in found.follow_ups
            if one.open
        )
        # Who was lost and is back is overdue on the list at once; here nothing was owed meanwhile.
        if any(event.kind == "reopened" for event in dossier):
            assert not set(owed) - set(listed)
        else:
            assert owed == listed
        contacts = [e for e in dossier if e.kind in CONTACT_KINDS and e.at <= as_of]
        assert len(found.contacts) == len(contacts)
        # the order in which entries are handed over makes no difference
        shuffled = list(dossier)
        dice.shuffle(shuffled)
        again = conduct(
            shuffled,
            members,
            policy=RENAULT,
            people=people,
            calendar=SHANGHAI,
            as_of=as_of,
            settings=readings,
        )
        assert [sorted(part, key=repr) for part in again] == [
            sorted(part, key=repr) for part in found
        ]
