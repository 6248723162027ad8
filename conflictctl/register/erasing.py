"""Erasure of a customer's personal data: gone from the file, and from its free pages.

The rows go in the transaction that records the erasure, so there is never the one without the
other.  What they leave in free parts of pages is gone once the file was written anew; an entry
of its own says that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import and_, bindparam, delete, or_, select

from conflictctl.calendar import Moment
from conflictctl.erasure import names_of
from conflictctl.events import Draft
from conflictctl.register.chain import canonical
from conflictctl.register.nights import copies, default_folder
from conflictctl.register.places import place_of
from conflictctl.register.schema import events, personal, touches
from conflictctl.register.store import Register

CHANNEL = "redaction"
"""The `channel` of the entry that says that the file was written anew."""

_SHORTEST = 2
"""A name of one character is in too many words to be looked for."""


class Held(NamedTuple):
    """Personal data that an entry holds: the names of the fields, and every text in them."""

    seq: int
    kind: str
    fields: list[str]
    data: dict[str, Any]


def held(register: Register, customer: str) -> list[Held]:
    """The personal data in all entries that concern a customer, in seq order."""
    rows = register.fetch(_HELD, {"log": register.log, "customer": customer})
    found = []
    for seq, kind, data in rows:
        values = orjson.loads(data)
        found.append(Held(seq, kind, names_of(values), values))
    return found


def erase(register: Register, places: Sequence[int]) -> None:
    """Delete the personal data of entries, inside the transaction that tells of the erasure.

    The database refuses it for an entry whose customer no redaction names.
    """
    mine = and_(personal.c.log == register.log, personal.c.seq == bindparam("place"))
    with register.place.failures():
        register.place.before_erasing(register.connection)
        register.connection.execute(
            delete(personal).where(mine), [{"place": place} for place in places]
        )
    register.redactions.forget()


# ----------------------------------------------------------------- the file, written anew


def rewritten(register: Register, redaction: int) -> bool:
    """Whether the file was written anew after an erasure."""
    return register.event(_mark(redaction)) is not None


def last_redaction(register: Register) -> int | None:
    """The latest erasure of a customer's data."""
    rows = register.fetch(_LAST)
    return rows[0][0] if rows else None


def rewrite(register: Register, actor: str | None, clock: Callable[[], Moment]) -> None:
    """Write the file anew, so that no free part of it keeps what was erased, and note it.

    Others wait meanwhile, or are told that the register is busy.  Raises StorageFailed where
    the disk has no room for a second copy, Busy.
    """
    register.place.rewrite(register.connection)
    last = last_redaction(register)
    if last is None:
        return
    fields = {"channel": CHANNEL, "subject": f"rewritten:{last}"}
    draft = Draft("notification", _mark(last), None, 0, None, actor, actor, None, fields)
    with register.writing(clock) as writer:
        if writer.target(_mark(last)) is None:
            writer.add(draft)


def _mark(redaction: int) -> str:
    return f"rewritten-{redaction}"


# -------------------------------------------------------------------- what it leaves behind


def words_of(found: Iterable[Held]) -> list[str]:
    """The names and numbers on a customer's cards, corrections included."""
    words: dict[str, None] = {}
    for one in found:
        data = one.data.get("changes", {}) if one.kind == "correction" else one.data
        if one.kind not in ("customer", "correction"):
            continue
        name, phones = data.get("name"), data.get("phones") or ()
        for text in (name, *phones):
            if isinstance(text, str) and len(text.strip()) >= _SHORTEST:
                words.setdefault(text.strip())
    return list(words)


def still_said(register: Register, words: Sequence[str]) -> list[tuple[int, str | None]]:
    """The entries whose personal data hold one of the words yet: place and customer.

    Reads all personal data of the register once.
    """
    if not words:
        return []
    texts = [canonical(word)[1:-1] for word in words]
    found = " OR ".join(register.place.holds for _ in texts)
    find = register.place.finder(
        register.connection,
        "SELECT e.seq, e.customer FROM personal AS p JOIN events AS e "
        f"ON e.log = p.log AND e.seq = p.seq WHERE {found} ORDER BY e.seq",
    )
    with register.place.failures():
        rows = find(texts)
    return [(seq, customer) for seq, customer in rows]


def said_for_good(register: Register, customer: str, words: Sequence[str]) -> list[int]:
    """The entries of a customer that hold one of the words where nothing is ever erased."""
    texts = [canonical(word)[1:-1] for word in words]
    rows = register.fetch(_BODIES, {"log": register.log, "customer": customer})
    return [seq for seq, body in rows if any(text in body for text in texts)]


def undone_erasures(before: Register, after: Register) -> list[str]:
    """The customers erased in one copy of a register and not in another."""
    return sorted(
        {
            event.customer
            for event in before.events(kind="redaction")
            if event.customer is not None
            and ((found := after.event(event.seq)) is None or found.kind != "redaction")
        }
    )


def known_copies(target: str) -> list[Path]:
    """The copies of a register that lie where this program puts them by itself."""
    place = place_of(target)
    return [*place.copies(), *_nightly(default_folder(target), place.stem)]


def _nightly(folder: Path, stem: str) -> list[Path]:
    return copies(folder, stem) if folder.is_dir() else []


_CONCERNS = or_(
    events.c.customer == bindparam("customer"),
    events.c.seq.in_(
        select(touches.c.seq).where(
            touches.c.log == bindparam("log"), touches.c.customer == bindparam("customer")
        )
    ),
)
_HELD = (
    select(events.c.seq, events.c.kind, personal.c.data)
    .select_from(
        events.join(personal, and_(personal.c.log == events.c.log, personal.c.seq == events.c.seq))
    )
    .where(events.c.log == bindparam("log"), _CONCERNS)
    .order_by(events.c.seq)
)
_BODIES = (
    select(events.c.seq, events.c.body)
    .where(events.c.log == bindparam("log"), _CONCERNS)
    .order_by(events.c.seq)
)
_LAST = (
    select(events.c.seq)
    .where(events.c.kind == "redaction", events.c.subject.is_not(None))
    .order_by(events.c.seq.desc())
    .limit(1)
)
