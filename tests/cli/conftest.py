"""A showroom's register, and commands run in this process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conflictctl.events import Event, read_line
from conflictctl.register.store import create_register, open_register
from tests.invoking import Invoke as Invoke
from tests.invoking import invoking

STAFF = {
    "wang": "consultant",
    "li": "consultant",
    "zhao": "supervisor",
    "sun": "manager",
    "he": "department_head",
    "gm": "general_manager",
    "desk": "clerk",
    "eye": "auditor",
}


def clock() -> int:
    return time.time_ns() // 1000


def showroom_lines() -> Iterator[dict[str, Any]]:
    yield {"kind": "outlet", "outlet": "shop", "name": "展厅", "type": "store"}
    yield {"kind": "outlet", "outlet": "boshan", "name": "博山网点", "type": "second_tier"}
    for staff, role in STAFF.items():
        yield {
            "kind": "staff",
            "staff": staff,
            "name": f"{staff.title()} [/]",
            "role": role,
            "outlet": "shop",
        }
    for customer in ("K1", "K2"):
        yield {
            "kind": "customer",
            "customer": customer,
            "name": f"客户{customer}",
            "by": "desk",
            "phones": ["138 0013 8000"],
        }


@pytest.fixture(scope="session")
def showroom_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("showroom") / "register.db"
    with (
        create_register(str(path), zone="Asia/Shanghai", clock=clock) as register,
        register.writing(clock) as writer,
    ):
        for line in showroom_lines():
            writer.add(read_line(line))
    return path


@pytest.fixture
def showroom(showroom_file: Path, register_path: Path) -> Path:
    """A register with two outlets, somebody of every role, and the customers K1 and K2."""
    shutil.copyfile(showroom_file, register_path)
    return register_path


@pytest.fixture
def invoke(register_path: Path) -> Iterator[Invoke]:
    """`invoke("verdict", "C-020", code=0)` on this test's register."""
    yield from invoking(register_path)


def events_of(path: Path, kind: str | None = None) -> list[Event]:
    """What the register holds, without what made the showroom."""
    with open_register(str(path)) as register:
        return [event for event in register.events(kind=kind) if event.seq > SHOWROOM_SIZE]


SHOWROOM_SIZE = 1 + sum(1 for _ in showroom_lines())
