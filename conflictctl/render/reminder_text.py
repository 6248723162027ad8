"""What a message says: short lines for a chat or a mail, customers masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from conflictctl.render.language import list_joined, person, tr
from conflictctl.render.overdue_table import deadline_text, what_text, when_text
from conflictctl.render.safe import safe
from conflictctl.wording import N_

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.deadlines import Due
    from conflictctl.people import People
    from conflictctl.reminders import Reminder

MOST_ROWS = 20
"""Rows of one message: a chat is no place for longer lists, and channels cut them."""

_TYPES = {
    "followup": N_("follow-up"),
    "no_level": N_("no level set"),
    "claim_window": N_("claim window"),
    "filing": N_("filing"),
    "case": N_("case"),
}


class Card(Protocol):
    """What a message tells of a customer."""

    @property
    def name(self) -> str: ...

    @property
    def phones(self) -> tuple[str, ...]: ...


class Page:
    """One day's messages: whom they speak of, and how much of it may be shown."""

    def __init__(
        self,
        cards: Mapping[str, Card],
        people: People,
        calendar: Calendar,
        as_of: Moment,
        *,
        full: bool = False,
    ) -> None:
        """With `full` names and telephone numbers are whole."""
        self.cards, self.people, self.calendar = cards, people, calendar
        self.as_of, self.full = as_of, full

    @property
    def title(self) -> str:
        """The subject of a mail."""
        day = self.calendar.local(self.as_of).date().isoformat()
        return tr("Follow-ups and deadlines, {day}").format(day=day)

    def of_person(self, to: str, told: Sequence[Reminder]) -> str:
        """What one person is reminded of: his own first, then what came up to him."""
        own = [each.due for each in told if each.rung == "consultant"]
        late = [each.due for each in told if each.rung != "consultant"]
        lines = [tr("For {who}:").format(who=person(to, self.people))]
        lines += self._rows(own, MOST_ROWS)
        if late:
            lines.append(tr("Overdue among those you are responsible for:"))
            lines += self._by_staff(late, max(MOST_ROWS - len(own), MOST_ROWS // 2))
        return "\n".join(lines)

    def of_everybody(self, dues: Sequence[Due]) -> str:
        """The whole list, by consultant."""
        return "\n".join(self._by_staff(dues, MOST_ROWS))

    def _by_staff(self, dues: Sequence[Due], most: int) -> list[str]:
        shown = sorted(dues, key=lambda due: (due.staff is None, due.staff or "", _urgent(due)))
        lines: list[str] = []
        for staff, group in groupby(shown[:most], key=lambda due: due.staff):
            lines.append(person(staff, self.people) if staff is not None else tr("nobody's"))
            lines += map(self._row, group)
        return lines + _rest(shown, most)

    def _rows(self, dues: Sequence[Due], most: int) -> list[str]:
        shown = sorted(dues, key=_urgent)
        return [*map(self._row, shown[:most]), *_rest(shown, most)]

    def _row(self, due: Due) -> str:
        parts = [self._whom(due), tr(_TYPES[due.type])]
        if due.type in ("followup", "case"):
            parts.append(what_text(due, self.calendar))
        if due.due is not None:
            parts.append(tr("due {day}").format(day=deadline_text(due.due, self.calendar)))
        if due.days is not None:
            parts.append(when_text(due.days))
        return "- " + list_joined([part for part in parts if part])

    def _whom(self, due: Due) -> str:
        if due.customer is None:
            return safe(due.case or "")
        card = self.cards.get(due.customer)
        place = safe(due.case or due.customer)
        if card is None or card.name == due.customer:
            return place
        name = card.name if self.full else masked_name(card.name)
        phones = [phone if self.full else masked_phone(phone) for phone in card.phones[:1]]
        return safe(" ".join([name, *phones, f"({place})"]))


def _urgent(due: Due) -> tuple[bool, int, str]:
    return due.days is None, -(due.days or 0), due.customer or due.case or ""


def _rest(dues: Sequence[Due], most: int) -> list[str]:
    left = len(dues) - most
    return [tr("... and {n} more; `conflictctl overdue` lists them").format(n=left)] * (left > 0)


def masked_name(name: str) -> str:
    """The first letter and no more: `李**`; a number kept as a name, as a number."""
    name = name.strip()
    if sum(map(str.isdigit, name)) >= 7:
        return masked_phone(name)
    return f"{name[:1]}**"


def masked_phone(phone: str) -> str:
    """A number that its owner recognises and nobody can call: `138****8000`."""
    digits = re.sub(r"\D", "", phone)
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    if len(digits) < 8:
        return "*" * len(digits)
    return f"{digits[:3]}****{digits[-4:]}"
