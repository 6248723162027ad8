"""Whether a customer is taken, free or disputed: what a ruling says to who wants to contact him."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from conflictctl.adjudication.ruling import Ruling

TAKEN, FREE, DISPUTED = "taken", "free", "disputed"


class Availability(NamedTuple):
    """A state, whose he is (staff or outlet) if taken, and which instance decides if disputed."""

    state: str
    holder: str | None
    referred_to: str | None


def availability(ruling: Ruling) -> Availability:
    """What the ruling on the open question, who holds the customer now, comes to.

    Where the policy names nobody and refers, or only advises, the customer is disputed: whoever
    contacts him walks into the dispute.
    """
    if ruling.holder is not None:
        return Availability(TAKEN, ruling.holder, None)
    if ruling.status == "credited" and ruling.credit:
        return Availability(TAKEN, ruling.credit[0].party, None)
    if ruling.status == "unheld":
        return Availability(FREE, None, None)
    return Availability(DISPUTED, None, ruling.referred_to)


def overall(states: Iterable[str]) -> str:
    """One word for all who answer: the one that calls for the most care; free if nobody does."""
    found = set(states)
    return next((state for state in (DISPUTED, TAKEN) if state in found), FREE)
