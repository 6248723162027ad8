"""A bundle made: the fewest entries that give the ruling again, and nothing personal unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from conflictctl.adjudication.ruling import Ruling
from conflictctl.bundles.choosing import concerned_staff, ruled_entries
from conflictctl.bundles.entries import events_in
from conflictctl.bundles.form import MAX_SIZE, MOST_ENTRIES, Bundle, Entry, written
from conflictctl.bundles.judging import judged
from conflictctl.bundles.verifying import Show
from conflictctl.errors import InputRejected
from conflictctl.events import Event
from conflictctl.mending import about_staff
from conflictctl.wording import Sentence

Fetch = Callable[[Iterable[int]], list[Entry]]
"""The entries at some places of the register, personal data included or not."""


def made(
    draft: Bundle,
    ruling: Ruling,
    *,
    dossier: Sequence[Event],
    house: Sequence[Event],
    register: Iterable[int],
    fetch: Fetch,
    show: Show,
) -> Bundle:
    """The draft of a bundle with its entries and its ruling.

    `ruling` is what was ruled on the `dossier`; `house` are all entries about staff and outlets
    that were known, with all that mends entries, and `register` the places of the settings it
    rests on.  The ruling is given again on what the bundle holds before it is handed out.  Raises
    InputRejected where it would be another without the personal data that are left out, and for a
    dossier too large.
    """
    history = ruled_entries(dossier, ruling)
    for chosen in (
        [*history, *concerned_staff(house, history)],
        [*dossier, *about_staff(house)],
    ):
        attesting = {event.attestation for event in chosen if event.attestation is not None}
        entries = tuple(fetch(attesting.union(register, (event.seq for event in chosen))))
        if len(entries) > MOST_ENTRIES:
            raise _too_large()
        bundle = draft._replace(entries=entries)
        again = judged(bundle, events_in(entries, bundle.origin))
        if again.ruling == ruling:
            bundle = bundle._replace(ruling=show(again, bundle.head))
            if len(written(bundle)) > MAX_SIZE:
                raise _too_large()
            return bundle
    raise InputRejected(
        Sentence(
            "the ruling rests on names, reasons, notes or forms, which a bundle leaves out unasked"
        ),
        Sentence("--with-personal puts the personal data of these entries into it"),
    )


def _too_large() -> InputRejected:
    return InputRejected(
        Sentence(
            "a bundle holds {entries} entries and {limit} bytes at most, and this would be more",
            entries=MOST_ENTRIES,
            limit=MAX_SIZE,
        ),
        Sentence("`conflictctl backup` copies the whole register for the other side"),
    )
