"""Failures a user can act on: what is wrong, what to do, and the exit code.

Exit codes are part of the command line contract: 2 wrong usage, 3 input rejected,
4 not permitted, 5 busy or a message not taken (try again), 6 disk or file permission,
7 damaged or no register (or bundle), 8 schema newer or older than the program.
"""

from __future__ import annotations

from conflictctl.wording import Sentence


class ConflictctlError(Exception):
    """Base of every failure shown as one line and a hint, never as a traceback."""

    exit_code = 1

    def __init__(self, message: Sentence, hint: Sentence | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Handed over whole from one process to another.
        return type(self), (self.message, self.hint)


class WrongUsage(ConflictctlError):
    """The command was called in a way it does not understand."""

    exit_code = 2


class InputRejected(ConflictctlError):
    """The input was read, and is not acceptable."""

    exit_code = 3


class NotPermitted(ConflictctlError):
    """Nobody acts, or the actor lacks the power."""

    exit_code = 4


class Busy(ConflictctlError):
    """Another process holds the register; trying again helps."""

    exit_code = 5


class SendingFailed(ConflictctlError):
    """A channel did not take a message; the next run tries again."""

    exit_code = 5


class StorageFailed(ConflictctlError):
    """The disk is full, or a file may not be read or written."""

    exit_code = 6


class DamagedRegister(ConflictctlError):
    """The file is not a register, or its content contradicts itself."""

    exit_code = 7


class NoRegister(DamagedRegister):
    """There is nothing at all where the register should be."""


class DamagedBundle(ConflictctlError):
    """The file is no ruling bundle, or was changed, or does not bear its ruling out."""

    exit_code = 7


class SchemaMismatch(ConflictctlError):
    """The register's schema, or the form of a bundle, is newer or older than the program."""

    exit_code = 8
