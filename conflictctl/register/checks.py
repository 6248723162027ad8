"""The look-ups that people made before a contact, counted."""

from __future__ import annotations

import orjson
from sqlalchemy import bindparam, literal_column, select

from conflictctl.calendar import Moment
from conflictctl.register.schema import events
from conflictctl.register.store import Register


def look_ups(register: Register, staff: str, first: Moment, last: Moment) -> int:
    """How many look-ups somebody made from `first` to below `last`.

    One look-up that told of several customers is several entries of one moment.  A look-up that
    was voided was made nevertheless.
    """
    rows = register.fetch(_CHECKS, {"first": first, "last": last})
    return len({at for at, body in rows if orjson.loads(body).get("by") == staff})


# Written out, so that SQLite sees that the index of look-ups serves.
_CHECKS = select(events.c.at, events.c.body).where(
    events.c.kind == literal_column("'check'"),
    events.c.at >= bindparam("first"),
    events.c.at < bindparam("last"),
)
