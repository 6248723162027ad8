"""The procedure of a case: which step leads where, and why a wrong one is refused.

The expected table is written out by hand from the written procedure: complaint recorded at
intake, accepted by a handler who is no party, investigated, negotiated, resolved in writing,
executed, verified, closed; withdrawn, rejected before acceptance, reopened.
"""

from __future__ import annotations

from typing import Any

import pytest

from conflictctl.cases.procedure import Case, Refusal, apply, next_step, replayed
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS, read_line

from .steps import (
    BETWEEN_DEPARTMENTS,
    COMPLAINT,
    INTERNAL,
    LADDER,
    PEOPLE,
    SAMPLES,
    Writing,
    event,
    snapshot,
)

# A dash: the step does not come in that state.
TABLE = """
                  open  acc   inv   neg   res   exe   clo   wit   rej   reo
case_opened       -     -     -     -     -     -     -     -     -     -
case_accepted     acc   acc   inv   neg   res   exe   -     -     -     reo
case_rejected     rej   -     -     -     -     -     -     -     -     -
case_withdrawn    wit   wit   wit   wit   wit   wit   -     -     -     wit
case_contact      open  acc   inv   neg   res   exe   clo   wit   rej   reo
case_response     open  acc   inv   neg   res   exe   clo   wit   rej   reo
case_update       open  acc   inv   neg   res   exe   -     -     -     reo
case_requirement  -     acc   inv   neg   -     -     -     -     -     reo
case_change       -     acc   inv   neg   res   exe   -     -     -     reo
case_finding      -     inv   inv   neg   -     -     -     -     -     inv
case_proposal     -     neg   neg   neg   -     -     -     -     -     neg
case_reply        -     -     -     neg   -     -     -     -     -     -
case_resolution   -     res   res   res   -     -     -     -     -     res
case_task         -     -     -     -     exe   exe   -     -     -     -
case_task_done    -     -     -     -     -     exe   -     -     -     -
case_survey       -     -     -     -     res   exe   clo   -     -     -
case_lesson       -     acc   inv   neg   res   exe   clo   wit   -     reo
case_lesson_done  open  acc   inv   neg   res   exe   clo   wit   rej   reo
case_obstruction  open  acc   inv   neg   res   exe   -     -     -     reo
case_escalated    open  acc   inv   neg   res   exe   -     -     -     reo
case_reopened     -     -     -     -     reo   reo   reo   reo   open  -
case_closed       -     -     -     -     clo   clo   -     -     -     -
"""
STATES = {
    "open": "open",
    "acc": "accepted",
    "inv": "investigating",
    "neg": "negotiating",
    "res": "resolved",
    "exe": "executing",
    "clo": "closed",
    "wit": "withdrawn",
    "rej": "rejected",
    "reo": "reopened",
}
NEXT = {
    "open": "next: `conflictctl case accept C-1 --handler STAFF`, or `case reject C-1 --reason …`",
    "accepted": "next: `conflictctl case find C-1 --facts …`, then `case propose`, `case resolve`",
    "investigating": (
        "next: `conflictctl case propose C-1 --text …`, then `case reply`, `case resolve`"
    ),
    "negotiating": (
        "next: `conflictctl case reply C-1 …`, then `case resolve C-1 --how … --text …`"
    ),
    "resolved": (
        "next: `conflictctl case task C-1 …` for what is owed, `case survey C-1 --score N`, "
        "then `case close C-1`"
    ),
    "executing": (
        "next: `conflictctl case done C-1 --task …`, `case survey C-1 --score N`, "
        "then `case close C-1`"
    ),
    "closed": "next: `conflictctl case reopen C-1 --reason …` takes it up again",
    "withdrawn": "next: `conflictctl case reopen C-1 --reason …` takes it up again",
    "rejected": "next: `conflictctl case reopen C-1 --reason …` takes it up again",
    "reopened": "next: `conflictctl case find C-1 --facts …`, `case propose` or `case resolve`",
}

# How a case comes into each state, with all that any later step may need.
WORKED_ON = ["case_accepted", "case_requirement"]
AGREED = [*WORKED_ON, "case_proposal", "case_reply", "case_resolution"]
ROUTES: dict[str, list[str]] = {
    "open": [],
    "accepted": WORKED_ON,
    "investigating": [*WORKED_ON, "case_finding"],
    "negotiating": [*WORKED_ON, "case_proposal"],
    "resolved": [*AGREED, "case_survey"],
    "executing": [*AGREED, "case_survey", "case_task", "case_task_done"],
    "closed": [*AGREED, "case_survey", "case_closed"],
    "withdrawn": [*WORKED_ON, "case_withdrawn"],
    "rejected": ["case_rejected"],
    "reopened": [*WORKED_ON, "case_withdrawn", "case_reopened"],
}


def cells() -> list[tuple[str, str, str | None]]:
    """`(kind, state, the state afterwards or None)` for every cell of the table."""
    head, *rows = TABLE.strip("\n").splitlines()
    return [
        (kind, STATES[state], STATES.get(after))
        for kind, *row in map(str.split, rows)
        for state, after in zip(head.split(), row, strict=True)
    ]


def written(route: list[str], **opened: Any) -> Writing:
    """A case that has gone a way, every step of which fits."""
    writing = Writing(**(opened or COMPLAINT))
    for kind in route:
        take(writing, kind)
    return writing


def take(writing: Writing, kind: str, **fields: Any) -> Case:
    refusal = attempt(writing, kind, **fields)
    assert refusal is None, refusal
    return writing.case


def attempt(writing: Writing, kind: str, **fields: Any) -> Refusal | None:
    """What comes of a step; a refused one leaves the case exactly as it was."""
    before = snapshot(writing.case)
    refusal = apply(writing.case, writing.entry(kind, **fields), LADDER)
    assert (refusal is None) or snapshot(writing.case) == before
    return refusal


def refused(writing: Writing, kind: str, **fields: Any) -> tuple[str, str, bool]:
    """Sentence, hint, and whether it is a matter of power."""
    refusal = attempt(writing, kind, **fields)
    assert refusal is not None
    return str(refusal.reason), str(refusal.hint), refusal.power


# ------------------------------------------------------------------------- the table


def test_the_table_names_every_kind_and_every_state() -> None:
    assert {kind for kind, _, _ in cells()} == {k for k in KINDS if k.startswith("case_")}
    assert len(cells()) == len(SAMPLES) * len(STATES) == 220


@pytest.mark.parametrize("state", ROUTES)
def test_a_case_comes_into_every_state(state: str) -> None:
    assert written(ROUTES[state]).case.state == state
    assert str(next_step(written(ROUTES[state]).case)) == NEXT[state]


@pytest.mark.parametrize(("kind", "state", "after"), cells())
def test_each_step_in_each_state(kind: str, state: str, after: str | None) -> None:
    route = ROUTES[state]
    if kind == "case_task_done" and state == "executing":
        route = route[:-1]
    if kind == "case_lesson_done":
        # A lesson is drawn from what was taken up; a case withdrawn before that may come back.
        early = ["case_withdrawn", "case_lesson", "case_reopened"]
        route = [*early, *route]
    if kind in ("case_proposal", "case_lesson", "case_task"):
        fields: dict[str, Any] = {kind.removeprefix("case_"): "N9"}
    else:
        fields = {"handler": "li"} if kind == "case_accepted" else {}
    writing = written(route)
    assert writing.case.state == state
    if kind == "case_opened":
        (tried,) = replayed(writing.case, [writing.entry(kind)]).tried
        assert tried.refusal is not None
        assert str(tried.refusal.reason) == "C-1 is open already"
        assert str(tried.refusal.hint) == NEXT[state]
        assert writing.case.state == state
    elif after is not None:
        assert take(writing, kind, **fields).state == after
    elif kind == "case_reply" and state in ("open", "accepted", "investigating", "reopened"):
        assert refused(writing, kind) == ("C-1 has no proposal yet", NEXT[state], False)
    else:
        sentence = f"C-1 is {state}: {kind} does not come now"
        assert refused(writing, kind, **fields) == (sentence, NEXT[state], False)


def test_what_an_entry_says_is_kept_by_the_case() -> None:
    writing = written([])
    take(writing, "case_accepted", severity=4, customer_type="domineering")
    take(writing, "case_finding", cause="service_quality", character="destructive")
    take(writing, "case_escalated", to="panel", handler="qian")
    case = take(writing, "case_resolution", how="compensated", by="qian")
    assert (case.severity, case.customer_type) == (4, "domineering")
    assert (case.cause, case.character) == ("service_quality", "destructive")
    assert (case.level, case.handler, case.how) == ("panel", "qian", "compensated")
    assert [e.fields["to"] for e in case.escalations] == ["panel"]


# ------------------------------------------------------------------ who may handle it


def test_a_party_does_not_accept_its_own_case() -> None:
    writing = written([], **INTERNAL)
    assert refused(writing, "case_accepted", handler="mei", by="wang") == (
        "wang is a party to C-1 and decides nothing in it",
        "the handler does it, or a manager who is no party",
        True,
    )
    assert take(writing, "case_accepted", handler="mei", by="desk").handler == "mei"


def test_the_handler_is_no_party() -> None:
    no_party = "--handler names somebody who is no party"
    writing = written([], **INTERNAL)
    sentence = "wang is a party to C-1 and cannot handle it"
    assert refused(writing, "case_accepted", handler="wang") == (sentence, no_party, True)
    assert refused(writing, "case_escalated", handler="wang") == (sentence, no_party, True)


def test_the_head_of_a_department_that_is_a_party_is_a_party() -> None:
    writing = written([], **BETWEEN_DEPARTMENTS)
    for staff in ("gao", "feng", "zhao", "wang"):
        reason, _, power = refused(writing, "case_accepted", handler=staff)
        assert (reason, power) == (f"{staff} is a party to C-1 and cannot handle it", True)
    assert refused(writing, "case_rejected", by="gao") == (
        "gao is a party to C-1 and decides nothing in it",
        "the handler does it, or a manager who is no party",
        True,
    )
    # The general manager stands above all departments, whichever he is filed under.
    assert take(writing, "case_accepted", handler="gm", by="gm").handler == "gm"


def test_somebody_who_moves_departments_later_was_a_party() -> None:
    people = type(PEOPLE)(
        [
            event(1, "outlet", outlet="shop", name="S", type="store"),
            event(2, "staff", staff="li", name="L", role="clerk", outlet="shop", department="a"),
            event(300, "staff_moved", staff="li", department="c"),
        ]
    )
    opened = event(
        100, "case_opened", case="C-1", **{**INTERNAL, "parties": []}, departments=["a", "b"]
    )
    case = Case(opened, people)
    assert case.is_party("li")


def test_the_same_handler_does_not_accept_twice_and_another_takes_over() -> None:
    writing = written(["case_accepted"])
    assert refused(writing, "case_accepted", handler="mei") == (
        "mei handles C-1 already",
        NEXT["accepted"],
        False,
    )
    first = writing.case.accepted
    case = take(writing, "case_accepted", handler="li")
    assert (case.handler, case.state, case.accepted) == ("li", "accepted", first)


def test_whom_an_escalation_names_before_acceptance_may_accept() -> None:
    writing = written([])
    take(writing, "case_escalated", handler="qian")
    assert (writing.case.state, writing.case.handler) == ("open", "qian")
    assert take(writing, "case_accepted", handler="qian", by="qian").state == "accepted"


@pytest.mark.parametrize(
    ("kind", "route"),
    [
        ("case_finding", ["case_accepted"]),
        ("case_resolution", ["case_accepted"]),
        ("case_task", ["case_accepted", "case_resolution"]),
        ("case_closed", ["case_accepted", "case_resolution", "case_survey"]),
    ],
)
def test_what_moves_a_case_is_the_handlers_or_a_superiors(kind: str, route: list[str]) -> None:
    for by in ("li", "desk"):
        assert refused(written(route), kind, by=by) == (
            f"{by} does not handle C-1",
            "mei does; or one of: supervisor, manager, department_head, general_manager",
            True,
        )
    for by in ("mei", "qian", "sun", "gao", "gm"):
        take(written(route), kind, by=by)


def test_a_case_that_nobody_handles_is_rejected_by_a_superior() -> None:
    assert refused(written([]), "case_rejected", by="li") == (
        "li does not handle C-1",
        "it needs one of: supervisor, manager, department_head, general_manager; and no party",
        True,
    )


def test_a_superior_who_is_a_party_moves_nothing() -> None:
    writing = written([], category="internal", parties=["sun", "li"], demand="d", by="li")
    take(writing, "case_accepted", by="desk")
    for kind in ("case_finding", "case_resolution"):
        assert refused(writing, kind, by="sun") == (
            "sun is a party to C-1 and decides nothing in it",
            "the handler does it, or a manager who is no party",
            True,
        )


@pytest.mark.parametrize("kind", sorted(set(SAMPLES) - {"case_opened"}))
def test_an_auditor_takes_no_step(kind: str) -> None:
    for route in ROUTES.values():
        reason, hint, power = refused(written(route), kind, by="ann")
        assert reason == "ann is an auditor, who records nothing but look-ups"
        assert hint == "--as says who acts; anybody but an auditor may"
        assert power


# --------------------------------------------------------- proposals and the replies


def test_a_reply_to_an_unknown_proposal() -> None:
    writing = written(["case_accepted", "case_proposal"])
    take(writing, "case_proposal", proposal="P2")
    sentence = "C-1 has no proposal P9"
    assert refused(writing, "case_reply", proposal="P9") == (sentence, "there are: P1, P2", False)


def test_a_reply_by_no_party() -> None:
    writing = written(["case_accepted", "case_proposal"])
    assert refused(writing, "case_reply", party="li") == (
        "li is no party to C-1",
        "parties are: customer",
        False,
    )
    writing = written([], **INTERNAL)
    take(writing, "case_accepted", by="sun")
    take(writing, "case_proposal")
    assert refused(writing, "case_reply", party="customer") == (
        "customer is no party to C-1",
        "parties are: wang, li",
        False,
    )


def test_a_department_replies() -> None:
    writing = written([], **BETWEEN_DEPARTMENTS)
    take(writing, "case_accepted", by="sun")
    take(writing, "case_proposal")
    case = take(writing, "case_reply", party="service", reply="counter")
    assert case.proposals["P1"].replies == {"service": "counter"}
    _, hint, _ = refused(writing, "case_reply", party="front")
    assert hint == "parties are: sales, service"


def test_a_reply_after_reopening_says_what_comes_first() -> None:
    writing = written([*AGREED, "case_reopened"])
    sentence = "C-1 is reopened: case_reply does not come now"
    assert refused(writing, "case_reply") == (sentence, NEXT["reopened"], False)


def test_two_proposals_have_two_names() -> None:
    writing = written(["case_accepted", "case_proposal"])
    assert refused(writing, "case_proposal") == (
        "C-1 has a proposal P1 already",
        "--proposal gives the new one a name of its own",
        False,
    )


# ------------------------------------------------------------------------- resolution


@pytest.mark.parametrize("reply", ["refuse", "counter"])
def test_nothing_is_settled_that_a_party_does_not_accept(reply: str) -> None:
    writing = written([], **INTERNAL)
    take(writing, "case_accepted", by="sun")
    take(writing, "case_proposal")
    take(writing, "case_reply", party="wang")
    take(writing, "case_reply", party="li", reply=reply)
    assert refused(writing, "case_resolution", how="settled", proposal="P1") == (
        "proposal P1 is not accepted by: li",
        "next: `conflictctl case propose C-1 …` another, or `case escalate C-1`",
        False,
    )
    take(writing, "case_reply", party="li", reply="accept")  # he thinks better of it
    assert take(writing, "case_resolution", how="settled", proposal="P1").how == "settled"


def test_a_settlement_names_a_proposal_there_is() -> None:
    writing = written(["case_accepted"])
    sentence = "C-1 has no proposal P7"
    given = {"how": "settled", "proposal": "P7"}
    assert refused(writing, "case_resolution", **given) == (sentence, NEXT["accepted"], False)


def test_nobody_rules_before_reconciliation_was_tried() -> None:
    writing = written(["case_accepted"])
    assert refused(writing, "case_resolution", how="ruled", by="sun") == (
        "C-1: reconciliation was not tried before the ruling",
        "next: `conflictctl case propose C-1 --text …` and the parties' replies",
        False,
    )
    take(writing, "case_proposal")
    take(writing, "case_reply", reply="refuse")
    assert take(writing, "case_resolution", how="ruled", by="sun").state == "resolved"


def test_a_ruling_takes_the_power() -> None:
    writing = written(["case_accepted", "case_proposal"])
    assert refused(writing, "case_resolution", how="ruled", by="mei") == (
        "mei has no power to rule on C-1",
        "it needs one of: supervisor, manager, department_head, general_manager; and no party",
        True,
    )
    assert take(writing, "case_resolution", how="ruled", by="qian").how == "ruled"


@pytest.mark.parametrize("how", ["mediated", "arbitrated"])
def test_mediation_and_arbitration_name_the_third_party(how: str) -> None:
    line = {"kind": "case_resolution", "case": "C-1", "by": "sun", "how": how, "text": "t"}
    with pytest.raises(InputRejected, match="third_party: is missing"):
        read_line(line)
    writing = written(["case_accepted"])
    assert take(writing, "case_resolution", how=how, third_party="the guild").how == how


def test_a_change_needs_a_requirement_that_the_customer_confirmed() -> None:
    expected = (
        "C-1 has no requirement that the customer confirmed",
        "next: `conflictctl case require C-1 --requirement … --confirmed`",
        False,
    )
    writing = written(["case_accepted"])
    assert refused(writing, "case_change") == expected
    take(writing, "case_requirement", confirmed=False)
    assert refused(writing, "case_change") == expected
    take(writing, "case_requirement")
    assert len(take(writing, "case_change").changes) == 1


# --------------------------------------------------------------- execution and closing


def test_nothing_is_closed_with_open_tasks() -> None:
    writing = written([*AGREED, "case_survey", "case_task"])
    take(writing, "case_task", task="T2")
    assert writing.case.open_tasks() == ["T1", "T2"]
    assert refused(writing, "case_closed") == (
        "C-1 has open tasks: T1, T2",
        "next: `conflictctl case done C-1 --task T1`",
        False,
    )
    take(writing, "case_task_done", task="T2")
    take(writing, "case_task_done", task="T1")
    assert take(writing, "case_closed").state == "closed"


ASK_FIRST = (
    "nobody was asked yet how satisfied he is with C-1",
    "next: `conflictctl case survey C-1 --score N`, or --survey-waived REASON",
    False,
)


def test_nothing_is_closed_before_somebody_was_asked() -> None:
    writing = written(AGREED)
    assert refused(writing, "case_closed") == ASK_FIRST
    take(writing, "case_survey", score=None, reached=False)
    assert refused(writing, "case_closed") == ASK_FIRST
    assert take(writing, "case_survey", score=1).answers[-1].score == 1
    assert take(writing, "case_closed").waived is None


def test_the_survey_is_waived_with_a_reason() -> None:
    case = take(written(AGREED), "case_closed", survey_waived="moved abroad")
    assert case.state == "closed"
    assert case.waived is case.closed


def test_the_survey_is_ended_with_a_reason() -> None:
    writing = written(AGREED)
    take(writing, "case_survey", score=None, ended="asks to be left alone")
    assert take(writing, "case_closed").answers == []


def test_after_reopening_somebody_is_asked_anew() -> None:
    writing = written([*ROUTES["closed"], "case_reopened"])
    take(writing, "case_resolution")
    assert refused(writing, "case_closed") == ASK_FIRST
    take(writing, "case_survey", score=4)
    case = take(writing, "case_closed")
    assert [answer.score for answer in case.answers] == [5, 4]


def test_a_reopened_case_still_owes_what_it_owed() -> None:
    writing = written([*AGREED, "case_task", "case_reopened"])
    case = take(writing, "case_resolution")
    assert case.open_tasks() == ["T1"]
    reason, _, _ = refused(writing, "case_closed", survey_waived="x")
    assert reason == "C-1 has open tasks: T1"


def test_a_rejected_case_that_is_reopened_is_open() -> None:
    case = take(written(["case_rejected"]), "case_reopened")
    assert (case.state, case.handler) == ("open", None)
    handled = take(written([*AGREED]), "case_reopened")
    assert (handled.state, handled.handler, handled.resolved) == ("reopened", "mei", None)


def test_two_tasks_have_two_names_and_each_is_done_once() -> None:
    writing = written([*AGREED, "case_task"])
    assert refused(writing, "case_task") == (
        "C-1 has a task T1 already",
        "--task gives the new one a name of its own",
        False,
    )
    sentence = "C-1 has no task T8"
    assert refused(writing, "case_task_done", task="T8") == (sentence, "there are: T1", False)
    take(writing, "case_task_done")
    assert refused(writing, "case_task_done") == (
        "task T1 of C-1 is done already",
        NEXT["executing"],
        False,
    )


def test_two_lessons_have_two_names_and_each_is_put_to_use_once() -> None:
    writing = written(["case_accepted"])
    sentence = "C-1 has no lesson L1"
    assert refused(writing, "case_lesson_done") == (sentence, NEXT["accepted"], False)
    take(writing, "case_lesson")
    assert refused(writing, "case_lesson") == (
        "C-1 has a lesson L1 already",
        "--lesson gives the new one a name of its own",
        False,
    )
    take(writing, "case_lesson_done")
    assert refused(writing, "case_lesson_done") == (
        "lesson L1 of C-1 is put to use already",
        NEXT["accepted"],
        False,
    )


# ------------------------------------------------------------------------- escalation


def test_a_case_goes_up_and_not_down() -> None:
    writing = written(["case_accepted"])
    take(writing, "case_escalated", to="panel")
    above = "levels above it: general_manager, mediation, arbitration"
    for level in ("panel", "supervisor", "handler"):
        sentence = f"{level} is no level above panel"
        assert refused(writing, "case_escalated", to=level) == (sentence, above, False)
    sentence = "there is no level king"
    assert refused(writing, "case_escalated", to="king") == (sentence, above, False)
    assert take(writing, "case_escalated", to="mediation").level == "mediation"


def test_above_the_highest_level_there_is_none() -> None:
    writing = written([])
    take(writing, "case_escalated", to="arbitration")
    assert refused(writing, "case_escalated", to="arbitration") == (
        "arbitration is no level above arbitration",
        "C-1 stands on the highest level already",
        False,
    )


def test_without_a_ladder_any_name_is_a_level() -> None:
    writing = written([])
    assert apply(writing.case, writing.entry("case_escalated", to="king")) is None
    assert writing.case.level == "king"


# ----------------------------------------------------------- cases of claims, replaying


def test_the_case_of_a_claim_is_resolved_by_the_acts_about_the_deal() -> None:
    claim = event(100, "claim", by="wang", customer="K1")
    writing = Writing("A-#100", **COMPLAINT)
    writing.case = Case(
        claim, PEOPLE, identity="A-#100", category="attribution", parties=["wang", "li"]
    )
    take(writing, "case_accepted", by="sun")
    assert refused(writing, "case_resolution", by="sun") == (
        "A-#100 follows from a claim to a deal",
        "next: `conflictctl settle K1 …` if the parties agree, else `conflictctl rule K1 …`",
        False,
    )
    assert refused(writing, "case_withdrawn") == (
        "A-#100 follows from a claim to a deal",
        "`conflictctl claim withdraw K1` takes it back",
        False,
    )


def test_a_replay_keeps_every_step_with_its_reason_or_none() -> None:
    writing = written([])
    steps = [
        writing.entry("case_finding"),
        writing.entry("case_accepted"),
        writing.entry("case_finding"),
    ]
    tried = replayed(writing.case, steps, LADDER).tried
    assert [step.refusal is None for step in tried] == [False, True, True]
    bare = written([])
    assert replayed(bare.case, steps, LADDER, keep=False).tried == []
    assert bare.case.state == writing.case.state == "investigating"
