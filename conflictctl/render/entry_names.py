"""How an entry is named in the middle of a sentence."""

from __future__ import annotations

from conflictctl.render.language import list_joined, moment_text, term, tr
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet


def entry_name(sheet: Sheet, reference: str) -> str:
    """An entry in the middle of a sentence: reference, kind, when and who."""
    event = sheet.events.get(reference)
    if event is None:
        return safe(reference)
    said = [term(event.kind), moment_text(event.at, sheet.calendar)]
    if event.by is not None:
        said.append(sheet.person(event.by))
    return tr("{ref} ({parts})").format(ref=safe(reference), parts=list_joined(said))
