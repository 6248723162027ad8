"""Every role with every writing command in every relation, as typed.

What is refused ends with 4 and leaves the file as it was to the byte; what is allowed is
recorded as the author's act, entered by the actor.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from conflictctl.cli.app import app
from conflictctl.cli.main import COMMANDS
from conflictctl.events import ROLES
from tests.invoking import Invoke, invoking
from tests.roles.commands import IN_PERSON, MANY, OTHERWISE, READING, WRITING
from tests.roles.scene import FIELDS, Meeting, build, entries, meetings
from tests.roles.table import RIGHTS, may

ROOT = Path(__file__).resolve().parents[2]


def every_command() -> set[str]:
    """What the program can be told to do, by the words one types."""
    root: Any = typer.main.get_command(app)
    found: set[str] = set()

    def visit(name: str, command: Any) -> None:
        below = getattr(command, "commands", None)
        if below is None:
            found.add(name)
            return
        for word, each in below.items():
            visit(f"{name} {word}".strip(), each)

    context = typer.Context(root)
    for name in COMMANDS:
        visit(name, root.get_command(context, name))
    return found


def test_no_command_is_missing_from_the_table() -> None:
    known = {*WRITING, *MANY, *OTHERWISE, *READING}
    assert len(known) == len(WRITING) + len(MANY) + len(OTHERWISE) + len(READING)
    assert every_command() == known


def test_every_kind_has_a_command() -> None:
    # What was sent is recorded by `overdue --notify`, in the name of whoever runs it.
    assert {kind for kind, _ in WRITING.values()} | {"notification"} == set(RIGHTS)


@pytest.mark.parametrize("page", ["docs/roles.md", "docs/zh/roles.md"])
def test_the_page_names_every_command_that_writes(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = {" ".join(name.split(" -")[:1]) for name in re.findall(r"`([a-z][^`]*)`", text)}
    assert {*WRITING, *MANY} <= named


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What commands are handed: a folder with a file of lines for every role, a case policy."""
    folder = tmp_path_factory.mktemp("files")
    for role in ROLES:
        line = {"kind": "outlet", "outlet": f"of.{role}", "name": "O", "type": "store"}
        at = "2025-01-01T00:00:00Z"
        (folder / f"{role}.jsonl").write_text(json.dumps({**line, "at": at}))
    policy = folder / "cases.toml"
    for invoke in invoking(folder / "none.db"):
        shown = invoke("case", "policy", "show", "internal-dispute", "--format", "toml")
        policy.write_text(shown.stdout)
    return {"folder": str(folder), "policy": str(policy)}


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITING)
def test_a_command_is_refused_or_recorded_as_the_table_says(
    command: str, files: dict[str, str], register_path: Path
) -> None:
    kind, arguments = WRITING[command]
    tried = [each for each in meetings((kind,)) if each.relation in relations(command, kind)]
    build(register_path, tried)
    for invoke in invoking(register_path):
        for meeting in tried:
            if kind == "checkpoint":  # where nothing was recorded since, the last one is shown
                invoke("log-check", "--query", "1**", "--as", meeting.role)
            attempt(invoke, register_path, [*command.split(), *arguments.split()], meeting, files)


def relations(command: str, kind: str) -> str:
    """The relations tried: all that can be typed; of the steps of cases, which take their time,
    what is left out here `test_by_lines` tries."""
    if kind.startswith("case_"):
        return "hpt"
    return "op" if command in IN_PERSON else "optxq"


def attempt(
    invoke: Invoke, path: Path, words: list[str], meeting: Meeting, files: dict[str, str]
) -> None:
    """Type it, and see that it is refused without a trace or recorded in the right names."""
    about = {"n": meeting.name, "role": meeting.role, "party": meeting.parties()[0], **files}
    typed = [word.format(**about) for word in words]
    author = meeting.line().get("by") if meeting.kind in FIELDS else None
    by = [] if author is None else ["--by", author]
    before, last = path.read_bytes(), len(entries(path))
    if not may(*meeting):
        done = invoke(*typed, *by, "--as", meeting.role, code=4)
        assert "error: " in done.stderr, typed
        assert "\nhint: " in done.stderr, typed
        assert path.read_bytes() == before, typed
        return
    invoke(*typed, *by, "--as", meeting.role)
    added = entries(path)[last:]
    assert meeting.kind in [entry.kind for entry in added], (typed, added)
    for entry in added:
        if entry.kind in (meeting.kind, "attestation"):
            assert entry.by == (author or meeting.role), (typed, entry)
            assert entry.recorded_by == meeting.role, (typed, entry)


@pytest.mark.slow
def test_undo_takes_back_ones_own_entries_and_no_others(register_path: Path) -> None:
    tried = meetings(("void",))
    build(register_path, tried)
    for invoke in invoking(register_path):
        for meeting in tried:
            may_undo = meeting.relation in "op" and meeting.role != "auditor"
            before = register_path.read_bytes()
            typed = ["undo", "--ref", f"to.{meeting.name}", "--yes", "--as", meeting.role]
            invoke(*typed, code=0 if may_undo else 4)
            assert may_undo or register_path.read_bytes() == before


@pytest.mark.parametrize("role", ROLES)
def test_the_desk_keeps_to_the_table(role: str, register_path: Path) -> None:
    kinds = ("visit", "call", "followup", "level", "filing")
    tried = [Meeting(kind, role, "o") for kind in kinds]
    build(register_path, tried)
    details = {"call": "out", "level": "A", "filing": "to min"}
    lines = "".join(f"{one.kind} {one.name} {details.get(one.kind, '')}\n" for one in tried)
    allowed = [one.kind for one in tried if may(*one)]
    last = len(entries(register_path))
    for invoke in invoking(register_path):
        invoke("desk", "--as", role, stdin=lines, code=0 if len(allowed) == len(tried) else 3)
    assert [entry.kind for entry in entries(register_path)[last:]] == allowed
