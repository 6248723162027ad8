"""Who may enter what: every role with every kind, by himself and for others."""

from __future__ import annotations

from typing import Any

import pytest

from conflictctl.calendar import DAY, parse_time
from conflictctl.events import INSTANCES, KINDS, ROLES, Draft, Event, read_line
from conflictctl.people import People
from conflictctl.permissions import (
    HOUSE,
    has_management,
    refusal,
    warning_on_import,
    who_may,
)

NOW = parse_time("2025-03-20T15:00:00+08:00")[0]

# Two people of every role: `consultant` and `consultant2`, ...
STAFF = [(role + suffix, role) for role in ROLES for suffix in ("", "2")]


def event(seq: int, line: dict[str, Any]) -> Event:
    draft = read_line(line)
    return Event(
        "main",
        seq,
        draft.id,
        draft.kind,
        NOW - DAY,
        480,
        NOW - DAY,
        NOW - DAY,
        draft.by,
        draft.recorded_by,
        draft.customer,
        draft.fields,
    )


def people_of(staff: list[tuple[str, str]]) -> People:
    people = People([event(1, {"kind": "outlet", "outlet": "shop", "name": "S", "type": "store"})])
    for seq, (name, role) in enumerate(staff, 2):
        people.learn(
            event(
                seq, {"kind": "staff", "staff": name, "name": name, "role": role, "outlet": "shop"}
            )
        )
    return people


PEOPLE = people_of(STAFF)

# A line of every kind that speaks of nobody in particular.
LINES: dict[str, dict[str, Any]] = {
    "outlet": {"outlet": "new", "name": "N", "type": "store"},
    "staff": {"staff": "new", "name": "N", "role": "clerk", "outlet": "shop"},
    "customer": {"customer": "K9", "name": "N"},
    "lost": {"customer": "K1", "reason": "other"},
    "reopened": {"customer": "K1"},
    "staff_left": {"staff": "clerk2"},
    "staff_returned": {"staff": "clerk2"},
    "staff_moved": {"staff": "clerk2", "role": "consultant"},
    "staff_absent": {"staff": "clerk2"},
    "link": {"customers": ["K1", "K2"], "relation": "same"},
    "unlink": {"customers": ["K1", "K2"]},
    "visit": {"customer": "K1"},
    "call": {"customer": "K1", "direction": "out"},
    "followup": {"customer": "K1"},
    "inform": {"customer": "K1", "to": "clerk2"},
    "accompany": {"customer": "K1", "to_outlet": "shop"},
    "confirm": {"customer": "K1", "on": 7},
    "together": {"customers": ["K1", "K2"]},
    "level": {"customer": "K1", "level": "A"},
    "check": {"customer": "K1", "query": "1**", "result": "taken"},
    "card": {"customer": "K1", "contact": "C"},
    "filing": {"customer": "K1", "to": "manager2"},
    "decision": {"customer": "K1", "on": 7, "decision": "approve"},
    "notice": {"customer": "K1", "to": "consultant2"},
    "reassign": {"customer": "K1", "to": "consultant2", "cause": "other"},
    "demand": {"customer": "K1", "to": "consultant2"},
    "order": {"customer": "K1"},
    "cancel_order": {"customer": "K1"},
    "close": {"customer": "K1"},
    "learn": {"customer": "K1"},
    "claim": {"customer": "K1"},
    "withdraw_claim": {"customer": "K1"},
    "agreement": {
        "customer": "K1",
        "parties": ["consultant2"],
        "shares": [{"party": "consultant2", "share": "100"}],
    },
    "finding": {"customer": "K1", "question": "q", "subject": "consultant2", "answer": True},
    "ruling": {
        "customer": "K1",
        "instance": "panel",
        "award": [{"party": "consultant2", "share": "100"}],
        "reason": "r",
    },
    "appeal": {"customer": "K1", "against": 7, "to": "panel"},
    "sanction": {"customer": "K1", "staff": "consultant2", "measure": "warning"},
    "case_opened": {
        "case": "C1",
        "customer": "K1",
        "category": "complaint",
        "channel": "phone",
        "demand": "d",
    },
    "case_accepted": {"case": "C1", "handler": "consultant"},
    "case_rejected": {"case": "C1", "reason": "r"},
    "case_withdrawn": {"case": "C1"},
    "case_contact": {"case": "C1", "said": "s"},
    "case_response": {"case": "C1"},
    "case_update": {"case": "C1"},
    "case_requirement": {"case": "C1", "requirement": "r"},
    "case_change": {"case": "C1", "change": "c"},
    "case_finding": {"case": "C1", "facts": "f"},
    "case_proposal": {"case": "C1", "proposal": "P1", "text": "t"},
    "case_reply": {"case": "C1", "proposal": "P1", "party": "customer", "reply": "accept"},
    "case_resolution": {"case": "C1", "how": "settled", "text": "t"},
    "case_task": {
        "case": "C1",
        "task": "T1",
        "owner": "consultant",
        "due": "2025-04-01",
        "text": "t",
    },
    "case_task_done": {"case": "C1", "task": "T1"},
    "case_survey": {"case": "C1", "score": 4},
    "case_lesson": {
        "case": "C1",
        "lesson": "L1",
        "root_cause": "r",
        "improvement": "i",
        "owner": "clerk",
    },
    "case_lesson_done": {"case": "C1", "lesson": "L1"},
    "case_obstruction": {"case": "C1", "party": "clerk", "how": "delay", "said": "s"},
    "case_escalated": {"case": "C1", "to": "supervisor", "reason": "r"},
    "case_reopened": {"case": "C1", "reason": "r"},
    "case_closed": {"case": "C1"},
    "survey": {"customer": "K1", "campaign": "Q1", "score": 5},
    "correction": {"customer": "K1", "corrects": 7, "changes": {"note": "n"}},
    "void": {"customer": "K1", "voids": 7, "reason": "r"},
    "setting": {"name": "policy", "value": "p"},
    "attestation": {"file": "f", "digest": "d"},
    "redaction": {"customer": "K1"},
}

# What is recorded about a case is anybody's; whether it fits, the procedure says.
CASE_KINDS = ("survey", *(kind for kind in LINES if kind.startswith("case_")))

C, S, M, D, G, K, A = ROLES
MANAGERS = {M, D, G}
SELLERS = {C, S}
ALL_BUT_AUDITOR = {C, S, M, D, G, K}

# Which role may enter a kind as its own act.
ALONE: dict[str, set[str]] = {
    **dict.fromkeys(
        (
            "outlet",
            "staff",
            "staff_left",
            "staff_returned",
            "staff_moved",
            "staff_absent",
            "setting",
            "attestation",
            "redaction",
        ),
        MANAGERS,
    ),
    **dict.fromkeys(
        (
            "customer",
            "lost",
            "reopened",
            "link",
            "inform",
            "accompany",
            "together",
            "filing",
            "order",
            "cancel_order",
            "close",
            "learn",
            "agreement",
            "appeal",
            *CASE_KINDS,
        ),
        ALL_BUT_AUDITOR,
    ),
    **dict.fromkeys(
        ("visit", "call", "followup", "level", "card", "claim", "withdraw_claim"), SELLERS
    ),
    **dict.fromkeys(
        ("unlink", "decision", "notice", "reassign", "finding", "sanction", "demand"), MANAGERS
    ),
    "ruling": {S, M, D, G},  # as panel
    "check": set(ROLES),
    # of another's entry, which names nobody
    "correction": MANAGERS,
    "void": MANAGERS,
    "confirm": set(),
}

# Which role may enter it as the act of the second consultant.
FOR_A_CONSULTANT: dict[str, set[str]] = {
    **{kind: {S, M, D, G, K} for kind in ALONE},
    "claim": {M, D, G, K},
    "withdraw_claim": {M, D, G, K},
    "demand": MANAGERS,
    **{
        kind: set()
        for kind in (
            "outlet",
            "staff",
            "staff_left",
            "staff_returned",
            "staff_moved",
            "staff_absent",
            "setting",
            "attestation",
            "redaction",
            "unlink",
            "decision",
            "notice",
            "reassign",
            "finding",
            "sanction",
            "ruling",
            "confirm",
            "correction",
            "void",
        )
    },
}


def refused(
    line: dict[str, Any],
    actor: str | None,
    *,
    target: Event | None = None,
    involved: set[str] | None = None,
    people: People = PEOPLE,
) -> bool:
    """Whether a live entry is refused."""
    reason = refusal(
        people, read_line(line), actor, NOW, target=target, involved=lambda: involved or set()
    )
    if reason is not None:
        assert str(reason)
        assert str(who_may(read_line(line)))
    return reason is not None


def line_of(kind: str, by: str | None = None) -> dict[str, Any]:
    line = {"kind": kind, **LINES[kind]}
    return line if by is None else {**line, "by": by}


TARGET = event(7, {"kind": "followup", "customer": "K1", "by": "supervisor2"})


def target_of(kind: str, by: str) -> Event | None:
    if kind == "withdraw_claim":
        return event(7, {"kind": "claim", "customer": "K1", "by": by})
    return TARGET if kind in ("confirm", "correction", "void", "decision", "appeal") else None


def test_every_kind_is_in_the_table() -> None:
    assert set(LINES) | {"notification", "checkpoint"} == set(KINDS)
    assert set(ALONE) == set(FOR_A_CONSULTANT) == set(LINES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", sorted(ALONE))
def test_a_role_enters_its_own_act(kind: str, role: str) -> None:
    assert refused(line_of(kind), role, target=target_of(kind, role)) is not (role in ALONE[kind])
    assert refused(line_of(kind, role), role, target=target_of(kind, role)) is not (
        role in ALONE[kind]
    )


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", sorted(FOR_A_CONSULTANT))
def test_a_role_enters_the_act_of_a_consultant(kind: str, role: str) -> None:
    assert refused(
        line_of(kind, "consultant2"), role, target=target_of(kind, "consultant2")
    ) is not (role in FOR_A_CONSULTANT[kind])


@pytest.mark.parametrize("role", [C, S, K, A])
@pytest.mark.parametrize(
    "kind", ["decision", "notice", "reassign", "finding", "sanction", "unlink"]
)
def test_nobody_enters_a_managers_act_without_the_power_himself(kind: str, role: str) -> None:
    assert refused(line_of(kind, "manager"), role, target=target_of(kind, "manager"))


@pytest.mark.parametrize("author", ROLES)
def test_an_auditor_is_the_author_of_nothing_but_look_ups(author: str) -> None:
    assert not refused(line_of("check", "auditor2"), "clerk")
    assert refused(line_of("order", "auditor2"), "clerk")
    assert refused(line_of("check", author), "auditor") is (author != "auditor")


def test_who_may_record_a_step_of_a_case_is_said() -> None:
    for kind in CASE_KINDS:
        assert str(who_may(read_line(line_of(kind)))) == (
            "anybody but an auditor may; for another: "
            "supervisor, clerk, manager, department_head, general_manager"
        )


@pytest.mark.parametrize("kind", CASE_KINDS)
def test_an_entry_about_a_case_is_refused_with_the_reason(kind: str) -> None:
    def reason(line: dict[str, Any], actor: str) -> str:
        return str(
            refusal(PEOPLE, read_line(line), actor, NOW, target=None, involved=lambda: {actor})
        )

    assert reason(line_of(kind), "auditor") == (
        "auditor is an auditor, who records nothing but look-ups"
    )
    assert reason(line_of(kind, "manager"), "consultant") == (
        f"{kind}: consultant is consultant and does not enter it in the name of manager"
    )
    # Whether a party may do it depends on the case, which the register does not know here.
    assert reason(line_of(kind), "consultant") == "None"


# ----------------------------------------------------------------------------- rulings

RULES_AS = {
    "supervisor": {S, M, G},
    "sales_manager": {M, G},
    "department_head": {D},
    "both_heads": {D},
    "general_manager": {G},
    "panel": {S, M, D, G},
}


@pytest.mark.parametrize("instance", INSTANCES)
@pytest.mark.parametrize("role", ROLES)
def test_the_role_fits_the_instance(role: str, instance: str) -> None:
    line = {**line_of("ruling"), "instance": instance}
    assert refused(line, role) is not (role in RULES_AS[instance])


def test_a_ruling_is_entered_by_the_person_who_rules() -> None:
    line = {**line_of("ruling", "manager"), "instance": "sales_manager"}
    assert not refused(line, "manager")
    for actor in ("manager2", "general_manager", "clerk"):
        assert refused(line, actor)


@pytest.mark.parametrize(
    "kind", ["ruling", "decision", "notice", "reassign", "finding", "sanction", "unlink", "demand"]
)
def test_a_party_does_not_decide(kind: str) -> None:
    target = target_of(kind, "manager")
    assert not refused(line_of(kind), "manager", target=target, involved={"consultant"})
    assert refused(line_of(kind), "manager", target=target, involved={"manager"})


def test_nobody_awards_himself_or_finds_about_himself() -> None:
    award = [{"party": "manager", "share": "100"}]
    assert refused({**line_of("ruling"), "award": award}, "manager")
    assert refused({**line_of("ruling"), "jointly_with": ["consultant2"]}, "manager")
    assert refused({**line_of("finding"), "subject": "manager"}, "manager")
    assert refused({**line_of("sanction"), "staff": "manager"}, "manager")
    assert refused({**line_of("reassign"), "to": "manager"}, "manager")


def test_a_household_is_linked_by_management_without_a_part_in_it() -> None:
    line = {**line_of("link"), "relation": "household"}
    for role in ROLES:
        assert refused(line, role) is not (role in MANAGERS)
    assert refused(line, "manager", involved={"manager"})
    assert not refused(line_of("link"), "consultant", involved={"consultant"})


def test_a_demand_needs_a_manager_to_enter_it_whoever_heard_it() -> None:
    assert not refused(line_of("demand", "consultant"), "manager")
    assert refused(line_of("demand", "manager"), "clerk")
    assert refused(line_of("demand", "consultant"), "manager", involved={"manager"})


# --------------------------------------------------------------------------- agreements


@pytest.mark.parametrize("role", ROLES)
def test_an_agreement_names_an_approver_with_the_power(role: str) -> None:
    line = {**line_of("agreement"), "approved_by": role}
    assert refused(line, "consultant") is not (role in MANAGERS)


def test_a_party_does_not_approve() -> None:
    shares = [{"party": "manager", "share": "50"}, {"party": "consultant2", "share": "50"}]
    line = {**line_of("agreement"), "approved_by": "manager"}
    assert refused(line, "consultant", involved={"manager"})
    assert refused({**line, "parties": ["manager", "consultant2"], "shares": shares}, "consultant")


# ------------------------------------------------------------------------------ mending


@pytest.mark.parametrize("kind", ["correction", "void"])
@pytest.mark.parametrize(
    ("actor", "may"),
    [
        ("supervisor2", True),  # its author
        ("clerk", True),  # who entered it
        ("clerk2", False),
        ("consultant", False),
        ("supervisor", False),
        ("manager", True),
        ("department_head", True),
        ("general_manager", True),
        ("auditor", False),
    ],
)
def test_an_entry_is_mended_by_author_recorder_or_management(
    kind: str,
    actor: str,
    may: bool,
) -> None:
    target = TARGET._replace(recorded_by="clerk")
    assert refused(line_of(kind), actor, target=target) is not may


@pytest.mark.parametrize("kind", ["correction", "void"])
def test_a_party_mends_only_its_own(kind: str) -> None:
    assert refused(line_of(kind), "manager", target=TARGET, involved={"manager"})
    assert not refused(line_of(kind), "supervisor2", target=TARGET, involved={"supervisor2"})


def test_a_correction_says_nothing_its_author_could_not_have_entered() -> None:
    def correct(actor: str, target: Event, **changes: Any) -> bool:
        return refused(
            {"kind": "correction", "corrects": 7, "changes": changes}, actor, target=target
        )

    assert not correct("supervisor2", TARGET, level="A")
    assert correct("supervisor2", TARGET, by="manager")
    link = event(7, {**line_of("link"), "by": "consultant"})
    assert not correct("consultant", link, customers=["K1", "K3"])
    assert correct("consultant", link, relation="household")
    visit = event(7, {**line_of("visit"), "by": "consultant"})
    assert correct("consultant", visit, by="consultant2")
    ruling = event(7, {**line_of("ruling"), "by": "manager"})
    assert correct("manager", ruling, award=[{"party": "manager", "share": "100"}])
    assert correct("general_manager", ruling, award=[{"party": "consultant", "share": "100"}])


# ------------------------------------------------------------------------- confirmations


@pytest.mark.parametrize(
    ("field", "value"), [("witness", "clerk"), ("accompanied_by", "clerk"), ("answer", "clerk")]
)
def test_who_is_spoken_of_confirms(field: str, value: str) -> None:
    target = event(7, {**line_of("visit"), "by": "consultant", "named": "consultant", field: value})
    assert not refused(line_of("confirm"), "clerk", target=target)
    for actor in ("consultant", "clerk2", "manager"):
        assert refused(line_of("confirm"), actor, target=target)


def test_approvers_and_joint_deciders_confirm() -> None:
    agreement = event(7, {**line_of("agreement"), "by": "consultant", "approved_by": "manager"})
    ruling = event(7, {**line_of("ruling"), "by": "manager", "jointly_with": ["department_head"]})
    assert not refused(line_of("confirm"), "manager", target=agreement)
    assert refused(line_of("confirm"), "manager2", target=agreement)
    assert not refused(line_of("confirm"), "department_head", target=ruling)


def test_nobody_confirms_for_another() -> None:
    target = event(7, {**line_of("visit"), "by": "consultant", "witness": "clerk"})
    assert refused(line_of("confirm", "clerk"), "manager", target=target)


def test_a_claim_is_withdrawn_by_its_claimant() -> None:
    claim = event(7, {"kind": "claim", "customer": "K1", "by": "consultant2"})
    assert refused(line_of("withdraw_claim"), "consultant", target=claim)
    assert not refused(line_of("withdraw_claim", "consultant2"), "clerk", target=claim)


# -------------------------------------------------------------- the actor, and the start


@pytest.mark.parametrize("kind", sorted(LINES))
def test_nothing_is_entered_by_nobody(kind: str) -> None:
    assert refused(line_of(kind), None, target=target_of(kind, "consultant"))


@pytest.mark.parametrize("staff", [[], [("desk", "clerk"), ("li", "consultant")]])
@pytest.mark.parametrize("kind", sorted(LINES))
def test_while_there_is_no_management_anybody_sets_the_register_up(
    kind: str,
    staff: list[tuple[str, str]],
) -> None:
    people = people_of(staff)
    assert not has_management(people, NOW)
    if kind in HOUSE:
        assert not refused(line_of(kind), None, people=people)
        for name, _ in staff:
            assert not refused(line_of(kind), name, people=people)
    else:
        assert refused(line_of(kind), None, people=people)


def test_who_has_left_enters_nothing() -> None:
    people = people_of(STAFF)
    people.learn(event(99, {"kind": "staff_left", "staff": "consultant"}))
    assert refused(line_of("visit"), "consultant", people=people)
    assert not refused(line_of("visit", "consultant"), "clerk", people=people)


def test_when_the_last_manager_has_left_anybody_may_name_the_next() -> None:
    people = people_of([("sun", "manager"), ("li", "consultant")])
    assert refused(line_of("staff"), "li", people=people)
    people.learn(event(99, {"kind": "staff_left", "staff": "sun"}))
    assert not refused(line_of("staff"), "li", people=people)


def test_staff_the_register_does_not_know_are_its_to_refuse() -> None:
    assert not refused(line_of("visit", "stranger"), "clerk")
    assert not refused(line_of("visit"), "stranger")


# ------------------------------------------------------------------------------- imports


def warned(line: dict[str, Any], target: Event | None = None) -> bool:
    return warning_on_import(PEOPLE, read_line(line), NOW, target) is not None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", sorted(set(ALONE) - HOUSE - {"confirm"}))
def test_an_import_warns_of_what_an_author_has_no_power_for(kind: str, role: str) -> None:
    assert warned(line_of(kind, role), target_of(kind, role)) is not (role in ALONE[kind])


def test_an_import_warns_of_the_author_and_not_of_who_entered_it() -> None:
    assert not warned({**line_of("visit", "consultant"), "recorded_by": "consultant2"})
    assert not warned({**line_of("notice", "manager"), "recorded_by": "clerk"})
    assert not warned({**line_of("demand", "consultant"), "recorded_by": "manager"})
    assert warned({**line_of("demand", "consultant"), "recorded_by": "clerk"})
    assert not warned(line_of("visit"))


def test_a_warning_says_what_a_refusal_says() -> None:
    draft: Draft = read_line(line_of("notice", "consultant"))
    assert warning_on_import(PEOPLE, draft, NOW, None) == refusal(
        PEOPLE, draft, "consultant", NOW, target=None, involved=set
    )
