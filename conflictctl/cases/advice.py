"""Advice cards for kinds of customers and for causes: what helps, what harms, which step."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from conflictctl.cases.policy import CasePolicy
from conflictctl.wording import Bilingual

TYPE, CAUSE = "type", "cause"


class Step(NamedTuple):
    """A step of the procedure that helps: the words behind `conflictctl`, and why.

    `{case}` and `{customer}` in the command stand for those of the case at hand.
    """

    command: str
    text: Bilingual


class Card(NamedTuple):
    """Advice about a kind of customer or a cause; `idea` is where its thought comes from."""

    about: str
    """`type` (of customer) or `cause`."""
    id: str
    title: Bilingual
    approach: tuple[Bilingual, ...]
    avoid: tuple[Bilingual, ...]
    steps: tuple[Step, ...]
    idea: Bilingual


@lru_cache(maxsize=1)
def cards() -> Mapping[tuple[str, str], Card]:
    """Every card by what it is about, kinds of customers first."""
    text = resources.files("conflictctl.cases").joinpath("advice.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return {
        (about, name): _card(about, name, table)
        for about in (TYPE, CAUSE)
        for name, table in data[about].items()
    }


def type_card(customer_type: str) -> Card | None:
    """The card for a kind of customer."""
    return cards().get((TYPE, customer_type))


def cause_card(cause: str, policy: CasePolicy) -> Card | None:
    """The card for a cause; for one of the company's own that of the nearest wider cause."""
    for wider in policy.causes_upwards(cause):
        card = cards().get((CAUSE, wider.id))
        if card is not None:
            return card
    return cards().get((CAUSE, cause))


def _card(about: str, name: str, table: Mapping[str, Any]) -> Card:
    return Card(
        about,
        name,
        _both(table["title"]),
        tuple(map(_both, table["approach"])),
        tuple(map(_both, table["avoid"])),
        tuple(Step(row["command"], _both(row)) for row in table["step"]),
        _both(table["idea"]),
    )


def _both(table: Mapping[str, Any]) -> Bilingual:
    return Bilingual(table["en"], table["zh"])
