"""Periodic surveys: whom a campaign asks, and when his turn comes again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from conflictctl.calendar import Calendar, Moment
from conflictctl.history import Entry

if TYPE_CHECKING:
    from conflictctl.cases.policy import Campaign

_BEGINS = {"closed": "close", "cases": "case_opened", "all": "customer"}
"""The first entry of this kind makes a customer one of those whom a campaign asks."""


def begins(campaign: Campaign, entries: Sequence[Entry]) -> Moment | None:
    """Since when a customer is one of those whom the campaign asks; None: he is not."""
    wanted = _BEGINS[campaign.among]
    return min(
        (e.at for e in entries if e.kind == wanted and e.flaw not in ("voided", "struck")),
        default=None,
    )


def to_ask_again(
    campaign: Campaign, calendar: Calendar, start: Moment, last: Moment | None
) -> Moment:
    """From when a customer is to be asked: the beginning of a local day.

    For the first time, and after each asking, `every` of the campaign must have gone by.
    """
    day = calendar.day(start if last is None else max(start, last))
    return calendar.start_of(day + campaign.every.amount)
