"""An import takes all of a file or nothing, once, and says who answers for it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from conflictctl.calendar import parse_time
from conflictctl.errors import InputRejected, NotPermitted, StorageFailed, WrongUsage
from conflictctl.events import Event
from conflictctl.register.store import Register

from .conftest import NOW, Take, Taken
from .malformed import LINES, csv_bytes, csv_rows, jsonl

FILE = jsonl(LINES)
VISIT = {
    "kind": "visit",
    "id": "v2",
    "at": "2013-03-05T10:00:00+08:00",
    "by": "li",
    "customer": "K1",
}


def at(text: str) -> int:
    return parse_time(text)[0]


def stored(register: Register, identity: str) -> Event:
    event = register.event(identity)
    assert event is not None
    return event


def test_every_event_of_the_file_is_recorded_in_its_order(register: Register, take: Take) -> None:
    report = take(FILE, attest="sun").report
    assert (report.read, report.recorded, report.already, report.rejected) == (13, 13, 0, 0)
    ids = [event.id for event in register.events() if event.id is not None]
    assert ids == [line["id"] for line in LINES]


def test_an_attested_file_is_believed_about_when_things_were_entered(
    register: Register, take: Take
) -> None:
    take(FILE, attest="sun")
    visit = {**VISIT, "recorded_at": "2013-03-05T10:05:00+08:00"}
    report = take(jsonl([visit]), attest="sun").report
    assert stored(register, "v2").recorded_at == at("2013-03-05T10:05:00+08:00")
    assert stored(register, "v2").attestation == report.attestation


def test_without_attestation_everything_was_entered_now(register: Register, take: Take) -> None:
    visit = {**VISIT, "recorded_at": "2013-03-05T10:05:00+08:00"}
    take(jsonl([*LINES, visit]))
    event = stored(register, "v2")
    assert (event.recorded_at, event.attestation) == (NOW, None)


def test_a_line_without_a_time_of_entry_was_entered_now_even_if_attested(
    register: Register, take: Take
) -> None:
    take(jsonl([*LINES, VISIT]), attest="sun")
    assert stored(register, "v2").recorded_at == NOW


def test_the_attestation_names_file_digest_and_attester(register: Register, take: Take) -> None:
    import hashlib

    report = take(FILE, attest="sun").report
    attestation = register.event(report.attestation or 0)
    assert attestation is not None
    assert attestation.by == "sun"
    assert dict(attestation.fields) == {
        "file": "file.jsonl",
        "digest": "sha256:" + hashlib.sha256(FILE).hexdigest(),
    }


def test_an_attester_of_the_same_file_is_introduced_before_he_attests(
    register: Register, take: Take
) -> None:
    report = take(FILE, attest="sun").report
    order = [event.kind for event in register.events() if event.kind != "setting"]
    assert order[:4] == ["outlet", "staff", "attestation", "staff"]
    assert stored(register, "v1").attestation == report.attestation


def test_an_attester_may_have_been_promoted_in_the_file(register: Register, take: Take) -> None:
    promoted = {
        "kind": "staff_moved",
        "at": "2013-03-02T08:00:00+08:00",
        "by": "sun",
        "staff": "wang",
        "role": "general_manager",
    }
    report = take(jsonl([*LINES, promoted]), attest="wang").report
    assert (report.recorded, report.rejected) == (len(LINES) + 1, 0)


def test_a_consultant_cannot_promote_himself_by_attesting(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    promoted = {
        "kind": "staff_moved",
        "at": "2013-03-02T08:00:00+08:00",
        "by": "sun",
        "staff": "wang",
        "role": "general_manager",
    }
    with pytest.raises(NotPermitted):
        take(jsonl([promoted]), attest="wang")


def test_an_entry_that_says_nobody_answers_for_it_stays_unattested(
    register: Register, take: Take
) -> None:
    take(jsonl([*LINES, {**VISIT, "attested_by": None}]), attest="sun")
    assert stored(register, "v2").attestation is None
    assert stored(register, "v1").attestation is not None


@pytest.mark.parametrize("attester", ["wang", "nobody"])
def test_only_management_attests(register: Register, take: Take, attester: str) -> None:
    take(FILE, attest="sun")
    before = register.head()
    with pytest.raises(NotPermitted):
        take(jsonl([VISIT]), attest=attester)
    assert register.head() == before


def test_somebody_must_act_once_there_is_management(register: Register, take: Take) -> None:
    take(FILE)
    with pytest.raises(NotPermitted):
        take(jsonl([VISIT]))
    assert take(jsonl([VISIT]), actor="wang").report.recorded == 1


def test_a_consultant_cannot_bring_in_staff(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    promoted = {
        "kind": "staff",
        "at": "2013-03-05T10:00:00+08:00",
        "by": "sun",
        "staff": "wang",
        "name": "王",
        "role": "general_manager",
        "outlet": "store",
    }
    taken = take(jsonl([promoted]), actor="wang")
    assert taken.report.undone
    assert "wang is consultant" in taken.reasons[0]
    assert register.people().role("wang", NOW) == "consultant"


@pytest.mark.parametrize(
    "mending",
    [
        {"kind": "correction", "corrects": "s2", "changes": {"role": "manager"}},
        {"kind": "void", "voids": "m1"},
        {"kind": "setting", "name": "policy", "value": "of my own"},
    ],
)
def test_nor_mend_what_management_set_up(
    register: Register, take: Take, mending: dict[str, object]
) -> None:
    moved = {
        "kind": "staff_moved",
        "id": "m1",
        "at": "2013-03-02T08:00:00+08:00",
        "by": "sun",
        "staff": "li",
        "role": "clerk",
    }
    take(jsonl([*LINES, moved]), attest="sun")
    line = {"at": "2013-03-05T10:00:00+08:00", "by": "sun", **mending}
    assert "wang is consultant" in take(jsonl([line]), actor="wang").reasons[0]
    assert take(jsonl([line]), attest="sun").report.recorded == 1


def test_a_known_staff_line_may_come_again_by_anybody(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    assert take(FILE, actor="wang").report.already == len(LINES)


# ------------------------------------------------------------------------------ once


def test_the_same_file_again_adds_nothing_not_even_an_attestation(
    register: Register, take: Take
) -> None:
    take(FILE, attest="sun")
    before = register.head()
    report = take(FILE, attest="sun").report
    assert (report.recorded, report.already, report.attestation) == (0, len(LINES), None)
    assert register.head() == before


def test_lines_without_ids_are_known_by_their_content(register: Register, take: Take) -> None:
    bare = jsonl(
        [
            {k: v for k, v in line.items() if k != "id"}
            for line in LINES
            if line["kind"] != "correction"
        ]
    )
    assert take(bare, attest="sun").report.recorded == len(LINES) - 1
    assert take(bare, attest="sun").report.already == len(LINES) - 1


def test_duplicates_without_ids_can_be_allowed(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    visit = {k: v for k, v in VISIT.items() if k != "id"}
    assert take(jsonl([visit, visit]), attest="sun").report.recorded == 1
    again = take(jsonl([visit, visit]), attest="sun", allow_duplicates=True).report
    assert (again.recorded, again.already) == (2, 0)


def test_a_file_that_grew_adds_only_what_is_new(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    report = take(jsonl([*LINES, VISIT]), attest="sun").report
    assert (report.recorded, report.already) == (1, len(LINES))
    assert report.attestation is not None


def test_the_same_id_with_other_content_names_both(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    taken = take(jsonl([{**LINES[6], "level": "C"}]), attest="sun")
    assert taken.report.undone
    assert "level: A | C" in taken.reasons[0]


# --------------------------------------------------------------------- all or nothing


def test_one_bad_row_undoes_the_whole_file_and_all_bad_rows_are_told(
    register: Register, take: Take
) -> None:
    before = register.head()
    taken = take(
        jsonl([*LINES, {**VISIT, "by": "nobody"}, "{", {**VISIT, "at": "noon"}]), attest="sun"
    )
    assert taken.report.undone
    assert register.head() == before
    assert [r.line for r in taken.rejections] == [14, 15, 16]
    assert [r.id for r in taken.rejections] == ["v2", None, "v2"]
    assert taken.reasons[0] == "14: no member of staff nobody"


def test_partial_records_the_good_rows_and_writes_the_others_as_they_were(
    register: Register, take: Take, tmp_path: Path
) -> None:
    bad = '{"kind": "visit" , "id":"v2","by":"nobody","customer":"K1", "at":"2013-03-05T10:00:00Z"}'
    taken = take(jsonl([*LINES, bad, "{oops"]), attest="sun", partial=True)
    assert (taken.report.recorded, taken.report.rejected) == (len(LINES), 2)
    path = taken.report.rejects_path
    assert path == tmp_path / "file.rejects.jsonl"
    assert path.read_text(encoding="utf-8") == f"{bad}\n{{oops\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rejects_can_be_mended_and_imported(register: Register, take: Take) -> None:
    path = take(
        jsonl([*LINES, {**VISIT, "by": "nobody"}]), attest="sun", partial=True
    ).report.rejects_path
    assert path is not None
    path.write_text(path.read_text(encoding="utf-8").replace("nobody", "li"), encoding="utf-8")
    report = take(path, attest="sun").report
    assert (report.recorded, report.rejected) == (1, 0)
    assert stored(register, "v2").by == "li"


def test_rejects_of_a_csv_file_keep_its_header_and_their_text(
    register: Register, take: Take
) -> None:
    rows = csv_rows()
    rows[-1][rows[0].index("by")] = "nobody"
    path = take(csv_bytes(rows), suffix=".csv", attest="sun", partial=True).report.rejects_path
    assert path is not None
    assert path.suffix == ".csv"
    assert path.read_bytes() == csv_bytes([rows[0], rows[-1]], "utf-8-sig")
    path.write_bytes(path.read_bytes().replace(b"nobody", b"sun"))
    assert take(path, attest="sun").report.recorded == 1


def test_rejects_never_overwrite_a_file(register: Register, take: Take, tmp_path: Path) -> None:
    bad = jsonl([*LINES, "{"])
    names = [take(bad, attest="sun", partial=True).report.rejects_path for _ in range(3)]
    assert [name.name for name in names if name] == [
        "file.rejects.jsonl",
        "file.rejects-2.jsonl",
        "file.rejects-3.jsonl",
    ]
    mended = names[0]
    assert mended is not None
    again = take(mended, attest="sun", partial=True).report.rejects_path
    assert again == tmp_path / "file.rejects-4.jsonl"


def test_rejects_go_where_they_are_told_even_if_nothing_is_recorded(
    register: Register, take: Take, tmp_path: Path
) -> None:
    taken = take(jsonl([*LINES, "{"]), attest="sun", rejects=tmp_path / "bad.jsonl")
    assert taken.report.undone
    assert (tmp_path / "bad.jsonl").read_text(encoding="utf-8") == "{\n"


def test_rejects_that_cannot_be_written_undo_the_import(
    register: Register, take: Take, tmp_path: Path
) -> None:
    before = register.head()
    with pytest.raises(StorageFailed):
        take(
            jsonl([*LINES, "{"]),
            attest="sun",
            partial=True,
            rejects=tmp_path / "missing" / "bad.jsonl",
        )
    assert register.head() == before


def test_no_rejects_no_file(register: Register, take: Take, tmp_path: Path) -> None:
    assert take(FILE, attest="sun", partial=True).report.rejects_path is None
    assert list(tmp_path.glob("*.rejects*")) == []


def test_a_partial_import_whose_good_rows_were_there_still_keeps_the_bad(
    register: Register, take: Take
) -> None:
    take(FILE, attest="sun")
    before = register.head()
    report = take(jsonl([*LINES, "{"]), attest="sun", partial=True).report
    assert register.head() == before
    assert report.rejects_path is not None


def test_a_dry_run_tells_all_and_changes_nothing(
    register: Register, take: Take, tmp_path: Path
) -> None:
    before = register.head()
    taken = take(jsonl([*LINES, "{"]), attest="sun", dry_run=True, partial=True)
    assert (taken.report.recorded, taken.report.rejected) == (len(LINES), 1)
    assert (taken.report.undone, taken.report.attestation) == (True, None)
    assert register.head() == before
    assert list(tmp_path.glob("*.rejects*")) == []
    assert take(FILE, attest="sun").report.recorded == len(LINES)


# ----------------------------------------------------------------------------- roles


def test_an_entry_by_the_wrong_role_is_kept_with_a_warning(register: Register, take: Take) -> None:
    notice = {
        "kind": "notice",
        "at": "2013-03-05T10:00:00+08:00",
        "by": "li",
        "customer": "K1",
        "to": "wang",
    }
    report = take(jsonl([*LINES, notice]), attest="sun").report
    assert (report.recorded, report.warned) == (len(LINES) + 1, 1)
    assert report.warnings[0].line == len(LINES) + 1


def test_warnings_are_counted_but_not_hoarded(register: Register, take: Take) -> None:
    notices = [
        {
            "kind": "notice",
            "at": f"2013-03-05T10:{n // 60:02}:{n % 60:02}+08:00",
            "by": "li",
            "customer": "K1",
            "to": "wang",
        }
        for n in range(150)
    ]
    report = take(jsonl([*LINES, *notices]), attest="sun").report
    assert (report.warned, len(report.warnings)) == (150, 100)


# ------------------------------------------------------------------------------ cases


def about(n: int, kind: str, by: str = "sun", **fields: object) -> dict[str, object]:
    """The `n`th entry about cases, a minute after the one before it."""
    moment = f"2013-03-10T{9 + n // 60:02}:{n % 60:02}:00+08:00"
    line = {"kind": f"case_{kind}", "id": f"k{n}", "at": moment, "by": by, "case": "C-1"}
    return line | fields


OPENED = about(0, "opened", customer="K1", category="complaint", channel="phone", demand="全额退款")
ACCEPTED = about(1, "accepted", handler="sun")
FIRST = len(LINES) + 1
"""The line on which a case is opened in a file that begins with LINES."""


def told(taken: Taken) -> list[str]:
    return [f"{warned.line - FIRST}: {warned.reason}" for warned in taken.report.warnings]


def test_a_step_that_does_not_fit_its_case_is_kept_with_a_warning(
    register: Register, take: Take
) -> None:
    lines = [
        OPENED,
        about(1, "finding", facts="x"),
        about(2, "accepted", handler="wang"),
        about(3, "reply", proposal="P1", party="customer", reply="accept"),
        about(4, "finding", facts="x"),
        about(5, "closed"),
    ]
    taken = take(jsonl([*LINES, *lines]), attest="sun")
    assert (taken.report.recorded, taken.report.warned) == (len(LINES) + 6, 3)
    assert told(taken) == [
        "1: C-1 is open: case_finding does not come now",
        "3: C-1 has no proposal yet",
        "5: C-1 is investigating: case_closed does not come now",
    ]
    assert len(register.case_events("C-1")) == 6


def test_whether_a_step_fits_is_known_after_the_last_line(take: Take) -> None:
    void = {"kind": "void", "id": "x9", "at": "2013-03-11T09:00:00+08:00", "by": "sun"}
    lines = [OPENED, ACCEPTED, about(2, "finding", facts="x"), {**void, "voids": "k1"}]
    taken = take(jsonl([*LINES, *lines]), attest="sun")
    assert told(taken) == ["2: C-1 is open: case_finding does not come now"]


def test_only_the_steps_of_this_file_are_warned_of(take: Take) -> None:
    wrong = about(1, "finding", facts="x")
    assert take(jsonl([*LINES, OPENED, wrong]), attest="sun").report.warned == 1
    more = take(jsonl([OPENED, wrong, about(2, "update"), about(3, "closed")]), attest="sun")
    assert (more.report.already, more.report.recorded, more.report.warned) == (2, 2, 1)
    assert [warned.line for warned in more.report.warnings] == [4]


def test_a_line_that_names_an_unknown_case_is_rejected(register: Register, take: Take) -> None:
    before = register.head()
    taken = take(jsonl([*LINES, ACCEPTED, OPENED]), attest="sun")
    assert taken.reasons == [f"{FIRST}: no case C-1"]
    assert register.head() == before


def test_a_case_opened_twice_is_rejected(take: Take) -> None:
    taken = take(jsonl([*LINES, OPENED, {**OPENED, "id": "k9"}]), attest="sun")
    assert taken.reasons == [f"{FIRST + 1}: case: there is a case C-1 already"]


def test_the_case_of_a_claim_takes_its_steps_and_no_others(take: Take) -> None:
    lines = [
        about(0, "accepted", case="A-w1", handler="sun"),
        about(1, "resolution", case="A-w1", how="settled", text="t"),
        {
            "kind": "claim",
            "id": "w2",
            "at": "2013-03-10T10:00:00+08:00",
            "by": "wang",
            "customer": "K1",
        },
        # The second claim joins the case of the first.
        about(62, "contact", case="A-w2", said="s"),
    ]
    assert told(take(jsonl([*LINES, *lines]), attest="sun")) == [
        "1: A-w1 is resolved: case_resolution does not come now",  # by the agreement
        "3: no case A-w2",
    ]


def test_warnings_of_cases_are_counted_but_not_hoarded(take: Take) -> None:
    many = [about(n, "closed") for n in range(1, 151)]
    report = take(jsonl([*LINES, OPENED, *many]), attest="sun").report
    assert (report.warned, len(report.warnings)) == (150, 100)
    assert [warned.line for warned in report.warnings] == list(range(FIRST + 1, FIRST + 101))


# ----------------------------------------------------------------------- odd sources


def test_a_file_that_is_not_there(take: Take, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage):
        take(tmp_path / "none.jsonl")


def test_a_folder(take: Take, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage):
        take(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_one_may_not_read(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "secret.jsonl"
    path.write_bytes(FILE)
    path.chmod(0)
    with pytest.raises(StorageFailed):
        take(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_read_once_and_kept(register: Register, take: Take, tmp_path: Path) -> None:
    import threading

    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_bytes(FILE)).start()
    assert take(pipe, attest="sun").report.recorded == len(LINES)


def test_a_file_changed_under_our_hands_is_refused(
    register: Register, take: Take, tmp_path: Path
) -> None:
    path = tmp_path / "growing.jsonl"
    path.write_bytes(FILE)

    def grow(done: int, total: int) -> None:
        with path.open("ab") as file:
            file.write(json.dumps(VISIT).encode() + b"\n")

    before = register.head()
    with pytest.raises(InputRejected, match="changed while it was read"):
        take(path, attest="sun", progress=grow)
    assert register.head() == before


def test_an_empty_file_is_nothing_new(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    report = take(b"\n\n  \n", attest="sun").report
    assert (report.read, report.recorded, report.undone) == (0, 0, True)


def test_progress_reaches_the_end(take: Take) -> None:
    heard: list[tuple[int, int]] = []
    take(FILE, attest="sun", progress=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (len(FILE), len(FILE))
