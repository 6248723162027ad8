"""Every role with every kind in every relation, as lines handed to `log -`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conflictctl.events import KINDS, ROLES
from tests.invoking import Invoke, invoking
from tests.roles.scene import BY_THE_PROGRAM, FIELDS, Entered, build, entries, meetings
from tests.roles.table import RIGHTS, may

BY_LINES = tuple(kind for kind in RIGHTS if kind not in BY_THE_PROGRAM)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("roles") / "register.db", meetings(BY_LINES))


@pytest.fixture
def register(scene: Path, register_path: Path) -> Iterator[tuple[Path, Invoke]]:
    shutil.copyfile(scene, register_path)
    register_path.chmod(0o600)
    for invoke in invoking(register_path):
        yield register_path, invoke


def test_no_kind_is_missing_from_the_table() -> None:
    assert set(RIGHTS) == set(KINDS)
    assert set(FIELDS) == set(RIGHTS) - BY_THE_PROGRAM
    # What has a field of its own for what the register writes cannot come as a line.
    assert {kind.name for kind in KINDS.values() if kind.own} == BY_THE_PROGRAM


@pytest.mark.parametrize("role", ROLES)
def test_a_role_records_what_the_table_says_and_nothing_else(
    register: tuple[Path, Invoke], role: str
) -> None:
    path, invoke = register
    tried = [meeting for meeting in meetings(BY_LINES) if meeting.role == role]
    lines = "".join(f"{json.dumps(meeting.line())}\n" for meeting in tried)
    before = entries(path)
    refused = [not may(*meeting) for meeting in tried]
    done = invoke("log", "-", "--as", role, stdin=lines, code=3 if any(refused) else 0)
    answers = done.stdout.splitlines()
    assert len(answers) == len(tried)
    wrong = [
        (meeting.name, answer)
        for meeting, answer, no in zip(tried, answers, refused, strict=True)
        if answer.startswith("rejected") is not no
    ]
    assert not wrong
    recorded = entries(path)[len(before) :]
    allowed = [meeting for meeting, no in zip(tried, refused, strict=True) if not no]
    assert recorded == [
        Entered(meeting.kind, meeting.line().get("by", role), role) for meeting in allowed
    ]
