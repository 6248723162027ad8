"""Files as they should not be: a small valid file, and seeded ways of spoiling it."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from typing import Any

Line = dict[str, Any]

LINES: list[Line] = [
    {
        "kind": "outlet",
        "id": "o1",
        "at": "2013-03-01T08:00:00+08:00",
        "outlet": "store",
        "name": "主店",
        "type": "store",
    },
    {
        "kind": "staff",
        "id": "s1",
        "at": "2013-03-01T08:00:00+08:00",
        "staff": "sun",
        "name": "孙经理",
        "role": "manager",
        "outlet": "store",
    },
    {
        "kind": "staff",
        "id": "s2",
        "at": "2013-03-01T08:00:00+08:00",
        "by": "sun",
        "staff": "wang",
        "name": "王顾问",
        "role": "consultant",
        "outlet": "store",
    },
    {
        "kind": "staff",
        "id": "s3",
        "at": "2013-03-01T08:00:00+08:00",
        "by": "sun",
        "staff": "li",
        "name": "李顾问",
        "role": "consultant",
        "outlet": "store",
    },
    {
        "kind": "customer",
        "id": "c1",
        "at": "2013-03-01T10:00:00+08:00",
        "by": "wang",
        "customer": "K1",
        "name": "张先生",
        "phones": ["13900000001", "13900000002"],
    },
    {
        "kind": "customer",
        "id": "c2",
        "at": "2013-03-01T10:00:00+08:00",
        "by": "wang",
        "customer": "K2",
        "name": "张太太",
    },
    {
        "kind": "visit",
        "id": "v1",
        "at": "2013-03-01T10:01:00+08:00",
        "by": "wang",
        "customer": "K1",
        "level": "A",
        "asked": True,
        "answer": "none",
        "note": "看车，预算十五万",
    },
    {
        "kind": "filing",
        "id": "f1",
        "at": "2013-03-02T10:00:00+08:00",
        "by": "wang",
        "customer": "K1",
        "to": "sun",
        "fields": {"model": "X1", "options": ["a", "b"]},
    },
    {
        "kind": "link",
        "id": "l1",
        "at": "2013-03-03T10:00:00+08:00",
        "by": "sun",
        "customers": ["K1", "K2"],
        "relation": "household",
    },
    {
        "kind": "correction",
        "id": "x1",
        "at": "2013-03-03T11:00:00+08:00",
        "by": "wang",
        "corrects": "v1",
        "changes": {"level": "B"},
    },
    {
        "kind": "close",
        "id": "z1",
        "at": "2013-03-08T10:00:00+08:00",
        "by": "li",
        "customer": "K1",
        "amount": "120000",
        "signers": [{"staff": "li", "share": "100"}],
    },
    {
        "kind": "claim",
        "id": "w1",
        "at": "2013-03-08T12:00:00+08:00",
        "by": "wang",
        "customer": "K1",
    },
    {
        "kind": "agreement",
        "id": "a1",
        "at": "2013-03-09T12:00:00+08:00",
        "by": "sun",
        "customer": "K1",
        "parties": ["li", "wang"],
        "shares": [{"party": "li", "share": "60"}, {"party": "wang", "share": "40"}],
    },
]

COLUMNS = list(dict.fromkeys(name for line in LINES for name in line))


def jsonl(lines: list[Any]) -> bytes:
    """Lines as a file; what is text already is taken as it is."""
    return "".join(
        (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n"
        for line in lines
    ).encode()


def csv_rows() -> list[list[str]]:
    """The same file as rows of cells under `COLUMNS`."""
    return [[*COLUMNS], *([_cell(line.get(name)) for name in COLUMNS] for line in LINES)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def csv_bytes(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    """Rows as a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding, "surrogatepass")


# ---------------------------------------------------------- surely wrong, one way each

WRONG: list[Any] = [
    None,
    0,
    -1,
    1.5,
    2**70,
    True,
    "",
    " ",
    "\x00",
    "\x1b[31m",
    "a b",
    "#",
    "-",
    [],
    [[]],
    {},
    {"a": {}},
    [None],
    ["K1", "K1"],
    "2013-03-01",
    "2013-03-01T10:00:00",
    "2999-01-01T00:00:00Z",
    "=1+1",
    "\u202e",
    "x" * 200_000,
    [{"party": "li", "share": "NaN"}],
    "nobody",
]

ALWAYS_WRONG: dict[str, Callable[[random.Random], Any]] = {
    "not an object": lambda r: r.choice(["[]", "1", '"text"', "null", "true", "[{}]"]),
    "broken": lambda r: r.choice(["{", "}", '{"kind"}', '{"kind":}', "{'kind':1}", '{"a":1}}']),
    "not a number": lambda r: '{"kind": "card", "rank": ' + r.choice(["NaN}", "Infinity}", "01}"]),
    "key twice": lambda r: '{"kind": "visit", "kind": "visit"}',
    "deep": lambda r: '{"kind": "filing", "fields": ' + "[" * 500 + "]" * 500 + "}",
    "very deep": lambda r: "[" * 100_000,
    "long": lambda r: '{"kind": "visit", "note": "' + "x" * (3 << 20) + '"}',
    "NUL": lambda r: '{"kind": "vis\x00it"}',
    "lone surrogate": lambda r: '{"kind": "visit", "note": "\\ud800"}',
    "no kind": lambda r: {"at": "2013-03-01T10:00:00+08:00"},
    "unknown kind": lambda r: {
        "kind": r.choice(["vist", "", 7, None, [], "VISIT"]),
        "at": "2013-03-01T10:00:00+08:00",
    },
    "own kind": lambda r: {
        "kind": r.choice(["attestation", "checkpoint", "redaction"]),
        "at": "2013-03-01T10:00:00+08:00",
        "by": "sun",
        "customer": "K1",
        "file": "f",
        "digest": "d",
        "size": 1,
        "root": "r",
    },
    "unknown field": lambda r: _with(r, colour="red"),
    "no time": lambda r: _without(r, "at"),
    "naive time": lambda r: _with(r, at="2013-03-01T10:00:00"),
    "no such time": lambda r: _with(
        r,
        at=r.choice(
            ["2013-02-30T10:00:00+08:00", "yesterday", "2013-03-01T25:00:00+08:00", 1362103200]
        ),
    ),
    "future": lambda r: _with(r, at="2190-01-01T00:00:00+08:00"),
    "recorded too early": lambda r: _with(r, recorded_at="2013-02-01T00:00:00+08:00"),
    "nobody's": lambda r: _with(r, by="nobody"),
    "unknown customer": lambda r: {
        "kind": "visit",
        "at": "2013-03-01T10:00:00+08:00",
        "by": "wang",
        "customer": "K9",
    },
    "unknown target": lambda r: {
        "kind": "void",
        "at": "2013-03-01T10:00:00+08:00",
        "by": "wang",
        "voids": r.choice(["v9", "#999", 999]),
    },
    "same id": lambda r: {**LINES[6], "level": "C"},
    "shares": lambda r: {
        **LINES[12],
        "id": "a2",
        "shares": [{"party": "li", "share": r.choice(["99", "-1", "x"])}],
    },
    "wrong target": lambda r: {
        "kind": "decision",
        "at": "2013-03-01T10:00:00+08:00",
        "by": "sun",
        "on": "v1",
        "decision": "approve",
    },
}


def _with(chance: random.Random, **changes: Any) -> Line:
    return {**chance.choice(LINES[6:9]), "id": "new", **changes}


def _without(chance: random.Random, name: str) -> Line:
    return {key: value for key, value in chance.choice(LINES[6:9]).items() if key != name}


def wrong_jsonl(chance: random.Random) -> tuple[str, bytes]:
    """A file with one row, at the end, that cannot be taken in; and what is wrong with it."""
    name = chance.choice(list(ALWAYS_WRONG))
    return name, jsonl([*LINES, ALWAYS_WRONG[name](chance)])


# ---------------------------------------------------------------- spoiled at random


def spoiled(chance: random.Random) -> tuple[str, bytes]:
    """A file spoiled in one to three random ways, and its suffix.  It may still be good."""
    suffix = chance.choice([".jsonl", ".csv"])
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(_WAYS)(chance, suffix)
        if chance.random() < 0.5:
            data = _bytes_spoiled(chance, data)
    return suffix, data


def _values(chance: random.Random, suffix: str) -> bytes:
    if suffix == ".csv":
        rows = csv_rows()
        for _ in range(chance.randint(1, 4)):
            row = chance.choice(rows)
            row[chance.randrange(len(row))] = _odd_cell(chance)
        return csv_bytes(rows)
    lines = [dict(line) for line in LINES]
    for _ in range(chance.randint(1, 4)):
        line = chance.choice(lines)
        line[chance.choice([*line, *COLUMNS])] = chance.choice(WRONG)
    return jsonl(lines)


def _odd_cell(chance: random.Random) -> str:
    return chance.choice(
        [
            "",
            " ",
            "'",
            "''",
            "'=1",
            "=1",
            "[",
            "[]",
            "{}",
            '{"a":1,"a":2}',
            ";",
            "；",
            "a=b=c",
            "li=60;wang=50",
            "none",
            "是",
            "否",
            "maybe",
            "\n",
            "\r",
            '"',
            "1.38E+10",
            "\x00",
            "x" * 9,
            "\x1b[2J",
            "2013/3/1 10:00",
            "#1",
            "#999",
            "NaN",
            "9" * 30,
            "[" * 40,
            "\ufeff",
            "kind",
        ]
    )


def _rows_moved(chance: random.Random, suffix: str) -> bytes:
    if suffix == ".csv":
        header, *rows = csv_rows()
        chance.shuffle(rows)
        if chance.random() < 0.3:
            header = chance.sample(header, len(header))
        if chance.random() < 0.3:
            rows.append(["x"] * chance.randint(1, 40))
        return csv_bytes([header, *rows])
    lines: list[Any] = list(LINES)
    chance.shuffle(lines)
    return jsonl(lines[: chance.randint(0, len(lines))])


def _mixed_encodings(chance: random.Random, suffix: str) -> bytes:
    data = csv_bytes(csv_rows()) if suffix == ".csv" else jsonl(LINES)
    encodings = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32", "big5", "cp1252"]
    return b"\n".join(
        line.decode("utf-8").encode(chance.choice(encodings), "replace")
        for line in data.split(b"\n")
    )


_WAYS = [_values, _values, _values, _rows_moved, _rows_moved, _mixed_encodings]


def _bytes_spoiled(chance: random.Random, data: bytes) -> bytes:
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(spoilt) + 1)
        way = chance.randrange(5)
        if way == 0:
            spoilt[place:place] = bytes([chance.randrange(256)])
        elif way == 1:
            del spoilt[place : place + chance.randint(1, 40)]
        elif way == 2 and spoilt:
            spoilt[min(place, len(spoilt) - 1)] = chance.randrange(256)
        elif way == 3:
            spoilt[place:place] = chance.choice([b'"', b",", b"\n", b"\r", b"\0", b"{", b"\\"])
        else:
            spoilt = spoilt[:place]
    return bytes(spoilt)
