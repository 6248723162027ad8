"""The register made, looked at, copied and put back."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conflictctl.cli.app import app
from conflictctl.events import read_line
from conflictctl.exchange.importing import import_file
from conflictctl.register import disk
from conflictctl.register.store import create_register, open_register

from .conftest import AS_OF, LAST, Invoke, clock


def test_init_makes_a_private_register_in_its_zone(invoke: Invoke, register_path: Path) -> None:
    assert "Asia/Shanghai" in invoke("init", "--timezone", "Asia/Shanghai").stdout
    assert stat.S_IMODE(register_path.stat().st_mode) == 0o600
    with open_register(str(register_path)) as register:
        assert register.settings() == {"timezone": "Asia/Shanghai"}


def test_init_takes_the_zone_of_the_system(invoke: Invoke, register_path: Path) -> None:
    invoke("init", env={"TZ": "Europe/Berlin"})
    with open_register(str(register_path)) as register:
        assert register.zone == "Europe/Berlin"


def test_init_asks_where_the_system_has_no_zone(
    invoke: Invoke, register_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conflictctl.cli.care.system_zone", lambda: None)
    assert "--timezone Asia/Shanghai" in invoke("init", code=2).stderr
    assert not register_path.exists()


def test_init_sets_a_policy(invoke: Invoke, register_path: Path) -> None:
    invoke("init", "--timezone", "Asia/Shanghai", "--policy", "renault-zibo-2013")
    with open_register(str(register_path)) as register:
        assert register.settings()["policy"] == "renault-zibo-2013"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--timezone", "Mars/Olympus"], 3),
        (["--timezone", "../etc/passwd"], 3),
        (["--timezone", "Asia/Shanghai", "--policy", "nobody-1999"], 2),
    ],
)
def test_init_refuses_what_it_does_not_know(
    invoke: Invoke, register_path: Path, options: list[str], code: int
) -> None:
    invoke("init", *options, code=code)
    assert not register_path.exists()


def test_init_never_touches_a_register_that_is_there(invoke: Invoke, month: Path) -> None:
    before = month.read_bytes()
    assert "exists already" in invoke("init", "--timezone", "Asia/Shanghai", code=3).stderr
    assert month.read_bytes() == before


# --------------------------------------------------------------------------- status


def test_status_says_which_register_and_why(invoke: Invoke, month: Path) -> None:
    told = invoke("status").stdout
    for part in (
        str(month),
        "given by CONFLICTCTL_DB",
        "Asia/Shanghai",
        "renault-zibo-2013",
        "the register's default",
        str(LAST),
        "0600",
        "roles are checked by the program",
    ):
        assert part in told
    assert "given by --db" in invoke("status", "--db", str(month)).stdout


def test_status_for_programs(invoke: Invoke, month: Path) -> None:
    facts = json.loads(invoke("status", "--format", "json", "--as", "jiang").stdout)
    with open_register(str(month)) as register:
        assert facts["head"] == register.head().text
    assert (facts["events"], facts["acting"], facts["rights"]) == (LAST, "jiang", "0600")


def test_status_of_nothing_names_the_place(invoke: Invoke, register_path: Path) -> None:
    done = invoke("status", code=7)
    assert str(register_path) in done.stdout
    assert "conflictctl init" in done.stderr
    assert not register_path.exists()


def test_status_tells_who_does_not_exist_and_goes_on(invoke: Invoke, month: Path) -> None:
    done = invoke("status", "--as", "nemo")
    assert "nemo" in done.stderr
    assert "nobody" in done.stdout


def test_status_warns_of_a_file_that_others_may_open(invoke: Invoke, month: Path) -> None:
    month.chmod(0o644)
    assert "others may open it" in invoke("status").stdout
    invoke("status", "--exit-code", code=1)


Damage = Callable[[Path], None]


def _by_hand(statement: str) -> Damage:
    def change(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            connection.executescript(f"DROP TRIGGER events_update; {statement}")

    return change


def _touch(name: str, content: bytes = b"") -> Damage:
    return lambda path: path.with_name(name).write_bytes(content) and None


FAULTS: dict[str, tuple[Damage, str, str]] = {
    "rights": (lambda path: path.chmod(0o640), "warn", "chmod 600"),
    "folder": (lambda path: path.parent.chmod(0o777), "warn", "chmod go-w"),
    "journal": (_touch("register.db-journal", b"cut off"), "warn", "leave it where it is"),
    "leftovers": (_touch(".register.db.0a1b2c3d", b"half"), "warn", "remove them"),
    "head": (
        _by_hand(f"UPDATE events SET hash = zeroblob(32) WHERE seq = {LAST}"),
        "bad",
        "audit verify",
    ),
    "clock": (
        _by_hand(f"UPDATE events SET appended_at = {2**52} WHERE seq = {LAST}"),
        "bad",
        "set the clock",
    ),
    "backups": (lambda path: None, "warn", "nightly"),
}


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize("name", FAULTS)
def test_status_finds_what_is_wrong_and_says_what_to_do(
    invoke: Invoke, month: Path, name: str
) -> None:
    damage, state, todo = FAULTS[name]
    damage(month)
    facts = json.loads(invoke("status", "--format", "json", "--exit-code", code=1).stdout)
    checks = {check["check"]: check for check in facts["checks"]}
    assert checks[name]["state"] == state
    assert todo in checks[name]["todo"]
    others = {check["check"] for check in facts["checks"] if check["state"] != "ok"}
    assert others <= {name, "backups"}
    assert not facts["ok"]
    if name != "journal":  # opening the register undid what was cut off
        assert todo in invoke("status").stdout


def test_status_of_a_register_that_is_looked_after_has_nothing_to_do(
    invoke: Invoke, month: Path
) -> None:
    month.parent.chmod(0o700)
    invoke("nightly", "--as", "bai")
    facts = json.loads(invoke("status", "--format", "json", "--exit-code").stdout)
    assert facts["ok"]
    assert {check["todo"] for check in facts["checks"]} == {None}
    assert facts["last_night"] is not None
    assert len(facts["receipt"]) == 19


def test_status_tells_of_a_policy_that_cannot_be_read(invoke: Invoke, month: Path) -> None:
    with open_register(str(month)) as register, register.writing(clock) as writer:
        writer.add(read_line({"kind": "setting", "name": "policy", "value": "no-such-policy"}))
    facts = json.loads(invoke("status", "--format", "json", "--exit-code", code=1).stdout)
    assert {c["check"]: c["state"] for c in facts["checks"]}["policy"] == "bad"


def test_status_of_what_cannot_be_opened_goes_as_far_as_it_can(invoke: Invoke, month: Path) -> None:
    with sqlite3.connect(month) as connection:
        connection.execute("PRAGMA user_version = 99")
    facts = json.loads(invoke("status", "--format", "json", code=8).stdout)
    found = {check["check"]: check["state"] for check in facts["checks"]}
    assert found["register"] == "bad"
    assert {"rights", "disk", "journal"} <= found.keys()


def test_status_of_a_register_whose_pages_are_torn_fails_at_no_look(
    invoke: Invoke, month: Path
) -> None:
    content = bytearray(month.read_bytes())
    for place in range(8192, len(content), 3):
        content[place] ^= 0x5A
    month.write_bytes(content)
    result = CliRunner().invoke(app, ["status"], env={"CONFLICTCTL_DB": str(month)})
    assert result.exit_code in (0, 7)
    assert "BAD" in result.stdout or "✘" in result.stdout
    assert "Traceback" not in result.output + result.stderr


@pytest.mark.parametrize("language", ["en", "zh"])
def test_status_speaks_both_languages(invoke: Invoke, month: Path, language: str) -> None:
    told = invoke("status", "--lang", language).stdout
    assert ("backups" in told) is (language == "en")
    assert ("备份" in told) is (language == "zh")


# ------------------------------------------------------------ backup, restore, upgrade


def test_a_backup_comes_back(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert f"#1 to #{LAST}" in invoke("backup", str(copy)).stdout
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    month.unlink()
    assert f"#1 to #{LAST}" in invoke("restore", str(copy)).stdout
    invoke("audit", "verify")


def test_a_backup_overwrites_only_with_force(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(b"precious")
    invoke("backup", str(copy), code=3)
    assert copy.read_bytes() == b"precious"
    invoke("backup", str(copy), "--force")
    with open_register(str(copy)) as register:
        assert register.head().seq == LAST


def test_restore_keeps_what_it_replaces(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    invoke("backup", str(copy))
    invoke("policy", "use", "renault-zibo-2013", "--as", "jiang")
    invoke("restore", str(copy), code=3)
    invoke("restore", str(copy), "--force")
    with open_register(str(month)) as register:
        assert register.head().seq == LAST
    kept = month.with_name(month.name + ".replaced")
    with open_register(str(kept)) as register:
        assert register.head().seq == LAST + 1


def test_restore_refuses_what_is_no_register(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    before = month.read_bytes()
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    invoke("restore", str(other), "--force", code=7)
    invoke("restore", str(tmp_path / "none.db"), "--force", code=6)
    assert month.read_bytes() == before


def test_upgrade_of_a_register_that_is_up_to_date(invoke: Invoke, month: Path) -> None:
    before = month.read_bytes()
    assert "up to date" in invoke("upgrade").stdout
    assert month.read_bytes() == before


def test_upgrade_makes_no_register(invoke: Invoke, register_path: Path) -> None:
    invoke("upgrade", code=7)
    assert not register_path.exists()


def test_a_newer_register_says_which_way_out(invoke: Invoke, month: Path) -> None:
    with sqlite3.connect(month) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = month.read_bytes()
    for command in (["status"], ["verdict", "C-020"], ["upgrade"], ["overdue"], ["export"]):
        assert "pip install" in invoke(*command, code=8).stderr
    assert month.read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["verdict", "--all"],
        ["overdue"],
        ["audit", "verify"],
        ["export"],
        ["upgrade"],
        ["policy", "use", "renault-zibo-2013", "--as", "x"],
        ["backup", "copy.db"],
        ["import", str(Path(__file__))],
    ],
)
def test_a_file_of_another_kind_is_left_alone(
    invoke: Invoke,
    register_path: Path,
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for content in (b"not a database at all" * 100, b""):
        register_path.write_bytes(content)
        invoke(*command, code=7)
        assert register_path.read_bytes() == content
    shutil.rmtree(register_path, ignore_errors=True)


KEPT = sorted((Path(__file__).parents[1] / "register" / "registers").glob("schema-*.db.gz"))
ANSWER = ("customer", "status", "credit", "holder", "decided_by", "referred_to")


def rulings(invoke: Invoke) -> list[dict[str, object]]:
    told = invoke("verdict", "--all", "--format", "jsonl", "--as-of", AS_OF).stdout
    return [{key: json.loads(line)[key] for key in ANSWER} for line in told.splitlines()]


@pytest.mark.parametrize("kept", KEPT, ids=lambda file: file.name)
def test_a_register_of_an_earlier_schema_rules_as_a_new_one_of_its_entries(
    invoke: Invoke, register_path: Path, tmp_path: Path, kept: Path
) -> None:
    register_path.write_bytes(gzip.decompress(kept.read_bytes()))
    register_path.chmod(0o600)
    done = invoke("upgrade")
    assert "a copy of the register first" in done.stderr
    upgraded = rulings(invoke)
    assert upgraded
    file = tmp_path / "all.jsonl"
    invoke("export", str(file))
    with open_register(str(register_path)) as register:
        settings = register.settings()
    register_path.unlink()
    with create_register(
        str(register_path), zone=settings["timezone"], policy=settings["policy"], clock=clock
    ) as register:
        import_file(register, file, clock=clock, attest="bai")
    assert rulings(invoke) == upgraded


def test_an_upgrade_takes_room_for_the_copy(
    invoke: Invoke, register_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_path.write_bytes(gzip.decompress(KEPT[0].read_bytes()))
    before = register_path.read_bytes()
    monkeypatch.setattr(disk, "free", lambda folder: 1000)
    assert "are needed" in invoke("upgrade", code=6).stderr
    assert register_path.read_bytes() == before
    assert [file.name for file in register_path.parent.glob("register.db*")] == ["register.db"]


def test_a_backup_brings_back_what_was_erased_and_says_so(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    invoke("backup", str(copy))
    invoke("redact", "C-018", "--yes", "--as", "bai")
    done = invoke("restore", str(copy), "--force")
    assert "erased after the backup was made" in done.stderr
    assert "C-018" in done.stderr


# ---------------------------------------------------------------------------- audit


def test_verify_says_how_far_the_evidence_reaches(invoke: Invoke, month: Path) -> None:
    told = invoke("audit", "verify").stdout
    assert f"all {LAST} events verify" in told
    assert f"unsealed: {LAST} events" in told


def test_a_receipt_seals_what_came_before_it(invoke: Invoke, month: Path) -> None:
    done = invoke("policy", "use", "renault-zibo-2013", "--as", "jiang").stdout
    receipt = done.split()[-1]
    told = invoke("audit", "verify", "--receipt", receipt).stdout
    assert f"that of #{LAST + 1}" in told
    assert "unsealed" not in told
    found = json.loads(invoke("audit", "verify", "--receipt", receipt, "--format", "json").stdout)
    assert (found["ok"], found["receipt_seq"], found["unsealed"]) == (True, LAST + 1, 0)


def test_a_receipt_of_another_register_is_a_finding(invoke: Invoke, month: Path) -> None:
    invoke("audit", "verify", "--receipt", "K7QF-3M2A-9XPD-T6WL", code=7)
    invoke("audit", "verify", "--receipt", "hello", code=3)


def test_the_first_bad_entry_is_named(invoke: Invoke, month: Path) -> None:
    with sqlite3.connect(month) as connection:
        triggers = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ]
        for trigger in triggers:
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE events SET at = at + 60000000 WHERE seq = 300")
    done = invoke("audit", "verify", code=7)
    assert "the first bad entry is #300" in done.stderr
    found = json.loads(invoke("audit", "verify", "--format", "json", code=7).stdout)
    assert (found["ok"], found["first_bad"]) == (False, 300)
