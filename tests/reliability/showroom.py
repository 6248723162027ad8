"""A small dealership's register to do damage to, and lines to write into it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from conflictctl.events import read_line
from conflictctl.register.audit import verify
from conflictctl.register.chain import receipt_text
from conflictctl.register.store import Register, create_register, open_register
from tests.register.conftest import EVERY_KIND, SHOWROOM

__all__ = [
    "EVERY_KIND",
    "SHOWROOM",
    "call",
    "faults_of",
    "make",
    "now",
    "receipts",
    "scratch",
    "text",
]

_Target = TypeVar("_Target", Path, str)


def now() -> int:
    """The machine's clock, in microseconds."""
    return time.time_ns() // 1000


def make(target: _Target, lines: Sequence[dict[str, Any]] = SHOWROOM) -> _Target:
    """A register, in a file or on a server, with these lines in it that nobody has open."""
    with (
        create_register(
            str(target), zone="Asia/Shanghai", clock=now, policy="renault-zibo-2013"
        ) as register,
        register.writing(now) as writer,
    ):
        for line in lines:
            writer.add(read_line(line))
    return target


def scratch(folder: Path) -> Path:
    """A folder, made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def call(identity: str, chance: random.Random, **more: Any) -> dict[str, Any]:
    """An entry with an id and a note of some length, such as a consultant makes."""
    return {
        "kind": "call",
        "id": identity,
        "customer": chance.choice(("K1", "K2", "K3")),
        "by": chance.choice(("wang", "li")),
        "direction": chance.choice(("in", "out")),
        "note": "跟" * chance.choice((0, 3, 40, 400)),
        **more,
    }


def text(*lines: dict[str, Any]) -> str:
    """Lines as JSON Lines."""
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def receipts(register: Register) -> dict[int, str]:
    """Every entry's receipt by its place, from the stored hashes."""
    rows = register.connection.exec_driver_sql("SELECT seq, hash FROM events")
    return {seq: receipt_text(link_hash) for seq, link_hash in rows}


def faults_of(target: Path | str, acknowledged: dict[int, str]) -> str | None:
    """What is wrong with a register that must hold these receipts; None if nothing."""
    with open_register(str(target)) as register:
        found = verify(register)
        if found.problem is not None:
            return f"does not verify: {found.problem}"
        missing = acknowledged.items() - receipts(register).items()
    return (
        f"{len(missing)} acknowledged entries lost, #{min(missing)[0]} first" if missing else None
    )
