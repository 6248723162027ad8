"""The rulings on everybody: a table, or lines of JSON worked out in several processes."""

from __future__ import annotations

import sys
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from conflictctl.cli.question import rulings
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.render.language import moment_text, term, tr
from conflictctl.render.whose import whose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conflictctl.calendar import Moment
    from conflictctl.cli.question import Question

_NAMED_AT_ONCE = 500


def stream(question: Question, *, explain: bool, one_list: bool) -> None:
    opening, between, closing = ("[\n", ",", "]\n") if one_list else ("", "", "")
    sys.stdout.write(opening)
    first = True
    for lines in json_lines(question, explain=explain):
        if not first and lines and between:
            sys.stdout.write(between)
        sys.stdout.write(between.join(lines))
        first = first and not lines
    sys.stdout.write(closing)


def json_lines(
    question: Question, *, explain: bool = False, workers: int | None = None
) -> Iterator[list[str]]:
    """The rulings on everybody as lines of JSON, a page of customers at a time."""
    from conflictctl.register.store import KnownAt

    moment = question.known_at.moment if question.known_at is not None else None
    # Every process keeps to the head that this one saw.
    question = question._replace(known_at=KnownAt(question.head.seq, moment))
    opened_here(question.register)
    pages = question.register.families(question.known_at)
    return in_order(partial(_page_in_json, question, explain), pages, workers=workers)


def _page_in_json(question: Question, explain: bool, families: list[tuple[str, ...]]) -> list[str]:
    from conflictctl.render.json_text import json_line
    from conflictctl.render.ruling_json import ruling_json

    register = own_register(question.register)
    encoding = sys.stdout.encoding
    return [
        json_line(
            ruling_json(
                ruling,
                calendar=question.calendar,
                people=question.people,
                head=question.head,
                full=explain,
            ),
            encoding,
        )
        for ruling in rulings(
            question, register.dossiers_of(families, question.known_at), explain=explain
        )
    ]


def show_overview(question: Question) -> None:
    from conflictctl.render.terminal import Column, print_table

    print_table(
        [
            Column(tr("customer")),
            Column(tr("name")),
            Column(tr("status")),
            Column(tr("whose")),
            Column(tr("clause")),
            Column(tr("deal")),
            Column(tr("open until")),
        ],
        _overview_rows(question),
    )


def _overview_rows(question: Question) -> Iterator[list[str]]:
    every = rulings(question, question.register.dossiers(question.known_at))
    while chunk := list(islice(every, _NAMED_AT_ONCE)):
        names = question.register.names(ruling.customer for ruling in chunk)
        for ruling in chunk:
            yield [
                ruling.customer,
                names.get(ruling.customer, ""),
                term(ruling.status),
                whose(ruling, question.people),
                ruling.decided_by or "",
                _moment(ruling.deal.moment if ruling.deal is not None else None, question),
                _moment(ruling.provisional_until, question),
            ]


def _moment(moment: Moment | None, question: Question) -> str:
    return "" if moment is None else moment_text(moment, question.calendar)
