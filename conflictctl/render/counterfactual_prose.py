"""What somebody could have done otherwise, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from conflictctl.adjudication.ruling import Change, Counterfactual, Turned
from conflictctl.calendar import HOUR
from conflictctl.render.entry_names import entry_name
from conflictctl.render.language import moment_text, span_text, term, tr
from conflictctl.render.ruling_table import alternative_text
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet
from conflictctl.wording import N_, Span

MOST = 5
"""Changes told for each outcome; the JSON has them all."""

REST = N_("and {n} more: `--format json` has them all")


def counterfactual_texts(
    sheet: Sheet, found: Counterfactual, most: int = MOST, rest: str = REST
) -> Iterator[tuple[str, int]]:
    """Lines, each with its indent: an outcome, and below it the changes that give it.

    Of more than `most` changes the rest is only counted, in the words of `rest`.
    """
    for turned in found.turned:
        yield _outcome(sheet, turned), 0
        for change in turned.changes[:most]:
            yield f"- {change_text(sheet, change)}", 2
        if len(turned.changes) > most:
            more = len(turned.changes) - most
            yield f"- {tr(rest).format(n=more)}", 2
    if not found.turned and found.complete:
        yield (
            tr(
                "No single act that the policy counts would have turned it, from {first} to {last}."
            ).format(
                first=moment_text(found.first, sheet.calendar),
                last=moment_text(found.last, sheet.calendar),
            ),
            0,
        )


def _outcome(sheet: Sheet, turned: Turned) -> str:
    return tr("It would be {who}, clause {clause}, by any one of these:").format(
        who=alternative_text(sheet, turned), clause=safe(turned.decided_by or "-")
    )


def change_text(sheet: Sheet, change: Change) -> str:
    """One change: `Wang: one more follow-up at any full hour from ... to ...`."""
    who = sheet.person(change.staff)
    if change.do == "enter":
        return tr("{entry} entered when it happened").format(
            entry=entry_name(sheet, change.event or "")
        )
    if change.do == "move":
        shift = (change.shift or 0) // HOUR
        pattern = N_("{entry} {time} earlier") if shift < 0 else N_("{entry} {time} later")
        return tr(pattern).format(
            entry=entry_name(sheet, change.event or ""), time=_length(abs(shift))
        )
    first = moment_text(change.first or 0, sheet.calendar)
    last = moment_text(change.last or 0, sheet.calendar)
    what = " / ".join(term(kind) for kind in change.kinds)
    if change.to is not None:
        pattern = N_("{who} tells {to}, at any full hour from {first} to {last}")
        if change.first == change.last:
            pattern = N_("{who} tells {to} at {first}")
    else:
        pattern = N_("one more {what} by {who}, at any full hour from {first} to {last}")
        if change.first == change.last:
            pattern = N_("one more {what} by {who} at {first}")
    to = sheet.person(change.to) if change.to is not None else ""
    return tr(pattern).format(who=who, what=what, to=to, first=first, last=last)


def _length(hours: int) -> str:
    days, rest = divmod(hours, 24)
    parts = [span_text(Span(days, "d"))] if days else []
    if rest:
        parts.append(span_text(Span(rest, "h")))
    return " ".join(parts)
