"""What is exported can be imported: the same entries, the same rulings, and nothing twice."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictctl.adjudication.judge import rule_group
from conflictctl.cases.attribution import attribution_cases
from conflictctl.cases.procedure import Case, replayed
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS, Draft, read_line
from conflictctl.exchange.exporting import export, open_private
from conflictctl.exchange.importing import import_file
from conflictctl.exchange.source import Format
from conflictctl.policy.model import load_policy
from conflictctl.register.store import Register, create_register

from .conftest import NOW, Take
from .histories import LIVELY, valid_lines
from .malformed import LINES, jsonl

FORMATS: list[Format] = ["jsonl", "csv"]


def exported(register: Register, form: Format = "jsonl", **choice: object) -> bytes:
    out = io.BytesIO()
    export(register, out, format=form, **choice)  # type: ignore[arg-type]
    return out.getvalue()


def rulings(register: Register) -> list[object]:
    """Everybody's ruling, without the references by which it cites its evidence."""
    policy = load_policy("renault-zibo-2013")
    people, calendar = register.people(), register.calendar
    return [
        (r.customer, r.status, r.credit, r.holder, r.decided_by, r.provisional_until, r.referred_to)
        for dossier in register.dossiers()
        for r in rule_group(
            dossier.events,
            dossier.members,
            policy=policy,
            people=people,
            calendar=calendar,
            as_of=NOW,
        )
    ]


def states(register: Register) -> list[object]:
    """Every case as it stands: those that were opened, and those of claims by their place."""
    people = register.people()
    found = [
        replayed(Case(entries[0], people), entries[1:])
        for page in register.case_ids()
        for _, entries in register.cases(page)
    ]
    for dossier in register.dossiers():
        found += attribution_cases(
            dossier.events,
            people=people,
            calendar=register.calendar,
            as_of=NOW,
            steps_of=register.case_events,
        )
    return [
        (c.number, c.state, c.level, c.handler, c.how, c.open_tasks(), len(c.tried), len(c.answers))
        for c in found
    ]


def log_live(register: Register, clock: Callable[[], int]) -> None:
    """Entries as the commands make them: without ids, one speaking of another."""
    visit = read_line({"kind": "visit", "by": "wang", "customer": "K1", "note": "live"})
    with register.writing(clock) as writer:
        first = writer.add(visit, allow_duplicates=True)
        confirm = Draft("confirm", None, None, 0, None, "li", "li", None, {"on": first.seq})
        writer.add(confirm, allow_duplicates=True)
        writer.add(
            confirm._replace(
                kind="correction",
                by="wang",
                recorded_by="wang",
                fields={"corrects": first.seq, "changes": {"level": "A"}},
            ),
            allow_duplicates=True,
        )
        writer.add(
            read_line(
                {
                    "kind": "finding",
                    "by": "sun",
                    "customer": "K1",
                    "answer": True,
                    "question": "untrue",
                    "subject": "wang",
                    "strikes": [first.seq],
                }
            ),
            allow_duplicates=True,
        )
        claim = writer.add(read_line({"kind": "claim", "by": "li", "customer": "K1"}))
        case = f"A-#{claim.seq}"
        for line in (
            {"kind": "case_accepted", "case": case, "handler": "sun"},
            {"kind": "case_finding", "case": case, "facts": "f", "evidence": [first.seq]},
            {"kind": "sanction", "case": case, "staff": "wang", "measure": "warning"},
        ):
            writer.add(read_line({"by": "sun", **line}), allow_duplicates=True)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
@pytest.mark.parametrize("form", FORMATS)
def test_an_export_holds_everything_and_gives_the_same_rulings(
    tmp_path_factory: pytest.TempPathFactory, form: Format, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    source, copy = folder / "file.jsonl", folder / f"copy.{form}"
    source.write_bytes(jsonl(valid_lines(seed, 60)))

    def clock() -> int:
        return NOW

    def make(name: str) -> Register:
        return create_register(str(folder / name), zone="Asia/Shanghai", clock=clock)

    with make("one.db") as one, make("two.db") as two:
        taken = import_file(one, source, clock=clock, attest="sun")
        assert taken.rejected == 0
        log_live(one, clock)
        copy.write_bytes(exported(one, form))
        assert import_file(one, copy, clock=clock, attest="sun").recorded == 0
        arrived = import_file(two, copy, clock=clock, attest="sun")
        assert (arrived.rejected, arrived.already) == (0, 0)
        assert exported(two) == exported(one)
        assert rulings(two) == rulings(one)
        assert states(two) == states(one)


def test_the_histories_use_every_kind_and_every_field() -> None:
    lines = [line for seed in range(30) for line in valid_lines(seed, 60)]
    assert {line["kind"] for line in lines} >= set(LIVELY)
    used = {(line["kind"], name) for line in lines for name in line}
    for kind in LIVELY:
        missing = {name for name in KINDS[kind].fields if (kind, name) not in used}
        assert not missing, kind


def test_own_kinds_are_left_out(register: Register, take: Take) -> None:
    take(jsonl(LINES), attest="sun")
    kinds = {json.loads(line)["kind"] for line in exported(register).splitlines()}
    assert kinds.isdisjoint(name for name, kind in KINDS.items() if kind.group == "register")


def test_an_export_says_who_answers_for_each_entry(
    register: Register, take: Take, clock: Callable[[], int]
) -> None:
    take(jsonl(LINES), attest="sun")
    log_live(register, clock)
    by_kind = {
        line["kind"]: line["attested_by"]
        for line in map(json.loads, exported(register).splitlines())
    }
    assert by_kind["close"] == "sun"
    assert by_kind["confirm"] is None


def test_references_by_number_become_ids_that_hold_elsewhere(
    register: Register, take: Take, clock: Callable[[], int]
) -> None:
    take(jsonl(LINES), attest="sun")
    log_live(register, clock)
    lines = [json.loads(line) for line in exported(register).splitlines()]
    visit = next(line for line in lines if line.get("note") == "live")
    assert visit["id"].startswith(f"{register.origin}#")
    speaking = [
        line
        for line in lines
        if visit["id"] in (line.get("on"), line.get("corrects"), *line.get("strikes", ()))
    ]
    assert [line["kind"] for line in speaking] == ["confirm", "correction", "finding"]


def test_evidence_and_cases_of_claims_hold_elsewhere(
    register: Register, take: Take, clock: Callable[[], int]
) -> None:
    take(jsonl(LINES), attest="sun")
    log_live(register, clock)
    lines = [json.loads(line) for line in exported(register).splitlines()]
    visit = next(line for line in lines if line.get("note") == "live")
    claim = next(line for line in lines if line["kind"] == "claim" and line["by"] == "li")
    finding = next(line for line in lines if line["kind"] == "case_finding")
    assert finding["evidence"] == [visit["id"]]
    assert finding["case"] == f"A-{claim['id']}" == f"A-{register.origin}#{claim['id'][33:]}"
    assert {line["case"] for line in lines if "case" in line} == {finding["case"]}


@pytest.mark.parametrize("form", FORMATS)
def test_a_choice_of_events(register: Register, take: Take, form: Format) -> None:
    take(jsonl(LINES), attest="sun")

    def count(**choice: object) -> int:
        rows = len(exported(register, form, **choice).splitlines())
        return rows - (form == "csv")

    assert count() == len(LINES)
    assert count(customer="K2") == 2  # his card and the household link
    assert count(kind="visit") == 1
    later = register.event("z1")
    assert later is not None
    assert count(since=later.at) == 3
    assert count(until=later.at) == len(LINES) - 3


def test_csv_opens_in_a_spreadsheet_and_holds_no_formula(register: Register, take: Take) -> None:
    evil = {
        "kind": "visit",
        "at": "2013-03-05T10:00:00+08:00",
        "by": "li",
        "customer": "K1",
        "note": '=HYPERLINK("http://x","y")',
    }
    take(jsonl([*LINES, evil]), attest="sun")
    data = exported(register, "csv")
    assert data.startswith(b"\xef\xbb\xbfkind,id,at,")
    assert b"\r\n" in data
    assert b"\"'=HYPERLINK" in data


def test_an_export_is_put_in_place_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "out.jsonl"
    path.parent.mkdir()
    with suppress(ZeroDivisionError), open_private(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert list(path.parent.iterdir()) == []
    with open_private(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(InputRejected), open_private(path):
        pass
    with open_private(path, force=True) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
