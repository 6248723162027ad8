"""The figures of the after-sales outline on the sample cases, each worked out by hand.

`sample_data/cases.jsonl` as of 3 April 2025, 20:00.  The table below was read off the file, case
by case; under each test stands which cases go into the figure and how it comes out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from conflictctl.cli.app import app

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
AS_OF = "2025-04-03T20:00:00+08:00"


class Complaint(NamedTuple):
    """What was read off the file: minutes by the clock from the opening, None if it never came.

    `spoken` is how often somebody spoke with the customer (`case_response`, `case_contact`)
    before the first resolution; `scores` has None for an attempt at which nobody was reached.
    """

    number: int
    customer: str
    opened: str
    severity: int
    response: int | None
    resolution: int | None
    spoken: int
    cause: str | None
    scores: tuple[int | None, ...] = ()


# The second entry of one telephone call in case 20 is void and was left out; case 24 was opened
# with severity 3, which was corrected to 2; the cause is that of the latest finding.
# Cases 3, 11, 17, 18 and 29 are internal.
COMPLAINTS = (
    Complaint(1, "C-101", "Mon 02-17 09:05", 3, 15, 120, 1, "service_quality", (5,)),
    Complaint(2, "C-102", "Mon 02-17 14:05", 1, 10, 20, 1, "misunderstanding", (5, 5)),
    Complaint(4, "C-103", "Wed 02-19 11:00", 2, 180, 8920, 1, "promise_not_kept", (3, 2, 4)),
    Complaint(5, "C-105", "Thu 02-20 09:10", 4, 80, 30650, 3, "product_quality", (2, None, 3)),
    Complaint(6, "C-104", "Fri 02-21 10:10", 2, 90, 330, 2, "misunderstanding"),
    Complaint(7, "C-101", "Mon 02-24 09:15", 2, 2895, 2905, 2, "service_quality", (4, None, 4)),
    Complaint(8, "C-106", "Tue 02-25 10:00", 3, 50, 1480, 2, "resource_shortage", (3, 4)),
    Complaint(9, "C-107", "Thu 02-27 16:00", 2, 50, None, 1, "service_quality"),
    Complaint(10, "C-108", "Mon 03-03 09:20", 2, 10, 20, 1, "channel_blocked", (None, 4, 4)),
    Complaint(12, "C-109", "Wed 03-05 14:10", 2, 50, 1280, 2, "unclear_requirement", (5, 4)),
    Complaint(13, "C-018", "Mon 03-10 09:10", 3, 50, 290, 1, "promise_not_kept", (4, 5)),
    Complaint(14, "C-038", "Tue 03-11 10:20", 2, 40, 280, 1, "product_quality", (4, 5)),
    Complaint(15, "C-014", "Wed 03-12 09:40", 2, 40, 2950, 1, "changed_expectation", (5,)),
    Complaint(16, "C-107", "Fri 03-14 20:15", 3, 825, None, 2, "service_quality", (2,)),
    Complaint(19, "C-036", "Tue 03-18 15:10", 3, 10, 2540, 1, "product_quality"),
    Complaint(20, "C-052", "Wed 03-19 13:50", 2, 40, 1300, 2, "promise_not_kept", (4, None, 4)),
    Complaint(21, "C-105", "Thu 03-20 10:00", 2, 240, None, 1, "changed_expectation"),
    Complaint(22, "C-008", "Fri 03-21 09:30", 3, 60, 16170, 1, "changed_expectation"),
    Complaint(23, "C-045", "Mon 03-24 10:10", 1, 15, 35, 1, "service_quality", (4, 5)),
    Complaint(24, "C-050", "Tue 03-25 14:20", 2, 130, None, 1, "misunderstanding"),
    Complaint(25, "C-104", "Wed 03-26 11:00", 2, 1350, None, 1, "channel_blocked"),
    Complaint(26, "C-102", "Thu 03-27 09:30", 1, 20, 340, 2, "promise_not_kept", (5, 4)),
    Complaint(27, "C-009", "Fri 03-28 16:30", 2, None, None, 0, "product_quality"),
    Complaint(28, "C-017", "Mon 03-31 09:40", 2, 50, 260, 1, "promise_not_kept", (4,)),
    Complaint(30, "C-035", "Thu 04-03 17:10", 4, None, None, 0, None),
)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("figures") / "register.db")
    run("init", "--timezone", "Asia/Shanghai", "--db", path)
    for name in ("dealership.jsonl", "cases.jsonl"):
        run("import", str(SAMPLES / name), "--attest", "bai", "--db", path)
    return path


def report(register: str, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        run("report", "cases", "--as-of", AS_OF, "--format", "json", "--db", register, *options)
    )
    return found


@pytest.fixture(scope="module")
def complaints(register: str) -> dict[str, Any]:
    return report(register, "--category", "complaint")


@pytest.fixture(scope="module")
def march(register: str) -> dict[str, Any]:
    options = ("--category", "complaint", "--since", "2025-03", "--until", "2025-03")
    return report(register, *options)


def share(part: int, whole: int) -> dict[str, Any]:
    return {"part": part, "whole": whole, "share": round(part / whole, 4) if whole else None}


# ------------------------------------------------------------------ time to the resolution


def test_time_to_the_resolution(complaints: dict[str, Any]) -> None:
    """18 of 25 are resolved.  In rising order, minutes (case):

    20 (2), 20 (10), 35 (23), 120 (1), 260 (28), 280 (14), 290 (13), 330 (6), 340 (26),
    1280 (12), 1300 (20), 1480 (8), 2540 (19), 2905 (7), 2950 (15), 8920 (4), 16170 (22),
    30650 (5).

    Median: place ceil(18 / 2) = 9, case 26, 340 min = 5.67 h.
    90th percentile: place ceil(16.2) = 17, case 22, 16170 min = 269.5 h.
    """
    times = sorted(one.resolution for one in COMPLAINTS if one.resolution is not None)
    assert times == [
        20, 20, 35, 120, 260, 280, 290, 330, 340,
        1280, 1300, 1480, 2540, 2905, 2950, 8920, 16170, 30650,
    ]  # fmt: skip
    found = complaints["resolution"]
    assert found["measured"] == complaints["resolved"] == 18
    assert (found["median_hours"], found["p90_hours"]) == (5.67, 269.5)


def test_resolutions_in_time(complaints: dict[str, Any]) -> None:
    """Late are two of the 18:

    * case 5, severity 4: three working days after 20 February end on the 25th; 13 March.
    * case 22, severity 3: five working days after 21 March end on the 28th; 1 April.

    Case 4, severity 2: opened on 19 February, taken up again on the 24th; ten working days after
    that end on 10 March; 25 February.

    Undecided are 16 (reopened on 28 March, severity 3; 4 April is Qingming, so until the 7th),
    24, 25 and 27 (severity 2, ten working days) and 30; 9 and 21 ended without a resolution.
    """
    assert complaints["resolution"]["in_time"] == share(16, 18)


# ----------------------------------------------------------------------- first response


def test_time_to_the_first_response(complaints: dict[str, Any]) -> None:
    """23 of 25 got an answer.  In rising order, minutes (case):

    10 (2), 10 (10), 10 (19), 15 (1), 15 (23), 20 (26), 40 (14), 40 (15), 40 (20), 50 (8),
    50 (9), 50 (12), 50 (13), 50 (28), 60 (22), 80 (5), 90 (6), 130 (24), 180 (4), 240 (21),
    825 (16), 1350 (25), 2895 (7).

    Median: place 12, 50 min = 0.83 h.  90th percentile: place ceil(20.7) = 21, 13.75 h.
    """
    times = sorted(one.response for one in COMPLAINTS if one.response is not None)
    assert times == [
        10, 10, 10, 15, 15, 20, 40, 40, 40, 50, 50, 50, 50, 50, 60, 80, 90, 130, 180, 240,
        825, 1350, 2895,
    ]  # fmt: skip
    found = complaints["first_response"]
    assert (found["measured"], found["median_hours"], found["p90_hours"]) == (23, 0.83, 13.75)


def test_first_responses_in_time(complaints: dict[str, Any]) -> None:
    """8 working hours, 2 for severity 4; a working day has 9-12 and 13:30-18, 7.5 hours.

    Late: case 7 (from Monday 09:15 until Tuesday 09:45; Wednesday 09:30) and case 27 (from Friday
    16:30 until Monday 17:00; never).  Undecided: case 30, opened at 17:10 on 3 April.
    """
    assert complaints["first_response"]["in_time"] == share(22, 24)


def test_working_time_to_the_first_response(march: dict[str, Any]) -> None:
    """Working minutes of the cases of March; three differ from those by the clock:

    16 came on Friday evening and was answered on Saturday: 0.  21: 10:00-12:00, 13:30-14:00: 150.
    25: 11-12, 13:30-18, 9:00-9:30: 360.

    The eighth of 15 is 40 min = 0.67 h; place ceil(13.5) = 14 has 150 min = 2.5 h.
    """
    minutes = sorted([0, 10, 10, 15, 20, 40, 40, 40, 50, 50, 50, 60, 130, 150, 360])
    found = march["first_response"]
    assert found["measured"] == len(minutes) == 15
    assert (found["median_working_hours"], found["p90_working_hours"]) == (
        round(minutes[7] / 60, 2),
        round(minutes[13] / 60, 2),
    )


# ------------------------------------------------- first contact, escalation, reopening


def test_first_contact_resolution(complaints: dict[str, Any]) -> None:
    """Of the 18 resolved: spoken with once at most, never escalated (5, 8, 22), never reopened (4).

    1, 2, 10, 13, 14, 15, 19, 23, 28: 9.
    """
    once = [one.number for one in COMPLAINTS if one.resolution is not None and one.spoken <= 1]
    assert once == [1, 2, 4, 10, 13, 14, 15, 19, 22, 23, 28]
    assert complaints["first_contact_resolution"] == share(len(once) - 2, 18)


def test_escalation_and_reopening(complaints: dict[str, Any]) -> None:
    """Escalated: 5, 8, 22, 24.  Reopened: 4, 16.

    Could have been reopened: the 18 resolved, 16, the rejected 9 and the withdrawn 21.
    """
    assert complaints["escalation"] == share(4, 25)
    assert complaints["reopening"] == share(2, 21)


# ------------------------------------------------------------------------- satisfaction


def test_satisfaction_with_the_handling(complaints: dict[str, Any]) -> None:
    """33 attempts, 4 of them in vain (5, 7, 10, 20).  By score:

    2: cases 4, 5, 16.  3: 4, 5, 8.  4: 4, 7, 7, 8, 10, 10, 12, 13, 14, 20, 20, 23, 26, 28.
    5: 1, 2, 2, 12, 13, 14, 15, 23, 26.

    (3 * 2 + 3 * 3 + 14 * 4 + 9 * 5) / 29 = 116 / 29 = 4.00; satisfied (4 and 5) 23 of 29.
    """
    asked = [score for one in COMPLAINTS for score in one.scores]
    assert len(asked) == 33
    assert asked.count(None) == 4
    found = complaints["satisfaction"]
    assert found["scores"] == {"1": 0, "2": 3, "3": 3, "4": 14, "5": 9}
    assert found["scores"] == {str(score): asked.count(score) for score in range(1, 6)}
    assert (found["asked"], found["answered"], found["response_rate"]) == (33, 29, 0.8788)
    assert found["mean"] == 4.0
    assert found["satisfied"] == share(23, 29)


def test_the_periodic_survey(register: str) -> None:
    """Ten were asked, C-106 and C-110 in vain the first time: 4, 5, 3, 4, 4, 2, 4, 5; sum 31."""
    (annual,) = report(register)["campaigns"]
    assert (annual["campaign"], annual["asked"], annual["answered"]) == ("annual", 10, 8)
    assert annual["mean"] == 3.88  # 31 / 8
    assert annual["satisfied"] == share(6, 8)
    assert annual["scores"] == {"1": 0, "2": 1, "3": 1, "4": 4, "5": 2}


# ------------------------------------------------------------------------ month by month


def test_months(complaints: dict[str, Any]) -> None:
    """February 1-9 without 3; March 10-28 without 11, 17, 18; April 30.

    Resolutions in rising order.  February: 20 (2), 120 (1), 330 (6), 1480 (8), 2905 (7),
    8920 (4), 30650 (5): the fourth of seven is 1480 min = 24.67 h.  March: 20, 35, 260, 280, 290,
    340, 1280, 1300, 2540, 2950, 16170: the sixth of eleven is 340 min = 5.67 h.

    Scores of February: 5, 5, 5, 3, 2, 4, 2, 3, 4, 4, 3, 4: 44 / 12 = 3.67.  Of March, 17 answers:
    one 2, ten 4, six 5: 72 / 17 = 4.24.
    """
    wanted = [
        # cases, resolved, median hours, in time, first contact, escalated, reopened, mean
        ("2025-02", 8, 7, 24.67, share(6, 7), share(2, 7), share(2, 8), share(1, 8), 3.67),
        ("2025-03", 16, 11, 5.67, share(10, 11), share(7, 11), share(2, 16), share(1, 13), 4.24),
        ("2025-04", 1, 0, None, share(0, 0), share(0, 0), share(0, 1), share(0, 0), None),
    ]
    assert [
        (
            one["month"],
            one["cases"],
            one["resolved"],
            one["resolution"]["median_hours"],
            one["resolution"]["in_time"],
            one["first_contact_resolution"],
            one["escalation"],
            one["reopening"],
            one["satisfaction"]["mean"],
        )
        for one in complaints["months"]
    ] == wanted


def test_causes_that_grow(march: dict[str, Any]) -> None:
    """March against February, by the cause that was found in the end.

    | cause | March | February |
    | promise not kept | 13, 20, 26, 28 | 4 |
    | expectations changed | 15, 21, 22 | - |
    | product | 14, 19, 27 | 5 |
    | nobody could be reached | 10, 25 | - |
    | requirement unclear | 12 | - |
    | service | 16, 23 | 1, 7, 9 |
    | misunderstanding | 24 | 2, 6 |
    | too few people or means | - | 8 |
    """
    growth = march["growth"]
    assert growth["now"] == {"since": "2025-03-01", "until": "2025-03-31"}
    assert growth["before"] == {"since": "2025-02-01", "until": "2025-02-28"}
    assert [(one["cause"], one["now"], one["before"]) for one in growth["causes"]] == [
        ("promise_not_kept", 4, 1),
        ("changed_expectation", 3, 0),
        ("product_quality", 3, 1),
        ("channel_blocked", 2, 0),
        ("unclear_requirement", 1, 0),
        ("service_quality", 2, 3),
        ("misunderstanding", 1, 2),
        ("resource_shortage", 0, 1),
    ]
    for one in growth["causes"]:
        of_march = [c for c in COMPLAINTS if c.cause == one["cause"] and " 03-" in c.opened]
        assert len(of_march) == one["now"]


# ---------------------------------------------------------------- customers and lessons


def test_repeat_customers(complaints: dict[str, Any]) -> None:
    """20 customers complained; C-101 (1, 7), C-102 (2, 26), C-104 (6, 25), C-105 (5, 21) and
    C-107 (9, 16) did so twice."""
    customers = [one.customer for one in COMPLAINTS]
    assert len(set(customers)) == 20
    twice = sorted({one for one in customers if customers.count(one) == 2})
    found = complaints["repeat_customers"]
    assert found["part"] == len(twice)
    assert [one["customer"] for one in found["most"]] == twice
    assert found["share"] == 0.25


def test_open_lessons_obstructions_and_commendations(register: str) -> None:
    """Of all categories; put to use are the lessons of 1, 3, 6, 10 and 13."""
    found = report(register)
    lessons = found["open_lessons"]
    assert lessons["open"] == 9
    assert [(one["case"], one["owner"], one["due"]) for one in lessons["listed"]] == [
        ("A-clm0314-01", "mo", "2025-03-31"),
        ("C-2025-0004", "jiang", "2025-03-31"),
        ("C-2025-0017", "jiang", "2025-04-05"),
        ("C-2025-0015", "yin", "2025-04-10"),
        ("C-2025-0008", "ding", "2025-04-15"),
        ("A-clm0401-01", "jiang", "2025-04-18"),
        ("C-2025-0018", "ding", "2025-04-20"),
        ("C-2025-0011", "shi", "2025-04-25"),
        ("C-2025-0005", "ding", "2025-04-30"),
    ]
    assert found["obstructions"] == [{"party": "chen", "how": "no_show", "times": 1}]
    assert found["commendations"] == [{"staff": "yin", "times": 1}]


def test_conflicts_within_the_company(register: str) -> None:
    """3, 11, 17, 18, 29.  Resolved 3 (1440 min), 11 (1470), 18 (4260), 17 (5400), all in time:
    median the second, 24.5 h; escalated 17 and 18.  Answered 4, 4, 4, 5 (3), 4, 3, 4, 4 (11),
    4, 3, 4 (17): 43 / 11 = 3.91."""
    found = report(register, "--category", "internal")
    assert (found["cases"], found["resolved"]) == (5, 4)
    assert found["resolution"]["median_hours"] == 24.5
    assert found["resolution"]["in_time"] == share(4, 4)
    assert found["escalation"] == share(2, 5)
    assert found["satisfaction"]["mean"] == 3.91
