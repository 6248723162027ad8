"""One month in an SQLite file and on a server: the same bytes, the same answers."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from conflictctl.calendar import parse_time
from conflictctl.exchange.importing import import_file
from conflictctl.register import writer as writing
from conflictctl.register.schema import events, personal, touches
from conflictctl.register.store import create_register, open_register

from .conftest import Invoke, address_of

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_data"
LAST = 628
AS_OF = "2025-04-03T20:00:00+08:00"


class Pair(NamedTuple):
    """The same month twice."""

    file: str
    server: str


@pytest.fixture(scope="module")
def month(server: str, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both made with the same clock, and with the same in place of what is random."""
    from .conftest import _run

    _run(server, "postgres", "owner", "CREATE DATABASE month")
    pair = Pair(str(tmp_path_factory.mktemp("month") / "register.db"), address_of(server, "month"))
    now = parse_time("2025-04-05T12:00:00+08:00")[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_hex", lambda count: "ab" * count)
        patch.setattr(writing.os, "urandom", lambda count: b"\x05" * count)
        for target in pair:
            with create_register(
                target, zone="Asia/Shanghai", policy="renault-zibo-2013", clock=lambda: now
            ) as register:
                report = import_file(
                    register, SAMPLES / "dealership.jsonl", clock=lambda: now, attest="bai"
                )
                assert report.last_seq == LAST
    return pair


@pytest.mark.parametrize("table", [events, personal, touches], ids=lambda table: str(table.name))
def test_every_row_is_the_same_byte_for_byte(month: Pair, table: object) -> None:
    rows = []
    for target in month:
        with open_register(target) as register:
            keys = [table.c.log, table.c.seq, table.c[0]]  # type: ignore[attr-defined]
            rows.append(register.fetch(select(table).order_by(*keys)))  # type: ignore[call-overload]
    assert len(rows[0]) > 0
    assert list(map(tuple, rows[0])) == list(map(tuple, rows[1]))


@pytest.mark.parametrize(
    "command",
    [
        "verdict --all --format jsonl --as-of {as_of}",
        "verdict C-020 --format json --as-of {as_of}",
        "verdict C-020 --known-at 300 --as-of {as_of}",
        "timeline C-020 --as-of {as_of}",
        "overdue --format json --as-of {as_of}",
        "customer list --format json",
        "customer show C-020",
        "customer find 钮丽",
        "customer find niulihua",
        "customer find 13900001626",
        "staff list",
        "case list --format json",
        "report cases --format json --as-of {as_of}",
        "report overdue --format json --as-of {as_of}",
        "export",
        "audit verify --format json",
    ],
)
def test_every_answer_is_the_same(month: Pair, invoke: Invoke, command: str) -> None:
    words = command.format(as_of=AS_OF).split()
    answers = [invoke(*words, db=target).stdout for target in month]
    assert answers[0].strip()
    assert answers[0] == answers[1]
