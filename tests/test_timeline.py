"""A history laid out in time: every entry once, and what the ruling says of it."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from conflictctl.adjudication.dossier import dossier_of, events_of
from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.ruling import decisive
from conflictctl.adjudication.timeline import Period, Timeline, about_the_deal, timeline_of
from conflictctl.calendar import moment_of
from conflictctl.mending import staff_entries
from conflictctl.people import People
from conflictctl.policy.model import load_policy
from tests import histories
from tests.histories import act, claim, close, followup, inform, visit
from tests.in_memory import LONG_AFTER, RENAULT, SHANGHAI

Lines = list[dict[str, Any]]


def laid_out(lines: Lines, customer: str = "K1", policy: str | None = None) -> Timeline:
    events = events_of(lines)
    asked: dict[str, Any] = {
        "policy": RENAULT if policy is None else load_policy(policy),
        "people": People(staff_entries(events)),
        "calendar": SHANGHAI,
        "as_of": moment_of(LONG_AFTER),
    }
    dossier = dossier_of(events, customer)
    ruling = rule_on(dossier, customer, **asked)
    return timeline_of(dossier, customer, **asked, ruling=ruling)


def history(*acts: dict[str, Any]) -> Lines:
    return histories.register(list(acts), histories.SHANGHAI, 0)


def local(moment: int | None) -> str:
    assert moment is not None
    return SHANGHAI.local(moment).strftime("%m-%d %H:%M")


def periods(timeline: Timeline, kind: str) -> list[Period]:
    return [period for period in timeline.periods if period.kind == kind]


# wang lets an A customer (7 days) lie for ten; li receives him and closes: P3.
LAPSED = history(
    visit(1, "10:00", "wang", level="A"),
    visit(11, "14:00", "li", asked=True, answer="wang"),
    inform(11, "14:10", "li", "wang"),
    visit(12, "15:00", "li"),
    close(12, "li"),
    claim(13, "wang"),
)


def test_the_first_file_holds_until_the_deal() -> None:
    (held,) = periods(laid_out(LAPSED), "holds")
    assert (held.party, local(held.since), local(held.until)) == (
        "wang",
        "03-01 10:00",
        "03-12 16:00",
    )


def test_a_follow_up_interval_that_was_not_kept_is_exceeded() -> None:
    wangs = [period for period in periods(laid_out(LAPSED), "term") if period.party == "wang"]
    (term,) = wangs
    assert (term.level, term.limit, term.exceeded) == ("A", 7, True)
    assert local(term.until) == "03-09 00:00"  # 24:00 of the eighth


def test_the_claim_window_runs_from_the_deal() -> None:
    windows = periods(laid_out(LAPSED), "window")
    assert {local(window.since) for window in windows} == {"03-12 16:00"}
    assert "03-15 00:00" in {local(window.until) for window in windows}


def test_the_entries_that_the_clause_rests_on_are_decisive() -> None:
    timeline = laid_out(LAPSED)
    found = decisive(timeline.ruling)
    assert found is not None
    assert found.clause == "P3"
    assert {m.event for m in timeline.marks if m.decisive} == set(found.evidence)


def test_the_deal_is_marked_and_is_the_only_one() -> None:
    assert [m.kind for m in laid_out(LAPSED).marks if m.deal] == ["close"]


def test_an_entry_that_does_not_count_says_why() -> None:
    late = visit(2, "10:00", "li") | {"late": 3 * 24 * 60}
    struck = followup(4, "wang")
    void = act(5, "09:00", "void", "wang", voids=struck, reason="mistake")
    marks = laid_out(history(visit(1, "10:00", "wang", level="A"), late, struck, void)).marks
    why = {(mark.kind, mark.party): mark.why for mark in marks}
    assert why["followup", "wang"] == "voided"
    assert why["visit", "li"] == "late"
    assert why["visit", "wang"] is None


def test_a_customer_handed_over_is_held_by_one_after_the_other() -> None:
    timeline = laid_out(
        history(
            visit(1, "10:00", "wang", level="A"),
            act(10, "09:00", "notice", "sun", to="wang"),
            act(11, "15:00", "reassign", "sun", to="zhang", cause="overdue"),
            followup(12, "zhang", level="A"),
        )
    )
    held = periods(timeline, "holds")
    assert [period.party for period in held] == ["wang", "zhang"]
    assert held[0].until == held[1].since


def test_those_who_were_in_touch_come_first() -> None:
    lanes = [lane.party for lane in laid_out(LAPSED).lanes]
    assert lanes[:2] == ["wang", "li"]


def test_of_a_ruling_on_a_deal_introductions_are_no_part() -> None:
    timeline = about_the_deal(laid_out(LAPSED))
    assert [mark.kind for mark in timeline.marks] == [
        "visit",
        "visit",
        "inform",
        "visit",
        "close",
        "claim",
    ]


def test_a_policy_without_a_holding_has_a_timeline_too() -> None:
    timeline = laid_out(LAPSED, policy="last-click")
    assert len(timeline.marks) == 7
    assert periods(timeline, "holds") == []


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(histories.histories())
def test_every_entry_of_the_dossier_stands_in_it_once(lines: Lines) -> None:
    timeline = laid_out(lines)
    events = dossier_of(events_of(lines), "K1")
    refs = [e.ref for e in events if e.at <= moment_of(LONG_AFTER)]
    assert sorted(mark.event for mark in timeline.marks) == sorted(refs)
    moments = [(mark.party, mark.event) for mark in timeline.marks]
    assert len(set(moments)) == len(moments)
    refused = {r.event: r.why for f in timeline.ruling.findings for r in f.refused}
    for mark in timeline.marks:
        if mark.why not in (None, "voided", "struck"):
            assert refused[mark.event] == mark.why
    parties = {lane.party for lane in timeline.lanes}
    assert {mark.party for mark in timeline.marks} <= parties
    for period in timeline.periods:
        assert period.kind == "window" or period.party in parties
        assert period.until is None or period.since <= period.until or period.kind == "filing"
