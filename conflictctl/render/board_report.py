"""The morning's board in words: who has how much to do, and the list itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from conflictctl.board import Board, Load, owner_of
from conflictctl.board import Row as Counted
from conflictctl.calendar import Calendar, Moment
from conflictctl.people import People
from conflictctl.render.language import list_joined, person, say, tr
from conflictctl.render.overdue_table import Words, due_values, load_text
from conflictctl.render.reminder_text import DUE_TYPES, masked_name
from conflictctl.render.report_page import (
    FigureRow,
    KeyFigure,
    Plot,
    PolicyNamed,
    Report,
    Section,
    columns,
    policy_values,
)
from conflictctl.render.safe import safe
from conflictctl.render.terminal import Column
from conflictctl.wording import N_, Sentence, Span, When

MOST_DRAWN = 12
"""A plot shows so many people; the table beside it has all."""
MOST_LISTED = 40
"""Rows of one person that people are shown: the longest overdue come first."""


class BoardReport(NamedTuple):
    """What the board is made of; `names` are the customers', `mask` hides all but a letter."""

    board: Board
    within_days: int
    outlet: str | None
    staff: str | None
    mask: bool
    names: Mapping[str, str]
    policy: PolicyNamed
    settings: Mapping[str, Any]
    as_of: Moment
    people: People
    calendar: Calendar


def board_report(made_of: BoardReport) -> Report:
    """The board in the reader's language."""
    view = _View(made_of)
    return Report(
        "overdue",
        tr("Follow-ups and deadlines"),
        tuple(view.about()),
        tuple(view.key_figures()),
        tuple(view.sections()),
        _values(made_of),
        tuple(_figures(made_of.board)),
    )


class _View:
    """One board in one language."""

    def __init__(self, made_of: BoardReport) -> None:
        self.made_of, self.board, self.people = made_of, made_of.board, made_of.people
        names = {
            customer: masked_name(name) if made_of.mask and name != customer else name
            for customer, name in made_of.names.items()
        }
        self.words = Words(names, made_of.people, made_of.calendar, made_of.as_of)

    def about(self) -> Iterator[str]:
        made_of = self.made_of
        yield say(
            Sentence(
                "Overdue, or due within {span}, as of {moment}.",
                span=Span(made_of.within_days, "d"),
                moment=When(made_of.as_of),
            ),
            None,
            made_of.calendar,
        )
        only = [
            f"{tr(title)}: {person(value, self.people)}"
            for title, value in ((N_("outlet"), made_of.outlet), (N_("consultant"), made_of.staff))
            if value is not None
        ]
        if only:
            yield tr("only {those}").format(those="  ".join(only))
        yield tr("By the policy {id}, version {version}.").format(
            id=safe(made_of.policy.id), version=safe(made_of.policy.version)
        )
        if made_of.mask:
            yield tr("Customers' names are masked.")

    def key_figures(self) -> Iterator[KeyFigure]:
        whole = self.board.whole
        detail = ""
        if whole.worst is not None:
            detail = say(Sentence("at most {span}", span=Span(whole.worst, "d")))
        yield KeyFigure(tr("overdue"), str(whole.overdue), detail)
        yield KeyFigure(tr("due today"), str(whole.today))
        yield KeyFigure(tr("due in the next days"), str(whole.soon))
        yield KeyFigure(tr("no level set"), str(whole.undated))
        yield KeyFigure(tr("may be reassigned"), str(self.board.reassignable))

    # --------------------------------------------------------------------------- sections

    def sections(self) -> Iterator[Section]:
        yield from self.owners()
        yield self.kinds()
        yield self.levels()
        yield from self.lists()

    def owners(self) -> Iterator[Section]:
        """Who has how much to do, an outlet after the other."""
        outlets = sorted({row.key.outlet for row in self.board.owners}, key=str)
        for number, outlet in enumerate(outlets):
            title = tr("By consultant")
            if len(outlets) > 1:
                where = tr("nobody in charge") if outlet is None else person(outlet, self.people)
                title = tr("By consultant: {outlet}").format(outlet=where)
            rows = [row for row in self.board.owners if row.key.outlet == outlet]
            labels = [
                tr("nobody in charge")
                if row.key.staff is None
                else person(row.key.staff, self.people)
                for row in rows
            ]
            yield Section(
                f"owners_{number}",
                title,
                columns(N_("consultant"), *_COLUMNS),
                tuple((label, *_cells(row.load)) for label, row in zip(labels, rows, strict=True)),
                plots=_plots(tr("To do by consultant"), labels, rows),
            )

    def kinds(self) -> Section:
        return Section(
            "kinds",
            tr("By kind of deadline"),
            columns(N_("what"), *_COLUMNS),
            tuple((tr(DUE_TYPES[row.key]), *_cells(row.load)) for row in self.board.kinds),
        )

    def levels(self) -> Section:
        labels = [
            tr("none recorded") if row.key is None else safe(row.key) for row in self.board.levels
        ]
        return Section(
            "levels",
            tr("Follow-ups by level"),
            columns(N_("level"), *_COLUMNS),
            tuple(
                (label, *_cells(row.load))
                for label, row in zip(labels, self.board.levels, strict=True)
            ),
            plots=_plots(tr("Follow-ups by level"), labels, self.board.levels),
        )

    def lists(self) -> Iterator[Section]:
        """What everybody has to do, the longest overdue first."""
        for number, (_, group) in enumerate(groupby(self.board.rows, key=owner_of)):
            dues = list(group)
            shown = [self.words.row(due) for due in dues[:MOST_LISTED]]
            left = len(dues) - len(shown)
            yield Section(
                f"list_{number}",
                tr("{owner}: {counts}").format(
                    owner=self.words.owner(dues[0]), counts=load_text(dues)
                ),
                tuple(
                    Column(tr(title))
                    for title in (
                        N_("when"),
                        N_("customer"),
                        N_("level"),
                        N_("due"),
                        N_("what"),
                    )
                ),
                tuple((*row.texts, list_joined(row.remarks)) for row in shown),
                tr("... and {n} more; `conflictctl overdue` lists them").format(n=left)
                if left
                else "",
            )


_COLUMNS = (N_("overdue"), N_("today"), N_("soon"), N_("no level"), N_("worst"))


def _cells(load: Load) -> tuple[str, ...]:
    worst = "–" if load.worst is None else str(load.worst)
    return str(load.overdue), str(load.today), str(load.soon), str(load.undated), worst


def _plots(title: str, labels: Sequence[str], rows: Sequence[Counted]) -> tuple[Plot, ...]:
    if len(rows) < 2:
        return ()
    drawn = rows[:MOST_DRAWN]
    return (
        Plot(
            "lying",
            title,
            tuple(labels[:MOST_DRAWN]),
            (
                (tr("overdue"), tuple(float(row.load.overdue) for row in drawn)),
                (
                    tr("today or soon"),
                    tuple(float(row.load.today + row.load.soon) for row in drawn),
                ),
            ),
        ),
    )


# ---------------------------------------------------------------------------- for programs


def _values(made_of: BoardReport) -> dict[str, Any]:
    found = made_of.board
    return {
        "report": "overdue",
        "within_days": made_of.within_days,
        "filters": {"outlet": made_of.outlet, "staff": made_of.staff},
        "policy": policy_values(made_of.policy, made_of.settings),
        "total": {**_load_values(found.whole), "may_be_reassigned": found.reassignable},
        "by": {
            "staff": [
                {"staff": row.key.staff, "outlet": row.key.outlet, **_load_values(row.load)}
                for row in found.owners
            ],
            "level": [{"level": row.key, **_load_values(row.load)} for row in found.levels],
            "type": [{"type": row.key, **_load_values(row.load)} for row in found.kinds],
        },
        "rows": [due_values(due, made_of.calendar) for due in found.rows],
    }


def _load_values(load: Load) -> dict[str, Any]:
    return {
        "overdue": load.overdue,
        "today": load.today,
        "soon": load.soon,
        "no_level": load.undated,
        "worst_days": load.worst,
    }


def _figures(found: Board) -> Iterator[FigureRow]:
    yield from _load_rows("", "", found.whole)
    yield FigureRow("may_be_reassigned", "", found.reassignable, "customers", found.whole.sum)
    for row in found.owners:
        key = f"{row.key.staff or ''}/{row.key.outlet or ''}"
        yield from _load_rows("_of", key, row.load)
    for what, rows in (("_by_level", found.levels), ("_by_type", found.kinds)):
        for row in rows:
            yield from _load_rows(what, row.key or "", row.load)


def _load_rows(what: str, key: str, load: Load) -> Iterator[FigureRow]:
    for name, value in (
        ("overdue", load.overdue),
        ("today", load.today),
        ("soon", load.soon),
        ("no_level", load.undated),
    ):
        yield FigureRow(f"{name}{what}", key, value, "items", load.sum)
    yield FigureRow(f"worst_days{what}", key, load.worst, "days")
