"""Who is watched, kept beside the entries it follows from: so that the list of what is due need not
look at everybody.

A table names those of whom something may fall due although nothing is recorded of them, as they
stood at its mark: a place in the log, a moment, and what the answers rest on.  Later lists look at
these, and at whoever an entry since the mark concerns.  Where no mark serves - none yet, another
policy, an earlier moment - they look at everybody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, delete, or_, select, tuple_

from conflictctl.calendar import Moment
from conflictctl.errors import Busy, StorageFailed
from conflictctl.mending import MENDS
from conflictctl.people import STAFF_KINDS
from conflictctl.register.schema import events, touches, watch_marks, watched
from conflictctl.register.store import Register
from conflictctl.watch import Watch

WORTH_MAKING = 5_000
"""Entries: in a smaller register everybody is looked at in no time."""
WORTH_A_MARK = 1_000
"""So many entries, or changes of who is watched, are gone through again rather than written."""

_IMPATIENCE = 0.2  # seconds
_AT_ONCE = 20_000  # rows of one transaction: other writers wait for it
_PAGE = 5_000


class Mark(NamedTuple):
    """What the table holds for: entries up to `seq`, moments from `as_of` on, one `basis`."""

    seq: int
    as_of: Moment
    basis: str
    turn: str


class Plan(NamedTuple):
    """Whom to look at: `customers`, or everybody (None); and what the table said of them.

    `everything` says that the answers are worth noting even where little changed.
    """

    mark: Mark | None
    customers: list[str] | None
    known: Mapping[str, Watch]
    everything: bool


class _Overtaken(Exception):
    """Somebody else changed the table meanwhile."""


def plan(register: Register, basis: str, as_of: Moment, last: int) -> Plan:
    """Whom a list as of a moment has to look at, of the entries up to the place `last`."""
    mark = _mark(register)
    everybody = Plan(mark, None, {}, everything=True)
    if mark is None or mark.basis != basis or mark.as_of > as_of or mark.seq > last:
        return everybody
    span = {"log": register.log, "after": mark.seq, "last": last}
    staff = _staff_changed(register, span, as_of)
    known = dict(_named(register, Watch.STAFF if staff else Watch.ALWAYS))
    concerned = _concerned(register, span)
    if _mark(register) != mark:
        return everybody
    return Plan(mark, sorted({*known, *concerned}), known, everything=staff)


def note(
    register: Register,
    made: Plan,
    found: Mapping[str, Watch],
    basis: str,
    as_of: Moment,
    last: int,
) -> None:
    """Write down what a list found: of everybody it looked at, when to look again.

    Left alone where it is not worth it, where somebody else did so meanwhile, and where the
    register takes no entries: the next list then looks at more.
    """
    if made.customers is None:
        if last < WORTH_MAKING:
            return
        changed = {name: watch for name, watch in found.items() if watch < Watch.ENTRY}
    else:
        changed = {name: watch for name, watch in found.items() if made.known.get(name) != watch}
        assert made.mark is not None
        if not made.everything and max(last - made.mark.seq, len(changed)) < WORTH_A_MARK:
            return
    try:
        _write(register, made, Mark(last, as_of, basis, ""), changed)
    except (Busy, StorageFailed, _Overtaken):
        return


def _write(register: Register, made: Plan, mark: Mark, changed: Mapping[str, Watch]) -> None:
    """Bring the table to a mark in short transactions, each of which leaves it true.

    Until the last one the mark holds for the old place, and only for moments from the new one on:
    whatever the table says of somebody by then was found later than both.
    """
    if made.customers is None:
        turn = Mark(0, mark.as_of, "", _turn())  # serves nobody
    else:
        assert made.mark is not None
        turn = made.mark._replace(as_of=mark.as_of, turn=_turn())
    with _own_turn(register, made.mark):
        if made.customers is None:
            with register.place.failures():
                register.connection.execute(delete(watched))
        _set(register, turn)
    names = sorted(changed)
    for start in range(0, len(names), _AT_ONCE):
        page = names[start : start + _AT_ONCE]
        with _own_turn(register, turn):
            if made.customers is not None:
                with register.place.failures():
                    register.connection.execute(_REMOVE, [{"name": name} for name in page])
            still = [(name, int(changed[name])) for name in page]
            register.add_rows(watched, [row for row in still if row[1] != Watch.ENTRY])
    with _own_turn(register, turn):
        _set(register, mark._replace(turn=_turn()))


@contextmanager
def _own_turn(register: Register, mark: Mark | None) -> Iterator[None]:
    """A transaction in which the mark is still the one that was seen last."""
    with register.alone(_IMPATIENCE):
        if _mark(register) != mark:
            raise _Overtaken
        yield


def _set(register: Register, mark: Mark) -> None:
    with register.place.failures():
        register.connection.execute(delete(watch_marks).where(watch_marks.c.log == register.log))
    register.add_rows(watch_marks, [(register.log, *mark)])


def _turn() -> str:
    return secrets.token_hex(8)


# ------------------------------------------------------------------------------ reading


def _mark(register: Register) -> Mark | None:
    rows = register.fetch(_MARK, {"log": register.log})
    return Mark(*rows[0]) if rows else None


def _named(register: Register, most: Watch) -> Iterator[tuple[str, Watch]]:
    """Who stands in the table, in pages, as far as he is watched so closely."""
    last = ""
    while rows := register.fetch(_WATCHED, {"last": last, "most": int(most), "size": _PAGE}):
        yield from ((name, Watch(watch)) for name, watch in rows)
        last = rows[-1][0]


def _concerned(register: Register, span: dict[str, Any]) -> Iterator[str]:
    """Whom the entries of a span concern, with repetitions."""
    for statement in (_OF_EVENTS, _OF_TOUCHES):
        seq, last = span["after"] + 1, ""
        while rows := register.fetch(statement, {**span, "seq": seq, "name": last, "size": _PAGE}):
            yield from (row[1] for row in rows)
            seq, last = rows[-1]


def _staff_changed(register: Register, span: dict[str, Any], as_of: Moment) -> bool:
    """Whether entries of a span are about the staff, or any has yet to take effect."""
    return bool(register.fetch(_STAFF, span)) or bool(
        register.fetch(_STAFF_LATER, {"as_of": as_of})
    )


_MARK = select(
    watch_marks.c.seq, watch_marks.c.as_of, watch_marks.c.basis, watch_marks.c.turn
).where(watch_marks.c.log == bindparam("log"))
_WATCHED = (
    select(watched.c.customer, watched.c.watch)
    .where(watched.c.customer > bindparam("last"), watched.c.watch <= bindparam("most"))
    .order_by(watched.c.customer)
    .limit(bindparam("size"))
)
_REMOVE = delete(watched).where(watched.c.customer == bindparam("name"))


def _concerning(table: Any) -> Select[Any]:
    """The customers named by rows of a span, by place and name, from one place and name on."""
    return (
        select(table.c.seq, table.c.customer)
        .where(
            table.c.log == bindparam("log"),
            table.c.seq >= bindparam("seq"),
            tuple_(table.c.seq, table.c.customer) > tuple_(bindparam("seq"), bindparam("name")),
            table.c.seq <= bindparam("last"),
            table.c.customer.is_not(None),
        )
        .order_by(table.c.seq, table.c.customer)
        .limit(bindparam("size"))
    )


_OF_EVENTS, _OF_TOUCHES = _concerning(events), _concerning(touches)
_SPAN = and_(
    events.c.log == bindparam("log"),
    events.c.seq > bindparam("after"),
    events.c.seq <= bindparam("last"),
)
_ABOUT_NO_CUSTOMER = and_(
    events.c.customer.is_(None),
    ~select(touches.c.seq)
    .where(touches.c.log == events.c.log, touches.c.seq == events.c.seq)
    .exists(),
)
_STAFF = (
    select(events.c.seq)
    .where(
        _SPAN,
        or_(
            events.c.kind.in_(STAFF_KINDS),
            and_(events.c.kind.in_(sorted(MENDS)), _ABOUT_NO_CUSTOMER),
        ),
    )
    .limit(1)
)
_STAFF_LATER = (
    select(events.c.seq)
    .where(
        events.c.kind.in_(STAFF_KINDS),
        events.c.subject.is_not(None),
        events.c.at > bindparam("as_of"),
    )
    .limit(1)
)
