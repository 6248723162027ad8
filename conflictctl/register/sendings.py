"""What was sent to whom, as the register remembers it, and one sender at a time.

A message is sent first and recorded then.  Killed in between, the next run sends it again:
a message that comes twice is a nuisance, one that never comes and is on record as sent would
be false evidence against the person it was for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from conflictctl.calendar import Moment
from conflictctl.errors import Busy
from conflictctl.events import Draft
from conflictctl.register.store import Register
from conflictctl.wording import Sentence

PATIENCE = 60.0
"""Seconds to wait for another run that is sending."""


class Sending(NamedTuple):
    """One message to one address on one local day: sent once."""

    day: int
    to: str | None
    """A staff id; None: whoever reads the address."""
    channel: str
    """The scheme of the address: `wecombot`, `mailto`, ..."""
    mark: str
    """Tells addresses of one scheme apart."""

    @property
    def subject(self) -> str:
        """What was sent: `overdue:2026-11-25:3fa91c20`."""
        return f"overdue:{date.fromordinal(self.day).isoformat()}:{self.mark}"

    @property
    def id(self) -> str:
        """The id of its entry: found by one look-up, and never there twice."""
        whole = f"{self.to or ''}\n{self.channel}\n{self.subject}"
        return f"sent-{date.fromordinal(self.day).isoformat()}-{_digest(whole)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def sent_already(register: Register, sending: Sending) -> bool:
    """Whether the message is on record as sent."""
    return register.event(sending.id) is not None


def record_sending(
    register: Register, sending: Sending, actor: str, clock: Callable[[], Moment]
) -> None:
    """Record, durably, that a message was sent."""
    fields = {"channel": sending.channel, "subject": sending.subject}
    if sending.to is not None:
        fields["to"] = sending.to
    with register.writing(clock) as writer:
        if writer.target(sending.id) is None:
            writer.add(Draft("notification", sending.id, None, 0, None, actor, actor, None, fields))


@contextmanager
def sending_turn(
    register: Register, clock: Callable[[], Moment], patience: float = PATIENCE
) -> Iterator[None]:
    """One run sends at a time; the system lets go of the turn when its process ends.

    The register itself stays free for writers, who would else wait for slow channels.  Also
    makes sure that what is sent could be recorded.  Raises Busy, StorageFailed.
    """
    with register.place.sending(register.connection, patience) as gained:
        if not gained:
            raise Busy(
                Sentence("another run is sending messages of {path}", path=register.target),
                Sentence("try again in a moment"),
            )
        with register.writing(clock):
            pass  # a register that takes no entry would have everything sent again and again
        yield
