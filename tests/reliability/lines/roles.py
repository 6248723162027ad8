"""G23 roles: everybody of every role tries to record every kind, for himself and for others."""

from __future__ import annotations

from pathlib import Path

from conflictctl.events import ROLES
from tests.reliability.frame import Figures, Line, Scale, by_tests
from tests.reliability.processes import run
from tests.reliability.showroom import faults_of, scratch, text
from tests.roles.scene import BY_THE_PROGRAM, Entered, build, entries, meetings
from tests.roles.table import RIGHTS, may


def _refused(scale: Scale) -> Figures:
    """By lines in both forms; in the full one, with every command as typed, too."""
    with scale.in_memory() as folder:
        tried, refused, wrong, fault = _by_lines(folder)
    told = f"{tried} attempts, {refused} to be refused: {wrong} wrong"
    held = not wrong and fault is None
    typed = _TYPED(scale) if scale.full else Figures(True, "")
    rest = [each for each in (fault, typed.measured) if each]
    return Figures(held and typed.held is True, "; ".join([told, *rest]))


def _by_lines(folder: Path) -> tuple[int, int, int, str | None]:
    """Attempts, those to be refused, wrong answers or entries, and what is wrong with the file."""
    tried = meetings(tuple(kind for kind in RIGHTS if kind not in BY_THE_PROGRAM))
    path = build(folder / "register.db", tried)
    refused = wrong = 0
    for role in ROLES:
        his = [meeting for meeting in tried if meeting.role == role]
        before = len(entries(path))
        lines = text(*(meeting.line() for meeting in his))
        done = run(("log", "-", "--as", role, "--db", str(path)), scratch(folder / role), lines)
        answers = done.out.splitlines()
        expected = [may(*meeting) for meeting in his]
        refused += expected.count(False)
        wrong += abs(len(answers) - len(his)) + sum(
            answer.startswith("recorded") is not allowed
            for answer, allowed in zip(answers, expected, strict=False)
        )
        added = [
            Entered(meeting.kind, meeting.line().get("by", role), role)
            for meeting, allowed in zip(his, expected, strict=True)
            if allowed
        ]
        wrong += entries(path)[before:] != added
    return len(tried), refused, wrong, faults_of(path, {})


_TYPED = by_tests("tests/roles/test_by_commands.py", "tests/roles/test_own_word.py")

LINES = (
    Line(
        "G23",
        "7 roles, every kind, own and others' acts, parties and not",
        "recorded or refused as the table says, in the right names",
        _refused,
    ),
)
