"""The two times that are counted agree with the deadlines that a case is handled by."""

from __future__ import annotations

import pytest

from conflictctl.calendar import HOUR, MINUTE
from conflictctl.cases.due import deadlines
from conflictctl.cases.policy import load_case_policy
from conflictctl.cases.procedure import FINISHED, Case
from conflictctl.cases.timing import timing

from .case_lines import SHANGHAI, case, moment

POLICY = load_case_policy("customer-conflict")
TIME = POLICY.working_time(SHANGHAI)
ACCEPT = ("accepted", {"handler": "sun"})
SETTLED = ("resolution", {"how": "settled", "text": "…"})
AS_OF = moment("03-31 18:00")

CASES = {
    "answered and resolved": case(
        "C1",
        "03-02 09:00",
        ("03-02 09:30", *ACCEPT),
        ("03-02 10:00", "response", {}),
        ("03-03 10:00", *SETTLED),
    ),
    "late": case(
        "C2",
        "03-02 09:00",
        ("03-05 09:30", *ACCEPT),
        ("03-05 10:00", "response", {}),
        ("03-30 10:00", *SETTLED),
        severity=4,
    ),
    "reopened": case(
        "C3",
        "03-02 09:00",
        ("03-02 09:30", *ACCEPT),
        ("03-02 10:00", *SETTLED),
        ("03-20 10:00", "reopened", {"reason": "…"}),
        ("03-20 15:00", *SETTLED),
    ),
    "never answered": case("C4", "03-02 09:00"),
    "just opened": case("C5", "03-31 17:00"),
    "withdrawn": case("C6", "03-02 09:00", ("03-09 09:00", "withdrawn", {"reason": "…"})),
}


@pytest.mark.parametrize("one", CASES.values(), ids=CASES)
def test_in_time_is_what_the_deadlines_say(one: Case) -> None:
    found = timing(one, POLICY, TIME, AS_OF)
    for what, kept in (
        ("first_response", found.response_in_time),
        ("resolution", found.resolution_in_time),
    ):
        same = [d for d in deadlines(one, POLICY, TIME, AS_OF) if d.what == what]
        if not same:
            assert one.state in FINISHED
            assert kept is None
        elif same[0].met is not None:
            assert kept is same[0].in_time
        else:
            assert kept is (False if same[0].is_past(AS_OF) else None)


def test_working_time_leaves_out_the_night() -> None:
    # 2 March 2026, a Monday: 09:00 to 10:00; then from 09:00 to the next day's 10:00, which is
    # a whole day of work and one hour
    found = timing(CASES["answered and resolved"], POLICY, TIME, AS_OF)
    day = sum(end - begin for begin, end in POLICY.spans) * MINUTE
    assert found.response_work == TIME.elapsed(moment("03-02 09:00"), moment("03-02 10:00"))
    assert found.resolution_work == TIME.elapsed(moment("03-02 09:00"), moment("03-03 10:00"))
    assert 0 < (found.resolution_work or 0) <= day + HOUR
