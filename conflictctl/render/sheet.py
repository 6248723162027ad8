"""A ruling laid out on a console: names, moments, wrapped lines, the band that is seen first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rich.console import Console
from rich.text import Text

from conflictctl.adjudication.ruling import Credit, Ruling
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.render.language import list_joined, moment_text, person, say
from conflictctl.render.layout import cells, flow, pad, pad_left, wrap
from conflictctl.render.safe import safe
from conflictctl.wording import Bilingual, Sentence

NARROWEST = 56
WIDEST = 120
"""Longer lines are hard to read; a wider terminal is not filled."""
MARGIN = 3
"""Cells left free beside what stands in the answer."""


class Titles(Protocol):
    """What the table needs of a policy: the titles of its clauses and of its scorecard's rows."""

    def clause_title(self, clause: str) -> Bilingual | None: ...

    def row_titles(self) -> Mapping[str, Bilingual]: ...


class Sheet:
    """One ruling on one console: who is called what, how wide, with which symbols."""

    def __init__(
        self,
        ruling: Ruling,
        *,
        people: People,
        calendar: Calendar,
        names: Mapping[str, str],
        policy: Titles,
        console: Console,
        events: Mapping[str, Event],
    ) -> None:
        self.ruling = ruling
        self.people = people
        self.calendar = calendar
        self.names = names
        self.policy = policy
        self.console = console
        self.events = events
        self.width = max(NARROWEST, min(console.width, WIDEST))
        # In a pipe somebody may search for an id: words are never broken there.
        self.fold = console.is_terminal
        self.symbols = (console.encoding or "utf-8").lower().startswith("utf")

    # ------------------------------------------------------------------ words

    def say(self, sentence: Sentence) -> str:
        return say(sentence, self.people, self.calendar)

    def person(self, identity: str) -> str:
        return person(identity, self.people)

    def customer(self, identity: str) -> str:
        name = self.names.get(identity)
        return safe(identity) if not name or name == identity else f"{safe(identity)} {safe(name)}"

    def title(self, clause: str | None) -> str:
        title = None if clause is None else self.policy.clause_title(clause)
        return "" if title is None else say(title)

    def row_titles(self) -> dict[str, str]:
        """What each row of the scorecard gives points for, in the order of the rows."""
        return {row: say(title) for row, title in self.policy.row_titles().items()}

    def credit(self, credit: Sequence[Credit]) -> str:
        if len(credit) == 1 and credit[0].share == "100":
            return self.person(credit[0].party)
        return list_joined([f"{self.person(part.party)} {part.share} %" for part in credit])

    def until(self, moment: Moment) -> str:
        """The end of a period: midnight is 24:00 of the day that ends with it."""
        text = moment_text(moment, self.calendar)
        if not text.endswith(" 00:00"):
            return text
        return moment_text(moment - 1, self.calendar)[:-5] + "24:00"

    # ------------------------------------------------------------------ lines

    def line(self, text: str = "", style: str = "") -> None:
        self.console.print(Text(text.rstrip(), style), soft_wrap=True)

    def rule(self, heavy: bool) -> None:
        light, strong = ("─", "━") if self.symbols else ("-", "=")
        self.line((strong if heavy else light) * self.width)

    def heading(self, text: str) -> None:
        self.line()
        self.line(text, "bold")

    def prose(self, text: str, indent: int = 0, mark: str = "", style: str = "") -> None:
        """Wrapped text, indented; `mark` stands before its first line."""
        self._indented(wrap(text, self.width - indent, fold=self.fold), indent, mark, style)

    def phrases(self, parts: Iterable[str], indent: int = 0, mark: str = "") -> None:
        """Phrases side by side, broken between rather than within them."""
        self._indented(flow(parts, self.width - indent, fold=self.fold), indent, mark, "")

    def _indented(self, lines: Iterable[str], indent: int, mark: str, style: str) -> None:
        for number, part in enumerate(lines):
            lead = pad(mark, indent) if number == 0 else " " * indent
            self.line(lead + part, style)

    def band(self, texts: Iterable[tuple[str, str]]) -> None:
        """The one thing to be seen from afar: inverted where the terminal can."""
        bright = self.console.color_system is not None
        if not bright:
            self.rule(heavy=True)
        room = self.width - 2 * MARGIN
        lines = [""]
        for left, right in texts:
            gap = room - cells(left) - cells(right)
            if gap >= 2:
                lines.append(left + " " * gap + right)
            else:
                lines += wrap(left, room, fold=self.fold)
                lines += [pad_left(part, room) for part in wrap(right, room, fold=self.fold)]
        for text in [*lines, ""]:
            self._bright(" " * MARGIN + text, bright)

    def _bright(self, text: str, bright: bool) -> None:
        if bright:
            self.console.print(Text(pad(text, self.width), "bold reverse"), soft_wrap=True)
        else:
            self.line(text)

    def both_ends(self, left: str, right: str, style: str = "") -> None:
        """Two texts at the two ends of a line, or on two lines where they do not fit."""
        gap = self.width - cells(left) - cells(right)
        if gap >= 2:
            self.line(left + " " * gap + right, style)
            return
        self.prose(left, 0, style=style)
        if right:
            self.prose(right, 3, style=style)
