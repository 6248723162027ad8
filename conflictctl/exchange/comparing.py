"""An exported file held against the register: the same lines, to the byte, in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import orjson

from conflictctl.erasure import erased_by
from conflictctl.wording import Sentence, Term

_LONGEST = 64 << 20  # bytes of a line; a longer one is none that was exported

Ours = Iterator[tuple[int, bytes]]


class Comparison(NamedTuple):
    """How far a file and the register agree.

    `lines` lines of the file are those of the entries up to `last` (0: none).  `erased` of them
    hold personal data that the register has erased since.  Where the file ends before the
    register does, `left` entries are not in it.  `problem` is the first difference, found in
    `line` of the file, where the register has the entry `seq` (None: none any more).
    """

    lines: int
    last: int
    erased: int
    left: int
    problem: Sentence | None
    line: int | None
    seq: int | None


def nothing_yet() -> Comparison:
    """The comparison of files that were not looked at, since they cannot agree."""
    return Comparison(0, 0, 0, 0, None, None, None)


def compared(file: IO[bytes], ours: Ours) -> Comparison:
    """Compare line by line up to the first difference; `ours` are places and lines to expect."""
    theirs = iter(lambda: file.readline(_LONGEST), b"")
    lines = last = erased = 0
    before = b""
    while True:
        mine, its = next(ours, None), next(theirs, None)
        if its is None:
            left = 0 if mine is None else 1 + sum(1 for _ in ours)
            return Comparison(lines, last, erased, left, None, None, None)
        if mine is None or (its != mine[1] and not _erased_since(its, mine[1])):
            place = lines + 1
            problem = _difference(place, its, before, mine, ours, theirs)
            seq = None if mine is None else mine[0]
            return Comparison(lines, last, erased, 0, problem, place, seq)
        lines += 1
        last = mine[0]
        erased += its != mine[1]
        before = its


def _difference(
    line: int,
    its: bytes,
    before: bytes,
    mine: tuple[int, bytes] | None,
    ours: Ours,
    theirs: Iterator[bytes],
) -> Sentence:
    """What is wrong with a line that is not the one expected; looks on as far as it must."""
    if its == before:
        return Sentence("line {line} repeats the one before", line=line)
    if mine is None:
        return Sentence("line {line} is of no entry: the register has no more of them", line=line)
    seq, expected = mine
    follows, next_of_file = next(ours, None), next(theirs, None)
    if follows is not None and its == follows[1] and next_of_file == expected:
        return Sentence(
            "lines {line} and {after} are exchanged (#{seq}, #{other})",
            line=line,
            after=line + 1,
            seq=seq,
            other=follows[0],
        )
    if next_of_file == expected:
        return Sentence("line {line} is put in: it is of no entry here", line=line)
    last_left_out = seq
    while follows is not None:
        if its == follows[1]:
            return _left_out(line, seq, last_left_out)
        last_left_out = follows[0]
        follows = next(ours, None)
    return _changed(line, seq, its, expected)


def _left_out(line: int, first: int, last: int) -> Sentence:
    if first == last:
        return Sentence("#{seq} is left out before line {line}, or moved", seq=first, line=line)
    return Sentence(
        "#{first} to #{last} are left out before line {line}, or moved",
        first=first,
        last=last,
        line=line,
    )


def _changed(line: int, seq: int, its: bytes, expected: bytes) -> Sentence:
    was, stands = orjson.loads(expected), _read(its)
    if stands is None:
        return Sentence(
            "line {line} is cut off or broken: it was that of #{seq}", line=line, seq=seq
        )
    names = [name for name in {**was, **stands} if was.get(name, _NONE) != stands.get(name, _NONE)]
    if not names:
        return Sentence(
            "line {line} says the same as #{seq} in other bytes than `export` writes",
            line=line,
            seq=seq,
        )
    return Sentence(
        "line {line} is not #{seq}: it differs in {fields}",
        line=line,
        seq=seq,
        fields=tuple(map(Term, names)),
    )


_NONE = object()


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _erased_since(its: bytes, mine: bytes) -> bool:
    """Whether a line differs in nothing but what the register has erased since."""
    if b"redacted by " not in mine:
        return False
    was, stands = _read(its), _read(mine)
    return was is not None and stands is not None and _alike_but_erased(was, stands)


def _alike_but_erased(was: Any, stands: Any) -> bool:
    if was == stands or erased_by(stands) is not None:
        return True
    if isinstance(was, dict) and isinstance(stands, dict):
        # Numbers leave nothing behind: what is gone goes with the words that tell of an erasure.
        return stands.keys() <= was.keys() and all(
            _alike_but_erased(was[name], value) for name, value in stands.items()
        )
    return isinstance(stands, list) and len(stands) == 1 and erased_by(stands[0]) is not None
