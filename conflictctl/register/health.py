"""How a register is: its file, what it holds, what keeps it safe - each looked at by itself.

Nothing here is a verification: every look takes a moment however long the register is.
`audit verify` reads all of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from conflictctl.calendar import Moment
from conflictctl.errors import ConflictctlError
from conflictctl.permissions import ACT_AS, ANYONE, OWN_LOGIN
from conflictctl.register import disk, schema, sqlite
from conflictctl.register.chain import link, receipt_text
from conflictctl.register.in_file import path_of
from conflictctl.register.places import on_server
from conflictctl.register.sealing import last_checkpoint
from conflictctl.register.store import Register
from conflictctl.wording import Sentence, When

OK, WARN, BAD = "ok", "warn", "bad"

NIGHTS_WITHOUT = 2
"""Days after which a register that nobody copied is worth a word."""

_ROOM = 64 << 20
"""Bytes; with less room a disk is full by the end of the day."""


class Look(NamedTuple):
    """What one look found: `ok`, `warn` or `bad`, in words, and what to do about it."""

    name: str
    state: str
    told: Sentence
    todo: Sentence | None
    values: dict[str, Any]


def look(
    name: str, told: Sentence, todo: Sentence | None = None, state: str | None = None, **values: Any
) -> Look:
    """A look; what there is something to do about is a warning unless said otherwise."""
    return Look(name, state or (OK if todo is None else WARN), told, todo, values)


def looked(name: str, at: Callable[[], Look]) -> Look:
    """A look that never fails: what keeps it from seeing anything is what it found."""
    try:
        return at()
    except ConflictctlError as failure:
        return look(name, failure.message, failure.hint, BAD)
    except (OSError, ValueError, LookupError, TypeError) as failure:
        return look(
            name,
            Sentence("cannot be told: {reason}", reason=str(failure)),
            Sentence("`conflictctl audit verify` looks at every entry"),
            BAD,
        )


# ------------------------------------------------------------------------------- the file


def of_file(target: str) -> Iterator[Look]:
    """What can be seen without opening it; nothing where there is no file."""
    path = path_of(target)
    if not path.is_file():
        return
    yield looked("rights", lambda: _rights(path))
    yield looked("folder", lambda: _folder(path))
    yield looked("journal", lambda: _journal(path))
    yield looked("disk", lambda: _disk(path))
    yield looked("leftovers", lambda: _leftovers(path))


def _rights(path: Path) -> Look:
    state = path.stat()
    mode = stat.S_IMODE(state.st_mode)
    values: dict[str, Any] = {"rights": f"{mode:04o}", "bytes": state.st_size}
    told = Sentence(
        "{size}, rights {rights}", size=disk.amount(state.st_size), rights=values["rights"]
    )
    if hasattr(os, "getuid") and state.st_uid != os.getuid():
        return look(
            "rights",
            Sentence("{told}; it is somebody else's", told=told),
            Sentence("whoever owns the file can replace it; keep it under an account of its own"),
            **values,
        )
    if mode & 0o077:
        return look(
            "rights",
            Sentence("{told}: others may open it, too", told=told),
            Sentence("`chmod 600 {path}` makes it private", path=str(path)),
            BAD if mode & 0o007 else WARN,
            **values,
        )
    return look("rights", told, **values)


def _folder(path: Path) -> Look:
    folder = path.absolute().parent
    mode = stat.S_IMODE(folder.stat().st_mode)
    values: dict[str, Any] = {"folder": str(folder), "folder_rights": f"{mode:04o}"}
    if os.name == "posix" and mode & 0o022 and not mode & stat.S_ISVTX:
        return look(
            "folder",
            Sentence("others may replace files in {folder}", folder=str(folder)),
            Sentence("`chmod go-w {path}` keeps them from it", path=str(folder)),
            **values,
        )
    if not os.access(folder, os.W_OK) or not os.access(path, os.W_OK):
        return look(
            "folder",
            Sentence("it may only be read"),
            Sentence("writing takes the right to write the file and its folder"),
            **values,
        )
    return look("folder", Sentence("{folder}, written to by its owner alone", **values), **values)


def _journal(path: Path) -> Look:
    journal = sqlite.journal_of(path)
    left = journal.stat().st_size if journal.exists() else 0
    if left:
        return look(
            "journal",
            Sentence(
                "{size} in {journal}: somebody writes just now, or was cut off",
                size=disk.amount(left),
                journal=str(journal),
            ),
            Sentence(
                "leave it where it is: with its help the next command undoes what was cut off"
            ),
            journal=left,
        )
    return look("journal", Sentence("nothing was cut off"), journal=0)


def _leftovers(path: Path) -> Look:
    """Unfinished files of commands that were killed: whole copies, of no use to anybody."""
    left = [str(file) for file in sqlite.drafts_of(path)]
    if left:
        return look(
            "leftovers",
            Sentence("unfinished files of commands that were killed: {files}", files=left),
            Sentence("remove them once no command runs: they hold what the register holds"),
            leftovers=left,
        )
    return look("leftovers", Sentence("no unfinished files"), leftovers=[])


def _disk(path: Path) -> Look:
    free, size = disk.free(path.absolute().parent), path.stat().st_size
    told = Sentence("{size} free", size=disk.amount(free))
    if free < _ROOM:
        return look(
            "disk", told, Sentence("make room: writing will soon be refused"), BAD, free=free
        )
    if free < 2 * size:
        todo = Sentence(
            "make room: an upgrade and a backup take {size} each", size=disk.amount(size)
        )
        return look("disk", told, todo, free=free)
    return look("disk", told, free=free)


# --------------------------------------------------------------------------- what it holds


def of_register(register: Register, now: Moment) -> Iterator[Look]:
    """What an open register says of itself."""
    yield looked("schema", lambda: _schema(register))
    yield looked("entries", lambda: _entries(register))
    yield looked("head", lambda: _head(register))
    yield looked("seal", lambda: sealed(register))
    yield looked("clock", lambda: _clock(register, now))
    yield looked("backups", lambda: _backups(register, now))
    yield looked("erasures", lambda: _erasures(register))
    yield looked("roles", lambda: _roles(register, now))


def _schema(register: Register) -> Look:
    software, version = register.place.software(register.connection)
    values: dict[str, Any] = {software.lower(): version}
    return look(
        "schema",
        Sentence(
            "{revision}, as this program's; {software}",
            revision=register.revision,
            software=f"{software} {version}",
        ),
        schema=register.revision,
        schema_version=schema.VERSION,
        **values,
    )


def _entries(register: Register) -> Look:
    head = register.head()
    first, last = register.event(1), register.event(head.seq)
    if first is None or last is None:
        return look(
            "entries",
            Sentence("none"),
            Sentence("`conflictctl audit verify` says what is wrong"),
            BAD,
            events=0,
            first_recorded=None,
            last_recorded=None,
        )
    return look(
        "entries",
        Sentence(
            "{count}, the first of {first}, the last of {last}",
            count=head.seq,
            first=When(first.appended_at),
            last=When(last.appended_at),
        ),
        events=head.seq,
        first_recorded=register.calendar.iso(first.appended_at),
        last_recorded=register.calendar.iso(last.appended_at),
    )


def _head(register: Register) -> Look:
    """The last link of the chain, made again of the last entry."""
    head = register.head()
    values: dict[str, Any] = {"head": head.text, "receipt": receipt_text(head.hash)}
    before = register.stored(head.seq - 1)[1] if head.seq > 1 else None
    body = register.body(head.seq)
    if before is not None and link(before, body) != head.hash:
        return look(
            "head",
            Sentence("the last entry does not fit the chain"),
            Sentence("`conflictctl audit verify` says what is wrong; `restore` brings a copy back"),
            BAD,
            **values,
        )
    return look("head", Sentence("{head}, receipt {receipt}", **values), **values)


def sealed(register: Register) -> Look:
    """How far a checkpoint reaches that somebody may keep elsewhere."""
    last = last_checkpoint(register)
    count = register.head().seq
    if last is None:
        return look(
            "seal",
            Sentence(
                "no checkpoint: for {count} entries only receipts kept elsewhere", count=count
            ),
            checkpoint=None,
            unsealed=count,
        )
    unsealed = count - last.fields["size"]
    return look(
        "seal",
        Sentence(
            "checkpoint of {moment} over {size} entries; unsealed since: {count}",
            moment=When(last.appended_at),
            size=last.fields["size"],
            count=unsealed,
        ),
        checkpoint=last.seq,
        unsealed=unsealed,
    )


def _clock(register: Register, now: Moment) -> Look:
    last = register.event(register.head().seq)
    if last is not None and now < last.appended_at:
        return look(
            "clock",
            Sentence(
                "the machine says {now}, earlier than the last entry, of {last}",
                now=When(now),
                last=When(last.appended_at),
            ),
            Sentence("set the clock: an entry made now would stand before what it follows"),
            BAD,
            clock=register.calendar.iso(now),
        )
    return look(
        "clock",
        Sentence("{now}, time zone {zone}", now=When(now), zone=register.zone),
        clock=register.calendar.iso(now),
        timezone=register.zone,
    )


def _backups(register: Register, now: Moment) -> Look:
    from conflictctl.register.nights import copies, default_folder, last_night

    folder = default_folder(register.target)
    found = copies(folder, register.place.stem) if folder.is_dir() else []
    newest = str(found[-1]) if found else None
    today = register.calendar.day(now)
    night = last_night(register)
    values: dict[str, Any] = {
        "backup": newest,
        "last_night": night and date.fromordinal(night).isoformat(),
    }
    if night is not None and today - night <= NIGHTS_WITHOUT:
        return look(
            "backups",
            Sentence("last night's work of {day} is on record", day=values["last_night"]),
            **values,
        )
    told = (
        Sentence("no night's work since {day}", day=values["last_night"])
        if night is not None
        else Sentence("no night's work is on record")
    )
    return look(
        "backups",
        Sentence("{told}; newest copy here: {path}", told=told, path=newest) if newest else told,
        Sentence("`conflictctl nightly` copies and looks; `schedule show` has it run by itself"),
        **values,
    )


def _erasures(register: Register) -> Look:
    from conflictctl.register.erasing import last_redaction, rewritten

    last = last_redaction(register)
    event = register.event(last) if last is not None else None
    if event is None:
        return look("erasures", Sentence("none"), redaction=None)
    if rewritten(register, event.seq):
        return look(
            "erasures", Sentence("the last is #{seq}; nothing is left", seq=last), redaction=last
        )
    return look(
        "erasures",
        Sentence("free parts of the file may hold traces of what #{seq} erased", seq=last),
        Sentence("`conflictctl redact {customer}` writes the file anew", customer=event.customer),
        redaction=last,
    )


def _roles(register: Register, now: Moment) -> Look:
    """A file knows no roles: who can write it can write anything."""
    act_as = register.settings().get(ACT_AS, ANYONE)
    if on_server(register.target):
        return _roles_of_server(register, now, act_as)
    path = path_of(register.target)
    shared = os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o022
    told = Sentence(
        "advice only: whoever may write this file may enter anything in anybody's name; roles are "
        "checked by the program, not by the file"
    )
    if act_as == OWN_LOGIN:
        told = Sentence("{told}; under a known login one acts as oneself", told=told)
    if shared:
        return look(
            "roles",
            told,
            Sentence(
                "let one account write it, or keep receipts elsewhere: they show what was there"
            ),
            enforced=False,
            act_as=act_as,
        )
    return look("roles", told, enforced=False, act_as=act_as)


def _roles_of_server(register: Register, now: Moment, act_as: str) -> Look:
    """The server keeps entries as they are, and roles once the grants were applied."""
    size, user = register.place.standing(register.connection)
    values: dict[str, Any] = {"bytes": size, "server_user": user, "act_as": act_as}
    if register.place.enforces(register.connection):
        from conflictctl.register.enforcing import is_owner, outdated

        with register.place.failures():
            old = outdated(register.connection, register.people(), now)
            owner = is_owner(register.connection)
        again = Sentence(
            "the staff changed since the grants: `conflictctl database grants --apply` once more"
        )
        return look(
            "roles",
            Sentence(
                "enforced by the database for everybody but {user}, who owns its tables", user=user
            )
            if owner
            else Sentence(
                "enforced by the database: {user} enters things in his own name, and what his "
                "role may",
                user=user,
            ),
            again if old else None,
            WARN if old else OK,
            enforced=True,
            grants_outdated=old,
            **values,
        )
    return look(
        "roles",
        Sentence(
            "advice only: the server lets nobody change or delete an entry, but roles are checked "
            "by the program, so that whoever may write there as {user} may enter anything in "
            "anybody's name",
            user=user,
        ),
        Sentence("`conflictctl database grants --apply` has the server keep them"),
        enforced=False,
        **values,
    )
