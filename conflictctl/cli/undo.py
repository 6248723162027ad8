"""`undo`: void one's own last entry, with the permissions and checks of `void`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.calendar import DAY
from conflictctl.cli.options import explained
from conflictctl.cli.record import record, show_receipt
from conflictctl.cli.session import Session, session_of
from conflictctl.errors import InputRejected, NotPermitted
from conflictctl.events import KINDS
from conflictctl.permissions import WHO_ACTS
from conflictctl.render.language import moment_text, person, tr
from conflictctl.render.safe import safe
from conflictctl.wording import N_, Sentence, Who

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conflictctl.calendar import Moment
    from conflictctl.events import Event
    from conflictctl.people import People
    from conflictctl.register.store import Receipt, Register

WITHIN = DAY
"""How far back `undo` looks by itself: what is older is named by its place."""

_SAID = N_("taken back by its author")


@explained(
    N_(
        "Take your own last entry back.\n\n"
        "The entry that you made last, within a day, is declared void by a new entry; it stays "
        "in the register and is shown as void. It is shown first, and on a terminal you are "
        "asked; --yes answers for scripts. What somebody else entered, `void` takes back, by a "
        "manager.\n\n"
        "  conflictctl undo\n"
        '  conflictctl undo --reason "wrong customer"\n'
        "  conflictctl undo --ref '#42' --yes"
    )
)
def undo(
    ctx: typer.Context,
    ref: Annotated[
        str | None,
        typer.Option(
            "--ref",
            metavar="REF",
            help=N_("Which of your entries: its id or #SEQ; default the last."),
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help=N_("Why it is taken back."))
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))] = False,
) -> None:
    """Find the entry, show it, ask, void it."""
    from conflictctl.cli.asking import confirmed

    session = session_of(ctx)
    register = session.open()
    people = session.people = register.people()
    actor = session.actor(people)
    if actor is None:
        raise NotPermitted(Sentence("nobody acts: whose entry is it?"), WHO_ACTS)
    now = session.clock()
    event = last_of(register, actor, now) if ref is None else _named(register, ref, actor)
    print(entry_line(event, people, register), file=sys.stderr)
    cannot = Sentence("nobody can be asked here whether to take it back")
    if yes or confirmed(tr("Take it back?"), cannot):
        show_receipt(take_back(session, event, reason), register)


def last_of(register: Register, actor: str, now: Moment, after: int = 0) -> Event:
    """The latest entry that somebody made and that is not void.

    Looks back one day, or to the entry `after`.  Entries that the register made itself, voids,
    and look-ups before a contact (nobody unsees what he was told) are passed over.  Raises
    InputRejected where there is none.
    """
    void: set[str | int] = set()
    for event in register.backwards():
        if event.seq <= after or (not after and event.appended_at < now - WITHIN):
            break
        if event.kind == "void":
            void.add(event.fields["voids"])
        elif _is_own(event, actor) and _undoable(event) and _settled(event) not in void:
            return event
    raise InputRejected(
        Sentence("{staff} made no entry within a day that could be taken back", staff=Who(actor))
        if not after
        else Sentence("nothing was entered here that could be taken back"),
        Sentence("`conflictctl undo --ref '#SEQ'` takes back an older one of your own"),
    )


def _undoable(event: Event) -> bool:
    return not KINDS[event.kind].own and event.kind != "check"


def _named(register: Register, ref: str, actor: str) -> Event:
    event = register.event(ref)
    if event is None:
        raise InputRejected(
            Sentence("there is no entry {event}", event=ref),
            Sentence("name it by its id or as #SEQ"),
        )
    if not _is_own(event, actor):
        raise NotPermitted(
            Sentence(
                "{event} was entered by {staff}",
                event=event.ref,
                staff=Who(event.recorded_by or event.by or "?"),
            ),
            Sentence("`undo` takes back what you entered; a manager who is no party may `void` it"),
        )
    if any(
        void.fields["voids"] == _settled(event)
        for void in register.events(after=event.seq, kind="void")
    ):
        raise InputRejected(
            Sentence("{event} is void already", event=event.ref), Sentence("nothing is left to do")
        )
    return event


def _is_own(event: Event, actor: str) -> bool:
    """Whether somebody sat at the keyboard for it."""
    return actor == (event.recorded_by or event.by)


def _settled(event: Event) -> str | int:
    """As entries that speak of this one name it, however it was called when they were made."""
    return event.seq if event.id is None else event.id


def take_back(session: Session, event: Event, reason: str | None) -> Receipt:
    """Void an entry by a new one.  Raises what permissions and the register raise."""
    line = {"kind": "void", "voids": event.seq, "reason": reason or tr(_SAID)}
    return record(session, line)


def entry_line(
    event: Event, people: People, register: Register, names: Mapping[str, str] | None = None
) -> str:
    """An entry as one line: place, when, whose, what; `names` are those of customers."""
    from conflictctl.render.entry_words import entry_text

    parts = [safe(event.ref), moment_text(event.at, register.calendar)]
    if event.customer is not None:
        parts.append(safe(event.customer))
        if names is not None and event.customer in names:
            parts.append(safe(names[event.customer]))
    if event.by is not None:
        parts.append(person(event.by, people))
    parts.append(entry_text(event, people))
    if event.get("note"):
        parts.append(safe(str(event.fields["note"])))
    return "  ".join(parts)
