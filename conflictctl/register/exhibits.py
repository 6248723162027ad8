"""Entries with all that proves them: their bytes, the chain before them, salts and data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select

from conflictctl.register.chain import genesis
from conflictctl.register.schema import events, personal
from conflictctl.register.store import Register

_CHUNK = 500


class Exhibit(NamedTuple):
    """One entry as it is stored.  `previous` is the chain's hash just before it.

    `salt` and `data` are None where there are no personal data, or they were erased.
    """

    seq: int
    body: bytes
    previous: bytes
    salt: bytes | None
    data: bytes | None


def exhibits(register: Register, places: Iterable[int]) -> list[Exhibit]:
    """The entries at some places, in the order of the register."""
    wanted = sorted(set(places))
    found: list[Exhibit] = []
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        values = {"log": register.log, "places": chunk}
        found += [
            Exhibit(seq, body, previous or genesis(register.origin), salt, data)
            for seq, body, previous, salt, data in register.fetch(_EXHIBITS, values)
        ]
    return found


_before = events.alias("before")
_EXHIBITS = (
    select(events.c.seq, events.c.body, _before.c.hash, personal.c.salt, personal.c.data)
    .select_from(
        events.outerjoin(
            personal, and_(personal.c.log == events.c.log, personal.c.seq == events.c.seq)
        ).outerjoin(_before, and_(_before.c.log == events.c.log, _before.c.seq == events.c.seq - 1))
    )
    .where(events.c.log == bindparam("log"), events.c.seq.in_(bindparam("places", expanding=True)))
    .order_by(events.c.seq)
)
