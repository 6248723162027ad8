"""The answers of periodic surveys, campaign by campaign, as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, null, select

from conflictctl.events import Event
from conflictctl.mending import MENDS, mended
from conflictctl.register.rows import event_of
from conflictctl.register.schema import events
from conflictctl.register.store import Register

_KIND = "survey"


def surveys(register: Register, last: int) -> Iterator[Event]:
    """The mended `survey` entries up to the place `last`, without what was said.

    One campaign after the other, each in seq order, so that one campaign's are in memory.
    """
    values = {"last": last}
    for (campaign,) in register.fetch(_CAMPAIGNS, values):
        rows = register.fetch(_OF_CAMPAIGN, {**values, "campaign": campaign})
        yield from mended([event_of(register.log, *row) for row in rows], register.people)


_CAMPAIGNS = (
    select(events.c.subject)
    .where(events.c.kind == _KIND, events.c.subject.is_not(None), events.c.seq <= bindparam("last"))
    .distinct()
    .order_by(events.c.subject)
)
_OF_CAMPAIGN = (
    select(
        events.c.seq,
        events.c.at,
        events.c.recorded_at,
        events.c.appended_at,
        events.c.body,
        null(),
    )
    .where(
        events.c.kind.in_([_KIND, *sorted(MENDS)]),
        events.c.subject == bindparam("campaign"),
        events.c.seq <= bindparam("last"),
    )
    .order_by(events.c.seq)
)
