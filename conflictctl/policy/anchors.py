"""Moments and entries of a case that conditions call by name: `deal`, `order`, `now`."""

from __future__ import annotations

from typing import Any

from conflictctl.history import Entry
from conflictctl.policy.expression import Point


def _previous_deal(case: Any) -> Entry | None:
    """The latest close before this deal's history began; None for a first deal."""
    limit = case.anchor.key if case.anchor is not None else None
    closes = [
        deal.close
        for deal in case.deals
        if deal.close is not None
        and deal is not case.deal
        and (limit is None or deal.close.key < limit)
    ]
    return max(closes, key=lambda entry: entry.key, default=None)


def _next_deal(case: Any) -> Any:
    """The close of the deal after this one; now, where there is none."""
    if case.anchor is not None:
        later = [
            deal.close
            for deal in case.deals
            if deal.close is not None and deal is not case.deal and deal.close.key > case.anchor.key
        ]
        if later:
            return min(later, key=lambda entry: entry.key)
    return case.as_of + 1


def _point(source: str, of_deal: str | None = None, entry: bool = False) -> Point:
    """A moment that is read off the case: as a function, and as the text of it."""
    return Point(eval(f"lambda case: {source}", {"__builtins__": {}}), source, of_deal, entry)


ANCHORS: dict[str, Point] = {
    "deal": _point(
        "case.anchor if case.anchor is not None else case.as_of + 1", "case.anchor", entry=True
    ),
    "order": _point("case.deal.order if case.deal is not None else None", "case.deal.order"),
    "delivery": _point("case.deal.close if case.deal is not None else None", "case.deal.close"),
    "now": _point("case.as_of + 1"),
    "next_deal": Point(_next_deal),
    "previous_deal": Point(_previous_deal),
}

PASSING = frozenset({"now", "next_deal"})
"""Those that move on while nothing is recorded, also where a deal is ruled on."""
