"""The figures of follow-up discipline in words: sections for people, values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conflictctl.cases.period import Period
from conflictctl.cases.spread import Share
from conflictctl.discipline.figures import Discipline, Named, Person
from conflictctl.render.discipline_values import (
    DisciplineReport,
    discipline_values,
    figure_rows,
    week_of,
)
from conflictctl.render.language import list_joined, person, say, sentences_joined, tr
from conflictctl.render.report_page import (
    KeyFigure,
    Plot,
    Report,
    Section,
    columns,
    in_percent,
    percent,
    period_text,
)
from conflictctl.render.safe import safe
from conflictctl.wording import N_, Sentence, Span, When

MOST_DRAWN = 12
"""A plot shows so many people; the table beside it has more of them."""
MOST_ROWS = 60
"""A table for people names so many; JSON and CSV have all."""
MOST_WEEKS = 26
"""So many weeks, the latest, are shown to people; JSON and CSV have all."""


def discipline_report(made_of: DisciplineReport) -> Report:
    """The report in the reader's language."""
    words = _Words(made_of)
    return Report(
        "discipline",
        tr("Follow-up discipline"),
        tuple(words.about()),
        tuple(words.key_figures()),
        tuple(words.sections()),
        discipline_values(made_of),
        tuple(figure_rows(made_of)),
    )


class _Words:
    """One report in one language."""

    def __init__(self, made_of: DisciplineReport) -> None:
        self.made_of, self.found = made_of, made_of.figures
        self.people = made_of.people

    def outlet(self, outlet: str | int | None) -> str:
        return tr("none recorded") if outlet is None else person(str(outlet), self.people)

    def label(self, one: Person) -> str:
        """Who; and where, if it was in several outlets."""
        name = person(one.staff, self.people)
        if one.outlet is None or len([p for p in self.found.people if p.staff == one.staff]) < 2:
            return name
        return list_joined([name, safe(one.outlet)])

    # -------------------------------------------------------------------------- beginning

    def about(self) -> Iterator[str]:
        made_of, chosen = self.made_of, self.made_of.chosen
        as_of = say(Sentence("as of {moment}", moment=When(made_of.as_of)), None, made_of.calendar)
        days = (
            tr("All follow-ups.")
            if chosen.period == Period()
            else tr("Follow-ups with their last day {period}.").format(
                period=period_text(chosen.period)
            )
        )
        yield f"{days}  {as_of}"
        only = [
            f"{tr(title)}: {person(value, self.people)}"
            for title, value in (
                (N_("outlet"), chosen.outlet),
                (N_("consultant"), chosen.staff),
            )
            if value is not None
        ]
        if only:
            yield tr("only {those}").format(those="  ".join(only))
        yield tr("By the policy {id}, version {version}.").format(
            id=safe(made_of.policy.id), version=safe(made_of.policy.version)
        )
        if not made_of.measured:
            yield tr("This policy sets no time within which a customer has to be followed up.")
        elif made_of.limits:
            yield tr("Days from one contact to the next, at most: {limits}.").format(
                limits=list_joined(
                    [f"{safe(level)} {days}" for level, days in sorted(made_of.limits.items())]
                )
            )

    def key_figures(self) -> Iterator[KeyFigure]:
        whole = self.found.whole
        yield KeyFigure(tr("follow-ups owed"), str(whole.due))
        yield KeyFigure(
            tr("made in time"),
            percent(whole.kept),
            _part(whole.in_time, whole.due) if whole.due else "",
        )
        yield KeyFigure(tr("made late"), str(whole.late))
        yield KeyFigure(
            tr("missed"),
            str(whole.missed),
            ""
            if whole.longest is None
            else say(
                Sentence("longest {span}; {n} pending", span=Span(whole.longest, "d"), n=whole.open)
            ),
        )
        yield KeyFigure(
            tr("days late, median"),
            _days(whole.median),
            tr("worst {n}").format(n=whole.worst) if whole.worst is not None else "",
        )
        yield KeyFigure(tr("contacts without a limit"), str(whole.undated))
        yield KeyFigure(tr("customers lost by lapse"), str(whole.lapses))
        yield KeyFigure(
            tr("contacts entered late"),
            percent(Share(whole.late_entries, whole.entered)),
            _part(whole.late_entries, whole.entered) if whole.entered else "",
        )

    # --------------------------------------------------------------------------- sections

    def sections(self) -> Iterator[Section]:
        by = self.made_of.by
        if by in (None, "staff"):
            yield from self.persons()
            yield self.entries()
            yield self.lapses()
        if by in (None, "outlet"):
            yield self.outlets()
        if by in (None, "level"):
            yield self.levels()
        yield self.weeks()

    def persons(self) -> Iterator[Section]:
        """Everybody beside the whole of his outlet, an outlet after the other."""
        outlets = sorted(self.found.outlets, key=lambda one: str(one.key))
        kept = {
            one.key: [p for p in self.found.people if p.outlet == one.key and p.figures.due]
            for one in outlets
        }
        several = sum(map(bool, kept.values())) > 1
        for number, outlet in enumerate(outlets):
            if kept[outlet.key]:
                title = tr("By consultant")
                if several:
                    title = tr("By consultant: {outlet}").format(outlet=self.outlet(outlet.key))
                # What the words mean is said once, at the first table that uses them.
                note = "" if any(kept[one.key] for one in outlets[:number]) else _meaning()
                yield self.beside(Section(f"staff_{number}", title, (), (), note), kept, outlet)

    def beside(
        self, section: Section, kept: Mapping[Any, Sequence[Person]], outlet: Named
    ) -> Section:
        people = kept[outlet.key]
        rows = [(person(one.staff, self.people), one.figures) for one in people]
        whole = (tr("the whole outlet"), outlet.figures)
        drawn = [*rows[:MOST_DRAWN], whole]
        note = [section.note, _left_out(len(rows))]
        return section._replace(
            columns=columns(N_("consultant"), *_COLUMNS),
            rows=tuple((name, *_cells(one)) for name, one in [*rows[:MOST_ROWS], whole]),
            note=sentences_joined([part for part in note if part]),
            plots=(
                Plot(
                    "lying",
                    tr("Made in time, percent"),
                    tuple(name for name, _ in drawn),
                    ((tr("made in time"), tuple(in_percent(one.kept) for _, one in drawn)),),
                    "%",
                ),
            )
            if len(rows) > 1
            else (),
        )

    def entries(self) -> Section:
        return Section(
            "entries",
            tr("Entries by consultant"),
            columns(
                N_("consultant"),
                N_("entered"),
                N_("entered late"),
                N_("not counted"),
                N_("voided"),
                N_("corrected"),
            ),
            tuple(
                (
                    self.label(one),
                    str(one.figures.entered),
                    str(one.figures.late_entries),
                    str(one.figures.refused_entries),
                    str(one.figures.voided_entries),
                    str(one.figures.corrected_entries),
                )
                for one in self.found.people
                if one.figures.entered
            )[:MOST_ROWS],
            tr(
                "Visits, calls and follow-ups by the day they took place. Entered late: on a "
                "later day. Not counted: late, and none by the policy. Voided and corrected: "
                "by an entry that has effect."
            ),
        )

    def lapses(self) -> Section:
        return Section(
            "lapses",
            tr("Lapses, and contacts without a limit"),
            columns(N_("consultant"), N_("lapsed"), N_("no limit")),
            tuple(
                (self.label(one), str(one.figures.lapses), str(one.figures.undated))
                for one in self.found.people
                if one.figures.lapses or one.figures.undated
            )[:MOST_ROWS],
            tr(
                "Lapsed: customers lost because time ran out, or given to somebody else as "
                "overdue. No limit: after the contact nothing fell due, as the customer had no "
                "level for which the policy names days."
            ),
        )

    def outlets(self) -> Section:
        return Section(
            "outlets",
            tr("By outlet"),
            columns(
                N_("outlet"),
                N_("owed"),
                N_("in time"),
                N_("made late"),
                N_("missed"),
                N_("pending"),
                N_("lapsed"),
            ),
            tuple(
                (
                    self.outlet(one.key),
                    *_counts(one.figures),
                    str(one.figures.open),
                    str(one.figures.lapses),
                )
                for one in self.found.outlets
                if one.figures.due or one.figures.lapses
            )[:MOST_ROWS],
            tr("Everybody's of the outlet, also where one consultant was asked for."),
        )

    def levels(self) -> Section:
        return Section(
            "levels",
            tr("By level"),
            columns(N_("level"), *_COLUMNS),
            tuple(
                (
                    tr("none recorded") if one.key is None else safe(str(one.key)),
                    *_cells(one.figures),
                )
                for one in self.found.levels
            ),
            tr("The level at the contact from which the time ran."),
        )

    def weeks(self) -> Section:
        weeks = self.found.weeks[-MOST_WEEKS:]
        labels = tuple(week_of(one) for one in weeks)
        return Section(
            "weeks",
            tr("By week"),
            columns(N_("week from"), N_("owed"), N_("in time"), N_("made late"), N_("missed")),
            tuple((week_of(one), *_counts(one.figures)) for one in weeks),
            tr("Weeks begin on Monday; a follow-up belongs to the week of its last day."),
            (
                Plot(
                    "lines",
                    tr("Made in time by week, percent"),
                    labels,
                    ((tr("in time"), tuple(in_percent(one.figures.kept) for one in weeks)),),
                    "%",
                ),
            )
            if len(weeks) > 1
            else (),
        )


_COLUMNS = (
    N_("owed"),
    N_("in time"),
    N_("made late"),
    N_("days late"),
    N_("missed"),
    N_("pending"),
    N_("longest"),
)


def _counts(found: Discipline) -> tuple[str, ...]:
    return str(found.due), percent(found.kept), str(found.late), str(found.missed)


def _cells(found: Discipline) -> tuple[str, ...]:
    due, kept, late, missed = _counts(found)
    days = f"{found.median} / {found.worst}" if found.late else "–"
    return due, kept, late, days, missed, str(found.open), _days(found.longest)


def _meaning() -> str:
    return sentences_joined(
        [
            tr(
                "A follow-up is owed by who held the customer on its last day. In time: the next "
                "contact that the policy counts came before the end of the last day that it "
                "allows after the contact before, or after the customer was handed over. Made "
                "late: it came afterwards, by so many days in the median and at the worst. "
                "Missed: the last day passed, and there was none before the customer ordered, was "
                "lost, or went to somebody else, or it is still pending. Longest: the days until "
                "then."
            ),
            tr(
                "Several contacts on one day are one. The median is the lower of the two in the "
                "middle."
            ),
        ]
    )


def _days(days: int | None) -> str:
    return "–" if days is None else str(days)


def _part(part: int, whole: int) -> str:
    return tr("{part} of {whole}").format(part=part, whole=whole)


def _left_out(found: int) -> str:
    left = found - MOST_ROWS
    return tr("{n} more are in JSON and CSV.").format(n=left) if left > 0 else ""
