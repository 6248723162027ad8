"""`import` and `export` as users meet them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from conflictctl.register.store import open_register

from ..exchange.malformed import LINES, csv_bytes, csv_rows, jsonl
from .conftest import SAMPLES, Invoke

VISIT = {
    "kind": "visit",
    "id": "v2",
    "at": "2013-03-05T10:00:00+08:00",
    "by": "li",
    "customer": "K1",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "march.jsonl"
    path.write_bytes(jsonl(LINES))
    return path


def count(register: Path) -> int:
    with open_register(str(register)) as opened:
        return opened.head().seq


def test_the_first_import_makes_the_register_and_says_so(
    invoke: Invoke, register_path: Path, file: Path
) -> None:
    done = invoke("import", str(file), "--attest", "sun", env={"TZ": "Asia/Shanghai"})
    assert "created the register" in done.stderr
    assert done.stdout.startswith("recorded: 13 (#2 to #15), already there: 0, rejected: 0\n")
    assert "the attestation is #4" in done.stdout
    again = invoke("import", str(file), "--attest", "sun")
    assert again.stdout == "nothing new; already there: 13, rejected: 0\n"
    assert count(register_path) == 15


def test_a_file_that_is_not_there_makes_no_register(
    invoke: Invoke, register_path: Path, tmp_path: Path
) -> None:
    assert "no file" in invoke("import", str(tmp_path / "none.jsonl"), code=2).stderr
    assert not register_path.exists()


def test_who_imports_must_be_known_once_there_is_management(
    invoke: Invoke, month: Path, file: Path
) -> None:
    assert "--attest STAFF" in invoke("import", str(file), code=4).stderr
    invoke("import", str(file), "--as", "nobody", code=4)
    invoke("import", str(file), "--attest", "nobody", code=4)
    invoke("import", str(file), "--attest", "chen", code=4)


def test_bad_rows_are_told_up_to_twenty_and_counted(
    invoke: Invoke, register_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(jsonl([*LINES, *(["{"] * 30)]))
    told = invoke("import", str(path), "--attest", "sun", code=3).stderr.splitlines()
    assert sum(line.startswith("line ") for line in told) == 20
    assert told[-2:] == [
        "error: 30 of 43 rows are not acceptable, and nothing was recorded",
        "hint: mend them and import the file again; --partial records the others",
    ]
    every = invoke("import", str(path), "--attest", "sun", "--all-reasons", code=3).stderr
    assert sum(line.startswith("line ") for line in every.splitlines()) == 30
    assert count(register_path) == 1


def test_partial_tells_where_the_others_are(
    invoke: Invoke, register_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "some.csv"
    rows = csv_rows()
    rows[-1][rows[0].index("by")] = "nobody"
    path.write_bytes(csv_bytes(rows))
    done = invoke("import", str(path), "--attest", "sun", "--partial", code=3)
    rejects = tmp_path / "some.rejects.csv"
    assert f"1 of 13 rows were rejected; they are in {rejects}" in done.stderr
    assert "recorded: 12" in done.stdout
    rejects.write_bytes(rejects.read_bytes().replace(b"nobody", b"sun"))
    assert "recorded: 1 " in invoke("import", str(rejects), "--attest", "sun").stdout


def test_rejects_go_where_they_are_told(
    invoke: Invoke, register_path: Path, tmp_path: Path
) -> None:
    path, rejects = tmp_path / "bad.jsonl", tmp_path / "elsewhere.jsonl"
    path.write_bytes(jsonl([*LINES, "{"]))
    invoke("import", str(path), "--attest", "sun", "--rejects", str(rejects), code=3)
    assert rejects.read_text(encoding="utf-8") == "{\n"
    assert count(register_path) == 1


def test_rejects_beside_a_read_only_source_land_here(
    invoke: Invoke, register_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, here = tmp_path / "locked", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    (folder / "bad.jsonl").write_bytes(jsonl([*LINES, "{"]))
    monkeypatch.chdir(here)
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != folder)
    invoke("import", str(folder / "bad.jsonl"), "--attest", "sun", "--partial", code=3)
    assert (here / "bad.rejects.jsonl").exists()


def test_a_dry_run_makes_and_changes_nothing(
    invoke: Invoke, register_path: Path, file: Path
) -> None:
    done = invoke("import", str(file), "--attest", "sun", "--dry-run")
    assert done.stdout == "would record: 13, already there: 0, rejected: 0\n"
    assert not register_path.exists()
    invoke("import", str(file), "--attest", "sun")
    file.write_bytes(jsonl([*LINES, VISIT, "{"]))
    done = invoke("import", str(file), "--attest", "sun", "--dry-run", code=3)
    assert done.stdout == "would record: 1, already there: 13, rejected: 1\n"
    assert "line 15: the line is broken JSON" in done.stderr
    assert count(register_path) == 15


def test_standard_input(invoke: Invoke, register_path: Path) -> None:
    assert "recorded: 13" in invoke("import", "-", "--attest", "sun", stdin=jsonl(LINES)).stdout
    table = csv_bytes(csv_rows(), "gb18030")
    assert "already there: 13" in invoke("import", "-", "--attest", "sun", stdin=table).stdout


def test_entries_without_effect_are_warned_of(
    invoke: Invoke, register_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_bytes(
        jsonl(
            [
                *LINES,
                *(
                    {
                        "kind": "notice",
                        "at": f"2013-03-05T10:00:{n:02}+08:00",
                        "by": "li",
                        "customer": "K1",
                        "to": "wang",
                    }
                    for n in range(9)
                ),
            ]
        )
    )
    told = invoke("import", str(path), "--attest", "sun").stderr
    assert "warning: line 14:" in told
    assert "9 rows in all" in told
    assert told.count("warning:") == 6


def test_the_sample_sheet_of_a_chinese_excel(invoke: Invoke, month: Path) -> None:
    sheet = SAMPLES / "reception-2025-03-20.csv"
    assert "recorded: 16 " in invoke("import", str(sheet), "--attest", "jiang").stdout


# -------------------------------------------------------------------------- export


def test_an_export_comes_back(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    for name in ("all.jsonl", "all.csv"):
        path = tmp_path / name
        assert "wrote 625 events" in invoke("export", str(path)).stderr
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        again = invoke("import", str(path), "--attest", "bai").stdout
        assert again == "nothing new; already there: 625, rejected: 0\n"
        copy = str(tmp_path / f"{name}.db")
        invoke("init", "--timezone", "Asia/Shanghai", "--db", copy)
        arrived = invoke("import", str(path), "--attest", "bai", "--db", copy).stdout
        assert arrived.startswith("recorded: 625")
        options = ("verdict", "--all", "--format", "jsonl", "--as-of", "2025-04-03T20:00:00+08:00")
        old, new = (
            [
                {**json.loads(line), "register": None}
                for line in invoke(*options, "--db", db).stdout.splitlines()
            ]
            for db in (str(month), copy)
        )
        assert old == new


def test_an_export_overwrites_only_with_force(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("precious", encoding="utf-8")
    assert "--force" in invoke("export", str(path), code=3).stderr
    assert path.read_text(encoding="utf-8") == "precious"
    invoke("export", str(path), "--force")
    assert len(path.read_bytes().splitlines()) == 625


def test_an_export_of_a_choice(invoke: Invoke, month: Path) -> None:
    def lines(*options: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in invoke("export", *options).stdout.splitlines()]

    assert {line["customer"] for line in lines("--customer", "C-020")} == {"C-020"}
    assert {line["kind"] for line in lines("--kind", "claim")} == {"claim"}
    march = lines("--since", "2025-03-01T00:00+08:00", "--until", "2025-04-01T00:00+08:00")
    assert all(str(line["at"]).startswith("2025-03") for line in march)
    table = invoke("export", "--customer", "C-020", "--format", "csv").stdout
    assert table.startswith("\ufeffkind,id,at,")


def test_an_export_of_what_there_is_not(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    assert "customer find K9" in invoke("export", "--customer", "K9", code=3).stderr
    assert "kinds are" in invoke("export", "--kind", "vist", code=2).stderr
    invoke("export", "--since", "noon", code=3)
    invoke("export", str(tmp_path / "missing" / "x.jsonl"), code=6)
    invoke("export", "--format", "xml", code=2)


@pytest.mark.skipif(os.name != "posix", reason="pipes")
@pytest.mark.parametrize(
    "command",
    [
        ["export"],
        ["export", "--format", "csv"],
        ["verdict", "--all", "--format", "jsonl"],
        ["verdict", "--all"],
        ["verdict", "C-020"],
        ["policy", "show"],
        ["overdue"],
        ["demo"],
    ],
)
def test_a_reader_who_leaves_early(month: Path, command: list[str]) -> None:
    environment = {**os.environ, "CONFLICTCTL_DB": str(month)}
    running = subprocess.Popen(
        [sys.executable, "-c", "from conflictctl.cli.main import main; main()", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.read(10)
    running.stdout.close()
    told = running.stderr.read()
    running.wait(60)
    assert told == b""
    assert running.returncode in (0, 141)


def test_an_export_to_a_terminal_shows_what_would_act(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    pexpect = pytest.importorskip("pexpect", reason="needs a Unix terminal")
    line = {"kind": "outlet", "at": "2025-03-01T10:00:00+08:00", "outlet": "x", "type": "store"}
    file = tmp_path / "unseen.jsonl"
    file.write_text(json.dumps({**line, "by": "bai", "name": "a\u200bb\U000e0041"}), "utf-8")
    invoke("import", str(file), "--attest", "bai")
    written = invoke("export", "--kind", "outlet").stdout
    assert '"a\\u200bb\\udb40\\udc41"' in written
    program = f"{sys.executable} -m conflictctl export --kind outlet --format"
    child = pexpect.spawn(
        "/bin/sh", ["-c", f"{program} csv; {program} xlsx"],
        encoding="utf-8", timeout=60, env={**os.environ, "CONFLICTCTL_DB": str(month)},
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    assert "a\\u200bb\\U000e0041" in child.before
    assert "\u200b" not in child.before
    assert "a workbook is not for a terminal" in child.before
    assert child.exitstatus == 2
