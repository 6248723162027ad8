"""What a ruling says of itself: findings, evidence, margins, contested readings, warnings."""

from __future__ import annotations

from typing import Any

import pytest

from conflictctl.adjudication.ruling import OUTCOMES, Ruling
from tests.in_memory import RENAULT, rule
from tests.test_second_judge import history


def ruled(table: str, **options: Any) -> Ruling:
    return rule(history(table), **options)


LAPSED = """
01 10:00 wang visit level=A
02 16:00 wang followup
10 10:00 li visit
10 10:05 li inform to=wang
10 11:00 li close
11 09:00 wang claim
"""


def finding(ruling: Ruling, clause: str) -> Any:
    return next(f for f in ruling.findings if f.clause == clause)


def test_every_clause_is_listed_in_the_order_tried_and_one_decides() -> None:
    ruling = ruled(LAPSED)
    assert [f.outcome for f in ruling.findings].count("awards") == 1
    assert {f.outcome for f in ruling.findings} <= set(OUTCOMES)
    tried = [f.clause for f in ruling.findings]
    assert tried.index("P4") < tried.index("P3") < tried.index("6.2")
    assert finding(ruling, "6.2").outcome == "not_reached"


def test_the_deciding_finding_carries_margin_and_evidence() -> None:
    found = finding(ruled(LAPSED), "P3")
    assert found.margin.measured.plain() == "8 d"
    assert found.margin.limit.plain() == "7 d"
    assert found.evidence[-2:] == ("e2", "e3")
    assert found.party == "li"


def test_a_clause_not_met_carries_its_margin_too() -> None:
    kept = LAPSED.replace("02 16:00", "04 16:00")
    found = finding(ruled(kept), "P3")
    assert (found.outcome, found.margin.measured.amount, found.margin.limit.amount) == (
        "not_met",
        6,
        7,
    )


def test_refused_entries_are_named_with_the_reason() -> None:
    ruling = ruled(
        "01 17:40 wang visit level=A rec=2/9:00\n" + LAPSED.replace("01 10:00", "02 10:30")
    )
    refused = {r.event: r.why for f in ruling.findings for r in f.refused}
    assert refused["e1"] == "late"
    assert ruling.late == ("e1",)


def test_ruling_many_leaves_out_what_did_not_decide_but_says_the_same() -> None:
    for table in (LAPSED, LAPSED + "12 09:00 li void voids=e4"):
        whole, brief = ruled(table), ruled(table, explain=False)
        assert [f.clause for f in brief.findings] == [whole.decided_by]
        assert brief.findings[0] == next(
            f for f in whole.findings if f.outcome in ("awards", "refers")
        )
        assert brief._replace(findings=(), contested=()) == whole._replace(
            findings=(), contested=()
        )
        assert brief.contested == ()


def test_contested_readings_that_turn_the_ruling_are_named_with_the_other_winner() -> None:
    too_rarely = LAPSED.replace("level=A", "level=H").replace("02 16:00", "05 16:00")
    ruling = ruled(too_rarely)
    assert (ruling.credit[0].party, ruling.decided_by) == ("li", "P3")
    contested = {c.param: c for c in ruling.contested}
    assert contested["level_vs_week"].value == "both"
    for contest in ruling.contested:
        for turn in contest.turns:
            other = ruled(too_rarely, **{contest.param: turn.value})
            assert (other.status, other.credit) == (turn.status, turn.credit)
            assert other.credit != ruling.credit
    assert ruled(LAPSED).contested == ()


def test_only_parameters_marked_contested_are_tried() -> None:
    names = {name for name, parameter in RENAULT.parameters.items() if parameter.contested}
    assert names == {
        "level_vs_week",
        "silent_close",
        "claim_day_count",
        "lapse_test",
        "named_effect",
        "order_credit",
        "file_order",
    }


SILENT = """
01 10:00 wang visit level=A
05 10:00 wang followup
06 14:00 li visit asked=true answer=wang
06 16:00 li close
07 09:00 wang claim
"""


def warnings(ruling: Ruling) -> str:
    return " | ".join(str(w) for w in ruling.warnings)


def test_a_silent_close_warns_that_a_manager_may_look_into_it() -> None:
    assert "without telling" in warnings(ruled(SILENT))
    assert "without telling" not in warnings(ruled(LAPSED))


def test_misconduct_found_proposes_the_fine_and_then_the_suspension() -> None:
    found = SILENT + "08 09:00 sun finding question=misconduct subject=li answer=true grounds=x\n"
    (fine,) = ruled(found).sanctions
    assert (fine.clause, fine.staff, fine.measure, fine.amount) == ("P2", "li", "fine", "100")
    again = found + "09 09:00 sun finding question=misconduct subject=li answer=true grounds=x\n"
    assert [s.measure for s in ruled(again).sanctions] == ["fine", "suspension"]
    assert ruled(SILENT).sanctions == ()
    by_a_rival = (
        SILENT + "08 09:00 wang finding question=misconduct subject=li answer=true grounds=x"
    )
    assert ruled(by_a_rival).sanctions == ()


def test_a_departure_from_the_rule_is_marked() -> None:
    departed = LAPSED + "14 09:00 sun ruling instance=sales_manager award=wang:100\n"
    ruling = ruled(departed)
    assert ruling.by_rule is not None
    assert (ruling.decided_by, ruling.by_rule.decided_by) == ("P6", "P3")
    assert "departs" in warnings(ruling)
    followed = LAPSED + "14 09:00 sun ruling instance=sales_manager award=li:100\n"
    assert "departs" not in warnings(ruled(followed))


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("03 09:00 li notice to=wang", "no effect"),
        ("03 09:00 li reassign to=li cause=overdue", "no effect"),
        ("12 09:00 li ruling instance=sales_manager award=li:100", "no effect"),
        ("03 09:00 sun reassign to=zhang cause=left", "departure is not on record"),
        ("03 09:00 sun reassign to=zhang cause=other", "does not know this cause"),
    ],
)
def test_an_act_without_power_or_ground_has_no_effect_and_a_warning(act: str, said: str) -> None:
    ruling = ruled(LAPSED + act)
    assert said in warnings(ruling)
    assert ruling.decided_by == "P3"


def test_no_level_is_said_where_the_interval_could_not_be_applied() -> None:
    assert "No level was recorded" in warnings(ruled(LAPSED.replace(" level=A", "")))


def test_own_word_is_shown_as_such_until_confirmed() -> None:
    named = LAPSED.replace("10 10:00 li visit", "10 10:00 li visit named=li witness=desk")
    assert "own word" in warnings(ruled(named, attested=False))
    assert "own word" not in warnings(ruled(named))
    confirmed = named + "12 09:00 desk confirm on=e3\n"
    assert "own word" not in warnings(ruled(confirmed, attested=False))


def test_where_place_alone_decides_the_ruling_says_so() -> None:
    assert "place in the register alone" in warnings(
        ruled("01 10:00 wang visit level=A\n01 10:00 li visit level=A\n05 10:00 li close")
    )


def test_separate_files_of_a_caller_and_visitor_are_told_under_case_three() -> None:
    table = """
01 10:00 wang call customer=K2 direction=in level=A
06 10:00 li visit
06 12:00 desk link customers=K1,K2 relation=same
06 15:00 li close
07 09:00 wang claim
"""
    for customer in ("K1", "K2"):
        ruling = ruled(table, customer=customer)
        assert finding(ruling, "K3").outcome == "supports"
        assert (ruling.credit[0].party, ruling.decided_by) == ("wang", "P2")
