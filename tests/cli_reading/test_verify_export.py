"""An export held against the register: the first difference is named, whatever was done to it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import LAST, Invoke

Lines = list[bytes]


def changed(lines: Lines, place: int, old: bytes, new: bytes) -> Lines:
    assert old in lines[place]
    return [*lines[:place], lines[place].replace(old, new, 1), *lines[place + 1 :]]


CHANGES: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "the first line left out": (
        lambda lines: lines[1:],
        "#3 is left out before line 1, or moved",
    ),
    "a line left out": (
        lambda lines: lines[:300] + lines[301:],
        "#304 is left out before line 301, or moved",
    ),
    "three lines left out": (
        lambda lines: lines[:300] + lines[303:],
        "#304 to #306 are left out before line 301, or moved",
    ),
    "a line moved to the end": (
        lambda lines: [*lines[:10], *lines[11:], lines[10]],
        "#14 is left out before line 11, or moved",
    ),
    "two lines exchanged": (
        lambda lines: [*lines[:7], lines[8], lines[7], *lines[9:]],
        "lines 8 and 9 are exchanged (#11, #12)",
    ),
    "a time changed": (
        lambda lines: changed(lines, 9, b'"at":"2025', b'"at":"2024'),
        "line 10 is not #13: it differs in at",
    ),
    "an author exchanged and a note put in": (
        lambda lines: [
            *lines[:30],
            json.dumps({**json.loads(lines[30]), "by": "x", "note": "y"}).encode() + b"\n",
            *lines[31:],
        ],
        "line 31 is not #34: it differs in by, note",
    ),
    "a line put in": (
        lambda lines: [*lines[:5], b'{"kind":"lost"}\n', *lines[5:]],
        "line 6 is put in: it is of no entry here",
    ),
    "a blank line put in": (
        lambda lines: [*lines[:5], b"\n", *lines[5:]],
        "line 6 is put in: it is of no entry here",
    ),
    "a line twice": (
        lambda lines: [*lines[:6], lines[5], *lines[6:]],
        "line 7 repeats the one before",
    ),
    "a line put at the end": (
        lambda lines: [*lines, b'{"kind":"lost"}\n'],
        "line 626 is of no entry: the register has no more of them",
    ),
    "a space more": (
        lambda lines: [lines[0].replace(b",", b", ", 1), *lines[1:]],
        "line 1 says the same as #3 in other bytes than `export` writes",
    ),
    "the last line cut off in its middle": (
        lambda lines: [*lines[:-1], lines[-1][:40]],
        f"line 625 is cut off or broken: it was that of #{LAST}",
    ),
    "what is no line at all": (
        lambda lines: [b"\x00\xff\n"],
        "line 1 is cut off or broken: it was that of #3",
    ),
}


@pytest.fixture
def export(invoke: Invoke, month: Path, tmp_path: Path) -> Path:
    invoke("export", str(tmp_path / "all.jsonl"), "--manifest", str(tmp_path / "all.manifest"))
    return tmp_path / "all.jsonl"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_kind_of_change_is_named(
    invoke: Invoke, export: Path, change: tuple[Callable[[Lines], Lines], str]
) -> None:
    change_lines, told = change
    export.write_bytes(b"".join(change_lines(export.read_bytes().splitlines(keepends=True))))
    done = invoke("audit", "verify", "--export", str(export), code=7)
    assert done.stderr.splitlines() == [
        f"error: {export}: {told}",
        "hint: the register itself verifies; keep the file as evidence, and export anew",
    ]
    assert "625 lines" not in done.stdout
    found = json.loads(
        invoke("audit", "verify", "--export", str(export), "--format", "json", code=7).stdout
    )
    assert (found["ok"], found["problem"], found["export"]["problem"]) == (False, None, told)


def test_a_whole_export_is_the_registers(invoke: Invoke, export: Path) -> None:
    for more in ([], ["--manifest", str(export.with_suffix(".manifest"))]):
        told = invoke("audit", "verify", "--export", str(export), *more).stdout
        assert f"{export}: all 625 lines are those of the register, up to #{LAST}" in told
        assert "later entries" not in told
    found = json.loads(
        invoke("audit", "verify", "--export", str(export), "--format", "json").stdout
    )
    assert found["ok"]
    assert found["export"] == {
        "file": str(export),
        "lines": 625,
        "up_to": LAST,
        "erased": 0,
        "left": 0,
        "whole": False,
        "line": None,
        "seq": None,
        "problem": None,
    }


def test_no_byte_can_be_changed_unseen(invoke: Invoke, export: Path) -> None:
    content = export.read_bytes()
    chance = random.Random(7)
    for _ in range(12):
        place = chance.randrange(len(content))
        bad = bytearray(content)
        bad[place] ^= 1 << chance.randrange(8)
        export.write_bytes(bad)
        invoke("audit", "verify", "--export", str(export), code=7)


def test_what_ends_early_is_older_or_cut_off_and_a_manifest_tells(
    invoke: Invoke, export: Path
) -> None:
    manifest = str(export.with_suffix(".manifest"))
    invoke("log-check", "--query", "x", "--as", "bai")
    told = invoke("audit", "verify", "--export", str(export)).stdout
    assert "1 later entries are not in it" in told
    # Made before that entry: the manifest says that nothing is missing.
    told = invoke("audit", "verify", "--export", str(export), "--manifest", manifest).stdout
    assert "later entries" not in told
    export.write_bytes(b"".join(export.read_bytes().splitlines(keepends=True)[:-4]))
    failed = invoke("audit", "verify", "--export", str(export), "--manifest", manifest, code=7)
    assert "its end is cut off: 4 lines are missing after #" in failed.stderr
    assert "5 later entries" in invoke("audit", "verify", "--export", str(export)).stdout


def test_a_part_is_known_by_its_manifest(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    file, manifest = tmp_path / "part.jsonl", tmp_path / "part.manifest"
    more = ["--customer", "C-020", "--since", "2025-03-05T00:00:00+08:00"]
    invoke("export", str(file), "--manifest", str(manifest), *more)
    assert "left out" in invoke("audit", "verify", "--export", str(file), code=7).stderr
    invoke("audit", "verify", "--export", str(file), "--manifest", str(manifest))
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[1:]))
    invoke("audit", "verify", "--export", str(file), "--manifest", str(manifest), code=7)


def test_a_manifest_of_another_register_vouches_for_nothing(invoke: Invoke, export: Path) -> None:
    manifest = export.with_suffix(".manifest")
    said = json.loads(manifest.read_bytes())
    for other in (
        {**said["register"], "origin": "other"},
        {**said["register"], "receipt": "AAAA-AAAA-AAAA-AAAA"},
        {**said["register"], "seq": LAST + 1},
    ):
        manifest.write_text(json.dumps({**said, "register": other}))
        done = invoke(
            "audit", "verify", "--export", str(export), "--manifest", str(manifest), code=7
        )
        assert "the manifest is of another register" in done.stderr
    manifest.write_text(json.dumps({**said, "digest": "sha256:00"}))
    done = invoke("audit", "verify", "--export", str(export), "--manifest", str(manifest), code=7)
    assert "is not the file that" in done.stderr
    for none in ("[]", "{", json.dumps({**said, "register": {**said["register"], "seq": "1"}})):
        manifest.write_text(none)
        invoke("audit", "verify", "--export", str(export), "--manifest", str(manifest), code=3)


def test_what_was_erased_since_is_no_difference(invoke: Invoke, export: Path) -> None:
    invoke("redact", "C-020", "--yes", "--as", "bai")
    manifest = str(export.with_suffix(".manifest"))
    for more in ([], ["--manifest", manifest]):
        told = invoke("audit", "verify", "--export", str(export), *more).stdout
        assert "of them hold personal data that were erased since" in told
    lines = export.read_bytes().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if b'"customer":"C-020"' in line)
    export.write_bytes(b"".join(changed(lines, place, b'"at":"2025', b'"at":"2024')))
    failed = invoke("audit", "verify", "--export", str(export), code=7).stderr
    assert f"line {place + 1} is not #" in failed


def test_it_is_said_in_chinese_and_asked_for_rightly(
    invoke: Invoke, export: Path, tmp_path: Path
) -> None:
    told = invoke("audit", "verify", "--export", str(export), "--lang", "zh").stdout
    assert "625 行全部与登记簿一致" in told
    invoke("audit", "verify", "--manifest", "x", code=2)
    invoke("audit", "verify", "--export", str(tmp_path / "none"), code=6)


def test_the_export_of_a_damaged_register_is_not_judged(
    invoke: Invoke, export: Path, month: Path
) -> None:
    content = month.read_bytes()
    assert b"C-020" in content
    month.write_bytes(content.replace(b"C-020", b"C-021", 1))
    failed = invoke("audit", "verify", "--export", str(export), code=7)
    assert str(export) not in failed.stderr
