"""What is overdue, or about to end: cases in the words of the policy."""

from __future__ import annotations

from datetime import date
from typing import Any

from conflictctl.calendar import parse_time
from conflictctl.deadlines import Due, Hold, holding_of, outlook
from conflictctl.people import People
from conflictctl.policy.model import Policy, parse_policy, preset_text
from tests.in_memory import RENAULT, SHANGHAI, dossier_of, events_of, staff_events
from tests.test_second_judge import history


def due(
    table: str, now: str, *, within: int = 0, policy: Policy = RENAULT, **settings: Any
) -> list[Due]:
    events = events_of(history(table))
    return outlook(
        dossier_of(events, "K1"),
        ["K1"],
        policy=policy,
        people=People(staff_events(events)),
        calendar=SHANGHAI,
        as_of=parse_time(f"2013-03-{now}:00+08:00")[0],
        settings=settings,
        within_days=within,
    ).rows


def short(rows: list[Due]) -> list[tuple[Any, ...]]:
    return [(row.type, row.staff, row.days) for row in rows]


FILED = "01 10:00 wang visit level=A"


def test_a_follow_up_is_due_on_the_last_day_of_the_limit_and_overdue_the_day_after() -> None:
    assert short(due(FILED, "07T09:00")) == []
    assert short(due(FILED, "07T09:00", within=1)) == [("followup", "wang", -1)]
    assert short(due(FILED, "08T09:00")) == [("followup", "wang", 0)]
    (row,) = due(FILED, "09T09:00")
    assert (row.days, row.level, row.outlet) == (1, "A", "shop")
    assert row.due_day == date(2013, 3, 8).toordinal()
    assert row.due == parse_time("2013-03-09T00:00:00+08:00")[0]
    assert row.last_contact == parse_time("2013-03-01T10:00:00+08:00")[0]


def test_a_limit_that_changes_on_a_day_holds_from_that_day_on() -> None:
    text = preset_text("renault-zibo-2013.toml").replace(
        "[parameters.level_limit_days]",
        "[parameters.level_limit_days]\n"
        "dated = [{ from = 2013-03-06, value = { H = 3, A = 4 }, source = 'memo' }]",
        1,
    )
    dated = parse_policy(text)
    assert short(due(FILED, "05T09:00", within=9, policy=dated)) == [("followup", "wang", -3)]
    assert short(due(FILED, "06T09:00", within=9, policy=dated)) == [("followup", "wang", 1)]


def test_a_follow_up_moves_the_due_day_an_attempt_does_not() -> None:
    reached = FILED + "\n05 10:00 wang followup"
    attempt = FILED + "\n05 10:00 wang followup reached=false"
    assert short(due(reached, "10T09:00")) == []
    assert short(due(attempt, "10T09:00")) == [("followup", "wang", 2)]


def test_a_colleagues_contact_does_not_keep_the_holder_from_being_overdue() -> None:
    assert short(due(FILED + "\n08 10:00 li visit", "10T09:00")) == [("followup", "wang", 2)]


def test_a_customer_without_a_level_is_listed_unless_the_policy_has_a_default() -> None:
    table = "01 10:00 wang visit"
    assert short(due(table, "02T09:00")) == [("no_level", "wang", None)]
    assert short(due(table, "10T09:00", default_level="A")) == [("followup", "wang", 2)]


def test_after_a_notice_and_no_contact_the_customer_may_be_reassigned() -> None:
    noticed = FILED + "\n10 09:00 sun notice to=wang"
    assert [row.may_be_reassigned for row in due(FILED, "11T09:00")] == [False]
    assert [row.may_be_reassigned for row in due(noticed, "11T09:00")] == [True]
    answered = noticed + "\n10 15:00 wang followup"
    assert due(answered, "11T09:00") == []
    too_early = FILED + "\n05 09:00 sun notice to=wang"
    assert [row.may_be_reassigned for row in due(too_early, "11T09:00")] == [False]
    by_a_colleague = FILED + "\n10 09:00 li notice to=wang"
    assert [row.may_be_reassigned for row in due(by_a_colleague, "11T09:00")] == [False]


def test_a_lost_customer_leaves_the_list_and_comes_back_reopened() -> None:
    lost = FILED + "\n09 09:00 wang lost reason=bought_elsewhere"
    assert due(lost, "20T09:00") == []
    assert short(due(lost + "\n12 09:00 wang reopened", "20T09:00")) == [("followup", "wang", 12)]


def test_an_ordered_or_sold_customer_is_not_on_the_list_of_follow_ups() -> None:
    assert due(FILED + "\n05 10:00 wang order", "20T09:00") == []
    assert due(FILED + "\n05 10:00 wang close", "20T09:00") == []
    cancelled = FILED + "\n05 10:00 wang order\n06 10:00 wang cancel_order"
    assert short(due(cancelled, "20T09:00")) == [("followup", "wang", 12)]


def test_after_a_transfer_the_new_holder_starts_a_fresh_clock() -> None:
    table = FILED + "\n10 09:00 sun notice to=wang\n11 09:00 sun reassign to=zhang cause=overdue"
    assert short(due(table, "19T09:00")) == [("followup", "zhang", 1)]


def test_an_open_claim_window_is_listed_before_it_ends() -> None:
    table = (
        FILED
        + "\n06 10:00 li visit\n06 10:05 li inform to=wang\n07 10:00 li visit\n07 11:00 li close"
    )
    assert short(due(table, "08T09:00", within=1)) == [("claim_window", "wang", -1)]
    (row,) = due(table, "09T09:00")
    assert row.due == parse_time("2013-03-10T00:00:00+08:00")[0]
    assert due(table, "10T09:00", within=5) == []
    assert due(table + "\n08 08:00 wang claim", "08T09:00", within=5) == []


def test_a_filing_about_to_end_is_listed_a_rejected_one_is_not() -> None:
    table = (
        "02 10:00 zhou visit outlet=boshan level=C\n03 09:00 zhou filing to=sun expires_at=10/18:00"
    )
    assert ("filing", "zhou", -1) in short(due(table, "09T09:00", within=1))
    assert short(due(table, "11T09:00", within=1)) == []
    rejected = table + "\n04 09:00 sun decision on=e2 decision=reject"
    assert short(due(rejected, "09T09:00", within=1)) == []
    extended = table + "\n04 09:00 sun decision on=e2 decision=extend expires_at=20/18:00"
    assert short(due(extended, "09T09:00", within=1)) == []


# ------------------------------------------------------------------------ who holds him


def hold(table: str, now: str, **settings: Any) -> Hold:
    events = events_of(history(table))
    return holding_of(
        dossier_of(events, "K1"),
        "K1",
        policy=RENAULT,
        people=People(staff_events(events)),
        calendar=SHANGHAI,
        as_of=parse_time(f"2013-03-{now}:00+08:00")[0],
        settings=settings,
    )


def left(found: Hold) -> tuple[Any, ...]:
    return (found.status, found.staff, found.ends, found.days)


def test_the_first_to_file_holds_the_customer_for_the_days_of_his_level() -> None:
    found = hold(FILED, "01T10:00")
    assert left(found) == ("held", "wang", "followup", 7)
    assert found.until == parse_time("2013-03-09T00:00:00+08:00")[0]
    assert found.last_day == date(2013, 3, 8).toordinal()
    assert left(hold(FILED, "08T23:59")) == ("held", "wang", "followup", 0)
    assert left(hold(FILED, "10T09:00")) == ("held", "wang", "followup", -2)


def test_a_contact_of_the_holder_prolongs_it_and_one_of_a_colleague_does_not() -> None:
    assert left(hold(FILED + "\n05 10:00 wang followup", "05T10:00"))[3] == 7
    assert left(hold(FILED + "\n05 10:00 li visit level=A", "05T10:00")) == (
        "held",
        "wang",
        "followup",
        3,
    )


def test_without_a_level_no_day_is_known_and_of_a_lost_customer_none_is_due() -> None:
    assert left(hold("01 10:00 wang visit", "01T10:00")) == ("held", "wang", "no_level", None)
    lost = FILED + "\n02 10:00 wang lost reason=no_interest"
    assert left(hold(lost, "03T10:00")) == ("held", "wang", None, None)


def test_nobody_holds_whom_nobody_has_met() -> None:
    assert left(hold("01 10:00 wang card contact=Chen", "01T10:00")) == (
        "unheld",
        None,
        None,
        None,
    )
