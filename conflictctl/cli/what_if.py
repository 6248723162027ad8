"""`verdict --what-if`: the entries of a file taken for recorded, for one ruling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from conflictctl.events import Event
    from conflictctl.people import People
    from conflictctl.register.store import KnownAt, Register

_Lines = list[tuple[int, dict[str, "Any"]]]


def read_lines(path: Path) -> _Lines:
    """The lines of a file of JSON Lines with their numbers; raises InputRejected for a bad one."""
    from conflictctl.exchange.jsonl import rows
    from conflictctl.exchange.source import numbered_lines, open_source

    found: _Lines = []
    with open_source(path, format="jsonl") as source:
        for row in rows(numbered_lines(source)):
            if row.entry is None:
                raise InputRejected(
                    Sentence("line {number}: {problem}", number=row.line, problem=row.fault),
                    Sentence("one JSON object a line is expected"),
                )
            found.append((row.line, row.entry))
    if not found:
        raise InputRejected(Sentence("the file holds no entries"))
    return found


def with_supposed(
    lines: _Lines,
    customer: str,
    events: list[Event],
    *,
    register: Register,
    people: People,
    known_at: KnownAt | None,
    seq: int,
    as_of: int,
) -> list[Event]:
    """The customer's dossier as it would be with these lines recorded after entry `seq`.

    `events` are those of the dossier as it is; `people` learns whom the lines introduce.
    Raises InputRejected for a line that no register would take.
    """
    from conflictctl.adjudication.dossier import dossier_of
    from conflictctl.adjudication.what_if import supposed

    named = {name for _, line in lines for name in _customers_named(line)}
    known = {name for name in named | {customer} if register.customer_exists(name)}
    found = {event.seq: event for event in events}
    for name in known - {event.customer for event in events}:
        dossier = register.dossier(name, known_at)
        if dossier is not None:
            found |= {event.seq: event for event in dossier.events}
    recorded = [found[place] for place in sorted(found)]
    added = supposed(
        lines,
        events=recorded,
        people=people,
        customers=frozenset(known),
        seq=seq,
        as_of=as_of,
    )
    return dossier_of([*recorded, *added], customer)


def _customers_named(line: Mapping[str, Any]) -> Iterator[str]:
    values: Iterable[Any] = line.get("customers") or ()
    for name in (line.get("customer"), *(values if isinstance(values, list) else ())):
        if isinstance(name, str):
            yield name
