"""The timeline on a terminal: a lane for each person, a line for each moment.

Plain letters and signs only: a terminal that draws other symbols two cells wide would push the
lanes apart, and a line pasted into a chat keeps its shape.
"""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from conflictctl.adjudication.timeline import Timeline
from conflictctl.render.language import list_joined, say, term, tr
from conflictctl.render.layout import cells, pad, wrap
from conflictctl.render.ruling_json import Head
from conflictctl.render.safe import safe
from conflictctl.render.timeline_words import COUNTS, DEAL, NOT, NOTE, Named, Row, rows_of
from conflictctl.wording import Sentence, When

SIGNS = {COUNTS: "o", NOT: "x", DEAL: "#", NOTE: "-"}
HELD = "|"
_NARROWEST, _WIDEST = 56, 120
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def timeline_table(timeline: Timeline, named: Named, *, console: Console, head: Head) -> None:
    """Print it: who the lanes are, the moments, what the signs mean."""
    sheet = _Sheet(timeline, named, console)
    sheet.top()
    sheet.lanes()
    for row in rows_of(timeline, named):
        sheet.row(row)
    sheet.foot(head)


class _Sheet:
    def __init__(self, timeline: Timeline, named: Named, console: Console) -> None:
        self.timeline, self.named, self.console = timeline, named, console
        self.width = max(_NARROWEST, min(console.width, _WIDEST))
        self.fold = console.is_terminal
        self.place = {lane.party: place for place, lane in enumerate(timeline.lanes)}

    def line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text.rstrip(), style), soft_wrap=True)

    def prose(self, text: str, indent: int = 0, style: str = "") -> None:
        for line in wrap(text, self.width - indent, fold=self.fold):
            self.line(" " * indent + line, style)

    def top(self) -> None:
        ruling, named = self.timeline.ruling, self.named
        name = named.names.get(ruling.customer, "")
        self.prose(f"{safe(ruling.customer)} {safe(name)}".rstrip(), style="bold")
        self.prose(say(Sentence("as of {moment}", moment=When(ruling.as_of)), None, named.calendar))
        self.line("")

    def lanes(self) -> None:
        letters = _letters(len(self.timeline.lanes))
        for lane, letter in zip(self.timeline.lanes, letters, strict=True):
            outlet = f" · {self.named.people.name(lane.outlet)}" if lane.outlet else ""
            self.line(f"{letter}  {self.named.lane(lane)}{safe(outlet)}")
        self.line("")
        self.line(" " * 19 + " ".join(letters), "bold")

    def row(self, row: Row) -> None:
        mark = "*" if row.decisive else " "
        lanes = [HELD if self._held(lane.party, row) else " " for lane in self.timeline.lanes]
        place = self.place.get(row.party)
        if place is not None and (row.look != NOTE or row.party is not None):
            lanes[place] = SIGNS[row.look]
        lead = f"{mark} {row.when} " + " ".join(lanes) + "  "
        said = list_joined([part for part in (row.text, row.why) if part])
        if row.event:
            said += f"  {safe(row.event)}"
        style = "bold" if row.decisive else "dim" if row.look in (NOT, NOTE) else ""
        room = self.width - cells(lead)
        if room < 24:  # many lanes on a narrow terminal
            self.line(lead, style)
            self.prose(said, 6, style)
            return
        for number, line in enumerate(wrap(said, room, fold=self.fold)):
            self.line((lead if number == 0 else self._between(row, lead)) + line, style)

    def _between(self, row: Row, lead: str) -> str:
        lanes = [HELD if self._held(lane.party, row) else " " for lane in self.timeline.lanes]
        return pad(" " * 19 + " ".join(lanes), cells(lead))

    def _held(self, party: str | None, row: Row) -> bool:
        return party is not None and any(
            period.kind == "holds"
            and period.party == party
            and period.since <= row.moment
            and (period.until is None or row.moment < period.until)
            for period in self.timeline.periods
        )

    def foot(self, head: Head) -> None:
        ruling = self.timeline.ruling
        self.line("")
        self.prose(
            list_joined(
                [
                    tr("o counts"),
                    tr("x does not count"),
                    tr("# the deal"),
                    tr("- a term ended"),
                    tr("| holds the customer"),
                ]
            )
        )
        if ruling.decided_by is not None:
            self.prose(
                tr("* what clause {clause} rests on: {status}").format(
                    clause=safe(ruling.decided_by), status=term(ruling.status)
                )
            )
        self.line("")
        self.prose(tr("register up to #{seq}, {head}").format(seq=head.seq, head=head.text))


def _letters(number: int) -> list[str]:
    """A letter for each lane; after the alphabet they begin anew."""
    return [_LETTERS[place % len(_LETTERS)] for place in range(number)]
