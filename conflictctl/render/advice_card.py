"""Advice cards as people read them, and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conflictctl.render.language import say, tr
from conflictctl.render.layout import cells, wrap
from conflictctl.render.safe import safe
from conflictctl.wording import Bilingual, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conflictctl.cases.advice import Card

_MARK = "  - "
_WIDEST = 80
"""Prose in longer lines is hard to read."""


def advice_lines(
    card: Card, *, case: str | None = None, customer: str | None = None, width: int, fold: bool
) -> Iterator[str]:
    """A card in lines of at most `width` cells; `case` and `customer` fill in its commands."""
    width = min(width, _WIDEST)
    title = say(card.title)
    yield title
    yield "=" * min(cells(title), width)
    yield tr("How to approach it:")
    yield from _points(card.approach, width, fold=fold)
    yield tr("What to avoid:")
    yield from _points(card.avoid, width, fold=fold)
    yield tr("What helps in the procedure:")
    for step in card.steps:
        yield "  conflictctl " + command_of(step.command, case, customer)
        yield from _indented(say(step.text), "      ", "      ", width, fold=fold)
    idea = say(Sentence("After the idea of: {idea}", idea=card.idea))
    yield from _indented(idea, "", "  ", width, fold=fold)


def command_of(command: str, case: str | None, customer: str | None) -> str:
    """A card's command for the case at hand, or with the words that stand for it."""
    return command.format(case=safe(case or "CASE"), customer=safe(customer or "CUSTOMER"))


def card_data(
    card: Card, *, case: str | None = None, customer: str | None = None
) -> dict[str, Any]:
    """A card for programs; texts in both languages."""
    return {
        "about": card.about,
        "id": card.id,
        "title": card.title._asdict(),
        "approach": [text._asdict() for text in card.approach],
        "avoid": [text._asdict() for text in card.avoid],
        "steps": [
            {
                "command": f"conflictctl {command_of(step.command, case, customer)}",
                **step.text._asdict(),
            }
            for step in card.steps
        ],
        "idea": card.idea._asdict(),
    }


def _points(texts: Iterable[Bilingual], width: int, *, fold: bool) -> Iterator[str]:
    for text in texts:
        yield from _indented(say(text), _MARK, " " * len(_MARK), width, fold=fold)


def _indented(text: str, first: str, later: str, width: int, *, fold: bool) -> Iterator[str]:
    lead = first
    for line in wrap(text, width - len(later if later else first), fold=fold):
        yield lead + line
        lead = later
