"""Every command that records an event, and what it leaves in the register."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conflictctl.cli.case import STEPS
from conflictctl.cli.fields import FIELD_HELP, FLAGS, SUBJECTS, shares
from conflictctl.events import KINDS

from .conftest import Invoke, events_of

ACKNOWLEDGED = re.compile(
    r"recorded #(\d+) (\w+) \d{4}-\d\d-\d\d \d\d:\d\d \+08:00 receipt "
    r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\n\Z"
)

# The command, who acts, the kind it records, and fields that it must leave in the register.
RECORDED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("log-visit K1", "wang", "visit", {"direction": "in"}),
    (
        "log-visit K1 --direction out --level A --asked --answer none --named li --witness desk "
        "--outlet boshan --accompanied-by zhao --note hello",
        "wang",
        "visit",
        {
            "direction": "out",
            "level": "A",
            "asked": True,
            "answer": "none",
            "named": "li",
            "witness": "desk",
            "outlet": "boshan",
            "accompanied_by": "zhao",
            "note": "hello",
        },
    ),
    ("log-visit K1 --not-asked --answer li", "wang", "visit", {"asked": False, "answer": "li"}),
    ("log-call K1 --direction in", "wang", "call", {"direction": "in", "reached": True}),
    ("log-call K1 --direction out --not-reached", "wang", "call", {"reached": False}),
    (
        "log-call K1 --direction out --reached --level B",
        "wang",
        "call",
        {"reached": True, "level": "B"},
    ),
    ("log-followup K1", "wang", "followup", {"channel": "phone", "reached": True}),
    ("log-followup K1 --channel wechat", "wang", "followup", {"channel": "wechat"}),
    ("log-inform K1 --to li", "wang", "inform", {"to": "li"}),
    ("log-accompany K1 --to-outlet boshan", "wang", "accompany", {"to_outlet": "boshan"}),
    ("log-together K1 K2", "desk", "together", {"customers": ["K1", "K2"]}),
    ("log-level K1 --level H", "wang", "level", {"level": "H"}),
    (
        "log-card K1 --contact Chen --title CEO --rank 5",
        "wang",
        "card",
        {"contact": "Chen", "title": "CEO", "rank": 5},
    ),
    (
        "log-check --query 138****8000 --result taken",
        "eye",
        "check",
        {"query": "138****8000", "result": "taken"},
    ),
    ("log-check K1", "li", "check", {}),
    (
        "log-filing K1 --to sun --expires-at 2030-01-01T00:00+08:00 --fields model=X3 "
        "--fields budget=200000 --scope customer",
        "wang",
        "filing",
        {
            "to": "sun",
            "expires_at": "2029-12-31T16:00:00Z",
            "scope": "customer",
            "fields": {"model": "X3", "budget": "200000"},
        },
    ),
    ("log-filing K1 --to-outlet boshan", "wang", "filing", {"to_outlet": "boshan"}),
    ("log-notice K1 --to li", "sun", "notice", {"to": "li"}),
    ("log-demand K1 --to li", "sun", "demand", {"to": "li"}),
    (
        "log-order K1 --amount 5000.50 --currency CNY --product X3 --deal D1",
        "wang",
        "order",
        {"amount": "5000.5", "currency": "CNY", "product": "X3", "deal": "D1"},
    ),
    (
        "log-close K1 --signer li:60 --signer wang:40",
        "wang",
        "close",
        {"signers": [{"staff": "li", "share": "60"}, {"staff": "wang", "share": "40"}]},
    ),
    (
        "log-close K1 --signers li --signers wang",
        "wang",
        "close",
        {"signers": [{"staff": "li"}, {"staff": "wang"}]},
    ),
    ("log-learn K1", "wang", "learn", {}),
    ("log-claim K1 --to sun --deal D1", "wang", "claim", {"to": "sun", "deal": "D1"}),
    (
        "log-finding K1 --question misconduct --subject li --answer true --grounds seen "
        "--jointly-with he",
        "sun",
        "finding",
        {
            "question": "misconduct",
            "subject": "li",
            "answer": True,
            "grounds": "seen",
            "jointly_with": ["he"],
        },
    ),
    (
        "log-finding --question accompaniment --subject li --answer=-2",
        "he",
        "finding",
        {"answer": -2},
    ),
    (
        "log-finding --question knowledge --subject li --answer partial",
        "he",
        "finding",
        {"answer": "partial"},
    ),
    (
        "log-sanction K1 --staff li --measure fine --amount 100 --reason x",
        "sun",
        "sanction",
        {"staff": "li", "measure": "fine", "amount": "100"},
    ),
    (
        "settle K1 --share li=60 --share wang=40 --approved-by sun",
        "wang",
        "agreement",
        {
            "parties": ["li", "wang"],
            "approved_by": "sun",
            "shares": [{"party": "li", "share": "60"}, {"party": "wang", "share": "40"}],
        },
    ),
    (
        "settle K1 --party li --party boshan --share boshan=100%",
        "wang",
        "agreement",
        {"parties": ["li", "boshan"], "shares": [{"party": "boshan", "share": "100"}]},
    ),
    (
        "log-agreement K1 --share li=33.34 --share wang=66.66 --deal D1",
        "wang",
        "agreement",
        {"deal": "D1"},
    ),
    (
        "rule K1 --instance sales_manager --award li=70 --award wang=30 --reason x --final "
        "--jointly-with he",
        "sun",
        "ruling",
        {
            "instance": "sales_manager",
            "final": True,
            "jointly_with": ["he"],
            "award": [{"party": "li", "share": "70"}, {"party": "wang", "share": "30"}],
        },
    ),
    (
        "log-ruling K1 --instance general_manager --award li=100 --reason x",
        "gm",
        "ruling",
        {"instance": "general_manager"},
    ),
    ("reassign K1 --to li --cause overdue", "sun", "reassign", {"to": "li", "cause": "overdue"}),
    (
        "customer add K3 --name 单丽娜 --phone 13900139000 --phone 0533-2345678 --type domineering "
        "--segment fleet --address 淄博",
        "wang",
        "customer",
        {
            "name": "单丽娜",
            "phones": ["13900139000", "0533-2345678"],
            "type": "domineering",
            "segment": "fleet",
            "address": "淄博",
        },
    ),
    (
        "customer edit K1 --address 淄博",
        "wang",
        "customer",
        {"name": "客户K1", "phones": ["138 0013 8000"], "address": "淄博"},
    ),
    ("customer lost K1 --reason no_interest", "wang", "lost", {"reason": "no_interest"}),
    ("customer reopen K1", "wang", "reopened", {}),
    (
        "customer link K1 K2 --relation same",
        "wang",
        "link",
        {"customers": ["K1", "K2"], "relation": "same"},
    ),
    ("customer link K1 K2 --relation household", "sun", "link", {"relation": "household"}),
    ("customer unlink K1 K2", "sun", "unlink", {"customers": ["K1", "K2"]}),
    (
        "outlet add west --name West --type sister_store",
        "sun",
        "outlet",
        {"outlet": "west", "name": "West", "type": "sister_store"},
    ),
    ("outlet edit shop --name Main", "sun", "outlet", {"name": "Main", "type": "store"}),
    (
        "staff add zhou --name 周敏 --role consultant --outlet boshan --department east "
        "--login zhoumin",
        "sun",
        "staff",
        {
            "staff": "zhou",
            "name": "周敏",
            "role": "consultant",
            "outlet": "boshan",
            "department": "east",
            "login": "zhoumin",
        },
    ),
    (
        "staff edit li --login lina",
        "gm",
        "staff",
        {"staff": "li", "name": "Li [/]", "role": "consultant", "outlet": "shop", "login": "lina"},
    ),
    (
        "staff move li --outlet boshan --role supervisor",
        "sun",
        "staff_moved",
        {"staff": "li", "outlet": "boshan", "role": "supervisor"},
    ),
    ("staff leave li", "sun", "staff_left", {"staff": "li"}),
    ("staff return li", "sun", "staff_returned", {"staff": "li"}),
    (
        "staff absent li --until 2030-01-01 --cover wang",
        "sun",
        "staff_absent",
        {"staff": "li", "until": "2030-01-01", "cover": "wang"},
    ),
]


@pytest.mark.parametrize(
    ("command", "actor", "kind", "fields"), RECORDED, ids=[row[0][:50] for row in RECORDED]
)
def test_records(
    invoke: Invoke, showroom: Path, command: str, actor: str, kind: str, fields: dict[str, Any]
) -> None:
    result = invoke(*command.split(), "--as", actor)
    acknowledged = ACKNOWLEDGED.match(result.stdout)
    assert acknowledged, result.stdout
    (event,) = events_of(showroom)
    assert (event.seq, event.kind) == (int(acknowledged[1]), kind)
    assert acknowledged[2] == kind
    assert (event.by, event.recorded_by) == (actor, actor)
    assert {name: event.fields.get(name) for name in fields} == fields
    assert event.at == event.recorded_at


# Commands that speak of an entry made before: (the entry, its actor), (the command, its actor).
ABOUT_ENTRIES = [
    (
        ("log-filing K1 --to sun --id F", "wang"),
        ("filing approve F", "sun"),
        "decision",
        {"on": "F", "decision": "approve"},
    ),
    (
        ("log-filing K1 --to sun --id F", "wang"),
        ("filing extend F --expires-at 2030-01-01T00:00+08:00", "sun"),
        "decision",
        {"decision": "extend", "expires_at": "2029-12-31T16:00:00Z"},
    ),
    (
        ("log-filing K1 --to sun --id F", "wang"),
        ("filing reject #14", "gm"),
        "decision",
        {"on": "F", "decision": "reject"},
    ),
    (
        ("log-filing K1 --to sun", "wang"),
        ("filing return #14", "sun"),
        "decision",
        {"on": 14, "decision": "return"},
    ),
    (
        ("log-filing K1 --to sun --id F", "wang"),
        ("log-decision --on F --decision approve", "sun"),
        "decision",
        {"decision": "approve"},
    ),
    (("log-order K1", "wang"), ("log-cancel-order K1", "wang"), "cancel_order", {}),
    (
        ("log-order K1", "wang"),
        ("log-cancel-order K1 --on #14", "wang"),
        "cancel_order",
        {"on": 14},
    ),
    (("log-claim K1", "wang"), ("claim withdraw K1", "wang"), "withdraw_claim", {}),
    (("log-claim K1", "wang"), ("log-withdraw-claim K1", "wang"), "withdraw_claim", {}),
    (
        ("log-claim K1 --id C", "wang"),
        ("claim withdraw K1 --on C", "wang"),
        "withdraw_claim",
        {"on": "C"},
    ),
    (
        ("log-claim K1 --by wang", "desk"),
        ("claim withdraw K1 --by wang", "desk"),
        "withdraw_claim",
        {},
    ),
    (
        ("rule K1 --instance sales_manager --award li=100 --reason x --id R", "sun"),
        ("appeal R --to general_manager", "wang"),
        "appeal",
        {"against": "R", "to": "general_manager"},
    ),
    (
        ("log-visit K1 --named li --witness desk", "wang"),
        ("confirm #14", "desk"),
        "confirm",
        {"on": 14},
    ),
    (("settle K1 --share li=100 --approved-by sun", "wang"), ("confirm #14", "sun"), "confirm", {}),
    (
        ("log-visit K1 --id V", "wang"),
        ("correct V --set level=A --set note=x", "wang"),
        "correction",
        {"corrects": "V", "changes": {"level": "A", "note": "x"}},
    ),
    (
        ("log-visit K1 --by wang", "desk"),
        ("correct #14 --set asked=false", "desk"),
        "correction",
        {"corrects": 14, "changes": {"asked": False}},
    ),
    (
        ("log-visit K1 --level A", "wang"),
        ("correct #14 --set level=", "sun"),
        "correction",
        {"changes": {"level": None}},
    ),
    (
        ("log-close K1", "wang"),
        ("correct #14 --set signers=li:60,wang:40", "wang"),
        "correction",
        {
            "changes": {
                "signers": [{"staff": "li", "share": "60"}, {"staff": "wang", "share": "40"}]
            }
        },
    ),
    (
        ("log-filing K1 --to sun", "wang"),
        ("correct #14 --set expires-at=2030-01-01T00:00+08:00", "wang"),
        "correction",
        {"changes": {"expires_at": "2029-12-31T16:00:00Z"}},
    ),
    (
        ("log-visit K1", "wang"),
        ("void #14 --reason twice", "wang"),
        "void",
        {"voids": 14, "reason": "twice"},
    ),
    (("log-visit K1 --id V", "wang"), ("void V", "sun"), "void", {"voids": "V"}),
    (
        ("log-visit K1 --id V", "wang"),
        ("log-finding K1 --question padding --subject wang --answer true --strikes V", "sun"),
        "finding",
        {"strikes": ["V"]},
    ),
]


@pytest.mark.parametrize(
    ("entry", "command", "kind", "fields"),
    ABOUT_ENTRIES,
    ids=[row[1][0][:50] for row in ABOUT_ENTRIES],
)
def test_records_about_an_entry(
    invoke: Invoke,
    showroom: Path,
    entry: tuple[str, str],
    command: tuple[str, str],
    kind: str,
    fields: dict[str, Any],
) -> None:
    invoke(*entry[0].split(), "--as", entry[1])
    assert ACKNOWLEDGED.match(invoke(*command[0].split(), "--as", command[1]).stdout)
    event = events_of(showroom)[-1]
    assert event.kind == kind
    assert event.by == command[1] or "--by" in command[0]
    assert {name: event.fields.get(name) for name in fields} == fields


def test_a_share_is_told_from_an_id_that_holds_a_colon() -> None:
    assert shares("staff", ["a:b", "a:b:60", "c:40%", "d:1.5"], ":") == [
        {"staff": "a:b"},
        {"staff": "a:b", "share": "60"},
        {"staff": "c", "share": "40"},
        {"staff": "d", "share": "1.5"},
    ]


def test_every_kind_has_its_command() -> None:
    tried = {row[2] for row in RECORDED} | {row[2] for row in ABOUT_ENTRIES}
    by_the_register = {kind.name for kind in KINDS.values() if kind.own}
    # Those of cases are tried in test_case.py.
    of_cases = {kind for kind, _ in STEPS.values()} | {"case_opened", "survey"}
    assert tried | of_cases | by_the_register | {"setting"} == set(KINDS)


def test_every_field_is_explained_and_every_flag_is_known() -> None:
    for kind in KINDS.values():
        if not kind.own and kind.group not in ("mend", "register"):
            assert set(kind.fields) <= {*FIELD_HELP, *SUBJECTS}, kind.name
        for name, field in kind.fields.items():
            takes_both = True
            for value in (True, False):
                try:
                    takes_both &= field.check(value) is value
                except ValueError:
                    takes_both = False
            # A finding's answer and plain JSON take more than true and false.
            if takes_both and name not in ("answer", "value", "changes"):
                assert name in FLAGS


# -------------------------------------------------------------------------- who and when


def test_an_entry_for_another_keeps_both_names(invoke: Invoke, showroom: Path) -> None:
    invoke("log-visit", "K1", "--by", "wang", "--as", "desk")
    (event,) = events_of(showroom)
    assert (event.by, event.recorded_by) == ("wang", "desk")


def test_the_time_is_resolved_and_shown(invoke: Invoke, showroom: Path) -> None:
    result = invoke("log-visit", "K1", "--as", "wang", "--at", "2025-03-20T06:30Z")
    assert " visit 2025-03-20 14:30 +08:00 receipt " in result.stdout
    assert "later day" in result.stderr
    (event,) = events_of(showroom)
    assert event.recorded_at > event.at
    assert event.offset == 480


def test_an_id_sent_twice_is_recorded_once(invoke: Invoke, showroom: Path) -> None:
    first = invoke("log-visit", "K1", "--as", "wang", "--id", "v1").stdout
    again = invoke("log-visit", "K1", "--as", "wang", "--id", "v1").stdout
    assert again.split()[:2] == first.split()[:2]
    assert "already" in again
    assert len(events_of(showroom)) == 1
    clash = invoke("log-visit", "K1", "--as", "wang", "--id", "v1", "--level", "A", code=3)
    assert "v1" in clash.stderr


def test_a_new_card_sent_twice_is_recorded_once(invoke: Invoke, showroom: Path) -> None:
    for command in (
        "customer add K3 --name A --id c3",
        "staff add x --name X --role clerk --outlet shop --id s1",
        "outlet add y --name Y --type store --id o1",
    ):
        invoke(*command.split(), "--as", "sun")
        assert "already" in invoke(*command.split(), "--as", "sun").stdout
    assert len(events_of(showroom)) == 3


def test_the_first_manager_sent_twice_is_recorded_once(invoke: Invoke) -> None:
    invoke("outlet", "add", "shop", "--name", "S", "--type", "store")
    for _ in range(2):  # the second time somebody would have to act
        invoke(
            "staff",
            "add",
            "sun",
            "--name",
            "S",
            "--role",
            "manager",
            "--outlet",
            "shop",
            "--id",
            "s1",
        )


def test_without_an_id_the_same_visit_is_another_visit(invoke: Invoke, showroom: Path) -> None:
    for _ in range(2):
        invoke("log-visit", "K1", "--as", "wang", "--at", "yesterday 14:30")
    assert len(events_of(showroom)) == 2


def test_the_acknowledgement_as_json(invoke: Invoke, showroom: Path) -> None:
    result = invoke(
        "log-visit",
        "K1",
        "--as",
        "wang",
        "--at",
        "2025-03-20T06:30Z",
        "--id",
        "v1",
        "--format",
        "json",
    )
    answer = json.loads(result.stdout)
    assert answer["seq"] == 14
    assert answer["at"] == "2025-03-20T14:30:00+08:00"
    assert answer["already"] is False
    assert {"id", "kind", "customer", "by", "recorded_at", "receipt"} < set(answer)


def test_the_acknowledgement_begins_alike_in_chinese(invoke: Invoke, showroom: Path) -> None:
    result = invoke("log-visit", "K1", "--as", "wang", "--lang", "zh")
    assert result.stdout.startswith("recorded #14 visit ")


# --------------------------------------------------------------------------- new or known


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("outlet add shop --name X --type store", "outlet edit"),
        ("staff add li --name X --role clerk --outlet shop", "staff edit"),
        ("customer add K1 --name X", "customer edit"),
    ],
)
def test_what_is_there_is_edited_and_not_added(
    invoke: Invoke,
    showroom: Path,
    command: str,
    says: str,
) -> None:
    assert says in invoke(*command.split(), "--as", "sun", code=3).stderr
    assert events_of(showroom) == []


@pytest.mark.parametrize(
    "command",
    [
        "outlet edit nowhere --name X",
        "staff edit nobody --name X",
        "customer edit K9 --name X",
        "claim withdraw K1 --by li",
        "log-cancel-order K1",
        "staff move li",
    ],
)
def test_what_is_not_there_is_refused(invoke: Invoke, showroom: Path, command: str) -> None:
    result = invoke(*command.split(), "--as", "sun", code=3)
    assert result.stderr.startswith("error: ")
    assert "\nhint: " in result.stderr


def test_an_edit_keeps_what_corrections_changed(invoke: Invoke, showroom: Path) -> None:
    invoke("customer", "add", "K3", "--name", "A", "--address", "old", "--as", "wang")
    invoke("correct", "#14", "--set", "address=new", "--as", "wang")
    invoke("customer", "edit", "K3", "--name", "B", "--as", "wang")
    assert events_of(showroom)[-1].fields["address"] == "new"


def test_a_witness_named_by_a_correction_may_confirm(invoke: Invoke, showroom: Path) -> None:
    invoke("log-visit", "K1", "--named", "li", "--as", "wang")
    invoke("confirm", "#14", "--as", "desk", code=4)
    invoke("correct", "#14", "--set", "witness=desk", "--as", "wang")
    invoke("confirm", "#14", "--as", "desk")


def test_a_party_to_the_case_is_refused(invoke: Invoke, showroom: Path) -> None:
    invoke("settle", "K1", "--share", "sun=100", "--as", "wang")
    result = invoke(
        "rule",
        "K1",
        "--instance",
        "sales_manager",
        "--award",
        "li=100",
        "--reason",
        "x",
        "--as",
        "sun",
        code=4,
    )
    assert "party" in result.stderr
    invoke("log-notice", "K1", "--to", "li", "--as", "sun", code=4)
    invoke("log-notice", "K2", "--to", "li", "--as", "sun")
    invoke("customer", "link", "K1", "K2", "--relation", "same", "--as", "wang")
    # Now both are one matter.
    invoke("log-notice", "K2", "--to", "li", "--as", "sun", code=4)
