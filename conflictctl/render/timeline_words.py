"""A timeline in words: each moment as a row, for the terminal, the page and the printed ruling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from conflictctl.adjudication.timeline import Lane, Mark, Period, Timeline
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.render.entry_words import entry_text
from conflictctl.render.language import list_joined, moment_text, person, term, tr
from conflictctl.render.safe import safe
from conflictctl.wording import N_

COUNTS, NOT, DEAL, NOTE = "counts", "not", "deal", "note"
"""What a row is: an entry that counts, one that does not, the deal, or a term that ended."""


class Row(NamedTuple):
    """One moment: when, whose, what in words, and why it does not count."""

    moment: Moment
    when: str
    party: str | None
    look: str
    text: str
    why: str
    event: str
    decisive: bool


class Named(NamedTuple):
    """What is needed to put a timeline into words."""

    people: People
    calendar: Calendar
    names: Mapping[str, str]
    """The customers' names by id."""
    events: Mapping[str, Event]
    """The dossier's events by reference."""

    def lane(self, lane: Lane) -> str:
        """`陈思远 (chen)`, or that nobody is named."""
        return person(lane.party, self.people) if lane.party is not None else tr("nobody named")

    def lane_of(self, party: str | None) -> str:
        """The same for the one who did something."""
        return self.lane(Lane(party, None))

    def until(self, moment: Moment) -> str:
        """The end of a period: midnight is 24:00 of the day that ends with it."""
        text = moment_text(moment, self.calendar)
        if not text.endswith(" 00:00"):
            return text
        return moment_text(moment - 1, self.calendar)[:-5] + "24:00"


def rows_of(timeline: Timeline, named: Named) -> list[Row]:
    """Entries and the ends of what ran, in the order of time."""
    last = max(
        [timeline.ruling.as_of, *(mark.at for mark in timeline.marks)],
    )
    rows = [_of_mark(mark, timeline, named) for mark in timeline.marks]
    rows += [
        Row(period.until, named.until(period.until), period.party, NOTE, text, "", "", False)
        for period, text in _ends(timeline, named)
        if period.until is not None and period.until <= last
    ]
    return sorted(rows, key=lambda row: row.moment)


def _of_mark(mark: Mark, timeline: Timeline, named: Named) -> Row:
    event = named.events.get(mark.event)
    text = entry_text(event, named.people) if event is not None else term(mark.kind)
    if mark.customer is not None and mark.customer != timeline.ruling.customer:
        text += f" [{safe(mark.customer)} {safe(named.names.get(mark.customer, ''))}".rstrip() + "]"
    look = NOT if mark.why is not None else DEAL if mark.deal else COUNTS
    return Row(
        mark.at,
        moment_text(mark.at, named.calendar),
        mark.party,
        look,
        text,
        _why(mark, named),
        mark.event,
        mark.decisive,
    )


def _why(mark: Mark, named: Named) -> str:
    parts = []
    if mark.why is not None:
        parts.append(tr("does not count: {why}").format(why=term(mark.why)))
    if named.calendar.day(mark.recorded) != named.calendar.day(mark.at):
        parts.append(
            tr("entered {moment}").format(moment=moment_text(mark.recorded, named.calendar))
        )
    return list_joined(parts)


def _ends(timeline: Timeline, named: Named) -> Iterator[tuple[Period, str]]:
    for period in timeline.periods:
        if period.kind == "holds":
            continue
        if period.kind == "term" and not period.exceeded:
            continue
        yield period, period_text(period, named)


_ENDED = {
    "term": N_("follow-up of {who} is overdue from here"),
    "protection": N_("protection of {who} has run out"),
    "filing": N_("filing of {who} has run out"),
    "window": N_("time to claim is over"),
}


def period_text(period: Period, named: Named) -> str:
    """What ended, and by which limit: `follow-up of Wang is overdue, level B: 15 days`."""
    who = person(period.party, named.people) if period.party is not None else ""
    text = tr(_ENDED[period.kind]).format(who=who)
    if period.level is not None and period.limit is not None:
        text = list_joined(
            [
                text,
                tr("level {level}: {days} days").format(
                    level=safe(period.level), days=period.limit
                ),
            ]
        )
    return text
