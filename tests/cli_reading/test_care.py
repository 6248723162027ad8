"""The register made, looked at, copied and put back."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from conflictctl.register.store import open_register

from .conftest import LAST, Invoke


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
