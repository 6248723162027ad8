"""What is overdue or about to end: by consultant for people, row by row for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from conflictctl.board import listed
from conflictctl.render.language import list_joined, moment_text, person, say, tr
from conflictctl.render.layout import cells, flow, pad, wrap
from conflictctl.render.safe import cell_text, safe
from conflictctl.wording import N_, Sentence, Term, When

if TYPE_CHECKING:
    from rich.console import Console

    from conflictctl.calendar import Calendar, Moment
    from conflictctl.deadlines import Due
    from conflictctl.people import People
    from conflictctl.render.ruling_json import Head

WIDEST = 120
"""A wider terminal is not filled: the eye would lose the line."""
CSV_COLUMNS = (
    "type",
    "customer",
    "staff",
    "outlet",
    "level",
    "last_contact",
    "due",
    "days",
    "may_be_reassigned",
    "case",
    "what",
    "task",
    "proposes",
)
_ENDS = {
    "no_level": N_("no level set"),
    "claim_window": N_("the claim window ends"),
    "filing": N_("the filing ends"),
}
CASE_DEADLINES = {
    "first_response": N_("first response"),
    "acceptance": N_("acceptance"),
    "update": N_("progress update"),
    "resolution": N_("resolution"),
    "execution": N_("check of execution"),
    "task": N_("task"),
    "follow_up": N_("satisfaction follow-up"),
}


def due_json(due: Due, *, calendar: Calendar, head: Head) -> dict[str, Any]:
    """One row as a JSON object; `days` is negative before the due day."""
    return {
        **due_values(due, calendar),
        "register": {"seq": head.seq, "head": head.text},
    }


def due_values(due: Due, calendar: Calendar) -> dict[str, Any]:
    """The values of one row by column name, times as ISO 8601 in the register's zone."""
    return {
        "type": due.type,
        "customer": due.customer,
        "staff": due.staff,
        "outlet": due.outlet,
        "level": due.level,
        "last_contact": None if due.last_contact is None else calendar.iso(due.last_contact),
        "due": _due_text(due, calendar),
        "days": due.days,
        "may_be_reassigned": due.may_be_reassigned,
        "case": due.case,
        "what": due.what,
        "task": due.task,
        "proposes": due.proposes,
    }


def _due_text(due: Due, calendar: Calendar) -> str | None:
    """A follow-up falls due on a day, whatever the hour; windows and filings end at a moment."""
    if due.due is None:
        return None
    if due.type == "followup" and due.due_day is not None:
        return date.fromordinal(due.due_day).isoformat()
    return calendar.iso(due.due)


def write_due_csv(dues: Iterable[Due], stream: IO[str], *, calendar: Calendar) -> int:
    """Write the rows as CSV with a heading; return how many.  No cell can be a formula."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    count = 0
    for due in dues:
        writer.writerow([cell_text(value) for value in due_values(due, calendar).values()])
        count += 1
    return count


def overdue_table(
    dues: Iterable[Due],
    *,
    names: Mapping[str, str],
    people: People,
    calendar: Calendar,
    console: Console,
    as_of: Moment | None = None,
    upto: tuple[int, str] | None = None,
) -> int:
    """Print the rows grouped by consultant, the longest overdue first; return how many.

    `names` are the customers' names; `as_of` heads the list with the moment it stands for, and
    `upto` (the last `seq` and its receipt) ends it with how far the register reached.
    """
    rows = sorted(dues, key=listed)
    page = _Page(console, Words(names, people, calendar, as_of))
    if as_of is not None:
        page.line(
            say(
                Sentence("Follow-ups and deadlines as of {moment}", moment=When(as_of)),
                None,
                calendar,
            ),
            "bold",
        )
        page.line()
    shown = [page.words.row(due) for due in rows]
    widths = page.widths(shown)
    pairs = zip(rows, shown, strict=True)
    for number, (owner, group) in enumerate(
        groupby(pairs, key=lambda pair: page.words.owner(pair[0]))
    ):
        if number:
            page.line()
        page.group(owner, list(group), widths)
    if upto is not None:
        seq, receipt = upto
        page.line()
        page.line(
            say(Sentence("register up to #{seq}, receipt {receipt}", seq=seq, receipt=receipt))
        )
    return len(rows)


class Row(NamedTuple):
    """One thing that is due, in words."""

    when: str
    customer: str
    level: str
    day: str
    remarks: list[str]

    @property
    def texts(self) -> tuple[str, str, str, str]:
        """All but the remarks."""
        return self[:4]


class Words(NamedTuple):
    """What the list says of whom; `names` are the customers' as they may be shown."""

    names: Mapping[str, str]
    people: People
    calendar: Calendar
    as_of: Moment | None

    def owner(self, due: Due) -> str:
        """Who has to act: consultant and outlet, or the outlet alone."""
        outlet = "" if due.outlet is None else person(due.outlet, self.people)
        if due.staff is None:
            return outlet or tr("nobody in charge")
        return f"{person(due.staff, self.people)}  {outlet}".rstrip()

    def row(self, due: Due) -> Row:
        """When, customer, level, due day, and the remarks."""
        customer = safe(due.customer or due.case or "")
        name = self.names.get(due.customer or "")
        if name and name != due.customer:
            customer += " " + safe(name)
        remarks = [tr("may be reassigned")] if due.may_be_reassigned else []
        if due.case is not None and due.customer is not None:
            remarks.append(safe(due.case))
        remarks.append(what_text(due, self.calendar))
        day = "" if due.due is None else deadline_text(due.due, self.calendar)
        if due.proposes is not None:
            remarks.append(say(Sentence("escalate to {level}?", level=Term(due.proposes))))
        when = tr("overdue since today") if self.past_today(due) else when_text(due.days)
        return Row(when, customer, safe(due.level or ""), day, remarks)

    def past_today(self, due: Due) -> bool:
        """Whether a deadline that falls within the day has passed already."""
        return (
            due.days == 0
            and due.due is not None
            and self.as_of is not None
            and due.due <= self.as_of
        )


class _Page:
    """One list on one console."""

    def __init__(self, console: Console, words: Words) -> None:
        self.console = console
        self.words = words
        self.total = max(40, min(console.width, WIDEST))
        self.symbols = (console.encoding or "utf-8").lower().startswith("utf")

    def line(self, text: str = "", style: str = "") -> None:
        from rich.text import Text

        self.console.print(Text(text.rstrip(), style), soft_wrap=True)

    def widths(self, rows: Sequence[Row]) -> list[int]:
        """One set of columns for the whole page; a very long name gives way to the remarks."""
        if not rows:
            return []
        when, customer, level, day = (
            max(cells(row.texts[place]) for row in rows) for place in range(4)
        )
        remark = max(cells(part) for row in rows for part in row.remarks)
        left = self.total - 2 - when - level - day - 8
        customer = min(customer, max(left - remark, 14))
        return [when, customer, level, day, max(left - customer, 12)]

    def group(
        self,
        owner: str,
        pairs: Sequence[tuple[Due, Row]],
        widths: Sequence[int],
    ) -> None:
        """One consultant's rows under a heading that counts them."""
        counts = load_text([due for due, _ in pairs])
        gap = max(self.total - cells(owner) - cells(counts), 2)
        self.line(owner + " " * gap + counts, "bold")
        self.line(("─" if self.symbols else "-") * self.total)
        for due, row in pairs:
            fold = self.console.is_terminal
            columns = [wrap(t, w, fold=fold) for t, w in zip(row.texts, widths, strict=False)]
            columns.append(flow(row.remarks, widths[-1], fold=fold))
            late = (due.days or 0) > 0 or self.words.past_today(due)
            for number in range(max(map(len, columns))):
                parts = [column[number] if number < len(column) else "" for column in columns]
                sign = "! " if late and number == 0 else "  "
                text = "  ".join(pad(p, w) for p, w in zip(parts, widths, strict=True))
                self.line(sign + text, "bold" if late else "")


def load_text(dues: Sequence[Due]) -> str:
    """`overdue 3, coming 1, no level 2`."""
    overdue = sum(1 for due in dues if (due.days or 0) > 0)
    undated = sum(1 for due in dues if due.days is None)
    coming = len(dues) - overdue - undated
    parts = [
        tr(pattern).format(n=number)
        for pattern, number in (
            (N_("overdue {n}"), overdue),
            (N_("coming {n}"), coming),
            (N_("no level {n}"), undated),
        )
        if number
    ]
    return list_joined(parts)


def when_text(days: int | None) -> str:
    """`3 days overdue`, `due today`, `in 2 days`; empty where no day is due."""
    if days is None:
        return ""
    if days == 0:
        return tr("due today")
    if days == 1:
        return tr("1 day overdue")
    if days > 0:
        return tr("{n} days overdue").format(n=days)
    return tr("in 1 day") if days == -1 else tr("in {n} days").format(n=-days)


def what_text(due: Due, calendar: Calendar) -> str:
    if due.type == "followup":
        if due.last_contact is None:
            return tr("never contacted")
        last = moment_text(due.last_contact, calendar)[:10]
        return tr("last contact {day}").format(day=last)
    if due.type == "case":
        return case_deadline(due.what or "", due.task)
    return tr(_ENDS[due.type])


def case_deadline(what: str, task: str | None) -> str:
    """What is due of a case, in words: `first response`, `task T1`."""
    name = tr(CASE_DEADLINES.get(what, what))
    return f"{name} {safe(task)}" if task is not None else name


def deadline_text(moment: int, calendar: Calendar) -> str:
    """The end of a period: the day alone if it is that day's 24:00, else to the minute."""
    text = moment_text(moment, calendar)
    return moment_text(moment - 1, calendar)[:10] if text.endswith(" 00:00") else text
