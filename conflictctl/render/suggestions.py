"""Suggestions of `customer suggest`: in blocks for people, row by row for programs."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any

from conflictctl.render.language import list_joined, say, tr
from conflictctl.render.layout import cells, pad, wrap
from conflictctl.render.safe import cell_text, safe
from conflictctl.render.terminal import carries_symbols, is_terminal, width
from conflictctl.wording import N_

if TYPE_CHECKING:
    from conflictctl.matching.compare import Reason, Suggestion
    from conflictctl.people import People

Cards = Mapping[str, tuple[str, tuple[str, ...]]]
"""Name and telephone numbers of customers."""
Shown = Iterable[tuple["Suggestion", Cards]]

_KINDS = {"same": N_("one person"), "household": N_("one household")}
CSV_COLUMNS = (
    "kind",
    "score",
    "customer",
    "name",
    "other",
    "other_name",
    "reasons",
    "evidence",
    "link",
)
_WIDEST = 100
_INDENT = "    "


def link_command(suggestion: Suggestion) -> str:
    """What takes the suggestion, ready to be pasted into a shell."""
    words = ("conflictctl", "customer", "link", suggestion.left, suggestion.right)
    return shlex.join((*words, "--relation", suggestion.kind))


def print_suggestions(found: Shown, people: People, stream: IO[str]) -> int:
    """Print one block a suggestion; return how many there were."""
    room, fold = min(width(stream), _WIDEST), is_terminal(stream)
    count = 0
    for count, (one, cards) in enumerate(found, 1):  # noqa: B007
        head = f"{one.score}  {tr(_KINDS[one.kind])}"
        for number, customer in enumerate((one.left, one.right)):
            name, phones = cards.get(customer, (customer, ()))
            said = "  ".join(filter(None, (customer, name, list_joined(list(phones)))))
            start = pad(head if number == 0 else "", cells(head)) + "  "
            _print_hanging(start, said, room, stream, fold=fold)
        for reason in one.reasons:
            _print_reason(reason, people, room, stream, fold=fold)
        # A command is to be copied: it is not folded.
        stream.write(f"{_INDENT}{safe(link_command(one))}\n\n")
    if count:
        for line in wrap(tr(_CLOSING), room, fold=fold):
            stream.write(line + "\n")
    return count


_CLOSING = N_(
    "Nothing is linked yet. The command below each takes it, by a person; households by a manager. "
    "`conflictctl customer unlink` undoes a link, or says of two that they are not the same."
)


def _print_reason(
    reason: Reason, people: People, room: int, stream: IO[str], *, fold: bool
) -> None:
    minus = "−" if carries_symbols(stream) else "-"
    sign = "+" if reason.points > 0 else minus
    said = f"{say(reason.sentence, people)} [{', '.join(reason.evidence)}]"
    _print_hanging(f"{_INDENT}{sign} ", said, room, stream, fold=fold)


def _print_hanging(start: str, text: str, room: int, stream: IO[str], *, fold: bool) -> None:
    size = cells(start)
    for number, line in enumerate(wrap(safe(text), max(room - size, 20), fold=fold)):
        stream.write((start if number == 0 else " " * size) + line + "\n")


def suggestion_values(one: Suggestion, cards: Cards, people: People) -> dict[str, Any]:
    """A suggestion for programs; only `text` follows the language."""
    return {
        "kind": one.kind,
        "score": one.score,
        "customers": [one.left, one.right],
        "names": [cards.get(customer, (customer, ()))[0] for customer in (one.left, one.right)],
        "reasons": [
            {
                "code": reason.code,
                "text": say(reason.sentence, people),
                "points": reason.points,
                "evidence": list(reason.evidence),
            }
            for reason in one.reasons
        ],
        "evidence": list(one.evidence),
        "link": link_command(one),
    }


def write_suggestions_json(found: Shown, people: People, stream: IO[str], *, lines: bool) -> int:
    """Write a JSON list, or one object a line, as they come; return how many."""
    from conflictctl.render.json_text import write_json

    count = 0
    for count, (one, cards) in enumerate(found, 1):
        if not lines:
            stream.write("[" if count == 1 else ",")
        write_json(suggestion_values(one, cards, people), stream)
    if not lines:
        stream.write("]\n" if count else "[]\n")
    return count


def write_suggestions_csv(found: Shown, people: People, stream: IO[str]) -> int:
    """Write one row a suggestion under a heading; no cell can be a formula.  Return how many."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    count = 0
    for count, (one, cards) in enumerate(found, 1):  # noqa: B007
        values = suggestion_values(one, cards, people)
        row = (
            one.kind,
            one.score,
            one.left,
            values["names"][0],
            one.right,
            values["names"][1],
            list_joined([reason["text"] for reason in values["reasons"]]),
            " ".join(one.evidence),
            values["link"],
        )
        writer.writerow([cell_text(value) for value in row])
    return count
