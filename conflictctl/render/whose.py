"""Whose a deal is, in one cell."""

from __future__ import annotations

from conflictctl.adjudication.ruling import Ruling
from conflictctl.people import People
from conflictctl.render.language import list_joined, person, term


def whose(ruling: Ruling, people: People) -> str:
    """Whose the deal or the customer is, or who has to decide, in one cell of a table."""
    if ruling.referred_to is not None:
        return term(ruling.referred_to)
    if ruling.holder is not None:
        return person(ruling.holder, people)
    return list_joined(
        [
            person(part.party, people) + ("" if part.share == "100" else f" {part.share} %")
            for part in ruling.credit
        ]
    )
