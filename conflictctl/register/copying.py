"""A register moved from one place to another: the same log, the same bytes, the same chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, Select, Table, bindparam, insert, select

from conflictctl.errors import DamagedRegister, InputRejected
from conflictctl.register import schema
from conflictctl.register.audit import Progress, Spread, Verification, one_by_one, verify
from conflictctl.register.chain import Head
from conflictctl.register.places import Place, place_of
from conflictctl.register.schema import events, personal, touches
from conflictctl.register.store import Register
from conflictctl.wording import Sentence

_PAGE = 2000


class Copied(NamedTuple):
    """What was found of the original, which the copy equals, and of the copy."""

    original: Verification
    copy: Verification


def copy(
    register: Register,
    target: str,
    *,
    progress: Progress | None = None,
    spread: Spread = one_by_one,
) -> Copied:
    """Make the register at `target` the same as an open one, both verified from end to end.

    Others may write to the original meanwhile: the copy holds what was there at the start.
    `spread` may share out the verification of the original.  `progress` is told of three rounds
    over the entries: verified, copied, verified again.
    Whatever goes wrong, there is no register at `target` then.  Raises InputRejected if
    something is there already, DamagedRegister if one of the two does not verify.
    """
    place = place_of(target)
    if place.exists():
        raise _in_the_way(place)
    original = verify(register, progress=_round(progress, 0), spread=spread)
    _refuse_bad(original, register.target)
    found: list[Verification] = []

    def check(made: Register) -> None:
        found.append(verify(made, progress=_round(progress, 2), private=True))
        _refuse_bad(found[0], place.shown)
        refuse_other_end(found[0], original.head, register)

    fill(register, place, original.head, check, progress=_round(progress, 1))
    if not found:  # somebody else filled the place meanwhile
        raise _in_the_way(place)
    return Copied(original, found[0])


def fill(
    register: Register,
    place: Place,
    head: Head,
    check: Callable[[Register], None] | None = None,
    *,
    progress: Progress | None = None,
) -> None:
    """Fill an empty place with the entries up to `head`; nothing stays of it if `check` raises.

    Left alone where another process makes a register there at the same moment.
    """

    def make(connection: Connection) -> None:
        name = {"name": register.log, "origin": register.origin}
        with place.failures():
            connection.execute(insert(schema.logs), name)
        made = Register(place, connection, register.origin)
        _copy_rows(register, made, head.seq, progress)
        if check is not None:
            check(made)

    place.create(make)


def refuse_other_end(found: Verification, head: Head, register: Register) -> None:
    """Raise DamagedRegister for a copy of a register that does not end with the entry at `head`."""
    if found.head != head:
        raise DamagedRegister(
            Sentence("the copy ends with another entry than {path}", path=register.place.shown),
            Sentence("nothing was kept of it; `conflictctl audit verify` says more"),
        )


def _round(progress: Progress | None, number: int) -> Progress | None:
    """Tells of one of three rounds of equal length."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, 3 * total)


def _copy_rows(register: Register, made: Register, last: int, progress: Progress | None) -> None:
    for first in range(1, last + 1, _PAGE):
        end = min(first + _PAGE - 1, last)
        span = {"log": register.log, "first": first, "last": end}
        for table, statement in _TABLES:
            made.add_rows(table, [tuple(row) for row in register.fetch(statement, span)])
        if progress is not None:
            progress(end, last)


def _rows_of(table: Table) -> Select[tuple[object, ...]]:
    # By place in every table, so that the copy is filled in the order in which it is read.
    between = table.c.seq.between(bindparam("first"), bindparam("last"))
    return select(*table.c).where(table.c.log == bindparam("log"), between).order_by(table.c.seq)


_TABLES = tuple((table, _rows_of(table)) for table in (events, touches, personal))


def _in_the_way(place: Place) -> InputRejected:
    return InputRejected(
        Sentence("{path} exists already", path=place.shown),
        Sentence("name a file that is not there, or an empty database"),
    )


def _refuse_bad(found: Verification, shown: str) -> None:
    if found.problem is not None:
        raise DamagedRegister(
            Sentence("{path} does not verify: {problem}", path=shown, problem=found.problem),
            Sentence("nothing was copied; `conflictctl audit verify` says more"),
        )
