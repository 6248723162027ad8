"""Of whom nothing can fall due without a new entry: in the words of the rules, and over time."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.calendar import DAY, HOUR, Moment, parse_time
from conflictctl.deadlines import Outlook, outlook
from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.policy.model import Policy, load_policy, parse_policy, preset_ids, preset_text
from conflictctl.policy.program import compiled
from conflictctl.watch import Watch, basis_of
from tests.histories import choose_moment, histories, parameter_settings, random_history
from tests.in_memory import RENAULT, SHANGHAI, dossier_of, events_of, moment_of, staff_events
from tests.test_second_judge import history

LATER = (HOUR, 3 * DAY, 40 * DAY, 4000 * DAY)


def look(
    lines: list[dict[str, Any]],
    as_of: Moment,
    *,
    policy: Policy = RENAULT,
    people: list[Event] | None = None,
    **readings: Any,
) -> Outlook:
    """What is due of K1 and those linked with him, however far ahead."""
    events = events_of(lines)
    dossier = dossier_of(events, "K1")
    members = sorted({event.customer for event in dossier if event.customer is not None})
    return outlook(
        dossier,
        members,
        policy=policy,
        people=People(staff_events(events) if people is None else people),
        calendar=SHANGHAI,
        as_of=as_of,
        settings=readings,
        within_days=100_000,
    )


def watch(table: str, now: str, **readings: Any) -> Watch:
    return look(history(table), parse_time(f"2013-{now}:00+08:00")[0], **readings).watch


RECEIVED = "01 10:00 wang visit level=A\n"
BOUGHT = RECEIVED + "05 15:00 wang close\n"


def test_whoever_is_held_is_looked_at_every_day() -> None:
    assert watch(RECEIVED, "03-02T09:00") is Watch.ALWAYS
    assert watch(RECEIVED, "12-24T09:00") is Watch.ALWAYS


def test_a_lost_customer_waits_for_an_entry() -> None:
    lost = RECEIVED + "03 10:00 wang lost reason=no_interest\n"
    assert watch(lost, "03-03T11:00") is Watch.ENTRY
    assert watch(lost + "04 10:00 wang reopened\n", "03-05T11:00") is Watch.ALWAYS
    assert watch(lost + "02 10:00 wang reopened\n", "03-05T11:00") is Watch.ENTRY


def test_a_delivered_car_waits_for_an_entry_once_its_window_is_over() -> None:
    assert watch(BOUGHT, "03-06T09:00") is Watch.ALWAYS
    assert watch(BOUGHT, "03-20T09:00") is Watch.ENTRY
    assert watch(BOUGHT + "07 10:00 li visit level=B\n", "03-20T09:00") is Watch.ALWAYS


def test_where_the_history_goes_on_after_a_deal_so_does_the_holding() -> None:
    assert watch(BOUGHT, "03-20T09:00", history="whole") is Watch.ALWAYS


def test_an_order_under_way_waits_for_its_delivery() -> None:
    assert watch(RECEIVED + "05 15:00 wang order\n", "05-20T09:00") is Watch.ENTRY


def test_what_is_to_come_will_count() -> None:
    assert watch(BOUGHT + "25 10:00 li visit level=B\n", "03-20T09:00") is Watch.ALWAYS


def test_whether_an_entry_was_mended_depends_on_who_may() -> None:
    mended = BOUGHT + "01 11:00 sun void voids=e1\n"
    assert watch(mended, "03-20T09:00") is Watch.STAFF


def test_a_filing_that_counts_is_looked_at_until_it_ends() -> None:
    filed = "01 10:00 zhou visit level=A\n01 11:00 zhou filing to=sun\n"
    assert watch(filed, "03-20T09:00") is Watch.ALWAYS
    assert watch(filed + "05 15:00 zhou close\n", "03-20T09:00") is Watch.ENTRY


def other_staff(rng: random.Random, people: list[Event]) -> list[Event]:
    """The staff as it might be told otherwise: some unknown, of other roles, at other outlets."""
    told = []
    missing = {event.get("staff") for event in people if rng.random() < 0.1} - {None}
    for event in people:
        if event.get("staff") in missing:
            continue
        fields = dict(event.fields)
        if rng.random() < 0.3 and "role" in fields:
            fields["role"] = rng.choice(("consultant", "manager", "clerk", "supervisor"))
        if rng.random() < 0.3 and "outlet" in fields:
            fields["outlet"] = rng.choice(("shop", "boshan", "shanquan"))
        told.append(event._replace(fields=fields))
    return told


def hold_to(
    lines: list[dict[str, Any]], as_of: Moment, policy: Policy, rng: random.Random, **readings: Any
) -> Watch:
    """What is said to rest, rests: over time, and whoever the staff are; returns what was said."""
    people = staff_events(events_of(lines))
    found = look(lines, as_of, policy=policy, **readings)
    if found.watch is Watch.ALWAYS:
        return found.watch
    assert found.rows == []
    for later in LATER:
        staff = other_staff(rng, people) if found.watch is Watch.ENTRY else people
        rows = look(lines, as_of + later, policy=policy, people=staff, **readings).rows
        assert rows == [], (later, rows)
    return found.watch


@settings(deadline=None, max_examples=100)
@given(histories(), parameter_settings(), st.randoms(use_true_random=False))
def test_what_rests_rests_under_every_reading(
    lines: list[dict[str, Any]], readings: dict[str, Any], rng: random.Random
) -> None:
    hold_to(lines, moment_of(choose_moment(rng.choice, lines)), RENAULT, rng, **readings)


@pytest.mark.parametrize("name", preset_ids())
def test_what_rests_rests_under_every_policy(name: str) -> None:
    policy, rng = load_policy(name), random.Random(name)
    said = set()
    for _ in range(60):
        lines = random_history(rng)
        said.add(hold_to(lines, moment_of(choose_moment(rng.choice, lines)), policy, rng))
    # Where a deal does not end a holding, only those lost rest, and these histories lose nobody.
    assert Watch.ENTRY in said or not compiled(policy, {}).restarts


def test_another_policy_another_reading_and_another_day_of_dated_values_are_another_basis() -> None:
    dated = parse_policy(
        preset_text("renault-zibo-2013.toml").replace(
            "[parameters.claim_days]",
            '[parameters.claim_days]\ndated = [{ from = 2026-06-01, value = 5, source = "memo" }]',
            1,
        )
    )
    day = SHANGHAI.day(parse_time("2026-05-31T12:00:00+08:00")[0])
    assert basis_of(RENAULT, {}, day) == basis_of(RENAULT, {}, day + 400)
    assert len({basis_of(dated, {}, each) for each in (day - 1, day, day + 1, day + 2)}) == 2
    assert basis_of(RENAULT, {}, day) != basis_of(dated, {}, day)
    assert basis_of(RENAULT, {}, day) != basis_of(RENAULT, {"claim_days": 5}, day)
