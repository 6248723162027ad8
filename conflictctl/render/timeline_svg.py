"""The timeline as a picture: a lane for each person, time from left to right.

Drawn here and not by the plot library, which knows charts and not lanes; the template only
writes the shapes down.  Text is measured roughly, so labels have room to spare.  Nothing depends
on colour alone: what counts is full, what does not is crossed out, the deal is a diamond, and
what the ruling rests on has a ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conflictctl.adjudication.timeline import Mark, Period, Timeline
from conflictctl.calendar import DAY, Moment
from conflictctl.render.language import moment_text, term, tr
from conflictctl.render.layout import cells
from conflictctl.render.pages import harmless_environment
from conflictctl.render.safe import safe
from conflictctl.render.timeline_words import Named, period_text, rows_of

WIDTH = 1080
SCREEN_FONTS = (
    "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', "
    "'WenQuanYi Micro Hei', sans-serif"
)
"""The fonts of a browser's system, as CSS names them."""

_LEFT, _RIGHT, _TOP = 170, 24, 44
_LANE, _STACK = 54, 13
_NEAR = 14
"""Marks nearer than this stand one above the other."""
_MOST_LABELS = 12
_DAYS_APART = (1, 2, 7, 14, 28, 91, 182, 365, 730)
_NAME_CELLS = 22


class Box(NamedTuple):
    """A period: where it lies, how it looks (its kind), what it says."""

    x: float
    y: float
    width: float
    height: float
    look: str
    title: str


class Dot(NamedTuple):
    """An entry: where it lies, how it looks, what it says."""

    x: float
    y: float
    look: str
    decisive: bool
    title: str


class Label(NamedTuple):
    """A text at a place."""

    x: float
    y: float
    text: str


class Picture(NamedTuple):
    """The shapes of a timeline."""

    width: int
    height: float
    lanes: list[Label]
    lines: list[float]
    days: list[Label]
    boxes: list[Box]
    dots: list[Dot]
    decisive: Label | None
    title: str


def timeline_svg(timeline: Timeline, named: Named, fonts: str = SCREEN_FONTS) -> str:
    """The picture as SVG that needs nothing else; texts are escaped."""
    template = harmless_environment().get_template("timeline.svg.j2")
    return template.render(picture=picture_of(timeline, named), fonts=fonts)


def picture_of(timeline: Timeline, named: Named) -> Picture:
    """Where everything lies."""
    return _Layout(timeline, named).picture()


class _Layout:
    def __init__(self, timeline: Timeline, named: Named) -> None:
        self.timeline, self.named = timeline, named
        moments = [mark.at for mark in timeline.marks] or [timeline.ruling.as_of]
        # An introduction long before anything happened would press the rest together.
        about = [m.at for m in timeline.marks if m.kind not in ("customer", "link")] or moments
        self.first = min(about)
        ends = [p.until for p in timeline.periods if p.until is not None and p.kind == "window"]
        self.last = max([*about, *ends])
        # A day of air on both sides; a history of one moment is two days wide.
        self.first, self.last = self.first - DAY // 2, self.last + DAY // 2
        self.drawn: dict[str | None, list[float]] = {}
        self.place = {lane.party: number for number, lane in enumerate(timeline.lanes)}

    def x(self, moment: Moment) -> float:
        inside = min(max(moment, self.first), self.last)
        room = WIDTH - _LEFT - _RIGHT
        return round(_LEFT + room * (inside - self.first) / (self.last - self.first), 1)

    def y(self, party: str | None) -> float:
        return _TOP + _LANE * self.place.get(party, 0) + _LANE / 2

    def picture(self) -> Picture:
        timeline, named = self.timeline, self.named
        height = _TOP + _LANE * len(timeline.lanes) + 34
        titles = {row.event: row for row in rows_of(timeline, named) if row.event}
        dots = [self._dot(mark, titles[mark.event]) for mark in timeline.marks]
        return Picture(
            WIDTH,
            height,
            [Label(10, self.y(lane.party), _short(named.lane(lane))) for lane in timeline.lanes],
            [_TOP + _LANE * number for number in range(len(timeline.lanes) + 1)],
            self._days(height),
            [box for period in timeline.periods if (box := self._box(period, height)) is not None],
            dots,
            self._decisive(dots),
            tr("Timeline of {customer}").format(customer=safe(timeline.ruling.customer)),
        )

    def _dot(self, mark: Mark, row: object) -> Dot:
        x, y = self.x(mark.at), self.y(mark.party)
        before = self.drawn.setdefault(mark.party, [])
        near = sum(abs(x - other) < _NEAR for other in before)
        # Up and down in turn, so that a crowd stays within its lane.
        step = (near + 1) // 2 * _STACK * (1 if near % 2 else -1)
        before.append(x)
        look = "not" if mark.why is not None else "deal" if mark.deal else mark.kind
        if look not in ("not", "deal", "order", "close", "claim", "inform", "filing", "ruling"):
            look = "contact" if mark.kind in ("visit", "call", "followup") else "other"
        said = [getattr(row, name) for name in ("when", "text", "why", "event")]
        limit = _LANE / 2 - 7
        return Dot(
            x,
            y + max(-limit, min(limit, step)),
            look,
            mark.decisive,
            " · ".join([self.named.lane_of(mark.party), *(part for part in said if part)]),
        )

    def _box(self, period: Period, height: float) -> Box | None:
        since = period.since
        until = self.last if period.until is None else period.until
        if until <= self.first or since >= self.last:
            return None
        x, width = self.x(since), max(self.x(until) - self.x(since), 1)
        title = self._title(period)
        if period.kind == "window":
            return Box(x, _TOP, width, height - _TOP - 34, "window", title)
        y = self.y(period.party)
        if period.kind == "holds":
            return Box(x, y - _LANE / 2 + 3, width, _LANE - 6, "holds", title)
        look = "exceeded" if period.exceeded else period.kind
        return Box(x, y + _LANE / 2 - 9, width, 4, look, title)

    def _title(self, period: Period) -> str:
        if period.kind == "holds":
            return tr("{who} holds the customer from {since} to {until}").format(
                who=self.named.lane_of(period.party),
                since=moment_text(period.since, self.named.calendar),
                until=self.named.until(period.until or self.last),
            )
        until = "" if period.until is None else f" · {self.named.until(period.until)}"
        return period_text(period, self.named) + until

    def _days(self, height: float) -> list[Label]:
        calendar = self.named.calendar
        first, last = calendar.day(self.first) + 1, calendar.day(self.last)
        apart = (last - first) / _MOST_LABELS
        step = next((step for step in _DAYS_APART if step >= apart), _DAYS_APART[-1])
        labels = []
        for day in range(first, last + 1, step):
            moment = calendar.start_of(day)
            labels.append(Label(self.x(moment), height - 14, moment_text(moment, calendar)[:10]))
        return labels

    def _decisive(self, dots: Sequence[Dot]) -> Label | None:
        ruling = self.timeline.ruling
        found = [dot for dot in dots if dot.decisive]
        if not found or ruling.decided_by is None:
            return None
        latest = max(found, key=lambda dot: dot.x)
        text = tr("clause {clause}: {status}").format(
            clause=safe(ruling.decided_by), status=term(ruling.status)
        )
        return Label(latest.x, _TOP - 12, text)


def _short(name: str) -> str:
    """A name that fits before its lane."""
    if cells(name) <= _NAME_CELLS:
        return name
    kept = ""
    for char in name:
        if cells(kept + char) >= _NAME_CELLS:
            break
        kept += char
    return kept + "…"
