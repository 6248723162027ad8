"""What is wrong with a policy file, as values: where, what, and what to write instead.

A problem names a *path* into the parsed file (`("rule", 3, "when")`) and, inside a condition,
an offset into its text; `conflictctl.policy.source` turns both into a line and a column.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """One thing wrong, or (`severe` false) doubtful, in a policy file.

    `line` and `column` count from 1; they are 0 until the file's text has been looked at.
    """

    path: Path
    offset: int | None
    what: Sentence
    hint: Sentence | None = None
    severe: bool = True
    file: str = ""
    line: int = 0
    column: int = 0


class FaultyPolicy(InputRejected):
    """A policy file that cannot be used; `problems` are all that were found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(message(first), _hint(first, len(self.problems)))

    def __reduce__(self) -> tuple[object, ...]:
        return FaultyPolicy, (self.problems,)


def message(problem: Problem) -> Sentence:
    """What is wrong and where, in one line."""
    if problem.line:
        return Sentence(
            "{file}:{line}:{column}: {where}: {problem}",
            file=problem.file,
            line=problem.line,
            column=problem.column,
            where=where_text(problem.path),
            problem=problem.what,
        )
    return Sentence(
        "policy file, {where}: {problem}", where=where_text(problem.path), problem=problem.what
    )


def _hint(first: Problem, number: int) -> Sentence | None:
    if number == 1:
        return first.hint
    more = Sentence("{number} problems; `conflictctl policy check` lists them all", number=number)
    return more if first.hint is None else Sentence("{hint} ({more})", hint=first.hint, more=more)


def where_text(path: Path) -> str:
    """A path as people read it: `rule 4, when`, `parameters.week_days.default`."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts[-1:] = [f"{parts[-1]} {step + 1}" if parts else str(step + 1)]
        elif parts and " " in parts[-1]:
            parts.append(f", {step}")
        elif parts:
            parts.append(f".{step}")
        else:
            parts.append(step)
    return "".join(parts) or "file"


def fault(
    path: Path, what: Sentence, hint: Sentence | None = None, offset: int | None = None
) -> FaultyPolicy:
    """The error for one problem."""
    return FaultyPolicy((Problem(path, offset, what, hint),))


def nearest(name: str, known: Iterable[str]) -> Sentence:
    """A hint that names the known word most like a mistyped one, else all of them."""
    known = sorted(known)
    close = get_close_matches(name, known, 1, 0.6)
    if close:
        return Sentence("did you mean {name}?", name=close[0])
    return Sentence("known are: {known}", known=", ".join(known) or "-")
