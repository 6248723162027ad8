"""Entries about cases in the register: what is kept and found again, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from conflictctl.calendar import HOUR
from conflictctl.cases.procedure import Case, replayed
from conflictctl.errors import InputRejected
from conflictctl.events import Event
from conflictctl.register.audit import verify
from conflictctl.register.store import KnownAt, Register

from .conftest import EVERY_KIND, Clock, Log

OPENED: dict[str, Any] = {
    "kind": "case_opened",
    "case": "C-1",
    "customer": "K1",
    "category": "complaint",
    "channel": "phone",
    "demand": "全额退款",
    "by": "li",
}
INTERNAL: dict[str, Any] = {
    "kind": "case_opened",
    "case": "C-2",
    "category": "internal",
    "parties": ["wang", "li"],
    "demand": "排班不公",
    "by": "wang",
}


def step(kind: str, case: str = "C-1", by: str = "sun", **fields: Any) -> dict[str, Any]:
    return {"kind": f"case_{kind}", "case": case, "by": by, **fields}


ACCEPTED = step("accepted", handler="wang")


def refused(log: Log, *lines: dict[str, Any], **options: Any) -> tuple[str, str]:
    """Sentence and hint of what the register does not take."""
    with pytest.raises(InputRejected) as caught:
        log(*lines, **options)
    return str(caught.value.message), str(caught.value.hint)


def kinds(entries: list[Event]) -> list[str]:
    return [entry.kind for entry in entries]


def case_of(register: Register, case: str = "C-1") -> Case:
    first, *rest = register.case_events(case)
    return replayed(Case(first, register.people()), rest)


# ----------------------------------------------------------------- stored and read back


def test_the_entries_of_a_case_are_found_in_the_order_of_entry(
    register: Register, showroom: Log
) -> None:
    showroom(OPENED, INTERNAL, ACCEPTED)
    receipts = showroom(
        step("contact", "C-2", said="s"), step("contact", said="他很急", people=["赵先生"])
    )
    entries = register.case_events("C-1")
    assert kinds(entries) == ["case_opened", "case_accepted", "case_contact"]
    assert entries[-1] == receipts[1].event
    assert entries[0].customer == "K1"
    assert entries[-1].customer == "K1"  # that of the case
    assert register.case_events("C-2")[-1].customer is None  # nobody's
    assert kinds(register.case_events("C-2")) == ["case_opened", "case_contact"]
    assert register.case_events("C-3") == []


def test_entries_about_others_with_the_same_word_stay_out(
    register: Register, showroom: Log
) -> None:
    """A case may be called like a customer or a member of staff."""
    for name in ("K1", "wang"):
        showroom({**OPENED, "case": name, "demand": name})
        showroom({"kind": "correction", "by": "sun", "corrects": 8, "changes": {"note": name}})
        showroom({"kind": "correction", "by": "sun", "corrects": 6, "changes": {"note": name}})
        assert kinds(register.case_events(name)) == ["case_opened"]


def test_several_cases_are_read_at_once_with_or_without_words(
    register: Register, showroom: Log
) -> None:
    showroom(OPENED, INTERNAL, step("accepted", handler="wang", note="n"))
    page = ["C-2", "C-9", "C-1"]
    full = dict(register.cases(page))
    assert list(full) == page
    assert [len(entries) for entries in full.values()] == [1, 0, 2]
    bare = dict(register.cases(page, personal=False))
    assert "demand" not in bare["C-1"][0].fields
    assert "note" not in bare["C-1"][1].fields
    assert bare["C-1"][1].fields == {"case": "C-1", "handler": "wang"}


def test_the_state_of_a_case_is_told_without_the_words_said_about_it(
    register: Register, log: Log
) -> None:
    """What decides over the state is no personal datum, the reasons of waiving included."""
    log(*EVERY_KIND)
    people = register.people()
    for case in ("C-2013-0001", "C-2013-0002"):
        ((_, full),) = register.cases([case])
        ((_, bare),) = register.cases([case], personal=False)
        told = replayed(Case(full[0], people), full[1:])
        silent = replayed(Case(bare[0], people), bare[1:])
        assert [t.refusal for t in told.tried] == [t.refusal for t in silent.tried]
        assert (told.state, told.waived is None) == (silent.state, silent.waived is None)
    assert told.state == "withdrawn"


@pytest.mark.parametrize("ending", ["waived", "ended"])
def test_a_case_closed_without_a_survey_is_closed_without_the_words_too(
    register: Register, showroom: Log, ending: str
) -> None:
    showroom(OPENED, ACCEPTED, step("resolution", how="compensated", text="t"))
    if ending == "ended":
        showroom(step("survey", ended="不愿再谈"), step("closed"))
    else:
        showroom(step("closed", survey_waived="出国"))
    ((_, bare),) = register.cases(["C-1"], personal=False)
    assert replayed(Case(bare[0], register.people()), bare[1:]).state == "closed"


def test_ids_come_in_pages(register: Register, showroom: Log) -> None:
    named = [f"C-{number:05d}" for number in range(2100)]
    showroom(*({**OPENED, "case": case, "demand": case} for case in reversed(named)))
    pages = list(register.case_ids())
    assert [len(page) for page in pages] == [1000, 1000, 100]
    assert [case for page in pages for case in page] == named
    everything = dict(register.cases(named))
    assert list(everything) == named
    assert all(len(entries) == 1 for entries in everything.values())


def test_the_last_number_of_a_year(register: Register, showroom: Log, clock: Clock) -> None:
    assert register.last_case("C-2013-") is None
    for case in ("C-2013-9", "C-2013-0010", "C-2013-x", "C-2013-9b", "C-2014-0077", "D-2013-0099"):
        showroom({**OPENED, "case": case})
    assert register.last_case("C-2013-") == "C-2013-0010"
    with register.writing(clock) as writer:
        assert writer.next_case("C-2013-") == "C-2013-0011"
        assert writer.next_case("C-2015-") == "C-2015-0001"


def test_then_and_now(register: Register, showroom: Log, clock: Clock) -> None:
    (opened, _) = showroom(OPENED, ACCEPTED)
    before = clock.now
    clock.now += HOUR
    showroom(INTERNAL, step("contact", said="s"))
    for then in (KnownAt(moment=before), KnownAt(seq=opened.seq + 1)):
        assert kinds(register.case_events("C-1", then)) == ["case_opened", "case_accepted"]
        assert list(register.case_ids(then)) == [["C-1"]]
    assert list(register.case_ids()) == [["C-1", "C-2"]]


def test_every_kind_about_a_case_is_verified(register: Register, log: Log) -> None:
    log(*EVERY_KIND)
    assert verify(register).problem is None
    entries = register.case_events("C-2013-0001")
    assert {e.kind for e in entries} == {
        line["kind"]
        for line in EVERY_KIND
        if line.get("case") == "C-2013-0001" or line["kind"] == "case_opened"
    }


def test_what_was_said_is_not_in_the_body(register: Register, log: Log) -> None:
    log(*EVERY_KIND)
    bodies = b"".join(
        row[0] for row in register.connection.exec_driver_sql("SELECT body FROM events")
    ).decode()
    said = (
        "退一赔三 变速箱异响 展厅值班不公 无事实 有新材料 已和好 已收到 赵太太 要求退车 在检测 "
        "三日内修好 改为换件 多两天 油封漏油 检测单 换变速箱 彻底 费用高 可以 金额大 不交记录 "
        "免费更换 消协 订件 已到 尚可 未做交车检查 加一道检查 已执行 客户满意 拖延"
    )
    for words in said.split():
        assert words not in bodies, words
    entries = register.case_events("C-2013-0001")
    assert entries[0].fields["demand"] == "退一赔三"


# ----------------------------------------------------------------------- what is known


@pytest.mark.parametrize(
    "entry",
    [
        step("accepted", "C-9", handler="wang"),
        step("contact", "A-c9", said="s"),
        step("contact", "A-#8", said="s"),
        step("contact", "A-", said="s"),
        {"kind": "sanction", "by": "sun", "staff": "li", "measure": "fine", "case": "C-9"},
    ],
)
def test_an_unknown_case_is_refused(showroom: Log, entry: dict[str, Any]) -> None:
    assert refused(showroom, OPENED, entry) == (
        f"no case {entry['case']}",
        "`conflictctl case list` shows the cases; `case open` opens one",
    )


def test_a_case_of_an_undone_block_is_unknown_afterwards(showroom: Log) -> None:
    refused(showroom, OPENED, step("contact", "C-9", said="s"))
    assert refused(showroom, ACCEPTED)[0] == "no case C-1"


def test_a_case_is_opened_once(register: Register, showroom: Log) -> None:
    (first,) = showroom(OPENED)
    for again in ({**OPENED, "demand": "其他"}, {**INTERNAL, "case": "C-1"}):
        assert refused(showroom, again) == (
            "case: there is a case C-1 already",
            "`conflictctl case show C-1` shows it",
        )
        assert refused(showroom, {**INTERNAL}, {**again, "case": "C-2", "demand": "另"})[0] == (
            "case: there is a case C-2 already"
        )
    at = "2013-03-01T10:00:00+08:00"
    assert first.seq == register.head().seq
    (numbered,) = showroom({**OPENED, "case": "C-3", "id": "c3", "at": at})
    (retry,) = showroom({**OPENED, "case": "C-3", "id": "c3", "at": at})
    assert (retry.seq, retry.already) == (numbered.seq, True)


@pytest.mark.parametrize("case", ["A-x", "A-#1", "A-1"])
def test_an_id_like_that_of_a_claims_case_is_refused(showroom: Log, case: str) -> None:
    assert refused(showroom, {**OPENED, "case": case}) == (
        f"case: {case} would be the case of a claim",
        "ids that begin with A- belong to claims; choose another",
    )


def test_the_case_of_a_claim_is_known_by_its_claim(register: Register, showroom: Log) -> None:
    named, numbered = showroom(
        {"kind": "claim", "id": "c1", "customer": "K1", "by": "wang"},
        {"kind": "claim", "customer": "K2", "by": "li"},
    )
    showroom(
        step("contact", "A-c1", said="一"),
        # However the claim is referred to, its case has one name.
        step("contact", f"A-#{named.seq}", said="二"),
        step("contact", f"A-{register.origin}#{named.seq}", said="三"),
        step("contact", f"A-#{numbered.seq}", said="四"),
        step("contact", f"A-{register.origin}#{numbered.seq}", said="五"),
    )
    assert [e.get("said") for e in register.case_events("A-c1")] == ["一", "二", "三"]
    assert [e.get("said") for e in register.case_events(f"A-#{numbered.seq}")] == ["四", "五"]
    assert list(register.case_ids()) == []
    assert verify(register).problem is None


def test_a_visit_makes_no_case(showroom: Log) -> None:
    showroom({"kind": "visit", "id": "v1", "customer": "K1", "by": "wang"})
    assert refused(showroom, step("contact", "A-v1", said="s"))[0] == "no case A-v1"


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (step("accepted", handler="nobody"), "no member of staff nobody"),
        (step("accepted", handler="customer"), "no member of staff customer"),
        (step("escalated", to="x", reason="r", handler="nobody"), "no member of staff nobody"),
        (step("obstruction", party="nobody", how="delay", said="s"), "no member of staff nobody"),
        (
            step("task", task="T", owner="nobody", due="2013-04-01", text="t"),
            "no member of staff nobody",
        ),
        (step("contact", by="nobody", said="s"), "no member of staff nobody"),
        ({**INTERNAL, "parties": ["wang", "nobody"]}, "no member of staff nobody"),
        ({**OPENED, "case": "C-3", "customer": "K9"}, "no customer K9"),
        ({**OPENED, "case": "C-3", "outlet": "nowhere"}, "no outlet nowhere"),
        ({"kind": "survey", "customer": "K9", "campaign": "q", "score": 3, "by": "li"}, "no cust"),
        (step("finding", facts="f", evidence=["v9"]), "evidence: there is no entry v9"),
        (step("finding", facts="f", evidence=["#99"]), "evidence: there is no entry #99"),
        (step("finding", facts="f", evidence=["#1"]), "evidence: #1 is the register's own entry"),
    ],
)
def test_whom_and_what_nobody_knows(showroom: Log, entry: dict[str, Any], sentence: str) -> None:
    showroom(OPENED)
    assert refused(showroom, entry)[0].startswith(sentence)


def test_the_customer_may_owe_something_and_stand_in_the_way(showroom: Log) -> None:
    showroom(
        OPENED,
        step("task", task="T", owner="customer", due="2013-04-01", text="t"),
        step("obstruction", party="customer", how="no_show", said="s"),
    )


# ------------------------------------------------------------------------------ evidence


def test_evidence_is_named_as_the_register_names_it(register: Register, showroom: Log) -> None:
    named, numbered = showroom(
        {"kind": "visit", "id": "v1", "customer": "K1", "by": "wang"},
        {"kind": "visit", "customer": "K2", "by": "li"},
    )
    (receipt,) = showroom(
        OPENED, step("finding", facts="f", evidence=[f"#{named.seq}", f"#{numbered.seq}"])
    )[1:]
    assert receipt.event.fields["evidence"] == ["v1", numbered.seq]
    showroom(
        {
            "kind": "correction",
            "by": "sun",
            "corrects": receipt.seq,
            "changes": {"evidence": [f"{register.origin}#{named.seq}"]},
        }
    )
    assert register.case_events("C-1")[-1].fields["evidence"] == ["v1"]


def test_evidence_connects_no_customers(register: Register, showroom: Log) -> None:
    showroom(
        {"kind": "visit", "id": "v1", "customer": "K1", "by": "wang"},
        {"kind": "visit", "id": "v2", "customer": "K2", "by": "li"},
        OPENED,
        step("finding", facts="f", evidence=["v1", "v2"]),
    )
    dossier = register.dossier("K1")
    assert dossier is not None
    assert dossier.members == ("K1",)
    assert kinds(dossier.events) == ["customer", "visit", "case_opened", "case_finding"]
    assert verify(register).problem is None


def test_a_step_concerns_the_customer_of_its_case(register: Register, showroom: Log) -> None:
    showroom(OPENED)
    with pytest.raises(InputRejected, match="does not concern K2"):
        showroom(step("contact", said="s") | {"customer": "K2"})
    (receipt,) = showroom(step("contact", said="s") | {"customer": "K1"})
    assert receipt.event.customer == "K1"
    with pytest.raises(InputRejected, match="cannot be corrected"):
        showroom(
            {
                "kind": "correction",
                "by": "sun",
                "corrects": receipt.seq,
                "changes": {"customer": "K2"},
            }
        )


# --------------------------------------------------------------------------- sanctions


def test_a_sanction_for_conduct_in_a_case_stands_with_the_case(
    register: Register, showroom: Log
) -> None:
    sanction = {"kind": "sanction", "by": "sun", "staff": "li", "measure": "fine", "amount": 9}
    (receipt, other) = showroom(OPENED, sanction | {"case": "C-1"}, sanction)[1:]
    assert kinds(register.case_events("C-1")) == ["case_opened", "sanction"]
    assert "case" not in other.event.fields
    showroom({"kind": "void", "by": "sun", "voids": receipt.seq, "reason": "误"})
    assert kinds(register.case_events("C-1")) == ["case_opened"]
    assert verify(register).problem is None


# ------------------------------------------------------------------------------- mending


@pytest.mark.parametrize(
    "entry",
    [
        OPENED,
        ACCEPTED,
        {"kind": "sanction", "by": "sun", "staff": "li", "measure": "fine", "case": "C-1"},
    ],
)
def test_the_case_of_an_entry_is_not_corrected(showroom: Log, entry: dict[str, Any]) -> None:
    lines = [OPENED, INTERNAL] + ([entry] if entry is not OPENED else [])
    target = showroom(*lines)[0 if entry is OPENED else -1]
    mend = {"kind": "correction", "by": "sun", "corrects": target.seq}
    assert refused(showroom, {**mend, "changes": {"case": "C-2"}}) == (
        f"changes.case: cannot be corrected in {entry['kind']}",
        "ids stay; add the right one anew",
    )


def test_what_was_said_of_a_case_is_corrected(register: Register, showroom: Log) -> None:
    (opened, accepted) = showroom(OPENED, ACCEPTED)
    showroom(
        {
            "kind": "correction",
            "by": "li",
            "corrects": opened.seq,
            "changes": {"severity": 4, "demand": "部分退款"},
        },
        {"kind": "correction", "by": "sun", "corrects": accepted.seq, "changes": {"handler": "li"}},
    )
    case = case_of(register)
    assert (case.severity, case.handler) == (4, "li")
    assert case.opened.fields["demand"] == "部分退款"
    bodies = register.connection.exec_driver_sql("SELECT body FROM events").fetchall()
    assert all("部分退款".encode() not in row[0] for row in bodies)
    assert verify(register).problem is None


def test_a_correction_by_somebody_else_has_no_effect(register: Register, showroom: Log) -> None:
    (opened,) = showroom(OPENED)
    showroom(
        {"kind": "correction", "by": "wang", "corrects": opened.seq, "changes": {"severity": 4}}
    )
    assert case_of(register).severity == 2


def test_what_opens_a_case_is_not_voided(showroom: Log) -> None:
    (opened,) = showroom({**OPENED, "id": "o1"})
    void = {"kind": "void", "by": "li", "voids": opened.seq, "reason": "x"}
    sentence, hint = refused(showroom, void)
    assert sentence == "voids: o1 introduces C-1, which other entries may name"
    assert hint == "correct it instead; `case withdraw` ends the case"
    assert (
        "introduces C-2" in refused(showroom, {**INTERNAL, "id": "o2"}, {**void, "voids": "o2"})[0]
    )


def test_a_step_that_is_voided_was_none(register: Register, showroom: Log) -> None:
    showroom(OPENED, ACCEPTED)
    (resolved, _) = showroom(
        step("resolution", how="compensated", text="t"),
        step("closed", survey_waived="出国"),
    )
    assert case_of(register).state == "closed"
    (void,) = showroom({"kind": "void", "by": "sun", "voids": resolved.seq, "reason": "误"})
    case = case_of(register)
    assert case.state == "accepted"
    assert [tried.refusal is None for tried in case.tried] == [True, False]
    showroom({"kind": "void", "by": "sun", "voids": void.seq, "reason": "误"})
    assert case_of(register).state == "closed"
    assert verify(register).problem is None


def test_a_redaction_leaves_the_entries_of_a_case(register: Register, showroom: Log) -> None:
    showroom(OPENED, ACCEPTED, {"kind": "redaction", "customer": "K1", "by": "sun"})
    assert kinds(register.case_events("C-1")) == ["case_opened", "case_accepted"]
    assert verify(register).problem is None


# ------------------------------------------------------------------ inside a transaction


def test_a_writer_sees_what_it_has_just_added(
    register: Register, clock: Clock, showroom: Log
) -> None:
    from conflictctl.events import read_line

    with register.writing(clock) as writer:
        assert not writer.case_known("C-1")
        writer.add(read_line(OPENED))
        assert writer.case_known("C-1")
        writer.add(read_line(ACCEPTED))
        assert kinds(writer.case_events("C-1")) == ["case_opened", "case_accepted"]
        (entries,) = writer.cases_events(["C-1"])
        assert kinds(entries) == ["case_opened", "case_accepted"]
