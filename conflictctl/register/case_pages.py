"""The entries of many cases at once, read for figures: by ranges of ids, without what was said."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from conflictctl.errors import DamagedRegister
from conflictctl.events import Event
from conflictctl.mending import MENDS, mended
from conflictctl.register.rows import VERIFY_HINT, read_offset
from conflictctl.register.schema import events
from conflictctl.register.store import CASE_LOOKUP, Register
from conflictctl.wording import Sentence

_BLOCK = 4000


def entries_of_cases(register: Register, page: Sequence[str], last: int) -> list[list[Event]]:
    """The mended entries of each case of a page, in seq order, up to the place `last`.

    `page` is one of `Register.case_ids`: sorted, and whole between its first and last id, so
    that one range of the index serves all.  Raises DamagedRegister.
    """
    rows = register.fetch(
        _OF_RANGE, {"kinds": CASE_LOOKUP, "low": page[0], "high": page[-1], "last": last}
    )
    log = register.log
    found: dict[str, list[Event]] = {case: [] for case in page}
    mends = False
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        bodies = _bodies([row[4] for row in block], block[0][0])
        for (seq, at, recorded_at, appended_at, _, case), body in zip(block, bodies, strict=True):
            entries = found.get(case)
            if entries is None:  # a card of another kind with a name between these
                continue
            kind, get = body["kind"], body.get
            mends = mends or kind in MENDS
            entries.append(
                # As Event(...) does, without the step in between: a million times it counts.
                _new(
                    Event,
                    (
                        log,
                        seq,
                        get("id"),
                        kind,
                        at,
                        read_offset(body["tz"]),
                        recorded_at,
                        appended_at,
                        get("by"),
                        get("rby"),
                        get("customer"),
                        get("data") or {},
                        get("att"),
                    ),
                )
            )
    for entries in found.values():
        entries.sort(key=_seq)
    if mends:
        people = cache(register.people)
        return [mended(entries, people) for entries in found.values()]
    return list(found.values())


_new = tuple.__new__
_seq = itemgetter(Event._fields.index("seq"))


def _bodies(bodies: list[bytes], first: int) -> list[dict[str, Any]]:
    # One call for all: the parser then remembers the keys that come again and again.
    try:
        found: list[dict[str, Any]] = orjson.loads(b"[%b]" % b",".join(bodies))
        return found
    except ValueError:
        raise DamagedRegister(
            Sentence("entry #{seq} cannot be read", seq=first), VERIFY_HINT
        ) from None


_OF_RANGE = select(
    events.c.seq,
    events.c.at,
    events.c.recorded_at,
    events.c.appended_at,
    events.c.body,
    events.c.subject,
).where(
    events.c.kind.in_(bindparam("kinds", expanding=True)),
    events.c.subject.between(bindparam("low"), bindparam("high")),
    events.c.seq <= bindparam("last"),
)
