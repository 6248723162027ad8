"""Bad input tried on every command: the right exit code, two lines, never a traceback."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from typer.testing import Result

from .conftest import Invoke, events_of
from .test_writing import ABOUT_ENTRIES, RECORDED


def named(command: str, groups: tuple[str, ...]) -> str:
    """The command's own words: `log-visit`, `staff add`."""
    words = command.split()
    return " ".join(words[:2]) if words[0] in groups else words[0]


# One good call of every command that writes, and who makes it.
WRITING: dict[str, tuple[list[str], str]] = {}
for row in RECORDED:
    WRITING.setdefault(named(row[0], ("customer", "staff", "outlet")), (row[0].split(), row[1]))
# Those that speak of an entry need one first.
NEEDS_ENTRY: dict[str, tuple[str, str]] = {}
for about in ABOUT_ENTRIES:
    name = named(about[1][0], ("filing", "claim"))
    if name not in WRITING:
        WRITING[name] = (about[1][0].split(), about[1][1])
        NEEDS_ENTRY[name] = about[0]

READING = [
    "customer list",
    "customer find x",
    "customer show K1",
    "staff list",
    "staff show li",
    "outlet list",
    "outlet show shop",
]

every_writing = pytest.mark.parametrize("name", sorted(WRITING))
every_command = pytest.mark.parametrize(
    "words",
    [*(words for words, _ in WRITING.values()), *map(str.split, READING)],
    ids=lambda words: " ".join(words)[:40],
)


def prepared(invoke: Invoke, name: str) -> tuple[list[str], str]:
    """A good call of a command, in a register where it would succeed."""
    entry = NEEDS_ENTRY.get(name)
    if entry is not None:
        invoke(*entry[0].split(), "--as", entry[1])
    return WRITING[name]


def is_two_lines(result: Result) -> bool:
    lines = result.stderr.splitlines()
    return len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("hint: ")


@every_writing
def test_the_good_call_is_good(invoke: Invoke, showroom: Path, name: str) -> None:
    words, actor = prepared(invoke, name)
    invoke(*words, "--as", actor, "--id", "good")
    assert events_of(showroom)[-1].id == "good"


BAD_TIMES = [
    "2025-03-20T14:30:00",
    "2199-01-01T00:00:00Z",
    "tomorrow 10:00",
    "昨天3点",
    "",
    "\x1b[31m",
]


@every_writing
def test_a_bad_time(invoke: Invoke, showroom: Path, name: str) -> None:
    words, actor = prepared(invoke, name)
    before = len(events_of(showroom))
    for at in BAD_TIMES:
        result = invoke(*words, "--as", actor, "--at", at, code=3)
        assert is_two_lines(result)
        assert "\x1b" not in result.stderr
    assert len(events_of(showroom)) == before


@every_writing
def test_an_unknown_author(invoke: Invoke, showroom: Path, name: str) -> None:
    words, actor = prepared(invoke, name)
    before = len(events_of(showroom))
    for by in ("孙经理", "[/]", "\x1b[31m", "", "a b"):
        result = invoke(*words, "--as", actor, f"--by={by}", code=3)
        assert is_two_lines(result)
        assert "\x1b" not in result.stderr
    assert len(events_of(showroom)) == before


@every_writing
def test_nobody_acting(invoke: Invoke, showroom: Path, name: str) -> None:
    words, _ = prepared(invoke, name)
    result = invoke(*words, code=4, env={"LOGNAME": "nobody-known"})
    assert is_two_lines(result)
    assert "--as" in result.stderr


@every_writing
def test_an_unknown_actor(invoke: Invoke, showroom: Path, name: str) -> None:
    words, _ = prepared(invoke, name)
    assert is_two_lines(invoke(*words, "--as", "[/]", code=4))


@every_writing
def test_the_wrong_role(invoke: Invoke, showroom: Path, name: str) -> None:
    words, _ = prepared(invoke, name)
    if name != "log-check":
        assert is_two_lines(invoke(*words, "--as", "eye", code=4))


@every_writing
def test_a_long_note_and_odd_letters_are_kept(invoke: Invoke, showroom: Path, name: str) -> None:
    words, actor = prepared(invoke, name)
    note = "[/]<script>=1+1 {x} 单丽娜 \U0001f600 " + "x" * 10_000
    invoke(*words, "--as", actor, "--note", note)
    assert events_of(showroom)[-1].fields["note"] == note


@every_writing
def test_a_note_with_escape_codes_or_without_end(
    invoke: Invoke,
    showroom: Path,
    name: str,
) -> None:
    words, actor = prepared(invoke, name)
    for note in ("\x1b[31mred", "\u202egnp.exe", "x" * 100_001):
        result = invoke(*words, "--as", actor, "--note", note, code=3)
        assert is_two_lines(result)
        assert "\x1b" not in result.stderr


@every_writing
def test_a_bad_id(invoke: Invoke, showroom: Path, name: str) -> None:
    words, actor = prepared(invoke, name)
    for identity in ("", "#5", "a b", "\x1b[0m"):
        assert is_two_lines(invoke(*words, "--as", actor, f"--id={identity}", code=3))


@every_writing
def test_an_id_of_another_entry(invoke: Invoke, showroom: Path, name: str) -> None:
    words, actor = prepared(invoke, name)
    invoke("log-level", "K2", "--level", "C", "--as", "wang", "--id", "taken")
    assert is_two_lines(invoke(*words, "--as", actor, "--id", "taken", "--note", "n", code=3))


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name, (words, _) in WRITING.items()
        if "K1" in words and not name.startswith("customer add")
    ),
)
def test_an_unknown_customer(invoke: Invoke, showroom: Path, name: str) -> None:
    words, actor = prepared(invoke, name)
    for customer in ("K9", "[/]", "\x1b[31m", "", "#1", "' OR 1=1 --"):
        result = invoke(
            *(customer if word == "K1" else word for word in words), "--as", actor, code=3
        )
        assert is_two_lines(result)
        assert "\x1b" not in result.stderr


# ------------------------------------------------------------------------------ registers


@every_command
def test_a_foreign_database(invoke: Invoke, register_path: Path, words: list[str]) -> None:
    with sqlite3.connect(register_path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    before = register_path.read_bytes()
    assert is_two_lines(invoke(*words, "--as", "sun", code=7))
    assert register_path.read_bytes() == before


@every_command
def test_garbage(invoke: Invoke, register_path: Path, words: list[str]) -> None:
    for content in (b"not a database\n" * 100, b"SQLite format 3\0" + b"\xff" * 99):
        register_path.write_bytes(content)
        assert is_two_lines(invoke(*words, "--as", "sun", code=7))
        assert register_path.read_bytes() == content


@every_command
def test_no_register(invoke: Invoke, tmp_path: Path, words: list[str]) -> None:
    if words[:2] != ["outlet", "add"]:
        result = invoke(*words, "--as", "sun", "--db", str(tmp_path / "none.db"), code=7)
        assert is_two_lines(result)
        assert "conflictctl init" in result.stderr


@every_command
def test_a_folder_in_place_of_a_register(
    invoke: Invoke,
    tmp_path: Path,
    words: list[str],
) -> None:
    result = invoke(*words, "--as", "sun", "--db", str(tmp_path), code=7)
    assert is_two_lines(result)


@every_command
@pytest.mark.parametrize(
    ("address", "code"),
    [("postgresql+psycopg://u:secret@127.0.0.1:1/d", 6), ("mysql://u:secret@h/d", 3)],
    ids=["a server that is not there", "a kind that is not known"],
)
def test_a_database_elsewhere(invoke: Invoke, words: list[str], address: str, code: int) -> None:
    result = invoke(*words, "--as", "sun", "--db", address, code=code)
    assert is_two_lines(result)
    assert "secret" not in result.output


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_read_only_folder(invoke: Invoke, showroom: Path) -> None:
    showroom.chmod(0o400)
    showroom.parent.chmod(0o500)
    try:
        for words, actor in WRITING.values():
            assert is_two_lines(invoke(*words, "--as", actor, code=6))
        for command in READING:
            invoke(*command.split())
    finally:
        showroom.parent.chmod(0o700)
