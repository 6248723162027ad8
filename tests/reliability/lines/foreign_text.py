"""G18 formulas in sheets, G20 encodings of files, G21 texts of SQL in every field and option."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, closing
from pathlib import Path
from typing import Any

from conflictctl.events import line_of
from conflictctl.register.store import open_register
from tests.exchange.malformed import LINES as GOOD
from tests.exchange.malformed import csv_bytes, csv_rows, jsonl
from tests.reliability.commands import call, every_command, fault_of, invoke, nobody, takes_text
from tests.reliability.frame import Figures, Line, Scale, told
from tests.reliability.showroom import EVERY_KIND, faults_of, make

# ------------------------------------------------------------------------------ formulas

_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_FORMULAS = (
    *("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://evil.example","x")', "SUM(A1:A9)", "2*3"),
    *("IMPORTXML(1)", "DDE(1)", "王", "'x", ";=1", "\t=1", "\n=1", '"=1'),
)


def _formula(chance: random.Random) -> str:
    before = chance.choice(("", "", "", "'", "''", "\t", "\r", "\n"))
    return before + chance.choice(_STARTS) + chance.choice(_FORMULAS)


def _with_formulas(chance: random.Random) -> list[dict[str, Any]]:
    """The good lines with formulas in their texts; a name has no line end."""
    lines: list[dict[str, Any]] = []
    for line in GOOD:
        one = {**line, "note": _formula(chance)}
        if "name" in line:
            one["name"] = chance.choice(_STARTS) + chance.choice(_FORMULAS[:8])
        lines.append(one)
    return lines


def _cells_of_csv(data: bytes) -> Iterator[str]:
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        yield from row


def _formulas(scale: Scale) -> Figures:
    chance = random.Random(scale.seed)
    cells = 0
    faults: list[str] = []
    with scale.in_memory() as folder, nobody(folder), chdir(folder):
        for number in range(scale.of(2, 25)):
            lines = _with_formulas(chance)
            Path("in.jsonl").write_bytes(jsonl(lines))
            taken = _import(folder, "in.jsonl", "--attest", "sun")
            faults += [] if taken is None else [taken]
            first = _events(folder / "r.db")
            csv_cells = list(_cells_of_csv(invoke(["export", "--format", "csv", *_DB]).out))
            cells += len(csv_cells)
            faults += [f"{cell!r} in a CSV" for cell in csv_cells if cell.startswith(_STARTS)]
            for name in ("out.csv", "out.xlsx"):
                invoke(["export", name, "--force", *_DB])
                if name == "out.xlsx":
                    faults += _formulas_in_book(Path(name))
                back = _import(folder, name, "--attest", "sun")
                if back is not None or _events(folder / "r.db") != first:
                    faults.append(f"{number}: {name} does not come back: {back}")
            for report in ("overdue --within 9999d", "customer suggest --all", "survey due"):
                done = invoke([*report.split(), "--format", "csv", *_DB])
                faults += [
                    f"{cell!r} in {report}"
                    for cell in _cells_of_csv(done.out)
                    if cell.startswith(_STARTS) and not _number(cell)
                ]
    return Figures(not faults, told(f"{cells} cells of CSV, as many of .xlsx, read back", faults))


def _number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit()


def _formulas_in_book(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml")
    return [f"{mark!r} in a workbook" for mark in (b"<f>", b"<f ", b't="str"') if mark in sheet]


_DB = ("--db", "r.db")


def _import(folder: Path, name: str, *options: str) -> str | None:
    """Import into a new register; what was wrong."""
    (folder / "r.db").unlink(missing_ok=True)
    invoke(["init", "--timezone", "Asia/Shanghai", *_DB])
    done = invoke(["import", name, *options, *_DB])
    return None if done.code == 0 else f"exit {done.code}: {done.err[:300]}"


def _events(path: Path) -> list[str]:
    """The imported lines of a register as they were given."""
    with open_register(str(path)) as register:
        lines = [
            line_of(event, register.origin, None)
            for event in register.events()
            if event.kind not in ("setting", "attestation")
        ]
    return [json.dumps(_plain(line), sort_keys=True, ensure_ascii=False) for line in lines]


def _plain(line: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in line.items() if name not in ("attested_by", "recorded_at")
    }


# ----------------------------------------------------------------------------- encodings

_ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with BOM": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gbk",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "big5": "big5",
    "latin-1": "latin-1",
    "shift-jis": "shift-jis",
}
_EVERYDAY = (
    "王李张刘陈杨赵黄周吴徐孙客户看车来店报价试驾意向白色黑色配置电话回访今天明天上午订金提车"
)
_RARE = "䶮㛃𠮷堃喆犇"
_TRADITIONAL = "陳黃趙劉張試駕價錢顏色來電回訪訂車"


def _name(chance: random.Random, encoding: str) -> str:
    letters = {"big5": _TRADITIONAL, "latin-1": "éüñçøåß", "shift-jis": "山田太郎佐藤花子"}.get(
        encoding, _EVERYDAY
    )
    text = "".join(chance.choices(letters, k=chance.randint(2, 12)))
    rare = encoding.startswith("utf") or encoding == "gb18030"
    return text + chance.choice(_RARE) if rare and chance.random() < 0.1 else text


def _encodings(scale: Scale) -> Figures:
    chance = random.Random(scale.seed)
    ends: Counter[str] = Counter()
    faults: list[str] = []
    with scale.in_memory() as folder, nobody(folder), chdir(folder):
        for number in range(scale.of(12, 250)):
            called, encoding = list(_ENCODINGS.items())[number % len(_ENCODINGS)]
            text = "; ".join(_name(chance, encoding) for _ in range(chance.randint(1, 20)))
            end, fault = _read(folder, encoding, text, chance.choice((".jsonl", ".csv")))
            ends[f"{end}"] += 1
            if fault is not None:
                faults.append(f"{called}: {text[:40]}: {fault}")
    said = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    return Figures(not faults, told(f"files in {len(_ENCODINGS)} encodings: {said}", faults))


def _read(folder: Path, encoding: str, text: str, suffix: str) -> tuple[str, str | None]:
    """How a file with this text came in, and what was wrong."""
    names = {"o1": "Main", "s1": "Sun", "s2": "Wang", "s3": "Li"}
    lines = [
        {**line, "name": names[line["id"]]} if line["id"] in names else line for line in GOOD[:4]
    ]
    lines.append({**GOOD[4], "name": text[:100], "note": text})
    if suffix == ".jsonl":
        data = jsonl(lines).decode().encode(encoding)
    else:
        columns = csv_rows()[0]
        rows = [[_cell(line.get(column)) for column in columns] for line in lines]
        data = csv_bytes([columns, *rows]).decode().encode(encoding)
    Path(f"in{suffix}").write_bytes(data)
    plain = _import(folder, f"in{suffix}", "--attest", "sun")
    if plain is None:
        return "read", None if _told(folder) == text else f"garbled: {_told(folder)!r}"
    if "exit 3" not in plain or "--encoding" not in plain:
        return "refused", plain
    if _events(folder / "r.db"):
        return "refused", "entries were written"
    named = _import(folder, f"in{suffix}", "--attest", "sun", "--encoding", encoding)
    if named is not None:
        return "asked for", f"with --encoding {encoding}: {named}"
    return "asked for", None if _told(folder) == text else f"garbled: {_told(folder)!r}"


def _cell(value: Any) -> str:
    return "" if value is None else ";".join(value) if isinstance(value, list) else str(value)


def _told(folder: Path) -> str | None:
    with open_register(str(folder / "r.db")) as register:
        return next((one.get("note") for one in register.events(kind="customer")), None)


# ----------------------------------------------------------------------------- injection

_QUERIES = (
    "x'); DROP TABLE events; --",
    "x'; DELETE FROM personal; --",
    "' OR '1'='1",
    '" OR ""="',
    "x' UNION SELECT sql FROM sqlite_master --",
    "x'); UPDATE events SET body = x'00'; --",
    "%",
    "_",
    "*",
    "K1' --",
    ":customer",
    "?1",
    "x'||(SELECT 1)||'",
    '"; PRAGMA writable_schema = 1; --',
)


def _injection(scale: Scale) -> Figures:
    chance = random.Random(scale.seed)
    tried = literal = 0
    faults: list[str] = []
    with scale.in_memory() as folder, nobody(folder), chdir(folder):
        whole = make(folder / "whole.db", EVERY_KIND)
        path = folder / "r.db"
        before = _schema(whole)
        commands = list(every_command())
        for command in commands if scale.full else chance.sample(commands, 50):
            shutil.copyfile(whole, path)
            options = [one for one in command.parameters if takes_text(one)]
            for option in chance.sample(options, min(len(options), scale.of(1, 99))):
                for text in chance.sample(_QUERIES, 1):
                    words = call(command, option, text, {})
                    acting = [] if option.name == "acting" else ["--as", "sun"]
                    last = _last(path)
                    done = invoke([*words, *_DB, *acting], stdin="")
                    tried += 1
                    fault = fault_of(done)
                    if fault is not None:
                        faults.append(f"{words}: {fault}")
                    if command.records and done.code == 0 and _last(path) > last:
                        kept = text in _entry(path)
                        literal += kept
                        if not kept and option.name not in _NOT_STORED:
                            faults.append(f"{words}: not stored as it was given")
            after = faults_of(path, {})
            if _schema(path) != before or after is not None:
                faults.append(f"{command.path}: the tables were changed: {after}")
    return Figures(
        not faults,
        told(f"{tried} commands, {literal} texts stored as they were given, none ran", faults),
    )


_NOT_STORED = frozenset(("format", "at", "holding"))


def _schema(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()


def _last(path: Path) -> int:
    with closing(sqlite3.connect(path)) as raw:
        return int(raw.execute("SELECT max(seq) FROM events").fetchone()[0])


def _entry(path: Path) -> str:
    """The last entry's texts, however deep."""
    with open_register(str(path)) as register:
        last = list(register.events())[-1]
        line = line_of(last, register.origin, None)
    return "\n".join(_texts(line))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    else:
        yield str(value)


LINES = (
    Line("G18", "formulas in texts", "written as text, and read back the same", _formulas),
    Line("G20", "encodings of files", "read right or asked for, never garbled", _encodings),
    Line("G21", "SQL in every field and option", "stored as it is given, never run", _injection),
)
