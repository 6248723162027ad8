"""What a server reports, as failures that a user can act on."""

from __future__ import annotations

from conflictctl.errors import (
    Busy,
    ConflictctlError,
    DamagedRegister,
    InputRejected,
    NoRegister,
    NotPermitted,
    StorageFailed,
)
from conflictctl.wording import Sentence

_MANY_WRITERS = ("55P03", "57014", "40001", "40P01", "25P03", "53300")
"""Waited too long, cut off while waiting, or too many at once: trying again helps."""


def sqlstate(error: BaseException) -> str:
    """The code of the server's report; '' where the server said nothing."""
    return getattr(error, "sqlstate", None) or ""


def failure_of(shown: str, code: str, reason: str) -> ConflictctlError:
    """The failure that an SQLSTATE of the server stands for; '' where it gave none."""
    if code in _MANY_WRITERS:
        return Busy(
            Sentence("others are writing to {path}: {reason}", path=shown, reason=reason),
            Sentence("try again in a moment"),
        )
    if code.startswith("22"):
        return InputRejected(
            Sentence("the database cannot take a value: {reason}", reason=reason),
            Sentence("nothing was changed; write it otherwise"),
        )
    if code.startswith("CF"):
        return NotPermitted(
            Sentence("the database refuses it: {reason}", reason=reason),
            Sentence("`conflictctl status` says as whom the database knows you"),
        )
    if code == "53100":
        return StorageFailed(
            Sentence("the disk is full: nothing was written to {path}", path=shown),
            Sentence("make room on the disk and try again"),
        )
    if code == "42501":
        return StorageFailed(
            Sentence(
                "the database does not let you do that in {path}: {reason}",
                path=shown,
                reason=reason,
            ),
            Sentence("the owner of the register grants it: `conflictctl database grants`"),
        )
    if code == "25006":
        return StorageFailed(
            Sentence("{path} is a copy that may only be read", path=shown),
            Sentence("write to the server that it is a copy of"),
        )
    if code in ("3D000", "3F000"):
        return NoRegister(
            Sentence("there is no register at {target}", target=shown),
            Sentence("`createdb` makes a database, `conflictctl init` a register in it"),
        )
    if code[:2] in ("", "08", "28", "53", "57", "58", "0A"):
        return StorageFailed(
            Sentence("the server of {path} cannot be reached: {reason}", path=shown, reason=reason),
            Sentence("check address, user and password; `psql` with the same should work"),
        )
    return DamagedRegister(
        Sentence("{path} is damaged or is not a register: {reason}", path=shown, reason=reason),
        Sentence("`conflictctl audit verify` says more; restore the latest backup"),
    )


def one_line(error: BaseException) -> str:
    """What the server says went wrong, without its details, which may hold values."""
    diagnosis = getattr(error, "diag", None)
    told = getattr(diagnosis, "message_primary", None) or str(error)
    return " ".join(told.split())
