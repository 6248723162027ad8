"""Problems of a policy file as people read them: where, what, the line itself, the mend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conflictctl.policy.problems import Problem, message, where_text
from conflictctl.render.language import say, tr
from conflictctl.render.layout import cells
from conflictctl.render.safe import safe
from conflictctl.wording import Sentence

_INDENT = "    "
_BEFORE, _AFTER = 60, 40
"""How much of a long line is shown on either side of the place."""


def problem_lines(problem: Problem, line: str) -> Iterator[str]:
    """The lines that show a problem; `line` is the text of the file where it stands."""
    template = (
        message(problem)
        if problem.severe
        else Sentence(
            "{file}:{line}:{column}: warning: {where}: {problem}",
            file=problem.file,
            line=problem.line,
            column=problem.column,
            where=where_text(problem.path),
            problem=problem.what,
        )
    )
    yield say(template)
    if line.strip():
        yield from _with_caret(line, max(problem.column, 1))
    if problem.hint is not None:
        yield _INDENT + tr("hint: {message}").format(message=say(problem.hint))


def _with_caret(line: str, column: int) -> Iterator[str]:
    start, end = 0, len(line)
    if end > _BEFORE + _AFTER:
        start, end = max(0, column - 1 - _BEFORE), column - 1 + _AFTER
    before, after = line[start : column - 1], line[column - 1 : end]
    left = "..." if start else ""
    right = "..." if end < len(line) else ""
    if not start:
        before = before.lstrip()
        if not before:
            after = after.lstrip()
    shown = left + safe(before)
    yield _INDENT + shown + safe(after) + right
    yield _INDENT + " " * cells(shown) + "^"


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem for programs; texts in the reader's language."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": list(problem.path),
        "where": where_text(problem.path),
        "severity": "error" if problem.severe else "warning",
        "problem": say(problem.what),
        "hint": say(problem.hint) if problem.hint is not None else None,
    }
