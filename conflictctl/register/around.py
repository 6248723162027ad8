"""What is around the entries: rows of other tables, the schema, the indexes; looked at in pieces.

Each piece is read in short steps, so that nobody who writes waits for one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import and_, func, select, true, tuple_

from conflictctl.errors import DamagedRegister
from conflictctl.register import schema
from conflictctl.register.index_check import Keys, Rows, Tally
from conflictctl.register.schema import events, personal, touches
from conflictctl.register.store import Register
from conflictctl.wording import Sentence

_PAGE = 5000


class Orphans(NamedTuple):
    """The rows of a table that belong to an entry."""

    table: str


class Pages(NamedTuple):
    """All pages of the file, as the database itself looks at them."""


Look = Orphans | Pages | Rows | Keys
"""A piece of what is around the entries."""


class Around(NamedTuple):
    """What is wrong around the entries, and at which `seq`, where that can be told."""

    first_bad: int | None
    problem: Sentence | None


class Looked(NamedTuple):
    """What a look came to."""

    at: Look
    found: Around | Tally


class Surroundings:
    """The pieces to be looked at in any order, and what was found there.

    `private` says that nobody else uses the register, as a copy that has no name yet: then the
    database itself looks at everything, its lists of free pages too, however long that takes.
    """

    def __init__(self, register: Register, *, private: bool) -> None:
        self._found: dict[Look, Around | Tally] = {}
        self._schema = _schema(register)
        self.work: list[Look] = [Orphans(table.name) for table in (touches, personal)]
        if self._schema.problem is not None:
            return
        if private:
            self.work.append(Pages())
            return
        try:
            with register.place.failures():
                check = register.place.index_check(register.connection)
                self.work += check.parts(register.log) if check is not None else ()
        except DamagedRegister as damage:
            self._schema = Around(None, damage.message)

    def take(self, looked: Looked) -> None:
        """What was found somewhere."""
        self._found[looked.at] = looked.found

    def told(self, register: Register, gone_to: int) -> Around:
        """The first thing that is wrong; looks where nobody has looked yet.

        Up to the entry `gone_to` the primary key was gone by, and led to the rowid that is the
        `seq` each time.
        """
        work = [_looked_up(one, gone_to) for one in self.work]
        found = [(one, self._found.get(one) or look(register, one).found) for one in work]
        problems = [one for _, one in found if isinstance(one, Around) and one.problem is not None]
        orphans = [one for one in problems if one.first_bad is not None]
        for problem in (*orphans[:1], self._schema, *problems[:1]):
            if problem.problem is not None:
                return problem
        tallies = [
            (at, one)
            for at, one in found
            if isinstance(at, (Rows, Keys)) and isinstance(one, Tally)
        ]
        if not tallies:
            return Around(None, None)
        with register.place.failures():
            check = register.place.index_check(register.connection)
            assert check is not None
            return Around(None, check.odd(tallies))


def _looked_up(one: Look, gone_to: int) -> Look:
    """A piece as it must be looked at: by every index where nobody has gone by the first."""
    if isinstance(one, Rows) and one.gone_by is not None and (one.last or 0) > gone_to:
        return one._replace(gone_by=None)
    return one


def look(register: Register, at: Look) -> Looked:
    """Look at one piece; damage is a finding.  Raises Busy, StorageFailed."""
    try:
        return Looked(at, _look(register, at))
    except DamagedRegister as damage:
        return Looked(at, Around(None, damage.message))


def _look(register: Register, at: Look) -> Around | Tally:
    if isinstance(at, Orphans):
        return _orphans(register, at.table)
    with register.place.failures():
        if isinstance(at, Pages):
            damage = register.place.self_check(register.connection)
            if damage is None:
                return Around(None, None)
            return Around(None, Sentence("the file is damaged: {reason}", reason=damage))
        check = register.place.index_check(register.connection)
        assert check is not None
        return check.look(at)


def _schema(register: Register) -> Around:
    try:
        with register.place.failures():
            differing = register.place.differences(register.connection)
    except DamagedRegister as damage:
        return Around(None, damage.message)
    if not differing:
        return Around(None, None)
    return Around(
        None, Sentence("tables, indexes or triggers were changed: {names}", names=differing)
    )


def _orphans(register: Register, name: str) -> Around:
    """The first entry that is spoken of by a row and is not there."""
    table = schema.metadata.tables[name]
    place = tuple_(*table.primary_key.columns)
    steps, found = select(*table.primary_key.columns).order_by(*table.primary_key.columns), []
    orphan = select(func.min(table.c.seq)).where(
        ~select(events.c.seq)
        .where(events.c.log == table.c.log, events.c.seq == table.c.seq)
        .exists()
    )
    start: Any = None
    while True:
        rest = true() if start is None else place > start
        end = register.fetch(steps.where(rest).limit(1).offset(_PAGE))
        step = and_(rest, place <= tuple(end[0])) if end else rest
        found += [row[0] for row in register.fetch(orphan.where(step)) if row[0] is not None]
        if not end:
            break
        start = tuple(end[0])
    if not found:
        return Around(None, None)
    seq = min(found)
    return Around(
        seq,
        Sentence("{table} holds data of an entry #{seq} that is not there", table=name, seq=seq),
    )
