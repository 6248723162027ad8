"""What is recorded, what is refused, and what is there already."""

from __future__ import annotations

from typing import Any

import pytest

from conflictctl.calendar import DAY, HOUR
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS, read_line
from conflictctl.register.audit import verify
from conflictctl.register.store import Register

from .conftest import EVERY_KIND, Clock, Log


def line(kind: str = "visit", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "customer": "K1", "by": "wang", **fields}


def refused(log: Log, *lines: dict[str, Any], **options: Any) -> str:
    with pytest.raises(InputRejected) as caught:
        log(*lines, **options)
    return str(caught.value)


# ------------------------------------------------------------------- what comes back


def test_there_is_a_sample_of_every_kind() -> None:
    assert {entry["kind"] for entry in EVERY_KIND} == set(KINDS)


def test_every_kind_reads_back_as_it_was_recorded(register: Register, log: Log) -> None:
    recorded = [receipt.event for receipt in log(*EVERY_KIND)]
    assert list(register.events(after=2)) == recorded
    for event in recorded:
        assert register.event(event.seq) == event
    assert verify(register).problem is None


def test_a_flush_in_between_changes_nothing(
    register: Register, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conflictctl.register.writer._BUFFERED", 1)
    with register.writing(clock) as writer:
        recorded = [writer.add(read_line(entry)).event for entry in EVERY_KIND]
    assert list(register.events(after=2)) == recorded
    assert verify(register).problem is None


def test_places_are_gapless_and_the_receipt_is_that_of_the_chain(
    register: Register, showroom: Log
) -> None:
    receipts = showroom(line(), line(level="A"), line(level="B"))
    assert [receipt.seq for receipt in receipts] == [11, 12, 13]
    assert register.head().seq == 13
    assert verify(register, receipt=receipts[1].text).receipt_seq == 12


def test_personal_data_are_not_in_the_body(register: Register, showroom: Log) -> None:
    showroom(line(note="住在东街"))
    bodies = b"".join(
        row[0] for row in register.connection.exec_driver_sql("SELECT body FROM events")
    )
    for secret in ("赵先生", "13800138000", "住在东街", "孙"):
        assert secret.encode() not in bodies
    assert register.names(["K1"]) == {"K1": "赵先生"}


def test_text_is_stored_literally(register: Register, showroom: Log) -> None:
    hostile = "'); DROP TABLE events; -- [/] {0} %s <b>"
    (receipt,) = showroom(line(note=hostile, level="'x"))
    event = register.event(receipt.seq)
    assert event is not None
    assert event.fields["note"] == hostile
    assert event.fields["level"] == "'x"


# ----------------------------------------------------------------------- two clocks


def test_what_has_no_time_happened_now(showroom: Log, clock: Clock) -> None:
    (receipt,) = showroom(line())
    event = receipt.event
    assert event.at == event.recorded_at == event.appended_at == clock.now
    assert event.offset == 480


def test_a_late_entry_is_recorded_now_whatever_the_line_says(showroom: Log, clock: Clock) -> None:
    clock.set("2013-03-05T10:00:00+08:00")
    entry = line(at="2013-03-01T10:00:00+08:00", recorded_at="2013-03-01T10:05:00+08:00")
    (receipt,) = showroom(entry)
    assert receipt.event.at == clock.now - 4 * DAY - 1_000_000
    assert receipt.event.recorded_at == clock.now


def test_an_attested_line_keeps_the_time_it_was_entered(showroom: Log, clock: Clock) -> None:
    clock.set("2013-03-05T10:00:00+08:00")
    entry = line(at="2013-03-01T10:00:00+08:00", recorded_at="2013-03-01T10:05:00+08:00")
    (receipt,) = showroom(entry, take_recorded_at=True)
    assert receipt.event.recorded_at == receipt.event.at + 5 * 60_000_000
    assert receipt.event.appended_at == clock.now


def test_the_offset_of_the_sender_is_kept(register: Register, showroom: Log) -> None:
    (receipt,) = showroom(line(at="2013-03-01T01:30:00+00:30"))
    event = register.event(receipt.seq)
    assert event is not None
    assert event.offset == 30


def test_the_future_is_refused(showroom: Log) -> None:
    assert "future" in refused(showroom, line(at="2013-03-02T10:00:00+08:00"))


def test_a_line_recorded_in_the_future_is_refused(showroom: Log) -> None:
    entry = line(at="2013-03-01T09:00:00+08:00", recorded_at="2013-03-09T09:00:00+08:00")
    assert "future" in refused(showroom, entry, take_recorded_at=True)


def test_a_clock_set_back_is_accepted_and_counted(
    register: Register, showroom: Log, clock: Clock
) -> None:
    showroom(line())
    clock.now -= HOUR
    showroom(line(level="A"))
    assert verify(register).clock_back == 1


# --------------------------------------------------------------------- who is known


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (line(by="nobody"), "no member of staff nobody"),
        (line(recorded_by="nobody"), "no member of staff nobody"),
        (line(witness="nobody"), "no member of staff nobody"),
        (line(outlet="nowhere"), "no outlet nowhere"),
        (line(customer="K9"), "no customer K9"),
        (line("link", customer=None, customers=["K1", "K9"], relation="same"), "no customer K9"),
        (
            line("ruling", instance="panel", award=[{"party": "ghost", "share": "100"}]),
            "no member of staff or outlet ghost",
        ),
        (line("close", signers=["ghost"]), "no member of staff ghost"),
        (
            line("staff", customer=None, staff="new", name="n", role="clerk", outlet="nowhere"),
            "no outlet nowhere",
        ),
        (line(by=None), "by: is missing"),
        (line("void", voids="#99"), "there is no entry #99"),
        (line("void", voids="unheard-of"), "there is no entry unheard-of"),
        (line("finding", question="q", subject="wang", answer=1, strikes=[77]), "no entry #77"),
        (line("cancel_order", customer=None), "customer: is missing"),
    ],
)
def test_what_is_unknown_is_refused(showroom: Log, entry: dict[str, Any], reason: str) -> None:
    entry = {name: value for name, value in entry.items() if value is not None}
    assert reason in refused(showroom, entry)


def test_answer_none_is_nobody(showroom: Log) -> None:
    (receipt,) = showroom(line(asked=True, answer="none"))
    assert receipt.event.fields["answer"] == "none"


def test_somebody_named_in_an_earlier_line_of_the_same_block_is_known(log: Log) -> None:
    assert log(*EVERY_KIND)[-1].seq == 2 + len(EVERY_KIND)


def test_a_refused_line_leaves_nothing_behind(register: Register, showroom: Log) -> None:
    before = register.head()
    refused(showroom, line(), line(customer="K9"))
    assert register.head() == before
    assert register.customer_exists("K9") is False


def test_a_customer_of_an_undone_block_is_unknown_afterwards(showroom: Log) -> None:
    new = {"kind": "customer", "customer": "K9", "name": "吴"}
    refused(showroom, new, line(customer="K8"))
    assert "no customer K9" in refused(showroom, line(customer="K9"))


def test_staff_of_an_undone_block_are_unknown_afterwards(showroom: Log) -> None:
    new = {"kind": "staff", "staff": "wu", "name": "吴", "role": "clerk", "outlet": "shop"}
    refused(showroom, new, line(customer="K8"))
    assert "no member of staff wu" in refused(showroom, line(by="wu"))


# ---------------------------------------------------------------------- there already


def test_the_same_id_and_content_is_there_already(register: Register, showroom: Log) -> None:
    entry = line(id="e1", at="2013-03-01T09:30:00+08:00", note="x")
    (first,) = showroom(entry)
    (again,) = showroom(entry)
    assert (again.seq, again.text, again.already) == (first.seq, first.text, True)
    assert register.head().seq == first.seq


def test_twice_in_one_block_is_once(showroom: Log) -> None:
    entry = line(id="e1")
    first, again = showroom(entry, entry)
    assert (first.already, again.already, again.seq) == (False, True, first.seq)


def test_a_retry_without_a_time_of_its_own_is_the_same(showroom: Log) -> None:
    showroom(line(id="e1", level="A"))
    (again,) = showroom(line(id="e1", level="A"))
    assert again.already


def test_the_same_id_with_other_content_names_both(showroom: Log) -> None:
    showroom(line(id="e1", level="A"))
    reason = refused(showroom, line(id="e1", level="B", by="li"))
    assert "id e1: #11 has it already" in reason
    assert "level: A | B" in reason
    assert "by: wang | li" in reason


def test_the_same_id_with_another_note_names_both(showroom: Log) -> None:
    showroom(line(id="e1", note="first"))
    assert "note: first | second" in refused(showroom, line(id="e1", note="second"))


def test_without_an_id_the_content_tells(showroom: Log) -> None:
    entry = line(at="2013-03-01T09:30:00+08:00", note="once")
    (first,) = showroom(entry)
    (again,) = showroom(entry)
    (other,) = showroom({**entry, "note": "twice"})
    (allowed,) = showroom(entry, allow_duplicates=True)
    assert again.already
    assert again.seq == first.seq
    assert [other.already, allowed.already] == [False, False]


def test_the_same_moment_in_another_spelling_is_the_same(showroom: Log) -> None:
    showroom(line(at="2013-03-01T09:30:00+08:00"))
    (again,) = showroom(line(at="2013-03-01T01:30:00Z"))
    assert again.already


def test_another_time_of_entry_makes_another_entry_only_where_it_is_believed(
    showroom: Log, clock: Clock
) -> None:
    clock.set("2013-03-05T10:00:00+08:00")
    entry = line(at="2013-03-01T09:30:00+08:00", recorded_at="2013-03-01T09:40:00+08:00")
    later = {**entry, "recorded_at": "2013-03-02T09:40:00+08:00"}
    showroom(entry, take_recorded_at=True)
    assert showroom(later)[0].already
    assert showroom(entry, take_recorded_at=True)[0].already
    assert not showroom(later, take_recorded_at=True)[0].already


def test_a_believed_time_of_entry_is_part_of_what_an_id_stands_for(
    showroom: Log, clock: Clock
) -> None:
    clock.set("2013-03-05T10:00:00+08:00")
    entry = line(id="e1", at="2013-03-01T09:30:00+08:00", recorded_at="2013-03-01T09:40:00+08:00")
    showroom(entry)
    assert "recorded_at" in refused(showroom, entry, take_recorded_at=True)


def test_an_entry_of_ones_own_export_is_there_already(register: Register, showroom: Log) -> None:
    (receipt,) = showroom(line(at="2013-03-01T09:30:00+08:00", note="n"))
    entry = line(id=f"{register.origin}#{receipt.seq}", at="2013-03-01T09:30:00+08:00", note="n")
    assert showroom(entry)[0] == receipt._replace(already=True)
    assert "note: n | m" in refused(showroom, {**entry, "note": "m"})
    missing = {**entry, "id": f"{register.origin}#999"}
    assert "there is none" in refused(showroom, missing)


def test_an_id_from_another_registers_export_is_an_id(register: Register, showroom: Log) -> None:
    foreign = "0" * 32 + "#5"
    (receipt,) = showroom(line(id=foreign))
    found = register.event(foreign)
    assert found is not None
    assert found.seq == receipt.seq


# ----------------------------------------------------------------- mending the record


def test_a_correction_finds_its_customer_and_settles_its_reference(
    register: Register, showroom: Log
) -> None:
    (visit,) = showroom(line(id="v1"))
    (unnamed,) = showroom(line(level="B"))
    for ref in ("v1", visit.seq, f"#{visit.seq}", f"{register.origin}#{visit.seq}"):
        (mend,) = showroom(
            {"kind": "correction", "by": "wang", "corrects": ref, "changes": {"level": "A"}}
        )
        assert mend.event.customer == "K1"
        assert mend.event.fields["corrects"] == "v1"
    (mend,) = showroom({"kind": "void", "by": "wang", "voids": f"#{unnamed.seq}", "reason": "x"})
    assert mend.event.fields["voids"] == unnamed.seq


def test_the_original_stays_as_it_was(register: Register, showroom: Log) -> None:
    (visit,) = showroom(line(level="H"))
    showroom(
        {"kind": "correction", "by": "wang", "corrects": visit.seq, "changes": {"level": "A"}},
        {"kind": "void", "by": "wang", "voids": visit.seq, "reason": "x"},
    )
    assert register.event(visit.seq) == visit.event


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"kind": "decision", "by": "sun", "on": "v1", "decision": "approve"}, "not filing"),
        ({"kind": "cancel_order", "by": "sun", "on": "v1"}, "not order"),
        ({"kind": "withdraw_claim", "by": "sun", "on": "v1"}, "not claim"),
        ({"kind": "appeal", "by": "wang", "against": "v1", "to": "panel"}, "not ruling"),
        (
            {"kind": "correction", "by": "wang", "corrects": "v1", "changes": {"reached": True}},
            "changes.reached: cannot be corrected in visit",
        ),
        (
            {"kind": "correction", "by": "wang", "corrects": "v1", "changes": {"by": "ghost"}},
            "no member of staff ghost",
        ),
        (
            {"kind": "correction", "by": "wang", "corrects": "v1", "changes": {"customer": "K9"}},
            "no customer K9",
        ),
        (
            {"kind": "correction", "by": "wang", "corrects": "v1", "changes": {"outlet": "moon"}},
            "no outlet moon",
        ),
        (
            {
                "kind": "correction",
                "by": "wang",
                "corrects": "v1",
                "changes": {"at": "2013-03-01T12:00:00+08:00"},
            },
            "recorded before it happened",
        ),
        ({"kind": "correction", "by": "wang", "corrects": "v1", "changes": {}}, "an object"),
        (
            {"kind": "correction", "by": "wang", "corrects": "#8", "changes": {"customer": "K2"}},
            "changes.customer: cannot be corrected in customer",
        ),
        (
            {"kind": "correction", "by": "wang", "corrects": "#6", "changes": {"staff": "w"}},
            "changes.staff: cannot be corrected in staff",
        ),
        (
            {"kind": "correction", "by": "wang", "corrects": "#1", "changes": {"value": "UTC"}},
            "the register's own entry",
        ),
        ({"kind": "void", "by": "wang", "voids": "#1", "reason": "x"}, "the register's own entry"),
        ({"kind": "void", "by": "sun", "voids": "#6", "reason": "x"}, "introduces wang"),
        (
            {"kind": "void", "by": "sun", "voids": "v1", "reason": "x", "customer": "K2"},
            "v1 does not concern K2",
        ),
        ({"kind": "setting", "name": "timezone", "value": "UTC"}, "time zone is Asia/Shanghai"),
    ],
)
def test_what_does_not_fit_its_target_is_refused(
    showroom: Log, entry: dict[str, Any], reason: str
) -> None:
    showroom(line(id="v1"))
    assert reason in refused(showroom, entry)


def test_a_correction_is_not_corrected_but_voided(showroom: Log) -> None:
    showroom(
        line(id="v1"),
        {
            "kind": "correction",
            "id": "x1",
            "by": "wang",
            "corrects": "v1",
            "changes": {"level": "A"},
        },
    )
    again = {"kind": "correction", "by": "wang", "corrects": "x1", "changes": {"note": "n"}}
    assert "itself a correction" in refused(showroom, again)
    assert not showroom({"kind": "void", "by": "wang", "voids": "x1", "reason": "r"})[0].already


def test_references_inside_a_correction_are_checked_and_settled(
    register: Register, showroom: Log
) -> None:
    showroom(
        line("filing", id="f1", to="sun"),
        line("filing", id="f2", to="sun"),
        line(id="v1"),
        {"kind": "decision", "id": "d1", "by": "sun", "on": "f1", "decision": "approve"},
    )
    second = register.event("f2")
    assert second is not None
    mend = {"kind": "correction", "by": "sun", "corrects": "d1"}
    (receipt,) = showroom({**mend, "changes": {"on": second.seq}})
    assert receipt.event.fields["changes"] == {"on": "f2"}
    assert "not filing" in refused(showroom, {**mend, "changes": {"on": "v1"}})


def test_the_same_time_zone_again_is_no_change(showroom: Log) -> None:
    entry = {"kind": "setting", "name": "timezone", "value": "Asia/Shanghai"}
    assert showroom(entry)[0].event.fields["value"] == "Asia/Shanghai"


# ------------------------------------------------------------------------ attestation


def test_an_attestation_covers_what_is_vouched_for(register: Register, showroom: Log) -> None:
    (attestation,) = showroom({"kind": "attestation", "by": "sun", "file": "f", "digest": "d"})
    (covered,) = showroom(line(), attestation=attestation.seq)
    (own_word,) = showroom(line(level="A", attested_by=None), attestation=attestation.seq)
    assert covered.event.attestation == attestation.seq
    assert own_word.event.attestation is None
    assert register.attesters() == {attestation.seq: "sun"}
