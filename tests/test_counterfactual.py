"""The smallest change of what people did that would have turned a ruling."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.adjudication.counterfactual import counterfactual
from conflictctl.adjudication.ruling import Change, Counterfactual, Ruling
from conflictctl.adjudication.turning_points import Stretch, hours_between, stretches
from conflictctl.calendar import HOUR, Calendar, moment_of
from conflictctl.policy.problems import FaultyPolicy
from tests.every_change import NARROW, Dispute, difference

from . import histories
from .histories import act, claim, close, followup, inform, visit
from .in_memory import LONG_AFTER, RENAULT, SHANGHAI

Lines = list[dict[str, Any]]


def history(*acts: dict[str, Any]) -> Lines:
    return histories.register(list(acts), histories.SHANGHAI, 0)


def asked(lines: Lines, **more: Any) -> tuple[Ruling, Counterfactual]:
    """The ruling, and what would have turned it within the kinds that Renault's text counts."""
    dispute = Dispute(lines, policy=RENAULT)
    return dispute.ruling, counterfactual(dispute.retrial, **more)


def changes(found: Counterfactual, party: str, do: str) -> list[Change]:
    return [
        change
        for turned in found.turned
        if turned.credit and turned.credit[0].party == party
        for change in turned.changes
        if change.do == do
    ]


def local(moment: int | None) -> str:
    assert moment is not None
    return SHANGHAI.local(moment).strftime("%m-%d %H:%M")


# wang files a B customer and is silent in the week before li's deal: clause 6.3.
SILENT_FOR_A_WEEK = history(
    visit(1, "10:00", "wang", level="B"),
    visit(11, "14:00", "li", asked=True, answer="wang"),
    inform(11, "14:10", "li", "wang"),
    visit(12, "15:00", "li"),
    close(12, "li"),
    claim(13, "wang"),
)


def test_one_contact_in_the_week_before_the_deal_would_have_kept_it() -> None:
    ruling, found = asked(SILENT_FOR_A_WEEK)
    assert (ruling.credit[0].party, ruling.decided_by) == ("li", "6.3")
    (change,) = changes(found, "wang", "add")
    assert (change.staff, change.kinds) == ("wang", ("followup", "call"))
    assert (local(change.first), local(change.last)) == ("03-05 00:00", "03-12 15:00")
    (turned,) = [t for t in found.turned if t.credit and t.credit[0].party == "wang"]
    assert turned.decided_by == "6.2"
    assert turned.changes[0] == change  # an act more is smaller than one at another time
    assert found.complete


def test_one_claim_until_the_end_of_the_window_would_have_turned_it() -> None:
    ruling, found = asked(
        history(
            visit(1, "10:00", "wang", level="A"),
            followup(5, "wang"),
            followup(9, "wang"),
            visit(10, "10:00", "li"),
            inform(10, "10:05", "li", "wang"),
            close(10, "li"),
        )
    )
    assert (ruling.credit[0].party, ruling.decided_by) == ("li", "6.1")
    claims = [c for c in changes(found, "wang", "add") if c.kinds == ("claim",)]
    assert [(c.staff, local(c.first), local(c.last)) for c in claims] == [
        ("wang", "03-10 00:00", "03-12 23:00")
    ]


def test_a_follow_up_entered_a_day_late_would_have_counted_in_time() -> None:
    late = followup(7, "wang") | {"late": 26 * 60}
    ruling, found = asked(
        history(
            visit(1, "10:00", "wang", level="B"),
            late,
            visit(11, "14:00", "li", asked=True, answer="wang"),
            inform(11, "14:10", "li", "wang"),
            visit(12, "15:00", "li"),
            close(12, "li"),
            claim(13, "wang"),
        )
    )
    assert ruling.decided_by == "6.3"
    (change,) = changes(found, "wang", "enter")
    assert change.kinds == ("followup",)
    turned = next(t for t in found.turned if t.credit and t.credit[0].party == "wang")
    assert turned.changes[0] == change


def test_who_closes_his_own_customer_cannot_lose_him_by_anything_of_his_own() -> None:
    ruling, found = asked(history(visit(1, "10:00", "wang", level="A"), close(1, "wang")))
    assert ruling.credit[0].party == "wang"
    assert found.turned == ()
    assert found.complete


def test_the_close_that_is_the_deal_is_never_moved() -> None:
    _, found = asked(SILENT_FOR_A_WEEK)
    close_line = next(line["id"] for line in SILENT_FOR_A_WEEK if line["kind"] == "close")
    assert all(c.event != close_line for turned in found.turned for c in turned.changes)


def test_nobody_acts_before_he_worked_here_or_after_he_left() -> None:
    lines = history(
        visit(1, "10:00", "wang", level="B"),
        act(7, "12:00", "staff_left", "sun", staff="li"),
        visit(12, "15:00", "zhang"),
        close(12, "zhang"),
    )
    _, found = asked(lines)
    added = [c for t in found.turned for c in t.changes if c.do == "add" and c.staff == "li"]
    assert all(local(c.last) <= "03-07 12:00" for c in added)


def test_after_the_limit_it_says_that_there_may_be_more() -> None:
    _, found = asked(SILENT_FOR_A_WEEK, limit=3)
    assert not found.complete


def test_a_policy_declares_what_may_be_changed() -> None:
    dispute = Dispute(SILENT_FOR_A_WEEK, policy=NARROW)
    kinds = {kind for t in dispute.found().turned for c in t.changes for kind in c.kinds}
    assert "call" not in kinds
    assert "followup" in kinds


def test_what_nobody_can_do_once_more_is_refused() -> None:
    from conflictctl.policy.model import parse_policy

    with pytest.raises(FaultyPolicy, match="close"):
        parse_policy(RENAULT.text + '\n[counterfactual]\nadd = ["close"]\n')


# ------------------------------------------------------------------ beside every change


@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_what_trying_every_change_finds(seed: int) -> None:
    _, unlike = difference(seed)
    assert not unlike


@pytest.mark.slow
def test_so_it_does_on_forty_more() -> None:
    turning = 0
    for seed in range(100, 140):
        number, unlike = difference(seed)
        assert not unlike, seed
        turning += bool(number)
    assert turning > 15


# ------------------------------------------------------------------------ the hours


@given(
    st.lists(st.integers(0, 30 * 60), min_size=1, max_size=20),
    st.integers(0, 24 * 60),
)
@settings(deadline=None)
def test_stretches_part_at_every_turning_point_and_lose_no_hour(
    points: list[int], begin: int
) -> None:
    minute = HOUR // 60
    hours = [begin * minute + n * HOUR for n in range(24)]
    parting = sorted(point * minute for point in points)
    found = list(stretches(hours, parting))
    covered = [hour for s in found for hour in hours if s.first <= hour <= s.last]
    assert covered == hours
    for stretch in found:
        inside = [p for p in parting if stretch.first <= p <= stretch.last]
        assert not inside or stretch.first == stretch.last


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Europe/Berlin"])
def test_full_hours_are_those_of_the_local_clock(zone: str) -> None:
    calendar = Calendar(zone)
    last = moment_of(LONG_AFTER)
    hours = hours_between(last - 400 * 24 * HOUR, last, calendar)
    assert {calendar.local(hour).minute for hour in hours} == {0}
    assert {b - a for a, b in pairwise(hours)} == {HOUR}


def test_a_stretch_has_a_first_and_a_last() -> None:
    assert list(stretches([0, HOUR], [])) == [Stretch(0, HOUR)]
