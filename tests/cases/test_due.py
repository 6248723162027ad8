"""What is due in a case, told as stories: who owes what until when, and what follows if not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from conflictctl.adjudication.dossier import events_of
from conflictctl.calendar import Calendar, Moment, parse_time
from conflictctl.cases.due import Deadline, deadlines, open_deadlines
from conflictctl.cases.policy import CasePolicy, Limit, load_case_policy
from conflictctl.cases.procedure import Case, replayed
from conflictctl.mending import staff_entries
from conflictctl.people import People

SHANGHAI = Calendar("Asia/Shanghai")
COMPLAINT = load_case_policy("customer-conflict")
INTERNAL = load_case_policy("internal-dispute")

STAFF = {
    "desk": "clerk",
    "sun": "manager",
    "he": "department_head",
    "li": "consultant",
    "wang": "consultant",
}

# November 2025: the 3rd is a Monday, and every Monday to Friday is worked.
# Hours: 09:00-12:00 and 13:30-18:00.

Step = tuple[Any, ...]


def step(when: str, kind: str, by: str | None = "sun", /, **fields: Any) -> Step:
    """`step("03 10:00", "case_response")`; `recorded="05 09:00"` makes it a later entry."""
    return when, kind, by, fields


def opened(when: str = "03 09:00", severity: int = 2, **fields: Any) -> Step:
    own = {"category": "complaint", "channel": "phone", "customer": "K1"} | fields
    return step(when, "case_opened", "desk", demand="my money", severity=severity, **own)


def quarrel(when: str = "03 09:00", **fields: Any) -> Step:
    return step(
        when,
        "case_opened",
        "li",
        category="internal",
        parties=["li", "wang"],
        demand="the same bay",
        **fields,
    )


def accepted(when: str = "03 09:30", handler: str = "sun") -> Step:
    return step(when, "case_accepted", handler=handler)


def resolved(when: str, how: str = "settled") -> Step:
    return step(when, "case_resolution", how=how, text="done")


def asked(when: str, score: int | None, by: str = "desk", **fields: Any) -> Step:
    if score is None:
        return step(when, "case_survey", by, reached=False, **fields)
    return step(when, "case_survey", by, score=score, **fields)


def closed(when: str, **fields: Any) -> Step:
    return step(when, "case_closed", **fields)


def moment(when: str) -> Moment:
    """A moment of November 2025: `03 10:00`; `12-01 10:00` for another month."""
    day = when if "-" in when else f"11-{when}"
    return parse_time(f"2025-{day.replace(' ', 'T')}:00+08:00")[0]


def story(*steps: Step) -> Case:
    lines: list[dict[str, Any]] = [
        {"kind": "outlet", "outlet": "shop", "name": "shop", "type": "store"},
        *(
            {"kind": "staff", "staff": name, "name": name, "role": role, "outlet": "shop"}
            for name, role in STAFF.items()
        ),
    ]
    for line in lines:
        line["at"] = line["recorded_at"] = "2025-01-01T00:00:00+08:00"
    for when, kind, by, fields in steps:
        own = {key: value for key, value in fields.items() if key != "recorded"}
        at = SHANGHAI.iso(moment(when))
        recorded = SHANGHAI.iso(moment(fields.get("recorded", when)))
        lines.append(
            {"kind": kind, "case": "C-1", "at": at, "recorded_at": recorded, "by": by, **own}
        )
    events = events_of(lines)
    first = next(event for event in events if event.kind == "case_opened")
    case = Case(first, People(staff_entries(events)))
    rest = [event for event in events if event.seq > first.seq]
    replayed(case, rest, [level.id for level in COMPLAINT.ladder])
    assert [tried.refusal for tried in case.tried if tried.refusal is not None] == []
    return case


def text(one: Deadline) -> str:
    """`first_response desk 03 11:00`, then `met 03 10:00` or `-> supervisor`."""
    due = SHANGHAI.local(one.due).strftime("%d %H:%M")
    words = [one.what, one.task, one.staff or "-", due]
    if one.met is not None:
        words += ["met", SHANGHAI.local(one.met).strftime("%d %H:%M")]
    if one.proposes is not None:
        words += ["->", one.proposes]
    return " ".join(word for word in words if word is not None)


def all_of(case: Case, as_of: str, policy: CasePolicy | None = None) -> list[str]:
    chosen = policy or (COMPLAINT if case.category == "complaint" else INTERNAL)
    found = deadlines(case, chosen, chosen.working_time(SHANGHAI), moment(as_of))
    assert [one.due for one in found] == sorted(one.due for one in found)
    return [text(one) for one in found]


def owed(case: Case, as_of: str, policy: CasePolicy | None = None) -> list[str]:
    chosen = policy or (COMPLAINT if case.category == "complaint" else INTERNAL)
    found = open_deadlines(case, chosen, chosen.working_time(SHANGHAI), moment(as_of))
    return [text(one) for one in found]


def only(words: Sequence[str], what: str) -> list[str]:
    return [line for line in words if line.split()[0] == what]


# ------------------------------------------------------------------------- a new complaint


def test_a_new_complaint_owes_an_answer_a_handler_news_and_a_resolution() -> None:
    assert owed(story(opened()), "03 09:05") == [
        "first_response desk 04 09:30",  # 8 working hours
        "acceptance - 05 00:00",  # 24:00 of Tuesday
        "update desk 11 00:00",  # 5 working days
        "resolution - 18 00:00",  # 10 working days
    ]


def test_a_grave_complaint_owes_them_sooner() -> None:
    assert owed(story(opened(severity=4)), "03 09:05") == [
        "first_response desk 03 11:00",  # 2 working hours
        "acceptance - 05 00:00",
        "update desk 06 00:00",
        "resolution - 07 00:00",
    ]


@pytest.mark.parametrize(
    ("severity", "due"),
    [(4, "07 00:00"), (3, "11 00:00"), (2, "18 00:00"), (1, "02 00:00")],
)
def test_the_resolution_is_due_by_severity(severity: int, due: str) -> None:
    found = only(owed(story(opened(severity=severity)), "03 09:05"), "resolution")
    assert found == [f"resolution - {due}"]


def test_the_severity_that_the_handler_sees_counts_from_the_opening() -> None:
    case = story(opened(), step("03 10:00", "case_accepted", handler="sun", severity=4))
    assert only(owed(case, "03 10:05"), "first_response") == ["first_response sun 03 11:00"]
    assert only(owed(case, "03 10:05"), "resolution") == ["resolution sun 07 00:00"]


def test_who_took_a_complaint_in_owes_the_answer_until_somebody_handles_it() -> None:
    assert only(owed(story(opened()), "03 10:00"), "first_response")[0].split()[1] == "desk"
    case = story(opened(), accepted())
    assert only(owed(case, "03 10:00"), "first_response")[0].split()[1] == "sun"


# ---------------------------------------------------------------------- the first response


def test_only_an_answer_stops_the_first_clock() -> None:
    case = story(opened(), step("03 09:10", "case_contact", "desk", said="he is angry"))
    assert only(owed(case, "03 12:00"), "first_response") == ["first_response desk 04 09:30"]
    case = story(opened(), step("03 09:10", "case_response", "desk"))
    assert only(all_of(case, "03 12:00"), "first_response") == [
        "first_response desk 04 09:30 met 03 09:10"
    ]
    assert only(owed(case, "03 12:00"), "first_response") == []


def test_the_first_answer_counts_not_the_second() -> None:
    case = story(opened(), step("03 10:00", "case_response"), step("05 10:00", "case_response"))
    assert only(all_of(case, "06 12:00"), "first_response")[0].endswith("met 03 10:00")


def test_an_answer_that_came_late_was_late() -> None:
    case = story(opened(), step("04 10:00", "case_response"))
    time = COMPLAINT.working_time(SHANGHAI)
    first = deadlines(case, COMPLAINT, time, moment("04 12:00"))[0]
    assert (first.what, first.in_time, first.is_past(moment("04 12:00"))) == (
        "first_response",
        False,
        False,
    )


def test_an_answer_at_the_last_moment_is_in_time() -> None:
    case = story(opened(), step("04 09:30", "case_response"))
    time = COMPLAINT.working_time(SHANGHAI)
    assert deadlines(case, COMPLAINT, time, moment("04 12:00"))[0].in_time is True


def test_an_answer_entered_on_a_later_day_counts_as_the_policy_says() -> None:
    case = story(opened(), step("03 10:00", "case_response", recorded="05 09:00"))
    happened = only(all_of(case, "05 12:00"), "first_response")
    assert happened == ["first_response desk 04 09:30 met 03 10:00"]
    entered = COMPLAINT._replace(late="entered")
    found = only(all_of(case, "05 12:00", entered), "first_response")
    assert found == ["first_response desk 04 09:30 met 05 09:00"]
    # As it stood before the entry was made, nothing had been answered.
    assert only(owed(case, "04 12:00", entered), "first_response") == [
        "first_response desk 04 09:30 -> supervisor"
    ]
    # Entered in the evening of the same day it is no late entry.
    case = story(opened(), step("03 10:00", "case_response", recorded="03 20:00"))
    assert only(all_of(case, "05 12:00", entered), "first_response")[0].endswith("met 03 10:00")


# ------------------------------------------------------------- acceptance, rejection, news


def test_acceptance_is_met_by_a_handler_and_not_again_by_the_next() -> None:
    case = story(opened(), accepted("03 11:00"), accepted("06 11:00", "he"))
    assert only(all_of(case, "06 12:00"), "acceptance") == ["acceptance - 05 00:00 met 03 11:00"]


def test_a_rejected_complaint_owes_nothing_more() -> None:
    case = story(opened(), step("03 11:00", "case_rejected", reason="no customer of ours"))
    assert owed(case, "12-01 12:00") == []
    assert all_of(case, "12-01 12:00") == ["acceptance - 05 00:00 met 03 11:00"]


def test_a_withdrawn_complaint_owes_nothing_more() -> None:
    case = story(opened(), accepted(), step("04 11:00", "case_withdrawn", "desk"))
    assert owed(case, "12-01 12:00") == []


def test_each_piece_of_news_begins_the_next_interval() -> None:
    case = story(opened(severity=3), accepted())
    assert only(owed(case, "04 09:00"), "update") == ["update sun 06 00:00"]  # 2 working days
    case = story(opened(severity=3), accepted(), step("05 15:00", "case_update"))
    assert only(owed(case, "05 16:00"), "update") == ["update sun 08 00:00"]
    case = story(opened(severity=3), accepted(), step("07 15:00", "case_response"))
    assert only(owed(case, "07 16:00"), "update") == ["update sun 12 00:00"]  # over a weekend


def test_no_news_are_owed_once_it_is_resolved_and_again_once_it_is_reopened() -> None:
    told = (opened(), accepted(), step("03 10:00", "case_response"))
    case = story(*told, resolved("05 10:00"))
    assert only(owed(case, "05 11:00"), "update") == []
    case = story(*told, resolved("05 10:00"), step("06 10:00", "case_reopened", reason="again"))
    assert only(owed(case, "06 11:00"), "update") == ["update sun 14 00:00"]


# ------------------------------------------------------------------------------ resolution


def test_a_resolution_in_time() -> None:
    case = story(opened(), accepted(), resolved("17 17:00"))
    assert only(all_of(case, "18 09:00"), "resolution") == ["resolution sun 18 00:00 met 17 17:00"]


def test_a_reopened_case_has_its_time_again_from_the_reopening() -> None:
    case = story(
        opened(),
        accepted(),
        resolved("05 10:00"),
        step("10 10:00", "case_reopened", reason="it broke again"),
    )
    assert only(owed(case, "10 11:00"), "resolution") == ["resolution sun 25 00:00"]


def test_a_case_rejected_and_taken_up_again_waits_for_a_handler_anew() -> None:
    case = story(
        opened(),
        step("03 11:00", "case_rejected", reason="no customer of ours"),
        step("10 10:00", "case_reopened", reason="he is one"),
    )
    assert only(owed(case, "10 11:00"), "acceptance") == ["acceptance - 12 00:00"]


# ----------------------------------------------------------------------------------- tasks


def with_task(*more: Step, owner: str = "wang") -> Case:
    return story(
        opened(),
        accepted(),
        step("03 10:00", "case_response"),
        resolved("05 10:00"),
        step("05 10:30", "case_task", task="T1", owner=owner, due="2025-11-07", text="order"),
        *more,
    )


def test_a_task_is_due_at_the_end_of_its_day() -> None:
    assert owed(with_task(), "07 23:00") == ["task T1 wang 08 00:00"]
    assert owed(with_task(owner="customer"), "07 23:00") == ["task T1 customer 08 00:00"]


def test_after_its_day_the_handler_sees_to_it() -> None:
    assert owed(with_task(), "08 09:00") == [
        "task T1 wang 08 00:00",
        "execution T1 sun 11 00:00",  # one working day after Friday: Monday
    ]
    assert owed(with_task(), "11 09:00") == [
        "task T1 wang 08 00:00",
        "execution T1 sun 11 00:00 -> supervisor",
    ]


def test_a_task_done_in_time_needs_no_check() -> None:
    done = with_task(step("07 17:00", "case_task_done", "wang", task="T1"))
    assert only(all_of(done, "20 09:00"), "task") == ["task T1 wang 08 00:00 met 07 17:00"]
    assert only(all_of(done, "20 09:00"), "execution") == []
    late = with_task(step("10 10:00", "case_task_done", "wang", task="T1"))
    assert only(all_of(late, "20 09:00"), "execution") == ["execution T1 sun 11 00:00 met 10 10:00"]


def test_without_a_check_the_task_itself_is_taken_higher() -> None:
    limits = {k: v for k, v in COMPLAINT.limits.items() if k != "execution"}
    policy = COMPLAINT._replace(limits=limits)
    assert owed(with_task(), "08 09:00", policy) == ["task T1 wang 08 00:00 -> supervisor"]


# --------------------------------------------------------------------------- the follow-up


def ended(*more: Step) -> Case:
    return story(opened(), accepted(), step("03 10:00", "case_response"), *more)


def test_after_closing_the_customer_is_asked_within_three_days() -> None:
    case = ended(resolved("05 10:00"), asked("06 10:00", 5), closed("06 17:00"))
    assert owed(case, "06 18:00") == ["follow_up sun 10 00:00"]  # 24:00 of Sunday
    case = ended(
        resolved("05 10:00"), asked("06 10:00", 5), closed("06 17:00"), asked("08 10:00", 4)
    )
    assert owed(case, "09 18:00") == []
    assert only(all_of(case, "09 18:00"), "follow_up") == ["follow_up sun 10 00:00 met 08 10:00"]


def test_a_policy_may_leave_the_satisfied_in_peace() -> None:
    policy = COMPLAINT._replace(ask_again=False)
    case = ended(resolved("05 10:00"), asked("06 10:00", 4), closed("06 17:00"))
    assert owed(case, "06 18:00", policy) == []
    case = ended(resolved("05 10:00"), asked("06 10:00", 3), closed("06 17:00"))
    assert owed(case, "06 18:00", policy) == ["follow_up sun 10 00:00"]


def test_who_is_not_satisfied_is_asked_again_every_seven_days_until_he_is() -> None:
    first = (resolved("05 10:00"), asked("06 10:00", 2))
    assert owed(ended(*first), "06 18:00") == ["follow_up sun 14 00:00"]
    # Closing brings the next question forward.
    assert owed(ended(*first, closed("06 17:00")), "06 18:00") == ["follow_up sun 10 00:00"]
    more = (*first, closed("06 17:00"), asked("09 10:00", 3))
    assert owed(ended(*more), "10 18:00") == ["follow_up sun 17 00:00"]
    more = (*more, asked("16 10:00", 1))
    assert owed(ended(*more), "16 18:00") == ["follow_up sun 24 00:00"]
    more = (*more, asked("23 10:00", 4))
    assert owed(ended(*more), "12-05 18:00") == []
    assert only(all_of(ended(*more), "12-05 18:00"), "follow_up") == [
        "follow_up sun 10 00:00 met 09 10:00",
        "follow_up sun 17 00:00 met 16 10:00",
        "follow_up sun 24 00:00 met 23 10:00",
    ]


def test_a_call_that_reaches_nobody_answers_nothing() -> None:
    case = ended(
        resolved("05 10:00"), asked("06 10:00", 5), closed("06 17:00"), asked("08 10:00", None)
    )
    assert owed(case, "09 18:00") == ["follow_up sun 10 00:00"]


def test_a_waived_survey_and_an_end_with_a_reason_end_the_questions() -> None:
    case = ended(resolved("05 10:00"), closed("06 17:00", survey_waived="moved abroad"))
    assert owed(case, "09 18:00") == []
    case = ended(
        resolved("05 10:00"),
        asked("06 10:00", 1),
        closed("06 17:00"),
        asked("08 10:00", None, ended="wants no more calls"),
    )
    assert owed(case, "12-05 18:00") == []


def test_reopening_ends_the_questions_about_the_old_resolution() -> None:
    case = ended(
        resolved("05 10:00"),
        asked("06 10:00", 1),
        closed("06 17:00"),
        step("07 10:00", "case_reopened", reason="it broke again"),
    )
    assert only(owed(case, "20 18:00"), "follow_up") == []


def test_of_two_parties_each_has_to_be_satisfied() -> None:
    case = story(
        quarrel(),
        accepted(),
        step("03 10:00", "case_response"),
        resolved("05 10:00"),
        asked("06 10:00", 2, by="sun", party="li"),
        asked("06 11:00", 5, by="sun", party="wang"),
    )
    assert only(owed(case, "06 18:00"), "follow_up") == ["follow_up sun 14 00:00"]


# ------------------------------------------------------------------------------- escalation


def test_a_passed_deadline_proposes_the_next_level() -> None:
    case = story(opened(severity=4), accepted())
    assert owed(case, "03 11:00")[0] == "first_response sun 03 11:00"  # not before it has passed
    assert owed(case, "03 11:01")[0] == "first_response sun 03 11:00 -> supervisor"
    assert only(owed(case, "07 00:01"), "resolution") == ["resolution sun 07 00:00 -> supervisor"]


def test_once_escalated_the_next_level_has_the_same_time_itself() -> None:
    case = story(
        opened(severity=4),
        accepted(),
        step("03 10:00", "case_response"),
        step("07 09:00", "case_escalated", to="supervisor", reason="nothing moves"),
    )
    # 3 working days for the supervisor: until 24:00 of Wednesday, 12 November.
    assert only(owed(case, "12 23:59"), "resolution") == ["resolution sun 07 00:00"]
    assert only(owed(case, "13 00:01"), "resolution") == [
        "resolution sun 07 00:00 -> department_head"
    ]


def test_who_escalated_before_the_deadline_hears_of_it_when_it_passes() -> None:
    case = story(
        opened(severity=4),
        accepted(),
        step("04 09:00", "case_escalated", to="panel", reason="several departments"),
    )
    assert only(owed(case, "07 00:01"), "resolution") == [
        "resolution sun 07 00:00 -> general_manager"
    ]


def test_above_the_highest_level_there_is_nothing_to_propose() -> None:
    case = story(
        opened(severity=4),
        accepted(),
        step("04 09:00", "case_escalated", to="arbitration", reason="no agreement"),
    )
    assert only(owed(case, "28 09:00"), "resolution") == ["resolution sun 07 00:00"]


# ------------------------------------------------------------- conflicts within the company


def test_a_conflict_between_staff_has_no_party_among_those_who_owe() -> None:
    assert owed(story(quarrel()), "03 09:05") == [
        "first_response - 04 09:30",
        "acceptance - 05 00:00",
        "update - 11 00:00",
        "resolution - 18 00:00",
    ]


def test_a_claim_to_a_deal_waits_for_acceptance_and_ruling_and_has_its_own_ladder() -> None:
    lines: list[dict[str, Any]] = [
        {"kind": "outlet", "outlet": "shop", "name": "shop", "type": "store"},
        {"kind": "staff", "staff": "li", "name": "li", "role": "consultant", "outlet": "shop"},
        {"kind": "customer", "customer": "K1", "name": "K1"},
        {"kind": "claim", "customer": "K1", "by": "li"},
    ]
    for line in lines:
        line["at"] = line["recorded_at"] = "2025-11-03T09:00:00+08:00"
    events = events_of(lines)
    case = Case(
        events[-1],
        People(staff_entries(events)),
        identity="A-#4",
        category="attribution",
        parties=["li"],
    )
    assert owed(case, "03 09:05") == ["acceptance - 05 00:00", "resolution - 18 00:00"]
    assert owed(case, "12-05 09:00") == ["acceptance - 05 00:00", "resolution - 18 00:00"]


def test_without_a_limit_nothing_is_due() -> None:
    policy = COMPLAINT._replace(limits={})
    assert owed(story(opened(), accepted()), "03 10:00", policy) == []
    case = ended(resolved("05 10:00"), asked("06 10:00", 1), closed("06 17:00"))
    assert owed(case, "12-05 18:00", policy) == []


def test_a_limit_for_some_severities_only() -> None:
    limits = {"resolution": {4: Limit(2, "d")}}
    policy = COMPLAINT._replace(limits=limits)
    assert owed(story(opened(severity=4)), "03 10:00", policy) == ["resolution - 06 00:00"]
    assert owed(story(opened(severity=3)), "03 10:00", policy) == []
